/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "store/audit.h"

#include "store/encode.h"

#include <sodium.h>

#define META_HEAD "audit-head"

void fz_audit_head_init(const FzSeal *seal, FzAuditHead *head)
{
    FzSlice pieces[] = {fz_slice_of("fanzha audit 1"),
                        fz_slice(seal->store_id, sizeof seal->store_id)};

    head->count = 0;
    head->hash = fz_digest(fz_slice_of(NULL), pieces, 2);
}

static void bind_head(const FzSeal *seal, FzBuf *bound)
{
    fz_buf_append_text(bound, "fanzha audit-head 1");
    fz_encode_slice(bound, fz_slice(seal->store_id, sizeof seal->store_id));
}

FzStatus fz_audit_head_put(const FzBackendOps *ops, FzBackend *backend,
                           const FzSeal *seal, const FzAuditHead *head,
                           const FzDiagSink *sink)
{
    FzBuf bound = FZ_BUF_INIT, clear = FZ_BUF_INIT, sealed = FZ_BUF_INIT;
    FzStatus status;

    bind_head(seal, &bound);
    fz_encode_int(&clear, head->count);
    fz_encode_slice(&clear, fz_slice(head->hash.octets, FZ_DIGEST_OCTETS));
    fz_seal_close(seal, fz_buf_slice(&bound), fz_buf_slice(&clear), &sealed);
    status = ops->meta_put(backend, META_HEAD, fz_buf_slice(&sealed), sink);
    fz_buf_clear(&bound);
    fz_buf_clear(&clear);
    fz_buf_clear(&sealed);
    return status;
}

FzStatus fz_audit_head_get(const FzBackendOps *ops, FzBackend *backend,
                           const FzSeal *seal, const char *path,
                           FzAuditHead *head_out, const FzDiagSink *sink)
{
    FzBuf bound = FZ_BUF_INIT, clear = FZ_BUF_INIT, sealed = FZ_BUF_INIT;
    FzStatus status;
    bool found = false;

    status = ops->meta_get(backend, META_HEAD, &sealed, &found, sink);
    if (status != FZ_OK)
        goto out;
    if (!found) {
        status = fz_diag(sink, FZ_E_SYNTAX, path, 0, NULL,
                         "the head of the audit trail was removed");
        goto out;
    }
    bind_head(seal, &bound);
    status =
        fz_seal_open(seal, fz_buf_slice(&bound), fz_buf_slice(&sealed), &clear);
    if (status == FZ_OK) {
        FzDecoder decoder = {fz_buf_slice(&clear), false};
        int64_t count = fz_decode_int(&decoder);
        FzSlice hash = fz_decode_slice(&decoder);

        if (decoder.bad || hash.octets != FZ_DIGEST_OCTETS) {
            status = FZ_E_SYNTAX;
        } else {
            head_out->count = count;
            memcpy(head_out->hash.octets, hash.data, FZ_DIGEST_OCTETS);
        }
    }
    if (status != FZ_OK)
        status = fz_diag(sink, FZ_E_SYNTAX, path, 0, NULL,
                         "the head of the audit trail was changed: its seal "
                         "does not open");
out:
    fz_buf_clear(&bound);
    fz_buf_clear(&clear);
    fz_buf_clear(&sealed);
    return status;
}

/* The hash of entry `seq` with these fields, coming after `before`. */
static FzDigest chain(const FzDigest *before, int64_t seq,
                      const FzAuditEntry *fields)
{
    FzBuf encoding = FZ_BUF_INIT;
    FzSlice pieces[2];
    FzDigest hash;

    fz_encode_int(&encoding, seq);
    fz_encode_int(&encoding, fields->at_ms);
    fz_encode_slice(&encoding, fields->actor);
    fz_encode_slice(&encoding, fields->act);
    fz_encode_slice(&encoding, fields->detail);
    pieces[0] = fz_slice(before->octets, FZ_DIGEST_OCTETS);
    pieces[1] = fz_buf_slice(&encoding);
    hash = fz_digest(fz_slice_of(NULL), pieces, 2);
    fz_buf_clear(&encoding);
    return hash;
}

FzStatus fz_audit_append(const FzBackendOps *ops, FzBackend *backend,
                         const FzSeal *seal, FzAuditHead *head, int64_t at_ms,
                         const char *actor, const char *act, const char *detail,
                         const FzDiagSink *sink)
{
    FzAuditHead next = {.count = head->count + 1};
    FzAuditEntry entry = {.seq = next.count,
                          .at_ms = at_ms,
                          .actor = fz_slice_of(actor),
                          .act = fz_slice_of(act),
                          .detail = fz_slice_of(detail)};
    uint8_t tag[FZ_SEAL_TAG_OCTETS];
    FzStatus status;

    next.hash = chain(&head->hash, entry.seq, &entry);
    entry.hash = fz_slice(next.hash.octets, FZ_DIGEST_OCTETS);
    fz_seal_tag(seal, entry.hash, tag);
    entry.tag = fz_slice(tag, sizeof tag);

    status = ops->begin(backend, FZ_BACKEND_ROOM_AUDIT, sink);
    if (status == FZ_OK)
        status = ops->add_audit(backend, &entry, sink);
    if (status == FZ_OK)
        status = fz_audit_head_put(ops, backend, seal, &next, sink);
    if (status == FZ_OK)
        status = ops->commit(backend, sink);
    if (status == FZ_OK)
        *head = next;
    else
        ops->rollback(backend);
    return status;
}

