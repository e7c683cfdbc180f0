/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "bench/generate.h"
#include "base/alloc.h"
#include "base/utf8.h"

#include <string.h>

const FzKindShare fz_rule_mix[FZ_RULE_KINDS] = {
    [FZ_KIND_WORD_ZH] = {"zh word", 40},
    [FZ_KIND_WORD_EN] = {"en word", 10},
    [FZ_KIND_GAP_ZH] = {"zh (a|b) ~5-30 (c|d)", 18},
    [FZ_KIND_GAP_EN] = {"en (a|b) ~10-40 (c|d)", 8},
    [FZ_KIND_HOST] = {"host", 10},
    [FZ_KIND_AMOUNT] = {"word #2-6 unit", 6},
    [FZ_KIND_CONTACT] = {"contact ~8 #5-12", 5},
    [FZ_KIND_DESPACED] = {"despaced zh word", 3},
};

/* Common characters, so that generated words share theirs as real ones do. */
static const char han[] =
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可"
    "主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家"
    "电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合"
    "还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明"
    "看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想"
    "已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边"
    "流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战"
    "先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶"
    "油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例"
    "真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集"
    "温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际"
    "商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何"
    "除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派"
    "层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严";

static const char *const syllables[] = {
    "ba",  "co",  "de",  "fi",  "gar", "ho",  "in",   "ka",   "lo",  "men",
    "no",  "pa",  "que", "ri",  "sol", "ta",  "ul",   "ver",  "win", "yo",
    "zen", "ter", "al",  "bon", "cre", "dit", "form", "gain", "har", "jet"};
#define SYLLABLES (sizeof syllables / sizeof syllables[0])

static const char *const contacts[] = {"微信", "扣扣", "电话", "联系"};
static const char *const units[] = {"元", "块", "万"};

