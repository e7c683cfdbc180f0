/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a rule is asked, beside its phrase: conditions, states, views, limits.
 */
#include "config.h"

#include "base/buf.h"
#include "engine/decode/decode.h"
#include "engine/rules/matchdb.h"
#include "engine/rules/scanner.h"
#include "tests/rulekit.h"

#include <hs/hs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* --- the matcher, with a fault that a test can switch on ------------------ */
static hs_error_t fault; /* what hs_scan answers instead; 0: the truth */
static bool backwards;   /* hits in the order of last to first */

hs_error_t __real_hs_scan(const hs_database_t *db, const char *data,
                          unsigned int length, unsigned int flags,
                          hs_scratch_t *scratch, match_event_handler on_event,
                          void *context);
hs_error_t __wrap_hs_scan(const hs_database_t *db, const char *data,
                          unsigned int length, unsigned int flags,
                          hs_scratch_t *scratch, match_event_handler on_event,
                          void *context);

typedef struct Backwards {
    unsigned id[64];
    unsigned long long to[64];
    unsigned count;
} Backwards;

static int collect(unsigned id, unsigned long long from, unsigned long long to,
                   unsigned flags, void *ctx)
{
    Backwards *all = ctx;

    (void)from, (void)flags;
    all->id[all->count] = id;
    all->to[all->count++] = to;
    return 0;
}

hs_error_t __wrap_hs_scan(const hs_database_t *db, const char *data,
                          unsigned int length, unsigned int flags,
                          hs_scratch_t *scratch, match_event_handler on_event,
                          void *context)
{
    Backwards all = {.count = 0};

    if (fault != 0)
        return fault;
    if (!backwards)
        return __real_hs_scan(db, data, length, flags, scratch, on_event,
                              context);
    ck_assert_int_eq(
        __real_hs_scan(db, data, length, flags, scratch, collect, &all),
        HS_SUCCESS);
    while (all.count-- > 0)
        on_event(all.id[all.count], 0, all.to[all.count], 0, context);
    return HS_SUCCESS;
}

