/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/decode/decode.h"
#include "engine/verdict/coding.h"
#include "engine/verdict/rewrite.h"
#include "tests/fake_rules.h"
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>

#define REPEAT_9(text) text text text text text text text text text
#define REPEAT_10(text) text text text text text text text text text text
#define CONCAT "\x05\x00\x03\x2A\x03\x02" /* part 2 of 3 */
#define PORTS "\x06\x05\x04\x0B\x84\x23\xF0"
#define SPANISH "\x03\x24\x01\x02" /* single shift table */
#define SLICE(literal)                                                         \
    {                                                                          \
        (const uint8_t *)(literal), sizeof(literal) - 1                        \
    }

/* The octets of a text in a coding, as the gateway hands them over. */
static FzBuf coded(FzCoding coding, const char *utf8)
{
    FzBuf out = FZ_BUF_INIT;

    fz_charset_write(coding == FZ_CODING_UCS2 ? FZ_CHARSET_UTF16
                                              : FZ_CHARSET_UTF8,
                     fz_slice_of(utf8), &out);
    return out;
}

/* --- edits on the text -------------------------------------------------- */
static const struct {
    const char *name, *text;
    FzEdit edit[4];
    const char *want;
    uint32_t made;
} edit_rows[] = {
    {"replace",
     "pay at evil.example now",
     {{{7, 19}, "(removed)"}},
     "pay at (removed) now",
     1},
    {"prepend", "hello", {{{0, 0}, "(!) "}}, "(!) hello", 1},
    {"append", "hello", {{{5, 5}, "!"}}, "hello!", 1},
    {"order does not matter",
     "abcdef",
     {{{4, 5}, "X"}, {{1, 2}, "Y"}},
     "aYcdXf",
     2},
    {"in front and first", "abc", {{{0, 1}, "X"}, {{0, 0}, "> "}}, "> Xbc", 2},
    {"touching stay two", "abcd", {{{0, 2}, "X"}, {{2, 4}, "Y"}}, "XY", 2},
    {"overlapping are one", "abcdef", {{{2, 5}, "Y"}, {{1, 3}, "X"}}, "aXf", 1},
    {"one inside another", "abcdef", {{{0, 6}, "X"}, {{2, 3}, "Y"}}, "X", 1},
    {"the same twice", "abc", {{{1, 2}, "X"}, {{1, 2}, "X"}}, "aXc", 1},
    {"a warning twice", "abc", {{{0, 0}, "!"}, {{0, 0}, "!"}}, "!abc", 1},
    {"two warnings", "abc", {{{0, 0}, "!"}, {{0, 0}, "?"}}, "!?abc", 2},
    {"a warning inside a removal",
     "abcd",
     {{{0, 3}, "X"}, {{2, 2}, "!"}},
     "Xd",
     1},
    {"all of it", "abc", {{{0, 3}, "X"}}, "X", 1},
    {"Han", "请将资金转入安全账户", {{{6, 10}, "(删)"}}, "请将资金转入(删)", 1},
    {"beyond the end", "abc", {{{2, 900}, "X"}}, "abX", 1},
    {"backwards inserts", "abc", {{{2, 1}, "X"}}, "abXc", 1},
    /* e + acute; the span ends between them */
    {"an accent goes with its letter",
     "cafe\xCC\x81 x",
     {{{0, 4}, "X"}},
     "X x",
     1},
    {"a span that begins at an accent",
     "cafe\xCC\x81 x",
     {{{4, 5}, "X"}},
     "cafX x",
     1},
    {"nothing is put between them",
     "cafe\xCC\x81",
     {{{4, 4}, "!"}},
     "caf!e\xCC\x81",
     1},
    {"widened spans that meet are one",
     "e\xCC\x81"
     "e\xCC\x81",
     {{{0, 1}, "X"}, {{1, 3}, "Y"}},
     "X",
     1},
    {"a variation selector",
     "\xE2\x9D\xA4\xEF\xB8\x8F!",
     {{{0, 1}, "X"}},
     "X!",
     1},
    {"a flag of two letters",
     "\xF0\x9F\x87\xA8\xF0\x9F\x87\xB3!",
     {{{0, 1}, "X"}},
     "X!",
     1},
    {"a family joined by zero width",
     "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9!",
     {{{0, 1}, "X"}},
     "X!",
     1},
    {"a joiner between Han is no family",
     "\xE5\xBE\xAE\xE2\x80\x8D\xE4\xBF\xA1",
     {{{0, 1}, "X"}},
     "X\xE4\xBF\xA1",
     1},
    {"a Hangul syllable of two letters",
     "\xE1\x84\x80\xE1\x85\xA1!",
     {{{0, 1}, "X"}},
     "X!",
     1},
    {"masked",
     "pay 付款 cafe\xCC\x81!",
     {{{4, 12}, fz_edit_mask}},
     "pay *******!",
     1},
    {"inert, for every alphabet",
     "go HTTPS://a.b/c. Now",
     {{{3, 17}, fz_edit_defang}},
     "go HxxPS://a(.)b/c. Now",
     1},
    {"inert, as people write it",
     "go http://a。b/",
     {{{3, 14}, fz_edit_defang_ucs2}},
     "go hxxp://a[.]b/",
     1},
    {"CR LF", "a\r\nb", {{{0, 2}, "X"}}, "Xb", 1},
};

