/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_box_verbs.c - what an administrator asks of fanzhabox: to suspend,
 * isolate, resume and end, and what each does to messages of either direction
 */
#include "config.h"

#include "tests/box_kit.h"
#include "tests/page_kit.h"
#include "tests/support.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

static KitHost host;
static KitPeer box, up;
static char trace[1024];
static uint16_t admin_port;

static void start_as(const char *keys, const char *groups)
{
    static const char said[] = "administration at 127.0.0.1:";
    char *log;

    kit_start(&host, keys, groups);
    kit_expect_log(&host, said);
    log = kit_log(&host);
    admin_port = (uint16_t)atoi(strstr(log, said) + strlen(said));
    gw_free(log);
    kit_pair(&host, &box, &up, "box-one");
}

static void start_with(const char *groups)
{
    start_as("admin-port = 0\nadmin-password = change", groups);
}

static void start(void)
{
    snprintf(trace, sizeof trace, "%s/trace", fz_test_folder());
    start_with(kit_plugin("box_asker", trace, 0));
}

static void stop(void)
{
    kit_close(&box);
    kit_close(&up);
    kit_stop(&host);
}

/* --- pages --------------------------------------------------------------- */
/* anyone:change and anyone:guess */
#define RIGHT "YW55b25lOmNoYW5nZQ=="
#define WRONG "YW55b25lOmd1ZXNz"

/* The status, 0 when the host went away; the body is in `body`, valid until
 * the next call. No authorization where `auth` is NULL. */
static const char *body;
static int get_as(const char *path, const char *auth)
{
    static char answer[65536];
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons(admin_port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t octets = 0;
    char request[512];
    ssize_t got;

    ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: fanzha.test\r\nConnection: close\r\n"
             "%s%s\r\n\r\n",
             path, auth == NULL ? "" : "Authorization: Basic ",
             auth == NULL ? "" : auth);
    ck_assert_int_eq(send(fd, request, strlen(request), MSG_NOSIGNAL),
                     (ssize_t)strlen(request));
    while ((got = recv(fd, answer + octets, sizeof answer - 1 - octets, 0)) > 0)
        octets += (size_t)got;
    close(fd);
    answer[octets] = '\0';
    body = strstr(answer, "\r\n\r\n");
    if (body == NULL) {
        body = "";
        return 0;
    }
    body += 4;
    return atoi(answer + strlen("HTTP/1.1 "));
}

static int get(const char *path)
{
    return get_as(path, RIGHT);
}

static void ask(const char *verb, const char *answer)
{
    ck_assert_int_eq(get(verb), 200);
    ck_assert_str_eq(body, answer);
}

static void expect_state(const char *state, int ready)
{
    char text[64];

    ck_assert_int_eq(get("/status.txt"), 200);
    snprintf(text, sizeof text, ", %s, up ", state);
    ck_assert_msg(strstr(body, text) != NULL, "%s", body);
    ck_assert_int_eq(get("/status.html"), 200);
    ck_assert_msg(strstr(body, text) != NULL, "%s", body);
    ck_assert_int_eq(get("/status.xml"), 200);
    snprintf(text, sizeof text, "<status>%s</status>", state);
    ck_assert_msg(strstr(body, text) != NULL, "%s", body);
    ck_assert_int_eq(get("/status.json"), 200);
    snprintf(text, sizeof text, "\"state\":\"%s\"", state);
    ck_assert_msg(strstr(body, text) != NULL, "%s", body);
    ck_assert_int_eq(get("/metrics"), 200);
    snprintf(text, sizeof text, "\nfanzha_box_state{state=\"%s\"} 1\n", state);
    ck_assert_msg(strstr(body, text) != NULL, "%s", body);
    ck_assert_int_eq(get("/ready"), ready);
    ck_assert_int_eq(get("/healthy"), 200);
}

/* --- messages ------------------------------------------------------------ */
static Msg *send_between(KitPeer *from, const char *text)
{
    Msg *msg = kit_sms_between(from == &box ? mt_push : mo, "1", "2", text);

    kit_send_msg(from, msg);
    return msg;
}

static void expect_text(KitPeer *peer, const char *text)
{
    Msg *came = kit_read_msg(peer);

    ck_assert_int_eq(msg_type(came), sms);
    ck_assert_str_eq(octstr_get_cstr(came->sms.msgdata), text);
    msg_destroy(came);
}

