/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The sieve in front of the matcher: what it spares changes nothing. Generated
 * phrases over messages made of their own words are judged with it and without.
 */
#include "config.h"

#include "base/buf.h"
#include "base/cpu.h"
#include "engine/rules/cost.h"
#include "engine/rules/impl.h"
#include "engine/rules/program.h"
#include "engine/rules/search.h"
#include "engine/rules/sieve.h"
#include "tests/rulekit.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define RULES 80
#define MESSAGES 600
#ifndef SETS
#define SETS 12
#endif

/* --- chance, the same every time ------------------------------------------ */
static uint64_t seed;

static uint32_t chance(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % below);
}

/* --- with and without ----------------------------------------------------- */
static bool sieve_off;
static unsigned asked, spared, named, left; /* to the matcher */

void __real_fz_sieve_sift(const FzProgram *program, const FzView *view,
                          FzPiece *piece, bool looked, FzSifted *sifted);
void __wrap_fz_sieve_sift(const FzProgram *program, const FzView *view,
                          FzPiece *piece, bool looked, FzSifted *sifted);
void __wrap_fz_sieve_sift(const FzProgram *program, const FzView *view,
                          FzPiece *piece, bool looked, FzSifted *sifted)
{
    __real_fz_sieve_sift(program, view, piece, looked, sifted);
    ck_assert_uint_le(piece->seen_count, COUNT(piece->seen));
    ck_assert_uint_le(piece->count, COUNT(piece->hash));
    if (sieve_off) {
        sifted->any = true;
        return;
    }
    asked++;
    spared += sifted->count == 0 && !sifted->any;
    named += sifted->count != 0 && !sifted->any;
    left += sifted->any;
}

static const char *const words[] = {
    "安全",       "全安",     "安全账",   "账户",       "户转",    "转账转",
    "安",         "元",       "aa",       "aab",        "b2",      "22",
    "账户安全",   "a安",      "安b",      "全安全",     "bb",      "aabb",
    "c-d",        "\\$9",     "+86",      "refund",     "refunds", "ref",
    "да",         "дай",      "деньги",   "éa",         "été",     "c@d.e",
    "账户安全账", "aabbccdd", "aabbccde", "aabbccddee", "微信",    "微信号",
    "ref*",       "aa*",      "aabbcc*",  "да*",        "安b*",    "été*",
    "2да",        "да2",      "b2安",     "安全b2账",   "𠀀𠀁",    "𠀀安",
    "+86安全",    "=a",       "a=",       "微信微信a",  "ж1",      "aabbccdde",
    "{微信}",     "薇信",     "v信",      "vx",         "wx",      "weixin",
};
/* Tokens of 15 octets, of 16, and as long as anybody writes. */
static const char *const long_words[] = {
    "aabbccddeeffgg1",
    "aabbccddeeffgg12",
    "aabbccddeeffgg12345678901234567890",
    "aabbccddeeffgg1*",
};
static const char *const views[] = {"folded",   "skeleton", "folded",
                                    "digits",   "folded",   "folded",
                                    "despaced", "folded",   "raw"};
static const char *const glue[] = {"",   "",  " ", "，", "-", "  ", "x",
                                   "の", "1", "é", "д",  "_", "𠀀", "\n"};

static const char *word(void)
{
    return chance(15) == 0 ? long_words[chance(COUNT(long_words))]
                           : words[chance(COUNT(words))];
}

/* What can be told of a set: each second one has rules of the raw view, which
 * is scanned before the folded one; each third what no sieve can spare. */
typedef struct Kind {
    bool raw, loose;
} Kind;

/* A word, and now and then more than are searched for one by one. */
static void put_group(FzBuf *file, const char *view, uint32_t most)
{
    uint32_t count = chance(40) == 0 ? 40 : 1 + chance(most);

    fz_buf_append_text(file, "(");
    for (uint32_t i = 0; i < count; i++) {
        fz_buf_append_text(file, i > 0 ? "|" : "");
        if (view[0] == 'd' && view[1] == 'i')
            fz_buf_printf(file, "%u", 10 + chance(chance(2) ? 90 : 900000));
        else if (view[0] == 'd')
            fz_buf_append_text(file, chance(2) == 0 ? "账户安全" : "refund");
        else
            fz_buf_append_text(file, word());
    }
    fz_buf_append_text(file, ")");
}

