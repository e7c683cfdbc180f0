/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The phrase engine against PCRE2, rule by rule, message by message: generated
 * phrases and their equivalent regular expressions over messages made of the
 * phrases' own words, so that near misses are the rule.
 *
 * FZ_ROUNDS=n in the environment runs n times as much (default 1).
 */
#include "config.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "engine/rules/builder.h"
#include "tests/rulekit.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#define RULES 60
#define MESSAGES 1500
#define SETS 10
#define LONG_OCTETS 5000 /* more than windows that are taken together */
#define ENDS 512         /* ends of matches at one start that are looked at */

/* --- chance, the same every time ------------------------------------------ */
static uint64_t seed;

static uint32_t chance(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % below);
}

/* Anchors change speed, never the result: here they are anything. */
static bool any_anchor;
double __real_fz_word_frequency(FzSlice octets);
double __wrap_fz_word_frequency(FzSlice octets);
double __wrap_fz_word_frequency(FzSlice octets)
{
    return any_anchor ? chance(1000) / 1000.0
                      : __real_fz_word_frequency(octets);
}

/* --- phrases and what they mean ------------------------------------------- */
static const char *const words[] = {
    "安全", "全安", "安全账", "账户", "户转",   "转账转", "转账", "安安",
    "aa",   "aab",  "b2",     "22",   "2222",   "a安",    "安b",  "全安全",
    "😀😀",   "bb",   "aabb",   "安",   "户全户", "c-d",    "转a",  "账",
};
static const char joiners[] =
    "[ -/:-@\\[-`{-~，。！、？：；“”‘’（）【】《》…·]";

typedef struct Rule {
    FzBuf phrase, regex;
    bool at_start, at_end, one_run;
    pcre2_code *code;
} Rule;

static bool is_latin(const char *at)
{
    return (at[0] >= 'a' && at[0] <= 'z') || (at[0] >= '0' && at[0] <= '9');
}

static void put_word(Rule *rule, const char *word, bool prefix)
{
    FzBuf *regex = &rule->regex;

    fz_buf_printf(&rule->phrase, "%s%s", word, prefix ? "*" : "");
    if (is_latin(word))
        fz_buf_append_text(regex, word[0] <= '9' ? "(?<![a-z0-9а-я])"
                                                 : "(?<![a-z0-9])");
    fz_buf_append_text(regex, word);
    if (!prefix && is_latin(word + strlen(word) - 1))
        fz_buf_append_text(regex, word[strlen(word) - 1] <= '9'
                                      ? "(?![a-z0-9а-я])"
                                      : "(?![a-z0-9])");
}

static void put_item(Rule *rule)
{
    const char *word = words[chance(COUNT(words))];

    if (chance(8) == 0 && !rule->one_run) {
        uint32_t min = 1 + chance(4), max = min + chance(3);

        rule->one_run = true;
        fz_buf_printf(&rule->phrase, "#%u-%u", min, max);
        fz_buf_printf(&rule->regex, "(?<![0-9])[0-9]{%u,%u}(?![0-9])", min,
                      max);
        return;
    }
    put_word(rule, word, is_latin(word + strlen(word) - 1) && chance(4) == 0);
}

static void put_term(Rule *rule)
{
    uint32_t items = chance(2) == 0 ? 1 : 1 + chance(5);

    rule->one_run = false;
    fz_buf_append_text(&rule->regex, "(?:");
    if (items > 1)
        fz_buf_append_text(&rule->phrase, "(");
    for (uint32_t i = 0; i < items; i++) {
        if (i > 0) {
            fz_buf_append_text(&rule->phrase, "|");
            fz_buf_append_text(&rule->regex, "|");
        }
        put_item(rule);
    }
    if (items > 1)
        fz_buf_append_text(&rule->phrase, ")");
    fz_buf_append_text(&rule->regex, ")");
}

static void put_gap(Rule *rule)
{
    uint32_t gap = chance(9);

    fz_buf_append_text(&rule->phrase, " ");
    if (chance(3) == 0) {
        fz_buf_printf(&rule->regex, "%s{0,8}", joiners);
        return;
    }
    if (chance(6) == 0)
        gap = 90 + chance(11);
    fz_buf_printf(&rule->phrase, "~%u ", gap);
    fz_buf_printf(&rule->regex, ".{0,%u}", gap);
}

