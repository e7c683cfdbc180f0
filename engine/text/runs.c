/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/text/runs.h"

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

#if FZ_PASS_LEAN
/* Han from `at` on, as far as they are plain; the last one's code point. */
FZ_ALWAYS_INLINE uint32_t count_han(const FzPass *pass, const FzChar *plain,
                                    uint32_t at, uint32_t *cp_out)
{
    const uint16_t entry = (uint16_t)(plain - fz_table_chars);
    uint32_t count = 0;

    for (; count < RUN_CHARS; count++) {
        const uint8_t *it = pass->raw + at + 3 * count;
        uint32_t cp =
            (it[0] & 0x0Fu) << 12 | (it[1] & 0x3Fu) << 6 | (it[2] & 0x3Fu);

        if ((it[0] & 0xF0) != 0xE0 ||
            fz_table_stage2[(uint32_t)fz_table_stage1[cp >> FZ_TABLE_PAGE_BITS]
                                << FZ_TABLE_PAGE_BITS |
                            (cp & ((1u << FZ_TABLE_PAGE_BITS) - 1))] != entry)
            break;
        *cp_out = cp;
    }
    return count;
}

uint32_t fz_run_han(FzPass *pass, const FzChar *plain, uint32_t cp, uint32_t at,
                    uint32_t i)
{
    FzOut *folded = &pass->folded;
    uint32_t count;

    begin_run(pass, plain, cp, i);
    end_token(pass);
    count = count_han(pass, plain, at, &cp);
    for (uint32_t octet = 0; octet < 3 * count; octet += 16)
        memcpy(folded->octets + folded->length + octet, pass->raw + at + octet,
               16);
    folded->length += 3 * count;
    pass->context.han += count;
    end_run(&pass->context, plain, cp, count);
    return count;
}
#else
uint32_t fz_run_han(FzPass *pass, const FzChar *plain, uint32_t cp, uint32_t at,
                    uint32_t i)
{
    FzOut folded, despaced, skeleton;
    uint32_t count = 0, used = 3;

    begin_run(pass, plain, cp, i);
    end_token(pass);
    folded = pass->folded;
    despaced = pass->despaced;
    skeleton = pass->skeleton;
    while (count < RUN_CHARS) {
        uint32_t next;

        fz_out_put(&folded, pass->raw + at, 3, i + count);
        if (!FZ_PASS_LEAN)
            fz_out_put(&despaced, pass->raw + at, 3, i + count);
        if (pass->apart)
            fz_out_put(&skeleton, pass->raw + at, 3, i + count);
        at += 3;
        count++;
        if (at >= pass->octets)
            break;
        next = next_char(pass->raw + at, &used);
        if (used != 3 || fz_char(next) != plain)
            break;
        cp = next;
    }
    pass->folded = folded;
    pass->despaced = despaced;
    pass->skeleton = skeleton;
    pass->context.han += count;
    end_run(&pass->context, plain, cp, count);
    return count;
}
#endif

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

uint32_t fz_run_latin(FzPass *pass, uint32_t at, uint32_t i)
{
    FzContext *context = &pass->context;
    uint32_t count = 0;

    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ || context->gap == 0)
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
        if (word[letters] != ' ' || pass->token.candidates > 0 ||
            count >= RUN_CHARS || !is_small(word[letters + 1] | 0x20))
            return count;
        take_space(pass, i + count);
        count++;
    }
}
