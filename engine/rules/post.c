/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "engine/rules/builder.h"
#include "engine/rules/post.h"

#include <stdio.h>

typedef struct Build {
    const FzModel *model;
    FzCompiler *compiler;
    FzArena *arena;
    const FzRuleSource *rule; /* whose expr is being read */
    FzPost *post;             /* by place in `source' */
    const FzRuleSource **source;
    uint32_t count;
    bool *text_alone;  /* by number: words alone can bring it about */
    uint32_t *post_of; /* by number: place in `post', UINT32_MAX */
    FzStatus status;
} Build;

static void refuse(Build *build, const FzRuleSource *rule, uint32_t line,
                   const char *what)
{
    build->status =
        fz_diag(build->model->sink, FZ_E_RULE, rule->file,
                line == 0 ? rule->line : line, rule->keys.id.text, "%s", what);
}

/* --- names --------------------------------------------------------------- */

static bool rule_step(const FzRuleSource *rule, FzExprStep *step)
{
    if (rule->number == FZ_NOT_LOADED)
        *step = (FzExprStep){FZ_EXPR_FALSE, 0, 0};
    else
        *step = (FzExprStep){FZ_EXPR_RULE, 0, rule->number};
    return true;
}

static bool find_name(const void *ctx, const char *name, FzExprStep *step)
{
    const Build *build = ctx;
    const FzRuleSource *rule;
    char helper[256];
    int fact;

    if (name[0] == '@') {
        snprintf(helper, sizeof helper, "@%s.%s", build->rule->set->name,
                 name + 1);
        name = helper;
    }
    rule = fz_model_find(build->model, name);
    if (rule != NULL)
        return rule_step(rule, step);
    fact = fz_compiler_fact(build->compiler, name);
    if (fact < 0)
        return false;
    *step = (FzExprStep){FZ_EXPR_FACT, 0, (uint32_t)fact};
    return true;
}

/* A pattern never stands for the rule that it is written in. */
static bool match_name(const void *ctx, const char *pattern, uint32_t *at,
                       FzExprStep *step)
{
    const Build *build = ctx;

    while (*at < build->model->rule_count) {
        const FzRuleSource *rule = &build->model->rule[(*at)++];

        if (!rule->helper && rule->number != FZ_NOT_LOADED &&
            rule->number != build->rule->number &&
            fz_glob_matches(pattern, rule->keys.id.text))
            return rule_step(rule, step);
    }
    return false;
}

static const char *name_at(const void *ctx, size_t i)
{
    const FzModel *model = ((const Build *)ctx)->model;

    if (i < FZ_SIGNAL_IDS)
        return fz_signal_defs()[i].name;
    i -= FZ_SIGNAL_IDS;
    return i < model->rule_count && i < 5000 ? model->rule[i].keys.id.text
                                             : NULL;
}

static const char *nearest_name(const void *ctx, const char *name)
{
    return fz_nearest_name(name, name_at, ctx);
}

/* --- reading ------------------------------------------------------------- */

static void read_expr(Build *build, const FzLocated *text, FzExpr *expr)
{
    FzExprNames names = {find_name, match_name, nearest_name, build};
    FzSchemaReader reader = {.sink = build->model->sink,
                             .file = build->rule->file,
                             .rule_id = build->rule->keys.id.text,
                             .arena = build->arena};
    FzStatus status = fz_expr_parse(text, &names, &reader, expr);

    if (status != FZ_OK)
        build->status = status;
}

/* The names of `unless': any of them cancels. */
static void read_unless(Build *build, const FzLocatedList *list, FzExpr *expr)
{
    FzExprStep *step =
        fz_arena_alloc(build->arena, 2 * list->count * sizeof *step);
    uint32_t count = 0;

    for (uint32_t i = 0; i < list->count; i++) {
        const char *nearest;

        if (find_name(build, list->item[i].text, &step[count])) {
            if (count++ > 0)
                step[count++] = (FzExprStep){FZ_EXPR_OR, 0, 0};
            continue;
        }
        nearest = nearest_name(build, list->item[i].text);
        build->status = fz_diag(
            build->model->sink, FZ_E_RULE, build->rule->file,
            list->item[i].line, build->rule->keys.id.text,
            nearest != NULL ? "there is no rule or signal `%s' (did you mean "
                              "`%s'?)"
                            : "there is no rule or signal `%s'",
            list->item[i].text, nearest);
    }
    *expr = (FzExpr){step, count};
}