static void make_rule(Rule *rule)
{
    uint32_t terms = 1 + chance(4);
    PCRE2_SIZE at;
    int error;

    rule->at_start = chance(10) == 0;
    rule->at_end = chance(10) == 0;
    if (rule->at_start) {
        fz_buf_append_text(&rule->phrase, "^");
        fz_buf_append_text(&rule->regex,
                           "^(?:【[^】]{0,32}】|\\[[^\\]]{0,32}\\])?");
        put_gap(rule);
    }
    for (uint32_t t = 0; t < terms; t++) {
        if (t > 0)
            put_gap(rule);
        put_term(rule);
    }
    if (rule->at_end) {
        put_gap(rule);
        fz_buf_append_text(&rule->phrase, "$");
        fz_buf_append_text(&rule->regex, "\\z");
    }
    rule->code = pcre2_compile(rule->regex.data, rule->regex.octets,
                               PCRE2_UTF | PCRE2_DOTALL, &error, &at, NULL);
    ck_assert_msg(rule->code != NULL, "%s", fz_buf_text(&rule->regex));
    pcre2_jit_compile(rule->code, PCRE2_JIT_COMPLETE);
}

static void make_rules(Rule *rules)
{
    for (int r = 0; r < RULES; r++) {
        rules[r] = (Rule){.phrase = FZ_BUF_INIT, .regex = FZ_BUF_INIT};
        make_rule(&rules[r]);
    }
}

/* --- messages ------------------------------------------------------------- */

static void put_filler(FzBuf *text, uint32_t chars)
{
    static const char *const filler[] = {
        "x", "q",  "安", "账", " ", "，", "！",           "😀", "【", "】",
        "я", "户", "-",  "[",  "]", "\n", "\xE2\x80\x8B", "a", "2",  "转",
    };

    for (uint32_t i = 0; i < chars; i++) {
        const char *next = filler[chance(COUNT(filler))];

        fz_buf_append_text(text, next);
    }
}

/* Points and commas between digits have rows of their own elsewhere: here they
 * would need a regex as long as the engine. */
static void make_message(FzBuf *text, uint32_t pieces)
{
    for (uint32_t p = 0; p < pieces; p++) {
        switch (chance(10)) {
        case 0:
            fz_buf_printf(text, "%u", chance(100000));
            break;
        case 1:
        case 2:
            put_filler(text, chance(10));
            break;
        case 3:
            fz_buf_append_text(text, chance(2) ? "；" : " ");
            break;
        default:
            fz_buf_append_text(text, words[chance(COUNT(words))]);
            break;
        }
    }
}

/* --- the comparison ------------------------------------------------------- */

typedef struct Tally {
    unsigned compared, matched, places, far;
} Tally;

/* Leftmost by its end, then the shortest, by trying every beginning. */
static bool best_place(const Rule *rule, const FzView *view, uint32_t *from,
                       uint32_t *to)
{
    static int workspace[20000];
    pcre2_match_data *data = pcre2_match_data_create(ENDS, NULL);
    bool sound = true;

    *from = *to = UINT32_MAX;
    for (uint32_t start = 0; start < view->length; start++) {
        PCRE2_SIZE *ends;
        int count;

        if ((view->octets[start] & 0xC0) == 0x80)
            continue;
        count = pcre2_dfa_match(rule->code, view->octets, view->length, start,
                                PCRE2_ANCHORED | PCRE2_NO_UTF_CHECK, data, NULL,
                                workspace, COUNT(workspace));
        if (count == PCRE2_ERROR_NOMATCH)
            continue;
        if (count <= 0) {
            sound = false; /* more ends than there is room for */
            break;
        }
        ends = pcre2_get_ovector_pointer(data);
        for (int i = 0; i < count; i++) {
            if (ends[2 * i + 1] < *to || (ends[2 * i + 1] == *to))
                *from = start;
            if (ends[2 * i + 1] < *to)
                *to = (uint32_t)ends[2 * i + 1];
        }
    }
    pcre2_match_data_free(data);
    return sound;
}

static void compare_place(FzKit *kit, const Rule *rule, const FzSignal *hit,
                          Tally *tally)
{
    const FzView *view = &fz_scanner_views(kit->scanner)->view[FZ_VIEW_FOLDED];
    uint32_t from, to;
    FzSpan want;

    if (rule->at_start || rule->at_end || !best_place(rule, view, &from, &to))
        return;
    want = fz_view_span(fz_scanner_text(kit->scanner), view, from, to);
    tally->places++;
    ck_assert_msg(
        hit->span_count == 1 && hit->spans[0].cp_from == want.cp_from &&
            hit->spans[0].cp_to == want.cp_to,
        "`%s' in `%.*s': got %u..%u, want %u..%u",
        fz_buf_text((FzBuf *)(uintptr_t)&rule->phrase), (int)view->length,
        (const char *)view->octets, hit->spans[0].cp_from, hit->spans[0].cp_to,
        want.cp_from, want.cp_to);
}

