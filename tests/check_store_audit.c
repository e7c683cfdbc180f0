/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/store_support.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/limits.h"
#include "store/encode.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define ENTRIES 12

static FzStore *store_with_trail(const FzStoreConfig *config)
{
    FzStore *store = fz_test_store_open(config);

    for (int i = 1; i <= ENTRIES; i++) {
        char detail[64];

        snprintf(detail, sizeof detail, "{\"generation\":\"%d\"}", i);
        ck_assert_int_eq(fz_store_audit(store, 1000 + i, "uid:0 root", "reload",
                                        i % 3 == 0 ? NULL : detail, NULL),
                         FZ_OK);
    }
    return store;
}

static void check_whole(FzStore *store, uint64_t want)
{
    uint64_t entries = 0;
    FzTestSink said;

    fz_test_sink_init(&said);
    ck_assert_msg(fz_store_audit_verify(store, &entries, &said.sink) == FZ_OK,
                  "%s", said.diag[0].text);
    ck_assert_uint_eq(entries, want);
}

START_TEST(untouched_trail_verifies_before_and_after_a_restart)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config), *reader = NULL;
    FzStoreStats stats;

    check_whole(store, 0);
    fz_store_close(store);
    store = store_with_trail(&config);
    check_whole(store, ENTRIES);
    ck_assert_int_eq(fz_store_open_reader(&config, NULL, &reader), FZ_OK);
    check_whole(reader, ENTRIES);
    fz_store_close(reader);
    fz_store_close(store);
    store = fz_test_store_open(&config);
    check_whole(store, ENTRIES);
    ck_assert_int_eq(fz_store_audit(store, 1, "a", "b", "", NULL), FZ_OK);
    check_whole(store, ENTRIES + 1);
    fz_store_stats(store, &stats);
    ck_assert_uint_eq(stats.audit_entries, ENTRIES + 1);
    fz_store_close(store);
}
END_TEST

/* With the triggers in place not even a mistake alters the trail. */
static const char *const refused[] = {
    "UPDATE audit SET act = 'x' WHERE seq = 3",
    "DELETE FROM audit WHERE seq = 12",
    "DELETE FROM audit",
    "INSERT OR REPLACE INTO audit SELECT 3, at_ms, actor, 'x', detail, hash, "
    "tag FROM audit WHERE seq = 4",
    "INSERT INTO audit SELECT 99, at_ms, actor, act, detail, hash, tag FROM "
    "audit WHERE seq = 4",
    "INSERT INTO audit SELECT -1, at_ms, actor, act, detail, hash, tag FROM "
    "audit WHERE seq = 4",
};

START_TEST(database_refuses_to_alter_the_trail)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = store_with_trail(&config);
    char *error = NULL;
    sqlite3 *db;

    sqlite3_open(config.path, &db);
    sqlite3_exec(db, refused[_i], NULL, NULL, &error);
    ck_assert_msg(error != NULL && strstr(error, "append-only") != NULL,
                  "%s: %s", refused[_i], error == NULL ? "done" : error);
    sqlite3_free(error);
    sqlite3_close(db);
    check_whole(store, ENTRIES);
    fz_store_close(store);
}
END_TEST

/* Who has the file can take the triggers off. */
#define NO_TRIGGERS                                                            \
    "DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_deleted; "   \
    "DROP TRIGGER audit_is_appended_to; "
#define COPY_OF "at_ms, actor, act, detail, hash, tag FROM audit WHERE seq = "
#define SWAP(a, b)                                                             \
    "UPDATE audit SET seq = -7 WHERE seq = " #a ";"                            \
    "UPDATE audit SET seq = " #a " WHERE seq = " #b ";"                        \
    "UPDATE audit SET seq = " #b " WHERE seq = -7;"

