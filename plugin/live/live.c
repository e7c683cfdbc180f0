/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/live/live.h"
#include "plugin/ask/ask.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "config/compile_child.h"
#include "config/history.h"
#include "plugin/live/build.h"

#include <malloc.h>
#include <stdio.h>

/* --- a sink that remembers the first error -------------------------------- */

typedef struct First {
    FzDiagSink sink; /* hand this on */
    const FzDiagSink *to;
    char text[512];
} First;

static void keep_first(void *ctx, const FzDiag *diag)
{
    First *first = ctx;

    if (first->text[0] == '\0' && diag->severity == FZ_SEVERITY_ERROR)
        snprintf(first->text, sizeof first->text, "%s%s%s",
                 diag->file == NULL ? "" : diag->file,
                 diag->file == NULL ? "" : ": ", diag->text);
    if (first->to != NULL)
        first->to->emit(first->to->ctx, diag);
}

static void first_init(First *first, const FzDiagSink *to)
{
    *first = (First){.sink = {keep_first, first}, .to = to};
}

/* --- at the start ----------------------------------------------------------
 */

static const char *const start_order[] = {"current", "previous"};

/* What status says until something is promoted. */
static void note_damage(FzPlugin *plugin, const char *which, const char *why)
{
    if (plugin->damaged == NULL)
        plugin->damaged = json_array();
    json_array_append_new(plugin->damaged, json_pack("{s:s,s:s}", "generation",
                                                     which, "why", why));
}

void fz_live_start(FzPlugin *plugin, const FzDiagSink *sink)
{
    const FzConfig *config = plugin->config;
    FzBundle *bundle = NULL;
    FzCompileChild child;
    FzBundleLoad load = {config->cache, &child.hook, NULL, false};
    First first;

    fz_compile_child_init(&child, &config->compile, NULL);
    plugin->in_force = "none";
    for (size_t i = 0; i < 2 && bundle == NULL; i++) {
        FzStatus status;

        first_init(&first, sink);
        status = fz_bundle_open_promoted(config->generations, start_order[i],
                                         &load, &first.sink, &bundle);
        if (status != FZ_OK) {
            bundle = NULL;
            note_damage(plugin, start_order[i], first.text);
            fz_diag(sink, status, config->generations, 0, NULL,
                    "the %s generation cannot be put in force: promote a good "
                    "one with fanzhactl reload",
                    start_order[i]);
        } else if (bundle == NULL && i == 0) {
            fz_diag_warn(sink, FZ_OK, config->generations, 0, NULL,
                         "nothing was promoted yet: no rules, observing; "
                         "fanzhactl reload promotes the working files");
            break;
        } else if (bundle != NULL) {
            plugin->in_force = start_order[i];
        }
    }
    if (bundle == NULL && plugin->damaged != NULL)
        fz_diag(sink, FZ_E_STATE, config->generations, 0, NULL,
                "no generation can be put in force: there are no rules, and "
                "nothing is stopped");
    if (bundle == NULL)
        bundle = fz_bundle_create_empty();
    fz_brake_apply(plugin->brake, bundle);
    fz_tallies_apply(plugin->tallies, bundle, fz_clock_wall_ms());
    fz_ask_use(plugin->ask, &bundle->policy->dns);
    fz_generation_publish(&plugin->live, &bundle->generation);
    plugin->promoted_ms = fz_clock_wall_ms();
}

/* --- what a change comes to ------------------------------------------------
 */

static uint32_t rules_of(const FzBundle *bundle)
{
    return bundle->ruleset == NULL ? 0 : fz_ruleset_count(bundle->ruleset);
}

json_t *fz_live_bundle_json(const FzBundle *bundle)
{
    return json_pack(
        "{s:s,s:I,s:s,s:s?}", "digest", bundle->digest, "rules",
        (json_int_t)rules_of(bundle), "mode",
        bundle->policy->mode == FZ_MODE_ENFORCE ? "enforce" : "observe",
        "ruleset",
        bundle->ruleset == NULL ? NULL : fz_ruleset_digest(bundle->ruleset));
}

static bool differs(const FzRuleInfo *a, const FzRuleInfo *b)
{
    return a->rev != b->rev || a->score != b->score || a->action != b->action ||
           a->state != b->state;
}

/* Both are sorted by id. */
static json_t *compare(const FzBundle *before, const FzBundle *after)
{
    uint32_t i = 0, j = 0, had = rules_of(before), has = rules_of(after);
    json_int_t added = 0, removed = 0, changed = 0;

    while (i < had || j < has) {
        const FzRuleInfo *a =
            i < had ? fz_ruleset_rule(before->ruleset, i) : NULL;
        const FzRuleInfo *b =
            j < has ? fz_ruleset_rule(after->ruleset, j) : NULL;
        int order = a == NULL ? 1 : b == NULL ? -1 : strcmp(a->id, b->id);

        removed += order < 0;
        added += order > 0;
        changed += order == 0 && differs(a, b);
        i += order <= 0;
        j += order >= 0;
    }
    return json_pack("{s:I,s:I,s:I}", "added", added, "removed", removed,
                     "changed", changed);
}

/* --- a change --------------------------------------------------------------
 */

