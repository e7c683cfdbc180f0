/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sieve_impl.h - what the making of a sieve and the asking of it share
 *
 * Three ways to a word, by how it begins:
 *
 *     token   ASCII letters and digits with a border before and behind, as
 *             whole words of Latin have: by this run, up to 15 octets of it
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

#define FZ_LONG_OCTETS 6   /* of the shortest long word */
#define FZ_FRONT_OCTETS 8  /* that are looked at */
#define FZ_TOKEN_OCTETS 15 /* ... of a token */

/* Of a place in the text: the hash of so many octets, for the guards. */
#define FZ_SEEN_OCTETS 6
#define FZ_SEEN_ALWAYS FZ_SEEN_HASHES /* of words no place tells of */

/* What a lead says instead of the guards' hashes. */
typedef enum FzGuard {
    FZ_GUARD_NONE = 0xFFFF,  /* nothing else is needed */
    FZ_GUARD_MANY = 0xFFFE,  /* more words, or such as no place tells of: see
                                FzSieve.guard */
    FZ_GUARD_LEADS = 0xFFFD, /* several forms: `form' is the first of
                                FzSieve.lead, the other guard how many */
    FZ_GUARD_WORDS = 0xFFFC, /* several words: `form' is the string of the
                                program that they are */
} FzGuard;

/* From a word to a form; one of the guard's two words must have been seen. */
typedef struct FzLead {
    uint32_t form;
    uint16_t guard[2];
} FzLead;

/* All that decides about most words is in one place: whatever else the program
 * knows of them is far away when a message comes. */
typedef struct FzSieveEntry {
    uint32_t tag;       /* of its hash */
    uint32_t text : 31; /* where its octets are; 0: no entry, nor behind it */
    uint32_t whole : 1; /* the hash tells of all of it, and nothing needs to
                           be compared */
    FzLead lead;
} FzSieveEntry;

/* A cache line of them; what is too much is in the next. */
#define FZ_BUCKET_ENTRIES 4

typedef struct FzFront {
    uint32_t map_shift, bucket_shift;
    uint32_t last;             /* bucket; the next of it is the first */
    bool ascii;                /* some of its words begin so, and some */
    bool wide;                 /* beyond it */
    const uint64_t *map;       /* two bits a word, in one piece of 64 */
    const FzSieveEntry *entry; /* by bucket */
} FzFront;

struct FzSieve {
    FzFront front[FZ_FRONTS];
    /* some words begin with a sign, or within a word of Latin */
    bool signs, within;
    const FzLead *lead;
    const uint8_t *text; /* of each string: how many octets, the borders of its
                            one word, and these octets */
    const uint32_t *guard_first; /* by form, one more */
    const uint16_t *guard;       /* hashes of which one must be there */
    const uint32_t *guard_word;  /* whose hashes they are */
};

#define FZ_FRONT_FACTOR 0x9E3779B97F4A7C15u
#define FZ_FRONT_BIT 30 /* of the hash: the first that chooses one of 64 */

static inline uint64_t fz_front_load(const uint8_t *at)
{
    uint64_t octets;

    memcpy(&octets, at, sizeof octets);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    octets = __builtin_bswap64(octets);
#endif
    return octets;
}

/* The first of its octets; 1 to 8, and 8 is all of them. */
static inline uint64_t fz_front_of(uint64_t octets, uint32_t count)
{
    return octets << (64 - 8 * count) >> (64 - 8 * count);
}

/* From bit 24 on every bit depends on every octet. */
static inline uint64_t fz_front_hash(uint64_t front)
{
    return (front ^ front >> 32) * FZ_FRONT_FACTOR;
}

/* Of a token of so many octets, 1 to FZ_TOKEN_OCTETS; 16 can be read. */
static inline uint64_t fz_front_token_hash(const uint8_t *at, uint32_t token)
{
    uint32_t more = token < 8 ? 0 : token - 8;
    uint64_t first = fz_front_of(fz_front_load(at), token < 8 ? token : 8);
    uint64_t rest = fz_front_load(at + 8) & (((uint64_t)1 << 8 * more) - 1);

    return fz_front_hash(first ^ fz_front_hash(rest));
}

/* Two of 64 bits; its upper bits say which piece of the map and which bucket.
 */
static inline uint64_t fz_front_bits(uint64_t hash)
{
    return (uint64_t)1 << (hash >> FZ_FRONT_BIT & 63) |
           (uint64_t)1 << (hash >> (FZ_FRONT_BIT + 6) & 63);
}

static inline bool fz_front_is_set(uint64_t piece, uint64_t hash)
{
    return piece >> (hash >> FZ_FRONT_BIT & 63) &
           piece >> (hash >> (FZ_FRONT_BIT + 6) & 63) & 1;
}

static inline uint32_t fz_front_tag(uint64_t hash)
{
    return (uint32_t)(hash >> 16);
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

/* Of a hash. */
static inline uint16_t fz_seen_of(uint64_t hash)
{
    return (uint16_t)(hash >> (64 - FZ_SEEN_BITS));
}

/* What begins with a letter or digit is known by those that follow it without
 * a gap: a short word by all of it. */
static inline uint16_t fz_seen_at(uint64_t octets, uint32_t token)
{
    if (token > FZ_SEEN_OCTETS)
        token = FZ_SEEN_OCTETS;
    return fz_seen_of(fz_front_hash(fz_front_of(octets, token)));
}

/* --- sieve_piece.c -------------------------------------------------------- */

/* Of the piece that begins at `from'. */
void fz_piece_see(const FzSieve *sieve, const FzView *view, uint32_t from,
                  FzPiece *piece);

/* Was a place with this hash seen? */
bool fz_piece_has_seen(const FzPiece *piece, uint16_t hash);

/* The same, for one who asks of many. */
void fz_piece_map_seen(FzPiece *piece);
static inline bool fz_piece_is_mapped(const FzPiece *piece, uint16_t hash)
{
    return piece->map[hash / 64] >> hash % 64 & 1;
}

#endif
