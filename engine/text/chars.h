/* SPDX-License-Identifier: BSD-2-Clause
 *
 * chars.h - what one code point is
 *
 * Looked up in tables that generate_tables.py makes from Unicode's data,
 * UTS 39, OpenCC and curated.tsv. For the views, and for whoever must know
 * letters from signs (links, signatures).
 */
#ifndef FZ_ENGINE_TEXT_CHARS_H
#define FZ_ENGINE_TEXT_CHARS_H

#include "base/slice.h"

typedef enum FzCharClass {
    FZ_CLASS_OTHER = 0,   /* no code point of a text */
    FZ_CLASS_SPACE = 1,   /* white space of any width, line ends */
    FZ_CLASS_SIGN = 2,    /* punctuation, symbols, emoji, unassigned */
    FZ_CLASS_LETTER = 3,  /* of any script but Han; the marks that spell */
    FZ_CLASS_HAN = 4,     /* ideographs and their radicals */
    FZ_CLASS_DIGIT = 5,   /* of any script; enclosed digits */
    FZ_CLASS_IGNORED = 6, /* shows as nothing */
    FZ_CLASS_MARK = 7,    /* combining mark that folding takes off */
    FZ_CLASS_BREAK = 8,   /* FZ_TEXT_PIECE_BREAK */
} FzCharClass;

/* Of the code point itself, not of what it folds to. */
typedef enum FzScript {
    FZ_SCRIPT_COMMON = 0,
    FZ_SCRIPT_LATIN = 1,
    FZ_SCRIPT_GREEK = 2,
    FZ_SCRIPT_CYRILLIC = 3,
    FZ_SCRIPT_ARMENIAN = 4,
    FZ_SCRIPT_HAN = 5,
    FZ_SCRIPT_KANA = 6, /* and Bopomofo */
    FZ_SCRIPT_HANGUL = 7,
    FZ_SCRIPT_ARABIC = 8, /* and others whose letters join */
    FZ_SCRIPT_HEBREW = 9,
    FZ_SCRIPT_BRAHMIC = 10, /* Indic and South-East Asian */
    FZ_SCRIPT_OTHER = 11,
} FzScript;

typedef enum FzCharFlag {
    FZ_CHAR_FULLWIDTH = 1 << 0,   /* full- and half-width forms */
    FZ_CHAR_ENCLOSED = 1 << 1,    /* circled, squared, in brackets */
    FZ_CHAR_MATH = 1 << 2,        /* mathematical alphanumeric */
    FZ_CHAR_TRADITIONAL = 1 << 3, /* Han that folds to another Han */
    FZ_CHAR_CONFUSABLE = 1 << 4,  /* letter with the shape of an ASCII one */
    FZ_CHAR_EMOJI = 1 << 5,
    FZ_CHAR_PICTURE = 1 << 6,    /* emoji that stands for a word */
    FZ_CHAR_HEART = 1 << 7,      /* of these, one read as 心 or 信 */
    FZ_CHAR_REGIONAL = 1 << 8,   /* regional indicator: two are a flag */
    FZ_CHAR_SEVERAL = 1 << 9,    /* folds to several code points */
    FZ_CHAR_DOT = 1 << 10,       /* may stand for the dot of a host */
    FZ_CHAR_BIDI = 1 << 11,      /* embedding, override, isolate */
    FZ_CHAR_TAG = 1 << 12,       /* U+E0000 tag */
    FZ_CHAR_VARIATION = 1 << 13, /* variation selector */
    FZ_CHAR_ORDINARY = 1 << 14,  /* punctuation of everyday sentences */
    FZ_CHAR_LEET = 1 << 15,      /* sign or digit that stands for a letter; a
                                    confusable letter that is one stroke */
} FzCharFlag;

