/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/generation.h"

#include <assert.h>
#include <stddef.h>

#define COUNT_SHIFT 48
#define COUNT_ONE ((uint64_t)1 << COUNT_SHIFT)
#define POINTER_MASK (COUNT_ONE - 1)

static FzGeneration *pointer_of(uint64_t word)
{
    return (FzGeneration *)(uintptr_t)(word & POINTER_MASK);
}

FzGeneration *fz_generation_take(FzGenerationSlot *slot)
{
    uint64_t seen = atomic_load_explicit(&slot->word, memory_order_relaxed);

    /* an empty slot is not counted on: there would be nobody to give back */
    do {
        if (pointer_of(seen) == NULL)
            return NULL;
    } while (!atomic_compare_exchange_weak_explicit(
        &slot->word, &seen, seen + COUNT_ONE, memory_order_acquire,
        memory_order_relaxed));
    return pointer_of(seen);
}

/* While a thing is in its slot, `held` stands this far above zero. A give that
 * finds the slot already moved on takes one off; publish takes the bias off and
 * adds the takes that the slot's word had counted. Zero is reached once, when
 * both have happened and nobody is left. */
#define IN_SLOT ((int64_t)1 << 40)

static void add_held(FzGeneration *it, int64_t change)
{
    int64_t before =
        atomic_fetch_add_explicit(&it->held, change, memory_order_acq_rel);

    if (before + change == 0)
        it->release(it);
}

void fz_generation_give(FzGenerationSlot *slot, FzGeneration *taken)
{
    uint64_t seen;

    if (taken == NULL)
        return;
    seen = atomic_load_explicit(&slot->word, memory_order_relaxed);
    while (pointer_of(seen) == taken && seen >= COUNT_ONE) {
        if (atomic_compare_exchange_weak_explicit(
                &slot->word, &seen, seen - COUNT_ONE, memory_order_release,
                memory_order_relaxed))
            return;
    }
    add_held(taken, -1);
}

void fz_generation_publish(FzGenerationSlot *slot, FzGeneration *next)
{
    uint64_t word = (uint64_t)(uintptr_t)next, before;
    FzGeneration *old;

    assert((word & ~POINTER_MASK) == 0);
    if (next != NULL)
        atomic_store_explicit(&next->held, IN_SLOT, memory_order_relaxed);
    before = atomic_exchange_explicit(&slot->word, word, memory_order_acq_rel);
    old = pointer_of(before);
    if (old != NULL)
        add_held(old, (int64_t)(before >> COUNT_SHIFT) - IN_SLOT);
}
