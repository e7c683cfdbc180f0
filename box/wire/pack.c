/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/wire/pack.h"

#include "base/limits.h"
#include "box/wire/frame.h"
#include "box/wire/packed.h"

#include <string.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define UUID_TEXT_OCTETS 36

static uint8_t *put_integer(uint8_t *at, int32_t value)
{
    uint32_t v = (uint32_t)value;

    at[0] = (uint8_t)(v >> 24);
    at[1] = (uint8_t)(v >> 16);
    at[2] = (uint8_t)(v >> 8);
    at[3] = (uint8_t)v;
    return at + 4;
}

static uint8_t *put_slice(uint8_t *at, FzSlice text)
{
    if (text.data == NULL)
        return put_integer(at, -1);
    at = put_integer(at, (int32_t)text.octets);
    if (text.octets > 0)
        memcpy(at, text.data, text.octets);
    return at + text.octets;
}

static FzSlice slice_of(Octstr *os)
{
    if (os == NULL)
        return (FzSlice){NULL, 0};
    return fz_slice(octstr_get_cstr(os), (size_t)octstr_len(os));
}

static uint8_t *put_uuid(uint8_t *at, const uint8_t *id)
{
    static const char hex[] = "0123456789abcdef";

    at = put_integer(at, UUID_TEXT_OCTETS);
    for (size_t i = 0; i < FZ_UUID_OCTETS; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = (uint8_t)hex[id[i] >> 4];
        *at++ = (uint8_t)hex[id[i] & 15];
    }
    return at;
}

size_t fz_pack_octets(const Msg *msg)
{
    size_t octets = 4;

    switch (msg->type) {
#define INTEGER(name) octets += 4;
#define OCTSTR(name) octets += 4 + (size_t)octstr_len(p->name);
#define UUID(name) octets += 4 + UUID_TEXT_OCTETS;
#define VOID(name)
#define MSG(type, stmt)                                                        \
    case type: {                                                               \
        const struct type *p = &msg->type;                                     \
        (void)p;                                                               \
        stmt                                                                   \
    } break;
#include "gw/msg-decl.h"
    case msg_type_count:
    default: /* a plugin may have written anything there */
        return 0;
    }
    return octets > FZ_LIMIT_FRAME_OCTETS ? 0 : FZ_FRAME_HEAD_OCTETS + octets;
}

void fz_pack(const Msg *msg, uint8_t *at)
{
    uint8_t *start = at;

    at = put_integer(at + FZ_FRAME_HEAD_OCTETS, (int32_t)msg->type);
    switch (msg->type) {
#define INTEGER(name) at = put_integer(at, (int32_t)p->name);
#define OCTSTR(name) at = put_slice(at, slice_of(p->name));
#define UUID(name) at = put_uuid(at, p->name);
#define VOID(name)
#define MSG(type, stmt)                                                        \
    case type: {                                                               \
        const struct type *p = &msg->type;                                     \
        stmt                                                                   \
    } break;
#include "gw/msg-decl.h"
    case msg_type_count:
        break;
    }
    put_integer(start, (int32_t)(at - start - FZ_FRAME_HEAD_OCTETS));
}

void fz_pack_ack(const uint8_t *id, int32_t time, ack_status_t status,
                 uint8_t *at)
{
    at = put_integer(at, FZ_PACK_ACK_OCTETS - FZ_FRAME_HEAD_OCTETS);
    at = put_integer(at, ack);
    at = put_integer(at, (int32_t)status);
    at = put_integer(at, time);
    put_uuid(at, id);
}

size_t fz_pack_admin_octets(FzSlice boxc_id)
{
    return FZ_FRAME_HEAD_OCTETS + 4 + 4 + 4 + boxc_id.octets;
}

void fz_pack_admin(int32_t command, FzSlice boxc_id, uint8_t *at)
{
    at = put_integer(
        at, (int32_t)(fz_pack_admin_octets(boxc_id) - FZ_FRAME_HEAD_OCTETS));
    at = put_integer(at, admin);
    at = put_integer(at, command);
    put_slice(at, boxc_id);
}
