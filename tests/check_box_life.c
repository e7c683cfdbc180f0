/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_box_life.c - what fanzhabox survives, and how it ends
 */
#include "config.h"

#include "base/limits.h"
#include "tests/box_kit.h"
#include "tests/support.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define TEXT(s) s, sizeof(s) - 1

static KitHost host;
static KitPeer box, up, other_box, other_up;
static char trace[1024];

static void start_with_asker(void)
{
    snprintf(trace, sizeof trace, "%s/trace", fz_test_folder());
    kit_start(&host, "", kit_plugin("box_asker", trace, 0));
    kit_pair(&host, &box, &up, "box-one");
}

static void stop(void)
{
    kit_close(&box);
    kit_close(&up);
    kit_close(&other_box);
    kit_close(&other_up);
    kit_stop(&host);
}

/* --- nonsense ------------------------------------------------------------ */
#define UUID36 "00112233-4455-6677-8899-aabbccddeeff"
static const struct {
    const char *name, *octets;
    size_t count;
    bool out_of_step; /* nobody can tell where the next frame begins */
} nonsense[] = {
    {"length 0xFFFFFFFF", TEXT("\377\377\377\377"), true},
    {"length 0x7FFFFFFF", TEXT("\177\377\377\377abc"), true},
    {"length 0x80000000", TEXT("\200\0\0\0"), true},
    {"length 0", TEXT("\0\0\0\0\0\0\0\0"), true},
    {"length 3", TEXT("\0\0\0\3abc"), true},
    {"just beyond the limit", TEXT("\0\20\0\1\0\0\0\2"), true},
    {"type of no message", TEXT("\0\0\0\10\0\0\0\11\0\0\0\0"), false},
    {"negative type", TEXT("\0\0\0\10\377\377\377\377\0\0\0\0"), false},
    {"string length -2", TEXT("\0\0\0\14\0\0\0\1\0\0\0\3\377\377\377\376"),
     false},
    {"string length 2^31-1", TEXT("\0\0\0\14\0\0\0\1\0\0\0\3\177\377\377\377"),
     false},
    {"sms with a sender of -2", TEXT("\0\0\0\10\0\0\0\2\377\377\377\376"),
     false},
    {"ack without a UUID",
     TEXT("\0\0\0\20\0\0\0\3\0\0\0\0\0\0\0\0\377\377\377\377"), false},
    {"ack with something behind it",
     TEXT("\0\0\0\065\0\0\0\3\0\0\0\0\0\0\0\7\0\0\0\44" UUID36 "!"), false},
    {"HTTP", TEXT("GET / HTTP/1.1\r\nHost: fanzha.test\r\n\r\n"), true},
    {"TLS", TEXT("\026\003\001\002\000\001\000\001\374\003\003"), true},
};

START_TEST(nonsense_from_a_box_ends_its_own_connection_and_no_other)
{
    start_with_asker();
    kit_pair(&host, &other_box, &other_up, "box-two");
    kit_send(&box, nonsense[_i].octets, nonsense[_i].count);
    kit_expect_end(&box);
    kit_expect_end(&up);
    kit_expect_works(&other_box, &other_up);
    stop();
}
END_TEST

START_TEST(nonsense_from_bearerbox_ends_no_box)
{
    start_with_asker();
    kit_pair(&host, &other_box, &other_up, "box-two");
    kit_send(&up, nonsense[_i].octets, nonsense[_i].count);
    kit_expect_works(&other_box, &other_up);
    if (nonsense[_i].out_of_step) {
        kit_accept(&host, &up); /* a new one for the same box, which ... */
        kit_read(&up);          /* ... is named again */
    }
    kit_expect_works(&box, &up);
    stop();
}
END_TEST

START_TEST(half_frames_and_silence_cost_nobody_else_anything)
{
    Msg *mt = kit_sms(mt_push, "in pieces");
    size_t octets;
    uint8_t *frame = kit_frame(mt, &octets);

    start_with_asker();
    kit_pair(&host, &other_box, &other_up, "box-two");
    for (size_t i = 0; i < octets; i++) {
        kit_send(&box, frame + i, 1);
        if (i % 16 == 0)
            kit_expect_works(&other_box, &other_up);
    }
    kit_expect(&up, frame, octets);
    kit_send_ack(&up, mt, ack_success);
    kit_expect_ack(&box, mt, ack_success);

    /* a half one, and the end of it */
    kit_send(&box, frame, octets / 2);
    kit_close(&box);
    kit_expect_end(&up);
    kit_expect_works(&other_box, &other_up);
    gw_free(frame);
    msg_destroy(mt);
    stop();
}
END_TEST

