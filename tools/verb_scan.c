/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_scan.c - fanzhactl scan: judge messages, one a line
 */
#include "config.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "tools/judge.h"
#include "tools/lines.h"
#include "tools/message_in.h"
#include "tools/source.h"

#include <stdio.h>
#include <unistd.h>

typedef struct Args {
    FzCtlSource source;
    FzCtlFormat format;
} Args;

static const struct argp_option options[] = {
    {"format", 'f', "FORMAT", 0,
     "text: each line is a message, each answer a row of columns; jsonl: each "
     "line is an object, and so is each answer",
     0},
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
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSONL, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- JSON lines -------------------------------------------------------------
 */
static void answer_fault(unsigned line, const char *fault)
{
    fz_ctl_print_json(
        json_pack("{s:i,s:s}", "line", (int)line, "error", fault));
}

/* The id goes first, as it came: string, number or none. */
static json_t *with_id(const json_t *object, json_t *answer)
{
    json_t *id = json_object_get(object, "id"), *whole;

    if (id == NULL)
        return answer;
    whole = json_object();
    json_object_set(whole, "id", id);
    json_object_update(whole, answer);
    json_decref(answer);
    return whole;
}

static bool scan_object(FzJudge *judge, FzMessageIn *in, FzSlice line,
                        unsigned number)
{
    json_error_t error;
    json_t *object = json_loadb((const char *)line.data, line.octets,
                                JSON_ALLOW_NUL, &error);
    FzExplain what;
    bool fine = false;

    if (object == NULL) {
        answer_fault(number, error.text);
    } else if (fz_message_in_read(in, object, fz_clock_wall_ms()) != FZ_OK) {
        answer_fault(number, in->fault);
    } else {
        fz_judge_run(judge, &in->message, &what);
        fz_ctl_print_json(with_id(object, fz_explain_json(&what)));
        fine = true;
    }
    json_decref(object);
    return fine;
}

/* --- text
 * ---------------------------------------------------------------------- */
static void print_row(const FzVerdict *verdict, FzSlice line)
{
    bool first = true;

    printf("%s\t%.2f\t%s\t", fz_action_name(verdict->would),
           verdict->score / 100.0,
           verdict->reason == NULL ? "-" : verdict->reason->name);
    for (uint16_t i = 0; i < verdict->signals.count; i++) {
        const FzSignal *signal = &verdict->signals.item[i];

        printf("%s%s%s", first ? "" : ",", signal->name,
               signal->state == FZ_RULE_SHADOW ? "(shadow)" : "");
        first = false;
    }
    printf("%s\t%.*s\n", first ? "-" : "", (int)line.octets,
           (const char *)line.data);
}

static bool scan_text(FzJudge *judge, FzMessageIn *in, FzSlice line,
                      unsigned number)
{
    FzExplain what;

    if (!fz_utf8_valid(line.data, line.octets)) {
        fprintf(stderr, "fanzhactl: line %u is not UTF-8.\n", number);
        return false;
    }
    memset(&in->message, 0, sizeof in->message);
    in->message.now_ms = fz_clock_wall_ms();
    fz_message_in_set_text(in, line);
    fz_judge_run(judge, &in->message, &what);
    print_row(what.verdict, line);
    return true;
}

/* --- all
 * -------------------------------------------------------------------------- */
static int scan_lines(const FzBundle *bundle, FzCtlFormat format)
{
    static FzJudge judge;
    FzMessageIn in;
    FzLines lines;
    FzSlice line;
    bool all_fine = true, fine;

    fz_judge_open(&judge, bundle);
    fz_message_in_init(&in);
    fz_lines_init(&lines, STDIN_FILENO);
    while (fz_lines_next(&lines, &line)) {
        if (lines.too_long && format == FZ_CTL_JSONL) {
            answer_fault(lines.number, "the line is too long");
            fine = false;
        } else if (lines.too_long) {
            fprintf(stderr, "fanzhactl: line %u is too long.\n", lines.number);
            fine = false;
        } else if (format == FZ_CTL_JSONL) {
            fine = scan_object(&judge, &in, line, lines.number);
        } else {
            fine = scan_text(&judge, &in, line, lines.number);
        }
        all_fine = all_fine && fine;
    }
    fz_lines_clear(&lines);
    fz_message_in_clear(&in);
    fz_judge_close(&judge);
    return all_fine ? FZ_CTL_FINE : FZ_CTL_PARTLY;
}

int fz_ctl_scan(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&fz_ctl_source_argp, 0, NULL, 0},
        {&fz_ctl_lists_argp, 0, NULL, 0},
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .doc =
            "Judge the messages on standard input, one a line, in order.\v"
            "The verdict is what enforce would do, whatever the mode. With "
            "--config, rules in shadow are listed and do not count; with "
            "--patterns every rule counts.\n"
            "\n"
            "jsonl in:  "
            "{\"id\":\"1\",\"direction\":\"mt\",\"sender\":\"10086\","
            "\"text\":\"...\"}\n"
            "           instead of text: coding (0 UTF-8, 1 raw, 2 UTF-16BE), "
            "octets, udh in hex\n"
            "           also receiver, identity, service, boxc, account, smsc, "
            "time\n"
            "jsonl out: {\"id\":\"1\",\"verdict\":\"pass\",\"score\":0.0,...}; "
            "a "
            "bad line: {\"line\":n,\"error\":\"...\"}\n"
            "text out:  verdict, score, reason, rules, text, separated by "
            "tabs\n"
            "\n"
            "Exit status: 0, or 5 when some line was bad; 3 when the rules do "
            "not load.",
    };
    Args args = {.format = FZ_CTL_TEXT};
    FzBundle *bundle = NULL;
    FzCtlSink sink;
    int exit_status = FZ_CTL_CONFIG;

    fz_ctl_sink_init(&sink);
    sink.errors_only = true;
    argp_parse(&argp, argc, argv, 0, NULL, &args);
    if (fz_ctl_source_open(&args.source, &sink.sink, &bundle) == FZ_OK)
        exit_status = scan_lines(bundle, args.format);
    fz_bundle_destroy(bundle);
    fz_ctl_source_clear(&args.source);
    return exit_status;
}
