/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cache.h - compiled databases on disk
 *
 * One file a database, named by the digest of all that it was made of: its
 * strings or patterns, Hyperscan's version and the processor it was compiled
 * for. A file that is cut, changed or foreign is removed and made again; a
 * folder that cannot be written costs a warning and the time to compile. The
 * files that were not used for longest go first.
 */
#ifndef FZ_ENGINE_RULES_CACHE_H
#define FZ_ENGINE_RULES_CACHE_H

#include "base/buf.h"
#include "base/digest.h"

#include <hs/hs.h>

/* Databases kept: a few generations of a few views. */
#define FZ_CACHE_FILES 32
/* A database beyond is not kept. */
#define FZ_LIMIT_CACHE_OCTETS (1u << 30)

typedef struct FzCache {
    const char *folder; /* NULL: nothing is kept */
    const FzDiagSink *sink;
} FzCache;

/** What names a file: kind ("words", "regex") and content. */
typedef struct FzCacheKey {
    char text[FZ_DIGEST_TEXT];
} FzCacheKey;

FzCacheKey fz_cache_key(const char *kind, const FzSlice *pieces, size_t count);

/**
 * Read a database and what was kept beside it.
 *
 * @param beside  appended; what fz_cache_write was given
 * @return NULL when there is none that can be used
 */
hs_database_t *fz_cache_read(const FzCache *cache, const FzCacheKey *key,
                             FzBuf *beside);

/** Keep a database; a failure is a warning. Prunes. */
void fz_cache_write(const FzCache *cache, const FzCacheKey *key,
                    const hs_database_t *db, FzSlice beside);

/** Call `each` for every file of a kind of key, the latest used first, until
 *  it says true. */
void fz_cache_each(const FzCache *cache, const char *kind,
                   bool (*each)(void *ctx, const FzCacheKey *key), void *ctx);

#endif
