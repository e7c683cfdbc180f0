/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sieve.c - which forms may match in a view
 */
#include "config.h"

#include "engine/rules/sieve_impl.h"

#include "engine/rules/borders.h"
#include "engine/rules/search.h"

/* Comparisons of a message: so many, and one more for so many octets. */
#define TRIES 1024
#define TRIES_OCTETS 4
#define SEARCH_TRIES 16 /* what the search for a guard counts as */

typedef struct Sift {
    const FzProgram *program;
    const FzView *view;
    FzSifted *out;
    uint32_t tries;
    FzPiece *piece;
} Sift;

/* --- asking for guards ---------------------------------------------------- */
/* Where the hash of a guard's word was seen: is it the word? */
static bool stands(Sift *sift, uint32_t number)
{
    const FzWord *word = &sift->program->word[number];
    const uint8_t *octets = fz_word_text(sift->program, word);
    const FzView *view = sift->view;

    for (uint32_t at = 0;; at++) {
        if (sift->tries < SEARCH_TRIES)
            return true;
        sift->tries -= SEARCH_TRIES;
        at = fz_search(view, at, octets, word->octets);
        if (at == UINT32_MAX)
            return false;
        if (fz_borders_hold(view, word->flags, at, at + word->octets))
            return true;
    }
}

/* May the form's guard be there? */
static bool may_match(Sift *sift, uint32_t form)
{
    const FzSieve *sieve = sift->program->sieve;
    uint32_t first = sieve->guard_first[form];
    uint32_t end = sieve->guard_first[form + 1];

    if (sift->view->length > FZ_PIECE_OCTETS)
        return true;
    fz_piece_map_seen(sift->piece);
    for (uint32_t g = first; g < end; g++) {
        uint16_t hash = sieve->guard[g];

        if (sift->tries == 0)
            return true;
        sift->tries--;
        if ((hash == FZ_SEEN_ALWAYS || fz_piece_is_mapped(sift->piece, hash)) &&
            stands(sift, sieve->guard_word[g]))
            return true;
    }
    return first == end;
}

/* --- asking for anchors --------------------------------------------------- */
static void name_form(FzSifted *sifted, uint32_t form)
{
    for (uint32_t i = 0; i < sifted->count; i++)
        if (sifted->form[i] == form)
            return;
    if (sifted->count == FZ_SIFTED_FORMS)
        sifted->any = true;
    else
        sifted->form[sifted->count++] = form;
}

/* The forms that the words of a string lead to, which stands there. */
static void follow_words(Sift *sift, const FzString *string, uint32_t at)
{
    const FzProgram *program = sift->program;

    for (uint32_t w = string->word; w < string->word + string->words; w++) {
        if (!(program->word[w].flags & FZ_WORD_ANCHOR) ||
            !fz_borders_hold(sift->view, program->word[w].flags, at,
                             at + string->octets))
            continue;
        for (uint32_t e = program->entry_first[w];
             e < program->entry_first[w + 1] && !sift->out->any; e++)
            if (may_match(sift, program->entry[e].form))
                name_form(sift->out, program->entry[e].form);
    }
}

/* The string itself, not its front alone; of one word, with its borders. */
static bool stands_at(const Sift *sift, const FzSieveEntry *entry, uint32_t at)
{
    const uint8_t *text = sift->program->sieve->text + entry->text;
    uint32_t octets = text[0], to = at + octets;

    return to <= sift->view->length &&
           memcmp(sift->view->octets + at, text + 2, octets) == 0 &&
           (entry->lead.guard[0] == FZ_GUARD_WORDS ||
            fz_borders_hold(sift->view, text[1], at, to));
}

static bool leads_on(Sift *sift, const FzLead *lead)
{
    switch (lead->guard[0]) {
    case FZ_GUARD_NONE:
        return true;
    case FZ_GUARD_MANY:
        return may_match(sift, lead->form);
    default:
        /* of a view of many pieces all is taken to be there */
        return sift->view->length > FZ_PIECE_OCTETS ||
               fz_piece_has_seen(sift->piece, lead->guard[0]) ||
               fz_piece_has_seen(sift->piece, lead->guard[1]);
    }
}

