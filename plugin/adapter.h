/* SPDX-License-Identifier: BSD-2-Clause
 *
 * adapter.h - the edge to the host: one message at a time
 */
#ifndef FZ_PLUGIN_ADAPTER_H
#define FZ_PLUGIN_ADAPTER_H

#include "plugin/judged.h"
#include "plugin/plugin.h"

/** Judge one sms and see it through: callback is called once, now or from
 *  hold's thread. */
void fz_adapter_judge(FzPlugin *plugin, PluginBoxMsg *m);

/** Carry a verdict on one message out: it is answered, now or later.
 *  @param part  what it is a part of; NULL: of nothing */
void fz_adapter_carry_out(FzPlugin *plugin, PluginBoxMsg *m, FzJudged *judged,
                          const FzPartRef *part);

/** Its verdict record; NULL where it would say nothing. The caller decrefs. */
json_t *fz_adapter_record(FzPlugin *plugin, const PluginBoxMsg *m,
                          const FzJudged *judged, const FzPartRef *part);

#endif
