/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench-engine.c - what a verdict costs, beside what the gateway itself costs
 *
 *     bench-engine [--rules N] [--octets N] [--hit-share F] [--messages N]
 *                  [--pairs N] [--seed N] [--format text|json]
 *
 * Generated rules and messages (bench/generate.h). In one run, over the same
 * messages, in turn: the whole verdict; Kannel's own msg_pack + msg_unpack; one
 * hs_scan over the same rules as regular expressions (up to 1,000 rules: more
 * do not compile in reasonable time); the stages. Each pass is thread CPU time
 * over all messages; figures are medians over the passes, ratios are of
 * neighbouring passes, with the 5th and 95th percentile of them.
 */
#include "config.h"

#include "base/alloc.h"
#include "bench/generate.h"
#include "engine/decode/decode.h"
#include "engine/verdict/verdict.h"

#include <argp.h>
#include <hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define REGEX_RULES_MOST 1000
#define PAIRS_MOST 99

typedef struct Options {
    long rules, octets, messages, pairs, seed;
    double hit_share;
    bool json;
} Options;

typedef struct Bench {
    Options options;
    FzMadeRule *made;
    FzRuleset *ruleset;
    FzScannerPool *pool;
    FzBuf *text; /* UTF-8 of each message */
    FzBuf *ucs2; /* the same as the gateway has it */
    Msg **msg;   /* the same, whole */
    hs_database_t *regex;
    hs_scratch_t *scratch;
    FzVerdict verdict;
    long hits;
} Bench;

static double cpu_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* --- the passes: one over all messages each --------------------------------
 */
static FzMessage message_of(const Bench *b, long i)
{
    return (FzMessage){.direction = FZ_DIRECTION_MT,
                       .sender = fz_slice_of("10086"),
                       .receiver = fz_slice_of("+8613800000000"),
                       .identity = fz_slice_of("bench"),
                       .coding = FZ_CODING_UCS2,
                       .octets = fz_buf_slice(&b->ucs2[i]),
                       .now_ms = 1795300350123};
}

static void pass_verdict(Bench *b)
{
    FzJudgeEnv env = {.ruleset = b->ruleset, .policy = fz_policy_patterns()};

    b->hits = 0;
    for (long i = 0; i < b->options.messages; i++) {
        FzMessage message = message_of(b, i);
        FzScanner *scanner = fz_scanner_take(b->pool);

        fz_judge(&message, &env, scanner, &b->verdict);
        b->hits += b->verdict.signals.count > 0;
        fz_scanner_give(b->pool, scanner);
    }
}

static void pass_decode(Bench *b)
{
    FzScanner *scanner = fz_scanner_take(b->pool);

    for (long i = 0; i < b->options.messages; i++) {
        FzMessage message = message_of(b, i);

        if (fz_decode(&message, fz_scanner_text(scanner)) != FZ_OK)
            abort();
    }
    fz_scanner_give(b->pool, scanner);
}

static void pass_views(Bench *b)
{
    FzScanner *scanner = fz_scanner_take(b->pool);

    for (long i = 0; i < b->options.messages; i++) {
        FzMessage message = message_of(b, i);

        if (fz_decode(&message, fz_scanner_text(scanner)) != FZ_OK ||
            fz_views_build(fz_scanner_text(scanner),
                           fz_ruleset_views(b->ruleset),
                           fz_scanner_views(scanner)) != FZ_OK)
            abort();
    }
    fz_scanner_give(b->pool, scanner);
}

static void pass_all_views(Bench *b)
{
    FzScanner *scanner = fz_scanner_take(b->pool);

    for (long i = 0; i < b->options.messages; i++) {
        FzMessage message = message_of(b, i);

        if (fz_decode(&message, fz_scanner_text(scanner)) != FZ_OK ||
            fz_views_build(fz_scanner_text(scanner), FZ_VIEWS_ALL,
                           fz_scanner_views(scanner)) != FZ_OK)
            abort();
    }
    fz_scanner_give(b->pool, scanner);
}

