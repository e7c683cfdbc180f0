/* SPDX-License-Identifier: BSD-2-Clause
 *
 * warn_turns.c - who was warned of late: a fixed table, no gateway here
 */
#include "config.h"

#include "base/alloc.h"
#include "plugin/warn_turns.h"

#include <pthread.h>
#include <xxhash.h>

#define BUCKETS 16384 /* a power of two */
#define WAYS 4

typedef struct Turn {
    uint64_t receiver; /* hash; 0 empty */
    int64_t at_ms;
} Turn;

struct FzWarnTurns {
    pthread_mutex_t lock; /* of warned messages only: those are few */
    Turn turn[BUCKETS][WAYS];
};

FzWarnTurns *fz_warn_turns_create(void)
{
    FzWarnTurns *turns = fz_calloc(1, sizeof *turns);

    pthread_mutex_init(&turns->lock, NULL);
    return turns;
}

void fz_warn_turns_destroy(FzWarnTurns *turns)
{
    if (turns == NULL)
        return;
    pthread_mutex_destroy(&turns->lock);
    fz_free(turns);
}

bool fz_warn_turns_take(FzWarnTurns *turns, FzSlice receiver, int64_t now_ms,
                        int64_t interval_ms)
{
    uint64_t hash = XXH3_64bits(receiver.data, receiver.octets) | 1;
    Turn *bucket = turns->turn[hash >> 1 & (BUCKETS - 1)];
    Turn *oldest = &bucket[0], *mine = NULL;
    bool may;

    pthread_mutex_lock(&turns->lock);
    for (int i = 0; i < WAYS; i++) {
        if (bucket[i].receiver == hash)
            mine = &bucket[i];
        if (bucket[i].at_ms < oldest->at_ms)
            oldest = &bucket[i];
    }
    may = mine == NULL || now_ms - mine->at_ms >= interval_ms ||
          now_ms < mine->at_ms; /* the clock was set back */
    if (may)
        *(mine != NULL ? mine : oldest) = (Turn){hash, now_ms};
    pthread_mutex_unlock(&turns->lock);
    return may;
}
