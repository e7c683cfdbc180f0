/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/buf.h"
#include "base/cpu.h"
#include "base/digest.h"
#include "base/utf8.h"
#include "engine/decode/decode.h"
#include "engine/decode/udh.h"
#include "tests/support.h"
#include "tests/tsv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FzText text;
static Tsv cases;

static void setup(void)
{
    fz_text_init(&text);
}

static void teardown(void)
{
    fz_text_clear(&text);
}

/* --- every row of decode_cases.tsv --------------------------------------- */
enum { CODING, UDH, OCTETS, TEXT, FLAGS, SOURCE, NAME };

static const struct {
    const char *word;
    uint32_t flag;
} flag_words[] = {
    {"opaque", FZ_TEXT_OPAQUE},       {"replaced", FZ_TEXT_REPLACED},
    {"truncated", FZ_TEXT_TRUNCATED}, {"odd", FZ_TEXT_ODD_OCTETS},
    {"shift", FZ_TEXT_SHIFT_TABLE},   {"bad-udh", FZ_TEXT_BAD_UDH},
    {"ports", FZ_TEXT_PORTS},         {"push", FZ_TEXT_WAP_PUSH},
};

/* What the flags column asks for. */
typedef struct Wanted {
    FzStatus status;
    uint32_t flags;
    char part[32];   /* REFERENCE[w]:NUMBER/TOTAL, "" none */
    char parts[128]; /* NUMBER@CP,..., "" not asked */
} Wanted;

static Wanted read_flags(char *cell, const char *name)
{
    Wanted wanted = {.status = FZ_OK};

    for (char *word = strtok(cell, " "); word; word = strtok(NULL, " ")) {
        size_t i = 0;

        if (strcmp(word, "-") == 0)
            continue;
        if (strcmp(word, "undecodable") == 0) {
            wanted.status = FZ_E_SYNTAX;
            continue;
        }
        if (strncmp(word, "part=", 5) == 0) {
            snprintf(wanted.part, sizeof wanted.part, "%s", word + 5);
            continue;
        }
        if (strncmp(word, "parts=", 6) == 0) {
            snprintf(wanted.parts, sizeof wanted.parts, "%s", word + 6);
            continue;
        }
        while (i < COUNT(flag_words) && strcmp(word, flag_words[i].word) != 0)
            i++;
        ck_assert_msg(i < COUNT(flag_words), "%s: flag %s", name, word);
        wanted.flags |= flag_words[i].flag;
    }
    return wanted;
}

static FzCoding read_coding(const char *cell)
{
    return strcmp(cell, "7bit") == 0   ? FZ_CODING_7BIT
           : strcmp(cell, "8bit") == 0 ? FZ_CODING_8BIT
           : strcmp(cell, "ucs2") == 0 ? FZ_CODING_UCS2
                                       : FZ_CODING_UNDEFINED;
}

/* The next of "hex+hex", into room; NULL after the last. */
static char *next_octets(char *cell, uint8_t *room, FzSlice *octets_out)
{
    char *plus = strchr(cell, '+');

    if (plus != NULL)
        *plus = '\0';
    if (strcmp(cell, "-") == 0)
        *cell = '\0';
    ck_assert_int_eq(fz_hex_decode(cell, strlen(cell), room), FZ_OK);
    *octets_out = fz_slice(room, strlen(cell) / 2);
    return plus == NULL ? NULL : plus + 1;
}

static void check_part(FzSlice udh, const char *want, const char *name)
{
    FzPartRef part = {0};
    char got[32] = "";

    if (fz_udh_part(udh, &part))
        snprintf(got, sizeof got, "%x%s:%u/%u", part.reference,
                 part.wide ? "w" : "", part.number, part.total);
    ck_assert_msg(strcmp(got, want) == 0, "%s: part %s, want %s", name, got,
                  want);
}

static void check_parts(const char *want, const char *name)
{
    char got[128] = "";

    for (size_t i = 0; i < text.part_count; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%u@%u",
                 i == 0 ? "" : ",", text.parts[i].number,
                 text.parts[i].cp_from);
    ck_assert_msg(strcmp(got, want) == 0, "%s: parts %s, want %s", name, got,
                  want);
}

