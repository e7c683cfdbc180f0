/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verbs_list.h - lists and live entries by the control socket (docs/control.md)
 */
#ifndef FZ_PLUGIN_LIVE_VERBS_LIST_H
#define FZ_PLUGIN_LIVE_VERBS_LIST_H

#include "config/bundle.h"
#include "plugin/plugin.h"

FzStatus fz_verb_list_add(void *ctx, FzControlCall *call);
FzStatus fz_verb_list_confirm(void *ctx, FzControlCall *call);
FzStatus fz_verb_list_live(void *ctx, FzControlCall *call);
FzStatus fz_verb_list_query(void *ctx, FzControlCall *call);
FzStatus fz_verb_list_remove(void *ctx, FzControlCall *call);

/** What operators' lists say by now, in the generation in force and in the one
 *  `before` it, need not be said live: a rollback does not lose it. */
void fz_lists_fold(FzPlugin *plugin, const FzBundle *before,
                   const FzDiagSink *sink);

#endif
