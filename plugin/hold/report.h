/* SPDX-License-Identifier: BSD-2-Clause
 *
 * report.h - what a sender hears of a message that was accepted and then
 * stopped: a failing delivery report of our own
 *
 * As bearerbox writes its own (gw/dlr.c of Kannel 1.4.5), of type "failed": the
 * only one besides "delivered" that reaches an SMPP customer. `err:` has the
 * reason's three characters, `text:` the reference of an appeal.
 */
#ifndef FZ_PLUGIN_HOLD_REPORT_H
#define FZ_PLUGIN_HOLD_REPORT_H

#include "base/limits.h"
#include "base/slice.h"

#include "gwlib/gwlib.h"
#include "gw/msg.h"

/** Did whoever sent it ask to be told of a failure? */
bool fz_report_is_wanted(const Msg *msg);

/** The box that hears of it: the one that the message names, else that over
 *  whose connection it came (NULL: no name). Borrowed. */
const char *fz_report_box(const Msg *msg, const char *came_over);

/** What an appeal quotes: the first 16 hexadecimal digits of the gateway's id
 *  of the message. */
#define FZ_REFERENCE_TEXT (FZ_LIMIT_REFERENCE_OCTETS + 1)
void fz_report_reference(const Msg *msg, char text[FZ_REFERENCE_TEXT]);

/** What a report is to say, as it is kept with its part. */
#define FZ_REPORT_NOTE_TEXT 64
void fz_report_note(const char *code, const char *reference,
                    char text[FZ_REPORT_NOTE_TEXT]);
Msg *fz_report_from_note(const Msg *msg, FzSlice note, int64_t now_ms);

/** The report about `msg`, for the box that it came from.
 *  @param code       three characters; NULL for no reason of the table
 *  @param reference  at most FZ_LIMIT_REFERENCE_OCTETS */
Msg *fz_report_failed(const Msg *msg, const char *code, const char *reference,
                      int64_t now_ms);

#endif
