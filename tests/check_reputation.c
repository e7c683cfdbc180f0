/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Lists while judging: what is asked, what an answer does, how it is told.
 */
#include "config.h"

#include "engine/list/overlay.h"
#include "engine/verdict/explain.h"
#include "engine/verdict/record.h"
#include "engine/verdict/reputation.h"
#include "tests/list_kit.h"
#include "tests/rulekit.h"

#include <stdio.h>
#include <string.h>

static const char rules[] =
    "rules = (\n"
    "  { id = \"t.link\"; phrase = \"<url>\"; score = 12.0; },\n"
    "  { id = \"t.lure\"; phrase = \"gift ~20 <url>\"; score = 12.0; },\n"
    "  { id = \"t.fact\"; expr = \"list.block.phishing & !t.lure\";\n"
    "    score = 1.0; }\n"
    ");\n";
/* no rule looks at links: what lists say stands alone */
static const char quiet[] =
    "rules = ( { id = \"t.word\"; phrase = \"gift\"; score = 6.0; } );\n";

static const char operator_list[] =
    "allow  ours     host:ok.example #T-1,asked for\n"
    "allow  ours     sender:10086\n"
    "allow  ours     sig:friends\n"
    "allow  ours     tel:+8613800000000\n"
    "block  scam     host:banned.example\n"
    "block  scam     host:graded.example - 6.0\n"
    "block  spam     sender:10690\n";
static const char feed_list[] = "block  phishing host:bad.example\n"
                                "block  phishing .wide.example\n"
                                "block  phishing host:ok.example\n"
                                "block  phishing url:ok.example/login\n"
                                "block  spam     host:spam.example\n"
                                "block  odd-one  host:odd.example - 3.5 #case\n"
                                "block  scam     tel:+8613900000000\n"
                                "block  scam     tel:+8613800000000\n"
                                "block  scam     sig:fakebank\n"
                                "block  scam     sender:99999\n"
                                "block  scam     sender:13700000001\n"
                                "block  phishing ip:192.0.2.0/24\n"
                                "allow  known    host:known.example\n";

typedef struct World {
    FzKit kit;
    FzPolicy policy;
    FzUrlTables *urls;
    FzListSet *set;
    FzJudgeEnv env;
    FzMessage message;
    FzVerdict verdict;
} World;

static void world_init_with(World *world, const char *text, int64_t max_age_s)
{
    FzListUse uses[] = {
        {kit_list("ours", operator_list), FZ_OWNER_OPERATOR, 0},
        {kit_list("feed", feed_list), FZ_OWNER_FEED, max_age_s},
    };
    FzTestSink sink;

    memset(world, 0, sizeof *world);
    fz_test_sink_init(&sink);
    fz_kit_init(&world->kit, text);
    ck_assert_int_eq(
        fz_url_tables_create(fz_url_config_samples(), &sink.sink, &world->urls),
        FZ_OK);
    world->set = fz_list_set_create(uses, COUNT(uses));
    world->policy = *fz_policy_patterns();
    world->env = (FzJudgeEnv){.ruleset = world->kit.ruleset,
                              .lists = world->set,
                              .urls = world->urls,
                              .policy = &world->policy};
    world->message.coding = FZ_CODING_7BIT;
    world->message.now_ms = KIT_NOW_MS + 60000;
}

static void world_clear(World *world)
{
    fz_list_set_destroy(world->set);
    fz_url_tables_destroy(world->urls);
    fz_kit_clear(&world->kit);
}

static void judge(World *world, const char *sender, const char *text)
{
    world->message.sender = fz_slice_of(sender);
    world->message.octets = fz_slice_of(text);
    fz_judge(&world->message, &world->env, world->kit.scanner, &world->verdict);
}

/* --- what an answer does ----------------------------------------------------
 */
