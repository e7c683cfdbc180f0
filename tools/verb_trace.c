/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_trace.c - fanzhactl trace: where is message X?
 */
#include "config.h"

#include "base/clock.h"
#include "tools/ask.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    OPTION_ID = 256,
    OPTION_FROM,
    OPTION_TO,
    OPTION_IDENTITY,
    OPTION_SINCE,
    OPTION_UNTIL,
    OPTION_LIMIT,
};

typedef struct Args {
    FzAsk ask;
    FzCtlFormat format;
    json_t *query;
} Args;

static const struct argp_option options[] = {
    {"id", OPTION_ID, "UUID", 0, "the message with this id of the gateway", 0},
    {"from", OPTION_FROM, "NUMBER", 0, "from this sender, as it was written",
     0},
    {"to", OPTION_TO, "NUMBER", 0, "to this receiver", 0},
    {"identity", OPTION_IDENTITY, "NAME", 0, "of whom was authenticated so", 0},
    {"since", OPTION_SINCE, "WHEN", 0,
     "not before: a time (RFC 3339), or ago: 30m, 2h, 7d", 0},
    {"until", OPTION_UNTIL, "WHEN", 0, "not after, likewise", 0},
    {"limit", OPTION_LIMIT, "N", 0, "at most N, the newest (default 20)", 0},
    {"format", 'f', "FORMAT", 0, "text or json", 0},
    {0},
};

static int64_t when(const char *word, struct argp_state *state)
{
    int64_t at_ms;

    if (strchr(word, '-') != NULL && fz_clock_parse(word, &at_ms) == FZ_OK)
        return at_ms;
    return fz_clock_wall_ms() - fz_ctl_duration_s(word, state) * 1000;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->ask;
        return 0;
    case OPTION_ID:
        json_object_set_new(args->query, "id", json_string(arg));
        return 0;
    case OPTION_FROM:
        json_object_set_new(args->query, "sender", json_string(arg));
        return 0;
    case OPTION_TO:
        json_object_set_new(args->query, "receiver", json_string(arg));
        return 0;
    case OPTION_IDENTITY:
        json_object_set_new(args->query, "identity", json_string(arg));
        return 0;
    case OPTION_SINCE:
        json_object_set_new(args->query, "since_ms",
                            json_integer(when(arg, state)));
        return 0;
    case OPTION_UNTIL:
        json_object_set_new(args->query, "until_ms",
                            json_integer(when(arg, state)));
        return 0;
    case OPTION_LIMIT:
        json_object_set_new(args->query, "limit",
                            json_integer(fz_ctl_number(arg, INT32_MAX, state)));
        return 0;
    case 'f':
        args->format =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSON, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char *text_of(const json_t *it, const char *key)
{
    const char *text = json_string_value(json_object_get(it, key));

    return text == NULL ? "" : text;
}

static void print_flight(const json_t *it)
{
    const json_t *row = json_object_get(it, "quarantine");

    printf("%s  %s  %s  %-10s  %-10s  %6.2f  %s  %5d us", text_of(it, "time"),
           text_of(it, "id"), text_of(it, "direction"), text_of(it, "verdict"),
           text_of(it, "disposition"),
           json_number_value(json_object_get(it, "score")),
           text_of(it, "generation"),
           (int)json_integer_value(json_object_get(it, "us")));
    if (row != NULL)
        printf("  quarantine row %lld, %s",
               (long long)json_integer_value(json_object_get(row, "row")),
               text_of(row, "state"));
    putchar('\n');
}

static void print_text(const json_t *result)
{
    const json_t *list = json_object_get(result, "flights"), *it;
    long long found = json_integer_value(json_object_get(result, "found"));
    size_t i;

    json_array_foreach((json_t *)(uintptr_t)list, i, it) print_flight(it);
    if ((long long)json_array_size(list) < found)
        printf("... and %lld older ones\n",
               found - (long long)json_array_size(list));
    if (found == 0)
        printf(
            "none; %lld messages are recorded, since %s\n",
            (long long)json_integer_value(json_object_get(result, "recorded")),
            text_of(result, "since"));
}

int fz_ctl_trace(int argc, char **argv)
{
    static const struct argp_child children[] = {{&fz_ask_argp, 0, NULL, 0},
                                                 {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .doc = "Ask the flight recorder of the running plugin what became of "
               "messages, passed ones too: when, verdict, what was done, "
               "score, generation, time taken.\v"
               "Numbers are known to it as keyed hashes: give them as they "
               "were on the message. With a number or identity, messages that "
               "were held show their row in the quarantine.\n"
               "\n"
               "Exit status: 0; 1 when none was found; 4 when nobody "
               "answers.\n"
               "\n"
               "Try:\n"
               "  fanzhactl trace --to +8613800000000 --since 2h\n",
    };
    Args args = {.format = FZ_CTL_TEXT};
    json_t *answer = NULL, *result;
    int exit_status;

    args.query = json_object();
    argp_parse(&argp, argc, argv, 0, NULL, &args);
    exit_status = fz_ask(&args.ask, "trace", args.query, &answer);
    if (exit_status != FZ_CTL_FINE)
        return exit_status;
    result = json_object_get(answer, "result");
    if (json_integer_value(json_object_get(result, "found")) == 0)
        exit_status = FZ_CTL_FINDINGS;
    if (args.format == FZ_CTL_JSON)
        fz_ctl_print_json(json_incref(result));
    else
        print_text(result);
    json_decref(answer);
    return exit_status;
}
