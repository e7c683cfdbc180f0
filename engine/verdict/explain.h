/* SPDX-License-Identifier: BSD-2-Clause
 *
 * explain.h - a verdict, told to a person or to a program
 *
 * For tools and consoles: it shows the text, so nothing of it belongs into a
 * log. Control characters of the text are shown as escapes, never sent to the
 * terminal.
 */
#ifndef FZ_ENGINE_VERDICT_EXPLAIN_H
#define FZ_ENGINE_VERDICT_EXPLAIN_H

#include "base/buf.h"
#include "engine/verdict/rewrite.h"
#include "engine/verdict/verdict.h"

#include <jansson.h>

/** One judged message; all borrowed for the call. */
typedef struct FzExplain {
    const FzMessage *message;
    const FzJudgeEnv *env; /* as it was judged with */
    const FzVerdict *verdict;
    const FzText *text;       /* of the scanner it was judged with; NULL when
                                 there were no rules */
    const FzViews *views;     /* likewise */
    const FzUrls *urls;       /* likewise */
    const FzRewrite *rewrite; /* the text that would be delivered; NULL: none */
} FzExplain;

typedef enum FzExplainStyle {
    FZ_EXPLAIN_PLAIN = 0,
    FZ_EXPLAIN_COLOUR = 1, /* a terminal, and no NO_COLOR */
} FzExplainStyle;

/**
 * Several lines: verdict and what decided, the score by part, each signal with
 * rule, revision, view and place, the original text with the spans marked, and
 * what would have to be different for another verdict (decide again with one
 * signal left out, or one shadow rule active).
 */
void fz_explain_text(const FzExplain *what, FzExplainStyle style, FzBuf *out);

/** One object as scan prints it (docs/interfaces.md): verdict, score, reason,
 *  profile, ruleset, signals, urls, contacts, and text for a rewrite. `verdict`
 * is what enforce does. The caller decrefs; `id` is added by whoever knows it.
 */
json_t *fz_explain_json(const FzExplain *what);

#endif
