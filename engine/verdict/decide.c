/* SPDX-License-Identifier: BSD-2-Clause
 *
 * decide.c - from signals to an action: the only place where that happens
 *
 * decide_from() is one reading of the signals: of active signals alone, and
 * where any is in shadow once more with those as if they were active, so that a
 * rule in shadow shows what it would have done by the very same code. Most
 * messages have no signals, and nothing is read.
 */
#include "config.h"

#include "engine/verdict/verdict.h"

static const FzPoints warn_from = FZ_POINTS(5.0);
static const FzPoints hold_from = FZ_POINTS(10.0);

/* Whose signals count in one reading. */
typedef struct Reading {
    const FzSignals *signals;
    bool shadow_too;
    uint64_t lifted; /* by signal: an operator's allow is about its place */
} Reading;

_Static_assert(FZ_LIMIT_SIGNALS <= 64, "a bit each in `lifted'");

/* What one reading came to. */
typedef struct Outcome {
    FzPoints score;
    FzAction wanted;
    FzAction would;
    FzDecidedBy by;
    const FzSignal *decider;
} Outcome;

static const Outcome nothing = {0, FZ_ACTION_PASS, FZ_ACTION_PASS,
                                FZ_DECIDED_BY_NOTHING, NULL};

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

static bool in_force(const FzSignal *signal, const Reading *reading)
{
    return signal->state == FZ_RULE_ACTIVE ||
           (signal->state == FZ_RULE_SHADOW && reading->shadow_too);
}

static bool counts(const FzSignal *signal, const Reading *reading)
{
    return in_force(signal, reading) &&
           (reading->lifted >> (signal - reading->signals->item) & 1) == 0;
}

static FzPoints clamp(int64_t points)
{
    /* far beyond what any threshold asks, and sums of it still fit */
    const int64_t most = FZ_POINTS(100000.0);

    return (FzPoints)(points > most ? most : points < -most ? -most : points);
}

/* --- what an operator's allow is about -------------------------------------
 */
static bool is_within(const FzSpan *span, const FzSignal *allow)
{
    for (uint8_t i = 0; i < allow->span_count; i++)
        if (span->cp_from >= allow->spans[i].cp_from &&
            span->cp_to <= allow->spans[i].cp_to)
            return true;
    return false;
}

static bool is_allowed(const FzSpan *span, const Reading *reading)
{
    for (uint16_t i = 0; i < reading->signals->count; i++) {
        const FzSignal *signal = &reading->signals->item[i];

        if (signal->word == FZ_WORD_OPERATOR_ALLOW &&
            in_force(signal, reading) && is_within(span, signal))
            return true;
    }
    return false;
}

/* Allowed is what the operator named, not what was written around it: a rule
 * that saw words, too, stays. With as many places as a signal keeps there may
 * be more, elsewhere. What speaks for the message is never lifted. */
static bool is_lifted(const FzSignal *signal, const Reading *reading)
{
    if (signal->word != FZ_WORD_NONE || signal->list != NULL ||
        (signal->weight <= 0 && signal->action == FZ_RULE_BY_SCORE) ||
        signal->action == FZ_RULE_PASS || signal->span_count == 0 ||
        signal->span_count >= FZ_SIGNAL_SPANS)
        return false;
    for (uint8_t i = 0; i < signal->span_count; i++)
        if (!is_allowed(&signal->spans[i], reading))
            return false;
    return true;
}

