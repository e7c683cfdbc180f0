/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "config/compile_child.h"
#include "plugin/live/build.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TELL_MS 50

typedef struct Build {
    const FzPlugin *plugin;
    const char *to;
    int64_t now_ms;
    const FzDiagSink *sink;
    FzBundle *bundle;
    FzStatus status;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t moved;
    bool over;
    uint64_t done, total;
    char what[64];
} Build;

static void note(void *ctx, uint64_t done, uint64_t total, const char *what)
{
    Build *build = ctx;

    pthread_mutex_lock(&build->lock);
    build->done = done;
    build->total = total;
    snprintf(build->what, sizeof build->what, "%s", what);
    pthread_mutex_unlock(&build->lock);
}

static void *run(void *ctx)
{
    Build *build = ctx;
    const FzConfig *config = build->plugin->config;
    FzProgress told = {note, build};
    FzCompileChild child;
    FzBundleLoad load = {config->cache, &child.hook, &child.progress, false};

    fz_compile_child_init(&child, &config->compile, &told);
    if (build->to == NULL)
        build->status =
            fz_bundle_stage(config->file, config->generations, &load,
                            build->now_ms, build->sink, &build->bundle);
    else if (strcmp(build->to, FZ_LIVE_LISTS) == 0)
        build->status =
            fz_bundle_stage_lists(config->file, config->generations, &load,
                                  build->now_ms, build->sink, &build->bundle);
    else if (strcmp(build->to, FZ_LIVE_OVERRIDES) == 0)
        build->status = fz_bundle_stage_overrides(
            config->file, config->generations, &load, build->now_ms,
            build->sink, &build->bundle);
    else
        build->status = fz_bundle_open_promoted(
            config->generations, build->to, &load, build->sink, &build->bundle);
    pthread_mutex_lock(&build->lock);
    build->over = true;
    pthread_cond_signal(&build->moved);
    pthread_mutex_unlock(&build->lock);
    return NULL;
}

/* What is over, or TELL_MS. */
static bool wait_a_little(Build *build)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += TELL_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    if (!build->over)
        pthread_cond_timedwait(&build->moved, &build->lock, &until);
    return build->over;
}

static void follow(Build *build, FzControlCall *call)
{
    uint64_t done, total;
    char what[sizeof build->what];
    bool over;

    pthread_mutex_lock(&build->lock);
    do {
        over = wait_a_little(build);
        done = build->done;
        total = build->total;
        memcpy(what, build->what, sizeof what);
        /* bypass and status are answered in here: not under the lock */
        pthread_mutex_unlock(&build->lock);
        call->progress(call, done, total, what);
        pthread_mutex_lock(&build->lock);
    } while (!over);
    pthread_mutex_unlock(&build->lock);
}

/* No signal of the host's is for this thread. */
static int start(pthread_t *thread, Build *build)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(thread, NULL, run, build);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

FzStatus fz_live_build(FzPlugin *plugin, const char *to, int64_t now_ms,
                       FzControlCall *call, FzBundle **bundle_out)
{
    Build build = {.plugin = plugin,
                   .to = to,
                   .now_ms = now_ms,
                   .sink = &call->sink,
                   .what = "reading"};
    pthread_condattr_t attr;
    pthread_t thread;
    int error;

    pthread_mutex_init(&build.lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&build.moved, &attr);
    pthread_condattr_destroy(&attr);
    error = start(&thread, &build);
    if (error != 0) {
        errno = error;
        build.status = fz_diag_errno(&call->sink, NULL,
                                     "no thread can be made to load rules");
    } else {
        follow(&build, call);
        pthread_join(thread, NULL);
    }
    pthread_cond_destroy(&build.moved);
    pthread_mutex_destroy(&build.lock);
    *bundle_out = build.bundle;
    return build.status;
}
