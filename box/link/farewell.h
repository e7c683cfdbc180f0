/* SPDX-License-Identifier: BSD-2-Clause
 *
 * farewell.h - bearerbox said that it ends, and nobody has seen it gone
 *
 * While it ends it still lets boxes in: for a second, and for ten or more when
 * it has messages that no box took. To those it says nothing, it answers what
 * they send failed_tmp, and it ends when the last of them has left - never, if
 * one stays. So nobody connects to stay until it was seen gone, which knock.h
 * is there for. Something between (a balancer) may answer always, so after
 * FZ_FAREWELL_MS it is taken to be gone.
 * No clock here: the caller says what time it is.
 * Threads: any.
 * Source: Kannel 1.4.5, gw/bb_boxc.c, wait_for_connections and smsboxc_run
 */
#ifndef FZ_BOX_LINK_FAREWELL_H
#define FZ_BOX_LINK_FAREWELL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define FZ_FAREWELL_MS 30000

typedef struct FzFarewell {
    pthread_mutex_t lock;
    int64_t until_ms; /* it lasts as long; the past: there is none */
} FzFarewell;

void fz_farewell_init(FzFarewell *farewell);
void fz_farewell_clear(FzFarewell *farewell);

/** It said so. @return true when it had not before */
bool fz_farewell_said(FzFarewell *farewell, int64_t now_ms);
/** It was seen gone. */
void fz_farewell_over(FzFarewell *farewell);

/** When it will have lasted long enough; `now_ms` or before: it is over. */
int64_t fz_farewell_until(FzFarewell *farewell);
bool fz_farewell_lasts(FzFarewell *farewell, int64_t now_ms);

#endif
