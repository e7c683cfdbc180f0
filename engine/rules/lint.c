/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/utf8.h"
#include "engine/rules/builder.h"
#include "engine/rules/chars.h"
#include "engine/rules/impl.h"
#include "engine/rules/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Comparisons of rules with each other, of one rule and of all. */
#define COMPARES_OF_ONE 200
#define COMPARES_OF_ALL 5000000

typedef struct Lint {
    FzRuleset *ruleset;
    const FzModel *model;
    const FzRuleSource **source; /* by number */
    bool *named;                 /* by number: an expr or unless names it */
    FZ_LIST(FzFinding) finding;
    uint32_t compares;
} Lint;

static void find(Lint *lint, const char *file, uint32_t line, const char *rule,
                 const char *format, ...) FZ_PRINTF(5, 6);

static void find(Lint *lint, const char *file, uint32_t line, const char *rule,
                 const char *format, ...)
{
    FzArena *arena = &lint->ruleset->arena;
    char text[512];
    va_list ap;

    if (lint->finding.count == FZ_LIMIT_FINDINGS)
        return;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    FZ_LIST_ADD(&lint->finding, (FzFinding){fz_arena_strdup(arena, file), line,
                                            fz_arena_strdup(arena, rule),
                                            fz_arena_strdup(arena, text)});
}

static void find_rule(Lint *lint, const FzRuleSource *rule, const char *text)
{
    find(lint, rule->file, rule->line, rule->keys.id.text, "%s", text);
}

static bool has_when(const FzWhenKeys *when)
{
    return when->direction.count != 0 || when->identity.count != 0 ||
           when->boxc.count != 0 || when->smsc.count != 0 ||
           when->sender.count != 0 || when->receiver.count != 0;
}

/* --- kinds of fraud ------------------------------------------------------- */

static const char *class_at(const void *ctx, size_t i)
{
    (void)ctx;
    return fz_scam_classes()[i].name;
}

static void check_class(Lint *lint, const char *file, uint32_t line,
                        const char *rule, const char *name)
{
    const char *nearest;

    for (size_t i = 0; name != NULL; i++) {
        if (class_at(NULL, i) == NULL)
            break;
        if (strcmp(class_at(NULL, i), name) == 0)
            return;
    }
    if (name == NULL)
        return;
    nearest = fz_nearest_name(name, class_at, NULL);
    find(lint, file, line, rule,
         nearest != NULL
             ? "`%s' is no kind of fraud of the list (did you mean `%s'?)"
             : "`%s' is no kind of fraud of the list",
         name, nearest);
}

/* --- the rule by itself -------------------------------------------------- */

/* It neither moves a score nor does anything, and nobody asks for it. */
static bool is_silent(const Lint *lint, const FzRuleSource *rule)
{
    return rule->keys.score == 0 && rule->keys.action == FZ_RULE_BY_SCORE &&
           !lint->named[rule->number];
}

static void check_regex(Lint *lint, const FzRuleSource *rule)
{
    const char *at = rule->keys.regex.text;

    if (at == NULL || rule->keys.view == FZ_VIEW_RAW)
        return;
    for (; *at != '\0'; at++) {
        if (*at == '\\' && at[1] != '\0') {
            at++;
        } else if (*at >= 'A' && *at <= 'Z') {
            find(lint, rule->file, rule->keys.regex.line, rule->keys.id.text,
                 "the regex asks for capital letters, which the view %s has "
                 "none of",
                 fz_view_name((FzViewKind)rule->keys.view));
            return;
        }
    }
}

static void check_rule(Lint *lint, const FzRuleSource *rule)
{
    if (rule->helper || rule->keys.state == FZ_RULE_RETIRED)
        return;
    if (!rule->tested)
        find_rule(lint, rule, "no sample and no case says what it must match");
    if (rule->number == FZ_NOT_LOADED)
        return;
    if (is_silent(lint, rule))
        find_rule(lint, rule,
                  "it has no score and no action, and no expr or unless "
                  "names it: it says nothing");
    check_regex(lint, rule);
    check_class(lint, rule->file, rule->keys.scam_class.line,
                rule->keys.id.text, rule->keys.scam_class.text);
}

/* --- how much text it needs ---------------------------------------------- */

typedef struct Amount {
    unsigned han, letters;
    bool other; /* something that is no word: digits, a link */
} Amount;

static Amount amount_of(FzSlice octets)
{
    Amount amount = {0};
    uint32_t cp;

    for (size_t at = 0; at < octets.octets;) {
        size_t used = fz_utf8_decode(octets.data + at, octets.octets - at, &cp);

        if (used == 0)
            break;
        at += used;
        if (fz_char_is_han(cp))
            amount.han++;
        else if (fz_char_script(cp) != FZ_SCRIPT_NONE)
            amount.letters++;
    }
    return amount;
}

