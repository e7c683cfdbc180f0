/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_assembly_life.c - what waits and what is on its way outlives links,
 * boxes, restarts, kills and a locked store; and where nothing may act
 */
#include "config.h"

#include "base/buf.h"
#include "store/store.h"
#include "tests/assembly_kit.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUFFERED FZBOX_STATUS_BUFFERED
#define UNCHANGED FZBOX_STATUS_UNCHANGED
#define MO PLUGINBOX_MESSAGE_FROM_BEARERBOX

/* --- on the way ------------------------------------------------------------
 */
START_TEST(nobody_there_is_tried_again_and_nothing_is_lost)
{
    kit_start("enforce", "");
    kit_way(KIT_NOBODY);
    kit_part_gets(4, 2, 1, "one ", BUFFERED);
    kit_part_gets(4, 2, 2, "two", BUFFERED);
    while (kit_tries() < 4)
        usleep(10000);
    ck_assert_int_eq(kit_figure("store.parts"), 2);
    ck_assert_int_eq(kit_figure("assembly.leaving"), 2);
    kit_way(KIT_TAKES);
    kit_expect_injected(0, "one ");
    kit_expect_injected(1, "two");
    kit_expect_nothing_left();
    kit_expect_figure("store.parts", 0);
    kit_stop();
}
END_TEST

static const struct {
    const char *name;
    KitWay way;
    bool again;
} ways[] = {
    {"a lost link", KIT_LOSES, true},
    {"failed_tmp", KIT_TMP, true},
    {"failed: bearerbox has told the sender", KIT_REFUSES, false},
};

START_TEST(what_becomes_of_an_injected_part_decides_whether_it_is_sent_again)
{
    kit_start("enforce", "");
    kit_way(KIT_KEEPS);
    kit_part_gets(4, 2, 1, "one ", BUFFERED);
    kit_part_gets(4, 2, 2, "two", BUFFERED);
    kit_expect_injected(0, "one ");
    kit_way(KIT_TAKES);
    if (ways[_i].way == KIT_LOSES)
        kit_release(FZ_HOST_INJECTED_LOST, ack_failed_tmp);
    else
        kit_release(FZ_HOST_INJECTED_ACKED,
                    ways[_i].way == KIT_TMP ? ack_failed_tmp : ack_failed);
    kit_expect_nothing_left();
    kit_expect_figure("store.parts", 0);
    ck_assert_msg(kit_injections() == (ways[_i].again ? 3 : 2), "%s",
                  ways[_i].name);
    kit_expect_injected(1, ways[_i].again ? "one " : "two");
    ck_assert_int_eq(kit_figure("counters.parts.refused"),
                     ways[_i].again ? 0 : 1);
    kit_stop();
}
END_TEST

START_TEST(a_part_follows_only_when_the_one_before_is_there)
{
    kit_start("enforce", "");
    kit_way(KIT_KEEPS);
    kit_part_gets(4, 3, 1, "one ", BUFFERED);
    kit_part_gets(4, 3, 2, "two ", BUFFERED);
    kit_part_gets(4, 3, 3, "three", BUFFERED);
    for (size_t i = 0; i < 3; i++) {
        kit_injected(i);
        usleep(20000);
        ck_assert_uint_eq(kit_injections(), i + 1);
        kit_expect_figure("store.parts", 3 - (long long)i);
        kit_release(FZ_HOST_INJECTED_ACKED, ack_success);
    }
    kit_expect_nothing_left();
    kit_expect_figure("store.parts", 0);
    kit_stop();
}
END_TEST

START_TEST(a_phone_s_parts_go_to_the_box_that_they_were_meant_for)
{
    KitPart it = kit_part_of(4, 2, 2, "two");

    kit_start("enforce", "");
    it.type = MO;
    it.box = "app";
    kit_expect(&it, BUFFERED);
    it.number = 1;
    it.text = "one ";
    kit_expect(&it, BUFFERED);
    kit_expect_injected(0, "one ");
    kit_expect_injected(1, "two");
    ck_assert_int_eq(kit_injected(0)->emulate,
                     PLUGINBOX_MESSAGE_FROM_BEARERBOX);
    ck_assert_str_eq(kit_injected(0)->box, "app");
    kit_expect_nothing_left();
    kit_stop();
}
END_TEST

