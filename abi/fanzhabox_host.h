/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fanzhabox_host.h - what fanzhabox can do beyond the classic plugin ABI
 *
 * A plugin finds the extension with dlsym(RTLD_DEFAULT, "fanzhabox_host"): a
 * `const FzHost`. Absent: a classic host, where the FZBOX_STATUS_* below must
 * not be used (any unknown status is taken for OK there, so a message meant to
 * wait would go out unfiltered).
 *
 * Rules of growth: `abi` changes only when a plugin built for the old number
 * would break; new members go to the end and are there when `octets` covers
 * them; a capability bit says that a thing works, not that a member exists.
 */
#ifndef FZ_ABI_FANZHABOX_HOST_H
#define FZ_ABI_FANZHABOX_HOST_H

#include "abi/pluginbox.h"

#include <stddef.h>
#include <stdint.h>

#define FZ_HOST_ABI 1
#define FZ_HOST_SYMBOL "fanzhabox_host"

/* More ways for a message to end, in PluginBoxMsg.status. In fanzhabox REJECT
 * and DROP are honoured for MO as well as for MT. */
#define FZBOX_STATUS_UNCHANGED 16 /* OK, and I did not touch msg */
#define FZBOX_STATUS_BUFFERED 17  /* stop; it is durably mine: ack_buffered */
#define FZBOX_STATUS_DEFER 18     /* not now: see FZ_HOST_CAN_DEFER */

/* Capabilities. */
#define FZ_HOST_CAN_DEFER (1u << 0)
/* MT from an smsbox gets failed_tmp, paced; MO and everything on the WAP port
 * stays unacknowledged and comes to the chain again after a back-off, in order
 * per (sender, receiver). */
#define FZ_HOST_CAN_STOP_MO (1u << 1)   /* REJECT, DROP, BUFFERED end an MO */
#define FZ_HOST_CAN_UNCHANGED (1u << 2) /* all said so: the frame that came */
#define FZ_HOST_CAN_WANT (1u << 3)      /* want() is obeyed */
#define FZ_HOST_CAN_INJECT (1u << 4)    /* inject() below */
#define FZ_HOST_CAN_INJECT_AWAY (1u << 5)
/* inject() towards bearerbox works with an own link while the box is away. */
#define FZ_HOST_CAN_NAME_BOX (1u << 6) /* box() below */
#define FZ_HOST_CAN_REPORTS (1u << 7)  /* want(FZ_HOST_TYPE_REPORT) works */
#define FZ_HOST_CAN_SAY_WAY (1u << 8)  /* has_way() below */

/* Message types, for want(). */
#define FZ_HOST_TYPE_HEARTBEAT (1u << 0)
#define FZ_HOST_TYPE_ADMIN (1u << 1)
#define FZ_HOST_TYPE_SMS (1u << 2)
#define FZ_HOST_TYPE_ACK (1u << 3)
#define FZ_HOST_TYPE_WDP (1u << 4)
#define FZ_HOST_TYPE_REPORT (1u << 5)
/* Delivery reports on their way from bearerbox to a box (sms of sms_type
 * report_mo or report_mt). Only a plugin that asked for them by name sees any:
 * SMS alone does not bring them, nor does saying nothing. What a box sends is
 * SMS, whatever its sms_type. */

/* How an injected message ended. */
typedef enum FzHostInjected {
    FZ_HOST_INJECTED_ACKED = 0,  /* `nack` holds ack_status_t */
    FZ_HOST_INJECTED_LOST = 1,   /* the link closed first: it may be there */
    FZ_HOST_INJECTED_UNSENT = 2, /* no link took it: it is not there */
} FzHostInjected;

typedef struct FzHost {
    uint32_t abi;          /* FZ_HOST_ABI of the host */
    uint32_t octets;       /* sizeof(FzHost) of the host */
    uint32_t msg_octets;   /* sizeof(Msg) of the host: its Kannel's layout */
    uint32_t capabilities; /* FZ_HOST_CAN_* */
    const char *kannel;    /* Kannel version it was built with */
    const char *version;   /* "fanzhabox 0.1.0" */

    /** Which message types this plugin wants to see; without the call all of
     *  them but REPORT. Call it from init.
     *  @return 0, or -1 for an unknown type bit */
    int (*want)(PluginBoxPlugin *p, uint32_t types);

    /** Send an sms past the plugins.
     *
     * @param emulate  PLUGINBOX_MESSAGE_FROM_SMSBOX: to bearerbox, over the
     *                 link of box `boxc_id` or, with CAN_INJECT_AWAY, over the
     *                 host's own; FROM_BEARERBOX: to that box, which must be
     *                 connected
     * @param boxc_id  borrowed; NULL takes any connected box
     * @param msg      owned by the host when 0 is returned, by the caller else
     * @param done     exactly once when 0 was returned; from any thread
     * @return 0, or -1 when there is no way to send it now */
    int (*inject)(int emulate, Octstr *boxc_id, Msg *msg,
                  void (*done)(void *context, FzHostInjected how,
                               ack_status_t nack),
                  void *context);

    /** The name (boxc_id) of the box that a message came from or, from
     *  bearerbox, is on its way to: where inject would have to send it later.
     *  A message from bearerbox does not say so itself.
     *
     * @return borrowed until process returns, and to be asked for in there
     *         only; NULL for a box that gave no name */
    const char *(*box)(const PluginBoxMsg *m);

    /** Would inject, with these, find a way now? A plugin that notes what it is
     *  about to send asks before. With CAN_SAY_WAY.
     *  @return 0: no */
    int (*has_way)(int emulate, Octstr *boxc_id);
} FzHost;

/** A plugin may export a function named as its init function with this behind:
 *  would init, with these args, find what it reads in order? It must touch
 *  nothing and use none of the host's functions: it is called in a process of
 *  its own, beside the one in which the plugin serves (`fanzhabox --check',
 *  and before an upgrade).
 *
 * @param args  as in the configuration; NULL
 * @param say   tells what is wrong, a clause each time
 * @return non-zero when all is well, as init does */
#define FZ_HOST_CHECK_SUFFIX "_check"
typedef int FzHostCheck(const char *args,
                        void (*say)(void *context, const char *text),
                        void *context);

#endif
