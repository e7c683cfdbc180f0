/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_list_overlay.c - live entries: the log, the snapshot, the answers
 */
#include "config.h"

#include "engine/list/overlay.h"
#include "tests/list_kit.h"

#include <stdio.h>

static FzOverlayRecord entry(FzOverlayVerb verb, FzAnswerKind action,
                             const char *key, const char *by)
{
    return (FzOverlayRecord){.at_ms = KIT_NOW_MS - 60000,
                             .verb = verb,
                             .action = action,
                             .key = key,
                             .category = "scam",
                             .by = by,
                             .score = FZ_LIST_SCORE_UNSET};
}

static void append(FzBuf *log, FzOverlayVerb verb, FzAnswerKind action,
                   const char *key, const char *by)
{
    FzOverlayRecord record = entry(verb, action, key, by);
    FzTestSink sink;

    fz_test_sink_init(&sink);
    if (fz_overlay_log_append(log, &record, &sink.sink) != FZ_OK)
        ck_abort_msg("%s: %s", key, sink.diag[0].text);
}

static FzOverlay *snapshot(const FzBuf *log, FzOverlayAllow allow,
                           int64_t now_ms, FzTestSink *sink)
{
    FzOverlay *overlay;

    fz_test_sink_init(sink);
    ck_assert_int_eq(fz_overlay_create(fz_buf_slice(log), "live.log", allow,
                                       now_ms, &sink->sink, &overlay),
                     FZ_OK);
    return overlay;
}

#define ADD FZ_OVERLAY_ADD
#define CONFIRM FZ_OVERLAY_CONFIRM
#define REMOVE FZ_OVERLAY_REMOVE
#define ALLOW FZ_ANSWER_ALLOW
#define BLOCK FZ_ANSWER_BLOCK

static const struct {
    const char *ask, *want;
} answers[] = {
    {"http://a.example/x", "block host host:a.example"},
    {"http://www.a.example/x", "none"},
    {"http://x.b.example/", "block domain .b.example"},
    {"http://c.example/p?q=1", "block url url:c.example/p?q=1"},
    {"http://c.example/p?q=2", "none"},
    {"http://d.example/dir/x", "block prefix prefix:d.example/dir/"},
    {"http://e.example/", "allow host host:e.example"},
    {"http://t.cn/x", "none"}, /* an allow does not cover what is shared */
    {"http://203.0.113.7/", "block ip ip:203.0.113.7"},
    {"ip:198.51.100.9", "block ip ip:198.51.100.0/24"},
    {"ip:198.51.100.77", "allow ip ip:198.51.100.64/26"},
    {"http://[2001:db8::9]/", "block ip ip:2001:db8::/32"},
    {"tel:+8613800000000", "block contact tel:+8613800000000"},
    {"sender:fakebank", "block sender sender:fakebank"},
    {"http://unknown.example/", "none"},
};

