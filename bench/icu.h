/* SPDX-License-Identifier: BSD-2-Clause
 *
 * icu.h - ICU's skeleton of a text (UTS 39), where its library is installed
 *
 * Loaded when it is asked for: nothing but the benches compares with it.
 */
#ifndef FZ_BENCH_ICU_H
#define FZ_BENCH_ICU_H

#include <stdbool.h>
#include <stdint.h>

typedef struct FzIcu {
    void *checker;
    int32_t (*skeleton)(const void *checker, uint32_t type, const char *text,
                        int32_t octets, char *out, int32_t room,
                        int *status_out);
} FzIcu;

/** False: there is no ICU 72. Lives as long as the process. */
bool fz_icu_open(FzIcu *icu);

/** Make the skeleton of a text, and forget it. */
void fz_icu_skeleton(const FzIcu *icu, const void *text, uint32_t octets);

#endif
