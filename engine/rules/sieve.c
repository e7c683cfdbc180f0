/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sieve.c - which forms may match in a view
 */
#include "config.h"

#include "engine/rules/sieve_impl.h"

#include "engine/rules/borders.h"
#include "engine/rules/search.h"

/* Comparisons of a message: so many, and one more for so many octets. */
#define TRIES 256
#define TRIES_OCTETS 4
#define SEARCH_TRIES 16 /* what the search for a guard counts as */

/* Views are looked through in pieces; of one that is a single piece the hashes
 * of all places can be known, for the guards. */
#define PIECE_OCTETS 1024
#define PIECE_BLOCKS (PIECE_OCTETS / 64)

/* A place where a word may stand, and the bucket that knows. */
typedef struct Asked {
    const FzFront *front;
    uint64_t hash;
    uint32_t at;
} Asked;
#define ASKED_MOST 32

typedef struct Sift {
    const FzProgram *program;
    const FzView *view;
    FzSifted *out;
    uint32_t tries;
    uint32_t blocks; /* of the piece */
    FzBlock block[PIECE_BLOCKS];
    bool seen_known;
    uint32_t asked_count;
    Asked asked[ASKED_MOST];
    uint64_t seen[FZ_SEEN_ALWAYS / 64 + 1]; /* by hash: it is there */
} Sift;

/* --- asking for guards ---------------------------------------------------- */
static void note_seen(Sift *sift, uint32_t hash)
{
    sift->seen[hash / 64] |= (uint64_t)1 << hash % 64;
}

static void see_block(Sift *sift, const FzBlock *block)
{
    uint64_t starts =
        sift->program->sieve->within ? block->alnum : block->tokens;

    for (uint64_t left = block->wide; left != 0; left &= left - 1) {
        const uint8_t *at = block->octets + __builtin_ctzll(left);

        note_seen(sift, fz_seen_at(fz_front_load(at), FZ_SEEN_OCTETS));
    }
    for (uint64_t left = starts; left != 0; left &= left - 1) {
        uint32_t at = (uint32_t)__builtin_ctzll(left);

        note_seen(sift, fz_seen_at(fz_front_load(block->octets + at),
                                   fz_block_token(block, at, FZ_SEEN_OCTETS)));
    }
}

static void know_seen(Sift *sift)
{
    sift->seen_known = true;
    memset(sift->seen, 0, sizeof sift->seen);
    note_seen(sift, FZ_SEEN_ALWAYS);
    for (uint32_t b = 0; b < sift->blocks; b++)
        see_block(sift, &sift->block[b]);
}

static bool is_seen(const Sift *sift, uint32_t hash)
{
    return sift->seen[hash / 64] >> hash % 64 & 1;
}

/* Where the hash of a guard's word was seen: is it the word? */
static bool stands(Sift *sift, uint32_t number)
{
    const FzWord *word = &sift->program->word[number];
    const uint8_t *octets = fz_word_text(sift->program, word);
    const FzView *view = sift->view;

    if (view->length > PIECE_OCTETS)
        return true;
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

    for (uint32_t g = first; g < end; g++) {
        if (sift->tries == 0)
            return true;
        sift->tries--;
        if (is_seen(sift, sieve->guard[g]) &&
            stands(sift, sieve->guard_word[g]))
            return true;
    }
    return first == end;
}

