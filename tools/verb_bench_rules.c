/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_bench_rules.c - fanzhactl bench-rules: what does each rule cost?
 *
 * Each message is judged several times for the processor time of the whole
 * verdict, and once more with the costs of every rule counted, which takes
 * longer and is not in that time.
 */
#include "config.h"

#include "base/alloc.h"
#include "tools/looks.h"
#include "tools/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define REPEATS 5

enum {
    OPTION_PROGRESS = 256,
    OPTION_TOP,
    OPTION_CORPUS,
    OPTION_MAX_SHARE,
};

typedef struct Args {
    FzCtlSource source;
    const char *corpus;
    long top;
    double max_share; /* of the messages */
    FzCtlFormat format;
} Args;

static const struct argp_option options[] = {
    {"corpus", OPTION_CORPUS, "FILE", 0,
     "messages, one a line, as `scan' reads them: ordinary traffic", 0},
    {"top", OPTION_TOP, "N", 0, "the N dearest rules (default 20)", 0},
    {"max-share", OPTION_MAX_SHARE, "SHARE", 0,
     "a rule that is looked at in more of the messages is a finding: 1% or "
     "0.01 (default 1%)",
     0},
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
        state->child_inputs[0] = state->child_inputs[1] = &args->source;
        args->source.shows_progress = true;
        return 0;
    case OPTION_CORPUS:
        args->corpus = arg;
        return 0;
    case OPTION_TOP:
        args->top = strtol(arg, NULL, 10);
        if (args->top < 1)
            argp_error(state, "--top wants a number from 1 on");
        return 0;
    case OPTION_MAX_SHARE:
        args->max_share = fz_ctl_share(arg, state);
        return 0;
    case OPTION_PROGRESS:
        args->source.progress = fz_progress_style(arg, state);
        return 0;
    case 'f':
        args->format =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSON, state);
        return 0;
    case ARGP_KEY_ARG:
        argp_usage(state);
        return 0;
    case ARGP_KEY_END:
        if (args->corpus == NULL)
            argp_error(state, "which messages? --corpus FILE");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- measuring ----------------------------------------------------------- */

typedef struct Bench {
    const Args *args;
    FzLooks looks;
    uint64_t ns;
    uint32_t *order; /* rules, the dearest first */
} Bench;

static uint64_t cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void bench_one(void *ctx, const FzMessage *message)
{
    Bench *bench = ctx;
    FzJudge *judge = &bench->looks.judge;
    uint64_t began;

    fz_judge(message, &judge->env, judge->scanner, &judge->verdict);
    began = cpu_ns();
    for (int i = 0; i < REPEATS; i++)
        fz_judge(message, &judge->env, judge->scanner, &judge->verdict);
    bench->ns += (cpu_ns() - began) / REPEATS;
}

static const FzCosts *sorted_by; /* qsort has no room for it */

static int dearest_first(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, two = *(const uint32_t *)b;
    const FzRuleCost *x = &sorted_by->rule[one], *y = &sorted_by->rule[two];

    if (x->ns != y->ns)
        return x->ns < y->ns ? 1 : -1;
    if (x->entries != y->entries)
        return x->entries < y->entries ? 1 : -1;
    return one < two ? -1 : one > two;
}

static void sort(Bench *bench)
{
    uint32_t count = bench->looks.costs.count;

    bench->order = fz_calloc(count + 1, sizeof *bench->order);
    for (uint32_t i = 0; i < count; i++)
        bench->order[i] = i;
    sorted_by = &bench->looks.costs;
    qsort(bench->order, count, sizeof *bench->order, dearest_first);
}

/* --- telling ------------------------------------------------------------- */

static double per_message(const Bench *bench, uint64_t figure)
{
    return fz_looks_mean(&bench->looks, figure);
}

static bool too_often(const Bench *bench, uint32_t rule)
{
    return fz_looks_too_often(&bench->looks, rule);
}

static uint32_t findings_of(const Bench *bench)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < bench->looks.costs.count; i++)
        found += too_often(bench, i);
    return found;
}

static uint64_t evaluating(const Bench *bench)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i <= bench->looks.costs.count; i++)
        sum += bench->looks.costs.rule[i].ns;
    return sum;
}

static void print_row(const Bench *bench, const char *id,
                      const FzRuleCost *cost)
{
    printf("%-40s %10.4f %9.3f%% %10.4f %10.2f %10.2f\n", id,
           per_message(bench, cost->entries),
           100 * per_message(bench, cost->messages),
           per_message(bench, cost->evaluations),
           per_message(bench, cost->steps), per_message(bench, cost->ns));
}

static void print_finding(const Bench *bench, uint32_t rule)
{
    const FzRuleInfo *info = fz_ruleset_rule(bench->looks.ruleset, rule);
    FzBuf why = FZ_BUF_INIT;

    fz_looks_why(&bench->looks, rule, &why);
    printf("%s:%u: rule `%s': %s.\n", info->file, info->line, info->id,
           fz_buf_text(&why));
    fz_buf_clear(&why);
}

