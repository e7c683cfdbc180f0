/* SPDX-License-Identifier: BSD-2-Clause
 *
 * expr.h - rules made of other rules and signals
 *
 *     expr  := and { "|" and }
 *     and   := unary { "&" unary }
 *     unary := "!" unary | "(" expr ")" | name | n "of" "(" item { "," item }
 * ")" name  := rule id | @signal of the set | built-in signal item  := name, or
 * a rule id with * for any characters
 *
 * An expression must be false where nothing is there at all, so it is only
 * asked when something is.
 */
#ifndef FZ_ENGINE_RULES_EXPR_H
#define FZ_ENGINE_RULES_EXPR_H

#include "base/arena.h"
#include "engine/rules/schema.h"

/* Operations of one expression, `of' lists written out. */
#define FZ_LIMIT_EXPR_OPS 4096
/* Brackets and negations within each other. */
#define FZ_LIMIT_EXPR_DEPTH 32

typedef enum FzExprOp {
    FZ_EXPR_RULE = 0,  /* arg: number of a rule or helper */
    FZ_EXPR_FACT = 1,  /* arg: number of a fact */
    FZ_EXPR_FALSE = 2, /* a rule that is not loaded */
    FZ_EXPR_NOT = 3,
    FZ_EXPR_AND = 4,
    FZ_EXPR_OR = 5,
    FZ_EXPR_COUNT = 6, /* arg: so many of the `of' values before are true */
} FzExprOp;

typedef struct FzExprStep {
    uint8_t op; /* FzExprOp */
    uint16_t arg;
    uint32_t of; /* COUNT: values taken off; RULE, FACT: the number */
} FzExprStep;

typedef struct FzExpr {
    const FzExprStep *step; /* values before what combines them */
    uint32_t count;
} FzExpr;

/** What names mean; the parser asks. */
typedef struct FzExprNames {
    /** A name's step (RULE, FACT or FALSE); false when there is none. */
    bool (*find)(const void *ctx, const char *name, FzExprStep *step_out);
    /** Rule ids a pattern stands for, one after the other; false at the end. */
    bool (*match)(const void *ctx, const char *pattern, uint32_t *at,
                  FzExprStep *step_out);
    /** The nearest known name, for messages; NULL. */
    const char *(*nearest)(const void *ctx, const char *name);
    const void *ctx;
} FzExprNames;

/** FZ_E_SYNTAX, FZ_E_RULE or FZ_E_LIMIT with one diag that names the place. */
FzStatus fz_expr_parse(const FzLocated *text, const FzExprNames *names,
                       const FzSchemaReader *reader,
                       FzExpr *expr_out) FZ_MUST_CHECK;

/** Evaluate with what `value' says of RULE and FACT steps. */
bool fz_expr_value(const FzExpr *expr,
                   bool (*value)(const void *ctx, const FzExprStep *step),
                   const void *ctx);

/** Whether * in `pattern' can stand for characters so that it is `id'. */
bool fz_glob_matches(const char *pattern, const char *id);

#endif
