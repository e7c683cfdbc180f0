/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_extract.c - whatever the text, links and contacts lie in it, in order,
 * and what is said of them lies in the room
 */
#include "config.h"

#include "engine/decode/decode.h"
#include "engine/url/url.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static FzText text;
static FzViews views;
static FzUrls urls;
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
    fz_urls_extract(&text, &views, tables, &urls);
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
