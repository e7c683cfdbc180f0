/* SPDX-License-Identifier: BSD-2-Clause
 *
 * kannel_msg.h - what Kannel itself does with a message between two boxes
 *
 * gwlib stays behind this header: it renames malloc and more.
 */
#ifndef FZ_BENCH_KANNEL_MSG_H
#define FZ_BENCH_KANNEL_MSG_H

#include "engine/message/message.h"

void kannel_msg_start(void);
void kannel_msg_stop(void);

/** An sms as bearerbox has it; destroy with kannel_msg_destroy. */
void *kannel_msg_create(const FzMessage *message);
void kannel_msg_destroy(void *msg);

/** msg_pack and msg_unpack of it once; returns the frame's octets. */
long kannel_msg_pack_unpack(void *msg);

#endif