static const struct {
    const char *name, *sql;
    unsigned line; /* of the diag: the entry */
    const char *says;
} tamperings[] = {
    {"act", "UPDATE audit SET act = 'start' WHERE seq = 5", 5,
     "audit entry 5 was changed"},
    {"actor of the first", "UPDATE audit SET actor = 'uid:1 a' WHERE seq = 1",
     1, "audit entry 1 was changed"},
    {"time of the last", "UPDATE audit SET at_ms = 1 WHERE seq = 12", 12,
     "audit entry 12 was changed"},
    {"detail gone", "UPDATE audit SET detail = NULL WHERE seq = 4", 4,
     "audit entry 4 was changed"},
    {"absent detail made empty", "UPDATE audit SET detail = '' WHERE seq = 3",
     3, "audit entry 3 was changed"},
    {"actor and act run together",
     "UPDATE audit SET actor = 'uid:0 rootr', act = 'eload' WHERE seq = 6", 6,
     "audit entry 6 was changed"},
    {"hash", "UPDATE audit SET hash = zeroblob(32) WHERE seq = 7", 7,
     "audit entry 7 was changed"},
    {"tag", "UPDATE audit SET tag = zeroblob(16) WHERE seq = 7", 7,
     "audit entry 7 was changed"},
    {"two changes: the first is named",
     "UPDATE audit SET act = 'x' WHERE seq IN (9, 4)", 4,
     "audit entry 4 was changed"},
    {"removed", "DELETE FROM audit WHERE seq = 6", 6,
     "audit entry 6 was removed"},
    {"the first removed", "DELETE FROM audit WHERE seq = 1", 1,
     "audit entry 1 was removed"},
    {"removed and renumbered",
     "DELETE FROM audit WHERE seq = 6; UPDATE audit SET seq = seq - 1 WHERE "
     "seq > 6",
     6, "audit entry 6 was changed, or removed and the rest renumbered"},
    {"swapped", SWAP(4, 5), 4, "audit entry 4 was swapped: it stands at 5"},
    {"swapped far", SWAP(2, 11), 2,
     "audit entry 2 was swapped: it stands at "
     "11"},
    {"the last cut off", "DELETE FROM audit WHERE seq = 12", 12,
     "audit entry 12 was removed, and all after it: 12 were written"},
    {"the end cut off", "DELETE FROM audit WHERE seq > 7", 8,
     "audit entry 8 was removed, and all after it: 12 were written"},
    {"all cut off", "DELETE FROM audit", 1,
     "audit entry 1 was removed, and all after it: 12 were written"},
    {"a copy added at the end", "INSERT INTO audit SELECT 13, " COPY_OF "12",
     13, "audit entry 13 was added by something other than the store"},
    {"inserted in the middle, the rest renumbered",
     "UPDATE audit SET seq = -seq WHERE seq > 6; UPDATE audit SET seq = 1 - "
     "seq WHERE seq < 0; INSERT INTO audit VALUES (7, 1, 'a', 'b', NULL, "
     "zeroblob(32), zeroblob(16))",
     7, "audit entry 7 was inserted: what was written there stands at 8"},
    {"inserted before the first",
     "INSERT INTO audit VALUES (0, 1, 'a', 'b', NULL, zeroblob(32), "
     "zeroblob(16))",
     1, "an audit entry numbered 0 was inserted before the first"},
    {"the head removed", "DELETE FROM meta WHERE name = 'audit-head'", 0,
     "the head of the audit trail was removed"},
    {"the head changed",
     "UPDATE meta SET value = zeroblob(length(value)) WHERE name = "
     "'audit-head'",
     0, "the head of the audit trail was changed"},
};

START_TEST(verify_names_the_first_entry_that_was_altered)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = store_with_trail(&config);
    uint64_t entries = 77;
    FzTestSink said;
    char sql[1024];

    fz_test_sink_init(&said);
    snprintf(sql, sizeof sql, NO_TRIGGERS "%s", tamperings[_i].sql);
    fz_test_sql(config.path, sql);
    ck_assert_msg(fz_store_audit_verify(store, &entries, &said.sink) ==
                      FZ_E_SYNTAX,
                  "%s: not noticed", tamperings[_i].name);
    ck_assert_uint_eq(said.count, 1);
    ck_assert_msg(strncmp(said.diag[0].text, tamperings[_i].says,
                          strlen(tamperings[_i].says)) == 0,
                  "%s: got `%s', want `%s'", tamperings[_i].name,
                  said.diag[0].text, tamperings[_i].says);
    ck_assert_msg(said.diag[0].line == tamperings[_i].line,
                  "%s: line %u, want %u", tamperings[_i].name,
                  said.diag[0].line, tamperings[_i].line);
    ck_assert_uint_eq(entries, 77); /* written on success only */
    fz_store_close(store);
}
END_TEST

