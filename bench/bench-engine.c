/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench-engine.c - what a verdict costs, beside what the gateway itself costs
 *
 *     bench-engine [--rules N] [--octets N] [--list N] [--hit-share F]
 *                  [--messages N] [--pairs N] [--regex-rules N] [--seed N]
 *                  [--plain] [--format text|json]
 *
 * Generated rules, list and messages (bench/generate.h, bench/world.h). In one
 * run, in turns (bench/measure.h): the whole verdict with links, look-ups and
 * the record of whatever is no plain pass; Kannel's own msg_pack + msg_unpack
 * of the same messages; the stages, each with all before it; one hs_scan over
 * the same rules as regular expressions; PCRE2 over them; ICU's skeleton of
 * the same texts, where ICU is installed. Every message that
 * hits is held, so each hit writes a record. The verdict and the gateway share
 * the caches, as they do in a box; all else has them to itself in turn.
 */
#include "config.h"

#include "base/alloc.h"
#include "base/cpu.h"
#include "bench/icu.h"
#include "bench/kannel_msg.h"
#include "bench/measure.h"
#include "bench/world.h"
#include "engine/decode/decode.h"
#include "engine/rules/impl.h"
#include "engine/verdict/record.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define SLICE 32
#define ALL_VIEWS_AT 4 /* of the series: which it is */
#define STAGES_FROM 2  /* ... and which are stages */
#define STAGES_TO 9
#define REGEX_AT 10
#define PCRE2_EVERY 400 /* messages: one costs as much as all else */

typedef struct Bench {
    FzWorld world; /* first: passes get it */
    void **msg;    /* of each message, the gateway's own */
    FzVerdict verdict;
    FzBuf record;
    FzIcu icu;
    long hits, records, matches, allocations;
} Bench;

/* --- allocations ---------------------------------------------------------- */
static long allocations;

#ifndef __SANITIZE_ADDRESS__
void *__libc_malloc(size_t octets);
void *__libc_calloc(size_t count, size_t octets);
void *__libc_realloc(void *block, size_t octets);

void *malloc(size_t octets)
{
    allocations++;
    return __libc_malloc(octets);
}

void *calloc(size_t count, size_t octets)
{
    allocations++;
    return __libc_calloc(count, octets);
}

void *realloc(void *block, size_t octets)
{
    allocations++;
    return __libc_realloc(block, octets);
}
#endif

/* --- the verdict ---------------------------------------------------------- */
static void write_record(Bench *b, long i)
{
    FzRecord record = {.message = &b->world.message[i],
                       .verdict = &b->verdict,
                       .id = "01234567-89ab-cdef-0123-456789abcdef",
                       .node = "bench",
                       .ruleset = fz_ruleset_digest(b->world.ruleset),
                       .disposition = "hold",
                       .micros = 2,
                       .hash_key =
                           fz_slice_of("0123456789abcdef0123456789abcdef")};

    b->record.octets = 0;
    fz_record_write(&record, &b->record);
    b->records++;
}

static long judge(Bench *b, long from, long to, bool all)
{
    FzJudgeEnv env = fz_world_env(&b->world);

    for (long i = from; i < to; i++) {
        FzScanner *scanner = fz_scanner_take(b->world.pool);
        long before = allocations;

        fz_judge(&b->world.message[i], &env, scanner, &b->verdict);
        b->allocations += allocations - before;
        b->hits += b->verdict.would != FZ_ACTION_PASS;
        if (all && b->verdict.would != FZ_ACTION_PASS)
            write_record(b, i);
        fz_scanner_give(b->world.pool, scanner);
    }
    return to - from;
}

static long pass_verdict(void *world, long from, long to)
{
    return judge(world, from, to, true);
}

static long pass_judge(void *world, long from, long to)
{
    return judge(world, from, to, false);
}

/* --- its stages ----------------------------------------------------------- */
typedef enum Stage { DECODE, VIEWS, ALL_VIEWS, LINKS, SCAN } Stage;

