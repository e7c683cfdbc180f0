/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cases.h - do the samples of a rule set fare as its author says?
 *
 * Every sample (match, nomatch, cases.tsv) goes through fz_judge, the whole
 * way that a message goes, with every rule active and fz_policy_patterns(): a
 * set is tested as what it will be, whatever state it is in today. Only the
 * rules of the sample's own set have a say.
 */
#ifndef FZ_ENGINE_VERDICT_CASES_H
#define FZ_ENGINE_VERDICT_CASES_H

#include "engine/rules/ruleset.h"
#include "engine/verdict/verdict.h"

/** One sample and how it fared; borrowed for the call. */
typedef struct FzCaseResult {
    const FzSample *sample;
    bool ok;
    const char *why;    /* a clause: what came, what was wanted; "" when ok */
    const char *folded; /* the sample as the rules saw it, UTF-8 */
    const FzVerdict *verdict;
} FzCaseResult;

typedef struct FzCaseCounts {
    size_t run;
    size_t failed;
    size_t untested; /* rules that no sample names as its match */
} FzCaseCounts;

/** Called once a sample, in the order of the files; NULL to count only. */
typedef void (*FzCaseEach)(void *ctx, const FzCaseResult *result);

/**
 * @param now_ms  the time the samples are judged at
 * @return FZ_OK when every sample fared as wanted, else FZ_E_RULE
 */
FzStatus fz_cases_run(const FzRuleset *ruleset, int64_t now_ms, FzCaseEach each,
                      void *ctx, FzCaseCounts *counts_out) FZ_MUST_CHECK;

/** The same, each failure one diag with file, line and rule. */
FzStatus fz_cases_check(const FzRuleset *ruleset, int64_t now_ms,
                        const FzDiagSink *sink,
                        FzCaseCounts *counts_out) FZ_MUST_CHECK;

#endif
