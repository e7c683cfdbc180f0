/* SPDX-License-Identifier: BSD-2-Clause
 *
 * override.h - the operator's changes to rules of others (inside config/)
 *
 * override/NAME.conf of a generation, in the order of the names. Scores and
 * exceptions are given to the engine as it loads, states are set in the
 * controls behind it; what has an end stops by itself, at that time.
 */
#ifndef FZ_CONFIG_OVERRIDE_H
#define FZ_CONFIG_OVERRIDE_H

#include "config/firsts.h"
#include "config/tree.h"
#include "engine/rules/ruleset.h"

typedef struct FzOverrides FzOverrides;
typedef struct FzOverrideEnds FzOverrideEnds;

/**
 * Read them. Every problem goes to the sink.
 *
 * @param firsts  when their days began; NULL: days do not run
 * @param overrides_out  NULL with FZ_OK: there are none
 */
FzStatus fz_overrides_read(const FzTree *tree, const FzFirsts *firsts,
                           const FzDiagSink *sink,
                           FzOverrides **overrides_out) FZ_MUST_CHECK;
void fz_overrides_destroy(FzOverrides *overrides); /* NULL is allowed */

/** For loading, which tells of ids that no rule has; they live as long as
 *  `overrides'. */
void fz_overrides_give(const FzOverrides *overrides, FzRulesetOptions *options);

/** Do they change more than states: what samples of rules would show? */
bool fz_overrides_change_rules(const FzOverrides *overrides);

/** Set the states in force.
 *  @return what ends; NULL when nothing does */
FzOverrideEnds *fz_overrides_apply(const FzOverrides *overrides,
                                   const FzRuleset *ruleset,
                                   FzRuleControls *controls,
                                   const FzDiagSink *sink);

/** States whose time is over are what else is said of the rule, or as written,
 *  again. From any thread. A state that something else has changed stays. */
void fz_override_ends_mind(FzOverrideEnds *ends, FzRuleControls *controls,
                           int64_t now_ms);
/** Somebody has set the state of this rule, perhaps to what it was.
 *  @return whether an end was still to come */
bool fz_override_ends_let_go(FzOverrideEnds *ends, uint32_t rule);
void fz_override_ends_destroy(FzOverrideEnds *ends); /* NULL is allowed */

#endif
