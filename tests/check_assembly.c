/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_assembly.c - parts of longer messages, through fanzha.so in a host
 * that can inject
 */
#include "config.h"

#include "base/buf.h"
#include "base/limits.h"
#include "tests/assembly_kit.h"

#include <stdio.h>

#define BUFFERED FZBOX_STATUS_BUFFERED
#define UNCHANGED FZBOX_STATUS_UNCHANGED
#define MO PLUGINBOX_MESSAGE_FROM_BEARERBOX

/* --- going on --------------------------------------------------------------
 */
static const unsigned orders[][3] = {
    {1, 2, 3}, {3, 2, 1}, {2, 3, 1}, {3, 1, 2}};

START_TEST(parts_in_any_order_leave_in_order_with_their_own_fields)
{
    static const char *const texts[] = {"one ", "two ", "three"};
    bool wide = _i % 2 == 1;

    kit_start("enforce", "");
    for (size_t i = 0; i < 3; i++) {
        unsigned number = orders[_i][i];
        KitPart it = kit_part_of(0x1234, 3, number, texts[number - 1]);

        it.wide = wide;
        it.own_box = "box-one";
        kit_expect(&it, BUFFERED);
        if (i < 2)
            ck_assert_uint_eq(kit_injections(), 0);
    }
    for (size_t i = 0; i < 3; i++) {
        const KitInjected *came = kit_injected(i);
        KitPart it = kit_part_of(0x1234, 3, (unsigned)i + 1, texts[i]);
        Octstr *want, *got;
        Msg *like;

        it.wide = wide;
        it.own_box = "box-one";
        like = kit_part(&it);
        uuid_copy(like->sms.id, came->msg->sms.id);
        want = msg_pack(like);
        got = msg_pack(came->msg);
        ck_assert_int_eq(octstr_compare(want, got), 0);
        ck_assert_int_eq(came->emulate, PLUGINBOX_MESSAGE_FROM_SMSBOX);
        ck_assert_str_eq(came->box, "box-one");
        octstr_destroy(want);
        octstr_destroy(got);
        msg_destroy(like);
    }
    kit_expect_nothing_left();
    ck_assert_uint_eq(kit_injections(), 3);
    ck_assert_int_eq(kit_figure("counters.parts.mt.kept"), 3);
    ck_assert_int_eq(kit_figure("counters.parts.mt.joined"), 1);
    ck_assert_int_eq(kit_figure("counters.messages.mt.judged"), 1);
    ck_assert_int_eq(kit_figure("counters.messages.mt.disposed.deliver"), 1);
    kit_stop();
}
END_TEST

START_TEST(a_part_is_acknowledged_before_its_siblings_come)
{
    kit_start("enforce", "");
    kit_part_gets(7, 5, 4, "four", BUFFERED);
    ck_assert_int_eq(kit_figure("assembly.pending"), 1);
    ck_assert_int_eq(kit_figure("assembly.parts"), 1);
    ck_assert_uint_eq(kit_injections(), 0);
    kit_stop();
}
END_TEST

static const struct {
    const char *name;
    KitPart other; /* part 2 of 2, reference 7 but for this */
} strangers[] = {
    {"another reference",
     {.reference = 8, .total = 2, .number = 2, .text = "deposit"}},
    {"another total",
     {.reference = 7, .total = 3, .number = 2, .text = "deposit"}},
    {"a wide reference",
     {.reference = 7,
      .total = 2,
      .number = 2,
      .wide = true,
      .text = "deposit"}},
    {"another sender",
     {.reference = 7,
      .total = 2,
      .number = 2,
      .sender = "1",
      .text = "deposit"}},
    {"another receiver",
     {.reference = 7,
      .total = 2,
      .number = 2,
      .receiver = "1",
      .text = "deposit"}},
    {"another direction",
     {.reference = 7, .total = 2, .number = 2, .type = MO, .text = "deposit"}},
};

