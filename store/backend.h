/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backend.h - what the store asks of a database
 *
 * Everything above this line is the same for every database: sealing, the
 * chain, the queue, the order of answers. Below it stands SQL and nothing
 * else; a second database is a second FzBackendOps.
 *
 * Threads: a backend is used by one thread at a time.
 * Errors:  one diag to the sink of the call, then the status: FZ_E_LIMIT when
 *          there is no room (a later try may fit), FZ_E_SYNTAX when the
 *          content is damaged, FZ_E_IO for the rest. broken() says whether
 *          the connection must be opened anew before the next try.
 */
#ifndef FZ_STORE_BACKEND_H
#define FZ_STORE_BACKEND_H

#include "store/store.h"

#include "base/buf.h"

#define FZ_HELD_STATES 9

/** A row of `held` as the database sees it. */
typedef struct FzRecord {
    int64_t row;
    int64_t received_ms;
    int state;
    int direction;
    FzSlice message_id;
    FzSlice node;
    FzSlice verdict;
    FzSlice reason;
    FzSlice rule;
    FzSlice profile;
    FzSlice generation;
    int32_t score;
    int64_t deadline_ms;
    FzSlice sender_hash;
    FzSlice receiver_hash;
    FzSlice identity_hash;
    int64_t key_id;
    FzSlice sealed;
} FzRecord;

typedef struct FzRecordFilter {
    int state; /* or -1 */
    int64_t after;
    uint32_t limit;
    FzSlice sender_hash; /* absent: any */
    FzSlice receiver_hash;
    FzSlice identity_hash;
} FzRecordFilter;

/** A row of `part`. */
typedef struct FzPartRecord {
    int64_t row;
    int64_t received_ms;
    int state;
    int direction;
    int64_t key_id;
    FzSlice sealed;
} FzPartRecord;

/** A row of `shadow`. */
typedef struct FzShadowRecord {
    int64_t row;
    int64_t at_ms;
    FzSlice rule;
    int64_t rev;
    int direction;
    bool wrong;
    int64_t key_id;
    FzSlice sealed;
} FzShadowRecord;

typedef struct FzAuditEntry {
    int64_t seq; /* from 1, without gaps */
    int64_t at_ms;
    FzSlice actor;
    FzSlice act;
    FzSlice detail;
    FzSlice hash; /* chain */
    FzSlice tag;  /* keyed */
} FzAuditEntry;

typedef struct FzBackendTotals {
    uint64_t by_state[FZ_HELD_STATES];
    int64_t last_row;
    int64_t last_audit;
    int64_t last_part;
    int64_t oldest_held_ms; /* of the first row in state held; 0 none */
    uint64_t octets;
} FzBackendTotals;

typedef enum FzBackendMode {
    FZ_BACKEND_READ = 0,
    FZ_BACKEND_WRITE = 1,  /* be the only writer; the database must be there */
    FZ_BACKEND_CREATE = 2, /* likewise, and make it when it is missing */
} FzBackendMode;

/* What a transaction is for: a full quarantine keeps room for the audit. */
typedef enum FzBackendRoom {
    FZ_BACKEND_ROOM_HELD = 0,
    FZ_BACKEND_ROOM_AUDIT = 1,
} FzBackendRoom;

typedef struct FzBackend FzBackend;

