/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_release.c - a held message that was let go is sent once, or a person
 * is asked, through fanzha.so in a host that does what a test says
 */
#include "config.h"

#include "store/store.h"
#include "tests/assembly_kit.h"

#include <stdatomic.h>
#include <stdio.h>

#define TEXT "an escrow deposit here"

static bool take_state(void *ctx, const FzHeldRow *row)
{
    *(int *)ctx = row->held.state;
    return false;
}

static int state_of(int64_t row)
{
    FzStoreConfig config = {.path = kit_database(), .key_file = kit_key_file()};
    FzHeldQuery query = {.state = -1, .after = row - 1, .limit = 1};
    FzStore *store = NULL;
    int state = -1;

    ck_assert_int_eq(fz_store_open_reader(&config, NULL, &store), FZ_OK);
    ck_assert_int_eq(fz_store_query(store, &query, take_state, &state, NULL),
                     FZ_OK);
    fz_store_close(store);
    return state;
}

static void reaches(int64_t row, FzHeldState want)
{
    char path[64];

    (void)row;
    snprintf(path, sizeof path, "store.items.%s", fz_held_state_name(want));
    kit_expect_figure(path, 1);
    ck_assert_int_eq(state_of(row), want);
}

/* A message of one part, or of `total`, that is held; its row is the next. */
static void hold(unsigned total)
{
    KitPart it = kit_part_of(total == 0 ? 0 : 7, total, total, TEXT);

    if (total > 1) {
        KitPart first = kit_part_of(7, total, 1, "one ");

        ck_assert_uint_eq(total, 2);
        kit_expect(&first, FZBOX_STATUS_BUFFERED);
    }
    kit_expect(&it, FZBOX_STATUS_BUFFERED);
}

static json_t *ask_release(int64_t row, bool again)
{
    char args[64];

    snprintf(args, sizeof args, "{\"row\":%lld,\"again\":%s}", (long long)row,
             again ? "true" : "false");
    return kit_try("release", args);
}

static void release(int64_t row, bool again, const char *was)
{
    json_t *answer = ask_release(row, again);

    ck_assert_str_eq(kit_name(json_object_get(answer, "result"), "was"), was);
    json_decref(answer);
}

static void expect_refused(int64_t row, bool again, const char *why)
{
    json_t *answer = ask_release(row, again);

    ck_assert(json_is_false(json_object_get(answer, "ok")));
    ck_assert_msg(strstr(kit_name(answer, "error"), why) != NULL, "%s",
                  kit_name(answer, "error"));
    json_decref(answer);
}

/* --- before it is sent ------------------------------------------------------
 */
static _Atomic int seen_state;

static void look(void)
{
    atomic_store(&seen_state, state_of(1));
}

START_TEST(the_row_is_in_doubt_before_anybody_can_have_the_message)
{
    kit_start("enforce", "");
    hold(0);
    kit_watch(look);
    release(1, false, "held");
    kit_expect_injected(0, TEXT);
    reaches(1, FZ_HELD_DELIVERED);
    ck_assert_int_eq(atomic_load(&seen_state), FZ_HELD_IN_DOUBT);
    kit_stop();
}
END_TEST

/* --- the answer is lost -----------------------------------------------------
 */
START_TEST(a_lost_answer_leaves_it_to_a_person_and_sends_nothing)
{
    kit_start("enforce", "");
    hold(0);
    hold(0);
    kit_way(KIT_LOSES);
    release(1, false, "held");
    kit_injected(0);
    reaches(1, FZ_HELD_IN_DOUBT);
    /* the next one between the same numbers does not wait for a person */
    kit_way(KIT_TAKES);
    release(2, false, "held");
    reaches(2, FZ_HELD_DELIVERED);
    ck_assert_uint_eq(kit_injections(), 2);
    expect_refused(1, false, "`in-doubt': it was sent, and nobody knows");
    ck_assert_int_eq(state_of(1), FZ_HELD_IN_DOUBT);
    release(1, true, "in-doubt");
    kit_expect_figure("store.items.delivered", 2);
    ck_assert_uint_eq(kit_injections(), 3);
    kit_stop();
}
END_TEST

START_TEST(a_death_before_the_answer_leaves_it_to_a_person)
{
    kit_start("enforce", "");
    hold(0);
    kit_way(KIT_KEEPS);
    release(1, false, "held");
    kit_injected(0);
    expect_refused(1, true, "on its way");
    kit_unload(); /* nobody ever answers */
    kit_way(KIT_TAKES);
    kit_load();
    ck_assert_int_eq(state_of(1), FZ_HELD_IN_DOUBT);
    hold(0);
    release(2, false, "held");
    reaches(2, FZ_HELD_DELIVERED);
    ck_assert_uint_eq(kit_injections(), 2);
    expect_refused(1, false, "in-doubt");
    release(1, true, "in-doubt");
    kit_expect_figure("store.items.delivered", 2);
    kit_stop();
}
END_TEST

/* --- it was not taken -------------------------------------------------------
 */
static const KitWay not_yet[] = {KIT_NOBODY, KIT_TMP, KIT_UNSENT};

START_TEST(what_was_surely_not_taken_is_tried_again_and_never_in_doubt)
{
    size_t before;

    kit_start("enforce", "");
    hold(0);
    kit_way(not_yet[_i]);
    release(1, false, "held");
    while (kit_tries() < 2)
        kit_figure("store.parts");
    kit_unload(); /* also at an end in the middle of that */
    ck_assert_int_eq(state_of(1), FZ_HELD_RELEASED);
    kit_way(KIT_TAKES);
    before = kit_injections();
    kit_load();
    reaches(1, FZ_HELD_DELIVERED);
    ck_assert_uint_eq(kit_injections(), before + 1);
    kit_stop();
}
END_TEST

START_TEST(with_a_part_there_and_another_lost_it_is_in_doubt)
{
    kit_start("enforce", "");
    hold(2);
    kit_way(KIT_KEEPS);
    release(1, false, "held");
    kit_expect_injected(0, "one ");
    kit_release(FZ_HOST_INJECTED_ACKED, ack_success);
    kit_expect_injected(1, TEXT);
    kit_release(FZ_HOST_INJECTED_LOST, ack_failed_tmp);
    reaches(1, FZ_HELD_IN_DOUBT);
    expect_refused(1, false, "in-doubt");
    ck_assert_uint_eq(kit_injections(), 2);
    kit_stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("release");
    TCase *tc = tcase_create("release");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, the_row_is_in_doubt_before_anybody_can_have_the_message);
    tcase_add_test(tc, a_lost_answer_leaves_it_to_a_person_and_sends_nothing);
    tcase_add_test(tc, a_death_before_the_answer_leaves_it_to_a_person);
    tcase_add_loop_test(
        tc, what_was_surely_not_taken_is_tried_again_and_never_in_doubt, 0,
        sizeof not_yet / sizeof not_yet[0]);
    tcase_add_test(tc, with_a_part_there_and_another_lost_it_is_in_doubt);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
