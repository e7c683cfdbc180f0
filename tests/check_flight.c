/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_flight.c - which message an acknowledgement is of, and how many wait
 */
#include "config.h"

#include "box/link/flight.h"
#include "tests/support.h"

#include <string.h>

#include "gwlib/gwlib.h"

static FzCrowd crowd;
static FzFlight one, other;

static void set_up(void)
{
    gwlib_init();
    crowd = (FzCrowd){0, 0};
    fz_flight_init(&one, &crowd);
    fz_flight_init(&other, &crowd);
}

static void tear_down(void)
{
    fz_flight_clear(&one);
    fz_flight_clear(&other);
    gwlib_shutdown();
}

static const uint8_t *id_of(int number)
{
    static uint8_t id[FZ_FLIGHT_ID_OCTETS];

    memset(id, number, sizeof id);
    return id;
}

static void add(FzFlight *flight, int number, int32_t its_time)
{
    fz_flight_add(flight, id_of(number), 7, id_of(number), its_time, NULL);
}

START_TEST(the_oldest_of_the_same_id_is_answered_first)
{
    FzFlying flying;

    for (int32_t i = 0; i < 200; i++)
        add(&one, i % 2, i);
    for (int32_t i = 1; i < 200; i += 2) {
        ck_assert(fz_flight_take(&one, id_of(1), 7, &flying));
        ck_assert_int_eq(flying.its_time, i);
    }
    ck_assert(!fz_flight_take(&one, id_of(1), 7, &flying));
    ck_assert(!fz_flight_take(&one, id_of(0), 8, &flying));
    ck_assert_uint_eq(one.count, 100);
}
END_TEST

START_TEST(a_crowd_is_all_that_share_it_and_nobody_stays_in_it)
{
    FzFlying flying;

    for (int i = 0; i < 40; i++)
        add(i % 4 == 0 ? &other : &one, i, 0);
    ck_assert_uint_eq(crowd.now, 40);
    ck_assert_uint_eq(crowd.gone, 0);
    ck_assert(fz_flight_take(&one, id_of(1), 7, &flying));
    ck_assert(!fz_flight_take(&one, id_of(1), 7, &flying));
    ck_assert(fz_flight_take_oldest(&other, false, &flying));
    ck_assert_uint_eq(crowd.now, 38);
    ck_assert_uint_eq(crowd.gone, 2);
    fz_flight_clear(&one); /* its link ended */
    ck_assert_uint_eq(crowd.now, 9);
    ck_assert_uint_eq(crowd.gone, 31);
    add(&one, 1, 0);
    ck_assert_uint_eq(crowd.now, 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("flight");
    TCase *tc = tcase_create("flight");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, the_oldest_of_the_same_id_is_answered_first);
    tcase_add_test(tc, a_crowd_is_all_that_share_it_and_nobody_stays_in_it);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
