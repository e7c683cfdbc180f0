/* SPDX-License-Identifier: BSD-2-Clause
 *
 * load.h - messages a second over the last one, five and fifteen minutes
 *
 * As bearerbox shows them. A counter is sampled once a second into a ring; no
 * clock here: the caller says which second it is.
 */
#ifndef FZ_BOX_ADMIN_LOAD_H
#define FZ_BOX_ADMIN_LOAD_H

#include <stdint.h>

#define FZ_LOAD_SECONDS (15 * 60)

typedef struct FzLoad {
    uint64_t total[FZ_LOAD_SECONDS + 1]; /* by second, newest at `last` */
    int64_t first_s, last_s;             /* first_s 0: nothing sampled yet */
} FzLoad;

void fz_load_sample(FzLoad *load, int64_t second, uint64_t total);

/** A second, over the last `span_s` (at most FZ_LOAD_SECONDS) or since the
 *  first sample, whichever is shorter. */
double fz_load_rate(const FzLoad *load, int64_t span_s);

#endif
