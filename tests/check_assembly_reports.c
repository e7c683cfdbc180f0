/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_assembly_reports.c - who hears what bearerbox reports on a rewritten
 * message, through fanzha.so in a host that shows reports
 */
#include "config.h"

#include "base/clock.h"
#include "store/store.h"
#include "tests/assembly_kit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#define BUFFERED FZBOX_STATUS_BUFFERED
#define OK PLUGINBOX_MESSAGE_OK
#define DROP PLUGINBOX_MESSAGE_DROP
#define META_19 "?orig_msg?dlr_mask=19&"

static const char *const texts[] = {"at http://tr", "ack.example/ab",
                                    "c tonight"};

static uint8_t the_id; /* KitPart.id of those below */

/* One whose parts asked with these masks; 0: with no dlr-url. Its number among
 * the injected is `at`. */
static const Msg *rewritten(unsigned reference, const long *masks, size_t at)
{
    static const char *const boxes[] = {"box-one", "box-two", "box-one"};
    char url[8];

    for (unsigned i = 3; i > 0; i--) {
        KitPart it = kit_part_of(reference, 3, i, texts[i - 1]);

        snprintf(url, sizeof url, "url-%u", i);
        it.dlr_url = masks[i - 1] == 0 ? NULL : url;
        it.dlr_mask = masks[i - 1];
        it.box = boxes[i - 1];
        it.id = the_id;
        kit_expect(&it, BUFFERED);
    }
    kit_expect_injected(at, "at [gone] tonight");
    kit_expect_figure("assembly.leaving", 0);
    return kit_injected(at)->msg;
}

static const long all[] = {19, 19, 19};

static void expect_copy(size_t at, unsigned number, long type, const char *box)
{
    const KitInjected *it = kit_injected(at);
    char want[32];

    ck_assert_int_eq(it->emulate, PLUGINBOX_MESSAGE_FROM_BEARERBOX);
    ck_assert_str_eq(it->box, box);
    ck_assert_int_eq(it->msg->sms.sms_type, report_mo);
    ck_assert_int_eq(it->msg->sms.dlr_mask, type);
    snprintf(want, sizeof want, "url-%u", number);
    ck_assert_str_eq(octstr_get_cstr(it->msg->sms.dlr_url), want);
    snprintf(want, sizeof want, "type %ld", type);
    ck_assert_str_eq(octstr_get_cstr(it->msg->sms.msgdata), want);
    ck_assert_str_eq(octstr_get_cstr(it->msg->sms.sender), "10086");
    ck_assert_str_eq(octstr_get_cstr(it->msg->sms.receiver), "+15550100");
    ck_assert_str_eq(octstr_get_cstr(it->msg->sms.service), "tester");
    ck_assert_str_eq(octstr_get_cstr(it->msg->sms.foreign_id), "4711");
}

static void expect_over(void)
{
    kit_expect_nothing_left();
    kit_expect_figure("assembly.awaiting", 0);
    kit_expect_figure("store.parts", 0);
}

/* --- who hears --------------------------------------------------------------
 */
static const long finals[] = {1, 2, 16};

START_TEST(a_final_report_reaches_every_part_that_asked_and_ends_it)
{
    long type = finals[_i];
    const Msg *whole;

    kit_start("enforce", "");
    whole = rewritten(4, all, 0);
    ck_assert_int_eq(kit_figure("assembly.awaiting"), 2);
    ck_assert_int_eq(whole->sms.dlr_mask, 19);
    ck_assert_int_eq(kit_reported(kit_report(whole, type), "url-1", META_19),
                     OK);
    expect_copy(1, 2, type, "box-two");
    expect_copy(2, 3, type, "box-one");
    ck_assert_str_eq(octstr_get_cstr(kit_injected(1)->msg->sms.meta_data),
                     META_19);
    ck_assert(uuid_compare(kit_injected(1)->msg->sms.id,
                           kit_injected(2)->msg->sms.id) != 0);
    expect_over();
    ck_assert_int_eq(kit_figure("counters.reports_shared"), 2);
    ck_assert_int_eq(kit_figure("counters.reports_sent"), 2);
    ck_assert_int_eq(kit_figure("counters.reports"), 1);
    /* once more: the first part's alone, as bearerbox means it */
    ck_assert_int_eq(kit_reported(kit_report(whole, type), "url-1", META_19),
                     OK);
    ck_assert_uint_eq(kit_injections(), 3);
    kit_stop();
}
END_TEST

