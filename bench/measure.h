/* SPDX-License-Identifier: BSD-2-Clause
 *
 * measure.h - several ways over the same messages, in turns, in one run
 *
 * A pass goes over all messages; those of one round are cut into slices that
 * alternate, so that what else the machine does falls on all of them. What
 * would drive the others out of the caches goes over all messages at once at
 * the round's end. Times are processor time of the thread. Figures are medians
 * over the rounds, ratios are of the passes of one round, with the interval
 * that holds nine tenths of them.
 */
#ifndef FZ_BENCH_MEASURE_H
#define FZ_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

#define FZ_ROUNDS_MOST 99
#define FZ_SERIES_MOST 16

typedef struct FzSeries {
    const char *name;
    /* Messages [from, to) of the world; returns how many it did. */
    long (*pass)(void *world, long from, long to);
    bool apart;                /* at the round's end */
    double ns[FZ_ROUNDS_MOST]; /* a message */
} FzSeries;

typedef struct FzRounds {
    long rounds, messages;
    long slice; /* messages */
    /* before each slice, not measured: what has just come from a socket is in
     * the caches, for all of them */
    void (*touch)(void *world, long from, long to);
} FzRounds;

/** One round more is made before the first, to warm up. */
void fz_measure(void *world, const FzRounds *how, FzSeries *series,
                size_t count);

double fz_cpu_ns(void); /* of this thread */

/** The value below which a share of them lies. At most FZ_ROUNDS_MOST. */
double fz_quantile(const double *values, long count, double share);

typedef struct FzRatio {
    double low, median, high; /* 5th, 50th and 95th of a hundred */
} FzRatio;
FzRatio fz_ratio(const FzSeries *of, const FzSeries *to, long rounds);

#endif
