/* SPDX-License-Identifier: BSD-2-Clause
 *
 * glance.c - where can a link or a contact begin?
 *
 * Most messages have neither, and walking over their words costs as much as
 * folding them. One look at all octets, without decoding and without a branch
 * on what they are, leaves the few places that are worth a walk.
 */
#include "config.h"

#include "base/cpu.h"
#include "engine/url/find.h"

#include <stddef.h>

#ifdef FZ_CPU_WIDE
#include <immintrin.h>
#elif defined __SSE2__
#include <emmintrin.h>
#endif

/* Into both forms. */
#define INLINE static inline __attribute__((always_inline))

/* Of a block the first octet is the one in front of the places that are judged,
 * and behind the last of them stands what must be seen for it: a number of
 * eight digits in groups, with what holds them apart. */
#define BLOCK 64
#define JUDGED (((uint64_t)1 << FZ_GLANCE_OCTETS) - 1) /* without the first */

/* Kinds of octets: an octet of the table has a bit for each of eight. */
typedef enum Kind {
    DIGIT,
    LETTER,
    FIRST,  /* of q, qq, v, vx; of 95588 and 10086 */
    LONG,   /* the first of tg, wx, weixin, wechat, telegram; the end of dot */
    WITHIN, /* these, behind their first */
    DO,     /* of dot */
    GAP,    /* within a number: a space and -.() */
    SPACE,
    DOT,
    COLON,
    AT,
    PLUS,
    OPENS,       /* brackets, as stand around a dot */
    CLOSES,      /* ... */
    ENDS_SCHEME, /* in front of a colon */
    LABEL,       /* of a host: letters, digits, - and _ */
    OTHER,       /* no ASCII */
    HAN,         /* the first octet of an ideograph */
    HAN_DOT,     /* 点 */
    HAN_NAME,    /* how the name of a messenger begins */
    KINDS
} Kind;
_Static_assert(KINDS == FZ_GLANCE_KINDS, "find.h says how many");

#define BIT(kind) (1u << ((kind)&7))
#define IS_LETTER BIT(LETTER)

static const uint8_t kinds[2][128] = {
    {
        [' '] = BIT(GAP) | BIT(SPACE),
        ['('] = BIT(GAP),
        [')'] = BIT(GAP),
        ['-'] = BIT(GAP),
        ['.'] = BIT(GAP),
        ['0'] = BIT(DIGIT) | BIT(WITHIN),
        ['1'] = BIT(DIGIT) | BIT(FIRST),
        ['2' ... '4'] = BIT(DIGIT),
        ['5'] = BIT(DIGIT) | BIT(WITHIN),
        ['6' ... '8'] = BIT(DIGIT),
        ['9'] = BIT(DIGIT) | BIT(FIRST),
        ['A' ... 'Z'] = BIT(LETTER),
        ['a' ... 'c'] = BIT(LETTER),
        ['d'] = BIT(LETTER) | BIT(DO),
        ['e' ... 'f'] = BIT(LETTER),
        ['g'] = BIT(LETTER) | BIT(WITHIN),
        ['h' ... 'n'] = BIT(LETTER),
        ['o'] = BIT(LETTER) | BIT(DO),
        ['p'] = BIT(LETTER),
        ['q'] = BIT(LETTER) | BIT(FIRST) | BIT(WITHIN),
        ['r' ... 's'] = BIT(LETTER),
        ['t'] = BIT(LETTER) | BIT(LONG),
        ['u'] = BIT(LETTER),
        ['v'] = BIT(LETTER) | BIT(FIRST),
        ['w'] = BIT(LETTER) | BIT(LONG),
        ['x'] = BIT(LETTER) | BIT(WITHIN),
        ['y' ... 'z'] = BIT(LETTER),
    },
    {
        ['('] = BIT(OPENS),         [')'] = BIT(CLOSES),
        ['+'] = BIT(PLUS),          ['-'] = BIT(LABEL),
        ['.'] = BIT(DOT),           ['0' ... '9'] = BIT(LABEL),
        [':'] = BIT(COLON),         ['<'] = BIT(OPENS),
        ['>'] = BIT(CLOSES),        ['@'] = BIT(AT),
        ['A' ... 'Z'] = BIT(LABEL), ['['] = BIT(OPENS) | BIT(ENDS_SCHEME),
        [']'] = BIT(CLOSES),        ['_'] = BIT(LABEL),
        ['a' ... 'o'] = BIT(LABEL), ['p'] = BIT(LABEL) | BIT(ENDS_SCHEME),
        ['q' ... 'r'] = BIT(LABEL), ['s'] = BIT(LABEL) | BIT(ENDS_SCHEME),
        ['t' ... 'z'] = BIT(LABEL), ['{'] = BIT(OPENS),
        ['}'] = BIT(CLOSES),
    },
};

