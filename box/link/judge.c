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

#include "box/link/jobs.h"

#include "base/clock.h"
#include "box/wire/pack.h"

#include <string.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

/* A message that was deferred is judged again after 1, 2, 4, then every 8 s. */
#define AGAIN_FIRST_MS 1000
#define AGAIN_DOUBLINGS 3

static void lane_advance(FzLane *lane);

/* --- outcomes ------------------------------------------------------------ */
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
    FzTurn *turn = (FzTurn *)run;

    fz_loop_post(turn->loop, &turn->post);
}

static void turn_init(FzTurn *turn, FzJob *job)
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
    return fz_link_is_wap(job->link) && fz_job_is_ordered(&job->packed) &&
           (is_deferred(job) || wants_bearerbox(job));
}

/* A report that was kept, and no plugin wants to see any. */
static bool is_nobodys(const FzJob *job, const FzPacked *packed)
{
    return !fz_chain_wants_reports(job->link->hub->chain) &&
           job->side == FZ_SIDE_UP && packed->type == sms &&
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

    if (is_nobodys(job, packed)) {
        job->turn->run.message.status = PLUGINBOX_MESSAGE_OK;
        job->turn->run.touched = false;
        job->state = FZ_JOB_JUDGED;
        return true;
    }
    job->turn->run.box = job->link->boxc_id;
    is_through = fz_run_start(&job->turn->run, job->link->hub->chain,
                              fz_packed_unpack(packed), 1 << job->side, wake);

    job->state = is_through ? FZ_JOB_JUDGED : FZ_JOB_JUDGING;
    if (!is_through)
        be_patient(job);
    return is_through;
}

static void judge_again(FzJob *job)
{
    if (fz_link_is_suspended(job->link)) {
        job->state = is_deferred(job) ? FZ_JOB_WAITING : FZ_JOB_JUDGED;
        return;
    }
    if (job->link->shard->holding) {
        fz_loop_timer_set(job->link->loop, &job->again,
                          fz_clock_monotonic_ms() + AGAIN_FIRST_MS);
        return;
    }
    if (!is_deferred(job)) {
        job->state = FZ_JOB_JUDGED; /* it was, and waited for bearerbox */
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
    job->state = FZ_JOB_DEFERRED;
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
        case FZ_JOB_JUDGING:
        case FZ_JOB_DEFERRED:
            return;
        case FZ_JOB_WAITING:
            if (job->kept || job->link->shard->holding)
                return; /* fz_judge_go_on */
            if (!run_job(job, &job->packed))
                return;
            continue; /* judged now */
        case FZ_JOB_JUDGED:
            if (!job->forgotten && is_kept(job)) {
                defer(job);
                return;
            }
            if (!job->forgotten)
                give_outcome(job, &job->frame, &job->packed);
            fz_job_end(job); /* and the lane, when it was the last */
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
    fz_job_end(job);
}

static void through(FzJob *job)
{
    fz_link_stir(job->link);
    job->state = FZ_JOB_JUDGED;
    if (job->lane != NULL)
        lane_advance(job->lane);
    else if (!fz_link_is_suspended(job->link))
        end_without_lane(job);
}

/* A plugin has called back, on the loop's thread now. */
static void come_back(FzPost *post)
{
    FzTurn *turn = (FzTurn *)((char *)post - offsetof(FzTurn, post));
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
    FzTurn *late = job->turn, *turn = gw_malloc(sizeof *turn);
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

    if (job->state == FZ_JOB_JUDGING)
        overdue(job);
    else
        judge_again(job);
}

static void job_init(FzJob *job, FzLink *link, FzSide side)
{
    job->link = link;
    job->side = side;
    job->state = FZ_JOB_WAITING;
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
    FzJob *job = fz_job_take(link->shard);
    FzLane *lane = NULL;
    uint64_t key = 0;

    job_init(job, link, side);
    if (fz_job_is_ordered(packed) && queue->jobs > 0) {
        key = fz_lane_key(packed);
        lane = fz_lane_find(queue, key);
    }
    if (lane == NULL || lane->first->state != FZ_JOB_DEFERRED) {
        job->packed.type = packed->type;
        if (run_job(job, packed) && lane == NULL && !is_kept(job)) {
            give_outcome(job, frame, packed);
            msg_destroy(job->turn->run.message.msg);
            fz_job_give(link->shard, job);
            return;
        }
    }
    fz_job_keep_frame(job, frame);
    if (lane == NULL && fz_job_is_ordered(packed))
        lane = fz_lane_make(queue, key == 0 ? fz_lane_key(packed) : key);
    fz_job_enqueue(job, lane);
    if (lane != NULL && lane->first == job && job->state == FZ_JOB_JUDGED)
        lane_advance(lane); /* deferred: its wait begins */
}

/* --- isolated and suspended ---------------------------------------------- */
void fz_judge_keep(FzLink *link, FzSide side, const FzFrame *frame,
                   const FzPacked *packed)
{
    FzJob *job = fz_job_take(link->shard);

    job_init(job, link, side);
    job->kept = true;
    fz_job_keep_frame(job, frame);
    fz_job_enqueue(job, fz_lane_make(&link->queue[side], fz_lane_key(packed)));
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

            if (job->lane == NULL && job->state == FZ_JOB_JUDGED)
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

        if (job->state != FZ_JOB_JUDGING)
            fz_job_end(job);
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
            count += job->state == FZ_JOB_JUDGING;
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
        if (job->state == FZ_JOB_JUDGED ||
            (job->state == FZ_JOB_DEFERRED && !is_deferred(job)))
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
        (!judged && !fz_job_is_ordered(&packed)))
        return;
    job = fz_job_take(link->shard);
    job_init(job, link, side);
    job->kept = (state->flags & FZ_STATE_KEPT) != 0;
    fz_job_keep_frame(job, &frame);
    if (judged) {
        fz_run_judged(&job->turn->run, link->hub->chain,
                      changed ? fz_packed_unpack(&changed_packed) : NULL,
                      1 << side, state->status,
                      (state->flags & FZ_STATE_TOUCHED) != 0);
        job->state = FZ_JOB_JUDGED;
    }
    if (fz_job_is_ordered(&packed))
        lane = fz_lane_make(&link->queue[side], fz_lane_key(&job->packed));
    else if (packed.type == admin && packed.admin.command == cmd_identify)
        link->identifying++;
    fz_job_enqueue(job, lane);
}
