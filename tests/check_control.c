/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/control_rig.h"

#include "base/limits.h"
#include "control/server_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* -------------------------------------------------------------- the wire */
static const struct {
    const char *name, *line, *answer;
} exchanges[] = {
    {"a verb", "{\"verb\":\"status\"}",
     "{\"ok\":true,\"result\":{\"args\":{},"},
    {"with args", "{\"verb\":\"status\",\"args\":{\"a\":[1]}}",
     "\"args\":{\"a\":[1]}"},
    {"args first", "{\"args\":{},\"verb\":\"status\"}", "{\"ok\":true"},
    {"a carriage return is space", "{\"verb\":\"status\"}\r", "{\"ok\":true"},
    {"no JSON", "status", "{\"ok\":false,\"error\":\"the request is no JSON"},
    {"an empty line", "", "the request is no JSON object"},
    {"half an object", "{\"verb\":\"status\"", "the request is no JSON object"},
    {"something behind", "{\"verb\":\"status\"} x",
     "the request is no JSON object"},
    {"JSON, but no object", "[\"status\"]", "JSON, but no object"},
    {"no verb", "{}", "names no \\\"verb\\\""},
    {"verb is a number", "{\"verb\":1}",
     "`verb' is not part of a request, or "},
    {"verb twice", "{\"verb\":\"status\",\"verb\":\"reload\"}",
     "duplicate object key"},
    {"args is a list", "{\"verb\":\"status\",\"args\":[]}",
     "`args' is not part of a request, or "},
    {"an unknown key", "{\"verb\":\"status\",\"arg\":{}}",
     "`arg' is not part of a request"},
    {"swapped letters", "{\"verb\":\"relaod\"}",
     "there is no verb `relaod': did you mean `reload'?"},
    {"a letter too few", "{\"verb\":\"statu\"}", "did you mean `status'?"},
    {"a letter too many", "{\"verb\":\"bypasss\"}", "did you mean `bypass'?"},
    {"nothing near", "{\"verb\":\"frobnicate\"}",
     "\"error\":\"there is no verb `frobnicate'\""},
    {"an empty verb", "{\"verb\":\"\"}", "\"error\":\"there is no verb `'\""},
    {"args that it takes",
     "{\"verb\":\"strict\",\"args\":{\"lists\":\"a\",\"dry_run\":true,"
     "\"identity\":null,\"for_s\":1.5,\"keys\":[]}}",
     "{\"ok\":true"},
    {"a number is not taken for false", /* or it would go live */
     "{\"verb\":\"strict\",\"args\":{\"dry_run\":1}}",
     "\"error\":\"\\\"dry_run\\\" of strict wants true or false\""},
    {"a number is not taken for everybody", /* whom a bypass would be for */
     "{\"verb\":\"strict\",\"args\":{\"identity\":5}}",
     "\"error\":\"\\\"identity\\\" of strict wants a string\""},
    {"a string is not taken for no time",
     "{\"verb\":\"strict\",\"args\":{\"for_s\":\"60\"}}",
     "\"error\":\"\\\"for_s\\\" of strict wants a number\""},
    {"a string is no list", "{\"verb\":\"strict\",\"args\":{\"keys\":\"a\"}}",
     "\"error\":\"\\\"keys\\\" of strict wants a list\""},
    {"a misspelt arg is not left out", /* or it would go live */
     "{\"verb\":\"strict\",\"args\":{\"dry-run\":true}}",
     "{\"ok\":false,\"error\":\"`dry-run' is nothing that strict takes: there "
     "are dry_run lists identity for_s keys\""},
    {"the beginning of an arg", "{\"verb\":\"strict\",\"args\":{\"dry\":1}}",
     "`dry' is nothing that strict takes"},
    {"args for a verb that takes none",
     "{\"verb\":\"plain\",\"args\":{\"all\":true}}",
     "\"error\":\"`all' is nothing that plain takes\""},
    {"a failure", "{\"verb\":\"fail\"}",
     "{\"ok\":false,\"error\":\"b.conf:12: rule `r-9': the first error\","
     "\"diags\":[{\"severity\":\"warning\",\"code\":\"rule\",\"file\":"
     "\"a.conf\",\"line\":1,\"text\":\"a warning\"},{\"severity\":\"error\","
     "\"code\":\"rule\",\"file\":\"b.conf\",\"line\":12,\"rule\":\"r-9\","
     "\"text\":\"the first error\"},{\"severity\":\"error\",\"code\":\"rule\","
     "\"file\":\"c.conf\",\"line\":3,\"text\":\"the second\"}]}"},
    {"a failure without a word", "{\"verb\":\"silent\"}",
     "\"error\":\"it failed (io), and nobody said why\""},
};