START_TEST(parts_of_different_messages_do_not_meet)
{
    kit_start("enforce", "");
    kit_part_gets(7, 2, 1, "escrow ", BUFFERED);
    kit_expect(&strangers[_i].other, BUFFERED);
    ck_assert_msg(kit_figure("assembly.pending") == 2, "%s",
                  strangers[_i].name);
    ck_assert_str_eq(kit_texts(-1), "");
    kit_stop();
}
END_TEST

START_TEST(parts_meet_over_different_boxes)
{
    KitPart first = kit_part_of(7, 2, 1, "an escr"),
            second = kit_part_of(7, 2, 2, "ow deposit");

    kit_start("enforce", "");
    first.box = "box-one";
    second.box = "box-two";
    kit_expect(&first, BUFFERED);
    kit_expect(&second, BUFFERED);
    ck_assert_str_eq(kit_texts(0), "an escrow deposit\n");
    kit_stop();
}
END_TEST

START_TEST(each_part_leaves_over_the_link_that_it_came_over)
{
    KitPart first = kit_part_of(7, 3, 1, "one"),
            second = kit_part_of(7, 3, 2, "two"),
            third = kit_part_of(7, 3, 3, "three");

    kit_start("enforce", "");
    second.box = "box-two";
    third.own_box = "box-away"; /* its reports go there, not itself */
    kit_expect(&second, BUFFERED);
    kit_expect(&third, BUFFERED);
    kit_expect(&first, BUFFERED);
    ck_assert_str_eq(kit_injected(0)->box, "box-one");
    ck_assert_str_eq(kit_injected(1)->box, "box-two");
    ck_assert_str_eq(kit_injected(2)->box, "box-one");
    kit_expect_nothing_left();
    kit_stop();
}
END_TEST

START_TEST(a_message_of_one_part_does_not_wait)
{
    kit_start("enforce", "");
    kit_part_gets(7, 1, 1, "alone", UNCHANGED);
    kit_part_gets(7, 0, 0, "without a header", UNCHANGED);
    kit_part_gets(7, 2, 3, "three of two", UNCHANGED);
    ck_assert_int_eq(kit_figure("assembly.pending"), 0);
    kit_stop();
}
END_TEST

/* --- held ------------------------------------------------------------------
 */
static const struct {
    const char *name;
    unsigned first, second; /* number of "…escr", of "ow deposit…" */
    bool wide;
    long coding, type;
} splits[] = {
    {"in order", 1, 2, false, 0, 0},
    {"the wrong way round", 2, 1, false, 0, 0},
    {"with a 16-bit reference", 1, 2, true, 0, 0},
    {"in UCS-2, the wrong way round", 2, 1, true, 2, 0},
    {"from a phone", 1, 2, false, 0, MO},
    {"from a phone, the wrong way round", 2, 1, true, 0, MO},
};

START_TEST(a_word_split_over_parts_is_held_as_one_message)
{
    static const char *const texts[] = {"send the escr", "ow deposit today"};
    unsigned numbers[] = {splits[_i].first, splits[_i].second};
    json_t *records, *record, *parts;

    kit_start("enforce", "");
    for (size_t i = 0; i < 2; i++) {
        KitPart it = kit_part_of(300, 2, numbers[i], texts[numbers[i] - 1]);

        it.wide = splits[_i].wide;
        it.coding = splits[_i].coding;
        it.type = splits[_i].type;
        kit_expect(&it, BUFFERED);
    }
    ck_assert_msg(strcmp(kit_texts(0), "send the escrow deposit today\n") == 0,
                  "%s: %s", splits[_i].name, kit_texts(-1));
    ck_assert_uint_eq(kit_packed_count(), 2);
    kit_expect_nothing_left();
    ck_assert_uint_eq(kit_injections(), 0);
    records = kit_records();
    ck_assert_uint_eq(json_array_size(records), 1);
    record = json_array_get(records, 0);
    ck_assert_str_eq(kit_name(record, "verdict"), "quarantine");
    ck_assert_str_eq(kit_name(record, "decider"), "t.hold");
    ck_assert_str_eq(kit_name(record, "disposition"), "hold");
    parts = json_object_get(record, "parts");
    ck_assert_int_eq(json_integer_value(json_object_get(parts, "total")), 2);
    ck_assert_uint_eq(json_array_size(json_object_get(parts, "came")), 2);
    ck_assert(json_is_false(json_object_get(parts, "copies")));
    json_decref(records);
    kit_stop();
}
END_TEST

