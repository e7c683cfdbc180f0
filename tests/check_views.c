/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_views.c - however fast the views are made, they are the same
 *
 * Random texts of awkward pieces, whose views are made in every way there is
 * and compared with those made one code point after another.
 */
#include "config.h"

#include "base/cpu.h"
#include "engine/decode/decode.h"
#include "engine/text/pass.h"
#include "tests/support.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 150000
#define MOST_OCTETS 400

/* --- texts ------------------------------------------------------------------
 */
static uint32_t draw(uint32_t bound)
{
    static uint64_t state = 20261122;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % bound;
}

/* What ordinary texts are made of. */
static const char *const plain[] = {
    "人", "银行", "我们", "客户您好", "验证码", "，",  "。",  "！",
    "：", "、",   "（",   "）",       "【",     "】",  "《",  "“",
    "a",  "the",  "Your", "code",     "PIN",    "is",  "OK",  " ",
    " ",  " ",    ", ",   ". ",       ": ",     "-",   "'s ", "? ",
    "1",  "20",   "138",  "123456",   "9:30",   "0.5", "7",   "一",
    "二", "三五", "零",   "两",       "万元",   "请",  "\n",  "\r\n",
};

/* What stands beside them and means something there, or is next to that. */
static const char *const awkward[] = {
    "I",
    "l",
    "O",
    "o",
    "i",
    "L",
    "0",
    "1",
    "11",
    "1o1",
    "5l",
    "lO",
    "aI",
    "lA",
    "!",
    "|",
    "!!",
    "||",
    "$",
    "@",
    "$5",
    "5$",
    "a@b",
    "@1",
    "…",
    "……",
    "—",
    "——",
    "·",
    "～",
    "~",
    "－",
    "　",
    "\t",
    "  ",
    "\xC2\xA0",
    "\xE2\x80\x83",
    "．",
    "｡",
    "․",
    "Ａ",
    "ｂ",
    "５",
    "＠",
    "＄",
    "｜",
    "＃",
    "％",
    "/",
    "//",
    "_",
    "&",
    "%",
    "+",
    "#",
    "*",
    "=",
    "<",
    ">",
    "\"",
    "(",
    ")",
    "[",
    "`",
    "\x01",
    "\x7F",
    "\x0B",
    "é",
    "ß",
    "я",
    "а",
    "Ω",
    "國",
    "臺",
    "々",
    "〇",
    "〡",
    "①",
    "㈠",
    "か",
    "한",
    "ก",
    "😀",
    "❤",
    "❤️",
    "🇨🇳",
    "𝐀",
    "\xE2\x80\x8B",
    "\xE2\x80\xAE",
    "\xCC\x81",
    "\xE2\x83\xA3",
    "\xEF\xB8\x8F",
    "‐",
    "‑",
    "–",
    "′",
    "″",
    "„",
    "※",
    "‰",
    "•",
    "♥",
    "★",
    "㎡",
    "一二三四五六七",
    "13八00三800零",
    "c1ick",
    "fr33",
    "v1agra",
    "p@ss",
    "2nd",
    "3pm",
    "x.example",
    "http://a.example/b?c=d",
    "www。example。test",
    "a。b",
    "1。2",
    "5。",
    "微 信",
    "免 费",
    "加 . 微",
    "f r e e",
    "a b",
    "b-c-d",
    "和/或",
    "and/or",
    "R&D",
};

static size_t put(char *out, size_t at, const char *piece)
{
    while (*piece != '\0' && at < MOST_OCTETS)
        out[at++] = *piece++;
    return at;
}

/* As many awkward pieces as `odd` says, one in so many; a code point of any
 * kind now and then. Cut anywhere: the decoder mends it. */
static size_t make_text(char *out)
{
    size_t octets = draw(8) == 0 ? 60 + draw(10) : draw(MOST_OCTETS), at = 0;
    uint32_t odd = 1u << draw(8), kind = draw(3);
    static const uint32_t from[] = {0, 12, 24}, to[] = {COUNT(plain), 38, 38};

    while (at < octets) {
        if (draw(odd * 4) == 0) {
            char any[5] = {(char)(0xE0 + draw(16)), (char)(0x80 + draw(64)),
                           (char)(0x80 + draw(64)), '\0'};

            at = put(out, at, any);
        } else if (draw(odd) == 0) {
            at = put(out, at, awkward[draw(COUNT(awkward))]);
        } else {
            at = put(out, at, plain[from[kind] + draw(to[kind] - from[kind])]);
        }
    }
    return at;
}

