/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/utf8.h"
#include "engine/rules/builder.h"
#include "engine/rules/chars.h"
#include "engine/rules/lint_impl.h"
#include "engine/rules/wording.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void fz_lint_find(FzLint *lint, const char *file, uint32_t line,
                  const char *rule, const char *format, ...)
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

static void find_rule(FzLint *lint, const FzRuleSource *rule, const char *text)
{
    fz_lint_find(lint, rule->file, rule->line, rule->keys.id.text, "%s", text);
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

static void check_class(FzLint *lint, const char *file, uint32_t line,
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
    fz_lint_find(
        lint, file, line, rule,
        nearest != NULL
            ? "`%s' is no kind of fraud of the list (did you mean `%s'?)"
            : "`%s' is no kind of fraud of the list",
        name, nearest);
}

/* --- the rule by itself -------------------------------------------------- */

/* It neither moves a score nor does anything, and nobody asks for it. */
static bool is_silent(const FzLint *lint, const FzRuleSource *rule)
{
    return rule->keys.score == 0 && rule->keys.action == FZ_RULE_BY_SCORE &&
           !lint->named[rule->number];
}

/* It has text of its own alone to go by, and does harm by matching. */
static bool rests_on_words(const FzRuleSource *rule)
{
    return !has_when(&rule->keys.when) && rule->keys.action != FZ_RULE_PASS &&
           (rule->keys.score > 0 || rule->keys.action != FZ_RULE_BY_SCORE);
}

static void check_unfolded(FzLint *lint, const FzRuleSource *rule)
{
    uint32_t cp = fz_wording_unfolded(rule->keys.regex.text);
    const char *view = fz_view_name((FzViewKind)rule->keys.view);
    uint8_t octets[5] = {0};

    if (cp >= 'A' && cp <= 'Z') {
        fz_lint_find(
            lint, rule->file, rule->keys.regex.line, rule->keys.id.text,
            "the regex asks for capital letters, which the view %s has none "
            "of",
            view);
    } else if (cp != 0) {
        fz_utf8_encode(cp, octets);
        fz_lint_find(
            lint, rule->file, rule->keys.regex.line, rule->keys.id.text,
            "the regex asks for `%s', which folding makes another character "
            "of: the view %s never has it",
            (const char *)octets, view);
    }
}

static void check_regex(FzLint *lint, const FzRuleSource *rule)
{
    const char *regex = rule->keys.regex.text;
    uint32_t least, wanted;

    if (regex == NULL)
        return;
    if (rule->keys.view != FZ_VIEW_RAW)
        check_unfolded(lint, rule);
    if (fz_wording_is_reserved(fz_slice_of(regex)))
        fz_lint_find(
            lint, rule->file, rule->keys.regex.line, rule->keys.id.text,
            "the regex asks for a reserved name: no real message has it");
    if (!rests_on_words(rule) || rule->keys.none.count != 0)
        return;
    least = fz_regex_least(regex);
    wanted = fz_wording_has_han(regex) ? FZ_LINT_HAN_CHARS : FZ_LINT_LETTERS;
    if (least < wanted)
        fz_lint_find(
            lint, rule->file, rule->keys.regex.line, rule->keys.id.text,
            "too broad: %u characters are enough for the regex to match; at "
            "least %u, or another condition",
            least, wanted);
}

static void check_rule(FzLint *lint, const FzRuleSource *rule)
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

static void check_amount(FzLint *lint, const FzProgram *program,
                         const FzForm *form, const FzRuleSource *rule)
{
    Amount total = {0};

    if (form->facts != 0 || !rests_on_words(rule) ||
        rule->keys.expr.text != NULL || rule->keys.regex.text != NULL)
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
        fz_lint_find(
            lint, rule->file, rule->line, rule->keys.id.text,
            "too broad: %u Han characters and %u letters are enough to match; "
            "at least %d or %d, or another condition",
            total.han, total.letters, FZ_LINT_HAN_CHARS, FZ_LINT_LETTERS);
}

/* --- words ---------------------------------------------------------------- */

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

static void check_word(FzLint *lint, const FzProgram *program,
                       const FzRuleSource *rule, FzSlice word,
                       const FzIntern *strings)
{
    if (fz_wording_is_reserved(word))
        fz_lint_find(
            lint, rule->file, rule->line, rule->keys.id.text,
            "the word `%.*s' is a reserved name: no real message has it",
            (int)word.octets, (const char *)word.data);
    if (fz_utf8_chars(word.data, word.octets) + amount_of(word).han >
        FZ_LINT_WORD_CHARS)
        fz_lint_find(
            lint, rule->file, rule->line, rule->keys.id.text,
            "the word `%.*s' is the wording of one message: part it into "
            "terms",
            (int)word.octets, (const char *)word.data);
    if (fz_wording_is_number(word))
        fz_lint_find(
            lint, rule->file, rule->line, rule->keys.id.text,
            "the word `%.*s' holds the number of one sender or message: lists "
            "are for numbers",
            (int)word.octets, (const char *)word.data);
    if (program->view == FZ_VIEW_DESPACED &&
        weight(amount_of(word)) < FZ_LINT_LETTERS)
        fz_lint_find(
            lint, rule->file, rule->line, rule->keys.id.text,
            "the word `%.*s' is too short for the despaced view, in which "
            "neighbours make new words",
            (int)word.octets, (const char *)word.data);
    if (nested_in(strings, word) > FZ_LINT_NESTED)
        fz_lint_find(
            lint, rule->file, rule->line, rule->keys.id.text,
            "more than %d other words end where `%.*s' ends: a message made "
            "of them reaches the work limit",
            FZ_LINT_NESTED, (int)word.octets, (const char *)word.data);
}

/* Words side by side that leave nothing open are one long word. */
static void check_quote(FzLint *lint, const FzProgram *program,
                        const FzClause *clause, const FzRuleSource *rule)
{
    size_t chars = 0;
    uint32_t terms = 0;

    for (uint32_t s = clause->step; s < clause->step + clause->steps; s++) {
        const FzStep *step = &program->step[s];
        const FzTerm *term = &program->term[step->term];
        const FzWord *word;
        FzSlice octets;

        if (s > clause->step && step->gap != FZ_GAP_JOIN &&
            step->gap > FZ_LINT_QUOTE_GAP)
            chars = terms = 0;
        if (term->words != 1 || term->runs != 0 || term->entities != 0) {
            chars = terms = 0;
            continue;
        }
        word = &program->word[program->term_word[term->word]];
        octets = fz_slice(fz_word_text(program, word), word->octets);
        chars +=
            fz_utf8_chars(octets.data, octets.octets) + amount_of(octets).han;
        if (++terms > 1 && chars > FZ_LINT_WORD_CHARS) {
            fz_lint_find(lint, rule->file, rule->line, rule->keys.id.text,
                         "the phrase is the wording of one message: leave "
                         "words out, or give alternatives and gaps");
            return;
        }
    }
}

/* A word is told once, at the first rule that has it. */
static void check_words(FzLint *lint, const FzProgram *program)
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

            if (!rule->helper)
                check_quote(lint, program, clause, rule);
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

static void check_program(FzLint *lint, const FzProgram *program)
{
    for (uint32_t f = 0; f < program->form_count; f++) {
        const FzForm *form = &program->form[f];
        const FzRuleSource *rule = lint->source[form->rule];

        if (rule->helper || (FzViewKind)rule->keys.view != program->view)
            continue;
        check_amount(lint, program, form, rule);
        fz_lint_contained(lint, program, form, rule);
    }
    for (uint32_t i = 0; i < program->unanchored_count; i++) {
        const FzForm *form = &program->form[program->unanchored[i]];
        const FzRuleSource *rule = lint->source[form->rule];

        if ((FzViewKind)rule->keys.view == program->view)
            find_rule(lint, rule,
                      "no word leads to it: it is looked at for every "
                      "message");
    }
    fz_lint_equal(lint, program);
    check_words(lint, program);
}

/* --- all of it ------------------------------------------------------------ */

static void know_names(FzLint *lint)
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

static void check_groups(FzLint *lint)
{
    for (uint32_t s = 0; s < lint->model->set_count; s++) {
        const FzSetSource *set = lint->model->set[s];

        check_class(lint, set->file, 0, NULL, set->scam_class);
        for (uint32_t g = 0; g < set->group_count; g++)
            if (!set->group[g].used)
                fz_lint_find(lint, set->file, set->group[g].line, NULL,
                             "no phrase uses the group `%s'",
                             set->group[g].name);
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
    FzLint lint = {.ruleset = ruleset, .model = model};

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
    fz_lint_equal_exprs(&lint);
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
