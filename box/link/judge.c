/* SPDX-License-Identifier: BSD-2-Clause
 *
 * judge.c - a message's way through the chain, and the order it keeps
 *
 * Nearly every message is through before its process returns and never gets
 * here a name: the frame goes on from where it was read. One that a plugin
 * keeps, or an MO that is deferred, becomes a job with a copy of its frame,
 * in the lane of its (sender, receiver); later ones of the same lane queue up
 * behind it. They are judged meanwhile (a plugin's slow answer is then waited
 * for once, not once each) but for those behind a deferred one, whose verdict
 * would be old when their turn comes; outcomes follow in order of arrival.
 */
#include "config.h"

#include "box/link/link.h"

#include "base/clock.h"
#include "box/wire/pack.h"

#include <string.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

/* A message that was deferred is judged again after 1, 2, 4, then every 8 s. */
#define AGAIN_FIRST_MS 1000
#define AGAIN_DOUBLINGS 3

#define SPARE_JOBS 64

typedef enum JobState {
    JOB_WAITING = 0,  /* nobody has judged it */
    JOB_JUDGING = 1,  /* a plugin has it in hand */
    JOB_JUDGED = 2,   /* its turn has yet to come */
    JOB_DEFERRED = 3, /* kept; looked at again when `again` fires */
} JobState;

/* A message's stay in the chain. It is the job's until a plugin is overdue with
 * it: then the job takes another one, and this is the plugin's. */
typedef struct Turn {
    FzRun run;  /* first */
    FzJob *job; /* NULL: it went on without this one */
    FzLoop *loop;
    FzPost post;
} Turn;

struct FzJob {
    Turn *turn; /* never NULL */
    FzLink *link;
    FzSide side;
    JobState state;
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

static void lane_advance(FzLane *lane);

/* --- jobs ---------------------------------------------------------------- */
static FzJob *job_take(FzShard *shard)
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

static void job_give(FzShard *shard, FzJob *job)
{
    if (shard->spares == SPARE_JOBS) {
        job_free(job);
        return;
    }
    job->newer = shard->spare_jobs;
    shard->spare_jobs = job;
    shard->spares++;
}

void fz_judge_free_spares(FzShard *shard)
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

static bool is_ordered(const FzPacked *packed)
{
    return packed->type == sms || packed->type == wdp_datagram;
}

static uint64_t key_of(const FzPacked *packed)
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

static FzLane *lane_find(const FzQueue *queue, uint64_t key)
{
    if (queue->jobs == 0)
        return NULL;
    return *lane_place((FzQueue *)queue, key);
}

static FzLane *lane_make(FzQueue *queue, uint64_t key)
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
static void enqueue(FzJob *job, FzLane *lane)
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

/* Take a job out of its lane and its queue and end it; the lane goes with its
 * last job. */
static void end_job(FzJob *job)
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
    job_give(link->shard, job);
    fz_link_stir(link);
}

static void keep_frame(FzJob *job, const FzFrame *frame)
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

static void give_outcome(FzJob *job, const FzFrame *frame,
                         const FzPacked *packed)
{
    FzOutcome outcome = {
        .side = job->side,
        .type = packed->type,
        .status = job->turn->run.message.status,
        .frame = frame,
        .packed = packed,
        .msg = job->turn->run.touched ? job->turn->run.message.msg : NULL,
    };

    if (packed->type == sms) {
        outcome.id = packed->sms.id;
        outcome.time = packed->sms.time;
    }
    fz_relay_outcome(job->link, &outcome);
}

/* --- judging ------------------------------------------------------------- */
static void come_back(FzPost *post);
static void again_is_due(FzTimer *timer);

static void wake(FzRun *run)
{
    Turn *turn = (Turn *)run;

    fz_loop_post(turn->loop, &turn->post);
}

static void turn_init(Turn *turn, FzJob *job)
{
    turn->job = job;
    turn->loop = job->link->loop;
    turn->post = (FzPost){.run = come_back};
}

static bool is_deferred(const FzJob *job)
{
    return job->turn->run.message.status == FZBOX_STATUS_DEFER;
}

/* A verdict that needs bearerbox, while there is none. */
static bool wants_bearerbox(const FzJob *job)
{
    switch (job->turn->run.message.status) {
    case PLUGINBOX_MESSAGE_REJECT:
    case PLUGINBOX_MESSAGE_DROP:
    case FZBOX_STATUS_BUFFERED:
    case FZBOX_STATUS_DEFER:
        return false;
    default:
        return !fz_up_takes_messages(job->link);
    }
}