START_TEST(a_link_split_over_parts_is_held_where_rewriting_is_not_allowed)
{
    kit_start("enforce", "");
    kit_part_gets(9, 3, 3, "/abc now", BUFFERED);
    kit_part_gets(9, 3, 1, "see htt", BUFFERED);
    kit_part_gets(9, 3, 2, "p://track.example", BUFFERED);
    /* rewritten: the whole leaves as one message without a header */
    kit_expect_injected(0, "see [gone] now");
    kit_expect_nothing_left();
    kit_stop();
}
END_TEST

/* --- refused ---------------------------------------------------------------
 */
START_TEST(a_rejected_whole_refuses_the_last_part_and_reports_on_the_others)
{
    KitPart it = kit_part_of(4, 3, 1, "say the reject");

    kit_start("enforce", "");
    it.dlr_url = "url-1";
    it.own_box = "box-named";
    kit_expect(&it, BUFFERED);
    kit_part_gets(4, 3, 3, " and more", BUFFERED); /* asked for no report */
    it = kit_part_of(4, 3, 2, "word");
    it.dlr_url = "url-2";
    kit_expect(&it, PLUGINBOX_MESSAGE_REJECT);
    kit_expect_report(0, "url-1", "F15", "box-named");
    kit_expect_nothing_left();
    ck_assert_uint_eq(kit_injections(), 1);
    ck_assert_str_eq(kit_texts(8), "say the rejectword and more\n");
    ck_assert_int_eq(kit_figure("counters.reports_sent"), 1);
    ck_assert_int_eq(kit_figure("counters.messages.mt.disposed.refuse"), 1);
    ck_assert_int_eq(kit_figure("store.items.evidence"), 1);
    kit_stop();
}
END_TEST

START_TEST(a_part_that_alone_is_rejected_takes_its_siblings_with_it)
{
    KitPart it = kit_part_of(4, 3, 1, "harmless");

    kit_start("enforce", "");
    it.dlr_url = "url-1";
    kit_expect(&it, BUFFERED);
    kit_part_gets(4, 3, 2, "a rejectword", PLUGINBOX_MESSAGE_REJECT);
    kit_expect_report(0, "url-1", "F15", "box-one");
    kit_part_gets(4, 3, 3, "harmless too", PLUGINBOX_MESSAGE_REJECT);
    ck_assert_uint_eq(kit_injections(), 1);
    kit_expect_figure("assembly.reporting", 0);
    /* what is remembered is not a message that waits for ever */
    ck_assert_int_eq(kit_figure("assembly.pending"), 1);
    kit_stop();
}
END_TEST

/* Its row is written while its siblings are already decided about. */
START_TEST(of_a_refused_part_nothing_stays_in_the_store)
{
    kit_start("enforce", "");
    for (unsigned i = 0; i < 20; i++) {
        kit_part_gets(i, 2, 1, "harmless", BUFFERED);
        kit_part_gets(i, 2, 2, "a rejectword", PLUGINBOX_MESSAGE_REJECT);
    }
    kit_expect_nothing_left();
    kit_expect_figure("store.parts", 0);
    kit_stop();
}
END_TEST

