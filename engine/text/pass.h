/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pass.h - the one pass over a text that makes its views
 *
 * Inside this room only.
 */
#ifndef FZ_ENGINE_TEXT_PASS_H
#define FZ_ENGINE_TEXT_PASS_H

#include "engine/text/text.h"

#define FZ_VIEW_READABLE_OCTETS 64 /* behind a view: vector loads */

/* Behind a view's limit: what one code point, or the readings of one token,
 * may add after the limit was tested, and what is readable behind that. */
#define FZ_VIEW_SLACK_OCTETS 512

/**
 * Fill views->view[FZ_VIEW_FOLDED..] (whose `octets` and `map` have room for
 * `limit` octets and FZ_VIEW_SLACK_OCTETS more) and the features.
 *
 * @param raw     valid UTF-8, at most 65,536 code points, with
 *                FZ_UTF8_MAX_OCTETS readable octets behind it
 * @param limit   octets of each view
 */
void fz_pass(const uint8_t *raw, uint32_t octets, uint32_t limit,
             FzViews *views);

#endif
