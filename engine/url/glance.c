/* SPDX-License-Identifier: BSD-2-Clause
 *
 * glance.c - can there be a link or a contact at all?
 *
 * Most messages have none, and looking for names of messengers costs as much
 * as folding the text. One look at every octet, without decoding, answers for
 * those that have nothing that a link, a number or a name is made of.
 */
#include "config.h"

#include "engine/url/find.h"

#include <stddef.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define NAME_OCTETS 5   /* of the shortest name of a messenger */
#define NUMBER_DIGITS 5 /* of the shortest number that is one */

/* Of 64 octets, a bit each. */
typedef struct Octets {
    uint64_t digit, letter;
    uint64_t tie;   /* _ and -, which names have inside */
    uint64_t space; /* within a number: a space and -.() */
    uint64_t stop;  /* a dot, a colon or an @: what stands beside it decides */
    uint64_t point; /* says that a name follows: :=@+ and 号加搜 */
    uint64_t word;  /* begins a dot in words, "do" or 点 */
} Octets;

_Static_assert(offsetof(Octets, stop) == FZ_GLANCE_STOP * sizeof(uint64_t) &&
                   offsetof(Octets, word) == FZ_GLANCE_WORD * sizeof(uint64_t),
               "find.h says where they are");

static bool is_point(const uint8_t *at)
{
    switch (at[0]) {
    case ':':
    case '=':
    case '@':
    case '+':
        return true;
    case 0xE5:
        return (at[1] == 0x8F && at[2] == 0xB7) || /* 号 */
               (at[1] == 0x8A && at[2] == 0xA0);   /* 加 */
    case 0xE6:
        return at[1] == 0x90 && at[2] == 0x9C; /* 搜 */
    default:
        return false;
    }
}

void fz_glance_portable(const uint8_t *octets, uint64_t *bits)
{
    Octets it = {0};

    for (uint32_t i = 0; i < 64; i++) {
        const uint8_t *at = octets + i;
        uint64_t bit = (uint64_t)1 << i;
        uint8_t c = *at;

        it.digit |= c >= '0' && c <= '9' ? bit : 0;
        it.letter |= c >= 'a' && c <= 'z' ? bit : 0;
        it.tie |= c == '_' || c == '-' ? bit : 0;
        it.space |=
            c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' ? bit : 0;
        it.stop |= c == '.' || c == ':' || c == '@' ? bit : 0;
        it.point |= is_point(at) ? bit : 0;
        it.word |= (c == 'd' && at[1] == 'o') || (c == 0xE7 && at[1] == 0x82)
                       ? bit
                       : 0;
    }
    memcpy(bits, &it, sizeof it);
}

#ifdef __SSE2__
static inline __m128i is(__m128i octets, int c)
{
    return _mm_cmpeq_epi8(octets, _mm_set1_epi8((char)c));
}

static inline __m128i between(__m128i octets, char from, char to)
{
    return _mm_and_si128(
        _mm_cmpgt_epi8(octets, _mm_set1_epi8((char)(from - 1))),
        _mm_cmpgt_epi8(_mm_set1_epi8((char)(to + 1)), octets));
}

static inline __m128i either(__m128i a, __m128i b)
{
    return _mm_or_si128(a, b);
}

static inline __m128i pair(__m128i a, int x, __m128i b, int y)
{
    return _mm_and_si128(is(a, x), is(b, y));
}

static inline uint64_t bits_of(__m128i octets, uint32_t at)
{
    return (uint64_t)(uint32_t)_mm_movemask_epi8(octets) << at;
}

void fz_glance(const uint8_t *octets, uint64_t *bits)
{
    Octets it = {0};

    for (uint32_t i = 0; i < 64; i += 16) {
        __m128i a = _mm_loadu_si128((const __m128i *)(octets + i));
        __m128i b = _mm_loadu_si128((const __m128i *)(octets + i + 1));
        __m128i c = _mm_loadu_si128((const __m128i *)(octets + i + 2));
        __m128i dash = is(a, '-'), dot = is(a, '.');
        __m128i colon_or_at = either(is(a, ':'), is(a, '@'));
        __m128i add_or_mark =
            _mm_and_si128(is(a, 0xE5), either(pair(b, 0x8F, c, 0xB7),
                                              pair(b, 0x8A, c, 0xA0)));
        __m128i search = _mm_and_si128(is(a, 0xE6), pair(b, 0x90, c, 0x9C));

        it.digit |= bits_of(between(a, '0', '9'), i);
        it.letter |= bits_of(between(a, 'a', 'z'), i);
        it.tie |= bits_of(either(dash, is(a, '_')), i);
        it.space |= bits_of(
            either(either(dash, dot), either(is(a, ' '), between(a, '(', ')'))),
            i);
        it.stop |= bits_of(either(dot, colon_or_at), i);
        it.point |=
            bits_of(either(either(colon_or_at, either(is(a, '='), is(a, '+'))),
                           either(add_or_mark, search)),
                    i);
        it.word |=
            bits_of(either(pair(a, 'd', b, 'o'), pair(a, 0xE7, b, 0x82)), i);
    }
    memcpy(bits, &it, sizeof it);
}
#else
void fz_glance(const uint8_t *octets, uint64_t *bits)
{
    fz_glance_portable(octets, bits);
}
#endif

/* A dot that ends a sentence and a colon that no scheme stands before say
 * nothing. */
