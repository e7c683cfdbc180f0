/* SPDX-License-Identifier: BSD-2-Clause
 *
 * table.c - tables of rules, and cases.tsv, read into the model
 */
#include "config.h"

#include "base/limits.h"
#include "engine/rules/model.h"
#include "engine/rules/tsv.h"

#include <stdio.h>

/* What a table knows besides the keys of the schema it is about. */
typedef struct Column {
    const char *name;       /* NULL when it is a key of the schema */
    const FzSchemaKey *key; /* NULL when it is one of the table's own */
} Column;

typedef struct Table {
    FzTsv tsv;
    FzModel *model;
    const FzSchema *schema;
    const char *const *own; /* names of own columns, NULL at the end */
    Column column[FZ_LIMIT_TSV_COLUMNS];
    uint32_t columns;
    FzSchemaReader reader;
} Table;

/* --- the first line ------------------------------------------------------ */

static const char *column_at(const void *ctx, size_t i)
{
    const Table *table = ctx;
    size_t own = 0;

    while (table->own[own] != NULL)
        own++;
    if (i < own)
        return table->own[i];
    for (uint32_t k = 0; k < table->schema->count; k++)
        if ((table->schema->keys[k].flags & FZ_SCHEMA_COLUMN) && i-- == own)
            return table->schema->keys[k].name;
    return NULL;
}

static bool find_column(const Table *table, const char *name, Column *column)
{
    for (size_t i = 0; table->own[i] != NULL; i++) {
        if (strcmp(name, table->own[i]) == 0) {
            *column = (Column){.name = table->own[i]};
            return true;
        }
    }
    *column = (Column){.key = fz_schema_find(table->schema, name)};
    return column->key != NULL && (column->key->flags & FZ_SCHEMA_COLUMN);
}

static bool read_header(Table *table)
{
    bool sound = true;

    if (!fz_tsv_next(&table->tsv)) {
        fz_model_fail(table->model, FZ_E_SYNTAX, table->tsv.path, 0, NULL,
                      "the table has no line that names its columns");
        return false;
    }
    if (table->tsv.count > FZ_LIMIT_TSV_COLUMNS) {
        fz_model_fail(table->model, FZ_E_LIMIT, table->tsv.path,
                      table->tsv.line, NULL, "a table has at most %d columns",
                      FZ_LIMIT_TSV_COLUMNS);
        return false;
    }
    table->columns = table->tsv.count;
    for (uint32_t i = 0; i < table->columns; i++) {
        const char *name = table->tsv.cell[i], *nearest;

        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(name, table->tsv.cell[j]) == 0) {
                fz_model_fail(table->model, FZ_E_SYNTAX, table->tsv.path,
                              table->tsv.line, NULL,
                              "the column `%s' is there twice", name);
                sound = false;
            }
        }
        if (find_column(table, name, &table->column[i]))
            continue;
        sound = false;
        nearest = fz_nearest_name(name, column_at, table);
        if (nearest != NULL)
            fz_model_fail(
                table->model, FZ_E_RULE, table->tsv.path, table->tsv.line, NULL,
                "unknown column `%s' (did you mean `%s'?)", name, nearest);
        else
            fz_model_fail(table->model, FZ_E_RULE, table->tsv.path,
                          table->tsv.line, NULL, "unknown column `%s'", name);
    }
    return sound;
}

static bool has_column(Table *table, const char *name)
{
    for (uint32_t i = 0; i < table->columns; i++)
        if (strcmp(table->tsv.cell[i], name) == 0)
            return true;
    fz_model_fail(table->model, FZ_E_RULE, table->tsv.path, table->tsv.line,
                  NULL, "the column `%s' is missing", name);
    return false;
}

static bool open_table(Table *table, FzModel *model, const char *path,
                       const FzSchema *schema, const char *const *own)
{
    FzStatus status = fz_tsv_open(&table->tsv, path, model->sink);

    if (status != FZ_OK) {
        if (model->status == FZ_OK)
            model->status = status;
        return false;
    }
    table->model = model;
    table->schema = schema;
    table->own = own;
    table->reader = (FzSchemaReader){
        .sink = model->sink, .file = path, .arena = &model->arena};
    return true;
}

/* --- rows ---------------------------------------------------------------- */

/* A row that has more cells than the table has columns holds a stray tab. */
static bool row_fits(Table *table)
{
    if (table->tsv.count <= table->columns)
        return true;
    fz_model_fail(table->model, FZ_E_SYNTAX, table->tsv.path, table->tsv.line,
                  NULL, "the line has %u cells, but the table has %u columns",
                  table->tsv.count, table->columns);
    return false;
}

static const char *own_cell(const Table *table, const char *name)
{
    for (uint32_t i = 0; i < table->columns && i < table->tsv.count; i++)
        if (table->column[i].name != NULL &&
            strcmp(table->column[i].name, name) == 0 &&
            table->tsv.cell[i][0] != '\0')
            return table->tsv.cell[i];
    return NULL;
}

/* Empty cells say nothing. */
static bool read_cells(Table *table, void *out)
{
    bool sound = true;

    for (uint32_t i = 0; i < table->columns && i < table->tsv.count; i++) {
        if (table->column[i].key == NULL || table->tsv.cell[i][0] == '\0')
            continue;
        if (fz_schema_read_cell(table->column[i].key, table->tsv.cell[i],
                                table->tsv.line, &table->reader,
                                out) != FZ_OK) {
            table->model->status = FZ_E_RULE;
            sound = false;
        }
    }
    return sound;
}

