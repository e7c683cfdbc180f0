/* SPDX-License-Identifier: BSD-2-Clause
 *
 * generation.h - one immutable thing that readers borrow while it is replaced
 *
 * Readers take the generation in force around one message and give it back; a
 * reload builds the next beside it and publishes. The last reader of a
 * replaced generation releases it. Taking and giving are a few atomic
 * instructions: no lock, no wait, from any thread.
 *
 * The pointer and a count of takes share one word (split reference count), so
 * a reader can never count on a thing that is just being released. A pointer
 * therefore must fit 48 bits, and at most 65,535 readers may hold one
 * generation of one slot at a time: fz_generation_publish checks the first,
 * one reader a thread (gwlib: 1,024) keeps the second.
 */
#ifndef FZ_BASE_GENERATION_H
#define FZ_BASE_GENERATION_H

#include <stdatomic.h>
#include <stdint.h>

typedef struct FzGeneration {
    _Atomic int64_t held;                     /* owned by generation.c */
    void (*release)(struct FzGeneration *it); /* called once, by whoever is
                                                 last; may be any thread */
} FzGeneration; /* first member of what is published */

typedef struct FzGenerationSlot {
    _Atomic uint64_t word; /* zero-initialised: nothing in force */
} FzGenerationSlot;

/** NULL while nothing was published. */
FzGeneration *fz_generation_take(FzGenerationSlot *slot);

/** Give back what fz_generation_take returned; NULL is allowed. */
void fz_generation_give(FzGenerationSlot *slot, FzGeneration *taken);

/** Put `next` (owned by the slot from now on; NULL empties it) in force. */
void fz_generation_publish(FzGenerationSlot *slot, FzGeneration *next);

#endif
