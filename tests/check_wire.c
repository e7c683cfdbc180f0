/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/limits.h"
#include "box/wire/frame.h"
#include "box/wire/pack.h"
#include "box/wire/packed.h"
#include "tests/box_messages.h"
#include "tests/support.h"

#include <string.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define MESSAGES 2000 /* of each type */

static void begin(void)
{
    gwlib_init();
    log_set_output_level(GW_PANIC);
}

static void finish(void)
{
    gwlib_shutdown();
}

/* --- against Kannel's own ------------------------------------------------ */
START_TEST(every_message_packs_to_the_octets_that_kannel_packs)
{
    enum msg_type type = (enum msg_type)_i;
    uint64_t seed = 42 + (uint64_t)_i;

    for (int n = 0; n < MESSAGES; n++) {
        Msg *msg = fz_test_message(type, &seed);
        Octstr *theirs = msg_pack(msg);
        size_t octets = fz_pack_octets(msg);
        uint8_t *ours = gw_malloc(octets);

        fz_pack(msg, ours);
        ck_assert_uint_eq(octets, 4 + (size_t)octstr_len(theirs));
        ck_assert_uint_eq((size_t)ours[0] << 24 | (size_t)ours[1] << 16 |
                              (size_t)ours[2] << 8 | (size_t)ours[3],
                          octets - 4);
        ck_assert_msg(memcmp(ours + 4, octstr_get_cstr(theirs), octets - 4) ==
                          0,
                      "message %d of type %d", n, _i);
        gw_free(ours);
        octstr_destroy(theirs);
        msg_destroy(msg);
    }
}
END_TEST

START_TEST(every_message_unpacks_to_the_fields_that_kannel_unpacks)
{
    enum msg_type type = (enum msg_type)_i;
    uint64_t seed = 7 + (uint64_t)_i;

    for (int n = 0; n < MESSAGES; n++) {
        Msg *msg = fz_test_message(type, &seed);
        Octstr *octets = msg_pack(msg);
        Msg *theirs = msg_unpack(octets), *ours;
        FzPackedFault fault;
        FzPacked packed;
        const char *field;

        ck_assert_int_eq(fz_packed_read(fz_slice(octstr_get_cstr(octets),
                                                 (size_t)octstr_len(octets)),
                                        &packed, &fault),
                         FZ_OK);
        ours = fz_packed_unpack(&packed);
        field = fz_test_difference(ours, theirs);
        ck_assert_msg(field == NULL, "message %d of type %d: `%s' differs", n,
                      _i, field);
        msg_destroy(ours);
        msg_destroy(theirs);
        octstr_destroy(octets);
        msg_destroy(msg);
    }
}
END_TEST

/* What an unpacked Msg holds for other types must do for msg_destroy,
 * msg_duplicate and a plugin that changes the type. */
START_TEST(an_unpacked_message_is_whole_for_kannels_functions)
{
    uint64_t seed = 3;
    Msg *msg = fz_test_message(ack, &seed), *fresh = msg_create(sms), *copy;
    uint8_t frame[FZ_PACK_ACK_OCTETS];
    FzPackedFault fault;
    FzPacked packed;
    Msg *ours;

    fz_pack(msg, frame);
    ck_assert_int_eq(
        fz_packed_read(fz_slice(frame + 4, sizeof frame - 4), &packed, &fault),
        FZ_OK);
    ours = fz_packed_unpack(&packed);
    copy = msg_duplicate(ours);
    copy->type = ours->type = sms;
    memset(fresh->sms.id, 0, sizeof(uuid_t));
    memset(copy->sms.id, 0, sizeof(uuid_t));
    ck_assert_ptr_null(fz_test_difference(ours, fresh));
    msg_destroy(copy);
    msg_destroy(ours);
    msg_destroy(fresh);
    msg_destroy(msg);
}
END_TEST

START_TEST(an_own_acknowledgement_is_what_kannel_would_send)
{
    static const uint8_t id[16] = {0xDE, 0xAD, 0xBE, 0xEF, 1, 2,  3,  4,
                                   5,    6,    7,    8,    9, 10, 11, 12};
    Msg *msg = msg_create(ack);
    uint8_t frame[FZ_PACK_ACK_OCTETS];
    Octstr *theirs;

    memcpy(msg->ack.id, id, sizeof id);
    msg->ack.time = -1;
    msg->ack.nack = ack_buffered;
    theirs = msg_pack(msg);
    fz_pack_ack(id, -1, ack_buffered, frame);
    ck_assert_int_eq(octstr_len(theirs) + 4, FZ_PACK_ACK_OCTETS);
    ck_assert_mem_eq(frame + 4, octstr_get_cstr(theirs), sizeof frame - 4);
    ck_assert_mem_eq(frame, "\0\0\0\064", 4);
    octstr_destroy(theirs);
    msg_destroy(msg);
}
END_TEST

