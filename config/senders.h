/* SPDX-License-Identifier: BSD-2-Clause
 *
 * senders.h - brands, registry and receivers of a generation (inside config/)
 */
#ifndef FZ_CONFIG_SENDERS_H
#define FZ_CONFIG_SENDERS_H

#include "config/policy.h"
#include "config/tree.h"

/** Add the files that the policy names: senders/brands-0 and so on. */
FzStatus fz_senders_add_files(const FzPolicyFile *file, FzTree *tree,
                              const FzDiagSink *sink) FZ_MUST_CHECK;

/** Make the table of them; *senders_out is NULL when there are none. */
FzStatus fz_senders_load(const FzPolicyFile *file, const FzTree *tree,
                         const FzDiagSink *sink,
                         FzSenders **senders_out) FZ_MUST_CHECK;

#endif
