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

/** As fz_pass. False when the text is not plain, or the machine does not look
 *  at 64 octets at once: nothing that was made is of use then. */
bool fz_plain(const uint8_t *raw, uint32_t octets, const FzViewRoom *room,
              FzViews *views);

#endif
