/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench-hostile.c - the longest message, made of the hottest words, against
 * rules that were written to be slow
 *
 *     bench-hostile [RULES]
 *
 * Every set of rules meets every message of 39,015 code points; printed are the
 * processor time of the whole verdict (the least of three: what else the
 * machine does is no work of ours) and what became of the message. Ends with 1
 * when one takes more than 200 ms, or reaches a work limit and leaves.
 */
#include "config.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "bench/generate.h"
#include "bench/measure.h"
#include "engine/verdict/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MOST_NS 200e6
#define TRIES 3

static const char *const hot[] = {
    "微信", "银行", "账户", "验证码", "点击", "登录", "您的", "客服",
    "通知", "退订", "回复", "手机",   "电话", "订单", "快递", "短信",
    "微",   "信",   "账",   "户",     "点",   "您",   "客",   "单",
};
#define HOT (sizeof hot / sizeof *hot)

static void die(const char *what)
{
    fprintf(stderr, "bench-hostile: %s\n", what);
    exit(EXIT_FAILURE);
}

/* --- rules ---------------------------------------------------------------- */
static void put_group(FzRandom *random, FzBuf *out, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++)
        fz_buf_printf(out, "%s%s", i == 0 ? "(" : "|",
                      hot[fz_random_below(random, HOT)]);
    fz_buf_append_text(out, ")");
}

static void groups_far_apart(FzRandom *random, FzBuf *out)
{
    fz_buf_append_text(out, "phrase = \"");
    for (int term = 0; term < 3; term++) {
        if (term > 0)
            fz_buf_append_text(out, " ~100 ");
        put_group(random, out, 8);
    }
    fz_buf_append_text(out, "\";");
}

static void groups_in_a_row(FzRandom *random, FzBuf *out)
{
    fz_buf_append_text(out, "phrase = \"");
    for (int term = 0; term < 16; term++)
        put_group(random, out, 4);
    fz_buf_append_text(out, "\";");
}

static void groups_apart(FzRandom *random, FzBuf *out)
{
    fz_buf_append_text(out, "phrase = \"");
    for (int term = 0; term < 8; term++) {
        if (term > 0)
            fz_buf_printf(out, " ~%u ", fz_random_below(random, 3));
        put_group(random, out, 2);
    }
    fz_buf_append_text(out, "\";");
}

static void clauses_nearby(FzRandom *random, FzBuf *out)
{
    fz_buf_append_text(out, "all = [ ");
    for (int clause = 0; clause < 16; clause++) {
        fz_buf_printf(out, "%s\"", clause > 0 ? ", " : "");
        put_group(random, out, 4);
        fz_buf_append_text(out, "\"");
    }
    fz_buf_append_text(out, " ]; within = 16;");
}

static void numbers_far_apart(FzRandom *random, FzBuf *out)
{
    fz_buf_printf(out, "phrase = \"#%u ~100 #2-8 ~100 #9 ~100 #1-64\";",
                  1 + fz_random_below(random, 9));
}

static void things_anywhere(FzRandom *random, FzBuf *out)
{
    fz_buf_append_text(out, "phrase = \"(<url>|<tel>|<im>) ~100 ");
    put_group(random, out, 8);
    fz_buf_append_text(out, " ~100 (<money>|<code>)\";");
}

static const struct {
    const char *name;
    void (*put)(FzRandom *random, FzBuf *out);
} sets[] = {
    {"three groups of eight words", groups_far_apart},
    {"sixteen groups in a row", groups_in_a_row},
    {"eight groups, two apart", groups_apart},
    {"sixteen clauses nearby", clauses_nearby},
    {"numbers far apart", numbers_far_apart},
    {"links and sums", things_anywhere},
};
#define SETS (sizeof sets / sizeof *sets)

static FzRuleset *load(size_t set, long rules)
{
    char folder[] = "/tmp/fanzha-hostile-XXXXXX", path[64];
    const char *folders[] = {folder};
    FzRandom random = {set + 1};
    FzBuf text = FZ_BUF_INIT;
    FzRuleset *ruleset;
    FILE *file;

    fz_buf_append_text(&text, "set = { name = \"h\"; };\nrules = (\n");
    for (long i = 0; i < rules; i++) {
        fz_buf_printf(&text, "%s{ id = \"h.%ld\"; score = 0.1; ",
                      i > 0 ? ",\n" : "", i);
        sets[set].put(&random, &text);
        fz_buf_append_text(&text, " }");
    }
    fz_buf_append_text(&text, ");\n");
    if (mkdtemp(folder) == NULL)
        die("no folder");
    snprintf(path, sizeof path, "%s/rules.conf", folder);
    file = fopen(path, "w");
    if (file == NULL ||
        fwrite(text.data, 1, text.octets, file) != text.octets ||
        fclose(file) != 0)
        die("the rules cannot be written");
    if (fz_ruleset_load(folders, 1, FZ_RULESET_AS_WRITTEN, NULL, NULL, NULL,
                        NULL, &ruleset) != FZ_OK)
        die("the rules do not load");
    unlink(path);
    rmdir(folder);
    fz_buf_clear(&text);
    return ruleset;
}

