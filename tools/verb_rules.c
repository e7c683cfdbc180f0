/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_rules.c - fanzhactl rules: which rules are there, and what do they say?
 */
#include "config.h"

#include "base/clock.h"
#include "engine/verdict/record.h"
#include "tools/source.h"

#include <stdio.h>

#define RULES_FILE_OCTETS_MOST (64u << 20)

typedef struct Args {
    FzCtlSource source;
    FzCtlFormat format;
    const char *verb;
    const char *what; /* an id to show, a text to grep */
    FzRuleState state;
    bool has_state;
} Args;

static const struct argp_option options[] = {
    {"state", 's', "STATE", 0, "list: rules in this state alone", 0},
    {"format", 'f', "FORMAT", 0, "text or json", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->source;
        return 0;
    case 's':
        if (fz_rule_state_parse(arg, &args->state) != FZ_OK)
            argp_error(state,
                       "`%s' is no state: draft, shadow, active, retired", arg);
        args->has_state = true;
        return 0;
    case 'f':
        args->format =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSON, state);
        return 0;
    case ARGP_KEY_ARG:
        if (args->verb == NULL)
            args->verb = arg;
        else if (args->what == NULL)
            args->what = arg;
        else
            argp_error(state, "`%s' is too much", arg);
        return 0;
    case ARGP_KEY_END:
        if (args->verb == NULL)
            argp_error(state, "list, show ID or grep TEXT");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- what a rule is ---------------------------------------------------------
 */
static FzRuleState state_of(const FzBundle *bundle, uint32_t index)
{
    return (FzRuleState)atomic_load(&bundle->controls.state[index]);
}

static const char *action_of(const FzRuleInfo *rule)
{
    return rule->action == FZ_RULE_BY_SCORE
               ? "score"
               : fz_action_name((FzAction)(rule->action - 1));
}

static void add_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL && *text != '\0')
        json_object_set_new(object, key, json_string(text));
}

static json_t *rule_json(const FzBundle *bundle, uint32_t index)
{
    const FzRuleInfo *rule = fz_ruleset_rule(bundle->ruleset, index);
    json_t *it = json_object();
    char when[FZ_CLOCK_TEXT];

    add_text(it, "id", rule->id);
    json_object_set_new(it, "rev", json_integer(rule->rev));
    add_text(it, "set", rule->set);
    add_text(it, "title", rule->title);
    add_text(it, "state", fz_rule_state_name(state_of(bundle, index)));
    add_text(it, "written_state", fz_rule_state_name(rule->state));
    json_object_set_new(it, "score", fz_record_points(rule->score));
    add_text(it, "action", action_of(rule));
    add_text(it, "view", fz_view_name(rule->view));
    add_text(it, "reason", rule->reason);
    add_text(it, "group", rule->group);
    add_text(it, "scam_class", rule->scam_class);
    add_text(it, "owner", rule->owner);
    add_text(it, "reference", rule->reference);
    if (rule->common)
        json_object_set_new(it, "common", json_true());
    if (rule->expires_ms != 0) {
        fz_clock_format(rule->expires_ms, when);
        add_text(it, "expires", when);
    }
    if (rule->expires_days != 0)
        json_object_set_new(it, "expires_days",
                            json_integer(rule->expires_days));
    add_text(it, "file", rule->file);
    json_object_set_new(it, "line", json_integer(rule->line));
    return it;
}

/* --- list -------------------------------------------------------------------
 */
static int list(const Args *args, const FzBundle *bundle)
{
    uint32_t count = fz_ruleset_count(bundle->ruleset);
    json_t *all = json_array();

    for (uint32_t i = 0; i < count; i++) {
        const FzRuleInfo *rule = fz_ruleset_rule(bundle->ruleset, i);

        if (args->has_state && state_of(bundle, i) != args->state)
            continue;
        if (args->format == FZ_CTL_JSON)
            json_array_append_new(all, rule_json(bundle, i));
        else
            printf("%-40s %3u  %-7s %6.2f  %-10s %s\n", rule->id, rule->rev,
                   fz_rule_state_name(state_of(bundle, i)), rule->score / 100.0,
                   action_of(rule), rule->title == NULL ? "" : rule->title);
    }
    if (args->format == FZ_CTL_JSON)
        fz_ctl_print_json(all);
    else
        json_decref(all);
    return FZ_CTL_FINE;
}

