/* SPDX-License-Identifier: BSD-2-Clause
 *
 * decide.c - what becomes of a longer message: one verdict, one transaction
 *
 * Whatever is decided, the rows of its waiting parts are replaced in one
 * commit by what comes of them: rows on their way, reports that are to be
 * given, one held message, evidence. Only then anything happens.
 */
#include "config.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "plugin/ask/await.h"
#include "plugin/hold/assembly_impl.h"
#include "plugin/hold/hold.h"
#include "plugin/hold/join.h"
#include "plugin/hold/mark.h"
#include "plugin/hold/packed.h"
#include "plugin/hold/report.h"
#include "plugin/host.h"
#include "plugin/msg.h"
#include "plugin/warn.h"

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define AGAIN_MS 1000 /* after a commit that failed, or "defer" for nobody */

/* A decision on its way through its commit. */
typedef struct Decision {
    FzAssembly *assembly;
    FzWhole *whole;
    FzPartsWhy why;
    FzDisposition disposition;
    FzFailureChoice otherwise; /* for whoever is still to be answered */
    PluginBoxMsg *last; /* whose part was not handed to the store; NULL */
    uint8_t last_number;
    bool refused_last; /* it was answered, and counted */
    bool stays;        /* its refused parts are remembered */
    FzBuf record;
    Msg *warning;
    FzAwaited *awaited; /* rows behind those below; NULL: nobody waits */
    /* what was added: a row each */
    size_t count;
    Msg *msg[FZ_LIMIT_PARTS]; /* what is to be sent; owned */
    char *box[FZ_LIMIT_PARTS];
} Decision;

static void decision_destroy(Decision *d)
{
    for (size_t i = 0; i < d->count; i++) {
        msg_destroy(d->msg[i]);
        fz_free(d->box[i]);
    }
    fz_buf_clear(&d->record);
    msg_destroy(d->warning);
    fz_awaited_destroy(d->awaited);
    fz_free(d);
}

/* The change that goes to the store. */
typedef struct Plan {
    FzPart add[1 + FZ_LIMIT_PARTS]; /* the whole, and parts that wait for its
                                       report */
    size_t add_count;
    int64_t remove[FZ_LIMIT_PARTS];
    size_t remove_count;
    FzHeld held;
    bool keeps; /* `held` */
    FzBuf record;
    FzBuf packed;
    Octstr *rewritten;
    char note[FZ_REPORT_NOTE_TEXT];
} Plan;

static void plan_clear(Plan *plan)
{
    fz_buf_clear(&plan->record);
    fz_buf_clear(&plan->packed);
    octstr_destroy(plan->rewritten);
}

/* --- after the commit ------------------------------------------------------
 */
static void send_off(Decision *d, const int64_t *rows)
{
    FzAssembly *a = d->assembly;
    FzLeaving *leaving = NULL;
    FzLeavingKind kind = d->disposition == FZ_DISPOSE_REFUSE ? FZ_LEAVING_REPORT
                         : d->whole->direction == FZ_DIRECTION_MT
                             ? FZ_LEAVING_TO_BEARERBOX
                             : FZ_LEAVING_TO_BOX;

    for (size_t i = 0; i < d->count; i++) {
        /* parts go one after the other, reports each on its own */
        if (leaving == NULL || kind == FZ_LEAVING_REPORT)
            leaving = fz_leaving_create(kind, d->whole->first_ms);
        fz_leaving_add(leaving, rows[i], d->msg[i], d->box[i]);
        d->msg[i] = NULL;
        if (i + 1 == d->count && kind != FZ_LEAVING_REPORT) {
            fz_leaving_warn(leaving, d->warning);
            d->warning = NULL;
        }
        if (kind == FZ_LEAVING_REPORT || i + 1 == d->count)
            fz_leave_go(a->leave, leaving);
    }
}

/* With the lock held: those that were let go are copies now, to judge the whole
 * by when the others have come. */
static bool goes_on_as_copies(const FzAssembly *a, const Decision *d)
{
    const FzWhole *whole = d->whole;

    return d->why == FZ_PARTS_LET_GO && d->disposition == FZ_DISPOSE_DELIVER &&
           whole->known && !fz_whole_is_complete(whole) &&
           fz_clock_wall_ms() < fz_assembly_deadline(a, whole);
}

static void make_copies(FzWhole *whole)
{
    for (uint16_t i = 0; i < whole->count; i++)
        if (whole->piece[i].state == FZ_PIECE_OURS)
            fz_whole_set(whole, &whole->piece[i], FZ_PIECE_GONE);
}

