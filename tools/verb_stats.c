/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_stats.c - fanzhactl stats: what does each rule do?
 */
#include "config.h"

#include "tools/ask.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct Args {
    FzAsk ask;
    FzCtlFormat format;
    const char *rule;
    long top, unused; /* unused: -1 not asked for */
    bool examples, reveal;
    long wrong, right; /* a sample; 0: none */
} Args;

enum {
    OPTION_TOP = 256,
    OPTION_UNUSED,
    OPTION_EXAMPLES,
    OPTION_REVEAL,
    OPTION_WRONG,
    OPTION_RIGHT,
};

static const struct argp_option options[] = {
    {"top", OPTION_TOP, "N", 0,
     "the N rules that matched most (default 20; of one RULE it is it alone)",
     0},
    {"unused", OPTION_UNUSED, "DAYS", 0,
     "only rules that matched nothing for so long", 0},
    {"examples", OPTION_EXAMPLES, NULL, 0,
     "messages that RULE matched in shadow, masked", 1},
    {"reveal", OPTION_REVEAL, NULL, 0,
     "these as they were; recorded in the audit trail", 1},
    {"wrong", OPTION_WRONG, "SAMPLE", 0,
     "mark an example of RULE: it should not have matched", 1},
    {"right", OPTION_RIGHT, "SAMPLE", 0, "take that mark back", 1},
    {"format", 'f', "FORMAT", 0, "text or json", 0},
    {0},
};

static long number(const char *arg, long least, struct argp_state *state)
{
    char *end;
    long value = strtol(arg, &end, 10);

    if (end == arg || *end != '\0' || value < least || value > 1000000000)
        argp_error(state, "`%s' is no number from %ld on", arg, least);
    return value;
}

