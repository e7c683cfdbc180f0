/* SPDX-License-Identifier: BSD-2-Clause
 *
 * DNS lists without a network: names, what answers mean, two-phase judging.
 */
#include "config.h"

#include "engine/verdict/explain.h"
#include "engine/verdict/record.h"
#include "tests/list_kit.h"
#include "tests/rulekit.h"

#include <stdio.h>
#include <string.h>

static const FzDnsCode codes[] = {
    {0, {127, 0, 1, 4}, "phishing", FZ_LIST_SCORE_UNSET},
    {0, {127, 0, 1, 2}, "spam", FZ_LIST_SCORE_UNSET},
    {0, {127, 0, 1, 9}, "graded", FZ_POINTS(2.5)},
};
static const FzDnsCode bits[] = {
    {8, {0}, "phishing", FZ_LIST_SCORE_UNSET},
    {64, {0}, "spam", FZ_LIST_SCORE_UNSET},
};
static const FzDnsCode refusals[] = {{0, {127, 0, 1, 255}, NULL, 0}};

enum { NAMES, BITS, LISTS };
static const FzDnsList lists[LISTS] = {
    [NAMES] = {.name = "names",
               .zone = "names.example",
               .asks = FZ_DNS_ASK_HOST | FZ_DNS_ASK_DOMAIN,
               .codes = codes,
               .code_count = COUNT(codes),
               .refusals = refusals,
               .refusal_count = 1},
    [BITS] = {.name = "bits",
              .zone = "bits.example",
              .asks = FZ_DNS_ASK_DOMAIN | FZ_DNS_ASK_IP,
              .codes = bits,
              .code_count = COUNT(bits)},
};

/* --- names ------------------------------------------------------------------
 */
static const struct {
    const char *key, *name; /* NULL: no question */
} name_rows[] = {
    {"a.example", "a.example.names.example"},
    {"A.Example", "a.example.names.example"},
    {"192.0.2.7", "7.2.0.192.names.example"},
    {"192.0.2.256", "192.0.2.256.names.example"},
    {"xn--a.example", "xn--a.example.names.example"},
    {"", NULL},
    {".a", NULL},
    {"a..b", NULL},
    {"a b", NULL},
    {"a\\b", NULL},
    {"\xc3\xa9", NULL},
    {"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg", NULL},
};

START_TEST(a_key_becomes_a_name_or_none)
{
    char name[FZ_LIMIT_DNS_NAME + 1];
    bool is = fz_dns_name(&lists[NAMES], fz_slice_of(name_rows[_i].key), name);

    ck_assert_int_eq(is, name_rows[_i].name != NULL);
    if (is)
        ck_assert_str_eq(name, name_rows[_i].name);
}
END_TEST

START_TEST(a_name_that_is_too_long_is_none)
{
    char key[300], name[FZ_LIMIT_DNS_NAME + 1];

    for (size_t i = 0; i < sizeof key; i++)
        key[i] = i % 50 == 49 ? '.' : 'a';
    ck_assert(!fz_dns_name(&lists[NAMES], fz_slice(key, sizeof key), name));
    ck_assert(!fz_dns_name(&lists[NAMES], fz_slice(key, 248), name));
    ck_assert(fz_dns_name(&lists[NAMES], fz_slice(key, 200 - 1), name));
}
END_TEST

/* --- answers ----------------------------------------------------------------
 */
