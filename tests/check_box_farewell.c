/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_box_farewell.c - bearerbox says that it ends: whoever it still lets in
 * leaves again, so that it can
 */
#include "config.h"

#include "box/link/farewell.h"
#include "tests/box_kit.h"
#include "tests/support.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

static KitHost host;
static KitPeer box, up, other_box, other_up, knock;

static void stop(void)
{
    kit_close(&knock);
    kit_close(&other_box);
    kit_close(&other_up);
    kit_close(&box);
    kit_close(&up);
    kit_stop(&host);
}

/* bearerbox ends, and its port is open still. */
static void say_farewell(KitPeer *over)
{
    kit_send_admin(over, cmd_shutdown, NULL);
    kit_expect_end(over);
    kit_close(over);
}

static void end_bearerbox(void)
{
    kit_bearerbox_away(&host);
    kit_expect_log(&host, "bearerbox has ended");
    kit_bearerbox_back(&host);
}

static void expect_failed_tmp(KitPeer *from)
{
    Msg *mt = kit_sms(mt_push, "while bearerbox ends");

    kit_send_msg(from, mt);
    kit_expect_ack(from, mt, ack_failed_tmp);
    msg_destroy(mt);
}

/* --- what all links know ------------------------------------------------- */
START_TEST(a_farewell_lasts_until_it_was_seen_or_long_enough)
{
    FzFarewell farewell;

    fz_farewell_init(&farewell);
    ck_assert(!fz_farewell_lasts(&farewell, 0));
    ck_assert(fz_farewell_said(&farewell, 1000));
    ck_assert(!fz_farewell_said(&farewell, 2000)); /* known */
    ck_assert_int_eq(fz_farewell_until(&farewell), 2000 + FZ_FAREWELL_MS);
    ck_assert(fz_farewell_lasts(&farewell, 1999 + FZ_FAREWELL_MS));
    ck_assert(!fz_farewell_lasts(&farewell, 2000 + FZ_FAREWELL_MS));
    ck_assert(fz_farewell_said(&farewell, 90000)); /* the next one's */
    fz_farewell_over(&farewell);
    ck_assert(!fz_farewell_lasts(&farewell, 90001));
    fz_farewell_clear(&farewell);
}
END_TEST

/* --- what bearerbox sees ------------------------------------------------- */
START_TEST(while_bearerbox_ends_nobody_stays)
{
    kit_start(&host, "", "");
    kit_pair(&host, &box, &up, "box-one");
    say_farewell(&up);
    kit_box(&host, &other_box, "box-two");
    for (int i = 0; i < 3; i++) {
        kit_accept(&host, &knock);
        ck_assert(!kit_accept_within(&host, &other_up, KIT_SILENCE_MS));
        ck_assert(!kit_read_within(&knock, KIT_PATIENCE_MS));
        ck_assert_uint_eq(knock.octets, 0);
        kit_expect_end(&knock);
        kit_close(&knock);
    }
    expect_failed_tmp(&box);
    expect_failed_tmp(&other_box);
    end_bearerbox();
    for (int i = 0; i < 2; i++) {
        Msg *hello;
        bool is_one;

        kit_accept(&host, &knock);
        hello = kit_read_msg(&knock);
        is_one = octstr_str_compare(hello->admin.boxc_id, "box-one") == 0;
        kit_expect_works(is_one ? &box : &other_box, &knock);
        *(is_one ? &up : &other_up) = knock;
        knock = (KitPeer){.fd = -1};
        msg_destroy(hello);
    }
    ck_assert(up.fd > 0 && other_up.fd > 0); /* each is there once */
    stop();
}
END_TEST

/* One that ends and is back before anybody would have tried again. */
static void restart_at_once(void)
{
    kit_bearerbox_away(&host);
    kit_bearerbox_back(&host);
    kit_close(&knock);
}

static void expect_box_one(void)
{
    kit_accept_box(&host, &up, "box-one");
    kit_expect_works(&box, &up);
}

START_TEST(one_that_is_back_as_the_last_box_leaves_is_seen_to_have_gone)
{
    kit_start(&host, "event-loops = 1\n", "");
    kit_pair(&host, &box, &up, "box-one");
    kit_send_admin(&up, cmd_shutdown, NULL);
    kit_expect_end(&up);
    kit_close(&up);
    restart_at_once();
    expect_box_one();
    stop();
}
END_TEST

START_TEST(one_that_is_back_between_two_knocks_is_seen_to_have_gone)
{
    kit_start(&host, "", "");
    kit_pair(&host, &box, &up, "box-one");
    say_farewell(&up);
    for (int i = 0; i < 3; i++) {
        kit_accept(&host, &knock);
        kit_expect_end(&knock);
    }
    restart_at_once();
    expect_box_one();
    stop();
}
END_TEST

