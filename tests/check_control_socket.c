/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/control_rig.h"

#include "control/socket.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ------------------------------------------------------------------- roles */
static const struct {
    const char *name;
    uid_t uid;
    const char *group;
    bool group_admin, member;
    FzControlRole want;
} roles[] = {
    {"root", 0, NULL, false, false, FZ_ROLE_ADMIN},
    {"a stranger", 12345, NULL, false, false, FZ_ROLE_READ},
    {"a member where the group may ask", 12345, "daemon", false, true,
     FZ_ROLE_READ},
    {"a member where the group may change", 12345, "daemon", true, true,
     FZ_ROLE_ADMIN},
    {"no member", 12345, "daemon", true, false, FZ_ROLE_READ},
    {"a group that is no more", 12345, "no-such-group-fz", true, true,
     FZ_ROLE_READ},
    {"no group set", 12345, NULL, true, true, FZ_ROLE_READ},
};

START_TEST(role_follows_user_and_group)
{
    FzControlConfig config = {.group = roles[_i].group,
                              .group_admin = roles[_i].group_admin};
    struct group *daemon_group = getgrnam("daemon");
    gid_t groups[] = {54321, 54322};

    ck_assert_ptr_nonnull(daemon_group);
    if (roles[_i].member)
        groups[1] = daemon_group->gr_gid;
    ck_assert_msg(fz_control_role_of(&config, roles[_i].uid, groups, 2) ==
                      roles[_i].want,
                  "%s", roles[_i].name);
}
END_TEST

/* -------------------------------------------------------------- the socket */
static void refuse(const FzControlConfig *config, FzStatus want,
                   const char *why)
{
    FzControlServer *server = NULL;
    FzTestSink said;

    fz_test_sink_init(&said);
    ck_assert_int_eq(fz_control_server_open(config, rig_verbs, RIG_VERBS, NULL,
                                            &said.sink, &server),
                     want);
    ck_assert_msg(fz_test_sink_find(&said, why) != NULL, "%s",
                  said.diag[0].text);
    ck_assert_uint_eq(said.count, 1);
    ck_assert_ptr_null(server);
}

START_TEST(live_socket_is_refused)
{
    FzControlConfig config;
    Rig rig;
    int fd;

    rig_open(&rig, 0);
    config = (FzControlConfig){.path = rig.path, .mode = 0660};
    refuse(&config, FZ_E_IO, "in use by another gateway");
    fd = rig_dial(&rig); /* and left as it was */
    rig_say(fd, "{\"verb\":\"status\"}\n");
    rig_expect(fd, "\"ok\":true");
    close(fd);
    rig_close(&rig);
}
END_TEST

static int bind_here(const char *path, bool listening)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, path);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    if (listening)
        ck_assert_int_eq(listen(fd, 1), 0);
    return fd;
}

START_TEST(live_socket_of_a_stranger_is_refused)
{
    Rig rig;
    FzControlConfig config = rig_config(&rig);
    int fd = bind_here(rig.path, true);

    refuse(&config, FZ_E_IO, "in use by another process");
    close(fd);
}
END_TEST

