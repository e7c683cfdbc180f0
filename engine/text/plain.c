/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/cpu.h"
#include "engine/text/plain.h"
#include "engine/text/plain_codes.h"
#include "engine/text/state.h"
#include "engine/text/token.h"

#ifdef FZ_CPU_WIDE
#include <immintrin.h>

/* --- masks ------------------------------------------------------------------
 */
#define INLINE_WIDE FZ_WIDE static inline __attribute__((always_inline))

/* A block is looked at with some octets before it and behind it, so that what
 * one octet is for its neighbours is a shift. Nothing looks back further than
 * a single Han and the octet before, or ahead further than a Han. */
#define BACK 6
#define BLOCK 56
#define OWN ((~0ull >> (64 - BLOCK)) << BACK)

INLINE_WIDE uint32_t ones(uint64_t mask)
{
    return (uint32_t)__builtin_popcountll(mask);
}

/* From each of `from`, that is where a run of `run` may begin, over that run:
 * where it has ended. A run may go on in the next block. */
INLINE_WIDE uint64_t behind_run(uint64_t run, uint64_t from, uint64_t *goes_on)
{
    uint64_t own = run & OWN, sum = own + (from & own) + *goes_on;

    *goes_on = (sum >> (BACK + BLOCK) & 1) << BACK;
    return sum & ~own & OWN;
}

/* Loaded, not made: one step where the compiler would take two. */
INLINE_WIDE __m512i each(int octet)
{
    return _mm512_set1_epi8((char)fz_codes.octet[octet & 0xFF]);
}

INLINE_WIDE uint64_t equal(__m512i it, int octet)
{
    return _mm512_cmpeq_epi8_mask(it, each(octet));
}

INLINE_WIDE uint64_t equal_but(__m512i it, int mask, int octet)
{
    return equal(_mm512_and_si512(it, each(mask)), octet);
}

/* The highest bit of each octet, and the next is highest. */
INLINE_WIDE uint64_t take_bit(__m512i *it)
{
    uint64_t bits = _mm512_movepi8_mask(*it);

    *it = _mm512_add_epi8(*it, *it);
    return bits;
}

INLINE_WIDE __m512i look_up(uint64_t which, const uint8_t *table, __m512i at)
{
    return _mm512_maskz_permutex2var_epi8(which, _mm512_loadu_si512(table), at,
                                          _mm512_loadu_si512(table + 64));
}

INLINE_WIDE __m512i look_up_16(const uint16_t *table, __m512i at)
{
    return _mm512_permutex2var_epi16(_mm512_loadu_si512(table), at,
                                     _mm512_loadu_si512(table + 32));
}

INLINE_WIDE __m512i places(int row)
{
    return _mm512_loadu_si512(fz_codes.place[row]);
}

/* Where `which` says so the octet before. */
INLINE_WIDE __m512i repeat(__m512i it, uint64_t which)
{
    return _mm512_mask_permutexvar_epi8(it, which, places(FZ_CODES_BEFORE), it);
}

/* --- one block --------------------------------------------------------------
 */
#define PLAIN_HAN 0x4EBA /* 人 */
#define HAN_KEPT 256     /* before they are looked up */
#define TOKENS_KEPT 32   /* of letters and digits, or signs and digits */
#define SINGLES_APART 12 /* octets; nearer, one may follow on the other */

/* What is kept to be looked at later. */
typedef struct Lists {
    uint32_t token[TOKENS_KEPT]; /* an octet of each, in the folded view */
    uint16_t han[HAN_KEPT + 64]; /* not looked up yet */
} Lists;

/* What was made so far. */
typedef struct Plain {
    FzOut folded, despaced, numbers;
    uint32_t chars, words, han, digits, numerals, wide, split; /* characters */
    uint32_t beside;    /* numerals directly behind a digit, or the first */
    uint32_t singles;   /* characters */
    uint32_t single_at; /* behind the last one */
    Lists *lists;
    uint32_t tokens, keeps; /* in lists->token, lists->han */
    /* what goes on over a block's end: gaps, and ordinary or odd signs alone */
    uint64_t gap, ordinary, odd;
    uint64_t digit; /* 1: so is the last word character, or there is none */
} Plain;