uint64_t fz_random_next(FzRandom *random)
{
    uint64_t x = random->state += 0x9E3779B97F4A7C15u;

    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

uint32_t fz_random_below(FzRandom *random, uint32_t bound)
{
    return (uint32_t)(fz_random_next(random) >> 32) % bound;
}

static uint32_t between(FzRandom *random, uint32_t from, uint32_t to)
{
    return from + fz_random_below(random, to - from + 1);
}

static void word_zh(FzRandom *random, uint32_t chars, FzBuf *out)
{
    for (uint32_t i = 0; i < chars; i++) {
        uint32_t at = fz_random_below(random, (uint32_t)(sizeof han - 1) / 3);

        fz_buf_append(out, han + 3 * (size_t)at, 3);
    }
}

static void word_en(FzRandom *random, uint32_t parts, FzBuf *out)
{
    for (uint32_t i = 0; i < parts; i++)
        fz_buf_append_text(out, syllables[fz_random_below(random, SYLLABLES)]);
}

static void digits(FzRandom *random, uint32_t count, FzBuf *out)
{
    for (uint32_t i = 0; i < count; i++)
        fz_buf_append_octet(out, (uint8_t)('0' + fz_random_below(random, 10)));
}

/* What stands at the borders of Latin words, and between two terms without a
 * gap (docs/rules.md). */
#define BEFORE "(?<![a-z0-9])"
#define BEHIND "(?![a-z0-9])"
#define JOINERS "[ -/:-@\\[-`{-~，。！、？：；“”‘’（）【】《》…·]{0,8}"
/* A whole run of digits, with a point between two, or a comma before exactly
 * three; `more' digits behind the first. */
#define THOUSAND ",(?=[0-9]{3}(?![0-9]))"
#define RUN_ENDS "(?![0-9])(?!\\.[0-9])(?!" THOUSAND ")"
#define RUN(more)                                                              \
    "(?<![0-9])(?<![0-9]\\.)(?<![0-9]" THOUSAND ")"                            \
    "(?=[0-9](?:(?:\\.|" THOUSAND ")?[0-9]){" more "}" RUN_ENDS ")"            \
    "[0-9]+(?:\\.[0-9]+|" THOUSAND "[0-9]{3})*" RUN_ENDS

/* (a|b) ~N (c|d) in both tongues; the sample has some of the gap filled. */
static void gap_rule(FzRandom *random, bool chinese, FzMadeRule *rule)
{
    uint32_t gap = chinese ? between(random, 5, 30) : between(random, 10, 40);
    FzBuf word[4] = {FZ_BUF_INIT, FZ_BUF_INIT, FZ_BUF_INIT, FZ_BUF_INIT};
    const char *edge = chinese ? "" : "\\b";

    for (int i = 0; i < 4; i++) {
        if (chinese)
            word_zh(random, between(random, 2, 4), &word[i]);
        else
            word_en(random, between(random, 2, 3), &word[i]);
    }
    fz_buf_printf(&rule->phrase, "(%s|%s) ~%u (%s|%s)", fz_buf_text(&word[0]),
                  fz_buf_text(&word[1]), gap, fz_buf_text(&word[2]),
                  fz_buf_text(&word[3]));
    fz_buf_printf(&rule->regex, "%s(?:%s|%s)%s.{0,%u}%s(?:%s|%s)%s", edge,
                  fz_buf_text(&word[0]), fz_buf_text(&word[1]), edge, gap, edge,
                  fz_buf_text(&word[2]), fz_buf_text(&word[3]), edge);
    fz_buf_printf(&rule->exact, "%s(?:%s|%s)%s.{0,%u}%s(?:%s|%s)%s",
                  chinese ? "" : BEFORE, fz_buf_text(&word[0]),
                  fz_buf_text(&word[1]), chinese ? "" : BEHIND, gap,
                  chinese ? "" : BEFORE, fz_buf_text(&word[2]),
                  fz_buf_text(&word[3]), chinese ? "" : BEHIND);
    fz_buf_printf(&rule->sample, "%s , %s", fz_buf_text(&word[0]),
                  fz_buf_text(&word[3]));
    for (int i = 0; i < 4; i++)
        fz_buf_clear(&word[i]);
}

static void make_rule(FzRandom *random, FzRuleKind kind, FzMadeRule *rule)
{
    FzBuf word = FZ_BUF_INIT;
    uint32_t count;

    rule->kind = kind;
    switch (kind) {
    case FZ_KIND_WORD_ZH:
        word_zh(random, between(random, 3, 6), &rule->phrase);
        fz_buf_append_slice(&rule->regex, fz_buf_slice(&rule->phrase));
        fz_buf_append_slice(&rule->sample, fz_buf_slice(&rule->phrase));
        break;
    case FZ_KIND_WORD_EN:
        word_en(random, between(random, 3, 4), &rule->phrase);
        fz_buf_printf(&rule->regex, "\\b%s\\b", fz_buf_text(&rule->phrase));
        fz_buf_printf(&rule->exact, BEFORE "%s" BEHIND,
                      fz_buf_text(&rule->phrase));
        fz_buf_append_slice(&rule->sample, fz_buf_slice(&rule->phrase));
        break;
    case FZ_KIND_GAP_ZH:
        gap_rule(random, true, rule);
        break;
    case FZ_KIND_GAP_EN:
        gap_rule(random, false, rule);
        break;
    case FZ_KIND_HOST:
        word_en(random, 3, &word);
        fz_buf_printf(&rule->phrase, "%s.top", fz_buf_text(&word));
        fz_buf_printf(&rule->regex, "\\b%s\\.top\\b", fz_buf_text(&word));
        fz_buf_printf(&rule->exact, BEFORE "%s\\.top" BEHIND,
                      fz_buf_text(&word));
        fz_buf_printf(&rule->sample, "http://%s.top/a", fz_buf_text(&word));
        break;
    case FZ_KIND_AMOUNT:
        word_zh(random, 3, &word);
        count = fz_random_below(random, 3);
        fz_buf_printf(&rule->phrase, "%s #2-6 %s", fz_buf_text(&word),
                      units[count]);
        fz_buf_printf(&rule->regex, "%s[ ]{0,8}[0-9]{2,6}[ ]{0,8}%s",
                      fz_buf_text(&word), units[count]);
        fz_buf_printf(&rule->exact, "%s" JOINERS RUN("1,5") JOINERS "%s",
                      fz_buf_text(&word), units[count]);
        fz_buf_append_slice(&rule->sample, fz_buf_slice(&word));
        digits(random, 4, &rule->sample);
        fz_buf_append_text(&rule->sample, units[count]);
        break;
    case FZ_KIND_CONTACT:
        word_zh(random, 2, &word);
        count = fz_random_below(random, 4);
        fz_buf_printf(&rule->phrase, "%s ~6 %s ~8 #5-12", fz_buf_text(&word),
                      contacts[count]);
        fz_buf_printf(&rule->regex, "%s.{0,6}%s.{0,8}[0-9]{5,12}",
                      fz_buf_text(&word), contacts[count]);
        fz_buf_printf(&rule->exact, "%s.{0,6}%s.{0,8}" RUN("4,11"),
                      fz_buf_text(&word), contacts[count]);
        fz_buf_printf(&rule->sample, "%s%s", fz_buf_text(&word),
                      contacts[count]);
        digits(random, 8, &rule->sample);
        break;
    case FZ_KIND_DESPACED:
        word_zh(random, 5, &rule->phrase);
        fz_buf_append_slice(&rule->regex, fz_buf_slice(&rule->phrase));
        fz_buf_append_slice(&rule->sample, fz_buf_slice(&rule->phrase));
        break;
    }
    if (rule->exact.octets == 0)
        fz_buf_append_slice(&rule->exact, fz_buf_slice(&rule->regex));
    fz_buf_clear(&word);
}

FzMadeRule *fz_rules_make(FzRandom *random, size_t count)
{
    FzMadeRule *rules = fz_calloc(count, sizeof *rules);

    for (size_t i = 0; i < count; i++) {
        uint32_t draw = fz_random_below(random, 100), sum = 0;
        int kind = 0;

        while (draw >= (sum += fz_rule_mix[kind].percent))
            kind++;
        make_rule(random, (FzRuleKind)kind, &rules[i]);
    }
    return rules;
}

void fz_rules_free(FzMadeRule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fz_buf_clear(&rules[i].phrase);
        fz_buf_clear(&rules[i].regex);
        fz_buf_clear(&rules[i].exact);
        fz_buf_clear(&rules[i].sample);
    }
    fz_free(rules);
}