/* --- where a rule is written ------------------------------------------------
 */
typedef struct Source {
    const char *path;
    FzBuf text;
} Source;

static bool read_source(Source *source, const char *path)
{
    if (path == NULL)
        return false;
    if (source->path != NULL && strcmp(source->path, path) == 0)
        return true;
    fz_buf_clear(&source->text);
    source->path = path;
    return fz_buf_read_file(&source->text, path, RULES_FILE_OCTETS_MOST,
                            NULL) == FZ_OK;
}

static const char *line_at(const Source *source, uint32_t number)
{
    const char *at = fz_buf_text(&source->text);

    for (uint32_t i = 1; i < number && at != NULL; i++) {
        at = strchr(at, '\n');
        at = at == NULL ? NULL : at + 1;
    }
    return at;
}

/* Where the group that begins on a line is over: its braces are even again,
 * those in strings and comments left out. */
static const char *group_end(const char *at)
{
    int depth = 0;

    for (; *at != '\0'; at++) {
        if (*at == '"') {
            for (at++; *at != '\0' && *at != '"'; at++)
                at += *at == '\\' && at[1] != '\0';
            if (*at == '\0')
                break;
        } else if (*at == '#' || (*at == '/' && at[1] == '/')) {
            while (at[1] != '\0' && at[1] != '\n')
                at++;
        } else if (*at == '{') {
            depth++;
        } else if (*at == '}' && --depth <= 0) {
            return at + 1;
        }
    }
    return at;
}

/* A row of a table has no braces: its line is all of it. */
static FzSlice written(const Source *source, const FzRuleInfo *rule)
{
    const char *from = line_at(source, rule->line), *end;
    size_t octets;

    if (from == NULL)
        return fz_slice_of("");
    octets = strcspn(from, "\n");
    octets = memchr(from, '{', octets) == NULL
                 ? octets
                 : (size_t)(group_end(from) - from);
    end = from + octets;
    return fz_slice(from, (size_t)(end - from));
}

/* --- show -------------------------------------------------------------------
 */
static void print_samples(const FzRuleset *ruleset, const char *id)
{
    for (size_t i = 0; i < fz_ruleset_sample_count(ruleset); i++) {
        const FzSample *sample = fz_ruleset_sample(ruleset, i);

        if (sample->rule != NULL && strcmp(sample->rule, id) == 0)
            printf("  %-8s %s\n", sample->wanted ? "match" : "nomatch",
                   sample->text);
    }
}

static int show(const Args *args, const FzBundle *bundle)
{
    uint32_t count = fz_ruleset_count(bundle->ruleset);
    Source source = {.text = FZ_BUF_INIT};

    for (uint32_t i = 0; i < count; i++) {
        const FzRuleInfo *rule = fz_ruleset_rule(bundle->ruleset, i);
        json_t *it;
        const char *key;
        json_t *value;

        if (strcmp(rule->id, args->what) != 0)
            continue;
        it = rule_json(bundle, i);
        if (read_source(&source, rule->file)) {
            FzSlice text = written(&source, rule);

            json_object_set_new(
                it, "written",
                json_stringn((const char *)text.data, text.octets));
        }
        if (args->format == FZ_CTL_JSON) {
            fz_ctl_print_json(it);
        } else {
            json_object_foreach(it, key, value)
            {
                if (strcmp(key, "written") == 0)
                    continue;
                if (json_is_string(value))
                    printf("%-14s %s\n", key, json_string_value(value));
                else
                    printf("%-14s %g\n", key, json_number_value(value));
            }
            value = json_object_get(it, "written");
            if (value != NULL)
                printf("\n%s\n\n", json_string_value(value));
            print_samples(bundle->ruleset, rule->id);
            json_decref(it);
        }
        fz_buf_clear(&source.text);
        return FZ_CTL_FINE;
    }
    fprintf(stderr,
            "fanzhactl: there is no rule `%s'; `fanzhactl rules grep' "
            "finds one by its words.\n",
            args->what);
    return FZ_CTL_FINDINGS;
}

/* --- grep -------------------------------------------------------------------
 */
