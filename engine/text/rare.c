/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/text/state.h"
#include "engine/text/token.h"

#define LETTERS_IN_NUMBER 8 /* so many zeros may be letters in a row */

/* The first code point that one folds to; 0 when it folds to none. */
static uint32_t first_folded(uint32_t cp)
{
    FzSlice folded = fz_char_folded(fz_char(cp));
    uint32_t used;

    if (folded.data == NULL)
        return cp;
    return folded.octets == 0 ? 0 : next_char(folded.data, &used);
}

static bool is_nothing(const FzChar *it)
{
    return fz_char_class(it) == FZ_CLASS_IGNORED ||
           fz_char_class(it) == FZ_CLASS_MARK;
}

/* --- dots ----------------------------------------------------------------- */
bool fz_pass_is_host_dot(const FzPass *pass, uint32_t next)
{
    const FzOut *folded = &pass->folded;
    uint32_t cp, used;

    if (folded->length == 0 || pass->space)
        return false;
    cp = next_char(folded->octets + fz_out_before(folded, folded->length),
                   &used);
    if (!fz_char_is_host(cp))
        return false;
    while (next < pass->octets) {
        cp = next_char(pass->raw + next, &used);
        if (!is_nothing(fz_char(cp)))
            return fz_char_is_host(first_folded(cp));
        next += used;
    }
    return false;
}

/* --- the skeleton --------------------------------------------------------- */
void fz_pass_part_skeleton(FzPass *pass)
{
    memcpy(pass->skeleton.octets, pass->folded.octets, pass->folded.length);
    memcpy(pass->skeleton.map, pass->folded.map,
           pass->folded.length * sizeof *pass->folded.map);
    pass->skeleton.length = pass->folded.length;
    pass->apart = true;
}

void fz_pass_read_token(FzPass *pass)
{
    if (pass->token.letters < TOKEN_LETTERS) {
        if (pass->apart)
            fz_token_settle(&pass->skeleton, pass->token.from);
        return;
    }
    part_skeleton(pass);
    if (fz_token_read(&pass->skeleton, pass->token.from))
        pass->context.leet++;
}

void fz_pass_glance_at_token(FzPass *pass)
{
    FzSlice token = fz_slice(pass->folded.octets + pass->token.from,
                             pass->folded.length - pass->token.from);

    if (pass->token.letters >= TOKEN_LETTERS && fz_token_would_change(token))
        pass->differs = true;
}

static bool is_stroke_sign(uint32_t cp)
{
    return cp == '!' || cp == '|';
}

bool fz_pass_is_leet_sign(const FzPass *pass, uint32_t cp, uint32_t next)
{
    uint32_t used, follows = next_char(pass->raw + next, &used);
    const FzChar *it;
    bool before;

    for (uint32_t i = 0; i < 3 && is_stroke_sign(follows); i++) {
        next += used;
        follows = next_char(pass->raw + next, &used);
    }
    it = fz_char(follows);
    before = fz_char_class(it) == FZ_CLASS_LETTER ||
             fz_char_class(it) == FZ_CLASS_DIGIT ||
             ((it->flags & FZ_CHAR_LEET) && !is_stroke_sign(follows));
    if (is_stroke_sign(cp))
        return before &&
               (pass->token.open ||
                !(pass->context.gap_kind & (FZ_GAP_ORDINARY | FZ_GAP_ODD)));
    return pass->token.open || before;
}

void fz_pass_read_heart(FzPass *pass)
{
    FzOut *out = &pass->skeleton;
    uint32_t at = out->length - 3, used;

    if (at > 0 && fz_char_heart_before(
                      next_char(out->octets + fz_out_before(out, at), &used)))
        memcpy(out->octets + at, "\xE4\xBF\xA1", 3);
    else
        pass->heart = at + 1;
}

void fz_pass_read_heart_before(FzPass *pass, uint32_t cp)
{
    uint32_t at = pass->heart - 1;

    if (at + 3 == pass->skeleton.length &&
        fz_char_heart_after(first_folded(cp)))
        memcpy(pass->skeleton.octets + at, "\xE4\xBF\xA1", 3);
    pass->heart = 0;
}

int fz_pass_letter_as_digit(const FzPass *pass, uint32_t cp, uint32_t next)
{
    uint32_t end = next + LETTERS_IN_NUMBER;

    if (pass->context.run == 0 || pass->context.gap > 0)
        return -1;
    while (next < end && is_round_or_stroke(pass->raw[next]))
        next++;
    if (pass->raw[next] < '0' || pass->raw[next] > '9')
        return -1;
    return cp == 'o' || cp == 'O' ? 0 : 1;
}

/* --- several code points for one ------------------------------------------ */
void fz_pass_put_several(FzPass *pass, const FzChar *it, uint32_t i)
{
    FzSlice folded = fz_char_folded(it);

    for (uint32_t at = 0, used; at < folded.octets; at += used) {
        uint32_t cp = next_char(folded.data + at, &used);
        const FzChar *part = fz_char(cp);
        bool word = fz_char_is_word(part);

        if (!word)
            continue;
        fz_out_put(&pass->despaced, folded.data + at, used, i);
        if (part->digit == FZ_CHAR_NO_DIGIT)
            put_bar(pass, i);
        else
            put_digit(pass, part->digit, i);
    }
}
