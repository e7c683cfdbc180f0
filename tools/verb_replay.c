/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_replay.c - fanzhactl replay: what do these rules say of those messages?
 */
#include "config.h"

#include "tools/corpus.h"
#include "tools/judge.h"
#include "tools/source.h"
#include "tools/tally.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    OPTION_PROGRESS = 256,
    OPTION_EXAMPLES,
};

typedef struct Args {
    FzCtlSource source;
    const char *corpus;
    const char *rule; /* NULL: all */
    long examples;
    FzCtlFormat format;
} Args;

static const struct argp_option options[] = {
    {"rule", 'r', "ID", 0, "tell of this rule alone", 0},
    {"examples", OPTION_EXAMPLES, "N", 0,
     "with --rule: show N messages that it matches (default 5)", 0},
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
    case 'r':
        args->rule = arg;
        return 0;
    case OPTION_EXAMPLES:
        args->examples = (long)fz_ctl_number(arg, INT32_MAX, state);
        return 0;
    case OPTION_PROGRESS:
        args->source.progress = fz_progress_style(arg, state);
        return 0;
    case 'f':
        args->format =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSON, state);
        return 0;
    case ARGP_KEY_ARG:
        if (args->corpus != NULL)
            argp_error(state, "one file at a time");
        args->corpus = arg;
        return 0;
    case ARGP_KEY_END:
        if (args->corpus == NULL)
            argp_error(state, "which messages? `-' is standard input");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Columns of the table of rules. */
enum { MATCHED, SHADOW, DECIDED, COLUMNS };
static const char *const column_names[COLUMNS] = {"matched", "in shadow",
                                                  "decided"};
static const char *const column_keys[COLUMNS] = {"matched", "shadow",
                                                 "decided"};

typedef struct Replay {
    const Args *args;
    FzJudge judge;
    uint64_t messages, verdicts[FZ_ACTIONS], shadow_verdicts[FZ_ACTIONS];
    FzTally rules;
    json_t *examples;
} Replay;

static void keep_example(Replay *replay, const FzCorpus *corpus)
{
    json_t *it;

    if ((long)json_array_size(replay->examples) >= replay->args->examples)
        return;
    it = json_pack("{s:i,s:s}", "line", (int)corpus->lines.number, "verdict",
                   fz_action_name(replay->judge.verdict.would));
    if (corpus->text.data != NULL)
        json_object_set_new(
            it, "text",
            json_stringn((const char *)corpus->text.data, corpus->text.octets));
    json_array_append_new(replay->examples, it);
}

static void replay_one(Replay *replay, const FzCorpus *corpus)
{
    const FzVerdict *verdict = &replay->judge.verdict;
    const char *rule = replay->args->rule;
    FzExplain what;

    fz_judge_run(&replay->judge, &corpus->in.message, &what);
    replay->messages++;
    replay->verdicts[verdict->would]++;
    replay->shadow_verdicts[verdict->shadow_would]++;
    for (uint16_t i = 0; i < verdict->signals.count; i++) {
        const FzSignal *signal = &verdict->signals.item[i];

        if (rule != NULL ? strcmp(signal->name, rule) != 0 : signal->rule < 0)
            continue;
        fz_tally_add(&replay->rules, signal->name,
                     signal->state == FZ_RULE_SHADOW ? SHADOW : MATCHED);
        if (verdict->decider != NULL &&
            strcmp(verdict->decider, signal->name) == 0)
            fz_tally_add(&replay->rules, signal->name, DECIDED);
        if (rule != NULL)
            keep_example(replay, corpus);
    }
}

/* --- telling ----------------------------------------------------------------
 */
