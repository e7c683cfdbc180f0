/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/box_messages.h"

#include <string.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

uint64_t fz_test_random(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9E3779B97F4A7C15u); /* splitmix64 */

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static long draw_integer(uint64_t *seed)
{
    static const long edges[] = {
        -1, 0, 1, 2, 3, 4, 255, 2147483647, -2147483647L - 1};
    uint64_t r = fz_test_random(seed);

    if (r % 4 == 0)
        return (int32_t)(r >> 32);
    return edges[(r >> 8) % (sizeof edges / sizeof edges[0])];
}

static Octstr *draw_string(uint64_t *seed)
{
    static const char *const texts[] = {"",
                                        "x",
                                        "+49170000001",
                                        "Ihre Sendung liegt bereit",
                                        "您的包裹已到达",
                                        "?smpp?a=b",
                                        "\xF0\x9F\x90\xA7 penguin",
                                        "-1"};
    uint64_t r = fz_test_random(seed);
    size_t octets;
    Octstr *os;

    if (r % 4 == 0)
        return NULL;
    if (r % 4 < 3)
        return octstr_create(texts[(r >> 8) % (sizeof texts / sizeof *texts)]);
    octets = r % 97 == 0 ? 40000 : (r >> 8) % 400;
    os = octstr_create("");
    while ((size_t)octstr_len(os) < octets) {
        uint64_t block = fz_test_random(seed);

        octstr_append_data(os, (const char *)&block, sizeof block);
    }
    octstr_truncate(os, (int)octets);
    return os;
}

static void draw_uuid(uint8_t *id, uint64_t *seed)
{
    uint64_t halves[2] = {fz_test_random(seed), fz_test_random(seed)};

    memcpy(id, halves, sizeof halves);
}

Msg *fz_test_message(enum msg_type type, uint64_t *seed)
{
    Msg *msg = msg_create(type);

    switch (msg->type) {
#define INTEGER(name) p->name = draw_integer(seed);
#define OCTSTR(name) p->name = draw_string(seed);
#define UUID(name) draw_uuid(p->name, seed);
#define VOID(name)
#define MSG(tag, stmt)                                                         \
    case tag: {                                                                \
        struct tag *p = &msg->tag;                                             \
        stmt                                                                   \
    } break;
#include "gw/msg-decl.h"
    case msg_type_count:
        break;
    }
    return msg;
}

Msg *fz_test_sms(long sms_type, uint64_t *seed)
{
    Msg *msg = fz_test_message(sms, seed);
    uint64_t r = fz_test_random(seed);

    octstr_destroy(msg->sms.sender);
    octstr_destroy(msg->sms.receiver);
    msg->sms.sender = octstr_format("%lu", (unsigned long)(r % 7000 + 10000));
    msg->sms.receiver =
        octstr_format("+49170%07lu", (unsigned long)((r >> 20) % 10000000));
    msg->sms.sms_type = sms_type;
    msg->sms.coding = (long)((r >> 50) % 4) - 1;
    msg->sms.time = 1700000000 + (long)((r >> 40) % 1000);
    return msg;
}

static bool same_string(Octstr *a, Octstr *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return octstr_compare(a, b) == 0;
}

const char *fz_test_difference(const Msg *a, const Msg *b)
{
    if (a->type != b->type)
        return "type";
    switch (a->type) {
#define INTEGER(name)                                                          \
    if (p->name != q->name)                                                    \
        return #name;
#define OCTSTR(name)                                                           \
    if (!same_string(p->name, q->name))                                        \
        return #name;
#define UUID(name)                                                             \
    if (memcmp(p->name, q->name, sizeof(uuid_t)) != 0)                         \
        return #name;
#define VOID(name)
#define MSG(tag, stmt)                                                         \
    case tag: {                                                                \
        const struct tag *p = &a->tag, *q = &b->tag;                           \
        stmt                                                                   \
    } break;
#include "gw/msg-decl.h"
    case msg_type_count:
        break;
    }
    return NULL;
}
