/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The decision alone, over signals that the test states (fake_rules.h).
 */
#include "config.h"

#include "engine/verdict/verdict.h"
#include "tests/fake_rules.h"
#include "tests/support.h"

#include <string.h>

/* The rules that the rows speak of, by letter. */
static const FzRuleInfo all_rules[] = {
    {.id = "a4", .score = FZ_POINTS(4.0), .state = FZ_RULE_ACTIVE},
    {.id = "b6",
     .score = FZ_POINTS(6.0),
     .state = FZ_RULE_ACTIVE,
     .reason = "phishing"},
    {.id = "c6w",
     .score = FZ_POINTS(6.0),
     .state = FZ_RULE_ACTIVE,
     .rewrite = FZ_REWRITE_REPLACE,
     .rewrite_text = "x",
     .reason = "parcel"},
    {.id = "dREJ",
     .action = FZ_RULE_REJECT,
     .state = FZ_RULE_ACTIVE,
     .reason = "impersonation"},
    {.id = "eQUA", .action = FZ_RULE_QUARANTINE, .state = FZ_RULE_ACTIVE},
    {.id = "fWARN", .action = FZ_RULE_WARN, .state = FZ_RULE_ACTIVE},
    {.id = "gPASS2",
     .score = FZ_POINTS(2.0),
     .action = FZ_RULE_PASS,
     .state = FZ_RULE_ACTIVE},
    {.id = "h-3", .score = -FZ_POINTS(3.0), .state = FZ_RULE_ACTIVE},
    {.id = "i6s", .score = FZ_POINTS(6.0), .state = FZ_RULE_SHADOW},
    {.id = "jREJs", .action = FZ_RULE_REJECT, .state = FZ_RULE_SHADOW},
    {.id = "k7g",
     .score = FZ_POINTS(7.0),
     .state = FZ_RULE_ACTIVE,
     .group = "keywords"},
    {.id = "l7g",
     .score = FZ_POINTS(7.0),
     .state = FZ_RULE_ACTIVE,
     .group = "keywords"},
    {.id = "mREW",
     .action = FZ_RULE_REWRITE,
     .state = FZ_RULE_ACTIVE,
     .rewrite = FZ_REWRITE_PREPEND,
     .rewrite_text = "x"},
    {.id = "nPASS6",
     .score = FZ_POINTS(6.0),
     .action = FZ_RULE_PASS,
     .state = FZ_RULE_ACTIVE},
    {.id = "o9.99", .score = FZ_POINTS(9.99), .state = FZ_RULE_ACTIVE},
    {.id = "p12",
     .score = FZ_POINTS(12.0),
     .state = FZ_RULE_ACTIVE,
     .reason = "no-such-reason"},
};
static const FzRuleset ruleset = {all_rules, COUNT(all_rules)};

static uint32_t rule_of(char letter)
{
    for (uint32_t i = 0; i < COUNT(all_rules); i++)
        if (all_rules[i].id[0] == letter)
            return i;
    ck_abort_msg("no rule %c", letter);
    return 0;
}

static void raise_signals(const char *letters, FzVerdict *verdict)
{
    memset(verdict, 0, sizeof *verdict);
    for (; *letters != '\0'; letters++)
        verdict->signals.item[verdict->signals.count++] =
            fz_fake_signal(&ruleset, rule_of(*letters));
}

static FzProfile permissive(void)
{
    return fz_policy_patterns()->profiles[0];
}

static FzPolicy enforce_with(const FzProfile *profile)
{
    FzPolicy policy = *fz_policy_patterns();

    policy.profiles = profile;
    return policy;
}

static FzJudgeEnv env_of(const FzPolicy *policy)
{
    return (FzJudgeEnv){.ruleset = &ruleset, .policy = policy};
}

/* --- the order --------------------------------------------------------------
 */
