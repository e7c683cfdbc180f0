/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The child that compiles: the same databases as compiled here, and whatever
 * becomes of it is an error that says so.
 */
#include "config.h"

#include "base/alloc.h"
#include "config/compile_child.h"
#include "tests/rulekit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static FzConfigCompile limits = FZ_CONFIG_COMPILE_DEFAULT;
static uint64_t told;

static void count(void *ctx, uint64_t done, uint64_t total, const char *what)
{
    (void)ctx, (void)done, (void)total, (void)what;
    told++;
}

static FzStatus ask(FzJobKind kind, const char *const *patterns, uint32_t n,
                    FzTestSink *sink, FzJobAnswer *answer)
{
    static const FzProgress progress = {count, NULL};
    FzSlice slices[16];
    FzCompileChild child;

    ck_assert_uint_le(n, COUNT(slices));
    for (uint32_t i = 0; i < n; i++)
        slices[i] = fz_slice_of(patterns[i]);
    told = 0;
    fz_test_sink_init(sink);
    fz_compile_child_init(&child, &limits, &progress);
    return fz_job_ask(&(FzJob){kind, slices, n}, &child.hook, &sink->sink,
                      answer);
}

static const char *script(const char *text)
{
    static char path[1024];
    FzBuf whole = FZ_BUF_INIT;

    fz_buf_printf(&whole, "#!/bin/sh\n%s\n", text);
    snprintf(path, sizeof path, "%s",
             fz_test_write("child", fz_buf_text(&whole)));
    ck_assert_int_eq(chmod(path, 0755), 0);
    fz_buf_clear(&whole);
    return path;
}

/* --- what it answers -------------------------------------------------------
 */
static const char *const words[] = {"safe account", "transfer", "\xe5\xae\x89"};

static const struct {
    FzJobKind kind;
    const char *const *pattern;
    uint32_t count;
} jobs[] = {
    {FZ_JOB_WORDS, words, 3},
    {FZ_JOB_REGEX, (const char *const[]){"a+b", "c.{0,5}d"}, 2},
};

START_TEST(it_makes_the_database_that_would_be_made_here)
{
    FzSlice slices[3];
    FzJobAnswer there, here;
    char *octets = NULL;
    size_t size;
    FzTestSink sink;

    ck_assert_int_eq(
        ask(jobs[_i].kind, jobs[_i].pattern, jobs[_i].count, &sink, &there),
        FZ_OK);
    ck_assert_ptr_nonnull(there.db);
    for (uint32_t i = 0; i < jobs[_i].count; i++)
        slices[i] = fz_slice_of(jobs[_i].pattern[i]);
    fz_job_do(&(FzJob){jobs[_i].kind, slices, jobs[_i].count}, &here);
    ck_assert_int_eq(hs_serialize_database(here.db, &octets, &size),
                     HS_SUCCESS);
    ck_assert_uint_eq(there.octets.octets, size);
    ck_assert_mem_eq(there.octets.data, octets, size);
    free(octets);
    hs_free_database(here.db);
    hs_free_database(there.db);
    fz_job_answer_clear(&here);
    fz_job_answer_clear(&there);
}
END_TEST

START_TEST(it_tells_every_pattern_that_is_refused)
{
    static const char *const patterns[] = {"a+b", "a(?=b)", "fine", "(x)\\1"};
    FzJobAnswer answer;
    FzTestSink sink;

    ck_assert_int_eq(
        ask(_i == 0 ? FZ_JOB_REGEX : FZ_JOB_TRY, patterns, 4, &sink, &answer),
        FZ_OK);
    ck_assert_ptr_null(answer.db);
    ck_assert_uint_eq(answer.refusals, 2);
    ck_assert_uint_eq(answer.refusal[0].pattern, 1);
    ck_assert_uint_eq(answer.refusal[1].pattern, 3);
    fz_job_answer_clear(&answer);
}
END_TEST

/* --- what becomes of it ----------------------------------------------------
 */
