/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a phrase means (docs/rules.md), sentence by sentence.
 */
#include "config.h"

#include "base/buf.h"
#include "tests/rulekit.h"

#include <stdio.h>

#define NO -1, -1

/* A phrase, a text, and the span in code points of the text, or NO. */
typedef struct Row {
    const char *name, *phrase, *text;
    int from, to;
} Row;

static const Row rows[] = {
    /* words */
    {"a Han word is found anywhere", "安全账户", "转到安全账户里", 2, 6},
    {"a Han word is not found in pieces", "安全账户", "安全的账户", NO},
    {"words are folded as messages are", "WeiXin", "加weixin号", 1, 7},
    {"messages are folded as words are", "weixin", "加ＷＥＩＸＩＮ号", 1, 7},
    {"a Latin word matches whole", "eth", "buy ETH now", 4, 7},
    {"a Latin word is not found inside another", "eth", "something", NO},
    {"nor at the beginning of one", "eth", "ethanol", NO},
    {"nor at the end of one", "eth", "teeth", NO},
    {"digits glue to Latin letters", "eth", "eth2", NO},
    {"Han does not glue to Latin letters", "eth", "买eth币", 1, 4},
    {"an underscore parts words", "eth", "my_eth_x", 3, 6},
    {"a number matches whole", "12381", "call 12381.", 5, 10},
    {"a number is not part of a longer one", "12381", "123810", NO},
    {"a number glues to letters", "12381", "a12381", NO},
    {"a letter of another script does not glue", "eth", "щethщ", 1, 4},
    {"a Cyrillic word matches whole", "банк", "Ваш банк пишет", 4, 8},
    {"a Cyrillic word is not found inside", "банк", "банкомат", NO},
    {"a prefix matches what goes on", "refund*", "get REFUNDED now", 4, 10},
    {"a prefix matches the word itself", "refund*", "a refund", 2, 8},
    {"a prefix still begins a word", "refund*", "prefund", NO},
    {"a mixed word borders where it is Latin", "加v", "请加v哦", 1, 3},
    {"a mixed word is refused where it goes on", "加v", "请加vip", NO},
    {"the second occurrence may be the one", "eth", "ethan eth", 6, 9},
    {"an escaped sign is a character", "a\\\\(b", "x a(b x", 2, 5},
    {"blanks in brackets are part of the word", "(safe account|bank)",
     "your safe  account", 5, 18},

    /* terms in order */
    {"one behind the other", "转账 安全账户", "转账安全账户", 0, 6},
    {"the other order does not match", "转账 安全账户", "安全账户转账", NO},
    {"joiners may stand between", "转账 安全", "转账，【“ 安全", 0, 8},
    {"eight joiners are allowed", "转账 安全", "转账,,,,,,,,安全", 0, 12},
    {"nine are not", "转账 安全", "转账,,,,,,,,,安全", NO},
    {"a letter is no joiner", "转账 安全", "转账x安全", NO},
    {"Han is no joiner", "转账 安全", "转账到安全", NO},
    {"occurrences do not overlap", "安全 全账", "安全账", NO},
    {"the same word twice needs two", "安全 ~5 安全", "安全", NO},
    {"the same word twice", "安全 ~5 安全", "安全和安全", 0, 5},

    /* gaps */
    {"a gap of its full width", "转账 ~3 安全", "转账一二三安全", 0, 7},
    {"a gap one too wide", "转账 ~3 安全", "转账一二三四安全", NO},
    {"a gap of nothing", "转账 ~3 安全", "转账安全", 0, 4},
    {"~0 lets nothing between", "转账 ~0 安全", "转账 安全", NO},
    {"~0 holds side by side", "转账 ~0 安全", "转账安全", 0, 4},
    {"~ alone means twenty", "转账 ~ 安全",
     "转账一二三四五六七八九十一二三四五六七八九十安全", 0, 24},
    {"~ alone means no more than twenty", "转账 ~ 安全",
     "转账一二三四五六七八九十一二三四五六七八九十一安全", NO},
    {"a gap counts characters of four octets once", "转账 ~2 安全",
     "转账😀😀安全", 0, 6},
    {"three such are three", "转账 ~2 安全", "转账😀😀😀安全", NO},
    {"removed characters do not count", "转账 ~1 安全",
     "转账\xE2\x80\x8B\xE2\x80\x8B一\xE2\x80\x8B安全", 0, 8},
    {"a line break counts as the one blank it is folded to", "转账 ~1 安全",
     "转账\r\n\r\n安全", 0, 8},
    {"two gaps", "a1 ~2 b2 ~2 c3", "a1 x b2 y c3", NO},
    {"two gaps, each in its width", "a1 ~3 b2 ~3 c3", "a1 x b2 y c3", 0, 12},

    /* every combination counts */
    {"the nearer first term is taken when the farther is too far",
     "转账 ~1 安全", "转账转账一安全", 2, 7},
    {"a term is tried again behind the first that fits", "aa ~2 bb ~2 cc",
     "aa bb bb cc", NO},
    {"each choice binds the next only by its place", "aa ~5 bb ~2 cc",
     "aa bb bb cc", 0, 11},
    {"an alternative that ends later serves the next term",
     "(公安|公安局) ~0 通知", "公安局通知", 0, 5},
    {"and the shorter one when the longer is in the way",
     "(公安|公安局) ~0 局里", "公安局里", 0, 4},
    {"a word inside another is found on its own", "(安全|安全账户) ~3 转",
     "安全账户转", 0, 5},

    /* the place */
    {"leftmost by its end", "(安全|账户)", "账户安全", 0, 2},
    {"then the shortest", "转账 ~9 安全", "转账转账安全", 2, 6},
    {"then the shortest, of alternatives too", "(公安局|安局) ~0 通知",
     "公安局通知", 1, 5},
    {"shortest over several terms", "aa ~9 bb ~9 cc", "aa aa bb bb cc", 3, 14},
    {"the end that comes first, though its match is longer", "aa ~9 (bb|b c)",
     "aa x b c bb", 0, 8},
    {"a place in the original text, not in the view", "转账 安全",
     "看\xE2\x80\x8B转\xE2\x80\x8B账  安全", 2, 9},

    /* runs of digits */
    {"a run of digits", "尾号 #4", "尾号1234的卡", 0, 6},
    {"a longer run is no match", "尾号 #4", "尾号12345", NO},
    {"a shorter run is no match", "尾号 #4", "尾号123", NO},
    {"a range of lengths", "码 ~2 #4-6", "码是12345。", 0, 7},
    {"part of a longer run never matches", "#4-6", "123456789", NO},
    {"a point may stand inside", "#4", "12.34", 0, 5},
    {"a comma before three digits may", "#5", "共12,345元", 1, 7},
    {"a comma before four may not", "#4", "尾号1234，5000元", 2, 6},
    {"a point at the end is none of it", "#4", "是1234.", 1, 5},
    {"full-width digits are digits", "#4", "是１２３４", 1, 5},
    {"runs of several lengths", "(#4|#6-7)", "12345 123456", 6, 12},
    {"a length between them is none", "(#4|#6-7)", "12345 12345678", NO},
    {"the longest run that can be written", "#64",
     "1234567890123456789012345678901234567890123456789012345678901234", 0, 64},
    {"a longer one is no run at all", "#1-64",
     "12345678901234567890123456789012345678901234567890123456789012345", NO},
    {"digits in brackets with words", "(微信|#5-12)", "加123456", 1, 7},
    {"letters do not end a run otherwise", "#4", "ab1234cd", 2, 6},

    /* beginning and end */
    {"^ is the beginning", "^转账", "转账给我", 0, 2},
    {"^ is not the middle", "^转账", "请转账", NO},
    {"^ lets joiners before", "^转账", " “转账", 2, 4},
    {"^ is behind a leading signature", "^转账", "【公安局】转账", 5, 7},
    {"^ is behind one in square brackets", "^转账", "[公安局] 转账", 6, 8},
    {"^ is before the signature too", "^【公安局】", "【公安局】转账", 0, 5},
    {"^ with a gap", "^ ~3 转账", "请您快转账", 3, 5},
    {"^ with a gap that is too wide", "^ ~2 转账", "请您快转账", NO},
    {"a signature that never ends is none", "^转账", "【公安局转账", NO},
    {"$ is the end", "转账 $", "请转账", 1, 3},
    {"$ is not the middle", "转账 $", "请转账吧", NO},
    {"$ lets joiners behind", "转账$", "请转账。", 1, 3},
    {"$ with a gap", "转账 ~2 $", "请转账哦啊", 1, 3},
    {"$ with a gap that is too wide", "转账 ~1 $", "请转账哦啊", NO},
    {"$ in the middle is a character", "win $100", "you win $100 !", 4, 12},

    /* disguises */
    {"{word} is the word", "加 {微信}", "加微信", 0, 3},
    {"{word} is what sounds alike", "加 {微信}", "加薇信", 0, 3},
    {"{word} is a form of the tables", "加 {微信}", "加vx：", 0, 3},
    {"{word} is a character taken apart", "{转账}", "车专账给我", 0, 3},
    {"{word} is pulled apart", "{微信}", "加微-信吧", 1, 4},
    {"{word}, two characters at once", "{微信}", "薇芯", 0, 2},
    {"{word} in traditional characters", "{贷款}", "貸款", 0, 2},
    {"{!word} is not the word", "{!微信}", "加微信", NO},
    {"{!word} is its disguise", "{!微信}", "加薇信", 1, 3},
    {"{!word} is not the word in other characters", "{!贷款}", "貸款", NO},
    {"an ordinary word is no disguise", "{!贷款}", "货款已付", NO},
    {"nor is this one", "{!登录}", "登陆成功", NO},
    {"a disguise among others", "({!微信}|qq)", "加徽信", 1, 3},
    {"a disguise in a group", "<hidden>", "种奖了", 0, 2},

    /* groups */
    {"a group is its words", "<bank> ~9 冻结", "工商银行卡已冻结", 0, 8},
    {"a group in brackets with more words", "(<bank>|支付宝) ~9 冻结",
     "支付宝冻结", 0, 5},
    {"a word of no group does not match", "<bank> ~9 冻结", "邮局卡已冻结", NO},
    {"a prefix in a group", "<given> card", "gifted card", NO},
    {"a prefix in a group, at its end", "<given> ~9 card", "gifted card", 0,
     11},
};