static const struct {
    const char *name, *sender, *text;
    FzAction would;
    FzDecidedBy by;
    const char *list, *entry, *level; /* of the decider; NULL: no list */
    double score;
} answer_rows[] = {
    {"nothing listed", NULL, "see http://new.example/", FZ_ACTION_PASS,
     FZ_DECIDED_BY_NOTHING, NULL, NULL, NULL, 0},
    {"a feed's host holds", NULL, "see http://bad.example/a?b",
     FZ_ACTION_QUARANTINE, FZ_DECIDED_BY_LIST_BLOCK, "feed", "host:bad.example",
     "host", 10},
    {"without a scheme", NULL, "see bad.example/a now", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_LIST_BLOCK, "feed", "host:bad.example", "host", 10},
    {"a domain's subdomain", NULL, "http://x.y.wide.example/",
     FZ_ACTION_QUARANTINE, FZ_DECIDED_BY_LIST_BLOCK, "feed", ".wide.example",
     "domain", 10},
    {"an address in a range", NULL, "http://192.0.2.77/x", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_LIST_BLOCK, "feed", "ip:192.0.2.0/24", "ip", 10},
    {"a number", NULL, "call 13900000000", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_LIST_BLOCK, "feed", "tel:+8613900000000", "contact", 10},
    {"a signature", NULL, "【FakeBank】 hello", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_LIST_BLOCK, "feed", "sig:fakebank", "sender", 10},
    {"a signature at the end", NULL, "hello【FakeBank】", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_LIST_BLOCK, "feed", "sig:fakebank", "sender", 10},
    {"a sender", "99999", "hello", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_LIST_BLOCK, "feed", "sender:99999", "sender", 10},
    {"a phone, as the SMSC writes it", "+8613700000001", "hello",
     FZ_ACTION_QUARANTINE, FZ_DECIDED_BY_LIST_BLOCK, "feed",
     "sender:13700000001", "sender", 10},
    {"what a category is worth", NULL, "http://spam.example/x",
     FZ_ACTION_REWRITE, FZ_DECIDED_BY_LIST_BLOCK, "feed", "host:spam.example",
     "host", 5},
    {"what an entry says it is worth", NULL, "http://odd.example/x",
     FZ_ACTION_PASS, FZ_DECIDED_BY_NOTHING, NULL, NULL, NULL, 3.5},
    {"an operator's block rejects", NULL, "http://banned.example/x",
     FZ_ACTION_REJECT, FZ_DECIDED_BY_OPERATOR_BLOCK, "ours",
     "host:banned.example", "host", 10},
    {"... a sender's too", "10690", "hello", FZ_ACTION_REJECT,
     FZ_DECIDED_BY_OPERATOR_BLOCK, "ours", "sender:10690", "sender", 5},
    {"... unless it states points", NULL, "http://graded.example/x",
     FZ_ACTION_WARN, FZ_DECIDED_BY_SCORE, "ours", "host:graded.example", "host",
     6},
    {"an operator's allow is heard before a feed", NULL,
     "http://ok.example/shop", FZ_ACTION_PASS, FZ_DECIDED_BY_NOTHING, NULL,
     NULL, NULL, 0},
    {"... at its level: a link below it is still listed", NULL,
     "http://ok.example/login", FZ_ACTION_QUARANTINE, FZ_DECIDED_BY_LIST_BLOCK,
     "feed", "url:ok.example/login", "url", 10},
    {"... for what it names: another link is still listed", NULL,
     "http://ok.example/ http://bad.example/", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_LIST_BLOCK, "feed", "host:bad.example", "host", 10},
    {"... not for what its page leads on to", NULL,
     "http://ok.example/?u=http://bad.example/", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_LIST_BLOCK, "feed", "host:bad.example", "host", 10},
    {"... not as a name in front of an @", NULL,
     "http://ok.example@bad.example/", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_LIST_BLOCK, "feed", "host:bad.example", "host", 10},
    {"an allowed number", NULL, "call 13800000000", FZ_ACTION_PASS,
     FZ_DECIDED_BY_NOTHING, NULL, NULL, NULL, 0},
    {"an allowed sender lifts feeds", "10086", "http://bad.example/",
     FZ_ACTION_PASS, FZ_DECIDED_BY_OPERATOR_ALLOW, "ours", "sender:10086",
     "sender", 10},
    {"... not an operator's block", "10086", "http://banned.example/",
     FZ_ACTION_REJECT, FZ_DECIDED_BY_OPERATOR_BLOCK, "ours",
     "host:banned.example", "host", 10},
    {"a signature that anybody can write lifts nothing", NULL,
     "【Friends】 http://bad.example/", FZ_ACTION_QUARANTINE,
     FZ_DECIDED_BY_LIST_BLOCK, "feed", "host:bad.example", "host", 10},
    {"a feed's allow lifts nothing", NULL, "gift http://known.example/",
     FZ_ACTION_WARN, FZ_DECIDED_BY_SCORE, NULL, NULL, NULL, 6},
};

