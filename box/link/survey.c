/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/link/survey.h"
#include "box/link/link.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "gwlib/gwlib.h"

/* Shared by the asker and the loops: whoever lets go last frees it. */
typedef struct Asked {
    pthread_mutex_t lock;
    pthread_cond_t told;
    size_t owners; /* the asker and the loops that have not run yet */
    size_t silent;
    FzLinkReport *link;
    size_t links, room;
} Asked;

typedef struct Question {
    FzPost post; /* first */
    FzShard *shard;
    Asked *asked;
} Question;

static void let_go(Asked *asked) /* with the lock held; gives it back */
{
    bool last = --asked->owners == 0;

    pthread_mutex_unlock(&asked->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&asked->lock);
    pthread_cond_destroy(&asked->told);
    gw_free(asked->link);
    gw_free(asked);
}

static void describe(const FzLink *link, FzLinkReport *report)
{
    *report = (FzLinkReport){
        .identified = link->identified,
        .own = link->own,
        .waits = link->up_state == FZ_UP_WAITING,
        .box_open = link->box_state == FZ_BOX_OPEN,
        .bearerbox_open = link->up_state == FZ_UP_OPEN,
        .mt_unacked = link->flight[FZ_SIDE_BOX].count,
        .mo_unacked = link->flight[FZ_SIDE_UP].count,
        .mt_waiting = link->queue[FZ_SIDE_BOX].jobs,
        .mo_waiting = link->queue[FZ_SIDE_UP].jobs,
        .to_box_octets = fz_stream_unwritten(&link->box),
        .to_bearerbox_octets = fz_stream_unwritten(&link->up),
    };
    snprintf(report->boxc_id, sizeof report->boxc_id, "%s",
             link->boxc_id == NULL ? "" : link->boxc_id);
    snprintf(report->peer, sizeof report->peer, "%s", link->peer);
}

/* On the loop's thread. */
static void answer(FzPost *post)
{
    Question *question = (Question *)post;
    Asked *asked = question->asked;

    pthread_mutex_lock(&asked->lock);
    for (const FzLink *link = question->shard->links; link != NULL;
         link = link->next) {
        if (asked->links == asked->room) {
            asked->room = asked->room * 2 + 16;
            asked->link =
                gw_realloc(asked->link, asked->room * sizeof *asked->link);
        }
        describe(link, &asked->link[asked->links++]);
    }
    asked->silent--;
    pthread_cond_signal(&asked->told);
    gw_free(question);
    let_go(asked);
}

void fz_survey_take(FzHub *hub, int64_t patience_ms, FzSurvey *survey_out)
{
    Asked *asked = gw_malloc(sizeof *asked);
    struct timespec until;

    *asked = (Asked){.owners = hub->shards + 1, .silent = hub->shards};
    pthread_mutex_init(&asked->lock, NULL);
    pthread_cond_init(&asked->told, NULL);
    for (size_t i = 0; i < hub->shards; i++) {
        Question *question = gw_malloc(sizeof *question);

        *question = (Question){
            .post = {.run = answer}, .shard = &hub->shard[i], .asked = asked};
        fz_loop_post(hub->shard[i].loop, &question->post);
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += patience_ms / 1000;
    until.tv_nsec += patience_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&asked->lock);
    while (asked->silent > 0 &&
           pthread_cond_timedwait(&asked->told, &asked->lock, &until) == 0)
        continue;
    *survey_out = (FzSurvey){.link = asked->link,
                             .links = asked->links,
                             .loops_silent = asked->silent};
    /* a loop that answers later begins a list of its own */
    asked->link = NULL;
    asked->links = asked->room = 0;
    let_go(asked);
}

void fz_survey_clear(FzSurvey *survey)
{
    gw_free(survey->link);
    *survey = (FzSurvey){0};
}
