/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_sender_files.c - brands, registry and receivers as people write them
 */
#include "config.h"

#include "tests/sender_kit.h"

#include "base/buf.h"
#include "engine/sender/sender.h"

#include <stdio.h>

static void set_up(void)
{
    ck_assert_int_eq(
        fz_url_tables_create(fz_url_config_samples(), NULL, &tables), FZ_OK);
    load(brands, registry);
}

static void tear_down(void)
{
    fz_senders_destroy(senders);
    senders = NULL;
    fz_url_tables_destroy(tables);
}

/* --- mistakes of the files ---------------------------------------------------
 */
static const struct {
    const char *name;
    bool is_registry;
    const char *content;
    FzStatus status;
    unsigned line;
    const char *part;
} mistakes[] = {
    {"no line of names", false, "# nothing\n", FZ_E_SYNTAX, 1,
     "no line that names its columns"},
    {"a column that is none", false, "brand\tclas\n", FZ_E_RULE, 1,
     "unknown column `clas': there are brand, class"},
    {"a column twice", true, "identity,identity,signatures,senders,hosts\n",
     FZ_E_SYNTAX, 1, "the column `identity' is there twice"},
    {"a column missing", true, "identity,class\n", FZ_E_RULE, 1,
     "the column `signatures' is missing"},
    {"a cell too few", false, BRANDS "a\tbank\n", FZ_E_SYNTAX, 2,
     "the row has 2 cells, the first line 7"},
    {"an octet that is no text", false, BRANDS "\xFF\n", FZ_E_SYNTAX, 2,
     "the octet 0xff is no UTF-8 text"},
    {"a brand that is no name", false, BRANDS "A b\tbank\tx行\t\t\t\town\n",
     FZ_E_RULE, 2, "small letters, digits and hyphens"},
    {"a class that is none", false, BRANDS "a\tbonk\t海河\t\t\t\town\n",
     FZ_E_RULE, 2, "`class' cannot be `bonk': it is one of other, bank"},
    {"a brand twice", false,
     BRANDS "a\tbank\t海河\t\t\t\town\n\na\tbank\t河海\t\t\t\town\n", FZ_E_RULE,
     4, "the brand `a' is there already, on line 2 of t"},
    {"a brand without a name", false, BRANDS "a\tbank\t\t\t\t\town\n",
     FZ_E_RULE, 2, "has no word, host, signature or sender"},
    {"a word too short", false, BRANDS "a\tbank\t行\t\t\t\town\n", FZ_E_RULE, 2,
     "too short to mean anybody"},
    {"a word of nothing", false, BRANDS "a\tbank\t\xE2\x80\x8B\t\t\t\town\n",
     FZ_E_RULE, 2, "no name that a message can have"},
    {"a host with a scheme", false,
     BRANDS "a\tbank\t\thttp://a.example/\t\t\town\n", FZ_E_RULE, 2,
     "is no host"},
    {"a public suffix", false, BRANDS "a\tbank\t\tcom.cn\t\t\town\n", FZ_E_RULE,
     2, "`com.cn' is a public suffix"},
    {"links that are neither", false, BRANDS "a\tbank\t海河\t\t\t\tall\n",
     FZ_E_RULE, 2, "`links' is own, or none"},
    {"no identity", true, REGISTRY ",bank,,,,\n", FZ_E_RULE, 2,
     "the row names no identity"},
    {"a class of senders that is none", true, REGISTRY "a,bonk,,,,\n",
     FZ_E_RULE, 2, "`class' cannot be `bonk': it is P2P, A2P"},
    {"two classes", true, REGISTRY "a,bank,,,,\na,code,,,,\n", FZ_E_RULE, 3,
     "the identity `a' is of class bank already"},
    {"a day that is none", true, REGISTRY "a,bank,,,,2026-02-30\n", FZ_E_RULE,
     2, "`valid-until' is a last day"},
    {"a sender that is none", true, REGISTRY "a,bank,,1*,,\n", FZ_E_RULE, 2,
     "`1*' is no sender"},
    {"a quote that does not end", true, REGISTRY "\"a,bank,,,,\n", FZ_E_SYNTAX,
     2, "does not end with one"},
};

START_TEST(a_mistake_is_told_with_its_line)
{
    FzSendersBuilder *builder = builder_of(FZ_RULE_ACTIVE);
    FzSlice content = fz_slice_of(mistakes[_i].content);
    FzStatus status = mistakes[_i].is_registry
                          ? fz_senders_add_registry(builder, content, "t")
                          : fz_senders_add_brands(builder, content, "t");

    ck_assert_msg(status == mistakes[_i].status && diags.count >= 1 &&
                      diags.diag[0].line == mistakes[_i].line &&
                      strcmp(diags.diag[0].file, "t") == 0 &&
                      strstr(diags.diag[0].text, mistakes[_i].part) != NULL,
                  "%s: status %s, line %u: %s", mistakes[_i].name,
                  fz_status_name(status), diags.diag[0].line,
                  diags.diag[0].text);
    fz_senders_builder_destroy(builder);
}
END_TEST

