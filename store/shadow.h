/* SPDX-License-Identifier: BSD-2-Clause
 *
 * shadow.h - between the hits of shadow rules that the store is given and what
 * a database keeps
 */
#ifndef FZ_STORE_SHADOW_H
#define FZ_STORE_SHADOW_H

#include "store/backend.h"
#include "store/seal.h"

/** What one transaction does to them. */
typedef struct FzShadowChange {
    const FzShadowHit *add;
    size_t count;
    int64_t now_ms; /* what is older than FZ_SHADOW_MS then goes */
    int64_t marked; /* a row whose mark changes; 0: none */
    bool wrong;
    bool found; /* out: it was there */
} FzShadowChange;

/** Do all of it in one transaction. `next_row` is moved on. */
FzStatus fz_shadow_write(const FzBackendOps *ops, FzBackend *backend,
                         const FzSeal *seal, FzShadowChange *change,
                         int64_t *next_row,
                         const FzDiagSink *sink) FZ_MUST_CHECK;

/** FZ_E_SYNTAX (said to the sink): changed, moved, or another key's. The
 *  slices of `hit_out` point into `room`, which is overwritten, and into the
 *  record. */
FzStatus fz_shadow_unseal(const FzSeal *seal, const FzShadowRecord *record,
                          const char *path, const FzDiagSink *sink, FzBuf *room,
                          FzShadowHit *hit_out) FZ_MUST_CHECK;

#endif
