/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/ask/keep.h"
#include "base/alloc.h"
#include "engine/list/siphash.h"

#include <string.h>
#include <sys/random.h>

#define BUCKETS_AT_START 1024

void fz_keep_init(FzKeep *keep, size_t most)
{
    *keep = (FzKeep){.buckets = BUCKETS_AT_START, .most = most};
    keep->bucket = fz_calloc(keep->buckets, sizeof *keep->bucket);
    /* names come from senders: which of them meet in a bucket is not theirs to
     * choose. Without randomness they are slower, not wrong. */
    if (getrandom(keep->key, sizeof keep->key, GRND_NONBLOCK) < 0)
        keep->key[0] = 1;
}

void fz_keep_clear(FzKeep *keep)
{
    for (size_t i = 0; i < keep->buckets; i++) {
        while (keep->bucket[i] != NULL) {
            FzKept *kept = keep->bucket[i];

            keep->bucket[i] = kept->next;
            fz_free(kept);
        }
    }
    fz_free(keep->bucket);
}

static uint64_t hash_of(const FzKeep *keep, uint32_t server, const char *name)
{
    FzSipKey key;

    memcpy(&key, keep->key, sizeof key);
    return fz_siphash(key, (const uint8_t *)name, strlen(name)) + server;
}

FzKept *fz_keep_find(const FzKeep *keep, uint32_t server, const char *name)
{
    uint64_t hash = hash_of(keep, server, name);
    FzKept *kept = keep->bucket[hash & (keep->buckets - 1)];

    while (kept != NULL && (kept->hash != hash || kept->server != server ||
                            strcmp(kept->name, name) != 0))
        kept = kept->next;
    return kept;
}

/* --- by use -----------------------------------------------------------------
 */
static void unlink_use(FzKeep *keep, FzKept *kept)
{
    *(kept->older == NULL ? &keep->oldest : &kept->older->newer) = kept->newer;
    *(kept->newer == NULL ? &keep->newest : &kept->newer->older) = kept->older;
    kept->older = kept->newer = NULL;
}

static void link_newest(FzKeep *keep, FzKept *kept)
{
    kept->older = keep->newest;
    kept->newer = NULL;
    *(keep->newest == NULL ? &keep->oldest : &keep->newest->newer) = kept;
    keep->newest = kept;
}

static void forget_oldest(FzKeep *keep)
{
    FzKept *kept = keep->oldest;
    FzKept **at = &keep->bucket[kept->hash & (keep->buckets - 1)];

    while (*at != kept)
        at = &(*at)->next;
    *at = kept->next;
    unlink_use(keep, kept);
    keep->count--;
    fz_free(kept);
}

static void make_room(FzKeep *keep)
{
    while (keep->count > keep->most && keep->oldest != NULL)
        forget_oldest(keep);
}

void fz_keep_most(FzKeep *keep, size_t most)
{
    keep->most = most;
    make_room(keep);
}

void fz_keep_used(FzKeep *keep, FzKept *kept)
{
    unlink_use(keep, kept);
    link_newest(keep, kept);
}

void fz_keep_asking(FzKeep *keep, FzKept *kept)
{
    unlink_use(keep, kept);
    kept->asking = true;
}

void fz_keep_answered(FzKeep *keep, FzKept *kept)
{
    kept->asking = false;
    link_newest(keep, kept);
    make_room(keep);
}

/* --- more of them -----------------------------------------------------------
 */
static void grow(FzKeep *keep)
{
    size_t buckets = keep->buckets * 2;
    FzKept **bucket = fz_calloc(buckets, sizeof *bucket);

    for (size_t i = 0; i < keep->buckets; i++) {
        while (keep->bucket[i] != NULL) {
            FzKept *kept = keep->bucket[i];
            FzKept **to = &bucket[kept->hash & (buckets - 1)];

            keep->bucket[i] = kept->next;
            kept->next = *to;
            *to = kept;
        }
    }
    fz_free(keep->bucket);
    keep->bucket = bucket;
    keep->buckets = buckets;
}

FzKept *fz_keep_add(FzKeep *keep, uint32_t server, const char *name)
{
    size_t octets = strlen(name) + 1;
    FzKept *kept = fz_calloc(1, sizeof *kept + octets), **at;

    if (keep->count >= keep->buckets)
        grow(keep);
    kept->hash = hash_of(keep, server, name);
    kept->server = server;
    kept->asking = true;
    memcpy(kept->name, name, octets);
    at = &keep->bucket[kept->hash & (keep->buckets - 1)];
    kept->next = *at;
    *at = kept;
    keep->count++;
    make_room(keep);
    return kept;
}
