/* SPDX-License-Identifier: BSD-2-Clause
 *
 * policy.h - how an operator wants verdicts reached and acted upon
 *
 * Filled in from fanzha.conf by config/policy.c; immutable afterwards and part
 * of a generation.
 */
#ifndef FZ_ENGINE_VERDICT_POLICY_H
#define FZ_ENGINE_VERDICT_POLICY_H

#include "engine/list/dns.h"
#include "engine/message/message.h"
#include "engine/rules/ruleset.h"
#include "engine/sender/sender.h"
#include "engine/signal/signal.h"

typedef enum FzAction {
    FZ_ACTION_PASS = 0,
    FZ_ACTION_WARN = 1,
    FZ_ACTION_REWRITE = 2,
    FZ_ACTION_QUARANTINE = 3,
    FZ_ACTION_REJECT = 4,
} FzAction;
#define FZ_ACTIONS 5

typedef enum FzMode {
    FZ_MODE_OBSERVE = 0, /* everything is evaluated, nothing acts */
    FZ_MODE_ENFORCE = 1,
} FzMode;

/* Conditions under which no verdict can be reached or carried out. */
typedef enum FzFailure {
    FZ_FAILURE_UNDECODABLE = 0,
    FZ_FAILURE_PARTS_MISSING = 1,
    FZ_FAILURE_PARTS_OVERFLOW = 2,
    FZ_FAILURE_SCAN_FAILED = 3,
    FZ_FAILURE_WORK_LIMIT = 4,
    FZ_FAILURE_STORE_FAILED = 5,
    FZ_FAILURE_LIST_STALE = 6,
    FZ_FAILURE_DNS_LATE = 7,
    FZ_FAILURE_OVERLOAD = 8,
    FZ_FAILURE_NO_RULES = 9,
} FzFailure;
#define FZ_FAILURES 10

typedef enum FzFailureChoice {
    FZ_CHOOSE_PASS = 0,
    FZ_CHOOSE_QUARANTINE = 1,
    FZ_CHOOSE_DEFER = 2,
} FzFailureChoice;
#define FZ_FAILURE_CHOICES 3

/** What a rule may name as its reason. */
typedef struct FzReason {
    const char *name; /* "phishing" */
    const char *code; /* three characters for the sender's report */
    const char *en;   /* a sentence and a remedy */
    const char *zh;
} FzReason;

typedef struct FzGroupCap {
    const char *group;
    FzPoints cap;
} FzGroupCap;

/* Short messages that a rewrite may add where a profile does not say: a
 * warning in front of a full one is worth a second, not a third. */
#define FZ_REWRITE_GROWTH 1

/** A profile scales and permits; it never changes what 5.0 and 10.0 mean. */
typedef struct FzProfile {
    const char *name;
    int32_t scale_percent;           /* of every weight; 100 */
    FzAction ceiling[FZ_DIRECTIONS]; /* the strictest a score may reach */
    bool rewrite;                    /* rules may change the text */
    bool warn;                       /* a message of our own may be sent */
    uint32_t rewrite_growth;         /* short messages that a rewrite may add */
    FzAction rewrite_fallback;       /* where a rewrite cannot be made to fit */
    const FzGroupCap *caps;
    uint32_t cap_count;
} FzProfile;

/** Which messages a profile applies to: first match wins. NULL matches all. */
typedef struct FzProfileRoute {
    const char *identity;
    const char *smsc;
    const char *receiver_class;
    FzSenderClass sender_class; /* UNKNOWN matches all */
    int direction; /* FzDirection, or -1 for both */
    uint32_t profile;
} FzProfileRoute;

/** The message of our own that a WARN sends to the receiver. */
typedef struct FzWarning {
    const char *sender; /* what it comes from; NULL: none may be sent */
    int64_t interval_s; /* at most one a receiver in this time */
    const char *en;     /* `{sender}` stands for the message's sender */
    const char *zh;     /* for a message with Han in it */
} FzWarning;

