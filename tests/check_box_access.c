/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_box_access.c - who may connect, how many, and for how long without a
 * word
 */
#include "config.h"

#include "box/access.h"
#include "tests/box_kit.h"
#include "tests/support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

/* --- the lists ----------------------------------------------------------- */
static const struct {
    const char *name, *allow, *deny, *peer;
    bool admitted;
} decisions[] = {
    {"no lists", NULL, NULL, "192.0.2.1", true},
    {"allow alone means only these", "192.0.2.1", NULL, "192.0.2.1", true},
    {"allow alone keeps others out", "192.0.2.1", NULL, "192.0.2.2", false},
    {"deny alone keeps these out", NULL, "192.0.2.1", "192.0.2.1", false},
    {"deny alone lets others in", NULL, "192.0.2.1", "192.0.2.2", true},
    {"Kannel's pair lets the allowed in", "127.0.0.1", "*.*.*.*", "127.0.0.1",
     true},
    {"Kannel's pair keeps others out", "127.0.0.1", "*.*.*.*", "192.0.2.1",
     false},
    {"one of a network can be denied", "192.0.2.*", "192.0.2.7", "192.0.2.7",
     false},
    {"and its neighbour not", "192.0.2.*", "192.0.2.7", "192.0.2.8", true},
    {"one of a denied network can be allowed", "192.0.2.7", "192.0.2.0/24",
     "192.0.2.7", true},
    {"the narrowest of three decides", "*;192.0.2.7", "192.0.0.0/16",
     "192.0.2.7", true},
    {"deny wins a tie", "192.0.2.7", "192.0.2.7", "192.0.2.7", false},
    {"several entries", "198.51.100.1; 192.0.2.7 ;", NULL, "192.0.2.7", true},
    {"stars for two octets", "192.0.*.*", NULL, "192.0.99.7", true},
    {"stars end where they end", "192.0.*.*", NULL, "192.1.0.7", false},
    {"bits within an octet", "192.0.2.128/25", NULL, "192.0.2.200", true},
    {"bits within an octet, outside", "192.0.2.128/25", NULL, "192.0.2.100",
     false},
    {"everybody is IPv6 too", NULL, "*.*.*.*", "2001:db8::1", false},
    {"a star is everybody", NULL, "*", "2001:db8::1", false},
    {"all of IPv4 is not", NULL, "0.0.0.0/0", "2001:db8::1", true},
    {"IPv6 address", "2001:db8::1", NULL, "2001:db8::1", true},
    {"IPv6 network", "2001:db8::/33", NULL, "2001:db8:7fff::1", true},
    {"IPv6 network, outside", "2001:db8::/33", NULL, "2001:db8:8000::1", false},
    {"IPv4 in IPv6 clothes", "192.0.2.7", NULL, "::ffff:192.0.2.7", true},
};

START_TEST(the_narrowest_entry_decides)
{
    FzAccess *access = NULL;
    FzAccessFault fault;
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    bool six = inet_pton(AF_INET, decisions[_i].peer, &v4.sin_addr) != 1;

    if (six)
        ck_assert_int_eq(inet_pton(AF_INET6, decisions[_i].peer, &v6.sin6_addr),
                         1);
    ck_assert_int_eq(fz_access_create(decisions[_i].allow, decisions[_i].deny,
                                      &access, &fault),
                     FZ_OK);
    ck_assert_msg(fz_access_admits(access, six ? (struct sockaddr *)&v6
                                               : (struct sockaddr *)&v4) ==
                      decisions[_i].admitted,
                  "%s", decisions[_i].name);
    fz_access_destroy(access);
}
END_TEST

static const struct {
    const char *list, *says;
} faults[] = {
    {"192.0.2.300", "`192.0.2.300' is no IP address or network"},
    {"gate.example", "`gate.example' is no IP address or network"},
    {"192.0.2", "`192.0.2' is no IP address or network"},
    {"192.0.2.1, 192.0.2.2", "is no IP address or network"},
    {"192.*.2.1", "has stars elsewhere than for last octets"},
    {"192.0.2.*.*", "has stars elsewhere than for last octets"},
    {"192.0.*", "has stars elsewhere than for last octets"},
    {"192.0.2.1*", "has stars elsewhere than for last octets"},
    {"300.*.*.*", "has stars elsewhere than for last octets"},
    {"192.0.2.0/33", "has no such number of bits"},
    {"192.0.2.0/", "has no such number of bits"},
    {"192.0.2.0/-1", "has no such number of bits"},
    {"192.0.2.0/24x", "has no such number of bits"},
    {"2001:db8::/129", "has no such number of bits"},
    {"192.0.2.7/24", "has bits behind those of its network"},
    {"", "names nobody"},
    {" ; ;", "names nobody"},
    {"2001:0db8:0000:0000:0000:0000:0000:0001:0000:0000:0000:0000:0000:0000",
     "is no IP address or network"},
};

