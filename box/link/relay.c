/* SPDX-License-Identifier: BSD-2-Clause
 *
 * relay.c - what becomes of each frame, and of each outcome of the chain
 *
 * A frame that no plugin touched goes on as the octets that came. Every sms is
 * answered exactly once towards its sender: by the far end's acknowledgement,
 * or by one of ours when the message ends here; never both, never for a
 * message that nobody has taken.
 */
#include "config.h"

#include "box/link/link.h"

#include "base/limits.h"
#include "box/wire/pack.h"

#include <string.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

/* How long a failed_tmp of ours is held back. Many clients send again at once
 * and at full speed; one message a second for each of their windows is enough
 * to notice that all is well again. */
#define PACE_MS 1000

/* --- writing ------------------------------------------------------------- */
static void send_frame(FzStream *stream, const FzFrame *frame)
{
    memcpy(fz_stream_put(stream, frame->octets), frame->data, frame->octets);
}

void fz_relay_answer_box(FzLink *link, const uint8_t *id, int32_t time,
                         ack_status_t status)
{
    if (link->box_state == FZ_BOX_GONE)
        return;
    fz_pack_ack(id, time, status,
                fz_stream_put(&link->box, FZ_PACK_ACK_OCTETS));
    fz_link_stir(link);
}

void fz_relay_answer_up(FzLink *link, const uint8_t *id, int32_t time,
                        ack_status_t status)
{
    if (!fz_up_takes_frames(link))
        return; /* unacknowledged there, so it comes again */
    fz_pack_ack(id, time, status, fz_stream_put(&link->up, FZ_PACK_ACK_OCTETS));
    fz_link_stir(link);
}

/* --- answers held back --------------------------------------------------- */
static void paced_due(FzTimer *timer)
{
    FzPaced *paced = (FzPaced *)((char *)timer - offsetof(FzPaced, timer));
    FzLink *link = (FzLink *)((char *)paced - offsetof(FzLink, paced));
    int64_t now = fz_loop_now_ms(link->loop);

    if (fz_link_is_suspended(link))
        return;
    while (paced->count > 0 && paced->ring[paced->first].due_ms <= now) {
        const FzPacedAnswer *answer = &paced->ring[paced->first];

        fz_relay_answer_box(link, answer->id, answer->time, ack_failed_tmp);
        paced->first = (paced->first + 1) % FZ_LIMIT_BOX_PACED;
        paced->count--;
    }
    if (paced->count > 0)
        fz_loop_timer_set(link->loop, timer, paced->ring[paced->first].due_ms);
    fz_link_stir(link);
}

void fz_relay_init_paced(FzLink *link)
{
    memset(&link->paced, 0, sizeof link->paced);
    link->paced.timer.fire = paced_due;
}

void fz_relay_flush_paced(FzLink *link)
{
    FzPaced *paced = &link->paced;

    for (; paced->count > 0; paced->count--) {
        const FzPacedAnswer *answer = &paced->ring[paced->first];

        fz_relay_answer_box(link, answer->id, answer->time, ack_failed_tmp);
        paced->first = (paced->first + 1) % FZ_LIMIT_BOX_PACED;
    }
    fz_loop_timer_stop(link->loop, &paced->timer);
    gw_free(paced->ring);
    paced->ring = NULL;
}

void fz_relay_go_on_paced(FzLink *link)
{
    FzPaced *paced = &link->paced;

    if (paced->count > 0)
        fz_loop_timer_set(link->loop, &paced->timer,
                          paced->ring[paced->first].due_ms);
}

static void pace(FzLink *link, const uint8_t *id, int32_t time, int64_t due_ms)
{
    FzPaced *paced = &link->paced;
    FzPacedAnswer *answer;

    if (link->draining || link->ending) {
        fz_relay_answer_box(link, id, time, ack_failed_tmp);
        return;
    }
    if (paced->count == FZ_LIMIT_BOX_PACED) {
        /* reading stopped before, so these are the last that the chain had */
        fz_relay_answer_box(link, id, time, ack_failed_tmp);
        return;
    }
    if (paced->ring == NULL) {
        paced->ring = gw_malloc(FZ_LIMIT_BOX_PACED * sizeof *paced->ring);
        paced->first = 0;
    }
    answer = &paced->ring[(paced->first + paced->count) % FZ_LIMIT_BOX_PACED];
    memcpy(answer->id, id, FZ_UUID_OCTETS);
    answer->time = time;
    answer->due_ms = due_ms;
    if (paced->count++ == 0)
        fz_loop_timer_set(link->loop, &paced->timer, answer->due_ms);
}

