/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The room that asks DNS lists, against a server that does as a test says.
 * Waiting is for events alone.
 */
#include "config.h"

#include "base/alloc.h"
#include "plugin/ask/ask.h"
#include "plugin/ask/keep.h"
#include "tests/support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- a server ---------------------------------------------------------------
 */
typedef enum Mode { HONEST, SILENT, EVERYTHING, NOTHING, QUOTA } Mode;

typedef struct Server {
    int fd;
    char address[32];
    pthread_t thread;
    _Atomic int mode;
    _Atomic int asked; /* but the test points */
} Server;

/* The first label of a question. */
static void first_label(const uint8_t *query, char *label)
{
    memcpy(label, query + 13, query[12]);
    label[query[12]] = '\0';
}

static bool answer_of(Server *server, const char *label, uint8_t *address)
{
    bool point = strcmp(label, "test") == 0 || strcmp(label, "invalid") == 0;

    memcpy(address, (uint8_t[]){127, 0, 0, 2}, 4);
    if (!point)
        server->asked++;
    switch ((Mode)server->mode) {
    case EVERYTHING:
        return true;
    case NOTHING:
        return false;
    case QUOTA:
        if (point)
            break;
        memcpy(address, (uint8_t[]){127, 255, 255, 254}, 4);
        return true;
    case HONEST:
    case SILENT:
        break;
    }
    return strcmp(label, "test") == 0 || strncmp(label, "bad", 3) == 0;
}

static void *serve(void *arg)
{
    Server *server = arg;
    uint8_t packet[600];
    struct sockaddr_in from;
    socklen_t room = sizeof from;
    ssize_t octets;

    while ((octets = recvfrom(server->fd, packet, 512, 0,
                              (struct sockaddr *)&from, &room)) > 12) {
        static const uint8_t head[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4};
        char label[64];
        uint8_t address[4];
        size_t end = 12;
        bool listed;

        while (packet[end] != 0)
            end += 1u + packet[end];
        end += 5;
        first_label(packet, label);
        listed = answer_of(server, label, address);
        if (server->mode == SILENT)
            continue;
        packet[2] = 0x85;
        packet[3] = listed ? 0x80 : 0x83;
        memset(packet + 6, 0, 6);
        if (listed) {
            packet[7] = 1;
            memcpy(packet + end, head, sizeof head);
            memcpy(packet + end + sizeof head, address, 4);
            end += sizeof head + 4;
        }
        sendto(server->fd, packet, end, 0, (struct sockaddr *)&from, room);
    }
    return NULL;
}

static void server_start(Server *server, Mode mode)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t octets = sizeof at;

    memset(server, 0, sizeof *server);
    server->mode = (int)mode;
    server->fd = socket(AF_INET, SOCK_DGRAM, 0);
    ck_assert_int_eq(bind(server->fd, (struct sockaddr *)&at, sizeof at), 0);
    getsockname(server->fd, (struct sockaddr *)&at, &octets);
    snprintf(server->address, sizeof server->address, "127.0.0.1@%d",
             ntohs(at.sin_port));
    pthread_create(&server->thread, NULL, serve, server);
}

static void server_stop(Server *server)
{
    shutdown(server->fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->fd);
}

/* --- the room ---------------------------------------------------------------
 */
static pthread_t room_thread;
typedef struct Start {
    void (*run)(void *);
    void *arg;
} Start;

static void *run_it(void *arg)
{
    Start start = *(Start *)arg;

    fz_free(arg);
    start.run(start.arg);
    return NULL;
}

static long start_thread(void (*run)(void *), void *arg)
{
    Start *start = fz_malloc(sizeof *start);

    *start = (Start){run, arg};
    return pthread_create(&room_thread, NULL, run_it, start) == 0 ? 1 : -1;
}

static void join_thread(long thread)
{
    (void)thread;
    pthread_join(room_thread, NULL);
}

static void quiet(void *ctx, const FzDiag *diag)
{
    (void)ctx;
    (void)diag;
}

static const FzDnsCode codes[] = {{0, {127, 0, 0, 2}, "phishing", -1}};

typedef struct World {
    Server server[2];
    const char *address[2];
    FzDnsList list[2];
    FzDnsPolicy policy;
    FzAsk *ask;
} World;

static World world;