static const FzSignal *decider_of(const FzVerdict *verdict)
{
    for (uint16_t i = 0; i < verdict->signals.count; i++)
        if (verdict->signals.item[i].name == verdict->decider)
            return &verdict->signals.item[i];
    return NULL;
}

START_TEST(an_answer_does_what_its_kind_says)
{
    World world;
    const FzSignal *decider;

    world_init_with(&world, quiet, 0);
    judge(&world, answer_rows[_i].sender, answer_rows[_i].text);
    ck_assert_msg(world.verdict.would == answer_rows[_i].would,
                  "%s: %s, want %s", answer_rows[_i].name,
                  fz_action_name(world.verdict.would),
                  fz_action_name(answer_rows[_i].would));
    ck_assert_msg(world.verdict.by == answer_rows[_i].by, "%s: by %s, want %s",
                  answer_rows[_i].name, fz_decided_by_name(world.verdict.by),
                  fz_decided_by_name(answer_rows[_i].by));
    ck_assert_msg(world.verdict.score ==
                      (FzPoints)(answer_rows[_i].score * 100 + .5),
                  "%s: score %d", answer_rows[_i].name, world.verdict.score);
    decider = decider_of(&world.verdict);
    if (answer_rows[_i].list != NULL) {
        ck_assert_ptr_nonnull(decider);
        ck_assert_str_eq(decider->list, answer_rows[_i].list);
        ck_assert_str_eq(decider->entry, answer_rows[_i].entry);
        ck_assert_str_eq(decider->level, answer_rows[_i].level);
    }
    world_clear(&world);
}
END_TEST

START_TEST(an_allowed_link_lifts_rules_about_it_alone)
{
    World world;

    world_init_with(&world, rules, 0);
    judge(&world, NULL, "see http://new.example/shop");
    ck_assert_int_eq(world.verdict.would, FZ_ACTION_QUARANTINE);
    judge(&world, NULL, "see http://ok.example/shop");
    ck_assert_int_eq(world.verdict.would, FZ_ACTION_PASS);
    ck_assert_int_eq(world.verdict.by, FZ_DECIDED_BY_OPERATOR_ALLOW);
    judge(&world, NULL, "a gift: http://ok.example/shop");
    ck_assert_int_eq(world.verdict.would, FZ_ACTION_QUARANTINE);
    ck_assert_str_eq(world.verdict.decider, "t.lure");
    world_clear(&world);
}
END_TEST

START_TEST(rules_may_name_what_lists_say)
{
    World world;

    world_init_with(&world, rules, 0);
    judge(&world, NULL, "see http://bad.example/");
    ck_assert_ptr_nonnull(fz_signals_find(&world.verdict.signals, "t.fact"));
    judge(&world, NULL, "see http://spam.example/");
    ck_assert_ptr_null(fz_signals_find(&world.verdict.signals, "t.fact"));
    world_clear(&world);
}
END_TEST

