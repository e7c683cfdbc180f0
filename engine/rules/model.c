/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "engine/rules/expr.h"
#include "engine/rules/model.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

void fz_model_init(FzModel *model, const FzDiagSink *sink)
{
    *model = (FzModel){.sink = sink};
    fz_arena_init(&model->arena);
}

void fz_model_clear(FzModel *model)
{
    fz_free(model->set);
    fz_free(model->rule);
    fz_free(model->sample);
    fz_arena_clear(&model->arena);
    *model = (FzModel){0};
}

FzStatus fz_model_fail(FzModel *model, FzStatus code, const char *file,
                       uint32_t line, const char *rule_id, const char *text,
                       ...)
{
    char what[1024];
    va_list ap;

    va_start(ap, text);
    vsnprintf(what, sizeof what, text, ap);
    va_end(ap);
    if (model->status == FZ_OK)
        model->status = code;
    return fz_diag(model->sink, code, file, line, rule_id, "%s", what);
}

void fz_model_warn(FzModel *model, const char *file, uint32_t line,
                   const char *rule_id, const char *text, ...)
{
    char what[1024];
    va_list ap;

    va_start(ap, text);
    vsnprintf(what, sizeof what, text, ap);
    va_end(ap);
    fz_diag_warn(model->sink, FZ_E_RULE, file, line, rule_id, "%s", what);
}

FzRuleSource *fz_model_add_rule(FzModel *model)
{
    if (model->rule_count == model->rule_room) {
        model->rule_room = model->rule_room == 0 ? 64 : 2 * model->rule_room;
        model->rule = fz_realloc_array(model->rule, model->rule_room,
                                       sizeof *model->rule);
    }
    memset(&model->rule[model->rule_count], 0, sizeof *model->rule);
    model->rule[model->rule_count].number = FZ_NOT_LOADED;
    return &model->rule[model->rule_count++];
}

void fz_model_add_sample(FzModel *model, const FzSample *sample)
{
    if (model->sample_count == model->sample_room) {
        model->sample_room =
            model->sample_room == 0 ? 64 : 2 * model->sample_room;
        model->sample = fz_realloc_array(model->sample, model->sample_room,
                                         sizeof *model->sample);
    }
    model->sample[model->sample_count++] = *sample;
}

/* --- folders ------------------------------------------------------------- */

