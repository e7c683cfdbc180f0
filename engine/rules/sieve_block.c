/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sieve_block.c - where words may begin and, by the maps, stand
 */
#include "config.h"

#include "engine/rules/sieve_impl.h"

#include "base/cpu.h"

#ifdef FZ_CPU_WIDE
#include <immintrin.h>
#elif defined __SSE2__
#include <emmintrin.h>
#endif

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
#endif

FzSieveMasks fz_sieve_masks(const uint8_t *octets)
{
#ifdef FZ_CPU_WIDE
    if (fz_cpu_is_wide)
        return masks_wide(octets);
#endif
    return masks_of(octets);
}

void fz_block_see(const FzSieve *sieve, const FzView *view, uint32_t from,
                  uint64_t alnum_before, FzBlock *block)
{
    FzSieveMasks masks = fz_sieve_masks(view->octets + from);
    uint64_t inside = UINT64_MAX;

    block->octets = view->octets + from;
    block->left = view->length - from;
    if (block->left < 64)
        inside = ((uint64_t)1 << block->left) - 1;
    block->alnum = masks.alnum & inside;
    block->wide = masks.wide & inside;
    block->tokens = block->alnum & ~(block->alnum << 1 | alnum_before);
    block->starts = sieve->within ? block->alnum : block->tokens;
    if (sieve->signs)
        block->starts |= ~masks.alnum & ~masks.high & inside;
}

/* --- places: one by one --------------------------------------------------- */
static inline bool may_stand(const FzFront *front, uint64_t piece,
                             uint64_t hash)
{
    return fz_front_is_set(front->map[piece >> 1 >> (front->map_shift - 1)],
                           hash);
}

/* Which places are set is never foreseen, so none of these branches on it. */
static void long_places(const FzBlock *block, const FzFront *front,
                        uint64_t places, uint64_t *set)
{

    for (; places != 0; places &= places - 1) {
        uint32_t at = (uint32_t)__builtin_ctzll(places);
        uint64_t eight = fz_front_load(block->octets + at);
        uint64_t six = fz_front_hash(fz_front_of(eight, FZ_LONG_OCTETS));

        set[FZ_WAY_SIX] |= (uint64_t)may_stand(front, six, six) << at;
        set[FZ_WAY_EIGHT] |=
            (uint64_t)may_stand(front, six, fz_front_hash(eight)) << at;
    }
}

static uint64_t token_places(const FzBlock *block, const FzFront *front)
{
    uint64_t set = 0;

    for (uint64_t places = block->tokens; places != 0; places &= places - 1) {
        uint32_t at = (uint32_t)__builtin_ctzll(places);
        uint64_t hash = fz_front_token_hash(
            block->octets + at, fz_block_token(block, at, FZ_TOKEN_OCTETS));

        set |= (uint64_t)may_stand(front, hash, hash) << at;
    }
    return set;
}

/* Where words of the front may begin. */
static inline uint64_t begin_of(const FzFront *front, const FzBlock *block)
{
    return (front->wide ? block->wide : 0) | (front->ascii ? block->starts : 0);
}

static void short_places(const FzSieve *sieve, const FzBlock *block,
                         uint64_t *set)
{
    for (uint32_t octets = 2; octets <= 3; octets++) {
        FzWay way = octets == 2 ? FZ_WAY_TWO : FZ_WAY_THREE;
        const FzFront *front = &sieve->front[fz_way_front(way)];

        if (front->entry == NULL)
            continue;
        for (uint64_t places = begin_of(front, block); places != 0;
             places &= places - 1) {
            uint32_t at = (uint32_t)__builtin_ctzll(places);
            uint64_t eight = fz_front_load(block->octets + at);
            uint64_t hash = fz_front_hash(fz_front_of(eight, octets));

            set[way] |= (uint64_t)may_stand(front, hash, hash) << at;
        }
    }
}

/* --- places: eight at a time ---------------------------------------------- */
#ifdef FZ_CPU_WIDE
/* The octets that places begin with: octet k of lane j is that k behind place
 * j of the eight. */
typedef struct Window {
    __m512i here, next; /* the block, and the 16 octets behind it */
    __m512i places;     /* their numbers, an octet each */
} Window;

static const uint8_t numbers[64] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
    48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};

FZ_WIDE static inline Window window_of(const FzBlock *block, uint64_t places)
{
    /* no place is so near the end of a shorter one that it looks further */
    __mmask64 behind = block->left > 48 ? 0xFFFF : 0;

    return (Window){
        _mm512_loadu_si512(block->octets),
        _mm512_maskz_loadu_epi8(behind, block->octets + 64),
        _mm512_maskz_compress_epi8(places, _mm512_loadu_si512(numbers))};
}

