/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a rule is asked, beside its phrase: conditions, states, views.
 */
#include "config.h"

#include "base/buf.h"
#include "engine/decode/decode.h"
#include "engine/rules/matchdb.h"
#include "engine/rules/scanner.h"
#include "tests/rulekit.h"

#include <stdio.h>
#include <stdlib.h>

/* --- rules that are more than a phrase ------------------------------------ */
static const struct {
    const char *name, *rule, *text;
    int spans; /* -1: no match */
    FzSpan span[FZ_SIGNAL_SPANS];
} kinds[] = {
    /* all, in any order */
    {"all of them",
     "all = [ \"aa\", \"bb\" ];",
     "aa x bb",
     2,
     {{0, 2}, {5, 7}}},
    {"in any order",
     "all = [ \"aa\", \"bb\" ];",
     "bb x aa",
     2,
     {{0, 2}, {5, 7}}},
    {"not one without the other",
     "all = [ \"aa\", \"bb\" ];",
     "aa x aa",
     -1,
     {{0, 0}}},
    {"of five places four are kept",
     "all = [ \"aa\", \"bb\", \"cc\", \"dd\", \"ee\" ];",
     "ee dd cc bb aa",
     4,
     {{0, 2}, {3, 5}, {6, 8}, {9, 11}}},
    {"phrases with gaps",
     "all = [ \"aa ~2 bb\", \"cc\" ];",
     "cc aa x bb",
     -1,
     {{0, 0}}},
    {"phrases with gaps that hold",
     "all = [ \"aa ~3 bb\", \"cc\" ];",
     "cc aa x bb",
     2,
     {{0, 2}, {3, 10}}},
    {"the same place may serve twice",
     "all = [ \"aa\", \"(aa|bb)\" ];",
     "aa",
     2,
     {{0, 2}, {0, 2}}},

    /* within */
    {"within its width",
     "all = [ \"aa\", \"bb\" ]; within = 6;",
     "aa  bb",
     2,
     {{0, 2}, {4, 6}}},
    {"within one less",
     "all = [ \"aa\", \"bb\" ]; within = 4;",
     "aa x bb",
     -1,
     {{0, 0}}},
    {"within, of several choices the near one",
     "all = [ \"aa\", \"bb\" ]; within = 5;",
     "aa x x x bb aa",
     2,
     {{9, 11}, {12, 14}}},
    {"within, the first that fits",
     "all = [ \"aa\", \"bb\", \"cc\" ]; within = 8;",
     "aa x x bb cc aa x x x bb aa cc",
     3,
     {{7, 9}, {10, 12}, {13, 15}}},
    {"within counts characters",
     "all = [ \"安全\", \"账户\" ]; within = 6;",
     "安全😀😀账户",
     2,
     {{0, 2}, {4, 6}}},
    {"within, beyond the nearest match of a phrase",
     "all = [ \"aa\", \"bb ~9 cc\" ]; within = 12;",
     "bb cc x x x bb x cc aa",
     2,
     {{12, 19}, {20, 22}}},

    /* none */
    {"none of these",
     "phrase = \"aa\"; none = [ \"bb\" ];",
     "aa x bb",
     -1,
     {{0, 0}}},
    {"none of these, and none is there",
     "phrase = \"aa\"; none = [ \"bb\" ];",
     "aa x b",
     1,
     {{0, 2}}},
    {"none, as a phrase",
     "phrase = \"aa\"; none = [ \"bb ~2 cc\" ];",
     "aa bb xx cc",
     1,
     {{0, 2}}},
    {"none of several",
     "phrase = \"aa\"; none = [ \"bb\", \"cc\" ];",
     "aa cc",
     -1,
     {{0, 0}}},
    {"all and none",
     "all = [ \"aa\", \"bb\" ]; none = [ \"cc\" ];",
     "aa bb",
     2,
     {{0, 2}, {3, 5}}},

    /* facts */
    {"a signal that must be there",
     "all = [ \"weixin\", \"text.truncated\" ];",
     "weixin",
     -1,
     {{0, 0}}},
    {"a signal that must not",
     "phrase = \"weixin\"; none = [ \"text.truncated\" ];",
     "weixin",
     1,
     {{0, 6}}},

    /* regexes */
    {"a regex", "regex = \"ab+c\";", "x abbbc y", 1, {{2, 7}}},
    {"a regex that does not match",
     "regex = \"ab+c\";",
     "x ac y",
     -1,
     {{0, 0}}},
    {"a regex is asked of the folded view",
     "regex = \"abc\";",
     "x ＡＢＣ",
     1,
     {{2, 5}}},
    {"a regex over a line break of the raw view",
     "regex = \"a.b\"; view = \"raw\";",
     "a\nb",
     1,
     {{0, 3}}},
    {"a regex in Han",
     "regex = \"转账.{0,3}账户\";",
     "请转账到安全账户",
     1,
     {{1, 8}}},
    {"a regex counts characters",
     "regex = \"转账.{0,2}账户\";",
     "请转账到安全账户",
     -1,
     {{0, 0}}},
    {"a regex and none",
     "regex = \"ab+c\"; none = [ \"xy\" ];",
     "abc xy",
     -1,
     {{0, 0}}},
    {"a regex and none that is not there",
     "regex = \"ab+c\"; none = [ \"xy\" ];",
     "abc x",
     1,
     {{0, 3}}},
    {"a regex with groups", "regex = \"(a|b)(c|d)\";", "xbd", 1, {{1, 3}}},

    /* no word to begin with */
    {"digits alone", "phrase = \"#6\";", "x 123456", 1, {{2, 8}}},
    {"digits alone, not there", "phrase = \"#6\";", "x 12345", -1, {{0, 0}}},

    /* views */
    {"the raw view keeps case",
     "phrase = \"AbC\"; view = \"raw\";",
     "x AbC",
     1,
     {{2, 5}}},
    {"the raw view keeps case, so abc is another",
     "phrase = \"AbC\"; view = \"raw\";",
     "x abc",
     -1,
     {{0, 0}}},
    {"a skeleton rule is asked of the folded view too",
     "phrase = \"paypal\"; view = \"skeleton\";",
     "my paypal",
     1,
     {{3, 9}}},
    {"a skeleton rule finds what looks alike",
     "phrase = \"paypal\"; view = \"skeleton\";",
     "my p\xD0\xB0ypal",
     1,
     {{3, 9}}},
    {"a folded rule does not",
     "phrase = \"paypal\";",
     "my p\xD0\xB0ypal",
     -1,
     {{0, 0}}},
    {"a despaced rule finds what was pulled apart",
     "phrase = \"安全账户\"; view = \"despaced\";",
     "转到安 全-账·户吧",
     1,
     {{2, 9}}},
    {"a folded rule does not find that",
     "phrase = \"安全账户\";",
     "转到安 全-账·户吧",
     -1,
     {{0, 0}}},
    {"Latin letters pulled apart",
     "phrase = \"refund\"; view = \"despaced\";",
     "r.e.f.u.n.d here",
     1,
     {{0, 11}}},
    {"the digits view finds disguised digits",
     "phrase = \"#11\"; view = \"digits\";",
     "加1三8零零1②345六",
     1,
     {{1, 12}}},
    {"the digits view parts runs at other words",
     "phrase = \"#11\"; view = \"digits\";",
     "138000和12345",
     -1,
     {{0, 0}}},
    {"a despaced rule is asked of the folded view too",
     "phrase = \"安全账户\"; view = \"despaced\";",
     "转到安全账户",
     1,
     {{2, 6}}},
};

