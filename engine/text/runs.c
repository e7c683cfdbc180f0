/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/text/runs.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define RUN_CHARS 64 /* a round: views are tested for room between two */

FZ_ALWAYS_INLINE void begin_run(FzPass *pass, const FzChar *it, uint32_t cp,
                                uint32_t i)
{
    FzContext *context = &pass->context;

    if (context->run > 0)
        fz_context_end_run(context);
    if (context->gap > 0)
        fz_context_begin_unit(context, it, cp);
    put_space(pass);
    put_bar(pass, i);
}

FZ_ALWAYS_INLINE void end_run(FzContext *context, const FzChar *it, uint32_t cp,
                              uint32_t count)
{
    context->unit += count;
    context->last = it;
    context->word = it;
    context->last_cp = cp;
    context->marks = 0;
}

/* The maps of code points of three octets, the first at `i`: those of four are
 * written at a time, and what is too much is overwritten. */
FZ_ALWAYS_INLINE void map_threes(const FzOut *out, uint32_t count, uint32_t i)
{
    const uint64_t each = 0x0001000100010001u;
    uint16_t *map = out->map + out->length;
    uint64_t first = i * each;

    for (uint32_t done = 0; done < count; done += 4, map += 12) {
        uint64_t four[3] = {first + 0x0001000000000000u,
                            first + 0x0002000200010001u,
                            first + 0x0003000300030002u};

        memcpy(map, four, sizeof four);
        first += 4 * each;
    }
}

/* As many code points of three octets as they are in the text. */
FZ_ALWAYS_INLINE void put_threes(FzOut *out, const uint8_t *from,
                                 uint32_t count, uint32_t i)
{
    for (uint32_t octet = 0; octet < 3 * count; octet += 16)
        memcpy(out->octets + out->length + octet, from + octet, 16);
    if (!FZ_PASS_LEAN)
        map_threes(out, count, i);
    out->length += 3 * count;
}

uint32_t fz_run_han(FzPass *pass, const FzChar *plain, uint32_t at, uint32_t i)
{
    const uint8_t *raw = pass->raw + at;
    uint32_t count = 1, used;

    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
        return 0;
    begin_run(pass, plain, next_char(raw, &used), i);
    end_token(pass);
    while (count < RUN_CHARS && fz_char_is_plain_han(raw + 3 * count))
        count++;
    put_threes(&pass->folded, raw, count, i);
    if (!FZ_PASS_LEAN) {
        put_threes(&pass->despaced, raw, count, i);
        if (pass->apart)
            put_threes(&pass->skeleton, raw, count, i);
    }
    pass->context.han += count;
    end_run(&pass->context, plain, next_char(raw + 3 * count - 3, &used),
            count);
    return count;
}

#define EACH(octet) (0x0101010101010101u * (octet))

/* The high bit of each of eight octets that is an ASCII letter. */
FZ_ALWAYS_INLINE uint64_t letters_of(uint64_t eight)
{
    uint64_t small = (eight | EACH(0x20)) & EACH(0x7F);

    return (small + EACH(0x80 - 'a')) & ~(small + EACH(0x7F - 'z')) & ~eight &
           EACH(0x80);
}

/* The same of ASCII digits. */
FZ_ALWAYS_INLINE uint64_t digits_of(uint64_t eight)
{
    uint64_t low = eight & EACH(0x7F);

    return (low + EACH(0x80 - '0')) & ~(low + EACH(0x7F - '9')) & ~eight &
           EACH(0x80);
}

/* The high bit of each octet that is a capital I behind a small letter. */
FZ_ALWAYS_INLINE uint64_t strokes_of(uint64_t eight, uint64_t letters,
                                     bool after_small)
{
    uint64_t small = letters & (eight << 2);
    uint64_t other = eight ^ EACH('I');
    uint64_t capital_i = ~((other & EACH(0x7F)) + EACH(0x7F)) & ~other;

    return capital_i & EACH(0x80) & (small << 8 | (after_small ? 0x80 : 0));
}

