/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/faulty_vfs.h"
#include "tests/store_support.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the store reports, and how often. */
typedef struct Reports {
    int errors, notes;
    char text[256];
} Reports;

static void keep_report(void *ctx, const FzDiag *diag)
{
    Reports *reports = ctx;

    if (diag->severity == FZ_SEVERITY_ERROR)
        reports->errors++;
    else
        reports->notes++;
    snprintf(reports->text, sizeof reports->text, "%s", diag->text);
}

static void check_trouble(FzStore *store, const char *part)
{
    FzStoreStats stats;

    fz_store_stats(store, &stats);
    ck_assert_msg((part == NULL && stats.trouble[0] == '\0') ||
                      (part != NULL && strstr(stats.trouble, part) != NULL),
                  "trouble is `%s', want `%s'", stats.trouble,
                  part == NULL ? "" : part);
    ck_assert_int_eq(stats.writable, part == NULL);
}

static void check_texts(FzStore *store, const char *want)
{
    const char *texts;

    ck_assert_int_eq(fz_test_texts(store, &texts), FZ_OK);
    ck_assert_str_eq(texts, want);
}

static int64_t size_of(const char *path, const char *suffix)
{
    char whole[1100];
    struct stat st;

    snprintf(whole, sizeof whole, "%s%s", path, suffix);
    return stat(whole, &st) == 0 ? st.st_size : 0;
}

/* ----------------------------------------------------------- disk failures */
static const struct {
    const char *name;
    int result;
    bool for_good;
    FzStatus want; /* of a record that is hit */
} faults[] = {
    {"the disk is full for a moment", SQLITE_FULL, false, FZ_E_LIMIT},
    {"the disk is full", SQLITE_FULL, true, FZ_E_LIMIT},
    {"one write fails", SQLITE_IOERR_WRITE, false, FZ_E_IO},
    {"every write fails", SQLITE_IOERR_WRITE, true, FZ_E_IO},
    {"one sync fails", SQLITE_IOERR_FSYNC, false, FZ_E_IO},
    {"read-only for a moment", SQLITE_READONLY, false, FZ_E_IO},
};

/* Three records with a fault at step `step`, then one without: exactly those
 * that were answered with FZ_OK are there. False when no step was hit. */
static bool run_with_fault_at(const FzStoreConfig *config, int fault, int step)
{
    FzBuf want = FZ_BUF_INIT;
    FzStore *store = fz_test_store_open(config);
    uint64_t entries = 0;
    char text[32];
    bool hit;

    fz_faulty_arm(step, faults[fault].result, faults[fault].for_good);
    for (int i = 0; i < 3; i++) {
        FzStatus status;
        bool audited;

        snprintf(text, sizeof text, "step %d record %d", step, i);
        status = fz_test_commit(store, text, NULL);
        if (status == FZ_OK)
            fz_buf_printf(&want, "%s\n", text);
        audited = fz_store_audit(store, i, "test", text, NULL, NULL) == FZ_OK;
        entries += audited;
    }
    hit = fz_faulty_failed() > 0;
    fz_faulty_disarm();
    ck_assert_msg(fz_test_commit(store, "last", NULL) == FZ_OK,
                  "%s at step %d: no recovery", faults[fault].name, step);
    fz_buf_append_text(&want, "last\n");
    check_texts(store, fz_buf_text(&want));
    check_trouble(store, NULL);
    fz_store_close(store);

    store = fz_test_store_open(config);
    check_texts(store, fz_buf_text(&want));
    {
        uint64_t verified = 0;

        ck_assert_int_eq(fz_store_audit_verify(store, &verified, NULL), FZ_OK);
        ck_assert_uint_eq(verified, entries);
    }
    fz_store_close(store);
    fz_buf_clear(&want);
    return hit;
}

static void remove_database(const FzStoreConfig *config)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-writer"};

    for (size_t i = 0; i < COUNT(suffixes); i++) {
        char whole[1100];

        snprintf(whole, sizeof whole, "%s%s", config->path, suffixes[i]);
        unlink(whole);
    }
}

