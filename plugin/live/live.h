/* SPDX-License-Identifier: BSD-2-Clause
 *
 * live.h - which generation is in force, and how the next one gets there
 */
#ifndef FZ_PLUGIN_LIVE_LIVE_H
#define FZ_PLUGIN_LIVE_LIVE_H

#include "config/bundle.h"
#include "control/control.h"
#include "plugin/plugin.h"

/**
 * Put the promoted generation in force. With none promoted yet: no rules,
 * observe. One that cannot be loaded any more is reported, and the one before
 * it serves instead; with that gone too, none.
 */
void fz_live_start(FzPlugin *plugin, const FzDiagSink *sink);

/**
 * Stage the working files, test them, promote them and put them in force: when
 * the call returns FZ_OK, the next message is judged by them. On any failure
 * what was in force stays.
 *
 * @param actor  for the audit trail
 * @param call   who asked: is told what is wrong, and how far it is
 */
FzStatus fz_live_reload(FzPlugin *plugin, const char *actor,
                        FzControlCall *call) FZ_MUST_CHECK;

/** Borrow the bundle in force around one use; never NULL after start. */
static inline FzBundle *fz_live_take(FzPlugin *plugin)
{
    return (FzBundle *)fz_generation_take(&plugin->live);
}

static inline void fz_live_give(FzPlugin *plugin, FzBundle *bundle)
{
    fz_generation_give(&plugin->live, &bundle->generation);
}

/** The verbs of the control socket; ctx is the FzPlugin. */
extern const FzControlVerb fz_live_verbs[];
extern const size_t fz_live_verb_count;

#endif