static void read_rule(Build *build, const FzRuleSource *rule)
{
    FzPost post = {.rule = rule->number};

    if (rule->keys.expr.text == NULL && rule->keys.unless.count == 0)
        return;
    build->rule = rule;
    if (rule->keys.expr.text != NULL)
        read_expr(build, &rule->keys.expr, &post.expr);
    if (rule->keys.unless.count != 0)
        read_unless(build, &rule->keys.unless, &post.unless);
    if (rule->number == FZ_NOT_LOADED)
        return; /* a draft: its mistakes are told, that is all */
    build->post_of[rule->number] = build->count;
    build->source[build->count] = rule;
    build->post[build->count++] = post;
}

/* --- order --------------------------------------------------------------- */

typedef void (*EachName)(void *ctx, const FzExprStep *step);

static void each_name(const FzPost *post, EachName each, void *ctx)
{
    for (uint32_t i = 0; i < post->expr.count; i++)
        if (post->expr.step[i].op <= FZ_EXPR_FACT)
            each(ctx, &post->expr.step[i]);
    for (uint32_t i = 0; i < post->unless.count; i++)
        if (post->unless.step[i].op <= FZ_EXPR_FACT)
            each(ctx, &post->unless.step[i]);
}

typedef struct Order {
    Build *build;
    uint32_t *waits; /* by post: posts it rests on that are not placed yet */
    uint32_t *first, *next; /* edges to those that rest on it */
    uint32_t at, edges;
} Order;

static void count_edge(void *ctx, const FzExprStep *step)
{
    Order *order = ctx;
    uint32_t other;

    if (step->op != FZ_EXPR_RULE)
        return;
    other = order->build->post_of[step->of];
    if (other == UINT32_MAX)
        return;
    order->waits[order->at]++;
    order->first[other + 2]++;
    order->edges++;
}

static void put_edge(void *ctx, const FzExprStep *step)
{
    Order *order = ctx;
    uint32_t other;

    if (step->op != FZ_EXPR_RULE)
        return;
    other = order->build->post_of[step->of];
    if (other != UINT32_MAX)
        order->next[order->first[other + 1]++] = order->at;
}

/* Some post that is still waited for by the one at hand. */
static void find_wait(void *ctx, const FzExprStep *step)
{
    Order *order = ctx;
    uint32_t other;

    if (step->op != FZ_EXPR_RULE)
        return;
    other = order->build->post_of[step->of];
    if (other != UINT32_MAX && order->waits[other] != 0)
        order->edges = other;
}

/* Who is left waits for others that are left: walking along them, one is met
 * again. */
static void tell_circle(Order *order, uint32_t start)
{
    Build *build = order->build;
    FzBuf path = FZ_BUF_INIT;
    uint32_t at = start, from;

    for (uint32_t i = 0; i < build->count; i++) {
        each_name(&build->post[at], find_wait, order);
        at = order->edges;
    }
    from = at;
    fz_buf_append_text(&path, build->source[at]->keys.id.text);
    do {
        each_name(&build->post[at], find_wait, order);
        at = order->edges;
        if (path.octets < 300)
            fz_buf_printf(&path, " -> %s", build->source[at]->keys.id.text);
    } while (at != from);
    build->status =
        fz_diag(build->model->sink, FZ_E_RULE, build->source[from]->file,
                build->source[from]->line, build->source[from]->keys.id.text,
                "the rule rests on itself: %s", fz_buf_text(&path));
    fz_buf_clear(&path);
}

/* Posts in an order in which each comes behind all it rests on. */
static uint32_t *order_posts(Build *build)
{
    uint32_t *placed = fz_calloc(build->count + 1, sizeof *placed), count = 0;
    Order order = {.build = build};

    order.waits = fz_calloc(build->count + 1, sizeof *order.waits);
    order.first = fz_calloc(build->count + 2, sizeof *order.first);
    for (order.at = 0; order.at < build->count; order.at++)
        each_name(&build->post[order.at], count_edge, &order);
    for (uint32_t i = 2; i < build->count + 2; i++)
        order.first[i] += order.first[i - 1];
    order.next = fz_calloc(order.edges + 1, sizeof *order.next);
    for (order.at = 0; order.at < build->count; order.at++)
        each_name(&build->post[order.at], put_edge, &order);
    for (uint32_t i = 0; i < build->count; i++)
        if (order.waits[i] == 0)
            placed[count++] = i;
    for (uint32_t done = 0; done < count; done++)
        for (uint32_t e = order.first[placed[done]];
             e < order.first[placed[done] + 1]; e++)
            if (--order.waits[order.next[e]] == 0)
                placed[count++] = order.next[e];
    for (uint32_t i = 0; i < build->count && count < build->count; i++) {
        if (order.waits[i] != 0) {
            tell_circle(&order, i);
            break;
        }
    }
    fz_free(order.waits);
    fz_free(order.first);
    fz_free(order.next);
    return placed;
}

