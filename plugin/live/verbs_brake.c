/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/live/verbs_brake.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "plugin/live/live.h"

FzStatus fz_live_verb_brake(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;

    call->result =
        json_pack("{s:o,s:I,s:I,s:I}", "stopped", fz_brake_json(plugin->brake),
                  "trips", (json_int_t)fz_brake_trips(plugin->brake), "cap",
                  (json_int_t)plugin->config->brake.cap, "window_s",
                  (json_int_t)plugin->config->brake.window_s);
    return FZ_OK;
}

/* {"name":"..."} or {"all":true} */
FzStatus fz_live_verb_brake_release(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;
    const char *name = json_string_value(json_object_get(call->args, "name"));
    bool all = json_is_true(json_object_get(call->args, "all"));
    char actor[FZ_ACTOR_OCTETS], *detail;
    FzBundle *bundle;
    unsigned released;

    if ((name == NULL) == !all)
        return fz_diag(&call->sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "either \"name\" of what is stopped or \"all\": true");
    bundle = fz_live_take(plugin);
    released = fz_brake_release(plugin->brake, bundle, name, &call->sink);
    fz_live_give(plugin, bundle);
    if (released == 0 && name != NULL)
        return fz_diag(&call->sink, FZ_E_STATE, NULL, 0, NULL,
                       "the brake has not stopped `%s': `fanzhactl brake' "
                       "lists what it has",
                       name);
    fz_live_actor(&call->peer, actor);
    detail = json_dumps(call->args, JSON_COMPACT | JSON_SORT_KEYS);
    if (fz_store_audit(plugin->store, fz_clock_wall_ms(), actor,
                       "brake-release", detail, &call->sink) != FZ_OK)
        fz_diag_warn(&call->sink, FZ_E_IO, NULL, 0, NULL,
                     "the release is not in the audit trail");
    fz_free(detail);
    fz_diag_warn(&fz_plugin_log, FZ_OK, NULL, 0, NULL,
                 "the brake was released for %s by %s",
                 name == NULL ? "all" : name, actor);
    call->result = json_pack("{s:i}", "released", (int)released);
    return FZ_OK;
}