static const struct {
    const char *name, *signals;
    FzAction would;
    FzDecidedBy by;
    const char *decider; /* its first letter; "" none */
    double score;
} order_rows[] = {
    {"nothing", "", FZ_ACTION_PASS, FZ_DECIDED_BY_NOTHING, "", 0},
    {"below 5", "a", FZ_ACTION_PASS, FZ_DECIDED_BY_NOTHING, "", 4},
    {"5 warns", "b", FZ_ACTION_WARN, FZ_DECIDED_BY_SCORE, "b", 6},
    {"5 rewrites where a rule can", "c", FZ_ACTION_REWRITE, FZ_DECIDED_BY_SCORE,
     "c", 6},
    {"a rule that can beside the strongest", "ac", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_SCORE, "c", 10},
    {"9.99 is not 10", "o", FZ_ACTION_WARN, FZ_DECIDED_BY_SCORE, "o", 9.99},
    {"10 quarantines", "ab", FZ_ACTION_QUARANTINE, FZ_DECIDED_BY_SCORE, "b",
     10},
    {"score never rejects", "abcklo", FZ_ACTION_QUARANTINE, FZ_DECIDED_BY_SCORE,
     "o", 39.99},
    {"negative points count", "abh", FZ_ACTION_WARN, FZ_DECIDED_BY_SCORE, "b",
     7},
    {"a rule's own action", "d", FZ_ACTION_REJECT, FZ_DECIDED_BY_RULE, "d", 0},
    {"the strictest own action", "fde", FZ_ACTION_REJECT, FZ_DECIDED_BY_RULE,
     "d", 0},
    {"own action is named at a tie", "abe", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_RULE, "e", 10},
    {"own action is a floor, not a way out", "abf", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_SCORE, "b", 10},
    {"own rewrite", "m", FZ_ACTION_REWRITE, FZ_DECIDED_BY_RULE, "m", 0},
    {"pass is a ceiling", "abg", FZ_ACTION_PASS, FZ_DECIDED_BY_CEILING, "g", 2},
    {"the lowest ceiling", "abgn", FZ_ACTION_PASS, FZ_DECIDED_BY_CEILING, "g",
     2},
    {"a ceiling of 6 leaves the warning", "abn", FZ_ACTION_WARN,
     FZ_DECIDED_BY_CEILING, "n", 6},
    {"a ceiling above the score is silent", "an", FZ_ACTION_PASS,
     FZ_DECIDED_BY_NOTHING, "", 4},
    {"a ceiling adds nothing", "gn", FZ_ACTION_PASS, FZ_DECIDED_BY_NOTHING, "",
     0},
    {"a ceiling does not bind own actions", "dg", FZ_ACTION_REJECT,
     FZ_DECIDED_BY_RULE, "d", 0},
    {"shadow does not count", "ij", FZ_ACTION_PASS, FZ_DECIDED_BY_NOTHING, "",
     0},
    {"shadow adds nothing to active", "ai", FZ_ACTION_PASS,
     FZ_DECIDED_BY_NOTHING, "", 4},
};

START_TEST(the_order_decides)
{
    FzProfile profile = permissive();
    FzPolicy policy = enforce_with(&profile);
    FzJudgeEnv env = env_of(&policy);
    FzMessage message = {.direction = FZ_DIRECTION_MT};
    FzVerdict verdict;

    raise_signals(order_rows[_i].signals, &verdict);
    fz_decide(&message, &env, &verdict);
    ck_assert_msg(verdict.would == order_rows[_i].would, "%s: %s, want %s",
                  order_rows[_i].name, fz_action_name(verdict.would),
                  fz_action_name(order_rows[_i].would));
    ck_assert_msg(verdict.by == order_rows[_i].by, "%s: by %s, want %s",
                  order_rows[_i].name, fz_decided_by_name(verdict.by),
                  fz_decided_by_name(order_rows[_i].by));
    ck_assert_msg(
        (verdict.decider == NULL && *order_rows[_i].decider == '\0') ||
            (verdict.decider != NULL &&
             verdict.decider[0] == *order_rows[_i].decider),
        "%s: decider %s", order_rows[_i].name, verdict.decider);
    ck_assert_msg(verdict.score == (FzPoints)(order_rows[_i].score * 100 + .5),
                  "%s: score %d", order_rows[_i].name, verdict.score);
    ck_assert_int_eq(verdict.acted, verdict.would);
}
END_TEST

/* --- words: who is heard before rules and score
 * -------------------------------- A capital each; the rules' letters stand
 * beside them. */
