/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_sender.c - who speaks, and what a message claims
 */
#include "config.h"

#include "tests/rulekit.h"
#include "tests/sender_kit.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cpu.h"
#include "engine/decode/decode.h"
#include "engine/sender/claims.h"
#include "engine/sender/names.h"
#include "engine/sender/sender.h"
#include "engine/sender/table.h"
#include "engine/verdict/cases.h"
#include "engine/verdict/verdict.h"

#include <stdio.h>
#include <stdlib.h>

static FzText text;
static FzViews views;
static FzUrls urls;
static FzSignals signals;
static FzSenderLook look;

static void set_up(void)
{
    ck_assert_int_eq(
        fz_url_tables_create(fz_url_config_samples(), NULL, &tables), FZ_OK);
    fz_text_init(&text);
    fz_views_init(&views);
    fz_urls_init(&urls);
    load(brands, registry);
}

static void tear_down(void)
{
    fz_senders_destroy(senders);
    senders = NULL;
    fz_urls_clear(&urls);
    fz_views_clear(&views);
    fz_text_clear(&text);
    fz_url_tables_destroy(tables);
}

static void hold_against(FzDirection direction, const char *identity,
                         const char *sender, const char *octets)
{
    FzMessage message = {.direction = direction,
                         .identity = fz_slice_of(identity),
                         .sender = fz_slice_of(sender),
                         .receiver = fz_slice_of("13800000001"),
                         .coding = FZ_CODING_7BIT,
                         .octets = fz_slice_of(octets),
                         .now_ms = NOW_MS};

    ck_assert_int_eq(fz_decode(&message, &text), FZ_OK);
    ck_assert_int_eq(fz_views_build(&text,
                                    FZ_VIEW_BIT(FZ_VIEW_FOLDED) |
                                        FZ_VIEW_BIT(FZ_VIEW_SKELETON),
                                    &views),
                     FZ_OK);
    fz_urls_extract(&text, &views, tables, &urls);
    fz_signals_reset(&signals);
    fz_senders_look(senders, NULL, &message, &text, &views, tables, &urls,
                    &look, &signals);
}

/* All that was found, in the order of the alphabet: "name:points!", the mark
 * for a contradiction. */
static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *found(void)
{
    static char line[1024];
    char one[64][96], *order[64];
    size_t used = 0;

    for (uint16_t i = 0; i < signals.count; i++) {
        const FzSignal *signal = &signals.item[i];

        order[i] = one[i];
        if (signal->weight == 0)
            snprintf(one[i], sizeof one[i], "%s", signal->name);
        else
            snprintf(one[i], sizeof one[i], "%s:%d%s", signal->name,
                     signal->weight / 100,
                     signal->word == FZ_WORD_CONTRADICTION ? "!" : "");
    }
    qsort(order, signals.count, sizeof *order, by_text);
    line[0] = '\0';
    for (uint16_t i = 0; i < signals.count; i++)
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%s",
                                 i == 0 ? "" : " ", order[i]);
    return line;
}

/* --- one message ------------------------------------------------------------
 */
