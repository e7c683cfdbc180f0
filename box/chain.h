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
 *         there or fails, a plugin without `process`. One that is not needed
 *         is left out instead, and the log says so
 */
FzStatus fz_chain_load(const FzBoxConfig *config, Cfg *running, FzSlice files,
                       const FzDiagSink *sink,
                       FzChain **chain_out) FZ_MUST_CHECK;

/** Look whether every plugin of the configuration that is needed could be
 *  loaded, has its init function, which is not called, and finds its own files
 *  in order (FzHostCheck); each mistake is told. */
FzStatus fz_chain_check(const FzBoxConfig *config,
                        const FzDiagSink *sink) FZ_MUST_CHECK;

/** The files that the plugins were loaded from, open: a list of FzStateFile.
 *  They are what they were, whatever has taken their names since. The
 *  descriptors are the caller's then. */
void fz_chain_take_files(FzChain *chain, FzBuf *files);

/** Called before the process ends because a plugin crashed in its init, with
 *  the sentence that says so; NULL: nobody. */
extern void (*fz_chain_crashed)(const char *why);

/** Shut the plugins down, last loaded first. No run may be pending; a plugin
 *  that has messages in hand which went on without it is left as it is. The
 *  objects stay mapped: a thread of theirs may still be on its way out. */
void fz_chain_unload(FzChain *chain);

size_t fz_chain_plugins(const FzChain *chain); /* that run */

typedef enum FzPluginState {
    FZ_PLUGIN_RUNNING = 0,
    FZ_PLUGIN_ASIDE = 1,  /* too many messages that it has not answered */
    FZ_PLUGIN_DEAD = 2,   /* dead-start */
    FZ_PLUGIN_FAILED = 3, /* not needed, and failed when it was tried */
} FzPluginState;
const char *fz_plugin_state_name(FzPluginState state); /* "running" */

/** One plugin of the configuration, for the pages; all borrowed. */
typedef struct FzPluginReport {
    const char *id, *path;
    const char *why; /* FAILED: a clause; else NULL */
    long priority, direction;
    bool thread;
    FzPluginState state;
    uint64_t given;   /* messages, of every type */
    uint64_t overdue; /* not answered in time */
    size_t kept;      /* of these, not answered still */
    uint64_t blocked; /* times that it held an event loop up */
} FzPluginReport;

/** All of them, those in the chain first, in its order. */
size_t fz_chain_entries(const FzChain *chain);
void fz_chain_report(const FzChain *chain, size_t entry,
                     FzPluginReport *report_out);

/** Those that failed, a clause for each: "; plugin `x' is left out: why". */
void fz_chain_tell_left_out(const FzChain *chain, FzBuf *out);

/** What the plugin says of itself (PLUGINBOX_STATUS_*); NULL when it says
 *  nothing. */
Octstr *fz_chain_status(const FzChain *chain, size_t entry, int status_type);

/** Messages that were overdue and that plugins have in hand still: until they
 *  come back nothing of the chain can be given up. */
size_t fz_chain_kept(const FzChain *chain);

/** Look for plugins that hold an event loop up, once a second or so, from one
 *  thread; each is told in the log. */
void fz_chain_watch(FzChain *chain);

/** Does any plugin want to see this type from this side
 *  (PLUGINBOX_MESSAGE_FROM_*)? */
bool fz_chain_wants(const FzChain *chain, long from, enum msg_type type);

/** Does any plugin want to see delivery reports of bearerbox's? */
bool fz_chain_wants_reports(const FzChain *chain);

/** Note what a plugin wants (FzHost.want). @return -1 for an unknown bit or a
 *  plugin that is not being loaded */
int fz_chain_want(PluginBoxPlugin *plugin, uint32_t types);

typedef enum FzRunState {
    FZ_RUN_CALLING = 0,  /* process has not returned */
    FZ_RUN_RETURNED = 1, /* it has, without an answer so far */
    FZ_RUN_ANSWERED = 2,
    FZ_RUN_ABANDONED = 3, /* overdue: its owner went on without it */
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
    bool report;       /* a delivery report of bearerbox's, as it came */
    /* the box at the message's near end; NULL. The owner sets it before each
     * of the calls below, and it holds until they return */
    const char *box;
    char *box_copy;     /* of the same, for a plugin on its own thread */
    Msg *saved;         /* what the plugin was given, when it may be
                           passed over and others have changed it */
    struct FzRun *next; /* in the queue of such a thread */
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

/** How long the plugin that has it may take, from now; 0: as long as it likes.
 */
int64_t fz_run_patience_ms(const FzRun *run);

/**
 * It took longer: go on without its answer, in another run.
 *
 * `run` is the plugin's then: its owner keeps it and calls fz_run_bury when
 * `wake` comes after all. `heir`, whose `box` is set, is started with the
 * message as the plugin was given it, and what on-timeout says is done about
 * it.
 *
 * @param fresh  the message as it came; owned from here on
 * @return false when the answer is on its way: nothing has changed, `fresh` is
 *         gone
 */
bool fz_run_overdue(FzRun *run, FzRun *heir, Msg *fresh, bool *through_out);
void fz_run_bury(FzRun *run);

/** What a run holds beside its message; when its owner is done with it. */
void fz_run_clear(FzRun *run);

#endif
