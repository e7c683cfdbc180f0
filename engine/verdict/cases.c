/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "engine/list/overlay.h"
#include "engine/verdict/cases.h"

#include <stdlib.h>

typedef struct Run {
    const FzRuleset *ruleset;
    FzJudgeEnv env;
    FzUrlTables *urls;
    FzRuleControls controls;
    FzScannerPool *pool;
    int64_t now_ms;
    FzVerdict verdict;
    FzBuf why, folded;
} Run;

static void fill_message(const FzSample *sample, int64_t now_ms,
                         FzMessage *message)
{
    memset(message, 0, sizeof *message);
    message->direction = sample->direction;
    message->sender = fz_slice_of(sample->sender);
    message->receiver = fz_slice_of(sample->receiver);
    message->identity = fz_slice_of(sample->identity);
    message->service = message->identity;
    message->coding = FZ_CODING_7BIT; /* UTF-8, as the samples are written */
    message->octets = fz_slice_of(sample->text);
    message->now_ms = now_ms;
}

static void find_faults(Run *run, const FzSample *sample)
{
    const FzVerdict *verdict = &run->verdict;
    const FzSignal *signal =
        sample->rule == NULL ? NULL
                             : fz_signals_find(&verdict->signals, sample->rule);

    run->why.octets = 0;
    if (sample->rule != NULL && sample->wanted && signal == NULL)
        fz_buf_printf(&run->why, "`%s' does not match", sample->rule);
    if (sample->rule != NULL && !sample->wanted && signal != NULL) {
        fz_buf_printf(&run->why, "`%s' matches in the %s view", sample->rule,
                      fz_view_name(signal->view));
        if (signal->span_count > 0)
            fz_buf_printf(&run->why, ", characters %u to %u",
                          signal->spans[0].cp_from, signal->spans[0].cp_to);
    }
    if (sample->verdict != NULL &&
        strcmp(fz_action_name(verdict->would), sample->verdict) != 0)
        fz_buf_printf(
            &run->why,
            "%sthe verdict is %s (score %.2f, decided by %s%s%s), "
            "not %s",
            run->why.octets > 0 ? "; " : "", fz_action_name(verdict->would),
            verdict->score / 100.0, fz_decided_by_name(verdict->by),
            verdict->decider == NULL ? "" : " ",
            verdict->decider == NULL ? "" : verdict->decider, sample->verdict);
}

static void fold(Run *run, FzScanner *scanner)
{
    const FzText *text = fz_scanner_text(scanner);
    FzViews *views = fz_scanner_views(scanner);
    const FzView *view = &views->view[FZ_VIEW_FOLDED];

    run->folded.octets = 0;
    if ((views->built & FZ_VIEW_BIT(FZ_VIEW_FOLDED)) == 0 &&
        fz_views_build(text, FZ_VIEW_BIT(FZ_VIEW_FOLDED), views) != FZ_OK)
        fz_buf_append_text(&run->folded, "(cut) ");
    fz_buf_append(&run->folded, view->octets, view->length);
}

static size_t folder_octets(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? 0 : (size_t)(slash - path);
}

static bool same_set(const char *a, const char *b)
{
    size_t octets = folder_octets(a);

    return octets == folder_octets(b) && memcmp(a, b, octets) == 0;
}

/* A set answers for itself: a rule that an operator adds beside it must not
 * make its samples fail, and so keep everything from going live. */
static void keep_own_signals(Run *run, const FzSample *sample)
{
    FzSignals *signals = &run->verdict.signals;
    uint16_t kept = 0;

    for (uint16_t i = 0; i < signals->count; i++) {
        const FzRuleInfo *rule =
            fz_signal_rule(&signals->item[i], run->ruleset);

        if (rule == NULL || same_set(rule->file, sample->file))
            signals->item[kept++] = signals->item[i];
    }
    signals->count = kept;
}

/* What the sample says that lists answer, as live entries. */
static FzOverlay *make_overlay(const FzSample *sample, int64_t now_ms)
{
    FzOverlay *overlay = NULL;
    FzBuf log = FZ_BUF_INIT;

    for (uint32_t i = 0; i < sample->list_count; i++) {
        const char *text = sample->lists[i], *allow, *block, *category = NULL;
        FzOverlayRecord record = {.at_ms = now_ms,
                                  .verb = FZ_OVERLAY_ADD,
                                  .score = FZ_LIST_SCORE_UNSET};
        char *key;

        block = strstr(text, " block");
        allow = strstr(text, " allow");
        record.action = block != NULL ? FZ_ANSWER_BLOCK : FZ_ANSWER_ALLOW;
        if (block != NULL && block[6] == ' ')
            category = block + 7;
        if (block == NULL)
            block = allow; /* sample.c saw to it that there is one */
        key = fz_strndup(text, (size_t)(block - text));
        record.key = key;
        record.category = category;
        if (fz_overlay_log_append(&log, &record, NULL) != FZ_OK)
            log.octets = 0;
        fz_free(key);
    }
    if (log.octets == 0 || fz_overlay_create(fz_buf_slice(&log), "sample",
                                             FZ_OVERLAY_ALLOW_AT_ONCE, now_ms,
                                             NULL, &overlay) != FZ_OK)
        overlay = NULL;
    fz_buf_clear(&log);
    return overlay;
}

