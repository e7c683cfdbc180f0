/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fetch.h - one feed from its server, over verified TLS, if there is news
 *
 * The only place that knows libcurl.
 */
#ifndef FZ_TOOLS_FETCH_H
#define FZ_TOOLS_FETCH_H

#include "config/config.h"
#include "tools/fetch_meta.h"
#include "tools/progress.h"

typedef enum FzFetched {
    FZ_FETCHED_NEW = 0,
    FZ_FETCHED_SAME = 1, /* not modified */
} FzFetched;

/**
 * @param path  where the body is written, from its begin; synced
 * @param meta  of what is at hand; with a body, of that afterwards
 * @return FZ_E_IO with the reason: not reached, not verified, not 200, too
 *         slow; FZ_E_LIMIT: too large; FZ_E_RULE: not https
 */
FzStatus fz_fetch(const FzFeed *feed, const char *path, FzFetchMeta *meta,
                  FzProgressStyle progress, const FzDiagSink *sink,
                  FzFetched *fetched_out) FZ_MUST_CHECK;

#endif
