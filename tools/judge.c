/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tools/judge.h"

void fz_judge_open(FzJudge *judge, const FzBundle *bundle)
{
    memset(judge, 0, sizeof *judge);
    judge->bundle = bundle;
    judge->env = fz_bundle_env(bundle, false);
    if (bundle->pool != NULL)
        judge->scanner = fz_scanner_take(bundle->pool);
    fz_rewrite_init(&judge->rewrite);
}

void fz_judge_close(FzJudge *judge)
{
    if (judge->scanner != NULL)
        fz_scanner_give(judge->bundle->pool, judge->scanner);
    fz_rewrite_clear(&judge->rewrite);
}

void fz_judge_run(FzJudge *judge, const FzMessage *message, FzExplain *what)
{
    FzText *text =
        judge->scanner == NULL ? NULL : fz_scanner_text(judge->scanner);

    fz_judge(message, &judge->env, judge->scanner, &judge->verdict);
    judge->rewritten =
        text != NULL && fz_rewrite_verdict(message, text, &judge->env,
                                           &judge->verdict, &judge->rewrite);
    if (text != NULL)
        fz_views_complete(text, fz_scanner_views(judge->scanner));
    *what = (FzExplain){
        .message = message,
        .env = &judge->env,
        .verdict = &judge->verdict,
        .text = text,
        .views =
            judge->scanner == NULL ? NULL : fz_scanner_views(judge->scanner),
        .urls = judge->scanner == NULL ? NULL : fz_scanner_urls(judge->scanner),
        .rewrite = judge->rewritten ? &judge->rewrite : NULL,
    };
}
