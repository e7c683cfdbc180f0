/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/verdict/policy.h"

/* --- names ------------------------------------------------------------- */
static const char *const action_names[FZ_ACTIONS] = {
    [FZ_ACTION_PASS] = "pass",       [FZ_ACTION_WARN] = "warn",
    [FZ_ACTION_REWRITE] = "rewrite", [FZ_ACTION_QUARANTINE] = "quarantine",
    [FZ_ACTION_REJECT] = "reject",
};

static const char *const failure_names[FZ_FAILURES] = {
    [FZ_FAILURE_UNDECODABLE] = "undecodable",
    [FZ_FAILURE_PARTS_MISSING] = "parts-missing",
    [FZ_FAILURE_PARTS_OVERFLOW] = "parts-overflow",
    [FZ_FAILURE_SCAN_FAILED] = "scan-failed",
    [FZ_FAILURE_WORK_LIMIT] = "work-limit",
    [FZ_FAILURE_STORE_FAILED] = "store-failed",
    [FZ_FAILURE_LIST_STALE] = "list-stale",
    [FZ_FAILURE_DNS_LATE] = "dns-late",
    [FZ_FAILURE_OVERLOAD] = "overload",
    [FZ_FAILURE_NO_RULES] = "no-rules",
};

static const char *const choice_names[FZ_FAILURE_CHOICES] = {
    [FZ_CHOOSE_PASS] = "pass",
    [FZ_CHOOSE_QUARANTINE] = "quarantine",
    [FZ_CHOOSE_DEFER] = "defer",
};

static FzStatus find_name(const char *name, const char *const *names,
                          unsigned count, unsigned *index_out)
{
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0) {
            *index_out = i;
            return FZ_OK;
        }
    }
    return FZ_E_SYNTAX;
}

const char *fz_action_name(FzAction action)
{
    return action_names[action];
}

FzStatus fz_action_parse(const char *name, FzAction *action_out)
{
    unsigned found;
    FzStatus status = find_name(name, action_names, FZ_ACTIONS, &found);

    if (status == FZ_OK)
        *action_out = (FzAction)found;
    return status;
}

const char *fz_failure_name(FzFailure failure)
{
    return failure_names[failure];
}

FzStatus fz_failure_parse(const char *name, FzFailure *failure_out)
{
    unsigned found;
    FzStatus status = find_name(name, failure_names, FZ_FAILURES, &found);

    if (status == FZ_OK)
        *failure_out = (FzFailure)found;
    return status;
}

const char *fz_failure_choice_name(FzFailureChoice choice)
{
    return choice_names[choice];
}

FzStatus fz_failure_choice_parse(const char *name, FzFailureChoice *choice_out)
{
    unsigned found;
    FzStatus status = find_name(name, choice_names, FZ_FAILURE_CHOICES, &found);

    if (status == FZ_OK)
        *choice_out = (FzFailureChoice)found;
    return status;
}

const char *fz_mode_name(FzMode mode)
{
    switch (mode) {
    case FZ_MODE_OBSERVE:
        return "observe";
    case FZ_MODE_ENFORCE:
        return "enforce";
    }
    return "observe";
}

/* --- built-in policies --------------------------------------------------
 * The failure table: what we could not judge for a reason that a sender can
 * bring about (a text made of the hottest words, parts without end) is held;
 * what we could not judge for a reason of our own is let through where holding
 * would stop the gateway, and deferred where it would be lost. */
#define BUILTIN_LISTS(young)                                                   \
    {                                                                          \
        .categories = fz_category_table,                                       \
        .category_count = FZ_CATEGORIES_BUILTIN, .young_s = (young),           \
        .young_most = FZ_YOUNG_MOST                                            \
    }

#define BUILTIN_FAILURES                                                       \
    {                                                                          \
        [FZ_FAILURE_UNDECODABLE] = {FZ_CHOOSE_PASS, FZ_CHOOSE_PASS},           \
        [FZ_FAILURE_PARTS_MISSING] = {FZ_CHOOSE_PASS, FZ_CHOOSE_PASS},         \
        [FZ_FAILURE_PARTS_OVERFLOW] = {FZ_CHOOSE_QUARANTINE,                   \
                                       FZ_CHOOSE_QUARANTINE},                  \
        [FZ_FAILURE_SCAN_FAILED] = {FZ_CHOOSE_QUARANTINE,                      \
                                    FZ_CHOOSE_QUARANTINE},                     \
        [FZ_FAILURE_WORK_LIMIT] = {FZ_CHOOSE_QUARANTINE,                       \
                                   FZ_CHOOSE_QUARANTINE},                      \
        [FZ_FAILURE_STORE_FAILED] = {FZ_CHOOSE_DEFER, FZ_CHOOSE_DEFER},        \
        [FZ_FAILURE_LIST_STALE] = {FZ_CHOOSE_PASS, FZ_CHOOSE_PASS},            \
        [FZ_FAILURE_DNS_LATE] = {FZ_CHOOSE_PASS, FZ_CHOOSE_PASS},              \
        [FZ_FAILURE_OVERLOAD] = {FZ_CHOOSE_DEFER, FZ_CHOOSE_DEFER},            \
        [FZ_FAILURE_NO_RULES] = {FZ_CHOOSE_PASS, FZ_CHOOSE_PASS},              \
    }