/* A store that is full must not keep anybody from taking back the rules that
 * filled it: what cannot be recorded is told, not refused. */
static void record(FzPlugin *plugin, const FzLiveChange *change,
                   const char *before, const FzBundle *bundle, int64_t now_ms,
                   const FzDiagSink *sink)
{
    const FzConfig *config = plugin->config;
    FzPromotion it = {.at_ms = now_ms, .rules = rules_of(bundle)};
    json_t *detail = json_pack("{s:s,s:s,s:I}", "generation", bundle->digest,
                               "before", before, "rules", (json_int_t)it.rules);
    char *text;

    if (change->detail != NULL)
        json_object_update(detail, change->detail);
    text = json_dumps(detail, JSON_COMPACT);
    if (fz_store_audit(plugin->store, now_ms, change->actor, change->act, text,
                       sink) != FZ_OK)
        fz_diag_warn(sink, FZ_E_IO, config->store.path, 0, NULL,
                     "the %s is in force but not in the audit trail",
                     change->act);
    snprintf(it.act, sizeof it.act, "%s", change->act);
    snprintf(it.actor, sizeof it.actor, "%s", change->actor);
    memcpy(it.digest, bundle->digest, sizeof it.digest);
    snprintf(it.before, sizeof it.before, "%s", before);
    if (fz_history_add(config->generations, &it, sink) != FZ_OK)
        fz_diag_warn(sink, FZ_E_IO, config->generations, 0, NULL,
                     "the %s is in force but not in the list of generations",
                     change->act);
    fz_free(text);
    json_decref(detail);
}

static void record_refusal(FzPlugin *plugin, const FzLiveChange *change,
                           const char *why, int64_t now_ms)
{
    json_t *detail =
        json_pack("{s:s,s:s%}", "act", change->act, "why", why, strlen(why));
    char *text = detail == NULL ? NULL : json_dumps(detail, JSON_COMPACT);
    FzStatus status =
        fz_store_audit(plugin->store, now_ms, change->actor, "reload-refused",
                       text == NULL ? "{}" : text, NULL);

    (void)status; /* it was refused, which is told; nothing is in force */
    fz_free(text);
    json_decref(detail);
}

static FzStatus put_in_force(FzPlugin *plugin, const FzLiveChange *change,
                             FzBundle *bundle, int64_t now_ms,
                             const FzDiagSink *sink)
{
    FzBundle *held = fz_live_take(plugin);
    char before[FZ_DIGEST_TEXT];
    FzStatus status;

    memcpy(before, held->digest, sizeof before);
    fz_live_give(plugin, held);
    status = fz_bundle_promote(bundle, plugin->config->generations, sink);
    if (status != FZ_OK)
        return status;
    fz_brake_apply(plugin->brake, bundle);
    fz_tallies_apply(plugin->tallies, bundle, now_ms); /* with its states */
    fz_ask_use(plugin->ask, &bundle->policy->dns);
    /* from here on it is the slot's */
    fz_generation_publish(&plugin->live, &bundle->generation);
    plugin->promoted_ms = now_ms;
    plugin->in_force = "current";
    json_decref(plugin->damaged);
    plugin->damaged = NULL;
    held = fz_live_take(plugin);
    record(plugin, change, before, held, now_ms, sink);
    fz_live_give(plugin, held);
    return FZ_OK;
}

FzStatus fz_live_change(FzPlugin *plugin, const FzLiveChange *change,
                        FzControlCall *call)
{
    int64_t now_ms = fz_clock_wall_ms(), began_ms = fz_clock_monotonic_ms();
    FzDiagSink answer = call->sink;
    FzBundle *bundle = NULL, *before;
    FzStatus status;
    First first;

    first_init(&first, &answer);
    call->sink = first.sink;
    status = fz_live_build(plugin, change->to, now_ms, call, &bundle);
    if (status == FZ_OK && bundle == NULL)
        status = fz_diag(&call->sink, FZ_E_RULE, NULL, 0, NULL,
                         "there is no such generation");
    if (status == FZ_OK) {
        before = fz_live_take(plugin);
        call->result = fz_live_bundle_json(bundle);
        json_object_set_new(call->result, "before",
                            json_string(before->digest));
        json_object_set_new(call->result, "changes", compare(before, bundle));
        json_object_set_new(call->result, "cases",
                            json_integer((json_int_t)bundle->cases.run));
        fz_live_give(plugin, before);
    }
    if (status == FZ_OK && change->dry_run) {
        json_object_set_new(call->result, "dry_run", json_true());
        fz_bundle_discard(bundle, plugin->config->generations);
    } else if (status == FZ_OK) {
        status = put_in_force(plugin, change, bundle, now_ms, &call->sink);
        if (status != FZ_OK)
            fz_bundle_destroy(bundle);
    }
    if (status == FZ_OK)
        json_object_set_new(call->result, "ms",
                            json_integer(fz_clock_monotonic_ms() - began_ms));
    else if (!change->dry_run)
        record_refusal(plugin, change, first.text, now_ms);
    call->sink = answer;
    /* What loading and the generation before took lies in many small pieces
     * of the heap: a process that reloads for weeks gives them back. */
    malloc_trim(0);
    return status;
}