static void drop_all_but_refused(FzAssembly *a, FzWhole *whole)
{
    for (uint16_t i = whole->count; i > 0; i--)
        if (whole->piece[i - 1].state != FZ_PIECE_REFUSED)
            fz_whole_drop(a->parts, whole, whole->piece[i - 1].number);
}

/* With the lock held. */
static void end_or_keep(FzAssembly *a, const Decision *d)
{
    FzWhole *whole = d->whole;

    if (d->stays) {
        drop_all_but_refused(a, whole);
    } else {
        for (uint16_t i = 0; i < whole->count; i++)
            whole->piece[i].row = 0; /* the commit removed them all */
        if (!goes_on_as_copies(a, d)) {
            fz_assembly_end(a, whole);
            return;
        }
        make_copies(whole);
    }
    whole->why = FZ_PARTS_MISSING;
    fz_assembly_give(a, whole, fz_assembly_deadline(a, whole));
}

static void carried_out(Decision *d, const int64_t *rows)
{
    FzAssembly *a = d->assembly;
    FzPlugin *plugin = a->plugin;

    if (d->why == FZ_PARTS_COMPLETE)
        fz_count(&plugin->counters.parts_joined[d->whole->direction]);
    if (d->last != NULL)
        fz_count(&plugin->counters.parts_kept[d->whole->direction]);
    if (!d->refused_last)
        fz_count(
            &plugin->counters.disposed[d->whole->direction][d->disposition]);
    fz_judged_log(plugin, &d->record, d->disposition, fz_clock_wall_ms());
    /* before it is sent: its report may come at once */
    fz_later_take(a->await, d->awaited, rows + d->count);
    d->awaited = NULL;
    send_off(d, rows);
    pthread_mutex_lock(&a->turn);
    end_or_keep(a, d);
    pthread_mutex_unlock(&a->turn);
    if (d->last != NULL)
        fz_host_finish(plugin, d->last, FZ_DISPOSE_WAIT);
    decision_destroy(d);
}

/* Nothing of it has happened: once more, later. */
static void put_off(Decision *d)
{
    FzAssembly *a = d->assembly;
    FzPlugin *plugin = a->plugin;
    FzWhole *whole = d->whole;
    FzDirection direction = whole->direction;
    FzDisposition last_is =
        fz_dispose_failure(FZ_FAILURE_STORE_FAILED, d->otherwise);
    PluginBoxMsg *last = d->last;

    fz_count(&plugin->counters.failure[FZ_FAILURE_STORE_FAILED][direction]);
    pthread_mutex_lock(&a->turn);
    if (last != NULL && last_is == FZ_DISPOSE_DELIVER)
        fz_whole_set(whole, fz_whole_piece(whole, d->last_number),
                     FZ_PIECE_GONE);
    else if (last != NULL)
        fz_whole_drop(a->parts, whole, d->last_number);
    if (whole->count == 0) {
        fz_assembly_end(a, whole);
    } else if (d->why == FZ_PARTS_COMPLETE && !fz_whole_is_complete(whole)) {
        whole->why = FZ_PARTS_MISSING;
        fz_assembly_give(a, whole, fz_assembly_deadline(a, whole));
    } else {
        whole->why = d->why;
        fz_assembly_give(a, whole, fz_clock_wall_ms() + AGAIN_MS);
    }
    pthread_mutex_unlock(&a->turn);
    decision_destroy(d);
    if (last == NULL)
        return;
    if (last_is == FZ_DISPOSE_DEFER)
        fz_hold_defer(plugin->hold, last, direction);
    else
        fz_host_finish(plugin, last, last_is);
}

/* On the store's writer thread, or on the decider's. */
static void committed(void *ctx, FzStatus status, const int64_t *part_rows,
                      int64_t held_row)
{
    (void)held_row;
    if (status == FZ_OK)
        carried_out(ctx, part_rows);
    else
        put_off(ctx);
}

static FzPiece *taking_of(FzWhole *whole)
{
    for (uint16_t i = 0; i < whole->count; i++)
        if (whole->piece[i].state == FZ_PIECE_TAKING)
            return &whole->piece[i];
    return NULL;
}

/* --- the change ------------------------------------------------------------
 */
static bool is_ours(const FzPiece *piece)
{
    return piece->state == FZ_PIECE_OURS || piece->state == FZ_PIECE_TAKING;
}