START_TEST(a_rule_means)
{
    char rules[512];
    const FzSignal *hit;
    FzKit kit;

    snprintf(rules, sizeof rules, "rules = ( { id = \"r\"; %s } );",
             kinds[_i].rule);
    fz_kit_init(&kit, rules);
    ck_assert_int_eq(fz_kit_scan(&kit, kinds[_i].text), 0);
    hit = fz_kit_hit(&kit, "r");
    ck_assert_msg((hit == NULL) == (kinds[_i].spans < 0), "%s: %s",
                  kinds[_i].name, hit == NULL ? "no match" : "a match");
    if (hit != NULL) {
        ck_assert_msg(hit->span_count == kinds[_i].spans, "%s: %d spans",
                      kinds[_i].name, hit->span_count);
        for (int s = 0; s < hit->span_count; s++)
            ck_assert_msg(hit->spans[s].cp_from == kinds[_i].span[s].cp_from &&
                              hit->spans[s].cp_to == kinds[_i].span[s].cp_to,
                          "%s: span %d is %u..%u", kinds[_i].name, s,
                          hit->spans[s].cp_from, hit->spans[s].cp_to);
    }
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(a_signal_says_what_its_rule_says)
{
    const FzSignal *hit;
    FzKit kit;

    fz_kit_init(&kit, "rules = ( { id = \"r\"; rev = 3; phrase = \"abc\";"
                      " score = 6.5; group = \"g\"; action = \"warn\"; } );");
    fz_kit_scan(&kit, "xx abc");
    hit = fz_kit_hit(&kit, "r");
    ck_assert_ptr_nonnull(hit);
    ck_assert_int_eq(hit->rule, 0);
    ck_assert_uint_eq(hit->rev, 3);
    ck_assert_int_eq(hit->state, FZ_RULE_ACTIVE);
    ck_assert_int_eq(hit->weight, 650);
    ck_assert_int_eq(hit->action, FZ_RULE_WARN);
    ck_assert_str_eq(hit->group, "g");
    ck_assert_int_eq(hit->view, FZ_VIEW_FOLDED);
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(rules_are_reported_in_the_order_of_their_ids)
{
    FzKit kit;

    fz_kit_init(&kit, "rules = ( { id = \"c\"; phrase = \"one\"; },"
                      "{ id = \"a\"; phrase = \"two\"; },"
                      "{ id = \"b\"; regex = \"thr[e]+\"; } );");
    fz_kit_scan(&kit, "three one two");
    ck_assert_int_eq(kit.signals.count, 3);
    ck_assert_str_eq(kit.signals.item[0].name, "a");
    ck_assert_str_eq(kit.signals.item[1].name, "b");
    ck_assert_str_eq(kit.signals.item[2].name, "c");
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(a_fact_is_told_beside_the_rule_that_asks_for_it)
{
    FzText *text;
    FzKit kit;

    fz_kit_init(&kit, "rules = ( { id = \"r\";"
                      " all = [ \"abc\", \"text.truncated\" ]; } );");
    fz_kit_scan(&kit, "abc");
    ck_assert_int_eq(kit.signals.count, 0);
    text = fz_scanner_text(kit.scanner);
    text->flags |= FZ_TEXT_TRUNCATED;
    fz_signals_reset(&kit.signals);
    fz_ruleset_scan(kit.ruleset, NULL, &kit.message, kit.scanner, &kit.signals);
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "r"));
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "text.truncated"));
    ck_assert_int_eq(fz_kit_hit(&kit, "text.truncated")->rule, -1);
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(a_signal_of_others_is_a_fact)
{
    FzSignal other = {.name = "text.bidi", .rule = -1};
    FzKit kit;

    fz_kit_init(&kit, "rules = ( { id = \"r\";"
                      " all = [ \"abc\", \"text.bidi\" ]; } );");
    fz_kit_scan(&kit, "abc");
    ck_assert_int_eq(kit.signals.count, 0);
    fz_signals_add(&kit.signals, &other);
    fz_ruleset_scan(kit.ruleset, NULL, &kit.message, kit.scanner, &kit.signals);
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "r"));
    ck_assert_int_eq(kit.signals.count, 2); /* it is not told twice */
    fz_kit_clear(&kit);
}
END_TEST

