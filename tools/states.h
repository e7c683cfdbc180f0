/* SPDX-License-Identifier: BSD-2-Clause
 *
 * states.h - the file of overrides that promote and demote write
 *
 * 90-states.conf in the operator's folder of overrides: one entry a line, with
 * the state of one rule, owner and reason. Other files are the operator's own
 * and are left alone.
 */
#ifndef FZ_TOOLS_STATES_H
#define FZ_TOOLS_STATES_H

#include "base/buf.h"
#include "base/status.h"

#define FZ_STATES_FILE "90-states.conf"

typedef struct FzStatesEntry {
    const char *rule, *state, *owner, *reason;
} FzStatesEntry;

/** Where it is, by fanzha.conf (fz_free). */
FzStatus fz_states_path(const char *config_path, const FzDiagSink *sink,
                        char **path_out) FZ_MUST_CHECK;

/**
 * The file's text with the entry in the place of the rule's former one.
 *
 * @param before  the file as it is; empty: there is none
 * @return FZ_E_RULE when it was edited by hand, or a word cannot be written
 */
FzStatus fz_states_edit(const char *path, FzSlice before,
                        const FzStatesEntry *entry, const FzDiagSink *sink,
                        FzBuf *after_out) FZ_MUST_CHECK;

/** Put it there, whole and synced; its folder is made. An empty text takes the
 *  file away. */
FzStatus fz_states_write(const char *path, FzSlice text,
                         const FzDiagSink *sink) FZ_MUST_CHECK;

#endif
