/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/admin/load.h"
#include "tests/support.h"

#include <string.h>

static FzLoad load;

START_TEST(rates_are_over_their_span)
{
    memset(&load, 0, sizeof load);
    for (int64_t s = 1000; s <= 1300; s++)
        fz_load_sample(&load, s, (uint64_t)(s <= 1240 ? 0 : (s - 1240) * 10));
    ck_assert_double_eq_tol(fz_load_rate(&load, 60), 10.0, 1e-9);
    ck_assert_double_eq_tol(fz_load_rate(&load, 300), 2.0, 1e-9);
    /* no longer ago than the first sample */
    ck_assert_double_eq_tol(fz_load_rate(&load, 900), 2.0, 1e-9);
}
END_TEST

START_TEST(a_ring_of_fifteen_minutes_forgets_what_was_before)
{
    memset(&load, 0, sizeof load);
    for (int64_t s = 1; s <= 5000; s++)
        fz_load_sample(&load, s, (uint64_t)(s <= 2000 ? s * 100 : 200000 + s));
    ck_assert_double_eq_tol(fz_load_rate(&load, 900), 1.0, 1e-9);
}
END_TEST

START_TEST(seconds_that_were_missed_count_as_without_change)
{
    memset(&load, 0, sizeof load);
    fz_load_sample(&load, 10, 0);
    fz_load_sample(&load, 40, 60);
    ck_assert_double_eq_tol(fz_load_rate(&load, 10), 6.0, 1e-9);
    ck_assert_double_eq_tol(fz_load_rate(&load, 60), 2.0, 1e-9);
    fz_load_sample(&load, 40 + 2 * FZ_LOAD_SECONDS, 70);
    ck_assert_double_eq_tol(fz_load_rate(&load, 60), 0.0, 1e-9);
}
END_TEST

START_TEST(nothing_sampled_is_no_rate)
{
    memset(&load, 0, sizeof load);
    ck_assert_double_eq_tol(fz_load_rate(&load, 60), 0.0, 1e-9);
    fz_load_sample(&load, 5, 1000);
    ck_assert_double_eq_tol(fz_load_rate(&load, 60), 0.0, 1e-9);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("load");
    TCase *tc = tcase_create("load");

    tcase_add_test(tc, rates_are_over_their_span);
    tcase_add_test(tc, a_ring_of_fifteen_minutes_forgets_what_was_before);
    tcase_add_test(tc, seconds_that_were_missed_count_as_without_change);
    tcase_add_test(tc, nothing_sampled_is_no_rate);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
