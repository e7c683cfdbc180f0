/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/verdict/coding.h"
#include "tests/support.h"

#define CONCAT "\x05\x00\x03\x2A\x03\x02" /* part 2 of 3 */
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

/* --- counting ------------------------------------------------------------- */
static const struct {
    const char *name;
    FzCoding coding;
    FzSlice udh;
    const char *unit; /* UTF-8 */
    unsigned times;
    uint32_t want;
} segment_rows[] = {
    {"empty", FZ_CODING_7BIT, {0}, "", 0, 1},
    {"160 septets", FZ_CODING_7BIT, {0}, "a", 160, 1},
    {"161 septets", FZ_CODING_7BIT, {0}, "a", 161, 2},
    {"two full", FZ_CODING_7BIT, {0}, "a", 306, 2},
    {"two full and one", FZ_CODING_7BIT, {0}, "a", 307, 3},
    {"80 euros", FZ_CODING_7BIT, {0}, "€", 80, 1},
    {"81 euros", FZ_CODING_7BIT, {0}, "€", 81, 2},
    /* 153 is odd: an escape pair is not cut, each part holds 76 */
    {"152 euros", FZ_CODING_7BIT, {0}, "€", 152, 2},
    {"153 euros", FZ_CODING_7BIT, {0}, "€", 153, 3},
    {"what is not in the alphabet is one question mark",
     FZ_CODING_7BIT,
     {0},
     "付",
     160,
     1},
    {"UCS-2, 70", FZ_CODING_UCS2, {0}, "付", 70, 1},
    {"UCS-2, 71", FZ_CODING_UCS2, {0}, "付", 71, 2},
    {"UCS-2, two full", FZ_CODING_UCS2, {0}, "付", 134, 2},
    {"UCS-2, 135", FZ_CODING_UCS2, {0}, "付", 135, 3},
    {"pairs of surrogates", FZ_CODING_UCS2, {0}, "\xF0\x9F\x92\xB0", 35, 1},
    /* 134 octets hold 33 of 4, a pair is not cut */
    {"pairs are not cut", FZ_CODING_UCS2, {0}, "\xF0\x9F\x92\xB0", 66, 2},
    {"pairs are not cut, one more",
     FZ_CODING_UCS2,
     {0},
     "\xF0\x9F\x92\xB0",
     67,
     3},
    {"8-bit, 140", FZ_CODING_8BIT, {0}, "a", 140, 1},
    {"8-bit, 141", FZ_CODING_8BIT, {0}, "a", 141, 2},
    {"a part of 153", FZ_CODING_7BIT, SLICE(CONCAT), "a", 153, 1},
    {"a part of 154", FZ_CODING_7BIT, SLICE(CONCAT), "a", 154, 2},
    {"a part of 67", FZ_CODING_UCS2, SLICE(CONCAT), "付", 67, 1},
    {"a part of 68", FZ_CODING_UCS2, SLICE(CONCAT), "付", 68, 2},
};

START_TEST(segments_are_counted_as_the_gateway_cuts)
{
    FzBuf utf8 = FZ_BUF_INIT, octets;
    uint32_t came;

    for (unsigned i = 0; i < segment_rows[_i].times; i++)
        fz_buf_append_text(&utf8, segment_rows[_i].unit);
    octets = coded(segment_rows[_i].coding, fz_buf_text(&utf8));
    came = fz_segments(segment_rows[_i].coding, segment_rows[_i].udh,
                       fz_buf_slice(&octets));
    ck_assert_msg(came == segment_rows[_i].want, "%s: %u, want %u",
                  segment_rows[_i].name, came, segment_rows[_i].want);
    fz_buf_clear(&utf8);
    fz_buf_clear(&octets);
}
END_TEST

START_TEST(the_alphabet_has_127_characters_and_10_more)
{
    unsigned one = 0, two = 0;
    uint32_t septets = 0;

    for (uint32_t cp = 0; cp < 0x3000; cp++) {
        one += fz_gsm_char_septets(cp) == 1;
        two += fz_gsm_char_septets(cp) == 2;
    }
    ck_assert_uint_eq(one, 127); /* 128 codes, one of them the escape */
    ck_assert_uint_eq(two, 10);
    ck_assert(fz_gsm_septets(fz_slice_of("5€ [Ωß]"), &septets));
    ck_assert_uint_eq(septets, 10);
    ck_assert(!fz_gsm_septets(fz_slice_of("ç"), &septets));
    ck_assert(fz_gsm_septets(fz_slice_of("Ç"), &septets));
    ck_assert(!fz_gsm_septets(fz_slice_of("`"), &septets));
}
END_TEST

START_TEST(a_text_is_coded_as_a_phone_would_send_it)
{
    FzBuf out = FZ_BUF_INIT;

    ck_assert_int_eq(fz_encode_text(fz_slice_of("5€ {x}"), &out),
                     FZ_CODING_7BIT);
    ck_assert_str_eq(fz_buf_text(&out), "5€ {x}");
    out.octets = 0;
    ck_assert_int_eq(fz_encode_text(fz_slice_of("5付"), &out), FZ_CODING_UCS2);
    ck_assert(
        fz_slice_equal(fz_buf_slice(&out), fz_slice("\0\x35\x4E\xD8", 4)));
    fz_buf_clear(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gsm");
    TCase *counting = tcase_create("counting");

    tcase_add_loop_test(counting, segments_are_counted_as_the_gateway_cuts, 0,
                        COUNT(segment_rows));
    tcase_add_test(counting, the_alphabet_has_127_characters_and_10_more);
    tcase_add_test(counting, a_text_is_coded_as_a_phone_would_send_it);
    suite_add_tcase(suite, counting);
    return fz_test_run(suite);
}