START_TEST(head_put_back_to_an_older_one_is_noticed)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = store_with_trail(&config);
    uint64_t entries = 0;
    FzTestSink said;

    fz_test_sink_init(&said);
    fz_test_sql(config.path, "CREATE TABLE kept AS SELECT * FROM meta");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(fz_store_audit(store, 1, "a", "b", NULL, NULL), FZ_OK);
    fz_test_sql(config.path,
                "UPDATE meta SET value = (SELECT value FROM kept WHERE "
                "kept.name = meta.name)");
    ck_assert_int_eq(fz_store_audit_verify(store, &entries, &said.sink),
                     FZ_E_SYNTAX);
    ck_assert_ptr_nonnull(fz_test_sink_find(&said, "put back to an older one"));
    fz_store_close(store);
}
END_TEST

/* Someone who knows all that is written here, but has not the key, changes an
 * entry and computes the whole chain behind it anew. */
static void rebuild_chain(sqlite3 *db, FzDigest before)
{
    sqlite3_stmt *read, *write;

    sqlite3_prepare_v2(db,
                       "SELECT seq, at_ms, actor, act, detail FROM audit "
                       "ORDER BY seq",
                       -1, &read, NULL);
    sqlite3_prepare_v2(db, "UPDATE audit SET hash = ?2 WHERE seq = ?1", -1,
                       &write, NULL);
    while (sqlite3_step(read) == SQLITE_ROW) {
        FzBuf encoding = FZ_BUF_INIT;
        FzSlice pieces[2];

        fz_encode_int(&encoding, sqlite3_column_int64(read, 0));
        fz_encode_int(&encoding, sqlite3_column_int64(read, 1));
        for (int i = 2; i < 5; i++)
            fz_encode_slice(
                &encoding,
                fz_slice_of((const char *)sqlite3_column_text(read, i)));
        pieces[0] = fz_slice(before.octets, sizeof before.octets);
        pieces[1] = fz_buf_slice(&encoding);
        before = fz_digest(fz_slice_of(NULL), pieces, 2);
        fz_buf_clear(&encoding);
        sqlite3_bind_int64(write, 1, sqlite3_column_int64(read, 0));
        sqlite3_bind_blob(write, 2, before.octets, sizeof before.octets,
                          SQLITE_TRANSIENT);
        ck_assert_int_eq(sqlite3_step(write), SQLITE_DONE);
        sqlite3_reset(write);
    }
    sqlite3_finalize(read);
    sqlite3_finalize(write);
}

static FzDigest genesis(sqlite3 *db)
{
    FzSlice pieces[2] = {fz_slice_of("fanzha audit 1")};
    sqlite3_stmt *s;
    FzDigest digest;

    sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE name = 'store-id'", -1,
                       &s, NULL);
    ck_assert_int_eq(sqlite3_step(s), SQLITE_ROW);
    pieces[1] =
        fz_slice(sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0));
    digest = fz_digest(fz_slice_of(NULL), pieces, 2);
    sqlite3_finalize(s);
    return digest;
}

START_TEST(chain_built_anew_without_the_key_is_noticed_where_it_begins)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = store_with_trail(&config);
    uint64_t entries = 0;
    FzTestSink said;
    sqlite3 *db;

    fz_test_sink_init(&said);
    sqlite3_open(config.path, &db);
    sqlite3_exec(db, NO_TRIGGERS, NULL, NULL, NULL);
    /* the forger's method is right: the true chain survives it */
    rebuild_chain(db, genesis(db));
    check_whole(store, ENTRIES);
    sqlite3_exec(db, "UPDATE audit SET actor = 'uid:1 b' WHERE seq = 8", NULL,
                 NULL, NULL);
    rebuild_chain(db, genesis(db));
    sqlite3_close(db);
    ck_assert_int_eq(fz_store_audit_verify(store, &entries, &said.sink),
                     FZ_E_SYNTAX);
    ck_assert_uint_eq(said.diag[0].line, 8);
    fz_store_close(store);
}
END_TEST

