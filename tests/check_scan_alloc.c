/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Judging allocates nothing: malloc and its kin are counted, whoever calls
 * them (ours, Hyperscan's, PCRE2's). A program of its own, because it replaces
 * them.
 */
#include "config.h"

#include "base/buf.h"
#include "engine/decode/decode.h"
#include "engine/verdict/verdict.h"
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

/* A whole verdict, senders and all. */
START_TEST(a_look_at_the_sender_allocates_nothing)
{
    static const char brand_file[] =
        "brand\tclass\twords\thosts\tsignatures\tsenders\n"
        "icbc\tbank\t工商银行\ticbank.example\t工商银行\t95501\n";
    static const char registry[] =
        "identity,class,signatures,senders,hosts\n"
        "icbc,bank,工商银行,95501,icbank.example\nbulk,reseller,,1069*,\n";
    static const char *const claims[] = {
        "【工商银行】验证码 123456\n@icbank-1.test #123456",
        "【工商银行】积分 http://icbank.example.7.test/ 加微信 abc123456",
        "ICBAMK: call 0808 157 0199", "工商银行 icbnak.example"};
    static const FzDnsCode code = {0, {127, 0, 0, 2}, "x", 100};
    static const FzDnsList list = {.name = "l",
                                   .zone = "l.example",
                                   .asks = FZ_DNS_ASK_DOMAIN,
                                   .codes = &code,
                                   .code_count = 1};
    static FzVerdict verdict;
    FzDnsAnswer answer = {.kind = FZ_ANSWER_BLOCK, .code = &code};
    FzPolicy policy;
    uint32_t heard = 0;
    FzSendersConfig config = {.state = FZ_RULE_ACTIVE};
    unsigned long before, after;
    FzSendersBuilder *builder;
    FzSenders *senders;
    uint32_t hits = 0;
    FzJudgeEnv env;
    FzKit kit;

    fz_kit_init(&kit, rules);
    ck_assert_int_eq(
        fz_url_tables_create(fz_url_config_samples(), NULL, &tables), FZ_OK);
    config.urls = tables;
    builder = fz_senders_builder_create(&config, NULL);
    ck_assert(
        fz_senders_add_brands(builder, fz_slice_of(brand_file), "b") == FZ_OK &&
        fz_senders_add_registry(builder, fz_slice_of(registry), "r") == FZ_OK);
    senders = fz_senders_build(builder);
    env = (FzJudgeEnv){.ruleset = kit.ruleset,
                       .urls = tables,
                       .senders = senders,
                       .policy = fz_policy_patterns()};
    policy = *fz_policy_patterns();
    policy.dns = (FzDnsPolicy){.lists = &list, .count = 1, .below = 1000000};
    env.policy = &policy;
    kit.message.identity = fz_slice_of("bulk");
    kit.message.sender = fz_slice_of("95501");
    before = calls;
    for (size_t i = 0; i < COUNT(claims); i++) {
        kit.message.octets = fz_slice_of(claims[i]);
        fz_judge(&kit.message, &env, kit.scanner, &verdict);
        hits += verdict.signals.count;
        if (verdict.dns_count == 0)
            continue;
        answer.key = verdict.dns[0].text;
        fz_judge_resume(&kit.message, 1, &env, (FzDnsAnswers){&answer, 1},
                        kit.scanner, &verdict);
        heard += fz_signals_find(&verdict.signals, "list.block.x") != NULL;
    }
    after = calls;
    ck_assert_uint_ge(hits, 12);
    ck_assert_uint_ge(heard, 2);
    ck_assert_msg(after == before, "%lu calls", after - before);
    fz_senders_destroy(senders);
    fz_senders_builder_destroy(builder);
    fz_kit_clear(&kit);
    fz_url_tables_destroy(tables);
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
    tcase_add_test(tc, a_look_at_the_sender_allocates_nothing);
#ifndef __SANITIZE_ADDRESS__
    tcase_add_test(tc, an_allocation_would_be_seen);
#endif
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