START_TEST(edits_are_applied_once_and_cut_no_character)
{
    FzMessage message = {.coding = FZ_CODING_7BIT,
                         .octets = fz_slice_of(edit_rows[_i].text)};
    FzEdit edits[4];
    size_t count = 0;
    FzBuf out = FZ_BUF_INIT;
    uint32_t made = 99;
    FzText text;

    while (count < 4 && edit_rows[_i].edit[count].text != NULL) {
        edits[count] = edit_rows[_i].edit[count];
        count++;
    }
    fz_text_init(&text);
    ck_assert_int_eq(fz_decode(&message, &text), FZ_OK);
    ck_assert_int_eq(fz_rewrite_apply(&text, edits, count, &out, &made), FZ_OK);
    ck_assert_msg(strcmp(fz_buf_text(&out), edit_rows[_i].want) == 0,
                  "%s: got \"%s\", want \"%s\"", edit_rows[_i].name,
                  fz_buf_text(&out), edit_rows[_i].want);
    ck_assert_msg(made == edit_rows[_i].made, "%s: %u edits",
                  edit_rows[_i].name, made);
    fz_buf_clear(&out);
    fz_text_clear(&text);
}
END_TEST

/* --- coding ------------------------------------------------------------- */
static const struct {
    const char *name;
    FzCoding coding;
    FzSlice udh;
    const char *octets; /* UTF-8; made UTF-16 where the coding is UCS-2 */
    FzEdit edit;
    FzStatus status;
    FzCoding want_coding;
    const char *want; /* the new text */
    bool shortened;
    uint32_t before, after;
} coding_rows[] = {
    {"7-bit stays",
     FZ_CODING_7BIT,
     {0},
     "pay evil.example",
     {{4, 16}, "(.)"},
     FZ_OK,
     FZ_CODING_7BIT,
     "pay (.)",
     false,
     1,
     1},
    {"undefined stays undefined",
     FZ_CODING_UNDEFINED,
     {0},
     "pay evil.example",
     {{4, 16}, "(.)"},
     FZ_OK,
     FZ_CODING_UNDEFINED,
     "pay (.)",
     false,
     1,
     1},
    {"the extension is carried",
     FZ_CODING_7BIT,
     {0},
     "pay 5€",
     {{0, 0}, "[€] "},
     FZ_OK,
     FZ_CODING_7BIT,
     "[€] pay 5€",
     false,
     1,
     1},
    {"Han words make it UCS-2",
     FZ_CODING_7BIT,
     {0},
     "pay now",
     {{0, 0}, "谨防诈骗:"},
     FZ_OK,
     FZ_CODING_UCS2,
     "谨防诈骗:pay now",
     false,
     1,
     1},
    {"Han that was there stays the gateway's affair",
     FZ_CODING_7BIT,
     {0},
     "付款 now",
     {{0, 0}, "(!) "},
     FZ_OK,
     FZ_CODING_7BIT,
     "(!) 付款 now",
     false,
     1,
     1},
    {"a second short message is allowed",
     FZ_CODING_7BIT,
     {0},
     REPEAT_10("0123456789abcdef"),
     {{0, 0}, "!"},
     FZ_OK,
     FZ_CODING_7BIT,
     "!" REPEAT_10("0123456789abcdef"),
     false,
     1,
     2},
    {"UCS-2 stays",
     FZ_CODING_UCS2,
     {0},
     "转入安全账户",
     {{2, 6}, "(删)"},
     FZ_OK,
     FZ_CODING_UCS2,
     "转入(删)",
     false,
     1,
     1},
    {"beyond the basic plane",
     FZ_CODING_UCS2,
     {0},
     "钱\xF0\x9F\x92\xB0来",
     {{0, 1}, "\xF0\x9F\x9A\xAB"},
     FZ_OK,
     FZ_CODING_UCS2,
     "\xF0\x9F\x9A\xAB\xF0\x9F\x92\xB0来",
     false,
     1,
     1},
    {"8-bit UTF-8 stays",
     FZ_CODING_8BIT,
     {0},
     "付款 now",
     {{0, 2}, "付"},
     FZ_OK,
     FZ_CODING_8BIT,
     "付 now",
     false,
     1,
     1},
    {"8-bit ASCII takes ASCII",
     FZ_CODING_8BIT,
     {0},
     "pay now",
     {{0, 3}, "(x)"},
     FZ_OK,
     FZ_CODING_8BIT,
     "(x) now",
     false,
     1,
     1},
    {"8-bit ASCII takes no Han",
     FZ_CODING_8BIT,
     {0},
     "pay now",
     {{0, 0}, "谨防"},
     FZ_OK,
     FZ_CODING_8BIT,
     "(suspected fraud) pay now",
     true,
     1,
     1},

    {"a part keeps its room",
     FZ_CODING_7BIT,
     SLICE(CONCAT),
     "pay evil.example",
     {{4, 16}, "(x)"},
     FZ_OK,
     FZ_CODING_7BIT,
     "pay (x)",
     false,
     1,
     1},
    {"a part cannot become UCS-2",
     FZ_CODING_7BIT,
     SLICE(CONCAT),
     "pay now",
     {{0, 3}, "付款"},
     FZ_OK,
     FZ_CODING_7BIT,
     "(removed) now",
     true,
     1,
     1},
    {"long words in a full part give way",
     FZ_CODING_7BIT,
     SLICE(CONCAT),
     REPEAT_10("0123456789abcde") "abc",
     {{0, 12}, "a warning that is far too long"},
     FZ_OK,
     FZ_CODING_7BIT,
     "(removed)cde" REPEAT_9("0123456789abcde") "abc",
     true,
     1,
     1},
    {"a full part takes nothing",
     FZ_CODING_7BIT,
     SLICE(CONCAT),
     REPEAT_10("0123456789abcde") "abc",
     {{0, 0}, "!"},
     FZ_E_LIMIT,
     FZ_CODING_7BIT,
     NULL,
     false,
     1,
     0},
    {"a part of UCS-2 keeps its room",
     FZ_CODING_UCS2,
     SLICE(CONCAT),
     "转入安全账户",
     {{0, 0}, "谨防:"},
     FZ_OK,
     FZ_CODING_UCS2,
     "谨防:转入安全账户",
     false,
     1,
     1},
    {"ports take 7-bit text",
     FZ_CODING_7BIT,
     SLICE(PORTS),
     "pay now",
     {{0, 3}, "(x)"},
     FZ_OK,
     FZ_CODING_7BIT,
     "(x) now",
     false,
     1,
     1},
    {"ports take no 8-bit data",
     FZ_CODING_8BIT,
     SLICE(PORTS),
     "pay now",
     {{0, 3}, "(x)"},
     FZ_E_LIMIT,
     FZ_CODING_8BIT,
     NULL,
     false,
     0,
     0},
    {"a shift table reads other letters",
     FZ_CODING_7BIT,
     SLICE(SPANISH),
     "pay now",
     {{0, 3}, "(x)"},
     FZ_E_LIMIT,
     FZ_CODING_7BIT,
     NULL,
     false,
     0,
     0},
    {"a broken header is left alone",
     FZ_CODING_7BIT,
     SLICE("\x09\x00"),
     "pay now",
     {{0, 3}, "(x)"},
     FZ_E_LIMIT,
     FZ_CODING_7BIT,
     NULL,
     false,
     0,
     0},
};