static long stages(FzWorld *world, long from, long to, Stage until)
{
    FzScanner *scanner = fz_scanner_take(world->pool);
    FzText *text = fz_scanner_text(scanner);
    FzViews *views = fz_scanner_views(scanner);
    uint32_t wanted = fz_ruleset_views(world->ruleset);
    FzSignals *signals = &((Bench *)world)->verdict.signals;

    for (long i = from; i < to; i++) {
        if (fz_decode(&world->message[i], text) != FZ_OK)
            abort();
        if (until == DECODE)
            continue;
        if ((until == ALL_VIEWS ? fz_views_build(text, FZ_VIEWS_ALL, views)
                                : fz_views_begin(text, wanted, views)) != FZ_OK)
            abort();
        if (until <= ALL_VIEWS)
            continue;
        fz_tokens_reset(fz_scanner_tokens(scanner));
        fz_urls_reset(fz_scanner_urls(scanner));
        fz_urls_extract(text, views, world->urls, fz_scanner_urls(scanner));
        if (until == LINKS)
            continue;
        fz_scanner_tell_urls(scanner);
        fz_signals_reset(signals);
        fz_ruleset_scan(world->ruleset, NULL, &world->message[i], scanner,
                        signals);
    }
    fz_scanner_give(world->pool, scanner);
    return to - from;
}

static long pass_decode(void *world, long from, long to)
{
    return stages(world, from, to, DECODE);
}

static long pass_views(void *world, long from, long to)
{
    return stages(world, from, to, VIEWS);
}

static long pass_all_views(void *world, long from, long to)
{
    return stages(world, from, to, ALL_VIEWS);
}

static long pass_links(void *world, long from, long to)
{
    return stages(world, from, to, LINKS);
}

static long pass_scan(void *world, long from, long to)
{
    return stages(world, from, to, SCAN);
}

/* --- others --------------------------------------------------------------- */
static long pass_gateway(void *world, long from, long to)
{
    Bench *b = world;

    for (long i = from; i < to; i++)
        kannel_msg_pack_unpack(b->msg[i]);
    return to - from;
}

static int on_word(void *ctx, uint32_t string, uint32_t to)
{
    (void)string, (void)to;
    ++*(long *)ctx;
    return 0;
}

/* The literal database of the folded view alone. */
static long pass_words(void *world, long from, long to)
{
    Bench *b = world;
    const FzMatchDb *db = b->world.ruleset->program[FZ_VIEW_FOLDED].db;

    for (long i = from; i < to; i++)
        fz_matchdb_scan(db, b->world.folded[i].data,
                        (uint32_t)b->world.folded[i].octets - 64,
                        b->world.scratch, on_word, &b->matches);
    return to - from;
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to,
                    unsigned flags, void *ctx)
{
    (void)id, (void)from, (void)to, (void)flags;
    ++*(long *)ctx;
    return 0;
}

static long pass_regex(void *world, long from, long to)
{
    Bench *b = world;

    for (long i = from; i < to; i++)
        if (hs_scan(b->world.regex, (const char *)b->world.folded[i].data,
                    (unsigned)b->world.folded[i].octets - 64, 0,
                    b->world.regex_scratch, on_match,
                    &b->matches) != HS_SUCCESS)
            abort();
    return to - from;
}

static long pass_icu(void *world, long from, long to)
{
    Bench *b = world;

    for (long i = from; i < to; i++)
        fz_icu_skeleton(&b->icu, b->world.text[i].data,
                        (uint32_t)b->world.text[i].octets);
    return to - from;
}

static long pass_pcre2(void *world, long from, long to)
{
    Bench *b = world;
    long done = 0;

    for (long i = from; i < to; i += PCRE2_EVERY, done++)
        for (long r = 0; r < b->world.options.rules; r++)
            b->matches +=
                pcre2_jit_match(b->world.pcre2[r], b->world.folded[i].data,
                                b->world.folded[i].octets - 64, 0, 0,
                                b->world.match, NULL) >= 0;
    return done;
}

/* A message has just been read from a socket when it is judged. */
static void touch(void *world, long from, long to)
{
    Bench *b = world;

    for (long i = from; i < to; i++) {
        FzSlice octets = b->world.message[i].octets;

        for (size_t at = 0; at < octets.octets; at++)
            b->matches += octets.data[at] == 0;
        for (size_t at = 0; at < b->world.folded[i].octets; at++)
            b->matches += b->world.folded[i].data[at] == 1;
    }
    pass_gateway(world, from, to);
}

