/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/store_support.h"

#include "base/buf.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOW INT64_C(1795300350123)
#define HOUR INT64_C(3600000)

static FzShadowHit hit_of(const char *rule, const char *text, int64_t at_ms)
{
    return (FzShadowHit){
        .at_ms = at_ms,
        .rule = fz_slice_of(rule),
        .rev = 3,
        .direction = 1,
        .sender = fz_slice_of("+8613800000001"),
        .receiver = fz_slice_of("10690000"),
        .identity = fz_slice_of("shop"),
        .text = fz_slice_of(text),
        .spans = fz_slice_of("0-2"),
    };
}

static void keep(FzStore *store, const char *rule, const char *text,
                 int64_t at_ms)
{
    FzShadowHit hit = hit_of(rule, text, at_ms);

    ck_assert_int_eq(fz_store_shadow_keep(store, &hit, 1, at_ms, NULL), FZ_OK);
}

static bool append(void *ctx, int64_t row, const FzShadowHit *hit)
{
    fz_buf_printf(ctx, "%lld:%.*s%s ", (long long)row, (int)hit->text.octets,
                  (const char *)hit->text.data, hit->wrong ? "!" : "");
    return true;
}

static FzStatus read_all(FzStore *store, const char *rule, FzBuf *all)
{
    all->octets = 0;
    fz_buf_append_text(all, "");
    return fz_store_shadow(store, fz_slice_of(rule), 0, append, all, NULL);
}

static uint64_t kept(FzStore *store)
{
    FzStoreStats stats;

    fz_store_stats(store, &stats);
    return stats.shadow;
}

static bool whole(void *ctx, int64_t row, const FzShadowHit *hit)
{
    ck_assert_int_eq(row, 1);
    ck_assert_int_eq(hit->at_ms, NOW);
    ck_assert(fz_slice_is(hit->rule, "a.b"));
    ck_assert_uint_eq(hit->rev, 3);
    ck_assert_int_eq(hit->direction, 1);
    ck_assert(!hit->wrong);
    ck_assert(fz_slice_is(hit->sender, "+8613800000001"));
    ck_assert(fz_slice_is(hit->receiver, "10690000"));
    ck_assert(fz_slice_is(hit->identity, "shop"));
    ck_assert(fz_slice_is(hit->text, "first"));
    ck_assert(fz_slice_is(hit->spans, "0-2"));
    *(int *)ctx += 1;
    return false;
}

START_TEST(hits_are_read_again_after_a_restart_rule_by_rule)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    FzBuf all = FZ_BUF_INIT;
    int seen = 0;

    keep(store, "a.b", "first", NOW);
    keep(store, "a.c", "other", NOW);
    keep(store, "a.b", "second", NOW);
    fz_store_close(store);
    store = fz_test_store_open(&config);
    ck_assert_uint_eq(kept(store), 3);
    keep(store, "a.b", "third", NOW);
    ck_assert_int_eq(
        fz_store_shadow(store, fz_slice_of("a.b"), 0, whole, &seen, NULL),
        FZ_OK);
    ck_assert_int_eq(seen, 1);
    ck_assert_int_eq(read_all(store, "a.b", &all), FZ_OK);
    ck_assert_str_eq(fz_buf_text(&all), "1:first 3:second 4:third ");
    ck_assert_int_eq(read_all(store, NULL, &all), FZ_OK);
    ck_assert_str_eq(fz_buf_text(&all), "1:first 2:other 3:second 4:third ");
    fz_buf_clear(&all);
    fz_store_close(store);
}
END_TEST

START_TEST(of_one_rule_the_newest_fifty_stay)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    FzShadowHit hits[60];
    char text[60][8];
    FzBuf all = FZ_BUF_INIT;

    keep(store, "a.c", "other", NOW);
    for (int i = 0; i < 60; i++) {
        snprintf(text[i], sizeof text[i], "t%d", i);
        hits[i] = hit_of("a.b", text[i], NOW);
    }
    ck_assert_int_eq(fz_store_shadow_keep(store, hits, 60, NOW, NULL), FZ_OK);
    ck_assert_uint_eq(kept(store), FZ_SHADOW_HITS + 1);
    ck_assert_int_eq(read_all(store, "a.b", &all), FZ_OK);
    ck_assert_int_eq(strncmp(fz_buf_text(&all), "12:t10 13:t11 ", 14), 0);
    ck_assert_int_eq(read_all(store, "a.c", &all), FZ_OK);
    ck_assert_str_eq(fz_buf_text(&all), "1:other ");
    fz_buf_clear(&all);
    fz_store_close(store);
}
END_TEST