START_TEST(a_fault_at_any_step_keeps_what_was_answered_and_nothing_else)
{
    FzStoreConfig config = fz_test_store_config();
    int step = 0;

    fz_faulty_install();
    while (run_with_fault_at(&config, _i, step)) {
        remove_database(&config);
        step++;
    }
    /* three commits and three entries write, sync and open more than this */
    ck_assert_int_gt(step, 10);
}
END_TEST

START_TEST(a_fault_is_answered_with_its_status)
{
    FzStoreConfig config = fz_test_store_config();
    Reports reports = {0};
    FzStore *store;

    fz_faulty_install();
    config.report = (FzDiagSink){keep_report, &reports};
    store = fz_test_store_open(&config);
    fz_faulty_arm(0, faults[_i].result, true);
    for (int i = 0; i < 3; i++)
        ck_assert_int_ne(fz_test_commit(store, "x", NULL), FZ_OK);
    fz_faulty_disarm();
    ck_assert_int_eq(fz_test_commit(store, "y", NULL), FZ_OK);
    fz_faulty_arm(0, faults[_i].result, false);
    ck_assert_int_eq(fz_test_commit(store, "z", NULL), faults[_i].want);
    fz_faulty_disarm();
    fz_store_close(store);
}
END_TEST

START_TEST(every_commit_is_synced_before_its_answer)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store;

    fz_faulty_install();
    store = fz_test_store_open(&config);
    for (int i = 0; i < 5; i++) {
        int before = fz_faulty_syncs();

        ck_assert_int_eq(fz_test_commit(store, "x", NULL), FZ_OK);
        ck_assert_int_gt(fz_faulty_syncs(), before);
    }
    fz_store_close(store);
}
END_TEST

static void die(void *ctx, FzStatus status, int64_t row)
{
    (void)ctx, (void)row;
    if (status == FZ_E_IO)
        kill(getpid(), SIGKILL);
}

START_TEST(a_failed_commit_does_not_come_to_life_after_a_kill)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store;
    int status;
    pid_t child;

    fz_faulty_install();
    child = fork();
    if (child == 0) {
        FzHeld held = fz_test_held("refused");

        store = fz_test_store_open(&config);
        if (fz_test_commit(store, "kept", NULL) != FZ_OK)
            _exit(1);
        fz_faulty_arm_sync();
        if (fz_store_submit(store, &held, die, NULL) != FZ_OK)
            _exit(2);
        pause();
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    store = fz_test_store_open(&config);
    check_texts(store, "kept\n");
    fz_store_close(store);
}
END_TEST

/* -------------------------------------------------------------------- full */
static FzStatus commit_octets(FzStore *store, const char *text, size_t octets)
{
    FzHeld held = fz_test_held(text);
    uint8_t *room = fz_calloc(1, octets);
    FzTestAnswers *answers = calloc(1, sizeof *answers);
    FzStatus status;

    fz_test_answers_init(answers);
    held.packed = fz_slice(room, octets);
    status = fz_store_submit(store, &held, fz_test_answer, answers);
    ck_assert_int_eq(status, FZ_OK);
    fz_test_answers_wait(answers, 1);
    status = answers->status[0];
    fz_free(room);
    free(answers);
    return status;
}

/* As retention will: some rows go, their pages can be used again. */
static void purge_half(const FzStoreConfig *config)
{
    fz_test_sql(config->path,
                "UPDATE counter SET amount = amount - (SELECT count(*) FROM "
                "held WHERE row % 2 = 0) WHERE state = 0;"
                "DELETE FROM held WHERE row % 2 = 0;");
}