/* Does it stay with us, to be looked at again later? An MO that is deferred:
 * bearerbox would send one that is answered failed_tmp again at once, 11,000
 * times a second. And what a wapbox sends, who hears no answer: its messages
 * wait for bearerbox too. */
static bool is_kept(const FzJob *job)
{
    if (job->side == FZ_SIDE_UP)
        return job->packed.type == sms && is_deferred(job);
    return fz_link_is_wap(job->link) && is_ordered(&job->packed) &&
           (is_deferred(job) || wants_bearerbox(job));
}

/* A report that was kept: plugins are shown none. */
static bool is_report(const FzJob *job, const FzPacked *packed)
{
    return job->side == FZ_SIDE_UP && packed->type == sms &&
           (packed->sms.sms_type == report_mo ||
            packed->sms.sms_type == report_mt);
}

/* A plugin has it in hand: not for ever. */
static void be_patient(FzJob *job)
{
    int64_t ms = fz_run_patience_ms(&job->turn->run);

    if (ms > 0)
        fz_loop_timer_set(job->link->loop, &job->again,
                          fz_loop_now_ms(job->link->loop) + ms);
}

static bool run_job(FzJob *job, const FzPacked *packed)
{
    bool is_through;

    if (is_report(job, packed)) {
        job->turn->run.message.status = PLUGINBOX_MESSAGE_OK;
        job->turn->run.touched = false;
        job->state = JOB_JUDGED;
        return true;
    }
    job->turn->run.box = job->link->boxc_id;
    is_through = fz_run_start(&job->turn->run, job->link->hub->chain,
                              fz_packed_unpack(packed), 1 << job->side, wake);

    job->state = is_through ? JOB_JUDGED : JOB_JUDGING;
    if (!is_through)
        be_patient(job);
    return is_through;
}

static void judge_again(FzJob *job)
{
    if (fz_link_is_suspended(job->link)) {
        job->state = is_deferred(job) ? JOB_WAITING : JOB_JUDGED;
        return;
    }
    if (job->link->shard->holding) {
        fz_loop_timer_set(job->link->loop, &job->again,
                          fz_clock_monotonic_ms() + AGAIN_FIRST_MS);
        return;
    }
    if (!is_deferred(job)) {
        job->state = JOB_JUDGED; /* it was, and waited for bearerbox */
        lane_advance(job->lane);
    } else if (run_job(job, &job->packed)) {
        lane_advance(job->lane);
    }
}

static void defer(FzJob *job)
{
    unsigned doublings =
        job->tries < AGAIN_DOUBLINGS ? job->tries : AGAIN_DOUBLINGS;

    job->tries++;
    job->state = JOB_DEFERRED;
    if (is_deferred(job)) {
        /* what the plugin may have done to it is forgotten with it */
        msg_destroy(job->turn->run.message.msg);
        job->turn->run.message.msg = NULL;
        FZ_BOX_COUNT(job->link->shard->counters.deferred);
    }
    /* from now, not from when the turn began: at most once a second */
    fz_loop_timer_set(job->link->loop, &job->again,
                      fz_clock_monotonic_ms() +
                          ((int64_t)AGAIN_FIRST_MS << doublings));
}

/* Let go whoever is first in the lane and through. */
static void lane_advance(FzLane *lane)
{
    if (fz_link_is_suspended(lane->first->link))
        return;
    for (FzJob *job = lane->first; job != NULL;) {
        bool last = job->next_in_lane == NULL;

        switch (job->state) {
        case JOB_JUDGING:
        case JOB_DEFERRED:
            return;
        case JOB_WAITING:
            if (job->kept || job->link->shard->holding)
                return; /* fz_judge_go_on */
            if (!run_job(job, &job->packed))
                return;
            continue; /* judged now */
        case JOB_JUDGED:
            if (!job->forgotten && is_kept(job)) {
                defer(job);
                return;
            }
            if (!job->forgotten)
                give_outcome(job, &job->frame, &job->packed);
            end_job(job); /* and the lane, when it was the last */
            if (last)
                return;
            job = lane->first;
            continue;
        }
    }
}

static void end_without_lane(FzJob *job)
{
    if (!job->forgotten)
        give_outcome(job, &job->frame, &job->packed);
    end_job(job);
}

static void through(FzJob *job)
{
    fz_link_stir(job->link);
    job->state = JOB_JUDGED;
    if (job->lane != NULL)
        lane_advance(job->lane);
    else if (!fz_link_is_suspended(job->link))
        end_without_lane(job);
}

