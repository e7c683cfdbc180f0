/* SPDX-License-Identifier: BSD-2-Clause
 *
 * model.h - rule files as they are written, checked one by one
 *
 * The model is what loading, lint and (later) the tools that edit rules share:
 * every rule of every set, drafts and retired ones too, with the place it is
 * written at. compile.h makes of it what runs.
 */
#ifndef FZ_ENGINE_RULES_MODEL_H
#define FZ_ENGINE_RULES_MODEL_H

#include "engine/rules/keys.h"
#include "engine/rules/phrase.h"
#include "engine/rules/ruleset.h"
#include "engine/rules/when.h"

typedef struct FzSetSource {
    const char *name, *title, *owner, *language, *scam_class;
    const char *file; /* its rules.conf */
    FzWordGroup *group;
    uint32_t group_count;
} FzSetSource;

#define FZ_NOT_LOADED UINT32_MAX

typedef struct FzRuleSource {
    FzRuleKeys keys; /* strings in the model's arena; match and nomatch are
                        NULL: the samples have been read */
    const FzSetSource *set;
    const char *file;
    uint32_t line;
    int64_t expires_ms;      /* a date's end; 0 */
    uint32_t expires_days;   /* counted from promotion; 0 */
    FzPoints score_written;  /* where an override of the score ... */
    int64_t score_until_ms;  /* ... ends; 0: it does not */
    FzWhenKeys when_written; /* likewise of `when' */
    int64_t when_until_ms;
    FzException *exception; /* identities it is not meant for */
    uint32_t exceptions;
    bool helper;     /* of `signals': named, never reported */
    bool tested;     /* a sample names it as its match */
    uint32_t number; /* in the rule set; FZ_NOT_LOADED */
} FzRuleSource;

typedef struct FzModel {
    FzArena arena;
    FzSetSource **set;
    uint32_t set_count;
    FzRuleSource *rule; /* owned array */
    uint32_t rule_count, rule_room;
    FzSample *sample; /* owned array */
    uint32_t sample_count, sample_room;
    const FzDiagSink *sink;
    FzStatus status; /* of the first problem; FZ_OK while there is none */
} FzModel;

void fz_model_init(FzModel *model, const FzDiagSink *sink);
void fz_model_clear(FzModel *model);

/** Read every set below a folder; problems go to the sink and model->status. */
void fz_model_read(FzModel *model, const char *folder);

/**
 * Checks that need all sets: names, ids, references, samples. An operator's
 * overrides are applied between them.
 *
 * @param options  known_reason and overrides are looked at
 */
void fz_model_check(FzModel *model, const FzRulesetOptions *options);

/** NULL when no rule or helper is called so. Valid until the next change;
 *  fast after fz_model_check only. */
FzRuleSource *fz_model_find(const FzModel *model, const char *id);

/** Whether a rule is one that a rule set loads. */
static inline bool fz_rule_is_loaded(const FzRuleSource *rule)
{
    return rule->keys.state == FZ_RULE_SHADOW ||
           rule->keys.state == FZ_RULE_ACTIVE;
}

/* --- between the files that read ----------------------------------------- */

FzStatus fz_model_fail(FzModel *model, FzStatus code, const char *file,
                       uint32_t line, const char *rule_id, const char *text,
                       ...) FZ_PRINTF(6, 7);
void fz_model_warn(FzModel *model, const char *file, uint32_t line,
                   const char *rule_id, const char *text, ...) FZ_PRINTF(5, 6);
FzRuleSource *fz_model_add_rule(FzModel *model);
void fz_model_add_sample(FzModel *model, const FzSample *sample);

/** One rules.conf with its tables and cases. */
void fz_set_read(FzModel *model, const char *folder);

/** A table of rules; cases.tsv. `path` lives as long as the model. */
void fz_table_read(FzModel *model, const char *path, const FzSetSource *set,
                   const FzRuleKeys *defaults);
void fz_cases_read(FzModel *model, const char *path);

/** Take over what a sample states of its sender and of lists. */
void fz_sample_state(FzModel *model, const FzSampleKeys *keys,
                     FzSample *sample);

/** Check the values of a `when'; problems are told at the rule's place. */
void fz_rule_check_when(FzModel *model, const FzRuleSource *rule,
                        const FzWhenKeys *when);

/** Checks of what it does and for whom: `pass' needs somebody it is for. */
void fz_rule_check_action(FzModel *model, const FzRuleSource *rule);

/** Checks of one rule by itself; sets expires_*. */
void fz_rule_check(FzModel *model, FzRuleSource *rule);

#endif
