/* SPDX-License-Identifier: BSD-2-Clause
 *
 * finding.h - the words in which sources and builder speak of a line
 */
#ifndef FZ_ENGINE_LIST_FINDING_H
#define FZ_ENGINE_LIST_FINDING_H

typedef enum FzFinding {
    FZ_FOUND_FINE = 0, /* nothing to say */
#define FZ_FINDING(identifier, severity, name, sentence) FZ_FOUND_##identifier,
#include "engine/list/findings.def"
#undef FZ_FINDING
    FZ_FINDINGS
} FzFinding;

typedef enum FzFindingClass {
    FZ_FINDING_DIRT = 0,
    FZ_FINDING_REFUSED = 1,
    FZ_FINDING_LEFT = 2,
    FZ_FINDING_LOOK = 3,
} FzFindingClass;

const char *fz_finding_name(FzFinding finding);     /* "public-suffix" */
const char *fz_finding_sentence(FzFinding finding); /* "is a public suffix" */
FzFindingClass fz_finding_class(FzFinding finding);

#endif
