/* SPDX-License-Identifier: BSD-2-Clause
 *
 * message_in.h - a message as scripts write it (docs/interfaces.md)
 */
#ifndef FZ_TOOLS_MESSAGE_IN_H
#define FZ_TOOLS_MESSAGE_IN_H

#include "base/buf.h"
#include "engine/message/message.h"

#include <jansson.h>

/** A message and what its slices are about. */
typedef struct FzMessageIn {
    FzMessage message;
    FzBuf octets, udh;
    char fault[160]; /* what is wrong with a bad one */
} FzMessageIn;

void fz_message_in_init(FzMessageIn *in);
void fz_message_in_clear(FzMessageIn *in);

/**
 * Fill the message in from an object: text, or coding and octets; direction,
 * sender, receiver, identity, boxc, account, service, smsc, udh, time.
 *
 * @param object  borrowed; strings of the message are its
 * @param now_ms  when the object names no time
 * @return FZ_E_SYNTAX: `fault' says what
 */
FzStatus fz_message_in_read(FzMessageIn *in, const json_t *object,
                            int64_t now_ms) FZ_MUST_CHECK;

/** The user data of a text as a phone would send it: 7-bit where the alphabet
 *  carries it, else UCS-2. `utf8` is valid. */
void fz_message_in_set_text(FzMessageIn *in, FzSlice utf8);

#endif