/* Ideographs, by the low six bits of each of their three octets: those of a
 * group have its bit in all three. Some that are none of them have too: a place
 * too many does no harm. A name begins with one of `first` and goes on with one
 * of the same group in `next`. */
enum {
    IS_DOT = 1 << 0,  /* 点 */
    WEIXIN = 1 << 1,  /* 微 薇 威 维, 信 */
    KOUKOU = 1 << 2,  /* 扣 抠, both */
    QIE = 1 << 3,     /* 企, 鹅 */
    DIANBAO = 1 << 4, /* 电, 报 */
    FEIJI = 1 << 5,   /* 纸 飞, 飞 机 */
};
#define AT_LEAD(octet) [(octet)-0xC0]
#define AT_TAIL(octet) [(octet)-0x80]

static const uint8_t first[3][64] = {
    {AT_LEAD(0xE4) = QIE, AT_LEAD(0xE5) = WEIXIN, AT_LEAD(0xE6) = KOUKOU,
     AT_LEAD(0xE7) = IS_DOT | WEIXIN | DIANBAO | FEIJI, AT_LEAD(0xE8) = WEIXIN,
     AT_LEAD(0xE9) = FEIJI},
    {AT_TAIL(0x82) = IS_DOT, AT_TAIL(0x89) = KOUKOU, AT_TAIL(0x8A) = KOUKOU,
     AT_TAIL(0x94) = DIANBAO, AT_TAIL(0x96) = WEIXIN, AT_TAIL(0xA3) = FEIJI,
     AT_TAIL(0xA8) = WEIXIN, AT_TAIL(0xBA) = FEIJI, AT_TAIL(0xBB) = WEIXIN,
     AT_TAIL(0xBC) = QIE, AT_TAIL(0xBE) = WEIXIN},
    {AT_TAIL(0x81) = WEIXIN | QIE, AT_TAIL(0x87) = WEIXIN,
     AT_TAIL(0x9E) = FEIJI, AT_TAIL(0xA0) = KOUKOU, AT_TAIL(0xA3) = KOUKOU,
     AT_TAIL(0xAE) = WEIXIN, AT_TAIL(0xB4) = WEIXIN, AT_TAIL(0xB5) = DIANBAO,
     AT_TAIL(0xB8) = FEIJI, AT_TAIL(0xB9) = IS_DOT},
};
static const uint8_t next[3][64] = {
    {AT_LEAD(0xE4) = WEIXIN, AT_LEAD(0xE6) = KOUKOU | DIANBAO | FEIJI,
     AT_LEAD(0xE9) = QIE | FEIJI},
    {AT_TAIL(0x89) = KOUKOU, AT_TAIL(0x8A) = KOUKOU | DIANBAO,
     AT_TAIL(0x9C) = FEIJI, AT_TAIL(0xA3) = FEIJI, AT_TAIL(0xB9) = QIE,
     AT_TAIL(0xBF) = WEIXIN},
    {AT_TAIL(0x85) = QIE, AT_TAIL(0x9E) = FEIJI, AT_TAIL(0xA0) = KOUKOU,
     AT_TAIL(0xA1) = WEIXIN, AT_TAIL(0xA3) = KOUKOU, AT_TAIL(0xA5) = DIANBAO,
     AT_TAIL(0xBA) = FEIJI},
};

/* ------------------------------------------------------------ in two forms */
/* The octet in front and those of the text. */
INLINE uint64_t in_text(const FzView *view, uint32_t from)
{
    uint32_t left = view->length - from;
    uint64_t text = left >= BLOCK ? UINT64_MAX : ((uint64_t)1 << left) - 1;

    return text << 1 | 1;
}

