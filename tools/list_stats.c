/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list_stats.c - fanzhactl list stats: what is in a list
 */
#include "config.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/list/mapped.h"
#include "tools/list.h"
#include "tools/list_entries.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    OPTION_PUBLIC_KEY = 256,
    OPTION_TIME,
};

typedef struct Args {
    FzCtlFormat format;
    const char *public_key;
    int64_t now_ms;
    const char *file;
} Args;

static const struct argp_option options[] = {
    {"format", 'f', "FORMAT", 0, "text or json", 0},
    {"public-key", OPTION_PUBLIC_KEY, "FILE", 0,
     "refuse a list that is not signed with this key's other half", 0},
    {"time", OPTION_TIME, "TIME", 0, "as of this time (default: now)", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;

    switch (key) {
    case 'f':
        args->format =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSON, state);
        return 0;
    case OPTION_PUBLIC_KEY:
        args->public_key = arg;
        return 0;
    case OPTION_TIME:
        args->now_ms = fz_ctl_time_ms(arg, state);
        return 0;
    case ARGP_KEY_ARG:
        if (args->file != NULL)
            argp_usage(state);
        args->file = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_text(const FzListInfo *info, const FzListTally *tally,
                       const FzList *list)
{
    char built[FZ_CLOCK_TEXT], until[FZ_CLOCK_TEXT];

    fz_clock_format(info->built_ms, built);
    printf("%s: %s blocked, %s allowed, %s shared, %s octets%s\n", info->path,
           fz_ctl_count(info->block), fz_ctl_count(info->allow),
           fz_ctl_count(info->shared), fz_ctl_count(info->octets),
           info->is_signed ? ", signed" : "");
    printf("built %s, format %u, digest %s\n", built, info->version,
           info->digest);
    if (info->not_after_ms != 0) {
        fz_clock_format(info->not_after_ms, until);
        printf("no points after %s\n", until);
    }
    for (uint32_t i = 0; i < info->sources; i++) {
        FzListSourceInfo source;
        char fetched[FZ_CLOCK_TEXT] = "at an unknown time";

        fz_list_source_info(list, i, &source);
        if (source.fetched_ms > 0)
            fz_clock_format(source.fetched_ms, fetched);
        printf("source %s: %s entries, %s refused or dirt, current %s\n",
               source.name, fz_ctl_count(source.entries),
               fz_ctl_count(source.refused), fetched);
    }
    for (size_t i = 0; i < tally->count; i++)
        printf("%10s  %-6s %-8s %-20s %s\n",
               fz_ctl_count(tally->row[i].entries), tally->row[i].action,
               fz_list_level_name(tally->row[i].level), tally->row[i].category,
               tally->row[i].source);
    printf("%10s  expired\n%10s  expire within 7 days\n",
           fz_ctl_count(tally->expired), fz_ctl_count(tally->expiring));
}

static json_t *time_json(int64_t wall_ms)
{
    char text[FZ_CLOCK_TEXT];

    if (wall_ms <= 0)
        return json_null();
    fz_clock_format(wall_ms, text);
    return json_string(text);
}

static void print_object(const FzListInfo *info, const FzListTally *tally,
                         const FzList *list)
{
    json_t *sources = json_array(), *entries = json_array(), *it;

    for (uint32_t i = 0; i < info->sources; i++) {
        FzListSourceInfo source;

        fz_list_source_info(list, i, &source);
        json_array_append_new(
            sources, json_pack("{s:s,s:I,s:I,s:o}", "list", source.name,
                               "entries", (json_int_t)source.entries, "refused",
                               (json_int_t)source.refused, "fetched",
                               time_json(source.fetched_ms)));
    }
    for (size_t i = 0; i < tally->count; i++)
        json_array_append_new(entries,
                              json_pack("{s:s,s:s,s:s,s:s,s:I}", "action",
                                        tally->row[i].action, "level",
                                        fz_list_level_name(tally->row[i].level),
                                        "category", tally->row[i].category,
                                        "list", tally->row[i].source, "count",
                                        (json_int_t)tally->row[i].entries));
    it = json_pack("{s:s,s:i,s:I,s:o,s:o,s:b,s:s,s:I,s:I,s:I,s:o,s:o,s:I,s:I}",
                   "file", info->path, "version", (int)info->version, "octets",
                   (json_int_t)info->octets, "built", time_json(info->built_ms),
                   "not_after", time_json(info->not_after_ms), "signed",
                   info->is_signed, "digest", info->digest, "allow",
                   (json_int_t)info->allow, "block", (json_int_t)info->block,
                   "shared", (json_int_t)info->shared, "sources", sources,
                   "entries", entries, "expired", (json_int_t)tally->expired,
                   "expire_in_7_days", (json_int_t)tally->expiring);
    fz_ctl_print_json(it);
}

int fz_ctl_list_stats(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "FILE",
        .doc = "Read a compiled list from end to end, and tell what is in "
               "it.\v"
               "Exit status: 0, 3 the list is refused.",
    };
    Args args = {.format = FZ_CTL_TEXT, .now_ms = fz_clock_wall_ms()};
    FzListTally tally;
    FzListInfo info;
    FzList *list;

    argp_parse(&argp, argc, argv, 0, NULL, &args);
    list = fz_ctl_list_open(args.file, args.public_key);
    if (list == NULL)
        return FZ_CTL_CONFIG;
    fz_list_info(list, &info);
    fz_list_tally(list, args.now_ms, &tally);
    if (args.format == FZ_CTL_JSON)
        print_object(&info, &tally, list);
    else
        print_text(&info, &tally, list);
    fz_free(tally.row);
    fz_list_close(list);
    return FZ_CTL_FINE;
}
