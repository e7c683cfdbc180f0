/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tokens.h - what extraction found in a text, for <url>, <tel> and the like
 *
 * Filled in before the rules are asked: links and contacts by whoever extracts
 * them, the plain ones (codes, money) from the text itself. Spans count code
 * points of the original text, so one token serves every view.
 */
#ifndef FZ_ENGINE_RULES_TOKENS_H
#define FZ_ENGINE_RULES_TOKENS_H

#include "engine/decode/decoded.h"
#include "engine/sender/sender.h"

typedef enum FzEntity {
    FZ_ENTITY_URL = 0,
    FZ_ENTITY_TEL = 1,
    FZ_ENTITY_IM = 2,
    FZ_ENTITY_EMAIL = 3,
    FZ_ENTITY_CODE = 4,
    FZ_ENTITY_SIG = 5,
    FZ_ENTITY_MONEY = 6,
    FZ_ENTITY_PERCENT = 7,
    FZ_ENTITY_BRAND = 8,    /* <brand>: of any class */
    FZ_ENTITY_BRAND_OF = 9, /* <brand:CLASS>: and the FzBrandClass */
} FzEntity;
#define FZ_ENTITIES (FZ_ENTITY_BRAND_OF + FZ_BRAND_CLASSES)
#define FZ_ENTITIES_BRAND (((1u << FZ_BRAND_CLASSES) - 1) << FZ_ENTITY_BRAND_OF)
_Static_assert(FZ_ENTITIES <= 32, "a set of entities is 32 bits");

/* Tokens of one text; more are dropped and counted. */
#define FZ_LIMIT_TOKENS 128

typedef struct FzToken {
    FzEntity entity;
    FzSpan span;
} FzToken;

typedef struct FzTokens {
    FzToken item[FZ_LIMIT_TOKENS];
    uint16_t count;
    uint16_t dropped;
    uint32_t entities; /* those that are there: 1 << FzEntity */
    uint32_t answered; /* those that somebody looked for */
} FzTokens;

void fz_tokens_reset(FzTokens *tokens);
void fz_tokens_add(FzTokens *tokens, FzEntity entity, FzSpan span);

/** Say that all tokens of these entities (1 << FzEntity) have been added, also
 *  when there were none: nobody else looks for them. */
void fz_tokens_answer(FzTokens *tokens, uint32_t entities);

const char *fz_entity_name(FzEntity entity); /* "url" */

#endif
