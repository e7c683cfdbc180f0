/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A form is first asked whether it has its words at all: what is answered so
 * changes nothing. Generated rules of words, numbers, links, and of what must
 * not be there, over messages made of the same, are judged with the question
 * and without.
 */
#include "config.h"

#include "base/buf.h"
#include "engine/rules/scanner.h"
#include "tests/rulekit.h"

#define RULES 400
#define MESSAGES 400
#define SETS 8

static uint64_t seed;

static uint32_t chance(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % below);
}

/* --- with and without ----------------------------------------------------- */
static bool question_off;
static unsigned wanting;

bool __real_fz_clause_is_wanting(const FzScan *scan, const FzClause *clause);
bool __wrap_fz_clause_is_wanting(const FzScan *scan, const FzClause *clause);
bool __wrap_fz_clause_is_wanting(const FzScan *scan, const FzClause *clause)
{
    bool is;

    if (question_off)
        return false;
    is = __real_fz_clause_is_wanting(scan, clause);
    wanting += is;
    return is;
}

/* --- rules and messages of the same --------------------------------------- */
/* More than are looked through one by one (FZ_FEW_WORDS). */
static const char *const words[] = {
    "安全",   "账户",     "转账",   "验证码", "微信",   "refund", "fee",
    "bank",   "parcel",   "code",   "登录",   "元",     "b2",     "22",
    "деньги", "安全账户", "loan",   "快递",   "客服",   "退款",   "链接",
    "点击",   "冻结",     "密码",   "card",   "prize",  "tax",    "visa",
    "оплата", "счет",     "逾期",   "征信",   "投资",   "彩票",   "中奖",
    "包裹",   "police",   "arrest", "gift",   "urgent",
};
static const char *const things[] = {"#1-3",  "#4",      "#5-12",
                                     "<url>", "<money>", "<tel>"};
static const char *const said[] = {
    "22",     "4711", "13800138000", "a.example.com", "http://b.test/x",
    "3.50元", "$12"};
static const char *const glue[] = {"", " ", "，", "-", "  ", "x"};

static void put_term(FzBuf *file)
{
    uint32_t count = 1 + chance(3);

    fz_buf_append_text(file, "(");
    for (uint32_t i = 0; i < count; i++)
        fz_buf_printf(file, "%s%s", i > 0 ? "|" : "",
                      chance(5) == 0 ? things[chance(COUNT(things))]
                                     : words[chance(COUNT(words))]);
    fz_buf_append_text(file, ")");
}

static void put_phrases(FzBuf *file, const char *key, uint32_t count)
{
    fz_buf_printf(file, " %s = [", key);
    for (uint32_t c = 0; c < count; c++) {
        fz_buf_append_text(file, c > 0 ? ", \"" : " \"");
        put_term(file);
        if (chance(2) == 0) {
            fz_buf_printf(file, " ~%u ", chance(40));
            put_term(file);
        }
        fz_buf_append_text(file, "\"");
    }
    fz_buf_append_text(file, " ];");
}

static void put_rules(FzBuf *file)
{
    fz_buf_append_text(file, "rules = (");
    for (int r = 0; r < RULES; r++) {
        uint32_t all = 1 + chance(3);

        fz_buf_printf(file, "%s\n{ id = \"r-%d\";", r == 0 ? "" : ",", r);
        if (chance(4) == 0)
            fz_buf_append_text(file, " view = \"skeleton\";");
        put_phrases(file, "all", all);
        if (all > 1 && chance(3) == 0)
            fz_buf_printf(file, " within = %u;", 10 + chance(60));
        if (chance(2) == 0)
            put_phrases(file, "none", 1 + chance(2));
        fz_buf_append_text(file, " }");
    }
    fz_buf_append_text(file, ");\n");
}

static void put_message(FzBuf *text)
{
    uint32_t count = chance(4) == 0 ? 50 + chance(50) : 1 + chance(8);

    for (uint32_t i = 0; i < count; i++) {
        fz_buf_append_text(text, chance(3) == 0 ? said[chance(COUNT(said))]
                                                : words[chance(COUNT(words))]);
        fz_buf_append_text(text, glue[chance(COUNT(glue))]);
    }
}

static void list_hits(const FzKit *kit, FzBuf *out)
{
    out->octets = 0;
    for (uint16_t i = 0; i < kit->signals.count; i++) {
        const FzSignal *it = &kit->signals.item[i];

        fz_buf_printf(out, "%s %u-%u;", it->name, it->spans[0].cp_from,
                      it->spans[0].cp_to);
    }
}

START_TEST(what_a_form_is_wanting_changes_nothing)
{
    FzBuf file = FZ_BUF_INIT, text = FZ_BUF_INIT;
    FzBuf with = FZ_BUF_INIT, without = FZ_BUF_INIT;
    unsigned hits = 0;
    FzKit kit;

    seed = 20261122 + (uint64_t)_i;
    wanting = 0;
    put_rules(&file);
    fz_kit_init(&kit, fz_buf_text(&file));
    for (int m = 0; m < MESSAGES; m++) {
        uint32_t flags;

        text.octets = 0;
        put_message(&text);
        question_off = true;
        flags = fz_kit_scan_octets(&kit, text.data, text.octets);
        list_hits(&kit, &without);
        question_off = false;
        ck_assert_uint_eq(
            fz_kit_scan_octets(&kit, text.data, text.octets) & ~flags, 0);
        list_hits(&kit, &with);
        hits += kit.signals.count > 0;
        ck_assert_msg(flags != 0 || fz_slice_equal(fz_buf_slice(&with),
                                                   fz_buf_slice(&without)),
                      "`%.*s': `%s' with the question, `%s' without",
                      (int)text.octets, (const char *)text.data,
                      fz_buf_text(&with), fz_buf_text(&without));
    }
    ck_assert_uint_gt(hits, MESSAGES / 10);
    ck_assert_uint_gt(wanting, MESSAGES); /* it is there for something */
    fz_kit_clear(&kit);
    fz_buf_clear(&with);
    fz_buf_clear(&without);
    fz_buf_clear(&text);
    fz_buf_clear(&file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wanting");
    TCase *tc = tcase_create("wanting");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, what_a_form_is_wanting_changes_nothing, 0, SETS);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
