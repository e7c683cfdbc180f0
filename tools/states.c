/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tools/states.h"
#include "base/alloc.h"
#include "config/policy.h"

#include <ctype.h>
#include <string.h>

static const char head[] =
    "# Written by `fanzhactl promote' and `fanzhactl demote': one entry a line."
    "\n# Overrides of your own go into files of other names.\n"
    "overrides = (\n";
static const char head_line[] = "overrides = (\n";
static const char tail[] = ");\n";

FzStatus fz_states_path(const char *config_path, const FzDiagSink *sink,
                        char **path_out)
{
    FzPolicyFile *file = NULL;
    FzStatus status = fz_policy_file_load(config_path, sink, &file);
    FzBuf path = FZ_BUF_INIT;

    if (status == FZ_OK && file->override == NULL)
        status = fz_diag(sink, FZ_E_RULE, config_path, 0, NULL,
                         "`override' is empty: there is no folder for the "
                         "state to be written to");
    if (status == FZ_OK) {
        fz_buf_printf(&path, "%s/" FZ_STATES_FILE, file->override);
        *path_out = fz_strdup(fz_buf_text(&path));
    }
    fz_buf_clear(&path);
    fz_policy_file_destroy(file);
    return status;
}

/* --- editing ------------------------------------------------------------- */

static bool put_word(FzBuf *out, const char *key, const char *word)
{
    fz_buf_printf(out, "%s = \"", key);
    for (; *word != '\0'; word++) {
        if ((unsigned char)*word < 0x20 || *word == 0x7F)
            return false;
        if (*word == '"' || *word == '\\')
            fz_buf_append_octet(out, '\\');
        fz_buf_append_octet(out, (uint8_t)*word);
    }
    fz_buf_append_text(out, "\"; ");
    return true;
}

/* --- reading it line by line --------------------------------------------- */

typedef struct Entry {
    FzSlice id;      /* empty: none that is written plainly */
    FzSlice group;   /* to its closing brace */
    FzSlice rest;    /* behind the comma: a comment, the newline */
    bool state_only; /* no other keys than those that are written here */
} Entry;

static size_t skip_blanks(FzSlice line, size_t at)
{
    while (at < line.octets && strchr(" \t\r\n", line.data[at]) != NULL)
        at++;
    return at;
}

static bool is_at(FzSlice line, size_t at, const char *text)
{
    size_t octets = strlen(text);

    return line.octets - at >= octets &&
           memcmp(line.data + at, text, octets) == 0;
}

/* Nothing more to the end of the line, but perhaps a comment. */
static bool is_over(FzSlice line, size_t at)
{
    at = skip_blanks(line, at);
    return at == line.octets || line.data[at] == '#' || is_at(line, at, "//");
}

/* Behind the closing quote; 0: there is none. */
static size_t skip_string(FzSlice line, size_t at)
{
    for (at++; at < line.octets && line.data[at] != '"'; at++)
        at += line.data[at] == '\\';
    return at < line.octets ? at + 1 : 0;
}

static bool is_name_octet(uint8_t octet)
{
    return isalnum(octet) || octet == '-' || octet == '_' || octet == '*';
}

/* One key with its value and what ends it; 0: it is not written plainly. */
static size_t read_setting(FzSlice line, size_t at, Entry *entry)
{
    static const char *const own[] = {"id", "state", "owner", "reason"};
    size_t begin = at, depth = 0;
    FzSlice key, value;
    bool is_own = false;

    while (at < line.octets && is_name_octet(line.data[at]))
        at++;
    key = fz_slice(line.data + begin, at - begin);
    at = skip_blanks(line, at);
    if (key.octets == 0 || at == line.octets ||
        (line.data[at] != '=' && line.data[at] != ':'))
        return 0;
    begin = at = skip_blanks(line, at + 1);
    for (; at < line.octets; at++) {
        uint8_t octet = line.data[at];

        if (depth == 0 && (octet == ';' || octet == ',' || octet == '}'))
            break;
        if (octet == '#' || octet == '/' ||
            (depth == 0 && (octet == '=' || octet == ':')))
            return 0;
        if (octet == '"' && (at = skip_string(line, at) - 1) == SIZE_MAX)
            return 0;
        depth += octet == '{' || octet == '(' || octet == '[';
        if (depth > 0)
            depth -= octet == '}' || octet == ')' || octet == ']';
    }
    value = fz_slice(line.data + begin, at - begin);
    while (value.octets > 0 && isspace(value.data[value.octets - 1]))
        value.octets--;
    if (fz_slice_is(key, "id") && value.octets >= 2 && value.data[0] == '"' &&
        skip_string(value, 0) == value.octets)
        entry->id = fz_slice(value.data + 1, value.octets - 2);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        is_own |= fz_slice_is(key, own[i]);
    entry->state_only &= is_own;
    return at;
}

