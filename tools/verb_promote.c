/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_promote.c - fanzhactl promote, demote: a rule's state, by evidence
 *
 * The state is written as the operator's override, never into a shipped file,
 * and goes live as a generation that is the one in force with the overrides as
 * they are now: nothing else that was edited goes with it.
 */
#include "config.h"

#include "base/alloc.h"
#include "tools/ask.h"
#include "tools/change.h"
#include "tools/states.h"

#include <math.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct Args {
    FzAsk ask;
    FzCtlFormat format;
    const char *rule, *owner, *reason;
    double rate;
    bool force, dry_run, demote;
} Args;

enum {
    OPTION_RATE = 256,
    OPTION_FORCE,
    OPTION_OWNER,
    OPTION_REASON,
    OPTION_PROGRESS,
};

#define COMMON_OPTIONS                                                         \
    {                                                                          \
        "owner",                                                               \
        OPTION_OWNER,                                                          \
        "WHO",                                                                 \
        0,                                                                     \
        "who answers for it (default: who calls)",                             \
        1},                                                                    \
        {"reason", OPTION_REASON, "TEXT", 0, "why", 1},                        \
        {"progress",                                                           \
         OPTION_PROGRESS,                                                      \
         "HOW",                                                                \
         0,                                                                    \
         "auto (a bar on a terminal), none, or json: a line each on stderr",   \
         2},                                                                   \
        {"format", 'f', "FORMAT", 0, "text or json", 2}, {0},

static const struct argp_option promote_options[] = {
    {"rate", OPTION_RATE, "F", 0,
     "the share of messages that it may match wrongly (default 1e-5): 3/F "
     "messages judged in shadow are wanted, and none marked wrong",
     0},
    {"force", OPTION_FORCE, NULL, 0, "without that evidence", 0},
    {"dry-run", 'n', NULL, 0, "say what there is, and change nothing", 0},
    COMMON_OPTIONS};

