/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define NAME_OCTETS 64 /* longer names are not compared */
#define EDITS_MAX 3

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned edits(const char *a, const char *b)
{
    size_t a_octets = strlen(a), b_octets = strlen(b);
    unsigned row[3][NAME_OCTETS + 1];

    if (a_octets > NAME_OCTETS || b_octets > NAME_OCTETS)
        return NAME_OCTETS;
    for (size_t j = 0; j <= b_octets; j++)
        row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_octets; i++) {
        unsigned *now = row[i % 3], *last = row[(i + 2) % 3];
        const unsigned *before = row[(i + 1) % 3];

        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b_octets; j++) {
            now[j] = least(last[j], now[j - 1]) + 1;
            now[j] = least(now[j], last[j - 1] + !same(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
                same(a[i - 2], b[j - 1]))
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return row[a_octets % 3][b_octets];
}

const char *fz_nearest_name(const char *name,
                            const char *(*name_at)(const void *ctx, size_t i),
                            const void *ctx)
{
    size_t octets = strlen(name);
    unsigned most = least((unsigned)(octets + 2) / 3, EDITS_MAX);
    const char *nearest = NULL, *candidate;

    for (size_t i = 0; (candidate = name_at(ctx, i)) != NULL; i++) {
        unsigned distance = edits(name, candidate);

        /* what has nothing in common is another word, however short */
        if (distance >= octets || distance >= strlen(candidate))
            continue;
        if (distance < most || (distance == most && nearest == NULL)) {
            most = distance;
            nearest = candidate;
        }
    }
    return nearest;
}

static const char *name_of(const void *ctx, size_t i)
{
    return ((const char *const *)ctx)[i];
}

const char *fz_nearest_of(const char *name, const char *const *names)
{
    return fz_nearest_name(name, name_of, names);
}