void fz_relay_answer_box_paced(FzLink *link, const uint8_t *id, int32_t time)
{
    pace(link, id, time, fz_loop_now_ms(link->loop) + PACE_MS);
}

void fz_relay_save_paced(const FzLink *link, FzBuf *paced)
{
    for (size_t i = 0; i < link->paced.count; i++) {
        const FzPacedAnswer *answer =
            &link->paced.ring[(link->paced.first + i) % FZ_LIMIT_BOX_PACED];
        FzStatePaced state = {.time = answer->time, .due_ms = answer->due_ms};

        memcpy(state.id, answer->id, sizeof state.id);
        fz_state_put_paced(paced, &state);
    }
}

void fz_relay_restore_paced(FzLink *link, FzSlice paced)
{
    FzStatePaced state;

    while (fz_state_next_paced(&paced, &state))
        pace(link, state.id, state.time, state.due_ms);
}

/* --- sms ----------------------------------------------------------------- */
/* Pass a message on and note it; false when a plugin left what cannot be sent:
 * another type, or more than a frame holds. */
static bool pass_on(FzLink *link, const FzOutcome *o, FzStream *to)
{
    const uint8_t *id = o->id;
    int32_t time = o->time;

    if (o->msg != NULL) {
        size_t octets = o->msg->type == o->type ? fz_pack_octets(o->msg) : 0;

        if (octets == 0)
            return false;
        fz_pack(o->msg, fz_stream_put(to, octets));
        FZ_BOX_COUNT(link->shard->counters.changed);
    } else {
        send_frame(to, o->frame);
        FZ_BOX_COUNT(link->shard->counters.passed);
    }
    if (o->type == sms && !fz_link_is_wap(link)) {
        if (o->msg != NULL) {
            id = o->msg->sms.id;
            time = (int32_t)o->msg->sms.time;
        }
        fz_flight_add(&link->flight[o->side], id, time, o->id, o->time, NULL);
    }
    fz_link_stir(link);
    return true;
}

static void answer_sender(FzLink *link, const FzOutcome *o, ack_status_t status)
{
    if (o->type != sms || fz_link_is_wap(link))
        return; /* wdp_datagram is not acknowledged, and no wapbox listens */
    if (o->side == FZ_SIDE_BOX)
        fz_relay_answer_box(link, o->id, o->time, status);
    else
        fz_relay_answer_up(link, o->id, o->time, status);
}

static void message_outcome(FzLink *link, const FzOutcome *o)
{
    FzBoxCounters *counters = &link->shard->counters;

    switch (o->status) {
    case PLUGINBOX_MESSAGE_REJECT:
        FZ_BOX_COUNT(counters->refused);
        answer_sender(link, o, ack_failed);
        return;
    case PLUGINBOX_MESSAGE_DROP:
        FZ_BOX_COUNT(counters->dropped);
        answer_sender(link, o, ack_success);
        return;
    case FZBOX_STATUS_BUFFERED:
        FZ_BOX_COUNT(counters->buffered);
        answer_sender(link, o, ack_buffered);
        return;
    case FZBOX_STATUS_DEFER: /* of an MO the queue takes care itself */
        FZ_BOX_COUNT(counters->deferred);
        if (o->side == FZ_SIDE_BOX && o->type == sms)
            fz_relay_answer_box_paced(link, o->id, o->time);
        return;
    default:
        break;
    }

    if (o->side == FZ_SIDE_BOX && !fz_up_takes_messages(link)) {
        FZ_BOX_COUNT(counters->away);
        if (o->type == sms)
            fz_relay_answer_box_paced(link, o->id, o->time);
        return;
    }
    if (o->side == FZ_SIDE_UP && link->box_state != FZ_BOX_OPEN)
        return; /* unacknowledged, so bearerbox sends it elsewhere */
    if (!pass_on(link, o, o->side == FZ_SIDE_BOX ? &link->up : &link->box)) {
        FZ_BOX_COUNT(counters->faults);
        error(0,
              "fanzhabox: A plugin left a message of box `%s' that cannot be "
              "sent; it is refused.",
              fz_link_name(link));
        answer_sender(link, o, ack_failed);
    }
}