/* --- restarts --------------------------------------------------------------
 */
START_TEST(what_waits_survives_a_restart_and_is_completed_by_what_comes_after)
{
    kit_start("enforce", "");
    kit_part_gets(4, 2, 2, "ow deposit", BUFFERED);
    kit_part_gets(5, 2, 1, "one ", BUFFERED);
    kit_unload();
    kit_load();
    ck_assert_int_eq(kit_figure("assembly.pending"), 2);
    ck_assert_int_eq(kit_figure("counters.parts.again"), 0);
    kit_part_gets(4, 2, 1, "an escr", BUFFERED);
    ck_assert_str_eq(kit_texts(0), "an escrow deposit\n");
    kit_part_gets(5, 2, 1, "one ", BUFFERED); /* known */
    kit_part_gets(5, 2, 2, "two", BUFFERED);
    kit_expect_injected(0, "one ");
    kit_expect_injected(1, "two");
    kit_expect_nothing_left();
    kit_stop();
}
END_TEST

START_TEST(a_deadline_goes_on_over_a_restart)
{
    kit_start("enforce", "assembly = { timeout-s = 1; };");
    kit_part_gets(4, 2, 1, "one ", BUFFERED);
    kit_unload();
    kit_load();
    kit_expect_injected(0, "one ");
    kit_expect_nothing_left();
    kit_stop();
}
END_TEST

START_TEST(what_was_on_its_way_at_the_end_is_sent_again_and_counted)
{
    kit_start("enforce", "");
    kit_way(KIT_NOBODY);
    kit_part_gets(4, 2, 1, "one ", BUFFERED);
    kit_part_gets(4, 2, 2, "two", BUFFERED);
    kit_expect_figure("store.parts", 2);
    kit_expect_figure("assembly.leaving", 2);
    kit_unload();
    kit_way(KIT_TAKES);
    kit_load();
    kit_expect_injected(0, "one ");
    kit_expect_injected(1, "two");
    kit_expect_nothing_left();
    ck_assert_int_eq(kit_figure("counters.parts.again"), 2);
    kit_expect_figure("store.parts", 0);
    kit_stop();
}
END_TEST

START_TEST(a_report_survives_a_restart)
{
    KitPart it = kit_part_of(4, 2, 1, "the reject");

    kit_start("enforce", "");
    kit_way(KIT_NOBODY);
    it.dlr_url = "url-1";
    kit_expect(&it, BUFFERED);
    kit_part_gets(4, 2, 2, "word", PLUGINBOX_MESSAGE_REJECT);
    kit_expect_figure("assembly.reporting", 1);
    kit_unload();
    kit_way(KIT_TAKES);
    kit_load();
    kit_expect_report(0, "url-1", "F15", "box-one");
    kit_expect_nothing_left();
    kit_expect_figure("store.parts", 0);
    kit_stop();
}
END_TEST

/* Each step of a message, cut short by a kill: what was acknowledged is there
 * afterwards, waiting or on its way or held, and the message ends as it would
 * have. */
static const struct {
    const char *name;
    unsigned given;     /* parts before the kill */
    unsigned delivered; /* injections acknowledged before the kill */
    const char *last;   /* text of part 3 */
    const char *held;
} kills[] = {
    {"after the first part", 1, 0, "three", ""},
    {"after the second", 2, 0, "three", ""},
    {"with all of them on their way", 3, 0, "three", ""},
    {"with one of them there", 3, 1, "three", ""},
    {"after the second of one to be held", 2, 0, "escrow deposit",
     "one two escrow deposit\n"},
    {"when it is held", 3, 0, "escrow deposit", "one two escrow deposit\n"},
};

static void give_from(unsigned from, unsigned to, const char *last)
{
    const char *const texts[] = {"one ", "two ", last};

    for (unsigned i = from; i < to; i++)
        kit_part_gets(4, 3, i + 1, texts[i], BUFFERED);
}

