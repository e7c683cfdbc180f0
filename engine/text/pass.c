/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/text/pass.h"
#include "engine/text/runs.h"
#include "engine/text/token.h"

/* --- one code point ---------------------------------------------------------
 */
/* What a visible code point is in the folded view and the skeleton. */
FZ_ALWAYS_INLINE void put_visible(FzPass *pass, const FzChar *it, uint32_t at,
                                  uint32_t used, uint32_t i)
{
    bool alike = it->skel != 0 && (it->flags & LEET_MASK) != FZ_CHAR_LEET;

    if (alike)
        part_skeleton(pass);
    if (it->fold == 0)
        fz_out_put(&pass->folded, pass->raw + at, used, i);
    else
        fz_out_string(&pass->folded, it->fold, i);
    if (!pass->apart)
        return;
    if (alike)
        fz_out_string(&pass->skeleton, it->skel, i);
    else if (it->fold == 0)
        fz_out_put(&pass->skeleton, pass->raw + at, used, i);
    else
        fz_out_string(&pass->skeleton, it->fold, i);
}

FZ_ALWAYS_INLINE void count_word(FzContext *context, const FzChar *it,
                                 uint32_t cp)
{
    FzScript script = fz_char_script(it);

    if (context->gap > 0)
        fz_context_begin_unit(context, it, cp);
    else if (context->inside > 0)
        fz_context_inside(context, it);
    context->unit++;
    if (fz_char_class(it) == FZ_CLASS_HAN) {
        context->han++;
    } else if (fz_char_class(it) == FZ_CLASS_LETTER) {
        context->scripts |= 1u << script;
        context->letters++;
        context->latin += script == FZ_SCRIPT_LATIN;
        context->greek += script == FZ_SCRIPT_GREEK;
        context->cyrillic += script == FZ_SCRIPT_CYRILLIC;
    }
}

FZ_ALWAYS_INLINE void count_digit(FzContext *context, bool other)
{
    context->digits++;
    context->digits_other += other;
    context->run++;
    context->run_other += other;
}

/* A word character of the open token; its shape, if that is a stroke. */
FZ_ALWAYS_INLINE void take_token(FzPass *pass, const FzChar *it, uint32_t cp,
                                 uint32_t next)
{
    bool begins = !pass->token.open;
    uint8_t marker = 0;

    if (fz_char_script(it) > FZ_SCRIPT_ARMENIAN &&
        !(it->flags & FZ_CHAR_CONFUSABLE)) {
        end_token(pass); /* no alphabet that digits could stand in */
        return;
    }
    begin_token(pass);
    if (fz_char_class(it) == FZ_CLASS_DIGIT) {
        pass->token.candidates++;
        return;
    }
    pass->token.letters++;
    if (cp == 'I' && !begins && is_small(pass->context.last_cp))
        marker = FZ_TOKEN_CAPITAL_I;
    else if (cp == 'l' && begins && is_capital(pass->raw[next]))
        marker = FZ_TOKEN_SMALL_L;
    else if ((it->flags & LEET_MASK) == LEET_MASK)
        marker = FZ_TOKEN_CAPITAL_I;
    if (marker != 0) {
        part_skeleton(pass);
        pass->token.candidates++;
        pass->marker = marker;
    }
}

