/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_box_up.c - fanzhabox's connections to bearerbox: at its pace, with a
 * back-off that begins afresh, and one of its own for what plugins inject
 */
#include "config.h"

#include "box/link/pace.h"
#include "tests/box_kit.h"
#include "tests/support.h"

#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

static KitHost host;
static KitPeer box, up, own;
static char trace[1024];

static void start(const char *keys)
{
    snprintf(trace, sizeof trace, "%s/trace", fz_test_folder());
    kit_start(&host, keys, kit_plugin("box_asker", trace, 0));
}

static void stop(void)
{
    kit_close(&box);
    kit_close(&up);
    kit_close(&own);
    kit_stop(&host);
}

static Msg *send_text(KitPeer *from, long sms_type, const char *text)
{
    Msg *msg = kit_sms(sms_type, text);

    kit_send_msg(from, msg);
    return msg;
}

static void expect_trace(const char *line, size_t count)
{
    kit_expect_in_file(trace, line);
    ck_assert_uint_eq(kit_count_lines(trace, line), count);
}

/* --- itself -------------------------------------------------------------- */
#define PORTS "/proc/sys/net/ipv4/ip_local_port_range"

static bool write_ports(unsigned low, unsigned high)
{
    FILE *file = fopen(PORTS, "w");
    bool written = file != NULL && fprintf(file, "%u %u", low, high) > 0;

    return (file == NULL || fclose(file) == 0) && written;
}

/* A network of our own, with a loopback; false when we may not make one. */
static bool leave_network(void)
{
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd;
    bool is_up;

    if (unshare(CLONE_NEWNET) != 0)
        return false;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    is_up = ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
    close(fd);
    return is_up && write_ports(32768, 60999);
}

/* The kernel gives a connection a port of its own, and where nobody listens it
 * may be the very one that is connected to: TCP connects that to itself. */
