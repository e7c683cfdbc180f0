/* SPDX-License-Identifier: BSD-2-Clause
 *
 * build.h - from sources to one compiled list
 *
 * create, then for each source begin (and read, or add item by item), then
 * write. Every line that is not answered as it stands is told to the report
 * with its finding: nothing is left out in silence.
 *
 * Threads: one builder a thread. Memory: about 40 octets an entry.
 */
#ifndef FZ_ENGINE_LIST_BUILD_H
#define FZ_ENGINE_LIST_BUILD_H

#include "engine/list/keyform.h"
#include "engine/list/source.h"

typedef struct FzListBuilder FzListBuilder;

typedef enum FzBuildPhase {
    FZ_BUILD_READ = 0,  /* done and total in octets of the source */
    FZ_BUILD_SORT = 1,  /* in entries */
    FZ_BUILD_WRITE = 2, /* in octets of the file */
} FzBuildPhase;

/** One finding about one line; borrowed for the call. `other_*` with DUPLICATE,
 *  OVERLAP and CONFLICT: where the other stands. */
typedef struct FzListReport {
    FzFinding finding;
    const char *source;
    uint32_t line;
    FzSlice sample; /* what stands there, cut; absent when not kept */
    const char *other_source;
    uint32_t other_line;
} FzListReport;

typedef struct FzListBuild {
    int64_t now_ms;            /* when it is built: expiry counts from it */
    int64_t not_after_ms;      /* the list is stale behind it; 0: no end */
    const uint8_t *secret_key; /* Ed25519, 64 octets; NULL: not signed */
    const FzList *previous; /* its hash key and its entries' ages are kept, so
                               that entries can be compared; NULL: none */
    FzExtraTlds extra_tlds;
    bool may_be_empty;
    void (*report)(void *ctx, const FzListReport *report); /* NULL: nobody */
    void (*progress)(void *ctx, FzBuildPhase phase, uint64_t done,
                     uint64_t total); /* NULL: nobody; about 100 times */
    void *ctx;
} FzListBuild;

/** What holds for the items of a source that do not say otherwise. */
typedef struct FzListSource {
    const char *name;     /* unique; at most FZ_LIMIT_NAME_OCTETS */
    FzItemAction action;  /* ALLOW or BLOCK */
    const char *category; /* NULL: "listed" */
    int64_t fetched_ms;   /* when its content was current; 0 unknown */
    int64_t lives_s;      /* entries expire so long after the build; 0: never */
    FzPoints score;       /* FZ_LIST_SCORE_UNSET */
    FzHostForm host_form;
    bool force; /* take hosts that are shared, too */
} FzListSource;

typedef struct FzListSourceCounts {
    uint64_t lines; /* items and dirt */
    uint64_t taken; /* entries in the file */
    uint64_t finding[FZ_FINDINGS];
} FzListSourceCounts;

/** `build` and what it points to are borrowed until the builder ends. */
FzListBuilder *fz_list_builder_create(const FzListBuild *build);
void fz_list_builder_destroy(FzListBuilder *builder); /* NULL is allowed */

/** Begin the next source; items belong to it from now on. FZ_E_LIMIT beyond
 *  FZ_LIMIT_LIST_SOURCES; FZ_E_RULE for a name that is taken or no name. */
FzStatus fz_list_builder_source(FzListBuilder *builder,
                                const FzListSource *source,
                                const FzDiagSink *sink) FZ_MUST_CHECK;

/** Parse a whole source into the builder. */
void fz_list_builder_read(FzListBuilder *builder, FzSlice content,
                          const char *name, FzSourceFormat format);

/** One item, or one line that is dirt. */
void fz_list_builder_add(FzListBuilder *builder, uint32_t line,
                         const FzListItem *item);
void fz_list_builder_dirt(FzListBuilder *builder, uint32_t line,
                          FzFinding finding, FzSlice sample);

/**
 * Sort, merge, and put the file in place: written beside `path`, synced, then
 * renamed, so that whoever opens `path` sees the former list or the new one.
 *
 * @return FZ_E_RULE when nothing is left to list (and may_be_empty is false),
 *         FZ_E_LIMIT, FZ_E_IO; `path` is as it was then
 */
FzStatus fz_list_builder_write(FzListBuilder *builder, const char *path,
                               const FzDiagSink *sink) FZ_MUST_CHECK;

/** The same into memory (free with fz_free), for tests. */
FzStatus fz_list_builder_make(FzListBuilder *builder, const FzDiagSink *sink,
                              uint8_t **data_out,
                              size_t *octets_out) FZ_MUST_CHECK;

/** Of source `index` of those begun, in their order; complete after writing. */
void fz_list_builder_counts(const FzListBuilder *builder, size_t index,
                            FzListSourceCounts *counts_out);

#endif
