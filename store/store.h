/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store.h - held messages, decisions and the audit trail, behind one door
 *
 * The message path hands a record over and goes on; the record's `done` is
 * called from the store's writer thread after the commit that made it durable
 * (or that failed), and only then may the sender hear "buffered". Records that
 * arrive while a commit runs share the next one.
 *
 * Text, addresses and the packed message are sealed (XChaCha20-Poly1305);
 * numbers are found again by keyed hash. The audit trail is append-only, each
 * entry chained to the one before.
 *
 * Threads: every function from any thread. The process that opens the store
 * for writing is the only writer of it; others open it for reading.
 */
#ifndef FZ_STORE_STORE_H
#define FZ_STORE_STORE_H

#include "base/digest.h"
#include "base/slice.h"
#include "base/status.h"

typedef struct FzStore FzStore;

typedef enum FzHeldState {
    FZ_HELD_HELD = 0,
    FZ_HELD_CLAIMED = 1,
    FZ_HELD_RELEASED = 2, /* decided; on its way */
    FZ_HELD_DELIVERED = 3,
    FZ_HELD_RELEASE_FAILED = 4,
    FZ_HELD_IN_DOUBT = 5, /* died between the gateway's ack and our commit */
    FZ_HELD_CONFIRMED = 6,
    FZ_HELD_EXPIRED = 7,
    FZ_HELD_EVIDENCE = 8, /* rejected at once; kept as evidence only */
} FzHeldState;

/** What is kept of one message. On submit everything is borrowed and copied;
 *  in a read it belongs to the FzHeldRow. Absent slices stay NULL. */
typedef struct FzHeld {
    int64_t received_ms; /* wall clock */
    FzHeldState state;   /* HELD or EVIDENCE on submit */
    int direction;       /* 0 MT, 1 MO */
    FzSlice message_id;  /* the gateway's id, 16 octets */
    FzSlice node;        /* which gateway */
    /* kept in the clear: what lists and filters need */
    FzSlice verdict; /* "quarantine" */
    FzSlice reason;  /* name; absent for none */
    FzSlice rule;    /* what decided */
    FzSlice profile;
    FzSlice generation;  /* digest, hexadecimal */
    int32_t score;       /* hundredths of a point */
    int64_t deadline_ms; /* 0: none yet */
    /* hashed with a key: found by equality only */
    FzSlice sender;
    FzSlice receiver;
    FzSlice identity;
    /* sealed together with the three above */
    FzSlice text;   /* decoded, UTF-8 */
    FzSlice packed; /* the gateway's message as it was */
    FzSlice record; /* the verdict record, JSON */
} FzHeld;

typedef struct FzStoreConfig {
    const char *path;     /* of the database */
    const char *key_file; /* 32 octets as 64 hexadecimal digits; made (0600)
                             when it is missing and `create` is set */
    bool create;
    uint64_t max_octets;    /* the database with its write-ahead log never
                               grows beyond; 0 no bound, else 1 MiB at least */
    uint32_t queue_records; /* waiting for a commit; beyond: refused at once;
                               0: 4,096 */
    uint32_t busy_ms;       /* how long to wait for a lock before failing */

    /* Why commits fail, and that they go through again: said once a change,
     * from the writer thread. {0}: nobody listens (stats.trouble says it). */
    FzDiagSink report;

    /* How to make and join the writer thread; NULL, NULL: a plain POSIX
     * thread. `done` and `report` are called on it, and gwlib's locks and logs
     * end the process on a thread that gwlib did not make: the plugin hands
     * in gwthread_create and gwthread_join. `thread_start` is < 0 when no
     * thread could be made. */
    long (*thread_start)(void (*run)(void *arg), void *arg);
    void (*thread_join)(long thread);
} FzStoreConfig;

/** Called once a record, on the writer thread, in order of submission, holding
 *  no lock of the store's: it may submit, and must not close. While it runs
 *  nothing is committed. `status` FZ_OK: committed, `row` is its number; else
 *  nothing of it was kept (FZ_E_LIMIT: the database or the disk is full). */
typedef void (*FzStoreDone)(void *ctx, FzStatus status, int64_t row);

/**
 * Open the store as its one writer.
 *
 * Refused, with a sentence each: another process writes it, the database is
 * damaged or not ours or newer than this program, its key file is missing,
 * readable by others, malformed or another one's.
 *
 * @param config  copied
 */
FzStatus fz_store_open(const FzStoreConfig *config, const FzDiagSink *sink,
                       FzStore **store_out) FZ_MUST_CHECK;