/* --- rules that are more than a phrase ------------------------------------ */
static const struct {
    const char *name, *rule, *text;
    int spans; /* -1: no match */
    FzSpan span[FZ_SIGNAL_SPANS];
} kinds[] = {
    /* all, in any order */
    {"all of them",
     "all = [ \"aa\", \"bb\" ];",
     "aa x bb",
     2,
     {{0, 2}, {5, 7}}},
    {"in any order",
     "all = [ \"aa\", \"bb\" ];",
     "bb x aa",
     2,
     {{0, 2}, {5, 7}}},
    {"not one without the other",
     "all = [ \"aa\", \"bb\" ];",
     "aa x aa",
     -1,
     {{0, 0}}},
    {"of five places four are kept",
     "all = [ \"aa\", \"bb\", \"cc\", \"dd\", \"ee\" ];",
     "ee dd cc bb aa",
     4,
     {{0, 2}, {3, 5}, {6, 8}, {9, 11}}},
    {"phrases with gaps",
     "all = [ \"aa ~2 bb\", \"cc\" ];",
     "cc aa x bb",
     -1,
     {{0, 0}}},
    {"phrases with gaps that hold",
     "all = [ \"aa ~3 bb\", \"cc\" ];",
     "cc aa x bb",
     2,
     {{0, 2}, {3, 10}}},
    {"the same place may serve twice",
     "all = [ \"aa\", \"(aa|bb)\" ];",
     "aa",
     2,
     {{0, 2}, {0, 2}}},

    /* within */
    {"within its width",
     "all = [ \"aa\", \"bb\" ]; within = 6;",
     "aa  bb",
     2,
     {{0, 2}, {4, 6}}},
    {"within one less",
     "all = [ \"aa\", \"bb\" ]; within = 4;",
     "aa x bb",
     -1,
     {{0, 0}}},
    {"within, of several choices the near one",
     "all = [ \"aa\", \"bb\" ]; within = 5;",
     "aa x x x bb aa",
     2,
     {{9, 11}, {12, 14}}},
    {"within, the first that fits",
     "all = [ \"aa\", \"bb\", \"cc\" ]; within = 8;",
     "aa x x bb cc aa x x x bb aa cc",
     3,
     {{7, 9}, {10, 12}, {13, 15}}},
    {"within counts characters",
     "all = [ \"安全\", \"账户\" ]; within = 6;",
     "安全😀😀账户",
     2,
     {{0, 2}, {4, 6}}},
    {"within, beyond the nearest match of a phrase",
     "all = [ \"aa\", \"bb ~9 cc\" ]; within = 12;",
     "bb cc x x x bb x cc aa",
     2,
     {{12, 19}, {20, 22}}},

    /* none */
    {"none of these",
     "phrase = \"aa\"; none = [ \"bb\" ];",
     "aa x bb",
     -1,
     {{0, 0}}},
    {"none of these, and none is there",
     "phrase = \"aa\"; none = [ \"bb\" ];",
     "aa x b",
     1,
     {{0, 2}}},
    {"none, as a phrase",
     "phrase = \"aa\"; none = [ \"bb ~2 cc\" ];",
     "aa bb xx cc",
     1,
     {{0, 2}}},
    {"none of several",
     "phrase = \"aa\"; none = [ \"bb\", \"cc\" ];",
     "aa cc",
     -1,
     {{0, 0}}},
    {"all and none",
     "all = [ \"aa\", \"bb\" ]; none = [ \"cc\" ];",
     "aa bb",
     2,
     {{0, 2}, {3, 5}}},

    /* facts */
    {"a signal that must be there",
     "all = [ \"weixin\", \"text.truncated\" ];",
     "weixin",
     -1,
     {{0, 0}}},
    {"a signal that must not",
     "phrase = \"weixin\"; none = [ \"text.truncated\" ];",
     "weixin",
     1,
     {{0, 6}}},

    /* regexes */
    {"a regex", "regex = \"ab+c\";", "x abbbc y", 1, {{2, 7}}},
    {"a regex that does not match",
     "regex = \"ab+c\";",
     "x ac y",
     -1,
     {{0, 0}}},
    {"a regex is asked of the folded view",
     "regex = \"abc\";",
     "x ＡＢＣ",
     1,
     {{2, 5}}},
    {"a regex over a line break of the raw view",
     "regex = \"a.b\"; view = \"raw\";",
     "a\nb",
     1,
     {{0, 3}}},
    {"a regex in Han",
     "regex = \"转账.{0,3}账户\";",
     "请转账到安全账户",
     1,
     {{1, 8}}},
    {"a regex counts characters",
     "regex = \"转账.{0,2}账户\";",
     "请转账到安全账户",
     -1,
     {{0, 0}}},
    {"a regex and none",
     "regex = \"ab+c\"; none = [ \"xy\" ];",
     "abc xy",
     -1,
     {{0, 0}}},
    {"a regex and none that is not there",
     "regex = \"ab+c\"; none = [ \"xy\" ];",
     "abc x",
     1,
     {{0, 3}}},
    {"a regex with groups", "regex = \"(a|b)(c|d)\";", "xbd", 1, {{1, 3}}},

    /* no word to begin with */
    {"digits alone", "phrase = \"#6\";", "x 123456", 1, {{2, 8}}},
    {"digits alone, not there", "phrase = \"#6\";", "x 12345", -1, {{0, 0}}},

    /* views */
    {"the raw view keeps case",
     "phrase = \"AbC\"; view = \"raw\";",
     "x AbC",
     1,
     {{2, 5}}},
    {"the raw view keeps case, so abc is another",
     "phrase = \"AbC\"; view = \"raw\";",
     "x abc",
     -1,
     {{0, 0}}},
    {"a skeleton rule is asked of the folded view too",
     "phrase = \"paypal\"; view = \"skeleton\";",
     "my paypal",
     1,
     {{3, 9}}},
    {"a skeleton rule finds what looks alike",
     "phrase = \"paypal\"; view = \"skeleton\";",
     "my p\xD0\xB0ypal",
     1,
     {{3, 9}}},
    {"a folded rule does not",
     "phrase = \"paypal\";",
     "my p\xD0\xB0ypal",
     -1,
     {{0, 0}}},
    {"a despaced rule finds what was pulled apart",
     "phrase = \"安全账户\"; view = \"despaced\";",
     "转到安 全-账·户吧",
     1,
     {{2, 9}}},
    {"a folded rule does not find that",
     "phrase = \"安全账户\";",
     "转到安 全-账·户吧",
     -1,
     {{0, 0}}},
    {"Latin letters pulled apart",
     "phrase = \"refund\"; view = \"despaced\";",
     "r.e.f.u.n.d here",
     1,
     {{0, 11}}},
    {"the digits view finds disguised digits",
     "phrase = \"#11\"; view = \"digits\";",
     "加1三8零零1②345六",
     1,
     {{1, 12}}},
    {"the digits view parts runs at other words",
     "phrase = \"#11\"; view = \"digits\";",
     "138000和12345",
     -1,
     {{0, 0}}},
    {"a despaced rule is asked of the folded view too",
     "phrase = \"安全账户\"; view = \"despaced\";",
     "转到安全账户",
     1,
     {{2, 6}}},
};

