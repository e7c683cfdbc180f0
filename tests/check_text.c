/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "engine/decode/decode.h"
#include "engine/text/chars.h"
#include "engine/text/pass.h"
#include "engine/text/text.h"
#include "tests/support.h"
#include "tests/tsv.h"

#include <stdlib.h>
#include <string.h>

#define RAW FZ_VIEW_RAW
#define F FZ_VIEW_FOLDED
#define K FZ_VIEW_SKELETON
#define D FZ_VIEW_DESPACED
#define N FZ_VIEW_DIGITS

static FzText text;
static FzViews views;
static Tsv curated;

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

static void build_octets(FzSlice raw)
{
    FzMessage message = {.coding = FZ_CODING_7BIT, .octets = raw};

    ck_assert_int_eq(fz_decode(&message, &text), FZ_OK);
    ck_assert_int_eq(fz_views_build(&text, FZ_VIEWS_ALL, &views), FZ_OK);
}

static void build(const char *raw)
{
    build_octets(fz_slice_of(raw));
}

static FzSlice view_slice(FzViewKind kind)
{
    return fz_slice(views.view[kind].octets, views.view[kind].length);
}

/* --- what the views show ---------------------------------------------------
 */
static const struct {
    const char *name;
    FzViewKind view;
    const char *raw, *want;
} shows[] = {
    /* folded */
    {"upper case", F, "FREE Entry 2", "free entry 2"},
    {"full width", F, "ＦＲＥＥ１", "free1"},
    {"space runs are one, none at the ends", F, "  a \t\n　b  ", "a b"},
    {"zero width vanishes", F, "微\u200B信", "微信"},
    {"U+FEFF vanishes too", F, "微\uFEFF信", "微信"},
    {"the soft hyphen vanishes", F, "pay\u00ADpal", "paypal"},
    {"controls vanish", F, "微\x03信\x7F", "微信"},
    {"tags vanish", F, "a\U000E0061\U000E007Fb", "ab"},
    {"accents are taken off", F, "ÉTÉ à Łódź", "ete a lodz"},
    {"combining marks are taken off", F, "p\u0301a\u0336y", "pay"},
    {"Turkish", F, "KAZANDINIZ kazandınız İZMİR",
     "kazandiniz kazandiniz izmir"},
    {"German sharp s", F, "STRAßE", "strasse"},
    {"Cyrillic stays Cyrillic", F, "МИР", "мир"},
    {"Thai keeps its vowels", F, "ที่นี่", "ที่นี่"},
    {"Devanagari keeps its vowels", F, "हिन्दी", "हिन्दी"},
    {"voiced kana are the same in all three forms", F, "が か\u3099 ｶﾞ",
     "か\u3099 か\u3099 カ\u3099"},
    {"Arabic digits", F, "٣٤ ۵ ५", "34 5 5"},
    {"circled digits", F, "①❶➊⑴⓵ ⑩❿⓫", "11111 101011"},
    {"circled and squared letters", F, "ⓟⒶⓎ 🅐🅰🄰⒜ 🇦", "pay aaaa a"},
    {"squared words", F, "🆓 🆗 🆕", "free ok new"},
    {"small capitals", F, "ᴘᴀʏᴘᴀʟ", "paypal"},
    {"mathematical letters", F, "𝐏𝒶𝓎𝖕𝕒𝗹 𝟙𝟚", "paypal 12"},
    {"superscripts", F, "ᵖᵃʸ²", "pay2"},
    {"ligatures and units", F, "ﬁnal ㎏ ℡", "final kg tel"},
    {"two steps: capital, small capital, letter", F, "ƦʀR", "rrr"},
    {"traditional", F, "恭喜領獎發財", "恭喜领奖发财"},
    {"traditional, one to many: the first", F, "乾後徵", "干后征"},
    {"two steps of simplification", F, "薴", "苎"},
    {"Japanese forms", F, "銭図発売", "钱图发卖"},
    {"radicals", F, "⻩⼀⼯㇐", "黄一工一"},
    {"compatibility ideographs", F, "\uF98A\uFA30", "力侮"},
    {"circled ideographs", F, "㊙㊀🈚", "秘一无"},
    {"Han numerals stay in words", F, "陆家嘴万一壹", "陆家嘴万一壹"},
    {"一 is no long vowel mark", F, "一ー", "一ー"},
    {"ideographic full stop in a sentence", F, "你好。再见", "你好。再见"},
    {"full-width comma", F, "你好，再见", "你好,再见"},
    {"full stops between host characters are dots", F, "wap。icbc．test․a｡b﹒c",
     "wap.icbc.test.a.b.c"},
    {"and not before a space or Han", F, "ok。 b。中", "ok。 b。中"},
    {"and not behind Han", F, "中。com", "中。com"},
    {"a dot over what shows as nothing", F, "a\u200B。\u200Bcom", "a.com"},
    {"a digit is a host character", F, "1。2", "1.2"},
    {"keycaps", F, "1\uFE0F\u20E3 3\u20E3", "1 3"},
    {"quotation marks and dashes", F, "“don’t” — a–b", "\"don't\" - a-b"},
    {"blank Braille is a space", F, "a\u2800b", "a b"},
    {"a folded space within one character", F, "ﷺ", "صلى الله عليه وسلم"},
    {"Han beyond the first planes stay", F, "𠀋𪚥𱍊", "𠀋𪚥𱍊"},
    /* skeleton */
    {"Cyrillic in Latin", K, "pаypаl", "paypal"},
    {"capitals and small ones", K, "НнΗ ВвΒ", "hhh bbb"},
    {"Greek capitals of the default alphabet", K, "ΛMΑZΩN ΣBΑY", "amazon ebay"},
    {"Armenian, Lisu, Cherokee", K, "ցօօցle ꓐꓮꓠꓗ ᏢᎪᎩ", "google bank pay"},
    {"a palochka is a stroke", K, "аррӏе", "apple appie apple"},
    {"Cyrillic i: the small one is an i, the capital a stroke", K,
     "nеtflіx wІn", "netflix win wln win"},
    {"ASCII stays, but for case", K, "Modern OIl rn 2024",
     "modern oil rn 2024"},
    {"leet signs and digits", K, "p@yp4l $ale ca$h €bay w0nd3r",
     "paypal sale cash ebay wonder"},
    {"a stroke in both readings", K, "c1ick", "click ciick click"},
    {"two strokes in four readings", K, "mi1l1on a b1tc0in",
     "milllon miillon million miilion milllon a bitcoin bltcoin bitcoin"},
    {"capital I as l, small l as I", K, "PayPaI lCBC",
     "paypal paypai paypal icbc lcbc icbc"},
    {"four strokes in three readings", K, "c1a1m1b1",
     "clalmibi clalmlbl ciaimibi clalmibi"},
    {"exclamation marks end sentences", K, "win!! now! !!", "win!! now! !!"},
    {"and begin words for letters", K, "!dea an !dea",
     "idea ldea idea an idea ldea idea"},
    {"and stand for letters within words", K, "w!nner", "winner wlnner winner"},
    {"digits amid letters are letters", K, "d3l1very",
     "delivery dellvery delivery"},
    {"numbers in words are numbers", K, "4G abc12345 100$ 3d",
     "4g abc12345 100$ 3d"},
    {"prices stay", K, "$100 €5 a 50%", "$100 €5 a 50%"},
    {"pictures", K, "➕V 🐧123 📱", "加v qq123 手机"},
    {"a heart is 心", K, "放❤", "放心"},
    {"a heart is 信 by its sound", K, "加微❤️ ❤用卡",
     "加微信 信用卡"},
    {"katakana of the shape of Han", K, "エ商银行 人ロ", "工商银行 人口"},
    {"Han stays", K, "一二三", "一二三"},
    /* despaced */
    {"spaces and signs go", D, "微 信.号-码", "微信号码"},
    {"letters", D, "p.a.y p*a*l", "paypal"},
    {"emoji go", D, "薇❤️信🐧号", "薇信号"},
    {"dots of hosts go as well", D, "a。com", "acom"},
    {"folded to several: its letters only", D, "㏂ ⒈", "am1"},
    {"marks that spell stay", D, "हि न्दी", "हिन्दी"},
    {"zero width goes", D, "安\u200B全 账\u2060户", "安全账户"},
    /* digits */
    {"separators go, words are a bar", N, "call 0800-123 456 now",
     "|0800123456|"},
    {"Han numerals", N, "1一3柒五6〇零幺两", "1137560012"},
    {"cheque numerals and traditional ones", N, "壹貳叁肆伍陸柒捌玖",
     "123456789"},
    {"full width, circled, Arabic", N, "１３８①②③٤٥", "13812345"},
    {"several digits at once", N, "⑩⑪㉑", "101121"},
    {"letters in numbers", N, "138O013l8OO1 oll", "138001318001|"},
    {"letters behind a numeral", N, "138〇O5678 ۵l55", "1380056785155"},
    {"no digits", N, "hello", "|"},
    {"keycaps", N, "1️⃣3️⃣8️⃣", "138"},
    {"emoji between", N, "138🔥0000🔥0000", "13800000000"},
};

