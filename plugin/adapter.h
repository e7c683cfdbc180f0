/* SPDX-License-Identifier: BSD-2-Clause
 *
 * adapter.h - the edge to the host: one message at a time
 */
#ifndef FZ_PLUGIN_ADAPTER_H
#define FZ_PLUGIN_ADAPTER_H

#include "plugin/plugin.h"

/** Judge one sms and see it through: callback is called once, now or from
 *  hold's thread. */
void fz_adapter_judge(FzPlugin *plugin, PluginBoxMsg *m);

#endif