/* --- who may cancel ------------------------------------------------------ */

static bool names_who(const FzLocatedList *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->item[i].text[0] == '!')
            return false; /* anybody else is meant too */
    return list->count != 0;
}

static bool is_about_sender(const char *name)
{
    return strncmp(name, "sender.", 7) == 0 || strncmp(name, "list.", 5) == 0;
}

/* Can a text alone, from whomever, make it match? */
static bool is_text_alone(const FzRuleSource *rule)
{
    const FzRuleKeys *keys = &rule->keys;

    if (names_who(&keys->when.sender) || names_who(&keys->when.identity) ||
        names_who(&keys->when.boxc) || names_who(&keys->when.smsc))
        return false;
    for (uint32_t i = 0; i < keys->all.count; i++)
        if (is_about_sender(keys->all.item[i].text))
            return false;
    return true;
}

static bool step_possible(const Build *build, const FzExprStep *step)
{
    if (step->op == FZ_EXPR_RULE)
        return build->text_alone[step->of];
    return step->of >= FZ_SIGNAL_IDS
               ? false /* what a list answers */
               : !is_about_sender(fz_signal_defs()[step->of].name);
}

/* The value where every name is true that a text can bring about, and what is
 * negated may be either. */
static bool is_possible(const Build *build, const FzExpr *expr)
{
    bool stack[FZ_LIMIT_EXPR_OPS];
    uint32_t top = 0, count;

    for (uint32_t i = 0; i < expr->count; i++) {
        const FzExprStep *step = &expr->step[i];

        switch ((FzExprOp)step->op) {
        case FZ_EXPR_RULE:
        case FZ_EXPR_FACT:
            stack[top++] = step_possible(build, step);
            break;
        case FZ_EXPR_FALSE:
            stack[top++] = false;
            break;
        case FZ_EXPR_NOT:
            stack[top - 1] = true;
            break;
        case FZ_EXPR_AND:
            top--;
            stack[top - 1] = stack[top - 1] && stack[top];
            break;
        case FZ_EXPR_OR:
            top--;
            stack[top - 1] = stack[top - 1] || stack[top];
            break;
        case FZ_EXPR_COUNT:
            count = 0;
            for (uint32_t v = 0; v < step->of; v++)
                count += stack[--top];
            stack[top++] = count >= step->arg;
            break;
        }
    }
    return stack[0];
}

static void check_unless(Build *build, const uint32_t *placed)
{
    for (uint32_t i = 0; i < build->count; i++) {
        const FzPost *post = &build->post[placed[i]];
        const FzRuleSource *rule = build->source[placed[i]];

        if (post->expr.count != 0)
            build->text_alone[post->rule] = build->text_alone[post->rule] &&
                                            is_possible(build, &post->expr);
        for (uint32_t s = 0; s < post->unless.count; s++) {
            const FzExprStep *step = &post->unless.step[s];

            if (step->op <= FZ_EXPR_FACT && step_possible(build, step)) {
                refuse(build, rule, rule->keys.unless.item[0].line,
                       "`unless' names what a text alone can bring about: a "
                       "fraudster would append the words; the cancelling rule "
                       "needs a sender or an identity in `when'");
                break;
            }
        }
    }
}

/* --- triggers ------------------------------------------------------------ */

typedef struct Trigger {
    uint32_t *rule_first, *fact_first; /* counts, then places */
    uint32_t *rule_post, *fact_post;
    uint32_t at;
} Trigger;

static void count_trigger(void *ctx, const FzExprStep *step)
{
    Trigger *trigger = ctx;

    if (step->op == FZ_EXPR_RULE)
        trigger->rule_first[step->of + 2]++;
    else
        trigger->fact_first[step->of + 2]++;
}