static uint64_t lifted_by(const Reading *reading)
{
    const FzSignals *signals = reading->signals;
    uint64_t lifted = 0;
    bool any = false;

    for (uint16_t i = 0; i < signals->count && !any; i++)
        any = signals->item[i].word == FZ_WORD_OPERATOR_ALLOW &&
              signals->item[i].span_count > 0;
    for (uint16_t i = 0; any && i < signals->count; i++)
        lifted |= (uint64_t)is_lifted(&signals->item[i], reading) << i;
    return lifted;
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
static bool adds(const FzSignal *signal, const Reading *reading)
{
    return counts(signal, reading) &&
           (signal->word != FZ_WORD_NONE || signal->action != FZ_RULE_PASS);
}

static FzPoints add_up(const FzProfile *profile, const Reading *reading)
{
    const FzSignals *signals = reading->signals;
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

static const FzSignal *strongest(const FzProfile *profile,
                                 const Reading *reading)
{
    const FzSignal *best = NULL;

    for (uint16_t i = 0; i < reading->signals->count; i++) {
        const FzSignal *signal = &reading->signals->item[i];

        if (adds(signal, reading) && signal->weight > 0 &&
            (best == NULL || fz_signal_points(signal, profile) >
                                 fz_signal_points(best, profile)))
            best = signal;
    }
    return best;
}

static const FzSignal *lowest_ceiling(const Reading *reading)
{
    const FzSignal *lowest = NULL;

    for (uint16_t i = 0; i < reading->signals->count; i++) {
        const FzSignal *signal = &reading->signals->item[i];

        if (counts(signal, reading) && signal->word == FZ_WORD_NONE &&
            signal->action == FZ_RULE_PASS &&
            (lowest == NULL || signal->weight < lowest->weight))
            lowest = signal;
    }
    return lowest;
}

/* --- what a profile permits --------------------------------------------- */
bool fz_signal_rewrites(const FzSignal *signal, const FzRuleset *ruleset)
{
    const FzRuleInfo *rule = fz_signal_rule(signal, ruleset);

    /* a listed link can always be made one that does not open */
    if (signal->word == FZ_WORD_LIST_BLOCK)
        return signal->span_count > 0;
    return rule != NULL && rule->rewrite != FZ_REWRITE_NONE;
}

static bool has_rewrite(const FzRuleset *ruleset, const Reading *reading)
{
    for (uint16_t i = 0; i < reading->signals->count; i++) {
        const FzSignal *signal = &reading->signals->item[i];

        if (counts(signal, reading) && fz_signal_rewrites(signal, ruleset))
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

/* --- words ------------------------------------------------------------------
 */
static FzAction action_of(const FzSignal *signal)
{
    /* FzRuleAction is FzAction behind BY_SCORE */
    return signal->action == FZ_RULE_BY_SCORE
               ? FZ_ACTION_PASS
               : (FzAction)(signal->action - FZ_RULE_PASS);
}

/* The strictest that has this word, or, of ceilings, the lowest. */
static const FzSignal *find_word(const Reading *reading, FzSignalWord word)
{
    const FzSignal *found = NULL;

    for (uint16_t i = 0; i < reading->signals->count; i++) {
        const FzSignal *signal = &reading->signals->item[i];

        if (signal->word != word || !in_force(signal, reading))
            continue;
        if (found == NULL ||
            (word == FZ_WORD_CEILING ? signal->action < found->action
                                     : signal->action > found->action))
            found = signal;
    }
    return found;
}

/* Lifts what follows as a whole: the sender is allowed, not a link. */
static const FzSignal *find_allow(const Reading *reading)
{
    for (uint16_t i = 0; i < reading->signals->count; i++) {
        const FzSignal *signal = &reading->signals->item[i];

        if (signal->word == FZ_WORD_OPERATOR_ALLOW &&
            in_force(signal, reading) && signal->span_count == 0)
            return signal;
    }
    return NULL;
}

static const FzSignal *first_lifting(const Reading *reading)
{
    for (uint16_t i = 0; i < reading->signals->count; i++)
        if (reading->signals->item[i].word == FZ_WORD_OPERATOR_ALLOW &&
            in_force(&reading->signals->item[i], reading))
            return &reading->signals->item[i];
    return NULL;
}

static bool decided(const Reading *reading, const FzSignal *ceiling,
                    Outcome *it)
{
    static const struct {
        FzSignalWord word;
        FzDecidedBy by;
    } words[] = {
        {FZ_WORD_OPERATOR_BLOCK, FZ_DECIDED_BY_OPERATOR_BLOCK},
        {FZ_WORD_CONTRADICTION, FZ_DECIDED_BY_CONTRADICTION},
        {FZ_WORD_STANDING, FZ_DECIDED_BY_STANDING},
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const FzSignal *signal = find_word(reading, words[i].word);

        if (signal == NULL)
            continue;
        it->wanted = action_of(signal);
        it->by = words[i].by;
        it->decider = signal;
        if (it->wanted == FZ_ACTION_QUARANTINE && ceiling != NULL &&
            ceiling->never_held)
            it->wanted = FZ_ACTION_REJECT;
        return true;
    }
    return false;
}

/* --- one reading --------------------------------------------------------- */
static const FzSignal *strictest_rule(const Reading *reading,
                                      FzAction *action_out)
{
    const FzSignal *found = NULL;

    for (uint16_t i = 0; i < reading->signals->count; i++) {
        const FzSignal *signal = &reading->signals->item[i];

        if (counts(signal, reading) && signal->word == FZ_WORD_NONE &&
            action_of(signal) > *action_out) {
            *action_out = action_of(signal);
            found = signal;
        }
    }
    return found;
}

/* Rules and score, with the ceiling that a rule's `pass` gives the score. */
static void hear_rules(const FzProfile *profile, FzDirection direction,
                       const Reading *reading, bool rewritable, Outcome *it)
{
    const FzSignal *ceiling = lowest_ceiling(reading), *rule;
    FzAction unbound, own = FZ_ACTION_PASS;

    it->wanted = by_score(it->score, profile->ceiling[direction], rewritable);
    if (it->wanted != FZ_ACTION_PASS) {
        it->by = FZ_DECIDED_BY_SCORE;
        it->decider = strongest(profile, reading);
    }
    if (ceiling != NULL && it->score > ceiling->weight) {
        unbound = it->wanted;
        it->score = ceiling->weight;
        it->wanted =
            by_score(it->score, profile->ceiling[direction], rewritable);
        if (it->wanted != unbound) {
            it->by = FZ_DECIDED_BY_CEILING;
            it->decider = ceiling;
        }
    }
    rule = strictest_rule(reading, &own);
    if (rule != NULL && own >= it->wanted) {
        it->wanted = own;
        it->by = FZ_DECIDED_BY_RULE;
        it->decider = rule;
    }
}

static void bound_by_class(const FzSignal *ceiling, Outcome *it)
{
    FzAction most = action_of(ceiling);

    if (ceiling->never_held && most >= FZ_ACTION_QUARANTINE)
        most = it->wanted == FZ_ACTION_QUARANTINE ? FZ_ACTION_PASS : most;
    if (it->wanted <= most)
        return;
    it->wanted = most;
    it->by = FZ_DECIDED_BY_CLASS;
    it->decider = ceiling;
}

/* A list's word is a floor under all that follows. */
static void hear_lists(const Reading *reading, const FzSignal *ceiling,
                       Outcome *it)
{
    const FzSignal *listed = find_word(reading, FZ_WORD_LIST_BLOCK);
    FzAction action;

    if (listed == NULL)
        return;
    action = action_of(listed);
    if (action == FZ_ACTION_QUARANTINE && ceiling != NULL &&
        ceiling->never_held)
        action = FZ_ACTION_REJECT;
    if (action == FZ_ACTION_PASS || action < it->wanted)
        return;
    it->wanted = action;
    it->by = FZ_DECIDED_BY_LIST_BLOCK;
    it->decider = listed;
}

static void hear(const FzRuleset *ruleset, const FzProfile *profile,
                 FzDirection direction, const Reading *reading, Outcome *it)
{
    const FzSignal *ceiling = find_word(reading, FZ_WORD_CEILING);
    const FzSignal *allow = find_allow(reading);
    bool rewritable = has_rewrite(ruleset, reading);

    *it = nothing;
    it->score = add_up(profile, reading);
    if (!decided(reading, ceiling, it)) {
        hear_rules(profile, direction, reading, rewritable, it);
        if (ceiling != NULL)
            bound_by_class(ceiling, it);
        hear_lists(reading, ceiling, it);
        if (allow != NULL && it->wanted != FZ_ACTION_PASS) {
            it->wanted = FZ_ACTION_PASS;
            it->by = FZ_DECIDED_BY_OPERATOR_ALLOW;
            it->decider = allow;
        }
    }
    it->would = permitted(it->wanted, profile, rewritable);
}

static void decide_from(const FzSignals *signals, const FzRuleset *ruleset,
                        const FzProfile *profile, FzDirection direction,
                        bool shadow_too, Outcome *it)
{
    Reading reading = {signals, shadow_too, 0};
    Outcome bare;

    reading.lifted = lifted_by(&reading);
    hear(ruleset, profile, direction, &reading, it);
    /* say so where lifting is what made the difference */
    if (reading.lifted != 0 && it->by == FZ_DECIDED_BY_NOTHING) {
        reading.lifted = 0;
        hear(ruleset, profile, direction, &reading, &bare);
        if (bare.wanted != it->wanted) {
            it->by = FZ_DECIDED_BY_OPERATOR_ALLOW;
            it->decider = first_lifting(&reading);
        }
    }
}

/* --- what could not be judged -------------------------------------------- */
static bool any_rule_active(const FzJudgeEnv *env)
{
    uint32_t count = env->ruleset == NULL ? 0 : fz_ruleset_count(env->ruleset);

    if (env->controls != NULL)
        return fz_rule_controls_any_active(env->controls);
    for (uint32_t i = 0; i < count; i++)
        if (fz_ruleset_rule(env->ruleset, i)->state == FZ_RULE_ACTIVE)
            return true;
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
static const FzReason *reason_of(const FzJudgeEnv *env, const FzSignal *signal)
{
    const FzRuleInfo *rule = fz_signal_rule(signal, env->ruleset);
    const char *name = rule == NULL ? signal->reason : rule->reason;

    return name == NULL ? NULL : fz_policy_reason(env->policy, name);
}

static const FzReason *find_reason(const FzJudgeEnv *env,
                                   const FzVerdict *verdict,
                                   const Outcome *outcome)
{
    Reading reading = {&verdict->signals, false, 0};
    const FzReason *found = NULL;
    FzPoints most = 0;

    if (outcome->wanted == FZ_ACTION_PASS || outcome->decider == NULL)
        return NULL;
    found = reason_of(env, outcome->decider);
    if (found != NULL || (outcome->by != FZ_DECIDED_BY_SCORE &&
                          outcome->by != FZ_DECIDED_BY_CEILING &&
                          outcome->by != FZ_DECIDED_BY_CLASS))
        return found;
    reading.lifted = lifted_by(&reading);
    for (uint16_t i = 0; i < verdict->signals.count; i++) {
        const FzSignal *signal = &verdict->signals.item[i];
        const FzReason *reason;

        if (!adds(signal, &reading))
            continue;
        reason = reason_of(env, signal);
        if (reason != NULL && signal->weight > most) {
            found = reason;
            most = signal->weight;
        }
    }
    return found;
}

static bool any_in_shadow(const FzSignals *signals)
{
    for (uint16_t i = 0; i < signals->count; i++)
        if (signals->item[i].state == FZ_RULE_SHADOW)
            return true;
    return false;
}

void fz_decide(const FzMessage *message, const FzJudgeEnv *env,
               FzVerdict *verdict)
{
    const FzPolicy *policy = env->policy;
    const FzSignals *signals = &verdict->signals;
    Outcome active, other;
    const Outcome *shadow = &active;

    verdict->profile =
        &policy->profiles[fz_policy_profile(policy, message, &verdict->sender)];
    if (signals->count == 0)
        active = nothing;
    else
        decide_from(signals, env->ruleset, verdict->profile, message->direction,
                    false, &active);
    if (any_in_shadow(signals)) {
        decide_from(signals, env->ruleset, verdict->profile, message->direction,
                    true, &other);
        shadow = &other;
    }
    verdict->score = active.score;
    verdict->wanted = active.wanted;
    verdict->would = active.would;
    verdict->by = active.by;
    verdict->decider = active.decider == NULL ? NULL : active.decider->name;
    verdict->reason = find_reason(env, verdict, &active);
    verdict->shadow_score = shadow->score;
    verdict->shadow_would = shadow->would;
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
    case FZ_DECIDED_BY_OPERATOR_BLOCK:
        return "operator-block";
    case FZ_DECIDED_BY_CONTRADICTION:
        return "contradiction";
    case FZ_DECIDED_BY_STANDING:
        return "standing";
    case FZ_DECIDED_BY_OPERATOR_ALLOW:
        return "operator-allow";
    case FZ_DECIDED_BY_LIST_BLOCK:
        return "list-block";
    case FZ_DECIDED_BY_CLASS:
        return "class";
    }
    return "nothing";
}
