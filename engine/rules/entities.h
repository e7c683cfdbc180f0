/* SPDX-License-Identifier: BSD-2-Clause
 *
 * entities.h - the tokens that a text shows by itself
 *
 * Signatures, amounts, codes, numbers to call, and links and contacts in their
 * plain forms, found in the folded view. Whoever extracts links and contacts
 * with more care says so (fz_tokens_answer) and is not second-guessed here.
 */
#ifndef FZ_ENGINE_RULES_ENTITIES_H
#define FZ_ENGINE_RULES_ENTITIES_H

#include "engine/rules/tokens.h"
#include "engine/text/text.h"

/**
 * Add what is there of `wanted` (1 << FzEntity) and was not answered for.
 *
 * Cost: linear in the view, allocates nothing.
 */
void fz_entities_find(const FzText *text, const FzView *folded, uint32_t wanted,
                      FzTokens *tokens);

#endif
