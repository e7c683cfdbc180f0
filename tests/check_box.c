/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_box.c - fanzhabox relays, judges, answers and keeps the order
 */
#include "config.h"

#include "tests/box_kit.h"
#include "tests/box_messages.h"
#include "tests/support.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define MESSAGES 10000
#define WINDOW 50 /* sent before they are read at the far end */

static KitHost host;
static KitPeer box, up;
static char trace[1024];

static void start_with(const char *groups)
{
    kit_start(&host, "", groups);
    kit_pair(&host, &box, &up, "box-one");
}

/* The plugin that does what the texts say. */
static void start_with_asker(const char *mode)
{
    char args[1200];

    snprintf(trace, sizeof trace, "%s/trace", fz_test_folder());
    snprintf(args, sizeof args, "%s%s", trace, mode);
    start_with(kit_plugin("box_asker", args, 0));
}

static void stop(void)
{
    kit_close(&box);
    kit_close(&up);
    kit_stop(&host);
}

/* --- frames -------------------------------------------------------------- */
START_TEST(a_frame_that_nobody_touches_leaves_as_it_came)
{
    static const char capitals[] = "\0\0\0\064\0\0\0\3\0\0\0\0\0\0\0\7\0\0\0\44"
                                   "00112233-4455-6677-8899-AABBCCDDEEFF";
    uint64_t seed = 1;
    Msg *beat = msg_create(heartbeat), *mt, *report;
    size_t octets;
    uint8_t *frame;

    start_with("");
    beat->heartbeat.load = 17;
    frame = kit_frame(beat, &octets);
    kit_send(&box, frame, octets);
    kit_expect(&up, frame, octets);
    kit_send(&up, frame, octets);
    kit_expect(&box, frame, octets);
    gw_free(frame);

    /* a UUID that Kannel would write otherwise */
    mt = fz_test_sms(mt_push, &seed);
    memcpy(mt->sms.id,
           "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xAA\xBB\xCC\xDD\xEE\xFF",
           16);
    mt->sms.time = 7;
    kit_send_msg(&box, mt);
    kit_read(&up);
    kit_send(&up, capitals, sizeof capitals - 1);
    kit_expect(&box, capitals, sizeof capitals - 1);

    report = fz_test_sms(report_mo, &seed);
    frame = kit_frame(report, &octets);
    kit_send(&up, frame, octets);
    kit_expect(&box, frame, octets);
    gw_free(frame);
    msg_destroy(beat);
    msg_destroy(mt);
    msg_destroy(report);
    stop();
}
END_TEST

START_TEST(bearerbox_is_connected_when_the_box_names_itself_and_not_before)
{
    KitPeer early = {0};
    Msg *identify = msg_create(admin);
    size_t octets;
    uint8_t *frame;

    kit_start(&host, "", "");
    kit_box(&host, &box, NULL);
    ck_assert(!kit_accept_within(&host, &early, KIT_SILENCE_MS));
    identify->admin.command = cmd_identify; /* without a name: NULL */
    frame = kit_frame(identify, &octets);
    kit_send(&box, frame, octets);
    kit_accept(&host, &up);
    kit_expect(&up, frame, octets);
    gw_free(frame);
    msg_destroy(identify);
    stop();
}
END_TEST

START_TEST(a_box_that_sends_without_naming_itself_is_served)
{
    Msg *mt = kit_sms(mt_push, "hello");
    size_t octets;
    uint8_t *frame = kit_frame(mt, &octets);

    kit_start(&host, "", "");
    kit_box(&host, &box, NULL);
    kit_send(&box, frame, octets);
    kit_accept(&host, &up);
    kit_expect(&up, frame, octets);
    kit_send_ack(&up, mt, ack_success);
    kit_expect_ack(&box, mt, ack_success);
    gw_free(frame);
    msg_destroy(mt);
    stop();
}
END_TEST

