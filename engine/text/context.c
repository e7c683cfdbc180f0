/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/text/context.h"

#define SCRIPT_BIT(script) (1u << (script))

/* Scripts whose spelling uses joiners, whose direction uses marks, or that
 * break words with zero-width spaces: there nothing of it is an act. */
#define SCRIPTS_WITH_FORMAT                                                    \
    (SCRIPT_BIT(FZ_SCRIPT_ARABIC) | SCRIPT_BIT(FZ_SCRIPT_HEBREW) |             \
     SCRIPT_BIT(FZ_SCRIPT_BRAHMIC))
#define SCRIPTS_LIKE_LATIN                                                     \
    (SCRIPT_BIT(FZ_SCRIPT_GREEK) | SCRIPT_BIT(FZ_SCRIPT_CYRILLIC) |            \
     SCRIPT_BIT(FZ_SCRIPT_ARMENIAN) | SCRIPT_BIT(FZ_SCRIPT_OTHER))

#define LINK_GAP 3 /* signs between two characters that are still one word */
#define MIXED_LETTERS 3     /* shorter words mix honestly: µm, Δt */
#define MARKS_OF_A_LETTER 2 /* Vietnamese, decomposed, has two */

#define NUMBER_LONGEST 16 /* a bank card */

void fz_context_init(FzContext *context)
{
    memset(context, 0, sizeof *context);
    context->last = fz_char(FZ_TEXT_PIECE_BREAK);
    context->word = context->last;
    context->gap = 1;
    context->gap_kind = FZ_GAP_BREAK;
}

/* --- what shows as nothing ------------------------------------------------ */
static bool takes_variation(const FzContext *context, uint32_t selector)
{
    uint32_t cp = context->last_cp;

    if (selector >= 0xE0100) /* ideographic variation */
        return fz_char_class(context->last) == FZ_CLASS_HAN;
    switch (fz_char_class(context->last)) {
    case FZ_CLASS_HAN:
    case FZ_CLASS_SIGN: /* text or emoji style; mathematical forms */
        return true;
    case FZ_CLASS_DIGIT: /* keycaps; U+0030 U+FE00 is a slashed zero */
        return true;
    case FZ_CLASS_LETTER: /* enclosed letters, ™, ℹ; Myanmar and Mongolian */
        return cp >= 0x80 && (context->last->flags &
                              (FZ_CHAR_EMOJI | FZ_CHAR_ENCLOSED)) != 0
                   ? true
                   : (SCRIPTS_WITH_FORMAT >> fz_char_script(context->last) &
                      1) != 0;
    case FZ_CLASS_OTHER:
    case FZ_CLASS_SPACE:
    case FZ_CLASS_IGNORED:
    case FZ_CLASS_MARK:
    case FZ_CLASS_BREAK:
        break;
    }
    return false;
}

void fz_context_ignored(FzContext *context, const FzChar *it, uint32_t cp)
{
    if (it->flags & FZ_CHAR_TAG) {
        /* subdivision flags are a black flag and tags */
        if (context->last_cp != 0x1F3F4)
            context->tag++;
        return;
    }
    if (it->flags & FZ_CHAR_VARIATION) {
        if (!takes_variation(context, cp))
            context->tag++;
        return;
    }
    if (cp == 0x202E) /* right-to-left override: no phone's keyboard has it */
        context->bidi++;
    if (context->gap > 0)
        return;
    context->inside++;
    if (cp != 0x202E && (it->flags & FZ_CHAR_BIDI))
        context->inside_bidi++;
}

void fz_context_inside(FzContext *context, const FzChar *it)
{
    uint32_t scripts = SCRIPT_BIT(fz_char_script(it)) |
                       SCRIPT_BIT(fz_char_script(context->last));

    if ((scripts & SCRIPTS_WITH_FORMAT) == 0) {
        context->ignorable += context->inside;
        context->bidi += context->inside_bidi;
    }
    context->inside = 0;
    context->inside_bidi = 0;
}

/* Marks that no language sets on a letter: they cross it out. */
static bool is_overlay(uint32_t cp)
{
    return cp == 0x0305 || (cp >= 0x0332 && cp <= 0x0338) ||
           (cp >= 0x0488 && cp <= 0x0489) || (cp >= 0x20D0 && cp <= 0x20FF);
}

void fz_context_mark(FzContext *context, uint32_t cp)
{
    FzCharClass class = fz_char_class(context->last);

    if (cp == 0x20E3) { /* a keycap, of a digit, # or * */
        if (class == FZ_CLASS_LETTER || class == FZ_CLASS_HAN)
            context->combining++;
        return;
    }
    context->marks++;
    if (context->gap > 0)
        return;
    if (is_overlay(cp) || class == FZ_CLASS_HAN || class == FZ_CLASS_DIGIT ||
        context->marks > MARKS_OF_A_LETTER)
        context->combining++;
}