static void add_row(Decision *d, Plan *plan, FzPartState state, FzSlice packed,
                    const char *box, Msg *msg)
{
    plan->add[plan->add_count++] = (FzPart){
        .received_ms = d->whole->first_ms,
        .state = state,
        .direction = d->whole->direction,
        .box = fz_slice_of(box),
        .packed = packed,
        .note = state == FZ_PART_REPORTING ? fz_slice_of(plan->note)
                                           : fz_slice_of(NULL),
    };
    d->msg[d->count] = msg;
    d->box[d->count++] = box == NULL ? NULL : fz_strdup(box);
}

static void keep(const Decision *d, const FzJudged *judged, const FzJoin *join,
                 FzHeldState state, Plan *plan)
{
    FzHoldRequest request = {
        .message = &judged->message,
        .verdict = &judged->verdict,
        .text = fz_judged_text(judged),
        .generation = judged->bundle->digest,
        .record = d->record,
    };

    /* what was to be rewritten may be held instead */
    if (d->disposition == FZ_DISPOSE_DELIVER_CHANGED)
        request.delivered = fz_buf_slice(&judged->rewrite.text);
    for (size_t i = 0; i < join->count; i++)
        fz_packed_add(&plan->packed, join->packed[i]);
    plan->held = fz_hold_fill(
        d->assembly->plugin, &request, state,
        fz_slice(join->msg[0]->sms.id, sizeof join->msg[0]->sms.id),
        fz_buf_slice(&plan->packed), &plan->record);
    plan->keeps = true;
}

static void plan_rows(Decision *d, const FzJoin *join, Plan *plan)
{
    FzWhole *whole = d->whole;
    size_t at = 0;

    for (uint16_t i = 0; i < whole->count; i++) {
        const FzPiece *piece = &whole->piece[i];
        const Msg *msg = join->msg[at];

        if (at == join->count || join->number[at] != piece->number)
            continue;
        at++;
        if (piece->row != 0 &&
            (piece->state == FZ_PIECE_OURS ||
             (piece->state == FZ_PIECE_REFUSED && !d->stays)))
            plan->remove[plan->remove_count++] = piece->row;
        if (d->disposition == FZ_DISPOSE_DELIVER && is_ours(piece))
            add_row(d, plan, FZ_PART_LEAVING, piece->packed, piece->box,
                    msg_duplicate((Msg *)msg));
        if (d->disposition == FZ_DISPOSE_REFUSE &&
            piece->state == FZ_PIECE_OURS &&
            whole->direction == FZ_DIRECTION_MT && fz_report_is_wanted(msg))
            add_row(d, plan, FZ_PART_REPORTING, piece->packed,
                    fz_report_box(msg, piece->box),
                    fz_report_from_note(msg, fz_slice_of(plan->note),
                                        fz_clock_wall_ms()));
    }
}

/* The parts that asked for reports, beside the first: bearerbox will report on
 * the whole alone, and `whole` is marked so that it is known again. */
static void await_report(Decision *d, const FzJoin *join, Msg *whole)
{
    FzAwaited *awaited;
    long asked = 0;

    if (d->assembly->await == NULL || d->whole->direction != FZ_DIRECTION_MT)
        return;
    awaited = fz_awaited_create(whole, fz_clock_wall_ms());
    for (size_t i = 0; i < join->count; i++) {
        const FzPiece *piece = fz_whole_piece(d->whole, join->number[i]);
        const Msg *part = join->msg[i];

        if (!is_ours(piece) || !fz_mark_is_wanted(part))
            continue;
        asked |= part->sms.dlr_mask;
        if (i > 0)
            fz_awaited_add(awaited, part, piece->box);
    }
    if (fz_awaited_count(awaited) == 0) {
        fz_awaited_destroy(awaited); /* as ever: it is the first part's alone */
        return;
    }
    /* without room for the mark behind its own it is told as the others are */
    if (fz_mark_is_wanted(whole) && !fz_mark_fits(whole))
        fz_awaited_add(awaited, join->msg[0], d->whole->piece[0].box);
    fz_mark_put(whole, fz_awaited_id(awaited), asked);
    d->awaited = awaited;
}