FZ_ALWAYS_INLINE void take_word(FzPass *pass, const FzChar *it, uint32_t cp,
                                uint32_t at, uint32_t used, uint32_t i)
{
    FzContext *context = &pass->context;
    FzCharClass class = fz_char_class(it);
    int digit = it->digit == FZ_CHAR_NO_DIGIT ? -1 : it->digit;

    if (is_round_or_stroke(cp))
        digit = fz_pass_letter_as_digit(pass, cp, at + 1);
    if (context->run > 0 &&
        (context->gap > NUMBER_GAP || (digit < 0 && class != FZ_CLASS_DIGIT)))
        fz_context_end_run(context);
    count_word(context, it, cp);
    if (digit >= 0)
        count_digit(context,
                    class != FZ_CLASS_DIGIT ||
                        (cp >= 0x80 && !(it->flags & FZ_CHAR_FULLWIDTH)));
    else if (class == FZ_CLASS_DIGIT)
        count_digit(context, true); /* several at once: ⑩ */

    put_space(pass);
    if (class == FZ_CLASS_HAN)
        end_token(pass);
    else
        take_token(pass, it, cp, at + used);
    if (pass->heart > 0)
        fz_pass_read_heart_before(pass, cp);
    put_visible(pass, it, at, used, i);
    if (!FZ_PASS_LEAN && pass->marker != 0) {
        pass->skeleton.octets[pass->skeleton.length - 1] = pass->marker;
        pass->marker = 0;
    }
    if (FZ_PASS_LEAN) {
        ;
    } else if (it->flags & FZ_CHAR_SEVERAL) {
        fz_pass_put_several(pass, it, i);
    } else {
        if (it->fold == 0)
            fz_out_put(&pass->despaced, pass->raw + at, used, i);
        else
            fz_out_string(&pass->despaced, it->fold, i);
        if (digit >= 0)
            put_digit(pass, (uint32_t)digit, i);
        else
            put_bar(pass, i);
    }
    context->last = it;
    context->word = it;
    context->last_cp = cp;
    context->marks = 0;
}

FZ_ALWAYS_INLINE void take_sign(FzPass *pass, const FzChar *it, uint32_t cp,
                                uint32_t at, uint32_t used, uint32_t i)
{
    FzContext *context = &pass->context;

    if ((it->flags & FZ_CHAR_DOT) && context->gap == 0 &&
        fz_char_class(context->word) != FZ_CLASS_HAN &&
        fz_pass_is_host_dot(pass, at + used)) {
        cp = '.';
        it = fz_char(cp);
        end_token(pass);
        fz_out_octet(&pass->folded, '.', i);
        if (pass->apart)
            fz_out_octet(&pass->skeleton, '.', i);
    } else {
        put_space(pass);
        if ((it->flags & FZ_CHAR_LEET) &&
            fz_pass_is_leet_sign(pass, cp, at + used)) {
            begin_token(pass);
            pass->token.candidates++;
        } else {
            end_token(pass);
        }
        put_visible(pass, it, at, used, i);
        if (!FZ_PASS_LEAN && (it->flags & FZ_CHAR_HEART))
            fz_pass_read_heart(pass);
    }
    take_gap(context,
             it->flags & FZ_CHAR_ORDINARY ? FZ_GAP_ORDINARY : FZ_GAP_ODD);
    context->last = it;
    context->last_cp = cp;
}

/* The mark between pieces: every view has it, nothing goes on over it. */
static void take_break(FzPass *pass, uint32_t at, uint32_t i)
{
    end_token(pass);
    put_space(pass);
    fz_out_put(&pass->folded, pass->raw + at, 3, i);
    if (pass->apart)
        fz_out_put(&pass->skeleton, pass->raw + at, 3, i);
    if (!FZ_PASS_LEAN)
        fz_out_put(&pass->despaced, pass->raw + at, 3, i);
    put_bar(pass, i);
    fz_context_end_run(&pass->context);
    take_gap(&pass->context, FZ_GAP_BREAK);
    pass->context.last = fz_char(FZ_TEXT_PIECE_BREAK);
    pass->context.last_cp = FZ_TEXT_PIECE_BREAK;
}

/* --- the pass ---------------------------------------------------------------
 */
#define RARE_FLAGS                                                             \
    (~(FZ_CHAR_SEVERAL | FZ_CHAR_DOT | FZ_CHAR_ORDINARY | FZ_CHAR_LEET |       \
       FZ_CHAR_HEART | FZ_CHAR_FULLWIDTH) &                                    \
     0xFFFF)

/* Returns how many code points, and tells how many octets. */
FZ_ALWAYS_INLINE uint32_t take_run(FzPass *pass, const FzChar *plain,
                                   uint32_t at, uint32_t i, uint32_t *octets)
{
    const uint8_t *it = pass->raw + at;
    uint32_t count = 0;

    if (fz_char_is_plain_han(it)) {
        count = fz_run_han(pass, plain, at, i);
        *octets = 3 * count;
        return count;
    }
    if (is_small(*it | 0x20))
        count = fz_run_latin(pass, at, i);
    else if (*it >= '0' && *it <= '9')
        count = fz_run_digits(pass, at, i);
    *octets = count;
    return count;
}