START_TEST(the_longest_frame_passes)
{
    Msg *mt = kit_sms(mt_push, "");
    uint8_t *frame;
    size_t octets;

    start_with_asker();
    kit_pair(&host, &other_box, &other_up, "box-two");
    frame = kit_frame(mt, &octets);
    gw_free(frame);
    for (size_t i = octets - 4; i < FZ_LIMIT_FRAME_OCTETS; i++)
        octstr_append_char(mt->sms.msgdata, 'x');
    frame = kit_frame(mt, &octets);
    ck_assert_uint_eq(octets, 4 + FZ_LIMIT_FRAME_OCTETS);
    kit_send(&box, frame, octets);
    kit_expect(&up, frame, octets);
    gw_free(frame);
    msg_destroy(mt);
    stop();
}
END_TEST

START_TEST(fifty_boxes_have_fifty_connections)
{
    enum { BOXES = 50 };
    static KitPeer boxes[BOXES], ups[BOXES];
    char name[32];

    kit_start(&host, "event-loops = 3", "");
    for (int i = 0; i < BOXES; i++) {
        snprintf(name, sizeof name, "box-%d", i);
        kit_pair(&host, &boxes[i], &ups[i], name);
    }
    for (int i = BOXES; i-- > 0;)
        kit_expect_works(&boxes[i], &ups[i]);
    for (int i = 0; i < BOXES; i++) {
        kit_close(&boxes[i]);
        kit_expect_end(&ups[i]);
        kit_close(&ups[i]);
    }
    stop();
}
END_TEST

START_TEST(a_name_longer_than_any_ends_the_connection)
{
    char name[FZ_LIMIT_BOX_ID_OCTETS + 2];

    start_with_asker();
    memset(name, 'n', sizeof name);
    name[FZ_LIMIT_BOX_ID_OCTETS] = '\0';
    kit_pair(&host, &other_box, &other_up, name);
    name[FZ_LIMIT_BOX_ID_OCTETS] = 'n';
    name[FZ_LIMIT_BOX_ID_OCTETS + 1] = '\0';
    kit_send_admin(&box, cmd_identify, name);
    kit_expect_end(&box);
    kit_expect_works(&other_box, &other_up);
    stop();
}
END_TEST

START_TEST(a_name_writes_no_log_lines_of_its_own)
{
    start_with_asker();
    kit_pair(&host, &other_box, &other_up, "x\n2026 [1] [0] PANIC: forged");
    kit_expect_log(&host, "Box `x?2026?[1]?[0]?PANIC:?forged' at");
    stop();
}
END_TEST