/* Masks of the three parts; the reports that come; who hears them. */
static const struct {
    const char *name;
    long mask[3], asked;
    long report[3];     /* 0: no more */
    const char *first;  /* a letter each: h heard, - not */
    const char *copies; /* "NUMBER:TYPE " in order */
} masks[] = {
    {"intermediate by each one's mask",
     {27, 19, 31},
     31,
     {8, 4, 1},
     "h-h",
     "3:8 3:4 2:1 3:1 "},
    {"the first asked for nothing", {0, 19, 0}, 19, {2}, "-", "2:2 "},
    {"the first asked for success alone", {1, 2, 2}, 3, {2}, "-", "2:2 3:2 "},
    {"who asked for success hears no failure",
     {19, 1, 2},
     19,
     {2},
     "h",
     "3:2 "},
    {"who has heard all is done", {19, 8, 0}, 27, {8, 1}, "-h", "2:8 "},
};

START_TEST(each_part_hears_what_its_own_mask_asks_for)
{
    size_t at = 1;
    const Msg *whole;
    char meta[64];

    kit_start("enforce", "");
    whole = rewritten(4, masks[_i].mask, 0);
    ck_assert_msg(whole->sms.dlr_mask == masks[_i].asked, "%s: %ld",
                  masks[_i].name, whole->sms.dlr_mask);
    snprintf(meta, sizeof meta, "?orig_msg?dlr_mask=%ld&", masks[_i].mask[0]);
    for (size_t i = 0; i < 3 && masks[_i].report[i] != 0; i++) {
        int status =
            kit_reported(kit_report(whole, masks[_i].report[i]), "url-1", meta);

        ck_assert_msg(status == (masks[_i].first[i] == 'h' ? OK : DROP),
                      "%s: report %zu", masks[_i].name, i);
    }
    for (const char *c = masks[_i].copies; *c != '\0'; c += 4) {
        const KitInjected *it = kit_injected(at++);

        ck_assert_msg(octstr_get_char(it->msg->sms.dlr_url, 4) == c[0] &&
                          it->msg->sms.dlr_mask == c[2] - '0',
                      "%s: copy %zu is of %ld to %s", masks[_i].name, at - 1,
                      it->msg->sms.dlr_mask,
                      octstr_get_cstr(it->msg->sms.dlr_url));
    }
    expect_over();
    ck_assert_uint_eq(kit_injections(), at);
    kit_stop();
}
END_TEST

START_TEST(a_report_that_no_other_part_waits_for_is_left_alone)
{
    static const long first[] = {19, 0, 0}, nobody[] = {0, 0, 0};
    const Msg *whole;

    kit_start("enforce", "");
    whole = rewritten(4, first, 0);
    ck_assert_str_eq(octstr_get_cstr(whole->sms.dlr_url), "url-1");
    ck_assert_int_eq(whole->sms.dlr_mask, 19);
    ck_assert_int_eq(kit_reported(kit_report(whole, 1), "url-1", META_19),
                     FZBOX_STATUS_UNCHANGED);
    whole = rewritten(5, nobody, 1);
    ck_assert_int_eq(octstr_len(whole->sms.dlr_url), 0);
    expect_over();
    ck_assert_uint_eq(kit_injections(), 2);
    kit_stop();
}
END_TEST

