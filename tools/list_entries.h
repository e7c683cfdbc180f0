/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list_entries.h - all entries of a list, counted and compared
 *
 * A list keeps hashes, not texts: entries can be counted by what they say, and
 * two lists of one hash key can be compared.
 */
#ifndef FZ_TOOLS_LIST_ENTRIES_H
#define FZ_TOOLS_LIST_ENTRIES_H

#include "engine/list/list.h"

typedef struct FzListTallyRow {
    const char *action; /* "block" */
    FzListLevel level;
    const char *category, *source; /* borrowed from the list */
    uint64_t entries, added, removed;
} FzListTallyRow;

/** Sorted by source, action, level, category. */
typedef struct FzListTally {
    FzListTallyRow *row; /* free with fz_free */
    size_t count;
    uint64_t expired, expiring; /* within 7 days */
    uint64_t added, removed;    /* of a comparison */
} FzListTally;

/** `list` was verified. */
void fz_list_tally(const FzList *list, int64_t now_ms, FzListTally *tally_out);

/** What `next` has and `former` has not, and the other way round, by what the
 *  entries say; texts are borrowed from both. False when they were built with
 *  different hash keys. */
bool fz_list_compare(const FzList *former, const FzList *next,
                     FzListTally *tally_out);

#endif
