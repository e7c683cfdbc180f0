/* SPDX-License-Identifier: BSD-2-Clause
 *
 * build_guard.c - entries that would say more than their author means
 *
 * guard.c knows what that is; here the names above shared hosts are sorted, as
 * a feed asks a million times.
 */
#include "config.h"

#include "base/alloc.h"
#include "engine/list/build_internal.h"
#include "engine/list/guard.h"
#include "engine/list/shared.h"

#include <stdlib.h>

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

FzFinding build_guard(const FzListBuilder *b, const FzListKey *key,
                      FzItemAction action)
{
    bool blocks = action == FZ_ITEM_BLOCK;
    FzFinding found = fz_list_guard_alone(key, blocks);
    FzSlice host = fz_list_key_host(key);

    if (found == FZ_FOUND_FINE && blocks && key->level == FZ_LEVEL_DOMAIN &&
        bsearch(&host, b->above.name, b->above.count, sizeof host,
                compare_slices) != NULL)
        return FZ_FOUND_ABOVE;
    return found;
}
