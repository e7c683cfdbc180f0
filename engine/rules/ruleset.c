/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "engine/rules/compile.h"
#include "engine/rules/impl.h"
#include "engine/rules/links.h"
#include "engine/rules/scanner.h"

/* --- loading ------------------------------------------------------------- */

static int64_t last_day(const FzRuleSource *rule,
                        const FzRulesetOptions *options)
{
    int64_t promoted_ms;

    if (rule->expires_days == 0 || options->promoted_ms == NULL)
        return rule->expires_ms;
    promoted_ms = options->promoted_ms(options->promoted_ctx,
                                       rule->keys.id.text, rule->keys.rev);
    return promoted_ms == 0
               ? 0
               : promoted_ms + (int64_t)rule->expires_days * 86400000;
}

static void fill_info(FzRuleset *ruleset, const FzRuleSource *rule,
                      const FzRulesetOptions *options, FzRuleInfo *info)
{
    const FzRuleKeys *keys = &rule->keys;
    const FzSetSource *set = rule->set;
    FzArena *arena = &ruleset->arena;

#define KEEP(text) fz_arena_strdup(arena, (text))
    *info = (FzRuleInfo){
        .id = KEEP(keys->id.text),
        .set = KEEP(set->name),
        .title = KEEP(keys->title.text),
        .owner = KEEP(keys->owner.text != NULL ? keys->owner.text : set->owner),
        .reason = KEEP(keys->reason.text),
        .group = KEEP(keys->group.text),
        .scam_class = KEEP(keys->scam_class.text != NULL ? keys->scam_class.text
                                                         : set->scam_class),
        .reference = KEEP(keys->reference.text),
        .file = KEEP(rule->file),
        .line = rule->line,
        .rev = keys->rev,
        .state = options->trust == FZ_RULESET_ALL_ACTIVE
                     ? FZ_RULE_ACTIVE
                     : (FzRuleState)keys->state,
        .score = keys->score,
        .score_written = rule->score_written,
        .score_until_ms = rule->score_until_ms,
        .action = (FzRuleAction)keys->action,
        .view = (FzViewKind)keys->view,
        .expires_ms = last_day(rule, options),
        .expires_days = rule->expires_days,
        .common = keys->common};
    if (keys->rewrite.replace.text != NULL) {
        info->rewrite = FZ_REWRITE_REPLACE;
        info->rewrite_text = KEEP(keys->rewrite.replace.text);
    } else if (keys->rewrite.prepend.text != NULL) {
        info->rewrite = FZ_REWRITE_PREPEND;
        info->rewrite_text = KEEP(keys->rewrite.prepend.text);
    } else if (keys->rewrite.append.text != NULL) {
        info->rewrite = FZ_REWRITE_APPEND;
        info->rewrite_text = KEEP(keys->rewrite.append.text);
    } else if (keys->rewrite.kind != 0) {
        info->rewrite =
            keys->rewrite.kind == 1 ? FZ_REWRITE_MASK : FZ_REWRITE_DEFANG;
    }
#undef KEEP
}

static const char *const *keep_texts(FzArena *arena, const char *const *text,
                                     uint32_t count)
{
    const char **kept = fz_arena_alloc(arena, (count + 1) * sizeof *kept);

    for (uint32_t i = 0; i < count; i++)
        kept[i] = fz_arena_strdup(arena, text[i]);
    return kept;
}

static void copy_samples(FzRuleset *ruleset, const FzModel *model)
{
    FzArena *arena = &ruleset->arena;

    ruleset->sample = fz_arena_copy(arena, model->sample, model->sample_count,
                                    sizeof *model->sample);
    ruleset->sample_count = model->sample_count;
    for (size_t i = 0; i < ruleset->sample_count; i++) {
        FzSample *sample = &ruleset->sample[i];

        sample->text = fz_arena_strdup(arena, sample->text);
        sample->sender = fz_arena_strdup(arena, sample->sender);
        sample->receiver = fz_arena_strdup(arena, sample->receiver);
        sample->identity = fz_arena_strdup(arena, sample->identity);
        sample->lists = keep_texts(arena, sample->lists, sample->list_count);
        sample->rule = fz_arena_strdup(arena, sample->rule);
        sample->verdict = fz_arena_strdup(arena, sample->verdict);
        sample->file = fz_arena_strdup(arena, sample->file);
    }
}

