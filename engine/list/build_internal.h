/* SPDX-License-Identifier: BSD-2-Clause
 *
 * build_internal.h - what the parts of the builder share
 */
#ifndef FZ_ENGINE_LIST_BUILD_INTERNAL_H
#define FZ_ENGINE_LIST_BUILD_INTERNAL_H

#include "base/buf.h"
#include "engine/list/build.h"
#include "engine/list/format.h"
#include "engine/list/siphash.h"

/** An entry with a hash: everything but single ranges. */
typedef struct BuildEntry {
    uint64_t hash;
    uint32_t kind; /* index, in BuildKinds */
    uint32_t line;
    uint16_t day; /* FZL_META_DAY */
    uint16_t source;
    uint8_t level, action;
    bool force;
    bool refused; /* found out while merging */
} BuildEntry;

typedef unsigned __int128 BuildAddress; /* v4 in the low 32 bits */

typedef struct BuildRange {
    BuildAddress from, to;
    uint32_t kind, line;
    uint16_t day, source;
    uint8_t bits, action;
} BuildRange;

typedef struct BuildRanges {
    BuildRange *item;
    size_t count, capacity;
} BuildRanges;

/** Texts and kinds that many entries share, each kept once. */
typedef struct BuildTable {
    uint32_t *slot; /* index + 1; 0 free */
    size_t slots;   /* a power of two */
    size_t used;
} BuildTable;

typedef struct BuildKinds {
    FzBuf strings; /* begins with the empty text */
    BuildTable string_table;
    uint32_t *string_offset; /* by index */
    size_t string_count, string_capacity;
    FzlKind *kind;
    size_t kind_count, kind_capacity;
    BuildTable kind_table;
} BuildKinds;

void build_kinds_init(BuildKinds *kinds);
void build_kinds_clear(BuildKinds *kinds);

/** Offset of the text in strings. */
uint32_t build_string(BuildKinds *kinds, FzSlice text);

/** Index of the kind; false when there is no room for another. */
bool build_kind(BuildKinds *kinds, const FzlKind *kind, uint32_t *index_out);

typedef struct BuildSource {
    FzListSource is; /* name and category are owned */
    uint32_t name;   /* in strings */
    FzListSourceCounts counts;
} BuildSource;

struct FzListBuilder {
    FzListBuild how;
    uint8_t hash_key[FZ_LIST_HASH_KEY_OCTETS];
    FzSipKey key;
    int64_t built_day;
    BuildKinds kinds;
    BuildEntry *entry;
    size_t count, capacity;
    BuildRanges ranges4, ranges6;
    BuildSource *source;
    size_t source_count;
    struct { /* hosts of shared.def have these above them */
        FzSlice *name;
        size_t count;
    } above;
    bool overflow; /* kinds or entries: a limit was met */
    size_t progress_at, progress_total;
};

void build_report(FzListBuilder *b, uint16_t source, uint32_t line,
                  FzFinding finding, FzSlice sample);
void build_report_pair(FzListBuilder *b, FzFinding finding, uint16_t source,
                       uint32_t line, uint16_t other_source,
                       uint32_t other_line);
void build_progress(FzListBuilder *b, FzBuildPhase phase, uint64_t done,
                    uint64_t total);

/** What a key that is well formed may still not be: FZ_FOUND_FINE to take
 *  it. `force' is the caller's business. */
FzFinding build_guard(const FzListBuilder *b, const FzListKey *key,
                      FzItemAction action);
void build_guard_init(FzListBuilder *b);
void build_guard_clear(FzListBuilder *b);

/** Sort, merge, report: entries are what the file holds afterwards. */
void build_merge(FzListBuilder *b);

/** Lay `ranges` out as records of the file. */
void build_ranges_write(FzListBuilder *b, BuildRanges *ranges,
                        size_t address_octets, FzBuf *out);

#endif