START_TEST(an_ack_is_relayed_for_what_is_in_flight_with_its_id_and_time)
{
    Msg *first = kit_sms(mt_push, "one"), *later = msg_duplicate(first), *m_o;

    start_with("");
    kit_send_msg(&box, first);
    kit_read(&up);
    later->sms.time = first->sms.time + 1;
    kit_send_ack(&up, later, ack_success); /* another time: not this one's */
    kit_expect_silence(&box);
    kit_send_ack(&up, first, ack_failed);
    kit_expect_ack(&box, first, ack_failed);
    kit_send_ack(&up, first, ack_success); /* answered already */
    kit_expect_silence(&box);

    /* nobody deduplicates: twice sent is twice answered, and no more */
    for (int i = 0; i < 2; i++) {
        kit_send_msg(&box, first);
        kit_read(&up);
    }
    for (int i = 0; i < 3; i++)
        kit_send_ack(&up, first, ack_success);
    kit_expect_ack(&box, first, ack_success);
    kit_expect_ack(&box, first, ack_success);
    kit_expect_silence(&box);

    m_o = kit_sms(mo, "up");
    kit_send_msg(&up, m_o);
    kit_read(&box);
    later->sms.time = m_o->sms.time + 1;
    uuid_copy(later->sms.id, m_o->sms.id);
    kit_send_ack(&box, later, ack_success);
    kit_expect_silence(&up);
    kit_send_ack(&box, m_o, ack_failed_tmp);
    kit_expect_ack(&up, m_o, ack_failed_tmp);
    msg_destroy(first);
    msg_destroy(later);
    msg_destroy(m_o);
    stop();
}
END_TEST

/* --- every shape --------------------------------------------------------- */
static const struct {
    const char *name;
    bool classic;
    bool from_box;
} floods[] = {
    {"MT, judged and untouched", false, true},
    {"MO, judged and untouched", false, false},
    {"MT through a third party's plugins", true, true},
    {"MO through a third party's plugins", true, false},
};

static Msg *draw(bool from_box, uint64_t *seed)
{
    static const long from_a_box[] = {mt_reply, mt_push, report_mo, report_mt};
    uint64_t r = fz_test_random(seed);

    return fz_test_sms(from_box ? from_a_box[r % 4] : mo, seed);
}

/* Kannel writes a UUID in small letters: one in capitals shows whether a frame
 * was packed anew. */
static void capitalise_id(uint8_t *frame, size_t octets, const Msg *msg)
{
    char id[UUID_STR_LEN + 1];
    uint8_t *at;

    uuid_unparse(msg->sms.id, id);
    at = memmem(frame, octets, id, UUID_STR_LEN);
    ck_assert_ptr_nonnull(at);
    for (int i = 0; i < UUID_STR_LEN; i++)
        at[i] = (uint8_t)toupper(at[i]);
}

START_TEST(ten_thousand_messages_of_every_shape_pass)
{
    KitPeer *from = floods[_i].from_box ? &box : &up;
    KitPeer *to = floods[_i].from_box ? &up : &box;
    uint64_t seed = 100 + (uint64_t)_i;
    char groups[4096], args[1200];
    Msg *sent[WINDOW];

    if (floods[_i].classic) {
        snprintf(args, sizeof args, "trace=%s/trace", fz_test_folder());
        snprintf(groups, sizeof groups, "%s%s",
                 kit_plugin("box_classic", args, 1),
                 kit_plugin("box_classic", "", 2));
        start_with(groups);
    } else {
        start_with_asker("");
    }
    for (int n = 0; n < MESSAGES; n += WINDOW) {
        uint8_t *frame[WINDOW];
        size_t octets[WINDOW];

        for (int i = 0; i < WINDOW; i++) {
            sent[i] = draw(floods[_i].from_box, &seed);
            frame[i] = kit_frame(sent[i], &octets[i]);
            if (i % 3 == 0)
                capitalise_id(frame[i], octets[i], sent[i]);
            kit_send(from, frame[i], octets[i]);
        }
        for (int i = 0; i < WINDOW; i++) {
            if (floods[_i].classic) {
                Msg *came = kit_read_msg(to);
                const char *field = fz_test_difference(came, sent[i]);

                ck_assert_msg(field == NULL, "%s: message %d: `%s' differs",
                              floods[_i].name, n + i, field);
                msg_destroy(came);
            } else {
                kit_expect(to, frame[i], octets[i]);
            }
            kit_send_ack(to, sent[i], ack_success);
            gw_free(frame[i]);
        }
        for (int i = 0; i < WINDOW; i++) {
            kit_expect_ack(from, sent[i], ack_success);
            msg_destroy(sent[i]);
        }
    }
    snprintf(trace, sizeof trace, "%s/trace", fz_test_folder());
    if (!floods[_i].classic) /* they were judged */
        ck_assert_uint_eq(kit_count_lines(trace, " sms "), MESSAGES);
    else /* with their acks: every type comes by */
        ck_assert_uint_ge(kit_count_lines(trace, ""), 2 * MESSAGES);
    stop();
}
END_TEST

