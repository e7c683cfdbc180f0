/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "engine/rules/intern.h"

void fz_intern_init(FzIntern *intern, FzArena *arena)
{
    *intern = (FzIntern){.arena = arena};
}

void fz_intern_clear(FzIntern *intern)
{
    fz_free(intern->item);
    fz_free(intern->slot);
    *intern = (FzIntern){0};
}

/* FNV-1a; the strings are a curator's, not a sender's. */
static uint32_t hash(FzSlice string)
{
    uint64_t h = 0xCBF29CE484222325u;

    for (size_t i = 0; i < string.octets; i++)
        h = (h ^ string.data[i]) * 0x100000001B3u;
    return (uint32_t)(h ^ h >> 32);
}

/* The slot that holds the string, or the empty one where it would go. */
static uint32_t *slot_of(const FzIntern *intern, FzSlice string)
{
    uint32_t at = hash(string) & (intern->slots - 1);

    while (intern->slot[at] != 0 &&
           !fz_slice_equal(intern->item[intern->slot[at] - 1], string))
        at = (at + 1) & (intern->slots - 1);
    return &intern->slot[at];
}

static void grow(FzIntern *intern)
{
    fz_free(intern->slot);
    intern->slots = intern->slots == 0 ? 256 : 2 * intern->slots;
    intern->slot = fz_calloc(intern->slots, sizeof *intern->slot);
    for (uint32_t i = 0; i < intern->count; i++)
        *slot_of(intern, intern->item[i]) = i + 1;
}

uint32_t fz_intern_add(FzIntern *intern, FzSlice string, bool *is_new)
{
    uint32_t *slot;

    if (2 * (intern->count + 1) > intern->slots)
        grow(intern);
    slot = slot_of(intern, string);
    *is_new = *slot == 0;
    if (!*is_new)
        return *slot - 1;
    if (intern->count == intern->room) {
        intern->room = intern->room == 0 ? 256 : 2 * intern->room;
        intern->item =
            fz_realloc_array(intern->item, intern->room, sizeof *intern->item);
    }
    intern->item[intern->count] =
        fz_slice(fz_arena_strndup(intern->arena, string.data, string.octets),
                 string.octets);
    *slot = ++intern->count;
    return intern->count - 1;
}

uint32_t fz_intern_find(const FzIntern *intern, FzSlice string)
{
    uint32_t *slot;

    if (intern->slots == 0)
        return UINT32_MAX;
    slot = slot_of(intern, string);
    return *slot == 0 ? UINT32_MAX : *slot - 1;
}
