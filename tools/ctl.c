/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "engine/verdict/record.h"
#include "tools/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const FzCtlVerb verbs[] = {
    {"explain", "why would this message pass, or not?", fz_ctl_explain},
    {"scan", "judge messages, one a line", fz_ctl_scan},
    {"normalise", "what do rules see of a text?", fz_ctl_normalise},
    {"urls", "which links and contacts stand in a text?", fz_ctl_urls},
    {"canonical", "the one way to write a URL, and what lists are asked",
     fz_ctl_canonical},
    {"lint", "check rule sets without running them", fz_ctl_lint},
    {"test", "run the samples of rule sets", fz_ctl_test},
    {"draft", "what do samples have in common that others have not?",
     fz_ctl_draft},
    {"import", "make a rule set of a sheet of keywords", fz_ctl_import},
    {"rules", "which rules are there, and what do they say?", fz_ctl_rules},
    {"replay", "what do rules say of a file of messages?", fz_ctl_replay},
    {"bench-rules", "what does each rule cost?", fz_ctl_bench_rules},
    {"diff", "what would change if these rules were in force?", fz_ctl_diff},
    {"status", "what is in force, and how is it?", fz_ctl_status},
    {"stats", "what does each rule do?", fz_ctl_stats},
    {"promote", "let a rule in shadow act, by evidence", fz_ctl_promote},
    {"demote", "drop a rule to shadow, at once", fz_ctl_demote},
    {"trace", "where is message X?", fz_ctl_trace},
    {"metrics", "counters for Prometheus", fz_ctl_metrics},
    {"list", "build reputation lists, and ask them", fz_ctl_list},
    {"reload", "test the working files and put them in force", fz_ctl_reload},
    {"rollback", "put an earlier generation in force", fz_ctl_rollback},
    {"generations", "which can be gone back to?", fz_ctl_generations},
    {"brake", "what acted on too much, and was stopped?", fz_ctl_brake},
    {"bypass", "let everything pass, or stop doing so", fz_ctl_bypass},
    {"held", "list the quarantine, masked", fz_ctl_held},
    {"release", "let held messages go", fz_ctl_release},
    {"audit", "verify the audit trail", fz_ctl_audit},
};
#define VERBS (sizeof verbs / sizeof verbs[0])

/* --- the command line
 * --------------------------------------------------------- */
static const char doc[] =
    "Work with fanzha: judge messages, check rules, put them in force, look "
    "at what was held."
    "\v"
    "Exit status: 0 fine, 1 findings, 2 usage, 3 configuration or rules, "
    "4 cannot reach the plugin or the store, 5 partly done.\n"
    "\n"
    "Try:\n"
    "  fanzhactl explain --patterns patterns/ \"your message\"\n"
    "  fanzhactl test patterns/\n"
    "  fanzhactl reload --wait\n"
    "\n"
    "`fanzhactl VERB --help' tells more about one of them.";

static char *list_verbs(int key, const char *text, void *input)
{
    FzBuf whole = FZ_BUF_INIT;
    char *answer;

    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC || text == NULL)
        return (char *)(uintptr_t)text;
    fz_buf_append_text(&whole, "Verbs:\n");
    for (size_t i = 0; i < VERBS; i++)
        fz_buf_printf(&whole, "  %-11s %s\n", verbs[i].name, verbs[i].summary);
    fz_buf_printf(&whole, "\n%s", text);
    /* argp frees with free() what is not the text it gave */
    answer = malloc(whole.octets + 1);
    if (answer != NULL)
        memcpy(answer, whole.data, whole.octets + 1);
    fz_buf_clear(&whole);
    return answer;
}

static void print_version(FILE *stream, struct argp_state *state)
{
    (void)state;
    fprintf(stream, "fanzhactl " FZ_VERSION " (Kannel " FZ_KANNEL_VERSION ")\n"
                    "This product includes software developed by the Kannel "
                    "Group (http://www.kannel.org/).\n");
}

