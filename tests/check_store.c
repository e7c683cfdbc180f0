/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/store_support.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
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

/* ------------------------------------------------------ order, concurrency */
enum { SUBMITTERS = 8, EACH = 400 };

typedef struct Submitter {
    FzStore *store;
    pthread_t thread;
    int number;
    FzTestAnswers answers;
} Submitter;

static void *submit_all(void *arg)
{
    Submitter *self = arg;

    for (int i = 0; i < EACH;) {
        char text[32];
        FzHeld held;
        FzStatus status;

        snprintf(text, sizeof text, "%d/%d", self->number, i);
        held = fz_test_held(text);
        status =
            fz_store_submit(self->store, &held, fz_test_answer, &self->answers);
        if (status == FZ_E_LIMIT)
            usleep(200); /* the queue is full: that is its promise */
        else if (status == FZ_OK)
            i++;
        else
            abort();
    }
    return NULL;
}

START_TEST(eight_submitters_lose_nothing_and_are_answered_in_order)
{
    static Submitter submitter[SUBMITTERS];
    FzStoreConfig config = fz_test_store_config();
    FzHeldQuery query = {.state = -1, .limit = UINT32_MAX};
    FzStoreStats stats;
    FzStore *store;
    int rows = 0;

    config.queue_records = 64;
    store = fz_test_store_open(&config);
    for (int i = 0; i < SUBMITTERS; i++) {
        submitter[i].store = store;
        submitter[i].number = i;
        fz_test_answers_init(&submitter[i].answers);
        pthread_create(&submitter[i].thread, NULL, submit_all, &submitter[i]);
    }
    for (int i = 0; i < SUBMITTERS; i++)
        pthread_join(submitter[i].thread, NULL);
    for (int i = 0; i < SUBMITTERS; i++) {
        fz_test_answers_wait(&submitter[i].answers, EACH);
        for (int j = 0; j < EACH; j++) {
            ck_assert_int_eq(submitter[i].answers.status[j], FZ_OK);
            if (j > 0) /* rows are numbered in order of submission */
                ck_assert_int_gt(submitter[i].answers.row[j],
                                 submitter[i].answers.row[j - 1]);
        }
    }
    ck_assert_int_eq(fz_store_query(store, &query, count_rows, &rows, NULL),
                     FZ_OK);
    ck_assert_int_eq(rows, SUBMITTERS * EACH);
    fz_store_stats(store, &stats);
    ck_assert_uint_eq(stats.committed, SUBMITTERS * EACH);
    ck_assert_uint_lt(stats.commits, SUBMITTERS * EACH);
    fz_store_close(store);
}
END_TEST

/* Holds the writer in a `done`, so that what comes meanwhile waits. */
typedef struct Gate {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool entered, open;
} Gate;

static void gate_init(Gate *gate)
{
    memset(gate, 0, sizeof *gate);
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->moved, NULL);
}

