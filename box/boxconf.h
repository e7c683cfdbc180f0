/* SPDX-License-Identifier: BSD-2-Clause
 *
 * boxconf.h - fanzhabox.conf, in Kannel's syntax, read strictly
 *
 * Groups of `key = value' lines, parted by empty lines; # begins a comment
 * line; a value may stand in double quotes (\" and \\ inside); a line ending
 * in a backslash goes on in the next. gwlib's reader takes unknown keys of
 * known groups for granted and ends the process on some mistakes, so this is
 * our own: one table (fz_box_config_keys) knows every group and key, and
 * everything that is not in it is refused with file and line.
 * Source: docs/plugin-abi.md "Configuration"
 */
#ifndef FZ_BOX_BOXCONF_H
#define FZ_BOX_BOXCONF_H

#include "base/status.h"
#include "box/access.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FZ_BOX_PLUGINS_MAX 64
#define FZ_BOX_LOOPS_MAX 64

/** One `group = pluginbox-plugin'. */
typedef struct FzBoxPlugin {
    unsigned line; /* of the group's first line */
    char *id, *path, *init;
    char *args; /* NULL when absent */
    long priority;
    bool dead_start;
    bool needed;
    bool thread;
    bool sms_only;
    long answer_timeout_s; /* 0: none */
    char *on_timeout;      /* "defer", "pass" or "refuse" */
} FzBoxPlugin;

typedef struct FzBoxConfig {
    const char *path; /* the file; owned */
    char *text;       /* what was in it */
    size_t text_octets;
    char *bearerbox_host;
    uint16_t bearerbox_port;
    char *smsbox_interface; /* NULL: every interface, as in Kannel */
    uint16_t smsbox_port;   /* 0: any free one; the log says which */
    bool has_wapbox_port;   /* 0 is a free one, absent is none */
    char *wapbox_interface;
    uint16_t wapbox_port;
    uint16_t bearerbox_wapbox_port;
    char *box_allow_ip, *box_deny_ip, *admin_allow_ip, *admin_deny_ip;
    FzAccess *box_access, *admin_access; /* made of them; NULL: everybody */
    long max_boxes, max_unidentified, identify_timeout; /* the last in s */
    bool smsbox_port_ssl, wapbox_port_ssl, admin_port_ssl;
    bool bearerbox_port_ssl, bearerbox_wapbox_port_ssl;
    char *ssl_server_cert_file, *ssl_server_key_file;
    char *ssl_box_ca_file;         /* NULL: boxes show no certificate */
    char *ssl_client_certkey_file; /* NULL: we show none to bearerbox */
    char *ssl_trusted_ca_file;     /* NULL: bearerbox's is not looked at */
    char *bearerbox_ssl_name;
    char *log_file; /* NULL: standard error alone */
    long log_level; /* 0 debug .. 4 panic */
    bool relay_shutdown;
    bool has_admin_port; /* 0 is a free one, absent is none */
    uint16_t admin_port;
    char *admin_interface;
    char *admin_password;  /* never NULL with an admin port */
    char *status_password; /* NULL: admin_password */
    bool status_open;
    bool password_in_query;
    long event_loops; /* 0: one a processor */
    long connect_pause_ms;
    FzBoxPlugin plugin[FZ_BOX_PLUGINS_MAX];
    size_t plugins;
    bool has_include; /* some value would be an `include' to gwlib's reader,
                         which then must not be given this file */
} FzBoxConfig;

typedef enum FzBoxKeyKind {
    FZ_BOX_KEY_TEXT = 0,
    FZ_BOX_KEY_NUMBER = 1,
    FZ_BOX_KEY_PORT = 2,
    FZ_BOX_KEY_BOOL = 3,
    FZ_BOX_KEY_ELSEWHERE = 4, /* known in the classic host, not obeyed here */
} FzBoxKeyKind;

typedef struct FzBoxKey {
    const char *group; /* "pluginbox" or "pluginbox-plugin" */
    const char *key;
    FzBoxKeyKind kind;
    bool needed;
    long from, to;    /* a number's range; a text's least octets */
    size_t at;        /* offset in FzBoxConfig or FzBoxPlugin */
    const char *text; /* default, as written; NULL: none */
    const char *help; /* one line; for ELSEWHERE what to do instead */
} FzBoxKey;

/** The whole schema; `key` is NULL behind the last. */
extern const FzBoxKey fz_box_config_keys[];

/** Read and check a file. Every mistake is told to the sink, each with its
 *  line; then FZ_E_SYNTAX, FZ_E_RULE, FZ_E_LIMIT or FZ_E_IO is returned and
 *  nothing is handed out. */
FzStatus fz_box_config_read(const char *path, const FzDiagSink *sink,
                            FzBoxConfig **config_out) FZ_MUST_CHECK;

/** The same for a text in memory; `path` is for the diags. */
FzStatus fz_box_config_parse(const char *path, const char *text, size_t octets,
                             const FzDiagSink *sink,
                             FzBoxConfig **config_out) FZ_MUST_CHECK;
void fz_box_config_destroy(FzBoxConfig *config);

#endif
