/* SPDX-License-Identifier: BSD-2-Clause
 *
 * later.h - parts that left within a rewritten message, until its report comes
 *
 * bearerbox reports on the whole, to its first part. What the other parts that
 * asked for reports need to be told is a row each, committed with the decision.
 * A report that comes back (mark.h) becomes a report for each of them as its
 * mask asks, committed, and for those that are more than a commit holds in
 * several; a final one ends it. Only then it goes on to the first part, so that
 * one which is lost before comes again from bearerbox.
 *
 * Bounded by age and by number; who is given up is counted.
 * Threads: every function from any thread of gwlib's.
 */
#ifndef FZ_PLUGIN_HOLD_LATER_H
#define FZ_PLUGIN_HOLD_LATER_H

#include "plugin/hold/leave.h"
#include "plugin/plugin.h"

#include "gwlib/gwlib.h"
#include "gw/msg.h"

typedef struct FzLater FzLater;
typedef struct FzAwaited FzAwaited;

/** @param leave  borrowed: sends the reports */
FzLater *fz_later_create(FzPlugin *plugin, FzLeave *leave);
void fz_later_destroy(FzLater *await); /* after the store; NULL allowed */

/* --- a rewritten message that is being decided about ----------------------
 */
FzAwaited *fz_awaited_create(const Msg *whole, int64_t now_ms);
void fz_awaited_destroy(FzAwaited *awaited); /* NULL allowed */

/** Under which its report comes back: its own, for boxes number their messages
 *  as they like. 16 octets, borrowed from `awaited`. */
const uint8_t *fz_awaited_id(const FzAwaited *awaited);
/** What has to be known of a part is copied, not its text.
 *  @param box  over whose connection it came; NULL: no name */
void fz_awaited_add(FzAwaited *awaited, const Msg *part, const char *box);
size_t fz_awaited_count(const FzAwaited *awaited); /* NULL: 0 */
/** Its row; borrowed from `awaited`. */
FzPart fz_awaited_part(const FzAwaited *awaited, size_t at);

/** Its rows are committed: taken over. NULL allowed. */
void fz_later_take(FzLater *await, FzAwaited *awaited, const int64_t *rows);

/* --- serving ---------------------------------------------------------------
 */
/** A row of an earlier start. False: it is none. */
bool fz_later_load(FzLater *await, int64_t row, const FzPart *part);

/** A report whose dlr-url bears a mark has come: `m` is answered, now or later.
 *  `await` may be NULL: it is cleaned and goes on. */
void fz_later_report(FzPlugin *plugin, FzLater *await, PluginBoxMsg *m);

/** Give up who has waited too long; once a second or so. */
void fz_later_look(FzLater *await, int64_t now_ms);

size_t fz_later_parts(FzLater *await); /* that wait for a report */

#endif