START_TEST(a_line_gets_its_answer_and_the_next_one_too)
{
    Rig rig;
    int fd;

    rig_open(&rig, 0);
    fd = rig_dial(&rig);
    rig_say(fd, exchanges[_i].line);
    rig_say(fd, "\n");
    rig_expect(fd, exchanges[_i].answer);
    rig_say(fd, "{\"verb\":\"status\"}\n");
    rig_expect(fd, "{\"ok\":true");
    close(fd);
    rig_close(&rig);
}
END_TEST

START_TEST(progress_comes_before_the_answer_and_warnings_with_it)
{
    Rig rig;
    int fd;

    rig_open(&rig, 0);
    fd = rig_dial(&rig);
    rig_say(fd, "{\"verb\":\"reload\"}\n");
    rig_expect(fd,
               "{\"progress\":{\"done\":1,\"total\":3,\"what\":\"compile\"}}");
    rig_expect(fd, "\"done\":2");
    rig_expect(fd, "\"done\":3");
    rig_expect(fd,
               "{\"ok\":true,\"result\":{},\"diags\":[{\"severity\":\"warning"
               "\",\"code\":\"rule\",\"file\":\"rules.conf\",\"line\":7,"
               "\"rule\":\"r-1\",\"text\":\"it is broad\"}]}");
    close(fd);
    rig_close(&rig);
}
END_TEST

START_TEST(several_lines_at_once_and_lines_in_pieces_are_served)
{
    const char *request = "{\"verb\":\"status\",\"args\":{\"n\":2}}\n";
    Rig rig;
    int fd;

    rig_open(&rig, 0);
    fd = rig_dial(&rig);
    rig_say(fd,
            "{\"verb\":\"status\",\"args\":{\"n\":1}}\n"
            "{\"verb\":\"fail\"}\n{\"verb\":\"status\",\"args\":{\"n\":3}}\n");
    rig_expect(fd, "\"n\":1");
    rig_expect(fd, "\"ok\":false");
    rig_expect(fd, "\"n\":3");
    for (const char *at = request; *at != '\0'; at++) {
        char octet[2] = {*at, '\0'};

        rig_say(fd, octet);
    }
    rig_expect(fd, "\"n\":2");
    close(fd);
    rig_close(&rig);
}
END_TEST

START_TEST(request_before_the_end_of_sending_is_answered)
{
    Rig rig;
    int fd;

    rig_open(&rig, 0);
    fd = rig_dial(&rig);
    rig_say(fd, "{\"verb\":\"status\"}\n{\"verb\":\"fail\"}\n");
    shutdown(fd, SHUT_WR);
    rig_expect(fd, "\"ok\":true");
    rig_expect(fd, "\"ok\":false");
    rig_expect_end(fd);
    close(fd);
    rig_close(&rig);
}
END_TEST

START_TEST(request_that_breaks_off_is_not_run)
{
    Rig rig;
    int fd;

    rig_open(&rig, 0);
    fd = rig_dial(&rig);
    rig_say(fd, "{\"verb\":\"reload\"}"); /* whole, but who knows */
    shutdown(fd, SHUT_WR);
    rig_expect(fd, "broke off before the end of its line");
    rig_expect_end(fd);
    close(fd);
    rig_close(&rig);
    ck_assert_int_eq(rig.ran, 0);
}
END_TEST

START_TEST(endless_line_is_refused_and_the_client_let_go)
{
    char octets[4096];
    Rig rig;
    int fd;

    memset(octets, ' ', sizeof octets);
    rig_open(&rig, 0);
    fd = rig_dial(&rig);
    for (int i = 0; i < 1000; i++)
        if (send(fd, octets, sizeof octets, MSG_NOSIGNAL) < 0)
            break; /* not for ever */
    rig_expect(fd, "longer than a line may be");
    close(fd);
    rig_close(&rig);
}
END_TEST

