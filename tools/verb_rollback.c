/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_rollback.c - fanzhactl rollback: put an earlier generation in force
 */
#include "config.h"

#include "tools/ask.h"
#include "tools/change.h"

#include <stdio.h>

typedef struct Args {
    FzAsk ask;
    FzCtlFormat format;
    const char *to;
    bool dry_run;
} Args;

enum {
    OPTION_PROGRESS = 256,
    OPTION_TO,
};

static const struct argp_option options[] = {
    {"format", 'f', "FORMAT", 0, "text or json", 0},
    {"to", OPTION_TO, "DIGEST", 0,
     "that generation (eight digits or more of its digest); without it the one "
     "before",
     0},
    {"dry-run", 'n', NULL, 0, "load it, and say what would change", 0},
    {"progress", OPTION_PROGRESS, "HOW", 0,
     "auto (a bar on a terminal), none, or json: a line each on stderr", 0},
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
    case 'n':
        args->dry_run = true;
        return 0;
    case OPTION_TO:
        args->to = arg;
        return 0;
    case OPTION_PROGRESS:
        args->ask.progress = fz_progress_style(arg, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int fz_ctl_rollback(int argc, char **argv)
{
    static const struct argp_child children[] = {{&fz_ask_argp, 0, NULL, 0},
                                                 {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .doc = "Put an earlier generation in force: its rules, overrides, "
               "lists and policy, all of it, without touching a message in "
               "flight.\v"
               "The working files stay as they are: mend them before the next "
               "reload, which promotes what they say. Rolling back twice is "
               "where you were.\n"
               "\n"
               "  fanzhactl generations\n"
               "  fanzhactl rollback\n"
               "  fanzhactl rollback --to 5f0c21aa\n"
               "\n"
               "Exit status: 0 in force, 3 refused, 4 nobody answers.",
    };
    Args args = {.format = FZ_CTL_TEXT};
    json_t *question = json_object(), *answer = NULL;
    int exit_status;

    argp_parse(&argp, argc, argv, 0, NULL, &args);
    if (args.to != NULL)
        json_object_set_new(question, "to", json_string(args.to));
    if (args.dry_run)
        json_object_set_new(question, "dry_run", json_true());
    exit_status = fz_ask(&args.ask, "rollback", question, &answer);
    if (exit_status != FZ_CTL_FINE)
        return exit_status;
    fz_ctl_print_diags(json_object_get(answer, "diags"));
    if (args.format == FZ_CTL_JSON)
        fz_ctl_print_json(json_incref(json_object_get(answer, "result")));
    else
        fz_change_print(json_object_get(answer, "result"));
    if (args.format == FZ_CTL_TEXT && !args.dry_run)
        puts("the working files are as they were: mend them before the next "
             "reload");
    json_decref(answer);
    return FZ_CTL_FINE;
}
