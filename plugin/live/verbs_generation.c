/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verbs_generation.c - reload, rollback, generations (docs/control.md)
 */
#include "config.h"

#include "base/alloc.h"
#include "config/history.h"
#include "plugin/live/build.h"
#include "plugin/live/live.h"
#include "plugin/live/verbs_list.h"

#include <string.h>

static FzStatus change(FzPlugin *plugin, FzControlCall *call, const char *act,
                       const char *to)
{
    char actor[FZ_ACTOR_OCTETS];
    FzLiveChange it = {
        .act = act,
        .actor = actor,
        .to = to,
        .dry_run = json_is_true(json_object_get(call->args, "dry_run"))};
    FzBundle *before = fz_live_take(plugin);
    FzStatus status;

    fz_live_actor(&call->peer, actor);
    status = fz_live_change(plugin, &it, call);
    if (status == FZ_OK && strcmp(act, "rollback") != 0 && !it.dry_run)
        fz_lists_fold(plugin, before, &call->sink);
    fz_live_give(plugin, before);
    if (it.dry_run)
        return status;
    if (status == FZ_OK)
        plugin->reloads_ok++;
    else
        plugin->reloads_refused++;
    return status;
}

FzStatus fz_live_verb_reload(void *ctx, FzControlCall *call)
{
    return json_is_true(json_object_get(call->args, "lists"))
               ? change(ctx, call, "reload-lists", FZ_LIVE_LISTS)
               : change(ctx, call, "reload", NULL);
}

/* {"to":"previous"|"5f0c...","dry_run":true} */
FzStatus fz_live_verb_rollback(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;
    const json_t *wanted = json_object_get(call->args, "to");
    const char *to = wanted == NULL || json_is_null(wanted)
                         ? "previous"
                         : json_string_value(wanted);
    char digest[FZ_DIGEST_TEXT];
    FzBundle *bundle;
    FzStatus status;
    bool same;

    if (to == NULL)
        return fz_diag(&call->sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "\"to\" wants a digest or \"previous\"");
    status =
        fz_history_find(plugin->config->generations, to, digest, &call->sink);
    if (status != FZ_OK)
        return status;
    bundle = fz_live_take(plugin);
    same = strcmp(bundle->digest, digest) == 0 &&
           strcmp(plugin->in_force, "current") == 0;
    fz_live_give(plugin, bundle);
    if (same)
        return fz_diag(&call->sink, FZ_E_RULE, NULL, 0, NULL,
                       "generation %.16s is in force already", digest);
    return change(plugin, call, "rollback", digest);
}

FzStatus fz_live_verb_generations(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;
    FzBundle *bundle;
    FzArchived *list;
    size_t count;
    FzStatus status = fz_history_list(plugin->config->generations, &call->sink,
                                      &list, &count);
    json_t *all;

    if (status != FZ_OK)
        return status;
    all = json_array();
    bundle = fz_live_take(plugin);
    for (size_t i = 0; i < count; i++) {
        const FzPromotion *last = &list[i].last;
        json_t *it =
            json_pack("{s:s,s:I,s:b,s:b,s:b}", "digest", last->digest,
                      "promoted_ms", (json_int_t)last->at_ms, "current",
                      list[i].current, "previous", list[i].previous, "in_force",
                      strcmp(last->digest, bundle->digest) == 0);

        if (last->actor[0] != '\0') {
            json_object_set_new(it, "act", json_string(last->act));
            json_object_set_new(it, "actor", json_string(last->actor));
            json_object_set_new(it, "rules",
                                json_integer((json_int_t)last->rules));
        }
        json_array_append_new(all, it);
    }
    fz_live_give(plugin, bundle);
    fz_free(list);
    call->result = json_pack("{s:o}", "generations", all);
    return FZ_OK;
}
