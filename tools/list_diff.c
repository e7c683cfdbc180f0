/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list_diff.c - fanzhactl list diff: what a new build brings and takes away
 */
#include "config.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/list/keyform.h"
#include "tools/list.h"
#include "tools/list_entries.h"

#include <stdio.h>
#include <stdlib.h>

#define SAMPLES_DEFAULT 20

enum {
    OPTION_OUTPUT_FORMAT = 256,
    OPTION_SAMPLES,
    OPTION_MAX_REMOVED,
    OPTION_MAX_ADDED,
};

typedef struct Args {
    FzListSources sources;
    const char *former, *next;
    FzCtlFormat format;
    uint64_t samples;
    double max_added, max_removed; /* shares of the former list; < 0: any */
} Args;

static const struct argp_option options[] = {
    {"output-format", OPTION_OUTPUT_FORMAT, "FORMAT", 0, "text or json", 1},
    {"samples", OPTION_SAMPLES, "N", 0,
     "show at most N keys of each kind (default 20)", 1},
    {"max-added", OPTION_MAX_ADDED, "SHARE", 0,
     "exit status 1 when more than this was added, of the former list: 20%", 1},
    {"max-removed", OPTION_MAX_REMOVED, "SHARE", 0,
     "likewise for what was taken away", 1},
    {0},
};

static double share(const char *arg, struct argp_state *state)
{
    char *end;
    double percent = strtod(arg, &end);

    if (end == arg || strcmp(end, "%") != 0 || !(percent >= 0))
        argp_error(state, "`%s' is no share: 20%%", arg);
    return percent / 100;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->sources;
        return 0;
    case OPTION_OUTPUT_FORMAT:
        args->format =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSON, state);
        return 0;
    case OPTION_SAMPLES:
        args->samples = (uint64_t)fz_ctl_number(arg, INT32_MAX, state);
        return 0;
    case OPTION_MAX_ADDED:
        args->max_added = share(arg, state);
        return 0;
    case OPTION_MAX_REMOVED:
        args->max_removed = share(arg, state);
        return 0;
    case ARGP_KEY_ARG:
        if (args->former == NULL)
            args->former = arg;
        else if (args->next == NULL)
            args->next = arg;
        else
            fz_list_sources_add(&args->sources, arg);
        return 0;
    case ARGP_KEY_END:
        if (args->next == NULL)
            argp_error(state, "which lists? the former and the new one");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- keys, where sources are given
 * -------------------------------------------- */
typedef struct Samples {
    const Args *args;
    const FzListSourceArg *source;
    const FzList *former, *next;
    int64_t now_ms;
    json_t *added, *removed;
} Samples;

static bool has(const FzList *list, const FzListKey *key, int64_t now_ms)
{
    FzAnswer answer;

    fz_list_get(list, fz_slice(key->text, key->octets), now_ms, &answer);
    return answer.kind != FZ_ANSWER_NONE;
}

static void look_at(void *ctx, uint32_t line, const FzListItem *item)
{
    Samples *samples = ctx;
    const Args *args = samples->args;
    char text[2 * FZ_LIMIT_KEY_OCTETS];
    bool before, now;
    FzListKey key;
    FzFinding found =
        item->guess
            ? fz_list_key_guess(item->key, samples->source->is.host_form,
                                args->sources.tld, &key)
            : fz_list_key_parse(item->key, args->sources.tld, &key);
    json_t *to, *seen;
    size_t index;

    (void)line;
    if (found != FZ_FOUND_FINE || key.octets == 0)
        return;
    before = has(samples->former, &key, samples->now_ms);
    now = has(samples->next, &key, samples->now_ms);
    if (before == now)
        return;
    to = now ? samples->added : samples->removed;
    if (json_array_size(to) >= args->samples)
        return;
    fz_list_key_write(&key, text, sizeof text);
    json_array_foreach(to, index, seen)
    {
        if (strcmp(json_string_value(seen), text) == 0)
            return;
    }
    json_array_append_new(to, json_string(text));
}

static void skip_dirt(void *ctx, uint32_t line, FzFinding finding,
                      FzSlice sample)
{
    (void)ctx, (void)line, (void)finding, (void)sample;
}

static FzStatus read_samples(Samples *samples, const FzDiagSink *sink)
{
    FzSourceSink items = {look_at, skip_dirt, NULL, samples};
    FzStatus status = FZ_OK;

    for (size_t i = 0; status == FZ_OK && i < samples->args->sources.count;
         i++) {
        samples->source = &samples->args->sources.item[i];
        status =
            fz_list_source_read(samples->source, samples->now_ms, &items, sink);
    }
    return status;
}

