/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verbs_brake.h - the verbs that show what the brake stopped, and let it go
 */
#ifndef FZ_PLUGIN_LIVE_VERBS_BRAKE_H
#define FZ_PLUGIN_LIVE_VERBS_BRAKE_H

#include "control/control.h"
#include "plugin/plugin.h"

FzStatus fz_live_verb_brake(void *plugin, FzControlCall *call);
FzStatus fz_live_verb_brake_release(void *plugin, FzControlCall *call);

#endif