static void stop_at_gate(void *ctx, FzStatus status, int64_t row)
{
    Gate *gate = ctx;

    (void)status, (void)row;
    pthread_mutex_lock(&gate->lock);
    gate->entered = true;
    pthread_cond_broadcast(&gate->moved);
    while (!gate->open)
        pthread_cond_wait(&gate->moved, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static void hold_writer(FzStore *store, Gate *gate)
{
    FzHeld held = fz_test_held("gate");

    ck_assert_int_eq(fz_store_submit(store, &held, stop_at_gate, gate), FZ_OK);
    pthread_mutex_lock(&gate->lock);
    while (!gate->entered)
        pthread_cond_wait(&gate->moved, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static void open_gate(Gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->open = true;
    pthread_cond_broadcast(&gate->moved);
    pthread_mutex_unlock(&gate->lock);
}

START_TEST(what_waits_shares_one_commit)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    FzTestAnswers answers;
    FzStoreStats stats;
    Gate gate;

    gate_init(&gate);
    fz_test_answers_init(&answers);
    hold_writer(store, &gate);
    for (int i = 0; i < 100; i++) {
        FzHeld held = fz_test_held("x");

        submit(store, &held, &answers);
    }
    open_gate(&gate);
    fz_test_answers_wait(&answers, 100);
    fz_store_stats(store, &stats);
    ck_assert_uint_eq(stats.committed, 101);
    ck_assert_uint_eq(stats.commits, 2);
    fz_store_close(store);
}
END_TEST

START_TEST(full_queue_is_refused_at_once)
{
    FzStoreConfig config = fz_test_store_config();
    FzHeld held = fz_test_held("x");
    FzTestAnswers answers;
    FzStore *store;
    Gate gate;

    config.queue_records = 3;
    store = fz_test_store_open(&config);
    gate_init(&gate);
    fz_test_answers_init(&answers);
    hold_writer(store, &gate);
    for (int i = 0; i < 3; i++)
        submit(store, &held, &answers);
    ck_assert_int_eq(fz_store_submit(store, &held, fz_test_answer, &answers),
                     FZ_E_LIMIT);
    open_gate(&gate);
    fz_test_answers_wait(&answers, 3);
    ck_assert_int_eq(fz_test_commit(store, "again", NULL), FZ_OK);
    fz_store_close(store);
    ck_assert_uint_eq(answers.count, 3);
}
END_TEST

START_TEST(close_commits_what_waits_and_answers_all)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    FzHeld held = fz_test_held("late");
    FzTestAnswers answers;
    const char *texts;

    fz_test_answers_init(&answers);
    for (int i = 0; i < 50; i++)
        submit(store, &held, &answers);
    fz_store_close(store);
    ck_assert_uint_eq(answers.count, 50);
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(answers.status[i], FZ_OK);
    store = fz_test_store_open(&config);
    ck_assert_int_eq(fz_test_texts(store, &texts), FZ_OK);
    ck_assert_uint_eq(strlen(texts), 50 * strlen("late\n"));
    fz_store_close(store);
}
END_TEST

typedef struct Chain {
    FzStore *store;
    FzTestAnswers answers;
    FzStatus submitted, audited;
} Chain;

static void submit_from_done(void *ctx, FzStatus status, int64_t row)
{
    Chain *chain = ctx;
    FzHeld held = fz_test_held("second");

    (void)status, (void)row;
    chain->audited =
        fz_store_audit(chain->store, 1, "test", "reload", NULL, NULL);
    chain->submitted =
        fz_store_submit(chain->store, &held, fz_test_answer, &chain->answers);
}

START_TEST(done_may_submit_and_audit)
{
    FzStoreConfig config = fz_test_store_config();
    static Chain chain;
    FzHeld held = fz_test_held("first");
    uint64_t entries = 0;
    const char *texts;

    chain.store = fz_test_store_open(&config);
    fz_test_answers_init(&chain.answers);
    ck_assert_int_eq(
        fz_store_submit(chain.store, &held, submit_from_done, &chain), FZ_OK);
    fz_test_answers_wait(&chain.answers, 1);
    ck_assert_int_eq(chain.submitted, FZ_OK);
    ck_assert_int_eq(chain.audited, FZ_OK);
    ck_assert_int_eq(fz_test_texts(chain.store, &texts), FZ_OK);
    ck_assert_str_eq(texts, "first\nsecond\n");
    ck_assert_int_eq(fz_store_audit_verify(chain.store, &entries, NULL), FZ_OK);
    ck_assert_uint_eq(entries, 1);
    fz_store_close(chain.store);
}
END_TEST

static pthread_t hosted;
static int joined;

typedef struct Start {
    void (*run)(void *arg);
    void *arg;
} Start;

static void *run_hosted(void *arg)
{
    Start start = *(Start *)arg;

    free(arg);
    start.run(start.arg);
    return NULL;
}

static long start_hosted(void (*run)(void *arg), void *arg)
{
    Start *start = malloc(sizeof *start);

    *start = (Start){run, arg};
    return pthread_create(&hosted, NULL, run_hosted, start) == 0 ? 7 : -1;
}

static void join_hosted(long thread)
{
    ck_assert_int_eq(thread, 7);
    pthread_join(hosted, NULL);
    joined++;
}

static void done_where(void *ctx, FzStatus status, int64_t row)
{
    (void)status, (void)row;
    *(bool *)ctx = pthread_equal(pthread_self(), hosted) != 0;
}

START_TEST(done_is_called_on_the_thread_the_host_made)
{
    FzStoreConfig config = fz_test_store_config();
    FzHeld held = fz_test_held("x");
    bool there = false;
    FzStore *store;

    config.thread_start = start_hosted;
    config.thread_join = join_hosted;
    store = fz_test_store_open(&config);
    ck_assert_int_eq(fz_store_submit(store, &held, done_where, &there), FZ_OK);
    fz_store_close(store);
    ck_assert(there);
    ck_assert_int_eq(joined, 1);
}
END_TEST

static void set_state(FzHeld *held)
{
    held->state = FZ_HELD_RELEASED;
}

static void set_direction(FzHeld *held)
{
    held->direction = 2;
}

static void set_size(FzHeld *held)
{
    static uint8_t large[FZ_LIMIT_HELD_OCTETS];

    held->packed = fz_slice(large, sizeof large);
}

static const struct {
    const char *name;
    void (*spoil)(FzHeld *held);
    FzStatus want;
} senseless[] = {
    {"a state that only decisions give", set_state, FZ_E_STATE},
    {"no direction", set_direction, FZ_E_STATE},
    {"larger than any message", set_size, FZ_E_LIMIT},
};

START_TEST(senseless_record_is_refused_without_an_answer)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    FzHeld held = fz_test_held("x");
    FzTestAnswers answers;

    fz_test_answers_init(&answers);
    senseless[_i].spoil(&held);
    ck_assert_msg(fz_store_submit(store, &held, fz_test_answer, &answers) ==
                      senseless[_i].want,
                  "%s", senseless[_i].name);
    fz_store_close(store);
    ck_assert_uint_eq(answers.count, 0);
}
END_TEST

/* ----------------------------------------------------------- sudden deaths */
/* The child tells over a pipe which texts were answered, then dies. */
static int told[2];

static void tell_parent(void *ctx, FzStatus status, int64_t row)
{
    int number = (int)(intptr_t)ctx;

    if (status != FZ_OK || row <= 0 ||
        write(told[1], &number, sizeof number) != sizeof number)
        abort();
}

static void *submit_for_ever(void *arg)
{
    FzStore *store = arg;
    static _Atomic int next;

    for (;;) {
        int number = next++;
        char text[64];
        FzHeld held;

        snprintf(text, sizeof text, "message %d of the child", number);
        held = fz_test_held(text);
        while (fz_store_submit(store, &held, tell_parent,
                               (void *)(intptr_t)number) == FZ_E_LIMIT)
            usleep(100);
    }
    return NULL;
}

static void run_child(const FzStoreConfig *config)
{
    FzStore *store = fz_test_store_open(config);
    pthread_t thread;

    for (int i = 0; i < 4; i++)
        pthread_create(&thread, NULL, submit_for_ever, store);
    for (int i = 0;; i++) {
        if (fz_store_audit(store, i, "child", "reload", "{}", NULL) != FZ_OK)
            abort();
        usleep(500);
    }
}

#define MAX_CHILD_TEXTS 400000
static uint8_t kept[MAX_CHILD_TEXTS];

static bool mark_kept(void *ctx, const FzHeldRow *row)
{
    char text[64] = "";
    int number = -1;

    ++*(int *)ctx;
    memcpy(text, row->held.text.data,
           row->held.text.octets < 63 ? row->held.text.octets : 63);
    ck_assert_int_eq(sscanf(text, "message %d of the child", &number), 1);
    ck_assert(number >= 0 && number < MAX_CHILD_TEXTS);
    ck_assert_msg(kept[number]++ == 0, "%d is there twice", number);
    ck_assert(fz_slice_is(row->held.receiver, "+15550100001"));
    return true;
}

START_TEST(a_kill_in_the_middle_loses_nothing_that_was_answered)
{
    FzStoreConfig config = fz_test_store_config();
    FzHeldQuery query = {.state = -1, .limit = UINT32_MAX};
    uint64_t entries = 0;
    FzStoreStats stats;
    FzTestSink said;
    FzStore *store;
    int rows = 0, answered = 0, number;
    pid_t child;

    fz_test_sink_init(&said);
    ck_assert_int_eq(pipe(told), 0);
    child = fork();
    if (child == 0) {
        close(told[0]);
        run_child(&config);
    }
    close(told[1]);
    /* a different moment each round: between 1 and some 900 answers */
    for (int i = 0; i < 1 + _i * _i * 9; i++) {
        ck_assert_int_eq(read(told[0], &number, sizeof number), sizeof number);
        kept[number] |= 128;
        answered++;
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (read(told[0], &number, sizeof number) == sizeof number) {
        kept[number] |= 128;
        answered++;
    }
    close(told[0]);

    store = fz_test_store_open(&config);
    for (int i = 0; i < MAX_CHILD_TEXTS; i++)
        kept[i] &= 128;
    {
        static uint8_t was_answered[MAX_CHILD_TEXTS];

        memcpy(was_answered, kept, sizeof kept);
        memset(kept, 0, sizeof kept);
        ck_assert_int_eq(
            fz_store_query(store, &query, mark_kept, &rows, &said.sink), FZ_OK);
        for (int i = 0; i < MAX_CHILD_TEXTS; i++)
            ck_assert_msg(!was_answered[i] || kept[i],
                          "message %d was answered and is not there", i);
    }
    ck_assert_int_ge(rows, answered);
    fz_store_stats(store, &stats);
    ck_assert_uint_eq(stats.by_state[FZ_HELD_HELD], (uint64_t)rows);
    ck_assert_msg(fz_store_audit_verify(store, &entries, &said.sink) == FZ_OK,
                  "%s", said.diag[0].text);
    ck_assert_uint_eq(stats.audit_entries, entries);
    ck_assert_int_eq(fz_test_commit(store, "message 399999 of the child", NULL),
                     FZ_OK);
    fz_store_close(store);
}
END_TEST

/* ------------------------------------------------------------------- seals */
static const struct {
    const char *name, *sql;
} tamperings[] = {
    {"the seal itself",
     "UPDATE held SET sealed = CAST(substr(sealed, 1, length(sealed) - 1) || "
     "x'00' AS BLOB) WHERE row = 2"},
    {"the seal of another row",
     "UPDATE held SET sealed = (SELECT sealed FROM held WHERE row = 1) WHERE "
     "row = 2"},
    {"cut to nothing", "UPDATE held SET sealed = x'' WHERE row = 2"},
    {"the rule", "UPDATE held SET rule = 'other' WHERE row = 2"},
    {"a rule that becomes absent", "UPDATE held SET rule = NULL WHERE row = 2"},
    {"the score", "UPDATE held SET score = 0 WHERE row = 2"},
    {"the time", "UPDATE held SET received_ms = 1 WHERE row = 2"},
    {"the direction", "UPDATE held SET direction = 1 WHERE row = 2"},
    {"the node", "UPDATE held SET node = 'gw-2' WHERE row = 2"},
    {"the sender's hash",
     "UPDATE held SET sender_hash = identity_hash WHERE row = 2"},
    {"two columns run together",
     "UPDATE held SET verdict = 'quarantinep', reason = 'hishing' WHERE row = "
     "2"},
    {"the row's number", "UPDATE held SET row = 9 WHERE row = 2"},
    {"a copy under another number",
     "UPDATE held SET sealed = (SELECT sealed FROM held WHERE row = 3), "
     "message_id = (SELECT message_id FROM held WHERE row = 3) WHERE row = 2"},
    {"the key's id", "UPDATE held SET key_id = 1 WHERE row = 2"},
};

START_TEST(altered_row_is_reported_and_the_others_are_read)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    FzHeldQuery query = {.state = -1};
    FzTestSink said;
    int rows = 0;

    fz_test_sink_init(&said);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(fz_test_commit(store, "x", NULL), FZ_OK);
    fz_test_sql(config.path, tamperings[_i].sql);
    ck_assert_msg(fz_store_query(store, &query, count_rows, &rows,
                                 &said.sink) == FZ_E_SYNTAX,
                  "%s: not noticed", tamperings[_i].name);
    ck_assert_int_eq(rows, 2);
    ck_assert_uint_eq(said.count, 1);
    ck_assert_int_eq(said.diag[0].code, FZ_E_SYNTAX);
    ck_assert_ptr_nonnull(strstr(said.diag[0].text, "row "));
    fz_store_close(store);
}
END_TEST

START_TEST(row_does_not_open_in_another_database_of_the_same_key)
{
    FzStoreConfig config = fz_test_store_config(), other = config;
    FzStore *store = fz_test_store_open(&config);
    FzHeldQuery query = {.state = -1};
    char path[1100], sql[2400];
    int rows = 0;

    ck_assert_int_eq(fz_test_commit(store, "x", NULL), FZ_OK);
    fz_store_close(store);
    snprintf(path, sizeof path, "%s.other", config.path);
    other.path = path;
    store = fz_test_store_open(&other);
    ck_assert_int_eq(fz_test_commit(store, "y", NULL), FZ_OK);
    snprintf(sql, sizeof sql,
             "ATTACH '%s' AS a; DELETE FROM held; INSERT INTO held SELECT * "
             "FROM a.held;",
             config.path);
    fz_test_sql(path, sql);
    ck_assert_int_eq(fz_store_query(store, &query, count_rows, &rows, NULL),
                     FZ_E_SYNTAX);
    ck_assert_int_eq(rows, 0);
    fz_store_close(store);
}
END_TEST

/* ---------------------------------------------------------------- key file */
static void refuse_open(const FzStoreConfig *config, FzStatus want,
                        const char *why)
{
    FzStore *store = NULL;
    FzTestSink said;
    FzStatus status;

    fz_test_sink_init(&said);
    status = fz_store_open(config, &said.sink, &store);
    ck_assert_msg(status == want && fz_test_sink_find(&said, why) != NULL,
                  "status %d: %s", status, said.diag[0].text);
    ck_assert_ptr_null(store);
    ck_assert_uint_eq(said.count, 1); /* one sentence, not a trace */
}

static void make_one_row(const FzStoreConfig *config)
{
    FzStore *store = fz_test_store_open(config);

    ck_assert_int_eq(fz_test_commit(store, "one", NULL), FZ_OK);
    fz_store_close(store);
}

static void write_key(const FzStoreConfig *config, const char *content)
{
    unlink(config->key_file);
    fz_test_write(config->key_file, content);
    chmod(config->key_file, 0600);
}

START_TEST(key_file_is_made_for_its_owner_alone)
{
    FzStoreConfig config = fz_test_store_config();
    struct stat st;

    umask(0);
    make_one_row(&config);
    ck_assert_int_eq(stat(config.key_file, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    ck_assert_int_eq(st.st_size, 65);
    ck_assert_int_eq(stat(config.path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0640);
}
END_TEST

START_TEST(key_file_of_others_is_refused)
{
    FzStoreConfig config = fz_test_store_config();

    make_one_row(&config);
    ck_assert_int_eq(chmod(config.key_file, 0644), 0);
    refuse_open(&config, FZ_E_IO, "open to others (mode 0644)");
    ck_assert_int_eq(chmod(config.key_file, 0620), 0);
    refuse_open(&config, FZ_E_IO, "open to others (mode 0620)");
    ck_assert_int_eq(chmod(config.key_file, 0600), 0);
    make_one_row(&config);
}
END_TEST

#define HEX32 "00112233445566778899aabbccddeeff"

static const struct {
    const char *name, *content;
} bad_keys[] = {
    {"empty", ""},
    {"short", HEX32 "00112233445566778899aabbccddee\n"},
    {"one digit short", HEX32 "00112233445566778899aabbccddeef\n"},
    {"long", HEX32 HEX32 "00\n"},
    {"one digit long", HEX32 HEX32 "0"},
    {"two lines", HEX32 HEX32 "\n\n"},
    {"no digit", HEX32 "00112233445566778899aabbccddeefg\n"},
};

START_TEST(malformed_key_file_is_refused)
{
    FzStoreConfig config = fz_test_store_config();

    write_key(&config, bad_keys[_i].content);
    refuse_open(&config, FZ_E_SYNTAX, "64 hexadecimal digits");
}
END_TEST

START_TEST(key_made_elsewhere_is_taken)
{
    FzStoreConfig config = fz_test_store_config();

    write_key(&config, HEX32 HEX32 "\n");
    make_one_row(&config);
    write_key(&config, HEX32 HEX32); /* the newline does not matter */
    make_one_row(&config);
}
END_TEST

START_TEST(missing_key_of_a_used_database_is_refused)
{
    FzStoreConfig config = fz_test_store_config();
    const char *texts;
    FzStore *store;
    char away[1100];

    make_one_row(&config);
    snprintf(away, sizeof away, "%s.away", config.key_file);
    ck_assert_int_eq(rename(config.key_file, away), 0);
    refuse_open(&config, FZ_E_IO, "a new one opens nothing");
    ck_assert_int_ne(access(config.key_file, F_OK), 0); /* none was made */
    ck_assert_int_eq(rename(away, config.key_file), 0);
    store = fz_test_store_open(&config);
    ck_assert_int_eq(fz_test_texts(store, &texts), FZ_OK);
    ck_assert_str_eq(texts, "one\n");
    fz_store_close(store);
}
END_TEST

START_TEST(missing_key_of_an_unused_database_is_made_anew)
{
    FzStoreConfig config = fz_test_store_config();

    fz_store_close(fz_test_store_open(&config));
    ck_assert_int_eq(unlink(config.key_file), 0);
    make_one_row(&config);
}
END_TEST

START_TEST(missing_key_is_not_made_unless_told)
{
    FzStoreConfig config = fz_test_store_config();

    fz_store_close(fz_test_store_open(&config));
    ck_assert_int_eq(unlink(config.key_file), 0);
    config.create = false;
    refuse_open(&config, FZ_E_IO, "cannot open the key file");
}
END_TEST

START_TEST(key_of_another_database_is_refused)
{
    FzStoreConfig config = fz_test_store_config();

    make_one_row(&config);
    write_key(&config, HEX32 HEX32 "\n");
    refuse_open(&config, FZ_E_IO, "not the key that");
}
END_TEST

/* -------------------------------------------------------------------- open */
static void overwrite(const char *path, off_t at, const char *with, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0640);

    ck_assert_int_eq(pwrite(fd, with, n, at), (ssize_t)n);
    close(fd);
}

START_TEST(file_that_is_no_database_is_refused)
{
    FzStoreConfig config = fz_test_store_config();
    char noise[4096];

    memset(noise, 'x', sizeof noise);
    overwrite(config.path, 0, noise, sizeof noise);
    refuse_open(&config, FZ_E_SYNTAX, "the database is damaged");
}
END_TEST

static const struct {
    const char *name;
    off_t at;
    size_t octets;
} damages[] = {
    {"the first page", 100, 100},
    {"the second page", 4096, 4096},
    {"a page in the middle", 8192, 4096},
    {"a page of an index", 20480, 4096},
};

START_TEST(damaged_database_is_refused)
{
    FzStoreConfig config = fz_test_store_config();
    static const char zeros[4096];

    fz_store_close(store_of_300(&config));
    overwrite(config.path, damages[_i].at, zeros, damages[_i].octets);
    refuse_open(&config, FZ_E_SYNTAX, "the database is damaged");
}
END_TEST

START_TEST(cut_database_is_refused)
{
    FzStoreConfig config = fz_test_store_config();

    fz_store_close(store_of_300(&config));
    ck_assert_int_eq(truncate(config.path, 40960), 0);
    refuse_open(&config, FZ_E_SYNTAX, "the database is damaged");
}
END_TEST

START_TEST(foreign_and_newer_databases_are_refused)
{
    FzStoreConfig config = fz_test_store_config();
    sqlite3 *db;

    ck_assert_int_eq(sqlite3_open(config.path, &db), SQLITE_OK);
    sqlite3_exec(db, "CREATE TABLE held (x)", NULL, NULL, NULL);
    sqlite3_close(db);
    refuse_open(&config, FZ_E_SYNTAX, "not fanzha's");
    unlink(config.path);
    make_one_row(&config);
    fz_test_sql(config.path, "PRAGMA user_version = 99");
    refuse_open(&config, FZ_E_SYNTAX, "schema 99");
}
END_TEST

START_TEST(database_is_not_made_unless_told)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *reader = NULL;
    FzTestSink said;

    fz_test_sink_init(&said);
    config.create = false;
    refuse_open(&config, FZ_E_IO, "there is no database");
    ck_assert_int_eq(fz_store_open_reader(&config, &said.sink, &reader),
                     FZ_E_IO);
    ck_assert_ptr_nonnull(fz_test_sink_find(&said, "there is no database"));
    ck_assert_int_ne(access(config.path, F_OK), 0);
}
END_TEST

START_TEST(missing_folder_is_named)
{
    FzStoreConfig config = fz_test_store_config();
    char path[1100];

    snprintf(path, sizeof path, "%s/no/such/folder.db", fz_test_folder());
    config.path = path;
    refuse_open(&config, FZ_E_IO, "cannot make the database");
}
END_TEST

START_TEST(second_writer_is_refused)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    char why[64];

    snprintf(why, sizeof why, "process %ld has the database open",
             (long)getpid());
    refuse_open(&config, FZ_E_IO, why);
    ck_assert_int_eq(fz_test_commit(store, "still works", NULL), FZ_OK);
    fz_store_close(store);
    make_one_row(&config);
}
END_TEST

/* Root may write anything: become somebody else for a while. */
static void become_nobody(const FzStoreConfig *config)
{
    if (getuid() != 0)
        return;
    ck_assert_int_eq(chown(fz_test_folder(), 65534, 65534), 0);
    ck_assert_int_eq(chown(config->path, 65534, 65534), 0);
    ck_assert_int_eq(chown(config->key_file, 65534, 65534), 0);
    ck_assert_int_eq(setegid(65534), 0);
    ck_assert_int_eq(seteuid(65534), 0);
}

START_TEST(database_that_cannot_be_written_is_refused)
{
    FzStoreConfig config = fz_test_store_config();
    char lock[1100];

    make_one_row(&config);
    snprintf(lock, sizeof lock, "%s-writer", config.path);
    unlink(lock);
    ck_assert_int_eq(chmod(config.path, 0440), 0);
    become_nobody(&config);
    /* unless the build folder itself is closed to others */
    if (faccessat(AT_FDCWD, config.path, R_OK, AT_EACCESS) == 0)
        refuse_open(&config, FZ_E_IO, "the database cannot be written");
    if (getuid() == 0)
        ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

START_TEST(database_with_a_senseless_bound_is_refused)
{
    FzStoreConfig config = fz_test_store_config();

    config.max_octets = 1000;
    refuse_open(&config, FZ_E_LIMIT, "1 MiB is the least");
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

    tc = tcase_create("queue");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, eight_submitters_lose_nothing_and_are_answered_in_order);
    tcase_add_test(tc, what_waits_shares_one_commit);
    tcase_add_test(tc, full_queue_is_refused_at_once);
    tcase_add_test(tc, close_commits_what_waits_and_answers_all);
    tcase_add_test(tc, done_may_submit_and_audit);
    tcase_add_test(tc, done_is_called_on_the_thread_the_host_made);
    tcase_add_loop_test(tc, senseless_record_is_refused_without_an_answer, 0,
                        COUNT(senseless));
    tcase_add_loop_test(
        tc, a_kill_in_the_middle_loses_nothing_that_was_answered, 0, 10);
    suite_add_tcase(suite, tc);

    tc = tcase_create("seals");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, altered_row_is_reported_and_the_others_are_read, 0,
                        COUNT(tamperings));
    tcase_add_test(tc, row_does_not_open_in_another_database_of_the_same_key);
    tcase_add_test(tc, key_file_is_made_for_its_owner_alone);
    tcase_add_test(tc, key_file_of_others_is_refused);
    tcase_add_loop_test(tc, malformed_key_file_is_refused, 0, COUNT(bad_keys));
    tcase_add_test(tc, key_made_elsewhere_is_taken);
    tcase_add_test(tc, missing_key_of_a_used_database_is_refused);
    tcase_add_test(tc, missing_key_of_an_unused_database_is_made_anew);
    tcase_add_test(tc, missing_key_is_not_made_unless_told);
    tcase_add_test(tc, key_of_another_database_is_refused);
    suite_add_tcase(suite, tc);

    tc = tcase_create("open");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, file_that_is_no_database_is_refused);
    tcase_add_loop_test(tc, damaged_database_is_refused, 0, COUNT(damages));
    tcase_add_test(tc, cut_database_is_refused);
    tcase_add_test(tc, foreign_and_newer_databases_are_refused);
    tcase_add_test(tc, database_is_not_made_unless_told);
    tcase_add_test(tc, missing_folder_is_named);
    tcase_add_test(tc, second_writer_is_refused);
    tcase_add_test(tc, database_that_cannot_be_written_is_refused);
    tcase_add_test(tc, database_with_a_senseless_bound_is_refused);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
