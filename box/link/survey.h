/* SPDX-License-Identifier: BSD-2-Clause
 *
 * survey.h - how every box stands at this moment, for the status pages
 *
 * Each event loop tells of its own links; a loop that does not answer within
 * the time is left out and said.
 */
#ifndef FZ_BOX_LINK_SURVEY_H
#define FZ_BOX_LINK_SURVEY_H

#include "box/link/hub.h"

typedef struct FzLinkReport {
    char boxc_id[64]; /* "" when it gave none */
    char peer[64];    /* "192.0.2.7:40112" */
    bool identified;
    bool own;                      /* no box's: for injected messages */
    bool box_open;                 /* the box is connected */
    bool waits;                    /* for its turn to be connected */
    bool bearerbox_open;           /* its own connection to bearerbox is */
    size_t mt_unacked, mo_unacked; /* passed on, not acknowledged */
    size_t mt_waiting, mo_waiting; /* in the chain, or deferred */
    size_t to_box_octets, to_bearerbox_octets; /* not yet written */
} FzLinkReport;

typedef struct FzSurvey {
    FzLinkReport *link; /* owned */
    size_t links;
    size_t loops_silent; /* did not answer in time */
} FzSurvey;

void fz_survey_take(FzHub *hub, int64_t patience_ms, FzSurvey *survey_out);
void fz_survey_clear(FzSurvey *survey);

#endif
