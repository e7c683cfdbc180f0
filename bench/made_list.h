/* SPDX-License-Identifier: BSD-2-Clause
 *
 * made_list.h - a reputation list of invented hosts
 */
#ifndef FZ_BENCH_MADE_LIST_H
#define FZ_BENCH_MADE_LIST_H

#include "bench/generate.h"
#include "engine/list/list.h"

/** The program ends when it cannot be made. */
FzListSet *fz_made_list(FzRandom *random, long entries, int64_t now_ms,
                        double *seconds_out, size_t *octets_out);

#endif
