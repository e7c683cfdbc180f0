/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/hold/again.h"
#include "base/alloc.h"
#include "plugin/host.h"

#include <pthread.h>
#include <time.h>

#define TRY_AGAIN_S 1

typedef struct Waiting {
    struct Waiting *next;
    PluginBoxMsg *m;
} Waiting;

struct FzAgain {
    FzPlugin *plugin;
    FzAgainJudge judge;
    pthread_mutex_t turn;
    pthread_cond_t end;
    Waiting *first, **last; /* in the order in which they came */
    bool stopping;
    long thread;
};

void fz_again_take(FzAgain *again, PluginBoxMsg *m)
{
    Waiting *waiting = fz_calloc(1, sizeof *waiting);
    bool late;

    waiting->m = m;
    pthread_mutex_lock(&again->turn);
    late = again->stopping;
    if (!late) {
        *again->last = waiting;
        again->last = &waiting->next;
    }
    pthread_mutex_unlock(&again->turn);
    if (late) {
        fz_host_finish(again->plugin, m, FZ_DISPOSE_DELIVER);
        fz_free(waiting);
    }
}

static bool sleep_until_next(FzAgain *again)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += TRY_AGAIN_S;
    while (!again->stopping &&
           pthread_cond_timedwait(&again->end, &again->turn, &until) == 0)
        continue;
    return !again->stopping;
}

static void run(void *arg)
{
    FzAgain *again = arg;
    bool going_on = true;

    while (going_on) {
        Waiting *all;

        pthread_mutex_lock(&again->turn);
        going_on = sleep_until_next(again);
        all = again->first;
        again->first = NULL;
        again->last = &again->first;
        pthread_mutex_unlock(&again->turn);
        while (all != NULL) {
            Waiting *next = all->next;

            if (going_on)
                again->judge(again->plugin, all->m);
            else
                fz_host_finish(again->plugin, all->m, FZ_DISPOSE_DELIVER);
            fz_free(all);
            all = next;
        }
    }
}

FzAgain *fz_again_create(FzPlugin *plugin, FzAgainJudge judge)
{
    FzAgain *again = fz_calloc(1, sizeof *again);

    again->plugin = plugin;
    again->judge = judge;
    again->last = &again->first;
    pthread_mutex_init(&again->turn, NULL);
    pthread_cond_init(&again->end, NULL);
    again->thread = gwthread_create(run, again);
    return again;
}

void fz_again_stop(FzAgain *again)
{
    if (again == NULL)
        return;
    pthread_mutex_lock(&again->turn);
    again->stopping = true;
    pthread_cond_signal(&again->end);
    pthread_mutex_unlock(&again->turn);
    if (again->thread >= 0)
        gwthread_join(again->thread);
}

void fz_again_destroy(FzAgain *again)
{
    if (again == NULL)
        return;
    pthread_mutex_destroy(&again->turn);
    pthread_cond_destroy(&again->end);
    fz_free(again);
}
