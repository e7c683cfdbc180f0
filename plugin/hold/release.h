/* SPDX-License-Identifier: BSD-2-Clause
 *
 * release.h - held messages that a person let go
 *
 * The row is the order: in state "released" it is on its way, tried again until
 * whoever it is for takes it, over restarts too. An MT goes to bearerbox over
 * its box's connection or the host's own; an MO waits for its box. Those
 * between the same two numbers leave one after the other, in the order in which
 * they were released; a message of several parts leaves as its parts. A row is
 * "in-doubt" from before it is sent until the acknowledgement, then "delivered"
 * or "release-failed". Found in doubt at a start, or when the link closed
 * before the answer, it is left to a person, who may release it again: it may
 * be there already.
 *
 * Threads: every function from any thread of gwlib's.
 */
#ifndef FZ_PLUGIN_HOLD_RELEASE_H
#define FZ_PLUGIN_HOLD_RELEASE_H

#include "plugin/plugin.h"

/** NULL where the host cannot inject, or no thread is left. */
FzRelease *fz_release_create(FzPlugin *plugin);

/** Take up what was on its way at the end of the last run. */
void fz_release_load(FzRelease *release);

/**
 * Let a row go that is held, in doubt, or whose release has failed.
 *
 * @param again    also when it is in doubt: it may be there already
 * @param was_out  its state before
 * @return FZ_OK when the decision is committed; FZ_E_STATE when the row is not
 *         there or in another state, or this host cannot release
 */
FzStatus fz_release_row(FzRelease *release, int64_t row, bool again,
                        FzHeldState *was_out, const FzDiagSink *sink);

/** Nothing is sent any more; what is left is in the store. Then close the
 *  store, then destroy. NULL allowed. */
void fz_release_stop(FzRelease *release);
void fz_release_destroy(FzRelease *release);

#endif