START_TEST(a_rewrite_stays_in_what_the_message_can_carry)
{
    FzBuf octets = coded(coding_rows[_i].coding, coding_rows[_i].octets);
    FzMessage message = {.coding = coding_rows[_i].coding,
                         .udh = coding_rows[_i].udh,
                         .octets = fz_buf_slice(&octets)};
    FzRewrite rewrite;
    FzStatus status;
    FzText text;
    FzBuf want;

    fz_text_init(&text);
    fz_rewrite_init(&rewrite);
    ck_assert_int_eq(fz_decode(&message, &text), FZ_OK);
    status = fz_rewrite_edits(&message, &text, &coding_rows[_i].edit, 1,
                              FZ_LIMIT_PARTS, &rewrite);
    ck_assert_msg(status == coding_rows[_i].status, "%s: %s",
                  coding_rows[_i].name, fz_status_name(status));
    if (status == FZ_OK) {
        want = coded(coding_rows[_i].want_coding, coding_rows[_i].want);
        ck_assert_msg(
            strcmp(fz_buf_text(&rewrite.text), coding_rows[_i].want) == 0,
            "%s: got \"%s\", want \"%s\"", coding_rows[_i].name,
            fz_buf_text(&rewrite.text), coding_rows[_i].want);
        ck_assert_msg(
            fz_slice_equal(fz_buf_slice(&rewrite.octets), fz_buf_slice(&want)),
            "%s: octets", coding_rows[_i].name);
        ck_assert_int_eq(rewrite.coding, coding_rows[_i].want_coding);
        ck_assert_int_eq(rewrite.shortened, coding_rows[_i].shortened);
        ck_assert_uint_eq(rewrite.segments_before, coding_rows[_i].before);
        ck_assert_msg(rewrite.segments_after == coding_rows[_i].after,
                      "%s: %u segments", coding_rows[_i].name,
                      rewrite.segments_after);
        fz_buf_clear(&want);
    }
    fz_rewrite_clear(&rewrite);
    fz_text_clear(&text);
    fz_buf_clear(&octets);
}
END_TEST

