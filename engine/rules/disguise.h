/* SPDX-License-Identifier: BSD-2-Clause
 *
 * disguise.h - the disguises of a word, for {word} and {!word}
 *
 * From the curated tables of disguises.def: whole words, single characters that
 * look or sound alike, characters taken apart, and the word pulled apart by
 * signs. Only the characters of a rule's own words are varied: doing it to
 * messages would make new words of one in ten ordinary ones.
 */
#ifndef FZ_ENGINE_RULES_DISGUISE_H
#define FZ_ENGINE_RULES_DISGUISE_H

#include "base/slice.h"

#include <stdint.h>

/* Forms of one word; more are left out. */
#define FZ_LIMIT_DISGUISES 256

/**
 * Call `each` for every disguise of a word, never for the word itself nor for
 * an ordinary word of the list; a form may come twice.
 *
 * @param word  in folded form
 * @return how many; 0 when the tables know nothing of it
 */
uint32_t fz_disguise_each(FzSlice word, void (*each)(void *ctx, FzSlice form),
                          void *ctx);

#endif
