/* SPDX-License-Identifier: BSD-2-Clause
 *
 * probe.h - which texts the lists are asked for, for one key
 *
 * Known to lookup.c and answer.c alone.
 */
#ifndef FZ_ENGINE_LIST_PROBE_H
#define FZ_ENGINE_LIST_PROBE_H

#include "engine/list/list.h"

#define FZ_LEVEL_BIT(level) (1u << (level))

/** One text to ask for, and as what. */
typedef struct FzProbe {
    FzSlice text;
    uint32_t levels; /* FZ_LEVEL_BITs */
} FzProbe;

/** An address in network order. */
typedef struct FzAddress {
    uint8_t octets[16];
    size_t count; /* 4, 16, 0 for none */
} FzAddress;

/** Dotted quad or v6, with or without brackets. */
bool fz_address_parse(FzSlice text, FzAddress *address_out);

/** Keep `bits` of the address, the others are zero. */
void fz_address_mask(FzAddress *address, unsigned bits);

static inline uint32_t fz_address_number(const FzAddress *address)
{
    return (uint32_t)address->octets[0] << 24 |
           (uint32_t)address->octets[1] << 16 |
           (uint32_t)address->octets[2] << 8 | address->octets[3];
}

#define FZ_PROBE_ROOM 64

/**
 * The probes of one key, most specific first; all but that of an address are
 * pieces of the key's text.
 *
 * @param room     FZ_PROBE_ROOM octets that live as long as the probes
 * @param range    what address ranges are asked with: the address as text
 * @param address  its number; count 0 when the key is none
 * @return how many, at most FZ_LIST_PROBES; 0 when there is nothing to ask
 */
size_t fz_list_probes(const FzKey *key, uint8_t *room, FzProbe *probes,
                      FzProbe *range, FzAddress *address);

#endif
