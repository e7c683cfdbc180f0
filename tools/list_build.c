/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list_build.c - fanzhactl list build: feeds in, one compiled list out
 */
#include "config.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "tools/list.h"
#include "tools/progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAMPLES 3 /* of each finding of each source, in the summary */
#define SECRET_KEY_OCTETS 64

enum {
    OPTION_SIGN = 256,
    OPTION_PREVIOUS,
    OPTION_NOT_AFTER,
    OPTION_EMPTY_OK,
    OPTION_REPORT,
    OPTION_NO_REPORT,
    OPTION_SUMMARY,
    OPTION_TIME,
    OPTION_PROGRESS,
    OPTION_STRICT,
    OPTION_DRY_RUN,
};

typedef struct Args {
    FzListSources sources;
    const char *output;
    const char *sign;
    const char *previous;
    const char *report; /* NULL: beside the output */
    int64_t not_after_s;
    int64_t now_ms;
    FzCtlFormat summary;
    FzProgressStyle progress;
    bool empty_ok, no_report, strict, dry_run;
} Args;

static const struct argp_option options[] = {
    {"output", 'o', "FILE", 0, "the list to make; it is replaced as a whole",
     1},
    {"sign", OPTION_SIGN, "KEY", 0,
     "sign with this secret key (fanzhactl list key makes one)", 1},
    {"previous", OPTION_PREVIOUS, "FILE", 0,
     "take the ages of entries from FILE, or from nowhere: `none' (default: "
     "what stands in the place of the output)",
     1},
    {"not-after", OPTION_NOT_AFTER, "DURATION", 0,
     "the list has no points any more so long after now", 1},
    {"empty-ok", OPTION_EMPTY_OK, NULL, 0, "a list of nothing is fine", 1},
    {"report", OPTION_REPORT, "FILE", 0,
     "every finding as a JSON object a line (default: OUTPUT.report)", 1},
    {"no-report", OPTION_NO_REPORT, NULL, 0, "no such file", 1},
    {"summary", OPTION_SUMMARY, "FORMAT", 0, "text or json", 1},
    {"time", OPTION_TIME, "TIME", 0, "build as of this time (default: now)", 1},
    {"progress", OPTION_PROGRESS, "STYLE", 0, "auto, none or json", 1},
    {"strict", OPTION_STRICT, NULL, 0,
     "exit status 1 when lines were refused or dirt", 1},
    {"dry-run", OPTION_DRY_RUN, NULL, 0, "read and report, write nothing", 1},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->sources;
        return 0;
    case 'o':
        args->output = arg;
        return 0;
    case OPTION_SIGN:
        args->sign = arg;
        return 0;
    case OPTION_PREVIOUS:
        args->previous = arg;
        return 0;
    case OPTION_NOT_AFTER:
        args->not_after_s = fz_ctl_duration_s(arg, state);
        return 0;
    case OPTION_EMPTY_OK:
        args->empty_ok = true;
        return 0;
    case OPTION_REPORT:
        args->report = arg;
        return 0;
    case OPTION_NO_REPORT:
        args->no_report = true;
        return 0;
    case OPTION_SUMMARY:
        args->summary =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSON, state);
        return 0;
    case OPTION_TIME:
        args->now_ms = fz_ctl_time_ms(arg, state);
        return 0;
    case OPTION_PROGRESS:
        args->progress = fz_progress_style(arg, state);
        return 0;
    case OPTION_STRICT:
        args->strict = true;
        return 0;
    case OPTION_DRY_RUN:
        args->dry_run = true;
        return 0;
    case ARGP_KEY_ARG:
        fz_list_sources_add(&args->sources, arg);
        return 0;
    case ARGP_KEY_END:
        if (args->sources.count == 0)
            argp_error(state, "there is no source");
        if (args->output == NULL)
            argp_error(state, "where to? -o FILE");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- what is found
 * --------------------------------------------------------------- */
typedef struct Sample {
    uint32_t line, other_line;
    char *text, *other; /* NULL for none */
} Sample;