/* --- what is no message --------------------------------------------------- */
/* What a plugin made of the rest is sent as it is, whatever its status: to
 * stop these is no plugin's business. */
static void other_outcome(FzLink *link, const FzOutcome *o)
{
    bool to_up = o->side == FZ_SIDE_BOX;
    FzStream *to = to_up ? &link->up : &link->box;
    size_t octets;

    if (to_up ? !fz_up_takes_frames(link) : link->box_state != FZ_BOX_OPEN)
        return;
    octets = o->msg == NULL ? o->frame->octets : fz_pack_octets(o->msg);
    if (octets == 0)
        return;
    if (o->msg == NULL)
        send_frame(to, o->frame);
    else
        fz_pack(o->msg, fz_stream_put(to, octets));
    fz_link_stir(link);
}

/* --- acknowledgements ---------------------------------------------------- */
static void ack_outcome(FzLink *link, const FzOutcome *o)
{
    const struct fz_packed_ack *in = &o->packed->ack;
    const uint8_t *id = in->id;
    int32_t time = in->time;
    ack_status_t status = (ack_status_t)in->nack;
    /* it answers what the other side sent */
    FzSide sent_by = o->side == FZ_SIDE_BOX ? FZ_SIDE_UP : FZ_SIDE_BOX;
    FzFlying flying;
    uint8_t *at;

    if (o->msg != NULL && o->msg->type == ack) {
        id = o->msg->ack.id;
        time = (int32_t)o->msg->ack.time;
        status = (ack_status_t)o->msg->ack.nack;
    }
    if (fz_link_is_wap(link)) {
        other_outcome(link, o);
        return;
    }
    if (!fz_flight_take(&link->flight[sent_by], id, time, &flying)) {
        link->unmatched++;
        FZ_BOX_COUNT(link->shard->counters.unmatched);
        return;
    }
    if (flying.injection != NULL) {
        fz_injection_end(flying.injection, FZ_HOST_INJECTED_ACKED, status);
        return;
    }
    if (sent_by == FZ_SIDE_UP && !fz_up_takes_frames(link))
        return;
    if (sent_by == FZ_SIDE_BOX && link->box_state == FZ_BOX_GONE)
        return;
    at = fz_stream_put(sent_by == FZ_SIDE_BOX ? &link->box : &link->up,
                       o->msg == NULL ? o->frame->octets : FZ_PACK_ACK_OCTETS);
    if (o->msg == NULL && flying.time == flying.its_time &&
        memcmp(flying.id, flying.its_id, FZ_UUID_OCTETS) == 0)
        memcpy(at, o->frame->data, o->frame->octets);
    else
        fz_pack_ack(flying.its_id, flying.its_time, status, at);
    fz_link_stir(link);
}

/* --- admin, heartbeats, datagrams ---------------------------------------- */
/* The frame with which a box names itself opens its connection to bearerbox,
 * and every later one after a loss. */
static void identify(FzLink *link, const FzOutcome *o, FzSlice boxc_id)
{
    uint8_t *octets;

    gw_free(link->identify);
    fz_link_set_name(link, boxc_id);
    link->identify_octets =
        o->msg == NULL ? o->frame->octets : fz_pack_admin_octets(boxc_id);
    octets = gw_malloc(link->identify_octets);
    if (o->msg == NULL)
        memcpy(octets, o->frame->data, o->frame->octets);
    else
        fz_pack_admin(cmd_identify, boxc_id, octets);
    link->identify = octets;
    link->identified = true;
    info(0, "fanzhabox: Box `%s' at %s has identified itself.",
         fz_link_name(link), link->peer);
    fz_link_register(link);
    if (link->up_state == FZ_UP_NONE)
        fz_up_open(link); /* begins with it */
    else if (fz_up_takes_frames(link))
        memcpy(fz_stream_put(&link->up, link->identify_octets), octets,
               link->identify_octets);
    fz_link_stir(link);
}

