/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The whole engine on real rules: judge, samples, explanation. The record:
 * check_record.c
 */
#include "config.h"

#include "base/alloc.h"
#include "engine/verdict/cases.h"
#include "engine/verdict/explain.h"
#include "engine/verdict/record.h"
#include "engine/verdict/rewrite.h"
#include "tests/rulekit.h"
#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char rules[] =
    "rules = (\n"
    "  { id = \"t.account\"; phrase = \"(police|court) ~40 safe account\";\n"
    "    score = 11.0; reason = \"impersonation\"; title = \"Safe account\"; "
    "},\n"
    "  { id = \"t.link\"; rev = 3; phrase = \"click here\"; score = 6.0;\n"
    "    reason = \"phishing\"; rewrite = { replace = \"(link removed)\"; }; "
    "},\n"
    "  { id = \"t.never\"; phrase = \"forged passport\"; action = "
    "\"reject\";\n"
    "    reason = \"documents\"; },\n"
    "  { id = \"t.trial\"; phrase = \"free gift\"; score = 12.0;\n"
    "    state = \"shadow\"; },\n"
    "  { id = \"t.mild\"; phrase = \"hello\"; score = 1.5; }\n"
    ");\n";

typedef struct Judge {
    FzKit kit;
    FzPolicy policy;
    FzProfile profile;
    FzJudgeEnv env;
    FzVerdict verdict;
    FzMessage message;
    FzRewrite rewrite;
    bool rewritten;
} Judge;

static void judge_init_with(Judge *judge, const char *text)
{
    memset(judge, 0, sizeof *judge);
    fz_kit_init(&judge->kit, text);
    judge->policy = *fz_policy_patterns();
    judge->profile = judge->policy.profiles[0];
    judge->policy.profiles = &judge->profile;
    judge->env.ruleset = judge->kit.ruleset;
    judge->env.policy = &judge->policy;
    judge->message.coding = FZ_CODING_7BIT;
    judge->message.now_ms = 1795300350123;
    judge->message.sender = fz_slice_of("+999100200300");
    judge->message.receiver = fz_slice_of("+999400500600");
    judge->message.identity = fz_slice_of("shop-app");
    fz_rewrite_init(&judge->rewrite);
}

static void judge_init(Judge *judge)
{
    judge_init_with(judge, rules);
}

static void judge_clear(Judge *judge)
{
    fz_rewrite_clear(&judge->rewrite);
    fz_kit_clear(&judge->kit);
}

static void judge_text(Judge *judge, const char *text)
{
    judge->message.octets = fz_slice_of(text);
    fz_judge(&judge->message, &judge->env, judge->kit.scanner, &judge->verdict);
    judge->rewritten =
        fz_rewrite_verdict(&judge->message, fz_scanner_text(judge->kit.scanner),
                           &judge->env, &judge->verdict, &judge->rewrite);
}

static FzExplain explain(const Judge *judge)
{
    return (FzExplain){
        .message = &judge->message,
        .env = &judge->env,
        .verdict = &judge->verdict,
        .text = fz_scanner_text(judge->kit.scanner),
        .views = fz_scanner_views(judge->kit.scanner),
        .rewrite = judge->rewritten ? &judge->rewrite : NULL,
    };
}

/* --- judging ---------------------------------------------------------------
 */
static const struct {
    const char *name, *text;
    FzAction would;
    double score;
    const char *decider, *reason;
    unsigned signals;
} judge_rows[] = {
    {"nothing", "see you at noon", FZ_ACTION_PASS, 0, NULL, NULL, 0},
    {"mild", "hello", FZ_ACTION_PASS, 1.5, NULL, NULL, 1},
    {"held", "police: use the safe account", FZ_ACTION_QUARANTINE, 11,
     "t.account", "impersonation", 1},
    {"folded", "ＰＯＬＩＣＥ: use the Safe  Account", FZ_ACTION_QUARANTINE, 11,
     "t.account", "impersonation", 1},
    {"rewritten", "hello, click here", FZ_ACTION_REWRITE, 7.5, "t.link",
     "phishing", 2},
    {"refused", "a forged passport", FZ_ACTION_REJECT, 0, "t.never",
     "documents", 1},
    {"refused and more", "forged passport? click here, police, safe account",
     FZ_ACTION_REJECT, 17, "t.never", "documents", 3},
    {"shadow", "a free gift", FZ_ACTION_PASS, 0, NULL, NULL, 1},
    {"empty", "", FZ_ACTION_PASS, 0, NULL, NULL, 0},
};

