/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verbs.c - what may be asked of a running fanzha.so (docs/control.md)
 */
#include "config.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "plugin/ask/ask.h"
#include "plugin/host.h"
#include "plugin/live/live.h"
#include "plugin/live/metrics.h"
#include "plugin/live/verbs_brake.h"
#include "plugin/live/verbs_evidence.h"
#include "plugin/live/verbs_list.h"
#include "plugin/live/verbs_release.h"
#include "plugin/live/verbs_trace.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

void fz_live_actor(const FzControlPeer *peer, char actor[FZ_ACTOR_OCTETS])
{
    char room[1024];
    struct passwd entry, *found = NULL;

    if (getpwuid_r(peer->uid, &entry, room, sizeof room, &found) != 0)
        found = NULL;
    snprintf(actor, FZ_ACTOR_OCTETS, "uid:%ld %s pid:%ld", (long)peer->uid,
             found == NULL ? "?" : found->pw_name, (long)peer->pid);
}

static FzStatus verb_version(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;

    call->result = json_pack("{s:s,s:s,s:s}", "version", FZ_VERSION, "kannel",
                             FZ_KANNEL_VERSION, "host", plugin->host.name);
    return FZ_OK;
}

static json_t *store_json(FzPlugin *plugin)
{
    FzStoreStats stats;
    json_t *states = json_object();

    fz_store_stats(plugin->store, &stats);
    for (size_t i = 0; i < sizeof stats.by_state / sizeof *stats.by_state; i++)
        json_object_set_new(states, fz_held_state_name((FzHeldState)i),
                            json_integer((json_int_t)stats.by_state[i]));
    return json_pack(
        "{s:b,s:s,s:I,s:I,s:I,s:o,s:I,s:I,s:I,s:I,s:I}", "writable",
        stats.writable, "trouble", stats.trouble, "committed",
        (json_int_t)stats.committed, "failed", (json_int_t)stats.failed,
        "commits", (json_int_t)stats.commits, "items", states, "oldest_held_ms",
        (json_int_t)stats.oldest_held_ms, "audit_entries",
        (json_int_t)stats.audit_entries, "parts", (json_int_t)stats.parts,
        "shadow", (json_int_t)stats.shadow, "octets", (json_int_t)stats.octets);
}

static json_t *assembly_json(FzPlugin *plugin)
{
    FzAssemblyFigures figures = fz_assembly_figures(plugin->assembly);

    return json_pack(
        "{s:b,s:I,s:I,s:I,s:I,s:I,s:I}", "joins", plugin->assembly != NULL,
        "pending", (json_int_t)figures.pending, "parts",
        (json_int_t)figures.parts, "octets", (json_int_t)figures.octets,
        "leaving", (json_int_t)figures.leaving, "reporting",
        (json_int_t)figures.reporting, "awaiting",
        (json_int_t)figures.awaiting);
}

static json_t *demoted_json(const FzBundle *bundle)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < bundle->demoted_count; i++)
        json_array_append_new(
            all, json_string(
                     fz_ruleset_rule(bundle->ruleset, bundle->demoted[i])->id));
    return all;
}

/* Loud when what was promoted is not what serves. */
static json_t *generation_json(const FzPlugin *plugin, const FzBundle *bundle)
{
    json_t *it = fz_live_bundle_json(bundle);

    json_object_set_new(it, "promoted_ms",
                        json_integer((json_int_t)plugin->promoted_ms));
    json_object_set_new(it, "in_force", json_string(plugin->in_force));
    if (plugin->damaged != NULL)
        json_object_set(it, "damaged", plugin->damaged);
    if (bundle->demoted_count > 0)
        json_object_set_new(it, "demoted", demoted_json(bundle));
    return it;
}

static FzStatus verb_status(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;
    FzBundle *bundle = fz_live_take(plugin);
    int64_t now_ms = fz_clock_wall_ms();
    FzEntrySnapshot *entries = fz_entries_take(plugin->entries);
    json_t *classic = json_array();

    if (plugin->host.extension == NULL)
        for (const char *const *lack = fz_host_classic_lacks; *lack != NULL;
             lack++)
            json_array_append_new(classic, json_string(*lack));
    call->result = json_pack(
        "{s:s,s:s,s:o,s:I,s:I,s:s?,s:o,s:o,s:o,s:o,s:o}", "version", FZ_VERSION,
        "host", plugin->host.name, "host_cannot", classic, "started_ms",
        (json_int_t)plugin->started_ms, "now_ms", (json_int_t)now_ms, "config",
        plugin->config->file, "generation", generation_json(plugin, bundle),
        "bypass", fz_bypass_json(plugin->bypass, now_ms), "counters",
        fz_counters_json(&plugin->counters), "store", store_json(plugin),
        "assembly", assembly_json(plugin));
    json_object_set_new(call->result, "braked", fz_brake_json(plugin->brake));
    json_object_set_new(
        call->result, "lists",
        fz_listing_json(bundle, plugin->entries, entries->overlay, now_ms));
    json_object_set_new(call->result, "dns_lists", fz_ask_json(plugin->ask));
    fz_entries_give(plugin->entries, entries);
    fz_live_give(plugin, bundle);
    return FZ_OK;
}

