/* SPDX-License-Identifier: BSD-2-Clause
 *
 * looks.h - how often each rule is looked at over a file of messages
 *
 * A rule is looked at when a word that leads to it was found; over ordinary
 * messages that shall be rare. What `bench-rules' measures and `lint --ham'
 * finds.
 */
#ifndef FZ_TOOLS_LOOKS_H
#define FZ_TOOLS_LOOKS_H

#include "engine/rules/cost.h"
#include "tools/judge.h"
#include "tools/progress.h"

/* A rule that is looked at in more of the messages is a finding. */
#define FZ_LOOKS_MAX_SHARE 0.01

typedef struct FzLooks {
    const FzRuleset *ruleset;
    double max_share; /* the caller may set another */
    FzJudge judge;
    FzCosts costs;
    uint64_t messages;
    unsigned bad; /* lines that are no message */
} FzLooks;

/** @param bundle  has rules; borrowed */
void fz_looks_open(FzLooks *looks, const FzBundle *bundle);
void fz_looks_close(FzLooks *looks);

/**
 * Judge every message of a file and count.
 *
 * @param path    as fz_corpus_open has it
 * @param line    who wants to know how far it is
 * @param before  called with each message before it is judged and counted;
 *                NULL: nobody
 * @return FZ_E_IO when the file cannot be read; bad lines go to the sink, and
 *         are counted
 */
FzStatus fz_looks_take(FzLooks *looks, const char *path, const char *verb,
                       FzProgressLine *line,
                       void (*before)(void *ctx, const FzMessage *message),
                       void *ctx, const FzDiagSink *sink) FZ_MUST_CHECK;

/** A figure of all messages, for one; 0 when there was none. */
double fz_looks_mean(const FzLooks *looks, uint64_t figure);

/** It is, and the rule is not marked as one that has to be. */
bool fz_looks_too_often(const FzLooks *looks, uint32_t rule);

/** What is wrong with such a rule, and how to mend it: a clause. */
void fz_looks_why(const FzLooks *looks, uint32_t rule, FzBuf *out);

json_t *fz_looks_json(const FzLooks *looks, uint32_t rule);

#endif