/* --- telling
 * ---------------------------------------------------------------------- */
static void print_keys(const char *sign, const json_t *keys)
{
    size_t index;
    json_t *key;

    json_array_foreach(keys, index, key)
        printf("  %s %s\n", sign, json_string_value(key));
}

static void print_text(const FzListTally *tally, const Samples *samples)
{
    printf("%s added, %s removed\n", fz_ctl_count(tally->added),
           fz_ctl_count(tally->removed));
    for (size_t i = 0; i < tally->count; i++)
        printf("%+10lld %+10lld  %-6s %-8s %-20s %s\n",
               (long long)tally->row[i].added,
               -(long long)tally->row[i].removed, tally->row[i].action,
               fz_list_level_name(tally->row[i].level), tally->row[i].category,
               tally->row[i].source);
    print_keys("+", samples->added);
    print_keys("-", samples->removed);
}

static void print_object(const FzListTally *tally, const Samples *samples)
{
    json_t *entries = json_array();

    for (size_t i = 0; i < tally->count; i++)
        json_array_append_new(
            entries,
            json_pack("{s:s,s:s,s:s,s:s,s:I,s:I}", "action",
                      tally->row[i].action, "level",
                      fz_list_level_name(tally->row[i].level), "category",
                      tally->row[i].category, "list", tally->row[i].source,
                      "added", (json_int_t)tally->row[i].added, "removed",
                      (json_int_t)tally->row[i].removed));
    fz_ctl_print_json(json_pack(
        "{s:I,s:I,s:o,s:O,s:O}", "added", (json_int_t)tally->added, "removed",
        (json_int_t)tally->removed, "entries", entries, "keys_added",
        samples->added, "keys_removed", samples->removed));
}

static bool too_much(uint64_t count, uint64_t of, double most)
{
    return most >= 0 && (double)count > most * (double)of;
}

static int compare(const Args *args, const FzList *former, const FzList *next)
{
    Samples samples = {.args = args,
                       .former = former,
                       .next = next,
                       .now_ms = fz_clock_wall_ms(),
                       .added = json_array(),
                       .removed = json_array()};
    int exit_status = FZ_CTL_CONFIG;
    FzListTally tally = {0};
    FzListInfo info;
    FzCtlSink sink;
    uint64_t entries;

    fz_ctl_sink_init(&sink);
    fz_list_info(former, &info);
    entries = info.allow + info.block + info.shared;
    if (!fz_list_compare(former, next, &tally)) {
        fprintf(stderr, "fanzhactl: the lists have different hash keys and "
                        "cannot be compared: build the new one with "
                        "--previous.\n");
    } else if (read_samples(&samples, &sink.sink) == FZ_OK) {
        if (args->format == FZ_CTL_JSON)
            print_object(&tally, &samples);
        else
            print_text(&tally, &samples);
        exit_status =
            too_much(tally.added, entries, args->max_added) ||
                    too_much(tally.removed, entries, args->max_removed)
                ? FZ_CTL_FINDINGS
                : FZ_CTL_FINE;
    }
    fz_free(tally.row);
    json_decref(samples.added);
    json_decref(samples.removed);
    return exit_status;
}

int fz_ctl_list_diff(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&fz_list_sources_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "FORMER NEW [SOURCE...]",
        .doc = "Count what a new list has that the former has not, and the "
               "other way round, by what the entries say.\v"
               "A list keeps no keys but their hashes: with the sources they "
               "were built from (old and new ones), keys are shown, too. Both "
               "lists must have one hash key, as `list build' gives a list "
               "that replaces another.\n"
               "\n"
               "Exit status: 0, 1 more was added or removed than allowed, 3 a "
               "list is refused or they cannot be compared.",
        .children = children,
    };
    Args args = {.format = FZ_CTL_TEXT,
                 .samples = SAMPLES_DEFAULT,
                 .max_added = -1,
                 .max_removed = -1};
    FzList *former = NULL, *next = NULL;
    int exit_status = FZ_CTL_CONFIG;

    fz_list_sources_init(&args.sources);
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &args);
    former = fz_ctl_list_open(args.former, NULL);
    if (former != NULL)
        next = fz_ctl_list_open(args.next, NULL);
    if (next != NULL)
        exit_status = compare(&args, former, next);
    fz_list_close(former);
    fz_list_close(next);
    fz_list_sources_clear(&args.sources);
    return exit_status;
}
