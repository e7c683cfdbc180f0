/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/store_support.h"

#include "base/buf.h"
#include "plugin/live/samples.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOW INT64_C(1795300350123)
#define DAY INT64_C(86400000)

/* --- a bundle of two rules --------------------------------------------------
 */
static const char rules_text[] =
    "set = { name = \"t\"; title = \"T\"; owner = \"t@example.test\"; };\n"
    "rules = (\n"
    "  { id = \"t.one\"; rev = %d; title = \"One\"; phrase = \"first word\";\n"
    "    score = 10.0; match = [ \"the first word\" ]; },\n"
    "  { id = \"t.two\"; title = \"Two\"; phrase = \"other thing\";\n"
    "    score = 10.0; match = [ \"the other thing\" ]; }\n"
    ");\n";

static FzBundle *bundle_of(int rev)
{
    const FzBundleLoad load = {NULL, NULL, NULL, false};
    const char *folders[1];
    FzBundle *bundle = NULL;
    char text[1024], folder[1024];

    snprintf(text, sizeof text, rules_text, rev);
    snprintf(folder, sizeof folder, "%s",
             fz_test_write("set/rules.conf", text));
    *strrchr(folder, '/') = '\0';
    folders[0] = folder;
    ck_assert_int_eq(fz_bundle_open_patterns(folders, 1, &load, NULL, &bundle),
                     FZ_OK);
    ck_assert_uint_eq(bundle->controls.count, 2);
    return bundle;
}

static int32_t index_of(const FzBundle *bundle, const char *id)
{
    for (uint32_t i = 0; i < bundle->controls.count; i++)
        if (strcmp(fz_ruleset_rule(bundle->ruleset, i)->id, id) == 0)
            return (int32_t)i;
    ck_abort_msg("no rule %s", id);
    return -1;
}

static void set_state(const FzBundle *bundle, const char *id, FzRuleState state)
{
    atomic_store(&bundle->controls.state[index_of(bundle, id)], (uint8_t)state);
}

/* A verdict in which these rules were heard; the first one decided. */
static void verdict_of(FzVerdict *verdict, const FzBundle *bundle,
                       FzAction acted, const char *first, const char *second)
{
    const char *ids[] = {first, second};

    memset(verdict, 0, sizeof *verdict);
    for (int i = 0; i < 2 && ids[i] != NULL; i++) {
        int32_t rule = index_of(bundle, ids[i]);
        FzSignal *signal = &verdict->signals.item[verdict->signals.count++];

        signal->name = fz_ruleset_rule(bundle->ruleset, (uint32_t)rule)->id;
        signal->rule = rule;
        signal->state = (FzRuleState)atomic_load(&bundle->controls.state[rule]);
        if (i == 0 && signal->state == FZ_RULE_ACTIVE)
            verdict->decider = signal->name;
    }
    verdict->would = verdict->acted = verdict->shadow_would = acted;
}

static void see(const FzBundle *bundle, FzAction acted, const char *first,
                const char *second, int64_t now_ms)
{
    static FzVerdict verdict;

    verdict_of(&verdict, bundle, acted, first, second);
    fz_tallies_see(bundle, &verdict, now_ms);
}

static FzTallyFigures figures_of(FzTallies *all, const FzBundle *bundle,
                                 const char *id)
{
    FzTallyFigures *figures, found = {.id = NULL};
    size_t count = fz_tallies_figures(all, bundle, &figures);

    for (size_t i = 0; i < count; i++)
        if (strcmp(figures[i].id, id) == 0)
            found = figures[i];
    free(figures);
    ck_assert_ptr_nonnull(found.id);
    return found;
}

static const char *path_of(void)
{
    static char path[1100];

    snprintf(path, sizeof path, "%s/statistics.json", fz_test_folder());
    return path;
}

/* --- tallies ----------------------------------------------------------------
 */
