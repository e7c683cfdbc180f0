/* SPDX-License-Identifier: BSD-2-Clause
 *
 * firsts.h - when something was promoted for the first time (inside config/)
 *
 * Days of an `expires' run from the promotion that first brought it, over
 * reloads, restarts and rollbacks. One small file beside the generations says
 * when that was: generations/first-promoted, a line each: name, revision,
 * milliseconds.
 */
#ifndef FZ_CONFIG_FIRSTS_H
#define FZ_CONFIG_FIRSTS_H

#include "base/status.h"

#include <stdint.h>

typedef struct FzFirsts FzFirsts;

/**
 * Never fails: what cannot be read is told, and begins anew.
 *
 * @param now_ms  what is asked for and was never promoted begins now, once it
 *                is written; 0: it is not in force, and has no time
 */
FzFirsts *fz_firsts_read(const char *generations, int64_t now_ms,
                         const FzDiagSink *sink);
void fz_firsts_destroy(FzFirsts *firsts); /* NULL is allowed */

/** As FzRulesetOptions.promoted_ms; `firsts` is an FzFirsts. */
int64_t fz_firsts_of(const void *firsts, const char *name, uint32_t rev);

/** Write down what began; nothing when nothing did. */
FzStatus fz_firsts_write(FzFirsts *firsts, const char *generations,
                         const FzDiagSink *sink) FZ_MUST_CHECK;

#endif
