/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is known about names: last labels, public suffixes, countries.
 */
#include "config.h"

#include "tests/support.h"

#include "base/buf.h"
#include "engine/url/canonical.h"
#include "engine/url/url.h"

#include <stdio.h>
#include <stdlib.h>

static FzUrlTables *tables;

static void set_up(void)
{
    ck_assert_int_eq(fz_url_tables_create(NULL, NULL, &tables), FZ_OK);
}

static void tear_down(void)
{
    fz_url_tables_destroy(tables);
}

static const struct {
    const char *label, *country, *why;
} bad_tables[] = {
    {"a", NULL, "cannot be the last label"},
    {"a.b", NULL, "cannot be the last label"},
    {"-ab", NULL, "cannot be the last label"},
    {"", NULL, "cannot be the last label"},
    {"77", NULL, "cannot be the last label"},
    {"lan", "0", "no country code"},
    {"lan", "+86", "no country code"},
    {"lan", "", "no country code"},
    {"lan", "1234", "no country code"},
};

START_TEST(senseless_tables_are_refused)
{
    FzUrlConfig config = {.extra_tlds = &bad_tables[_i].label,
                          .extra_tld_count = 1,
                          .country = bad_tables[_i].country};
    FzUrlTables *none = NULL;
    FzTestSink said;

    fz_test_sink_init(&said);
    ck_assert_int_eq(fz_url_tables_create(&config, &said.sink, &none),
                     FZ_E_RULE);
    ck_assert_ptr_nonnull(fz_test_sink_find(&said, bad_tables[_i].why));
    ck_assert_ptr_null(none);
}
END_TEST

static const struct {
    const char *host;
    bool suffix;
    const char *registrable;
} hosts[] = {
    {"com", true, NULL},
    {"co.uk", true, NULL},
    {"github.io", true, NULL}, /* whoever wants may have one below */
    {"a.b.co.uk", false, "b.co.uk"},
    {"a.b.github.io", false, "b.github.io"},
    {"shop.com", false, "shop.com"},
    {"192.0.2.1", false, NULL},
    {"[2001:db8::1]", false, NULL},
};

START_TEST(suffixes_and_registrable_names_are_told_apart)
{
    FzSlice host = fz_slice_of(hosts[_i].host);
    FzSlice got = fz_url_registrable(tables, host);

    ck_assert_msg(fz_url_is_public_suffix(tables, host) == hosts[_i].suffix,
                  "%s", hosts[_i].host);
    if (hosts[_i].registrable == NULL) {
        ck_assert_ptr_null(got.data);
    } else {
        ck_assert(fz_slice_is(got, hosts[_i].registrable));
        ck_assert_ptr_eq(got.data + got.octets, host.data + host.octets);
    }
}
END_TEST

/* The cases of the Public Suffix List, where they are at hand: "host name" a
 * line, "null" for none. Hosts are asked for in their canonical form, as a link
 * of a message would be; a dot in front is none there, so those four lines say
 * something else. */
START_TEST(public_suffix_cases_hold)
{
    FzBuf file = FZ_BUF_INIT, path = FZ_BUF_INIT;
    char *line, *rest;
    int run = 0;

    fz_buf_printf(&path, "%s/conformance/url_canonical/tests.txt",
                  getenv("FZ_DATA"));
    ck_assert_int_eq(
        fz_buf_read_file(&file, fz_buf_text(&path), 1u << 20, NULL), FZ_OK);
    for (line = strtok_r((char *)file.data, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        uint8_t room[FZ_CANONICAL_ROOM], wanted_room[FZ_CANONICAL_ROOM];
        FzCanonical asked, wanted;
        char *want = strchr(line, ' ');
        FzSlice got;

        if (want == NULL || line[0] == '/' || line[0] == '.' ||
            strncmp(line, "null", 4) == 0)
            continue;
        *want++ = '\0';
        ck_assert_int_eq(
            fz_canonical_url(fz_slice_of(line), room, &asked, NULL), FZ_OK);
        got = fz_url_registrable(tables, asked.host);
        run++;
        if (strcmp(want, "null") == 0) {
            ck_assert_msg(got.data == NULL, "%s: %.*s", line, (int)got.octets,
                          (const char *)got.data);
            continue;
        }
        ck_assert_int_eq(
            fz_canonical_url(fz_slice_of(want), wanted_room, &wanted, NULL),
            FZ_OK);
        ck_assert_msg(fz_slice_equal(got, wanted.host), "%s: %.*s, want %s",
                      line, (int)got.octets, (const char *)got.data, want);
    }
    printf("public suffix cases: %d\n", run);
    ck_assert_int_ge(run, 70);
    fz_buf_clear(&file);
    fz_buf_clear(&path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("url-tables");
    TCase *tc = tcase_create("tables");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, senseless_tables_are_refused, 0, COUNT(bad_tables));
    tcase_add_loop_test(tc, suffixes_and_registrable_names_are_told_apart, 0,
                        COUNT(hosts));
    if (getenv("FZ_DATA") != NULL)
        tcase_add_test(tc, public_suffix_cases_hold);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