START_TEST(a_receiver_that_is_none_is_told)
{
    FzSendersBuilder *builder = builder_of(FZ_RULE_ACTIVE);

    ck_assert_int_eq(fz_senders_add_receivers(builder,
                                              fz_slice_of("receiver\nabc\n"),
                                              "r", "careful"),
                     FZ_E_RULE);
    ck_assert_uint_eq(diags.diag[0].line, 2);
    fz_senders_builder_destroy(builder);
}
END_TEST

static const struct {
    unsigned line;
    const char *file, *part;
} looks_wrong[] = {
    {5, "brands.tsv", "nobody is registered for the brand `police'"},
    {4, "registry.csv", "the row of `old-bank' has run out"},
};

START_TEST(lint_tells_what_looks_wrong)
{
    const FzTestDiag *diag;

    fz_test_sink_init(&diags);
    ck_assert_uint_eq(fz_senders_lint(senders, NOW_MS, &diags.sink),
                      COUNT(looks_wrong));
    diag = fz_test_sink_find(&diags, looks_wrong[_i].part);
    ck_assert_msg(diag != NULL, "%s", looks_wrong[_i].part);
    ck_assert_uint_eq(diag->line, looks_wrong[_i].line);
    ck_assert_str_eq(diag->file, looks_wrong[_i].file);
    ck_assert_int_eq(diag->severity, FZ_SEVERITY_WARNING);
}
END_TEST

START_TEST(lint_tells_of_names_that_two_have)
{
    load(BRANDS "a\tbank\t海河\tab.example\t\t\town\n"
                "b\tbank\t海河\t\t\t\town\n",
         NULL);
    fz_test_sink_init(&diags);
    fz_senders_lint(senders, NOW_MS, &diags.sink);
    ck_assert_ptr_nonnull(fz_test_sink_find(&diags, "the word `海河' is also"));
    ck_assert_ptr_nonnull(
        fz_test_sink_find(&diags, "label `ab' of `a' is too"));
}
END_TEST

/* --- the page ----------------------------------------------------------------
 */
START_TEST(the_page_tells_every_signal_and_class)
{
    static const char *const fronts[] = {"sender.", "signature.", "brand.",
                                         "host.", "code."};
    FzBuf page = FZ_BUF_INIT;
    char name[80];
    int told = 0;

    ck_assert_int_eq(fz_buf_read_file(&page, fz_test_source("docs/senders.md"),
                                      1u << 20, NULL),
                     FZ_OK);
    for (int i = 0; i < FZ_SIGNAL_IDS; i++) {
        for (size_t f = 0; f < COUNT(fronts); f++) {
            const char *id = fz_signal_defs()[i].name;

            if (strncmp(id, fronts[f], strlen(fronts[f])) != 0 ||
                strcmp(id, "sender.class") == 0)
                continue;
            snprintf(name, sizeof name, "`%s`", id);
            ck_assert_msg(strstr(fz_buf_text(&page), name) != NULL, "%s", name);
            told++;
        }
    }
    ck_assert_int_ge(told, 25);
    for (int i = 1; i < FZ_SENDER_CLASSES; i++) {
        snprintf(name, sizeof name, "`%s`",
                 fz_sender_class_name((FzSenderClass)i));
        ck_assert_msg(strstr(fz_buf_text(&page), name) != NULL, "%s", name);
    }
    for (int i = 0; i < FZ_BRAND_CLASSES; i++) {
        snprintf(name, sizeof name, "`%s`",
                 fz_brand_class_name((FzBrandClass)i));
        ck_assert_msg(strstr(fz_buf_text(&page), name) != NULL, "%s", name);
    }
    fz_buf_clear(&page);
}
END_TEST

/* The shipped brands load, and look right. */
START_TEST(the_shipped_brands_load_without_a_finding)
{
    FzSendersBuilder *builder = builder_of(FZ_RULE_ACTIVE);
    FzBuf content = FZ_BUF_INIT;
    FzSendersCounts counts;
    FzSenders *shipped;

    ck_assert_int_eq(fz_buf_read_file(&content,
                                      fz_test_source("patterns/brands.tsv"),
                                      1u << 20, NULL),
                     FZ_OK);
    ck_assert_msg(fz_senders_add_brands(builder, fz_buf_slice(&content),
                                        "brands.tsv") == FZ_OK,
                  "%u: %s", diags.diag[0].line, diags.diag[0].text);
    shipped = fz_senders_build(builder);
    fz_senders_builder_destroy(builder);
    fz_senders_counts(shipped, &counts);
    ck_assert_uint_ge(counts.brands, 25);
    ck_assert_msg(fz_senders_lint(shipped, NOW_MS, &diags.sink) == 0, "%s",
                  diags.diag[0].text);
    fz_senders_destroy(shipped);
    fz_buf_clear(&content);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sender_files");
    TCase *tc = tcase_create("sender_files");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, a_mistake_is_told_with_its_line, 0,
                        COUNT(mistakes));
    tcase_add_test(tc, a_receiver_that_is_none_is_told);
    tcase_add_loop_test(tc, lint_tells_what_looks_wrong, 0, COUNT(looks_wrong));
    tcase_add_test(tc, lint_tells_of_names_that_two_have);
    tcase_add_test(tc, the_page_tells_every_signal_and_class);
    tcase_add_test(tc, the_shipped_brands_load_without_a_finding);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