FZ_ALWAYS_INLINE void put_eight(FzOut *out, uint64_t eight, uint32_t n,
                                uint32_t at)
{
    uint64_t four = 0x0003000200010000u + at * 0x0001000100010001u;
    uint64_t next = four + 0x0004000400040004u;

    memcpy(out->octets + out->length, &eight, sizeof eight);
    if (!FZ_PASS_LEAN) {
        memcpy(out->map + out->length, &four, sizeof four);
        memcpy(out->map + out->length + 4, &next, sizeof next);
    }
    out->length += n;
}

/* The letters of one word, as far as they are plain; returns how many. */
FZ_ALWAYS_INLINE uint32_t put_letters(FzPass *pass, uint32_t at, uint32_t i)
{
    bool after_small = false;
    uint32_t count = 0;

    while (count < RUN_CHARS) {
        uint64_t eight, letters, ends;
        uint32_t n;

        memcpy(&eight, pass->raw + at + count, sizeof eight);
        letters = letters_of(eight);
        ends =
            (~letters & EACH(0x80)) | strokes_of(eight, letters, after_small);
        n = ends == 0 ? 8 : (uint32_t)__builtin_ctzll(ends) / 8;
        if (n == 0)
            break;
        eight |= EACH(0x20);
        put_eight(&pass->folded, eight, n, i + count);
        if (!FZ_PASS_LEAN)
            put_eight(&pass->despaced, eight, n, i + count);
        if (pass->apart)
            put_eight(&pass->skeleton, eight, n, i + count);
        count += n;
        after_small = is_small(pass->raw[at + count - 1]);
        if (n < 8)
            break;
    }
    return count;
}

uint32_t fz_run_digits(FzPass *pass, uint32_t at, uint32_t i)
{
    FzContext *context = &pass->context;
    uint32_t count = 0, n = 8;

    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
        return 0;
    if (context->run > 0 && context->gap > NUMBER_GAP)
        fz_context_end_run(context);
    if (context->gap > 0)
        fz_context_begin_unit(context, &fz_table_ascii['0'], pass->raw[at]);
    put_space(pass);
    begin_token(pass);
    while (count < RUN_CHARS && n == 8) {
        uint64_t eight, ends;

        memcpy(&eight, pass->raw + at + count, sizeof eight);
        ends = ~digits_of(eight) & EACH(0x80);
        n = ends == 0 ? 8 : (uint32_t)__builtin_ctzll(ends) / 8;
        put_eight(&pass->folded, eight, n, i + count);
        if (!FZ_PASS_LEAN) {
            put_eight(&pass->despaced, eight, n, i + count);
            put_eight(&pass->digits, eight, n, i + count);
        }
        if (pass->apart)
            put_eight(&pass->skeleton, eight, n, i + count);
        count += n;
    }
    pass->bar = false;
    pass->token.candidates += count;
    context->digits += count;
    context->run += count;
    end_run(context, &fz_table_ascii['0'], pass->raw[at + count - 1], count);
    return count;
}

#ifdef __SSE2__
/* Of sixteen octets, a bit each: ASCII letters, and capital I behind a small
 * one. */
FZ_ALWAYS_INLINE uint32_t letters_of_16(const uint8_t *at, uint32_t *strokes)
{
    __m128i it = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i low = _mm_or_si128(it, _mm_set1_epi8(0x20));
    __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(low, _mm_set1_epi8('a' - 1)),
                                   _mm_cmpgt_epi8(_mm_set1_epi8('z' + 1), low));
    uint32_t letters = (uint32_t)_mm_movemask_epi8(letter);
    uint32_t small =
        (uint32_t)_mm_movemask_epi8(_mm_slli_epi16(it, 2)) & letters;
    uint32_t capital_i =
        (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(it, _mm_set1_epi8('I')));

    *strokes = capital_i & small << 1;
    return letters;
}