static void pass_gateway(Bench *b)
{
    for (long i = 0; i < b->options.messages; i++) {
        Octstr *packed = msg_pack(b->msg[i]);
        Msg *again = msg_unpack(packed);

        msg_destroy(again);
        octstr_destroy(packed);
    }
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to,
                    unsigned flags, void *ctx)
{
    (void)id, (void)from, (void)to, (void)flags;
    ++*(long *)ctx;
    return 0;
}

static void pass_regex(Bench *b)
{
    long matches = 0;

    for (long i = 0; i < b->options.messages; i++)
        if (hs_scan(b->regex, (const char *)b->text[i].data,
                    (unsigned)b->text[i].octets, 0, b->scratch, on_match,
                    &matches) != HS_SUCCESS)
            abort();
}

/* --- measuring ------------------------------------------------------------ */
typedef struct Series {
    const char *name;
    void (*pass)(Bench *b);
    double ns[PAIRS_MOST]; /* a message */
} Series;

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double quantile(const double *values, long count, double q)
{
    double sorted[PAIRS_MOST];

    memcpy(sorted, values, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, by_value);
    return sorted[(long)(q * (double)(count - 1) + 0.5)];
}

static void measure(Bench *b, Series *series, size_t count)
{
    for (long p = -1; p < b->options.pairs; p++) { /* -1 warms up */
        for (size_t s = 0; s < count; s++) {
            double began = cpu_ns();

            series[s].pass(b);
            if (p >= 0)
                series[s].ns[p] =
                    (cpu_ns() - began) / (double)b->options.messages;
        }
    }
}

/* --- making --------------------------------------------------------------- */
static void to_ucs2(const FzBuf *text, FzBuf *out)
{
    Octstr *os =
        octstr_create_from_data((const char *)text->data, (long)text->octets);

    charset_convert(os, "UTF-8", "UTF-16BE");
    fz_buf_append(out, octstr_get_cstr(os), (size_t)octstr_len(os));
    octstr_destroy(os);
}

static Msg *whole_message(const FzBuf *ucs2)
{
    Msg *msg = msg_create(sms);

    msg->sms.sender = octstr_create("10086");
    msg->sms.receiver = octstr_create("+8613800000000");
    msg->sms.service = octstr_create("bench");
    msg->sms.boxc_id = octstr_create("app");
    msg->sms.msgdata =
        octstr_create_from_data((const char *)ucs2->data, (long)ucs2->octets);
    msg->sms.coding = 2;
    msg->sms.sms_type = mt_push;
    msg->sms.time = 1795300350;
    return msg;
}

/* Messages that hit by chance are made again, so that the share holds. */
static void make_messages(Bench *b, FzRandom *random)
{
    FzJudgeEnv env = {.ruleset = b->ruleset, .policy = fz_policy_patterns()};
    FzScanner *scanner = fz_scanner_take(b->pool);
    long count = b->options.messages;

    b->text = fz_calloc((size_t)count, sizeof *b->text);
    b->ucs2 = fz_calloc((size_t)count, sizeof *b->ucs2);
    b->msg = fz_calloc((size_t)count, sizeof *b->msg);
    for (long i = 0; i < count; i++) {
        bool hit = fz_random_below(random, 10000) <
                   (uint32_t)(b->options.hit_share * 10000.0);

        for (int tries = 0; tries < 50; tries++) {
            FzMessage message;

            fz_buf_clear(&b->text[i]);
            fz_buf_clear(&b->ucs2[i]);
            fz_message_make(random, (size_t)b->options.octets,
                            hit ? &b->made[fz_random_below(
                                      random, (uint32_t)b->options.rules)]
                                : NULL,
                            &b->text[i]);
            to_ucs2(&b->text[i], &b->ucs2[i]);
            message = message_of(b, i);
            fz_judge(&message, &env, scanner, &b->verdict);
            if ((b->verdict.signals.count > 0) == hit)
                break;
        }
        b->msg[i] = whole_message(&b->ucs2[i]);
    }
    fz_scanner_give(b->pool, scanner);
}

