/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "base/arena.h"

#include <stdalign.h>

#define BLOCK_OCTETS (256u << 10)

struct FzArenaBlock {
    FzArenaBlock *older;
    size_t used, octets;
    alignas(max_align_t) uint8_t room[];
};

void fz_arena_init(FzArena *arena)
{
    *arena = (FzArena){NULL, 0};
}

void fz_arena_clear(FzArena *arena)
{
    while (arena->block != NULL) {
        FzArenaBlock *older = arena->block->older;

        fz_free(arena->block);
        arena->block = older;
    }
    arena->total = 0;
}

void *fz_arena_alloc(FzArena *arena, size_t octets)
{
    FzArenaBlock *block = arena->block;
    void *room;

    octets = (octets + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (block == NULL || block->octets - block->used < octets) {
        size_t size = octets > BLOCK_OCTETS ? octets : BLOCK_OCTETS;

        block = fz_calloc(1, sizeof *block + size);
        block->octets = size;
        block->older = arena->block;
        arena->block = block;
        arena->total += sizeof *block + size;
    }
    room = block->room + block->used;
    block->used += octets;
    return room;
}

char *fz_arena_strndup(FzArena *arena, const void *data, size_t octets)
{
    char *text = fz_arena_alloc(arena, octets + 1);

    if (octets != 0)
        memcpy(text, data, octets);
    return text;
}

char *fz_arena_strdup(FzArena *arena, const char *text)
{
    return text == NULL ? NULL : fz_arena_strndup(arena, text, strlen(text));
}

void *fz_arena_copy(FzArena *arena, const void *items, size_t count,
                    size_t octets)
{
    void *copy = fz_arena_alloc(arena, count * octets + 1);

    if (count != 0)
        memcpy(copy, items, count * octets);
    return copy;
}
