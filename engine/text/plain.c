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

INLINE_WIDE uint32_t ones(uint64_t mask)
{
    return (uint32_t)__builtin_popcountll(mask);
}

/* The bits `by` octets further on; those of the block before come from `over`,
 * and those beyond this block go there. */
INLINE_WIDE uint64_t onward(uint64_t mask, unsigned by, uint64_t *over)
{
    uint64_t moved = mask << by | *over;

    *over = mask >> (64 - by);
    return moved;
}

/* From each of `from`, that is where a run of `run` may begin, over that run:
 * where it has ended. */
INLINE_WIDE uint64_t behind_run(uint64_t run, uint64_t from, uint8_t *over)
{
    unsigned long long sum;

    *over = _addcarry_u64(*over, run, from & run, &sum);
    return sum & ~run;
}

INLINE_WIDE uint64_t has(__m512i it, int bits)
{
    return _mm512_test_epi8_mask(it, _mm512_set1_epi8((char)bits));
}

INLINE_WIDE uint64_t equal(__m512i it, int octet)
{
    return _mm512_cmpeq_epi8_mask(it, _mm512_set1_epi8((char)octet));
}

INLINE_WIDE uint64_t equal_but(__m512i it, int mask, int octet)
{
    return equal(_mm512_and_si512(it, _mm512_set1_epi8((char)mask)), octet);
}