START_TEST(who_speaks_to_one_that_knocks_is_there_to_stay)
{
    kit_start(&host, "", "");
    kit_pair(&host, &box, &up, "box-one");
    say_farewell(&up);
    kit_accept(&host, &knock);
    kit_send_admin(&knock, cmd_feature, "hello");
    expect_box_one();
    stop();
}
END_TEST

START_TEST(one_that_says_to_a_knock_that_it_ends_still_does)
{
    kit_start(&host, "", "");
    kit_pair(&host, &box, &up, "box-one");
    say_farewell(&up);
    kit_accept(&host, &knock);
    kit_send_admin(&knock, cmd_shutdown, NULL);
    for (int i = 0; i < 2; i++) {
        kit_accept(&host, &knock);
        ck_assert(!kit_read_within(&knock, KIT_PATIENCE_MS));
        kit_expect_end(&knock);
    }
    expect_failed_tmp(&box);
    stop();
}
END_TEST

/* The host gets a descriptor only when it gives one up. */
static void allow_no_more_descriptors(void)
{
    struct rlimit limit;
    unsigned lowest = 0;
    char path[64];

    do
        snprintf(path, sizeof path, "/proc/%d/fd/%u", (int)host.pid, lowest);
    while (access(path, F_OK) == 0 && ++lowest > 0);
    ck_assert_int_eq(prlimit(host.pid, RLIMIT_NOFILE, NULL, &limit), 0);
    limit.rlim_cur = lowest;
    ck_assert_int_eq(prlimit(host.pid, RLIMIT_NOFILE, &limit, NULL), 0);
}

START_TEST(without_a_descriptor_to_knock_by_nobody_is_taken_to_have_ended)
{
    kit_start(&host, "", "");
    kit_pair(&host, &box, &up, "box-one");
    allow_no_more_descriptors();
    kit_send_admin(&up, cmd_shutdown, NULL);
    kit_expect_end(&up);
    ck_assert(!kit_accept_within(&host, &knock, KIT_SILENCE_MS));
    kit_close(&up);
    for (int i = 0; i < 2; i++) { /* that one; none stays for want of two */
        kit_accept(&host, &knock);
        ck_assert(!kit_read_within(&knock, KIT_PATIENCE_MS));
        ck_assert_uint_eq(knock.octets, 0);
        kit_expect_end(&knock);
    }
    expect_failed_tmp(&box);
    stop();
}
END_TEST

START_TEST(one_that_was_let_in_too_late_leaves)
{
    Msg *mt = kit_sms(mt_push, "while bearerbox ends");

    kit_start(&host, "", "");
    kit_pair(&host, &box, &up, "box-one");
    kit_pair(&host, &other_box, &other_up, "box-two");
    kit_send_admin(&up, cmd_restart, NULL);
    kit_expect_end(&up);
    /* what bearerbox answers while it ends is no sign of life */
    for (int i = 0; i < 4; i++) {
        kit_send_msg(&other_box, mt);
        if (!kit_read_within(&other_up, 2000))
            break;
        kit_send_ack(&other_up, mt, ack_failed_tmp);
        kit_expect_ack(&other_box, mt, ack_failed_tmp);
        usleep(1500000);
    }
    kit_expect_end(&other_up);
    msg_destroy(mt);
    stop();
}
END_TEST

START_TEST(one_that_is_given_messages_still_waits_for_its_word)
{
    kit_start(&host, "", "");
    kit_pair(&host, &box, &up, "box-one");
    kit_pair(&host, &other_box, &other_up, "box-two");
    kit_send_admin(&up, cmd_restart, NULL);
    kit_expect_end(&up);
    for (int i = 0; i < 4; i++) {
        usleep(2000000);
        kit_expect_works(&other_box, &other_up);
    }
    say_farewell(&other_up);
    stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("box farewell");
    TCase *known = tcase_create("what all links know"),
          *seen = tcase_create("what bearerbox sees");

    tcase_add_test(known, a_farewell_lasts_until_it_was_seen_or_long_enough);
    suite_add_tcase(suite, known);

    tcase_add_checked_fixture(seen, kit_begin, kit_end);
    tcase_set_timeout(seen, 60);
    tcase_add_test(seen, while_bearerbox_ends_nobody_stays);
    tcase_add_test(
        seen, one_that_is_back_as_the_last_box_leaves_is_seen_to_have_gone);
    tcase_add_test(seen,
                   one_that_is_back_between_two_knocks_is_seen_to_have_gone);
    tcase_add_test(seen, who_speaks_to_one_that_knocks_is_there_to_stay);
    tcase_add_test(seen, one_that_says_to_a_knock_that_it_ends_still_does);
    tcase_add_test(
        seen, without_a_descriptor_to_knock_by_nobody_is_taken_to_have_ended);
    tcase_add_test(seen, one_that_was_let_in_too_late_leaves);
    tcase_add_test(seen, one_that_is_given_messages_still_waits_for_its_word);
    suite_add_tcase(suite, seen);
    return fz_test_run(suite);
}
