/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/signal/signal.h"
#include "tests/support.h"

#include <stdio.h>

static FzSignals signals;

static void add(const char *name, FzRuleState state, FzPoints weight,
                uint8_t action)
{
    FzSignal signal = {.name = name,
                       .rule = -1,
                       .state = state,
                       .weight = weight,
                       .action = action};

    fz_signals_add(&signals, &signal);
}

static void fill(FzRuleState state, FzPoints weight)
{
    fz_signals_reset(&signals);
    for (int i = 0; i < FZ_LIMIT_SIGNALS; i++)
        add(i == 0 ? "first" : i == 1 ? "second" : "filler", state, weight, 0);
}

START_TEST(signals_keep_the_order_they_came_in)
{
    fz_signals_reset(&signals);
    add("b", FZ_RULE_ACTIVE, 100, 0);
    add("a", FZ_RULE_SHADOW, 900, 0);
    ck_assert_int_eq(signals.count, 2);
    ck_assert_str_eq(signals.item[0].name, "b");
    ck_assert_str_eq(signals.item[1].name, "a");
    ck_assert_ptr_eq(fz_signals_find(&signals, "a"), &signals.item[1]);
    ck_assert_ptr_null(fz_signals_find(&signals, "c"));
}
END_TEST

/* A full list, all alike, then one more: does it come in? */
static const struct {
    const char *name;
    FzRuleState had_state, state;
    FzPoints had_weight, weight;
    uint8_t action;
    bool in;
} overflows[] = {
    {"a stronger one comes in", FZ_RULE_ACTIVE, FZ_RULE_ACTIVE, 100, 200, 0,
     true},
    {"a weaker one stays out", FZ_RULE_ACTIVE, FZ_RULE_ACTIVE, 200, 100, 0,
     false},
    {"an equal one stays out", FZ_RULE_ACTIVE, FZ_RULE_ACTIVE, 100, 100, 0,
     false},
    {"a shadow gives way to a weaker active one", FZ_RULE_SHADOW,
     FZ_RULE_ACTIVE, 900, 1, 0, true},
    {"no active one gives way to a stronger shadow", FZ_RULE_ACTIVE,
     FZ_RULE_SHADOW, 1, 900, 0, false},
    {"an action of its own outweighs any score", FZ_RULE_ACTIVE, FZ_RULE_ACTIVE,
     900, 0, 5, true},
    {"points below zero count by their size", FZ_RULE_ACTIVE, FZ_RULE_ACTIVE,
     100, -200, 0, true},
};

START_TEST(signals_beyond_the_limit_push_out_the_weakest)
{
    fill(overflows[_i].had_state, overflows[_i].had_weight);
    add("new", overflows[_i].state, overflows[_i].weight, overflows[_i].action);
    ck_assert_int_eq(signals.count, FZ_LIMIT_SIGNALS);
    ck_assert_int_eq(signals.dropped, 1);
    ck_assert_msg((fz_signals_find(&signals, "new") != NULL) ==
                      overflows[_i].in,
                  "%s", overflows[_i].name);
    if (overflows[_i].in)
        ck_assert_str_eq(signals.item[FZ_LIMIT_SIGNALS - 1].name, "new");
    ck_assert_str_eq(signals.item[0].name, "first");
    ck_assert_str_eq(signals.item[1].name, "second");
}
END_TEST

START_TEST(signals_push_out_the_weakest_wherever_it_stands)
{
    fill(FZ_RULE_ACTIVE, 500);
    signals.item[7].weight = 3;
    signals.item[7].name = "weak";
    add("new", FZ_RULE_ACTIVE, 4, 0);
    ck_assert_ptr_null(fz_signals_find(&signals, "weak"));
    ck_assert_ptr_nonnull(fz_signals_find(&signals, "new"));
    add("newer", FZ_RULE_ACTIVE, 2, 0);
    ck_assert_ptr_null(fz_signals_find(&signals, "newer"));
    ck_assert_int_eq(signals.dropped, 2);
}
END_TEST

START_TEST(registry_names_are_distinct_and_explained)
{
    const FzSignalDef *defs = fz_signal_defs();

    for (int i = 0; i < FZ_SIGNAL_IDS; i++) {
        ck_assert_int_eq(fz_signal_def_find(defs[i].name), i);
        ck_assert_msg(strlen(defs[i].sentence) >= 10, "%s", defs[i].name);
        ck_assert_msg(strchr(defs[i].name, '.') != NULL, "%s", defs[i].name);
    }
    ck_assert_int_eq(fz_signal_def_find("text.nothing-of-the-kind"), -1);
}
END_TEST

START_TEST(text_facts_follow_features_and_flags)
{
    FzFeatures features = {.bidi = 1};
    FzText text = {.flags = FZ_TEXT_TRUNCATED};
    FzFacts facts = {{0}}, none = {{0}};

    fz_facts_add_text(&facts, &text, &features);
    for (unsigned i = 0; i < FZ_LIMIT_FACTS; i++)
        ck_assert_msg(
            fz_facts_have(&facts, i) ==
                (i == FZ_SIGNAL_TEXT_BIDI || i == FZ_SIGNAL_TEXT_TRUNCATED),
            "fact %u", i);
    features = (FzFeatures){0};
    text.flags = 0;
    facts = none;
    fz_facts_add_text(&facts, &text, &features);
    ck_assert_int_eq(memcmp(&facts, &none, sizeof none), 0);
}
END_TEST

START_TEST(state_names_go_both_ways)
{
    FzRuleState state;

    for (int s = FZ_RULE_DRAFT; s <= FZ_RULE_RETIRED; s++) {
        ck_assert_int_eq(
            fz_rule_state_parse(fz_rule_state_name((FzRuleState)s), &state),
            FZ_OK);
        ck_assert_int_eq(state, s);
    }
    ck_assert_int_eq(fz_rule_state_parse("Active", &state), FZ_E_SYNTAX);
    ck_assert_int_eq(fz_rule_state_parse("", &state), FZ_E_SYNTAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("signal");
    TCase *tc = tcase_create("signal");

    tcase_add_test(tc, signals_keep_the_order_they_came_in);
    tcase_add_loop_test(tc, signals_beyond_the_limit_push_out_the_weakest, 0,
                        COUNT(overflows));
    tcase_add_test(tc, signals_push_out_the_weakest_wherever_it_stands);
    tcase_add_test(tc, registry_names_are_distinct_and_explained);
    tcase_add_test(tc, text_facts_follow_features_and_flags);
    tcase_add_test(tc, state_names_go_both_ways);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
