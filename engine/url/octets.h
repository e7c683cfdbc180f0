/* SPDX-License-Identifier: BSD-2-Clause
 *
 * octets.h - ASCII, whatever the locale says
 */
#ifndef FZ_ENGINE_URL_OCTETS_H
#define FZ_ENGINE_URL_OCTETS_H

#include "base/slice.h"

static inline uint8_t fz_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static inline bool fz_is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static inline bool fz_is_alpha(uint32_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static inline bool fz_is_alnum(uint32_t c)
{
    return fz_is_digit(c) || fz_is_alpha(c);
}

/** A set of ASCII characters; `low` has those below 64. */
typedef struct FzAsciiSet {
    uint64_t low, high;
} FzAsciiSet;

#define FZ_ASCII(c) ((uint64_t)1 << ((c)&63))
#define FZ_ASCII_DIGITS ((uint64_t)0x03FF << 48)        /* of low */
#define FZ_ASCII_LETTERS ((uint64_t)0x07FFFFFE07FFFFFE) /* of high */

static inline bool fz_in_set(const FzAsciiSet *set, uint32_t c)
{
    return c < 128 && ((c < 64 ? set->low : set->high) >> (c & 63) & 1) != 0;
}

static inline bool fz_is_nocase(FzSlice slice, const char *lower)
{
    size_t i;

    for (i = 0; i < slice.octets && lower[i] != '\0'; i++)
        if (fz_lower(slice.data[i]) != (uint8_t)lower[i])
            return false;
    return i == slice.octets && lower[i] == '\0';
}

#endif
