/* SPDX-License-Identifier: BSD-2-Clause
 *
 * muted.h - sources that may speak and no longer act
 *
 * What is no rule (a list, an entry of one, a fact about the sender) has no
 * state octet beside the rule set; a brake that trips for it names it here. Its
 * signals are then as if they were in shadow: shown, and without effect.
 */
#ifndef FZ_ENGINE_VERDICT_MUTED_H
#define FZ_ENGINE_VERDICT_MUTED_H

#include "engine/signal/signal.h"

/** Immutable; ascending. */
typedef struct FzMuted {
    uint32_t count;
    uint64_t source[]; /* fz_source_id, FzSignal.entry_id */
} FzMuted;

/** A number for what can be muted: "list" and its name, "signal" and its name,
 *  "profile" and its name. The same on every machine. */
uint64_t fz_source_id(const char *kind, const char *name);

bool fz_muted_has(const FzMuted *muted, uint64_t source); /* NULL: nobody */

/** The list of a signal, its entry, or the built-in signal itself are muted. */
bool fz_muted_signal(const FzMuted *muted, const FzSignal *signal);

#endif
