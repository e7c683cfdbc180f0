/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Lists of a generation: what goes live with it, what is refused and why.
 */
#include "config.h"

#include "base/alloc.h"
#include "config/bundle.h"
#include "tests/list_kit.h"
#include "tests/support.h"

#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *below(const char *name)
{
    FzBuf path = FZ_BUF_INIT;

    fz_buf_printf(&path, "%s/%s", fz_test_folder(), name);
    return fz_buf_take_text(&path);
}

typedef struct Place {
    char *config, *generations, *list;
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
    char public_text[2 * crypto_sign_PUBLICKEYBYTES + 1];
    FzTestSink sink;
} Place;

/* A list of these entries, built `later_s` after the kit's now. */
static void write_list(Place *place, const char *content, int64_t later_s,
                       bool signed_too)
{
    KitReport report;
    FzListBuild how = kit_build(&report);
    FzListSource source = kit_source("feed");
    FzListBuilder *builder;
    FILE *out;
    uint8_t *data;
    size_t octets;

    how.now_ms += later_s * 1000;
    source.fetched_ms = how.now_ms;
    how.secret_key = signed_too ? place->secret_key : NULL;
    builder = fz_list_builder_create(&how);
    kit_add(builder, &source, content, FZ_SOURCE_OWN);
    ck_assert_int_eq(
        fz_list_builder_make(builder, &place->sink.sink, &data, &octets),
        FZ_OK);
    unlink(place->list); /* a new file, as a rename makes it */
    out = fopen(place->list, "wb");
    ck_assert_uint_eq(fwrite(data, 1, octets, out), octets);
    fclose(out);
    fz_free(data);
    fz_list_builder_destroy(builder);
}

static void write_config(const char *lists)
{
    FzBuf text = FZ_BUF_INIT;

    fz_buf_printf(&text,
                  "mode = \"enforce\";\npatterns = [ \"sets\" ];\n"
                  "override = \"over.d\";\nextra-tlds = [ \"example\" ];\n%s",
                  lists);
    fz_test_write("work/fanzha.conf", fz_buf_text(&text));
    fz_buf_clear(&text);
}

static const char one_list[] =
    "lists = { files = ( { name = \"feeds\"; path = \"feeds.fzl\"; } ); };";

static void place_init(Place *place)
{
    memset(place, 0, sizeof *place);
    fz_test_sink_init(&place->sink);
    fz_test_write("work/sets/w/rules.conf",
                  "set = { name = \"w\"; };\nrules = ( { id = \"w.one\"; "
                  "phrase = \"click here\"; score = 12.0; } );\n");
    place->config = below("work/fanzha.conf");
    place->generations = below("gens");
    place->list = below("work/feeds.fzl");
    crypto_sign_keypair(place->public_key, place->secret_key);
    fz_hex_encode(place->public_key, sizeof place->public_key,
                  place->public_text);
    write_config(one_list);
    write_list(place, "block phishing host:bad.example\n", 0, false);
}

static void place_clear(Place *place)
{
    fz_free(place->config);
    fz_free(place->generations);
    fz_free(place->list);
}

static FzStatus stage(Place *place, FzBundle **bundle_out)
{
    *bundle_out = NULL;
    fz_test_sink_init(&place->sink);
    return fz_bundle_stage(place->config, place->generations, NULL, KIT_NOW_MS,
                           &place->sink.sink, bundle_out);
}

static void promote(Place *place, char *digest)
{
    FzBundle *bundle;

    ck_assert_msg(stage(place, &bundle) == FZ_OK, "%s",
                  place->sink.diag[0].text);
    ck_assert_int_eq(
        fz_bundle_promote(bundle, place->generations, &place->sink.sink),
        FZ_OK);
    if (digest != NULL)
        memcpy(digest, bundle->digest, FZ_DIGEST_TEXT);
    fz_bundle_destroy(bundle);
}

static FzBundle *load(Place *place, const char *which, FzStatus wanted)
{
    FzBundle *bundle = NULL;

    fz_test_sink_init(&place->sink);
    ck_assert_int_eq(fz_bundle_open_promoted(place->generations, which, NULL,
                                             &place->sink.sink, &bundle),
                     wanted);
    return bundle;
}

static FzAction judge(const FzBundle *bundle, const char *text)
{
    FzMessage message = {.octets = fz_slice_of(text), .now_ms = KIT_NOW_MS};
    FzJudgeEnv env = fz_bundle_env(bundle, false);
    FzScanner *scanner = fz_scanner_take(bundle->pool);
    static FzVerdict verdict;

    fz_judge(&message, &env, scanner, &verdict);
    fz_scanner_give(bundle->pool, scanner);
    return verdict.would;
}

