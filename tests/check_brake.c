/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/buf.h"
#include "plugin/live/brake.h"
#include "tests/support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOUR_MS (3600 * 1000LL)

static char folder[] = "/tmp/fanzha-brake-XXXXXX";
static FzTestSink said;
static FzBundle *bundle;
static FzBrake *brake;
static FzConfigBrake conf;

static const char *in_folder(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(in_folder(name), "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void open_bundle(unsigned rev)
{
    const char *folders[] = {in_folder("set")};
    char text[1024];

    snprintf(text, sizeof text,
             "set = { name = \"s\"; title = \"t\"; "
             "owner = \"rules@example.test\"; };\n"
             "rules = ( { id = \"s.one\"; phrase = \"alpha beta\"; "
             "score = 10.0; rev = %u; }, { id = \"s.two\"; "
             "phrase = \"gamma delta\"; score = 10.0; } );\n",
             rev);
    mkdir(folders[0], 0777);
    write_text("set/rules.conf", text);
    fz_bundle_destroy(bundle);
    bundle = NULL;
    ck_assert_int_eq(
        fz_bundle_open_patterns((const char *const[]){in_folder("set")}, 1,
                                NULL, &said.sink, &bundle),
        FZ_OK);
}

static void set_up(void)
{
    strcpy(folder, "/tmp/fanzha-brake-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    fz_test_sink_init(&said);
    open_bundle(1);
    conf = (FzConfigBrake){
        .cap = 10, .window_s = 600, .young_h = 24, .factor = 10};
    brake = fz_brake_open(in_folder("brake.json"), &conf, &said.sink);
    fz_brake_apply(brake, bundle);
}

static void tear_down(void)
{
    fz_brake_close(brake);
    fz_bundle_destroy(bundle);
    bundle = NULL;
    unlink(in_folder("brake.json"));
    unlink(in_folder("set/rules.conf"));
    rmdir(in_folder("set"));
    rmdir(folder);
}

/* --- verdicts as they come -------------------------------------------------
 */
static int32_t index_of(const char *id)
{
    for (uint32_t i = 0; i < fz_ruleset_count(bundle->ruleset); i++)
        if (strcmp(fz_ruleset_rule(bundle->ruleset, i)->id, id) == 0)
            return (int32_t)i;
    ck_abort_msg("there is no rule %s", id);
    return -1;
}

static FzRuleState state_of(const char *id)
{
    return (FzRuleState)atomic_load(&bundle->controls.state[index_of(id)]);
}

static FzSignal rule_signal(const char *id)
{
    return (FzSignal){.name = id,
                      .rule = index_of(id),
                      .rev = 1,
                      .state = state_of(id),
                      .weight = FZ_POINTS(10.0)};
}

static FzSignal list_signal(const char *list, const char *entry, uint64_t id)
{
    return (FzSignal){.name = "list.block.phishing",
                      .rule = -1,
                      .state = FZ_RULE_ACTIVE,
                      .weight = FZ_POINTS(10.0),
                      .word = FZ_WORD_LIST_BLOCK,
                      .list = list,
                      .entry = entry,
                      .entry_id = id,
                      .age_s = -1};
}

static void see(const FzSignal *signal, FzAction acted, int64_t now_ms,
                const char *identity)
{
    static FzVerdict verdict;
    FzMessage message = {.now_ms = now_ms,
                         .identity = identity == NULL ? (FzSlice){0}
                                                      : fz_slice_of(identity)};

    fz_signals_reset(&verdict.signals);
    verdict.acted = acted;
    verdict.by = FZ_DECIDED_BY_SCORE;
    verdict.profile = &bundle->policy->profiles[0];
    if (signal != NULL)
        fz_signals_add(&verdict.signals, signal);
    fz_brake_see(brake, bundle, &message, &verdict);
}

static void act(const char *rule, unsigned times, int64_t now_ms)
{
    for (unsigned i = 0; i < times; i++) {
        FzSignal signal = rule_signal(rule);

        see(&signal, FZ_ACTION_QUARANTINE, now_ms, NULL);
    }
}

static size_t stopped_count(void)
{
    json_t *list = fz_brake_json(brake);
    size_t count = json_array_size(list);

    json_decref(list);
    return count;
}

static bool is_muted(const FzSignal *signal)
{
    FzMutedNow *now = fz_brake_take(brake);
    bool muted = fz_muted_signal(now->muted, signal);

    fz_brake_give(brake, now);
    return muted;
}

/* --- promises ---------------------------------------------------------------
 */
START_TEST(a_young_rule_acts_on_as_many_as_its_cap)
{
    act("s.one", 9, HOUR_MS);
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_ACTIVE);
    act("s.one", 1, HOUR_MS);
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_SHADOW);
    ck_assert_int_eq(state_of("s.two"), FZ_RULE_ACTIVE);
    ck_assert_uint_eq(fz_brake_trips(brake), 1);
}
END_TEST

START_TEST(what_does_not_act_is_not_counted)
{
    FzSignal signal = rule_signal("s.one"), shadow = signal;

    shadow.state = FZ_RULE_SHADOW;
    for (int i = 0; i < 50; i++) {
        see(&signal, FZ_ACTION_PASS, HOUR_MS, NULL);
        see(&shadow, FZ_ACTION_QUARANTINE, HOUR_MS, NULL);
    }
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_ACTIVE);
}
END_TEST