/* A plugin has called back, on the loop's thread now. */
static void come_back(FzPost *post)
{
    Turn *turn = (Turn *)((char *)post - offsetof(Turn, post));
    FzJob *job = turn->job;

    if (job == NULL) {
        fz_run_bury(&turn->run);
        gw_free(turn);
        return;
    }
    fz_loop_timer_stop(job->link->loop, &job->again);
    turn->run.box = job->link->boxc_id;
    if (fz_run_resume(&turn->run))
        through(job);
    else
        be_patient(job);
}

static void overdue(FzJob *job)
{
    Turn *late = job->turn, *turn = gw_malloc(sizeof *turn);
    bool is_through;

    turn_init(turn, job);
    turn->run.box = job->link->boxc_id;
    if (!fz_run_overdue(&late->run, &turn->run, fz_packed_unpack(&job->packed),
                        &is_through)) {
        gw_free(turn); /* its answer is on the way */
        return;
    }
    late->job = NULL;
    job->turn = turn;
    warning(0,
            "fanzhabox: A plugin did not answer for a message of box `%s' in "
            "time; it goes by the plugin's on-timeout.",
            fz_link_name(job->link));
    if (is_through)
        through(job);
    else
        be_patient(job);
}

static void again_is_due(FzTimer *timer)
{
    FzJob *job = (FzJob *)((char *)timer - offsetof(FzJob, again));

    if (job->state == JOB_JUDGING)
        overdue(job);
    else
        judge_again(job);
}

static void job_init(FzJob *job, FzLink *link, FzSide side)
{
    job->link = link;
    job->side = side;
    job->state = JOB_WAITING;
    job->forgotten = false;
    job->kept = false;
    job->tries = 0;
    job->again = (FzTimer){.fire = again_is_due};
    turn_init(job->turn, job);
    job->data = NULL;
    job->turn->run.message.msg = NULL;
}

void fz_judge(FzLink *link, FzSide side, const FzFrame *frame,
              const FzPacked *packed)
{
    FzQueue *queue = &link->queue[side];
    FzJob *job = job_take(link->shard);
    FzLane *lane = NULL;
    uint64_t key = 0;

    job_init(job, link, side);
    if (is_ordered(packed) && queue->jobs > 0) {
        key = key_of(packed);
        lane = lane_find(queue, key);
    }
    if (lane == NULL || lane->first->state != JOB_DEFERRED) {
        job->packed.type = packed->type;
        if (run_job(job, packed) && lane == NULL && !is_kept(job)) {
            give_outcome(job, frame, packed);
            msg_destroy(job->turn->run.message.msg);
            job_give(link->shard, job);
            return;
        }
    }
    keep_frame(job, frame);
    if (lane == NULL && is_ordered(packed))
        lane = lane_make(queue, key == 0 ? key_of(packed) : key);
    enqueue(job, lane);
    if (lane != NULL && lane->first == job && job->state == JOB_JUDGED)
        lane_advance(lane); /* deferred: its wait begins */
}

/* --- isolated and suspended ---------------------------------------------- */
void fz_judge_keep(FzLink *link, FzSide side, const FzFrame *frame,
                   const FzPacked *packed)
{
    FzJob *job = job_take(link->shard);

    job_init(job, link, side);
    job->kept = true;
    keep_frame(job, frame);
    enqueue(job, lane_make(&link->queue[side], key_of(packed)));
}

static void release_kept(FzQueue *queue)
{
    for (FzJob *job = queue->oldest; job != NULL; job = job->newer)
        job->kept = false;
}

void fz_judge_go_on(FzLink *link)
{
    for (int side = 0; side < FZ_SIDES; side++) {
        FzQueue *queue = &link->queue[side];

        if (link->shard->state != FZ_HUB_ISOLATED)
            release_kept(queue);
        for (FzJob *job = queue->oldest; job != NULL;) {
            FzJob *newer = job->newer;

            if (job->lane == NULL && job->state == JOB_JUDGED)
                end_without_lane(job);
            job = newer;
        }
        for (size_t i = 0; queue->chains != NULL && i < FZ_QUEUE_CHAINS; i++)
            for (FzLane *lane = queue->chains[i]; lane != NULL;) {
                FzLane *next = lane->next;

                lane_advance(lane); /* may free it, and no other */
                lane = next;
            }
    }
}

