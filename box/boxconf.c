/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/boxconf.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/nearest.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_OCTETS (1u << 20)
#define GROUP_KEYS 64   /* keys of one group */
#define GUESS_OCTETS 96 /* a key's name and some words */
#define MISTAKES 20     /* told at most */

/* --- groups -------------------------------------------------------------- */
#define BOX "pluginbox"
#define PLUGIN "pluginbox-plugin"

/* What the group is called in the file, and in the table. */
static const struct {
    const char *written, *group;
} group_names[] = {{"fanzhabox", BOX}, {"pluginbox", BOX}, {PLUGIN, PLUGIN}};
#define GROUP_NAMES (sizeof group_names / sizeof group_names[0])

/* --- reading ------------------------------------------------------------- */
typedef struct Entry {
    char *key, *value;
    unsigned line;
} Entry;

typedef struct Reader {
    const FzDiagSink *sink;
    FzBoxConfig *config;
    FzStatus status; /* of the first mistake */
    unsigned mistakes;
    unsigned box_line;       /* where `group = pluginbox' stood; 0: nowhere */
    Entry entry[GROUP_KEYS]; /* the group being read */
    size_t entries;
    const char *written; /* the name of that group, as it stands there */
    bool overfull;       /* told already that it has too many keys */
} Reader;

#define MISTAKE(reader, code, line, ...)                                       \
    do {                                                                       \
        if ((reader)->mistakes++ < MISTAKES)                                   \
            fz_diag((reader)->sink, (code), (reader)->config->path, (line),    \
                    NULL, __VA_ARGS__);                                        \
        if ((reader)->status == FZ_OK)                                         \
            (reader)->status = (code);                                         \
    } while (0)

/* "; did you mean `x'": a clause, or "". */
static const char *guess(char *room, size_t octets, const char *near)
{
    if (near == NULL)
        return "";
    snprintf(room, octets, "; did you mean `%s'", near);
    return room;
}

static const FzBoxKey *find_key(const char *group, const char *key)
{
    for (const FzBoxKey *k = fz_box_config_keys; k->key != NULL; k++)
        if (strcmp(k->group, group) == 0 && strcmp(k->key, key) == 0)
            return k;
    return NULL;
}

/* The keys of one group that are obeyed, one after the other. */
static const char *key_at(const void *group, size_t i)
{
    for (const FzBoxKey *k = fz_box_config_keys; k->key != NULL; k++)
        if (strcmp(k->group, group) == 0 && k->kind != FZ_BOX_KEY_ELSEWHERE &&
            i-- == 0)
            return k->key;
    return NULL;
}

static void unknown_key(Reader *r, const char *group, const Entry *e)
{
    char room[GUESS_OCTETS];

    MISTAKE(r, FZ_E_RULE, e->line, "unknown key `%s' in group `%s'%s", e->key,
            r->written,
            guess(room, sizeof room, fz_nearest_name(e->key, key_at, group)));
}

static const char *group_at(const void *ctx, size_t i)
{
    (void)ctx;
    return i < GROUP_NAMES ? group_names[i].written : NULL;
}

static void unknown_group(Reader *r, const Entry *e)
{
    char room[GUESS_OCTETS];

    MISTAKE(
        r, FZ_E_RULE, e->line, "unknown group `%s'%s", e->value,
        guess(room, sizeof room, fz_nearest_name(e->value, group_at, NULL)));
}

static bool parse_number(const char *text, long *value_out)
{
    char *end;

    errno = 0;
    *value_out = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

static bool parse_bool(const char *text, bool *value_out)
{
    static const struct {
        const char *text;
        bool value;
    } words[] = {{"true", true},   {"yes", true}, {"on", true},   {"1", true},
                 {"false", false}, {"no", false}, {"off", false}, {"0", false}};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text, words[i].text) == 0) {
            *value_out = words[i].value;
            return true;
        }
    return false;
}

static void set_text(char **place, const char *text)
{
    fz_free(*place);
    *place = fz_strdup(text);
}