typedef struct FzChar {
    uint16_t fold;  /* in fz_table_strings; 0: itself */
    uint16_t skel;  /* in fz_table_strings; 0: as folded */
    uint16_t flags; /* FzCharFlag */
    uint8_t kind;   /* FzCharClass | FzScript << 4 */
    uint8_t digit;  /* 0..9 in the digits view; FZ_CHAR_NO_DIGIT */
} FzChar;
#define FZ_CHAR_NO_DIGIT 15

#define FZ_TABLE_PAGE_BITS 5
#define FZ_TABLE_HAN_ONLY 0x30000 /* planes 3: as U+20000 */
#define FZ_TABLE_TAGS 0xE0000
#define FZ_TABLE_LAST 0xE0FFF
extern const uint16_t fz_table_stage1[], fz_table_stage2[];
extern const FzChar fz_table_chars[], fz_table_ascii[128];
extern const uint8_t fz_table_strings[]; /* length, octets */
/* Of the code points of three octets those that are themselves in every view,
 * as 人 is: by the lower six bits of the octets, those of the third a bit. */
extern const uint64_t fz_table_plain_han[1024];
/* Han that are digits, as 七 is, and else themselves: each at the six highest
 * of sixteen bits of its product with the factor. 0: none. */
extern const uint16_t fz_table_numerals[64], fz_table_numeral_factor;

/** Of any value; never NULL. */
static inline const FzChar *fz_char(uint32_t cp)
{
    if (cp >= FZ_TABLE_HAN_ONLY) {
        if (cp >= FZ_TABLE_TAGS && cp <= FZ_TABLE_LAST)
            cp -= FZ_TABLE_TAGS - FZ_TABLE_HAN_ONLY;
        else if (cp < FZ_TABLE_HAN_ONLY + 0x10000)
            cp = 0x20000;
        else
            cp = 0xE000; /* private use: neither folds nor joins words */
    }
    return &fz_table_chars
        [fz_table_stage2[(uint32_t)fz_table_stage1[cp >> FZ_TABLE_PAGE_BITS]
                             << FZ_TABLE_PAGE_BITS |
                         (cp & ((1u << FZ_TABLE_PAGE_BITS) - 1))]];
}

/** Of a code point of valid UTF-8. */
static inline bool fz_char_is_plain_han(const uint8_t *at)
{
    return (at[0] & 0xF0) == 0xE0 &&
           (fz_table_plain_han[(at[0] & 15u) << 6 | (at[1] & 63u)] >>
                (at[2] & 63) &
            1) != 0;
}

static inline FzCharClass fz_char_class(const FzChar *it)
{
    return (FzCharClass)(it->kind & 15);
}

static inline FzScript fz_char_script(const FzChar *it)
{
    return (FzScript)(it->kind >> 4);
}

/** Letter, digit or ideograph: what words are made of. */
static inline bool fz_char_is_word(const FzChar *it)
{
    FzCharClass class = fz_char_class(it);

    return class >= FZ_CLASS_LETTER && class <= FZ_CLASS_DIGIT;
}

/** May stand in a host name that is written without a scheme, once folded:
 *  ASCII letter or digit, or a letter of Latin, Greek, Cyrillic, Armenian. `cp`
 *  is a folded code point. */
bool fz_char_is_host(uint32_t cp);

/** Folded form; the slice is absent when the code point folds to itself. */
static inline FzSlice fz_char_folded(const FzChar *it)
{
    const uint8_t *at = fz_table_strings + it->fold;

    return it->fold == 0 ? (FzSlice){NULL, 0} : fz_slice(at + 1, *at);
}

/** Do two regional indicators (0 = A .. 25 = Z) make the flag of a region? */
bool fz_char_is_flag(uint32_t first, uint32_t second);

/** Is a heart read as 信 (by its sound) behind or in front of this folded code
 *  point? */
bool fz_char_heart_before(uint32_t cp);
bool fz_char_heart_after(uint32_t cp);

/** Is a stroke (1, !, |) between these an i rather than an l? Small ASCII
 *  letters; 0: the word's beginning or end; '1': another stroke. */
bool fz_char_stroke_is_i(uint8_t before, uint8_t after);

#endif
