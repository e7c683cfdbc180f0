/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sieve.c - which forms may match in a view
 */
#include "config.h"

#include "engine/rules/sieve_impl.h"

#include "base/cpu.h"
#include "engine/rules/borders.h"
#include "engine/rules/search.h"

#ifdef FZ_CPU_WIDE
#include <immintrin.h>
#elif defined __SSE2__
#include <emmintrin.h>
#endif

/* Comparisons of a message: so many, and one more for so many octets. */
#define TRIES 256
#define TRIES_OCTETS 4
#define SEARCH_TRIES 16 /* what the search for a guard counts as */

/* Views are looked through in pieces; of one that is a single piece the hashes
 * of all places can be known, for the guards. */
#define PIECE_OCTETS 1024
#define PIECE_BLOCKS (PIECE_OCTETS / 64)

/* --- where words may begin ------------------------------------------------ */
FzSieveMasks fz_sieve_masks_portable(const uint8_t *octets)
{
    FzSieveMasks masks = {0};

    for (uint32_t i = 0; i < 64; i++) {
        masks.alnum |= (uint64_t)fz_octet_is_alnum(octets[i]) << i;
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

/* The places of bits, and room for 64 more; returns how many. */
static inline uint32_t put_bits(uint64_t bits, uint32_t from, uint16_t *at)
{
    uint32_t count = 0;

    for (; bits != 0; bits &= bits - 1)
        at[count++] = (uint16_t)(from + (uint32_t)__builtin_ctzll(bits));
    return count;
}

#ifdef FZ_CPU_WIDE
FZ_WIDE static inline FzSieveMasks masks_wide(const uint8_t *octets)
{
    __m512i it = _mm512_loadu_si512(octets);
    __m512i small = _mm512_or_si512(it, _mm512_set1_epi8(0x20));
    __m512i digit = _mm512_sub_epi8(it, _mm512_set1_epi8('0'));
    __m512i letter = _mm512_sub_epi8(small, _mm512_set1_epi8('a'));

    return (FzSieveMasks){
        .alnum = _mm512_cmplt_epu8_mask(digit, _mm512_set1_epi8(10)) |
                 _mm512_cmplt_epu8_mask(letter, _mm512_set1_epi8(26)),
        .wide = _mm512_cmpge_epu8_mask(it, _mm512_set1_epi8((char)0xC0)),
        .high = _mm512_movepi8_mask(it)};
}

FZ_WIDE static inline uint32_t put_bits_wide(uint64_t bits, uint32_t from,
                                             uint16_t *at)
{
    static const uint8_t numbers[64] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
        16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
        32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
        48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    __m512i set = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(numbers));
    __m512i first = _mm512_set1_epi16((short)from);

    _mm512_storeu_si512(
        at, _mm512_add_epi16(
                first, _mm512_cvtepu8_epi16(_mm512_castsi512_si256(set))));
    _mm512_storeu_si512(
        at + 32,
        _mm512_add_epi16(
            first, _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(set, 1))));
    return (uint32_t)__builtin_popcountll(bits);
}
#endif

FzSieveMasks fz_sieve_masks(const uint8_t *octets)
{
#ifdef FZ_CPU_WIDE
    if (fz_cpu_is_wide)
        return masks_wide(octets);
#endif
    return masks_of(octets);
}

/* --- places --------------------------------------------------------------- */
typedef struct Places {
    uint32_t count;
    uint16_t at[PIECE_OCTETS + 64];
} Places;

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
    uint32_t from, end;  /* of the piece */
    uint64_t alnum_last; /* the octet before the piece is a letter or digit */
    Places wide;         /* code points beyond ASCII begin there */
    Places starts;       /* ASCII that a word begins with */
    Places tokens;       /* letters and digits behind none */
    Places set;          /* those that are set in a front's map */
    uint64_t alnum[PIECE_BLOCKS + 1]; /* letters and digits, a bit each */
    bool seen_known;
    uint32_t asked_count;
    Asked asked[ASKED_MOST];
    uint64_t seen[FZ_SEEN_ALWAYS / 64 + 1]; /* by hash: it is there */
} Sift;

