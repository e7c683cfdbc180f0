/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "plugin/ask/ask_impl.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void wake(FzAsk *ask)
{
    if (eventfd_write(ask->wake, 1) != 0)
        return; /* it is awake */
}

/* --- what is known, with the lock held --------------------------------------
 */
static FzServer *find_server(const FzAsk *ask, const FzDnsList *list)
{
    for (FzServer *server = ask->servers; server != NULL; server = server->next)
        if (!server->gone && strcmp(server->list.name, list->name) == 0 &&
            strcmp(server->list.zone, list->zone) == 0)
            return server;
    return NULL;
}

/* Is what came then still to be believed? */
static bool is_good(const FzServer *server, const FzKept *kept,
                    const FzDnsList *list, FzDnsReading *reading)
{
    if (kept->asking || kept->until_us <= fz_clock_monotonic_us() ||
        kept->lies != server->lies)
        return false;
    *reading =
        kept->failed
            ? (FzDnsReading){FZ_ANSWER_ERROR, FZ_DNS_FAILED, NULL, {0}}
            : fz_dns_read(
                  list, (const uint8_t(*)[FZ_DNS_ADDRESS_OCTETS])kept->address,
                  kept->count);
    /* what failed before it rested is no news */
    return reading->kind != FZ_ANSWER_ERROR || kept->turns == server->turns;
}

static FzDnsReading look_up(FzAsk *ask, const FzDnsList *list, FzSlice key)
{
    char name[FZ_LIMIT_DNS_NAME + 1];
    FzServer *server = find_server(ask, list);
    FzDnsReading reading = {FZ_ANSWER_ERROR, FZ_DNS_RESTS, NULL, {0}};
    FzKept *kept;

    /* what no question can carry, no list has */
    if (!fz_dns_name(list, key, name))
        return (FzDnsReading){FZ_ANSWER_NONE, FZ_DNS_FINE, NULL, {0}};
    if (server == NULL)
        return reading;
    kept = fz_keep_find(&ask->keep, server->number, name);
    if (kept != NULL && is_good(server, kept, list, &reading)) {
        fz_keep_used(&ask->keep, kept);
        server->figures.known++;
        return reading;
    }
    if (server->state != FZ_SERVER_SERVING) {
        server->figures.fault[FZ_DNS_RESTS]++;
        return (FzDnsReading){FZ_ANSWER_ERROR, FZ_DNS_RESTS, NULL, {0}};
    }
    return (FzDnsReading){FZ_ANSWER_LATE, FZ_DNS_FINE, NULL, {0}};
}

size_t fz_ask_look(FzAsk *ask, const FzDnsPolicy *policy, const FzDnsKey *keys,
                   size_t count, FzDnsAnswer *answers)
{
    size_t unknown = 0;

    pthread_mutex_lock(&ask->turn);
    for (size_t i = 0; i < count; i++) {
        FzDnsReading reading =
            look_up(ask, &policy->lists[keys[i].list], keys[i].text);

        answers[i] = (FzDnsAnswer){.list = keys[i].list,
                                   .key = keys[i].text,
                                   .kind = reading.kind,
                                   .fault = reading.fault,
                                   .code = reading.code};
        memcpy(answers[i].address, reading.address, sizeof reading.address);
        unknown += reading.kind == FZ_ANSWER_LATE;
    }
    pthread_mutex_unlock(&ask->turn);
    return unknown;
}

/* --- asking, with the lock held ---------------------------------------------
 */
/* The question that is open about a key; NULL: there is none to wait for. */
static FzKept *question_of(FzAsk *ask, const FzDnsList *list, FzSlice key)
{
    char name[FZ_LIMIT_DNS_NAME + 1];
    FzServer *server = find_server(ask, list);
    FzDnsReading reading;
    FzKept *kept;

    if (server == NULL || server->state != FZ_SERVER_SERVING ||
        !fz_dns_name(list, key, name))
        return NULL;
    kept = fz_keep_find(&ask->keep, server->number, name);
    if (kept != NULL && kept->asking)
        return kept;
    if (kept != NULL && is_good(server, kept, list, &reading))
        return NULL;
    if (server->open >= FZ_LIMIT_DNS_OPEN) {
        server->figures.fault[FZ_DNS_CROWDED]++;
        return NULL;
    }
    if (kept != NULL)
        fz_keep_asking(&ask->keep, kept);
    else
        kept = fz_keep_add(&ask->keep, server->number, name);
    fz_ask_open(ask, server, kept);
    return kept;
}