static const struct {
    const char *what;
    int list;
    const char *answers[3];
    FzAnswerKind kind;
    FzDnsFault fault;
    const char *category;
} answer_rows[] = {
    {"no address", NAMES, {NULL}, FZ_ANSWER_NONE, FZ_DNS_FINE, NULL},
    {"a code", NAMES, {"127.0.1.2"}, FZ_ANSWER_BLOCK, FZ_DNS_FINE, "spam"},
    {"the first of the table counts",
     NAMES,
     {"127.0.1.2", "127.0.1.4"},
     FZ_ANSWER_BLOCK,
     FZ_DNS_FINE,
     "phishing"},
    {"nobody knows it",
     NAMES,
     {"127.0.1.77"},
     FZ_ANSWER_ERROR,
     FZ_DNS_UNKNOWN,
     NULL},
    {"known beside unknown",
     NAMES,
     {"127.0.1.77", "127.0.1.2"},
     FZ_ANSWER_BLOCK,
     FZ_DNS_FINE,
     "spam"},
    {"an open resolver",
     NAMES,
     {"127.255.255.254"},
     FZ_ANSWER_ERROR,
     FZ_DNS_REFUSED,
     NULL},
    {"too many questions",
     NAMES,
     {"127.255.255.255"},
     FZ_ANSWER_ERROR,
     FZ_DNS_REFUSED,
     NULL},
    {"no such list",
     NAMES,
     {"127.255.255.252"},
     FZ_ANSWER_ERROR,
     FZ_DNS_REFUSED,
     NULL},
    {"an error beside a listing",
     NAMES,
     {"127.0.1.2", "127.255.255.254"},
     FZ_ANSWER_ERROR,
     FZ_DNS_REFUSED,
     NULL},
    {"the list's own refusal",
     NAMES,
     {"127.0.1.255"},
     FZ_ANSWER_ERROR,
     FZ_DNS_REFUSED,
     NULL},
    {"the local host",
     NAMES,
     {"127.0.0.1"},
     FZ_ANSWER_ERROR,
     FZ_DNS_REFUSED,
     NULL},
    {"a page for typing errors",
     NAMES,
     {"192.0.2.1"},
     FZ_ANSWER_ERROR,
     FZ_DNS_FOREIGN,
     NULL},
    {"a bit", BITS, {"127.0.0.64"}, FZ_ANSWER_BLOCK, FZ_DNS_FINE, "spam"},
    {"bits", BITS, {"127.0.0.72"}, FZ_ANSWER_BLOCK, FZ_DNS_FINE, "phishing"},
    {"bit 1", BITS, {"127.0.0.1"}, FZ_ANSWER_ERROR, FZ_DNS_REFUSED, NULL},
    {"bit 1 among others",
     BITS,
     {"127.0.0.73"},
     FZ_ANSWER_ERROR,
     FZ_DNS_REFUSED,
     NULL},
    {"no bit of the table",
     BITS,
     {"127.0.0.2"},
     FZ_ANSWER_ERROR,
     FZ_DNS_UNKNOWN,
     NULL},
    {"bits elsewhere",
     BITS,
     {"127.0.8.8"},
     FZ_ANSWER_ERROR,
     FZ_DNS_UNKNOWN,
     NULL},
};

START_TEST(an_answer_means_what_the_table_says)
{
    uint8_t address[3][FZ_DNS_ADDRESS_OCTETS];
    FzDnsReading reading;
    size_t count = 0;

    for (; count < 3 && answer_rows[_i].answers[count] != NULL; count++)
        ck_assert(
            fz_dns_address(answer_rows[_i].answers[count], address[count]));
    reading =
        fz_dns_read(&lists[answer_rows[_i].list],
                    (const uint8_t(*)[FZ_DNS_ADDRESS_OCTETS])address, count);
    ck_assert_msg(reading.kind == answer_rows[_i].kind, "%s",
                  answer_rows[_i].what);
    ck_assert_str_eq(fz_dns_fault_name(reading.fault),
                     fz_dns_fault_name(answer_rows[_i].fault));
    if (reading.kind == FZ_ANSWER_BLOCK)
        ck_assert_str_eq(reading.code->category, answer_rows[_i].category);
}
END_TEST

/* --- judging in two phases --------------------------------------------------
 */
static const char rules[] =
    "rules = (\n"
    "  { id = \"t.doubt\"; phrase = \"doubt\"; score = 4.0; },\n"
    "  { id = \"t.hold\"; phrase = \"hold\"; score = 12.0; },\n"
    "  { id = \"t.fact\"; expr = \"list.block.spam\"; score = 1.0; }\n"
    ");\n";
