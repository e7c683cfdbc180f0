/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_box_wap.c - the WAP port: a box that never identifies and takes no
 * notice of acknowledgements
 */
#include "config.h"

#include "tests/box_kit.h"
#include "tests/support.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

static Msg *datagram(const char *data)
{
    Msg *msg = msg_create(wdp_datagram);

    msg->wdp_datagram.source_address = octstr_create("192.0.2.1");
    msg->wdp_datagram.source_port = 9201;
    msg->wdp_datagram.destination_address = octstr_create("192.0.2.2");
    msg->wdp_datagram.destination_port = 49999;
    msg->wdp_datagram.user_data = octstr_create(data);
    return msg;
}

/* What is sent on one side comes out of the other as the octets it was. */
static void crosses(KitPeer *from, KitPeer *to, Msg *msg)
{
    size_t octets;
    uint8_t *frame = kit_frame(msg, &octets);

    kit_send(from, frame, octets);
    kit_expect(to, frame, octets);
    gw_free(frame);
}

static const char *asker(const char **trace_out)
{
    static char trace[1024];

    snprintf(trace, sizeof trace, "%s/asker.trace", fz_test_folder());
    unlink(trace);
    if (trace_out != NULL)
        *trace_out = trace;
    return kit_plugin("box_asker", trace, 0);
}

START_TEST(a_wapbox_has_bearerbox_at_once_and_names_itself_to_nobody)
{
    Msg *push = kit_sms(mt_push, "si"), *wdp = datagram("wtp");
    KitPeer box = {0}, up = {0};
    KitHost host;

    kit_start_wap(&host, "", "");
    kit_wap_pair(&host, &box, &up);
    kit_expect_silence(&up); /* no identification */
    crosses(&box, &up, push);
    crosses(&box, &up, wdp);
    crosses(&up, &box, wdp);
    msg_destroy(push);
    msg_destroy(wdp);
    kit_close(&box);
    kit_expect_end(&up);
    kit_close(&up);
    kit_stop(&host);
}
END_TEST

START_TEST(acknowledgements_pass_and_none_is_waited_for)
{
    Msg *push = kit_sms(mt_push, "say:unchanged"), *acked = msg_create(ack);
    KitPeer box = {0}, up = {0};
    KitHost host;

    kit_start_wap(&host, "", asker(NULL));
    kit_wap_pair(&host, &box, &up);
    /* ten times what an smsbox may have unacknowledged */
    for (int i = 0; i < 12000; i++)
        crosses(&box, &up, push);
    uuid_copy(acked->ack.id, push->sms.id);
    acked->ack.time = push->sms.time;
    acked->ack.nack = ack_success;
    crosses(&up, &box, acked);
    msg_destroy(acked);
    msg_destroy(push);
    kit_close(&box);
    kit_expect_end(&up); /* nothing is in flight: at once */
    kit_close(&up);
    kit_stop(&host);
}
END_TEST

static const struct {
    const char *name, *text;
} stopped[] = {
    {"refused", "say:reject"},
    {"dropped", "say:drop"},
    {"taken over", "say:buffered"},
};

START_TEST(what_a_plugin_stops_does_not_reach_bearerbox_and_is_not_answered)
{
    Msg *bad = kit_sms(mt_push, stopped[_i].text),
        *good = kit_sms(mt_push, "say:unchanged");
    KitPeer box = {0}, up = {0};
    KitHost host;

    kit_start_wap(&host, "", asker(NULL));
    kit_wap_pair(&host, &box, &up);
    kit_send_msg(&box, bad);
    crosses(&box, &up, good);
    kit_expect_silence(&box);
    msg_destroy(bad);
    msg_destroy(good);
    kit_close(&box);
    kit_close(&up);
    kit_stop(&host);
}
END_TEST

START_TEST(a_deferred_push_is_kept_and_judged_again)
{
    char text[1200], wait[1024];
    KitPeer box = {0}, up = {0};
    const char *trace;
    KitHost host;
    FILE *file;
    Msg *push;

    snprintf(wait, sizeof wait, "%s/wait", fz_test_folder());
    file = fopen(wait, "w");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    snprintf(text, sizeof text, "say:if %s", wait);
    push = kit_sms(mt_push, text);
    kit_start_wap(&host, "", asker(&trace));
    kit_wap_pair(&host, &box, &up);
    kit_send_msg(&box, push);
    kit_expect_in_file(trace, " sms ");
    kit_expect_silence(&up);
    kit_expect_silence(&box);
    unlink(wait);
    {
        size_t octets;
        uint8_t *frame = kit_frame(push, &octets);

        kit_expect(&up, frame, octets);
        gw_free(frame);
    }
    ck_assert_uint_ge(kit_count_lines(trace, " sms "), 2);
    msg_destroy(push);
    kit_close(&box);
    kit_close(&up);
    kit_stop(&host);
}
END_TEST

