/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/rules/links.h"

/* --- tokens -------------------------------------------------------------- */

/* Numbers of banks and operators (95588, 10086) and access codes are what
 * honest messages name: no rule means them by <tel>. */
static bool is_callers(FzSlice key)
{
    static const char *const fronts[] = {"tel:+", "tel:400", "tel:800"};

    for (size_t i = 0; i < sizeof fronts / sizeof fronts[0]; i++)
        if (key.octets > strlen(fronts[i]) &&
            memcmp(key.data, fronts[i], strlen(fronts[i])) == 0)
            return true;
    return false;
}

void fz_links_add_tokens(const FzUrls *urls, FzTokens *tokens)
{
    static const FzEntity entities[FZ_CONTACT_KINDS] = {
        [FZ_CONTACT_TEL] = FZ_ENTITY_TEL,    [FZ_CONTACT_QQ] = FZ_ENTITY_IM,
        [FZ_CONTACT_WX] = FZ_ENTITY_IM,      [FZ_CONTACT_TG] = FZ_ENTITY_IM,
        [FZ_CONTACT_MAIL] = FZ_ENTITY_EMAIL,
    };

    for (uint16_t i = 0; i < urls->url_count; i++)
        if ((urls->url[i].flags & FZ_URL_INNER) == 0)
            fz_tokens_add(tokens, FZ_ENTITY_URL, urls->url[i].span);
    for (uint16_t i = 0; i < urls->contact_count; i++) {
        const FzContact *contact = &urls->contact[i];

        if (contact->kind != FZ_CONTACT_TEL || is_callers(contact->key))
            fz_tokens_add(tokens, entities[contact->kind], contact->span);
    }
    fz_tokens_answer(tokens, 1u << FZ_ENTITY_URL | 1u << FZ_ENTITY_EMAIL);
}

/* --- facts --------------------------------------------------------------- */

static const struct {
    FzSignalId fact;
    uint32_t flags; /* any of these */
} url_facts[] = {
    {FZ_SIGNAL_URL_WEAK, FZ_URL_WEAK},
    {FZ_SIGNAL_URL_SCHEMELESS, FZ_URL_SCHEMELESS},
    {FZ_SIGNAL_URL_DEFANGED, FZ_URL_DEFANGED},
    {FZ_SIGNAL_URL_DOT_VARIANT, FZ_URL_DOT_VARIANT},
    {FZ_SIGNAL_URL_DISGUISED, FZ_URL_DISGUISED},
    {FZ_SIGNAL_URL_ZERO_WIDTH, FZ_URL_ZERO_WIDTH},
    {FZ_SIGNAL_URL_IDN, FZ_URL_IDN},
    {FZ_SIGNAL_URL_IDN_BAD, FZ_URL_IDN_BAD},
    {FZ_SIGNAL_URL_PUNY, FZ_URL_PUNYCODE},
    {FZ_SIGNAL_URL_MIXED_SCRIPT, FZ_URL_MIXED_SCRIPT},
    {FZ_SIGNAL_URL_IP, FZ_URL_IP},
    {FZ_SIGNAL_URL_IP_ODD, FZ_URL_IP_ODD},
    {FZ_SIGNAL_URL_PORT, FZ_URL_PORT},
    {FZ_SIGNAL_URL_USERINFO, FZ_URL_USERINFO},
    {FZ_SIGNAL_URL_BACKSLASH, FZ_URL_BACKSLASH},
    {FZ_SIGNAL_URL_LONG, FZ_URL_LONG},
    {FZ_SIGNAL_URL_MANY_DOTS, FZ_URL_MANY_DOTS},
    {FZ_SIGNAL_URL_SHORTENER, FZ_URL_SHORTENER},
    {FZ_SIGNAL_URL_REDIRECTOR, FZ_URL_REDIRECTOR},
    {FZ_SIGNAL_URL_CROSSES_PARTS, FZ_URL_CROSSES_PARTS},
    {FZ_SIGNAL_URL_ESCAPED_HOST, FZ_URL_ESCAPED_HOST},
};
#define URL_FACTS (sizeof url_facts / sizeof url_facts[0])

static const FzSignalId contact_facts[FZ_CONTACT_KINDS] = {
    [FZ_CONTACT_TEL] = FZ_SIGNAL_CONTACT_TEL,
    [FZ_CONTACT_QQ] = FZ_SIGNAL_CONTACT_QQ,
    [FZ_CONTACT_WX] = FZ_SIGNAL_CONTACT_WX,
    [FZ_CONTACT_TG] = FZ_SIGNAL_CONTACT_TG,
    [FZ_CONTACT_MAIL] = FZ_SIGNAL_CONTACT_MAIL,
};

/* A link that may be none is no link to url.any. */
static bool link_gives(const FzUrl *url, unsigned fact)
{
    if (fact == FZ_SIGNAL_URL_ANY)
        return (url->flags & FZ_URL_WEAK) == 0;
    for (size_t i = 0; i < URL_FACTS; i++)
        if (url_facts[i].fact == fact)
            return (url->flags & url_facts[i].flags) != 0;
    return false;
}

void fz_links_add_facts(const FzUrls *urls, FzFacts *facts)
{
    uint32_t flags = 0;

    for (uint16_t i = 0; i < urls->url_count; i++) {
        flags |= urls->url[i].flags;
        if (link_gives(&urls->url[i], FZ_SIGNAL_URL_ANY))
            fz_facts_add(facts, FZ_SIGNAL_URL_ANY);
    }
    for (size_t i = 0; flags != 0 && i < URL_FACTS; i++)
        if ((flags & url_facts[i].flags) != 0)
            fz_facts_add(facts, url_facts[i].fact);
    for (uint16_t i = 0; i < urls->contact_count; i++) {
        fz_facts_add(facts, FZ_SIGNAL_CONTACT_ANY);
        fz_facts_add(facts, contact_facts[urls->contact[i].kind]);
    }
    if (urls->flags != 0)
        fz_facts_add(facts, FZ_SIGNAL_URL_MORE);
}

uint8_t fz_links_spans(const FzUrls *urls, unsigned fact, FzSpan *spans)
{
    uint8_t count = 0;

    for (uint16_t i = 0; i < urls->url_count && count < FZ_SIGNAL_SPANS; i++)
        /* those within others come last and have their places */
        if ((urls->url[i].flags & FZ_URL_INNER) == 0 &&
            link_gives(&urls->url[i], fact))
            spans[count++] = urls->url[i].span;
    for (uint16_t i = 0; i < urls->contact_count && count < FZ_SIGNAL_SPANS;
         i++)
        if (fact == FZ_SIGNAL_CONTACT_ANY ||
            fact == contact_facts[urls->contact[i].kind])
            spans[count++] = urls->contact[i].span;
    return count;
}