START_TEST(line_is_bounded_to_the_octet)
{
    static char line[FZ_LIMIT_CONTROL_LINE_OCTETS + 2];
    const char *request = "{\"verb\":\"status\"}";
    Rig rig;
    int fd;

    rig_open(&rig, 0);
    fd = rig_dial(&rig);
    memset(line, ' ', sizeof line);
    memcpy(line, request, strlen(request));
    line[FZ_LIMIT_CONTROL_LINE_OCTETS] = '\n';
    line[FZ_LIMIT_CONTROL_LINE_OCTETS + 1] = '\0';
    rig_say(fd, line);
    rig_expect(fd, "\"ok\":true");
    close(fd);
    fd = rig_dial(&rig);
    line[FZ_LIMIT_CONTROL_LINE_OCTETS] = ' ';
    rig_say(fd, line);
    rig_say(fd, "\n");
    rig_expect(fd, "longer than a line may be");
    close(fd);
    rig_close(&rig);
    ck_assert_int_eq(rig.ran, 1);
}
END_TEST

/* ------------------------------------------------------------------- roles */
START_TEST(who_may_only_ask_cannot_change)
{
    FzControlPeer reader = {.pid = 1, .uid = 12345, .role = FZ_ROLE_READ};
    int pair[2];
    Rig rig;

    rig_open(&rig, 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair),
                     0);
    fz_control_server_adopt(rig.server, pair[1], &reader);
    rig_say(pair[0], "{\"verb\":\"status\"}\n");
    rig_expect(pair[0], "\"uid\":12345,\"verb\":\"status\",\"admin\":false");
    rig_say(pair[0], "{\"verb\":\"reload\"}\n");
    rig_expect(pair[0],
               "`reload' is for administrators (user 12345 may only ask)");
    rig_say(pair[0], "{\"verb\":\"status\"}\n");
    rig_expect(pair[0], "\"ok\":true");
    close(pair[0]);
    rig_close(&rig);
    ck_assert_int_eq(rig.ran, 2);
}
END_TEST

START_TEST(own_user_is_administrator)
{
    Rig rig;
    char want[64];
    int fd;

    rig_open(&rig, 0);
    fd = rig_dial(&rig);
    snprintf(want, sizeof want, "\"uid\":%d,\"verb\":\"bypass\",\"admin\":true",
             (int)geteuid());
    rig_say(fd, "{\"verb\":\"bypass\"}\n");
    rig_expect(fd, want);
    close(fd);
    rig_close(&rig);
}
END_TEST

/* ------------------------------------------------------------ many clients */
START_TEST(forty_clients_are_served_or_told_that_they_are_too_many)
{
    int fd[40], served = 0, refused = 0;
    Rig rig;

    rig_open(&rig, 0);
    for (size_t i = 0; i < COUNT(fd); i++)
        fd[i] = rig_dial(&rig);
    for (size_t i = 0; i < COUNT(fd); i++)
        send(fd[i], "{\"verb\":\"status\"}\n", 18, MSG_NOSIGNAL);
    for (size_t i = 0; i < COUNT(fd); i++) {
        const char *line = rig_hear(fd[i]);

        served += strstr(line, "\"ok\":true") != NULL;
        refused += strstr(line, "too many clients") != NULL;
    }
    ck_assert_int_eq(served, FZ_LIMIT_CONTROL_CLIENTS);
    ck_assert_int_eq(refused, 40 - FZ_LIMIT_CONTROL_CLIENTS);
    for (size_t i = 0; i < COUNT(fd); i++)
        close(fd[i]);
    /* their places are free again */
    fd[0] = rig_dial(&rig);
    for (;;) {
        const char *line;

        send(fd[0], "{\"verb\":\"status\"}\n", 18, MSG_NOSIGNAL);
        line = rig_hear(fd[0]);
        if (strstr(line, "\"ok\":true") != NULL)
            break;
        close(fd[0]);
        fd[0] = rig_dial(&rig);
    }
    close(fd[0]);
    rig_close(&rig);
}
END_TEST

