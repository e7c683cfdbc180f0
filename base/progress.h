/* SPDX-License-Identifier: BSD-2-Clause
 *
 * progress.h - how far long work has come, to whoever wants to know
 */
#ifndef FZ_BASE_PROGRESS_H
#define FZ_BASE_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

typedef struct FzProgress {
    /* `what` is done to `done` of `total` (0: not known); told again and again
     * while something takes long, so that nobody takes it for dead */
    void (*tell)(void *ctx, uint64_t done, uint64_t total, const char *what);
    void *ctx;
} FzProgress;

static inline void fz_progress_tell(const FzProgress *progress, uint64_t done,
                                    uint64_t total, const char *what)
{
    if (progress != NULL && progress->tell != NULL)
        progress->tell(progress->ctx, done, total, what);
}

#endif
