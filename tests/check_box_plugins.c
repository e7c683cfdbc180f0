/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_box_plugins.c - foreign plugins that crash, hang, sleep, or keep what
 * they were given: contained, and told
 */
#include "config.h"

#include "tests/box_kit.h"
#include "tests/support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

static KitHost host;
static KitPeer box, up, other_box, other_up;
static char trace[1024], words[1200];

/* Each way of being run: in the event loop, and on a thread of its own. */
static const char *const ways[] = {"", "thread = true\n"};

/* What `foreign` is to do; a trace goes with it. */
static const char *foreign(const char *args)
{
    snprintf(trace, sizeof trace, "%s/trace", fz_test_folder());
    snprintf(words, sizeof words, "trace=%s %s", trace, args);
    return kit_plugin("box_foreign", words, 10);
}

static void start(const char *keys, const char *groups)
{
    kit_start(&host, keys, groups);
    kit_pair(&host, &box, &up, "box-one");
}

static void close_all(void)
{
    kit_close(&box);
    kit_close(&up);
    kit_close(&other_box);
    kit_close(&other_up);
}

static void stop(void)
{
    close_all();
    kit_stop(&host);
}

static void expect_text(KitPeer *peer, const char *text)
{
    Msg *came = kit_read_msg(peer);

    ck_assert_int_eq(msg_type(came), sms);
    ck_assert_str_eq(octstr_get_cstr(came->sms.msgdata), text);
    msg_destroy(came);
}

static Msg *send_text(KitPeer *from, const char *text)
{
    Msg *msg = kit_sms(from == &box || from == &other_box ? mt_push : mo, text);

    kit_send_msg(from, msg);
    return msg;
}

static void expect_works(KitPeer *a_box, KitPeer *an_up)
{
    Msg *down = send_text(a_box, "works");

    expect_text(an_up, "works");
    kit_send_ack(an_up, down, ack_success);
    kit_expect_ack(a_box, down, ack_success);
    msg_destroy(down);
}

/* --- init ---------------------------------------------------------------- */
static const struct {
    const char *args, *needed_says, *tried_says;
} starts[] = {
    {"crash", "crashed in its init (SIGSEGV)", "crashed in its init (SIGSEGV)"},
    {"abort", "crashed in its init (SIGABRT)", "crashed in its init (SIGABRT)"},
    {"overflow", "crashed in its init (SIGSEGV)",
     "crashed in its init (SIGSEGV)"},
    {"fail", "refused to start: its init function failed",
     "its init function failed"},
    {"exit", "ended the process in its init",
     "it ended the process in its init (status 7)"},
    {"hang", NULL, "its init did not return in 10 s"},
};

START_TEST(a_needed_plugin_that_does_not_start_is_named_and_nothing_starts)
{
    const char *way = ways[(size_t)_i / COUNT(starts)];
    char config[8192], *said;
    int status;

    _i %= (int)COUNT(starts);
    if (starts[_i].needed_says == NULL)
        return; /* nobody knows how long it may take */
    snprintf(config, sizeof config,
             "group = fanzhabox\nbearerbox-host = 127.0.0.1\n"
             "bearerbox-port = 1\nsmsbox-interface = 127.0.0.1\n"
             "smsbox-port = 0\n%s%s",
             foreign(starts[_i].args), way);
    said = kit_ended(config, &status);
    ck_assert_int_eq(status, strcmp(starts[_i].args, "exit") == 0 ? 7 : 1);
    ck_assert_msg(strstr(said, starts[_i].needed_says) != NULL, "said `%s'",
                  said);
    ck_assert_msg(strstr(said, "plugin `box_foreign") != NULL ||
                      strstr(said, "Plugin `box_foreign") != NULL,
                  "said `%s'", said);
    gw_free(said);
}
END_TEST

START_TEST(one_that_is_not_needed_is_left_out_and_all_else_serves)
{
    const char *way = ways[(size_t)_i / COUNT(starts)];
    char groups[8192], want[256], *log;

    _i %= (int)COUNT(starts);
    snprintf(groups, sizeof groups, "%sneeded = false\n%s%s",
             foreign(starts[_i].args), way,
             kit_plugin("box_classic", "tag=-on", 0));
    start("", groups);
    {
        Msg *down = send_text(&box, "text");

        expect_text(&up, "text-on");
        msg_destroy(down);
    }
    snprintf(want, sizeof want, "is left out, messages go by without it: ");
    kit_expect_log(&host, want);
    log = kit_log(&host);
    ck_assert_msg(strstr(log, starts[_i].tried_says) != NULL, "said `%s'", log);
    gw_free(log);
    stop();
}
END_TEST