static const struct {
    char letter;
    FzSignal signal;
} words[] = {
    {'B',
     {.name = "B",
      .word = FZ_WORD_OPERATOR_BLOCK,
      .action = FZ_RULE_REJECT,
      .weight = FZ_POINTS(10.0),
      .reason = "phishing"}},
    {'H',
     {.name = "H",
      .word = FZ_WORD_CONTRADICTION,
      .action = FZ_RULE_QUARANTINE}},
    {'S', {.name = "S", .word = FZ_WORD_STANDING, .action = FZ_RULE_PASS}},
    {'T', {.name = "T", .word = FZ_WORD_STANDING, .action = FZ_RULE_REJECT}},
    {'A', {.name = "A", .word = FZ_WORD_OPERATOR_ALLOW}},
    {'P', /* a place is allowed */
     {.name = "P",
      .word = FZ_WORD_OPERATOR_ALLOW,
      .span_count = 1,
      .spans = {{10, 30}}}},
    {'Q',
     {.name = "Q",
      .word = FZ_WORD_LIST_BLOCK,
      .action = FZ_RULE_QUARANTINE,
      .weight = FZ_POINTS(10.0),
      .reason = "malware",
      .list = "feed",
      .span_count = 1,
      .spans = {{12, 20}}}},
    {'R',
     {.name = "R",
      .word = FZ_WORD_LIST_BLOCK,
      .action = FZ_RULE_REWRITE,
      .weight = FZ_POINTS(5.0),
      .span_count = 1,
      .spans = {{40, 50}}}},
    {'L', /* listed a moment ago: points alone */
     {.name = "L", .weight = FZ_POINTS(4.0), .list = "feed"}},
    {'C', {.name = "C", .word = FZ_WORD_CEILING, .action = FZ_RULE_WARN}},
    {'N', /* a code: never held */
     {.name = "N",
      .word = FZ_WORD_CEILING,
      .action = FZ_RULE_QUARANTINE,
      .never_held = true}},
    {'X', /* a flag of a link inside the allowed place */
     {.name = "X",
      .weight = FZ_POINTS(12.0),
      .span_count = 1,
      .spans = {{12, 20}}}},
    {'Y', /* reaches out of it */
     {.name = "Y",
      .weight = FZ_POINTS(12.0),
      .span_count = 2,
      .spans = {{12, 20}, {28, 31}}}},
    {'Z', /* as many places as are kept: there may be more */
     {.name = "Z",
      .weight = FZ_POINTS(12.0),
      .span_count = 4,
      .spans = {{12, 13}, {14, 15}, {16, 17}, {18, 19}}}},
};

static void raise_words(const char *letters, FzVerdict *verdict)
{
    memset(verdict, 0, sizeof *verdict);
    for (; *letters != '\0'; letters++) {
        FzSignal *made = &verdict->signals.item[verdict->signals.count++];
        bool found = false;

        for (size_t i = 0; i < COUNT(words) && !found; i++) {
            found = words[i].letter == *letters;
            *made = words[i].signal;
        }
        if (!found)
            *made = fz_fake_signal(&ruleset, rule_of(*letters));
        if (found) {
            made->rule = -1;
            made->state = FZ_RULE_ACTIVE;
        }
    }
}

static const struct {
    const char *name, *signals;
    FzAction would;
    FzDecidedBy by;
    char decider; /* 0 none */
    double score;
} word_rows[] = {
    {"an operator's block", "B", FZ_ACTION_REJECT, FZ_DECIDED_BY_OPERATOR_BLOCK,
     'B', 10},
    {"... before a contradiction", "HB", FZ_ACTION_REJECT,
     FZ_DECIDED_BY_OPERATOR_BLOCK, 'B', 10},
    {"... before a standing pass", "SB", FZ_ACTION_REJECT,
     FZ_DECIDED_BY_OPERATOR_BLOCK, 'B', 10},
    {"... before an allow", "AB", FZ_ACTION_REJECT,
     FZ_DECIDED_BY_OPERATOR_BLOCK, 'B', 10},
    {"a contradiction before a standing pass", "SH", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_CONTRADICTION, 'H', 0},
    {"... before an allow", "AH", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_CONTRADICTION, 'H', 0},
    {"a standing reject before an allow", "AT", FZ_ACTION_REJECT,
     FZ_DECIDED_BY_STANDING, 'T', 0},
    {"a standing pass lifts rules and lists", "SdQ", FZ_ACTION_PASS,
     FZ_DECIDED_BY_STANDING, 'S', 10},
    {"an allow lifts a list's block", "AQ", FZ_ACTION_PASS,
     FZ_DECIDED_BY_OPERATOR_ALLOW, 'A', 10},
    {"... and a rule's own action", "Ad", FZ_ACTION_PASS,
     FZ_DECIDED_BY_OPERATOR_ALLOW, 'A', 0},
    {"... and the score", "Ap", FZ_ACTION_PASS, FZ_DECIDED_BY_OPERATOR_ALLOW,
     'A', 12},
    {"... and is silent when there is nothing", "Aa", FZ_ACTION_PASS,
     FZ_DECIDED_BY_NOTHING, 0, 4},
    {"an allowed place lifts what lies in it", "PX", FZ_ACTION_PASS,
     FZ_DECIDED_BY_OPERATOR_ALLOW, 'P', 0},
    {"... not what reaches out of it", "PY", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_SCORE, 'Y', 12},
    {"... not what may be elsewhere too", "PZ", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_SCORE, 'Z', 12},
    {"... not what has no place", "Pp", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_SCORE, 'p', 12},
    {"... not another list's word on it", "PQ", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_LIST_BLOCK, 'Q', 10},
    {"a list holds", "Q", FZ_ACTION_QUARANTINE, FZ_DECIDED_BY_LIST_BLOCK, 'Q',
     10},
    {"a list rewrites without a rule's words", "R", FZ_ACTION_REWRITE,
     FZ_DECIDED_BY_LIST_BLOCK, 'R', 5},
    {"a list's action is a floor", "Rp", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_SCORE, 'p', 17},
    {"... under a rule's", "Qd", FZ_ACTION_REJECT, FZ_DECIDED_BY_RULE, 'd', 10},
    {"a list above the ceiling of the class", "CQ", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_LIST_BLOCK, 'Q', 10},
    {"a ceiling holds the score down", "Cp", FZ_ACTION_WARN,
     FZ_DECIDED_BY_CLASS, 'C', 12},
    {"... and a rule's own action", "Cd", FZ_ACTION_WARN, FZ_DECIDED_BY_CLASS,
     'C', 0},
    {"... and is silent above them", "Cb", FZ_ACTION_WARN, FZ_DECIDED_BY_SCORE,
     'b', 6},
    {"never held: a list's hold rejects", "NQ", FZ_ACTION_REJECT,
     FZ_DECIDED_BY_LIST_BLOCK, 'Q', 10},
    {"... a contradiction's too", "NH", FZ_ACTION_REJECT,
     FZ_DECIDED_BY_CONTRADICTION, 'H', 0},
    {"... a score passes", "Np", FZ_ACTION_PASS, FZ_DECIDED_BY_CLASS, 'N', 12},
    {"... a rule's hold passes", "Ne", FZ_ACTION_PASS, FZ_DECIDED_BY_CLASS, 'N',
     0},
    {"... a warning stays", "Nb", FZ_ACTION_WARN, FZ_DECIDED_BY_SCORE, 'b', 6},
    {"a listing that is points alone", "L", FZ_ACTION_PASS,
     FZ_DECIDED_BY_NOTHING, 0, 4},
    {"... adds to others", "Lb", FZ_ACTION_QUARANTINE, FZ_DECIDED_BY_SCORE, 'b',
     10},
};