static const char own_list[] = "allow ours host:ours.example\n"
                               "allow ours sender:10086\n"
                               "block scam sender:99999\n";

typedef struct World {
    FzKit kit;
    FzPolicy policy;
    FzUrlTables *urls;
    FzListSet *set;
    FzJudgeEnv env;
    FzMessage message;
    FzVerdict verdict;
} World;

static World world;

static void open_world(void)
{
    FzListUse use = {kit_list("own", own_list), FZ_OWNER_OPERATOR, 0};

    memset(&world, 0, sizeof world);
    fz_kit_init(&world.kit, rules);
    ck_assert_int_eq(
        fz_url_tables_create(fz_url_config_samples(), NULL, &world.urls),
        FZ_OK);
    world.set = fz_list_set_create(&use, 1);
    world.policy = *fz_policy_patterns();
    world.policy.dns = (FzDnsPolicy){.lists = lists,
                                     .count = LISTS,
                                     .from = FZ_POINTS(3.0),
                                     .below = FZ_POINTS(10.0)};
    world.env = (FzJudgeEnv){.ruleset = world.kit.ruleset,
                             .lists = world.set,
                             .urls = world.urls,
                             .policy = &world.policy};
    world.message.coding = FZ_CODING_7BIT;
    world.message.now_ms = KIT_NOW_MS + 60000;
}

static void close_world(void)
{
    fz_list_set_destroy(world.set);
    fz_url_tables_destroy(world.urls);
    fz_kit_clear(&world.kit);
}

static FzJudging judge(const char *sender, const char *text)
{
    world.message.sender = fz_slice_of(sender);
    world.message.octets = fz_slice_of(text);
    return fz_judge(&world.message, &world.env, world.kit.scanner,
                    &world.verdict);
}

static const struct {
    const char *what, *sender, *text;
    FzJudging judging;
} band_rows[] = {
    {"in doubt", NULL, "doubt http://a.example/", FZ_WANTS_ANSWERS},
    {"below the band", NULL, "see http://a.example/", FZ_JUDGED},
    {"above it", NULL, "hold http://a.example/", FZ_JUDGED},
    {"nothing to ask for", NULL, "doubt about it", FZ_JUDGED},
    {"a link that is allowed", NULL, "doubt http://ours.example/", FZ_JUDGED},
    {"... and one that is not", NULL,
     "doubt http://ours.example/ http://a.example/", FZ_WANTS_ANSWERS},
    {"a sender who is allowed", "10086", "doubt http://a.example/", FZ_JUDGED},
    {"a sender who is blocked", "99999", "doubt http://a.example/", FZ_JUDGED},
    {"v6 is not asked for", NULL, "doubt http://[2001:db8::1]/", FZ_JUDGED},
};

START_TEST(only_what_is_in_doubt_is_asked_about)
{
    open_world();
    ck_assert_msg(judge(band_rows[_i].sender, band_rows[_i].text) ==
                      band_rows[_i].judging,
                  "%s", band_rows[_i].what);
    close_world();
}
END_TEST

START_TEST(nothing_is_asked_without_lists_or_twice)
{
    FzDnsAnswers none = {NULL, 0};

    open_world();
    world.env.answers = &none;
    ck_assert_int_eq(judge(NULL, "doubt http://a.example/"), FZ_JUDGED);
    world.env.answers = NULL;
    world.policy.dns.count = 0;
    ck_assert_int_eq(judge(NULL, "doubt http://a.example/"), FZ_JUDGED);
    ck_assert_uint_eq(world.verdict.dns_count, 0);
    close_world();
}
END_TEST

