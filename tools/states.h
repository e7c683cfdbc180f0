/* SPDX-License-Identifier: BSD-2-Clause
 *
 * states.h - the file of overrides that promote and demote write
 *
 * 90-states.conf in the operator's folder of overrides: one entry a line, with
 * the state of one rule, owner and reason. Comments in it stay, and so do
 * entries of other rules. Other files are the operator's own and are left
 * alone.
 *
 * Who changes it holds the lock of its folder until it is known what the
 * gateway makes of the change: two at once lose nothing of one another, and
 * what is taken back is the file that was there, not a copy.
 */
#ifndef FZ_TOOLS_STATES_H
#define FZ_TOOLS_STATES_H

#include "base/buf.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

#define FZ_STATES_FILE "90-states.conf"

typedef struct FzStatesEntry {
    const char *rule, *state, *owner, *reason;
} FzStatesEntry;

/** Where it is, by fanzha.conf (fz_free). */
FzStatus fz_states_path(const char *config_path, const FzDiagSink *sink,
                        char **path_out) FZ_MUST_CHECK;

/**
 * The file's text with the entry in the place of the rule's former one. One of
 * the same rule that says more than its state stays; the new one, behind it,
 * has the last word.
 *
 * @param before  the file as it is; empty: there is none
 * @return FZ_E_RULE when a line is neither an entry nor a comment, or a word
 *         cannot be written
 */
FzStatus fz_states_edit(const char *path, FzSlice before,
                        const FzStatesEntry *entry, const FzDiagSink *sink,
                        FzBuf *after_out) FZ_MUST_CHECK;

/** The file while it is being changed. */
typedef struct FzStates {
    char *path;   /* of the file itself, behind symbolic links */
    char *former; /* beside it: the file that was there */
    char *folder;
    int lock;         /* the folder, open and locked */
    bool had_file;    /* there was one */
    bool made_folder; /* there was none */
    FzBuf after;
} FzStates;

/**
 * Lock the folder, and put the file with the entry there: whole, synced, with
 * the former one's mode and owner. A folder that is missing is made. On failure
 * nothing is changed, and nothing is to be ended.
 *
 * @param wait_ms  for somebody who is changing it; 0: for ever
 */
FzStatus fz_states_begin(const char *path, const FzStatesEntry *entry,
                         int64_t wait_ms, const FzDiagSink *sink,
                         FzStates *states_out) FZ_MUST_CHECK;

/** The change stands. */
void fz_states_keep(FzStates *states);

/** Everything is as it was before. Fails, and leaves the file alone, when
 *  somebody else has written to it since. */
FzStatus fz_states_take_back(FzStates *states,
                             const FzDiagSink *sink) FZ_MUST_CHECK;

#endif
