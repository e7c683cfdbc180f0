/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/link/pace.h"

void fz_pace_init(FzPace *pace, int64_t pause_ms)
{
    pthread_mutex_init(&pace->lock, NULL);
    pace->pause_ms = pause_ms;
    pace->next_ms = INT64_MIN / 2;
}

void fz_pace_clear(FzPace *pace)
{
    pthread_mutex_destroy(&pace->lock);
}

int64_t fz_pace_take(FzPace *pace, int64_t now_ms)
{
    int64_t due_ms, first_ms;

    pthread_mutex_lock(&pace->lock);
    /* turns that nobody took are good for so many at once, and no more */
    first_ms = now_ms - (FZ_PACE_AT_ONCE - 1) * pace->pause_ms;
    if (pace->next_ms < first_ms)
        pace->next_ms = first_ms;
    due_ms = pace->next_ms > now_ms ? pace->next_ms : now_ms;
    pace->next_ms += pace->pause_ms;
    pthread_mutex_unlock(&pace->lock);
    return due_ms;
}

void fz_pace_give_back(FzPace *pace)
{
    pthread_mutex_lock(&pace->lock);
    pace->next_ms -= pace->pause_ms;
    pthread_mutex_unlock(&pace->lock);
}