START_TEST(a_message_is_judged)
{
    Judge judge;

    judge_init(&judge);
    judge_text(&judge, judge_rows[_i].text);
    ck_assert_msg(judge.verdict.would == judge_rows[_i].would, "%s: %s",
                  judge_rows[_i].name, fz_action_name(judge.verdict.would));
    ck_assert_int_eq(judge.verdict.score,
                     (int)(judge_rows[_i].score * 100 + .5));
    ck_assert_pstr_eq(judge.verdict.decider, judge_rows[_i].decider);
    ck_assert_pstr_eq(judge.verdict.reason == NULL ? NULL
                                                   : judge.verdict.reason->name,
                      judge_rows[_i].reason);
    ck_assert_uint_eq(judge.verdict.signals.count, judge_rows[_i].signals);
    ck_assert_uint_eq(judge.verdict.failures, 0);
    judge_clear(&judge);
}
END_TEST

START_TEST(judging_twice_gives_the_same)
{
    Judge judge;
    FzVerdict first;

    judge_init(&judge);
    judge_text(&judge, "hello, click here: police, safe account");
    first = judge.verdict;
    judge_text(&judge, "something else entirely");
    judge_text(&judge, "hello, click here: police, safe account");
    ck_assert_int_eq(first.would, judge.verdict.would);
    ck_assert_int_eq(first.score, judge.verdict.score);
    ck_assert_ptr_eq(first.decider, judge.verdict.decider);
    ck_assert_uint_eq(first.signals.count, judge.verdict.signals.count);
    for (uint16_t i = 0; i < first.signals.count; i++) {
        ck_assert_str_eq(first.signals.item[i].name,
                         judge.verdict.signals.item[i].name);
        ck_assert_uint_eq(first.signals.item[i].spans[0].cp_from,
                          judge.verdict.signals.item[i].spans[0].cp_from);
    }
    judge_clear(&judge);
}
END_TEST

START_TEST(without_rules_the_failure_policy_speaks)
{
    FzPolicy policy = *fz_policy_patterns();
    FzJudgeEnv env = {.policy = &policy};
    FzMessage message = {.octets = fz_slice_of("click here")};
    FzVerdict verdict;

    fz_judge(&message, &env, NULL, &verdict);
    ck_assert_int_eq(verdict.would, FZ_ACTION_PASS);
    ck_assert_int_eq(verdict.by, FZ_DECIDED_BY_FAILURE);
    ck_assert_int_eq(verdict.failure, FZ_FAILURE_NO_RULES);
    policy.failure[FZ_FAILURE_NO_RULES][FZ_DIRECTION_MT] = FZ_CHOOSE_QUARANTINE;
    fz_judge(&message, &env, NULL, &verdict);
    ck_assert_int_eq(verdict.would, FZ_ACTION_QUARANTINE);
}
END_TEST

START_TEST(what_is_not_text_meets_the_failure_policy)
{
    static const uint8_t data[] = {0x00, 0x01, 0x02, 0xFE, 0xFF};
    Judge judge;

    judge_init(&judge);
    judge.policy.failure[FZ_FAILURE_UNDECODABLE][FZ_DIRECTION_MT] =
        FZ_CHOOSE_QUARANTINE;
    judge.message.coding = FZ_CODING_8BIT;
    judge.message.octets = fz_slice(data, sizeof data);
    fz_judge(&judge.message, &judge.env, judge.kit.scanner, &judge.verdict);
    ck_assert_int_eq(judge.verdict.by, FZ_DECIDED_BY_FAILURE);
    ck_assert_int_eq(judge.verdict.failure, FZ_FAILURE_UNDECODABLE);
    ck_assert_int_eq(judge.verdict.would, FZ_ACTION_QUARANTINE);
    ck_assert_uint_eq(judge.verdict.text_flags & FZ_TEXT_OPAQUE,
                      FZ_TEXT_OPAQUE);
    judge_clear(&judge);
}
END_TEST

/* Nothing hides behind a mountain of text. */
START_TEST(what_is_too_long_meets_the_failure_policy)
{
    Judge judge;
    size_t octets = FZ_LIMIT_TEXT_CHARS + 20;
    char *text = malloc(octets + 1);

    memset(text, 'x', octets);
    strcpy(text + octets - 10, "click here");
    judge_init(&judge);
    judge_text(&judge, text);
    ck_assert_uint_eq(judge.verdict.failures,
                      FZ_FAILURE_BIT(FZ_FAILURE_WORK_LIMIT));
    ck_assert_int_eq(judge.verdict.would, FZ_ACTION_QUARANTINE);
    ck_assert_uint_eq(judge.verdict.text_flags, FZ_TEXT_TRUNCATED);
    judge_clear(&judge);
    free(text);
}
END_TEST