START_TEST(without_rules_the_sender_is_still_asked_for)
{
    World world;

    world_init_with(&world, quiet, 0);
    world.env.ruleset = NULL;
    world.message.sender = fz_slice_of("10690");
    fz_judge(&world.message, &world.env, NULL, &world.verdict);
    ck_assert_int_eq(world.verdict.would, FZ_ACTION_REJECT);
    ck_assert_uint_ne(
        world.verdict.failures & FZ_FAILURE_BIT(FZ_FAILURE_NO_RULES), 0);
    world_clear(&world);
}
END_TEST

/* --- age ---------------------------------------------------------------------
 */
START_TEST(a_young_entry_of_a_feed_is_points_alone)
{
    World world;
    FzListUse use = {.owner = FZ_OWNER_FEED};
    FzListSource source = kit_source("feed");
    KitReport report;
    FzListBuild how = kit_build(&report);
    FzListBuilder *builder = fz_list_builder_create(&how);
    char csv[200];

    snprintf(csv, sizeof csv,
             "url,first_seen\nhttp://young.example/,2026-03-10 02:00:00\n"
             "http://old.example/,2026-03-08 12:00:00\n");
    kit_add(builder, &source, csv, FZ_SOURCE_CSV);
    use.list = kit_open(builder);
    fz_list_builder_destroy(builder);
    world_init_with(&world, quiet, 0);
    fz_list_set_destroy(world.set);
    world.set = fz_list_set_create(&use, 1);
    world.env.lists = world.set;
    world.policy.lists.young_s = 86400;
    judge(&world, NULL, "http://young.example/");
    ck_assert_int_eq(world.verdict.would, FZ_ACTION_PASS);
    ck_assert_int_eq(world.verdict.score, FZ_POINTS(4.0));
    judge(&world, NULL, "http://old.example/");
    ck_assert_int_eq(world.verdict.would, FZ_ACTION_QUARANTINE);
    judge(&world, NULL, "gift http://young.example/");
    ck_assert_int_eq(world.verdict.would, FZ_ACTION_QUARANTINE);
    ck_assert_int_eq(world.verdict.by, FZ_DECIDED_BY_SCORE);
    world.message.now_ms += KIT_DAY_MS; /* it has come of age */
    judge(&world, NULL, "http://young.example/");
    ck_assert_int_eq(world.verdict.would, FZ_ACTION_QUARANTINE);
    ck_assert_int_eq(world.verdict.by, FZ_DECIDED_BY_LIST_BLOCK);
    world_clear(&world);
}
END_TEST

START_TEST(a_stale_list_is_worth_nothing_and_raises_its_condition)
{
    const uint32_t bit = FZ_FAILURE_BIT(FZ_FAILURE_LIST_STALE);
    const FzSignal *signal;
    World world;

    world_init_with(&world, quiet, 3600);
    judge(&world, NULL, "http://bad.example/");
    ck_assert_int_eq(world.verdict.would, FZ_ACTION_QUARANTINE);
    ck_assert_uint_eq(world.verdict.failures & bit, 0);
    world.message.now_ms += 2 * 3600 * 1000;
    judge(&world, NULL, "http://bad.example/");
    ck_assert_int_eq(world.verdict.would, FZ_ACTION_PASS);
    ck_assert_int_eq(world.verdict.score, 0);
    ck_assert_uint_ne(world.verdict.failures & bit, 0);
    signal = fz_signals_find(&world.verdict.signals, "list.block.phishing");
    ck_assert_ptr_nonnull(signal);
    ck_assert(signal->stale);
    judge(&world, NULL, "http://new.example/"); /* it had nothing to say */
    ck_assert_uint_eq(world.verdict.failures & bit, 0);
    /* and the failure policy may be stricter */
    world.policy.failure[FZ_FAILURE_LIST_STALE][FZ_DIRECTION_MT] =
        FZ_CHOOSE_QUARANTINE;
    judge(&world, NULL, "http://bad.example/");
    ck_assert_int_eq(world.verdict.would, FZ_ACTION_QUARANTINE);
    ck_assert_int_eq(world.verdict.by, FZ_DECIDED_BY_FAILURE);
    world_clear(&world);
}
END_TEST

