/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rules made to harm: each is refused with its place, or loads; none takes the
 * one who loads down, and none takes long. They compile in the child.
 */
#include "config.h"

#include "base/alloc.h"
#include "config/compile_child.h"
#include "tests/rulekit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FzStatus load(FzKit *kit, const char *rules)
{
    static const FzConfigCompile limits = FZ_CONFIG_COMPILE_DEFAULT;
    char path[1024];
    const char *folder = path;
    FzCompileChild child;
    FzRulesetOptions options = {
        .folders = &folder, .folder_count = 1, .hook = &child.hook};
    FzBuf file = FZ_BUF_INIT;
    FzStatus status;

    memset(kit, 0, sizeof *kit);
    fz_test_sink_init(&kit->sink);
    fz_compile_child_init(&child, &limits, NULL);
    fz_buf_printf(&file, "set = { name = \"t\"; };\n%s", rules);
    fz_kit_write("set", "rules.conf", fz_buf_text(&file));
    fz_buf_clear(&file);
    snprintf(path, sizeof path, "%s/set", fz_test_folder());
    status = fz_ruleset_load_with(&options, &kit->sink.sink, &kit->ruleset);
    if (status == FZ_OK) {
        kit->pool = fz_scanner_pool_create(kit->ruleset);
        kit->scanner = fz_scanner_take(kit->pool);
    }
    return status;
}

/* `head', then `part' until `octets' are full, then `tail'. */
static char *fill(const char *head, const char *part, const char *tail,
                  size_t octets)
{
    FzBuf text = FZ_BUF_INIT;

    fz_buf_append_text(&text, head);
    while (*part != '\0' && text.octets + strlen(part) + strlen(tail) <= octets)
        fz_buf_append_text(&text, part);
    fz_buf_append_text(&text, tail);
    return fz_buf_take_text(&text);
}

/* --- one rule --------------------------------------------------------------
 */
static const struct {
    const char *name, *key, *head, *part, *tail;
    size_t octets;
    FzStatus status;  /* FZ_OK: it loads */
    const char *says; /* of the first diag */
} bombs[] = {
    {"a gap without end", "regex", "a", "", ".{0,1000}b", 64, FZ_E_LIMIT,
     "beyond {0,100}"},
    {"a repeat of repeats", "regex", "", "", "((a{1,90}){1,90}){1,90}", 64,
     FZ_E_LIMIT, "unfolds to"},
    {"many gaps", "regex", "", "\\\\w{0,60}", "x", 560, FZ_OK, NULL},
    {"more gaps", "regex", "", "\\\\w{0,60}", "x", 1300, FZ_E_LIMIT,
     "may be absent"},
    {"brackets within brackets", "regex", "", "(", "a", 2000, FZ_E_LIMIT,
     "brackets within"},
    {"alternatives of alternatives", "regex", "a", "(b|c|d)?", "e", 12000,
     FZ_E_LIMIT, "may be absent"},
    {"16,000 octets", "regex", "", "abcdefgh|", "i", 16000, FZ_E_LIMIT,
     "unfolds to"},
    {"16,001 octets", "regex", "", "a", "b", 16001, FZ_E_LIMIT,
     "longer than 16000"},
    {"a comment that never ends", "regex", "(?#", "x", "", 7000, FZ_E_RULE, ""},
    {"a class without end", "regex", "[", "x", "", 7000, FZ_E_RULE, ""},
    {"back-references", "regex", "", "(a)\\\\1", "", 700, FZ_E_RULE,
     "cannot be used"},
    {"look-behind", "regex", "", "(?<=a)", "b", 700, FZ_E_RULE,
     "cannot be used"},
    {"verbs of PCRE2's", "regex", "", "", "(*NO_START_OPT)a", 64, FZ_E_RULE,
     "cannot begin with (*"},
    {"a phrase of 16,000 octets", "phrase", "", "word ", "end", 16000,
     FZ_E_LIMIT, ""},
    {"a word of 16,000 octets", "phrase", "", "w", "x", 16000, FZ_E_RULE,
     "too long"},
    {"16,000 octets of alternatives", "phrase", "(", "ab|cd|ef|gh|", "ij)",
     16000, FZ_OK, NULL},
    {"brackets in a phrase", "phrase", "", "(", "ab", 16000, FZ_E_SYNTAX, ""},
    {"nothing but gaps", "phrase", "ab", " ~9", " cd", 4000, FZ_E_SYNTAX, ""},
};

