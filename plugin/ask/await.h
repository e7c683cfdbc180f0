/* SPDX-License-Identifier: BSD-2-Clause
 *
 * await.h - messages that wait for DNS lists, and those behind them
 *
 * A message waits with its generation and no scanner; when the answers are
 * there or its budget is spent, it is judged with what came and carried out, on
 * the thread of ask.c. Whatever comes meanwhile from the same sender for the
 * same receiver waits behind it, so that order is kept; nobody else does.
 *
 * Where nothing may act (observe, bypass, no active rule) nothing waits: what
 * is known is heard, the rest is asked for and serves the next message.
 */
#ifndef FZ_PLUGIN_ASK_AWAIT_H
#define FZ_PLUGIN_ASK_AWAIT_H

#include "plugin/judged.h"

/** See a message through.
 *  @param box  what the host called its box; NULL: no name */
typedef void FzAwaitJudge(FzPlugin *plugin, PluginBoxMsg *m, const char *box);

FzAwait *fz_await_create(FzPlugin *plugin, FzAwaitJudge *judge);

/** After fz_ask_stop, which ends all waits. NULL is allowed. */
void fz_await_destroy(FzAwait *await);

/**
 * A verdict that wants answers.
 *
 * @return true: it waits; `judged` is the room's, `m` is answered later. False:
 *         `judged` has heard what is known, and is to be carried out now
 */
bool fz_await_answers(FzAwait *await, PluginBoxMsg *m, FzJudged *judged);

/** Is its turn behind one that waits? Then it waits too, and is judged when
 *  that has gone. */
bool fz_await_behind(FzAwait *await, PluginBoxMsg *m, const char *box);

/**
 * The same for parts that are judged as one, and for their commit.
 *
 * @return true: `again` is called when it is time to judge them anew, with the
 *         answers that are there then. False: there is nothing to wait for
 */
bool fz_await_parts(FzAwait *await, const FzJudged *judged,
                    void (*again)(void *ctx), void *ctx);

/** Room for the answers about one message; begin with zeros. */
typedef struct FzAwaitRoom {
    FzDnsKey key[FZ_LIMIT_DNS_KEYS];
    FzDnsAnswer answer[FZ_LIMIT_DNS_KEYS];
    FzBuf text; /* to be cleared */
} FzAwaitRoom;

/** What is known of the keys of a verdict; what is not is late or, where
 *  nothing may act, is asked for and left out. */
FzDnsAnswers fz_await_known(FzAwait *await, const FzJudged *judged,
                            FzAwaitRoom *room);

#endif