static const struct {
    const char *name, *identity, *sender, *text, *want;
} messages[] = {
    {"a bank by its own sender, signature and link", "haihe-bank", "95001",
     "【海河银行】请登录 haihebank.example 查看账单",
     "brand.in-text host.own sender.owns-brand sender.owns-signature "
     "sender.registered"},
    {"below its own host is its own", "haihe-bank", "95001",
     "【海河银行】请登录 www.m.haihe.example/a",
     "brand.in-text host.own sender.owns-brand sender.owns-signature "
     "sender.registered"},
    {"the same text from another identity", "bailu", "106900000501",
     "【海河银行】请登录 haihebank.example 查看账单",
     "brand.in-signature brand.in-text host.brand sender.registered "
     "signature.stolen:10!"},
    {"its number from another identity", "transit", "95001", "您好",
     "sender.spoofed:10!"},
    {"a number of a row, from another identity", "transit", "106900000501",
     "您好", "sender.spoofed:10!"},
    {"a number within somebody's front", "transit", "10690000901234", "您好",
     "sender.spoofed:10!"},
    {"a number within its own front", "bulk", "10690000901234", "您好",
     "sender.registered"},
    {"a brand's number that nobody is registered for", "transit", "96911",
     "您好", "sender.protected:10"},
    {"a signature that nobody is registered for", "transit", "106900000777",
     "【云港警方】您好",
     "brand.in-signature brand.in-text brand.posed:10 sender.unregistered"},
    {"a bank's signature from a phone", "phones", "13800000002",
     "【海河银行】您的卡已冻结",
     "brand.in-signature brand.in-text sender.mobile signature.stolen:10!"},
    {"traditional characters sign no less", "phones", "13800000002",
     "【海河銀行】您的卡已冻结",
     "brand.in-signature brand.in-text sender.mobile signature.stolen:10!"},
    {"a brand within a longer signature", "phones", "13800000002",
     "【海河银行信用卡】您的卡已冻结",
     "brand.in-signature brand.in-text brand.posed:10 sender.mobile "
     "signature.unregistered:2"},
    {"a signature of nobody", "transit", "106900000777", "【无名小店】到货了",
     "sender.unregistered signature.unregistered"},
    {"a person who mentions a bank", "phones", "13800000002",
     "我海河银行卡里钱不够了", "brand.in-text sender.mobile"},
    {"a person who mentions a bank and a number", "phones", "13800000002",
     "海河银行那个经理的电话 13900000003",
     "brand.foreign-contact:2 brand.in-text sender.mobile"},
    {"a shop that tells of a courier", "shop, of all", "106900000601",
     "您的订单由白鹭物流承运，查看 nangua.example/o",
     "brand.in-text host.own sender.registered"},
    {"a row that has run out", "old-bank", "106900000102",
     "【旧港银行】账单已出",
     "brand.in-signature brand.in-text sender.expired sender.unregistered "
     "signature.unregistered"},
    {"a row with a last day ahead", "wattle-bank", "WattleBank",
     "Your statement is ready", "sender.registered"},
    {"an identity of nobody", "who", "106900000777", "您好",
     "sender.unregistered"},
    {"a name that looks like another's", "transit", "WattIeBank",
     "Your statement is ready", "sender.look-alike:10 sender.unregistered"},
    {"a name one edit from another's", "transit", "WattelBank",
     "Your statement is ready", "sender.look-alike:10 sender.unregistered"},
    {"a name that only shares a word", "transit", "WattleFarm", "Open today",
     "sender.unregistered"},
    {"spoken first, by an unregistered sender of a reseller", "transit", "INFO",
     "Wattle Bank: call 0808 157 0199 now",
     "brand.in-text brand.posed:10 sender.unregistered"},
    {"spoken last, by a phone, with a link", "phones", "+447700900123",
     "Your card is locked, see http://pay7.test - Wattle Bank",
     "brand.foreign-link:5 brand.in-text brand.posed:5 sender.foreign"},
    {"Latin names match whole", "phones", "13800000002",
     "wattle banking is fun", "sender.mobile"},
    {"an unregistered sender and a stranger's link", "transit", "106900000777",
     "看看 http://pay7.test", "sender.unregistered:5"},
    {"a service that never links", "warn-office", "12389",
     "【预警中心】请点击 http://a.test/x",
     "brand.in-text brand.never-links:10! sender.owns-brand "
     "sender.owns-signature sender.registered"},
    {"a service that never links, and names a service number", "warn-office",
     "12389", "【预警中心】如有疑问请拨打 96911",
     "brand.in-text sender.owns-brand sender.owns-signature "
     "sender.registered"},
    {"a code, and nothing to follow", "codes", "106900000309",
     "【石榴直播】验证码 482913，请勿泄露",
     "brand.in-text sender.code sender.owns-brand sender.owns-signature "
     "sender.registered"},
    {"a bank's code is one too", "haihe-bank", "95001",
     "【海河银行】验证码 482913，请勿泄露",
     "brand.in-text sender.code sender.owns-brand sender.owns-signature "
     "sender.registered"},
    {"a code with a stranger's link is none", "codes", "106900000309",
     "【石榴直播】验证码 482913，详见 http://pay7.test",
     "brand.in-text sender.owns-brand sender.owns-signature "
     "sender.registered"},
    {"a code bound to its own host", "haihe-bank", "95001",
     "【海河银行】验证码 482913\n@haihebank.example #482913",
     "brand.in-text sender.code sender.owns-brand sender.owns-signature "
     "sender.registered"},
    {"a brand's code bound to a stranger's host", "transit", "INFO",
     "Your Wattle Bank code is 482913\n@pay7.test #482913",
     "brand.foreign-link:5 brand.in-text brand.posed:10 "
     "code.foreign-origin:10 sender.unregistered:5"},
};