/* ------------------------------------------------------------------ verify */
typedef struct Walk {
    const FzSeal *seal;
    FzAuditHead at;   /* the last entry that is as it was written */
    bool bad;         /* entry at.count + 1 is not */
    bool authentic;   /* but its hash is one that the store once wrote */
    int64_t seen_seq; /* what stands there instead */
    int64_t found_at; /* where the right one stands now; 0 nowhere */
} Walk;

static bool tag_holds(const FzSeal *seal, const FzAuditEntry *entry)
{
    uint8_t tag[FZ_SEAL_TAG_OCTETS];

    if (entry->tag.octets != sizeof tag ||
        entry->hash.octets != FZ_DIGEST_OCTETS)
        return false;
    fz_seal_tag(seal, entry->hash, tag);
    return sodium_memcmp(tag, entry->tag.data, sizeof tag) == 0;
}

/* Does this row hold what was written as the entry after `walk->at`? */
static bool is_next(const Walk *walk, const FzAuditEntry *row, FzDigest *hash)
{
    *hash = chain(&walk->at.hash, walk->at.count + 1, row);
    return tag_holds(walk->seal, row) &&
           memcmp(hash->octets, row->hash.data, FZ_DIGEST_OCTETS) == 0;
}

static bool walk_on(void *ctx, const FzAuditEntry *entry)
{
    Walk *walk = ctx;
    FzDigest hash;

    if (entry->seq == walk->at.count + 1 && is_next(walk, entry, &hash)) {
        walk->at.count = entry->seq;
        walk->at.hash = hash;
        return true;
    }
    walk->bad = true;
    walk->seen_seq = entry->seq;
    walk->authentic = tag_holds(walk->seal, entry);
    return false;
}

static bool look_for_next(void *ctx, const FzAuditEntry *entry)
{
    Walk *walk = ctx;
    FzDigest hash;

    if (!is_next(walk, entry, &hash))
        return true;
    walk->found_at = entry->seq;
    return false;
}

/* Say what became of entry `n`, the first that is not as it was written. */
static FzStatus tell(const Walk *walk, const FzAuditHead *head,
                     const char *path, const FzDiagSink *sink)
{
    int64_t n = walk->at.count + 1;
    unsigned line = (unsigned)n;

    if (!walk->bad && walk->at.count > head->count)
        return fz_diag(sink, FZ_E_SYNTAX, path, line - 1, NULL,
                       "the head of the audit trail was put back to an older "
                       "one, of %lld entries",
                       (long long)head->count);
    if (n > head->count)
        return fz_diag(sink, FZ_E_SYNTAX, path, line, NULL,
                       "audit entry %lld was added by something other than the "
                       "store: %lld were written",
                       (long long)n, (long long)head->count);
    if (!walk->bad)
        return fz_diag(sink, FZ_E_SYNTAX, path, line, NULL,
                       "audit entry %lld was removed, and all after it: %lld "
                       "were written",
                       (long long)n, (long long)head->count);
    if (walk->seen_seq < 1)
        return fz_diag(sink, FZ_E_SYNTAX, path, line, NULL,
                       "an audit entry numbered %lld was inserted before the "
                       "first",
                       (long long)walk->seen_seq);
    if (walk->found_at != 0 && walk->authentic)
        return fz_diag(sink, FZ_E_SYNTAX, path, line, NULL,
                       "audit entry %lld was swapped: it stands at %lld now",
                       (long long)n, (long long)walk->found_at);
    if (walk->found_at != 0)
        return fz_diag(sink, FZ_E_SYNTAX, path, line, NULL,
                       "audit entry %lld was inserted: what was written there "
                       "stands at %lld now",
                       (long long)n, (long long)walk->found_at);
    if (walk->seen_seq != n)
        return fz_diag(sink, FZ_E_SYNTAX, path, line, NULL,
                       "audit entry %lld was removed", (long long)n);
    return fz_diag(sink, FZ_E_SYNTAX, path, line, NULL,
                   "audit entry %lld was changed, or removed and the rest "
                   "renumbered",
                   (long long)n);
}

FzStatus fz_audit_verify(const FzBackendOps *ops, FzBackend *backend,
                         const FzSeal *seal, const char *path,
                         uint64_t *entries_out, const FzDiagSink *sink)
{
    Walk walk = {.seal = seal};
    FzAuditHead head;
    FzStatus status;

    fz_audit_head_init(seal, &walk.at);
    status = ops->snapshot(backend, sink);
    if (status == FZ_OK)
        status = fz_audit_head_get(ops, backend, seal, path, &head, sink);
    if (status == FZ_OK)
        status = ops->audit(backend, INT64_MIN, walk_on, &walk, sink);
    if (status == FZ_OK && walk.bad)
        status = ops->audit(backend, walk.at.count, look_for_next, &walk, sink);
    if (status == FZ_OK && (walk.bad || walk.at.count != head.count))
        status = tell(&walk, &head, path, sink);
    else if (status == FZ_OK &&
             memcmp(&walk.at.hash, &head.hash, sizeof head.hash) != 0)
        status = fz_diag(sink, FZ_E_SYNTAX, path, (unsigned)head.count, NULL,
                         "audit entry %lld is not the last that was written",
                         (long long)head.count);
    ops->snapshot_end(backend);
    if (status == FZ_OK)
        *entries_out = (uint64_t)walk.at.count;
    return status;
}
