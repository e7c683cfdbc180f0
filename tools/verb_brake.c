/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_brake.c - fanzhactl brake: what acted on too much, and was stopped?
 */
#include "config.h"

#include "base/clock.h"
#include "tools/ask.h"

#include <stdio.h>

enum {
    OPTION_ALL = 256,
};

typedef struct Args {
    FzAsk ask;
    FzCtlFormat format;
    const char *verb, *name;
    bool all;
} Args;

static const struct argp_option options[] = {
    {"all", OPTION_ALL, NULL, 0, "release: everything that is stopped", 0},
    {"format", 'f', "FORMAT", 0, "text or json", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->ask;
        return 0;
    case OPTION_ALL:
        args->all = true;
        return 0;
    case 'f':
        args->format =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSON, state);
        return 0;
    case ARGP_KEY_ARG:
        if (args->verb == NULL)
            args->verb = arg;
        else if (args->name == NULL)
            args->name = arg;
        else
            argp_error(state, "`%s' is too much", arg);
        return 0;
    case ARGP_KEY_END:
        if (args->verb == NULL)
            args->verb = "list";
        if (strcmp(args->verb, "list") != 0 &&
            strcmp(args->verb, "release") != 0)
            argp_error(state, "list, release NAME or release --all");
        if (strcmp(args->verb, "release") == 0 &&
            (args->name == NULL) == !args->all)
            argp_error(state, "release what? NAME, or --all");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_list(const json_t *result)
{
    const json_t *list = json_object_get(result, "stopped"), *it;
    size_t i;

    if (json_array_size(list) == 0)
        printf("nothing is stopped\n");
    json_array_foreach((json_t *)(uintptr_t)list, i, it)
    {
        char when[FZ_CLOCK_TEXT];

        fz_clock_format(json_integer_value(json_object_get(it, "at_ms")), when);
        printf("%s  %-8s  %s  acted on %lld messages\n", when,
               json_string_value(json_object_get(it, "kind")),
               json_string_value(json_object_get(it, "name")),
               (long long)json_integer_value(json_object_get(it, "messages")));
    }
}

int fz_ctl_brake(int argc, char **argv)
{
    static const struct argp_child children[] = {{&fz_ask_argp, 0, NULL, 0},
                                                 {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "[list]\nrelease NAME\nrelease --all",
        .doc = "Show what the brake stopped because it acted on more messages "
               "than it may while it is young, or let it act again.\v"
               "What is stopped goes on to be evaluated and recorded. A new "
               "revision of a rule is not stopped.\n"
               "\n"
               "Exit status: 0; 1 when list shows something; 3 when NAME is "
               "not stopped; 4 when nobody answers.",
    };
    Args args = {.format = FZ_CTL_TEXT};
    json_t *answer = NULL, *result;
    bool releases;
    int exit_status;

    argp_parse(&argp, argc, argv, 0, NULL, &args);
    releases = strcmp(args.verb, "release") == 0;
    exit_status =
        fz_ask(&args.ask, releases ? "brake-release" : "brake",
               args.name != NULL ? json_pack("{s:s}", "name", args.name)
               : args.all        ? json_pack("{s:b}", "all", 1)
                                 : NULL,
               &answer);
    if (exit_status != FZ_CTL_FINE)
        return exit_status;
    result = json_object_get(answer, "result");
    if (!releases && json_array_size(json_object_get(result, "stopped")) > 0)
        exit_status = FZ_CTL_FINDINGS;
    if (args.format == FZ_CTL_JSON)
        fz_ctl_print_json(json_incref(result));
    else if (releases)
        printf("%lld released\n", (long long)json_integer_value(
                                      json_object_get(result, "released")));
    else
        print_list(result);
    json_decref(answer);
    return exit_status;
}