START_TEST(a_refusal_is_remembered_over_a_restart)
{
    kit_start("enforce", "");
    kit_part_gets(4, 3, 2, "a rejectword", PLUGINBOX_MESSAGE_REJECT);
    kit_unload();
    kit_load();
    kit_part_gets(4, 3, 1, "harmless", PLUGINBOX_MESSAGE_REJECT);
    kit_stop();
}
END_TEST

START_TEST(a_refusal_does_not_outlive_the_time_of_a_message)
{
    kit_start("enforce", "assembly = { timeout-s = 1; };");
    kit_part_gets(4, 3, 2, "a rejectword", PLUGINBOX_MESSAGE_REJECT);
    kit_expect_figure("assembly.pending", 0);
    kit_expect_figure("store.parts", 0);
    kit_part_gets(4, 3, 1, "harmless", BUFFERED);
    kit_stop();
}
END_TEST

START_TEST(another_message_of_the_name_of_a_refused_one_is_a_message_of_its_own)
{
    kit_start("enforce", "");
    kit_part_gets(4, 2, 1, "a rejectword", PLUGINBOX_MESSAGE_REJECT);
    kit_part_gets(4, 2, 1, "a new ", BUFFERED);
    kit_part_gets(4, 2, 2, "message", BUFFERED);
    kit_expect_injected(0, "a new ");
    kit_expect_injected(1, "message");
    kit_expect_nothing_left();
    kit_stop();
}
END_TEST

START_TEST(a_phone_s_message_is_refused_without_a_report)
{
    KitPart it = kit_part_of(4, 2, 1, "the reject");

    kit_start("enforce", "");
    it.type = MO;
    it.dlr_url = "url";
    kit_expect(&it, BUFFERED);
    it.number = 2;
    it.text = "word";
    kit_expect(&it, PLUGINBOX_MESSAGE_REJECT);
    kit_expect_nothing_left();
    ck_assert_uint_eq(kit_injections(), 0);
    ck_assert_str_eq(kit_texts(8), "the rejectword\n");
    kit_stop();
}
END_TEST

/* --- changed ---------------------------------------------------------------
 */
START_TEST(a_rewritten_message_leaves_whole_and_without_its_parts_header)
{
    KitPart first = kit_part_of(4, 2, 1, "at http://track.exa"),
            second = kit_part_of(4, 2, 2, "mple/abc tonight");
    const KitInjected *it;

    kit_start("enforce", "");
    first.dlr_url = "url-1"; /* of who else asks: check_assembly_reports */
    kit_expect(&second, BUFFERED);
    kit_expect(&first, BUFFERED);
    it = kit_injected(0);
    ck_assert_str_eq(octstr_get_cstr(it->msg->sms.msgdata),
                     "at [gone] tonight");
    ck_assert_int_eq(octstr_len(it->msg->sms.udhdata), 0);
    ck_assert_str_eq(octstr_get_cstr(it->msg->sms.dlr_url), "url-1");
    ck_assert_int_eq(it->msg->sms.priority, 1);
    kit_expect_nothing_left();
    ck_assert_uint_eq(kit_injections(), 1);
    ck_assert_str_eq(kit_texts(8), "at http://track.example/abc tonight\n");
    ck_assert_uint_eq(kit_packed_count(), 2);
    kit_stop();
}
END_TEST

START_TEST(what_else_is_in_a_header_stays_in_the_rewritten_message)
{
    KitPart first = kit_part_of(4, 2, 1, "at http://track.exa"),
            second = kit_part_of(4, 2, 2, "mple/abc");
    const KitInjected *it;

    kit_start("enforce", "");
    first.ports = second.ports = true;
    kit_expect(&first, BUFFERED);
    kit_expect(&second, BUFFERED);
    it = kit_injected(0);
    ck_assert_str_eq(octstr_get_cstr(it->msg->sms.msgdata), "at [gone]");
    ck_assert_int_eq(octstr_len(it->msg->sms.udhdata), 7);
    ck_assert_int_eq(octstr_get_char(it->msg->sms.udhdata, 0), 6);
    ck_assert_int_eq(octstr_get_char(it->msg->sms.udhdata, 1), 5);
    kit_stop();
}
END_TEST