/* All of one block that the views are made of. */
typedef struct Block {
    __m512i folded;
    uint64_t leads, three;        /* that begin a code point; of three octets */
    uint64_t kept;                /* in the folded view */
    uint64_t letters, digits;     /* ASCII */
    uint64_t han, numerals, word; /* the first octet; word: every one */
    __m512i values;               /* the digits that numerals are */
    /* a bit for each word character: it is a digit; the one before is */
    uint64_t digit_chars, behind_digits;
} Block;

/* All of them plain? What stands behind them is overwritten. */
FZ_WIDE static bool are_plain_han(uint16_t *cps, uint32_t count)
{
    uint64_t all = 1;

    for (uint32_t i = count; i < count + 7; i++)
        cps[i] = PLAIN_HAN;
    for (uint32_t i = 0; i < count; i += 8)
#pragma GCC unroll 8
        for (uint32_t j = i; j < i + 8; j++)
            all &= fz_table_plain_han[cps[j] >> 6] >> (cps[j] & 63);
    return all & 1;
}

INLINE_WIDE __m512i each_in_16(uint64_t which, __m512i octets)
{
    return _mm512_cvtepu8_epi16(
        _mm512_castsi512_si256(_mm512_maskz_compress_epi8(which, octets)));
}

/* The Han of a block, of which `first`, `second` and `third` are the octets:
 * numerals are found, the others kept to be looked up. */
INLINE_WIDE bool read_han(Plain *plain, Block *block, __m512i first,
                          __m512i second, __m512i third)
{
    const __m512i six = _mm512_set1_epi16(63);
    uint64_t han = block->han & OWN;
    __m512i one = _mm512_slli_epi16(each_in_16(han, first), 12);
    __m512i two =
        _mm512_slli_epi16(_mm512_and_si512(each_in_16(han, second), six), 6);
    /* one | (three & 63), and two */
    __m512i cps = _mm512_or_si512(
        _mm512_ternarylogic_epi64(one, each_in_16(han, third), six, 0xF8), two);
    __m512i at = _mm512_srli_epi16(
        _mm512_mullo_epi16(cps,
                           _mm512_set1_epi16((short)fz_table_numeral_factor)),
        10);
    uint32_t count = ones(han);
    __mmask32 numerals = _mm512_mask_cmpeq_epi16_mask(
        _bzhi_u32(~0u, count), look_up_16(fz_table_numerals, at), cps);

    block->numerals = _pdep_u64(numerals, han);
    block->values = _mm512_maskz_expand_epi8(
        han, _mm512_castsi256_si512(
                 _mm512_cvtepi16_epi8(look_up_16(fz_codes.digit, at))));
    _mm512_storeu_si512(
        plain->lists->han + plain->keeps,
        _mm512_mask_mov_epi16(cps, numerals, _mm512_set1_epi16(PLAIN_HAN)));
    plain->keeps += count;
    plain->han += count;
    plain->numerals += ones(block->numerals);
    if (plain->keeps < HAN_KEPT)
        return true;
    if (!are_plain_han(plain->lists->han, plain->keeps))
        return false;
    plain->keeps = 0;
    return true;
}

/* Which word characters are digits. */
INLINE_WIDE void find_digits(Plain *plain, Block *block)
{
    uint64_t words = block->word & block->leads & OWN;
    uint64_t digits = _pext_u64(block->digits | block->numerals, words);
    uint32_t count = ones(words);

    block->digit_chars = digits;
    block->behind_digits = digits << 1 | plain->digit;
    plain->digit = block->behind_digits >> count & 1;
    plain->words += count;
    plain->beside +=
        ones(_pext_u64(block->numerals, words) & block->behind_digits);
}

/* Where a word could have been cut apart, and single characters; `at` is the
 * octet of the text that is the first one here. */