static const struct {
    const char *name, *script, *says;
    FzStatus status;
    int64_t time_s;
} ends[] = {
    {"it is not there", NULL, "cannot be started", FZ_E_IO, 60},
    {"it fails", "echo no luck >&2; exit 7", "status 7: no luck", FZ_E_IO, 60},
    {"it is killed", "kill -9 $$", "died of signal 9", FZ_E_IO, 60},
    {"it runs out of memory", "exit 3", "MiB of memory", FZ_E_LIMIT, 60},
    {"it never ends", "exec sleep 1000", "stopped after 1 s", FZ_E_LIMIT, 1},
    {"it says nothing", "cat > /dev/null", "no database", FZ_E_STATE, 60},
    {"it writes rubbish", "head -c 100000 /dev/zero", "no database", FZ_E_STATE,
     60},
    {"its answer is cut", "\"$FANZHA_COMPILE\" \"$@\" | head -c 400",
     "no database", FZ_E_STATE, 60},
    {"its answer is longer", "\"$FANZHA_COMPILE\" \"$@\"; echo more",
     "no database", FZ_E_STATE, 60},
    {"it answers what it was not asked",
     "cat > /dev/null; cat \"$FZ_TEST_ANSWER\"", "no database", FZ_E_STATE, 60},
    {"it is given what is no job", "echo nonsense | \"$FANZHA_COMPILE\" \"$@\"",
     "no job of this version", FZ_E_IO, 60},
};

/* An answer of the child to another question. */
static void keep_another_answer(void)
{
    static const char *const other[] = {"another"};
    char path[1024];
    FzJobAnswer answer;
    FzTestSink sink;
    FzConfigCompile before = limits;

    snprintf(path, sizeof path, "%s/answer", fz_test_folder());
    setenv("FZ_TEST_ANSWER", path, 1);
    limits.program =
        script("\"$FANZHA_COMPILE\" \"$@\" | tee \"$FZ_TEST_ANSWER\"");
    ck_assert_int_eq(ask(FZ_JOB_WORDS, other, 1, &sink, &answer), FZ_OK);
    hs_free_database(answer.db);
    fz_job_answer_clear(&answer);
    limits = before;
}

START_TEST(however_it_ends_is_told)
{
    FzJobAnswer answer;
    FzTestSink sink;

    keep_another_answer();
    limits.time_s = ends[_i].time_s;
    limits.program = ends[_i].script == NULL ? "/nowhere/fanzha-compile"
                                             : script(ends[_i].script);
    ck_assert_msg(ask(FZ_JOB_WORDS, words, 3, &sink, &answer) ==
                      ends[_i].status,
                  "%s", ends[_i].name);
    ck_assert_msg(sink.count == 1 &&
                      fz_test_sink_find(&sink, ends[_i].says) != NULL,
                  "%s: %zu, %s", ends[_i].name, sink.count, sink.diag[0].text);
    ck_assert_ptr_null(answer.db);
}
END_TEST

/* Seconds of compiling. */
static const char *const bomb[] = {"a.{0,1000}b.{0,1000}c.{0,1000}d"};

START_TEST(processor_time_is_bounded)
{
    FzJobAnswer answer;
    FzTestSink sink;

    limits.cpu_s = 1;
    ck_assert_int_eq(ask(FZ_JOB_REGEX, bomb, 1, &sink, &answer), FZ_E_LIMIT);
    ck_assert_ptr_nonnull(
        fz_test_sink_find(&sink, "more than 1 s of processor time"));
    ck_assert_uint_gt(told, 1); /* meanwhile, again and again */
}
END_TEST

#ifndef __SANITIZE_ADDRESS__
START_TEST(memory_is_bounded)
{
    enum { WORDS = 20000 };
    FzSlice *slices = fz_calloc(WORDS, sizeof *slices);
    char(*word)[64] = fz_calloc(WORDS, sizeof *word);
    FzCompileChild child;
    FzJobAnswer answer;
    FzTestSink sink;

    for (uint32_t i = 0; i < WORDS; i++) {
        snprintf(word[i], sizeof word[i], "%08x and so on to the end of %u",
                 i * 2654435761u, i);
        slices[i] = fz_slice_of(word[i]);
    }
    limits.memory_mb = 64;
    fz_test_sink_init(&sink);
    fz_compile_child_init(&child, &limits, NULL);
    ck_assert_int_eq(fz_job_ask(&(FzJob){FZ_JOB_WORDS, slices, WORDS},
                                &child.hook, &sink.sink, &answer),
                     FZ_E_LIMIT);
    fz_free(slices);
    fz_free(word);
    ck_assert_ptr_nonnull(
        fz_test_sink_find(&sink, "more than 64 MiB of memory"));
}
END_TEST
#endif

START_TEST(it_inherits_nothing_open)
{
    FzJobAnswer answer;
    FzTestSink sink;
    int fd = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */

    ck_assert_int_eq(dup2(fd, 177), 177);
    limits.program = script("[ -e /proc/$$/fd/177 ] && exit 8; exit 9");
    ck_assert_int_eq(ask(FZ_JOB_WORDS, words, 3, &sink, &answer), FZ_E_IO);
    ck_assert_ptr_nonnull(fz_test_sink_find(&sink, "status 9"));
}
END_TEST

