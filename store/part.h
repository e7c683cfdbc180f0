/* SPDX-License-Identifier: BSD-2-Clause
 *
 * part.h - between the parts that the store is given and what a database keeps
 */
#ifndef FZ_STORE_PART_H
#define FZ_STORE_PART_H

#include "store/backend.h"
#include "store/seal.h"

/** Room for one record at a time; the record's slices point into it. */
typedef struct FzPartScratch {
    FzBuf bound;
    FzBuf clear;
    FzBuf sealed;
} FzPartScratch;

void fz_part_scratch_clear(FzPartScratch *scratch); /* wipes */

/** Octets of everything variable in it. */
size_t fz_part_octets(const FzPart *part);

/** The record of `part` as row `row`; lives until the next use of scratch,
 *  which is zeroed before its first. */
void fz_part_seal(const FzSeal *seal, const FzPart *part, int64_t row,
                  FzPartScratch *scratch, FzPartRecord *record_out);

/** FZ_E_SYNTAX (said to the sink): changed, moved, or another key's. The
 *  slices of `part_out` point into `room`, which is overwritten. */
FzStatus fz_part_unseal(const FzSeal *seal, const FzPartRecord *record,
                        const char *path, const FzDiagSink *sink, FzBuf *room,
                        FzPart *part_out) FZ_MUST_CHECK;

#endif
