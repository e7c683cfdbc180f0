/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ruleset.h - compiled, immutable rules, and one scan of a message with them
 *
 * Built once per load, then shared: a generation holds it, a reload builds the
 * next. Nothing in it changes; what may change while it serves (the brake, a
 * demotion) is one state octet a rule in FzRuleControls beside it.
 *
 * Threads: a rule set may be used from any thread; a scanner from one at a
 * time.
 */
#ifndef FZ_ENGINE_RULES_RULESET_H
#define FZ_ENGINE_RULES_RULESET_H

#include "base/progress.h"
#include "engine/message/message.h"
#include "engine/rules/job.h"
#include "engine/rules/tokens.h"
#include "engine/sender/sender.h"
#include "engine/signal/signal.h"
#include "engine/url/url.h"

#include <stdatomic.h>

typedef struct FzRuleset FzRuleset;
typedef struct FzScanner FzScanner;
typedef struct FzScannerPool FzScannerPool;

/* A rule's own verdict, or none. The order is that of strictness; PASS is a
 * ceiling ("the score is at most this"). The same five words as FzAction of
 * engine/verdict/verdict.h, which begins at 0; here 0 means "by score". */
typedef enum FzRuleAction {
    FZ_RULE_BY_SCORE = 0,
    FZ_RULE_PASS = 1,
    FZ_RULE_WARN = 2,
    FZ_RULE_REWRITE = 3,
    FZ_RULE_QUARANTINE = 4,
    FZ_RULE_REJECT = 5,
} FzRuleAction;

typedef enum FzRewriteKind {
    FZ_REWRITE_NONE = 0,
    FZ_REWRITE_REPLACE = 1, /* the span becomes `rewrite_text` */
    FZ_REWRITE_PREPEND = 2, /* `rewrite_text` goes in front of the message */
    FZ_REWRITE_APPEND = 3,  /* or behind it */
    FZ_REWRITE_MASK = 4,    /* each character of the span becomes a star */
    FZ_REWRITE_DEFANG = 5,  /* links in the span can no longer be opened */
} FzRewriteKind;

/** What a rule says about itself; all borrowed from the rule set. */
typedef struct FzRuleInfo {
    const char *id;
    const char *set;
    const char *title;
    const char *owner;
    const char *reason; /* name from the reason table; NULL for none */
    const char *group;
    const char *scam_class;
    const char *reference;
    const char *file; /* where it is written */
    uint32_t line;
    uint32_t rev;
    FzRuleState state;
    FzPoints score;
    FzPoints score_written; /* what it is from `score_until_ms' on */
    int64_t score_until_ms; /* an override's end; 0: `score' stays */
    FzRuleAction action;
    FzRewriteKind rewrite;
    const char *rewrite_text;
    FzViewKind view;
    int64_t expires_ms;    /* wall clock; 0 never */
    uint32_t expires_days; /* written as days, from promotion; 0 */
    bool common;           /* known to be looked at in many messages */
} FzRuleInfo;

/** One octet a rule: the state in force. Starts as written in the rules; the
 *  brake may lower ACTIVE to SHADOW while messages are judged. */
typedef struct FzRuleControls {
    _Atomic uint8_t *state; /* FzRuleState; as many as the set has rules */
    uint32_t count;
} FzRuleControls;

/** A sample written beside a rule, or a line of cases.tsv: a message and what
 *  must become of it. All borrowed from the rule set. */
typedef struct FzSample {
    const char *text;
    FzDirection direction;
    const char *sender; /* NULL: none given, as for the others */
    const char *receiver;
    const char *identity;
    FzSenderStated stated;    /* facts that hold whatever is known */
    const char *const *lists; /* "host:a.example block phishing" */
    uint32_t list_count;
    const char *rule; /* rule id that must (or must not) match; may be NULL */
    bool wanted;      /* match or nomatch */
    const char *verdict; /* cases.tsv: the verdict wanted; NULL when a sample
                            speaks of its rule only */
    const char *file;
    uint32_t line;
} FzSample;