START_TEST(isolated_takes_nothing_new_and_finishes_what_is_inside)
{
    Msg *down, *back, *refused, *kept, *report, *later;

    start();
    expect_state("running", 200);
    down = send_between(&box, "down");
    expect_text(&up, "down");
    back = send_between(&up, "back");
    expect_text(&box, "back");
    ask("/isolate", "isolated\n");
    expect_state("isolated", 503);

    refused = send_between(&box, "new from the box");
    ck_assert(!kit_read_within(&box, 500)); /* paced */
    kit_expect_ack(&box, refused, ack_failed_tmp);
    kept = send_between(&up, "first new from bearerbox");
    report = kit_sms_between(report_mo, "1", "2", "a report");
    kit_send_msg(&up, report);
    later = send_between(&up, "second new from bearerbox");
    kit_expect_silence(&box);
    kit_expect_silence(&up); /* neither sent on nor answered */
    ck_assert_uint_eq(kit_count_lines(trace, " sms "), 2);

    kit_send_ack(&up, down, ack_success);
    kit_expect_ack(&box, down, ack_success);
    kit_send_ack(&box, back, ack_success);
    kit_expect_ack(&up, back, ack_success);
    ck_assert_int_eq(get("/metrics"), 200);
    ck_assert_ptr_nonnull(strstr(body, "\nfanzha_box_isolated_total 1\n"));
    page_expect_figures("\n## Of the box\n", body);

    ask("/resume", "running\n");
    expect_state("running", 200);
    expect_text(&box, "first new from bearerbox");
    expect_text(&box, "a report");
    expect_text(&box, "second new from bearerbox");
    kit_send_ack(&box, later, ack_success);
    kit_expect_ack(&up, later, ack_success);
    /* plugins saw those too, and no report */
    ck_assert_uint_eq(kit_count_lines(trace, " sms "), 4);
    msg_destroy(send_between(&box, "as ever"));
    expect_text(&up, "as ever");
    stop();
    msg_destroy(down);
    msg_destroy(back);
    msg_destroy(refused);
    msg_destroy(kept);
    msg_destroy(report);
    msg_destroy(later);
}
END_TEST

START_TEST(suspended_nothing_moves_and_resumed_all_does_in_order)
{
    Msg *down, *late, *back, *queued;
    KitPeer newcomer = {.fd = -1}, its_up = {.fd = -1};

    start();
    down = send_between(&box, "down");
    expect_text(&up, "down");
    late = send_between(&box, "say:late 300 unchanged");
    while (kit_count_lines(trace, " sms ") < 2)
        usleep(10000);
    ask("/suspend", "suspended\n");
    expect_state("suspended", 503);

    back = send_between(&up, "back");
    queued = send_between(&box, "behind the late one");
    kit_send_ack(&up, down, ack_success);
    kit_box(&host, &newcomer, "box-two"); /* it may connect, no more */
    usleep(400000);                       /* the plugin has answered */
    kit_expect_silence(&box);
    kit_expect_silence(&up);
    ck_assert(!kit_accept_within(&host, &its_up, 200));
    ck_assert_uint_eq(kit_count_lines(trace, " sms "), 2);

    ask("/resume", "running\n");
    expect_text(&up, "say:late 300 unchanged");
    expect_text(&up, "behind the late one");
    { /* from bearerbox in its order: the message, the acknowledgement */
        expect_text(&box, "back");
        kit_expect_ack(&box, down, ack_success);
    }
    kit_accept(&host, &its_up);
    kit_close(&newcomer);
    kit_close(&its_up);
    stop();
    msg_destroy(down);
    msg_destroy(late);
    msg_destroy(back);
    msg_destroy(queued);
}
END_TEST

START_TEST(a_deferred_mo_is_not_tried_while_suspended)
{
    char text[1200], file[1024];
    Msg *deferred;

    start();
    snprintf(file, sizeof file, "%s", fz_test_write("full", "x"));
    snprintf(text, sizeof text, "say:if %s", file);
    deferred = send_between(&up, text);
    while (kit_count_lines(trace, " sms ") < 1)
        usleep(10000);
    ask("/suspend", "suspended\n");
    remove(file);
    usleep(1300000); /* it would have been tried after a second */
    ck_assert_uint_eq(kit_count_lines(trace, " sms "), 1);
    kit_expect_silence(&box);
    ask("/isolate", "isolated\n"); /* it is inside: it goes on */
    expect_text(&box, text);
    kit_send_ack(&box, deferred, ack_success);
    kit_expect_ack(&up, deferred, ack_success);
    stop();
    msg_destroy(deferred);
}
END_TEST

