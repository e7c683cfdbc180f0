/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_pages.c - the pages that operators script against say what there is
 *
 * docs/control.md has the verbs of the table, docs/metrics.md the figures that
 * are written, and neither has any other.
 */
#include "config.h"

#include "base/alloc.h"
#include "control/control.h"
#include "tests/list_kit.h"
#include "tests/page_kit.h"

#include <stdio.h>
#include <string.h>

#include "plugin/ask/ask.h"
#include "plugin/live/listing.h"
#include "plugin/live/metrics.h"
#include "plugin/live/tally.h"

static const struct {
    const char *name;
    FzControlRole role;
    bool quick;
    const char *args;
} verbs[] = {
#define VERB(name, role, function, quick, args) {name, role, quick, args},
#include "plugin/live/verbs.def"
#undef VERB
};

START_TEST(the_page_shows_every_verb_and_its_role)
{
    char *page = page_section("docs/control.md", "\n## Verbs\n");
    char row[128];

    for (size_t i = 0; i < COUNT(verbs); i++) {
        snprintf(row, sizeof row, "\n| `%s` | %s |", verbs[i].name,
                 verbs[i].role == FZ_ROLE_ADMIN ? "admin" : "read");
        ck_assert_msg(strstr(page, row) != NULL, "docs/control.md lacks %s",
                      row + 1);
    }
    ck_assert_uint_eq(page_rows(page), COUNT(verbs));
    fz_free(page);
}
END_TEST

/* Without the kinds of their values. */
static void names_of(const char *args, char *out)
{
    for (; *args != '\0'; args++)
        if (strchr("?#*", *args) == NULL)
            *out++ = *args;
    *out = '\0';
}

START_TEST(the_page_shows_what_every_verb_takes)
{
    char *page = page_section("docs/control.md", "\n## Verbs\n");

    for (size_t i = 0; i < COUNT(verbs); i++) {
        char name[64], takes[256], shown[256] = "", *end, *cell, *row;

        /* names in backquotes, but for values in parentheses */
        snprintf(name, sizeof name, "\n| `%s` |", verbs[i].name);
        row = strstr(page, name);
        ck_assert_ptr_nonnull(row);
        cell = strchr(row + strlen(name), '|') + 1;
        end = strchr(cell, '|');
        for (unsigned depth = 0; cell != end; cell++) {
            depth += *cell == '(';
            depth -= *cell == ')';
            if (*cell != '`' || depth > 0)
                continue;
            snprintf(shown + strlen(shown), sizeof shown - strlen(shown),
                     "%s%.*s", shown[0] == '\0' ? "" : " ",
                     (int)strcspn(cell + 1, "`"), cell + 1);
            cell += 1 + strcspn(cell + 1, "`");
        }
        names_of(verbs[i].args, takes);
        ck_assert_msg(strcmp(shown, takes) == 0,
                      "`%s' takes \"%s\", the page says \"%s\"", verbs[i].name,
                      takes, shown);
    }
    fz_free(page);
}
END_TEST

START_TEST(the_page_names_the_verbs_that_others_wait_for)
{
    char *page = page_section("docs/control.md", "\n## One at a time\n");
    char name[64];

    for (size_t i = 0; i < COUNT(verbs); i++) {
        snprintf(name, sizeof name, "`%s`", verbs[i].name);
        ck_assert_msg((strstr(page, name) != NULL) == !verbs[i].quick,
                      "`%s' is %s", verbs[i].name,
                      verbs[i].quick ? "answered meanwhile" : "waited for");
    }
    fz_free(page);
}
END_TEST

START_TEST(the_page_shows_every_figure_of_the_plugin)
{
    static FzCounters counters;
    static FzListing listing;
    static const FzStoreStats store;
    static const FzAssemblyFigures assembly;
    FzMetrics metrics = {.counters = &counters,
                         .store = &store,
                         .assembly = &assembly,
                         .generation = ""};
    static const FzListFile lists[] = {{.name = "own"}};
    FzPolicyFile file = {.lists = lists, .list_count = COUNT(lists)};
    FzListUse use = {.list = kit_list("own", "block listed host:a.example\n")};
    FzBundle bundle = {.file = &file};
    FzTallies *tallies = fz_tallies_open("absent", NULL);
    FzAskConfig asking = {NULL, NULL, {NULL, NULL}};
    FzAsk *ask;
    FzBuf text = FZ_BUF_INIT;

    bundle.lists = fz_list_set_create(&use, 1);
    ask = fz_ask_create(&asking);
    fz_metrics_write(&metrics, &text);
    fz_listing_metrics(&listing, &bundle, NULL, KIT_NOW_MS, &text);
    fz_tallies_metrics(tallies, &bundle, 1, &text);
    fz_ask_metrics(ask, &text);
    page_expect_figures("\n## Of the plugin\n", fz_buf_text(&text));
    fz_buf_clear(&text);
    fz_list_set_destroy(bundle.lists);
    fz_tallies_close(tallies, KIT_NOW_MS, NULL);
    fz_ask_destroy(ask);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pages");
    TCase *tc = tcase_create("pages");

    tcase_add_test(tc, the_page_shows_every_verb_and_its_role);
    tcase_add_test(tc, the_page_shows_what_every_verb_takes);
    tcase_add_test(tc, the_page_names_the_verbs_that_others_wait_for);
    tcase_add_test(tc, the_page_shows_every_figure_of_the_plugin);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
