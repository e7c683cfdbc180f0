/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "engine/rules/builder.h"
#include "engine/rules/chars.h"
#include "engine/rules/compile.h"
#include "engine/rules/disguise.h"
#include "engine/signal/signal.h"

#include <stdlib.h>

struct FzCompiler {
    FzArena *arena;  /* what programs keep */
    FzArena scratch; /* what is gone with the compiler */
    const FzDiagSink *sink;
    FzBuilder builder[FZ_VIEWS];
    uint32_t regexes;
    const char **fact_name; /* owned array, names in the arena */
    uint32_t fact_names;
};

FzCompiler *fz_compiler_create(FzArena *arena, const FzDiagSink *sink)
{
    FzCompiler *compiler = fz_calloc(1, sizeof *compiler);

    compiler->arena = arena;
    compiler->sink = sink;
    fz_arena_init(&compiler->scratch);
    for (int v = 0; v < FZ_VIEWS; v++) {
        compiler->builder[v].view = (FzViewKind)v;
        fz_intern_init(&compiler->builder[v].words, &compiler->scratch);
        fz_intern_init(&compiler->builder[v].terms, &compiler->scratch);
    }
    return compiler;
}

void fz_compiler_destroy(FzCompiler *compiler)
{
    if (compiler == NULL)
        return;
    for (int v = 0; v < FZ_VIEWS; v++) {
        FzBuilder *builder = &compiler->builder[v];

        fz_intern_clear(&builder->words);
        fz_intern_clear(&builder->terms);
        fz_free(builder->step.item);
        fz_free(builder->clause.item);
        fz_free(builder->form.item);
        fz_free(builder->fact.item);
        fz_free(builder->regex.item);
    }
    fz_free(compiler->fact_name);
    fz_arena_clear(&compiler->scratch);
    fz_free(compiler);
}

void fz_compiler_forget(FzSetSource *const *sets, uint32_t count)
{
    for (uint32_t s = 0; s < count; s++) {
        for (uint32_t g = 0; g < sets[s]->group_count; g++) {
            FzWordGroup *group = &sets[s]->group[g];

            memset(group->interned, 0, sizeof group->interned);
            memset(group->interned_count, 0, sizeof group->interned_count);
        }
    }
}

/* --- facts --------------------------------------------------------------- */

bool fz_is_signal_name(const char *name)
{
    static const char *const families[] = {"text.",   "url.",  "contact.",
                                           "sender.", "list.", "brand."};

    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-")] != '\0')
        return false;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (strncmp(name, families[i], strlen(families[i])) == 0)
            return true;
    return false;
}

/* What lists answer has a name a category: "list.block.phishing". */
static bool is_list_fact(const char *name)
{
    return fz_is_signal_name(name) && (strncmp(name, "list.block.", 11) == 0 ||
                                       strncmp(name, "list.allow.", 11) == 0);
}

int fz_compiler_fact(FzCompiler *compiler, const char *name)
{
    int fact = fz_signal_def_find(name);

    if (fact >= 0 || !is_list_fact(name))
        return fact;
    for (uint32_t i = 0; i < compiler->fact_names; i++)
        if (strcmp(compiler->fact_name[i], name) == 0)
            return FZ_SIGNAL_IDS + (int)i;
    if (FZ_SIGNAL_IDS + compiler->fact_names == FZ_LIMIT_FACTS)
        return -1;
    compiler->fact_name =
        fz_realloc_array(compiler->fact_name, compiler->fact_names + 1,
                         sizeof *compiler->fact_name);
    compiler->fact_name[compiler->fact_names] =
        fz_arena_strdup(compiler->arena, name);
    return FZ_SIGNAL_IDS + (int)compiler->fact_names++;
}

const char *const *fz_compiler_fact_names(const FzCompiler *compiler,
                                          uint32_t *count_out)
{
    *count_out = compiler->fact_names;
    return fz_arena_copy(compiler->arena, compiler->fact_name,
                         compiler->fact_names, sizeof *compiler->fact_name);
}

