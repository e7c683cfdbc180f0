/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "store/store.h"

#include "base/alloc.h"
#include "store/audit.h"
#include "store/encode.h"
#include "store/held.h"
#include "store/part.h"
#include "store/store_impl.h"

#include <errno.h>
#include <sodium.h>
#include <unistd.h>

#define QUERY_LIMIT 100
/* Rows are read, and the reading is over, before `each` is called for them: no
 * callback keeps an old moment of the database alive. */
#define QUERY_BATCH 64
#define QUERY_OCTETS (4u << 20) /* about, of a batch */

void fz_store_derive(const FzStore *store, const char *purpose, uint8_t *key)
{
    FzSlice pieces[] = {fz_slice_of("derived"), fz_slice_of(purpose)};
    FzDigest digest = fz_digest(
        fz_slice(store->seal.lookup, sizeof store->seal.lookup), pieces, 2);

    memcpy(key, digest.octets, sizeof digest.octets);
}

const char *fz_held_state_name(FzHeldState state)
{
    switch (state) {
    case FZ_HELD_HELD:
        return "held";
    case FZ_HELD_CLAIMED:
        return "claimed";
    case FZ_HELD_RELEASED:
        return "released";
    case FZ_HELD_DELIVERED:
        return "delivered";
    case FZ_HELD_RELEASE_FAILED:
        return "release-failed";
    case FZ_HELD_IN_DOUBT:
        return "in-doubt";
    case FZ_HELD_CONFIRMED:
        return "confirmed";
    case FZ_HELD_EXPIRED:
        return "expired";
    case FZ_HELD_EVIDENCE:
        return "evidence";
    }
    return "unknown";
}

/* -------------------------------------------------------------------- open */
static FzStore *store_create(const FzStoreConfig *config)
{
    FzStore *store = fz_calloc(1, sizeof *store);

    store->ops = &fz_backend_sqlite;
    store->config = *config;
    store->config.path = fz_strdup(config->path);
    store->config.key_file = fz_strdup(config->key_file);
    pthread_mutex_init(&store->read_lock, NULL);
    return store;
}

static void store_destroy(FzStore *store)
{
    store->ops->close(store->reader);
    pthread_mutex_destroy(&store->read_lock);
    fz_seal_clear(&store->seal);
    fz_free((char *)store->config.path);
    fz_free((char *)store->config.key_file);
    fz_free(store);
}

static FzStatus prepare_sodium(const FzDiagSink *sink)
{
    return sodium_init() >= 0 ? FZ_OK
                              : fz_diag(sink, FZ_E_IO, NULL, 0, NULL,
                                        "no source of randomness was found");
}

/* The ids a database was made with. `known_out` is false for one that was never
 * used: its key may still be chosen. */
static FzStatus read_ids(FzStore *store, FzBackend *backend, bool *known_out,
                         int64_t *key_id_out, const FzDiagSink *sink)
{
    FzBuf store_id = FZ_BUF_INIT, key_id = FZ_BUF_INIT;
    bool has_store_id = false, has_key_id = false;
    FzDecoder decoder;
    FzStatus status;

    status = store->ops->meta_get(backend, "store-id", &store_id, &has_store_id,
                                  sink);
    if (status == FZ_OK)
        status =
            store->ops->meta_get(backend, "key-id", &key_id, &has_key_id, sink);
    if (status != FZ_OK)
        goto out;
    *known_out = has_store_id || has_key_id;
    if (!*known_out)
        goto out;
    decoder = (FzDecoder){fz_buf_slice(&key_id), false};
    *key_id_out = fz_decode_int(&decoder);
    if (!has_store_id || store_id.octets != FZ_STORE_ID_OCTETS || decoder.bad)
        status = fz_diag(sink, FZ_E_SYNTAX, store->config.path, 0, NULL,
                         "the database's identity was altered: restore it from "
                         "a copy");
    else
        memcpy(store->seal.store_id, store_id.data, FZ_STORE_ID_OCTETS);
out:
    fz_buf_clear(&store_id);
    fz_buf_clear(&key_id);
    return status;
}