START_TEST(views_show)
{
    build(shows[_i].raw);
    ck_assert_msg(fz_slice_is(view_slice(shows[_i].view), shows[_i].want),
                  "%s: got \"%.*s\"", shows[_i].name,
                  (int)views.view[shows[_i].view].length,
                  views.view[shows[_i].view].octets);
}
END_TEST

START_TEST(words_fold_as_messages_do)
{
    FzBuf word = FZ_BUF_INIT;

    if (shows[_i].view == N && strcmp(shows[_i].want, "|") == 0)
        return; /* nothing to look for */
    if (strchr(shows[_i].raw, 'I') != NULL && shows[_i].view == K)
        return; /* an author's capital I is one: see below */
    ck_assert_int_eq(
        fz_fold_word(shows[_i].view, fz_slice_of(shows[_i].raw), &word), FZ_OK);
    ck_assert_str_eq(fz_buf_text(&word), shows[_i].want);
    fz_buf_clear(&word);
}
END_TEST

START_TEST(a_words_capital_i_is_no_disguise)
{
    FzBuf word = FZ_BUF_INIT;

    ck_assert_int_eq(fz_fold_word(K, fz_slice_of("LinkedIn"), &word), FZ_OK);
    ck_assert_str_eq(fz_buf_text(&word), "linkedin");
    fz_buf_clear(&word);
}
END_TEST