START_TEST(a_rule_means)
{
    char rules[512];
    const FzSignal *hit;
    FzKit kit;

    snprintf(rules, sizeof rules, "rules = ( { id = \"r\"; %s } );",
             kinds[_i].rule);
    fz_kit_init(&kit, rules);
    ck_assert_int_eq(fz_kit_scan(&kit, kinds[_i].text), 0);
    hit = fz_kit_hit(&kit, "r");
    ck_assert_msg((hit == NULL) == (kinds[_i].spans < 0), "%s: %s",
                  kinds[_i].name, hit == NULL ? "no match" : "a match");
    if (hit != NULL) {
        ck_assert_msg(hit->span_count == kinds[_i].spans, "%s: %d spans",
                      kinds[_i].name, hit->span_count);
        for (int s = 0; s < hit->span_count; s++)
            ck_assert_msg(hit->spans[s].cp_from == kinds[_i].span[s].cp_from &&
                              hit->spans[s].cp_to == kinds[_i].span[s].cp_to,
                          "%s: span %d is %u..%u", kinds[_i].name, s,
                          hit->spans[s].cp_from, hit->spans[s].cp_to);
    }
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(a_signal_says_what_its_rule_says)
{
    const FzSignal *hit;
    FzKit kit;

    fz_kit_init(&kit, "rules = ( { id = \"r\"; rev = 3; phrase = \"abc\";"
                      " score = 6.5; group = \"g\"; action = \"warn\"; } );");
    fz_kit_scan(&kit, "xx abc");
    hit = fz_kit_hit(&kit, "r");
    ck_assert_ptr_nonnull(hit);
    ck_assert_int_eq(hit->rule, 0);
    ck_assert_uint_eq(hit->rev, 3);
    ck_assert_int_eq(hit->state, FZ_RULE_ACTIVE);
    ck_assert_int_eq(hit->weight, 650);
    ck_assert_int_eq(hit->action, FZ_RULE_WARN);
    ck_assert_str_eq(hit->group, "g");
    ck_assert_int_eq(hit->view, FZ_VIEW_FOLDED);
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(rules_are_reported_in_the_order_of_their_ids)
{
    FzKit kit;

    fz_kit_init(&kit, "rules = ( { id = \"c\"; phrase = \"one\"; },"
                      "{ id = \"a\"; phrase = \"two\"; },"
                      "{ id = \"b\"; regex = \"thr[e]+\"; } );");
    fz_kit_scan(&kit, "three one two");
    ck_assert_int_eq(kit.signals.count, 3);
    ck_assert_str_eq(kit.signals.item[0].name, "a");
    ck_assert_str_eq(kit.signals.item[1].name, "b");
    ck_assert_str_eq(kit.signals.item[2].name, "c");
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(a_fact_is_told_beside_the_rule_that_asks_for_it)
{
    FzText *text;
    FzKit kit;

    fz_kit_init(&kit, "rules = ( { id = \"r\";"
                      " all = [ \"abc\", \"text.truncated\" ]; } );");
    fz_kit_scan(&kit, "abc");
    ck_assert_int_eq(kit.signals.count, 0);
    text = fz_scanner_text(kit.scanner);
    text->flags |= FZ_TEXT_TRUNCATED;
    fz_signals_reset(&kit.signals);
    fz_ruleset_scan(kit.ruleset, NULL, &kit.message, kit.scanner, &kit.signals);
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "r"));
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "text.truncated"));
    ck_assert_int_eq(fz_kit_hit(&kit, "text.truncated")->rule, -1);
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(a_signal_of_others_is_a_fact)
{
    FzSignal other = {.name = "text.bidi", .rule = -1};
    FzKit kit;

    fz_kit_init(&kit, "rules = ( { id = \"r\";"
                      " all = [ \"abc\", \"text.bidi\" ]; } );");
    fz_kit_scan(&kit, "abc");
    ck_assert_int_eq(kit.signals.count, 0);
    fz_signals_add(&kit.signals, &other);
    fz_ruleset_scan(kit.ruleset, NULL, &kit.message, kit.scanner, &kit.signals);
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "r"));
    ck_assert_int_eq(kit.signals.count, 2); /* it is not told twice */
    fz_kit_clear(&kit);
}
END_TEST

