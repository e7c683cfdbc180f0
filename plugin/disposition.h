/* SPDX-License-Identifier: BSD-2-Clause
 *
 * disposition.h - what the plugin does about a verdict
 *
 * The verdict is the engine's word; the disposition is what happens to the
 * message at the gateway. A pure function stands between them.
 */
#ifndef FZ_PLUGIN_DISPOSITION_H
#define FZ_PLUGIN_DISPOSITION_H

#include "engine/verdict/verdict.h"

typedef enum FzDisposition {
    FZ_DISPOSE_DELIVER = 0,         /* untouched */
    FZ_DISPOSE_DELIVER_CHANGED = 1, /* the rewritten text */
    FZ_DISPOSE_HOLD = 2,            /* durably ours, then acknowledged */
    FZ_DISPOSE_REFUSE = 3,          /* the sender hears a failure at once */
    FZ_DISPOSE_DEFER = 4,           /* the sender is to try again */
    FZ_DISPOSE_WAIT = 5, /* a part: durably ours until its siblings are there */
} FzDisposition;
#define FZ_DISPOSITIONS 6

/** From what the verdict acted on. A WARN delivers: the warning is a message
 *  of its own. */
FzDisposition fz_dispose(const FzVerdict *verdict);

/** From a failure policy's choice, when acting on a verdict failed; a message
 *  that cannot be stored cannot be held, so QUARANTINE defers. */
FzDisposition fz_dispose_failure(FzFailure failure, FzFailureChoice choice);

const char *fz_disposition_name(FzDisposition disposition);

#endif
