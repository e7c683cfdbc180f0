/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pluginbox.h - the classic plugin ABI of Kannel's plugin hosts, in our words
 *
 * A plugin is a shared object that a host on the box protocol loads with
 * dlopen(RTLD_NOW | RTLD_GLOBAL). The host looks up one function by the name
 * that its configuration gives (`init`), calls it, and passes messages to the
 * callbacks that it left in the struct. Layout and meaning must not change:
 * third parties' plugins are compiled against them.
 *
 * Include gwlib/gwlib.h and gw/msg.h last, in the files that use this.
 * Source: docs/plugin-abi.md
 */
#ifndef FZ_ABI_PLUGINBOX_H
#define FZ_ABI_PLUGINBOX_H

#include "gwlib/gwlib.h"
#include "gw/msg.h"

/* What became of a message, in PluginBoxMsg.status when callback is called. */
#define PLUGINBOX_MESSAGE_OK 0      /* go on with it, as `msg` now is */
#define PLUGINBOX_MESSAGE_REJECT -1 /* stop; the sender hears a failure */
#define PLUGINBOX_MESSAGE_DROP -2   /* stop; the sender hears success */

/* Where a message came from: PluginBoxMsg.type, and as a bit mask what
 * PluginBoxPlugin.direction asks for. */
#define PLUGINBOX_MESSAGE_FROM_SMSBOX 1    /* MT */
#define PLUGINBOX_MESSAGE_FROM_BEARERBOX 2 /* MO and delivery reports */

/* PluginBoxPlugin.status: the form asked for. */
#define PLUGINBOX_STATUS_HTML 0
#define PLUGINBOX_STATUS_TEXT 1
#define PLUGINBOX_STATUS_WML 2
#define PLUGINBOX_STATUS_XML 3

typedef struct PluginBoxPlugin PluginBoxPlugin;
typedef struct PluginBoxMsg PluginBoxMsg;

/** One loaded plugin. The host fills args, path, priority, id and, in most
 *  hosts, nothing else: init must set every field it relies on, `context` to
 *  NULL first and the callbacks last, because shutdown runs even after a
 *  failed init once it is set. */
struct PluginBoxPlugin {
    Octstr *args;                    /* `args` of the group; may be NULL */
    int (*init)(PluginBoxPlugin *p); /* non-zero means success */
    void (*process)(PluginBoxPlugin *p, PluginBoxMsg *m);
    void (*shutdown)(PluginBoxPlugin *p);
    Octstr *(*status)(PluginBoxPlugin *p, List *cgivars, int status_type);
    void *context; /* the plugin's own */
    Octstr *path;
    long priority;  /* plugins run in ascending order */
    long direction; /* mask of PLUGINBOX_MESSAGE_FROM_* */
    Cfg *running_configuration;
    Octstr *id;
};

/** One message on its way through the chain. process ends in exactly one call
 *  of callback, from any thread, at any later time; nothing of it may be
 *  touched afterwards. Messages of every type come by: what is not `sms` is
 *  left alone. */
struct PluginBoxMsg {
    long chain; /* host's: index of the plugin at work */
    Msg *msg;   /* may be changed in place; belongs to the host */
    int status; /* PLUGINBOX_MESSAGE_* or, where the host has the extension,
                   FZBOX_STATUS_* */
    void (*callback)(PluginBoxMsg *m);
    void (*done)(void *context, Msg *msg, int status); /* host's */
    void *context;                                     /* host's */
    long type; /* PLUGINBOX_MESSAGE_FROM_* */
};

typedef int (*PluginBoxInit)(PluginBoxPlugin *p);

/** Exported by the host: send `msg` (type sms; the host owns it when it says 1)
 *  as if it came from that side, without passing the plugins.
 *
 *  @param emulate  PLUGINBOX_MESSAGE_FROM_*
 *  @param boxc_id  the box in question; NULL takes any that is connected
 *  @param ack      called when the target acknowledges; may be NULL
 *  @return 0 when no matching box is connected: msg is the caller's still */
int pluginbox_inject_message(int emulate, Octstr *boxc_id, Msg *msg,
                             void (*ack)(ack_status_t status, void *context),
                             void *context);

#endif