/* A code that comes late is worth nothing, so it is never held; and whoever is
 * registered for codes alone is bound by that. */
#define BUILTIN_CLASSES                                                        \
    {                                                                          \
        [FZ_SENDER_CODE] = {true, FZ_ACTION_PASS, true},                       \
    }

static const FzProfile cautious_profile = {
    .name = "default",
    .scale_percent = 100,
    .ceiling = {FZ_ACTION_QUARANTINE, FZ_ACTION_QUARANTINE},
    .rewrite = false,
    .warn = false,
    .rewrite_growth = FZ_REWRITE_GROWTH,
    .rewrite_fallback = FZ_ACTION_QUARANTINE,
};

static const FzProfile patterns_profile = {
    .name = "default",
    .scale_percent = 100,
    .ceiling = {FZ_ACTION_QUARANTINE, FZ_ACTION_QUARANTINE},
    .rewrite = true,
    .warn = true,
    .rewrite_growth = FZ_REWRITE_GROWTH,
    .rewrite_fallback = FZ_ACTION_QUARANTINE,
};

const FzPolicy *fz_policy_default(void)
{
    static const FzPolicy policy = {
        .mode = FZ_MODE_OBSERVE,
        .profiles = &cautious_profile,
        .profile_count = 1,
        .lists = BUILTIN_LISTS(FZ_YOUNG_S),
        .failure = BUILTIN_FAILURES,
        .classes = BUILTIN_CLASSES,
        .reasons = fz_reason_table,
        .reason_count = FZ_REASONS_BUILTIN,
    };

    return &policy;
}

const FzPolicy *fz_policy_patterns(void)
{
    static const FzPolicy policy = {
        .mode = FZ_MODE_ENFORCE,
        .profiles = &patterns_profile,
        .profile_count = 1,
        .lists = BUILTIN_LISTS(0),
        .failure = BUILTIN_FAILURES,
        .classes = BUILTIN_CLASSES,
        .reasons = fz_reason_table,
        .reason_count = FZ_REASONS_BUILTIN,
    };

    return &policy;
}

/* Names as fz_list sources give them; feeds have more (docs/lists.md). */
const FzCategory fz_category_table[FZ_CATEGORIES_BUILTIN] = {
    {"phishing", FZ_POINTS(10.0), FZ_RULE_QUARANTINE, "phishing"},
    {"malware", FZ_POINTS(10.0), FZ_RULE_QUARANTINE, "malware"},
    {"scam", FZ_POINTS(10.0), FZ_RULE_QUARANTINE, "listed"},
    {"fraud", FZ_POINTS(10.0), FZ_RULE_QUARANTINE, "listed"},
    {"gambling", FZ_POINTS(10.0), FZ_RULE_QUARANTINE, "gambling"},
    {"adult", FZ_POINTS(10.0), FZ_RULE_QUARANTINE, "adult"},
    {"spam", FZ_POINTS(5.0), FZ_RULE_REWRITE, "marketing"},
    {"shortener", FZ_POINTS(2.0), FZ_RULE_BY_SCORE, NULL},
    {"suspicious", FZ_POINTS(4.0), FZ_RULE_BY_SCORE, NULL},
    {"*", FZ_POINTS(10.0), FZ_RULE_QUARANTINE, "listed"},
};

/* --- looking up --------------------------------------------------------- */
const FzCategory *fz_policy_category(const FzPolicy *policy, const char *name)
{
    const FzListPolicy *lists = &policy->lists;

    for (uint32_t i = 0; i < lists->category_count; i++)
        if (strcmp(lists->categories[i].name, name) == 0 ||
            strcmp(lists->categories[i].name, "*") == 0)
            return &lists->categories[i];
    return &fz_category_table[FZ_CATEGORIES_BUILTIN - 1];
}

const FzReason *fz_policy_reason(const FzPolicy *policy, const char *name)
{
    if (name == NULL)
        return NULL;
    for (uint32_t i = 0; i < policy->reason_count; i++)
        if (strcmp(policy->reasons[i].name, name) == 0)
            return &policy->reasons[i];
    return NULL;
}

static bool is_for_receiver(const FzProfileRoute *route,
                            const FzSenderFacts *sender)
{
    for (int i = 0; i < FZ_LIMIT_RECEIVER_CLASSES; i++)
        if ((sender->receiver & 1u << i) != 0 &&
            strcmp(sender->receiver_class[i], route->receiver_class) == 0)
            return true;
    return false;
}

static bool route_matches(const FzProfileRoute *route, const FzMessage *message,
                          const FzSenderFacts *sender)
{
    if (route->direction >= 0 && route->direction != (int)message->direction)
        return false;
    if (route->identity != NULL &&
        !fz_slice_is(message->identity, route->identity))
        return false;
    if (route->sender_class != FZ_SENDER_UNKNOWN &&
        (sender == NULL || sender->class_ != route->sender_class))
        return false;
    if (route->receiver_class != NULL &&
        (sender == NULL || !is_for_receiver(route, sender)))
        return false;
    return route->smsc == NULL || fz_slice_is(message->smsc, route->smsc);
}

uint32_t fz_policy_profile(const FzPolicy *policy, const FzMessage *message,
                           const FzSenderFacts *sender)
{
    for (uint32_t i = 0; i < policy->route_count; i++)
        if (route_matches(&policy->routes[i], message, sender))
            return policy->routes[i].profile;
    return 0;
}