START_TEST(full_database_refuses_keeps_its_bound_and_recovers)
{
    FzStoreConfig config = fz_test_store_config();
    Reports reports = {0};
    FzStatus status = FZ_OK;
    FzStoreStats stats;
    uint64_t entries = 0;
    FzStore *store;
    int rows = 0;

    config.max_octets = 2 << 20;
    config.report = (FzDiagSink){keep_report, &reports};
    store = fz_test_store_open(&config);
    while (status == FZ_OK && rows < 1000) {
        status = commit_octets(store, "full", 20000);
        rows += status == FZ_OK;
        ck_assert_int_le(
            size_of(config.path, "") + size_of(config.path, "-wal"), 2 << 20);
    }
    ck_assert_int_eq(status, FZ_E_LIMIT);
    ck_assert_int_gt(rows, 60); /* of 104 that would fit without a log */
    check_trouble(store, "it may grow to 2097152 octets");
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(commit_octets(store, "full", 20000), FZ_E_LIMIT);
    ck_assert_int_eq(reports.errors, 1); /* once, not six times */

    /* who switches the bypass on now is still recorded */
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(
            fz_store_audit(store, i, "uid:0 root", "bypass-on", "{}", NULL),
            FZ_OK);
    ck_assert_int_eq(fz_store_audit_verify(store, &entries, NULL), FZ_OK);
    ck_assert_uint_eq(entries, 20);

    purge_half(&config);
    ck_assert_int_eq(commit_octets(store, "again", 20000), FZ_OK);
    check_trouble(store, NULL);
    ck_assert_int_eq(reports.notes, 1 + 0);
    fz_store_stats(store, &stats);
    ck_assert_uint_eq(stats.failed, 6);
    ck_assert_int_le(size_of(config.path, "") + size_of(config.path, "-wal"),
                     2 << 20);
    fz_store_close(store);
}
END_TEST

typedef struct Gate {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool entered, open;
} Gate;

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

START_TEST(a_record_that_does_not_fit_does_not_take_the_others_with_it)
{
    static const size_t sizes[] = {10, 3 << 20, 20, 30};
    FzStoreConfig config = fz_test_store_config();
    FzTestAnswers answers;
    FzStore *store;
    FzHeld held = fz_test_held("gate");
    uint8_t *room = fz_calloc(1, 3 << 20);
    Gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER,
                 .moved = PTHREAD_COND_INITIALIZER};

    config.max_octets = 2 << 20;
    store = fz_test_store_open(&config);
    fz_test_answers_init(&answers);
    ck_assert_int_eq(fz_store_submit(store, &held, stop_at_gate, &gate), FZ_OK);
    pthread_mutex_lock(&gate.lock);
    while (!gate.entered)
        pthread_cond_wait(&gate.moved, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        held = fz_test_held("x");
        held.packed = fz_slice(room, sizes[i]);
        ck_assert_int_eq(
            fz_store_submit(store, &held, fz_test_answer, &answers), FZ_OK);
    }
    pthread_mutex_lock(&gate.lock);
    gate.open = true;
    pthread_cond_broadcast(&gate.moved);
    pthread_mutex_unlock(&gate.lock);
    fz_test_answers_wait(&answers, COUNT(sizes));
    ck_assert_int_eq(answers.status[0], FZ_OK);
    ck_assert_int_eq(answers.status[1], FZ_E_LIMIT);
    ck_assert_int_eq(answers.row[1], 0);
    ck_assert_int_eq(answers.status[2], FZ_OK);
    ck_assert_int_eq(answers.status[3], FZ_OK);
    check_texts(store, "gate\nx\nx\nx\n");
    fz_free(room);
    fz_store_close(store);
}
END_TEST

START_TEST(a_reader_that_does_not_let_go_cannot_fill_the_disk)
{
    FzStoreConfig config = fz_test_store_config();
    FzStatus status = FZ_OK;
    FzStore *store;
    sqlite3 *reader;
    int rows = 0;

    config.max_octets = 8 << 20;
    store = fz_test_store_open(&config);
    ck_assert_int_eq(fz_test_commit(store, "one", NULL), FZ_OK);
    sqlite3_open(config.path, &reader);
    sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM held;", NULL, NULL, NULL);
    for (; status == FZ_OK && rows < 1000; rows++)
        status = commit_octets(store, "x", 20000);
    ck_assert_int_eq(status, FZ_E_LIMIT);
    check_trouble(store, "a reader does not let go");
    ck_assert_int_le(size_of(config.path, "") + size_of(config.path, "-wal"),
                     8 << 20);
    sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL);
    ck_assert_int_eq(commit_octets(store, "y", 20000), FZ_OK);
    check_trouble(store, NULL);
    sqlite3_close(reader);
    fz_store_close(store);
}
END_TEST

