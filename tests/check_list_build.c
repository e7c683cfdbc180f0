/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_list_build.c - what becomes of sources, and what of their mistakes
 */
#include "config.h"

#include "base/buf.h"
#include "engine/list/mapped.h"
#include "tests/list_kit.h"

#include <stdio.h>

/* Asked where it would answer had it been taken. */
static const struct {
    const char *name, *line, *report, *ask, *want;
} guarded[] = {
    {"a public suffix", "block x .com.cn", "feed:1 public-suffix",
     "http://a.com.cn/", "none"},
    {"a top level", "block x .top", "feed:1 public-suffix", "http://a.top/",
     "none"},
    {"a private suffix", "block x host:ddnss.de", "feed:1 private-suffix",
     "http://ddnss.de/", "none"},
    {"a user of a private suffix is one party", "block x .me.ddnss.de", "",
     "http://me.ddnss.de/", "block domain .me.ddnss.de"},
    {"a shortener", "block x host:t.cn", "feed:1 shortener", "http://t.cn/",
     "none"},
    {"a root prefix is the host", "block x prefix:t.cn/", "feed:1 shortener",
     "http://t.cn/", "none"},
    {"its root alone may be listed", "block x url:t.cn/", "", "http://t.cn/",
     "block url url:t.cn/"},
    {"a platform", "block x .docs.qq.com", "feed:1 platform",
     "http://docs.qq.com/x", "none"},
    {"a folder of a platform", "block x prefix:docs.qq.com/form/1/", "",
     "http://docs.qq.com/form/1/2", "block prefix prefix:docs.qq.com/form/1/"},
    {"a site that all know", "block x host:icbc.com.cn", "feed:1 well-known",
     "http://icbc.com.cn/", "none"},
    {"which may be allowed", "allow x .icbc.com.cn", "",
     "http://mybank.icbc.com.cn/", "allow domain .icbc.com.cn"},
    {"a domain above a shared host", "block x .infini.fr",
     "feed:1 above-shared", "http://a.infini.fr/", "none"},
    {"the host itself is another thing", "block x host:infini.fr", "",
     "http://infini.fr/", "block host host:infini.fr"},
    {"by force", "block x host:t.cn force", "feed:1 forced", "http://t.cn/x",
     "block host host:t.cn"},
    {"an allow is not forced", "allow x host:t.cn force", "feed:1 shortener",
     "http://t.cn/x", "none"},
    {"half the net", "block x ip:128.0.0.0/1", "feed:1 too-broad",
     "ip:203.0.113.1", "none"},
    {"half of it allowed", "allow x ip:128.0.0.0/1", "feed:1 too-broad",
     "ip:203.0.113.1", "none"},
    {"an address at home", "block x ip:192.168.1.1", "feed:1 not-public",
     "ip:192.168.1.1", "none"},
    {"loopback, v6", "block x ip:::1", "feed:1 not-public", "ip:::1", "none"},
    {"which may be allowed", "allow x ip:10.0.0.0/8", "", "ip:10.2.3.4",
     "allow ip ip:10.0.0.0/8"},
    {"deeper than look-ups go", "block x prefix:a.example/1/2/3/4/5/6/7/",
     "feed:1 too-deep", "http://a.example/1/2/3/4/5/6/7/8", "none"},
    {"more labels than look-ups go", "block x .1.2.3.4.5.6.7.a.example",
     "feed:1 too-deep", "http://x.1.2.3.4.5.6.7.a.example/", "none"},
    {"as many labels as they go", "block x .2.3.4.5.6.7.a.example", "",
     "http://x.1.2.3.4.5.6.7.a.example/",
     "block domain .2.3.4.5.6.7.a.example"},
    {"declared shared by the operator",
     "shared x host:ours.example\nblock x host:ours.example", "feed:2 platform",
     "http://ours.example/", "none"},
    {"declared shared, and forced",
     "shared x host:ours.example\nblock x host:ours.example force",
     "feed:2 forced", "http://ours.example/", "block host host:ours.example"},
    {"only hosts are shared", "shared x url:ours.example/x", "feed:1 key-form",
     "http://ours.example/x", "none"},
    {"an unknown top level", "block x host:a.nosuch", "feed:1 tld",
     "http://a.nosuch/", "none"},
    {"no host", "block x host:a_b..!", "feed:1 host", "http://x.example/",
     "none"},
    {"an unknown form", "block x domain:a.example", "feed:1 key-form",
     "http://a.example/", "none"},
    {"past its expiry", "block x host:a.example 2026-03-09", "feed:1 expired",
     "http://a.example/", "none"},
    {"expiring today", "block x host:a.example 2026-03-10", "",
     "http://a.example/", "block host host:a.example"},
};