/* --- every line of curated.tsv ----------------------------------------------
 */
enum { KIND, CODE, CHARACTER, TO, SAMPLE, WANT, REASON };

static bool holds(FzSlice view, const char *word, size_t octets)
{
    return memmem(view.data, view.octets, word, octets) != NULL;
}

START_TEST(curated_lines_do_what_they_say)
{
    TsvRow *row = &curated.row[_i];
    const char *kind = row->cell[KIND];
    FzViewKind view = strcmp(kind, "fold") == 0 || strcmp(kind, "mute") == 0 ? F
                      : strcmp(kind, "digit") == 0                           ? N
                                                   : K;
    size_t sample = tsv_unescape(row->cell[SAMPLE]);
    size_t want = tsv_unescape(row->cell[WANT]);

    build_octets(fz_slice(row->cell[SAMPLE], sample));
    ck_assert_msg(holds(view_slice(view), row->cell[WANT], want),
                  "line %u: \"%s\" is not in \"%.*s\"", row->line,
                  row->cell[WANT], (int)views.view[view].length,
                  views.view[view].octets);
    /* and the line is what makes it so: the sample without it is not that */
    ck_assert_msg(!holds(view_slice(RAW), row->cell[WANT], want),
                  "line %u proves nothing", row->line);
    ck_assert_msg(row->cell[REASON][0] != '\0', "line %u", row->line);
}
END_TEST

/* --- the way back -----------------------------------------------------------
 */
static const struct {
    const char *name;
    FzViewKind view;
    const char *raw, *word,
        *want; /* word of the view, raw octets of its span */
} spans[] = {
    {"plain", F, "say FREE now", "free", "FREE"},
    {"full width", F, "ＦＲＥＥ", "re", "ＲＥ"},
    {"ignorables inside stay inside", F, "x微\u200B信y", "微信", "微\u200B信"},
    {"ignorables behind belong to it", F, "微信\u200B.", "微信", "微信\u200B"},
    {"marks behind belong to it", F, "pay\u0336 x", "pay", "pay\u0336"},
    {"one character that folds to several", F, "5㎏.", "kg", "㎏"},
    {"half of what one folds to", F, "5㎏.", "g", "㎏"},
    {"with an emoji between", D, "加薇❤️信号", "薇信", "薇❤️信"},
    {"over spaces", D, "微 信 号", "微信号", "微 信 号"},
    {"Cyrillic", K, "go pаypаl now", "paypal", "pаypаl"},
    {"leet, first reading", K, "go p@yp4l", "paypal", "p@yp4l"},
    {"leet, second reading", K, "a w1n b", "win", "w1n"},
    {"leet of a sign of three octets", K, "go €bay", "ebay", "€bay"},
    {"picture", K, "快➕我", "加我", "➕我"},
    {"digits", N, "打1 一3七再", "1137", "1 一3七"},
    {"digits of one character", N, "打⑩再", "0", "⑩"},
    {"a run that is no number", N, "打电话1", "|", "打"},
};

