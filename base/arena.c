/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "base/arena.h"

#include <stdalign.h>
#include <sys/mman.h>

#define BLOCK_OCTETS (256u << 10)

/* What an arena has beyond this is in pages of this size, where the system has
 * them: tables that are read all over cost a walk through page tables at each
 * look otherwise, and its memory goes back whole when it ends. */
#define LARGE_FROM_OCTETS (1u << 20)
#define LARGE_PAGE_OCTETS ((size_t)2 << 20)

struct FzArenaBlock {
    FzArenaBlock *older;
    size_t used, octets;
    size_t mapped; /* octets in large pages; 0: from malloc */
    alignas(max_align_t) uint8_t room[];
};

static size_t in_pages(size_t octets)
{
    return (octets + LARGE_PAGE_OCTETS - 1) & ~(LARGE_PAGE_OCTETS - 1);
}

/* At a multiple of the page's size; what is too much at both ends goes back. */
static FzArenaBlock *map_block(size_t octets)
{
    size_t taken = octets + LARGE_PAGE_OCTETS, before;
    uint8_t *room = mmap(NULL, taken, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (room == MAP_FAILED)
        return NULL;
    before = in_pages((uintptr_t)room) - (uintptr_t)room;
    if (before > 0)
        munmap(room, before);
    munmap(room + before + octets, LARGE_PAGE_OCTETS - before);
    room += before;
    (void)madvise(room, octets, MADV_HUGEPAGE); /* or small ones */
    ((FzArenaBlock *)room)->mapped = octets;
    return (FzArenaBlock *)room;
}

static FzArenaBlock *add_block(FzArena *arena, size_t octets)
{
    FzArenaBlock *block = NULL;
    size_t size =
        sizeof *block + (octets > BLOCK_OCTETS ? octets : BLOCK_OCTETS);

    if (arena->total + size > LARGE_FROM_OCTETS) {
        block = map_block(in_pages(size));
        if (block != NULL)
            size = block->mapped;
    }
    if (block == NULL)
        block = fz_calloc(1, size);
    block->octets = size - sizeof *block;
    block->older = arena->block;
    arena->block = block;
    arena->total += size;
    return block;
}

void fz_arena_init(FzArena *arena)
{
    *arena = (FzArena){NULL, 0};
}

void fz_arena_clear(FzArena *arena)
{
    while (arena->block != NULL) {
        FzArenaBlock *older = arena->block->older;

        if (arena->block->mapped > 0)
            munmap(arena->block, arena->block->mapped);
        else
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
    if (block == NULL || block->octets - block->used < octets)
        block = add_block(arena, octets);
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
