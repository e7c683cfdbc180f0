/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/live/counters.h"

const uint32_t fz_duration_bounds_us[FZ_DURATION_BUCKETS - 1] = {
    1, 2, 5, 10, 20, 50, 100, 1000, 10000,
};

static uint64_t value(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void fz_counters_duration(FzCounters *counters, int64_t us)
{
    size_t bucket = 0;

    while (bucket < FZ_DURATION_BUCKETS - 1 &&
           us > (int64_t)fz_duration_bounds_us[bucket])
        bucket++;
    fz_count(&counters->duration[bucket]);
    atomic_fetch_add_explicit(&counters->duration_us, (uint64_t)us,
                              memory_order_relaxed);
}

static json_t *number(const _Atomic uint64_t *counter)
{
    return json_integer((json_int_t)value(counter));
}

static json_t *by_action(const _Atomic uint64_t counter[FZ_ACTIONS])
{
    json_t *object = json_object();

    for (int a = 0; a < FZ_ACTIONS; a++)
        json_object_set_new(object, fz_action_name((FzAction)a),
                            number(&counter[a]));
    return object;
}

static json_t *by_disposition(const _Atomic uint64_t counter[FZ_DISPOSITIONS])
{
    json_t *object = json_object();

    for (int d = 0; d < FZ_DISPOSITIONS; d++)
        json_object_set_new(object, fz_disposition_name((FzDisposition)d),
                            number(&counter[d]));
    return object;
}

static json_t *failures(const FzCounters *counters)
{
    json_t *object = json_object();

    for (int f = 0; f < FZ_FAILURES; f++) {
        json_t *each = json_object();

        for (int d = 0; d < FZ_DIRECTIONS; d++)
            json_object_set_new(each, fz_direction_name((FzDirection)d),
                                number(&counters->failure[f][d]));
        json_object_set_new(object, fz_failure_name((FzFailure)f), each);
    }
    return object;
}

static json_t *parts(const FzCounters *counters)
{
    json_t *object = json_object();

    for (int d = 0; d < FZ_DIRECTIONS; d++)
        json_object_set_new(
            object, fz_direction_name((FzDirection)d),
            json_pack("{s:o,s:o}", "kept", number(&counters->parts_kept[d]),
                      "joined", number(&counters->parts_joined[d])));
    json_object_set_new(object, "known", number(&counters->parts_known));
    json_object_set_new(object, "again", number(&counters->parts_again));
    json_object_set_new(object, "refused", number(&counters->parts_refused));
    return object;
}

static json_t *durations(const FzCounters *counters)
{
    json_t *object = json_object(), *buckets = json_array();

    for (size_t i = 0; i < FZ_DURATION_BUCKETS; i++)
        json_array_append_new(
            buckets,
            json_pack("{s:o,s:I}", "le_us",
                      i + 1 == FZ_DURATION_BUCKETS
                          ? json_null()
                          : json_integer(fz_duration_bounds_us[i]),
                      "count", (json_int_t)value(&counters->duration[i])));
    json_object_set_new(object, "buckets", buckets);
    json_object_set_new(object, "sum_us", number(&counters->duration_us));
    return object;
}

json_t *fz_counters_json(const FzCounters *counters)
{
    json_t *object = json_object(), *messages = json_object();

    for (int d = 0; d < FZ_DIRECTIONS; d++)
        json_object_set_new(messages, fz_direction_name((FzDirection)d),
                            json_pack("{s:o,s:o,s:o,s:o}", "judged",
                                      number(&counters->judged[d]), "would",
                                      by_action(counters->would[d]), "acted",
                                      by_action(counters->acted[d]), "disposed",
                                      by_disposition(counters->disposed[d])));
    json_object_set_new(object, "messages", messages);
    json_object_set_new(object, "failures", failures(counters));
    json_object_set_new(object, "reports", number(&counters->reports));
    json_object_set_new(object, "bypassed", number(&counters->bypassed));
    json_object_set_new(object, "warnings_sent",
                        number(&counters->warnings_sent));
    json_object_set_new(object, "warnings_spared",
                        number(&counters->warnings_spared));
    json_object_set_new(object, "warnings_unsent",
                        number(&counters->warnings_unsent));
    json_object_set_new(object, "rewrites_unfit",
                        number(&counters->rewrites_unfit));
    json_object_set_new(object, "host_cannot_defer",
                        number(&counters->host_cannot_defer));
    json_object_set_new(object, "parts", parts(counters));
    json_object_set_new(object, "reports_sent",
                        number(&counters->reports_sent));
    json_object_set_new(object, "reports_lost",
                        number(&counters->reports_lost));
    json_object_set_new(object, "reports_shared",
                        number(&counters->reports_shared));
    json_object_set_new(object, "reports_unheard",
                        number(&counters->reports_unheard));
    json_object_set_new(object, "records_lost",
                        number(&counters->records_lost));
    json_object_set_new(object, "evidence_lost",
                        number(&counters->evidence_lost));
    json_object_set_new(object, "duration", durations(counters));
    return object;
}