static void put_phrase(FzBuf *file, const char *view)
{
    for (uint32_t terms = 1 + chance(3), t = 0; t < terms; t++) {
        if (t > 0 && chance(2) == 0)
            fz_buf_printf(file, " ~%u ", chance(30));
        else if (t > 0)
            fz_buf_append_text(file, " ");
        if (t > 0 && chance(6) == 0)
            fz_buf_append_text(file, "#1-5");
        else
            put_group(file, view, t == 0 ? 3 : 5);
    }
}

static void put_list(FzBuf *file, const char *key, const char *view)
{
    fz_buf_printf(file, "; %s = [", key);
    for (uint32_t count = 1 + chance(3), i = 0; i < count; i++) {
        fz_buf_append_text(file, i > 0 ? ", \"" : "\"");
        put_phrase(file, view);
        fz_buf_append_text(file, "\"");
    }
    fz_buf_append_text(file, "]");
}

static void put_rule(FzBuf *file, int number, Kind kind)
{
    const char *view = views[chance(COUNT(views) - !kind.raw)];

    fz_buf_printf(file, "%s\n{ id = \"r-%d\"", number == 0 ? "" : ",", number);
    if (kind.loose && chance(20) == 0) {
        fz_buf_append_text(file, "; regex = \"a{2}b?.{0,9}[0-9]\"");
    } else if (kind.loose && chance(20) == 0) {
        fz_buf_printf(file, "; phrase = \"#%u\"", 1 + chance(5));
    } else {
        fz_buf_printf(file, "; view = \"%s\"", view);
        if (chance(3) == 0) {
            put_list(file, "all", view);
            if (chance(2) == 0)
                fz_buf_printf(file, "; within = %u", 1 + chance(60));
        } else {
            fz_buf_append_text(file, "; phrase = \"");
            put_phrase(file, view);
            fz_buf_append_text(file, "\"");
        }
    }
    if (chance(4) == 0)
        put_list(file, "none", view);
    fz_buf_append_text(file, "; }");
}

static void put_rules(FzBuf *file, Kind kind)
{
    fz_buf_append_text(file, "rules = (");
    for (int r = 0; r < RULES; r++)
        put_rule(file, r, kind);
    fz_buf_append_text(file, ");\n");
}

static void put_words(FzBuf *text, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const char *it = word();

        fz_buf_append_text(text, it[0] == '\\' ? it + 1 : it);
        if (text->data[text->octets - 1] == '*')
            text->octets--;
        if (chance(3) == 0) /* nearly the word */
            text->octets -= chance(2);
        fz_buf_append_text(text, glue[chance(COUNT(glue))]);
    }
}

/* Words far apart, of which a rule may need two. */
static void put_words_apart(FzBuf *text)
{
    for (uint32_t pairs = 2 + chance(3); pairs > 0; pairs--) {
        const char *filler = glue[chance(COUNT(glue))];

        put_words(text, 1);
        for (uint32_t count = chance(200); count > 0; count--)
            fz_buf_append_text(text, filler);
        put_words(text, 1);
    }
}

/* A few words, many, and texts that end at the end of a block or piece. */
static void put_message(FzBuf *text)
{
    static const uint32_t ends[] = {0,   1,   63,   64,   65,   127,
                                    128, 129, 1023, 1024, 1025, 1087};
    uint32_t octets;

    text->octets = 0;
    switch (chance(12)) {
    case 0:
        put_words(text, 700);
        break;
    case 1:
        put_words(text, 20 + chance(200));
        break;
    case 2:
    case 3:
        octets = ends[chance(COUNT(ends))];
        put_words(text, octets / 4);
        while (text->octets < octets)
            put_words(text, 1);
        /* the last words whole */
        memmove(text->data, text->data + text->octets - octets, octets);
        text->octets = octets;
        break;
    case 4:
    case 5:
    case 6:
        put_words_apart(text);
        break;
    default:
        put_words(text, 1 + chance(6));
    }
}

static void list_hits(const FzKit *kit, FzBuf *out)
{
    out->octets = 0;
    for (uint16_t i = 0; i < kit->signals.count; i++) {
        const FzSignal *signal = &kit->signals.item[i];

        fz_buf_printf(out, "%s in %s", signal->name,
                      fz_view_name(signal->view));
        for (int s = 0; s < signal->span_count; s++)
            fz_buf_printf(out, " %u-%u", signal->spans[s].cp_from,
                          signal->spans[s].cp_to);
        fz_buf_append_text(out, "; ");
    }
    fz_buf_printf(out, "+%u", kit->signals.dropped);
}

