/* SPDX-License-Identifier: BSD-2-Clause
 *
 * context.h - what the pass knows of the text around a code point
 *
 * Counts the acts of evasion as it goes: what stands inside a word, between
 * single characters, or disguises digits. Inside this room only.
 */
#ifndef FZ_ENGINE_TEXT_CONTEXT_H
#define FZ_ENGINE_TEXT_CONTEXT_H

#include "engine/text/chars.h"
#include "engine/text/text.h"

/* What stood between two words. */
typedef enum FzGap {
    FZ_GAP_SPACE = 1 << 0,
    FZ_GAP_ORDINARY = 1 << 1, /* punctuation of everyday sentences */
    FZ_GAP_ODD = 1 << 2,      /* any other sign */
    FZ_GAP_BREAK = 1 << 3,    /* of text or piece: words do not go on */
} FzGap;

/* What a disguised number has at least: digits (7 are the shortest worth
 * hiding), and of them neither ASCII nor full-width. */
#define NUMBER_SHORTEST 7
#define NUMBER_DISGUISED 3

/* A count never wraps: it is at most the text's code points. */
typedef struct FzContext {
    /* the last visible code point */
    const FzChar *last;
    uint32_t last_cp;
    /* the run of word characters that is open, or was last */
    const FzChar *word;   /* its last one */
    uint32_t unit;        /* its length */
    uint32_t unit_cp;     /* its first code point */
    uint32_t chain;       /* single characters up to and with this one */
    bool linked;          /* it follows the unit before it closely */
    uint32_t scripts;     /* bits of the scripts of its letters */
    uint32_t letters;     /* of alphabets, in it */
    bool disguised;       /* it has a letter of another script with an ASCII
                             shape */
    uint32_t gap;         /* spaces and signs since it ended; 0: it is open */
    uint32_t gap_kind;    /* FzGap set */
    uint32_t inside;      /* ignorables since the last visible character */
    uint32_t inside_bidi; /* of them, directional */
    uint32_t marks;       /* combining marks since then */
    uint32_t regional;    /* 1 + the regional indicator that waits; 0 none */
    /* the run of digits that is open */
    uint32_t run;
    uint32_t run_other; /* of them, neither ASCII nor full-width */
    /* what was counted: as FzFeatures, before saturation */
    uint32_t ignorable, bidi, tag, combining, confusable, enclosed, math;
    uint32_t fullwidth, traditional, han, latin, cyrillic, greek, digits;
    uint32_t digits_other, emoji, picture, leet, split, split_run;
    uint32_t mixed_script, disguised_numbers;
} FzContext;

void fz_context_init(FzContext *context);

/** A code point that shows as nothing (FZ_CLASS_IGNORED). */
void fz_context_ignored(FzContext *context, const FzChar *it, uint32_t cp);

/** A combining mark that folding takes off (FZ_CLASS_MARK). */
void fz_context_mark(FzContext *context, uint32_t cp);

/** The unit before was one character, or stands close in a way that could cut
 *  a word: whether it is linked with the one that begins, and what that says.
 */
void fz_context_link(FzContext *context, const FzChar *it, uint32_t cp);

/** A word begins (`it` is its first character) after spaces or signs. */
static inline void fz_context_begin_unit(FzContext *context, const FzChar *it,
                                         uint32_t cp)
{
    context->linked = false;
    if (context->unit == 1 || (context->gap_kind & FZ_GAP_ODD) ||
        fz_char_class(it) == FZ_CLASS_HAN)
        fz_context_link(context, it, cp);
    context->unit = 0;
    context->unit_cp = cp;
    context->gap = 0;
    context->gap_kind = 0;
}

/** A unit of one character ended; so did a word with letters other than
 *  Latin. */
void fz_context_end_single(FzContext *context);
void fz_context_end_mixed(FzContext *context);

/** A word ended: the first space or sign behind it came, or the end. */
static inline void fz_context_end_unit(FzContext *context)
{
    if (context->unit == 1)
        fz_context_end_single(context);
    else
        context->chain = 0;
    if (context->scripts & ~(1u << FZ_SCRIPT_LATIN))
        fz_context_end_mixed(context);
    context->scripts = 0;
    context->letters = 0;
    context->disguised = false;
}

/** Ignorables stood between two word characters; `it` is the second. */
void fz_context_inside(FzContext *context, const FzChar *it);

/** The run of digits ended. */
void fz_context_end_run(FzContext *context);

/** What is rare: flags of a word character or sign beyond class and script. */
void fz_context_flags(FzContext *context, const FzChar *it, uint32_t cp);

/** The text ended. */
void fz_context_finish(FzContext *context, FzFeatures *features);

#endif
