/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_bypass.c - fanzhactl bypass on|off: let everything pass
 */
#include "config.h"

#include "tools/ask.h"

#include <stdio.h>

typedef struct Args {
    FzAsk ask;
    FzCtlFormat format;
    const char *word;
    const char *identity;
    int64_t for_s;
} Args;

enum {
    OPTION_IDENTITY = 256,
    OPTION_FOR,
};

static const struct argp_option options[] = {
    {"format", 'f', "FORMAT", 0, "text or json", 0},
    {"identity", OPTION_IDENTITY, "NAME", 0,
     "for this identity alone (service, else box id)", 0},
    {"for", OPTION_FOR, "TIME", 0,
     "until so much time has passed: 90s, 30m, 2h; without it, until switched "
     "off",
     0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->ask;
        return 0;
    case 'f':
        args->format =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSON, state);
        return 0;
    case OPTION_IDENTITY:
        args->identity = arg;
        return 0;
    case OPTION_FOR:
        args->for_s = fz_ctl_duration_s(arg, state);
        return 0;
    case ARGP_KEY_ARG:
        if (args->word != NULL ||
            (strcmp(arg, "on") != 0 && strcmp(arg, "off") != 0))
            argp_error(state, "it is either `on' or `off'");
        args->word = arg;
        return 0;
    case ARGP_KEY_END:
        if (args->word == NULL)
            argp_error(state, "it is either `on' or `off'");
        if (strcmp(args->word, "off") == 0 && args->for_s > 0)
            argp_error(state, "--for goes with `on'");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static json_t *question(const Args *args)
{
    json_t *it = json_object();

    json_object_set_new(it, "on", json_boolean(strcmp(args->word, "on") == 0));
    if (args->identity != NULL)
        json_object_set_new(it, "identity", json_string(args->identity));
    if (args->for_s > 0)
        json_object_set_new(it, "for_s", json_integer(args->for_s));
    return it;
}

static void print_text(const Args *args)
{
    bool on = strcmp(args->word, "on") == 0, colour = on && fz_ctl_colour();

    printf("%sbypass is %s%s%s", colour ? "\033[1;31m" : "", args->word,
           args->identity == NULL ? "" : " for ",
           args->identity == NULL ? "" : args->identity);
    if (args->for_s > 0)
        printf(", for %lld seconds", (long long)args->for_s);
    printf("%s\n", colour ? "\033[0m" : "");
}

int fz_ctl_bypass(int argc, char **argv)
{
    static const struct argp_child children[] = {{&fz_ask_argp, 0, NULL, 0},
                                                 {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "on|off",
        .doc = "Let every message pass, within a second and without a reload; "
               "or stop doing so.\v"
               "Messages are still judged and recorded. Bypass survives a "
               "restart until it runs out, and is written into the audit "
               "trail.\n"
               "\n"
               "  fanzhactl bypass on --for 30m\n"
               "  fanzhactl bypass on --identity bank-app",
    };
    Args args = {.format = FZ_CTL_TEXT};
    json_t *answer = NULL;
    int exit_status;

    argp_parse(&argp, argc, argv, 0, NULL, &args);
    exit_status = fz_ask(&args.ask, "bypass", question(&args), &answer);
    if (exit_status != FZ_CTL_FINE)
        return exit_status;
    if (args.format == FZ_CTL_JSON)
        fz_ctl_print_json(json_incref(json_object_get(answer, "result")));
    else
        print_text(&args);
    json_decref(answer);
    return FZ_CTL_FINE;
}
