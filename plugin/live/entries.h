/* SPDX-License-Identifier: BSD-2-Clause
 *
 * entries.h - the live entries of this gateway: their log and the snapshot
 *
 * What an operator adds is synced to the log (engine/list/overlay.h), then in
 * force for the next message, then answered. Judging takes the snapshot around
 * one message; no lock.
 *
 * Threads: take and give from any; the rest from one at a time.
 */
#ifndef FZ_PLUGIN_LIVE_ENTRIES_H
#define FZ_PLUGIN_LIVE_ENTRIES_H

#include "base/generation.h"
#include "engine/list/overlay.h"

typedef struct FzEntries FzEntries;

/** What was in force at some time; immutable. */
typedef struct FzEntrySnapshot {
    FzGeneration generation; /* first member */
    FzOverlay *overlay;      /* owned; NULL: none */
} FzEntrySnapshot;

/**
 * Read the log and put it in force. Never fails: a gateway that cannot read its
 * live entries judges without them, says so, and takes no new ones.
 *
 * @param path  NULL: live entries are switched off
 */
FzEntries *fz_entries_open(const char *path, FzOverlayAllow allow,
                           int64_t now_ms, const FzDiagSink *sink);
void fz_entries_close(FzEntries *entries); /* NULL is allowed */

FzEntrySnapshot *fz_entries_take(FzEntries *entries);
void fz_entries_give(FzEntries *entries, FzEntrySnapshot *snapshot);

/**
 * Write one record, synced, and put what it does in force. On any failure
 * nothing is in force and nothing stays in the log.
 */
FzStatus fz_entries_write(FzEntries *entries, const FzOverlayRecord *record,
                          const FzDiagSink *sink) FZ_MUST_CHECK;

/**
 * Begin the log anew without entries that are in a list by now, and without
 * those that are over.
 *
 * @param is_listed  whether a list in force says the same as this entry
 * @param folded_out  how many went
 */
FzStatus fz_entries_fold(FzEntries *entries,
                         bool (*is_listed)(const void *ctx,
                                           const FzOverlayRecord *record),
                         const void *ctx, int64_t now_ms,
                         const FzDiagSink *sink,
                         size_t *folded_out) FZ_MUST_CHECK;

FzOverlayAllow fz_entries_allow(const FzEntries *entries);
const char *fz_entries_path(const FzEntries *entries); /* NULL: switched off */
/** NULL, or why no entry can be taken. */
const char *fz_entries_trouble(const FzEntries *entries);

#endif