START_TEST(an_own_identification_is_what_kannel_would_send)
{
    Msg *msg = msg_create(admin);
    FzSlice name = _i == 0 ? (FzSlice){NULL, 0} : fz_slice_of("smsbox1");
    uint8_t frame[64];
    Octstr *theirs;

    msg->admin.command = cmd_identify;
    msg->admin.boxc_id = _i == 0 ? NULL : octstr_create("smsbox1");
    theirs = msg_pack(msg);
    ck_assert_uint_eq(fz_pack_admin_octets(name),
                      4 + (size_t)octstr_len(theirs));
    fz_pack_admin(cmd_identify, name, frame);
    ck_assert_mem_eq(frame + 4, octstr_get_cstr(theirs),
                     (size_t)octstr_len(theirs));
    octstr_destroy(theirs);
    msg_destroy(msg);
}
END_TEST

/* --- nonsense ------------------------------------------------------------ */
#define UUID36 "00112233-4455-6677-8899-aabbccddeeff"
#define TEXT(s) s, sizeof(s) - 1
static const struct {
    const char *name, *payload;
    size_t octets;
    const char *field; /* NULL: it is a message */
} payloads[] = {
    {"heartbeat", TEXT("\0\0\0\0\0\0\0\5"), NULL},
    {"identify without a name", TEXT("\0\0\0\1\0\0\0\3\377\377\377\377"), NULL},
    {"identify with an empty name", TEXT("\0\0\0\1\0\0\0\3\0\0\0\0"), NULL},
    {"ack", TEXT("\0\0\0\3\0\0\0\0\0\0\0\7\0\0\0\44" UUID36), NULL},
    {"ack, UUID in capitals",
     TEXT("\0\0\0\3\0\0\0\0\0\0\0\7\0\0\0\44"
          "00112233-4455-6677-8899-AABBCCDDEEFF"),
     NULL},
    {"nothing", "", 0, "type"},
    {"half a type", TEXT("\0\0"), "type"},
    {"type of no message", TEXT("\0\0\0\5\0\0\0\0"), "type"},
    {"negative type", TEXT("\377\377\377\377\0\0\0\0"), "type"},
    {"cut integer", TEXT("\0\0\0\0\0\0\0"), "load"},
    {"left over", TEXT("\0\0\0\0\0\0\0\5\0"), "type"},
    {"length -2", TEXT("\0\0\0\1\0\0\0\3\377\377\377\376"), "boxc_id"},
    {"length 2^31-1", TEXT("\0\0\0\1\0\0\0\3\177\377\377\377"), "boxc_id"},
    {"length -2^31", TEXT("\0\0\0\1\0\0\0\3\200\0\0\0"), "boxc_id"},
    {"one octet too long", TEXT("\0\0\0\1\0\0\0\3\0\0\0\4abc"), "boxc_id"},
    {"cut length", TEXT("\0\0\0\1\0\0\0\3\0\0"), "boxc_id"},
    {"UUID NULL", TEXT("\0\0\0\3\0\0\0\0\0\0\0\7\377\377\377\377"), "id"},
    {"UUID empty", TEXT("\0\0\0\3\0\0\0\0\0\0\0\7\0\0\0\0"), "id"},
    {"UUID too short",
     TEXT("\0\0\0\3\0\0\0\0\0\0\0\7\0\0\0\43"
          "00112233-4455-6677-8899-aabbccddeef"),
     "id"},
    {"UUID with a wrong digit",
     TEXT("\0\0\0\3\0\0\0\0\0\0\0\7\0\0\0\44"
          "00112233-4455-6677-8899-aabbccddeefg"),
     "id"},
    {"UUID without its dashes",
     TEXT("\0\0\0\3\0\0\0\0\0\0\0\7\0\0\0\44"
          "00112233044550667708899-aabbccddeeff"),
     "id"},
};

START_TEST(a_payload_is_taken_or_its_field_named)
{
    FzPackedFault fault = {"", ""};
    FzPacked packed;
    /* a block of exactly this size: a read beyond its end is seen */
    uint8_t *exact = gw_malloc(payloads[_i].octets + 1);
    FzStatus status;

    memcpy(exact, payloads[_i].payload, payloads[_i].octets);
    exact =
        gw_realloc(exact, payloads[_i].octets > 0 ? payloads[_i].octets : 1);
    status =
        fz_packed_read(fz_slice(exact, payloads[_i].octets), &packed, &fault);
    if (payloads[_i].field == NULL) {
        ck_assert_msg(status == FZ_OK, "%s: `%s' %s", payloads[_i].name,
                      fault.field, fault.what);
    } else {
        ck_assert_msg(status == FZ_E_SYNTAX, "%s: taken", payloads[_i].name);
        ck_assert_msg(strcmp(fault.field, payloads[_i].field) == 0,
                      "%s: blames `%s'", payloads[_i].name, fault.field);
    }
    gw_free(exact);
}
END_TEST