START_TEST(one_that_is_not_needed_and_starts_serves)
{
    char groups[4096];

    snprintf(groups, sizeof groups, "%sneeded = false\n", foreign(""));
    start("", groups);
    expect_works(&box, &up);
    ck_assert_uint_eq(kit_count_lines(trace, "process"), 1);
    stop();
}
END_TEST

/* --- blocking ------------------------------------------------------------ */
START_TEST(one_that_blocks_on_its_own_thread_holds_up_nothing_but_its_messages)
{
    char groups[4096], text[1200], file[1024];
    Msg *slow, *behind, *back;

    snprintf(groups, sizeof groups, "%sthread = true\nsms-only = true\n",
             foreign("mt"));
    start("event-loops = 1", groups);
    kit_pair(&host, &other_box, &other_up, "box-two");
    snprintf(file, sizeof file, "%s", fz_test_write("asleep", "x"));
    snprintf(text, sizeof text, "foreign:until %s", file);
    slow = send_text(&box, text);
    while (kit_count_lines(trace, "process") < 1)
        usleep(10000);
    behind = send_text(&box, "behind it");
    back = send_text(&other_up, "an MO");
    expect_text(&other_box, "an MO");
    kit_send_ack(&other_box, back, ack_success);
    kit_expect_ack(&other_up, back, ack_success);
    kit_expect_silence(&up);
    remove(file);
    expect_text(&up, text);
    expect_text(&up, "behind it");
    stop();
    msg_destroy(slow);
    msg_destroy(behind);
    msg_destroy(back);
}
END_TEST

START_TEST(one_that_blocks_an_event_loop_is_named)
{
    char text[1200], file[1024];
    Msg *slow;

    start("event-loops = 1", foreign(""));
    expect_works(&box, &up);
    snprintf(file, sizeof file, "%s", fz_test_write("asleep", "x"));
    snprintf(text, sizeof text, "foreign:until %s", file);
    slow = send_text(&box, text);
    kit_expect_log(&host, "holds an event loop up");
    remove(file);
    expect_text(&up, text);
    expect_works(&box, &up);
    stop();
    msg_destroy(slow);
}
END_TEST

START_TEST(a_message_whose_plugin_sleeps_too_long_on_its_thread_goes_on)
{
    char groups[4096], text[1200], file[1024];
    Msg *slow, *behind;

    snprintf(groups, sizeof groups,
             "%sthread = true\nanswer-timeout = 1\non-timeout = refuse\n",
             foreign("mt"));
    start("", groups);
    snprintf(file, sizeof file, "%s", fz_test_write("asleep", "x"));
    snprintf(text, sizeof text, "foreign:until %s", file);
    slow = send_text(&box, text);
    behind = send_text(&box, "behind it"); /* waits for the thread */
    kit_expect_ack(&box, slow, ack_failed);
    kit_expect_ack(&box, behind, ack_failed);
    remove(file);
    expect_works(&box, &up);
    /* the thread did not begin what had gone on without it */
    ck_assert_uint_eq(kit_count_lines(trace, "process"), 2);
    stop();
    msg_destroy(slow);
    msg_destroy(behind);
}
END_TEST

/* --- never calling back -------------------------------------------------- */
static const struct {
    const char *choice, *mt_text; /* what bearerbox gets; NULL: nothing */
    ack_status_t nack;
    bool mo_arrives;
} choices[] = {
    {"pass", "foreign:keep-first-last", ack_success, true},
    {"refuse", NULL, ack_failed, false},
    {"defer", NULL, ack_failed_tmp, false},
};

