/* SPDX-License-Identifier: BSD-2-Clause
 *
 * format.h - how a compiled list lies in its file
 *
 * Known to the builder, the reader and their tests alone; docs/lists.md tells
 * it to people. All numbers are little-endian, whatever the machine; a file
 * moves between machines. Every table begins at a multiple of 64 octets.
 *
 *   head      FZL_HEAD_OCTETS: what is where; ends with its own digest and
 *             the signature, so that opening reads nothing else
 *   lines     FZL_LINE_OCTETS each, one cache line: a sorted table with gaps.
 *             The home of a hash is line hash * homes / 2^64; entries stand in
 *             the order of their hashes, each in its home or, where that is
 *             full, in one of the next `spill' lines (which the home tells)
 *   filter    u64[words]: three bits in word hash * words / 2^64 for each entry
 *             (hash bits 0..5, 6..11, 12..17): most of what is not listed ends
 *             there, and it is small enough to stay near the processor
 *   ranges4   FZL_RANGE4_OCTETS each, ascending, either apart or the same
 *   ranges6   FZL_RANGE6_OCTETS each, likewise
 *   kinds     FZL_KIND_OCTETS each: what many entries have in common
 *   sources   FZL_SOURCE_OCTETS each
 *   strings   NUL-terminated texts; the first is empty
 *
 * The same key may stand several times (another level, another source).
 * Why so and not a sorted array with an index:
 * docs/decisions/0008-lists-are-lines-with-a-filter.md.
 */
#ifndef FZ_ENGINE_LIST_FORMAT_H
#define FZ_ENGINE_LIST_FORMAT_H

#include "base/slice.h"
#include "base/status.h"
#include "engine/list/list.h"

#include <endian.h>

#define FZL_MAGIC                                                              \
    "\x89"                                                                     \
    "FZL\r\n\x1a\n" /* a text-mode copy breaks it */
#define FZL_MAGIC_OCTETS 8
#define FZL_VERSION 1
#define FZL_ALIGN 64

typedef enum FzlSection {
    FZL_LINES = 0,
    FZL_FILTER = 1,
    FZL_RANGES4 = 2,
    FZL_RANGES6 = 3,
    FZL_KINDS = 4,
    FZL_SOURCES = 5,
    FZL_STRINGS = 6,
} FzlSection;
#define FZL_SECTIONS 7

/** At octet: 0 hash bits 0..31 u32[6], 24 hash bits 32..47 u16[6], 36 meta
 *  u32[6], 60 entries in this line u8, 61 spill u8, 62 zero u16. Meta: kind in
 *  the low 20 bits, expiry in the high 12: 0 for never, else the entry dies
 *  at the end of day built + this - 1. */
#define FZL_LINE_OCTETS 64
#define FZL_LINE_ENTRIES 6
#define FZL_LINE_MIDDLE_AT 24
#define FZL_LINE_META_AT 36
#define FZL_LINE_COUNT_AT 60
#define FZL_LINE_SPILL_AT 61

typedef enum FzlFlag {
    FZL_SIGNED = 1 << 0,
    FZL_MAY_BE_EMPTY = 1 << 1, /* without it a list of nothing is refused: a
                                  feed that failed looks like that */
} FzlFlag;

typedef struct FzlPlace {
    uint64_t offset, octets;
} FzlPlace;

/** The head as numbers of this machine. In the file, at octet:
 *    0 magic            8 version u32      12 head octets u32
 *   16 file octets u64 24 built ms i64     32 not after ms i64
 *   40 allow u64       48 block u64        56 shared u64
 *   64 hash key [16]   80 content digest [32]
 *  112 flags u32      116 sections u32    120 homes u32        124 zero u32
 *  128 places [7] of offset u64, octets u64, zeros to 256
 *  256 head digest [32], of all before it
 *  288 signature [64], Ed25519 of all before it; zero without one */
typedef struct FzlHead {
    uint64_t file_octets;
    int64_t built_ms, not_after_ms;
    uint64_t allow, block, shared;
    uint8_t hash_key[FZ_LIST_HASH_KEY_OCTETS];
    uint8_t content_digest[32];
    uint32_t flags, homes;
    FzlPlace place[FZL_SECTIONS];
} FzlHead;
#define FZL_HEAD_DIGEST_AT 256
#define FZL_SIGNATURE_AT 288
#define FZL_SIGNATURE_OCTETS 64
#define FZL_HEAD_OCTETS 384 /* padded with zeros from 352 */

typedef enum FzlAction {
    FZL_ALLOW = 1,
    FZL_BLOCK = 2,
    FZL_SHARED = 3, /* no answer: others' content lives at this host */
} FzlAction;

/** At octet: 0 category u32, 4 note u32 (offsets in strings), 8 first seen
 *  u32 (hours since the epoch, 0 unknown), 12 source u16, 14 score u16
 *  (hundredths, 0xFFFF unset), 16 action u8, 17 level u8, 18 zero u16. */
typedef struct FzlKind {
    uint32_t category, note, first_hour;
    uint16_t source, score;
    uint8_t action, level;
} FzlKind;
#define FZL_KIND_OCTETS 20
#define FZL_SCORE_UNSET 0xFFFF

/** At octet: 0 name u32, 4 zero u32, 8 fetched ms i64, 16 entries u64,
 *  24 refused u64. */
#define FZL_SOURCE_OCTETS 32

/** At octet: 0 from u32, 4 to u32 (both inside), 8 meta u32, 12 prefix bits
 *  u32. */
#define FZL_RANGE4_OCTETS 16
/** At octet: 0 from [16], 16 to [16] (in network order), 32 meta u32,
 *  36 prefix bits u32. */
#define FZL_RANGE6_OCTETS 40

#define FZL_META_KIND(meta) ((meta)&0xFFFFFu)
#define FZL_META_DAY(meta) ((meta) >> 20)
#define FZL_META(kind, day) ((uint32_t)(day) << 20 | (uint32_t)(kind))
#define FZL_LAST_DAY 0xFFFu
#define FZL_DAY_MS INT64_C(86400000)
#define FZL_HOUR_MS INT64_C(3600000)

/** FZL_HEAD_OCTETS into `out`, head digest included, signature zero. */
void fzl_head_write(const FzlHead *head, uint8_t *out);

/** Read and check what stands at the beginning of `data`; every place is
 *  inside `octets` and of a whole number of records afterwards. `name` is for
 *  the diag. */
FzStatus fzl_head_read(const uint8_t *data, size_t octets, const char *name,
                       const FzDiagSink *sink, FzlHead *head_out) FZ_MUST_CHECK;

/** BLAKE2b of plain octets; of several pieces one after the other. */
void fzl_digest(const FzSlice *pieces, size_t count, uint8_t *out);

void fzl_kind_write(const FzlKind *kind, uint8_t *out);
FzlKind fzl_kind_read(const uint8_t *in);

static inline uint32_t fzl_get32(const uint8_t *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof word);
    return le32toh(word);
}

static inline uint64_t fzl_get64(const uint8_t *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return le64toh(word);
}

void fzl_put16(uint8_t *p, uint16_t value);
void fzl_put32(uint8_t *p, uint32_t value);
void fzl_put64(uint8_t *p, uint64_t value);

#endif
