/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sheet.h - a table with named columns, line by line
 *
 * UTF-8; the first line names the columns; empty lines and lines that begin
 * with # are skipped. Cells are parted by tabs, where quotes mean nothing, or
 * by commas, where they may stand in double quotes (RFC 4180) that end on
 * their line. Inside a cell a list is parted by semicolons.
 */
#ifndef FZ_ENGINE_SENDER_SHEET_H
#define FZ_ENGINE_SENDER_SHEET_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/status.h"

#include <stdint.h>

typedef enum FzSheetKind {
    FZ_SHEET_TSV = 0,
    FZ_SHEET_CSV = 1,
} FzSheetKind;

typedef struct FzSheet {
    FzSheetKind kind;
    const char *path;
    const FzDiagSink *sink;
    FzSlice rest;
    uint32_t line;           /* of the row, 1-based */
    const char *const *name; /* columns that may be there; NULL ends */
    int8_t place[FZ_LIMIT_SHEET_COLUMNS]; /* by cell: which name; -1 none */
    uint32_t cells;                       /* of the first line */
    /* by name, cut at the ends; absent where the row has none or is empty */
    FzSlice cell[FZ_LIMIT_SHEET_COLUMNS];
    FzArena *arena;  /* cells that had to be written anew */
    FzStatus status; /* of the first problem */
} FzSheet;

/** Read the first line. `names' are the columns that may be there, those that
 *  begin with an exclamation mark must. False when it is no such table. */
bool fz_sheet_open(FzSheet *sheet, FzSheetKind kind, FzSlice content,
                   const char *path, const char *const *names, FzArena *arena,
                   const FzDiagSink *sink);

/** The next row's cells; false at the end. A row with too many or too few
 *  cells is told and left out. */
bool fz_sheet_next(FzSheet *sheet);

/** Tell a problem of this row. */
void fz_sheet_fail(FzSheet *sheet, FzStatus code, const char *format, ...)
    FZ_PRINTF(3, 4);

/** Cut the next item of a list off *cell; false when none is left. */
bool fz_sheet_item(FzSlice *cell, FzSlice *item_out);

#endif
