/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/hold/assembly.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "engine/decode/decode.h"
#include "plugin/hold/assembly_impl.h"
#include "plugin/hold/join.h"
#include "plugin/hold/mark.h"
#include "plugin/hold/report.h"
#include "plugin/host.h"
#include "plugin/live/live.h"
#include "plugin/msg.h"

#include <time.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define LOOK_MS 1000 /* whether anything may still act */
#define BUSY_MS 20   /* until parts that are being committed are */
#define DUE_NOW 0

/* ------------------------------------------------------------------- lists */
void fz_assembly_hurry(FzAssembly *a, FzWhole *whole, FzPartsWhy why)
{
    whole->why = why;
    fz_parts_take(a->parts, whole);
    fz_parts_give(a->parts, whole, DUE_NOW);
    pthread_cond_signal(&a->news);
}

void fz_assembly_wake(FzAssembly *a, FzWhole *whole)
{
    if (whole->after == NULL)
        return;
    *a->again_end = whole->after;
    a->again_end = whole->after_end;
    whole->after = NULL;
    whole->after_end = &whole->after;
    pthread_cond_signal(&a->news);
}

static void forgotten(void *ctx, FzStatus status, const int64_t *part_rows,
                      int64_t held_row)
{
    /* a row that stays is removed after a restart, at its deadline */
    (void)ctx, (void)status, (void)part_rows, (void)held_row;
}

void fz_assembly_forget(FzAssembly *a, const FzPiece *piece)
{
    FzPartsChange change = {.remove = &piece->row, .remove_count = 1};

    if (piece->row != 0 && fz_store_change_parts(a->plugin->store, &change,
                                                 forgotten, NULL) != FZ_OK)
        forgotten(NULL, FZ_E_LIMIT, NULL, 0);
}

static void forget_row(FzAssembly *a, const FzPartsRow *row)
{
    fz_assembly_forget(a, &(FzPiece){.row = row->row});
}

static void note_row(FzAssembly *a, FzWhole *whole, const FzPartsRow *row)
{
    FzPiece *piece = fz_whole_piece(whole, row->number);

    if (piece != NULL && piece->state == FZ_PIECE_REFUSED && piece->row == 0 &&
        memcmp(&piece->content, &row->content, sizeof row->content) == 0)
        piece->row = row->row;
    else /* it is over already */
        forget_row(a, row);
}

void fz_assembly_remember(FzAssembly *a, FzSlice key, const FzPartsRow *row)
{
    FzWhole *whole = fz_parts_find(a->parts, key);
    FzPartsRow *late;

    if (whole == NULL) {
        forget_row(a, row);
    } else if (whole->busy) {
        late = fz_malloc(sizeof *late);
        *late = *row;
        late->next = whole->rows;
        whole->rows = late;
    } else {
        note_row(a, whole, row);
    }
}

void fz_assembly_give(FzAssembly *a, FzWhole *whole, int64_t due_ms)
{
    fz_parts_give(a->parts, whole, due_ms);
    for (FzPartsRow *row; (row = whole->rows) != NULL; fz_free(row)) {
        whole->rows = row->next;
        note_row(a, whole, row);
    }
    fz_assembly_wake(a, whole);
    pthread_cond_signal(&a->news);
}

void fz_assembly_end(FzAssembly *a, FzWhole *whole)
{
    for (uint16_t i = 0; i < whole->count; i++)
        if (whole->piece[i].state == FZ_PIECE_REFUSED)
            fz_assembly_forget(a, &whole->piece[i]);
    for (const FzPartsRow *row = whole->rows; row != NULL; row = row->next)
        forget_row(a, row);
    fz_assembly_wake(a, whole);
    fz_parts_end(a->parts, whole);
}

/* ------------------------------------------------------------------ thread */
/* With the lock held; false: nothing is due. */
static bool decide_one(FzAssembly *a, int64_t now_ms)
{
    FzWhole *whole = fz_parts_first(a->parts);
    FzPartsWhy why;

    if (whole == NULL || whole->due_ms > now_ms)
        return false;
    fz_parts_take(a->parts, whole);
    if (whole->in_state[FZ_PIECE_TAKING] > 0) {
        fz_parts_give(a->parts, whole, now_ms + BUSY_MS);
        return true;
    }
    why = whole->why;
    pthread_mutex_unlock(&a->turn);
    fz_assembly_decide(a, whole, why);
    pthread_mutex_lock(&a->turn);
    return true;
}