/* What the matcher alone says, both forms of the sieve say, too. */
START_TEST(what_the_sieve_spares_changes_nothing)
{
    bool wide = fz_cpu_is_wide;
    FzBuf file = FZ_BUF_INIT, text = FZ_BUF_INIT;
    FzBuf with = FZ_BUF_INIT, without = FZ_BUF_INIT;
    Kind kind = {.raw = _i % 2 == 1, .loose = _i % 3 == 2};
    unsigned hits = 0, limited = 0;
    FzKit kit;

    seed = 20261122 + (uint64_t)_i;
    asked = spared = named = 0;
    put_rules(&file, kind);
    fz_kit_init(&kit, fz_buf_text(&file));
    for (int m = 0; m < MESSAGES; m++) {
        put_message(&text);
        sieve_off = true;
        fz_kit_scan_octets(&kit, text.data, text.octets);
        list_hits(&kit, &without);
        sieve_off = false;
        hits += kit.signals.count > 0;
        /* of so much work the sieve may spare some */
        if ((kit.flags & FZ_SCAN_WORK_LIMIT) != 0) {
            limited++;
            continue;
        }
        for (int form = 0; form < 2; form++) {
            fz_cpu_is_wide = wide && form == 0;
            fz_kit_scan_octets(&kit, text.data, text.octets);
            list_hits(&kit, &with);
            ck_assert_uint_eq(kit.flags, 0);
            ck_assert_msg(
                fz_slice_equal(fz_buf_slice(&with), fz_buf_slice(&without)),
                "form %d, `%.*s': `%s' with the sieve, `%s' without", form,
                (int)text.octets, (const char *)text.data, fz_buf_text(&with),
                fz_buf_text(&without));
        }
        fz_cpu_is_wide = wide;
    }
    ck_assert_uint_gt(hits, MESSAGES / 20);
    ck_assert_uint_lt(limited, MESSAGES / 20);
    ck_assert_uint_gt(spared, asked / 20); /* it is there for something */
    ck_assert_uint_gt(named, asked / 20);
    fz_kit_clear(&kit);
    fz_buf_clear(&with);
    fz_buf_clear(&without);
    fz_buf_clear(&text);
    fz_buf_clear(&file);
}
END_TEST

START_TEST(a_message_without_any_anchor_is_spared_and_one_with_is_not)
{
    static const struct {
        const char *text;
        bool spared;
    } rows[] = {
        {"nothing of it", true},
        {"refunding is another word", true},
        {"a refund", false},
        {"安全第一", true},
        {"您的安全账户在此", true},
        {"您的安全账户 已冻结", false},
        {"已冻结，您的安全账户", false},
        /* others of as many octets that begin as they do */
        {"生僻字𠀁", true},
        {"生僻字𠀀", false},
        {"生僻字𠀁丁", true},
        {"生僻字𠀁七", true},
        {"生僻字𠀁一", false},
        {"more nationalizations", true},
        {"a nationalization", false},
        /* a guard that stands within another word is none */
        {"loanword and a feed", true},
        {"loanword and a fee1", true},
        {"loanword and a fee", false},
        {"loanword and a feeble fee, so far behind that it goes on in the next "
         "block of octets",
         false},
        {"loanword, and something that ends with the last octets of a blk: fee",
         false},
    };
    FzKit kit;

    fz_kit_init(&kit,
                "rules = ( { id = \"a\"; phrase = \"refund\"; }, "
                "{ id = \"b\"; phrase = \"安全账户 ~5 已冻结\"; }, "
                "{ id = \"c\"; phrase = \"loanword ~60 fee\"; }, "
                "{ id = \"d\"; phrase = \"(𠀀|𠀁一|nationalization)\"; } );");
    sieve_off = false;
    for (size_t i = 0; i < COUNT(rows); i++) {
        asked = spared = 0;
        fz_kit_scan(&kit, rows[i].text);
        ck_assert_msg((spared == asked) == rows[i].spared, "%s", rows[i].text);
    }
    fz_kit_clear(&kit);
}
END_TEST

