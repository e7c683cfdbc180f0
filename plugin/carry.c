/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/carry.h"
#include "plugin/hold/hold.h"
#include "plugin/host.h"
#include "plugin/msg.h"
#include "plugin/warn.h"

#include "gwlib/gwlib.h"
#include "gw/msg.h"

void fz_carry_record(FzPlugin *plugin, const PluginBoxMsg *m,
                     const FzJudged *judged, const FzPartRef *part,
                     FzBuf *record)
{
    char id[FZ_MSG_ID_TEXT];

    fz_msg_id_text(m->msg, id);
    fz_judged_record(plugin, judged, id, record);
    if (record->octets > 0 && part != NULL)
        fz_buf_printf(record,
                      ",\"part\":{\"reference\":%u,\"number\":%u,\"total\":%u}",
                      part->reference, part->number, part->total);
}

/* The text as it was goes to the store, the rewritten one into `m`. */
static void change(FzPlugin *plugin, PluginBoxMsg *m, const FzJudged *judged,
                   FzHoldRequest *request)
{
    const FzRewrite *rewrite = &judged->rewrite;

    if (request->record.octets > 0)
        fz_buf_printf(&request->record, ",\"segments\":[%u,%u]",
                      rewrite->segments_before, rewrite->segments_after);
    request->delivered = fz_buf_slice(&rewrite->text);
    fz_hold_evidence(plugin->hold, m, request);
    fz_msg_set_text(m->msg, rewrite->coding, fz_buf_slice(&rewrite->octets));
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
    fz_judged_log(plugin, &request->record, disposition,
                  judged->message.now_ms);
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
        .otherwise = judged->bundle->policy->failure[FZ_FAILURE_STORE_FAILED]
                                                    [judged->message.direction],
    };

    fz_carry_record(plugin, m, judged, part, &request.record);
    see_through(plugin, m, judged, &request);
    fz_buf_clear(&request.record);
}
