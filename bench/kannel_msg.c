/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "bench/kannel_msg.h"

#include "gwlib/gwlib.h"
#include "gw/msg.h"

void kannel_msg_start(void)
{
    gwlib_init();
    log_set_output_level(GW_PANIC);
}

void kannel_msg_stop(void)
{
    gwlib_shutdown();
}

static Octstr *string_of(FzSlice slice)
{
    return octstr_create_from_data((const char *)slice.data,
                                   (long)slice.octets);
}

void *kannel_msg_create(const FzMessage *message)
{
    Msg *msg = msg_create(sms);

    msg->sms.sender = octstr_create("10690000000000");
    msg->sms.receiver = octstr_create("+8613000000000");
    msg->sms.msgdata = string_of(message->octets);
    msg->sms.coding = message->coding;
    msg->sms.sms_type = mt_push;
    msg->sms.time = 1700000000;
    msg->sms.smsc_id = octstr_create("smsc1");
    msg->sms.service = octstr_create("customer");
    msg->sms.account = octstr_create("account");
    msg->sms.boxc_id = octstr_create("box1");
    msg->sms.dlr_mask = 31;
    msg->sms.dlr_url = octstr_create("http://app.example/dlr?id=1&status=%d");
    return msg;
}

void kannel_msg_destroy(void *msg)
{
    msg_destroy(msg);
}

long kannel_msg_pack_unpack(void *msg)
{
    Octstr *frame = msg_pack(msg);
    Msg *back = msg_unpack(frame);
    long octets = octstr_len(frame);

    msg_destroy(back);
    octstr_destroy(frame);
    return octets;
}
