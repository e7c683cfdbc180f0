/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/faulty_vfs.h"
#include "tests/store_support.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* ----------------------------------------------------------------- helpers */
static FzPart part_of(const char *packed)
{
    return (FzPart){
        .received_ms = 1795300350123,
        .state = FZ_PART_WAITING,
        .direction = 1,
        .box = fz_slice_of("box-one"),
        .packed = fz_slice_of(packed),
    };
}

typedef struct Answer {
    pthread_mutex_t lock;
    pthread_cond_t came;
    bool there;
    FzStatus status;
    int64_t rows[8], held_row;
    size_t count; /* of rows that are wanted */
} Answer;

static void answer(void *ctx, FzStatus status, const int64_t *part_rows,
                   int64_t held_row)
{
    Answer *it = ctx;

    pthread_mutex_lock(&it->lock);
    it->there = true;
    it->status = status;
    it->held_row = held_row;
    for (size_t i = 0; i < it->count; i++)
        it->rows[i] = part_rows[i];
    pthread_cond_signal(&it->came);
    pthread_mutex_unlock(&it->lock);
}

/* Submit and wait; the status of the commit, or of the submission. */
static FzStatus change(FzStore *store, const FzPartsChange *what,
                       Answer *answer_out)
{
    Answer it = {.lock = PTHREAD_MUTEX_INITIALIZER,
                 .came = PTHREAD_COND_INITIALIZER,
                 .count = what->add_count < COUNT(it.rows) ? what->add_count
                                                           : COUNT(it.rows)};
    FzStatus status = fz_store_change_parts(store, what, answer, &it);

    if (status != FZ_OK)
        return status;
    pthread_mutex_lock(&it.lock);
    while (!it.there)
        pthread_cond_wait(&it.came, &it.lock);
    pthread_mutex_unlock(&it.lock);
    if (answer_out != NULL)
        *answer_out = it;
    return it.status;
}

static int64_t add(FzStore *store, const FzPart *part)
{
    FzPartsChange what = {.add = part, .add_count = 1};
    Answer it;

    ck_assert_int_eq(change(store, &what, &it), FZ_OK);
    ck_assert_int_gt(it.rows[0], 0);
    ck_assert_int_eq(it.held_row, 0);
    return it.rows[0];
}

static int64_t add_text(FzStore *store, const char *packed)
{
    FzPart part = part_of(packed);

    return add(store, &part);
}

static bool append_part(void *ctx, int64_t row, const FzPart *part)
{
    (void)row;
    fz_buf_printf(ctx, "%d:%.*s ", (int)part->state, (int)part->packed.octets,
                  (const char *)part->packed.data);
    return true;
}

static void check_parts(FzStore *store, const char *want)
{
    FzBuf all = FZ_BUF_INIT;
    FzStoreStats stats;
    uint64_t parts = 0;

    fz_store_stats(store, &stats);
    ck_assert_int_eq(fz_store_parts(store, append_part, &all, NULL), FZ_OK);
    ck_assert_str_eq(all.octets == 0 ? "" : fz_buf_text(&all), want);
    for (size_t i = 0; i < all.octets; i++)
        parts += all.data[i] == ' ';
    ck_assert_uint_eq(stats.parts, parts);
    fz_buf_clear(&all);
}

/* -------------------------------------------------------------------- kept */
static bool same_as_added(void *ctx, int64_t row, const FzPart *part)
{
    int *seen = ctx;

    ck_assert_int_eq(row, ++*seen);
    if (row == 1) {
        ck_assert_int_eq(part->received_ms, 1795300350123);
        ck_assert_int_eq(part->state, FZ_PART_REPORTING);
        ck_assert_int_eq(part->direction, 1);
        ck_assert(fz_slice_is(part->box, "box-one"));
        ck_assert(fz_slice_equal(part->packed, fz_slice("\0\0\0\2x", 5)));
        ck_assert(fz_slice_is(part->note, "F01"));
    } else {
        ck_assert_int_eq(part->direction, 0);
        ck_assert_ptr_null(part->box.data);
        ck_assert_ptr_null(part->note.data);
        ck_assert_ptr_nonnull(part->packed.data); /* empty is not absent */
        ck_assert_uint_eq(part->packed.octets, 0);
    }
    return true;
}

