/* SPDX-License-Identifier: BSD-2-Clause
 *
 * utf8.h - code points in octets
 *
 * Source: RFC 3629. Surrogates, overlong forms and values beyond U+10FFFF are
 * invalid here as there.
 */
#ifndef FZ_BASE_UTF8_H
#define FZ_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FZ_UTF8_MAX_OCTETS 4
#define FZ_REPLACEMENT_CHAR 0xFFFD

/** Decode one code point at `data`, of which `octets` (> 0) can be read.
 *  Returns the octets used; 0 when the sequence is invalid or cut. */
size_t fz_utf8_decode(const uint8_t *data, size_t octets, uint32_t *cp_out);

/** The next code point of `data` at `*at`, which is below `octets` and moves
 *  behind it; FZ_REPLACEMENT_CHAR for each octet that begins none. */
uint32_t fz_utf8_next(const uint8_t *data, size_t octets, size_t *at);

/** Encode one code point (not a surrogate, <= U+10FFFF) into at most
 *  FZ_UTF8_MAX_OCTETS; returns the octets written. */
size_t fz_utf8_encode(uint32_t cp, uint8_t *out);

bool fz_utf8_valid(const uint8_t *data, size_t octets);

/** The first octet that no text file has: not UTF-8, or U+0000; `octets` when
 *  there is none.
 *  @param line_out  of that octet, 1-based */
size_t fz_utf8_find_fault(const uint8_t *data, size_t octets,
                          unsigned *line_out);

/** Octets of the byte order mark that spreadsheets put in front: 3 or 0. */
size_t fz_utf8_mark(const uint8_t *data, size_t octets);

/** Code points in valid UTF-8. */
size_t fz_utf8_chars(const uint8_t *data, size_t octets);

#endif
