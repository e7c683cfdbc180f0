/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_list_tool.c - what the command line makes of live entries, and how it
 * counts; the rest is in tests/cli/list.sh
 */
#include "config.h"

#include "base/alloc.h"
#include "engine/list/overlay.h"
#include "tests/list_kit.h"
#include "tools/list.h"
#include "tools/list_entries.h"

#include <stdio.h>

static void append(FzBuf *log, FzOverlayVerb verb, FzAnswerKind action,
                   const char *key, const char *by, int64_t expires_ms)
{
    FzOverlayRecord record = {.at_ms = KIT_NOW_MS - 3600 * 1000,
                              .verb = verb,
                              .action = action,
                              .key = key,
                              .category = "scam",
                              .by = by,
                              .reference = "case-1",
                              .note = "seen",
                              .expires_ms = expires_ms,
                              .score = 650};

    ck_assert_int_eq(fz_overlay_log_append(log, &record, NULL), FZ_OK);
}

static void take_item(void *ctx, uint32_t line, const FzListItem *item)
{
    fz_list_builder_add(ctx, line, item);
}

START_TEST(live_entries_are_folded_into_a_list)
{
    FzListSources sources;
    KitReport report;
    FzListBuild how = kit_build(&report);
    FzListBuilder *builder = fz_list_builder_create(&how);
    FzSourceSink items = {take_item, NULL, NULL, builder};
    FzListUse use = {.owner = FZ_OWNER_OPERATOR};
    FzBuf log = FZ_BUF_INIT;
    FzListSet *set;
    FzAnswer answer;

    append(&log, FZ_OVERLAY_ADD, FZ_ANSWER_BLOCK, "host:a.example", "ann", 0);
    append(&log, FZ_OVERLAY_ADD, FZ_ANSWER_BLOCK, "host:gone.example", "ann",
           KIT_NOW_MS - 1);
    append(&log, FZ_OVERLAY_ADD, FZ_ANSWER_ALLOW, "host:waits.example", "ann",
           0);
    append(&log, FZ_OVERLAY_ADD, FZ_ANSWER_ALLOW, "host:b.example", "ann", 0);
    append(&log, FZ_OVERLAY_CONFIRM, FZ_ANSWER_ALLOW, "host:b.example", "ben",
           0);
    fz_list_sources_init(&sources);
    sources.next.live = true;
    fz_list_sources_add(&sources, fz_test_write("live.log", fz_buf_text(&log)));
    ck_assert_str_eq(sources.item[0].name, "live");
    ck_assert_int_eq(fz_list_builder_source(builder, &sources.item[0].is, NULL),
                     FZ_OK);
    ck_assert_int_eq(
        fz_list_source_read(&sources.item[0], KIT_NOW_MS, &items, NULL), FZ_OK);
    use.list = kit_open(builder);
    set = fz_list_set_create(&use, 1);
    answer = kit_ask(set, NULL, "http://a.example/", KIT_NOW_MS);
    ck_assert_str_eq(kit_words(&answer), "block host host:a.example");
    ck_assert_str_eq(answer.note, "case-1,seen");
    ck_assert_str_eq(answer.category, "scam");
    ck_assert_int_eq(answer.score, 650);
    ck_assert_int_eq(answer.age_s, 3600);
    answer = kit_ask(set, NULL, "http://b.example/", KIT_NOW_MS);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_ALLOW);
    answer = kit_ask(set, NULL, "http://gone.example/", KIT_NOW_MS);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_NONE);
    answer = kit_ask(set, NULL, "http://waits.example/", KIT_NOW_MS);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_NONE);
    fz_list_set_destroy(set);
    fz_list_builder_destroy(builder);
    fz_list_sources_clear(&sources);
    fz_buf_clear(&log);
}
END_TEST

static const struct {
    const char *arg, *name, *path;
} args[] = {
    {"feeds/open.phish.txt", "open", "feeds/open.phish.txt"},
    {"mine=feeds/open.txt", "mine", "feeds/open.txt"},
    {"dir/a=b.txt", "a=b", "dir/a=b.txt"},
    {".hidden", ".hidden", ".hidden"},
};

START_TEST(a_source_is_a_path_or_a_name_and_a_path)
{
    FzListSources sources;

    fz_list_sources_init(&sources);
    fz_list_sources_add(&sources, args[_i].arg);
    ck_assert_str_eq(sources.item[0].name, args[_i].name);
    ck_assert_str_eq(sources.item[0].path, args[_i].path);
    fz_list_sources_clear(&sources);
}
END_TEST

/* A range that others cut into pieces is one entry in a tally. */
START_TEST(a_range_counts_once_however_it_is_cut)
{
    FzList *list = kit_list("feed", "block x ip:198.51.100.0/24\n"
                                    "block x ip:198.51.100.64/28\n"
                                    "block x ip:198.51.100.128/28\n"
                                    "block x ip:2001:db8::/32\n"
                                    "block x ip:2001:db8:1::/48\n"
                                    "block x host:a.example 3d\n");
    FzListTally tally;

    fz_list_tally(list, KIT_NOW_MS, &tally);
    ck_assert_uint_eq(tally.count, 2);
    ck_assert_uint_eq(tally.row[1].entries, 5);
    ck_assert_uint_eq(tally.expiring, 1);
    ck_assert_uint_eq(tally.expired, 0);
    fz_free(tally.row);
    fz_list_tally(list, KIT_NOW_MS + 5 * KIT_DAY_MS, &tally);
    ck_assert_uint_eq(tally.expired, 1);
    fz_free(tally.row);
    fz_list_close(list);
}
END_TEST

START_TEST(numbers_are_grouped)
{
    ck_assert_str_eq(fz_ctl_count(0), "0");
    ck_assert_str_eq(fz_ctl_count(999), "999");
    ck_assert_str_eq(fz_ctl_count(1000), "1,000");
    ck_assert_str_eq(fz_ctl_count(1234567), "1,234,567");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("list-tool");
    TCase *tc = tcase_create("tool");

    tcase_add_test(tc, live_entries_are_folded_into_a_list);
    tcase_add_loop_test(tc, a_source_is_a_path_or_a_name_and_a_path, 0,
                        COUNT(args));
    tcase_add_test(tc, a_range_counts_once_however_it_is_cut);
    tcase_add_test(tc, numbers_are_grouped);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
