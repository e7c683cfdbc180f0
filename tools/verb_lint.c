/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_lint.c - fanzhactl lint: every problem of rule sets, with its place
 */
#include "config.h"

#include "base/clock.h"
#include "tools/junit.h"
#include "tools/source.h"

#include <stdio.h>

typedef struct Args {
    FzCtlSource source;
    FzCtlFormat format;
} Args;

enum {
    OPTION_PROGRESS = 256,
};

static const struct argp_option options[] = {
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
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_json(FzCtlSink *sink, uint32_t rules)
{
    fz_ctl_print_json(json_pack("{s:i,s:i,s:i,s:O}", "rules", (int)rules,
                                "errors", (int)sink->errors, "warnings",
                                (int)sink->warnings, "findings", sink->diags));
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
               "\n"
               "Exit status: 0 nothing found, 1 findings, 3 when "
               "the configuration or a file cannot be read.",
    };
    Args args = {.format = FZ_CTL_TEXT};
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
    if (args.format == FZ_CTL_JSON)
        print_json(&sink, rules);
    else if (args.format == FZ_CTL_JUNIT)
        print_junit(sink.diags, bundle == NULL ? NULL : bundle->ruleset);
    else
        printf("%u rules, %u errors, %u warnings\n", rules, sink.errors,
               sink.warnings);
    json_decref(sink.diags);
    fz_bundle_destroy(bundle);
    fz_ctl_source_clear(&args.source);
    if (status == FZ_E_IO)
        return FZ_CTL_CONFIG;
    return sink.errors + sink.warnings > 0 ? FZ_CTL_FINDINGS : FZ_CTL_FINE;
}