START_TEST(parts_are_read_again_after_a_restart_in_their_order)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    FzPart first = part_of("");
    FzPart second = {.state = FZ_PART_WAITING, .packed = fz_slice("", 0)};
    int seen = 0;

    first.packed = fz_slice("\0\0\0\2x", 5);
    first.state = FZ_PART_REPORTING;
    first.note = fz_slice_of("F01");
    ck_assert_int_eq(add(store, &first), 1);
    ck_assert_int_eq(add(store, &second), 2);
    fz_store_close(store);
    store = fz_test_store_open(&config);
    ck_assert_int_eq(fz_store_parts(store, same_as_added, &seen, NULL), FZ_OK);
    ck_assert_int_eq(seen, 2);
    fz_store_close(store);
}
END_TEST

START_TEST(more_parts_than_a_batch_are_all_read)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    FzBuf want = FZ_BUF_INIT;
    FzPart parts[200];
    char text[200][8];
    FzPartsChange what = {.add = parts, .add_count = COUNT(parts)};

    for (size_t i = 0; i < COUNT(parts); i++) {
        snprintf(text[i], sizeof text[i], "p%zu", i);
        parts[i] = part_of(text[i]);
        fz_buf_printf(&want, "0:%s ", text[i]);
    }
    ck_assert_int_eq(change(store, &what, NULL), FZ_OK);
    check_parts(store, fz_buf_text(&want));
    fz_buf_clear(&want);
    fz_store_close(store);
}
END_TEST

static bool file_contains(const char *path, const char *suffix,
                          const char *needle)
{
    FzBuf all = FZ_BUF_INIT;
    char whole[1100];
    bool found = false;

    snprintf(whole, sizeof whole, "%s%s", path, suffix);
    if (access(whole, F_OK) == 0)
        ck_assert_int_eq(fz_buf_read_file(&all, whole, 64u << 20, NULL), FZ_OK);
    found = all.octets > 0 &&
            memmem(all.data, all.octets, needle, strlen(needle)) != NULL;
    fz_buf_clear(&all);
    return found;
}

START_TEST(what_a_part_says_is_not_on_the_disk)
{
    static const char *const words[] = {"prize-draw-text", "box-one",
                                        "note-text"};
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    FzPart part = part_of("prize-draw-text");

    part.note = fz_slice_of("note-text");
    add(store, &part);
    for (size_t i = 0; i < COUNT(words); i++) {
        ck_assert(!file_contains(config.path, "", words[i]));
        ck_assert(!file_contains(config.path, "-wal", words[i]));
    }
    fz_store_close(store);
}
END_TEST

/* ----------------------------------------------------------------- changes */
START_TEST(parts_become_one_held_message_in_one_transaction)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    int64_t rows[] = {add_text(store, "a"), add_text(store, "b")};
    FzHeld held = fz_test_held("ab");
    FzPartsChange what = {.remove = rows, .remove_count = 2, .held = &held};
    FzStoreStats stats;
    const char *texts;
    Answer it;

    add_text(store, "other");
    ck_assert_int_eq(change(store, &what, &it), FZ_OK);
    ck_assert_int_eq(it.held_row, 1);
    check_parts(store, "0:other ");
    ck_assert_int_eq(fz_test_texts(store, &texts), FZ_OK);
    ck_assert_str_eq(texts, "ab\n");
    fz_store_stats(store, &stats);
    ck_assert_uint_eq(stats.by_state[FZ_HELD_HELD], 1);
    fz_store_close(store);
}
END_TEST

START_TEST(parts_change_their_state_by_new_rows)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    int64_t rows[] = {add_text(store, "a"), add_text(store, "b")};
    FzPart leaving[] = {part_of("a"), part_of("b")};
    FzPartsChange what = {
        .remove = rows, .remove_count = 2, .add = leaving, .add_count = 2};
    Answer it;

    leaving[0].state = leaving[1].state = FZ_PART_LEAVING;
    ck_assert_int_eq(change(store, &what, &it), FZ_OK);
    ck_assert_int_gt(it.rows[0], rows[1]);
    ck_assert_int_gt(it.rows[1], it.rows[0]);
    check_parts(store, "1:a 1:b ");
    /* what is gone is passed over */
    ck_assert_int_eq(change(store, &what, &it), FZ_OK);
    check_parts(store, "1:a 1:b 1:a 1:b ");
    fz_store_close(store);
}
END_TEST

static FzStatus move(FzStore *store, int64_t row, FzHeldState from,
                     FzHeldState to)
{
    FzPartsChange what = {.moved = row, .from = from, .to = to};

    return change(store, &what, NULL);
}