/* --- tokens --------------------------------------------------------------- */

START_TEST(a_token_is_found_where_extraction_saw_it)
{
    static const struct {
        const char *text, *phrase;
        FzSpan token;
        int from, to;
    } tokens[] = {
        {"点击 t.example/x 登录", "点击 <url>", {3, 14}, 0, 14},
        {"点击 t.example/x 登录", "<url> ~1 登录", {3, 14}, 3, 17},
        {"点击 t.example/x 登录", "<tel>", {3, 14}, -1, -1},
        {"点击 t.example/x 登录", "点击 (<tel>|<url>)", {3, 14}, 0, 14},
        {"点击 t.example/x 登录", "点击 (<tel>|t.example)", {20, 20}, 0, 12},
        {"点　击\xE2\x80\x8B"
         "ab",
         "<url>",
         {4, 6},
         4,
         6},
    };
    for (size_t i = 0; i < COUNT(tokens); i++) {
        const FzSignal *hit;
        char rules[256];
        FzKit kit;

        snprintf(rules, sizeof rules,
                 "rules = ( { id = \"r\"; phrase = \"%s\"; } );",
                 tokens[i].phrase);
        fz_kit_init(&kit, rules);
        fz_tokens_answer(fz_scanner_tokens(kit.scanner), UINT16_MAX);
        if (tokens[i].token.cp_from < tokens[i].token.cp_to)
            fz_tokens_add(fz_scanner_tokens(kit.scanner), FZ_ENTITY_URL,
                          tokens[i].token);
        ck_assert_int_eq(fz_kit_scan(&kit, tokens[i].text), 0);
        hit = fz_kit_hit(&kit, "r");
        ck_assert_msg((hit != NULL) == (tokens[i].from >= 0), "%s in %s",
                      tokens[i].phrase, tokens[i].text);
        if (hit != NULL)
            ck_assert_msg(hit->spans[0].cp_from == tokens[i].from &&
                              hit->spans[0].cp_to == tokens[i].to,
                          "%s in %s: %u..%u", tokens[i].phrase, tokens[i].text,
                          hit->spans[0].cp_from, hit->spans[0].cp_to);
        /* the next message has none of them */
        ck_assert_int_eq(fz_scanner_tokens(kit.scanner)->count, 0);
        fz_kit_clear(&kit);
    }
}
END_TEST