typedef enum FzRulesetTrust {
    FZ_RULESET_AS_WRITTEN = 0, /* states as the files have them */
    FZ_RULESET_ALL_ACTIVE = 1, /* `--patterns`: every rule as if active */
} FzRulesetTrust;

/**
 * Load, check and compile every set below the given folders.
 *
 * A folder is one set (it has rules.conf) or a folder of sets. Every problem
 * of every file goes to the sink, not the first alone.
 *
 * @param cache_dir  where compiled databases are kept; NULL keeps none
 * @param known_reason  says whether a reason name exists; NULL takes all
 * @return FZ_E_IO, FZ_E_SYNTAX, FZ_E_RULE or FZ_E_LIMIT: nothing was loaded
 */
FzStatus fz_ruleset_load(const char *const *folders, size_t folder_count,
                         FzRulesetTrust trust, const char *cache_dir,
                         bool (*known_reason)(const void *ctx,
                                              const char *name),
                         const void *ctx, const FzDiagSink *sink,
                         FzRuleset **ruleset_out) FZ_MUST_CHECK;

/** Values of one field of a `when'. */
typedef struct FzWhenValues {
    const char *const *item;
    uint32_t count;
} FzWhenValues;

/** An operator's word on rules of others; it stands in no set, so no upgrade
 *  takes it back. All borrowed for the load. */
typedef struct FzRuleOverride {
    const char *rule; /* id, or a pattern with * */
    bool has_score, has_state, has_when;
    FzPoints score;
    FzRuleState state;
    /* in the place of the rule's own, all of it; nothing given: every message
     */
    struct {
        FzWhenValues direction, identity, boxc, smsc, sender, receiver;
    } when;
    /* senders by whose identity the rule is not meant */
    const char *const *not_identity;
    uint32_t not_identities;
    int64_t until_ms; /* all but the state ends then; 0: never */
    const char *file; /* for messages */
    uint32_t line;
} FzRuleOverride;

/** All that loading can be told; what is zero is as fz_ruleset_load has it. */
typedef struct FzRulesetOptions {
    const char *const *folders;
    size_t folder_count;
    FzRulesetTrust trust;
    const char *cache_dir;
    bool (*known_reason)(const void *ctx, const char *name);
    const void *reason_ctx;
    /* compile new words together with all others, not beside a database of
     * the cache: slower to load, faster to scan, and the cache has it */
    bool whole;
    /* in order; later ones win. Not with FZ_RULESET_ALL_ACTIVE. */
    const FzRuleOverride *overrides;
    uint32_t override_count;
    /* when a rule's revision was first promoted (wall clock), 0 never: days of
     * `expires' run from then. NULL: they do not run */
    int64_t (*promoted_ms)(const void *ctx, const char *rule_id, uint32_t rev);
    const void *promoted_ctx;
    const FzCompileHook *hook;  /* who compiles; NULL: this process */
    const FzProgress *progress; /* who wants to know; NULL: nobody */
} FzRulesetOptions;

FzStatus fz_ruleset_load_with(const FzRulesetOptions *options,
                              const FzDiagSink *sink,
                              FzRuleset **ruleset_out) FZ_MUST_CHECK;

void fz_ruleset_destroy(FzRuleset *ruleset); /* NULL is allowed */

/** Words that are scanned for beside a cached database: not 0 after an edit
 *  of a large set; loading once with `whole` makes one database of them. */
uint32_t fz_ruleset_delta(const FzRuleset *ruleset);

/** Tell, as warnings, what loads and still looks wrong: rules that mean the
 *  same or are contained in others, too broad ones, words that no message has,
 *  what no sample tests, what is over at `now_ms`. How many there were. */
uint32_t fz_ruleset_lint(const FzRuleset *ruleset, int64_t now_ms,
                         const FzDiagSink *sink);