static void look_again(FzAssembly *a, FzPartsAfter *after)
{
    PluginBoxMsg *m = after->unanswered;
    bool mt = m->type == PLUGINBOX_MESSAGE_FROM_SMSBOX;
    FzMessage message;
    FzPartRef part;

    fz_msg_read(m->msg, mt ? FZ_DIRECTION_MT : FZ_DIRECTION_MO,
                fz_clock_wall_ms(), &message);
    if (fz_udh_part(message.udh, &part))
        fz_assembly_take(a, m, &message, part, after->box);
    fz_free(after->box);
    fz_free(after);
}

static bool look_at_one_again(FzAssembly *a)
{
    FzPartsAfter *after = a->again;

    if (after == NULL)
        return false;
    a->again = after->next;
    if (a->again == NULL)
        a->again_end = &a->again;
    pthread_mutex_unlock(&a->turn);
    look_again(a, after);
    pthread_mutex_lock(&a->turn);
    return true;
}

static bool bypass_is_on(FzPlugin *plugin, int64_t now_ms)
{
    json_t *bypass = fz_bypass_json(plugin->bypass, now_ms);
    bool on = json_array_size(bypass) > 0;

    json_decref(bypass);
    return on;
}

/* A bypass, or a reload to observe: what waits leaves within a second, not at
 * its deadline. With the lock held. */
static void let_go(FzAssembly *a, int64_t now_ms)
{
    FzPlugin *plugin = a->plugin;
    FzBundle *bundle = fz_live_take(plugin);
    FzEntrySnapshot *entries = fz_entries_take(plugin->entries);
    bool all = !fz_judged_could_act(bundle, entries->overlay),
         some = bypass_is_on(plugin, now_ms);
    FzWhole *whole = all || some ? fz_parts_first(a->parts) : NULL;

    while (whole != NULL) {
        FzWhole *next = fz_parts_next(whole);

        if (whole->in_state[FZ_PIECE_OURS] > 0 &&
            whole->why == FZ_PARTS_MISSING && whole->due_ms > now_ms &&
            (all || fz_bypass_applies(plugin->bypass,
                                      fz_slice_of(whole->identity), now_ms)))
            fz_assembly_hurry(a, whole, FZ_PARTS_LET_GO);
        whole = next;
    }
    fz_entries_give(plugin->entries, entries);
    fz_live_give(plugin, bundle);
}

static void sleep_until(FzAssembly *a, int64_t look_ms)
{
    FzWhole *whole = fz_parts_first(a->parts);
    int64_t until_ms = look_ms;
    struct timespec at;

    if (whole != NULL && whole->due_ms < until_ms)
        until_ms = whole->due_ms;
    at = (struct timespec){.tv_sec = until_ms / 1000,
                           .tv_nsec = until_ms % 1000 * 1000000};
    pthread_cond_timedwait(&a->news, &a->turn, &at);
}

static void run(void *arg)
{
    FzAssembly *a = arg;
    int64_t look_ms = 0;

    pthread_mutex_lock(&a->turn);
    while (!a->stopping) {
        int64_t now_ms = fz_clock_wall_ms();

        if (now_ms >= look_ms || look_ms > now_ms + LOOK_MS) {
            let_go(a, now_ms);
            if (a->await != NULL)
                fz_later_look(a->await, now_ms);
            look_ms = now_ms + LOOK_MS;
        }
        if (!decide_one(a, now_ms) && !look_at_one_again(a))
            sleep_until(a, look_ms);
    }
    pthread_mutex_unlock(&a->turn);
}

/* ----------------------------------------------------------------- loading */
/* What was decided before the start: parts of one message stand together. */
typedef struct Loading {
    FzAssembly *a;
    FzBuf leaving_key;
    FzLeaving *leaving;
    size_t waiting, again, reports, unreadable;
} Loading;

static void end_leaving(Loading *it)
{
    if (it->leaving != NULL)
        fz_leave_go(it->a->leave, it->leaving);
    it->leaving = NULL;
    it->leaving_key.octets = 0;
}

static void load_leaving(Loading *it, int64_t row, const FzPart *part,
                         FzSlice key, const char *box, Msg *msg)
{
    FzLeavingKind kind = part->direction == FZ_DIRECTION_MT
                             ? FZ_LEAVING_TO_BEARERBOX
                             : FZ_LEAVING_TO_BOX;

    if (it->leaving == NULL || key.octets == 0 ||
        !fz_slice_equal(key, fz_buf_slice(&it->leaving_key))) {
        end_leaving(it);
        it->leaving = fz_leaving_create(kind, part->received_ms);
        fz_buf_append_slice(&it->leaving_key, key);
    }
    fz_leaving_add(it->leaving, row, msg, box);
    it->again++;
    fz_count(&it->a->plugin->counters.parts_again);
}