/* Of all places of the piece. */
FZ_ALWAYS_INLINE void see_piece(Sift *sift,
                                FzSieveMasks (*see)(const uint8_t *),
                                uint32_t (*put)(uint64_t, uint32_t, uint16_t *))
{
    const FzSieve *sieve = sift->program->sieve;
    uint64_t *alnum = sift->alnum, last = sift->alnum_last;
    uint32_t wide = 0, starts = 0, tokens = 0;

    for (uint32_t at = sift->from; at < sift->end; at += 64) {
        FzSieveMasks masks = see(sift->view->octets + at);
        uint64_t inside = UINT64_MAX, begin;

        if (sift->end - at < 64)
            inside = ((uint64_t)1 << (sift->end - at)) - 1;
        *alnum = masks.alnum & inside;
        begin = *alnum & ~(*alnum << 1 | last);
        wide += put(masks.wide & inside, at - sift->from, sift->wide.at + wide);
        tokens += put(begin, at - sift->from, sift->tokens.at + tokens);
        if (sieve->starts) {
            if (sieve->within)
                begin |= *alnum;
            if (sieve->signs)
                begin |= ~masks.alnum & ~masks.high & inside;
            starts += put(begin, at - sift->from, sift->starts.at + starts);
        }
        last = *alnum++ >> 63;
    }
    *alnum = 0;
    sift->alnum_last = last;
    sift->wide.count = wide;
    sift->starts.count = starts;
    sift->tokens.count = tokens;
}

/* Letters and digits from a place of the piece on, up to `most'. */
FZ_ALWAYS_INLINE uint32_t token_at(const Sift *sift, uint32_t at, uint32_t most)
{
    const uint64_t *alnum = &sift->alnum[at / 64];
    uint64_t run = alnum[0] >> at % 64 | alnum[1] << 1 << (63 - at % 64);

    /* it may go on in the next piece */
    if (sift->end < sift->view->length && sift->from + at + most > sift->end)
        return fz_front_token(sift->view->octets + sift->from + at,
                              sift->view->length - sift->from - at, most);
    return (uint32_t)__builtin_ctzll(~run | (uint64_t)1 << most);
}

FZ_ALWAYS_INLINE bool may_stand(const FzFront *front, uint64_t piece,
                                uint64_t hash)
{
    return fz_front_is_set(front->map[piece >> 1 >> (front->map_shift - 1)],
                           hash);
}

/* The places where the front's words may stand, put down without a branch, as
 * which they are is never foreseen. */
FZ_ALWAYS_INLINE void list_places(Sift *sift, FzFrontKind kind,
                                  const Places *places)
{
    const FzFront *front = &sift->program->sieve->front[kind];
    const uint8_t *octets = sift->view->octets + sift->from;
    uint32_t count = sift->set.count;

    for (uint32_t p = 0; p < places->count; p++) {
        uint32_t at = places->at[p];
        uint64_t eight = fz_front_load(octets + at), hash, all;
        bool set;

        switch (kind) {
        case FZ_FRONT_LONG:
            hash = fz_front_hash(fz_front_of(eight, FZ_LONG_OCTETS));
            all = fz_front_hash(eight);
            set = may_stand(front, hash, hash) | may_stand(front, hash, all);
            break;
        case FZ_FRONT_TOKEN:
            hash = fz_front_token_hash(octets + at,
                                       token_at(sift, at, FZ_TOKEN_OCTETS));
            set = may_stand(front, hash, hash);
            break;
        case FZ_FRONT_THREE:
        case FZ_FRONT_TWO:
            hash = fz_front_hash(
                fz_front_of(eight, kind == FZ_FRONT_THREE ? 3 : 2));
            set = may_stand(front, hash, hash);
            break;
        }
        sift->set.at[count] = (uint16_t)at;
        count += set;
    }
    sift->set.count = count;
}

FZ_ALWAYS_INLINE void list_front(Sift *sift, FzFrontKind kind)
{
    const FzFront *front = &sift->program->sieve->front[kind];

    sift->set.count = 0;
    if (front->wide)
        list_places(sift, kind, &sift->wide);
    if (front->ascii)
        list_places(sift, kind,
                    kind == FZ_FRONT_TOKEN ? &sift->tokens : &sift->starts);
}

/* --- in both forms -------------------------------------------------------- */
FZ_ALWAYS_INLINE void list_any(Sift *sift, FzFrontKind kind)
{
    switch (kind) {
    case FZ_FRONT_LONG:
        list_front(sift, FZ_FRONT_LONG);
        break;
    case FZ_FRONT_TOKEN:
        list_front(sift, FZ_FRONT_TOKEN);
        break;
    case FZ_FRONT_THREE:
        list_front(sift, FZ_FRONT_THREE);
        break;
    case FZ_FRONT_TWO:
        list_front(sift, FZ_FRONT_TWO);
        break;
    }
}

#ifdef FZ_CPU_WIDE
FZ_WIDE static void see_wide(Sift *sift)
{
    see_piece(sift, masks_wide, put_bits_wide);
}