INLINE_WIDE bool find_splits(Plain *plain, const Block *block,
                             uint64_t ordinary, uint64_t odd, uint32_t at)
{
    uint64_t word = block->word, begins = word & ~(word << 1);
    uint64_t joined =
        behind_run(~word, block->han << 3, &plain->gap) & block->han;
    uint64_t harmless =
        behind_run(ordinary, block->han << 3, &plain->ordinary) & block->han;
    uint64_t cut =
        behind_run(odd, block->letters << 1, &plain->odd) & block->letters;
    uint64_t single = (begins & block->letters) << 1 | (begins & block->han)
                                                           << 3;

    plain->split += ones(joined & ~harmless) + ones(cut);
    for (single &= ~word & OWN; single != 0; single &= single - 1) {
        uint32_t here = at + (uint32_t)__builtin_ctzll(single);

        if (plain->singles > 0 && here - plain->single_at <= SINGLES_APART)
            return false;
        plain->single_at = here;
        plain->singles++;
    }
    return true;
}

/* Tokens that may be read: where they stand in the folded view. */
INLINE_WIDE bool keep_tokens(Plain *plain, uint64_t which, uint64_t kept)
{
    for (; which != 0; which &= which - 1) {
        if (plain->tokens == TOKENS_KEPT)
            return false;
        plain->lists->token[plain->tokens++] =
            plain->folded.length + ones(kept & ((which & -which) - 1));
    }
    return true;
}

/* False when something in it is not plain. `here` is where text is. */
INLINE_WIDE bool look(Plain *plain, Block *block, const uint8_t *from,
                      uint64_t here, uint32_t at)
{
    const __m512i bit_6 = each(0x40);
    __m512i it = _mm512_maskz_loadu_epi8(here, from);
    __m512i second = _mm512_maskz_loadu_epi8(here >> 1, from + 1);
    __m512i third = _mm512_maskz_loadu_epi8(here >> 2, from + 2);
    uint64_t ascii = here & ~_mm512_movepi8_mask(it);
    uint64_t first = _mm512_cmpge_epu8_mask(it, each(0xC0));
    uint64_t three = equal_but(it, 0xF0, 0xE0);
    uint64_t general = equal_but(it, 0xFE, 0xE2) & equal(second, 0x80);
    uint64_t wide = equal(it, 0xEF) & equal_but(second, 0xFE, 0xBC);
    /* (lowest bit << 6) | last six: those of the third, of a tail, are */
    __m512i sign_at =
        _mm512_ternarylogic_epi64(_mm512_slli_epi16(it, 6), bit_6, third, 0xEA);
    __m512i wide_at = _mm512_ternarylogic_epi64(_mm512_slli_epi16(second, 6),
                                                bit_6, third, 0xEA);
    __m512i code = _mm512_or_si512(
        _mm512_maskz_mov_epi8(ascii, it),
        _mm512_or_si512(look_up(general, fz_codes.sign[PAGE_GENERAL], sign_at),
                        look_up(wide, fz_codes.sign[PAGE_WIDE], wide_at)));
    uint64_t signs = general | wide;
    uint64_t tails = signs << 1 | signs << 2;
    __m512i kind = look_up(ascii | signs, fz_codes.kind, code);
    __m512i before = look_up(ascii, fz_codes.before, it);
    __m512i follows = look_up(ascii, fz_codes.follows, it);
    /* follows & (before | BESIDE_NOTHING) */
    __m512i beside = _mm512_ternarylogic_epi64(
        follows, _mm512_permutexvar_epi8(places(FZ_CODES_BEFORE), before),
        each(BESIDE_NOTHING), 0xE0);
    uint64_t letters, digits, space, ordinary, odd, stays, dots, known, stop;
    uint64_t tokens;

    if ((first & ~three) |
        _mm512_mask_testn_epi8_mask(signs & OWN, code, code) |
        _mm512_mask_test_epi8_mask(OWN, beside,
                                   each(BESIDE_TRICK | BESIDE_NOTHING)))
        return false;
    block->leads = ascii | three;
    block->three = three;
    block->han = three & ~signs;
    if (!read_han(plain, block, it, second, third))
        return false;

    /* what a sign is its tails are, too */
    kind = repeat(repeat(kind, signs << 1), signs << 2);
    letters = take_bit(&kind);
    digits = take_bit(&kind);
    space = take_bit(&kind);
    ordinary = take_bit(&kind);
    odd = take_bit(&kind);
    stays = take_bit(&kind);
    dots = take_bit(&kind);
    known = letters | digits;
    block->letters = letters;
    block->digits = digits;
    block->word = known | block->han | block->han << 1 | block->han << 2;

    /* a full stop between host characters is a dot */
    stop = equal(code, CODE_STOP) & known << 1;
    if (stop << 3 & known & OWN)
        return false;

    block->kept = here & OWN & ~(tails & ~(stays | dots)) &
                  ~(space & (space | ~here) << 1);
    block->folded = _mm512_mask_mov_epi8(it, (ascii | signs) & ~stays,
                                         look_up(~0ull, fz_codes.folded, code));
    block->folded = _mm512_mask_mov_epi8(block->folded, dots, each('.'));

    find_digits(plain, block);
    plain->digits += ones(digits & OWN);
    plain->wide += ones(wide & OWN);
    tokens = _mm512_test_epi8_mask(beside, each(BESIDE_TOKEN)) & OWN;
    return keep_tokens(plain, tokens, block->kept) &&
           find_splits(plain, block, ordinary, odd, at);
}

