/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/rules/sieve.h"

#include "base/alloc.h"
#include "engine/rules/borders.h"

#include <stdlib.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* First octets that are looked up: two Han, one, and less. */
static const uint32_t widths[] = {6, 3, 2};
#define WIDTHS 3

/* Bits of the map for a word, and its size: half a second-level cache. */
#define SPARSE 16
#define MAP_BITS_LEAST 6
#define MAP_BITS_MOST 22

#define STRINGS_MOST ((1u << 28) - 1) /* each has 16 octets and more */

/* Comparisons of a message: so many, and one more for so many octets. */
#define TRIES 256
#define TRIES_OCTETS 4
#define SEARCH_TRIES 16 /* what the search for a guard counts as */

/* Views are looked through in pieces; of one that is a single piece the hashes
 * of all places are kept for the guards. */
#define PIECE_OCTETS 1024
#define SEEN_BITS 10
#define SEEN_ALWAYS (1u << SEEN_BITS) /* of words that no place tells of */

/* What an entry says of the guards: two hashes of which one must be there, or
 * one of these. */
#define GUARD_NONE 0xFFFF   /* nothing else is needed */
#define GUARD_LISTED 0xFFFE /* see the program's entries and `guard' */

typedef struct Entry {
    uint64_t front;       /* its first octets, up to eight */
    uint32_t string : 28; /* of the program */
    uint32_t octets : 4;  /* in `front' */
    uint16_t guard[2];
} Entry;

/* What stands in Entry.front beyond the looked up octets counts as well. */
typedef struct Front {
    uint64_t mask; /* of as many octets as are looked up */
    uint32_t map_shift, bucket_shift;
    const uint64_t *map;   /* two bits a word, in one piece of 64 */
    const uint32_t *first; /* by bucket, one more */
    const Entry *entry;    /* NULL: no words */
    bool wide, ascii;      /* some of its words begin so */
} Front;

struct FzSieve {
    Front front[WIDTHS];
    /* besides beginnings of words: some begin with other ASCII, or within */
    bool signs, within;
    const uint32_t *guard_first; /* by form, one more */
    const uint16_t *guard;       /* hashes of which one must be there */
    const uint32_t *guard_word;  /* whose hashes they are */
};

static inline uint64_t load(const uint8_t *at)
{
    uint64_t octets;

    memcpy(&octets, at, sizeof octets);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    octets = __builtin_bswap64(octets);
#endif
    return octets;
}

static inline uint64_t hash(uint64_t front)
{
    return front * 0x9E3779B97F4A7C15u;
}

static inline bool is_alnum(uint8_t octet)
{
    return octet - (unsigned)'0' < 10 || (octet | 0x20) - (unsigned)'a' < 26;
}

static inline uint64_t mask_of(uint32_t octets)
{
    return octets >= 8 ? UINT64_MAX : ((uint64_t)1 << 8 * octets) - 1;
}

/* Both bits of a hash, in the piece that its upper bits name. */
static inline uint64_t bits_of(uint64_t h)
{
    return (uint64_t)1 << (h & 63) | (uint64_t)1 << (h >> 6 & 63);
}

/* --- making it ------------------------------------------------------------ */
typedef struct Build {
    const FzProgram *program;
    FzSieve *sieve;
    FzArena *arena;
} Build;

/* As it is sorted. */
typedef struct Draft {
    Entry entry;
    uint64_t bucket;
} Draft;

static const uint8_t *octets_of(const FzProgram *program,
                                const FzString *string)
{
    return fz_word_text(program, &program->word[string->word]);
}

static uint32_t width_of(uint32_t octets)
{
    uint32_t width = 0;

    while (octets < widths[width])
        width++;
    return width;
}

static uint64_t front_of(const uint8_t *octets, uint32_t count)
{
    uint8_t front[8] = {0};

    memcpy(front, octets, count < 8 ? count : 8);
    return load(front);
}

/* Octets of ASCII letters and digits in front, as far as is looked up. */
static uint32_t token_of(const uint8_t *octets, uint32_t count)
{
    uint32_t run = 0;

    while (run < widths[0] && run < count && is_alnum(octets[run]))
        run++;
    return run;
}

/* Of a place in the text. What begins with a letter or digit is known by those
 * that follow it without a gap: a short word by all of it. */
static inline uint32_t seen_at(uint64_t front, uint32_t token)
{
    return (uint32_t)(hash(front & mask_of(token)) >> (64 - SEEN_BITS));
}

