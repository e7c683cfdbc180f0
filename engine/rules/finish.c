/* SPDX-License-Identifier: BSD-2-Clause
 *
 * finish.c - the program of a builder
 */
#include "config.h"

#include "engine/rules/builder.h"
#include "engine/rules/phrase.h"
#include "engine/rules/seek.h"
#include "engine/rules/sieve.h"

#include <stdlib.h>

typedef struct Finish {
    FzBuilder *builder;
    FzArena *arena;
    FzProgram *program;
    uint32_t *final;   /* interned number of a word -> number in the program */
    double *frequency; /* by term */
} Finish;

/* --- words --------------------------------------------------------------- */

static int by_octets(const void *a, const void *b, void *ctx)
{
    const FzSlice *item = ctx;
    FzSlice x = item[*(const uint32_t *)a], y = item[*(const uint32_t *)b];
    size_t shorter = x.octets < y.octets ? x.octets : y.octets;
    /* the last octet holds the borders and counts last */
    int order = memcmp(x.data, y.data, shorter - 1);

    if (order != 0)
        return order;
    if (x.octets != y.octets)
        return x.octets < y.octets ? -1 : 1;
    return (int)x.data[shorter - 1] - (int)y.data[shorter - 1];
}

static bool same_string(const FzWord *a, const FzWord *b, const uint8_t *text)
{
    return a->octets == b->octets &&
           memcmp(text + a->text, text + b->text, a->octets) == 0;
}

/* Words in the order of their octets: the database of a set depends on its
 * words alone, never on the rules that use them. */
static void number_words(Finish *finish)
{
    const FzIntern *words = &finish->builder->words;
    uint32_t count = words->count, strings = 0, *order;
    FzProgram *program = finish->program;
    size_t octets = 0;
    FzString *string;
    FzWord *word;
    uint8_t *text;

    order = fz_calloc(count + 1, sizeof *order);
    for (uint32_t i = 0; i < count; i++) {
        order[i] = i;
        octets += words->item[i].octets - 1;
    }
    if (count > 1)
        qsort_r(order, count, sizeof *order, by_octets, words->item);
    word = fz_arena_alloc(finish->arena, (count + 1) * sizeof *word);
    text = fz_arena_alloc(finish->arena, octets + 1);
    string = fz_arena_alloc(finish->arena, (count + 1) * sizeof *string);
    octets = 0;
    for (uint32_t i = 0; i < count; i++) {
        FzSlice item = words->item[order[i]];

        finish->final[order[i]] = i;
        word[i] = (FzWord){.text = (uint32_t)octets,
                           .octets = (uint8_t)(item.octets - 1),
                           .flags = item.data[item.octets - 1]};
        memcpy(text + octets, item.data, item.octets - 1);
        octets += item.octets - 1;
        if (i == 0 || !same_string(&word[i - 1], &word[i], text))
            string[strings++] = (FzString){.word = i, .octets = word[i].octets};
        string[strings - 1].words++;
    }
    program->word = word;
    program->word_count = count;
    program->text = text;
    program->string = string;
    program->string_count = strings;
    fz_free(order);
}

/* --- terms --------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static uint32_t widest(const FzProgram *program, const FzTerm *term,
                       const uint32_t *numbers)
{
    /* a sign between each two digits of the longest run */
    uint32_t octets =
        term->runs == 0 ? 0 : 2 * (64 - (uint32_t)__builtin_clzll(term->runs));

    if (term->entities != 0)
        return UINT32_MAX;
    for (uint32_t i = 0; i < term->words; i++)
        if (program->word[numbers[i]].octets > octets)
            octets = program->word[numbers[i]].octets;
    return octets;
}

