/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "store/sqlite_impl.h"

#include "base/alloc.h"
#include "store/schema_sql.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCHEMA_VERSION ((int64_t)(sizeof schema_steps / sizeof *schema_steps))
#define APPLICATION_ID 0x667A7175 /* "fzqu" in the database's header */

#define MIN_OCTETS (1 << 20)
#define MAX_LOG_OCTETS (16 << 20)

/* Looking at every page is some 2 s a GB: a gateway is not kept waiting for
 * more than this; what is larger is looked at where opening touches it. */
#define CHECKED_OCTETS ((int64_t)256 << 20)

/* ------------------------------------------------------------------ errors */
FzStatus fz_sqlite_fail(FzBackend *b, int rc, const FzDiagSink *sink)
{
    const char *path = b->config->path;
    int sys_errno = b->db == NULL ? 0 : sqlite3_system_errno(b->db);
    int64_t bound = b->pages[b->room], pages = 0;

    switch (rc & 0xFF) {
    case SQLITE_FULL:
        if (bound != 0 && (fz_sqlite_ask(b, "PRAGMA page_count", &pages, NULL),
                           pages + 8 >= bound))
            return fz_diag(sink, FZ_E_LIMIT, path, 0, NULL,
                           "the database is full: it may grow to %llu octets; "
                           "allow more, or purge",
                           (unsigned long long)b->config->max_octets);
        return fz_diag(sink, FZ_E_LIMIT, path, 0, NULL,
                       "the disk of the database is full");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fz_diag(sink, FZ_E_IO, path, 0, NULL,
                       "another process holds the database locked (waited for "
                       "%u ms)",
                       b->config->busy_ms);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        b->broken = true;
        return fz_diag(sink, FZ_E_SYNTAX, path, 0, NULL,
                       "the database is damaged (%s): put it aside and restore "
                       "it from a copy",
                       b->db == NULL ? sqlite3_errstr(rc)
                                     : sqlite3_errmsg(b->db));
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_PERM:
        b->broken = true;
        errno = sys_errno;
        return fz_diag_errno(sink, path, "the database cannot be %s (%s)",
                             (rc & 0xFF) == SQLITE_READONLY   ? "written"
                             : (rc & 0xFF) == SQLITE_CANTOPEN ? "opened"
                                                              : "used",
                             sqlite3_errstr(rc));
    default:
        b->broken = true;
        return fz_diag(sink, FZ_E_IO, path, 0, NULL, "the database refused: %s",
                       b->db == NULL ? sqlite3_errstr(rc)
                                     : sqlite3_errmsg(b->db));
    }
}

