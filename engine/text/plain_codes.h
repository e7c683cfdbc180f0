/* SPDX-License-Identifier: BSD-2-Clause
 *
 * plain_codes.h - what is plain, in tables of 64 and 128 for vector look-ups
 *
 * Made from the tables of chars.h. Inside this room only: for plain.c.
 */
#ifndef FZ_ENGINE_TEXT_PLAIN_CODES_H
#define FZ_ENGINE_TEXT_PLAIN_CODES_H

#include <stdint.h>

/* What is plain has a code of seven bits: an ASCII octet is its own, a sign of
 * three octets that folds to an ASCII one of its kind has that one's. Others
 * have one of the controls, which are no code of themselves. */
typedef enum Code {
    CODE_NONE,          /* not plain */
    CODE_SELF_ORDINARY, /* folds to itself */
    CODE_SELF_ODD,
    CODE_STOP,        /* 。, a dot between host characters */
    CODE_DOTS,        /* … */
    CODE_OTHERS = 14, /* fold to an octet that is ordinary where they are odd,
                         or the other way; each has its own */
    CODE_OTHERS_END = 32,
} Code;

/* What a code is, a bit each; the highest are taken first. */
enum {
    IS_LETTER = 1 << 7,
    IS_DIGIT = 1 << 6,
    IS_SPACE = 1 << 5,
    IS_ORDINARY = 1 << 4, /* signs */
    IS_ODD = 1 << 3,
    IS_SELF = 1 << 2, /* three octets that stay */
    IS_DOTS = 1 << 1,
    IS_STRANGE = 1 << 0,
};

/* What two ASCII octets side by side may be that neither is alone: one bit in
 * what stands before and in what follows. */
enum {
    BESIDE_CAPITAL_I = 1 << 0, /* behind a small letter: a stroke */
    BESIDE_SMALL_L = 1 << 1,   /* before a capital */
    BESIDE_STROKE = 1 << 2,    /* ! or | before a word */
    BESIDE_SIGN = 1 << 3,      /* @ or $ behind a letter or another */
    BESIDE_LETTER = 1 << 4,    /* a letter behind such a sign */
    BESIDE_NOTHING = 1 << 5,   /* of what follows: it is not plain at all */
    /* a token of letters and digits, or a sign and digits, may be read */
    BESIDE_NUMBER = 1 << 6,
    BESIDE_WORD = 1 << 7,
    BESIDE_TOKEN = BESIDE_NUMBER | BESIDE_WORD,
    BESIDE_TRICK = 0xFF & ~(BESIDE_TOKEN | BESIDE_NOTHING),
};

/* Pages of signs: by the last six bits of the code point. */
enum { PAGE_GENERAL, PAGE_CJK, PAGE_WIDE, PAGE_WIDE_2, PAGES };

#define FZ_CODES_BEFORE 3 /* of the rows of places */

typedef struct FzCodes {
    uint8_t place[4][64];    /* octet i is i, i + 1, i + 2; i - 1 */
    uint8_t octet[256];      /* octet i is i */
    uint8_t sign[PAGES][64]; /* Code */
    uint8_t kind[128];       /* by code: IS_... */
    uint8_t folded[128];     /* by code: the octet of the folded view */
    uint8_t follows[128];    /* by ASCII octet: BESIDE_... */
    uint8_t before[128];
    uint16_t digit[64]; /* of fz_table_numerals: the octet in the digits view */
} FzCodes;

extern FzCodes fz_codes; /* made before main */

#endif
