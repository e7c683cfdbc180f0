/* SPDX-License-Identifier: BSD-2-Clause
 *
 * text.h - the views of a text: forms of it in which tricks no longer show
 *
 * Every view is derived from the original code points in one pass, never from
 * another view; each has a map back, so that whatever is found in a view is
 * reported in the original.
 */
#ifndef FZ_ENGINE_TEXT_TEXT_H
#define FZ_ENGINE_TEXT_TEXT_H

#include "base/buf.h"
#include "engine/decode/decoded.h"

typedef enum FzViewKind {
    FZ_VIEW_RAW = 0,      /* the decoded text itself */
    FZ_VIEW_FOLDED = 1,   /* case, width, compatibility, traditional Han */
    FZ_VIEW_SKELETON = 2, /* folded, and look-alikes as what they imitate */
    FZ_VIEW_DESPACED = 3, /* folded without separators and symbols */
    FZ_VIEW_DIGITS = 4,   /* digits of every script; other runs are one '|' */
} FzViewKind;
#define FZ_VIEWS 5
#define FZ_VIEW_BIT(kind) (1u << (kind))
#define FZ_VIEWS_ALL ((1u << FZ_VIEWS) - 1)

/* A skeleton that does not differ from the folded view shares its octets. */
typedef struct FzView {
    uint8_t *octets; /* valid UTF-8; 64 readable octets behind the end */
    uint16_t *map;   /* map[i]: code point of the text octet i came from */
    uint32_t length; /* octets in use */
    bool cut;        /* full before the text's end */
} FzView;

/** What a text is made of, and the acts of evasion in it. Counts, saturating at
 *  65,535. */
typedef struct FzFeatures {
    /* acts: ordinary messages do not have them (docs/text.md says how rarely)
     */
    uint16_t ignorable; /* zero-width and the like inside a word */
    uint16_t bidi;      /* right-to-left overrides; other directional
                           controls inside a word */
    uint16_t tag;       /* U+E0000 tags, misplaced variation selectors */
    uint16_t combining; /* marks that no language sets: strokes through a
                           letter, three on one, any on Han or a digit */
    uint16_t math;      /* mathematical alphanumerics */
    uint16_t
        mixed_script; /* words of Latin letters and others of their shape */
    uint16_t disguised_numbers; /* 7 to 16 digits, three and more of them
                                   neither ASCII nor full-width */
    uint16_t split_run; /* longest run of single Han or letters held apart;
                           an act from FZ_SPLIT_RUN_ACT on */
    /* what it is made of: no act alone */
    uint16_t confusable;  /* letters with the shape of an ASCII one */
    uint16_t enclosed;    /* circled, squared letters and digits; no flags */
    uint16_t fullwidth;   /* full- and half-width forms */
    uint16_t traditional; /* Han that fold to another, simplified, one */
    uint16_t han;
    uint16_t latin;
    uint16_t cyrillic;
    uint16_t greek;
    uint16_t digits;       /* of any kind */
    uint16_t digits_other; /* of them, neither ASCII nor full-width */
    uint16_t emoji;
    uint16_t picture; /* emoji that stand for a word */
    uint16_t leet;    /* tokens with digits or signs read as letters */
    uint16_t split;   /* places where a word could have been cut apart */
} FzFeatures;
#define FZ_SPLIT_RUN_ACT 8

typedef struct FzViews {
    FzView view[FZ_VIEWS]; /* RAW borrows the text's octets and has no map */
    uint32_t built;        /* FZ_VIEW_BIT set */
    FzFeatures features;
    bool lean; /* fz_views_begin left out maps and views */
    /* owned room behind the views */
    void *room;
} FzViews;

void fz_views_init(FzViews *views); /* allocates the room once */
void fz_views_clear(FzViews *views);

/**
 * Build the views of one decoded text that the rules in force need.
 *
 * @param text    valid UTF-8 (fz_decode made it so)
 * @param wanted  FZ_VIEW_BIT set; views->built says what was made, which may
 *                be more
 * @param views   initialised; reuse it between calls
 * @return FZ_OK; FZ_E_LIMIT when a view is full (`cut` says which; views hold
 *         what came before)
 *
 * Cost: linear, allocates nothing. Threads: one `views` per thread.
 */
FzStatus fz_views_build(const FzText *text, uint32_t wanted,
                        FzViews *views) FZ_MUST_CHECK;

/**
 * The same, but what only a hit needs may be left for fz_views_complete: where
 * none of the wanted views is worth more than the folded one, and making all
 * costs more, that one alone is made and has no map yet (`lean`). Octets,
 * features and fz_views_worth are as fz_views_build has them.
 */
FzStatus fz_views_begin(const FzText *text, uint32_t wanted,
                        FzViews *views) FZ_MUST_CHECK;

/** Make what fz_views_begin left out, of the same text: all maps, all views.
 *  What is there already stays where it is, octet by octet. */
void fz_views_complete(const FzText *text, FzViews *views);

/** Of the views, those worth scanning besides the folded one (always in the
 *  set): the skeleton if it has look-alikes, leet or pictures; despaced if
 *  something stands where a word could have been cut; digits if there are five
 *  and more. What is left out has no word that the folded view has not: the
 *  skeleton is then the folded view itself. So whoever skips a view looks for
 *  its words in the folded one. A FZ_VIEW_BIT set. */
uint32_t fz_views_worth(const FzFeatures *features);

/* The longest word that is folded, as it is written. */
#define FZ_LIMIT_WORD_OCTETS 16384

/** Fold a word of a rule, brand or list as messages are folded, into `out`
 *  (appended). FZ_E_RULE when nothing of it survives, when it is not valid
 *  UTF-8, or longer than FZ_LIMIT_WORD_OCTETS. */
FzStatus fz_fold_word(FzViewKind kind, FzSlice word, FzBuf *out) FZ_MUST_CHECK;

/** Octets [from, to) of a view as a span of the text, widened to the right
 *  over ignorable and combining characters that belong to the last one. */
FzSpan fz_view_span(const FzText *text, const FzView *view, uint32_t from,
                    uint32_t to);

const char *fz_view_name(FzViewKind kind); /* "raw", "folded", ... */
FzStatus fz_view_parse(const char *name, FzViewKind *kind_out) FZ_MUST_CHECK;

#endif
