/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/wire/packed.h"

#include <string.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define UUID_TEXT_OCTETS 36

typedef struct Cursor {
    const uint8_t *at, *end;
    const char *what;
} Cursor;

static bool take_integer(Cursor *c, int32_t *value_out)
{
    if (c->end - c->at < 4) {
        c->what = "is cut";
        return false;
    }
    *value_out = (int32_t)((uint32_t)c->at[0] << 24 | (uint32_t)c->at[1] << 16 |
                           (uint32_t)c->at[2] << 8 | (uint32_t)c->at[3]);
    c->at += 4;
    return true;
}

/* -1 is NULL; any other negative length is nonsense. */
static bool take_string(Cursor *c, FzSlice *value_out)
{
    int32_t octets;

    if (!take_integer(c, &octets))
        return false;
    if (octets == -1) {
        *value_out = (FzSlice){NULL, 0};
        return true;
    }
    if (octets < 0) {
        c->what = "has a negative length";
        return false;
    }
    if (octets > c->end - c->at) {
        c->what = "is longer than its frame";
        return false;
    }
    *value_out = fz_slice(c->at, (size_t)octets);
    c->at += octets;
    return true;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A UUID travels as its 36 characters. */
static bool take_uuid(Cursor *c, uint8_t *id_out)
{
    FzSlice text;
    size_t from = 0;

    if (!take_string(c, &text))
        return false;
    c->what = "is no UUID";
    if (text.octets != UUID_TEXT_OCTETS)
        return false;
    for (size_t i = 0; i < FZ_UUID_OCTETS; i++) {
        int high, low;

        if (i == 4 || i == 6 || i == 8 || i == 10)
            if (text.data[from++] != '-')
                return false;
        high = hex_value(text.data[from]);
        low = hex_value(text.data[from + 1]);
        if (high < 0 || low < 0)
            return false;
        id_out[i] = (uint8_t)(high << 4 | low);
        from += 2;
    }
    return true;
}

static FzStatus fault(FzPackedFault *fault_out, const char *field,
                      const char *what)
{
    fault_out->field = field;
    fault_out->what = what;
    return FZ_E_SYNTAX;
}

FzStatus fz_packed_read(FzSlice payload, FzPacked *packed_out,
                        FzPackedFault *fault_out)
{
    Cursor c = {payload.data, payload.data + payload.octets, NULL};
    int32_t type;

    if (!take_integer(&c, &type))
        return fault(fault_out, "type", c.what);
    if (type < 0 || type >= msg_type_count)
        return fault(fault_out, "type", "is unknown");
    packed_out->type = (enum msg_type)type;

    switch (packed_out->type) {
#define INTEGER(name)                                                          \
    if (!take_integer(&c, &p->name))                                           \
        return fault(fault_out, #name, c.what);
#define OCTSTR(name)                                                           \
    if (!take_string(&c, &p->name))                                            \
        return fault(fault_out, #name, c.what);
#define UUID(name)                                                             \
    if (!take_uuid(&c, p->name))                                               \
        return fault(fault_out, #name, c.what);
#define VOID(name)
#define MSG(type, stmt)                                                        \
    case type: {                                                               \
        struct fz_packed_##type *p = &packed_out->type;                        \
        stmt                                                                   \
    } break;
#include "gw/msg-decl.h"
    case msg_type_count:
        break;
    }
    /* Kannel ignores what comes behind the last field; octets that nobody
     * reads are no message of the version that we know. */
    if (c.at != c.end)
        return fault(fault_out, "type", "is followed by octets of no field");
    return FZ_OK;
}

static Octstr *unpack_string(FzSlice text)
{
    if (text.data == NULL)
        return NULL;
    return octstr_create_from_data((const char *)text.data, (long)text.octets);
}

Msg *fz_packed_unpack(const FzPacked *packed)
{
    Msg *msg = gw_malloc(sizeof *msg);

    msg->type = packed->type;
#define INTEGER(name) p->name = MSG_PARAM_UNDEFINED;
#define OCTSTR(name) p->name = NULL;
#define UUID(name) memset(p->name, 0, FZ_UUID_OCTETS);
#define VOID(name) p->name = NULL;
#define MSG(type, stmt)                                                        \
    {                                                                          \
        struct type *p = &msg->type;                                           \
        stmt                                                                   \
    }
#include "gw/msg-decl.h"

    switch (packed->type) {
#define INTEGER(name) p->name = q->name;
#define OCTSTR(name) p->name = unpack_string(q->name);
#define UUID(name) memcpy(p->name, q->name, FZ_UUID_OCTETS);
#define VOID(name)
#define MSG(type, stmt)                                                        \
    case type: {                                                               \
        struct type *p = &msg->type;                                           \
        const struct fz_packed_##type *q = &packed->type;                      \
        stmt                                                                   \
    } break;
#include "gw/msg-decl.h"
    case msg_type_count:
        break;
    }
    return msg;
}
