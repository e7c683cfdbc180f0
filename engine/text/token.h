/* SPDX-License-Identifier: BSD-2-Clause
 *
 * token.h - digits and signs that stand for letters
 *
 * Inside this room only. While a token (a run of letters, digits and leet
 * signs) is being written into the skeleton, a capital I behind a small letter
 * and a small l before a capital one are held as markers: they are one stroke,
 * as 1, ! and | are, and may each be meant as i or as l.
 */
#ifndef FZ_ENGINE_TEXT_TOKEN_H
#define FZ_ENGINE_TEXT_TOKEN_H

#include "engine/text/out.h"

#define FZ_TOKEN_CAPITAL_I 'I'
#define FZ_TOKEN_SMALL_L 'L'

/* So many digits before or behind a token's letters, not all the same, are a
 * number and not read. */
#define TOKEN_NUMBER 3

/** A token that stays as it is: its markers become the letters they were. */
void fz_token_settle(FzOut *skeleton, uint32_t from);

/**
 * Read the signs and digits of the skeleton's last token as letters. When a
 * stroke can be read in two ways the token stands there in each reading that
 * differs, with spaces between, the likeliest first and again last, so that
 * words before and behind it find it next to them: "c1ick here" is "click
 * ciick click here".
 *
 * @param from  where the token begins in the skeleton
 * @return whether anything was read as a letter
 */
bool fz_token_read(FzOut *skeleton, uint32_t from);

/** Is there anything in it that may be read as a letter? If not, reading it
 *  changes nothing. It has no strokes put down as such. */
bool fz_token_may_change(FzSlice token);

/** Would reading it change anything? It has no strokes put down as such. */
bool fz_token_would_change(FzSlice token);

#endif
