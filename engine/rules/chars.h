/* SPDX-License-Identifier: BSD-2-Clause
 *
 * chars.h - what a character is to a phrase: part of a word, or between words
 */
#ifndef FZ_ENGINE_RULES_CHARS_H
#define FZ_ENGINE_RULES_CHARS_H

#include <stdbool.h>
#include <stdint.h>

/* Scripts that are written with blanks between words; all others are
 * NONE: their words match anywhere. */
typedef enum FzScript {
    FZ_SCRIPT_NONE = 0,
    FZ_SCRIPT_DIGIT = 1, /* ASCII digits; glued to letters of any script */
    FZ_SCRIPT_LATIN = 2,
    FZ_SCRIPT_GREEK = 3,
    FZ_SCRIPT_CYRILLIC = 4,
} FzScript;

FzScript fz_char_script_wide(uint32_t cp); /* beyond ASCII */

static inline FzScript fz_char_script(uint32_t cp)
{
    if (cp >= 0x80)
        return fz_char_script_wide(cp);
    if (cp - '0' < 10)
        return FZ_SCRIPT_DIGIT;
    return (cp | 0x20) - 'a' < 26 ? FZ_SCRIPT_LATIN : FZ_SCRIPT_NONE;
}

/** Whether two neighbours belong to one word. */
static inline bool fz_scripts_glue(FzScript a, FzScript b)
{
    return a != FZ_SCRIPT_NONE && b != FZ_SCRIPT_NONE &&
           (a == b || a == FZ_SCRIPT_DIGIT || b == FZ_SCRIPT_DIGIT);
}

/** Blanks and punctuation that may stand between two terms without a gap. */
bool fz_char_joins(uint32_t cp);

bool fz_char_is_han(uint32_t cp);

/** Octets at which a code point begins, going back from `at` (> 0). */
uint32_t fz_char_before(const uint8_t *octets, uint32_t at, uint32_t *cp_out);

#endif
