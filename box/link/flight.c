/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/link/flight.h"

#include <string.h>

#include "gwlib/gwlib.h"

#define LEAST_ROOM 64

/* As many chains as slots, a power of two. The ids are random UUIDs; a sender
 * that picks them to share a chain makes its own look-ups slow. */
static uint32_t chain_of(const FzFlight *f, const uint8_t *id, int32_t time)
{
    uint64_t a, b;

    memcpy(&a, id, 8);
    memcpy(&b, id + 8, 8);
    a ^= b * 0x9E3779B97F4A7C15u;
    a ^= (uint32_t)time;
    a *= 0xD6E8FEB86659FD93u;
    a ^= a >> 32;
    return (uint32_t)a & (f->room - 1);
}

void fz_flight_init(FzFlight *f, FzCrowd *crowd)
{
    memset(f, 0, sizeof *f);
    f->crowd = crowd;
}

static void count_in(FzFlight *f)
{
    f->count++;
    if (f->crowd != NULL)
        f->crowd->now++;
}

static void count_out(FzFlight *f, uint32_t those)
{
    f->count -= those;
    if (f->crowd == NULL)
        return;
    f->crowd->now -= those;
    f->crowd->gone += those;
}

void fz_flight_clear(FzFlight *f)
{
    gw_free(f->slots);
    gw_free(f->chains);
    count_out(f, f->count);
    fz_flight_init(f, f->crowd);
}

/* Newest first in its chain: the oldest match is the last one. */
static void chain_in(FzFlight *f, uint32_t slot)
{
    FzFlying *flying = &f->slots[slot - 1];
    uint32_t *chain = &f->chains[chain_of(f, flying->id, flying->time)];

    flying->next_in_chain = *chain;
    *chain = slot;
}

static void grow(FzFlight *f)
{
    uint32_t room = f->room == 0 ? LEAST_ROOM : 2 * f->room;

    f->slots = gw_realloc(f->slots, room * sizeof *f->slots);
    f->chains = gw_realloc(f->chains, room * sizeof *f->chains);
    memset(f->chains, 0, room * sizeof *f->chains);
    for (uint32_t i = room; i > f->room; i--) {
        f->slots[i - 1].next_in_chain = f->free;
        f->free = i;
    }
    f->room = room;
    for (uint32_t slot = f->oldest; slot != 0; slot = f->slots[slot - 1].newer)
        chain_in(f, slot);
}

void fz_flight_add(FzFlight *f, const uint8_t *id, int32_t time,
                   const uint8_t *its_id, int32_t its_time,
                   FzInjection *injection)
{
    FzFlying *flying;
    uint32_t slot;

    if (f->free == 0)
        grow(f);
    slot = f->free;
    flying = &f->slots[slot - 1];
    f->free = flying->next_in_chain;
    memcpy(flying->id, id, FZ_FLIGHT_ID_OCTETS);
    flying->time = time;
    memcpy(flying->its_id, its_id, FZ_FLIGHT_ID_OCTETS);
    flying->its_time = its_time;
    flying->injection = injection;
    flying->newer = 0;
    flying->older = f->newest;
    if (f->newest != 0)
        f->slots[f->newest - 1].newer = slot;
    else
        f->oldest = slot;
    f->newest = slot;
    chain_in(f, slot);
    count_in(f);
    f->injected += injection != NULL;
}

static void take_slot(FzFlight *f, uint32_t slot, FzFlying *flying_out)
{
    FzFlying *flying = &f->slots[slot - 1];
    uint32_t *link = &f->chains[chain_of(f, flying->id, flying->time)];

    while (*link != slot)
        link = &f->slots[*link - 1].next_in_chain;
    *link = flying->next_in_chain;
    if (flying->older != 0)
        f->slots[flying->older - 1].newer = flying->newer;
    else
        f->oldest = flying->newer;
    if (flying->newer != 0)
        f->slots[flying->newer - 1].older = flying->older;
    else
        f->newest = flying->older;
    *flying_out = *flying;
    flying->next_in_chain = f->free;
    f->free = slot;
    count_out(f, 1);
    f->injected -= flying_out->injection != NULL;
}

bool fz_flight_take(FzFlight *f, const uint8_t *id, int32_t time,
                    FzFlying *flying_out)
{
    uint32_t found = 0;

    if (f->count == 0)
        return false;
    for (uint32_t slot = f->chains[chain_of(f, id, time)]; slot != 0;
         slot = f->slots[slot - 1].next_in_chain) {
        const FzFlying *flying = &f->slots[slot - 1];

        if (flying->time == time &&
            memcmp(flying->id, id, FZ_FLIGHT_ID_OCTETS) == 0)
            found = slot;
    }
    if (found == 0)
        return false;
    take_slot(f, found, flying_out);
    return true;
}

bool fz_flight_take_oldest(FzFlight *f, bool injected, FzFlying *flying_out)
{
    for (uint32_t slot = f->oldest; slot != 0; slot = f->slots[slot - 1].newer)
        if ((f->slots[slot - 1].injection != NULL) == injected) {
            take_slot(f, slot, flying_out);
            return true;
        }
    return false;
}

const FzFlying *fz_flight_next(const FzFlight *f, const FzFlying *flying)
{
    uint32_t slot = flying == NULL ? f->oldest : flying->newer;

    return slot == 0 ? NULL : &f->slots[slot - 1];
}