typedef struct Chosen {
    int index; /* of the verb in argv */
} Chosen;

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Chosen *chosen = state->input;

    (void)arg;
    if (key == ARGP_KEY_ARG) {
        chosen->index = state->next - 1;
        state->next = state->argc; /* the rest is the verb's */
        return 0;
    }
    if (key == ARGP_KEY_NO_ARGS)
        argp_usage(state);
    return ARGP_ERR_UNKNOWN;
}

static const FzCtlVerb *find_verb(const char *name)
{
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

int fz_ctl_main(int argc, char **argv)
{
    static const struct argp argp = {.parser = parse,
                                     .args_doc = "VERB [OPTION...]",
                                     .doc = doc,
                                     .help_filter = list_verbs};
    const FzCtlVerb *verb;
    Chosen chosen = {0};
    char name[64];
    int status;

    argp_err_exit_status = FZ_CTL_USAGE;
    argp_program_version_hook = print_version;
    argv[0] = (char *)(uintptr_t) "fanzhactl";
    if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &chosen) != 0)
        return FZ_CTL_USAGE;
    verb = find_verb(argv[chosen.index]);
    if (verb == NULL) {
        fprintf(stderr,
                "fanzhactl: there is no verb `%s'; `fanzhactl --help' lists "
                "them.\n",
                argv[chosen.index]);
        return FZ_CTL_USAGE;
    }
    snprintf(name, sizeof name, "fanzhactl %s", verb->name);
    argv[chosen.index] = name;
    status = verb->run(argc - chosen.index, argv + chosen.index);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "fanzhactl: the answer cannot be written.\n");
        return status == FZ_CTL_FINE ? FZ_CTL_UNREACHABLE : status;
    }
    return status;
}

FzCtlFormat fz_ctl_format(const char *word, unsigned allowed,
                          struct argp_state *state)
{
    static const char *const names[] = {"text", "json", "jsonl", "junit"};
    FzBuf all = FZ_BUF_INIT;

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((allowed & 1u << i) == 0)
            continue;
        if (strcmp(names[i], word) == 0) {
            fz_buf_clear(&all);
            return (FzCtlFormat)i;
        }
        fz_buf_printf(&all, "%s%s", all.octets > 0 ? ", " : "", names[i]);
    }
    argp_error(state, "--format is one of %s, not `%s'", fz_buf_text(&all),
               word);
    fz_buf_clear(&all);
    return FZ_CTL_TEXT;
}

