/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list_live.c - fanzhactl list add, confirm, remove, live: entries of the
 * running gateway
 */
#include "config.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "tools/ask.h"
#include "tools/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Args {
    FzAsk ask;
    FzCtlFormat format;
    json_t *question;
    bool keyless; /* `live` takes none */
} Args;

enum {
    OPTION_ACTION = 256,
    OPTION_CATEGORY,
    OPTION_EXPIRES,
    OPTION_REFERENCE,
    OPTION_NOTE,
    OPTION_SCORE,
    OPTION_FORCE,
};

static const struct argp_option format_option[] = {
    {"format", 'f', "FORMAT", 0, "text or json", 0},
    {0},
};

static const struct argp_option add_options[] = {
    {"format", 'f', "FORMAT", 0, "text or json", 0},
    {"action", OPTION_ACTION, "WORD", 0, "block (the default) or allow", 0},
    {"category", OPTION_CATEGORY, "NAME", 0,
     "what it is: phishing, malware, scam ...; default listed", 0},
    {"expires", OPTION_EXPIRES, "TIME", 0,
     "30m, 12h, 7d from now, or a time (RFC 3339); without it, until removed",
     0},
    {"reference", OPTION_REFERENCE, "TEXT", 0, "ticket, order or report", 0},
    {"note", OPTION_NOTE, "TEXT", 0, "what explanations shall say", 0},
    {"score", OPTION_SCORE, "POINTS", 0,
     "a block that only adds these points, 0 to 100", 0},
    {"force", OPTION_FORCE, NULL, 0,
     "also where many share the host: a shortener, a platform", 0},
    {0},
};

static const struct argp_option remove_options[] = {
    {"format", 'f', "FORMAT", 0, "text or json", 0},
    {"action", OPTION_ACTION, "WORD", 0, "block or allow; default both", 0},
    {0},
};

static void set(Args *args, const char *name, const char *text)
{
    json_object_set_new(args->question, name, json_string(text));
}

static void set_expires(Args *args, const char *word, struct argp_state *state)
{
    int64_t wall_ms, left_s;

    if (fz_clock_parse(word, &wall_ms) == FZ_OK &&
        strspn(word, "0123456789") != strlen(word))
        left_s = (wall_ms - fz_clock_wall_ms()) / 1000;
    else
        left_s = fz_ctl_duration_s(word, state);
    if (left_s < 1)
        argp_error(state, "--expires `%s' is over", word);
    json_object_set_new(args->question, "expires_s", json_integer(left_s));
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;
    char *end;
    double points;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->ask;
        return 0;
    case 'f':
        args->format =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSON, state);
        return 0;
    case OPTION_ACTION:
        if (strcmp(arg, "block") != 0 && strcmp(arg, "allow") != 0)
            argp_error(state, "--action is block or allow");
        set(args, "action", arg);
        return 0;
    case OPTION_CATEGORY:
        set(args, "category", arg);
        return 0;
    case OPTION_EXPIRES:
        set_expires(args, arg, state);
        return 0;
    case OPTION_REFERENCE:
        set(args, "reference", arg);
        return 0;
    case OPTION_NOTE:
        set(args, "note", arg);
        return 0;
    case OPTION_SCORE:
        points = strtod(arg, &end);
        if (*end != '\0' || end == arg || !(points >= 0 && points <= 100))
            argp_error(state, "--score is 0 to 100 points");
        json_object_set_new(args->question, "score", json_real(points));
        return 0;
    case OPTION_FORCE:
        json_object_set_new(args->question, "force", json_true());
        return 0;
    case ARGP_KEY_ARG:
        if (args->keyless || json_object_get(args->question, "key") != NULL)
            argp_error(state,
                       args->keyless ? "it takes no key" : "one key at a time");
        if (!fz_utf8_valid((const uint8_t *)arg, strlen(arg)))
            argp_error(state, "the key is not UTF-8");
        set(args, "key", arg);
        return 0;
    case ARGP_KEY_END:
        if (!args->keyless && json_object_get(args->question, "key") == NULL)
            argp_error(state, "which key? host:a.example, .a.example, "
                              "tel:+86..., sender:10690 ...");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&fz_ask_argp, 0, NULL, 0}, {0}};

static const char *text_of(const json_t *it, const char *name)
{
    const char *text = json_string_value(json_object_get(it, name));

    return text == NULL ? "" : text;
}