/* --- what a plugin may say ----------------------------------------------- */
#define PASSES -1
static const struct {
    const char *text;
    int mt, mo; /* the answer to the sender, or PASSES */
} wishes[] = {
    {"say:unchanged", PASSES, PASSES},
    {"say:ok", PASSES, PASSES},
    {"say:odd", PASSES, PASSES}, /* what nobody knows is OK, as in Kannel's */
    {"say:change", PASSES, PASSES},
    {"say:swap", PASSES, PASSES},
    {"say:reject", ack_failed, ack_failed},
    {"say:drop", ack_success, ack_success},
    {"say:buffered", ack_buffered, ack_buffered},
    {"say:defer", ack_failed_tmp, -2}, /* MO: neither passes nor is answered */
    {"say:null", ack_failed, ack_failed},
    {"say:retype", ack_failed, ack_failed},
    {"say:huge", ack_failed, ack_failed},
};

static void expect_passed(KitPeer *to, KitPeer *from, const Msg *sent,
                          const char *text)
{
    Msg *came = kit_read_msg(to), *want = msg_duplicate((Msg *)sent);
    const char *field;

    if (strstr(text, "change") == text + strlen(text) - 6 ||
        strstr(text, "swap") != NULL) {
        octstr_destroy(want->sms.msgdata);
        octstr_destroy(want->sms.receiver);
        want->sms.msgdata = octstr_create("changed");
        want->sms.receiver = octstr_create("+4900");
    }
    field = fz_test_difference(came, want);
    ck_assert_msg(field == NULL, "%s: `%s' differs", text, field);
    kit_send_ack(to, sent, ack_success);
    kit_expect_ack(from, sent, ack_success);
    msg_destroy(came);
    msg_destroy(want);
}

static void try_wish(bool from_box, const char *text, int answer)
{
    KitPeer *from = from_box ? &box : &up, *to = from_box ? &up : &box;
    Msg *msg = kit_sms(from_box ? mt_push : mo, text);

    kit_send_msg(from, msg);
    if (answer == PASSES)
        expect_passed(to, from, msg, text);
    else if (answer >= 0)
        kit_expect_ack(from, msg, (ack_status_t)answer);
    else
        kit_expect_silence(from);
    if (answer != PASSES)
        kit_expect_silence(to);
    msg_destroy(msg);
}

START_TEST(a_status_is_obeyed_in_both_directions)
{
    char late[128];

    start_with_asker("");
    try_wish(true, wishes[_i].text, wishes[_i].mt);
    try_wish(false, wishes[_i].text, wishes[_i].mo);
    /* the same from a thread of the plugin's own, later */
    snprintf(late, sizeof late, "say:late 50 %s", wishes[_i].text + 4);
    try_wish(true, late, wishes[_i].mt);
    try_wish(false, late, wishes[_i].mo);
    stop();
}
END_TEST

START_TEST(a_classic_plugin_stops_messages_in_both_directions)
{
    start_with(kit_plugin("box_classic", "", 0));
    try_wish(true, "classic:reject", ack_failed);
    try_wish(true, "classic:drop", ack_success);
    try_wish(false, "classic:reject", ack_failed);
    try_wish(false, "classic:drop", ack_success);
    stop();
}
END_TEST

START_TEST(an_ack_of_a_message_with_a_new_id_bears_the_old_one)
{
    Msg *mt = kit_sms(mt_push, "say:id"), *came;

    start_with_asker("");
    kit_send_msg(&box, mt);
    came = kit_read_msg(&up);
    ck_assert_int_eq(came->sms.id[0], 0x5A);
    ck_assert_int_eq(came->sms.time, 12345);
    kit_send_ack(&up, came, ack_buffered);
    kit_expect_ack(&box, mt, ack_buffered);
    msg_destroy(came);
    msg_destroy(mt);
    stop();
}
END_TEST