INLINE_WIDE __m512i look_up(const uint8_t *table, __m512i at)
{
    return _mm512_permutex2var_epi8(_mm512_loadu_si512(table), at,
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

/* Sixty-four octets from `by` further on: `it` and the next. */
INLINE_WIDE __m512i ahead(__m512i it, int by, __m512i next)
{
    return _mm512_permutex2var_epi8(it, places(by), next);
}

/* Where `which` says so the octet before, that of the first from `last`. */
INLINE_WIDE __m512i repeat(__m512i it, uint64_t which, __m512i last)
{
    return _mm512_mask_permutex2var_epi8(it, which, places(FZ_CODES_BEFORE),
                                         last);
}

/* --- one block --------------------------------------------------------------
 */
#define PLAIN_HAN 0x4EBA /* 人 */
#define HAN_KEPT 256     /* before they are looked up */
#define TOKENS_KEPT 32   /* of letters and digits, or signs and digits */
#define SINGLES_APART 12 /* octets; nearer, one may follow on the other */

/* What goes on from one block to the next: masks onward, and last octets. */
typedef struct Over {
    uint64_t sign[2], han[3], word, space, letter, single, single_han;
    uint64_t stop, stopped, numeral, tail[2];
    uint8_t gap, ordinary, odd; /* carries */
    uint8_t digit;              /* the last word character, or there is none */
    __m512i kind, before;
} Over;

/* What is kept to be looked at later. */
typedef struct Lists {
    uint32_t token[TOKENS_KEPT]; /* an octet of each, in the folded view */
    uint16_t han[HAN_KEPT + 64]; /* not looked up yet */
} Lists;

/* What was made so far. */
typedef struct Plain {
    uint32_t octets; /* of the text */
    FzOut folded, skeleton, despaced, numbers;
    bool apart; /* the skeleton is not the folded view */
    uint32_t chars, letters, han, digits, numerals, wide, split, leet;
    uint32_t beside;    /* numerals directly behind a digit, or the first */
    uint32_t singles;   /* characters */
    uint32_t single_at; /* behind the last one */
    Lists *lists;
    uint32_t tokens, keeps; /* in lists->token, lists->han */
} Plain;

/* All of one block that the views are made of. */
typedef struct Block {
    __m512i octets, folded;
    uint64_t leads, three;        /* that begin a code point; of three octets */
    uint64_t kept;                /* in the folded view */
    uint64_t letters, digits;     /* ASCII */
    uint64_t han, numerals, word; /* the first octet; word: every one */
    __m512i values;               /* the digits that numerals are */
    /* a bit for each word character: it is a digit; the one before is */
    uint64_t digit_chars, behind_digits;
} Block;

/* All of them plain? What stands behind them is overwritten. */
static bool are_plain_han(uint16_t *cps, uint32_t count)
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

/* The Han of a block, whose octets from the second and third on are `second`
 * and `third`: numerals are found, the others kept to be looked up. */
INLINE_WIDE bool read_han(Plain *plain, Block *block, __m512i second,
                          __m512i third)
{
    const __m512i six = _mm512_set1_epi16(63);
    __m512i one = _mm512_slli_epi16(each_in_16(block->han, block->octets), 12);
    __m512i two = _mm512_slli_epi16(
        _mm512_and_si512(each_in_16(block->han, second), six), 6);
    /* one | (three & 63), and two */
    __m512i cps =
        _mm512_or_si512(_mm512_ternarylogic_epi64(
                            one, each_in_16(block->han, third), six, 0xF8),
                        two);
    __m512i at = _mm512_srli_epi16(
        _mm512_mullo_epi16(cps,
                           _mm512_set1_epi16((short)fz_table_numeral_factor)),
        10);
    uint32_t count = ones(block->han);
    __mmask32 numerals = _mm512_mask_cmpeq_epi16_mask(
        _bzhi_u32(~0u, count), look_up_16(fz_table_numerals, at), cps);

    block->numerals = _pdep_u64(numerals, block->han);
    block->values = _mm512_maskz_expand_epi8(
        block->han, _mm512_castsi256_si512(
                        _mm512_cvtepi16_epi8(look_up_16(fz_codes.digit, at))));
    _mm512_storeu_si512(
        plain->lists->han + plain->keeps,
        _mm512_mask_mov_epi16(cps, numerals, _mm512_set1_epi16(PLAIN_HAN)));
    plain->keeps += count;
    plain->han += count;
    plain->numerals += ones(numerals);
    if (plain->keeps < HAN_KEPT)
        return true;
    if (!are_plain_han(plain->lists->han, plain->keeps))
        return false;
    plain->keeps = 0;
    return true;
}

/* Where a word could have been cut apart, and single characters. */
INLINE_WIDE bool find_splits(Plain *plain, Over *over, const Block *block,
                             __m512i kind, uint64_t behind_han, uint32_t at)
{
    uint64_t word = block->word, begins = word & ~onward(word, 1, &over->word);
    uint64_t ordinary = has(kind, IS_ORDINARY), odd = has(kind, IS_ODD);
    uint64_t joined = behind_run(~word, behind_han, &over->gap) & block->han;
    uint64_t harmless =
        behind_run(ordinary, behind_han, &over->ordinary) & block->han;
    uint64_t cut =
        behind_run(odd, onward(block->letters, 1, &over->letter), &over->odd) &
        block->letters;
    uint64_t single =
        ~word & (onward(begins & block->letters, 1, &over->single) |
                 onward(begins & block->han, 3, &over->single_han));

    plain->split += ones(joined & ~harmless) + ones(cut);
    for (; single != 0; single &= single - 1) {
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

/* Which word characters are digits. */
INLINE_WIDE void find_digits(Plain *plain, Over *over, Block *block)
{
    uint64_t words = block->word & block->leads;
    uint64_t digits = _pext_u64(block->digits | block->numerals, words);
    uint32_t count = ones(words);

    block->digit_chars = digits;
    block->behind_digits = digits << 1 | over->digit;
    if (count > 0)
        over->digit = digits >> (count - 1) & 1;
    plain->beside +=
        ones(_pext_u64(block->numerals, words) & block->behind_digits);
}

/* False when something in it is not plain. */
INLINE_WIDE bool look(Plain *plain, Over *over, Block *block, __m512i next,
                      uint32_t at)
{
    const __m512i bit_6 = _mm512_set1_epi8(0x40);
    uint32_t left = plain->octets - at;
    uint64_t here = left < 64 ? _bzhi_u64(~0ull, left) : ~0ull;
    __m512i it = block->octets;
    __m512i second = ahead(it, 1, next), third = ahead(it, 2, next);
    uint64_t ascii = here & ~_mm512_movepi8_mask(it);
    uint64_t first = _mm512_cmpge_epu8_mask(it, _mm512_set1_epi8((char)0xC0));
    uint64_t three = equal_but(it, 0xF0, 0xE0);
    uint64_t general = equal_but(it, 0xFE, 0xE2) & equal(second, 0x80);
    uint64_t wide = equal(it, 0xEF) & equal_but(second, 0xFE, 0xBC);
    /* (lowest bit << 6) | last six: those of the third, of a tail, are */
    __m512i sign_at =
        _mm512_ternarylogic_epi64(_mm512_slli_epi16(it, 6), bit_6, third, 0xEA);
    __m512i wide_at = _mm512_ternarylogic_epi64(_mm512_slli_epi16(second, 6),
                                                bit_6, third, 0xEA);
    __m512i code = _mm512_mask_mov_epi8(
        _mm512_mask_mov_epi8(it, general,
                             look_up(fz_codes.sign[PAGE_GENERAL], sign_at)),
        wide, look_up(fz_codes.sign[PAGE_WIDE], wide_at));
    uint64_t signs = (general | wide) & ~equal(code, CODE_NONE);
    uint64_t codes = ascii | signs;
    __m512i kind = _mm512_maskz_mov_epi8(codes, look_up(fz_codes.kind, code));
    __m512i follows =
        _mm512_maskz_mov_epi8(ascii, look_up(fz_codes.follows, it));
    __m512i before = _mm512_maskz_mov_epi8(ascii, look_up(fz_codes.before, it));
    __m512i beside =
        _mm512_and_si512(follows, repeat(before, ~0ull, over->before));
    uint64_t tails, tail_2, han_tails, behind_han, tokens;
    uint64_t known, stop, space, stays, dots;

    if ((first & ~three) | has(follows, BESIDE_NOTHING) |
        has(beside, BESIDE_TRICK))
        return false;
    block->leads = ascii | three;
    block->three = three;
    block->han = three & ~signs;
    if (!read_han(plain, block, second, third))
        return false;

    /* what a sign is its tails are, too */
    tails = onward(signs, 1, &over->sign[0]);
    tail_2 = onward(signs, 2, &over->sign[1]);
    kind = repeat(kind, tails, over->kind);
    kind = repeat(kind, tail_2, over->kind);
    tails |= tail_2;
    over->kind = kind;
    over->before = before;

    block->letters = has(kind, IS_LETTER);
    block->digits = has(kind, IS_DIGIT);
    known = block->letters | block->digits;
    han_tails = onward(block->han, 1, &over->han[0]) |
                onward(block->han, 2, &over->han[1]);
    behind_han = onward(block->han, 3, &over->han[2]);
    block->word = known | block->han | han_tails;

    /* a full stop between host characters is a dot */
    stop = equal(code, CODE_STOP) & onward(known, 1, &over->stop);
    if (onward(stop, 3, &over->stopped) & known)
        return false;

    space = has(kind, IS_SPACE);
    stays = has(kind, IS_SELF);
    dots = has(kind, IS_DOTS);
    block->kept = here & ~(tails & ~(stays | dots)) &
                  ~(space & onward(space, 1, &over->space));
    block->folded = _mm512_mask_mov_epi8(it, codes & ~stays,
                                         look_up(fz_codes.folded, code));
    block->folded =
        _mm512_mask_mov_epi8(block->folded, dots, _mm512_set1_epi8('.'));

    find_digits(plain, over, block);
    plain->letters += ones(block->letters);
    plain->digits += ones(block->digits);
    plain->wide += ones(wide & signs);
    tokens = has(beside, BESIDE_TOKEN) |
             (block->letters & onward(block->numerals, 3, &over->numeral));
    return keep_tokens(plain, tokens, block->kept) &&
           find_splits(plain, over, block, kind, behind_han, at);
}

/* --- the views --------------------------------------------------------------
 */
INLINE_WIDE void put(FzOut *out, uint64_t which, __m512i octets)
{
    _mm512_storeu_si512(out->octets + out->length,
                        _mm512_maskz_compress_epi8(which, octets));
}

/* `chars` says of which code point each octet is, counted from `base`. */
INLINE_WIDE void put_mapped(FzOut *out, uint64_t which, __m512i octets,
                            __m512i chars, uint32_t base)
{
    __m512i from = _mm512_maskz_compress_epi8(which, chars);
    __m512i each = _mm512_set1_epi16((short)base);
    uint16_t *map = out->map + out->length;

    put(out, which, octets);
    _mm512_storeu_si512(
        map, _mm512_add_epi16(
                 each, _mm512_cvtepi8_epi16(_mm512_castsi512_si256(from))));
    _mm512_storeu_si512(
        map + 32,
        _mm512_add_epi16(
            each, _mm512_cvtepi8_epi16(_mm512_extracti64x4_epi64(from, 1))));
    out->length += ones(which);
}

/* All views with their maps. */
INLINE_WIDE void put_all(Plain *plain, Over *over, const Block *block)
{
    const __m512i before = _mm512_set1_epi8(-1); /* the block's first */
    /* a bar in the digits view is for all that begins behind a digit, or is
     * first */
    uint64_t bar = _pdep_u64(block->behind_digits & ~block->digit_chars,
                             block->word & block->leads);
    __m512i chars = _mm512_maskz_expand_epi8(block->leads, places(0));
    __m512i digits =
        _mm512_mask_mov_epi8(block->folded, block->numerals, block->values);

    chars = repeat(chars, onward(block->three, 1, &over->tail[0]), before);
    chars = repeat(chars, onward(block->three, 2, &over->tail[1]), before);
    digits = _mm512_mask_mov_epi8(digits, bar, _mm512_set1_epi8('|'));
    put_mapped(&plain->folded, block->kept, block->folded, chars, plain->chars);
    put_mapped(&plain->despaced, block->word, block->folded, chars,
               plain->chars);
    put_mapped(&plain->numbers, block->digits | block->numerals | bar, digits,
               chars, plain->chars);
    plain->chars += ones(block->leads);
}

INLINE_WIDE __m512i load(const uint8_t *from, uint32_t left)
{
    return _mm512_maskz_loadu_epi8(left < 64 ? _bzhi_u64(~0ull, left) : ~0ull,
                                   from);
}

static inline FzOut open_out(const FzViewRoom *room, FzViewKind kind)
{
    return (FzOut){room->octets[kind], room->map[kind], 0};
}

/* `made` is written once, at the end: what is written in small pieces and read
 * in large ones makes a processor wait. */
INLINE_WIDE bool make(const uint8_t *raw, uint32_t octets,
                      const FzViewRoom *room, Lists *lists, bool all,
                      Plain *made)
{
    Plain plain = {.octets = octets,
                   .folded = open_out(room, FZ_VIEW_FOLDED),
                   .skeleton = open_out(room, FZ_VIEW_SKELETON),
                   .despaced = open_out(room, FZ_VIEW_DESPACED),
                   .numbers = open_out(room, FZ_VIEW_DIGITS),
                   .lists = lists};
    Over over = {.space = 1, .digit = 1};
    __m512i next = load(raw, octets);

    /* up to and with the octet behind the end, where the last word ends */
    for (uint32_t at = 0; at <= octets; at += 64) {
        uint32_t to = at + 64 < octets ? at + 64 : octets;
        Block block = {.octets = next};

        next = load(raw + to, octets - to);
        if (!look(&plain, &over, &block, next, at))
            return false;
        if (all) {
            put_all(&plain, &over, &block);
        } else {
            put(&plain.folded, block.kept, block.folded);
            plain.folded.length += ones(block.kept);
        }
    }
    *made = plain;
    return are_plain_han(plain.lists->han, plain.keeps);
}

FZ_WIDE static bool make_lean(const uint8_t *raw, uint32_t octets,
                              const FzViewRoom *room, Lists *lists, Plain *made)
{
    return make(raw, octets, room, lists, false, made);
}

FZ_WIDE static bool make_all(const uint8_t *raw, uint32_t octets,
                             const FzViewRoom *room, Lists *lists, Plain *made)
{
    return make(raw, octets, room, lists, true, made);
}

/* --- tokens -----------------------------------------------------------------
 */
static bool is_digit(uint8_t octet)
{
    return octet >= '0' && octet <= '9';
}

static bool is_of_token(uint8_t octet)
{
    return is_small(octet) || is_digit(octet) || octet == '@' || octet == '$';
}

/* A letter within a number may be its 0 or 1: is there one that could be, in
 * the token or, behind a numeral, at its beginning? */
static bool has_letter_as_digit(const uint8_t *folded, uint32_t from,
                                uint32_t to)
{
    bool number = from > 0 && folded[from - 1] >= 0x80;

    for (uint32_t i = from; i < to; i++) {
        bool letter = false;

        for (; folded[i] == 'o' || folded[i] == 'l' || folded[i] == 'i'; i++)
            letter = true;
        if (letter && number && is_digit(folded[i]))
            return true;
        number = is_digit(folded[i]);
    }
    return false;
}

/* The folded view from where the skeleton ends, up to `to`. */
static void put_skeleton(Plain *plain, uint32_t from, uint32_t to)
{
    FzOut *out = &plain->skeleton;

    memcpy(out->octets + out->length, plain->folded.octets + from, to - from);
    memcpy(out->map + out->length, plain->folded.map + from,
           (to - from) * sizeof *out->map);
    out->length += to - from;
}

/* Read the tokens that were kept, into the skeleton or to tell that there must
 * be one. */
static FzPlain read_tokens(Plain *plain, uint32_t limit, bool all)
{
    const uint8_t *folded = plain->folded.octets;
    uint32_t to = 0, put = 0;

    for (uint32_t i = 0; i < plain->tokens; i++) {
        uint32_t from = plain->lists->token[i], letters = 0;

        if (from < to)
            continue; /* the one before */
        while (from > 0 && is_of_token(folded[from - 1]))
            from--;
        for (to = from; to < plain->folded.length && is_of_token(folded[to]);
             to++)
            letters += is_small(folded[to]);
        if (has_letter_as_digit(folded, from, to))
            return FZ_PLAIN_NOT;
        if (letters < TOKEN_LETTERS ||
            !fz_token_may_change(fz_slice(folded + from, to - from)))
            continue;
        if (!all)
            return FZ_PLAIN_APART;
        put_skeleton(plain, put, to);
        plain->leet += fz_token_read(&plain->skeleton,
                                     plain->skeleton.length - (to - from));
        plain->apart = true;
        put = to;
        if (plain->skeleton.length > limit)
            return FZ_PLAIN_NOT;
    }
    if (plain->apart)
        put_skeleton(plain, put, plain->folded.length);
    return FZ_PLAIN_MADE;
}

/* Could numerals disguise a number? Then digits of both kinds stand in one, a
 * letter or other Han before and behind it. */
static bool may_disguise_numbers(const Plain *plain)
{
    const uint8_t *folded = plain->folded.octets;
    uint32_t run = 0, numerals = 0, used;

    if (plain->numerals < NUMBER_DISGUISED ||
        plain->beside < NUMBER_DISGUISED - 1 ||
        plain->numerals + plain->digits < NUMBER_SHORTEST)
        return false;
    for (uint32_t at = 0; at < plain->folded.length; at += used) {
        const FzChar *it = fz_char(next_char(folded + at, &used));

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
static FzView close_view(const FzOut *out, bool mapped)
{
    memset(out->octets + out->length, 0, FZ_VIEW_READABLE_OCTETS);
    return (FzView){out->octets, mapped ? out->map : NULL, out->length, false};
}

static FzPlain make_views(const uint8_t *raw, uint32_t octets,
                          const FzViewRoom *room, bool all, FzViews *views)
{
    FzView *view = views->view;
    Lists lists;
    Plain plain;
    FzPlain found;

    if (!(all ? make_all : make_lean)(raw, octets, room, &lists, &plain))
        return FZ_PLAIN_NOT;
    if (plain.folded.length > 0 &&
        plain.folded.octets[plain.folded.length - 1] == ' ')
        plain.folded.length--;
    if (may_disguise_numbers(&plain))
        return FZ_PLAIN_NOT;
    found = read_tokens(&plain, room->limit, all);
    if (found != FZ_PLAIN_MADE)
        return found;
    /* no count is beyond 16 bits: a text is FZ_LIMIT_TEXT_CHARS long */
    views->features =
        (FzFeatures){.latin = (uint16_t)plain.letters,
                     .han = (uint16_t)plain.han,
                     .digits = (uint16_t)(plain.digits + plain.numerals),
                     .digits_other = (uint16_t)plain.numerals,
                     .fullwidth = (uint16_t)plain.wide,
                     .split = (uint16_t)plain.split,
                     .leet = (uint16_t)plain.leet,
                     .split_run = plain.singles > 0};
    view[FZ_VIEW_FOLDED] = view[FZ_VIEW_SKELETON] =
        close_view(&plain.folded, all);
    if (plain.apart)
        view[FZ_VIEW_SKELETON] = close_view(&plain.skeleton, true);
    view[FZ_VIEW_DESPACED].length = view[FZ_VIEW_DIGITS].length = 0;
    if (all) {
        view[FZ_VIEW_DESPACED] = close_view(&plain.despaced, true);
        view[FZ_VIEW_DIGITS] = close_view(&plain.numbers, true);
    }
    return FZ_PLAIN_MADE;
}
#endif

FzPlain fz_plain(const uint8_t *raw, uint32_t octets, const FzViewRoom *room,
                 bool all, FzViews *views)
{
#ifdef FZ_CPU_WIDE
    if (fz_cpu_is_wide && octets <= room->limit)
        return make_views(raw, octets, room, all, views);
#endif
    (void)raw, (void)octets, (void)room, (void)all, (void)views;
    return FZ_PLAIN_NOT;
}