/* Nothing can be answered: what comes waits, in us and in the wapbox. */
START_TEST(without_bearerbox_a_wapbox_is_read_no_further_and_nothing_is_lost)
{
    KitPeer box = {0}, up = {0};
    const char *trace;
    Msg *push[50];
    KitHost host;

    kit_start_wap(&host, "", asker(&trace));
    kit_wap_pair(&host, &box, &up);
    kit_bearerbox_away(&host);
    kit_close(&up);
    kit_expect_log(&host, "has no connection to bearerbox");
    for (int i = 0; i < 50; i++) {
        char text[64];

        snprintf(text, sizeof text, "say:unchanged %d", i);
        push[i] = kit_sms_between(mt_push, "1", "+4917012", text);
        kit_send_msg(&box, push[i]);
    }
    kit_expect_silence(&box);
    kit_bearerbox_back(&host);
    kit_accept(&host, &up);
    for (int i = 0; i < 50; i++) {
        size_t octets;
        uint8_t *frame = kit_frame(push[i], &octets);

        kit_expect(&up, frame, octets);
        gw_free(frame);
        msg_destroy(push[i]);
    }
    ck_assert_uint_eq(kit_count_lines(trace, " sms "), 50);
    kit_close(&box);
    kit_close(&up);
    kit_stop(&host);
}
END_TEST

/* The verdict was asked for while bearerbox was there, and came when not. */
START_TEST(a_verdict_that_comes_while_bearerbox_is_away_waits_for_it)
{
    Msg *push = kit_sms(mt_push, "say:late 700 unchanged");
    KitPeer box = {0}, up = {0};
    const char *trace;
    uint8_t *frame;
    size_t octets;
    KitHost host;

    frame = kit_frame(push, &octets);
    kit_start_wap(&host, "", asker(&trace));
    kit_wap_pair(&host, &box, &up);
    kit_send_msg(&box, push);
    kit_expect_in_file(trace, " sms ");
    kit_bearerbox_away(&host);
    kit_close(&up);
    usleep(1000000);
    kit_bearerbox_back(&host);
    kit_accept(&host, &up);
    kit_expect(&up, frame, octets);
    ck_assert_uint_eq(kit_count_lines(trace, " sms "), 1); /* judged once */
    gw_free(frame);
    msg_destroy(push);
    kit_close(&box);
    kit_close(&up);
    kit_stop(&host);
}
END_TEST

START_TEST(what_is_kept_for_a_wapbox_to_the_end_is_told)
{
    Msg *push = kit_sms(mt_push, "say:defer");
    KitPeer box = {0}, up = {0};
    const char *trace;
    KitHost host;

    kit_start_wap(&host, "", asker(&trace));
    kit_wap_pair(&host, &box, &up);
    kit_send_msg(&box, push);
    kit_expect_in_file(trace, " sms ");
    kit_signal(&host, SIGTERM);
    ck_assert_int_eq(kit_wait(&host), 0);
    kit_expect_log(&host, "1 messages of the wapbox at 127.0.0.1:");
    msg_destroy(push);
    kit_close(&box);
    kit_close(&up);
    close(host.listener);
}
END_TEST

START_TEST(a_wapbox_is_nobody_to_inject_to)
{
    Msg *push = kit_sms(mt_push, "say:inject-mo -");
    KitPeer box = {0}, up = {0};
    KitHost host;

    kit_start_wap(&host, "", asker(NULL));
    kit_wap_pair(&host, &box, &up);
    crosses(&box, &up, push);
    kit_expect_silence(&box);
    msg_destroy(push);
    kit_close(&box);
    kit_close(&up);
    kit_stop(&host);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("box, WAP port");
    TCase *wap = tcase_create("wap");

    tcase_add_checked_fixture(wap, kit_begin, kit_end);
    tcase_set_timeout(wap, 90);
    tcase_add_test(wap,
                   a_wapbox_has_bearerbox_at_once_and_names_itself_to_nobody);
    tcase_add_test(wap, acknowledgements_pass_and_none_is_waited_for);
    tcase_add_loop_test(
        wap, what_a_plugin_stops_does_not_reach_bearerbox_and_is_not_answered,
        0, COUNT(stopped));
    tcase_add_test(wap, a_deferred_push_is_kept_and_judged_again);
    tcase_add_test(
        wap, without_bearerbox_a_wapbox_is_read_no_further_and_nothing_is_lost);
    tcase_add_test(wap,
                   a_verdict_that_comes_while_bearerbox_is_away_waits_for_it);
    tcase_add_test(wap, what_is_kept_for_a_wapbox_to_the_end_is_told);
    tcase_add_test(wap, a_wapbox_is_nobody_to_inject_to);
    suite_add_tcase(suite, wap);
    return fz_test_run(suite);
}