/* --- asking for anchors --------------------------------------------------- */
static void name_form(FzSifted *sifted, uint32_t form)
{
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
        return is_seen(sift, lead->guard[0]) || is_seen(sift, lead->guard[1]);
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
static void compare(Sift *sift, const Asked *asked)
{
    const FzFront *front = asked->front;
    uint64_t hash = asked->hash;
    uint32_t bucket = (uint32_t)(hash >> front->bucket_shift);
    uint32_t tag = fz_front_tag(hash);

    for (;; bucket = bucket == front->last ? 0 : bucket + 1) {
        const FzSieveEntry *entry = &front->entry[bucket * FZ_BUCKET_ENTRIES];

        for (uint32_t e = 0; e < FZ_BUCKET_ENTRIES; e++, entry++) {
            if (entry->text == 0)
                return;
            if (entry->tag == tag)
                follow(sift, entry, asked->at);
        }
        if (sift->tries < FZ_BUCKET_ENTRIES) {
            sift->out->any = true; /* no text has so many */
            return;
        }
        sift->tries -= FZ_BUCKET_ENTRIES;
    }
}

static void compare_asked(Sift *sift)
{
    if (sift->asked_count > 0 && !sift->seen_known)
        know_seen(sift); /* what was asked for arrives meanwhile */
    for (uint32_t i = 0; i < sift->asked_count && !sift->out->any; i++)
        compare(sift, &sift->asked[i]);
    sift->asked_count = 0;
}

/* The bucket is on its way from memory while others are asked for. */
static void ask(Sift *sift, const FzFront *front, uint64_t hash, uint32_t at)
{
    if (sift->asked_count == ASKED_MOST)
        compare_asked(sift);
    __builtin_prefetch(
        &front->entry[(hash >> front->bucket_shift) * FZ_BUCKET_ENTRIES]);
    sift->asked[sift->asked_count++] = (Asked){front, hash, at};
}

/* All places are put down before one is asked about: how many there are in a
 * block is never foreseen. */
static void ask_places(Sift *sift, uint32_t from)
{
    uint16_t places[FZ_WAYS * PIECE_OCTETS + 64];
    uint32_t count = 0;

    for (uint32_t b = 0; b < sift->blocks; b++)
        count += fz_block_places(sift->program->sieve, &sift->block[b], 64 * b,
                                 places + count);
    for (uint32_t p = 0; p < count; p++) {
        FzWay way = (FzWay)(places[p] >> FZ_WAY_BIT);
        uint32_t at = places[p] & ((1u << FZ_WAY_BIT) - 1);

        ask(sift, &sift->program->sieve->front[fz_way_front(way)],
            fz_block_hash(&sift->block[at / 64], at % 64, way), from + at);
    }
}

/* The blocks of the piece at `from'; returns its end. */
static uint32_t see_piece(Sift *sift, uint32_t from)
{
    const FzView *view = sift->view;
    uint64_t before = from > 0 && fz_octet_is_alnum(view->octets[from - 1]);
    FzBlock *block = sift->block;

    for (sift->blocks = 0; sift->blocks < PIECE_BLOCKS && from < view->length;
         sift->blocks++, block++, from += 64) {
        fz_block_see(sift->program->sieve, view, from, before, block);
        block->alnum_next = 0;
        if (sift->blocks > 0)
            block[-1].alnum_next = block->alnum;
        before = block->alnum >> 63;
    }
    if (from >= view->length)
        return view->length;
    /* a token may go on in the next piece */
    block[-1].alnum_next = fz_sieve_masks(view->octets + from).alnum;
    return from;
}

void fz_sieve_sift(const FzProgram *program, const FzView *view,
                   FzSifted *sifted)
{
    const FzSieve *sieve = program->sieve;
    Sift sift;

    sifted->count = 0;
    sifted->any = false;
    if (sieve == NULL)
        return;
    sift.program = program;
    sift.view = view;
    sift.out = sifted;
    sift.tries = TRIES + view->length / TRIES_OCTETS;
    sift.asked_count = 0;
    /* of a view of many pieces all is taken to be there */
    sift.seen_known = view->length > PIECE_OCTETS;
    if (sift.seen_known)
        memset(sift.seen, 0xFF, sizeof sift.seen);
    for (uint32_t from = 0; from < view->length;) {
        uint32_t end = see_piece(&sift, from);

        ask_places(&sift, from);
        from = end;
        compare_asked(&sift);
        /* what its words stand beside may be anywhere in so long a view */
        if (sifted->count > 0 && view->length > PIECE_OCTETS)
            sifted->any = true;
        if (sifted->any)
            return;
    }
}
