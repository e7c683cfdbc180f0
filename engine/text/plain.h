/* SPDX-License-Identifier: BSD-2-Clause
 *
 * plain.h - the views of a text without tricks, 64 octets at a time
 *
 * Most texts are plain Han, ASCII words, numbers and everyday signs, and
 * nothing in them stands where it would be more than itself. Of such a text
 * masks say all that the pass says code point by code point. Whatever else a
 * text has, it is the pass's. Inside this room only.
 */
#ifndef FZ_ENGINE_TEXT_PLAIN_H
#define FZ_ENGINE_TEXT_PLAIN_H

#include "engine/text/pass.h"

typedef enum FzPlain {
    FZ_PLAIN_NOT,   /* nothing was made of use, and nothing is known */
    FZ_PLAIN_APART, /* not `all`: the skeleton is not the folded view */
    FZ_PLAIN_MADE,
} FzPlain;

/** As fz_pass_lean, or with `all` as fz_pass. FZ_PLAIN_NOT where the machine
 *  does not look at 64 octets at once. */
FzPlain fz_plain(const uint8_t *raw, uint32_t octets, const FzViewRoom *room,
                 bool all, FzViews *views);

#endif
