/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cache.h - compiled databases on disk
 *
 * One file a database, named by the digest of all that it was made of: its
 * strings or patterns, Hyperscan's version and the processor it was compiled
 * for. A file that is cut, changed or foreign is removed and made again; a
 * folder that cannot be written costs one warning and the time to compile.
 *
 * Pruned by number, size and age, those not used for longest first. A database
 * that some process has in memory holds its file (a shared lock): what is in
 * use is never pruned, however old it is.
 */
#ifndef FZ_ENGINE_RULES_CACHE_H
#define FZ_ENGINE_RULES_CACHE_H

#include "base/buf.h"
#include "base/digest.h"
#include "engine/rules/job.h"

#include <hs/hs.h>

/* Databases kept: a few generations of a few views. */
#define FZ_CACHE_FILES 32
/* All of them together, and how long one is kept that nobody asked for. */
#define FZ_CACHE_OCTETS (2ull << 30)
#define FZ_CACHE_DAYS 90
/* A database beyond is not kept. */
#define FZ_LIMIT_CACHE_OCTETS (1u << 30)

typedef struct FzCache {
    const char *folder; /* NULL: nothing is kept */
    const FzDiagSink *sink;
    const FzCompileHook *hook; /* who compiles what is not there; NULL: we */
    bool told;                 /* that it cannot be written */
} FzCache;

/** A database, and the hold on its file. */
typedef struct FzCached {
    hs_database_t *db; /* NULL: there is none that can be used */
    int held;          /* a descriptor; -1 for none */
} FzCached;

/** What names a file: kind ("words", "regex") and content. */
typedef struct FzCacheKey {
    char text[FZ_DIGEST_TEXT];
} FzCacheKey;

FzCacheKey fz_cache_key(const char *kind, const FzSlice *pieces, size_t count);

/**
 * Read a database and what was kept beside it.
 *
 * @param beside  appended; what fz_cache_write was given
 */
FzCached fz_cache_read(FzCache *cache, const FzCacheKey *key, FzBuf *beside);

/**
 * Keep what was compiled; a failure is a warning, told once a cache. Prunes.
 *
 * @return the hold on the file, -1 for none
 */
int fz_cache_write(FzCache *cache, const FzCacheKey *key,
                   const FzJobAnswer *answer, FzSlice beside);

/** Let go of a file; -1 is allowed. */
void fz_cache_release(int held);

/** Call `each` for every file of a kind of key, the latest used first, until
 *  it says true. */
void fz_cache_each(const FzCache *cache, const char *kind,
                   bool (*each)(void *ctx, const FzCacheKey *key), void *ctx);

#endif
