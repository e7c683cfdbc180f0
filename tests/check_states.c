/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/support.h"

#include "config/fanzha_conf.h"
#include "tools/states.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static FzStatus edit(FzBuf *file, const char *rule, const char *state,
                     const char *reason)
{
    FzStatesEntry entry = {rule, state, "who@example.test", reason};
    FzBuf after = FZ_BUF_INIT;
    FzStatus status =
        fz_states_edit("states.conf", fz_buf_slice(file), &entry, NULL, &after);

    if (status == FZ_OK) {
        fz_buf_clear(file);
        *file = after;
    } else {
        fz_buf_clear(&after);
    }
    return status;
}

/* As a generation reads it: "id=state ..." */
static const char *read_back(const FzBuf *file)
{
    static char text[512];
    static const char *const states[] = {"shadow", "active", "retired"};
    FzOverridesConf conf = {{NULL, 0}};
    FzConfRoom *room = NULL;
    const FzOverrideConf *item;

    ck_assert_int_eq(fz_conf_read("states.conf", fz_buf_slice(file),
                                  fz_override_conf_table, NULL, &conf, &room),
                     FZ_OK);
    text[0] = '\0';
    item = conf.overrides.item;
    for (uint32_t i = 0; i < conf.overrides.count; i++) {
        strcat(text, item[i].id);
        strcat(text, "=");
        strcat(text, states[item[i].state]);
        strcat(text, " ");
        ck_assert_str_eq(item[i].owner, "who@example.test");
    }
    fz_conf_room_destroy(room);
    return text;
}

START_TEST(the_last_word_on_a_rule_stands_and_the_others_stay)
{
    FzBuf file = FZ_BUF_INIT;

    ck_assert_int_eq(edit(&file, "a.b", "active", "why"), FZ_OK);
    ck_assert_str_eq(read_back(&file), "a.b=active ");
    ck_assert_int_eq(edit(&file, "a.bc", "active", "why"), FZ_OK);
    ck_assert_int_eq(edit(&file, "x.y", "active", "why"), FZ_OK);
    ck_assert_str_eq(read_back(&file), "a.b=active a.bc=active x.y=active ");
    ck_assert_int_eq(edit(&file, "a.b", "shadow", "other"), FZ_OK);
    ck_assert_str_eq(read_back(&file), "a.bc=active x.y=active a.b=shadow ");
    ck_assert_int_eq(edit(&file, "a.b", "active", "again"), FZ_OK);
    ck_assert_int_eq(edit(&file, "x.y", "shadow", "again"), FZ_OK);
    ck_assert_str_eq(read_back(&file), "a.bc=active a.b=active x.y=shadow ");
    fz_buf_clear(&file);
}
END_TEST

START_TEST(any_line_of_text_can_be_a_reason)
{
    FzBuf file = FZ_BUF_INIT;

    ck_assert_int_eq(
        edit(&file, "a.b", "active", "\"; }; ); \\ \\\" # 理由 // /*"), FZ_OK);
    ck_assert_int_eq(edit(&file, "x.y", "active", "why"), FZ_OK);
    ck_assert_str_eq(read_back(&file), "a.b=active x.y=active ");
    ck_assert_int_eq(edit(&file, "a.b", "active", "two\nlines"), FZ_E_RULE);
    fz_buf_clear(&file);
}
END_TEST

static const char *const by_hand[] = {
    "overrides = ( );\n",
    "# mine\n",
};

START_TEST(a_file_that_was_edited_by_hand_is_left_alone)
{
    FzBuf file = FZ_BUF_INIT;

    fz_buf_append_text(&file, by_hand[_i]);
    ck_assert_int_eq(edit(&file, "a.b", "active", "why"), FZ_E_RULE);
    fz_buf_clear(&file);
    ck_assert_int_eq(edit(&file, "a.b", "active", "why"), FZ_OK);
    fz_buf_append_text(&file, "more = 1;\n");
    ck_assert_int_eq(edit(&file, "a.b", "active", "why"), FZ_E_RULE);
    fz_buf_clear(&file);
}
END_TEST

START_TEST(it_is_written_whole_and_taken_away_again)
{
    FzBuf file = FZ_BUF_INIT, back = FZ_BUF_INIT;
    char path[1100];

    snprintf(path, sizeof path, "%s/over.d/states.conf", fz_test_folder());
    ck_assert_int_eq(edit(&file, "a.b", "active", "why"), FZ_OK);
    ck_assert_int_eq(fz_states_write(path, fz_buf_slice(&file), NULL), FZ_OK);
    ck_assert_int_eq(fz_buf_read_file(&back, path, 4096, NULL), FZ_OK);
    ck_assert(fz_slice_equal(fz_buf_slice(&file), fz_buf_slice(&back)));
    ck_assert_int_eq(fz_states_write(path, fz_slice_of(NULL), NULL), FZ_OK);
    ck_assert_int_ne(access(path, F_OK), 0);
    fz_buf_clear(&file);
    fz_buf_clear(&back);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("states");
    TCase *tc = tcase_create("states");

    tcase_add_test(tc, the_last_word_on_a_rule_stands_and_the_others_stay);
    tcase_add_test(tc, any_line_of_text_can_be_a_reason);
    tcase_add_loop_test(tc, a_file_that_was_edited_by_hand_is_left_alone, 0,
                        COUNT(by_hand));
    tcase_add_test(tc, it_is_written_whole_and_taken_away_again);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
