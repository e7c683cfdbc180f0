/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What loads and still looks wrong.
 */
#include "config.h"

#include "base/buf.h"
#include "engine/rules/lint.h"
#include "tests/rulekit.h"

#include <stdio.h>

/* A rule that nothing is wrong with, but for what a row adds. */
#define R(id, body) "{ id = \"" id "\"; score = 2.0; match = \"m\"; " body " }"

static const struct {
    const char *name, *rules, *rule, *part; /* part NULL: nothing is found */
} rows[] = {
    {"nothing wrong", R("a", "phrase = \"公安局 ~9 安全账户\";"), "", NULL},
    {"no sample", "{ id = \"a\"; score = 2.0; phrase = \"公安局安全\"; }", "a",
     "no sample and no case"},
    {"no sample in a draft",
     "{ id = \"a\"; score = 2.0; phrase = \"公安局安全\"; state = \"draft\"; }",
     "a", "no sample and no case"},
    {"a retired rule needs none",
     "{ id = \"a\"; score = 2.0; phrase = \"公安局安全\"; state = \"retired\"; "
     "}",
     "", NULL},
    {"it says nothing",
     "{ id = \"a\"; match = \"m\"; phrase = \"公安局安全\"; }", "a",
     "it says nothing"},
    {"it has an action",
     "{ id = \"a\"; match = \"m\"; phrase = \"公安局安全\"; action = \"warn\"; "
     "}",
     "", NULL},
    {"an expr names it",
     "{ id = \"a\"; match = \"m\"; phrase = \"公安局安全\"; }, " R(
         "b", "expr = \"a\";"),
     "", NULL},

    {"a kind of fraud that is none",
     R("a", "phrase = \"公安局安全\"; scam_class = \"parcle\";"), "a",
     "`parcle' is no kind of fraud of the list (did you mean `parcel'"},
    {"a kind of fraud",
     R("a", "phrase = \"公安局安全\"; scam_class = \"parcel\";"), "", NULL},

    /* how much text */
    {"three Han", R("a", "phrase = \"公安局\";"), "a",
     "too broad: 3 Han characters and 0 letters"},
    {"four Han", R("a", "phrase = \"公安 ~9 账户\";"), "", NULL},
    {"five letters", R("a", "phrase = \"click\";"), "a",
     "too broad: 0 Han characters and 5 letters"},
    {"six letters", R("a", "phrase = \"refund\";"), "", NULL},
    {"two Han and three letters", R("a", "phrase = \"账户 ~3 usd\";"), "",
     NULL},
    {"the shortest alternative counts",
     R("a", "phrase = \"(公安局安全|账户)\";"), "a", "too broad: 2 Han"},
    {"digits are another condition", R("a", "phrase = \"账户 ~9 #4\";"), "",
     NULL},
    {"a link is another condition", R("a", "phrase = \"账户 ~9 <url>\";"), "",
     NULL},
    {"all of it counts", R("a", "all = [ \"公安\", \"账户\" ];"), "", NULL},
    {"a condition", R("a", "phrase = \"账户\"; when = { sender = \"1\"; };"),
     "", NULL},
    {"points off are no danger",
     "{ id = \"a\"; score = -2.0; match = \"m\"; phrase = \"账户\"; }", "",
     NULL},

    {"three characters of a regex", R("a", "regex = \"账户|安全账户\";"), "a",
     "too broad: 2 characters are enough for the regex"},
    {"five letters of a regex", R("a", "regex = \"click|refund\";"), "a",
     "too broad: 5 characters"},
    {"enough of a regex", R("a", "regex = \"账户[0-9]+号|refunds\";"), "",
     NULL},
    {"a regex and a condition",
     R("a", "regex = \"账户\"; when = { sender = \"1\"; };"), "", NULL},
    {"a regex without points",
     "{ id = \"a\"; match = \"m\"; regex = \"账户\"; }, " R(
         "b", "expr = \"a & text.han\";"),
     "", NULL},

    /* the same */
    {"the same phrase twice",
     R("a", "phrase = \"公安局 ~9 账户\";") ", " R(
         "b", "phrase = \"公安局  ~9 账户\";"),
     "b", "it means the same as `a'"},
    {"alternatives in another order",
     R("a", "phrase = \"(公安局|检察院) ~9 账户\";") ", " R(
         "b", "phrase = \"(检察院|公安局) ~9 账户\";"),
     "b", "it means the same as `a'"},
    {"a group and its words",
     R("a", "phrase = \"<two> ~9 账户\";") ", " R(
         "b", "phrase = \"(检察院|公安局) ~9 账户\";"),
     "b", "it means the same as `a'"},
    {"another gap",
     "{ id = \"a\"; score = 1.0; match = \"m\"; phrase = \"公安局 ~8 账户\"; "
     "}, " R("b", "phrase = \"公安局 ~9 账户\";"),
     "a", "whatever it matches, `b' matches"},
    {"the same phrase for other senders",
     R("a", "phrase = \"公安局账户\"; when = { sender = \"1\"; };") ", " R(
         "b", "phrase = \"公安局账户\"; when = { sender = \"2\"; };"),
     "", NULL},
    {"the same phrase in another view",
     R("a", "phrase = \"公安局账户\";") ", " R(
         "b", "phrase = \"公安局账户\"; view = \"raw\";"),
     "", NULL},
    {"the same phrases in another order",
     R("a", "all = [ \"公安局账户\", \"转账\" ];") ", " R(
         "b", "all = [ \"转账\", \"公安局账户\" ];"),
     "b", "it means the same as `a'"},
    {"the same phrases, none of others",
     R("a", "all = [ \"公安局账户\", \"转账\" ]; none = [ \"谨防\", \"诈骗\" "
            "];") ", " R(
         "b",
         "all = [ \"转账\", \"公安局账户\" ]; none = [ \"诈骗\", \"谨防\" ];"),
     "b", "it means the same as `a'"},
    {"what one wants the other must not have",
     R("a", "all = [ \"公安局账户\" ]; none = [ \"转账汇款\" ];") ", " R(
         "b", "all = [ \"转账汇款\" ]; none = [ \"公安局账户\" ];"),
     "", NULL},
    {"the same regex twice",
     R("a", "regex = \"公安局[0-9]账户\";") ", " R(
         "b", "regex = \"公安局[0-9]账户\";"),
     "b", "it means the same as `a'"},
    {"another regex",
     R("a", "regex = \"公安局[0-9]账户\";") ", " R(
         "b", "regex = \"公安局[0-8]账户\";"),
     "", NULL},
    {"the same regex for other senders",
     R("a", "regex = \"公安局[0-9]账户\"; when = { sender = \"1\"; };") ", " R(
         "b", "regex = \"公安局[0-9]账户\"; when = { sender = \"2\"; };"),
     "", NULL},
    {"the same expr twice",
     R("a", "phrase = \"公安局账户\";") ", " R(
         "b", "expr = \"a & text.han\";") ", " R("c", "expr = \"a&text.han\";"),
     "c", "it means the same as `b'"},
    {"another expr",
     R("a", "phrase = \"公安局账户\";") ", " R(
         "b", "expr = \"a & text.han\";") ", " R("c",
                                                 "expr = \"a | text.bidi\";"),
     "", NULL},

    /* contained */
    {"a word of the other",
     R("a", "phrase = \"公安局账户 ~9 转账\";") ", " R(
         "b", "phrase = \"公安局账户\";"),
     "a", "whatever it matches, `b' matches"},
    {"fewer alternatives",
     R("a", "phrase = \"公安局账户\";") ", " R(
         "b", "phrase = \"(公安局账户|检察院账户)\";"),
     "a", "whatever it matches, `b' matches"},
    {"contained, but it says more",
     "{ id = \"a\"; score = 6.0; match = \"m\"; phrase = \"公安局账户 ~9 "
     "转账\"; }, " R("b", "phrase = \"公安局账户\";"),
     "", NULL},
    {"contained in what is not for everybody",
     R("a", "phrase = \"公安局账户 ~9 转账\";") ", " R(
         "b", "phrase = \"公安局账户\"; when = { sender = \"1\"; };"),
     "", NULL},
    {"contained in what has exceptions",
     R("a", "phrase = \"公安局账户 ~9 转账\";") ", " R(
         "b", "phrase = \"公安局账户\"; none = [ \"谨防\" ];"),
     "", NULL},
    {"contained in what is in shadow",
     R("a", "phrase = \"公安局账户 ~9 转账\";") ", " R(
         "b", "phrase = \"公安局账户\"; state = \"shadow\";"),
     "", NULL},
    {"more phrases than the other asks for",
     R("a", "all = [ \"公安局账户\", \"转账\", \"立即\" ];") ", " R(
         "b", "all = [ \"立即\", \"公安局账户\" ];"),
     "a", "whatever it matches, `b' matches"},
    {"a phrase of what the other has alone",
     R("a", "all = [ \"公安局账户 ~9 转账\", \"立即\" ];") ", " R(
         "b", "phrase = \"公安局账户\";"),
     "a", "whatever it matches, `b' matches"},
    {"closer together",
     R("a", "all = [ \"公安局账户\", \"立即\" ]; within = 20;") ", " R(
         "b", "all = [ \"公安局账户\", \"立即\" ]; within = 40;"),
     "a", "whatever it matches, `b' matches"},
    {"further apart",
     R("a", "all = [ \"公安局账户\", \"立即\", \"转账\" ];") ", " R(
         "b", "all = [ \"公安局账户\", \"立即\" ]; within = 40;"),
     "", NULL},
    {"each has what the other has not",
     R("a", "all = [ \"公安局账户\", \"转账\" ];") ", " R(
         "b", "all = [ \"公安局账户\", \"立即\" ];"),
     "", NULL},

    /* words */
    {"a reserved name", R("a", "phrase = \"login.example\";"), "a",
     "`login.example' is a reserved name"},
    {"a name like it is none", R("a", "phrase = \"login.examples\";"), "",
     NULL},
    {"one message's wording",
     R("a", "phrase = \"您的账户已满一万积分可兑换现金请登录手机网查询\";"),
     "a", "is the wording of one message"},
    {"words that end together",
     R("a", "phrase = \"(一二三四五六七|二三四五六七|三四五六七|四五六七|"
            "五六七|六七) ~9 账户\";"),
     "a", "more than 4 other words end where `一二三四五六七' ends"},
    {"a short word in the despaced view",
     R("a", "phrase = \"转账 ~9 安全账户\"; view = \"despaced\";"), "a",
     "`转账' is too short for the despaced view"},
    {"no word at all", R("a", "phrase = \"#11\";"), "a", "no word leads to it"},
    {"capitals for the folded view", R("a", "regex = \"Abcdef[0-9]\";"), "a",
     "capital letters"},
    {"capitals for the raw view",
     R("a", "regex = \"Abcdef[0-9]\"; view = \"raw\";"), "", NULL},
    {"an escape is no capital", R("a", "regex = \"abcd\\D[0-9]\";"), "", NULL},
    {"a reserved name inside a word",
     R("a", "phrase = \"login.example/verify ~9 账户\";"), "a",
     "`login.example/verify' is a reserved name"},
    {"a reserved name and more", R("a", "phrase = \"login.example.cn\";"), "",
     NULL},
    {"a reserved name in a regex", R("a", "regex = \"pay[0-9]\\.test/账户\";"),
     "a", "asks for a reserved name"},
    {"a word that ends like one", R("a", "phrase = \"contest ~9 winners\";"),
     "", NULL},
    {"the wording of one message over several words",
     R("a",
       "phrase = \"您的账户 已满一万积分 ~1 可兑换现金 请登录手机 查询\";"),
     "a", "the phrase is the wording of one message"},
    {"as many words that stand apart",
     R("a", "phrase = \"您的账户 ~9 已满一万积分 ~9 可兑换现金 ~9 请登录手机 "
            "~9 查询\";"),
     "", NULL},
    {"as many words with a choice between",
     R("a",
       "phrase = \"您的账户已满 一万积分 (可|能) 兑换现金请 登录手机查询\";"),
     "", NULL},
    {"a number that is somebody's", R("a", "phrase = \"转账到 1380000000\";"),
     "a", "lists are for numbers"},
    {"a short number", R("a", "phrase = \"转账到 123456\";"), "", NULL},
    {"traditional characters for the folded view",
     R("a", "regex = \"帳户安全转账\";"), "a", "the regex asks for `帳'"},
    {"full width for the folded view", R("a", "regex = \"账户安全ａ\";"), "a",
     "the regex asks for `ａ'"},
    {"traditional characters for the raw view",
     R("a", "regex = \"帳户安全转账\"; view = \"raw\";"), "", NULL},
    {"a property is no capital", R("a", "regex = \"abcdef\\p{Lu}\";"), "",
     NULL},
    {"a last day", R("a", "phrase = \"公安局账户\"; expires = \"2026-01-31\";"),
     "a", "its last day is over"},
    {"a last day to come",
     R("a", "phrase = \"公安局账户\"; expires = \"2027-01-31\";"), "", NULL},
};