static double load_rules(Bench *b)
{
    char folder[] = "/tmp/fanzha-bench-XXXXXX";
    const char *folders[] = {folder};
    FzBuf path = FZ_BUF_INIT, text = FZ_BUF_INIT;
    double began;
    FILE *file;

    if (mkdtemp(folder) == NULL)
        abort();
    fz_buf_printf(&path, "%s/rules.conf", folder);
    fz_rules_write(b->made, (size_t)b->options.rules, &text);
    file = fopen(fz_buf_text(&path), "w");
    if (file == NULL ||
        fwrite(text.data, 1, text.octets, file) != text.octets ||
        fclose(file) != 0)
        abort();
    began = cpu_ns();
    if (fz_ruleset_load(folders, 1, FZ_RULESET_AS_WRITTEN, NULL, NULL, NULL,
                        NULL, &b->ruleset) != FZ_OK) {
        fprintf(stderr, "bench-engine: %s does not load\n", folder);
        exit(EXIT_FAILURE);
    }
    began = cpu_ns() - began;
    unlink(fz_buf_text(&path));
    rmdir(folder);
    fz_buf_clear(&path);
    fz_buf_clear(&text);
    b->pool = fz_scanner_pool_create(b->ruleset);
    return began / 1e9;
}

static double compile_regexes(Bench *b, size_t *octets)
{
    unsigned count = (unsigned)b->options.rules;
    const char **expression = fz_calloc(count, sizeof *expression);
    unsigned *flags = fz_calloc(count, sizeof *flags);
    hs_compile_error_t *trouble = NULL;
    double began = cpu_ns();

    for (unsigned i = 0; i < count; i++) {
        expression[i] = fz_buf_text(&b->made[i].regex);
        flags[i] = HS_FLAG_UTF8 | HS_FLAG_DOTALL | HS_FLAG_SINGLEMATCH;
    }
    if (hs_compile_multi(expression, flags, NULL, count, HS_MODE_BLOCK, NULL,
                         &b->regex, &trouble) != HS_SUCCESS) {
        fprintf(stderr, "bench-engine: %s\n", trouble->message);
        exit(EXIT_FAILURE);
    }
    began = cpu_ns() - began;
    hs_alloc_scratch(b->regex, &b->scratch);
    hs_database_size(b->regex, octets);
    fz_free(expression);
    fz_free(flags);
    return began / 1e9;
}

/* --- telling -------------------------------------------------------------- */
static const char *comma(bool first)
{
    return first ? "" : ",";
}

static void tell(const Bench *b, const Series *series, size_t count,
                 double load_s, double regex_s, size_t regex_octets)
{
    const Options *o = &b->options;
    struct rusage used;
    double ratio[PAIRS_MOST];

    getrusage(RUSAGE_SELF, &used);
    printf(o->json ? "{\"rules\":%ld,\"octets\":%ld,\"messages\":%ld,"
                     "\"hit_share\":%.4f,\"pairs\":%ld,\"mix\":{"
                   : "%ld rules, %ld octets, %ld messages, %.1f %% hit, %ld "
                     "passes\nmix: ",
           o->rules, o->octets, o->messages,
           (o->json ? 1.0 : 100.0) * (double)b->hits / (double)o->messages,
           o->pairs);
    for (int k = 0; k < FZ_RULE_KINDS; k++)
        printf(o->json ? "%s\"%s\":%u" : "%s %s %u %%", comma(k == 0),
               fz_rule_mix[k].name, fz_rule_mix[k].percent);
    printf(o->json ? "}" : "\n");
    for (size_t s = 0; s < count; s++) {
        double ns = quantile(series[s].ns, o->pairs, 0.5);

        for (long p = 0; p < o->pairs; p++)
            ratio[p] = series[s].ns[p] / series[1].ns[p];
        printf(o->json ? ",\"%s\":%.0f,\"%s_to_gateway\":[%.3f,%.3f,%.3f]"
                       : "%-24s %8.0f ns",
               series[s].name, ns, series[s].name,
               quantile(ratio, o->pairs, 0.05), quantile(ratio, o->pairs, 0.5),
               quantile(ratio, o->pairs, 0.95));
        if (!o->json)
            printf("   %.3f of pack+unpack [%.3f, %.3f]\n",
                   quantile(ratio, o->pairs, 0.5),
                   quantile(ratio, o->pairs, 0.05),
                   quantile(ratio, o->pairs, 0.95));
    }
    printf(o->json ? ",\"load_s\":%.3f,\"regex_compile_s\":%.3f,"
                     "\"regex_octets\":%zu,\"peak_kib\":%ld}\n"
                   : "load %.3f s, regex compile %.3f s, %zu octets; peak %ld "
                     "KiB\n",
           load_s, regex_s, regex_octets, used.ru_maxrss);
}