START_TEST(a_message_is_held_against_the_table)
{
    hold_against(FZ_DIRECTION_MT, messages[_i].identity, messages[_i].sender,
                 messages[_i].text);
    ck_assert_msg(strcmp(found(), messages[_i].want) == 0,
                  "%s:\n    got  %s\n    want %s", messages[_i].name, found(),
                  messages[_i].want);
}
END_TEST

/* --- hosts ------------------------------------------------------------------
 */
static const struct {
    const char *text, *want;
} hosts[] = {
    {"看 haihebank.example.25.test/x", "host.brand-inside:10"},
    {"看 wattlebank.id-check.test", "host.brand-inside:10"},
    {"看 bailu56.test", "host.wrong-suffix:5"},
    {"看 haihebnak.example", "host.look-alike:6"},
    {"看 haihebannk.example", "host.look-alike:6"},
    {"看 haihebank-login.test", "host.brand-affix:6"},
    {"看 myhaihebankapp88.test", "host.brand-affix:6"},
    {"看 superhaihebankfans.test", "host.brand-token:4"},
    {"看 wattIebank.test", "host.look-alike:10"},
    {"看 http://wаttlebаnk.test/", "host.look-alike:10"}, /* Cyrillic а */
    {"看 http://xn--wttlebnk-16gf.test/", "host.look-alike:10"},
    {"看 http://例子.test/", ""},
    {"看 95001888.test", "host.brand-token:4"},
    {"看 bailu56.example", "host.brand"},
    {"看 bank.test", ""},
    {"看 m.pay7.test", ""},
    {"看 192.0.2.7/x", ""},
};

START_TEST(a_host_is_told_from_a_brands)
{
    char want[128];

    hold_against(FZ_DIRECTION_MT, "phones", "13800000002", hosts[_i].text);
    snprintf(want, sizeof want, "%s%ssender.mobile", hosts[_i].want,
             hosts[_i].want[0] == '\0' ? "" : " ");
    ck_assert_msg(strcmp(found(), want) == 0, "%s: got %s, want %s",
                  hosts[_i].text, found(), want);
}
END_TEST

/* The brand is named: no coincidence of names. */
START_TEST(an_imitated_host_of_a_named_brand_is_held)
{
    hold_against(FZ_DIRECTION_MT, "phones", "13800000002",
                 "海河银行积分 haihebank-login.test");
    ck_assert_int_eq(fz_signals_find(&signals, "host.brand-affix")->weight,
                     FZ_POINTS(10.0));
}
END_TEST

/* --- facts ------------------------------------------------------------------
 */
START_TEST(facts_name_class_and_receiver)
{
    hold_against(FZ_DIRECTION_MT, "haihe-bank", "95001", "您好");
    ck_assert_int_eq(look.facts.class_, FZ_SENDER_BANK);
    ck_assert(look.facts.registered && look.facts.own_sender);
    ck_assert_uint_eq(look.facts.receiver,
                      1u << fz_senders_receiver_class(senders, "careful"));
    hold_against(FZ_DIRECTION_MT, "old-bank", "106900000102", "您好");
    ck_assert_int_eq(look.facts.class_, FZ_SENDER_UNKNOWN);
    ck_assert(!look.facts.registered);
    hold_against(FZ_DIRECTION_MT, "who", "95002", "您好");
    ck_assert_int_eq(look.facts.class_, FZ_SENDER_UNKNOWN);
    hold_against(FZ_DIRECTION_MO, "who", "13800000002", "您好");
    ck_assert_int_eq(look.facts.class_, FZ_SENDER_P2P);
}
END_TEST