/* Put a value where its key says; `base` is the config or the plugin. */
static void set_value(Reader *r, const FzBoxKey *k, void *base,
                      const char *value, unsigned line)
{
    void *place = (char *)base + k->at;
    bool yes = false;
    long number = 0;

    switch (k->kind) {
    case FZ_BOX_KEY_TEXT:
        if ((long)strlen(value) < k->from)
            MISTAKE(r, FZ_E_RULE, line, "`%s' is empty", k->key);
        set_text(place, value);
        return;
    case FZ_BOX_KEY_NUMBER:
    case FZ_BOX_KEY_PORT:
        if (!parse_number(value, &number) || number < k->from ||
            number > k->to) {
            MISTAKE(r, FZ_E_RULE, line,
                    "`%s' is `%s', it must be a number from %ld to %ld", k->key,
                    value, k->from, k->to);
            return;
        }
        if (k->kind == FZ_BOX_KEY_PORT)
            *(uint16_t *)place = (uint16_t)number;
        else
            *(long *)place = number;
        return;
    case FZ_BOX_KEY_BOOL:
        if (!parse_bool(value, &yes)) {
            MISTAKE(r, FZ_E_RULE, line,
                    "`%s' is `%s', it must be true or false", k->key, value);
            return;
        }
        *(bool *)place = yes;
        return;
    case FZ_BOX_KEY_ELSEWHERE:
        MISTAKE(r, FZ_E_RULE, line, "`%s' is not obeyed here: %s", k->key,
                k->help);
        return;
    }
}

static void take_group(Reader *r, const char *group, void *base, unsigned line)
{
    for (const FzBoxKey *k = fz_box_config_keys; k->key != NULL; k++) {
        const Entry *found = NULL;

        if (strcmp(k->group, group) != 0)
            continue;
        for (size_t i = 0; i < r->entries; i++)
            if (strcmp(r->entry[i].key, k->key) == 0) {
                if (found != NULL)
                    MISTAKE(r, FZ_E_RULE, r->entry[i].line,
                            "`%s' stands twice in this group", k->key);
                found = &r->entry[i];
            }
        if (found != NULL)
            set_value(r, k, base, found->value, found->line);
        else if (k->needed)
            MISTAKE(r, FZ_E_RULE, line, "group `%s' needs `%s'", r->written,
                    k->key);
        else if (k->text != NULL)
            set_value(r, k, base, k->text, line);
    }
    for (size_t i = 0; i < r->entries; i++)
        if (strcmp(r->entry[i].key, "group") != 0 &&
            find_key(group, r->entry[i].key) == NULL)
            unknown_key(r, group, &r->entry[i]);
}

static void take_plugin(Reader *r, unsigned line)
{
    FzBoxConfig *config = r->config;
    FzBoxPlugin *plugin = &config->plugin[config->plugins];

    if (config->plugins == FZ_BOX_PLUGINS_MAX) {
        MISTAKE(r, FZ_E_LIMIT, line, "more than %d plugins",
                FZ_BOX_PLUGINS_MAX);
        return;
    }
    config->plugins++;
    plugin->line = line;
    take_group(r, PLUGIN, plugin, line);
    if (plugin->id == NULL && plugin->path != NULL) {
        const char *slash = strrchr(plugin->path, '/');

        plugin->id = fz_strdup(slash == NULL ? plugin->path : slash + 1);
    }
    if (plugin->on_timeout != NULL &&
        strcmp(plugin->on_timeout, "defer") != 0 &&
        strcmp(plugin->on_timeout, "pass") != 0 &&
        strcmp(plugin->on_timeout, "refuse") != 0)
        MISTAKE(r, FZ_E_RULE, line,
                "`on-timeout' is `%s', it must be defer, pass or refuse",
                plugin->on_timeout);
    for (size_t i = 0; i + 1 < config->plugins; i++)
        if (plugin->id != NULL && config->plugin[i].id != NULL &&
            strcmp(plugin->id, config->plugin[i].id) == 0)
            MISTAKE(r, FZ_E_RULE, line, "two plugins are called `%s'",
                    plugin->id);
}

