/* SPDX-License-Identifier: BSD-2-Clause
 *
 * postrun.c - expr and unless of one message
 */
#include "config.h"

#include "engine/rules/impl.h"
#include "engine/rules/scanner.h"

static void mark(FzScanner *scanner, const uint32_t *first,
                 const uint32_t *post, uint32_t of)
{
    for (uint32_t i = first[of]; i < first[of + 1]; i++)
        scanner->pending[post[i] / 64] |= (uint64_t)1 << (post[i] % 64);
}

static void mark_rule(const FzScan *scan, uint32_t rule)
{
    mark(scan->scanner, scan->ruleset->posts.rule_first,
         scan->ruleset->posts.rule_post, rule);
}

/* --- values -------------------------------------------------------------- */

static bool value_of(const void *ctx, const FzExprStep *step)
{
    const FzScan *scan = ctx;

    if (step->op == FZ_EXPR_FACT)
        return fz_facts_have(&scan->scanner->facts, step->of);
    return fz_scanner_match(scan->scanner, step->of) != NULL;
}

typedef struct Cancel {
    const FzScan *scan;
    bool acts; /* the rule to be cancelled is active */
} Cancel;

/* A rule in shadow never acts, so it cancels no rule that does. */
static bool cancels(const void *ctx, const FzExprStep *step)
{
    const Cancel *cancel = ctx;
    const FzRuleset *ruleset = cancel->scan->ruleset;

    if (!value_of(cancel->scan, step))
        return false;
    return !cancel->acts || step->op == FZ_EXPR_FACT ||
           step->of >= ruleset->count ||
           fz_rule_state_in_force(ruleset, cancel->scan->controls, step->of) ==
               FZ_RULE_ACTIVE;
}

/* --- the places of what an expr rests on --------------------------------- */

static void add_span(FzMatch *match, FzSpan span)
{
    uint8_t at = 0;

    while (at < match->span_count &&
           (match->spans[at].cp_from < span.cp_from ||
            (match->spans[at].cp_from == span.cp_from &&
             match->spans[at].cp_to < span.cp_to)))
        at++;
    if ((at < match->span_count && match->spans[at].cp_from == span.cp_from &&
         match->spans[at].cp_to == span.cp_to) ||
        match->span_count == FZ_SIGNAL_SPANS)
        return;
    memmove(&match->spans[at + 1], &match->spans[at],
            (size_t)(match->span_count - at) * sizeof span);
    match->spans[at] = span;
    match->span_count++;
}

static void take_places(const FzScan *scan, const FzExpr *expr, FzMatch *match)
{
    for (uint32_t i = 0; i < expr->count; i++) {
        const FzMatch *other;

        if (expr->step[i].op != FZ_EXPR_RULE)
            continue;
        other = fz_scanner_match(scan->scanner, expr->step[i].of);
        if (other == NULL)
            continue;
        for (uint8_t s = 0; s < other->span_count; s++)
            add_span(match, other->spans[s]);
    }
}

/* --- one post ------------------------------------------------------------ */

static void run(const FzScan *scan, const FzPost *post)
{
    FzScanner *scanner = scan->scanner;
    FzMatch match = {.rule = post->rule, .view = FZ_VIEW_RAW};
    Cancel cancel = {scan, true};
    FzMatch *own;

    if (!fz_spend(scanner, 1 + 2 * post->expr.count + post->unless.count))
        return;
    if (post->expr.count != 0) {
        if (!fz_rule_is_asked(scan, post->rule) ||
            !fz_expr_value(&post->expr, value_of, scan))
            return;
        take_places(scan, &post->expr, &match);
        if (!fz_scanner_keep(scanner, &match))
            return;
        mark_rule(scan, post->rule);
    }
    own = (FzMatch *)fz_scanner_match(scanner, post->rule);
    if (own == NULL || post->unless.count == 0)
        return;
    if (post->rule < scan->ruleset->count)
        cancel.acts = fz_rule_state_in_force(scan->ruleset, scan->controls,
                                             post->rule) == FZ_RULE_ACTIVE;
    own->cancelled = fz_expr_value(&post->unless, cancels, &cancel);
}

void fz_posts_run(const FzScan *scan)
{
    const FzPosts *posts = &scan->ruleset->posts;
    FzScanner *scanner = scan->scanner;
    uint32_t words = (posts->count + 63) / 64;

    if (posts->count == 0)
        return;
    memset(scanner->pending, 0, words * sizeof *scanner->pending);
    for (uint32_t i = 0; i < scanner->match_count; i++)
        mark_rule(scan, scanner->match[i].rule);
    for (uint32_t fact = 0; fact < FZ_LIMIT_FACTS; fact++)
        if (posts->fact_first[fact] < posts->fact_first[fact + 1] &&
            fz_facts_have(&scanner->facts, fact))
            mark(scanner, posts->fact_first, posts->fact_post, fact);
    /* what a post brings about is asked for by later ones only; itself it is
     * marked again when it matches, and is done by then */
    for (uint32_t word = 0; word < words; word++) {
        uint64_t done = 0, left;

        while ((left = scanner->pending[word] & ~done) != 0) {
            uint32_t bit = (uint32_t)__builtin_ctzll(left);

            done |= ((uint64_t)1 << bit) | (((uint64_t)1 << bit) - 1);
            run(scan, &posts->post[64 * word + bit]);
        }
    }
}
