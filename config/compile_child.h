/* SPDX-License-Identifier: BSD-2-Clause
 *
 * compile_child.h - the child that compiles
 *
 * What Hyperscan's compiler costs is known when it is done. It runs in a
 * program of its own, fanzha-compile, with no descriptor of ours but its job
 * and its answer, and with bounds on processor time, memory and time. It is
 * started for one database and ends with it, or with us. A child that is
 * killed, goes beyond a bound or writes rubbish costs an error that says which,
 * and nothing else.
 */
#ifndef FZ_CONFIG_COMPILE_CHILD_H
#define FZ_CONFIG_COMPILE_CHILD_H

#include "base/progress.h"
#include "config/config.h"
#include "engine/rules/job.h"

/* How fanzha-compile says that memory ran out. */
#define FZ_COMPILER_NO_MEMORY 3

/** Set up with fz_compile_child_init; stays where it is while it is used. */
typedef struct FzCompileChild {
    FzCompileHook hook;  /* for loading */
    FzProgress progress; /* likewise: goes on to `told`, and while a child is
                            at work again and again */
    FzConfigCompile limits;
    const FzProgress *told;
    uint64_t done, total;
} FzCompileChild;

/**
 * @param limits  borrowed texts
 * @param told    who hears of the progress; NULL: nobody
 */
void fz_compile_child_init(FzCompileChild *compiler,
                           const FzConfigCompile *limits,
                           const FzProgress *told);

/** The program that is started: `compile.program', else FANZHA_COMPILE of the
 *  environment, else beside the program or plugin that asks, else where it is
 *  installed. Free with fz_free. */
char *fz_compile_child_program(const FzConfigCompile *limits);

#endif