static FzStatus verb_metrics(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;
    FzBundle *bundle = fz_live_take(plugin);
    int64_t now_ms = fz_clock_wall_ms();
    FzEntrySnapshot *entries = fz_entries_take(plugin->entries);
    json_t *bypass = fz_bypass_json(plugin->bypass, now_ms);
    json_t *braked = fz_brake_json(plugin->brake);
    FzBuf text = FZ_BUF_INIT;
    FzAssemblyFigures assembly = fz_assembly_figures(plugin->assembly);
    FzStoreStats store;
    FzMetrics metrics = {
        .counters = &plugin->counters,
        .store = &store,
        .assembly = &assembly,
        .generation = bundle->digest,
        .rules =
            bundle->ruleset == NULL ? 0 : fz_ruleset_count(bundle->ruleset),
        .enforcing = bundle->policy->mode == FZ_MODE_ENFORCE,
        .bypassed = json_array_size(bypass) > 0,
        .started_ms = plugin->started_ms,
        .promoted_ms = plugin->promoted_ms,
        .damaged = (uint32_t)json_array_size(plugin->damaged),
        .brake_trips = fz_brake_trips(plugin->brake),
        .braked = (uint32_t)json_array_size(braked),
        .reloads_ok = plugin->reloads_ok,
        .reloads_refused = plugin->reloads_refused,
        .samples_dropped = fz_samples_figures(plugin->samples).dropped,
        .now_ms = now_ms,
    };

    fz_store_stats(plugin->store, &store);
    fz_metrics_write(&metrics, &text);
    fz_tallies_metrics(plugin->tallies, bundle,
                       plugin->config->log.rule_metrics, &text);
    fz_listing_metrics(&plugin->listing, bundle, entries->overlay, now_ms,
                       &text);
    fz_ask_metrics(plugin->ask, &text);
    fz_entries_give(plugin->entries, entries);
    call->result = json_pack("{s:s}", "text", fz_buf_text(&text));
    fz_buf_clear(&text);
    json_decref(braked);
    json_decref(bypass);
    fz_live_give(plugin, bundle);
    return FZ_OK;
}

/* {"on":true,"identity":null|"x","for_s":1800}: for_s absent is for ever */
static FzStatus verb_bypass(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;
    const json_t *on = json_object_get(call->args, "on");
    const json_t *for_s = json_object_get(call->args, "for_s");
    const char *identity =
        json_string_value(json_object_get(call->args, "identity"));
    int64_t now_ms = fz_clock_wall_ms(), until_ms = FZ_BYPASS_FOREVER;
    char actor[FZ_ACTOR_OCTETS], *detail;
    FzStatus status;

    if (!json_is_boolean(on))
        return fz_diag(&call->sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "bypass wants \"on\": true or false");
    if (for_s != NULL && !json_is_null(for_s)) {
        json_int_t seconds = json_integer_value(for_s);

        if (!json_is_integer(for_s) || seconds < 1 || seconds > 366 * 86400)
            return fz_diag(&call->sink, FZ_E_SYNTAX, NULL, 0, NULL,
                           "\"for_s\" wants 1 to 31622400 seconds");
        until_ms = now_ms + seconds * 1000;
    }
    status =
        fz_bypass_set(plugin->bypass, identity, json_is_true(on) ? until_ms : 0,
                      now_ms, &call->sink);
    if (status != FZ_OK)
        fz_diag_warn(&call->sink, status, NULL, 0, NULL,
                     "bypass is in effect until the next restart only");
    fz_live_actor(&call->peer, actor);
    detail = json_dumps(call->args, JSON_COMPACT | JSON_SORT_KEYS);
    if (fz_store_audit(plugin->store, now_ms, actor,
                       json_is_true(on) ? "bypass-on" : "bypass-off", detail,
                       &call->sink) != FZ_OK)
        fz_diag_warn(&call->sink, FZ_E_IO, NULL, 0, NULL,
                     "the bypass is not in the audit trail");
    fz_free(detail);
    fz_diag_warn(&fz_plugin_log, FZ_OK, NULL, 0, NULL,
                 "bypass switched %s for %s by %s",
                 json_is_true(on) ? "on" : "off",
                 identity == NULL ? "everybody" : identity, actor);
    call->result =
        json_pack("{s:o}", "bypass", fz_bypass_json(plugin->bypass, now_ms));
    return FZ_OK;
}

const FzControlVerb fz_live_verbs[] = {
#define VERB(called, least, function, at_once, takes)                          \
    {.name = called,                                                           \
     .role = least,                                                            \
     .run = function,                                                          \
     .quick = at_once,                                                         \
     .args = takes},
#include "plugin/live/verbs.def"
#undef VERB
};
const size_t fz_live_verb_count =
    sizeof fz_live_verbs / sizeof fz_live_verbs[0];
