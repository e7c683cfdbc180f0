/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verbs_release.h - the verb that lets held messages go (docs/control.md)
 */
#ifndef FZ_PLUGIN_LIVE_VERBS_RELEASE_H
#define FZ_PLUGIN_LIVE_VERBS_RELEASE_H

#include "control/control.h"

/** {"row":17}: "state" when it is decided, committed and recorded. */
FzStatus fz_verb_release(void *ctx, FzControlCall *call);

#endif