START_TEST(parts_are_judged_as_the_phone_shows_them)
{
    static const uint8_t udh1[] = {5, 0, 3, 7, 2, 1},
                         udh2[] = {5, 0, 3, 7, 2, 2};
    Judge judge;
    FzMessage parts[2];

    judge_init(&judge);
    parts[0] = parts[1] = judge.message;
    parts[0].udh = fz_slice(udh1, sizeof udh1);
    parts[1].udh = fz_slice(udh2, sizeof udh2);
    parts[0].octets = fz_slice_of("please cli");
    parts[1].octets = fz_slice_of("ck here");
    fz_judge_parts(parts, 2, &judge.env, judge.kit.scanner, &judge.verdict);
    ck_assert_pstr_eq(judge.verdict.decider, "t.link");
    /* one alone says nothing */
    fz_judge(&parts[0], &judge.env, judge.kit.scanner, &judge.verdict);
    ck_assert_uint_eq(judge.verdict.signals.count, 0);
    judge_clear(&judge);
}
END_TEST

START_TEST(controls_change_what_counts)
{
    Judge judge;
    FzRuleControls controls;

    judge_init(&judge);
    fz_rule_controls_init(&controls, judge.kit.ruleset);
    judge.env.controls = &controls;
    for (uint32_t i = 0; i < controls.count; i++)
        controls.state[i] = FZ_RULE_SHADOW;
    judge_text(&judge, "forged passport, click here, police, safe account");
    ck_assert_int_eq(judge.verdict.would, FZ_ACTION_PASS);
    ck_assert_int_eq(judge.verdict.shadow_would, FZ_ACTION_REJECT);
    for (uint32_t i = 0; i < controls.count; i++)
        controls.state[i] = FZ_RULE_RETIRED;
    judge_text(&judge, "forged passport, click here, police, safe account");
    ck_assert_int_eq(judge.verdict.shadow_would, FZ_ACTION_PASS);
    ck_assert_uint_eq(judge.verdict.signals.count, 0);
    fz_rule_controls_clear(&controls);
    judge_clear(&judge);
}
END_TEST

/* --- samples
 * ------------------------------------------------------------------ */
static const char samples[] =
    "set = { name = \"s\"; title = \"S\"; owner = \"o@example.org\";\n"
    "  language = \"en\"; };\n"
    "rules = (\n"
    "  { id = \"s.good\"; phrase = \"click here\"; score = 6.0;\n"
    "    state = \"shadow\";\n"
    "    match = [ \"click here\" ];\n"
    "    nomatch = [ \"click there\" ]; },\n"
    "  { id = \"s.bad\"; phrase = \"safe account\"; score = 10.0;\n"
    "    match = [ \"our account\" ];\n"
    "    nomatch = [ \"the SAFE account\" ]; },\n"
    "  { id = \"s.bare\"; phrase = \"nobody tests me\"; score = 1.0; }\n"
    ");\n";