/* --- rules --------------------------------------------------------------- */

static bool is_key(const char *text)
{
    size_t octets = strlen(text);

    return octets != 0 && octets <= FZ_LIMIT_ID_OCTETS &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-")] ==
               '\0' &&
           strchr(".-", text[0]) == NULL &&
           strchr(".-", text[octets - 1]) == NULL;
}

static void read_rule_row(Table *table, const FzSetSource *set,
                          const FzRuleKeys *defaults)
{
    FzModel *model = table->model;
    const char *key = own_cell(table, "key");
    FzRuleSource rule = {.set = set,
                         .number = FZ_NOT_LOADED,
                         .file = table->tsv.path,
                         .line = table->tsv.line,
                         .keys = *defaults};
    char id[2 * FZ_LIMIT_ID_OCTETS + 2];

    if (key == NULL || !is_key(key)) {
        fz_model_fail(model, FZ_E_RULE, rule.file, rule.line, NULL,
                      "`key' must be small letters, digits, dots and hyphens");
        return;
    }
    snprintf(id, sizeof id, "%s.%s", set->name, key);
    if (strlen(id) > FZ_LIMIT_ID_OCTETS) {
        fz_model_fail(model, FZ_E_LIMIT, rule.file, rule.line, NULL,
                      "the id `%s' is longer than %d octets", id,
                      FZ_LIMIT_ID_OCTETS);
        return;
    }
    rule.keys.id = (FzLocated){fz_arena_strdup(&model->arena, id), rule.line};
    table->reader.rule_id = rule.keys.id.text;
    if (read_cells(table, &rule.keys)) {
        fz_rule_check(model, &rule);
        *fz_model_add_rule(model) = rule;
    }
    table->reader.rule_id = NULL;
}

void fz_table_read(FzModel *model, const char *path, const FzSetSource *set,
                   const FzRuleKeys *defaults)
{
    static const char *const own[] = {"key", NULL};
    Table table = {0};

    if (!open_table(&table, model, path, &fz_rule_schema, own))
        return;
    if (read_header(&table) && has_column(&table, "key") &&
        has_column(&table, "phrase"))
        while (fz_tsv_next(&table.tsv))
            if (row_fits(&table))
                read_rule_row(&table, set, defaults);
    fz_tsv_close(&table.tsv);
}

/* --- cases --------------------------------------------------------------- */

static bool is_verdict(const char *text)
{
    static const char *const verdicts[] = {"pass", "warn", "rewrite",
                                           "quarantine", "reject"};

    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++)
        if (strcmp(text, verdicts[i]) == 0)
            return true;
    return false;
}

/* \n, \t and \\ of a cell. */
static const char *unescape(FzArena *arena, const char *cell)
{
    char *text = fz_arena_strdup(arena, cell), *out = text;

    for (; *cell != '\0'; cell++) {
        if (cell[0] == '\\' &&
            (cell[1] == 'n' || cell[1] == 't' || cell[1] == '\\')) {
            cell++;
            *out++ = *cell == 'n' ? '\n' : *cell == 't' ? '\t' : '\\';
        } else {
            *out++ = *cell;
        }
    }
    *out = '\0';
    return text;
}

static void read_case_row(Table *table)
{
    FzModel *model = table->model;
    const char *verdict = own_cell(table, "verdict");
    const char *rule = own_cell(table, "rule");
    FzSampleKeys keys = {0};
    FzSample sample = {
        .wanted = true, .file = table->tsv.path, .line = table->tsv.line};

    if (!read_cells(table, &keys))
        return;
    if (keys.text.text == NULL) {
        fz_model_fail(model, FZ_E_RULE, sample.file, sample.line, NULL,
                      "the case has no text");
        return;
    }
    if (verdict == NULL && rule == NULL) {
        fz_model_fail(model, FZ_E_RULE, sample.file, sample.line, NULL,
                      "the case says neither a verdict nor a rule");
        return;
    }
    if (verdict != NULL && !is_verdict(verdict)) {
        fz_model_fail(model, FZ_E_RULE, sample.file, sample.line, NULL,
                      "`%s' is no verdict: pass, warn, rewrite, quarantine or "
                      "reject",
                      verdict);
        return;
    }
    if (rule != NULL && rule[0] == '!') {
        sample.wanted = false;
        rule++;
    }
    sample.text = unescape(&model->arena, keys.text.text);
    sample.direction = (FzDirection)keys.direction;
    sample.sender = keys.sender.text;
    sample.receiver = keys.receiver.text;
    sample.identity = keys.identity.text;
    fz_sample_state(model, &keys, &sample);
    sample.verdict = fz_arena_strdup(&model->arena, verdict);
    sample.rule = fz_arena_strdup(&model->arena, rule);
    fz_model_add_sample(model, &sample);
}

void fz_cases_read(FzModel *model, const char *path)
{
    static const char *const own[] = {"verdict", "rule", NULL};
    Table table = {0};

    if (!open_table(&table, model, path, &fz_sample_schema, own))
        return;
    if (read_header(&table) && has_column(&table, "text"))
        while (fz_tsv_next(&table.tsv))
            if (row_fits(&table))
                read_case_row(&table);
    fz_tsv_close(&table.tsv);
}
