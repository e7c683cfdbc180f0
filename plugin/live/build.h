/* SPDX-License-Identifier: BSD-2-Clause
 *
 * build.h - load a bundle while the control socket goes on answering
 *
 * Loading takes as long as the rules are many. It is done on a thread of its
 * own; the one that asked tells how far it is, many times a second, so that
 * bypass and status are not kept waiting.
 */
#ifndef FZ_PLUGIN_LIVE_BUILD_H
#define FZ_PLUGIN_LIVE_BUILD_H

#include "config/bundle.h"
#include "control/control.h"
#include "plugin/plugin.h"

/* As `to': the current generation with the working files of its lists. */
#define FZ_LIVE_LISTS "lists"
/* Likewise with the working files of the operator's overrides. */
#define FZ_LIVE_OVERRIDES "overrides"

/**
 * @param to     a digest or "previous": that archived generation; FZ_LIVE_LISTS
 * or FZ_LIVE_OVERRIDES; NULL: the working files, staged and tested
 * @param call   its sink is told what is wrong, its progress how far it is
 * @param bundle_out  NULL with FZ_OK: there is no such generation
 */
FzStatus fz_live_build(FzPlugin *plugin, const char *to, int64_t now_ms,
                       FzControlCall *call,
                       FzBundle **bundle_out) FZ_MUST_CHECK;

#endif