START_TEST(what_hits_more_than_it_means_is_refused)
{
    KitReport report;
    FzListBuild how = kit_build(&report);
    FzListSource source = kit_source("feed");
    FzListUse use = {.owner = FZ_OWNER_OPERATOR};
    char content[512], want[128] = "";
    FzListBuilder *builder;
    FzListSet *set;
    FzAnswer answer;

    how.may_be_empty = true;
    builder = fz_list_builder_create(&how);
    snprintf(content, sizeof content, "%s\n", guarded[_i].line);
    if (guarded[_i].report[0] != '\0')
        snprintf(want, sizeof want, "%s\n", guarded[_i].report);
    kit_add(builder, &source, content, FZ_SOURCE_OWN);
    use.list = kit_open(builder);
    fz_list_builder_destroy(builder);
    ck_assert_msg(strcmp(report.text, want) == 0, "%s: reported \"%s\"",
                  guarded[_i].name, report.text);
    set = fz_list_set_create(&use, 1);
    answer = kit_ask(set, NULL, guarded[_i].ask, KIT_NOW_MS);
    ck_assert_msg(strcmp(kit_words(&answer), guarded[_i].want) == 0,
                  "%s: answers \"%s\"", guarded[_i].name, kit_words(&answer));
    fz_list_set_destroy(set);
}
END_TEST

START_TEST(duplicates_merge_overlaps_stay_conflicts_are_told)
{
    KitReport report;
    FzListBuild how = kit_build(&report);
    FzListBuilder *builder = fz_list_builder_create(&how);
    FzListSource one = kit_source("one"), two = kit_source("two");
    FzListSourceCounts counts;
    FzListInfo info;
    FzList *list;

    kit_add(builder, &one,
            "block x host:a.example 2d\n"
            "block x host:a.example\n" /* outlives line 1 */
            "block y ip:203.0.113.0/24\n"
            "block y ip:203.0.113.9/24\n"
            "allow z host:c.example\n",
            FZ_SOURCE_OWN);
    kit_add(builder, &two,
            "block x host:a.example\n"
            "block x host:c.example\n"
            "block x .c.example\n" /* another level: no conflict */
            "allow x ip:203.0.113.0/24\n",
            FZ_SOURCE_OWN);
    list = kit_open(builder);
    fz_list_info(list, &info);
    ck_assert_uint_eq(info.allow, 2);
    ck_assert_uint_eq(info.block, 5);
    ck_assert_uint_eq(info.sources, 2);
    ck_assert_ptr_nonnull(strstr(report.text, "one:1 duplicate one:2\n"));
    ck_assert_ptr_nonnull(strstr(report.text, "one:4 duplicate one:3\n"));
    ck_assert_ptr_nonnull(strstr(report.text, "two:1 overlap one:2\n"));
    ck_assert_ptr_nonnull(strstr(report.text, "two:2 conflict one:5\n"));
    ck_assert_ptr_nonnull(strstr(report.text, "one:3 conflict two:4\n"));
    fz_list_builder_counts(builder, 0, &counts);
    ck_assert_uint_eq(counts.lines, 5);
    ck_assert_uint_eq(counts.taken, 3);
    ck_assert_uint_eq(counts.finding[FZ_FOUND_DUPLICATE], 2);
    ck_assert_uint_eq(counts.finding[FZ_FOUND_CONFLICT], 1);
    fz_list_builder_counts(builder, 1, &counts);
    ck_assert_uint_eq(counts.taken, 4);
    fz_list_close(list);
    fz_list_builder_destroy(builder);
}
END_TEST

START_TEST(a_source_says_what_its_items_do_not)
{
    KitReport report;
    FzListBuild how = kit_build(&report);
    FzListBuilder *builder = fz_list_builder_create(&how);
    FzListSource source = {.name = "good",
                           .action = FZ_ITEM_ALLOW,
                           .category = "banks",
                           .lives_s = 86400,
                           .host_form = FZ_HOST_AND_SUB,
                           .score = 250};
    FzListUse use = {.owner = FZ_OWNER_OPERATOR};
    FzListSet *set;
    FzAnswer answer;

    kit_add(builder, &source, "bank.example\n", FZ_SOURCE_PLAIN);
    use.list = kit_open(builder);
    fz_list_builder_destroy(builder);
    set = fz_list_set_create(&use, 1);
    answer = kit_ask(set, NULL, "http://www.bank.example/", KIT_NOW_MS);
    ck_assert_str_eq(kit_words(&answer), "allow domain .bank.example");
    ck_assert_str_eq(answer.category, "banks");
    ck_assert_int_eq(answer.score, 250);
    answer = kit_ask(set, NULL, "http://www.bank.example/",
                     KIT_NOW_MS + 2 * KIT_DAY_MS);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_NONE);
    fz_list_set_destroy(set);
}
END_TEST