/* --- the views --------------------------------------------------------------
 */
/* Those of the octets, and in the map the code point of each: `chars`, counted
 * from `base`. */
INLINE_WIDE void put_out(FzOut *out, uint64_t which, __m512i octets,
                         __m512i chars, uint32_t base)
{
    __m512i from = _mm512_maskz_compress_epi8(which, chars);
    __m512i first = _mm512_set1_epi16((short)base);
    uint16_t *map = out->map + out->length;

    _mm512_storeu_si512(out->octets + out->length,
                        _mm512_maskz_compress_epi8(which, octets));
    _mm512_storeu_si512(
        map, _mm512_add_epi16(
                 first, _mm512_cvtepi8_epi16(_mm512_castsi512_si256(from))));
    _mm512_storeu_si512(
        map + 32,
        _mm512_add_epi16(
            first, _mm512_cvtepi8_epi16(_mm512_extracti64x4_epi64(from, 1))));
    out->length += ones(which);
}

INLINE_WIDE void put(Plain *plain, const Block *block)
{
    uint64_t leads = block->leads & OWN, word = block->word & OWN;
    uint64_t digits = (block->digits & OWN) | block->numerals;
    /* a bar in the digits view is for all that begins behind a digit, or is
     * first */
    uint64_t bar =
        _pdep_u64(block->behind_digits & ~block->digit_chars, word & leads);
    __m512i values =
        _mm512_mask_mov_epi8(block->folded, block->numerals, block->values);
    /* -1 is the last code point of the block before */
    __m512i chars = _mm512_mask_expand_epi8(each(-1), leads, places(0));

    chars = repeat(repeat(chars, block->three << 1), block->three << 2);
    values = _mm512_mask_mov_epi8(values, bar, each('|'));
    put_out(&plain->folded, block->kept, block->folded, chars, plain->chars);
    put_out(&plain->despaced, word, block->folded, chars, plain->chars);
    put_out(&plain->numbers, digits | bar, values, chars, plain->chars);
    plain->chars += ones(leads);
}

/* --- tokens -----------------------------------------------------------------
 */
/* A token in the folded view, and what of it is what: bit i is octet
 * `base` + i. */
typedef struct Token {
    uint32_t base, from, to;
    uint64_t letters, digits;
    uint64_t rounds; /* letters that could be digits */
} Token;

INLINE_WIDE uint64_t between(__m512i it, int from, int to)
{
    return _mm512_cmple_epu8_mask(_mm512_sub_epi8(it, each(from)),
                                  each(to - from));
}

