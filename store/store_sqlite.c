/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "store/sqlite_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Columns in the order of FzRecord; read_record counts on it. */
#define HELD_COLUMNS                                                           \
    "row, received_ms, state, direction, message_id, node, verdict, reason, "  \
    "rule, profile, generation, score, deadline_ms, sender_hash, "             \
    "receiver_hash, identity_hash, key_id, sealed"

/* Likewise, of FzPartRecord. */
#define PART_COLUMNS "row, received_ms, state, direction, key_id, sealed"

static const char *const statement_sql[FZ_SQL_STATEMENTS] = {
    [FZ_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [FZ_SQL_COMMIT] = "COMMIT",
    [FZ_SQL_ADD_HELD] =
        "INSERT INTO held (" HELD_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, "
        "?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
    [FZ_SQL_ADD_PART] =
        "INSERT INTO part (" PART_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [FZ_SQL_REMOVE_PART] = "DELETE FROM part WHERE row = ?1",
    [FZ_SQL_MOVE_HELD] =
        "UPDATE held SET state = ?3 WHERE row = ?1 AND state = ?2",
    [FZ_SQL_COUNT] = "UPDATE counter SET amount = amount + ?2 WHERE state = ?1",
    [FZ_SQL_ADD_AUDIT] =
        "INSERT INTO audit (seq, at_ms, actor, act, detail, hash, tag) VALUES "
        "(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [FZ_SQL_META_PUT] =
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO "
        "UPDATE SET value = excluded.value",
};

/* All of them with the first transaction, so that the rest need not ask. */
static FzStatus prepare_all(FzBackend *b, const FzDiagSink *sink)
{
    for (int i = 0; i < FZ_SQL_STATEMENTS; i++) {
        int rc = SQLITE_OK;

        if (b->statement[i] == NULL)
            rc = sqlite3_prepare_v3(b->db, statement_sql[i], -1,
                                    SQLITE_PREPARE_PERSISTENT, &b->statement[i],
                                    NULL);
        if (rc != SQLITE_OK)
            return fz_sqlite_fail(b, rc, sink);
    }
    return FZ_OK;
}

/* Step a statement that gives no rows, and make it ready for the next time. */
static FzStatus finish(FzBackend *b, FzStatement which, const FzDiagSink *sink)
{
    sqlite3_stmt *statement = b->statement[which];
    int rc = sqlite3_step(statement);
    FzStatus status = rc == SQLITE_DONE ? FZ_OK : fz_sqlite_fail(b, rc, sink);

    sqlite3_reset(statement);
    return status;
}

/* Bound values stay ours until the statement is done: SQLITE_STATIC. */
static void bind_text(sqlite3_stmt *statement, int at, FzSlice slice)
{
    if (slice.data == NULL)
        sqlite3_bind_null(statement, at);
    else
        sqlite3_bind_text64(statement, at, (const char *)slice.data,
                            slice.octets, SQLITE_STATIC, SQLITE_UTF8);
}

static void bind_blob(sqlite3_stmt *statement, int at, FzSlice slice)
{
    if (slice.data == NULL)
        sqlite3_bind_null(statement, at);
    else if (slice.octets == 0)
        sqlite3_bind_zeroblob(statement, at, 0);
    else
        sqlite3_bind_blob64(statement, at, slice.data, slice.octets,
                            SQLITE_STATIC);
}

static FzSlice column_slice(sqlite3_stmt *statement, int at)
{
    const void *data;

    if (sqlite3_column_type(statement, at) == SQLITE_NULL)
        return fz_slice_of(NULL);
    data = sqlite3_column_blob(statement, at); /* NULL when empty */
    return fz_slice(data == NULL ? "" : data,
                    (size_t)sqlite3_column_bytes(statement, at));
}

static bool broken(const FzBackend *b)
{
    return b->broken || (b->mode == FZ_BACKEND_READ && fz_sqlite_replaced(b));
}

/* -------------------------------------------------------------------- meta */
static FzStatus meta_get(FzBackend *b, const char *name, FzBuf *value_out,
                         bool *found_out, const FzDiagSink *sink)
{
    sqlite3_stmt *statement = NULL;
    FzStatus status = FZ_OK;
    int rc;

    rc = sqlite3_prepare_v2(b->db, "SELECT value FROM meta WHERE name = ?1", -1,
                            &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    *found_out = rc == SQLITE_ROW;
    if (rc == SQLITE_ROW)
        fz_buf_append_slice(value_out, column_slice(statement, 0));
    else if (rc != SQLITE_DONE)
        status = fz_sqlite_fail(b, rc, sink);
    sqlite3_finalize(statement);
    return status;
}

static FzStatus meta_put(FzBackend *b, const char *name, FzSlice value,
                         const FzDiagSink *sink)
{
    sqlite3_stmt *statement = b->statement[FZ_SQL_META_PUT];

    bind_text(statement, 1, fz_slice_of(name));
    bind_blob(statement, 2, value);
    return finish(b, FZ_SQL_META_PUT, sink);
}

static uint64_t octets_now(const FzBackend *b)
{
    struct stat st;

    return (stat(b->config->path, &st) == 0 ? (uint64_t)st.st_size : 0) +
           (uint64_t)fz_sqlite_log_size(b);
}

static FzStatus totals(FzBackend *b, FzBackendTotals *totals_out,
                       const FzDiagSink *sink)
{
    FzBackendTotals found = {0};
    sqlite3_stmt *statement = NULL;
    FzStatus status = FZ_OK;
    int rc;

    rc = sqlite3_prepare_v2(b->db, "SELECT state, amount FROM counter", -1,
                            &statement, NULL);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(statement);
        if (rc == SQLITE_ROW) {
            int64_t state = sqlite3_column_int64(statement, 0);

            if (state >= 0 && state < FZ_HELD_STATES)
                found.by_state[state] =
                    (uint64_t)sqlite3_column_int64(statement, 1);
        }
    }
    if (rc != SQLITE_DONE)
        status = fz_sqlite_fail(b, rc, sink);
    sqlite3_finalize(statement);

    if (status == FZ_OK)
        status = fz_sqlite_ask(b, "SELECT coalesce(max(row), 0) FROM held",
                               &found.last_row, sink);
    if (status == FZ_OK)
        status = fz_sqlite_ask(b, "SELECT coalesce(max(seq), 0) FROM audit",
                               &found.last_audit, sink);
    if (status == FZ_OK)
        status = fz_sqlite_ask(b, "SELECT coalesce(max(row), 0) FROM part",
                               &found.last_part, sink);
    if (status == FZ_OK)
        status = fz_sqlite_ask(b,
                               "SELECT received_ms FROM held WHERE state = 0 "
                               "ORDER BY row LIMIT 1",
                               &found.oldest_held_ms, sink);
    found.octets = octets_now(b);
    if (status == FZ_OK)
        *totals_out = found;
    return status;
}

/* ------------------------------------------------------------- transaction */
/* The log is started over when a checkpoint has taken all of it; a reader that
 * stays at an old moment prevents that, and the disk would fill behind it. */
static FzStatus bound_log(FzBackend *b, const FzDiagSink *sink)
{
    if (b->log_octets == 0 || fz_sqlite_log_size(b) <= b->log_octets)
        return FZ_OK;
    sqlite3_busy_timeout(b->db, 0); /* no message waits for a reader */
    sqlite3_wal_checkpoint_v2(b->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
                              NULL);
    sqlite3_busy_timeout(b->db, (int)b->config->busy_ms);
    if (fz_sqlite_log_size(b) <= b->log_octets)
        return FZ_OK;
    return fz_diag(sink, FZ_E_LIMIT, b->config->path, 0, NULL,
                   "the write-ahead log is full: a reader does not let go of "
                   "an old moment");
}

/* A commit whose fsync failed stands whole in the log, behind what this
 * connection takes for the end. The next commit overwrites it, but if we died
 * first, recovery would bring it to life: a message that its sender was told to
 * send again. So the log is emptied of it. Readers may prevent that; only the
 * disk's own refusal counts. */
static FzStatus settle(FzBackend *b, const FzDiagSink *sink)
{
    int rc;

    if (!b->unsettled)
        return FZ_OK;
    sqlite3_busy_timeout(b->db, 0);
    rc = sqlite3_wal_checkpoint_v2(b->db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
                                   NULL, NULL);
    sqlite3_busy_timeout(b->db, (int)b->config->busy_ms);
    b->unsettled = rc != SQLITE_OK && (rc & 0xFF) != SQLITE_BUSY;
    return b->unsettled ? fz_sqlite_fail(b, rc, sink) : FZ_OK;
}

static FzStatus begin(FzBackend *b, FzBackendRoom room, const FzDiagSink *sink)
{
    FzStatus status = fz_sqlite_check_files(b, sink);

    if (status == FZ_OK) {
        status = settle(b, sink);
        b->broken = b->broken && !b->unsettled;
    }
    if (status == FZ_OK && room == FZ_BACKEND_ROOM_HELD)
        status = bound_log(b, sink);
    if (status == FZ_OK && b->pages[room] != 0 && b->room != room) {
        char sql[64];

        snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld",
                 (long long)b->pages[room]);
        status = fz_sqlite_run(b, sql, sink);
        b->room = room;
    }
    if (status == FZ_OK)
        status = prepare_all(b, sink);
    return status == FZ_OK ? finish(b, FZ_SQL_BEGIN, sink) : status;
}