START_TEST(socket_of_a_dead_process_is_replaced)
{
    Rig rig;
    FzControlConfig config = rig_config(&rig);
    pid_t child = fork();
    int status, fd;

    if (child == 0) {
        FzControlServer *server = NULL;

        if (fz_control_server_open(&config, rig_verbs, RIG_VERBS, NULL, NULL,
                                   &server) == FZ_OK)
            kill(getpid(), SIGKILL);
        _exit(1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(access(rig.path, F_OK), 0); /* it lies there, dead */
    rig_open(&rig, 0);
    fd = rig_dial(&rig);
    rig_say(fd, "{\"verb\":\"status\"}\n");
    rig_expect(fd, "\"ok\":true");
    close(fd);
    rig_close(&rig);
}
END_TEST

START_TEST(what_is_no_socket_is_left_alone)
{
    Rig rig;
    FzControlConfig config = rig_config(&rig);
    struct stat st;
    int fd = open(rig.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    ck_assert_int_eq(write(fd, "x", 1), 1);
    close(fd);
    refuse(&config, FZ_E_IO, "that is no socket");
    ck_assert_int_eq(stat(rig.path, &st), 0);
    ck_assert_int_eq(st.st_size, 1);
}
END_TEST

START_TEST(mode_and_group_are_set)
{
    FzControlServer *server = NULL;
    Rig rig;
    FzControlConfig config = rig_config(&rig);
    struct group *own = getgrgid(getegid());
    struct stat st;

    umask(077);
    config.mode = 0624;
    config.group = geteuid() == 0 ? "daemon" : own->gr_name;
    config.owner = geteuid() == 0 ? "daemon" : NULL;
    ck_assert_int_eq(fz_control_server_open(&config, rig_verbs, RIG_VERBS, NULL,
                                            NULL, &server),
                     FZ_OK);
    ck_assert_int_eq(stat(rig.path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0624);
    ck_assert_uint_eq(st.st_gid, getgrnam(config.group)->gr_gid);
    if (geteuid() == 0)
        ck_assert_uint_ne(st.st_uid, 0);
    fz_control_server_close(server);
}
END_TEST

static const struct {
    const char *name, *path, *owner, *group;
    FzStatus want;
    const char *why;
} bad_configs[] = {
    {"no such user", "control", "no-such-user-fz", NULL, FZ_E_RULE,
     "there is no user `no-such-user-fz'"},
    {"no such group", "control", NULL, "no-such-group-fz", FZ_E_RULE,
     "there is no group `no-such-group-fz'"},
    {"no such folder", "no/such/folder/control", NULL, NULL, FZ_E_IO,
     "cannot make the control socket's lock"},
    {"a path that is too long",
     "0123456789012345678901234567890123456789012345678901234567890123456789"
     "0123456789012345678901234567890123456789",
     NULL, NULL, FZ_E_LIMIT, "107 octets at most"},
};

START_TEST(bad_configuration_is_refused_and_leaves_nothing)
{
    Rig rig;
    FzControlConfig config = rig_config(&rig);

    config.path = bad_configs[_i].path;
    config.owner = bad_configs[_i].owner;
    config.group = bad_configs[_i].group;
    refuse(&config, bad_configs[_i].want, bad_configs[_i].why);
    ck_assert_int_ne(access(config.path, F_OK), 0);
}
END_TEST

/* ------------------------------------------------------------------ asking */
typedef struct Steps {
    int count;
    uint64_t last;
    char what[64];
} Steps;

static void note_step(void *ctx, uint64_t done, uint64_t total,
                      const char *what)
{
    Steps *steps = ctx;

    steps->count++;
    steps->last = done * 100 + total;
    snprintf(steps->what, sizeof steps->what, "%s", what);
}

START_TEST(ask_returns_the_answer_after_its_progress)
{
    Steps steps = {0};
    json_t *answer = NULL, *args = json_pack("{s:s}", "identity", "x.example");
    Rig rig;

    rig_open(&rig, 0);
    ck_assert_int_eq(fz_control_ask(rig.path, "reload", NULL, note_step, &steps,
                                    20000, NULL, &answer),
                     FZ_OK);
    ck_assert(json_is_true(json_object_get(answer, "ok")));
    ck_assert_int_eq(steps.count, 3);
    ck_assert_uint_eq(steps.last, 303);
    ck_assert_str_eq(steps.what, "compile");
    json_decref(answer);

    ck_assert_int_eq(
        fz_control_ask(rig.path, "bypass", args, NULL, NULL, 0, NULL, &answer),
        FZ_OK);
    ck_assert(json_equal(
        json_object_get(json_object_get(answer, "result"), "args"), args));
    json_decref(answer);

    /* "no" is an answer */
    ck_assert_int_eq(
        fz_control_ask(rig.path, "fail", NULL, NULL, NULL, 0, NULL, &answer),
        FZ_OK);
    ck_assert(json_is_false(json_object_get(answer, "ok")));
    json_decref(answer);
    json_decref(args);
    rig_close(&rig);
}
END_TEST

START_TEST(request_that_is_too_long_still_gets_its_answer)
{
    char *text = calloc(1, 2000001);
    json_t *answer = NULL, *args;
    Rig rig;

    memset(text, 'x', 2000000);
    args = json_pack("{s:s}", "text", text);
    rig_open(&rig, 0);
    ck_assert_int_eq(
        fz_control_ask(rig.path, "status", args, NULL, NULL, 0, NULL, &answer),
        FZ_OK);
    ck_assert_str_eq(json_string_value(json_object_get(answer, "error")),
                     "the request is longer than a line may be");
    json_decref(answer);
    json_decref(args);
    free(text);
    rig_close(&rig);
}
END_TEST

/* A server that says one thing to everybody. */
static void *answer_once(void *arg)
{
    const char *const *about = arg; /* fd as text, answer */
    int listener = atoi(about[0]), fd = accept(listener, NULL, NULL);
    char octets[1000];

    if (recv(fd, octets, sizeof octets, 0) > 0 && about[1] != NULL &&
        send(fd, about[1], strlen(about[1]), MSG_NOSIGNAL) < 0)
        abort();
    if (about[1] != NULL)
        close(fd);
    return NULL;
}

static const struct {
    const char *name, *answer;
    FzStatus want;
    const char *why;
} bad_answers[] = {
    {"nothing", "", FZ_E_IO, "closed the connection before its answer"},
    {"half a line", "{\"ok\":true", FZ_E_IO,
     "closed the connection before its answer"},
    {"no JSON", "hello\n", FZ_E_SYNTAX, "makes no sense"},
    {"no object", "[]\n", FZ_E_SYNTAX, "makes no sense"},
    {"no ok", "{\"result\":{}}\n", FZ_E_SYNTAX, "makes no sense"},
    {"ok is no boolean", "{\"ok\":1}\n", FZ_E_SYNTAX, "makes no sense"},
    {"progress and no answer",
     "{\"progress\":{\"done\":1,\"total\":2,\"what\":\"x\"}}\n", FZ_E_IO,
     "closed the connection before its answer"},
    {"silence", NULL, FZ_E_IO, "no answer from the gateway for 50 ms"},
};

START_TEST(bad_answer_is_told_apart)
{
    char number[16];
    const char *about[] = {number, bad_answers[_i].answer};
    json_t *answer = NULL;
    FzTestSink said;
    pthread_t thread;
    Rig rig;
    bool sent = false;
    int fd;

    rig_config(&rig);
    fz_test_sink_init(&said);
    fd = bind_here(rig.path, true);
    snprintf(number, sizeof number, "%d", fd);
    pthread_create(&thread, NULL, answer_once, about);
    ck_assert_int_eq(
        fz_control_ask_sent(rig.path, "status", NULL, NULL, NULL,
                            bad_answers[_i].answer == NULL ? 50 : 20000,
                            &said.sink, &sent, &answer),
        bad_answers[_i].want);
    ck_assert(sent); /* whoever reads it may act on it */
    ck_assert_msg(fz_test_sink_find(&said, bad_answers[_i].why) != NULL,
                  "%s: %s", bad_answers[_i].name, said.diag[0].text);
    ck_assert_ptr_null(answer);
    pthread_join(thread, NULL);
    close(fd);
}
END_TEST

START_TEST(nobody_there_is_told_apart)
{
    json_t *answer = NULL;
    FzTestSink said;
    bool sent = true;
    Rig rig;

    rig_config(&rig);
    fz_test_sink_init(&said);
    ck_assert_int_eq(fz_control_ask_sent(rig.path, "status", NULL, NULL, NULL,
                                         0, &said.sink, &sent, &answer),
                     FZ_E_IO);
    ck_assert(!sent);
    ck_assert_ptr_nonnull(
        fz_test_sink_find(&said, "there is no control socket"));
    close(bind_here(rig.path, false));
    ck_assert_int_eq(fz_control_ask_sent(rig.path, "status", NULL, NULL, NULL,
                                         0, &said.sink, &sent, &answer),
                     FZ_E_IO);
    ck_assert(!sent);
    ck_assert_ptr_nonnull(fz_test_sink_find(&said, "nobody listens"));
    ck_assert_ptr_null(answer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_socket");
    TCase *tc;

    tc = tcase_create("socket");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, role_follows_user_and_group, 0, COUNT(roles));
    tcase_add_test(tc, live_socket_is_refused);
    tcase_add_test(tc, live_socket_of_a_stranger_is_refused);
    tcase_add_test(tc, socket_of_a_dead_process_is_replaced);
    tcase_add_test(tc, what_is_no_socket_is_left_alone);
    tcase_add_test(tc, mode_and_group_are_set);
    tcase_add_loop_test(tc, bad_configuration_is_refused_and_leaves_nothing, 0,
                        COUNT(bad_configs));
    suite_add_tcase(suite, tc);

    tc = tcase_create("asking");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, ask_returns_the_answer_after_its_progress);
    tcase_add_test(tc, request_that_is_too_long_still_gets_its_answer);
    tcase_add_loop_test(tc, bad_answer_is_told_apart, 0, COUNT(bad_answers));
    tcase_add_test(tc, nobody_there_is_told_apart);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
