/* SPDX-License-Identifier: BSD-2-Clause
 *
 * build_guard.c - entries that would say more than their author means
 *
 * One wrong line of a feed is a day of lost messages: what names a host that
 * many share, or a range of half the net, is refused and reported.
 */
#include "config.h"

#include "base/alloc.h"
#include "engine/list/build_internal.h"
#include "engine/list/shared.h"

#include <stdlib.h>

/* The widest range that is one network of one party. */
#define BITS_AT_LEAST_V4 8
#define BITS_AT_LEAST_V6 19

static int compare_slices(const void *left, const void *right)
{
    const FzSlice *a = left, *b = right;
    size_t common = a->octets < b->octets ? a->octets : b->octets;
    int order = memcmp(a->data, b->data, common);

    if (order != 0)
        return order;
    return (a->octets > b->octets) - (a->octets < b->octets);
}

/* All names above a shared host, so that a block for a whole domain is asked
 * with one look-up whether it would hit one. */
void build_guard_init(FzListBuilder *b)
{
    size_t place = 0, capacity = 0;
    FzSlice host;

    while ((host = fz_shared_each(&place)).data != NULL) {
        for (size_t i = 0; i + 1 < host.octets; i++) {
            if (host.data[i] != '.')
                continue;
            if (b->above.count == capacity) {
                capacity = 2 * capacity + 256;
                b->above.name = fz_realloc_array(b->above.name, capacity,
                                                 sizeof *b->above.name);
            }
            b->above.name[b->above.count++] =
                fz_slice(host.data + i + 1, host.octets - i - 1);
        }
    }
    qsort(b->above.name, b->above.count, sizeof *b->above.name, compare_slices);
}

void build_guard_clear(FzListBuilder *b)
{
    fz_free(b->above.name);
}

static FzFinding guard_host(const FzListBuilder *b, const FzListKey *key,
                            FzItemAction action)
{
    FzSlice host = fz_list_key_host(key);

    switch (fz_shared_host(host)) {
    case FZ_SHARED_SUFFIX:
        return FZ_FOUND_SUFFIX;
    case FZ_SHARED_PRIVATE:
        return FZ_FOUND_PRIVATE;
    case FZ_SHARED_SHORTENER:
        return FZ_FOUND_SHORTENER;
    case FZ_SHARED_PLATFORM:
        return FZ_FOUND_PLATFORM;
    case FZ_SHARED_SITE:
        return action == FZ_ITEM_BLOCK ? FZ_FOUND_SITE : FZ_FOUND_FINE;
    case FZ_SHARED_NOT:
        break;
    }
    if (action == FZ_ITEM_BLOCK && key->level == FZ_LEVEL_DOMAIN &&
        bsearch(&host, b->above.name, b->above.count, sizeof host,
                compare_slices) != NULL)
        return FZ_FOUND_ABOVE;
    return FZ_FOUND_FINE;
}

typedef struct Net {
    uint8_t address[16];
    uint8_t bits;
} Net;

static bool inside(const FzListKey *key, const Net *net)
{
    for (unsigned i = 0; i < net->bits; i++) {
        unsigned mask = 0x80u >> (i % 8);

        if ((key->address[i / 8] & mask) != (net->address[i / 8] & mask))
            return false;
    }
    return key->bits >= net->bits;
}

/* IANA's special-purpose registries; the ranges for documentation are left
 * out: examples and tests are written with them. */
static const Net special4[] = {
    {{0}, 8},         {{10}, 8},       {{100, 64}, 10},  {{127}, 8},
    {{169, 254}, 16}, {{172, 16}, 12}, {{192, 168}, 16}, {{224}, 3},
};
static const Net special6[] = {
    {{0}, 8},
    {{0xFC}, 7},
    {{0xFE, 0x80}, 10},
    {{0xFF}, 8},
};

static FzFinding guard_address(const FzListKey *key, FzItemAction action)
{
    bool v4 = key->address_octets == 4;
    const Net *net = v4 ? special4 : special6;
    size_t count = v4 ? sizeof special4 / sizeof special4[0]
                      : sizeof special6 / sizeof special6[0];

    if (key->bits < (v4 ? BITS_AT_LEAST_V4 : BITS_AT_LEAST_V6))
        return FZ_FOUND_BROAD;
    for (size_t i = 0; i < count && action == FZ_ITEM_BLOCK; i++)
        if (inside(key, &net[i]))
            return FZ_FOUND_NOT_PUBLIC;
    return FZ_FOUND_FINE;
}

FzFinding build_guard(const FzListBuilder *b, const FzListKey *key,
                      FzItemAction action)
{
    switch (key->level) {
    case FZ_LEVEL_HOST:
    case FZ_LEVEL_DOMAIN:
        return guard_host(b, key, action);
    case FZ_LEVEL_IP:
        return guard_address(key, action);
    case FZ_LEVEL_URL:
    case FZ_LEVEL_PREFIX:
    case FZ_LEVEL_CONTACT:
    case FZ_LEVEL_SENDER:
        break;
    }
    return FZ_FOUND_FINE;
}
