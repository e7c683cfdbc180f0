/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pack.h - frames that we write: a Msg that a plugin changed, our own answers
 *
 * Octet for octet what Kannel's msg_pack and conn_write_withlen would send.
 */
#ifndef FZ_BOX_WIRE_PACK_H
#define FZ_BOX_WIRE_PACK_H

#include "base/slice.h"

#include "gwlib/gwlib.h"
#include "gw/msg.h"

/** Octets of the frame that `msg` makes; 0 when its type is unknown or the
 *  frame would pass FZ_LIMIT_FRAME_OCTETS. */
size_t fz_pack_octets(const Msg *msg);

/** Write the frame; `at` has fz_pack_octets(msg) > 0 octets. */
void fz_pack(const Msg *msg, uint8_t *at);

/** An acknowledgement. `time` and `id` are those of the message answered. */
#define FZ_PACK_ACK_OCTETS 56
void fz_pack_ack(const uint8_t *id, int32_t time, ack_status_t status,
                 uint8_t *at);

/** An admin message, e.g. cmd_identify; an absent boxc_id is NULL. */
size_t fz_pack_admin_octets(FzSlice boxc_id);
void fz_pack_admin(int32_t command, FzSlice boxc_id, uint8_t *at);

#endif
