/* SPDX-License-Identifier: BSD-2-Clause
 *
 * impl.h - the inside of a rule set, for the files that build and scan it
 */
#ifndef FZ_ENGINE_RULES_IMPL_H
#define FZ_ENGINE_RULES_IMPL_H

#include "base/digest.h"
#include "engine/rules/lint.h"
#include "engine/rules/model.h"
#include "engine/rules/post.h"
#include "engine/rules/program.h"
#include "engine/rules/ruleset.h"
#include "engine/rules/when.h"

#include <stdatomic.h>

/** What decides whether a rule is asked at all, close together. */
typedef struct FzRuleRun {
    const FzWhen *when; /* NULL: every message */
    int64_t expires_ms; /* 0 never */
    uint8_t state;      /* as written */
} FzRuleRun;

struct FzRuleset {
    FzArena arena;
    FzRuleInfo *info; /* by rule; sorted by id */
    uint32_t count;
    const char *const *idle; /* ids of those that are not loaded */
    const uint8_t *idle_state;
    uint32_t idle_count;
    FzRuleRun *run; /* by rule and helper */
    uint32_t total; /* rules, then helpers */
    FzProgram program[FZ_VIEWS];
    uint32_t views;                /* FZ_VIEW_BIT set */
    uint32_t words_max, forms_max; /* of one program */
    uint32_t entities;             /* that some rule asks for: 1 << FzEntity */
    bool regexes;
    FzFacts named; /* facts that some rule asks for */
    bool facts;    /* there are any */
    FzPosts posts;
    /* facts that are in no registry, behind FZ_SIGNAL_IDS: those of lists */
    const char *const *fact_name;
    uint32_t fact_names;
    FzFindings findings;
    FzSample *sample;
    size_t sample_count;
    char digest[FZ_DIGEST_TEXT];
};

/** Written state, or what the controls make of it. */
static inline FzRuleState fz_rule_state_in_force(const FzRuleset *ruleset,
                                                 const FzRuleControls *controls,
                                                 uint32_t rule)
{
    return controls == NULL || rule >= controls->count
               ? (FzRuleState)ruleset->run[rule].state
               : (FzRuleState)atomic_load_explicit(&controls->state[rule],
                                                   memory_order_relaxed);
}

/** The digest of what rules mean, not of how they are written. digest.c */
void fz_ruleset_set_digest(FzRuleset *ruleset, const FzModel *model);

#endif
