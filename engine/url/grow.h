/* SPDX-License-Identifier: BSD-2-Clause
 *
 * grow.h - what stands behind a host: port, path, query, fragment
 *
 * Taken from the text itself, because their case matters. Full-width letters,
 * digits and the signs of paths count as what they imitate; the punctuation of
 * Chinese sentences ends a link, as does Han text. Inside this room only.
 */
#ifndef FZ_ENGINE_URL_GROW_H
#define FZ_ENGINE_URL_GROW_H

#include "engine/url/find.h"

typedef struct FzTail {
    uint32_t cp_port; /* where ":8080" begins; == cp_path: none */
    uint32_t cp_path; /* where the path, query or fragment begins */
    uint32_t cp_to;   /* where the link ends */
} FzTail;

/** Grow from the code point behind the host. */
void fz_tail_grow(const FzText *text, uint32_t cp, FzTail *tail_out);

/** Where a run of what may stand in a link ends, without what sentences put
 *  behind it. */
uint32_t fz_tail_run(const FzText *text, uint32_t cp);

/** Append it to out[length..room) as URLs are written; what does not fit is
 *  left out. Returns the new length. */
size_t fz_tail_write(const FzText *text, const FzTail *tail, uint8_t *out,
                     size_t length, size_t room);

#endif