/* ------------------------------------------------------------------ locked */
START_TEST(locked_database_fails_its_records_and_recovers)
{
    FzStoreConfig config = fz_test_store_config();
    Reports reports = {0};
    FzTestSink said;
    FzStore *store;
    sqlite3 *other;

    fz_test_sink_init(&said);
    config.report = (FzDiagSink){keep_report, &reports};
    config.busy_ms = 20;
    store = fz_test_store_open(&config);
    ck_assert_int_eq(fz_test_commit(store, "one", NULL), FZ_OK);
    sqlite3_open(config.path, &other);
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL),
                     SQLITE_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(fz_test_commit(store, "no", NULL), FZ_E_IO);
    check_trouble(store, "another process holds the database locked");
    ck_assert_int_eq(reports.errors, 1);
    ck_assert_int_eq(fz_store_audit(store, 1, "a", "b", NULL, &said.sink),
                     FZ_E_IO);
    ck_assert_ptr_nonnull(fz_test_sink_find(&said, "locked"));
    check_texts(store, "one\n"); /* reading goes on */

    sqlite3_exec(other, "COMMIT", NULL, NULL, NULL);
    sqlite3_close(other);
    ck_assert_int_eq(fz_test_commit(store, "two", NULL), FZ_OK);
    check_trouble(store, NULL);
    ck_assert_int_eq(reports.notes, 1);
    ck_assert_str_eq(reports.text, "commits go through again");
    check_texts(store, "one\ntwo\n");
    fz_store_close(store);
}
END_TEST

static void *unlock_soon(void *arg)
{
    usleep(50000);
    sqlite3_exec(arg, "COMMIT", NULL, NULL, NULL);
    return NULL;
}

START_TEST(a_lock_that_is_let_go_in_time_is_waited_for)
{
    FzStoreConfig config = fz_test_store_config();
    pthread_t thread;
    FzStore *store;
    sqlite3 *other;

    config.busy_ms = 20000;
    store = fz_test_store_open(&config);
    sqlite3_open_v2(config.path, &other,
                    SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, NULL);
    sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL);
    pthread_create(&thread, NULL, unlock_soon, other);
    ck_assert_int_eq(fz_test_commit(store, "one", NULL), FZ_OK);
    pthread_join(thread, NULL);
    sqlite3_close(other);
    fz_store_close(store);
}
END_TEST

START_TEST(locked_database_is_not_opened)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    FzTestSink said;
    sqlite3 *other;

    fz_test_sink_init(&said);
    fz_store_close(store);
    store = NULL;
    sqlite3_open(config.path, &other);
    sqlite3_exec(other, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;",
                 NULL, NULL, NULL);
    ck_assert_int_eq(fz_store_open(&config, &said.sink, &store), FZ_E_IO);
    ck_assert_ptr_nonnull(
        fz_test_sink_find(&said, "another process holds the database locked"));
    sqlite3_close(other);
    fz_store_close(fz_test_store_open(&config));
}
END_TEST

/* ---------------------------------------------------------------- vanished */
static void move(const FzStoreConfig *config, const char *suffix, bool away)
{
    char here[1100], there[1200];

    snprintf(here, sizeof here, "%s%s", config->path, suffix);
    snprintf(there, sizeof there, "%s.away", here);
    ck_assert_int_eq(away ? rename(here, there) : rename(there, here), 0);
}

static void remove_file(const FzStoreConfig *config, const char *suffix)
{
    char whole[1100];

    snprintf(whole, sizeof whole, "%s%s", config->path, suffix);
    ck_assert_int_eq(unlink(whole), 0);
}

START_TEST(vanished_database_is_noticed_and_taken_up_again)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);

    ck_assert_int_eq(fz_test_commit(store, "one", NULL), FZ_OK);
    move(&config, "", true);
    move(&config, "-wal", true);
    move(&config, "-shm", true);
    ck_assert_int_eq(fz_test_commit(store, "lost", NULL), FZ_E_IO);
    check_trouble(store, "the database file was moved");
    ck_assert_int_eq(fz_test_commit(store, "lost", NULL), FZ_E_IO);
    check_trouble(store, "there is no database");
    /* an empty quarantine is not put in its place */
    ck_assert_int_ne(access(config.path, F_OK), 0);
    move(&config, "", false);
    move(&config, "-wal", false);
    move(&config, "-shm", false);
    ck_assert_int_eq(fz_test_commit(store, "two", NULL), FZ_OK);
    check_texts(store, "one\ntwo\n");
    fz_store_close(store);
    store = fz_test_store_open(&config);
    check_texts(store, "one\ntwo\n");
    fz_store_close(store);
}
END_TEST

