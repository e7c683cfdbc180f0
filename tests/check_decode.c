/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/utf8.h"
#include "engine/decode/decode.h"
#include "engine/decode/udh.h"
#include "tests/support.h"

static FzText text;

static void setup(void)
{
    fz_text_init(&text);
}

static void teardown(void)
{
    fz_text_clear(&text);
}

static FzStatus decode(FzCoding coding, FzSlice udh, FzSlice octets)
{
    FzMessage message = {.coding = coding, .udh = udh, .octets = octets};

    return fz_decode(&message, &text);
}

#define BYTES(literal)                                                         \
    {                                                                          \
        (const uint8_t *)literal, sizeof(literal) - 1                          \
    }

/* --- octets to text ------------------------------------------------------ */
static const struct {
    const char *name;
    FzCoding coding;
    FzSlice octets;
    const char *want;
    uint32_t flags;
    FzStatus status;
} rows[] = {
    {"7-bit is UTF-8", FZ_CODING_7BIT, BYTES("caf\xC3\xA9 \xE2\x82\xAC"),
     "caf\xC3\xA9 \xE2\x82\xAC", 0, FZ_OK},
    {"undefined is 7-bit", FZ_CODING_UNDEFINED, BYTES("ok"), "ok", 0, FZ_OK},
    {"empty is empty", FZ_CODING_7BIT, BYTES(""), "", 0, FZ_OK},
    {"one mark for a cut sequence", FZ_CODING_7BIT, BYTES("a\xE5\x8F!"),
     "a\xEF\xBF\xBD!", FZ_TEXT_REPLACED, FZ_OK},
    {"one mark for each octet of an overlong", FZ_CODING_7BIT,
     BYTES("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD", FZ_TEXT_REPLACED, FZ_OK},
    {"our own mark is not let in", FZ_CODING_7BIT, BYTES("a\xEF\xBF\xBF"),
     "a\xEF\xBF\xBD", FZ_TEXT_REPLACED, FZ_OK},
    {"UCS-2", FZ_CODING_UCS2, BYTES("\x53\xCD\x8B\xC8"),
     "\xE5\x8F\x8D\xE8\xAF\x88", 0, FZ_OK},
    {"a pair is one code point", FZ_CODING_UCS2, BYTES("\xD8\x3D\xDC\x27"),
     "\xF0\x9F\x90\xA7", 0, FZ_OK},
    {"a lone high surrogate", FZ_CODING_UCS2, BYTES("\xD8\x3D\x00\x41"),
     "\xEF\xBF\xBD"
     "A",
     FZ_TEXT_REPLACED, FZ_OK},
    {"a lone low surrogate", FZ_CODING_UCS2, BYTES("\x00\x41\xDC\x27"),
     "A\xEF\xBF\xBD", FZ_TEXT_REPLACED, FZ_OK},
    {"half a unit at the end", FZ_CODING_UCS2, BYTES("\x00\x41\x00"), "A",
     FZ_TEXT_ODD_OCTETS, FZ_OK},
    {"nothing but half a unit", FZ_CODING_UCS2, BYTES("\x41"), "",
     FZ_TEXT_ODD_OCTETS, FZ_E_SYNTAX},
    {"8-bit UTF-8", FZ_CODING_8BIT, BYTES("\xE5\x8F\x8D win"),
     "\xE5\x8F\x8D win", 0, FZ_OK},
    {"8-bit Latin-1", FZ_CODING_8BIT, BYTES("na\xEFve caf\xE9"),
     "na\xC3\xAFve caf\xC3\xA9", 0, FZ_OK},
    {"data keeps its ASCII apart", FZ_CODING_8BIT,
     BYTES("\x01\x06http://a.example\x00\x03win\xFF"),
     "http://a.example\xEF\xBF\xBFwin", FZ_TEXT_OPAQUE, FZ_OK},
    {"a double-octet charset is no Latin-1", FZ_CODING_8BIT,
     BYTES("\xB7\xB4\xD5\xA9 qq123"), " qq123", FZ_TEXT_OPAQUE, FZ_OK},
    {"data without text", FZ_CODING_8BIT, BYTES("\x00\x01\x02\xFF"), "",
     FZ_TEXT_OPAQUE, FZ_E_SYNTAX},
};

START_TEST(decode_makes_text_of_octets)
{
    FzStatus status =
        decode(rows[_i].coding, (FzSlice){NULL, 0}, rows[_i].octets);

    ck_assert_msg(status == rows[_i].status, "%s: status %s", rows[_i].name,
                  fz_status_name(status));
    ck_assert_msg(fz_slice_is(fz_slice(text.raw, text.octets), rows[_i].want),
                  "%s: got \"%.*s\"", rows[_i].name, (int)text.octets,
                  text.raw);
    ck_assert_msg(text.flags == rows[_i].flags, "%s: flags %#x", rows[_i].name,
                  text.flags);
    ck_assert_msg(text.chars == fz_utf8_chars(text.raw, text.octets), "%s",
                  rows[_i].name);
    ck_assert_uint_eq(text.cp_octet[text.chars], text.octets);
    ck_assert_uint_eq(text.part_count, 1);
}
END_TEST

START_TEST(decode_truncates_what_no_phone_could_get)
{
    static uint8_t longer[FZ_LIMIT_TEXT_CHARS + 1];

    memset(longer, 'a', sizeof longer);
    ck_assert_int_eq(decode(FZ_CODING_7BIT, (FzSlice){NULL, 0},
                            fz_slice(longer, sizeof longer - 1)),
                     FZ_OK);
    ck_assert_uint_eq(text.flags, 0);
    ck_assert_int_eq(decode(FZ_CODING_7BIT, (FzSlice){NULL, 0},
                            fz_slice(longer, sizeof longer)),
                     FZ_OK);
    ck_assert_uint_eq(text.flags, FZ_TEXT_TRUNCATED);
    ck_assert_uint_eq(text.chars, FZ_LIMIT_TEXT_CHARS);
}
END_TEST

/* --- the user data header ------------------------------------------------ */
static const struct {
    const char *name;
    FzSlice udh;
    bool sound;
    FzPartRef part;
    uint32_t flags;
} headers[] = {
    {"8-bit reference",
     BYTES("\x05\x00\x03\x2A\x03\x02"),
     true,
     {0x2A, 3, 2, false},
     0},
    {"16-bit reference",
     BYTES("\x06\x08\x04\x12\x34\x03\x01"),
     true,
     {0x1234, 3, 1, true},
     0},
    {"ports and a part",
     BYTES("\x0B\x05\x04\x0B\x84\x23\xF0\x00\x03\x2A\x02\x02"),
     true,
     {0x2A, 2, 2, false},
     FZ_TEXT_PORTS},
    {"locking shift",
     BYTES("\x03\x25\x01\x01"),
     true,
     {0},
     FZ_TEXT_SHIFT_TABLE},
    {"number above total", BYTES("\x05\x00\x03\x2A\x03\x04"), true, {0}, 0},
    {"number 0", BYTES("\x05\x00\x03\x2A\x03\x00"), true, {0}, 0},
    {"the last of two counts",
     BYTES("\x0A\x00\x03\x01\x02\x01\x00\x03\x09\x03\x03"),
     true,
     {9, 3, 3, false},
     0},
    {"wrong element length", BYTES("\x04\x00\x02\x2A\x03"), true, {0}, 0},
    {"header longer than it is",
     BYTES("\x06\x00\x03\x2A\x03\x02"),
     false,
     {0},
     FZ_TEXT_BAD_UDH},
    {"element longer than the header",
     BYTES("\x05\x00\x04\x2A\x03\x02"),
     false,
     {0},
     FZ_TEXT_BAD_UDH},
    {"half an element",
     BYTES("\x06\x00\x03\x2A\x03\x02\x70"),
     false,
     {0},
     FZ_TEXT_BAD_UDH},
};

START_TEST(udh_is_read_or_refused_as_a_whole)
{
    FzPartRef part = {0};
    FzUdh udh;

    ck_assert_msg(fz_udh_read(headers[_i].udh, &udh) == headers[_i].sound, "%s",
                  headers[_i].name);
    ck_assert_msg(fz_udh_part(headers[_i].udh, &part) ==
                      (headers[_i].part.total != 0),
                  "%s", headers[_i].name);
    ck_assert_msg(part.reference == headers[_i].part.reference &&
                      part.total == headers[_i].part.total &&
                      part.number == headers[_i].part.number &&
                      part.wide == headers[_i].part.wide,
                  "%s: %u %u/%u", headers[_i].name, part.reference, part.number,
                  part.total);
    ck_assert_int_eq(
        decode(FZ_CODING_7BIT, headers[_i].udh, fz_slice_of("text")), FZ_OK);
    ck_assert_msg(text.flags == headers[_i].flags, "%s: flags %#x",
                  headers[_i].name, text.flags);
    ck_assert_uint_eq(text.parts[0].number, part.total == 0 ? 1 : part.number);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decode");
    TCase *tc = tcase_create("decode");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, decode_makes_text_of_octets, 0, COUNT(rows));
    tcase_add_test(tc, decode_truncates_what_no_phone_could_get);
    tcase_add_loop_test(tc, udh_is_read_or_refused_as_a_whole, 0,
                        COUNT(headers));
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
