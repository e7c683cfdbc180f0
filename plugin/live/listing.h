/* SPDX-License-Identifier: BSD-2-Clause
 *
 * listing.h - how the lists in force fare: what they answered, which are stale
 */
#ifndef FZ_PLUGIN_LIVE_LISTING_H
#define FZ_PLUGIN_LIVE_LISTING_H

#include "base/buf.h"
#include "config/bundle.h"
#include "plugin/live/entries.h"

#include <jansson.h>
#include <stdatomic.h>

/* What an answer was, for counting. */
typedef enum FzListResult {
    FZ_LIST_RESULT_BLOCK = 0,
    FZ_LIST_RESULT_ALLOW = 1,
    FZ_LIST_RESULT_STALE = 2,
} FzListResult;
#define FZ_LIST_RESULTS 3

/* Lists that were in force since the start, by name; more are counted as
 * "other". */
#define FZ_LISTINGS (2 * FZ_LIMIT_LISTS)

typedef struct FzListCounts {
    char name[FZ_LIMIT_NAME_OCTETS + 1];
    _Atomic uint64_t result[FZ_LIST_RESULTS];
} FzListCounts;

/** All zero is a working one. */
typedef struct FzListing {
    FzListCounts of[FZ_LISTINGS + 2]; /* [0] live entries, [1] other */
    _Atomic uint32_t count;           /* of lists, behind those two */
    atomic_flag adding;
    _Atomic uint64_t none;     /* keys that nobody knew */
    _Atomic uint64_t errors;   /* a damaged list */
    _Atomic int64_t looked_ms; /* when staleness was last looked at */
} FzListing;

/** Count what lists said of one message. From any thread. */
void fz_listing_count(FzListing *listing, const FzBundle *bundle,
                      const FzVerdict *verdict);

/** Warn of stale sources, at most once a minute whoever calls. */
void fz_listing_alarm(FzListing *listing, const FzBundle *bundle,
                      int64_t now_ms, const FzDiagSink *sink);

/** {"files":[...],"live":{...}}; the caller decrefs. */
json_t *fz_listing_json(const FzBundle *bundle, const FzEntries *entries,
                        const FzOverlay *overlay, int64_t now_ms);

void fz_listing_metrics(const FzListing *listing, const FzBundle *bundle,
                        const FzOverlay *overlay, int64_t now_ms, FzBuf *out);

#endif
