/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_test.c - fanzhactl test: do rule sets do what their samples say?
 */
#include "config.h"

#include "base/clock.h"
#include "engine/verdict/cases.h"
#include "engine/verdict/record.h"
#include "tools/junit.h"
#include "tools/source.h"

#include <stdio.h>

typedef struct Args {
    FzCtlSource source;
    FzCtlFormat format;
} Args;

typedef struct Report {
    FzCtlFormat format;
    json_t *failures; /* JSON */
    FzJunit junit;
} Report;

enum {
    OPTION_PROGRESS = 256,
};

static const struct argp_option options[] = {
    {"progress", OPTION_PROGRESS, "HOW", 0,
     "auto (a bar on a terminal), none, or json: a line each on stderr", 0},
    {"format", 'f', "FORMAT", 0, "text, json or junit", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->source;
        args->source.shows_progress = true;
        args->source.as_written = true; /* as for staging */
        return 0;
    case OPTION_PROGRESS:
        args->source.progress = fz_progress_style(arg, state);
        return 0;
    case 'f':
        args->format = fz_ctl_format(
            arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSON | 1u << FZ_CTL_JUNIT,
            state);
        return 0;
    case ARGP_KEY_ARG:
        fz_ctl_source_add_folder(&args->source, arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- one sample -------------------------------------------------------------
 */
static void print_failure(const FzCaseResult *result)
{
    const FzSample *sample = result->sample;

    printf("%s:%u: %s%s%s%s\n    sample  %s\n    folded  %s\n",
           sample->file == NULL ? "-" : sample->file, sample->line,
           sample->rule == NULL ? "" : "rule `",
           sample->rule == NULL ? "" : sample->rule,
           sample->rule == NULL ? "" : "': ", result->why, sample->text,
           result->folded);
}

static json_t *failure_json(const FzCaseResult *result)
{
    const FzSample *sample = result->sample;
    json_t *it = json_object();

    if (sample->file != NULL)
        json_object_set_new(it, "file", json_string(sample->file));
    json_object_set_new(it, "line", json_integer(sample->line));
    if (sample->rule != NULL)
        json_object_set_new(it, "rule", json_string(sample->rule));
    json_object_set_new(it, "why", json_string(result->why));
    json_object_set_new(it, "sample",
                        fz_record_text(fz_slice_of(sample->text)));
    json_object_set_new(it, "folded",
                        fz_record_text(fz_slice_of(result->folded)));
    json_object_set_new(it, "verdict",
                        json_string(fz_action_name(result->verdict->would)));
    json_object_set_new(it, "score", fz_record_points(result->verdict->score));
    return it;
}

static void put_case(FzJunit *junit, const FzCaseResult *result)
{
    const FzSample *sample = result->sample;
    FzBuf name = FZ_BUF_INIT, details = FZ_BUF_INIT;

    fz_buf_printf(&name, "%s:%u", sample->file == NULL ? "-" : sample->file,
                  sample->line);
    if (!result->ok)
        fz_buf_printf(&details, "sample: %s\nfolded: %s", sample->text,
                      result->folded);
    fz_junit_add(junit,
                 &(FzJunitCase){
                     .classname = sample->rule == NULL ? "cases" : sample->rule,
                     .name = fz_buf_text(&name),
                     .fault = result->ok ? NULL : result->why,
                     .details = fz_buf_text(&details),
                 });
    fz_buf_clear(&name);
    fz_buf_clear(&details);
}

static void take(void *ctx, const FzCaseResult *result)
{
    Report *report = ctx;

    if (report->format == FZ_CTL_JUNIT)
        put_case(&report->junit, result);
    else if (!result->ok && report->format == FZ_CTL_JSON)
        json_array_append_new(report->failures, failure_json(result));
    else if (!result->ok)
        print_failure(result);
}

/* --- all
 * ------------------------------------------------------------------------ */
static void print_report(Report *report, const FzCaseCounts *counts)
{
    switch (report->format) {
    case FZ_CTL_JSON:
        fz_ctl_print_json(json_pack(
            "{s:I,s:I,s:I,s:O}", "run", (json_int_t)counts->run, "failed",
            (json_int_t)counts->failed, "untested_rules",
            (json_int_t)counts->untested, "failures", report->failures));
        break;
    case FZ_CTL_JUNIT:
        fz_junit_print(&report->junit, "fanzha samples");
        break;
    case FZ_CTL_TEXT:
    case FZ_CTL_JSONL:
        printf("%zu samples, %zu failed", counts->run, counts->failed);
        if (counts->untested > 0)
            printf("; %zu rules have no sample that matches", counts->untested);
        putchar('\n');
        break;
    }
}

int fz_ctl_test(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&fz_ctl_source_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "[DIR...]",
        .doc = "Run every sample (match, nomatch, cases.tsv) of rule sets "
               "through the whole engine, with every rule active and "
               "enforcing, whatever state it is in today.\v"
               "Each failure names its file and line, the sample, what the "
               "rules saw of it, and what came instead.\n"
               "\n"
               "Exit status: 0 all fine, 1 a sample failed, 3 when the rules "
               "do not load.",
    };
    Args args = {.format = FZ_CTL_TEXT};
    Report report;
    FzBundle *bundle = NULL;
    FzCaseCounts counts = {0, 0, 0};
    FzCtlSink sink;
    int exit_status = FZ_CTL_CONFIG;

    fz_ctl_sink_init(&sink);
    sink.errors_only = true;
    argp_parse(&argp, argc, argv, 0, NULL, &args);
    report.format = args.format;
    fz_junit_init(&report.junit);
    report.failures = json_array();
    if (fz_ctl_source_open(&args.source, &sink.sink, &bundle) == FZ_OK) {
        exit_status = FZ_CTL_FINE;
        if (bundle->ruleset != NULL &&
            fz_cases_run(bundle->ruleset, fz_clock_wall_ms(), take, &report,
                         &counts) != FZ_OK)
            exit_status = FZ_CTL_FINDINGS;
        print_report(&report, &counts);
    }
    json_decref(report.failures);
    fz_junit_clear(&report.junit);
    fz_bundle_destroy(bundle);
    fz_ctl_source_clear(&args.source);
    return exit_status;
}