START_TEST(a_held_row_changes_its_state_and_the_figures_follow)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    FzHeld held = fz_test_held("first");
    FzPartsChange add_held = {.held = &held};
    FzStoreStats stats;
    const char *texts;

    held.received_ms = 1000;
    ck_assert_int_eq(change(store, &add_held, NULL), FZ_OK);
    held.received_ms = 2000;
    ck_assert_int_eq(change(store, &add_held, NULL), FZ_OK);
    ck_assert_int_eq(move(store, 1, FZ_HELD_HELD, FZ_HELD_RELEASED), FZ_OK);
    fz_store_stats(store, &stats);
    ck_assert_uint_eq(stats.by_state[FZ_HELD_HELD], 1);
    ck_assert_uint_eq(stats.by_state[FZ_HELD_RELEASED], 1);
    ck_assert_int_eq(stats.oldest_held_ms, 2000); /* the first is no more */
    ck_assert_int_eq(move(store, 1, FZ_HELD_RELEASED, FZ_HELD_DELIVERED),
                     FZ_OK);
    ck_assert_int_eq(fz_test_texts(store, &texts), FZ_OK);
    ck_assert_str_eq(texts, "first\nfirst\n"); /* the seal holds */
    fz_store_close(store);
    store = fz_test_store_open(&config);
    fz_store_stats(store, &stats);
    ck_assert_uint_eq(stats.by_state[FZ_HELD_HELD], 1);
    ck_assert_uint_eq(stats.by_state[FZ_HELD_RELEASED], 0);
    ck_assert_uint_eq(stats.by_state[FZ_HELD_DELIVERED], 1);
    fz_store_close(store);
}
END_TEST

START_TEST(a_change_whose_row_is_in_another_state_does_nothing)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    FzHeld held = fz_test_held("x");
    FzPartsChange add_held = {.held = &held};
    FzPart part = part_of("p");
    FzPartsChange what = {.moved = 1,
                          .from = FZ_HELD_RELEASED,
                          .to = FZ_HELD_DELIVERED,
                          .add = &part,
                          .add_count = 1};
    FzStoreStats stats;

    ck_assert_int_eq(change(store, &add_held, NULL), FZ_OK);
    ck_assert_int_eq(change(store, &what, NULL), FZ_E_STATE);
    check_parts(store, "");
    ck_assert_int_eq(move(store, 2, FZ_HELD_HELD, FZ_HELD_RELEASED),
                     FZ_E_STATE);
    ck_assert_int_eq(move(store, -1, FZ_HELD_HELD, FZ_HELD_RELEASED),
                     FZ_E_STATE);
    ck_assert_int_eq(move(store, 1, FZ_HELD_HELD, FZ_HELD_HELD), FZ_E_STATE);
    fz_store_stats(store, &stats);
    ck_assert_uint_eq(stats.by_state[FZ_HELD_HELD], 1);
    ck_assert_uint_eq(stats.by_state[FZ_HELD_DELIVERED], 0);
    ck_assert_uint_eq(stats.committed, 1);
    ck_assert(stats.writable); /* no commit failed */
    fz_store_close(store);
}
END_TEST

START_TEST(a_change_that_makes_no_sense_is_refused)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    FzHeld held = fz_test_held("x");
    FzPart part = part_of("x");
    FzPartsChange what = {.add = &part, .add_count = 1};
    uint8_t *octets = fz_calloc(1, FZ_LIMIT_HELD_OCTETS + 1);

    part.state = (FzPartState)FZ_PART_STATES;
    ck_assert_int_eq(change(store, &what, NULL), FZ_E_STATE);
    part = part_of("x");
    part.direction = 2;
    ck_assert_int_eq(change(store, &what, NULL), FZ_E_STATE);
    part = part_of("x");
    held.state = FZ_HELD_DELIVERED;
    what.held = &held;
    ck_assert_int_eq(change(store, &what, NULL), FZ_E_STATE);
    what.held = NULL;
    part.packed = fz_slice(octets, FZ_LIMIT_HELD_OCTETS + 1);
    ck_assert_int_eq(change(store, &what, NULL), FZ_E_LIMIT);
    what.add_count = FZ_LIMIT_STORE_CHANGE_PARTS + 1;
    ck_assert_int_eq(change(store, &what, NULL), FZ_E_LIMIT);
    check_parts(store, "");
    fz_free(octets);
    fz_store_close(store);
}
END_TEST

/* ---------------------------------------------------------------- failures */
static const struct {
    const char *name;
    int result;
    bool for_good;
} faults[] = {
    {"the disk is full for a moment", SQLITE_FULL, false},
    {"every write fails", SQLITE_IOERR_WRITE, true},
    {"one sync fails", SQLITE_IOERR_FSYNC, false},
};