/* --- live entries ------------------------------------------------------------
 */
START_TEST(a_live_entry_is_an_operators_word)
{
    FzOverlayRecord record = {.at_ms = KIT_NOW_MS,
                              .verb = FZ_OVERLAY_ADD,
                              .action = FZ_ANSWER_BLOCK,
                              .key = "host:new.example",
                              .category = "phishing",
                              .by = "uid:0 root",
                              .reference = "T-7",
                              .score = FZ_LIST_SCORE_UNSET};
    FzBuf log = FZ_BUF_INIT;
    FzOverlay *overlay;
    FzTestSink sink;
    World world;

    fz_test_sink_init(&sink);
    ck_assert_int_eq(fz_overlay_log_append(&log, &record, &sink.sink), FZ_OK);
    ck_assert_int_eq(fz_overlay_create(fz_buf_slice(&log), "log",
                                       FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS,
                                       &sink.sink, &overlay),
                     FZ_OK);
    world_init_with(&world, quiet, 0);
    world.env.overlay = overlay;
    judge(&world, NULL, "http://new.example/x");
    ck_assert_int_eq(world.verdict.would, FZ_ACTION_REJECT);
    ck_assert_str_eq(decider_of(&world.verdict)->list, "overlay");
    ck_assert_str_eq(decider_of(&world.verdict)->note, "T-7");
    ck_assert_int_eq(decider_of(&world.verdict)->age_s, 60);
    ck_assert_int_eq(decider_of(&world.verdict)->use, -1);
    world.env.lists = NULL; /* live entries need no list beside them */
    judge(&world, NULL, "http://new.example/x");
    ck_assert_int_eq(world.verdict.would, FZ_ACTION_REJECT);
    world_clear(&world);
    fz_overlay_destroy(overlay);
    fz_buf_clear(&log);
}
END_TEST

/* --- bounds ------------------------------------------------------------------
 */
START_TEST(every_link_is_asked_for_once)
{
    World world;

    world_init_with(&world, quiet, 0);
    judge(&world, "10000",
          "http://a.example/ http://b.example/x?y 13700000000");
    ck_assert_uint_eq(world.verdict.asked, 4);
    judge(&world, NULL, "hello");
    ck_assert_uint_eq(world.verdict.asked, 0);
    world_clear(&world);
}
END_TEST

START_TEST(many_listed_links_all_name_their_entry)
{
    char text[4000] = "";
    World world;

    for (int i = 0; i < FZ_LIMIT_URLS; i++)
        sprintf(text + strlen(text), "http://bad.example/%0*d ", 150, i);
    world_init_with(&world, quiet, 0);
    judge(&world, NULL, text);
    ck_assert_uint_eq(world.verdict.signals.count, FZ_LIMIT_URLS);
    for (int i = 0; i < FZ_LIMIT_URLS; i++)
        ck_assert_str_eq(world.verdict.signals.item[i].entry,
                         "host:bad.example");
    world_clear(&world);
}
END_TEST

START_TEST(a_long_sender_is_not_asked_for)
{
    char room[FZ_REPUTATION_NAME_ROOM], name[200];
    FzKey key;

    memset(name, 'a', sizeof name);
    ck_assert(fz_reputation_name(
        "sender:", fz_slice(name, FZ_LIMIT_NAME_OCTETS), room, &key));
    ck_assert(!fz_reputation_name(
        "sender:", fz_slice(name, FZ_LIMIT_NAME_OCTETS + 1), room, &key));
    ck_assert(!fz_reputation_name("sender:", fz_slice(NULL, 0), room, &key));
    ck_assert(fz_reputation_name("sig:", fz_slice_of(" Ab "), room, &key));
    ck_assert(fz_slice_is(key.text, "sig:ab"));
}
END_TEST