START_TEST(who_may_only_ask_cannot_keep_the_administrator_out)
{
    FzControlPeer reader = {.pid = 1, .uid = 12345, .role = FZ_ROLE_READ};
    int ours[FZ_LIMIT_CONTROL_CLIENTS], refused = 0, fd;
    Rig rig;

    rig_open(&rig, 0);
    for (int i = 0; i < FZ_LIMIT_CONTROL_CLIENTS; i++) {
        int pair[2];

        ck_assert_int_eq(
            socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        fz_control_server_adopt(rig.server, pair[1], &reader);
        ours[i] = pair[0];
    }
    for (int i = 0; i < FZ_LIMIT_CONTROL_CLIENTS; i++) {
        send(ours[i], "{\"verb\":\"status\"}\n", 18, MSG_NOSIGNAL);
        refused += strstr(rig_hear(ours[i]), "too many clients") != NULL;
    }
    ck_assert_int_eq(refused, FZ_LIMIT_CONTROL_CLIENTS_ADMIN);
    fd = rig_dial(&rig);
    rig_say(fd, "{\"verb\":\"bypass\"}\n");
    rig_expect(fd, "\"ok\":true");
    close(fd);
    rig_close(&rig);
}
END_TEST

START_TEST(silent_and_half_spoken_clients_are_let_go)
{
    int silent, half, fd;
    Rig rig;

    rig_open(&rig, 50);
    silent = rig_dial(&rig);
    half = rig_dial(&rig);
    rig_say(half, "{\"verb\":");
    rig_expect_end(silent); /* waits for it */
    rig_expect_end(half);
    fd = rig_dial(&rig);
    rig_say(fd, "{\"verb\":\"status\"}\n");
    rig_expect(fd, "\"ok\":true");
    close(fd);
    close(silent);
    close(half);
    rig_close(&rig);
}
END_TEST

START_TEST(client_that_does_not_read_costs_itself_only)
{
    int slow, fd;
    Rig rig;

    rig_open(&rig, 0);
    slow = rig_dial(&rig);
    /* more than any socket buffer takes: the rest waits in the server */
    rig_say(slow, "{\"verb\":\"large\",\"args\":{\"octets\":8000000}}\n");
    rig_say(slow, "{\"verb\":\"large\",\"args\":{\"octets\":8000000}}\n");
    for (int i = 0; i < 20; i++) {
        fd = rig_dial(&rig);
        rig_say(fd, "{\"verb\":\"status\"}\n");
        rig_expect(fd, "\"ok\":true");
        close(fd);
    }
    /* its second request was not run while the first answer waits */
    ck_assert_int_le(rig.ran, 21);
    /* and it gets all of both when it reads at last */
    for (int answer = 0; answer < 2; answer++) {
        size_t octets = 0;
        char part[65536], last = '\0';

        while (last != '\n') {
            ssize_t got = recv(slow, part, sizeof part, MSG_PEEK);
            char *end;

            ck_assert_int_gt(got, 0);
            end = memchr(part, '\n', (size_t)got);
            if (end != NULL)
                got = end - part + 1;
            ck_assert_int_eq(recv(slow, part, (size_t)got, 0), got);
            last = part[got - 1];
            octets += (size_t)got;
        }
        ck_assert_uint_eq(octets,
                          8000000 + strlen("{\"ok\":true,\"result\":{\"text\":"
                                           "\"\"}}\n"));
    }
    close(slow);
    rig_close(&rig);
}
END_TEST

START_TEST(endless_answer_becomes_a_failure)
{
    Rig rig;
    int fd;

    rig_open(&rig, 0);
    fd = rig_dial(&rig);
    rig_say(fd, "{\"verb\":\"large\",\"args\":{\"octets\":17000000}}\n");
    rig_expect(fd,
               "{\"ok\":false,\"error\":\"it was done, but the answer is too "
               "long");
    close(fd);
    rig_close(&rig);
}
END_TEST

/* ----------------------------------------------------------- verbs in turn */
START_TEST(who_waits_for_a_long_verb_is_told_and_then_served)
{
    int first, second;
    Rig rig;

    rig_open(&rig, 0);
    first = rig_dial(&rig);
    rig_say(first, "{\"verb\":\"wait\"}\n");
    rig_wait_entered(&rig.gate);
    second = rig_dial(&rig);
    rig_say(second, "{\"verb\":\"status\"}\n");
    rig_make_step(&rig.gate); /* accepts it */
    rig_make_step(&rig.gate); /* reads it, and tells it */
    rig_expect(second,
               "{\"progress\":{\"done\":0,\"total\":0,\"what\":\"waiting "
               "for `wait'\"}}");
    rig_expect(first, "\"what\":\"slow\"");
    rig_expect(first, "\"what\":\"slow\"");
    ck_assert_int_eq(rig.ran, 1); /* one verb at a time */
    rig_open_gate(&rig.gate);
    rig_expect(first, "\"ok\":true");
    rig_expect(second, "\"ok\":true");
    close(first);
    close(second);
    rig_close(&rig);
}
END_TEST

START_TEST(a_quick_verb_waits_for_no_long_one)
{
    int first, second, third;
    Rig rig;

    rig_open(&rig, 0);
    first = rig_dial(&rig);
    rig_say(first, "{\"verb\":\"wait\"}\n");
    rig_wait_entered(&rig.gate);
    second = rig_dial(&rig);
    third = rig_dial(&rig);
    rig_say(second, "{\"verb\":\"quick\"}\n");
    rig_say(third, "{\"verb\":\"status\"}\n");
    for (int i = 0; i < 4; i++)
        rig_make_step(&rig.gate);
    rig_expect(second, "\"ok\":true"); /* the gate is closed still */
    rig_expect(third, "waiting for `wait'");
    ck_assert_int_eq(rig.ran, 2);
    rig_open_gate(&rig.gate);
    for (int i = 0; i < 4; i++)
        rig_expect(first, "\"what\":\"slow\"");
    rig_expect(first, "\"ok\":true");
    rig_expect(third, "\"ok\":true");
    close(first);
    close(second);
    close(third);
    rig_close(&rig);
}
END_TEST

START_TEST(verb_runs_to_its_end_when_its_client_goes_away)
{
    int first, second;
    Rig rig;

    rig_open(&rig, 0);
    first = rig_dial(&rig);
    rig_say(first, "{\"verb\":\"wait\"}\n");
    rig_wait_entered(&rig.gate);
    close(first);
    rig_make_step(&rig.gate);
    rig_make_step(&rig.gate);
    rig_open_gate(&rig.gate);
    second = rig_dial(&rig);
    rig_say(second, "{\"verb\":\"status\"}\n");
    rig_expect(second, "\"ok\":true");
    close(second);
    rig_close(&rig);
    ck_assert_int_eq(rig.ran, 2);
}
END_TEST

START_TEST(a_flood_of_requests_of_one_does_not_keep_another_waiting)
{
    int flood, fd;
    Rig rig;

    rig_open(&rig, 0);
    flood = rig_dial(&rig);
    fd = rig_dial(&rig);
    rig_say(fd, "{\"verb\":\"status\"}\n");
    rig_expect(fd, "\"ok\":true");
    /* they stand in its socket; each is answered only in its turn */
    for (int i = 0; i < 200; i++)
        rig_say(flood, "{\"verb\":\"status\"}\n");
    rig_expect(flood, "\"ok\":true");
    rig_say(fd, "{\"verb\":\"status\"}\n");
    rig_expect(fd, "\"ok\":true");
    for (int i = 1; i < 200; i++)
        rig_expect(flood, "\"ok\":true");
    close(fd);
    close(flood);
    rig_close(&rig);
}
END_TEST

START_TEST(stop_ends_run_and_close_the_rest)
{
    Rig rig;
    int fd;

    rig_open(&rig, 0);
    fd = rig_dial(&rig);
    rig_say(fd, "{\"verb\":");
    rig_close(&rig);
    ck_assert_int_le(recv(fd, &rig, 1, 0), 0);
    close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control");
    TCase *tc = tcase_create("wire");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_line_gets_its_answer_and_the_next_one_too, 0,
                        COUNT(exchanges));
    tcase_add_test(tc, progress_comes_before_the_answer_and_warnings_with_it);
    tcase_add_test(tc, several_lines_at_once_and_lines_in_pieces_are_served);
    tcase_add_test(tc, request_before_the_end_of_sending_is_answered);
    tcase_add_test(tc, request_that_breaks_off_is_not_run);
    tcase_add_test(tc, endless_line_is_refused_and_the_client_let_go);
    tcase_add_test(tc, line_is_bounded_to_the_octet);
    suite_add_tcase(suite, tc);

    tc = tcase_create("clients");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, who_may_only_ask_cannot_change);
    tcase_add_test(tc, own_user_is_administrator);
    tcase_add_test(tc, forty_clients_are_served_or_told_that_they_are_too_many);
    tcase_add_test(tc, who_may_only_ask_cannot_keep_the_administrator_out);
    tcase_add_test(tc, silent_and_half_spoken_clients_are_let_go);
    tcase_add_test(tc, client_that_does_not_read_costs_itself_only);
    tcase_add_test(tc, endless_answer_becomes_a_failure);
    tcase_add_test(tc, who_waits_for_a_long_verb_is_told_and_then_served);
    tcase_add_test(tc, a_quick_verb_waits_for_no_long_one);
    tcase_add_test(tc, verb_runs_to_its_end_when_its_client_goes_away);
    tcase_add_test(tc,
                   a_flood_of_requests_of_one_does_not_keep_another_waiting);
    tcase_add_test(tc, stop_ends_run_and_close_the_rest);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