START_TEST(decode_says_what_the_row_says)
{
    static uint8_t room[8][2][1024];
    TsvRow *row = &cases.row[_i];
    const char *name = row->cell[NAME];
    char *udh = row->cell[UDH], *octets = row->cell[OCTETS];
    FzMessage parts[8];
    Wanted wanted = read_flags(row->cell[FLAGS], name);
    size_t n = 0, want_octets;
    FzStatus status;

    memset(parts, 0, sizeof parts);
    for (; octets != NULL; n++) {
        ck_assert_uint_lt(n, COUNT(parts));
        parts[n].coding = read_coding(row->cell[CODING]);
        octets = next_octets(octets, room[n][0], &parts[n].octets);
        if (udh != NULL)
            udh = next_octets(udh, room[n][1], &parts[n].udh);
    }
    if (strcmp(row->cell[TEXT], "-") == 0)
        row->cell[TEXT][0] = '\0';
    want_octets = tsv_unescape(row->cell[TEXT]);

    status =
        n == 1 ? fz_decode(&parts[0], &text) : fz_decode_parts(parts, n, &text);
    ck_assert_msg(status == wanted.status, "line %u, %s: status %s", row->line,
                  name, fz_status_name(status));
    ck_assert_msg(fz_slice_equal(fz_slice(text.raw, text.octets),
                                 fz_slice(row->cell[TEXT], want_octets)),
                  "line %u, %s: got \"%.*s\"", row->line, name,
                  (int)text.octets, text.raw);
    ck_assert_msg(text.flags == wanted.flags, "line %u, %s: flags %#x, not %#x",
                  row->line, name, text.flags, wanted.flags);
    if (n == 1)
        check_part(parts[0].udh, wanted.part, name);
    if (wanted.parts[0] != '\0')
        check_parts(wanted.parts, name);

    /* what holds for every text */
    ck_assert_uint_eq(text.chars, fz_utf8_chars(text.raw, text.octets));
    ck_assert_uint_eq(text.cp_octet[text.chars], text.octets);
    for (uint32_t i = 0; i < text.chars; i++)
        ck_assert_uint_lt(text.cp_octet[i], text.cp_octet[i + 1]);
    ck_assert_uint_ge(text.part_count, 1);
}
END_TEST

START_TEST(decode_cases_are_many)
{
    ck_assert_uint_ge(cases.count, 150);
}
END_TEST

/* --- bounds -------------------------------------------------------------- */
START_TEST(decode_truncates_what_no_phone_could_get)
{
    static uint8_t longer[FZ_LIMIT_TEXT_OCTETS + 10];
    FzMessage message = {.coding = FZ_CODING_7BIT};

    memset(longer, 'a', sizeof longer);
    message.octets = fz_slice(longer, FZ_LIMIT_TEXT_CHARS);
    ck_assert_int_eq(fz_decode(&message, &text), FZ_OK);
    ck_assert_uint_eq(text.flags, 0);
    for (size_t more = 1; more < 9; more++) {
        message.octets = fz_slice(longer, FZ_LIMIT_TEXT_CHARS + more);
        ck_assert_int_eq(fz_decode(&message, &text), FZ_OK);
        ck_assert_uint_eq(text.flags, FZ_TEXT_TRUNCATED);
        ck_assert_uint_eq(text.chars, FZ_LIMIT_TEXT_CHARS);
    }
    message.octets = fz_slice(longer, sizeof longer);
    ck_assert_int_eq(fz_decode(&message, &text), FZ_OK);
    ck_assert_uint_eq(text.flags, FZ_TEXT_TRUNCATED);
    message.coding = FZ_CODING_UCS2;
    ck_assert_int_eq(fz_decode(&message, &text), FZ_OK);
    ck_assert_uint_eq(text.flags, FZ_TEXT_TRUNCATED);
    ck_assert_uint_eq(text.octets, 3 * FZ_LIMIT_TEXT_CHARS);
}
END_TEST

