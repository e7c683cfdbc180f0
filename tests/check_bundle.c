/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "base/generation.h"
#include "config/bundle.h"
#include "config/history.h"
#include "tests/support.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms = 1795300350123;

/* --- a disk that fails ------------------------------------------------------
 */
static int syncs_left = -1; /* of them the last fails; -1: none does */

int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_fsync(int fd)
{
    if (syncs_left >= 0 && syncs_left-- == 0) {
        errno = EIO;
        return -1;
    }
    return __real_fsync(fd);
}

/* --- working files ---------------------------------------------------------
 */
static char *below(const char *name)
{
    FzBuf path = FZ_BUF_INIT;

    fz_buf_printf(&path, "%s/%s", fz_test_folder(), name);
    return fz_buf_take_text(&path);
}

static void write_rules(const char *phrase, const char *state,
                        const char *sample)
{
    FzBuf text = FZ_BUF_INIT;

    fz_buf_printf(&text,
                  "set = { name = \"w\"; };\n"
                  "rules = (\n"
                  "  { id = \"w.one\"; phrase = \"%s\"; score = 12.0;\n"
                  "    state = \"%s\"; reason = \"phishing\";\n"
                  "    match = [ \"%s\" ]; },\n"
                  "  { id = \"w.two\"; phrase = \"second one\"; score = 11.0;\n"
                  "    state = \"shadow\"; match = [ \"second one\" ]; }\n"
                  ");\n",
                  phrase, state, sample);
    fz_test_write("work/sets/w/rules.conf", fz_buf_text(&text));
    fz_buf_clear(&text);
}

static void write_config(const char *more)
{
    FzBuf text = FZ_BUF_INIT;

    fz_buf_printf(&text, "patterns = [ \"sets\" ];\noverride = \"over.d\";\n%s",
                  more);
    fz_test_write("work/fanzha.conf", fz_buf_text(&text));
    fz_buf_clear(&text);
}

typedef struct Place {
    char *config, *generations;
    FzTestSink sink;
} Place;

static void place_init(Place *place)
{
    write_config("mode = \"enforce\";");
    write_rules("click here", "active", "click here");
    place->config = below("work/fanzha.conf");
    place->generations = below("gens");
    fz_test_sink_init(&place->sink);
}

static void place_clear(Place *place)
{
    fz_free(place->config);
    fz_free(place->generations);
}

static FzStatus stage(Place *place, FzBundle **bundle_out)
{
    *bundle_out = NULL;
    fz_test_sink_init(&place->sink);
    return fz_bundle_stage(place->config, place->generations, NULL, now_ms,
                           &place->sink.sink, bundle_out);
}

static void stage_and_promote(Place *place, char digest_out[FZ_DIGEST_TEXT])
{
    FzBundle *bundle;
    FzStatus status = stage(place, &bundle);

    ck_assert_msg(status == FZ_OK, "%s", place->sink.diag[0].text);
    ck_assert_int_eq(
        fz_bundle_promote(bundle, place->generations, &place->sink.sink),
        FZ_OK);
    memcpy(digest_out, bundle->digest, FZ_DIGEST_TEXT);
    fz_bundle_destroy(bundle);
}

static FzBundle *load(Place *place, const char *which)
{
    FzBundle *bundle = NULL;
    FzStatus status = fz_bundle_open_promoted(place->generations, which, NULL,
                                              &place->sink.sink, &bundle);

    ck_assert_msg(status == FZ_OK, "%s", place->sink.diag[0].text);
    return bundle;
}

static FzAction judge(const FzBundle *bundle, const char *text)
{
    FzMessage message = {.octets = fz_slice_of(text), .now_ms = now_ms};
    FzJudgeEnv env = fz_bundle_env(bundle, false);
    FzScanner *scanner =
        bundle->pool == NULL ? NULL : fz_scanner_take(bundle->pool);
    static FzVerdict verdict;

    fz_judge(&message, &env, scanner, &verdict);
    if (scanner != NULL)
        fz_scanner_give(bundle->pool, scanner);
    return verdict.acted;
}

static unsigned count_generations(const Place *place)
{
    DIR *dir = opendir(place->generations);
    struct dirent *entry;
    unsigned count = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        ck_assert_msg(strstr(entry->d_name, ".new") == NULL, "%s was left",
                      entry->d_name);
        count += strlen(entry->d_name) == FZ_DIGEST_TEXT - 1;
    }
    if (dir != NULL)
        closedir(dir);
    return count;
}

/* --- promoting ---------------------------------------------------------------
 */