FzStatus fz_sqlite_run(FzBackend *b, const char *sql, const FzDiagSink *sink)
{
    int rc = sqlite3_exec(b->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? FZ_OK : fz_sqlite_fail(b, rc, sink);
}

FzStatus fz_sqlite_ask(FzBackend *b, const char *sql, int64_t *value_out,
                       const FzDiagSink *sink)
{
    sqlite3_stmt *statement = NULL;
    FzStatus status = FZ_OK;
    int rc;

    rc = sqlite3_prepare_v2(b->db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        *value_out = sqlite3_column_int64(statement, 0);
    else if (rc == SQLITE_DONE)
        *value_out = 0;
    else
        status = fz_sqlite_fail(b, rc, sink);
    sqlite3_finalize(statement);
    return status;
}

/* ------------------------------------------------------------------- files */
static bool file_id(const char *path, const char *suffix, FzFileId *id_out,
                    int64_t *octets_out)
{
    FzBuf whole = FZ_BUF_INIT;
    struct stat st;
    bool there;

    fz_buf_printf(&whole, "%s%s", path, suffix);
    there = stat(fz_buf_text(&whole), &st) == 0;
    fz_buf_clear(&whole);
    if (!there)
        return false;
    *id_out = (FzFileId){st.st_dev, st.st_ino};
    if (octets_out != NULL)
        *octets_out = st.st_size;
    return true;
}

static bool same_file(const char *path, const char *suffix, FzFileId want)
{
    FzFileId id;

    return file_id(path, suffix, &id, NULL) && id.device == want.device &&
           id.inode == want.inode;
}

bool fz_sqlite_replaced(const FzBackend *b)
{
    return !same_file(b->config->path, "", b->file);
}

FzStatus fz_sqlite_check_files(FzBackend *b, const FzDiagSink *sink)
{
    const char *path = b->config->path, *gone = NULL;

    if (!same_file(path, "", b->file))
        gone = "the database file";
    else if (!same_file(path, "-wal", b->log))
        gone = "the write-ahead log (-wal)";
    else if (!same_file(path, "-shm", b->index))
        gone = "the index of the write-ahead log (-shm)";
    if (gone == NULL)
        return FZ_OK;
    b->broken = true;
    return fz_diag(sink, FZ_E_IO, path, 0, NULL,
                   "%s was moved, removed or replaced while in use: put it "
                   "back, or start anew",
                   gone);
}

int64_t fz_sqlite_log_size(const FzBackend *b)
{
    int64_t octets = 0;
    FzFileId id;

    return file_id(b->config->path, "-wal", &id, &octets) ? octets : 0;
}

/* A lock of its own: SQLite's are held for a transaction only. Never opened
 * twice by one process and never removed, so there is no race for its name. */
static FzStatus lock_writer(FzBackend *b, const FzDiagSink *sink)
{
    FzBuf path = FZ_BUF_INIT;
    FzStatus status = FZ_OK;

    fz_buf_printf(&path, "%s-writer", b->config->path);
    b->lock_fd = open(fz_buf_text(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (b->lock_fd < 0) {
        status = fz_diag_errno(sink, fz_buf_text(&path),
                               "cannot make the writer's lock");
    } else if (flock(b->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        char holder[32] = "";

        if (read(b->lock_fd, holder, sizeof holder - 1) < 0)
            holder[0] = '\0';
        status = fz_diag(sink, FZ_E_IO, b->config->path, 0, NULL,
                         "process %ld has the database open for writing: one "
                         "gateway a database",
                         strtol(holder, NULL, 10));
    } else {
        char self[32];
        int octets = snprintf(self, sizeof self, "%ld\n", (long)getpid());

        /* for the sentence above only; nothing depends on it */
        if (ftruncate(b->lock_fd, 0) == 0 &&
            pwrite(b->lock_fd, self, (size_t)octets, 0) < 0)
            errno = 0;
    }
    fz_buf_clear(&path);
    return status;
}

/* Made by us for its mode: the -wal and -shm files take it over. No connection
 * is open yet; later, closing any descriptor of it would drop SQLite's locks.
 */
static FzStatus make_file(FzBackend *b, const FzDiagSink *sink)
{
    int fd = open(b->config->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

    if (fd >= 0)
        close(fd);
    else if (errno != EEXIST)
        return fz_diag_errno(sink, b->config->path, "cannot make the database");
    return FZ_OK;
}

/* ------------------------------------------------------------------ schema */
static FzStatus apply_step(FzBackend *b, int64_t version,
                           const FzDiagSink *sink)
{
    FzBuf sql = FZ_BUF_INIT;
    FzStatus status;

    fz_buf_printf(&sql,
                  "BEGIN IMMEDIATE; %s PRAGMA user_version = %d; PRAGMA "
                  "application_id = %d; COMMIT;",
                  schema_steps[version], (int)version + 1, APPLICATION_ID);
    status = fz_sqlite_run(b, fz_buf_text(&sql), sink);
    fz_buf_clear(&sql);
    return status;
}

static FzStatus check_schema(FzBackend *b, const FzDiagSink *sink)
{
    const char *path = b->config->path;
    int64_t version = 0, application = 0, tables = 0;
    FzStatus status;

    status = fz_sqlite_ask(b, "PRAGMA user_version", &version, sink);
    if (status == FZ_OK)
        status = fz_sqlite_ask(b, "PRAGMA application_id", &application, sink);
    if (status == FZ_OK)
        status = fz_sqlite_ask(b, "SELECT count(*) FROM sqlite_schema", &tables,
                               sink);
    if (status != FZ_OK)
        return status;
    if (application != APPLICATION_ID && (version != 0 || tables != 0))
        return fz_diag(sink, FZ_E_SYNTAX, path, 0, NULL,
                       "this is a database, but not fanzha's");
    if (version > SCHEMA_VERSION)
        return fz_diag(sink, FZ_E_SYNTAX, path, 0, NULL,
                       "the database is of schema %lld, this program knows "
                       "%lld: use the newer fanzha",
                       (long long)version, (long long)SCHEMA_VERSION);
    if (b->mode == FZ_BACKEND_READ && version < SCHEMA_VERSION)
        return fz_diag(sink, FZ_E_SYNTAX, path, 0, NULL,
                       "the database is of schema %lld, this program wants "
                       "%lld: the gateway brings it up to date at its start",
                       (long long)version, (long long)SCHEMA_VERSION);
    if (b->mode == FZ_BACKEND_READ)
        return FZ_OK;
    for (; status == FZ_OK && version < SCHEMA_VERSION; version++)
        status = apply_step(b, version, sink);
    return status;
}

static FzStatus look_for_damage(FzBackend *b, const FzDiagSink *sink)
{
    sqlite3_stmt *statement = NULL;
    FzStatus status = FZ_OK;
    int64_t octets = 0;
    FzFileId id;
    int rc;

    if (!file_id(b->config->path, "", &id, &octets) || octets > CHECKED_OCTETS)
        return FZ_OK;
    rc = sqlite3_prepare_v2(b->db, "PRAGMA quick_check(1)", -1, &statement,
                            NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc != SQLITE_ROW) {
        status = fz_sqlite_fail(b, rc, sink);
    } else {
        const char *found = (const char *)sqlite3_column_text(statement, 0);

        if (found == NULL || strcmp(found, "ok") != 0)
            status = fz_diag(sink, FZ_E_SYNTAX, b->config->path, 0, NULL,
                             "the database is damaged (%s): put it aside and "
                             "restore it from a copy",
                             found == NULL ? "nothing could be read" : found);
    }
    sqlite3_finalize(statement);
    return status;
}

/* ---------------------------------------------------------------- settings */
/* The bound holds for the database and its log together. One part in eight is
 * the log's; of the rest one in 32 is kept for the audit trail. */
static FzStatus set_bounds(FzBackend *b, const FzDiagSink *sink)
{
    int64_t octets = (int64_t)b->config->max_octets, page = 0;
    FzBuf sql = FZ_BUF_INIT;
    FzStatus status;

    if (octets == 0)
        return FZ_OK;
    if (b->config->max_octets > INT64_MAX || octets < MIN_OCTETS)
        return fz_diag(sink, FZ_E_LIMIT, b->config->path, 0, NULL,
                       "the database cannot be bounded to %llu octets: 1 MiB "
                       "is the least",
                       (unsigned long long)b->config->max_octets);
    status = fz_sqlite_ask(b, "PRAGMA page_size", &page, sink);
    if (status != FZ_OK)
        return status;
    b->log_octets = octets / 8 > MAX_LOG_OCTETS ? MAX_LOG_OCTETS : octets / 8;
    b->pages[FZ_BACKEND_ROOM_AUDIT] = (octets - b->log_octets) / page;
    b->pages[FZ_BACKEND_ROOM_HELD] =
        b->pages[FZ_BACKEND_ROOM_AUDIT] - b->pages[FZ_BACKEND_ROOM_AUDIT] / 32;
    b->room = FZ_BACKEND_ROOM_HELD;
    /* the log starts over at the half, so that a group still fits behind */
    fz_buf_printf(&sql,
                  "PRAGMA max_page_count = %lld; PRAGMA wal_autocheckpoint = "
                  "%lld; PRAGMA journal_size_limit = %lld;",
                  (long long)b->pages[FZ_BACKEND_ROOM_HELD],
                  (long long)(b->log_octets / 2 / page),
                  (long long)b->log_octets);
    status = fz_sqlite_run(b, fz_buf_text(&sql), sink);
    fz_buf_clear(&sql);
    return status;
}

static FzStatus set_journal(FzBackend *b, const FzDiagSink *sink)
{
    sqlite3_stmt *statement = NULL;
    FzStatus status = FZ_OK;
    const char *mode;
    int rc;

    rc = sqlite3_prepare_v2(b->db, "PRAGMA journal_mode = WAL", -1, &statement,
                            NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    mode = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0)
                            : NULL;
    if (rc != SQLITE_ROW)
        status = fz_sqlite_fail(b, rc, sink);
    else if (mode == NULL || strcmp(mode, "wal") != 0)
        status = fz_diag(sink, FZ_E_IO, b->config->path, 0, NULL,
                         "no write-ahead log can be kept here: put the "
                         "database on a local disk");
    sqlite3_finalize(statement);
    return status;
}

static FzStatus prepare_writer(FzBackend *b, const FzDiagSink *sink)
{
    const char *path = b->config->path;
    FzStatus status;

    if (sqlite3_db_readonly(b->db, "main") == 1) {
        errno = EACCES;
        return fz_diag_errno(sink, path, "the database cannot be written");
    }
    status = set_journal(b, sink);
    if (status == FZ_OK) /* FULL: a commit is on the disk when it returns */
        status = fz_sqlite_run(b, "PRAGMA synchronous = FULL", sink);
    if (status == FZ_OK)
        status = check_schema(b, sink);
    if (status == FZ_OK)
        status = look_for_damage(b, sink);
    if (status == FZ_OK)
        status = set_bounds(b, sink);
    if (status != FZ_OK)
        return status;
    if (!file_id(path, "", &b->file, NULL) ||
        !file_id(path, "-wal", &b->log, NULL) ||
        !file_id(path, "-shm", &b->index, NULL))
        return fz_diag_errno(sink, path, "the database's files are not there");
    return FZ_OK;
}

static FzStatus prepare_reader(FzBackend *b, const FzDiagSink *sink)
{
    FzStatus status = check_schema(b, sink);

    if (status == FZ_OK && !file_id(b->config->path, "", &b->file, NULL))
        status = fz_diag_errno(sink, b->config->path, "there is no database");
    return status;
}

/* -------------------------------------------------------------------- open */
static FzStatus connect_db(FzBackend *b, const FzDiagSink *sink)
{
    int flags = b->mode == FZ_BACKEND_READ ? SQLITE_OPEN_READONLY
                                           : SQLITE_OPEN_READWRITE;
    int rc;

    /* one thread at a time uses a backend: no mutex inside */
    rc = sqlite3_open_v2(b->config->path, &b->db,
                         flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                         NULL);
    if (rc != SQLITE_OK)
        return fz_sqlite_fail(b, rc, sink);
    sqlite3_busy_timeout(b->db, (int)b->config->busy_ms);
    /* a database is data: nothing in its schema may act or reach out */
    sqlite3_db_config(b->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(b->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return fz_sqlite_run(b, "PRAGMA cell_size_check = ON", sink);
}

static void disconnect_db(FzBackend *b)
{
    for (int i = 0; i < FZ_SQL_STATEMENTS; i++) {
        sqlite3_finalize(b->statement[i]);
        b->statement[i] = NULL;
    }
    sqlite3_close_v2(b->db);
    b->db = NULL;
}

FzStatus fz_sqlite_open(const FzStoreConfig *config, FzBackendMode mode,
                        const FzDiagSink *sink, FzBackend **backend_out)
{
    FzBackend *b = fz_calloc(1, sizeof *b);
    FzStatus status = FZ_OK;

    b->config = config;
    b->mode = mode;
    b->lock_fd = -1;
    if (mode == FZ_BACKEND_CREATE)
        status = make_file(b, sink);
    else if (access(config->path, F_OK) != 0)
        status = fz_diag_errno(sink, config->path, "there is no database");
    if (status == FZ_OK && mode != FZ_BACKEND_READ)
        status = lock_writer(b, sink);
    if (status == FZ_OK)
        status = connect_db(b, sink);
    if (status == FZ_OK)
        status = mode == FZ_BACKEND_READ ? prepare_reader(b, sink)
                                         : prepare_writer(b, sink);
    if (status != FZ_OK) {
        fz_sqlite_close(b);
        return status;
    }
    *backend_out = b;
    return FZ_OK;
}

/* Never with another file than before: SQLite would replay the log that lies
 * beside the name into whatever stands there now. */
FzStatus fz_sqlite_reconnect(FzBackend *b, const FzDiagSink *sink)
{
    const char *path = b->config->path;
    FzStatus status;

    disconnect_db(b);
    if (access(path, F_OK) != 0)
        return fz_diag_errno(sink, path,
                             "there is no database any more: put it back, or "
                             "start anew");
    if (fz_sqlite_replaced(b))
        return fz_diag(sink, FZ_E_IO, path, 0, NULL,
                       "another file stands under this name than the one that "
                       "was opened: put that back, or start anew");
    status = connect_db(b, sink);
    if (status == FZ_OK)
        status = prepare_writer(b, sink);
    b->broken = status != FZ_OK;
    b->unsettled = false;
    return status;
}

void fz_sqlite_close(FzBackend *b)
{
    if (b == NULL)
        return;
    disconnect_db(b);
    if (b->lock_fd >= 0)
        close(b->lock_fd); /* and with it the lock */
    fz_free(b);
}