START_TEST(decode_takes_255_parts_and_no_more)
{
    static FzMessage parts[FZ_LIMIT_PARTS + 1];
    static uint8_t udh[FZ_LIMIT_PARTS + 1][6];
    static uint8_t octets[160];

    memset(octets, 'a', sizeof octets);
    for (size_t i = 0; i < COUNT(parts); i++) {
        memcpy(udh[i], "\x05\x00\x03\x2A\xFF\x00", 6);
        udh[i][5] = (uint8_t)(FZ_LIMIT_PARTS - i);
        parts[i] = (FzMessage){.coding = FZ_CODING_7BIT,
                               .udh = fz_slice(udh[i], 6),
                               .octets = fz_slice(octets, 153)};
    }
    ck_assert_int_eq(fz_decode_parts(parts, FZ_LIMIT_PARTS, &text), FZ_OK);
    ck_assert_uint_eq(text.flags, 0);
    ck_assert_uint_eq(text.chars, FZ_LIMIT_TEXT_CHARS);
    ck_assert_uint_eq(text.part_count, FZ_LIMIT_PARTS);
    ck_assert_uint_eq(text.parts[254].cp_from, 254 * 153);
    ck_assert_uint_eq(fz_text_part(&text, 152)->number, 1);
    ck_assert_uint_eq(fz_text_part(&text, 153)->number, 2);
    ck_assert_uint_eq(fz_text_part(&text, text.chars)->number, 255);

    ck_assert_int_eq(fz_decode_parts(parts, FZ_LIMIT_PARTS + 1, &text), FZ_OK);
    ck_assert_uint_eq(text.flags, FZ_TEXT_TRUNCATED);
}
END_TEST

START_TEST(decode_keeps_codings_of_parts_apart)
{
    FzMessage parts[] = {
        {.coding = FZ_CODING_7BIT, .octets = fz_slice_of("pay ")},
        {.coding = FZ_CODING_UCS2, .octets = fz_slice("\x53\xCD", 2)},
        {.coding = FZ_CODING_8BIT, .octets = fz_slice("\xE9t\xE9 100%", 8)},
    };

    ck_assert_int_eq(fz_decode_parts(parts, COUNT(parts), &text), FZ_OK);
    ck_assert_msg(
        fz_slice_is(fz_slice(text.raw, text.octets), "pay 反été 100%"),
        "got %.*s", (int)text.octets, text.raw);
    ck_assert_uint_eq(text.part_count, 3);
    ck_assert_uint_eq(text.parts[2].cp_from, 5);
}
END_TEST

/* --- vectors of others, where they are given -------------------------------
 */
/* With FANZHA_DATA=dir, each "hex" of dir/conformance/sms/hex_vectors.jsonl is
 * fed raw to everything that reads octets, from each of its first octets on:
 * PDUs of other layers hold headers, texts and pushes somewhere inside. */
static void feed(FzSlice octets)
{
    static const FzCoding codings[] = {FZ_CODING_7BIT, FZ_CODING_8BIT,
                                       FZ_CODING_UCS2};
    FzPartRef part;

    (void)fz_udh_part(octets, &part);
    for (size_t i = 0; i < COUNT(codings); i++) {
        FzMessage messages[] = {
            {.coding = codings[i], .octets = octets},
            {.coding = codings[i], .udh = octets, .octets = octets},
            {.coding = codings[i],
             .udh = fz_slice("\x06\x05\x04\x0B\x84\x23\xF0", 7),
             .octets = octets},
        };

        for (size_t j = 0; j < COUNT(messages); j++) {
            FzStatus status = fz_decode(&messages[j], &text);

            ck_assert(status == FZ_OK || status == FZ_E_SYNTAX);
            ck_assert(fz_utf8_valid(text.raw, text.octets));
            ck_assert_uint_eq(text.chars, fz_utf8_chars(text.raw, text.octets));
        }
    }
}

/* Units are taken four at a time where they are alike: each one at each place
 * among Han, and among others. */