static void compare(FzKit *kit, const Rule *rules, pcre2_match_data *data,
                    Tally *tally)
{
    const FzView *view = &fz_scanner_views(kit->scanner)->view[FZ_VIEW_FOLDED];
    char id[16];

    for (int r = 0; r < RULES; r++) {
        const FzSignal *hit;
        int found;

        snprintf(id, sizeof id, "r-%d", r);
        hit = fz_kit_hit(kit, id);
        found = pcre2_match(rules[r].code, view->octets, view->length, 0,
                            PCRE2_NO_UTF_CHECK, data, NULL);
        ck_assert_msg(found >= 0 || found == PCRE2_ERROR_NOMATCH, "pcre2 %d",
                      found);
        tally->compared++;
        ck_assert_msg((hit != NULL) == (found >= 0),
                      "`%s' %s `%.*s', but /%s/ %s",
                      fz_buf_text((FzBuf *)(uintptr_t)&rules[r].phrase),
                      hit != NULL ? "matches" : "does not match",
                      (int)view->length, (const char *)view->octets,
                      fz_buf_text((FzBuf *)(uintptr_t)&rules[r].regex),
                      found >= 0 ? "does" : "does not");
        if (hit == NULL)
            continue;
        tally->matched++;
        if (view->length < 200 ? tally->matched % 4 == 0
                               : view->length > LONG_OCTETS && r % 3 == 0) {
            tally->far += view->length > LONG_OCTETS;
            compare_place(kit, &rules[r], hit, tally);
        }
    }
}

static uint32_t rounds(void)
{
    const char *text = getenv("FZ_ROUNDS");

    return text == NULL ? 1 : (uint32_t)atoi(text);
}

START_TEST(phrases_match_where_their_regex_does)
{
    pcre2_match_data *data = pcre2_match_data_create(32, NULL);
    FzBuf file = FZ_BUF_INIT;
    static Rule rules[RULES];
    Tally tally = {0};
    FzKit kit;

    seed = 20260711 + (uint64_t)_i;
    any_anchor = _i % 2 == 1;
    make_rules(rules);
    fz_buf_append_text(&file, "rules = (");
    for (int r = 0; r < RULES; r++)
        fz_buf_printf(&file, "%s\n{ id = \"r-%d\"; phrase = \"%s\"; }",
                      r == 0 ? "" : ",", r, fz_buf_text(&rules[r].phrase));
    fz_buf_append_text(&file, ");\n");
    fz_kit_init(&kit, fz_buf_text(&file));
    for (uint32_t m = 0; m < MESSAGES * rounds(); m++) {
        FzBuf text = FZ_BUF_INIT;

        /* one in twenty is long enough for windows, some for several */
        make_message(&text, m % 500 == 0  ? 1800
                            : m % 20 == 0 ? 250
                                          : 1 + chance(24));
        fz_kit_scan_octets(&kit, text.data, text.octets);
        ck_assert_int_eq(kit.flags, 0);
        if (kit.signals.dropped == 0)
            compare(&kit, rules, data, &tally);
        fz_buf_clear(&text);
    }
    /* a comparison of nothings proves nothing */
    ck_assert_uint_ge(tally.compared, RULES * MESSAGES / 2);
    ck_assert_uint_ge(tally.matched, tally.compared / 200);
    ck_assert_uint_ge(tally.places, 50);
    ck_assert_uint_ge(tally.far, 10);
    if (getenv("FZ_ROUNDS") != NULL)
        printf("set %d: %u compared, %u matched, %u places\n", _i,
               tally.compared, tally.matched, tally.places);
    fz_kit_clear(&kit);
    for (int r = 0; r < RULES; r++) {
        pcre2_code_free(rules[r].code);
        fz_buf_clear(&rules[r].phrase);
        fz_buf_clear(&rules[r].regex);
    }
    pcre2_match_data_free(data);
    fz_buf_clear(&file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("phrase_pcre2");
    TCase *tc = tcase_create("phrase_pcre2");

    tcase_set_timeout(tc, 600 * (double)rounds());
    tcase_add_loop_test(tc, phrases_match_where_their_regex_does, 0,
                        SETS * (int)rounds());
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
