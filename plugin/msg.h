/* SPDX-License-Identifier: BSD-2-Clause
 *
 * msg.h - between the gateway's Msg and the engine's FzMessage
 */
#ifndef FZ_PLUGIN_MSG_H
#define FZ_PLUGIN_MSG_H

#include "engine/message/message.h"

#include "gwlib/gwlib.h"
#include "gw/msg.h"

/** An Octstr's octets, borrowed; NULL gives the absent slice. */
FzSlice fz_msg_slice(Octstr *os);

/** What the engine sees of an sms; borrowed from `msg`. Identity is the
 *  authenticated service, else the box (docs/kannel.md "Identity"). */
void fz_msg_read(Msg *msg, FzDirection direction, int64_t now_ms,
                 FzMessage *message_out);

/** Put a rewritten text in. Everything else stays as it was. */
void fz_msg_set_text(Msg *msg, FzCoding coding, FzSlice octets);

#define FZ_MSG_ID_TEXT 37
/** The id as its 36 characters. */
void fz_msg_id_text(const Msg *msg, char *text);

#endif
