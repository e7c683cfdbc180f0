/* SPDX-License-Identifier: BSD-2-Clause
 *
 * post.h - what is decided after all views were looked at: expr and unless
 *
 * Rules that rest on others, in an order in which each comes behind all it
 * rests on. One is looked at only when something it names was found.
 */
#ifndef FZ_ENGINE_RULES_POST_H
#define FZ_ENGINE_RULES_POST_H

#include "engine/rules/compile.h"
#include "engine/rules/expr.h"
#include "engine/signal/signal.h"

typedef struct FzPost {
    uint32_t rule;
    FzExpr expr;   /* no steps: the rule has a form of its own */
    FzExpr unless; /* no steps: nothing cancels it */
} FzPost;

typedef struct FzPosts {
    const FzPost *post;
    uint32_t count;
    const uint32_t *rule_first; /* by rule: posts that name it */
    const uint32_t *rule_post;
    const uint32_t *fact_first; /* by fact */
    const uint32_t *fact_post;
} FzPosts;

/**
 * Read every expr and unless of a model whose rules have been numbered; those
 * of drafts are checked alone.
 *
 * @param total  rules and helpers of the rule set
 * @return FZ_E_RULE for names that nobody has, circles, and an unless that
 *         anybody's words could bring about
 */
FzStatus fz_posts_build(FzPosts *posts, const FzModel *model,
                        FzCompiler *compiler, FzArena *arena,
                        uint32_t total) FZ_MUST_CHECK;

/** Add the facts that posts ask for. */
void fz_posts_name_facts(const FzPosts *posts, FzFacts *named);

struct FzScan;
void fz_posts_run(const struct FzScan *scan);

#endif
