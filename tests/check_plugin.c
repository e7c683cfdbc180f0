/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_plugin.c - the parts of the plugin that know no gateway
 */
#include "config.h"

#include "base/buf.h"
#include "plugin/disposition.h"
#include "plugin/live/bypass.h"
#include "plugin/live/record_log.h"
#include "plugin/warn_turns.h"
#include "tests/support.h"

#include <stdio.h>
#include <unistd.h>

#define NOW 1000000

/* --- disposition ---------------------------------------------------------- */
static const struct {
    const char *name;
    FzAction acted;
    FzDisposition want;
} actions[] = {
    {"pass delivers", FZ_ACTION_PASS, FZ_DISPOSE_DELIVER},
    {"warn delivers untouched", FZ_ACTION_WARN, FZ_DISPOSE_DELIVER},
    {"rewrite changes", FZ_ACTION_REWRITE, FZ_DISPOSE_DELIVER_CHANGED},
    {"quarantine holds", FZ_ACTION_QUARANTINE, FZ_DISPOSE_HOLD},
    {"reject refuses", FZ_ACTION_REJECT, FZ_DISPOSE_REFUSE},
};

START_TEST(each_action_has_its_disposition)
{
    FzVerdict verdict = {.would = actions[_i].acted,
                         .acted = actions[_i].acted};

    ck_assert_msg(fz_dispose(&verdict) == actions[_i].want, "%s",
                  actions[_i].name);
}
END_TEST

START_TEST(a_failure_that_defers_defers_only_where_it_may_act)
{
    FzVerdict verdict = {.by = FZ_DECIDED_BY_FAILURE,
                         .failure = FZ_FAILURE_SCAN_FAILED,
                         .choice = FZ_CHOOSE_DEFER,
                         .would = FZ_ACTION_QUARANTINE,
                         .acted = FZ_ACTION_QUARANTINE};

    ck_assert_int_eq(fz_dispose(&verdict), FZ_DISPOSE_DEFER);
    verdict.acted = FZ_ACTION_PASS; /* observe */
    ck_assert_int_eq(fz_dispose(&verdict), FZ_DISPOSE_DELIVER);
}
END_TEST

START_TEST(what_the_store_refused_cannot_be_held)
{
    ck_assert_int_eq(
        fz_dispose_failure(FZ_FAILURE_STORE_FAILED, FZ_CHOOSE_QUARANTINE),
        FZ_DISPOSE_DEFER);
    ck_assert_int_eq(
        fz_dispose_failure(FZ_FAILURE_STORE_FAILED, FZ_CHOOSE_PASS),
        FZ_DISPOSE_DELIVER);
    ck_assert_int_eq(
        fz_dispose_failure(FZ_FAILURE_WORK_LIMIT, FZ_CHOOSE_QUARANTINE),
        FZ_DISPOSE_HOLD);
}
END_TEST

/* --- bypass --------------------------------------------------------------- */
static const char *bypass_path(void)
{
    static char path[1024];

    snprintf(path, sizeof path, "%s/bypass.json", fz_test_folder());
    return path;
}

START_TEST(bypass_runs_out_and_is_taken_back)
{
    FzBypass *bypass = fz_bypass_open(bypass_path(), NULL);

    ck_assert(!fz_bypass_applies(bypass, fz_slice_of("bank"), NOW));
    ck_assert_int_eq(fz_bypass_set(bypass, NULL, NOW + 1000, NOW, NULL), FZ_OK);
    ck_assert(fz_bypass_applies(bypass, fz_slice_of("bank"), NOW));
    ck_assert(fz_bypass_applies(bypass, fz_slice_of(NULL), NOW + 999));
    ck_assert(!fz_bypass_applies(bypass, fz_slice_of("bank"), NOW + 1000));
    ck_assert_int_eq(fz_bypass_set(bypass, NULL, 0, NOW, NULL), FZ_OK);
    ck_assert(!fz_bypass_applies(bypass, fz_slice_of("bank"), NOW));
    fz_bypass_close(bypass);
}
END_TEST

START_TEST(bypass_of_one_identity_is_for_that_one)
{
    FzBypass *bypass = fz_bypass_open(bypass_path(), NULL);

    ck_assert_int_eq(
        fz_bypass_set(bypass, "bank", FZ_BYPASS_FOREVER, NOW, NULL), FZ_OK);
    ck_assert(fz_bypass_applies(bypass, fz_slice_of("bank"), NOW));
    ck_assert(!fz_bypass_applies(bypass, fz_slice_of("shop"), NOW));
    ck_assert_int_eq(fz_bypass_set(bypass, NULL, 0, NOW, NULL), FZ_OK);
    ck_assert(!fz_bypass_applies(bypass, fz_slice_of("bank"), NOW));
    fz_bypass_close(bypass);
}
END_TEST

START_TEST(bypass_survives_a_restart)
{
    FzBypass *bypass = fz_bypass_open(bypass_path(), NULL);
    json_t *list;

    ck_assert_int_eq(fz_bypass_set(bypass, NULL, NOW + 5000, NOW, NULL), FZ_OK);
    ck_assert_int_eq(
        fz_bypass_set(bypass, "bank", FZ_BYPASS_FOREVER, NOW, NULL), FZ_OK);
    fz_bypass_close(bypass);
    bypass = fz_bypass_open(bypass_path(), NULL);
    ck_assert(fz_bypass_applies(bypass, fz_slice_of("shop"), NOW + 1));
    ck_assert(fz_bypass_applies(bypass, fz_slice_of("bank"), NOW + 9000));
    list = fz_bypass_json(bypass, NOW + 9000);
    ck_assert_uint_eq(json_array_size(list), 1);
    json_decref(list);
    fz_bypass_close(bypass);
}
END_TEST