START_TEST(a_bomb_is_refused_with_its_place_or_does_no_harm)
{
    char *text =
        fill(bombs[_i].head, bombs[_i].part, bombs[_i].tail, bombs[_i].octets);
    FzBuf rules = FZ_BUF_INIT;
    FzStatus status;
    FzKit kit;

    fz_buf_printf(&rules, "rules = (\n{ id = \"bomb\";\n%s = \"%s\"; } );",
                  bombs[_i].key, text);
    status = load(&kit, fz_buf_text(&rules));
    ck_assert_msg(status == bombs[_i].status, "%s: %s, %s", bombs[_i].name,
                  fz_status_name(status), kit.sink.diag[0].text);
    if (status != FZ_OK) {
        ck_assert_msg(strstr(kit.sink.diag[0].text, bombs[_i].says) != NULL,
                      "%s: %s", bombs[_i].name, kit.sink.diag[0].text);
        ck_assert_str_eq(kit.sink.diag[0].rule, "bomb");
        ck_assert_uint_ge(kit.sink.diag[0].line, 3);
    } else {
        fz_kit_clear(&kit);
    }
    fz_buf_clear(&rules);
    fz_free(text);
}
END_TEST

/* --- rules among each other ------------------------------------------------
 */
static const struct {
    const char *name, *rules, *says;
    unsigned line;
} knots[] = {
    {"a ring of three",
     "rules = (\n{ id = \"a\"; expr = \"b\"; },\n{ id = \"b\"; expr = \"c & "
     "d\"; },\n{ id = \"c\"; expr = \"!a\"; },\n{ id = \"d\"; phrase = \"xx\"; "
     "} );",
     "", 0},
    {"of itself", "rules = (\n{ id = \"a\"; expr = \"a\"; } );", "", 3},
    {"of all by a star",
     "rules = (\n{ id = \"z.a\"; expr = \"2 of (z.*)\"; },\n"
     "{ id = \"z.b\"; expr = \"1 of (z.*)\"; } );",
     "", 0},
    {"one id twice",
     "rules = (\n{ id = \"a\"; phrase = \"xx\"; },\n"
     "{ id = \"a\"; phrase = \"yy\"; } );",
     "", 0},
};

START_TEST(a_knot_of_rules_is_refused)
{
    FzKit kit;

    ck_assert_msg(load(&kit, knots[_i].rules) == FZ_E_RULE, "%s",
                  knots[_i].name);
    ck_assert_uint_ge(kit.sink.count, 1);
    ck_assert_msg(kit.sink.diag[0].rule[0] != '\0', "%s", knots[_i].name);
    ck_assert_msg(kit.sink.diag[0].line != 0, "%s: %s", knots[_i].name,
                  kit.sink.diag[0].text);
}
END_TEST

/* --- many ------------------------------------------------------------------
 */
START_TEST(more_rules_than_there_may_be_are_refused)
{
    FzBuf rules = FZ_BUF_INIT;
    FzKit kit;

    fz_buf_append_text(&rules, "rules = (");
    for (unsigned i = 0; i <= FZ_LIMIT_RULES; i++)
        fz_buf_printf(&rules, "%s{id=\"r%u\";phrase=\"w%ux\";}",
                      i == 0 ? "" : ",", i, i);
    fz_buf_append_text(&rules, ");");
    ck_assert_int_eq(load(&kit, fz_buf_text(&rules)), FZ_E_LIMIT);
    ck_assert_uint_eq(kit.sink.count, 1);
    ck_assert_ptr_nonnull(strstr(kit.sink.diag[0].text, "100000"));
    fz_buf_clear(&rules);
}
END_TEST

START_TEST(more_regexes_than_the_budget_are_refused)
{
    FzBuf rules = FZ_BUF_INIT;
    FzKit kit;

    fz_buf_append_text(&rules, "rules = (");
    for (unsigned i = 0; i <= FZ_LIMIT_REGEX_RULES; i++)
        fz_buf_printf(&rules, "%s{id=\"r%u\";regex=\"w%u+x\";}",
                      i == 0 ? "" : ",", i, i);
    fz_buf_append_text(&rules, ");");
    ck_assert_int_eq(load(&kit, fz_buf_text(&rules)), FZ_E_LIMIT);
    ck_assert_ptr_nonnull(fz_test_sink_find(&kit.sink, "more than 500"));
    fz_buf_clear(&rules);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bombs");
    TCase *tc = tcase_create("bombs");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, a_bomb_is_refused_with_its_place_or_does_no_harm, 0,
                        COUNT(bombs));
    tcase_add_loop_test(tc, a_knot_of_rules_is_refused, 0, COUNT(knots));
    tcase_add_test(tc, more_rules_than_there_may_be_are_refused);
    tcase_add_test(tc, more_regexes_than_the_budget_are_refused);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
