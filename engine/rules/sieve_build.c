/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sieve_build.c - the sieve of a program
 */
#include "config.h"

#include "engine/rules/sieve_impl.h"

#include "base/alloc.h"

/* Bits of the map for a word, and its size: half a second-level cache. */
#define SPARSE 16
#define MAP_BITS_LEAST 6
#define MAP_BITS_MOST 22

#define LINE_OCTETS 64 /* of a cache */

typedef struct Build {
    const FzProgram *program;
    FzSieve *sieve;
    FzArena *arena;
    FzLead *lead;
    uint32_t leads;
    uint8_t *text;
    uint32_t text_octets;
} Build;

/* A word on its way into a front. */
typedef struct Draft {
    FzSieveEntry entry;
    uint64_t piece, hash; /* the piece's own, and that of its bits */
    bool wide;            /* it begins beyond ASCII */
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
    return fz_seen_at(front_of(octets, count), token);
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

/* --- leads ---------------------------------------------------------------- */
/* Words of a guard that no place tells of are searched for, as many are. */
static bool tells(const FzSieve *sieve, uint32_t first, uint32_t count)
{
    for (uint32_t g = first; g < first + count; g++)
        if (sieve->guard[g] == FZ_SEEN_ALWAYS)
            return false;
    return true;
}

static FzLead lead_of(const Build *build, uint32_t form)
{
    const FzSieve *sieve = build->sieve;
    uint32_t first = sieve->guard_first[form];
    uint32_t count = sieve->guard_first[form + 1] - first;
    FzLead lead = {form, {FZ_GUARD_NONE, FZ_GUARD_NONE}};

    if (count > 2 || !tells(sieve, first, count)) {
        lead.guard[0] = FZ_GUARD_MANY;
    } else if (count > 0) {
        lead.guard[0] = sieve->guard[first];
        lead.guard[1] = sieve->guard[first + count - 1];
    }
    return lead;
}

/* Of a string; those of one that leads to several forms stand together. */
static FzLead leads_of(Build *build, const FzString *string)
{
    const FzProgram *program = build->program;
    uint32_t first = program->entry_first[string->word];
    uint32_t count = program->entry_first[string->word + 1] - first;
    FzLead leads = {build->leads, {FZ_GUARD_LEADS, (uint16_t)count}};

    if (string->words != 1 || count > UINT16_MAX)
        return (FzLead){(uint32_t)(string - program->string),
                        {FZ_GUARD_WORDS, 0}};
    if (count == 1)
        return lead_of(build, program->entry[first].form);
    for (uint32_t e = first; e < first + count; e++)
        build->lead[build->leads++] = lead_of(build, program->entry[e].form);
    return leads;
}

/* --- fronts --------------------------------------------------------------- */

/* Which way leads to a string whose anchors have these borders in common. */
static FzFrontKind kind_of(const uint8_t *octets, uint32_t count, uint8_t flags)
{
    uint32_t token = fz_front_token(octets, count, count);

    if (token > 0 && (flags & FZ_WORD_LEFT) &&
        (token < count || (flags & FZ_WORD_RIGHT)))
        return FZ_FRONT_TOKEN;
    if (count >= FZ_LONG_OCTETS)
        return FZ_FRONT_LONG;
    return count >= 3 ? FZ_FRONT_THREE : FZ_FRONT_TWO;
}

static void put_hashes(FzFrontKind kind, const uint8_t *octets, uint32_t count,
                       Draft *draft)
{
    uint64_t front = front_of(octets, count);
    uint8_t token[FZ_TOKEN_OCTETS + 1] = {0};
    uint32_t run;

    switch (kind) {
    case FZ_FRONT_LONG:
        draft->piece = fz_front_hash(fz_front_of(front, FZ_LONG_OCTETS));
        draft->hash =
            count < FZ_FRONT_OCTETS ? draft->piece : fz_front_hash(front);
        break;
    case FZ_FRONT_TOKEN:
        run = fz_front_token(octets, count, FZ_TOKEN_OCTETS);
        memcpy(token, octets, run);
        draft->piece = draft->hash = fz_front_token_hash(token, run);
        break;
    case FZ_FRONT_THREE:
        draft->piece = draft->hash = fz_front_hash(fz_front_of(front, 3));
        break;
    case FZ_FRONT_TWO:
        draft->piece = draft->hash = fz_front_hash(fz_front_of(front, 2));
        break;
    }
    draft->entry.tag = fz_front_tag(draft->hash);
}

/* Does the hash tell of all of it, and of the borders it needs? (Of a token it
 * does but for letters beyond ASCII: so few stand beside one that looking for
 * them is left to those who evaluate.) */
static bool is_whole(FzFrontKind kind, const uint8_t *octets, uint32_t count,
                     uint8_t flags)
{
    switch (kind) {
    case FZ_FRONT_LONG:
        return flags == 0 &&
               (count == FZ_LONG_OCTETS || count == FZ_FRONT_OCTETS);
    case FZ_FRONT_TOKEN:
        return count < FZ_TOKEN_OCTETS && /* the text's may be longer */
               fz_front_token(octets, count, count) == count;
    case FZ_FRONT_THREE:
        return flags == 0 && count == 3;
    default:
        return flags == 0;
    }
}

static uint32_t put_text(Build *build, const uint8_t *octets, uint8_t count,
                         uint8_t flags)
{
    uint32_t at = build->text_octets;

    build->text[at] = count;
    build->text[at + 1] = flags;
    memcpy(build->text + at + 2, octets, count);
    build->text_octets += 2u + count;
    return at;
}

static uint32_t list_entries(Build *build, FzFrontKind kind, Draft *draft)
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
            .text = put_text(build, octets, string->octets, string->flags)};
        draft[count].wide = octets[0] >= 0x80;
        draft[count].entry.whole =
            is_whole(kind, octets, string->octets, flags);
        draft[count].entry.lead = leads_of(build, string);
        put_hashes(kind, octets, string->octets, &draft[count]);
        count++;
    }
    return count;
}