START_TEST(brands_are_found_with_class_and_place)
{
    hold_against(FZ_DIRECTION_MT, "bailu", "106900000501",
                 "白鹭物流与海河银行");
    ck_assert_uint_eq(look.brand_count, 2);
    ck_assert_int_eq(look.brand[0].class_, FZ_BRAND_PARCEL);
    ck_assert(look.brand[0].owned);
    ck_assert_int_eq(look.brand[1].class_, FZ_BRAND_BANK);
    ck_assert(!look.brand[1].owned);
    ck_assert_uint_eq(look.brand[1].span.cp_from, 5);
    ck_assert_uint_eq(look.brand[1].span.cp_to, 9);
}
END_TEST

/* With brands alone nobody can be told from a thief: facts, no points. */
START_TEST(without_a_registry_nothing_has_points)
{
    load(brands, NULL);
    hold_against(FZ_DIRECTION_MT, "who", "95001",
                 "【海河银行】请登录 http://pay7.test");
    for (uint16_t i = 0; i < signals.count; i++)
        ck_assert_msg(signals.item[i].weight == 0, "%s", signals.item[i].name);
    ck_assert_ptr_nonnull(fz_signals_find(&signals, "brand.in-signature"));
    ck_assert_ptr_nonnull(fz_signals_find(&signals, "sender.protected"));
}
END_TEST

START_TEST(a_table_in_shadow_never_acts)
{
    FzSendersBuilder *builder = builder_of(FZ_RULE_SHADOW);

    ck_assert_int_eq(
        fz_senders_add_registry(builder, fz_slice_of(registry), "registry.csv"),
        FZ_OK);
    fz_senders_destroy(senders);
    senders = fz_senders_build(builder);
    fz_senders_builder_destroy(builder);
    hold_against(FZ_DIRECTION_MT, "transit", "95001", "【海河银行】您好");
    ck_assert_ptr_nonnull(fz_signals_find(&signals, "sender.spoofed"));
    for (uint16_t i = 0; i < signals.count; i++)
        ck_assert_int_eq(signals.item[i].state, FZ_RULE_SHADOW);
}
END_TEST

/* --- through judging ---------------------------------------------------------
 */
static const struct {
    const char *name, *identity, *sender, *text;
    FzAction would;
    FzDecidedBy by;
} verdicts[] = {
    {"a code of a registered sender passes whatever the score", "codes",
     "106900000309", "【石榴直播】验证码 482913 badword", FZ_ACTION_PASS,
     FZ_DECIDED_BY_CLASS},
    {"a bank's code too", "haihe-bank", "95001",
     "【海河银行】验证码 482913 badword", FZ_ACTION_PASS, FZ_DECIDED_BY_CLASS},
    {"its other messages are held", "haihe-bank", "95001",
     "【海河银行】账单 badword", FZ_ACTION_QUARANTINE, FZ_DECIDED_BY_SCORE},
    {"a code of another identity is held", "bailu", "106900000777",
     "验证码 482913 badword", FZ_ACTION_QUARANTINE, FZ_DECIDED_BY_SCORE},
    {"a spoofed sender is rejected", "bailu", "95001", "您好", FZ_ACTION_REJECT,
     FZ_DECIDED_BY_CONTRADICTION},
    {"even with a code", "codes", "95001", "验证码 482913", FZ_ACTION_REJECT,
     FZ_DECIDED_BY_CONTRADICTION},
    {"a rule for a class", "haihe-bank", "95001", "classword", FZ_ACTION_WARN,
     FZ_DECIDED_BY_SCORE},
    {"asks nobody else", "bailu", "106900000501", "classword", FZ_ACTION_PASS,
     FZ_DECIDED_BY_NOTHING},
    {"a rule for a class of receivers", "bailu", "106900000501", "careword",
     FZ_ACTION_WARN, FZ_DECIDED_BY_SCORE},
    {"a brand of a class in a phrase", "bailu", "106900000501",
     "海河银行 brandword", FZ_ACTION_WARN, FZ_DECIDED_BY_SCORE},
    {"and of no other", "bailu", "106900000501", "云港警方 brandword",
     FZ_ACTION_PASS, FZ_DECIDED_BY_NOTHING},
    {"any brand in a phrase", "bailu", "106900000501", "云港警方 anyword",
     FZ_ACTION_WARN, FZ_DECIDED_BY_SCORE},
    {"unless it owns the brand", "haihe-bank", "95001", "海河银行 ownword",
     FZ_ACTION_PASS, FZ_DECIDED_BY_NOTHING},
    {"else not", "bailu", "106900000501", "海河银行 ownword", FZ_ACTION_WARN,
     FZ_DECIDED_BY_SCORE},
};