START_TEST(phrase_means)
{
    const Row *row = &rows[_i];
    FzBuf rules = FZ_BUF_INIT;
    const FzSignal *hit;
    FzKit kit;

    fz_buf_printf(&rules,
                  "words = { bank = [ \"工商银行\", \"建设银行\" ];\n"
                  "  given = [ \"gift*\", \"free\" ];\n"
                  "  hidden = [ \"{!中奖}\" ]; };\n"
                  "rules = ( { id = \"r\"; phrase = \"%s\"; } );\n",
                  row->phrase);
    fz_kit_init(&kit, fz_buf_text(&rules));
    ck_assert_int_eq(fz_kit_scan(&kit, row->text), 0);
    hit = fz_kit_hit(&kit, "r");
    if (row->from < 0) {
        ck_assert_msg(hit == NULL, "%s: `%s' matches `%s' at %d..%d", row->name,
                      row->phrase, row->text, hit ? hit->spans[0].cp_from : 0,
                      hit ? hit->spans[0].cp_to : 0);
    } else {
        ck_assert_msg(hit != NULL, "%s: `%s' does not match `%s'", row->name,
                      row->phrase, row->text);
        ck_assert_msg(hit->span_count == 1 &&
                          hit->spans[0].cp_from == row->from &&
                          hit->spans[0].cp_to == row->to,
                      "%s: `%s' in `%s': got %u..%u, want %d..%d", row->name,
                      row->phrase, row->text, hit->spans[0].cp_from,
                      hit->spans[0].cp_to, row->from, row->to);
    }
    fz_kit_clear(&kit);
    fz_buf_clear(&rules);
}
END_TEST

