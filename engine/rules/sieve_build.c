/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sieve_build.c - the sieve of a program
 */
#include "config.h"

#include "engine/rules/sieve_impl.h"

#include "base/alloc.h"

#include <stdlib.h>

/* Bits of the map for a word, and its size: half a second-level cache. */
#define SPARSE 32
#define MAP_BITS_LEAST 6
#define MAP_BITS_MOST 22

typedef struct Build {
    const FzProgram *program;
    FzSieve *sieve;
    FzArena *arena;
} Build;

/* As it is sorted. */
typedef struct Draft {
    FzSieveEntry entry;
    uint64_t piece, hash; /* the piece's own, and that of its bits */
    uint64_t bucket;
} Draft;

static const uint8_t *octets_of(const FzProgram *program,
                                const FzString *string)
{
    return fz_word_text(program, &program->word[string->word]);
}

static uint64_t front_of(const uint8_t *octets, uint32_t count)
{
    uint8_t front[FZ_FRONT_OCTETS] = {0};

    memcpy(front, octets, count < sizeof front ? count : sizeof front);
    return fz_front_load(front);
}

/* --- guards --------------------------------------------------------------- */

/* Of a guard's word: as of every place where it stands. */
static uint16_t seen_of(const uint8_t *octets, uint32_t count, uint8_t flags)
{
    uint32_t token = fz_front_token(octets, count, FZ_SEEN_OCTETS);

    if (octets[0] >= 0x80 && count >= FZ_SEEN_OCTETS)
        token = FZ_SEEN_OCTETS;
    else if (token == 0 || (token == count && token < FZ_SEEN_OCTETS &&
                            !(flags & FZ_WORD_RIGHT)))
        return FZ_SEEN_ALWAYS; /* the text's may go on */
    return (uint16_t)fz_seen_at(front_of(octets, count), token);
}

/* Where a word may begin. */
static void note_lead(FzSieve *sieve, const uint8_t *octets, uint8_t flags)
{
    if (octets[0] < 0x80 && !fz_octet_is_alnum(octets[0]))
        sieve->signs = true;
    else if (octets[0] < 0x80 && !(flags & FZ_WORD_LEFT))
        sieve->within = true;
}

/* Hashes of the words of each form's guard. */
static void list_guards(Build *build, const uint32_t *guard)
{
    const FzProgram *program = build->program;
    uint32_t *first, *words, used = 0;
    uint16_t *hashes;
    size_t room = 1;

    for (uint32_t f = 0; f < program->form_count; f++)
        if (guard[f] != UINT32_MAX)
            room += program->term[guard[f]].words;
    first =
        fz_arena_alloc(build->arena, (program->form_count + 1) * sizeof *first);
    hashes = fz_arena_alloc(build->arena, room * sizeof *hashes);
    words = fz_arena_alloc(build->arena, room * sizeof *words);
    for (uint32_t f = 0; f < program->form_count; f++) {
        const FzTerm *term;

        first[f] = used;
        if (guard[f] == UINT32_MAX)
            continue;
        term = &program->term[guard[f]];
        for (uint32_t i = 0; i < term->words; i++) {
            uint32_t number = program->term_word[term->word + i];
            const FzWord *word = &program->word[number];
            const uint8_t *octets = fz_word_text(program, word);

            words[used] = number;
            hashes[used++] = seen_of(octets, word->octets, word->flags);
            note_lead(build->sieve, octets, word->flags);
        }
    }
    first[program->form_count] = used;
    build->sieve->guard_first = first;
    build->sieve->guard = hashes;
    build->sieve->guard_word = words;
}

/* One form, whose guard has two words at most: known without looking. */
static void put_guards(const Build *build, const FzString *string,
                       FzSieveEntry *entry)
{
    const FzProgram *program = build->program;
    const FzSieve *sieve = build->sieve;
    uint32_t e = program->entry_first[string->word], form, count;

    entry->guard[0] = FZ_GUARD_LISTED;
    if (string->words != 1 || program->entry_first[string->word + 1] != e + 1)
        return;
    form = program->entry[e].form;
    count = sieve->guard_first[form + 1] - sieve->guard_first[form];
    if (count == 0 && program->entry[e].guard == FZ_NO_GUARD) {
        entry->guard[0] = FZ_GUARD_NONE;
    } else if (count == 1 || count == 2) {
        entry->guard[0] = sieve->guard[sieve->guard_first[form]];
        entry->guard[1] = sieve->guard[sieve->guard_first[form + 1] - 1];
    }
}

/* --- fronts --------------------------------------------------------------- */

/* Which way leads to a string whose anchors have these borders in common. */
static FzFrontKind kind_of(const uint8_t *octets, uint32_t count, uint8_t flags)
{
    uint32_t token = fz_front_token(octets, count, count);

    if (token > 0 && (flags & FZ_WORD_LEFT) &&
        (token < count || (flags & FZ_WORD_RIGHT)))
        return FZ_FRONT_TOKEN;
    if (count >= FZ_FRONT_LONG_OCTETS)
        return FZ_FRONT_LONG;
    return count >= 3 ? FZ_FRONT_THREE : FZ_FRONT_TWO;
}