static void print_text(const Bench *bench)
{
    const FzCosts *costs = &bench->looks.costs;

    printf("%llu messages, %u rules: %.0f ns of the processor a message, of "
           "which about %.0f in evaluating rules\n",
           (unsigned long long)bench->looks.messages, costs->count,
           per_message(bench, bench->ns),
           per_message(bench, evaluating(bench)));
    if (bench->looks.bad > 0)
        printf("%u lines are no messages\n", bench->looks.bad);
    printf("\n%-40s %10s %10s %10s %10s %10s\n", "a message", "entries",
           "looked at", "evaluated", "steps", "ns");
    for (uint32_t i = 0; i < costs->count && i < (uint32_t)bench->args->top;
         i++)
        print_row(bench,
                  fz_ruleset_rule(bench->looks.ruleset, bench->order[i])->id,
                  &costs->rule[bench->order[i]]);
    if (costs->rule[costs->count].entries > 0)
        print_row(bench, "(signals of sets)", &costs->rule[costs->count]);
    for (uint32_t i = 0; i < costs->count; i++)
        if (too_often(bench, bench->order[i]))
            print_finding(bench, bench->order[i]);
}

static json_t *row_json(const Bench *bench, uint32_t rule)
{
    const FzRuleCost *cost = &bench->looks.costs.rule[rule];
    json_t *it = fz_looks_json(&bench->looks, rule);

    json_object_set_new(it, "evaluations",
                        json_real(per_message(bench, cost->evaluations)));
    json_object_set_new(it, "steps",
                        json_real(per_message(bench, cost->steps)));
    json_object_set_new(it, "ns", json_real(per_message(bench, cost->ns)));
    return it;
}

static void print_json(const Bench *bench)
{
    json_t *rules = json_array();

    /* those that are findings are there whatever --top says */
    for (uint32_t i = 0; i < bench->looks.costs.count; i++)
        if (i < (uint32_t)bench->args->top || too_often(bench, bench->order[i]))
            json_array_append_new(rules, row_json(bench, bench->order[i]));
    fz_ctl_print_json(json_pack(
        "{s:I,s:i,s:I,s:f,s:f,s:I,s:o}", "messages",
        (json_int_t)bench->looks.messages, "bad_lines", (int)bench->looks.bad,
        "rules_in_set", (json_int_t)bench->looks.costs.count, "ns",
        per_message(bench, bench->ns), "evaluating_ns",
        per_message(bench, evaluating(bench)), "findings",
        (json_int_t)findings_of(bench), "rules", rules));
}

static int run(const Args *args, const FzBundle *bundle, const FzDiagSink *sink)
{
    static Bench bench;
    FzProgressLine line = {.style = args->source.progress};
    int exit_status = FZ_CTL_FINE;

    if (bundle->ruleset == NULL) {
        fprintf(stderr, "fanzhactl: there are no rules.\n");
        return FZ_CTL_CONFIG;
    }
    bench.args = args;
    fz_looks_open(&bench.looks, bundle);
    bench.looks.max_share = args->max_share;
    if (fz_looks_take(&bench.looks, args->corpus, "bench-rules", &line,
                      bench_one, &bench, sink) != FZ_OK) {
        fz_looks_close(&bench.looks);
        return FZ_CTL_CONFIG;
    }
    sort(&bench);
    if (args->format == FZ_CTL_JSON)
        print_json(&bench);
    else
        print_text(&bench);
    if (findings_of(&bench) > 0)
        exit_status = FZ_CTL_FINDINGS;
    else if (bench.looks.bad > 0)
        exit_status = FZ_CTL_PARTLY;
    fz_free(bench.order);
    fz_looks_close(&bench.looks);
    return exit_status;
}

int fz_ctl_bench_rules(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&fz_ctl_source_argp, 0, NULL, 0},
        {&fz_ctl_lists_argp, 0, NULL, 0},
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .doc =
            "Judge a file of messages and tell what each rule costs: how often "
            "it is looked at because a word that leads to it was found, how "
            "often it is evaluated behind its guards, steps and time of that; "
            "and the processor time of whole verdicts, with warm caches.\v"
            "Take ordinary messages: a rule that is looked at in more than "
            "--max-share of them is named, unless it is marked `common = "
            "true;', and the exit status is 1. Times of rules are measured one "
            "by one and say which is dear, not how "
            "fast it is.\n"
            "\n"
            "  fanzhactl bench-rules --patterns patterns/ --corpus week.jsonl\n"
            "\n"
            "Exit status: 0; 1 when rules are looked at too often; 3 when the "
            "rules do not load; 5 when lines were no messages.",
    };
    Args args = {.top = 20, .max_share = FZ_LOOKS_MAX_SHARE};
    FzBundle *bundle = NULL;
    FzCtlSink sink;
    int exit_status = FZ_CTL_CONFIG;

    fz_ctl_sink_init(&sink);
    sink.errors_only = true;
    argp_parse(&argp, argc, argv, 0, NULL, &args);
    if (fz_ctl_source_open(&args.source, &sink.sink, &bundle) == FZ_OK)
        exit_status = run(&args, bundle, &sink.sink);
    fz_bundle_destroy(bundle);
    fz_ctl_source_clear(&args.source);
    return exit_status;
}