/* Han say more: two of them are as three letters. */
static unsigned weight(Amount amount)
{
    return FZ_LINT_LETTERS * amount.han / FZ_LINT_HAN_CHARS + amount.letters;
}

static Amount least_of(const FzProgram *program, const FzTerm *term)
{
    Amount least = {UINT16_MAX, 0, false};

    if (term->runs != 0 || term->entities != 0)
        return (Amount){0, 0, true};
    for (uint32_t i = 0; i < term->words; i++) {
        const FzWord *word = &program->word[program->term_word[term->word + i]];
        Amount amount =
            amount_of(fz_slice(fz_word_text(program, word), word->octets));

        if (weight(amount) < weight(least))
            least = amount;
    }
    return least;
}

static void check_amount(Lint *lint, const FzProgram *program,
                         const FzForm *form, const FzRuleSource *rule)
{
    Amount total = {0};

    if (form->facts != 0 || has_when(&rule->keys.when) ||
        rule->keys.expr.text != NULL || rule->keys.regex.text != NULL ||
        rule->keys.action == FZ_RULE_PASS ||
        (rule->keys.score <= 0 && rule->keys.action == FZ_RULE_BY_SCORE))
        return;
    for (uint32_t c = form->clause; c < form->clause + form->all; c++) {
        const FzClause *clause = &program->clause[c];

        for (uint32_t s = clause->step; s < clause->step + clause->steps; s++) {
            Amount amount =
                least_of(program, &program->term[program->step[s].term]);

            total.han += amount.han;
            total.letters += amount.letters;
            total.other |= amount.other;
        }
    }
    if (weight(total) < FZ_LINT_LETTERS && !total.other)
        find(lint, rule->file, rule->line, rule->keys.id.text,
             "too broad: %u Han characters and %u letters are enough to match; "
             "at least %d or %d, or another condition",
             total.han, total.letters, FZ_LINT_HAN_CHARS, FZ_LINT_LETTERS);
}

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

/* All that decides whether a form matches. */
static void put_form(FzBuf *key, const Lint *lint, const FzProgram *program,
                     const FzForm *form)
{
    fz_buf_printf(key, "%d/%d/%u/%u/", form->all, form->none, form->within,
                  form->facts);
    for (uint32_t c = form->clause; c < form->clause + form->all + form->none;
         c++) {
        const FzClause *clause = &program->clause[c];

        fz_buf_printf(key, "(%d%d%d", clause->at_start, clause->at_end,
                      clause->end_gap);
        for (uint32_t s = clause->step; s < clause->step + clause->steps; s++)
            fz_buf_printf(key, ",%u~%u", program->step[s].term,
                          s == clause->step && !clause->at_start
                              ? 0
                              : program->step[s].gap);
    }
    for (uint32_t f = form->fact; f < form->fact + form->facts; f++)
        fz_buf_printf(key, "!%d%d", program->fact[f].fact,
                      program->fact[f].wanted);
    put_condition(key, lint->ruleset->run[form->rule].when);
}

static void check_equal(Lint *lint, const FzProgram *program)
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
        if (form->regex || rule->helper || rule->keys.expr.text != NULL ||
            (FzViewKind)rule->keys.view != program->view)
            continue;
        put_form(&key, lint, program, form);
        number = fz_intern_add(&seen, fz_buf_slice(&key), &is_new);
        if (is_new)
            rule_of[number] = form->rule;
        else
            find(lint, rule->file, rule->line, rule->keys.id.text,
                 "it means the same as `%s'",
                 lint->source[rule_of[number]]->keys.id.text);
        fz_buf_clear(&key);
    }
    fz_intern_clear(&seen);
    fz_arena_clear(&arena);
    fz_free(rule_of);
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

/* A rule that says no less, asks for no more, and contains this one. */
static bool contains(const Lint *lint, const FzProgram *program,
                     const FzForm *outer, const FzForm *inner)
{
    const FzRuleSource *a = lint->source[inner->rule];
    const FzRuleSource *b = lint->source[outer->rule];

    return outer->rule != inner->rule && !b->helper &&
           b->keys.state == FZ_RULE_ACTIVE && outer->all == 1 &&
           outer->none == 0 && outer->facts == 0 &&
           lint->ruleset->run[outer->rule].when == NULL &&
           b->keys.unless.count == 0 && b->keys.score >= a->keys.score &&
           b->keys.action >= a->keys.action &&
           b->keys.rewrite.replace.text == NULL && b->keys.rewrite.kind == 0 &&
           (FzViewKind)b->keys.view == program->view && b->expires_ms == 0 &&
           b->expires_days == 0;
}

