/* SPDX-License-Identifier: BSD-2-Clause
 *
 * keep.h - what DNS lists were asked and answered, by name
 *
 * Bounded: of those that nobody waits for, the one not used for longest gives
 * way. No lock of its own: ask.c holds one.
 */
#ifndef FZ_PLUGIN_ASK_KEEP_H
#define FZ_PLUGIN_ASK_KEEP_H

#include "engine/list/dns.h"

typedef struct FzKept {
    struct FzKept *next;          /* of its bucket */
    struct FzKept *older, *newer; /* by use; of those that are not asking */
    uint64_t hash;
    uint32_t server; /* number of it */
    bool asking;     /* an answer is on its way: it stays */
    /* what came; not meaningful while asking */
    bool failed;
    uint8_t count;
    uint8_t address[FZ_DNS_ADDRESSES][FZ_DNS_ADDRESS_OCTETS];
    int64_t until_us;
    uint32_t lies, turns; /* of the server when it came */
    /* of the room that asks */
    void *owner;
    void *waiting;
    struct FzKept *sooner, *later; /* of the questions that are open */
    int64_t sent_us;
    int question; /* libunbound's number; 0: not asked yet */
    char name[];
} FzKept;

typedef struct FzKeep {
    FzKept **bucket;
    size_t buckets; /* a power of two */
    size_t count;
    size_t most;
    FzKept *oldest, *newest;
    uint8_t key[16];
} FzKeep;

void fz_keep_init(FzKeep *keep, size_t most);
void fz_keep_clear(FzKeep *keep);
void fz_keep_most(FzKeep *keep, size_t most);

/** NULL: it is not there. */
FzKept *fz_keep_find(const FzKeep *keep, uint32_t server, const char *name);

/** It must not be there. The new one is asking. */
FzKept *fz_keep_add(FzKeep *keep, uint32_t server, const char *name);

void fz_keep_asking(FzKeep *keep, FzKept *kept);   /* once more */
void fz_keep_answered(FzKeep *keep, FzKept *kept); /* may give way from now */
void fz_keep_used(FzKeep *keep, FzKept *kept);     /* it was answered */

#endif
