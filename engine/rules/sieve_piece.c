/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sieve_piece.c - where words may begin and, by the maps, stand
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

/* --- 64 octets of it ------------------------------------------------------ */
typedef struct Block {
    const uint8_t *octets;
    uint32_t left; /* octets of the view from here on */
    uint32_t from; /* in the piece */
    /* a bit for each octet, the first is bit 0 */
    uint64_t alnum;      /* ASCII letters and digits */
    uint64_t alnum_next; /* of the next block; none behind the end */
    uint64_t wide;       /* code points beyond ASCII begin */
    uint64_t tokens;     /* letters and digits behind none */
    uint64_t starts;     /* ASCII that another word may begin with */
} Block;

/* A block from its masks and those of the next. */
FZ_ALWAYS_INLINE Block block_of(const FzSieve *sieve, const FzSieveMasks *masks,
                                const FzSieveMasks *next, uint64_t alnum_before)
{
    Block block = {.alnum = masks->alnum,
                   .alnum_next = next->alnum,
                   .wide = masks->wide,
                   .tokens =
                       masks->alnum & ~(masks->alnum << 1 | alnum_before)};

    block.starts = sieve->within ? block.alnum : block.tokens;
    if (sieve->signs)
        block.starts |= ~masks->alnum & ~masks->high;
    return block;
}

/* Nothing is set behind the end of the view; `high' is, there. */
FZ_ALWAYS_INLINE FzSieveMasks masks_at(const FzView *view, uint32_t at,
                                       FzSieveMasks (*see)(const uint8_t *))
{
    FzSieveMasks masks = {.high = UINT64_MAX};

    if (at >= view->length)
        return masks;
    masks = see(view->octets + at);
    if (view->length - at < 64) {
        uint64_t behind = UINT64_MAX << (view->length - at);

        masks.alnum &= ~behind;
        masks.wide &= ~behind;
        masks.high |= behind;
    }
    return masks;
}

/* Letters and digits from an octet of the block on, up to `most', 63 at most.
 */
FZ_ALWAYS_INLINE uint32_t token_at(const Block *block, uint32_t at,
                                   uint32_t most)
{
    uint64_t run = block->alnum >> at | block->alnum_next << 1 << (63 - at);

    return (uint32_t)__builtin_ctzll(~run | (uint64_t)1 << most);
}

/* --- places: one by one --------------------------------------------------- */
static inline bool may_stand(const FzFront *front, uint64_t piece,
                             uint64_t hash)
{
    return fz_front_is_set(front->map[piece >> 1 >> (front->map_shift - 1)],
                           hash);
}

/* Which places are set is never foreseen, so nothing branches on it. */
static inline void put_place(FzPiece *piece, FzFrontKind kind, uint32_t at,
                             uint64_t hash, bool set)
{
    piece->hash[piece->count] = hash;
    piece->place[piece->count] = (uint16_t)(kind << FZ_PLACE_BITS | at);
    piece->count += set;
}

static void put_long(const Block *block, const FzFront *front, FzPiece *piece)
{
    uint64_t places = block->wide | (front->ascii ? block->starts : 0);

    for (; places != 0; places &= places - 1) {
        uint32_t at = (uint32_t)__builtin_ctzll(places);
        uint64_t octets = fz_front_load(block->octets + at);
        uint64_t six = fz_front_hash(fz_front_of(octets, FZ_LONG_OCTETS));
        uint64_t eight = fz_front_hash(octets);

        put_place(piece, FZ_FRONT_LONG, block->from + at, six,
                  may_stand(front, six, six));
        put_place(piece, FZ_FRONT_LONG, block->from + at, eight,
                  may_stand(front, six, eight));
        piece->seen[piece->seen_count++] = fz_seen_of(six);
    }
}

