/* SPDX-License-Identifier: BSD-2-Clause
 *
 * charset.h - octets of one coding, appended to a text
 *
 * Inside the decoder only. Every reader appends what it can read, replaces
 * what it cannot by U+FFFD and flags it; none allocates. A text that is full
 * takes no more and is flagged.
 *
 * The octets of a joined message are one slice; a reader is called once for
 * each part, reads the code points that begin before the part's end and
 * returns where the next one begins, which may be behind that end.
 */
#ifndef FZ_ENGINE_DECODE_CHARSET_H
#define FZ_ENGINE_DECODE_CHARSET_H

#include "engine/decode/decoded.h"

#define FZ_TEXT_SLACK_OCTETS 64 /* readable behind raw: vector loads */
#define FZ_TEXT_SLACK_PLACES 64 /* writable behind cp_octet: vector stores */

void fz_text_reset(FzText *text);
void fz_text_begin_part(FzText *text, uint8_t number);
void fz_text_finish(FzText *text); /* clears the slack behind the end */

/** Append one code point; false when the text is full. */
bool fz_text_put(FzText *text, uint32_t cp);

typedef size_t FzCharsetReader(FzSlice octets, size_t from, size_t to,
                               FzText *text);

/** UTF-8. One U+FFFD for each maximal subpart of an invalid sequence.
 *  Source: The Unicode Standard 15, 3.9, "Best Practices for Using U+FFFD" */
FzCharsetReader fz_charset_utf8;

/** UTF-16BE: pairs joined, a lone surrogate becomes U+FFFD, half a unit at the
 *  end is dropped and flagged.
 *  Source: 3GPP TS 23.038 6.2.3; RFC 2781 2.2 */
FzCharsetReader fz_charset_utf16be;

/** ISO 8859-1. */
FzCharsetReader fz_charset_latin1;

/** Runs of printable ASCII, each a piece of its own. */
FzCharsetReader fz_charset_ascii_runs;

/** Which reader suits 8-bit data: UTF-8 if it is that, Latin-1 if it reads
 *  like it, else fz_charset_ascii_runs (then the data is opaque). */
FzCharsetReader *fz_charset_of_8bit(FzSlice octets);

#endif