START_TEST(store_with_a_cut_trail_is_not_opened_for_writing)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = store_with_trail(&config);
    FzTestSink said;

    fz_test_sink_init(&said);
    fz_store_close(store);
    store = NULL;
    fz_test_sql(config.path, NO_TRIGGERS "DELETE FROM audit WHERE seq > 10");
    ck_assert_int_eq(fz_store_open(&config, &said.sink, &store), FZ_E_SYNTAX);
    ck_assert_ptr_nonnull(fz_test_sink_find(
        &said, "the audit trail was altered: it ends at entry 10, 12 were"));
}
END_TEST

START_TEST(verify_works_while_entries_are_written)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = store_with_trail(&config), *reader = NULL;
    uint64_t entries = 0, before = ENTRIES;

    ck_assert_int_eq(fz_store_open_reader(&config, NULL, &reader), FZ_OK);
    for (int i = 0; i < 50; i++) {
        ck_assert_int_eq(fz_store_audit(store, 1, "a", "b", NULL, NULL), FZ_OK);
        ck_assert_int_eq(fz_store_audit_verify(reader, &entries, NULL), FZ_OK);
        ck_assert_uint_eq(entries, before + 1);
        before = entries;
    }
    fz_store_close(reader);
    fz_store_close(store);
}
END_TEST

typedef struct Auditor {
    FzStore *store;
    pthread_t thread;
} Auditor;

static void *audit_much(void *arg)
{
    Auditor *self = arg;

    for (int i = 0; i < 100; i++)
        if (fz_store_audit(self->store, i, "thread", "bypass-on", "{}", NULL) !=
            FZ_OK)
            abort();
    return NULL;
}

START_TEST(entries_of_many_threads_make_one_chain)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    Auditor auditor[8];

    for (size_t i = 0; i < COUNT(auditor); i++) {
        auditor[i].store = store;
        pthread_create(&auditor[i].thread, NULL, audit_much, &auditor[i]);
    }
    for (size_t i = 0; i < COUNT(auditor); i++)
        pthread_join(auditor[i].thread, NULL);
    check_whole(store, 800);
    fz_store_close(store);
}
END_TEST

START_TEST(endless_entry_is_refused)
{
    FzStoreConfig config = fz_test_store_config();
    FzStore *store = fz_test_store_open(&config);
    char *detail = calloc(1, FZ_LIMIT_AUDIT_OCTETS + 1);
    FzTestSink said;

    fz_test_sink_init(&said);
    memset(detail, 'x', FZ_LIMIT_AUDIT_OCTETS);
    ck_assert_int_eq(fz_store_audit(store, 1, "a", "b", detail, &said.sink),
                     FZ_E_LIMIT);
    ck_assert_ptr_nonnull(fz_test_sink_find(&said, "at most"));
    detail[FZ_LIMIT_AUDIT_OCTETS - 2] = '\0';
    ck_assert_int_eq(fz_store_audit(store, 1, "a", "b", detail, &said.sink),
                     FZ_OK);
    check_whole(store, 1);
    free(detail);
    fz_store_close(store);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_audit");
    TCase *tc = tcase_create("audit");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, untouched_trail_verifies_before_and_after_a_restart);
    tcase_add_loop_test(tc, database_refuses_to_alter_the_trail, 0,
                        COUNT(refused));
    tcase_add_loop_test(tc, verify_names_the_first_entry_that_was_altered, 0,
                        COUNT(tamperings));
    tcase_add_test(tc, head_put_back_to_an_older_one_is_noticed);
    tcase_add_test(tc,
                   chain_built_anew_without_the_key_is_noticed_where_it_begins);
    tcase_add_test(tc, store_with_a_cut_trail_is_not_opened_for_writing);
    tcase_add_test(tc, verify_works_while_entries_are_written);
    tcase_add_test(tc, entries_of_many_threads_make_one_chain);
    tcase_add_test(tc, endless_entry_is_refused);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