START_TEST(a_window_begins_anew)
{
    for (int64_t i = 1; i <= 20; i++)
        act("s.one", 9, i * 600 * 1000);
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_ACTIVE);
    act("s.one", 10, 21 * 600 * 1000);
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_SHADOW);
}
END_TEST

START_TEST(after_a_day_it_may_act_on_some_times_what_it_usually_does)
{
    act("s.one", 1, HOUR_MS);
    act("s.one", 99, 26 * HOUR_MS); /* 10 times the cap of a young one */
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_ACTIVE);
    act("s.one", 1, 26 * HOUR_MS);
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_SHADOW);
}
END_TEST

static void reopen(void)
{
    fz_brake_close(brake);
    brake = fz_brake_open(in_folder("brake.json"), &conf, &said.sink);
}

static _Atomic unsigned told;
static char told_name[64];

static void take(void *ctx, const FzBraked *braked)
{
    (void)ctx;
    snprintf(told_name, sizeof told_name, "%s %s %u",
             fz_brake_kind_name(braked->kind), braked->name, braked->messages);
    told++;
}

static void *tell(void *arg)
{
    (void)arg;
    fz_brake_run(brake, take, NULL);
    return NULL;
}

static void run_once(void)
{
    pthread_t thread;

    told = 0;
    ck_assert_int_eq(pthread_create(&thread, NULL, tell, NULL), 0);
    for (int i = 0; i < 1000 && told == 0; i++)
        usleep(1000);
    fz_brake_stop(brake);
    pthread_join(thread, NULL);
}

START_TEST(it_is_told_once_and_stays_stopped_over_restart_and_reload)
{
    act("s.one", 10, HOUR_MS);
    run_once();
    ck_assert_uint_eq(told, 1);
    ck_assert_str_eq(told_name, "rule s.one 10");
    reopen();
    open_bundle(1);
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_ACTIVE);
    fz_brake_apply(brake, bundle);
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_SHADOW);
    ck_assert_uint_eq(stopped_count(), 1);
}
END_TEST

START_TEST(another_revision_is_not_stopped)
{
    act("s.one", 10, HOUR_MS);
    open_bundle(2);
    fz_brake_apply(brake, bundle);
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_ACTIVE);
    ck_assert_uint_eq(stopped_count(), 0);
}
END_TEST

START_TEST(age_is_remembered_over_a_restart)
{
    act("s.one", 1, HOUR_MS);
    run_once(); /* writes it down */
    reopen();
    act("s.one", 99, 26 * HOUR_MS);
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_ACTIVE);
}
END_TEST

START_TEST(released_it_acts_again_and_is_counted_anew)
{
    act("s.one", 10, HOUR_MS);
    ck_assert_uint_eq(fz_brake_release(brake, bundle, "s.none", NULL), 0);
    ck_assert_uint_eq(fz_brake_release(brake, bundle, "s.one", NULL), 1);
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_ACTIVE);
    act("s.one", 9, HOUR_MS);
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_ACTIVE);
    act("s.one", 1, HOUR_MS);
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_SHADOW);
    act("s.two", 10, HOUR_MS);
    ck_assert_uint_eq(fz_brake_release(brake, bundle, NULL, NULL), 2);
}
END_TEST