START_TEST(live_entries_answer_as_entries_of_a_file_do)
{
    FzBuf log = FZ_BUF_INIT;
    FzOverlay *overlay;
    FzTestSink sink;
    FzAnswer answer;

    append(&log, ADD, BLOCK, "host:A.example", "ann");
    append(&log, ADD, BLOCK, ".b.example", "ann");
    append(&log, ADD, BLOCK, "url:c.example/p?q=1", "ann");
    append(&log, ADD, BLOCK, "prefix:d.example/dir/", "ann");
    append(&log, ADD, ALLOW, "host:e.example", "ann");
    append(&log, ADD, BLOCK, "host:e.example", "ann");
    append(&log, ADD, ALLOW, "host:t.cn", "ann");
    append(&log, ADD, BLOCK, "ip:203.0.113.7", "ann");
    append(&log, ADD, BLOCK, "ip:198.51.100.0/24", "ann");
    append(&log, ADD, ALLOW, "ip:198.51.100.64/26", "ann");
    append(&log, ADD, BLOCK, "ip:2001:db8::/32", "ann");
    append(&log, ADD, BLOCK, "tel:+86 138 0000 0000", "ann");
    append(&log, ADD, BLOCK, "sender:FakeBank", "ann");
    overlay = snapshot(&log, FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS, &sink);
    ck_assert_uint_eq(fz_overlay_count(overlay), 13);
    ck_assert_uint_eq(sink.count, 0);
    answer = kit_ask(NULL, overlay, answers[_i].ask, KIT_NOW_MS);
    ck_assert_msg(strcmp(kit_words(&answer), answers[_i].want) == 0, "%s: %s",
                  answers[_i].ask, kit_words(&answer));
    if (answer.kind != FZ_ANSWER_NONE) {
        ck_assert_str_eq(answer.list, "overlay");
        ck_assert_str_eq(answer.category, "scam");
        ck_assert_int_eq(answer.owner, FZ_OWNER_OPERATOR);
        ck_assert_int_eq(answer.age_s, 60);
    }
    fz_overlay_destroy(overlay);
    fz_buf_clear(&log);
}
END_TEST

START_TEST(a_live_entry_stands_before_the_lists)
{
    FzListUse use = {kit_list("ours", "block scam host:a.example\n"
                                      "allow ours url:b.example/x\n"),
                     FZ_OWNER_OPERATOR, 0};
    FzListSet *set = fz_list_set_create(&use, 1);
    FzBuf log = FZ_BUF_INIT;
    FzOverlay *overlay;
    FzTestSink sink;
    FzAnswer answer;

    append(&log, ADD, BLOCK, "host:a.example", "ann");
    append(&log, ADD, BLOCK, "host:b.example", "ann");
    overlay = snapshot(&log, FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS, &sink);
    answer = kit_ask(set, overlay, "http://a.example/", KIT_NOW_MS);
    ck_assert_str_eq(answer.list, "overlay");
    /* but what is more specific stands before it */
    answer = kit_ask(set, overlay, "http://b.example/x", KIT_NOW_MS);
    ck_assert_str_eq(answer.list, "ours");
    fz_overlay_destroy(overlay);
    fz_list_set_destroy(set);
    fz_buf_clear(&log);
}
END_TEST

START_TEST(an_entry_ends_with_its_expiry_to_the_second)
{
    FzOverlayRecord record = entry(ADD, BLOCK, "host:a.example", "ann");
    FzBuf log = FZ_BUF_INIT;
    FzOverlay *overlay;
    FzTestSink sink;
    FzAnswer answer;

    record.expires_ms = KIT_NOW_MS + 10000;
    record.score = 725;
    record.reference = "case-17";
    ck_assert_int_eq(fz_overlay_log_append(&log, &record, NULL), FZ_OK);
    overlay = snapshot(&log, FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS, &sink);
    answer = kit_ask(NULL, overlay, "http://a.example/", KIT_NOW_MS + 9999);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_BLOCK);
    ck_assert_int_eq(answer.score, 725);
    ck_assert_str_eq(answer.note, "case-17");
    answer = kit_ask(NULL, overlay, "http://a.example/", KIT_NOW_MS + 10000);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_NONE);
    fz_overlay_destroy(overlay);
    /* and a snapshot made later does not have it */
    overlay =
        snapshot(&log, FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS + 10000, &sink);
    ck_assert_uint_eq(fz_overlay_count(overlay), 0);
    fz_overlay_destroy(overlay);
    fz_buf_clear(&log);
}
END_TEST