/* Eight at a time: every octet at every place of names of every length. */
START_TEST(only_letters_of_a_name_are_made_small)
{
    char room[FZ_REPUTATION_NAME_ROOM], name[20];
    FzKey key;

    for (size_t octets = 1; octets <= sizeof name; octets++)
        for (size_t at = 0; at < octets; at++)
            for (int octet = 0; octet < 256; octet++) {
                char small = octet >= 'A' && octet <= 'Z' ? (char)(octet + 32)
                                                          : (char)octet;

                if (octet == ' ')
                    continue; /* cut from the ends */
                memset(name, 'Q', octets);
                name[at] = (char)octet;
                ck_assert(fz_reputation_name("sig:", fz_slice(name, octets),
                                             room, &key));
                ck_assert_uint_eq(key.text.octets, 4 + octets);
                for (size_t i = 0; i < octets; i++)
                    ck_assert_int_eq(key.text.data[4 + i],
                                     (uint8_t)(i == at ? small : 'q'));
            }
}
END_TEST

/* --- telling -----------------------------------------------------------------
 */
START_TEST(explanation_and_record_name_list_and_entry)
{
    FzBuf out = FZ_BUF_INIT;
    World world;
    FzExplain what;
    json_t *json, *signal;

    world_init_with(&world, quiet, 0);
    judge(&world, NULL, "see http://bad.example/a");
    what = (FzExplain){.message = &world.message,
                       .env = &world.env,
                       .verdict = &world.verdict,
                       .text = fz_scanner_text(world.kit.scanner),
                       .urls = fz_scanner_urls(world.kit.scanner)};
    fz_explain_text(&what, FZ_EXPLAIN_PLAIN, &out);
    HAS(fz_buf_text(&out), "blocked by host:bad.example of list `feed'");
    HAS(fz_buf_text(&out), "without `list.block.phishing': pass");
    json = fz_explain_json(&what);
    ck_assert_str_eq(json_string_value(json_object_get(json, "by")),
                     "list-block");
    signal = json_array_get(json_object_get(json, "signals"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(signal, "list")),
                     "feed");
    ck_assert_str_eq(json_string_value(json_object_get(signal, "entry")),
                     "host:bad.example");
    ck_assert_str_eq(json_string_value(json_object_get(signal, "level")),
                     "host");
    json_decref(json);
    fz_buf_clear(&out);
    world_clear(&world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reputation");
    TCase *answers = tcase_create("answers"), *age = tcase_create("age"),
          *bounds = tcase_create("bounds"), *tell = tcase_create("tell");

    tcase_add_loop_test(answers, an_answer_does_what_its_kind_says, 0,
                        COUNT(answer_rows));
    tcase_add_test(answers, an_allowed_link_lifts_rules_about_it_alone);
    tcase_add_test(answers, rules_may_name_what_lists_say);
    tcase_add_test(answers, without_rules_the_sender_is_still_asked_for);
    tcase_add_test(answers, a_live_entry_is_an_operators_word);
    suite_add_tcase(suite, answers);
    tcase_add_test(age, a_young_entry_of_a_feed_is_points_alone);
    tcase_add_test(age, a_stale_list_is_worth_nothing_and_raises_its_condition);
    suite_add_tcase(suite, age);
    tcase_add_test(bounds, every_link_is_asked_for_once);
    tcase_add_test(bounds, many_listed_links_all_name_their_entry);
    tcase_add_test(bounds, a_long_sender_is_not_asked_for);
    tcase_add_test(bounds, only_letters_of_a_name_are_made_small);
    suite_add_tcase(suite, bounds);
    tcase_add_test(tell, explanation_and_record_name_list_and_entry);
    suite_add_tcase(suite, tell);
    return fz_test_run(suite);
}
