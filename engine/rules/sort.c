/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sort.c - in place, without memory of its own, counting its steps
 */
#include "config.h"

#include "engine/rules/scanner.h"

#define SHORT 12 /* items that are sorted by insertion */

static uint64_t by_start(const FzOccurrence *item)
{
    return (uint64_t)item->start << 32 | item->end;
}

static uint64_t by_end(const FzOccurrence *item)
{
    return (uint64_t)item->end << 32 | item->start;
}

typedef uint64_t (*Key)(const FzOccurrence *item);

static inline void insert(FzOccurrence *item, uint32_t count, Key key)
{
    for (uint32_t i = 1; i < count; i++) {
        FzOccurrence moved = item[i];
        uint32_t at = i;

        for (; at > 0 && key(&item[at - 1]) > key(&moved); at--)
            item[at] = item[at - 1];
        item[at] = moved;
    }
}

static inline void sink(FzOccurrence *item, uint32_t at, uint32_t count,
                        Key key)
{
    FzOccurrence moved = item[at];

    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child >= count)
            break;
        if (child + 1 < count && key(&item[child + 1]) > key(&item[child]))
            child++;
        if (key(&item[child]) <= key(&moved))
            break;
        item[at] = item[child];
        at = child;
    }
    item[at] = moved;
}

static inline bool sort(FzScanner *scanner, FzOccurrence *item, uint32_t count,
                        Key key)
{
    uint32_t sorted = 1;

    while (sorted < count && key(&item[sorted - 1]) <= key(&item[sorted]))
        sorted++;
    if (sorted >= count)
        return fz_spend(scanner, count);
    if (count <= SHORT) {
        insert(item, count, key);
        return fz_spend(scanner, count * SHORT);
    }
    /* a heap: its steps do not depend on the order a sender chose */
    if (!fz_spend(scanner, count * (64 - (uint32_t)__builtin_clzll(count))))
        return false;
    for (uint32_t at = count / 2; at-- > 0;)
        sink(item, at, count, key);
    for (uint32_t last = count - 1; last > 0; last--) {
        FzOccurrence top = item[0];

        item[0] = item[last];
        item[last] = top;
        sink(item, 0, last, key);
    }
    return true;
}

bool fz_sort_by_start(FzScanner *scanner, FzOccurrence *item, uint32_t count)
{
    return sort(scanner, item, count, by_start);
}

bool fz_sort_by_end(FzScanner *scanner, FzOccurrence *item, uint32_t count)
{
    return sort(scanner, item, count, by_end);
}