/* Long texts are evaluated in windows: the same answers. */
START_TEST(phrase_means_the_same_in_a_long_text)
{
    const Row *row = &rows[_i];
    FzBuf rules = FZ_BUF_INIT, text = FZ_BUF_INIT;
    int before = 2000;
    const FzSignal *hit;
    FzKit kit;

    if (strchr(row->phrase, '^') != NULL || strchr(row->phrase, '$') != NULL)
        return;
    fz_buf_printf(&rules,
                  "words = { bank = [ \"工商银行\", \"建设银行\" ];\n"
                  "  given = [ \"gift*\", \"free\" ];\n"
                  "  hidden = [ \"{!中奖}\" ]; };\n"
                  "rules = ( { id = \"r\"; phrase = \"%s\"; } );\n",
                  row->phrase);
    fz_kit_init(&kit, fz_buf_text(&rules));
    for (int i = 0; i < before; i++)
        fz_buf_append_text(&text, i % 7 == 0 ? "甲" : "q");
    fz_buf_append_text(&text, "；");
    fz_buf_append_text(&text, row->text);
    fz_buf_append_text(&text, "；");
    for (int i = 0; i < before; i++)
        fz_buf_append_text(&text, "qq甲");
    ck_assert_int_eq(fz_kit_scan(&kit, fz_buf_text(&text)), 0);
    hit = fz_kit_hit(&kit, "r");
    ck_assert_msg((hit != NULL) == (row->from >= 0), "%s: `%s'", row->name,
                  row->phrase);
    if (hit != NULL)
        ck_assert_msg(hit->spans[0].cp_from == before + 1 + row->from &&
                          hit->spans[0].cp_to == before + 1 + row->to,
                      "%s: `%s' at %u..%u", row->name, row->phrase,
                      hit->spans[0].cp_from - before - 1,
                      hit->spans[0].cp_to - before - 1);
    fz_kit_clear(&kit);
    fz_buf_clear(&text);
    fz_buf_clear(&rules);
}
END_TEST

