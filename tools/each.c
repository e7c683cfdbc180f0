/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tools/each.h"

#include "tools/ctl.h"
#include "tools/lines.h"

#include <stdio.h>
#include <unistd.h>

typedef struct Args {
    const FzEach *each;
    FzCtlFormat format;
    const char *thing;
} Args;

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;

    switch (key) {
    case 'f':
        args->format =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSONL, state);
        return 0;
    case ARGP_KEY_ARG:
        if (args->thing != NULL)
            argp_error(state, "one %s at a time: put it in quotes",
                       args->each->noun);
        args->thing = arg;
        return 0;
    case ARGP_KEY_END:
        if (args->format == FZ_CTL_TEXT && args->thing == NULL)
            argp_error(state, "the %s is missing", args->each->noun);
        if (args->format != FZ_CTL_TEXT && args->thing != NULL)
            argp_error(state, "with --format jsonl %ss come on standard input",
                       args->each->noun);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const char *fz_each_parse(const FzEach *each, int argc, char **argv)
{
    char help[128];
    const struct argp_option options[] = {{"format", 'f', "FORMAT", 0, help, 0},
                                          {0}};
    const struct argp argp = {.options = options,
                              .parser = parse,
                              .args_doc = each->args_doc,
                              .doc = each->doc};
    Args args = {.each = each, .format = FZ_CTL_TEXT};

    snprintf(help, sizeof help,
             "text, or jsonl: objects with `%s' on standard input", each->key);
    argp_parse(&argp, argc, argv, 0, NULL, &args);
    return args.thing;
}

int fz_each_line(const FzEach *each, void (*answer)(void *ctx, FzSlice thing),
                 void *ctx)
{
    int exit_status = FZ_CTL_FINE;
    FzLines lines;
    FzSlice line;

    fz_lines_init(&lines, STDIN_FILENO);
    while (fz_lines_next(&lines, &line)) {
        json_error_t error;
        json_t *object = fz_lines_object(&lines, line, each->key, &error);
        const json_t *thing = json_object_get(object, each->key);

        if (thing != NULL) {
            answer(ctx, fz_slice(json_string_value(thing),
                                 json_string_length(thing)));
        } else {
            fz_lines_print_fault(&lines, error.text);
            exit_status = FZ_CTL_PARTLY;
        }
        json_decref(object);
    }
    fz_lines_clear(&lines);
    return exit_status;
}