/* 7-bit: 160 septets alone, 153 each of several; UCS-2: 70 and 67. */
static const struct {
    const char *name;
    size_t chars;      /* of the message, all `x` */
    const char *front; /* the rule's warning */
    uint32_t growth;
    FzStatus status;
    FzCoding coding;
    const char *begins; /* the rewritten text */
    uint32_t before, after;
} growth_rows[] = {
    {"no more, and it fits", 155, "Scam ", 0, FZ_OK, FZ_CODING_7BIT, "Scam x",
     1, 1},
    {"no more: the short warning", 142, "Surely it is a scam ", 0, FZ_OK,
     FZ_CODING_7BIT, "(suspected fraud) x", 1, 1},
    {"no more, no room for that", 160, "Surely scam ", 0, FZ_E_LIMIT, 0, "", 0,
     0},
    {"one more", 160, "Surely scam ", 1, FZ_OK, FZ_CODING_7BIT, "Surely scam x",
     1, 2},
    {"Han makes three of one: the short warning", 160, "谨防诈骗", 1, FZ_OK,
     FZ_CODING_7BIT, "(suspected fraud) x", 1, 2},
    {"two more are enough for Han", 160, "谨防诈骗", 2, FZ_OK, FZ_CODING_UCS2,
     "谨防诈骗x", 1, 3},
    {"Han where it costs none", 60, "谨防诈骗", 0, FZ_OK, FZ_CODING_UCS2,
     "谨防诈骗x", 1, 1},
    {"a longer message, one more", 306, "Surely scam ", 1, FZ_OK,
     FZ_CODING_7BIT, "Surely scam x", 2, 3},
};

