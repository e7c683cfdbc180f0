/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tally.h - counts by name, the largest first when told
 */
#ifndef FZ_TOOLS_TALLY_H
#define FZ_TOOLS_TALLY_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* What is counted of one name, in the caller's order. */
#define FZ_TALLY_COLUMNS 4

typedef struct FzTally {
    json_t *rows; /* name -> array of FZ_TALLY_COLUMNS counts */
} FzTally;

void fz_tally_init(FzTally *tally);
void fz_tally_clear(FzTally *tally);

/** One more of `name` in `column`. `name` is UTF-8. */
void fz_tally_add(FzTally *tally, const char *name, unsigned column);

size_t fz_tally_names(const FzTally *tally);

/** A table: a heading, then at most `most` names (0: all), those with the
 *  largest sums first. Prints nothing when nothing was counted. */
void fz_tally_print(const FzTally *tally, const char *title,
                    const char *const *columns, unsigned column_count,
                    size_t most);

/** { NAME: { COLUMN: n, ... }, ... } in the same order; the caller decrefs. */
json_t *fz_tally_json(const FzTally *tally, const char *const *columns,
                      unsigned column_count);

#endif
