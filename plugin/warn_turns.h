/* SPDX-License-Identifier: BSD-2-Clause
 *
 * warn_turns.h - who was warned of late
 *
 * A fixed table: with more receivers than it holds the one warned longest ago
 * is forgotten, and may be warned once more often than the interval says.
 */
#ifndef FZ_PLUGIN_WARN_TURNS_H
#define FZ_PLUGIN_WARN_TURNS_H

#include "base/slice.h"

typedef struct FzWarnTurns FzWarnTurns;

FzWarnTurns *fz_warn_turns_create(void);
void fz_warn_turns_destroy(FzWarnTurns *turns); /* NULL is allowed */

/** May this receiver be warned now? If so the turn is taken. */
bool fz_warn_turns_take(FzWarnTurns *turns, FzSlice receiver, int64_t now_ms,
                        int64_t interval_ms);

#endif
