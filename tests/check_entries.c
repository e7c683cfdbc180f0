/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Live entries: in the log before they are in force, and there again later.
 */
#include "config.h"

#include "plugin/live/entries.h"
#include "tests/list_kit.h"
#include "tests/support.h"

#include <stdio.h>
#include <string.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static FzTestSink sink;

static const char *log_path(void)
{
    static char path[512];

    snprintf(path, sizeof path, "%s/deep/live.log", fz_test_folder());
    return path;
}

static FzEntries *open_at(FzOverlayAllow allow, int64_t now_ms)
{
    fz_test_sink_init(&sink);
    return fz_entries_open(log_path(), allow, now_ms, &sink.sink);
}

static FzOverlayRecord record_of(FzOverlayVerb verb, FzAnswerKind action,
                                 const char *key, const char *by)
{
    return (FzOverlayRecord){.at_ms = KIT_NOW_MS,
                             .verb = verb,
                             .action = action,
                             .key = key,
                             .category = "scam",
                             .by = by,
                             .score = FZ_LIST_SCORE_UNSET};
}

static FzStatus put(FzEntries *entries, FzOverlayVerb verb, FzAnswerKind action,
                    const char *key, const char *by)
{
    FzOverlayRecord record = record_of(verb, action, key, by);

    return fz_entries_write(entries, &record, &sink.sink);
}

static const char *asked(FzEntries *entries, const char *what)
{
    FzEntrySnapshot *now = fz_entries_take(entries);
    FzAnswer answer = kit_ask(NULL, now->overlay, what, KIT_NOW_MS);
    const char *words = kit_words(&answer);

    fz_entries_give(entries, now);
    return words;
}

START_TEST(an_entry_is_in_force_and_survives)
{
    FzEntries *entries = open_at(FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS);

    ck_assert_ptr_null(fz_entries_trouble(entries));
    ck_assert_str_eq(asked(entries, "http://a.example/x"), "none");
    ck_assert_int_eq(put(entries, FZ_OVERLAY_ADD, FZ_ANSWER_BLOCK,
                         "host:a.example", "uid:0 root"),
                     FZ_OK);
    ck_assert_str_eq(asked(entries, "http://a.example/x"),
                     "block host host:a.example");
    fz_entries_close(entries);
    entries = open_at(FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS);
    ck_assert_str_eq(asked(entries, "http://a.example/x"),
                     "block host host:a.example");
    ck_assert_int_eq(put(entries, FZ_OVERLAY_REMOVE, FZ_ANSWER_BLOCK,
                         "host:a.example", "uid:0 root"),
                     FZ_OK);
    ck_assert_str_eq(asked(entries, "http://a.example/x"), "none");
    fz_entries_close(entries);
    entries = open_at(FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS);
    ck_assert_str_eq(asked(entries, "http://a.example/x"), "none");
    fz_entries_close(entries);
}
END_TEST

START_TEST(a_reader_keeps_what_it_took)
{
    FzEntries *entries = open_at(FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS);
    FzEntrySnapshot *before = fz_entries_take(entries);
    FzAnswer answer;

    ck_assert_int_eq(put(entries, FZ_OVERLAY_ADD, FZ_ANSWER_BLOCK,
                         "host:a.example", "uid:0 root"),
                     FZ_OK);
    answer = kit_ask(NULL, before->overlay, "http://a.example/", KIT_NOW_MS);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_NONE);
    fz_entries_give(entries, before);
    fz_entries_close(entries);
}
END_TEST

START_TEST(an_allow_waits_for_another_person_over_a_restart)
{
    FzEntries *entries = open_at(FZ_OVERLAY_ALLOW_CONFIRMED, KIT_NOW_MS);

    ck_assert_int_eq(put(entries, FZ_OVERLAY_ADD, FZ_ANSWER_ALLOW,
                         "host:a.example", "uid:1 one"),
                     FZ_OK);
    ck_assert_str_eq(asked(entries, "http://a.example/"), "none");
    ck_assert_int_eq(put(entries, FZ_OVERLAY_CONFIRM, FZ_ANSWER_ALLOW,
                         "host:a.example", "uid:1 one"),
                     FZ_OK);
    ck_assert_str_eq(asked(entries, "http://a.example/"), "none");
    fz_entries_close(entries);
    entries = open_at(FZ_OVERLAY_ALLOW_CONFIRMED, KIT_NOW_MS);
    ck_assert_str_eq(asked(entries, "http://a.example/"), "none");
    ck_assert_int_eq(put(entries, FZ_OVERLAY_CONFIRM, FZ_ANSWER_ALLOW,
                         "host:a.example", "uid:2 two"),
                     FZ_OK);
    ck_assert_str_eq(asked(entries, "http://a.example/"),
                     "allow host host:a.example");
    fz_entries_close(entries);
    entries = open_at(FZ_OVERLAY_ALLOW_CONFIRMED, KIT_NOW_MS);
    ck_assert_str_eq(asked(entries, "http://a.example/"),
                     "allow host host:a.example");
    fz_entries_close(entries);
}
END_TEST