static void check(const Args *args, struct argp_state *state)
{
    if (args->rule == NULL && (args->examples || args->reveal ||
                               args->wrong != 0 || args->right != 0))
        argp_error(state, "name the rule whose examples are meant");
    if (args->wrong != 0 && args->right != 0)
        argp_error(state, "--wrong or --right, one at a time");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->ask;
        return 0;
    case OPTION_TOP:
        args->top = number(arg, 1, state);
        return 0;
    case OPTION_UNUSED:
        args->unused = number(arg, 0, state);
        return 0;
    case OPTION_EXAMPLES:
        args->examples = true;
        return 0;
    case OPTION_REVEAL:
        args->examples = args->reveal = true;
        return 0;
    case OPTION_WRONG:
        args->wrong = number(arg, 1, state);
        return 0;
    case OPTION_RIGHT:
        args->right = number(arg, 1, state);
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
        check(args, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char *text_of(const json_t *it, const char *key)
{
    const char *text = json_string_value(json_object_get(it, key));

    return text == NULL ? "-" : text;
}

static long long count_of(const json_t *it, const char *key)
{
    return (long long)json_integer_value(json_object_get(it, key));
}

static void print_rules(const json_t *result)
{
    const json_t *rules = json_object_get(result, "rules"), *it;
    const json_t *samples = json_object_get(result, "samples");
    size_t i;

    printf("%-40s %4s %-7s %10s %10s %10s %8s %8s %8s %8s %5s  %s\n", "rule",
           "rev", "state", "judged", "active", "shadow", "would", "decided",
           "held", "rejected", "wrong", "last matched");
    json_array_foreach((json_t *)(uintptr_t)rules, i, it)
    {
        const json_t *judged = json_object_get(it, "judged");
        const json_t *matched = json_object_get(it, "matched");

        printf("%-40s %4lld %-7s %10lld %10lld %10lld %8lld %8lld %8lld %8lld "
               "%5lld  %s\n",
               text_of(it, "rule"), count_of(it, "rev"), text_of(it, "state"),
               count_of(judged, "active") + count_of(judged, "shadow"),
               count_of(matched, "active"), count_of(matched, "shadow"),
               count_of(it, "would"), count_of(it, "decided"),
               count_of(it, "held"), count_of(it, "rejected"),
               count_of(it, "wrong"), text_of(it, "last"));
    }
    if ((long long)json_array_size(rules) < count_of(result, "found"))
        printf("... and %lld others\n",
               count_of(result, "found") - (long long)json_array_size(rules));
    printf("samples: %lld stored, %lld dropped, %lld one-time codes not kept\n",
           count_of(samples, "stored"), count_of(samples, "dropped"),
           count_of(samples, "codes"));
}

static void print_samples(const json_t *result)
{
    const json_t *samples = json_object_get(result, "samples"), *it;
    size_t i;

    json_array_foreach((json_t *)(uintptr_t)samples, i, it)
    {
        printf("%6lld  %s  rev %lld  %s  %s -> %s%s\n        ",
               count_of(it, "sample"), text_of(it, "time"), count_of(it, "rev"),
               text_of(it, "direction"), text_of(it, "sender"),
               text_of(it, "receiver"),
               json_is_true(json_object_get(it, "wrong")) ? "  wrong" : "");
        fz_ctl_print_line(fz_slice_of(text_of(it, "text")));
    }
    if (json_array_size(samples) == 0)
        puts("no examples: they are of rules in shadow, and kept for 72 hours");
}

static void print_mark(const json_t *result)
{
    printf("sample %lld of %s is %s\n", count_of(result, "sample"),
           text_of(result, "rule"),
           json_is_true(json_object_get(result, "wrong"))
               ? "marked wrong: promote refuses this revision"
               : "no longer marked");
}

static json_t *question_of(const Args *args, const char **verb_out)
{
    json_t *question = json_object();

    if (args->rule != NULL)
        json_object_set_new(question, "rule", json_string(args->rule));
    if (args->wrong != 0 || args->right != 0) {
        *verb_out = "sample-mark";
        json_object_set_new(
            question, "sample",
            json_integer(args->wrong != 0 ? args->wrong : args->right));
        json_object_set_new(question, "wrong", json_boolean(args->wrong != 0));
    } else if (args->examples) {
        *verb_out = args->reveal ? "samples-reveal" : "samples";
    } else {
        *verb_out = "stats";
        json_object_set_new(question, "top", json_integer(args->top));
        if (args->unused >= 0)
            json_object_set_new(question, "unused_days",
                                json_integer(args->unused));
    }
    return question;
}

int fz_ctl_stats(int argc, char **argv)
{
    static const struct argp_child children[] = {{&fz_ask_argp, 0, NULL, 0},
                                                 {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "[RULE]",
        .doc =
            "Ask the running plugin what its rules do: messages judged while "
            "each was there, matched while active and in shadow, what it would "
            "have changed from shadow, decided, held, rejected, hits that were "
            "marked wrong.\v"
            "Figures are of a rule's revision in force, since that came into "
            "force first, over reloads and restarts. Examples are of rules in "
            "shadow: at most 50 a rule, for 72 hours, sealed, and none of "
            "one-time codes.\n"
            "\n"
            "  fanzhactl stats --top 10\n"
            "  fanzhactl stats --unused 90\n"
            "  fanzhactl stats cn.bank.lure --examples\n"
            "  fanzhactl stats cn.bank.lure --wrong 17\n"
            "\n"
            "Exit status: 0, 3 no such rule or sample, 4 nobody answers.",
    };
    Args args = {.format = FZ_CTL_TEXT, .top = 20, .unused = -1};
    json_t *question, *answer = NULL, *result;
    const char *verb;
    int exit_status;

    argp_parse(&argp, argc, argv, 0, NULL, &args);
    question = question_of(&args, &verb);
    exit_status = fz_ask(&args.ask, verb, question, &answer);
    if (exit_status != FZ_CTL_FINE)
        return exit_status;
    fz_ctl_print_diags(json_object_get(answer, "diags"));
    result = json_object_get(answer, "result");
    if (args.format == FZ_CTL_JSON)
        fz_ctl_print_json(json_incref(result));
    else if (strcmp(verb, "sample-mark") == 0)
        print_mark(result);
    else if (args.examples)
        print_samples(result);
    else
        print_rules(result);
    json_decref(answer);
    return FZ_CTL_FINE;
}