/* --- twice, and anew -------------------------------------------------------
 */
START_TEST(a_part_that_comes_twice_is_acknowledged_and_not_doubled)
{
    kit_start("enforce", "");
    kit_part_gets(4, 2, 1, "one ", BUFFERED);
    kit_part_gets(4, 2, 1, "one ", BUFFERED);
    ck_assert_int_eq(kit_figure("assembly.parts"), 1);
    ck_assert_int_eq(kit_figure("counters.parts.known"), 1);
    kit_part_gets(4, 2, 2, "two", BUFFERED);
    kit_expect_injected(0, "one ");
    kit_expect_injected(1, "two");
    kit_expect_nothing_left();
    ck_assert_uint_eq(kit_injections(), 2);
    kit_stop();
}
END_TEST

START_TEST(another_content_begins_the_message_anew_and_the_old_goes_on)
{
    kit_start("enforce", "");
    kit_part_gets(4, 2, 1, "old one", BUFFERED);
    kit_part_gets(4, 2, 1, "new ", BUFFERED);
    kit_expect_injected(0, "old one");
    kit_part_gets(4, 2, 2, "message", BUFFERED);
    kit_expect_injected(1, "new ");
    kit_expect_injected(2, "message");
    kit_expect_nothing_left();
    ck_assert_int_eq(kit_figure("counters.failures.parts-missing.mt"), 1);
    kit_stop();
}
END_TEST

/* --- missing ---------------------------------------------------------------
 */
static const struct {
    const char *name, *conf, *first, *second;
    size_t leave;
    const char *held;
} missing[] = {
    {"pass", "", "one ", "two", 2, ""},
    {"pass, and a part that a rule holds", "", "one ", "escrow deposit", 0,
     "one \xEF\xBF\xBF"
     "escrow deposit\n"},
    {"quarantine", "failure = { mt = { parts-missing = \"quarantine\"; }; };",
     "one ", "two", 0, "one \xEF\xBF\xBFtwo\n"},
};

START_TEST(what_came_is_judged_when_the_rest_stays_away)
{
    FzBuf conf = FZ_BUF_INIT;

    fz_buf_printf(&conf, "assembly = { timeout-s = 1; };\n%s",
                  missing[_i].conf);
    kit_start("enforce", fz_buf_text(&conf));
    fz_buf_clear(&conf);
    kit_part_gets(4, 4, 1, missing[_i].first, BUFFERED);
    kit_part_gets(4, 4, 3, missing[_i].second, BUFFERED);
    kit_expect_nothing_left();
    ck_assert_uint_eq(kit_injections(), missing[_i].leave);
    ck_assert_msg(strcmp(kit_texts(0), missing[_i].held) == 0, "%s: %s",
                  missing[_i].name, kit_texts(0));
    ck_assert_int_eq(kit_figure("counters.failures.parts-missing.mt"), 1);
    kit_expect_figure("store.parts", 0);
    kit_stop();
}
END_TEST

/* --- more than may wait ----------------------------------------------------
 */
START_TEST(the_one_that_waited_longest_makes_room)
{
    kit_start("enforce", "assembly = { max-pending = 2; };\n"
                         "failure = { mt = { parts-overflow = \"pass\"; }; };");
    kit_part_gets(1, 2, 1, "first", BUFFERED);
    kit_part_gets(2, 2, 1, "second", BUFFERED);
    kit_part_gets(3, 2, 1, "third", BUFFERED);
    kit_expect_injected(0, "first");
    kit_expect_figure("assembly.pending", 2);
    ck_assert_int_eq(kit_figure("counters.failures.parts-overflow.mt"), 1);
    kit_part_gets(3, 2, 2, " whole", BUFFERED);
    kit_expect_injected(1, "third");
    kit_expect_injected(2, " whole");
    kit_stop();
}
END_TEST