static void check_contained(Lint *lint, const FzProgram *program,
                            const FzForm *form, const FzRuleSource *rule)
{
    const FzClause *clause = &program->clause[form->clause];
    uint32_t compares = 0;

    if (form->all != 1 || rule->helper || form->regex ||
        (FzViewKind)rule->keys.view != program->view)
        return;
    for (uint32_t s = clause->step; s < clause->step + clause->steps; s++) {
        const FzTerm *term = &program->term[program->step[s].term];
        uint32_t word;

        if (term->words == 0)
            continue;
        /* who contains it is anchored at a term that has all these words */
        word = program->term_word[term->word];
        for (uint32_t e = program->entry_first[word];
             e < program->entry_first[word + 1]; e++) {
            const FzForm *other = &program->form[program->entry[e].form];

            if (compares++ == COMPARES_OF_ONE ||
                lint->compares++ > COMPARES_OF_ALL)
                return;
            if (!contains(lint, program, other, form) ||
                !clause_within(program, clause,
                               &program->clause[other->clause]) ||
                clause_within(program, &program->clause[other->clause], clause))
                continue;
            find(lint, rule->file, rule->line, rule->keys.id.text,
                 "whatever it matches, `%s' matches with as many points",
                 lint->source[other->rule]->keys.id.text);
            return;
        }
    }
}

/* --- words ---------------------------------------------------------------- */

static bool ends_with(FzSlice octets, const char *end)
{
    size_t count = strlen(end);

    return octets.octets >= count &&
           memcmp(octets.data + octets.octets - count, end, count) == 0;
}

/* Names that are nobody's: rules that lean on them work on samples alone. */
static bool is_reserved(FzSlice word)
{
    static const char *const reserved[] = {
        ".example",    ".test",       ".invalid",   ".localhost",
        "example.com", "example.org", "example.net"};

    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (ends_with(word, reserved[i]))
            return true;
    return false;
}

/* Words of the set that end where this one ends: one place in a message is so
 * many hits. */
static uint32_t nested_in(const FzIntern *strings, FzSlice word)
{
    uint32_t count = 0;

    for (size_t at = 1; at < word.octets; at++)
        if ((word.data[at] & 0xC0) != 0x80 &&
            fz_intern_find(strings, fz_slice(word.data + at,
                                             word.octets - at)) != UINT32_MAX)
            count++;
    return count;
}

static void check_word(Lint *lint, const FzProgram *program,
                       const FzRuleSource *rule, FzSlice word,
                       const FzIntern *strings)
{
    if (is_reserved(word))
        find(lint, rule->file, rule->line, rule->keys.id.text,
             "the word `%.*s' is a reserved name: no real message has it",
             (int)word.octets, (const char *)word.data);
    if (fz_utf8_chars(word.data, word.octets) + amount_of(word).han >
        FZ_LINT_WORD_CHARS)
        find(lint, rule->file, rule->line, rule->keys.id.text,
             "the word `%.*s' is the wording of one message: part it into "
             "terms",
             (int)word.octets, (const char *)word.data);
    if (program->view == FZ_VIEW_DESPACED &&
        weight(amount_of(word)) < FZ_LINT_LETTERS)
        find(lint, rule->file, rule->line, rule->keys.id.text,
             "the word `%.*s' is too short for the despaced view, in which "
             "neighbours make new words",
             (int)word.octets, (const char *)word.data);
    if (nested_in(strings, word) > FZ_LINT_NESTED)
        find(lint, rule->file, rule->line, rule->keys.id.text,
             "more than %d other words end where `%.*s' ends: a message made "
             "of them reaches the work limit",
             FZ_LINT_NESTED, (int)word.octets, (const char *)word.data);
}

/* A word is told once, at the first rule that has it. */
static void check_words(Lint *lint, const FzProgram *program)
{
    bool *told = fz_calloc(program->word_count + 1, sizeof *told);
    FzArena arena;
    FzIntern strings;
    bool is_new;

    fz_arena_init(&arena);
    fz_intern_init(&strings, &arena);
    for (uint32_t w = 0; w < program->word_count; w++)
        fz_intern_add(&strings,
                      fz_slice(fz_word_text(program, &program->word[w]),
                               program->word[w].octets),
                      &is_new);
    for (uint32_t f = 0; f < program->form_count; f++) {
        const FzForm *form = &program->form[f];
        const FzRuleSource *rule = lint->source[form->rule];
        uint32_t last = form->clause + form->all + form->none;

        if ((FzViewKind)rule->keys.view != program->view)
            continue;
        for (uint32_t c = form->clause; c < last; c++) {
            const FzClause *clause = &program->clause[c];

            for (uint32_t s = 0; s < clause->steps; s++) {
                const FzTerm *term =
                    &program->term[program->step[clause->step + s].term];

                for (uint32_t i = 0; i < term->words; i++) {
                    uint32_t w = program->term_word[term->word + i];
                    const FzWord *word = &program->word[w];

                    if (!told[w])
                        check_word(
                            lint, program, rule,
                            fz_slice(fz_word_text(program, word), word->octets),
                            &strings);
                    told[w] = true;
                }
            }
        }
    }
    fz_intern_clear(&strings);
    fz_arena_clear(&arena);
    fz_free(told);
}

