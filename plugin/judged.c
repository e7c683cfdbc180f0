/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/judged.h"
#include "base/clock.h"
#include "engine/verdict/record.h"
#include "plugin/live/live.h"

static FzJudgeEnv env_of(const FzJudged *judged)
{
    FzJudgeEnv env = fz_bundle_env(judged->bundle, judged->bypass);

    env.overlay = judged->entries->overlay;
    env.muted = judged->muted == NULL ? NULL : judged->muted->muted;
    return env;
}

static FzJudgeEnv begin(FzPlugin *plugin, const FzMessage *message,
                        FzJudged *judged)
{
    judged->message = *message;
    judged->bundle = fz_live_take(plugin);
    fz_bundle_mind_time(judged->bundle, message->now_ms);
    judged->scanner = judged->bundle->pool == NULL
                          ? NULL
                          : fz_scanner_take(judged->bundle->pool);
    judged->bypass =
        fz_bypass_applies(plugin->bypass, message->identity, message->now_ms);
    judged->changed = false;
    fz_rewrite_init(&judged->rewrite);
    judged->entries = fz_entries_take(plugin->entries);
    judged->muted = fz_brake_take(plugin->brake);
    return env_of(judged);
}

/* Nothing of an earlier verdict stays. */
static void forget(FzJudged *judged)
{
    fz_rewrite_clear(&judged->rewrite);
    fz_rewrite_init(&judged->rewrite);
    judged->changed = judged->wants = false;
}

static void finish(FzPlugin *plugin, const FzJudgeEnv *env, int64_t began_us,
                   FzJudged *judged)
{
    if (env->muted != NULL && env->muted->count > 0 &&
        fz_muted_has(env->muted,
                     fz_source_id("profile", judged->verdict.profile->name)))
        judged->verdict.acted = FZ_ACTION_PASS;
    if (judged->verdict.acted == FZ_ACTION_REWRITE) {
        judged->changed = fz_rewrite_verdict(
            &judged->message, fz_scanner_text(judged->scanner), env,
            &judged->verdict, &judged->rewrite);
        if (!judged->changed)
            fz_count(&plugin->counters.rewrites_unfit);
    }
    judged->micros = fz_clock_monotonic_us() - began_us;
}

void fz_judged_one(FzPlugin *plugin, const FzMessage *message, FzJudged *judged)
{
    int64_t began_us = fz_clock_monotonic_us();
    FzJudgeEnv env = begin(plugin, message, judged);

    judged->wants = fz_judge(&judged->message, &env, judged->scanner,
                             &judged->verdict) == FZ_WANTS_ANSWERS;
    judged->began_us = began_us;
    finish(plugin, &env, began_us, judged);
}

static void know_beforehand(const FzMessage *message, const FzJudgeEnv *env,
                            uint32_t failures, FzJudged *judged)
{
    if (failures == 0)
        return;
    judged->verdict.failures |= failures;
    fz_decide(message, env, &judged->verdict);
}

void fz_judged_parts(FzPlugin *plugin, const FzMessage *parts, size_t count,
                     const FzMessage *whole, uint32_t failures,
                     FzJudged *judged)
{
    int64_t began_us = fz_clock_monotonic_us();
    FzJudgeEnv env = begin(plugin, whole, judged);

    judged->wants = fz_judge_parts(parts, count, &env, judged->scanner,
                                   &judged->verdict) == FZ_WANTS_ANSWERS;
    know_beforehand(parts, &env, failures, judged);
    judged->began_us = began_us;
    finish(plugin, &env, began_us, judged);
}

void fz_judged_resume_parts(FzPlugin *plugin, const FzMessage *parts,
                            size_t count, uint32_t failures,
                            FzDnsAnswers answers, FzJudged *judged)
{
    FzJudgeEnv env = env_of(judged);

    forget(judged);
    fz_judge_resume(parts, count, &env, answers, judged->scanner,
                    &judged->verdict);
    know_beforehand(parts, &env, failures, judged);
    finish(plugin, &env, judged->began_us, judged);
}

void fz_judged_resume(FzPlugin *plugin, FzJudged *judged, FzDnsAnswers answers)
{
    fz_judged_resume_parts(plugin, &judged->message, 1, 0, answers, judged);
}

void fz_judged_rest(FzJudged *judged)
{
    if (judged->scanner != NULL)
        fz_scanner_give(judged->bundle->pool, judged->scanner);
    judged->scanner = NULL;
}

void fz_judged_wake(FzJudged *judged)
{
    if (judged->bundle->pool != NULL)
        judged->scanner = fz_scanner_take(judged->bundle->pool);
}

void fz_judged_look_again(FzPlugin *plugin, FzJudged *judged)
{
    fz_brake_give(plugin->brake, judged->muted);
    judged->muted = fz_brake_take(plugin->brake);
}

void fz_judged_fail(FzPlugin *plugin, FzJudged *judged, uint32_t failures)
{
    FzJudgeEnv env = env_of(judged);

    forget(judged);
    know_beforehand(&judged->message, &env, failures, judged);
    finish(plugin, &env, judged->began_us, judged);
}

void fz_judged_clear(FzPlugin *plugin, FzJudged *judged)
{
    fz_rewrite_clear(&judged->rewrite);
    if (judged->scanner != NULL)
        fz_scanner_give(judged->bundle->pool, judged->scanner);
    fz_brake_give(plugin->brake, judged->muted);
    fz_entries_give(plugin->entries, judged->entries);
    fz_live_give(plugin, judged->bundle);
}