/* --- telling -------------------------------------------------------------- */
static void set_ratio(json_t *it, const char *name, FzRatio ratio)
{
    char key[96];

    snprintf(key, sizeof key, "%s_ratio", name);
    json_object_set_new(
        it, key, json_pack("[f,f,f]", ratio.low, ratio.median, ratio.high));
}

static json_t *stages_json(const FzSeries *series, long rounds)
{
    json_t *it = json_object();

    for (size_t s = STAGES_FROM; s < STAGES_TO; s++) {
        json_object_set_new(it, series[s].name,
                            json_real(fz_quantile(series[s].ns, rounds, 0.5)));
        set_ratio(it, series[s].name, fz_ratio(&series[s], &series[1], rounds));
    }
    return it;
}

static json_t *tell(const Bench *b, const FzSeries *series, size_t count)
{
    const FzBenchOptions *o = &b->world.options;
    const FzMade *made = &b->world.made;
    json_t *it = json_object(), *mix = json_object();
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    for (int k = 0; k < FZ_RULE_KINDS; k++)
        json_object_set_new(mix, fz_rule_mix[k].name,
                            json_real(fz_rule_mix[k].percent / 100.0));
    json_object_update_new(
        it, json_pack("{s:i,s:i,s:i,s:i,s:i,s:f,s:i,s:o}", "wide",
                      (int)fz_cpu_is_wide, "rules", (int)o->rules, "octets",
                      (int)o->octets, "list", (int)o->list, "messages",
                      (int)o->messages, "hit_share",
                      (double)b->world.hits / (double)o->messages, "pairs",
                      (int)o->pairs, "mix", mix));
    for (size_t s = 0; s < count; s++) {
        if (s >= STAGES_FROM && s < STAGES_TO)
            continue;
        json_object_set_new(
            it, series[s].name,
            json_real(fz_quantile(series[s].ns, o->pairs, 0.5)));
    }
    set_ratio(it, "verdict_to_gateway",
              fz_ratio(&series[0], &series[1], o->pairs));
    for (size_t s = STAGES_TO; s < count; s++) {
        char name[64];

        if (series[s].pass == pass_icu) {
            set_ratio(it, "icu_skeleton_to_all_views",
                      fz_ratio(&series[s], &series[ALL_VIEWS_AT], o->pairs));
            continue;
        }
        snprintf(name, sizeof name, "verdict_to_%s", series[s].name);
        name[strlen(name) - 3] = '\0';
        set_ratio(it, name, fz_ratio(&series[0], &series[s], o->pairs));
    }
    json_object_set_new(it, "stages", stages_json(series, o->pairs));
    json_object_update_new(
        it,
        json_pack("{s:f,s:f,s:f,s:f,s:i,s:f,s:f,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
                  "compile_s", made->load, "bare_compile_s", made->bare_compile,
                  "compile_to_bare", made->load / made->bare_compile, "edit_s",
                  made->edit, "edit_compiles", (int)made->edit_compiles,
                  "regex_compile_s", made->regex, "list_build_s", made->list,
                  "words", (json_int_t)made->words, "database_octets",
                  (json_int_t)made->database_octets, "bare_database_octets",
                  (json_int_t)made->bare_octets, "regex_octets",
                  (json_int_t)made->regex_octets, "list_octets",
                  (json_int_t)made->list_octets, "peak_octets",
                  (json_int_t)used.ru_maxrss * 1024, "judge_allocations",
                  (json_int_t)b->allocations));
    return it;
}

static void print_text(const json_t *it, const char *before)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)it, key, value)
    {
        if (json_is_object(value)) {
            printf("%s\n", key);
            print_text(value, "  ");
        } else if (json_is_array(value)) {
            printf("%s%-32s %.3f [%.3f, %.3f]\n", before, key,
                   json_real_value(json_array_get(value, 1)),
                   json_real_value(json_array_get(value, 0)),
                   json_real_value(json_array_get(value, 2)));
        } else {
            printf("%s%-32s %.10g\n", before, key, json_number_value(value));
        }
    }
}