/* `{ id = "a.b"; ... }, # why', all in one line. */
static bool read_entry(FzSlice line, Entry *entry)
{
    size_t at = skip_blanks(line, 0);

    *entry = (Entry){.state_only = true};
    if (!is_at(line, at, "{"))
        return false;
    at = skip_blanks(line, at + 1);
    while (at < line.octets && line.data[at] != '}') {
        at = read_setting(line, at, entry);
        if (at == 0)
            return false;
        if (is_at(line, at, ";") || is_at(line, at, ","))
            at = skip_blanks(line, at + 1);
    }
    if (at >= line.octets)
        return false;
    entry->group = fz_slice(line.data, ++at);
    if (is_at(line, skip_blanks(line, at), ","))
        at = skip_blanks(line, at) + 1;
    entry->rest = fz_slice(line.data + at, line.octets - at);
    return is_over(line, at);
}

/* `overrides = (' or `);', however it is spaced. */
static bool is_bracket(FzSlice line, const char *words)
{
    size_t at = 0;

    for (; *words != '\0'; words++) {
        at = skip_blanks(line, at);
        if (!is_at(line, at, (const char[]){*words, '\0'}))
            return false;
        at++;
    }
    return is_over(line, at);
}

static FzSlice next_line(FzSlice *rest)
{
    const uint8_t *end = memchr(rest->data, '\n', rest->octets);
    FzSlice line =
        fz_slice(rest->data,
                 end == NULL ? rest->octets : (size_t)(end - rest->data) + 1);

    rest->data += line.octets;
    rest->octets -= line.octets;
    return line;
}

/* An entry of the same rule that does more stays: the later one, which is
 * behind it, has the last word on the state. Whatever stays has a comma, for
 * the entry that is added comes last. */
static void keep_entry(const Entry *entry, const char *rule, FzBuf *out)
{
    if (fz_slice_is(entry->id, rule) && entry->state_only)
        return;
    fz_buf_append_slice(out, entry->group);
    fz_buf_append_octet(out, ',');
    fz_buf_append_slice(out, entry->rest);
}

/* All but the rule's former entry, with `made' as the last. 0, or the line
 * that cannot be edited. */
static unsigned rewrite(FzSlice before, const char *rule, FzSlice made,
                        FzBuf *out)
{
    enum { FRONT, WITHIN, BEHIND } place = FRONT;
    FzSlice rest = before;
    unsigned number = 0;
    Entry entry;

    while (rest.octets > 0) {
        FzSlice line = next_line(&rest);

        number++;
        if (place == WITHIN && read_entry(line, &entry)) {
            keep_entry(&entry, rule, out);
            continue;
        }
        if (place == WITHIN && is_bracket(line, ");")) {
            fz_buf_append_slice(out, made);
            place = BEHIND;
        } else if (place == FRONT && is_bracket(line, "overrides=(")) {
            place = WITHIN;
        } else if (!is_over(line, 0)) {
            return number;
        }
        fz_buf_append_slice(out, line);
    }
    if (place == WITHIN)
        return number;
    if (place == FRONT && out->octets > 0 && out->data[out->octets - 1] != '\n')
        fz_buf_append_octet(out, '\n');
    if (place == FRONT) {
        fz_buf_append_text(out, before.octets == 0 ? head : head_line);
        fz_buf_append_slice(out, made);
        fz_buf_append_text(out, tail);
    }
    return 0;
}

FzStatus fz_states_edit(const char *path, FzSlice before,
                        const FzStatesEntry *entry, const FzDiagSink *sink,
                        FzBuf *after_out)
{
    FzBuf line = FZ_BUF_INIT;
    FzStatus status = FZ_OK;
    unsigned bad;

    fz_buf_append_text(&line, "  { ");
    if (!put_word(&line, "id", entry->rule) ||
        !put_word(&line, "state", entry->state) ||
        !put_word(&line, "owner", entry->owner) ||
        !put_word(&line, "reason", entry->reason))
        status = fz_diag(sink, FZ_E_RULE, NULL, 0, entry->rule,
                         "owner and reason are one line each");
    fz_buf_append_text(&line, "}\n");
    if (status == FZ_OK && (bad = rewrite(before, entry->rule,
                                          fz_buf_slice(&line), after_out)) != 0)
        status = fz_diag(sink, FZ_E_RULE, path, bad, NULL,
                         "this is neither an entry in one line nor a comment: "
                         "move what is yours to a file of another name");
    fz_buf_clear(&line);
    return status;
}