bool fz_judged_may_act(const FzJudged *judged)
{
    return !judged->bypass &&
           fz_judged_could_act(judged->bundle, judged->entries->overlay);
}

/* A list and what is known of senders act without any rule. */
bool fz_judged_could_act(const FzBundle *bundle, const FzOverlay *overlay)
{
    return bundle->policy->mode == FZ_MODE_ENFORCE &&
           (fz_rule_controls_any_active(&bundle->controls) ||
            bundle->lists != NULL || bundle->senders != NULL ||
            fz_overlay_count(overlay) > 0);
}

const FzText *fz_judged_text(const FzJudged *judged)
{
    return judged->scanner == NULL ? NULL : fz_scanner_text(judged->scanner);
}

/* The first eight digits of a digest; 0 without a generation. */
static uint32_t generation_mark(const char *digest)
{
    uint8_t octets[4] = {0};

    if (strlen(digest) < 8 || fz_hex_decode(digest, 8, octets) != FZ_OK)
        return 0;
    return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 |
           (uint32_t)octets[2] << 8 | octets[3];
}

FzFlight fz_judged_flight(const FzPlugin *plugin, const FzJudged *judged,
                          const uint8_t *id, FzDisposition disposition)
{
    const FzMessage *message = &judged->message;
    const FzRecorder *recorder = plugin->recorder;
    FzFlight flight = {
        .time_ms = message->now_ms,
        .sender = fz_recorder_hash(recorder, message->sender),
        .receiver = fz_recorder_hash(recorder, message->receiver),
        .identity = fz_recorder_hash(recorder, message->identity),
        .generation = generation_mark(judged->bundle->digest),
        .score = judged->verdict.score,
        .micros =
            judged->micros > UINT32_MAX ? UINT32_MAX : (uint32_t)judged->micros,
        .direction = (uint8_t)message->direction,
        .would = (uint8_t)judged->verdict.would,
        .acted = (uint8_t)judged->verdict.acted,
        .disposition = (uint8_t)disposition,
    };

    memcpy(flight.id, id, sizeof flight.id);
    return flight;
}

void fz_judged_fly(FzPlugin *plugin, const FzJudged *judged, const uint8_t *id,
                   FzDisposition disposition)
{
    FzFlight flight = fz_judged_flight(plugin, judged, id, disposition);

    fz_recorder_add(plugin->recorder, &flight);
}

bool fz_judged_brake(FzPlugin *plugin, const FzJudged *judged)
{
    return fz_brake_see(plugin->brake, judged->bundle, &judged->message,
                        &judged->verdict);
}

void fz_judged_count(FzPlugin *plugin, const FzJudged *judged)
{
    const FzVerdict *verdict = &judged->verdict;
    FzCounters *counters = &plugin->counters;
    FzDirection direction = judged->message.direction;

    fz_count(&counters->judged[direction]);
    fz_count(&counters->would[direction][verdict->would]);
    fz_count(&counters->acted[direction][verdict->acted]);
    for (int i = 0; i < FZ_FAILURES; i++)
        if ((verdict->failures & FZ_FAILURE_BIT(i)) != 0)
            fz_count(&counters->failure[i][direction]);
    if (judged->bypass && verdict->would != FZ_ACTION_PASS)
        fz_count(&counters->bypassed);
    fz_counters_duration(counters, judged->micros);
    fz_tallies_see(judged->bundle, verdict, judged->message.now_ms);
    fz_samples_see(plugin->samples, judged->bundle, &judged->message,
                   fz_judged_text(judged), verdict);
    fz_listing_count(&plugin->listing, judged->bundle, verdict);
    fz_listing_alarm(&plugin->listing, judged->bundle, judged->message.now_ms,
                     &fz_plugin_log);
}

/* Whoever passed without a rule or a list's block having spoken leaves no
 * record. */
static bool worth_a_record(const FzVerdict *verdict)
{
    if (verdict->would != FZ_ACTION_PASS ||
        verdict->by == FZ_DECIDED_BY_FAILURE)
        return true;
    for (uint16_t i = 0; i < verdict->signals.count; i++)
        if (verdict->signals.item[i].rule >= 0 ||
            strncmp(verdict->signals.item[i].name, "list.block.", 11) == 0)
            return true;
    return false;
}

void fz_judged_record(FzPlugin *plugin, const FzJudged *judged, const char *id,
                      FzBuf *out)
{
    const FzBundle *bundle = judged->bundle;
    FzRecord record = {
        .message = &judged->message,
        .verdict = &judged->verdict,
        .id = id,
        .node = plugin->config->node,
        .ruleset =
            bundle->ruleset == NULL ? NULL : fz_ruleset_digest(bundle->ruleset),
        .generation = bundle->digest[0] == '\0' ? NULL : bundle->digest,
        .bypass = judged->bypass,
        .micros = judged->micros,
        .hash_key = fz_slice(plugin->record_key, sizeof plugin->record_key),
    };

    if (worth_a_record(&judged->verdict))
        fz_record_begin(&record, out);
}

void fz_judged_log(FzPlugin *plugin, const FzBuf *record,
                   FzDisposition disposition, int64_t now_ms)
{
    FzBuf line = FZ_BUF_INIT;

    if (record->octets == 0 || plugin->records == NULL)
        return;
    fz_buf_append_slice(&line, fz_buf_slice(record));
    fz_buf_printf(&line, ",\"disposition\":\"%s\"}\n",
                  fz_disposition_name(disposition));
    if (!fz_record_log_write(plugin->records, fz_buf_slice(&line), now_ms))
        fz_count(&plugin->counters.records_lost);
    fz_buf_clear(&line);
}