START_TEST(words_are_heard_in_their_order)
{
    FzProfile profile = permissive();
    FzPolicy policy = enforce_with(&profile);
    FzJudgeEnv env = env_of(&policy);
    FzMessage message = {.direction = FZ_DIRECTION_MT};
    FzVerdict verdict;

    raise_words(word_rows[_i].signals, &verdict);
    fz_decide(&message, &env, &verdict);
    ck_assert_msg(verdict.would == word_rows[_i].would, "%s: %s, want %s",
                  word_rows[_i].name, fz_action_name(verdict.would),
                  fz_action_name(word_rows[_i].would));
    ck_assert_msg(verdict.by == word_rows[_i].by, "%s: by %s, want %s",
                  word_rows[_i].name, fz_decided_by_name(verdict.by),
                  fz_decided_by_name(word_rows[_i].by));
    ck_assert_msg((verdict.decider == NULL ? 0 : verdict.decider[0]) ==
                      word_rows[_i].decider,
                  "%s: decider %s", word_rows[_i].name, verdict.decider);
    ck_assert_msg(verdict.score == (FzPoints)(word_rows[_i].score * 100 + .5),
                  "%s: score %d", word_rows[_i].name, verdict.score);
}
END_TEST

START_TEST(a_word_in_shadow_says_what_it_would_have_done)
{
    FzProfile profile = permissive();
    FzPolicy policy = enforce_with(&profile);
    FzJudgeEnv env = env_of(&policy);
    FzMessage message = {.direction = FZ_DIRECTION_MT};
    FzVerdict verdict;

    raise_words("Q", &verdict);
    verdict.signals.item[0].state = FZ_RULE_SHADOW;
    fz_decide(&message, &env, &verdict);
    ck_assert_int_eq(verdict.would, FZ_ACTION_PASS);
    ck_assert_int_eq(verdict.shadow_would, FZ_ACTION_QUARANTINE);
}
END_TEST

START_TEST(a_word_brings_its_reason)
{
    FzProfile profile = permissive();
    FzPolicy policy = enforce_with(&profile);
    FzJudgeEnv env = env_of(&policy);
    FzMessage message = {.direction = FZ_DIRECTION_MT};
    FzVerdict verdict;

    raise_words("bQ", &verdict);
    fz_decide(&message, &env, &verdict);
    ck_assert_ptr_nonnull(verdict.reason);
    ck_assert_str_eq(verdict.reason->name, "malware");
}
END_TEST

/* --- profiles ----------------------------------------------------------------
 */
static const FzGroupCap caps[] = {{"keywords", FZ_POINTS(8.0)}};

