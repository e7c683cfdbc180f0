/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/carry.h"
#include "plugin/hold/hold.h"
#include "plugin/host.h"
#include "plugin/msg.h"
#include "plugin/warn.h"

#include "gwlib/gwlib.h"
#include "gw/msg.h"

json_t *fz_carry_record(FzPlugin *plugin, const PluginBoxMsg *m,
                        const FzJudged *judged, const FzPartRef *part)
{
    char id[FZ_MSG_ID_TEXT];
    json_t *record;

    fz_msg_id_text(m->msg, id);
    record = fz_judged_record(plugin, judged, id);
    if (record != NULL && part != NULL)
        json_object_set_new(
            record, "part",
            json_pack("{s:i,s:i,s:i}", "reference", (int)part->reference,
                      "number", (int)part->number, "total", (int)part->total));
    return record;
}

/* The text as it was goes to the store, the rewritten one into `m`. */
static void change(FzPlugin *plugin, PluginBoxMsg *m, const FzJudged *judged,
                   FzHoldRequest *request)
{
    const FzRewrite *rewrite = &judged->rewrite;

    json_object_set_new(request->record, "segments",
                        json_pack("[i,i]", (int)rewrite->segments_before,
                                  (int)rewrite->segments_after));
    request->delivered = fz_buf_slice(&rewrite->text);
    fz_hold_evidence(plugin->hold, m, request);
    fz_msg_set_text(m->msg, rewrite->coding, fz_buf_slice(&rewrite->octets));
}

static void log_record(FzPlugin *plugin, const FzJudged *judged,
                       FzHoldRequest *request, FzDisposition disposition)
{
    if (request->record == NULL || plugin->records == NULL)
        return;
    json_object_set_new(request->record, "disposition",
                        json_string(fz_disposition_name(disposition)));
    if (!fz_record_log_write(plugin->records, request->record,
                             judged->message.now_ms))
        fz_count(&plugin->counters.records_lost);
}

static void see_through(FzPlugin *plugin, PluginBoxMsg *m, FzJudged *judged,
                        FzHoldRequest *request)
{
    FzDisposition disposition = fz_dispose(&judged->verdict);
    Msg *warning = NULL;

    fz_judged_fly(plugin, judged, m->msg->sms.id, disposition);
    if (judged->verdict.acted == FZ_ACTION_WARN)
        warning = fz_warn_prepare(
            plugin, m->msg, &judged->message, &judged->bundle->policy->warning,
            fz_scanner_views(judged->scanner)->features.han > 0);
    if (disposition == FZ_DISPOSE_DELIVER_CHANGED)
        change(plugin, m, judged, request);
    if (disposition == FZ_DISPOSE_HOLD) {
        fz_hold_message(plugin->hold, m, request); /* it logs the record */
        return;
    }
    if (disposition == FZ_DISPOSE_REFUSE)
        fz_hold_evidence(plugin->hold, m, request);
    log_record(plugin, judged, request, disposition);
    if (disposition == FZ_DISPOSE_DEFER)
        fz_hold_defer(plugin->hold, m, judged->message.direction);
    else
        fz_host_finish(plugin, m, disposition);
    fz_warn_send(plugin, warning);
}

void fz_carry_out(FzPlugin *plugin, PluginBoxMsg *m, FzJudged *judged,
                  const FzPartRef *part)
{
    FzHoldRequest request = {
        .message = &judged->message,
        .verdict = &judged->verdict,
        .text = fz_judged_text(judged),
        .generation = judged->bundle->digest,
        .record = fz_carry_record(plugin, m, judged, part),
        .otherwise = judged->bundle->policy->failure[FZ_FAILURE_STORE_FAILED]
                                                    [judged->message.direction],
    };

    see_through(plugin, m, judged, &request);
    json_decref(request.record);
}