/* --- words --------------------------------------------------------------- */

typedef struct Scope {
    FzCompiler *compiler;
    FzBuilder *builder;
    const FzRuleSource *rule;
    uint32_t line;
} Scope;

/* Of a word that a message quotes. */
#define WORD_SHOWN_OCTETS 60

static FzStatus refuse_word(const Scope *scope, const FzPhraseWord *word,
                            const char *what)
{
    size_t octets = word->text.octets;

    if (octets > WORD_SHOWN_OCTETS)
        for (octets = WORD_SHOWN_OCTETS;
             octets > 0 && (word->text.data[octets] & 0xC0) == 0x80; octets--)
            continue;
    return fz_diag(scope->compiler->sink, FZ_E_RULE, scope->rule->file,
                   scope->line, scope->rule->keys.id.text,
                   "the word `%.*s%s' %s (view %s)", (int)octets,
                   (const char *)word->text.data,
                   octets == word->text.octets ? "" : "...", what,
                   fz_view_name(scope->builder->view));
}

static FzScript first_script(FzSlice octets)
{
    uint32_t cp = 0;

    fz_utf8_decode(octets.data, octets.octets, &cp);
    return fz_char_script(cp);
}

static FzScript last_script(FzSlice octets)
{
    uint32_t cp;

    fz_char_before(octets.data, (uint32_t)octets.octets, &cp);
    return fz_char_script(cp);
}

/* The borders a folded word needs; the despaced view has none to show. */
static uint8_t borders_of(const FzBuilder *builder, FzSlice folded, bool prefix)
{
    uint8_t flags = 0;

    if (builder->view == FZ_VIEW_DESPACED)
        return 0;
    if (first_script(folded) != FZ_SCRIPT_NONE)
        flags |= FZ_WORD_LEFT;
    if (last_script(folded) != FZ_SCRIPT_NONE && !prefix)
        flags |= FZ_WORD_RIGHT;
    return flags;
}

typedef FZ_LIST(uint32_t) Numbers;

static FzStatus add_plain_word(const Scope *scope, const FzPhraseWord *word,
                               Numbers *numbers)
{
    FzBuf folded = FZ_BUF_INIT;
    FzStatus status = FZ_OK;
    bool is_new;

    if (fz_fold_word(scope->builder->view, word->text, &folded) != FZ_OK)
        status = refuse_word(scope, word, "is nothing after folding");
    else if (folded.octets > FZ_LIMIT_RULE_WORD_OCTETS)
        status = refuse_word(scope, word, "is too long");
    else if (folded.octets < 2)
        status = refuse_word(scope, word,
                             "is a single character that would be found in "
                             "every message");
    else if (word->prefix &&
             last_script(fz_buf_slice(&folded)) == FZ_SCRIPT_NONE)
        status =
            refuse_word(scope, word, "matches anywhere: leave the `*' out");
    if (status == FZ_OK) {
        fz_buf_append_octet(
            &folded,
            borders_of(scope->builder, fz_buf_slice(&folded), word->prefix));
        FZ_LIST_ADD(numbers, fz_intern_add(&scope->builder->words,
                                           fz_buf_slice(&folded), &is_new));
    }
    fz_buf_clear(&folded);
    return status;
}

typedef struct Disguises {
    const Scope *scope;
    Numbers *numbers;
    FzBuf word; /* as it is in the view */
} Disguises;

/* A form that the view folds to nothing, or to the word itself (despaced, one
 * that is pulled apart), is none there. */
static void add_disguise(void *ctx, FzSlice form)
{
    const Disguises *disguises = ctx;
    FzBuilder *builder = disguises->scope->builder;
    FzBuf folded = FZ_BUF_INIT;
    bool is_new;

    if (fz_fold_word(builder->view, form, &folded) == FZ_OK &&
        folded.octets > 1 && folded.octets <= FZ_LIMIT_RULE_WORD_OCTETS &&
        !fz_slice_equal(fz_buf_slice(&folded),
                        fz_buf_slice(&disguises->word))) {
        fz_buf_append_octet(&folded,
                            borders_of(builder, fz_buf_slice(&folded), false));
        FZ_LIST_ADD(
            disguises->numbers,
            fz_intern_add(&builder->words, fz_buf_slice(&folded), &is_new));
    }
    fz_buf_clear(&folded);
}