static bool is_reported(const FzRuleSource *rule)
{
    return !rule->helper && fz_rule_is_loaded(rule);
}

static const FzWhen *when_of(const FzRuleSource *rule, FzArena *arena)
{
    const FzWhen *when = fz_when_compile(&rule->keys.when, rule->exception,
                                         rule->exceptions, arena);

    if (rule->when_until_ms == 0)
        return when;
    return fz_when_until(when, rule->when_until_ms,
                         fz_when_compile(&rule->when_written, rule->exception,
                                         rule->exceptions, arena),
                         arena);
}

/* Rules first, in the order of their ids, helpers behind them. */
static FzStatus add_rules(FzRuleset *ruleset, FzModel *model,
                          const FzRulesetOptions *options, FzCompiler *compiler)
{
    FzStatus status = FZ_OK, one;
    uint32_t number = 0;

    for (uint32_t i = 0; i < model->rule_count; i++) {
        ruleset->count += is_reported(&model->rule[i]);
        ruleset->total += model->rule[i].helper;
    }
    ruleset->total += ruleset->count;
    ruleset->info = fz_arena_alloc(&ruleset->arena,
                                   (ruleset->count + 1) * sizeof(FzRuleInfo));
    ruleset->run = fz_arena_alloc(&ruleset->arena,
                                  (ruleset->total + 1) * sizeof(FzRuleRun));
    for (int helpers = 0; helpers < 2; helpers++) {
        for (uint32_t i = 0; i < model->rule_count; i++) {
            FzRuleSource *rule = &model->rule[i];

            if (helpers != 0 ? !rule->helper : !is_reported(rule))
                continue;
            if (helpers == 0)
                fill_info(ruleset, rule, options, &ruleset->info[number]);
            ruleset->run[number].when = when_of(rule, &ruleset->arena);
            if (helpers == 0) {
                ruleset->run[number].expires_ms =
                    ruleset->info[number].expires_ms;
                ruleset->run[number].state =
                    (uint8_t)ruleset->info[number].state;
            }
            rule->number = number;
            one = fz_compiler_add(compiler, rule, number++);
            if (status == FZ_OK)
                status = one;
        }
    }
    return status;
}

/* Who asks for one of them is told so, not that there is none. */
static bool is_idle(const FzRuleSource *rule)
{
    return !rule->helper && !fz_rule_is_loaded(rule);
}

static void keep_idle(FzRuleset *ruleset, const FzModel *model)
{
    FzArena *arena = &ruleset->arena;
    uint32_t count = 0;
    const char **id;
    uint8_t *state;

    for (uint32_t i = 0; i < model->rule_count; i++)
        count += is_idle(&model->rule[i]);
    ruleset->idle = id = fz_arena_alloc(arena, (count + 1) * sizeof *id);
    ruleset->idle_state = state = fz_arena_alloc(arena, count + 1);
    for (uint32_t i = 0; i < model->rule_count; i++) {
        const FzRuleSource *rule = &model->rule[i];

        if (!is_idle(rule))
            continue;
        id[ruleset->idle_count] = fz_arena_strdup(arena, rule->keys.id.text);
        state[ruleset->idle_count++] = (uint8_t)rule->keys.state;
    }
}

/* Drafts are not run, but a mistake in one is told all the same. */
static FzStatus check_drafts(const FzModel *model, FzArena *arena,
                             const FzCompileHook *hook)
{
    FzCompiler *compiler = fz_compiler_create(arena, model->sink);
    FzStatus status = FZ_OK, one;

    fz_compiler_forget(model->set, model->set_count);
    for (uint32_t i = 0; i < model->rule_count; i++) {
        if (model->rule[i].keys.state != FZ_RULE_DRAFT)
            continue;
        one = fz_compiler_add(compiler, &model->rule[i], 0);
        if (status == FZ_OK)
            status = one;
    }
    one = fz_compiler_try_regexes(compiler, hook);
    if (status == FZ_OK)
        status = one;
    fz_compiler_destroy(compiler);
    return status;
}