static const Entry *find_entry(const Reader *r, const char *key)
{
    for (size_t i = 0; i < r->entries; i++)
        if (strcmp(r->entry[i].key, key) == 0)
            return &r->entry[i];
    return NULL;
}

static bool stands(const Reader *r, const char *key)
{
    return find_entry(r, key) != NULL;
}

static void read_access(Reader *r, const char *allow_key, const char *deny_key,
                        FzAccess **access_out)
{
    const Entry *allow = find_entry(r, allow_key);
    const Entry *deny = find_entry(r, deny_key);
    FzAccessFault fault;

    if ((allow != NULL || deny != NULL) &&
        fz_access_create(allow == NULL ? NULL : allow->value,
                         deny == NULL ? NULL : deny->value, access_out,
                         &fault) != FZ_OK)
        MISTAKE(r, FZ_E_RULE, (fault.deny ? deny : allow)->line, "`%s' %s",
                fault.deny ? deny_key : allow_key, fault.text);
}

/* Keys of TLS that would be obeyed by nothing, or are missing. */
static void check_tls(Reader *r, unsigned line)
{
    const FzBoxConfig *c = r->config;
    bool takes_boxes = c->smsbox_port_ssl || c->wapbox_port_ssl;
    bool serves = takes_boxes || c->admin_port_ssl;
    bool asks = c->bearerbox_port_ssl || c->bearerbox_wapbox_port_ssl;
    const struct {
        const char *key, *needs;
        bool stands, met;
    } wants[] = {
        {"wapbox-port-ssl", "wapbox-port", c->wapbox_port_ssl,
         c->has_wapbox_port},
        {"bearerbox-wapbox-port-ssl", "wapbox-port",
         c->bearerbox_wapbox_port_ssl, c->has_wapbox_port},
        {"admin-port-ssl", "admin-port", c->admin_port_ssl, c->has_admin_port},
        {"smsbox-port-ssl", "ssl-server-cert-file", c->smsbox_port_ssl,
         c->ssl_server_cert_file != NULL},
        {"wapbox-port-ssl", "ssl-server-cert-file", c->wapbox_port_ssl,
         c->ssl_server_cert_file != NULL},
        {"admin-port-ssl", "ssl-server-cert-file", c->admin_port_ssl,
         c->ssl_server_cert_file != NULL},
        {"ssl-server-cert-file", "ssl-server-key-file",
         c->ssl_server_cert_file != NULL, c->ssl_server_key_file != NULL},
        {"ssl-server-key-file", "ssl-server-cert-file",
         c->ssl_server_key_file != NULL, c->ssl_server_cert_file != NULL},
        {"ssl-server-cert-file", "smsbox-port-ssl = true",
         c->ssl_server_cert_file != NULL, serves},
        {"ssl-box-ca-file", "smsbox-port-ssl = true",
         c->ssl_box_ca_file != NULL, takes_boxes},
        {"ssl-client-certkey-file", "bearerbox-port-ssl = true",
         c->ssl_client_certkey_file != NULL, asks},
        {"ssl-trusted-ca-file", "bearerbox-port-ssl = true",
         c->ssl_trusted_ca_file != NULL, asks},
        {"bearerbox-ssl-name", "ssl-trusted-ca-file",
         c->bearerbox_ssl_name != NULL, c->ssl_trusted_ca_file != NULL},
    };

    for (size_t i = 0; i < sizeof wants / sizeof wants[0]; i++)
        if (wants[i].stands && !wants[i].met)
            MISTAKE(r, FZ_E_RULE, line, "`%s' needs `%s'", wants[i].key,
                    wants[i].needs);
}

/* Keys that need one another. 0 is a port too: whether there are pages is
 * whether the key stands there. */