START_TEST(two_sources_need_two_names)
{
    KitReport report;
    FzListBuild how = kit_build(&report);
    FzListBuilder *builder = fz_list_builder_create(&how);
    FzListSource source = kit_source("feed");
    FzTestSink sink;

    fz_test_sink_init(&sink);
    ck_assert_int_eq(fz_list_builder_source(builder, &source, &sink.sink),
                     FZ_OK);
    ck_assert_int_eq(fz_list_builder_source(builder, &source, &sink.sink),
                     FZ_E_RULE);
    ck_assert_ptr_nonnull(fz_test_sink_find(&sink, "two sources are called"));
    source.name = "";
    ck_assert_int_eq(fz_list_builder_source(builder, &source, &sink.sink),
                     FZ_E_RULE);
    fz_list_builder_destroy(builder);
}
END_TEST

/* --- ages --------------------------------------------------------------------
 */
static int32_t age_in(FzList *list, const char *ask, int64_t now_ms)
{
    FzListUse use = {list, FZ_OWNER_FEED, 0};
    FzListSet *set = fz_list_set_create(&use, 1);
    FzAnswer answer = kit_ask(set, NULL, ask, now_ms);

    ck_assert_int_eq(answer.kind, FZ_ANSWER_BLOCK);
    fz_list_set_destroy(set);
    return answer.age_s;
}

START_TEST(an_entry_is_as_old_as_it_is_known_here)
{
    static const char before[] =
        "url,dateadded\nhttp://old.example/x,2026-03-09 08:00:00\n";
    static const char after[] =
        "url,dateadded\nhttp://old.example/x,2026-03-09 08:00:00\n"
        "http://new.example/x,2020-01-01 00:00:00\n";
    KitReport report;
    FzListBuild how = kit_build(&report);
    FzListBuilder *builder = fz_list_builder_create(&how);
    FzListSource source = kit_source("feed");
    FzList *first, *second;

    kit_add(builder, &source, before, FZ_SOURCE_CSV);
    first = kit_open(builder);
    fz_list_builder_destroy(builder);

    how.previous = first;
    how.now_ms += KIT_DAY_MS;
    builder = fz_list_builder_create(&how);
    kit_add(builder, &source, after, FZ_SOURCE_CSV);
    second = kit_open(builder);
    fz_list_builder_destroy(builder);

    /* without a former list what the feed says is all there is */
    ck_assert_int_eq(age_in(first, "http://old.example/x", KIT_NOW_MS),
                     28 * 3600);
    ck_assert_int_eq(
        age_in(second, "http://old.example/x", KIT_NOW_MS + KIT_DAY_MS),
        52 * 3600);
}
END_TEST

START_TEST(an_entry_new_to_the_former_list_is_new)
{
    KitReport report;
    FzListBuild how = kit_build(&report);
    FzListSource source = kit_source("feed");
    FzList *first = kit_list("feed", "block x host:a.example\n"), *second;
    FzListBuilder *builder;

    how.previous = first;
    how.now_ms += KIT_DAY_MS;
    builder = fz_list_builder_create(&how);
    kit_add(builder, &source,
            "url,dateadded\nhttp://new.example/x,2020-01-01 00:00:00\n",
            FZ_SOURCE_CSV);
    second = kit_open(builder);
    fz_list_builder_destroy(builder);
    fz_list_close(first);
    ck_assert_int_eq(
        age_in(second, "http://new.example/x", KIT_NOW_MS + KIT_DAY_MS + 5000),
        5);
}
END_TEST

/* --- many
 * ------------------------------------------------------------------------ */
