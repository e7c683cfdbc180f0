/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/list/probe.h"

#include <arpa/inet.h>
#include <stdio.h>

_Static_assert(2 + FZ_LIST_PATH_DEPTH + 1 + FZ_LIST_HOST_DEPTH <=
                   FZ_LIST_PROBES,
               "all probes of one link fit");

bool fz_address_parse(FzSlice text, FzAddress *address)
{
    char buf[INET6_ADDRSTRLEN + 2];
    bool bracket;

    memset(address, 0, sizeof *address);
    if (text.octets == 0 || text.octets >= sizeof buf)
        return false;
    bracket = text.data[0] == '[';
    if (bracket) {
        if (text.data[text.octets - 1] != ']')
            return false;
        text = fz_slice(text.data + 1, text.octets - 2);
    }
    memcpy(buf, text.data, text.octets);
    buf[text.octets] = '\0';
    if (!bracket && inet_pton(AF_INET, buf, address->octets) == 1)
        address->count = 4;
    else if (inet_pton(AF_INET6, buf, address->octets) == 1)
        address->count = 16;
    return address->count != 0;
}

void fz_address_mask(FzAddress *address, unsigned bits)
{
    for (size_t i = 0; i < address->count; i++) {
        unsigned before = 8 * (unsigned)i;

        if (bits <= before)
            address->octets[i] = 0;
        else if (bits < before + 8)
            address->octets[i] &= (uint8_t)(0xFF << (before + 8 - bits));
    }
}

static const uint8_t *find_octet(const uint8_t *from, const uint8_t *end,
                                 int octet)
{
    const uint8_t *found =
        from == end ? NULL : memchr(from, octet, (size_t)(end - from));

    return found == NULL ? end : found;
}

/* The expressions of a link, most specific first; all are pieces of it. */
static size_t url_probes(FzSlice whole, FzProbe *probes, FzProbe *range,
                         FzAddress *address)
{
    const uint8_t *begin = whole.data, *end = begin + whole.octets;
    const uint8_t *slash = find_octet(begin, end, '/');
    const uint8_t *query = find_octet(slash, end, '?');
    const uint8_t *folder[FZ_LIST_PATH_DEPTH], *label[FZ_LIST_HOST_DEPTH];
    size_t count = 0, folders = 0, labels = 0, host_octets;
    uint32_t root = FZ_LEVEL_BIT(FZ_LEVEL_HOST) | FZ_LEVEL_BIT(FZ_LEVEL_DOMAIN);

    if (slash == end)
        return 0; /* no expression: its path begins with a slash */
    host_octets = (size_t)(slash - begin);
    range->text = fz_slice(begin, host_octets);
    if (fz_address_parse(fz_slice(begin, host_octets), address))
        root = FZ_LEVEL_BIT(FZ_LEVEL_HOST) | FZ_LEVEL_BIT(FZ_LEVEL_IP);

    if (query != end)
        probes[count++] = (FzProbe){whole, FZ_LEVEL_BIT(FZ_LEVEL_URL)};
    if (query - slash > 1)
        probes[count++] = (FzProbe){
            fz_slice(begin, (size_t)(query - begin)),
            FZ_LEVEL_BIT(FZ_LEVEL_URL) |
                (query[-1] == '/' ? FZ_LEVEL_BIT(FZ_LEVEL_PREFIX) : 0)};
    else
        root |= FZ_LEVEL_BIT(FZ_LEVEL_URL);

    for (const uint8_t *p = slash + 1; folders < FZ_LIST_PATH_DEPTH;) {
        p = find_octet(p, query, '/');
        if (p == query || p + 1 == query)
            break; /* the last was asked for above */
        folder[folders++] = ++p;
    }
    while (folders > 0)
        probes[count++] =
            (FzProbe){fz_slice(begin, (size_t)(folder[--folders] - begin)),
                      FZ_LEVEL_BIT(FZ_LEVEL_PREFIX)};
    probes[count++] = (FzProbe){fz_slice(begin, host_octets + 1), root};

    if (address->count != 0)
        return count;
    for (const uint8_t *p = slash; p != begin && labels < FZ_LIST_HOST_DEPTH;
         p--)
        if (p[-1] == '.')
            label[labels++] = p;
    while (labels > 0) {
        labels--;
        probes[count++] = (FzProbe){
            fz_slice(label[labels], (size_t)(slash + 1 - label[labels])),
            FZ_LEVEL_BIT(FZ_LEVEL_DOMAIN)};
    }
    return count;
}

/* Single addresses lie among the hashes, as the host of a link would. */
static size_t address_probe(FzSlice text, uint8_t *room, FzProbe *probes,
                            FzAddress *address)
{
    char numbers[INET6_ADDRSTRLEN];
    int octets;

    if (!fz_address_parse(text, address))
        return 0;
    inet_ntop(address->count == 4 ? AF_INET : AF_INET6, address->octets,
              numbers, sizeof numbers);
    octets = snprintf((char *)room, FZ_PROBE_ROOM,
                      address->count == 4 ? "%s/" : "[%s]/", numbers);
    probes[0] =
        (FzProbe){fz_slice(room, (size_t)octets), FZ_LEVEL_BIT(FZ_LEVEL_IP)};
    return 1;
}

size_t fz_list_probes(const FzKey *key, uint8_t *room, FzProbe *probes,
                      FzProbe *range, FzAddress *address)
{
    *range = (FzProbe){key->text, FZ_LEVEL_BIT(FZ_LEVEL_IP)};
    address->count = 0;
    switch (key->kind) {
    case FZ_KEY_URL:
        return url_probes(key->text, probes, range, address);
    case FZ_KEY_IP:
        return address_probe(key->text, room, probes, address);
    case FZ_KEY_CONTACT:
        probes[0] = (FzProbe){key->text, FZ_LEVEL_BIT(FZ_LEVEL_CONTACT)};
        return 1;
    case FZ_KEY_SENDER:
        probes[0] = (FzProbe){key->text, FZ_LEVEL_BIT(FZ_LEVEL_SENDER)};
        return 1;
    }
    return 0;
}
