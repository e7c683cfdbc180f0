/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mark.h - the mark in a rewritten message by which its reports are known
 *
 * bearerbox gives the dlr-url of a message back with each report on it, and
 * nothing else that could tell one message from another. So the mark stands
 * there, behind the first part's own, as a fragment: "#fanzha-", an id made for
 * it in hexadecimal, "-", the mask that the first part asked with. A report is
 * read and cleaned by the mark alone, whatever the store still knows; and where
 * nobody cleans it (fanzha was taken away meanwhile) an application is called
 * at its own address still.
 */
#ifndef FZ_PLUGIN_HOLD_MARK_H
#define FZ_PLUGIN_HOLD_MARK_H

#include <stdbool.h>
#include <stdint.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define FZ_MARK_ID_OCTETS 16

typedef struct FzMark {
    uint8_t id[FZ_MARK_ID_OCTETS];
    long mask;       /* of the first part; 0: it asked for nothing */
    long url_octets; /* of its own dlr-url */
} FzMark;

/** Did whoever sent it ask for any report? */
bool fz_mark_is_wanted(const Msg *msg);

/** Is there room for a mark behind its dlr-url? Databases for reports have 255
 *  octets for it, in the schemas that Kannel's guide shows. */
bool fz_mark_fits(const Msg *msg);

/** One that no other message has. */
void fz_mark_make_id(uint8_t id[FZ_MARK_ID_OCTETS]);

/** Mark a whole message, so that its sender's report and those of its other
 *  parts come.
 *  @param id     16 octets, by which the report is known again
 *  @param asked  all masks of all parts */
void fz_mark_put(Msg *whole, const uint8_t *id, long asked);

/** False: there is none. */
bool fz_mark_read(const Msg *report, FzMark *mark_out);

/** The report as it would be without: the first part's dlr-url and mask. */
void fz_mark_remove(Msg *report, const FzMark *mark);

/** The same report for another part: its dlr-url, service, addresses, mask. */
Msg *fz_mark_copy(const Msg *report, const Msg *part);

/** Of a report's type: none follows it. */
bool fz_mark_is_final(long type);

#endif