/* --- tokens --------------------------------------------------------------- */

START_TEST(a_token_is_found_where_extraction_saw_it)
{
    static const struct {
        const char *text, *phrase;
        FzSpan token;
        int from, to;
    } tokens[] = {
        {"点击 t.example/x 登录", "点击 <url>", {3, 14}, 0, 14},
        {"点击 t.example/x 登录", "<url> ~1 登录", {3, 14}, 3, 17},
        {"点击 t.example/x 登录", "<tel>", {3, 14}, -1, -1},
        {"点击 t.example/x 登录", "点击 (<tel>|<url>)", {3, 14}, 0, 14},
        {"点击 t.example/x 登录", "点击 (<tel>|t.example)", {20, 20}, 0, 12},
        {"点　击\xE2\x80\x8B"
         "ab",
         "<url>",
         {4, 6},
         4,
         6},
    };
    for (size_t i = 0; i < COUNT(tokens); i++) {
        const FzSignal *hit;
        char rules[256];
        FzKit kit;

        snprintf(rules, sizeof rules,
                 "rules = ( { id = \"r\"; phrase = \"%s\"; } );",
                 tokens[i].phrase);
        fz_kit_init(&kit, rules);
        fz_tokens_answer(fz_scanner_tokens(kit.scanner), UINT16_MAX);
        if (tokens[i].token.cp_from < tokens[i].token.cp_to)
            fz_tokens_add(fz_scanner_tokens(kit.scanner), FZ_ENTITY_URL,
                          tokens[i].token);
        ck_assert_int_eq(fz_kit_scan(&kit, tokens[i].text), 0);
        hit = fz_kit_hit(&kit, "r");
        ck_assert_msg((hit != NULL) == (tokens[i].from >= 0), "%s in %s",
                      tokens[i].phrase, tokens[i].text);
        if (hit != NULL)
            ck_assert_msg(hit->spans[0].cp_from == tokens[i].from &&
                              hit->spans[0].cp_to == tokens[i].to,
                          "%s in %s: %u..%u", tokens[i].phrase, tokens[i].text,
                          hit->spans[0].cp_from, hit->spans[0].cp_to);
        /* the next message has none of them */
        ck_assert_int_eq(fz_scanner_tokens(kit.scanner)->count, 0);
        fz_kit_clear(&kit);
    }
}
END_TEST

