/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/store_support.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool count_rows(void *ctx, const FzHeldRow *row)
{
    (void)row;
    ++*(int *)ctx;
    return true;
}

/* ------------------------------------------------------------------- seals */
static const struct {
    const char *name, *sql;
} tamperings[] = {
    /* octets of a seal are random: each becomes one that it was not */
    {"the seal's last octet",
     "UPDATE held SET sealed = CAST(substr(sealed, 1, length(sealed) - 1) || "
     "CASE substr(sealed, -1) WHEN x'00' THEN x'01' ELSE x'00' END AS BLOB) "
     "WHERE row = 2"},
    {"the seal's first octet",
     "UPDATE held SET sealed = CAST(CASE substr(sealed, 1, 1) WHEN x'00' THEN "
     "x'01' ELSE x'00' END || substr(sealed, 2) AS BLOB) WHERE row = 2"},
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

static void make_rows(const FzStoreConfig *config, int rows)
{
    FzStore *store = fz_test_store_open(config);

    for (int i = 0; i < rows; i++)
        ck_assert_int_eq(fz_test_commit(store, "x", NULL), FZ_OK);
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

    make_rows(&config, 300);
    overwrite(config.path, damages[_i].at, zeros, damages[_i].octets);
    refuse_open(&config, FZ_E_SYNTAX, "the database is damaged");
}
END_TEST

START_TEST(cut_database_is_refused)
{
    FzStoreConfig config = fz_test_store_config();

    make_rows(&config, 300);
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

START_TEST(derived_keys_are_the_same_at_every_open_and_differ_by_use)
{
    FzStoreConfig config = fz_test_store_config();
    uint8_t first[FZ_DIGEST_OCTETS], again[FZ_DIGEST_OCTETS],
        other[FZ_DIGEST_OCTETS];
    FzStore *store = fz_test_store_open(&config);

    fz_store_derive(store, "one", first);
    fz_store_derive(store, "other", other);
    fz_store_close(store);
    store = fz_test_store_open(&config);
    fz_store_derive(store, "one", again);
    fz_store_close(store);
    ck_assert_mem_eq(first, again, sizeof first);
    ck_assert_mem_ne(first, other, sizeof first);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_open");
    TCase *tc;

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
    tcase_add_test(tc,
                   derived_keys_are_the_same_at_every_open_and_differ_by_use);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