/* Of a guard's word: as of every place where it stands. */
static uint16_t seen_of(const uint8_t *octets, uint32_t count, uint8_t flags)
{
    uint32_t token = token_of(octets, count);

    if (octets[0] >= 0x80 && count >= widths[0])
        token = widths[0];
    else if (token == 0 ||
             (token == count && token < widths[0] && !(flags & FZ_WORD_RIGHT)))
        return SEEN_ALWAYS; /* the text's may go on */
    return (uint16_t)seen_at(front_of(octets, count), token);
}

/* Where a word may begin. */
static void note_lead(FzSieve *sieve, const uint8_t *octets, uint8_t flags)
{
    if (octets[0] < 0x80 && !is_alnum(octets[0]))
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
static void put_guards(const Build *build, const FzString *string, Entry *entry)
{
    const FzProgram *program = build->program;
    const FzSieve *sieve = build->sieve;
    uint32_t e = program->entry_first[string->word], form, count;

    entry->guard[0] = GUARD_LISTED;
    if (string->words != 1 || program->entry_first[string->word + 1] != e + 1)
        return;
    form = program->entry[e].form;
    count = sieve->guard_first[form + 1] - sieve->guard_first[form];
    if (count == 0 && program->entry[e].guard == FZ_NO_GUARD) {
        entry->guard[0] = GUARD_NONE;
    } else if (count == 1 || count == 2) {
        entry->guard[0] = sieve->guard[sieve->guard_first[form]];
        entry->guard[1] = sieve->guard[sieve->guard_first[form + 1] - 1];
    }
}

static uint32_t list_entries(const Build *build, uint32_t width, Draft *draft)
{
    const FzProgram *program = build->program;
    uint32_t count = 0;

    for (uint32_t s = 0; s < program->string_count; s++) {
        const FzString *string = &program->string[s];
        const uint8_t *octets = octets_of(program, string);
        uint8_t flags = FZ_WORD_LEFT;
        bool anchor = false;

        if (width_of(string->octets) != width)
            continue;
        for (uint32_t w = string->word; w < string->word + string->words; w++)
            if (program->word[w].flags & FZ_WORD_ANCHOR) {
                flags &= program->word[w].flags;
                anchor = true;
            }
        if (!anchor)
            continue;
        note_lead(build->sieve, octets, flags);
        draft[count].entry =
            (Entry){.front = front_of(octets, string->octets),
                    .string = s,
                    .octets = string->octets < 8 ? string->octets & 15 : 8};
        put_guards(build, string, &draft[count].entry);
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

static void build_front(Front *front, uint32_t width, Draft *draft,
                        uint32_t count, FzArena *arena)
{
    uint32_t map_bits = bits_for((uint64_t)SPARSE * count);
    uint32_t bucket_bits = bits_for(count), *first;
    Entry *entry;
    uint64_t *map;

    front->mask = mask_of(width);
    front->map_shift = 64 + 6 - map_bits;
    front->bucket_shift = 64 - bucket_bits;
    map = fz_arena_alloc(arena, ((size_t)1 << map_bits) / 8 + 8);
    first =
        fz_arena_alloc(arena, (((size_t)1 << bucket_bits) + 1) * sizeof *first);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t h = hash(draft[i].entry.front & front->mask);

        map[h >> 1 >> (front->map_shift - 1)] |= bits_of(h);
        draft[i].bucket = h >> front->bucket_shift;
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
    for (uint32_t w = 0; w < WIDTHS; w++) {
        uint32_t count = list_entries(&build, w, draft);

        /* the first is always looked up, for the guards */
        if (count == 0 && w > 0)
            continue;
        build_front(&build.sieve->front[w], widths[w], draft, count, arena);
        any |= count > 0;
    }
    fz_free(draft);
    return any ? build.sieve : NULL;
}

/* --- where a word may begin ----------------------------------------------- */
FzSieveMasks fz_sieve_masks_portable(const uint8_t *octets)
{
    FzSieveMasks masks = {0};

    for (uint32_t i = 0; i < 64; i++) {
        masks.alnum |= (uint64_t)is_alnum(octets[i]) << i;
        masks.wide |= (uint64_t)(octets[i] >= 0xC0) << i;
        masks.high |= (uint64_t)(octets[i] >= 0x80) << i;
    }
    return masks;
}

#ifdef __SSE2__
/* Octets of [from, from + count), in a range of signed ones. */
static inline __m128i among(__m128i octets, int from, int count)
{
    __m128i moved = _mm_add_epi8(octets, _mm_set1_epi8((char)(-128 - from)));

    return _mm_cmplt_epi8(moved, _mm_set1_epi8((char)(-128 + count)));
}

static inline FzSieveMasks masks_of(const uint8_t *octets)
{
    FzSieveMasks masks = {0};

#pragma GCC unroll 4
    for (uint32_t i = 0; i < 64; i += 16) {
        __m128i it = _mm_loadu_si128((const __m128i *)(octets + i));
        __m128i small = _mm_or_si128(it, _mm_set1_epi8(0x20));
        __m128i alnum = _mm_or_si128(among(it, '0', 10), among(small, 'a', 26));
        __m128i wide = among(it, 0xC0, 64);

        masks.alnum |= (uint64_t)(uint32_t)_mm_movemask_epi8(alnum) << i;
        masks.wide |= (uint64_t)(uint32_t)_mm_movemask_epi8(wide) << i;
        masks.high |= (uint64_t)(uint32_t)_mm_movemask_epi8(it) << i;
    }
    return masks;
}
#else
static inline FzSieveMasks masks_of(const uint8_t *octets)
{
    return fz_sieve_masks_portable(octets);
}
#endif

FzSieveMasks fz_sieve_masks(const uint8_t *octets)
{
    return masks_of(octets);
}

/* --- places --------------------------------------------------------------- */
typedef struct Places {
    uint16_t at[PIECE_OCTETS];
    uint32_t count;
} Places;

typedef struct Sift {
    const FzProgram *program;
    const FzView *view;
    uint32_t tries;
    uint8_t seen[SEEN_ALWAYS + 1]; /* by hash: it is there */
    Places places[WIDTHS];
} Sift;

static inline bool is_set(uint64_t bits, uint64_t h)
{
    return bits >> (h & 63) & bits >> (h >> 6 & 63) & 1;
}

/* Of the places of a block where ASCII begins, the words' hashes. */
static inline void see_tokens(const uint8_t *octets, uint64_t starts,
                              uint64_t alnum, uint8_t *seen)
{
    for (; starts != 0; starts &= starts - 1) {
        uint32_t at = (uint32_t)__builtin_ctzll(starts), token;

        if (at <= 64 - widths[0] - 1) /* a whole block of them has no end */
            token = (uint32_t)__builtin_ctzll(~(alnum >> at) |
                                              (uint64_t)1 << widths[0]);
        else /* it may go on in the next block */
            token = token_of(octets + at, widths[0]);
        seen[seen_at(load(octets + at), token)] = 1;
    }
}

/* The places of a block whose bits are set in the map: put down without a
 * branch, as which they are is never foreseen. */
static inline void list_places(const Front *front, const uint8_t *octets,
                               uint32_t from, uint64_t starts, uint8_t *seen,
                               Places *places)
{
    const uint64_t mask = front->mask, *map = front->map;
    const uint32_t shift = front->map_shift - 1;
    uint32_t count = places->count;

    for (; starts != 0; starts &= starts - 1) {
        uint32_t at = (uint32_t)__builtin_ctzll(starts);
        uint64_t h = hash(load(octets + at) & mask);

        if (seen != NULL)
            seen[h >> (64 - SEEN_BITS)] = 1;
        places->at[count] = (uint16_t)(from + at);
        count += is_set(map[h >> 1 >> shift], h);
    }
    places->count = count;
}

/* Of the piece that begins at `from`; returns its end. */
static uint32_t list_all(Sift *sift, uint32_t from, uint64_t *alnum_before)
{
    const FzSieve *sieve = sift->program->sieve;
    const FzView *view = sift->view;
    uint32_t end =
        view->length - from < PIECE_OCTETS ? view->length : from + PIECE_OCTETS;

    for (uint32_t w = 0; w < WIDTHS; w++)
        sift->places[w].count = 0;
    for (uint32_t at = from; at < end; at += 64) {
        const uint8_t *octets = view->octets + at;
        FzSieveMasks masks = masks_of(octets);
        uint64_t starts = masks.alnum & ~(masks.alnum << 1 | *alnum_before);

        *alnum_before = masks.alnum >> 63;
        if (sieve->within)
            starts |= masks.alnum;
        if (sieve->signs)
            starts |= ~masks.alnum & ~masks.high;
        if (end - at < 64) {
            uint64_t inside = ((uint64_t)1 << (end - at)) - 1;

            starts &= inside;
            masks.wide &= inside;
        }
        see_tokens(octets, starts, masks.alnum, sift->seen);
        list_places(&sieve->front[0], octets, at - from, masks.wide, sift->seen,
                    &sift->places[0]);
        if (sieve->front[0].ascii)
            list_places(&sieve->front[0], octets, at - from, starts, NULL,
                        &sift->places[0]);
        for (uint32_t w = 1; w < WIDTHS; w++)
            if (sieve->front[w].entry != NULL)
                list_places(&sieve->front[w], octets, at - from,
                            (sieve->front[w].ascii ? starts : 0) |
                                (sieve->front[w].wide ? masks.wide : 0),
                            NULL, &sift->places[w]);
    }
    return end;
}

/* --- asking --------------------------------------------------------------- */
/* Where the hash of a guard's word was seen: is it the word? Of a view of many
 * pieces nothing was seen, and all is taken to be there. */
static bool stands(Sift *sift, uint32_t number)
{
    const FzWord *word = &sift->program->word[number];
    const FzView *view = sift->view;
    uint32_t at = 0;

    if (view->length > PIECE_OCTETS)
        return true;
    for (;;) {
        const uint8_t *found;

        if (sift->tries < SEARCH_TRIES)
            return true;
        sift->tries -= SEARCH_TRIES;
        found = memmem(view->octets + at, view->length - at,
                       fz_word_text(sift->program, word), word->octets);
        if (found == NULL)
            return false;
        at = (uint32_t)(found - view->octets);
        if (fz_borders_hold(view, word->flags, at, at + word->octets))
            return true;
        at++;
    }
}

/* May the form's guard be there? */
static bool may_match(Sift *sift, const FzEntry *entry)
{
    const FzSieve *sieve = sift->program->sieve;
    uint32_t first = sieve->guard_first[entry->form];
    uint32_t end = sieve->guard_first[entry->form + 1];

    for (uint32_t g = first; g < end; g++) {
        if (sift->tries == 0)
            return true;
        sift->tries--;
        if (sift->seen[sieve->guard[g]] && stands(sift, sieve->guard_word[g]))
            return true;
    }
    return first == end;
}

/* Does a word of the string stand there that leads to a form which may match?
 */
static bool leads(Sift *sift, const Entry *found, uint32_t at)
{
    const FzProgram *program = sift->program;
    const FzString *string = &program->string[found->string];
    uint32_t to = at + string->octets;

    if (to > sift->view->length ||
        memcmp(sift->view->octets + at, octets_of(program, string),
               string->octets) != 0)
        return false;
    for (uint32_t w = string->word; w < string->word + string->words; w++) {
        if (!(program->word[w].flags & FZ_WORD_ANCHOR) ||
            !fz_borders_hold(sift->view, program->word[w].flags, at, to))
            continue;
        if (found->guard[0] == GUARD_NONE)
            return true;
        for (uint32_t e = program->entry_first[w];
             e < program->entry_first[w + 1]; e++)
            if (may_match(sift, &program->entry[e]))
                return true;
    }
    return false;
}

static bool compare(Sift *sift, const Front *front, uint32_t at)
{
    uint64_t octets = load(sift->view->octets + at);
    uint64_t bucket = hash(octets & front->mask) >> front->bucket_shift;

    for (uint32_t e = front->first[bucket]; e < front->first[bucket + 1]; e++) {
        const Entry *entry = &front->entry[e];

        if (sift->tries == 0)
            return true; /* no text has so many: let the matcher see */
        sift->tries--;
        if (((entry->front ^ octets) & mask_of(entry->octets)) != 0 ||
            (entry->guard[0] < GUARD_LISTED && !sift->seen[entry->guard[0]] &&
             !sift->seen[entry->guard[1]]))
            continue;
        if (leads(sift, entry, at))
            return true;
    }
    return false;
}

bool fz_sieve_finds(const FzProgram *program, const FzView *view)
{
    const FzSieve *sieve = program->sieve;
    uint64_t alnum_before = 0;
    Sift sift;

    if (sieve == NULL)
        return false;
    sift.program = program;
    sift.view = view;
    sift.tries = TRIES + view->length / TRIES_OCTETS;
    /* what stands in another piece is taken to be there */
    memset(sift.seen, view->length > PIECE_OCTETS, sizeof sift.seen);
    sift.seen[SEEN_ALWAYS] = 1;
    for (uint32_t from = 0, end; from < view->length; from = end) {
        end = list_all(&sift, from, &alnum_before);
        for (uint32_t w = 0; w < WIDTHS; w++)
            for (uint32_t p = 0; p < sift.places[w].count; p++)
                if (compare(&sift, &sieve->front[w],
                            from + sift.places[w].at[p]))
                    return true;
    }
    return false;
}
