/* SPDX-License-Identifier: BSD-2-Clause
 *
 * folders.h - the folders that a file is to stand in
 */
#ifndef FZ_BASE_FOLDERS_H
#define FZ_BASE_FOLDERS_H

/** Make those of the file's path that are missing, for owner and group (0750).
 *  What is wrong shows when the file is opened. */
void fz_make_folders(const char *file);

#endif