static void check_box(Reader *r, unsigned line)
{
    FzBoxConfig *config = r->config;

    config->has_wapbox_port = stands(r, "wapbox-port");
    if (config->has_wapbox_port && config->bearerbox_wapbox_port == 0)
        MISTAKE(r, FZ_E_RULE, line,
                "`wapbox-port' needs `bearerbox-wapbox-port'");
    if (!config->has_wapbox_port && config->bearerbox_wapbox_port != 0)
        MISTAKE(r, FZ_E_RULE, line,
                "`bearerbox-wapbox-port' needs `wapbox-port'");
    config->has_admin_port = stands(r, "admin-port");
    if (config->has_admin_port && config->admin_password == NULL)
        MISTAKE(r, FZ_E_RULE, line, "`admin-port' needs `admin-password'");
    check_tls(r, line);
    read_access(r, "box-allow-ip", "box-deny-ip", &config->box_access);
    read_access(r, "admin-allow-ip", "admin-deny-ip", &config->admin_access);
    if ((stands(r, "admin-allow-ip") || stands(r, "admin-deny-ip")) &&
        !config->has_admin_port)
        MISTAKE(r, FZ_E_RULE, line,
                "`admin-allow-ip' and `admin-deny-ip' need `admin-port'");
}

static void end_group(Reader *r)
{
    const Entry *name = NULL;
    const char *group = NULL;
    unsigned line;

    if (r->entries == 0)
        return;
    line = r->entry[0].line;
    for (size_t i = 0; i < r->entries; i++)
        if (strcmp(r->entry[i].key, "group") == 0)
            name = &r->entry[i];
    if (name == NULL) {
        MISTAKE(r, FZ_E_SYNTAX, line,
                "these lines belong to no group: `group = ...' is missing "
                "(an empty line ends a group)");
    } else {
        r->written = name->value;
        for (size_t i = 0; i < GROUP_NAMES; i++)
            if (strcmp(name->value, group_names[i].written) == 0)
                group = group_names[i].group;
        if (group == NULL) {
            unknown_group(r, name);
        } else if (strcmp(group, PLUGIN) == 0) {
            take_plugin(r, line);
        } else if (r->box_line != 0) {
            MISTAKE(r, FZ_E_RULE, name->line,
                    "group `%s' stands twice, first at line %u", name->value,
                    r->box_line);
        } else {
            r->box_line = line;
            take_group(r, BOX, r->config, line);
            check_box(r, line);
        }
    }
    for (size_t i = 0; i < r->entries; i++) {
        fz_free(r->entry[i].key);
        fz_free(r->entry[i].value);
    }
    r->entries = 0;
    r->overfull = false;
}

static void trim(const char **from, const char **to)
{
    while (*from < *to && isspace((unsigned char)**from))
        (*from)++;
    while (*from < *to && isspace((unsigned char)(*to)[-1]))
        (*to)--;
}

/* Inside double quotes \" and \\ stand for the second character, any other
 * backslash for itself. */
static char *parse_value(const char *from, const char *to)
{
    FzBuf buf = FZ_BUF_INIT;

    trim(&from, &to);
    if (to - from < 2 || *from != '"' || to[-1] != '"')
        return fz_strndup(from, (size_t)(to - from));
    for (from++, to--; from < to; from++) {
        if (*from == '\\' && from + 1 < to &&
            (from[1] == '"' || from[1] == '\\'))
            from++;
        fz_buf_append_octet(&buf, (uint8_t)*from);
    }
    return fz_buf_take_text(&buf);
}

