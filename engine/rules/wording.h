/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wording.h - what is wrong with the words of a rule by themselves
 */
#ifndef FZ_ENGINE_RULES_WORDING_H
#define FZ_ENGINE_RULES_WORDING_H

#include "base/slice.h"

/* So many digits side by side are somebody's number. */
#define FZ_LINT_NUMBER_DIGITS 7

/** Does it hold a name that is nobody's (example.com, *.test)? Rules that lean
 *  on one work on samples alone. A backslash before a point counts for
 *  nothing, so a regex can be asked too. */
bool fz_wording_is_reserved(FzSlice word);

/** Does it hold the number of one sender, message or account? */
bool fz_wording_is_number(FzSlice word);

/** The first character of a regex that folding makes another of, so that it
 *  stands in no folded text; 0: none. */
uint32_t fz_wording_unfolded(const char *regex);

/** Are there Han characters in it? */
bool fz_wording_has_han(const char *text);

#endif