/* The numbers of eight places from the first-th on, each in all octets of its
 * lane, and one more octet by octet. */
FZ_WIDE static inline __m512i eight_from(const Window *window, uint32_t first)
{
    const __m512i lane = _mm512_set_epi64(
        0x0707070707070707, 0x0606060606060606, 0x0505050505050505,
        0x0404040404040404, 0x0303030303030303, 0x0202020202020202,
        0x0101010101010101, 0);
    const __m512i step = _mm512_set1_epi64(0x0706050403020100);
    __m512i which = _mm512_add_epi8(lane, _mm512_set1_epi8((char)first));

    return _mm512_add_epi8(_mm512_permutexvar_epi8(which, window->places),
                           step);
}

FZ_WIDE static inline __m512i octets_at(const Window *window, __m512i places)
{
    return _mm512_permutex2var_epi8(window->here, places, window->next);
}

FZ_WIDE static inline __m512i hash_wide(__m512i front)
{
    return _mm512_mullo_epi64(
        _mm512_xor_si512(front, _mm512_srli_epi64(front, 32)),
        _mm512_set1_epi64((long long)FZ_FRONT_FACTOR));
}

FZ_WIDE static inline __m512i pieces_wide(const FzFront *front, __m512i hash)
{
    return _mm512_i64gather_epi64(
        _mm512_srl_epi64(hash, _mm_cvtsi32_si128((int)front->map_shift)),
        (const void *)front->map, 8);
}

/* Of eight pieces of the map, those where both bits of the hash are set. */
FZ_WIDE static inline __mmask8 are_set(__m512i piece, __m512i hash)
{
    const __m512i one = _mm512_set1_epi64(1);
    __m512i bits = _mm512_or_si512(
        _mm512_rolv_epi64(one, _mm512_srli_epi64(hash, FZ_FRONT_BIT)),
        _mm512_rolv_epi64(one, _mm512_srli_epi64(hash, FZ_FRONT_BIT + 6)));

    return _mm512_cmpeq_epi64_mask(_mm512_and_si512(piece, bits), bits);
}

FZ_WIDE static void long_places_wide(const FzBlock *block, const FzFront *front,
                                     uint64_t places, uint64_t *set)
{
    const __m512i six_octets =
        _mm512_set1_epi64((1LL << 8 * FZ_LONG_OCTETS) - 1);
    uint32_t count = (uint32_t)__builtin_popcountll(places);
    Window window = window_of(block, places);
    uint64_t by_six = 0, by_eight = 0;

    for (uint32_t first = 0; first < count; first += 8) {
        __m512i eight = octets_at(&window, eight_from(&window, first));
        __m512i six = hash_wide(_mm512_and_si512(eight, six_octets));
        __m512i piece = pieces_wide(front, six);

        by_six |= (uint64_t)are_set(piece, six) << first;
        by_eight |= (uint64_t)are_set(piece, hash_wide(eight)) << first;
    }
    /* what stands behind the last of them falls away */
    set[FZ_WAY_SIX] = _pdep_u64(by_six, places);
    set[FZ_WAY_EIGHT] = _pdep_u64(by_eight, places);
}

/* The number behind the last octet of each token, an octet each. */
FZ_WIDE static inline __m512i ends_of(const FzBlock *block)
{
    uint64_t ends = ~block->alnum & block->alnum << 1;
    uint32_t count = (uint32_t)__builtin_popcountll(block->tokens);
    __m512i all;

    if ((block->alnum & ~block->tokens & 1) != 0)
        ends &= ends - 1; /* of a token of the block before */
    all = _mm512_maskz_compress_epi8(ends, _mm512_loadu_si512(numbers));
    if (block->alnum >> 63 == 0)
        return all;
    return _mm512_mask_set1_epi8(
        all, (uint64_t)1 << 1 >> 1 << (count - 1),
        (char)(64 + fz_block_token(block, 63, FZ_TOKEN_OCTETS) - 1));
}

