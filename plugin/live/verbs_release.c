/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/live/verbs_release.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "plugin/hold/release.h"
#include "plugin/live/live.h"

FzStatus fz_verb_release(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;
    const json_t *row = json_object_get(call->args, "row");
    FzHeldState was = FZ_HELD_HELD;
    char actor[FZ_ACTOR_OCTETS], *detail;
    FzStatus status;
    json_t *told;

    if (!json_is_integer(row) || json_integer_value(row) < 1)
        return fz_diag(&call->sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "release wants \"row\", a number that `held' shows");
    status = fz_release_row(plugin->release, json_integer_value(row),
                            json_is_true(json_object_get(call->args, "again")),
                            &was, &call->sink);
    if (status != FZ_OK)
        return status;
    fz_live_actor(&call->peer, actor);
    call->result = json_pack("{s:I,s:s,s:s}", "row", json_integer_value(row),
                             "state", fz_held_state_name(FZ_HELD_RELEASED),
                             "was", fz_held_state_name(was));
    told = json_pack("{s:O,s:s}", "row", row, "was", fz_held_state_name(was));
    detail = json_dumps(told, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(told);
    if (fz_store_audit(plugin->store, fz_clock_wall_ms(), actor, "release",
                       detail, &call->sink) != FZ_OK)
        fz_diag_warn(&call->sink, FZ_E_IO, NULL, 0, NULL,
                     "the release is not in the audit trail");
    fz_free(detail);
    return FZ_OK;
}