static void load_report(Loading *it, int64_t row, const FzPart *part,
                        const char *box, Msg *msg)
{
    FzLeaving *report = fz_leaving_create(FZ_LEAVING_REPORT, part->received_ms);

    fz_leaving_add(report, row, msg, box);
    fz_leave_go(it->a->leave, report);
    it->reports++;
}

static void load_waiting(Loading *it, int64_t row, const FzPart *part,
                         FzSlice key, const FzMessage *message, FzPartRef ref,
                         const char *box)
{
    FzAssembly *a = it->a;
    FzWhole *whole = fz_parts_find(a->parts, key);
    FzPiece *piece;

    if (whole == NULL)
        whole = fz_parts_begin(a->parts, key, message->direction, ref,
                               message->identity, part->received_ms,
                               part->received_ms + a->timeout_ms);
    if (fz_whole_piece(whole, ref.number) != NULL) {
        /* another message of that name, whose end was not committed */
        fz_parts_forget_key(a->parts, whole);
        whole = fz_parts_begin(a->parts, key, message->direction, ref,
                               message->identity, part->received_ms,
                               part->received_ms + a->timeout_ms);
    }
    piece = fz_whole_add(a->parts, whole, ref.number,
                         part->state == FZ_PART_REFUSED ? FZ_PIECE_REFUSED
                                                        : FZ_PIECE_OURS,
                         part->packed, box);
    piece->row = row;
    piece->content = fz_join_content(message);
    if (fz_whole_is_complete(whole))
        fz_assembly_hurry(a, whole, FZ_PARTS_COMPLETE);
    else if (whole->in_state[FZ_PIECE_OURS] > 0 &&
             whole->in_state[FZ_PIECE_REFUSED] > 0)
        fz_assembly_hurry(a, whole, FZ_PARTS_REFUSED);
    it->waiting++;
}

/* False: it is none that can be handled. */
static bool load_message(Loading *it, int64_t row, const FzPart *part,
                         const char *box, Msg *msg)
{
    FzBuf key = FZ_BUF_INIT;
    FzMessage message;
    FzPartRef ref;
    bool is_part, taken = true;

    fz_msg_read(msg, (FzDirection)part->direction, part->received_ms, &message);
    is_part = fz_udh_part(message.udh, &ref) && ref.total > 1;
    if (is_part)
        fz_parts_key(message.direction, message.sender, message.receiver, ref,
                     &key);
    if (part->state != FZ_PART_LEAVING)
        end_leaving(it);
    switch (part->state) {
    case FZ_PART_LEAVING:
        load_leaving(it, row, part, fz_buf_slice(&key), box,
                     msg_duplicate(msg));
        break;
    case FZ_PART_REPORTING:
        load_report(it, row, part, box,
                    fz_report_from_note(msg, part->note, fz_clock_wall_ms()));
        break;
    case FZ_PART_REPORT:
        load_report(it, row, part, box, msg_duplicate(msg));
        break;
    case FZ_PART_AWAITING:
        /* a host that shows no reports may be followed by one that does */
        taken = it->a->await == NULL || fz_later_load(it->a->await, row, part);
        break;
    case FZ_PART_WAITING:
    case FZ_PART_REFUSED:
        taken = is_part;
        if (is_part)
            load_waiting(it, row, part, fz_buf_slice(&key), &message, ref, box);
        break;
    }
    fz_buf_clear(&key);
    return taken;
}

static bool load_one(void *ctx, int64_t row, const FzPart *part)
{
    Loading *it = ctx;
    Octstr *packed = octstr_create_from_data((const char *)part->packed.data,
                                             (long)part->packed.octets);
    Msg *msg = msg_unpack(packed);
    char *box = part->box.data == NULL
                    ? NULL
                    : fz_strndup(part->box.data, part->box.octets);

    octstr_destroy(packed);
    if (msg == NULL || msg_type(msg) != sms ||
        !load_message(it, row, part, box, msg))
        it->unreadable++;
    msg_destroy(msg);
    fz_free(box);
    return true;
}