static void open_world(Mode first, Mode second)
{
    FzAskConfig config = {start_thread, join_thread, {quiet, NULL}};
    static const char *const zone[] = {"one.dnsbl.test", "two.dnsbl.test"};

    memset(&world, 0, sizeof world);
    for (int i = 0; i < 2; i++) {
        server_start(&world.server[i], i == 0 ? first : second);
        world.address[i] = world.server[i].address;
        world.list[i] = (FzDnsList){.name = zone[i],
                                    .zone = zone[i],
                                    .asks = FZ_DNS_ASK_HOST,
                                    .codes = codes,
                                    .code_count = 1,
                                    .listed = "test",
                                    .unlisted = "invalid",
                                    .servers = &world.address[i],
                                    .server_count = 1,
                                    .check_s = 3600,
                                    .rest_s = 1,
                                    .rest_most_s = 1};
    }
    world.policy = (FzDnsPolicy){.lists = world.list,
                                 .count = 2,
                                 .below = 1000,
                                 .budget_ms = 1000,
                                 .keep = 1000,
                                 .ttl_listed_s = 3600,
                                 .ttl_none_s = 300};
    world.ask = fz_ask_create(&config);
    fz_ask_use(world.ask, &world.policy);
}

static void close_world(void)
{
    fz_ask_stop(world.ask);
    fz_ask_destroy(world.ask);
    server_stop(&world.server[0]);
    server_stop(&world.server[1]);
}

static json_t *status(int list)
{
    json_t *all = fz_ask_json(world.ask), *it;

    it = json_incref(json_array_get(all, (size_t)list));
    json_decref(all);
    return it;
}

static void until_state(int list, const char *state)
{
    for (int tries = 0; tries < 20000; tries++) {
        json_t *it = status(list);
        bool is =
            strcmp(json_string_value(json_object_get(it, "state")), state) == 0;

        json_decref(it);
        if (is)
            return;
        usleep(1000);
    }
    ck_abort_msg("list %d is not %s", list, state);
}

static int64_t figure(int list, const char *name)
{
    json_t *it = status(list);
    int64_t value = json_integer_value(json_object_get(it, name));

    json_decref(it);
    return value;
}

static FzDnsKey key_of(int list, const char *text)
{
    return (FzDnsKey){(uint32_t)list, FZ_LEVEL_HOST, fz_slice_of(text), {0, 0}};
}

static FzAnswerKind look(int list, const char *text)
{
    FzDnsKey key = key_of(list, text);
    FzDnsAnswer answer;

    fz_ask_look(world.ask, &world.policy, &key, 1, &answer);
    return answer.kind;
}

/* A wait, and its end. */
typedef struct Bell {
    pthread_mutex_t turn;
    pthread_cond_t rung;
    int rings;
} Bell;
#define BELL                                                                   \
    {                                                                          \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0                 \
    }

static void ring(void *ctx)
{
    Bell *bell = ctx;

    pthread_mutex_lock(&bell->turn);
    bell->rings++;
    pthread_cond_signal(&bell->rung);
    pthread_mutex_unlock(&bell->turn);
}

static void hear(Bell *bell, int rings)
{
    pthread_mutex_lock(&bell->turn);
    while (bell->rings < rings)
        pthread_cond_wait(&bell->rung, &bell->turn);
    pthread_mutex_unlock(&bell->turn);
}

static FzAnswerKind ask_for(int list, const char *text)
{
    FzDnsKey key = key_of(list, text);
    Bell bell = BELL;

    if (fz_ask_wait(world.ask, &world.policy, &key, 1, ring, &bell))
        hear(&bell, 1);
    return look(list, text);
}

/* --- tests ------------------------------------------------------------------
 */
START_TEST(an_answer_comes_and_is_kept)
{
    open_world(HONEST, HONEST);
    until_state(0, "serving");
    ck_assert_int_eq(look(0, "bad.example"), FZ_ANSWER_LATE);
    ck_assert_int_eq(ask_for(0, "bad.example"), FZ_ANSWER_BLOCK);
    ck_assert_int_eq(ask_for(0, "good.example"), FZ_ANSWER_NONE);
    ck_assert_int_eq(world.server[0].asked, 2);
    ck_assert_int_eq(ask_for(0, "bad.example"), FZ_ANSWER_BLOCK);
    ck_assert_int_eq(world.server[0].asked, 2);
    close_world();
}
END_TEST

START_TEST(one_question_serves_all_who_wait_for_it)
{
    FzDnsKey key = key_of(0, "bad.example");
    Bell bell = BELL;
    int waits = 0;

    open_world(HONEST, HONEST);
    until_state(0, "serving");
    for (int i = 0; i < 100; i++)
        waits += fz_ask_wait(world.ask, &world.policy, &key, 1, ring, &bell);
    hear(&bell, waits);
    ck_assert_int_eq(look(0, "bad.example"), FZ_ANSWER_BLOCK);
    ck_assert_int_eq(world.server[0].asked, 1);
    close_world();
}
END_TEST

