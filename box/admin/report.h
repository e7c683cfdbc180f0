/* SPDX-License-Identifier: BSD-2-Clause
 *
 * report.h - the state of the host, in each form that is asked for
 */
#ifndef FZ_BOX_ADMIN_REPORT_H
#define FZ_BOX_ADMIN_REPORT_H

#include "base/buf.h"
#include "box/admin/load.h"
#include "box/link/survey.h"
#include "box/upgrade/upgrade.h"

/** What the pages are made from; all borrowed. */
typedef struct FzBoxReport {
    FzBoxTotals totals;
    const FzSurvey *survey;
    const FzLoad *mt, *mo;
    const FzChain *chain;
    int64_t uptime_s;
    FzHubState state;
    FzUpgradeTold upgrade;
} FzBoxReport;

void fz_report_text(const FzBoxReport *report, FzBuf *out);
void fz_report_html(const FzBoxReport *report, FzBuf *out);
void fz_report_xml(const FzBoxReport *report, FzBuf *out);
void fz_report_json(const FzBoxReport *report, FzBuf *out);
void fz_report_metrics(const FzBoxReport *report, FzBuf *out);

#endif