START_TEST(reports_pass_from_bearerbox_and_are_judged_from_a_box)
{
    static const long types[] = {report_mo, report_mt};

    start_with_asker("");
    for (size_t i = 0; i < COUNT(types); i++) {
        Msg *report = kit_sms(types[i], "say:reject");

        kit_send_msg(&up, report);
        msg_destroy(kit_read_msg(&box));
        kit_send_ack(&box, report, ack_success);
        kit_expect_ack(&up, report, ack_success);
        ck_assert_uint_eq(kit_count_lines(trace, " sms "), i);

        kit_send_msg(&box, report);
        kit_expect_ack(&box, report, ack_failed);
        ck_assert_uint_eq(kit_count_lines(trace, " sms "), i + 1);
        msg_destroy(report);
    }
    kit_expect_silence(&up);
    stop();
}
END_TEST

/* What a plugin that asked for reports may do with one. */
static const struct {
    const char *says;
    bool passes;
    ack_status_t nack; /* what bearerbox hears otherwise */
} told[] = {
    {"say:unchanged", true, ack_success},
    {"say:late 20 unchanged", true, ack_success},
    {"say:change", true, ack_success},
    {"say:drop", false, ack_success},
    {"say:reject", false, ack_failed},
};

START_TEST(reports_are_shown_to_who_asked_for_them_by_name_and_obeyed)
{
    Msg *report, *came;
    size_t octets;
    uint8_t *frame;

    start_with_asker(" reports");
    report = kit_sms(report_mo, told[_i].says);
    frame = kit_frame(report, &octets);
    kit_send(&up, frame, octets);
    if (told[_i].passes && strcmp(told[_i].says, "say:change") != 0) {
        kit_expect(&box, frame, octets);
    } else if (told[_i].passes) {
        came = kit_read_msg(&box);
        ck_assert_int_eq(came->sms.sms_type, report_mo);
        ck_assert_int_ne(octstr_compare(came->sms.msgdata, report->sms.msgdata),
                         0);
        msg_destroy(came);
    }
    if (told[_i].passes)
        kit_send_ack(&box, report, ack_success);
    kit_expect_ack(&up, report, told[_i].nack);
    if (!told[_i].passes)
        kit_expect_silence(&box);
    ck_assert_uint_eq(kit_count_lines(trace, " sms "), 1);
    gw_free(frame);
    msg_destroy(report);
    stop();
}
END_TEST

START_TEST(a_report_that_is_deferred_stays_unacknowledged_and_comes_again)
{
    char says[1200], flag[1024];
    Msg *report;

    snprintf(flag, sizeof flag, "%s", fz_test_write("flag", ""));
    snprintf(says, sizeof says, "say:if %s", flag);
    start_with_asker(" reports");
    report = kit_sms(report_mo, says);
    kit_send_msg(&up, report);
    kit_expect_silence(&up);
    kit_expect_silence(&box);
    ck_assert_int_eq(unlink(flag), 0);
    msg_destroy(kit_read_msg(&box));
    kit_send_ack(&box, report, ack_success);
    kit_expect_ack(&up, report, ack_success);
    msg_destroy(report);
    stop();
}
END_TEST

START_TEST(a_plugin_that_asks_for_every_type_sees_no_report)
{
    Msg *report = kit_sms(report_mo, "say:reject");

    start_with_asker(" all");
    kit_send_msg(&up, report);
    msg_destroy(kit_read_msg(&box));
    kit_send_ack(&box, report, ack_success);
    kit_expect_ack(&up, report, ack_success);
    ck_assert_uint_eq(kit_count_lines(trace, " sms "), 0);
    msg_destroy(report);
    stop();
}
END_TEST

START_TEST(a_plugin_sees_the_types_that_it_wants)
{
    Msg *beat = msg_create(heartbeat);

    beat->heartbeat.load = 3;
    start_with_asker(_i == 0 ? "" : " all");
    kit_send_msg(&box, beat);
    kit_read(&up);
    kit_send_msg(&up, beat);
    kit_read(&box);
    /* the identification too, when all are wanted */
    ck_assert_uint_eq(kit_count_lines(trace, " other "), _i == 0 ? 0 : 3);
    msg_destroy(beat);
    stop();
}
END_TEST

/* --- order --------------------------------------------------------------- */
static void expect_text(KitPeer *peer, const char *text)
{
    Msg *came = kit_read_msg(peer);

    ck_assert_int_eq(msg_type(came), sms);
    ck_assert_msg(octstr_str_compare(came->sms.msgdata, text) == 0,
                  "got `%s', want `%s'", octstr_get_cstr(came->sms.msgdata),
                  text);
    kit_send_ack(peer, came, ack_success);
    msg_destroy(came);
}

