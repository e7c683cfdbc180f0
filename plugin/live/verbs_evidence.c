/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verbs_evidence.c - sample-mark, promote, demote: what follows from evidence
 */
#include "config.h"

#include "plugin/live/verbs_evidence.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/nearest.h"
#include "plugin/live/build.h"
#include "plugin/live/live.h"

#include <math.h>
#include <string.h>

/* The rule of three: with no wrong hit in 3/f messages, the share of wrong
 * ones is below f with 95 % confidence. */
#define MESSAGES_FOR(rate) ((uint64_t)ceil(3.0 / (rate)))
#define RATE 1e-5

#define ID_ROOM (2 * FZ_LIMIT_ID_OCTETS + 2) /* of a table: "set.key" */

static FzStatus audit(FzPlugin *plugin, FzControlCall *call, const char *act,
                      json_t *detail)
{
    char actor[FZ_ACTOR_OCTETS];
    char *text = json_dumps(detail, JSON_COMPACT | JSON_REAL_PRECISION(6));
    FzStatus status;

    fz_live_actor(&call->peer, actor);
    status = fz_store_audit(plugin->store, fz_clock_wall_ms(), actor, act, text,
                            &call->sink);
    fz_free(text);
    json_decref(detail);
    return status;
}

/* --- marking ------------------------------------------------------------- */

typedef struct Marked {
    char rule[ID_ROOM];
    uint32_t rev;
    bool found, wrong;
} Marked;

static bool take_marked(void *ctx, int64_t row, const FzShadowHit *hit)
{
    Marked *it = ctx;

    (void)row;
    snprintf(it->rule, sizeof it->rule, "%.*s", (int)hit->rule.octets,
             (const char *)hit->rule.data);
    it->rev = hit->rev;
    it->wrong = hit->wrong;
    it->found = true;
    return false;
}

/* {"sample":17,"wrong":true} */
FzStatus fz_verb_sample_mark(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;
    const json_t *sample = json_object_get(call->args, "sample");
    const json_t *given = json_object_get(call->args, "wrong");
    const char *rule = json_string_value(json_object_get(call->args, "rule"));
    bool wrong = given == NULL || json_is_true(given);
    int64_t row = json_integer_value(sample);
    Marked it = {.found = false};
    FzStatus status;

    if (!json_is_integer(sample) || row < 1)
        return fz_diag(&call->sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "\"sample\" wants a number that `samples' shows");
    status = fz_store_shadow(plugin->store, fz_slice_of(NULL), row, take_marked,
                             &it, &call->sink);
    if (status == FZ_OK &&
        (!it.found || (rule != NULL && strcmp(rule, it.rule) != 0)))
        status = fz_diag(&call->sink, FZ_E_RULE, NULL, 0, rule,
                         "there is no sample %lld: they are kept for 72 hours",
                         (long long)row);
    if (status == FZ_OK && it.wrong != wrong)
        status = fz_store_shadow_mark(plugin->store, row, wrong,
                                      fz_clock_wall_ms(), &call->sink);
    if (status != FZ_OK)
        return status;
    if (it.wrong != wrong) {
        fz_tallies_mark(plugin->tallies, it.rule, it.rev, wrong ? 1 : -1);
        status =
            fz_tallies_write(plugin->tallies, fz_clock_wall_ms(), &call->sink);
        if (status == FZ_OK)
            status = audit(plugin, call, "sample-mark",
                           json_pack("{s:I,s:s,s:I,s:b}", "sample",
                                     (json_int_t)row, "rule", it.rule, "rev",
                                     (json_int_t)it.rev, "wrong", wrong));
    }
    call->result =
        json_pack("{s:I,s:s,s:I,s:b}", "sample", (json_int_t)row, "rule",
                  it.rule, "rev", (json_int_t)it.rev, "wrong", wrong);
    return status;
}

/* --- which rule ---------------------------------------------------------- */

/* A name that is like it is not worth comparing 100,000. */
#define NAMES_MOST 5000

static const char *name_at(const void *ctx, size_t i)
{
    const FzRuleset *ruleset = ctx;
    size_t count = fz_ruleset_count(ruleset);

    if (i >= NAMES_MOST)
        return NULL;
    return i < count ? fz_ruleset_rule(ruleset, (uint32_t)i)->id
                     : fz_ruleset_idle(ruleset, i - count, NULL);
}