START_TEST(a_list_is_not_asked_before_its_test_points_are)
{
    open_world(SILENT, HONEST);
    until_state(1, "serving");
    ck_assert_int_eq(ask_for(0, "bad.example"), FZ_ANSWER_ERROR);
    ck_assert_int_eq(world.server[0].asked, 0);
    ck_assert_int_eq(ask_for(1, "bad.example"), FZ_ANSWER_BLOCK);
    until_state(0, "resting");
    world.server[0].mode = HONEST;
    until_state(0, "serving");
    ck_assert_int_eq(ask_for(0, "bad.example"), FZ_ANSWER_BLOCK);
    close_world();
}
END_TEST

static const struct {
    Mode mode;
    const char *why;
} liar_rows[] = {{EVERYTHING, "everything"}, {NOTHING, "nothing"}};

START_TEST(a_liar_is_found_out_by_its_test_points)
{
    json_t *it;

    open_world(liar_rows[_i].mode, HONEST);
    until_state(0, "resting");
    it = status(0);
    ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(it, "why")),
                                 liar_rows[_i].why));
    json_decref(it);
    ck_assert_int_eq(ask_for(0, "bad.example"), FZ_ANSWER_ERROR);
    ck_assert_int_eq(world.server[0].asked, 0);
    close_world();
}
END_TEST

START_TEST(who_may_not_ask_does_not_go_on_asking)
{
    open_world(HONEST, HONEST);
    until_state(0, "serving");
    world.server[0].mode = QUOTA;
    ck_assert_int_eq(ask_for(0, "bad.example"), FZ_ANSWER_ERROR);
    ck_assert_int_eq(figure(0, "rests"), 1);
    ck_assert_int_eq(figure(0, "listed"), 0);
    close_world();
}
END_TEST

START_TEST(a_silent_server_holds_up_no_other)
{
    FzDnsKey silent = key_of(0, "bad.example");
    Bell bell = BELL;

    open_world(HONEST, HONEST);
    until_state(0, "serving");
    until_state(1, "serving");
    world.server[0].mode = SILENT;
    ck_assert(fz_ask_wait(world.ask, &world.policy, &silent, 1, ring, &bell));
    ck_assert_int_eq(ask_for(1, "bad.example"), FZ_ANSWER_BLOCK);
    hear(&bell, 1); /* its budget is spent, or it was given up */
    ck_assert_int_ne(look(0, "bad.example"), FZ_ANSWER_BLOCK);
    ck_assert_int_eq(figure(0, "late"), 1);
    for (int i = 0; i < 8; i++) {
        char text[32];

        snprintf(text, sizeof text, "bad%d.example", i);
        silent = key_of(0, text);
        fz_ask_send(world.ask, &world.policy, &silent, 1);
    }
    until_state(0, "resting");
    close_world();
}
END_TEST

START_TEST(hurry_ends_all_waits)
{
    FzDnsKey key = key_of(0, "bad.example");
    Bell bell = BELL;

    open_world(HONEST, HONEST);
    until_state(0, "serving");
    world.server[0].mode = SILENT;
    world.policy.budget_ms = 3600000;
    ck_assert(fz_ask_wait(world.ask, &world.policy, &key, 1, ring, &bell));
    fz_ask_hurry(world.ask);
    hear(&bell, 1);
    ck_assert_int_eq(figure(0, "late"), 1);
    close_world();
}
END_TEST

START_TEST(stopping_ends_all_waits_and_none_begins)
{
    FzDnsKey key = key_of(0, "bad.example");
    Bell bell = BELL;

    open_world(HONEST, HONEST);
    until_state(0, "serving");
    world.server[0].mode = SILENT;
    world.policy.budget_ms = 3600000;
    ck_assert(fz_ask_wait(world.ask, &world.policy, &key, 1, ring, &bell));
    fz_ask_stop(world.ask);
    ck_assert_int_eq(bell.rings, 1);
    ck_assert(!fz_ask_wait(world.ask, &world.policy, &key, 1, ring, &bell));
    close_world();
}
END_TEST

START_TEST(there_is_an_end_to_open_questions_and_waits)
{
    char text[32];
    FzDnsKey key;
    Bell bell = BELL;
    int waits = 0, more = 0;

    open_world(HONEST, HONEST);
    until_state(0, "serving");
    world.server[0].mode = SILENT;
    for (int i = 0; i < FZ_LIMIT_DNS_OPEN + 10; i++) {
        snprintf(text, sizeof text, "bad%d.example", i);
        key = key_of(0, text);
        waits += fz_ask_wait(world.ask, &world.policy, &key, 1, ring, &bell);
    }
    ck_assert_int_eq(waits, FZ_LIMIT_DNS_OPEN);
    key = key_of(0, "bad0.example");
    for (int i = 0; i < FZ_LIMIT_DNS_WAITING; i++)
        more += fz_ask_wait(world.ask, &world.policy, &key, 1, ring, &bell);
    ck_assert_int_le(more, FZ_LIMIT_DNS_WAITING - FZ_LIMIT_DNS_OPEN);
    hear(&bell, waits + more);
    close_world();
}
END_TEST

