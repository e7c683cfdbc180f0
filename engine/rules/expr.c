/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "engine/rules/expr.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#define NAME_OCTETS (2 * FZ_LIMIT_ID_OCTETS)

typedef struct Parser {
    const char *text, *at;
    uint32_t line;
    const FzExprNames *names;
    const FzSchemaReader *reader;
    FzExprStep *step; /* owned; grows */
    uint32_t count, room;
    unsigned depth;
    FzStatus status;
} Parser;

static void refuse(Parser *parser, FzStatus code, const char *format, ...)
    FZ_PRINTF(3, 4);

/* The first problem is told; parsing stops. */
static void refuse(Parser *parser, FzStatus code, const char *format, ...)
{
    char what[512];
    va_list ap;

    if (parser->status != FZ_OK)
        return;
    va_start(ap, format);
    vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    parser->status =
        fz_diag(parser->reader->sink, code, parser->reader->file, parser->line,
                parser->reader->rule_id, "in the expr, character %zu: %s",
                fz_utf8_chars((const uint8_t *)parser->text,
                              (size_t)(parser->at - parser->text)) +
                    1,
                what);
}

static void emit(Parser *parser, FzExprStep step)
{
    if (parser->status != FZ_OK)
        return;
    if (parser->count == FZ_LIMIT_EXPR_OPS) {
        refuse(parser, FZ_E_LIMIT, "the expr has more than %d parts",
               FZ_LIMIT_EXPR_OPS);
        return;
    }
    if (parser->count == parser->room) {
        parser->room = parser->room == 0 ? 32 : 2 * parser->room;
        parser->step =
            fz_realloc_array(parser->step, parser->room, sizeof *parser->step);
    }
    parser->step[parser->count++] = step;
}

static void skip_blanks(Parser *parser)
{
    while (isspace((unsigned char)*parser->at))
        parser->at++;
}

/* --- names --------------------------------------------------------------- */

static bool is_name_octet(char c)
{
    return islower((unsigned char)c) || isdigit((unsigned char)c) ||
           (c != '\0' && strchr(".-_@*", c) != NULL);
}

static bool read_name(Parser *parser, char *name)
{
    size_t octets = 0;

    while (is_name_octet(parser->at[octets]))
        octets++;
    if (octets == 0) {
        refuse(parser, FZ_E_SYNTAX,
               *parser->at == '\0' ? "a name is missing at the end"
                                   : "a name is missing here");
        return false;
    }
    if (octets >= NAME_OCTETS) {
        refuse(parser, FZ_E_LIMIT, "the name is too long");
        return false;
    }
    memcpy(name, parser->at, octets);
    name[octets] = '\0';
    return true;
}

static bool find_name(Parser *parser, const char *name, FzExprStep *step)
{
    const char *nearest;

    if (parser->names->find(parser->names->ctx, name, step))
        return true;
    nearest = parser->names->nearest(parser->names->ctx, name);
    if (nearest != NULL)
        refuse(parser, FZ_E_RULE,
               "there is no rule or signal `%s' (did you mean `%s'?)", name,
               nearest);
    else
        refuse(parser, FZ_E_RULE, "there is no rule or signal `%s'", name);
    return false;
}

/* What a list names twice counts once. */
static bool is_listed(const Parser *parser, uint32_t first, FzExprStep step)
{
    for (uint32_t i = first; i < parser->count; i++)
        if (parser->step[i].op == step.op && parser->step[i].of == step.of &&
            step.op != FZ_EXPR_FALSE)
            return true;
    return false;
}

/* One item of `n of': a name, or all that a pattern stands for. */
static void add_item(Parser *parser, uint32_t first)
{
    char name[NAME_OCTETS];
    bool any = false;
    uint32_t at = 0;
    FzExprStep step;

    skip_blanks(parser);
    if (!read_name(parser, name))
        return;
    if (strchr(name, '*') == NULL) {
        if (find_name(parser, name, &step) && !is_listed(parser, first, step))
            emit(parser, step);
    } else {
        while (parser->status == FZ_OK &&
               parser->names->match(parser->names->ctx, name, &at, &step)) {
            any = true;
            if (!is_listed(parser, first, step))
                emit(parser, step);
        }
        if (!any)
            refuse(parser, FZ_E_RULE, "no rule is called like `%s'", name);
    }
    parser->at += strlen(name);
    skip_blanks(parser);
}

/* --- the grammar --------------------------------------------------------- */

static void parse_or(Parser *parser);

/* "2 of (a, b.*)" */
static void parse_count(Parser *parser)
{
    uint32_t wanted = 0, first = parser->count, values;

    for (; isdigit((unsigned char)*parser->at); parser->at++)
        if (wanted < 100000)
            wanted = wanted * 10 + (uint32_t)(*parser->at - '0');
    skip_blanks(parser);
    parser->at += 2; /* "of" */
    skip_blanks(parser);
    if (*parser->at != '(') {
        refuse(parser, FZ_E_SYNTAX, "`of' is followed by names in brackets");
        return;
    }
    do {
        parser->at++; /* the bracket or the comma */
        add_item(parser, first);
    } while (parser->status == FZ_OK && *parser->at == ',');
    if (parser->status != FZ_OK)
        return;
    if (*parser->at != ')') {
        refuse(parser, FZ_E_SYNTAX, "a `,' or a `)' is missing here");
        return;
    }
    parser->at++;
    values = parser->count - first;
    if (wanted == 0 || wanted > values)
        refuse(parser, FZ_E_RULE, "%u of %u can never be right", wanted,
               values);
    else
        emit(parser, (FzExprStep){FZ_EXPR_COUNT, (uint16_t)wanted, values});
}

