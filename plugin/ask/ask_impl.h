/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ask_impl.h - what the files of the room that asks share
 *
 *     ask.c     what others call
 *     waits.c   questions, and who waits for them
 *     loop.c    the thread
 * Nobody else includes it.
 *
 * A question belongs to what is kept of its answer: everybody who wants the
 * same name waits for the same one. The thread alone touches resolvers, and
 * never with the lock held; the lock is held for steps of bounded length.
 */
#ifndef FZ_PLUGIN_ASK_ASK_IMPL_H
#define FZ_PLUGIN_ASK_ASK_IMPL_H

#include "plugin/ask/ask.h"
#include "plugin/ask/server.h"

#include <pthread.h>

typedef struct FzAskWait FzAskWait;

/* One wait for one question. */
typedef struct FzAskNode {
    struct FzAskNode *next, **at; /* of the question's */
    FzKept *kept;                 /* NULL: it is answered, or was never open */
    FzAskWait *wait;
} FzAskNode;

struct FzAskWait {
    FzAskWait *next,
        *before; /* by `until_us`; `next` alone of the ready ones */
    int64_t until_us;
    uint32_t open;
    void (*done)(void *ctx);
    void *ctx;
    FzAskNode node[FZ_LIMIT_DNS_KEYS];
};

struct FzAsk {
    FzAskConfig config;
    pthread_mutex_t turn; /* of all below */
    FzServer *servers;    /* the thread alone takes one out */
    uint32_t numbers;     /* given so far */
    FzKeep keep;
    int64_t ttl_listed_s, ttl_none_s;
    FzKept *soonest, *latest;      /* open questions, in the order of asking */
    FzKept *unsent;                /* of them: the first that was not sent */
    FzAskWait *first, *last;       /* who waits */
    FzAskWait *ready, **ready_end; /* whose wait is over */
    uint32_t waiting;
    bool hurry, stopping;
    long thread; /* -1: none yet */
    int wake;
};

void fz_ask_run(void *arg); /* the thread; `arg` is the FzAsk */

/* --- waits.c, with `turn` held ----------------------------------------------
 */
void fz_ask_attach(FzAskWait *wait, FzKept *kept);
void fz_ask_link(FzAsk *ask, FzAskWait *wait);

/** Those whose time is over by now are ready. */
void fz_ask_end_waits(FzAsk *ask, int64_t now_us);

void fz_ask_open(FzAsk *ask, FzServer *server, FzKept *kept);

/** The answer is there, or there will be none: whoever waits is ready. */
void fz_ask_settle(FzAsk *ask, FzKept *kept, const FzDnsReading *reading,
                   int64_t ttl_s);

/** There will be none.
 *  @param count  as the list's fault */
void fz_ask_fail(FzAsk *ask, FzKept *kept, bool count);

/** What an answer says of its list: it may have to rest. */
void fz_ask_mind(FzServer *server, const FzDnsReading *reading,
                 const char *name, int64_t now_us);

#endif