/* The token around an octet of it; false when it is long. */
INLINE_WIDE bool find_token(FzOut folded, uint32_t at, Token *token)
{
    uint32_t base = at < 32 ? 0 : at - 32, left = folded.length - base;
    uint64_t here = left < 64 ? _bzhi_u64(~0ull, left) : ~0ull;
    __m512i it = _mm512_maskz_loadu_epi8(here, folded.octets + base);
    uint64_t letters = between(it, 'a', 'z'), digits = between(it, '0', '9');
    uint64_t signs = equal(it, '@') | equal(it, '$');
    uint64_t others = ~(letters | digits | signs);
    uint64_t before = _bzhi_u64(others, at - base);
    uint64_t behind = others & ~_bzhi_u64(~0ull, at - base), own;
    uint32_t from = before == 0 ? 0 : 64 - (uint32_t)__builtin_clzll(before);
    uint32_t to = behind == 0 ? 64 : (uint32_t)__builtin_ctzll(behind);

    own = _bzhi_u64(~0ull, to) & ~_bzhi_u64(~0ull, from);
    *token = (Token){
        .base = base,
        .from = from,
        .to = to,
        .letters = letters & own,
        .digits = digits & own,
        .rounds = (equal(it, 'o') | equal(it, 'l') | equal(it, 'i')) & own,
    };
    return (from > 0 || base == 0) && (to < 64 || left <= 64);
}

/* A letter within a number may be its 0 or 1: is there one that could be, in
 * the token or, behind a numeral, at its beginning? */
INLINE_WIDE bool has_letter_as_digit(const Token *token, FzOut folded)
{
    uint32_t at = token->base + token->from;
    uint64_t numeral = at > 0 && folded.octets[at - 1] >= 0x80;
    uint64_t first =
        token->rounds & (token->digits << 1 | numeral << token->from);

    return ((token->rounds + first) & ~token->rounds & token->digits) != 0;
}

/* All its digits are a number before or behind its letters, of which none is
 * read. (Where the last digit is the first again, some may be.) A sign stands
 * beside digits alone, and is then before or behind them. */
INLINE_WIDE bool is_word_and_number(const Token *token, const uint8_t *octets)
{
    uint32_t count = ones(token->digits);
    uint64_t run = _bzhi_u64(~0ull, count);
    bool leads = token->digits == run << token->from;
    const uint8_t *first =
        leads ? octets : octets + token->to - token->from - count;

    return count >= TOKEN_NUMBER &&
           (leads || token->digits == run << (token->to - count)) &&
           first[0] != first[count - 1];
}

/* The skeleton, once it is not the folded view. */
typedef struct Skeleton {
    FzOut out;
    uint32_t put; /* of the folded view */
    uint32_t leet;
    bool apart;
} Skeleton;

/* The folded view goes into it, up to `to`. */
static void put_skeleton(Skeleton *skeleton, FzOut folded, uint32_t to)
{
    FzOut *out = &skeleton->out;
    uint32_t from = skeleton->put, octets = to - from;

    memcpy(out->octets + out->length, folded.octets + from, octets);
    memcpy(out->map + out->length, folded.map + from,
           octets * sizeof *out->map);
    out->length += octets;
    skeleton->put = to;
}

/* Read the tokens that were kept. False when one is too long, or may be a
 * number, too, or the skeleton is full. */
FZ_WIDE static bool read_tokens(const uint32_t *tokens, uint32_t count,
                                FzOut folded, uint32_t limit,
                                Skeleton *skeleton)
{
    uint32_t to = 0;

    for (uint32_t i = 0; i < count; i++) {
        Token token;
        FzSlice octets;

        if (tokens[i] < to)
            continue; /* the one before */
        if (!find_token(folded, tokens[i], &token) ||
            has_letter_as_digit(&token, folded))
            return false;
        to = token.base + token.to;
        octets = fz_slice(folded.octets + token.base + token.from,
                          token.to - token.from);
        if (ones(token.letters) < TOKEN_LETTERS ||
            is_word_and_number(&token, octets.data) ||
            !fz_token_may_change(octets))
            continue;
        skeleton->apart = true;
        put_skeleton(skeleton, folded, to);
        skeleton->leet += fz_token_read(
            &skeleton->out, skeleton->out.length - (uint32_t)octets.octets);
        if (skeleton->out.length > limit)
            return false;
    }
    if (skeleton->apart)
        put_skeleton(skeleton, folded, folded.length);
    return true;
}

/* Could numerals disguise a number? Then digits of both kinds stand in one,
 * with no other word character between. */
