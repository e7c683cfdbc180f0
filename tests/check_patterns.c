/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The shipped sets do what their samples and cases say, and what they promise
 * in docs/rules.md.
 */
#include "config.h"

#include "base/buf.h"
#include "engine/verdict/cases.h"
#include "tests/support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static FzRuleset *load(FzRulesetTrust trust)
{
    const char *folder = fz_test_source("patterns");
    FzRuleset *ruleset = NULL;
    FzTestSink sink;
    FzStatus status;

    fz_test_sink_init(&sink);
    status = fz_ruleset_load(&folder, 1, trust, NULL, NULL, NULL, &sink.sink,
                             &ruleset);
    ck_assert_msg(status == FZ_OK && sink.count == 0, "%s:%u: %s",
                  sink.diag[0].file, sink.diag[0].line, sink.diag[0].text);
    return ruleset;
}

static bool knows_reason(const char *name)
{
    uint32_t count;
    const FzReason *reasons = fz_reasons_builtin(&count);

    for (uint32_t i = 0; i < count; i++)
        if (strcmp(reasons[i].name, name) == 0)
            return true;
    return false;
}

START_TEST(every_sample_fares_as_it_says)
{
    FzRuleset *ruleset = load(FZ_RULESET_ALL_ACTIVE);
    FzCaseCounts counts;
    FzTestSink sink;
    FzStatus status;

    fz_test_sink_init(&sink);
    status = fz_cases_check(ruleset, 1795000000000, &sink.sink, &counts);
    ck_assert_msg(status == FZ_OK, "%s:%u: %s", sink.diag[0].file,
                  sink.diag[0].line, sink.diag[0].text);
    ck_assert_uint_ge(counts.run, 60);
    ck_assert_uint_eq(counts.failed, 0);
    ck_assert_uint_eq(counts.untested, 0);
    fz_ruleset_destroy(ruleset);
}
END_TEST

START_TEST(every_rule_is_shipped_in_shadow_and_explained)
{
    FzRuleset *ruleset = load(FZ_RULESET_AS_WRITTEN);

    ck_assert_uint_ge(fz_ruleset_count(ruleset), 30);
    for (uint32_t i = 0; i < fz_ruleset_count(ruleset); i++) {
        const FzRuleInfo *info = fz_ruleset_rule(ruleset, i);

        ck_assert_msg(info->state == FZ_RULE_SHADOW, "%s", info->id);
        ck_assert_msg(info->title != NULL && info->owner != NULL &&
                          info->scam_class != NULL && info->group != NULL,
                      "%s", info->id);
        ck_assert_msg(info->reason != NULL && knows_reason(info->reason),
                      "%s: %s", info->id, info->reason);
    }
    fz_ruleset_destroy(ruleset);
}
END_TEST

START_TEST(lint_finds_nothing)
{
    FzRuleset *ruleset = load(FZ_RULESET_AS_WRITTEN);
    FzTestSink sink;

    fz_test_sink_init(&sink);
    ck_assert_msg(fz_ruleset_lint(ruleset, 1795000000000, &sink.sink) == 0,
                  "%s:%u: %s: %s", sink.diag[0].file, sink.diag[0].line,
                  sink.diag[0].rule, sink.diag[0].text);
    fz_ruleset_destroy(ruleset);
}
END_TEST

/* Purpose, owner, sources, known false positives, and each rule. */
START_TEST(every_page_knows_its_rules)
{
    static const char *const wanted[] = {"| owner |", "| source |",
                                         "**Known false positives**"};
    FzRuleset *ruleset = load(FZ_RULESET_AS_WRITTEN);

    for (uint32_t i = 0; i < fz_ruleset_count(ruleset); i++) {
        const FzRuleInfo *info = fz_ruleset_rule(ruleset, i);
        FzBuf page = FZ_BUF_INIT;
        char path[2048], name[128];

        snprintf(path, sizeof path, "%.*s/README.md",
                 (int)(strrchr(info->file, '/') - info->file), info->file);
        ck_assert_int_eq(fz_buf_read_file(&page, path, 1u << 16, NULL), FZ_OK);
        ck_assert_msg(strncmp(fz_buf_text(&page), "# ", 2) == 0, "%s", path);
        for (size_t w = 0; w < COUNT(wanted); w++)
            ck_assert_msg(strstr(fz_buf_text(&page), wanted[w]) != NULL,
                          "%s: %s", path, wanted[w]);
        snprintf(name, sizeof name, "`%s`", info->id);
        ck_assert_msg(strstr(fz_buf_text(&page), name) != NULL,
                      "%s does not know %s", path, name);
        fz_buf_clear(&page);
    }
    fz_ruleset_destroy(ruleset);
}
END_TEST

START_TEST(every_set_has_its_page_and_its_cases)
{
    char top[1024], path[2048];
    struct dirent *entry;
    int sets = 0;
    DIR *dir;

    snprintf(top, sizeof top, "%s", fz_test_source("patterns"));
    dir = opendir(top);
    ck_assert_ptr_nonnull(dir);
    while ((entry = readdir(dir)) != NULL) {
        snprintf(path, sizeof path, "%s/%s/rules.conf", top, entry->d_name);
        if (access(path, F_OK) != 0)
            continue;
        sets++;
        snprintf(path, sizeof path, "%s/%s/README.md", top, entry->d_name);
        ck_assert_msg(access(path, F_OK) == 0, "%s", path);
        snprintf(path, sizeof path, "%s/%s/cases.tsv", top, entry->d_name);
        ck_assert_msg(access(path, F_OK) == 0, "%s", path);
    }
    closedir(dir);
    ck_assert_int_ge(sets, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("patterns");
    TCase *tc = tcase_create("patterns");

    tcase_add_test(tc, every_sample_fares_as_it_says);
    tcase_add_test(tc, every_rule_is_shipped_in_shadow_and_explained);
    tcase_add_test(tc, lint_finds_nothing);
    tcase_add_test(tc, every_page_knows_its_rules);
    tcase_add_test(tc, every_set_has_its_page_and_its_cases);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
