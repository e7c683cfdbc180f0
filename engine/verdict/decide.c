/* SPDX-License-Identifier: BSD-2-Clause
 *
 * decide.c - from signals to an action: the only place where that happens
 *
 * decide_from() is one reading of the signals; it runs twice, with active
 * signals alone and with shadow signals as if they were active, so that a rule
 * in shadow shows what it would have done by the very same code.
 */
#include "config.h"

#include "engine/verdict/verdict.h"

static const FzPoints warn_from = FZ_POINTS(5.0);
static const FzPoints hold_from = FZ_POINTS(10.0);

/* Whose signals count in one reading. */
typedef enum Reading {
    READ_ACTIVE,
    READ_SHADOW_TOO,
} Reading;

/* What one reading came to. */
typedef struct Outcome {
    FzPoints score;
    FzAction wanted;
    FzAction would;
    FzDecidedBy by;
    const FzSignal *decider;
} Outcome;

const FzRuleInfo *fz_signal_rule(const FzSignal *signal,
                                 const FzRuleset *ruleset)
{
    if (signal->rule < 0 || ruleset == NULL)
        return NULL;
    return fz_ruleset_rule(ruleset, (uint32_t)signal->rule);
}

FzPoints fz_signal_points(const FzSignal *signal, const FzProfile *profile)
{
    int64_t scaled = (int64_t)signal->weight * profile->scale_percent;

    /* half a hundredth goes away from zero, for either sign */
    return (FzPoints)((scaled + (scaled < 0 ? -50 : 50)) / 100);
}

static bool counts(const FzSignal *signal, Reading reading)
{
    return signal->state == FZ_RULE_ACTIVE ||
           (signal->state == FZ_RULE_SHADOW && reading == READ_SHADOW_TOO);
}

static FzPoints clamp(int64_t points)
{
    /* far beyond what any threshold asks, and sums of it still fit */
    const int64_t most = FZ_POINTS(100000.0);

    return (FzPoints)(points > most ? most : points < -most ? -most : points);
}

