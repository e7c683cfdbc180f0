/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/list/guard.h"
#include "engine/list/shared.h"

/* The widest range that is one network of one party. */
#define BITS_AT_LEAST_V4 8
#define BITS_AT_LEAST_V6 19

static FzFinding guard_host(const FzListKey *key, bool blocks)
{
    switch (fz_shared_host(fz_list_key_host(key))) {
    case FZ_SHARED_SUFFIX:
        return FZ_FOUND_SUFFIX;
    case FZ_SHARED_PRIVATE:
        return FZ_FOUND_PRIVATE;
    case FZ_SHARED_SHORTENER:
        return FZ_FOUND_SHORTENER;
    case FZ_SHARED_PLATFORM:
        return FZ_FOUND_PLATFORM;
    case FZ_SHARED_SITE:
        return blocks ? FZ_FOUND_SITE : FZ_FOUND_FINE;
    case FZ_SHARED_NOT:
        break;
    }
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

static FzFinding guard_address(const FzListKey *key, bool blocks)
{
    bool v4 = key->address_octets == 4;
    const Net *net = v4 ? special4 : special6;
    size_t count = v4 ? sizeof special4 / sizeof special4[0]
                      : sizeof special6 / sizeof special6[0];

    if (key->bits < (v4 ? BITS_AT_LEAST_V4 : BITS_AT_LEAST_V6))
        return FZ_FOUND_BROAD;
    for (size_t i = 0; i < count && blocks; i++)
        if (inside(key, &net[i]))
            return FZ_FOUND_NOT_PUBLIC;
    return FZ_FOUND_FINE;
}

FzFinding fz_list_guard_alone(const FzListKey *key, bool blocks)
{
    switch (key->level) {
    case FZ_LEVEL_HOST:
    case FZ_LEVEL_DOMAIN:
        return guard_host(key, blocks);
    case FZ_LEVEL_IP:
        return guard_address(key, blocks);
    case FZ_LEVEL_URL:
    case FZ_LEVEL_PREFIX:
    case FZ_LEVEL_CONTACT:
    case FZ_LEVEL_SENDER:
        break;
    }
    return FZ_FOUND_FINE;
}

static bool is_below(FzSlice host, FzSlice domain)
{
    return host.octets > domain.octets + 1 &&
           host.data[host.octets - domain.octets - 1] == '.' &&
           memcmp(host.data + host.octets - domain.octets, domain.data,
                  domain.octets) == 0;
}

FzFinding fz_list_guard(const FzListKey *key, bool blocks)
{
    FzFinding found = fz_list_guard_alone(key, blocks);
    size_t place = 0;
    FzSlice host;

    if (found != FZ_FOUND_FINE || !blocks || key->level != FZ_LEVEL_DOMAIN)
        return found;
    while ((host = fz_shared_each(&place)).data != NULL)
        if (is_below(host, fz_list_key_host(key)))
            return FZ_FOUND_ABOVE;
    return FZ_FOUND_FINE;
}
