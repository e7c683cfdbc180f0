/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_explain.c - fanzhactl explain TEXT: why this verdict?
 */
#include "config.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "tools/judge.h"
#include "tools/message_in.h"
#include "tools/source.h"

#include <stdio.h>
#include <unistd.h>

typedef struct Args {
    FzCtlSource source;
    FzCtlFormat format;
    FzMessage message; /* what options say of it */
    const char *text;
    bool as_of, timed;
    int64_t as_of_ms;
} Args;

enum {
    OPTION_SENDER = 256,
    OPTION_RECEIVER,
    OPTION_IDENTITY,
    OPTION_SMSC,
    OPTION_DIRECTION,
    OPTION_TIME,
    OPTION_AS_OF,
};

static const struct argp_option options[] = {
    {"format", 'f', "FORMAT", 0, "text or json (as scan prints it)", 0},
    {"sender", OPTION_SENDER, "NUMBER", 0, "who seems to send it", 1},
    {"receiver", OPTION_RECEIVER, "NUMBER", 0, "whom it is for", 1},
    {"identity", OPTION_IDENTITY, "NAME", 0,
     "who was authenticated (service, else box id)", 1},
    {"smsc", OPTION_SMSC, "ID", 0, "SMSC id", 1},
    {"direction", OPTION_DIRECTION, "mt|mo", 0,
     "towards a phone (the default) or from one", 1},
    {"time", OPTION_TIME, "TIME", 0,
     "when, RFC 3339 or seconds since the epoch; default now", 1},
    {"as-of", OPTION_AS_OF, "TIME", 0,
     "by the generation that was in force then, at that time", 1},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = state->child_inputs[1] = &args->source;
        return 0;
    case 'f':
        args->format =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSON, state);
        return 0;
    case OPTION_SENDER:
        args->message.sender = fz_slice_of(arg);
        return 0;
    case OPTION_RECEIVER:
        args->message.receiver = fz_slice_of(arg);
        return 0;
    case OPTION_IDENTITY:
        args->message.identity = args->message.service = fz_slice_of(arg);
        return 0;
    case OPTION_SMSC:
        args->message.smsc = fz_slice_of(arg);
        return 0;
    case OPTION_DIRECTION:
        if (fz_direction_parse(arg, &args->message.direction) != FZ_OK)
            argp_error(state, "--direction is mt or mo");
        return 0;
    case OPTION_TIME:
        if (fz_clock_parse(arg, &args->message.now_ms) != FZ_OK)
            argp_error(state, "`%s' is neither RFC 3339 nor seconds", arg);
        args->timed = true;
        return 0;
    case OPTION_AS_OF:
        if (fz_clock_parse(arg, &args->as_of_ms) != FZ_OK)
            argp_error(state, "`%s' is neither RFC 3339 nor seconds", arg);
        args->as_of = true;
        return 0;
    case ARGP_KEY_ARG:
        if (args->text != NULL)
            argp_error(state, "one text at a time: put it in quotes");
        args->text = arg;
        return 0;
    case ARGP_KEY_END:
        if (args->text == NULL)
            argp_error(state, "the text is missing");
        if (args->as_of &&
            (args->source.folder_count > 0 || args->source.lists != NULL))
            argp_error(state, "--as-of is about a gateway's generations: it "
                              "goes without --patterns and --lists");
        if (args->as_of && !args->timed)
            args->message.now_ms = args->as_of_ms;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* "-" is standard input, whole, without its last newline. */
static FzStatus take_text(const char *text, FzBuf *out, const FzDiagSink *sink)
{
    FzStatus status = FZ_OK;

    if (strcmp(text, "-") == 0)
        status = fz_buf_read_file(out, "/dev/stdin", 1u << 20, sink);
    else
        fz_buf_append_text(out, text);
    if (status == FZ_OK && strcmp(text, "-") == 0 && out->octets > 0 &&
        out->data[out->octets - 1] == '\n')
        out->octets--;
    if (status == FZ_OK && !fz_utf8_valid(out->data, out->octets))
        status =
            fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL, "the text is not UTF-8");
    return status;
}

