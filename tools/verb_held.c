/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_held.c - fanzhactl held: the quarantine, masked
 *
 * Enough to see what is there and why: of numbers the ends, of the text its
 * length. Revealing is a recorded act and none of this verb.
 */
#include "config.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "engine/message/message.h"
#include "engine/verdict/record.h"
#include "tools/store_open.h"

#include <stdio.h>

typedef struct Args {
    const char *config;
    FzCtlFormat format;
    FzHeldQuery query;
} Args;

enum {
    OPTION_SENDER = 256,
    OPTION_RECEIVER,
    OPTION_IDENTITY,
    OPTION_AFTER,
    OPTION_LIMIT,
    OPTION_STATE,
};

static const struct argp_option options[] = {
    {"config", 'c', "FILE", 0,
     "take the store from FILE (default " FZ_CTL_CONFIG_PATH ")", 0},
    {"format", 'f', "FORMAT", 0, "text or json", 0},
    {"state", OPTION_STATE, "STATE", 0,
     "only these: held, evidence, released, ...; all by default", 1},
    {"sender", OPTION_SENDER, "NUMBER", 0, "only from this number", 1},
    {"receiver", OPTION_RECEIVER, "NUMBER", 0, "only for this number", 1},
    {"identity", OPTION_IDENTITY, "NAME", 0, "only of this identity", 1},
    {"after", OPTION_AFTER, "ROW", 0, "only rows beyond this one", 1},
    {"limit", OPTION_LIMIT, "N", 0, "at most N rows (default 100)", 1},
    {0},
};

static int state_of(const char *arg, struct argp_state *state)
{
    for (int i = FZ_HELD_HELD; i <= FZ_HELD_EVIDENCE; i++)
        if (strcmp(fz_held_state_name((FzHeldState)i), arg) == 0)
            return i;
    argp_error(state, "there is no state `%s'", arg);
    return -1;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;

    switch (key) {
    case 'c':
        args->config = arg;
        return 0;
    case 'f':
        args->format =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSON, state);
        return 0;
    case OPTION_STATE:
        args->query.state = state_of(arg, state);
        return 0;
    case OPTION_SENDER:
        args->query.sender = fz_slice_of(arg);
        return 0;
    case OPTION_RECEIVER:
        args->query.receiver = fz_slice_of(arg);
        return 0;
    case OPTION_IDENTITY:
        args->query.identity = fz_slice_of(arg);
        return 0;
    case OPTION_AFTER:
        args->query.after = fz_ctl_number(arg, INT64_MAX, state);
        return 0;
    case OPTION_LIMIT:
        args->query.limit = (uint32_t)fz_ctl_number(arg, 1000000, state);
        return 0;
    case ARGP_KEY_ARG:
        argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- masking
 * ------------------------------------------------------------------ */
/* "+8613800001234" is "+86*********34"; of a short number, nothing is shown
 * but its length. */
static void mask(FzSlice number_in, char *text, size_t octets)
{
    size_t length =
        number_in.octets < octets - 1 ? number_in.octets : octets - 1;

    for (size_t i = 0; i < length; i++)
        text[i] = length >= 8 && (i < 3 || i >= length - 2) &&
                          number_in.data[i] > ' ' && number_in.data[i] < 0x7F
                      ? (char)number_in.data[i]
                      : '*';
    text[length] = '\0';
}

static void put_slice(json_t *it, const char *key, FzSlice slice)
{
    if (slice.data != NULL)
        json_object_set_new(it, key, fz_record_text(slice));
}

static json_t *row_json(const FzHeldRow *row)
{
    const FzHeld *held = &row->held;
    char time[FZ_CLOCK_TEXT], sender[32], receiver[32];
    json_t *it = json_object();

    fz_clock_format(held->received_ms, time);
    mask(held->sender, sender, sizeof sender);
    mask(held->receiver, receiver, sizeof receiver);
    json_object_set_new(it, "row", json_integer(row->row));
    json_object_set_new(it, "received", json_string(time));
    json_object_set_new(it, "state",
                        json_string(fz_held_state_name(held->state)));
    json_object_set_new(
        it, "direction",
        json_string(fz_direction_name((FzDirection)(held->direction == 1))));
    put_slice(it, "verdict", held->verdict);
    json_object_set_new(it, "score", fz_record_points(held->score));
    put_slice(it, "reason", held->reason);
    put_slice(it, "rule", held->rule);
    put_slice(it, "profile", held->profile);
    put_slice(it, "generation", held->generation);
    put_slice(it, "identity", held->identity);
    json_object_set_new(it, "sender", json_string(sender));
    json_object_set_new(it, "receiver", json_string(receiver));
    json_object_set_new(it, "chars",
                        json_integer((json_int_t)fz_utf8_chars(
                            held->text.data, held->text.octets)));
    return it;
}

static bool take_row(void *ctx, const FzHeldRow *row)
{
    json_array_append_new(ctx, row_json(row));
    return true;
}

/* --- printing
 * ------------------------------------------------------------------- */
static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    return text == NULL ? "-" : text;
}