START_TEST(a_kill_loses_nothing_that_was_acknowledged)
{
    pid_t child;
    int status;

    kit_configure("enforce", "");
    child = fork();
    if (child == 0) {
        kit_load();
        kit_promote();
        kit_way(KIT_KEEPS);
        give_from(0, kills[_i].given, kills[_i].last);
        for (unsigned i = 0; i < kills[_i].delivered; i++) {
            kit_injected(i);
            kit_release(FZ_HOST_INJECTED_ACKED, ack_success);
            kit_injected(i + 1);
            kit_expect_figure("store.parts", 2 - i);
        }
        kill(getpid(), SIGKILL);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "%s",
                  kills[_i].name);
    kit_load();
    give_from(kills[_i].given, 3, kills[_i].last);
    kit_expect_nothing_left();
    kit_expect_figure("store.parts", 0);
    ck_assert_msg(strcmp(kit_texts(0), kills[_i].held) == 0, "%s: %s",
                  kills[_i].name, kit_texts(0));
    ck_assert_uint_eq(kit_injections(),
                      kills[_i].held[0] != '\0' ? 0 : 3 - kills[_i].delivered);
    kit_stop();
}
END_TEST

/* --- the store -------------------------------------------------------------
 */
static sqlite3 *lock_store(void)
{
    sqlite3 *db;

    ck_assert_int_eq(
        sqlite3_open_v2(kit_database(), &db, SQLITE_OPEN_READWRITE, NULL),
        SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
                     SQLITE_OK);
    return db;
}

START_TEST(a_part_that_cannot_be_stored_is_put_off_and_its_siblings_wait)
{
    sqlite3 *db;

    kit_start("enforce", "");
    kit_part_gets(4, 3, 1, "one ", BUFFERED);
    db = lock_store();
    kit_part_gets(4, 3, 2, "two ", FZBOX_STATUS_DEFER);
    ck_assert_int_eq(kit_figure("assembly.parts"), 1);
    sqlite3_close(db);
    kit_part_gets(4, 3, 2, "two ", BUFFERED);
    db = lock_store();
    kit_part_gets(4, 3, 3, "three", FZBOX_STATUS_DEFER); /* the last one */
    ck_assert_int_eq(kit_figure("assembly.parts"), 2);
    ck_assert_uint_eq(kit_injections(), 0);
    sqlite3_close(db);
    kit_part_gets(4, 3, 3, "three", BUFFERED);
    kit_expect_injected(0, "one ");
    kit_expect_injected(1, "two ");
    kit_expect_injected(2, "three");
    kit_expect_nothing_left();
    kit_stop();
}
END_TEST

START_TEST(a_decision_that_cannot_be_stored_is_made_again)
{
    KitPart it = kit_part_of(4, 2, 1, "the reject");
    sqlite3 *db;

    kit_start("enforce", "");
    it.dlr_url = "url-1";
    kit_expect(&it, BUFFERED);
    db = lock_store();
    kit_part_gets(4, 2, 2, "word",
                  PLUGINBOX_MESSAGE_REJECT); /* waits for no store */
    usleep(100000);
    ck_assert_uint_eq(kit_injections(), 0);
    sqlite3_close(db);
    kit_expect_report(0, "url-1", "F15", "box-one");
    kit_expect_figure("store.items.evidence", 1);
    kit_expect_nothing_left();
    kit_stop();
}
END_TEST

START_TEST(what_left_is_not_sent_again_because_the_store_was_locked)
{
    sqlite3 *db;

    kit_start("enforce", "");
    kit_way(KIT_KEEPS);
    kit_part_gets(4, 2, 1, "one ", BUFFERED);
    kit_part_gets(4, 2, 2, "two", BUFFERED);
    kit_injected(0);
    db = lock_store();
    kit_way(KIT_TAKES);
    kit_release(FZ_HOST_INJECTED_ACKED, ack_success);
    kit_injected(1);
    kit_expect_figure("assembly.leaving", 0);
    usleep(100000);
    ck_assert_int_eq(kit_figure("store.parts"), 2);
    sqlite3_close(db);
    kit_expect_figure("store.parts", 0);
    ck_assert_uint_eq(kit_injections(), 2);
    kit_stop();
}
END_TEST

/* --- where nothing acts ----------------------------------------------------
 */
