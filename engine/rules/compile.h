/* SPDX-License-Identifier: BSD-2-Clause
 *
 * compile.h - from rules as they are written to programs that run
 */
#ifndef FZ_ENGINE_RULES_COMPILE_H
#define FZ_ENGINE_RULES_COMPILE_H

#include "engine/rules/model.h"
#include "engine/rules/program.h"

typedef struct FzCompiler FzCompiler;

/** One at a time over the sets of a model: groups remember their numbers in
 *  it (fz_compiler_forget).
 *  @param arena  owns what the programs point to */
FzCompiler *fz_compiler_create(FzArena *arena, const FzDiagSink *sink);
void fz_compiler_destroy(FzCompiler *compiler); /* NULL is allowed */

/**
 * Take a rule's phrases and regex apart, fold their words as messages are
 * folded, and add them to the views they run on.
 *
 * @param number  what a match reports
 * @return the first problem; all of the rule's are told
 */
FzStatus fz_compiler_add(FzCompiler *compiler, const FzRuleSource *rule,
                         uint32_t number) FZ_MUST_CHECK;

/** Before another compiler sees the same sets. */
void fz_compiler_forget(FzSetSource *const *sets, uint32_t count);

/** The fact of a signal's name: of the registry, or one that this rule set
 *  names; -1 when there is no such signal (told by the caller). */
int fz_compiler_fact(FzCompiler *compiler, const char *name);

/** The names that are in no registry, in the order of their facts behind
 *  FZ_SIGNAL_IDS; they live in the arena. */
const char *const *fz_compiler_fact_names(const FzCompiler *compiler,
                                          uint32_t *count_out);

/** Whether a name is one that only a signal can have: "url.any". */
bool fz_is_signal_name(const char *name);

/** Ask Hyperscan for each regex by itself: for a set that is refused anyway, so
 *  that this is told too, and for drafts. */
FzStatus fz_compiler_try_regexes(FzCompiler *compiler,
                                 const FzCompileHook *hook) FZ_MUST_CHECK;

/**
 * Number the words, choose anchors, build the databases.
 *
 * @param programs  FZ_VIEWS of them, zeroed; those that run are filled in and
 *                  own their databases
 */
FzStatus fz_compiler_finish(FzCompiler *compiler, FzMatchBuild build,
                            FzCache *cache, const FzProgress *progress,
                            FzProgram *programs) FZ_MUST_CHECK;

#endif