static void admin_outcome(FzLink *link, const FzOutcome *o)
{
    int32_t command = o->packed->admin.command;
    FzSlice boxc_id = o->packed->admin.boxc_id;

    if (o->side == FZ_SIDE_BOX && command == cmd_identify) {
        if (o->msg != NULL && o->msg->type == admin)
            boxc_id = o->msg->admin.boxc_id == NULL
                          ? (FzSlice){NULL, 0}
                          : fz_slice(octstr_get_cstr(o->msg->admin.boxc_id),
                                     (size_t)octstr_len(o->msg->admin.boxc_id));
        link->identifying -= link->identifying > 0;
        identify(link, o, boxc_id);
        return;
    }
    if (o->side == FZ_SIDE_UP &&
        (command == cmd_shutdown || command == cmd_restart)) {
        fz_up_hear_farewell(link);
        if (!link->hub->config->relay_shutdown) {
            fz_up_leave(link);
            return;
        }
    }
    other_outcome(link, o);
}

void fz_relay_outcome(FzLink *link, const FzOutcome *outcome)
{
    switch (outcome->type) {
    case sms:
    case wdp_datagram:
        message_outcome(link, outcome);
        return;
    case ack:
        ack_outcome(link, outcome);
        return;
    case admin:
        admin_outcome(link, outcome);
        return;
    case heartbeat:
        other_outcome(link, outcome);
        return;
    case msg_type_count:
        return;
    }
}

/* --- frames -------------------------------------------------------------- */
static void to_chain(FzLink *link, FzSide side, const FzFrame *frame,
                     const FzPacked *packed)
{
    FzOutcome untouched = {
        .side = side,
        .type = packed->type,
        .status = PLUGINBOX_MESSAGE_OK,
        .frame = frame,
        .packed = packed,
    };

    if (fz_chain_wants(link->hub->chain, 1 << side, packed->type) ||
        (fz_link_is_wap(link) && side == FZ_SIDE_BOX &&
         !fz_up_takes_messages(link))) {
        fz_judge(link, side, frame, packed);
        return;
    }
    if (packed->type == sms) {
        untouched.id = packed->sms.id;
        untouched.time = packed->sms.time;
    }
    fz_relay_outcome(link, &untouched);
}

static FzStreamNext next_frame(const FzLink *link, FzSide side)
{
    return fz_link_is_full(link, side) ? FZ_STREAM_PAUSE : FZ_STREAM_GO_ON;
}

/* As Kannel does; its other boxes notice nothing. */
static void refuse_box(FzLink *link, const char *field, const char *what)
{
    FZ_BOX_COUNT(link->shard->counters.nonsense);
    warning(0,
            "fanzhabox: Box `%s' sent what is no message (`%s' %s); its "
            "connection is closed.",
            fz_link_name(link), field, what);
    fz_link_abort(link);
}

/* Nobody could be told that it was not taken. */
static void take_unanswered(FzLink *link, const FzFrame *frame,
                            const FzPacked *packed)
{
    if (link->shard->state == FZ_HUB_ISOLATED)
        fz_judge_keep(link, FZ_SIDE_BOX, frame, packed);
    else
        to_chain(link, FZ_SIDE_BOX, frame, packed);
}

/* A box says who it is; it may also send without. */
static bool makes_a_box(const FzPacked *packed)
{
    return packed->type == sms ||
           (packed->type == admin && packed->admin.command == cmd_identify);
}

