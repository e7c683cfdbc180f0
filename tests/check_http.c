/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "http/http.h"
#include "http/throttle.h"
#include "tests/support.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static FzHttpServer *server;
static pthread_t runner;

static void handler(void *ctx, const FzHttpRequest *request,
                    FzHttpAnswer *answer)
{
    (void)ctx;
    if (strcmp(request->path, "/open") == 0) {
        fz_buf_append_text(&answer->body, "hello");
    } else if (strcmp(request->path, "/echo") == 0) {
        fz_buf_append_slice(&answer->body, request->body);
    } else if (strcmp(request->path, "/secret") == 0) {
        switch (fz_http_auth(server, request, "right",
                             fz_http_query(request, "q") != NULL)) {
        case FZ_HTTP_AUTH_OK:
            fz_buf_append_text(&answer->body, "in");
            break;
        case FZ_HTTP_AUTH_MISSING:
            answer->status = 401;
            break;
        case FZ_HTTP_AUTH_WRONG:
            answer->status = 403;
            break;
        case FZ_HTTP_AUTH_THROTTLED:
            answer->status = 429;
            break;
        }
    } else {
        answer->status = 404;
    }
}

static void *run(void *arg)
{
    fz_http_run(arg);
    return NULL;
}

static void start(void)
{
    /* silence closes nothing here */
    FzHttpConfig config = {.body_octets = 1000, .timeout_s = 600};

    ck_assert_int_eq(fz_http_open(&config, handler, NULL, NULL, &server),
                     FZ_OK);
    pthread_create(&runner, NULL, run, server);
}

static void stop(void)
{
    fz_http_stop(server);
    pthread_join(runner, NULL);
    fz_http_close(server);
}

/* Send `head` and then `extra` octets of body; the answer, static storage. */
static const char *ask(const char *head, size_t extra)
{
    static char answer[4096];
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)fz_http_port(server)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    size_t octets = 0;
    ssize_t got;
    char block[1024];

    memset(block, 'x', sizeof block);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    ck_assert(send(fd, head, strlen(head), MSG_NOSIGNAL) > 0);
    while (extra > 0) {
        size_t part = extra < sizeof block ? extra : sizeof block;

        if (send(fd, block, part, MSG_NOSIGNAL) < 0)
            break; /* it hung up on us, as it should */
        extra -= part;
    }
    while (octets + 1 < sizeof answer &&
           (got = recv(fd, answer + octets, sizeof answer - 1 - octets, 0)) > 0)
        octets += (size_t)got;
    answer[octets] = '\0';
    close(fd);
    return answer;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
/* user:right and user:wrong */
#define RIGHT "Authorization: Basic dXNlcjpyaWdodA==\r\n\r\n"
#define WRONG "Authorization: Basic dXNlcjp3cm9uZw==\r\n\r\n"

START_TEST(serves_and_knows_what_is_not_there)
{
    start();
    ck_assert_ptr_nonnull(strstr(ask(GET("/open") "\r\n", 0), "hello"));
    ck_assert_ptr_nonnull(strstr(ask(GET("/nowhere") "\r\n", 0), " 404 "));
    stop();
}
END_TEST

START_TEST(password_by_basic_and_in_the_query_only_where_allowed)
{
    start();
    ck_assert_ptr_nonnull(strstr(ask(GET("/secret") "\r\n", 0), " 401 "));
    ck_assert_ptr_nonnull(strstr(ask(GET("/secret") RIGHT, 0), " 200 "));
    ck_assert_ptr_nonnull(strstr(ask(GET("/secret") WRONG, 0), " 403 "));
    ck_assert_ptr_nonnull(
        strstr(ask(GET("/secret?password=right") "\r\n", 0), " 401 "));
    ck_assert_ptr_nonnull(
        strstr(ask(GET("/secret?q=1&password=right") "\r\n", 0), " 200 "));
    stop();
}
END_TEST

START_TEST(wrong_passwords_are_throttled_and_others_are_served)
{
    start();
    for (int i = 0; i < FZ_HTTP_WRONG_PER_MINUTE; i++)
        ck_assert_ptr_nonnull(strstr(ask(GET("/secret") WRONG, 0), " 403 "));
    ck_assert_ptr_nonnull(strstr(ask(GET("/secret") WRONG, 0), " 429 "));
    /* nothing is compared any more: the right one does not show itself */
    ck_assert_ptr_nonnull(strstr(ask(GET("/secret") RIGHT, 0), " 429 "));
    ck_assert_ptr_nonnull(strstr(ask(GET("/open") "\r\n", 0), "hello"));
    stop();
}
END_TEST

START_TEST(body_is_taken_up_to_its_bound)
{
    start();
    ck_assert_ptr_nonnull(strstr(ask("POST /echo HTTP/1.1\r\nHost: x\r\n"
                                     "Connection: close\r\n"
                                     "Content-Length: 1000\r\n\r\n",
                                     1000),
                                 "xxxx"));
    ck_assert_ptr_nonnull(strstr(ask("POST /echo HTTP/1.1\r\nHost: x\r\n"
                                     "Connection: close\r\n"
                                     "Content-Length: 100000000\r\n\r\n",
                                     0),
                                 " 413 "));
    stop();
}
END_TEST

