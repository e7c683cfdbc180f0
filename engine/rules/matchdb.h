/* SPDX-License-Identifier: BSD-2-Clause
 *
 * matchdb.h - octet strings, all found in one pass over a text
 *
 * Hyperscan behind three functions. Compiled with hs_compile_multi over
 * \xNN-escaped strings: hs_compile_lit_multi of 5.4.0 answers -13 and drops
 * all further hits on strings that end in a run of equal octets (intel/
 * hyperscan issues 303 and 353). Each string is scanned for by itself after
 * compiling, so that such a fault is met here and not in a message.
 */
#ifndef FZ_ENGINE_RULES_MATCHDB_H
#define FZ_ENGINE_RULES_MATCHDB_H

#include "base/slice.h"
#include "engine/rules/cache.h"

typedef struct FzMatchDb FzMatchDb;

/** Non-zero ends the scan. `string` is the number of the string that ends at
 *  octet `to`. */
typedef int (*FzMatchHit)(void *ctx, uint32_t string, uint32_t to);

typedef enum FzMatchEnd {
    FZ_MATCH_DONE = 0,
    FZ_MATCH_STOPPED = 1, /* a hit said so */
    FZ_MATCH_FAULT = 2,   /* the matcher did: nothing of it can be trusted */
} FzMatchEnd;

/* An edit of a large set compiles its new strings alone and scans for them
 * beside the database it finds in the cache, as long as they are few. */
#define FZ_DELTA_FROM_STRINGS 4000
#define FZ_DELTA_MAX_STRINGS 2000

typedef enum FzMatchBuild {
    FZ_MATCH_QUICK = 0, /* a few new strings may be beside a cached database */
    FZ_MATCH_WHOLE = 1, /* one database, and into the cache */
} FzMatchBuild;

/**
 * @param strings  distinct, none empty, ascending by octets, the shorter first
 * @param cache    where databases are kept
 * @return FZ_E_LIMIT when Hyperscan refuses; FZ_E_STATE when the self-test
 *         misses a string; what the cache's hook ends with
 */
FzStatus fz_matchdb_create(const FzSlice *strings, uint32_t count,
                           FzMatchBuild build, FzCache *cache,
                           FzMatchDb **db_out) FZ_MUST_CHECK;
void fz_matchdb_destroy(FzMatchDb *db); /* NULL is allowed */

/** Make a scratch (or NULL) serve this database too. */
FzStatus fz_matchdb_scratch(const FzMatchDb *db,
                            hs_scratch_t **scratch) FZ_MUST_CHECK;

FzMatchEnd fz_matchdb_scan(const FzMatchDb *db, const uint8_t *octets,
                           uint32_t length, hs_scratch_t *scratch,
                           FzMatchHit hit, void *ctx);

size_t fz_matchdb_octets(const FzMatchDb *db); /* of the database */

/** Strings that are not in the cached database but beside it. */
uint32_t fz_matchdb_delta(const FzMatchDb *db);

#endif
