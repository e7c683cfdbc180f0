/* SPDX-License-Identifier: BSD-2-Clause
 *
 * waits.c - questions that are open, and who waits for them
 */
#include "config.h"

#include "base/clock.h"
#include "plugin/ask/ask_impl.h"

#include <stdio.h>

/* --- who waits, with the lock held ------------------------------------------
 */
static void unlink_wait(FzAsk *ask, FzAskWait *wait)
{
    *(wait->before == NULL ? &ask->first : &wait->before->next) = wait->next;
    *(wait->next == NULL ? &ask->last : &wait->next->before) = wait->before;
    ask->waiting--;
}

static void make_ready(FzAsk *ask, FzAskWait *wait)
{
    unlink_wait(ask, wait);
    wait->next = NULL;
    *ask->ready_end = wait;
    ask->ready_end = &wait->next;
}

/* Budgets are alike: its place is at the end, or close to it. */
void fz_ask_link(FzAsk *ask, FzAskWait *wait)
{
    FzAskWait *before = ask->last;

    while (before != NULL && before->until_us > wait->until_us)
        before = before->before;
    wait->before = before;
    wait->next = before == NULL ? ask->first : before->next;
    *(before == NULL ? &ask->first : &before->next) = wait;
    *(wait->next == NULL ? &ask->last : &wait->next->before) = wait;
    ask->waiting++;
}

void fz_ask_attach(FzAskWait *wait, FzKept *kept)
{
    FzAskNode *node = &wait->node[wait->open++];
    FzAskNode *first = kept->waiting;

    *node = (FzAskNode){.next = first, .kept = kept, .wait = wait};
    if (first != NULL)
        first->at = &node->next;
    kept->waiting = node;
    node->at = NULL; /* the head is a void pointer: set by who finds it so */
}

static void detach(FzAskNode *node)
{
    if (node->at == NULL)
        node->kept->waiting = node->next;
    else
        *node->at = node->next;
    if (node->next != NULL)
        node->next->at = node->at;
    node->kept = NULL;
}

void fz_ask_end_waits(FzAsk *ask, int64_t now_us)
{
    while (ask->first != NULL &&
           (ask->first->until_us <= now_us || ask->hurry || ask->stopping)) {
        FzAskWait *wait = ask->first;

        for (int i = 0; i < FZ_LIMIT_DNS_KEYS; i++) {
            if (wait->node[i].kept == NULL)
                continue;
            ((FzServer *)wait->node[i].kept->owner)->figures.late++;
            detach(&wait->node[i]);
        }
        make_ready(ask, wait);
    }
    ask->hurry = false;
}

static void answer_waits(FzAsk *ask, FzKept *kept)
{
    while (kept->waiting != NULL) {
        FzAskNode *node = kept->waiting;
        FzAskWait *wait = node->wait;

        detach(node);
        if (--wait->open == 0)
            make_ready(ask, wait);
    }
}

/* --- questions, with the lock held ------------------------------------------
 */
void fz_ask_open(FzAsk *ask, FzServer *server, FzKept *kept)
{
    kept->owner = server;
    kept->question = 0;
    kept->sent_us = fz_clock_monotonic_us();
    kept->later = NULL;
    kept->sooner = ask->latest;
    *(ask->latest == NULL ? &ask->soonest : &ask->latest->later) = kept;
    ask->latest = kept;
    if (ask->unsent == NULL)
        ask->unsent = kept;
    server->open++;
    server->figures.asked++;
}

static void close_question(FzAsk *ask, FzKept *kept)
{
    if (ask->unsent == kept)
        ask->unsent = kept->later;
    *(kept->sooner == NULL ? &ask->soonest : &kept->sooner->later) =
        kept->later;
    *(kept->later == NULL ? &ask->latest : &kept->later->sooner) = kept->sooner;
    kept->sooner = kept->later = NULL;
    ((FzServer *)kept->owner)->open--;
}

static int64_t keep_for_s(const FzAsk *ask, const FzDnsReading *reading,
                          int64_t ttl_s)
{
    int64_t most = reading->kind == FZ_ANSWER_ERROR   ? FZ_ASK_ERROR_S
                   : reading->kind == FZ_ANSWER_BLOCK ? ask->ttl_listed_s
                                                      : ask->ttl_none_s;

    /* whoever waits for it looks it up */
    return ttl_s < 1 ? 1 : ttl_s > most ? (most < 1 ? 1 : most) : ttl_s;
}

static void mind_fault(FzServer *server, const FzDnsReading *reading,
                       const char *name, int64_t now_us)
{
    const uint8_t *a = reading->address;

    server->figures.fault[reading->fault]++;
    if (server->state != FZ_SERVER_SERVING)
        return;
    if (reading->fault == FZ_DNS_FAILED) {
        if (++server->in_a_row < FZ_ASK_FAILURES)
            return;
        snprintf(server->why, sizeof server->why,
                 "%d questions in a row had no answer", FZ_ASK_FAILURES);
        fz_server_rest(server, now_us, false);
    } else if (reading->fault == FZ_DNS_REFUSED ||
               reading->fault == FZ_DNS_FOREIGN) {
        snprintf(server->why, sizeof server->why,
                 "it answers %u.%u.%u.%u, which is %s (%.60s)", a[0], a[1],
                 a[2], a[3],
                 reading->fault == FZ_DNS_REFUSED ? "no listing"
                                                  : "not its own",
                 name);
        fz_server_rest(server, now_us, true);
    }
}

void fz_ask_mind(FzServer *server, const FzDnsReading *reading,
                 const char *name, int64_t now_us)
{
    if (reading->kind == FZ_ANSWER_ERROR) {
        mind_fault(server, reading, name, now_us);
        return;
    }
    server->in_a_row = 0;
    server->rests_in_row = 0;
    if (reading->kind == FZ_ANSWER_NONE) {
        server->figures.none++;
        server->listings = 0;
        return;
    }
    server->figures.listed++;
    if (++server->listings >= FZ_ASK_LISTINGS)
        server->check_now = true;
}

/* The answer is there, or there will be none. */
void fz_ask_settle(FzAsk *ask, FzKept *kept, const FzDnsReading *reading,
                   int64_t ttl_s)
{
    FzServer *server = kept->owner;
    int64_t now_us = fz_clock_monotonic_us();

    close_question(ask, kept);
    kept->failed = reading->fault == FZ_DNS_FAILED;
    kept->until_us = now_us + keep_for_s(ask, reading, ttl_s) * 1000000;
    kept->lies = server->lies;
    kept->turns = server->turns;
    answer_waits(ask, kept);
    fz_keep_answered(&ask->keep, kept);
}

void fz_ask_fail(FzAsk *ask, FzKept *kept, bool count)
{
    FzDnsReading reading = {FZ_ANSWER_ERROR, FZ_DNS_FAILED, NULL, {0}};
    FzServer *server = kept->owner;
    int64_t now_us = fz_clock_monotonic_us();

    kept->count = 0;
    if (count)
        fz_ask_mind(server, &reading, kept->name, now_us);
    fz_ask_settle(ask, kept, &reading, FZ_ASK_ERROR_S);
}