START_TEST(a_rewrite_costs_no_more_short_messages_than_allowed)
{
    FzBuf octets = FZ_BUF_INIT;
    FzEdit edit = {{0, 0}, growth_rows[_i].front};
    FzMessage message = {.coding = FZ_CODING_7BIT};
    FzRewrite rewrite;
    FzStatus status;
    FzText text;

    for (size_t i = 0; i < growth_rows[_i].chars; i++)
        fz_buf_append_text(&octets, "x");
    message.octets = fz_buf_slice(&octets);
    fz_text_init(&text);
    fz_rewrite_init(&rewrite);
    ck_assert_int_eq(fz_decode(&message, &text), FZ_OK);
    status = fz_rewrite_edits(&message, &text, &edit, 1, growth_rows[_i].growth,
                              &rewrite);
    ck_assert_msg(status == growth_rows[_i].status, "%s: %s",
                  growth_rows[_i].name, fz_status_name(status));
    if (status == FZ_OK) {
        ck_assert_int_eq(rewrite.coding, growth_rows[_i].coding);
        ck_assert_msg(
            strncmp(fz_buf_text(&rewrite.text), growth_rows[_i].begins,
                    strlen(growth_rows[_i].begins)) == 0,
            "%s: \"%s\"", growth_rows[_i].name, fz_buf_text(&rewrite.text));
        ck_assert_uint_eq(rewrite.segments_before, growth_rows[_i].before);
        ck_assert_uint_eq(rewrite.segments_after, growth_rows[_i].after);
    }
    fz_rewrite_clear(&rewrite);
    fz_text_clear(&text);
    fz_buf_clear(&octets);
}
END_TEST

START_TEST(latin1_stays_latin1)
{
    static const char octets[] = "caf\xE9 gratuit";
    FzMessage message = {.coding = FZ_CODING_8BIT, .octets = SLICE(octets)};
    FzEdit edit = {{5, 12},
                   "\xC3\xA9t\xC3\xA9"}; /* in Latin-1 two octets less */
    FzEdit han = {{5, 12}, "谨防"};
    FzRewrite rewrite;
    FzText text;

    fz_text_init(&text);
    fz_rewrite_init(&rewrite);
    ck_assert_int_eq(fz_decode(&message, &text), FZ_OK);
    ck_assert_int_eq(fz_rewrite_edits(&message, &text, &edit, 1, 1, &rewrite),
                     FZ_OK);
    ck_assert(fz_slice_is(fz_buf_slice(&rewrite.octets), "caf\xE9 \xE9t\xE9"));
    ck_assert_int_eq(fz_rewrite_edits(&message, &text, &han, 1, 1, &rewrite),
                     FZ_OK);
    ck_assert(fz_slice_is(fz_buf_slice(&rewrite.octets), "caf\xE9 (removed)"));
    ck_assert(rewrite.shortened);
    fz_rewrite_clear(&rewrite);
    fz_text_clear(&text);
}
END_TEST

START_TEST(data_that_is_no_text_is_left_alone)
{
    static const char octets[] = "\x00\x01 prize \xFF\x02";
    FzMessage message = {.coding = FZ_CODING_8BIT, .octets = SLICE(octets)};
    FzEdit edit = {{0, 3}, "x"};
    FzRewrite rewrite;
    FzText text;

    fz_text_init(&text);
    fz_rewrite_init(&rewrite);
    ck_assert_int_eq(fz_decode(&message, &text), FZ_OK);
    ck_assert_int_ne(text.flags & FZ_TEXT_OPAQUE, 0);
    ck_assert_int_eq(fz_rewrite_edits(&message, &text, &edit, 1, 1, &rewrite),
                     FZ_E_LIMIT);
    fz_rewrite_clear(&rewrite);
    fz_text_clear(&text);
}
END_TEST