START_TEST(a_connection_to_itself_is_none)
{
    struct linger at_once = {.l_onoff = 1};

    if (!leave_network()) {
        fprintf(stderr, "not tried: no network of one's own\n");
        return;
    }
    start("");
    kit_pair(&host, &box, &up, "box-one");
    kit_bearerbox_away(&host);
    ck_assert(write_ports(host.up_port, host.up_port));
    /* no trace of it keeps the port from being given out */
    setsockopt(up.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    kit_close(&up);
    kit_expect_log(&host, "has no connection to bearerbox");
    for (int i = 0; i < 3; i++) {
        Msg *mt = send_text(&box, mt_push, "to nobody");

        kit_expect_ack(&box, mt, ack_failed_tmp);
        msg_destroy(mt);
        usleep(400000);
    }
    ck_assert(write_ports(32768, 60999));
    kit_bearerbox_back(&host);
    kit_accept_box(&host, &up, "box-one");
    kit_expect_works(&box, &up);
    stop();
}
END_TEST

/* --- pace ---------------------------------------------------------------- */
START_TEST(a_few_connect_at_once_and_the_others_in_turns)
{
    FzPace pace;

    fz_pace_init(&pace, 1000);
    for (int i = 0; i < FZ_PACE_AT_ONCE; i++)
        ck_assert_int_eq(fz_pace_take(&pace, 50000), 50000);
    for (int i = 1; i <= 300; i++)
        ck_assert_int_eq(fz_pace_take(&pace, 50000), 50000 + i * 1000);
    /* long after, no more at once than at the first time */
    for (int i = 0; i < FZ_PACE_AT_ONCE; i++)
        ck_assert_int_eq(fz_pace_take(&pace, 900000), 900000);
    ck_assert_int_eq(fz_pace_take(&pace, 900000), 901000);
    fz_pace_clear(&pace);
}
END_TEST

START_TEST(a_turn_given_back_is_the_next_ones)
{
    FzPace pace;

    fz_pace_init(&pace, 1000);
    for (int i = 0; i <= FZ_PACE_AT_ONCE; i++)
        fz_pace_take(&pace, 0);
    fz_pace_give_back(&pace);
    ck_assert_int_eq(fz_pace_take(&pace, 0), 1000);
    ck_assert_int_eq(fz_pace_take(&pace, 0), 2000);
    fz_pace_clear(&pace);
    fz_pace_init(&pace, 0);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(fz_pace_take(&pace, 7), 7);
    fz_pace_clear(&pace);
}
END_TEST

START_TEST(a_box_whose_turn_has_not_come_hears_failed_tmp)
{
    enum { BOXES = FZ_PACE_AT_ONCE + 3 };
    KitPeer boxes[BOXES] = {{0}}, ups[FZ_PACE_AT_ONCE] = {{0}};
    KitPeer none = {.fd = -1};
    char name[32];
    Msg *mt;

    start("bearerbox-connect-pause = 60000");
    for (int i = 0; i < BOXES; i++) {
        snprintf(name, sizeof name, "box-%d", i);
        kit_box(&host, &boxes[i], name);
        if (i < FZ_PACE_AT_ONCE)
            kit_accept(&host, &ups[i]);
    }
    kit_expect_log(&host, "Box `box-8' is connected to bearerbox in");
    ck_assert(!kit_accept_within(&host, &none, KIT_SILENCE_MS));
    mt = send_text(&boxes[BOXES - 1], mt_push, "too early");
    kit_expect_ack(&boxes[BOXES - 1], mt, ack_failed_tmp);
    msg_destroy(mt);
    for (int i = 0; i < BOXES; i++)
        kit_close(&boxes[i]);
    for (int i = 0; i < FZ_PACE_AT_ONCE; i++)
        kit_close(&ups[i]);
    stop();
}
END_TEST

/* --- back-off ------------------------------------------------------------ */
/* "tries bearerbox again in N ms", the nth such line; 0 when there is none. */
static long wait_said(int nth)
{
    char *log = kit_log(&host), *at = log;
    long ms = 0;

    for (int i = 0; at != NULL && i < nth; i++) {
        at = strstr(at, "tries bearerbox again in ");
        if (at != NULL) {
            at += strlen("tries bearerbox again in ");
            ms = atol(at);
        }
    }
    if (at == NULL)
        ms = 0;
    gw_free(log);
    return ms;
}

static long expect_wait(int nth)
{
    long ms;

    while ((ms = wait_said(nth)) == 0)
        usleep(10000);
    return ms;
}

START_TEST(the_wait_begins_afresh_when_bearerbox_was_back)
{
    int failed = 1;

    start("");
    kit_pair(&host, &box, &up, "box-one");
    kit_bearerbox_away(&host);
    kit_close(&up);
    /* twice the least, varied by a quarter: it was there for a moment only */
    ck_assert_int_le(expect_wait(1), 625);
    while (expect_wait(failed) < 1000)
        failed++; /* it grows */
    kit_bearerbox_back(&host);
    kit_accept(&host, &up);
    kit_read(&up);
    kit_send_admin(&up, 77, NULL); /* bearerbox is there */
    kit_read(&box);
    for (failed = 1; wait_said(failed) != 0;)
        failed++;
    kit_bearerbox_away(&host);
    kit_close(&up); /* and gone again, at once */
    ck_assert_int_le(expect_wait(failed), 500);
    kit_bearerbox_back(&host);
    kit_accept(&host, &up);
    stop();
}
END_TEST

START_TEST(a_bearerbox_that_closes_at_once_is_tried_less_and_less_often)
{
    start("");
    kit_pair(&host, &box, &up, "box-one");
    for (int i = 1; i <= 4; i++) {
        long least = 250l << (i - 1);

        kit_close(&up);
        /* doubled each time, give or take a quarter */
        ck_assert_int_ge(expect_wait(i), least - least / 4);
        kit_accept(&host, &up);
    }
    ck_assert_int_ge(wait_said(4), 1500);
    stop();
}
END_TEST

/* --- a link of our own --------------------------------------------------- */
static void accept_own(void)
{
    char name[64];
    Msg *msg;

    kit_accept(&host, &own);
    msg = kit_read_msg(&own);
    ck_assert_int_eq(msg_type(msg), admin);
    ck_assert_int_eq(msg->admin.command, cmd_identify);
    snprintf(name, sizeof name, "fanzhabox-%ld", (long)host.pid);
    ck_assert_str_eq(octstr_get_cstr(msg->admin.boxc_id), name);
    msg_destroy(msg);
}

static Msg *read_injected(void)
{
    Msg *msg = kit_read_msg(&own);

    ck_assert_int_eq(msg_type(msg), sms);
    ck_assert_str_eq(octstr_get_cstr(msg->sms.msgdata), "injected");
    return msg;
}

static void pass(KitPeer *to)
{
    kit_read(to);
}

START_TEST(what_is_injected_for_a_box_that_is_away_goes_over_a_link_of_our_own)
{
    Msg *mt, *first, *second;

    start("");
    kit_pair(&host, &box, &up, "box-one");
    mt = send_text(&box, mt_push, "say:inject-mt box-two");
    pass(&up);
    accept_own();
    first = read_injected();
    /* its reports are to find the box */
    ck_assert_str_eq(octstr_get_cstr(first->sms.boxc_id), "box-two");
    kit_send_msg(&box, mt); /* again: over the same one */
    pass(&up);
    second = read_injected();
    kit_send_ack(&own, second, ack_buffered);
    expect_trace("injected 0 3", 1);
    kit_send_ack(&own, first, ack_failed);
    expect_trace("injected 0 1", 1);
    ck_assert_uint_eq(kit_count_lines(trace, "injected"), 2);
    kit_expect_silence(&up);
    kit_expect_silence(&box);
    msg_destroy(mt);
    msg_destroy(first);
    msg_destroy(second);
    stop();
}
END_TEST

START_TEST(without_any_box_there_is_a_way_to_bearerbox_still)
{
    Msg *mt;

    start("");
    kit_pair(&host, &box, &up, "box-one");
    mt = send_text(&box, mt_push, "say:late 500 inject-mt box-one");
    while (kit_count_lines(trace, " sms ") < 1)
        usleep(10000);
    kit_close(&box);
    pass(&up); /* what it sent before it went */
    kit_send_ack(&up, mt, ack_success);
    accept_own();
    msg_destroy(mt);
    mt = read_injected();
    kit_send_ack(&own, mt, ack_success);
    expect_trace("injected 0 0", 1);
    msg_destroy(mt);
    stop();
}
END_TEST

START_TEST(what_our_own_link_loses_is_told_lost_once_and_there_is_no_way_then)
{
    Msg *mt;

    start("");
    kit_pair(&host, &box, &up, "box-one");
    mt = send_text(&box, mt_push, "say:inject-mt box-two");
    pass(&up);
    accept_own();
    msg_destroy(read_injected());
    kit_bearerbox_away(&host);
    kit_close(&own);
    expect_trace("injected 1", 1);
    kit_send_msg(&box, mt); /* the box's own connection is there still */
    pass(&up);
    expect_trace("injected no way", 1);
    kit_bearerbox_back(&host);
    accept_own();
    kit_send_msg(&box, mt);
    pass(&up);
    msg_destroy(mt);
    mt = read_injected();
    kit_send_ack(&own, mt, ack_success);
    expect_trace("injected 0 0", 1);
    ck_assert_uint_eq(kit_count_lines(trace, "injected"), 3);
    msg_destroy(mt);
    stop();
}
END_TEST

START_TEST(a_report_to_our_own_link_is_refused_and_a_message_left_to_bearerbox)
{
    Msg *mt, *injected, *report, *lost;

    start("");
    kit_pair(&host, &box, &up, "box-one");
    mt = send_text(&box, mt_push, "say:inject-mt box-two");
    pass(&up);
    accept_own();
    injected = read_injected();
    lost = send_text(&own, mo, "for nobody");
    kit_expect_silence(&own);
    report = send_text(&own, report_mo, "a report for nobody");
    kit_expect_ack(&own, report, ack_failed);
    kit_expect_silence(&box);
    kit_send_ack(&own, injected, ack_success);
    expect_trace("injected 0 0", 1);
    ck_assert_uint_eq(kit_count_lines(trace, " sms "), 1);
    msg_destroy(mt);
    msg_destroy(injected);
    msg_destroy(lost);
    msg_destroy(report);
    stop();
}
END_TEST

START_TEST(a_drain_waits_for_the_acknowledgement_of_what_was_injected)
{
    Msg *mt, *injected;

    start("");
    kit_pair(&host, &box, &up, "box-one");
    mt = send_text(&box, mt_push, "say:inject-mt box-two");
    pass(&up);
    kit_send_ack(&up, mt, ack_success);
    accept_own();
    injected = read_injected();
    kit_signal(&host, SIGTERM);
    kit_expect_log(&host, "no message is taken any more");
    kit_send_ack(&own, injected, ack_success);
    expect_trace("injected 0 0", 1);
    kit_expect_end(&own);
    kit_close(&own);
    kit_close(&up);
    kit_close(&box);
    ck_assert_int_eq(kit_wait(&host), 0);
    msg_destroy(mt);
    msg_destroy(injected);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("box up");
    TCase *itself = tcase_create("itself"), *pace = tcase_create("pace"),
          *own_link = tcase_create("own link");

    tcase_add_checked_fixture(pace, kit_begin, kit_end);
    tcase_set_timeout(pace, 60);
    tcase_add_checked_fixture(itself, kit_begin, kit_end);
    tcase_set_timeout(itself, 60);
    tcase_add_test(itself, a_connection_to_itself_is_none);
    suite_add_tcase(suite, itself);

    tcase_add_test(pace, a_few_connect_at_once_and_the_others_in_turns);
    tcase_add_test(pace, a_turn_given_back_is_the_next_ones);
    tcase_add_test(pace, a_box_whose_turn_has_not_come_hears_failed_tmp);
    tcase_add_test(pace, the_wait_begins_afresh_when_bearerbox_was_back);
    tcase_add_test(
        pace, a_bearerbox_that_closes_at_once_is_tried_less_and_less_often);
    suite_add_tcase(suite, pace);

    tcase_add_checked_fixture(own_link, kit_begin, kit_end);
    tcase_set_timeout(own_link, 60);
    tcase_add_test(
        own_link,
        what_is_injected_for_a_box_that_is_away_goes_over_a_link_of_our_own);
    tcase_add_test(own_link, without_any_box_there_is_a_way_to_bearerbox_still);
    tcase_add_test(
        own_link,
        what_our_own_link_loses_is_told_lost_once_and_there_is_no_way_then);
    tcase_add_test(
        own_link,
        a_report_to_our_own_link_is_refused_and_a_message_left_to_bearerbox);
    tcase_add_test(own_link,
                   a_drain_waits_for_the_acknowledgement_of_what_was_injected);
    suite_add_tcase(suite, own_link);
    return fz_test_run(suite);
}
