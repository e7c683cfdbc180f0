/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_generations.c - fanzhactl generations: what can be gone back to?
 */
#include "config.h"

#include "base/clock.h"
#include "tools/ask.h"

#include <stdio.h>

typedef struct Args {
    FzAsk ask;
    FzCtlFormat format;
} Args;

static const struct argp_option options[] = {
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
    case 'f':
        args->format =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSON, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char *text_of(const json_t *it, const char *key)
{
    const char *text = json_string_value(json_object_get(it, key));

    return text == NULL ? "?" : text;
}

static void print_text(const json_t *list)
{
    const json_t *it;
    size_t i;

    if (json_array_size(list) == 0)
        puts("no generation was promoted yet");
    json_array_foreach((json_t *)(uintptr_t)list, i, it)
    {
        char when[FZ_CLOCK_TEXT], rules[24] = "?";
        const json_t *count = json_object_get(it, "rules");

        fz_clock_format(json_integer_value(json_object_get(it, "promoted_ms")),
                        when);
        if (count != NULL)
            snprintf(rules, sizeof rules, "%lld",
                     (long long)json_integer_value(count));
        printf("%c %.16s  %s  %6s rules  %-8s  %s\n",
               json_is_true(json_object_get(it, "in_force"))   ? '*'
               : json_is_true(json_object_get(it, "previous")) ? '-'
                                                               : ' ',
               text_of(it, "digest"), when, rules, text_of(it, "act"),
               text_of(it, "actor"));
    }
}

int fz_ctl_generations(int argc, char **argv)
{
    static const struct argp_child children[] = {{&fz_ask_argp, 0, NULL, 0},
                                                 {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .doc = "List the generations that are kept, the last promoted first: "
               "digest, when, how many rules, by which act and whom.\v"
               "`*' is in force, `-' is what rollback goes back to.\n"
               "\n"
               "Exit status: 0, or 4 when nobody answers.",
    };
    Args args = {.format = FZ_CTL_TEXT};
    json_t *answer = NULL, *result;
    int exit_status;

    argp_parse(&argp, argc, argv, 0, NULL, &args);
    exit_status = fz_ask(&args.ask, "generations", NULL, &answer);
    if (exit_status != FZ_CTL_FINE)
        return exit_status;
    result = json_object_get(answer, "result");
    if (args.format == FZ_CTL_JSON)
        fz_ctl_print_json(json_incref(result));
    else
        print_text(json_object_get(result, "generations"));
    json_decref(answer);
    return FZ_CTL_FINE;
}
