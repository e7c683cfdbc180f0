/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "store/held.h"

#include "base/alloc.h"
#include "store/encode.h"

#include <sodium.h>

void fz_held_scratch_init(FzHeldScratch *scratch)
{
    memset(scratch, 0, sizeof *scratch);
}

void fz_held_scratch_clear(FzHeldScratch *scratch)
{
    if (scratch->clear.data != NULL)
        sodium_memzero(scratch->clear.data, scratch->clear.capacity);
    fz_buf_clear(&scratch->bound);
    fz_buf_clear(&scratch->clear);
    fz_buf_clear(&scratch->sealed);
}

size_t fz_held_octets(const FzHeld *h)
{
    return h->message_id.octets + h->node.octets + h->verdict.octets +
           h->reason.octets + h->rule.octets + h->profile.octets +
           h->generation.octets + h->sender.octets + h->receiver.octets +
           h->identity.octets + h->text.octets + h->packed.octets +
           h->record.octets;
}

/* Everything in the clear that does not change in a row's life, and where the
 * row stands: a seal opens in its own row of its own database only. state and
 * deadline_ms change by decisions, which the audit trail records. */
static void encode_bound(const FzSeal *seal, const FzRecord *r, FzBuf *bound)
{
    fz_buf_append_text(bound, "fanzha held 1");
    fz_encode_slice(bound, fz_slice(seal->store_id, sizeof seal->store_id));
    fz_encode_int(bound, r->key_id);
    fz_encode_int(bound, r->row);
    fz_encode_int(bound, r->received_ms);
    fz_encode_int(bound, r->direction);
    fz_encode_slice(bound, r->message_id);
    fz_encode_slice(bound, r->node);
    fz_encode_slice(bound, r->verdict);
    fz_encode_slice(bound, r->reason);
    fz_encode_slice(bound, r->rule);
    fz_encode_slice(bound, r->profile);
    fz_encode_slice(bound, r->generation);
    fz_encode_int(bound, r->score);
    fz_encode_slice(bound, r->sender_hash);
    fz_encode_slice(bound, r->receiver_hash);
    fz_encode_slice(bound, r->identity_hash);
}

static FzSlice hash_of(const FzSeal *seal, const char *column, FzSlice value,
                       uint8_t *room)
{
    return fz_seal_hash(seal, column, value, room)
               ? fz_slice(room, FZ_SEAL_HASH_OCTETS)
               : fz_slice_of(NULL);
}

void fz_held_seal(const FzSeal *seal, const FzHeld *held, int64_t row,
                  FzHeldScratch *scratch, FzRecord *record_out)
{
    *record_out = (FzRecord){
        .row = row,
        .received_ms = held->received_ms,
        .state = (int)held->state,
        .direction = held->direction,
        .message_id = held->message_id,
        .node = held->node,
        .verdict = held->verdict,
        .reason = held->reason,
        .rule = held->rule,
        .profile = held->profile,
        .generation = held->generation,
        .score = held->score,
        .deadline_ms = held->deadline_ms,
        .sender_hash = hash_of(seal, "sender", held->sender, scratch->hash[0]),
        .receiver_hash =
            hash_of(seal, "receiver", held->receiver, scratch->hash[1]),
        .identity_hash =
            hash_of(seal, "identity", held->identity, scratch->hash[2]),
        .key_id = seal->key_id,
    };
    scratch->bound.octets = 0;
    scratch->clear.octets = 0;
    scratch->sealed.octets = 0;
    encode_bound(seal, record_out, &scratch->bound);
    fz_encode_slice(&scratch->clear, held->sender);
    fz_encode_slice(&scratch->clear, held->receiver);
    fz_encode_slice(&scratch->clear, held->identity);
    fz_encode_slice(&scratch->clear, held->text);
    fz_encode_slice(&scratch->clear, held->packed);
    fz_encode_slice(&scratch->clear, held->record);
    fz_seal_close(seal, fz_buf_slice(&scratch->bound),
                  fz_buf_slice(&scratch->clear), &scratch->sealed);
    record_out->sealed = fz_buf_slice(&scratch->sealed);
}

/* The clear columns join the opened octets, so that a row has one room. */
static void fill_row(const FzRecord *r, FzBuf *room, FzHeldRow *row_out)
{
    FzHeld *held = &row_out->held;
    FzDecoder decoder;

    fz_encode_slice(room, r->message_id);
    fz_encode_slice(room, r->node);
    fz_encode_slice(room, r->verdict);
    fz_encode_slice(room, r->reason);
    fz_encode_slice(room, r->rule);
    fz_encode_slice(room, r->profile);
    fz_encode_slice(room, r->generation);
    decoder = (FzDecoder){fz_buf_slice(room), false};
    held->sender = fz_decode_slice(&decoder);
    held->receiver = fz_decode_slice(&decoder);
    held->identity = fz_decode_slice(&decoder);
    held->text = fz_decode_slice(&decoder);
    held->packed = fz_decode_slice(&decoder);
    held->record = fz_decode_slice(&decoder);
    held->message_id = fz_decode_slice(&decoder);
    held->node = fz_decode_slice(&decoder);
    held->verdict = fz_decode_slice(&decoder);
    held->reason = fz_decode_slice(&decoder);
    held->rule = fz_decode_slice(&decoder);
    held->profile = fz_decode_slice(&decoder);
    held->generation = fz_decode_slice(&decoder);
    held->received_ms = r->received_ms;
    held->state = (FzHeldState)r->state;
    held->direction = r->direction;
    held->score = r->score;
    held->deadline_ms = r->deadline_ms;
    row_out->row = r->row;
    row_out->room = room->data; /* handed over */
    fz_buf_init(room);
}

FzStatus fz_held_unseal(const FzSeal *seal, const FzRecord *r, const char *path,
                        const FzDiagSink *sink, FzHeldRow *row_out)
{
    FzBuf bound = FZ_BUF_INIT, room = FZ_BUF_INIT;
    FzStatus status;

    if (r->key_id != seal->key_id)
        return fz_diag(sink, FZ_E_SYNTAX, path, 0, NULL,
                       "row %lld was sealed with another key",
                       (long long)r->row);
    encode_bound(seal, r, &bound);
    status = fz_seal_open(seal, fz_buf_slice(&bound), r->sealed, &room);
    if (status == FZ_OK)
        fill_row(r, &room, row_out);
    else
        status = fz_diag(sink, FZ_E_SYNTAX, path, 0, NULL,
                         "row %lld was altered: its seal does not open",
                         (long long)r->row);
    fz_buf_clear(&bound);
    fz_buf_clear(&room);
    return status;
}

void fz_held_row_clear(FzHeldRow *row)
{
    fz_free(row->room);
    memset(row, 0, sizeof *row);
}
