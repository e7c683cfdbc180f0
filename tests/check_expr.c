/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rules made of others: expr, signals, unless.
 */
#include "config.h"

#include "base/buf.h"
#include "engine/rules/expr.h"
#include "engine/rules/scanner.h"
#include "tests/rulekit.h"

#include <stdio.h>

/* Rules that every expression here can name; each a word of its own. */
#define LEAVES                                                                 \
    "signals = { help = \"hh\"; other = \"oo\"; };\n"                          \
    "rules = ( { id = \"l.a\"; phrase = \"aa\"; },\n"                          \
    "  { id = \"l.b\"; phrase = \"bb\"; },\n"                                  \
    "  { id = \"l.c\"; phrase = \"cc\"; },\n"                                  \
    "  { id = \"m.d\"; phrase = \"dd\"; state = \"shadow\"; },\n"              \
    "  { id = \"gone\"; phrase = \"gg\"; state = \"retired\"; },\n"

static const struct {
    const char *expr, *text;
    bool holds;
} values[] = {
    {"l.a", "aa", true},
    {"l.a", "bb", false},
    {"l.a & l.b", "aa bb", true},
    {"l.a & l.b", "aa", false},
    {"l.a | l.b", "bb", true},
    {"l.a | l.b", "cc", false},
    {"l.a & !l.b", "aa", true},
    {"l.a & !l.b", "aa bb", false},
    {"l.a & !(l.b | l.c)", "aa", true},
    {"l.a & !(l.b | l.c)", "aa cc", false},
    {"l.a | l.b & l.c", "aa", true}, /* & binds closer */
    {"l.a | l.b & l.c", "bb", false},
    {"(l.a | l.b) & l.c", "aa", false},
    {"(l.a | l.b) & l.c", "aa cc", true},
    {" ( l.a|l.b )&l.c ", "bb cc", true},
    {"!!l.a", "aa", true},
    {"2 of (l.a, l.b, l.c)", "aa cc", true},
    {"2 of (l.a, l.b, l.c)", "cc", false},
    {"2 of (l.*)", "bb cc", true},
    {"2 of (l.*)", "bb dd", false},
    {"2 of (l.*, m.d)", "bb dd", true},
    {"3 of (*.a, *.b, *)", "aa dd", false}, /* nothing counts twice */
    {"2 of (*.a, *.b, *)", "aa dd", true},
    {"2 of (l.a, l.a, l.b)", "aa", false},
    {"1 of (l.*) & m.d", "cc dd", true},
    {"@help", "hh", true},
    {"@help & l.a", "hh", false},
    {"@help & l.a", "aa hh", true},
    {"1 of (@help, @other)", "oo", true},
    {"m.d", "dd", true}, /* what is in shadow was found all the same */
    {"l.a | gone", "gg", false},
    {"l.a & !gone", "aa gg", true},
    {"text.han & l.a", "aa 安", true},
    {"text.han & l.a", "aa", false},
    {"text.han", "安", true}, /* no word at all */
};

START_TEST(an_expr_has_its_value)
{
    char rules[1024];
    FzKit kit;

    snprintf(rules, sizeof rules, LEAVES " { id = \"r\"; expr = \"%s\"; } );",
             values[_i].expr);
    fz_kit_init(&kit, rules);
    ck_assert_int_eq(fz_kit_scan(&kit, values[_i].text), 0);
    ck_assert_msg((fz_kit_hit(&kit, "r") != NULL) == values[_i].holds,
                  "`%s' in `%s'", values[_i].expr, values[_i].text);
    /* helpers are never told */
    for (uint16_t i = 0; i < kit.signals.count; i++)
        ck_assert_msg(kit.signals.item[i].name[0] != '@', "%s",
                      kit.signals.item[i].name);
    fz_kit_clear(&kit);
}
END_TEST

