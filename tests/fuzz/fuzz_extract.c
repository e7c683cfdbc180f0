/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_extract.c - whatever the text, links and contacts lie in it, in order,
 * what is said of them lies in the room, and the glance that tells where to
 * look misses none, in either form
 */
#include "config.h"

#include "engine/decode/decode.h"
#include "base/cpu.h"
#include "engine/url/find.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static FzText text;
static FzViews views;
static FzUrls urls, walked;
static FzUrlTables *tables;
static FzKey keys[FZ_LIMIT_URL_KEYS];

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void set_up(void)
{
    static const char *const extra[] = {"example", "test"};
    FzUrlConfig config = {.extra_tlds = extra, .extra_tld_count = 2};

    if (tables != NULL)
        return;
    demand(fz_url_tables_create(&config, NULL, &tables) == FZ_OK);
    fz_text_init(&text);
    fz_views_init(&views);
    fz_urls_init(&urls);
    fz_urls_init(&walked);
}

static bool within(FzSlice part, FzSlice whole)
{
    return part.data >= whole.data &&
           part.data + part.octets <= whole.data + whole.octets;
}

static void check_url(const FzUrl *url, int index)
{
    demand(url->span.cp_from < url->span.cp_to &&
           url->span.cp_to <= text.chars);
    demand(within(url->host, url->canonical) && url->host.octets > 0);
    demand(within(url->path, url->canonical) && url->path.data[0] == '/');
    demand(url->query.data == NULL || within(url->query, url->canonical));
    demand(url->expression_count >= 1 &&
           url->expression_count <= FZ_LIMIT_URL_EXPRESSIONS);
    for (uint32_t i = 0; i < url->expression_count; i++)
        demand(within(url->expression[i], url->canonical));
    if ((url->flags & FZ_URL_INNER) != 0)
        demand(url->outer >= 0 && url->outer < index);
    else
        demand(url->outer == -1 &&
               within(url->raw, fz_slice(text.raw, text.octets)));
}

static bool same_span(FzSpan a, FzSpan b)
{
    return a.cp_from == b.cp_from && a.cp_to == b.cp_to;
}

/* What a walk over every octet finds. */
static void check_against_walk(bool wide)
{
    bool was_wide = fz_cpu_is_wide;

    if (wide && !was_wide)
        return;
    fz_cpu_is_wide = wide;
    fz_urls_extract(&text, &views, tables, &urls);
    fz_cpu_is_wide = was_wide;
    demand(urls.url_count == walked.url_count &&
           urls.contact_count == walked.contact_count &&
           urls.flags == walked.flags);
    for (int i = 0; i < urls.url_count; i++)
        demand(same_span(urls.url[i].span, walked.url[i].span) &&
               urls.url[i].flags == walked.url[i].flags &&
               fz_slice_equal(urls.url[i].canonical, walked.url[i].canonical));
    for (int i = 0; i < urls.contact_count; i++)
        demand(same_span(urls.contact[i].span, walked.contact[i].span) &&
               fz_slice_equal(urls.contact[i].key, walked.contact[i].key));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    FzMessage message = {.coding = FZ_CODING_7BIT,
                         .octets = fz_slice(data, octets)};
    uint32_t before = 0;

    set_up();
    if (octets > 0 && data[0] == 'U') { /* as UTF-16BE */
        message.coding = FZ_CODING_UCS2;
        message.octets = fz_slice(data + 1, octets - 1);
    }
    if (fz_decode(&message, &text) != FZ_OK ||
        fz_views_build(&text, FZ_VIEW_BIT(FZ_VIEW_FOLDED), &views) != FZ_OK)
        return 0;
    fz_urls_walk(&text, &views, tables, &walked);
    check_against_walk(true);
    check_against_walk(false);
    demand(urls.url_count <= FZ_LIMIT_URLS &&
           urls.contact_count <= FZ_LIMIT_CONTACTS);
    for (int i = 0; i < urls.url_count; i++) {
        check_url(&urls.url[i], i);
        if ((urls.url[i].flags & FZ_URL_INNER) != 0)
            continue;
        demand(urls.url[i].span.cp_from >= before); /* they do not overlap */
        before = urls.url[i].span.cp_to;
    }
    before = 0;
    for (int i = 0; i < urls.contact_count; i++) {
        const FzContact *contact = &urls.contact[i];

        demand(contact->span.cp_from < contact->span.cp_to &&
               contact->span.cp_to <= text.chars);
        demand(contact->span.cp_from >= before);
        before = contact->span.cp_from;
        demand(memchr(contact->key.data, ':', contact->key.octets) != NULL);
    }
    /* the glance may err on one side only */
    demand(fz_urls_are_possible(&views) ||
           (urls.url_count == 0 && urls.contact_count == 0));
    demand(fz_urls_keys(&urls, keys) <= FZ_LIMIT_URL_KEYS);
    return 0;
}
