/* SPDX-License-Identifier: BSD-2-Clause
 *
 * manual.c - the manual pages whose keys come from schema tables
 *
 *     manual fanzha.conf.5 | fanzha-rules.5  BEFORE AFTER
 *
 * Prints the page: the file BEFORE, a list of every key as the tables that the
 * parser reads by have it, the file AFTER. docs/man has what came of it;
 * `make check' holds the two together, `make manual' writes them.
 */
#include "config.h"

#include "base/buf.h"
#include "config/fanzha_conf.h"
#include "config/schema.h"
#include "engine/rules/keys.h"
#include "engine/signal/signal.h"

#include <stdio.h>
#include <string.h>

/* Longer ones are broken over lines as text is. */
enum { LITERAL_OCTETS = 30 };

/* The last octet of a character that a line may be broken behind. */
static bool ends_han(const char *text)
{
    const uint8_t *at = (const uint8_t *)text;

    return at[0] >= 0x80 && (at[1] & 0xc0) != 0x80;
}

/* Text of a line: what roff would take for its own is escaped. */
static void put_text(FzBuf *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        fz_buf_append_text(out, "\\&");
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fz_buf_append_text(out, "\\e");
        else if (*text == '`')
            fz_buf_append_text(out, "\\(lq");
        else if (*text == '\n')
            fz_buf_append_octet(out, ' ');
        else
            fz_buf_append_octet(out, (uint8_t)*text);
        if (ends_han(text))
            fz_buf_append_text(out, "\\:");
    }
}

/* The argument of a macro, as one word. */
static void put_word(FzBuf *out, const char *text)
{
    fz_buf_append_octet(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fz_buf_append_text(out, "\\(dq");
        else if (*text == '\\')
            fz_buf_append_text(out, "\\e");
        else
            fz_buf_append_octet(out, (uint8_t)*text);
    }
    fz_buf_append_octet(out, '"');
}

static void put_key(FzBuf *out, const char *name, const char *help,
                    const char *kind, const char *preset, bool required)
{
    fz_buf_append_text(out, ".It Ic ");
    put_word(out, name);
    fz_buf_append_text(out, "\n");
    put_text(out, help == NULL ? "" : help);
    fz_buf_append_text(out, ".\n(");
    put_text(out, kind);
    if (required)
        fz_buf_append_text(out, "; required");
    if (preset != NULL && strlen(preset) > LITERAL_OCTETS) {
        fz_buf_append_text(out, "; default\n");
        put_text(out, preset);
        fz_buf_append_text(out, ")\n");
    } else if (preset != NULL) {
        fz_buf_append_text(out, "; default\n.Li ");
        put_word(out, preset);
        fz_buf_append_text(out, " )\n");
    } else {
        fz_buf_append_text(out, ")\n");
    }
}

/* --- fanzha.conf ------------------------------------------------------------
 */
static void put_conf_kind(const FzConfKey *key, FzBuf *out)
{
    static const char *const names[] = {
        [FZ_CONF_TEXT] = "string",         [FZ_CONF_PATH] = "path",
        [FZ_CONF_PATHS] = "paths",         [FZ_CONF_TEXTS] = "strings",
        [FZ_CONF_BOOL] = "boolean",        [FZ_CONF_INT] = "number",
        [FZ_CONF_POINTS] = "points",       [FZ_CONF_MODE] = "mode",
        [FZ_CONF_ENUM] = "one of",         [FZ_CONF_GROUP] = "group",
        [FZ_CONF_LIST] = "list of groups",
    };

    fz_buf_append_text(out, names[key->type]);
    for (int i = 0; key->choices != NULL && key->choices[i] != NULL; i++)
        if (key->choices[i][0] != '\0')
            fz_buf_printf(out, "%s %s", i == 0 ? "" : ",", key->choices[i]);
    if (key->type == FZ_CONF_INT && (key->min != 0 || key->max != 0))
        fz_buf_printf(out, ", %lld to %lld", (long long)key->min,
                      (long long)key->max);
    if (key->unit != NULL)
        fz_buf_printf(out, "%s %s", key->type == FZ_CONF_INT ? "" : ",",
                      key->unit);
}

static void put_conf_key(void *ctx, const char *path, const FzConfKey *key)
{
    FzBuf kind = FZ_BUF_INIT;

    put_conf_kind(key, &kind);
    put_key(ctx, path, key->help, fz_buf_text(&kind), key->preset,
            key->required);
    fz_buf_clear(&kind);
}

