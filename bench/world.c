/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "bench/world.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "bench/made_list.h"
#include "bench/measure.h"
#include "engine/decode/decode.h"
#include "engine/rules/impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW_MS 1795300350123

static void die(const char *what)
{
    fprintf(stderr, "bench-engine: %s\n", what);
    exit(EXIT_FAILURE);
}

/* --- counting Hyperscan's compiles ----------------------------------------
 */
static long compiles;

hs_error_t __real_hs_compile_multi(const char *const *expressions,
                                   const unsigned *flags, const unsigned *ids,
                                   unsigned count, unsigned mode,
                                   const hs_platform_info_t *platform,
                                   hs_database_t **db,
                                   hs_compile_error_t **error);
hs_error_t __wrap_hs_compile_multi(const char *const *expressions,
                                   const unsigned *flags, const unsigned *ids,
                                   unsigned count, unsigned mode,
                                   const hs_platform_info_t *platform,
                                   hs_database_t **db,
                                   hs_compile_error_t **error);
hs_error_t __wrap_hs_compile_multi(const char *const *expressions,
                                   const unsigned *flags, const unsigned *ids,
                                   unsigned count, unsigned mode,
                                   const hs_platform_info_t *platform,
                                   hs_database_t **db,
                                   hs_compile_error_t **error)
{
    compiles++;
    return __real_hs_compile_multi(expressions, flags, ids, count, mode,
                                   platform, db, error);
}

/* --- rules ---------------------------------------------------------------- */
static void write_file(const char *path, const FzBuf *text)
{
    FILE *file = fopen(path, "w");

    if (file == NULL ||
        fwrite(text->data, 1, text->octets, file) != text->octets ||
        fclose(file) != 0)
        die("a file cannot be written");
}

static FzRuleset *load(const char *folder, const char *cache, double *spent_s)
{
    double began = fz_cpu_ns();
    FzRuleset *ruleset;

    if (fz_ruleset_load(&folder, 1, FZ_RULESET_AS_WRITTEN, cache, NULL, NULL,
                        NULL, &ruleset) != FZ_OK)
        die("the rules do not load");
    *spent_s = (fz_cpu_ns() - began) / 1e9;
    return ruleset;
}

/* Every gap one wider, every score another, every tenth rule in shadow: all
 * words as they were. */
static void edit(FzWorld *world)
{
    for (long i = 0; i < world->options.rules; i++) {
        FzBuf *phrase = &world->rule[i].phrase, edited = FZ_BUF_INIT;
        const char *at = fz_buf_text(phrase);

        while (*at != '\0') {
            fz_buf_append_octet(&edited, (uint8_t)*at);
            if (*at++ == '~')
                fz_buf_printf(&edited, "%ld", strtol(at, (char **)&at, 10) + 1);
        }
        fz_buf_clear(phrase);
        *phrase = edited;
    }
}

static void make_rules(FzWorld *world)
{
    FzBenchOptions *o = &world->options;
    char folder[] = "/tmp/fanzha-bench-XXXXXX";
    FzBuf path = FZ_BUF_INIT, cache = FZ_BUF_INIT, text = FZ_BUF_INIT;
    FzBuf command = FZ_BUF_INIT;
    FzRuleset *other;
    double spent;

    if (mkdtemp(folder) == NULL)
        die("no folder for the rules");
    fz_buf_printf(&path, "%s/rules.conf", folder);
    fz_buf_printf(&cache, "%s/cache", folder);
    mkdir(fz_buf_text(&cache), 0700);
    fz_rules_write(world->rule, (size_t)o->rules, 10.0, &text);
    write_file(fz_buf_text(&path), &text);
    world->ruleset = load(folder, NULL, &world->made.load);
    /* once more, so that the cache has it; then an edit */
    other = load(folder, fz_buf_text(&cache), &spent);
    fz_ruleset_destroy(other);
    edit(world);
    fz_buf_clear(&text);
    fz_rules_write(world->rule, (size_t)o->rules, 8.0, &text);
    write_file(fz_buf_text(&path), &text);
    compiles = 0;
    other = load(folder, fz_buf_text(&cache), &world->made.edit);
    world->made.edit_compiles = compiles;
    fz_ruleset_destroy(other);
    fz_buf_printf(&command, "rm -rf '%s'", folder);
    if (system(fz_buf_text(&command)) != 0)
        die("the folder stays");
    fz_buf_clear(&command);
    fz_buf_clear(&path);
    fz_buf_clear(&cache);
    fz_buf_clear(&text);
    world->pool = fz_scanner_pool_create(world->ruleset);
}