static FzStatus load(FzAssembly *a, const FzDiagSink *sink)
{
    const char *path = a->plugin->config->store.path;
    Loading it = {.a = a};
    /* a part that was altered is named; the others are not to wait for it */
    FzStatus status = fz_store_parts(a->plugin->store, load_one, &it, sink);

    end_leaving(&it);
    fz_buf_clear(&it.leaving_key);
    if (it.unreadable > 0)
        fz_diag_warn(sink, FZ_E_SYNTAX, path, 0, NULL,
                     "%zu parts in it are no parts of messages", it.unreadable);
    if (it.again > 0)
        fz_diag_warn(sink, FZ_OK, path, 0, NULL,
                     "%zu messages and parts were on their way at the end: "
                     "they are sent again, and may arrive twice",
                     it.again);
    return status == FZ_E_SYNTAX ? FZ_OK : status;
}

/* ------------------------------------------------------- beginning and end */
static FzStatus say_what_waits(FzPlugin *plugin, const FzDiagSink *sink)
{
    FzStoreStats stats;

    fz_store_stats(plugin->store, &stats);
    if (stats.parts > 0)
        fz_diag_warn(sink, FZ_OK, plugin->config->store.path, 0, NULL,
                     "%llu parts of messages wait in it for a host that can "
                     "send them on",
                     (unsigned long long)stats.parts);
    return FZ_OK;
}

FzStatus fz_assembly_open(FzPlugin *plugin, const FzDiagSink *sink,
                          FzAssembly **assembly_out)
{
    FzAssembly *a;
    FzStatus status;

    if ((plugin->host.can & FZ_HOST_CAN_INJECT) == 0)
        return say_what_waits(plugin, sink);
    a = fz_calloc(1, sizeof *a);
    a->plugin = plugin;
    a->timeout_ms = plugin->config->assembly.timeout_ms;
    a->max_pending = (size_t)plugin->config->assembly.max_pending;
    a->parts = fz_parts_create(a->max_pending);
    a->again_end = &a->again;
    a->thread = -1;
    pthread_mutex_init(&a->turn, NULL);
    pthread_cond_init(&a->news, NULL);
    *assembly_out = a; /* whoever closes the plugin closes it too */
    a->leave = fz_leave_create(plugin);
    if (a->leave != NULL && (plugin->host.can & FZ_HOST_CAN_REPORTS) != 0)
        a->await = fz_later_create(plugin, a->leave);
    status = a->leave == NULL ? FZ_E_LIMIT : load(a, sink);
    if (status == FZ_OK) {
        a->thread = gwthread_create(run, a);
        status = a->thread < 0 ? FZ_E_LIMIT : FZ_OK;
    }
    if (status == FZ_E_LIMIT)
        fz_diag(sink, FZ_E_LIMIT, NULL, 0, NULL,
                "no thread is left for messages that wait for their parts");
    return status;
}

void fz_assembly_stop(FzAssembly *a)
{
    if (a == NULL)
        return;
    pthread_mutex_lock(&a->turn);
    a->stopping = true;
    pthread_cond_signal(&a->news);
    pthread_mutex_unlock(&a->turn);
    if (a->thread >= 0)
        gwthread_join(a->thread);
    fz_leave_stop(a->leave);
}

void fz_assembly_destroy(FzAssembly *a)
{
    if (a == NULL)
        return;
    /* nobody waits any more where the host waited for every answer */
    while (a->again != NULL) {
        FzPartsAfter *next = a->again->next;

        fz_host_finish(a->plugin, a->again->unanswered, FZ_DISPOSE_DEFER);
        fz_free(a->again->box);
        fz_free(a->again);
        a->again = next;
    }
    fz_later_destroy(a->await);
    fz_leave_destroy(a->leave);
    fz_parts_destroy(a->parts);
    pthread_mutex_destroy(&a->turn);
    pthread_cond_destroy(&a->news);
    fz_free(a);
}

bool fz_assembly_report(FzPlugin *plugin, PluginBoxMsg *m)
{
    FzMark mark;

    if (!fz_mark_read(m->msg, &mark))
        return false;
    fz_later_report(
        plugin, plugin->assembly == NULL ? NULL : plugin->assembly->await, m);
    return true;
}

FzAssemblyFigures fz_assembly_figures(FzAssembly *a)
{
    FzAssemblyFigures figures = {0};
    FzLeaveFigures leave;
    FzPartsFigures parts;

    if (a == NULL)
        return figures;
    pthread_mutex_lock(&a->turn);
    parts = fz_parts_figures(a->parts);
    pthread_mutex_unlock(&a->turn);
    leave = fz_leave_figures(a->leave);
    return (FzAssemblyFigures){
        .pending = parts.wholes,
        .parts = parts.pieces,
        .octets = parts.octets,
        .leaving = leave.leaving,
        .reporting = leave.reporting,
        .awaiting = a->await == NULL ? 0 : fz_later_parts(a->await),
    };
}
