/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tsv.h - a table with named columns, line by line
 *
 * UTF-8, cells parted by one tab, the first line names the columns; empty
 * lines and lines that begin with # are skipped; quotes mean nothing.
 */
#ifndef FZ_ENGINE_RULES_TSV_H
#define FZ_ENGINE_RULES_TSV_H

#include "base/buf.h"
#include "base/limits.h"

typedef struct FzTsv {
    FzBuf content; /* owned; cells point into it */
    size_t at;
    uint32_t line; /* of the row, 1-based */
    const char *cell[FZ_LIMIT_TSV_COLUMNS];
    uint32_t count; /* cells of the row */
    const char *path;
    const FzDiagSink *sink;
} FzTsv;

/** FZ_E_IO, FZ_E_LIMIT or FZ_E_SYNTAX (not UTF-8). */
FzStatus fz_tsv_open(FzTsv *tsv, const char *path,
                     const FzDiagSink *sink) FZ_MUST_CHECK;
void fz_tsv_close(FzTsv *tsv);

/** The next row's cells, NUL-terminated, valid until fz_tsv_close; false at
 *  the end. Cells beyond FZ_LIMIT_TSV_COLUMNS are counted, not kept. */
bool fz_tsv_next(FzTsv *tsv);

#endif