INLINE uint8_t in_front(const FzView *view, uint32_t from)
{
    return from > 0 ? view->octets[from - 1] : 0;
}

/* Of a block, bit by bit of its octets from the lowest on, which have it. */
static inline void split(const uint8_t *octets, int from, uint64_t *bits)
{
#ifdef __SSE2__
    __m128i part[4];

    for (int p = 0; p < 4; p++)
        part[p] = _mm_loadu_si128((const __m128i *)octets + p);
    for (int bit = 7; bit >= from; bit--) {
        uint64_t all = 0;

#pragma GCC unroll 4
        for (int p = 0; p < 4; p++) {
            all |= (uint64_t)(uint32_t)_mm_movemask_epi8(part[p]) << 16 * p;
            part[p] = _mm_add_epi8(part[p], part[p]); /* the next to the sign */
        }
        bits[bit] = all;
    }
#else
    for (int bit = from; bit < 8; bit++) {
        bits[bit] = 0;
        for (uint32_t i = 0; i < BLOCK; i++)
            bits[bit] |= (uint64_t)(octets[i] >> bit & 1) << i;
    }
#endif
}

static inline uint8_t ideograph(const uint8_t of[3][64], const uint8_t *at)
{
    return of[0][at[0] & 63] & of[1][at[1] & 63] & of[2][at[2] & 63];
}

void fz_glance_kinds_plain(const FzView *view, uint32_t from, uint64_t *bits)
{
    const uint8_t *octets = view->octets + from;
    uint8_t kind[2][BLOCK] = {{0}}, front = in_front(view, from);
    uint64_t text = in_text(view, from) >> 1, high[8], left;

    split(octets, 4, high);
    kind[0][0] = front < 0x80 ? kinds[0][front] : 0;
    kind[1][0] = front < 0x80 ? kinds[1][front] : 0;
    for (left = text & ~high[7]; left != 0; left &= left - 1) {
        uint32_t at = (uint32_t)__builtin_ctzll(left);

        kind[0][at + 1] = kinds[0][octets[at]];
        kind[1][at + 1] = kinds[1][octets[at]];
    }
    split(kind[0], 0, bits);
    split(kind[1], 0, bits + 8);
    bits[OTHER] = (high[7] & text) << 1 | front >> 7;
    bits[HAN] = front >= 0xE4 && front <= 0xE9;
    bits[HAN_DOT] = bits[HAN_NAME] = 0;
    /* E0 to EF; E4 to E9 are ideographs */
    for (left = text & high[7] & high[6] & high[5] & ~high[4]; left != 0;
         left &= left - 1) {
        uint32_t at = (uint32_t)__builtin_ctzll(left);
        uint8_t begins = ideograph(first, octets + at);

        bits[HAN] |= (uint64_t)(octets[at] >= 0xE4 && octets[at] <= 0xE9)
                     << 1 << at;
        if (begins == 0 || (JUDGED >> at & 1) == 0)
            continue;
        bits[HAN_DOT] |= (uint64_t)(begins & IS_DOT) << 1 << at;
        begins &= ideograph(next, octets + at + 3);
        bits[HAN_NAME] |= (uint64_t)(begins != 0) << 1 << at;
    }
}

#ifdef FZ_CPU_WIDE
FZ_WIDE static inline __m512i ideographs(const uint8_t of[3][64], __m512i a,
                                         __m512i b, __m512i c)
{
    a = _mm512_permutexvar_epi8(a, _mm512_loadu_si512(of[0]));
    b = _mm512_permutexvar_epi8(b, _mm512_loadu_si512(of[1]));
    c = _mm512_permutexvar_epi8(c, _mm512_loadu_si512(of[2]));
    return _mm512_ternarylogic_epi64(a, b, c, 0x80); /* all three */
}

/* Places that are judged, as they stand in the view. */
FZ_WIDE static inline __m512i load(const uint8_t *octets)
{
    return _mm512_maskz_loadu_epi8(JUDGED, octets);
}

FZ_WIDE static inline void kinds_of(int table, __mmask64 ascii, __m512i a,
                                    uint64_t *bits)
{
    __m512i kind = _mm512_maskz_permutex2var_epi8(
        ascii, _mm512_loadu_si512(kinds[table]), a,
        _mm512_loadu_si512(kinds[table] + 64));

#pragma GCC unroll 8
    for (int k = 0; k < 8; k++)
        bits[8 * table + k] =
            _mm512_test_epi8_mask(kind, _mm512_set1_epi8((char)(1 << k)));
}

