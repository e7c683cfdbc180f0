/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/cpu.h"

bool fz_cpu_is_wide;

#ifdef FZ_CPU_WIDE
__attribute__((constructor)) static void look(void)
{
    __builtin_cpu_init();
    fz_cpu_is_wide = __builtin_cpu_supports("avx512f") &&
                     __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512dq") &&
                     __builtin_cpu_supports("avx512vl") &&
                     __builtin_cpu_supports("avx512vbmi") &&
                     __builtin_cpu_supports("avx512vbmi2") &&
                     __builtin_cpu_supports("bmi") &&
                     __builtin_cpu_supports("bmi2") &&
                     __builtin_cpu_supports("popcnt");
}
#endif