void fz_ask_send(FzAsk *ask, const FzDnsPolicy *policy, const FzDnsKey *keys,
                 size_t count)
{
    pthread_mutex_lock(&ask->turn);
    for (size_t i = 0; i < count && !ask->stopping; i++)
        (void)question_of(ask, &policy->lists[keys[i].list], keys[i].text);
    pthread_mutex_unlock(&ask->turn);
    wake(ask);
}

bool fz_ask_wait(FzAsk *ask, const FzDnsPolicy *policy, const FzDnsKey *keys,
                 size_t count, void (*done)(void *ctx), void *ctx)
{
    FzAskWait *wait = fz_calloc(1, sizeof *wait);
    bool waits;

    wait->done = done;
    wait->ctx = ctx;
    wait->until_us = fz_clock_monotonic_us() + policy->budget_ms * 1000;
    pthread_mutex_lock(&ask->turn);
    for (size_t i = 0; i < count && i < FZ_LIMIT_DNS_KEYS && !ask->stopping &&
                       ask->waiting < FZ_LIMIT_DNS_WAITING;
         i++) {
        FzKept *kept =
            question_of(ask, &policy->lists[keys[i].list], keys[i].text);

        if (kept != NULL)
            fz_ask_attach(wait, kept);
    }
    waits = wait->open > 0;
    if (waits)
        fz_ask_link(ask, wait);
    pthread_mutex_unlock(&ask->turn);
    if (waits)
        wake(ask);
    else
        fz_free(wait);
    return waits;
}

void fz_ask_hurry(FzAsk *ask)
{
    pthread_mutex_lock(&ask->turn);
    ask->hurry = true;
    pthread_mutex_unlock(&ask->turn);
    wake(ask);
}

/* --- which lists ------------------------------------------------------------
 */
static void use_list(FzAsk *ask, const FzDnsList *list)
{
    FzServer *server = find_server(ask, list);

    if (server != NULL && fz_server_is(server, list))
        return;
    if (server != NULL)
        server->gone = true;
    server = fz_server_create(list, ++ask->numbers);
    server->room = ask;
    server->next = ask->servers;
    ask->servers = server;
}

static bool is_used(const FzServer *server, const FzDnsPolicy *policy)
{
    for (uint32_t i = 0; i < policy->count; i++)
        if (fz_server_is(server, &policy->lists[i]))
            return true;
    return false;
}

void fz_ask_use(FzAsk *ask, const FzDnsPolicy *policy)
{
    bool starts;

    pthread_mutex_lock(&ask->turn);
    ask->ttl_listed_s = policy->ttl_listed_s;
    ask->ttl_none_s = policy->ttl_none_s;
    if (policy->keep > 0)
        fz_keep_most(&ask->keep, (size_t)policy->keep);
    for (FzServer *server = ask->servers; server != NULL; server = server->next)
        server->gone = !is_used(server, policy);
    for (uint32_t i = policy->count; i > 0; i--) /* each goes to the front */
        use_list(ask, &policy->lists[i - 1]);
    starts = ask->thread < 0 && ask->servers != NULL && !ask->stopping;
    pthread_mutex_unlock(&ask->turn);
    if (starts) {
        ask->thread = ask->config.thread_start(fz_ask_run, ask);
        if (ask->thread < 0)
            fz_diag(&ask->config.report, FZ_E_LIMIT, NULL, 0, NULL,
                    "no thread is left to ask DNS lists: they are not asked");
    }
    wake(ask);
}

/* --- life -------------------------------------------------------------------
 */
FzAsk *fz_ask_create(const FzAskConfig *config)
{
    FzAsk *ask = fz_calloc(1, sizeof *ask);

    ask->config = *config;
    ask->thread = -1;
    ask->ready_end = &ask->ready;
    ask->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&ask->turn, NULL);
    fz_keep_init(&ask->keep, 1);
    return ask;
}