static FzStatus write_ids(FzStore *store, FzBackend *backend,
                          const FzDiagSink *sink)
{
    FzBuf key_id = FZ_BUF_INIT;
    FzAuditHead head;
    FzStatus status;

    randombytes_buf(store->seal.store_id, FZ_STORE_ID_OCTETS);
    fz_encode_int(&key_id, store->seal.key_id);
    fz_audit_head_init(&store->seal, &head);
    status = store->ops->begin(backend, FZ_BACKEND_ROOM_AUDIT, sink);
    if (status == FZ_OK)
        status = store->ops->meta_put(
            backend, "store-id",
            fz_slice(store->seal.store_id, FZ_STORE_ID_OCTETS), sink);
    if (status == FZ_OK)
        status = store->ops->meta_put(backend, "key-id", fz_buf_slice(&key_id),
                                      sink);
    if (status == FZ_OK)
        status =
            fz_audit_head_put(store->ops, backend, &store->seal, &head, sink);
    if (status == FZ_OK)
        status = store->ops->commit(backend, sink);
    if (status != FZ_OK)
        store->ops->rollback(backend);
    fz_buf_clear(&key_id);
    return status;
}

/* Get the key that goes with the database. */
static FzStatus settle_key(FzStore *store, FzBackend *backend, bool may_make,
                           const FzDiagSink *sink)
{
    const char *key_file = store->config.key_file;
    bool missing = access(key_file, F_OK) != 0 && errno == ENOENT;
    bool known = false, empty;
    int64_t key_id = 0;
    FzBackendTotals totals;
    FzStatus status;

    status = read_ids(store, backend, &known, &key_id, sink);
    if (status == FZ_OK)
        status = store->ops->totals(backend, &totals, sink);
    if (status != FZ_OK)
        return status;
    empty =
        totals.last_row == 0 && totals.last_audit == 0 && totals.last_part == 0;
    if (missing && !empty)
        return fz_diag(sink, FZ_E_IO, key_file, 0, NULL,
                       "the key file is missing, and %s is sealed with it: put "
                       "it back, a new one opens nothing",
                       store->config.path);
    if (missing && may_make) {
        status = fz_seal_make_key(key_file, sink);
        known = false; /* nothing was sealed with the old one */
    }
    if (status == FZ_OK)
        status = fz_seal_load_key(&store->seal, key_file, sink);
    if (status != FZ_OK)
        return status;
    if (known && key_id != store->seal.key_id)
        return fz_diag(sink, FZ_E_IO, key_file, 0, NULL,
                       "this is not the key that %s is sealed with (%014llx, "
                       "not %014llx): put the right file back",
                       store->config.path, (unsigned long long)key_id,
                       (unsigned long long)store->seal.key_id);
    if (known)
        return FZ_OK;
    if (!empty)
        return fz_diag(sink, FZ_E_SYNTAX, store->config.path, 0, NULL,
                       "the database's identity was altered: restore it from a "
                       "copy");
    if (!may_make)
        return fz_diag(sink, FZ_E_SYNTAX, store->config.path, 0, NULL,
                       "the database was never used: the gateway completes it "
                       "at its start");
    return write_ids(store, backend, sink);
}

FzStatus fz_store_open(const FzStoreConfig *config, const FzDiagSink *sink,
                       FzStore **store_out)
{
    FzStore *store = store_create(config);
    FzBackend *backend = NULL;
    FzStatus status;

    status = prepare_sodium(sink);
    if (status == FZ_OK)
        status = store->ops->open(&store->config,
                                  config->create ? FZ_BACKEND_CREATE
                                                 : FZ_BACKEND_WRITE,
                                  sink, &backend);
    if (status == FZ_OK)
        status = settle_key(store, backend, config->create, sink);
    if (status == FZ_OK) {
        FzBackend *handed = backend;

        backend = NULL;
        status = fz_writer_create(&store->config, store->ops, &store->seal,
                                  handed, sink, &store->writer);
    }
    if (status != FZ_OK) {
        store->ops->close(backend);
        store_destroy(store);
        return status;
    }
    *store_out = store;
    return FZ_OK;
}

FzStatus fz_store_open_reader(const FzStoreConfig *config,
                              const FzDiagSink *sink, FzStore **store_out)
{
    FzStore *store = store_create(config);
    FzStatus status;

    status = prepare_sodium(sink);
    if (status == FZ_OK)
        status = store->ops->open(&store->config, FZ_BACKEND_READ, sink,
                                  &store->reader);
    if (status == FZ_OK)
        status = settle_key(store, store->reader, false, sink);
    if (status != FZ_OK) {
        store_destroy(store);
        return status;
    }
    *store_out = store;
    return FZ_OK;
}

void fz_store_close(FzStore *store)
{
    if (store == NULL)
        return;
    fz_writer_destroy(store->writer);
    store_destroy(store);
}