/* --- forgetting ---------------------------------------------------------- */
void fz_judge_forget_waiting(FzLink *link, FzSide side)
{
    FzJob *job = link->queue[side].oldest;

    while (job != NULL) {
        FzJob *newer = job->newer;

        if (job->state != JOB_JUDGING)
            end_job(job);
        job = newer;
    }
}

void fz_judge_forget(FzLink *link, FzSide side)
{
    fz_judge_forget_waiting(link, side);
    for (FzJob *job = link->queue[side].oldest; job != NULL; job = job->newer)
        job->forgotten = true;
}

void fz_judge_clear(FzLink *link)
{
    for (int side = 0; side < FZ_SIDES; side++) {
        gw_free(link->queue[side].chains);
        link->queue[side].chains = NULL;
    }
}

/* --- an upgrade ---------------------------------------------------------- */
size_t fz_judge_in_hand(const FzLink *link)
{
    size_t count = 0;

    for (int side = 0; side < FZ_SIDES; side++)
        for (const FzJob *job = link->queue[side].oldest; job != NULL;
             job = job->newer)
            count += job->state == JOB_JUDGING;
    return count;
}

/* What the chain made of it, when that is settled and its turn is not. */
static void save_verdict(const FzJob *job, FzStateJob *state, FzBuf *changed)
{
    Msg *msg = job->turn->run.message.msg;
    size_t octets;

    state->flags |= FZ_STATE_JUDGED;
    state->status = job->turn->run.message.status;
    if (!job->turn->run.touched)
        return;
    state->flags |= FZ_STATE_TOUCHED;
    if (msg == NULL)
        return;
    octets = msg->type == job->packed.type ? fz_pack_octets(msg) : 0;
    if (octets == 0) {
        /* what its turn would bring, see relay.c */
        state->status = PLUGINBOX_MESSAGE_REJECT;
        return;
    }
    fz_buf_reserve(changed, octets);
    fz_pack(msg, changed->data);
    changed->octets = octets;
    state->changed = fz_buf_slice(changed);
}

void fz_judge_save(const FzLink *link, FzSide side, FzBuf *jobs)
{
    for (const FzJob *job = link->queue[side].oldest; job != NULL;
         job = job->newer) {
        FzStateJob state = {.flags = job->kept ? FZ_STATE_KEPT : 0,
                            .frame =
                                fz_slice(job->frame.data, job->frame.octets)};
        FzBuf changed = FZ_BUF_INIT;

        if (job->forgotten)
            continue;
        if (job->state == JOB_JUDGED ||
            (job->state == JOB_DEFERRED && !is_deferred(job)))
            save_verdict(job, &state, &changed);
        fz_state_put_job(jobs, &state);
        fz_buf_clear(&changed);
    }
}

/* The frame at `octets`, and what is in it; false when it is not one. */
static bool read_frame(FzSlice octets, FzFrame *frame, FzPacked *packed)
{
    FzPackedFault fault;
    const char *why;

    return fz_frame_next(octets.data, octets.octets, frame, &why) ==
               FZ_FRAME_WHOLE &&
           frame->octets == octets.octets &&
           fz_packed_read(fz_frame_payload(frame), packed, &fault) == FZ_OK;
}

void fz_judge_restore(FzLink *link, FzSide side, const FzStateJob *state)
{
    bool judged = (state->flags & FZ_STATE_JUDGED) != 0;
    bool changed = state->changed.data != NULL;
    FzFrame frame, changed_frame;
    FzPacked packed, changed_packed;
    FzLane *lane = NULL;
    FzJob *job;

    if (!read_frame(state->frame, &frame, &packed) ||
        (changed &&
         (!read_frame(state->changed, &changed_frame, &changed_packed) ||
          changed_packed.type != packed.type)) ||
        (!judged && !is_ordered(&packed)))
        return;
    job = job_take(link->shard);
    job_init(job, link, side);
    job->kept = (state->flags & FZ_STATE_KEPT) != 0;
    keep_frame(job, &frame);
    if (judged) {
        fz_run_judged(&job->turn->run, link->hub->chain,
                      changed ? fz_packed_unpack(&changed_packed) : NULL,
                      1 << side, state->status,
                      (state->flags & FZ_STATE_TOUCHED) != 0);
        job->state = JOB_JUDGED;
    }
    if (is_ordered(&packed))
        lane = lane_make(&link->queue[side], key_of(&job->packed));
    else if (packed.type == admin && packed.admin.command == cmd_identify)
        link->identifying++;
    enqueue(job, lane);
}