static void print_table(const json_t *rows)
{
    bool doubt = false;
    size_t index;
    json_t *row;

    if (json_array_size(rows) == 0) {
        printf("nothing is held\n");
        return;
    }
    printf("%6s  %-24s  %-9s  %-2s  %-10s  %6s  %-14s  %-14s  %-14s  %5s  %s\n",
           "row", "received", "state", "", "verdict", "score", "reason", "from",
           "to", "chars", "decided by");
    json_array_foreach(rows, index, row)
    {
        printf("%6lld  %-24s  %-9s  %-2s  %-10s  %6.2f  %-14s  %-14s  %-14s  "
               "%5lld  %s\n",
               (long long)json_integer_value(json_object_get(row, "row")),
               text_of(row, "received"), text_of(row, "state"),
               text_of(row, "direction"), text_of(row, "verdict"),
               json_real_value(json_object_get(row, "score")),
               text_of(row, "reason"), text_of(row, "sender"),
               text_of(row, "receiver"),
               (long long)json_integer_value(json_object_get(row, "chars")),
               text_of(row, "rule"));
        doubt |= strcmp(text_of(row, "state"), "in-doubt") == 0;
    }
    if (doubt)
        printf("in-doubt: sent, and not answered yet or never; it may be there "
               "(`fanzhactl release --again' sends it once more)\n");
}

int fz_ctl_held(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "List what the quarantine holds, oldest first: why and since "
               "when; numbers are masked and texts are not shown.\v"
               "Works beside the running plugin. Filters by number look for "
               "the whole number.\n"
               "\n"
               "Exit status: 0, 3 configuration, 4 the store cannot be read, "
               "5 some row cannot be unsealed.",
    };
    Args args = {.format = FZ_CTL_TEXT, .query = {.state = -1}};
    FzStore *store = NULL;
    json_t *rows = json_array();
    FzCtlSink sink;
    FzStatus status = FZ_OK;
    int exit_status;

    fz_ctl_sink_init(&sink);
    argp_parse(&argp, argc, argv, 0, NULL, &args);
    exit_status = fz_ctl_store_open(args.config, &sink.sink, &store);
    if (exit_status == FZ_CTL_FINE) {
        status = fz_store_query(store, &args.query, take_row, rows, &sink.sink);
        if (status == FZ_E_SYNTAX)
            exit_status = FZ_CTL_PARTLY;
        else if (status != FZ_OK)
            exit_status = FZ_CTL_UNREACHABLE;
        if (args.format == FZ_CTL_JSON)
            fz_ctl_print_json(json_pack("{s:O}", "held", rows));
        else
            print_table(rows);
    }
    fz_store_close(store);
    json_decref(rows);
    return exit_status;
}