static uint32_t bits_for(uint64_t count)
{
    uint32_t bits = MAP_BITS_LEAST;

    while (bits < MAP_BITS_MOST && ((uint64_t)1 << bits) < count)
        bits++;
    return bits;
}

/* Buckets are half full at most. */
static void build_front(FzFront *front, const Draft *draft, uint32_t count,
                        FzArena *arena)
{
    uint32_t map_bits = bits_for((uint64_t)SPARSE * count);
    uint32_t bucket_bits = bits_for(2 * (uint64_t)count / FZ_BUCKET_ENTRIES);
    FzSieveEntry *entry;
    uint64_t *map;

    front->map_shift = 64 + 6 - map_bits;
    front->bucket_shift = 64 - bucket_bits;
    front->last = (1u << bucket_bits) - 1;
    map = fz_arena_alloc(arena, ((size_t)1 << map_bits) / 8 + 8);
    entry = fz_arena_alloc(arena, ((size_t)FZ_BUCKET_ENTRIES << bucket_bits) *
                                          sizeof *entry +
                                      LINE_OCTETS);
    entry = (FzSieveEntry *)(((uintptr_t)entry + LINE_OCTETS - 1) /
                             LINE_OCTETS * LINE_OCTETS);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = (uint32_t)(draft[i].hash >> front->bucket_shift) *
                      FZ_BUCKET_ENTRIES;

        map[draft[i].piece >> 1 >> (front->map_shift - 1)] |=
            fz_front_bits(draft[i].hash);
        while (entry[at].text != 0)
            at = (at + 1) % (FZ_BUCKET_ENTRIES << bucket_bits);
        entry[at] = draft[i].entry;
        front->wide |= draft[i].wide;
        front->ascii |= !draft[i].wide;
    }
    front->map = map;
    front->entry = entry;
}

static size_t room_of_texts(const FzProgram *program)
{
    size_t octets = 1;

    for (uint32_t s = 0; s < program->string_count; s++)
        octets += 2u + program->string[s].octets;
    return octets;
}

const FzSieve *fz_sieve_build(const FzProgram *program, const uint32_t *guard,
                              FzArena *arena)
{
    Draft *draft = fz_calloc(program->string_count + 1, sizeof *draft);
    Build build = {.program = program,
                   .sieve = fz_arena_alloc(arena, sizeof(FzSieve)),
                   .arena = arena};
    bool any = false;

    list_guards(&build, guard);
    build.lead =
        fz_arena_alloc(arena, (program->entry_first[program->word_count] + 1) *
                                  sizeof *build.lead);
    build.sieve->lead = build.lead;
    build.text = fz_arena_alloc(arena, room_of_texts(program));
    build.text_octets = 1; /* 0 is none */
    build.sieve->text = build.text;
    for (int kind = 0; kind < FZ_FRONTS; kind++) {
        uint32_t count = list_entries(&build, (FzFrontKind)kind, draft);

        build_front(&build.sieve->front[kind], draft, count, arena);
        any |= count != 0;
    }
    fz_free(draft);
    return any ? build.sieve : NULL;
}
