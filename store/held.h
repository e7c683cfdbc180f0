/* SPDX-License-Identifier: BSD-2-Clause
 *
 * held.h - between what the store is given and what a database keeps
 */
#ifndef FZ_STORE_HELD_H
#define FZ_STORE_HELD_H

#include "store/backend.h"
#include "store/seal.h"

/** Room for one record at a time; the record's slices point into it. */
typedef struct FzHeldScratch {
    FzBuf bound;
    FzBuf clear;
    FzBuf sealed;
    uint8_t hash[3][FZ_SEAL_HASH_OCTETS];
} FzHeldScratch;

void fz_held_scratch_init(FzHeldScratch *scratch);
void fz_held_scratch_clear(FzHeldScratch *scratch); /* wipes */

/** Octets of everything variable in it. */
size_t fz_held_octets(const FzHeld *held);

/** The record of `held` as row `row`; lives until the next use of scratch. */
void fz_held_seal(const FzSeal *seal, const FzHeld *held, int64_t row,
                  FzHeldScratch *scratch, FzRecord *record_out);

/** FZ_E_SYNTAX (said to the sink): changed, moved, or another key's. The room
 *  is the caller's: fz_held_row_clear. */
FzStatus fz_held_unseal(const FzSeal *seal, const FzRecord *record,
                        const char *path, const FzDiagSink *sink,
                        FzHeldRow *row_out) FZ_MUST_CHECK;

#endif
