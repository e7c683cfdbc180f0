/* SPDX-License-Identifier: BSD-2-Clause
 *
 * decode.h - from the octets of a message to its text
 *
 * Pure functions. Whatever comes in, valid UTF-8 comes out; what had to be
 * replaced or left out is flagged.
 */
#ifndef FZ_ENGINE_DECODE_DECODE_H
#define FZ_ENGINE_DECODE_DECODE_H

#include "engine/decode/decoded.h"
#include "engine/message/message.h"

/** Room for the largest text; allocated here once, never by fz_decode. */
void fz_text_init(FzText *text);
void fz_text_clear(FzText *text);

/**
 * Decode one message.
 *
 * @param text  initialised; overwritten, its parts set to one part
 * @return FZ_OK, also when something had to be replaced (see text->flags);
 *         FZ_E_SYNTAX when nothing of it is text (then the text is empty and
 *         the failure policy's `undecodable` applies)
 *
 * Cost: linear, allocates nothing.
 */
FzStatus fz_decode(const FzMessage *message, FzText *text) FZ_MUST_CHECK;

/** Find the concatenation element of a user data header (which begins with its
 *  length octet). False when there is none or the header is broken.
 *  Source: 3GPP TS 23.040 9.2.3.24 */
bool fz_udh_part(FzSlice udh, FzPartRef *part_out);

#endif