/* ----------------------------------------------------------------- writing */
FzStatus fz_store_submit(FzStore *store, const FzHeld *held, FzStoreDone done,
                         void *ctx)
{
    return store->writer == NULL
               ? FZ_E_STATE
               : fz_writer_submit(store->writer, held, done, ctx);
}

FzStatus fz_store_move(FzStore *store, int64_t row, FzHeldState from,
                       FzHeldState to, FzPartsDone done, void *ctx)
{
    FzPartsChange change = {.moved = row, .from = from, .to = to};

    return fz_store_change_parts(store, &change, done, ctx);
}

FzStatus fz_store_change_parts(FzStore *store, const FzPartsChange *change,
                               FzPartsDone done, void *ctx)
{
    return store->writer == NULL
               ? FZ_E_STATE
               : fz_writer_change_parts(store->writer, change, done, ctx);
}

FzStatus fz_store_audit(FzStore *store, int64_t now_ms, const char *actor,
                        const char *act, const char *detail,
                        const FzDiagSink *sink)
{
    if (store->writer == NULL)
        return fz_diag(sink, FZ_E_STATE, store->config.path, 0, NULL,
                       "the store is open for reading only");
    return fz_writer_audit(store->writer, now_ms, actor, act, detail, sink);
}

/* ----------------------------------------------------------------- reading */
FzStatus fz_store_reader_of(FzStore *store, FzBackend **backend_out,
                            const FzDiagSink *sink)
{
    FzStatus status = FZ_OK;

    if (store->reader != NULL && store->ops->broken(store->reader)) {
        store->ops->close(store->reader);
        store->reader = NULL;
    }
    if (store->reader == NULL)
        status = store->ops->open(&store->config, FZ_BACKEND_READ, sink,
                                  &store->reader);
    if (status == FZ_OK)
        *backend_out = store->reader;
    return status;
}

void fz_store_stats(FzStore *store, FzStoreStats *stats_out)
{
    FzBackend *backend;
    FzBackendTotals totals;

    memset(stats_out, 0, sizeof *stats_out);
    if (store->writer != NULL) {
        fz_writer_stats(store->writer, stats_out);
        return;
    }
    pthread_mutex_lock(&store->read_lock);
    if (fz_store_reader_of(store, &backend, NULL) == FZ_OK &&
        store->ops->totals(backend, &totals, NULL) == FZ_OK) {
        memcpy(stats_out->by_state, totals.by_state,
               sizeof stats_out->by_state);
        stats_out->oldest_held_ms = totals.oldest_held_ms;
        stats_out->audit_entries = (uint64_t)totals.last_audit;
        stats_out->octets = totals.octets;
    }
    pthread_mutex_unlock(&store->read_lock);
}

typedef struct Batch {
    const FzStore *store;
    const FzDiagSink *sink;
    FzHeldRow row[QUERY_BATCH];
    uint32_t rows;
    uint32_t seen; /* also those that did not open */
    size_t octets;
    int64_t last;
    bool cut; /* there are more */
    bool altered;
} Batch;

static bool take_row(void *ctx, const FzRecord *record)
{
    Batch *batch = ctx;

    batch->seen++;
    batch->last = record->row;
    if (fz_held_unseal(&batch->store->seal, record, batch->store->config.path,
                       batch->sink, &batch->row[batch->rows]) == FZ_OK)
        batch->rows++;
    else
        batch->altered = true;
    batch->octets += record->sealed.octets;
    batch->cut = batch->octets >= QUERY_OCTETS;
    return !batch->cut;
}

static FzStatus read_batch(FzStore *store, const FzRecordFilter *filter,
                           Batch *batch, const FzDiagSink *sink)
{
    FzBackend *backend;
    FzStatus status;

    pthread_mutex_lock(&store->read_lock);
    status = fz_store_reader_of(store, &backend, sink);
    if (status == FZ_OK)
        status = store->ops->held(backend, filter, take_row, batch, sink);
    pthread_mutex_unlock(&store->read_lock);
    return status;
}

static FzSlice hash_asked(const FzStore *store, const char *column,
                          FzSlice value, uint8_t *room)
{
    return fz_seal_hash(&store->seal, column, value, room)
               ? fz_slice(room, FZ_SEAL_HASH_OCTETS)
               : fz_slice_of(NULL);
}

