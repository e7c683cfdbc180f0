/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pace.h - when the next connection to bearerbox may be opened
 *
 * bearerbox accepts one connection a second, and its system keeps ten more
 * waiting; beyond that they are lost and tried again by the system, or reset.
 * So a few may be opened at once, each later one in a turn of its own; whoever
 * asks first is first. No clock here: the caller says what time it is.
 * Threads: any.
 */
#ifndef FZ_BOX_LINK_PACE_H
#define FZ_BOX_LINK_PACE_H

#include <pthread.h>
#include <stdint.h>

/** Opened at once, after as many pauses without any. */
#define FZ_PACE_AT_ONCE 6

typedef struct FzPace {
    pthread_mutex_t lock;
    int64_t pause_ms; /* 0: no pace */
    int64_t next_ms;  /* when the next turn begins; the past counts too */
} FzPace;

void fz_pace_init(FzPace *pace, int64_t pause_ms);
void fz_pace_clear(FzPace *pace);

/** Take the next turn; when it is: `now_ms`, or later. */
int64_t fz_pace_take(FzPace *pace, int64_t now_ms);

/** A turn came to nothing (refused): bearerbox accepted nobody. */
void fz_pace_give_back(FzPace *pace);

#endif
