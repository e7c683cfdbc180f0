/* SPDX-License-Identifier: BSD-2-Clause
 *
 * arena.h - what is built once and freed at once, in one place
 *
 * For loading only: the message path has rooms of a fixed size.
 */
#ifndef FZ_BASE_ARENA_H
#define FZ_BASE_ARENA_H

#include "base/slice.h"

typedef struct FzArenaBlock FzArenaBlock;
typedef struct FzArena {
    FzArenaBlock *block; /* the newest; owned */
    size_t total;        /* octets taken from the system */
} FzArena;

void fz_arena_init(FzArena *arena);
void fz_arena_clear(FzArena *arena); /* frees all that was handed out */

void *fz_arena_alloc(FzArena *arena, size_t octets);     /* zeroed */
char *fz_arena_strdup(FzArena *arena, const char *text); /* NULL gives NULL */
char *fz_arena_strndup(FzArena *arena, const void *data, size_t octets);

/** `count` items of `octets` each, copied; never NULL, so that an empty list
 *  can be pointed into. */
void *fz_arena_copy(FzArena *arena, const void *items, size_t count,
                    size_t octets);

#endif
