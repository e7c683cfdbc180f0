/* SPDX-License-Identifier: BSD-2-Clause
 *
 * leave.h - what was decided and committed goes on its way
 *
 * Messages that were accepted from their senders and are to go on, past the
 * plugins, and reports of ours about those that are not. Each is a row of the
 * store until whoever gets it has acknowledged it; nobody there, a lost link or
 * failed_tmp: tried again with back-off, as long as it takes. Those of one
 * longer message go one after the other, in order.
 *
 * A death between the acknowledgement and the row's removal, or a link that is
 * lost before the former, leaves it in doubt: it is sent again, and counted
 * (parts_again).
 */
#ifndef FZ_PLUGIN_HOLD_LEAVE_H
#define FZ_PLUGIN_HOLD_LEAVE_H

#include "plugin/plugin.h"

#include "gwlib/gwlib.h"
#include "gw/msg.h"

typedef struct FzLeave FzLeave;
typedef struct FzLeaving FzLeaving;

typedef enum FzLeavingKind {
    FZ_LEAVING_TO_BEARERBOX = 0,
    FZ_LEAVING_TO_BOX = 1,
    FZ_LEAVING_REPORT = 2, /* to a box, and not for ever */
} FzLeavingKind;

/** @param since_ms  when the message came; a report is given up three days
 *                   later */
FzLeaving *fz_leaving_create(FzLeavingKind kind, int64_t since_ms);
/** Appended; `msg` is owned from now on.
 *  @param box  whom it is for, or over whose link it is to go: bearerbox sends
 *              its reports there, where the message names no box; NULL: any.
 *              Copied. */
void fz_leaving_add(FzLeaving *leaving, int64_t row, Msg *msg, const char *box);
/** To be sent when all of it is there; owned; may be NULL. */
void fz_leaving_warn(FzLeaving *leaving, Msg *warning);
bool fz_leaving_is_empty(const FzLeaving *leaving);
void fz_leaving_destroy(FzLeaving *leaving); /* NULL allowed */

/** NULL when no thread is left. */
FzLeave *fz_leave_create(FzPlugin *plugin);

/** Takes it over: it is committed, row by row. */
void fz_leave_go(FzLeave *leave, FzLeaving *leaving);

typedef struct FzLeaveFigures {
    uint64_t leaving;   /* parts and rewritten messages */
    uint64_t reporting; /* reports */
} FzLeaveFigures;
FzLeaveFigures fz_leave_figures(FzLeave *leave);

/** Nothing is sent any more; what is left is in the store. Then close the
 *  store, then destroy. NULL allowed. */
void fz_leave_stop(FzLeave *leave);
void fz_leave_destroy(FzLeave *leave);

#endif
