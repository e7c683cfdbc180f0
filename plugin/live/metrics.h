/* SPDX-License-Identifier: BSD-2-Clause
 *
 * metrics.h - what happened, as Prometheus reads it
 *
 * Text exposition format 0.0.4; base units, `_total` for counters, the prefix
 * `fanzha_`. Names are stable from the first release (docs/metrics.md).
 */
#ifndef FZ_PLUGIN_LIVE_METRICS_H
#define FZ_PLUGIN_LIVE_METRICS_H

#include "base/buf.h"
#include "plugin/hold/assembly.h"
#include "plugin/live/counters.h"
#include "store/store.h"

/** What the figures are taken from; all borrowed. */
typedef struct FzMetrics {
    const FzCounters *counters;
    const FzStoreStats *store;
    const FzAssemblyFigures *assembly;
    const char *generation; /* digest; "" for none */
    uint32_t rules;
    bool enforcing;
    bool bypassed; /* for anybody, now */
    int64_t started_ms;
    int64_t promoted_ms;  /* when the generation in force came into force */
    uint32_t damaged;     /* generations that could not be put in force */
    uint32_t braked;      /* sources that the brake has stopped */
    uint64_t brake_trips; /* since the start */
    uint64_t reloads_ok, reloads_refused;
    uint64_t samples_dropped;
    int64_t now_ms;
} FzMetrics;

void fz_metrics_write(const FzMetrics *metrics, FzBuf *out);

#endif
