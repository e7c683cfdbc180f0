/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lint_impl.h - what the files of lint share (inside engine/rules)
 */
#ifndef FZ_ENGINE_RULES_LINT_IMPL_H
#define FZ_ENGINE_RULES_LINT_IMPL_H

#include "engine/rules/builder.h"
#include "engine/rules/impl.h"
#include "engine/rules/lint.h"

typedef struct FzLint {
    FzRuleset *ruleset;
    const FzModel *model;
    const FzRuleSource **source; /* by number */
    bool *named;                 /* by number: an expr or unless names it */
    FZ_LIST(FzFinding) finding;
    uint32_t compares;
} FzLint;

void fz_lint_find(FzLint *lint, const char *file, uint32_t line,
                  const char *rule, const char *format, ...) FZ_PRINTF(5, 6);

/** Forms and expressions that mean what an earlier one does. */
void fz_lint_equal(FzLint *lint, const FzProgram *program);
void fz_lint_equal_exprs(FzLint *lint);

/** A rule beside which this one changes nothing. */
void fz_lint_contained(FzLint *lint, const FzProgram *program,
                       const FzForm *form, const FzRuleSource *rule);

#endif