/* --- messages ------------------------------------------------------------- */
static void hottest(FzRandom *random, FzBuf *out)
{
    (void)random;
    fz_buf_append_text(out, "微信");
}

static void any_hot(FzRandom *random, FzBuf *out)
{
    fz_buf_append_text(out, hot[fz_random_below(random, HOT)]);
}

static void hot_with_numbers(FzRandom *random, FzBuf *out)
{
    fz_buf_printf(out, "%s%u ", hot[fz_random_below(random, HOT)],
                  fz_random_below(random, 1000000));
}

static void hot_with_links(FzRandom *random, FzBuf *out)
{
    fz_buf_printf(out, "%sa%u.com,%u元", hot[fz_random_below(random, HOT)],
                  fz_random_below(random, 1000), fz_random_below(random, 100));
}

/* Each is a messenger's word, and from each all the rest a name. */
static void one_long_name(FzRandom *random, FzBuf *out)
{
    (void)random;
    fz_buf_append_text(out, "qq-");
}

static void one_long_word(FzRandom *random, FzBuf *out)
{
    (void)random;
    fz_buf_append_text(out, "a1");
}

static const struct {
    const char *name;
    void (*put)(FzRandom *random, FzBuf *out);
} texts[] = {
    {"one hot word", hottest},
    {"hot words", any_hot},
    {"hot words and numbers", hot_with_numbers},
    {"hot words and links", hot_with_links},
    {"one long name of a messenger", one_long_name},
    {"one long word", one_long_word},
};
#define TEXTS (sizeof texts / sizeof *texts)

static uint32_t chars_of(const FzBuf *text)
{
    uint32_t chars = 0;

    for (size_t i = 0; i < text->octets; i++)
        chars += (text->data[i] & 0xC0) != 0x80;
    return chars;
}

/* As much as fits: a word more is cut off by decoding, and told. */
static void make_text(size_t which, FzBuf *out)
{
    FzRandom random = {which + 77};
    uint32_t chars = 0;
    size_t before = 0;

    out->octets = 0;
    while (chars <= FZ_LIMIT_TEXT_CHARS) {
        FzBuf word = FZ_BUF_INIT;

        before = out->octets;
        texts[which].put(&random, &word);
        fz_buf_append_slice(out, fz_buf_slice(&word));
        chars += chars_of(&word);
        fz_buf_clear(&word);
    }
    out->octets = before;
}

/* --- both ----------------------------------------------------------------- */
static bool try_pair(const FzJudgeEnv *env, FzScanner *scanner, size_t set,
                     size_t which, FzVerdict *verdict)
{
    FzBuf text = FZ_BUF_INIT;
    double least = 0;
    FzMessage message;
    bool limit, fine;

    make_text(which, &text);
    message =
        (FzMessage){.coding = FZ_CODING_7BIT, .octets = fz_buf_slice(&text)};
    for (int i = 0; i < TRIES; i++) {
        double began = fz_cpu_ns();

        fz_judge(&message, env, scanner, verdict);
        began = fz_cpu_ns() - began;
        least = i == 0 || began < least ? began : least;
    }
    limit = (verdict->failures & FZ_FAILURE_BIT(FZ_FAILURE_WORK_LIMIT)) != 0;
    fine = least <= MOST_NS && (!limit || verdict->would != FZ_ACTION_PASS);
    printf("| %s | %s | %u | %.1f | %s | %s%s |\n", sets[set].name,
           texts[which].name, chars_of(&text), least / 1e6,
           limit ? "reached" : "not reached", fz_action_name(verdict->would),
           fine ? "" : " **too much**");
    fz_buf_clear(&text);
    return fine;
}

int main(int argc, char **argv)
{
    long rules = argc > 1 ? atol(argv[1]) : 10000;
    FzVerdict *verdict = fz_calloc(1, sizeof *verdict);
    FzUrlTables *urls;
    bool fine = true;

    if (rules < 1)
        die("bench-hostile [RULES]");
    if (fz_url_tables_create(NULL, NULL, &urls) != FZ_OK)
        die("no public suffix list");
    printf("%ld rules a set\n\n| rules | message | code points | ms | work "
           "limit | verdict |\n|---|---|---|---|---|---|\n",
           rules);
    for (size_t set = 0; set < SETS; set++) {
        FzRuleset *ruleset = load(set, rules);
        FzScannerPool *pool = fz_scanner_pool_create(ruleset);
        FzScanner *scanner = fz_scanner_take(pool);
        FzJudgeEnv env = {
            .ruleset = ruleset, .urls = urls, .policy = fz_policy_patterns()};

        for (size_t which = 0; which < TEXTS; which++)
            fine &= try_pair(&env, scanner, set, which, verdict);
        fz_scanner_give(pool, scanner);
        fz_scanner_pool_destroy(pool);
        fz_ruleset_destroy(ruleset);
    }
    fz_url_tables_destroy(urls);
    fz_free(verdict);
    return !fine;
}
