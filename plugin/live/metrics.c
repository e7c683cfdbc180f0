/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/live/metrics.h"

static unsigned long long value(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void family(FzBuf *out, const char *name, const char *type,
                   const char *help)
{
    fz_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(FzBuf *out, const char *name, const char *type,
                const char *help, double figure)
{
    family(out, name, type, help);
    fz_buf_printf(out, "%s %.15g\n", name, figure);
}

static void messages(const FzCounters *c, FzBuf *out)
{
    family(out, "fanzha_messages_total", "counter",
           "Messages judged, by direction and the verdict acted on.");
    for (int d = 0; d < FZ_DIRECTIONS; d++)
        for (int a = 0; a < FZ_ACTIONS; a++)
            fz_buf_printf(
                out,
                "fanzha_messages_total{direction=\"%s\",verdict=\"%s\"} %llu\n",
                fz_direction_name((FzDirection)d), fz_action_name((FzAction)a),
                value(&c->acted[d][a]));
    family(out, "fanzha_would_total", "counter",
           "The same by the verdict that enforcing without bypass gives.");
    for (int d = 0; d < FZ_DIRECTIONS; d++)
        for (int a = 0; a < FZ_ACTIONS; a++)
            fz_buf_printf(
                out,
                "fanzha_would_total{direction=\"%s\",verdict=\"%s\"} %llu\n",
                fz_direction_name((FzDirection)d), fz_action_name((FzAction)a),
                value(&c->would[d][a]));
    family(out, "fanzha_dispositions_total", "counter",
           "What was done about messages, by direction.");
    for (int d = 0; d < FZ_DIRECTIONS; d++)
        for (int a = 0; a < FZ_DISPOSITIONS; a++)
            fz_buf_printf(out,
                          "fanzha_dispositions_total{direction=\"%s\","
                          "disposition=\"%s\"} %llu\n",
                          fz_direction_name((FzDirection)d),
                          fz_disposition_name((FzDisposition)a),
                          value(&c->disposed[d][a]));
}

static void durations(const FzCounters *c, FzBuf *out)
{
    unsigned long long sum = 0;

    family(out, "fanzha_verdict_duration_seconds", "histogram",
           "Time from a message's arrival at the plugin to its verdict.");
    for (int i = 0; i < FZ_DURATION_BUCKETS; i++) {
        sum += value(&c->duration[i]);
        if (i + 1 < FZ_DURATION_BUCKETS)
            fz_buf_printf(out,
                          "fanzha_verdict_duration_seconds_bucket{le=\"%g\"} "
                          "%llu\n",
                          fz_duration_bounds_us[i] / 1e6, sum);
    }
    fz_buf_printf(out,
                  "fanzha_verdict_duration_seconds_bucket{le=\"+Inf\"} %llu\n"
                  "fanzha_verdict_duration_seconds_sum %.6f\n"
                  "fanzha_verdict_duration_seconds_count %llu\n",
                  sum, (double)value(&c->duration_us) / 1e6, sum);
}

static void failures(const FzCounters *c, FzBuf *out)
{
    family(out, "fanzha_failures_total", "counter",
           "Uses of the failure policy, by condition and direction.");
    for (int f = 0; f < FZ_FAILURES; f++)
        for (int d = 0; d < FZ_DIRECTIONS; d++)
            fz_buf_printf(out,
                          "fanzha_failures_total{condition=\"%s\","
                          "direction=\"%s\"} %llu\n",
                          fz_failure_name((FzFailure)f),
                          fz_direction_name((FzDirection)d),
                          value(&c->failure[f][d]));
}

static void quarantine(const FzMetrics *m, FzBuf *out)
{
    int64_t oldest = m->store->oldest_held_ms;

    family(out, "fanzha_quarantine_items", "gauge",
           "Messages in the store, by state.");
    for (size_t i = 0;
         i < sizeof m->store->by_state / sizeof *m->store->by_state; i++)
        fz_buf_printf(out, "fanzha_quarantine_items{state=\"%s\"} %llu\n",
                      fz_held_state_name((FzHeldState)i),
                      (unsigned long long)m->store->by_state[i]);
    one(out, "fanzha_quarantine_oldest_seconds", "gauge",
        "Age of the oldest message that is held; 0 without one.",
        oldest == 0 ? 0.0 : (double)(m->now_ms - oldest) / 1000.0);
    one(out, "fanzha_store_writable", "gauge", "1 while commits go through.",
        m->store->writable);
    one(out, "fanzha_store_size_bytes", "gauge",
        "Octets of the database with its log.", (double)m->store->octets);
    one(out, "fanzha_store_failed_total", "counter",
        "Records whose commit failed.", (double)m->store->failed);
    one(out, "fanzha_shadow_samples", "gauge",
        "Messages of rules in shadow that are kept.", (double)m->store->shadow);
    one(out, "fanzha_shadow_samples_dropped_total", "counter",
        "Such that were not kept.", (double)m->samples_dropped);
    one(out, "fanzha_audit_entries", "gauge", "Entries of the audit trail.",
        (double)m->store->audit_entries);
}

static void assembly(const FzMetrics *m, FzBuf *out)
{
    const FzCounters *c = m->counters;

    family(out, "fanzha_parts_kept_total", "counter",
           "Parts of longer messages that were kept until all were there.");
    for (int d = 0; d < FZ_DIRECTIONS; d++)
        fz_buf_printf(out, "fanzha_parts_kept_total{direction=\"%s\"} %llu\n",
                      fz_direction_name((FzDirection)d),
                      value(&c->parts_kept[d]));
    family(out, "fanzha_messages_joined_total", "counter",
           "Longer messages of which all parts came.");
    for (int d = 0; d < FZ_DIRECTIONS; d++)
        fz_buf_printf(
            out, "fanzha_messages_joined_total{direction=\"%s\"} %llu\n",
            fz_direction_name((FzDirection)d), value(&c->parts_joined[d]));
    one(out, "fanzha_parts_known_total", "counter", "Parts that came twice.",
        (double)value(&c->parts_known));
    one(out, "fanzha_parts_again_total", "counter",
        "Messages and parts in doubt that were sent again: they may be "
        "doubled.",
        (double)value(&c->parts_again));
    one(out, "fanzha_parts_refused_total", "counter",
        "Messages and parts that bearerbox or a box refused in the end.",
        (double)value(&c->parts_refused));
    one(out, "fanzha_reports_sent_total", "counter",
        "Delivery reports of our own that a box took.",
        (double)value(&c->reports_sent));
    one(out, "fanzha_reports_lost_total", "counter",
        "Delivery reports of our own that no box took.",
        (double)value(&c->reports_lost));
    one(out, "fanzha_reports_shared_total", "counter",
        "Reports on rewritten messages given to one more of their parts.",
        (double)value(&c->reports_shared));
    one(out, "fanzha_reports_unheard_total", "counter",
        "Parts of rewritten messages given up without a report.",
        (double)value(&c->reports_unheard));
    one(out, "fanzha_assembly_pending", "gauge",
        "Longer messages that wait for parts.", (double)m->assembly->pending);
    one(out, "fanzha_assembly_parts", "gauge", "Their parts.",
        (double)m->assembly->parts);
    one(out, "fanzha_assembly_bytes", "gauge", "Octets of these, in memory.",
        (double)m->assembly->octets);
    one(out, "fanzha_assembly_leaving", "gauge",
        "Parts and messages decided about that nobody has taken yet.",
        (double)m->assembly->leaving);
    one(out, "fanzha_assembly_reporting", "gauge",
        "Delivery reports of our own that nobody has taken yet.",
        (double)m->assembly->reporting);
    one(out, "fanzha_assembly_awaiting", "gauge",
        "Parts that left within a rewritten message and wait for its report.",
        (double)m->assembly->awaiting);
}

static void generation(const FzMetrics *m, FzBuf *out)
{
    family(out, "fanzha_generation_info", "gauge",
           "The generation in force, by its digest.");
    fz_buf_printf(out, "fanzha_generation_info{digest=\"%s\"} 1\n",
                  m->generation);
    one(out, "fanzha_rules", "gauge", "Rules in force.", m->rules);
    one(out, "fanzha_generations_damaged", "gauge",
        "Promoted generations that could not be put in force at the start.",
        m->damaged);
    one(out, "fanzha_enforcing", "gauge", "1 in enforce, 0 in observe.",
        m->enforcing);
    one(out, "fanzha_bypass", "gauge", "1 while a bypass is on for anybody.",
        m->bypassed);
    one(out, "fanzha_brake_stopped", "gauge",
        "Rules, lists and others that the brake has stopped.", m->braked);
    family(out, "fanzha_brake_trips_total", "counter",
           "How often the brake has tripped.");
    fz_buf_printf(out, "fanzha_brake_trips_total %llu\n",
                  (unsigned long long)m->brake_trips);
    one(out, "fanzha_promoted_timestamp_seconds", "gauge",
        "When the generation in force came into force.",
        (double)m->promoted_ms / 1000.0);
    one(out, "fanzha_start_timestamp_seconds", "gauge",
        "When the plugin was loaded.", (double)m->started_ms / 1000.0);
    family(out, "fanzha_reloads_total", "counter", "Reloads, by result.");
    fz_buf_printf(out,
                  "fanzha_reloads_total{result=\"ok\"} %llu\n"
                  "fanzha_reloads_total{result=\"refused\"} %llu\n",
                  (unsigned long long)m->reloads_ok,
                  (unsigned long long)m->reloads_refused);
}

void fz_metrics_write(const FzMetrics *m, FzBuf *out)
{
    const FzCounters *c = m->counters;

    messages(c, out);
    durations(c, out);
    failures(c, out);
    one(out, "fanzha_reports_total", "counter", "Delivery reports let through.",
        (double)value(&c->reports));
    one(out, "fanzha_bypassed_total", "counter",
        "Messages that only a bypass kept from being acted on.",
        (double)value(&c->bypassed));
    one(out, "fanzha_warnings_sent_total", "counter",
        "Warnings that bearerbox took.", (double)value(&c->warnings_sent));
    one(out, "fanzha_warnings_spared_total", "counter",
        "Warnings not sent because the receiver had one of late.",
        (double)value(&c->warnings_spared));
    one(out, "fanzha_warnings_unsent_total", "counter",
        "Warnings that could not be sent.", (double)value(&c->warnings_unsent));
    one(out, "fanzha_rewrites_unfit_total", "counter",
        "Rewrites that did not fit and fell back.",
        (double)value(&c->rewrites_unfit));
    one(out, "fanzha_host_cannot_defer_total", "counter",
        "Messages that a classic host could not put off.",
        (double)value(&c->host_cannot_defer));
    one(out, "fanzha_records_lost_total", "counter",
        "Verdict records that could not be written.",
        (double)value(&c->records_lost));
    one(out, "fanzha_evidence_lost_total", "counter",
        "Rejected or rewritten messages of which no copy could be kept.",
        (double)value(&c->evidence_lost));
    quarantine(m, out);
    assembly(m, out);
    generation(m, out);
}