START_TEST(a_finding_is_told)
{
    FzBuf rules = FZ_BUF_INIT;
    FzTestSink sink;
    uint32_t count;
    FzKit kit;

    fz_buf_printf(&rules,
                  "words = { two = [ \"公安局\", \"检察院\" ]; };\n"
                  "signals = { keeps = \"<two>\"; };\n"
                  "rules = ( %s );",
                  rows[_i].rules);
    fz_kit_init(&kit, fz_buf_text(&rules));
    ck_assert_uint_eq(kit.sink.count, 0); /* loading does not tell */
    fz_test_sink_init(&sink);
    count = fz_ruleset_lint(kit.ruleset, 1795300350123, &sink.sink);
    ck_assert_uint_eq(count, sink.count);
    if (rows[_i].part == NULL) {
        ck_assert_msg(count == 0, "%s: %s", rows[_i].name, sink.diag[0].text);
    } else {
        ck_assert_msg(count == 1, "%s: %u findings: %s; %s", rows[_i].name,
                      count, sink.diag[0].text, sink.diag[1].text);
        ck_assert_msg(strstr(sink.diag[0].text, rows[_i].part) != NULL,
                      "%s: got \"%s\", want \"%s\"", rows[_i].name,
                      sink.diag[0].text, rows[_i].part);
        ck_assert_str_eq(sink.diag[0].rule, rows[_i].rule);
        ck_assert_int_eq(sink.diag[0].severity, FZ_SEVERITY_WARNING);
        ck_assert_uint_ge(sink.diag[0].line, 1);
    }
    fz_kit_clear(&kit);
    fz_buf_clear(&rules);
}
END_TEST

