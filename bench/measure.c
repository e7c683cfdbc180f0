/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/measure.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

double fz_cpu_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

typedef struct Spent {
    double ns;
    long done;
} Spent;

static void spend(void *world, const FzSeries *series, long from, long to,
                  Spent *spent)
{
    double began = fz_cpu_ns();

    spent->done += series->pass(world, from, to);
    spent->ns += fz_cpu_ns() - began;
}

static void go_round(void *world, const FzRounds *how, const FzSeries *series,
                     size_t count, Spent *spent)
{
    for (long from = 0; from < how->messages; from += how->slice) {
        long to = from + how->slice;

        if (to > how->messages)
            to = how->messages;
        how->touch(world, from, to);
        for (size_t s = 0; s < count; s++)
            if (!series[s].apart)
                spend(world, &series[s], from, to, &spent[s]);
    }
    for (size_t s = 0; s < count; s++)
        if (series[s].apart)
            spend(world, &series[s], 0, how->messages, &spent[s]);
}

void fz_measure(void *world, const FzRounds *how, FzSeries *series,
                size_t count)
{
    for (long round = -1; round < how->rounds; round++) {
        Spent spent[FZ_SERIES_MOST] = {0};

        go_round(world, how, series, count, spent);
        for (size_t s = 0; round >= 0 && s < count; s++)
            series[s].ns[round] =
                spent[s].done > 0 ? spent[s].ns / (double)spent[s].done : 0;
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

double fz_quantile(const double *values, long count, double share)
{
    double sorted[FZ_ROUNDS_MOST];

    memcpy(sorted, values, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, by_value);
    return sorted[(long)(share * (double)(count - 1) + 0.5)];
}

FzRatio fz_ratio(const FzSeries *of, const FzSeries *to, long rounds)
{
    double ratio[FZ_ROUNDS_MOST];

    for (long r = 0; r < rounds; r++)
        ratio[r] = of->ns[r] / to->ns[r];
    return (FzRatio){fz_quantile(ratio, rounds, 0.05),
                     fz_quantile(ratio, rounds, 0.5),
                     fz_quantile(ratio, rounds, 0.95)};
}
