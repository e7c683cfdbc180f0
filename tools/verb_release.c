/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_release.c - fanzhactl release ROW...: let held messages go
 */
#include "config.h"

#include "base/alloc.h"
#include "tools/ask.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct Args {
    FzAsk ask;
    FzCtlFormat format;
    bool again;
    int64_t *row;
    size_t rows;
} Args;

enum { OPTION_AGAIN = 256 };

static const struct argp_option options[] = {
    {"again", OPTION_AGAIN, NULL, 0,
     "also what is in doubt: it may be there already", 0},
    {"format", 'f', "FORMAT", 0, "text or json", 0},
    {0},
};

static void add_row(Args *args, const char *arg, struct argp_state *state)
{
    char *end;
    long long row = strtoll(arg, &end, 10);

    if (end == arg || *end != '\0' || row < 1)
        argp_error(state, "`%s' is no row that `fanzhactl held' shows", arg);
    args->row = fz_realloc_array(args->row, args->rows + 1, sizeof *args->row);
    args->row[args->rows++] = row;
}

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
    case OPTION_AGAIN:
        args->again = true;
        return 0;
    case ARGP_KEY_ARG:
        add_row(args, arg, state);
        return 0;
    case ARGP_KEY_END:
        if (args->rows == 0)
            argp_error(state, "which rows? `fanzhactl held' shows them");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int release(const Args *args, int64_t row)
{
    json_t *answer = NULL, *asked = json_pack("{s:I}", "row", (json_int_t)row);
    const char *was;
    int exit_status;

    if (args->again)
        json_object_set_new(asked, "again", json_true());
    exit_status = fz_ask(&args->ask, "release", asked, &answer);

    if (exit_status != FZ_CTL_FINE)
        return exit_status;
    was = json_string_value(
        json_object_get(json_object_get(answer, "result"), "was"));
    if (args->format == FZ_CTL_JSON)
        fz_ctl_print_json(json_incref(json_object_get(answer, "result")));
    else
        printf("row %lld is released%s\n", (long long)row,
               was != NULL && strcmp(was, "in-doubt") == 0
                   ? " once more: it may arrive twice"
                   : "");
    json_decref(answer);
    return FZ_CTL_FINE;
}

int fz_ctl_release(int argc, char **argv)
{
    static const struct argp_child children[] = {{&fz_ask_argp, 0, NULL, 0},
                                                 {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "ROW...",
        .doc =
            "Let held messages go on their way.\v"
            "A message goes past the plugins, as it came: a phone gets it over "
            "its application's connection or the gateway's own, an application "
            "when it is connected. Until then it is tried again, over restarts "
            "too; `held' shows how far it is. Recorded in the audit trail.\n"
            "\n"
            "One that was sent and whose answer was lost is `in-doubt': it may "
            "be there already, and is sent once more only with --again.\n"
            "\n"
            "  fanzhactl held --state held\n"
            "  fanzhactl release 17 18",
    };
    Args args = {.format = FZ_CTL_TEXT};
    int exit_status = FZ_CTL_FINE;
    size_t failed = 0;

    argp_parse(&argp, argc, argv, 0, NULL, &args);
    for (size_t i = 0; i < args.rows; i++) {
        int one = release(&args, args.row[i]);

        if (one != FZ_CTL_FINE) {
            exit_status = one;
            failed++;
        }
        if (one == FZ_CTL_UNREACHABLE)
            break;
    }
    if (failed > 0 && failed < args.rows && exit_status != FZ_CTL_UNREACHABLE)
        exit_status = FZ_CTL_PARTLY;
    fz_free(args.row);
    return exit_status;
}
