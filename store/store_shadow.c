/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_shadow.c - hits of rules in shadow, as the store's users see them
 */
#include "config.h"

#include "store/store_impl.h"

#include "base/alloc.h"

#include <sodium.h>

static FzStatus read_only(const FzStore *store, const FzDiagSink *sink)
{
    return fz_diag(sink, FZ_E_STATE, store->config.path, 0, NULL,
                   "the store is open for reading only");
}

FzStatus fz_store_shadow_keep(FzStore *store, const FzShadowHit *hits,
                              size_t count, int64_t now_ms,
                              const FzDiagSink *sink)
{
    FzShadowChange change = {.add = hits, .count = count, .now_ms = now_ms};

    return store->writer == NULL
               ? read_only(store, sink)
               : fz_writer_shadow(store->writer, &change, sink);
}

FzStatus fz_store_shadow_mark(FzStore *store, int64_t row, bool wrong,
                              int64_t now_ms, const FzDiagSink *sink)
{
    FzShadowChange change = {.marked = row, .wrong = wrong, .now_ms = now_ms};
    FzStatus status = store->writer == NULL
                          ? read_only(store, sink)
                          : fz_writer_shadow(store->writer, &change, sink);

    return status == FZ_OK && !change.found
               ? fz_diag(sink, FZ_E_RULE, NULL, 0, NULL,
                         "there is no sample %lld: they are kept for 72 hours",
                         (long long)row)
               : status;
}

/* Copied while the database is read, given out afterwards: no callback keeps
 * an old moment of it alive. */
typedef struct Copy {
    FzShadowRecord record;
    FzBuf octets; /* rule, then seal */
} Copy;

typedef struct Copies {
    Copy *item;
    size_t count;
} Copies;

static bool copy(void *ctx, const FzShadowRecord *record)
{
    Copies *all = ctx;
    Copy it = {*record, FZ_BUF_INIT};

    fz_buf_append_slice(&it.octets, record->rule);
    fz_buf_append_slice(&it.octets, record->sealed);
    it.record.rule = fz_slice(it.octets.data, record->rule.octets);
    it.record.sealed =
        fz_slice(it.octets.data + record->rule.octets, record->sealed.octets);
    all->item = fz_realloc_array(all->item, all->count + 1, sizeof *all->item);
    all->item[all->count++] = it;
    return true;
}

FzStatus fz_store_shadow(FzStore *store, FzSlice rule, int64_t row,
                         bool (*each)(void *ctx, int64_t row,
                                      const FzShadowHit *hit),
                         void *ctx, const FzDiagSink *sink)
{
    Copies all = {NULL, 0};
    FzBuf room = FZ_BUF_INIT;
    FzBackend *backend;
    FzStatus status;
    bool altered = false, more = true;

    pthread_mutex_lock(&store->read_lock);
    status = fz_store_reader_of(store, &backend, sink);
    if (status == FZ_OK)
        status = store->ops->shadow(backend, rule, row, copy, &all, sink);
    pthread_mutex_unlock(&store->read_lock);
    for (size_t i = 0; i < all.count; i++) {
        FzShadowHit hit;

        if (status != FZ_OK || !more)
            ;
        else if (fz_shadow_unseal(&store->seal, &all.item[i].record,
                                  store->config.path, sink, &room,
                                  &hit) != FZ_OK)
            altered = true;
        else
            more = each(ctx, all.item[i].record.row, &hit);
        fz_buf_clear(&all.item[i].octets);
    }
    if (room.data != NULL)
        sodium_memzero(room.data, room.capacity);
    fz_buf_clear(&room);
    fz_free(all.item);
    return status == FZ_OK && altered ? FZ_E_SYNTAX : status;
}
