/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arrive.c - a part comes: judged alone, then committed, then acknowledged
 */
#include "config.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "plugin/carry.h"
#include "plugin/hold/assembly_impl.h"
#include "plugin/hold/hold.h"
#include "plugin/hold/join.h"
#include "plugin/hold/report.h"
#include "plugin/host.h"
#include "plugin/msg.h"

#include "gwlib/gwlib.h"
#include "gw/msg.h"

/* What is to be done once the lock is given back. */
typedef enum Next {
    NEXT_GOES_ON = 0, /* not known yet */
    NEXT_WAITS,       /* it is answered later */
    NEXT_FAILED,      /* the store does not take it */
    NEXT_ALONE,       /* as a message of its own */
    NEXT_LEAVES,      /* at once; its message is counted, not it */
    NEXT_KNOWN,       /* it is ours already */
    NEXT_DECIDE,      /* it was the last one */
    NEXT_SIBLINGS,    /* look at those that were refused first */
    NEXT_OVERFLOW,    /* there is no room for it */
} Next;

/* A part on its way through its commit. */
typedef struct Taking {
    FzAssembly *assembly;
    FzWhole *whole; /* it stays as long as one of its pieces is being taken */
    PluginBoxMsg *m;
    uint8_t number;
    FzDirection direction;
    FzFailureChoice otherwise;
    FzBuf record; /* of the part alone */
} Taking;

/* One part, as far as it is known when it comes. */
typedef struct Arrival {
    FzAssembly *assembly;
    PluginBoxMsg *m;
    const FzMessage *message;
    FzPartRef part;
    const char *box;
    FzBuf key;
    Octstr *packed;
    FzDigest content;
    const FzJudged *judged; /* alone */
    FzDisposition alone;
    FzBuf record;
    FzFlight waiting; /* made beforehand: once it waits it may be gone */
    bool may_act;
    bool siblings_judged;
    /* what place() leaves */
    FzWhole *whole;
    Taking *failed;
    FzStatus status;
} Arrival;

/* --- the commit of a part --------------------------------------------------
 */
/* With the lock held: what the commit makes of the piece. */
static void settle(FzAssembly *a, const Taking *taking,
                   FzDisposition disposition, int64_t row)
{
    FzWhole *whole = taking->whole;
    FzPiece *piece = fz_whole_piece(whole, taking->number);

    piece->unanswered = NULL;
    piece->row = row;
    if (disposition == FZ_DISPOSE_WAIT)
        fz_whole_set(whole, piece, FZ_PIECE_OURS);
    else if (disposition == FZ_DISPOSE_DELIVER)
        fz_whole_set(whole, piece, FZ_PIECE_GONE);
    else
        fz_whole_drop(a->parts, whole, taking->number);
    if (whole->count == 0) {
        fz_parts_take(a->parts, whole);
        fz_assembly_end(a, whole);
        return;
    }
    fz_assembly_wake(a, whole);
    if (whole->in_state[FZ_PIECE_TAKING] == 0 && fz_whole_is_complete(whole))
        fz_assembly_hurry(a, whole, FZ_PARTS_COMPLETE);
}

/* On the store's writer thread, or on that of the part's sender. */
static void taken(void *ctx, FzStatus status, const int64_t *part_rows,
                  int64_t held_row)
{
    Taking *taking = ctx;
    FzAssembly *a = taking->assembly;
    FzCounters *counters = &a->plugin->counters;
    FzDisposition disposition = FZ_DISPOSE_WAIT;

    (void)held_row;
    if (status == FZ_OK) {
        fz_count(&counters->parts_kept[taking->direction]);
    } else {
        fz_count(
            &counters->failure[FZ_FAILURE_STORE_FAILED][taking->direction]);
        disposition =
            fz_dispose_failure(FZ_FAILURE_STORE_FAILED, taking->otherwise);
    }
    pthread_mutex_lock(&a->turn);
    settle(a, taking, disposition, status == FZ_OK ? part_rows[0] : 0);
    pthread_mutex_unlock(&a->turn);
    fz_judged_log(a->plugin, &taking->record, disposition, fz_clock_wall_ms());
    if (disposition == FZ_DISPOSE_DEFER)
        fz_hold_defer(a->plugin->hold, taking->m, taking->direction);
    else
        fz_host_finish(a->plugin, taking->m, disposition);
    fz_buf_clear(&taking->record);
    fz_free(taking);
}

/* With the lock held, so that the store sees what the index sees, in its
 * order. Not NULL: it failed, and is to be told `taken`. */
