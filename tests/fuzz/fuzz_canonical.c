/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_canonical.c - a canonical form is printable, bounded, made of its parts,
 * and its own canonical form
 */
#include "config.h"

#include "engine/url/canonical.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    static uint8_t room[FZ_CANONICAL_ROOM], again[FZ_CANONICAL_ROOM];
    FzSlice expressions[FZ_LIMIT_URL_EXPRESSIONS];
    FzCanonical one, two;
    size_t used, count;

    if (fz_canonical_url(fz_slice(data, octets), room, &one, &used) != FZ_OK)
        return 0;
    demand(used <= sizeof room);
    demand(one.host.octets > 0 && one.path.octets > 0 &&
           one.path.data[0] == '/');
    demand(one.path.data == one.host.data + one.host.octets);
    for (size_t i = 0; i < one.url.octets; i++)
        demand(one.url.data[i] > ' ' && one.url.data[i] < 0x7F &&
               one.url.data[i] != '#');
    count = fz_canonical_expressions(&one, expressions);
    demand(count >= 1 && count <= FZ_LIMIT_URL_EXPRESSIONS);
    for (size_t i = 0; i < count; i++)
        demand(expressions[i].data >= one.host.data &&
               expressions[i].data + expressions[i].octets <=
                   one.url.data + one.url.octets);

    if (one.url.octets > FZ_LIMIT_URL_OCTETS)
        return 0;
    demand(fz_canonical_url(one.url, again, &two, NULL) == FZ_OK);
    demand(fz_slice_equal(one.url, two.url));
    demand(fz_slice_equal(one.host, two.host));
    return 0;
}