START_TEST(a_plugin_cannot_inject_while_suspended)
{
    Msg *mt;

    start();
    mt = send_between(&box, "say:late 300 inject-mt -");
    while (kit_count_lines(trace, " sms ") < 1)
        usleep(10000);
    ask("/suspend", "suspended\n");
    kit_expect_in_file(trace, "injected no way");
    ask("/resume", "running\n");
    expect_text(&up, "say:late 300 inject-mt -");
    stop();
    msg_destroy(mt);
}
END_TEST

START_TEST(a_verb_says_what_it_is_already_and_wants_the_password)
{
    start();
    ask("/resume", "already running\n");
    ask("/suspend", "suspended\n");
    ask("/suspend", "already suspended\n");
    ask("/isolate", "isolated\n");
    ask("/isolate", "already isolated\n");
    ask("/resume", "running\n");
    ck_assert_int_eq(get_as("/suspend", WRONG), 403);
    ck_assert_int_eq(get_as("/isolate", WRONG), 403);
    ck_assert_int_eq(get_as("/shutdown", WRONG), 403);
    ck_assert_int_eq(get_as("/status.txt?password=change", NULL), 403);
    expect_state("running", 200);
    stop();
}
END_TEST

/* `password-in-query' */
START_TEST(a_password_in_the_query_counts_where_it_is_asked_for)
{
    snprintf(trace, sizeof trace, "%s/trace", fz_test_folder());
    start_as("admin-port = 0\nadmin-password = change\n"
             "password-in-query = true",
             kit_plugin("box_asker", trace, 0));
    ck_assert_int_eq(get_as("/status.txt?password=change", NULL), 200);
    ck_assert_int_eq(get_as("/status.txt?password=guess", NULL), 403);
    stop();
}
END_TEST

static const char *const states[] = {"/suspend", "/isolate", "/resume"};

START_TEST(shutdown_finishes_acknowledgements_whatever_the_state)
{
    Msg *down, *kept = NULL;

    start();
    down = send_between(&box, "down");
    expect_text(&up, "down");
    ck_assert_int_eq(get(states[_i]), 200);
    if (strcmp(states[_i], "/resume") != 0)
        kept = send_between(&up, "never taken");
    ask("/shutdown", "ending\n");
    kit_expect_log(&host, "no message is taken any more");
    ck_assert_int_eq(get("/ready"), 503);
    ck_assert_int_eq(get("/resume"), 409);
    kit_send_ack(&up, down, ack_success);
    kit_expect_ack(&box, down, ack_success);
    kit_expect_end(&box);
    kit_expect_end(&up);
    kit_close(&box);
    kit_close(&up);
    ck_assert_int_eq(kit_wait(&host), 0);
    msg_destroy(down);
    msg_destroy(kept);
}
END_TEST

START_TEST(a_second_shutdown_ends_at_once)
{
    Msg *down;

    start();
    down = send_between(&box, "never acknowledged");
    expect_text(&up, "never acknowledged");
    ask("/shutdown", "ending\n");
    kit_expect_log(&host, "no message is taken any more");
    while (get("/ready") != 503)
        usleep(10000);
    get("/shutdown");
    ck_assert_int_eq(kit_wait(&host), 1);
    kit_expect_log(&host, "Ended at once");
    msg_destroy(down);
}
END_TEST

/* --- plugins ------------------------------------------------------------- */
static void expect_on(const char *page, const char *text)
{
    ck_assert_int_eq(get(page), 200);
    ck_assert_msg(strstr(body, text) != NULL, "no `%s' on %s:\n%s", text, page,
                  body);
}

static void add_plugin(char *groups, size_t room, const char *id,
                       const char *args, int priority, const char *keys)
{
    const char *group = kit_plugin("box_foreign", args, priority);
    const char *path = strstr(group, "\npath = "); /* behind kit's own id */
    size_t octets = strlen(groups);

    snprintf(groups + octets, room - octets,
             "\ngroup = pluginbox-plugin\nid = %s%s%s", id, path, keys);
}