/* Words that begin alike are compared one by one: so many and no more. */
START_TEST(words_that_begin_alike_cost_no_more_than_a_text_has)
{
    FzBuf file = FZ_BUF_INIT, text = FZ_BUF_INIT;
    FzKit kit;

    fz_buf_append_text(&file, "rules = ( { id = \"a\"; phrase = \"(");
    for (int i = 0; i < 3000; i++)
        fz_buf_printf(&file, "%s微信微信%d号", i > 0 ? "|" : "", i);
    fz_buf_append_text(&file, ")\"; } );");
    fz_kit_init(&kit, fz_buf_text(&file));
    for (int i = 0; i < 3000; i++)
        fz_buf_append_text(&text, "微信");
    asked = spared = 0;
    sieve_off = false;
    fz_kit_scan_octets(&kit, text.data, text.octets);
    ck_assert_uint_eq(asked, 1);
    ck_assert_uint_eq(spared, 0); /* it gives up, the matcher looks */
    ck_assert_uint_eq(kit.signals.count, 0);
    fz_kit_clear(&kit);
    fz_buf_clear(&text);
    fz_buf_clear(&file);
}
END_TEST

/* Each octet of these is a place where one of the words may begin, and some are
 * two. */
START_TEST(a_text_of_places_alone_has_room)
{
    static const char *const units[] = {"a={", "a", "a=", "={",
                                        "aa=", "é", "a安"};
    bool wide = fz_cpu_is_wide;
    FzBuf text = FZ_BUF_INIT;
    FzKit kit;

    fz_cpu_is_wide = wide && _i == 0;
    fz_kit_init(&kit, "rules = ( { id = \"a\"; phrase = \"\\\\$refunded\"; }, "
                      "{ id = \"b\"; phrase = \"a安全安\"; }, "
                      "{ id = \"c\"; phrase = \"refunded secret\"; } );");
    sieve_off = false;
    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
        fz_buf_clear(&text);
        while (text.octets < 1024)
            fz_buf_append_text(&text, units[u]);
        fz_kit_scan_octets(&kit, text.data, text.octets);
        ck_assert_uint_eq(kit.signals.count, 0);
    }
    fz_kit_clear(&kit);
    fz_buf_clear(&text);
    fz_cpu_is_wide = wide;
}
END_TEST

/* Whatever fills the text between them, up to more than a piece of it. */
START_TEST(anchor_and_guard_are_seen_however_far_they_are_apart)
{
    static const char *const units[] = {"の", "д", "𠀀", "a ", "=", "ab1"};
    bool wide = fz_cpu_is_wide;
    FzBuf text = FZ_BUF_INIT;
    FzKit kit;

    fz_cpu_is_wide = wide && _i == 0;
    fz_kit_init(&kit, "rules = ( { id = \"a\"; all = [ \"安全账户\", "
                      "\"fee\" ]; }, { id = \"b\"; all = [ \"refund*\", "
                      "\"деньги\" ]; } );");
    sieve_off = false;
    for (size_t u = 0; u < COUNT(units); u++) {
        size_t filled = 0;

        for (int n = 0; filled < FZ_PIECE_OCTETS + 70; n++) {
            text.octets = 0;
            fz_buf_append_text(&text, n % 2 == 0 ? "安全账户 деньги "
                                                 : "fee refunded ");
            for (int i = 0; i < n; i++)
                fz_buf_append_text(&text, units[u]);
            filled = text.octets;
            fz_buf_append_text(&text,
                               n % 2 == 0 ? " refunds fee" : " деньги安全账户");
            fz_kit_scan_octets(&kit, text.data, text.octets);
            ck_assert_msg(kit.signals.count == 2, "%d of `%s'", n, units[u]);
        }
    }
    fz_kit_clear(&kit);
    fz_buf_clear(&text);
    fz_cpu_is_wide = wide;
}
END_TEST

START_TEST(vectors_see_what_the_portable_loop_sees)
{
    bool wide = fz_cpu_is_wide;
    uint8_t octets[64];

    fz_cpu_is_wide = wide && _i == 0;
    seed = 7;
    for (int round = 0; round < 4000; round++) {
        FzSieveMasks fast, slow;

        for (int i = 0; i < 64; i++)
            octets[i] = (uint8_t)(round < 256 ? round + i : (int)chance(256));
        fast = fz_sieve_masks(octets);
        slow = fz_sieve_masks_portable(octets);
        ck_assert_uint_eq(fast.alnum, slow.alnum);
        ck_assert_uint_eq(fast.wide, slow.wide);
        ck_assert_uint_eq(fast.high, slow.high);
    }
    fz_cpu_is_wide = wide;
}
END_TEST

