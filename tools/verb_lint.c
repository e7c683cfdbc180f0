/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_lint.c - fanzhactl lint: every problem of rule sets, with its place
 */
#include "config.h"

#include "base/clock.h"
#include "tools/source.h"

#include <stdio.h>

typedef struct Args {
    FzCtlSource source;
    FzCtlFormat format;
} Args;

enum {
    OPTION_PROGRESS = 256,
};

static const struct argp_option options[] = {
    {"progress", OPTION_PROGRESS, "HOW", 0,
     "auto (a bar on a terminal), none, or json: a line each on stderr", 0},
    {"format", 'f', "FORMAT", 0, "text or json", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->source;
        args->source.shows_progress = true;
        return 0;
    case OPTION_PROGRESS:
        args->source.progress = fz_progress_style(arg, state);
        return 0;
    case 'f':
        args->format =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSON, state);
        return 0;
    case ARGP_KEY_ARG:
        fz_ctl_source_add_folder(&args->source, arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_json(FzCtlSink *sink, uint32_t rules)
{
    fz_ctl_print_json(json_pack("{s:i,s:i,s:i,s:o}", "rules", (int)rules,
                                "errors", (int)sink->errors, "warnings",
                                (int)sink->warnings, "findings", sink->diags));
    sink->diags = NULL;
}

int fz_ctl_lint(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&fz_ctl_source_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "[DIR...]",
        .doc = "Check rule sets: everything that keeps them from loading, and "
               "everything that looks wrong.\v"
               "DIR is a set or a folder of sets, as with --patterns. With "
               "--config, fanzha.conf, the overrides, brands and registry are "
               "checked too.\n"
               "\n"
               "Exit status: 0 nothing found, 1 findings, 3 when "
               "the configuration or a file cannot be read.",
    };
    Args args = {.format = FZ_CTL_TEXT};
    FzBundle *bundle = NULL;
    FzCtlSink sink;
    FzStatus status;
    uint32_t rules = 0;

    fz_ctl_sink_init(&sink);
    argp_parse(&argp, argc, argv, 0, NULL, &args);
    if (args.format == FZ_CTL_JSON)
        sink.diags = json_array();
    status = fz_ctl_source_open(&args.source, &sink.sink, &bundle);
    if (bundle != NULL && bundle->ruleset != NULL) {
        rules = fz_ruleset_count(bundle->ruleset);
        fz_ruleset_lint(bundle->ruleset, fz_clock_wall_ms(), &sink.sink);
    }
    if (bundle != NULL && bundle->senders != NULL)
        fz_senders_lint(bundle->senders, fz_clock_wall_ms(), &sink.sink);
    if (args.format == FZ_CTL_JSON)
        print_json(&sink, rules);
    else
        printf("%u rules, %u errors, %u warnings\n", rules, sink.errors,
               sink.warnings);
    fz_bundle_destroy(bundle);
    fz_ctl_source_clear(&args.source);
    if (status == FZ_E_IO)
        return FZ_CTL_CONFIG;
    return sink.errors + sink.warnings > 0 ? FZ_CTL_FINDINGS : FZ_CTL_FINE;
}