static void measure(FzRuleset *ruleset)
{
    ruleset->views = FZ_VIEW_BIT(FZ_VIEW_RAW);
    for (int v = 0; v < FZ_VIEWS; v++) {
        const FzProgram *program = &ruleset->program[v];

        if (program->form_count == 0)
            continue;
        ruleset->views |= FZ_VIEW_BIT(v) | FZ_VIEW_BIT(FZ_VIEW_FOLDED);
        ruleset->regexes |= program->regex != NULL;
        if (program->word_count > ruleset->words_max)
            ruleset->words_max = program->word_count;
        if (program->form_count > ruleset->forms_max)
            ruleset->forms_max = program->form_count;
        for (uint32_t t = 0; t < program->term_count; t++)
            ruleset->entities |= program->term[t].entities;
        for (uint32_t f = 0; f < program->form_count; f++)
            for (uint16_t i = 0; i < program->form[f].facts; i++)
                fz_facts_add(&ruleset->named,
                             program->fact[program->form[f].fact + i].fact);
    }
    fz_posts_name_facts(&ruleset->posts, &ruleset->named);
    for (size_t i = 0; i < FZ_LIMIT_FACTS / 64; i++)
        ruleset->facts |= ruleset->named.bits[i] != 0;
}

/* Every stage runs, whatever the one before found: all mistakes are told at
 * once, and the first says how it ends. */
static FzStatus first_of(FzStatus before, FzStatus now)
{
    return before != FZ_OK ? before : now;
}

static FzStatus build(FzRuleset *ruleset, FzModel *model,
                      const FzRulesetOptions *options)
{
    FzCompiler *compiler = fz_compiler_create(&ruleset->arena, model->sink);
    FzCache cache = {.folder = options->cache_dir,
                     .sink = model->sink,
                     .hook = options->hook};
    FzStatus status = model->status;

    status = first_of(status, add_rules(ruleset, model, options, compiler));
    status = first_of(status, fz_posts_build(&ruleset->posts, model, compiler,
                                             &ruleset->arena, ruleset->total));
    status =
        first_of(status, check_drafts(model, &ruleset->arena, options->hook));
    if (status == FZ_OK)
        status = fz_compiler_finish(
            compiler, options->whole ? FZ_MATCH_WHOLE : FZ_MATCH_QUICK, &cache,
            options->progress, ruleset->program);
    else
        status =
            first_of(status, fz_compiler_try_regexes(compiler, options->hook));
    ruleset->fact_name = fz_compiler_fact_names(compiler, &ruleset->fact_names);
    fz_compiler_destroy(compiler);
    if (status != FZ_OK)
        return status;
    measure(ruleset);
    copy_samples(ruleset, model);
    keep_idle(ruleset, model);
    fz_ruleset_set_digest(ruleset, model);
    fz_lint(ruleset, model);
    return FZ_OK;
}

FzStatus fz_ruleset_load_with(const FzRulesetOptions *options,
                              const FzDiagSink *sink, FzRuleset **ruleset_out)
{
    FzRuleset *ruleset = fz_calloc(1, sizeof *ruleset);
    FzModel model;
    FzStatus status;

    if (hs_valid_platform() != HS_SUCCESS) {
        fz_free(ruleset);
        return fz_diag(sink, FZ_E_STATE, NULL, 0, NULL,
                       "this processor lacks what Hyperscan needs (SSSE3): no "
                       "rules can run here");
    }
    fz_arena_init(&ruleset->arena);
    fz_model_init(&model, sink);
    for (size_t i = 0; i < options->folder_count; i++) {
        fz_progress_tell(options->progress, i, options->folder_count,
                         "reading rules");
        fz_model_read(&model, options->folders[i]);
    }
    fz_model_check(&model, options);
    /* words are checked even after other mistakes: all are told at once */
    status = model.rule_count <= FZ_LIMIT_RULES
                 ? build(ruleset, &model, options)
                 : FZ_E_LIMIT;
    fz_model_clear(&model);
    if (status != FZ_OK) {
        fz_ruleset_destroy(ruleset);
        return status;
    }
    *ruleset_out = ruleset;
    return FZ_OK;
}