START_TEST(an_address_too_long_for_a_mark_is_told_as_the_others_are)
{
    KitPart first = kit_part_of(4, 2, 1, "at http://track.exa"),
            second = kit_part_of(4, 2, 2, "mple/abc tonight");
    char url[256];
    const Msg *whole;

    memset(url, 'u', 255);
    url[255] = '\0';
    first.dlr_url = url;
    second.dlr_url = "url-2";
    kit_start("enforce", "");
    kit_expect(&second, BUFFERED);
    kit_expect(&first, BUFFERED);
    whole = kit_injected(0)->msg;
    ck_assert_int_le(octstr_len(whole->sms.dlr_url), 255);
    ck_assert_int_eq(kit_reported(kit_report(whole, 1), "", ""), DROP);
    expect_copy(1, 2, 1, "box-one");
    ck_assert_str_eq(octstr_get_cstr(kit_injected(2)->msg->sms.dlr_url), url);
    expect_over();
    kit_stop();
}
END_TEST

START_TEST(reports_that_come_together_are_all_shared)
{
    static const long mask[] = {31, 31, 31};
    KitGiven *given[3];
    const Msg *whole;

    kit_start("enforce", "");
    whole = rewritten(4, mask, 0);
    given[0] = kit_report(whole, 8);
    given[1] = kit_report(whole, 4);
    given[2] = kit_report(whole, 1);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(
            kit_reported(given[i], "url-1", "?orig_msg?dlr_mask=31&"), OK);
    kit_injected(6);
    expect_over();
    ck_assert_uint_eq(kit_injections(), 7);
    kit_stop();
}
END_TEST

/* --- ids that repeat ---------------------------------------------------------
 * A box numbers its messages as it likes, and a store holds what it holds.
 */
#define ALIKE 130

START_TEST(messages_that_bear_one_id_each_have_their_own_reports)
{
    static const long mask[] = {31, 31, 31};
    const char *meta = "?orig_msg?dlr_mask=31&";

    kit_start("enforce", "");
    the_id = 0x5a;
    for (unsigned i = 0; i < ALIKE; i++)
        rewritten(i + 1, mask, i);
    the_id = 0;
    ck_assert_int_eq(kit_figure("assembly.awaiting"), 2 * ALIKE);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(
            kit_reported(kit_report(kit_injected(i)->msg, 8), "url-1", meta),
            OK);
        expect_copy(ALIKE + 2 * i, 2, 8, "box-two");
        expect_copy(ALIKE + 2 * i + 1, 3, 8, "box-one");
    }
    ck_assert_int_eq(
        kit_reported(kit_report(kit_injected(0)->msg, 1), "url-1", meta), OK);
    expect_copy(ALIKE + 4, 2, 1, "box-two");
    expect_copy(ALIKE + 5, 3, 1, "box-one");
    kit_expect_figure("assembly.awaiting", 2 * ALIKE - 2);
    ck_assert_uint_eq(kit_injections(), ALIKE + 6);
    kit_stop();
}
END_TEST

#define KEPT 300

static void kept(void *ctx, FzStatus status, const int64_t *rows, int64_t held)
{
    (void)ctx, (void)rows, (void)held;
    ck_assert_int_eq(status, FZ_OK);
}

/* Rows of KEPT parts that await the report on one message, and that take 6 MB
 * more than one commit may. */
static void keep_many(const Msg *whole)
{
    const char *mark = strrchr(octstr_get_cstr(whole->sms.dlr_url), '-') - 32;
    KitPart it = kit_part_of(1, 2, 2, "");
    FzPart part = {.state = FZ_PART_AWAITING, .box = fz_slice_of("box-two")};
    FzStoreConfig config = {.path = kit_database(), .key_file = kit_key_file()};
    uint8_t id[16];
    Octstr *packed;
    FzStore *store;
    Msg *msg;

    it.dlr_url = "url-2";
    it.dlr_mask = 31;
    msg = kit_part(&it);
    msg->sms.account = octstr_create("");
    for (int i = 0; i < 20000; i++)
        octstr_append_char(msg->sms.account, 'a');
    packed = msg_pack(msg);
    ck_assert_int_eq(fz_hex_decode(mark, 32, id), FZ_OK);
    part.packed = fz_slice(octstr_get_cstr(packed), (size_t)octstr_len(packed));
    part.note = fz_slice(id, sizeof id);
    part.received_ms = fz_clock_wall_ms();
    ck_assert_int_eq(fz_store_open(&config, NULL, &store), FZ_OK);
    for (int i = 0; i < KEPT; i++)
        ck_assert_int_eq(fz_store_change_parts(
                             store,
                             &(FzPartsChange){.add = &part, .add_count = 1},
                             kept, NULL),
                         FZ_OK);
    fz_store_close(store);
    octstr_destroy(packed);
    msg_destroy(msg);
}

