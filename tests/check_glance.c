/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/support.h"
#include "tests/urlkit.h"

#include "base/buf.h"
#include "base/cpu.h"
#include "engine/decode/decode.h"
#include "engine/url/find.h"

static FzUrlKit kit;

static void set_up(void)
{
    fz_url_kit_init(&kit);
}

static void tear_down(void)
{
    fz_url_kit_clear(&kit);
}

static uint64_t drawn(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

#ifdef FZ_CPU_WIDE
START_TEST(wide_glance_sees_what_the_plain_one_does)
{
    static const char kinds[] =
        "0159azmdopstqvwxg_-. ():=@+<>[]{}\xE5\x8F\xB7\x8A\xA0\xE6\x90\x9C"
        "\xE7\x82\xB9\xE4\xBF\xA1\xAE\xE9\xA3\x9E\x94\xB5 AZ\x7F";
    uint64_t state = 11, wide[FZ_GLANCE_KINDS], plain[FZ_GLANCE_KINDS];
    uint8_t octets[64 + 64];
    FzView view = {.octets = octets};

    if (!fz_cpu_is_wide)
        return;
    for (int round = 0; round < 20000; round++) {
        uint32_t from = (uint32_t)(drawn(&state) % 3);

        view.length = from + 1 + (uint32_t)(drawn(&state) % 62);
        for (size_t i = 0; i < sizeof octets; i++)
            octets[i] = round % 4 == 0
                            ? (uint8_t)drawn(&state)
                            : (uint8_t)kinds[drawn(&state) % sizeof kinds];
        fz_glance_kinds_wide(&view, from, wide);
        fz_glance_kinds_plain(&view, from, plain);
        ck_assert(memcmp(wide, plain, sizeof wide) == 0);
    }
}
END_TEST
#endif

/* What links and contacts are made of, and what stands between: the more of it
 * is drawn, the more is found, or nearly. */
static const char *const pieces[] = {
    "微信",   "薇信",     "威信", "维信",   "扣扣",    "抠抠",
    "企鹅",   "电报",     "飞机", "纸",     "电信",    "qq",
    "q",      "vx",       "wx",   "v",      "tg",      "weixin",
    "wechat", "telegram", "id",   "abc123", "ab",      "x_9",
    "号",     "加",       "搜",   ":",      "=",       "@",
    "+",      "-",        "_",    ".",      " ",       " ",
    "(",      ")",        "[",    "]",      "点",      "dot",
    "。",     "．",       "com",  "shop",   "example", "中国",
    "http",   "s",        "ftp",  "//",     "/",       "1",
    "0",      "95",       "588",  "138",    "0000",    "00001",
    "10086",  "400",      "86",   "106900", "12.5",    "1.100.100.1/a",
    "元",     "%",        "好",   "人",     "\u200B",  "①",
    "⒈",      "㏂",       "é",    "а",      "１３８",  "，",
    "#",      "?",        "$",    "\n",     "a",       "z",
    "the",
};

/* All that was found, as text. */
static const char *all_found(void)
{
    static FzBuf all;

    all.octets = 0;
    fz_buf_printf(&all, "%u;", kit.urls.flags);
    for (uint32_t i = 0; i < kit.urls.url_count; i++) {
        const FzUrl *url = &kit.urls.url[i];

        fz_buf_printf(&all, "%u-%u %x %d %u ", url->span.cp_from,
                      url->span.cp_to, url->flags, url->outer,
                      url->expression_count);
        fz_buf_append_slice(&all, url->canonical);
        fz_buf_append_octet(&all, ';');
    }
    for (uint32_t i = 0; i < kit.urls.contact_count; i++) {
        const FzContact *contact = &kit.urls.contact[i];

        fz_buf_printf(&all, "%u-%u ", contact->span.cp_from,
                      contact->span.cp_to);
        fz_buf_append_slice(&all, contact->key);
        fz_buf_append_octet(&all, ';');
    }
    return fz_buf_text(&all);
}

static void demand_that_all_was_seen(const char *octets, size_t count)
{
    FzBuf want = FZ_BUF_INIT;
    bool wide = fz_cpu_is_wide;

    fz_url_kit_extract(&kit, octets, count);
    fz_urls_walk(&kit.text, &kit.views, kit.tables, &kit.urls);
    fz_buf_append_text(&want, all_found());
    for (int form = 0; form <= wide; form++) {
        fz_cpu_is_wide = form == 1;
        fz_url_kit_extract(&kit, octets, count);
        ck_assert_msg(strcmp(all_found(), fz_buf_text(&want)) == 0,
                      "`%.*s'\n gave `%s'\n want `%s'", (int)count, octets,
                      all_found(), fz_buf_text(&want));
    }
    fz_cpu_is_wide = wide;
    fz_buf_clear(&want);
}

START_TEST(what_is_seen_at_a_glance_is_all_there_is)
{
    uint64_t state = 7 + (uint64_t)_i;
    FzBuf made = FZ_BUF_INIT;
    uint32_t some = 0;

    for (int round = 0; round < 3000; round++) {
        uint64_t count = 1 + drawn(&state) % 60, kinds = drawn(&state) % 3;

        made.octets = 0;
        for (uint64_t i = 0; i < count; i++) {
            /* all of them, those of contacts, those of links */
            uint64_t piece = kinds == 0   ? drawn(&state)
                             : kinds == 1 ? drawn(&state) % 36
                                          : 23 + drawn(&state) % 40;

            if (kinds == 1 && drawn(&state) % 2 == 0)
                piece = 51 + drawn(&state) % 13;
            fz_buf_append_text(&made, pieces[piece % COUNT(pieces)]);
        }
        demand_that_all_was_seen(fz_buf_text(&made), made.octets);
        some += kit.urls.url_count + kit.urls.contact_count > 0;
    }
    ck_assert_uint_gt(some, 500);
    fz_buf_clear(&made);
}
END_TEST

/* What most messages are: nothing to look for. */
static const char *const unsearched[] = {
    "",
    "See you at noon. Bring the dog, please.",
    "您好，我今天晚上会晚一点回家。请给我留点饭",
    "Dinner at 7. OK?",
    "ATM取款2000元 余额300.",
    "Room 12: we are in",
    "您的验证码是123456，5分钟内有效。",
    "消费 1,234元 余额 56.7万 谢谢",
    "中国电信: 这个点 不好说.. 信息费",
    "ok...thanks. We'll talk tomorrow (i hope) - see you",
};

START_TEST(plain_messages_are_not_searched)
{
    fz_url_kit_extract(&kit, unsearched[_i], strlen(unsearched[_i]));
    ck_assert_msg(!fz_urls_are_possible(&kit.views), "`%s'", unsearched[_i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("glance");
    TCase *tc = tcase_create("glance");

    tcase_add_checked_fixture(tc, set_up, tear_down);
#ifdef FZ_CPU_WIDE
    tcase_add_test(tc, wide_glance_sees_what_the_plain_one_does);
#endif
    tcase_add_loop_test(tc, what_is_seen_at_a_glance_is_all_there_is, 0, 8);
    tcase_add_loop_test(tc, plain_messages_are_not_searched, 0,
                        COUNT(unsearched));
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