static Taking *commit(const Arrival *it, FzWhole *whole, FzStatus *status_out)
{
    FzAssembly *a = it->assembly;
    FzDirection direction = it->message->direction;
    const FzPolicy *policy = it->judged->bundle->policy;
    const FzPiece *piece = fz_whole_piece(whole, it->part.number);
    FzPart part = {
        .received_ms = whole->first_ms,
        .state = FZ_PART_WAITING,
        .direction = direction,
        .box = fz_slice_of(piece->box),
        .packed = piece->packed,
    };
    FzPartsChange change = {.add = &part, .add_count = 1};
    Taking *taking = fz_calloc(1, sizeof *taking);

    *taking = (Taking){
        .assembly = a,
        .whole = whole,
        .m = it->m,
        .number = it->part.number,
        .direction = direction,
        .otherwise = policy->failure[FZ_FAILURE_STORE_FAILED][direction],
    };
    fz_buf_append_slice(&taking->record, fz_buf_slice(&it->record));
    *status_out =
        fz_store_change_parts(a->plugin->store, &change, taken, taking);
    return *status_out == FZ_OK ? NULL : taking;
}

/* --- refused parts ---------------------------------------------------------
 */
/* The commit that lets a refusal survive a restart. */
typedef struct Remembered {
    FzAssembly *assembly;
    FzBuf key;
    FzPartsRow row;
} Remembered;

static void remembered(void *ctx, FzStatus status, const int64_t *part_rows,
                       int64_t held_row)
{
    Remembered *it = ctx;
    FzAssembly *a = it->assembly;

    (void)held_row;
    if (status == FZ_OK) {
        it->row.row = part_rows[0];
        pthread_mutex_lock(&a->turn);
        fz_assembly_remember(a, fz_buf_slice(&it->key), &it->row);
        pthread_mutex_unlock(&a->turn);
    }
    fz_buf_clear(&it->key);
    fz_free(it);
}

static void remember(const Arrival *it, const FzWhole *whole)
{
    FzPart part = {
        .received_ms = whole->first_ms,
        .state = FZ_PART_REFUSED,
        .direction = it->message->direction,
        .packed = fz_msg_slice(it->packed),
    };
    FzPartsChange change = {.add = &part, .add_count = 1};
    Remembered *ctx = fz_calloc(1, sizeof *ctx);

    ctx->assembly = it->assembly;
    ctx->row.number = it->part.number;
    ctx->row.content = it->content;
    fz_buf_append_slice(&ctx->key, fz_buf_slice(&it->key));
    if (fz_store_change_parts(it->assembly->plugin->store, &change, remembered,
                              ctx) != FZ_OK)
        remembered(ctx, FZ_E_LIMIT, NULL, 0); /* then only until a restart */
}

/* --- where it belongs ------------------------------------------------------
 */
static FzPiece *add(const Arrival *it, FzWhole **whole, FzPieceState state)
{
    FzAssembly *a = it->assembly;
    int64_t now_ms = it->message->now_ms;
    FzPiece *piece;

    if (*whole == NULL)
        *whole = fz_parts_begin(
            a->parts, fz_buf_slice(&it->key), it->message->direction, it->part,
            it->message->identity, now_ms, now_ms + a->timeout_ms);
    piece = fz_whole_add(a->parts, *whole, it->part.number, state,
                         fz_msg_slice(it->packed), it->box);
    piece->content = it->content;
    return piece;
}

/* The next one of its name is another message: this one is looked at as far as
 * it came. */
static void begin_anew(FzAssembly *a, FzWhole *old, FzPartsWhy why)
{
    fz_parts_forget_key(a->parts, old);
    fz_assembly_hurry(a, old, why);
}

/* Is there room for this part, of `whole` or of one more message (NULL)? Makes
 * some for the latter, unless the policy would rather put off who comes now. */
static bool has_room(const Arrival *it, const FzWhole *whole)
{
    FzAssembly *a = it->assembly;
    FzPartsFigures figures = fz_parts_figures(a->parts);
    FzFailureChoice choice =
        it->judged->bundle->policy
            ->failure[FZ_FAILURE_PARTS_OVERFLOW][it->message->direction];
    size_t octets = (size_t)octstr_len(it->packed);
    FzWhole *oldest;

    if (figures.octets + octets > FZ_LIMIT_ASSEMBLY_OCTETS ||
        (whole == NULL ? 0 : whole->octets) + octets >
            FZ_LIMIT_ASSEMBLY_MESSAGE_OCTETS)
        return false;
    if (whole != NULL || figures.wholes < a->max_pending)
        return true;
    if (it->may_act && choice == FZ_CHOOSE_DEFER)
        return false;
    oldest = fz_parts_oldest(a->parts);
    /* those that make room are here until they are decided about */
    if (oldest == NULL || figures.wholes >= 2 * a->max_pending)
        return false;
    begin_anew(a, oldest, FZ_PARTS_OVERFLOW);
    return true;
}

