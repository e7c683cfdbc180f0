/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tsv.h - tables of cases kept in tests/data and beside generated tables
 *
 * A line is a row of tab-separated columns; '#' begins a comment line. The
 * first row names the columns. Cells may hold \n \r \t \f \\ and \u{X}.
 */
#ifndef FZ_TESTS_TSV_H
#define FZ_TESTS_TSV_H

#include <stddef.h>

#define TSV_COLUMNS 12

typedef struct TsvRow {
    unsigned line;
    char *cell[TSV_COLUMNS]; /* as written; see tsv_unescape */
} TsvRow;

typedef struct Tsv {
    TsvRow *row;
    size_t count;
    char *room;
} Tsv;

/** Read a file of the sources ("tests/data/x.tsv"); the test program ends with
 *  a message when it cannot be read, or a row has not the columns that the
 *  first one names. */
void tsv_open(Tsv *tsv, const char *path);
void tsv_close(Tsv *tsv);

/** Undo the escapes in place; returns the octets (NUL may be among them). */
size_t tsv_unescape(char *cell);

#endif