/* The page behind a view's 64 octets is not there. */
START_TEST(nothing_is_read_behind_the_readable_octets)
{
    bool wide = fz_cpu_is_wide;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *room = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    static FzPiece piece;
    const FzProgram *program;
    FzKit kit;

    ck_assert(room != MAP_FAILED);
    ck_assert_int_eq(mprotect(room + page, page, PROT_NONE), 0);
    fz_cpu_is_wide = wide && _i == 0;
    /* words of each kind: long, tokens, of three and of two octets, within */
    fz_kit_init(&kit, "rules = ( { id = \"a\"; all = [ \"安全账户\", \"fee\" "
                      "]; }, { id = \"b\"; phrase = \"(元|да|=a|a=)\"; }, "
                      "{ id = \"c\"; phrase = \"(refunded|aa*) ~9 +86\"; } "
                      ");");
    program = &kit.ruleset->program[FZ_VIEW_FOLDED];
    for (uint32_t length = 0; length <= FZ_PIECE_OCTETS + 70; length++) {
        FzView view = {.octets = room + page - 64 - length, .length = length};
        FzSifted sifted;
        bool looked;

        memset(room, "a安="[length % 3], page);
        for (uint32_t i = 0; i + 4 <= length; i += 4)
            memcpy(view.octets + i, length % 2 == 0 ? "安=" : "aa +", 4);
        looked = fz_sieve_look(program, &view, &piece);
        ck_assert(looked == (length <= FZ_PIECE_OCTETS));
        __real_fz_sieve_sift(program, &view, &piece, looked, &sifted);
        __real_fz_sieve_sift(program, &view, &piece, false, &sifted);
        for (uint32_t count = 1; count <= 240; count += 1 + count / 3)
            fz_search(&view, 0, room, count);
    }
    fz_kit_clear(&kit);
    munmap(room, 2 * page);
    fz_cpu_is_wide = wide;
}
END_TEST

START_TEST(a_word_is_found_wherever_it_stands)
{
    bool wide = fz_cpu_is_wide;
    uint8_t octets[400 + 64] = {0};

    fz_cpu_is_wide = wide && _i == 0;
    seed = 11;
    for (int round = 0; round < 20000; round++) {
        uint32_t length = chance(400), count = 1 + chance(chance(2) ? 4 : 90);
        FzView view = {.octets = octets, .length = length};
        uint32_t from = chance(20), naive = from;
        uint8_t word[100];

        for (uint32_t i = 0; i < sizeof octets; i++)
            octets[i] = (uint8_t)('a' + chance(2)); /* behind the end, too */
        if (chance(2) == 0 && count <= length)
            memcpy(word, octets + chance(length - count + 1), count);
        else
            memset(word, 'a', count);
        while (naive + count <= length &&
               memcmp(octets + naive, word, count) != 0)
            naive++;
        if (naive + count > length)
            naive = UINT32_MAX;
        ck_assert_uint_eq(fz_search(&view, from, word, count), naive);
    }
    fz_cpu_is_wide = wide;
}
END_TEST

/* A word that leads to very many forms is left to the matcher, not followed
 * from each place where it stands. */
START_TEST(a_word_of_very_many_forms_costs_no_more_than_a_text_has)
{
    FzBuf file = FZ_BUF_INIT, text = FZ_BUF_INIT;
    FzKit kit;

    fz_buf_append_text(&file, "rules = (");
    for (int i = 0; i < 2000; i++)
        fz_buf_printf(
            &file, "%s{ id = \"r-%d\"; phrase = \"彩虹词汇 ~5 (的|w%dx)\"; }",
            i > 0 ? ",\n" : "", i, i);
    fz_buf_append_text(&file, ");");
    fz_kit_init(&kit, fz_buf_text(&file));
    fz_buf_append_text(&text, "彩虹词汇 w7x");
    named = left = 0;
    sieve_off = false;
    fz_kit_scan_octets(&kit, text.data, text.octets);
    ck_assert_uint_eq(kit.signals.count, 1);
    ck_assert_uint_eq(left, 1);
    fz_kit_clear(&kit);
    fz_buf_clear(&text);
    fz_buf_clear(&file);
}
END_TEST