typedef struct Work {
    const Args *args;
    const FzListSourceArg *reading;
    FILE *report; /* NULL: none */
    struct {
        Sample sample[SAMPLES];
        size_t count;
    } * found; /* [source * FZ_FINDINGS + finding] */
} Work;

static const char *const classes[] = {
    [FZ_FINDING_DIRT] = "dirt",
    [FZ_FINDING_REFUSED] = "refused",
    [FZ_FINDING_LEFT] = "left out",
    [FZ_FINDING_LOOK] = "look at",
};

/* What a feed wrote may be anything: of bad UTF-8 and controls the rest. */
static char *printable(FzSlice sample)
{
    char *out = fz_malloc(sample.octets + 1);
    size_t at = 0;

    for (size_t i = 0; i < sample.octets;) {
        uint32_t cp;
        size_t used = fz_utf8_decode(sample.data + i, sample.octets - i, &cp);

        if (used == 0 || cp < ' ' || cp == 0x7F) {
            out[at++] = '?';
            i++;
            continue;
        }
        memcpy(out + at, sample.data + i, used);
        at += used;
        i += used;
    }
    out[at] = '\0';
    return out;
}

static size_t source_index(const Work *work, const char *name)
{
    size_t i = 0;

    while (strcmp(work->args->sources.item[i].name, name) != 0)
        i++;
    return i;
}

static void write_report(FILE *file, const FzListReport *report,
                         const char *text)
{
    json_t *it = json_pack("{s:s,s:s,s:s,s:I}", "finding",
                           fz_finding_name(report->finding), "class",
                           classes[fz_finding_class(report->finding)], "list",
                           report->source, "line", (json_int_t)report->line);

    if (text != NULL)
        json_object_set_new(it, "text", json_string(text));
    if (report->other_source != NULL)
        json_object_set_new(it, "other",
                            json_pack("{s:s,s:I}", "list", report->other_source,
                                      "line", (json_int_t)report->other_line));
    json_dumpf(it, file, JSON_COMPACT);
    fputc('\n', file);
    json_decref(it);
}

static void take_finding(void *ctx, const FzListReport *report)
{
    Work *work = ctx;
    size_t at = source_index(work, report->source) * FZ_FINDINGS +
                (size_t)report->finding;
    char *text = report->sample.data == NULL ? NULL : printable(report->sample);

    if (work->report != NULL)
        write_report(work->report, report, text);
    if (work->found[at].count < SAMPLES) {
        Sample *sample = &work->found[at].sample[work->found[at].count++];

        sample->line = report->line;
        sample->other_line = report->other_line;
        sample->text = text;
        sample->other = report->other_source == NULL
                            ? NULL
                            : fz_strdup(report->other_source);
        text = NULL;
    }
    fz_free(text);
}

static void clear_findings(Work *work)
{
    for (size_t i = 0; i < work->args->sources.count * FZ_FINDINGS; i++)
        for (size_t j = 0; j < work->found[i].count; j++) {
            fz_free(work->found[i].sample[j].text);
            fz_free(work->found[i].sample[j].other);
        }
    fz_free(work->found);
}

static void show_progress(void *ctx, FzBuildPhase phase, uint64_t done,
                          uint64_t total)
{
    const Work *work = ctx;
    const char *what = NULL;

    switch (phase) {
    case FZ_BUILD_READ:
        what = work->reading->name;
        break;
    case FZ_BUILD_SORT:
        what = "sorting";
        break;
    case FZ_BUILD_WRITE:
        what = "writing";
        break;
    }
    fz_progress_show(work->args->progress, what, done, total);
}

/* --- reading
 * ------------------------------------------------------------------------ */
typedef struct Reading {
    FzListBuilder *builder;
    Work *work;
    uint64_t total, next;
} Reading;

static void take_item(void *ctx, uint32_t line, const FzListItem *item)
{
    fz_list_builder_add(((Reading *)ctx)->builder, line, item);
}

static void take_dirt(void *ctx, uint32_t line, FzFinding finding,
                      FzSlice sample)
{
    fz_list_builder_dirt(((Reading *)ctx)->builder, line, finding, sample);
}