/* --- the score --------------------------------------------------------- */
static bool same_group(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool find_cap(const FzProfile *profile, const char *group,
                     FzPoints *cap_out)
{
    for (uint32_t i = 0; group != NULL && i < profile->cap_count; i++) {
        if (strcmp(profile->caps[i].group, group) == 0) {
            *cap_out = profile->caps[i].cap;
            return true;
        }
    }
    return false;
}

/* A rule whose own action is `pass` bounds the score; its points are that
 * bound, not a part of the sum. */
static bool adds(const FzSignal *signal, Reading reading)
{
    return counts(signal, reading) && signal->action != FZ_RULE_PASS;
}

static FzPoints add_up(const FzSignals *signals, const FzProfile *profile,
                       Reading reading)
{
    int64_t score = 0;

    for (uint16_t i = 0; i < signals->count; i++) {
        const FzSignal *first = &signals->item[i];
        int64_t group = 0;
        bool seen = false;
        FzPoints cap;

        if (!adds(first, reading))
            continue;
        if (!find_cap(profile, first->group, &cap)) {
            score += fz_signal_points(first, profile);
            continue;
        }
        /* a group is summed where its first signal stands */
        for (uint16_t j = 0; j < i && !seen; j++)
            seen = adds(&signals->item[j], reading) &&
                   same_group(signals->item[j].group, first->group);
        if (seen)
            continue;
        for (uint16_t j = i; j < signals->count; j++)
            if (adds(&signals->item[j], reading) &&
                same_group(signals->item[j].group, first->group))
                group += fz_signal_points(&signals->item[j], profile);
        score += group > cap ? cap : group;
    }
    return clamp(score);
}

static const FzSignal *strongest(const FzSignals *signals,
                                 const FzProfile *profile, Reading reading)
{
    const FzSignal *best = NULL;

    for (uint16_t i = 0; i < signals->count; i++) {
        const FzSignal *signal = &signals->item[i];

        if (adds(signal, reading) && signal->weight > 0 &&
            (best == NULL || fz_signal_points(signal, profile) >
                                 fz_signal_points(best, profile)))
            best = signal;
    }
    return best;
}

static const FzSignal *lowest_ceiling(const FzSignals *signals, Reading reading)
{
    const FzSignal *lowest = NULL;

    for (uint16_t i = 0; i < signals->count; i++) {
        const FzSignal *signal = &signals->item[i];

        if (counts(signal, reading) && signal->action == FZ_RULE_PASS &&
            (lowest == NULL || signal->weight < lowest->weight))
            lowest = signal;
    }
    return lowest;
}

/* --- what a profile permits --------------------------------------------- */
static bool has_rewrite(const FzSignals *signals, const FzRuleset *ruleset,
                        Reading reading)
{
    for (uint16_t i = 0; i < signals->count; i++) {
        const FzRuleInfo *rule = fz_signal_rule(&signals->item[i], ruleset);

        if (counts(&signals->item[i], reading) && rule != NULL &&
            rule->rewrite != FZ_REWRITE_NONE)
            return true;
    }
    return false;
}

/* The strictest of what is left when a rewrite has nothing to write, and the
 * profile does not allow to change texts or to send messages of our own. */
static FzAction permitted(FzAction wanted, const FzProfile *profile,
                          bool rewritable)
{
    if (wanted == FZ_ACTION_REWRITE && !(profile->rewrite && rewritable))
        wanted = FZ_ACTION_WARN;
    if (wanted == FZ_ACTION_WARN && !profile->warn)
        wanted = FZ_ACTION_PASS;
    return wanted;
}

static FzAction by_score(FzPoints score, FzAction ceiling, bool rewritable)
{
    FzAction action = FZ_ACTION_PASS;

    if (score >= hold_from)
        action = FZ_ACTION_QUARANTINE; /* score alone never rejects */
    else if (score >= warn_from)
        action = FZ_ACTION_REWRITE;
    if (action > ceiling)
        action = ceiling;
    if (action == FZ_ACTION_REWRITE && !rewritable)
        action = FZ_ACTION_WARN;
    return action;
}

/* --- one reading --------------------------------------------------------- */
static const FzSignal *strictest_rule(const FzSignals *signals, Reading reading,
                                      FzAction *action_out)
{
    const FzSignal *found = NULL;
    FzRuleAction most = FZ_RULE_PASS;

    for (uint16_t i = 0; i < signals->count; i++) {
        FzRuleAction action = (FzRuleAction)signals->item[i].action;

        if (counts(&signals->item[i], reading) && action > most) {
            most = action;
            found = &signals->item[i];
        }
    }
    if (found != NULL) /* FzRuleAction is FzAction behind BY_SCORE */
        *action_out = (FzAction)(most - FZ_RULE_PASS);
    return found;
}

static Outcome decide_from(const FzSignals *signals, const FzRuleset *ruleset,
                           const FzProfile *profile, FzDirection direction,
                           Reading reading)
{
    Outcome it = {0, FZ_ACTION_PASS, FZ_ACTION_PASS, FZ_DECIDED_BY_NOTHING,
                  NULL};
    bool rewritable = has_rewrite(signals, ruleset, reading);
    const FzSignal *ceiling, *rule;
    FzAction unbound, own = FZ_ACTION_PASS;

    /* Operator block, hard contradiction, standing decision, operator allow,
     * list block and the ceiling of the sender's class speak here, in this
     * order, once engine/list and engine/sender raise their signals: each
     * returns an outcome and what follows is not asked. */

    it.score = add_up(signals, profile, reading);
    it.wanted = by_score(it.score, profile->ceiling[direction], rewritable);
    if (it.wanted != FZ_ACTION_PASS) {
        it.by = FZ_DECIDED_BY_SCORE;
        it.decider = strongest(signals, profile, reading);
    }
    ceiling = lowest_ceiling(signals, reading);
    if (ceiling != NULL && it.score > ceiling->weight) {
        unbound = it.wanted;
        it.score = ceiling->weight;
        it.wanted = by_score(it.score, profile->ceiling[direction], rewritable);
        if (it.wanted != unbound) {
            it.by = FZ_DECIDED_BY_CEILING;
            it.decider = ceiling;
        }
    }
    rule = strictest_rule(signals, reading, &own);
    if (rule != NULL && own >= it.wanted) {
        it.wanted = own;
        it.by = FZ_DECIDED_BY_RULE;
        it.decider = rule;
    }
    it.would = permitted(it.wanted, profile, rewritable);
    return it;
}

/* --- what could not be judged -------------------------------------------- */
static bool any_rule_active(const FzJudgeEnv *env)
{
    uint32_t count = env->ruleset == NULL ? 0 : fz_ruleset_count(env->ruleset);

    for (uint32_t i = 0; i < count; i++) {
        FzRuleState state = env->controls == NULL
                                ? fz_ruleset_rule(env->ruleset, i)->state
                                : (FzRuleState)env->controls->state[i];

        if (state == FZ_RULE_ACTIVE)
            return true;
    }
    return false;
}

static int strictness(FzFailureChoice choice)
{
    switch (choice) {
    case FZ_CHOOSE_PASS:
        return 0;
    case FZ_CHOOSE_DEFER:
        return 1;
    case FZ_CHOOSE_QUARANTINE:
        return 2;
    }
    return 0;
}

/* A scan that gave up proves nothing against a message where no rule may act:
 * rules in shadow change no output, whatever they cost. */
static uint32_t failures_that_count(const FzJudgeEnv *env, uint32_t failures)
{
    const uint32_t of_rules = FZ_FAILURE_BIT(FZ_FAILURE_SCAN_FAILED) |
                              FZ_FAILURE_BIT(FZ_FAILURE_WORK_LIMIT);

    if ((failures & of_rules) != 0 && !any_rule_active(env))
        failures &= ~of_rules;
    return failures;
}

static void apply_failures(const FzMessage *message, const FzJudgeEnv *env,
                           FzVerdict *verdict)
{
    uint32_t failures = failures_that_count(env, verdict->failures);
    bool any = false;

    for (int i = 0; i < FZ_FAILURES; i++) {
        FzFailureChoice choice = env->policy->failure[i][message->direction];

        if ((failures & FZ_FAILURE_BIT(i)) == 0)
            continue;
        if (!any || strictness(choice) > strictness(verdict->choice)) {
            verdict->failure = (FzFailure)i;
            verdict->choice = choice;
        }
        any = true;
    }
    if (!any)
        return;
    /* what was found stands; the policy only ever makes it stricter */
    if (verdict->choice == FZ_CHOOSE_PASS) {
        if (verdict->by == FZ_DECIDED_BY_NOTHING)
            verdict->by = FZ_DECIDED_BY_FAILURE;
        return;
    }
    if (verdict->would >= FZ_ACTION_QUARANTINE)
        return;
    verdict->would = verdict->wanted = FZ_ACTION_QUARANTINE;
    verdict->by = FZ_DECIDED_BY_FAILURE;
    verdict->decider = fz_failure_name(verdict->failure);
    verdict->reason = fz_policy_reason(env->policy, "not-checked");
}

/* --- all together --------------------------------------------------------- */
/* The decider's own reason; where the score decided and the strongest signal
 * has none, that of the strongest that has one. */
static const FzReason *find_reason(const FzJudgeEnv *env,
                                   const FzVerdict *verdict,
                                   const Outcome *outcome)
{
    const FzReason *found = NULL;
    FzPoints most = 0;

    if (outcome->wanted == FZ_ACTION_PASS || outcome->decider == NULL)
        return NULL;
    if (fz_signal_rule(outcome->decider, env->ruleset) != NULL)
        found = fz_policy_reason(
            env->policy,
            fz_signal_rule(outcome->decider, env->ruleset)->reason);
    if (found != NULL || outcome->by == FZ_DECIDED_BY_RULE)
        return found;
    for (uint16_t i = 0; i < verdict->signals.count; i++) {
        const FzSignal *signal = &verdict->signals.item[i];
        const FzRuleInfo *rule = fz_signal_rule(signal, env->ruleset);
        const FzReason *reason;

        if (rule == NULL || !adds(signal, READ_ACTIVE))
            continue;
        reason = fz_policy_reason(env->policy, rule->reason);
        if (reason != NULL && signal->weight > most) {
            found = reason;
            most = signal->weight;
        }
    }
    return found;
}

void fz_decide(const FzMessage *message, const FzJudgeEnv *env,
               FzVerdict *verdict)
{
    const FzPolicy *policy = env->policy;
    Outcome active, shadow;

    verdict->profile = &policy->profiles[fz_policy_profile(policy, message)];
    active = decide_from(&verdict->signals, env->ruleset, verdict->profile,
                         message->direction, READ_ACTIVE);
    shadow = decide_from(&verdict->signals, env->ruleset, verdict->profile,
                         message->direction, READ_SHADOW_TOO);
    verdict->score = active.score;
    verdict->wanted = active.wanted;
    verdict->would = active.would;
    verdict->by = active.by;
    verdict->decider = active.decider == NULL ? NULL : active.decider->name;
    verdict->reason = find_reason(env, verdict, &active);
    verdict->shadow_score = shadow.score;
    verdict->shadow_would = shadow.would;
    verdict->failure = FZ_FAILURE_UNDECODABLE;
    verdict->choice = FZ_CHOOSE_PASS;
    if (verdict->failures != 0)
        apply_failures(message, env, verdict);
    verdict->acted = policy->mode == FZ_MODE_OBSERVE || env->bypass
                         ? FZ_ACTION_PASS
                         : verdict->would;
}

const char *fz_decided_by_name(FzDecidedBy by)
{
    switch (by) {
    case FZ_DECIDED_BY_NOTHING:
        return "nothing";
    case FZ_DECIDED_BY_SCORE:
        return "score";
    case FZ_DECIDED_BY_RULE:
        return "rule";
    case FZ_DECIDED_BY_CEILING:
        return "ceiling";
    case FZ_DECIDED_BY_FAILURE:
        return "failure";
    }
    return "nothing";
}