FzStatus fz_ruleset_load(const char *const *folders, size_t folder_count,
                         FzRulesetTrust trust, const char *cache_dir,
                         bool (*known_reason)(const void *ctx,
                                              const char *name),
                         const void *ctx, const FzDiagSink *sink,
                         FzRuleset **ruleset_out)
{
    FzRulesetOptions options = {.folders = folders,
                                .folder_count = folder_count,
                                .trust = trust,
                                .cache_dir = cache_dir,
                                .known_reason = known_reason,
                                .reason_ctx = ctx};

    return fz_ruleset_load_with(&options, sink, ruleset_out);
}

void fz_ruleset_destroy(FzRuleset *ruleset)
{
    if (ruleset == NULL)
        return;
    for (int v = 0; v < FZ_VIEWS; v++) {
        fz_matchdb_destroy(ruleset->program[v].db);
        fz_regexdb_destroy(ruleset->program[v].regex);
    }
    fz_arena_clear(&ruleset->arena);
    fz_free(ruleset);
}

/* --- asking -------------------------------------------------------------- */

uint32_t fz_ruleset_count(const FzRuleset *ruleset)
{
    return ruleset->count;
}

const FzRuleInfo *fz_ruleset_rule(const FzRuleset *ruleset, uint32_t index)
{
    return &ruleset->info[index];
}

