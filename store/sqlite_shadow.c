/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sqlite_shadow.c - the table of shadow hits
 *
 * Written a few times a minute at most: statements are prepared as they are
 * needed.
 */
#include "config.h"

#include "store/sqlite_impl.h"

/* Runs one statement without rows; takes it. */
static FzStatus run(FzBackend *b, sqlite3_stmt *s, int rc,
                    const FzDiagSink *sink)
{
    FzStatus status;

    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    status = rc == SQLITE_DONE ? FZ_OK : fz_sqlite_fail(b, rc, sink);
    sqlite3_finalize(s);
    return status;
}

static void bind_rule(sqlite3_stmt *s, int at, FzSlice rule)
{
    sqlite3_bind_text64(s, at, (const char *)rule.data, rule.octets,
                        SQLITE_STATIC, SQLITE_UTF8);
}

FzStatus fz_sqlite_add_shadow(FzBackend *b, const FzShadowRecord *r,
                              const FzDiagSink *sink)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(
        b->db,
        "INSERT INTO shadow (row, at_ms, rule, rev, direction, wrong, key_id, "
        "sealed) VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7)",
        -1, &s, NULL);

    if (rc == SQLITE_OK) {
        sqlite3_bind_int64(s, 1, r->row);
        sqlite3_bind_int64(s, 2, r->at_ms);
        bind_rule(s, 3, r->rule);
        sqlite3_bind_int64(s, 4, r->rev);
        sqlite3_bind_int(s, 5, r->direction);
        sqlite3_bind_int64(s, 6, r->key_id);
        sqlite3_bind_blob64(s, 7, r->sealed.data, r->sealed.octets,
                            SQLITE_STATIC);
    }
    return run(b, s, rc, sink);
}

FzStatus fz_sqlite_trim_shadow(FzBackend *b, FzSlice rule, uint32_t keep,
                               const FzDiagSink *sink)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(
        b->db,
        "DELETE FROM shadow WHERE rule = ?1 AND row <= (SELECT row FROM shadow "
        "WHERE rule = ?1 ORDER BY row DESC LIMIT 1 OFFSET ?2)",
        -1, &s, NULL);

    if (rc == SQLITE_OK) {
        bind_rule(s, 1, rule);
        sqlite3_bind_int64(s, 2, keep);
    }
    return run(b, s, rc, sink);
}

FzStatus fz_sqlite_expire_shadow(FzBackend *b, int64_t before_ms,
                                 const FzDiagSink *sink)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(b->db, "DELETE FROM shadow WHERE at_ms < ?1",
                                -1, &s, NULL);

    if (rc == SQLITE_OK)
        sqlite3_bind_int64(s, 1, before_ms);
    return run(b, s, rc, sink);
}

FzStatus fz_sqlite_mark_shadow(FzBackend *b, int64_t row, bool wrong,
                               bool *found_out, const FzDiagSink *sink)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(
        b->db, "UPDATE shadow SET wrong = ?2 WHERE row = ?1", -1, &s, NULL);
    FzStatus status;

    if (rc == SQLITE_OK) {
        sqlite3_bind_int64(s, 1, row);
        sqlite3_bind_int(s, 2, wrong);
    }
    status = run(b, s, rc, sink);
    *found_out = status == FZ_OK && sqlite3_changes(b->db) > 0;
    return status;
}

static FzSlice column(sqlite3_stmt *s, int at)
{
    const void *data = sqlite3_column_blob(s, at); /* NULL when empty */

    return fz_slice(data == NULL ? "" : data,
                    (size_t)sqlite3_column_bytes(s, at));
}

FzStatus fz_sqlite_shadow(FzBackend *b, FzSlice rule, int64_t row,
                          bool (*each)(void *ctx, const FzShadowRecord *record),
                          void *ctx, const FzDiagSink *sink)
{
    sqlite3_stmt *s = NULL;
    FzStatus status = FZ_OK;
    int rc = sqlite3_prepare_v2(
        b->db,
        row != 0 ? "SELECT row, at_ms, rule, rev, direction, wrong, key_id, "
                   "sealed FROM shadow WHERE row = ?1"
        : rule.data != NULL
            ? "SELECT row, at_ms, rule, rev, direction, wrong, key_id, sealed "
              "FROM shadow WHERE rule = ?1 ORDER BY row"
            : "SELECT row, at_ms, rule, rev, direction, wrong, key_id, sealed "
              "FROM shadow ORDER BY row",
        -1, &s, NULL);

    if (rc == SQLITE_OK && row != 0)
        sqlite3_bind_int64(s, 1, row);
    else if (rc == SQLITE_OK && rule.data != NULL)
        bind_rule(s, 1, rule);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(s);
        if (rc == SQLITE_ROW) {
            FzShadowRecord record = {
                .row = sqlite3_column_int64(s, 0),
                .at_ms = sqlite3_column_int64(s, 1),
                .rule = column(s, 2),
                .rev = sqlite3_column_int64(s, 3),
                .direction = sqlite3_column_int(s, 4),
                .wrong = sqlite3_column_int(s, 5) != 0,
                .key_id = sqlite3_column_int64(s, 6),
                .sealed = column(s, 7),
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

FzStatus fz_sqlite_count_shadow(FzBackend *b, uint64_t *hits_out,
                                int64_t *last_row_out, const FzDiagSink *sink)
{
    int64_t amount = 0;
    FzStatus status =
        fz_sqlite_ask(b, "SELECT count(*) FROM shadow", &amount, sink);

    *hits_out = (uint64_t)amount;
    if (status == FZ_OK)
        status = fz_sqlite_ask(b, "SELECT coalesce(max(row), 0) FROM shadow",
                               last_row_out, sink);
    return status;
}