/* --- conditions ----------------------------------------------------------- */
static const struct {
    const char *name, *when;
    const char *sender, *identity;
    FzDirection direction;
    bool holds;
} whens[] = {
    {"no condition", "", NULL, NULL, FZ_DIRECTION_MT, true},
    {"an exact value", "sender = \"106\";", "106", NULL, 0, true},
    {"another value", "sender = \"106\";", "1061", NULL, 0, false},
    {"no value at all", "sender = \"106\";", NULL, NULL, 0, false},
    {"a prefix", "sender = \"prefix:106\";", "1061", NULL, 0, true},
    {"a prefix that is the value", "sender = \"prefix:106\";", "106", NULL, 0,
     true},
    {"a prefix that is not", "sender = \"prefix:106\";", "107", NULL, 0, false},
    {"not a value", "sender = \"!106\";", "106", NULL, 0, false},
    {"not a value, and it is another", "sender = \"!106\";", "107", NULL, 0,
     true},
    {"not a value, and there is none", "sender = \"!106\";", NULL, NULL, 0,
     true},
    {"one of several", "sender = [ \"1\", \"2\" ];", "2", NULL, 0, true},
    {"none of several", "sender = [ \"1\", \"2\" ];", "3", NULL, 0, false},
    {"a prefix but not one value", "sender = [ \"prefix:1\", \"!12\" ];", "13",
     NULL, 0, true},
    {"a prefix but just that value", "sender = [ \"prefix:1\", \"!12\" ];",
     "12", NULL, 0, false},
    {"not a prefix", "sender = \"!prefix:1\";", "12", NULL, 0, false},
    {"two fields", "sender = \"1\"; identity = \"a\";", "1", "a", 0, true},
    {"two fields, one of them", "sender = \"1\"; identity = \"a\";", "1", "b",
     0, false},
    {"a direction", "direction = \"mo\";", NULL, NULL, FZ_DIRECTION_MO, true},
    {"another direction", "direction = \"mo\";", NULL, NULL, FZ_DIRECTION_MT,
     false},
};

START_TEST(when_says_which_messages)
{
    static const char *const shapes[] = {"phrase = \"abc\";",
                                         "regex = \"ab[c]\";",
                                         "all = [ \"abc\", \"xyz\" ];"};

    for (size_t s = 0; s < COUNT(shapes); s++) {
        char rules[256];
        FzKit kit;

        snprintf(rules, sizeof rules,
                 "rules = ( { id = \"r\"; %s when = { %s }; } );", shapes[s],
                 whens[_i].when);
        fz_kit_init(&kit, rules);
        kit.message.sender = fz_slice_of(whens[_i].sender);
        kit.message.identity = fz_slice_of(whens[_i].identity);
        kit.message.direction = whens[_i].direction;
        fz_kit_scan(&kit, "abc xyz");
        ck_assert_msg((kit.signals.count == 1) == whens[_i].holds, "%s",
                      whens[_i].name);
        fz_kit_clear(&kit);
    }
}
END_TEST

