/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sheet.h - a table as spreadsheets save it
 *
 * Rows of cells parted by a comma, a semicolon or a tab (the first line tells
 * which); a quoted cell may hold the separator, line ends and doubled quotes.
 */
#ifndef FZ_TOOLS_SHEET_H
#define FZ_TOOLS_SHEET_H

#include "base/buf.h"

#include <stdbool.h>

#define FZ_SHEET_COLUMNS 32

typedef struct FzSheet {
    FzBuf content;
    FzBuf room; /* cells, without their quotes */
    size_t at;
    char separator;
    uint32_t line;      /* of the row, 1-based */
    uint32_t next_line; /* behind it: a quoted cell may hold line ends */
    const char *cell[FZ_SHEET_COLUMNS];
    uint32_t count;
    const char *path;
} FzSheet;

/** FZ_E_IO, FZ_E_LIMIT; FZ_E_SYNTAX: not UTF-8. */
FzStatus fz_sheet_open(FzSheet *sheet, const char *path,
                       const FzDiagSink *sink) FZ_MUST_CHECK;
void fz_sheet_close(FzSheet *sheet);

/** The next row, its cells without blanks at their ends, until the next call;
 *  empty rows are handed out with one empty cell. Cells beyond
 *  FZ_SHEET_COLUMNS are dropped. False at the end. */
bool fz_sheet_next(FzSheet *sheet);

#endif
