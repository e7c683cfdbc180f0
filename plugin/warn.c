/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/warn.h"
#include "engine/verdict/rewrite.h"
#include "plugin/msg.h"
#include "plugin/warn_turns.h"

#include <time.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define SENDER_MARK "{sender}"

void fz_warn_text(const FzWarning *warning, FzSlice sender, bool han,
                  FzBuf *out)
{
    const char *rest = han ? warning->zh : warning->en;
    const char *mark;

    while ((mark = strstr(rest, SENDER_MARK)) != NULL) {
        fz_buf_append(out, rest, (size_t)(mark - rest));
        fz_buf_append_slice(out, sender);
        rest = mark + strlen(SENDER_MARK);
    }
    fz_buf_append_text(out, rest);
}

Msg *fz_warn_prepare(FzPlugin *plugin, const Msg *msg, const FzMessage *message,
                     const FzWarning *warning, bool han)
{
    FzBuf text = FZ_BUF_INIT, octets = FZ_BUF_INIT;
    Msg *own;

    if (message->direction != FZ_DIRECTION_MT || warning->sender == NULL ||
        (plugin->host.can & FZ_HOST_CAN_INJECT) == 0) {
        fz_count(&plugin->counters.warnings_unsent);
        return NULL;
    }
    if (!fz_warn_turns_take(plugin->warn_turns, message->receiver,
                            message->now_ms, warning->interval_s * 1000)) {
        fz_count(&plugin->counters.warnings_spared);
        return NULL;
    }
    fz_warn_text(warning, message->sender, han, &text);
    own = msg_create(sms);
    own->sms.sms_type = mt_push;
    own->sms.sender = octstr_create(warning->sender);
    own->sms.receiver = octstr_duplicate(msg->sms.receiver);
    own->sms.coding = fz_encode_text(fz_buf_slice(&text), &octets);
    own->sms.msgdata =
        octstr_create_from_data((const char *)octets.data, (long)octets.octets);
    own->sms.smsc_id = octstr_duplicate(msg->sms.smsc_id);
    own->sms.boxc_id = octstr_duplicate(msg->sms.boxc_id);
    own->sms.time = time(NULL);
    fz_buf_clear(&text);
    fz_buf_clear(&octets);
    return own;
}

static void sent(void *context, FzHostInjected how, ack_status_t nack)
{
    FzPlugin *plugin = context;

    fz_count(how == FZ_HOST_INJECTED_ACKED &&
                     (nack == ack_success || nack == ack_buffered)
                 ? &plugin->counters.warnings_sent
                 : &plugin->counters.warnings_unsent);
}

void fz_warn_send(FzPlugin *plugin, Msg *warning)
{
    if (warning == NULL)
        return;
    if (plugin->host.extension->inject(PLUGINBOX_MESSAGE_FROM_SMSBOX,
                                       warning->sms.boxc_id, warning, sent,
                                       plugin) != 0) {
        msg_destroy(warning);
        fz_count(&plugin->counters.warnings_unsent);
    }
}