int64_t fz_ctl_duration_s(const char *word, struct argp_state *state)
{
    static const struct {
        const char *suffix;
        int64_t seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    const int64_t most = 366LL * 86400;
    char *end;
    long long value = strtoll(word, &end, 10);

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (end != word && strcmp(end, units[i].suffix) == 0 && value > 0 &&
            value <= most / units[i].seconds)
            return value * units[i].seconds;
    argp_error(state, "`%s' is no duration of at most a year: 90s, 30m, 2h, 7d",
               word);
    return 0;
}

int64_t fz_ctl_number(const char *word, int64_t most, struct argp_state *state)
{
    char *end;
    long long value = strtoll(word, &end, 10);

    if (end == word || *end != '\0' || value < 0 || value > most)
        argp_error(state, "`%s' is no number up to %lld", word,
                   (long long)most);
    return value;
}

double fz_ctl_share(const char *word, struct argp_state *state)
{
    char *end;
    double value = strtod(word, &end);

    if (end != word && strcmp(end, "%") == 0)
        value /= 100;
    else if (end == word || *end != '\0')
        value = -1;
    if (!(value >= 0 && value <= 1))
        argp_error(state, "`%s' is no share: 0.1%% or 0.001", word);
    return value;
}

bool fz_ctl_colour(void)
{
    const char *no = getenv("NO_COLOR");

    return isatty(STDOUT_FILENO) && (no == NULL || *no == '\0');
}

/* --- telling ----------------------------------------------------------------
 */
json_t *fz_ctl_diag_json(const FzDiag *diag)
{
    json_t *it = json_object();

    json_object_set_new(
        it, "severity",
        json_string(diag->severity == FZ_SEVERITY_ERROR     ? "error"
                    : diag->severity == FZ_SEVERITY_WARNING ? "warning"
                                                            : "note"));
    json_object_set_new(it, "code", json_string(fz_status_name(diag->code)));
    if (diag->file != NULL)
        json_object_set_new(it, "file",
                            fz_record_text(fz_slice_of(diag->file)));
    if (diag->line != 0)
        json_object_set_new(it, "line", json_integer(diag->line));
    if (diag->rule_id != NULL)
        json_object_set_new(it, "rule", json_string(diag->rule_id));
    /* a long one was cut, perhaps within a character */
    json_object_set_new(it, "text", fz_record_text(fz_slice_of(diag->text)));
    return it;
}

static bool ends_with_question(const char *text)
{
    size_t octets = strlen(text);

    return octets > 0 && text[octets - 1] == '?';
}

static void print_diag(const FzDiag *diag)
{
    if (diag->file != NULL && diag->line != 0)
        fprintf(stderr, "%s:%u: ", diag->file, diag->line);
    else if (diag->file != NULL)
        fprintf(stderr, "%s: ", diag->file);
    else
        fprintf(stderr, "fanzhactl: ");
    if (diag->severity == FZ_SEVERITY_WARNING)
        fprintf(stderr, "warning: ");
    if (diag->rule_id != NULL)
        fprintf(stderr, "rule `%s': ", diag->rule_id);
    fprintf(stderr, "%s", diag->text);
    if (diag->sys_errno != 0)
        fprintf(stderr, ": %s", strerror(diag->sys_errno));
    /* a clause becomes a sentence; one that asks is one already */
    if (diag->sys_errno != 0 || !ends_with_question(diag->text))
        fputc('.', stderr);
    fputc('\n', stderr);
}

static void take_diag(void *ctx, const FzDiag *diag)
{
    FzCtlSink *sink = ctx;

    if (diag->severity == FZ_SEVERITY_ERROR)
        sink->errors++;
    else if (diag->severity == FZ_SEVERITY_WARNING)
        sink->warnings++;
    if (sink->diags != NULL)
        json_array_append_new(sink->diags, fz_ctl_diag_json(diag));
    else if (!sink->silent &&
             (diag->severity == FZ_SEVERITY_ERROR || !sink->errors_only))
        print_diag(diag);
}

void fz_ctl_sink_init(FzCtlSink *sink)
{
    memset(sink, 0, sizeof *sink);
    sink->sink = (FzDiagSink){take_diag, sink};
}

void fz_ctl_print_diags(const json_t *diags)
{
    size_t index;
    json_t *it;

    json_array_foreach(diags, index, it)
    {
        const char *file = json_string_value(json_object_get(it, "file"));
        const char *rule = json_string_value(json_object_get(it, "rule"));
        const char *severity =
            json_string_value(json_object_get(it, "severity"));
        const char *text = json_string_value(json_object_get(it, "text"));
        FzDiag diag = {
            .severity = severity != NULL && strcmp(severity, "warning") == 0
                            ? FZ_SEVERITY_WARNING
                            : FZ_SEVERITY_ERROR,
            .file = file,
            .line = (unsigned)json_integer_value(json_object_get(it, "line")),
            .rule_id = rule,
            .text = text == NULL ? "no text came with this problem" : text,
        };

        print_diag(&diag);
    }
}

void fz_ctl_print_line(FzSlice text)
{
    for (size_t i = 0; i < text.octets;) {
        uint32_t cp;
        size_t used = fz_utf8_decode(text.data + i, text.octets - i, &cp);

        if (used == 0 || cp < 0x20 || (cp >= 0x7f && cp < 0xa0)) {
            printf("\\x%02x", used == 0 ? text.data[i] : (unsigned)cp);
            i += used == 0 ? 1 : used;
            continue;
        }
        fwrite(text.data + i, 1, used, stdout);
        i += used;
    }
    putchar('\n');
}

void fz_ctl_print_json(json_t *value)
{
    json_dumpf(value, stdout, JSON_COMPACT | JSON_REAL_PRECISION(12));
    putchar('\n');
    json_decref(value);
}