/* A string whose front stands at a place: which forms does it lead to? */
static void follow(Sift *sift, const FzSieveEntry *entry, uint32_t at)
{
    const FzLead *lead = &entry->lead;
    uint32_t count = 1;
    bool stands = entry->whole;

    if (lead->guard[0] == FZ_GUARD_WORDS) {
        if (stands_at(sift, entry, at))
            follow_words(sift, &sift->program->string[lead->form], at);
        return;
    }
    if (lead->guard[0] == FZ_GUARD_LEADS) {
        count = lead->guard[1];
        lead = &sift->program->sieve->lead[lead->form];
    }
    for (; count > 0 && !sift->out->any; count--, lead++) {
        if (sift->tries == 0) {
            sift->out->any = true; /* no text has so many */
            return;
        }
        sift->tries--;
        if (!leads_on(sift, lead))
            continue;
        if (!stands && !stands_at(sift, entry, at))
            return;
        stands = true;
        name_form(sift->out, lead->form);
    }
}

/* The words of a bucket, and of those behind it that it ran over into. */
static void compare(Sift *sift, const FzFront *front, uint64_t hash,
                    uint32_t at)
{
    uint32_t bucket = (uint32_t)(hash >> front->bucket_shift);
    uint32_t tag = fz_front_tag(hash);

    for (;; bucket = bucket == front->last ? 0 : bucket + 1) {
        const FzSieveEntry *entry = &front->entry[bucket * FZ_BUCKET_ENTRIES];

        for (uint32_t e = 0; e < FZ_BUCKET_ENTRIES; e++, entry++) {
            if (entry->text == 0)
                return;
            if (entry->tag == tag)
                follow(sift, entry, at);
        }
        if (sift->tries < FZ_BUCKET_ENTRIES) {
            sift->out->any = true; /* no text has so many */
            return;
        }
        sift->tries -= FZ_BUCKET_ENTRIES;
    }
}

static const FzFront *front_of(const FzSieve *sieve, const FzPiece *piece,
                               uint32_t p)
{
    return &sieve->front[piece->place[p] >> FZ_PLACE_BITS];
}

/* All buckets are on their way from memory before the first is looked into. */
static void look(const FzSieve *sieve, const FzView *view, uint32_t from,
                 FzPiece *piece)
{
    fz_piece_see(sieve, view, from, piece);
    for (uint32_t p = 0; p < piece->count; p++) {
        const FzFront *front = front_of(sieve, piece, p);

        __builtin_prefetch(
            &front->entry[(piece->hash[p] >> front->bucket_shift) *
                          FZ_BUCKET_ENTRIES]);
    }
}

bool fz_sieve_look(const FzProgram *program, const FzView *view, FzPiece *piece)
{
    if (program->sieve == NULL || view->length > FZ_PIECE_OCTETS)
        return false;
    look(program->sieve, view, 0, piece);
    return true;
}

static void compare_places(Sift *sift)
{
    const FzPiece *piece = sift->piece;

    for (uint32_t p = 0; p < piece->count && !sift->out->any; p++)
        compare(sift, front_of(sift->program->sieve, piece, p), piece->hash[p],
                piece->from + piece->place[p] % (1u << FZ_PLACE_BITS));
}

void fz_sieve_sift(const FzProgram *program, const FzView *view, FzPiece *piece,
                   bool looked, FzSifted *sifted)
{
    Sift sift = {.program = program,
                 .view = view,
                 .out = sifted,
                 .tries = TRIES + view->length / TRIES_OCTETS,
                 .piece = piece};

    sifted->count = 0;
    sifted->any = false;
    if (program->sieve == NULL)
        return;
    for (uint32_t from = 0; from < view->length && !sifted->any;
         from = piece->end) {
        if (!looked)
            look(program->sieve, view, from, piece);
        sifted->any = piece->many;
        compare_places(&sift);
        /* what its words stand beside may be anywhere in so long a view */
        if (sifted->count > 0 && view->length > FZ_PIECE_OCTETS)
            sifted->any = true;
    }
}
