/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Compiled databases on disk: what is compiled, and when not.
 */
#include "config.h"

#include "base/buf.h"
#include "engine/rules/cache.h"
#include "engine/rules/matchdb.h"
#include "tests/rulekit.h"

#include <dirent.h>
#include <fcntl.h>
#include <hs/hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* --- Hyperscan's compiler, counted ---------------------------------------- */
static unsigned compiled; /* calls */
static unsigned patterns; /* of all calls */

hs_error_t __real_hs_compile_multi(const char *const *expressions,
                                   const unsigned *flags, const unsigned *ids,
                                   unsigned elements, unsigned mode,
                                   const hs_platform_info_t *platform,
                                   hs_database_t **db,
                                   hs_compile_error_t **error);
hs_error_t __wrap_hs_compile_multi(const char *const *expressions,
                                   const unsigned *flags, const unsigned *ids,
                                   unsigned elements, unsigned mode,
                                   const hs_platform_info_t *platform,
                                   hs_database_t **db,
                                   hs_compile_error_t **error);
hs_error_t __wrap_hs_compile_multi(const char *const *expressions,
                                   const unsigned *flags, const unsigned *ids,
                                   unsigned elements, unsigned mode,
                                   const hs_platform_info_t *platform,
                                   hs_database_t **db,
                                   hs_compile_error_t **error)
{
    compiled++;
    patterns += elements;
    return __real_hs_compile_multi(expressions, flags, ids, elements, mode,
                                   platform, db, error);
}

/* --- sets and where they are kept ------------------------------------------
 */

static char cache_dir[512];
static bool as_nobody; /* whom modes bind, if we are root */

static FzStatus load(FzKit *kit, const char *rules, bool whole)
{
    char path[1024];
    const char *folder = path;
    FzRulesetOptions options = {.folders = &folder,
                                .folder_count = 1,
                                .cache_dir = cache_dir,
                                .whole = whole};
    FzBuf file = FZ_BUF_INIT;
    FzStatus status;

    memset(kit, 0, sizeof *kit);
    fz_test_sink_init(&kit->sink);
    fz_buf_printf(&file, "set = { name = \"t\"; };\n%s", rules);
    fz_kit_write("set", "rules.conf", fz_buf_text(&file));
    fz_buf_clear(&file);
    snprintf(path, sizeof path, "%s/set", fz_test_folder());
    compiled = patterns = 0;
    if (as_nobody && geteuid() == 0)
        ck_assert_int_eq(seteuid(65534), 0);
    status = fz_ruleset_load_with(&options, &kit->sink.sink, &kit->ruleset);
    if (as_nobody && getuid() == 0)
        ck_assert_int_eq(seteuid(0), 0);
    if (status == FZ_OK) {
        kit->pool = fz_scanner_pool_create(kit->ruleset);
        kit->scanner = fz_scanner_take(kit->pool);
    }
    return status;
}

static void use_cache(const char *name)
{
    snprintf(cache_dir, sizeof cache_dir, "%s/%s", fz_test_folder(), name);
}

static size_t files(char *one, size_t octets)
{
    DIR *dir = opendir(cache_dir);
    struct dirent *entry;
    size_t count = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        if (one != NULL)
            snprintf(one, octets, "%s/%s", cache_dir, entry->d_name);
        count++;
    }
    if (dir != NULL)
        closedir(dir);
    return count;
}

#define TWO_KINDS                                                              \
    "rules = ( { id = \"a\"; phrase = \"aa ~5 bb\"; },"                        \
    "{ id = \"b\"; regex = \"c+d\"; } );"

START_TEST(the_second_load_compiles_nothing)
{
    FzKit kit;

    use_cache("twice");
    ck_assert_int_eq(load(&kit, TWO_KINDS, false), FZ_OK);
    ck_assert_uint_eq(compiled, 2);
    ck_assert_uint_eq(files(NULL, 0), 2);
    fz_kit_clear(&kit);
    ck_assert_int_eq(load(&kit, TWO_KINDS, false), FZ_OK);
    ck_assert_uint_eq(compiled, 0);
    ck_assert_uint_eq(kit.sink.count, 0);
    fz_kit_scan(&kit, "aa x bb ccd");
    ck_assert_int_eq(kit.signals.count, 2);
    fz_kit_clear(&kit);
}
END_TEST