static bool run_sample(Run *run, const FzSample *sample, FzCaseEach each,
                       void *ctx)
{
    FzScanner *scanner = fz_scanner_take(run->pool);
    FzCaseResult result = {.sample = sample, .verdict = &run->verdict};
    FzMessage message;

    FzOverlay *overlay = make_overlay(sample, run->now_ms);

    fill_message(sample, run->now_ms, &message);
    run->env.stated = &sample->stated;
    run->env.overlay = overlay;
    fz_judge(&message, &run->env, scanner, &run->verdict);
    keep_own_signals(run, sample);
    fz_decide(&message, &run->env, &run->verdict);
    find_faults(run, sample);
    result.ok = run->why.octets == 0;
    if (each != NULL) {
        fold(run, scanner);
        result.why = fz_buf_text(&run->why);
        result.folded = fz_buf_text(&run->folded);
        each(ctx, &result);
    }
    fz_scanner_give(run->pool, scanner);
    fz_overlay_destroy(overlay);
    return result.ok;
}

static int compare_ids(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Rules that no sample shows matching; sorted, for sets of 100,000 rules. */
static size_t count_untested(const FzRuleset *ruleset)
{
    size_t samples = fz_ruleset_sample_count(ruleset), shown = 0, untested = 0;
    const char **ids = fz_malloc((samples + 1) * sizeof *ids);

    for (size_t i = 0; i < samples; i++) {
        const FzSample *sample = fz_ruleset_sample(ruleset, i);

        if (sample->wanted && sample->rule != NULL)
            ids[shown++] = sample->rule;
    }
    qsort(ids, shown, sizeof *ids, compare_ids);
    for (uint32_t i = 0; i < fz_ruleset_count(ruleset); i++)
        untested += bsearch(&fz_ruleset_rule(ruleset, i)->id, ids, shown,
                            sizeof *ids, compare_ids) == NULL;
    fz_free(ids);
    return untested;
}

FzStatus fz_cases_run(const FzRuleset *ruleset, int64_t now_ms, FzCaseEach each,
                      void *ctx, FzCaseCounts *counts_out)
{
    Run *run = fz_calloc(1, sizeof *run);
    FzCaseCounts counts = {0, 0, 0};

    run->ruleset = ruleset;
    run->now_ms = now_ms;
    fz_rule_controls_init(&run->controls, ruleset);
    for (uint32_t i = 0; i < run->controls.count; i++)
        run->controls.state[i] = FZ_RULE_ACTIVE;
    run->pool = fz_scanner_pool_create(ruleset);
    run->env.ruleset = ruleset;
    run->env.controls = &run->controls;
    run->env.policy = fz_policy_patterns();
    /* samples name hosts that nobody can own, whatever the configuration */
    if (fz_url_tables_create(fz_url_config_samples(), NULL, &run->urls) ==
        FZ_OK)
        run->env.urls = run->urls;
    for (size_t i = 0; i < fz_ruleset_sample_count(ruleset); i++) {
        counts.run++;
        counts.failed +=
            !run_sample(run, fz_ruleset_sample(ruleset, i), each, ctx);
    }
    counts.untested = count_untested(ruleset);
    fz_scanner_pool_destroy(run->pool);
    fz_url_tables_destroy(run->urls);
    fz_rule_controls_clear(&run->controls);
    fz_buf_clear(&run->why);
    fz_buf_clear(&run->folded);
    fz_free(run);
    *counts_out = counts;
    return counts.failed == 0 ? FZ_OK : FZ_E_RULE;
}

static void tell(void *ctx, const FzCaseResult *result)
{
    const FzSample *sample = result->sample;

    if (!result->ok)
        fz_diag(ctx, FZ_E_RULE, sample->file, sample->line, sample->rule,
                "sample fails: %s; folded it reads `%s'", result->why,
                result->folded);
}

FzStatus fz_cases_check(const FzRuleset *ruleset, int64_t now_ms,
                        const FzDiagSink *sink, FzCaseCounts *counts_out)
{
    FzStatus status = fz_cases_run(ruleset, now_ms, tell,
                                   (void *)(uintptr_t)sink, counts_out);

    return status;
}
