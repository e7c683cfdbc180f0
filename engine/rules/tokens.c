/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/rules/tokens.h"

static const char *const entity_names[FZ_ENTITIES] = {
    "url", "tel", "im", "email", "code", "sig", "money", "percent", "brand",
#define FZ_BRAND_CLASS(identifier, name) "brand:" name,
#include "engine/sender/brand_classes.def"
#undef FZ_BRAND_CLASS
};

const char *fz_entity_name(FzEntity entity)
{
    return entity_names[entity];
}

void fz_tokens_reset(FzTokens *tokens)
{
    tokens->count = 0;
    tokens->dropped = 0;
    tokens->entities = 0;
    tokens->answered = 0;
}

void fz_tokens_answer(FzTokens *tokens, uint32_t entities)
{
    tokens->answered |= entities;
}

void fz_tokens_add(FzTokens *tokens, FzEntity entity, FzSpan span)
{
    if (tokens->count == FZ_LIMIT_TOKENS) {
        if (tokens->dropped < UINT16_MAX)
            tokens->dropped++;
        return;
    }
    tokens->item[tokens->count++] = (FzToken){entity, span};
    tokens->entities |= 1u << entity;
}