static const char rules[] =
    "rules = (\n"
    "{ id = \"t.bad\"; phrase = \"badword\"; score = 20.0; },\n"
    "{ id = \"t.class\"; phrase = \"classword\"; score = 5.0;\n"
    "  when = { sender = \"class:bank\"; }; },\n"
    "{ id = \"t.care\"; phrase = \"careword\"; score = 5.0;\n"
    "  when = { receiver = \"class:careful\"; }; },\n"
    "{ id = \"t.brand\"; phrase = \"<brand:bank> brandword\"; score = 5.0; },\n"
    "{ id = \"t.any\"; phrase = \"<brand> anyword\"; score = 5.0; },\n"
    "{ id = \"t.own\"; all = [ \"<brand>\", \"ownword\" ]; score = 5.0;\n"
    "  none = [ \"sender.owns-brand\" ]; }\n"
    ");\n";

static FzVerdict verdict;

static void judge(FzKit *kit, const char *identity, const char *sender,
                  const char *octets)
{
    FzMessage message = {.direction = FZ_DIRECTION_MT,
                         .identity = fz_slice_of(identity),
                         .sender = fz_slice_of(sender),
                         .receiver = fz_slice_of("+86 138 0000 0001"),
                         .coding = FZ_CODING_7BIT,
                         .octets = fz_slice_of(octets),
                         .now_ms = NOW_MS};
    FzJudgeEnv env = {.ruleset = kit->ruleset,
                      .urls = tables,
                      .senders = senders,
                      .policy = fz_policy_patterns()};

    fz_judge(&message, &env, kit->scanner, &verdict);
}