START_TEST(when_knows_every_field)
{
    static const char *const fields[] = {"identity", "boxc", "smsc", "sender",
                                         "receiver"};

    for (size_t i = 0; i < COUNT(fields); i++) {
        FzSlice *slice[5];
        char rules[256];
        FzKit kit;

        snprintf(rules, sizeof rules,
                 "rules = ( { id = \"r\"; phrase = \"abc\";"
                 " when = { %s = \"here\"; }; } );",
                 fields[i]);
        fz_kit_init(&kit, rules);
        slice[0] = &kit.message.identity;
        slice[1] = &kit.message.boxc;
        slice[2] = &kit.message.smsc;
        slice[3] = &kit.message.sender;
        slice[4] = &kit.message.receiver;
        for (size_t f = 0; f < COUNT(fields); f++) {
            *slice[f] = fz_slice_of("here");
            fz_kit_scan(&kit, "abc");
            ck_assert_msg((kit.signals.count == 1) == (f == i), "%s, %s",
                          fields[i], fields[f]);
            *slice[f] = fz_slice_of("there");
        }
        fz_kit_clear(&kit);
    }
}
END_TEST

START_TEST(a_rule_ends_with_its_last_day)
{
    FzKit kit;

    fz_kit_init(&kit, "rules = ( { id = \"r\"; phrase = \"abc\";"
                      " expires = \"2027-06-30\"; } );");
    kit.message.now_ms = 1814400000000 - 1;
    fz_kit_scan(&kit, "abc");
    ck_assert_int_eq(kit.signals.count, 1);
    kit.message.now_ms = 1814400000000;
    fz_kit_scan(&kit, "abc");
    ck_assert_int_eq(kit.signals.count, 0);
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(controls_have_the_last_word_on_states)
{
    FzRuleControls controls;
    FzKit kit;

    fz_kit_init(&kit, "rules = ( { id = \"a\"; phrase = \"abc\"; },"
                      "{ id = \"b\"; phrase = \"abc\"; state = \"shadow\"; },"
                      "{ id = \"c\"; phrase = \"abc\"; } );");
    fz_rule_controls_init(&controls, kit.ruleset);
    ck_assert_uint_eq(controls.count, 3);
    kit.controls = &controls;
    fz_kit_scan(&kit, "abc");
    ck_assert_int_eq(fz_kit_hit(&kit, "a")->state, FZ_RULE_ACTIVE);
    ck_assert_int_eq(fz_kit_hit(&kit, "b")->state, FZ_RULE_SHADOW);
    atomic_store(&controls.state[0], FZ_RULE_SHADOW);  /* the brake */
    atomic_store(&controls.state[1], FZ_RULE_ACTIVE);  /* a promotion */
    atomic_store(&controls.state[2], FZ_RULE_RETIRED); /* switched off */
    fz_kit_scan(&kit, "abc");
    ck_assert_int_eq(fz_kit_hit(&kit, "a")->state, FZ_RULE_SHADOW);
    ck_assert_int_eq(fz_kit_hit(&kit, "b")->state, FZ_RULE_ACTIVE);
    ck_assert_ptr_null(fz_kit_hit(&kit, "c"));
    fz_rule_controls_clear(&controls);
    fz_kit_clear(&kit);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scan");
    TCase *tc = tcase_create("scan");

    tcase_add_loop_test(tc, a_rule_means, 0, COUNT(kinds));
    tcase_add_test(tc, a_signal_says_what_its_rule_says);
    tcase_add_test(tc, rules_are_reported_in_the_order_of_their_ids);
    tcase_add_test(tc, a_fact_is_told_beside_the_rule_that_asks_for_it);
    tcase_add_test(tc, a_signal_of_others_is_a_fact);
    tcase_add_test(tc, a_token_is_found_where_extraction_saw_it);
    tcase_add_loop_test(tc, when_says_which_messages, 0, COUNT(whens));
    tcase_add_test(tc, when_knows_every_field);
    tcase_add_test(tc, a_rule_ends_with_its_last_day);
    tcase_add_test(tc, controls_have_the_last_word_on_states);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