START_TEST(the_pages_show_every_plugin_and_what_it_says_of_itself)
{
    char groups[8192] = "";

    add_plugin(groups, sizeof groups, "wild", "mt", 7,
               "thread = true\nsms-only = true\n");
    add_plugin(groups, sizeof groups, "dead", "", 8, "dead-start = true\n");
    add_plugin(groups, sizeof groups, "broken", "crash", 9, "needed = false\n");
    start_with(groups);
    msg_destroy(send_between(&box, "given"));
    expect_text(&up, "given");

    expect_on("/status.txt", "Plugins: 3\n    wild, running, priority 7, MT, "
                             "own thread: given 1, overdue 0");
    expect_on("/status.txt", "        form 1 of <foreign> & co, 0 arguments\n");
    expect_on("/status.txt", "    dead, dead-start, priority 8");
    expect_on("/status.txt",
              "    broken, failed: it crashed in its init (SIGSEGV), priority");
    expect_on("/status.html", "<tr><td>wild<td>running<td>7<td>MT<td>yes<td>1");
    expect_on("/status.html", "form 0 of <foreign> & co");
    expect_on("/status.html",
              "<td>failed: it crashed in its init (SIGSEGV)<td>");
    expect_on("/status.xml", "<plugin><id>wild</id><status>running</status>");
    expect_on("/status.xml", "<text>form 1 of &lt;foreign&gt; &amp; co");
    expect_on("/status.json",
              "\"state\":\"running\",\"why\":null,\"priority\":7,\"mt\":true,"
              "\"mo\":false,\"thread\":true,\"given\":1,");
    expect_on("/status.json", "\"status\":\"form 1 of <foreign> & co");
    expect_on("/metrics",
              "\nfanzha_box_plugin_given_total{plugin=\"wild\"} 1\n");
    expect_on("/metrics", "\nfanzha_box_plugin_running{plugin=\"wild\"} 1\n");
    expect_on("/metrics", "\nfanzha_box_plugin_running{plugin=\"dead\"} 0\n");
    expect_on("/metrics", "\nfanzha_box_plugin_running{plugin=\"broken\"} 0\n");
    stop();
}
END_TEST

/* A box may call itself what it likes. */
START_TEST(every_page_is_well_formed_whatever_a_box_is_called)
{
    KitPeer odd = {.fd = -1}, odd_up = {.fd = -1};

    start();
    kit_pair(&host, &odd, &odd_up, "a\xFF<\"\x01");
    expect_on("/status.xml", "<box><id>a\xEF\xBF\xBD&lt;&quot;</id>");
    expect_on("/status.html", "<td>a\xEF\xBF\xBD&lt;&quot;<td>");
    expect_on("/status.json", "\"a\xEF\xBF\xBD<\\\"\\u0001\"");
    kit_close(&odd);
    kit_close(&odd_up);
    stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("box verbs");
    TCase *verbs = tcase_create("verbs");

    tcase_add_checked_fixture(verbs, kit_begin, kit_end);
    tcase_set_timeout(verbs, 60);
    tcase_add_test(verbs,
                   isolated_takes_nothing_new_and_finishes_what_is_inside);
    tcase_add_test(verbs,
                   suspended_nothing_moves_and_resumed_all_does_in_order);
    tcase_add_test(verbs, a_deferred_mo_is_not_tried_while_suspended);
    tcase_add_test(verbs, a_plugin_cannot_inject_while_suspended);
    tcase_add_test(verbs,
                   a_verb_says_what_it_is_already_and_wants_the_password);
    tcase_add_test(verbs, a_password_in_the_query_counts_where_it_is_asked_for);
    tcase_add_loop_test(
        verbs, shutdown_finishes_acknowledgements_whatever_the_state, 0, 3);
    tcase_add_test(verbs, a_second_shutdown_ends_at_once);
    tcase_add_test(verbs,
                   the_pages_show_every_plugin_and_what_it_says_of_itself);
    tcase_add_test(verbs, every_page_is_well_formed_whatever_a_box_is_called);
    suite_add_tcase(suite, verbs);
    return fz_test_run(suite);
}