START_TEST(the_last_word_on_a_key_counts)
{
    FzBuf log = FZ_BUF_INIT;
    FzOverlay *overlay;
    FzTestSink sink;
    FzAnswer answer;

    append(&log, ADD, BLOCK, "host:a.example", "ann");
    append(&log, ADD, BLOCK, "host:A.EXAMPLE.", "ben"); /* replaces it */
    append(&log, ADD, BLOCK, "host:b.example", "ann");
    append(&log, ADD, ALLOW, "host:b.example", "ann");
    append(&log, REMOVE, FZ_ANSWER_NONE, "host:b.example", "ann"); /* both */
    append(&log, ADD, BLOCK, "host:c.example", "ann");
    append(&log, ADD, ALLOW, "host:c.example", "ann");
    append(&log, REMOVE, ALLOW, "host:c.example", "ann"); /* one */
    append(&log, ADD, BLOCK, ".d.example", "ann");
    append(&log, REMOVE, BLOCK, "host:d.example", "ann"); /* another entry */
    append(&log, ADD, BLOCK, "ip:198.51.100.0/24", "ann");
    append(&log, REMOVE, BLOCK, "ip:198.51.100.99/24", "ann");
    overlay = snapshot(&log, FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS, &sink);
    ck_assert_uint_eq(fz_overlay_count(overlay), 3);
    answer = kit_ask(NULL, overlay, "http://b.example/", KIT_NOW_MS);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_NONE);
    answer = kit_ask(NULL, overlay, "http://c.example/", KIT_NOW_MS);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_BLOCK);
    answer = kit_ask(NULL, overlay, "http://d.example/", KIT_NOW_MS);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_BLOCK);
    answer = kit_ask(NULL, overlay, "ip:198.51.100.1", KIT_NOW_MS);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_NONE);
    fz_overlay_destroy(overlay);
    fz_buf_clear(&log);
}
END_TEST

START_TEST(an_allow_waits_for_a_second_person)
{
    FzBuf log = FZ_BUF_INIT, anew = FZ_BUF_INIT;
    FzOverlay *overlay;
    FzTestSink sink;
    FzAnswer answer;

    append(&log, ADD, ALLOW, "host:a.example", "ann");
    append(&log, ADD, ALLOW, "host:b.example", "ann");
    append(&log, ADD, BLOCK, "host:c.example", "ann");     /* does not wait */
    append(&log, CONFIRM, ALLOW, "host:a.example", "ann"); /* the same one */
    append(&log, CONFIRM, ALLOW, "host:b.example", "ben");
    overlay = snapshot(&log, FZ_OVERLAY_ALLOW_CONFIRMED, KIT_NOW_MS, &sink);
    ck_assert_uint_eq(fz_overlay_count(overlay), 2);
    ck_assert_uint_eq(fz_overlay_waiting(overlay), 1);
    answer = kit_ask(NULL, overlay, "http://a.example/", KIT_NOW_MS);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_NONE);
    answer = kit_ask(NULL, overlay, "http://b.example/", KIT_NOW_MS);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_ALLOW);
    answer = kit_ask(NULL, overlay, "http://c.example/", KIT_NOW_MS);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_BLOCK);

    /* a log begun anew still knows who waits and who confirmed */
    fz_overlay_write(overlay, &anew);
    fz_overlay_destroy(overlay);
    overlay = snapshot(&anew, FZ_OVERLAY_ALLOW_CONFIRMED, KIT_NOW_MS, &sink);
    ck_assert_uint_eq(fz_overlay_count(overlay), 2);
    ck_assert_uint_eq(fz_overlay_waiting(overlay), 1);
    fz_overlay_destroy(overlay);
    /* where nobody has to wait, nobody does */
    overlay = snapshot(&log, FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS, &sink);
    ck_assert_uint_eq(fz_overlay_count(overlay), 3);
    fz_overlay_destroy(overlay);
    fz_buf_clear(&log);
    fz_buf_clear(&anew);
}
END_TEST

