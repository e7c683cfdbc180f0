/* SPDX-License-Identifier: BSD-2-Clause
 *
 * found.h - from a place where a link stands to the link
 *
 * Inside this room only.
 */
#ifndef FZ_ENGINE_URL_FOUND_H
#define FZ_ENGINE_URL_FOUND_H

#include "engine/url/grow.h"

/* Canonical forms are short; one that is not leaves room for fewer others. */
#define FZ_URLS_ROOM_OCTETS (FZ_LIMIT_URLS * 4096 + FZ_CANONICAL_ROOM)

typedef struct FzFound {
    const char *scheme; /* NULL: none */
    FzHostRun *run;
    FzHost host;
    uint32_t userinfo; /* where it begins, with the octets [userinfo, host.from)
                          ending in '@'; host.from: none */
    uint32_t cp_from;
    uint32_t cp_host_end;
    FzTail tail;
    uint32_t flags;
} FzFound;

/** Is there room for one more? Flags the urls when not. */
bool fz_found_room(FzUrls *urls);

/** Write it, canonicalise it, flag it, keep it; nothing when it has no
 *  canonical form. */
void fz_found_add(const FzFind *find, FzFound *found);

/** Keep a canonical form that stands at the end of the room's used octets. */
FzUrl *fz_found_keep(FzUrls *urls, const FzCanonical *canonical, size_t used,
                     FzSpan span, FzSlice raw, uint32_t flags);

/** Is its host an address, or does its last label exist? */
bool fz_found_is_known(const FzUrlTables *tables, const FzCanonical *it);

/** The links within the links. */
void fz_found_inner(const FzFind *find);

/** Append within FZ_LIMIT_URL_OCTETS. */
size_t fz_found_put(uint8_t *out, size_t length, const void *from,
                    size_t octets);

#endif