START_TEST(decode_takes_every_unit_wherever_it_stands)
{
    static const uint16_t around[2][8] = {
        {0x6211, 0x4EEC, 0xFF0C, 0x5B89, 0x5168, 0x8D26, 0x6237, 0x3002},
        {0x6211, 'a', 0xE9, 0x5B89, '1', 0x416, 0x6237, ' '},
    };

    for (uint32_t unit = 0; unit <= 0xFFFF; unit++)
        for (uint32_t round = 0; round < 4; round++) {
            const uint16_t *row = around[unit >> 4 & 1];
            uint8_t octets[18], wanted[40];
            FzMessage message = {.coding = FZ_CODING_UCS2,
                                 .octets = fz_slice(octets, sizeof octets)};
            size_t length = 0, chars = 0, ends[10] = {0};
            bool same;

            for (uint32_t i = 0; i < 9; i++) {
                uint32_t cp = i == round + 2 ? unit : row[i & 7];

                octets[2 * i] = (uint8_t)(cp >> 8);
                octets[2 * i + 1] = (uint8_t)cp;
                if ((cp >= 0xD800 && cp <= 0xDFFF) || cp == 0xFFFF)
                    cp = FZ_REPLACEMENT_CHAR;
                length += fz_utf8_encode(cp, wanted + length);
                ends[++chars] = length;
            }
            same = fz_decode(&message, &text) == FZ_OK && text.chars == chars &&
                   fz_slice_equal(fz_slice(text.raw, text.octets),
                                  fz_slice(wanted, length));
            for (size_t i = 0; same && i <= chars; i++)
                same = text.cp_octet[i] == ends[i];
            if (!same) /* an assertion costs more than all of this */
                ck_abort_msg("U+%04X at %u", unit, round);
        }
}
END_TEST

/* --- both forms -------------------------------------------------------------
 */
static uint32_t draw(uint32_t bound)
{
    static uint64_t state = 20261122;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % bound;
}

/* What stands in texts, and what breaks them: whole sequences of each length,
 * cut, overlong, surrogates, too high, our own mark. */
static const char *const utf8_pieces[] = {
    "a",
    "Hello, world",
    "é",
    "ß",
    "我",
    "人",
    "，",
    "😀",
    "\xF4\x8F\xBF\xBF",
    "\xEF\xBF\xBF",
    "\xEF\xBF\xBE",
    "\xEF\xBF",
    "\xE4",
    "\xE4\xB8",
    "\xF0\x9F\x98",
    "\xF0\x8F\xBF\xBF",
    "\xF4\x90\x80\x80",
    "\xE0\x9F\xBF",
    "\xE0\xA0\x80",
    "\xED\x9F\xBF",
    "\xED\xA0\x80",
    "\xC1\xBF",
    "\xC2\x80",
    "\xDF",
    "\x80",
    "\xBF\xBF",
    "\xF5",
    "\xFF",
    "\xF1\x80\x80\x80",
};
static const uint16_t utf16_units[] = {
    'a',    ' ',    0x7F,   0x80,   0xE9,   0x7FF,  0x800,
    0x4EBA, 0xFF0C, 0xD7FF, 0xD800, 0xDBFF, 0xDC00, 0xDFFF,
    0xE000, 0xFFFD, 0xFFFE, 0xFFFF, 0,      0x3002,
};

/* Mostly of what is common, so that long runs of it are there too. */
static size_t make_octets(FzCoding coding, uint8_t *out, size_t room)
{
    size_t octets = draw((uint32_t)room), at = 0;
    uint32_t odd = 1 + draw(40);

    while (at < octets) {
        bool common = draw(odd) != 0;

        if (coding == FZ_CODING_UCS2) {
            uint16_t unit =
                utf16_units[common ? 7 * draw(2) : draw(COUNT(utf16_units))];

            out[at++] = (uint8_t)(unit >> 8);
            if (at < octets)
                out[at++] = (uint8_t)unit;
        } else {
            const char *piece =
                utf8_pieces[common ? draw(8) : draw(COUNT(utf8_pieces))];

            while (*piece != '\0' && at < octets)
                out[at++] = (uint8_t)*piece++;
        }
    }
    return octets;
}