START_TEST(matches_count_by_state_and_verdicts_for_who_decided)
{
    FzTallies *all = fz_tallies_open(path_of(), NULL);
    FzBundle *bundle = bundle_of(1);
    FzTallyFigures one, two;

    set_state(bundle, "t.two", FZ_RULE_SHADOW);
    fz_tallies_apply(all, bundle, NOW);
    see(bundle, FZ_ACTION_PASS, NULL, NULL, NOW + 1);
    see(bundle, FZ_ACTION_QUARANTINE, "t.one", "t.two", NOW + 2);
    see(bundle, FZ_ACTION_REJECT, "t.one", NULL, NOW + 3);
    see(bundle, FZ_ACTION_PASS, "t.two", NULL, NOW + 4);
    one = figures_of(all, bundle, "t.one");
    two = figures_of(all, bundle, "t.two");
    ck_assert_uint_eq(one.active, 2);
    ck_assert_uint_eq(one.shadow, 0);
    ck_assert_uint_eq(one.decided, 2);
    ck_assert_uint_eq(one.held, 1);
    ck_assert_uint_eq(one.rejected, 1);
    ck_assert_uint_eq(one.judged_active, 4);
    ck_assert_uint_eq(one.judged_shadow, 0);
    ck_assert_int_eq(one.since_ms, NOW);
    ck_assert_int_eq(one.last_ms, NOW + 3);
    ck_assert_uint_eq(two.active, 0);
    ck_assert_uint_eq(two.shadow, 2);
    ck_assert_uint_eq(two.decided, 0);
    ck_assert_uint_eq(two.judged_shadow, 4);
    fz_bundle_destroy(bundle);
    fz_tallies_close(all, NOW, NULL);
}
END_TEST

START_TEST(what_shadow_would_have_changed_counts_apart)
{
    FzTallies *all = fz_tallies_open(path_of(), NULL);
    FzBundle *bundle = bundle_of(1);
    static FzVerdict verdict;

    set_state(bundle, "t.two", FZ_RULE_SHADOW);
    fz_tallies_apply(all, bundle, NOW);
    verdict_of(&verdict, bundle, FZ_ACTION_PASS, "t.two", NULL);
    fz_tallies_see(bundle, &verdict, NOW);
    verdict.shadow_would = FZ_ACTION_QUARANTINE;
    fz_tallies_see(bundle, &verdict, NOW);
    ck_assert_uint_eq(figures_of(all, bundle, "t.two").shadow, 2);
    ck_assert_uint_eq(figures_of(all, bundle, "t.two").would, 1);
    fz_bundle_destroy(bundle);
    fz_tallies_close(all, NOW, NULL);
}
END_TEST

START_TEST(messages_are_judged_in_the_state_that_the_rule_had)
{
    FzTallies *all = fz_tallies_open(path_of(), NULL);
    FzBundle *bundle = bundle_of(1);
    FzTallyFigures it;

    set_state(bundle, "t.one", FZ_RULE_SHADOW);
    fz_tallies_apply(all, bundle, NOW);
    for (int i = 0; i < 3; i++)
        see(bundle, FZ_ACTION_PASS, NULL, NULL, NOW);
    fz_tallies_settle(all);
    set_state(bundle, "t.one", FZ_RULE_ACTIVE);
    fz_tallies_settle(all);
    see(bundle, FZ_ACTION_PASS, NULL, NULL, NOW);
    it = figures_of(all, bundle, "t.one");
    ck_assert_uint_eq(it.judged_shadow, 3);
    ck_assert_uint_eq(it.judged_active, 1);
    fz_bundle_destroy(bundle);
    fz_tallies_close(all, NOW, NULL);
}
END_TEST

START_TEST(a_reload_and_a_restart_carry_them_over_a_new_rev_does_not)
{
    FzTallies *all = fz_tallies_open(path_of(), NULL);
    FzBundle *before = bundle_of(1), *after = bundle_of(1), *changed;

    fz_tallies_apply(all, before, NOW);
    see(before, FZ_ACTION_QUARANTINE, "t.one", NULL, NOW);
    fz_tallies_apply(all, after, NOW + 5);
    /* a message in flight ends with the generation that it began with */
    see(before, FZ_ACTION_QUARANTINE, "t.one", NULL, NOW + 6);
    fz_bundle_destroy(before);
    see(after, FZ_ACTION_QUARANTINE, "t.one", NULL, NOW + 7);
    fz_tallies_mark(all, "t.one", 1, 1);
    fz_bundle_destroy(after);
    fz_tallies_close(all, NOW + 8, NULL);

    all = fz_tallies_open(path_of(), NULL);
    after = bundle_of(1);
    fz_tallies_apply(all, after, NOW + DAY);
    ck_assert_uint_eq(figures_of(all, after, "t.one").active, 3);
    ck_assert_uint_eq(figures_of(all, after, "t.one").held, 3);
    ck_assert_uint_eq(figures_of(all, after, "t.one").judged_active, 3);
    ck_assert_uint_eq(figures_of(all, after, "t.one").wrong, 1);
    ck_assert_int_eq(figures_of(all, after, "t.one").since_ms, NOW);
    changed = bundle_of(2);
    fz_tallies_apply(all, changed, NOW + 2 * DAY);
    ck_assert_uint_eq(figures_of(all, changed, "t.one").active, 0);
    ck_assert_uint_eq(figures_of(all, changed, "t.one").wrong, 0);
    ck_assert_int_eq(figures_of(all, changed, "t.one").since_ms, NOW + 2 * DAY);
    ck_assert_uint_eq(figures_of(all, changed, "t.two").judged_active, 3);
    fz_bundle_destroy(after);
    fz_bundle_destroy(changed);
    fz_tallies_close(all, NOW, NULL);
}
END_TEST

