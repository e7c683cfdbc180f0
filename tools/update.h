/* SPDX-License-Identifier: BSD-2-Clause
 *
 * update.h - one run of fanzhactl list update (inside tools/)
 *
 * Nothing of a feed is kept before the list that is made of it was found sound:
 * NAME.next beside NAME.feed, LIST.next beside LIST.
 */
#ifndef FZ_TOOLS_UPDATE_H
#define FZ_TOOLS_UPDATE_H

#include "config/policy.h"
#include "tools/ask.h"
#include "tools/fetch.h"

typedef struct FzUpdateArgs {
    FzAsk ask;
    const char *list; /* this one alone */
    FzProgressStyle progress;
    bool accept, dry_run, no_reload;
} FzUpdateArgs;

typedef struct FzUpdateFeed {
    const FzFeed *is;
    char *kept, *next, *meta_path; /* NAME.feed, NAME.next, NAME.meta */
    FzFetchMeta meta;
    bool have;   /* something to build from */
    bool fresh;  /* that is NAME.next */
    bool same;   /* the server says that NAME.feed is current */
    bool failed; /* it was asked for and did not come */
} FzUpdateFeed;

/** What became of a list, at its place in the policy. */
typedef struct FzUpdateList {
    bool kept;       /* what was built took its place */
    bool had_former; /* which lies beside it, as LIST.former */
    bool is_new;     /* there was none */
} FzUpdateList;

typedef struct FzUpdate {
    const FzUpdateArgs *args;
    const FzConfig *config;
    const FzPolicyFile *policy;
    FzUpdateList *list; /* one for each of the policy */
    FzUpdateFeed *feed;
    uint32_t feed_count;
    FzCtlSink sink;
    bool refused;  /* a list's changes were too large */
    bool failed;   /* a feed did not come */
    bool broken;   /* a list could not be built or kept */
    uint32_t kept; /* lists that are new */
} FzUpdate;

/** A path in the folder of feeds; free with fz_free. */
char *fz_update_path(const FzUpdate *update, const char *name,
                     const char *ending);

/** The feeds of the configuration, and what is known of each. */
FzStatus fz_update_take_feeds(FzUpdate *update) FZ_MUST_CHECK;
void fz_update_clear_feeds(FzUpdate *update);

/** Ask for one, unless it is too early; into NAME.next. */
void fz_update_fetch(FzUpdate *update, FzUpdateFeed *feed);

/** What was fetched is what the next update compares with. */
void fz_update_keep(FzUpdate *update, FzUpdateFeed *feed);

#endif
