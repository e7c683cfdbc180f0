/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench-equal.c - the engine against PCRE2, rule by rule, message by message
 *
 *     bench-equal [RULES [MESSAGES [SEED]]]
 *
 * Every generated rule is matched by the whole way of judging, and by PCRE2
 * with the regular expression that means what the phrase does (bench/generate.c
 * `exact', docs/rules.md for what a phrase means) over the same folded text;
 * rules of the despaced view over that view, too, where it is worth a scan
 * (docs/text.md); what they would find elsewhere is counted apart. Of the
 * messages half hold a rule's sample, half of these spoiled by a character left
 * out, twice there or drawn apart. Ends with 1 when anything differs, and shows
 * it.
 */
#include "config.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "bench/generate.h"
#include "engine/decode/decode.h"
#include "engine/verdict/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

typedef struct Equal {
    long rules, messages;
    FzMadeRule *made;
    pcre2_code **code;
    pcre2_match_data *match;
    FzRuleset *ruleset;
    FzScannerPool *pool;
    bool *hit; /* by rule: the engine says so */
    long both, engine_only, pcre2_only, dropped, not_worth;
} Equal;

static void die(const char *what)
{
    fprintf(stderr, "bench-equal: %s\n", what);
    exit(EXIT_FAILURE);
}

static void load(Equal *equal)
{
    char folder[] = "/tmp/fanzha-equal-XXXXXX", path[64];
    const char *folders[] = {folder};
    FzBuf text = FZ_BUF_INIT;
    FILE *file;

    if (mkdtemp(folder) == NULL)
        die("no folder");
    snprintf(path, sizeof path, "%s/rules.conf", folder);
    fz_rules_write(equal->made, (size_t)equal->rules, 1.0, &text);
    file = fopen(path, "w");
    if (file == NULL ||
        fwrite(text.data, 1, text.octets, file) != text.octets ||
        fclose(file) != 0)
        die("the rules cannot be written");
    if (fz_ruleset_load(folders, 1, FZ_RULESET_AS_WRITTEN, NULL, NULL, NULL,
                        NULL, &equal->ruleset) != FZ_OK)
        die("the rules do not load");
    unlink(path);
    rmdir(folder);
    fz_buf_clear(&text);
    equal->pool = fz_scanner_pool_create(equal->ruleset);
    equal->code = fz_calloc((size_t)equal->rules, sizeof *equal->code);
    equal->hit = fz_calloc((size_t)equal->rules, sizeof *equal->hit);
    equal->match = pcre2_match_data_create(1, NULL);
    for (long r = 0; r < equal->rules; r++) {
        FzSlice exact = fz_buf_slice(&equal->made[r].exact);
        PCRE2_SIZE at;
        int error;

        equal->code[r] =
            pcre2_compile(exact.data, exact.octets, PCRE2_UTF | PCRE2_DOTALL,
                          &error, &at, NULL);
        if (equal->code[r] == NULL ||
            pcre2_jit_compile(equal->code[r], PCRE2_JIT_COMPLETE) != 0)
            die("PCRE2 refuses a rule");
    }
}

/* One character left out, twice there, or a sign behind it. */
static void spoil(FzRandom *random, FzBuf *text)
{
    static const char *const signs[] = {" ", "，", "-", "0", "x", "的", "  "};
    FzBuf out = FZ_BUF_INIT;
    uint32_t place = fz_random_below(random, 40), kind, char_at = 0;

    kind = fz_random_below(random, 3);
    for (size_t at = 0; at < text->octets; char_at++) {
        uint32_t cp;
        size_t used = fz_utf8_decode(text->data + at, text->octets - at, &cp);

        if (char_at % 40 != place || kind != 0)
            fz_buf_append(&out, text->data + at, used);
        if (char_at % 40 == place && kind == 1)
            fz_buf_append(&out, text->data + at, used);
        if (char_at % 40 == place && kind == 2)
            fz_buf_append_text(
                &out, signs[fz_random_below(
                          random, (uint32_t)(sizeof signs / sizeof *signs))]);
        at += used;
    }
    fz_buf_clear(text);
    *text = out;
}

static bool finds(Equal *equal, long rule, const FzView *view)
{
    int found = pcre2_jit_match(equal->code[rule], view->octets, view->length,
                                0, 0, equal->match, NULL);

    if (found < 0 && found != PCRE2_ERROR_NOMATCH)
        die("PCRE2 gives up");
    return found >= 0;
}

static void compare(Equal *equal, FzScanner *scanner, const FzVerdict *verdict)
{
    FzViews *views = fz_scanner_views(scanner);

    fz_views_complete(fz_scanner_text(scanner), views);
    memset(equal->hit, 0, (size_t)equal->rules * sizeof *equal->hit);
    for (uint16_t i = 0; i < verdict->signals.count; i++)
        if (verdict->signals.item[i].rule >= 0)
            equal->hit[strtol(verdict->signals.item[i].name + 2, NULL, 10)] =
                true;
    if (verdict->signals.dropped > 0) {
        equal->dropped++;
        return;
    }
    for (long r = 0; r < equal->rules; r++) {
        bool found = finds(equal, r, &views->view[FZ_VIEW_FOLDED]);

        if (!found && equal->made[r].kind == FZ_KIND_DESPACED &&
            finds(equal, r, &views->view[FZ_VIEW_DESPACED])) {
            found = (fz_views_worth(&views->features) &
                     FZ_VIEW_BIT(FZ_VIEW_DESPACED)) != 0;
            equal->not_worth += !found;
        }

        equal->both += found && equal->hit[r];
        if (found == equal->hit[r])
            continue;
        if (found)
            equal->pcre2_only++;
        else
            equal->engine_only++;
        printf("%s: `%s' /%s/ in `%.*s'\n",
               found ? "PCRE2 only" : "engine only",
               fz_buf_text(&equal->made[r].phrase),
               fz_buf_text(&equal->made[r].exact),
               (int)views->view[FZ_VIEW_FOLDED].length,
               (const char *)views->view[FZ_VIEW_FOLDED].octets);
    }
}

