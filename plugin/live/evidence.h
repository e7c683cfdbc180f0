/* SPDX-License-Identifier: BSD-2-Clause
 *
 * evidence.h - what rules did and what they matched, kept beside judging
 *
 * A thread of its own hands samples to the store, writes the tallies once a
 * minute, and lets go what is too old though nothing comes.
 */
#ifndef FZ_PLUGIN_LIVE_EVIDENCE_H
#define FZ_PLUGIN_LIVE_EVIDENCE_H

#include "plugin/plugin.h"

typedef struct FzEvidence FzEvidence;

/** Before the first generation is in force; the store is open. */
void fz_evidence_open(FzPlugin *plugin, const FzDiagSink *sink);

/** Samples that wait are stored, tallies written, the thread ends: before the
 *  store closes. */
void fz_evidence_stop(FzPlugin *plugin);

/** After the last generation is gone. */
void fz_evidence_close(FzPlugin *plugin);

#endif