static void put_trigger(void *ctx, const FzExprStep *step)
{
    Trigger *trigger = ctx;

    if (step->op == FZ_EXPR_RULE)
        trigger->rule_post[trigger->rule_first[step->of + 1]++] = trigger->at;
    else
        trigger->fact_post[trigger->fact_first[step->of + 1]++] = trigger->at;
}

static void link_triggers(FzPosts *posts, FzArena *arena, uint32_t total)
{
    Trigger trigger = {0};

    trigger.rule_first =
        fz_arena_alloc(arena, (total + 2) * sizeof *trigger.rule_first);
    trigger.fact_first = fz_arena_alloc(arena, (FZ_LIMIT_FACTS + 2) *
                                                   sizeof *trigger.fact_first);
    for (uint32_t i = 0; i < posts->count; i++) {
        each_name(&posts->post[i], count_trigger, &trigger);
        /* what has a form of its own is looked at when that was found */
        trigger.rule_first[posts->post[i].rule + 2]++;
    }
    for (uint32_t i = 2; i < total + 2; i++)
        trigger.rule_first[i] += trigger.rule_first[i - 1];
    for (uint32_t i = 2; i < FZ_LIMIT_FACTS + 2; i++)
        trigger.fact_first[i] += trigger.fact_first[i - 1];
    trigger.rule_post = fz_arena_alloc(
        arena, (trigger.rule_first[total + 1] + 1) * sizeof *trigger.rule_post);
    trigger.fact_post =
        fz_arena_alloc(arena, (trigger.fact_first[FZ_LIMIT_FACTS + 1] + 1) *
                                  sizeof *trigger.fact_post);
    for (trigger.at = 0; trigger.at < posts->count; trigger.at++) {
        FzExprStep self = {FZ_EXPR_RULE, 0, posts->post[trigger.at].rule};

        each_name(&posts->post[trigger.at], put_trigger, &trigger);
        put_trigger(&trigger, &self);
    }
    posts->rule_first = trigger.rule_first;
    posts->rule_post = trigger.rule_post;
    posts->fact_first = trigger.fact_first;
    posts->fact_post = trigger.fact_post;
}

static void name_fact(void *ctx, const FzExprStep *step)
{
    if (step->op == FZ_EXPR_FACT)
        fz_facts_add(ctx, step->of);
}

void fz_posts_name_facts(const FzPosts *posts, FzFacts *named)
{
    for (uint32_t i = 0; i < posts->count; i++)
        each_name(&posts->post[i], name_fact, named);
}

/* --- all of it ----------------------------------------------------------- */

FzStatus fz_posts_build(FzPosts *posts, const FzModel *model,
                        FzCompiler *compiler, FzArena *arena, uint32_t total)
{
    Build build = {.model = model, .compiler = compiler, .arena = arena};
    uint32_t *placed = NULL;
    FzPost *ordered;

    build.post = fz_calloc(total + 1, sizeof *build.post);
    build.source = fz_calloc(total + 1, sizeof *build.source);
    build.post_of = fz_malloc((total + 1) * sizeof *build.post_of);
    build.text_alone = fz_calloc(total + 1, sizeof *build.text_alone);
    memset(build.post_of, 0xFF, (total + 1) * sizeof *build.post_of);
    for (uint32_t i = 0; i < model->rule_count; i++) {
        const FzRuleSource *rule = &model->rule[i];

        if (rule->number != FZ_NOT_LOADED)
            build.text_alone[rule->number] = is_text_alone(rule);
        if (rule->number != FZ_NOT_LOADED || rule->keys.state == FZ_RULE_DRAFT)
            read_rule(&build, rule);
    }
    if (build.status == FZ_OK)
        placed = order_posts(&build);
    if (build.status == FZ_OK)
        check_unless(&build, placed);
    if (build.status == FZ_OK) {
        ordered = fz_arena_alloc(arena, (build.count + 1) * sizeof *ordered);
        for (uint32_t i = 0; i < build.count; i++)
            ordered[i] = build.post[placed[i]];
        *posts = (FzPosts){.post = ordered, .count = build.count};
        link_triggers(posts, arena, total);
    }
    fz_free(placed);
    fz_free(build.post);
    fz_free(build.source);
    fz_free(build.post_of);
    fz_free(build.text_alone);
    return build.status;
}
