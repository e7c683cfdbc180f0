/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/store_support.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <stdio.h>
#include <unistd.h>

/* ------------------------------------------------------------ what is kept */

static bool same_as_submitted(void *ctx, const FzHeldRow *row)
{
    FzHeld want = fz_test_held("Your parcel waits: pay at parcel.example");
    const FzHeld *got = &row->held;
    int *rows = ctx;

    (*rows)++;
    ck_assert_int_eq(got->received_ms, want.received_ms);
    ck_assert_int_eq(got->state, want.state);
    ck_assert_int_eq(got->direction, want.direction);
    ck_assert_int_eq(got->score, want.score);
    ck_assert_int_eq(got->deadline_ms, want.deadline_ms);
    ck_assert(fz_slice_equal(got->message_id, want.message_id));
    ck_assert(fz_slice_equal(got->node, want.node));
    ck_assert(fz_slice_equal(got->verdict, want.verdict));
    ck_assert(fz_slice_equal(got->reason, want.reason));
    ck_assert(fz_slice_equal(got->rule, want.rule));
    ck_assert(fz_slice_equal(got->profile, want.profile));
    ck_assert(fz_slice_equal(got->generation, want.generation));
    ck_assert(fz_slice_equal(got->sender, want.sender));
    ck_assert(fz_slice_equal(got->receiver, want.receiver));
    ck_assert(fz_slice_equal(got->identity, want.identity));
    ck_assert(fz_slice_equal(got->text, want.text));
    ck_assert(fz_slice_equal(got->packed, want.packed));
    ck_assert(fz_slice_equal(got->record, want.record));
    return true;
}

START_TEST(everything_submitted_is_read_again_after_a_restart)
{
    FzStoreConfig config = fz_test_store_config();
    FzHeldQuery query = {.state = -1};
    FzStore *store = fz_test_store_open(&config);
    int64_t row = 0;
    int rows = 0;

    ck_assert_int_eq(
        fz_test_commit(store, "Your parcel waits: pay at parcel.example", &row),
        FZ_OK);
    ck_assert_int_eq(row, 1);
    fz_store_close(store);
    store = fz_test_store_open(&config);
    ck_assert_int_eq(
        fz_store_query(store, &query, same_as_submitted, &rows, NULL), FZ_OK);
    ck_assert_int_eq(rows, 1);
    fz_store_close(store);
}
END_TEST

static bool all_absent_but_text(void *ctx, const FzHeldRow *row)
{
    const FzHeld *got = &row->held;

    (void)ctx;
    ck_assert_ptr_null(got->message_id.data);
    ck_assert_ptr_null(got->node.data);
    ck_assert_ptr_null(got->reason.data);
    ck_assert_ptr_null(got->sender.data);
    ck_assert_ptr_null(got->packed.data);
    ck_assert_ptr_nonnull(got->text.data); /* empty is not absent */
    ck_assert_uint_eq(got->text.octets, 0);
    ck_assert_ptr_nonnull(got->receiver.data);
    ck_assert_uint_eq(got->receiver.octets, 0);
    ck_assert_int_eq(got->state, FZ_HELD_EVIDENCE);
    return true;
}

START_TEST(absent_stays_absent_and_empty_stays_empty)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    FzHeldQuery query = {.state = FZ_HELD_EVIDENCE};
    FzHeld held = {.state = FZ_HELD_EVIDENCE,
                   .text = fz_slice_of(""),
                   .receiver = fz_slice_of("")};
    FzTestAnswers answers;

    fz_test_answers_init(&answers);
    ck_assert_int_eq(fz_store_submit(store, &held, fz_test_answer, &answers),
                     FZ_OK);
    fz_test_answers_wait(&answers, 1);
    ck_assert_int_eq(answers.status[0], FZ_OK);
    ck_assert_int_eq(
        fz_store_query(store, &query, all_absent_but_text, NULL, NULL), FZ_OK);
    fz_store_close(store);
}
END_TEST

/* Grep the files as someone who got hold of the disk would. */
static bool files_contain(const char *path, const char *needle)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    bool found = false;

    for (size_t i = 0; i < COUNT(suffixes); i++) {
        FzBuf all = FZ_BUF_INIT;
        char whole[1100];

        snprintf(whole, sizeof whole, "%s%s", path, suffixes[i]);
        if (access(whole, F_OK) == 0)
            ck_assert_int_eq(fz_buf_read_file(&all, whole, 64u << 20, NULL),
                             FZ_OK);
        found |= all.octets != 0 &&
                 memmem(all.data, all.octets, needle, strlen(needle)) != NULL;
        fz_buf_clear(&all);
    }
    return found;
}