START_TEST(the_one_that_waited_longest_is_held_by_default)
{
    kit_start("enforce", "assembly = { max-pending = 1; };");
    kit_part_gets(1, 2, 1, "first", BUFFERED);
    kit_part_gets(2, 2, 1, "second", BUFFERED);
    kit_expect_figure("store.items.held", 1);
    ck_assert_str_eq(kit_texts(0), "first\n");
    ck_assert_uint_eq(kit_injections(), 0);
    kit_stop();
}
END_TEST

START_TEST(whoever_comes_is_put_off_where_the_policy_defers)
{
    kit_start("enforce",
              "assembly = { max-pending = 1; };\n"
              "failure = { mt = { parts-overflow = \"defer\"; }; };");
    kit_part_gets(1, 2, 1, "first", BUFFERED);
    kit_part_gets(2, 2, 1, "second", FZBOX_STATUS_DEFER);
    kit_part_gets(1, 2, 2, " goes on", BUFFERED);
    kit_expect_injected(1, " goes on");
    ck_assert_int_eq(kit_figure("counters.failures.parts-overflow.mt"), 1);
    kit_stop();
}
END_TEST

/* --- more octets than may wait ---------------------------------------------
 */
static KitPart bulky(unsigned reference, unsigned total, unsigned number,
                     const char *text, size_t bulk)
{
    KitPart it = kit_part_of(reference, total, number, text);

    it.bulk = bulk;
    return it;
}

START_TEST(one_message_takes_no_more_octets_than_one_commit_may_hold)
{
    KitPart first = bulky(1, 3, 1, "first ", FZ_LIMIT_HELD_OCTETS / 7),
            second = bulky(1, 3, 2, "second ", FZ_LIMIT_HELD_OCTETS / 7);

    kit_start("enforce", "");
    kit_expect(&first, BUFFERED);
    kit_expect(&second, BUFFERED); /* alone: the policy holds it */
    kit_expect_figure("store.items.held", 1);
    ck_assert_str_eq(kit_texts(0), "second \n");
    ck_assert_int_eq(kit_figure("counters.failures.parts-overflow.mt"), 1);
    ck_assert_int_eq(kit_figure("assembly.parts"), 1);
    kit_stop();
}
END_TEST

START_TEST(the_largest_message_that_may_wait_is_one_commit)
{
    KitPart first = bulky(1, 2, 1, "at http://tr", FZ_LIMIT_HELD_OCTETS / 9),
            second =
                bulky(1, 2, 2, "ack.example/abc", FZ_LIMIT_HELD_OCTETS / 9);

    first.dlr_url = second.dlr_url = "url";
    kit_start("enforce", "");
    kit_expect(&second, BUFFERED);
    kit_expect(&first, BUFFERED);
    kit_expect_injected(0, "at [gone]");
    ck_assert_int_eq(kit_figure("counters.failures.store-failed.mt"), 0);
    ck_assert_int_eq(kit_figure("assembly.awaiting"), 1);
    kit_stop();
}
END_TEST

#define MANY 300
#define BULK 1000000

START_TEST(parts_of_messages_that_wait_already_are_bounded_by_octets_too)
{
    long long octets;

    kit_start("observe", ""); /* as copies: nothing is written */
    for (unsigned i = 0; i < MANY; i++) {
        KitPart small = kit_part_of(i, 3, 1, "small"),
                large = bulky(i, 3, 2, "large", BULK);

        small.wide = large.wide = true;
        kit_expect(&small, FZBOX_STATUS_UNCHANGED);
        kit_expect(&large, FZBOX_STATUS_UNCHANGED);
    }
    octets = kit_figure("assembly.octets");
    ck_assert_int_le(octets, FZ_LIMIT_ASSEMBLY_OCTETS);
    ck_assert_int_gt(octets, FZ_LIMIT_ASSEMBLY_OCTETS - 2 * BULK);
    ck_assert_int_eq(kit_figure("counters.failures.parts-overflow.mt"),
                     2 * MANY - kit_figure("assembly.parts"));
    kit_stop();
}
END_TEST