/* --- what the rules ask for ----------------------------------------------- */
static const FzRuleInfo rewriting[] = {
    {.id = "a",
     .score = FZ_POINTS(5.0),
     .state = FZ_RULE_ACTIVE,
     .rewrite = FZ_REWRITE_REPLACE,
     .rewrite_text = "(a)"},
    {.id = "b",
     .score = FZ_POINTS(5.0),
     .state = FZ_RULE_ACTIVE,
     .rewrite = FZ_REWRITE_PREPEND,
     .rewrite_text = "(b) "},
    {.id = "c",
     .score = FZ_POINTS(6.0),
     .state = FZ_RULE_ACTIVE,
     .rewrite = FZ_REWRITE_PREPEND,
     .rewrite_text = "(c) "},
    {.id = "d",
     .score = FZ_POINTS(9.0),
     .state = FZ_RULE_SHADOW,
     .rewrite = FZ_REWRITE_REPLACE,
     .rewrite_text = "(d)"},
    {.id = "e", .score = FZ_POINTS(9.0), .state = FZ_RULE_ACTIVE},
    {.id = "f",
     .state = FZ_RULE_ACTIVE,
     .rewrite = FZ_REWRITE_APPEND,
     .rewrite_text = " (f)"},
    {.id = "g", .state = FZ_RULE_ACTIVE, .rewrite = FZ_REWRITE_MASK},
    {.id = "h", .state = FZ_RULE_ACTIVE, .rewrite = FZ_REWRITE_DEFANG},
};
static const FzRuleset rules = {rewriting, COUNT(rewriting)};

static void add(FzVerdict *verdict, uint32_t rule, FzSpan one, FzSpan two)
{
    FzSignal signal = fz_fake_signal(&rules, rule);

    signal.spans[0] = one;
    signal.spans[1] = two;
    signal.span_count = two.cp_to > 0 ? 2 : 1;
    verdict->signals.item[verdict->signals.count++] = signal;
}

START_TEST(active_rules_rewrite_shadow_rules_do_not)
{
    FzMessage message = {.coding = FZ_CODING_7BIT,
                         .octets = fz_slice_of("one two three four")};
    FzVerdict verdict = {.profile = &fz_policy_patterns()->profiles[0]};
    FzRewrite rewrite;
    FzText text;

    fz_text_init(&text);
    fz_rewrite_init(&rewrite);
    ck_assert_int_eq(fz_decode(&message, &text), FZ_OK);
    add(&verdict, 0, (FzSpan){0, 3}, (FzSpan){14, 18});
    add(&verdict, 1, (FzSpan){4, 7}, (FzSpan){0, 0});
    add(&verdict, 2, (FzSpan){4, 7}, (FzSpan){0, 0});
    add(&verdict, 3, (FzSpan){4, 7}, (FzSpan){0, 0});
    add(&verdict, 4, (FzSpan){8, 13}, (FzSpan){0, 0});
    ck_assert_int_eq(
        fz_rewrite_message(&message, &text, &rules, &verdict, &rewrite), FZ_OK);
    /* one warning, that of the stronger rule */
    ck_assert_str_eq(fz_buf_text(&rewrite.text), "(c) (a) two three (a)");
    ck_assert_uint_eq(rewrite.edits, 3);

    verdict.signals.count = 0;
    add(&verdict, 3, (FzSpan){4, 7}, (FzSpan){0, 0});
    ck_assert_int_eq(
        fz_rewrite_message(&message, &text, &rules, &verdict, &rewrite),
        FZ_E_RULE);
    fz_rewrite_clear(&rewrite);
    fz_text_clear(&text);
}
END_TEST

static const struct {
    FzCoding coding;
    const char *want;
} kind_rows[] = {
    {FZ_CODING_7BIT, "see hxxp://a(.)b/ call **** (f)"},
    {FZ_CODING_UCS2, "see hxxp://a[.]b/ call **** (f)"},
};

