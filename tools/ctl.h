/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ctl.h - what the verbs of fanzhactl share
 *
 * A verb is one file: it parses its own options with argp, does its work and
 * returns an exit status. Answers go to stdout, diags and progress to stderr.
 */
#ifndef FZ_TOOLS_CTL_H
#define FZ_TOOLS_CTL_H

#include "base/buf.h"
#include "base/status.h"

#include <argp.h>
#include <jansson.h>
#include <stdbool.h>

/* Stable: scripts depend on them. */
typedef enum FzCtlExit {
    FZ_CTL_FINE = 0,
    FZ_CTL_FINDINGS = 1,    /* lint, test, audit: something to look at */
    FZ_CTL_USAGE = 2,       /* the command line */
    FZ_CTL_CONFIG = 3,      /* configuration or rules do not load */
    FZ_CTL_UNREACHABLE = 4, /* no plugin, no store */
    FZ_CTL_PARTLY = 5,      /* some lines of the input were bad */
} FzCtlExit;

#define FZ_CTL_CONFIG_PATH "/etc/fanzha/fanzha.conf"

typedef struct FzCtlVerb {
    const char *name;
    const char *summary; /* one line of --help */
    int (*run)(int argc, char **argv);
} FzCtlVerb;

int fz_ctl_main(int argc, char **argv);

/* --- options every verb has in its own words -------------------------------
 */
typedef enum FzCtlFormat {
    FZ_CTL_TEXT = 0,
    FZ_CTL_JSON = 1,
    FZ_CTL_JSONL = 2,
    FZ_CTL_JUNIT = 3,
} FzCtlFormat;

/** --format: one of the bits (1 << FzCtlFormat) in `allowed`, else the usage
 *  error of argp, which ends the process with FZ_CTL_USAGE. */
FzCtlFormat fz_ctl_format(const char *word, unsigned allowed,
                          struct argp_state *state);

/** "90s", "30m", "2h", "7d" or seconds; else the usage error of argp. */
int64_t fz_ctl_duration_s(const char *word, struct argp_state *state);

/** "0.1%" or 0.001: at most all; else the usage error of argp. */
double fz_ctl_share(const char *word, struct argp_state *state);

/** A number from 0 to `most`; else the usage error of argp. */
int64_t fz_ctl_number(const char *word, int64_t most, struct argp_state *state);

/** stdout is a terminal, and NO_COLOR is not set. */
bool fz_ctl_colour(void);

/* --- telling -----------------------------------------------------------------
 */
/** Prints "FILE:LINE: rule `ID': TEXT." to stderr and counts. */
typedef struct FzCtlSink {
    FzDiagSink sink;
    bool errors_only; /* warnings are counted, not printed */
    bool silent;      /* nothing is printed */
    json_t *diags;    /* when set (an array), they go there instead */
    unsigned errors;
    unsigned warnings;
} FzCtlSink;
void fz_ctl_sink_init(FzCtlSink *sink);

json_t *fz_ctl_diag_json(const FzDiag *diag);

/** A text of somebody else's and a newline to stdout: nothing in it moves the
 *  cursor, or tells a terminal anything. */
void fz_ctl_print_line(FzSlice text);

/** One JSON value and a newline to stdout; takes the reference. */
void fz_ctl_print_json(json_t *value);

/** Diags as the control socket answers them, to stderr. */
void fz_ctl_print_diags(const json_t *diags);

/* --- verbs
 * --------------------------------------------------------------------- */
int fz_ctl_audit(int argc, char **argv);
int fz_ctl_brake(int argc, char **argv);
int fz_ctl_bench_rules(int argc, char **argv);
int fz_ctl_bypass(int argc, char **argv);
int fz_ctl_canonical(int argc, char **argv);
int fz_ctl_demote(int argc, char **argv);
int fz_ctl_diff(int argc, char **argv);
int fz_ctl_draft(int argc, char **argv);
int fz_ctl_explain(int argc, char **argv);
int fz_ctl_generations(int argc, char **argv);
int fz_ctl_held(int argc, char **argv);
int fz_ctl_import(int argc, char **argv);
int fz_ctl_lint(int argc, char **argv);
int fz_ctl_list(int argc, char **argv);
int fz_ctl_metrics(int argc, char **argv);
int fz_ctl_normalise(int argc, char **argv);
int fz_ctl_promote(int argc, char **argv);
int fz_ctl_release(int argc, char **argv);
int fz_ctl_reload(int argc, char **argv);
int fz_ctl_replay(int argc, char **argv);
int fz_ctl_rules(int argc, char **argv);
int fz_ctl_rollback(int argc, char **argv);
int fz_ctl_scan(int argc, char **argv);
int fz_ctl_stats(int argc, char **argv);
int fz_ctl_status(int argc, char **argv);
int fz_ctl_test(int argc, char **argv);
int fz_ctl_trace(int argc, char **argv);
int fz_ctl_urls(int argc, char **argv);

#endif
