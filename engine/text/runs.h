/* SPDX-License-Identifier: BSD-2-Clause
 *
 * runs.h - what most of any text is made of, many characters at a time
 *
 * Words of ASCII letters, ASCII digits, and Han that are themselves in every
 * view. What is done is the same as one by one, which fuzz_views compares.
 * Inside this room only.
 */
#ifndef FZ_ENGINE_TEXT_RUNS_H
#define FZ_ENGINE_TEXT_RUNS_H

#include "engine/text/state.h"

/** Where a run cannot begin: something unusual stands directly before. */
static inline bool fz_run_is_barred(const FzPass *pass)
{
    return pass->context.inside > 0 || pass->heart > 0;
}

/** Han that are plain (fz_char_is_plain_han), the first of them at octet `at`,
 *  code point `i`. Each returns how many code points it took. */
uint32_t fz_run_han(FzPass *pass, const FzChar *plain, uint32_t at, uint32_t i);

/** ASCII digits. */
uint32_t fz_run_digits(FzPass *pass, uint32_t at, uint32_t i);

/** Words of plain ASCII letters with one space between; 0 when the first letter
 *  is not plain where it stands: behind a digit it may be one, a small l before
 *  a capital may be a capital I. */
uint32_t fz_run_latin(FzPass *pass, uint32_t at, uint32_t i);

#endif
