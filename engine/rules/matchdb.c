/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "engine/rules/matchdb.h"

#include <stdio.h>

#define NOBODY UINT32_MAX

/* A database and the numbers its ids stand for; NULL: the same. */
typedef struct Part {
    hs_database_t *hs;
    uint32_t *number;
    uint32_t count; /* of ids */
    int held;       /* its file in the cache; -1 */
} Part;

#define NO_PART ((Part){.held = -1})

struct FzMatchDb {
    Part whole; /* or the cached one that the set began with */
    Part delta; /* hs is NULL without one */
};

static void part_clear(Part *part)
{
    hs_free_database(part->hs);
    fz_free(part->number);
    fz_cache_release(part->held);
    *part = NO_PART;
}

static FzMatchDb *db_create(void)
{
    FzMatchDb *db = fz_calloc(1, sizeof *db);

    db->whole = db->delta = NO_PART;
    return db;
}

void fz_matchdb_destroy(FzMatchDb *db)
{
    if (db == NULL)
        return;
    part_clear(&db->whole);
    part_clear(&db->delta);
    fz_free(db);
}

/* --- compiling ----------------------------------------------------------- */

/* Into the cache with `key`; NULL keeps it out. */
static FzStatus compile(const FzSlice *strings, uint32_t count, FzCache *cache,
                        const FzCacheKey *key, FzSlice beside, Part *part)
{
    const FzJob job = {FZ_JOB_WORDS, strings, count};
    FzJobAnswer answer;
    FzStatus status = fz_job_ask(&job, cache->hook, cache->sink, &answer);

    if (status == FZ_OK && answer.db == NULL)
        status = fz_diag(cache->sink, FZ_E_LIMIT, NULL, 0, NULL,
                         "Hyperscan refuses the words: %s",
                         answer.refusals == 0 ? "no reason given"
                                              : answer.refusal[0].text);
    part->hs = answer.db;
    part->count = count;
    if (status == FZ_OK && key != NULL)
        part->held = fz_cache_write(cache, key, &answer, beside);
    fz_job_answer_clear(&answer);
    return status;
}

/* --- a cached database and what is new ------------------------------------ */

/* Beside a database stand its strings: a length and the octets of each. */
static void put_strings(FzBuf *out, const FzSlice *strings, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        fz_buf_append_octet(out, (uint8_t)strings[i].octets);
        fz_buf_append_slice(out, strings[i]);
    }
}

static bool next_string(FzSlice *at, FzSlice *string)
{
    if (at->octets == 0 || at->octets <= at->data[0])
        return false;
    *string = fz_slice(at->data + 1, at->data[0]);
    *at = fz_slice(at->data + 1 + string->octets,
                   at->octets - 1 - string->octets);
    return true;
}

static int order_of(FzSlice a, FzSlice b)
{
    size_t shorter = a.octets < b.octets ? a.octets : b.octets;
    int order = memcmp(a.data, b.data, shorter);

    return order != 0 ? order : a.octets < b.octets ? -1 : a.octets > b.octets;
}

typedef struct Near {
    FzCache *cache;
    const FzSlice *strings;
    uint32_t count;
    FzMatchDb *db;
    FzSlice *fresh; /* strings that the cached database has not */
    uint32_t fresh_count;
    int looked; /* files that were read */
} Near;

/* Walk both sorted lists. True when few enough are new and most are used. */
static bool compare(Near *near, FzSlice beside, Part *part, uint32_t *fresh)
{
    uint32_t mine = 0, used = 0;
    FzSlice theirs;

    near->fresh_count = 0;
    while (next_string(&beside, &theirs)) {
        int order = 1;

        while (mine < near->count &&
               (order = order_of(near->strings[mine], theirs)) < 0) {
            if (near->fresh_count == FZ_DELTA_MAX_STRINGS)
                return false;
            fresh[near->fresh_count++] = mine++;
        }
        if (part->count % 1024 == 0)
            part->number = fz_realloc_array(part->number, part->count + 1024,
                                            sizeof *part->number);
        if (mine < near->count && order == 0) {
            part->number[part->count++] = mine++;
            used++;
        } else {
            part->number[part->count++] = NOBODY;
        }
    }
    for (; mine < near->count; mine++) {
        if (near->fresh_count == FZ_DELTA_MAX_STRINGS)
            return false;
        fresh[near->fresh_count++] = mine;
    }
    return beside.octets == 0 && used >= part->count / 2;
}

