/* SPDX-License-Identifier: BSD-2-Clause
 *
 * host.h - what the host exports to its plugins
 *
 * The symbols `fanzhabox_host' and `pluginbox_inject_message' are declared in
 * abi/; this binds them to the hub that serves.
 */
#ifndef FZ_BOX_HOST_H
#define FZ_BOX_HOST_H

#include "abi/fanzhabox_host.h"
#include "box/link/hub.h"

extern const FzHost fanzhabox_host;

/** Inject goes there from now on; NULL before and after. Also keeps the msg_*
 *  functions, which only plugins call, in the program. */
void fz_host_serve(FzHub *hub);

/** Version of the gwlib that is linked, "1.4.5": a wrong one under right
 *  headers would break plugins in ways that nobody finds. NULL when it is the
 *  one that we were built for; else a static text for the log. */
const char *fz_host_wrong_kannel(void);

#endif
