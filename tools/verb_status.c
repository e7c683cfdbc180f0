/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_status.c - fanzhactl status: what is in force?
 *
 * What the plugin says is shown as it is, so that a plugin of another version
 * has its say too. Only bypass is known by name: it comes first, in red.
 */
#include "config.h"

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

/* true, {"on":true,...} or a list that is not empty. */
static bool is_on(const json_t *bypass)
{
    if (json_is_object(bypass))
        return is_on(json_object_get(bypass, "on")) ||
               json_array_size(json_object_get(bypass, "identities")) > 0;
    return json_is_true(bypass) || json_array_size(bypass) > 0;
}

static void print_scalar(const json_t *value)
{
    char *text;

    if (json_is_string(value)) {
        printf("%s\n", json_string_value(value));
        return;
    }
    text = json_dumps(value,
                      JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(12));
    printf("%s\n", text == NULL ? "?" : text);
    free(text);
}

static void print_value(const json_t *value, const char *path)
{
    const char *key;
    json_t *inner;

    if (!json_is_object(value)) {
        printf("%-28s ", path);
        print_scalar(value);
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)value, key, inner)
    {
        char below[256];

        snprintf(below, sizeof below, "%s%s%s", path, *path == '\0' ? "" : ".",
                 key);
        print_value(inner, below);
    }
}

static void print_demoted(const json_t *rules)
{
    json_t *one;
    size_t i;

    json_array_foreach(rules, i, one) printf(
        "%s%s", i == 0 ? "in shadow until the next generation alone: " : ", ",
        json_is_string(one) ? json_string_value(one) : "?");
    if (json_array_size(rules) > 0)
        putchar('\n');
}

static void print_dns_lists(const json_t *lists)
{
    json_t *one;
    size_t i;

    json_array_foreach(lists, i, one)
    {
        const char *name = json_string_value(json_object_get(one, "name"));
        const char *state = json_string_value(json_object_get(one, "state"));
        const char *why = json_string_value(json_object_get(one, "why"));

        if (name != NULL && state != NULL && strcmp(state, "serving") != 0)
            printf("DNS list %s is not asked (%s): %s\n", name, state,
                   why == NULL ? "?" : why);
    }
}

static void print_text(const json_t *result)
{
    bool colour = fz_ctl_colour();
    json_t *damaged, *one;
    const char *in_force;
    size_t i;

    if (is_on(json_object_get(result, "bypass")))
        printf("%sBYPASS IS ON: messages pass whatever the rules say%s\n",
               colour ? "\033[1;31m" : "", colour ? "\033[0m" : "");
    damaged = json_object_get(json_object_get(result, "generation"), "damaged");
    json_array_foreach(damaged, i, one)
    {
        const char *which =
            json_string_value(json_object_get(one, "generation"));
        const char *why = json_string_value(json_object_get(one, "why"));

        printf("%sGENERATION DAMAGED: the %s one could not be put in force: "
               "%s%s\n",
               colour ? "\033[1;31m" : "", which == NULL ? "?" : which,
               why == NULL ? "?" : why, colour ? "\033[0m" : "");
    }
    in_force = json_string_value(
        json_object_get(json_object_get(result, "generation"), "in_force"));
    if (json_array_size(damaged) > 0 && in_force != NULL &&
        strcmp(in_force, "none") == 0)
        printf("%sNO RULES ARE IN FORCE: every message passes; promote a good "
               "generation with fanzhactl reload%s\n",
               colour ? "\033[1;31m" : "", colour ? "\033[0m" : "");
    print_demoted(
        json_object_get(json_object_get(result, "generation"), "demoted"));
    print_dns_lists(json_object_get(result, "dns_lists"));
    print_value(result, "");
}

int fz_ctl_status(int argc, char **argv)
{
    static const struct argp_child children[] = {{&fz_ask_argp, 0, NULL, 0},
                                                 {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .doc = "Show what the running plugin has in force, and how it is.\v"
               "Exit status: 0, or 4 when it does not answer.",
    };
    Args args = {.format = FZ_CTL_TEXT};
    json_t *answer = NULL;
    int exit_status;

    argp_parse(&argp, argc, argv, 0, NULL, &args);
    exit_status = fz_ask(&args.ask, "status", NULL, &answer);
    if (exit_status != FZ_CTL_FINE)
        return exit_status;
    if (args.format == FZ_CTL_JSON)
        fz_ctl_print_json(json_incref(json_object_get(answer, "result")));
    else
        print_text(json_object_get(answer, "result"));
    json_decref(answer);
    return FZ_CTL_FINE;
}