/* --- conditions ----------------------------------------------------------- */
static const struct {
    const char *name, *when;
    const char *sender, *identity;
    FzDirection direction;
    bool holds;
} whens[] = {
    {"no condition", "", NULL, NULL, FZ_DIRECTION_MT, true},
    {"an exact value", "sender = \"106\";", "106", NULL, 0, true},
    {"another value", "sender = \"106\";", "1061", NULL, 0, false},
    {"no value at all", "sender = \"106\";", NULL, NULL, 0, false},
    {"a prefix", "sender = \"prefix:106\";", "1061", NULL, 0, true},
    {"a prefix that is the value", "sender = \"prefix:106\";", "106", NULL, 0,
     true},
    {"a prefix that is not", "sender = \"prefix:106\";", "107", NULL, 0, false},
    {"not a value", "sender = \"!106\";", "106", NULL, 0, false},
    {"not a value, and it is another", "sender = \"!106\";", "107", NULL, 0,
     true},
    {"not a value, and there is none", "sender = \"!106\";", NULL, NULL, 0,
     true},
    {"one of several", "sender = [ \"1\", \"2\" ];", "2", NULL, 0, true},
    {"none of several", "sender = [ \"1\", \"2\" ];", "3", NULL, 0, false},
    {"a prefix but not one value", "sender = [ \"prefix:1\", \"!12\" ];", "13",
     NULL, 0, true},
    {"a prefix but just that value", "sender = [ \"prefix:1\", \"!12\" ];",
     "12", NULL, 0, false},
    {"not a prefix", "sender = \"!prefix:1\";", "12", NULL, 0, false},
    {"two fields", "sender = \"1\"; identity = \"a\";", "1", "a", 0, true},
    {"two fields, one of them", "sender = \"1\"; identity = \"a\";", "1", "b",
     0, false},
    {"a direction", "direction = \"mo\";", NULL, NULL, FZ_DIRECTION_MO, true},
    {"another direction", "direction = \"mo\";", NULL, NULL, FZ_DIRECTION_MT,
     false},
};

START_TEST(when_says_which_messages)
{
    static const char *const shapes[] = {"phrase = \"abc\";",
                                         "regex = \"ab[c]\";",
                                         "all = [ \"abc\", \"xyz\" ];"};

    for (size_t s = 0; s < COUNT(shapes); s++) {
        char rules[256];
        FzKit kit;

        snprintf(rules, sizeof rules,
                 "rules = ( { id = \"r\"; %s when = { %s }; } );", shapes[s],
                 whens[_i].when);
        fz_kit_init(&kit, rules);
        kit.message.sender = fz_slice_of(whens[_i].sender);
        kit.message.identity = fz_slice_of(whens[_i].identity);
        kit.message.direction = whens[_i].direction;
        fz_kit_scan(&kit, "abc xyz");
        ck_assert_msg((kit.signals.count == 1) == whens[_i].holds, "%s",
                      whens[_i].name);
        fz_kit_clear(&kit);
    }
}
END_TEST

START_TEST(when_knows_every_field)
{
    static const char *const fields[] = {"identity", "boxc", "smsc", "sender",
                                         "receiver"};

    for (size_t i = 0; i < COUNT(fields); i++) {
        FzSlice *slice[5];
        char rules[256];
        FzKit kit;

        snprintf(rules, sizeof rules,
                 "rules = ( { id = \"r\"; phrase = \"abc\";"
                 " when = { %s = \"here\"; }; } );",
                 fields[i]);
        fz_kit_init(&kit, rules);
        slice[0] = &kit.message.identity;
        slice[1] = &kit.message.boxc;
        slice[2] = &kit.message.smsc;
        slice[3] = &kit.message.sender;
        slice[4] = &kit.message.receiver;
        for (size_t f = 0; f < COUNT(fields); f++) {
            *slice[f] = fz_slice_of("here");
            fz_kit_scan(&kit, "abc");
            ck_assert_msg((kit.signals.count == 1) == (f == i), "%s, %s",
                          fields[i], fields[f]);
            *slice[f] = fz_slice_of("there");
        }
        fz_kit_clear(&kit);
    }
}
END_TEST

