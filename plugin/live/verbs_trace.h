/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verbs_trace.h - the verb that asks the flight recorder
 */
#ifndef FZ_PLUGIN_LIVE_VERBS_TRACE_H
#define FZ_PLUGIN_LIVE_VERBS_TRACE_H

#include "control/control.h"
#include "plugin/plugin.h"

FzStatus fz_live_verb_trace(void *plugin, FzControlCall *call);

#endif
