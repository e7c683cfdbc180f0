/* SPDX-License-Identifier: BSD-2-Clause
 *
 * nearest.h - did you mean: the known name nearest to a mistyped one
 */
#ifndef FZ_BASE_NEAREST_H
#define FZ_BASE_NEAREST_H

#include <stddef.h>

/**
 * At most a third of its letters inserted, dropped, replaced or swapped with
 * their neighbour (upper case is no change), and never more than three.
 *
 * @param name_at  the known names, until it answers NULL
 * @return one of them; NULL when none is near
 */
const char *fz_nearest_name(const char *name,
                            const char *(*name_at)(const void *ctx, size_t i),
                            const void *ctx);

/** The same among names of which the last is NULL. */
const char *fz_nearest_of(const char *name, const char *const *names);

#endif