START_TEST(a_set_answers_for_itself_whatever_stands_beside_it)
{
    FzCaseCounts counts;
    FzKit kit;

    fz_kit_write("beside/mild", "rules.conf",
                 "set = { name = \"mild\"; };\nrules = ( { id = \"mild.a\"; "
                 "phrase = \"parcel fee\"; score = 6.0; match = [ \"a parcel "
                 "fee\" ]; } );\n");
    fz_kit_write("beside/mild", "cases.tsv",
                 "text\tverdict\trule\npay the parcel fee\twarn\tmild.a\n");
    fz_kit_write("beside/strict", "rules.conf",
                 "set = { name = \"strict\"; };\nrules = ( { id = "
                 "\"strict.a\"; phrase = \"parcel\"; action = \"reject\"; "
                 "reason = \"phishing\"; match = [ \"a parcel\" ]; } );\n");
    ck_assert_int_eq(fz_kit_open(&kit, "beside", FZ_RULESET_AS_WRITTEN), FZ_OK);
    ck_assert_int_eq(
        fz_cases_check(kit.ruleset, 1795300350123, &kit.sink.sink, &counts),
        FZ_OK);
    ck_assert_uint_eq(counts.run, 3);
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(samples_that_fail_say_where_and_why)
{
    FzKit kit;
    FzCaseCounts counts;
    FzTestSink sink;

    memset(&kit, 0, sizeof kit);
    fz_kit_write("samples", "rules.conf", samples);
    fz_kit_write("samples", "cases.tsv",
                 "text\tverdict\trule\n"
                 "click here\twarn\ts.good\n"
                 "hello\tpass\t\n"
                 "click here, hello\tquarantine\t\n");
    fz_test_sink_init(&sink);
    ck_assert_int_eq(fz_kit_open(&kit, "samples", FZ_RULESET_AS_WRITTEN),
                     FZ_OK);
    ck_assert_int_eq(
        fz_cases_check(kit.ruleset, 1795300350123, &sink.sink, &counts),
        FZ_E_RULE);
    ck_assert_uint_eq(counts.run, 7);
    ck_assert_uint_eq(counts.failed, 3);
    ck_assert_uint_eq(counts.untested, 1);
    ck_assert_uint_eq(sink.count, 3);
    ck_assert_str_eq(sink.diag[0].rule, "s.bad");
    ck_assert_uint_eq(sink.diag[0].line, 9);
    HAS(sink.diag[0].text, "`s.bad' does not match");
    HAS(sink.diag[0].text, "our account");
    ck_assert_uint_eq(sink.diag[1].line, 10);
    HAS(sink.diag[1].text, "`s.bad' matches in the folded view");
    HAS(sink.diag[1].text, "characters 4 to 16");
    HAS(sink.diag[1].text, "the safe account"); /* folded */
    HAS(sink.diag[2].file, "cases.tsv");
    ck_assert_uint_eq(sink.diag[2].line, 4);
    HAS(sink.diag[2].text, "the verdict is warn (score 6.00");
    HAS(sink.diag[2].text, "not quarantine");
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(sink.diag[i].code, FZ_E_RULE);
    fz_kit_clear(&kit);
}
END_TEST

/* --- explaining
 * ------------------------------------------------------------------- */
START_TEST(an_explanation_names_part_place_and_what_would_differ)
{
    Judge judge;
    FzExplain what;
    FzBuf out = FZ_BUF_INIT;
    const char *text;

    judge_init(&judge);
    judge_text(&judge, "hello, click here, free gift");
    ck_assert(judge.rewritten);
    what = explain(&judge);
    fz_explain_text(&what, FZ_EXPLAIN_PLAIN, &out);
    text = fz_buf_text(&out);
    HAS(text, "verdict  rewrite, decided by the score\n");
    HAS(text, "reason   phishing (F01): ");
    HAS(text, "score    7.5 = 6.0 from t.link + 1.5 from t.mild");
    HAS(text, "t.link rev 3, active, 6.0 points, folded view, 7-17 \"click "
              "here\"");
    HAS(text, "t.trial rev 1, shadow, 12.0 points");
    HAS(text, "text     ⟦hello⟧, ⟦click here⟧, ⟦free gift⟧\n");
    HAS(text, "delivers hello, (link removed), free gift\n");
    HAS(text, "without `t.link': pass (score 1.5)\n");
    HAS(text, "with active `t.trial': quarantine (score 19.5)\n");
    HAS_NOT(text, "without `t.mild'");
    HAS_NOT(text, "\033");
    fz_buf_clear(&out);
    fz_explain_text(&what, FZ_EXPLAIN_COLOUR, &out);
    HAS(fz_buf_text(&out), "\033[7mclick here\033[0m");
    fz_buf_clear(&out);
    judge_clear(&judge);
}
END_TEST

START_TEST(a_terminal_is_never_driven_by_a_message)
{
    Judge judge;
    FzExplain what;
    FzBuf out = FZ_BUF_INIT;

    judge_init(&judge);
    judge_text(&judge, "cl\xE2\x80\x8Bick\x1B[2J here \xE2\x80\xAE\xC2\x9B");
    what = explain(&judge);
    fz_explain_text(&what, FZ_EXPLAIN_PLAIN, &out);
    HAS(fz_buf_text(&out), "cl\\u{200b}ick\\u{1b}[2J here \\u{202e}\\u{9b}");
    HAS_NOT(fz_buf_text(&out), "\x1B");
    HAS_NOT(fz_buf_text(&out), "\xE2\x80\xAE");
    fz_buf_clear(&out);
    judge_clear(&judge);
}
END_TEST

/* --- links -----------------------------------------------------------------
 */
static const char link_rules[] =
    "rules = (\n"
    "  { id = \"l.lure\"; phrase = \"(登录|领取) ~10 <url>\"; score = 10.0; "
    "},\n"
    "  { id = \"l.call\"; phrase = \"call <tel>\"; score = 10.0; },\n"
    "  { id = \"l.add\"; phrase = \"找我 <im>\"; score = 10.0; },\n"
    "  { id = \"l.mail\"; phrase = \"to <email>\"; score = 10.0; },\n"
    "  { id = \"l.word\"; phrase = \"hurry\"; },\n"
    "  { id = \"l.any\"; expr = \"l.word & url.any\"; score = 10.0; },\n"
    "  { id = \"l.odd\"; score = 10.0;\n"
    "    expr = \"url.shortener | url.ip | url.userinfo | url.port | url.puny |"
    " url.mixed-script | url.idn | url.redirector\"; },\n"
    "  { id = \"l.contact\"; expr = \"l.word & contact.any\"; score = 10.0; "
    "},\n"
    "  { id = \"l.trial\"; expr = \"l.word & url.weak\"; score = 10.0;\n"
    "    state = \"shadow\"; }\n"
    ");\n";

static const struct {
    const char *text, *rule, *fact; /* NULL: none */
    uint16_t from, to;              /* of the fact */
} link_rows[] = {
    /* tokens, also in forms that only extraction reads */
    {"请登录http://bank.example/a核实", "l.lure", NULL, 0, 0},
    {"请登录ｂａｎｋ。example核实", "l.lure", NULL, 0, 0},
    {"请登录bank[.]example", "l.lure", NULL, 0, 0},
    {"请登录我们的网站", NULL, NULL, 0, 0},
    {"call +44 7700 900123", "l.call", NULL, 0, 0},
    {"call 95588", NULL, NULL, 0, 0}, /* a bank's own */
    {"找我 微信abc_123", "l.add", NULL, 0, 0},
    {"to me@shop.example", "l.mail", NULL, 0, 0},
    /* facts */
    {"hurry http://bank.example", "l.any", "url.any", 6, 25},
    {"hurry here.it", "l.trial", "url.weak", 6, 13},
    {"hurry", NULL, NULL, 0, 0},
    {"see t.cn/abc", "l.odd", "url.shortener", 4, 12},
    {"see http://10.1.2.3/", "l.odd", "url.ip", 4, 20},
    {"see http://a@b.example", "l.odd", "url.userinfo", 4, 22},
    {"see http://b.example:81/", "l.odd", "url.port", 4, 24},
    {"see http://xn--fsqu00a.example", "l.odd", "url.puny", 4, 30},
    {"see http://p\xD0\xB0ypal.example", "l.odd", "url.mixed-script", 4, 25},
    {"see http://a.example/?http://b.example/", "l.odd", "url.redirector", 4,
     39},
    {"hurry 13800000000", "l.contact", "contact.any", 6, 17},
};

START_TEST(links_are_tokens_and_signals_of_rules)
{
    FzUrlTables *tables;
    const FzSignal *fact, *hit = NULL;
    Judge judge;

    judge_init_with(&judge, link_rules);
    ck_assert_int_eq(
        fz_url_tables_create(fz_url_config_samples(), NULL, &tables), FZ_OK);
    judge.env.urls = tables;
    judge_text(&judge, link_rows[_i].text);
    for (uint16_t i = 0; i < judge.verdict.signals.count; i++)
        if (judge.verdict.signals.item[i].rule >= 0 &&
            strcmp(judge.verdict.signals.item[i].name, "l.word") != 0)
            hit = &judge.verdict.signals.item[i];
    ck_assert_msg((hit == NULL) == (link_rows[_i].rule == NULL), "%s: %s",
                  link_rows[_i].text, hit == NULL ? "nothing" : hit->name);
    if (hit != NULL)
        ck_assert_str_eq(hit->name, link_rows[_i].rule);
    if (link_rows[_i].fact != NULL) {
        fact = fz_signals_find(&judge.verdict.signals, link_rows[_i].fact);
        ck_assert_msg(fact != NULL, "%s", link_rows[_i].text);
        ck_assert_int_eq(fact->weight, 0);
        ck_assert_uint_eq(fact->span_count, 1);
        ck_assert_uint_eq(fact->spans[0].cp_from, link_rows[_i].from);
        ck_assert_uint_eq(fact->spans[0].cp_to, link_rows[_i].to);
    }
    /* a rule in shadow still changes nothing, and a signal by itself neither */
    if (hit != NULL && hit->state == FZ_RULE_ACTIVE)
        ck_assert_int_eq(judge.verdict.score, 1000);
    else
        ck_assert_int_eq(judge.verdict.score, 0);
    judge_clear(&judge);
    fz_url_tables_destroy(tables);
}
END_TEST

START_TEST(links_of_one_message_are_not_those_of_the_next)
{
    FzUrlTables *tables;
    Judge judge;

    judge_init_with(&judge, link_rules);
    ck_assert_int_eq(
        fz_url_tables_create(fz_url_config_samples(), NULL, &tables), FZ_OK);
    judge.env.urls = tables;
    judge_text(&judge, "hurry http://bank.example 13800000000");
    ck_assert_uint_eq(fz_scanner_urls(judge.kit.scanner)->url_count, 1);
    judge_text(&judge, "hurry");
    ck_assert_uint_eq(fz_scanner_urls(judge.kit.scanner)->url_count, 0);
    ck_assert_uint_eq(fz_scanner_urls(judge.kit.scanner)->contact_count, 0);
    ck_assert_ptr_null(fz_signals_find(&judge.verdict.signals, "url.any"));
    /* nor without tables */
    judge_text(&judge, "hurry http://bank.example");
    judge.env.urls = NULL;
    judge_text(&judge, "hurry http://bank.example");
    ck_assert_uint_eq(fz_scanner_urls(judge.kit.scanner)->url_count, 0);
    ck_assert_ptr_null(fz_signals_find(&judge.verdict.signals, "url.any"));
    judge_clear(&judge);
    fz_url_tables_destroy(tables);
}
END_TEST

START_TEST(scan_output_is_as_documented)
{
    Judge judge;
    FzExplain what;
    json_t *it;
    char *text;

    judge_init(&judge);
    judge_text(&judge, "click here");
    what = explain(&judge);
    it = fz_explain_json(&what);
    json_object_set_new(it, "ruleset", json_string("x"));
    text = json_dumps(it, FZ_RECORD_DUMP);
    ck_assert_str_eq(
        text, "{\"verdict\":\"rewrite\",\"score\":6.0,\"by\":\"score\","
              "\"decider\":\"t.link\",\"reason\":\"phishing\","
              "\"profile\":\"default\",\"ruleset\":\"x\",\"signals\":[{\"id\":"
              "\"t.link\",\"rev\":3,\"state\":\"active\",\"weight\":6.0,"
              "\"view\":\"folded\",\"spans\":[[0,10]]}],\"urls\":[],"
              "\"contacts\":[],\"text\":\"(link removed)\"}");
    free(text);
    json_decref(it);
    judge_text(&judge, "see you");
    what = explain(&judge);
    it = fz_explain_json(&what);
    ck_assert(json_is_null(json_object_get(it, "reason")));
    ck_assert_ptr_null(json_object_get(it, "text"));
    json_decref(it);
    judge_clear(&judge);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verdict");
    TCase *judging = tcase_create("judge"), *cases = tcase_create("samples"),
          *telling = tcase_create("explain");

    tcase_add_loop_test(judging, a_message_is_judged, 0, COUNT(judge_rows));
    tcase_add_test(judging, judging_twice_gives_the_same);
    tcase_add_test(judging, without_rules_the_failure_policy_speaks);
    tcase_add_test(judging, what_is_not_text_meets_the_failure_policy);
    tcase_add_test(judging, what_is_too_long_meets_the_failure_policy);
    tcase_add_test(judging, parts_are_judged_as_the_phone_shows_them);
    tcase_add_test(judging, controls_change_what_counts);
    tcase_add_loop_test(judging, links_are_tokens_and_signals_of_rules, 0,
                        COUNT(link_rows));
    tcase_add_test(judging, links_of_one_message_are_not_those_of_the_next);
    suite_add_tcase(suite, judging);
    tcase_add_test(cases, samples_that_fail_say_where_and_why);
    tcase_add_test(cases, a_set_answers_for_itself_whatever_stands_beside_it);
    suite_add_tcase(suite, cases);
    tcase_add_test(telling,
                   an_explanation_names_part_place_and_what_would_differ);
    tcase_add_test(telling, a_terminal_is_never_driven_by_a_message);
    tcase_add_test(telling, scan_output_is_as_documented);
    suite_add_tcase(suite, telling);
    return fz_test_run(suite);
}