static void make_plan(Decision *d, const FzJudged *judged, const FzJoin *join,
                      Plan *plan)
{
    const FzReason *reason = judged->verdict.reason;
    char reference[FZ_REFERENCE_TEXT];
    Msg *msg;

    fz_report_reference(join->msg[0], reference);
    fz_report_note(reason == NULL ? NULL : reason->code, reference, plan->note);
    plan_rows(d, join, plan);
    switch (d->disposition) {
    case FZ_DISPOSE_DELIVER_CHANGED:
        msg = fz_join_rewritten(join, &judged->rewrite);
        await_report(d, join, msg);
        plan->rewritten = msg_pack(msg);
        add_row(d, plan, FZ_PART_LEAVING,
                fz_slice(octstr_get_cstr(plan->rewritten),
                         (size_t)octstr_len(plan->rewritten)),
                d->whole->piece[0].box, msg);
        for (size_t i = 0; i < fz_awaited_count(d->awaited); i++)
            plan->add[plan->add_count++] = fz_awaited_part(d->awaited, i);
        keep(d, judged, join, FZ_HELD_EVIDENCE, plan);
        return;
    case FZ_DISPOSE_HOLD:
        keep(d, judged, join, FZ_HELD_HELD, plan);
        return;
    case FZ_DISPOSE_REFUSE:
        keep(d, judged, join, FZ_HELD_EVIDENCE, plan);
        return;
    case FZ_DISPOSE_DELIVER:
    case FZ_DISPOSE_DEFER:
    case FZ_DISPOSE_WAIT:
        return;
    }
}

/* --- the decision ----------------------------------------------------------
 */
/* The verdict says what; here is what can be done about parts of which some
 * may have left and one may still be in hand. */
static FzDisposition settle_on(FzAssembly *a, const FzWhole *whole,
                               FzPartsWhy why, const FzJudged *judged)
{
    FzDisposition disposition = fz_dispose(&judged->verdict);
    bool in_time = judged->message.now_ms < fz_assembly_deadline(a, whole) &&
                   why == FZ_PARTS_COMPLETE;

    /* what was acknowledged cannot be put off for ever */
    if (disposition == FZ_DISPOSE_DEFER && !in_time &&
        whole->in_state[FZ_PIECE_TAKING] == 0)
        return FZ_DISPOSE_HOLD;
    /* half of it is with the receiver as it was */
    if (disposition == FZ_DISPOSE_DELIVER_CHANGED &&
        whole->in_state[FZ_PIECE_GONE] > 0)
        return FZ_DISPOSE_HOLD;
    return disposition;
}

static void put_record(FzAssembly *a, const FzWhole *whole,
                       const FzJudged *judged, const FzJoin *join,
                       FzBuf *record)
{
    char id[FZ_MSG_ID_TEXT];
    bool copies =
        whole->in_state[FZ_PIECE_OURS] + whole->in_state[FZ_PIECE_TAKING] == 0;

    fz_msg_id_text(join->msg[0], id);
    fz_judged_record(a->plugin, judged, id, record);
    if (record->octets == 0)
        return;
    fz_buf_printf(record,
                  ",\"parts\":{\"reference\":%u,\"total\":%u,\"came\":[",
                  whole->ref.reference, whole->ref.total);
    for (size_t i = 0; i < join->count; i++)
        fz_buf_printf(record, "%s%u", i > 0 ? "," : "", join->number[i]);
    fz_buf_printf(record, "],\"copies\":%s}", copies ? "true" : "false");
}

/* Nothing of it is ours: it has left, or was refused. */
static void note_copies(FzAssembly *a, FzWhole *whole, FzJudged *judged,
                        const FzJoin *join)
{
    bool any = whole->in_state[FZ_PIECE_GONE] > 0;
    FzBuf record = FZ_BUF_INIT;

    judged->verdict.acted = FZ_ACTION_PASS;
    if (any) {
        (void)fz_judged_brake(a->plugin, judged);
        fz_judged_count(a->plugin, judged);
        put_record(a, whole, judged, join, &record);
        fz_judged_log(a->plugin, &record, FZ_DISPOSE_DELIVER,
                      fz_clock_wall_ms());
        fz_buf_clear(&record);
    }
    pthread_mutex_lock(&a->turn);
    if (!any && whole->known &&
        judged->message.now_ms < fz_assembly_deadline(a, whole)) {
        whole->why = FZ_PARTS_MISSING;
        fz_assembly_give(a, whole, fz_assembly_deadline(a, whole));
    } else {
        fz_assembly_end(a, whole);
    }
    pthread_mutex_unlock(&a->turn);
}