static void put_hashes(FzFrontKind kind, const uint8_t *octets, uint32_t count,
                       Draft *draft)
{
    uint64_t front = draft->entry.front;
    uint32_t looked_at = 0;

    switch (kind) {
    case FZ_FRONT_LONG:
        looked_at =
            count < FZ_FRONT_OCTETS ? FZ_FRONT_LONG_OCTETS : FZ_FRONT_OCTETS;
        break;
    case FZ_FRONT_TOKEN:
        looked_at = fz_front_token(octets, count, FZ_FRONT_OCTETS);
        break;
    case FZ_FRONT_THREE:
        looked_at = 3;
        break;
    case FZ_FRONT_TWO:
        looked_at = 2;
        break;
    }
    draft->hash = fz_front_hash(fz_front_of(front, looked_at));
    draft->piece = kind == FZ_FRONT_LONG
                       ? fz_front_hash(fz_front_of(front, FZ_FRONT_LONG_OCTETS))
                       : draft->hash;
}

static uint32_t list_entries(const Build *build, FzFrontKind kind, Draft *draft)
{
    const FzProgram *program = build->program;
    uint32_t count = 0;

    for (uint32_t s = 0; s < program->string_count; s++) {
        const FzString *string = &program->string[s];
        const uint8_t *octets = octets_of(program, string);
        uint8_t flags = FZ_WORD_LEFT | FZ_WORD_RIGHT;
        bool anchor = false;

        for (uint32_t w = string->word; w < string->word + string->words; w++)
            if (program->word[w].flags & FZ_WORD_ANCHOR) {
                flags &= program->word[w].flags;
                anchor = true;
            }
        if (!anchor || kind_of(octets, string->octets, flags) != kind)
            continue;
        note_lead(build->sieve, octets, flags);
        draft[count].entry = (FzSieveEntry){
            .front = front_of(octets, string->octets),
            .string = s,
            .octets = string->octets < FZ_FRONT_OCTETS ? string->octets & 15
                                                       : FZ_FRONT_OCTETS};
        put_guards(build, string, &draft[count].entry);
        put_hashes(kind, octets, string->octets, &draft[count]);
        count++;
    }
    return count;
}

static int by_bucket(const void *a, const void *b)
{
    const Draft *x = a, *y = b;

    if (x->bucket != y->bucket)
        return x->bucket < y->bucket ? -1 : 1;
    return x->entry.string < y->entry.string
               ? -1
               : x->entry.string > y->entry.string;
}

static uint32_t bits_for(uint64_t count)
{
    uint32_t bits = MAP_BITS_LEAST;

    while (bits < MAP_BITS_MOST && ((uint64_t)1 << bits) < count)
        bits++;
    return bits;
}

static void build_front(FzFront *front, Draft *draft, uint32_t count,
                        FzArena *arena)
{
    uint32_t map_bits = bits_for((uint64_t)SPARSE * count);
    uint32_t bucket_bits = bits_for(count), *first;
    FzSieveEntry *entry;
    uint64_t *map;

    front->map_shift = 64 + 6 - map_bits;
    front->bucket_shift = 64 - bucket_bits;
    map = fz_arena_alloc(arena, ((size_t)1 << map_bits) / 8 + 8);
    first =
        fz_arena_alloc(arena, (((size_t)1 << bucket_bits) + 1) * sizeof *first);
    for (uint32_t i = 0; i < count; i++) {
        map[draft[i].piece >> 1 >> (front->map_shift - 1)] |=
            fz_front_bits(draft[i].hash);
        draft[i].bucket = draft[i].hash >> front->bucket_shift;
        first[draft[i].bucket + 1]++;
        if ((draft[i].entry.front & 0x80) != 0)
            front->wide = true;
        else
            front->ascii = true;
    }
    for (uint32_t b = 0; b < 1u << bucket_bits; b++)
        first[b + 1] += first[b];
    qsort(draft, count, sizeof *draft, by_bucket);
    entry = fz_arena_alloc(arena, (count + 1) * sizeof *entry);
    for (uint32_t i = 0; i < count; i++)
        entry[i] = draft[i].entry;
    front->map = map;
    front->first = first;
    front->entry = entry;
}

const FzSieve *fz_sieve_build(const FzProgram *program, const uint32_t *guard,
                              FzArena *arena)
{
    Draft *draft = fz_calloc(program->string_count + 1, sizeof *draft);
    Build build = {program, fz_arena_alloc(arena, sizeof(FzSieve)), arena};
    bool any = false;

    list_guards(&build, guard);
    for (int kind = 0; kind < FZ_FRONTS; kind++) {
        uint32_t count = list_entries(&build, (FzFrontKind)kind, draft);

        if (count != 0)
            build_front(&build.sieve->front[kind], draft, count, arena);
        any |= count != 0;
        build.sieve->starts |=
            kind != FZ_FRONT_TOKEN && build.sieve->front[kind].ascii;
    }
    build.sieve->starts |= build.sieve->within;
    fz_free(draft);
    return any ? build.sieve : NULL;
}
