/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/decode/decode.h"
#include "engine/text/text.h"
#include "tests/support.h"

static FzText text;
static FzViews views;

static void setup(void)
{
    fz_text_init(&text);
    fz_views_init(&views);
}

static void teardown(void)
{
    fz_views_clear(&views);
    fz_text_clear(&text);
}

static void build(const char *raw)
{
    FzMessage message = {.coding = FZ_CODING_7BIT, .octets = fz_slice_of(raw)};

    ck_assert_int_eq(fz_decode(&message, &text), FZ_OK);
    ck_assert_int_eq(fz_views_build(&text, FZ_VIEWS_ALL, &views), FZ_OK);
}

static const struct {
    const char *name, *raw, *want;
} folds[] = {
    {"upper case", "FREE Entry 2", "free entry 2"},
    {"full width", "ＦＲＥＥ１", "free1"},
    {"space runs are one", "  a \t\n　b  ", "a b"},
    {"zero width vanishes", "微\u200B信", "微信"},
    {"accented upper case", "ÉTÉ", "été"},
    {"Cyrillic", "МИР", "мир"},
    {"Han stays", "微信", "微信"},
};

START_TEST(text_folds)
{
    const FzView *view = &views.view[FZ_VIEW_FOLDED];
    FzBuf word = FZ_BUF_INIT;

    build(folds[_i].raw);
    ck_assert_msg(
        fz_slice_is(fz_slice(view->octets, view->length), folds[_i].want),
        "%s: got \"%.*s\"", folds[_i].name, (int)view->length, view->octets);
    ck_assert_int_eq(
        fz_fold_word(FZ_VIEW_FOLDED, fz_slice_of(folds[_i].raw), &word), FZ_OK);
    ck_assert_str_eq(fz_buf_text(&word), folds[_i].want);
    fz_buf_clear(&word);
}
END_TEST

static const struct {
    const char *name, *raw;
    uint32_t from, to; /* octets of the folded view */
    const char *want;  /* raw octets of the span */
} spans[] = {
    {"plain", "say FREE now", 4, 8, "FREE"},
    {"full width", "ＦＲＥＥ", 1, 3, "ＲＥ"},
    {"ignorables inside stay inside", "x微\u200B信y", 1, 7, "微\u200B信"},
    {"ignorables behind belong to the span", "微信\u200B.", 0, 6, "微信\u200B"},
    {"nothing", "abc", 1, 1, ""},
    {"behind the end", "abc", 2, 9, "c"},
};

START_TEST(text_finds_the_way_back)
{
    FzSpan span;

    build(spans[_i].raw);
    span = fz_view_span(&text, &views.view[FZ_VIEW_FOLDED], spans[_i].from,
                        spans[_i].to);
    ck_assert_msg(fz_slice_is(fz_text_slice(&text, span), spans[_i].want),
                  "%s: code points %u to %u", spans[_i].name, span.cp_from,
                  span.cp_to);
}
END_TEST

START_TEST(raw_view_counts_octets_to_code_points)
{
    FzSpan span;

    build("a微信b");
    span = fz_view_span(&text, &views.view[FZ_VIEW_RAW], 1, 7);
    ck_assert_uint_eq(span.cp_from, 1);
    ck_assert_uint_eq(span.cp_to, 3);
}
END_TEST

START_TEST(a_word_that_folds_to_nothing_is_refused)
{
    FzBuf out = FZ_BUF_INIT;

    ck_assert_int_eq(fz_fold_word(FZ_VIEW_FOLDED, fz_slice_of(" \u200B"), &out),
                     FZ_E_RULE);
    ck_assert_int_eq(fz_fold_word(FZ_VIEW_FOLDED, fz_slice_of("a\xFF"), &out),
                     FZ_E_RULE);
    ck_assert_uint_eq(out.octets, 0);
}
END_TEST

START_TEST(views_have_names)
{
    for (int i = 0; i < FZ_VIEWS; i++) {
        FzViewKind kind = FZ_VIEW_RAW;

        ck_assert_int_eq(fz_view_parse(fz_view_name((FzViewKind)i), &kind),
                         FZ_OK);
        ck_assert_int_eq(kind, i);
    }
    ck_assert_int_eq(fz_view_parse("Folded", &(FzViewKind){0}), FZ_E_SYNTAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text");
    TCase *tc = tcase_create("text");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, text_folds, 0, COUNT(folds));
    tcase_add_loop_test(tc, text_finds_the_way_back, 0, COUNT(spans));
    tcase_add_test(tc, raw_view_counts_octets_to_code_points);
    tcase_add_test(tc, a_word_that_folds_to_nothing_is_refused);
    tcase_add_test(tc, views_have_names);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