START_TEST(views_find_the_way_back)
{
    FzSlice view, got;
    const uint8_t *at;
    FzSpan span;

    build(spans[_i].raw);
    view = view_slice(spans[_i].view);
    at = memmem(view.data, view.octets, spans[_i].word, strlen(spans[_i].word));
    ck_assert_msg(at != NULL, "%s: not in \"%.*s\"", spans[_i].name,
                  (int)view.octets, view.data);
    span = fz_view_span(&text, &views.view[spans[_i].view],
                        (uint32_t)(at - view.data),
                        (uint32_t)(at - view.data + strlen(spans[_i].word)));
    got = fz_text_slice(&text, span);
    ck_assert_msg(fz_slice_is(got, spans[_i].want), "%s: got \"%.*s\"",
                  spans[_i].name, (int)got.octets, got.data);
}
END_TEST

START_TEST(raw_view_counts_octets_to_code_points)
{
    FzSpan span;

    build("a微信b");
    span = fz_view_span(&text, &views.view[RAW], 1, 7);
    ck_assert_uint_eq(span.cp_from, 1);
    ck_assert_uint_eq(span.cp_to, 3);
}
END_TEST

START_TEST(spans_beyond_the_view_end_with_it)
{
    FzSpan span;

    build("abc");
    span = fz_view_span(&text, &views.view[F], 2, 9);
    ck_assert_uint_eq(span.cp_from, 2);
    ck_assert_uint_eq(span.cp_to, 3);
    span = fz_view_span(&text, &views.view[F], 7, 9);
    ck_assert_uint_eq(span.cp_from, 3);
    ck_assert_uint_eq(span.cp_to, 3);
    span = fz_view_span(&text, &views.view[F], 1, 1);
    ck_assert_uint_eq(span.cp_from, 1);
    ck_assert_uint_eq(span.cp_to, 1);
}
END_TEST

START_TEST(pieces_stay_apart_in_every_view)
{
    FzMessage data = {.coding = FZ_CODING_8BIT,
                      .octets = fz_slice("\x01pay\x02pal\x03"
                                         "12\x04"
                                         "34",
                                         14)};

    ck_assert_int_eq(fz_decode(&data, &text), FZ_OK);
    ck_assert_int_eq(fz_views_build(&text, FZ_VIEWS_ALL, &views), FZ_OK);
    ck_assert(fz_slice_is(view_slice(F), "pay\uFFFFpal\uFFFF12\uFFFF34"));
    ck_assert(fz_slice_is(view_slice(K), "pay\uFFFFpal\uFFFF12\uFFFF34"));
    ck_assert(fz_slice_is(view_slice(D), "pay\uFFFFpal\uFFFF12\uFFFF34"));
    ck_assert(fz_slice_is(view_slice(N), "|12|34"));
}
END_TEST

/* --- features ----------------------------------------------------------------
 */
#define FEATURE(member) offsetof(FzFeatures, member)

