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

/* Behind a view's limit: what may be added after the limit was tested (the
 * readings of one token and a run behind it, or one code point), and what is
 * readable behind that. */
#define FZ_VIEW_SLACK_OCTETS 1024

/* Runs of plain characters many at a time, or every one alone: the views are
 * the same, which a fuzz target compares. */
typedef enum FzPace { FZ_PACE_RUNS, FZ_PACE_ONE_BY_ONE } FzPace;

/* Where each view but the raw one is written. */
typedef struct FzViewRoom {
    uint8_t *octets[FZ_VIEWS]; /* `limit` and FZ_VIEW_SLACK_OCTETS more */
    uint16_t *map[FZ_VIEWS];   /* as many */
    uint32_t limit;
} FzViewRoom;

/**
 * Fill views->view[FZ_VIEW_FOLDED..] and the features. A skeleton that is the
 * folded view points to that one's room.
 *
 * @param raw  valid UTF-8, at most 65,536 code points, with
 *             FZ_VIEW_READABLE_OCTETS zeros behind it
 */
void fz_pass(const uint8_t *raw, uint32_t octets, const FzViewRoom *room,
             FzPace pace, FzViews *views);

/** The folded view without its map, and the features: what fz_pass makes of
 *  them. False when the skeleton is another than the folded view, or the text
 *  is too long: nothing that was made is of use then. */
bool fz_pass_lean(const uint8_t *raw, uint32_t octets, const FzViewRoom *room,
                  FzViews *views);

#endif