FzStreamNext fz_relay_from_box(FzStream *box, const FzFrame *frame)
{
    FzLink *link = (FzLink *)((char *)box - offsetof(FzLink, box));
    FzPackedFault fault;
    FzPacked packed;

    if (link->closing)
        return FZ_STREAM_GO_ON; /* read to its end, no further use */
    if (fz_packed_read(fz_frame_payload(frame), &packed, &fault) != FZ_OK) {
        refuse_box(link, fault.field, fault.what);
        return FZ_STREAM_PAUSE;
    }
    if (!link->is_box && makes_a_box(&packed) && !fz_guest_is_box(link))
        return FZ_STREAM_PAUSE;
    switch (packed.type) {
    case sms:
        FZ_BOX_COUNT(link->shard->counters.mt);
        if (fz_link_is_wap(link)) {
            take_unanswered(link, frame, &packed);
            break;
        }
        if (link->draining) {
            fz_relay_answer_box(link, packed.sms.id, packed.sms.time,
                                ack_failed_tmp);
            break;
        }
        if (link->shard->state == FZ_HUB_ISOLATED) {
            FZ_BOX_COUNT(link->shard->counters.isolated);
            fz_relay_answer_box_paced(link, packed.sms.id, packed.sms.time);
            break;
        }
        /* a box may send without having named itself */
        if (link->up_state == FZ_UP_NONE)
            fz_up_open(link);
        if (!fz_up_takes_messages(link)) {
            FZ_BOX_COUNT(link->shard->counters.away);
            fz_relay_answer_box_paced(link, packed.sms.id, packed.sms.time);
            break;
        }
        to_chain(link, FZ_SIDE_BOX, frame, &packed);
        break;
    case admin:
        if (packed.admin.command == cmd_identify) {
            /* kept as long as the box is there */
            if (packed.admin.boxc_id.octets > FZ_LIMIT_BOX_ID_OCTETS) {
                refuse_box(link, "boxc_id", "is longer than any name");
                return FZ_STREAM_PAUSE;
            }
            link->identifying++;
        }
        to_chain(link, FZ_SIDE_BOX, frame, &packed);
        break;
    case wdp_datagram:
        take_unanswered(link, frame, &packed);
        break;
    case ack:
    case heartbeat:
        to_chain(link, FZ_SIDE_BOX, frame, &packed);
        break;
    case msg_type_count:
        break;
    }
    return next_frame(link, FZ_SIDE_BOX);
}

FzStreamNext fz_relay_from_up(FzStream *up, const FzFrame *frame)
{
    FzLink *link = (FzLink *)((char *)up - offsetof(FzLink, up));
    FzPackedFault fault;
    FzPacked packed;

    if (link->closing)
        return FZ_STREAM_GO_ON;
    if (fz_packed_read(fz_frame_payload(frame), &packed, &fault) != FZ_OK) {
        /* the next frame is in step: what only bearerbox understands costs
         * this message and not the connection */
        FZ_BOX_COUNT(link->shard->counters.nonsense);
        error(0,
              "fanzhabox: bearerbox sent box `%s' what is no message (`%s' "
              "%s); it is left unanswered.",
              fz_link_name(link), fault.field, fault.what);
        return next_frame(link, FZ_SIDE_UP);
    }
    fz_up_heard(link, packed.type);
    if (packed.type == sms && link->own) {
        fz_own_refuse(link, &packed);
        return FZ_STREAM_GO_ON;
    }
    if (packed.type == sms) {
        FZ_BOX_COUNT(link->shard->counters.mo);
        /* nobody to take it, or no way to say so: bearerbox has it still */
        if (link->draining || link->ending || !fz_up_takes_frames(link))
            return FZ_STREAM_GO_ON;
    }
    if (link->shard->state == FZ_HUB_ISOLATED &&
        (packed.type == sms || packed.type == wdp_datagram)) {
        fz_judge_keep(link, FZ_SIDE_UP, frame, &packed);
        return next_frame(link, FZ_SIDE_UP);
    }
    if (packed.type == sms && (packed.sms.sms_type == report_mo ||
                               packed.sms.sms_type == report_mt)) {
        if (fz_chain_wants_reports(link->hub->chain)) {
            fz_judge(link, FZ_SIDE_UP, frame, &packed);
        } else {
            FzOutcome report = {
                .side = FZ_SIDE_UP,
                .id = packed.sms.id,
                .time = packed.sms.time,
                .type = sms,
                .status = PLUGINBOX_MESSAGE_OK,
                .frame = frame,
                .packed = &packed,
            };

            fz_relay_outcome(link, &report);
        }
        return next_frame(link, FZ_SIDE_UP);
    }
    to_chain(link, FZ_SIDE_UP, frame, &packed);
    return next_frame(link, FZ_SIDE_UP);
}
