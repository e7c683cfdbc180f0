/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/live/live.h"
#include "base/buf.h"
#include "base/clock.h"
#include "config/compile_child.h"
#include "plugin/live/build.h"

static const char *const start_order[] = {"current", "previous"};

void fz_live_start(FzPlugin *plugin, const FzDiagSink *sink)
{
    const FzConfig *config = plugin->config;
    FzBundle *bundle = NULL;
    FzCompileChild child;
    FzBundleLoad load = {config->cache, &child.hook, NULL, false};

    fz_compile_child_init(&child, &config->compile, NULL);
    for (size_t i = 0; i < 2 && bundle == NULL; i++) {
        FzStatus status = fz_bundle_open_promoted(
            config->generations, start_order[i], &load, sink, &bundle);

        if (status != FZ_OK) {
            bundle = NULL;
            fz_diag(sink, status, config->generations, 0, NULL,
                    "the %s generation cannot be put in force: promote a good "
                    "one with fanzhactl reload",
                    start_order[i]);
        } else if (bundle == NULL && i == 0) {
            fz_diag_warn(sink, FZ_OK, config->generations, 0, NULL,
                         "nothing was promoted yet: no rules, observing; "
                         "fanzhactl reload promotes the working files");
            break;
        }
    }
    if (bundle == NULL)
        bundle = fz_bundle_create_empty();
    fz_generation_publish(&plugin->live, &bundle->generation);
    plugin->promoted_ms = fz_clock_wall_ms();
}

FzStatus fz_live_reload(FzPlugin *plugin, const char *actor,
                        FzControlCall *call)
{
    const FzDiagSink *sink = &call->sink;
    const FzConfig *config = plugin->config;
    int64_t now_ms = fz_clock_wall_ms();
    FzBuf detail = FZ_BUF_INIT;
    FzBundle *bundle = NULL, *before;
    FzStatus status;

    status = fz_live_build(plugin, NULL, now_ms, call, &bundle);
    if (status != FZ_OK)
        return status;
    status = fz_bundle_promote(bundle, config->generations, sink);
    if (status != FZ_OK) {
        fz_bundle_destroy(bundle);
        return status;
    }
    before = fz_live_take(plugin);
    fz_buf_printf(&detail,
                  "{\"generation\":\"%s\",\"before\":\"%s\",\"rules\":%u}",
                  bundle->digest, before->digest,
                  (unsigned)(bundle->ruleset == NULL
                                 ? 0
                                 : fz_ruleset_count(bundle->ruleset)));
    fz_live_give(plugin, before);
    fz_generation_publish(&plugin->live, &bundle->generation);
    plugin->promoted_ms = now_ms;
    /* A store that is full must not keep anybody from taking back the rules
     * that filled it: what cannot be recorded is told, not refused. */
    if (fz_store_audit(plugin->store, now_ms, actor, "reload",
                       fz_buf_text(&detail), sink) != FZ_OK)
        fz_diag_warn(sink, FZ_E_IO, config->store.path, 0, NULL,
                     "the reload is in force but not in the audit trail");
    fz_buf_clear(&detail);
    return FZ_OK;
}