static void put_conf(FzBuf *out)
{
    fz_buf_append_text(out, ".Bl -tag -width Ds\n");
    fz_conf_each(fz_fanzha_conf_table, put_conf_key, out);
    fz_buf_append_text(out, ".El\n");
}

/* --- rules.conf -------------------------------------------------------------
 */
static void put_schema_kind(const FzSchemaKey *key, FzBuf *out)
{
    static const char *const names[] = {
        [FZ_SCHEMA_TEXT] = "string",   [FZ_SCHEMA_TEXTS] = "string or strings",
        [FZ_SCHEMA_POINTS] = "points", [FZ_SCHEMA_COUNT] = "number",
        [FZ_SCHEMA_CHOICE] = "one of", [FZ_SCHEMA_GROUP] = "group",
        [FZ_SCHEMA_RAW] = "see below", [FZ_SCHEMA_FLAG] = "true or false",
    };

    fz_buf_append_text(out, names[key->type]);
    for (int i = 0; key->choices != NULL && key->choices[i] != NULL; i++)
        fz_buf_printf(out, "%s %s", i == 0 ? "" : ",", key->choices[i]);
    if (key->type == FZ_SCHEMA_POINTS || key->type == FZ_SCHEMA_COUNT)
        fz_buf_printf(out, ", %g to %g", key->min, key->max);
    if (key->unit != NULL)
        fz_buf_printf(out, " %s", key->unit);
    if ((key->flags & FZ_SCHEMA_INHERITED) != 0)
        fz_buf_append_text(out, "; defaults may give it");
    if ((key->flags & FZ_SCHEMA_COLUMN) != 0)
        fz_buf_append_text(out, "; a column of tables");
}

static void put_schema(const FzSchema *schema, FzBuf *out)
{
    fz_buf_append_text(out, ".Ss ");
    put_text(out, schema->help == NULL ? schema->name : schema->help);
    fz_buf_append_text(out, "\n.Bl -tag -width Ds\n");
    for (uint32_t i = 0; i < schema->count; i++) {
        const FzSchemaKey *key = &schema->keys[i];
        FzBuf kind = FZ_BUF_INIT;

        put_schema_kind(key, &kind);
        put_key(out, key->name, key->help, fz_buf_text(&kind), key->preset,
                (key->flags & FZ_SCHEMA_REQUIRED) != 0);
        fz_buf_clear(&kind);
    }
    fz_buf_append_text(out, ".El\n");
}

static void put_rules(FzBuf *out)
{
    size_t count;
    const FzSchema *const *schemas = fz_rule_schemas(&count);

    for (size_t i = 0; i < count; i++)
        put_schema(schemas[i], out);
    fz_buf_append_text(out, ".Ss Signals that are no rules\n"
                            "They may stand in\n.Ic expr ,\n.Ic all\nand\n"
                            ".Ic none .\n.Bl -tag -width Ds\n");
    for (int i = 0; i < FZ_SIGNAL_IDS; i++) {
        fz_buf_append_text(out, ".It Ic ");
        put_word(out, fz_signal_defs()[i].name);
        fz_buf_append_text(out, "\n");
        put_text(out, fz_signal_defs()[i].sentence);
        fz_buf_append_text(out, ".\n");
    }
    fz_buf_append_text(out, ".El\n");
}

static bool put_file(FzBuf *out, const char *path)
{
    FzBuf file = FZ_BUF_INIT;
    bool read = fz_buf_read_file(&file, path, 1u << 20, NULL) == FZ_OK;

    fz_buf_append_slice(out, fz_buf_slice(&file));
    fz_buf_clear(&file);
    if (!read)
        fprintf(stderr, "manual: %s cannot be read\n", path);
    return read;
}

int main(int argc, char **argv)
{
    FzBuf page = FZ_BUF_INIT;
    bool conf = argc == 4 && strcmp(argv[1], "fanzha.conf.5") == 0;

    if (argc != 4 || (!conf && strcmp(argv[1], "fanzha-rules.5") != 0)) {
        fprintf(stderr,
                "usage: manual fanzha.conf.5|fanzha-rules.5 BEFORE AFTER\n");
        return 2;
    }
    if (!put_file(&page, argv[2]))
        return 1;
    if (conf)
        put_conf(&page);
    else
        put_rules(&page);
    if (!put_file(&page, argv[3]))
        return 1;
    fwrite(page.data, 1, page.octets, stdout);
    fz_buf_clear(&page);
    return 0;
}
