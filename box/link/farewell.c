/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/link/farewell.h"

#define NONE_MS (INT64_MIN / 2)

void fz_farewell_init(FzFarewell *farewell)
{
    pthread_mutex_init(&farewell->lock, NULL);
    farewell->until_ms = NONE_MS;
}

void fz_farewell_clear(FzFarewell *farewell)
{
    pthread_mutex_destroy(&farewell->lock);
}

bool fz_farewell_said(FzFarewell *farewell, int64_t now_ms)
{
    bool is_new;

    pthread_mutex_lock(&farewell->lock);
    is_new = farewell->until_ms <= now_ms;
    farewell->until_ms = now_ms + FZ_FAREWELL_MS;
    pthread_mutex_unlock(&farewell->lock);
    return is_new;
}

void fz_farewell_over(FzFarewell *farewell)
{
    pthread_mutex_lock(&farewell->lock);
    farewell->until_ms = NONE_MS;
    pthread_mutex_unlock(&farewell->lock);
}

int64_t fz_farewell_until(FzFarewell *farewell)
{
    int64_t until_ms;

    pthread_mutex_lock(&farewell->lock);
    until_ms = farewell->until_ms;
    pthread_mutex_unlock(&farewell->lock);
    return until_ms;
}

bool fz_farewell_lasts(FzFarewell *farewell, int64_t now_ms)
{
    return fz_farewell_until(farewell) > now_ms;
}