/* --- command line --------------------------------------------------------- */
static const struct argp_option options[] = {
    {"rules", 'r', "N", 0, "generated rules (1000)", 0},
    {"octets", 'o', "N", 0, "octets of a message as UTF-8 (140)", 0},
    {"hit-share", 'h', "F", 0, "share of messages that match (0.05)", 0},
    {"messages", 'm', "N", 0, "different messages (20000)", 0},
    {"pairs", 'p', "N", 0, "passes (15)", 0},
    {"seed", 's', "N", 0, "of the generator (1)", 0},
    {"format", 'f', "F", 0, "text or json (text)", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    Options *o = state->input;

    switch (key) {
    case 'r':
        o->rules = atol(arg);
        break;
    case 'o':
        o->octets = atol(arg);
        break;
    case 'h':
        o->hit_share = atof(arg);
        break;
    case 'm':
        o->messages = atol(arg);
        break;
    case 'p':
        o->pairs = atol(arg);
        break;
    case 's':
        o->seed = atol(arg);
        break;
    case 'f':
        o->json = strcmp(arg, "json") == 0;
        break;
    case ARGP_KEY_END:
        if (o->rules < 1 || o->octets < 20 || o->messages < 1 || o->pairs < 1 ||
            o->pairs > PAIRS_MOST)
            argp_error(state, "a number is out of range");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        options, parse_option,
        NULL,    "What a verdict costs, beside what the gateway itself costs.",
        NULL,    NULL,
        NULL};
    Bench b = {.options = {1000, 140, 20000, 15, 1, 0.05, false}};
    Series series[] = {
        {.name = "verdict_ns", .pass = pass_verdict},
        {.name = "msg_pack_unpack_ns", .pass = pass_gateway},
        {.name = "decode_ns", .pass = pass_decode},
        {.name = "decode_views_ns", .pass = pass_views},
        {.name = "decode_all_views_ns", .pass = pass_all_views},
        {.name = "bare_regex_scan_ns", .pass = pass_regex},
    };
    size_t count = sizeof series / sizeof series[0], regex_octets = 0;
    double load_s, regex_s = 0.0;
    FzRandom random;

    argp_parse(&argp, argc, argv, 0, NULL, &b.options);
    gwlib_init();
    log_set_output_level(GW_ERROR);
    random.state = (uint64_t)b.options.seed;
    b.made = fz_rules_make(&random, (size_t)b.options.rules);
    load_s = load_rules(&b);
    if (b.options.rules <= REGEX_RULES_MOST)
        regex_s = compile_regexes(&b, &regex_octets);
    else
        count--; /* the regex series is the last */
    make_messages(&b, &random);
    measure(&b, series, count);
    tell(&b, series, count, load_s, regex_s, regex_octets);

    for (long i = 0; i < b.options.messages; i++) {
        fz_buf_clear(&b.text[i]);
        fz_buf_clear(&b.ucs2[i]);
        msg_destroy(b.msg[i]);
    }
    fz_free(b.text);
    fz_free(b.ucs2);
    fz_free(b.msg);
    fz_scanner_pool_destroy(b.pool);
    fz_ruleset_destroy(b.ruleset);
    hs_free_scratch(b.scratch);
    hs_free_database(b.regex);
    fz_rules_free(b.made, (size_t)b.options.rules);
    gwlib_shutdown();
    return EXIT_SUCCESS;
}
