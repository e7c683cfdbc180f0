/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The record of a verdict: what it says, and that the line, which is written
 * without an object, is that object dumped octet for octet.
 */
#include "config.h"

#include "base/cpu.h"
#include "engine/verdict/record.h"
#include "tests/rulekit.h"
#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char rules[] =
    "rules = (\n"
    "  { id = \"t.link\"; rev = 3; phrase = \"click here\"; score = 6.0;\n"
    "    reason = \"phishing\"; rewrite = { replace = \"(link removed)\"; }; "
    "},\n"
    "  { id = \"t.trial\"; phrase = \"free gift\"; score = 12.0;\n"
    "    state = \"shadow\"; },\n"
    "  { id = \"t.mild\"; phrase = \"hello\"; score = 1.5; }\n"
    ");\n";

typedef struct Judge {
    FzKit kit;
    FzPolicy policy;
    FzJudgeEnv env;
    FzVerdict verdict;
    FzMessage message;
} Judge;

static void judge_init(Judge *judge)
{
    memset(judge, 0, sizeof *judge);
    fz_kit_init(&judge->kit, rules);
    judge->policy = *fz_policy_patterns();
    judge->env.ruleset = judge->kit.ruleset;
    judge->env.policy = &judge->policy;
    judge->message.coding = FZ_CODING_7BIT;
    judge->message.now_ms = 1795300350123;
    judge->message.sender = fz_slice_of("+999100200300");
    judge->message.receiver = fz_slice_of("+999400500600");
    judge->message.identity = fz_slice_of("shop-app");
}

static void judge_clear(Judge *judge)
{
    fz_kit_clear(&judge->kit);
}

static void judge_text(Judge *judge, const char *text)
{
    judge->message.octets = fz_slice_of(text);
    fz_judge(&judge->message, &judge->env, judge->kit.scanner, &judge->verdict);
}

/* The line is the object dumped, octet by octet. */
static void same_as_object(const FzRecord *record, const FzBuf *line)
{
    json_t *it = fz_record_json(record);
    char *text = json_dumps(it, FZ_RECORD_DUMP);

    ck_assert_uint_eq(strlen(text) + 1, line->octets);
    ck_assert(memcmp(text, line->data, line->octets - 1) == 0);
    free(text);
    json_decref(it);
}

static json_t *record_of(const Judge *judge)
{
    FzRecord record = {
        .message = &judge->message,
        .verdict = &judge->verdict,
        .id = "3f2b",
        .node = "gw1",
        .ruleset = fz_ruleset_digest(judge->kit.ruleset),
        .generation = "00ff",
        .disposition = "hold",
        .micros = 17,
        .hash_key = fz_slice_of("0123456789abcdef0123456789abcdef"),
    };
    FzBuf line = FZ_BUF_INIT;
    json_t *it;

    fz_record_write(&record, &line);
    same_as_object(&record, &line);
    ck_assert_uint_eq(line.data[line.octets - 1], '\n');
    ck_assert_ptr_eq(memchr(line.data, '\n', line.octets - 1), NULL);
    it = json_loadb((char *)line.data, line.octets, 0, NULL);
    ck_assert_ptr_nonnull(it);
    fz_buf_clear(&line);
    return it;
}

START_TEST(a_line_says_what_a_list_says_of_its_entry)
{
    static const struct {
        const char *list, *level, *note;
        int64_t age_s;
        bool stale;
    } rows[] = {
        {"feed", "block", "seen \"twice\"", 86400, true},
        {"feed", "suspect", "", 0, false},
        {"operator", NULL, NULL, -1, false},
        {NULL, "block", "not of a list", 5, true},
    };
    Judge judge;

    judge_init(&judge);
    judge_text(&judge, "hello, click here");
    ck_assert_uint_gt(judge.verdict.signals.count, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        FzSignal *signal = &judge.verdict.signals.item[0];

        signal->list = rows[i].list;
        signal->entry = "shop.example/";
        signal->level = rows[i].level;
        signal->note = rows[i].note;
        signal->age_s = rows[i].age_s;
        signal->stale = rows[i].stale;
        json_decref(record_of(&judge)); /* compared there */
    }
    judge_clear(&judge);
}
END_TEST

