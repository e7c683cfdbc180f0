/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list_query.c - fanzhactl list query: what does a list say?
 */
#include "config.h"

#include "base/clock.h"
#include "engine/list/question.h"
#include "engine/verdict/links.h"
#include "tools/lines.h"
#include "tools/ask.h"
#include "tools/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    OPTION_LIVE = 300,
    OPTION_PUBLIC_KEY = 256,
    OPTION_TIME,
};

typedef struct Args {
    FzAsk ask;
    bool live; /* the running gateway, instead of a file */
    FzCtlFormat format;
    const char *public_key;
    int64_t now_ms;
    const char *file;
    char **keys; /* the rest of argv */
    size_t key_count;
} Args;

static const struct argp_option options[] = {
    {"format", 'f', "FORMAT", 0,
     "text, or jsonl: objects with `url' or `key' on standard input", 0},
    {"public-key", OPTION_PUBLIC_KEY, "FILE", 0,
     "refuse a list that is not signed with this key's other half", 0},
    {"time", OPTION_TIME, "TIME", 0, "ask as of this time (default: now)", 0},
    {"live", OPTION_LIVE, NULL, 0,
     "ask the running gateway: all its lists and live entries; there is no "
     "FILE",
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
    case OPTION_LIVE:
        args->live = true;
        return 0;
    case 'f':
        args->format =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSONL, state);
        return 0;
    case OPTION_PUBLIC_KEY:
        args->public_key = arg;
        return 0;
    case OPTION_TIME:
        args->now_ms = fz_ctl_time_ms(arg, state);
        return 0;
    case ARGP_KEY_ARG:
        if (args->file != NULL || args->live)
            return ARGP_ERR_UNKNOWN; /* ARGP_KEY_ARGS takes the keys */
        args->file = arg;
        return 0;
    case ARGP_KEY_ARGS:
        args->keys = state->argv + state->next;
        args->key_count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END:
        if (args->file == NULL && !args->live)
            argp_error(state, "which list?");
        if (args->live && (args->public_key != NULL || args->key_count == 0))
            argp_error(state, "--live takes keys, and no --public-key");
        if (!args->live &&
            (args->format == FZ_CTL_TEXT) != (args->key_count != 0))
            argp_error(state, args->key_count == 0
                                  ? "ask for what? a link, or a key as a "
                                    "source writes it"
                                  : "with --format jsonl questions come on "
                                    "standard input");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- answers
 * -------------------------------------------------------------------- */
static char *entry_of(const FzAnswer *answer)
{
    static char entry[2 * FZ_LIMIT_KEY_OCTETS + 64];

    fz_answer_entry(answer, entry, sizeof entry);
    return entry;
}

static void print_text(const char *asked, const FzAnswer *answer)
{
    printf("%s: %s", asked, fz_answer_name(answer->kind));
    if (answer->kind == FZ_ANSWER_ALLOW || answer->kind == FZ_ANSWER_BLOCK) {
        printf(" by %s in %s, category %s", entry_of(answer), answer->list,
               answer->category);
        if (answer->score != FZ_LIST_SCORE_UNSET)
            printf(", score %d.%02d", answer->score / 100, answer->score % 100);
        if (answer->stale)
            printf(", stale");
        if (answer->note != NULL)
            printf(" (%s)", answer->note);
    }
    putchar('\n');
}

static int run_lines(const FzListSet *set, const Args *args)
{
    int exit_status = FZ_CTL_FINE;
    FzLines lines;
    FzSlice line;

    fz_lines_init(&lines, STDIN_FILENO);
    while (fz_lines_next(&lines, &line)) {
        json_error_t error = {.text = "the line is too long"};
        json_t *object = lines.too_long
                             ? NULL
                             : json_loadb((const char *)line.data, line.octets,
                                          JSON_ALLOW_NUL, &error);
        const json_t *url = json_object_get(object, "url");
        const json_t *key = json_object_get(object, "key");
        FzQuestion question;
        FzAnswer answer;

        snprintf(question.fault, sizeof question.fault, "%s",
                 object == NULL ? error.text
                                : "there is no `url' and no `key'");
        if (json_is_string(url))
            fz_question_read_url(
                fz_slice(json_string_value(url), json_string_length(url)),
                &question);
        else if (json_is_string(key))
            fz_question_read_key(
                fz_slice(json_string_value(key), json_string_length(key)),
                &question);
        if (question.fault[0] == '\0') {
            fz_lists_find(set, NULL, &question.key, 1, args->now_ms, &answer);
            fz_ctl_print_json(fz_links_answer_json(&answer));
        } else {
            fz_ctl_print_json(json_pack("{s:i,s:s}", "line", (int)lines.number,
                                        "error", question.fault));
            exit_status = FZ_CTL_PARTLY;
        }
        json_decref(object);
    }
    fz_lines_clear(&lines);
    return exit_status;
}

static int run_keys(const FzListSet *set, const Args *args)
{
    int exit_status = FZ_CTL_FINE;

    for (size_t i = 0; i < args->key_count; i++) {
        const char *asked = args->keys[i];
        FzQuestion question;
        FzAnswer answer;

        fz_question_read(fz_slice_of(asked), &question);
        if (question.fault[0] != '\0') {
            fprintf(stderr, "fanzhactl: %s: %s.\n", asked, question.fault);
            exit_status = FZ_CTL_PARTLY;
            continue;
        }
        fz_lists_find(set, NULL, &question.key, 1, args->now_ms, &answer);
        print_text(asked, &answer);
    }
    return exit_status;
}

/* --- the running gateway ----------------------------------------------------
 */
static void print_live(const char *asked, const json_t *answer)
{
    const char *kind = json_string_value(json_object_get(answer, "answer"));
    const char *entry = json_string_value(json_object_get(answer, "entry"));
    const char *note = json_string_value(json_object_get(answer, "note"));

    printf("%s: %s", asked, kind == NULL ? "?" : kind);
    if (entry != NULL) {
        printf(" by %s in %s, category %s", entry,
               json_string_value(json_object_get(answer, "list")),
               json_string_value(json_object_get(answer, "category")));
        if (json_is_true(json_object_get(answer, "stale")))
            printf(", stale");
        if (note != NULL)
            printf(" (%s)", note);
    }
    putchar('\n');
}

static int run_live(const Args *args)
{
    json_t *keys = json_array(), *answer = NULL;
    const json_t *answers;
    int exit_status;

    for (size_t i = 0; i < args->key_count; i++)
        json_array_append_new(keys, json_string(args->keys[i]));
    exit_status = fz_ask(&args->ask, "list-query",
                         json_pack("{s:o}", "keys", keys), &answer);
    if (exit_status != FZ_CTL_FINE)
        return exit_status;
    answers = json_object_get(json_object_get(answer, "result"), "answers");
    for (size_t i = 0; i < args->key_count; i++) {
        const json_t *one = json_array_get(answers, i);
        const char *fault = json_string_value(json_object_get(one, "error"));

        if (args->format == FZ_CTL_JSONL) {
            fz_ctl_print_json(json_incref((json_t *)(uintptr_t)one));
        } else if (fault != NULL) {
            fprintf(stderr, "fanzhactl: %s: %s.\n", args->keys[i], fault);
        } else {
            print_live(args->keys[i], one);
        }
        if (fault != NULL)
            exit_status = FZ_CTL_PARTLY;
    }
    json_decref(answer);
    return exit_status;
}

int fz_ctl_list_query(int argc, char **argv)
{
    static const struct argp_child children[] = {{&fz_ask_argp, 0, NULL, 0},
                                                 {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "FILE [KEY...]\n--live KEY...",
        .doc = "Ask a compiled list for links, addresses, contacts and "
               "senders: a link with its scheme, or a key as a source writes "
               "it (host:a.example, tel:+86..., ip:192.0.2.1, "
               "sender:10086).\v"
               "jsonl in:  {\"url\":\"...\"} or {\"key\":\"tel:+86...\"}\n"
               "jsonl out: {\"answer\":\"block|allow|none\",\"category\":"
               "\"...\",\"list\":\"...\",\"entry\":\"...\",\"level\":"
               "\"host\"}\n"
               "\n"
               "Exit status: 0, 3 the list is refused, 4 the gateway does not "
               "answer, 5 some question was none.",
    };
    Args args = {.format = FZ_CTL_TEXT, .now_ms = fz_clock_wall_ms()};
    FzListUse use = {.owner = FZ_OWNER_FEED};
    FzListSet *set;
    int exit_status;

    argp_parse(&argp, argc, argv, 0, NULL, &args);
    if (args.live)
        return run_live(&args);
    use.list = fz_ctl_list_open(args.file, args.public_key);
    if (use.list == NULL)
        return FZ_CTL_CONFIG;
    set = fz_list_set_create(&use, 1);
    exit_status = args.format == FZ_CTL_JSONL ? run_lines(set, &args)
                                              : run_keys(set, &args);
    fz_list_set_destroy(set);
    return exit_status;
}
