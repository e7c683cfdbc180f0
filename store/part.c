/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "store/part.h"

#include "store/encode.h"

#include <sodium.h>

void fz_part_scratch_clear(FzPartScratch *scratch)
{
    if (scratch->clear.data != NULL)
        sodium_memzero(scratch->clear.data, scratch->clear.capacity);
    fz_buf_clear(&scratch->bound);
    fz_buf_clear(&scratch->clear);
    fz_buf_clear(&scratch->sealed);
}

size_t fz_part_octets(const FzPart *part)
{
    return part->box.octets + part->packed.octets + part->note.octets;
}

/* All of it: a part that was decided about is a new row, so that nobody sets
 * one on its way with an UPDATE. */
static void encode_bound(const FzSeal *seal, const FzPartRecord *r,
                         FzBuf *bound)
{
    fz_buf_append_text(bound, "fanzha part 1");
    fz_encode_slice(bound, fz_slice(seal->store_id, sizeof seal->store_id));
    fz_encode_int(bound, r->key_id);
    fz_encode_int(bound, r->row);
    fz_encode_int(bound, r->received_ms);
    fz_encode_int(bound, r->state);
    fz_encode_int(bound, r->direction);
}

void fz_part_seal(const FzSeal *seal, const FzPart *part, int64_t row,
                  FzPartScratch *scratch, FzPartRecord *record_out)
{
    *record_out = (FzPartRecord){
        .row = row,
        .received_ms = part->received_ms,
        .state = (int)part->state,
        .direction = part->direction,
        .key_id = seal->key_id,
    };
    scratch->bound.octets = 0;
    scratch->clear.octets = 0;
    scratch->sealed.octets = 0;
    encode_bound(seal, record_out, &scratch->bound);
    fz_encode_slice(&scratch->clear, part->box);
    fz_encode_slice(&scratch->clear, part->packed);
    fz_encode_slice(&scratch->clear, part->note);
    fz_seal_close(seal, fz_buf_slice(&scratch->bound),
                  fz_buf_slice(&scratch->clear), &scratch->sealed);
    record_out->sealed = fz_buf_slice(&scratch->sealed);
}

FzStatus fz_part_unseal(const FzSeal *seal, const FzPartRecord *r,
                        const char *path, const FzDiagSink *sink, FzBuf *room,
                        FzPart *part_out)
{
    FzBuf bound = FZ_BUF_INIT;
    FzDecoder decoder;
    FzStatus status;

    if (r->key_id != seal->key_id)
        return fz_diag(sink, FZ_E_SYNTAX, path, 0, NULL,
                       "part %lld was sealed with another key",
                       (long long)r->row);
    encode_bound(seal, r, &bound);
    room->octets = 0;
    status = fz_seal_open(seal, fz_buf_slice(&bound), r->sealed, room);
    fz_buf_clear(&bound);
    if (status != FZ_OK)
        return fz_diag(sink, FZ_E_SYNTAX, path, 0, NULL,
                       "part %lld was altered: its seal does not open",
                       (long long)r->row);
    decoder = (FzDecoder){fz_buf_slice(room), false};
    *part_out = (FzPart){
        .received_ms = r->received_ms,
        .state = (FzPartState)r->state,
        .direction = r->direction,
    };
    part_out->box = fz_decode_slice(&decoder);
    part_out->packed = fz_decode_slice(&decoder);
    part_out->note = fz_decode_slice(&decoder);
    return FZ_OK;
}
