/* SPDX-License-Identifier: BSD-2-Clause
 *
 * archive.h - the folder of generations (inside config/)
 *
 * A generation gets its name, its digest, when it is whole and synced; what is
 * still being written is called <digest>.new and is nobody's after a crash.
 */
#ifndef FZ_CONFIG_ARCHIVE_H
#define FZ_CONFIG_ARCHIVE_H

#include "config/tree.h"

/** A path in a folder; free with fz_free. */
char *fz_archive_path(const char *folder, const char *format, ...)
    FZ_PRINTF(2, 3);

/** The digest behind "current", "previous" or a digest itself; "" when the
 *  link does not exist. */
FzStatus fz_archive_find(const char *generations, const char *which,
                         char digest_out[FZ_DIGEST_TEXT],
                         const FzDiagSink *sink) FZ_MUST_CHECK;

bool fz_archive_is_digest(const char *name);

/** A generation's folder. */
typedef struct FzArchiveEntry {
    char digest[FZ_DIGEST_TEXT];
    int64_t promoted_ms; /* the last time */
    long nanoseconds;    /* of that second: two may be of one millisecond */
} FzArchiveEntry;

/** All of them, the last promoted first (fz_free). */
FzStatus fz_archive_list(const char *generations, const FzDiagSink *sink,
                         FzArchiveEntry **list_out,
                         size_t *count_out) FZ_MUST_CHECK;

/** Put a file in the place of one, whole and synced. */
FzStatus fz_archive_replace(const char *path, FzSlice text,
                            const FzDiagSink *sink) FZ_MUST_CHECK;

/** Read a generation and hold its files against its digest. */
FzStatus fz_archive_read(const char *generations, const char *digest,
                         FzTree *tree, const FzDiagSink *sink) FZ_MUST_CHECK;

/** Write a generation unless it is there and whole. `made_out`: it was not. */
FzStatus fz_archive_write(const char *generations, const char *digest,
                          FzTree *tree, const FzDiagSink *sink,
                          bool *made_out) FZ_MUST_CHECK;

/** Point `current` at it, `previous` at what `current` was; prune. */
FzStatus fz_archive_promote(const char *generations, const char *digest,
                            size_t keep, const FzDiagSink *sink) FZ_MUST_CHECK;

#endif
