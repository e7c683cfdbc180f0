/* SPDX-License-Identifier: BSD-2-Clause
 *
 * loop.c - the thread that asks
 */
#include "config.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "plugin/ask/ask_impl.h"

#include <poll.h>
#include <sys/eventfd.h>

#define EARLY_CHECK_US 10000000 /* not sooner after the one before */
#define IDLE_US 1000000

/* --- the thread: what is heard ----------------------------------------------
 */
static void heard_question(void *ctx, int error, struct ub_result *result)
{
    FzKept *kept = ctx;
    FzServer *server = kept->owner;
    FzAsk *ask = server->room;
    FzDnsReading reading;

    pthread_mutex_lock(&ask->turn);
    kept->question = 0;
    if (fz_server_read(result, error, kept->address, &kept->count)) {
        reading =
            fz_dns_read(&server->list,
                        (const uint8_t(*)[FZ_DNS_ADDRESS_OCTETS])kept->address,
                        kept->count);
        fz_ask_mind(server, &reading, kept->name, fz_clock_monotonic_us());
        fz_ask_settle(ask, kept, &reading, result->ttl);
    } else {
        fz_ask_fail(ask, kept, true);
    }
    pthread_mutex_unlock(&ask->turn);
    if (result != NULL)
        ub_resolve_free(result);
}

static void heard_point(void *ctx, int error, struct ub_result *result)
{
    fz_server_heard(ctx, error, result);
}

/* --- the thread: one list ---------------------------------------------------
 */
static void report(const FzAsk *ask, const FzServer *server)
{
    if (server->state == FZ_SERVER_SERVING)
        fz_diag_warn(&ask->config.report, FZ_OK, NULL, 0, NULL,
                     "DNS list `%s' is asked: its test points are as they "
                     "should be",
                     server->list.name);
    else
        fz_diag_warn(&ask->config.report, FZ_E_STATE, NULL, 0, NULL,
                     "DNS list `%s' is not asked for now: %s",
                     server->list.name, server->why);
}

static void end_trial(FzServer *server)
{
    struct ub_ctx *trial = server->trial;

    server->trial = NULL;
    if (trial != NULL)
        ub_ctx_delete(trial);
}

static void end_check(FzAsk *ask, FzServer *server, int64_t now_us)
{
    bool was_serving = server->state == FZ_SERVER_SERVING, passed, told;

    pthread_mutex_lock(&ask->turn);
    passed = fz_server_passed(server);
    told = was_serving != passed || server->figures.checks == 0;
    server->figures.checks++;
    server->checked_us = now_us;
    server->listings = 0;
    server->check_now = false;
    if (passed && !was_serving) {
        server->resolver = server->trial;
        server->trial = NULL;
    }
    if (passed) {
        fz_server_serve(server, now_us);
    } else {
        /* what it said since the check before may be as wrong */
        server->lies++;
        fz_server_rest(server, now_us, false);
    }
    pthread_mutex_unlock(&ask->turn);
    end_trial(server);
    server->said = server->state;
    if (told)
        report(ask, server);
}

static void mind_check(FzAsk *ask, FzServer *server, int64_t now_us)
{
    bool due;

    if (server->trial != NULL) {
        if ((!server->point[0].waits && !server->point[1].waits) ||
            now_us >= server->trial_until_us)
            end_check(ask, server, now_us);
        return;
    }
    pthread_mutex_lock(&ask->turn);
    due = now_us >= server->until_us ||
          (server->check_now && server->state == FZ_SERVER_SERVING &&
           now_us - server->checked_us >= EARLY_CHECK_US);
    pthread_mutex_unlock(&ask->turn);
    if (due && !fz_server_check(server, now_us, heard_point))
        end_check(ask, server, now_us);
}

/* With the lock held: nobody will answer these. */
static void drop_questions(FzAsk *ask, const FzServer *server)
{
    FzKept *kept = ask->soonest;

    while (kept != NULL) {
        FzKept *later = kept->later;

        if (kept->owner == server)
            fz_ask_fail(ask, kept, false);
        kept = later;
    }
}

/* It rests, or no generation names it: its resolver goes, and what that knew of
 * the servers that failed. */
static void drop_resolver(FzAsk *ask, FzServer *server)
{
    struct ub_ctx *resolver = server->resolver;

    server->resolver = NULL;
    if (resolver != NULL)
        ub_ctx_delete(resolver);
    pthread_mutex_lock(&ask->turn);
    drop_questions(ask, server);
    pthread_mutex_unlock(&ask->turn);
}

static void attend(FzAsk *ask, FzServer *server, int64_t now_us)
{
    FzServerState state;

    mind_check(ask, server, now_us);
    pthread_mutex_lock(&ask->turn);
    state = server->state;
    pthread_mutex_unlock(&ask->turn);
    if (state != FZ_SERVER_SERVING && server->resolver != NULL)
        drop_resolver(ask, server);
    if (state != server->said) {
        server->said = state;
        report(ask, server);
    }
}

static void remove_gone(FzAsk *ask)
{
    FzServer **at;
    FzServer *server;

    pthread_mutex_lock(&ask->turn);
    for (at = &ask->servers; *at != NULL && !(*at)->gone; at = &(*at)->next)
        continue;
    server = *at;
    if (server != NULL)
        *at = server->next;
    pthread_mutex_unlock(&ask->turn);
    if (server == NULL)
        return;
    drop_resolver(ask, server);
    fz_server_destroy(server);
}