/* Enough that lines run over into the next, and the filter has to work. */
START_TEST(every_entry_of_many_answers_and_no_other)
{
    enum { MANY = 20000 };
    KitReport report;
    FzListBuild how = kit_build(&report);
    FzListBuilder *builder = fz_list_builder_create(&how);
    FzListSource source = kit_source("feed");
    FzListItem item = {.score = FZ_LIST_SCORE_UNSET};
    FzListInfo info;
    FzAnswer answer;
    unsigned spilled = 0;
    char key[64];
    FzList *list;

    ck_assert_int_eq(fz_list_builder_source(builder, &source, NULL), FZ_OK);
    for (unsigned i = 0; i < MANY; i++) {
        item.key = fz_slice(
            key, (size_t)snprintf(key, sizeof key, "host:h%u.example", i));
        fz_list_builder_add(builder, i + 1, &item);
    }
    list = kit_open(builder);
    fz_list_builder_destroy(builder);
    for (unsigned i = 0; i < 2 * MANY; i++) {
        int octets = snprintf(key, sizeof key, "h%u.example/", i);

        fz_list_get(list, fz_slice(key, (size_t)octets), KIT_NOW_MS, &answer);
        ck_assert_int_eq(answer.kind,
                         i < MANY ? FZ_ANSWER_BLOCK : FZ_ANSWER_NONE);
    }
    for (uint64_t i = 0; i < list->homes; i++)
        spilled += list->lines[i * FZL_LINE_OCTETS + FZL_LINE_SPILL_AT] != 0;
    ck_assert_uint_gt(spilled, list->homes / 20);
    fz_list_info(list, &info);
    ck_assert_uint_lt(info.octets, 14 * MANY);
    fz_list_close(list);
}
END_TEST

START_TEST(one_key_in_many_sources_answers_from_the_first)
{
    KitReport report;
    FzListBuild how = kit_build(&report);
    FzListBuilder *builder;
    FzListSource source;
    FzListUse use = {.owner = FZ_OWNER_FEED};
    char name[32];
    FzListSet *set;
    FzAnswer answer;

    how.report = NULL;
    builder = fz_list_builder_create(&how);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "feed-%02u", i);
        source = kit_source(name);
        kit_add(builder, &source, "block x host:a.example\n", FZ_SOURCE_OWN);
    }
    use.list = kit_open(builder);
    fz_list_builder_destroy(builder);
    set = fz_list_set_create(&use, 1);
    answer = kit_ask(set, NULL, "http://a.example/", KIT_NOW_MS);
    ck_assert_str_eq(answer.list, "feed-00");
    fz_list_set_destroy(set);
}
END_TEST

typedef struct Progress {
    uint64_t done[3];
    unsigned calls[3];
} Progress;

static void note_progress(void *ctx, FzBuildPhase phase, uint64_t done,
                          uint64_t total)
{
    Progress *progress = ctx;

    ck_assert_uint_ge(done, progress->done[phase]);
    ck_assert_uint_le(done, total);
    progress->done[phase] = done;
    progress->calls[phase]++;
}

START_TEST(progress_goes_forward_and_ends)
{
    Progress progress = {{0}, {0}};
    FzListBuild how = {.now_ms = KIT_NOW_MS,
                       .extra_tlds = kit_tlds,
                       .progress = note_progress,
                       .ctx = &progress};
    FzListSource source = kit_source("feed");
    FzListBuilder *builder = fz_list_builder_create(&how);
    FzBuf content = FZ_BUF_INIT;
    FzList *list;

    for (int i = 0; i < 5000; i++)
        fz_buf_printf(&content, "h%d.example\n", i);
    kit_add(builder, &source, fz_buf_text(&content), FZ_SOURCE_PLAIN);
    ck_assert_uint_eq(progress.done[FZ_BUILD_READ], content.octets);
    ck_assert_uint_ge(progress.calls[FZ_BUILD_READ], 50);
    ck_assert_uint_le(progress.calls[FZ_BUILD_READ], 110);
    list = kit_open(builder);
    ck_assert_uint_eq(progress.done[FZ_BUILD_SORT], 5000);
    fz_list_close(list);
    fz_list_builder_destroy(builder);
    fz_buf_clear(&content);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("list-build");
    TCase *tc = tcase_create("sources");

    tcase_add_loop_test(tc, what_hits_more_than_it_means_is_refused, 0,
                        COUNT(guarded));
    tcase_add_test(tc, duplicates_merge_overlaps_stay_conflicts_are_told);
    tcase_add_test(tc, a_source_says_what_its_items_do_not);
    tcase_add_test(tc, two_sources_need_two_names);
    tcase_add_test(tc, an_entry_is_as_old_as_it_is_known_here);
    tcase_add_test(tc, an_entry_new_to_the_former_list_is_new);
    tcase_add_test(tc, every_entry_of_many_answers_and_no_other);
    tcase_add_test(tc, one_key_in_many_sources_answers_from_the_first);
    tcase_add_test(tc, progress_goes_forward_and_ends);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
