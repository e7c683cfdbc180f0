/* SPDX-License-Identifier: BSD-2-Clause
 *
 * intern.h - equal octet strings get one number
 */
#ifndef FZ_ENGINE_RULES_INTERN_H
#define FZ_ENGINE_RULES_INTERN_H

#include "base/arena.h"

typedef struct FzIntern {
    FzArena *arena; /* keeps the strings */
    FzSlice *item;  /* by number; owned */
    uint32_t count, room;
    uint32_t *slot; /* hash table of numbers + 1; owned */
    uint32_t slots;
} FzIntern;

void fz_intern_init(FzIntern *intern, FzArena *arena);
void fz_intern_clear(FzIntern *intern);

/** The number of a string; `*is_new` says whether it is its first time. */
uint32_t fz_intern_add(FzIntern *intern, FzSlice string, bool *is_new);

/** UINT32_MAX when it was never added. */
uint32_t fz_intern_find(const FzIntern *intern, FzSlice string);

#endif