/* Two waiting parts become a held message while the disk fails at step `step`:
 * either all of it happened or nothing, as the answer said. False when no step
 * was hit. */
static bool turn_with_fault_at(const FzStoreConfig *config, int fault, int step)
{
    FzStore *store = fz_test_store_open(config);
    int64_t rows[] = {add_text(store, "a"), add_text(store, "b")};
    FzHeld held = fz_test_held("ab");
    FzPart report = part_of("r");
    FzPartsChange what = {.remove = rows,
                          .remove_count = 2,
                          .add = &report,
                          .add_count = 1,
                          .held = &held};
    const char *texts;
    FzStatus status;
    bool hit;

    fz_faulty_arm(step, faults[fault].result, faults[fault].for_good);
    status = change(store, &what, NULL);
    hit = fz_faulty_failed() > 0;
    fz_faulty_disarm();
    add_text(store, "z"); /* as the next message does: it settles the log */
    for (int opened = 0; opened < 2; opened++) {
        check_parts(store, status == FZ_OK ? "0:r 0:z " : "0:a 0:b 0:z ");
        ck_assert_int_eq(fz_test_texts(store, &texts), FZ_OK);
        ck_assert_msg(strcmp(texts, status == FZ_OK ? "ab\n" : "") == 0,
                      "%s at step %d: \"%s\"", faults[fault].name, step, texts);
        fz_store_close(store);
        store = fz_test_store_open(config);
    }
    fz_store_close(store);
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

START_TEST(a_fault_at_any_step_leaves_a_change_whole_or_undone)
{
    FzStoreConfig config = fz_test_store_config();
    int step = 0;

    fz_faulty_install();
    while (turn_with_fault_at(&config, _i, step)) {
        remove_database(&config);
        step++;
    }
    ck_assert_int_gt(step, 2);
}
END_TEST

static void die(void *ctx, FzStatus status, const int64_t *part_rows,
                int64_t held_row)
{
    (void)ctx, (void)part_rows, (void)held_row;
    if (status == FZ_OK)
        kill(getpid(), SIGKILL);
}

START_TEST(what_was_answered_is_there_after_a_kill)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store;
    int status;
    pid_t child = fork();

    if (child == 0) {
        FzPart part = part_of("accepted");
        FzPartsChange what = {.add = &part, .add_count = 1};

        store = fz_test_store_open(&config);
        if (fz_store_change_parts(store, &what, die, NULL) != FZ_OK)
            _exit(2);
        pause();
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    store = fz_test_store_open(&config);
    check_parts(store, "0:accepted ");
    fz_store_close(store);
}
END_TEST

START_TEST(a_full_database_takes_no_part_and_still_lets_parts_go)
{
    FzStoreConfig config = fz_test_store_config();
    uint8_t *octets = fz_calloc(1, 20000);
    FzStatus status = FZ_OK;
    FzPart part = part_of("");
    FzPartsChange what = {.add = &part, .add_count = 1};
    int64_t rows[4];
    FzStore *store;
    int count = 0;
    Answer it;

    config.max_octets = 2 << 20;
    store = fz_test_store_open(&config);
    part.packed = fz_slice(octets, 20000);
    for (; status == FZ_OK && count < 1000; count++) {
        status = change(store, &what, &it);
        if (status == FZ_OK && count < 4)
            rows[count] = it.rows[0];
    }
    ck_assert_int_eq(status, FZ_E_LIMIT);
    ck_assert_int_gt(count, 60);
    what = (FzPartsChange){.remove = rows, .remove_count = 4};
    ck_assert_int_eq(change(store, &what, NULL), FZ_OK);
    what = (FzPartsChange){.add = &part, .add_count = 1};
    ck_assert_int_eq(change(store, &what, NULL), FZ_OK);
    fz_free(octets);
    fz_store_close(store);
}
END_TEST

/* ----------------------------------------------------------------- altered */
static const struct {
    const char *name, *sql;
} alterations[] = {
    {"set on its way", "UPDATE part SET state = 1 WHERE row = 2"},
    {"turned round", "UPDATE part SET direction = 0 WHERE row = 2"},
    {"made to wait longer", "UPDATE part SET received_ms = 9 WHERE row = 2"},
    {"moved", "UPDATE part SET row = 20 WHERE row = 2"},
    {"another one's seal", "UPDATE part SET sealed = (SELECT sealed FROM part "
                           "WHERE row = 1) WHERE row = 2"},
    {"another key's", "UPDATE part SET key_id = key_id + 1 WHERE row = 2"},
};

START_TEST(an_altered_part_is_reported_and_the_others_are_read)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    FzBuf all = FZ_BUF_INIT;
    FzTestSink said;

    fz_test_sink_init(&said);
    add_text(store, "a");
    add_text(store, "b");
    add_text(store, "c");
    fz_test_sql(config.path, alterations[_i].sql);
    ck_assert_int_eq(fz_store_parts(store, append_part, &all, &said.sink),
                     FZ_E_SYNTAX);
    ck_assert_str_eq(fz_buf_text(&all), "0:a 0:c ");
    ck_assert_uint_eq(said.count, 1);
    ck_assert_msg(strncmp(said.diag[0].text, "part 2", 6) == 0, "%s: %s",
                  alterations[_i].name, said.diag[0].text);
    fz_buf_clear(&all);
    fz_store_close(store);
}
END_TEST

