/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tools/tally.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Row {
    const char *name;
    const json_t *counts;
    json_int_t sum;
} Row;

void fz_tally_init(FzTally *tally)
{
    tally->rows = json_object();
}

void fz_tally_clear(FzTally *tally)
{
    json_decref(tally->rows);
    tally->rows = NULL;
}

void fz_tally_add(FzTally *tally, const char *name, unsigned column)
{
    json_t *counts = json_object_get(tally->rows, name), *count;

    if (counts == NULL) {
        counts = json_array();
        for (unsigned i = 0; i < FZ_TALLY_COLUMNS; i++)
            json_array_append_new(counts, json_integer(0));
        if (json_object_set_new(tally->rows, name, counts) != 0)
            return; /* a name that is not UTF-8 */
    }
    count = json_array_get(counts, column);
    json_integer_set(count, json_integer_value(count) + 1);
}

size_t fz_tally_names(const FzTally *tally)
{
    return json_object_size(tally->rows);
}

static json_int_t count_of(const json_t *counts, unsigned column)
{
    return json_integer_value(json_array_get(counts, column));
}

static int compare(const void *a, const void *b)
{
    const Row *x = a, *y = b;

    if (x->sum != y->sum)
        return x->sum < y->sum ? 1 : -1;
    return strcmp(x->name, y->name);
}

static Row *sorted(const FzTally *tally, size_t *count_out)
{
    Row *rows = fz_calloc(json_object_size(tally->rows) + 1, sizeof *rows);
    const char *name;
    json_t *counts;
    size_t count = 0;

    json_object_foreach(tally->rows, name, counts)
    {
        rows[count] = (Row){name, counts, 0};
        for (unsigned i = 0; i < FZ_TALLY_COLUMNS; i++)
            rows[count].sum += count_of(counts, i);
        count++;
    }
    qsort(rows, count, sizeof *rows, compare);
    *count_out = count;
    return rows;
}

void fz_tally_print(const FzTally *tally, const char *title,
                    const char *const *columns, unsigned column_count,
                    size_t most)
{
    size_t count, shown;
    Row *rows = sorted(tally, &count);

    shown = most > 0 && count > most ? most : count;
    if (count > 0) {
        printf("\n%-44s", title);
        for (unsigned i = 0; i < column_count; i++)
            printf(" %12s", columns[i]);
        putchar('\n');
    }
    for (size_t i = 0; i < shown; i++) {
        printf("%-44s", rows[i].name);
        for (unsigned j = 0; j < column_count; j++)
            printf(" %12lld", (long long)count_of(rows[i].counts, j));
        putchar('\n');
    }
    if (shown < count)
        printf("... and %zu more\n", count - shown);
    fz_free(rows);
}

json_t *fz_tally_json(const FzTally *tally, const char *const *columns,
                      unsigned column_count)
{
    json_t *all = json_object();
    size_t count;
    Row *rows = sorted(tally, &count);

    for (size_t i = 0; i < count; i++) {
        json_t *row = json_object();

        for (unsigned j = 0; j < column_count; j++)
            json_object_set_new(row, columns[j],
                                json_integer(count_of(rows[i].counts, j)));
        json_object_set_new(all, rows[i].name, row);
    }
    fz_free(rows);
    return all;
}
