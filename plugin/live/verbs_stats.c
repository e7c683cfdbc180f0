/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verbs_stats.c - stats, samples: what rules did, and what they matched
 */
#include "config.h"

#include "plugin/live/verbs_evidence.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "engine/verdict/record.h"
#include "plugin/live/live.h"

#include <string.h>

#define DAY_MS INT64_C(86400000)
#define STATS_MOST 20000

/* --- figures ------------------------------------------------------------- */

static void put_time(json_t *it, const char *key, int64_t at_ms)
{
    char text[FZ_CLOCK_TEXT];

    if (at_ms == 0) {
        json_object_set_new(it, key, json_null());
        return;
    }
    fz_clock_format(at_ms, text);
    json_object_set_new(it, key, json_string(text));
}

static json_t *figures_json(const FzTallyFigures *f)
{
    json_t *it = json_pack(
        "{s:s,s:I,s:s,s:{s:I,s:I},s:{s:I,s:I},s:I,s:I,s:I,s:I,s:I}", "rule",
        f->id, "rev", (json_int_t)f->rev, "state", fz_rule_state_name(f->state),
        "judged", "active", (json_int_t)f->judged_active, "shadow",
        (json_int_t)f->judged_shadow, "matched", "active",
        (json_int_t)f->active, "shadow", (json_int_t)f->shadow, "would",
        (json_int_t)f->would, "decided", (json_int_t)f->decided, "held",
        (json_int_t)f->held, "rejected", (json_int_t)f->rejected, "wrong",
        (json_int_t)f->wrong);

    put_time(it, "since", f->since_ms);
    put_time(it, "last", f->last_ms);
    return it;
}

static bool unused_for(const FzTallyFigures *f, int64_t ms, int64_t now_ms)
{
    return now_ms - (f->last_ms > f->since_ms ? f->last_ms : f->since_ms) >= ms;
}

static int64_t number_arg(const FzControlCall *call, const char *key,
                          int64_t otherwise)
{
    const json_t *it = json_object_get(call->args, key);

    return json_is_integer(it) ? json_integer_value(it) : otherwise;
}

static json_t *samples_json(FzPlugin *plugin)
{
    FzSamplesFigures figures = fz_samples_figures(plugin->samples);
    FzStoreStats store;

    fz_store_stats(plugin->store, &store);
    return json_pack("{s:I,s:I,s:I,s:I}", "stored", (json_int_t)store.shadow,
                     "kept", (json_int_t)figures.kept, "dropped",
                     (json_int_t)figures.dropped, "codes",
                     (json_int_t)figures.codes);
}

/* {"rule":"a.b","top":20,"unused_days":30} */
FzStatus fz_verb_stats(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;
    const char *rule = json_string_value(json_object_get(call->args, "rule"));
    int64_t top = number_arg(call, "top", STATS_MOST);
    int64_t unused = number_arg(call, "unused_days", -1);
    int64_t now_ms = fz_clock_wall_ms();
    FzBundle *bundle;
    FzTallyFigures *figures;
    json_t *rules;
    json_int_t found = 0;
    FzStatus status = FZ_OK;
    size_t count;

    if (top < 1 || top > STATS_MOST)
        return fz_diag(&call->sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "\"top\" wants 1 to %d", STATS_MOST);
    rules = json_array();
    bundle = fz_live_take(plugin);
    count = fz_tallies_figures(plugin->tallies, bundle, &figures);
    for (size_t i = 0; i < count; i++) {
        if ((rule != NULL && strcmp(rule, figures[i].id) != 0) ||
            (unused >= 0 && !unused_for(&figures[i], unused * DAY_MS, now_ms)))
            continue;
        if (found++ < top)
            json_array_append_new(rules, figures_json(&figures[i]));
    }
    if (rule != NULL && found == 0)
        status = fz_verb_no_rule(bundle, &call->sink, rule);
    fz_free(figures);
    fz_live_give(plugin, bundle);
    if (status != FZ_OK) {
        json_decref(rules);
        return status;
    }
    call->result = json_pack("{s:I,s:o,s:o}", "found", found, "rules", rules,
                             "samples", samples_json(plugin));
    return FZ_OK;
}

/* --- samples ------------------------------------------------------------- */

typedef struct Listing {
    json_t *all;
    bool reveal;
} Listing;

static void put_text(json_t *it, const char *key, FzSlice text, bool reveal,
                     void (*mask)(FzSlice text, FzBuf *out))
{
    FzBuf masked = FZ_BUF_INIT;

    if (!reveal)
        mask(text, &masked);
    json_object_set_new(it, key,
                        fz_record_text(reveal ? text
                                       : masked.octets == 0
                                           ? fz_slice_of("")
                                           : fz_buf_slice(&masked)));
    fz_buf_clear(&masked);
}

static bool take_sample(void *ctx, int64_t row, const FzShadowHit *hit)
{
    Listing *list = ctx;
    json_t *it = json_pack(
        "{s:I,s:o,s:I,s:s,s:b}", "sample", (json_int_t)row, "rule",
        fz_record_text(hit->rule), "rev", (json_int_t)hit->rev, "direction",
        fz_direction_name((FzDirection)hit->direction), "wrong", hit->wrong);

    put_time(it, "time", hit->at_ms);
    put_text(it, "sender", hit->sender, list->reveal, fz_samples_mask_number);
    put_text(it, "receiver", hit->receiver, list->reveal,
             fz_samples_mask_number);
    if (hit->identity.octets > 0)
        json_object_set_new(it, "identity", fz_record_text(hit->identity));
    put_text(it, "text", hit->text, list->reveal, fz_samples_mask);
    json_object_set_new(it, "spans", fz_record_text(hit->spans));
    json_array_append_new(list->all, it);
    return true;
}

static FzStatus samples(FzPlugin *plugin, FzControlCall *call, bool reveal)
{
    const char *rule = json_string_value(json_object_get(call->args, "rule"));
    Listing list = {.reveal = reveal};
    FzStatus status;

    if (rule == NULL)
        return fz_diag(&call->sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "\"rule\" wants the id of a rule");
    list.all = json_array();
    status = fz_store_shadow(plugin->store, fz_slice_of(rule), 0, take_sample,
                             &list, &call->sink);
    if (status != FZ_OK && status != FZ_E_SYNTAX) {
        json_decref(list.all);
        return status;
    }
    call->result =
        json_pack("{s:o,s:b}", "samples", list.all, "revealed", reveal);
    return FZ_OK;
}

FzStatus fz_verb_samples(void *ctx, FzControlCall *call)
{
    return samples(ctx, call, false);
}

/* Recorded first: what cannot be recorded is not shown. */
FzStatus fz_verb_samples_reveal(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;
    const json_t *rule = json_object_get(call->args, "rule");
    json_t *detail = json_pack("{s:O?}", "rule", (json_t *)(uintptr_t)rule);
    char *text = json_dumps(detail, JSON_COMPACT);
    char actor[FZ_ACTOR_OCTETS];
    FzStatus status;

    fz_live_actor(&call->peer, actor);
    status = fz_store_audit(plugin->store, fz_clock_wall_ms(), actor,
                            "samples-reveal", text, &call->sink);
    fz_free(text);
    json_decref(detail);
    return status == FZ_OK ? samples(plugin, call, true) : status;
}