static bool has_rules(const char *folder)
{
    FzBuf path = FZ_BUF_INIT;
    struct stat st;
    bool has;

    fz_buf_printf(&path, "%s/rules.conf", folder);
    has = stat(fz_buf_text(&path), &st) == 0;
    fz_buf_clear(&path);
    return has;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The folders below one, sorted, so that the order of a set's rules never
 * depends on the file system. */
static size_t list_folders(DIR *dir, const char *folder, char ***names_out)
{
    struct dirent *entry;
    size_t count = 0;

    *names_out = NULL;
    while ((entry = readdir(dir)) != NULL) {
        FzBuf path = FZ_BUF_INIT;

        if (entry->d_name[0] == '.')
            continue;
        fz_buf_printf(&path, "%s/%s", folder, entry->d_name);
        if (!has_rules(fz_buf_text(&path))) {
            fz_buf_clear(&path);
            continue;
        }
        *names_out =
            fz_realloc_array(*names_out, count + 1, sizeof **names_out);
        (*names_out)[count++] = fz_buf_take_text(&path);
    }
    if (count > 1)
        qsort(*names_out, count, sizeof **names_out, by_name);
    return count;
}

void fz_model_read(FzModel *model, const char *folder)
{
    char **names;
    size_t count;
    DIR *dir;

    if (has_rules(folder)) {
        fz_set_read(model, folder);
        return;
    }
    dir = opendir(folder);
    if (dir == NULL) {
        if (model->status == FZ_OK)
            model->status = FZ_E_IO;
        fz_diag_errno(model->sink, folder, "cannot open the rule folder");
        return;
    }
    count = list_folders(dir, folder, &names);
    closedir(dir);
    if (count == 0)
        fz_model_warn(model, folder, 0, NULL,
                      "no set is here: neither rules.conf nor a folder that "
                      "has one");
    for (size_t i = 0; i < count; i++) {
        fz_set_read(model, names[i]);
        fz_free(names[i]);
    }
    fz_free(names);
}

/* --- checks over all sets ------------------------------------------------ */

static int by_id(const void *a, const void *b)
{
    const FzRuleSource *x = a, *y = b;
    int order = strcmp(x->keys.id.text, y->keys.id.text);

    if (order != 0)
        return order;
    order = strcmp(x->file, y->file);
    if (order != 0)
        return order;
    return x->line < y->line ? -1 : x->line > y->line;
}

FzRuleSource *fz_model_find(const FzModel *model, const char *id)
{
    uint32_t low = 0, high = model->rule_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(model->rule[middle].keys.id.text, id);

        if (order == 0)
            return &model->rule[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void check_ids(FzModel *model)
{
    for (uint32_t i = 1; i < model->rule_count; i++) {
        const FzRuleSource *one = &model->rule[i - 1], *two = &model->rule[i];

        if (strcmp(one->keys.id.text, two->keys.id.text) == 0)
            fz_model_fail(
                model, FZ_E_RULE, two->file, two->line, two->keys.id.text,
                "the id is taken: %s, line %u, has it", one->file, one->line);
    }
    if (model->rule_count > FZ_LIMIT_RULES)
        fz_model_fail(model, FZ_E_LIMIT, NULL, 0, NULL,
                      "there are %u rules, but at most %d are allowed",
                      model->rule_count, FZ_LIMIT_RULES);
}

static const char *rule_name_at(const void *ctx, size_t i)
{
    const FzModel *model = ctx;

    /* a suggestion is not worth comparing 100,000 names for each mistake */
    return i < model->rule_count && i < 5000 ? model->rule[i].keys.id.text
                                             : NULL;
}

/* Samples of rules that are not loaded are not run; those of rules that do not
 * exist are mistakes. */
static void check_samples(FzModel *model)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < model->sample_count; i++) {
        const FzSample *sample = &model->sample[i];
        FzRuleSource *rule;

        if (sample->rule == NULL) {
            model->sample[kept++] = *sample;
            continue;
        }
        rule = fz_model_find(model, sample->rule);
        if (rule == NULL || rule->helper) {
            const char *nearest =
                fz_nearest_name(sample->rule, rule_name_at, model);

            if (nearest != NULL)
                fz_model_fail(
                    model, FZ_E_RULE, sample->file, sample->line, sample->rule,
                    "there is no such rule (did you mean `%s'?)", nearest);
            else
                fz_model_fail(model, FZ_E_RULE, sample->file, sample->line,
                              sample->rule, "there is no such rule");
            continue;
        }
        rule->tested |= sample->wanted;
        if (fz_rule_is_loaded(rule))
            model->sample[kept++] = *sample;
    }
    model->sample_count = kept;
}

static int by_set_name(const void *a, const void *b)
{
    const FzSetSource *x = *(FzSetSource *const *)a;
    const FzSetSource *y = *(FzSetSource *const *)b;
    int order = strcmp(x->name, y->name);

    return order != 0 ? order : strcmp(x->file, y->file);
}

static void check_set_names(FzModel *model)
{
    if (model->set_count > 1)
        qsort(model->set, model->set_count, sizeof *model->set, by_set_name);
    for (uint32_t i = 1; i < model->set_count; i++)
        if (strcmp(model->set[i]->name, model->set[i - 1]->name) == 0)
            fz_model_fail(model, FZ_E_RULE, model->set[i]->file, 0, NULL,
                          "the set's name `%s' is taken by %s",
                          model->set[i]->name, model->set[i - 1]->file);
}

/* --- overrides ------------------------------------------------------------ */

static void except(FzModel *model, FzRuleSource *rule,
                   const FzRuleOverride *override)
{
    uint32_t count = rule->exceptions + override->not_identities;
    FzException *all = fz_arena_alloc(&model->arena, count * sizeof *all);

    if (rule->exceptions != 0)
        memcpy(all, rule->exception, rule->exceptions * sizeof *all);
    for (uint32_t i = 0; i < override->not_identities; i++)
        all[rule->exceptions + i] = (FzException){
            fz_arena_strdup(&model->arena, override->not_identity[i]),
            override->until_ms};
    rule->exception = all;
    rule->exceptions = count;
}

static FzLocatedList located(FzModel *model, const FzWhenValues *values,
                             uint32_t line)
{
    FzLocatedList list = {NULL, values->count};

    if (values->count == 0)
        return list;
    list.item =
        fz_arena_alloc(&model->arena, values->count * sizeof *list.item);
    for (uint32_t i = 0; i < values->count; i++)
        list.item[i] =
            (FzLocated){fz_arena_strdup(&model->arena, values->item[i]), line};
    return list;
}

static FzWhenKeys when_of(FzModel *model, const FzRuleOverride *override)
{
    uint32_t line = override->line;

    return (FzWhenKeys){
        .direction = located(model, &override->when.direction, line),
        .identity = located(model, &override->when.identity, line),
        .boxc = located(model, &override->when.boxc, line),
        .smsc = located(model, &override->when.smsc, line),
        .sender = located(model, &override->when.sender, line),
        .receiver = located(model, &override->when.receiver, line)};
}

/* A mistake is the override's, so it is told there. */
static void replace_when(FzModel *model, FzRuleSource *rule,
                         const FzRuleOverride *override, const FzWhenKeys *when)
{
    FzRuleSource place = *rule;

    place.file = override->file;
    place.line = override->line;
    place.keys.when = *when;
    fz_rule_check_action(model, &place);
    if (rule->when_until_ms == 0)
        rule->when_written = rule->keys.when;
    rule->when_until_ms = override->until_ms;
    rule->keys.when = *when;
}

static void override_one(FzModel *model, const FzRuleOverride *override)
{
    FzWhenKeys when = when_of(model, override);
    bool any = false;

    for (uint32_t i = 0; i < model->rule_count; i++) {
        FzRuleSource *rule = &model->rule[i];

        if (rule->helper ||
            !fz_glob_matches(override->rule, rule->keys.id.text))
            continue;
        any = true;
        if (override->has_score) {
            if (rule->score_until_ms == 0)
                rule->score_written = rule->keys.score;
            rule->score_until_ms = override->until_ms;
            rule->keys.score = override->score;
        }
        if (override->has_state)
            rule->keys.state = override->state;
        if (override->has_when)
            replace_when(model, rule, override, &when);
        if (override->not_identities != 0)
            except(model, rule, override);
    }
    if (override->has_when)
        fz_rule_check_when(
            model,
            &(FzRuleSource){.file = override->file,
                            .line = override->line,
                            .keys.id = {override->rule, override->line}},
            &when);
    if (!any) {
        const char *nearest =
            fz_nearest_name(override->rule, rule_name_at, model);

        fz_model_fail(
            model, FZ_E_RULE, override->file, override->line, override->rule,
            nearest != NULL ? "there is no such rule (did you mean `%s'?)"
                            : "there is no such rule",
            nearest);
    }
}

static void check_reasons(FzModel *model, const FzRulesetOptions *options)
{
    for (uint32_t i = 0; options->known_reason != NULL && i < model->rule_count;
         i++) {
        const FzRuleSource *rule = &model->rule[i];

        if (rule->keys.reason.text != NULL &&
            !options->known_reason(options->reason_ctx, rule->keys.reason.text))
            fz_model_fail(model, FZ_E_RULE, rule->file, rule->keys.reason.line,
                          rule->keys.id.text,
                          "`%s' is no reason of the reason table",
                          rule->keys.reason.text);
    }
}

void fz_model_check(FzModel *model, const FzRulesetOptions *options)
{
    /* sorted by id: look-ups are fast, and nothing that runs depends on the
     * order in which files were written */
    if (model->rule_count > 1)
        qsort(model->rule, model->rule_count, sizeof *model->rule, by_id);
    check_set_names(model);
    check_ids(model);
    for (uint32_t i = 0;
         options->trust != FZ_RULESET_ALL_ACTIVE && i < options->override_count;
         i++)
        override_one(model, &options->overrides[i]);
    check_samples(model);
    check_reasons(model, options);
}