/* --- rules that are loaded through it --------------------------------------
 */
static FzStatus load(FzKit *kit, const char *rules, const char *cache)
{
    char path[1024];
    const char *folder = path;
    FzCompileChild child;
    FzRulesetOptions options = {.folders = &folder,
                                .folder_count = 1,
                                .cache_dir = cache,
                                .hook = &child.hook};
    FzBuf file = FZ_BUF_INIT;
    FzStatus status;

    memset(kit, 0, sizeof *kit);
    fz_test_sink_init(&kit->sink);
    fz_compile_child_init(&child, &limits, NULL);
    fz_buf_printf(&file, "set = { name = \"t\"; };\n%s", rules);
    fz_kit_write("set", "rules.conf", fz_buf_text(&file));
    fz_buf_clear(&file);
    snprintf(path, sizeof path, "%s/set", fz_test_folder());
    status = fz_ruleset_load_with(&options, &kit->sink.sink, &kit->ruleset);
    if (status == FZ_OK) {
        kit->pool = fz_scanner_pool_create(kit->ruleset);
        kit->scanner = fz_scanner_take(kit->pool);
    }
    return status;
}

#define RULES                                                                  \
    "rules = ( { id = \"a\"; phrase = \"aa ~5 bb\"; },\n"                      \
    "{ id = \"b\"; regex = \"c+d\"; } );"

START_TEST(rules_are_loaded_through_it_and_then_from_the_cache)
{
    char cache[1024];
    FzKit kit;

    snprintf(cache, sizeof cache, "%s/cache", fz_test_folder());
    ck_assert_int_eq(load(&kit, RULES, cache), FZ_OK);
    fz_kit_scan(&kit, "aa x bb ccd");
    ck_assert_int_eq(kit.signals.count, 2);
    fz_kit_clear(&kit);

    /* what is there needs no child */
    limits.program = "/nowhere/fanzha-compile";
    ck_assert_int_eq(load(&kit, RULES, cache), FZ_OK);
    ck_assert_uint_eq(kit.sink.count, 0);
    fz_kit_scan(&kit, "aa x bb ccd");
    ck_assert_int_eq(kit.signals.count, 2);
    fz_kit_clear(&kit);

    ck_assert_int_eq(
        load(&kit, "rules = ( { id = \"a\"; phrase = \"other\"; } );", cache),
        FZ_E_IO);
    ck_assert_ptr_nonnull(fz_test_sink_find(&kit.sink, "cannot be started"));
}
END_TEST

START_TEST(a_regex_it_refuses_has_its_place)
{
    FzKit kit;

    ck_assert_int_eq(load(&kit,
                          "rules = ( { id = \"a\"; phrase = \"aa\"; },\n"
                          "{ id = \"b\"; regex = \"a(?=b)\"; } );",
                          NULL),
                     FZ_E_RULE);
    ck_assert_uint_eq(kit.sink.count, 1);
    ck_assert_uint_eq(kit.sink.diag[0].line, 3);
    ck_assert_str_eq(kit.sink.diag[0].rule, "b");
}
END_TEST

START_TEST(the_costliest_regex_is_named_when_a_bound_is_reached)
{
    FzKit kit;

    limits.program = script("exit 3");
    ck_assert_int_eq(load(&kit,
                          "rules = (\n{ id = \"a\"; regex = \"a.{0,90}b\"; },\n"
                          "{ id = \"b\"; regex = \"a.{0,9}b\"; } );",
                          NULL),
                     FZ_E_LIMIT);
    ck_assert_ptr_nonnull(fz_test_sink_find(&kit.sink, "MiB of memory"));
    ck_assert_uint_eq(kit.sink.count, 2);
    ck_assert_str_eq(kit.sink.diag[1].rule, "a");
    ck_assert_uint_eq(kit.sink.diag[1].line, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compile");
    TCase *tc = tcase_create("compile");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, it_makes_the_database_that_would_be_made_here, 0,
                        COUNT(jobs));
    tcase_add_loop_test(tc, it_tells_every_pattern_that_is_refused, 0, 2);
    tcase_add_loop_test(tc, however_it_ends_is_told, 0, COUNT(ends));
    tcase_add_test(tc, processor_time_is_bounded);
#ifndef __SANITIZE_ADDRESS__
    tcase_add_test(tc, memory_is_bounded);
#endif
    tcase_add_test(tc, it_inherits_nothing_open);
    tcase_add_test(tc, rules_are_loaded_through_it_and_then_from_the_cache);
    tcase_add_test(tc, a_regex_it_refuses_has_its_place);
    tcase_add_test(tc, the_costliest_regex_is_named_when_a_bound_is_reached);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