static const struct {
    const char *name, *signals;
    int scale;
    bool rewrite, warn, capped;
    FzAction ceiling_mt;
    FzAction would, wanted;
    double score;
} profile_rows[] = {
    {"no rewrite: warn instead", "c", 100, false, true, false,
     FZ_ACTION_QUARANTINE, FZ_ACTION_WARN, FZ_ACTION_REWRITE, 6},
    {"neither: pass, recorded", "c", 100, false, false, false,
     FZ_ACTION_QUARANTINE, FZ_ACTION_PASS, FZ_ACTION_REWRITE, 6},
    {"no warn: pass, recorded", "b", 100, true, false, false,
     FZ_ACTION_QUARANTINE, FZ_ACTION_PASS, FZ_ACTION_WARN, 6},
    {"own warning not allowed", "f", 100, true, false, false,
     FZ_ACTION_QUARANTINE, FZ_ACTION_PASS, FZ_ACTION_WARN, 0},
    {"own rewrite not allowed", "m", 100, false, true, false,
     FZ_ACTION_QUARANTINE, FZ_ACTION_WARN, FZ_ACTION_REWRITE, 0},
    {"scale lifts over 10", "b", 200, true, true, false, FZ_ACTION_QUARANTINE,
     FZ_ACTION_QUARANTINE, FZ_ACTION_QUARANTINE, 12},
    {"scale lowers", "ab", 50, true, true, false, FZ_ACTION_QUARANTINE,
     FZ_ACTION_WARN, FZ_ACTION_WARN, 5},
    {"scale of 0 silences scores", "abp", 0, true, true, false,
     FZ_ACTION_QUARANTINE, FZ_ACTION_PASS, FZ_ACTION_PASS, 0},
    {"scale leaves own actions", "d", 0, true, true, false,
     FZ_ACTION_QUARANTINE, FZ_ACTION_REJECT, FZ_ACTION_REJECT, 0},
    {"half a hundredth rounds away", "o", 50, true, true, false,
     FZ_ACTION_QUARANTINE, FZ_ACTION_WARN, FZ_ACTION_WARN, 5.0},
    {"without caps groups add up", "kl", 100, true, true, false,
     FZ_ACTION_QUARANTINE, FZ_ACTION_QUARANTINE, FZ_ACTION_QUARANTINE, 14},
    {"a group is capped", "kl", 100, true, true, true, FZ_ACTION_QUARANTINE,
     FZ_ACTION_WARN, FZ_ACTION_WARN, 8},
    {"others add to a capped group", "kal", 100, true, true, true,
     FZ_ACTION_QUARANTINE, FZ_ACTION_QUARANTINE, FZ_ACTION_QUARANTINE, 12},
    {"a cap does not lift", "k", 100, true, true, true, FZ_ACTION_QUARANTINE,
     FZ_ACTION_WARN, FZ_ACTION_WARN, 7},
    {"the profile's ceiling on scores", "ab", 100, true, true, false,
     FZ_ACTION_WARN, FZ_ACTION_WARN, FZ_ACTION_WARN, 10},
    {"a ceiling of rewrite", "ac", 100, true, true, false, FZ_ACTION_REWRITE,
     FZ_ACTION_REWRITE, FZ_ACTION_REWRITE, 10},
    {"a ceiling of pass", "ac", 100, true, true, false, FZ_ACTION_PASS,
     FZ_ACTION_PASS, FZ_ACTION_PASS, 10},
    {"own actions go beyond it", "e", 100, true, true, false, FZ_ACTION_WARN,
     FZ_ACTION_QUARANTINE, FZ_ACTION_QUARANTINE, 0},
};

START_TEST(a_profile_scales_and_permits)
{
    FzProfile profile = permissive();
    FzPolicy policy = enforce_with(&profile);
    FzJudgeEnv env = env_of(&policy);
    FzMessage message = {.direction = FZ_DIRECTION_MT};
    FzVerdict verdict;

    profile.scale_percent = profile_rows[_i].scale;
    profile.rewrite = profile_rows[_i].rewrite;
    profile.warn = profile_rows[_i].warn;
    profile.ceiling[FZ_DIRECTION_MT] = profile_rows[_i].ceiling_mt;
    if (profile_rows[_i].capped) {
        profile.caps = caps;
        profile.cap_count = COUNT(caps);
    }
    raise_signals(profile_rows[_i].signals, &verdict);
    fz_decide(&message, &env, &verdict);
    ck_assert_msg(verdict.would == profile_rows[_i].would, "%s: %s",
                  profile_rows[_i].name, fz_action_name(verdict.would));
    ck_assert_msg(verdict.wanted == profile_rows[_i].wanted, "%s: wanted %s",
                  profile_rows[_i].name, fz_action_name(verdict.wanted));
    ck_assert_msg(verdict.score ==
                      (FzPoints)(profile_rows[_i].score * 100 + .5),
                  "%s: score %d", profile_rows[_i].name, verdict.score);
}
END_TEST