static const struct {
    const char *name, *raw;
    size_t feature;
    unsigned want;
} features[] = {
    {"zero width in a word", "微\u200B信", FEATURE(ignorable), 1},
    {"two in a word", "pay\u200B\u2060pal", FEATURE(ignorable), 2},
    {"zero width at a word's end", "微信\u200B 号", FEATURE(ignorable), 0},
    {"joiner in an emoji", "👩\u200D💻", FEATURE(ignorable), 0},
    {"joiner in Persian", "می\u200Cخواهم", FEATURE(ignorable), 0},
    {"joiner in Devanagari", "क्\u200Dष", FEATURE(ignorable), 0},
    {"word break in Thai", "ไทย\u200Bไทย", FEATURE(ignorable), 0},
    {"mark of direction in Hebrew", "של\u200Fום", FEATURE(ignorable), 0},
    {"override", "a\u202Ecba", FEATURE(bidi), 1},
    {"isolates around a number", "call \u2066138\u2069", FEATURE(bidi), 0},
    {"embedding in a word", "pay\u202Apal", FEATURE(bidi), 1},
    {"tags", "a\U000E0061\U000E007F", FEATURE(tag), 2},
    {"the flag of England", "🏴\U000E0067\U000E0062\U000E007F", FEATURE(tag),
     0},
    {"variation of an emoji", "❤\uFE0F", FEATURE(tag), 0},
    {"variation of a letter", "a\uFE0Fb", FEATURE(tag), 1},
    {"variation of Han", "葛\U000E0100", FEATURE(tag), 0},
    {"keycap", "1\uFE0F\u20E3", FEATURE(tag), 0},
    {"keycap is no mark", "1\uFE0F\u20E3", FEATURE(combining), 0},
    {"accent, decomposed", "e\u0301te\u0301", FEATURE(combining), 0},
    {"Vietnamese, decomposed", "Vie\u0323\u0302t", FEATURE(combining), 0},
    {"struck through", "p\u0336a\u0336y\u0336", FEATURE(combining), 3},
    {"piled up", "a\u0301\u0302\u0303\u0304", FEATURE(combining), 2},
    {"on Han", "微\u0301信", FEATURE(combining), 1},
    {"look-alikes", "pаypаl", FEATURE(confusable), 2},
    {"mixed scripts", "pаypаl mоney", FEATURE(mixed_script), 2},
    {"Cyrillic alone", "мир труд", FEATURE(mixed_script), 0},
    {"units", "5 µm, 3 Ω, Δt", FEATURE(mixed_script), 0},
    {"next to each other", "iPhone-а", FEATURE(mixed_script), 0},
    {"enclosed", "Ⓐ①🅱", FEATURE(enclosed), 3},
    {"flags", "🇨🇳🇺🇸", FEATURE(enclosed), 0},
    {"no flags", "🇵🇾🇽🇽", FEATURE(enclosed), 2},
    {"mathematical", "𝐏𝒶𝓎", FEATURE(math), 3},
    {"full width", "ＡＢ１", FEATURE(fullwidth), 3},
    {"traditional", "領獎", FEATURE(traditional), 2},
    {"simplified", "领奖", FEATURE(traditional), 0},
    {"Han", "微信abc", FEATURE(han), 2},
    {"Latin", "微信abc", FEATURE(latin), 3},
    {"Cyrillic", "мир", FEATURE(cyrillic), 3},
    {"Greek", "λόγος", FEATURE(greek), 5},
    {"digits of any kind", "1２三④", FEATURE(digits), 4},
    {"other digits", "1２三④", FEATURE(digits_other), 2},
    {"emoji", "🔥❤", FEATURE(emoji), 2},
    {"pictures", "➕❤", FEATURE(picture), 2},
    {"leet", "p@ypal, w0n, 4G", FEATURE(leet), 2},
    {"a disguised number", "加1 一3七5六78九0", FEATURE(disguised_numbers), 1},
    {"circled number", "①③⑧0013⑧⓪⓪⓪", FEATURE(disguised_numbers), 1},
    {"a plain number", "13800000000", FEATURE(disguised_numbers), 0},
    {"a year in Han", "二〇二一年一月", FEATURE(disguised_numbers), 0},
    {"Han split by spaces", "微 信", FEATURE(split), 1},
    {"Han split by signs", "安*全 账户", FEATURE(split), 2},
    {"sentences", "你好，再见。谢谢！", FEATURE(split), 0},
    {"English", "a b and c.", FEATURE(split), 0},
    {"spaced letters", "p a y p a l", FEATURE(split), 1},
    {"starred word", "pay*pal", FEATURE(split), 1},
    {"single ones in a row", "微 信 号 码", FEATURE(split_run), 4},
    {"the same one in a row", "哈 哈 哈 哈", FEATURE(split_run), 1},
    {"letters in a row", "p.a.y.p.a.l", FEATURE(split_run), 6},
    {"far apart", "a -- -- b -- -- c", FEATURE(split_run), 1},
};

START_TEST(features_count)
{
    uint16_t got;

    build(features[_i].raw);
    memcpy(&got, (const char *)&views.features + features[_i].feature,
           sizeof got);
    ck_assert_msg(got == features[_i].want, "%s: %u, not %u", features[_i].name,
                  got, features[_i].want);
}
END_TEST