/* The generation in force was built before the trip and published behind it. */
START_TEST(a_rule_stopped_in_the_bundle_before_is_stopped_in_this_one)
{
    act("s.one", 10, HOUR_MS);
    open_bundle(1);
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_ACTIVE);
    act("s.one", 1, HOUR_MS);
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_SHADOW);
    ck_assert_uint_eq(fz_brake_trips(brake), 1);
    ck_assert_uint_eq(stopped_count(), 1);
}
END_TEST

START_TEST(released_a_rule_that_was_demoted_since_does_not_act)
{
    act("s.one", 10, HOUR_MS);
    fz_brake_demoted(brake, "s.one");
    ck_assert_uint_eq(fz_brake_release(brake, bundle, "s.one", NULL), 1);
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_SHADOW);
}
END_TEST

START_TEST(released_a_rule_whose_generation_has_it_in_shadow_does_not_act)
{
    act("s.one", 10, HOUR_MS);
    open_bundle(1);
    atomic_store(&bundle->controls.state[index_of("s.one")],
                 FZ_RULE_SHADOW); /* as overrides do */
    fz_brake_apply(brake, bundle);
    ck_assert_uint_eq(fz_brake_release(brake, bundle, "s.one", NULL), 1);
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_SHADOW);
}
END_TEST

START_TEST(however_often_entries_trip_and_are_released_the_next_is_stopped)
{
    for (uint64_t i = 1; i <= 1200; i++) {
        FzSignal bad = list_signal("feed", "host:bad.example", 1000 + i);

        for (int j = 0; j < 10; j++)
            see(&bad, FZ_ACTION_REJECT, HOUR_MS, NULL);
        ck_assert(is_muted(&bad));
        ck_assert_uint_ge(fz_brake_release(brake, bundle, NULL, NULL), 1);
        ck_assert(!is_muted(&bad));
    }
}
END_TEST

START_TEST(an_entry_of_a_list_is_stopped_and_then_speaks_without_acting)
{
    FzSignal bad = list_signal("feed", "host:bad.example", 77);
    FzSignal good = list_signal("feed2", "host:worse.example", 78);

    for (int i = 0; i < 10; i++)
        see(&bad, FZ_ACTION_REJECT, HOUR_MS, NULL);
    see(&good, FZ_ACTION_REJECT, HOUR_MS, NULL);
    ck_assert(is_muted(&bad));
    ck_assert(!is_muted(&good));
    ck_assert_uint_ge(fz_brake_release(brake, bundle, NULL, NULL), 1);
    ck_assert(!is_muted(&bad));
}
END_TEST

/* They begin at the same place of the table: the second stands behind the
 * first, which then gives its place away. */
START_TEST(a_place_that_comes_free_does_not_begin_a_count_anew)
{
    const int64_t day_ms = 24 * HOUR_MS;
    FzSignal first = list_signal("feed", "host:a.example", 5);
    FzSignal second = list_signal("feed", "host:b.example", 5 + (1 << 14));

    conf.young_h = 48;
    see(&first, FZ_ACTION_REJECT, HOUR_MS, NULL);
    see(&second, FZ_ACTION_REJECT, HOUR_MS, NULL);
    for (int i = 0; i < 9; i++)
        see(&second, FZ_ACTION_REJECT, HOUR_MS + day_ms - 1000, NULL);
    ck_assert_uint_eq(stopped_count(), 0);
    see(&second, FZ_ACTION_REJECT, HOUR_MS + day_ms + 1000, NULL);
    ck_assert_uint_eq(stopped_count(), 1);
}
END_TEST

START_TEST(shares_are_of_all_messages_and_count_what_is_new)
{
    conf.cap = 10;
    conf.total_percent = 20;
    for (int i = 0; i < 100; i++)
        see(NULL, FZ_ACTION_PASS, HOUR_MS, NULL);
    act("s.one", 9, HOUR_MS);
    act("s.two", 9, HOUR_MS);
    ck_assert_uint_eq(stopped_count(), 0); /* 18 of 118 */
    for (int i = 0; i < 9; i++) {
        FzSignal other = list_signal("feed", "host:a.example", 9);

        see(&other, FZ_ACTION_REJECT, HOUR_MS, NULL);
    }
    run_once(); /* 27 of 127 */
    ck_assert_str_eq(told_name, "total all messages 26");
}
END_TEST

