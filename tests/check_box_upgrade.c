/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_box_upgrade.c - fanzhabox becomes another program, its connections stay
 */
#include "config.h"

#include "tests/support.h"
#include "tests/upgrade_kit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

/* --- what stays ---------------------------------------------------------- */
START_TEST(idle_connections_stay_and_work_with_the_new_program_and_plugin)
{
    start("", "");
    kit_pair(&host, &other_box, &other_up, "box-two");
    kit_expect_works(&box, &up);
    install_program("9.8.7");
    install_plugin("\0own");
    upgrade(0, "version 9.8.7 took over 2 connections from version " FZ_VERSION
               ", 0 were lost");
    ck_assert(!kit_accept_within(&host, &(KitPeer){0}, 0));
    kit_expect_works(&box, &up);
    kit_expect_works(&other_box, &other_up);
    kit_expect_in_file(trace, " own ");
    stop();
}
END_TEST

START_TEST(the_port_stays_and_new_boxes_come_in)
{
    start("", "");
    upgraded();
    kit_pair(&host, &other_box, &other_up, "box-two");
    kit_expect_works(&other_box, &other_up);
    kit_expect_works(&box, &up);
    stop();
}
END_TEST

START_TEST(one_upgrade_after_another)
{
    start("", "");
    for (int i = 0; i < 3; i++) {
        upgraded();
        kit_expect_works(&box, &up);
    }
    kit_expect_log(&host, "took over 1 connections");
    ck_assert_uint_eq(kit_count_lines(host.log, "hands 1 connections over"), 3);
    stop();
}
END_TEST

static const struct {
    const char *name, *text;
} flying[] = {
    {"as it came", "in flight"},
    {"changed", "say:change"},
    {"known by another id to bearerbox", "say:id"},
};

START_TEST(an_acknowledgement_that_comes_after_it_finds_its_message)
{
    Msg *mt = kit_sms(mt_push, flying[_i].text), *mt_came;
    Msg *mo_sent = kit_sms(mo, flying[_i].text), *mo_came;

    start("", "");
    kit_send_msg(&box, mt);
    mt_came = kit_read_msg(&up);
    kit_send_msg(&up, mo_sent);
    mo_came = kit_read_msg(&box);
    upgraded();
    kit_send_ack(&up, mt_came, ack_buffered);
    kit_expect_ack(&box, mt, ack_buffered);
    kit_send_ack(&box, mo_came, ack_failed);
    kit_expect_ack(&up, mo_sent, ack_failed);
    kit_expect_works(&box, &up);
    msg_destroy(mt);
    msg_destroy(mt_came);
    msg_destroy(mo_sent);
    msg_destroy(mo_came);
    stop();
}
END_TEST

START_TEST(a_frame_is_cut_by_it_and_whole_again)
{
    Msg *mt = kit_sms(mt_push, "in two pieces");
    Msg *mo_sent = kit_sms(mo, "in two pieces, too");
    size_t mt_octets, mo_octets;
    uint8_t *mt_frame = kit_frame(mt, &mt_octets);
    uint8_t *mo_frame = kit_frame(mo_sent, &mo_octets);

    start("", "");
    kit_expect_works(&box, &up);
    kit_send(&box, mt_frame, 1 + (size_t)_i);
    kit_send(&up, mo_frame, mo_octets - 1 - (size_t)_i);
    usleep(50000); /* so that it is in the program's hands */
    upgraded();
    kit_send(&box, mt_frame + 1 + _i, mt_octets - 1 - (size_t)_i);
    kit_send(&up, mo_frame + mo_octets - 1 - _i, 1 + (size_t)_i);
    kit_expect(&up, mt_frame, mt_octets);
    kit_expect(&box, mo_frame, mo_octets);
    gw_free(mt_frame);
    gw_free(mo_frame);
    msg_destroy(mt);
    msg_destroy(mo_sent);
    stop();
}
END_TEST

