/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tools/looks.h"

#include "tools/corpus.h"

void fz_looks_open(FzLooks *looks, const FzBundle *bundle)
{
    memset(looks, 0, sizeof *looks);
    looks->ruleset = bundle->ruleset;
    looks->max_share = FZ_LOOKS_MAX_SHARE;
    fz_judge_open(&looks->judge, bundle);
    fz_costs_init(&looks->costs, bundle->ruleset);
}

void fz_looks_close(FzLooks *looks)
{
    fz_costs_clear(&looks->costs);
    fz_judge_close(&looks->judge);
}

static void count(FzLooks *looks, const FzMessage *message)
{
    FzJudge *judge = &looks->judge;

    looks->costs.message = ++looks->messages;
    fz_scanner_count_costs(judge->scanner, &looks->costs);
    fz_judge(message, &judge->env, judge->scanner, &judge->verdict);
    fz_scanner_count_costs(judge->scanner, NULL);
}

FzStatus fz_looks_take(FzLooks *looks, const char *path, const char *verb,
                       FzProgressLine *line,
                       void (*before)(void *ctx, const FzMessage *message),
                       void *ctx, const FzDiagSink *sink)
{
    FzCorpus corpus;
    FzStatus status = fz_corpus_open(&corpus, path, sink);

    if (status != FZ_OK)
        return status;
    while (fz_corpus_next(&corpus, sink)) {
        if (before != NULL)
            before(ctx, &corpus.in.message);
        count(looks, &corpus.in.message);
        if (looks->messages % 1000 == 0)
            fz_progress_line_tell(line, corpus.octets, corpus.total, verb);
    }
    fz_progress_line_end(line);
    looks->bad += corpus.bad;
    fz_corpus_close(&corpus);
    return FZ_OK;
}

double fz_looks_mean(const FzLooks *looks, uint64_t figure)
{
    return looks->messages == 0 ? 0 : (double)figure / (double)looks->messages;
}

bool fz_looks_too_often(const FzLooks *looks, uint32_t rule)
{
    return !fz_ruleset_rule(looks->ruleset, rule)->common &&
           fz_looks_mean(looks, looks->costs.rule[rule].messages) >
               looks->max_share;
}

void fz_looks_why(const FzLooks *looks, uint32_t rule, FzBuf *out)
{
    uint64_t messages = looks->costs.rule[rule].messages;

    fz_buf_printf(out,
                  "it is looked at in %llu of these %llu messages (%.2f %%): "
                  "give it a rarer word, or mark it `common = true;'",
                  (unsigned long long)messages,
                  (unsigned long long)looks->messages,
                  100 * fz_looks_mean(looks, messages));
}

json_t *fz_looks_json(const FzLooks *looks, uint32_t rule)
{
    const FzRuleCost *cost = &looks->costs.rule[rule];
    const FzRuleInfo *info = fz_ruleset_rule(looks->ruleset, rule);

    return json_pack(
        "{s:s,s:s,s:i,s:f,s:f,s:b,s:b}", "rule", info->id, "file", info->file,
        "line", (int)info->line, "entries", fz_looks_mean(looks, cost->entries),
        "share", fz_looks_mean(looks, cost->messages), "common", info->common,
        "too_often", fz_looks_too_often(looks, rule));
}
