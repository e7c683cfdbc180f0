/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/verdict/policy.h"
#include "tests/support.h"

#include <string.h>

/* --- names --------------------------------------------------------------- */
START_TEST(every_action_reads_back)
{
    FzAction action;

    ck_assert_int_eq(fz_action_parse(fz_action_name((FzAction)_i), &action),
                     FZ_OK);
    ck_assert_int_eq(action, _i);
}
END_TEST

START_TEST(every_failure_reads_back)
{
    FzFailure failure;

    ck_assert_int_eq(fz_failure_parse(fz_failure_name((FzFailure)_i), &failure),
                     FZ_OK);
    ck_assert_int_eq(failure, _i);
}
END_TEST

START_TEST(every_choice_reads_back)
{
    FzFailureChoice choice;

    ck_assert_int_eq(fz_failure_choice_parse(
                         fz_failure_choice_name((FzFailureChoice)_i), &choice),
                     FZ_OK);
    ck_assert_int_eq(choice, _i);
}
END_TEST

START_TEST(other_words_are_refused)
{
    FzAction action = FZ_ACTION_REJECT;
    FzFailure failure;
    FzFailureChoice choice;

    ck_assert_int_eq(fz_action_parse("Reject", &action), FZ_E_SYNTAX);
    ck_assert_int_eq(fz_action_parse("", &action), FZ_E_SYNTAX);
    ck_assert_int_eq(action, FZ_ACTION_REJECT);
    ck_assert_int_eq(fz_failure_parse("work_limit", &failure), FZ_E_SYNTAX);
    ck_assert_int_eq(fz_failure_choice_parse("drop", &choice), FZ_E_SYNTAX);
}
END_TEST

/* --- built-in ------------------------------------------------------------ */
START_TEST(what_is_installed_observes)
{
    const FzPolicy *policy = fz_policy_default();

    ck_assert_int_eq(policy->mode, FZ_MODE_OBSERVE);
    ck_assert_str_eq(policy->profiles[0].name, "default");
    ck_assert(!policy->profiles[0].rewrite);
    ck_assert(!policy->profiles[0].warn);
    ck_assert_int_eq(policy->profiles[0].scale_percent, 100);
}
END_TEST

START_TEST(patterns_alone_enforce_and_permit)
{
    const FzPolicy *policy = fz_policy_patterns();

    ck_assert_int_eq(policy->mode, FZ_MODE_ENFORCE);
    ck_assert(policy->profiles[0].rewrite);
    ck_assert(policy->profiles[0].warn);
}
END_TEST

static const struct {
    FzFailure failure;
    FzFailureChoice choice;
} builtin_rows[] = {
    {FZ_FAILURE_UNDECODABLE, FZ_CHOOSE_PASS},
    {FZ_FAILURE_SCAN_FAILED, FZ_CHOOSE_QUARANTINE},
    {FZ_FAILURE_WORK_LIMIT, FZ_CHOOSE_QUARANTINE},
    {FZ_FAILURE_STORE_FAILED, FZ_CHOOSE_DEFER},
    {FZ_FAILURE_DNS_LATE, FZ_CHOOSE_PASS},
    {FZ_FAILURE_NO_RULES, FZ_CHOOSE_PASS},
};

START_TEST(each_failure_has_its_default_in_both_directions)
{
    for (int direction = 0; direction < FZ_DIRECTIONS; direction++) {
        ck_assert_int_eq(
            fz_policy_default()->failure[builtin_rows[_i].failure][direction],
            builtin_rows[_i].choice);
        ck_assert_int_eq(
            fz_policy_patterns()->failure[builtin_rows[_i].failure][direction],
            builtin_rows[_i].choice);
    }
}
END_TEST

START_TEST(reasons_have_names_codes_and_both_languages)
{
    uint32_t count;
    const FzReason *reasons = fz_reasons_builtin(&count);

    ck_assert_uint_eq(count, FZ_REASONS_BUILTIN);
    for (uint32_t i = 0; i < count; i++) {
        ck_assert_uint_eq(strlen(reasons[i].code), FZ_LIMIT_REASON_CODE_OCTETS);
        ck_assert_uint_gt(strlen(reasons[i].en), 20);
        ck_assert_uint_gt(strlen(reasons[i].zh), 20);
        for (uint32_t j = 0; j < i; j++) {
            ck_assert_str_ne(reasons[i].name, reasons[j].name);
            ck_assert_str_ne(reasons[i].code, reasons[j].code);
        }
    }
    ck_assert_str_eq(fz_policy_reason(fz_policy_default(), "phishing")->code,
                     "F01");
    ck_assert_ptr_null(fz_policy_reason(fz_policy_default(), "phish"));
    ck_assert_ptr_null(fz_policy_reason(fz_policy_default(), NULL));
}
END_TEST

/* --- profiles of messages ------------------------------------------------- */
static const FzProfile profiles[] = {
    {.name = "default"}, {.name = "bank"}, {.name = "roaming"}, {.name = "mo"}};
