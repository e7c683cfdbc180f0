/* SPDX-License-Identifier: BSD-2-Clause
 *
 * faulty_vfs.h - a disk that fails when told
 *
 * An SQLite VFS over the real one. Every write, sync, truncation and opening
 * for writing is a step; the step with the number asked for fails (a write
 * after half of it was done), and, if so asked, all after it.
 */
#ifndef FZ_TESTS_FAULTY_VFS_H
#define FZ_TESTS_FAULTY_VFS_H

#include <stdbool.h>

/** Make it what every connection from now on uses. */
void fz_faulty_install(void);

/** Fail step `step` (0: the next one) with an SQLite result code. */
void fz_faulty_arm(int step, int result, bool for_good);
/** Fail the next sync, once, with SQLITE_IOERR_FSYNC; writes go through. */
void fz_faulty_arm_sync(void);
void fz_faulty_disarm(void);

int fz_faulty_failed(void); /* steps that failed since the last arm */
int fz_faulty_syncs(void);  /* syncs that went through, ever */

#endif
