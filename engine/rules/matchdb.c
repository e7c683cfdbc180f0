/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "engine/rules/matchdb.h"

#include <stdio.h>

struct FzMatchDb {
    hs_database_t *hs;
};

void fz_matchdb_destroy(FzMatchDb *db)
{
    if (db == NULL)
        return;
    hs_free_database(db->hs);
    fz_free(db);
}

/* --- compiling ----------------------------------------------------------- */

/* All strings as expressions, in one block: four octets for each. */
static char *escape(const FzSlice *strings, uint32_t count,
                    const char **expressions)
{
    static const char digits[] = "0123456789abcdef";
    size_t room = 0;
    char *block, *out;

    for (uint32_t i = 0; i < count; i++)
        room += 4 * strings[i].octets + 1;
    block = out = fz_malloc(room);
    for (uint32_t i = 0; i < count; i++) {
        expressions[i] = out;
        for (size_t o = 0; o < strings[i].octets; o++) {
            *out++ = '\\';
            *out++ = 'x';
            *out++ = digits[strings[i].data[o] >> 4];
            *out++ = digits[strings[i].data[o] & 0x0F];
        }
        *out++ = '\0';
    }
    return block;
}

static FzStatus compile(FzMatchDb *db, const FzSlice *strings, uint32_t count,
                        const FzDiagSink *sink)
{
    const char **expressions = fz_calloc(count, sizeof *expressions);
    unsigned *flags = fz_calloc(count, sizeof *flags);
    unsigned *ids = fz_calloc(count, sizeof *ids);
    char *block = escape(strings, count, expressions);
    hs_compile_error_t *error = NULL;
    FzStatus status = FZ_OK;

    for (uint32_t i = 0; i < count; i++) {
        flags[i] = HS_FLAG_DOTALL;
        ids[i] = i;
    }
    if (hs_compile_multi(expressions, flags, ids, count, HS_MODE_BLOCK, NULL,
                         &db->hs, &error) != HS_SUCCESS) {
        status = fz_diag(sink, FZ_E_LIMIT, NULL, 0, NULL,
                         "Hyperscan refuses the words: %s",
                         error == NULL ? "no reason given" : error->message);
        hs_free_compile_error(error);
    }
    fz_free(block);
    fz_free(ids);
    fz_free(flags);
    fz_free(expressions);
    return status;
}

/* --- scanning ------------------------------------------------------------ */

typedef struct Call {
    FzMatchHit hit;
    void *ctx;
} Call;

static int on_match(unsigned id, unsigned long long from, unsigned long long to,
                    unsigned flags, void *ctx)
{
    const Call *call = ctx;

    (void)from, (void)flags;
    return call->hit(call->ctx, id, (uint32_t)to);
}

FzMatchEnd fz_matchdb_scan(const FzMatchDb *db, const uint8_t *octets,
                           uint32_t length, hs_scratch_t *scratch,
                           FzMatchHit hit, void *ctx)
{
    Call call = {hit, ctx};

    switch (hs_scan(db->hs, (const char *)octets, length, 0, scratch, on_match,
                    &call)) {
    case HS_SUCCESS:
        return FZ_MATCH_DONE;
    case HS_SCAN_TERMINATED:
        return FZ_MATCH_STOPPED;
    default:
        return FZ_MATCH_FAULT;
    }
}

FzStatus fz_matchdb_scratch(const FzMatchDb *db, hs_scratch_t **scratch)
{
    return hs_alloc_scratch(db->hs, scratch) == HS_SUCCESS ? FZ_OK : FZ_E_STATE;
}

size_t fz_matchdb_octets(const FzMatchDb *db)
{
    size_t octets = 0;

    hs_database_size(db->hs, &octets);
    return octets;
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

FzStatus fz_matchdb_create(const FzSlice *strings, uint32_t count,
                           const FzDiagSink *sink, FzMatchDb **db_out)
{
    FzMatchDb *db = fz_calloc(1, sizeof *db);
    FzStatus status = compile(db, strings, count, sink);

    if (status == FZ_OK)
        status = self_test(db, strings, count, sink);
    if (status != FZ_OK) {
        fz_matchdb_destroy(db);
        return status;
    }
    *db_out = db;
    return FZ_OK;
}