START_TEST(a_message_cut_anywhere_is_refused)
{
    uint64_t seed = 11 + (uint64_t)_i;
    Msg *msg = fz_test_message((enum msg_type)_i, &seed);
    Octstr *octets = msg_pack(msg);
    FzPackedFault fault;
    FzPacked packed;

    for (long n = 0; n < octstr_len(octets); n++) {
        uint8_t *exact = gw_malloc((size_t)n + 1);

        memcpy(exact, octstr_get_cstr(octets), (size_t)n);
        ck_assert_int_eq(
            fz_packed_read(fz_slice(exact, (size_t)n), &packed, &fault),
            FZ_E_SYNTAX);
        gw_free(exact);
    }
    octstr_destroy(octets);
    msg_destroy(msg);
}
END_TEST

/* --- frames -------------------------------------------------------------- */
static const struct {
    const char *name, *octets;
    size_t count;
    FzFrameSeen seen;
} frames[] = {
    {"nothing", "", 0, FZ_FRAME_PART},
    {"half a length", TEXT("\0\0"), FZ_FRAME_PART},
    {"half a frame", TEXT("\0\0\0\10\0\0\0\0\0"), FZ_FRAME_PART},
    {"a frame", TEXT("\0\0\0\10\0\0\0\0\0\0\0\1"), FZ_FRAME_WHOLE},
    {"a frame and more", TEXT("\0\0\0\10\0\0\0\0\0\0\0\1\0\0"), FZ_FRAME_WHOLE},
    {"the longest, begun", TEXT("\0\20\0\0"), FZ_FRAME_PART},
    {"longer than the longest", TEXT("\0\20\0\1"), FZ_FRAME_BAD},
    {"0xFFFFFFFF", TEXT("\377\377\377\377"), FZ_FRAME_BAD},
    {"0x7FFFFFFF", TEXT("\177\377\377\377"), FZ_FRAME_BAD},
    {"0x80000000", TEXT("\200\0\0\0"), FZ_FRAME_BAD},
    {"length 0", TEXT("\0\0\0\0"), FZ_FRAME_BAD},
    {"no room for a type", TEXT("\0\0\0\3abc"), FZ_FRAME_BAD},
};

START_TEST(a_frame_is_whole_in_part_or_bad)
{
    const char *why = NULL;
    FzFrame frame = {NULL, 0};
    FzFrameSeen seen = fz_frame_next((const uint8_t *)frames[_i].octets,
                                     frames[_i].count, &frame, &why);

    ck_assert_msg(seen == frames[_i].seen, "%s: got %d", frames[_i].name, seen);
    ck_assert_msg((why != NULL) == (seen == FZ_FRAME_BAD), "%s",
                  frames[_i].name);
    if (seen == FZ_FRAME_WHOLE)
        ck_assert_uint_eq(frame.octets, 12);
}
END_TEST

START_TEST(a_message_beyond_the_limit_is_not_packed)
{
    Msg *msg = msg_create(sms);
    size_t rest;

    msg->sms.msgdata = octstr_create("");
    rest = FZ_LIMIT_FRAME_OCTETS - (fz_pack_octets(msg) - 4);
    for (size_t i = 0; i < rest; i++)
        octstr_append_char(msg->sms.msgdata, 'x');
    ck_assert_uint_eq(fz_pack_octets(msg), FZ_LIMIT_FRAME_OCTETS + 4);
    octstr_append_char(msg->sms.msgdata, 'x');
    ck_assert_uint_eq(fz_pack_octets(msg), 0);
    msg_destroy(msg);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire");
    TCase *kannel = tcase_create("as Kannel does");
    TCase *nonsense = tcase_create("nonsense");

    tcase_add_checked_fixture(kannel, begin, finish);
    tcase_add_loop_test(kannel,
                        every_message_packs_to_the_octets_that_kannel_packs, 0,
                        msg_type_count);
    tcase_add_loop_test(kannel,
                        every_message_unpacks_to_the_fields_that_kannel_unpacks,
                        0, msg_type_count);
    tcase_add_test(kannel, an_unpacked_message_is_whole_for_kannels_functions);
    tcase_add_test(kannel, an_own_acknowledgement_is_what_kannel_would_send);
    tcase_add_loop_test(kannel, an_own_identification_is_what_kannel_would_send,
                        0, 2);
    suite_add_tcase(suite, kannel);
    tcase_add_checked_fixture(nonsense, begin, finish);
    tcase_add_loop_test(nonsense, a_payload_is_taken_or_its_field_named, 0,
                        COUNT(payloads));
    tcase_add_loop_test(nonsense, a_message_cut_anywhere_is_refused, 0,
                        msg_type_count);
    tcase_add_loop_test(nonsense, a_frame_is_whole_in_part_or_bad, 0,
                        COUNT(frames));
    tcase_add_test(nonsense, a_message_beyond_the_limit_is_not_packed);
    suite_add_tcase(suite, nonsense);
    return fz_test_run(suite);
}
