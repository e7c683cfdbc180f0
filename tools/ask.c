/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "control/control.h"
#include "tools/ask.h"
#include "tools/source.h"

#include <stdio.h>
#include <unistd.h>

enum {
    OPTION_SOCKET = 512,
    OPTION_TIMEOUT,
};

static const struct argp_option options[] = {
    {"config", 'c', "FILE", 0,
     "take the control socket from FILE (default " FZ_CTL_CONFIG_PATH ")", 5},
    {"socket", OPTION_SOCKET, "PATH", 0, "the control socket itself", 5},
    {"timeout", OPTION_TIMEOUT, "TIME", 0,
     "give up after so much silence (default 60s)", 5},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    FzAsk *ask = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        ask->timeout_ms = 60000;
        return 0;
    case 'c':
        ask->config = arg;
        return 0;
    case OPTION_SOCKET:
        ask->socket = arg;
        return 0;
    case OPTION_TIMEOUT:
        ask->timeout_ms = 1000 * fz_ctl_duration_s(arg, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp fz_ask_argp = {.options = options, .parser = parse};

static void tell_refusal(const json_t *answer)
{
    const json_t *diags = json_object_get(answer, "diags");
    const char *text = json_string_value(json_object_get(answer, "error"));

    if (json_array_size(diags) > 0)
        fz_ctl_print_diags(diags);
    else
        fprintf(stderr, "fanzhactl: %s.\n",
                text == NULL ? "the answer gives no reason" : text);
}

static int ask_at(const char *path, const FzAsk *ask, const char *verb,
                  const json_t *args, FzAskEnd *end_out, json_t **answer_out)
{
    json_t *answer = NULL;
    bool sent;
    FzProgressLine line = {.style = ask->progress};
    FzCtlSink sink;
    FzStatus status;

    fz_ctl_sink_init(&sink);
    status = fz_control_ask_sent(path, verb, args, fz_progress_line_tell, &line,
                                 ask->timeout_ms, &sink.sink, &sent, &answer);
    fz_progress_line_end(&line);
    if (status != FZ_OK) {
        *end_out = sent ? FZ_ASK_LOST : FZ_ASK_UNASKED;
        if (sink.errors == 0)
            fprintf(stderr, "fanzhactl: %s: no answer.\n", path);
        return FZ_CTL_UNREACHABLE;
    }
    if (!json_is_true(json_object_get(answer, "ok"))) {
        tell_refusal(answer);
        json_decref(answer);
        *end_out = FZ_ASK_REFUSED;
        return FZ_CTL_CONFIG;
    }
    *end_out = FZ_ASK_DONE;
    *answer_out = answer;
    return FZ_CTL_FINE;
}

int fz_ask(const FzAsk *ask, const char *verb, json_t *args,
           json_t **answer_out)
{
    FzAskEnd end;

    return fz_ask_end(ask, verb, args, &end, answer_out);
}

int fz_ask_end(const FzAsk *ask, const char *verb, json_t *args,
               FzAskEnd *end_out, json_t **answer_out)
{
    FzConfig *config = NULL;
    const char *path = ask->socket;
    FzCtlSink sink;
    int exit_status = FZ_CTL_CONFIG;

    *end_out = FZ_ASK_UNASKED;
    fz_ctl_sink_init(&sink);
    if (path == NULL &&
        fz_ctl_config_load(ask->config, &sink.sink, &config) == FZ_OK)
        path = config->control.socket;
    if (path != NULL)
        exit_status = ask_at(path, ask, verb, args, end_out, answer_out);
    else if (config != NULL)
        fprintf(stderr,
                "fanzhactl: the configuration has no control socket.\n");
    fz_config_destroy(config);
    json_decref(args);
    return exit_status;
}