START_TEST(what_was_gone_for_long_is_forgotten)
{
    FzTallies *all = fz_tallies_open(path_of(), NULL);
    FzBundle *bundle = bundle_of(1), *changed = bundle_of(2);
    int64_t late = NOW + (FZ_TALLY_DAYS + 1) * DAY;

    fz_tallies_apply(all, bundle, NOW);
    see(bundle, FZ_ACTION_QUARANTINE, "t.one", NULL, NOW);
    fz_tallies_apply(all, changed, NOW);
    fz_bundle_destroy(bundle);
    fz_bundle_destroy(changed);
    fz_tallies_close(all, late, NULL);
    all = fz_tallies_open(path_of(), NULL);
    bundle = bundle_of(1);
    fz_tallies_apply(all, bundle, late);
    ck_assert_uint_eq(figures_of(all, bundle, "t.one").active, 0);
    fz_bundle_destroy(bundle);
    fz_tallies_close(all, late, NULL);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_put_aside_and_told)
{
    static const char *const contents[] = {"{\"rules\":", "[]", "{\"rules\":7}",
                                           ""};
    FzTallies *all;
    FzTestSink said;
    char bad[1200];

    fz_test_sink_init(&said);
    fz_test_write(path_of(), contents[_i]);
    all = fz_tallies_open(path_of(), &said.sink);
    ck_assert_ptr_nonnull(fz_test_sink_find(&said, "begin anew"));
    snprintf(bad, sizeof bad, "%s.bad", path_of());
    ck_assert_int_eq(access(bad, F_OK), 0);
    ck_assert_int_ne(access(path_of(), F_OK), 0);
    fz_tallies_close(all, NOW, NULL);
}
END_TEST

typedef struct Worker {
    pthread_t thread;
    const FzBundle *bundle;
} Worker;

static void *work(void *arg)
{
    const Worker *it = arg;
    FzVerdict *verdict = malloc(sizeof *verdict);

    verdict_of(verdict, it->bundle, FZ_ACTION_QUARANTINE, "t.one", NULL);
    for (int i = 0; i < 10000; i++)
        fz_tallies_see(it->bundle, verdict, NOW);
    free(verdict);
    return NULL;
}

START_TEST(threads_lose_no_count_while_somebody_asks)
{
    FzTallies *all = fz_tallies_open(path_of(), NULL);
    FzBundle *bundle = bundle_of(1);
    Worker worker[4];

    fz_tallies_apply(all, bundle, NOW);
    for (size_t i = 0; i < COUNT(worker); i++) {
        worker[i].bundle = bundle;
        ck_assert_int_eq(
            pthread_create(&worker[i].thread, NULL, work, &worker[i]), 0);
    }
    for (int i = 0; i < 50; i++)
        fz_tallies_settle(all);
    for (size_t i = 0; i < COUNT(worker); i++)
        pthread_join(worker[i].thread, NULL);
    ck_assert_uint_eq(figures_of(all, bundle, "t.one").held, 40000);
    ck_assert_uint_eq(figures_of(all, bundle, "t.one").judged_active, 40000);
    fz_bundle_destroy(bundle);
    fz_tallies_close(all, NOW, NULL);
}
END_TEST

