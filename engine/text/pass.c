/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/utf8.h"
#include "engine/text/context.h"
#include "engine/text/out.h"
#include "engine/text/pass.h"
#include "engine/text/token.h"

#define RARE __attribute__((noinline, cold))

/* The token that is being written into the skeleton. */
typedef struct OpenToken {
    bool open;
    uint32_t from;
    uint32_t letters;    /* in it */
    uint32_t candidates; /* signs, digits and strokes that could be letters */
} OpenToken;
#define TOKEN_LETTERS 2 /* fewer letters are no word: prices, 4G */

#define NUMBER_GAP 2 /* signs within a number: 138-0000, (0) 20 */

typedef struct Pass {
    const uint8_t *raw;
    uint32_t octets;
    FzOut folded, skeleton, despaced, digits;
    bool space; /* one is due before the next visible character */
    uint32_t space_at;
    bool bar; /* the digits view ends with one */
    OpenToken token;
    uint8_t marker; /* a stroke's, for the skeleton's last octet; 0 none */
    uint32_t heart; /* 1 + where a heart's word stands in the skeleton */
    FzContext context;
} Pass;

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
/* A full stop of any width between two host characters is the dot of a host
 * name; elsewhere it ends a sentence. */
RARE static bool is_host_dot(const Pass *pass, uint32_t next)
{
    const FzOut *folded = &pass->folded;
    uint32_t cp, used;

    if (folded->length == 0 || pass->space)
        return false;
    next_char(folded->octets + fz_out_before(folded, folded->length), &used);
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
RARE static void read_open_token(Pass *pass)
{
    if (pass->token.letters < TOKEN_LETTERS)
        fz_token_settle(&pass->skeleton, pass->token.from);
    else if (fz_token_read(&pass->skeleton, pass->token.from))
        pass->context.leet++;
}

FZ_ALWAYS_INLINE void end_token(Pass *pass)
{
    if (pass->token.open && pass->token.candidates > 0)
        read_open_token(pass);
    pass->token.open = false;
}

FZ_ALWAYS_INLINE void begin_token(Pass *pass)
{
    if (pass->token.open)
        return;
    pass->token = (OpenToken){.open = true, .from = pass->skeleton.length};
}

static bool is_small(uint32_t cp)
{
    return cp >= 'a' && cp <= 'z';
}

static bool is_capital(uint32_t cp)
{
    return cp >= 'A' && cp <= 'Z';
}

static bool is_stroke_sign(uint32_t cp)
{
    return cp == '!' || cp == '|';
}

/* Does a sign that could be a letter stand as one? Where letters, digits or
 * other such signs follow or, but for the strokes, come before it. A stroke
 * within a word needs both; one at the end ends a sentence. */
RARE static bool is_leet_sign(const Pass *pass, uint32_t cp, uint32_t next)
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

/* A heart was written as 心; beside some words it is 信, by its sound. */
RARE static void read_heart(Pass *pass, uint32_t at)
{
    FzOut *out = &pass->skeleton;
    uint32_t used;

    if (at > 0 && fz_char_heart_before(
                      next_char(out->octets + fz_out_before(out, at), &used)))
        memcpy(out->octets + at, "\xE4\xBF\xA1", 3);
    else
        pass->heart = at + 1;
}

RARE static void read_heart_before(Pass *pass, uint32_t cp)
{
    uint32_t at = pass->heart - 1;

    if (at + 3 == pass->skeleton.length &&
        fz_char_heart_after(first_folded(cp)))
        memcpy(pass->skeleton.octets + at, "\xE4\xBF\xA1", 3);
    pass->heart = 0;
}

/* --- the digits view ------------------------------------------------------ */
FZ_ALWAYS_INLINE void put_bar(Pass *pass, uint32_t i)
{
    if (!pass->bar)
        fz_out_octet(&pass->digits, '|', i);
    pass->bar = true;
}

FZ_ALWAYS_INLINE void put_digit(Pass *pass, uint32_t digit, uint32_t i)
{
    fz_out_octet(&pass->digits, (uint8_t)('0' + digit), i);
    pass->bar = false;
}

static bool is_round_or_stroke(uint32_t cp)
{
    return cp == 'o' || cp == 'O' || cp == 'l' || cp == 'I';
}

/* A letter O or l within a number is its 0 or 1. */
static int letter_as_digit(const Pass *pass, uint32_t cp, uint32_t next)
{
    if (pass->context.run == 0 || pass->context.gap > 0)
        return -1;
    while (next < pass->octets && is_round_or_stroke(pass->raw[next]))
        next++;
    if (next >= pass->octets || pass->raw[next] < '0' || pass->raw[next] > '9')
        return -1;
    return cp == 'o' || cp == 'O' ? 0 : 1;
}

/* --- several code points for one ------------------------------------------ */
/* Despaced and digits of a code point that folds to several. */
RARE static void put_several(Pass *pass, const FzChar *it, uint32_t i)
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

/* --- one code point ---------------------------------------------------------
 */
FZ_ALWAYS_INLINE void put_space(Pass *pass)
{
    if (!pass->space)
        return;
    if (pass->folded.length > 0)
        fz_out_octet(&pass->folded, ' ', pass->space_at);
    if (pass->skeleton.length > 0)
        fz_out_octet(&pass->skeleton, ' ', pass->space_at);
    pass->space = false;
}

/* What a visible code point is in the folded view and the skeleton. */
FZ_ALWAYS_INLINE void put_visible(Pass *pass, const FzChar *it, uint32_t at,
                                  uint32_t used, uint32_t i)
{
    if (it->fold == 0)
        fz_out_put(&pass->folded, pass->raw + at, used, i);
    else
        fz_out_string(&pass->folded, it->fold, i);
    if (it->skel != 0 && (it->flags & LEET_MASK) != FZ_CHAR_LEET)
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
FZ_ALWAYS_INLINE void take_token(Pass *pass, const FzChar *it, uint32_t cp,
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
        pass->token.candidates++;
        pass->marker = marker;
    }
}

FZ_ALWAYS_INLINE void take_word(Pass *pass, const FzChar *it, uint32_t cp,
                                uint32_t at, uint32_t used, uint32_t i)
{
    FzContext *context = &pass->context;
    FzCharClass class = fz_char_class(it);
    int digit = it->digit == FZ_CHAR_NO_DIGIT ? -1 : it->digit;

    if (is_round_or_stroke(cp))
        digit = letter_as_digit(pass, cp, at + 1);
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
        read_heart_before(pass, cp);
    put_visible(pass, it, at, used, i);
    if (pass->marker != 0) {
        pass->skeleton.octets[pass->skeleton.length - 1] = pass->marker;
        pass->marker = 0;
    }
    if (it->flags & FZ_CHAR_SEVERAL) {
        put_several(pass, it, i);
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

FZ_ALWAYS_INLINE void take_sign(Pass *pass, const FzChar *it, uint32_t cp,
                                uint32_t at, uint32_t used, uint32_t i)
{
    FzContext *context = &pass->context;

    if ((it->flags & FZ_CHAR_DOT) && is_host_dot(pass, at + used)) {
        cp = '.';
        it = fz_char(cp);
        end_token(pass);
        fz_out_octet(&pass->folded, '.', i);
        fz_out_octet(&pass->skeleton, '.', i);
    } else {
        put_space(pass);
        if ((it->flags & FZ_CHAR_LEET) && is_leet_sign(pass, cp, at + used)) {
            begin_token(pass);
            pass->token.candidates++;
        } else {
            end_token(pass);
        }
        put_visible(pass, it, at, used, i);
        if ((it->flags & FZ_CHAR_HEART))
            read_heart(pass, pass->skeleton.length - 3);
    }
    take_gap(context,
             it->flags & FZ_CHAR_ORDINARY ? FZ_GAP_ORDINARY : FZ_GAP_ODD);
    context->last = it;
    context->last_cp = cp;
}

FZ_ALWAYS_INLINE void take_space(Pass *pass, uint32_t i)
{
    if (!pass->space)
        pass->space_at = i;
    pass->space = true;
    end_token(pass);
    take_gap(&pass->context, FZ_GAP_SPACE);
}

/* The mark between pieces: every view has it, nothing goes on over it. */
RARE static void take_break(Pass *pass, uint32_t at, uint32_t i)
{
    end_token(pass);
    put_space(pass);
    fz_out_put(&pass->folded, pass->raw + at, 3, i);
    fz_out_put(&pass->skeleton, pass->raw + at, 3, i);
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
       FZ_CHAR_HEART) &                                                        \
     0xFFFF)

/* Returns false when a view was full before the text ended. */
static bool run(Pass *pass, uint32_t limit)
{
    for (uint32_t at = 0, i = 0, used; at < pass->octets; at += used, i++) {
        uint32_t cp = next_char(pass->raw + at, &used);
        const FzChar *it = cp < 0x80 ? &fz_table_ascii[cp] : fz_char(cp);

        if (pass->folded.length > limit || pass->skeleton.length > limit)
            return false;
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

static FzOut open_out(const FzView *view)
{
    return (FzOut){view->octets, view->map, 0};
}

static void close_out(const FzOut *out, bool cut, FzView *view)
{
    view->length = out->length;
    view->cut = cut;
    memset(view->octets + out->length, 0, FZ_VIEW_READABLE_OCTETS);
}

void fz_pass(const uint8_t *raw, uint32_t octets, uint32_t limit,
             FzViews *views)
{
    FzView *view = views->view;
    Pass pass = {
        .raw = raw,
        .octets = octets,
        .folded = open_out(&view[FZ_VIEW_FOLDED]),
        .skeleton = open_out(&view[FZ_VIEW_SKELETON]),
        .despaced = open_out(&view[FZ_VIEW_DESPACED]),
        .digits = open_out(&view[FZ_VIEW_DIGITS]),
    };
    bool whole;

    fz_context_init(&pass.context);
    whole = run(&pass, limit);
    end_token(&pass);
    fz_context_finish(&pass.context, &views->features);
    close_out(&pass.folded, !whole, &view[FZ_VIEW_FOLDED]);
    close_out(&pass.skeleton, !whole, &view[FZ_VIEW_SKELETON]);
    close_out(&pass.despaced, !whole, &view[FZ_VIEW_DESPACED]);
    close_out(&pass.digits, !whole, &view[FZ_VIEW_DIGITS]);
}