static void take_place(void *ctx, size_t octets_left)
{
    Reading *reading = ctx;
    uint64_t done;

    if (reading->total < octets_left)
        reading->total = octets_left; /* the first call */
    done = reading->total - octets_left;
    if (done < reading->next)
        return;
    reading->next = done + reading->total / 100 + 1;
    show_progress(reading->work, FZ_BUILD_READ, done, reading->total);
}

static FzStatus read_sources(FzListBuilder *builder, Work *work,
                             const FzDiagSink *sink)
{
    const Args *args = work->args;

    for (size_t i = 0; i < args->sources.count; i++) {
        FzListSourceArg *arg = &args->sources.item[i];
        Reading reading = {builder, work, 0, 0};
        FzSourceSink items = {take_item, take_dirt, take_place, &reading};
        FzStatus status;

        arg->is.fetched_ms = fz_list_source_fetched_ms(arg);
        status = fz_list_builder_source(builder, &arg->is, sink);
        if (status != FZ_OK)
            return status;
        work->reading = arg;
        status = fz_list_source_read(arg, args->now_ms, &items, sink);
        if (status != FZ_OK)
            return status;
        if (reading.total != 0)
            show_progress(work, FZ_BUILD_READ, reading.total, reading.total);
    }
    return FZ_OK;
}

/* What stands in the place of the output tells how old its entries are; where
 * it cannot be read, the new list has no former one. */
static FzList *open_previous(const Args *args, FzCtlSink *sink)
{
    const char *path = args->previous != NULL ? args->previous : args->output;
    FzList *list = NULL;

    if (args->previous != NULL && strcmp(args->previous, "none") == 0)
        return NULL;
    if (args->previous == NULL && access(path, F_OK) != 0)
        return NULL;
    if (fz_list_open(path, NULL, &sink->sink, &list) == FZ_OK &&
        fz_list_verify(list, &sink->sink) != FZ_OK) {
        fz_list_close(list);
        list = NULL;
    }
    if (list == NULL && args->previous == NULL)
        fprintf(stderr, "fanzhactl: the ages of entries begin anew.\n");
    return list;
}

/* --- telling
 * -------------------------------------------------------------------------- */
static void print_samples(const Work *work, size_t source, int finding)
{
    size_t at = source * FZ_FINDINGS + (size_t)finding;

    for (size_t i = 0; i < work->found[at].count; i++) {
        const Sample *sample = &work->found[at].sample[i];

        printf("      line %u", sample->line);
        if (sample->text != NULL)
            printf(": %s", sample->text);
        if (sample->other != NULL)
            printf(" (%s, line %u)", sample->other, sample->other_line);
        putchar('\n');
    }
}

static void print_text(const Work *work, const FzListBuilder *builder)
{
    const Args *args = work->args;

    for (size_t i = 0; i < args->sources.count; i++) {
        FzListSourceCounts counts;

        fz_list_builder_counts(builder, i, &counts);
        printf("%s: %s lines, %s entries\n", args->sources.item[i].name,
               fz_ctl_count(counts.lines), fz_ctl_count(counts.taken));
        for (int f = 0; f < FZ_FINDINGS; f++) {
            if (counts.finding[f] == 0)
                continue;
            printf("  %8s  %s (%s): %s\n", fz_ctl_count(counts.finding[f]),
                   fz_finding_name((FzFinding)f),
                   classes[fz_finding_class((FzFinding)f)],
                   fz_finding_sentence((FzFinding)f));
            print_samples(work, i, f);
        }
    }
}

static json_t *samples_json(const Work *work, size_t source, int finding)
{
    size_t at = source * FZ_FINDINGS + (size_t)finding;
    json_t *all = json_array();

    for (size_t i = 0; i < work->found[at].count; i++) {
        const Sample *sample = &work->found[at].sample[i];
        json_t *it = json_pack("{s:I}", "line", (json_int_t)sample->line);

        if (sample->text != NULL)
            json_object_set_new(it, "text", json_string(sample->text));
        json_array_append_new(all, it);
    }
    return all;
}

