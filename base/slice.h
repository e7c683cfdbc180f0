/* SPDX-License-Identifier: BSD-2-Clause
 *
 * slice.h - octets that belong to someone else
 */
#ifndef FZ_BASE_SLICE_H
#define FZ_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Borrowed octets. `data` is NULL when the value is absent, which is not the
 *  same as empty: a Kannel field may be NULL or "". */
typedef struct FzSlice {
    const uint8_t *data;
    size_t octets;
} FzSlice;

static inline FzSlice fz_slice(const void *data, size_t octets)
{
    return (FzSlice){(const uint8_t *)data, octets};
}

/** NULL gives the absent slice. */
static inline FzSlice fz_slice_of(const char *text)
{
    return text == NULL ? (FzSlice){NULL, 0} : fz_slice(text, strlen(text));
}

static inline bool fz_slice_equal(FzSlice a, FzSlice b)
{
    return a.octets == b.octets &&
           (a.octets == 0 || memcmp(a.data, b.data, a.octets) == 0);
}

static inline bool fz_slice_is(FzSlice a, const char *text)
{
    return fz_slice_equal(a, fz_slice_of(text));
}

#endif