static const struct {
    const char *name, *rules;
    FzStatus code;
    unsigned line;
    const char *rule, *part;
} mistakes[] = {
    {"an unknown name", "{ id = \"r\"; expr = \"l.a & l.x\"; }", FZ_E_RULE, 8,
     "r", "character 7: there is no rule or signal `l.x' (did you mean `l.a'"},
    {"an unknown helper", "{ id = \"r\"; expr = \"@hepl\"; }", FZ_E_RULE, 8,
     "r", "there is no rule or signal"},
    {"an unknown signal", "{ id = \"r\"; expr = \"text.hna\"; }", FZ_E_RULE, 8,
     "r", "(did you mean `text.han'"},
    {"a pattern of nobody", "{ id = \"r\"; expr = \"1 of (z.*)\"; }", FZ_E_RULE,
     8, "r", "no rule is called like `z.*'"},
    {"a pattern outside a list", "{ id = \"r\"; expr = \"l.*\"; }", FZ_E_SYNTAX,
     8, "r", "stands in lists only"},
    {"nothing", "{ id = \"r\"; expr = \" \"; }", FZ_E_SYNTAX, 8, "r",
     "a name is missing"},
    {"an end too early", "{ id = \"r\"; expr = \"l.a & \"; }", FZ_E_SYNTAX, 8,
     "r", "a name is missing at the end"},
    {"two names", "{ id = \"r\"; expr = \"l.a l.b\"; }", FZ_E_SYNTAX, 8, "r",
     "a `&' or `|' is missing"},
    {"a bracket open", "{ id = \"r\"; expr = \"(l.a\"; }", FZ_E_SYNTAX, 8, "r",
     "or `)' is missing"},
    {"a bracket too many", "{ id = \"r\"; expr = \"l.a)\"; }", FZ_E_SYNTAX, 8,
     "r", "a `&' or `|' is missing"},
    {"a list open", "{ id = \"r\"; expr = \"1 of (l.a\"; }", FZ_E_SYNTAX, 8,
     "r", "a `,' or a `)'"},
    {"a list without brackets", "{ id = \"r\"; expr = \"1 of l.a\"; }",
     FZ_E_SYNTAX, 8, "r", "followed by names in brackets"},
    {"more than there are", "{ id = \"r\"; expr = \"4 of (l.*)\"; }", FZ_E_RULE,
     8, "r", "4 of 3 can never be right"},
    {"none at all", "{ id = \"r\"; expr = \"0 of (l.*)\"; }", FZ_E_RULE, 8, "r",
     "can never be right"},
    {"brackets without end",
     "{ id = \"r\"; expr = \"((((((((((((((((((((((((((((((((((((((l.a\"; }",
     FZ_E_LIMIT, 8, "r", "nested too deep"},
    {"what holds for every message", "{ id = \"r\"; expr = \"!l.a\"; }",
     FZ_E_RULE, 8, "r", "in which nothing is found"},
    {"what holds for every other", "{ id = \"r\"; expr = \"l.a | !l.b\"; }",
     FZ_E_RULE, 8, "r", "in which nothing is found"},
    {"a rule that rests on itself", "{ id = \"r\"; expr = \"l.a & r\"; }",
     FZ_E_RULE, 8, "r", "rests on itself: r -> r"},
    {"a circle",
     "{ id = \"r\"; expr = \"l.a & s\"; },\n"
     " { id = \"s\"; expr = \"l.a | t\"; },\n"
     " { id = \"t\"; expr = \"1 of (r, l.b)\"; }",
     FZ_E_RULE, 8, "r", "rests on itself: r -> s -> t -> r"},
    {"a circle over unless",
     "{ id = \"r\"; expr = \"l.a\"; unless = \"s\"; },\n"
     " { id = \"s\"; expr = \"r\"; when = { sender = \"1\"; }; }",
     FZ_E_RULE, 8, "r", "rests on itself: r -> s -> r"},
    {"a mistake in a draft",
     "{ id = \"r\"; expr = \"l.x\"; state = \"draft\"; }", FZ_E_RULE, 8, "r",
     "there is no rule or signal `l.x'"},
    {"none beside expr", "{ id = \"r\"; expr = \"l.a\"; none = [ \"bb\" ]; }",
     FZ_E_RULE, 8, "r", "`none' does not go with `expr'"},
    /* unless */
    {"unless on words alone",
     "{ id = \"r\"; phrase = \"xx\"; unless = \"l.a\"; }", FZ_E_RULE, 8, "r",
     "a fraudster would append the words"},
    {"unless on words and who does not send",
     "{ id = \"r\"; phrase = \"xx\"; unless = \"s\"; },\n"
     " { id = \"s\"; phrase = \"yy\"; when = { sender = \"!1\"; }; }",
     FZ_E_RULE, 8, "r", "a fraudster would append the words"},
    {"unless on an expr of words",
     "{ id = \"r\"; phrase = \"xx\"; unless = \"s\"; },\n"
     " { id = \"s\"; expr = \"l.a | l.b & t\"; },\n"
     " { id = \"t\"; phrase = \"yy\"; when = { sender = \"1\"; }; }",
     FZ_E_RULE, 8, "r", "a fraudster would append the words"},
    {"unless on what is not there",
     "{ id = \"r\"; phrase = \"xx\"; unless = \"l.q\"; }", FZ_E_RULE, 8, "r",
     "there is no rule or signal `l.q' (did you mean"},
};