typedef struct FzBackendOps {
    /** Opens, brings the schema up to date, looks for damage. `config` lives
     *  as long as the backend. */
    FzStatus (*open)(const FzStoreConfig *config, FzBackendMode mode,
                     const FzDiagSink *sink, FzBackend **backend_out);
    void (*close)(FzBackend *backend); /* NULL allowed */
    bool (*broken)(const FzBackend *backend);
    /** Of a writer, after it broke: the same database again, or nothing. */
    FzStatus (*reconnect)(FzBackend *backend, const FzDiagSink *sink);

    /** Appended to `value_out`; `*found_out` says whether it was there. */
    FzStatus (*meta_get)(FzBackend *backend, const char *name, FzBuf *value_out,
                         bool *found_out, const FzDiagSink *sink);
    FzStatus (*totals)(FzBackend *backend, FzBackendTotals *totals_out,
                       const FzDiagSink *sink);

    /* One transaction; a failed step leaves it to be rolled back. */
    FzStatus (*begin)(FzBackend *backend, FzBackendRoom room,
                      const FzDiagSink *sink);
    FzStatus (*meta_put)(FzBackend *backend, const char *name, FzSlice value,
                         const FzDiagSink *sink);
    FzStatus (*add_held)(FzBackend *backend, const FzRecord *record,
                         const FzDiagSink *sink);
    FzStatus (*add_part)(FzBackend *backend, const FzPartRecord *record,
                         const FzDiagSink *sink);
    /** `*moved_out` says whether it was there, and in state `from`. */
    FzStatus (*move_held)(FzBackend *backend, int64_t row, int from, int to,
                          bool *moved_out, const FzDiagSink *sink);
    /** `*removed_out` says whether it was there. */
    FzStatus (*remove_part)(FzBackend *backend, int64_t row, bool *removed_out,
                            const FzDiagSink *sink);
    FzStatus (*count)(FzBackend *backend, int state, int64_t change,
                      const FzDiagSink *sink);
    FzStatus (*add_shadow)(FzBackend *backend, const FzShadowRecord *record,
                           const FzDiagSink *sink);
    /** Of a rule the newest stay. */
    FzStatus (*trim_shadow)(FzBackend *backend, FzSlice rule, uint32_t keep,
                            const FzDiagSink *sink);
    FzStatus (*expire_shadow)(FzBackend *backend, int64_t before_ms,
                              const FzDiagSink *sink);
    FzStatus (*mark_shadow)(FzBackend *backend, int64_t row, bool wrong,
                            bool *found_out, const FzDiagSink *sink);
    FzStatus (*add_audit)(FzBackend *backend, const FzAuditEntry *entry,
                          const FzDiagSink *sink);
    /** FZ_OK: on the disk, and in the file that has the configured name. */
    FzStatus (*commit)(FzBackend *backend, const FzDiagSink *sink);
    /** Also undoes a commit that failed, as far as the disk lets it. */
    void (*rollback)(FzBackend *backend);

    /* Reading. The slices live for the call of `each`, which returns false to
     * stop and must not use the backend. */
    FzStatus (*held)(FzBackend *backend, const FzRecordFilter *filter,
                     bool (*each)(void *ctx, const FzRecord *record), void *ctx,
                     const FzDiagSink *sink);
    /** Ascending, beyond `after`, at most `limit`. */
    FzStatus (*parts)(FzBackend *backend, int64_t after, uint32_t limit,
                      bool (*each)(void *ctx, const FzPartRecord *record),
                      void *ctx, const FzDiagSink *sink);
    FzStatus (*count_parts)(FzBackend *backend, uint64_t *parts_out,
                            const FzDiagSink *sink);
    /** Of one row, or (0) of a rule, or (absent) of all; ascending. */
    FzStatus (*shadow)(FzBackend *backend, FzSlice rule, int64_t row,
                       bool (*each)(void *ctx, const FzShadowRecord *record),
                       void *ctx, const FzDiagSink *sink);
    FzStatus (*count_shadow)(FzBackend *backend, uint64_t *hits_out,
                             int64_t *last_row_out, const FzDiagSink *sink);
    /** Everything read between these two is of one moment. */
    FzStatus (*snapshot)(FzBackend *backend, const FzDiagSink *sink);
    void (*snapshot_end)(FzBackend *backend);
    FzStatus (*audit)(FzBackend *backend, int64_t after_seq,
                      bool (*each)(void *ctx, const FzAuditEntry *entry),
                      void *ctx, const FzDiagSink *sink);
    uint64_t (*octets)(const FzBackend *backend); /* with the log */
} FzBackendOps;

extern const FzBackendOps fz_backend_sqlite;

#endif
