/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lint.h - what loads and still looks wrong
 *
 * Worked out while the files are at hand, told when somebody asks
 * (fz_ruleset_lint): a reload does not repeat it.
 */
#ifndef FZ_ENGINE_RULES_LINT_H
#define FZ_ENGINE_RULES_LINT_H

#include "engine/rules/model.h"

typedef struct FzFinding {
    const char *file;
    uint32_t line;
    const char *rule_id; /* NULL outside a rule */
    const char *text;
} FzFinding;

typedef struct FzFindings {
    const FzFinding *item;
    uint32_t count;
} FzFindings;

/* Findings of one load that are kept. */
#define FZ_LIMIT_FINDINGS 10000

/* A rule by its words alone wants at least so many characters of them. */
#define FZ_LINT_HAN_CHARS 4
#define FZ_LINT_LETTERS 6
/* A word longer than this is the wording of one message; Han count twice. */
#define FZ_LINT_WORD_CHARS 40
/* Terms that stand no further apart are read as one word there. */
#define FZ_LINT_QUOTE_GAP 2
/* Words of the set that may end together. */
#define FZ_LINT_NESTED 4

/** Look at a compiled rule set and the model it was made of. */
void fz_lint(FzRuleset *ruleset, const FzModel *model);

#endif