FZ_WIDE static uint64_t token_places_wide(const FzBlock *block,
                                          const FzFront *front)
{
    const __m512i all = _mm512_set1_epi64(-1), all_bits = _mm512_set1_epi64(64);
    uint32_t count = (uint32_t)__builtin_popcountll(block->tokens);
    Window window = window_of(block, block->tokens);
    __m512i octets =
        _mm512_min_epu8(_mm512_sub_epi8(ends_of(block), window.places),
                        _mm512_set1_epi8(FZ_TOKEN_OCTETS));
    __m512i head = _mm512_min_epu8(octets, _mm512_set1_epi8(8));
    __m512i tail = _mm512_sub_epi8(octets, head);
    uint64_t set = 0;

    for (uint32_t first = 0; first < count; first += 8) {
        __m512i places = eight_from(&window, first), hash;
        __m512i which = _mm512_add_epi8(
            _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0), _mm512_set1_epi64(first));
        /* how many bits of each lane are of its token */
        __m512i head_bits = _mm512_slli_epi64(
            _mm512_maskz_permutexvar_epi8(0x0101010101010101, which, head), 3);
        __m512i tail_bits = _mm512_slli_epi64(
            _mm512_maskz_permutexvar_epi8(0x0101010101010101, which, tail), 3);
        __m512i rest =
            octets_at(&window, _mm512_add_epi8(places, _mm512_set1_epi8(8)));

        rest = _mm512_and_si512(
            rest,
            _mm512_srlv_epi64(all, _mm512_sub_epi64(all_bits, tail_bits)));
        hash = _mm512_and_si512(
            octets_at(&window, places),
            _mm512_srlv_epi64(all, _mm512_sub_epi64(all_bits, head_bits)));
        hash = hash_wide(_mm512_xor_si512(hash, hash_wide(rest)));
        set |= (uint64_t)are_set(pieces_wide(front, hash), hash) << first;
    }
    return _pdep_u64(set, block->tokens);
}

FZ_WIDE static void set_wide(const FzSieve *sieve, const FzBlock *block,
                             uint64_t *set)
{
    const FzFront *front = &sieve->front[FZ_FRONT_LONG];

    if (front->entry != NULL)
        long_places_wide(block, front, begin_of(front, block), set);
    front = &sieve->front[FZ_FRONT_TOKEN];
    if (front->entry != NULL)
        set[FZ_WAY_TOKEN] = token_places_wide(block, front);
}
#endif

/* --- in both forms -------------------------------------------------------- */
static void set_plain(const FzSieve *sieve, const FzBlock *block, uint64_t *set)
{
    const FzFront *front = &sieve->front[FZ_FRONT_LONG];

    if (front->entry != NULL)
        long_places(block, front, begin_of(front, block), set);
    front = &sieve->front[FZ_FRONT_TOKEN];
    if (front->entry != NULL)
        set[FZ_WAY_TOKEN] = token_places(block, front);
}

/* Nearly always there are none, one or two, and which is never foreseen. */
static inline uint32_t put_places(uint64_t set, uint32_t first,
                                  uint16_t *places)
{
    uint32_t count = 0;

    for (int i = 0; i < 2; i++) {
        places[count] = (uint16_t)(first + (uint32_t)__builtin_ctzll(
                                               set | (uint64_t)1 << 63));
        count += set != 0;
        set &= set - 1;
    }
    for (; set != 0; set &= set - 1)
        places[count++] = (uint16_t)(first + (uint32_t)__builtin_ctzll(set));
    return count;
}

uint32_t fz_block_places(const FzSieve *sieve, const FzBlock *block,
                         uint32_t from, uint16_t *places)
{
    uint64_t set[FZ_WAYS] = {0};
    uint32_t count = 0;

#ifdef FZ_CPU_WIDE
    if (fz_cpu_is_wide)
        set_wide(sieve, block, set);
    else
#endif
        set_plain(sieve, block, set);
    short_places(sieve, block, set);
    for (uint32_t way = 0; way < FZ_WAYS; way++)
        if (sieve->front[fz_way_front((FzWay)way)].entry != NULL)
            count +=
                put_places(set[way], way << FZ_WAY_BIT | from, places + count);
    return count;
}

uint64_t fz_block_hash(const FzBlock *block, uint32_t at, FzWay way)
{
    uint64_t eight = fz_front_load(block->octets + at);

    switch (way) {
    case FZ_WAY_EIGHT:
        return fz_front_hash(eight);
    case FZ_WAY_SIX:
        return fz_front_hash(fz_front_of(eight, FZ_LONG_OCTETS));
    case FZ_WAY_TOKEN:
        return fz_front_token_hash(block->octets + at,
                                   fz_block_token(block, at, FZ_TOKEN_OCTETS));
    case FZ_WAY_THREE:
        return fz_front_hash(fz_front_of(eight, 3));
    case FZ_WAY_TWO:
        return fz_front_hash(fz_front_of(eight, 2));
    }
    return 0;
}