/* --- the thread: questions --------------------------------------------------
 */
static void send_questions(FzAsk *ask)
{
    for (;;) {
        FzKept *kept;
        FzServer *server = NULL;
        bool sent;

        pthread_mutex_lock(&ask->turn);
        kept = ask->unsent;
        if (kept != NULL) {
            server = kept->owner;
            ask->unsent = kept->later;
        }
        pthread_mutex_unlock(&ask->turn);
        if (kept == NULL)
            return;
        /* open, it stays until this thread closes it */
        sent = server->resolver != NULL &&
               ub_resolve_async(server->resolver, kept->name, 1, 1, kept,
                                heard_question, &kept->question) == 0;
        if (sent)
            continue;
        pthread_mutex_lock(&ask->turn);
        fz_ask_fail(ask, kept, server->resolver != NULL);
        pthread_mutex_unlock(&ask->turn);
    }
}

static void give_up(FzAsk *ask, int64_t now_us)
{
    for (;;) {
        FzKept *kept;
        FzServer *server;

        pthread_mutex_lock(&ask->turn);
        kept = ask->soonest;
        pthread_mutex_unlock(&ask->turn);
        if (kept == NULL || kept->sent_us + FZ_ASK_PATIENCE_US > now_us)
            return;
        server = kept->owner;
        if (server->resolver != NULL && kept->question != 0)
            ub_cancel(server->resolver, kept->question);
        kept->question = 0;
        pthread_mutex_lock(&ask->turn);
        fz_ask_fail(ask, kept, true);
        pthread_mutex_unlock(&ask->turn);
    }
}

static void say_ready(FzAsk *ask)
{
    FzAskWait *ready;

    pthread_mutex_lock(&ask->turn);
    fz_ask_end_waits(ask, fz_clock_monotonic_us());
    ready = ask->ready;
    ask->ready = NULL;
    ask->ready_end = &ask->ready;
    pthread_mutex_unlock(&ask->turn);
    while (ready != NULL) {
        FzAskWait *next = ready->next;

        ready->done(ready->ctx);
        fz_free(ready);
        ready = next;
    }
}

/* --- the thread -------------------------------------------------------------
 */
#define FDS (1 + 2 * 2 * FZ_LIMIT_DNS_LISTS)

static int64_t sooner_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Lists of the generation before may still be there. */
static nfds_t sockets(FzServer *server, struct pollfd *fd, nfds_t count)
{
    struct ub_ctx *of[2] = {server->resolver, server->trial};

    for (int i = 0; i < 2; i++)
        if (of[i] != NULL && count < FDS)
            fd[count++] = (struct pollfd){.fd = ub_fd(of[i]), .events = POLLIN};
    return count;
}

static void sleep_until_news(FzAsk *ask, FzServer *servers)
{
    struct pollfd fd[FDS];
    nfds_t count = 1;
    int64_t now_us = fz_clock_monotonic_us(), until_us = now_us + IDLE_US;
    struct timespec left;
    eventfd_t news;

    fd[0] = (struct pollfd){.fd = ask->wake, .events = POLLIN};
    pthread_mutex_lock(&ask->turn);
    if (ask->first != NULL)
        until_us = sooner_of(until_us, ask->first->until_us);
    if (ask->soonest != NULL)
        until_us =
            sooner_of(until_us, ask->soonest->sent_us + FZ_ASK_PATIENCE_US);
    if (ask->stopping || ask->ready != NULL || ask->unsent != NULL)
        until_us = now_us;
    for (FzServer *server = servers; server != NULL; server = server->next)
        until_us =
            sooner_of(until_us, server->trial != NULL ? server->trial_until_us
                                                      : server->until_us);
    pthread_mutex_unlock(&ask->turn);
    for (FzServer *server = servers; server != NULL; server = server->next)
        count = sockets(server, fd, count);
    until_us = until_us > now_us ? until_us - now_us : 0;
    left = (struct timespec){until_us / 1000000, until_us % 1000000 * 1000};
    if (ppoll(fd, count, &left, NULL) > 0 && (fd[0].revents & POLLIN) != 0 &&
        eventfd_read(ask->wake, &news) != 0)
        return; /* somebody else was faster: nobody else reads it */
}

static void hear(FzServer *server)
{
    if (server->resolver != NULL && ub_poll(server->resolver))
        ub_process(server->resolver);
    if (server->trial != NULL && ub_poll(server->trial))
        ub_process(server->trial);
}

void fz_ask_run(void *arg)
{
    FzAsk *ask = arg;
    FzServer *servers;
    bool going_on = true;

    while (going_on) {
        remove_gone(ask);
        pthread_mutex_lock(&ask->turn);
        servers = ask->servers;
        pthread_mutex_unlock(&ask->turn);
        sleep_until_news(ask, servers);
        for (FzServer *it = servers; it != NULL; it = it->next)
            hear(it);
        send_questions(ask);
        say_ready(ask);
        give_up(ask, fz_clock_monotonic_us());
        for (FzServer *it = servers; it != NULL; it = it->next)
            attend(ask, it, fz_clock_monotonic_us());
        say_ready(ask);
        pthread_mutex_lock(&ask->turn);
        going_on = !ask->stopping;
        pthread_mutex_unlock(&ask->turn);
    }
}