START_TEST(a_record_says_what_and_why_and_nothing_of_the_text)
{
    Judge judge;
    json_t *it, *signal;
    char *text, hash[FZ_RECORD_HASH_TEXT];

    judge_init(&judge);
    judge.policy.mode = FZ_MODE_OBSERVE;
    judge_text(&judge, "secret words: hello, click here, free gift");
    it = record_of(&judge);
    text = json_dumps(it, JSON_REAL_PRECISION(12));
    HAS(text, "\"time\": \"2026-11-21T22:32:30.123Z\"");
    HAS(text, "\"direction\": \"mt\"");
    HAS(text, "\"identity\": \"shop-app\"");
    HAS(text, "\"verdict\": \"rewrite\"");
    HAS(text, "\"acted\": \"pass\"");
    HAS(text, "\"by\": \"score\"");
    HAS(text, "\"decider\": \"t.link\"");
    HAS(text, "\"reason\": \"phishing\"");
    HAS(text, "\"score\": 7.5");
    HAS(text, "\"micros\": 17");
    HAS_NOT(text, "secret");
    HAS_NOT(text, "click");
    HAS_NOT(text, "999100");
    HAS_NOT(text, "999400");
    ck_assert_str_eq(json_string_value(json_object_get(
                         json_object_get(it, "shadow"), "verdict")),
                     "quarantine");

    fz_record_hash(fz_slice_of("0123456789abcdef0123456789abcdef"),
                   judge.message.sender, hash);
    ck_assert_str_eq(json_string_value(json_object_get(it, "sender")), hash);
    ck_assert_uint_eq(strlen(hash), 32);
    ck_assert_str_ne(json_string_value(json_object_get(it, "receiver")), hash);

    ck_assert_uint_eq(json_array_size(json_object_get(it, "signals")), 3);
    signal = json_array_get(json_object_get(it, "signals"), 0);
    free(text);
    text = json_dumps(signal, JSON_COMPACT | JSON_REAL_PRECISION(12));
    ck_assert_str_eq(text,
                     "{\"id\":\"t.link\",\"rev\":3,\"state\":\"active\","
                     "\"weight\":6.0,\"view\":\"folded\",\"spans\":[[21,31]]}");
    free(text);
    json_decref(it);
    judge_clear(&judge);
}
END_TEST

/* Each field of a record is in the page, and the other way round. */
START_TEST(the_page_shows_every_field)
{
    Judge judge;
    FzBuf page = FZ_BUF_INIT;
    json_t *it;
    const char *key;
    json_t *value;
    unsigned rows = 0, keys = 0;
    char row[80];

    ck_assert_int_eq(fz_buf_read_file(&page, fz_test_source("docs/records.md"),
                                      1u << 20, NULL),
                     FZ_OK);
    judge_init(&judge);
    judge.message.smsc = fz_slice_of("a");
    judge_text(&judge, "hello, click here");
    judge.verdict.by = FZ_DECIDED_BY_FAILURE; /* shows `choice' */
    it = record_of(&judge);
    json_object_foreach(it, key, value)
    {
        snprintf(row, sizeof row, "| `%s` |", key);
        HAS(fz_buf_text(&page), row);
        keys++;
    }
    /* the rows of the first table */
    *strstr((char *)page.data, "\nThe gateway adds") = '\0';
    for (const char *at = (char *)page.data; (at = strstr(at, "\n| `")) != NULL;
         at++)
        rows++;
    ck_assert_uint_eq(rows, keys);
    json_decref(it);
    fz_buf_clear(&page);
    judge_clear(&judge);
}
END_TEST

START_TEST(a_record_is_json_whatever_the_gateway_says)
{
    Judge judge;
    json_t *it;

    judge_init(&judge);
    judge.message.identity = fz_slice_of("a\"b\n\xFF\xC3");
    judge_text(&judge, "hello");
    it = record_of(&judge);
    ck_assert_str_eq(json_string_value(json_object_get(it, "identity")),
                     "a\"b\n\xEF\xBF\xBD\xEF\xBF\xBD");
    json_decref(it);
    judge_clear(&judge);
}
END_TEST

/* Strings are looked at eight octets at a time: whatever octet stands wherever
 * in them, and whatever stands next to it. */
