/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verbs_evidence.h - what may be asked about rules that serve, and promoting
 * them by it (docs/control.md)
 */
#ifndef FZ_PLUGIN_LIVE_VERBS_EVIDENCE_H
#define FZ_PLUGIN_LIVE_VERBS_EVIDENCE_H

#include "control/control.h"
#include "plugin/plugin.h"

/* verbs_stats.c */
FzStatus fz_verb_stats(void *ctx, FzControlCall *call);
FzStatus fz_verb_samples(void *ctx, FzControlCall *call);
FzStatus fz_verb_samples_reveal(void *ctx, FzControlCall *call);

/* verbs_evidence.c */
/** Why a rule is not in force: there is none of that id (and which is like
 *  it), or it is not loaded. @return FZ_E_RULE, or FZ_E_SYNTAX without an id */
FzStatus fz_verb_no_rule(const FzBundle *bundle, const FzDiagSink *sink,
                         const char *rule);

FzStatus fz_verb_sample_mark(void *ctx, FzControlCall *call);
FzStatus fz_verb_promote(void *ctx, FzControlCall *call);
FzStatus fz_verb_demote(void *ctx, FzControlCall *call);

#endif