/* ------------------------------------------------------------------ schema */
START_TEST(a_database_of_the_first_schema_is_brought_up_to_date)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config), *reader = NULL;
    const char *texts;
    FzTestSink said;

    ck_assert_int_eq(fz_test_commit(store, "kept", NULL), FZ_OK);
    fz_store_close(store);
    fz_test_sql(config.path, "DROP TABLE part; DROP TABLE shadow; "
                             "PRAGMA user_version = 1");
    fz_test_sink_init(&said);
    ck_assert_int_eq(fz_store_open_reader(&config, &said.sink, &reader),
                     FZ_E_SYNTAX);
    ck_assert_ptr_nonnull(fz_test_sink_find(&said, "schema 1"));
    store = fz_test_store_open(&config);
    ck_assert_int_eq(add_text(store, "a"), 1);
    check_parts(store, "0:a ");
    ck_assert_int_eq(fz_test_texts(store, &texts), FZ_OK);
    ck_assert_str_eq(texts, "kept\n");
    fz_store_close(store);
}
END_TEST

START_TEST(parts_of_the_third_schema_are_read_under_the_fourth)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    FzPart awaiting = part_of("c"), report = part_of("d");
    int64_t first = 1;
    FzPartsChange gone = {.remove = &first, .remove_count = 1};

    ck_assert_int_eq(add_text(store, "a"), 1);
    ck_assert_int_eq(add_text(store, "b"), 2);
    ck_assert_int_eq(change(store, &gone, NULL), FZ_OK);
    fz_store_close(store);
    fz_test_sql(config.path,
                "CREATE TABLE old (row INTEGER PRIMARY KEY, received_ms "
                "INTEGER NOT NULL, state INTEGER NOT NULL CHECK (state BETWEEN "
                "0 AND 3), direction INTEGER NOT NULL, key_id INTEGER NOT "
                "NULL, sealed BLOB NOT NULL) STRICT; INSERT INTO old SELECT * "
                "FROM part; DROP TABLE part; ALTER TABLE old RENAME TO part; "
                "PRAGMA user_version = 3");
    store = fz_test_store_open(&config);
    check_parts(store, "0:b ");
    awaiting.state = FZ_PART_AWAITING;
    report.state = FZ_PART_REPORT;
    ck_assert_int_eq(add(store, &awaiting), 3);
    ck_assert_int_eq(add(store, &report), 4);
    check_parts(store, "0:b 4:c 5:d ");
    fz_store_close(store);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_parts");
    TCase *tc = tcase_create("parts");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, parts_are_read_again_after_a_restart_in_their_order);
    tcase_add_test(tc, more_parts_than_a_batch_are_all_read);
    tcase_add_test(tc, what_a_part_says_is_not_on_the_disk);
    tcase_add_test(tc, parts_become_one_held_message_in_one_transaction);
    tcase_add_test(tc, parts_change_their_state_by_new_rows);
    tcase_add_test(tc, a_held_row_changes_its_state_and_the_figures_follow);
    tcase_add_test(tc, a_change_whose_row_is_in_another_state_does_nothing);
    tcase_add_test(tc, a_change_that_makes_no_sense_is_refused);
    tcase_add_loop_test(tc, a_fault_at_any_step_leaves_a_change_whole_or_undone,
                        0, COUNT(faults));
    tcase_add_test(tc, what_was_answered_is_there_after_a_kill);
    tcase_add_test(tc, a_full_database_takes_no_part_and_still_lets_parts_go);
    tcase_add_loop_test(tc, an_altered_part_is_reported_and_the_others_are_read,
                        0, COUNT(alterations));
    tcase_add_test(tc, a_database_of_the_first_schema_is_brought_up_to_date);
    tcase_add_test(tc, parts_of_the_third_schema_are_read_under_the_fourth);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