START_TEST(a_ceiling_holds_in_its_direction)
{
    FzProfile profile = permissive();
    FzPolicy policy = enforce_with(&profile);
    FzJudgeEnv env = env_of(&policy);
    FzMessage mt = {.direction = FZ_DIRECTION_MT},
              mo = {.direction = FZ_DIRECTION_MO};
    FzVerdict verdict;

    profile.ceiling[FZ_DIRECTION_MO] = FZ_ACTION_WARN;
    raise_signals("ab", &verdict);
    fz_decide(&mo, &env, &verdict);
    ck_assert_int_eq(verdict.would, FZ_ACTION_WARN);
    raise_signals("ab", &verdict);
    fz_decide(&mt, &env, &verdict);
    ck_assert_int_eq(verdict.would, FZ_ACTION_QUARANTINE);
}
END_TEST

/* --- reasons
 * ------------------------------------------------------------------ */
static const struct {
    const char *name, *signals, *reason;
} reason_rows[] = {
    {"none for a pass", "a", NULL},
    {"the decider's", "ab", "phishing"},
    {"the own action's", "bd", "impersonation"},
    {"own action without one has none", "be", NULL},
    {"the strongest that has one", "kkb", "phishing"},
    {"a name that the policy lacks", "p", NULL},
    {"a name that the policy lacks beside one it has", "pb", "phishing"},
};

START_TEST(the_reason_is_that_of_what_decided)
{
    FzProfile profile = permissive();
    FzPolicy policy = enforce_with(&profile);
    FzJudgeEnv env = env_of(&policy);
    FzMessage message = {.direction = FZ_DIRECTION_MT};
    FzVerdict verdict;
    const char *came;

    raise_signals(reason_rows[_i].signals, &verdict);
    fz_decide(&message, &env, &verdict);
    came = verdict.reason == NULL ? "none" : verdict.reason->name;
    ck_assert_msg(strcmp(came, reason_rows[_i].reason == NULL
                                   ? "none"
                                   : reason_rows[_i].reason) == 0,
                  "%s: %s", reason_rows[_i].name, came);
}
END_TEST

/* --- observe, bypass, shadow
 * ----------------------------------------------------- */
START_TEST(observe_and_bypass_evaluate_and_pass)
{
    FzProfile profile = permissive();
    FzPolicy policy = enforce_with(&profile);
    FzJudgeEnv env = env_of(&policy);
    FzMessage message = {.direction = FZ_DIRECTION_MT};
    FzVerdict verdict;

    policy.mode = FZ_MODE_OBSERVE;
    raise_signals("d", &verdict);
    fz_decide(&message, &env, &verdict);
    ck_assert_int_eq(verdict.would, FZ_ACTION_REJECT);
    ck_assert_int_eq(verdict.acted, FZ_ACTION_PASS);

    policy.mode = FZ_MODE_ENFORCE;
    env.bypass = true;
    raise_signals("d", &verdict);
    fz_decide(&message, &env, &verdict);
    ck_assert_int_eq(verdict.would, FZ_ACTION_REJECT);
    ck_assert_int_eq(verdict.acted, FZ_ACTION_PASS);

    env.bypass = false;
    fz_decide(&message, &env, &verdict);
    ck_assert_int_eq(verdict.acted, FZ_ACTION_REJECT);
}
END_TEST

START_TEST(shadow_says_what_it_would_have_done)
{
    FzProfile profile = permissive();
    FzPolicy policy = enforce_with(&profile);
    FzJudgeEnv env = env_of(&policy);
    FzMessage message = {.direction = FZ_DIRECTION_MT};
    FzVerdict verdict;

    raise_signals("ai", &verdict);
    fz_decide(&message, &env, &verdict);
    ck_assert_int_eq(verdict.score, FZ_POINTS(4.0));
    ck_assert_int_eq(verdict.shadow_score, FZ_POINTS(10.0));
    ck_assert_int_eq(verdict.would, FZ_ACTION_PASS);
    ck_assert_int_eq(verdict.shadow_would, FZ_ACTION_QUARANTINE);
    raise_signals("aj", &verdict);
    fz_decide(&message, &env, &verdict);
    ck_assert_int_eq(verdict.shadow_would, FZ_ACTION_REJECT);
}
END_TEST

/* Any set in shadow leaves every message alone, whatever its rules say and
 * whatever the scan had to give up: 20,000 random sets of signals. */
