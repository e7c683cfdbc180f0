/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_metrics.c - fanzhactl metrics: counters in Prometheus' text format
 */
#include "config.h"

#include "tools/ask.h"

#include <stdio.h>

static error_t parse(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    if (key != ARGP_KEY_INIT)
        return ARGP_ERR_UNKNOWN;
    state->child_inputs[0] = state->input;
    return 0;
}

int fz_ctl_metrics(int argc, char **argv)
{
    static const struct argp_child children[] = {{&fz_ask_argp, 0, NULL, 0},
                                                 {0}};
    static const struct argp argp = {
        .parser = parse,
        .children = children,
        .doc = "Print the running plugin's metrics in the text format of "
               "Prometheus.\v"
               "Exit status: 0, or 4 when it does not answer.",
    };
    FzAsk ask = {0};
    json_t *answer = NULL;
    const char *text;
    int exit_status;

    argp_parse(&argp, argc, argv, 0, NULL, &ask);
    exit_status = fz_ask(&ask, "metrics", NULL, &answer);
    if (exit_status != FZ_CTL_FINE)
        return exit_status;
    text = json_string_value(
        json_object_get(json_object_get(answer, "result"), "text"));
    fputs(text == NULL ? "" : text, stdout);
    json_decref(answer);
    return FZ_CTL_FINE;
}