START_TEST(a_broken_bypass_file_is_off_and_said)
{
    FzTestSink sink;
    FzBypass *bypass;

    fz_test_sink_init(&sink);
    fz_test_write("bypass.json", "{\n\"bypass\": [");
    bypass = fz_bypass_open(bypass_path(), &sink.sink);
    ck_assert(!fz_bypass_applies(bypass, fz_slice_of("bank"), NOW));
    ck_assert_ptr_nonnull(fz_test_sink_find(&sink, "bypass is off"));
    ck_assert_int_eq(sink.diag[0].code, FZ_E_SYNTAX);
    ck_assert_uint_eq(sink.diag[0].line, 2);
    fz_bypass_close(bypass);
}
END_TEST

START_TEST(a_bypass_that_cannot_be_written_is_in_effect_and_said)
{
    FzBypass *bypass = fz_bypass_open("/nonexistent/bypass.json", NULL);
    FzTestSink sink;

    fz_test_sink_init(&sink);
    ck_assert_int_eq(
        fz_bypass_set(bypass, NULL, FZ_BYPASS_FOREVER, NOW, &sink.sink),
        FZ_E_IO);
    ck_assert_ptr_nonnull(fz_test_sink_find(&sink, "restart forgets"));
    ck_assert(fz_bypass_applies(bypass, fz_slice_of("bank"), NOW));
    fz_bypass_close(bypass);
}
END_TEST

/* --- warnings ------------------------------------------------------------- */
START_TEST(a_receiver_is_warned_once_in_the_interval)
{
    FzWarnTurns *turns = fz_warn_turns_create();
    FzSlice one = fz_slice_of("+15550100"), two = fz_slice_of("+15550101");

    ck_assert(fz_warn_turns_take(turns, one, NOW, 1000));
    ck_assert(!fz_warn_turns_take(turns, one, NOW + 999, 1000));
    ck_assert(fz_warn_turns_take(turns, two, NOW + 1, 1000));
    ck_assert(fz_warn_turns_take(turns, one, NOW + 1000, 1000));
    ck_assert(!fz_warn_turns_take(turns, one, NOW + 1001, 1000));
    ck_assert(fz_warn_turns_take(turns, one, NOW - 5, 1000));
    fz_warn_turns_destroy(turns);
}
END_TEST

START_TEST(many_receivers_cost_no_more_than_the_table)
{
    FzWarnTurns *turns = fz_warn_turns_create();
    char number[32];
    int again = 0;

    for (int i = 0; i < 300000; i++) {
        snprintf(number, sizeof number, "+1555%06d", i);
        ck_assert(fz_warn_turns_take(turns, fz_slice_of(number), NOW + i,
                                     1000000000));
    }
    for (int i = 299000; i < 300000; i++) {
        snprintf(number, sizeof number, "+1555%06d", i);
        again += fz_warn_turns_take(turns, fz_slice_of(number), NOW + 300000,
                                    1000000000);
    }
    ck_assert_int_eq(again, 0); /* those warned last are not forgotten */
    fz_warn_turns_destroy(turns);
}
END_TEST

/* --- records -------------------------------------------------------------- */
START_TEST(records_follow_a_file_that_was_moved_away)
{
    char path[1024], moved[1100];
    FzSlice record = fz_slice_of("{\"n\":1}\n");
    FzBuf content = FZ_BUF_INIT;
    FzRecordLog *log;

    snprintf(path, sizeof path, "%s/verdicts.jsonl", fz_test_folder());
    snprintf(moved, sizeof moved, "%s.1", path);
    ck_assert_int_eq(fz_record_log_open(path, NULL, &log), FZ_OK);
    ck_assert(fz_record_log_write(log, record, NOW));
    ck_assert_int_eq(rename(path, moved), 0);
    ck_assert(fz_record_log_write(log, record, NOW + 2000));
    ck_assert_int_eq(fz_buf_read_file(&content, path, 1024, NULL), FZ_OK);
    ck_assert_str_eq(fz_buf_text(&content), "{\"n\":1}\n");
    fz_buf_clear(&content);
    fz_record_log_close(log);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plugin");
    TCase *tc = tcase_create("plugin");

    tcase_add_loop_test(tc, each_action_has_its_disposition, 0, COUNT(actions));
    tcase_add_test(tc, a_failure_that_defers_defers_only_where_it_may_act);
    tcase_add_test(tc, what_the_store_refused_cannot_be_held);
    tcase_add_test(tc, bypass_runs_out_and_is_taken_back);
    tcase_add_test(tc, bypass_of_one_identity_is_for_that_one);
    tcase_add_test(tc, bypass_survives_a_restart);
    tcase_add_test(tc, a_broken_bypass_file_is_off_and_said);
    tcase_add_test(tc, a_bypass_that_cannot_be_written_is_in_effect_and_said);
    tcase_add_test(tc, a_receiver_is_warned_once_in_the_interval);
    tcase_add_test(tc, many_receivers_cost_no_more_than_the_table);
    tcase_add_test(tc, records_follow_a_file_that_was_moved_away);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
