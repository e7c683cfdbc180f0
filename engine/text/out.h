/* SPDX-License-Identifier: BSD-2-Clause
 *
 * out.h - a view that grows
 *
 * Inside this room only. Nothing here tests for room: the pass tests once a
 * code point, and FZ_VIEW_SLACK_OCTETS is more than one can add.
 */
#ifndef FZ_ENGINE_TEXT_OUT_H
#define FZ_ENGINE_TEXT_OUT_H

#include "engine/text/chars.h"

#include "base/cpu.h"

/* The pass is compiled twice: in full, and lean (lean.c) with the folded view
 * alone and no maps. What it counts and folds is the same code. */
#ifndef FZ_PASS_LEAN
#define FZ_PASS_LEAN 0
#endif

typedef struct FzOut {
    uint8_t *octets;
    uint16_t *map;
    uint32_t length;
} FzOut;

/** Up to four octets of one code point of the text, the one at `at`. Four are
 *  read and written, whatever `n` is. */
FZ_ALWAYS_INLINE void fz_out_put(FzOut *out, const uint8_t *from, uint32_t n,
                                 uint32_t at)
{
    uint64_t four = (uint64_t)at * 0x0001000100010001u;

    memcpy(out->octets + out->length, from, 4);
    if (!FZ_PASS_LEAN)
        memcpy(out->map + out->length, &four, sizeof four);
    out->length += n;
}

FZ_ALWAYS_INLINE void fz_out_octet(FzOut *out, uint8_t octet, uint32_t at)
{
    out->octets[out->length] = octet;
    if (!FZ_PASS_LEAN)
        out->map[out->length] = (uint16_t)at;
    out->length++;
}

/** A string of the tables. */
FZ_ALWAYS_INLINE void fz_out_string(FzOut *out, uint32_t string, uint32_t at)
{
    const uint8_t *from = fz_table_strings + string;

    if (*from <= 4) {
        fz_out_put(out, from + 1, *from, at);
        return;
    }
    for (uint32_t i = 1; i <= *from; i++)
        fz_out_octet(out, from[i], at);
}

/** Where the code point that ends at `end` (> 0) begins. */
static inline uint32_t fz_out_before(const FzOut *out, uint32_t end)
{
    do
        end--;
    while (end > 0 && (out->octets[end] & 0xC0) == 0x80);
    return end;
}

#endif