/* --- command line --------------------------------------------------------- */
static const struct argp_option options[] = {
    {"rules", 'r', "N", 0, "generated rules (1000)", 0},
    {"octets", 'o', "N", 0, "octets of a message as UTF-8 (140)", 0},
    {"list", 'l', "N", 0, "entries of a reputation list (0: no list)", 0},
    {"hit-share", 'h', "F", 0, "share of messages that match (0.05)", 0},
    {"messages", 'm', "N", 0, "different messages (20000)", 0},
    {"pairs", 'p', "N", 0, "rounds (15)", 0},
    {"regex-rules", 'R', "N", 0,
     "compile them as regular expressions up to so many (10000)", 0},
    {"seed", 's', "N", 0, "of the generator (1)", 0},
    {"plain", 'P', NULL, 0, "as on a machine without AVX-512", 0},
    {"format", 'f', "F", 0, "text or json (text)", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    FzBenchOptions *o = state->input;

    switch (key) {
    case 'r':
        o->rules = atol(arg);
        break;
    case 'o':
        o->octets = atol(arg);
        break;
    case 'l':
        o->list = atol(arg);
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
    case 'R':
        o->regex_rules = atol(arg);
        break;
    case 's':
        o->seed = atol(arg);
        break;
    case 'P':
        fz_cpu_is_wide = false;
        break;
    case 'f':
        o->json = strcmp(arg, "json") == 0;
        break;
    case ARGP_KEY_END:
        if (o->rules < 1 || o->octets < 20 || o->messages < 1 || o->pairs < 1 ||
            o->list < 0 || o->pairs > FZ_ROUNDS_MOST)
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
    static Bench b = {.world.options = {.rules = 1000,
                                        .octets = 140,
                                        .messages = 20000,
                                        .pairs = 15,
                                        .seed = 1,
                                        .regex_rules = 10000,
                                        .hit_share = 0.05}};
    static FzSeries series[] = {
        {.name = "verdict_ns", .pass = pass_verdict},
        {.name = "msg_pack_unpack_ns", .pass = pass_gateway},
        {.name = "decode", .pass = pass_decode, .apart = true},
        {.name = "decode_views", .pass = pass_views, .apart = true},
        {.name = "decode_all_views_maps",
         .pass = pass_all_views,
         .apart = true},
        {.name = "decode_views_links", .pass = pass_links, .apart = true},
        {.name = "decode_views_links_scan", .pass = pass_scan, .apart = true},
        {.name = "judge", .pass = pass_judge, .apart = true},
        {.name = "word_scan_alone", .pass = pass_words, .apart = true},
        {.name = "pcre2_ns", .pass = pass_pcre2, .apart = true},
        {.name = "bare_regex_scan_ns", .pass = pass_regex, .apart = true},
        {.name = "icu_skeleton_ns", .pass = pass_icu, .apart = true},
    };
    size_t count = sizeof series / sizeof series[0];
    FzBenchOptions *o = &b.world.options;
    FzRounds rounds = {.slice = SLICE, .touch = touch};
    json_t *told;

    argp_parse(&argp, argc, argv, 0, NULL, o);
    kannel_msg_start();
    fz_world_make(&b.world);
    b.msg = fz_calloc((size_t)o->messages, sizeof *b.msg);
    for (long i = 0; i < o->messages; i++)
        b.msg[i] = kannel_msg_create(&b.world.message[i]);
    if (!fz_icu_open(&b.icu))
        count--; /* the last */
    if (b.world.regex == NULL) {
        memmove(&series[REGEX_AT], &series[REGEX_AT + 1],
                (count - REGEX_AT - 1) * sizeof series[0]);
        count--;
    }
    rounds.rounds = o->pairs;
    rounds.messages = o->messages;
    fz_measure(&b, &rounds, series, count);
    told = tell(&b, series, count);
    if (o->json) {
        json_dumpf(told, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
        putchar('\n');
    } else {
        print_text(told, "");
    }
    json_decref(told);
    for (long i = 0; i < o->messages; i++)
        kannel_msg_destroy(b.msg[i]);
    fz_free(b.msg);
    fz_buf_clear(&b.record);
    fz_world_clear(&b.world);
    kannel_msg_stop();
    return 0;
}