static const struct {
    const char *name, *raw;
    uint32_t want;
} worths[] = {
    {"plain words", "hello there, see you at 8", 0},
    {"plain Chinese", "你好，明天见。", 0},
    {"a look-alike", "pаypal", FZ_VIEW_BIT(K)},
    {"a picture", "➕我", FZ_VIEW_BIT(K)},
    {"leet", "w1nner", FZ_VIEW_BIT(K)},
    {"split", "微 信", FZ_VIEW_BIT(D)},
    {"an emoji between", "微🎈信", FZ_VIEW_BIT(D)},
    {"a number", "QQ 12345", FZ_VIEW_BIT(N)},
    {"a disguised number", "一二三四五", FZ_VIEW_BIT(N)},
};

START_TEST(views_are_worth_scanning_where_they_differ)
{
    build(worths[_i].raw);
    ck_assert_msg(fz_views_worth(&views.features) ==
                      (worths[_i].want | FZ_VIEW_BIT(F)),
                  "%s: %#x", worths[_i].name, fz_views_worth(&views.features));
}
END_TEST

/* --- every code point --------------------------------------------------------
 */
/* Between letters, where dots and spaces are at their most active. */
static void build_code_point(uint32_t cp)
{
    uint8_t raw[8];
    size_t n = fz_utf8_encode(cp, raw + 1);

    raw[0] = 'x';
    raw[n + 1] = 'z';
    build_octets(fz_slice(raw, n + 2));
}

START_TEST(views_are_valid_and_folding_is_done_once)
{
    uint8_t folded[256];
    size_t octets;

    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        if (cp >= 0xD800 && cp <= 0xDFFF)
            continue;
        if (cp > 0x32000 && cp < 0xE0000)
            cp = 0xE0000; /* unassigned, all alike */
        if (cp > 0xE1000 && cp < 0x10FF00)
            cp = 0x10FF00;
        build_code_point(cp);
        for (int i = F; i < FZ_VIEWS; i++) {
            const FzView *view = &views.view[i];

            ck_assert_msg(fz_utf8_valid(view->octets, view->length), "U+%04X",
                          cp);
            for (uint32_t at = 0; at < view->length; at++)
                ck_assert_uint_lt(view->map[at], text.chars);
        }
        octets = views.view[F].length;
        memcpy(folded, views.view[F].octets, octets);
        build_octets(fz_slice(folded, octets));
        ck_assert_msg(fz_slice_equal(view_slice(F), fz_slice(folded, octets)),
                      "U+%04X folds again", cp);
    }
}
END_TEST

START_TEST(ascii_changes_in_nothing_but_case)
{
    for (uint32_t cp = 0x21; cp < 0x7F; cp++) {
        const uint8_t *view = views.view[F].octets;
        bool capital = cp >= 'A' && cp <= 'Z';

        build_code_point(cp);
        ck_assert_uint_eq(views.view[F].length, 3);
        ck_assert_uint_eq(view[1], capital ? cp | 0x20 : cp);
    }
}
END_TEST

/* --- bounds ------------------------------------------------------------------
 */
START_TEST(a_view_that_is_full_is_cut_and_says_so)
{
    static char raw[3 * FZ_LIMIT_TEXT_CHARS + 1];
    FzMessage message = {.coding = FZ_CODING_7BIT};

    for (int i = 0; i < FZ_LIMIT_TEXT_CHARS; i++)
        memcpy(raw + 3 * i, "ﷺ", 3); /* folds to 33 octets */
    message.octets = fz_slice_of(raw);
    ck_assert_int_eq(fz_decode(&message, &text), FZ_OK);
    ck_assert_int_eq(fz_views_build(&text, FZ_VIEWS_ALL, &views), FZ_E_LIMIT);
    ck_assert(views.view[F].cut);
    ck_assert_uint_le(views.view[F].length, FZ_LIMIT_VIEW_OCTETS);
    ck_assert(fz_utf8_valid(views.view[F].octets, views.view[F].length));

    build("short again");
    ck_assert(!views.view[F].cut);
}
END_TEST

/* A token of which nine readings are written, and as much Han behind it as is
 * taken at once, where the view has just not reached its limit. */
