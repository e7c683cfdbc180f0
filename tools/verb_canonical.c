/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_canonical.c - fanzhactl canonical: the one way to write a URL
 */
#include "config.h"

#include "engine/url/canonical.h"
#include "engine/verdict/links.h"
#include "engine/verdict/record.h"
#include "tools/ctl.h"
#include "tools/lines.h"

#include <stdio.h>
#include <unistd.h>

typedef struct Args {
    FzCtlFormat format;
    const char *url;
} Args;

static const struct argp_option options[] = {
    {"format", 'f', "FORMAT", 0,
     "text, or jsonl: objects with `url' on standard input", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;

    switch (key) {
    case 'f':
        args->format =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSONL, state);
        return 0;
    case ARGP_KEY_ARG:
        if (args->url != NULL)
            argp_error(state, "one URL at a time: put it in quotes");
        args->url = arg;
        return 0;
    case ARGP_KEY_END:
        if ((args->format == FZ_CTL_TEXT) != (args->url != NULL))
            argp_error(state, args->url == NULL
                                  ? "the URL is missing"
                                  : "with --format jsonl URLs come on "
                                    "standard input");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

typedef struct Room {
    uint8_t octets[FZ_CANONICAL_ROOM];
    FzCanonical canonical;
    FzSlice expression[FZ_LIMIT_URL_EXPRESSIONS];
    size_t count;
} Room;

/* What is wrong with it, or NULL. */
static const char *look(Room *room, FzSlice url)
{
    switch (fz_canonical_url(url, room->octets, &room->canonical, NULL)) {
    case FZ_OK:
        room->count =
            fz_canonical_expressions(&room->canonical, room->expression);
        return NULL;
    case FZ_E_LIMIT:
        return "the URL is longer than 2048 octets";
    default:
        return "no host can be found in it, or its port or address is none";
    }
}

static json_t *text_or_null(FzSlice text)
{
    return text.data == NULL ? json_null() : fz_record_text(text);
}

static void print_object(const Room *room)
{
    const FzCanonical *canonical = &room->canonical;
    json_t *it = json_object();

    json_object_set_new(it, "canonical", fz_record_text(canonical->url));
    json_object_set_new(it, "host", fz_record_text(canonical->host));
    json_object_set_new(it, "path", fz_record_text(canonical->path));
    json_object_set_new(it, "query", text_or_null(canonical->query));
    json_object_set_new(it, "expressions",
                        fz_links_slices_json(room->expression, room->count));
    fz_ctl_print_json(it);
}

static void print_text(const Room *room)
{
    printf("%-10s %.*s\n", "canonical", (int)room->canonical.url.octets,
           (const char *)room->canonical.url.data);
    for (size_t i = 0; i < room->count; i++)
        printf("%-10s %.*s\n", i == 0 ? "lists" : "",
               (int)room->expression[i].octets,
               (const char *)room->expression[i].data);
}

/* That there is no such form is an answer too. */
static void answer(Room *room, const json_t *url)
{
    const char *fault =
        look(room, fz_slice(json_string_value(url), json_string_length(url)));

    if (fault == NULL)
        print_object(room);
    else
        fz_ctl_print_json(json_pack("{s:s}", "error", fault));
}

static int run_lines(Room *room)
{
    int exit_status = FZ_CTL_FINE;
    FzLines lines;
    FzSlice line;

    fz_lines_init(&lines, STDIN_FILENO);
    while (fz_lines_next(&lines, &line)) {
        json_error_t error;
        json_t *object = fz_lines_object(&lines, line, "url", &error);

        if (object != NULL) {
            answer(room, json_object_get(object, "url"));
        } else {
            fz_lines_print_fault(&lines, error.text);
            exit_status = FZ_CTL_PARTLY;
        }
        json_decref(object);
    }
    fz_lines_clear(&lines);
    return exit_status;
}

int fz_ctl_canonical(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "[URL]",
        .doc =
            "Write a URL in its canonical form, and show the expressions that "
            "lists are asked about it.\v"
            "jsonl in:  {\"url\":\"...\"}\n"
            "jsonl out: {\"canonical\":\"...\",\"host\":\"...\","
            "\"path\":\"...\",\"query\":\"...\",\"expressions\":[...]}; the "
            "query is null when there is none; {\"error\":\"...\"} when the "
            "URL has no canonical form, which in text is exit status 1",
    };
    static Room room;
    Args args = {.format = FZ_CTL_TEXT};
    const char *fault;

    argp_parse(&argp, argc, argv, 0, NULL, &args);
    if (args.format == FZ_CTL_JSONL)
        return run_lines(&room);
    fault = look(&room, fz_slice_of(args.url));
    if (fault != NULL) {
        fprintf(stderr, "fanzhactl: %s.\n", fault);
        return FZ_CTL_FINDINGS;
    }
    print_text(&room);
    return FZ_CTL_FINE;
}