/* The words of one view as Hyperscan compiles them without us. */
static void bare_compile(FzWorld *world, const FzProgram *program)
{
    uint32_t count = program->string_count;
    const char **expression = fz_calloc(count + 1, sizeof *expression);
    unsigned *flags = fz_calloc(count + 1, sizeof *flags);
    unsigned *ids = fz_calloc(count + 1, sizeof *ids);
    FzBuf *escaped = fz_calloc(count + 1, sizeof *escaped);
    hs_compile_error_t *trouble = NULL;
    hs_database_t *db = NULL;
    size_t octets = 0;
    double began;

    for (uint32_t s = 0; s < count; s++) {
        const FzWord *word = &program->word[program->string[s].word];
        const uint8_t *text = fz_word_text(program, word);

        for (uint32_t i = 0; i < word->octets; i++)
            fz_buf_printf(&escaped[s], "\\x%02x", text[i]);
        expression[s] = fz_buf_text(&escaped[s]);
        flags[s] = HS_FLAG_DOTALL;
        ids[s] = s;
    }
    began = fz_cpu_ns();
    if (hs_compile_multi(expression, flags, ids, count, HS_MODE_BLOCK, NULL,
                         &db, &trouble) != HS_SUCCESS)
        die(trouble->message);
    world->made.bare_compile += (fz_cpu_ns() - began) / 1e9;
    hs_database_size(db, &octets);
    world->made.bare_octets += octets;
    world->made.words += count;
    world->made.database_octets += fz_matchdb_octets(program->db);
    hs_free_database(db);
    for (uint32_t s = 0; s < count; s++)
        fz_buf_clear(&escaped[s]);
    fz_free(escaped);
    fz_free(ids);
    fz_free(flags);
    fz_free(expression);
}

static void compare_compile(FzWorld *world)
{
    for (int v = 0; v < FZ_VIEWS; v++)
        if (world->ruleset->program[v].db != NULL) {
            bare_compile(world, &world->ruleset->program[v]);
            if (fz_matchdb_scratch(world->ruleset->program[v].db,
                                   &world->scratch) != FZ_OK)
                die("no scratch");
        }
}

/* --- the same rules as regular expressions -------------------------------- */
static void make_regexes(FzWorld *world)
{
    unsigned count = (unsigned)world->options.rules;
    const char **expression = fz_calloc(count, sizeof *expression);
    unsigned *flags = fz_calloc(count, sizeof *flags);
    hs_compile_error_t *trouble = NULL;
    double began;

    world->pcre2 = fz_calloc(count, sizeof *world->pcre2);
    world->match = pcre2_match_data_create(1, NULL);
    for (unsigned i = 0; i < count; i++) {
        FzSlice pattern = fz_buf_slice(&world->rule[i].regex);
        PCRE2_SIZE at;
        int error;

        expression[i] = fz_buf_text(&world->rule[i].regex);
        flags[i] = HS_FLAG_UTF8 | HS_FLAG_DOTALL | HS_FLAG_SINGLEMATCH;
        world->pcre2[i] = pcre2_compile(
            pattern.data, pattern.octets,
            PCRE2_UTF | PCRE2_DOTALL | PCRE2_NO_UTF_CHECK, &error, &at, NULL);
        if (world->pcre2[i] == NULL ||
            pcre2_jit_compile(world->pcre2[i], PCRE2_JIT_COMPLETE) != 0)
            die("PCRE2 refuses a rule");
    }
    if (world->options.rules <= world->options.regex_rules) {
        began = fz_cpu_ns();
        if (hs_compile_multi(expression, flags, NULL, count, HS_MODE_BLOCK,
                             NULL, &world->regex, &trouble) != HS_SUCCESS)
            die(trouble->message);
        world->made.regex = (fz_cpu_ns() - began) / 1e9;
        hs_alloc_scratch(world->regex, &world->regex_scratch);
        hs_database_size(world->regex, &world->made.regex_octets);
    }
    fz_free(expression);
    fz_free(flags);
}

/* --- messages ------------------------------------------------------------- */
/* As a handset sends it: ASCII in the default alphabet, the rest as UCS-2. */
static void encode(const FzBuf *text, FzBuf *out, FzCoding *coding)
{
    bool ascii = true;

    for (size_t i = 0; i < text->octets; i++)
        ascii &= text->data[i] < 0x80;
    *coding = ascii ? FZ_CODING_7BIT : FZ_CODING_UCS2;
    if (ascii) {
        fz_buf_append_slice(out, fz_buf_slice(text));
        return;
    }
    for (size_t at = 0; at < text->octets;) {
        uint32_t cp = 0;

        /* what is generated is in the basic plane */
        at += fz_utf8_decode(text->data + at, text->octets - at, &cp);
        fz_buf_append_octet(out, (uint8_t)(cp >> 8));
        fz_buf_append_octet(out, (uint8_t)cp);
    }
}

