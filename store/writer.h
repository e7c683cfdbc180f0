/* SPDX-License-Identifier: BSD-2-Clause
 *
 * writer.h - the queue of what waits for a commit, and the thread that commits
 *
 * The thread takes all that waits, commits it in as few transactions as the
 * bounds on a group allow, answers each record in order, and looks again. What
 * arrives while it is at work shares the next commit: under load the cost of
 * the fsync is divided, without load nobody waits for company.
 *
 * A group that does not fit is tried again record by record, so that one large
 * record does not take the others with it. After any other failure the records
 * are answered with it; a connection that broke is opened anew for the next
 * group, never the database made anew.
 */
#ifndef FZ_STORE_WRITER_H
#define FZ_STORE_WRITER_H

#include "store/backend.h"
#include "store/seal.h"
#include "store/shadow.h"

typedef struct FzWriter FzWriter;

/** @param config  must outlive the writer, `seal` too
 *  @param backend owned by the writer from now on, also when it fails */
FzStatus fz_writer_create(const FzStoreConfig *config, const FzBackendOps *ops,
                          const FzSeal *seal, FzBackend *backend,
                          const FzDiagSink *sink,
                          FzWriter **writer_out) FZ_MUST_CHECK;

/** Commits what waits, answers all, ends the thread. NULL allowed. */
void fz_writer_destroy(FzWriter *writer);

FzStatus fz_writer_submit(FzWriter *writer, const FzHeld *held,
                          FzStoreDone done, void *ctx) FZ_MUST_CHECK;

FzStatus fz_writer_change_parts(FzWriter *writer, const FzPartsChange *change,
                                FzPartsDone done, void *ctx) FZ_MUST_CHECK;

FzStatus fz_writer_audit(FzWriter *writer, int64_t at_ms, const char *actor,
                         const char *act, const char *detail,
                         const FzDiagSink *sink) FZ_MUST_CHECK;

FzStatus fz_writer_shadow(FzWriter *writer, FzShadowChange *change,
                          const FzDiagSink *sink) FZ_MUST_CHECK;

void fz_writer_stats(FzWriter *writer, FzStoreStats *stats_out);

#endif
