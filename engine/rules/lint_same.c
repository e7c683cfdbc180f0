/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lint_same.c - rules that mean the same, and rules that others contain
 */
#include "config.h"

#include "base/buf.h"
#include "engine/rules/builder.h"
#include "engine/rules/lint_impl.h"

#include <stdlib.h>

/* Comparisons of rules with each other, of one rule and of all. */
#define COMPARES_OF_ONE 200
#define COMPARES_OF_ALL 5000000

/* --- rules that say the same --------------------------------------------- */

static void put_condition(FzBuf *key, const FzWhen *when)
{
    for (uint32_t i = 0; when != NULL && i < when->count; i++) {
        fz_buf_append(key, &when->test[i].field, 1);
        fz_buf_append_octet(
            key, (uint8_t)(when->test[i].kind * 2 + when->test[i].negated));
        fz_buf_append_slice(key, when->test[i].value);
        fz_buf_append_octet(key, 0);
    }
}

static void put_clause(FzBuf *key, const FzProgram *program,
                       const FzClause *clause)
{
    fz_buf_printf(key, "(%d%d%d", clause->at_start, clause->at_end,
                  clause->end_gap);
    for (uint32_t s = clause->step; s < clause->step + clause->steps; s++)
        fz_buf_printf(
            key, ",%u~%u", program->step[s].term,
            s == clause->step && !clause->at_start ? 0 : program->step[s].gap);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(fz_buf_text((FzBuf *)a), fz_buf_text((FzBuf *)b));
}

/* Phrases of `all' and of `none' mean the same in any order. */
static void put_clauses(FzBuf *key, const FzProgram *program, uint32_t first,
                        uint32_t count)
{
    FzBuf clause[FZ_LIMIT_FORM_CLAUSES];

    for (uint32_t i = 0; i < count; i++) {
        clause[i] = (FzBuf)FZ_BUF_INIT;
        put_clause(&clause[i], program, &program->clause[first + i]);
    }
    if (count > 1)
        qsort(clause, count, sizeof *clause, by_text);
    for (uint32_t i = 0; i < count; i++) {
        fz_buf_append_slice(key, fz_buf_slice(&clause[i]));
        fz_buf_clear(&clause[i]);
    }
}

/* All that decides whether a form matches. */
static void put_form(FzBuf *key, const FzLint *lint, const FzProgram *program,
                     const FzForm *form)
{
    fz_buf_printf(key, "%d/%d/%u/%u/", form->all, form->none, form->within,
                  form->facts);
    if (form->regex)
        fz_buf_append_text(key, lint->source[form->rule]->keys.regex.text);
    put_clauses(key, program, form->clause, form->all);
    fz_buf_append_octet(key, '-');
    put_clauses(key, program, form->clause + form->all, form->none);
    for (uint32_t f = form->fact; f < form->fact + form->facts; f++)
        fz_buf_printf(key, "!%d%d", program->fact[f].fact,
                      program->fact[f].wanted);
    put_condition(key, lint->ruleset->run[form->rule].when);
}

void fz_lint_equal(FzLint *lint, const FzProgram *program)
{
    FzArena arena;
    FzIntern seen;
    uint32_t *rule_of = fz_calloc(program->form_count + 1, sizeof *rule_of);

    fz_arena_init(&arena);
    fz_intern_init(&seen, &arena);
    for (uint32_t f = 0; f < program->form_count; f++) {
        const FzForm *form = &program->form[f];
        const FzRuleSource *rule = lint->source[form->rule];
        FzBuf key = FZ_BUF_INIT;
        uint32_t number;
        bool is_new;

        /* a rule of another view is in the folded program as well */
        if (rule->helper || rule->keys.expr.text != NULL ||
            (FzViewKind)rule->keys.view != program->view)
            continue;
        put_form(&key, lint, program, form);
        number = fz_intern_add(&seen, fz_buf_slice(&key), &is_new);
        if (is_new)
            rule_of[number] = form->rule;
        else
            fz_lint_find(lint, rule->file, rule->line, rule->keys.id.text,
                         "it means the same as `%s'",
                         lint->source[rule_of[number]]->keys.id.text);
        fz_buf_clear(&key);
    }
    fz_intern_clear(&seen);
    fz_arena_clear(&arena);
    fz_free(rule_of);
}

/* An expression without its blanks. Helpers are the set's own. */
static void put_expr(FzBuf *key, const FzLint *lint, const FzRuleSource *rule)
{
    for (const char *at = rule->keys.expr.text; *at != '\0'; at++)
        if (*at != ' ')
            fz_buf_append(key, at, 1);
    if (strchr(rule->keys.expr.text, '@') != NULL)
        fz_buf_printf(key, " %s", rule->set->name);
    fz_buf_append_octet(key, 0);
    put_condition(key, lint->ruleset->run[rule->number].when);
}

void fz_lint_equal_exprs(FzLint *lint)
{
    const FzRuleSource **first =
        fz_calloc(lint->model->rule_count + 1, sizeof *first);
    FzArena arena;
    FzIntern seen;

    fz_arena_init(&arena);
    fz_intern_init(&seen, &arena);
    for (uint32_t i = 0; i < lint->model->rule_count; i++) {
        const FzRuleSource *rule = &lint->model->rule[i];
        FzBuf key = FZ_BUF_INIT;
        uint32_t number;
        bool is_new;

        if (rule->helper || rule->keys.expr.text == NULL ||
            rule->number == FZ_NOT_LOADED)
            continue;
        put_expr(&key, lint, rule);
        number = fz_intern_add(&seen, fz_buf_slice(&key), &is_new);
        if (is_new)
            first[number] = rule;
        else
            fz_lint_find(lint, rule->file, rule->line, rule->keys.id.text,
                         "it means the same as `%s'",
                         first[number]->keys.id.text);
        fz_buf_clear(&key);
    }
    fz_intern_clear(&seen);
    fz_arena_clear(&arena);
    fz_free(first);
}

