/* SPDX-License-Identifier: BSD-2-Clause
 *
 * shared.h - hosts that belong to no single party
 *
 * A listing of t.cn says nothing about one link of t.cn, and an allow for
 * docs.qq.com would let in whatever anyone writes there. Three sources: the
 * Public Suffix List (libpsl, its built-in copy), the table of shared.def, and
 * `shared' entries of the operator's own lists (which lookup.c asks).
 *
 * Threads: any; nothing here allocates or does I/O.
 */
#ifndef FZ_ENGINE_LIST_SHARED_H
#define FZ_ENGINE_LIST_SHARED_H

#include "base/slice.h"

typedef enum FzShared {
    FZ_SHARED_NOT = 0,
    FZ_SHARED_SUFFIX = 1,    /* "com.cn": people register below it */
    FZ_SHARED_PRIVATE = 2,   /* "github.io": private section of the PSL */
    FZ_SHARED_SHORTENER = 3, /* shared.def */
    FZ_SHARED_PLATFORM = 4,
    FZ_SHARED_SITE = 5, /* one party's, but too well known to be blocked */
} FzShared;

/** What this very host is. Lower case, A-labels, no dot at either end; an
 *  address is FZ_SHARED_NOT. */
FzShared fz_shared_host(FzSlice host);

/** Whether others put content at this very host: suffix, private suffix,
 *  shortener or platform. */
bool fz_shared_has_others(FzSlice host);

/** The host at *place of shared.def (begin with 0), which is moved on; absent
 *  behind the last. */
FzSlice fz_shared_each(size_t *place);

/** Whether the host ends in a registered top-level domain. */
bool fz_shared_known_tld(FzSlice host);

/** "is a public suffix", "is a URL shortener" ...: for reports. */
const char *fz_shared_sentence(FzShared kind);

#endif