START_TEST(nothing_promoted_is_no_rules_in_observe)
{
    FzBundle *bundle;
    Place place;

    place_init(&place);
    ck_assert_ptr_null(load(&place, "current"));
    ck_assert_ptr_null(load(&place, "previous"));
    bundle = fz_bundle_create_empty();
    ck_assert_int_eq(bundle->policy->mode, FZ_MODE_OBSERVE);
    ck_assert_int_eq(judge(bundle, "click here"), FZ_ACTION_PASS);
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

START_TEST(last_labels_of_links_are_part_of_a_generation)
{
    char digest[FZ_DIGEST_TEXT];
    FzBundle *bundle;
    Place place;

    place_init(&place);
    write_rules("click <url>", "active", "click http://a.example/");
    stage_and_promote(&place, digest);
    bundle = load(&place, "current");
    ck_assert_int_eq(judge(bundle, "click b.intranet"), FZ_ACTION_PASS);
    ck_assert_int_ne(judge(bundle, "click b.com"), FZ_ACTION_PASS);
    fz_bundle_destroy(bundle);
    write_config("mode = \"enforce\"; extra-tlds = [ \"intranet\" ];");
    bundle = load(&place, "current");
    ck_assert_int_eq(judge(bundle, "click b.intranet"), FZ_ACTION_PASS);
    fz_bundle_destroy(bundle);
    stage_and_promote(&place, digest);
    bundle = load(&place, "current");
    ck_assert_int_ne(judge(bundle, "click b.intranet"), FZ_ACTION_PASS);
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

static FzSenderClass class_of(const FzBundle *bundle, const char *identity)
{
    FzMessage message = {.octets = fz_slice_of("hello"),
                         .identity = fz_slice_of(identity),
                         .now_ms = now_ms};
    FzJudgeEnv env = fz_bundle_env(bundle, false);
    FzScanner *scanner = fz_scanner_take(bundle->pool);
    static FzVerdict verdict;

    fz_judge(&message, &env, scanner, &verdict);
    fz_scanner_give(bundle->pool, scanner);
    return verdict.sender.class_;
}

START_TEST(the_registry_is_part_of_a_generation)
{
    char first[FZ_DIGEST_TEXT], second[FZ_DIGEST_TEXT];
    char *registry = below("work/reg.csv");
    FzBundle *bundle;
    Place place;

    place_init(&place);
    write_config("senders = { registry = \"reg.csv\"; };");
    fz_test_write("work/reg.csv",
                  "identity,class,signatures,senders,hosts\na,bank,,,\n");
    stage_and_promote(&place, first);
    fz_test_write("work/reg.csv",
                  "identity,class,signatures,senders,hosts\na,IoT,,,\n");
    bundle = load(&place, "current");
    ck_assert_int_eq(class_of(bundle, "a"), FZ_SENDER_BANK);
    fz_bundle_destroy(bundle);
    stage_and_promote(&place, second);
    ck_assert_str_ne(first, second);
    bundle = load(&place, "current");
    ck_assert_int_eq(class_of(bundle, "a"), FZ_SENDER_IOT);
    fz_bundle_destroy(bundle);
    bundle = load(&place, "previous");
    ck_assert_int_eq(class_of(bundle, "a"), FZ_SENDER_BANK);
    fz_bundle_destroy(bundle);
    /* a mistake is told of the file that a person edits */
    fz_test_write("work/reg.csv", "identity,class\n");
    ck_assert_int_eq(stage(&place, &bundle), FZ_E_RULE);
    ck_assert_ptr_nonnull(strstr(place.sink.diag[0].file, "work/reg.csv"));
    fz_test_sink_init(&place.sink);
    ck_assert_int_eq(unlink(registry), 0);
    ck_assert_int_eq(stage(&place, &bundle), FZ_E_IO);
    place_clear(&place);
    fz_free(registry);
}
END_TEST

START_TEST(what_was_promoted_serves_whatever_is_edited_since)
{
    char digest[FZ_DIGEST_TEXT];
    FzBundle *bundle;
    Place place;

    place_init(&place);
    stage_and_promote(&place, digest);
    write_rules("something else", "active", "something else");
    write_config("mode = \"observe\";");
    bundle = load(&place, "current");
    ck_assert_str_eq(bundle->digest, digest);
    ck_assert_int_eq(bundle->policy->mode, FZ_MODE_ENFORCE);
    ck_assert_int_eq(judge(bundle, "click here"), FZ_ACTION_QUARANTINE);
    ck_assert_int_eq(judge(bundle, "something else"), FZ_ACTION_PASS);
    fz_bundle_destroy(bundle);

    /* and it needs none of the working files */
    ck_assert_int_eq(unlink(place.config), 0);
    bundle = load(&place, "current");
    ck_assert_int_eq(judge(bundle, "click here"), FZ_ACTION_QUARANTINE);
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

START_TEST(staging_puts_nothing_in_force)
{
    FzBundle *bundle;
    Place place;

    place_init(&place);
    ck_assert_int_eq(stage(&place, &bundle), FZ_OK);
    ck_assert_int_eq(judge(bundle, "click here"), FZ_ACTION_QUARANTINE);
    ck_assert_uint_eq(bundle->cases.run, 2);
    ck_assert_uint_eq(bundle->cases.failed, 0);
    ck_assert_ptr_null(load(&place, "current"));
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

START_TEST(previous_is_what_was_in_force_before)
{
    char one[FZ_DIGEST_TEXT], two[FZ_DIGEST_TEXT];
    FzBundle *bundle;
    Place place;

    place_init(&place);
    stage_and_promote(&place, one);
    ck_assert_ptr_null(load(&place, "previous"));
    write_rules("other words", "active", "other words");
    stage_and_promote(&place, two);
    ck_assert_str_ne(one, two);
    bundle = load(&place, "previous");
    ck_assert_str_eq(bundle->digest, one);
    /* back: what was previous becomes current, and the other way round */
    ck_assert_int_eq(
        fz_bundle_promote(bundle, place.generations, &place.sink.sink), FZ_OK);
    fz_bundle_destroy(bundle);
    bundle = load(&place, "current");
    ck_assert_str_eq(bundle->digest, one);
    ck_assert_int_eq(judge(bundle, "click here"), FZ_ACTION_QUARANTINE);
    fz_bundle_destroy(bundle);
    bundle = load(&place, "previous");
    ck_assert_str_eq(bundle->digest, two);
    fz_bundle_destroy(bundle);
    bundle = load(&place, two); /* by its name */
    ck_assert_str_eq(bundle->digest, two);
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

static void expect_link(Place *place, const char *which, const char *digest)
{
    FzBundle *bundle = load(place, which);

    ck_assert_ptr_nonnull(bundle);
    ck_assert_str_eq(bundle->digest, digest);
    fz_bundle_destroy(bundle);
}

/* A start would take what was said to be refused, and a way back be lost. */
START_TEST(a_promotion_that_the_disk_refuses_changes_no_link)
{
    char first[FZ_DIGEST_TEXT], second[FZ_DIGEST_TEXT];
    int failures = 0;
    FzBundle *bundle;
    Place place;

    place_init(&place);
    stage_and_promote(&place, first);
    write_rules("click there", "active", "click there");
    stage_and_promote(&place, second);
    write_rules("click anywhere", "active", "click anywhere");
    ck_assert_int_eq(stage(&place, &bundle), FZ_OK);
    for (;; failures++) {
        FzStatus status;

        syncs_left = failures;
        status = fz_bundle_promote(bundle, place.generations, &place.sink.sink);
        syncs_left = -1;
        if (status == FZ_OK)
            break;
        expect_link(&place, "current", second);
        expect_link(&place, "previous", first);
        ck_assert_uint_eq(count_generations(&place), 3);
    }
    ck_assert_int_gt(failures, 1);
    expect_link(&place, "current", bundle->digest);
    expect_link(&place, "previous", second);
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

START_TEST(a_first_promotion_that_the_disk_refuses_leaves_nothing_promoted)
{
    FzBundle *bundle;
    Place place;

    place_init(&place);
    ck_assert_int_eq(stage(&place, &bundle), FZ_OK);
    syncs_left = 0;
    ck_assert_int_ne(
        fz_bundle_promote(bundle, place.generations, &place.sink.sink), FZ_OK);
    syncs_left = -1;
    ck_assert_ptr_null(load(&place, "current"));
    ck_assert_ptr_null(load(&place, "previous"));
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

START_TEST(the_same_files_are_the_same_generation)
{
    char one[FZ_DIGEST_TEXT], two[FZ_DIGEST_TEXT];
    FzBundle *bundle;
    Place place;

    place_init(&place);
    stage_and_promote(&place, one);
    stage_and_promote(&place, two);
    ck_assert_str_eq(one, two);
    ck_assert_uint_eq(count_generations(&place), 1);
    ck_assert_ptr_null(load(&place, "previous")); /* not itself */
    ck_assert_int_eq(
        fz_bundle_open_working(place.config, NULL, &place.sink.sink, &bundle),
        FZ_OK);
    ck_assert_str_eq(bundle->digest, one);
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

static const struct {
    const char *name, *file, *content;
} digest_rows[] = {
    {"the configuration", "work/fanzha.conf",
     "patterns = [ \"sets\" ];\noverride = \"over.d\";\n"},
    {"a rule file", "work/sets/w/rules.conf",
     "set = { name = \"w\"; };\n"
     "rules = ( { id = \"w.x\"; phrase = \"some other words\"; } );\n"},
    {"a set more", "work/sets/v/rules.conf",
     "set = { name = \"v\"; };\n"
     "rules = ( { id = \"v.x\"; phrase = \"some other words\"; } );\n"},
    {"an override", "work/over.d/site.conf",
     "overrides = ( { id = \"w.two\"; state = \"active\"; } );\n"},
};

START_TEST(the_digest_covers_every_file)
{
    char digest[FZ_DIGEST_TEXT];
    FzBundle *bundle;
    Place place;

    place_init(&place);
    stage_and_promote(&place, digest);
    fz_test_write(digest_rows[_i].file, digest_rows[_i].content);
    ck_assert_int_eq(
        fz_bundle_open_working(place.config, NULL, &place.sink.sink, &bundle),
        FZ_OK);
    ck_assert_msg(strcmp(bundle->digest, digest) != 0, "%s",
                  digest_rows[_i].name);
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

START_TEST(what_editors_leave_behind_is_not_taken)
{
    char digest[FZ_DIGEST_TEXT];
    FzBundle *bundle;
    Place place;

    place_init(&place);
    stage_and_promote(&place, digest);
    fz_test_write("work/sets/w/rules.conf~", "broken {");
    fz_test_write("work/sets/w/.rules.conf.swp", "broken {");
    fz_test_write("work/over.d/site.conf.orig", "broken {");
    ck_assert_int_eq(stage(&place, &bundle), FZ_OK);
    ck_assert_str_eq(bundle->digest, digest);
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

/* --- overrides
 * ------------------------------------------------------------------ */
START_TEST(an_override_changes_the_state_in_force)
{
    FzBundle *bundle;
    Place place;

    place_init(&place);
    fz_test_write("work/over.d/10-on.conf",
                  "overrides = ( { id = \"w.*\"; state = \"active\"; } );");
    fz_test_write("work/over.d/20-off.conf",
                  "overrides = ( { id = \"w.one\"; state = \"shadow\"; } );");
    ck_assert_int_eq(stage(&place, &bundle), FZ_OK);
    ck_assert_int_eq(judge(bundle, "click here"), FZ_ACTION_PASS);
    ck_assert_int_eq(judge(bundle, "second one"), FZ_ACTION_QUARANTINE);
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

START_TEST(an_override_of_nothing_is_refused)
{
    FzBundle *bundle;
    Place place;

    place_init(&place);
    fz_test_write("work/over.d/site.conf",
                  "overrides = (\n  { id = \"w.on\"; state = \"active\"; } );");
    ck_assert_int_eq(stage(&place, &bundle), FZ_E_RULE);
    ck_assert_uint_eq(place.sink.count, 1);
    ck_assert_uint_eq(place.sink.diag[0].line, 2);
    ck_assert_str_eq(place.sink.diag[0].rule, "w.on");
    ck_assert_ptr_nonnull(
        strstr(place.sink.diag[0].text, "did you mean `w.one'"));
    ck_assert_ptr_nonnull(
        strstr(place.sink.diag[0].file, "work/over.d/site.conf"));
    place_clear(&place);
}
END_TEST

#define DAY_MS 86400000

static FzAction judge_at(FzBundle *bundle, const char *text,
                         const char *identity, int64_t at_ms)
{
    FzMessage message = {.octets = fz_slice_of(text),
                         .identity = fz_slice_of(identity),
                         .now_ms = at_ms};
    FzJudgeEnv env = fz_bundle_env(bundle, false);
    FzScanner *scanner = fz_scanner_take(bundle->pool);
    static FzVerdict verdict;

    fz_bundle_mind_time(bundle, at_ms);
    fz_judge(&message, &env, scanner, &verdict);
    fz_scanner_give(bundle->pool, scanner);
    return verdict.acted;
}

static void write_override(const char *entry)
{
    FzBuf text = FZ_BUF_INIT;

    fz_buf_printf(&text, "overrides = ( { %s } );", entry);
    fz_test_write("work/over.d/site.conf", fz_buf_text(&text));
    fz_buf_clear(&text);
}

#define WHO "owner = \"me\"; reason = \"a customer asked\"; "

/* now_ms is in 2026 */
static const struct {
    const char *name, *entry;
    int64_t ends_ms;       /* after now_ms; 0: it does not */
    FzAction meant, after; /* for "click here", by 12.0 points of w.one */
    FzAction others;       /* than `shop' */
} changes[] = {
    {"a score", "id = \"w.one\"; score = 1.0; " WHO, 0, FZ_ACTION_PASS,
     FZ_ACTION_PASS, FZ_ACTION_PASS},
    {"a score for a time",
     "id = \"w.one\"; score = 1.0; expires = \"3d\"; " WHO, 3 * DAY_MS,
     FZ_ACTION_PASS, FZ_ACTION_QUARANTINE, FZ_ACTION_PASS},
    {"an exception", "id = \"w.one\"; not-identity = [ \"shop\" ]; " WHO, 0,
     FZ_ACTION_PASS, FZ_ACTION_PASS, FZ_ACTION_QUARANTINE},
    {"an exception for a time",
     "id = \"w.*\"; not-identity = [ \"shop\" ]; expires = \"3d\"; " WHO,
     3 * DAY_MS, FZ_ACTION_PASS, FZ_ACTION_QUARANTINE, FZ_ACTION_QUARANTINE},
    {"another when", "id = \"w.one\"; when = { identity = \"!shop\"; }; " WHO,
     0, FZ_ACTION_PASS, FZ_ACTION_PASS, FZ_ACTION_QUARANTINE},
    {"a when of several for a time",
     "id = \"w.*\"; when = { direction = \"mt\"; identity = [ \"a\", "
     "\"prefix:el\" ]; }; expires = \"3d\"; " WHO,
     3 * DAY_MS, FZ_ACTION_PASS, FZ_ACTION_QUARANTINE, FZ_ACTION_QUARANTINE},
    {"a when that asks for nothing", "id = \"w.one\"; when = { }; " WHO, 0,
     FZ_ACTION_QUARANTINE, FZ_ACTION_QUARANTINE, FZ_ACTION_QUARANTINE},
    {"a when and an exception from it",
     "id = \"w.one\"; when = { identity = \"shop\"; }; " WHO
     "}, { id = \"w.one\"; not-identity = \"shop\"; " WHO,
     0, FZ_ACTION_PASS, FZ_ACTION_PASS, FZ_ACTION_PASS},
    {"a state for a time",
     "id = \"w.one\"; state = \"shadow\"; expires = \"3d\";", 3 * DAY_MS,
     FZ_ACTION_PASS, FZ_ACTION_QUARANTINE, FZ_ACTION_PASS},
    {"a state for a time, and for good behind it",
     "id = \"w.one\"; state = \"shadow\"; expires = \"3d\"; }, "
     "{ id = \"w.*\"; state = \"shadow\";",
     3 * DAY_MS, FZ_ACTION_PASS, FZ_ACTION_PASS, FZ_ACTION_PASS},
    {"a state for a time, and for longer behind it",
     "id = \"w.one\"; state = \"shadow\"; expires = \"3d\"; }, "
     "{ id = \"w.*\"; state = \"shadow\"; expires = \"5d\";",
     5 * DAY_MS, FZ_ACTION_PASS, FZ_ACTION_QUARANTINE, FZ_ACTION_PASS},
    {"a state for a time, and for longer before it",
     "id = \"w.one\"; state = \"shadow\"; expires = \"5d\"; }, "
     "{ id = \"w.one\"; state = \"retired\"; expires = \"3d\";",
     5 * DAY_MS, FZ_ACTION_PASS, FZ_ACTION_QUARANTINE, FZ_ACTION_PASS},
    {"a state until a day",
     "id = \"w.one\"; state = \"shadow\"; expires = \"2020-01-01\";", 0,
     FZ_ACTION_QUARANTINE, FZ_ACTION_QUARANTINE, FZ_ACTION_QUARANTINE},
};

START_TEST(an_override_does_what_it_says_and_until_when)
{
    char digest[FZ_DIGEST_TEXT];
    FzBundle *bundle;
    Place place;

    place_init(&place);
    write_override(changes[_i].entry);
    stage_and_promote(&place, digest);
    bundle = load(&place, "current");
    ck_assert_msg(judge_at(bundle, "click here", "shop", now_ms) ==
                      changes[_i].meant,
                  "%s", changes[_i].name);
    ck_assert_msg(judge_at(bundle, "click here", "else", now_ms) ==
                      changes[_i].others,
                  "%s", changes[_i].name);
    if (changes[_i].ends_ms != 0) {
        for (int64_t day = 1; day * DAY_MS < changes[_i].ends_ms; day++)
            judge_at(bundle, "click here", "shop", now_ms + day * DAY_MS);
        ck_assert_msg(judge_at(bundle, "click here", "shop",
                               now_ms + changes[_i].ends_ms - 1) ==
                          changes[_i].meant,
                      "%s", changes[_i].name);
        ck_assert_msg(judge_at(bundle, "click here", "shop",
                               now_ms + changes[_i].ends_ms) ==
                          changes[_i].after,
                      "%s", changes[_i].name);
    }
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

static const struct {
    const char *name, *entry, *says;
} refused[] = {
    {"nothing", "id = \"w.one\";", "changes nothing"},
    {"nobody's", "id = \"w.one\"; score = 1.0; reason = \"x\";", "`owner'"},
    {"without a reason",
     "id = \"w.one\"; not-identity = [ \"a\" ]; owner = \"x\";", "`reason'"},
    {"no day", "id = \"w.one\"; state = \"active\"; expires = \"2027-02-30\";",
     "`expires' is a last day"},
    {"of no rule", "id = \"w.ono\"; score = 1.0; " WHO, "did you mean `w.one'"},
    {"a when of nobody's", "id = \"w.one\"; when = { direction = \"mt\"; };",
     "`owner'"},
    {"a when of no direction",
     "id = \"w.*\"; when = { direction = \"up\"; }; " WHO,
     "`up' is no direction"},
    {"a when with a key that is none",
     "id = \"w.one\"; when = { sneder = \"1\"; }; " WHO,
     "did you mean `sender'"},
};

START_TEST(an_override_that_makes_no_sense_is_refused)
{
    FzBundle *bundle;
    Place place;

    place_init(&place);
    write_override(refused[_i].entry);
    ck_assert_int_eq(stage(&place, &bundle), FZ_E_RULE);
    ck_assert_msg(place.sink.count == 1 &&
                      strstr(place.sink.diag[0].text, refused[_i].says) != NULL,
                  "%s: %s", refused[_i].name, place.sink.diag[0].text);
    ck_assert_uint_eq(place.sink.diag[0].line, 1);
    place_clear(&place);
}
END_TEST

static void write_for_days(int rev, const char *title)
{
    char text[512];

    snprintf(text, sizeof text,
             "set = { name = \"w\"; defaults = { expires = \"3d\"; }; };\n"
             "rules = ( { id = \"w.one\"; rev = %d; score = 12.0;\n"
             "phrase = \"click here\"; title = \"%s\";\n"
             "match = [ \"click here\" ]; } );\n",
             rev, title);
    fz_test_write("work/sets/w/rules.conf", text);
}

/* Days of rules and of overrides run from the promotion that first brought
 * them, whatever is promoted in between. */
START_TEST(days_run_from_the_first_promotion)
{
    char first[FZ_DIGEST_TEXT], digest[FZ_DIGEST_TEXT];
    const int64_t began = now_ms;
    FzBundle *bundle;
    Place place;

    place_init(&place);
    write_for_days(1, "one");
    stage_and_promote(&place, first);

    /* a day later, an edit of the same revision */
    now_ms = began + DAY_MS;
    write_for_days(1, "two");
    stage_and_promote(&place, digest);
    bundle = load(&place, "current");
    ck_assert_int_eq(fz_ruleset_rule(bundle->ruleset, 0)->expires_ms,
                     began + 3 * DAY_MS);
    ck_assert_int_eq(judge_at(bundle, "click here", "", began + 3 * DAY_MS - 1),
                     FZ_ACTION_QUARANTINE);
    ck_assert_int_eq(judge_at(bundle, "click here", "", began + 3 * DAY_MS),
                     FZ_ACTION_PASS);
    fz_bundle_destroy(bundle);

    /* another revision begins anew; the first one gone back to does not */
    write_for_days(2, "two");
    stage_and_promote(&place, digest);
    bundle = load(&place, "current");
    ck_assert_int_eq(fz_ruleset_rule(bundle->ruleset, 0)->expires_ms,
                     began + 4 * DAY_MS);
    fz_bundle_destroy(bundle);
    bundle = load(&place, first);
    ck_assert_int_eq(fz_ruleset_rule(bundle->ruleset, 0)->expires_ms,
                     began + 3 * DAY_MS);
    fz_bundle_destroy(bundle);
    now_ms = began;
    place_clear(&place);
}
END_TEST

/* As the brake does, and a demotion at once. */
static void set_state(FzBundle *bundle, FzRuleState state)
{
    atomic_store(&bundle->controls.state[0], state);
}

START_TEST(what_else_changes_a_state_is_not_undone_by_an_end)
{
    char digest[FZ_DIGEST_TEXT];
    FzBundle *bundle;
    Place place;

    place_init(&place);
    write_override("id = \"w.one\"; state = \"shadow\"; expires = \"1d\"; }, "
                   "{ id = \"w.two\"; state = \"active\"; expires = \"2d\";");
    stage_and_promote(&place, digest);

    /* after its own end, when another one comes */
    bundle = load(&place, "current");
    ck_assert_int_eq(judge_at(bundle, "click here", "", now_ms + DAY_MS),
                     FZ_ACTION_QUARANTINE);
    set_state(bundle, FZ_RULE_SHADOW);
    ck_assert_int_eq(judge_at(bundle, "click here", "", now_ms + 2 * DAY_MS),
                     FZ_ACTION_PASS);
    fz_bundle_destroy(bundle);

    /* before it, to what it is: that is somebody's word all the same */
    bundle = load(&place, "current");
    fz_bundle_note_demoted(bundle, 0);
    fz_bundle_note_demoted(bundle, 0);
    fz_bundle_note_demoted(bundle, 1);
    ck_assert_uint_eq(bundle->demoted_count, 2);
    set_state(bundle, FZ_RULE_SHADOW);
    ck_assert_int_eq(judge_at(bundle, "click here", "", now_ms + DAY_MS),
                     FZ_ACTION_PASS);
    fz_bundle_destroy(bundle);

    /* one that is in shadow for good is no demoted one */
    bundle = load(&place, "current");
    ck_assert_int_eq(judge_at(bundle, "second one", "", now_ms + DAY_MS),
                     FZ_ACTION_QUARANTINE);
    ck_assert_int_eq(judge_at(bundle, "second one", "", now_ms + 2 * DAY_MS),
                     FZ_ACTION_PASS);
    fz_bundle_note_demoted(bundle, 1);
    ck_assert_uint_eq(bundle->demoted_count, 0);
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

START_TEST(a_state_that_was_changed_stays_through_several_ends)
{
    char digest[FZ_DIGEST_TEXT];
    FzBundle *bundle;
    Place place;

    place_init(&place);
    write_rules("click here", "shadow", "click here");
    /* active, then shadow, then active, then shadow as it is written */
    write_override("id = \"w.one\"; state = \"active\"; expires = \"3d\"; }, "
                   "{ id = \"w.one\"; state = \"shadow\"; expires = \"2d\"; }, "
                   "{ id = \"w.one\"; state = \"active\"; expires = \"1d\";");
    stage_and_promote(&place, digest);
    for (int stopped = 0; stopped < 2; stopped++) {
        bundle = load(&place, "current");
        ck_assert_int_eq(judge_at(bundle, "click here", "", now_ms),
                         FZ_ACTION_QUARANTINE);
        if (stopped)
            set_state(bundle, FZ_RULE_SHADOW);
        ck_assert_int_eq(judge_at(bundle, "click here", "", now_ms + DAY_MS),
                         FZ_ACTION_PASS);
        ck_assert_int_eq(
            judge_at(bundle, "click here", "", now_ms + 2 * DAY_MS),
            stopped ? FZ_ACTION_PASS : FZ_ACTION_QUARANTINE);
        ck_assert_int_eq(
            judge_at(bundle, "click here", "", now_ms + 3 * DAY_MS),
            FZ_ACTION_PASS);
        fz_bundle_destroy(bundle);
    }
    /* a quiet time: several ends at once */
    bundle = load(&place, "current");
    ck_assert_int_eq(judge_at(bundle, "click here", "", now_ms + 2 * DAY_MS),
                     FZ_ACTION_QUARANTINE);
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

START_TEST(what_is_only_staged_begins_no_days)
{
    const int64_t began = now_ms;
    char digest[FZ_DIGEST_TEXT];
    FzBundle *bundle;
    Place place;

    place_init(&place);
    write_override("id = \"w.one\"; state = \"shadow\"; expires = \"3d\";");
    ck_assert_int_eq(stage(&place, &bundle), FZ_OK);
    fz_bundle_discard(bundle, place.generations);
    ck_assert_uint_eq(count_generations(&place), 0);
    now_ms = began + 2 * DAY_MS;
    stage_and_promote(&place, digest);
    bundle = load(&place, "current");
    ck_assert_int_eq(judge_at(bundle, "click here", "", began + 4 * DAY_MS),
                     FZ_ACTION_PASS);
    fz_bundle_destroy(bundle);
    now_ms = began;
    place_clear(&place);
}
END_TEST

/* --- the archive's own words ------------------------------------------------
 */
static void note(const Place *place, const char *act, int64_t at_ms,
                 const char *digest)
{
    FzPromotion it = {.at_ms = at_ms, .rules = 2};

    snprintf(it.act, sizeof it.act, "%s", act);
    snprintf(it.actor, sizeof it.actor, "uid:7 x\ty pid:1");
    for (char *tab = it.actor; (tab = strchr(tab, '\t')) != NULL;)
        *tab = ' ';
    memcpy(it.digest, digest, FZ_DIGEST_TEXT);
    ck_assert_int_eq(fz_history_add(place->generations, &it, NULL), FZ_OK);
}

START_TEST(the_archive_says_who_promoted_what_and_when)
{
    char first[FZ_DIGEST_TEXT], second[FZ_DIGEST_TEXT], found[FZ_DIGEST_TEXT];
    FzArchived *list;
    size_t count;
    Place place;

    place_init(&place);
    stage_and_promote(&place, first);
    note(&place, "reload", now_ms, first);
    write_rules("click there", "active", "click there");
    stage_and_promote(&place, second);
    note(&place, "reload", now_ms + 1, second);
    note(&place, "rollback", now_ms + 2, first);
    ck_assert_int_eq(fz_history_list(place.generations, NULL, &list, &count),
                     FZ_OK);
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(list[0].last.digest, first);
    ck_assert_str_eq(list[0].last.act, "rollback");
    ck_assert_str_eq(list[0].last.actor, "uid:7 x y pid:1");
    ck_assert(list[0].previous && !list[0].current);
    ck_assert_str_eq(list[1].last.digest, second);
    ck_assert_int_eq(list[1].last.at_ms, now_ms + 1);
    ck_assert(list[1].current);
    fz_free(list);

    fz_test_sink_init(&place.sink);
    ck_assert_int_eq(
        fz_history_find(place.generations, "previous", found, &place.sink.sink),
        FZ_OK);
    ck_assert_str_eq(found, first);
    second[12] = '\0';
    ck_assert_int_eq(
        fz_history_find(place.generations, second, found, &place.sink.sink),
        FZ_OK);
    ck_assert_int_eq(strncmp(found, second, 12), 0);
    second[7] = '\0'; /* too short to mean one */
    ck_assert_int_eq(
        fz_history_find(place.generations, second, found, &place.sink.sink),
        FZ_E_RULE);
    ck_assert_int_eq(fz_history_find(place.generations, "0123456789abcdef",
                                     found, &place.sink.sink),
                     FZ_E_RULE);
    ck_assert_uint_eq(place.sink.count, 2);
    place_clear(&place);
}
END_TEST

/* --- refusing
 * ---------------------------------------------------------------------- */
static const struct {
    const char *name, *file, *content;
    FzStatus status;
    unsigned line;
    const char *names; /* the working file that the diag names */
    const char *says;
} refuse_rows[] = {
    {"bad configuration", "work/fanzha.conf", "\nmoed = 1;\n", FZ_E_RULE, 2,
     "work/fanzha.conf", "did you mean `mode'"},
    {"no such folder", "work/fanzha.conf", "patterns = [ \"stes\" ];\n",
     FZ_E_IO, 0, "work/fanzha.conf", "work/stes is no folder"},
    {"broken rules", "work/sets/w/rules.conf",
     "set = { name = \"w\"; };\nrules = ( {\n", FZ_E_SYNTAX, 0,
     "work/sets/w/rules.conf", ""},
    {"unknown reason", "work/sets/w/rules.conf",
     "set = { name = \"w\"; };\nrules = (\n { id = \"w.x\"; phrase = \"abc "
     "def\";\n   reason = \"phish\"; } );\n",
     FZ_E_RULE, 4, "work/sets/w/rules.conf", "phish"},
    {"a sample that fails", "work/sets/w/rules.conf",
     "set = { name = \"w\"; };\nrules = (\n { id = \"w.x\"; phrase = \"abc "
     "def\";\n   match = [ \"abd\" ]; } );\n",
     FZ_E_RULE, 4, "work/sets/w/rules.conf", "does not match"},
    {"bad override", "work/over.d/a.conf", "overrides = 1;", FZ_E_RULE, 1,
     "work/over.d/a.conf", "groups in ( )"},
};

START_TEST(a_bad_set_is_refused_and_what_is_in_force_stays)
{
    char digest[FZ_DIGEST_TEXT];
    FzBundle *bundle;
    FzStatus status;
    Place place;

    place_init(&place);
    stage_and_promote(&place, digest);
    fz_test_write(refuse_rows[_i].file, refuse_rows[_i].content);
    status = stage(&place, &bundle);
    ck_assert_msg(status == refuse_rows[_i].status, "%s: %s",
                  refuse_rows[_i].name, fz_status_name(status));
    ck_assert_ptr_null(bundle);
    ck_assert_uint_ge(place.sink.count, 1);
    ck_assert_msg(strstr(place.sink.diag[0].file, refuse_rows[_i].names) !=
                      NULL,
                  "%s: %s", refuse_rows[_i].name, place.sink.diag[0].file);
    if (refuse_rows[_i].line != 0)
        ck_assert_uint_eq(place.sink.diag[0].line, refuse_rows[_i].line);
    ck_assert_msg(strstr(place.sink.diag[0].text, refuse_rows[_i].says) != NULL,
                  "%s: %s", refuse_rows[_i].name, place.sink.diag[0].text);

    ck_assert_uint_eq(count_generations(&place), 1);
    bundle = load(&place, "current");
    ck_assert_str_eq(bundle->digest, digest);
    ck_assert_int_eq(judge(bundle, "click here"), FZ_ACTION_QUARANTINE);
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

START_TEST(a_generation_that_was_touched_is_not_loaded)
{
    char digest[FZ_DIGEST_TEXT], path[256];
    FzBundle *bundle = NULL;
    Place place;

    place_init(&place);
    stage_and_promote(&place, digest);
    snprintf(path, sizeof path, "gens/%s/patterns/0/w/rules.conf", digest);
    fz_test_write(path, "set = { name = \"w\"; };\nrules = ();\n");
    fz_test_sink_init(&place.sink);
    ck_assert_int_eq(fz_bundle_open_promoted(place.generations, "current", NULL,
                                             &place.sink.sink, &bundle),
                     FZ_E_SYNTAX);
    ck_assert_ptr_null(bundle);
    ck_assert_ptr_nonnull(fz_test_sink_find(&place.sink, "was changed"));

    /* the working files are the same as ever: staging makes it whole again */
    stage_and_promote(&place, digest);
    bundle = load(&place, "current");
    ck_assert_int_eq(judge(bundle, "click here"), FZ_ACTION_QUARANTINE);
    fz_bundle_destroy(bundle);
    place_clear(&place);
}
END_TEST

START_TEST(a_copy_half_written_is_nobody_s)
{
    char digest[FZ_DIGEST_TEXT], path[256];
    FzBundle *bundle;
    Place place;

    place_init(&place);
    ck_assert_int_eq(
        fz_bundle_open_working(place.config, NULL, &place.sink.sink, &bundle),
        FZ_OK);
    memcpy(digest, bundle->digest, sizeof digest);
    fz_bundle_destroy(bundle);
    /* as a process that was killed leaves it */
    snprintf(path, sizeof path, "gens/%s.new/fanzha.conf", digest);
    fz_test_write(path, "pat");
    ck_assert_ptr_null(load(&place, "current"));
    stage_and_promote(&place, digest);
    ck_assert_uint_eq(count_generations(&place), 1);
    place_clear(&place);
}
END_TEST

START_TEST(a_link_to_anywhere_is_refused)
{
    FzBundle *bundle = NULL;
    char *link;
    Place place;

    place_init(&place);
    mkdir(place.generations, 0750);
    link = below("gens/current");
    ck_assert_int_eq(symlink("/etc", link), 0);
    ck_assert_int_eq(fz_bundle_open_promoted(place.generations, "current", NULL,
                                             &place.sink.sink, &bundle),
                     FZ_E_SYNTAX);
    fz_free(link);
    place_clear(&place);
}
END_TEST

START_TEST(where_nothing_can_be_written_staging_says_so)
{
    FzBundle *bundle;
    Place place;

    place_init(&place);
    fz_free(place.generations);
    fz_test_write("file", "no folder");
    place.generations = below("file/gens");
    ck_assert_int_eq(stage(&place, &bundle), FZ_E_IO);
    ck_assert_str_eq(place.sink.diag[0].file, place.generations);
    place_clear(&place);
}
END_TEST

START_TEST(the_archive_is_bounded)
{
    char digest[FZ_DIGEST_TEXT], first[FZ_DIGEST_TEXT], words[32];
    FzBundle *bundle;
    Place place;

    place_init(&place);
    for (unsigned i = 0; i < FZ_GENERATIONS_KEPT + 6; i++) {
        const struct timespec pause = {0, 2000000};

        snprintf(words, sizeof words, "words number %u", 100 + i);
        write_rules(words, "active", words);
        stage_and_promote(&place, digest);
        if (i == 0)
            memcpy(first, digest, sizeof first);
        nanosleep(&pause, NULL); /* apart, also where clocks are coarse */
    }
    ck_assert_uint_eq(count_generations(&place), FZ_GENERATIONS_KEPT + 2);
    bundle = load(&place, "current");
    ck_assert_str_eq(bundle->digest, digest);
    fz_bundle_destroy(bundle);
    fz_bundle_destroy(load(&place, "previous"));
    ck_assert_int_ne(
        fz_bundle_open_promoted(place.generations, first, NULL, NULL, &bundle),
        FZ_OK);
    place_clear(&place);
}
END_TEST

/* --- in force
 * ------------------------------------------------------------------------ */
START_TEST(a_bundle_lives_in_a_slot)
{
    FzGenerationSlot slot = {0};
    FzBundle *one, *two;
    FzGeneration *taken;
    Place place;

    place_init(&place);
    ck_assert_int_eq(stage(&place, &one), FZ_OK);
    fz_generation_publish(&slot, &one->generation);
    taken = fz_generation_take(&slot);
    ck_assert_ptr_eq(taken, one);
    write_rules("other words", "active", "other words");
    ck_assert_int_eq(stage(&place, &two), FZ_OK);
    fz_generation_publish(&slot, &two->generation);
    /* the reader's is still whole */
    ck_assert_int_eq(judge((FzBundle *)(void *)taken, "click here"),
                     FZ_ACTION_QUARANTINE);
    fz_generation_give(&slot, taken);
    fz_generation_publish(&slot, NULL); /* a leak would be seen */
    place_clear(&place);
}
END_TEST

START_TEST(patterns_alone_are_all_active)
{
    char *sets = below("work/sets");
    const char *folder = sets;
    FzBundle *bundle;
    Place place;

    place_init(&place);
    write_rules("click here", "shadow", "click here");
    ck_assert_int_eq(
        fz_bundle_open_patterns(&folder, 1, NULL, &place.sink.sink, &bundle),
        FZ_OK);
    ck_assert_int_eq(judge(bundle, "click here"), FZ_ACTION_QUARANTINE);
    ck_assert_int_eq(judge(bundle, "second one"), FZ_ACTION_QUARANTINE);
    fz_bundle_destroy(bundle);
    fz_free(sets);
    place_clear(&place);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bundle");
    TCase *promoting = tcase_create("promote"),
          *overriding = tcase_create("override"),
          *refusing = tcase_create("refuse"), *serving = tcase_create("serve");

    tcase_add_test(promoting, nothing_promoted_is_no_rules_in_observe);
    tcase_add_test(promoting, the_registry_is_part_of_a_generation);
    tcase_add_test(promoting,
                   what_was_promoted_serves_whatever_is_edited_since);
    tcase_add_test(promoting, last_labels_of_links_are_part_of_a_generation);
    tcase_add_test(promoting, staging_puts_nothing_in_force);
    tcase_add_test(promoting, previous_is_what_was_in_force_before);
    tcase_add_test(promoting,
                   a_promotion_that_the_disk_refuses_changes_no_link);
    tcase_add_test(
        promoting,
        a_first_promotion_that_the_disk_refuses_leaves_nothing_promoted);
    tcase_add_test(promoting, the_same_files_are_the_same_generation);
    tcase_add_loop_test(promoting, the_digest_covers_every_file, 0,
                        COUNT(digest_rows));
    tcase_add_test(promoting, what_editors_leave_behind_is_not_taken);
    tcase_add_test(promoting, the_archive_is_bounded);
    tcase_set_timeout(promoting, 60);
    suite_add_tcase(suite, promoting);
    tcase_add_test(overriding, an_override_changes_the_state_in_force);
    tcase_add_test(overriding, an_override_of_nothing_is_refused);
    tcase_add_loop_test(overriding,
                        an_override_does_what_it_says_and_until_when, 0,
                        COUNT(changes));
    tcase_add_loop_test(overriding, an_override_that_makes_no_sense_is_refused,
                        0, COUNT(refused));
    tcase_add_test(overriding, days_run_from_the_first_promotion);
    tcase_add_test(overriding,
                   what_else_changes_a_state_is_not_undone_by_an_end);
    tcase_add_test(overriding,
                   a_state_that_was_changed_stays_through_several_ends);
    tcase_add_test(overriding, what_is_only_staged_begins_no_days);
    tcase_add_test(overriding, the_archive_says_who_promoted_what_and_when);
    suite_add_tcase(suite, overriding);
    tcase_add_loop_test(refusing,
                        a_bad_set_is_refused_and_what_is_in_force_stays, 0,
                        COUNT(refuse_rows));
    tcase_add_test(refusing, a_generation_that_was_touched_is_not_loaded);
    tcase_add_test(refusing, a_copy_half_written_is_nobody_s);
    tcase_add_test(refusing, a_link_to_anywhere_is_refused);
    tcase_add_test(refusing, where_nothing_can_be_written_staging_says_so);
    suite_add_tcase(suite, refusing);
    tcase_add_test(serving, a_bundle_lives_in_a_slot);
    tcase_add_test(serving, patterns_alone_are_all_active);
    suite_add_tcase(suite, serving);
    return fz_test_run(suite);
}
