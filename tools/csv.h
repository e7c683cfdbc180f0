/* SPDX-License-Identifier: BSD-2-Clause
 *
 * csv.h - a table as spreadsheets save it
 *
 * Rows of cells parted by a comma, a semicolon or a tab (the first line tells
 * which); a quoted cell may hold the separator, line ends and doubled quotes.
 */
#ifndef FZ_TOOLS_CSV_H
#define FZ_TOOLS_CSV_H

#include "base/buf.h"

#include <stdbool.h>

#define FZ_CSV_COLUMNS 32

typedef struct FzCsv {
    FzBuf content;
    FzBuf room; /* cells, without their quotes */
    size_t at;
    char separator;
    uint32_t line;      /* of the row, 1-based */
    uint32_t next_line; /* behind it: a quoted cell may hold line ends */
    uint32_t open_line; /* where a quote was opened that nothing closes; 0 */
    const char *cell[FZ_CSV_COLUMNS];
    uint32_t count;
    const char *path;
} FzCsv;

/** FZ_E_IO, FZ_E_LIMIT; FZ_E_SYNTAX: not UTF-8. */
FzStatus fz_csv_open(FzCsv *sheet, const char *path,
                     const FzDiagSink *sink) FZ_MUST_CHECK;
void fz_csv_close(FzCsv *sheet);

/** The next row, its cells without blanks at their ends, until the next call;
 *  empty rows are handed out with one empty cell. Cells beyond
 *  FZ_CSV_COLUMNS are dropped. False at the end. */
bool fz_csv_next(FzCsv *sheet);

#endif