START_TEST(any_set_in_shadow_passes)
{
    FzRuleInfo rules[24] = {0};
    FzRuleset shadows = {rules, COUNT(rules)};
    FzProfile profile = permissive();
    FzPolicy policy = enforce_with(&profile);
    FzJudgeEnv env = {.ruleset = &shadows, .policy = &policy};
    FzVerdict verdict;
    uint32_t seed = 1;
    unsigned acted_in_shadow = 0;

    for (unsigned round = 0; round < 20000; round++) {
        FzMessage message = {.direction = (FzDirection)(round & 1)};

        memset(&verdict, 0, sizeof verdict);
        for (uint32_t i = 0; i < COUNT(rules); i++) {
            seed = seed * 1664525u + 1013904223u;
            rules[i].id = "x";
            rules[i].state = FZ_RULE_SHADOW;
            rules[i].action = (FzRuleAction)((seed >> 8) % 6);
            rules[i].rewrite = (FzRewriteKind)((seed >> 12) % 3);
            rules[i].rewrite_text = "w";
            rules[i].score = (FzPoints)((seed >> 16) % 3000) - 500;
            if ((seed >> 28) < 4)
                verdict.signals.item[verdict.signals.count++] =
                    fz_fake_signal(&shadows, i);
        }
        if ((seed & 7) == 0)
            verdict.failures = FZ_FAILURE_BIT(FZ_FAILURE_WORK_LIMIT) |
                               FZ_FAILURE_BIT(FZ_FAILURE_SCAN_FAILED);
        profile.scale_percent = (int32_t)((seed >> 5) % 300);
        fz_decide(&message, &env, &verdict);
        ck_assert_int_eq(verdict.would, FZ_ACTION_PASS);
        ck_assert_int_eq(verdict.acted, FZ_ACTION_PASS);
        ck_assert_int_eq(verdict.score, 0);
        acted_in_shadow += verdict.shadow_would != FZ_ACTION_PASS;
    }
    /* the generator made sets that would have acted, or it proves nothing */
    ck_assert_uint_gt(acted_in_shadow, 10000);
}
END_TEST

/* --- failures
 * -------------------------------------------------------------------- */
#define BIT(name) FZ_FAILURE_BIT(FZ_FAILURE_##name)
static const struct {
    const char *name, *signals;
    uint32_t failures;
    FzFailureChoice choice; /* of WORK_LIMIT */
    FzAction would;
    FzDecidedBy by;
    FzFailure failure;
} failure_rows[] = {
    {"held by policy", "", BIT(WORK_LIMIT), FZ_CHOOSE_QUARANTINE,
     FZ_ACTION_QUARANTINE, FZ_DECIDED_BY_FAILURE, FZ_FAILURE_WORK_LIMIT},
    {"passed by policy", "", BIT(WORK_LIMIT), FZ_CHOOSE_PASS, FZ_ACTION_PASS,
     FZ_DECIDED_BY_FAILURE, FZ_FAILURE_WORK_LIMIT},
    {"deferred by policy", "", BIT(WORK_LIMIT), FZ_CHOOSE_DEFER,
     FZ_ACTION_QUARANTINE, FZ_DECIDED_BY_FAILURE, FZ_FAILURE_WORK_LIMIT},
    {"the strictest of two", "", BIT(WORK_LIMIT) | BIT(UNDECODABLE),
     FZ_CHOOSE_QUARANTINE, FZ_ACTION_QUARANTINE, FZ_DECIDED_BY_FAILURE,
     FZ_FAILURE_WORK_LIMIT},
    {"holding beats deferring", "", BIT(WORK_LIMIT) | BIT(SCAN_FAILED),
     FZ_CHOOSE_DEFER, FZ_ACTION_QUARANTINE, FZ_DECIDED_BY_FAILURE,
     FZ_FAILURE_SCAN_FAILED},
    {"what was found stands", "d", BIT(WORK_LIMIT), FZ_CHOOSE_PASS,
     FZ_ACTION_REJECT, FZ_DECIDED_BY_RULE, 0},
    {"a hold stays the rule's", "ab", BIT(WORK_LIMIT), FZ_CHOOSE_QUARANTINE,
     FZ_ACTION_QUARANTINE, FZ_DECIDED_BY_SCORE, 0},
    {"a warning becomes a hold", "b", BIT(WORK_LIMIT), FZ_CHOOSE_QUARANTINE,
     FZ_ACTION_QUARANTINE, FZ_DECIDED_BY_FAILURE, FZ_FAILURE_WORK_LIMIT},
    {"a ceiling for scores is none for this", "abg", BIT(WORK_LIMIT),
     FZ_CHOOSE_QUARANTINE, FZ_ACTION_QUARANTINE, FZ_DECIDED_BY_FAILURE,
     FZ_FAILURE_WORK_LIMIT},
};

