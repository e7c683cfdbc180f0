/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lists.h - the compiled lists of a generation (inside config/)
 *
 * Lists are large and mapped, so a generation does not hold them among its
 * files: it holds lists/NAME.ref, which names one by the digest of its head
 * (and that holds the digest of all else), and the lists themselves stand once,
 * whatever number of generations use them:
 *
 *     generations/<digest>/lists/NAME.ref
 *     generations/lists/<digest of the head>.fzl
 *
 * Staging copies and reads a list whole; a start only maps it.
 */
#ifndef FZ_CONFIG_LISTS_H
#define FZ_CONFIG_LISTS_H

#include "config/policy.h"
#include "config/tree.h"
#include "engine/list/list.h"

/** Open the working files where they are, and read them whole. */
FzStatus fz_list_files_open(const FzPolicyFile *file, const FzDiagSink *sink,
                            FzListSet **set_out) FZ_MUST_CHECK;

/**
 * Copy every list of `file` below `generations`, check the copy whole, and add
 * what stands for it to `tree`. Refused, with the reason: one that is cut,
 * damaged, empty, not signed as asked, or older than the one of the same name
 * in the current generation.
 */
FzStatus fz_list_files_stage(const FzPolicyFile *file, const char *generations,
                             FzTree *tree,
                             const FzDiagSink *sink) FZ_MUST_CHECK;

/** Map the lists of a generation, of which `tree` has the files. */
FzStatus fz_list_files_load(const FzPolicyFile *file, const char *generations,
                            const FzTree *tree, const FzDiagSink *sink,
                            FzListSet **set_out) FZ_MUST_CHECK;

/** Remove lists that no generation names any more. A fault costs disk only. */
void fz_list_files_prune(const char *generations);

#endif