START_TEST(what_a_slow_peer_has_not_read_comes_in_order)
{
    enum { MANY = 20000 };
    pid_t writer;

    start("", "");
    writer = fork();
    if (writer == 0) {
        Msg *msg = kit_sms(mt_push, "flood");

        for (long i = 0; i < MANY; i++) {
            msg->sms.validity = i;
            kit_send_msg(&box, msg);
        }
        _exit(0);
    }
    usleep(300000); /* all buffers fill */
    upgraded();
    for (long i = 0; i < MANY; i++) {
        Msg *came = kit_read_msg(&up);

        ck_assert_int_eq(came->sms.validity, i);
        kit_send_ack(&up, came, ack_success);
        msg_destroy(came);
        if (i == MANY / 2)
            upgraded();
    }
    for (long i = 0; i < MANY; i++)
        kit_read(&box);
    kit_expect_silence(&box);
    stop();
}
END_TEST

START_TEST(a_deferred_mo_and_those_behind_it_keep_their_order)
{
    char text[1200], full[1024];
    const char *texts[] = {text, "second", "third"};
    Msg *sent[3];

    start("", "");
    snprintf(full, sizeof full, "%s", fz_test_write("full", "x"));
    snprintf(text, sizeof text, "say:if %s", full);
    for (int i = 0; i < 3; i++) {
        sent[i] = kit_sms_between(mo, "+4917000", "12345", texts[i]);
        kit_send_msg(&up, sent[i]);
    }
    kit_expect_in_file(trace, "sms");
    upgraded();
    kit_expect_silence(&box);
    unlink(full);
    for (int i = 0; i < 3; i++) {
        Msg *came = kit_read_msg(&box);

        ck_assert_str_eq(octstr_get_cstr(came->sms.msgdata), texts[i]);
        kit_send_ack(&box, came, ack_success);
        kit_expect_ack(&up, sent[i], ack_success);
        msg_destroy(came);
        msg_destroy(sent[i]);
    }
    stop();
}
END_TEST

/* Judged before the one in front of it was deferred: the verdict is kept, the
 * plugin does not see it twice. */
START_TEST(what_was_judged_is_not_judged_again)
{
    static const struct {
        const char *text;
        bool delivered;
        long nack;
    } behind[] = {{"say:buffered", false, ack_buffered},
                  {"say:reject", false, ack_failed},
                  {"say:change", true, ack_success},
                  {"plain", true, ack_success}};
    char text[1200], full[1024];
    Msg *first, *second, *came;

    start("", "");
    snprintf(full, sizeof full, "%s", fz_test_write("full", "x"));
    snprintf(text, sizeof text, "say:late 300 if %s", full);
    first = kit_sms_between(mo, "+4917000", "12345", text);
    second = kit_sms_between(mo, "+4917000", "12345", behind[_i].text);
    kit_send_msg(&up, first);
    kit_send_msg(&up, second);
    while (kit_count_lines(trace, " sms ") < 2)
        usleep(10000);
    usleep(500000); /* the first is deferred, the second waits behind it */
    install_plugin("\0own");
    unlink(full);
    upgraded();
    kit_expect_in_file(trace, " own ");
    came = kit_read_msg(&box);
    kit_send_ack(&box, came, ack_success);
    msg_destroy(came);
    if (behind[_i].delivered) {
        came = kit_read_msg(&box);
        ck_assert_str_eq(octstr_get_cstr(came->sms.msgdata),
                         behind[_i].text[0] == 's' ? "changed" : "plain");
        kit_send_ack(&box, came, ack_success);
        msg_destroy(came);
        kit_expect_ack(&up, first, ack_success);
        kit_expect_ack(&up, second, behind[_i].nack);
    } else {
        Msg *acks[] = {kit_read_msg(&up), kit_read_msg(&up)};
        int at = uuid_compare(acks[0]->ack.id, second->sms.id) == 0 ? 0 : 1;

        ck_assert_int_eq(uuid_compare(acks[at]->ack.id, second->sms.id), 0);
        ck_assert_int_eq(acks[at]->ack.nack, behind[_i].nack);
        ck_assert_int_eq(acks[1 - at]->ack.nack, ack_success);
        msg_destroy(acks[0]);
        msg_destroy(acks[1]);
    }
    ck_assert_uint_eq(kit_count_lines(trace, " own "), 1);
    msg_destroy(first);
    msg_destroy(second);
    stop();
}
END_TEST

