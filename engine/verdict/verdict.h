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
#include "engine/verdict/muted.h"
#include "engine/verdict/policy.h"

/** All that judging depends on; borrowed, immutable but for `controls`. */
typedef struct FzJudgeEnv {
    const FzRuleset *ruleset;       /* NULL: condition no-rules */
    const FzRuleControls *controls; /* NULL: states as written */
    const FzListSet *lists;         /* NULL: none */
    const FzOverlay *overlay;       /* NULL: none */
    const FzUrlTables *urls;        /* NULL: links are not looked for, rules
                                       see their plain forms alone */
    const FzSenders *senders;       /* NULL: nothing is known of any */
    const FzSenderStated *stated;   /* of a sample; NULL */
    const FzPolicy *policy;
    const FzMuted *muted; /* sources that do not act; NULL: none */
    const FzDnsAnswers *answers;    /* of DNS lists; NULL: not asked yet */
    bool bypass; /* evaluated, nothing acts, whatever the mode */
} FzJudgeEnv;

/** How far fz_judge came. */
typedef enum FzJudging {
    FZ_JUDGED = 0,
    FZ_WANTS_ANSWERS = 1, /* the verdict stands without them, too: DNS lists
                             may be asked for FzVerdict.dns */
} FzJudging;

/** What decided. The order that decides is that of docs/rules.md 3. */
typedef enum FzDecidedBy {
    FZ_DECIDED_BY_NOTHING = 0, /* no signal was strong enough: pass */
    FZ_DECIDED_BY_SCORE = 1,
    FZ_DECIDED_BY_RULE = 2,    /* `decider` names it */
    FZ_DECIDED_BY_CEILING = 3, /* a rule's `pass` held the score down;
                                  `decider` names it */
    FZ_DECIDED_BY_FAILURE = 4, /* `failure` names the condition */
    /* words that are heard before rules and score; `decider` names the signal
     */
    FZ_DECIDED_BY_OPERATOR_BLOCK = 5,
    FZ_DECIDED_BY_CONTRADICTION = 6,
    FZ_DECIDED_BY_STANDING = 7,
    FZ_DECIDED_BY_OPERATOR_ALLOW = 8, /* it lifted what would have acted */
    FZ_DECIDED_BY_LIST_BLOCK = 9,
    FZ_DECIDED_BY_CLASS = 10, /* the ceiling of the sender's class */
} FzDecidedBy;
#define FZ_DECIDED_BYS 11

#define FZ_FAILURE_BIT(failure) (1u << (failure))

typedef struct FzVerdict {
    FzAction would;  /* what enforce does */
    FzAction acted;  /* PASS in observe and under bypass, else `would` */
    FzAction wanted; /* `would`, had the profile allowed rewrite and warn */
    FzDecidedBy by;
    uint32_t failures;      /* FZ_FAILURE_BIT set: conditions that were met;
                               each is to be counted */
    FzFailure failure;      /* meaningful with FZ_DECIDED_BY_FAILURE */
    FzFailureChoice choice; /* likewise: what the failure policy says. With
                               DEFER `would` is QUARANTINE: a host that
                               cannot defer still lets nothing slip by */
    FzPoints score;         /* of active signals, after scale and caps */
    FzPoints shadow_score;  /* as if shadow rules were active */
    FzAction shadow_would;  /* likewise: what enforce would do then */
    const char *decider;    /* rule id or signal; borrowed; NULL */
    const FzReason *reason; /* borrowed from the policy; NULL for none */
    const FzProfile *profile;
    uint32_t text_flags; /* FzTextFlag */
    FzSenderFacts sender;
    uint16_t asked;      /* keys that lists were asked for */
    uint16_t ask_errors; /* of them without an answer: a damaged list */
    uint16_t dns_count;      /* of `dns` */
    uint16_t dns_unanswered; /* of them: late, or an error */
    /* what DNS lists can be asked; borrowed from the scanner */
    FzDnsKey dns[FZ_LIMIT_DNS_KEYS];
    FzSignals signals;
} FzVerdict;

/**
 * Judge one message: decode, views, scan, decide.
 *
 * @param scanner  taken from the pool of env->ruleset; its text and views hold
 *                 those of this message afterwards. NULL only with no rule set
 * @param verdict  caller's storage, overwritten
 * @return FZ_WANTS_ANSWERS when env->answers is NULL and DNS lists could make
 *         a difference: the score is in the band that the policy asks about,
 *         nothing has decided that they could not change, and the sender's
 *         class may be held (docs/dns-lists.md)
 */
FzJudging fz_judge(const FzMessage *message, const FzJudgeEnv *env,
                   FzScanner *scanner, FzVerdict *verdict);

/**
 * Judge the parts of one concatenated message as the text a phone shows.
 *
 * @param parts  each with its own header and octets; parts[0] gives direction,
 *               addresses, identity and time. A gap shows as
 *               FZ_TEXT_PIECE_BREAK: nothing matches across it
 */
FzJudging fz_judge_parts(const FzMessage *parts, size_t count,
                         const FzJudgeEnv *env, FzScanner *scanner,
                         FzVerdict *verdict);

/**
 * The verdict with the answers heard: as if they had been known at once, so
 * that rules see them like those of any list. Pure: message, env and answers
 * give it, whenever they came and whatever thread or scanner this runs on.
 *
 * @param answers  by list and key; one for a key that this message does not
 *                 have is not heard. LATE and ERROR bring about the condition
 *                 dns-late; a key without an answer brings about nothing
 */
void fz_judge_resume(const FzMessage *parts, size_t count,
                     const FzJudgeEnv *env, FzDnsAnswers answers,
                     FzScanner *scanner, FzVerdict *verdict);

/**
 * The decision alone, from signals to action; pure. A counterfactual is this
 * again with one signal left out.
 *
 * The first of these that speaks decides (FzSignalWord): operator block, hard
 * contradiction, standing decision, operator allow, list block, ceiling of the
 * sender's class; then the stricter of a rule's own action and the score. A
 * list's action is a floor, as is a rule's own, so that what speaks mildly
 * never softens what the score says; `pass` of a rule is the ceiling of the
 * score and needs a sender or identity condition. Where the class is never
 * held, what would be held is rejected when a word before the ceiling says so,
 * and passes otherwise. Last, the failure policy may hold a message that would
 * leave.
 *
 * @param message  for the profile's route
 * @param verdict  `signals`, `text_flags` and `failures` are read, the rest is
 *                 written
 */
void fz_decide(const FzMessage *message, const FzJudgeEnv *env,
               FzVerdict *verdict);

/** What one signal adds to the score under a profile, before caps. */
FzPoints fz_signal_points(const FzSignal *signal, const FzProfile *profile);

/** The rule behind a signal; NULL for a built-in signal. */
const FzRuleInfo *fz_signal_rule(const FzSignal *signal,
                                 const FzRuleset *ruleset);

/** Whether there is something to write when the verdict is a rewrite. */
bool fz_signal_rewrites(const FzSignal *signal, const FzRuleset *ruleset);

const char *fz_decided_by_name(FzDecidedBy by); /* "score", "rule", ... */

#endif
