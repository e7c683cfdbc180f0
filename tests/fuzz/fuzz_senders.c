/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_senders.c - a brands file, a registry or receivers of any octets, and
 * a message held against what they make
 *
 * The first octet chooses the table; a table that loads is built, linted and
 * asked.
 */
#include "config.h"

#include "engine/decode/decode.h"
#include "engine/sender/sender.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static const char sample[] =
    "【海河银行】验证码 482913 http://haihebank-1.test/ 95001 WattleBank: x "
    "http://xn--wttlebnk-16gf.test/ haihebank.example.7.test @a.test #482913";

static void hold(const FzSenders *senders, FzSlice octets)
{
    static FzUrlTables *tables;
    static FzText text;
    static FzViews views;
    static FzUrls urls;
    static FzSignals signals;
    static FzSenderLook look;
    FzMessage message = {.sender = fz_slice_of("106900000101"),
                         .receiver = fz_slice_of("13800000001"),
                         .identity = fz_slice_of("a"),
                         .coding = FZ_CODING_7BIT,
                         .octets = octets};

    if (text.raw == NULL) {
        fz_text_init(&text);
        fz_views_init(&views);
        fz_urls_init(&urls);
        if (fz_url_tables_create(fz_url_config_samples(), NULL, &tables) !=
            FZ_OK)
            abort();
    }
    if (fz_decode(&message, &text) != FZ_OK ||
        fz_views_build(
            &text, FZ_VIEW_BIT(FZ_VIEW_FOLDED) | FZ_VIEW_BIT(FZ_VIEW_SKELETON),
            &views) != FZ_OK)
        return;
    fz_urls_extract(&text, &views, tables, &urls);
    fz_signals_reset(&signals);
    fz_senders_look(senders, NULL, &message, &text, &views, tables, &urls,
                    &look, &signals);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    FzSendersConfig config = {.state = FZ_RULE_ACTIVE};
    FzSendersBuilder *builder;
    FzSenders *senders;
    FzSlice content;
    FzStatus status;

    if (octets == 0)
        return 0;
    content = fz_slice(data + 1, octets - 1);
    builder = fz_senders_builder_create(&config, NULL);
    if (data[0] % 3 == 0)
        status = fz_senders_add_brands(builder, content, "fuzz");
    else if (data[0] % 3 == 1)
        status = fz_senders_add_registry(builder, content, "fuzz");
    else
        status = fz_senders_add_receivers(builder, content, "fuzz", "class");
    if (status == FZ_OK) {
        senders = fz_senders_build(builder);
        fz_senders_lint(senders, INT64_C(1785000000000), NULL);
        hold(senders, fz_slice_of(sample));
        hold(senders, content);
        fz_senders_destroy(senders);
    }
    fz_senders_builder_destroy(builder);
    return 0;
}
