/* SPDX-License-Identifier: BSD-2-Clause
 *
 * keys.h - what rules.conf and its tables may hold, and the structs that
 * reading fills in
 *
 * The tables are the language's reference: docs/rules.md and the manual page
 * are checked against them.
 */
#ifndef FZ_ENGINE_RULES_KEYS_H
#define FZ_ENGINE_RULES_KEYS_H

#include "engine/rules/schema.h"

/* Characters that `within' may span: beyond, leave it out. */
#define FZ_LIMIT_WITHIN_CHARS 1000
/* Points of one rule: ten times what quarantines. */
#define FZ_LIMIT_RULE_POINTS 100

typedef struct FzRewriteKeys {
    FzLocated replace;
    FzLocated prepend;
    FzLocated append;
    int kind; /* 0 text, 1 mask, 2 defang */
} FzRewriteKeys;

typedef struct FzWhenKeys {
    FzLocatedList direction, identity, boxc, smsc, sender, receiver;
} FzWhenKeys;

typedef struct FzRuleKeys {
    FzLocated id;
    uint32_t rev;
    FzLocated title;
    FzLocated phrase;
    FzLocatedList all;
    uint32_t within;
    FzLocatedList none;
    FzLocated regex;
    FzLocated expr;
    FzLocatedList unless;
    int view;
    int32_t score;
    int action; /* FzRuleAction */
    FzLocated group;
    FzRewriteKeys rewrite;
    FzLocated reason;
    FzLocated scam_class;
    int state; /* FzRuleState */
    FzLocated expires;
    FzLocated owner;
    FzLocated reference;
    FzWhenKeys when;
    bool common;
    const config_setting_t *match;
    const config_setting_t *nomatch;
} FzRuleKeys;

typedef struct FzSetKeys {
    FzLocated name;
    FzLocated title;
    FzLocated owner;
    FzLocated language;
    FzLocated scam_class;
    const config_setting_t *defaults;
} FzSetKeys;

typedef struct FzFileKeys {
    const config_setting_t *set, *words, *signals, *rules;
    FzLocatedList tables; /* written ( ) or [ ] */
} FzFileKeys;

typedef struct FzSampleKeys {
    FzLocated text;
    int direction; /* FzDirection */
    FzLocated sender, receiver, identity;
    FzLocated class_; /* stated facts: whatever the tables know */
    int owns_brand;   /* 0 not stated, 1 no, 2 yes */
    FzLocatedList lists;
} FzSampleKeys;

extern const FzSchema fz_file_schema;
extern const FzSchema fz_set_schema;
extern const FzSchema fz_rule_schema;
extern const FzSchema fz_rewrite_schema;
extern const FzSchema fz_when_schema;
extern const FzSchema fz_sample_schema;

/** A kind of fraud that `scam_class' can name (scam_classes.def). */
typedef struct FzScamClass {
    const char *name;
    const char *sentence;
} FzScamClass;

/** All of them; a NULL name behind the last. */
const FzScamClass *fz_scam_classes(void);

/** All of the above, in the order a manual would have them. */
const FzSchema *const *fz_rule_schemas(size_t *count_out);

/** What a rule is before its set and itself say anything. */
void fz_rule_keys_init(FzRuleKeys *keys);

#endif