/* --- what cannot be written ---------------------------------------------- */
static const struct {
    const char *phrase;
    FzStatus code;
    const char *part; /* of the message */
} refusals[] = {
    {"", FZ_E_RULE, "is empty"},
    {" ", FZ_E_SYNTAX, "has no word"},
    {"^", FZ_E_SYNTAX, "has no word"},
    {"(安全|账户", FZ_E_SYNTAX, "character 7: a `|' or a `)' is missing"},
    {"(安全||账户)", FZ_E_SYNTAX, "an alternative is empty"},
    {"(安全|)", FZ_E_SYNTAX, "an alternative is empty"},
    {"((安全))", FZ_E_SYNTAX, "brackets cannot stand in brackets"},
    {"(安全 ~3 账户)", FZ_E_SYNTAX, "a gap cannot stand in brackets"},
    {"安全)", FZ_E_SYNTAX, "`)' closes nothing"},
    {"安全|账户", FZ_E_SYNTAX, "alternatives stand in brackets"},
    {"（安全｜账户）", FZ_E_SYNTAX, "full-width `('"},
    {"安全 ～20 账户", FZ_E_SYNTAX, "full-width `~'"},
    {"<bnak> 冻结", FZ_E_RULE, "did you mean <bank>"},
    {"<uri> 冻结", FZ_E_RULE, "did you mean <url>"},
    {"<zzzzzz> 冻结", FZ_E_RULE, "define it in `words'"},
    {"<bank", FZ_E_SYNTAX, "a group is written <name>"},
    {"安全 ~101 账户", FZ_E_LIMIT, "at most 100"},
    {"安全 ~99999999999999 账户", FZ_E_LIMIT, "at most 100"},
    {"安全 ~5 ~5 账户", FZ_E_SYNTAX, "two gaps"},
    {"~5 账户", FZ_E_SYNTAX, "a gap stands between"},
    {"账户 ~5", FZ_E_SYNTAX, "a gap stands between"},
    {"#8-4", FZ_E_SYNTAX, "smaller first"},
    {"#0", FZ_E_SYNTAX, "a run of digits is written"},
    {"#4-65", FZ_E_LIMIT, "at most 64"},
    {"*fund", FZ_E_SYNTAX, "stands behind the beginning"},
    {"安全*", FZ_E_RULE, "leave the `*' out"},
    {"v", FZ_E_RULE, "single character"},
    {"{龘龘}", FZ_E_RULE, "has no disguises in the tables"},
    {"{!hello}", FZ_E_RULE, "has no disguises in the tables"},
    {"{}", FZ_E_SYNTAX, "a word is missing"},
    {"\\\\", FZ_E_SYNTAX, "nothing stands behind the backslash"},
    {"{安全", FZ_E_SYNTAX, "a `}' is missing"},
    {"aa bb cc dd ee ff gg hh ii jj kk ll mm nn oo pp qq", FZ_E_LIMIT,
     "at most 16 terms"},
};

START_TEST(phrase_is_refused)
{
    FzBuf rules = FZ_BUF_INIT;
    FzKit kit;

    fz_buf_printf(&rules,
                  "set = { name = \"t\"; };\n"
                  "words = { bank = [ \"工商银行\" ]; };\n"
                  "rules = ( { id = \"r-1\";\n"
                  "  phrase = \"%s\"; } );\n",
                  refusals[_i].phrase);
    fz_kit_write("bad", "rules.conf", fz_buf_text(&rules));
    ck_assert_msg(fz_kit_open(&kit, "bad", FZ_RULESET_AS_WRITTEN) ==
                      refusals[_i].code,
                  "%s", refusals[_i].phrase);
    ck_assert_msg(kit.sink.count == 1, "%s: %zu diags", refusals[_i].phrase,
                  kit.sink.count);
    ck_assert_msg(strstr(kit.sink.diag[0].text, refusals[_i].part) != NULL,
                  "%s: got \"%s\", want \"%s\"", refusals[_i].phrase,
                  kit.sink.diag[0].text, refusals[_i].part);
    ck_assert_int_eq(kit.sink.diag[0].code, refusals[_i].code);
    ck_assert_uint_eq(kit.sink.diag[0].line, 4);
    ck_assert_str_eq(kit.sink.diag[0].rule, "r-1");
    fz_buf_clear(&rules);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("phrase");
    TCase *tc = tcase_create("phrase");

    tcase_add_loop_test(tc, phrase_means, 0, COUNT(rows));
    tcase_add_loop_test(tc, phrase_means_the_same_in_a_long_text, 0,
                        COUNT(rows));
    tcase_add_loop_test(tc, phrase_is_refused, 0, COUNT(refusals));
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