START_TEST(a_verdict_hears_the_sender)
{
    FzKit kit;

    fz_kit_init(&kit, rules);
    judge(&kit, verdicts[_i].identity, verdicts[_i].sender, verdicts[_i].text);
    ck_assert_msg(
        verdict.would == verdicts[_i].would && verdict.by == verdicts[_i].by,
        "%s: %s by %s (%s), score %d", verdicts[_i].name,
        fz_action_name(verdict.would), fz_decided_by_name(verdict.by),
        verdict.decider == NULL ? "-" : verdict.decider, verdict.score);
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(a_ceiling_in_shadow_binds_nothing)
{
    FzSendersBuilder *builder = builder_of(FZ_RULE_SHADOW);
    FzKit kit;

    ck_assert_int_eq(
        fz_senders_add_registry(builder, fz_slice_of(registry), "registry.csv"),
        FZ_OK);
    fz_senders_destroy(senders);
    senders = fz_senders_build(builder);
    fz_senders_builder_destroy(builder);
    fz_kit_init(&kit, rules);
    judge(&kit, "codes", "106900000309", verdicts[0].text);
    ck_assert_int_eq(verdict.would, FZ_ACTION_QUARANTINE);
    ck_assert_int_eq(verdict.shadow_would, FZ_ACTION_PASS);
    fz_kit_clear(&kit);
}
END_TEST

/* A verdict leaves nothing behind for the next message. */
START_TEST(the_next_message_knows_nothing_of_the_last)
{
    FzKit kit;

    fz_kit_init(&kit, rules);
    judge(&kit, "haihe-bank", "95001", "classword");
    ck_assert_int_eq(verdict.would, FZ_ACTION_WARN);
    fz_senders_destroy(senders);
    senders = NULL;
    judge(&kit, "haihe-bank", "95001", "classword");
    ck_assert_int_eq(verdict.would, FZ_ACTION_PASS);
    ck_assert_int_eq(verdict.sender.class_, FZ_SENDER_UNKNOWN);
    fz_kit_clear(&kit);
}
END_TEST

/* --- what samples state -----------------------------------------------------
 */
static const char facts_stated[] =
    "rules = (\n"
    "{ id = \"t.black\"; phrase = \"gift\"; score = 5.0;\n"
    "  when = { sender = \"list:blackcard\"; };\n"
    "  match = ( { text = \"gift\"; sender = \"10690\";\n"
    "              lists = [ \"sender:10690 block blackcard\" ]; } );\n"
    "  nomatch = ( { text = \"gift\"; sender = \"10690\"; },\n"
    "              { text = \"gift\"; sender = \"10691\";\n"
    "                lists = [ \"sender:10690 block blackcard\" ]; },\n"
    "              { text = \"gift\"; sender = \"10690\";\n"
    "                lists = [ \"sender:10690 block spam\" ]; } ); },\n"
    "{ id = \"t.link\"; score = 5.0;\n"
    "  expr = \"list.block.phishing & url.any\";\n"
    "  match = ( { text = \"see http://bad.example/\";\n"
    "              lists = \"host:bad.example block phishing\"; } );\n"
    "  nomatch = ( { text = \"see http://bad.example/\";\n"
    "                lists = \"host:bad.example allow\"; } ); },\n"
    "{ id = \"t.own\"; all = [ \"points\" ]; score = 5.0;\n"
    "  none = [ \"sender.owns-brand\" ];\n"
    "  match = ( \"points\", { text = \"points\"; owns-brand = \"no\"; } );\n"
    "  nomatch = ( { text = \"points\"; owns-brand = \"yes\"; } ); },\n"
    "{ id = \"t.bank\"; phrase = \"card\"; score = 5.0;\n"
    "  when = { identity = \"class:bank\"; };\n"
    "  match = ( { text = \"card\"; class = \"bank\"; } );\n"
    "  nomatch = ( \"card\", { text = \"card\"; class = \"code\"; } ); }\n"
    ");\n";

static void tell_failure(void *ctx, const FzCaseResult *result)
{
    (void)ctx;
    if (!result->ok)
        fprintf(stderr, "line %u: %s\n", result->sample->line, result->why);
}

START_TEST(what_a_sample_states_is_obeyed)
{
    FzCaseCounts counts;
    FzKit kit;

    fz_kit_init(&kit, facts_stated);
    ck_assert_int_eq(
        fz_cases_run(kit.ruleset, NOW_MS, tell_failure, NULL, &counts), FZ_OK);
    ck_assert_uint_eq(counts.run, 12);
    ck_assert_uint_eq(counts.failed, 0);
    fz_kit_clear(&kit);
}
END_TEST

/* --- codes and lines that browsers read --------------------------------------
 */
static const struct {
    const char *text, *want;
} origins[] = {
    {"code 1234\n@a.example #1234", "a.example"},
    {"code 1234 @a.example #1234", "a.example"},
    {"@a.example #1234", "a.example"},
    {"mail me@a.example #1234", NULL},
    {"@a.example #1234 and more", "a.example"},
    {"@a.example 1234", NULL},
    {"#1", NULL},
};

START_TEST(the_host_of_a_bound_code_is_found)
{
    const char *it = origins[_i].text, *want = origins[_i].want;
    FzPlace place;
    bool there =
        fz_claims_origin((const uint8_t *)it, (uint32_t)strlen(it), &place);

    ck_assert_msg(there == (want != NULL), "%s", it);
    if (there)
        ck_assert_msg(
            fz_slice_is(fz_slice(it + place.from, place.to - place.from), want),
            "%s", it);
}
END_TEST

static const struct {
    const char *sender, *forms[FZ_SENDER_FORMS];
} written[] = {
    {"13800000001", {"+8613800000001", "8613800000001", "13800000001"}},
    {"+86 138-0000-0001", {"+8613800000001", "8613800000001", "13800000001"}},
    {"008613800000001", {"+8613800000001", "8613800000001", "13800000001"}},
    {"8613800000001", {"+8613800000001", "8613800000001", "13800000001"}},
    {"+447700900123", {"+447700900123", "447700900123", "00447700900123"}},
    {"95001", {NULL}},
    {"106900000501", {NULL}},
    {"WattleBank", {NULL}},
    {"", {NULL}},
};

START_TEST(a_phones_number_has_several_forms)
{
    char forms[FZ_SENDER_FORMS][FZ_SENDER_FORM_OCTETS];
    uint32_t count =
        fz_sender_forms(fz_slice_of(written[_i].sender), "86", forms);

    ck_assert_uint_eq(count,
                      written[_i].forms[0] == NULL ? 0 : FZ_SENDER_FORMS);
    for (uint32_t i = 0; i < count; i++)
        ck_assert_str_eq(forms[i], written[_i].forms[i]);
}
END_TEST

/* Every octet at every place of numbers of every length: digits are looked at
 * eight at a time. */
START_TEST(what_only_looks_like_a_digit_is_none)
{
    for (size_t octets = 1; octets <= 20; octets++)
        for (size_t at = 0; at < octets; at++)
            for (int octet = 0; octet < 256; octet++) {
                bool name = octet >= 0x80 || (octet >= 'A' && octet <= 'Z') ||
                            (octet >= 'a' && octet <= 'z');
                uint8_t sender[20], expected[20];
                FzSenderAddress address;
                uint32_t count = 0;

                for (size_t i = 0; i < octets; i++)
                    sender[i] = (uint8_t)('9' - i % 7);
                sender[at] = (uint8_t)octet;
                for (size_t i = 0; i < octets; i++) {
                    uint8_t c = sender[i];

                    if (name && c >= 'A' && c <= 'Z')
                        c |= 0x20;
                    if (name || (c >= '0' && c <= '9'))
                        expected[count++] = c;
                }
                fz_sender_canonical(fz_slice(sender, octets), "86", &address);
                ck_assert_int_eq(address.shape == FZ_SHAPE_NAME, name);
                ck_assert_uint_eq(address.octets, count);
                ck_assert_int_eq(memcmp(address.text, expected, count), 0);
            }
}
END_TEST

/* --- names
 * --------------------------------------------------------------------
 */
static bool any(const void *ctx, uint32_t item)
{
    (void)ctx, (void)item;
    return true;
}

/* Of all places where names were found. */
typedef struct Sum {
    uint64_t places;
    uint32_t count, last;
} Sum;

static bool sum_up(void *ctx, uint32_t item, uint32_t from, uint32_t to)
{
    Sum *sum = ctx;

    ck_assert_uint_le(sum->last, from);
    sum->last = from;
    sum->count++;
    sum->places += (uint64_t)(item + 1) * 0x9E3779B1u * (from + 7) ^ to;
    return true;
}

static bool is_word_octet(char octet)
{
    return (octet >= 'a' && octet <= 'z') || (octet >= '0' && octet <= '9');
}

/* In texts of all lengths around those that are looked at together. */
START_TEST(names_are_found_where_they_stand)
{
    static const char *const name[] = {"abc", "bca",    "银行", "海河银行",
                                       "a1b", "abcabc", "-ab",  "行ab"};
    static const char *const piece[] = {"abc", "a", "银", "行", "海河", " ",
                                        "-",   "1", "b",  "ca", "é",    "🐧"};
    bool wide = fz_cpu_is_wide;
    uint32_t random = 1, most = 0;
    FzNames names;

    fz_names_init(&names);
    for (uint32_t i = 0; i < COUNT(name); i++)
        fz_names_add(&names, fz_slice_of(name[i]), i, false);
    fz_names_seal(&names, FZ_NAMES_IN_TEXT);
    for (uint32_t tries = 0; tries < 4000; tries++) {
        FzNamesPlace place =
            tries % 2 == 0 ? FZ_NAMES_AS_WORDS : FZ_NAMES_ANYWHERE;
        Sum sum[3] = {{0, 0, 0}, {0, 0, 0}, {0, 0, 0}};
        FzBuf buf = FZ_BUF_INIT;

        for (uint32_t i = 0; i <= tries % 90; i++) {
            random = random * 1664525 + 1013904223;
            fz_buf_append_text(&buf, piece[(random >> 16) % COUNT(piece)]);
        }
        for (uint32_t at = 0; at < buf.octets; at++)
            for (uint32_t i = 0; i < COUNT(name); i++) {
                size_t octets = strlen(name[i]);
                const char *here = (const char *)buf.data + at;

                if (buf.octets - at >= octets &&
                    memcmp(here, name[i], octets) == 0 &&
                    !(place == FZ_NAMES_AS_WORDS && at > 0 &&
                      is_word_octet(here[0]) && is_word_octet(here[-1])))
                    sum_up(&sum[0], i, at, at + (uint32_t)octets);
            }
        for (int form = 1; form < 3; form++) {
            uint8_t *exact = fz_malloc(buf.octets); /* nothing behind it */

            fz_cpu_is_wide = wide && form == 1;
            memcpy(exact, buf.data, buf.octets);
            fz_names_scan(&names, place, exact, (uint32_t)buf.octets, sum_up,
                          &sum[form]);
            ck_assert_uint_eq(sum[form].count, sum[0].count);
            ck_assert(sum[form].places == sum[0].places);
            fz_free(exact);
        }
        most = sum[0].count > most ? sum[0].count : most;
        fz_buf_clear(&buf);
    }
    ck_assert_uint_gt(most, 10);
    fz_cpu_is_wide = wide;
    fz_names_clear(&names);
}
END_TEST

static const struct {
    const char *text;
    bool near;
} nearness[] = {
    {"wattlebank", false}, {"wattlebnak", true}, {"wattleban", true},
    {"wattlebankk", true}, {"wattlebonk", true}, {"attlebank", true},
    {"wattlebkna", false}, {"wattlbnk", false},  {"wattlebankxx", false},
    {"xwattlebank", true}, {"watlebank", true},  {"", false},
};

START_TEST(one_edit_is_near)
{
    FzNames names;

    fz_names_init(&names);
    for (uint32_t i = 0; i < 500; i++) /* beyond the first size */
        fz_names_add(&names, fz_slice_of("pad"), i, false);
    fz_names_add(&names, fz_slice_of("wattlebank"), 7, true);
    fz_names_seal(&names, FZ_NAMES_NEAR);
    ck_assert_msg((fz_names_near(&names, fz_slice_of(nearness[_i].text), any,
                                 NULL) != FZ_NO_NAME) == nearness[_i].near,
                  "%s", nearness[_i].text);
    ck_assert_uint_ne(fz_names_find(&names, fz_slice_of("wattlebank")),
                      FZ_NO_NAME);
    ck_assert_uint_eq(fz_names_find(&names, fz_slice_of("wattle")), FZ_NO_NAME);
    fz_names_clear(&names);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sender");
    TCase *tc = tcase_create("sender");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, a_message_is_held_against_the_table, 0,
                        COUNT(messages));
    tcase_add_loop_test(tc, a_host_is_told_from_a_brands, 0, COUNT(hosts));
    tcase_add_test(tc, an_imitated_host_of_a_named_brand_is_held);
    tcase_add_test(tc, facts_name_class_and_receiver);
    tcase_add_test(tc, brands_are_found_with_class_and_place);
    tcase_add_test(tc, without_a_registry_nothing_has_points);
    tcase_add_test(tc, a_table_in_shadow_never_acts);
    tcase_add_loop_test(tc, a_verdict_hears_the_sender, 0, COUNT(verdicts));
    tcase_add_test(tc, a_ceiling_in_shadow_binds_nothing);
    tcase_add_test(tc, what_a_sample_states_is_obeyed);
    tcase_add_test(tc, the_next_message_knows_nothing_of_the_last);
    tcase_add_loop_test(tc, the_host_of_a_bound_code_is_found, 0,
                        COUNT(origins));
    tcase_add_loop_test(tc, a_phones_number_has_several_forms, 0,
                        COUNT(written));
    tcase_add_test(tc, what_only_looks_like_a_digit_is_none);
    tcase_add_test(tc, names_are_found_where_they_stand);
    tcase_add_loop_test(tc, one_edit_is_near, 0, COUNT(nearness));
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
