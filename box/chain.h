/* SPDX-License-Identifier: BSD-2-Clause
 *
 * chain.h - the plugins, and one message's way through them
 *
 * Plugins run in ascending priority. A run goes on inline as long as each
 * plugin calls back before its process returns; one that answers later, from
 * whatever thread, has the run handed back through `wake`, so that process and
 * all that follows always happen on the thread that owns the run.
 * The chain is fixed between fz_chain_load and fz_chain_unload.
 * Source: docs/plugin-abi.md
 */
#ifndef FZ_BOX_CHAIN_H
#define FZ_BOX_CHAIN_H

#include "abi/fanzhabox_host.h"
#include "base/status.h"
#include "box/boxconf.h"
#include "box/upgrade/state.h"

#include <stdatomic.h>
#include <stdbool.h>

typedef struct FzChain FzChain;

/**
 * Load every plugin of the configuration, call their init functions.
 *
 * @param running  handed to the plugins as running_configuration; may be NULL
 * @param files    list of FzStateFile: those are read instead of what bears
 *                 their names now; absent: none
 * @return FZ_OK; on anything else nothing is loaded and a diag says why: a
 *         file that is missing or does not load, an init function that is not
 *         there or fails, a plugin without `process`
 */
FzStatus fz_chain_load(const FzBoxConfig *config, Cfg *running, FzSlice files,
                       const FzDiagSink *sink,
                       FzChain **chain_out) FZ_MUST_CHECK;

/** Look whether every plugin of the configuration could be loaded, and has its
 *  init function, without calling any; each mistake is told. */
FzStatus fz_chain_check(const FzBoxConfig *config,
                        const FzDiagSink *sink) FZ_MUST_CHECK;

/** The files that the plugins were loaded from, open: a list of FzStateFile.
 *  They are what they were, whatever has taken their names since. The
 *  descriptors are the caller's then. */
void fz_chain_take_files(FzChain *chain, FzBuf *files);

/** Shut the plugins down, last loaded first. No run may be pending. The
 *  objects stay mapped: a thread of theirs may still be on its way out. */
void fz_chain_unload(FzChain *chain);

size_t fz_chain_plugins(const FzChain *chain);

/** Does any plugin want to see this type from this side
 *  (PLUGINBOX_MESSAGE_FROM_*)? */
bool fz_chain_wants(const FzChain *chain, long from, enum msg_type type);

/** Note what a plugin wants (FzHost.want). @return -1 for an unknown bit or a
 *  plugin that is not being loaded */
int fz_chain_want(PluginBoxPlugin *plugin, uint32_t types);

typedef enum FzRunState {
    FZ_RUN_CALLING = 0,  /* process has not returned */
    FZ_RUN_RETURNED = 1, /* it has, without an answer so far */
    FZ_RUN_ANSWERED = 2,
} FzRunState;

/** One message in the chain; lives in its owner's storage. What plugins are
 *  given as their PluginBoxMsg is always the first member of one. */
typedef struct FzRun {
    PluginBoxMsg message; /* first: plugins are given a pointer to it */
    const FzChain *chain;
    /* The chain is asked to go on: called once for each late answer, from any
     * thread; the owner then calls fz_run_resume on its own thread. */
    void (*wake)(struct FzRun *run);
    _Atomic int state; /* FzRunState */
    bool touched;      /* some plugin did not say UNCHANGED */
    /* the box at the message's near end; NULL. The owner sets it before each
     * of the calls below, and it holds until they return */
    const char *box;
} FzRun;

/**
 * Send `msg` through the chain.
 *
 * @return true when it is through: message.status and message.msg (which a
 *         plugin may have replaced, even by NULL) are the outcome; false when
 *         a plugin took its time: `wake` will be called
 */
bool fz_run_start(FzRun *run, const FzChain *chain, Msg *msg, long from,
                  void (*wake)(FzRun *run));

/** A run that was through before: in the process whose place this one took. */
void fz_run_judged(FzRun *run, const FzChain *chain, Msg *msg, long from,
                   int status, bool touched);

/** After `wake`; returns as fz_run_start does. */
bool fz_run_resume(FzRun *run);

#endif
