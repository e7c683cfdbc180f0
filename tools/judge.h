/* SPDX-License-Identifier: BSD-2-Clause
 *
 * judge.h - one message through the engine, as scan and explain want it
 */
#ifndef FZ_TOOLS_JUDGE_H
#define FZ_TOOLS_JUDGE_H

#include "config/bundle.h"
#include "engine/verdict/explain.h"
#include "engine/verdict/rewrite.h"

typedef struct FzJudge {
    const FzBundle *bundle;
    FzJudgeEnv env;
    FzScanner *scanner; /* NULL without rules */
    FzVerdict verdict;
    FzRewrite rewrite;
    bool rewritten;
} FzJudge;

void fz_judge_open(FzJudge *judge, const FzBundle *bundle);
void fz_judge_close(FzJudge *judge);

/** Judge, and rewrite where that is the verdict; `what` points into `judge`
 *  until the next message. */
void fz_judge_run(FzJudge *judge, const FzMessage *message, FzExplain *what);

#endif