START_TEST(a_message_that_is_kept_goes_by_the_choice)
{
    const char *way = ways[(size_t)_i / COUNT(choices)];
    char groups[8192];
    Msg *down, *back, *released;

    _i %= (int)COUNT(choices);
    snprintf(groups, sizeof groups,
             "%s%sanswer-timeout = 1\non-timeout = %s\n%s%s", foreign(""), way,
             choices[_i].choice, kit_plugin("box_classic", "tag=-first mt", 0),
             kit_plugin("box_classic", "tag=-last mt", 20));
    start("", groups);
    down = send_text(&box, "foreign:keep");
    back = send_text(&up, "foreign:keep");
    if (choices[_i].mt_text != NULL) {
        /* what plugins before it made of it is not lost */
        expect_text(&up, choices[_i].mt_text);
        kit_send_ack(&up, down, ack_success);
    }
    if (choices[_i].mo_arrives) {
        expect_text(&box, "foreign:keep");
        kit_send_ack(&box, back, ack_success);
        kit_expect_ack(&box, down, ack_success);
        kit_expect_ack(&up, back, ack_success);
    } else {
        kit_expect_ack(&box, down, choices[_i].nack);
        if (choices[_i].nack == ack_failed)
            kit_expect_ack(&up, back, ack_failed);
        else /* it is given to the plugin again, and again */
            while (kit_count_lines(trace, "process") < 3)
                usleep(10000);
    }
    kit_expect_log(&host, "did not answer for a message of box `box-one'");

    /* its late answers (DROP) change nothing any more */
    released = send_text(&box, "foreign:release");
    if (strcmp(choices[_i].choice, "defer") != 0) {
        expect_text(&up, "foreign:release-first-last");
        kit_expect_silence(&box);
        kit_expect_silence(&up);
        stop(); /* ends with 0: it has given all back */
    } else {
        close_all();
        kit_signal(&host, SIGKILL);
    }
    msg_destroy(down);
    msg_destroy(back);
    msg_destroy(released);
}
END_TEST

START_TEST(acknowledgements_that_are_kept_are_passed_on)
{
    char groups[4096];
    Msg *down;

    snprintf(groups, sizeof groups, "%s%sanswer-timeout = 1\n", foreign("acks"),
             ways[_i]);
    start("", groups);
    down = send_text(&box, "text");
    expect_text(&up, "text");
    kit_send_ack(&up, down, ack_buffered);
    kit_expect_ack(&box, down, ack_buffered);
    close_all();
    kit_signal(&host, SIGTERM);
    ck_assert_int_eq(kit_wait(&host), 1);
    kit_expect_log(&host, "did not give its messages back");
    msg_destroy(down);
}
END_TEST

START_TEST(one_that_keeps_a_hundred_is_put_aside_until_it_answers)
{
    enum { MANY = 100 };
    char groups[4096];
    Msg *mt[MANY], *more;

    snprintf(groups, sizeof groups,
             "%s%sanswer-timeout = 1\non-timeout = refuse\n", foreign("mt"),
             ways[_i]);
    start("", groups);
    for (int i = 0; i < MANY; i++)
        mt[i] = send_text(&box, "foreign:keep");
    for (int i = 0; i < MANY; i++)
        kit_read(&box); /* refused, all of them */
    kit_expect_log(&host, "it is put aside");
    more = send_text(&box, "one more");
    kit_expect_ack(&box, more, ack_failed);
    ck_assert_uint_eq(kit_count_lines(trace, "process"), MANY);
    close_all();
    kit_signal(&host, SIGTERM);
    ck_assert_int_eq(kit_wait(&host), 1);
    for (int i = 0; i < MANY; i++)
        msg_destroy(mt[i]);
    msg_destroy(more);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("box plugins");
    TCase *init = tcase_create("init"), *process = tcase_create("process");

    tcase_add_checked_fixture(init, kit_begin, kit_end);
    tcase_set_timeout(init, 60);
    tcase_add_loop_test(
        init, a_needed_plugin_that_does_not_start_is_named_and_nothing_starts,
        0, COUNT(ways) * COUNT(starts));
    tcase_add_loop_test(init,
                        one_that_is_not_needed_is_left_out_and_all_else_serves,
                        0, COUNT(ways) * COUNT(starts));
    tcase_add_test(init, one_that_is_not_needed_and_starts_serves);
    suite_add_tcase(suite, init);

    tcase_add_checked_fixture(process, kit_begin, kit_end);
    tcase_set_timeout(process, 60);
    tcase_add_test(
        process,
        one_that_blocks_on_its_own_thread_holds_up_nothing_but_its_messages);
    tcase_add_test(process, one_that_blocks_an_event_loop_is_named);
    tcase_add_test(
        process, a_message_whose_plugin_sleeps_too_long_on_its_thread_goes_on);
    tcase_add_loop_test(process, a_message_that_is_kept_goes_by_the_choice, 0,
                        COUNT(ways) * COUNT(choices));
    tcase_add_loop_test(process, acknowledgements_that_are_kept_are_passed_on,
                        0, COUNT(ways));
    tcase_add_loop_test(process,
                        one_that_keeps_a_hundred_is_put_aside_until_it_answers,
                        0, COUNT(ways));
    suite_add_tcase(suite, process);
    return fz_test_run(suite);
}