/** Commits what waits, calls every outstanding `done`, closes. NULL allowed. */
void fz_store_close(FzStore *store);

/**
 * Hand one message over.
 *
 * A commit that fails fails the records in it, and the next submit tries again:
 * a full, locked, vanished or unwritable database recovers by itself as soon
 * as its cause is gone.
 *
 * @return FZ_OK: `done` will be called; FZ_E_LIMIT: the queue is full or the
 *         record larger than FZ_LIMIT_HELD_OCTETS; FZ_E_STATE: the store is
 *         closing or open for reading, or the record makes no sense (state,
 *         direction); `done` is not called then
 */
FzStatus fz_store_submit(FzStore *store, const FzHeld *held, FzStoreDone done,
                         void *ctx) FZ_MUST_CHECK;

/* --- parts of longer messages --------------------------------------------- */
typedef enum FzPartState {
    FZ_PART_WAITING = 0,   /* accepted, and not all of its siblings are there */
    FZ_PART_LEAVING = 1,   /* decided: on its way. After a death it may be there
                              already */
    FZ_PART_REPORTING = 2, /* decided against: its sender is to be told */
    FZ_PART_REFUSED = 3,   /* refused at once, its sender knows; kept so that
                              its siblings are judged in its company */
    FZ_PART_AWAITING = 4,  /* it left within a changed message: its sender hears
                              what is reported about that */
    FZ_PART_REPORT = 5,    /* no part: a delivery report as it is to be given */
} FzPartState;
#define FZ_PART_STATES 6

/** One part as it is kept. Borrowed and copied when it is handed over. */
typedef struct FzPart {
    int64_t received_ms; /* wall clock; of the message's first part */
    FzPartState state;
    int direction; /* 0 MT, 1 MO */
    /* sealed */
    FzSlice box;    /* which box it came from or is meant for */
    FzSlice packed; /* the gateway's message as it was */
    FzSlice note;   /* the owner's; for REPORTING what is to be said */
} FzPart;

/** What happens in one transaction, whole or not at all. */
typedef struct FzPartsChange {
    const FzPart *add;
    size_t add_count;
    const int64_t *remove; /* rows; those that are gone are passed over */
    size_t remove_count;
    const FzHeld *held; /* to be kept beside; NULL: none */
    /* a held row that goes from one state into another; 0: none. When it is
     * not there, or in another state than `from`, nothing of the change
     * happens, and `done` hears FZ_E_STATE */
    int64_t moved;
    FzHeldState from, to;
} FzPartsChange;

/** As FzStoreDone. `part_rows` holds a number for each added part, for the
 *  call; `held_row` is 0 without a held message. */
typedef void (*FzPartsDone)(void *ctx, FzStatus status,
                            const int64_t *part_rows, int64_t held_row);

/** Hand a change over; it shares commits with everything else and is answered
 *  in the order of submission. Returns as fz_store_submit. */
FzStatus fz_store_change_parts(FzStore *store, const FzPartsChange *change,
                               FzPartsDone done, void *ctx) FZ_MUST_CHECK;

/** The same for a held row's state alone. */
FzStatus fz_store_move(FzStore *store, int64_t row, FzHeldState from,
                       FzHeldState to, FzPartsDone done,
                       void *ctx) FZ_MUST_CHECK;

/** Call `each` for every part, in the order in which they were added; false
 *  stops. The part lives for the call. One that cannot be unsealed is reported
 *  to the sink and skipped (FZ_E_SYNTAX is returned at the end). */
FzStatus fz_store_parts(FzStore *store,
                        bool (*each)(void *ctx, int64_t row,
                                     const FzPart *part),
                        void *ctx, const FzDiagSink *sink) FZ_MUST_CHECK;

/** One entry of the audit trail, committed before the call returns. A full
 *  quarantine still has room kept for these. May be called from `done`.
 *  @param actor  who: "uid:0 root", "fanzha.so"
 *  @param act    what, from docs/audit.md: "reload", "bypass-on", ...
 *  @param detail JSON object as text; may be NULL
 *  @return FZ_E_LIMIT beyond FZ_LIMIT_AUDIT_OCTETS in all, or full */
FzStatus fz_store_audit(FzStore *store, int64_t now_ms, const char *actor,
                        const char *act, const char *detail,
                        const FzDiagSink *sink) FZ_MUST_CHECK;

/** A key for another use (32 octets), derived from the store's: the same at
 *  every open, and of no help to whoever wants the store's own keys.
 *  @param purpose  names the use; another one gives another key */