START_TEST(a_line_has_every_string_as_the_object_has_it)
{
    static const char *const pieces[] = {"a",
                                         "bench",
                                         "\"",
                                         "\\",
                                         "\n",
                                         "\x1f",
                                         "\x7f",
                                         "\xE4",
                                         "好",
                                         "\xF0\x9F",
                                         "\xF0\x9F\x8E\x89",
                                         "plainplain"};
    static const size_t lengths[] = {1,  3,  4,  7,  8,  9, 12,
                                     15, 16, 17, 63, 64, 65};
    FzRecord record = {.micros = -1, .node = "gw1"};
    FzBuf line = FZ_BUF_INIT, text = FZ_BUF_INIT;
    bool wide = fz_cpu_is_wide;
    uint32_t random = 1;
    Judge judge;

    fz_cpu_is_wide = wide && _i == 0; /* then the other form */
    judge_init(&judge);
    judge_text(&judge, "hello");
    record.message = &judge.message;
    record.verdict = &judge.verdict;
    for (size_t l = 0; l < COUNT(lengths); l++)
        for (size_t at = 0; at<lengths[l]; at += lengths[l]> 60 ? 9 : 1)
            for (int octet = 0; octet < 256; octet++) {
                fz_buf_clear(&text);
                for (size_t i = 0; i < lengths[l]; i++)
                    fz_buf_append_octet(&text,
                                        (uint8_t)(i == at ? octet : 'a'));
                judge.message.identity = fz_buf_slice(&text);
                line.octets = 0;
                fz_record_write(&record, &line);
                same_as_object(&record, &line);
            }
    for (int tries = 0; tries < 3000; tries++) {
        fz_buf_clear(&text);
        for (int i = 0; i < 1 + tries % 40; i++) {
            random = random * 1664525 + 1013904223;
            fz_buf_append_text(&text, pieces[(random >> 16) % COUNT(pieces)]);
        }
        judge.message.identity = fz_buf_slice(&text);
        fz_buf_clear(&line); /* it grows while it is written */
        fz_record_write(&record, &line);
        same_as_object(&record, &line);
    }
    judge.message.identity = fz_slice(NULL, 0);
    fz_buf_clear(&line);
    fz_buf_clear(&text);
    judge_clear(&judge);
    fz_cpu_is_wide = wide;
}
END_TEST

/* Numbers are written by the line's own means: the least and the greatest of
 * each, those around a digit more, and points between -1 and 0. */
START_TEST(a_line_has_every_number_as_the_object_has_it)
{
    static const FzPoints points[] = {
        0,    1,    -1,  9,   -9,   10,   -10,       11,        99,       -99,
        100,  -100, 101, 109, -110, 999,  1000,      -1001,     99999999, 50,
        -150, 2550, -50, 7,   5005, 1005, INT32_MAX, INT32_MIN, 1000000,
    };
    FzBuf line = FZ_BUF_INIT;
    int64_t power = 1;
    Judge judge;
    FzRecord record = {.message = &judge.message, .verdict = &judge.verdict};

    judge_init(&judge);
    judge_text(&judge, "hello, click here, hello, click here");
    for (size_t i = 0; i < COUNT(points); i++) {
        judge.verdict.score = points[i];
        judge.verdict.shadow_score = points[COUNT(points) - 1 - i];
        judge.verdict.signals.item[0].weight = points[i];
        judge.verdict.signals.item[0].rev = (uint32_t)points[i];
        line.octets = 0;
        fz_record_write(&record, &line);
        same_as_object(&record, &line);
    }
    for (int i = 0; i < 3 * 20; i++) {
        record.micros = i < 3 * 19 ? power - 1 + i % 3 : INT64_MAX - i % 3;
        judge.verdict.signals.dropped = (uint16_t)record.micros;
        judge.verdict.signals.item[0].spans[0] =
            (FzSpan){(uint16_t)record.micros, UINT16_MAX};
        line.octets = 0;
        fz_record_write(&record, &line);
        same_as_object(&record, &line);
        if (i % 3 == 2 && i < 3 * 18)
            power *= 10;
    }
    fz_buf_clear(&line);
    judge_clear(&judge);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("record");
    TCase *tc = tcase_create("record");

    tcase_add_test(tc, a_line_says_what_a_list_says_of_its_entry);
    tcase_add_test(tc, a_record_says_what_and_why_and_nothing_of_the_text);
    tcase_add_test(tc, the_page_shows_every_field);
    tcase_add_test(tc, a_record_is_json_whatever_the_gateway_says);
    tcase_add_loop_test(tc, a_line_has_every_string_as_the_object_has_it, 0, 2);
    tcase_add_test(tc, a_line_has_every_number_as_the_object_has_it);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