START_TEST(decode_gives_the_same_in_both_forms)
{
    static const FzCoding codings[] = {FZ_CODING_7BIT, FZ_CODING_UCS2,
                                       FZ_CODING_8BIT};
    static uint8_t octets[3][400];
    bool wide = fz_cpu_is_wide;
    FzText other;

    fz_text_init(&other);
    for (int round = 0; round < 60000; round++) {
        FzCoding coding = codings[draw(COUNT(codings))];
        size_t count = draw(4) == 0 ? 3 : 1;
        FzMessage parts[3];
        FzStatus status;

        for (size_t i = 0; i < count; i++)
            parts[i] = (FzMessage){
                .coding = coding,
                .octets = fz_slice(octets[i],
                                   make_octets(coding, octets[i],
                                               1 + draw(sizeof octets[i])))};
        fz_cpu_is_wide = wide;
        status = fz_decode_parts(parts, count, &text);
        fz_cpu_is_wide = false;
        ck_assert_int_eq(fz_decode_parts(parts, count, &other), status);
        ck_assert_uint_eq(text.flags, other.flags);
        ck_assert_uint_eq(text.chars, other.chars);
        ck_assert_uint_eq(text.octets, other.octets);
        ck_assert(memcmp(text.raw, other.raw, text.octets + 64) == 0);
        ck_assert(memcmp(text.cp_octet, other.cp_octet,
                         (text.chars + 1) * sizeof *text.cp_octet) == 0);
        for (uint16_t i = 0; i < text.part_count; i++)
            ck_assert_uint_eq(text.parts[i].cp_from, other.parts[i].cp_from);
        if (count == 1) {
            fz_cpu_is_wide = wide;
            ck_assert_int_eq(fz_decode(&parts[0], &text), status);
            ck_assert_uint_eq(text.flags, other.flags);
            ck_assert_uint_eq(text.octets, other.octets);
            ck_assert(memcmp(text.raw, other.raw, text.octets) == 0);
        }
    }
    fz_cpu_is_wide = wide;
    fz_text_clear(&other);
}
END_TEST

START_TEST(decode_survives_vectors_of_others)
{
    const char *data = getenv("FANZHA_DATA");
    FzBuf file = FZ_BUF_INIT;
    char path[1024];
    size_t vectors = 0;

    if (data == NULL)
        return;
    snprintf(path, sizeof path, "%s/conformance/sms/hex_vectors.jsonl", data);
    ck_assert_int_eq(fz_buf_read_file(&file, path, 64u << 20, NULL), FZ_OK);
    for (const char *at = fz_buf_text(&file);
         (at = strstr(at, "\"hex\": \"")) != NULL; vectors++) {
        size_t digits = strspn(at += 8, "0123456789abcdefABCDEF") & ~(size_t)1;
        uint8_t *octets = malloc(digits / 2 + 1);

        ck_assert_int_eq(fz_hex_decode(at, digits, octets), FZ_OK);
        for (size_t from = 0; from < digits / 2 && from < 64; from++)
            feed(fz_slice(octets + from, digits / 2 - from));
        free(octets);
    }
    fz_buf_clear(&file);
    printf("decode: %zu vectors of others\n", vectors);
    ck_assert_uint_gt(vectors, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decode");
    TCase *tc = tcase_create("decode");
    int failed;

    tsv_open(&cases, "tests/data/decode_cases.tsv");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, decode_says_what_the_row_says, 0, (int)cases.count);
    tcase_add_test(tc, decode_cases_are_many);
    tcase_add_test(tc, decode_truncates_what_no_phone_could_get);
    tcase_add_test(tc, decode_takes_255_parts_and_no_more);
    tcase_add_test(tc, decode_keeps_codings_of_parts_apart);
    tcase_add_test(tc, decode_takes_every_unit_wherever_it_stands);
    tcase_add_test(tc, decode_gives_the_same_in_both_forms);
    tcase_add_test(tc, decode_survives_vectors_of_others);
    suite_add_tcase(suite, tc);
    failed = fz_test_run(suite);
    tsv_close(&cases);
    return failed;
}