/* Returns false when a view was full before the text ended. */
static bool run(FzPass *pass, uint32_t limit, bool runs)
{
    const FzChar *plain = fz_char(0x4EBA); /* 人: itself in every view */

    for (uint32_t at = 0, i = 0, used; at < pass->octets; at += used, i++) {
        uint32_t cp, count = 0;
        const FzChar *it;

        if (pass->folded.length > limit ||
            (FZ_PASS_LEAN ? pass->differs : pass->skeleton.length > limit))
            return false;
        if (runs && !fz_run_is_barred(pass))
            count = take_run(pass, plain, at, i, &used);
        if (count > 0) {
            i += count - 1;
            continue;
        }
        cp = next_char(pass->raw + at, &used);
        it = cp < 0x80 ? &fz_table_ascii[cp] : fz_char(cp);
        pass->context.fullwidth += it->flags & FZ_CHAR_FULLWIDTH;
        if (it->flags & RARE_FLAGS)
            fz_context_flags(&pass->context, it, cp);
        switch (fz_char_class(it)) {
        case FZ_CLASS_LETTER:
        case FZ_CLASS_HAN:
        case FZ_CLASS_DIGIT:
            take_word(pass, it, cp, at, used, i);
            break;
        case FZ_CLASS_OTHER:
        case FZ_CLASS_SIGN:
            take_sign(pass, it, cp, at, used, i);
            break;
        case FZ_CLASS_SPACE:
            take_space(pass, i);
            break;
        case FZ_CLASS_IGNORED:
            fz_context_ignored(&pass->context, it, cp);
            break;
        case FZ_CLASS_MARK:
            fz_context_mark(&pass->context, cp);
            break;
        case FZ_CLASS_BREAK:
            take_break(pass, at, i);
            break;
        }
    }
    return true;
}

static FzOut open_out(const FzViewRoom *room, FzViewKind kind)
{
    return (FzOut){room->octets[kind], room->map[kind], 0};
}

#if FZ_PASS_LEAN
bool fz_pass_lean(const uint8_t *raw, uint32_t octets, const FzViewRoom *room,
                  FzViews *views)
{
    FzView *view = views->view;
    FzPass pass = {
        .raw = raw, .octets = octets, .folded = open_out(room, FZ_VIEW_FOLDED)};

    fz_context_init(&pass.context);
    if (!run(&pass, room->limit, true))
        return false;
    end_token(&pass);
    if (pass.differs)
        return false;
    fz_context_finish(&pass.context, &views->features);
    view[FZ_VIEW_FOLDED] = view[FZ_VIEW_SKELETON] =
        (FzView){pass.folded.octets, NULL, pass.folded.length, false};
    memset(pass.folded.octets + pass.folded.length, 0, FZ_VIEW_READABLE_OCTETS);
    view[FZ_VIEW_DESPACED].length = view[FZ_VIEW_DIGITS].length = 0;
    return true;
}
#else
static void close_out(const FzOut *out, bool cut, FzView *view)
{
    *view = (FzView){out->octets, out->map, out->length, cut};
    memset(out->octets + out->length, 0, FZ_VIEW_READABLE_OCTETS);
}

void fz_pass(const uint8_t *raw, uint32_t octets, const FzViewRoom *room,
             FzPace pace, FzViews *views)
{
    FzView *view = views->view;
    FzPass pass = {
        .raw = raw,
        .octets = octets,
        .folded = open_out(room, FZ_VIEW_FOLDED),
        .skeleton = open_out(room, FZ_VIEW_SKELETON),
        .despaced = open_out(room, FZ_VIEW_DESPACED),
        .digits = open_out(room, FZ_VIEW_DIGITS),
    };
    bool whole;

    fz_context_init(&pass.context);
    whole = run(&pass, room->limit, pace == FZ_PACE_RUNS);
    end_token(&pass);
    fz_context_finish(&pass.context, &views->features);
    close_out(&pass.folded, !whole, &view[FZ_VIEW_FOLDED]);
    close_out(pass.apart ? &pass.skeleton : &pass.folded, !whole,
              &view[FZ_VIEW_SKELETON]);
    close_out(&pass.despaced, !whole, &view[FZ_VIEW_DESPACED]);
    close_out(&pass.digits, !whole, &view[FZ_VIEW_DIGITS]);
}
#endif
