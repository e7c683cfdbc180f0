/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ask.h - one question to the running plugin
 */
#ifndef FZ_TOOLS_ASK_H
#define FZ_TOOLS_ASK_H

#include "tools/ctl.h"
#include "tools/progress.h"

typedef struct FzAsk {
    const char *config;
    const char *socket; /* instead of the configuration's */
    int64_t timeout_ms; /* of silence */
    FzProgressStyle progress;
} FzAsk;

/** Options --config, --socket and --timeout, as a child of a verb's argp; its
 *  input is an FzAsk. */
extern const struct argp fz_ask_argp;

/**
 * Ask, and tell on stderr what went wrong.
 *
 * @param args        taken; NULL is {}
 * @param answer_out  the whole answer when it is "ok" (caller decrefs)
 * @return FZ_CTL_FINE, FZ_CTL_UNREACHABLE, or FZ_CTL_CONFIG when the answer is
 *         not "ok"
 */
int fz_ask(const FzAsk *ask, const char *verb, json_t *args,
           json_t **answer_out);

/** What became of a question: whoever wrote something before asking keeps it,
 *  takes it back, or says that nobody knows. */
typedef enum FzAskEnd {
    FZ_ASK_DONE,
    FZ_ASK_REFUSED, /* the gateway answered, and did not do it */
    FZ_ASK_UNASKED, /* it never had the question */
    FZ_ASK_LOST,    /* it was asked, and no answer came: it may do it yet */
} FzAskEnd;

/** The same, and says which. */
int fz_ask_end(const FzAsk *ask, const char *verb, json_t *args,
               FzAskEnd *end_out, json_t **answer_out);

#endif
