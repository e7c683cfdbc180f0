/* SPDX-License-Identifier: BSD-2-Clause
 *
 * chain_impl.h - what the files of the chain share
 *
 *     chain.c         loading, unloading, what the pages are told
 *     chain_init.c    a plugin's init: guarded, or tried in a process first
 *     chain_run.c     one message's way through
 *     chain_thread.c  a plugin on a thread of its own; loops that one blocks
 * Nobody else includes it.
 */
#ifndef FZ_BOX_CHAIN_IMPL_H
#define FZ_BOX_CHAIN_IMPL_H

#include "box/chain.h"

#include <pthread.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define FZ_CHAIN_BOTH_SIDES                                                    \
    (PLUGINBOX_MESSAGE_FROM_SMSBOX | PLUGINBOX_MESSAGE_FROM_BEARERBOX)

/** Messages that a plugin has not answered in time, of which it has so many in
 *  hand, put it aside: no more are given to it until it has answered half. */
#define FZ_CHAIN_KEPT_MAX 100

typedef enum FzOnTimeout {
    FZ_ON_TIMEOUT_DEFER = 0,
    FZ_ON_TIMEOUT_PASS = 1,
    FZ_ON_TIMEOUT_REFUSE = 2,
} FzOnTimeout;

/** A thread of its own, and what waits for it. */
typedef struct FzPluginThread {
    pthread_mutex_t lock;
    pthread_cond_t news;
    struct FzRun *first, **last;
    bool stopping;
    long thread; /* gwlib's number */
} FzPluginThread;

typedef struct FzPlugin {
    PluginBoxPlugin abi; /* first: FzHost.want is given a pointer to it */
    uint32_t types;
    size_t order; /* place in the configuration, among equal priorities */
    int file;     /* that it was loaded from, open; -1 */
    int64_t answer_timeout_ms; /* 0: none */
    FzOnTimeout on_timeout;
    FzPluginThread *own; /* NULL: it runs on the loops' threads */
    FzPluginState state; /* RUNNING, or why it is not in the chain */
    char *why;           /* FAILED: a clause; else NULL */
    _Atomic bool aside;
    _Atomic uint64_t given, overdue, blocked;
    _Atomic size_t kept;
} FzPlugin;

/** What one thread is at, for the watch. */
typedef struct FzCaller {
    struct FzCaller *next;
    const struct FzChain *chain;
    _Atomic(FzPlugin *) plugin; /* whose process runs; NULL: none */
    _Atomic uint64_t calls;
    uint64_t seen; /* the watch's: `calls` when it looked */
    bool told;     /* the watch's: of this call */
} FzCaller;

struct FzChain {
    FzPlugin **plugin; /* ascending priority */
    size_t plugins;
    FzPlugin **absent; /* in the configuration, and not in the chain */
    size_t absents;
    uint32_t wants[FZ_CHAIN_BOTH_SIDES + 1]; /* by side: types asked for */
    pthread_mutex_t lock;                    /* of the list of callers */
    FzCaller *callers;
};

/* --- chain_init.c -------------------------------------------------------- */
/**
 * Call an init and come back even when it crashes.
 *
 * @return 0 when it returned (`fine_out` is what it said), else the number of
 *         the signal: then nothing in this process can be relied on any more
 */
int fz_chain_guarded_init(PluginBoxPlugin *plugin, int *fine_out);

/** Try the object of that name in a process of its own; false with a clause in
 *  `why` (gw_free it) when it would not start. */
bool fz_chain_try_plugin(const FzBoxPlugin *entry, const char *object,
                         Cfg *running, char **why_out);

/** Write a sentence to standard error and the log file and end the process,
 *  touching nothing that a crash may have left locked. */
void fz_chain_end_process(const FzBoxConfig *config, const FzBoxPlugin *entry,
                          int signal_number) __attribute__((noreturn));

/* --- chain_thread.c ------------------------------------------------------ */
FzPluginThread *fz_plugin_thread_start(FzPlugin *plugin); /* NULL: no thread */
void fz_plugin_thread_stop(FzPluginThread *own);          /* NULL allowed */
void fz_plugin_thread_give(FzPluginThread *own, struct FzRun *run);
void fz_callers_destroy(struct FzChain *chain);

/** Call process on this thread, seen by the watch. */
void fz_plugin_call(const struct FzChain *chain, FzPlugin *plugin,
                    PluginBoxMsg *m);

#endif
