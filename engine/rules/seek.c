/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/rules/seek.h"

#include "base/alloc.h"
#include "engine/rules/search.h"

/* Terms of a form that are kept account of; more than one has. */
#define TERMS 16

/* A word of a form; its octets follow. */
typedef struct Sought {
    uint32_t number;
    uint16_t terms; /* that it can give: 1 << which of the form's */
    uint8_t octets, flags;
} Sought;

/* The words of a form; they follow. */
typedef struct Seek {
    uint16_t words;
    uint16_t terms; /* without a word of each it does not match */
} Seek;

struct FzSeek {
    const uint32_t *first; /* by form, in `room'; NONE: left to the matcher */
    const uint8_t *room;
};
#define NONE UINT32_MAX

/* From one to the next, which stands at a multiple of four. */
static uint32_t octets_of(const Sought *word)
{
    return (uint32_t)sizeof *word + (word->octets + 3u) / 4 * 4;
}

/* --- making it ------------------------------------------------------------ */
typedef struct Draft {
    const FzProgram *program;
    Seek seek;
    Sought word[FZ_SOUGHT_WORDS];
    bool many;
} Draft;

static void add_word(Draft *draft, uint32_t number, uint16_t term)
{
    const FzWord *word = &draft->program->word[number];
    uint32_t at = 0;

    while (at < draft->seek.words && draft->word[at].number != number)
        at++;
    if (at == FZ_SOUGHT_WORDS) {
        draft->many = true;
        return;
    }
    if (at == draft->seek.words)
        draft->word[draft->seek.words++] = (Sought){
            .number = number, .octets = word->octets, .flags = word->flags};
    draft->word[at].terms |= term;
}

static void list_form(Draft *draft, const FzForm *form)
{
    const FzProgram *program = draft->program;
    uint32_t terms = 0;

    draft->seek = (Seek){0};
    draft->many = false;
    for (uint32_t c = 0; c < (uint32_t)form->all + form->none; c++) {
        const FzClause *clause = &program->clause[form->clause + c];

        for (uint32_t s = clause->step; s < clause->step + clause->steps; s++) {
            const FzTerm *term = &program->term[program->step[s].term];
            bool needed = c < form->all && term->words != 0 &&
                          term->runs == 0 && term->entities == 0 &&
                          terms < TERMS;
            uint16_t bit = needed ? (uint16_t)(1u << terms++) : 0;

            draft->seek.terms |= bit;
            for (uint32_t i = 0; i < term->words && !draft->many; i++)
                add_word(draft, program->term_word[term->word + i], bit);
        }
    }
}

static uint32_t room_of(const Draft *draft)
{
    uint32_t octets = sizeof(Seek);

    for (uint16_t i = 0; i < draft->seek.words; i++)
        octets += octets_of(&draft->word[i]);
    return octets;
}

static void put_form(const Draft *draft, uint8_t *at)
{
    memcpy(at, &draft->seek, sizeof draft->seek);
    at += sizeof draft->seek;
    for (uint16_t i = 0; i < draft->seek.words; i++) {
        const Sought *word = &draft->word[i];

        memcpy(at, word, sizeof *word);
        memcpy(
            at + sizeof *word,
            fz_word_text(draft->program, &draft->program->word[word->number]),
            word->octets);
        at += octets_of(word);
    }
}

const FzSeek *fz_seek_build(const FzProgram *program, FzArena *arena)
{
    Draft *draft = fz_malloc(sizeof *draft);
    FzSeek *seek = fz_arena_alloc(arena, sizeof *seek);
    uint32_t *first =
        fz_arena_alloc(arena, (program->form_count + 1) * sizeof *first);
    uint32_t used = 0;
    uint8_t *room;

    draft->program = program;
    for (uint32_t f = 0; f < program->form_count; f++) {
        list_form(draft, &program->form[f]);
        first[f] = NONE;
        if (draft->many || room_of(draft) > FZ_SOUGHT_OCTETS - used)
            continue;
        first[f] = used;
        used += room_of(draft);
    }
    room = fz_arena_alloc(arena, used + 1);
    for (uint32_t f = 0; f < program->form_count; f++)
        if (first[f] != NONE) {
            list_form(draft, &program->form[f]);
            put_form(draft, room + first[f]);
        }
    seek->first = first;
    seek->room = room;
    fz_free(draft);
    return seek;
}

/* --- asking --------------------------------------------------------------- */
typedef struct Search {
    const FzScan *scan;
    uint32_t done[FZ_SIFTED_FORMS * FZ_SOUGHT_WORDS]; /* numbers of words */
    uint32_t count;
    uint64_t found[FZ_SIFTED_FORMS * FZ_SOUGHT_WORDS / 64]; /* of `done' */
} Search;

/* Its hits, in the order of their ends. */
static bool search_word(const FzScan *scan, const Sought *word)
{
    const uint8_t *octets = (const uint8_t *)(word + 1);
    FzScanner *scanner = scan->scanner;
    uint32_t hits = scanner->hit_count;

    for (uint32_t at = 0;
         (at = fz_search(scan->view, at, octets, word->octets)) != UINT32_MAX;
         at++) {
        if (scanner->hits_left == 0) {
            scanner->flags |= FZ_SCAN_WORK_LIMIT;
            break;
        }
        scanner->hits_left--;
        fz_scan_note(scan, word->number, word->octets, word->flags,
                     at + word->octets);
    }
    return scanner->hit_count > hits;
}

/* Of a word that several forms have only once. */
static bool is_there(Search *search, const Sought *word)
{
    uint32_t at = 0;

    while (at < search->count && search->done[at] != word->number)
        at++;
    if (at == search->count) {
        search->done[search->count++] = word->number;
        if (at % 64 == 0)
            search->found[at / 64] = 0;
        search->found[at / 64] |= (uint64_t)search_word(search->scan, word)
                                  << at % 64;
    }
    return search->found[at / 64] >> at % 64 & 1;
}

/* Has the form a word of each term that is made of words? */
static bool seek_form(Search *search, uint32_t form)
{
    const FzSeek *all = search->scan->program->seek;
    const uint8_t *at = all->room + all->first[form];
    const Seek *seek = (const Seek *)at;
    uint16_t terms = 0;

    at += sizeof *seek;
    for (uint16_t i = 0; i < seek->words; i++) {
        const Sought *word = (const Sought *)at;

        if (is_there(search, word))
            terms |= word->terms;
        at += octets_of(word);
    }
    return terms == seek->terms;
}

bool fz_seek_forms(const FzScan *scan, const FzSifted *sifted)
{
    const FzSeek *seek = scan->program->seek;
    uint32_t form[FZ_SIFTED_FORMS], count = 0;
    Search search;

    for (uint32_t i = 0; i < sifted->count; i++)
        if (seek->first[sifted->form[i]] == NONE)
            return false;
    search.scan = scan;
    search.count = 0;
    for (uint32_t i = 0; i < sifted->count; i++)
        if (seek_form(&search, sifted->form[i]))
            form[count++] = sifted->form[i];
    if (count == 0)
        return true;
    scan->scanner->disorder = false; /* none within the hits of one word */
    fz_scan_list_hits(scan->scanner);
    for (uint32_t i = 0; i < count; i++)
        fz_scan_evaluate(scan, form[i], NULL);
    return true;
}
