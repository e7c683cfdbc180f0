/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mapped.h - a mapped list from inside: for list.c, lookup.c and the builder
 *
 * The head was checked when it was mapped, so every table lies inside the
 * file; what the tables say (places in other tables, order) is not believed
 * before it is used.
 */
#ifndef FZ_ENGINE_LIST_MAPPED_H
#define FZ_ENGINE_LIST_MAPPED_H

#include "engine/list/format.h"
#include "engine/list/siphash.h"

struct FzList {
    const uint8_t *data; /* the whole file */
    size_t octets;
    bool mapped; /* by us: unmap when closed */
    char *path;

    /* tables, in the order a look-up meets them; little-endian */
    FzSipKey key;
    const uint64_t *filter;
    uint64_t filter_words;
    uint64_t homes;
    const uint8_t *lines;
    uint64_t line_count;
    const uint8_t *kinds;
    uint32_t kind_count;
    const uint8_t *ranges4, *ranges6;
    size_t range4_count, range6_count;
    const uint8_t *sources;
    uint32_t source_count;
    const char *strings;
    size_t string_octets;

    int64_t built_day; /* since the epoch */
    FzlHead head;
};

/** The text at `offset` of the table of texts; "" when that is outside. */
static inline const char *fzl_string(const FzList *list, uint32_t offset)
{
    return offset < list->string_octets ? list->strings + offset : "";
}

static inline const char *fzl_source_name(const FzList *list, uint32_t source)
{
    return source < list->source_count
               ? fzl_string(list, fzl_get32(list->sources +
                                            source * FZL_SOURCE_OCTETS))
               : "";
}

/** Whether an entry with this meta word is past its expiry. */
static inline bool fzl_expired(const FzList *list, uint32_t meta,
                               int64_t now_day)
{
    uint32_t day = FZL_META_DAY(meta);

    return day != 0 && now_day >= list->built_day + (int64_t)day;
}

/** Where of `count' equal parts of all hashes this one lies. */
static inline uint64_t fzl_part(uint64_t hash, uint64_t count)
{
    return (uint64_t)(((unsigned __int128)hash * count) >> 64);
}

static inline uint64_t fzl_filter_bits(uint64_t hash)
{
    return UINT64_C(1) << (hash & 63) | UINT64_C(1) << (hash >> 6 & 63) |
           UINT64_C(1) << (hash >> 12 & 63);
}

/** False: this hash is not in the list. */
static inline bool fzl_may_have(const FzList *list, uint64_t hash)
{
    uint64_t bits = fzl_filter_bits(hash);

    return (le64toh(list->filter[fzl_part(hash, list->filter_words)]) & bits) ==
           bits;
}

/** The entries of one hash, one after the other. */
typedef struct FzlCursor {
    const uint8_t *line;
    uint32_t more; /* lines behind this one */
    uint32_t low;
    uint16_t middle;
    uint32_t left; /* bit set: places of this line that may fit */
} FzlCursor;

static inline const uint8_t *fzl_line(const FzList *list, uint64_t hash)
{
    return list->lines + fzl_part(hash, list->homes) * FZL_LINE_OCTETS;
}

/** What passed the filter is mostly listed, and one in four of those stands in
 * the next line: fetch both at once. */
static inline void fzl_prefetch(const FzList *list, uint64_t hash)
{
    const uint8_t *line = fzl_line(list, hash);

    __builtin_prefetch(line);
    __builtin_prefetch(line + FZL_LINE_OCTETS);
}

/* Which places of a line hold hashes with these low bits. */
static inline uint32_t fzl_places(const uint8_t *line, uint32_t low)
{
    uint32_t found = 0;

#pragma GCC unroll 6
    for (unsigned i = 0; i < FZL_LINE_ENTRIES; i++)
        found |= (uint32_t)(fzl_get32(line + 4 * i) == low) << i;
    return found & ((1u << (line[FZL_LINE_COUNT_AT] & 7)) - 1);
}

static inline FzlCursor fzl_find(const FzList *list, uint64_t hash)
{
    uint64_t home = fzl_part(hash, list->homes);
    const uint8_t *line = list->lines + home * FZL_LINE_OCTETS;
    uint64_t more = line[FZL_LINE_SPILL_AT];

    if (more > list->line_count - 1 - home) /* damaged */
        more = list->line_count - 1 - home;
    return (FzlCursor){line, (uint32_t)more, (uint32_t)hash,
                       (uint16_t)(hash >> 32),
                       fzl_places(line, (uint32_t)hash)};
}

/** False when there is none left. */
static inline bool fzl_next(FzlCursor *at, uint32_t *meta_out)
{
    for (;;) {
        while (at->left != 0) {
            unsigned place = (unsigned)__builtin_ctz(at->left);
            uint16_t middle;

            at->left &= at->left - 1;
            memcpy(&middle, at->line + FZL_LINE_MIDDLE_AT + 2 * place,
                   sizeof middle);
            if (le16toh(middle) != at->middle)
                continue;
            *meta_out = fzl_get32(at->line + FZL_LINE_META_AT + 4 * place);
            return true;
        }
        if (at->more == 0)
            return false;
        at->more--;
        at->line += FZL_LINE_OCTETS;
        at->left = fzl_places(at->line, at->low);
    }
}

#endif