static bool may_disguise_numbers(FzOut folded)
{
    uint32_t run = 0, numerals = 0, used;

    for (uint32_t at = 0; at < folded.length; at += used) {
        const FzChar *it = fz_char(next_char(folded.octets + at, &used));

        if (it->digit != FZ_CHAR_NO_DIGIT) {
            run++;
            numerals += used > 1;
        } else if (fz_char_is_word(it)) {
            run = numerals = 0;
        }
        if (run >= NUMBER_SHORTEST && numerals >= NUMBER_DISGUISED)
            return true;
    }
    return false;
}

/* --- all of it --------------------------------------------------------------
 */
INLINE_WIDE FzOut open_out(const FzViewRoom *room, FzViewKind kind)
{
    return (FzOut){room->octets[kind], room->map[kind], 0};
}

INLINE_WIDE FzView close_out(FzOut out)
{
    _mm512_storeu_si512(out.octets + out.length, _mm512_setzero_si512());
    return (FzView){out.octets, out.map, out.length, false};
}

/* Where the block is loaded from; of the first one that is in front of the
 * text, and only what is masked out is there. */
INLINE_WIDE const uint8_t *block_at(const uint8_t *raw, uint32_t at)
{
    return (const uint8_t *)((uintptr_t)raw + at - BACK);
}

FZ_WIDE static bool make(const uint8_t *raw, uint32_t octets,
                         const FzViewRoom *room, FzViews *views)
{
    FzView *view = views->view;
    Lists lists;
    Plain plain = {.folded = open_out(room, FZ_VIEW_FOLDED),
                   .despaced = open_out(room, FZ_VIEW_DESPACED),
                   .numbers = open_out(room, FZ_VIEW_DIGITS),
                   .lists = &lists,
                   .digit = 1};
    Skeleton skeleton = {.out = open_out(room, FZ_VIEW_SKELETON)};
    uint64_t here = ~0ull << BACK; /* not before the text */

    /* up to and with the octet behind the end, where the last word ends */
    for (uint32_t at = 0; at <= octets; at += BLOCK, here = ~0ull) {
        uint32_t left = octets - at + BACK;
        Block block;

        here = left < 64 ? _bzhi_u64(here, left) : here;
        if (!look(&plain, &block, block_at(raw, at), here, at - BACK))
            return false;
        put(&plain, &block);
    }
    if (!are_plain_han(lists.han, plain.keeps))
        return false;
    if (plain.folded.length > 0 &&
        plain.folded.octets[plain.folded.length - 1] == ' ')
        plain.folded.length--;
    if (plain.numerals >= NUMBER_DISGUISED &&
        plain.beside >= NUMBER_DISGUISED - 1 &&
        plain.numerals + plain.digits >= NUMBER_SHORTEST &&
        may_disguise_numbers(plain.folded))
        return false;
    if (plain.tokens > 0 && !read_tokens(lists.token, plain.tokens,
                                         plain.folded, room->limit, &skeleton))
        return false;
    /* no count is beyond 16 bits: a text is FZ_LIMIT_TEXT_CHARS long */
    views->features = (FzFeatures){
        .latin = (uint16_t)(plain.words - plain.han - plain.digits),
        .han = (uint16_t)plain.han,
        .digits = (uint16_t)(plain.digits + plain.numerals),
        .digits_other = (uint16_t)plain.numerals,
        .fullwidth = (uint16_t)plain.wide,
        .split = (uint16_t)plain.split,
        .leet = (uint16_t)skeleton.leet,
        .split_run = plain.singles > 0};
    view[FZ_VIEW_FOLDED] = close_out(plain.folded);
    view[FZ_VIEW_SKELETON] =
        close_out(skeleton.apart ? skeleton.out : plain.folded);
    view[FZ_VIEW_DESPACED] = close_out(plain.despaced);
    view[FZ_VIEW_DIGITS] = close_out(plain.numbers);
    return true;
}
#endif

bool fz_plain(const uint8_t *raw, uint32_t octets, const FzViewRoom *room,
              FzViews *views)
{
#ifdef FZ_CPU_WIDE
    if (fz_cpu_is_wide && octets <= room->limit)
        return make(raw, octets, room, views);
#endif
    (void)raw, (void)octets, (void)room, (void)views;
    return false;
}