START_TEST(an_identity_has_a_cap_where_one_is_set)
{
    FzSignal signal = rule_signal("s.one");

    conf.cap = 10;
    conf.identity_percent = 50;
    signal.weight = 0; /* the rule itself stays below its cap */
    for (int i = 0; i < 12; i++)
        see(&signal, FZ_ACTION_QUARANTINE, HOUR_MS, "shop");
    run_once();
    ck_assert_str_eq(told_name, "identity shop 10");
}
END_TEST

START_TEST(no_cap_is_no_brake)
{
    conf.cap = 0;
    act("s.one", 1000, HOUR_MS);
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_ACTIVE);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_stops_nothing_and_says_so)
{
    fz_brake_close(brake);
    write_text("brake.json", "{ \"stopped\": [");
    brake = fz_brake_open(in_folder("brake.json"), &conf, &said.sink);
    ck_assert_uint_eq(stopped_count(), 0);
    ck_assert_ptr_nonnull(fz_test_sink_find(&said, "nothing is stopped"));
}
END_TEST

enum { THREADS = 4, EACH = 2000 };

static void *act_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < EACH; i++) {
        FzVerdict *verdict = calloc(1, sizeof *verdict);
        FzMessage message = {.now_ms = HOUR_MS};
        FzSignal signal = rule_signal("s.one");

        verdict->acted = FZ_ACTION_REJECT;
        verdict->profile = &bundle->policy->profiles[0];
        verdict->by = FZ_DECIDED_BY_SCORE;
        fz_signals_add(&verdict->signals, &signal);
        if (signal.state == FZ_RULE_ACTIVE)
            fz_brake_see(brake, bundle, &message, verdict);
        free(verdict);
    }
    return NULL;
}

START_TEST(threads_trip_it_once)
{
    pthread_t thread[THREADS];

    for (int i = 0; i < THREADS; i++)
        pthread_create(&thread[i], NULL, act_many, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    ck_assert_int_eq(state_of("s.one"), FZ_RULE_SHADOW);
    ck_assert_uint_eq(fz_brake_trips(brake), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("brake");
    TCase *tc = tcase_create("brake");

    /* each trip is on the disk before it counts */
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, a_young_rule_acts_on_as_many_as_its_cap);
    tcase_add_test(tc, what_does_not_act_is_not_counted);
    tcase_add_test(tc, a_window_begins_anew);
    tcase_add_test(tc,
                   after_a_day_it_may_act_on_some_times_what_it_usually_does);
    tcase_add_test(tc,
                   it_is_told_once_and_stays_stopped_over_restart_and_reload);
    tcase_add_test(tc, another_revision_is_not_stopped);
    tcase_add_test(tc, age_is_remembered_over_a_restart);
    tcase_add_test(tc, released_it_acts_again_and_is_counted_anew);
    tcase_add_test(tc,
                   a_rule_stopped_in_the_bundle_before_is_stopped_in_this_one);
    tcase_add_test(tc, released_a_rule_that_was_demoted_since_does_not_act);
    tcase_add_test(
        tc, released_a_rule_whose_generation_has_it_in_shadow_does_not_act);
    tcase_add_test(
        tc, however_often_entries_trip_and_are_released_the_next_is_stopped);
    tcase_add_test(
        tc, an_entry_of_a_list_is_stopped_and_then_speaks_without_acting);
    tcase_add_test(tc, a_place_that_comes_free_does_not_begin_a_count_anew);
    tcase_add_test(tc, shares_are_of_all_messages_and_count_what_is_new);
    tcase_add_test(tc, an_identity_has_a_cap_where_one_is_set);
    tcase_add_test(tc, no_cap_is_no_brake);
    tcase_add_test(tc, a_file_that_cannot_be_read_stops_nothing_and_says_so);
    tcase_add_test(tc, threads_trip_it_once);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