START_TEST(rules_mask_defang_and_append)
{
    FzBuf octets = coded(kind_rows[_i].coding, "see http://a.b/ call 1234");
    FzMessage message = {.coding = kind_rows[_i].coding,
                         .octets = fz_buf_slice(&octets)};
    FzVerdict verdict = {.profile = &fz_policy_patterns()->profiles[0]};
    FzRewrite rewrite;
    FzText text;

    fz_text_init(&text);
    fz_rewrite_init(&rewrite);
    ck_assert_int_eq(fz_decode(&message, &text), FZ_OK);
    add(&verdict, 5, (FzSpan){0, 3}, (FzSpan){0, 0});
    add(&verdict, 6, (FzSpan){21, 25}, (FzSpan){0, 0});
    add(&verdict, 7, (FzSpan){0, 15}, (FzSpan){0, 0});
    ck_assert_int_eq(
        fz_rewrite_message(&message, &text, &rules, &verdict, &rewrite), FZ_OK);
    ck_assert_str_eq(fz_buf_text(&rewrite.text), kind_rows[_i].want);
    fz_rewrite_clear(&rewrite);
    fz_text_clear(&text);
    fz_buf_clear(&octets);
}
END_TEST

static const struct {
    const char *name;
    FzAction fallback;
    bool warn, observe;
    FzAction would, acted;
} fallback_rows[] = {
    {"held", FZ_ACTION_QUARANTINE, true, false, FZ_ACTION_QUARANTINE,
     FZ_ACTION_QUARANTINE},
    {"refused", FZ_ACTION_REJECT, true, false, FZ_ACTION_REJECT,
     FZ_ACTION_REJECT},
    {"warned about", FZ_ACTION_WARN, true, false, FZ_ACTION_WARN,
     FZ_ACTION_WARN},
    {"warning not allowed", FZ_ACTION_WARN, false, false, FZ_ACTION_PASS,
     FZ_ACTION_PASS},
    {"observing acts on nothing", FZ_ACTION_QUARANTINE, true, true,
     FZ_ACTION_QUARANTINE, FZ_ACTION_PASS},
};

START_TEST(what_cannot_be_rewritten_falls_back)
{
    FzMessage message = {.coding = FZ_CODING_7BIT,
                         .udh = SLICE(CONCAT),
                         .octets =
                             fz_slice_of(REPEAT_10("0123456789abcde") "abc")};
    FzProfile profile = fz_policy_patterns()->profiles[0];
    FzPolicy policy = *fz_policy_patterns();
    FzJudgeEnv env = {.ruleset = &rules, .policy = &policy};
    FzVerdict verdict = {.profile = &fz_policy_patterns()->profiles[0]};
    FzRewrite rewrite;
    FzText text;

    profile.rewrite_fallback = fallback_rows[_i].fallback;
    profile.warn = fallback_rows[_i].warn;
    policy.profiles = &profile;
    if (fallback_rows[_i].observe)
        policy.mode = FZ_MODE_OBSERVE;
    fz_text_init(&text);
    fz_rewrite_init(&rewrite);
    ck_assert_int_eq(fz_decode(&message, &text), FZ_OK);
    add(&verdict, 1, (FzSpan){4, 7}, (FzSpan){0, 0});
    fz_decide(&message, &env, &verdict);
    ck_assert_int_eq(verdict.would, FZ_ACTION_REWRITE);
    ck_assert(!fz_rewrite_verdict(&message, &text, &env, &verdict, &rewrite));
    ck_assert_msg(verdict.would == fallback_rows[_i].would, "%s: %s",
                  fallback_rows[_i].name, fz_action_name(verdict.would));
    ck_assert_msg(verdict.acted == fallback_rows[_i].acted, "%s: %s",
                  fallback_rows[_i].name, fz_action_name(verdict.acted));

    /* the same with room for it */
    message.udh = (FzSlice){0};
    fz_decide(&message, &env, &verdict);
    ck_assert(fz_rewrite_verdict(&message, &text, &env, &verdict, &rewrite));
    ck_assert_int_eq(verdict.would, FZ_ACTION_REWRITE);
    fz_rewrite_clear(&rewrite);
    fz_text_clear(&text);
}
END_TEST