/* Everybody else has left: it goes too, or is put off. */
static void answer_last(FzAssembly *a, FzWhole *whole, const FzPiece *piece,
                        FzDisposition disposition)
{
    FzDirection direction = whole->direction;
    PluginBoxMsg *last = piece->unanswered;

    pthread_mutex_lock(&a->turn);
    if (disposition == FZ_DISPOSE_DEFER)
        fz_whole_drop(a->parts, whole, piece->number);
    if (disposition == FZ_DISPOSE_DELIVER || whole->count == 0) {
        fz_assembly_end(a, whole);
    } else {
        whole->why = FZ_PARTS_MISSING;
        fz_assembly_give(a, whole, fz_assembly_deadline(a, whole));
    }
    pthread_mutex_unlock(&a->turn);
    if (disposition == FZ_DISPOSE_DEFER)
        fz_hold_defer(a->plugin->hold, last, direction);
    else
        fz_host_finish(a->plugin, last, disposition);
}

static void submit(Decision *d, const FzJudged *judged, const FzJoin *join)
{
    FzAssembly *a = d->assembly;
    Plan *plan = fz_calloc(1, sizeof *plan);
    FzPartsChange change;
    FzStatus status;

    make_plan(d, judged, join, plan);
    change = (FzPartsChange){
        .add = plan->add,
        .add_count = plan->add_count,
        .remove = plan->remove,
        .remove_count = plan->remove_count,
        .held = plan->keeps ? &plan->held : NULL,
    };
    status = fz_store_change_parts(a->plugin->store, &change, committed, d);
    plan_clear(plan);
    fz_free(plan);
    if (status != FZ_OK)
        committed(d, status, NULL, 0);
}

static void carry_out(FzAssembly *a, FzWhole *whole, FzPartsWhy why,
                      const FzJudged *judged, const FzJoin *join)
{
    const FzPolicy *policy = judged->bundle->policy;
    FzDisposition disposition = settle_on(a, whole, why, judged);
    FzPiece *last = taking_of(whole);
    Decision *d;

    if (disposition == FZ_DISPOSE_DEFER && last == NULL) {
        pthread_mutex_lock(&a->turn);
        whole->why = why;
        fz_assembly_give(a, whole, judged->message.now_ms + AGAIN_MS);
        pthread_mutex_unlock(&a->turn);
        return;
    }
    for (size_t i = 0; i < join->count; i++)
        fz_judged_fly(a->plugin, judged, join->msg[i]->sms.id, disposition);
    d = fz_calloc(1, sizeof *d);
    d->assembly = a;
    d->whole = whole;
    d->why = why;
    d->disposition = disposition;
    d->otherwise = policy->failure[FZ_FAILURE_STORE_FAILED][whole->direction];
    put_record(a, whole, judged, join, &d->record);
    d->stays = disposition == FZ_DISPOSE_REFUSE && whole->known &&
               whole->in_state[FZ_PIECE_REFUSED] > 0 &&
               !fz_whole_is_complete(whole) &&
               judged->message.now_ms < fz_assembly_deadline(a, whole);
    if (last != NULL && (disposition == FZ_DISPOSE_DEFER ||
                         (disposition == FZ_DISPOSE_DELIVER &&
                          whole->in_state[FZ_PIECE_OURS] == 0))) {
        fz_judged_log(a->plugin, &d->record, disposition, fz_clock_wall_ms());
        decision_destroy(d);
        answer_last(a, whole, last, disposition);
        return;
    }
    if (last != NULL && disposition == FZ_DISPOSE_REFUSE) {
        PluginBoxMsg *m = last->unanswered;

        fz_whole_set(whole, last, FZ_PIECE_REFUSED);
        last->unanswered = NULL;
        d->refused_last = true;
        fz_host_finish(a->plugin, m, FZ_DISPOSE_REFUSE);
    } else if (last != NULL) {
        d->last = last->unanswered;
        d->last_number = last->number;
    }
    if (judged->verdict.acted == FZ_ACTION_WARN)
        d->warning = fz_warn_prepare(
            a->plugin, join->msg[0], &judged->message, &policy->warning,
            fz_scanner_views(judged->scanner)->features.han > 0);
    submit(d, judged, join);
}

static uint32_t failures_of(const FzWhole *whole, FzPartsWhy why)
{
    if (fz_whole_is_complete(whole))
        return 0;
    if (why == FZ_PARTS_MISSING)
        return FZ_FAILURE_BIT(FZ_FAILURE_PARTS_MISSING);
    if (why == FZ_PARTS_OVERFLOW)
        return FZ_FAILURE_BIT(FZ_FAILURE_PARTS_OVERFLOW);
    return 0;
}