FZ_WIDE static void list_wide(Sift *sift, FzFrontKind kind)
{
    list_any(sift, kind);
}
#endif

static void see(Sift *sift)
{
#ifdef FZ_CPU_WIDE
    if (fz_cpu_is_wide) {
        see_wide(sift);
        return;
    }
#endif
    see_piece(sift, masks_of, put_bits);
}

static void list(Sift *sift, FzFrontKind kind)
{
#ifdef FZ_CPU_WIDE
    if (fz_cpu_is_wide) {
        list_wide(sift, kind);
        return;
    }
#endif
    list_any(sift, kind);
}

/* --- asking for guards ---------------------------------------------------- */
static void note_seen(Sift *sift, uint32_t hash)
{
    sift->seen[hash / 64] |= (uint64_t)1 << hash % 64;
}

static void know_seen(Sift *sift)
{
    const Places *starts =
        sift->program->sieve->within ? &sift->starts : &sift->tokens;
    const uint8_t *octets = sift->view->octets;

    sift->seen_known = true;
    memset(sift->seen, 0, sizeof sift->seen);
    note_seen(sift, FZ_SEEN_ALWAYS);
    for (uint32_t p = 0; p < sift->wide.count; p++)
        note_seen(sift, fz_seen_at(fz_front_load(octets + sift->wide.at[p]),
                                   FZ_SEEN_OCTETS));
    for (uint32_t p = 0; p < starts->count; p++) {
        uint32_t at = starts->at[p];
        uint32_t token = token_at(sift, at, FZ_SEEN_OCTETS);

        if (token > 0)
            note_seen(sift, fz_seen_at(fz_front_load(octets + at), token));
    }
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

/* The string itself, not its front alone. */
static bool stands_at(const Sift *sift, const FzSieveEntry *entry, uint32_t at)
{
    const FzProgram *program = sift->program;
    const FzString *string = &program->string[entry->string - 1];
    const FzWord *word = &program->word[string->word];
    uint32_t to = at + string->octets;

    return to <= sift->view->length &&
           memcmp(sift->view->octets + at, fz_word_text(program, word),
                  string->octets) == 0 &&
           (string->words > 1 ||
            fz_borders_hold(sift->view, string->flags, at, to));
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
            follow_words(sift, &sift->program->string[entry->string - 1], at);
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
            if (entry->string == 0)
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

/* What a place is looked up by. */
static uint64_t hash_of(const Sift *sift, FzFrontKind kind, uint32_t at)
{
    const uint8_t *octets = sift->view->octets + sift->from + at;
    uint64_t eight = fz_front_load(octets);

    switch (kind) {
    case FZ_FRONT_LONG:
        return fz_front_hash(eight);
    case FZ_FRONT_TOKEN:
        return fz_front_token_hash(octets, token_at(sift, at, FZ_TOKEN_OCTETS));
    case FZ_FRONT_THREE:
        return fz_front_hash(fz_front_of(eight, 3));
    case FZ_FRONT_TWO:
        return fz_front_hash(fz_front_of(eight, 2));
    }
    return 0;
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
    sift->asked[sift->asked_count++] = (Asked){front, hash, sift->from + at};
}

static void ask_places(Sift *sift, FzFrontKind kind)
{
    const FzFront *front = &sift->program->sieve->front[kind];

    for (uint32_t p = 0; p < sift->set.count; p++) {
        uint32_t at = sift->set.at[p];
        uint64_t hash = hash_of(sift, kind, at), six;

        if (kind != FZ_FRONT_LONG) {
            ask(sift, front, hash, at);
            continue;
        }
        six = fz_front_hash(
            fz_front_of(fz_front_load(sift->view->octets + sift->from + at),
                        FZ_LONG_OCTETS));
        if (may_stand(front, six, hash))
            ask(sift, front, hash, at);
        if (may_stand(front, six, six))
            ask(sift, front, six, at);
    }
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
    sift.alnum_last = 0;
    for (sift.from = 0; sift.from < view->length; sift.from = sift.end) {
        sift.end = view->length - sift.from < PIECE_OCTETS
                       ? view->length
                       : sift.from + PIECE_OCTETS;
        see(&sift);
        for (int kind = 0; kind < FZ_FRONTS; kind++) {
            if (sieve->front[kind].entry == NULL)
                continue;
            list(&sift, (FzFrontKind)kind);
            ask_places(&sift, (FzFrontKind)kind);
        }
        compare_asked(&sift);
        /* what its words stand beside may be anywhere in so long a view */
        if (sifted->count > 0 && view->length > PIECE_OCTETS)
            sifted->any = true;
        if (sifted->any)
            return;
    }
}