START_TEST(a_mistake_is_told)
{
    FzBuf file = FZ_BUF_INIT;
    FzStatus status;
    FzKit kit;

    fz_buf_printf(&file, "set = { name = \"t\"; };\n" LEAVES "%s );\n",
                  mistakes[_i].rules);
    fz_kit_write("bad", "rules.conf", fz_buf_text(&file));
    status = fz_kit_open(&kit, "bad", FZ_RULESET_AS_WRITTEN);
    ck_assert_msg(status == mistakes[_i].code, "%s: %s", mistakes[_i].name,
                  fz_status_name(status));
    ck_assert_msg(strstr(kit.sink.diag[0].text, mistakes[_i].part) != NULL,
                  "%s: got \"%s\", want \"%s\"", mistakes[_i].name,
                  kit.sink.diag[0].text, mistakes[_i].part);
    ck_assert_msg(kit.sink.count == 1, "%s: also %s", mistakes[_i].name,
                  kit.sink.diag[1].text);
    ck_assert_uint_eq(kit.sink.diag[0].line, mistakes[_i].line);
    ck_assert_str_eq(kit.sink.diag[0].rule, mistakes[_i].rule);
    fz_buf_clear(&file);
}
END_TEST

/* --- unless --------------------------------------------------------------- */

#define UNLESS                                                                 \
    "rules = ( { id = \"r\"; phrase = \"xx\"; unless = \"who\"; %s },\n"       \
    " { id = \"who\"; phrase = \"yy\"; when = { sender = \"96110\"; }; %s "    \
    "},\n"                                                                     \
    " { id = \"s\"; expr = \"r\"; } );\n"

static const struct {
    const char *name, *cancelled, *cancelling, *text, *sender;
    bool there;
} unlesses[] = {
    {"nothing cancels", "", "", "xx", "96110", true},
    {"the rule cancels", "", "", "xx yy", "96110", false},
    {"another sender does not", "", "", "xx yy", "96111", true},
    {"a shadow cancels no active rule", "", "state = \"shadow\";", "xx yy",
     "96110", true},
    {"a shadow cancels a shadow", "state = \"shadow\";", "state = \"shadow\";",
     "xx yy", "96110", false},
    {"an active rule cancels a shadow", "state = \"shadow\";", "", "xx yy",
     "96110", false},
    {"a retired rule cancels nothing", "", "state = \"retired\";", "xx yy",
     "96110", true},
};

START_TEST(unless_cancels)
{
    FzBuf rules = FZ_BUF_INIT;
    FzKit kit;

    fz_buf_printf(&rules, UNLESS, unlesses[_i].cancelled,
                  unlesses[_i].cancelling);
    fz_kit_init(&kit, fz_buf_text(&rules));
    kit.message.sender = fz_slice_of(unlesses[_i].sender);
    fz_kit_scan(&kit, unlesses[_i].text);
    ck_assert_msg((fz_kit_hit(&kit, "r") != NULL) == unlesses[_i].there, "%s",
                  unlesses[_i].name);
    /* what is cancelled is not there for others either */
    ck_assert_msg((fz_kit_hit(&kit, "s") != NULL) == unlesses[_i].there,
                  "%s: what rests on it", unlesses[_i].name);
    fz_kit_clear(&kit);
    fz_buf_clear(&rules);
}
END_TEST

START_TEST(the_brake_takes_a_canceller_out)
{
    FzRuleControls controls;
    FzBuf rules = FZ_BUF_INIT;
    FzKit kit;

    fz_buf_printf(&rules, UNLESS, "", "");
    fz_kit_init(&kit, fz_buf_text(&rules));
    fz_rule_controls_init(&controls, kit.ruleset);
    kit.controls = &controls;
    kit.message.sender = fz_slice_of("96110");
    fz_kit_scan(&kit, "xx yy");
    ck_assert_ptr_null(fz_kit_hit(&kit, "r"));
    atomic_store(&controls.state[2], FZ_RULE_SHADOW); /* r, s, who */
    fz_kit_scan(&kit, "xx yy");
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "r"));
    fz_rule_controls_clear(&controls);
    fz_kit_clear(&kit);
    fz_buf_clear(&rules);
}
END_TEST

/* --- what an expr has besides its value ----------------------------------- */