static void expect_copies(const char *verdict)
{
    json_t *records = kit_records();
    json_t *record = json_array_get(records, json_array_size(records) - 1);

    ck_assert_ptr_nonnull(record);
    ck_assert_str_eq(kit_name(record, "verdict"), verdict);
    ck_assert_str_eq(kit_name(record, "acted"), "pass");
    ck_assert_str_eq(kit_name(record, "disposition"), "deliver");
    ck_assert(json_is_true(
        json_object_get(json_object_get(record, "parts"), "copies")));
    json_decref(records);
}

START_TEST(in_observe_parts_leave_at_once_and_copies_are_judged)
{
    kit_start("observe", "");
    kit_part_gets(4, 2, 2, "ow deposit", UNCHANGED);
    kit_part_gets(4, 2, 1, "an escr", UNCHANGED);
    kit_expect_figure("assembly.pending", 0);
    expect_copies("quarantine");
    kit_expect_figure("store.parts", 0);
    ck_assert_int_eq(kit_figure("counters.messages.mt.judged"), 1);
    ck_assert_int_eq(kit_figure("counters.messages.mt.would.quarantine"), 1);
    ck_assert_uint_eq(kit_injections(), 0);
    ck_assert_str_eq(kit_texts(-1), "");
    kit_stop();
}
END_TEST

START_TEST(under_bypass_parts_leave_at_once_and_what_waits_follows)
{
    kit_start("enforce", "");
    kit_part_gets(4, 2, 1, "an escr", BUFFERED);
    kit_part_gets(5, 3, 1, "another ", BUFFERED);
    json_decref(kit_ask("bypass", "{\"on\":true}"));
    kit_part_gets(4, 2, 2, "ow deposit", UNCHANGED);
    kit_expect_figure("store.parts", 0);
    kit_expect_figure("assembly.leaving", 0);
    ck_assert_uint_eq(kit_injections(), 2);
    /* what was let go is remembered, so that the whole is judged */
    kit_expect_figure("assembly.pending", 1);
    kit_part_gets(5, 3, 3, "deposit", UNCHANGED);
    kit_part_gets(5, 3, 2, "escrow ", UNCHANGED);
    kit_expect_figure("assembly.pending", 0);
    expect_copies("quarantine");
    ck_assert_str_eq(kit_texts(0), "");
    kit_stop();
}
END_TEST

START_TEST(with_every_rule_in_shadow_parts_leave_at_once)
{
    kit_configure("enforce", "");
    fz_test_write("override/all.conf",
                  "overrides = ( { id = \"t.*\"; state = \"shadow\"; } );\n");
    kit_load();
    kit_promote();
    kit_part_gets(4, 2, 2, "ow deposit", UNCHANGED);
    kit_part_gets(4, 2, 1, "an escr", UNCHANGED);
    kit_expect_figure("assembly.pending", 0);
    expect_copies("pass");
    kit_stop();
}
END_TEST

START_TEST(a_generation_that_comes_between_parts_judges_the_whole)
{
    kit_start("enforce", "");
    kit_part_gets(4, 2, 1, "an escr", BUFFERED);
    fz_test_write("override/hold.conf", "overrides = ( { id = \"t.hold\"; "
                                        "state = \"retired\"; } );\n");
    kit_promote();
    kit_part_gets(4, 2, 2, "ow deposit", BUFFERED);
    kit_expect_injected(0, "an escr");
    kit_expect_injected(1, "ow deposit");
    kit_expect_nothing_left();
    kit_stop();
}
END_TEST

/* --- many ------------------------------------------------------------------
 */
START_TEST(a_message_of_255_parts_is_joined)
{
    static char texts[255][8];

    kit_start("enforce", "");
    for (unsigned i = 255; i >= 1; i--) {
        snprintf(texts[i - 1], sizeof texts[i - 1], "%u ", i);
        kit_part_gets(4, 255, i, texts[i - 1], BUFFERED);
    }
    for (unsigned i = 0; i < 255; i++)
        kit_expect_injected(i, texts[i]);
    kit_expect_nothing_left();
    kit_expect_figure("store.parts", 0);
    kit_stop();
}
END_TEST

