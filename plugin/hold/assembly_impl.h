/* SPDX-License-Identifier: BSD-2-Clause
 *
 * assembly_impl.h - what the files of the assembly share
 *
 *     assembly.c   life: loading, deadlines, the thread
 *     arrive.c     a part comes, and its commit
 *     decide.c     what becomes of a message, and its commit
 * Nobody else includes it.
 */
#ifndef FZ_PLUGIN_HOLD_ASSEMBLY_IMPL_H
#define FZ_PLUGIN_HOLD_ASSEMBLY_IMPL_H

#include "plugin/hold/assembly.h"
#include "plugin/hold/later.h"
#include "plugin/hold/join.h"
#include "plugin/hold/leave.h"
#include "plugin/hold/parts.h"
#include "plugin/judged.h"

#include <pthread.h>

struct FzAssembly {
    FzPlugin *plugin;
    FzLeave *leave;
    FzLater *await; /* NULL: the host shows no reports */
    int64_t timeout_ms;
    size_t max_pending;
    long thread; /* -1: none */

    pthread_mutex_t turn; /* of all below; never held while judging, and never
                             while the host is called */
    pthread_cond_t news;
    FzParts *parts;
    FzPartsAfter *again, **again_end; /* to be looked at anew */
    bool stopping;
};

/* --- with `turn` held ------------------------------------------------------
 */
/** The thread looks at it next. It must be listed. */
void fz_assembly_hurry(FzAssembly *assembly, FzWhole *whole, FzPartsWhy why);

/** Whoever waited for it comes anew. */
void fz_assembly_wake(FzAssembly *assembly, FzWhole *whole);

/** It is nobody's in particular again, and due at `due_ms`. */
void fz_assembly_give(FzAssembly *assembly, FzWhole *whole, int64_t due_ms);

/** A refused part of the message with this key is in the store, as that row:
 *  noted, or removed again where the part is not there any more. What is busy
 *  hears of it when it is given back or ends. */
void fz_assembly_remember(FzAssembly *assembly, FzSlice key,
                          const FzPartsRow *row);

/** A refused part need not be remembered: its row, if it has one, goes. */
void fz_assembly_forget(FzAssembly *assembly, const FzPiece *piece);

/** It is over. */
void fz_assembly_end(FzAssembly *assembly, FzWhole *whole);

/** When it has waited long enough. */
static inline int64_t fz_assembly_deadline(const FzAssembly *assembly,
                                           const FzWhole *whole)
{
    return whole->first_ms + assembly->timeout_ms;
}

/* --- without it ------------------------------------------------------------
 */
/** Judge what is there of a message and carry it out. It was taken (it is
 *  busy), and of its pieces one at most is TAKING: the last to come, not yet
 *  handed to the store. */
void fz_assembly_decide(FzAssembly *assembly, FzWhole *whole, FzPartsWhy why);

/** Judge the refused parts of a message again, each alone, until one is to be
 *  refused still: then true, and `judged` (about what is in `join`) is to be
 *  cleared before `join`, which was initialised. */
bool fz_assembly_judge_refused(FzAssembly *assembly, const FzWhole *whole,
                               int64_t now_ms, FzJoin *join, FzJudged *judged);

/** {"reference":..,"total":..} for a record. */
json_t *fz_assembly_ref_json(FzPartRef ref);

#endif
