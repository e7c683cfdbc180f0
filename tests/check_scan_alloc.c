/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Judging allocates nothing: malloc and its kin are counted, whoever calls
 * them (ours, Hyperscan's, PCRE2's). A program of its own, because it replaces
 * them.
 */
#include "config.h"

#include "base/buf.h"
#include "engine/decode/decode.h"
#include "tests/rulekit.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned long calls;

#ifndef __SANITIZE_ADDRESS__
extern void *__libc_malloc(size_t octets);
extern void *__libc_calloc(size_t count, size_t octets);
extern void *__libc_realloc(void *block, size_t octets);
extern void __libc_free(void *block);

void *malloc(size_t octets)
{
    calls++;
    return __libc_malloc(octets);
}

void *calloc(size_t count, size_t octets)
{
    calls++;
    return __libc_calloc(count, octets);
}

void *realloc(void *block, size_t octets)
{
    calls++;
    return __libc_realloc(block, octets);
}

void free(void *block)
{
    calls += block != NULL;
    __libc_free(block);
}
#endif

static const char rules[] =
    "words = { bank = [ \"工商银行\", \"建设银行\" ]; };\n"
    "rules = (\n"
    "  { id = \"a\"; phrase = \"<bank> ~40 (冻结|#4-8)\"; },\n"
    "  { id = \"b\"; all = [ \"aa\", \"bb\", \"<url>\" ]; within = 90; },\n"
    "  { id = \"c\"; phrase = \"refund*\"; none = [ \"official\" ]; },\n"
    /* a place that is far from easy to find */
    "  { id = \"d\"; regex = \"(x+x+)+y|a.{0,60}bc\"; },\n"
    "  { id = \"e\"; phrase = \"bb ~3 aa\"; view = \"raw\"; } );\n";

static const char *const texts[] = {
    "工商银行尾号1234的卡已冻结",
    "aa http://t.example/ bb aa bb 12,345",
    "aa 加微信abc_123 bb 13800000000 http://1.2.3/ a@b.example t.cn/x",
    "your refund of 12.50 is ready",
    "axxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy b c",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "",
};

static FzUrlTables *tables;

/* Taking a scanner, decoding, views, links, scan; Check's own assertions
 * allocate. */
static bool judge(FzKit *kit, FzSlice text)
{
    FzScanner *scanner = fz_scanner_take(kit->pool);
    bool sound;

    kit->message.octets = text;
    sound =
        fz_decode(&kit->message, fz_scanner_text(scanner)) == FZ_OK &&
        fz_views_build(fz_scanner_text(scanner), fz_ruleset_views(kit->ruleset),
                       fz_scanner_views(scanner)) == FZ_OK;
    fz_urls_extract(fz_scanner_text(scanner), fz_scanner_views(scanner), tables,
                    fz_scanner_urls(scanner));
    fz_tokens_reset(fz_scanner_tokens(scanner));
    fz_scanner_tell_urls(scanner);
    fz_signals_reset(&kit->signals);
    kit->flags = fz_ruleset_scan(kit->ruleset, NULL, &kit->message, scanner,
                                 &kit->signals);
    fz_scanner_give(kit->pool, scanner);
    return sound;
}

START_TEST(a_scan_allocates_nothing)
{
    unsigned long before, after;
    FzBuf longest = FZ_BUF_INIT;
    uint32_t hits = 0;
    bool sound = true;
    FzKit kit;

    for (int i = 0; i < 4000; i++)
        fz_buf_append_text(&longest, "aa bb 工商银行 ");
    fz_kit_init(&kit, rules);
    ck_assert_int_eq(
        fz_url_tables_create(fz_url_config_samples(), NULL, &tables), FZ_OK);
    fz_scanner_give(kit.pool, kit.scanner);
    before = calls;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT(texts); i++) {
            sound &= judge(&kit, fz_slice_of(texts[i]));
            hits += kit.signals.count;
        }
        sound &= judge(&kit, fz_buf_slice(&longest));
        hits += kit.signals.count;
    }
    after = calls;
    ck_assert(sound);
    ck_assert_uint_ge(hits, 12); /* the work was done */
    ck_assert_msg(after == before, "%lu calls", after - before);
    kit.scanner = fz_scanner_take(kit.pool);
    fz_kit_clear(&kit);
    fz_url_tables_destroy(tables);
    fz_buf_clear(&longest);
}
END_TEST

#ifndef __SANITIZE_ADDRESS__
/* The counter counts: what it does not see is no proof. */
START_TEST(an_allocation_would_be_seen)
{
    unsigned long before = calls;
    FzBuf buf = FZ_BUF_INIT;

    fz_buf_append_text(&buf, "x");
    fz_buf_clear(&buf);
    ck_assert_uint_ge(calls - before, 2);
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("scan_alloc");
    TCase *tc = tcase_create("scan_alloc");

    tcase_add_test(tc, a_scan_allocates_nothing);
#ifndef __SANITIZE_ADDRESS__
    tcase_add_test(tc, an_allocation_would_be_seen);
#endif
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