void fz_ask_stop(FzAsk *ask)
{
    if (ask == NULL)
        return;
    pthread_mutex_lock(&ask->turn);
    ask->stopping = true;
    pthread_mutex_unlock(&ask->turn);
    wake(ask);
    if (ask->thread >= 0)
        ask->config.thread_join(ask->thread);
    ask->thread = -1;
}

void fz_ask_destroy(FzAsk *ask)
{
    if (ask == NULL)
        return;
    while (ask->servers != NULL) {
        FzServer *server = ask->servers;

        ask->servers = server->next;
        fz_server_destroy(server);
    }
    fz_keep_clear(&ask->keep);
    pthread_mutex_destroy(&ask->turn);
    if (ask->wake >= 0)
        close(ask->wake);
    fz_free(ask);
}

/* --- told -------------------------------------------------------------------
 */
json_t *fz_ask_json(FzAsk *ask)
{
    json_t *all = json_array();
    int64_t now_us = fz_clock_monotonic_us();

    if (ask == NULL)
        return all;
    pthread_mutex_lock(&ask->turn);
    for (FzServer *server = ask->servers; server != NULL; server = server->next)
        if (!server->gone)
            json_array_append_new(all, fz_server_json(server, now_us));
    pthread_mutex_unlock(&ask->turn);
    return all;
}

static void answers(const FzServer *server, FzBuf *out)
{
    const FzServerFigures *f = &server->figures;
    const char *name = server->list.name;

    fz_buf_printf(
        out,
        "fanzha_dns_answers_total{list=\"%s\",answer=\"listed\"} "
        "%llu\n"
        "fanzha_dns_answers_total{list=\"%s\",answer=\"none\"} "
        "%llu\n"
        "fanzha_dns_answers_total{list=\"%s\",answer=\"late\"} "
        "%llu\n"
        "fanzha_dns_answers_total{list=\"%s\",answer=\"known\"} "
        "%llu\n",
        name, (unsigned long long)f->listed, name, (unsigned long long)f->none,
        name, (unsigned long long)f->late, name, (unsigned long long)f->known);
    for (int i = FZ_DNS_FINE + 1; i < FZ_DNS_FAULTS; i++)
        fz_buf_printf(out,
                      "fanzha_dns_answers_total{list=\"%s\",answer=\"%s\"} "
                      "%llu\n",
                      name, fz_dns_fault_name((FzDnsFault)i),
                      (unsigned long long)f->fault[i]);
}

void fz_ask_metrics(FzAsk *ask, FzBuf *out)
{
    if (ask == NULL)
        return;
    pthread_mutex_lock(&ask->turn);
    fz_buf_printf(out, "# HELP fanzha_dns_serving 1 while a DNS list is "
                       "asked, 0 while it rests or is checked.\n"
                       "# TYPE fanzha_dns_serving gauge\n");
    for (FzServer *it = ask->servers; it != NULL; it = it->next)
        if (!it->gone)
            fz_buf_printf(out, "fanzha_dns_serving{list=\"%s\"} %d\n",
                          it->list.name, it->state == FZ_SERVER_SERVING);
    fz_buf_printf(out, "# HELP fanzha_dns_answers_total Answers of DNS lists, "
                       "answers that were late, already known, or none.\n"
                       "# TYPE fanzha_dns_answers_total counter\n");
    for (FzServer *it = ask->servers; it != NULL; it = it->next)
        if (!it->gone)
            answers(it, out);
    fz_buf_printf(out,
                  "# HELP fanzha_dns_waiting Messages that wait for answers."
                  "\n# TYPE fanzha_dns_waiting gauge\n"
                  "fanzha_dns_waiting %u\n"
                  "# HELP fanzha_dns_kept Answers in memory.\n"
                  "# TYPE fanzha_dns_kept gauge\nfanzha_dns_kept %zu\n",
                  ask->waiting, ask->keep.count);
    pthread_mutex_unlock(&ask->turn);
}
