/* SPDX-License-Identifier: BSD-2-Clause
 *
 * again.h - an MO that a classic host cannot defer waits here
 *
 * Such a host forwards an MO whatever a plugin says, so the only way to try
 * again later is not to answer yet. Each second the waiting ones are judged
 * anew: by then a rule may have changed or the store recovered. At the end
 * they go on as they are: a message is delivered rather than lost.
 */
#ifndef FZ_PLUGIN_HOLD_AGAIN_H
#define FZ_PLUGIN_HOLD_AGAIN_H

#include "plugin/plugin.h"

typedef struct FzAgain FzAgain;

/** Judges a message and answers it. */
typedef void (*FzAgainJudge)(FzPlugin *plugin, PluginBoxMsg *m);

FzAgain *fz_again_create(FzPlugin *plugin,
                         FzAgainJudge judge); /* starts its thread */

/** No try after this; what waits, and what still comes, goes on as it is. */
void fz_again_stop(FzAgain *again);    /* NULL is allowed */
void fz_again_destroy(FzAgain *again); /* after the stop; NULL is allowed */

/** From any thread of gwlib's; `m` is answered later, from this room's. */
void fz_again_take(FzAgain *again, PluginBoxMsg *m);

#endif