START_TEST(without_bearerbox_the_box_stays_and_hears_what_it_is_owed)
{
    Msg *flight = kit_sms(mt_push, "while it is away");

    start("", "");
    kit_bearerbox_away(&host);
    kit_close(&up);
    kit_expect_log(&host, "has no connection to bearerbox");
    kit_send_msg(&box, flight); /* its answer is held back for a second */
    upgraded();
    kit_expect_ack(&box, flight, ack_failed_tmp);
    kit_bearerbox_back(&host);
    kit_accept_box(&host, &up, "box-one");
    kit_expect_works(&box, &up);
    msg_destroy(flight);
    stop();
}
END_TEST

/* bearerbox has said that it ends, and lets boxes in still: see farewell.h. */
START_TEST(the_next_program_does_not_stay_with_a_bearerbox_that_ends)
{
    bool is_left = _i == 0;

    start("", "");
    kit_send_admin(&up, cmd_restart, NULL);
    kit_expect_end(&up);
    if (is_left)
        kit_close(&up);
    upgraded();
    kit_close(&up);
    for (int i = 0; i < 4; i++) { /* both programs knock */
        kit_accept(&host, &other_up);
        ck_assert(!kit_read_within(&other_up, KIT_PATIENCE_MS));
        ck_assert_uint_eq(other_up.octets, 0);
        kit_expect_end(&other_up);
        kit_close(&other_up);
    }
    kit_bearerbox_away(&host);
    kit_bearerbox_back(&host);
    kit_accept_box(&host, &up, "box-one");
    kit_expect_works(&box, &up);
    stop();
}
END_TEST

START_TEST(a_box_that_has_ended_is_seen_through)
{
    Msg *last = kit_sms(mt_push, "my last one");

    start("", "");
    kit_send_msg(&box, last);
    kit_read(&up);
    shutdown(box.fd, SHUT_WR);
    kit_expect_log(&host, "has ended");
    upgraded();
    kit_send_ack(&up, last, ack_success);
    kit_expect_ack(&box, last, ack_success);
    kit_expect_end(&up);
    kit_expect_end(&box);
    msg_destroy(last);
    stop();
}
END_TEST

/* --- plugins ------------------------------------------------------------- */
START_TEST(what_a_plugin_has_in_hand_is_waited_for_and_judged_once)
{
    Msg *mt = kit_sms(mt_push, "say:late 700 change"), *came;

    start("", "");
    kit_send_msg(&box, mt);
    kit_expect_in_file(trace, "sms");
    upgraded();
    came = kit_read_msg(&up);
    ck_assert_str_eq(octstr_get_cstr(came->sms.msgdata), "changed");
    kit_send_ack(&up, came, ack_success);
    kit_expect_ack(&box, mt, ack_success);
    ck_assert_uint_eq(kit_count_lines(trace, " sms "), 1);
    ck_assert_uint_eq(kit_count_lines(trace, " shutdown "), 1);
    msg_destroy(came);
    msg_destroy(mt);
    stop();
}
END_TEST

START_TEST(a_plugin_that_keeps_a_message_keeps_the_old_program)
{
    Msg *mt = kit_sms(mt_push, "say:late 7000 unchanged");

    start("", "");
    kit_send_msg(&box, mt);
    kit_expect_in_file(trace, "sms");
    upgrade(1, "refused: a plugin has had a message in hand for 5 s");
    kit_expect_works(&box, &up);
    ck_assert_uint_eq(kit_count_lines(trace, " shutdown "), 0);
    kit_read(&up);
    kit_send_ack(&up, mt, ack_success);
    kit_expect_ack(&box, mt, ack_success);
    upgraded();
    kit_expect_works(&box, &up);
    msg_destroy(mt);
    stop();
}
END_TEST