/* A crash in the middle of a line: it was not answered, so it is not there, and
 * the next one is not glued to it. */
START_TEST(a_cut_line_is_left_out_and_not_continued)
{
    FzEntries *entries = open_at(FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS);
    struct stat st;

    ck_assert_int_eq(put(entries, FZ_OVERLAY_ADD, FZ_ANSWER_BLOCK,
                         "host:a.example", "uid:0 root"),
                     FZ_OK);
    ck_assert_int_eq(put(entries, FZ_OVERLAY_ADD, FZ_ANSWER_BLOCK,
                         "host:b.example", "uid:0 root"),
                     FZ_OK);
    fz_entries_close(entries);
    ck_assert_int_eq(stat(log_path(), &st), 0);
    ck_assert_int_eq(truncate(log_path(), st.st_size - 5), 0);
    entries = open_at(FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS);
    ck_assert_ptr_nonnull(fz_test_sink_find(&sink, "cut off"));
    ck_assert_str_eq(asked(entries, "http://b.example/"), "none");
    ck_assert_int_eq(put(entries, FZ_OVERLAY_ADD, FZ_ANSWER_BLOCK,
                         "host:c.example", "uid:0 root"),
                     FZ_OK);
    fz_entries_close(entries);
    entries = open_at(FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS);
    ck_assert_uint_eq(sink.count, 0);
    ck_assert_str_eq(asked(entries, "http://a.example/"),
                     "block host host:a.example");
    ck_assert_str_eq(asked(entries, "http://c.example/"),
                     "block host host:c.example");
    fz_entries_close(entries);
}
END_TEST

/* No room: the file may not grow. */
START_TEST(what_cannot_be_kept_is_not_in_force)
{
    FzEntries *entries = open_at(FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS);
    struct rlimit limit, was;
    struct stat st;

    ck_assert_int_eq(put(entries, FZ_OVERLAY_ADD, FZ_ANSWER_BLOCK,
                         "host:a.example", "uid:0 root"),
                     FZ_OK);
    ck_assert_int_eq(stat(log_path(), &st), 0);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &was);
    limit = was;
    limit.rlim_cur = (rlim_t)st.st_size + 20; /* half a line fits */
    setrlimit(RLIMIT_FSIZE, &limit);
    ck_assert_int_eq(put(entries, FZ_OVERLAY_ADD, FZ_ANSWER_BLOCK,
                         "host:b.example", "uid:0 root"),
                     FZ_E_IO);
    setrlimit(RLIMIT_FSIZE, &was);
    ck_assert_str_eq(asked(entries, "http://b.example/"), "none");
    ck_assert_int_eq(put(entries, FZ_OVERLAY_ADD, FZ_ANSWER_BLOCK,
                         "host:c.example", "uid:0 root"),
                     FZ_OK);
    fz_entries_close(entries);
    entries = open_at(FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS);
    ck_assert_uint_eq(sink.count, 0);
    ck_assert_str_eq(asked(entries, "http://b.example/"), "none");
    ck_assert_str_eq(asked(entries, "http://c.example/"),
                     "block host host:c.example");
    fz_entries_close(entries);
}
END_TEST

static bool is_a(const void *ctx, const FzOverlayRecord *record)
{
    return strcmp(record->key, ctx) == 0;
}