static void send_between(KitPeer *from, const char *sender,
                         const char *receiver, const char *text)
{
    Msg *msg =
        kit_sms_between(from == &box ? mt_push : mo, sender, receiver, text);

    kit_send_msg(from, msg);
    msg_destroy(msg);
}

START_TEST(messages_of_one_pair_keep_their_order_behind_a_slow_answer)
{
    KitPeer *from = _i == 0 ? &box : &up, *to = _i == 0 ? &up : &box;

    start_with_asker("");
    send_between(from, "1", "2", "say:late 400 unchanged");
    send_between(from, "1", "2", "second");
    send_between(from, "1", "2", "say:late 10 ok");
    send_between(from, "1", "2", "fourth");
    send_between(from, "1", "3", "of another pair");
    expect_text(to, "of another pair");
    expect_text(to, "say:late 400 unchanged");
    expect_text(to, "second");
    expect_text(to, "say:late 10 ok");
    expect_text(to, "fourth");
    stop();
}
END_TEST

/* --- deferred ------------------------------------------------------------ */
START_TEST(a_deferred_mo_waits_with_us_is_tried_once_a_second_and_in_order)
{
    char text[1200], file[1024], *lines;
    long long before = 0;
    size_t tries = 0;

    start_with_asker("");
    snprintf(file, sizeof file, "%s", fz_test_write("full", "x"));
    snprintf(text, sizeof text, "say:if %s", file);
    send_between(&up, "1", "2", text);
    send_between(&up, "1", "2", "second");
    send_between(&up, "1", "3", "of another pair");
    expect_text(&box, "of another pair");
    kit_read(&up); /* its ack, and nothing else: */
    kit_expect_silence(&up);
    while (kit_count_lines(trace, " sms ") < 4) /* tried again, twice */
        usleep(50000);
    remove(file);
    expect_text(&box, text);
    expect_text(&box, "second");

    lines = kit_read_file(trace);
    for (char *line = strtok(lines, "\n"); line != NULL;
         line = strtok(NULL, "\n")) {
        long long at = 0;

        /* the first is the deferred one, the second of another pair */
        if (strstr(line, " sms ") == NULL || ++tries == 2)
            continue;
        at = atoll(line);
        if (tries > 2 && tries <= 4)
            ck_assert_msg(at - before >= 999, "again after %lld ms",
                          at - before);
        before = at;
    }
    gw_free(lines);
    stop();
}
END_TEST

START_TEST(a_deferred_mt_is_answered_failed_tmp_and_not_at_once)
{
    Msg *mt = kit_sms(mt_push, "say:defer");

    start_with_asker("");
    kit_send_msg(&box, mt);
    ck_assert(!kit_read_within(&box, 500));
    kit_expect_ack(&box, mt, ack_failed_tmp);
    ck_assert_uint_eq(kit_count_lines(trace, " sms "), 1);
    msg_destroy(mt);
    stop();
}
END_TEST

/* --- inject -------------------------------------------------------------- */
START_TEST(a_plugin_is_told_which_box_a_message_comes_from_or_goes_to)
{
    KitPeer nameless = {0}, its_up = {0};
    Msg *mt = kit_sms(mt_push, "say:box");

    start_with_asker("");
    kit_send_msg(&box, mt);
    kit_expect_in_file(trace, "box box-one\n");
    send_between(&up, "1", "2", "say:box");
    expect_text(&box, "say:box");
    ck_assert_uint_eq(kit_count_lines(trace, "box box-one"), 2);
    kit_box(&host, &nameless, NULL);
    kit_send_msg(&nameless, mt);
    kit_accept(&host, &its_up);
    kit_expect_in_file(trace, "box -\n");
    kit_close(&nameless);
    kit_close(&its_up);
    msg_destroy(mt);
    stop();
}
END_TEST

static const struct {
    const char *text;
    bool to_up; /* else to the box */
    bool found;
} injections[] = {
    {"say:inject-mt box-one", true, true},
    {"say:inject-mt -", true, true},
    {"say:classic-inject", true, true},
    {"say:inject-mo box-one", false, true},
    {"say:inject-mo -", false, true},
    {"say:inject-mo box-two", false, false},
};