static const struct {
    const char *text, *keys; /* "list:key list:key" */
} key_rows[] = {
    {"doubt http://www.a.example/x",
     "0:a.example 0:www.a.example 1:a.example "},
    {"doubt http://a.example/x", "0:a.example 1:a.example "},
    {"doubt http://a.example/x http://a.example/y", "0:a.example 1:a.example "},
    {"doubt http://192.0.2.9/x", "1:192.0.2.9 "},
    {"doubt http://3221225993/x", "1:192.0.2.9 "},
};

START_TEST(links_become_questions)
{
    char keys[512] = "";

    open_world();
    judge(NULL, key_rows[_i].text);
    for (uint16_t i = 0; i < world.verdict.dns_count; i++)
        snprintf(keys + strlen(keys), sizeof keys - strlen(keys), "%u:%.*s ",
                 world.verdict.dns[i].list,
                 (int)world.verdict.dns[i].text.octets,
                 (const char *)world.verdict.dns[i].text.data);
    ck_assert_str_eq(keys, key_rows[_i].keys);
    close_world();
}
END_TEST

START_TEST(there_is_an_end_to_questions)
{
    char text[800] = "doubt";

    open_world();
    for (int i = 0; i < 16; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 " http://w.h%d.example/", i);
    ck_assert_int_eq(judge(NULL, text), FZ_WANTS_ANSWERS);
    ck_assert_uint_eq(world.verdict.dns_count, FZ_LIMIT_DNS_KEYS);
    close_world();
}
END_TEST

static const FzDnsAnswer listed = {.list = NAMES,
                                   .kind = FZ_ANSWER_BLOCK,
                                   .code = &codes[0],
                                   .address = {127, 0, 1, 4}};

static void resume(FzDnsAnswer answer, const char *key)
{
    answer.key = fz_slice_of(key);
    fz_judge_resume(&world.message, 1, &world.env, (FzDnsAnswers){&answer, 1},
                    world.kit.scanner, &world.verdict);
}

START_TEST(a_listing_decides_and_is_told)
{
    const FzSignal *signal;

    open_world();
    judge(NULL, "doubt http://www.a.example/");
    ck_assert_int_eq(world.verdict.would, FZ_ACTION_PASS);
    resume(listed, "a.example");
    ck_assert_int_eq(world.verdict.would, FZ_ACTION_QUARANTINE);
    ck_assert_int_eq(world.verdict.by, FZ_DECIDED_BY_LIST_BLOCK);
    signal = fz_signals_find(&world.verdict.signals, "list.block.phishing");
    ck_assert_ptr_nonnull(signal);
    ck_assert_str_eq(signal->list, "names");
    ck_assert_str_eq(signal->entry, ".a.example");
    ck_assert_str_eq(signal->note, "127.0.1.4");
    ck_assert_int_eq(signal->use, FZ_LIST_USE_DNS);
    ck_assert_uint_eq(world.verdict.failures, 0);
    resume(listed, "www.a.example");
    signal = fz_signals_find(&world.verdict.signals, "list.block.phishing");
    ck_assert_str_eq(signal->entry, "host:www.a.example");
    close_world();
}
END_TEST

START_TEST(a_listing_with_points_adds_them_alone)
{
    FzDnsAnswer graded = listed;

    graded.code = &codes[2];
    open_world();
    judge(NULL, "doubt http://a.example/");
    resume(graded, "a.example");
    ck_assert_int_eq(world.verdict.score, FZ_POINTS(6.5));
    ck_assert_int_ne(world.verdict.by, FZ_DECIDED_BY_LIST_BLOCK);
    close_world();
}
END_TEST

START_TEST(rules_see_what_was_answered)
{
    FzDnsAnswer spam = listed;

    spam.code = &codes[1];
    open_world();
    judge(NULL, "doubt http://a.example/");
    ck_assert_ptr_null(fz_signals_find(&world.verdict.signals, "t.fact"));
    resume(spam, "a.example");
    ck_assert_ptr_nonnull(fz_signals_find(&world.verdict.signals, "t.fact"));
    close_world();
}
END_TEST

