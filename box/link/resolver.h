/* SPDX-License-Identifier: BSD-2-Clause
 *
 * resolver.h - what bearerbox-host stands for now, asked off the event loops
 *
 * Resolving may take as long as a name server pleases. So whoever connects uses
 * what the name stood for last, and has it asked again by a thread meanwhile: a
 * bearerbox that has moved is found by the attempt after the first that fails.
 * A thread lives for one question; an address is never asked about.
 * Threads: any.
 */
#ifndef FZ_BOX_LINK_RESOLVER_H
#define FZ_BOX_LINK_RESOLVER_H

#include "box/link/address.h"

typedef struct FzResolver FzResolver;

/** fz_addresses_find, or a test's. */
typedef int (*FzResolverFind)(const char *name, uint16_t port,
                              FzAddresses *addresses_out);

/** @return 0 with the first answer had, waiting for it; else an EAI_* */
int fz_resolver_create(const char *name, FzResolverFind find,
                       FzResolver **resolver_out);
/** Does not wait for a question under way. NULL is allowed. */
void fz_resolver_destroy(FzResolver *resolver);

typedef enum FzResolverNews {
    FZ_RESOLVER_SAME = 0,
    FZ_RESOLVER_MOVED = 1, /* told once for each answer that differs */
    FZ_RESOLVER_LOST = 2,  /* told once until there is an answer again: the
                              last one is given on */
} FzResolverNews;

/** What it stood for last, with this port; at once. Asks again behind that. */
FzResolverNews fz_resolver_get(FzResolver *resolver, uint16_t port,
                               FzAddresses *addresses_out);

#endif
