/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_reload.c - fanzhactl reload: test the working files, put them in force
 */
#include "config.h"

#include "base/clock.h"
#include "tools/ask.h"
#include "tools/change.h"

#include <stdio.h>
#include <time.h>

typedef struct Args {
    FzAsk ask;
    FzCtlFormat format;
    bool wait;
    bool dry_run;
    bool lists;
} Args;

enum {
    OPTION_PROGRESS = 256,
};

static const struct argp_option options[] = {
    {"progress", OPTION_PROGRESS, "HOW", 0,
     "auto (a bar on a terminal), none, or json: a line each on stderr", 0},
    {"format", 'f', "FORMAT", 0, "text or json", 0},
    {"dry-run", 'n', NULL, 0,
     "copy, load and test, and say what would change; promote nothing", 0},
    {"lists", 'l', NULL, 0,
     "take the lists alone: rules and settings stay as they are in force", 0},
    {"wait", 'w', NULL, 0,
     "come back when the promoted generation is the active one", 0},
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
    case OPTION_PROGRESS:
        args->ask.progress = fz_progress_style(arg, state);
        return 0;
    case 'n':
        args->dry_run = true;
        return 0;
    case 'l':
        args->lists = true;
        return 0;
    case 'w':
        args->wait = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The digest in force, as status has it: at the top or below "generation". */
static const char *active_digest(const json_t *status)
{
    const json_t *digest = json_object_get(status, "digest");

    if (digest == NULL)
        digest = json_object_get(status, "generation");
    if (json_is_object(digest))
        digest = json_object_get(digest, "digest");
    return json_string_value(digest);
}

static int wait_for(const FzAsk *ask, const char *digest)
{
    int64_t until = fz_clock_monotonic_ms() + ask->timeout_ms;
    const struct timespec pause = {0, 20 * 1000 * 1000};

    for (;;) {
        json_t *answer = NULL;
        int exit_status = fz_ask(ask, "status", NULL, &answer);
        const char *active;
        bool same;

        if (exit_status != FZ_CTL_FINE)
            return exit_status;
        active = active_digest(json_object_get(answer, "result"));
        same = active != NULL && strcmp(active, digest) == 0;
        json_decref(answer);
        if (same)
            return FZ_CTL_FINE;
        if (fz_clock_monotonic_ms() >= until) {
            fprintf(stderr,
                    "fanzhactl: generation %.16s was promoted, but is not in "
                    "force.\n",
                    digest);
            return FZ_CTL_UNREACHABLE;
        }
        nanosleep(&pause, NULL);
    }
}

int fz_ctl_reload(int argc, char **argv)
{
    static const struct argp_child children[] = {{&fz_ask_argp, 0, NULL, 0},
                                                 {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .doc = "Copy the working files, load and test the copy, and put it in "
               "force without touching a message in flight.\v"
               "A bad file or a failing sample is refused with its place, and "
               "what is in force stays.\n"
               "\n"
               "Exit status: 0 in force, 3 refused, 4 nobody answers.",
    };
    Args args = {.format = FZ_CTL_TEXT};
    json_t *answer = NULL, *result;
    const char *digest;
    int exit_status;

    argp_parse(&argp, argc, argv, 0, NULL, &args);
    exit_status = fz_ask(
        &args.ask, "reload",
        json_pack("{s:b,s:b}", "dry_run", args.dry_run, "lists", args.lists),
        &answer);
    if (exit_status != FZ_CTL_FINE)
        return exit_status;
    fz_ctl_print_diags(json_object_get(answer, "diags"));
    result = json_object_get(answer, "result");
    digest = json_string_value(json_object_get(result, "digest"));
    if (args.wait && !args.dry_run && digest == NULL) {
        fprintf(stderr, "fanzhactl: the answer names no generation.\n");
        exit_status = FZ_CTL_UNREACHABLE;
    } else if (args.wait && !args.dry_run) {
        exit_status = wait_for(&args.ask, digest);
    }
    if (exit_status == FZ_CTL_FINE && args.format == FZ_CTL_JSON)
        fz_ctl_print_json(json_incref(result));
    else if (exit_status == FZ_CTL_FINE)
        fz_change_print(result);
    json_decref(answer);
    return exit_status;
}
