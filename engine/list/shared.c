/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/list/shared.h"

#include "base/limits.h"

#include <libpsl.h>

static const struct {
    const char *host;
    FzShared kind;
} table[] = {
#define FZ_SHARED(kind, host) {host, FZ_SHARED_##kind},
#include "engine/list/shared.def"
#undef FZ_SHARED
};
#define TABLE_ROWS (sizeof table / sizeof table[0])

static int compare(FzSlice host, const char *row)
{
    size_t octets = strlen(row);
    size_t common = host.octets < octets ? host.octets : octets;
    int order = memcmp(host.data, row, common);

    if (order != 0)
        return order;
    return (host.octets > octets) - (host.octets < octets);
}

static FzShared table_find(FzSlice host)
{
    size_t low = 0, high = TABLE_ROWS;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(host, table[middle].host);

        if (order == 0)
            return table[middle].kind;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return FZ_SHARED_NOT;
}

/* libpsl knows no addresses: of 192.0.2.1 it would ask for "1". */
static bool is_address(FzSlice host)
{
    const uint8_t *last = host.data + host.octets;

    if (host.octets == 0 || host.data[0] == '[')
        return true;
    while (last != host.data && last[-1] != '.')
        last--;
    return last != host.data + host.octets && *last >= '0' && *last <= '9';
}

FzShared fz_shared_host(FzSlice host)
{
    char name[FZ_LIMIT_HOST_OCTETS + 1];
    const psl_ctx_t *psl = psl_builtin();
    FzShared kind;

    if (host.octets > FZ_LIMIT_HOST_OCTETS || is_address(host))
        return FZ_SHARED_NOT;
    memcpy(name, host.data, host.octets);
    name[host.octets] = '\0';
    /* without the star rule every unknown word would be a suffix */
    if (psl != NULL) {
        if (psl_is_public_suffix2(psl, name,
                                  PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE))
            return FZ_SHARED_SUFFIX;
        kind = table_find(host);
        if (kind != FZ_SHARED_NOT)
            return kind;
        if (psl_is_public_suffix2(psl, name,
                                  PSL_TYPE_PRIVATE | PSL_TYPE_NO_STAR_RULE))
            return FZ_SHARED_PRIVATE;
        return FZ_SHARED_NOT;
    }
    return table_find(host);
}

bool fz_shared_has_others(FzSlice host)
{
    switch (fz_shared_host(host)) {
    case FZ_SHARED_NOT:
    case FZ_SHARED_SITE:
        return false;
    case FZ_SHARED_SUFFIX:
    case FZ_SHARED_PRIVATE:
    case FZ_SHARED_SHORTENER:
    case FZ_SHARED_PLATFORM:
        return true;
    }
    return false;
}

FzSlice fz_shared_each(size_t *place)
{
    return *place < TABLE_ROWS ? fz_slice_of(table[(*place)++].host)
                               : fz_slice(NULL, 0);
}

/* Not every top level is in the list by itself: of za there are co.za and
 * its like. A known suffix within the last three labels will do. */
bool fz_shared_known_tld(FzSlice host)
{
    const psl_ctx_t *psl = psl_builtin();
    char name[FZ_LIMIT_HOST_OCTETS + 1];
    size_t labels = 0;

    if (host.octets == 0 || host.octets > FZ_LIMIT_HOST_OCTETS)
        return false;
    if (psl == NULL)
        return true;
    memcpy(name, host.data, host.octets);
    name[host.octets] = '\0';
    for (size_t i = host.octets; i > 0 && labels < 3; i--) {
        if (i > 1 && name[i - 2] != '.')
            continue;
        labels++;
        if (psl_is_public_suffix2(psl, name + i - 1,
                                  PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE))
            return true;
    }
    return false;
}

const char *fz_shared_sentence(FzShared kind)
{
    switch (kind) {
    case FZ_SHARED_NOT:
        return "belongs to one party";
    case FZ_SHARED_SUFFIX:
        return "is a public suffix: people register below it";
    case FZ_SHARED_PRIVATE:
        return "hands out subdomains to its users";
    case FZ_SHARED_SHORTENER:
        return "is a URL shortener";
    case FZ_SHARED_PLATFORM:
        return "carries what its users put there";
    case FZ_SHARED_SITE:
        return "is a site too well known to be listed";
    }
    return "is shared";
}
