/* SPDX-License-Identifier: BSD-2-Clause
 *
 * audit.h - the trail of who did what, which cannot be altered unnoticed
 *
 * hash(n) = BLAKE2b-256(hash(n-1), encoding of entry n); hash(0) is drawn from
 * the database's id. tag(n) is a keyed hash of hash(n): who can write the file
 * but has not the key cannot rebuild the chain. Count and last hash are kept
 * sealed beside it (the head), so that cutting off the end shows.
 * What none of this shows is the whole database put back to an older copy.
 * Source: docs/audit.md
 */
#ifndef FZ_STORE_AUDIT_H
#define FZ_STORE_AUDIT_H

#include "store/backend.h"
#include "store/seal.h"

#include "base/digest.h"

/** Where the chain ends. */
typedef struct FzAuditHead {
    int64_t count;
    FzDigest hash;
} FzAuditHead;

void fz_audit_head_init(const FzSeal *seal, FzAuditHead *head);

/** Write the head within a transaction. */
FzStatus fz_audit_head_put(const FzBackendOps *ops, FzBackend *backend,
                           const FzSeal *seal, const FzAuditHead *head,
                           const FzDiagSink *sink) FZ_MUST_CHECK;

/** FZ_E_SYNTAX when it is missing or does not open. */
FzStatus fz_audit_head_get(const FzBackendOps *ops, FzBackend *backend,
                           const FzSeal *seal, const char *path,
                           FzAuditHead *head_out,
                           const FzDiagSink *sink) FZ_MUST_CHECK;

/** Append one entry in a transaction of its own and move the head on. */
FzStatus fz_audit_append(const FzBackendOps *ops, FzBackend *backend,
                         const FzSeal *seal, FzAuditHead *head, int64_t at_ms,
                         const char *actor, const char *act, const char *detail,
                         const FzDiagSink *sink) FZ_MUST_CHECK;

/** fz_store_audit_verify on one connection; `line` of the diag is the number
 *  of the first entry that is not as it was written. */
FzStatus fz_audit_verify(const FzBackendOps *ops, FzBackend *backend,
                         const FzSeal *seal, const char *path,
                         uint64_t *entries_out,
                         const FzDiagSink *sink) FZ_MUST_CHECK;

#endif