static const struct {
    const char *name, *rules;
    unsigned compiled;
} edits[] = {
    {"a gap", "rules = ( { id = \"a\"; phrase = \"aa ~9 bb\"; } );", 0},
    {"a score and a state",
     "rules = ( { id = \"a\"; phrase = \"aa ~5 bb\"; score = 9.0;"
     " state = \"shadow\"; } );",
     0},
    {"another order", "rules = ( { id = \"a\"; phrase = \"bb ~5 aa\"; } );", 0},
    {"two rules of the same words",
     "rules = ( { id = \"a\"; phrase = \"aa\"; },"
     "{ id = \"b\"; phrase = \"bb\"; } );",
     0},
    {"other borders", "rules = ( { id = \"a\"; phrase = \"aa* ~5 bb\"; } );",
     0},
    {"a word", "rules = ( { id = \"a\"; phrase = \"aa ~5 bc\"; } );", 1},
};

START_TEST(an_edit_compiles_only_new_words)
{
    FzKit kit;

    use_cache("edits");
    ck_assert_int_eq(load(&kit,
                          "rules = ( { id = \"a\"; phrase = \"aa ~5 bb\"; } );",
                          false),
                     FZ_OK);
    fz_kit_clear(&kit);
    ck_assert_int_eq(load(&kit, edits[_i].rules, false), FZ_OK);
    ck_assert_msg(compiled == edits[_i].compiled, "%s: %u", edits[_i].name,
                  compiled);
    fz_kit_clear(&kit);
}
END_TEST

/* --- damage ----------------------------------------------------------------
 */

static void damage(const char *path, int how)
{
    FzBuf file = FZ_BUF_INIT;
    FILE *out;

    ck_assert_int_eq(fz_buf_read_file(&file, path, 64u << 20, NULL), FZ_OK);
    switch (how) {
    case 0: /* half of it */
        file.octets /= 2;
        break;
    case 1: /* nothing */
        file.octets = 0;
        break;
    case 2: /* one bit of the database */
        file.data[file.octets / 2] ^= 4;
        break;
    case 3: /* another version of the file */
        file.data[5] = '9';
        break;
    case 4: /* a length beyond the file */
        file.data[15] = 0x7F;
        break;
    case 5: /* something after it */
        fz_buf_append_octet(&file, 0);
        break;
    case 6: /* one bit of the words beside the database */
        file.data[file.octets - 1] ^= 1;
        break;
    case 7: /* one bit of the digest */
        file.data[8 + 2 * sizeof(uint64_t)] ^= 1;
        break;
    }
    out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    if (file.octets != 0)
        ck_assert_uint_eq(fwrite(file.data, 1, file.octets, out), file.octets);
    fclose(out);
    fz_buf_clear(&file);
}

/* Hyperscan's own head says another version: the digest is made again. */
static void make_foreign(FzBuf *file, const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    size_t name_octets = strcspn(name, ".");
    size_t head = file->octets, db = 0;
    FzSlice pieces[3];
    FzDigest digest;
    uint64_t octets;

    memcpy(&octets, file->data + 8, sizeof octets);
    db = (size_t)octets;
    head = 8 + 2 * sizeof octets + sizeof digest;
    file->data[head + 4] ^= 0x40; /* behind Hyperscan's magic number */
    pieces[0] = fz_slice(name, name_octets);
    pieces[1] = fz_slice(file->data + head, db);
    pieces[2] = fz_slice(file->data + head + db, file->octets - head - db);
    digest = fz_digest(fz_slice(NULL, 0), pieces, 3);
    memcpy(file->data + 8 + 2 * sizeof octets, &digest, sizeof digest);
}