START_TEST(more_parts_than_one_commit_holds_all_hear_the_report)
{
    static const long mask[] = {31, 31, 31};
    const char *meta = "?orig_msg?dlr_mask=31&";
    Msg *whole;

    kit_start("enforce", "");
    whole = msg_duplicate((Msg *)rewritten(4, mask, 0));
    kit_unload();
    keep_many(whole);
    kit_load();
    ck_assert_int_eq(kit_figure("assembly.awaiting"), KEPT + 2);
    ck_assert_int_eq(kit_reported(kit_report(whole, 8), "url-1", meta), OK);
    kit_injected(KEPT + 2);
    kit_expect_figure("assembly.reporting", 0);
    ck_assert_int_eq(kit_figure("assembly.awaiting"), KEPT + 2);
    ck_assert_int_eq(kit_reported(kit_report(whole, 1), "url-1", meta), OK);
    kit_injected(2 * (KEPT + 2));
    expect_over();
    ck_assert_uint_eq(kit_injections(), 2 * (KEPT + 2) + 1);
    ck_assert_int_eq(kit_figure("counters.reports_shared"), 2 * (KEPT + 2));
    msg_destroy(whole);
    kit_stop();
}
END_TEST

/* --- ends and faults --------------------------------------------------------
 */
START_TEST(who_waits_for_a_report_survives_a_restart)
{
    Msg *whole;

    kit_start("enforce", "");
    whole = msg_duplicate((Msg *)rewritten(4, all, 0));
    kit_unload();
    kit_load();
    ck_assert_int_eq(kit_figure("assembly.awaiting"), 2);
    ck_assert_int_eq(kit_reported(kit_report(whole, 2), "url-1", META_19), OK);
    expect_copy(1, 2, 2, "box-two");
    expect_copy(2, 3, 2, "box-one");
    expect_over();
    msg_destroy(whole);
    kit_stop();
}
END_TEST

START_TEST(a_report_that_no_box_took_survives_a_restart)
{
    const Msg *whole;

    kit_start("enforce", "");
    whole = rewritten(4, all, 0);
    kit_way(KIT_NOBODY);
    ck_assert_int_eq(kit_reported(kit_report(whole, 1), "url-1", META_19), OK);
    kit_expect_figure("assembly.reporting", 2);
    kit_expect_figure("store.parts", 2);
    kit_unload();
    kit_way(KIT_TAKES);
    kit_load();
    expect_copy(1, 2, 1, "box-two");
    expect_copy(2, 3, 1, "box-one");
    expect_over();
    kit_stop();
}
END_TEST

