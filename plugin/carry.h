/* SPDX-License-Identifier: BSD-2-Clause
 *
 * carry.h - a verdict on one message, carried out: deliver it, changed or not,
 * hold, refuse or defer it, and write down what was done
 */
#ifndef FZ_PLUGIN_CARRY_H
#define FZ_PLUGIN_CARRY_H

#include "plugin/judged.h"
#include "plugin/plugin.h"

/** `m` is answered, now or later.
 *  @param part  what it is a part of; NULL: of nothing */
void fz_carry_out(FzPlugin *plugin, PluginBoxMsg *m, FzJudged *judged,
                  const FzPartRef *part);

/** Append its verdict record, as fz_judged_record does. */
void fz_carry_record(FzPlugin *plugin, const PluginBoxMsg *m,
                     const FzJudged *judged, const FzPartRef *part,
                     FzBuf *record);

#endif
