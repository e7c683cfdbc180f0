/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/list/finding.h"

static const struct {
    const char *name, *sentence;
    FzFindingClass severity;
} findings[FZ_FINDINGS] = {
    [FZ_FOUND_FINE] = {"fine", "is fine", FZ_FINDING_LOOK},
#define FZ_FINDING(identifier, severity, name, sentence)                       \
    [FZ_FOUND_##identifier] = {name, sentence, FZ_FINDING_##severity},
#include "engine/list/findings.def"
#undef FZ_FINDING
};

const char *fz_finding_name(FzFinding finding)
{
    return findings[finding].name;
}

const char *fz_finding_sentence(FzFinding finding)
{
    return findings[finding].sentence;
}

FzFindingClass fz_finding_class(FzFinding finding)
{
    return findings[finding].severity;
}