START_TEST(a_rule_ends_with_its_last_day)
{
    FzKit kit;

    fz_kit_init(&kit, "rules = ( { id = \"r\"; phrase = \"abc\";"
                      " expires = \"2027-06-30\"; } );");
    kit.message.now_ms = 1814400000000 - 1;
    fz_kit_scan(&kit, "abc");
    ck_assert_int_eq(kit.signals.count, 1);
    kit.message.now_ms = 1814400000000;
    fz_kit_scan(&kit, "abc");
    ck_assert_int_eq(kit.signals.count, 0);
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(controls_have_the_last_word_on_states)
{
    FzRuleControls controls;
    FzKit kit;

    fz_kit_init(&kit, "rules = ( { id = \"a\"; phrase = \"abc\"; },"
                      "{ id = \"b\"; phrase = \"abc\"; state = \"shadow\"; },"
                      "{ id = \"c\"; phrase = \"abc\"; } );");
    fz_rule_controls_init(&controls, kit.ruleset);
    ck_assert_uint_eq(controls.count, 3);
    kit.controls = &controls;
    fz_kit_scan(&kit, "abc");
    ck_assert_int_eq(fz_kit_hit(&kit, "a")->state, FZ_RULE_ACTIVE);
    ck_assert_int_eq(fz_kit_hit(&kit, "b")->state, FZ_RULE_SHADOW);
    atomic_store(&controls.state[0], FZ_RULE_SHADOW);  /* the brake */
    atomic_store(&controls.state[1], FZ_RULE_ACTIVE);  /* a promotion */
    atomic_store(&controls.state[2], FZ_RULE_RETIRED); /* switched off */
    fz_kit_scan(&kit, "abc");
    ck_assert_int_eq(fz_kit_hit(&kit, "a")->state, FZ_RULE_SHADOW);
    ck_assert_int_eq(fz_kit_hit(&kit, "b")->state, FZ_RULE_ACTIVE);
    ck_assert_ptr_null(fz_kit_hit(&kit, "c"));
    fz_rule_controls_clear(&controls);
    fz_kit_clear(&kit);
}
END_TEST

/* --- faults and limits ---------------------------------------------------- */

START_TEST(a_fault_of_the_matcher_is_told)
{
    static const hs_error_t faults[] = {HS_INVALID, HS_NOMEM, HS_UNKNOWN_ERROR,
                                        HS_SCRATCH_IN_USE};
    static const char *const rules[] = {
        "rules = ( { id = \"r\"; phrase = \"abc\"; } );",
        "rules = ( { id = \"r\"; regex = \"ab[c]\"; } );"};

    for (size_t r = 0; r < COUNT(rules); r++) {
        FzKit kit;

        fz_kit_init(&kit, rules[r]);
        for (size_t i = 0; i < COUNT(faults); i++) {
            fault = faults[i];
            ck_assert_int_eq(fz_kit_scan(&kit, "abc"), FZ_SCAN_FAILED);
            ck_assert_int_eq(kit.signals.count, 0);
            fault = 0;
            ck_assert_int_eq(fz_kit_scan(&kit, "abc"), 0);
            ck_assert_int_eq(kit.signals.count, 1);
        }
        fz_kit_clear(&kit);
    }
}
END_TEST

START_TEST(too_many_hits_are_told_and_what_was_found_stands)
{
    FzBuf text = FZ_BUF_INIT;
    FzKit kit;

    /* four words end at every character of the text */
    fz_kit_init(&kit,
                "rules = ( { id = \"a\"; phrase = \"begin\"; },"
                "{ id = \"b\"; phrase = \"(啊啊|啊啊啊|啊啊啊啊|啊啊啊啊啊) "
                "~5 never\"; },"
                "{ id = \"c\"; phrase = \"finish\"; } );");
    fz_buf_append_text(&text, "begin ");
    for (int i = 0; i < 3000; i++)
        fz_buf_append_text(&text, "啊");
    fz_buf_append_text(&text, " finish");
    ck_assert_int_eq(fz_kit_scan(&kit, fz_buf_text(&text)), FZ_SCAN_WORK_LIMIT);
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "a"));
    ck_assert_ptr_null(fz_kit_hit(&kit, "c"));
    /* the next message has its own limits */
    ck_assert_int_eq(fz_kit_scan(&kit, "finish"), 0);
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "c"));
    fz_kit_clear(&kit);
    fz_buf_clear(&text);
}
END_TEST

