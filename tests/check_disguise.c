/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/utf8.h"
#include "engine/rules/chars.h"
#include "engine/rules/disguise.h"
#include "tests/support.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *what, *items;
} alike[] =
    {
#define FZ_ALIKE(character, items) {character, items},
#define FZ_FORMS(word, items)
#define FZ_PLAIN(items)
#include "engine/rules/disguises.def"
#undef FZ_ALIKE
#undef FZ_FORMS
#undef FZ_PLAIN
},
  forms[] = {
#define FZ_ALIKE(character, items)
#define FZ_FORMS(word, items) {word, items},
#define FZ_PLAIN(items)
#include "engine/rules/disguises.def"
#undef FZ_ALIKE
#undef FZ_FORMS
#undef FZ_PLAIN
};

static bool tidy(const char *items)
{
    return items[0] != '\0' && items[0] != ' ' &&
           items[strlen(items) - 1] != ' ' && strstr(items, "  ") == NULL &&
           fz_utf8_valid((const uint8_t *)items, strlen(items));
}

START_TEST(the_tables_are_tidy)
{
    for (size_t i = 0; i < COUNT(alike); i++) {
        uint32_t cp = 0;

        ck_assert_msg(fz_utf8_decode((const uint8_t *)alike[i].what,
                                     strlen(alike[i].what),
                                     &cp) == strlen(alike[i].what) &&
                          fz_char_is_han(cp),
                      "%s is not one character", alike[i].what);
        ck_assert_msg(tidy(alike[i].items), "%s", alike[i].what);
        for (size_t j = 0; j < i; j++)
            ck_assert_msg(strcmp(alike[i].what, alike[j].what) != 0, "%s",
                          alike[i].what);
    }
    for (size_t i = 0; i < COUNT(forms); i++) {
        ck_assert_msg(tidy(forms[i].items), "%s", forms[i].what);
        for (size_t j = 0; j < i; j++)
            ck_assert_msg(strcmp(forms[i].what, forms[j].what) != 0, "%s",
                          forms[i].what);
    }
}
END_TEST

typedef struct Sought {
    const char *form;
    bool found;
    uint32_t count;
} Sought;

static void seek(void *ctx, FzSlice form)
{
    Sought *sought = ctx;

    sought->found |= fz_slice_is(form, sought->form);
    sought->count++;
}

START_TEST(no_word_is_its_own_disguise)
{
    Sought sought = {.form = forms[_i].what};
    uint32_t count;

    count = fz_disguise_each(fz_slice_of(forms[_i].what), seek, &sought);
    ck_assert_uint_eq(count, sought.count);
    ck_assert_uint_ge(count, 1);
    ck_assert_uint_le(count, FZ_LIMIT_DISGUISES);
    ck_assert_msg(!sought.found, "%s", forms[_i].what);
}
END_TEST

static const struct {
    const char *word, *form;
    bool is;
} rows[] = {
    {"微信", "薇信", true},      {"微信", "v信", true},
    {"微信", "weixin", true},    {"微信", "vi信", true},
    {"微信", "卫星", false},     {"微信", "威信", false},
    {"贷款", "代款", true},      {"贷款", "货款", false},
    {"转账", "车专账", true},    {"转账", "转帐", false},
    {"彩票", "采票", true},      {"刷单", "唰单", true},
    {"登录", "登陆", false},     {"点击", "电击", false},
    {"银行", "钅艮行", true},    {"验证码", "验.证.码", true},
    {"百家乐", "bai家乐", true}, {"兼职", "耳只", false},
};

START_TEST(a_form_is_a_disguise_or_not)
{
    Sought sought = {.form = rows[_i].form};

    fz_disguise_each(fz_slice_of(rows[_i].word), seek, &sought);
    ck_assert_msg(sought.found == rows[_i].is, "%s, %s", rows[_i].word,
                  rows[_i].form);
}
END_TEST

START_TEST(what_is_not_in_the_tables_has_none)
{
    static const char *const words[] = {"龘龘",   "hello", "",
                                        "你好吗", "a",     "微"};

    for (size_t i = 0; i < COUNT(words); i++) {
        Sought sought = {.form = "x"};

        ck_assert_msg(fz_disguise_each(fz_slice_of(words[i]), seek, &sought) ==
                          0,
                      "%s", words[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("disguise");
    TCase *tc = tcase_create("disguise");

    tcase_add_test(tc, the_tables_are_tidy);
    tcase_add_loop_test(tc, no_word_is_its_own_disguise, 0, COUNT(forms));
    tcase_add_loop_test(tc, a_form_is_a_disguise_or_not, 0, COUNT(rows));
    tcase_add_test(tc, what_is_not_in_the_tables_has_none);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