/* --- a program ------------------------------------------------------------ */

static void check_program(Lint *lint, const FzProgram *program)
{
    for (uint32_t f = 0; f < program->form_count; f++) {
        const FzForm *form = &program->form[f];
        const FzRuleSource *rule = lint->source[form->rule];

        if (rule->helper || (FzViewKind)rule->keys.view != program->view)
            continue;
        check_amount(lint, program, form, rule);
        check_contained(lint, program, form, rule);
    }
    for (uint32_t i = 0; i < program->unanchored_count; i++) {
        const FzForm *form = &program->form[program->unanchored[i]];
        const FzRuleSource *rule = lint->source[form->rule];

        if ((FzViewKind)rule->keys.view == program->view)
            find_rule(lint, rule,
                      "no word leads to it: it is looked at for every "
                      "message");
    }
    check_equal(lint, program);
    check_words(lint, program);
}

/* --- all of it ------------------------------------------------------------ */

static void know_names(Lint *lint)
{
    const FzPosts *posts = &lint->ruleset->posts;

    for (uint32_t i = 0; i < posts->count; i++) {
        const FzExpr *exprs[2] = {&posts->post[i].expr, &posts->post[i].unless};

        for (int e = 0; e < 2; e++)
            for (uint32_t s = 0; s < exprs[e]->count; s++)
                if (exprs[e]->step[s].op == FZ_EXPR_RULE)
                    lint->named[exprs[e]->step[s].of] = true;
    }
}

static void check_groups(Lint *lint)
{
    for (uint32_t s = 0; s < lint->model->set_count; s++) {
        const FzSetSource *set = lint->model->set[s];

        check_class(lint, set->file, 0, NULL, set->scam_class);
        for (uint32_t g = 0; g < set->group_count; g++)
            if (!set->group[g].used)
                find(lint, set->file, set->group[g].line, NULL,
                     "no phrase uses the group `%s'", set->group[g].name);
    }
}

static int by_place(const void *a, const void *b)
{
    const FzFinding *x = a, *y = b;
    int order = strcmp(x->file, y->file);

    if (order != 0)
        return order;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return strcmp(x->text, y->text);
}

void fz_lint(FzRuleset *ruleset, const FzModel *model)
{
    Lint lint = {.ruleset = ruleset, .model = model};

    lint.source = fz_calloc(ruleset->total + 1, sizeof *lint.source);
    lint.named = fz_calloc(ruleset->total + 1, sizeof *lint.named);
    for (uint32_t i = 0; i < model->rule_count; i++)
        if (model->rule[i].number != FZ_NOT_LOADED)
            lint.source[model->rule[i].number] = &model->rule[i];
    know_names(&lint);
    for (uint32_t i = 0; i < model->rule_count; i++)
        check_rule(&lint, &model->rule[i]);
    for (int v = 0; v < FZ_VIEWS; v++)
        check_program(&lint, &ruleset->program[v]);
    check_groups(&lint);
    if (lint.finding.count > 1)
        qsort(lint.finding.item, lint.finding.count, sizeof *lint.finding.item,
              by_place);
    ruleset->findings =
        (FzFindings){fz_arena_copy(&ruleset->arena, lint.finding.item,
                                   lint.finding.count, sizeof(FzFinding)),
                     lint.finding.count};
    fz_free(lint.finding.item);
    fz_free(lint.source);
    fz_free(lint.named);
}

uint32_t fz_ruleset_lint(const FzRuleset *ruleset, int64_t now_ms,
                         const FzDiagSink *sink)
{
    uint32_t count = ruleset->findings.count;

    for (uint32_t i = 0; i < ruleset->findings.count; i++) {
        const FzFinding *finding = &ruleset->findings.item[i];

        fz_diag_warn(sink, FZ_E_RULE, finding->file, finding->line,
                     finding->rule_id, "%s", finding->text);
    }
    for (uint32_t i = 0; i < ruleset->count; i++) {
        const FzRuleInfo *info = &ruleset->info[i];

        if (info->expires_ms == 0 || info->expires_ms > now_ms)
            continue;
        fz_diag_warn(sink, FZ_E_RULE, info->file, info->line, info->id,
                     "its last day is over: retire it or give it a new one");
        count++;
    }
    return count;
}
