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

#endif