START_TEST(a_group_that_nobody_uses_is_told)
{
    FzTestSink sink;
    FzKit kit;

    fz_kit_init(&kit,
                "words = { one = [ \"公安局\" ];\n two = [ \"法院\" ]; };\n"
                "rules = ( " R("a", "phrase = \"<one> ~9 账户\";") " );");
    fz_test_sink_init(&sink);
    ck_assert_uint_eq(fz_ruleset_lint(kit.ruleset, 0, &sink.sink), 1);
    ck_assert_uint_eq(sink.diag[0].line, 3);
    ck_assert(strstr(sink.diag[0].text, "the group `two'") != NULL);
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(findings_come_in_the_order_of_the_file)
{
    FzTestSink sink;
    FzKit kit;

    fz_kit_init(
        &kit,
        "rules = (\n" R("z", "phrase = \"公\\安\";") ",\n" R(
            "y", "phrase = \"click\";") ",\n" R("x", "phrase = \"ab\";") " );");
    fz_test_sink_init(&sink);
    ck_assert_uint_eq(fz_ruleset_lint(kit.ruleset, 0, &sink.sink), 3);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(sink.diag[i].line, 3 + (unsigned)i);
    fz_kit_clear(&kit);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lint");
    TCase *tc = tcase_create("lint");

    tcase_add_loop_test(tc, a_finding_is_told, 0, COUNT(rows));
    tcase_add_test(tc, a_group_that_nobody_uses_is_told);
    tcase_add_test(tc, findings_come_in_the_order_of_the_file);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
