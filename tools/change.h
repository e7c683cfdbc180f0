/* SPDX-License-Identifier: BSD-2-Clause
 *
 * change.h - what a reload or a rollback came to, for people
 */
#ifndef FZ_TOOLS_CHANGE_H
#define FZ_TOOLS_CHANGE_H

#include "tools/ctl.h"

/** One line on stdout. */
void fz_change_print(const json_t *result);

#endif