static void print_text(const Replay *replay, unsigned bad)
{
    size_t index;
    json_t *it;

    printf("%llu messages\n%-12s %10s %28s\n",
           (unsigned long long)replay->messages, "verdict", "",
           "were rules in shadow active");
    for (int i = 0; i < FZ_ACTIONS; i++)
        printf("%-12s %10llu %28llu\n", fz_action_name((FzAction)i),
               (unsigned long long)replay->verdicts[i],
               (unsigned long long)replay->shadow_verdicts[i]);
    if (bad > 0)
        printf("%u lines are no messages\n", bad);
    fz_tally_print(&replay->rules, "rule", column_names, COLUMNS, 0);
    json_array_foreach(replay->examples, index, it)
    {
        const json_t *text = json_object_get(it, "text");

        printf("%s  line %d: %s: ", index == 0 ? "\n" : "",
               (int)json_integer_value(json_object_get(it, "line")),
               json_string_value(json_object_get(it, "verdict")));
        fz_ctl_print_line(
            fz_slice_of(text == NULL ? "(octets)" : json_string_value(text)));
    }
}

static void print_json(const Replay *replay, unsigned bad)
{
    json_t *verdicts = json_object(), *shadow = json_object();

    for (int i = 0; i < FZ_ACTIONS; i++) {
        json_object_set_new(verdicts, fz_action_name((FzAction)i),
                            json_integer((json_int_t)replay->verdicts[i]));
        json_object_set_new(
            shadow, fz_action_name((FzAction)i),
            json_integer((json_int_t)replay->shadow_verdicts[i]));
    }
    fz_ctl_print_json(json_pack(
        "{s:I,s:i,s:o,s:o,s:o,s:O}", "messages", (json_int_t)replay->messages,
        "bad_lines", (int)bad, "verdicts", verdicts, "shadow_verdicts", shadow,
        "rules", fz_tally_json(&replay->rules, column_keys, COLUMNS),
        "examples", replay->examples));
}

static int run(const Args *args, const FzBundle *bundle, const FzDiagSink *sink)
{
    static Replay replay;
    FzProgressLine line = {.style = args->source.progress};
    FzCorpus corpus;
    int exit_status;

    if (args->rule != NULL && bundle->ruleset != NULL &&
        fz_ruleset_find(bundle->ruleset, args->rule) == NULL) {
        fprintf(stderr,
                "fanzhactl: there is no rule `%s'; `fanzhactl rules "
                "list' shows all.\n",
                args->rule);
        return FZ_CTL_USAGE;
    }
    if (fz_corpus_open(&corpus, args->corpus, sink) != FZ_OK)
        return FZ_CTL_CONFIG;
    replay.args = args;
    fz_judge_open(&replay.judge, bundle);
    fz_tally_init(&replay.rules);
    replay.examples = json_array();
    while (fz_corpus_next(&corpus, sink)) {
        replay_one(&replay, &corpus);
        if (replay.messages % 1000 == 0)
            fz_progress_line_tell(&line, corpus.octets, corpus.total, "replay");
    }
    fz_progress_line_end(&line);
    if (args->format == FZ_CTL_JSON)
        print_json(&replay, corpus.bad);
    else
        print_text(&replay, corpus.bad);
    exit_status = corpus.bad > 0 ? FZ_CTL_PARTLY : FZ_CTL_FINE;
    json_decref(replay.examples);
    fz_tally_clear(&replay.rules);
    fz_judge_close(&replay.judge);
    fz_corpus_close(&corpus);
    return exit_status;
}

int fz_ctl_replay(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&fz_ctl_source_argp, 0, NULL, 0},
        {&fz_ctl_lists_argp, 0, NULL, 0},
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "FILE",
        .doc = "Judge a file of messages and tell how often each verdict and "
               "each rule came.\v"
               "FILE has one message a line: an object as `scan' reads it, or "
               "a text. With --config, rules in shadow match and do not "
               "count; with --patterns every rule counts.\n"
               "\n"
               "Exit status: 0; 3 when the rules do not load; 5 when lines "
               "were no messages.",
    };
    Args args = {.examples = 5};
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
