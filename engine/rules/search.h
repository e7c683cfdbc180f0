/* SPDX-License-Identifier: BSD-2-Clause
 *
 * search.h - where does a word stand in a view?
 *
 * For words of a few octets in a text of some hundred, where memmem takes
 * longer to make its table than to look.
 */
#ifndef FZ_ENGINE_RULES_SEARCH_H
#define FZ_ENGINE_RULES_SEARCH_H

#include "engine/text/text.h"

/** The first place at or behind `from` where the octets stand; UINT32_MAX:
 *  nowhere.
 *  @param count  of them, 1 and more */
uint32_t fz_search(const FzView *view, uint32_t from, const uint8_t *word,
                   uint32_t count);

#endif