FzJudgeEnv fz_world_env(const FzWorld *world)
{
    return (FzJudgeEnv){.ruleset = world->ruleset,
                        .urls = world->urls,
                        .lists = world->lists,
                        .policy = fz_policy_patterns()};
}

static void keep_folded(FzWorld *world, long i, FzScanner *scanner)
{
    const FzView *view = &fz_scanner_views(scanner)->view[FZ_VIEW_FOLDED];

    fz_buf_append(&world->folded[i], view->octets, view->length);
    for (int octet = 0; octet < 64; octet++)
        fz_buf_append_octet(&world->folded[i], 0);
}

/* Messages that hit by chance are made again, so that the share holds. */
static void make_messages(FzWorld *world)
{
    FzBenchOptions *o = &world->options;
    FzScanner *scanner = fz_scanner_take(world->pool);
    FzJudgeEnv env = fz_world_env(world);
    FzVerdict *verdict = fz_calloc(1, sizeof *verdict);

    world->text = fz_calloc((size_t)o->messages, sizeof *world->text);
    world->folded = fz_calloc((size_t)o->messages, sizeof *world->folded);
    world->octets = fz_calloc((size_t)o->messages, sizeof *world->octets);
    world->message = fz_calloc((size_t)o->messages, sizeof *world->message);
    for (long i = 0; i < o->messages; i++) {
        bool hit = fz_random_below(&world->random, 10000) <
                   (uint32_t)(o->hit_share * 10000.0);
        bool hits = !hit;

        for (int tries = 0; hits != hit && tries < 50; tries++) {
            uint32_t rule = fz_random_below(&world->random, (uint32_t)o->rules);

            fz_buf_clear(&world->text[i]);
            fz_buf_clear(&world->octets[i]);
            fz_message_make(&world->random, (size_t)o->octets,
                            hit ? &world->rule[rule] : NULL, &world->text[i]);
            world->message[i] =
                (FzMessage){.direction = FZ_DIRECTION_MT,
                            .sender = fz_slice_of("10690000000000"),
                            .receiver = fz_slice_of("+8613000000000"),
                            .identity = fz_slice_of("bench"),
                            .now_ms = NOW_MS};
            encode(&world->text[i], &world->octets[i],
                   &world->message[i].coding);
            world->message[i].octets = fz_buf_slice(&world->octets[i]);
            fz_judge(&world->message[i], &env, scanner, verdict);
            hits = verdict->would != FZ_ACTION_PASS;
        }
        world->hits += hits;
        keep_folded(world, i, scanner);
    }
    fz_scanner_give(world->pool, scanner);
    fz_free(verdict);
}

/* --- all of it ------------------------------------------------------------ */
void fz_world_make(FzWorld *world)
{
    const FzBenchOptions *o = &world->options;

    world->random.state = (uint64_t)o->seed;
    world->rule = fz_rules_make(&world->random, (size_t)o->rules);
    make_regexes(world);
    make_rules(world);
    compare_compile(world);
    if (fz_url_tables_create(NULL, NULL, &world->urls) != FZ_OK)
        die("no public suffix list");
    if (o->list > 0)
        world->lists =
            fz_made_list(&world->random, o->list, NOW_MS, &world->made.list,
                         &world->made.list_octets);
    make_messages(world);
}

void fz_world_clear(FzWorld *world)
{
    const FzBenchOptions *o = &world->options;

    for (long i = 0; i < o->messages; i++) {
        fz_buf_clear(&world->text[i]);
        fz_buf_clear(&world->folded[i]);
        fz_buf_clear(&world->octets[i]);
    }
    for (long i = 0; i < o->rules; i++)
        pcre2_code_free(world->pcre2[i]);
    pcre2_match_data_free(world->match);
    fz_free(world->pcre2);
    fz_free(world->text);
    fz_free(world->folded);
    fz_free(world->octets);
    fz_free(world->message);
    hs_free_scratch(world->scratch);
    hs_free_scratch(world->regex_scratch);
    hs_free_database(world->regex);
    fz_scanner_pool_destroy(world->pool);
    fz_ruleset_destroy(world->ruleset);
    fz_list_set_destroy(world->lists);
    fz_url_tables_destroy(world->urls);
    fz_rules_free(world->rule, (size_t)o->rules);
}