/* --- words and what splits them ------------------------------------------- */
static bool is_single(const FzContext *context)
{
    return context->unit == 1 &&
           (fz_char_class(context->word) == FZ_CLASS_HAN ||
            fz_char_class(context->word) == FZ_CLASS_LETTER);
}

void fz_context_link(FzContext *context, const FzChar *it, uint32_t cp)
{
    uint32_t kind = context->gap_kind;
    bool han = fz_char_class(it) == FZ_CLASS_HAN &&
               fz_char_class(context->word) == FZ_CLASS_HAN;
    bool letters = fz_char_class(it) == FZ_CLASS_LETTER &&
                   fz_char_class(context->word) == FZ_CLASS_LETTER;

    if (context->unit == 0 || (kind & FZ_GAP_BREAK))
        return;
    context->linked = context->gap <= LINK_GAP && is_single(context) &&
                      context->unit_cp != cp;
    /* where a word could have been cut: Chinese has no spaces, and no
     * language has odd signs within a word */
    if (han && (kind & (FZ_GAP_SPACE | FZ_GAP_ODD)))
        context->split++;
    else if (letters && kind == FZ_GAP_ODD)
        context->split++;
}

void fz_context_end_single(FzContext *context)
{
    if (!is_single(context)) {
        context->chain = 0;
        return;
    }
    context->chain = context->linked ? context->chain + 1 : 1;
    if (context->chain > context->split_run)
        context->split_run = context->chain;
    if (context->chain == 3)
        context->split++;
}

void fz_context_end_mixed(FzContext *context)
{
    if (context->letters >= MIXED_LETTERS && context->disguised &&
        (context->scripts & SCRIPT_BIT(FZ_SCRIPT_LATIN)) &&
        (context->scripts & SCRIPTS_LIKE_LATIN))
        context->mixed_script++;
}

void fz_context_end_run(FzContext *context)
{
    if (context->run >= NUMBER_SHORTEST && context->run <= NUMBER_LONGEST &&
        context->run_other >= NUMBER_DISGUISED)
        context->disguised_numbers++;
    context->run = 0;
    context->run_other = 0;
}

/* --- flags ---------------------------------------------------------------- */
static void take_regional(FzContext *context, uint32_t letter)
{
    if (context->regional > 0 &&
        fz_char_is_flag(context->regional - 1, letter)) {
        context->enclosed--; /* a flag after all */
        context->regional = 0;
        return;
    }
    context->enclosed++;
    context->regional = letter + 1;
}

void fz_context_flags(FzContext *context, const FzChar *it, uint32_t cp)
{
    uint32_t flags = it->flags;

    if (flags & FZ_CHAR_REGIONAL) {
        take_regional(context, cp - 0x1F1E6);
        return;
    }
    context->regional = 0;
    context->enclosed += (flags & FZ_CHAR_ENCLOSED) != 0;
    context->math += (flags & FZ_CHAR_MATH) != 0;
    context->traditional += (flags & FZ_CHAR_TRADITIONAL) != 0;
    context->confusable += (flags & FZ_CHAR_CONFUSABLE) != 0;
    context->emoji += (flags & FZ_CHAR_EMOJI) != 0;
    context->picture += (flags & FZ_CHAR_PICTURE) != 0;
    if ((flags & FZ_CHAR_CONFUSABLE) && fz_char_class(it) == FZ_CLASS_LETTER)
        context->disguised = true;
}

/* --- the end -------------------------------------------------------------- */
static uint16_t saturate(uint32_t count)
{
    return count > UINT16_MAX ? UINT16_MAX : (uint16_t)count;
}

void fz_context_finish(FzContext *context, FzFeatures *features)
{
    if (context->gap == 0)
        fz_context_end_unit(context);
    fz_context_end_run(context);
    *features = (FzFeatures){
        .ignorable = saturate(context->ignorable),
        .bidi = saturate(context->bidi),
        .tag = saturate(context->tag),
        .combining = saturate(context->combining),
        .confusable = saturate(context->confusable),
        .enclosed = saturate(context->enclosed),
        .math = saturate(context->math),
        .fullwidth = saturate(context->fullwidth),
        .traditional = saturate(context->traditional),
        .han = saturate(context->han),
        .latin = saturate(context->latin),
        .cyrillic = saturate(context->cyrillic),
        .greek = saturate(context->greek),
        .digits = saturate(context->digits),
        .digits_other = saturate(context->digits_other),
        .emoji = saturate(context->emoji),
        .picture = saturate(context->picture),
        .leet = saturate(context->leet),
        .split = saturate(context->split),
        .split_run = saturate(context->split_run),
        .mixed_script = saturate(context->mixed_script),
        .disguised_numbers = saturate(context->disguised_numbers),
    };
}
