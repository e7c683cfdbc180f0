/* SPDX-License-Identifier: BSD-2-Clause
 *
 * jobs.h - messages that wait in a link, each in the lane of its order
 *
 * Private to box/link/: made and looked at by judge.c. A job belongs to the
 * thread of its link's loop; its turn may be a plugin's.
 */
#ifndef FZ_BOX_LINK_JOBS_H
#define FZ_BOX_LINK_JOBS_H

#include "box/link/link.h"

typedef enum FzJobState {
    FZ_JOB_WAITING = 0,  /* nobody has judged it */
    FZ_JOB_JUDGING = 1,  /* a plugin has it in hand */
    FZ_JOB_JUDGED = 2,   /* its turn has yet to come */
    FZ_JOB_DEFERRED = 3, /* kept; looked at again when `again` fires */
} FzJobState;

/* A message's stay in the chain. It is the job's until a plugin is overdue with
 * it: then the job takes another one, and this is the plugin's. */
typedef struct FzTurn {
    FzRun run;  /* first */
    FzJob *job; /* NULL: it went on without this one */
    FzLoop *loop;
    FzPost post;
} FzTurn;

struct FzJob {
    FzTurn *turn; /* never NULL */
    FzLink *link;
    FzSide side;
    FzJobState state;
    bool forgotten; /* its connection is gone: no outcome */
    bool kept;      /* WAITING until the host is not isolated any more */
    unsigned tries;
    FzTimer again; /* DEFERRED: to be judged; JUDGING: the plugin is overdue */
    uint8_t *data; /* the frame's copy, owned; NULL while it runs inline */
    FzFrame frame;
    FzPacked packed; /* of the frame */
    FzLane *lane;    /* NULL: an order of its own (ack, admin, heartbeat) */
    FzJob *next_in_lane;
    FzJob *older, *newer; /* all of this link and side */
};

struct FzLane {
    uint64_t key; /* of sender and receiver: two that share it keep an order
                     that they need not */
    FzJob *first, *last;
    FzLane *next;
};

/** One to be filled, spare or new; never NULL. What is in it is whatever was.
 */
FzJob *fz_job_take(FzShard *shard);
/** Keep it as a spare one; what it owns was given up before. */
void fz_job_give(FzShard *shard, FzJob *job);
/** At the end of the shard. */
void fz_job_free_spares(FzShard *shard);

/** Whether messages of this type keep an order per (sender, receiver). */
bool fz_job_is_ordered(const FzPacked *packed);
/** The lane of such a message. */
uint64_t fz_lane_key(const FzPacked *packed);
/** NULL when nothing of this lane waits. */
FzLane *fz_lane_find(const FzQueue *queue, uint64_t key);
/** The lane, made when it is not there; it goes with its last job. */
FzLane *fz_lane_make(FzQueue *queue, uint64_t key);

/** To the end of its link's queue and of the lane; NULL: an order of its own.
 */
void fz_job_enqueue(FzJob *job, FzLane *lane);
/** Take it out of its lane and its queue and end it. */
void fz_job_end(FzJob *job);
/** Copy the frame, which until now was the stream's. */
void fz_job_keep_frame(FzJob *job, const FzFrame *frame);

#endif