const FzRuleInfo *fz_ruleset_find(const FzRuleset *ruleset, const char *id)
{
    uint32_t low = 0, high = ruleset->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(ruleset->info[middle].id, id);

        if (order == 0)
            return &ruleset->info[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *fz_ruleset_idle(const FzRuleset *ruleset, size_t index,
                            FzRuleState *state_out)
{
    if (index >= ruleset->idle_count)
        return NULL;
    if (state_out != NULL)
        *state_out = (FzRuleState)ruleset->idle_state[index];
    return ruleset->idle[index];
}

const char *fz_ruleset_digest(const FzRuleset *ruleset)
{
    return ruleset->digest;
}

uint32_t fz_ruleset_views(const FzRuleset *ruleset)
{
    return ruleset->views;
}

uint32_t fz_ruleset_delta(const FzRuleset *ruleset)
{
    uint32_t strings = 0;

    for (int v = 0; v < FZ_VIEWS; v++)
        if (ruleset->program[v].db != NULL)
            strings += fz_matchdb_delta(ruleset->program[v].db);
    return strings;
}

size_t fz_ruleset_sample_count(const FzRuleset *ruleset)
{
    return ruleset->sample_count;
}

const FzSample *fz_ruleset_sample(const FzRuleset *ruleset, size_t index)
{
    return &ruleset->sample[index];
}

void fz_rule_controls_init(FzRuleControls *controls, const FzRuleset *ruleset)
{
    controls->count = ruleset->count;
    controls->state = fz_calloc(ruleset->count + 1, sizeof *controls->state);
    for (uint32_t i = 0; i < ruleset->count; i++)
        atomic_init(&controls->state[i], (uint8_t)ruleset->info[i].state);
}

void fz_rule_controls_clear(FzRuleControls *controls)
{
    fz_free((void *)controls->state);
    *controls = (FzRuleControls){0};
}

/* --- scanning ------------------------------------------------------------ */

/* In the order of rules, so that a report does not depend on which word a
 * sender put first. */
static void sort_matches(FzScanner *scanner)
{
    FzMatch *match = scanner->match;

    for (uint32_t gap = scanner->match_count / 2; gap > 0; gap /= 2) {
        for (uint32_t i = gap; i < scanner->match_count; i++) {
            FzMatch moved = match[i];
            uint32_t at = i;

            for (; at >= gap && match[at - gap].rule > moved.rule; at -= gap)
                match[at] = match[at - gap];
            match[at] = moved;
        }
    }
}

static FzPoints score_at(const FzRuleInfo *info, int64_t now_ms)
{
    return info->score_until_ms != 0 && now_ms >= info->score_until_ms
               ? info->score_written
               : info->score;
}

static void report(const FzScan *scan, const FzMatch *match, FzSignals *signals)
{
    const FzRuleInfo *info = &scan->ruleset->info[match->rule];
    FzSignal signal = {.name = info->id,
                       .rule = (int32_t)match->rule,
                       .rev = info->rev,
                       .weight = score_at(info, scan->message->now_ms),
                       .action = (uint8_t)info->action,
                       .group = info->group,
                       .view = match->view,
                       .span_count = match->span_count};

    signal.state =
        fz_rule_state_in_force(scan->ruleset, scan->controls, match->rule);
    memcpy(signal.spans, match->spans, sizeof signal.spans);
    fz_signals_add(signals, &signal);
}

/* Facts that some rule asks for are told with the rules that rest on them. */
static void report_facts(const FzScan *scan, FzSignals *signals)
{
    for (unsigned fact = 0; fact < FZ_SIGNAL_IDS; fact++) {
        FzSignal signal = {.name = fz_signal_defs()[fact].name,
                           .rule = -1,
                           .state = FZ_RULE_ACTIVE,
                           .view = FZ_VIEW_RAW};

        if (fz_facts_have(&scan->ruleset->named, fact) &&
            fz_facts_have(&scan->scanner->facts, fact) &&
            fz_signals_find(signals, signal.name) == NULL) {
            signal.span_count =
                fz_links_spans(&scan->scanner->urls, fact, signal.spans);
            fz_signals_add(signals, &signal);
        }
    }
}

static int find_fact(const FzRuleset *ruleset, const char *name)
{
    for (uint32_t i = 0; i < ruleset->fact_names; i++)
        if (strcmp(ruleset->fact_name[i], name) == 0)
            return FZ_SIGNAL_IDS + (int)i;
    return fz_signal_def_find(name);
}

static void know_facts(const FzScan *scan, const FzSignals *signals)
{
    FzScanner *scanner = scan->scanner;

    fz_facts_add_text(&scanner->facts, &scanner->text,
                      &scanner->views.features);
    if (scanner->urls_told)
        fz_links_add_facts(&scanner->urls, &scanner->facts);
    for (uint16_t i = 0; i < signals->count; i++) {
        int fact = signals->item[i].rule >= 0
                       ? -1
                       : find_fact(scan->ruleset, signals->item[i].name);

        if (fact >= 0)
            fz_facts_add(&scanner->facts, (unsigned)fact);
    }
}

void fz_ruleset_look(const FzRuleset *ruleset, FzScanner *scanner)
{
    scanner->looked =
        fz_sieve_look(&ruleset->program[FZ_VIEW_FOLDED],
                      &scanner->views.view[FZ_VIEW_FOLDED], &scanner->piece);
}

uint32_t fz_ruleset_scan(const FzRuleset *ruleset,
                         const FzRuleControls *controls,
                         const FzMessage *message, FzScanner *scanner,
                         FzSignals *signals)
{
    FzScan scan = {.ruleset = ruleset,
                   .controls = controls,
                   .message = message,
                   .signals = signals,
                   .scanner = scanner};
    uint32_t worth;

    fz_scanner_begin(scanner, scanner->text.chars);
    if (ruleset->facts)
        know_facts(&scan, signals);
    /* what is left out has no word that the folded view has not, and every
     * rule of it is asked of the folded view too */
    worth = FZ_VIEW_BIT(FZ_VIEW_RAW) | FZ_VIEW_BIT(FZ_VIEW_FOLDED) |
            fz_views_worth(&scanner->views.features);
    for (int v = 0; v < FZ_VIEWS; v++) {
        if (ruleset->program[v].form_count == 0 ||
            !(scanner->views.built & worth & FZ_VIEW_BIT(v)))
            continue;
        scan.program = &ruleset->program[v];
        scan.view = &scanner->views.view[v];
        fz_scan_view(&scan);
    }
    fz_posts_run(&scan);
    sort_matches(scanner);
    for (uint32_t i = 0; i < scanner->match_count; i++)
        if (scanner->match[i].rule < ruleset->count &&
            !scanner->match[i].cancelled)
            report(&scan, &scanner->match[i], signals);
    if (ruleset->facts)
        report_facts(&scan, signals);
    fz_tokens_reset(&scanner->tokens); /* they were this message's */
    scanner->urls_told = scanner->sender_told = scanner->looked = false;
    return scanner->flags;
}