/* Its siblings are to be judged with it: those that wait, and those to come. */
static void mark_refused(const Arrival *it, FzWhole *whole)
{
    FzAssembly *a = it->assembly;

    if (!has_room(it, whole))
        return;
    add(it, &whole, FZ_PIECE_REFUSED);
    remember(it, whole);
    if (whole->in_state[FZ_PIECE_OURS] + whole->in_state[FZ_PIECE_TAKING] > 0)
        fz_assembly_hurry(a, whole, FZ_PARTS_REFUSED);
}

/* The same part once more: NEXT_GOES_ON when it counts as new all the same. */
static Next meet(const Arrival *it, FzWhole *whole, FzPiece *piece)
{
    FzAssembly *a = it->assembly;

    switch (piece->state) {
    case FZ_PIECE_TAKING:
        fz_whole_wait(whole, it->m, it->box);
        return NEXT_WAITS;
    case FZ_PIECE_OURS:
        return NEXT_KNOWN;
    case FZ_PIECE_GONE: /* its sender never heard that it left */
        return it->may_act ? NEXT_ALONE : NEXT_LEAVES;
    case FZ_PIECE_REFUSED:
        if (it->may_act && it->alone == FZ_DISPOSE_REFUSE)
            return NEXT_ALONE;
        /* the rules have changed since */
        fz_assembly_forget(a, piece);
        fz_whole_drop(a->parts, whole, piece->number);
        return NEXT_GOES_ON;
    }
    return NEXT_GOES_ON;
}

static Next place_new(Arrival *it, FzWhole *whole)
{
    FzAssembly *a = it->assembly;

    if (it->may_act && it->alone == FZ_DISPOSE_REFUSE) {
        mark_refused(it, whole);
        return NEXT_ALONE;
    }
    if (it->may_act && it->alone == FZ_DISPOSE_DEFER)
        return NEXT_ALONE;
    if (it->may_act && !it->siblings_judged && whole != NULL &&
        whole->in_state[FZ_PIECE_REFUSED] > 0) {
        fz_parts_take(a->parts, whole);
        it->whole = whole;
        return NEXT_SIBLINGS;
    }
    if (!has_room(it, whole)) {
        if (it->may_act)
            return NEXT_OVERFLOW;
        /* it goes on as it would; its message is not judged as a whole */
        fz_count(&a->plugin->counters.failure[FZ_FAILURE_PARTS_OVERFLOW]
                                             [it->message->direction]);
        return NEXT_LEAVES;
    }
    if (!it->may_act) {
        add(it, &whole, FZ_PIECE_GONE);
        if (whole->in_state[FZ_PIECE_TAKING] == 0 &&
            fz_whole_is_complete(whole))
            fz_assembly_hurry(a, whole, FZ_PARTS_COMPLETE);
        return NEXT_LEAVES;
    }
    add(it, &whole, FZ_PIECE_TAKING)->unanswered = it->m;
    if (whole->in_state[FZ_PIECE_TAKING] == 1 && fz_whole_is_complete(whole)) {
        fz_parts_take(a->parts, whole);
        it->whole = whole;
        return NEXT_DECIDE;
    }
    it->failed = commit(it, whole, &it->status);
    return it->failed == NULL ? NEXT_WAITS : NEXT_FAILED;
}

/* With the lock held. */
static Next place(Arrival *it)
{
    FzAssembly *a = it->assembly;
    FzWhole *whole = fz_parts_find(a->parts, fz_buf_slice(&it->key));
    FzPiece *piece;
    Next next = NEXT_GOES_ON;

    if (whole != NULL && whole->busy) {
        if (!it->may_act)
            return NEXT_LEAVES;
        fz_whole_wait(whole, it->m, it->box);
        return NEXT_WAITS;
    }
    piece = whole == NULL ? NULL : fz_whole_piece(whole, it->part.number);
    if (piece != NULL &&
        memcmp(&piece->content, &it->content, sizeof it->content) != 0) {
        begin_anew(a, whole, FZ_PARTS_MISSING);
        whole = NULL;
    } else if (piece != NULL) {
        next = meet(it, whole, piece);
    }
    return next == NEXT_GOES_ON ? place_new(it, whole) : next;
}

/* --- all together ----------------------------------------------------------
 */