static void print_found(const Args *args, json_t *all, const char *path,
                        uint32_t number, const char *rule, FzSlice line)
{
    if (args->format == FZ_CTL_TEXT) {
        printf("%s:%u: %s%s%.*s\n", path, number, rule == NULL ? "" : rule,
               rule == NULL ? "" : ": ", (int)line.octets,
               (const char *)line.data);
        return;
    }
    json_array_append_new(all,
                          json_pack("{s:s,s:i,s:s*,s:s#}", "file", path, "line",
                                    (int)number, "rule", rule, "text",
                                    (const char *)line.data, (int)line.octets));
}

/* The rule that a line belongs to: the last that begins at or before it, and
 * is not over yet. */
static const char *rule_at(const FzBundle *bundle, const Source *source,
                           uint32_t number, const char *at)
{
    const FzRuleInfo *found = NULL;

    for (uint32_t i = 0; i < fz_ruleset_count(bundle->ruleset); i++) {
        const FzRuleInfo *rule = fz_ruleset_rule(bundle->ruleset, i);

        if (rule->file != NULL && strcmp(rule->file, source->path) == 0 &&
            rule->line <= number && (found == NULL || rule->line > found->line))
            found = rule;
    }
    if (found == NULL)
        return NULL;
    return (const char *)written(source, found).data +
                       written(source, found).octets >
                   at
               ? found->id
               : NULL;
}

static unsigned grep_file(const Args *args, const FzBundle *bundle,
                          const Source *source, json_t *all)
{
    const char *at = fz_buf_text(&source->text);
    unsigned found = 0;

    for (uint32_t number = 1; *at != '\0'; number++) {
        size_t octets = strcspn(at, "\n");

        if (memmem(at, octets, args->what, strlen(args->what)) != NULL) {
            print_found(args, all, source->path, number,
                        rule_at(bundle, source, number, at),
                        fz_slice(at, octets));
            found++;
        }
        at += octets + (at[octets] == '\n');
    }
    return found;
}

static bool is_first_of_file(const FzRuleset *ruleset, uint32_t index)
{
    const char *file = fz_ruleset_rule(ruleset, index)->file;

    for (uint32_t i = 0; file != NULL && i < index; i++) {
        const char *other = fz_ruleset_rule(ruleset, i)->file;

        if (other != NULL && strcmp(other, file) == 0)
            return false;
    }
    return file != NULL;
}

static int grep(const Args *args, const FzBundle *bundle)
{
    Source source = {.text = FZ_BUF_INIT};
    json_t *all = json_array();
    unsigned found = 0;

    for (uint32_t i = 0; i < fz_ruleset_count(bundle->ruleset); i++)
        if (is_first_of_file(bundle->ruleset, i) &&
            read_source(&source, fz_ruleset_rule(bundle->ruleset, i)->file))
            found += grep_file(args, bundle, &source, all);
    fz_buf_clear(&source.text);
    if (args->format == FZ_CTL_JSON)
        fz_ctl_print_json(all);
    else
        json_decref(all);
    return found > 0 ? FZ_CTL_FINE : FZ_CTL_FINDINGS;
}

/* --- all --------------------------------------------------------------------
 */
static int run(const Args *args, const FzBundle *bundle)
{
    if (strcmp(args->verb, "list") == 0 && args->what == NULL)
        return list(args, bundle);
    if (strcmp(args->verb, "show") == 0 && args->what != NULL)
        return show(args, bundle);
    if (strcmp(args->verb, "grep") == 0 && args->what != NULL)
        return grep(args, bundle);
    fprintf(stderr,
            "fanzhactl: rules list, rules show ID or rules grep TEXT.\n");
    return FZ_CTL_USAGE;
}

int fz_ctl_rules(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&fz_ctl_source_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "list\nshow ID\ngrep TEXT",
        .doc = "Which rules are there, and what do they say?\v"
               "list: id, revision, state, points, action and title of each\n"
               "show: all that is known of one, as it is written, with its "
               "samples\n"
               "grep: the lines of rule files that have TEXT, with the rule "
               "they belong to\n"
               "\n"
               "Exit status: 0; 1 when nothing was found; 3 when the rules do "
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
        exit_status =
            bundle->ruleset == NULL ? FZ_CTL_FINDINGS : run(&args, bundle);
    fz_bundle_destroy(bundle);
    fz_ctl_source_clear(&args.source);
    return exit_status;
}