static void take_line(Reader *r, const char *from, const char *to,
                      unsigned line)
{
    const char *equals, *key_to;

    trim(&from, &to);
    if (from == to) {
        end_group(r);
        return;
    }
    if (*from == '#')
        return;
    if (memchr(from, '\0', (size_t)(to - from)) != NULL) {
        MISTAKE(r, FZ_E_SYNTAX, line, "a NUL octet stands in this line");
        return;
    }
    equals = memchr(from, '=', (size_t)(to - from));
    if (equals == NULL) {
        MISTAKE(r, FZ_E_SYNTAX, line, "`%.*s' is no `key = value'",
                to - from > 40 ? 40 : (int)(to - from), from);
        return;
    }
    if (r->entries == GROUP_KEYS) {
        if (!r->overfull)
            MISTAKE(r, FZ_E_LIMIT, line, "more than %d keys in one group",
                    GROUP_KEYS);
        r->overfull = true;
        return;
    }
    if (memmem(from, (size_t)(to - from), "include", 7) != NULL)
        r->config->has_include = true;
    key_to = equals;
    {
        const char *key_from = from;
        Entry *e = &r->entry[r->entries++];

        trim(&key_from, &key_to);
        e->key = fz_strndup(key_from, (size_t)(key_to - key_from));
        e->value = parse_value(equals + 1, to);
        e->line = line;
    }
}

static void take_file(Reader *r, const char *text, size_t octets)
{
    FzBuf joined = FZ_BUF_INIT; /* a line that goes on in the next */
    unsigned line = 0, first = 0;
    size_t at = 0;

    while (at < octets) {
        const char *from = text + at;
        const char *newline = memchr(from, '\n', octets - at);
        size_t length =
            newline == NULL ? octets - at : (size_t)(newline - from);
        bool more;

        at += length + 1;
        line++;
        more = length > 0 && from[length - 1] == '\\';
        if (joined.octets == 0)
            first = line;
        if (joined.octets == 0 && !more) {
            take_line(r, from, from + length, line);
            continue;
        }
        fz_buf_append(&joined, from, more ? length - 1 : length);
        if (more && at < octets)
            continue;
        take_line(r, (const char *)joined.data,
                  (const char *)joined.data + joined.octets, first);
        fz_buf_clear(&joined);
    }
    fz_buf_clear(&joined);
    end_group(r);
}

FzStatus fz_box_config_parse(const char *path, const char *text, size_t octets,
                             const FzDiagSink *sink, FzBoxConfig **config_out)
{
    Reader *r = fz_calloc(1, sizeof *r);
    FzStatus status;

    r->sink = sink;
    r->config = fz_calloc(1, sizeof *r->config);
    r->config->path = fz_strdup(path);
    r->config->text = fz_malloc(octets + 1);
    memcpy(r->config->text, text, octets);
    r->config->text[octets] = '\0';
    r->config->text_octets = octets;
    take_file(r, text, octets);
    if (r->box_line == 0 && r->status == FZ_OK)
        MISTAKE(r, FZ_E_RULE, 0, "there is no `group = fanzhabox'");
    status = r->status;
    if (status == FZ_OK)
        *config_out = r->config;
    else
        fz_box_config_destroy(r->config);
    fz_free(r);
    return status;
}

FzStatus fz_box_config_read(const char *path, const FzDiagSink *sink,
                            FzBoxConfig **config_out)
{
    FzBuf buf = FZ_BUF_INIT;
    FzStatus status = fz_buf_read_file(&buf, path, FILE_OCTETS, sink);

    if (status == FZ_OK)
        status = fz_box_config_parse(path, (const char *)buf.data, buf.octets,
                                     sink, config_out);
    fz_buf_clear(&buf);
    return status;
}

static void free_texts(const char *group, void *base)
{
    for (const FzBoxKey *k = fz_box_config_keys; k->key != NULL; k++)
        if (k->kind == FZ_BOX_KEY_TEXT && strcmp(k->group, group) == 0)
            fz_free(*(char **)((char *)base + k->at));
}

void fz_box_config_destroy(FzBoxConfig *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < config->plugins; i++)
        free_texts(PLUGIN, &config->plugin[i]);
    free_texts(BOX, config);
    fz_access_destroy(config->box_access);
    fz_access_destroy(config->admin_access);
    fz_free(config->text);
    fz_free((char *)config->path);
    fz_free(config);
}