START_TEST(text_addresses_and_packed_message_are_not_on_the_disk)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);

    ck_assert_int_eq(fz_test_commit(store, "prize-draw-text", NULL), FZ_OK);
    fz_store_close(store);
    /* what lists need is in the clear: the search itself works */
    ck_assert(files_contain(config.path, "en.delivery.fee"));
    ck_assert(!files_contain(config.path, "prize-draw-text"));
    ck_assert(!files_contain(config.path, "+15550100001"));
    ck_assert(!files_contain(config.path, "shop.example"));
    ck_assert(!files_contain(config.path, "packed"));
    ck_assert(!files_contain(config.path, "{\"verdict\""));
}
END_TEST

/* ----------------------------------------------------------------- queries */
static bool count_rows(void *ctx, const FzHeldRow *row)
{
    (void)row;
    ++*(int *)ctx;
    return true;
}

static bool stop_at_two(void *ctx, const FzHeldRow *row)
{
    (void)row;
    return ++*(int *)ctx < 2;
}

static void submit(FzStore *store, const FzHeld *held, FzTestAnswers *answers)
{
    ck_assert_int_eq(fz_store_submit(store, held, fz_test_answer, answers),
                     FZ_OK);
}

/* Row n of 300: sender n % 3, receiver fixed, every tenth is evidence. */
static FzStore *store_of_300(const FzStoreConfig *config)
{
    static const char *const senders[] = {"10001", "10002", "10003"};
    FzStore *store = fz_test_store_open(config);
    FzTestAnswers answers;

    fz_test_answers_init(&answers);
    for (int i = 1; i <= 300; i++) {
        FzHeld held = fz_test_held("x");

        held.sender = fz_slice_of(senders[i % 3]);
        held.state = i % 10 == 0 ? FZ_HELD_EVIDENCE : FZ_HELD_HELD;
        held.received_ms = 1000 + i;
        submit(store, &held, &answers);
    }
    fz_test_answers_wait(&answers, 300);
    return store;
}

static const struct {
    const char *name;
    int state;
    int64_t after;
    uint32_t limit;
    const char *sender, *receiver, *identity;
    int want;
} queries[] = {
    {"all", -1, 0, 1000, NULL, NULL, NULL, 300},
    {"the limit is 100 unless told", -1, 0, 0, NULL, NULL, NULL, 100},
    {"a limit is kept over batches", -1, 0, 130, NULL, NULL, NULL, 130},
    {"beyond a row", -1, 290, 1000, NULL, NULL, NULL, 10},
    {"by state", FZ_HELD_EVIDENCE, 0, 1000, NULL, NULL, NULL, 30},
    {"by a state that none has", FZ_HELD_CONFIRMED, 0, 1000, NULL, NULL, NULL,
     0},
    {"by sender", -1, 0, 1000, "10002", NULL, NULL, 100},
    {"by sender and state", FZ_HELD_EVIDENCE, 0, 1000, "10002", NULL, NULL, 10},
    {"by sender beyond a row", -1, 150, 1000, "10002", NULL, NULL, 50},
    {"by another sender", -1, 0, 1000, "10004", NULL, NULL, 0},
    {"equality only", -1, 0, 1000, "1000", NULL, NULL, 0},
    {"by receiver", -1, 0, 1000, NULL, "+15550100001", NULL, 300},
    {"by identity", -1, 0, 1000, NULL, NULL, "shop.example", 300},
    {"a number in another column is another", -1, 0, 1000, "+15550100001", NULL,
     NULL, 0},
};

START_TEST(query_finds_what_it_asks_for)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = store_of_300(&config);
    FzHeldQuery query = {.state = queries[_i].state,
                         .after = queries[_i].after,
                         .limit = queries[_i].limit,
                         .sender = fz_slice_of(queries[_i].sender),
                         .receiver = fz_slice_of(queries[_i].receiver),
                         .identity = fz_slice_of(queries[_i].identity)};
    int rows = 0;

    ck_assert_int_eq(fz_store_query(store, &query, count_rows, &rows, NULL),
                     FZ_OK);
    ck_assert_msg(rows == queries[_i].want, "%s: %d rows, want %d",
                  queries[_i].name, rows, queries[_i].want);
    fz_store_close(store);
}
END_TEST

