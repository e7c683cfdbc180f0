/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/link/jobs.h"

#include <string.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define SPARE_JOBS 64

/* --- jobs ---------------------------------------------------------------- */
FzJob *fz_job_take(FzShard *shard)
{
    FzJob *job = shard->spare_jobs;

    if (job != NULL) {
        shard->spare_jobs = job->newer;
        shard->spares--;
        return job;
    }
    job = gw_malloc(sizeof *job);
    job->turn = gw_malloc(sizeof *job->turn);
    return job;
}

static void job_free(FzJob *job)
{
    gw_free(job->turn);
    gw_free(job);
}

void fz_job_give(FzShard *shard, FzJob *job)
{
    if (shard->spares == SPARE_JOBS) {
        job_free(job);
        return;
    }
    job->newer = shard->spare_jobs;
    shard->spare_jobs = job;
    shard->spares++;
}

void fz_job_free_spares(FzShard *shard)
{
    while (shard->spare_jobs != NULL) {
        FzJob *job = shard->spare_jobs;

        shard->spare_jobs = job->newer;
        job_free(job);
    }
    shard->spares = 0;
}

/* --- lanes --------------------------------------------------------------- */
static uint64_t hash_slice(uint64_t h, FzSlice text)
{
    for (size_t i = 0; i < text.octets; i++)
        h = (h ^ text.data[i]) * 0x100000001B3u; /* FNV-1a */
    return (h ^ 0xFF) * 0x100000001B3u;
}

bool fz_job_is_ordered(const FzPacked *packed)
{
    return packed->type == sms || packed->type == wdp_datagram;
}

uint64_t fz_lane_key(const FzPacked *packed)
{
    uint64_t h = 0xCBF29CE484222325u;

    if (packed->type == sms)
        return hash_slice(hash_slice(h, packed->sms.sender),
                          packed->sms.receiver);
    return hash_slice(hash_slice(h, packed->wdp_datagram.source_address),
                      packed->wdp_datagram.destination_address);
}

static FzLane **lane_place(FzQueue *queue, uint64_t key)
{
    FzLane **place = &queue->chains[(key ^ key >> 32) % FZ_QUEUE_CHAINS];

    while (*place != NULL && (*place)->key != key)
        place = &(*place)->next;
    return place;
}

FzLane *fz_lane_find(const FzQueue *queue, uint64_t key)
{
    if (queue->jobs == 0)
        return NULL;
    return *lane_place((FzQueue *)queue, key);
}

FzLane *fz_lane_make(FzQueue *queue, uint64_t key)
{
    FzLane **place, *lane;

    if (queue->chains == NULL) {
        queue->chains = gw_malloc(FZ_QUEUE_CHAINS * sizeof *queue->chains);
        memset(queue->chains, 0, FZ_QUEUE_CHAINS * sizeof *queue->chains);
    }
    place = lane_place(queue, key);
    if (*place != NULL)
        return *place;
    lane = gw_malloc(sizeof *lane);
    *lane = (FzLane){.key = key};
    *place = lane;
    return lane;
}

/* --- a job's stay in the queue ------------------------------------------- */
void fz_job_enqueue(FzJob *job, FzLane *lane)
{
    FzQueue *queue = &job->link->queue[job->side];

    job->lane = lane;
    job->next_in_lane = NULL;
    if (lane != NULL) {
        if (lane->last != NULL)
            lane->last->next_in_lane = job;
        else
            lane->first = job;
        lane->last = job;
    }
    job->newer = NULL;
    job->older = queue->newest;
    if (queue->newest != NULL)
        queue->newest->newer = job;
    else
        queue->oldest = job;
    queue->newest = job;
    queue->jobs++;
}

void fz_job_end(FzJob *job)
{
    FzLink *link = job->link;
    FzQueue *queue = &link->queue[job->side];
    FzLane *lane = job->lane;

    if (lane != NULL) {
        FzJob **place = &lane->first, *before = NULL;

        while (*place != job) {
            before = *place;
            place = &before->next_in_lane;
        }
        *place = job->next_in_lane;
        if (lane->last == job)
            lane->last = before;
        if (lane->first == NULL) {
            *lane_place(queue, lane->key) = lane->next;
            gw_free(lane);
        }
    }
    if (job->older != NULL)
        job->older->newer = job->newer;
    else
        queue->oldest = job->newer;
    if (job->newer != NULL)
        job->newer->older = job->older;
    else
        queue->newest = job->older;
    queue->jobs--;
    fz_loop_timer_stop(link->loop, &job->again);
    msg_destroy(job->turn->run.message.msg);
    gw_free(job->data);
    fz_job_give(link->shard, job);
    fz_link_stir(link);
}

void fz_job_keep_frame(FzJob *job, const FzFrame *frame)
{
    FzPackedFault fault;

    job->data = gw_malloc(frame->octets);
    memcpy(job->data, frame->data, frame->octets);
    job->frame = (FzFrame){job->data, frame->octets};
    /* it was read before; now the view borrows our copy */
    if (fz_packed_read(fz_frame_payload(&job->frame), &job->packed, &fault) !=
        FZ_OK)
        panic(0, "fanzhabox: a frame changed while it was copied.");
}