static json_t *sources_json(const Work *work, const FzListBuilder *builder)
{
    const Args *args = work->args;
    json_t *all = json_array();

    for (size_t i = 0; i < args->sources.count; i++) {
        json_t *findings = json_object();
        FzListSourceCounts counts;

        fz_list_builder_counts(builder, i, &counts);
        for (int f = 0; f < FZ_FINDINGS; f++)
            if (counts.finding[f] != 0)
                json_object_set_new(
                    findings, fz_finding_name((FzFinding)f),
                    json_pack("{s:s,s:I,s:o}", "class",
                              classes[fz_finding_class((FzFinding)f)], "count",
                              (json_int_t)counts.finding[f], "samples",
                              samples_json(work, i, f)));
        json_array_append_new(
            all,
            json_pack("{s:s,s:I,s:I,s:o}", "list", args->sources.item[i].name,
                      "lines", (json_int_t)counts.lines, "entries",
                      (json_int_t)counts.taken, "findings", findings));
    }
    return all;
}

static void tell(const Work *work, const FzListBuilder *builder,
                 const FzListInfo *info, int64_t took_ms)
{
    const Args *args = work->args;

    if (args->summary == FZ_CTL_JSON) {
        json_t *it = json_pack("{s:o}", "sources", sources_json(work, builder));

        if (info != NULL) {
            json_object_set_new(it, "file", json_string(args->output));
            json_object_set_new(it, "allow",
                                json_integer((json_int_t)info->allow));
            json_object_set_new(it, "block",
                                json_integer((json_int_t)info->block));
            json_object_set_new(it, "shared",
                                json_integer((json_int_t)info->shared));
            json_object_set_new(it, "octets",
                                json_integer((json_int_t)info->octets));
            json_object_set_new(it, "digest", json_string(info->digest));
        }
        json_object_set_new(it, "ms", json_integer(took_ms));
        fz_ctl_print_json(it);
        return;
    }
    print_text(work, builder);
    if (info != NULL)
        printf("%s: %s blocked, %s allowed, %s shared, %s octets%s\n",
               args->output, fz_ctl_count(info->block),
               fz_ctl_count(info->allow), fz_ctl_count(info->shared),
               fz_ctl_count(info->octets), info->is_signed ? ", signed" : "");
    else
        printf("nothing was written\n");
}

static bool has_dirt(const Args *args, const FzListBuilder *builder)
{
    FzListSourceCounts counts;

    for (size_t i = 0; i < args->sources.count; i++) {
        fz_list_builder_counts(builder, i, &counts);
        for (int f = 0; f < FZ_FINDINGS; f++)
            if (counts.finding[f] != 0 &&
                (fz_finding_class((FzFinding)f) == FZ_FINDING_DIRT ||
                 fz_finding_class((FzFinding)f) == FZ_FINDING_REFUSED))
                return true;
    }
    return false;
}

/* --- the verb
 * ---------------------------------------------------------------------------
 */
static FzStatus write_list(FzListBuilder *builder, const Args *args,
                           const FzDiagSink *sink, FzListInfo *info)
{
    uint8_t *data;
    size_t octets;
    FzStatus status;
    FzList *list;

    if (args->dry_run) {
        status = fz_list_builder_make(builder, sink, &data, &octets);
        if (status == FZ_OK)
            fz_free(data);
        return status;
    }
    status = fz_list_builder_write(builder, args->output, sink);
    if (status == FZ_OK)
        status = fz_list_open(args->output, NULL, sink, &list);
    if (status == FZ_OK) {
        fz_list_info(list, info);
        info->path = args->output;
        fz_list_close(list);
    }
    return status;
}