FZ_ALWAYS_INLINE void put_16(FzOut *out, const uint8_t *from, uint32_t n,
                             uint32_t at)
{
    __m128i it = _mm_loadu_si128((const __m128i *)(const void *)from);
    __m128i map = _mm_add_epi16(_mm_set1_epi16((short)at),
                                _mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7));

    _mm_storeu_si128((__m128i *)(void *)(out->octets + out->length),
                     _mm_or_si128(it, _mm_set1_epi8(0x20)));
    if (!FZ_PASS_LEAN) {
        uint16_t *to = out->map + out->length;

        _mm_storeu_si128((__m128i *)(void *)to, map);
        _mm_storeu_si128((__m128i *)(void *)(to + 8),
                         _mm_add_epi16(map, _mm_set1_epi16(8)));
    }
    out->length += n;
}

/* Words of two letters and more, a space before each, behind a word that was
 * just taken: what would be said of every one of them is said of the last.
 * Returns how many characters. */
FZ_ALWAYS_INLINE uint32_t put_words(FzPass *pass, uint32_t at, uint32_t i)
{
    FzContext *context = &pass->context;
    FzOut folded = pass->folded, despaced = pass->despaced;
    FzOut skeleton = pass->skeleton;
    uint32_t count = 0, last = 0, letters = 0;

    if (context->unit < 2 || context->scripts & ~(1u << FZ_SCRIPT_LATIN))
        return 0;
    while (count < RUN_CHARS) {
        const uint8_t *word = pass->raw + at + count + 1;
        uint32_t strokes, found = letters_of_16(word, &strokes), n;

        n = (uint32_t)__builtin_ctz(~found | 0x8000);
        if (word[-1] != ' ' || n < 2 || n >= 15 ||
            (strokes & ((1u << n) - 1)) != 0 ||
            (word[0] == 'l' && is_capital(word[1])))
            break;
        put_16(&folded, word - 1, 1 + n, i + count);
        if (!FZ_PASS_LEAN)
            put_16(&despaced, word, n, i + count + 1);
        if (pass->apart)
            put_16(&skeleton, word - 1, 1 + n, i + count);
        count += 1 + n;
        letters += n;
        last = n;
    }
    if (count == 0)
        return 0;
    pass->folded = folded;
    pass->despaced = despaced;
    pass->skeleton = skeleton;
    at += count;
    context->latin += letters;
    context->letters = context->unit = last;
    context->unit_cp = pass->raw[at - last];
    context->chain = 0;
    context->disguised = context->linked = false;
    context->last_cp = pass->raw[at - 1];
    context->last = context->word = &fz_table_ascii[context->last_cp];
    pass->token.from = skeleton_length(pass) - last;
    pass->token.letters = last;
    return count;
}
#else
FZ_ALWAYS_INLINE uint32_t put_words(FzPass *pass, uint32_t at, uint32_t i)
{
    (void)pass, (void)at, (void)i;
    return 0;
}
#endif

uint32_t fz_run_latin(FzPass *pass, uint32_t at, uint32_t i)
{
    FzContext *context = &pass->context;
    uint32_t count = 0;

    /* a letter that goes on a token, or a number, may have a meaning there */
    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ ||
        (context->gap == 0 && (pass->token.open || context->run > 0)))
        return 0;
    for (;;) {
        const uint8_t *word = pass->raw + at + count;
        uint32_t letters;

        if (word[0] == 'l' && is_capital(word[1]))
            return count;
        begin_run(pass, &fz_table_ascii[word[0]], word[0], i + count);
        begin_token(pass);
        letters = put_letters(pass, at + count, i + count);
        count += letters;
        context->latin += letters;
        context->letters += letters;
        context->scripts |= 1u << FZ_SCRIPT_LATIN;
        pass->token.letters += letters;
        end_run(context, &fz_table_ascii[word[letters - 1]], word[letters - 1],
                letters);
        if (pass->token.candidates == 0)
            count += put_words(pass, at + count, i + count);
        word = pass->raw + at + count;
        if (word[0] != ' ' || pass->token.candidates > 0 ||
            count >= RUN_CHARS || !is_small(word[1] | 0x20))
            return count;
        take_space(pass, i + count);
        count++;
    }
}