START_TEST(a_list_that_is_wrong_is_told)
{
    FzAccess *access = NULL;
    FzAccessFault fault;

    ck_assert_int_eq(
        fz_access_create("192.0.2.1", faults[_i].list, &access, &fault),
        FZ_E_RULE);
    ck_assert_ptr_null(access);
    ck_assert(fault.deny);
    ck_assert_msg(strstr(fault.text, faults[_i].says) != NULL, "%s: %s",
                  faults[_i].list, fault.text);
}
END_TEST

START_TEST(a_list_without_end_is_told)
{
    Octstr *list = octstr_create("");
    FzAccess *access = NULL;
    FzAccessFault fault;

    for (int i = 0; i <= FZ_ACCESS_ENTRIES_MAX; i++)
        octstr_append_cstr(list, "192.0.2.1;");
    ck_assert_int_eq(
        fz_access_create(octstr_get_cstr(list), NULL, &access, &fault),
        FZ_E_RULE);
    ck_assert(!fault.deny);
    ck_assert(strstr(fault.text, "is one too many") != NULL);
    octstr_destroy(list);
}
END_TEST

/* --- the door ------------------------------------------------------------ */
START_TEST(who_is_not_allowed_is_closed)
{
    KitPeer box = {0};
    KitHost host;

    kit_start(&host, "box-allow-ip = 192.0.2.1\n", "");
    for (int i = 0; i < 3; i++) {
        kit_connect(&box, host.port);
        kit_expect_end(&box);
    }
    kit_expect_log(&host, "is refused by box-allow-ip and box-deny-ip");
    kit_close(&box);
    kit_stop(&host);
}
END_TEST

START_TEST(who_is_allowed_is_served)
{
    KitPeer box = {0}, up = {0};
    KitHost host;

    kit_start(&host, "box-deny-ip = *.*.*.*\nbox-allow-ip = 127.0.0.1\n", "");
    kit_pair(&host, &box, &up, "let-in");
    kit_close(&box);
    kit_close(&up);
    kit_stop(&host);
}
END_TEST

START_TEST(the_lists_hold_for_the_wap_port_too)
{
    KitPeer box = {0}, up = {0};
    KitHost host;

    kit_start_wap(&host, "box-deny-ip = 127.0.0.0/8\n", "");
    kit_connect(&box, host.wap_port);
    kit_expect_end(&box);
    ck_assert(!kit_accept_within(&host, &up, KIT_SILENCE_MS));
    kit_close(&box);
    kit_stop(&host);
}
END_TEST

/* --- how many ------------------------------------------------------------ */
START_TEST(one_box_too_many_is_turned_away_and_a_place_is_free_again)
{
    KitPeer box[3] = {{0}}, up[3] = {{0}};
    KitHost host;

    kit_start(&host, "max-boxes = 2\n", "");
    kit_pair(&host, &box[0], &up[0], "one");
    kit_pair(&host, &box[1], &up[1], "two");
    kit_box(&host, &box[2], "three");
    kit_expect_end(&box[2]);
    kit_expect_log(&host, "is turned away: there are 2 already (max-boxes)");
    ck_assert(!kit_accept_within(&host, &up[2], KIT_SILENCE_MS));
    kit_close(&box[0]);
    kit_expect_end(&up[0]);
    kit_close(&up[0]);
    for (int tries = 0; tries < 100; tries++) {
        kit_box(&host, &box[2], "three");
        if (kit_accept_within(&host, &up[2], 200))
            break;
    }
    ck_assert_int_gt(up[2].fd, 0);
    for (int i = 0; i < 3; i++) {
        kit_close(&box[i]);
        kit_close(&up[i]);
    }
    kit_stop(&host);
}
END_TEST

START_TEST(a_box_that_only_sends_counts_as_one)
{
    Msg *msg = kit_sms(mt_push, "text");
    KitPeer box = {0}, up = {0}, other = {0};
    KitHost host;

    kit_start(&host, "max-boxes = 1\n", "");
    kit_connect(&box, host.port);
    kit_send_msg(&box, msg);
    kit_accept(&host, &up);
    kit_box(&host, &other, "other");
    kit_expect_end(&other);
    msg_destroy(msg);
    kit_close(&box);
    kit_close(&up);
    kit_close(&other);
    kit_stop(&host);
}
END_TEST

START_TEST(a_wapbox_counts_as_a_box)
{
    KitPeer box = {0}, up = {0}, wapbox = {0}, none = {0};
    KitHost host;

    kit_start_wap(&host, "max-boxes = 1\n", "");
    kit_pair(&host, &box, &up, "one");
    kit_connect(&wapbox, host.wap_port);
    kit_expect_end(&wapbox);
    ck_assert(!kit_accept_within(&host, &none, KIT_SILENCE_MS));
    kit_close(&box);
    kit_close(&up);
    kit_close(&wapbox);
    kit_stop(&host);
}
END_TEST

