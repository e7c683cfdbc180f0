/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/verdict/muted.h"

/* FNV-1a: few names, seldom asked for, the same everywhere. */
uint64_t fz_source_id(const char *kind, const char *name)
{
    uint64_t hash = 0xcbf29ce484222325;

    for (; *kind != '\0'; kind++)
        hash = (hash ^ (uint8_t)*kind) * 0x100000001b3;
    hash = (hash ^ 0) * 0x100000001b3;
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint8_t)*name) * 0x100000001b3;
    return hash;
}

bool fz_muted_has(const FzMuted *muted, uint64_t source)
{
    uint32_t low = 0, high = muted == NULL ? 0 : muted->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (muted->source[middle] == source)
            return true;
        if (muted->source[middle] < source)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

bool fz_muted_signal(const FzMuted *muted, const FzSignal *signal)
{
    if (signal->list != NULL)
        return fz_muted_has(muted, signal->entry_id) ||
               fz_muted_has(muted, fz_source_id("list", signal->list));
    return fz_muted_has(muted, fz_source_id("signal", signal->name));
}