START_TEST(a_list_that_is_as_it_was_goes_on)
{
    open_world(HONEST, HONEST);
    until_state(0, "serving");
    ck_assert_int_eq(ask_for(0, "bad.example"), FZ_ANSWER_BLOCK);
    fz_ask_use(world.ask, &world.policy);
    ck_assert_int_eq(look(0, "bad.example"), FZ_ANSWER_BLOCK);
    ck_assert_int_eq(figure(0, "checks"), 1);
    world.policy.count = 1; /* the other one is gone */
    fz_ask_use(world.ask, &world.policy);
    ck_assert_int_eq(figure(0, "checks"), 1);
    ck_assert_ptr_null(status(1));
    world.policy.count = 2;
    ck_assert_int_eq(look(1, "bad.example"), FZ_ANSWER_ERROR);
    close_world();
}
END_TEST

START_TEST(many_ask_at_once)
{
    Bell bell = BELL;
    int waits = 0;

    open_world(HONEST, HONEST);
    until_state(0, "serving");
    until_state(1, "serving");
    for (int i = 0; i < 2000; i++) {
        char text[32];
        FzDnsKey keys[2];

        snprintf(text, sizeof text, "%s%d.example", i % 2 ? "bad" : "good",
                 i % 300);
        keys[0] = key_of(0, text);
        keys[1] = key_of(1, text);
        waits += fz_ask_wait(world.ask, &world.policy, keys, 2, ring, &bell);
    }
    hear(&bell, waits);
    ck_assert_int_ge(waits, 1);
    close_world();
}
END_TEST

/* --- what is kept -----------------------------------------------------------
 */
START_TEST(the_one_not_used_for_longest_gives_way)
{
    FzKeep keep;
    char name[32];

    fz_keep_init(&keep, 100);
    for (int i = 0; i < 3000; i++) {
        FzKept *kept;

        snprintf(name, sizeof name, "n%d", i);
        kept = fz_keep_add(&keep, 1, name);
        fz_keep_answered(&keep, kept);
        if (i > 0 && i < 2990)
            fz_keep_used(&keep, fz_keep_find(&keep, 1, "n0"));
    }
    ck_assert_uint_eq(keep.count, 100);
    ck_assert_ptr_nonnull(fz_keep_find(&keep, 1, "n0"));
    ck_assert_ptr_nonnull(fz_keep_find(&keep, 1, "n2999"));
    ck_assert_ptr_null(fz_keep_find(&keep, 1, "n1"));
    ck_assert_ptr_null(fz_keep_find(&keep, 2, "n2999"));
    fz_keep_clear(&keep);
}
END_TEST

START_TEST(what_is_being_asked_for_stays)
{
    FzKeep keep;
    char name[32];

    fz_keep_init(&keep, 10);
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "n%d", i);
        fz_keep_add(&keep, 1, name);
    }
    ck_assert_uint_eq(keep.count, 5000);
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "n%d", i);
        fz_keep_answered(&keep, fz_keep_find(&keep, 1, name));
    }
    ck_assert_uint_eq(keep.count, 10);
    fz_keep_clear(&keep);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ask");
    TCase *asking = tcase_create("asking"), *keeping = tcase_create("keeping");

    tcase_set_timeout(asking, 60);
    tcase_add_test(asking, an_answer_comes_and_is_kept);
    tcase_add_test(asking, one_question_serves_all_who_wait_for_it);
    tcase_add_test(asking, a_list_is_not_asked_before_its_test_points_are);
    tcase_add_loop_test(asking, a_liar_is_found_out_by_its_test_points, 0,
                        COUNT(liar_rows));
    tcase_add_test(asking, who_may_not_ask_does_not_go_on_asking);
    tcase_add_test(asking, a_silent_server_holds_up_no_other);
    tcase_add_test(asking, hurry_ends_all_waits);
    tcase_add_test(asking, stopping_ends_all_waits_and_none_begins);
    tcase_add_test(asking, there_is_an_end_to_open_questions_and_waits);
    tcase_add_test(asking, a_list_that_is_as_it_was_goes_on);
    tcase_add_test(asking, many_ask_at_once);
    suite_add_tcase(suite, asking);
    tcase_add_test(keeping, the_one_not_used_for_longest_gives_way);
    tcase_add_test(keeping, what_is_being_asked_for_stays);
    suite_add_tcase(suite, keeping);
    return fz_test_run(suite);
}