static void put_tokens(const Block *block, const FzFront *front, FzPiece *piece)
{
    for (uint64_t places = block->tokens; places != 0; places &= places - 1) {
        uint32_t at = (uint32_t)__builtin_ctzll(places);
        const uint8_t *octets = block->octets + at;
        uint32_t token = token_at(block, at, FZ_TOKEN_OCTETS);
        uint64_t hash = fz_front_token_hash(octets, token);

        put_place(piece, FZ_FRONT_TOKEN, block->from + at, hash,
                  may_stand(front, hash, hash));
        piece->seen[piece->seen_count++] =
            fz_seen_at(fz_front_load(octets), token);
    }
}

static void put_short(const Block *block, FzFrontKind kind, uint32_t octets,
                      const FzFront *front, FzPiece *piece)
{
    uint64_t places =
        (front->wide ? block->wide : 0) | (front->ascii ? block->starts : 0);

    for (; places != 0; places &= places - 1) {
        uint32_t at = (uint32_t)__builtin_ctzll(places);
        uint64_t hash = fz_front_hash(
            fz_front_of(fz_front_load(block->octets + at), octets));

        put_place(piece, kind, block->from + at, hash,
                  may_stand(front, hash, hash));
    }
}

/* Words of guards that begin within a word of Latin. */
static void put_within(const Block *block, FzPiece *piece)
{
    for (uint64_t places = block->alnum & ~block->tokens; places != 0;
         places &= places - 1) {
        uint32_t at = (uint32_t)__builtin_ctzll(places);

        piece->seen[piece->seen_count++] =
            fz_seen_at(fz_front_load(block->octets + at),
                       token_at(block, at, FZ_SEEN_OCTETS));
    }
}

static void put_rare(const FzSieve *sieve, const Block *block, FzPiece *piece)
{
    put_short(block, FZ_FRONT_THREE, 3, &sieve->front[FZ_FRONT_THREE], piece);
    put_short(block, FZ_FRONT_TWO, 2, &sieve->front[FZ_FRONT_TWO], piece);
    if (sieve->within)
        put_within(block, piece);
}

/* --- places: eight at a time ---------------------------------------------- */
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

/* The octets that places begin with: octet k of lane j is that k behind place
 * j of the eight. */
typedef struct Window {
    __m512i here, next; /* the block, and the 16 octets behind it */
    __m512i places;     /* their numbers, an octet each */
} Window;