FZ_WIDE static inline void kinds_wide(const FzView *view, uint32_t from,
                                      uint64_t *bits)
{
    static const uint8_t one_on[BLOCK] = {
        0,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14,
        15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
        31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46,
        47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62};
    const uint8_t *octets = view->octets + from;
    uint64_t text = in_text(view, from);
    __m512i a = _mm512_maskz_loadu_epi8(text >> 1, octets), begins;
    __m512i block = _mm512_mask_permutexvar_epi8(
        _mm512_set1_epi8((char)in_front(view, from)), ~(__mmask64)1,
        _mm512_loadu_si512(one_on), a);
    __mmask64 judged;

    bits[OTHER] = _mm512_movepi8_mask(block);
    kinds_of(0, ~bits[OTHER], block, bits);
    kinds_of(1, ~bits[OTHER], block, bits);
    bits[HAN] = _mm512_cmplt_epu8_mask(
        _mm512_sub_epi8(block, _mm512_set1_epi8((char)0xE4)),
        _mm512_set1_epi8(6));
    judged = bits[HAN] >> 1 & JUDGED;
    begins = ideographs(first, a, load(octets + 1), load(octets + 2));
    bits[HAN_DOT] =
        _mm512_mask_test_epi8_mask(judged, begins, _mm512_set1_epi8(IS_DOT))
        << 1;
    bits[HAN_NAME] = _mm512_mask_test_epi8_mask(
                         judged, begins,
                         ideographs(next, load(octets + 3), load(octets + 4),
                                    load(octets + 5)))
                     << 1;
}

FZ_WIDE void fz_glance_kinds_wide(const FzView *view, uint32_t from,
                                  uint64_t *bits)
{
    kinds_wide(view, from, bits);
}
#endif

/* ------------------------------------------------------------------ places */
/* Of dots with digits on both sides those that no last label stands behind, nor
 * a third number of an address: amounts and times. */
INLINE uint64_t decimals_of(const uint64_t *bits)
{
    uint64_t digit = bits[DIGIT], behind = ~bits[LABEL];
    uint64_t dots = bits[DOT] & digit << 1 & digit >> 1;
    uint64_t short_ones =
        behind >> 2 | (digit >> 2 & (behind >> 3 | (digit >> 3 & behind >> 4)));

    return dots & short_ones & ~(dots >> 2 | dots >> 3 | dots >> 4);
}

/* Beside a dot stand what may be of hosts, or brackets; in front of a colon a
 * scheme; behind a dot in words what may be a last label. */
INLINE uint64_t links_of(const uint64_t *bits, uint64_t decimals)
{
    uint64_t opened = bits[OPENS] << 1;
    uint64_t host = bits[LABEL] | bits[OTHER];
    uint64_t dots =
        bits[DOT] & ((host << 1 & host >> 1) | (opened & bits[CLOSES] >> 1));
    uint64_t colons = bits[COLON] & bits[ENDS_SCHEME] << 1;
    uint64_t ends = bits[SPACE] | bits[CLOSES]; /* of a dot in words */
    uint64_t words = bits[DO] & bits[DO] >> 1 & bits[LONG] >> 2 & ends >> 3 &
                     (opened | bits[SPACE] << 1);
    uint64_t last = (host | bits[SPACE]) & ~bits[HAN];
    uint64_t han = bits[HAN_DOT] & ~(bits[HAN] << 3) &
                   (bits[LETTER] >> 3 | (ends >> 3 & last >> 4));

    return (dots & ~decimals) | colons | bits[AT] | words | han;
}

/* Digits that may be a number of somebody: five of a kind, or eight and more in
 * groups with one or two octets between; a plus with seven. */