void fz_rules_write(const FzMadeRule *rules, size_t count, double score,
                    FzBuf *out)
{
    fz_buf_append_text(out, "set = { name = \"bench\"; title = \"Generated\"; "
                            "owner = \"bench@example.test\"; };\nrules = (\n");
    for (size_t i = 0; i < count; i++)
        fz_buf_printf(
            out, "{ id = \"b.%zu\"; phrase = \"%s\"; score = %.1f;%s }%s\n", i,
            fz_buf_text(&rules[i].phrase), score,
            rules[i].kind == FZ_KIND_DESPACED ? " view = \"despaced\";" : "",
            i + 1 == count ? "" : ",");
    fz_buf_append_text(out, ");\n");
}

void fz_message_make(FzRandom *random, size_t octets, const FzMadeRule *with,
                     FzBuf *out)
{
    uint32_t tongue = fz_random_below(random, 5); /* 0-2 zh, 3 en, 4 mixed */
    size_t place = with == NULL ? octets + 1
                                : fz_random_below(random, (uint32_t)octets / 2);
    size_t begin = out->octets;

    while (out->octets - begin < octets) {
        if (out->octets - begin >= place) {
            fz_buf_append_text(out, " ");
            fz_buf_append_slice(out, fz_buf_slice(&with->sample));
            fz_buf_append_text(out, " ");
            place = octets + 1;
        }
        if (tongue <= 2 || (tongue == 4 && fz_random_below(random, 2) == 0)) {
            word_zh(random, between(random, 2, 4), out);
            if (fz_random_below(random, 6) == 0)
                fz_buf_append_text(out, "，");
        } else {
            word_en(random, between(random, 1, 3), out);
            fz_buf_append_text(out, " ");
        }
        if (fz_random_below(random, 20) == 0)
            digits(random, between(random, 1, 6), out);
    }
}