/* A new allow of a key asks for a new second person. */
START_TEST(a_confirmation_is_for_what_was_there)
{
    FzBuf log = FZ_BUF_INIT;
    FzOverlay *overlay;
    FzTestSink sink;

    append(&log, ADD, ALLOW, "host:a.example", "ann");
    append(&log, CONFIRM, ALLOW, "host:a.example", "ben");
    append(&log, ADD, ALLOW, "host:a.example", "ann");
    overlay = snapshot(&log, FZ_OVERLAY_ALLOW_CONFIRMED, KIT_NOW_MS, &sink);
    ck_assert_uint_eq(fz_overlay_count(overlay), 0);
    ck_assert_uint_eq(fz_overlay_waiting(overlay), 1);
    fz_overlay_destroy(overlay);
    fz_buf_clear(&log);
}
END_TEST

typedef struct Seen {
    char text[512];
} Seen;

static void see(void *ctx, const FzOverlayRecord *record, bool waiting)
{
    Seen *seen = ctx;
    size_t octets = strlen(seen->text);

    snprintf(seen->text + octets, sizeof seen->text - octets, "%s %s %s%s\n",
             fz_answer_name(record->action), record->key,
             record->by == NULL ? "-" : record->by, waiting ? " waits" : "");
}

START_TEST(entries_are_told_in_their_order)
{
    FzBuf log = FZ_BUF_INIT;
    Seen seen = {""};
    FzOverlay *overlay;
    FzTestSink sink;

    append(&log, ADD, BLOCK, "host:b.example", "ann");
    append(&log, ADD, ALLOW, "host:a.example", "ben");
    append(&log, ADD, BLOCK, "tel:+8613800000000", NULL);
    overlay = snapshot(&log, FZ_OVERLAY_ALLOW_CONFIRMED, KIT_NOW_MS, &sink);
    fz_overlay_each(overlay, see, &seen);
    ck_assert_str_eq(seen.text, "block host:b.example ann\n"
                                "allow host:a.example ben waits\n"
                                "block tel:+8613800000000 -\n");
    fz_overlay_destroy(overlay);
    fz_buf_clear(&log);
}
END_TEST

/* --- a log that has suffered
 * --------------------------------------------------- */
START_TEST(a_cut_or_damaged_line_is_left_out_and_told)
{
    FzBuf log = FZ_BUF_INIT;
    FzOverlay *overlay;
    FzTestSink sink;
    size_t whole, line_octets;

    append(&log, ADD, BLOCK, "host:a.example", "ann");
    line_octets = log.octets;
    append(&log, ADD, BLOCK, "host:b.example", "ann");
    whole = log.octets;
    for (size_t cut = 0; cut <= whole; cut++) {
        FzBuf part = FZ_BUF_INIT;
        size_t want = cut < line_octets ? 0 : cut < whole ? 1 : 2;

        fz_buf_append(&part, log.data, cut);
        overlay = snapshot(&part, FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS, &sink);
        ck_assert_uint_eq(fz_overlay_count(overlay), want);
        ck_assert_uint_eq(sink.count,
                          cut != 0 && cut != line_octets && cut != whole);
        if (sink.count != 0) {
            ck_assert_int_eq(sink.diag[0].severity, FZ_SEVERITY_WARNING);
            ck_assert_int_eq(sink.diag[0].code, FZ_E_SYNTAX);
            ck_assert_uint_eq(sink.diag[0].line, want + 1);
            ck_assert_str_eq(sink.diag[0].file, "live.log");
        }
        fz_overlay_destroy(overlay);
        fz_buf_clear(&part);
    }
    for (size_t at = 0; at < line_octets - 1; at++) {
        log.data[at] ^= 1;
        overlay = snapshot(&log, FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS, &sink);
        /* a changed octet may be a line end: then two lines are damaged */
        ck_assert_uint_eq(fz_overlay_count(overlay), 1);
        ck_assert_uint_ge(sink.count, 1);
        fz_overlay_destroy(overlay);
        log.data[at] ^= 1;
    }
    fz_buf_clear(&log);
}
END_TEST