static int build(Work *work, FzCtlSink *sink)
{
    const Args *args = work->args;
    uint8_t secret_key[SECRET_KEY_OCTETS];
    FzListBuild how = {.now_ms = args->now_ms,
                       .not_after_ms =
                           args->not_after_s == 0
                               ? 0
                               : args->now_ms + args->not_after_s * 1000,
                       .extra_tlds = args->sources.tld,
                       .may_be_empty = args->empty_ok,
                       .report = take_finding,
                       .progress = show_progress,
                       .ctx = work};
    int64_t began_ms = fz_clock_monotonic_ms();
    FzList *previous;
    FzListBuilder *builder;
    FzListInfo info;
    FzStatus status;
    int exit_status = FZ_CTL_CONFIG;

    if (args->sign != NULL) {
        if (fz_ctl_key_read(args->sign, secret_key, sizeof secret_key,
                            &sink->sink) != FZ_OK)
            return FZ_CTL_CONFIG;
        how.secret_key = secret_key;
    }
    previous = open_previous(args, sink);
    if (previous == NULL && args->previous != NULL &&
        strcmp(args->previous, "none") != 0)
        return FZ_CTL_CONFIG;
    how.previous = previous;
    builder = fz_list_builder_create(&how);
    if (read_sources(builder, work, &sink->sink) == FZ_OK) {
        status = write_list(builder, args, &sink->sink, &info);
        if (status == FZ_OK)
            tell(work, builder, args->dry_run ? NULL : &info,
                 fz_clock_monotonic_ms() - began_ms);
        else if (status == FZ_E_RULE && args->summary == FZ_CTL_TEXT)
            print_text(work, builder); /* why nothing is left */
        if (status == FZ_OK)
            exit_status = args->strict && has_dirt(args, builder)
                              ? FZ_CTL_FINDINGS
                              : FZ_CTL_FINE;
    }
    fz_list_builder_destroy(builder);
    fz_list_close(previous);
    return exit_status;
}

/* The report takes the place of the former one when the list does. */
static int build_with_report(Work *work, FzCtlSink *sink)
{
    const Args *args = work->args;
    FzBuf path = FZ_BUF_INIT, part = FZ_BUF_INIT;
    int exit_status;

    if (args->no_report || (args->dry_run && args->report == NULL))
        return build(work, sink);
    if (args->report != NULL)
        fz_buf_append_text(&path, args->report);
    else
        fz_buf_printf(&path, "%s.report", args->output);
    fz_buf_printf(&part, "%s.part", fz_buf_text(&path));
    work->report = fopen(fz_buf_text(&part), "we");
    if (work->report == NULL) {
        fz_diag_errno(&sink->sink, fz_buf_text(&part),
                      "the report cannot be written");
        exit_status = FZ_CTL_CONFIG;
        goto out;
    }
    exit_status = build(work, sink);
    if (exit_status != FZ_CTL_FINE && exit_status != FZ_CTL_FINDINGS) {
        fclose(work->report);
        unlink(fz_buf_text(&part));
    } else if (fclose(work->report) != 0 ||
               rename(fz_buf_text(&part), fz_buf_text(&path)) != 0) {
        fz_diag_errno(&sink->sink, fz_buf_text(&path),
                      "the report cannot be written");
        exit_status = FZ_CTL_PARTLY;
    }
out:
    fz_buf_clear(&path);
    fz_buf_clear(&part);
    return exit_status;
}

int fz_ctl_list_build(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&fz_list_sources_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "SOURCE... -o FILE",
        .doc =
            "Make one compiled list of feeds and of files of your own. A "
            "SOURCE is a path, or NAME=PATH to give it a name.\v"
            "What would hit more than it means (public suffixes, shorteners, "
            "shared platforms, well-known sites, broad address ranges) is "
            "refused; what is no entry is dirt. Both are counted with samples, "
            "and each is in the report, which stands beside the list.\n"
            "\n"
            "Exit status: 0 written, 1 written and --strict found something, "
            "3 a source or key cannot be read or nothing is left to list (the "
            "former list stays), 5 written, but not its report.",
        .children = children,
    };
    Args args = {.now_ms = fz_clock_wall_ms(), .summary = FZ_CTL_TEXT};
    Work work = {.args = &args};
    FzCtlSink sink;
    int exit_status;

    fz_ctl_sink_init(&sink);
    fz_list_sources_init(&args.sources);
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &args);
    work.found =
        fz_calloc(args.sources.count * FZ_FINDINGS, sizeof *work.found);
    exit_status = build_with_report(&work, &sink);
    clear_findings(&work);
    fz_list_sources_clear(&args.sources);
    return exit_status;
}