FzStatus fz_verb_no_rule(const FzBundle *bundle, const FzDiagSink *sink,
                         const char *rule)
{
    const FzRuleset *ruleset = bundle->ruleset;
    const char *id, *nearest;
    FzRuleState state;

    if (rule == NULL)
        return fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "\"rule\" wants the id of a rule");
    if (ruleset == NULL)
        return fz_diag(sink, FZ_E_RULE, NULL, 0, rule,
                       "no rules are in force at all");
    for (size_t i = 0; (id = fz_ruleset_idle(ruleset, i, &state)) != NULL; i++)
        if (strcmp(id, rule) == 0)
            return fz_diag(sink, FZ_E_RULE, NULL, 0, rule,
                           "it is %s where it is written, and not loaded: give "
                           "it the state shadow there, and reload",
                           state == FZ_RULE_DRAFT ? "a draft" : "retired");
    nearest = fz_nearest_name(rule, name_at, ruleset);
    return nearest == NULL
               ? fz_diag(sink, FZ_E_RULE, NULL, 0, rule,
                         "no rule of this id is in force")
               : fz_diag(sink, FZ_E_RULE, NULL, 0, rule,
                         "no rule of this id is in force: did you mean `%s'?",
                         nearest);
}

/* --- promote ------------------------------------------------------------- */

static FzStatus find_rule(FzPlugin *plugin, FzControlCall *call,
                          FzTallyFigures *figures_out, char *id, size_t octets)
{
    const char *rule = json_string_value(json_object_get(call->args, "rule"));
    FzBundle *bundle = fz_live_take(plugin);
    FzTallyFigures *all;
    size_t count = fz_tallies_figures(plugin->tallies, bundle, &all);
    bool found = false;
    FzStatus status = FZ_OK;

    for (size_t i = 0; rule != NULL && !found && i < count; i++)
        if (strcmp(all[i].id, rule) == 0) {
            *figures_out = all[i];
            snprintf(id, octets, "%s", all[i].id);
            figures_out->id = id;
            found = true;
        }
    if (!found)
        status = fz_verb_no_rule(bundle, &call->sink, rule);
    fz_free(all);
    fz_live_give(plugin, bundle);
    return status;
}

static json_t *evidence_json(const FzTallyFigures *f, double rate)
{
    uint64_t wanted = MESSAGES_FOR(rate);

    return json_pack("{s:s,s:I,s:s,s:f,s:I,s:I,s:I,s:I,s:I,s:b}", "rule", f->id,
                     "rev", (json_int_t)f->rev, "state",
                     fz_rule_state_name(f->state), "rate", rate, "wanted",
                     (json_int_t)wanted, "judged", (json_int_t)f->judged_shadow,
                     "matched", (json_int_t)f->shadow, "would",
                     (json_int_t)f->would, "wrong", (json_int_t)f->wrong,
                     "enough", f->wrong == 0 && f->judged_shadow >= wanted);
}

/* The working overrides in force, and whether they do what was meant. */
static FzStatus put_overrides(FzPlugin *plugin, FzControlCall *call,
                              const char *act, const char *id,
                              FzRuleState wanted, json_t *detail)
{
    char actor[FZ_ACTOR_OCTETS];
    FzLiveChange change = {
        .act = act, .actor = actor, .to = FZ_LIVE_OVERRIDES, .detail = detail};
    FzTallyFigures after;
    char room[ID_ROOM];
    FzStatus status;

    fz_live_actor(&call->peer, actor);
    status = fz_live_change(plugin, &change, call);
    if (status == FZ_OK)
        plugin->reloads_ok++;
    else
        plugin->reloads_refused++;
    if (status != FZ_OK ||
        find_rule(plugin, call, &after, room, sizeof room) != FZ_OK)
        return status;
    json_object_set_new(call->result, "state",
                        json_string(fz_rule_state_name(after.state)));
    if (after.state != wanted)
        fz_diag_warn(&call->sink, FZ_E_RULE, NULL, 0, id,
                     "it is %s all the same: the brake holds it (fanzhactl "
                     "brake), or another entry of the overrides speaks later",
                     fz_rule_state_name(after.state));
    return FZ_OK;
}

