/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cost.h - what each rule costs while messages are scanned
 *
 * For `fanzhactl bench-rules' alone: counting asks a clock, which judging never
 * does otherwise.
 */
#ifndef FZ_ENGINE_RULES_COST_H
#define FZ_ENGINE_RULES_COST_H

#include "engine/rules/ruleset.h"

/** Of one rule, over all messages so far. */
typedef struct FzRuleCost {
    uint64_t entries;     /* it was looked at: a word that leads to it was
                             found in a view, and one of its guard; or its
                             regex */
    uint64_t messages;    /* in which it was */
    uint64_t evaluations; /* behind the guards */
    uint64_t steps;       /* of those that a message's work is bound by */
    uint64_t ns;          /* of evaluating, less what the clock takes */
    uint64_t seen;        /* the last message that is counted in `messages' */
} FzRuleCost;

typedef struct FzCosts {
    FzRuleCost *rule; /* by rule; behind them one for all helpers together */
    uint32_t count;   /* of rules */
    uint64_t message; /* the caller counts: another number for each */
    uint64_t clock_ns;
} FzCosts;

void fz_costs_init(FzCosts *costs, const FzRuleset *ruleset);
void fz_costs_clear(FzCosts *costs);

/** From now on scans add to it; NULL: no more. Borrowed. */
void fz_scanner_count_costs(FzScanner *scanner, FzCosts *costs);

#endif