/* --- a peer that does not read ------------------------------------------- */
/* Octets that go in before nothing more is taken. */
static size_t fill(KitPeer *peer, long sms_type, size_t most)
{
    struct timeval patience = {.tv_sec = 0, .tv_usec = 700000};
    Msg *msg = kit_sms(sms_type, "");
    size_t octets, sent = 0;
    uint8_t *frame;

    for (int i = 0; i < 20000; i++)
        octstr_append_char(msg->sms.msgdata, 'x');
    frame = kit_frame(msg, &octets);
    setsockopt(peer->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    while (sent < most) {
        ssize_t put = send(peer->fd, frame + sent % octets,
                           octets - sent % octets, MSG_NOSIGNAL);

        if (put <= 0)
            break;
        sent += (size_t)put;
    }
    gw_free(frame);
    msg_destroy(msg);
    return sent;
}

START_TEST(a_peer_that_does_not_read_stops_its_sender_and_nobody_else)
{
    size_t most = 64u << 20, sent;

    start_with_asker();
    kit_pair(&host, &other_box, &other_up, "box-two");
    sent = _i == 0 ? fill(&box, mt_push, most) : fill(&up, mo, most);
    ck_assert_msg(sent < most, "%zu octets went in", sent);
    kit_expect_works(&other_box, &other_up);
    stop();
}
END_TEST

START_TEST(a_peer_that_reads_again_gets_all_in_order)
{
    enum { MANY = 20000 };
    pid_t writer;
    long last = -1;

    start_with_asker();
    writer = fork();
    if (writer == 0) {
        Msg *msg = kit_sms(mt_push, "flood");

        for (long i = 0; i < MANY; i++) {
            msg->sms.validity = i;
            kit_send_msg(&box, msg);
        }
        _exit(0);
    }
    usleep(500000); /* all buffers fill */
    for (long i = 0; i < MANY; i++) {
        Msg *came = kit_read_msg(&up);

        ck_assert_int_eq(came->sms.validity, last + 1);
        last = came->sms.validity;
        kit_send_ack(&up, came, ack_success);
        msg_destroy(came);
    }
    for (long i = 0; i < MANY; i++)
        kit_read(&box);
    kit_expect_silence(&box);
    stop();
}
END_TEST

/* --- bearerbox gone and back --------------------------------------------- */
START_TEST(without_bearerbox_boxes_stay_and_hear_failed_tmp)
{
    Msg *flying = kit_sms(mt_push, "in flight");
    Msg *next = kit_sms(mt_push, "while it is away");

    start_with_asker();
    kit_send_msg(&box, flying);
    kit_read(&up);
    kit_bearerbox_away(&host);
    kit_close(&up);
    kit_expect_ack(&box, flying, ack_failed_tmp);
    kit_send_msg(&box, next);
    ck_assert(!kit_read_within(&box, 500)); /* paced */
    kit_expect_ack(&box, next, ack_failed_tmp);
    ck_assert_uint_eq(kit_count_lines(trace, " sms "), 1);

    kit_bearerbox_back(&host);
    kit_accept(&host, &up);
    {
        Msg *identify = kit_read_msg(&up);

        ck_assert_int_eq(msg_type(identify), admin);
        ck_assert_str_eq(octstr_get_cstr(identify->admin.boxc_id), "box-one");
        msg_destroy(identify);
    }
    kit_expect_works(&box, &up);
    msg_destroy(flying);
    msg_destroy(next);
    stop();
}
END_TEST

START_TEST(what_came_while_connecting_is_answered_when_it_fails)
{
    Msg *mt = kit_sms(mt_push, "too early");

    kit_start(&host, "", "");
    kit_bearerbox_away(&host);
    kit_box(&host, &box, "box-one");
    kit_send_msg(&box, mt);
    kit_expect_ack(&box, mt, ack_failed_tmp);
    kit_bearerbox_back(&host);
    kit_accept(&host, &up);
    kit_read(&up);
    kit_expect_works(&box, &up);
    msg_destroy(mt);
    stop();
}
END_TEST

START_TEST(a_failed_tmp_storm_is_paced)
{
    enum { MANY = 200 };
    int answers = 0;
    Msg *mt;

    start_with_asker();
    kit_bearerbox_away(&host);
    kit_close(&up);
    kit_expect_log(&host, "has no connection to bearerbox");
    mt = kit_sms(mt_push, "again");
    /* a client with a window of one that tries again at once: within three
     * seconds it is answered no more often than once a second */
    for (int i = 0; i < MANY; i++) {
        kit_send_msg(&box, mt);
        if (!kit_read_within(&box, i == 0 ? 3000 : 3000 - 1000 * answers))
            break;
        if (++answers == 3)
            break;
    }
    ck_assert_int_ge(answers, 1);
    ck_assert_int_le(answers, 3);
    msg_destroy(mt);
    stop();
}
END_TEST

START_TEST(an_mo_in_flight_is_forgotten_when_bearerbox_goes)
{
    Msg *first = kit_sms(mo, "first");

    start_with_asker();
    kit_send_msg(&up, first);
    kit_read(&box);
    kit_close(&up);
    kit_accept(&host, &up); /* bearerbox is there again at once */
    kit_read(&up);
    kit_send_ack(&box, first, ack_success); /* of the lost connection */
    kit_expect_silence(&up);
    kit_send_msg(&up, first); /* bearerbox sends it again */
    kit_read(&box);
    kit_send_ack(&box, first, ack_success);
    kit_expect_ack(&up, first, ack_success);
    msg_destroy(first);
    stop();
}
END_TEST

START_TEST(a_deferred_mo_is_forgotten_when_bearerbox_goes)
{
    char text[1200];
    char file[1024];
    Msg *deferred;

    start_with_asker();
    snprintf(file, sizeof file, "%s", fz_test_write("full", "x"));
    snprintf(text, sizeof text, "say:if %s", file);
    deferred = kit_sms(mo, text);
    kit_send_msg(&up, deferred);
    while (kit_count_lines(trace, " sms ") < 1)
        usleep(10000);
    kit_close(&up);
    kit_accept(&host, &up);
    kit_read(&up);
    remove(file);
    kit_send_msg(&up, deferred); /* bearerbox sends it again */
    msg_destroy(kit_read_msg(&box));
    kit_send_ack(&box, deferred, ack_success);
    kit_expect_ack(&up, deferred, ack_success);
    usleep(1500000);
    kit_expect_silence(&box); /* once */
    msg_destroy(deferred);
    stop();
}
END_TEST

static const long endings[] = {cmd_shutdown, cmd_restart};

START_TEST(a_shutdown_of_bearerbox_does_not_reach_the_box)
{
    Msg *flying = kit_sms(mt_push, "in flight");
    Msg *next = kit_sms(mt_push, "after the shutdown");

    start_with_asker();
    kit_send_msg(&box, flying);
    kit_read(&up);
    kit_send_admin(&up, endings[_i], NULL);
    kit_expect_log(&host, "bearerbox ends; box `box-one' stays");
    kit_send_msg(&box, next);
    kit_expect_silence(&up); /* no message any more ... */
    kit_send_ack(&up, flying, ack_success);
    kit_expect_ack(&box, flying, ack_success); /* ... but acknowledgements */
    kit_expect_end(&up);
    kit_expect_ack(&box, next, ack_failed_tmp);
    kit_close(&up);
    kit_bearerbox_away(&host);
    kit_expect_log(&host, "bearerbox has ended");
    kit_bearerbox_back(&host);
    kit_accept(&host, &up);
    kit_read(&up);
    kit_expect_works(&box, &up);
    msg_destroy(flying);
    msg_destroy(next);
    stop();
}
END_TEST

START_TEST(a_shutdown_reaches_the_box_when_asked_for)
{
    Msg *came;

    kit_start(&host, "relay-shutdown = true", "");
    kit_pair(&host, &box, &up, "box-one");
    kit_send_admin(&up, endings[_i], NULL);
    came = kit_read_msg(&box);
    ck_assert_int_eq(msg_type(came), admin);
    ck_assert_int_eq(came->admin.command, endings[_i]);
    msg_destroy(came);
    stop();
}
END_TEST

START_TEST(other_admin_messages_are_relayed)
{
    static const long commands[] = {cmd_suspend, cmd_resume, cmd_feature, 77};

    start_with_asker();
    for (size_t i = 0; i < COUNT(commands); i++) {
        for (int side = 0; side < 2; side++) {
            Msg *came;

            kit_send_admin(side == 0 ? &box : &up, commands[i], "x");
            came = kit_read_msg(side == 0 ? &up : &box);
            ck_assert_int_eq(came->admin.command, commands[i]);
            msg_destroy(came);
        }
    }
    stop();
}
END_TEST

/* --- boxes that go ------------------------------------------------------- */
START_TEST(what_a_box_sent_before_it_closed_arrives)
{
    enum { MANY = 500 };
    Msg *mt = kit_sms(mt_push, "farewell");

    start_with_asker();
    for (int i = 0; i < MANY; i++)
        kit_send_msg(&box, mt);
    shutdown(box.fd, SHUT_WR); /* it still reads its answers */
    for (int i = 0; i < MANY; i++) {
        kit_read(&up);
        kit_send_ack(&up, mt, ack_success);
    }
    for (int i = 0; i < MANY; i++)
        kit_expect_ack(&box, mt, ack_success);
    kit_expect_end(&up);
    kit_expect_end(&box);
    msg_destroy(mt);
    stop();
}
END_TEST

static const struct {
    const char *name;
    bool from_box, close_up;
} late_ends[] = {
    {"MT, the box goes", true, false},
    {"MT, bearerbox goes", true, true},
    {"MO, the box goes", false, false},
    {"MO, bearerbox goes", false, true},
};

START_TEST(a_plugin_may_answer_when_the_connection_is_gone)
{
    Msg *msg;

    start_with_asker();
    kit_pair(&host, &other_box, &other_up, "box-two");
    msg = kit_sms(late_ends[_i].from_box ? mt_push : mo,
                  "say:late 400 unchanged");
    kit_send_msg(late_ends[_i].from_box ? &box : &up, msg);
    while (kit_count_lines(trace, " sms ") < 1)
        usleep(10000);
    if (late_ends[_i].close_up)
        kit_bearerbox_away(&host);
    kit_close(late_ends[_i].close_up ? &up : &box);
    if (late_ends[_i].from_box && !late_ends[_i].close_up) {
        /* it was taken from the box before it went */
        Msg *came = kit_read_msg(&up);

        ck_assert_int_eq(msg_type(came), sms);
        msg_destroy(came);
    }
    if (late_ends[_i].from_box && late_ends[_i].close_up)
        kit_expect_ack(&box, msg, ack_failed_tmp);
    usleep(600000);
    kit_expect_works(&other_box, &other_up);
    if (late_ends[_i].close_up)
        kit_bearerbox_back(&host);
    msg_destroy(msg);
    stop();
}
END_TEST

/* --- signals ------------------------------------------------------------- */
START_TEST(a_drain_finishes_acknowledgements_and_takes_nothing_new)
{
    Msg *down = kit_sms(mt_push, "in flight"), *back = kit_sms(mo, "up");
    Msg *late = kit_sms(mt_push, "too late");

    start_with_asker();
    kit_send_msg(&box, down);
    kit_read(&up);
    kit_send_msg(&up, back);
    kit_read(&box);
    kit_signal(&host, SIGTERM);
    kit_expect_log(&host, "no message is taken any more");
    usleep(100000);
    kit_send_msg(&box, late);
    kit_expect_ack(&box, late, ack_failed_tmp);
    kit_send_msg(&up, late); /* an MO, say: bearerbox keeps it */
    kit_expect_silence(&box);
    kit_send_ack(&up, down, ack_buffered);
    kit_expect_ack(&box, down, ack_buffered);
    kit_send_ack(&box, back, ack_success);
    kit_expect_ack(&up, back, ack_success);
    kit_expect_end(&box);
    kit_expect_end(&up);
    kit_close(&box);
    kit_close(&up);
    ck_assert_int_eq(kit_wait(&host), 0);
    ck_assert_uint_eq(kit_count_lines(trace, "shutdown"), 1);
    msg_destroy(down);
    msg_destroy(back);
    msg_destroy(late);
}
END_TEST

START_TEST(a_drain_does_not_wait_for_ever)
{
    Msg *down = kit_sms(mt_push, "never acknowledged");

    start_with_asker();
    kit_send_msg(&box, down);
    kit_read(&up);
    kit_signal(&host, SIGTERM);
    ck_assert_int_eq(kit_wait(&host), 0);
    msg_destroy(down);
}
END_TEST

START_TEST(a_drain_reports_a_plugin_that_keeps_a_message)
{
    Msg *down = kit_sms(mt_push, "say:keep");

    start_with_asker();
    kit_send_msg(&box, down);
    while (kit_count_lines(trace, " sms ") < 1)
        usleep(10000);
    kit_signal(&host, SIGTERM);
    ck_assert_int_eq(kit_wait(&host), 1);
    kit_expect_log(&host, "did not give its messages back");
    /* it may still be at work on it, so it is not told to shut down */
    ck_assert_uint_eq(kit_count_lines(trace, "shutdown"), 0);
    msg_destroy(down);
}
END_TEST

START_TEST(a_second_signal_ends_at_once)
{
    Msg *down = kit_sms(mt_push, "never acknowledged");

    start_with_asker();
    kit_send_msg(&box, down);
    kit_read(&up);
    kit_signal(&host, SIGTERM);
    kit_expect_log(&host, "no message is taken any more");
    usleep(200000);
    kit_signal(&host, SIGINT);
    ck_assert_int_eq(kit_wait(&host), 1);
    kit_expect_log(&host, "Ended at once");
    msg_destroy(down);
}
END_TEST

static const int reopeners[] = {SIGHUP, SIGUSR2};

START_TEST(log_files_are_reopened_and_nothing_else_happens)
{
    char keys[1100], path[1024], moved[1100];

    snprintf(path, sizeof path, "%s/box.log", fz_test_folder());
    snprintf(moved, sizeof moved, "%s.1", path);
    snprintf(keys, sizeof keys, "log-file = %s", path);
    kit_start(&host, keys, "");
    kit_pair(&host, &box, &up, "box-one");
    ck_assert_int_eq(rename(path, moved), 0);
    kit_signal(&host, reopeners[_i]);
    kit_expect_log(&host, "re-opened");
    kit_expect_in_file(path, "re-opened");
    kit_expect_works(&box, &up);
    stop();
}
END_TEST

START_TEST(quit_reports_and_goes_on)
{
    start_with_asker();
    kit_expect_works(&box, &up);
    kit_signal(&host, SIGQUIT);
    kit_expect_log(&host, "1 boxes; MT 1, MO 1; passed 2, changed 0");
    kit_expect_works(&box, &up);
    stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("box life");
    TCase *peers = tcase_create("peers"), *away = tcase_create("away");
    TCase *end = tcase_create("end");

    tcase_add_checked_fixture(peers, kit_begin, kit_end);
    tcase_set_timeout(peers, 60);
    tcase_add_loop_test(
        peers, nonsense_from_a_box_ends_its_own_connection_and_no_other, 0,
        COUNT(nonsense));
    tcase_add_loop_test(peers, nonsense_from_bearerbox_ends_no_box, 0,
                        COUNT(nonsense));
    tcase_add_test(peers, half_frames_and_silence_cost_nobody_else_anything);
    tcase_add_test(peers, the_longest_frame_passes);
    tcase_add_test(peers, a_name_longer_than_any_ends_the_connection);
    tcase_add_test(peers, a_name_writes_no_log_lines_of_its_own);
    tcase_add_test(peers, fifty_boxes_have_fifty_connections);
    tcase_add_loop_test(
        peers, a_peer_that_does_not_read_stops_its_sender_and_nobody_else, 0,
        2);
    tcase_add_test(peers, a_peer_that_reads_again_gets_all_in_order);
    suite_add_tcase(suite, peers);

    tcase_add_checked_fixture(away, kit_begin, kit_end);
    tcase_set_timeout(away, 60);
    tcase_add_test(away, without_bearerbox_boxes_stay_and_hear_failed_tmp);
    tcase_add_test(away, what_came_while_connecting_is_answered_when_it_fails);
    tcase_add_test(away, a_failed_tmp_storm_is_paced);
    tcase_add_test(away, an_mo_in_flight_is_forgotten_when_bearerbox_goes);
    tcase_add_test(away, a_deferred_mo_is_forgotten_when_bearerbox_goes);
    tcase_add_loop_test(away, a_shutdown_of_bearerbox_does_not_reach_the_box, 0,
                        COUNT(endings));
    tcase_add_loop_test(away, a_shutdown_reaches_the_box_when_asked_for, 0,
                        COUNT(endings));
    tcase_add_test(away, other_admin_messages_are_relayed);
    suite_add_tcase(suite, away);

    tcase_add_checked_fixture(end, kit_begin, kit_end);
    tcase_set_timeout(end, 60);
    tcase_add_test(end, what_a_box_sent_before_it_closed_arrives);
    tcase_add_loop_test(end, a_plugin_may_answer_when_the_connection_is_gone, 0,
                        COUNT(late_ends));
    tcase_add_test(end,
                   a_drain_finishes_acknowledgements_and_takes_nothing_new);
    tcase_add_test(end, a_drain_does_not_wait_for_ever);
    tcase_add_test(end, a_drain_reports_a_plugin_that_keeps_a_message);
    tcase_add_test(end, a_second_signal_ends_at_once);
    tcase_add_loop_test(end, log_files_are_reopened_and_nothing_else_happens, 0,
                        COUNT(reopeners));
    tcase_add_test(end, quit_reports_and_goes_on);
    suite_add_tcase(suite, end);
    return fz_test_run(suite);
}
