/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ask.h - lists are asked over DNS: whoever asks waits at most as long as it
 * said, and a server that fails costs nobody but itself
 *
 * Every list has a resolver of its own (libunbound), so that one which does not
 * answer holds up no question to another. Answers are kept; one that comes too
 * late for who asked is there for who asks next. A list is believed while two
 * test points come out as they should and its server answers; else it rests,
 * longer each time in a row, and is looked at again.
 *
 * Threads: everything here may be called from any thread; `done` is called on
 * the room's own.
 */
#ifndef FZ_PLUGIN_ASK_ASK_H
#define FZ_PLUGIN_ASK_ASK_H

#include "base/buf.h"
#include "engine/list/dns.h"

#include <jansson.h>

typedef struct FzAsk FzAsk;

typedef struct FzAskConfig {
    long (*thread_start)(void (*run)(void *), void *arg); /* -1: none left */
    void (*thread_join)(long thread);
    FzDiagSink report; /* of lists that begin to rest, or to serve again */
} FzAskConfig;

FzAsk *fz_ask_create(const FzAskConfig *config);

/** All waits end at once, none begins any more. NULL is allowed. */
void fz_ask_stop(FzAsk *ask);
void fz_ask_destroy(FzAsk *ask); /* after the stop; NULL is allowed */

/** Lists of the generation that is in force now; copied. Those that are as
 *  they were go on, with their health. The thread starts with the first. */
void fz_ask_use(FzAsk *ask, const FzDnsPolicy *policy);

/**
 * What is known without asking.
 *
 * @param answers  one for each key, in their order; kind LATE: nothing yet.
 *                 `key` is borrowed from the keys, `code` from the policy
 * @return how many are not known, and could be asked for
 */
size_t fz_ask_look(FzAsk *ask, const FzDnsPolicy *policy, const FzDnsKey *keys,
                   size_t count, FzDnsAnswer *answers);

/** Ask for what is not known; nobody waits. */
void fz_ask_send(FzAsk *ask, const FzDnsPolicy *policy, const FzDnsKey *keys,
                 size_t count);

/**
 * Ask for what is not known, and say when it is, or when the policy's budget is
 * spent: then look again.
 *
 * @return false: there is nothing to wait for, or no room to; `done` is not
 *         called
 */
bool fz_ask_wait(FzAsk *ask, const FzDnsPolicy *policy, const FzDnsKey *keys,
                 size_t count, void (*done)(void *ctx), void *ctx);

/** Whoever waits has waited long enough. */
void fz_ask_hurry(FzAsk *ask);

/** [{"name","zone","state":"serving|checking|resting","why",...}]; the caller
 *  decrefs. NULL: none. */
json_t *fz_ask_json(FzAsk *ask);
void fz_ask_metrics(FzAsk *ask, FzBuf *out);

#endif
