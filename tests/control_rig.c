/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/control_rig.h"

#include "control/server_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static FzStatus run_echo(void *ctx, FzControlCall *call)
{
    Rig *rig = ctx;

    rig->ran++;
    call->result = json_pack("{s:O, s:i, s:s, s:b}", "args", call->args, "uid",
                             (int)call->peer.uid, "verb", call->verb, "admin",
                             call->peer.role == FZ_ROLE_ADMIN);
    return FZ_OK;
}

static FzStatus run_steps(void *ctx, FzControlCall *call)
{
    Rig *rig = ctx;

    rig->ran++;
    for (uint64_t i = 1; i <= 3; i++)
        call->progress(call, i, 3, "compile");
    fz_diag_warn(&call->sink, FZ_E_RULE, "rules.conf", 7, "r-1", "it is broad");
    return FZ_OK;
}

static FzStatus run_fail(void *ctx, FzControlCall *call)
{
    ((Rig *)ctx)->ran++;
    fz_diag_warn(&call->sink, FZ_E_RULE, "a.conf", 1, NULL, "a warning");
    fz_diag(&call->sink, FZ_E_RULE, "b.conf", 12, "r-9", "the first error");
    return fz_diag(&call->sink, FZ_E_RULE, "c.conf", 3, NULL, "the second");
}

static FzStatus run_silent_failure(void *ctx, FzControlCall *call)
{
    (void)call;
    ((Rig *)ctx)->ran++;
    return FZ_E_IO;
}

static FzStatus run_wait(void *ctx, FzControlCall *call)
{
    Rig *rig = ctx;
    Gate *gate = &rig->gate;

    rig->ran++;
    pthread_mutex_lock(&gate->lock);
    gate->entered = true;
    pthread_cond_broadcast(&gate->moved);
    while (!gate->open) {
        if (gate->steps > 0) {
            gate->steps--;
            pthread_mutex_unlock(&gate->lock);
            call->progress(call, 1, 2, "slow");
            pthread_mutex_lock(&gate->lock);
            pthread_cond_broadcast(&gate->moved);
        } else {
            pthread_cond_wait(&gate->moved, &gate->lock);
        }
    }
    pthread_mutex_unlock(&gate->lock);
    return FZ_OK;
}

static FzStatus run_large(void *ctx, FzControlCall *call)
{
    size_t octets =
        (size_t)json_integer_value(json_object_get(call->args, "octets"));
    char *text = malloc(octets + 1);

    ((Rig *)ctx)->ran++;
    memset(text, 'x', octets);
    text[octets] = '\0';
    call->result = json_pack("{s:s}", "text", text);
    free(text);
    return FZ_OK;
}

const FzControlVerb rig_verbs[RIG_VERBS] = {
    {"status", FZ_ROLE_READ, run_echo, .quick = false},
    {"reload", FZ_ROLE_ADMIN, run_steps, .quick = false},
    {"bypass", FZ_ROLE_ADMIN, run_echo, .quick = false},
    {"fail", FZ_ROLE_READ, run_fail, .quick = false},
    {"silent", FZ_ROLE_READ, run_silent_failure, .quick = false},
    {"wait", FZ_ROLE_ADMIN, run_wait, .quick = false},
    {"large", FZ_ROLE_READ, run_large, .quick = false},
    {"quick", FZ_ROLE_READ, run_echo, .quick = true},
    {"strict", FZ_ROLE_READ, run_echo,
     .args = "dry_run? lists identity for_s# keys*"},
    {"plain", FZ_ROLE_READ, run_echo, .args = ""},
};

static void *serve(void *arg)
{
    fz_control_server_run(((Rig *)arg)->server);
    return NULL;
}

FzControlConfig rig_config(Rig *rig)
{
    memset(rig, 0, sizeof *rig);
    pthread_mutex_init(&rig->gate.lock, NULL);
    pthread_cond_init(&rig->gate.moved, NULL);
    /* a socket's path is short, a build folder's may not be */
    ck_assert_int_eq(chdir(fz_test_folder()), 0);
    snprintf(rig->path, sizeof rig->path, "control");
    return (FzControlConfig){.path = rig->path, .mode = 0660};
}

void rig_open(Rig *rig, int64_t idle_ms)
{
    FzControlConfig config = rig_config(rig);
    FzTestSink said;

    fz_test_sink_init(&said);
    ck_assert_msg(fz_control_server_open(&config, rig_verbs, RIG_VERBS, rig,
                                         &said.sink, &rig->server) == FZ_OK,
                  "%s", said.diag[0].text);
    if (idle_ms != 0)
        fz_control_server_set_idle(rig->server, idle_ms);
    pthread_create(&rig->thread, NULL, serve, rig);
}

void rig_close(Rig *rig)
{
    fz_control_server_stop(rig->server);
    pthread_join(rig->thread, NULL);
    fz_control_server_close(rig->server);
    ck_assert_int_ne(access(rig->path, F_OK), 0); /* the socket is gone */
}

void rig_wait_entered(Gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    while (!gate->entered)
        pthread_cond_wait(&gate->moved, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

void rig_open_gate(Gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->open = true;
    pthread_cond_broadcast(&gate->moved);
    pthread_mutex_unlock(&gate->lock);
}

/* Let the waiting verb report progress once. */
void rig_make_step(Gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->steps = 1;
    pthread_cond_broadcast(&gate->moved);
    while (gate->steps > 0)
        pthread_cond_wait(&gate->moved, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

/* ------------------------------------------------------------ a raw client */
int rig_dial(const Rig *rig)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval limit = {.tv_sec = 20};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, rig->path);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address),
                     0);
    return fd;
}

void rig_say(int fd, const char *text)
{
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL),
                     (ssize_t)strlen(text));
}

/* Octet by octet: what belongs to the next line stays. "" at the end. */
const char *rig_hear(int fd)
{
    static char line[8192];
    size_t octets = 0;

    while (octets < sizeof line - 1 && recv(fd, line + octets, 1, 0) == 1 &&
           line[octets] != '\n')
        octets++;
    line[octets] = '\0';
    return line;
}

void rig_expect(int fd, const char *part)
{
    const char *line = rig_hear(fd);

    ck_assert_msg(strstr(line, part) != NULL, "got `%s', want `%s' in it", line,
                  part);
}

void rig_expect_end(int fd)
{
    char octet;

    ck_assert_int_eq(recv(fd, &octet, 1, 0), 0);
}