static const struct {
    FzAnswerKind kind;
    FzDnsFault fault;
    bool late;
} error_rows[] = {
    {FZ_ANSWER_NONE, FZ_DNS_FINE, false},
    {FZ_ANSWER_LATE, FZ_DNS_FINE, true},
    {FZ_ANSWER_ERROR, FZ_DNS_REFUSED, true},
    {FZ_ANSWER_ERROR, FZ_DNS_RESTS, true},
    {FZ_ANSWER_ERROR, FZ_DNS_FAILED, true},
};

START_TEST(an_error_lists_nothing_and_is_a_condition)
{
    FzDnsAnswer answer = {.list = NAMES,
                          .kind = error_rows[_i].kind,
                          .fault = error_rows[_i].fault};

    open_world();
    judge(NULL, "doubt http://a.example/");
    resume(answer, "a.example");
    ck_assert_int_eq(world.verdict.score, FZ_POINTS(4.0));
    ck_assert_int_eq(world.verdict.would, FZ_ACTION_PASS);
    ck_assert_uint_eq(world.verdict.failures,
                      error_rows[_i].late ? FZ_FAILURE_BIT(FZ_FAILURE_DNS_LATE)
                                          : 0);
    world.policy.failure[FZ_FAILURE_DNS_LATE][FZ_DIRECTION_MT] =
        FZ_CHOOSE_QUARANTINE;
    resume(answer, "a.example");
    ck_assert_int_eq(world.verdict.would, error_rows[_i].late
                                              ? FZ_ACTION_QUARANTINE
                                              : FZ_ACTION_PASS);
    close_world();
}
END_TEST

START_TEST(an_answer_to_another_question_is_not_heard)
{
    FzDnsAnswer other = listed;

    open_world();
    judge(NULL, "doubt http://a.example/");
    resume(listed, "b.example");
    ck_assert_int_eq(world.verdict.would, FZ_ACTION_PASS);
    other.list = BITS;
    resume(other, "www.a.example");
    ck_assert_int_eq(world.verdict.would, FZ_ACTION_PASS);
    close_world();
}
END_TEST

START_TEST(the_same_answers_give_the_same_verdict)
{
    static FzVerdict first;

    open_world();
    judge(NULL, "doubt http://a.example/");
    resume(listed, "a.example");
    first = world.verdict;
    judge(NULL, "something else http://b.example/");
    world.message.octets = fz_slice_of("doubt http://a.example/");
    resume(listed, "a.example");
    ck_assert_int_eq(world.verdict.would, first.would);
    ck_assert_int_eq(world.verdict.score, first.score);
    ck_assert_uint_eq(world.verdict.signals.count, first.signals.count);
    close_world();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dns");
    TCase *words = tcase_create("words"), *judging = tcase_create("judging");

    tcase_add_loop_test(words, a_key_becomes_a_name_or_none, 0,
                        COUNT(name_rows));
    tcase_add_test(words, a_name_that_is_too_long_is_none);
    tcase_add_loop_test(words, an_answer_means_what_the_table_says, 0,
                        COUNT(answer_rows));
    suite_add_tcase(suite, words);
    tcase_add_loop_test(judging, only_what_is_in_doubt_is_asked_about, 0,
                        COUNT(band_rows));
    tcase_add_test(judging, nothing_is_asked_without_lists_or_twice);
    tcase_add_loop_test(judging, links_become_questions, 0, COUNT(key_rows));
    tcase_add_test(judging, there_is_an_end_to_questions);
    tcase_add_test(judging, a_listing_decides_and_is_told);
    tcase_add_test(judging, a_listing_with_points_adds_them_alone);
    tcase_add_test(judging, rules_see_what_was_answered);
    tcase_add_loop_test(judging, an_error_lists_nothing_and_is_a_condition, 0,
                        COUNT(error_rows));
    tcase_add_test(judging, an_answer_to_another_question_is_not_heard);
    tcase_add_test(judging, the_same_answers_give_the_same_verdict);
    suite_add_tcase(suite, judging);
    return fz_test_run(suite);
}