static const struct {
    const char *name;
    FzOverlayRecord record;
    const char *want;
} refused[] = {
    {"no key", {.at_ms = 1, .action = BLOCK, .score = -1}, "needs a key"},
    {"an unknown form",
     {.at_ms = 1, .action = BLOCK, .key = "a.example", .score = -1},
     "has a key of no known form"},
    {"a line end",
     {.at_ms = 1,
      .action = BLOCK,
      .key = "host:a.example",
      .note = "two\nlines",
      .score = -1},
     "control characters"},
    {"a tab",
     {.at_ms = 1,
      .action = BLOCK,
      .key = "host:a.example",
      .by = "a\tb",
      .score = -1},
     "control characters"},
    {"no action",
     {.at_ms = 1, .key = "host:a.example", .score = -1},
     "allows or blocks"},
    {"no time",
     {.action = BLOCK, .key = "host:a.example", .score = -1},
     "has a time"},
    {"too many points",
     {.at_ms = 1, .action = BLOCK, .key = "host:a.example", .score = 10001},
     "score of 0 to 100"},
};

START_TEST(what_a_log_cannot_hold_is_not_appended)
{
    FzBuf log = FZ_BUF_INIT;
    FzTestSink sink;

    fz_test_sink_init(&sink);
    ck_assert_int_eq(
        fz_overlay_log_append(&log, &refused[_i].record, &sink.sink),
        FZ_E_SYNTAX);
    ck_assert_uint_eq(log.octets, 0);
    ck_assert_msg(fz_test_sink_find(&sink, refused[_i].want) != NULL, "%s: %s",
                  refused[_i].name, sink.diag[0].text);
    fz_buf_clear(&log);
}
END_TEST

START_TEST(more_than_a_snapshot_holds_is_refused)
{
    FzBuf log = FZ_BUF_INIT;
    FzOverlay *overlay;
    FzTestSink sink;
    char key[64];

    for (unsigned i = 0; i <= FZ_LIMIT_OVERLAY_RANGES; i++) {
        snprintf(key, sizeof key, "ip:198.%u.%u.0/24", 51 + i / 256, i % 256);
        append(&log, ADD, BLOCK, key, "ann");
    }
    fz_test_sink_init(&sink);
    ck_assert_int_eq(fz_overlay_create(fz_buf_slice(&log), "live.log",
                                       FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS,
                                       &sink.sink, &overlay),
                     FZ_E_LIMIT);
    ck_assert_ptr_nonnull(fz_test_sink_find(&sink, "fold them into a list"));
    /* removed ones do not count */
    append(&log, REMOVE, BLOCK, "ip:198.51.0.0/24", "ann");
    overlay = snapshot(&log, FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS, &sink);
    ck_assert_uint_eq(fz_overlay_count(overlay), FZ_LIMIT_OVERLAY_RANGES);
    fz_overlay_destroy(overlay);
    fz_buf_clear(&log);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("list-overlay");
    TCase *tc = tcase_create("answers");

    tcase_add_loop_test(tc, live_entries_answer_as_entries_of_a_file_do, 0,
                        COUNT(answers));
    tcase_add_test(tc, a_live_entry_stands_before_the_lists);
    tcase_add_test(tc, an_entry_ends_with_its_expiry_to_the_second);
    tcase_add_test(tc, the_last_word_on_a_key_counts);
    tcase_add_test(tc, an_allow_waits_for_a_second_person);
    tcase_add_test(tc, a_confirmation_is_for_what_was_there);
    tcase_add_test(tc, entries_are_told_in_their_order);
    suite_add_tcase(suite, tc);
    tc = tcase_create("log");
    tcase_add_test(tc, a_cut_or_damaged_line_is_left_out_and_told);
    tcase_add_loop_test(tc, what_a_log_cannot_hold_is_not_appended, 0,
                        COUNT(refused));
    tcase_add_test(tc, more_than_a_snapshot_holds_is_refused);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
