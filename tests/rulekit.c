/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/buf.h"
#include "engine/decode/decode.h"
#include "tests/rulekit.h"

#include <stdio.h>

void fz_kit_write(const char *set, const char *file, const char *content)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", set, file);
    fz_test_write(path, content);
}

FzStatus fz_kit_open(FzKit *kit, const char *set, FzRulesetTrust trust)
{
    char path[1024];
    const char *folder = path;
    FzStatus status;

    memset(kit, 0, sizeof *kit);
    fz_test_sink_init(&kit->sink);
    snprintf(path, sizeof path, "%s/%s", fz_test_folder(), set);
    status = fz_ruleset_load(&folder, 1, trust, NULL, NULL, NULL,
                             &kit->sink.sink, &kit->ruleset);
    if (status != FZ_OK)
        return status;
    kit->pool = fz_scanner_pool_create(kit->ruleset);
    kit->scanner = fz_scanner_take(kit->pool);
    return FZ_OK;
}

void fz_kit_init(FzKit *kit, const char *rules)
{
    FzBuf whole = FZ_BUF_INIT;
    FzStatus status;

    fz_buf_printf(&whole, "set = { name = \"t\"; };\n%s", rules);
    fz_kit_write("kit", "rules.conf", fz_buf_text(&whole));
    status = fz_kit_open(kit, "kit", FZ_RULESET_AS_WRITTEN);
    ck_assert_msg(status == FZ_OK, "%u: %s\n%s", kit->sink.diag[0].line,
                  kit->sink.diag[0].text, fz_buf_text(&whole));
    fz_buf_clear(&whole);
}

void fz_kit_clear(FzKit *kit)
{
    if (kit->pool != NULL)
        fz_scanner_give(kit->pool, kit->scanner);
    fz_scanner_pool_destroy(kit->pool);
    fz_ruleset_destroy(kit->ruleset);
    memset(kit, 0, sizeof *kit);
}

uint32_t fz_kit_scan_octets(FzKit *kit, const void *text, size_t octets)
{
    kit->message.coding = FZ_CODING_7BIT;
    kit->message.octets = fz_slice(text, octets);
    ck_assert_int_eq(fz_decode(&kit->message, fz_scanner_text(kit->scanner)),
                     FZ_OK);
    ck_assert_int_eq(fz_views_begin(fz_scanner_text(kit->scanner),
                                    fz_ruleset_views(kit->ruleset),
                                    fz_scanner_views(kit->scanner)),
                     FZ_OK);
    fz_signals_reset(&kit->signals);
    fz_ruleset_look(kit->ruleset, kit->scanner);
    kit->flags = fz_ruleset_scan(kit->ruleset, kit->controls, &kit->message,
                                 kit->scanner, &kit->signals);
    return kit->flags;
}

uint32_t fz_kit_scan(FzKit *kit, const char *text)
{
    return fz_kit_scan_octets(kit, text, strlen(text));
}

const FzSignal *fz_kit_hit(const FzKit *kit, const char *id)
{
    return fz_signals_find(&kit->signals, id);
}
