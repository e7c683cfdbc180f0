/* SPDX-License-Identifier: BSD-2-Clause
 *
 * alert.h - what is done when the brake trips, beside stopping the source
 */
#ifndef FZ_PLUGIN_LIVE_ALERT_H
#define FZ_PLUGIN_LIVE_ALERT_H

#include "plugin/plugin.h"

/** Start the thread that writes trips to the log and the audit trail, switches
 *  the bypass for those that mean it, and runs the alert-command. */
void fz_alert_start(FzPlugin *plugin, const FzDiagSink *sink);
void fz_alert_stop(FzPlugin *plugin);

/** Run a command line by the shell with more in its environment ("NAME=value",
 *  NULL at the end), and wait for it, `most_s' seconds at most. The exit
 *  status; -1 when it could not be started, was killed, or took too long. */
int fz_alert_run(const char *command, const char *const *more, int most_s);

#endif