START_TEST(too_many_steps_are_told)
{
    FzBuf text = FZ_BUF_INIT, rules = FZ_BUF_INIT;
    FzKit kit;

    /* 400 rules, each of which is nearly there everywhere */
    fz_buf_append_text(&rules, "rules = (");
    for (int i = 0; i < 400; i++)
        fz_buf_printf(&rules,
                      "%s { id = \"r-%d\"; phrase = \"aa ~%d bb ~%d (cc|zz%d)"
                      "\"; }",
                      i == 0 ? "" : ",", i, 1 + i % 90, i % 3, i);
    fz_buf_append_text(&rules, ");");
    fz_kit_init(&kit, fz_buf_text(&rules));
    for (int i = 0; i < 2000; i++)
        fz_buf_append_text(&text, "aa bb xxxx cc ");
    ck_assert_int_eq(fz_kit_scan(&kit, fz_buf_text(&text)), FZ_SCAN_WORK_LIMIT);
    ck_assert_uint_eq(kit.scanner->steps_left, 0);
    ck_assert_int_eq(fz_kit_scan(&kit, "aa bb cc"), 0);
    ck_assert_int_eq(kit.signals.count, FZ_LIMIT_SIGNALS);
    fz_kit_clear(&kit);
    fz_buf_clear(&text);
    fz_buf_clear(&rules);
}
END_TEST

