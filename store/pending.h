/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pending.h - what waits for a commit: a copy of its own of all it needs
 */
#ifndef FZ_STORE_PENDING_H
#define FZ_STORE_PENDING_H

#include "store/store.h"

typedef struct FzWaited FzWaited; /* of writer.c */

/** One unit of a transaction: all of it is committed, or nothing. */
typedef struct FzPending {
    struct FzPending *next;
    FzWaited *waited;     /* else NULL, and the rest counts */
    FzPartsChange change;  /* into the octets behind this struct */
    size_t octets;
    FzStoreDone done; /* of a held message alone; else NULL */
    FzPartsDone parts_done;
    void *ctx;
    FzStatus status;
    bool refused; /* change.moved was in another state: nothing is done */
    int64_t held_row;
    int64_t *part_rows; /* change.add_count of them */
} FzPending;

/** May the store keep this? FZ_E_STATE: it makes no sense; FZ_E_LIMIT. */
FzStatus fz_pending_check(const FzPartsChange *change,
                          size_t *octets_out) FZ_MUST_CHECK;

/** One block; free it with fz_free. */
FzPending *fz_pending_copy(const FzPartsChange *change, size_t octets);

#endif