START_TEST(an_injected_message_goes_past_the_chain_and_its_ack_comes_home)
{
    KitPeer *to = injections[_i].to_up ? &up : &box;
    bool came_through = false, came_injected = false;
    Msg *mt = kit_sms(mt_push, injections[_i].text);

    start_with_asker("");
    kit_send_msg(&box, mt);
    for (int i = 0; i < 2 - !injections[_i].found; i++) {
        /* the one that asked and, in any order, the injected one */
        KitPeer *from = i == 0 || injections[_i].to_up ? &up : to;
        Msg *came = kit_read_msg(from);

        if (octstr_str_compare(came->sms.msgdata, "injected") == 0) {
            came_injected = true;
            ck_assert_int_eq(came->sms.time, 4711);
            kit_send_ack(from, came, ack_buffered);
        } else {
            came_through = true;
        }
        msg_destroy(came);
    }
    ck_assert(came_through);
    ck_assert(came_injected == injections[_i].found);
    while (kit_count_lines(trace, injections[_i].found ? "injected 0 3"
                                                       : "injected no way") < 1)
        usleep(10000);
    kit_expect_silence(&box); /* its ack is nobody else's */
    ck_assert_uint_eq(kit_count_lines(trace, " sms "), 1);
    msg_destroy(mt);
    stop();
}
END_TEST

START_TEST(an_injected_message_whose_link_closes_is_told_lost)
{
    bool to_up = _i == 0;
    Msg *mt, *came;

    start_with_asker("");
    mt = kit_sms(mt_push, to_up ? "say:inject-mt -" : "say:inject-mo -");
    kit_send_msg(&box, mt);
    came = kit_read_msg(&up);
    if (to_up)
        kit_read(&up);
    else
        kit_read(&box);
    kit_close(to_up ? &up : &box);
    while (kit_count_lines(trace, "injected 1") < 1)
        usleep(10000);
    msg_destroy(came);
    msg_destroy(mt);
    stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("box");
    TCase *relay = tcase_create("relay"), *plugins = tcase_create("plugins");

    tcase_add_checked_fixture(relay, kit_begin, kit_end);
    tcase_set_timeout(relay, 120);
    tcase_add_test(relay, a_frame_that_nobody_touches_leaves_as_it_came);
    tcase_add_test(
        relay, bearerbox_is_connected_when_the_box_names_itself_and_not_before);
    tcase_add_test(relay, a_box_that_sends_without_naming_itself_is_served);
    tcase_add_test(
        relay, an_ack_is_relayed_for_what_is_in_flight_with_its_id_and_time);
    tcase_add_loop_test(relay, ten_thousand_messages_of_every_shape_pass, 0,
                        COUNT(floods));
    suite_add_tcase(suite, relay);

    tcase_add_checked_fixture(plugins, kit_begin, kit_end);
    tcase_set_timeout(plugins, 60);
    tcase_add_loop_test(plugins, a_status_is_obeyed_in_both_directions, 0,
                        COUNT(wishes));
    tcase_add_test(plugins, a_classic_plugin_stops_messages_in_both_directions);
    tcase_add_test(plugins,
                   an_ack_of_a_message_with_a_new_id_bears_the_old_one);
    tcase_add_test(plugins,
                   reports_pass_from_bearerbox_and_are_judged_from_a_box);
    tcase_add_loop_test(
        plugins, reports_are_shown_to_who_asked_for_them_by_name_and_obeyed, 0,
        COUNT(told));
    tcase_add_test(
        plugins,
        a_report_that_is_deferred_stays_unacknowledged_and_comes_again);
    tcase_add_test(plugins, a_plugin_that_asks_for_every_type_sees_no_report);
    tcase_add_loop_test(plugins, a_plugin_sees_the_types_that_it_wants, 0, 2);
    tcase_add_loop_test(
        plugins, messages_of_one_pair_keep_their_order_behind_a_slow_answer, 0,
        2);
    tcase_add_test(
        plugins,
        a_deferred_mo_waits_with_us_is_tried_once_a_second_and_in_order);
    tcase_add_test(plugins,
                   a_deferred_mt_is_answered_failed_tmp_and_not_at_once);
    tcase_add_loop_test(
        plugins, an_injected_message_goes_past_the_chain_and_its_ack_comes_home,
        0, COUNT(injections));
    tcase_add_test(plugins,
                   a_plugin_is_told_which_box_a_message_comes_from_or_goes_to);
    tcase_add_loop_test(
        plugins, an_injected_message_whose_link_closes_is_told_lost, 0, 2);
    suite_add_tcase(suite, plugins);
    return fz_test_run(suite);
}
