/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wide.h - what most of any message is made of, up to 64 octets at once
 *
 * Inside the decoder only, where fz_cpu_is_wide. Each appends what is in front
 * and stops before the first that needs a look of its own, which the loops of
 * charset.c take; 0 when that is the first one.
 */
#ifndef FZ_ENGINE_DECODE_WIDE_H
#define FZ_ENGINE_DECODE_WIDE_H

#include "base/cpu.h"
#include "engine/decode/decoded.h"

#ifdef FZ_CPU_WIDE

/** UTF-16BE units that are code points on their own, but our own mark. At most
 *  `units`, for which there is room. Returns how many. */
size_t fz_wide_utf16be(const uint8_t *data, size_t units, FzText *text);

/** Whole and valid sequences of UTF-8, but our own mark. At most `octets`, and
 *  there is room for as many code points. Returns how many octets. */
size_t fz_wide_utf8(const uint8_t *data, size_t octets, FzText *text);

#endif

#endif