START_TEST(nothing_is_written_behind_a_view_that_is_nearly_full)
{
    static const char token[] = "a1b1c1defghijkmnopqrstuvwxyzabcdefghijkm";
    const uint32_t limit = FZ_LIMIT_VIEW_OCTETS - FZ_VIEW_SLACK_OCTETS;
    const uint32_t own = sizeof token - 1, read = 9 * (own + 1);
    FzMessage message = {.coding = FZ_CODING_7BIT};
    FzBuf raw = FZ_BUF_INIT;
    uint32_t filled = 0;
    FzStatus status;

    for (; filled + read + 2 + own < limit; filled += read)
        fz_buf_printf(&raw, "%s ", token);
    for (; filled + 1 + own < limit; filled++)
        fz_buf_append_octet(&raw, 'x');
    fz_buf_printf(&raw, " %s", token);
    for (int i = 0; i < 64; i++)
        fz_buf_append_text(&raw, "人");
    message.octets = fz_buf_slice(&raw);
    ck_assert_int_eq(fz_decode(&message, &text), FZ_OK);
    status = fz_views_build(&text, FZ_VIEWS_ALL, &views);
    ck_assert(status == FZ_OK || status == FZ_E_LIMIT);
    ck_assert_uint_gt(views.view[K].length, limit);
    ck_assert_uint_le(views.view[K].length + FZ_VIEW_READABLE_OCTETS,
                      FZ_LIMIT_VIEW_OCTETS);
    ck_assert_mem_eq(views.view[D].octets, token, own); /* what lies behind */
    fz_buf_clear(&raw);
}
END_TEST

START_TEST(the_longest_message_fits)
{
    static char raw[FZ_LIMIT_TEXT_CHARS + 1];

    memset(raw, '1', FZ_LIMIT_TEXT_CHARS);
    build(raw);
    ck_assert_uint_eq(views.view[N].length, FZ_LIMIT_TEXT_CHARS);
    ck_assert_uint_eq(views.features.digits, FZ_LIMIT_TEXT_CHARS);
}
END_TEST

START_TEST(a_word_that_folds_to_nothing_is_refused)
{
    static const struct {
        FzViewKind view;
        const char *word;
    } words[] = {
        {F, ""},   {F, " \u200B"}, {F, "a\xFF"},  {D, "., !"},
        {N, "ab"}, {RAW, ""},      {K, "\u0301"},
    };
    FzBuf out = FZ_BUF_INIT;

    for (size_t i = 0; i < COUNT(words); i++) {
        ck_assert_msg(fz_fold_word(words[i].view, fz_slice_of(words[i].word),
                                   &out) == FZ_E_RULE,
                      "%s", words[i].word);
        ck_assert_uint_eq(out.octets, 0);
    }
    fz_buf_clear(&out);
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
    int failed;

    tsv_open(&curated, "engine/text/curated.tsv");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, views_show, 0, COUNT(shows));
    tcase_add_loop_test(tc, words_fold_as_messages_do, 0, COUNT(shows));
    tcase_add_test(tc, a_words_capital_i_is_no_disguise);
    tcase_add_loop_test(tc, curated_lines_do_what_they_say, 0,
                        (int)curated.count);
    tcase_add_loop_test(tc, views_find_the_way_back, 0, COUNT(spans));
    tcase_add_test(tc, raw_view_counts_octets_to_code_points);
    tcase_add_test(tc, spans_beyond_the_view_end_with_it);
    tcase_add_test(tc, pieces_stay_apart_in_every_view);
    tcase_add_loop_test(tc, features_count, 0, COUNT(features));
    tcase_add_loop_test(tc, views_are_worth_scanning_where_they_differ, 0,
                        COUNT(worths));
    tcase_add_test(tc, views_are_valid_and_folding_is_done_once);
    tcase_add_test(tc, ascii_changes_in_nothing_but_case);
    tcase_add_test(tc, a_view_that_is_full_is_cut_and_says_so);
    tcase_add_test(tc, nothing_is_written_behind_a_view_that_is_nearly_full);
    tcase_add_test(tc, the_longest_message_fits);
    tcase_add_test(tc, a_word_that_folds_to_nothing_is_refused);
    tcase_add_test(tc, views_have_names);
    suite_add_tcase(suite, tc);
    failed = fz_test_run(suite);
    tsv_close(&curated);
    return failed;
}