static void number_terms(Finish *finish)
{
    const FzIntern *terms = &finish->builder->terms;
    FzProgram *program = finish->program;
    uint32_t *numbers, used = 0;
    size_t room = 0;
    FzTerm *term;

    for (uint32_t i = 0; i < terms->count; i++)
        room += (terms->item[i].octets - sizeof(FzTermKey)) / sizeof *numbers;
    numbers = fz_arena_alloc(finish->arena, (room + 1) * sizeof *numbers);
    term = fz_arena_alloc(finish->arena, (terms->count + 1) * sizeof *term);
    for (uint32_t i = 0; i < terms->count; i++) {
        FzSlice item = terms->item[i];
        uint32_t *own = numbers + used;
        FzTermKey key;

        memcpy(&key, item.data, sizeof key);
        term[i] = (FzTerm){
            .word = used,
            .words = (uint32_t)((item.octets - sizeof key) / sizeof *numbers),
            .runs = key.runs,
            .entities = (uint32_t)key.entities};
        if (term[i].words != 0)
            memcpy(own, item.data + sizeof key, term[i].words * sizeof *own);
        for (uint32_t w = 0; w < term[i].words; w++) {
            own[w] = finish->final[own[w]];
            finish->frequency[i] += fz_word_frequency(
                fz_slice(program->text + program->word[own[w]].text,
                         program->word[own[w]].octets));
        }
        if (term[i].words > 1)
            qsort(own, term[i].words, sizeof *own, by_number);
        term[i].octets_max = widest(program, &term[i], own);
        for (uint32_t w = 0; w < term[i].words; w++)
            term[i].mask |= fz_word_bit(own[w]);
        used += term[i].words;
    }
    program->term = term;
    program->term_count = terms->count;
    program->term_word = numbers;
}

/* --- anchors ------------------------------------------------------------- */

/* A term that its words alone can give: without a hit of one there is no
 * match. */
static bool can_anchor(const FzTerm *term)
{
    return term->words != 0 && term->entities == 0 && term->runs == 0;
}

/* The rarest and the next rarest term that a form cannot do without. */
static void choose(const Finish *finish, const FzForm *form, uint32_t *anchor,
                   uint32_t *guard)
{
    const FzProgram *program = finish->program;

    *anchor = *guard = UINT32_MAX;
    for (uint32_t c = form->clause; c < form->clause + form->all; c++) {
        const FzClause *clause = &program->clause[c];

        for (uint32_t s = clause->step; s < clause->step + clause->steps; s++) {
            uint32_t term = program->step[s].term;

            if (!can_anchor(&program->term[term]) || term == *anchor ||
                term == *guard)
                continue;
            if (*anchor == UINT32_MAX ||
                finish->frequency[term] < finish->frequency[*anchor]) {
                *guard = *anchor;
                *anchor = term;
            } else if (*guard == UINT32_MAX ||
                       finish->frequency[term] < finish->frequency[*guard]) {
                *guard = term;
            }
        }
    }
}

/* The runs of digits of a term that a form cannot do without; 0 when there is
 * none: an account's number behind a word that every message has. */
static uint64_t runs_of(const FzProgram *program, const FzForm *form)
{
    for (uint32_t c = form->clause; c < form->clause + form->all; c++) {
        const FzClause *clause = &program->clause[c];

        for (uint32_t s = clause->step; s < clause->step + clause->steps; s++) {
            const FzTerm *term = &program->term[program->step[s].term];

            if (term->words == 0 && term->entities == 0 && term->runs != 0)
                return term->runs;
        }
    }
    return 0;
}

static FzEntry entry_of(const Finish *finish, uint32_t form, uint32_t guard)
{
    const FzProgram *program = finish->program;
    FzEntry entry = {form, FZ_NO_GUARD, UINT64_MAX};
    const FzTerm *term;
    uint64_t runs;

    if (guard == UINT32_MAX) {
        runs = runs_of(program, &program->form[form]);
        return runs == 0 ? entry : (FzEntry){form, FZ_GUARD_RUNS, runs};
    }
    term = &program->term[guard];
    entry.mask = 0;
    for (uint32_t i = 0; i < term->words; i++)
        entry.mask |= fz_word_bit(program->term_word[term->word + i]);
    if (term->words == 1)
        entry.guard = program->term_word[term->word];
    return entry;
}