START_TEST(a_plugin_hears_of_its_own_message_before_it_goes)
{
    Msg *mt = kit_sms(mt_push, "say:inject-mt -"), *injected = NULL;
    pid_t asker;
    char *said;

    start("", "");
    kit_send_msg(&box, mt);
    for (int i = 0; i < 2; i++) {
        Msg *came = kit_read_msg(&up);

        if (octstr_str_compare(came->sms.msgdata, "injected") == 0) {
            injected = came;
            continue;
        }
        kit_send_ack(&up, came, ack_success);
        msg_destroy(came);
    }
    ck_assert_ptr_nonnull(injected);
    kit_expect_ack(&box, mt, ack_success);
    asker = fork();
    if (asker == 0) {
        kit_run("--upgrade", &said);
        _exit(0);
    }
    usleep(500000); /* it holds its breath */
    kit_send_ack(&up, injected, ack_success);
    kit_expect_in_file(trace, " injected 0 0");
    kit_expect_log(&host, "took over 1 connections");
    kit_expect_works(&box, &up);
    msg_destroy(injected);
    msg_destroy(mt);
    stop();
}
END_TEST

/* --- what is refused, and what goes back --------------------------------- */
static void break_program(void)
{
    ck_assert_int_eq(unlink(program), 0);
    fz_test_write("fanzhabox", "#!/bin/sh\necho no, thanks.\nexit 3\n");
    ck_assert_int_eq(chmod(program, 0755), 0);
}

static void remove_program(void)
{
    ck_assert_int_eq(unlink(program), 0);
}

static void break_plugin(void)
{
    ck_assert_int_eq(unlink(plugin), 0);
    fz_test_write("asker.so", "not an object");
}

static void plugin_without_init(void)
{
    install(built("tests/.libs/box_classic.so"), plugin, NULL, NULL, 0);
}

static void break_config(void)
{
    fz_test_write("fanzhabox.conf", "group = fanzhabox\nnonsense = 1\n");
}

static const struct {
    const char *name;
    void (*act)(void);
    const char *words;
} bad[] = {
    {"a program that ends with a status", break_program, "no, thanks"},
    {"no program", remove_program, "cannot be executed: No such file"},
    {"a plugin that does not load", break_plugin, "cannot be loaded"},
    {"a plugin without its init", plugin_without_init,
     "has no function `box_asker_init'"},
    {"a configuration that is refused", break_config, "nonsense"},
};

START_TEST(what_cannot_work_is_refused_and_nothing_happens)
{
    char config[1100], *said, *old;

    start("", "");
    snprintf(config, sizeof config, "%s/fanzhabox.conf", fz_test_folder());
    old = kit_read_file(config);
    bad[_i].act();
    /* the one who asks reads the configuration, too */
    kit_program = NULL;
    if (bad[_i].act == break_config) {
        kit_run("--upgrade", &said);
        ck_assert_ptr_nonnull(strstr(said, "nonsense"));
        gw_free(said);
    } else {
        upgrade(1, bad[_i].words);
        kit_expect_log(&host, bad[_i].words);
    }
    kit_expect_works(&box, &up);
    ck_assert_uint_eq(kit_count_lines(trace, " shutdown "), 0);
    fz_test_write("fanzhabox.conf", old);
    install_program(NULL);
    install_plugin(NULL);
    upgraded();
    kit_expect_works(&box, &up);
    gw_free(old);
    stop();
}
END_TEST

/* Everything loads, but a plugin does not start: that shows only when the old
 * one is gone. */