/* Begin with a cached database that is near enough. */
static bool try_near(void *ctx, const FzCacheKey *key)
{
    Near *near = ctx;
    FzBuf beside = FZ_BUF_INIT;
    FzCached cached = fz_cache_read(near->cache, key, &beside);
    Part part = {.hs = cached.db, .held = cached.held};
    uint32_t *fresh = fz_calloc(FZ_DELTA_MAX_STRINGS, sizeof *fresh);
    bool taken =
        part.hs != NULL && compare(near, fz_buf_slice(&beside), &part, fresh);

    if (taken) {
        near->db->whole = part;
        near->db->delta.number = fresh;
        for (uint32_t i = 0; i < near->fresh_count; i++)
            near->fresh[i] = near->strings[fresh[i]];
    } else {
        part_clear(&part);
        fz_free(fresh);
    }
    fz_buf_clear(&beside);
    return taken || ++near->looked == 4;
}

/* False when there is none near, or the new strings cannot be compiled. */
static bool begin_near(FzMatchDb *db, const FzSlice *strings, uint32_t count,
                       FzCache *cache)
{
    Near near = {.cache = cache, .strings = strings, .count = count, .db = db};
    FzCache quiet = {.hook = cache->hook}; /* with all others it may go */
    bool sound;

    near.fresh = fz_calloc(FZ_DELTA_MAX_STRINGS, sizeof *near.fresh);
    fz_cache_each(cache, "words", try_near, &near);
    sound = db->whole.hs != NULL &&
            (near.fresh_count == 0 ||
             compile(near.fresh, near.fresh_count, &quiet, NULL,
                     fz_slice(NULL, 0), &db->delta) == FZ_OK);
    fz_free(near.fresh);
    return sound;
}

/* --- scanning ------------------------------------------------------------ */

typedef struct Call {
    FzMatchHit hit;
    void *ctx;
    const uint32_t *number;
    uint32_t count;
} Call;

static int on_match(unsigned id, unsigned long long from, unsigned long long to,
                    unsigned flags, void *ctx)
{
    const Call *call = ctx;

    (void)from, (void)flags;
    if (call->number != NULL) {
        id = id < call->count ? call->number[id] : NOBODY;
        if (id == NOBODY)
            return 0;
    }
    return call->hit(call->ctx, id, (uint32_t)to);
}

static FzMatchEnd scan_part(const Part *part, const uint8_t *octets,
                            uint32_t length, hs_scratch_t *scratch,
                            FzMatchHit hit, void *ctx)
{
    Call call = {hit, ctx, part->number, part->count};

    switch (hs_scan(part->hs, (const char *)octets, length, 0, scratch,
                    on_match, &call)) {
    case HS_SUCCESS:
        return FZ_MATCH_DONE;
    case HS_SCAN_TERMINATED:
        return FZ_MATCH_STOPPED;
    default:
        return FZ_MATCH_FAULT;
    }
}

FzMatchEnd fz_matchdb_scan(const FzMatchDb *db, const uint8_t *octets,
                           uint32_t length, hs_scratch_t *scratch,
                           FzMatchHit hit, void *ctx)
{
    FzMatchEnd end = scan_part(&db->whole, octets, length, scratch, hit, ctx);

    if (end == FZ_MATCH_DONE && db->delta.hs != NULL)
        end = scan_part(&db->delta, octets, length, scratch, hit, ctx);
    return end;
}