static const FzProfileRoute routes[] = {
    {.identity = "bank-app", .direction = FZ_DIRECTION_MT, .profile = 1},
    {.smsc = "abroad", .direction = -1, .profile = 2},
    {.direction = FZ_DIRECTION_MO, .profile = 3},
};
static const struct {
    const char *name, *identity, *smsc;
    FzDirection direction;
    const char *profile;
} route_rows[] = {
    {"identity", "bank-app", NULL, FZ_DIRECTION_MT, "bank"},
    {"identity is no prefix", "bank-app2", NULL, FZ_DIRECTION_MT, "default"},
    {"identity is not part", "bank", NULL, FZ_DIRECTION_MT, "default"},
    {"wrong direction", "bank-app", NULL, FZ_DIRECTION_MO, "mo"},
    {"the first that matches", "bank-app", "abroad", FZ_DIRECTION_MT, "bank"},
    {"either direction", NULL, "abroad", FZ_DIRECTION_MO, "roaming"},
    {"direction alone", NULL, "home", FZ_DIRECTION_MO, "mo"},
    {"none", NULL, NULL, FZ_DIRECTION_MT, "default"},
};

START_TEST(the_first_route_that_matches_gives_the_profile)
{
    FzPolicy policy = {.profiles = profiles,
                       .profile_count = COUNT(profiles),
                       .routes = routes,
                       .route_count = COUNT(routes)};
    FzMessage message = {.direction = route_rows[_i].direction,
                         .identity = fz_slice_of(route_rows[_i].identity),
                         .smsc = fz_slice_of(route_rows[_i].smsc)};

    ck_assert_msg(
        strcmp(profiles[fz_policy_profile(&policy, &message, NULL)].name,
               route_rows[_i].profile) == 0,
        "%s: got %s, want %s", route_rows[_i].name,
        profiles[fz_policy_profile(&policy, &message, NULL)].name,
        route_rows[_i].profile);
}
END_TEST

/* --- profiles by class ------------------------------------------------------
 */
static const FzProfileRoute class_routes[] = {
    {.direction = -1, .sender_class = FZ_SENDER_PROBATION, .profile = 1},
    {.direction = -1, .receiver_class = "careful", .profile = 2},
};
static const char *const receiver_classes[FZ_LIMIT_RECEIVER_CLASSES] = {
    "vip", "careful"};
static const struct {
    const char *name;
    FzSenderClass class_;
    uint16_t receiver;
    const char *profile;
} class_rows[] = {
    {"a class of senders", FZ_SENDER_PROBATION, 0, "bank"},
    {"another", FZ_SENDER_BANK, 0, "default"},
    {"a class of receivers", FZ_SENDER_BANK, 1u << 1, "roaming"},
    {"another", FZ_SENDER_BANK, 1u << 0, "default"},
    {"both: the first", FZ_SENDER_PROBATION, 1u << 1, "bank"},
};

START_TEST(a_class_gives_the_profile)
{
    FzPolicy policy = {.profiles = profiles,
                       .profile_count = COUNT(profiles),
                       .routes = class_routes,
                       .route_count = COUNT(class_routes)};
    FzSenderFacts facts = {.class_ = class_rows[_i].class_,
                           .receiver = class_rows[_i].receiver,
                           .receiver_class = receiver_classes};
    FzMessage message = {.direction = FZ_DIRECTION_MT};

    ck_assert_msg(
        strcmp(profiles[fz_policy_profile(&policy, &message, &facts)].name,
               class_rows[_i].profile) == 0,
        "%s", class_rows[_i].name);
    ck_assert_uint_eq(fz_policy_profile(&policy, &message, NULL), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy");
    TCase *names = tcase_create("names"), *builtin = tcase_create("built-in"),
          *routing = tcase_create("routes");

    tcase_add_loop_test(routing, a_class_gives_the_profile, 0,
                        COUNT(class_rows));
    tcase_add_loop_test(names, every_action_reads_back, 0, FZ_ACTIONS);
    tcase_add_loop_test(names, every_failure_reads_back, 0, FZ_FAILURES);
    tcase_add_loop_test(names, every_choice_reads_back, 0, FZ_FAILURE_CHOICES);
    tcase_add_test(names, other_words_are_refused);
    suite_add_tcase(suite, names);
    tcase_add_test(builtin, what_is_installed_observes);
    tcase_add_test(builtin, patterns_alone_enforce_and_permit);
    tcase_add_loop_test(builtin,
                        each_failure_has_its_default_in_both_directions, 0,
                        COUNT(builtin_rows));
    tcase_add_test(builtin, reasons_have_names_codes_and_both_languages);
    suite_add_tcase(suite, builtin);
    tcase_add_loop_test(routing, the_first_route_that_matches_gives_the_profile,
                        0, COUNT(route_rows));
    suite_add_tcase(suite, routing);
    return fz_test_run(suite);
}
