/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verbs_trace.c - trace: where is message X? (docs/control.md)
 */
#include "config.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "plugin/disposition.h"
#include "plugin/live/recorder.h"
#include "plugin/live/verbs_trace.h"

#include <string.h>

enum { TRACE_MOST = 1000, TRACE_DEFAULT = 20, UUID_OCTETS = 16 };

/* A UUID in any spelling: hyphens and case say nothing. */
static bool read_id(const char *text, uint8_t *id)
{
    char plain[2 * UUID_OCTETS + 1];
    size_t count = 0;

    for (; *text != '\0'; text++) {
        if (*text == '-')
            continue;
        if (count == 2 * UUID_OCTETS)
            return false;
        plain[count++] = *text;
    }
    return count == 2 * UUID_OCTETS && fz_hex_decode(plain, count, id) == FZ_OK;
}

static void write_id(const uint8_t *id, char *text)
{
    char hex[2 * UUID_OCTETS + 1];

    fz_hex_encode(id, UUID_OCTETS, hex);
    for (int i = 0; i < 2 * UUID_OCTETS; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            *text++ = '-';
        *text++ = hex[i];
    }
    *text = '\0';
}

static FzSlice text_arg(const FzControlCall *call, const char *key)
{
    const json_t *value = json_object_get(call->args, key);

    return json_is_string(value)
               ? fz_slice(json_string_value(value), json_string_length(value))
               : (FzSlice){0};
}

static int64_t time_arg(const FzControlCall *call, const char *key)
{
    return json_integer_value(json_object_get(call->args, key));
}

typedef struct Trace {
    FzFlightQuery query;
    uint8_t id[UUID_OCTETS];
    FzSlice sender, receiver, identity;
    size_t most;
} Trace;

/* {"id":"...","sender":"...","receiver":"...","identity":"...",
 *  "since_ms":n,"until_ms":n,"limit":n} */
static FzStatus read_args(FzPlugin *plugin, FzControlCall *call, Trace *trace)
{
    const json_t *limit = json_object_get(call->args, "limit");
    FzSlice id = text_arg(call, "id");

    memset(trace, 0, sizeof *trace);
    trace->sender = text_arg(call, "sender");
    trace->receiver = text_arg(call, "receiver");
    trace->identity = text_arg(call, "identity");
    trace->query.since_ms = time_arg(call, "since_ms");
    trace->query.until_ms = time_arg(call, "until_ms");
    trace->query.sender = fz_recorder_hash(plugin->recorder, trace->sender);
    trace->query.receiver = fz_recorder_hash(plugin->recorder, trace->receiver);
    trace->query.identity = fz_recorder_hash(plugin->recorder, trace->identity);
    trace->most =
        limit == NULL ? TRACE_DEFAULT : (size_t)json_integer_value(limit);
    if (trace->most < 1 || trace->most > TRACE_MOST)
        return fz_diag(&call->sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "\"limit\" wants 1 to %d", TRACE_MOST);
    if (id.data == NULL)
        return FZ_OK;
    if (!read_id((const char *)id.data, trace->id))
        return fz_diag(&call->sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "\"id\" wants a UUID, as in the gateway's log");
    trace->query.id = trace->id;
    return FZ_OK;
}

/* What the quarantine has of those that were asked for, by the gateway's id. */
typedef struct Kept {
    json_t *by_id; /* id -> { "row": n, "state": "held" } */
} Kept;

static bool take_row(void *ctx, const FzHeldRow *row)
{
    Kept *kept = ctx;
    char id[2 * UUID_OCTETS + 5];

    if (row->held.message_id.octets == UUID_OCTETS) {
        write_id(row->held.message_id.data, id);
        json_object_set_new(kept->by_id, id,
                            json_pack("{s:I,s:s}", "row", (json_int_t)row->row,
                                      "state",
                                      fz_held_state_name(row->held.state)));
    }
    return true;
}

static json_t *rows_of(FzPlugin *plugin, const Trace *trace,
                       const FzDiagSink *sink)
{
    FzHeldQuery query = {.state = -1,
                         .limit = TRACE_MOST,
                         .sender = trace->sender,
                         .receiver = trace->receiver,
                         .identity = trace->identity};
    Kept kept = {json_object()};

    /* without a number to look for it would be the whole quarantine */
    if (trace->sender.data != NULL || trace->receiver.data != NULL ||
        trace->identity.data != NULL)
        if (fz_store_query(plugin->store, &query, take_row, &kept, sink) !=
            FZ_OK)
            fz_diag_warn(sink, FZ_E_IO, NULL, 0, NULL,
                         "the quarantine could not be asked for all rows");
    return kept.by_id;
}

static json_t *flight_json(const FzFlight *flight, const json_t *rows)
{
    char when[FZ_CLOCK_TEXT], id[2 * UUID_OCTETS + 5], generation[9];
    json_t *it, *row;

    fz_clock_format(flight->time_ms, when);
    write_id(flight->id, id);
    snprintf(generation, sizeof generation, "%08x", flight->generation);
    it = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:f,s:s,s:i}", "time", when, "id",
                   id, "direction",
                   fz_direction_name((FzDirection)flight->direction), "verdict",
                   fz_action_name((FzAction)flight->would), "acted",
                   fz_action_name((FzAction)flight->acted), "disposition",
                   fz_disposition_name((FzDisposition)flight->disposition),
                   "score", flight->score / 100.0, "generation", generation,
                   "us", (int)flight->micros);
    row = json_object_get(rows, id);
    if (row != NULL)
        json_object_set(it, "quarantine", row);
    return it;
}

FzStatus fz_live_verb_trace(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;
    FzFlight *flights;
    json_t *list, *rows;
    char since[FZ_CLOCK_TEXT] = "";
    uint64_t found, kept;
    int64_t oldest_ms;
    Trace trace;
    FzStatus status;

    if (plugin->recorder == NULL)
        return fz_diag(&call->sink, FZ_E_STATE, NULL, 0, NULL,
                       "there is no flight recorder: see `log.flight' in "
                       "fanzha.conf, and the gateway's log");
    status = read_args(plugin, call, &trace);
    if (status != FZ_OK)
        return status;
    flights = fz_calloc(trace.most, sizeof *flights);
    found =
        fz_recorder_find(plugin->recorder, &trace.query, flights, trace.most);
    fz_recorder_span(plugin->recorder, &kept, &oldest_ms);
    rows = rows_of(plugin, &trace, &call->sink);
    list = json_array();
    for (size_t i = 0; i < trace.most && i < found; i++)
        json_array_append_new(list, flight_json(&flights[i], rows));
    if (oldest_ms != 0)
        fz_clock_format(oldest_ms, since);
    call->result =
        json_pack("{s:I,s:I,s:s,s:o}", "found", (json_int_t)found, "recorded",
                  (json_int_t)kept, "since", since, "flights", list);
    json_decref(rows);
    fz_free(flights);
    return FZ_OK;
}