START_TEST(a_damaged_file_is_made_again)
{
    static const char rules[] =
        "rules = ( { id = \"a\"; phrase = \"aa ~5 bb\"; } );";
    char path[1024];
    FzKit kit;

    use_cache("damage");
    ck_assert_int_eq(load(&kit, rules, false), FZ_OK);
    fz_kit_clear(&kit);
    ck_assert_uint_eq(files(path, sizeof path), 1);
    damage(path, _i);
    ck_assert_int_eq(load(&kit, rules, false), FZ_OK);
    ck_assert_uint_eq(compiled, 1);
    ck_assert_uint_eq(kit.sink.count, 1);
    ck_assert_int_eq(kit.sink.diag[0].severity, FZ_SEVERITY_WARNING);
    ck_assert(strstr(kit.sink.diag[0].text, "is damaged") != NULL);
    fz_kit_scan(&kit, "aa bb");
    ck_assert_int_eq(kit.signals.count, 1);
    fz_kit_clear(&kit);
    ck_assert_int_eq(load(&kit, rules, false), FZ_OK);
    ck_assert_uint_eq(compiled, 0);
    ck_assert_uint_eq(kit.sink.count, 0);
    fz_kit_clear(&kit);
}
END_TEST

/* A database under another's name is no database of these words. */
START_TEST(a_file_of_other_words_is_not_taken)
{
    char one[1024], two[1100];
    FzKit kit;

    use_cache("other");
    ck_assert_int_eq(
        load(&kit, "rules = ( { id = \"a\"; phrase = \"aa\"; } );", false),
        FZ_OK);
    fz_kit_clear(&kit);
    files(one, sizeof one);
    snprintf(two, sizeof two, "%s.kept", one);
    ck_assert_int_eq(rename(one, two), 0);
    use_cache("other2");
    ck_assert_int_eq(
        load(&kit, "rules = ( { id = \"a\"; phrase = \"bb\"; } );", false),
        FZ_OK);
    fz_kit_clear(&kit);
    files(one, sizeof one);
    ck_assert_int_eq(rename(two, one), 0);
    ck_assert_int_eq(
        load(&kit, "rules = ( { id = \"a\"; phrase = \"bb\"; } );", false),
        FZ_OK);
    ck_assert_uint_eq(compiled, 1);
    fz_kit_scan(&kit, "bb");
    ck_assert_int_eq(kit.signals.count, 1);
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(a_cache_that_cannot_be_written_costs_a_warning)
{
    FzKit kit;

    /* a file stands where the folder should: true for root as well */
    fz_test_write("blocked", "x");
    use_cache("blocked");
    ck_assert_int_eq(
        load(&kit, "rules = ( { id = \"a\"; phrase = \"aa\"; } );", false),
        FZ_OK);
    ck_assert_uint_eq(kit.sink.count, 1);
    ck_assert_int_eq(kit.sink.diag[0].severity, FZ_SEVERITY_WARNING);
    ck_assert(strstr(kit.sink.diag[0].text, "cannot be") != NULL);
    fz_kit_scan(&kit, "aa");
    ck_assert_int_eq(kit.signals.count, 1);
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(the_files_not_used_for_longest_go_first)
{
    char rules[128], kept[1024] = "";
    struct stat st;
    FzKit kit;

    use_cache("prune");
    for (int i = 0; i < FZ_CACHE_FILES + 3; i++) {
        snprintf(rules, sizeof rules,
                 "rules = ( { id = \"a\"; phrase = \"word%d\"; } );", i);
        ck_assert_int_eq(load(&kit, rules, false), FZ_OK);
        fz_kit_clear(&kit);
        if (i == 0)
            files(kept, sizeof kept);
        /* the first one stays in use */
        ck_assert_int_eq(utimensat(AT_FDCWD, kept, NULL, 0), 0);
    }
    ck_assert_uint_eq(files(NULL, 0), FZ_CACHE_FILES);
    ck_assert_int_eq(stat(kept, &st), 0);
}
END_TEST

START_TEST(a_cache_that_is_read_only_is_read_and_told_once)
{
    char folder[512];
    FzKit kit;

    use_cache("readonly");
    snprintf(folder, sizeof folder, "%s", cache_dir);
    ck_assert_int_eq(load(&kit, TWO_KINDS, false), FZ_OK);
    fz_kit_clear(&kit);
    ck_assert_int_eq(chmod(fz_test_folder(), 0755), 0);
    ck_assert_int_eq(chmod(folder, 0555), 0);
    as_nobody = true;
    ck_assert_int_eq(load(&kit, TWO_KINDS, false), FZ_OK);
    ck_assert_uint_eq(compiled, 0);
    ck_assert_uint_eq(kit.sink.count, 0);
    fz_kit_clear(&kit);
    ck_assert_int_eq(load(&kit,
                          "rules = ( { id = \"a\"; phrase = \"aa ~5 cc\"; },"
                          "{ id = \"b\"; regex = \"c+e\"; } );",
                          false),
                     FZ_OK);
    ck_assert_uint_eq(compiled, 2);
    ck_assert_uint_eq(kit.sink.count, 1);
    ck_assert_int_eq(kit.sink.diag[0].severity, FZ_SEVERITY_WARNING);
    fz_kit_scan(&kit, "aa cc ce");
    ck_assert_int_eq(kit.signals.count, 2);
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(a_file_of_another_version_is_made_again)
{
    static const char rules[] =
        "rules = ( { id = \"a\"; phrase = \"aa ~5 bb\"; } );";
    FzBuf file = FZ_BUF_INIT;
    char path[1024];
    FzKit kit;
    FILE *out;

    /* whole, and with a digest that is right: only Hyperscan can tell */
    use_cache("version");
    ck_assert_int_eq(load(&kit, rules, false), FZ_OK);
    fz_kit_clear(&kit);
    files(path, sizeof path);
    ck_assert_int_eq(fz_buf_read_file(&file, path, 64u << 20, NULL), FZ_OK);
    make_foreign(&file, path);
    out = fopen(path, "w");
    ck_assert_uint_eq(fwrite(file.data, 1, file.octets, out), file.octets);
    fclose(out);
    fz_buf_clear(&file);
    ck_assert_int_eq(load(&kit, rules, false), FZ_OK);
    ck_assert_uint_eq(compiled, 1);
    ck_assert_uint_eq(kit.sink.count, 1);
    ck_assert(strstr(kit.sink.diag[0].text, "is damaged") != NULL);
    fz_kit_scan(&kit, "aa bb");
    ck_assert_int_eq(kit.signals.count, 1);
    fz_kit_clear(&kit);
}
END_TEST

static void age(const char *path, time_t seconds)
{
    struct timespec times[2] = {{time(NULL) - seconds, 0},
                                {time(NULL) - seconds, 0}};

    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void load_word(FzKit *kit, const char *word)
{
    char rules[128];

    snprintf(rules, sizeof rules,
             "rules = ( { id = \"a\"; phrase = \"%s\"; } );", word);
    ck_assert_int_eq(load(kit, rules, false), FZ_OK);
}

START_TEST(what_nobody_asked_for_in_a_long_time_goes)
{
    char path[1024];
    struct stat st;
    FzKit kit;

    use_cache("age");
    load_word(&kit, "first");
    fz_kit_clear(&kit);
    files(path, sizeof path);
    age(path, (FZ_CACHE_DAYS + 1) * 86400);
    load_word(&kit, "second");
    fz_kit_clear(&kit);
    ck_assert_int_ne(stat(path, &st), 0);
    ck_assert_uint_eq(files(NULL, 0), 1);
}
END_TEST

START_TEST(what_is_in_use_stays_however_old)
{
    char path[1024];
    struct stat st;
    FzKit held, kit;

    use_cache("held");
    load_word(&kit, "first");
    fz_kit_clear(&kit);
    load_word(&held, "first"); /* from the cache, and kept */
    files(path, sizeof path);
    age(path, (FZ_CACHE_DAYS + 1) * 86400);
    load_word(&kit, "second");
    fz_kit_clear(&kit);
    ck_assert_int_eq(stat(path, &st), 0);
    fz_kit_clear(&held);
    load_word(&kit, "third");
    fz_kit_clear(&kit);
    ck_assert_int_ne(stat(path, &st), 0);
}
END_TEST

START_TEST(all_together_are_bounded)
{
    char path[1024];
    struct stat st;
    FzKit kit;

    use_cache("size");
    load_word(&kit, "first");
    fz_kit_clear(&kit);
    files(path, sizeof path);
    ck_assert_int_eq(truncate(path, FZ_CACHE_OCTETS), 0); /* a hole */
    age(path, 10);
    load_word(&kit, "second");
    fz_kit_clear(&kit);
    ck_assert_int_ne(stat(path, &st), 0);
    ck_assert_uint_eq(files(NULL, 0), 1);
}
END_TEST

START_TEST(what_a_writer_that_died_began_goes)
{
    char path[1024];
    struct stat st;
    FzKit kit;

    use_cache("begun");
    load_word(&kit, "first");
    fz_kit_clear(&kit);
    snprintf(path, sizeof path, "%s/words-0123.aB3dE6", cache_dir);
    fz_test_write(path, "half of");
    load_word(&kit, "second");
    fz_kit_clear(&kit);
    ck_assert_int_eq(stat(path, &st), 0); /* somebody may be at it */
    age(path, 4000);
    load_word(&kit, "third");
    fz_kit_clear(&kit);
    ck_assert_int_ne(stat(path, &st), 0);
}
END_TEST

/* --- the delta --------------------------------------------------------------
 */

static void put_rules(FzBuf *out, int words, const char *extra)
{
    fz_buf_clear(out);
    fz_buf_append_text(out, "words = { w = [ \"zzz0\"");
    for (int i = 1; i < words; i++)
        fz_buf_printf(out, ", \"w%dx\"", i);
    fz_buf_append_text(out, " ]; };\nrules = ( { id = \"a\"; phrase = \"<w> "
                            "~3 end\"; }");
    fz_buf_append_text(out, extra);
    fz_buf_append_text(out, " );\n");
}

START_TEST(a_few_new_words_are_compiled_beside_a_large_set)
{
    FzBuf rules = FZ_BUF_INIT;
    FzKit kit;

    use_cache("delta");
    put_rules(&rules, FZ_DELTA_FROM_STRINGS, "");
    ck_assert_int_eq(load(&kit, fz_buf_text(&rules), false), FZ_OK);
    ck_assert_uint_eq(fz_ruleset_delta(kit.ruleset), 0);
    fz_kit_clear(&kit);

    /* three words more */
    put_rules(&rules, FZ_DELTA_FROM_STRINGS + 1,
              ", { id = \"b\"; phrase = \"(aardvark|w7x) ~2 mmm\"; }");
    ck_assert_int_eq(load(&kit, fz_buf_text(&rules), false), FZ_OK);
    ck_assert_uint_eq(compiled, 1);
    ck_assert_uint_eq(patterns, 3);
    ck_assert_uint_eq(fz_ruleset_delta(kit.ruleset), 3);
    fz_kit_scan(&kit, "aardvark mmm, w7x end, w4000x end");
    ck_assert_int_eq(kit.signals.count, 2);
    fz_kit_scan(&kit, "w7x mmm");
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "b"));
    fz_kit_clear(&kit);

    /* words that are gone are not found any more */
    put_rules(&rules, FZ_DELTA_FROM_STRINGS - 100,
              ", { id = \"b\"; phrase = \"(x1|x2|x3|x4|x5|x6|x7|x8|x9|y1|y2|y3|"
              "y4|y5|y6|y7|y8|y9|z1|z2|z3|z4|z5|z6|z7|z8|z9|u1|u2|u3|u4|u5|u6|"
              "u7|u8|u9|v1|v2|v3|v4|v5|v6|v7|v8|v9|q1|q2|q3|q4|q5|q6|q7|q8|q9|"
              "p1|p2|p3|p4|p5|p6|p7|p8|p9|o1|o2|o3|o4|o5|o6|o7|o8|o9|n1|n2|n3|"
              "n4|n5|n6|n7|n8|n9|m1|m2|m3|m4|m5|m6|m7|m8|m9|l1|l2|l3|l4|l5|l6|"
              "l7|l8|l9)\"; }");
    ck_assert_int_eq(load(&kit, fz_buf_text(&rules), false), FZ_OK);
    ck_assert_uint_eq(fz_ruleset_delta(kit.ruleset), 99);
    fz_kit_scan(&kit, "w3990x end");
    ck_assert_int_eq(kit.signals.count, 0);
    fz_kit_scan(&kit, "w3890x end v5");
    ck_assert_int_eq(kit.signals.count, 2);
    fz_kit_clear(&kit);

    /* all of it at once, and from then on */
    ck_assert_int_eq(load(&kit, fz_buf_text(&rules), true), FZ_OK);
    ck_assert_uint_ge(patterns, FZ_DELTA_FROM_STRINGS - 100);
    ck_assert_uint_eq(fz_ruleset_delta(kit.ruleset), 0);
    fz_kit_clear(&kit);
    ck_assert_int_eq(load(&kit, fz_buf_text(&rules), false), FZ_OK);
    ck_assert_uint_eq(compiled, 0);
    ck_assert_uint_eq(fz_ruleset_delta(kit.ruleset), 0);
    fz_kit_clear(&kit);
    fz_buf_clear(&rules);
}
END_TEST

START_TEST(too_many_new_words_are_compiled_with_the_others)
{
    FzBuf rules = FZ_BUF_INIT;
    FzKit kit;

    use_cache("many");
    put_rules(&rules, FZ_DELTA_FROM_STRINGS, "");
    ck_assert_int_eq(load(&kit, fz_buf_text(&rules), false), FZ_OK);
    fz_kit_clear(&kit);
    put_rules(&rules, FZ_DELTA_FROM_STRINGS + FZ_DELTA_MAX_STRINGS + 1, "");
    ck_assert_int_eq(load(&kit, fz_buf_text(&rules), false), FZ_OK);
    ck_assert_uint_gt(patterns, FZ_DELTA_FROM_STRINGS);
    ck_assert_uint_eq(fz_ruleset_delta(kit.ruleset), 0);
    fz_kit_clear(&kit);
    fz_buf_clear(&rules);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rules_cache");
    TCase *tc = tcase_create("rules_cache");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_second_load_compiles_nothing);
    tcase_add_loop_test(tc, an_edit_compiles_only_new_words, 0, COUNT(edits));
    tcase_add_loop_test(tc, a_damaged_file_is_made_again, 0, 8);
    tcase_add_test(tc, a_file_of_other_words_is_not_taken);
    tcase_add_test(tc, a_cache_that_cannot_be_written_costs_a_warning);
    tcase_add_test(tc, the_files_not_used_for_longest_go_first);
    tcase_add_test(tc, a_cache_that_is_read_only_is_read_and_told_once);
    tcase_add_test(tc, a_file_of_another_version_is_made_again);
    tcase_add_test(tc, what_nobody_asked_for_in_a_long_time_goes);
    tcase_add_test(tc, what_is_in_use_stays_however_old);
    tcase_add_test(tc, all_together_are_bounded);
    tcase_add_test(tc, what_a_writer_that_died_began_goes);
    tcase_add_test(tc, a_few_new_words_are_compiled_beside_a_large_set);
    tcase_add_test(tc, too_many_new_words_are_compiled_with_the_others);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
