/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cpu.h - may 64 octets be looked at at once?
 *
 * Debian's x86-64 promises 16. Where the machine has AVX-512 with VBMI2 (Intel
 * from Ice Lake on, AMD from Zen 4), the loops over every octet of a text run
 * in a second form, which must give the same result octet for octet.
 *
 *     if (fz_cpu_is_wide)
 *         return masks_wide(octets);
 */
#ifndef FZ_BASE_CPU_H
#define FZ_BASE_CPU_H

#include <stdbool.h>
#include <stdint.h>

#if defined __x86_64__ && defined __GNUC__
#define FZ_CPU_WIDE 1 /* there may be wide forms: <immintrin.h> */

/** Of a function in the wide form. What is to be inlined into it has the same
 *  attribute or none and `always_inline`. */
#define FZ_WIDE                                                                \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,"     \
                          "avx512vbmi2,bmi,bmi2,popcnt")))

/** Octet i holds i: compressed by a mask, the places of its bits. */
extern const uint8_t fz_cpu_places[64];
#endif

/** Of what both forms have in common, which becomes either in its caller. */
#define FZ_ALWAYS_INLINE static inline __attribute__((always_inline))

/** This machine has all that FZ_WIDE names. Set before main; a test puts it to
 *  false to run the other form. */
extern bool fz_cpu_is_wide;

#endif