/** What a listing of a category is worth; the first of that name counts. */
typedef struct FzCategory {
    const char *name;    /* "phishing"; "*" for all others */
    FzPoints score;      /* where the entry states none */
    FzRuleAction action; /* of its own, out of reach of ceilings; BY_SCORE */
    const char *reason;  /* name from the reason table; NULL for none */
} FzCategory;

#define FZ_YOUNG_S 86400
#define FZ_YOUNG_MOST FZ_POINTS(4.0)

typedef struct FzListPolicy {
    const FzCategory *categories;
    uint32_t category_count;
    /* An entry of a feed that is younger than this is heard by its points
     * alone, and they are at most these: what a feed lists by mistake is
     * commonly taken back within the day. */
    int64_t young_s;
    FzPoints young_most;
} FzListPolicy;

/** What rules and score may do to a class of senders. */
typedef struct FzClassPolicy {
    bool bounded;     /* by what follows */
    FzAction ceiling; /* REJECT: only what is held is not */
    bool never_held;  /* passed, or rejected at once */
} FzClassPolicy;

typedef struct FzPolicy {
    FzMode mode;
    FzListPolicy lists;
    FzDnsPolicy dns;
    FzWarning warning;
    const FzProfile *profiles; /* [0] is "default" */
    uint32_t profile_count;
    FzClassPolicy classes[FZ_SENDER_CLASSES];
    const FzProfileRoute *routes;
    uint32_t route_count;
    FzFailureChoice failure[FZ_FAILURES][FZ_DIRECTIONS];
    const FzReason *reasons;
    uint32_t reason_count;
} FzPolicy;

/** Observe, one profile that permits what its user asked for, the built-in
 *  failure table and reasons. Static: never freed. */
const FzPolicy *fz_policy_default(void);

/** The same, enforcing, with rewrite and warn allowed: `--patterns`. */
const FzPolicy *fz_policy_patterns(void);

/** The built-in reason table, to which a policy may add. */
#define FZ_REASONS_BUILTIN 19
extern const FzReason fz_reason_table[FZ_REASONS_BUILTIN];
const FzReason *fz_reasons_builtin(uint32_t *count_out);

/** NULL when the name is unknown. */
const FzReason *fz_policy_reason(const FzPolicy *policy, const char *name);

/** What the policy says of a category; never NULL. */
const FzCategory *fz_policy_category(const FzPolicy *policy, const char *name);

/** Those without a configuration, FZ_CATEGORIES_BUILTIN many; the last is "*".
 */
#define FZ_CATEGORIES_BUILTIN 10
extern const FzCategory fz_category_table[FZ_CATEGORIES_BUILTIN];

/** Index of the profile that applies to a message.
 *  @param sender  what is known of sender and receiver; NULL: nothing */
uint32_t fz_policy_profile(const FzPolicy *policy, const FzMessage *message,
                           const FzSenderFacts *sender);

/** The signal that bounds what rules and score do to a class of senders; none
 *  when nothing is bound.
 *  @param state  SHADOW: told, and binds nothing */
void fz_policy_add_ceiling(const FzPolicy *policy, const FzSenderFacts *sender,
                           FzRuleState state, FzSignals *signals);

const char *fz_mode_name(FzMode mode); /* "observe" */
const char *fz_action_name(FzAction action);
FzStatus fz_action_parse(const char *name, FzAction *action_out) FZ_MUST_CHECK;
const char *fz_failure_name(FzFailure failure); /* "work-limit" */
FzStatus fz_failure_parse(const char *name,
                          FzFailure *failure_out) FZ_MUST_CHECK;
const char *fz_failure_choice_name(FzFailureChoice choice);
FzStatus fz_failure_choice_parse(const char *name,
                                 FzFailureChoice *choice_out) FZ_MUST_CHECK;

#endif