START_TEST(chunks_without_end_are_hung_up_on)
{
    char head[4096] = "POST /echo HTTP/1.1\r\nHost: x\r\n"
                      "Transfer-Encoding: chunked\r\n\r\n800\r\n";

    start();
    ck_assert_ptr_null(strstr(ask(head, 100000), " 200 "));
    ck_assert_ptr_nonnull(strstr(ask(GET("/open") "\r\n", 0), "hello"));
    stop();
}
END_TEST

/* A connection from 127.0.0.`last' that says nothing. */
static int hold(int last)
{
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(0x7f000000u | last)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)fz_http_port(server)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

START_TEST(strangers_leave_room_for_who_was_right)
{
    int held[200];

    start();
    ck_assert_ptr_nonnull(strstr(ask(GET("/secret") RIGHT, 0), " 200 "));
    for (int i = 0; i < 200; i++) /* of 25 addresses, which may have 16 each */
        held[i] = hold(2 + i % 25);
    ck_assert_ptr_nonnull(strstr(ask(GET("/secret") RIGHT, 0), " 200 "));
    for (int i = 0; i < 200; i++)
        close(held[i]);
    stop();
}
END_TEST

START_TEST(who_was_right_is_known_for_an_hour_unless_wrong_too_often)
{
    static FzThrottle throttle;
    char client[32];

    fz_throttle_init(&throttle, 2);
    ck_assert(!fz_throttle_knows(&throttle, "", 0));
    ck_assert(!fz_throttle_knows(&throttle, "a", 0));
    fz_throttle_right(&throttle, "a", 1);
    for (int i = 0; i < 10 * FZ_THROTTLE_CLIENTS; i++) {
        snprintf(client, sizeof client, "c%d", i);
        fz_throttle_wrong(&throttle, client, 2);
    }
    ck_assert(fz_throttle_knows(&throttle, "a", 3));
    ck_assert(!fz_throttle_knows(&throttle, client, 3));
    ck_assert(!fz_throttle_knows(&throttle, "a", 1 + FZ_THROTTLE_KNOWN_MS));
    fz_throttle_wrong(&throttle, "a", 4);
    fz_throttle_wrong(&throttle, "a", 5);
    ck_assert(!fz_throttle_knows(&throttle, "a", 6));
    for (int i = 0; i < FZ_THROTTLE_KNOWN; i++) { /* the oldest makes room */
        snprintf(client, sizeof client, "k%d", i);
        fz_throttle_right(&throttle, client, 100 + i);
    }
    ck_assert(fz_throttle_knows(&throttle, "k0", 200));
    fz_throttle_right(&throttle, "one more", 200);
    ck_assert(!fz_throttle_knows(&throttle, "k0", 200));
    ck_assert(fz_throttle_knows(&throttle, "k1", 200));
}
END_TEST

START_TEST(port_in_use_is_a_sentence)
{
    FzHttpConfig config = {0};
    FzHttpServer *second = NULL;
    FzTestSink sink;

    start();
    fz_test_sink_init(&sink);
    config.port = fz_http_port(server);
    ck_assert_int_eq(fz_http_open(&config, handler, NULL, &sink.sink, &second),
                     FZ_E_IO);
    ck_assert_ptr_nonnull(fz_test_sink_find(&sink, "cannot listen on"));
    config.address = "nonsense";
    ck_assert_int_eq(fz_http_open(&config, handler, NULL, &sink.sink, &second),
                     FZ_E_SYNTAX);
    stop();
}
END_TEST

START_TEST(throttle_forgets_after_its_window_and_keeps_its_size)
{
    static FzThrottle throttle;
    char client[32];

    fz_throttle_init(&throttle, 2);
    fz_throttle_wrong(&throttle, "a", 0);
    ck_assert(!fz_throttle_blocked(&throttle, "a", 1));
    fz_throttle_wrong(&throttle, "a", 2);
    ck_assert(fz_throttle_blocked(&throttle, "a", 3));
    ck_assert(!fz_throttle_blocked(&throttle, "b", 3));
    ck_assert(!fz_throttle_blocked(&throttle, "a", FZ_THROTTLE_WINDOW_MS));
    for (int i = 0; i < 10 * FZ_THROTTLE_CLIENTS; i++) {
        snprintf(client, sizeof client, "c%d", i);
        fz_throttle_wrong(&throttle, client, 10 + i);
    }
    ck_assert(!fz_throttle_blocked(&throttle, "a", 20));
    fz_throttle_wrong(&throttle, client, 9000);
    ck_assert(fz_throttle_blocked(&throttle, client, 9001));
    fz_throttle_right(&throttle, client, 9002);
    ck_assert(!fz_throttle_blocked(&throttle, client, 9002));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http");
    TCase *tc = tcase_create("http");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, serves_and_knows_what_is_not_there);
    tcase_add_test(tc, password_by_basic_and_in_the_query_only_where_allowed);
    tcase_add_test(tc, wrong_passwords_are_throttled_and_others_are_served);
    tcase_add_test(tc, body_is_taken_up_to_its_bound);
    tcase_add_test(tc, chunks_without_end_are_hung_up_on);
    tcase_add_test(tc, strangers_leave_room_for_who_was_right);
    tcase_add_test(tc,
                   who_was_right_is_known_for_an_hour_unless_wrong_too_often);
    tcase_add_test(tc, port_in_use_is_a_sentence);
    tcase_add_test(tc, throttle_forgets_after_its_window_and_keeps_its_size);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