uint32_t fz_ruleset_count(const FzRuleset *ruleset);
const FzRuleInfo *fz_ruleset_rule(const FzRuleset *ruleset, uint32_t index);
const FzRuleInfo *fz_ruleset_find(const FzRuleset *ruleset, const char *id);
/** Ids of drafts and retired rules, which are not loaded, sorted; NULL behind
 *  the last. @param state_out  which of the two; may be NULL */
const char *fz_ruleset_idle(const FzRuleset *ruleset, size_t index,
                            FzRuleState *state_out);
const char *fz_ruleset_digest(const FzRuleset *ruleset); /* hexadecimal */
uint32_t fz_ruleset_views(const FzRuleset *ruleset);     /* FZ_VIEW_BIT set */
size_t fz_ruleset_sample_count(const FzRuleset *ruleset);
const FzSample *fz_ruleset_sample(const FzRuleset *ruleset, size_t index);

void fz_rule_controls_init(FzRuleControls *controls, const FzRuleset *ruleset);
void fz_rule_controls_clear(FzRuleControls *controls);
/** Does any rule act? */
static inline bool fz_rule_controls_any_active(const FzRuleControls *controls)
{
    for (uint32_t i = 0; i < controls->count; i++)
        if (atomic_load_explicit(&controls->state[i], memory_order_relaxed) ==
            FZ_RULE_ACTIVE)
            return true;
    return false;
}

/** Scanners of one rule set: taken around one message and given back. Taking
 *  allocates only when more threads judge at once than ever before. */
FzScannerPool *fz_scanner_pool_create(const FzRuleset *ruleset);
void fz_scanner_pool_destroy(FzScannerPool *pool);
FzScanner *fz_scanner_take(FzScannerPool *pool);
void fz_scanner_give(FzScannerPool *pool, FzScanner *scanner);

/** The room a scanner carries for one message; what is in it lives until the
 *  scanner is given back. */
FzText *fz_scanner_text(FzScanner *scanner);
FzViews *fz_scanner_views(FzScanner *scanner);

/** What extraction finds goes here before fz_ruleset_scan, which empties it
 *  when it is done. */
FzTokens *fz_scanner_tokens(FzScanner *scanner);

/** The links and contacts of the message: whoever looks for them fills this in
 *  and tells, behind resetting the tokens; fz_ruleset_scan then knows them as
 *  tokens and built-in signals. They stay until the next message. */
FzUrls *fz_scanner_urls(FzScanner *scanner);
void fz_scanner_tell_urls(FzScanner *scanner);

/** What the message is to the table of senders, likewise: `when' asks it for
 *  classes, brands become tokens. */
FzSenderLook *fz_scanner_sender(FzScanner *scanner);
void fz_scanner_tell_sender(FzScanner *scanner);

typedef enum FzScanFlag {
    FZ_SCAN_WORK_LIMIT = 1 << 0, /* hits or steps ran out: what was found
                                    stands, the failure policy decides */
    FZ_SCAN_FAILED = 1 << 1,     /* the matcher answered with a fault */
} FzScanFlag;

/** Have what fz_ruleset_scan will need for the folded view come from memory
 *  while links and senders are looked for. Of a view that stays as it is until
 *  then; may be left out. */
void fz_ruleset_look(const FzRuleset *ruleset, FzScanner *scanner);

/**
 * Match one decoded message (fz_scanner_text and its views) against the rules
 * and add a signal for each rule that matches.
 *
 * @param message   for `when`: direction, identity, addresses
 * @param controls  states in force; NULL takes those as written
 * @return FzScanFlag bits, 0 when all went well
 *
 * Cost: one Hyperscan scan a view at most. Allocates nothing, takes no lock.
 */
uint32_t fz_ruleset_scan(const FzRuleset *ruleset,
                         const FzRuleControls *controls,
                         const FzMessage *message, FzScanner *scanner,
                         FzSignals *signals);

#endif
