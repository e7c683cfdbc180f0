/* SPDX-License-Identifier: BSD-2-Clause
 *
 * status.h - how a call ended, and what to tell a person about it
 *
 * The status says what to do next; the diag says where, what and why. Who
 * notices a problem emits one diag and returns; callers pass the status up.
 */
#ifndef FZ_BASE_STATUS_H
#define FZ_BASE_STATUS_H

#define FZ_MUST_CHECK __attribute__((warn_unused_result))
#define FZ_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

typedef enum FzStatus {
    FZ_OK = 0,
    FZ_E_IO = -1,     /* file, socket, database; errno is in the diag */
    FZ_E_SYNTAX = -2, /* the input breaks its grammar */
    FZ_E_RULE = -3,   /* grammar fine, meaning not */
    FZ_E_LIMIT = -4,  /* a bound of base/limits.h */
    FZ_E_STATE = -5,  /* called at the wrong time: our bug */
} FzStatus;

typedef enum FzSeverity {
    FZ_SEVERITY_ERROR = 0,   /* refused: someone must act */
    FZ_SEVERITY_WARNING = 1, /* taken, but look at it */
    FZ_SEVERITY_NOTE = 2,
} FzSeverity;

typedef struct FzDiag {
    FzStatus code;
    FzSeverity severity;
    int sys_errno;       /* 0 when the system is not to blame */
    const char *file;    /* borrowed; NULL without a file */
    unsigned line;       /* 1-based, 0 unknown */
    const char *rule_id; /* borrowed; NULL outside a rule */
    const char *text;    /* a clause: no period, no newline, no message text */
} FzDiag;

/** Where diags go. The diag and all it points to live for the call only. */
typedef struct FzDiagSink {
    void (*emit)(void *ctx, const FzDiag *diag);
    void *ctx;
} FzDiagSink;

/** Fill in a diag and emit it; returns `code`, so that a caller can
 *  `return fz_diag(...)`. A NULL sink swallows. `text` is a printf format. */
FzStatus fz_diag(const FzDiagSink *sink, FzStatus code, const char *file,
                 unsigned line, const char *rule_id, const char *text, ...)
    FZ_PRINTF(6, 7);

/** The same as a warning: the caller goes on. */
void fz_diag_warn(const FzDiagSink *sink, FzStatus code, const char *file,
                  unsigned line, const char *rule_id, const char *text, ...)
    FZ_PRINTF(6, 7);

/** For a failed system call: takes errno, code is FZ_E_IO. */
FzStatus fz_diag_errno(const FzDiagSink *sink, const char *file,
                       const char *text, ...) FZ_PRINTF(3, 4);

/** "io", "syntax", "rule", "limit", "state", "ok": for JSON and tests. */
const char *fz_status_name(FzStatus status);

#endif
