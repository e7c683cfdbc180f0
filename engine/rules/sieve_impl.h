/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sieve_impl.h - what the making of a sieve and the asking of it share
 *
 * Three ways to a word, by how it begins:
 *
 *     token   ASCII letters and digits with a border before and behind, as
 *             whole words of Latin have: by this run, up to eight octets of it
 *     long    six octets and more: by the first six or eight
 *     short   two to five: by the first two or three
 *
 * Each has a bitmap that says where a word may stand and, for what is set
 * there, a table of the words.
 */
#ifndef FZ_ENGINE_RULES_SIEVE_IMPL_H
#define FZ_ENGINE_RULES_SIEVE_IMPL_H

#include "engine/rules/sieve.h"

#include <string.h>

typedef enum FzFrontKind {
    FZ_FRONT_LONG,
    FZ_FRONT_TOKEN,
    FZ_FRONT_THREE,
    FZ_FRONT_TWO,
} FzFrontKind;
#define FZ_FRONTS 4

/* Octets that a front looks at, of the shortest of its words. */
#define FZ_FRONT_LONG_OCTETS 6
#define FZ_FRONT_OCTETS 8 /* at most */

/* Of a place in the text: the hash of so many octets, for the guards. */
#define FZ_SEEN_OCTETS 6
#define FZ_SEEN_BITS 10
#define FZ_SEEN_ALWAYS (1u << FZ_SEEN_BITS) /* of words no place tells of */

/* What an entry says of the guards: two hashes of which one must be there, or
 * one of these. */
#define FZ_GUARD_NONE 0xFFFF   /* nothing else is needed */
#define FZ_GUARD_LISTED 0xFFFE /* see the program's entries and `guard' */

typedef struct FzSieveEntry {
    uint64_t front;       /* its first octets, up to eight */
    uint32_t string : 28; /* of the program */
    uint32_t octets : 4;  /* in `front' */
    uint16_t guard[2];
} FzSieveEntry;

typedef struct FzFront {
    uint32_t map_shift, bucket_shift;
    const uint64_t *map;       /* two bits a word, in one piece of 64 */
    const uint32_t *first;     /* by bucket, one more */
    const FzSieveEntry *entry; /* NULL: no words */
    bool wide, ascii;          /* some of its words begin so */
} FzFront;

struct FzSieve {
    FzFront front[FZ_FRONTS];
    /* some begin with ASCII that is no whole word: with a sign, or within */
    bool starts, signs, within;
    const uint32_t *guard_first; /* by form, one more */
    const uint16_t *guard;       /* hashes of which one must be there */
    const uint32_t *guard_word;  /* whose hashes they are */
};

static inline uint64_t fz_front_load(const uint8_t *at)
{
    uint64_t octets;

    memcpy(&octets, at, sizeof octets);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    octets = __builtin_bswap64(octets);
#endif
    return octets;
}

/* The first of its octets; 8 is all of them. */
static inline uint64_t fz_front_of(uint64_t octets, uint32_t count)
{
    return octets << (64 - 8 * count) >> (64 - 8 * count);
}

static inline uint64_t fz_front_hash(uint64_t front)
{
    return front * 0x9E3779B97F4A7C15u;
}

/* Two of 64 bits, by the hash's middle: its upper bits say which piece of the
 * map and which bucket, its lower ones depend on the first octet alone. */
static inline uint64_t fz_front_bits(uint64_t hash)
{
    return (uint64_t)1 << (hash >> 38 & 63) | (uint64_t)1 << (hash >> 44 & 63);
}

static inline bool fz_front_is_set(uint64_t piece, uint64_t hash)
{
    return piece >> (hash >> 38 & 63) & piece >> (hash >> 44 & 63) & 1;
}

static inline bool fz_octet_is_alnum(uint8_t octet)
{
    return octet - (unsigned)'0' < 10 || (octet | 0x20) - (unsigned)'a' < 26;
}

/* ASCII letters and digits in front, as far as is looked at. */
static inline uint32_t fz_front_token(const uint8_t *octets, uint32_t count,
                                      uint32_t most)
{
    uint32_t run = 0;

    while (run < most && run < count && fz_octet_is_alnum(octets[run]))
        run++;
    return run;
}

/* What begins with a letter or digit is known by those that follow it without
 * a gap: a short word by all of it. */
static inline uint32_t fz_seen_at(uint64_t octets, uint32_t token)
{
    return (uint32_t)(fz_front_hash(fz_front_of(octets, token)) >>
                      (64 - FZ_SEEN_BITS));
}

#endif
