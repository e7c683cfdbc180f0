/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/hold/join.h"
#include "plugin/msg.h"

#include "gwlib/gwlib.h"
#include "gw/msg.h"

/* 3GPP TS 23.040 9.2.3.24 */
#define IEI_CONCATENATED_8 0x00
#define IEI_CONCATENATED_16 0x08

void fz_udh_without_part(FzSlice udh, FzBuf *out)
{
    size_t begin = out->octets;

    fz_buf_append_octet(out, 0);
    for (size_t at = 1; at + 2 <= udh.octets;) {
        size_t octets = 2u + udh.data[at + 1];

        if (octets > udh.octets - at)
            break;
        if (udh.data[at] != IEI_CONCATENATED_8 &&
            udh.data[at] != IEI_CONCATENATED_16)
            fz_buf_append(out, udh.data + at, octets);
        at += octets;
    }
    if (out->octets == begin + 1)
        out->octets = begin;
    else
        out->data[begin] = (uint8_t)(out->octets - begin - 1);
}

FzDigest fz_join_content(const FzMessage *part)
{
    uint8_t coding = (uint8_t)part->coding;
    FzSlice pieces[] = {fz_slice(&coding, 1), part->udh, part->octets};

    return fz_digest(fz_slice(NULL, 0), pieces,
                     sizeof pieces / sizeof pieces[0]);
}

void fz_join_init(FzJoin *join)
{
    join->count = 0;
    fz_buf_init(&join->header);
    fz_buf_init(&join->octets);
}

void fz_join_clear(FzJoin *join)
{
    for (size_t i = 0; i < join->count; i++)
        msg_destroy(join->msg[i]);
    fz_buf_clear(&join->header);
    fz_buf_clear(&join->octets);
    join->count = 0;
}

bool fz_join_add(FzJoin *join, uint8_t number, FzSlice packed,
                 FzDirection direction, int64_t now_ms)
{
    Octstr *octets;
    Msg *msg;

    if (join->count == FZ_LIMIT_PARTS)
        return false;
    octets =
        octstr_create_from_data((const char *)packed.data, (long)packed.octets);
    msg = msg_unpack(octets);
    octstr_destroy(octets);
    if (msg == NULL)
        return false;
    if (msg_type(msg) != sms) {
        msg_destroy(msg);
        return false;
    }
    join->msg[join->count] = msg;
    join->number[join->count] = number;
    join->packed[join->count] = packed;
    fz_msg_read(msg, direction, now_ms, &join->part[join->count++]);
    return true;
}

/* What one message has one coding for. 7-bit and UCS-2 together are text, which
 * UCS-2 carries; with 8-bit among them nobody can say what they are. */
static FzCoding common_coding(const FzJoin *join)
{
    FzCoding common = join->part[0].coding;

    for (size_t i = 1; i < join->count; i++) {
        FzCoding coding = join->part[i].coding;

        if (coding == common)
            continue;
        if (coding == FZ_CODING_8BIT || common == FZ_CODING_8BIT)
            return FZ_CODING_8BIT;
        if (coding == FZ_CODING_UCS2 || common == FZ_CODING_UCS2)
            common = FZ_CODING_UCS2;
    }
    return common;
}

void fz_join_finish(FzJoin *join)
{
    if (join->count == 0)
        return;
    join->whole = join->part[0];
    join->whole.coding = common_coding(join);
    fz_udh_without_part(join->part[0].udh, &join->header);
    for (size_t i = 0; i < join->count; i++)
        fz_buf_append_slice(&join->octets, join->part[i].octets);
    join->whole.udh = fz_buf_slice(&join->header);
    join->whole.octets = fz_buf_slice(&join->octets);
}

Msg *fz_join_rewritten(const FzJoin *join, const FzRewrite *rewrite)
{
    Msg *msg = msg_duplicate(join->msg[0]);

    octstr_destroy(msg->sms.udhdata);
    msg->sms.udhdata =
        join->header.octets == 0
            ? NULL
            : octstr_create_from_data((const char *)join->header.data,
                                      (long)join->header.octets);
    fz_msg_set_text(msg, rewrite->coding, fz_buf_slice(&rewrite->octets));
    return msg;
}