START_TEST(a_new_plugin_that_does_not_start_brings_the_old_one_back)
{
    Msg *mt = kit_sms(mt_push, "in flight");
    char config[1100], *old, more[4096];

    start("", "");
    kit_send_msg(&box, mt);
    kit_read(&up);
    snprintf(config, sizeof config, "%s/fanzhabox.conf", fz_test_folder());
    old = kit_read_file(config);
    snprintf(more, sizeof more, "%s%s", old,
             kit_plugin("box_classic", "fail", 1));
    fz_test_write("fanzhabox.conf", more);
    install_program("9.8.7");
    install_plugin("\0own");
    upgrade(1, "went back: version " FZ_VERSION
               " serves on with its 1 connections, 0 were lost; the new "
               "program did not start: ");
    kit_expect_log(&host, "refused to start: its init function failed");
    kit_send_ack(&up, mt, ack_success);
    kit_expect_ack(&box, mt, ack_success);
    kit_expect_works(&box, &up);
    /* the old plugin, though another bears its name now */
    ck_assert_uint_eq(kit_count_lines(trace, " own "), 0);
    ck_assert_uint_eq(kit_count_lines(trace, " sms "), 3);
    kit_pair(&host, &other_box, &other_up, "box-two");

    /* mended, it goes */
    fz_test_write("fanzhabox.conf", old);
    upgrade(0,
            "version 9.8.7 took over 2 connections from version " FZ_VERSION);
    kit_expect_works(&box, &up);
    kit_expect_works(&other_box, &other_up);
    ck_assert_uint_eq(kit_count_lines(trace, " own "), 4);
    gw_free(old);
    msg_destroy(mt);
    stop();
}
END_TEST

START_TEST(another_format_is_refused_before_anything_happens)
{
    char *said;

    start("", "");
    ck_assert_int_eq(kit_run("--check --takes-over=1", &said), 0);
    gw_free(said);
    ck_assert_int_eq(kit_run("--check --takes-over=2", &said), 1);
    ck_assert_ptr_nonnull(strstr(said, "takes over from format 1"));
    gw_free(said);
    stop();
}
END_TEST

START_TEST(a_signal_alone_does_nothing)
{
    start("", "");
    kit_signal(&host, SIGUSR1);
    kit_expect_works(&box, &up);
    ck_assert_uint_eq(kit_count_lines(host.log, "hands"), 0);
    stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("box upgrade");
    TCase *stays = tcase_create("stays"), *plugins = tcase_create("plugins");
    TCase *back = tcase_create("back");

    tcase_add_checked_fixture(stays, kit_begin, kit_end);
    tcase_set_timeout(stays, 60);
    tcase_add_test(
        stays, idle_connections_stay_and_work_with_the_new_program_and_plugin);
    tcase_add_test(stays, the_port_stays_and_new_boxes_come_in);
    tcase_add_test(stays, one_upgrade_after_another);
    tcase_add_loop_test(
        stays, an_acknowledgement_that_comes_after_it_finds_its_message, 0,
        COUNT(flying));
    tcase_add_loop_test(stays, a_frame_is_cut_by_it_and_whole_again, 0, 5);
    tcase_add_test(stays, what_a_slow_peer_has_not_read_comes_in_order);
    tcase_add_test(stays, a_deferred_mo_and_those_behind_it_keep_their_order);
    tcase_add_loop_test(stays, what_was_judged_is_not_judged_again, 0, 4);
    tcase_add_test(stays,
                   without_bearerbox_the_box_stays_and_hears_what_it_is_owed);
    tcase_add_loop_test(
        stays, the_next_program_does_not_stay_with_a_bearerbox_that_ends, 0, 2);
    tcase_add_test(stays, a_box_that_has_ended_is_seen_through);
    suite_add_tcase(suite, stays);

    tcase_add_checked_fixture(plugins, kit_begin, kit_end);
    tcase_set_timeout(plugins, 60);
    tcase_add_test(plugins,
                   what_a_plugin_has_in_hand_is_waited_for_and_judged_once);
    tcase_add_test(plugins,
                   a_plugin_that_keeps_a_message_keeps_the_old_program);
    tcase_add_test(plugins, a_plugin_hears_of_its_own_message_before_it_goes);
    suite_add_tcase(suite, plugins);

    tcase_add_checked_fixture(back, kit_begin, kit_end);
    tcase_set_timeout(back, 60);
    tcase_add_loop_test(back, what_cannot_work_is_refused_and_nothing_happens,
                        0, COUNT(bad));
    tcase_add_test(back,
                   a_new_plugin_that_does_not_start_brings_the_old_one_back);
    tcase_add_test(back, another_format_is_refused_before_anything_happens);
    tcase_add_test(back, a_signal_alone_does_nothing);
    suite_add_tcase(suite, back);
    return fz_test_run(suite);
}
