/* SPDX-License-Identifier: BSD-2-Clause
 *
 * charset.h - octets of one coding, appended to a text
 *
 * Inside the decoder only. Every function appends what it can read, replaces
 * what it cannot by U+FFFD and flags it; none allocates. A text that is full
 * takes no more and is flagged.
 */
#ifndef FZ_ENGINE_DECODE_CHARSET_H
#define FZ_ENGINE_DECODE_CHARSET_H

#include "engine/decode/decoded.h"

#define FZ_TEXT_SLACK_OCTETS 64 /* readable behind raw: vector loads */

void fz_text_reset(FzText *text);
void fz_text_begin_part(FzText *text, uint8_t number);
void fz_text_finish(FzText *text); /* clears the slack behind the end */

/** Append one code point; false when the text is full. */
bool fz_text_put(FzText *text, uint32_t cp);

/** UTF-8. One U+FFFD for each maximal subpart of an invalid sequence.
 *  Source: The Unicode Standard 15, 3.9, "Best Practices for Using U+FFFD" */
void fz_charset_utf8(FzSlice octets, FzText *text);

/** UTF-16BE: pairs joined, a lone surrogate becomes U+FFFD, half a unit at the
 *  end is dropped and flagged.
 *  Source: 3GPP TS 23.038 6.2.3; RFC 2781 2.2 */
void fz_charset_utf16be(FzSlice octets, FzText *text);

/** 8-bit data: UTF-8 if it is that, else Latin-1 if it reads like it, else its
 *  printable ASCII runs, each a piece of its own, flagged opaque. */
void fz_charset_8bit(FzSlice octets, FzText *text);

#endif