/* A form is named once, so that a word which stands all over the text is not
 * taken for many forms; and counted once for those who count. */
START_TEST(a_word_that_stands_in_many_places_names_its_form_once)
{
    FzBuf text = FZ_BUF_INIT;
    FzCosts costs;
    FzKit kit;

    fz_kit_init(&kit, "rules = ( { id = \"a\"; phrase = \"安全账户 "
                      "~9 转账\"; } );");
    for (int i = 0; i < 2 * FZ_SIFTED_FORMS; i++)
        fz_buf_append_text(&text, "安全账户，转账。");
    fz_costs_init(&costs, kit.ruleset);
    fz_scanner_count_costs(kit.scanner, &costs);
    named = left = 0;
    sieve_off = false;
    fz_kit_scan_octets(&kit, text.data, text.octets);
    ck_assert_uint_eq(kit.signals.count, 1);
    ck_assert_uint_eq(named, 1);
    ck_assert_uint_eq(left, 0);
    ck_assert_uint_eq(costs.rule[0].entries, 1);
    ck_assert_uint_eq(costs.rule[0].evaluations, 1);
    fz_scanner_count_costs(kit.scanner, NULL);
    fz_costs_clear(&costs);
    fz_kit_clear(&kit);
    fz_buf_clear(&text);
}
END_TEST

/* Each form has its words beside it to be searched for: those of a large group
 * in very many forms are left to the matcher. */
START_TEST(a_large_group_in_many_forms_takes_no_more_room_than_it_may)
{
    FzBuf file = FZ_BUF_INIT;
    FzKit kit;

    fz_buf_append_text(&file, "words = { long = [ ");
    for (int i = 0; i < 30; i++) {
        fz_buf_printf(&file, "%s\"w%d", i > 0 ? ", " : "", i);
        for (int octet = 0; octet < 230; octet++)
            fz_buf_append_octet(&file, 'a');
        fz_buf_append_text(&file, "\"");
    }
    fz_buf_append_text(&file, " ]; };\nrules = (");
    for (int i = 0; i < 20000; i++)
        fz_buf_printf(&file,
                      "%s{ id = \"r-%d\"; all = [ \"r%dx\", \"<long>\" "
                      "]; }",
                      i > 0 ? ",\n" : "", i, i);
    fz_buf_append_text(&file, ");");
    fz_kit_init(&kit, fz_buf_text(&file));
    ck_assert_uint_lt(kit.ruleset->arena.total, 128u << 20);
    fz_buf_clear(&file);
    for (int i = 0; i < 20000; i += 19999) {
        fz_buf_printf(&file, "r%dx w7", i);
        for (int octet = 0; octet < 230; octet++)
            fz_buf_append_octet(&file, 'a');
        sieve_off = false;
        fz_kit_scan_octets(&kit, file.data, file.octets);
        ck_assert_uint_eq(kit.signals.count, 1);
        fz_buf_clear(&file);
    }
    fz_kit_clear(&kit);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sieve");
    TCase *tc = tcase_create("sieve");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, what_the_sieve_spares_changes_nothing, 0, SETS);
    tcase_add_test(tc,
                   a_message_without_any_anchor_is_spared_and_one_with_is_not);
    tcase_add_test(tc, words_that_begin_alike_cost_no_more_than_a_text_has);
    tcase_add_loop_test(tc, a_text_of_places_alone_has_room, 0, 2);
    tcase_add_loop_test(
        tc, anchor_and_guard_are_seen_however_far_they_are_apart, 0, 2);
    tcase_add_loop_test(tc, vectors_see_what_the_portable_loop_sees, 0, 2);
    tcase_add_loop_test(tc, nothing_is_read_behind_the_readable_octets, 0, 2);
    tcase_add_loop_test(tc, a_word_is_found_wherever_it_stands, 0, 2);
    tcase_add_test(tc, a_word_of_very_many_forms_costs_no_more_than_a_text_has);
    tcase_add_test(tc, a_word_that_stands_in_many_places_names_its_form_once);
    tcase_add_test(tc,
                   a_large_group_in_many_forms_takes_no_more_room_than_it_may);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