FZ_WIDE static inline Window window_of(const Block *block, uint64_t places)
{
    /* no place is so near the end of a shorter one that it looks further */
    __mmask64 behind = block->left > 48 ? 0xFFFF : 0;

    return (Window){
        _mm512_loadu_si512(block->octets),
        _mm512_maskz_loadu_epi8(behind, block->octets + 64),
        _mm512_maskz_compress_epi8(places, _mm512_loadu_si512(fz_cpu_places))};
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

/* Of eight places, those that are set, behind each other. */
FZ_WIDE static inline void put_eight(FzPiece *piece, __m128i places,
                                     __m512i hash, __mmask8 set)
{
    _mm512_storeu_si512(piece->hash + piece->count,
                        _mm512_maskz_compress_epi64(set, hash));
    _mm_storeu_si128((void *)(piece->place + piece->count),
                     _mm_maskz_compress_epi16(set, places));
    piece->count += (uint32_t)__builtin_popcount(set);
}

FZ_WIDE static inline void put_seen(FzPiece *piece, __m512i hash)
{
    _mm_storeu_si128(
        (void *)(piece->seen + piece->seen_count),
        _mm512_cvtepi64_epi16(_mm512_srli_epi64(hash, 64 - FZ_SEEN_BITS)));
}

/* Eight of the window's places as they are put down. */
FZ_WIDE static inline __m128i places_from(const uint8_t *number,
                                          const Block *block, FzFrontKind kind)
{
    return _mm_add_epi16(
        _mm_set1_epi16((short)(kind << FZ_PLACE_BITS | block->from)),
        _mm_cvtepu8_epi16(_mm_loadl_epi64((const void *)number)));
}

FZ_WIDE static void put_long_wide(const Block *block, const FzFront *front,
                                  FzPiece *piece)
{
    const __m512i six_octets =
        _mm512_set1_epi64((1LL << 8 * FZ_LONG_OCTETS) - 1);
    uint64_t places = block->wide | (front->ascii ? block->starts : 0);
    uint32_t count = (uint32_t)__builtin_popcountll(places);
    Window window = window_of(block, places);
    uint8_t number[64];

    _mm512_storeu_si512(number, window.places);
    for (uint32_t first = 0; first < count; first += 8) {
        __m128i at = places_from(number + first, block, FZ_FRONT_LONG);
        __mmask8 which = (__mmask8)_bzhi_u32(0xFF, count - first);
        __m512i eight = octets_at(&window, eight_from(&window, first));
        __m512i six = hash_wide(_mm512_and_si512(eight, six_octets));
        __m512i piece_of = pieces_wide(front, six);

        eight = hash_wide(eight);
        put_eight(piece, at, six, which & are_set(piece_of, six));
        put_eight(piece, at, eight, which & are_set(piece_of, eight));
        put_seen(piece, six);
        piece->seen_count += count - first < 8 ? count - first : 8;
    }
}

/* The number behind the last octet of each token, an octet each. */
FZ_WIDE static inline __m512i ends_of(const Block *block)
{
    uint64_t ends = ~block->alnum & block->alnum << 1;
    uint32_t count = (uint32_t)__builtin_popcountll(block->tokens);
    __m512i all;

    if ((block->alnum & ~block->tokens & 1) != 0)
        ends &= ends - 1; /* of a token of the block before */
    all = _mm512_maskz_compress_epi8(ends, _mm512_loadu_si512(fz_cpu_places));
    if (block->alnum >> 63 == 0)
        return all;
    return _mm512_mask_set1_epi8(
        all, (uint64_t)1 << count >> 1,
        (char)(64 + token_at(block, 63, FZ_TOKEN_OCTETS) - 1));
}

/* The first octets of eight places: as many of each as `octets' says. */
FZ_WIDE static inline __m512i heads(__m512i eight, __m512i octets)
{
    const __m512i all = _mm512_set1_epi64(-1);
    __m512i none =
        _mm512_sub_epi64(_mm512_set1_epi64(64), _mm512_slli_epi64(octets, 3));

    return _mm512_and_si512(eight, _mm512_srlv_epi64(all, none));
}

FZ_WIDE static void put_tokens_wide(const Block *block, const FzFront *front,
                                    FzPiece *piece)
{
    uint32_t count = (uint32_t)__builtin_popcountll(block->tokens);
    Window window = window_of(block, block->tokens);
    uint8_t number[64], length[64];

    _mm512_storeu_si512(number, window.places);
    _mm512_storeu_si512(
        length, _mm512_min_epu8(_mm512_sub_epi8(ends_of(block), window.places),
                                _mm512_set1_epi8(FZ_TOKEN_OCTETS)));
    for (uint32_t first = 0; first < count; first += 8) {
        __m128i at = places_from(number + first, block, FZ_FRONT_TOKEN);
        __mmask8 which = (__mmask8)_bzhi_u32(0xFF, count - first);
        __m512i octets = _mm512_cvtepu8_epi64(
            _mm_loadl_epi64((const void *)(length + first)));
        __m512i places = eight_from(&window, first);
        __m512i head = octets_at(&window, places);
        __m512i tail =
            octets_at(&window, _mm512_add_epi8(places, _mm512_set1_epi8(8)));
        __m512i few = _mm512_min_epu64(octets, _mm512_set1_epi64(8)), hash;

        put_seen(piece,
                 hash_wide(heads(
                     head, _mm512_min_epu64(
                               octets, _mm512_set1_epi64(FZ_SEEN_OCTETS)))));
        piece->seen_count += count - first < 8 ? count - first : 8;
        tail = heads(tail, _mm512_sub_epi64(octets, few));
        hash = hash_wide(_mm512_xor_si512(heads(head, few), hash_wide(tail)));
        put_eight(piece, at, hash,
                  which & are_set(pieces_wide(front, hash), hash));
    }
}
#endif

/* --- the piece: in both forms --------------------------------------------- */
FZ_ALWAYS_INLINE void
see_blocks(const FzSieve *sieve, const FzView *view, FzPiece *piece,
           FzSieveMasks (*see)(const uint8_t *),
           void (*long_)(const Block *, const FzFront *, FzPiece *),
           void (*tokens)(const Block *, const FzFront *, FzPiece *))
{
    bool rare = sieve->within || sieve->front[FZ_FRONT_THREE].ascii ||
                sieve->front[FZ_FRONT_THREE].wide ||
                sieve->front[FZ_FRONT_TWO].ascii ||
                sieve->front[FZ_FRONT_TWO].wide;
    uint64_t before =
        piece->from > 0 && fz_octet_is_alnum(view->octets[piece->from - 1]);
    FzSieveMasks masks = masks_at(view, piece->from, see);

    for (uint32_t at = piece->from; at < piece->end; at += 64) {
        FzSieveMasks next = masks_at(view, at + 64, see);
        Block block = block_of(sieve, &masks, &next, before);

        if (piece->count > FZ_PIECE_PLACES) {
            piece->many = true;
            return;
        }
        block.octets = view->octets + at;
        block.left = view->length - at;
        block.from = at - piece->from;
        long_(&block, &sieve->front[FZ_FRONT_LONG], piece);
        tokens(&block, &sieve->front[FZ_FRONT_TOKEN], piece);
        if (rare)
            put_rare(sieve, &block, piece);
        before = block.alnum >> 63;
        masks = next;
    }
}

#ifdef FZ_CPU_WIDE
FZ_WIDE static void see_wide(const FzSieve *sieve, const FzView *view,
                             FzPiece *piece)
{
    see_blocks(sieve, view, piece, masks_wide, put_long_wide, put_tokens_wide);
}
#endif

void fz_piece_see(const FzSieve *sieve, const FzView *view, uint32_t from,
                  FzPiece *piece)
{
    piece->from = from;
    piece->end = view->length - from < FZ_PIECE_OCTETS ? view->length
                                                       : from + FZ_PIECE_OCTETS;
    piece->count = piece->seen_count = 0;
    piece->many = piece->mapped = false;
#ifdef FZ_CPU_WIDE
    if (fz_cpu_is_wide) {
        see_wide(sieve, view, piece);
        return;
    }
#endif
    see_blocks(sieve, view, piece, masks_of, put_long, put_tokens);
}

FzSieveMasks fz_sieve_masks(const uint8_t *octets)
{
#ifdef FZ_CPU_WIDE
    if (fz_cpu_is_wide)
        return masks_wide(octets);
#endif
    return masks_of(octets);
}

/* --- guards --------------------------------------------------------------- */
#ifdef FZ_CPU_WIDE
FZ_WIDE static bool has_seen_wide(const FzPiece *piece, uint16_t hash)
{
    __m512i all = _mm512_set1_epi16((short)hash);
    uint32_t found = 0;

    for (uint32_t i = 0; i < piece->seen_count; i += 32) {
        uint32_t left = piece->seen_count - i;

        /* bzhi takes the lowest octet of its count alone */
        found |= _mm512_mask_cmpeq_epi16_mask(
            _bzhi_u32(UINT32_MAX, left < 32 ? left : 32),
            _mm512_loadu_si512(piece->seen + i), all);
    }
    return found != 0;
}
#endif

void fz_piece_map_seen(FzPiece *piece)
{
    if (piece->mapped)
        return;
    piece->mapped = true;
    memset(piece->map, 0, sizeof piece->map);
    for (uint32_t i = 0; i < piece->seen_count; i++)
        piece->map[piece->seen[i] / 64] |= (uint64_t)1 << piece->seen[i] % 64;
}

bool fz_piece_has_seen(const FzPiece *piece, uint16_t hash)
{
    bool found = false;

#ifdef FZ_CPU_WIDE
    if (fz_cpu_is_wide)
        return has_seen_wide(piece, hash);
#endif
    for (uint32_t i = 0; i < piece->seen_count; i++)
        found |= piece->seen[i] == hash;
    return found;
}
