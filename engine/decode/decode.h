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

/**
 * Decode the parts of one concatenated message as the text a phone shows.
 *
 * The parts may come in any order; their headers' numbers decide (a part
 * without one counts by its place). Of two with one number the first is taken.
 * Octets are joined before they are decoded, so a character that was cut by a
 * part's end is whole; it belongs to the part in which it begins. Where a part
 * is missing a FZ_TEXT_PIECE_BREAK stands, so nothing matches across the gap.
 *
 * @param parts  each with its own header, coding and octets
 * @param count  at most FZ_LIMIT_PARTS; what is beyond is left out and flagged
 *               FZ_TEXT_TRUNCATED
 * @param text   as for fz_decode; text->parts tells where each part begins
 * @return as fz_decode
 *
 * Cost: linear, allocates nothing.
 */
FzStatus fz_decode_parts(const FzMessage *parts, size_t count,
                         FzText *text) FZ_MUST_CHECK;

/** The part in which a code point of the text stands; never NULL for a text
 *  that fz_decode made. */
const FzTextPart *fz_text_part(const FzText *text, uint32_t cp_at);

/** Find the concatenation element of a user data header (which begins with its
 *  length octet). False when there is none or the header is broken.
 *  Source: 3GPP TS 23.040 9.2.3.24 */
bool fz_udh_part(FzSlice udh, FzPartRef *part_out);

#endif