bool fz_assembly_judge_refused(FzAssembly *a, const FzWhole *whole,
                               int64_t now_ms, FzJoin *join, FzJudged *judged)
{
    for (uint16_t i = 0; i < whole->count; i++) {
        const FzPiece *piece = &whole->piece[i];

        if (piece->state != FZ_PIECE_REFUSED ||
            !fz_join_add(join, piece->number, piece->packed, whole->direction,
                         now_ms))
            continue;
        fz_judged_one(a->plugin, &join->part[0], judged);
        if (fz_dispose(&judged->verdict) == FZ_DISPOSE_REFUSE)
            return true;
        fz_judged_clear(a->plugin, judged);
        fz_join_clear(join);
    }
    return false;
}

/* --- DNS lists --------------------------------------------------------------
 */
/* It stays taken while it waits. */
typedef struct Asked {
    FzAssembly *assembly;
    FzWhole *whole;
    FzPartsWhy why;
} Asked;

static void decide(FzAssembly *a, FzWhole *whole, FzPartsWhy why, bool waited);

static void decide_again(void *ctx)
{
    Asked asked = *(Asked *)ctx;

    fz_free(ctx);
    decide(asked.assembly, asked.whole, asked.why, true);
}

/* True: it waits for answers, and is decided about then. */
static bool hear_answers(FzAssembly *a, FzWhole *whole, FzPartsWhy why,
                         bool waited, const FzJoin *join, FzJudged *judged)
{
    FzAwait *await = a->plugin->await;
    FzAwaitRoom room = {.text = FZ_BUF_INIT};
    Asked *asked;

    if (!waited) {
        asked = fz_calloc(1, sizeof *asked);
        *asked = (Asked){a, whole, why};
        if (fz_await_parts(await, judged, decide_again, asked))
            return true;
        fz_free(asked);
    }
    fz_judged_resume_parts(a->plugin, join->part, join->count,
                           failures_of(whole, why),
                           fz_await_known(await, judged, &room), judged);
    fz_buf_clear(&room.text);
    return false;
}

/* False: the brake has stopped meanwhile what acts here, and it was judged for
 * the `first` time. */
static bool settle_whole(FzAssembly *a, FzWhole *whole, FzPartsWhy why,
                         bool first, FzJudged *judged, const FzJoin *join)
{
    if (whole->in_state[FZ_PIECE_OURS] + whole->in_state[FZ_PIECE_TAKING] ==
        0) {
        note_copies(a, whole, judged, join);
        return true;
    }
    if (!fz_judged_brake(a->plugin, judged) && first)
        return false;
    fz_judged_count(a->plugin, judged);
    carry_out(a, whole, why, judged, join);
    return true;
}

/* True: decided about, or it waits for answers. */
static bool try_to_decide(FzAssembly *a, FzWhole *whole, FzPartsWhy why,
                          bool waited, bool first)
{
    FzJoin *join = fz_calloc(1, sizeof *join);
    FzJoin *refused = fz_calloc(1, sizeof *refused);
    int64_t now_ms = fz_clock_wall_ms();
    FzJudged judged;
    bool waits = false, settled = true;

    fz_join_init(join);
    for (uint16_t i = 0; i < whole->count; i++)
        fz_join_add(join, whole->piece[i].number, whole->piece[i].packed,
                    whole->direction, now_ms);
    fz_join_finish(join);
    fz_join_init(refused);
    /* with a part that alone is refused the others are, whatever they say */
    if (!fz_assembly_judge_refused(a, whole, now_ms, refused, &judged)) {
        fz_judged_parts(a->plugin, join->part, join->count, &join->whole,
                        failures_of(whole, why), &judged);
        if (judged.wants)
            waits = hear_answers(a, whole, why, waited, join, &judged);
    }
    if (!waits) /* else it may be at work elsewhere already */
        settled = settle_whole(a, whole, why, first, &judged, join);
    fz_judged_clear(a->plugin, &judged);
    fz_join_clear(join);
    fz_join_clear(refused);
    fz_free(join);
    fz_free(refused);
    return settled;
}

static void decide(FzAssembly *a, FzWhole *whole, FzPartsWhy why, bool waited)
{
    if (!try_to_decide(a, whole, why, waited, true))
        (void)try_to_decide(a, whole, why, waited, false);
}

void fz_assembly_decide(FzAssembly *a, FzWhole *whole, FzPartsWhy why)
{
    decide(a, whole, why, false);
}