int main(int argc, char **argv)
{
    Equal equal = {.rules = argc > 1 ? atol(argv[1]) : 1000,
                   .messages = argc > 2 ? atol(argv[2]) : 10000};
    FzRandom random = {argc > 3 ? (uint64_t)atol(argv[3]) : 1};
    FzVerdict *verdict = fz_calloc(1, sizeof *verdict);
    FzBuf text = FZ_BUF_INIT;
    FzScanner *scanner;
    FzJudgeEnv env;

    if (equal.rules < 1 || equal.messages < 1)
        die("bench-equal [RULES [MESSAGES [SEED]]]");
    equal.made = fz_rules_make(&random, (size_t)equal.rules);
    load(&equal);
    env =
        (FzJudgeEnv){.ruleset = equal.ruleset, .policy = fz_policy_patterns()};
    scanner = fz_scanner_take(equal.pool);
    for (long m = 0; m < equal.messages; m++) {
        static const size_t lengths[] = {60, 140, 140, 300};
        uint32_t rule = fz_random_below(&random, (uint32_t)equal.rules);
        FzMessage message = {.coding = FZ_CODING_7BIT};

        text.octets = 0;
        fz_message_make(&random, lengths[m % 4],
                        m % 2 == 0 ? &equal.made[rule] : NULL, &text);
        if (m % 4 == 0)
            spoil(&random, &text);
        message.octets = fz_buf_slice(&text);
        fz_judge(&message, &env, scanner, verdict);
        compare(&equal, scanner, verdict);
    }
    printf("%ld rules x %ld messages = %.0f comparisons: %ld common matches, "
           "%ld engine only, %ld PCRE2 only; %ld in a despaced view that was "
           "not worth a scan; %ld messages with more signals than are kept\n",
           equal.rules, equal.messages,
           (double)equal.rules * (double)equal.messages, equal.both,
           equal.engine_only, equal.pcre2_only, equal.not_worth, equal.dropped);
    fz_scanner_give(equal.pool, scanner);
    fz_scanner_pool_destroy(equal.pool);
    fz_ruleset_destroy(equal.ruleset);
    for (long r = 0; r < equal.rules; r++)
        pcre2_code_free(equal.code[r]);
    pcre2_match_data_free(equal.match);
    fz_rules_free(equal.made, (size_t)equal.rules);
    fz_free(equal.code);
    fz_free(equal.hit);
    fz_free(verdict);
    fz_buf_clear(&text);
    return equal.engine_only + equal.pcre2_only > 0;
}
