/* SPDX-License-Identifier: BSD-2-Clause
 *
 * counters.h - what happened to messages since the start, in numbers
 *
 * Written by every judging thread without locks, read by status and metrics.
 */
#ifndef FZ_PLUGIN_LIVE_COUNTERS_H
#define FZ_PLUGIN_LIVE_COUNTERS_H

#include "engine/verdict/verdict.h"
#include "plugin/disposition.h"

#include <jansson.h>
#include <stdatomic.h>

/* Upper bounds of the duration histogram, microseconds; the last is open. */
#define FZ_DURATION_BUCKETS 10
extern const uint32_t fz_duration_bounds_us[FZ_DURATION_BUCKETS - 1];

typedef struct FzCounters {
    _Atomic uint64_t judged[FZ_DIRECTIONS];
    _Atomic uint64_t would[FZ_DIRECTIONS][FZ_ACTIONS];
    _Atomic uint64_t acted[FZ_DIRECTIONS][FZ_ACTIONS];
    _Atomic uint64_t disposed[FZ_DIRECTIONS][FZ_DISPOSITIONS];
    _Atomic uint64_t failure[FZ_FAILURES][FZ_DIRECTIONS];
    _Atomic uint64_t reports;           /* delivery reports let through */
    _Atomic uint64_t bypassed;          /* would have acted but for bypass */
    _Atomic uint64_t warnings_sent;     /* taken by bearerbox */
    _Atomic uint64_t warnings_spared;   /* the receiver had one of late */
    _Atomic uint64_t warnings_unsent;   /* a warning that could not be sent */
    _Atomic uint64_t rewrites_unfit;    /* rewrite fell back: did not fit */
    _Atomic uint64_t host_cannot_defer; /* classic host: MT rejected instead */
    _Atomic uint64_t records_lost;      /* verdict records not written */
    _Atomic uint64_t evidence_lost;     /* rejected or rewritten, not kept */
    _Atomic uint64_t parts_kept[FZ_DIRECTIONS];   /* of longer messages */
    _Atomic uint64_t parts_joined[FZ_DIRECTIONS]; /* messages, complete */
    _Atomic uint64_t parts_known;   /* came twice, were ours already */
    _Atomic uint64_t parts_again;   /* in doubt: sent once more */
    _Atomic uint64_t parts_refused; /* by whoever they were for */
    _Atomic uint64_t reports_sent;  /* of ours, taken by a box */
    _Atomic uint64_t reports_lost;  /* of ours, that no box took */
    _Atomic uint64_t reports_shared;  /* given to one more part of a rewritten
                                         message */
    _Atomic uint64_t reports_unheard; /* parts that waited in vain for one */
    _Atomic uint64_t duration[FZ_DURATION_BUCKETS];
    _Atomic uint64_t duration_us; /* sum */
} FzCounters;

static inline void fz_count(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

void fz_counters_duration(FzCounters *counters, int64_t us);

/** One JSON object (caller decrefs), the names of docs/control.md. */
json_t *fz_counters_json(const FzCounters *counters);

#endif
