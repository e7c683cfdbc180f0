/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fetch_meta.h - what is kept of a fetched feed, to ask only for news
 */
#ifndef FZ_TOOLS_FETCH_META_H
#define FZ_TOOLS_FETCH_META_H

#include "base/buf.h"
#include "base/status.h"

#define FZ_FETCH_HEADER_OCTETS                                                 \
    512 /* of one value; a longer one is not kept                              \
         */

/** All zero: nothing was fetched yet. */
typedef struct FzFetchMeta {
    char etag[FZ_FETCH_HEADER_OCTETS];     /* as it came, quotes and W/ too */
    char modified[FZ_FETCH_HEADER_OCTETS]; /* Last-Modified, as it came */
    char url[FZ_FETCH_HEADER_OCTETS];      /* that it is about */
    int64_t fetched_ms;                    /* when it was last known current */
} FzFetchMeta;

/**
 * Take one line of an answer's head, with or without its end. A status line
 * begins anew: what a redirect said is not about what follows it. Values with
 * anything but printable ASCII are not kept: they would be sent back.
 */
void fz_fetch_meta_header(FzFetchMeta *meta, FzSlice line);

/** A line each, "name value"; unknown and damaged lines are not there. */
void fz_fetch_meta_read(FzSlice text, FzFetchMeta *meta_out);
void fz_fetch_meta_write(const FzFetchMeta *meta, FzBuf *out);

#endif