START_TEST(query_stops_when_told)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = store_of_300(&config);
    FzHeldQuery query = {.state = -1, .limit = 1000};
    int rows = 0;

    ck_assert_int_eq(fz_store_query(store, &query, stop_at_two, &rows, NULL),
                     FZ_OK);
    ck_assert_int_eq(rows, 2);
    fz_store_close(store);
}
END_TEST

START_TEST(query_returns_large_rows_over_several_batches)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    FzHeldQuery query = {.state = -1, .limit = 100};
    size_t octets = 3u << 20;
    char *large = fz_calloc(1, octets);
    FzTestAnswers answers;
    FzHeld held;
    int rows = 0;

    fz_test_answers_init(&answers);
    held = fz_test_held("large");
    held.packed = fz_slice(large, octets);
    for (int i = 0; i < 5; i++)
        submit(store, &held, &answers);
    fz_test_answers_wait(&answers, 5);
    ck_assert_int_eq(fz_store_query(store, &query, count_rows, &rows, NULL),
                     FZ_OK);
    ck_assert_int_eq(rows, 5);
    fz_free(large);
    fz_store_close(store);
}
END_TEST

START_TEST(stats_count_without_looking_at_the_rows)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = store_of_300(&config), *reader = NULL;
    FzStoreStats stats;

    fz_store_stats(store, &stats);
    ck_assert_uint_eq(stats.committed, 300);
    ck_assert_uint_eq(stats.failed, 0);
    ck_assert(stats.commits >= 1 && stats.commits <= 300);
    ck_assert_uint_eq(stats.by_state[FZ_HELD_HELD], 270);
    ck_assert_uint_eq(stats.by_state[FZ_HELD_EVIDENCE], 30);
    ck_assert_int_eq(stats.oldest_held_ms, 1001);
    ck_assert(stats.octets > 4096);
    ck_assert(stats.writable);
    ck_assert_str_eq(stats.trouble, "");
    /* the same from another process's side, and after a restart */
    ck_assert_int_eq(fz_store_open_reader(&config, NULL, &reader), FZ_OK);
    fz_store_stats(reader, &stats);
    ck_assert_uint_eq(stats.by_state[FZ_HELD_HELD], 270);
    ck_assert_int_eq(stats.oldest_held_ms, 1001);
    ck_assert(!stats.writable);
    fz_store_close(reader);
    fz_store_close(store);
    store = fz_test_store_open(&config);
    fz_store_stats(store, &stats);
    ck_assert_uint_eq(stats.committed, 0);
    ck_assert_uint_eq(stats.by_state[FZ_HELD_HELD], 270);
    ck_assert_uint_eq(stats.by_state[FZ_HELD_EVIDENCE], 30);
    fz_store_close(store);
}
END_TEST

START_TEST(reader_sees_what_the_writer_commits_and_writes_nothing)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config), *reader = NULL;
    FzHeld held = fz_test_held("x");
    FzTestSink said;
    const char *texts;

    ck_assert_int_eq(fz_test_commit(store, "one", NULL), FZ_OK);
    ck_assert_int_eq(fz_store_open_reader(&config, NULL, &reader), FZ_OK);
    ck_assert_int_eq(fz_test_texts(reader, &texts), FZ_OK);
    ck_assert_str_eq(texts, "one\n");
    ck_assert_int_eq(fz_test_commit(store, "two", NULL), FZ_OK);
    ck_assert_int_eq(fz_test_texts(reader, &texts), FZ_OK);
    ck_assert_str_eq(texts, "one\ntwo\n");

    fz_test_sink_init(&said);
    ck_assert_int_eq(fz_store_submit(reader, &held, fz_test_answer, NULL),
                     FZ_E_STATE);
    ck_assert_int_eq(fz_store_audit(reader, 1, "a", "b", NULL, &said.sink),
                     FZ_E_STATE);
    ck_assert_ptr_nonnull(fz_test_sink_find(&said, "for reading only"));
    fz_store_close(reader);
    fz_store_close(store);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store");
    TCase *tc = tcase_create("rows");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, everything_submitted_is_read_again_after_a_restart);
    tcase_add_test(tc, absent_stays_absent_and_empty_stays_empty);
    tcase_add_test(tc, text_addresses_and_packed_message_are_not_on_the_disk);
    tcase_add_loop_test(tc, query_finds_what_it_asks_for, 0, COUNT(queries));
    tcase_add_test(tc, query_stops_when_told);
    tcase_add_test(tc, query_returns_large_rows_over_several_batches);
    tcase_add_test(tc, stats_count_without_looking_at_the_rows);
    tcase_add_test(tc, reader_sees_what_the_writer_commits_and_writes_nothing);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