/* What it is to say instead cannot be sent; nor may nothing be. */
START_TEST(a_rewrite_that_does_not_fit_stays_so_when_there_is_no_room_either)
{
    char text[320];
    KitPart first = bulky(1, 3, 1, "first ", FZ_LIMIT_HELD_OCTETS / 7),
            second = bulky(1, 3, 2, text, FZ_LIMIT_HELD_OCTETS / 7);

    memset(text, 'x', sizeof text);
    memcpy(text, "at http://track.example/abc ", 28);
    text[sizeof text - 1] = '\0';
    kit_start("enforce", "failure = { mt = { parts-overflow = \"pass\"; }; };");
    kit_expect(&first, BUFFERED);
    kit_expect(&second, BUFFERED); /* rewrite-fallback: quarantine */
    kit_expect_figure("store.items.held", 1);
    ck_assert_int_eq(kit_figure("counters.failures.parts-overflow.mt"), 1);
    kit_stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("assembly");
    TCase *tc = tcase_create("assembly");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc,
                        parts_in_any_order_leave_in_order_with_their_own_fields,
                        0, COUNT(orders));
    tcase_add_test(tc, a_part_is_acknowledged_before_its_siblings_come);
    tcase_add_loop_test(tc, parts_of_different_messages_do_not_meet, 0,
                        COUNT(strangers));
    tcase_add_test(tc, parts_meet_over_different_boxes);
    tcase_add_test(tc, each_part_leaves_over_the_link_that_it_came_over);
    tcase_add_test(tc, a_message_of_one_part_does_not_wait);
    tcase_add_loop_test(tc, a_word_split_over_parts_is_held_as_one_message, 0,
                        COUNT(splits));
    tcase_add_test(
        tc, a_link_split_over_parts_is_held_where_rewriting_is_not_allowed);
    tcase_add_test(
        tc, a_rejected_whole_refuses_the_last_part_and_reports_on_the_others);
    tcase_add_test(tc,
                   a_part_that_alone_is_rejected_takes_its_siblings_with_it);
    tcase_add_test(tc, of_a_refused_part_nothing_stays_in_the_store);
    tcase_add_test(tc, a_refusal_is_remembered_over_a_restart);
    tcase_add_test(tc, a_refusal_does_not_outlive_the_time_of_a_message);
    tcase_add_test(
        tc,
        another_message_of_the_name_of_a_refused_one_is_a_message_of_its_own);
    tcase_add_test(tc, a_phone_s_message_is_refused_without_a_report);
    tcase_add_test(
        tc, a_rewritten_message_leaves_whole_and_without_its_parts_header);
    tcase_add_test(tc, what_else_is_in_a_header_stays_in_the_rewritten_message);
    tcase_add_test(tc, a_part_that_comes_twice_is_acknowledged_and_not_doubled);
    tcase_add_test(tc,
                   another_content_begins_the_message_anew_and_the_old_goes_on);
    tcase_add_loop_test(tc, what_came_is_judged_when_the_rest_stays_away, 0,
                        COUNT(missing));
    tcase_add_test(tc, the_one_that_waited_longest_makes_room);
    tcase_add_test(tc, the_one_that_waited_longest_is_held_by_default);
    tcase_add_test(tc, whoever_comes_is_put_off_where_the_policy_defers);
    tcase_add_test(tc,
                   one_message_takes_no_more_octets_than_one_commit_may_hold);
    tcase_add_test(tc, the_largest_message_that_may_wait_is_one_commit);
    tcase_add_test(
        tc, parts_of_messages_that_wait_already_are_bounded_by_octets_too);
    tcase_add_test(
        tc, a_rewrite_that_does_not_fit_stays_so_when_there_is_no_room_either);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
