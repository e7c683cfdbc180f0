/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/chain_impl.h"

#include "base/clock.h"

/* --- a thread of its own ------------------------------------------------- */
static FzRun *wait_for_run(FzPluginThread *own)
{
    FzRun *run;

    pthread_mutex_lock(&own->lock);
    while (own->first == NULL && !own->stopping)
        pthread_cond_wait(&own->news, &own->lock);
    run = own->first;
    if (run != NULL) {
        own->first = run->next;
        if (own->first == NULL)
            own->last = &own->first;
    }
    pthread_mutex_unlock(&own->lock);
    return run;
}

static void serve(void *arg)
{
    FzPlugin *plugin = arg;
    FzRun *run;

    while ((run = wait_for_run(plugin->own)) != NULL) {
        /* its message went on without it while it waited here */
        if (atomic_load(&run->state) == FZ_RUN_ABANDONED)
            run->message.callback(&run->message);
        else
            plugin->abi.process(&plugin->abi, &run->message);
    }
}

FzPluginThread *fz_plugin_thread_start(FzPlugin *plugin)
{
    FzPluginThread *own = gw_malloc(sizeof *own);

    memset(own, 0, sizeof *own);
    pthread_mutex_init(&own->lock, NULL);
    pthread_cond_init(&own->news, NULL);
    own->last = &own->first;
    plugin->own = own;
    own->thread = gwthread_create(serve, plugin);
    if (own->thread < 0) {
        plugin->own = NULL;
        gw_free(own);
        return NULL;
    }
    return own;
}

void fz_plugin_thread_stop(FzPluginThread *own)
{
    if (own == NULL)
        return;
    pthread_mutex_lock(&own->lock);
    own->stopping = true;
    pthread_cond_signal(&own->news);
    pthread_mutex_unlock(&own->lock);
    gwthread_join(own->thread);
    pthread_mutex_destroy(&own->lock);
    pthread_cond_destroy(&own->news);
    gw_free(own);
}

void fz_plugin_thread_give(FzPluginThread *own, FzRun *run)
{
    run->next = NULL;
    pthread_mutex_lock(&own->lock);
    *own->last = run;
    own->last = &run->next;
    pthread_cond_signal(&own->news);
    pthread_mutex_unlock(&own->lock);
}

/* --- the watch ----------------------------------------------------------- */
static _Thread_local FzCaller *caller;

static FzCaller *caller_here(const FzChain *chain)
{
    FzChain *all = (FzChain *)chain;

    if (caller != NULL && caller->chain == chain)
        return caller;
    caller = gw_malloc(sizeof *caller);
    memset(caller, 0, sizeof *caller);
    caller->chain = chain;
    pthread_mutex_lock(&all->lock);
    caller->next = all->callers;
    all->callers = caller;
    pthread_mutex_unlock(&all->lock);
    return caller;
}

void fz_plugin_call(const FzChain *chain, FzPlugin *plugin, PluginBoxMsg *m)
{
    FzCaller *here = caller_here(chain);

    atomic_store_explicit(
        &here->calls,
        atomic_load_explicit(&here->calls, memory_order_relaxed) + 1,
        memory_order_relaxed);
    atomic_store_explicit(&here->plugin, plugin, memory_order_release);
    plugin->abi.process(&plugin->abi, m);
    atomic_store_explicit(&here->plugin, NULL, memory_order_release);
}

/* The same call at two looks in a row holds its loop up. */
void fz_chain_watch(FzChain *chain)
{
    pthread_mutex_lock(&chain->lock);
    for (FzCaller *c = chain->callers; c != NULL; c = c->next) {
        FzPlugin *plugin =
            atomic_load_explicit(&c->plugin, memory_order_acquire);
        uint64_t calls = atomic_load_explicit(&c->calls, memory_order_relaxed);

        if (plugin != NULL && calls == c->seen && !c->told) {
            c->told = true;
            atomic_fetch_add(&plugin->blocked, 1);
            warning(0,
                    "fanzhabox: Plugin `%s' holds an event loop up, and the "
                    "boxes on it: it has not come back from a message for a "
                    "second. `thread = true' in its group gives it a thread "
                    "of its own.",
                    octstr_get_cstr(plugin->abi.id));
        }
        if (calls != c->seen)
            c->told = false;
        c->seen = calls;
    }
    pthread_mutex_unlock(&chain->lock);
}

void fz_callers_destroy(FzChain *chain)
{
    while (chain->callers != NULL) {
        FzCaller *next = chain->callers->next;

        gw_free(chain->callers);
        chain->callers = next;
    }
}