START_TEST(a_report_is_put_off_while_the_store_takes_nothing)
{
    const Msg *whole;
    sqlite3 *db;

    kit_start("enforce", "");
    whole = rewritten(4, all, 0);
    kit_expect_figure("store.parts", 2); /* its removal is committed */
    ck_assert_int_eq(
        sqlite3_open_v2(kit_database(), &db, SQLITE_OPEN_READWRITE, NULL),
        SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(kit_reported(kit_report(whole, 1), "", ""),
                     FZBOX_STATUS_DEFER);
    ck_assert_uint_eq(kit_injections(), 1);
    ck_assert_int_eq(kit_figure("counters.reports"), 0);
    sqlite3_close(db);
    ck_assert_int_eq(kit_reported(kit_report(whole, 1), "url-1", META_19), OK);
    expect_copy(1, 2, 1, "box-two");
    expect_copy(2, 3, 1, "box-one");
    expect_over();
    ck_assert_uint_eq(kit_injections(), 3);
    kit_stop();
}
END_TEST

START_TEST(who_waits_too_long_is_given_up_and_counted)
{
    const Msg *whole;

    kit_start("enforce", "assembly = { report-wait-s = 1; };");
    whole = rewritten(4, all, 0);
    kit_expect_figure("counters.reports_unheard", 2);
    expect_over();
    /* the report that comes after all is the first part's */
    ck_assert_int_eq(kit_reported(kit_report(whole, 1), "url-1", META_19), OK);
    ck_assert_uint_eq(kit_injections(), 1);
    kit_stop();
}
END_TEST

START_TEST(when_more_wait_than_may_the_oldest_are_given_up)
{
    const Msg *old, *whole;

    kit_start("enforce", "assembly = { max-reports = 3; };");
    old = rewritten(4, all, 0);
    whole = rewritten(5, all, 1);
    kit_expect_figure("counters.reports_unheard", 2);
    ck_assert_int_eq(kit_figure("assembly.awaiting"), 2);
    ck_assert_int_eq(kit_reported(kit_report(old, 1), "url-1", META_19), OK);
    ck_assert_int_eq(kit_reported(kit_report(whole, 1), "url-1", META_19), OK);
    expect_copy(2, 2, 1, "box-two");
    expect_copy(3, 3, 1, "box-one");
    expect_over();
    kit_stop();
}
END_TEST

/* What looks like a mark and is none goes on as it came. */
static const char *const no_marks[] = {
    "http://app.example.test/dlr?id=1",
    "http://app.example.test/dlr#fanzha-",
    "#fanzha-00112233445566778899aabbccddeeff-",
    "#fanzha-00112233445566778899aabbccddeeff-1x",
    "#fanzha-00112233445566778899aabbccddeeff-1234",
    "#fanzha-00112233445566778899aabbccddeegg-19",
    "#fanzhaX00112233445566778899aabbccddeeff-19",
};

START_TEST(a_report_without_a_mark_goes_on_as_it_came)
{
    Msg *on;

    kit_start("enforce", "");
    on = msg_create(sms);
    on->sms.dlr_url = octstr_create(no_marks[_i]);
    ck_assert_int_eq(kit_reported(kit_report(on, 1), "", ""),
                     FZBOX_STATUS_UNCHANGED);
    ck_assert_int_eq(kit_figure("counters.reports"), 1);
    msg_destroy(on);
    kit_stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("assembly_reports");
    TCase *tc = tcase_create("assembly_reports");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(
        tc, a_final_report_reaches_every_part_that_asked_and_ends_it, 0,
        sizeof finals / sizeof finals[0]);
    tcase_add_loop_test(tc, each_part_hears_what_its_own_mask_asks_for, 0,
                        sizeof masks / sizeof masks[0]);
    tcase_add_test(tc, a_report_that_no_other_part_waits_for_is_left_alone);
    tcase_add_test(tc,
                   an_address_too_long_for_a_mark_is_told_as_the_others_are);
    tcase_add_test(tc, reports_that_come_together_are_all_shared);
    tcase_add_test(tc, messages_that_bear_one_id_each_have_their_own_reports);
    tcase_add_test(tc, more_parts_than_one_commit_holds_all_hear_the_report);
    tcase_add_test(tc, who_waits_for_a_report_survives_a_restart);
    tcase_add_test(tc, a_report_that_no_box_took_survives_a_restart);
    tcase_add_test(tc, a_report_is_put_off_while_the_store_takes_nothing);
    tcase_add_test(tc, who_waits_too_long_is_given_up_and_counted);
    tcase_add_test(tc, when_more_wait_than_may_the_oldest_are_given_up);
    tcase_add_loop_test(tc, a_report_without_a_mark_goes_on_as_it_came, 0,
                        sizeof no_marks / sizeof no_marks[0]);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