/* --- without a word ------------------------------------------------------ */
START_TEST(a_flood_of_silent_ones_costs_the_oldest_of_them_and_no_box)
{
    static KitPeer silent[60];
    KitPeer box = {0}, up = {0}, late = {0}, late_up = {0};
    Msg *msg = kit_sms(mt_push, "text");
    KitHost host;

    kit_start(&host, "max-unidentified = 20\nevent-loops = 1\n", "");
    kit_pair(&host, &box, &up, "busy");
    for (size_t i = 0; i < COUNT(silent); i++)
        kit_connect(&silent[i], host.port);
    for (size_t i = 0; i < 40; i++)
        kit_expect_end(&silent[i]);
    for (size_t i = 40; i < COUNT(silent); i++)
        ck_assert(recv(silent[i].fd, &i, 1, MSG_DONTWAIT) < 0);
    kit_expect_log(&host, "it is the oldest of more than max-unidentified");
    kit_pair(&host, &late, &late_up, "late");
    kit_send_msg(&box, msg);
    kit_read(&up);
    kit_send_ack(&up, msg, ack_success);
    kit_expect_ack(&box, msg, ack_success);
    msg_destroy(msg);
    for (size_t i = 0; i < COUNT(silent); i++)
        kit_close(&silent[i]);
    kit_close(&box);
    kit_close(&up);
    kit_close(&late);
    kit_close(&late_up);
    kit_stop(&host);
}
END_TEST

START_TEST(who_does_not_say_who_it_is_in_time_is_closed)
{
    static const uint8_t half[] = {0, 0, 0, 12, 0, 0};
    KitPeer box = {0}, up = {0}, silent = {0}, cut = {0}, lively = {0};
    KitHost host;
    Msg *beat = msg_create(heartbeat);

    kit_start(&host, "identify-timeout = 1\n", "");
    kit_pair(&host, &box, &up, "named");
    kit_connect(&silent, host.port);
    kit_connect(&cut, host.port);
    kit_send(&cut, half, sizeof half);
    kit_connect(&lively, host.port);
    kit_send_msg(&lively, beat); /* that is no name */
    kit_expect_end(&silent);
    kit_expect_end(&cut);
    kit_expect_end(&lively);
    kit_expect_log(&host,
                   "it has not identified itself within identify-timeout");
    usleep(1500000);
    kit_expect_silence(&box); /* a box may be silent as long as it likes */
    kit_send_msg(&box, beat);
    kit_read(&up);
    msg_destroy(beat);
    kit_close(&box);
    kit_close(&up);
    kit_close(&silent);
    kit_close(&cut);
    kit_close(&lively);
    kit_stop(&host);
}
END_TEST

START_TEST(a_wapbox_may_be_silent)
{
    KitPeer box = {0}, up = {0};
    KitHost host;

    kit_start_wap(&host, "identify-timeout = 1\n", "");
    kit_wap_pair(&host, &box, &up);
    usleep(1800000);
    kit_expect_silence(&box);
    kit_close(&box);
    kit_close(&up);
    kit_stop(&host);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("box, who may connect");
    TCase *lists = tcase_create("lists"), *door = tcase_create("door");

    tcase_add_checked_fixture(lists, kit_begin, kit_end);
    tcase_add_loop_test(lists, the_narrowest_entry_decides, 0,
                        COUNT(decisions));
    tcase_add_loop_test(lists, a_list_that_is_wrong_is_told, 0, COUNT(faults));
    tcase_add_test(lists, a_list_without_end_is_told);
    suite_add_tcase(suite, lists);

    tcase_add_checked_fixture(door, kit_begin, kit_end);
    tcase_set_timeout(door, 60);
    tcase_add_test(door, who_is_not_allowed_is_closed);
    tcase_add_test(door, who_is_allowed_is_served);
    tcase_add_test(door, the_lists_hold_for_the_wap_port_too);
    tcase_add_test(door,
                   one_box_too_many_is_turned_away_and_a_place_is_free_again);
    tcase_add_test(door, a_box_that_only_sends_counts_as_one);
    tcase_add_test(door, a_wapbox_counts_as_a_box);
    tcase_add_test(door,
                   a_flood_of_silent_ones_costs_the_oldest_of_them_and_no_box);
    tcase_add_test(door, who_does_not_say_who_it_is_in_time_is_closed);
    tcase_add_test(door, a_wapbox_may_be_silent);
    suite_add_tcase(suite, door);
    return fz_test_run(suite);
}