static FzStatus commit(FzBackend *b, const FzDiagSink *sink)
{
    FzStatus status = finish(b, FZ_SQL_COMMIT, sink);

    b->unsettled = status != FZ_OK;
    return status == FZ_OK ? fz_sqlite_check_files(b, sink) : status;
}

static void rollback(FzBackend *b)
{
    /* SQLite has done it already after some errors */
    if (sqlite3_get_autocommit(b->db) == 0 &&
        sqlite3_exec(b->db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
        b->broken = true;
    if (b->unsettled) {
        /* the connection knows where the log ends, a new one would not */
        settle(b, NULL);
        b->broken = b->broken && !b->unsettled;
    }
}

static FzStatus add_held(FzBackend *b, const FzRecord *r,
                         const FzDiagSink *sink)
{
    sqlite3_stmt *s = b->statement[FZ_SQL_ADD_HELD];

    sqlite3_bind_int64(s, 1, r->row);
    sqlite3_bind_int64(s, 2, r->received_ms);
    sqlite3_bind_int(s, 3, r->state);
    sqlite3_bind_int(s, 4, r->direction);
    bind_blob(s, 5, r->message_id);
    bind_text(s, 6, r->node);
    bind_text(s, 7, r->verdict);
    bind_text(s, 8, r->reason);
    bind_text(s, 9, r->rule);
    bind_text(s, 10, r->profile);
    bind_text(s, 11, r->generation);
    sqlite3_bind_int(s, 12, r->score);
    sqlite3_bind_int64(s, 13, r->deadline_ms);
    bind_blob(s, 14, r->sender_hash);
    bind_blob(s, 15, r->receiver_hash);
    bind_blob(s, 16, r->identity_hash);
    sqlite3_bind_int64(s, 17, r->key_id);
    bind_blob(s, 18, r->sealed);
    return finish(b, FZ_SQL_ADD_HELD, sink);
}

static FzStatus add_part(FzBackend *b, const FzPartRecord *r,
                         const FzDiagSink *sink)
{
    sqlite3_stmt *s = b->statement[FZ_SQL_ADD_PART];

    sqlite3_bind_int64(s, 1, r->row);
    sqlite3_bind_int64(s, 2, r->received_ms);
    sqlite3_bind_int(s, 3, r->state);
    sqlite3_bind_int(s, 4, r->direction);
    sqlite3_bind_int64(s, 5, r->key_id);
    bind_blob(s, 6, r->sealed);
    return finish(b, FZ_SQL_ADD_PART, sink);
}

static FzStatus remove_part(FzBackend *b, int64_t row, bool *removed_out,
                            const FzDiagSink *sink)
{
    FzStatus status;

    sqlite3_bind_int64(b->statement[FZ_SQL_REMOVE_PART], 1, row);
    status = finish(b, FZ_SQL_REMOVE_PART, sink);
    *removed_out = status == FZ_OK && sqlite3_changes(b->db) > 0;
    return status;
}

static FzStatus move_held(FzBackend *b, int64_t row, int from, int to,
                          bool *moved_out, const FzDiagSink *sink)
{
    sqlite3_stmt *s = b->statement[FZ_SQL_MOVE_HELD];
    FzStatus status;

    sqlite3_bind_int64(s, 1, row);
    sqlite3_bind_int(s, 2, from);
    sqlite3_bind_int(s, 3, to);
    status = finish(b, FZ_SQL_MOVE_HELD, sink);
    *moved_out = status == FZ_OK && sqlite3_changes(b->db) > 0;
    return status;
}

static FzStatus count(FzBackend *b, int state, int64_t change,
                      const FzDiagSink *sink)
{
    sqlite3_stmt *statement = b->statement[FZ_SQL_COUNT];

    sqlite3_bind_int(statement, 1, state);
    sqlite3_bind_int64(statement, 2, change);
    return finish(b, FZ_SQL_COUNT, sink);
}

static FzStatus add_audit(FzBackend *b, const FzAuditEntry *entry,
                          const FzDiagSink *sink)
{
    sqlite3_stmt *s = b->statement[FZ_SQL_ADD_AUDIT];

    sqlite3_bind_int64(s, 1, entry->seq);
    sqlite3_bind_int64(s, 2, entry->at_ms);
    bind_text(s, 3, entry->actor);
    bind_text(s, 4, entry->act);
    bind_text(s, 5, entry->detail);
    bind_blob(s, 6, entry->hash);
    bind_blob(s, 7, entry->tag);
    return finish(b, FZ_SQL_ADD_AUDIT, sink);
}

/* ----------------------------------------------------------------- reading */
static void read_record(sqlite3_stmt *s, FzRecord *r)
{
    r->row = sqlite3_column_int64(s, 0);
    r->received_ms = sqlite3_column_int64(s, 1);
    r->state = sqlite3_column_int(s, 2);
    r->direction = sqlite3_column_int(s, 3);
    r->message_id = column_slice(s, 4);
    r->node = column_slice(s, 5);
    r->verdict = column_slice(s, 6);
    r->reason = column_slice(s, 7);
    r->rule = column_slice(s, 8);
    r->profile = column_slice(s, 9);
    r->generation = column_slice(s, 10);
    r->score = sqlite3_column_int(s, 11);
    r->deadline_ms = sqlite3_column_int64(s, 12);
    r->sender_hash = column_slice(s, 13);
    r->receiver_hash = column_slice(s, 14);
    r->identity_hash = column_slice(s, 15);
    r->key_id = sqlite3_column_int64(s, 16);
    r->sealed = column_slice(s, 17);
}

static FzStatus held(FzBackend *b, const FzRecordFilter *filter,
                     bool (*each)(void *ctx, const FzRecord *record), void *ctx,
                     const FzDiagSink *sink)
{
    FzBuf sql = FZ_BUF_INIT;
    sqlite3_stmt *statement = NULL;
    FzStatus status = FZ_OK;
    int rc;

    /* only what is asked for is in the text, so that its index is used */
    fz_buf_append_text(&sql,
                       "SELECT " HELD_COLUMNS " FROM held WHERE row > ?1");
    if (filter->state >= 0)
        fz_buf_append_text(&sql, " AND state = ?3");
    if (filter->sender_hash.data != NULL)
        fz_buf_append_text(&sql, " AND sender_hash = ?4");
    if (filter->receiver_hash.data != NULL)
        fz_buf_append_text(&sql, " AND receiver_hash = ?5");
    if (filter->identity_hash.data != NULL)
        fz_buf_append_text(&sql, " AND identity_hash = ?6");
    fz_buf_append_text(&sql, " ORDER BY row LIMIT ?2");

    rc = sqlite3_prepare_v2(b->db, fz_buf_text(&sql), -1, &statement, NULL);
    fz_buf_clear(&sql);
    if (rc == SQLITE_OK) {
        sqlite3_bind_int64(statement, 1, filter->after);
        sqlite3_bind_int64(statement, 2, filter->limit);
        /* a number that is not in the text cannot be bound: SQLITE_RANGE */
        sqlite3_bind_int(statement, 3, filter->state);
        bind_blob(statement, 4, filter->sender_hash);
        bind_blob(statement, 5, filter->receiver_hash);
        bind_blob(statement, 6, filter->identity_hash);
    }
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(statement);
        if (rc == SQLITE_ROW) {
            FzRecord record;

            read_record(statement, &record);
            if (!each(ctx, &record))
                break;
        }
    }
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        status = fz_sqlite_fail(b, rc, sink);
    sqlite3_finalize(statement);
    return status;
}

static FzStatus parts(FzBackend *b, int64_t after, uint32_t limit,
                      bool (*each)(void *ctx, const FzPartRecord *record),
                      void *ctx, const FzDiagSink *sink)
{
    sqlite3_stmt *s = NULL;
    FzStatus status = FZ_OK;
    int rc;

    rc = sqlite3_prepare_v2(b->db,
                            "SELECT " PART_COLUMNS
                            " FROM part WHERE row > ?1 ORDER BY row LIMIT ?2",
                            -1, &s, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(s, 1, after);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(s, 2, limit);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(s);
        if (rc == SQLITE_ROW) {
            FzPartRecord record = {
                .row = sqlite3_column_int64(s, 0),
                .received_ms = sqlite3_column_int64(s, 1),
                .state = sqlite3_column_int(s, 2),
                .direction = sqlite3_column_int(s, 3),
                .key_id = sqlite3_column_int64(s, 4),
                .sealed = column_slice(s, 5),
            };

            if (!each(ctx, &record))
                break;
        }
    }
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        status = fz_sqlite_fail(b, rc, sink);
    sqlite3_finalize(s);
    return status;
}

static FzStatus count_parts(FzBackend *b, uint64_t *parts_out,
                            const FzDiagSink *sink)
{
    int64_t amount = 0;
    FzStatus status =
        fz_sqlite_ask(b, "SELECT count(*) FROM part", &amount, sink);

    *parts_out = (uint64_t)amount;
    return status;
}

static FzStatus snapshot(FzBackend *b, const FzDiagSink *sink)
{
    return fz_sqlite_run(b, "BEGIN", sink);
}

static void snapshot_end(FzBackend *b)
{
    rollback(b);
}

static FzStatus audit(FzBackend *b, int64_t after_seq,
                      bool (*each)(void *ctx, const FzAuditEntry *entry),
                      void *ctx, const FzDiagSink *sink)
{
    sqlite3_stmt *s = NULL;
    FzStatus status = FZ_OK;
    int rc;

    rc = sqlite3_prepare_v2(b->db,
                            "SELECT seq, at_ms, actor, act, detail, hash, tag "
                            "FROM audit WHERE seq > ?1 ORDER BY seq",
                            -1, &s, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(s, 1, after_seq);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(s);
        if (rc == SQLITE_ROW) {
            FzAuditEntry entry = {.seq = sqlite3_column_int64(s, 0),
                                  .at_ms = sqlite3_column_int64(s, 1),
                                  .actor = column_slice(s, 2),
                                  .act = column_slice(s, 3),
                                  .detail = column_slice(s, 4),
                                  .hash = column_slice(s, 5),
                                  .tag = column_slice(s, 6)};

            if (!each(ctx, &entry))
                break;
        }
    }
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        status = fz_sqlite_fail(b, rc, sink);
    sqlite3_finalize(s);
    return status;
}

const FzBackendOps fz_backend_sqlite = {
    .open = fz_sqlite_open,
    .close = fz_sqlite_close,
    .broken = broken,
    .reconnect = fz_sqlite_reconnect,
    .meta_get = meta_get,
    .totals = totals,
    .begin = begin,
    .meta_put = meta_put,
    .add_held = add_held,
    .add_part = add_part,
    .remove_part = remove_part,
    .move_held = move_held,
    .count = count,
    .add_shadow = fz_sqlite_add_shadow,
    .trim_shadow = fz_sqlite_trim_shadow,
    .expire_shadow = fz_sqlite_expire_shadow,
    .mark_shadow = fz_sqlite_mark_shadow,
    .add_audit = add_audit,
    .commit = commit,
    .rollback = rollback,
    .held = held,
    .parts = parts,
    .count_parts = count_parts,
    .shadow = fz_sqlite_shadow,
    .count_shadow = fz_sqlite_count_shadow,
    .snapshot = snapshot,
    .snapshot_end = snapshot_end,
    .audit = audit,
    .octets = octets_now,
};
