/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/digest.h"
#include "plugin/msg.h"

FzSlice fz_msg_slice(Octstr *os)
{
    return os == NULL ? fz_slice(NULL, 0)
                      : fz_slice(octstr_get_cstr(os), (size_t)octstr_len(os));
}

static FzCoding coding_of(long coding)
{
    switch (coding) {
    case 1:
        return FZ_CODING_8BIT;
    case 2:
        return FZ_CODING_UCS2;
    case 0:
        return FZ_CODING_7BIT;
    }
    return FZ_CODING_UNDEFINED;
}

void fz_msg_read(Msg *msg, FzDirection direction, int64_t now_ms,
                 FzMessage *message_out)
{
    FzSlice service = fz_msg_slice(msg->sms.service);
    FzSlice boxc = fz_msg_slice(msg->sms.boxc_id);

    *message_out = (FzMessage){
        .direction = direction,
        .sender = fz_msg_slice(msg->sms.sender),
        .receiver = fz_msg_slice(msg->sms.receiver),
        .identity = service.octets > 0 ? service : boxc,
        .account = fz_msg_slice(msg->sms.account),
        .service = service,
        .smsc = fz_msg_slice(msg->sms.smsc_id),
        .boxc = boxc,
        .coding = coding_of(msg->sms.coding),
        .udh = fz_msg_slice(msg->sms.udhdata),
        .octets = fz_msg_slice(msg->sms.msgdata),
        .now_ms = now_ms,
    };
}

void fz_msg_set_text(Msg *msg, FzCoding coding, FzSlice octets)
{
    Octstr *text =
        octstr_create_from_data((const char *)octets.data, (long)octets.octets);

    octstr_destroy(msg->sms.msgdata);
    msg->sms.msgdata = text;
    /* an undefined coding stays so while the text is 7-bit: the SMSC's own
     * default applies to it as before */
    if (coding_of(msg->sms.coding) != coding)
        msg->sms.coding = coding;
}

void fz_msg_id_text(const Msg *msg, char *text)
{
    static const size_t dash_before[] = {4, 6, 8, 10};
    char hex[2 * sizeof(uuid_t) + 1];
    size_t out = 0, dash = 0;

    fz_hex_encode(msg->sms.id, sizeof(uuid_t), hex);
    for (size_t i = 0; i < sizeof(uuid_t); i++) {
        if (dash < 4 && i == dash_before[dash]) {
            text[out++] = '-';
            dash++;
        }
        text[out++] = hex[2 * i];
        text[out++] = hex[2 * i + 1];
    }
    text[out] = '\0';
}
