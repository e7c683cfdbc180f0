/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_die(void *block, size_t octets)
{
    if (block == NULL && octets != 0) {
        fprintf(stderr, "fanzha: out of memory for %zu octets\n", octets);
        abort();
    }
    return block;
}

static size_t product(size_t count, size_t octets)
{
    size_t total;

    if (__builtin_mul_overflow(count, octets, &total))
        or_die(NULL, SIZE_MAX);
    return total;
}

void *fz_malloc(size_t octets)
{
    return or_die(malloc(octets), octets);
}

void *fz_calloc(size_t count, size_t octets)
{
    return or_die(calloc(count, octets), product(count, octets));
}

void *fz_realloc(void *block, size_t octets)
{
    return or_die(realloc(block, octets), octets);
}

void *fz_realloc_array(void *block, size_t count, size_t octets)
{
    return fz_realloc(block, product(count, octets));
}

char *fz_strdup(const char *text)
{
    return fz_strndup(text, strlen(text));
}

char *fz_strndup(const void *text, size_t octets)
{
    char *copy = fz_malloc(octets + 1);

    if (octets != 0)
        memcpy(copy, text, octets);
    copy[octets] = '\0';
    return copy;
}

void fz_free(void *block)
{
    free(block);
}