FzStatus fz_store_query(FzStore *store, const FzHeldQuery *query,
                        bool (*each)(void *ctx, const FzHeldRow *row),
                        void *ctx, const FzDiagSink *sink)
{
    uint8_t hash[3][FZ_SEAL_HASH_OCTETS];
    uint32_t left = query->limit == 0 ? QUERY_LIMIT : query->limit;
    FzRecordFilter filter = {
        .state = query->state,
        .after = query->after,
        .sender_hash = hash_asked(store, "sender", query->sender, hash[0]),
        .receiver_hash =
            hash_asked(store, "receiver", query->receiver, hash[1]),
        .identity_hash =
            hash_asked(store, "identity", query->identity, hash[2]),
    };
    Batch *batch = fz_calloc(1, sizeof *batch);
    FzStatus status = FZ_OK;
    bool more = true, stopped = false;

    batch->store = store;
    batch->sink = sink;
    while (status == FZ_OK && more && !stopped && left > 0) {
        filter.limit = left < QUERY_BATCH ? left : QUERY_BATCH;
        batch->rows = 0;
        batch->seen = 0;
        batch->octets = 0;
        batch->cut = false;
        status = read_batch(store, &filter, batch, sink);
        more = batch->cut || batch->seen == filter.limit;
        left -= batch->seen;
        filter.after = batch->last;
        for (uint32_t i = 0; i < batch->rows; i++) {
            if (status == FZ_OK && !stopped)
                stopped = !each(ctx, &batch->row[i]);
            fz_held_row_clear(&batch->row[i]);
        }
    }
    if (status == FZ_OK && batch->altered)
        status = FZ_E_SYNTAX;
    fz_free(batch);
    return status;
}

/* A batch of parts: unsealed one by one while it is given out, so that its
 * octets are in memory once. */
typedef struct PartBatch {
    FzPartRecord record[QUERY_BATCH];
    FzBuf sealed[QUERY_BATCH];
    uint32_t count;
} PartBatch;

static bool take_part(void *ctx, const FzPartRecord *record)
{
    PartBatch *batch = ctx;
    FzBuf *sealed = &batch->sealed[batch->count];

    sealed->octets = 0;
    fz_buf_append_slice(sealed, record->sealed);
    batch->record[batch->count] = *record;
    batch->record[batch->count++].sealed = fz_buf_slice(sealed);
    return batch->count < QUERY_BATCH;
}

static FzStatus read_parts(FzStore *store, int64_t after, PartBatch *batch,
                           const FzDiagSink *sink)
{
    FzBackend *backend;
    FzStatus status;

    batch->count = 0;
    pthread_mutex_lock(&store->read_lock);
    status = fz_store_reader_of(store, &backend, sink);
    if (status == FZ_OK)
        status = store->ops->parts(backend, after, QUERY_BATCH, take_part,
                                   batch, sink);
    pthread_mutex_unlock(&store->read_lock);
    return status;
}

FzStatus fz_store_parts(FzStore *store,
                        bool (*each)(void *ctx, int64_t row,
                                     const FzPart *part),
                        void *ctx, const FzDiagSink *sink)
{
    PartBatch *batch = fz_calloc(1, sizeof *batch);
    FzBuf room = FZ_BUF_INIT;
    FzStatus status = FZ_OK;
    bool altered = false, more = true;
    int64_t after = INT64_MIN;

    while (status == FZ_OK && more) {
        status = read_parts(store, after, batch, sink);
        more = batch->count == QUERY_BATCH;
        for (uint32_t i = 0; status == FZ_OK && i < batch->count; i++) {
            const FzPartRecord *record = &batch->record[i];
            FzPart part;

            after = record->row;
            if (fz_part_unseal(&store->seal, record, store->config.path, sink,
                               &room, &part) != FZ_OK)
                altered = true;
            else if (!each(ctx, record->row, &part)) {
                more = false;
                break;
            }
        }
    }
    for (uint32_t i = 0; i < QUERY_BATCH; i++)
        fz_buf_clear(&batch->sealed[i]);
    if (room.data != NULL)
        sodium_memzero(room.data, room.capacity);
    fz_buf_clear(&room);
    fz_free(batch);
    return status == FZ_OK && altered ? FZ_E_SYNTAX : status;
}

FzStatus fz_store_audit_verify(FzStore *store, uint64_t *entries_out,
                               const FzDiagSink *sink)
{
    FzBackend *backend = NULL;
    FzStatus status;

    /* a connection of its own: a long trail keeps no query waiting */
    status = store->ops->open(&store->config, FZ_BACKEND_READ, sink, &backend);
    if (status == FZ_OK)
        status = fz_audit_verify(store->ops, backend, &store->seal,
                                 store->config.path, entries_out, sink);
    store->ops->close(backend);
    return status;
}