START_TEST(an_ordinary_message_is_far_from_the_limits)
{
    static char text[160 * 3 + 1];
    FzKit kit;

    fz_kit_init(&kit,
                "rules = ( { id = \"r\"; phrase = \"安全 ~20 账户\"; } );");
    for (int i = 0; i < 160; i++)
        memcpy(text + 3 * i, i % 2 == 0 ? "安" : "全", 3);
    ck_assert_int_eq(fz_kit_scan(&kit, text), 0);
    ck_assert_uint_gt(kit.scanner->steps_left, FZ_LIMIT_STEPS(160) - 1000);
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(a_view_that_was_cut_is_told)
{
    FzViews *views;
    FzKit kit;

    fz_kit_init(&kit, "rules = ( { id = \"r\"; phrase = \"abc\"; } );");
    fz_kit_scan(&kit, "abc");
    views = fz_scanner_views(kit.scanner);
    views->view[FZ_VIEW_FOLDED].cut = true;
    fz_signals_reset(&kit.signals);
    ck_assert_int_eq(fz_ruleset_scan(kit.ruleset, NULL, &kit.message,
                                     kit.scanner, &kit.signals),
                     FZ_SCAN_WORK_LIMIT);
    ck_assert_int_eq(kit.signals.count, 1);
    fz_kit_clear(&kit);
}
END_TEST

/* Hyperscan's order of callbacks is not promised. */
START_TEST(hits_out_of_order_are_put_in_order)
{
    static const char *const texts[] = {
        "aa x bb", "bb x aa", "aa x aa y bb z bb", "aa aa aa bb bb bb aa bb"};

    for (size_t i = 0; i < COUNT(texts); i++) {
        FzSignal straight;
        FzKit kit;

        fz_kit_init(&kit, "rules = ( { id = \"r\"; phrase = \"aa ~4 bb\"; } "
                          ");");
        fz_kit_scan(&kit, texts[i]);
        straight = kit.signals.item[0];
        backwards = true;
        fz_kit_scan(&kit, texts[i]);
        backwards = false;
        ck_assert_int_eq(kit.signals.count, i != 1);
        if (i != 1)
            ck_assert_int_eq(memcmp(&straight.spans, &kit.signals.item[0].spans,
                                    sizeof straight.spans),
                             0);
        fz_kit_clear(&kit);
    }
}
END_TEST

START_TEST(the_database_finds_each_string_in_itself)
{
    FzSlice strings[] = {
        fz_slice_of("\\x(["), fz_slice_of("abc"),
        fz_slice_of("abc------------------------------------")};
    FzCache none = {.folder = NULL};
    FzMatchDb *db = NULL;

    ck_assert_int_eq(
        fz_matchdb_create(strings, COUNT(strings), FZ_MATCH_QUICK, &none, &db),
        FZ_OK);
    ck_assert_uint_gt(fz_matchdb_octets(db), 0);
    fz_matchdb_destroy(db);
    /* and refuses to be when it does not */
    fault = HS_UNKNOWN_ERROR;
    ck_assert_int_eq(
        fz_matchdb_create(strings, COUNT(strings), FZ_MATCH_QUICK, &none, &db),
        FZ_E_STATE);
    fault = 0;
}
END_TEST

/* --- the pool ------------------------------------------------------------- */

START_TEST(a_scanner_that_was_given_back_is_taken_again)
{
    FzScanner *one, *two;
    FzKit kit;

    fz_kit_init(&kit, "rules = ( { id = \"r\"; phrase = \"abc\"; } );");
    one = fz_scanner_take(kit.pool);
    ck_assert_ptr_ne(one, kit.scanner);
    fz_scanner_give(kit.pool, one);
    two = fz_scanner_take(kit.pool);
    ck_assert_ptr_eq(one, two);
    fz_scanner_give(kit.pool, two);
    fz_kit_clear(&kit);
}
END_TEST

typedef struct Worker {
    FzKit *kit;
    _Atomic int *in_use; /* by scanner's number */
    int wrong;
} Worker;

/* The whole way, so that a sanitizer sees what a handed-on scanner holds. */
static bool matches(FzKit *kit, FzScanner *scanner)
{
    FzMessage message = {.coding = FZ_CODING_7BIT,
                         .octets = fz_slice_of("xx abc")};
    FzSignals signals;

    fz_signals_reset(&signals);
    if (fz_decode(&message, fz_scanner_text(scanner)) != FZ_OK ||
        fz_views_build(fz_scanner_text(scanner), fz_ruleset_views(kit->ruleset),
                       fz_scanner_views(scanner)) != FZ_OK ||
        fz_ruleset_scan(kit->ruleset, NULL, &message, scanner, &signals) != 0)
        return false;
    return signals.count == 1;
}

static void *work(void *arg)
{
    Worker *worker = arg;

    for (int i = 0; i < 500; i++) {
        FzScanner *scanner = fz_scanner_take(worker->kit->pool);

        if (atomic_fetch_add(&worker->in_use[scanner->number], 1) != 0)
            worker->wrong++;
        worker->wrong += !matches(worker->kit, scanner);
        atomic_fetch_sub(&worker->in_use[scanner->number], 1);
        fz_scanner_give(worker->kit->pool, scanner);
    }
    return NULL;
}

START_TEST(no_two_threads_have_one_scanner)
{
    static _Atomic int in_use[64];
    pthread_t thread[6];
    Worker worker[6];
    FzKit kit;

    fz_kit_init(&kit, "rules = ( { id = \"r\"; phrase = \"abc\"; } );");
    for (size_t i = 0; i < COUNT(thread); i++) {
        worker[i] = (Worker){&kit, in_use, 0};
        ck_assert_int_eq(pthread_create(&thread[i], NULL, work, &worker[i]), 0);
    }
    for (size_t i = 0; i < COUNT(thread); i++) {
        pthread_join(thread[i], NULL);
        ck_assert_int_eq(worker[i].wrong, 0);
    }
    fz_kit_clear(&kit);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scan");
    TCase *tc = tcase_create("scan");

    tcase_add_loop_test(tc, a_rule_means, 0, COUNT(kinds));
    tcase_add_test(tc, a_signal_says_what_its_rule_says);
    tcase_add_test(tc, rules_are_reported_in_the_order_of_their_ids);
    tcase_add_test(tc, a_fact_is_told_beside_the_rule_that_asks_for_it);
    tcase_add_test(tc, a_signal_of_others_is_a_fact);
    tcase_add_test(tc, a_token_is_found_where_extraction_saw_it);
    tcase_add_loop_test(tc, when_says_which_messages, 0, COUNT(whens));
    tcase_add_test(tc, when_knows_every_field);
    tcase_add_test(tc, a_rule_ends_with_its_last_day);
    tcase_add_test(tc, controls_have_the_last_word_on_states);
    tcase_add_test(tc, a_fault_of_the_matcher_is_told);
    tcase_add_test(tc, too_many_hits_are_told_and_what_was_found_stands);
    tcase_add_test(tc, too_many_steps_are_told);
    tcase_add_test(tc, an_ordinary_message_is_far_from_the_limits);
    tcase_add_test(tc, a_view_that_was_cut_is_told);
    tcase_add_test(tc, hits_out_of_order_are_put_in_order);
    tcase_add_test(tc, the_database_finds_each_string_in_itself);
    tcase_add_test(tc, a_scanner_that_was_given_back_is_taken_again);
    tcase_add_test(tc, no_two_threads_have_one_scanner);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