START_TEST(what_a_list_has_by_now_leaves_the_log)
{
    FzEntries *entries = open_at(FZ_OVERLAY_ALLOW_CONFIRMED, KIT_NOW_MS);
    struct stat before, after;
    size_t folded;

    put(entries, FZ_OVERLAY_ADD, FZ_ANSWER_BLOCK, "host:a.example", "uid:1 o");
    put(entries, FZ_OVERLAY_ADD, FZ_ANSWER_ALLOW, "host:a.example", "uid:1 o");
    put(entries, FZ_OVERLAY_ADD, FZ_ANSWER_BLOCK, "host:b.example", "uid:1 o");
    stat(log_path(), &before);
    ck_assert_int_eq(fz_entries_fold(entries, is_a, "host:a.example",
                                     KIT_NOW_MS, &sink.sink, &folded),
                     FZ_OK);
    ck_assert_uint_eq(folded, 1); /* not the one that waits */
    ck_assert_str_eq(asked(entries, "http://a.example/"), "none");
    ck_assert_str_eq(asked(entries, "http://b.example/"),
                     "block host host:b.example");
    stat(log_path(), &after);
    ck_assert_int_lt(after.st_size, before.st_size);
    /* and goes on from there */
    ck_assert_int_eq(put(entries, FZ_OVERLAY_CONFIRM, FZ_ANSWER_ALLOW,
                         "host:a.example", "uid:2 t"),
                     FZ_OK);
    fz_entries_close(entries);
    entries = open_at(FZ_OVERLAY_ALLOW_CONFIRMED, KIT_NOW_MS);
    ck_assert_str_eq(asked(entries, "http://a.example/"),
                     "allow host host:a.example");
    ck_assert_str_eq(asked(entries, "http://b.example/"),
                     "block host host:b.example");
    fz_entries_close(entries);
}
END_TEST

START_TEST(a_log_does_not_grow_with_what_is_gone)
{
    FzEntries *entries = open_at(FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS);
    char note[FZ_LIMIT_NOTE_OCTETS + 1];
    struct stat st;
    off_t most = 0;

    memset(note, 'n', sizeof note - 1);
    note[sizeof note - 1] = '\0';
    for (int i = 0; i < 1200; i++) {
        FzOverlayRecord record =
            record_of(i % 2 == 0 ? FZ_OVERLAY_ADD : FZ_OVERLAY_REMOVE,
                      FZ_ANSWER_BLOCK, "host:a.example", "uid:0 root");

        record.note = note;
        ck_assert_int_eq(fz_entries_write(entries, &record, &sink.sink), FZ_OK);
        ck_assert_int_eq(stat(log_path(), &st), 0);
        most = st.st_size > most ? st.st_size : most;
    }
    ck_assert_int_lt(most, 200 << 10);
    ck_assert_int_eq(put(entries, FZ_OVERLAY_ADD, FZ_ANSWER_BLOCK,
                         "host:b.example", "uid:0 root"),
                     FZ_OK);
    fz_entries_close(entries);
    entries = open_at(FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS);
    ck_assert_str_eq(asked(entries, "http://a.example/"), "none");
    ck_assert_str_eq(asked(entries, "http://b.example/"),
                     "block host host:b.example");
    fz_entries_close(entries);
}
END_TEST

START_TEST(a_log_that_cannot_be_used_is_said_and_takes_nothing)
{
    FzEntries *entries;

    fz_test_write("deep/live.log/x", "");
    entries = open_at(FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS);
    ck_assert_ptr_nonnull(fz_entries_trouble(entries));
    ck_assert_uint_gt(sink.count, 0);
    ck_assert_str_eq(asked(entries, "http://a.example/"), "none");
    ck_assert_int_eq(put(entries, FZ_OVERLAY_ADD, FZ_ANSWER_BLOCK,
                         "host:a.example", "uid:0 root"),
                     FZ_E_STATE);
    fz_entries_close(entries);
    entries =
        fz_entries_open(NULL, FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS, &sink.sink);
    ck_assert_int_eq(put(entries, FZ_OVERLAY_ADD, FZ_ANSWER_BLOCK,
                         "host:a.example", "uid:0 root"),
                     FZ_E_STATE);
    fz_entries_close(entries);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("entries");
    TCase *tcase = tcase_create("entries");

    tcase_set_timeout(tcase, 60); /* each entry is synced */
    tcase_add_test(tcase, an_entry_is_in_force_and_survives);
    tcase_add_test(tcase, a_reader_keeps_what_it_took);
    tcase_add_test(tcase, an_allow_waits_for_another_person_over_a_restart);
    tcase_add_test(tcase, a_cut_line_is_left_out_and_not_continued);
    tcase_add_test(tcase, what_cannot_be_kept_is_not_in_force);
    tcase_add_test(tcase, what_a_list_has_by_now_leaves_the_log);
    tcase_add_test(tcase, a_log_does_not_grow_with_what_is_gone);
    tcase_add_test(tcase, a_log_that_cannot_be_used_is_said_and_takes_nothing);
    suite_add_tcase(suite, tcase);
    return fz_test_run(suite);
}