INLINE uint64_t numbers_of(const uint64_t *bits)
{
    uint64_t digit = bits[DIGIT], gap = bits[GAP];
    uint64_t starts = digit & ~((digit | bits[PLUS]) << 1);
    uint64_t behind = gap & digit << 1, in_two = behind & gap >> 1 & digit >> 2;
    uint64_t chain = digit | (behind & digit >> 1) | in_two | in_two << 1;
    uint64_t digits2 = digit & digit >> 1, digits4 = digits2 & digits2 >> 2;
    uint64_t chain2 = chain & chain >> 1, chain4 = chain2 & chain2 >> 2;
    uint64_t six = digits4 & digits2 >> 4, chain6 = chain4 & chain2 >> 4;
    uint64_t five =
        digits4 & digit >> 4 & ~(digit >> 5) & bits[FIRST] & bits[WITHIN] >> 1;

    return (starts & (five | (chain6 & ~six) | (chain4 & chain4 >> 4))) |
           (bits[PLUS] & digit >> 1 & chain6 >> 1);
}

/* Words of letters that are the name of a messenger, as far as the octets tell
 * that are looked at. */
INLINE uint64_t names_of(const uint64_t *bits)
{
    uint64_t letter = bits[LETTER], within = bits[WITHIN];
    uint64_t starts = letter & ~(letter << 1);
    uint64_t two = letter & letter >> 1, four = two & two >> 2;
    uint64_t one_letter = bits[FIRST] & ~(letter >> 1);
    uint64_t two_letters =
        (bits[FIRST] | bits[LONG]) & two & within >> 1 & ~(letter >> 2);
    uint64_t six_letters = bits[LONG] & four & two >> 4 & ~(letter >> 6) &
                           (within >> 3 | bits[LONG] >> 5);
    uint64_t eight_letters =
        bits[LONG] & four & four >> 4 & ~(letter >> 8) & within >> 4;

    return bits[HAN_NAME] |
           (starts & (one_letter | two_letters | six_letters | eight_letters));
}

INLINE void glance_of(const uint64_t *bits, FzGlance *out)
{
    uint64_t decimals = decimals_of(bits);

    out->link = links_of(bits, decimals) >> 1 & JUDGED;
    out->dot = (bits[HAN_DOT] | decimals) >> 1 & JUDGED;
    out->contact = (numbers_of(bits) | names_of(bits)) >> 1 & JUDGED;
}

/* Blocks [from, to), into `out`. */
static void glance_plain(const FzView *view, uint32_t from, uint32_t to,
                         FzGlance *out)
{
    for (uint32_t block = from; block < to; block++) {
        uint64_t bits[KINDS];

        fz_glance_kinds_plain(view, block * FZ_GLANCE_OCTETS, bits);
        glance_of(bits, out++);
    }
}

#ifdef FZ_CPU_WIDE
FZ_WIDE static void glance_wide(const FzView *view, uint32_t from, uint32_t to,
                                FzGlance *out)
{
    for (uint32_t block = from; block < to; block++) {
        uint64_t bits[KINDS];

        kinds_wide(view, block * FZ_GLANCE_OCTETS, bits);
        glance_of(bits, out++);
    }
}
#endif

static void glance(const FzView *view, uint32_t from, uint32_t to,
                   FzGlance *out)
{
#ifdef FZ_CPU_WIDE
    if (fz_cpu_is_wide) {
        glance_wide(view, from, to, out);
        return;
    }
#endif
    glance_plain(view, from, to, out);
}

FzGlance fz_glance_over(const FzView *view, FzGlance *kept)
{
    uint32_t blocks = (view->length + FZ_GLANCE_OCTETS - 1) / FZ_GLANCE_OCTETS;
    FzGlance any = {0};

    /* what is kept comes last */
    for (uint32_t to = blocks; to > 0;) {
        uint32_t from =
            to > FZ_GLANCES ? (to - 1) / FZ_GLANCES * FZ_GLANCES : 0;

        glance(view, from, to, kept);
        for (uint32_t i = 0; i < to - from; i++) {
            any.link |= kept[i].link;
            any.contact |= kept[i].contact;
        }
        to = from;
    }
    return any;
}

FzGlance fz_glance_at(const FzView *view, uint32_t block)
{
    FzGlance it;

    glance(view, block, block + 1, &it);
    return it;
}

bool fz_urls_are_possible(const FzViews *views)
{
    FzGlance kept[FZ_GLANCES];
    FzGlance any = fz_glance_over(&views->view[FZ_VIEW_FOLDED], kept);

    return (any.link | any.contact) != 0;
}