/* {"rule":"a.b","rate":1e-5,"force":false,"check":true} */
FzStatus fz_verb_promote(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;
    const json_t *given = json_object_get(call->args, "rate");
    bool force = json_is_true(json_object_get(call->args, "force"));
    double rate = given == NULL ? RATE : json_number_value(given);
    char id[ID_ROOM];
    FzTallyFigures figures;
    json_t *evidence;
    FzStatus status;

    if (!(rate >= 1e-9 && rate < 1.0))
        return fz_diag(&call->sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "\"rate\" wants a share between 1e-9 and 1");
    status = find_rule(plugin, call, &figures, id, sizeof id);
    if (status != FZ_OK)
        return status;
    evidence = evidence_json(&figures, rate);
    if (json_is_true(json_object_get(call->args, "check"))) {
        call->result = evidence;
        return FZ_OK;
    }
    if (!force && !json_is_true(json_object_get(evidence, "enough"))) {
        json_decref(evidence);
        return fz_diag(&call->sink, FZ_E_RULE, NULL, 0, id,
                       "%llu of %llu messages were judged in shadow, %llu hits "
                       "are marked wrong: not enough to promote it",
                       (unsigned long long)figures.judged_shadow,
                       (unsigned long long)MESSAGES_FOR(rate),
                       (unsigned long long)figures.wrong);
    }
    json_object_set_new(evidence, "forced", json_boolean(force));
    json_object_set_new(evidence, "undo",
                        json_sprintf("fanzhactl demote %s", id));
    status =
        put_overrides(plugin, call, "promote", id, FZ_RULE_ACTIVE, evidence);
    json_decref(evidence);
    return status;
}

/* --- demote -------------------------------------------------------------- */

static void to_shadow(FzPlugin *plugin, const char *id)
{
    FzBundle *bundle = fz_live_take(plugin);

    fz_tallies_settle(plugin->tallies);
    for (uint32_t i = 0; i < bundle->controls.count; i++)
        if (strcmp(fz_ruleset_rule(bundle->ruleset, i)->id, id) == 0)
            atomic_store(&bundle->controls.state[i], FZ_RULE_SHADOW);
    fz_brake_demoted(plugin->brake, id);
    fz_tallies_settle(plugin->tallies);
    fz_live_give(plugin, bundle);
}

/* Also where an override holds it in shadow already, for a time: the end of
 * that is not the demotion's. */
static void note_demoted(FzPlugin *plugin, const char *id)
{
    FzBundle *bundle = fz_live_take(plugin);
    const FzRuleInfo *rule = fz_ruleset_find(bundle->ruleset, id);

    if (rule != NULL)
        fz_bundle_note_demoted(
            bundle, (uint32_t)(rule - fz_ruleset_rule(bundle->ruleset, 0)));
    fz_live_give(plugin, bundle);
}

/* {"rule":"a.b","reason":"..."}: at once, until the next generation;
 * {"rule":"a.b","keep":true}: the working overrides, which say so, in force */
FzStatus fz_verb_demote(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;
    const char *reason =
        json_string_value(json_object_get(call->args, "reason"));
    bool keep = json_is_true(json_object_get(call->args, "keep"));
    char id[ID_ROOM];
    FzTallyFigures figures;
    json_t *detail;
    FzStatus status = find_rule(plugin, call, &figures, id, sizeof id);

    if (status != FZ_OK)
        return status;
    if (!keep && figures.state == FZ_RULE_RETIRED)
        return fz_diag(&call->sink, FZ_E_RULE, NULL, 0, id,
                       "an override has retired it: in shadow it would do more "
                       "than it does now");
    detail = json_pack("{s:s,s:I,s:s?}", "rule", id, "rev",
                       (json_int_t)figures.rev, "reason", reason);
    json_object_set_new(detail, "undo",
                        json_sprintf("fanzhactl promote %s", id));
    if (keep) {
        status =
            put_overrides(plugin, call, "demote", id, FZ_RULE_SHADOW, detail);
        json_decref(detail);
        return status;
    }
    note_demoted(plugin, id);
    to_shadow(plugin, id);
    json_object_set_new(detail, "was",
                        json_string(fz_rule_state_name(figures.state)));
    if (audit(plugin, call, "demote", detail) != FZ_OK)
        fz_diag_warn(&call->sink, FZ_E_IO, NULL, 0, id,
                     "it is in shadow, but not in the audit trail");
    fz_diag_warn(&fz_plugin_log, FZ_OK, NULL, 0, id, "demoted to shadow");
    call->result = json_pack(
        "{s:s,s:I,s:s,s:s}", "rule", id, "rev", (json_int_t)figures.rev, "was",
        fz_rule_state_name(figures.state), "state", "shadow");
    return FZ_OK;
}