START_TEST(metrics_name_the_most_matched_and_sum_up_the_others)
{
    FzTallies *all = fz_tallies_open(path_of(), NULL);
    FzBundle *bundle = bundle_of(1);
    FzBuf text = FZ_BUF_INIT;

    fz_tallies_apply(all, bundle, NOW);
    see(bundle, FZ_ACTION_QUARANTINE, "t.two", NULL, NOW);
    see(bundle, FZ_ACTION_QUARANTINE, "t.two", "t.one", NOW);
    fz_tallies_metrics(all, bundle, 1, &text);
    ck_assert_ptr_nonnull(strstr(
        fz_buf_text(&text),
        "fanzha_rule_matched_total{rule=\"t.two\",state=\"active\"} 2\n"));
    ck_assert_ptr_nonnull(strstr(
        fz_buf_text(&text),
        "fanzha_rule_matched_total{rule=\"other\",state=\"active\"} 1\n"));
    ck_assert_ptr_null(strstr(fz_buf_text(&text), "t.one"));
    fz_buf_clear(&text);
    fz_bundle_destroy(bundle);
    fz_tallies_close(all, NOW, NULL);
}
END_TEST

/* --- samples ----------------------------------------------------------------
 */
typedef struct Room {
    FzTallies *all;
    FzBundle *bundle;
    FzSamples *samples;
    FzStore *store;
    FzMessage message;
    FzVerdict verdict;
} Room;

static Room *room_open(void)
{
    Room *room = calloc(1, sizeof *room);
    FzStoreConfig config = fz_test_store_config();

    room->all = fz_tallies_open(path_of(), NULL);
    room->bundle = bundle_of(1);
    set_state(room->bundle, "t.two", FZ_RULE_SHADOW);
    fz_tallies_apply(room->all, room->bundle, NOW);
    room->samples = fz_samples_create();
    room->store = fz_test_store_open(&config);
    room->message.now_ms = NOW;
    room->message.sender = fz_slice_of("+8613800000001");
    verdict_of(&room->verdict, room->bundle, FZ_ACTION_PASS, "t.two", "t.one");
    return room;
}

static void room_close(Room *room)
{
    fz_store_close(room->store);
    fz_samples_destroy(room->samples);
    fz_bundle_destroy(room->bundle);
    fz_tallies_close(room->all, NOW, NULL);
    free(room);
}

static void room_see(Room *room, const char *text)
{
    FzText decoded = {.raw = (uint8_t *)(uintptr_t)text,
                      .octets = (uint32_t)strlen(text)};

    fz_samples_see(room->samples, room->bundle, &room->message, &decoded,
                   &room->verdict);
}

static bool append(void *ctx, int64_t row, const FzShadowHit *hit)
{
    (void)row;
    fz_buf_printf(ctx, "%.*s:%.*s\n", (int)hit->rule.octets,
                  (const char *)hit->rule.data, (int)hit->text.octets,
                  (const char *)hit->text.data);
    return true;
}

static void expect_stored(Room *room, const char *want)
{
    FzBuf all = FZ_BUF_INIT;

    ck_assert_int_eq(fz_samples_store(room->samples, room->store, NOW, NULL),
                     FZ_OK);
    ck_assert_int_eq(
        fz_store_shadow(room->store, fz_slice_of(NULL), 0, append, &all, NULL),
        FZ_OK);
    ck_assert_str_eq(all.octets == 0 ? "" : fz_buf_text(&all), want);
    fz_buf_clear(&all);
}

START_TEST(of_rules_in_shadow_alone_samples_are_kept)
{
    Room *room = room_open();

    room_see(room, "the other thing");
    expect_stored(room, "t.two:the other thing\n");
    ck_assert_uint_eq(fz_samples_figures(room->samples).kept, 1);
    room_close(room);
}
END_TEST

START_TEST(of_one_time_codes_nothing_is_kept)
{
    Room *room = room_open();

    room->verdict.sender.class_ = FZ_SENDER_CODE;
    room_see(room, "the other thing 483920");
    room->verdict.sender.class_ = FZ_SENDER_A2P;
    room->verdict.sender.code = true;
    room_see(room, "the other thing 483920");
    expect_stored(room, "");
    ck_assert_uint_eq(fz_samples_figures(room->samples).codes, 2);
    room->verdict.sender.code = false;
    room_see(room, "your code is 483920, the other thing 12");
    expect_stored(room, "t.two:your code is ******, the other thing 12\n");
    room_close(room);
}
END_TEST

