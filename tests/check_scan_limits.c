/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a scan does at its bounds: a matcher that fails, too much work, many
 * threads.
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
static unsigned scans;

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

    scans++;
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

/* A rule of so many words that they are not searched for one by one. */
static const char *rule_of_many(const char *word, const char *behind)
{
    static FzBuf rule;

    rule.octets = 0;
    fz_buf_printf(&rule, "rules = ( { id = \"r\"; phrase = \"(%s", word);
    for (int i = 10; i < 80; i++)
        fz_buf_printf(&rule, "|other%d", i);
    fz_buf_printf(&rule, ")%s\"; } );", behind);
    return fz_buf_text(&rule);
}

/* --- faults and limits ---------------------------------------------------- */

START_TEST(a_fault_of_the_matcher_is_told)
{
    static const hs_error_t faults[] = {HS_INVALID, HS_NOMEM, HS_UNKNOWN_ERROR,
                                        HS_SCRATCH_IN_USE};
    for (int r = 0; r < 2; r++) {
        FzKit kit;

        fz_kit_init(&kit,
                    r == 0 ? rule_of_many("abc", "")
                           : "rules = ( { id = \"r\"; regex = \"ab[c]\"; } );");
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

START_TEST(the_matcher_is_asked_for_many_words_alone)
{
    FzKit kit;

    fz_kit_init(&kit, "rules = ( { id = \"r\"; phrase = \"abc ~5 def\"; } );");
    scans = 0;
    fz_kit_scan(&kit, "abc, def");
    ck_assert_int_eq(kit.signals.count, 1);
    ck_assert_uint_eq(scans, 0);
    fz_kit_clear(&kit);
    fz_kit_init(&kit, rule_of_many("abc", " ~5 def"));
    scans = 0; /* it was asked about each word while it was made */
    fz_kit_scan(&kit, "abc, def");
    ck_assert_int_eq(kit.signals.count, 1);
    ck_assert_uint_eq(scans, 1);
    fz_kit_clear(&kit);
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

/* A form whose term of few words stands nowhere costs these, not all the words
 * that a long message has. */
START_TEST(what_a_form_wants_costs_no_more_than_its_own_words)
{
    FzBuf text = FZ_BUF_INIT, rules = FZ_BUF_INIT;
    FzKit kit;

    fz_buf_append_text(&rules, "rules = (");
    for (int i = 0; i < 300; i++) {
        fz_buf_printf(
            &rules, "{ id = \"w-%d\"; phrase = \"word%d ~9 never\"; }, ", i, i);
        fz_buf_printf(&text, "word%d ", i);
    }
    for (int i = 0; i < 1000; i++)
        fz_buf_printf(&rules,
                      "%s{ id = \"r-%d\"; all = [ \"word1\", \"word2\", "
                      "\"(的|%d的)\" ]; }",
                      i == 0 ? "" : ", ", i, i);
    fz_buf_append_text(&rules, ");");
    fz_kit_init(&kit, fz_buf_text(&rules));
    ck_assert_int_eq(fz_kit_scan(&kit, fz_buf_text(&text)), 0);
    ck_assert_uint_gt(kit.scanner->steps_left,
                      FZ_LIMIT_STEPS(text.octets) - 300 - 10 * 1000);
    fz_kit_clear(&kit);
    fz_buf_clear(&text);
    fz_buf_clear(&rules);
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

        fz_kit_init(&kit, rule_of_many("aa", " ~4 bb"));
        fz_kit_scan(&kit, texts[i]);
        straight = kit.signals.item[0];
        backwards = true;
        scans = 0;
        fz_kit_scan(&kit, texts[i]);
        backwards = false;
        ck_assert_uint_eq(scans, 1);
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
    Suite *suite = suite_create("scan limits");
    TCase *tc = tcase_create("scan limits");

    tcase_add_test(tc, a_fault_of_the_matcher_is_told);
    tcase_add_test(tc, the_matcher_is_asked_for_many_words_alone);
    tcase_add_test(tc, too_many_hits_are_told_and_what_was_found_stands);
    tcase_add_test(tc, too_many_steps_are_told);
    tcase_add_test(tc, an_ordinary_message_is_far_from_the_limits);
    tcase_add_test(tc, what_a_form_wants_costs_no_more_than_its_own_words);
    tcase_add_test(tc, a_view_that_was_cut_is_told);
    tcase_add_test(tc, hits_out_of_order_are_put_in_order);
    tcase_add_test(tc, the_database_finds_each_string_in_itself);
    tcase_add_test(tc, a_scanner_that_was_given_back_is_taken_again);
    tcase_add_test(tc, no_two_threads_have_one_scanner);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
