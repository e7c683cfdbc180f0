/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verdict.h - from a message to what should become of it, and why
 *
 * Judging does no I/O, takes no lock, asks no clock, allocates nothing: time
 * and outside answers are arguments. The same message, environment and time
 * give the same verdict again.
 */
#ifndef FZ_ENGINE_VERDICT_VERDICT_H
#define FZ_ENGINE_VERDICT_VERDICT_H

#include "engine/list/list.h"
#include "engine/rules/ruleset.h"
#include "engine/verdict/policy.h"

/** All that judging depends on; borrowed, immutable but for `controls`. */
typedef struct FzJudgeEnv {
    const FzRuleset *ruleset;       /* NULL: condition no-rules */
    const FzRuleControls *controls; /* NULL: states as written */
    const FzListSet *lists;         /* NULL: none */
    const FzOverlay *overlay;       /* NULL: none */
    const FzPolicy *policy;
    bool bypass; /* evaluated, nothing acts, whatever the mode */
} FzJudgeEnv;

/** What decided. */
typedef enum FzDecidedBy {
    FZ_DECIDED_BY_NOTHING = 0, /* no signal was strong enough: pass */
    FZ_DECIDED_BY_SCORE = 1,
    FZ_DECIDED_BY_RULE = 2, /* `decider` names it */
    FZ_DECIDED_BY_CEILING = 3,
    FZ_DECIDED_BY_FAILURE = 4, /* `failure` names the condition */
} FzDecidedBy;

typedef struct FzVerdict {
    FzAction would; /* what enforce does */
    FzAction acted; /* PASS in observe and under bypass, else `would` */
    FzDecidedBy by;
    FzFailure failure;         /* meaningful with FZ_DECIDED_BY_FAILURE */
    FzFailureChoice choice;    /* likewise: what the failure policy says */
    FzPoints score;            /* of active signals, after scale and caps */
    FzPoints shadow_score;     /* as if shadow rules were active */
    FzAction shadow_would;     /* likewise: what enforce would do then */
    const char *decider;       /* rule id or signal; borrowed; NULL */
    const FzReason *reason;    /* borrowed from the policy; NULL for none */
    const FzProfile *profile;
    uint32_t text_flags; /* FzTextFlag */
    FzSignals signals;
} FzVerdict;

/**
 * Judge one message: decode, views, scan, decide.
 *
 * @param scanner  taken from the pool of env->ruleset; its text and views hold
 *                 those of this message afterwards. NULL only with no rule set
 * @param verdict  caller's storage, overwritten
 */
void fz_judge(const FzMessage *message, const FzJudgeEnv *env,
              FzScanner *scanner, FzVerdict *verdict);

/**
 * The decision alone, from signals to action; pure. A counterfactual is this
 * again with one signal left out.
 *
 * @param message  for the profile's route
 * @param verdict  `signals` and `text_flags` are read, the rest is written
 */
void fz_decide(const FzMessage *message, const FzJudgeEnv *env,
               FzVerdict *verdict);

#endif
