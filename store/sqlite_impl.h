/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sqlite_impl.h - one connection to an SQLite database
 *
 * Shared by sqlite_open.c (how a connection comes and goes) and store_sqlite.c
 * (what is done with it); nobody else includes it.
 */
#ifndef FZ_STORE_SQLITE_IMPL_H
#define FZ_STORE_SQLITE_IMPL_H

#include "store/backend.h"

#include <sqlite3.h>
#include <sys/types.h>

/** Which file stands under a name. */
typedef struct FzFileId {
    dev_t device;
    ino_t inode;
} FzFileId;

typedef enum FzStatement {
    FZ_SQL_BEGIN = 0,
    FZ_SQL_COMMIT,
    FZ_SQL_ADD_HELD,
    FZ_SQL_ADD_PART,
    FZ_SQL_REMOVE_PART,
    FZ_SQL_MOVE_HELD,
    FZ_SQL_COUNT,
    FZ_SQL_ADD_AUDIT,
    FZ_SQL_META_PUT,
    FZ_SQL_STATEMENTS,
} FzStatement;

struct FzBackend {
    const FzStoreConfig *config;
    FzBackendMode mode;
    sqlite3 *db;
    int lock_fd; /* of the one writer; -1 */
    bool broken;
    bool unsettled;     /* a commit failed, and may stand whole in the log */
    FzBackendRoom room; /* what max_page_count is set to now */
    int64_t pages[2];   /* bound by FzBackendRoom; 0 none */
    int64_t log_octets; /* bound of the write-ahead log; 0 none */
    FzFileId file, log, index; /* the database, -wal, -shm */
    sqlite3_stmt *statement[FZ_SQL_STATEMENTS];
};

FzStatus fz_sqlite_open(const FzStoreConfig *config, FzBackendMode mode,
                        const FzDiagSink *sink, FzBackend **backend_out);
FzStatus fz_sqlite_reconnect(FzBackend *backend, const FzDiagSink *sink);
void fz_sqlite_close(FzBackend *backend);

/** FZ_E_IO when one of the three files is no longer the one that is open: what
 *  is written now would be gone with the process. */
FzStatus fz_sqlite_check_files(FzBackend *backend, const FzDiagSink *sink);

/** Another file stands under the database's name, or none. */
bool fz_sqlite_replaced(const FzBackend *backend);

/** Turn the connection's last error into a diag and a status. */
FzStatus fz_sqlite_fail(FzBackend *backend, int rc, const FzDiagSink *sink);

/** Run SQL that gives no rows. */
FzStatus fz_sqlite_run(FzBackend *backend, const char *sql,
                       const FzDiagSink *sink);

/** One integer from SQL that gives one row. */
FzStatus fz_sqlite_ask(FzBackend *backend, const char *sql, int64_t *value_out,
                       const FzDiagSink *sink);

/* of sqlite_shadow.c: see FzBackendOps */
FzStatus fz_sqlite_add_shadow(FzBackend *backend, const FzShadowRecord *record,
                              const FzDiagSink *sink);
FzStatus fz_sqlite_trim_shadow(FzBackend *backend, FzSlice rule, uint32_t keep,
                               const FzDiagSink *sink);
FzStatus fz_sqlite_expire_shadow(FzBackend *backend, int64_t before_ms,
                                 const FzDiagSink *sink);
FzStatus fz_sqlite_mark_shadow(FzBackend *backend, int64_t row, bool wrong,
                               bool *found_out, const FzDiagSink *sink);
FzStatus fz_sqlite_shadow(FzBackend *backend, FzSlice rule, int64_t row,
                          bool (*each)(void *ctx, const FzShadowRecord *record),
                          void *ctx, const FzDiagSink *sink);
FzStatus fz_sqlite_count_shadow(FzBackend *backend, uint64_t *hits_out,
                                int64_t *last_row_out, const FzDiagSink *sink);

/** The size of the write-ahead log; 0 when it cannot be seen. */
int64_t fz_sqlite_log_size(const FzBackend *backend);

#endif