static const struct {
    const char *suffix, *trouble;
} beside[] = {
    {"-wal", "the write-ahead log (-wal) was moved"},
    {"-shm", "the index of the write-ahead log (-shm) was moved"},
};

START_TEST(removed_log_fails_one_record_and_loses_none)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);

    ck_assert_int_eq(fz_test_commit(store, "one", NULL), FZ_OK);
    remove_file(&config, beside[_i].suffix);
    ck_assert_int_eq(fz_test_commit(store, "lost", NULL), FZ_E_IO);
    check_trouble(store, beside[_i].trouble);
    ck_assert_int_eq(fz_test_commit(store, "two", NULL), FZ_OK);
    check_texts(store, "one\ntwo\n");
    fz_store_close(store);
}
END_TEST

START_TEST(another_database_under_the_name_is_not_written_to)
{
    FzStoreConfig config = fz_test_store_config(), other = config;
    FzStore *store;
    char path[1100];

    snprintf(path, sizeof path, "%s.other", config.path);
    other.path = path;
    store = fz_test_store_open(&other);
    ck_assert_int_eq(fz_test_commit(store, "other", NULL), FZ_OK);
    fz_store_close(store);

    store = fz_test_store_open(&config);
    ck_assert_int_eq(fz_test_commit(store, "one", NULL), FZ_OK);
    move(&config, "", true);
    ck_assert_int_eq(rename(path, config.path), 0);
    ck_assert_int_eq(fz_test_commit(store, "no", NULL), FZ_E_IO);
    ck_assert_int_eq(fz_test_commit(store, "no", NULL), FZ_E_IO);
    check_trouble(store, "another file stands under this name");
    fz_store_close(store);
}
END_TEST

START_TEST(reader_follows_a_restored_database)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config), *reader = NULL;
    const char *texts;

    ck_assert_int_eq(fz_test_commit(store, "one", NULL), FZ_OK);
    fz_store_close(store);
    ck_assert_int_eq(fz_store_open_reader(&config, NULL, &reader), FZ_OK);
    check_texts(reader, "one\n");
    move(&config, "", true);
    ck_assert_int_eq(fz_test_texts(reader, &texts), FZ_E_IO);
    move(&config, "", false);
    check_texts(reader, "one\n");
    fz_store_close(reader);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_faults");
    TCase *tc = tcase_create("disk");

    tcase_set_timeout(tc, 300);
    tcase_add_loop_test(
        tc, a_fault_at_any_step_keeps_what_was_answered_and_nothing_else, 0,
        COUNT(faults));
    tcase_add_loop_test(tc, a_fault_is_answered_with_its_status, 0,
                        COUNT(faults));
    tcase_add_test(tc, every_commit_is_synced_before_its_answer);
    tcase_add_test(tc, a_failed_commit_does_not_come_to_life_after_a_kill);
    tcase_add_test(tc, full_database_refuses_keeps_its_bound_and_recovers);
    tcase_add_test(tc,
                   a_record_that_does_not_fit_does_not_take_the_others_with_it);
    tcase_add_test(tc, a_reader_that_does_not_let_go_cannot_fill_the_disk);
    suite_add_tcase(suite, tc);

    tc = tcase_create("others");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, locked_database_fails_its_records_and_recovers);
    tcase_add_test(tc, a_lock_that_is_let_go_in_time_is_waited_for);
    tcase_add_test(tc, locked_database_is_not_opened);
    tcase_add_test(tc, vanished_database_is_noticed_and_taken_up_again);
    tcase_add_loop_test(tc, removed_log_fails_one_record_and_loses_none, 0,
                        COUNT(beside));
    tcase_add_test(tc, another_database_under_the_name_is_not_written_to);
    tcase_add_test(tc, reader_follows_a_restored_database);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
