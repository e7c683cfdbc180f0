/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_audit.c - fanzhactl audit verify: was the trail altered?
 */
#include "config.h"

#include "tools/store_open.h"

#include <stdio.h>

typedef struct Args {
    const char *config;
    const char *word;
    FzCtlFormat format;
} Args;

static const struct argp_option options[] = {
    {"config", 'c', "FILE", 0,
     "take the store from FILE (default " FZ_CTL_CONFIG_PATH ")", 0},
    {"format", 'f', "FORMAT", 0, "text or json", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;

    switch (key) {
    case 'c':
        args->config = arg;
        return 0;
    case 'f':
        args->format =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSON, state);
        return 0;
    case ARGP_KEY_ARG:
        if (args->word != NULL || strcmp(arg, "verify") != 0)
            argp_error(state, "the one thing to do is `verify'");
        args->word = arg;
        return 0;
    case ARGP_KEY_END:
        if (args->word == NULL)
            argp_error(state, "the one thing to do is `verify'");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int verify(FzStore *store, FzCtlFormat format)
{
    uint64_t entries = 0;
    FzCtlSink sink;
    FzStatus status;

    fz_ctl_sink_init(&sink);
    if (format == FZ_CTL_JSON)
        sink.diags = json_array();
    status = fz_store_audit_verify(store, &entries, &sink.sink);
    if (format == FZ_CTL_JSON)
        fz_ctl_print_json(json_pack("{s:b,s:I,s:o}", "whole", status == FZ_OK,
                                    "entries", (json_int_t)entries, "findings",
                                    sink.diags));
    else if (status == FZ_OK)
        printf("%llu entries, each chained to the one before\n",
               (unsigned long long)entries);
    if (status == FZ_E_IO)
        return FZ_CTL_UNREACHABLE;
    return status == FZ_OK ? FZ_CTL_FINE : FZ_CTL_FINDINGS;
}

int fz_ctl_audit(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "verify",
        .doc = "Check the audit trail of the store, entry by entry.\v"
               "Works beside the running plugin. Names the first entry that "
               "was changed, removed or swapped.\n"
               "\n"
               "Exit status: 0 whole, 1 altered, 3 configuration, 4 the store "
               "cannot be read.",
    };
    Args args = {.format = FZ_CTL_TEXT};
    FzStore *store = NULL;
    FzCtlSink sink;
    int exit_status;

    fz_ctl_sink_init(&sink);
    argp_parse(&argp, argc, argv, 0, NULL, &args);
    exit_status = fz_ctl_store_open(args.config, &sink.sink, &store);
    if (exit_status == FZ_CTL_FINE)
        exit_status = verify(store, args.format);
    fz_store_close(store);
    return exit_status;
}
