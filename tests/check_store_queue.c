/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/store_support.h"

#include "base/limits.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static bool count_rows(void *ctx, const FzHeldRow *row)
{
    (void)row;
    ++*(int *)ctx;
    return true;
}

static void submit(FzStore *store, const FzHeld *held, FzTestAnswers *answers)
{
    ck_assert_int_eq(fz_store_submit(store, held, fz_test_answer, answers),
                     FZ_OK);
}

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

int main(void)
{
    Suite *suite = suite_create("store_queue");
    TCase *tc;

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
    return fz_test_run(suite);
}
