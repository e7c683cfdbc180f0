/* SPDX-License-Identifier: BSD-2-Clause
 *
 * clock.h - time is a value that the edges take and hand in
 *
 * Nothing below the plugin, the box and the tools asks the clock: a replay
 * with the same time gives the same answer.
 */
#ifndef FZ_BASE_CLOCK_H
#define FZ_BASE_CLOCK_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

int64_t fz_clock_wall_ms(void);      /* since the epoch, UTC */
int64_t fz_clock_monotonic_ms(void); /* for deadlines; no meaning outside */
int64_t fz_clock_monotonic_us(void);

/** "2026-11-21T22:32:30.123Z"; `text` holds FZ_CLOCK_TEXT octets. */
#define FZ_CLOCK_TEXT 32
void fz_clock_format(int64_t wall_ms, char *text);

/** RFC 3339 with zone, or seconds since the epoch (fractions allowed);
 *  FZ_E_SYNTAX for anything else. */
FzStatus fz_clock_parse(const char *text, int64_t *wall_ms_out) FZ_MUST_CHECK;

/** A day of the calendar, as in 2027-06-30, UTC: when it is over. */
FzStatus fz_clock_parse_day(const char *text,
                            int64_t *end_ms_out) FZ_MUST_CHECK;

#endif