START_TEST(after_72_hours_a_hit_is_gone_without_another_one_coming)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);

    keep(store, "a.b", "old", NOW);
    keep(store, "a.b", "younger", NOW + HOUR);
    ck_assert_int_eq(
        fz_store_shadow_keep(store, NULL, 0, NOW + 72 * HOUR, NULL), FZ_OK);
    ck_assert_uint_eq(kept(store), 2);
    ck_assert_int_eq(
        fz_store_shadow_keep(store, NULL, 0, NOW + 72 * HOUR + 1, NULL), FZ_OK);
    ck_assert_uint_eq(kept(store), 1);
    fz_store_close(store);
}
END_TEST

START_TEST(a_hit_can_be_marked_wrong_and_the_mark_taken_back)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    FzBuf all = FZ_BUF_INIT;

    keep(store, "a.b", "one", NOW);
    keep(store, "a.b", "two", NOW);
    ck_assert_int_eq(fz_store_shadow_mark(store, 2, true, NOW, NULL), FZ_OK);
    ck_assert_int_eq(read_all(store, "a.b", &all), FZ_OK);
    ck_assert_str_eq(fz_buf_text(&all), "1:one 2:two! ");
    ck_assert_int_eq(fz_store_shadow_mark(store, 2, false, NOW, NULL), FZ_OK);
    ck_assert_int_eq(read_all(store, "a.b", &all), FZ_OK);
    ck_assert_str_eq(fz_buf_text(&all), "1:one 2:two ");
    ck_assert_int_eq(fz_store_shadow_mark(store, 9, true, NOW, NULL),
                     FZ_E_RULE);
    fz_buf_clear(&all);
    fz_store_close(store);
}
END_TEST

START_TEST(the_file_shows_neither_text_nor_number)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    uint8_t octets[1 << 16];
    char path[512];
    const char *names[] = {"", "-wal"};

    keep(store, "a.b", "SECRETTEXT", NOW);
    for (size_t i = 0; i < COUNT(names); i++) {
        FILE *file;
        size_t count;

        snprintf(path, sizeof path, "%s%s", config.path, names[i]);
        file = fopen(path, "rb");
        ck_assert_ptr_nonnull(file);
        while ((count = fread(octets, 1, sizeof octets, file)) > 0) {
            ck_assert_ptr_null(memmem(octets, count, "SECRETTEXT", 10));
            ck_assert_ptr_null(memmem(octets, count, "13800000001", 11));
        }
        fclose(file);
    }
    fz_store_close(store);
}
END_TEST

START_TEST(a_hit_that_was_altered_is_told_and_passed_over)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    FzBuf all = FZ_BUF_INIT;

    keep(store, "a.b", "one", NOW);
    keep(store, "a.b", "two", NOW);
    fz_test_sql(config.path, "UPDATE shadow SET at_ms = at_ms + 1 "
                             "WHERE row = 1");
    ck_assert_int_eq(read_all(store, "a.b", &all), FZ_E_SYNTAX);
    ck_assert_str_eq(fz_buf_text(&all), "2:two ");
    fz_buf_clear(&all);
    fz_store_close(store);
}
END_TEST

START_TEST(a_database_of_schema_2_is_brought_up_to_date_with_what_it_holds)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    const char *texts;
    int64_t row;

    ck_assert_int_eq(fz_test_commit(store, "held before", &row), FZ_OK);
    fz_store_close(store);
    fz_test_sql(config.path, "DROP TABLE shadow; PRAGMA user_version = 2");
    store = fz_test_store_open(&config);
    ck_assert_int_eq(fz_test_texts(store, &texts), FZ_OK);
    ck_assert_str_eq(texts, "held before\n");
    keep(store, "a.b", "one", NOW);
    ck_assert_uint_eq(kept(store), 1);
    fz_store_close(store);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_shadow");
    TCase *tests = tcase_create("shadow");

    tcase_add_test(tests, hits_are_read_again_after_a_restart_rule_by_rule);
    tcase_add_test(tests, of_one_rule_the_newest_fifty_stay);
    tcase_add_test(tests,
                   after_72_hours_a_hit_is_gone_without_another_one_coming);
    tcase_add_test(tests, a_hit_can_be_marked_wrong_and_the_mark_taken_back);
    tcase_add_test(tests, the_file_shows_neither_text_nor_number);
    tcase_add_test(tests, a_hit_that_was_altered_is_told_and_passed_over);
    tcase_add_test(
        tests, a_database_of_schema_2_is_brought_up_to_date_with_what_it_holds);
    suite_add_tcase(suite, tests);
    return fz_test_run(suite);
}