/* --- going live --------------------------------------------------------------
 */
START_TEST(a_list_goes_live_with_its_generation)
{
    char first[FZ_DIGEST_TEXT], second[FZ_DIGEST_TEXT];
    FzBundle *bundle;
    Place place;

    place_init(&place);
    promote(&place, first);
    /* another list is another generation */
    write_list(&place, "block phishing host:worse.example\n", 60, false);
    bundle = load(&place, "current", FZ_OK);
    ck_assert_int_eq(judge(bundle, "http://bad.example/"),
                     FZ_ACTION_QUARANTINE);
    ck_assert_int_eq(judge(bundle, "http://worse.example/"), FZ_ACTION_PASS);
    fz_bundle_destroy(bundle);
    promote(&place, second);
    ck_assert_str_ne(first, second);
    bundle = load(&place, "current", FZ_OK);
    ck_assert_int_eq(judge(bundle, "http://bad.example/"), FZ_ACTION_PASS);
    ck_assert_int_eq(judge(bundle, "http://worse.example/"),
                     FZ_ACTION_QUARANTINE);
    fz_bundle_destroy(bundle);
    /* and the one before has its own list still */
    bundle = load(&place, "previous", FZ_OK);
    ck_assert_int_eq(judge(bundle, "http://bad.example/"),
                     FZ_ACTION_QUARANTINE);
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

START_TEST(a_working_file_may_go_once_it_is_promoted)
{
    FzBundle *bundle;
    Place place;

    place_init(&place);
    promote(&place, NULL);
    unlink(place.list);
    bundle = load(&place, "current", FZ_OK);
    ck_assert_int_eq(judge(bundle, "http://bad.example/"),
                     FZ_ACTION_QUARANTINE);
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

START_TEST(scan_and_lint_see_the_working_files)
{
    FzBundle *bundle = NULL;
    Place place;

    place_init(&place);
    ck_assert_int_eq(
        fz_bundle_open_working(place.config, NULL, &place.sink.sink, &bundle),
        FZ_OK);
    ck_assert_int_eq(judge(bundle, "http://bad.example/"),
                     FZ_ACTION_QUARANTINE);
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

static size_t count_stored(const Place *place)
{
    FzBuf path = FZ_BUF_INIT;
    size_t count = 0;
    struct dirent *entry;
    DIR *dir;

    fz_buf_printf(&path, "%s/lists", place->generations);
    dir = opendir(fz_buf_text(&path));
    while (dir != NULL && (entry = readdir(dir)) != NULL)
        count += entry->d_name[0] != '.';
    if (dir != NULL)
        closedir(dir);
    fz_buf_clear(&path);
    return count;
}

START_TEST(a_list_is_stored_once_and_as_long_as_it_is_named)
{
    Place place;
    char digest[FZ_DIGEST_TEXT];

    place_init(&place);
    promote(&place, NULL);
    write_config("lists = { young = 0; files = ( { name = \"feeds\"; path = "
                 "\"feeds.fzl\"; } ); };");
    promote(&place, NULL); /* another generation, the same list */
    ck_assert_uint_eq(count_stored(&place), 1);
    for (int i = 0; i < FZ_GENERATIONS_KEPT + 5; i++) {
        write_list(&place, "block phishing host:bad.example\n", 60 * (i + 1),
                   false);
        promote(&place, digest);
    }
    ck_assert_uint_eq(count_stored(&place), FZ_GENERATIONS_KEPT + 2);
    place_clear(&place);
}
END_TEST

/* --- what is refused
 * ----------------------------------------------------------- */
static void flip(const char *path, long at)
{
    FILE *file = fopen(path, "r+b");
    int octet;

    fseek(file, at, at < 0 ? SEEK_END : SEEK_SET);
    octet = fgetc(file);
    fseek(file, at, at < 0 ? SEEK_END : SEEK_SET);
    fputc(octet ^ 1, file);
    fclose(file);
}

static const struct {
    const char *name, *why;
    char how;
} refused_rows[] = {
    {"missing", "cannot be opened", 'm'},
    {"empty file", "empty", '0'},
    {"cut", "octets", 'c'},
    {"a damaged head", "head", 'h'},
    {"damaged content", "not what was written", 'd'},
    {"older than the one in force", "older than the one in force", 'o'},
    {"not signed", "not signed", 'u'},
    {"signed by another key", "not by the key", 'k'},
};

START_TEST(a_bad_list_is_refused_and_the_generation_in_force_stays)
{
    FzBundle *bundle, *serves;
    FzBuf config = FZ_BUF_INIT;
    struct stat st;
    Place place;

    place_init(&place);
    promote(&place, NULL);
    write_list(&place, "block phishing host:worse.example\n", 60, false);
    switch (refused_rows[_i].how) {
    case 'm':
        unlink(place.list);
        break;
    case '0':
        ck_assert_int_eq(truncate(place.list, 0), 0);
        break;
    case 'c':
        ck_assert_int_eq(stat(place.list, &st), 0);
        ck_assert_int_eq(truncate(place.list, st.st_size - 64), 0);
        break;
    case 'h':
        flip(place.list, 30);
        break;
    case 'd':
        flip(place.list, -2);
        break;
    case 'o':
        write_list(&place, "block phishing host:worse.example\n", -60, false);
        break;
    case 'u':
    case 'k':
        fz_buf_printf(&config,
                      "lists = { files = ( { name = \"feeds\"; path = "
                      "\"feeds.fzl\"; public-key = \"%s\"; } ); };",
                      place.public_text);
        write_config(fz_buf_text(&config));
        if (refused_rows[_i].how == 'k') {
            crypto_sign_keypair(place.public_key, place.secret_key);
            write_list(&place, "block phishing host:worse.example\n", 60, true);
        }
        break;
    }
    ck_assert_msg(stage(&place, &bundle) != FZ_OK, "%s: taken",
                  refused_rows[_i].name);
    ck_assert_msg(strstr(place.sink.diag[0].text, refused_rows[_i].why) != NULL,
                  "%s: %s", refused_rows[_i].name, place.sink.diag[0].text);
    ck_assert_msg(strcmp(place.sink.diag[0].file, place.list) == 0,
                  "%s: names %s", refused_rows[_i].name,
                  place.sink.diag[0].file);
    serves = load(&place, "current", FZ_OK);
    ck_assert_int_eq(judge(serves, "http://bad.example/"),
                     FZ_ACTION_QUARANTINE);
    ck_assert_int_eq(judge(serves, "http://worse.example/"), FZ_ACTION_PASS);
    fz_bundle_destroy(serves);
    fz_buf_clear(&config);
    place_clear(&place);
}
END_TEST

START_TEST(a_signed_list_is_taken)
{
    FzBuf config = FZ_BUF_INIT;
    FzBundle *bundle;
    Place place;

    place_init(&place);
    fz_buf_printf(&config,
                  "lists = { files = ( { name = \"feeds\"; path = "
                  "\"feeds.fzl\"; public-key = \"%s\"; } ); };",
                  place.public_text);
    write_config(fz_buf_text(&config));
    write_list(&place, "block phishing host:bad.example\n", 0, true);
    promote(&place, NULL);
    bundle = load(&place, "current", FZ_OK);
    ck_assert_int_eq(judge(bundle, "http://bad.example/"),
                     FZ_ACTION_QUARANTINE);
    fz_bundle_destroy(bundle);
    fz_buf_clear(&config);
    place_clear(&place);
}
END_TEST

START_TEST(a_promoted_list_that_was_changed_is_not_served)
{
    char digest[FZ_DIGEST_TEXT];
    struct dirent *entry;
    Place place;
    char *folder;
    DIR *dir;

    place_init(&place);
    promote(&place, digest);
    folder = below("gens/lists");
    dir = opendir(folder);
    while ((entry = readdir(dir)) != NULL) {
        FzBuf path = FZ_BUF_INIT;

        fz_buf_printf(&path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.')
            flip(fz_buf_text(&path), 30);
        fz_buf_clear(&path);
    }
    closedir(dir);
    ck_assert_ptr_null(load(&place, "current", FZ_E_SYNTAX));
    ck_assert_ptr_nonnull(fz_test_sink_find(&place.sink, "changed after"));
    /* the working file is at hand: a reload makes it whole again */
    promote(&place, NULL);
    fz_bundle_destroy(load(&place, "current", FZ_OK));
    fz_free(folder);
    place_clear(&place);
}
END_TEST

/* --- what the file may say
 * ------------------------------------------------------ */
static const struct {
    const char *name, *lists, *why;
} wrong_rows[] = {
    {"a name with a slash",
     "files = ( { name = \"../x\"; path = \"feeds.fzl\"; } );", "name"},
    {"twice",
     "files = ( { name = \"a\"; path = \"feeds.fzl\"; }, { name = \"a\"; path "
     "= \"feeds.fzl\"; } );",
     "is there already"},
    {"a key that is none",
     "files = ( { name = \"a\"; path = \"feeds.fzl\"; public-key = \"12\"; } "
     ");",
     "hexadecimal"},
    {"no path", "files = ( { name = \"a\"; } );", "`path' is missing"},
    {"an owner that is none",
     "files = ( { name = \"a\"; path = \"x\"; owner = \"me\"; } );", "owner"},
    {"a category's reason that is none",
     "categories = ( { name = \"x\"; score = 5.0; reason = \"nope\"; } );",
     "no reason"},
    {"a category that lets pass",
     "categories = ( { name = \"x\"; score = 5.0; action = \"pass\"; } );",
     "action"},
};

START_TEST(what_cannot_be_meant_is_refused)
{
    FzBuf config = FZ_BUF_INIT;
    FzBundle *bundle;
    Place place;

    place_init(&place);
    fz_buf_printf(&config, "lists = { %s };", wrong_rows[_i].lists);
    write_config(fz_buf_text(&config));
    ck_assert_int_ne(stage(&place, &bundle), FZ_OK);
    ck_assert_msg(fz_test_sink_find(&place.sink, wrong_rows[_i].why) != NULL,
                  "%s: %s", wrong_rows[_i].name, place.sink.diag[0].text);
    fz_buf_clear(&config);
    place_clear(&place);
}
END_TEST

START_TEST(owner_age_and_categories_are_obeyed)
{
    FzBundle *bundle;
    Place place;

    place_init(&place);
    write_list(&place,
               "block phishing host:bad.example\nblock odd host:odd.example\n"
               "block plain host:plain.example\n",
               0, false);
    write_config("lists = { files = ( { name = \"feeds\"; path = "
                 "\"feeds.fzl\"; } );\n"
                 "categories = ( { name = \"odd\"; score = 1.0; }, { name = "
                 "\"*\"; score = 20.0; action = \"reject\"; }, { name = "
                 "\"phishing\"; score = 2.0; } ); };");
    promote(&place, NULL);
    bundle = load(&place, "current", FZ_OK);
    ck_assert_int_eq(judge(bundle, "http://bad.example/"), FZ_ACTION_PASS);
    ck_assert_int_eq(judge(bundle, "http://odd.example/"), FZ_ACTION_PASS);
    ck_assert_int_eq(judge(bundle, "http://plain.example/"), FZ_ACTION_REJECT);
    fz_bundle_destroy(bundle);

    write_config("lists = { files = ( { name = \"feeds\"; path = "
                 "\"feeds.fzl\"; owner = \"operator\"; } ); };");
    promote(&place, NULL);
    bundle = load(&place, "current", FZ_OK);
    ck_assert_int_eq(judge(bundle, "http://bad.example/"), FZ_ACTION_REJECT);
    fz_bundle_destroy(bundle);

    /* fetched at the kit's now, asked then: fresh; a second of life is over an
     * hour later */
    write_config("lists = { files = ( { name = \"feeds\"; path = "
                 "\"feeds.fzl\"; max-age = 1; } ); };");
    write_list(&place, "block phishing host:bad.example\n", -3600, false);
    fz_free(place.generations);
    place.generations = below("other"); /* where nothing newer is in force */
    promote(&place, NULL);
    bundle = load(&place, "current", FZ_OK);
    ck_assert_int_eq(judge(bundle, "http://bad.example/"), FZ_ACTION_PASS);
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lists");
    TCase *live = tcase_create("live"), *refused = tcase_create("refused"),
          *keys = tcase_create("keys");

    if (sodium_init() < 0)
        return 1;
    tcase_add_test(live, a_list_goes_live_with_its_generation);
    tcase_add_test(live, a_working_file_may_go_once_it_is_promoted);
    tcase_add_test(live, scan_and_lint_see_the_working_files);
    tcase_add_test(live, a_list_is_stored_once_and_as_long_as_it_is_named);
    suite_add_tcase(suite, live);
    tcase_add_loop_test(refused,
                        a_bad_list_is_refused_and_the_generation_in_force_stays,
                        0, COUNT(refused_rows));
    tcase_add_test(refused, a_signed_list_is_taken);
    tcase_add_test(refused, a_promoted_list_that_was_changed_is_not_served);
    suite_add_tcase(suite, refused);
    tcase_add_loop_test(keys, what_cannot_be_meant_is_refused, 0,
                        COUNT(wrong_rows));
    tcase_add_test(keys, owner_age_and_categories_are_obeyed);
    suite_add_tcase(suite, keys);
    return fz_test_run(suite);
}
