/* SPDX-License-Identifier: BSD-2-Clause
 *
 * state.h - where the pass is, and the steps all of it is made of
 *
 * Inside this room only. Rare cases are in rare.c, out of the way of the
 * loops in pass.c and runs.c.
 */
#ifndef FZ_ENGINE_TEXT_STATE_H
#define FZ_ENGINE_TEXT_STATE_H

#include "engine/text/context.h"
#include "engine/text/out.h"

/* The token that is being written into the skeleton. */
typedef struct OpenToken {
    bool open;
    uint32_t from;
    uint32_t letters;    /* in it */
    uint32_t candidates; /* signs, digits and strokes that could be letters */
} OpenToken;
#define TOKEN_LETTERS 2 /* fewer letters are no word: prices, 4G */

#define NUMBER_GAP 2 /* signs within a number: 138-0000, (0) 20 */

typedef struct FzPass {
    const uint8_t *raw;
    uint32_t octets;
    FzOut folded, skeleton, despaced, digits;
    bool apart; /* the skeleton differs from the folded view; until then it
                   is not written, and is the folded view */
    bool space; /* one is due before the next visible character */
    uint32_t space_at;
    bool bar; /* the digits view ends with one */
    OpenToken token;
    uint8_t marker; /* a stroke's, for the skeleton's last octet; 0 none */
    uint32_t heart; /* 1 + where a heart's word stands in the skeleton */
    FzContext context;
    bool differs; /* lean: the skeleton is not the folded view */
} FzPass;

/* A sign or digit that is leet; with CONFUSABLE too, a letter of another
 * alphabet that is one stroke and may be an l or an i. */
#define LEET_MASK (FZ_CHAR_CONFUSABLE | FZ_CHAR_LEET)

/* --- reading -------------------------------------------------------------- */
/* The text is valid UTF-8: no test is made again. */
FZ_ALWAYS_INLINE uint32_t next_char(const uint8_t *at, uint32_t *used_out)
{
    uint32_t lead = at[0];

    if (lead < 0x80) {
        *used_out = 1;
        return lead;
    }
    if (lead < 0xE0) {
        *used_out = 2;
        return (lead & 0x1F) << 6 | (at[1] & 0x3Fu);
    }
    if (lead < 0xF0) {
        *used_out = 3;
        return (lead & 0x0F) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu);
    }
    *used_out = 4;
    return (lead & 0x07) << 18 | (at[1] & 0x3Fu) << 12 | (at[2] & 0x3Fu) << 6 |
           (at[3] & 0x3Fu);
}

static inline bool is_small(uint32_t cp)
{
    return cp >= 'a' && cp <= 'z';
}

static inline bool is_capital(uint32_t cp)
{
    return cp >= 'A' && cp <= 'Z';
}

static inline bool is_round_or_stroke(uint32_t cp)
{
    return cp == 'o' || cp == 'O' || cp == 'l' || cp == 'I';
}

/* --- rare cases (rare.c) ----------------------------------------------------
 */
/** A full stop of any width between two host characters is the dot of a host
 *  name; elsewhere it ends a sentence. `next` is what follows it. */
bool fz_pass_is_host_dot(const FzPass *pass, uint32_t next);

/** From here on the skeleton is written on its own. */
void fz_pass_part_skeleton(FzPass *pass);

/** The open token ended and has signs or digits that could be letters. */
void fz_pass_read_token(FzPass *pass);

/** Lean: whether it would be read as anything else. */
void fz_pass_glance_at_token(FzPass *pass);

/** Does a sign that could be a letter stand as one? Where letters, digits or
 *  other such signs follow or, but for the strokes, come before it. A stroke
 *  within a word needs both; one at the end ends a sentence. */
bool fz_pass_is_leet_sign(const FzPass *pass, uint32_t cp, uint32_t next);

/** A heart was written as 心; beside some words it is 信, by its sound. The
 *  second is called when the word behind it begins. */
void fz_pass_read_heart(FzPass *pass);
void fz_pass_read_heart_before(FzPass *pass, uint32_t cp);

/** A letter O or l within a number is its 0 or 1; -1: it is not. */
int fz_pass_letter_as_digit(const FzPass *pass, uint32_t cp, uint32_t next);

/** Despaced and digits of a code point that folds to several. */
void fz_pass_put_several(FzPass *pass, const FzChar *it, uint32_t i);

/* --- steps -------------------------------------------------------------------
 */
FZ_ALWAYS_INLINE void part_skeleton(FzPass *pass)
{
    if (FZ_PASS_LEAN)
        pass->differs = true;
    else if (!pass->apart)
        fz_pass_part_skeleton(pass);
}

FZ_ALWAYS_INLINE uint32_t skeleton_length(const FzPass *pass)
{
    return pass->apart ? pass->skeleton.length : pass->folded.length;
}

FZ_ALWAYS_INLINE void end_token(FzPass *pass)
{
    if (pass->token.open && pass->token.candidates > 0) {
        if (FZ_PASS_LEAN)
            fz_pass_glance_at_token(pass);
        else
            fz_pass_read_token(pass);
    }
    pass->token.open = false;
}

FZ_ALWAYS_INLINE void begin_token(FzPass *pass)
{
    if (pass->token.open)
        return;
    pass->token = (OpenToken){.open = true, .from = skeleton_length(pass)};
}

FZ_ALWAYS_INLINE void put_bar(FzPass *pass, uint32_t i)
{
    if (FZ_PASS_LEAN)
        return;
    if (!pass->bar)
        fz_out_octet(&pass->digits, '|', i);
    pass->bar = true;
}

FZ_ALWAYS_INLINE void put_digit(FzPass *pass, uint32_t digit, uint32_t i)
{
    if (FZ_PASS_LEAN)
        return;
    fz_out_octet(&pass->digits, (uint8_t)('0' + digit), i);
    pass->bar = false;
}

FZ_ALWAYS_INLINE void put_space(FzPass *pass)
{
    if (!pass->space)
        return;
    if (pass->folded.length > 0)
        fz_out_octet(&pass->folded, ' ', pass->space_at);
    if (pass->apart && pass->skeleton.length > 0)
        fz_out_octet(&pass->skeleton, ' ', pass->space_at);
    pass->space = false;
}

FZ_ALWAYS_INLINE void take_gap(FzContext *context, FzGap kind)
{
    if (context->gap == 0)
        fz_context_end_unit(context);
    context->gap++;
    context->gap_kind |= kind;
    context->inside = 0;
    context->inside_bidi = 0;
    context->marks = 0;
}

FZ_ALWAYS_INLINE void take_space(FzPass *pass, uint32_t i)
{
    if (!pass->space)
        pass->space_at = i;
    pass->space = true;
    end_token(pass);
    take_gap(&pass->context, FZ_GAP_SPACE);
}

#endif
