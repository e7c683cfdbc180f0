/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "store/shadow.h"

#include "store/encode.h"

#include <sodium.h>

static void encode_bound(const FzSeal *seal, const FzShadowRecord *r,
                         FzBuf *bound)
{
    fz_buf_append_text(bound, "fanzha shadow 1");
    fz_encode_slice(bound, fz_slice(seal->store_id, sizeof seal->store_id));
    fz_encode_int(bound, r->key_id);
    fz_encode_int(bound, r->row);
    fz_encode_int(bound, r->at_ms);
    fz_encode_slice(bound, r->rule);
    fz_encode_int(bound, r->rev);
    fz_encode_int(bound, r->direction);
}

static FzStatus add(const FzBackendOps *ops, FzBackend *backend,
                    const FzSeal *seal, const FzShadowHit *hit, int64_t row,
                    const FzDiagSink *sink)
{
    FzShadowRecord record = {
        .row = row,
        .at_ms = hit->at_ms,
        .rule = hit->rule,
        .rev = hit->rev,
        .direction = hit->direction,
        .key_id = seal->key_id,
    };
    FzBuf bound = FZ_BUF_INIT, clear = FZ_BUF_INIT, sealed = FZ_BUF_INIT;
    FzStatus status;

    encode_bound(seal, &record, &bound);
    fz_encode_slice(&clear, hit->sender);
    fz_encode_slice(&clear, hit->receiver);
    fz_encode_slice(&clear, hit->identity);
    fz_encode_slice(&clear, hit->text);
    fz_encode_slice(&clear, hit->spans);
    fz_seal_close(seal, fz_buf_slice(&bound), fz_buf_slice(&clear), &sealed);
    record.sealed = fz_buf_slice(&sealed);
    status = ops->add_shadow(backend, &record, sink);
    if (clear.data != NULL)
        sodium_memzero(clear.data, clear.capacity);
    fz_buf_clear(&bound);
    fz_buf_clear(&clear);
    fz_buf_clear(&sealed);
    return status;
}

FzStatus fz_shadow_write(const FzBackendOps *ops, FzBackend *backend,
                         const FzSeal *seal, FzShadowChange *change,
                         int64_t *next_row, const FzDiagSink *sink)
{
    FzStatus status = ops->begin(backend, FZ_BACKEND_ROOM_HELD, sink);

    if (status == FZ_OK && change->marked != 0)
        status = ops->mark_shadow(backend, change->marked, change->wrong,
                                  &change->found, sink);
    for (size_t i = 0; status == FZ_OK && i < change->count; i++)
        status = add(ops, backend, seal, &change->add[i], (*next_row)++, sink);
    /* after all are in: several may be of one rule */
    for (size_t i = 0; status == FZ_OK && i < change->count; i++)
        status = ops->trim_shadow(backend, change->add[i].rule, FZ_SHADOW_HITS,
                                  sink);
    if (status == FZ_OK)
        status =
            ops->expire_shadow(backend, change->now_ms - FZ_SHADOW_MS, sink);
    if (status == FZ_OK)
        status = ops->commit(backend, sink);
    if (status != FZ_OK)
        ops->rollback(backend);
    return status;
}

FzStatus fz_shadow_unseal(const FzSeal *seal, const FzShadowRecord *r,
                          const char *path, const FzDiagSink *sink, FzBuf *room,
                          FzShadowHit *hit_out)
{
    FzBuf bound = FZ_BUF_INIT;
    FzDecoder decoder;
    FzStatus status;

    if (r->key_id != seal->key_id)
        return fz_diag(sink, FZ_E_SYNTAX, path, 0, NULL,
                       "shadow hit %lld was sealed with another key",
                       (long long)r->row);
    encode_bound(seal, r, &bound);
    room->octets = 0;
    status = fz_seal_open(seal, fz_buf_slice(&bound), r->sealed, room);
    fz_buf_clear(&bound);
    if (status != FZ_OK)
        return fz_diag(sink, FZ_E_SYNTAX, path, 0, NULL,
                       "shadow hit %lld was altered: its seal does not open",
                       (long long)r->row);
    decoder = (FzDecoder){fz_buf_slice(room), false};
    *hit_out = (FzShadowHit){
        .at_ms = r->at_ms,
        .rule = r->rule,
        .rev = (uint32_t)r->rev,
        .direction = r->direction,
        .wrong = r->wrong,
    };
    hit_out->sender = fz_decode_slice(&decoder);
    hit_out->receiver = fz_decode_slice(&decoder);
    hit_out->identity = fz_decode_slice(&decoder);
    hit_out->text = fz_decode_slice(&decoder);
    hit_out->spans = fz_decode_slice(&decoder);
    return FZ_OK;
}
