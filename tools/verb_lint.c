/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_lint.c - fanzhactl lint: every problem of rule sets, with its place
 */
#include "config.h"

#include "base/clock.h"
#include "tools/junit.h"
#include "tools/looks.h"
#include "tools/source.h"

#include <stdio.h>

typedef struct Args {
    FzCtlSource source;
    FzCtlFormat format;
    const char *ham;
    double max_share; /* of its messages */
    bool has_share;
} Args;

enum {
    OPTION_PROGRESS = 256,
    OPTION_HAM,
    OPTION_MAX_SHARE,
};

static const struct argp_option options[] = {
    {"ham", OPTION_HAM, "FILE", 0,
     "ordinary messages, one a line, as `scan' reads them: a rule that is "
     "looked at in too many of them is a finding",
     0},
    {"max-share", OPTION_MAX_SHARE, "SHARE", 0,
     "with --ham, too many: 1% or 0.01 (default 1%)", 0},
    {"progress", OPTION_PROGRESS, "HOW", 0,
     "auto (a bar on a terminal), none, or json: a line each on stderr", 0},
    {"format", 'f', "FORMAT", 0, "text, json or junit", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->source;
        args->source.shows_progress = true;
        return 0;
    case OPTION_HAM:
        args->ham = arg;
        return 0;
    case OPTION_MAX_SHARE:
        args->max_share = fz_ctl_share(arg, state);
        args->has_share = true;
        return 0;
    case OPTION_PROGRESS:
        args->source.progress = fz_progress_style(arg, state);
        return 0;
    case 'f':
        args->format = fz_ctl_format(
            arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSON | 1u << FZ_CTL_JUNIT,
            state);
        return 0;
    case ARGP_KEY_ARG:
        fz_ctl_source_add_folder(&args->source, arg);
        return 0;
    case ARGP_KEY_END:
        if (args->has_share && args->ham == NULL)
            argp_error(state, "--max-share is of the messages of --ham");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- ordinary messages ----------------------------------------------------
 */

/* What it is to scan a file of them; bad lines are told, and are nothing that
 * is wrong with the rules. */
static int look(FzLooks *looks, const Args *args, const FzDiagSink *sink)
{
    FzProgressLine line = {.style = args->source.progress};
    FzCtlSink lines;
    FzBuf why = FZ_BUF_INIT;

    fz_ctl_sink_init(&lines);
    looks->max_share = args->max_share;
    if (fz_looks_take(looks, args->ham, "lint", &line, NULL, NULL,
                      &lines.sink) != FZ_OK)
        return FZ_CTL_CONFIG;
    if (looks->messages == 0) {
        (void)fz_diag(&lines.sink, FZ_E_SYNTAX, args->ham, 0, NULL,
                      "there is no message in this file");
        return FZ_CTL_CONFIG;
    }
    for (uint32_t i = 0; i < fz_ruleset_count(looks->ruleset); i++) {
        const FzRuleInfo *info = fz_ruleset_rule(looks->ruleset, i);

        if (!fz_looks_too_often(looks, i))
            continue;
        fz_looks_why(looks, i, &why);
        fz_diag_warn(sink, FZ_E_RULE, info->file, info->line, info->id, "%s",
                     fz_buf_text(&why));
        fz_buf_clear(&why);
    }
    return looks->bad > 0 ? FZ_CTL_PARTLY : FZ_CTL_FINE;
}

static json_t *looks_json(const FzLooks *looks)
{
    json_t *rules = json_array();

    for (uint32_t i = 0; i < fz_ruleset_count(looks->ruleset); i++)
        json_array_append_new(rules, fz_looks_json(looks, i));
    return json_pack("{s:I,s:i,s:f,s:o}", "messages",
                     (json_int_t)looks->messages, "bad_lines", (int)looks->bad,
                     "max_share", looks->max_share, "rules", rules);
}

/* --- telling --------------------------------------------------------------
 */

/* `looks' is NULL without ordinary messages. */
static void print_json(const FzCtlSink *sink, uint32_t rules,
                       const FzLooks *looks)
{
    json_t *it = json_pack("{s:i,s:i,s:i,s:O}", "rules", (int)rules, "errors",
                           (int)sink->errors, "warnings", (int)sink->warnings,
                           "findings", sink->diags);

    if (looks != NULL)
        json_object_set_new(it, "ham", looks_json(looks));
    fz_ctl_print_json(it);
}

static void print_text(const FzCtlSink *sink, uint32_t rules,
                       const FzLooks *looks)
{
    printf("%u rules, %u errors, %u warnings", rules, sink->errors,
           sink->warnings);
    if (looks != NULL)
        printf("; looked at %llu messages",
               (unsigned long long)looks->messages);
    putchar('\n');
}

/* --- JUnit ---------------------------------------------------------------- */

static const char *string_of(const json_t *finding, const char *key)
{
    const char *text = json_string_value(json_object_get(finding, key));

    return text == NULL ? "-" : text;
}

static unsigned line_of(const json_t *finding)
{
    return (unsigned)json_integer_value(json_object_get(finding, "line"));
}

/* `findings' about one thing: the first is what failed, all are told. */
static void add_failed(FzJunit *junit, FzJunitCase it, const json_t *findings)
{
    const json_t *finding;
    FzBuf details = FZ_BUF_INIT;
    size_t index;

    json_array_foreach(findings, index, finding) fz_buf_printf(
        &details, "%s%s:%u: %s: %s", index == 0 ? "" : "\n",
        string_of(finding, "file"), line_of(finding),
        string_of(finding, "severity"), string_of(finding, "text"));
    finding = json_array_get(findings, 0);
    it.fault = string_of(finding, "text");
    it.kind = string_of(finding, "severity");
    it.details = fz_buf_text(&details);
    fz_junit_add(junit, &it);
    fz_buf_clear(&details);
}

/* What was found about one rule that is not loaded, or about none. */
static void add_apart(FzJunit *junit, const char *rule, const json_t *findings)
{
    const json_t *first = json_array_get(findings, 0);
    const char *file = string_of(first, "file");
    FzBuf place = FZ_BUF_INIT;

    fz_buf_printf(&place, "%s:%u", file, line_of(first));
    add_failed(junit,
               (FzJunitCase){.classname = file,
                             .name = rule != NULL ? rule : fz_buf_text(&place),
                             .file = file,
                             .line = line_of(first)},
               findings);
    fz_buf_clear(&place);
}

/* Each rule is a test, and so is what was found outside of those that are
 * loaded. */
static void print_junit(const json_t *findings, const FzRuleset *ruleset)
{
    json_t *of_rule = json_object(), *apart = json_array(), *finding;
    const char *id;
    FzJunit junit;
    size_t index;

    fz_junit_init(&junit);
    json_array_foreach(findings, index, finding)
    {
        json_t *list = apart;

        id = json_string_value(json_object_get(finding, "rule"));
        if (id != NULL && (list = json_object_get(of_rule, id)) == NULL)
            json_object_set_new(of_rule, id, list = json_array());
        json_array_append(list, finding);
    }
    for (uint32_t i = 0; ruleset != NULL && i < fz_ruleset_count(ruleset);
         i++) {
        const FzRuleInfo *info = fz_ruleset_rule(ruleset, i);
        FzJunitCase it = {.classname = info->set,
                          .name = info->id,
                          .file = info->file,
                          .line = info->line};

        finding = json_object_get(of_rule, info->id);
        if (finding == NULL)
            fz_junit_add(&junit, &it);
        else
            add_failed(&junit, it, finding);
        json_object_del(of_rule, info->id);
    }
    json_object_foreach(of_rule, id, finding) add_apart(&junit, id, finding);
    json_array_foreach(apart, index, finding)
    {
        json_t *one = json_pack("[O]", finding);

        add_apart(&junit, NULL, one);
        json_decref(one);
    }
    fz_junit_print(&junit, "fanzha lint");
    fz_junit_clear(&junit);
    json_decref(of_rule);
    json_decref(apart);
}

int fz_ctl_lint(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&fz_ctl_source_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "[DIR...]",
        .doc = "Check rule sets: everything that keeps them from loading, and "
               "everything that looks wrong.\v"
               "DIR is a set or a folder of sets, as with --patterns. With "
               "--config, fanzha.conf, the overrides, brands and registry are "
               "checked too.\n"
               "--format junit has one test a rule (its class is the set), and "
               "one for everything that is found elsewhere.\n"
               "With --ham, a rule is looked at in a message when a word that "
               "leads to it stands there, which costs time also where it does "
               "not match. One that must begin at common words is marked "
               "`common = true;'. JSON has how often for every rule.\n"
               "\n"
               "Exit status: 0 nothing found, 1 findings, 3 when the "
               "configuration or a file cannot be read, 5 when lines of --ham "
               "were no messages.",
    };
    Args args = {.format = FZ_CTL_TEXT, .max_share = FZ_LOOKS_MAX_SHARE};
    int exit_status = FZ_CTL_FINE;
    FzLooks looks, *looked = NULL; /* the latter with --ham */
    FzBundle *bundle = NULL;
    FzCtlSink sink;
    FzStatus status;
    uint32_t rules = 0;

    fz_ctl_sink_init(&sink);
    argp_parse(&argp, argc, argv, 0, NULL, &args);
    if (args.format != FZ_CTL_TEXT)
        sink.diags = json_array();
    status = fz_ctl_source_open(&args.source, &sink.sink, &bundle);
    if (bundle != NULL && bundle->ruleset != NULL) {
        rules = fz_ruleset_count(bundle->ruleset);
        fz_ruleset_lint(bundle->ruleset, fz_clock_wall_ms(), &sink.sink);
    }
    if (bundle != NULL && bundle->senders != NULL)
        fz_senders_lint(bundle->senders, fz_clock_wall_ms(), &sink.sink);
    if (args.ham != NULL && rules > 0) {
        fz_looks_open(&looks, bundle);
        looked = &looks;
        exit_status = look(&looks, &args, &sink.sink);
    }
    if (args.format == FZ_CTL_JSON)
        print_json(&sink, rules, looked);
    else if (args.format == FZ_CTL_JUNIT)
        print_junit(sink.diags, bundle == NULL ? NULL : bundle->ruleset);
    else
        print_text(&sink, rules, looked);
    if (looked != NULL)
        fz_looks_close(&looks);
    json_decref(sink.diags);
    fz_bundle_destroy(bundle);
    fz_ctl_source_clear(&args.source);
    if (status == FZ_E_IO || exit_status == FZ_CTL_CONFIG)
        return FZ_CTL_CONFIG;
    return sink.errors + sink.warnings > 0 ? FZ_CTL_FINDINGS : exit_status;
}
