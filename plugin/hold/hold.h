/* SPDX-License-Identifier: BSD-2-Clause
 *
 * hold.h - messages that become ours: commit first, then acknowledge
 *
 * A held message is handed to the store; when its commit is done its sender
 * hears "buffered", not before. When it fails, the failure policy for
 * store-failed decides. Evidence (what was rejected or rewritten) is kept the
 * same way, but nobody waits for it.
 *
 * The host is answered from the store's writer thread, which is one of
 * gwlib's: the adapter opens the store so.
 */
#ifndef FZ_PLUGIN_HOLD_HOLD_H
#define FZ_PLUGIN_HOLD_HOLD_H

#include "plugin/hold/again.h"
#include "plugin/plugin.h"

/** A message at work; all borrowed for the call, but `record`. */
typedef struct FzHoldRequest {
    const FzMessage *message;
    const FzVerdict *verdict;
    const FzText *text;        /* NULL: could not be decoded */
    const char *generation;    /* digest; "" with nothing promoted */
    FzBuf record;              /* as it was begun; empty: none */
    FzSlice delivered;         /* rewritten: the new text; else absent */
    FzFailureChoice otherwise; /* the policy for store-failed */
} FzHoldRequest;

/**
 * What is kept of a message.
 *
 * @param id      the gateway's id, 16 octets
 * @param packed  borrowed
 * @param text    room for what the result's record points to
 */
FzHeld fz_hold_fill(const FzPlugin *plugin, const FzHoldRequest *request,
                    FzHeldState state, FzSlice id, FzSlice packed, FzBuf *text);

/** @param judge  sees a message through that waited here and is to be judged
 *                anew */
FzHold *fz_hold_create(FzPlugin *plugin, FzAgainJudge judge);

/** Nothing is tried again after this; then close the store, so that every
 *  record has had its done; then destroy. NULL is allowed. */
void fz_hold_stop(FzHold *hold);
void fz_hold_destroy(FzHold *hold);

/** Commit, then finish `m` (HOLD); or what the failure policy says. Takes the
 *  request's record over: it is logged, and ends, on the store's thread. */
void fz_hold_message(FzHold *hold, PluginBoxMsg *m, FzHoldRequest *request);

/** End a message as deferred; in a classic host, which cannot, an MO waits here
 *  and is judged again in a second. */
void fz_hold_defer(FzHold *hold, PluginBoxMsg *m, FzDirection direction);

/** Keep as evidence; `m` stays the caller's. Not kept is counted. */
void fz_hold_evidence(FzHold *hold, const PluginBoxMsg *m,
                      const FzHoldRequest *request);

#endif