START_TEST(an_expr_rule_has_conditions_and_places)
{
    const FzSignal *hit;
    FzKit kit;

    fz_kit_init(&kit, LEAVES
                "{ id = \"r\"; expr = \"l.a & (l.b | l.c)\"; score = 3.0;\n"
                "  when = { sender = \"1\"; }; expires = \"2027-06-30\"; } );");
    fz_kit_scan(&kit, "cc bb aa");
    ck_assert_ptr_null(fz_kit_hit(&kit, "r"));
    kit.message.sender = fz_slice_of("1");
    fz_kit_scan(&kit, "cc bb aa");
    hit = fz_kit_hit(&kit, "r");
    ck_assert_ptr_nonnull(hit);
    ck_assert_int_eq(hit->weight, 300);
    ck_assert_int_eq(hit->span_count, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(hit->spans[i].cp_from, 3 * (unsigned)i);
    kit.message.now_ms = 1814400000000;
    fz_kit_scan(&kit, "cc bb aa");
    ck_assert_ptr_null(fz_kit_hit(&kit, "r"));
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(exprs_rest_on_exprs_in_any_order_of_ids)
{
    FzKit kit;

    fz_kit_init(&kit, LEAVES "{ id = \"a1\"; expr = \"z9 & l.c\"; },\n"
                             "{ id = \"z9\"; expr = \"m5 | l.b\"; },\n"
                             "{ id = \"m5\"; expr = \"l.a & @help\"; } );");
    fz_kit_scan(&kit, "aa hh cc");
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "m5"));
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "z9"));
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "a1"));
    fz_kit_scan(&kit, "aa cc");
    ck_assert_ptr_null(fz_kit_hit(&kit, "a1"));
    fz_kit_clear(&kit);
}
END_TEST

/* More posts than one word of bits, each resting on the one before. */
START_TEST(a_long_chain_is_followed)
{
    FzBuf rules = FZ_BUF_INIT;
    FzKit kit;

    fz_buf_append_text(&rules, "rules = ( { id = \"c000\"; phrase = \"aa\"; }");
    for (int i = 1; i <= 200; i++)
        fz_buf_printf(&rules,
                      ",\n{ id = \"c%03d\"; expr = \"c%03d\"; state = "
                      "\"%s\"; }",
                      i, i - 1, i == 200 ? "active" : "shadow");
    fz_buf_append_text(&rules, ");");
    fz_kit_init(&kit, fz_buf_text(&rules));
    fz_kit_scan(&kit, "bb");
    ck_assert_int_eq(kit.signals.count, 0);
    fz_kit_scan(&kit, "aa");
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "c200"));
    ck_assert_int_eq(kit.signals.dropped, 201 - FZ_LIMIT_SIGNALS);
    fz_kit_clear(&kit);
    fz_buf_clear(&rules);
}
END_TEST

START_TEST(a_list_answer_is_a_fact_by_its_name)
{
    FzSignal answer = {.name = "list.block.phishing", .rule = -1};
    FzKit kit;

    fz_kit_init(&kit, LEAVES
                "{ id = \"r\"; expr = \"l.a & list.block.phishing\"; },\n"
                "{ id = \"q\"; all = [ \"aa\", \"list.block.phishing\" ]; },\n"
                "{ id = \"p\"; expr = \"l.a & list.block.malware\"; } );");
    fz_kit_scan(&kit, "aa");
    ck_assert_ptr_null(fz_kit_hit(&kit, "r"));
    fz_signals_reset(&kit.signals);
    fz_signals_add(&kit.signals, &answer);
    fz_ruleset_scan(kit.ruleset, NULL, &kit.message, kit.scanner, &kit.signals);
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "r"));
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "q"));
    ck_assert_ptr_null(fz_kit_hit(&kit, "p"));
    fz_kit_clear(&kit);
}
END_TEST

/* --- patterns ------------------------------------------------------------- */
static const struct {
    const char *pattern, *id;
    bool matches;
} globs[] = {
    {"a", "a", true},          {"a", "ab", false},
    {"*", "", true},           {"*", "abc", true},
    {"a*", "abc", true},       {"a*c", "abbc", true},
    {"a*c", "abcd", false},    {"*.b.*", "a.b.c", true},
    {"*.b.*", "a.c.b", false}, {"a*b*c", "a.x.b.b.c", true},
    {"a*b*c", "acb", false},   {"**", "x", true},
};

START_TEST(a_pattern_stands_for_ids)
{
    ck_assert_msg(fz_glob_matches(globs[_i].pattern, globs[_i].id) ==
                      globs[_i].matches,
                  "%s, %s", globs[_i].pattern, globs[_i].id);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("expr");
    TCase *tc = tcase_create("expr");

    tcase_add_loop_test(tc, an_expr_has_its_value, 0, COUNT(values));
    tcase_add_loop_test(tc, a_mistake_is_told, 0, COUNT(mistakes));
    tcase_add_loop_test(tc, unless_cancels, 0, COUNT(unlesses));
    tcase_add_test(tc, the_brake_takes_a_canceller_out);
    tcase_add_test(tc, an_expr_rule_has_conditions_and_places);
    tcase_add_test(tc, exprs_rest_on_exprs_in_any_order_of_ids);
    tcase_add_test(tc, a_long_chain_is_followed);
    tcase_add_test(tc, a_list_answer_is_a_fact_by_its_name);
    tcase_add_loop_test(tc, a_pattern_stands_for_ids, 0, COUNT(globs));
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