/* --- rules that others contain ------------------------------------------- */

static bool words_within(const FzProgram *program, uint32_t inner,
                         uint32_t outer)
{
    const FzTerm *a = &program->term[inner], *b = &program->term[outer];
    const uint32_t *x = program->term_word + a->word;
    const uint32_t *y = program->term_word + b->word;
    uint32_t j = 0;

    if (inner == outer)
        return true;
    if ((a->runs & ~b->runs) != 0 || (a->entities & ~b->entities) != 0 ||
        a->words > b->words)
        return false;
    for (uint32_t i = 0; i < a->words; i++) {
        while (j < b->words && y[j] < x[i])
            j++;
        if (j == b->words || y[j] != x[i])
            return false;
    }
    return true;
}

static bool gap_within(uint8_t inner, uint8_t outer)
{
    if (inner == FZ_GAP_JOIN)
        return outer == FZ_GAP_JOIN || outer >= FZ_JOIN_CHARS;
    return outer != FZ_GAP_JOIN && inner <= outer;
}

/* Whether wherever `inner' matches, `outer' does: the same terms or more, at
 * the same distances or more. */
static bool clause_within(const FzProgram *program, const FzClause *inner,
                          const FzClause *outer)
{
    uint32_t extra = inner->steps - outer->steps;

    if (outer->steps > inner->steps || outer->at_start || outer->at_end)
        return false;
    for (uint32_t from = 0; from <= extra; from++) {
        uint32_t s = 0;

        while (s < outer->steps) {
            const FzStep *a = &program->step[inner->step + from + s];
            const FzStep *b = &program->step[outer->step + s];

            if (!words_within(program, a->term, b->term) ||
                (s > 0 && !gap_within(a->gap, b->gap)))
                break;
            s++;
        }
        if (s == outer->steps)
            return true;
    }
    return false;
}

/* Each phrase of the outer is within one of the inner. */
static bool form_within(const FzProgram *program, const FzForm *inner,
                        const FzForm *outer)
{
    if (outer->within != 0 &&
        (inner->within == 0 || inner->within > outer->within))
        return false;
    for (uint32_t o = 0; o < outer->all; o++) {
        uint32_t i = 0;

        while (i < inner->all &&
               !clause_within(program, &program->clause[inner->clause + i],
                              &program->clause[outer->clause + o]))
            i++;
        if (i == inner->all)
            return false;
    }
    return true;
}

/* A rule that says no less, asks for no more, and contains this one. */
static bool contains(const FzLint *lint, const FzProgram *program,
                     const FzForm *outer, const FzForm *inner)
{
    const FzRuleSource *a = lint->source[inner->rule];
    const FzRuleSource *b = lint->source[outer->rule];

    return outer->rule != inner->rule && !b->helper &&
           b->keys.state == FZ_RULE_ACTIVE && !outer->regex &&
           outer->none == 0 && outer->facts == 0 &&
           lint->ruleset->run[outer->rule].when == NULL &&
           b->keys.unless.count == 0 && b->keys.score >= a->keys.score &&
           b->keys.action >= a->keys.action &&
           b->keys.rewrite.replace.text == NULL && b->keys.rewrite.kind == 0 &&
           (FzViewKind)b->keys.view == program->view && b->expires_ms == 0 &&
           b->expires_days == 0;
}

/* Who contains it is anchored at a term that has all words of one of its. */
static bool check_contained_at(FzLint *lint, const FzProgram *program,
                               const FzForm *form, const FzTerm *term,
                               uint32_t *compares)
{
    const FzRuleSource *rule = lint->source[form->rule];
    uint32_t word = program->term_word[term->word];

    for (uint32_t e = program->entry_first[word];
         e < program->entry_first[word + 1]; e++) {
        const FzForm *other = &program->form[program->entry[e].form];

        if ((*compares)++ == COMPARES_OF_ONE ||
            lint->compares++ > COMPARES_OF_ALL)
            return true;
        if (!contains(lint, program, other, form) ||
            !form_within(program, form, other) ||
            form_within(program, other, form))
            continue;
        fz_lint_find(lint, rule->file, rule->line, rule->keys.id.text,
                     "whatever it matches, `%s' matches with as many points",
                     lint->source[other->rule]->keys.id.text);
        return true;
    }
    return false;
}

void fz_lint_contained(FzLint *lint, const FzProgram *program,
                       const FzForm *form, const FzRuleSource *rule)
{
    uint32_t compares = 0;

    if (rule->helper || form->regex || form->all == 0 ||
        (FzViewKind)rule->keys.view != program->view)
        return;
    for (uint32_t c = form->clause; c < form->clause + form->all; c++) {
        const FzClause *clause = &program->clause[c];

        for (uint32_t s = clause->step; s < clause->step + clause->steps; s++) {
            const FzTerm *term = &program->term[program->step[s].term];

            if (term->words != 0 &&
                check_contained_at(lint, program, form, term, &compares))
                return;
        }
    }
}