static bool stop_matters(const FzView *view, uint32_t at)
{
    uint8_t before = at > 0 ? view->octets[at - 1] : ' ';
    uint8_t behind = at + 1 < view->length ? view->octets[at + 1] : ' ';

    if (view->octets[at] == '.')
        return behind != ' ' || strchr("[({< ", before) != NULL;
    return view->octets[at] == '@' || before == 'p' || before == 's' ||
           before == '[';
}

static bool is_letter(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

static bool word_matters(const FzView *view, uint32_t at)
{
    uint8_t behind = at + 3 < view->length ? view->octets[at + 3] : 0;

    if (view->octets[at] == 'd')
        return at + 3 <= view->length &&
               memcmp(view->octets + at, "dot", 3) == 0;
    /* 点, and a last label behind it */
    return behind != 0 && memcmp(view->octets + at, "\xE7\x82\xB9", 3) == 0 &&
           (is_letter(behind) || strchr(" ])}>", behind) != NULL);
}

/* What goes on over the borders of blocks. */
typedef struct Glance {
    const FzView *view;
    uint32_t digits;   /* of one number */
    uint32_t name;     /* octets of one name, at the block's end */
    bool letter, sign; /* it has these */
    bool word, point;  /* long enough for a name; something says one */
} Glance;

static bool any_matters(const FzView *view, uint32_t from, uint64_t bits,
                        bool (*matters)(const FzView *view, uint32_t at))
{
    for (; bits != 0; bits &= bits - 1)
        if (matters(view, from + (uint32_t)__builtin_ctzll(bits)))
            return true;
    return false;
}

/* Bits [from, from + count). */
static inline uint64_t range(uint32_t from, uint32_t count)
{
    return (count >= 64 ? UINT64_MAX : ((uint64_t)1 << count) - 1) << from;
}

/* How many bits are set from `at` on. */
static inline uint32_t run_from(uint64_t bits, uint32_t at)
{
    uint64_t rest = ~(bits >> at);
    uint32_t count = rest == 0 ? 64 : (uint32_t)__builtin_ctzll(rest);

    return count > 64 - at ? 64 - at : count;
}

/* Digits that nothing but what stands within numbers holds apart. */
static bool see_digits(Glance *glance, const Octets *it)
{
    uint64_t ends = ~(it->digit | it->space), left = it->digit;
    uint32_t seen = 0; /* bits that were looked at */

    while (left != 0) {
        uint32_t at = (uint32_t)__builtin_ctzll(left), count;

        if ((ends & range(seen, at - seen)) != 0)
            glance->digits = 0;
        count = run_from(it->digit, at);
        glance->digits += count;
        if (glance->digits >= NUMBER_DIGITS)
            return true;
        seen = at + count;
        left &= ~range(at, count);
    }
    if (seen < 64 && (ends & range(seen, 64 - seen)) != 0)
        glance->digits = 0;
    return false;
}

/* The run of letters, digits and ties that begins at `at` goes on what the
 * block before ended with. */
static bool see_name(Glance *glance, const Octets *it, uint32_t at,
                     uint32_t count)
{
    uint64_t run = range(at, count);

    glance->name += count;
    glance->letter |= (it->letter & run) != 0;
    glance->sign |= ((it->digit | it->tie) & run) != 0;
    glance->word |= glance->name >= NAME_OCTETS;
    return glance->name >= NAME_OCTETS && glance->letter && glance->sign;
}

static void begin_name(Glance *glance)
{
    glance->name = 0;
    glance->letter = glance->sign = false;
}

/* Letters with digits or ties among them. Of words of letters alone, which
 * nearly all are, only their length matters. */
static bool see_names(Glance *glance, const Octets *it)
{
    uint64_t signs = it->digit | it->tie, all = it->letter | signs, left = all;
    uint64_t mixed = (it->letter & signs << 1) | (signs & it->letter << 1);
    uint64_t two = all & all >> 1, four = two & two >> 2;
    uint32_t count = run_from(all, 0);

    if (see_name(glance, it, 0, count))
        return true;
    if (count == 64)
        return false;
    glance->word |= (four & all >> 4) != 0;
    for (left &= ~range(0, count); mixed != 0 && left != 0;) {
        uint32_t at = (uint32_t)__builtin_ctzll(left);

        count = run_from(all, at);
        begin_name(glance);
        if (see_name(glance, it, at, count))
            return true;
        left &= ~range(at, count);
    }
    begin_name(glance);
    count = ~all == 0 ? 64 : (uint32_t)__builtin_clzll(~all);
    return count > 0 && see_name(glance, it, 64 - count, count);
}

bool fz_urls_are_possible(const FzViews *views)
{
    const FzView *view = &views->view[FZ_VIEW_FOLDED];
    Glance glance = {.view = view};

    for (uint32_t from = 0; from < view->length; from += 64) {
        uint64_t bits[FZ_GLANCE_BITS];
        Octets it;

        fz_glance(view->octets + from, bits);
        if (view->length - from < 64)
            for (int b = 0; b < FZ_GLANCE_BITS; b++)
                bits[b] &= range(0, view->length - from);
        memcpy(&it, bits, sizeof it);
        glance.point |= it.point != 0;
        if (see_digits(&glance, &it) || see_names(&glance, &it) ||
            any_matters(view, from, it.stop, stop_matters) ||
            any_matters(view, from, it.word, word_matters))
            return true;
    }
    return glance.word && glance.point;
}
