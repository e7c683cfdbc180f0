/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/live/evidence.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"

#include <pthread.h>
#include <time.h>

#include "gwlib/gwlib.h"

#define STORE_MS 250
#define WRITE_MS INT64_C(60000)
#define EXPIRE_MS INT64_C(600000)

struct FzEvidence {
    FzPlugin *plugin;
    long thread;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool stopping;
};

/* True: go on. */
static bool wait_a_little(FzEvidence *it)
{
    struct timespec until;
    bool stopping;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += STORE_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    pthread_mutex_lock(&it->lock);
    if (!it->stopping)
        pthread_cond_timedwait(&it->stop, &it->lock, &until);
    stopping = it->stopping;
    pthread_mutex_unlock(&it->lock);
    return !stopping;
}

/* Why a store fails is said by the store. */
static void run(void *arg)
{
    FzEvidence *it = arg;
    FzPlugin *plugin = it->plugin;
    int64_t written_ms = fz_clock_monotonic_ms(), expired_ms = 0;
    FzStatus status;
    bool more;

    do {
        int64_t now_ms = fz_clock_monotonic_ms();

        more = wait_a_little(it);
        status = fz_samples_store(plugin->samples, plugin->store,
                                  fz_clock_wall_ms(), NULL);
        if (now_ms - written_ms >= WRITE_MS) {
            written_ms = now_ms;
            status = fz_tallies_write(plugin->tallies, fz_clock_wall_ms(),
                                      &fz_plugin_log);
        }
        if (expired_ms == 0 || now_ms - expired_ms >= EXPIRE_MS) {
            expired_ms = now_ms;
            status = fz_store_shadow_keep(plugin->store, NULL, 0,
                                          fz_clock_wall_ms(), NULL);
        }
        (void)status; /* tried again next time */
    } while (more);
}

void fz_evidence_open(FzPlugin *plugin, const FzDiagSink *sink)
{
    FzEvidence *it = fz_calloc(1, sizeof *it);
    FzBuf path = FZ_BUF_INIT;
    pthread_condattr_t attr;

    fz_buf_printf(&path, "%s/statistics.json", plugin->config->generations);
    plugin->tallies = fz_tallies_open(fz_buf_text(&path), sink);
    fz_buf_clear(&path);
    plugin->samples = fz_samples_create();
    it->plugin = plugin;
    pthread_mutex_init(&it->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&it->stop, &attr);
    pthread_condattr_destroy(&attr);
    plugin->evidence = it;
    it->thread = gwthread_create(run, it);
    if (it->thread < 0)
        fz_diag_warn(sink, FZ_E_LIMIT, NULL, 0, NULL,
                     "no thread is left to keep samples of rules in shadow");
}

void fz_evidence_stop(FzPlugin *plugin)
{
    FzEvidence *it = plugin->evidence;
    FzStatus status;

    if (it == NULL)
        return;
    pthread_mutex_lock(&it->lock);
    it->stopping = true;
    pthread_cond_signal(&it->stop);
    pthread_mutex_unlock(&it->lock);
    if (it->thread >= 0)
        gwthread_join(it->thread);
    /* while the store is ours: who takes it over reads them right behind */
    status =
        fz_tallies_write(plugin->tallies, fz_clock_wall_ms(), &fz_plugin_log);
    (void)status; /* said */
}

void fz_evidence_close(FzPlugin *plugin)
{
    FzEvidence *it = plugin->evidence;

    if (it == NULL)
        return;
    fz_tallies_close(plugin->tallies, fz_clock_wall_ms(), &fz_plugin_log);
    fz_samples_destroy(plugin->samples);
    pthread_cond_destroy(&it->stop);
    pthread_mutex_destroy(&it->lock);
    fz_free(it);
}