/* One word as it is written: itself, its disguises, or both. */
static FzStatus add_word(const Scope *scope, const FzPhraseWord *word,
                         Numbers *numbers)
{
    Disguises disguises = {scope, numbers, FZ_BUF_INIT};
    FzBuf folded = FZ_BUF_INIT;
    FzStatus status = FZ_OK;

    if (word->disguise == FZ_DISGUISE_NONE)
        return add_plain_word(scope, word, numbers);
    if (fz_fold_word(FZ_VIEW_FOLDED, word->text, &folded) != FZ_OK ||
        fz_fold_word(scope->builder->view, word->text, &disguises.word) !=
            FZ_OK)
        status = refuse_word(scope, word, "is nothing after folding");
    else if (fz_disguise_each(fz_buf_slice(&folded), add_disguise,
                              &disguises) == 0)
        status = refuse_word(scope, word,
                             "has no disguises in the tables: write its forms "
                             "as a group");
    else if (word->disguise == FZ_DISGUISE_ALSO)
        status = add_plain_word(scope, word, numbers);
    fz_buf_clear(&disguises.word);
    fz_buf_clear(&folded);
    return status;
}

/* A group is folded once a view, however many phrases use it. */
static FzStatus fold_group(const Scope *scope, FzWordGroup *group)
{
    FzViewKind view = scope->builder->view;
    FzStatus status = FZ_OK, one;
    Scope in_group = *scope;
    Numbers numbers = {0};

    if (group->interned[view] != NULL)
        return FZ_OK;
    in_group.line = group->line;
    for (uint32_t i = 0; i < group->count; i++) {
        one = add_word(&in_group, &group->word[i], &numbers);
        if (one != FZ_OK)
            status = one;
    }
    group->interned[view] = fz_arena_alloc(
        &scope->compiler->scratch, (numbers.count + 1) * sizeof *numbers.item);
    if (numbers.count != 0)
        memcpy(group->interned[view], numbers.item,
               numbers.count * sizeof *numbers.item);
    group->interned_count[view] = numbers.count;
    fz_free(numbers.item);
    return status;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static uint32_t sort_distinct(uint32_t *numbers, uint32_t count)
{
    uint32_t kept = 0;

    if (count > 1)
        qsort(numbers, count, sizeof *numbers, by_number);
    for (uint32_t i = 0; i < count; i++)
        if (kept == 0 || numbers[kept - 1] != numbers[i])
            numbers[kept++] = numbers[i];
    return kept;
}

/* --- terms and clauses --------------------------------------------------- */

static FzStatus add_term(const Scope *scope, const FzPhraseTerm *term,
                         uint32_t *number_out)
{
    FzTermKey key = {term->runs, term->entities};
    FzStatus status = FZ_OK, one;
    FzBuf whole = FZ_BUF_INIT;
    Numbers numbers = {0};
    bool is_new;

    for (uint32_t i = 0; i < term->word_count; i++) {
        one = add_word(scope, &term->word[i], &numbers);
        if (one != FZ_OK)
            status = one;
    }
    for (uint32_t g = 0; g < term->group_count; g++) {
        FzWordGroup *group = term->group[g];

        one = fold_group(scope, group);
        if (one != FZ_OK)
            status = one;
        for (uint32_t i = 0; i < group->interned_count[scope->builder->view];
             i++)
            FZ_LIST_ADD(&numbers, group->interned[scope->builder->view][i]);
    }
    numbers.count = sort_distinct(numbers.item, numbers.count);
    fz_buf_append(&whole, &key, sizeof key);
    fz_buf_append(&whole, numbers.item, numbers.count * sizeof *numbers.item);
    *number_out =
        fz_intern_add(&scope->builder->terms, fz_buf_slice(&whole), &is_new);
    fz_buf_clear(&whole);
    fz_free(numbers.item);
    return status;
}

static FzStatus add_clause(const Scope *scope, const FzPhrase *phrase)
{
    FzBuilder *builder = scope->builder;
    FzClause clause = {.steps = phrase->count,
                       .at_start = phrase->at_start,
                       .at_end = phrase->at_end,
                       .end_gap = phrase->end_gap};
    uint32_t numbers[FZ_LIMIT_PHRASE_TERMS];
    FzStatus status = FZ_OK, one;

    for (uint8_t i = 0; i < phrase->count; i++) {
        one = add_term(scope, &phrase->term[i], &numbers[i]);
        if (one != FZ_OK)
            status = one;
    }
    if (status != FZ_OK)
        return status;
    clause.step = builder->step.count;
    for (uint8_t i = 0; i < phrase->count; i++)
        FZ_LIST_ADD(&builder->step, (FzStep){numbers[i], phrase->term[i].gap});
    FZ_LIST_ADD(&builder->clause, clause);
    return FZ_OK;
}

static FzStatus add_phrase(const Scope *scope, const FzLocated *text)
{
    FzPhraseScope parse = {.group = scope->rule->set->group,
                           .group_count = scope->rule->set->group_count,
                           .arena = &scope->compiler->scratch,
                           .sink = scope->compiler->sink,
                           .file = scope->rule->file,
                           .line = text->line,
                           .rule_id = scope->rule->keys.id.text};
    Scope at = *scope;
    FzPhrase phrase;
    FzStatus status = fz_phrase_parse(text->text, &parse, &phrase);

    at.line = text->line;
    return status != FZ_OK ? status : add_clause(&at, &phrase);
}

/* --- forms --------------------------------------------------------------- */

static const char *def_name_at(const void *ctx, size_t i)
{
    (void)ctx;
    return i < FZ_SIGNAL_IDS ? fz_signal_defs()[i].name : NULL;
}

/* One item of `all' or `none': a signal's name or a phrase. */
static FzStatus add_item(const Scope *scope, const FzLocated *item, bool wanted,
                         FzForm *form)
{
    FzBuilder *builder = scope->builder;
    const char *nearest;
    int fact = fz_compiler_fact(scope->compiler, item->text);

    if (fact >= 0) {
        FZ_LIST_ADD(&builder->fact, (FzFactTest){(uint16_t)fact, wanted});
        form->facts++;
        return FZ_OK;
    }
    if (fz_is_signal_name(item->text)) {
        nearest = fz_nearest_name(item->text, def_name_at, NULL);
        return fz_diag(scope->compiler->sink, FZ_E_RULE, scope->rule->file,
                       item->line, scope->rule->keys.id.text,
                       nearest != NULL
                           ? "there is no signal `%s' (did you mean `%s'?)"
                           : "there is no signal `%s'",
                       item->text, nearest);
    }
    if (wanted)
        form->all++;
    else
        form->none++;
    return add_phrase(scope, item);
}

static FzStatus add_items(const Scope *scope, const FzLocatedList *list,
                          bool wanted, FzForm *form)
{
    FzStatus status = FZ_OK, one;

    if (list->count > FZ_LIMIT_FORM_CLAUSES)
        return fz_diag(scope->compiler->sink, FZ_E_LIMIT, scope->rule->file,
                       list->item[0].line, scope->rule->keys.id.text,
                       "at most %d phrases can stand here: put words into a "
                       "group",
                       FZ_LIMIT_FORM_CLAUSES);
    for (uint32_t i = 0; i < list->count; i++) {
        one = add_item(scope, &list->item[i], wanted, form);
        if (one != FZ_OK)
            status = one;
    }
    return status;
}

static FzStatus add_regex(const Scope *scope, uint32_t form)
{
    const FzRuleSource *rule = scope->rule;
    FzRegexSource source = {.pattern = rule->keys.regex.text,
                            .file = rule->file,
                            .rule_id = rule->keys.id.text,
                            .line = rule->keys.regex.line,
                            .rule = form};
    FzStatus status;

    if (++scope->compiler->regexes > FZ_LIMIT_REGEX_RULES)
        return fz_diag(scope->compiler->sink, FZ_E_LIMIT, rule->file,
                       rule->keys.regex.line, rule->keys.id.text,
                       "there are more than %d regexes: most can be phrases",
                       FZ_LIMIT_REGEX_RULES);
    status = fz_regex_check(&source, scope->compiler->sink);
    if (status == FZ_OK) {
        FZ_LIST_ADD(&scope->builder->regex, source);
    }
    return status;
}

static FzStatus add_form(FzCompiler *compiler, FzViewKind view,
                         const FzRuleSource *rule, uint32_t number)
{
    FzBuilder *builder = &compiler->builder[view];
    Scope scope = {compiler, builder, rule, rule->line};
    FzForm form = {.rule = number,
                   .within = (uint16_t)rule->keys.within,
                   .clause = builder->clause.count,
                   .fact = builder->fact.count};
    FzStatus status = FZ_OK, none;

    if (rule->keys.phrase.text != NULL) {
        form.all = 1;
        status = add_phrase(&scope, &rule->keys.phrase);
    } else if (rule->keys.all.count != 0) {
        status = add_items(&scope, &rule->keys.all, true, &form);
    } else {
        form.regex = true;
        status = add_regex(&scope, builder->form.count);
    }
    none = add_items(&scope, &rule->keys.none, false, &form);
    if (status == FZ_OK)
        status = none;
    if (status == FZ_OK)
        FZ_LIST_ADD(&builder->form, form);
    return status;
}

FzStatus fz_compiler_add(FzCompiler *compiler, const FzRuleSource *rule,
                         uint32_t number)
{
    FzViewKind view = (FzViewKind)rule->keys.view;
    FzStatus status;

    if (rule->keys.phrase.text == NULL && rule->keys.all.count == 0 &&
        rule->keys.regex.text == NULL)
        return FZ_OK;
    status = add_form(compiler, view, rule, number);
    /* These views are built only where a text calls for them; elsewhere the
     * same text is the folded view, so the rule is looked for there too. */
    if (status == FZ_OK &&
        (view == FZ_VIEW_SKELETON || view == FZ_VIEW_DESPACED))
        status = add_form(compiler, FZ_VIEW_FOLDED, rule, number);
    return status;
}

FzStatus fz_compiler_try_regexes(FzCompiler *compiler,
                                 const FzCompileHook *hook)
{
    FzStatus status = FZ_OK, one;

    for (int v = 0; v < FZ_VIEWS; v++) {
        one = fz_regex_try(compiler->builder[v].regex.item,
                           compiler->builder[v].regex.count, hook,
                           compiler->sink);
        if (one != FZ_OK)
            status = one;
    }
    return status;
}

/* Words and regexes are counted alike: it is a bar, no clock. */
static uint64_t work_of(const FzBuilder *builder)
{
    return builder->words.count + builder->regex.count;
}

FzStatus fz_compiler_finish(FzCompiler *compiler, FzMatchBuild build,
                            FzCache *cache, const FzProgress *progress,
                            FzProgram *programs)
{
    uint64_t done = 0, total = 0;
    FzStatus status = FZ_OK;

    for (int v = 0; v < FZ_VIEWS; v++)
        total += work_of(&compiler->builder[v]);
    for (int v = 0; v < FZ_VIEWS && status == FZ_OK; v++) {
        fz_progress_tell(progress, done, total, "compiling");
        status = fz_builder_finish(&compiler->builder[v], compiler->arena,
                                   build, cache, &programs[v]);
        done += work_of(&compiler->builder[v]);
    }
    if (status == FZ_OK)
        fz_progress_tell(progress, total, total, "compiling");
    return status;
}
