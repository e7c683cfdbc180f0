/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fanzha_conf.h - fanzha.conf as it is written (inside config/)
 *
 * The table fills this struct; config.c and policy.c make of it what their
 * callers want.
 */
#ifndef FZ_CONFIG_FANZHA_CONF_H
#define FZ_CONFIG_FANZHA_CONF_H

#include "config/config.h"
#include "config/schema.h"
#include "engine/verdict/policy.h"

typedef struct FzProfileConf {
    const char *name;
    int64_t scale_percent;
    int ceiling_mt, ceiling_mo; /* FzAction */
    bool rewrite;
    bool warn;
    int64_t rewrite_growth;
    int rewrite_fallback; /* FzAction */
    FzConfList caps;      /* FzGroupCap */
    uint32_t line;
} FzProfileConf;

typedef struct FzRouteConf {
    const char *identity;
    const char *smsc;
    int direction; /* 0 both, 1 mt, 2 mo */
    const char *profile;
    int sender_class; /* FzSenderClass; 0 all */
    const char *receiver_class;
    uint32_t line;
} FzRouteConf;

typedef struct FzClassConf {
    int class_;  /* FzSenderClass */
    int ceiling; /* FzAction */
    bool never_held;
    uint32_t line;
} FzClassConf;

typedef struct FzReasonConf {
    FzReason reason;
    uint32_t line;
} FzReasonConf;

typedef struct FzListFileConf {
    const char *name;
    const char *path;
    int owner; /* FzListOwner */
    int64_t max_age_s;
    const char *public_key;
    uint32_t line;
} FzListFileConf;

typedef struct FzCategoryConf {
    const char *name;
    int32_t score;
    int action; /* FzRuleAction */
    const char *reason;
    uint32_t line;
} FzCategoryConf;

typedef struct FzListsConf {
    FzConfList files;      /* FzListFileConf */
    FzConfList categories; /* FzCategoryConf */
    int64_t young_s;
    int32_t young_most;
} FzListsConf;

typedef struct FzDnsCodeConf {
    const char *answer;
    int64_t bit;
    const char *category;
    int32_t score;
    bool score_given;
    uint32_t line;
} FzDnsCodeConf;

typedef struct FzDnsListConf {
    const char *name;
    const char *zone;
    FzConfTexts ask;
    FzConfList codes; /* FzDnsCodeConf */
    FzConfTexts block_codes;
    FzConfTexts servers;
    const char *listed, *unlisted;
    bool listed_given, unlisted_given;
    int64_t check_s, rest_s, rest_most_s;
    uint32_t line;
} FzDnsListConf;

typedef struct FzDnsConf {
    FzConfList lists; /* FzDnsListConf */
    int32_t from, below;
    int64_t budget_ms;
    int64_t keep;
    int64_t ttl_listed_s, ttl_none_s;
} FzDnsConf;

typedef struct FzPolicyConf {
    int mode;
    FzConfTexts patterns;
    bool patterns_given;
    const char *override;
    FzConfTexts extra_tlds;
    const char *default_country;
    FzConfList profiles; /* FzProfileConf */
    FzConfList routes;   /* FzRouteConf */
    FzConfList reasons;  /* FzReasonConf */
    struct {
        FzConfTexts brands, registry;
        int state;            /* FzRuleState less FZ_RULE_SHADOW */
        FzConfList classes;   /* FzClassConf */
        FzConfList receivers; /* FzReceiversFile */
    } senders;
    FzWarning warning;
    FzListsConf lists;
    FzDnsConf dns;
    struct {
        struct {
            int choice[FZ_FAILURES]; /* FzFailureChoice */
        } mt, mo;
    } failure;
} FzPolicyConf;

typedef struct FzFanzhaConf {
    FzConfig process;
    FzPolicyConf policy;
} FzFanzhaConf;

/** Which messages a rule is for, in the place of what its file says. */
typedef struct FzOverrideWhen {
    FzConfTexts direction, identity, boxc, smsc, sender, receiver;
} FzOverrideWhen;

/** One override: what becomes of a rule, or of all whose id begins so. */
typedef struct FzOverrideConf {
    const char *id; /* "cn.bank.lure" or "cn.bank.*" */
    int state;      /* FzRuleState less FZ_RULE_SHADOW */
    FzPoints score;
    bool has_state, has_score, has_when;
    FzOverrideWhen when;
    FzConfTexts not_identity;
    const char *owner, *reason;
    const char *expires;
    uint32_t line;
} FzOverrideConf;

typedef struct FzOverridesConf {
    FzConfList overrides; /* FzOverrideConf */
} FzOverridesConf;

extern const FzConfKey fz_lists_conf_keys[]; /* of the group `lists' */
extern const FzConfKey fz_dns_conf_keys[];   /* of the group `dns-lists' */
extern const FzConfKey fz_fanzha_conf_table[];
extern const FzConfKey fz_override_conf_table[];

#endif