void fz_store_derive(const FzStore *store, const char *purpose, uint8_t *key);

/* --- hits of rules in shadow ------------------------------------------------
 */
#define FZ_SHADOW_HITS 50                        /* kept a rule: the newest */
#define FZ_SHADOW_MS (INT64_C(72) * 3600 * 1000) /* and for so long */

/** One message that a rule in shadow matched. Borrowed. */
typedef struct FzShadowHit {
    int64_t at_ms; /* wall clock */
    FzSlice rule;  /* id, in the clear */
    uint32_t rev;
    int direction; /* 0 MT, 1 MO */
    bool wrong;    /* a curator said that it should not have matched */
    /* sealed */
    FzSlice sender;
    FzSlice receiver;
    FzSlice identity;
    FzSlice text;  /* decoded, UTF-8; may be cut */
    FzSlice spans; /* where the rule matched, as its owner writes it */
} FzShadowHit;

/** Keep them, and let go what is too many or too old at `now_ms`: in one
 *  commit, over when the call returns. With count 0 only the latter. */
FzStatus fz_store_shadow_keep(FzStore *store, const FzShadowHit *hits,
                              size_t count, int64_t now_ms,
                              const FzDiagSink *sink) FZ_MUST_CHECK;

/** Mark one, or take the mark back; FZ_E_RULE when it is not there. */
FzStatus fz_store_shadow_mark(FzStore *store, int64_t row, bool wrong,
                              int64_t now_ms,
                              const FzDiagSink *sink) FZ_MUST_CHECK;

/** Call `each` for the hits of a rule, ascending; false stops. One that cannot
 *  be unsealed is reported to the sink and skipped (FZ_E_SYNTAX at the end).
 *  @param rule  absent: of all
 *  @param row   0; else that one alone */
FzStatus fz_store_shadow(FzStore *store, FzSlice rule, int64_t row,
                         bool (*each)(void *ctx, int64_t row,
                                      const FzShadowHit *hit),
                         void *ctx, const FzDiagSink *sink) FZ_MUST_CHECK;

typedef struct FzStoreStats {
    uint64_t committed;     /* records since the open */
    uint64_t failed;        /* records whose commit failed */
    uint64_t commits;       /* groups */
    uint64_t by_state[9];   /* rows now, by FzHeldState */
    int64_t oldest_held_ms; /* received_ms; 0 none */
    uint64_t audit_entries;
    uint64_t parts;    /* kept now; a reader does not count them */
    uint64_t shadow;   /* hits of rules in shadow; likewise */
    uint64_t octets;   /* of the database with its log */
    bool writable;     /* the last commit went through */
    char trouble[256]; /* why not; "" while it does */
} FzStoreStats;

/** Cheap: kept figures, no scan; asked for at every scrape. A reader sees
 *  those of the database; its counts since the open are 0. */
void fz_store_stats(FzStore *store, FzStoreStats *stats_out);

/* --- reading ------------------------------------------------------------- */
typedef struct FzHeldRow {
    int64_t row;
    FzHeld held; /* slices into `room` */
    void *room;  /* owned */
} FzHeldRow;
void fz_held_row_clear(FzHeldRow *row);

typedef struct FzHeldQuery {
    int state;      /* FzHeldState, or -1 for all */
    int64_t after;  /* rows beyond this number; 0 from the start */
    uint32_t limit; /* at most this many; 0: 100 */
    FzSlice sender; /* absent: any; matched by keyed hash */
    FzSlice receiver;
    FzSlice identity;
} FzHeldQuery;

/** Call `each` for every row found, ascending; `each` returns false to stop.
 *  The row lives for the call. A row that cannot be unsealed is reported to
 *  the sink and skipped (FZ_E_SYNTAX is returned at the end). */
FzStatus fz_store_query(FzStore *store, const FzHeldQuery *query,
                        bool (*each)(void *ctx, const FzHeldRow *row),
                        void *ctx, const FzDiagSink *sink) FZ_MUST_CHECK;

/** Check the whole audit trail; FZ_E_SYNTAX names the first entry that was
 *  changed, removed or swapped. */
FzStatus fz_store_audit_verify(FzStore *store, uint64_t *entries_out,
                               const FzDiagSink *sink) FZ_MUST_CHECK;

/** Open an existing store to read while its writer runs. */
FzStatus fz_store_open_reader(const FzStoreConfig *config,
                              const FzDiagSink *sink,
                              FzStore **store_out) FZ_MUST_CHECK;

const char *fz_held_state_name(FzHeldState state); /* "held", "in-doubt" */

#endif