START_TEST(parts_given_without_waiting_for_answers_are_all_joined)
{
    KitGiven *given[100];
    size_t count = 0;

    kit_start("enforce", "");
    for (unsigned m = 0; m < 20; m++)
        for (unsigned n = 0; n < 5; n++) {
            KitPart it =
                kit_part_of(m, 5, n + 1, n == 2 ? " an escrow deposit " : "x");

            if (m % 2 == 0)
                it.text = "x";
            given[count++] = kit_give(&it);
        }
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(kit_answer(given[i]), BUFFERED);
    kit_expect_figure("store.items.held", 10);
    kit_expect_nothing_left();
    ck_assert_uint_eq(kit_injections(), 50);
    ck_assert_int_eq(kit_figure("counters.parts.mt.joined"), 20);
    kit_expect_figure("store.parts", 0);
    kit_stop();
}
END_TEST

static bool take_record(void *ctx, const FzHeldRow *row)
{
    FzBuf *text = ctx;

    fz_buf_append_slice(text, row->held.record);
    return false;
}

START_TEST(of_what_is_held_in_place_of_a_rewrite_nothing_was_delivered)
{
    FzHeldQuery query = {.state = FZ_HELD_HELD, .limit = 1};
    FzBuf text = FZ_BUF_INIT;
    FzStoreConfig config = {0};
    FzStore *store = NULL;

    kit_start("enforce", "");
    json_decref(kit_ask("bypass", "{\"on\":true}"));
    kit_part_gets(1, 2, 1, "at http://tr", UNCHANGED);
    json_decref(kit_ask("bypass", "{\"on\":false}"));
    /* half of it is with the receiver as it was */
    kit_part_gets(1, 2, 2, "ack.example/abc", BUFFERED);
    kit_expect_figure("store.items.held", 1);
    config.path = kit_database();
    config.key_file = kit_key_file();
    ck_assert_int_eq(fz_store_open_reader(&config, NULL, &store), FZ_OK);
    ck_assert_int_eq(fz_store_query(store, &query, take_record, &text, NULL),
                     FZ_OK);
    fz_store_close(store);
    ck_assert_ptr_nonnull(strstr(fz_buf_text(&text), "\"rewrite\""));
    ck_assert_ptr_null(strstr(fz_buf_text(&text), "\"delivered\""));
    fz_buf_clear(&text);
    kit_stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("assembly_life");
    TCase *tc = tcase_create("assembly_life");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, nobody_there_is_tried_again_and_nothing_is_lost);
    tcase_add_loop_test(
        tc, what_becomes_of_an_injected_part_decides_whether_it_is_sent_again,
        0, COUNT(ways));
    tcase_add_test(tc, a_part_follows_only_when_the_one_before_is_there);
    tcase_add_test(tc, a_phone_s_parts_go_to_the_box_that_they_were_meant_for);
    tcase_add_test(
        tc, what_waits_survives_a_restart_and_is_completed_by_what_comes_after);
    tcase_add_test(tc, a_deadline_goes_on_over_a_restart);
    tcase_add_test(tc,
                   what_was_on_its_way_at_the_end_is_sent_again_and_counted);
    tcase_add_test(tc, a_report_survives_a_restart);
    tcase_add_loop_test(tc, a_kill_loses_nothing_that_was_acknowledged, 0,
                        COUNT(kills));
    tcase_add_test(
        tc, a_part_that_cannot_be_stored_is_put_off_and_its_siblings_wait);
    tcase_add_test(tc, a_decision_that_cannot_be_stored_is_made_again);
    tcase_add_test(tc,
                   what_left_is_not_sent_again_because_the_store_was_locked);
    tcase_add_test(tc, in_observe_parts_leave_at_once_and_copies_are_judged);
    tcase_add_test(tc, under_bypass_parts_leave_at_once_and_what_waits_follows);
    tcase_add_test(tc,
                   of_what_is_held_in_place_of_a_rewrite_nothing_was_delivered);
    tcase_add_test(tc, with_every_rule_in_shadow_parts_leave_at_once);
    tcase_add_test(tc, a_generation_that_comes_between_parts_judges_the_whole);
    tcase_add_test(tc, a_message_of_255_parts_is_joined);
    tcase_add_test(tc, parts_given_without_waiting_for_answers_are_all_joined);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
