/* SPDX-License-Identifier: BSD-2-Clause
 *
 * job.h - one database to compile, here or in another process
 *
 * Hyperscan's compiler takes time and memory that nobody knows before, so a
 * process that serves hands its jobs to another one: the job as octets, the
 * answer as octets. Whoever does the job, the answer is the same. An answer
 * that is cut, changed or that of another job is none.
 */
#ifndef FZ_ENGINE_RULES_JOB_H
#define FZ_ENGINE_RULES_JOB_H

#include "base/buf.h"
#include "base/progress.h"

#include <hs/hs.h>

typedef enum FzJobKind {
    FZ_JOB_WORDS = 0, /* octet strings, all in one database */
    FZ_JOB_REGEX = 1, /* regular expressions, likewise */
    FZ_JOB_TRY = 2,   /* regular expressions, each by itself; no database */
} FzJobKind;

typedef struct FzJob {
    FzJobKind kind;
    const FzSlice *pattern;
    uint32_t count;
} FzJob;

/* A refusal of all patterns together. */
#define FZ_JOB_ALL UINT32_MAX

typedef struct FzJobRefusal {
    uint32_t pattern; /* its number, or FZ_JOB_ALL */
    char *text;       /* what Hyperscan says */
} FzJobRefusal;

typedef struct FzJobAnswer {
    hs_database_t *db; /* NULL when something was refused, and for FZ_JOB_TRY;
                          its taker frees it */
    FzBuf octets;      /* serialised, when it came from elsewhere */
    FzJobRefusal *refusal;
    uint32_t refusals;
} FzJobAnswer;

/** Who compiles: takes a job's octets, appends the answer's. */
typedef struct FzCompileHook {
    FzStatus (*run)(void *ctx, FzSlice job, const char *what,
                    const FzDiagSink *sink, FzBuf *answer);
    void *ctx;
} FzCompileHook;

/** Compile in this process. */
void fz_job_do(const FzJob *job, FzJobAnswer *answer);

/**
 * Have it compiled.
 *
 * @param hook  NULL: in this process
 * @return not FZ_OK when there was no answer: it is told, and nothing is known
 *         of the patterns. Refusals are an answer.
 */
FzStatus fz_job_ask(const FzJob *job, const FzCompileHook *hook,
                    const FzDiagSink *sink, FzJobAnswer *answer) FZ_MUST_CHECK;

void fz_job_answer_clear(FzJobAnswer *answer); /* not `db` */

/** The other side: read a job, do it, append the answer.
 *  @return FZ_E_SYNTAX when it is no job of this version; FZ_E_LIMIT when
 * memory ran out */
FzStatus fz_job_serve(FzSlice octets, FzBuf *answer) FZ_MUST_CHECK;

#endif