/* A number, blanks, "of": ids begin with digits too. */
static bool begins_count(const Parser *parser)
{
    const char *at = parser->at;

    while (isdigit((unsigned char)*at))
        at++;
    if (at == parser->at || !isspace((unsigned char)*at))
        return false;
    while (isspace((unsigned char)*at))
        at++;
    return strncmp(at, "of", 2) == 0 &&
           (at[2] == '(' || isspace((unsigned char)at[2]));
}

static void parse_unary(Parser *parser)
{
    char name[NAME_OCTETS];
    FzExprStep step;

    skip_blanks(parser);
    if (*parser->at == '!' || *parser->at == '(') {
        bool negated = *parser->at++ == '!';

        if (++parser->depth > FZ_LIMIT_EXPR_DEPTH) {
            refuse(parser, FZ_E_LIMIT, "brackets are nested too deep");
            return;
        }
        if (negated) {
            parse_unary(parser);
            emit(parser, (FzExprStep){FZ_EXPR_NOT, 0, 0});
        } else {
            parse_or(parser);
            if (parser->status == FZ_OK && *parser->at != ')')
                refuse(parser, FZ_E_SYNTAX,
                       "a `&', `|' or `)' is missing here");
            parser->at += parser->status == FZ_OK;
        }
        parser->depth--;
    } else if (begins_count(parser)) {
        parse_count(parser);
    } else if (read_name(parser, name)) {
        if (strchr(name, '*') != NULL)
            refuse(parser, FZ_E_SYNTAX, "`*' stands in lists only: 1 of (%s)",
                   name);
        if (parser->status == FZ_OK && find_name(parser, name, &step)) {
            emit(parser, step);
            parser->at += strlen(name);
        }
    }
    skip_blanks(parser);
}

static void parse_and(Parser *parser)
{
    parse_unary(parser);
    while (parser->status == FZ_OK && *parser->at == '&') {
        parser->at++;
        parse_unary(parser);
        emit(parser, (FzExprStep){FZ_EXPR_AND, 0, 0});
    }
}

static void parse_or(Parser *parser)
{
    parse_and(parser);
    while (parser->status == FZ_OK && *parser->at == '|') {
        parser->at++;
        parse_and(parser);
        emit(parser, (FzExprStep){FZ_EXPR_OR, 0, 0});
    }
}

static bool nothing(const void *ctx, const FzExprStep *step)
{
    (void)ctx, (void)step;
    return false;
}

FzStatus fz_expr_parse(const FzLocated *text, const FzExprNames *names,
                       const FzSchemaReader *reader, FzExpr *expr_out)
{
    Parser parser = {.text = text->text,
                     .at = text->text,
                     .line = text->line,
                     .names = names,
                     .reader = reader};

    parse_or(&parser);
    if (parser.status == FZ_OK && *parser.at != '\0')
        refuse(&parser, FZ_E_SYNTAX, "a `&' or `|' is missing here");
    if (parser.status == FZ_OK) {
        FzExpr expr = {fz_arena_copy(reader->arena, parser.step, parser.count,
                                     sizeof *parser.step),
                       parser.count};

        if (fz_expr_value(&expr, nothing, NULL))
            parser.status =
                fz_diag(reader->sink, FZ_E_RULE, reader->file, text->line,
                        reader->rule_id,
                        "the expr holds for a message in which nothing is "
                        "found: something must be there");
        else
            *expr_out = expr;
    }
    fz_free(parser.step);
    return parser.status;
}

/* --- values -------------------------------------------------------------- */

bool fz_expr_value(const FzExpr *expr,
                   bool (*value)(const void *ctx, const FzExprStep *step),
                   const void *ctx)
{
    bool stack[FZ_LIMIT_EXPR_OPS];
    uint32_t top = 0, count;

    for (uint32_t i = 0; i < expr->count; i++) {
        const FzExprStep *step = &expr->step[i];

        switch ((FzExprOp)step->op) {
        case FZ_EXPR_RULE:
        case FZ_EXPR_FACT:
            stack[top++] = value(ctx, step);
            break;
        case FZ_EXPR_FALSE:
            stack[top++] = false;
            break;
        case FZ_EXPR_NOT:
            stack[top - 1] = !stack[top - 1];
            break;
        case FZ_EXPR_AND:
            top--;
            stack[top - 1] = stack[top - 1] && stack[top];
            break;
        case FZ_EXPR_OR:
            top--;
            stack[top - 1] = stack[top - 1] || stack[top];
            break;
        case FZ_EXPR_COUNT:
            count = 0;
            for (uint32_t v = 0; v < step->of; v++)
                count += stack[--top];
            stack[top++] = count >= step->arg;
            break;
        }
    }
    return stack[0];
}

/* --- patterns ------------------------------------------------------------ */

bool fz_glob_matches(const char *pattern, const char *id)
{
    const char *star = NULL, *again = NULL;

    /* one star back is enough: an earlier one could only take less */
    while (*id != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            again = id;
        } else if (*pattern == *id) {
            pattern++;
            id++;
        } else if (star != NULL) {
            pattern = star;
            id = ++again;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}
