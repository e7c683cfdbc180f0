/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_diff.c - fanzhactl diff: what would change for messages if these rules
 * took the place of those?
 */
#include "config.h"

#include "tools/corpus.h"
#include "tools/judge.h"
#include "tools/source.h"
#include "tools/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum {
    OPTION_PROGRESS = 256,
    OPTION_MAX_NEW_HOLDS,
    OPTION_EXAMPLES,
    OPTION_SHADOW,
};

typedef struct Args {
    FzCtlSource source;
    const char *against;
    const char *corpus;
    double max_new_holds; /* share; negative: no bound */
    long examples;
    bool shadow; /* rules in shadow count as active */
    FzCtlFormat format;
} Args;

static const struct argp_option options[] = {
    {"against", 'a', "WHAT", 0,
     "what the rules are compared with: live (the generation in force), "
     "previous, a digest, another fanzha.conf, or a folder of rule sets "
     "(default live)",
     0},
    {"corpus", 'i', "FILE", 0,
     "messages, one a line: objects as `scan' reads them, or texts; - is "
     "standard input",
     0},
    {"shadow", OPTION_SHADOW, NULL, 0,
     "judge as if rules in shadow were active, on both sides", 0},
    {"max-new-holds", OPTION_MAX_NEW_HOLDS, "SHARE", 0,
     "exit with status 1 when more of the messages are newly held or rejected: "
     "0.1% or 0.001",
     0},
    {"examples", OPTION_EXAMPLES, "N", 0,
     "show N messages of each kind of change (default 3)", 0},
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
    case 'a':
        args->against = arg;
        return 0;
    case 'i':
        args->corpus = arg;
        return 0;
    case OPTION_SHADOW:
        args->shadow = true;
        return 0;
    case OPTION_MAX_NEW_HOLDS:
        args->max_new_holds = fz_ctl_share(arg, state);
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
    case ARGP_KEY_END:
        if (args->corpus == NULL)
            argp_error(state, "--corpus names the messages to try them on");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- what is compared with --------------------------------------------------
 */
static bool is_digest(const char *word)
{
    return strlen(word) == FZ_DIGEST_TEXT - 1 &&
           strspn(word, "0123456789abcdef") == FZ_DIGEST_TEXT - 1;
}

static FzStatus open_promoted(const Args *args, const char *which,
                              const FzDiagSink *sink, FzBundle **bundle_out)
{
    FzBundleLoad load = {0};
    FzConfig *config = NULL;
    FzStatus status = fz_ctl_config_load(args->source.config, sink, &config);

    if (status != FZ_OK)
        return status;
    load.cache_dir = config->cache;
    status = fz_bundle_open_promoted(config->generations, which, &load, sink,
                                     bundle_out);
    if (status == FZ_OK && *bundle_out == NULL)
        status = fz_diag(sink, FZ_E_IO, config->generations, 0, NULL,
                         "there is no `%s' generation: nothing was promoted "
                         "yet",
                         which);
    fz_config_destroy(config);
    return status;
}

static FzStatus open_against(const Args *args, const FzDiagSink *sink,
                             FzBundle **bundle_out)
{
    const char *what = args->against;
    FzCtlSource source = {.lists = args->source.lists};
    struct stat info;
    FzStatus status;

    if (strcmp(what, "live") == 0)
        return open_promoted(args, "current", sink, bundle_out);
    if (strcmp(what, "previous") == 0 || is_digest(what))
        return open_promoted(args, what, sink, bundle_out);
    if (stat(what, &info) != 0)
        return fz_diag_errno(sink, what, "this cannot be compared with");
    if (S_ISDIR(info.st_mode))
        fz_ctl_source_add_folder(&source, what);
    else
        source.config = what;
    status = fz_ctl_source_open(&source, sink, bundle_out);
    fz_ctl_source_clear(&source);
    return status;
}

/* --- one message, twice -----------------------------------------------------
 */
typedef enum Change {
    CHANGE_NONE = 0,
    CHANGE_HELD = 1,   /* held or rejected, and was not */
    CHANGE_PASSED = 2, /* was held or rejected, and is no longer */
    CHANGE_OTHER = 3,  /* another verdict of the milder or stricter kind */
    CHANGE_REASON = 4,
} Change;
#define CHANGES 5

static const char *const change_names[CHANGES] = {
    "same", "newly held", "newly passed", "other verdict", "other reason"};
static const char *const change_keys[CHANGES] = {
    "same", "newly_held", "newly_passed", "other_verdict", "other_reason"};

typedef struct Side {
    FzJudge judge;
    FzAction verdict;
    const FzReason *reason;
    double seconds; /* processor time of all its judging */
} Side;

typedef struct Diff {
    const Args *args;
    Side before, after;
    uint64_t messages, changed[CHANGES];
    FzTally rules, senders, scripts;
    json_t *examples[CHANGES];
} Diff;

static double processor_seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void judge_side(Side *side, const FzMessage *message, bool shadow)
{
    double begun = processor_seconds();
    FzExplain what;

    fz_judge_run(&side->judge, message, &what);
    side->seconds += processor_seconds() - begun;
    side->verdict = shadow ? what.verdict->shadow_would : what.verdict->would;
    side->reason = what.verdict->reason;
}

static bool is_stopped(FzAction verdict)
{
    return verdict == FZ_ACTION_QUARANTINE || verdict == FZ_ACTION_REJECT;
}

static Change compare(const Side *before, const Side *after)
{
    const char *was = before->reason == NULL ? "" : before->reason->name;
    const char *is = after->reason == NULL ? "" : after->reason->name;

    if (is_stopped(after->verdict) != is_stopped(before->verdict))
        return is_stopped(after->verdict) ? CHANGE_HELD : CHANGE_PASSED;
    if (after->verdict != before->verdict)
        return CHANGE_OTHER;
    return strcmp(was, is) != 0 ? CHANGE_REASON : CHANGE_NONE;
}

/* Rules that `more` has and `less` has not, or not so. */
static bool tally_more(Diff *diff, const FzSignals *more, const FzSignals *less,
                       Change change)
{
    bool found = false;

    for (uint16_t i = 0; i < more->count; i++) {
        const FzSignal *signal = &more->item[i];
        const FzSignal *other = fz_signals_find(less, signal->name);

        if (signal->rule < 0 ||
            (other != NULL && other->state == signal->state &&
             other->weight == signal->weight &&
             other->action == signal->action))
            continue;
        fz_tally_add(&diff->rules, signal->name, change - 1u);
        found = true;
    }
    return found;
}

/* What made the difference is on the side that is stricter, for what is held
 * or passed; else on either. */
static void tally_rules(Diff *diff, Change change)
{
    const FzSignals *was = &diff->before.judge.verdict.signals;
    const FzSignals *is = &diff->after.judge.verdict.signals;
    bool found = false;

    if (change != CHANGE_PASSED)
        found = tally_more(diff, is, was, change);
    if (change != CHANGE_HELD && !found)
        found = tally_more(diff, was, is, change);
    if (!found)
        fz_tally_add(&diff->rules, "(no rule: policy, list or sender)",
                     change - 1u);
}

/* Which script a text is in stands for its language: it is what can be told
 * without guessing. */
static const char *script_of(const FzText *text)
{
    if (text == NULL)
        return "no text";
    for (uint32_t i = 0; i < text->chars; i++) {
        FzSlice one =
            fz_text_slice(text, (FzSpan){(uint16_t)i, (uint16_t)(i + 1)});

        /* UTF-8 of U+3400 to U+9FFF begins with E3 90 to E9 BF */
        if (one.octets == 3 && one.data[0] >= 0xe3 && one.data[0] <= 0xe9 &&
            !(one.data[0] == 0xe3 && one.data[1] < 0x90))
            return "Han";
    }
    for (uint32_t i = 0; i < text->chars; i++) {
        FzSlice one =
            fz_text_slice(text, (FzSpan){(uint16_t)i, (uint16_t)(i + 1)});

        if (one.octets >= 2 && one.data[0] >= 0xcd)
            return "other letters";
    }
    return "Latin";
}

static void keep_example(Diff *diff, const FzCorpus *corpus, Change change)
{
    json_t *rules, *it;

    if ((long)json_array_size(diff->examples[change]) >= diff->args->examples)
        return;
    rules = json_array();
    for (uint16_t i = 0; i < diff->after.judge.verdict.signals.count; i++)
        json_array_append_new(
            rules, json_string(diff->after.judge.verdict.signals.item[i].name));
    it = json_pack("{s:i,s:s,s:s,s:o}", "line", (int)corpus->lines.number,
                   "before", fz_action_name(diff->before.verdict), "after",
                   fz_action_name(diff->after.verdict), "rules", rules);
    if (corpus->text.data != NULL)
        json_object_set_new(
            it, "text",
            json_stringn((const char *)corpus->text.data, corpus->text.octets));
    json_array_append_new(diff->examples[change], it);
}

static void diff_one(Diff *diff, const FzCorpus *corpus)
{
    const FzMessage *message = &corpus->in.message;
    Change change;
    char sender[64];

    judge_side(&diff->before, message, diff->args->shadow);
    judge_side(&diff->after, message, diff->args->shadow);
    change = compare(&diff->before, &diff->after);
    diff->messages++;
    diff->changed[change]++;
    if (change == CHANGE_NONE)
        return;
    tally_rules(diff, change);
    snprintf(sender, sizeof sender, "%.*s",
             (int)(message->sender.octets < 60 ? message->sender.octets : 60),
             message->sender.octets == 0 ? ""
                                         : (const char *)message->sender.data);
    for (char *at = sender; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
    fz_tally_add(&diff->senders, *sender == '\0' ? "(no sender)" : sender,
                 change - 1u);
    fz_tally_add(&diff->scripts,
                 script_of(diff->after.judge.scanner == NULL
                               ? NULL
                               : fz_scanner_text(diff->after.judge.scanner)),
                 change - 1u);
    keep_example(diff, corpus, change);
}

/* --- telling ----------------------------------------------------------------
 */
static double share(const Diff *diff, Change change)
{
    return diff->messages == 0
               ? 0
               : (double)diff->changed[change] / (double)diff->messages;
}

static double microseconds(const Diff *diff, const Side *side)
{
    return diff->messages == 0 ? 0
                               : side->seconds / (double)diff->messages * 1e6;
}

static void print_text(const Diff *diff, unsigned bad)
{
    const char *const *columns = change_names + 1;

    printf("%llu messages, %llu judged the same\n",
           (unsigned long long)diff->messages,
           (unsigned long long)diff->changed[CHANGE_NONE]);
    for (int i = 1; i < CHANGES; i++)
        printf("%8llu %-14s %.4f %%\n", (unsigned long long)diff->changed[i],
               change_names[i], share(diff, (Change)i) * 100);
    if (bad > 0)
        printf("%8u lines are no messages\n", bad);
    printf("processor time a message: %.2f us before, %.2f us after\n",
           microseconds(diff, &diff->before), microseconds(diff, &diff->after));
    fz_tally_print(&diff->rules, "by rule", columns, CHANGES - 1, 20);
    fz_tally_print(&diff->senders, "by sender", columns, CHANGES - 1, 10);
    fz_tally_print(&diff->scripts, "by script", columns, CHANGES - 1, 0);
    for (int i = 1; i < CHANGES; i++) {
        size_t index;
        json_t *it;

        json_array_foreach(diff->examples[i], index, it)
        {
            const json_t *text = json_object_get(it, "text");

            if (index == 0)
                printf("\n%s, for example\n", change_names[i]);
            printf("  line %d: %s, was %s: ",
                   (int)json_integer_value(json_object_get(it, "line")),
                   json_string_value(json_object_get(it, "after")),
                   json_string_value(json_object_get(it, "before")));
            fz_ctl_print_line(fz_slice_of(
                text == NULL ? "(octets)" : json_string_value(text)));
        }
    }
}

static void print_json(const Diff *diff, unsigned bad)
{
    const char *const *columns = change_keys + 1;
    json_t *it = json_object(), *examples = json_object();

    json_object_set_new(it, "messages",
                        json_integer((json_int_t)diff->messages));
    json_object_set_new(it, "bad_lines", json_integer(bad));
    for (int i = 0; i < CHANGES; i++)
        json_object_set_new(it, change_keys[i],
                            json_integer((json_int_t)diff->changed[i]));
    json_object_set_new(it, "newly_held_share",
                        json_real(share(diff, CHANGE_HELD)));
    json_object_set_new(it, "us_before",
                        json_real(microseconds(diff, &diff->before)));
    json_object_set_new(it, "us_after",
                        json_real(microseconds(diff, &diff->after)));
    json_object_set_new(it, "rules",
                        fz_tally_json(&diff->rules, columns, CHANGES - 1));
    json_object_set_new(it, "senders",
                        fz_tally_json(&diff->senders, columns, CHANGES - 1));
    json_object_set_new(it, "scripts",
                        fz_tally_json(&diff->scripts, columns, CHANGES - 1));
    for (int i = 1; i < CHANGES; i++)
        json_object_set(examples, change_keys[i], diff->examples[i]);
    json_object_set_new(it, "examples", examples);
    fz_ctl_print_json(it);
}

/* --- all --------------------------------------------------------------------
 */
static int run(const Args *args, const FzBundle *before, const FzBundle *after,
               const FzDiagSink *sink)
{
    static Diff diff;
    FzProgressLine line = {.style = args->source.progress};
    FzCorpus corpus;
    int exit_status = FZ_CTL_FINE;

    if (fz_corpus_open(&corpus, args->corpus, sink) != FZ_OK)
        return FZ_CTL_CONFIG;
    diff.args = args;
    fz_judge_open(&diff.before.judge, before);
    fz_judge_open(&diff.after.judge, after);
    fz_tally_init(&diff.rules);
    fz_tally_init(&diff.senders);
    fz_tally_init(&diff.scripts);
    for (int i = 0; i < CHANGES; i++)
        diff.examples[i] = json_array();
    while (fz_corpus_next(&corpus, sink)) {
        diff_one(&diff, &corpus);
        if (diff.messages % 1000 == 0)
            fz_progress_line_tell(&line, corpus.octets, corpus.total, "diff");
    }
    fz_progress_line_end(&line);
    if (args->format == FZ_CTL_JSON)
        print_json(&diff, corpus.bad);
    else
        print_text(&diff, corpus.bad);
    if (args->max_new_holds >= 0 &&
        share(&diff, CHANGE_HELD) > args->max_new_holds) {
        fprintf(stderr,
                "fanzhactl: %.4f %% are newly held, more than %.4f %%.\n",
                share(&diff, CHANGE_HELD) * 100, args->max_new_holds * 100);
        exit_status = FZ_CTL_FINDINGS;
    } else if (corpus.bad > 0) {
        exit_status = FZ_CTL_PARTLY;
    }
    for (int i = 0; i < CHANGES; i++)
        json_decref(diff.examples[i]);
    fz_tally_clear(&diff.scripts);
    fz_tally_clear(&diff.senders);
    fz_tally_clear(&diff.rules);
    fz_judge_close(&diff.after.judge);
    fz_judge_close(&diff.before.judge);
    fz_corpus_close(&corpus);
    return exit_status;
}

int fz_ctl_diff(int argc, char **argv)
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
            "Judge the same messages by two rule sets, and tell what changes: "
            "what would newly be held, what would newly pass, by rule, by "
            "sender, by script, and what it costs.\v"
            "The new side is that of --config or --patterns, as with `scan'; "
            "the old one is what --against names. Nothing is put in force.\n"
            "\n"
            "Exit status: 0; 1 when --max-new-holds is passed; 3 when one of "
            "the sides does not load; 5 when lines were no messages.\n"
            "\n"
            "Try:\n"
            "  fanzhactl diff --corpus week.jsonl --max-new-holds 0.1%\n"
            "  fanzhactl diff --patterns new/ --against old/ --corpus "
            "texts.txt\n",
    };
    Args args = {.against = "live", .max_new_holds = -1, .examples = 3};
    FzBundle *before = NULL, *after = NULL;
    FzCtlSink sink;
    int exit_status = FZ_CTL_CONFIG;

    fz_ctl_sink_init(&sink);
    sink.errors_only = true;
    argp_parse(&argp, argc, argv, 0, NULL, &args);
    if (fz_ctl_source_open(&args.source, &sink.sink, &after) == FZ_OK &&
        open_against(&args, &sink.sink, &before) == FZ_OK)
        exit_status = run(&args, before, after, &sink.sink);
    fz_bundle_destroy(before);
    fz_bundle_destroy(after);
    fz_ctl_source_clear(&args.source);
    return exit_status;
}
