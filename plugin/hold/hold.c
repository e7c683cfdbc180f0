/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/hold/hold.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "engine/verdict/record.h"
#include "plugin/host.h"
#include "plugin/judged.h"
#include "plugin/msg.h"

#include "gwlib/gwlib.h"
#include "gw/msg.h"

typedef struct Item {
    FzHold *hold;
    PluginBoxMsg *m; /* NULL: evidence, nobody waits */
    FzDirection direction;
    FzFailureChoice otherwise;
    FzBuf record;
} Item;

struct FzHold {
    FzPlugin *plugin;
    FzAgain *again; /* NULL where the host can defer */
};

static void item_destroy(Item *item)
{
    fz_buf_clear(&item->record);
    fz_free(item);
}

static void finish(FzHold *hold, Item *item, FzDisposition disposition)
{
    PluginBoxMsg *m = item->m;
    FzDirection direction = item->direction;

    fz_judged_log(hold->plugin, &item->record, disposition, fz_clock_wall_ms());
    item_destroy(item);
    if (disposition == FZ_DISPOSE_DEFER)
        fz_hold_defer(hold, m, direction);
    else
        fz_host_finish(hold->plugin, m, disposition);
}

/* On the store's writer thread, which is one of gwlib's. */
static void committed(void *ctx, FzStatus status, int64_t row)
{
    Item *item = ctx;
    FzHold *hold = item->hold;
    FzCounters *counters = &hold->plugin->counters;

    (void)row;
    if (item->m == NULL) {
        if (status != FZ_OK)
            fz_count(&counters->evidence_lost);
        item_destroy(item);
    } else if (status == FZ_OK) {
        finish(hold, item, FZ_DISPOSE_HOLD);
    } else {
        fz_count(&counters->failure[FZ_FAILURE_STORE_FAILED][item->direction]);
        finish(hold, item,
               fz_dispose_failure(FZ_FAILURE_STORE_FAILED, item->otherwise));
    }
}

/* What is sealed may hold text: a rewritten message is kept before and after.
 */
static void close_record(const FzHoldRequest *request, FzBuf *out)
{
    if (request->record.octets == 0)
        return;
    fz_buf_append_slice(out, fz_buf_slice(&request->record));
    if (request->delivered.data != NULL) {
        json_t *text = fz_record_text(request->delivered);
        char *quoted = json_dumps(text, FZ_RECORD_DUMP | JSON_ENCODE_ANY);

        fz_buf_printf(out, ",\"delivered\":%s", quoted);
        fz_free(quoted);
        json_decref(text);
    }
    fz_buf_append_octet(out, '}');
}

FzHeld fz_hold_fill(const FzPlugin *plugin, const FzHoldRequest *request,
                    FzHeldState state, FzSlice id, FzSlice packed, FzBuf *text)
{
    const FzVerdict *verdict = request->verdict;
    const FzMessage *message = request->message;

    close_record(request, text);
    return (FzHeld){
        .received_ms = message->now_ms,
        .state = state,
        .direction = message->direction,
        .message_id = id,
        .node = fz_slice_of(plugin->config->node),
        .verdict = fz_slice_of(fz_action_name(verdict->would)),
        .reason =
            fz_slice_of(verdict->reason != NULL ? verdict->reason->name : NULL),
        .rule = fz_slice_of(verdict->decider),
        .profile = fz_slice_of(verdict->profile != NULL ? verdict->profile->name
                                                        : NULL),
        .generation = fz_slice_of(request->generation),
        .score = verdict->score,
        .sender = message->sender,
        .receiver = message->receiver,
        .identity = message->identity,
        .text = request->text == NULL
                    ? fz_slice(NULL, 0)
                    : fz_slice(request->text->raw, request->text->octets),
        .packed = packed,
        .record = fz_buf_slice(text),
    };
}

static FzStatus submit(FzHold *hold, const FzHoldRequest *request, Msg *msg,
                       Item *item)
{
    Octstr *packed = msg_pack(msg);
    FzBuf text = FZ_BUF_INIT;
    FzHeld held = fz_hold_fill(
        hold->plugin, request,
        item->m != NULL ? FZ_HELD_HELD : FZ_HELD_EVIDENCE,
        fz_slice(msg->sms.id, sizeof(uuid_t)), fz_msg_slice(packed), &text);
    FzStatus status;

    status = fz_store_submit(hold->plugin->store, &held, committed, item);
    fz_buf_clear(&text);
    octstr_destroy(packed);
    return status;
}

/* A phone's message does not say which box bearerbox had chosen for it, and
 * when it is released it goes there. */
static void name_box(const FzHold *hold, PluginBoxMsg *m, FzDirection direction)
{
    const char *box =
        direction == FZ_DIRECTION_MO ? fz_host_box(hold->plugin, m) : NULL;

    if (box == NULL || octstr_len(m->msg->sms.boxc_id) > 0)
        return;
    octstr_destroy(m->msg->sms.boxc_id);
    m->msg->sms.boxc_id = octstr_create(box);
}

void fz_hold_message(FzHold *hold, PluginBoxMsg *m, FzHoldRequest *request)
{
    Item *item = fz_calloc(1, sizeof *item);
    FzStatus status;

    item->hold = hold;
    item->m = m;
    item->direction = request->message->direction;
    item->otherwise = request->otherwise;
    item->record = request->record;
    name_box(hold, m, request->message->direction);
    status = submit(hold, request, m->msg, item);
    request->record = (FzBuf)FZ_BUF_INIT; /* it may have been ended already */
    if (status != FZ_OK)
        committed(item, status, 0);
}

void fz_hold_evidence(FzHold *hold, const PluginBoxMsg *m,
                      const FzHoldRequest *request)
{
    Item *item = fz_calloc(1, sizeof *item);
    FzStatus status;

    item->hold = hold;
    status = submit(hold, request, m->msg, item);
    if (status != FZ_OK)
        committed(item, status, 0);
}

void fz_hold_defer(FzHold *hold, PluginBoxMsg *m, FzDirection direction)
{
    if (direction == FZ_DIRECTION_MO && hold->again != NULL) {
        fz_count(&hold->plugin->counters.host_cannot_defer);
        fz_again_take(hold->again, m);
    } else {
        fz_host_finish(hold->plugin, m, FZ_DISPOSE_DEFER);
    }
}

FzHold *fz_hold_create(FzPlugin *plugin, FzAgainJudge judge)
{
    FzHold *hold = fz_calloc(1, sizeof *hold);

    hold->plugin = plugin;
    if ((plugin->host.can & FZ_HOST_CAN_DEFER) == 0)
        hold->again = fz_again_create(plugin, judge);
    return hold;
}

void fz_hold_stop(FzHold *hold)
{
    if (hold != NULL)
        fz_again_stop(hold->again);
}

void fz_hold_destroy(FzHold *hold)
{
    if (hold == NULL)
        return;
    fz_again_destroy(hold->again);
    fz_free(hold);
}