/* --- views ------------------------------------------------------------------
 */
static FzText text;
static FzViews slow, views;

static void make_slow(void)
{
    static uint8_t octets[FZ_VIEWS][8 * MOST_OCTETS + FZ_VIEW_SLACK_OCTETS];
    static uint16_t map[FZ_VIEWS][8 * MOST_OCTETS + FZ_VIEW_SLACK_OCTETS];
    FzViewRoom room = {.limit = 8 * MOST_OCTETS};

    for (int i = FZ_VIEW_FOLDED; i < FZ_VIEWS; i++) {
        room.octets[i] = octets[i];
        room.map[i] = map[i];
    }
    fz_pass(text.raw, text.octets, &room, FZ_PACE_ONE_BY_ONE, &slow);
}

static bool is_same_view(FzViewKind kind, bool mapped)
{
    const FzView *one = &slow.view[kind], *it = &views.view[kind];
    static const uint8_t nothing[FZ_VIEW_READABLE_OCTETS];

    return it->length == one->length && it->cut == one->cut &&
           memcmp(it->octets, one->octets, one->length) == 0 &&
           memcmp(it->octets + it->length, nothing, sizeof nothing) == 0 &&
           (mapped
                ? memcmp(it->map, one->map, one->length * sizeof *it->map) == 0
                : it->map == NULL);
}

/* What is there and promised; an assertion costs more than all of this. */
static bool is_same(void)
{
    if (memcmp(&views.features, &slow.features, sizeof slow.features) != 0)
        return false;
    for (int i = FZ_VIEW_FOLDED; i < FZ_VIEWS; i++)
        if ((views.built & FZ_VIEW_BIT(i)) != 0 &&
            !is_same_view((FzViewKind)i, !views.lean))
            return false;
    return true;
}

static const char *compare(uint32_t wanted)
{
    if (fz_views_build(&text, wanted, &views) != FZ_OK ||
        views.built != FZ_VIEWS_ALL || !is_same())
        return "built";
    if (fz_views_begin(&text, wanted, &views) != FZ_OK || !is_same() ||
        (fz_views_worth(&views.features) & wanted & ~views.built) != 0)
        return "begun";
    fz_views_complete(&text, &views);
    if (views.built != FZ_VIEWS_ALL || views.lean || !is_same())
        return "completed";
    return NULL;
}

START_TEST(views_are_the_same_in_every_way)
{
    static const uint32_t wanted[] = {
        FZ_VIEWS_ALL, FZ_VIEW_BIT(FZ_VIEW_FOLDED),
        FZ_VIEW_BIT(FZ_VIEW_FOLDED) | FZ_VIEW_BIT(FZ_VIEW_SKELETON),
        FZ_VIEW_BIT(FZ_VIEW_FOLDED) | FZ_VIEW_BIT(FZ_VIEW_DESPACED)};
    const char *more = getenv("FANZHA_ROUNDS");
    long rounds = more == NULL ? ROUNDS : atol(more), lean = 0;
    bool wide = fz_cpu_is_wide;

    fz_text_init(&text);
    fz_views_init(&views);
    for (long round = 0; round < rounds; round++) {
        static char octets[MOST_OCTETS];
        FzMessage message = {.coding = FZ_CODING_7BIT};
        uint32_t want = wanted[draw(COUNT(wanted))];
        const char *what;

        message.octets = fz_slice(octets, make_text(octets));
        if (fz_decode(&message, &text) != FZ_OK)
            continue;
        make_slow();
        what = compare(want);
        fz_cpu_is_wide = false;
        if (what == NULL)
            what = compare(want);
        fz_cpu_is_wide = wide;
        if (what != NULL)
            ck_abort_msg("round %ld, %s: %.*s", round, what, (int)text.octets,
                         text.raw);
        lean += fz_views_begin(&text, want, &views) == FZ_OK && views.lean;
    }
    /* enough of either kind, or nothing is held */
    ck_assert_int_gt(lean, rounds / 20);
    ck_assert_int_lt(lean, rounds - rounds / 20);
    fz_views_clear(&views);
    fz_text_clear(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("views");
    TCase *tc = tcase_create("views");

    tcase_set_timeout(tc, 600);
    tcase_add_test(tc, views_are_the_same_in_every_way);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
