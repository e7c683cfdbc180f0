/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/urlkit.h"

#include "engine/decode/decode.h"
#include "engine/url/find.h"
#include "tests/support.h"

void fz_url_kit_init(FzUrlKit *kit)
{
    static const char *const extra[] = {"example", "test"};
    FzUrlConfig config = {.extra_tlds = extra, .extra_tld_count = 2};

    ck_assert_int_eq(fz_url_tables_create(&config, NULL, &kit->tables), FZ_OK);
    fz_text_init(&kit->text);
    fz_views_init(&kit->views);
    fz_urls_init(&kit->urls);
}

void fz_url_kit_clear(FzUrlKit *kit)
{
    fz_urls_clear(&kit->urls);
    fz_views_clear(&kit->views);
    fz_text_clear(&kit->text);
    fz_url_tables_destroy(kit->tables);
}

void fz_url_kit_extract(FzUrlKit *kit, const char *octets, size_t count)
{
    FzMessage message = {.coding = FZ_CODING_7BIT,
                         .octets = fz_slice(octets, count)};

    ck_assert_int_eq(fz_decode(&message, &kit->text), FZ_OK);
    ck_assert_int_eq(
        fz_views_build(&kit->text, FZ_VIEW_BIT(FZ_VIEW_FOLDED), &kit->views),
        FZ_OK);
    fz_urls_extract(&kit->text, &kit->views, kit->tables, &kit->urls);
    ck_assert(fz_urls_are_possible(&kit->views) ||
              kit->urls.url_count + kit->urls.contact_count == 0);
}