/* Whatever is edited where, what comes out decodes to what was meant, fits
 * what it must fit, and outside the edits nothing changed. */
START_TEST(random_edits_keep_their_promises)
{
    static const char *const pieces[] = {"a",  "0",         "€",
                                         "付", "e\xCC\x81", "\xF0\x9F\x92\xB0",
                                         " ",  "\r\n",      "\xE2\x80\x8B",
                                         "ß"};
    uint32_t seed = 7;
    unsigned done = 0;
    FzRewrite rewrite;
    FzText text, again;

    fz_text_init(&text);
    fz_text_init(&again);
    fz_rewrite_init(&rewrite);
    for (unsigned round = 0; round < 4000; round++) {
        static const FzCoding codings[] = {FZ_CODING_7BIT, FZ_CODING_UCS2,
                                           FZ_CODING_8BIT};
        FzBuf utf8 = FZ_BUF_INIT, octets;
        FzMessage message = {.coding = codings[round % 3]}, back;
        FzEdit edits[6];
        unsigned length = round % 90;

        for (unsigned i = 0; i < length; i++) {
            seed = seed * 1664525u + 1013904223u;
            fz_buf_append_text(&utf8, pieces[(seed >> 16) % COUNT(pieces)]);
        }
        octets = coded(message.coding, fz_buf_text(&utf8));
        message.octets = fz_buf_slice(&octets);
        if ((round & 8) != 0)
            message.udh = fz_slice(CONCAT, sizeof CONCAT - 1);
        ck_assert_int_eq(fz_decode(&message, &text), FZ_OK);
        for (unsigned i = 0; i < COUNT(edits); i++) {
            seed = seed * 1664525u + 1013904223u;
            edits[i].span.cp_from = (uint16_t)((seed >> 10) % (length + 3));
            edits[i].span.cp_to =
                (uint16_t)(edits[i].span.cp_from + (seed >> 20) % 5);
            edits[i].text = pieces[(seed >> 24) % COUNT(pieces)];
        }
        if (fz_rewrite_edits(&message, &text, edits, COUNT(edits), 1,
                             &rewrite) == FZ_OK) {
            done++;
            back = message;
            back.coding = rewrite.coding;
            back.octets = fz_buf_slice(&rewrite.octets);
            ck_assert_int_eq(fz_decode(&back, &again), FZ_OK);
            ck_assert(fz_slice_equal(fz_slice(again.raw, again.octets),
                                     fz_buf_slice(&rewrite.text)));
            ck_assert(message.udh.octets == 0 ||
                      fz_segments(back.coding, back.udh, back.octets) == 1);
        }
        fz_buf_clear(&utf8);
        fz_buf_clear(&octets);
    }
    ck_assert_uint_gt(done, 3000);
    fz_rewrite_clear(&rewrite);
    fz_text_clear(&text);
    fz_text_clear(&again);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rewrite");
    TCase *edits = tcase_create("edits"), *coding = tcase_create("coding"),
          *asked = tcase_create("rules");

    tcase_add_loop_test(edits, edits_are_applied_once_and_cut_no_character, 0,
                        COUNT(edit_rows));
    tcase_add_test(edits, random_edits_keep_their_promises);
    suite_add_tcase(suite, edits);
    tcase_add_loop_test(coding, a_rewrite_stays_in_what_the_message_can_carry,
                        0, COUNT(coding_rows));
    tcase_add_loop_test(coding,
                        a_rewrite_costs_no_more_short_messages_than_allowed, 0,
                        COUNT(growth_rows));
    tcase_add_test(coding, latin1_stays_latin1);
    tcase_add_test(coding, data_that_is_no_text_is_left_alone);
    suite_add_tcase(suite, coding);
    tcase_add_test(asked, active_rules_rewrite_shadow_rules_do_not);
    tcase_add_loop_test(asked, rules_mask_defang_and_append, 0,
                        COUNT(kind_rows));
    tcase_add_loop_test(asked, what_cannot_be_rewritten_falls_back, 0,
                        COUNT(fallback_rows));
    suite_add_tcase(suite, asked);
    return fz_test_run(suite);
}