static const struct argp_option demote_options[] = {COMMON_OPTIONS};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;
    char *end;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->ask;
        return 0;
    case OPTION_RATE:
        args->rate = strtod(arg, &end);
        if (end == arg || *end != '\0' || !(args->rate >= 1e-9) ||
            !(args->rate < 1))
            argp_error(state, "--rate is a share, as in 1e-5");
        return 0;
    case OPTION_FORCE:
        args->force = true;
        return 0;
    case 'n':
        args->dry_run = true;
        return 0;
    case OPTION_OWNER:
        args->owner = arg;
        return 0;
    case OPTION_REASON:
        args->reason = arg;
        return 0;
    case OPTION_PROGRESS:
        args->ask.progress = fz_progress_style(arg, state);
        return 0;
    case 'f':
        args->format =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSON, state);
        return 0;
    case ARGP_KEY_ARG:
        if (args->rule != NULL)
            argp_error(state, "one rule at a time");
        args->rule = arg;
        return 0;
    case ARGP_KEY_END:
        if (args->rule == NULL)
            argp_error(state, "which rule?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* sudo's user, else the process's. */
static const char *caller(void)
{
    const char *name = getenv("SUDO_USER");
    const struct passwd *entry;

    if (name != NULL && *name != '\0')
        return name;
    entry = getpwuid(getuid());
    return entry == NULL ? "unknown" : entry->pw_name;
}

static long long count_of(const json_t *it, const char *key)
{
    return (long long)json_integer_value(json_object_get(it, key));
}

/* --- promote ------------------------------------------------------------- */

static json_t *promote_question(const Args *args, bool check)
{
    return json_pack("{s:s,s:f,s:b,s:b}", "rule", args->rule, "rate",
                     args->rate, "force", args->force, "check", check);
}

static void print_evidence(const json_t *it)
{
    bool enough = json_is_true(json_object_get(it, "enough"));

    printf("%s rev %lld is %s: %lld of %lld messages judged in shadow, %lld "
           "matched, %lld marked wrong: %s\n",
           json_string_value(json_object_get(it, "rule")), count_of(it, "rev"),
           json_string_value(json_object_get(it, "state")),
           count_of(it, "judged"), count_of(it, "wanted"),
           count_of(it, "matched"), count_of(it, "wrong"),
           enough ? "enough" : "not enough");
}

/* --- the file, and the question ------------------------------------------ */

static FzStatus begin(const Args *args, const char *state, const char *reason,
                      const FzDiagSink *sink, char **path_out,
                      FzStates *file_out)
{
    FzStatesEntry entry = {args->rule, state, NULL, reason};
    FzStatus status;

    entry.owner = args->owner == NULL ? caller() : args->owner;
    status = fz_states_path(args->ask.config == NULL ? FZ_CTL_CONFIG_PATH
                                                     : args->ask.config,
                            sink, path_out);
    return status == FZ_OK
               ? fz_states_begin(*path_out, &entry, args->ask.timeout_ms, sink,
                                 file_out)
               : status;
}

/* Write, put in force, and take back what was not. What nobody knows stays: a
 * gateway that is still at work finds what it was asked to put in force. */
static int carry_out(const Args *args, const char *state, const char *reason,
                     const char *verb, json_t *question, json_t **answer_out)
{
    int exit_status = FZ_CTL_CONFIG;
    char *path = NULL;
    FzCtlSink sink;
    FzStates file;
    FzAskEnd end;

    fz_ctl_sink_init(&sink);
    if (begin(args, state, reason, &sink.sink, &path, &file) != FZ_OK) {
        json_decref(question);
        fz_free(path);
        return FZ_CTL_CONFIG;
    }
    exit_status = fz_ask_end(&args->ask, verb, question, &end, answer_out);
    switch (end) {
    case FZ_ASK_DONE:
        fz_states_keep(&file);
        break;
    case FZ_ASK_REFUSED:
    case FZ_ASK_UNASKED:
        if (fz_states_take_back(&file, &sink.sink) == FZ_OK)
            fprintf(stderr, "fanzhactl: %s is as it was.\n", path);
        break;
    case FZ_ASK_LOST:
        fz_states_keep(&file);
        fprintf(stderr,
                "fanzhactl: the gateway was asked and did not answer: whether "
                "the entry of %s in %s is in force is not known. It stays "
                "there. `fanzhactl stats %s' tells the state in force; the "
                "same command again, or a reload, puts it in force.\n",
                args->rule, path, args->rule);
        break;
    }
    fz_free(path);
    return exit_status;
}

static void print_change(const Args *args, const json_t *answer)
{
    const json_t *result = json_object_get(answer, "result");

    fz_ctl_print_diags(json_object_get(answer, "diags"));
    if (args->format == FZ_CTL_JSON) {
        fz_ctl_print_json(json_incref((json_t *)(uintptr_t)result));
        return;
    }
    fz_change_print(result);
    printf("%s is %s; to undo: fanzhactl %s %s\n", args->rule,
           json_string_value(json_object_get(result, "state")),
           args->demote ? "promote" : "demote", args->rule);
}

static int promote(const Args *args)
{
    json_t *answer = NULL, *evidence;
    char reason[160];
    bool enough;
    int exit_status =
        fz_ask(&args->ask, "promote", promote_question(args, true), &answer);

    if (exit_status != FZ_CTL_FINE)
        return exit_status;
    evidence = json_object_get(answer, "result");
    enough = json_is_true(json_object_get(evidence, "enough"));
    snprintf(reason, sizeof reason,
             "%s: %lld messages judged in shadow, %lld matched, %lld wrong",
             enough ? "promoted by evidence" : "promoted by force",
             count_of(evidence, "judged"), count_of(evidence, "matched"),
             count_of(evidence, "wrong"));
    if (args->dry_run && args->format == FZ_CTL_JSON)
        fz_ctl_print_json(json_incref(evidence));
    else if (args->format == FZ_CTL_TEXT)
        print_evidence(evidence);
    if (!enough && !args->force) {
        if (!args->dry_run)
            fprintf(stderr,
                    "fanzhactl: %s is not promoted: wait for evidence, "
                    "or take it on yourself with --force.\n",
                    args->rule);
        exit_status = FZ_CTL_FINDINGS;
    }
    json_decref(answer);
    if (exit_status != FZ_CTL_FINE || args->dry_run)
        return exit_status;
    exit_status =
        carry_out(args, "active", args->reason == NULL ? reason : args->reason,
                  "promote", promote_question(args, false), &answer);
    if (exit_status != FZ_CTL_FINE)
        return exit_status;
    print_change(args, answer);
    json_decref(answer);
    return FZ_CTL_FINE;
}

int fz_ctl_promote(int argc, char **argv)
{
    static const struct argp_child children[] = {{&fz_ask_argp, 0, NULL, 0},
                                                 {0}};
    static const struct argp argp = {
        .options = promote_options,
        .parser = parse,
        .children = children,
        .args_doc = "RULE",
        .doc =
            "Make a rule that is in shadow act, when there is evidence for it: "
            "3/F messages judged in shadow, in this revision, and none of its "
            "hits marked wrong (fanzhactl stats RULE --wrong SAMPLE).\v"
            "Written to " FZ_STATES_FILE " in the folder of overrides, put in "
            "force with the other overrides there and nothing else that was "
            "edited, and recorded. Where it is refused or nobody is reached "
            "the file is as it was; where an answer is lost the entry "
            "stays.\n"
            "\n"
            "  fanzhactl promote cn.bank.lure --dry-run\n"
            "  fanzhactl promote cn.bank.lure --rate 1e-4\n"
            "\n"
            "Exit status: 0 in force, 1 not enough evidence, 3 refused, 4 "
            "nobody answers.",
    };
    Args args = {.format = FZ_CTL_TEXT, .rate = 1e-5};

    argp_parse(&argp, argc, argv, 0, NULL, &args);
    return promote(&args);
}

/* --- demote -------------------------------------------------------------- */

static int demote(const Args *args)
{
    const char *reason =
        args->reason == NULL ? "demoted by hand" : args->reason;
    json_t *answer = NULL;
    FzAskEnd end;
    int exit_status =
        fz_ask_end(&args->ask, "demote",
                   json_pack("{s:s,s:s}", "rule", args->rule, "reason", reason),
                   &end, &answer);

    if (end == FZ_ASK_LOST)
        fprintf(stderr,
                "fanzhactl: whether %s is in shadow is not known, and nothing "
                "is written: give the same command again.\n",
                args->rule);
    if (exit_status != FZ_CTL_FINE)
        return exit_status;
    fz_ctl_print_diags(json_object_get(answer, "diags"));
    if (args->format == FZ_CTL_TEXT)
        printf("%s is in shadow from now on\n", args->rule);
    json_decref(answer);
    answer = NULL;
    exit_status = carry_out(args, "shadow", reason, "demote",
                            json_pack("{s:s,s:s,s:b}", "rule", args->rule,
                                      "reason", reason, "keep", true),
                            &answer);
    if (exit_status != FZ_CTL_FINE) {
        fprintf(stderr,
                "fanzhactl: %s is in shadow, but perhaps only until the next "
                "generation (a reload, an update of lists, a rollback) or "
                "restart.\n",
                args->rule);
        return FZ_CTL_PARTLY;
    }
    print_change(args, answer);
    json_decref(answer);
    return FZ_CTL_FINE;
}

int fz_ctl_demote(int argc, char **argv)
{
    static const struct argp_child children[] = {{&fz_ask_argp, 0, NULL, 0},
                                                 {0}};
    static const struct argp argp = {
        .options = demote_options,
        .parser = parse,
        .children = children,
        .args_doc = "RULE",
        .doc = "Drop a rule to shadow: at once in the running plugin, and in "
               "the operator's overrides, so that it stays there.\v"
               "Written to " FZ_STATES_FILE " in the folder of overrides, put "
               "in force with the other overrides there and nothing else that "
               "was edited, and recorded.\n"
               "\n"
               "Exit status: 0; 3 no such rule; 4 nobody answers; 5 it is in "
               "shadow, but the override could not be written or put in "
               "force: that lasts until the next generation.",
    };
    Args args = {.format = FZ_CTL_TEXT, .demote = true};

    argp_parse(&argp, argc, argv, 0, NULL, &args);
    return demote(&args);
}