static void link_anchors(Finish *finish)
{
    FzProgram *program = finish->program;
    FzWord *word = (FzWord *)program->word;
    uint32_t *first, *anchor, *guard, *unanchored, entries = 0, loose = 0;
    FzEntry *entry;

    anchor = fz_calloc(program->form_count + 1, sizeof *anchor);
    guard = fz_calloc(program->form_count + 1, sizeof *guard);
    first = fz_arena_alloc(finish->arena,
                           (program->word_count + 2) * sizeof *first);
    unanchored = fz_arena_alloc(finish->arena,
                                (program->form_count + 1) * sizeof *unanchored);
    for (uint32_t f = 0; f < program->form_count; f++) {
        const FzForm *form = &program->form[f];
        const FzTerm *term;

        choose(finish, form, &anchor[f], &guard[f]);
        if (anchor[f] == UINT32_MAX) {
            if (!form->regex)
                unanchored[loose++] = f;
            continue;
        }
        term = &program->term[anchor[f]];
        entries += term->words;
        for (uint32_t i = 0; i < term->words; i++)
            first[program->term_word[term->word + i] + 2]++;
    }
    for (uint32_t w = 2; w < program->word_count + 2; w++)
        first[w] += first[w - 1];
    entry = fz_arena_alloc(finish->arena, (entries + 1) * sizeof *entry);
    for (uint32_t f = 0; f < program->form_count; f++) {
        const FzTerm *term;

        if (anchor[f] == UINT32_MAX)
            continue;
        term = &program->term[anchor[f]];
        for (uint32_t i = 0; i < term->words; i++) {
            uint32_t w = program->term_word[term->word + i];

            /* first[w + 1] runs from the beginning of w's entries to their
             * end while they are put in, and is then that of w + 1 */
            entry[first[w + 1]++] = entry_of(finish, f, guard[f]);
            word[w].flags |= FZ_WORD_ANCHOR;
        }
    }
    /* hits look at strings alone: those of anchors are known there too */
    for (uint32_t s = 0; s < program->string_count; s++)
        ((FzString *)program->string)[s].flags =
            word[program->string[s].word].flags;
    program->entry_first = first;
    program->entry = entry;
    program->unanchored = unanchored;
    program->unanchored_count = loose;
    program->sieve = fz_sieve_build(program, guard, finish->arena);
    program->seek = fz_seek_build(program, finish->arena);
    fz_free(anchor);
    fz_free(guard);
}

/* --- databases ----------------------------------------------------------- */

static FzStatus build_db(const Finish *finish, FzMatchBuild build,
                         FzCache *cache)
{
    FzProgram *program = finish->program;
    FzSlice *strings;
    FzStatus status;

    if (program->string_count == 0)
        return FZ_OK;
    strings = fz_calloc(program->string_count, sizeof *strings);
    for (uint32_t s = 0; s < program->string_count; s++) {
        const FzWord *word = &program->word[program->string[s].word];

        strings[s] = fz_slice(fz_word_text(program, word), word->octets);
    }
    status = fz_matchdb_create(strings, program->string_count, build, cache,
                               &program->db);
    fz_free(strings);
    return status;
}

static void copy_lists(Finish *finish)
{
    const FzBuilder *builder = finish->builder;
    FzProgram *program = finish->program;

    program->step = fz_arena_copy(finish->arena, builder->step.item,
                                  builder->step.count, sizeof(FzStep));
    program->clause = fz_arena_copy(finish->arena, builder->clause.item,
                                    builder->clause.count, sizeof(FzClause));
    program->fact = fz_arena_copy(finish->arena, builder->fact.item,
                                  builder->fact.count, sizeof(FzFactTest));
    program->form = fz_arena_copy(finish->arena, builder->form.item,
                                  builder->form.count, sizeof(FzForm));
    program->form_count = builder->form.count;
}

FzStatus fz_builder_finish(FzBuilder *builder, FzArena *arena,
                           FzMatchBuild build, FzCache *cache,
                           FzProgram *program)
{
    Finish finish = {.builder = builder, .arena = arena, .program = program};
    FzStatus status;

    program->view = builder->view;
    finish.final = fz_calloc(builder->words.count + 1, sizeof *finish.final);
    finish.frequency =
        fz_calloc(builder->terms.count + 1, sizeof *finish.frequency);
    copy_lists(&finish);
    number_words(&finish);
    number_terms(&finish);
    link_anchors(&finish);
    fz_free(finish.final);
    fz_free(finish.frequency);
    status = build_db(&finish, build, cache);
    if (status == FZ_OK && builder->regex.count != 0)
        status = fz_regexdb_create(builder->regex.item, builder->regex.count,
                                   cache, &program->regex);
    return status;
}