START_TEST(without_room_a_sample_is_dropped_and_counted)
{
    Room *room = room_open();
    FzSamplesFigures figures;

    room->message.now_ms = NOW;
    for (int i = 0; i < 30; i++)
        room_see(room, "x");
    set_state(room->bundle, "t.one", FZ_RULE_SHADOW);
    verdict_of(&room->verdict, room->bundle, FZ_ACTION_PASS, "t.one", NULL);
    for (int i = 0; i < 50; i++)
        room_see(room, "y");
    figures = fz_samples_figures(room->samples);
    ck_assert_uint_eq(figures.dropped, 80 - 64);
    ck_assert_int_eq(fz_samples_store(room->samples, room->store, NOW, NULL),
                     FZ_OK);
    ck_assert_uint_eq(fz_samples_figures(room->samples).kept, 64);
    room_see(room, "beyond the fifty of a start: the first of ten minutes");
    room_see(room, "and the second");
    ck_assert_int_eq(fz_samples_store(room->samples, room->store, NOW, NULL),
                     FZ_OK);
    ck_assert_uint_eq(fz_samples_figures(room->samples).kept, 65);
    room->message.now_ms = NOW + 600000;
    room_see(room, "ten minutes later");
    ck_assert_int_eq(fz_samples_store(room->samples, room->store, NOW, NULL),
                     FZ_OK);
    ck_assert_uint_eq(fz_samples_figures(room->samples).kept, 66);
    room_close(room);
}
END_TEST

START_TEST(a_long_text_is_cut_between_characters)
{
    Room *room = room_open();
    char text[4096] = "";
    FzBuf all = FZ_BUF_INIT;

    for (int i = 0; i < 1000; i++)
        strcat(text, "\xE9\x92\xB1");
    room_see(room, text);
    ck_assert_int_eq(fz_samples_store(room->samples, room->store, NOW, NULL),
                     FZ_OK);
    ck_assert_int_eq(
        fz_store_shadow(room->store, fz_slice_of(NULL), 0, append, &all, NULL),
        FZ_OK);
    ck_assert_uint_eq(all.octets, strlen("t.two:\n") + 2046);
    fz_buf_clear(&all);
    room_close(room);
}
END_TEST

static const struct {
    const char *text, *shown;
} masks[] = {
    {"call 13900001111 now", "call *********** now"},
    {"电话１３９", "电话***"},
    {"see https://a.example/k9/anna?x=Ab#c",
     "see https://a.example/**/****?*=**#*"},
    {"see a.example/anna.", "see a.example/****."},
    {"write anna.b@mail.example", "write ****.*@mail.example"},
    {"a \xFF", "a "},
    {"", ""},
};

START_TEST(a_mask_leaves_the_wording_and_no_number)
{
    FzBuf out = FZ_BUF_INIT;

    fz_samples_mask(fz_slice_of(masks[_i].text), &out);
    ck_assert_str_eq(out.octets == 0 ? "" : fz_buf_text(&out), masks[_i].shown);
    fz_buf_clear(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tally");
    TCase *tc = tcase_create("tally");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, matches_count_by_state_and_verdicts_for_who_decided);
    tcase_add_test(tc, what_shadow_would_have_changed_counts_apart);
    tcase_add_test(tc, messages_are_judged_in_the_state_that_the_rule_had);
    tcase_add_test(tc,
                   a_reload_and_a_restart_carry_them_over_a_new_rev_does_not);
    tcase_add_test(tc, what_was_gone_for_long_is_forgotten);
    tcase_add_loop_test(tc, a_file_that_cannot_be_read_is_put_aside_and_told, 0,
                        4);
    tcase_add_test(tc, threads_lose_no_count_while_somebody_asks);
    tcase_add_test(tc, metrics_name_the_most_matched_and_sum_up_the_others);
    suite_add_tcase(suite, tc);
    tc = tcase_create("samples");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, of_rules_in_shadow_alone_samples_are_kept);
    tcase_add_test(tc, of_one_time_codes_nothing_is_kept);
    tcase_add_test(tc, without_room_a_sample_is_dropped_and_counted);
    tcase_add_test(tc, a_long_text_is_cut_between_characters);
    tcase_add_loop_test(tc, a_mask_leaves_the_wording_and_no_number, 0,
                        COUNT(masks));
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