static void carry_out(const Arrival *it, Next next, FzJudged *judged)
{
    FzPlugin *plugin = it->assembly->plugin;

    switch (next) {
    case NEXT_WAITS:
        fz_recorder_add(plugin->recorder, &it->waiting);
        return;
    case NEXT_GOES_ON:
        return;
    case NEXT_FAILED:
        taken(it->failed, it->status, NULL, 0);
        return;
    case NEXT_ALONE:
    case NEXT_OVERFLOW:
        fz_judged_count(plugin, judged);
        fz_carry_out(plugin, it->m, judged, &it->part);
        return;
    case NEXT_LEAVES:
        fz_carry_out(plugin, it->m, judged, &it->part);
        return;
    case NEXT_KNOWN:
        fz_count(&plugin->counters.parts_known);
        fz_host_finish(plugin, it->m, FZ_DISPOSE_WAIT);
        return;
    case NEXT_DECIDE:
        fz_assembly_decide(it->assembly, it->whole, FZ_PARTS_COMPLETE);
        return;
    case NEXT_SIBLINGS:
        return;
    }
}

/* --- in company ------------------------------------------------------------
 */
/* What was refused of its message, is it still? Then so is this. The message
 * is taken; what is left to do with the part is returned. */
static Next judge_siblings(Arrival *it)
{
    FzAssembly *a = it->assembly;
    FzWhole *whole = it->whole;
    FzJoin *join = fz_calloc(1, sizeof *join);
    FzJudged sibling;
    Next next = NEXT_WAITS;
    bool refused;

    fz_join_init(join);
    refused = fz_assembly_judge_refused(a, whole, it->message->now_ms, join,
                                        &sibling);
    if (refused && !fz_judged_brake(a->plugin, &sibling)) {
        fz_judged_clear(a->plugin, &sibling);
        fz_join_clear(join);
        refused = fz_assembly_judge_refused(a, whole, it->message->now_ms, join,
                                            &sibling);
    }
    it->siblings_judged = true;
    pthread_mutex_lock(&a->turn);
    fz_assembly_give(a, whole, fz_assembly_deadline(a, whole));
    if (!refused)
        next = place(it);
    pthread_mutex_unlock(&a->turn);
    if (refused) {
        carry_out(it, NEXT_ALONE, &sibling);
        fz_judged_clear(a->plugin, &sibling);
    }
    fz_join_clear(join);
    fz_free(join);
    return next;
}

static void judge_alone(Arrival *it, FzJudged *judged)
{
    FzPlugin *plugin = it->assembly->plugin;

    fz_judged_one(plugin, it->message, judged);
    it->may_act = fz_judged_may_act(judged);
    it->alone = fz_dispose(&judged->verdict);
    it->record.octets = 0;
    fz_carry_record(plugin, it->m, judged, &it->part, &it->record);
    it->waiting =
        fz_judged_flight(plugin, judged, it->m->msg->sms.id, FZ_DISPOSE_WAIT);
}

static Next find_place(Arrival *it)
{
    Next next;

    pthread_mutex_lock(&it->assembly->turn);
    next = place(it);
    pthread_mutex_unlock(&it->assembly->turn);
    return next == NEXT_SIBLINGS ? judge_siblings(it) : next;
}

/* What is carried out now is counted by the brake first. False when that has
 * stopped meanwhile what acts here: judge again, and look for its place again
 */
static bool may_be_done(const Arrival *it, Next next, FzJudged *judged)
{
    FzPlugin *plugin = it->assembly->plugin;

    if (next == NEXT_OVERFLOW)
        fz_judged_fail(plugin, judged,
                       FZ_FAILURE_BIT(FZ_FAILURE_PARTS_OVERFLOW));
    return (next != NEXT_OVERFLOW && next != NEXT_ALONE) ||
           fz_judged_brake(plugin, judged);
}

void fz_assembly_take(FzAssembly *a, PluginBoxMsg *m, const FzMessage *message,
                      FzPartRef part, const char *box)
{
    FzJudged judged;
    Arrival it = {
        .assembly = a,
        .m = m,
        .message = message,
        .part = part,
        .box = box != NULL ? box : fz_report_box(m->msg, NULL),
        .packed = msg_pack(m->msg),
        .content = fz_join_content(message),
        .judged = &judged,
    };
    Next next;

    fz_parts_key(message->direction, message->sender, message->receiver, part,
                 &it.key);
    judge_alone(&it, &judged);
    next = find_place(&it);
    if (!may_be_done(&it, next, &judged)) {
        fz_judged_clear(a->plugin, &judged);
        judge_alone(&it, &judged);
        next = find_place(&it);
        (void)may_be_done(&it, next, &judged); /* once again, not more */
    }
    fz_buf_clear(&it.record);
    if (next == NEXT_DECIDE) {
        fz_judged_clear(a->plugin, &judged); /* its scanner is wanted again */
        carry_out(&it, next, NULL);
    } else {
        carry_out(&it, next, &judged);
        fz_judged_clear(a->plugin, &judged);
    }
    octstr_destroy(it.packed);
    fz_buf_clear(&it.key);
}