/* Which generation judged. */
static json_t *generation_json(const FzPromotion *it)
{
    char since[FZ_CLOCK_TEXT];

    fz_clock_format(it->at_ms, since);
    return json_pack("{s:s,s:s,s:s,s:s}", "digest", it->digest, "since", since,
                     "act", it->act, "actor", it->actor);
}

/* `promotion' is NULL for working files. */
static void print(const FzExplain *what, const FzPromotion *promotion,
                  FzCtlFormat format)
{
    FzBuf out = FZ_BUF_INIT;
    char since[FZ_CLOCK_TEXT];

    if (format == FZ_CTL_JSON) {
        json_t *it = fz_explain_json(what);

        if (promotion != NULL)
            json_object_set_new(it, "as_of", generation_json(promotion));
        fz_ctl_print_json(it);
        return;
    }
    if (promotion != NULL) {
        fz_clock_format(promotion->at_ms, since);
        printf("generation %.16s, in force since %s (%s by %s)\n\n",
               promotion->digest, since, promotion->act, promotion->actor);
    }
    fz_explain_text(
        what, fz_ctl_colour() ? FZ_EXPLAIN_COLOUR : FZ_EXPLAIN_PLAIN, &out);
    fwrite(out.data, 1, out.octets, stdout);
    fz_buf_clear(&out);
}

static FzStatus open_source(const Args *args, const FzDiagSink *sink,
                            FzPromotion *promotion_out, FzBundle **bundle_out)
{
    return args->as_of
               ? fz_ctl_source_open_as_of(&args->source, args->as_of_ms, sink,
                                          promotion_out, bundle_out)
               : fz_ctl_source_open(&args->source, sink, bundle_out);
}

int fz_ctl_explain(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&fz_ctl_source_argp, 0, NULL, 0},
        {&fz_ctl_lists_argp, 0, NULL, 0},
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "TEXT",
        .doc =
            "Judge one message and tell why: verdict, score by part, each "
            "signal with its rule and place, the text with those places "
            "marked, and what would have to be different.\v"
            "TEXT is `-' for standard input. Characters that a terminal hides "
            "or obeys are shown as \\u{...}.\n"
            "\n"
            "  fanzhactl explain --patterns patterns/ \"...\"\n"
            "  fanzhactl explain --config fanzha.conf --identity bank-app "
            "\"...\"\n"
            "  fanzhactl explain --as-of 2026-11-20T14:03:00+08:00 \"...\"\n"
            "\n"
            "--as-of takes rules, overrides, lists and policy as they were in "
            "force then; live entries, a bypass and what was braked or demoted "
            "at once are not among them.",
    };
    static FzJudge judge;
    Args args = {.format = FZ_CTL_TEXT};
    FzBundle *bundle = NULL;
    FzBuf text = FZ_BUF_INIT;
    FzPromotion promotion;
    FzMessageIn in;
    FzExplain what;
    FzCtlSink sink;
    int exit_status = FZ_CTL_CONFIG;

    fz_ctl_sink_init(&sink);
    sink.errors_only = true;
    fz_message_in_init(&in);
    args.message.now_ms = fz_clock_wall_ms();
    argp_parse(&argp, argc, argv, 0, NULL, &args);
    if (take_text(args.text, &text, &sink.sink) != FZ_OK) {
        exit_status = FZ_CTL_USAGE;
    } else if (open_source(&args, &sink.sink, &promotion, &bundle) == FZ_OK) {
        in.message = args.message;
        fz_message_in_set_text(&in, fz_buf_slice(&text));
        fz_judge_open(&judge, bundle);
        fz_judge_run(&judge, &in.message, &what);
        print(&what, args.as_of ? &promotion : NULL, args.format);
        fz_judge_close(&judge);
        exit_status = FZ_CTL_FINE;
    }
    fz_message_in_clear(&in);
    fz_buf_clear(&text);
    fz_bundle_destroy(bundle);
    fz_ctl_source_clear(&args.source);
    return exit_status;
}