static int ask(const struct argp *argp, const char *verb, bool keyless,
               int argc, char **argv, void (*print)(const json_t *result))
{
    Args args = {
        .format = FZ_CTL_TEXT, .question = json_object(), .keyless = keyless};
    json_t *answer = NULL;
    int exit_status;

    argp_parse(argp, argc, argv, 0, NULL, &args);
    if (strcmp(verb, "list-add") == 0 &&
        json_object_get(args.question, "action") == NULL)
        set(&args, "action", "block");
    exit_status = fz_ask(&args.ask, verb, args.question, &answer);
    if (exit_status != FZ_CTL_FINE)
        return exit_status;
    if (json_array_size(json_object_get(answer, "diags")) > 0)
        fz_ctl_print_diags(json_object_get(answer, "diags"));
    if (args.format == FZ_CTL_JSON)
        fz_ctl_print_json(json_incref(json_object_get(answer, "result")));
    else
        print(json_object_get(answer, "result"));
    json_decref(answer);
    return FZ_CTL_FINE;
}

/* --- add --------------------------------------------------------------------
 */
static void print_state(const json_t *result)
{
    const char *state = text_of(result, "state");
    const json_t *answer = json_object_get(result, "answer");

    printf("%s: %s\n", text_of(result, "key"),
           strcmp(state, "in-force") == 0 ? "in force"
           : strcmp(state, "waiting") == 0
               ? "waits until another person says `fanzhactl list confirm'"
               : state);
    if (answer != NULL && strcmp(text_of(answer, "answer"), "none") != 0)
        printf("still: %s by %s in %s\n", text_of(answer, "answer"),
               text_of(answer, "entry"), text_of(answer, "list"));
}

int fz_ctl_list_add(int argc, char **argv)
{
    static const struct argp argp = {
        .options = add_options,
        .parser = parse,
        .children = children,
        .args_doc = "KEY",
        .doc = "Block or allow a link, host, address, contact or sender in the "
               "running gateway, from the next message on.\v"
               "The entry survives a restart, and is in the audit trail. A "
               "block is certain: messages with it are rejected, unless "
               "--score says what it is worth. An allow waits for a second "
               "person where lists.second-person is on.\n"
               "\n"
               "  fanzhactl list add host:a.example --category phishing "
               "--expires 7d --reference T-1\n"
               "  fanzhactl list add host:bank.example --action allow\n"
               "\n"
               "Exit status: 0, 3 refused, 4 the gateway does not answer.",
    };

    return ask(&argp, "list-add", false, argc, argv, print_state);
}

int fz_ctl_list_confirm(int argc, char **argv)
{
    static const struct argp argp = {
        .options = format_option,
        .parser = parse,
        .children = children,
        .args_doc = "KEY",
        .doc = "Say as a second person that a live allow may be in force.\v"
               "`fanzhactl list live' shows what waits. Who proposed it cannot "
               "confirm it.",
    };

    return ask(&argp, "list-confirm", false, argc, argv, print_state);
}

int fz_ctl_list_remove(int argc, char **argv)
{
    static const struct argp argp = {
        .options = remove_options,
        .parser = parse,
        .children = children,
        .args_doc = "KEY",
        .doc = "Take a live entry out of force, from the next message on.\v"
               "What a compiled list holds is not taken out: that is done in "
               "its source, or by a live allow.",
    };

    return ask(&argp, "list-remove", false, argc, argv, print_state);
}

/* --- live -------------------------------------------------------------------
 */
static void print_entries(const json_t *result)
{
    const json_t *entries = json_object_get(result, "entries");
    json_t *it;
    size_t i;

    json_array_foreach((json_t *)(uintptr_t)entries, i, it)
    {
        const char *expires = text_of(it, "expires");

        printf("%s\t%s\t%s\t%s\t%s\t%s\t%s%s%s\n", text_of(it, "state"),
               text_of(it, "action"), text_of(it, "key"),
               text_of(it, "category"),
               expires[0] == '\0' ? "for good" : expires, text_of(it, "by"),
               text_of(it, "reference"),
               text_of(it, "reference")[0] != '\0' &&
                       text_of(it, "note")[0] != '\0'
                   ? ", "
                   : "",
               text_of(it, "note"));
    }
}

int fz_ctl_list_live(int argc, char **argv)
{
    static const struct argp argp = {
        .options = format_option,
        .parser = parse,
        .children = children,
        .doc = "Show the live entries of the running gateway, in the order in "
               "which they were added.\v"
               "Columns: state (in-force, waiting), action, key, category, "
               "expiry, who, reference and note.",
    };

    return ask(&argp, "list-live", true, argc, argv, print_entries);
}
