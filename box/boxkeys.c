/* SPDX-License-Identifier: BSD-2-Clause
 *
 * boxkeys.c - every key of fanzhabox.conf
 */
#include "config.h"

#include "box/boxconf.h"

#define BOX "pluginbox"
#define PLUGIN "pluginbox-plugin"
#define AT_BOX(field) offsetof(FzBoxConfig, field)
#define AT_PLUGIN(field) offsetof(FzBoxPlugin, field)
#define NOT_HERE(name, why)                                                    \
    {                                                                          \
        BOX, name, FZ_BOX_KEY_ELSEWHERE, false, 0, 0, 0, NULL, why             \
    }

const FzBoxKey fz_box_config_keys[] = {
    {BOX, "bearerbox-host", FZ_BOX_KEY_TEXT, false, 1, 0,
     AT_BOX(bearerbox_host), "localhost", "where bearerbox is"},
    {BOX, "bearerbox-port", FZ_BOX_KEY_PORT, true, 1, 65535,
     AT_BOX(bearerbox_port), NULL, "bearerbox's smsbox-port"},
    {BOX, "smsbox-interface", FZ_BOX_KEY_TEXT, false, 1, 0,
     AT_BOX(smsbox_interface), NULL,
     "address to listen on for boxes; every interface unless set"},
    {BOX, "smsbox-port", FZ_BOX_KEY_PORT, true, 0, 65535, AT_BOX(smsbox_port),
     NULL, "port to listen on for boxes; 0 takes a free one"},
    {BOX, "wapbox-interface", FZ_BOX_KEY_TEXT, false, 1, 0,
     AT_BOX(wapbox_interface), NULL,
     "address to listen on for wapboxes; every interface unless set"},
    {BOX, "wapbox-port", FZ_BOX_KEY_PORT, false, 0, 65535, AT_BOX(wapbox_port),
     NULL, "port to listen on for wapboxes; none unless set"},
    {BOX, "bearerbox-wapbox-port", FZ_BOX_KEY_PORT, false, 1, 65535,
     AT_BOX(bearerbox_wapbox_port), NULL, "bearerbox's wapbox-port"},
    {BOX, "log-file", FZ_BOX_KEY_TEXT, false, 1, 0, AT_BOX(log_file), NULL,
     "log there too, not to standard error alone"},
    {BOX, "log-level", FZ_BOX_KEY_NUMBER, false, 0, 4, AT_BOX(log_level), "1",
     "least level that is logged: 0 debug, 1 info, 2 warning, 3 error, "
     "4 panic"},
    {BOX, "relay-shutdown", FZ_BOX_KEY_BOOL, false, 0, 0,
     AT_BOX(relay_shutdown), "false",
     "pass bearerbox's shutdown and restart on to the boxes, which then end"},
    {BOX, "bearerbox-connect-pause", FZ_BOX_KEY_NUMBER, false, 0, 60000,
     AT_BOX(connect_pause_ms), "1020",
     "milliseconds between connections to bearerbox, beyond the first six"},
    {BOX, "event-loops", FZ_BOX_KEY_NUMBER, false, 0, FZ_BOX_LOOPS_MAX,
     AT_BOX(event_loops), "0",
     "threads that serve boxes; 0 is one a processor"},
    {BOX, "admin-port", FZ_BOX_KEY_PORT, false, 0, 65535, AT_BOX(admin_port),
     NULL, "port of the administrator's pages; none unless set"},
    {BOX, "admin-interface", FZ_BOX_KEY_TEXT, false, 1, 0,
     AT_BOX(admin_interface), "127.0.0.1", "address of the same"},
    {BOX, "admin-password", FZ_BOX_KEY_TEXT, false, 1, 0,
     AT_BOX(admin_password), NULL,
     "for the pages that change something; wanted with admin-port"},
    {BOX, "status-password", FZ_BOX_KEY_TEXT, false, 1, 0,
     AT_BOX(status_password), NULL,
     "for the pages that tell; the admin-password unless set"},
    {BOX, "status-open", FZ_BOX_KEY_BOOL, false, 0, 0, AT_BOX(status_open),
     "false", "the pages that tell want no password"},
    {BOX, "password-in-query", FZ_BOX_KEY_BOOL, false, 0, 0,
     AT_BOX(password_in_query), "false",
     "take a password=... argument too, as Kannel does; logs show it"},
    NOT_HERE("admin-port-ssl", "put a TLS proxy in front of admin-port"),
    NOT_HERE("admin-allow-ip", "limit who reaches it by admin-interface"),
    NOT_HERE("admin-deny-ip", "limit who reaches it by admin-interface"),
    NOT_HERE("smsbox-port-ssl", "fanzhabox does not speak TLS yet"),
    NOT_HERE("bearerbox-port-ssl", "fanzhabox does not speak TLS yet"),
    NOT_HERE("ssl-client-certkey-file", "fanzhabox does not speak TLS yet"),
    NOT_HERE("ssl-server-cert-file", "fanzhabox does not speak TLS yet"),
    NOT_HERE("ssl-server-key-file", "fanzhabox does not speak TLS yet"),
    NOT_HERE("ssl-trusted-ca-file", "fanzhabox does not speak TLS yet"),
    NOT_HERE("box-allow-ip", "limit who reaches the port by smsbox-interface "
                             "or a packet filter"),
    NOT_HERE("box-deny-ip", "limit who reaches the port by smsbox-interface "
                            "or a packet filter"),
    {PLUGIN, "id", FZ_BOX_KEY_TEXT, false, 1, 0, AT_PLUGIN(id), NULL,
     "name in logs and pages; the file's name unless set"},
    {PLUGIN, "path", FZ_BOX_KEY_TEXT, true, 1, 0, AT_PLUGIN(path), NULL,
     "the shared object"},
    {PLUGIN, "init", FZ_BOX_KEY_TEXT, true, 1, 0, AT_PLUGIN(init), NULL,
     "name of its init function"},
    {PLUGIN, "args", FZ_BOX_KEY_TEXT, false, 0, 0, AT_PLUGIN(args), NULL,
     "handed to init as it is"},
    {PLUGIN, "priority", FZ_BOX_KEY_NUMBER, false, -1000000, 1000000,
     AT_PLUGIN(priority), "0", "plugins run in ascending order"},
    {PLUGIN, "dead-start", FZ_BOX_KEY_BOOL, false, 0, 0, AT_PLUGIN(dead_start),
     "false", "do not load it"},
    {PLUGIN, "needed", FZ_BOX_KEY_BOOL, false, 0, 0, AT_PLUGIN(needed), "true",
     "without it there is no start; else its init is tried in a process of its "
     "own first, and a plugin that fails there is left out"},
    {PLUGIN, "thread", FZ_BOX_KEY_BOOL, false, 0, 0, AT_PLUGIN(thread), "false",
     "run it on a thread of its own: for one that blocks"},
    {PLUGIN, "sms-only", FZ_BOX_KEY_BOOL, false, 0, 0, AT_PLUGIN(sms_only),
     "false",
     "give it no acknowledgements, heartbeats and the like, which would wait "
     "for one that blocks"},
    {PLUGIN, "answer-timeout", FZ_BOX_KEY_NUMBER, false, 0, 86400,
     AT_PLUGIN(answer_timeout_s), "60",
     "seconds until a message that it keeps goes by on-timeout; 0 is never"},
    {PLUGIN, "on-timeout", FZ_BOX_KEY_TEXT, false, 1, 0, AT_PLUGIN(on_timeout),
     "defer",
     "what becomes of it: defer, pass (as if it had said nothing) or "
     "refuse"},
    {PLUGIN, "events", FZ_BOX_KEY_ELSEWHERE, false, 0, 0, 0, NULL,
     "no plugin host reads it"},
    {NULL, NULL, FZ_BOX_KEY_TEXT, false, 0, 0, 0, NULL, NULL},
};