FzStatus fz_matchdb_scratch(const FzMatchDb *db, hs_scratch_t **scratch)
{
    if (hs_alloc_scratch(db->whole.hs, scratch) != HS_SUCCESS ||
        (db->delta.hs != NULL &&
         hs_alloc_scratch(db->delta.hs, scratch) != HS_SUCCESS))
        return FZ_E_STATE;
    return FZ_OK;
}

size_t fz_matchdb_octets(const FzMatchDb *db)
{
    size_t whole = 0, delta = 0;

    hs_database_size(db->whole.hs, &whole);
    if (db->delta.hs != NULL)
        hs_database_size(db->delta.hs, &delta);
    return whole + delta;
}

uint32_t fz_matchdb_delta(const FzMatchDb *db)
{
    return db->delta.count;
}

/* --- self-test ----------------------------------------------------------- */

typedef struct Sought {
    uint32_t string, to;
    bool found;
} Sought;

static int seek(void *ctx, uint32_t string, uint32_t to)
{
    Sought *sought = ctx;

    sought->found |= string == sought->string && to == sought->to;
    return 0;
}

static FzStatus self_test(const FzMatchDb *db, const FzSlice *strings,
                          uint32_t count, const FzDiagSink *sink)
{
    hs_scratch_t *scratch = NULL;
    FzStatus status = fz_matchdb_scratch(db, &scratch);

    for (uint32_t i = 0; status == FZ_OK && i < count; i++) {
        Sought sought = {i, (uint32_t)strings[i].octets, false};

        if (fz_matchdb_scan(db, strings[i].data, sought.to, scratch, seek,
                            &sought) != FZ_MATCH_DONE ||
            !sought.found)
            status =
                fz_diag(sink, FZ_E_STATE, NULL, 0, NULL,
                        "the matcher does not find the word `%.*s' in "
                        "itself",
                        (int)strings[i].octets, (const char *)strings[i].data);
    }
    hs_free_scratch(scratch);
    return status;
}

/* --- all of it ----------------------------------------------------------- */

static FzStatus make(FzMatchDb *db, const FzSlice *strings, uint32_t count,
                     FzMatchBuild build, FzCache *cache)
{
    FzCacheKey key = fz_cache_key("words", strings, count);
    FzBuf beside = FZ_BUF_INIT;
    FzCached cached = fz_cache_read(cache, &key, &beside);
    FzStatus status = FZ_OK;

    fz_buf_clear(&beside);
    db->whole.hs = cached.db;
    db->whole.held = cached.held;
    if (db->whole.hs != NULL ||
        (build == FZ_MATCH_QUICK && count >= FZ_DELTA_FROM_STRINGS &&
         begin_near(db, strings, count, cache)))
        return FZ_OK;
    part_clear(&db->whole);
    part_clear(&db->delta);
    put_strings(&beside, strings, count);
    status =
        compile(strings, count, cache, &key, fz_buf_slice(&beside), &db->whole);
    fz_buf_clear(&beside);
    return status;
}

FzStatus fz_matchdb_create(const FzSlice *strings, uint32_t count,
                           FzMatchBuild build, FzCache *cache,
                           FzMatchDb **db_out)
{
    FzCache none = {.sink = cache->sink, .hook = cache->hook};
    FzMatchDb *db = db_create();
    FzStatus status = make(db, strings, count, build, cache);

    /* a cached database that fails its test is as good as none */
    if (status == FZ_OK && cache->folder != NULL &&
        self_test(db, strings, count, NULL) != FZ_OK) {
        fz_matchdb_destroy(db);
        db = db_create();
        status = make(db, strings, count, FZ_MATCH_WHOLE, &none);
        if (status == FZ_OK)
            status = self_test(db, strings, count, cache->sink);
    } else if (status == FZ_OK && cache->folder == NULL) {
        status = self_test(db, strings, count, cache->sink);
    }
    if (status != FZ_OK) {
        fz_matchdb_destroy(db);
        return status;
    }
    *db_out = db;
    return FZ_OK;
}