START_TEST(a_failure_is_a_choice)
{
    FzProfile profile = permissive();
    FzPolicy policy = enforce_with(&profile);
    FzJudgeEnv env = env_of(&policy);
    FzMessage message = {.direction = FZ_DIRECTION_MO};
    FzVerdict verdict;

    policy.failure[FZ_FAILURE_WORK_LIMIT][FZ_DIRECTION_MO] =
        failure_rows[_i].choice;
    raise_signals(failure_rows[_i].signals, &verdict);
    verdict.failures = failure_rows[_i].failures;
    fz_decide(&message, &env, &verdict);
    ck_assert_msg(verdict.would == failure_rows[_i].would, "%s: %s",
                  failure_rows[_i].name, fz_action_name(verdict.would));
    ck_assert_msg(verdict.by == failure_rows[_i].by, "%s: by %s",
                  failure_rows[_i].name, fz_decided_by_name(verdict.by));
    if (verdict.by == FZ_DECIDED_BY_FAILURE) {
        ck_assert_msg(verdict.failure == failure_rows[_i].failure, "%s: %s",
                      failure_rows[_i].name, fz_failure_name(verdict.failure));
        ck_assert_int_eq(verdict.choice,
                         policy.failure[verdict.failure][FZ_DIRECTION_MO]);
    }
    if (verdict.by == FZ_DECIDED_BY_FAILURE &&
        verdict.would == FZ_ACTION_QUARANTINE)
        ck_assert_str_eq(verdict.reason->name, "not-checked");
}
END_TEST

START_TEST(a_failure_policy_has_a_direction)
{
    FzProfile profile = permissive();
    FzPolicy policy = enforce_with(&profile);
    FzJudgeEnv env = env_of(&policy);
    FzMessage mt = {.direction = FZ_DIRECTION_MT};
    FzVerdict verdict;

    policy.failure[FZ_FAILURE_UNDECODABLE][FZ_DIRECTION_MO] =
        FZ_CHOOSE_QUARANTINE;
    raise_signals("", &verdict);
    verdict.failures = BIT(UNDECODABLE);
    fz_decide(&mt, &env, &verdict);
    ck_assert_int_eq(verdict.would, FZ_ACTION_PASS);
}
END_TEST

START_TEST(controls_say_whether_a_rule_is_active)
{
    static const FzRuleInfo one[] = {{.id = "x", .state = FZ_RULE_ACTIVE}};
    FzRuleset set = {one, 1};
    _Atomic uint8_t state[1] = {FZ_RULE_SHADOW};
    FzRuleControls controls = {state, 1};
    FzProfile profile = permissive();
    FzPolicy policy = enforce_with(&profile);
    FzJudgeEnv env = {
        .ruleset = &set, .controls = &controls, .policy = &policy};
    FzMessage message = {.direction = FZ_DIRECTION_MT};
    FzVerdict verdict = {.failures = BIT(WORK_LIMIT)};

    fz_decide(&message, &env, &verdict);
    ck_assert_int_eq(verdict.would, FZ_ACTION_PASS);
    state[0] = FZ_RULE_ACTIVE;
    fz_decide(&message, &env, &verdict);
    ck_assert_int_eq(verdict.would, FZ_ACTION_QUARANTINE);
}
END_TEST

START_TEST(deciding_twice_gives_the_same)
{
    FzProfile profile = permissive();
    FzPolicy policy = enforce_with(&profile);
    FzJudgeEnv env = env_of(&policy);
    FzMessage message = {.direction = FZ_DIRECTION_MT};
    FzVerdict one, two;

    raise_signals("abi", &one);
    one.failures = BIT(WORK_LIMIT);
    fz_decide(&message, &env, &one);
    two = one;
    fz_decide(&message, &env, &two);
    ck_assert_int_eq(memcmp(&one, &two, offsetof(FzVerdict, signals)), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decide");
    TCase *order = tcase_create("order"), *profile = tcase_create("profile"),
          *shadow = tcase_create("shadow"), *failure = tcase_create("failure");

    tcase_add_loop_test(order, the_order_decides, 0, COUNT(order_rows));
    tcase_add_loop_test(order, the_reason_is_that_of_what_decided, 0,
                        COUNT(reason_rows));
    tcase_add_test(order, deciding_twice_gives_the_same);
    tcase_add_loop_test(order, words_are_heard_in_their_order, 0,
                        COUNT(word_rows));
    tcase_add_test(order, a_word_brings_its_reason);
    suite_add_tcase(suite, order);
    tcase_add_loop_test(profile, a_profile_scales_and_permits, 0,
                        COUNT(profile_rows));
    tcase_add_test(profile, a_ceiling_holds_in_its_direction);
    suite_add_tcase(suite, profile);
    tcase_add_test(shadow, observe_and_bypass_evaluate_and_pass);
    tcase_add_test(shadow, shadow_says_what_it_would_have_done);
    tcase_add_test(shadow, any_set_in_shadow_passes);
    tcase_add_test(shadow, a_word_in_shadow_says_what_it_would_have_done);
    suite_add_tcase(suite, shadow);
    tcase_add_loop_test(failure, a_failure_is_a_choice, 0, COUNT(failure_rows));
    tcase_add_test(failure, a_failure_policy_has_a_direction);
    tcase_add_test(failure, controls_say_whether_a_rule_is_active);
    suite_add_tcase(suite, failure);
    return fz_test_run(suite);
}
