/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Any octets as a message under rules of every kind: what is reported lies in
 * the text, and the message gives the same report on a machine without AVX-512,
 * and with all words left to the matcher.
 */
#include "config.h"

#include "base/cpu.h"
#include "engine/decode/decode.h"
#include "engine/rules/ruleset.h"
#include "engine/rules/sieve.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static const char rules[] =
    "set = { name = \"fuzz\"; };\n"
    "words = { bank = [ \"工商银行\", \"建设银行\", \"bank\", \"bank*\" ]; };\n"
    "rules = (\n"
    " { id = \"a\"; phrase = \"<bank> ~40 (冻结|#4-8|aa)\"; },\n"
    " { id = \"b\"; all = [ \"aa\", \"aaa ~3 aa\", \"#1-9\" ]; within = 20; "
    "},\n"
    " { id = \"c\"; phrase = \"refund*\"; none = [ \"aa ~9 aa\" ]; },\n"
    " { id = \"d\"; regex = \"(x+x+)+y|a.{0,40}b\"; none = [ \"aa\" ]; },\n"
    " { id = \"e\"; phrase = \"bb ~3 aa\"; view = \"raw\"; },\n"
    " { id = \"f\"; phrase = \"^ ~5 aa $\"; },\n"
    " { id = \"g\"; phrase = \"(<url>|<tel>|aa) (bb|<money>)\"; },\n"
    " { id = \"h\"; phrase = \"安全账户\"; view = \"despaced\"; },\n"
    " { id = \"i\"; phrase = \"aa\"; view = \"skeleton\"; },\n"
    " { id = \"j\"; phrase = \"#7-15\"; view = \"digits\"; },\n"
    " { id = \"k\"; phrase = \"aa bb aa bb\"; },\n"
    " { id = \"l\"; phrase = \"aa ~100 bb ~100 aa ~100 bb\"; },\n"
    " { id = \"m\"; phrase = \"(\\\\$refunded|+86|a=b) ~9 (aa|bb)\"; },\n"
    " { id = \"n\"; phrase = \"(a安全安|安) ~5 (да|été)\"; },\n"
    " { id = \"o\"; phrase = \"refunded secret\"; } );\n";

static FzRuleset *ruleset;
static FzScannerPool *pool;

/* --- with and without ----------------------------------------------------- */
static bool sieve_off;

void __real_fz_sieve_sift(const FzProgram *program, const FzView *view,
                          FzPiece *piece, bool looked, FzSifted *sifted);
void __wrap_fz_sieve_sift(const FzProgram *program, const FzView *view,
                          FzPiece *piece, bool looked, FzSifted *sifted);
void __wrap_fz_sieve_sift(const FzProgram *program, const FzView *view,
                          FzPiece *piece, bool looked, FzSifted *sifted)
{
    __real_fz_sieve_sift(program, view, piece, looked, sifted);
    if (sieve_off)
        sifted->any = true;
}

/* --- judging -------------------------------------------------------------- */

static void clean(void)
{
    fz_scanner_pool_destroy(pool);
    fz_ruleset_destroy(ruleset);
}

static void load(void)
{
    char folder[64] = "/tmp/fz-scan-XXXXXX", path[128];
    const char *where = folder;
    FILE *file;

    assert(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/rules.conf", folder);
    file = fopen(path, "w");
    assert(file != NULL && fputs(rules, file) >= 0 && fclose(file) == 0);
    assert(fz_ruleset_load(&where, 1, FZ_RULESET_ALL_ACTIVE, NULL, NULL, NULL,
                           NULL, &ruleset) == FZ_OK);
    unlink(path);
    rmdir(folder);
    pool = fz_scanner_pool_create(ruleset);
    atexit(clean);
}

static uint32_t judge(const FzMessage *message, FzSignals *signals)
{
    FzScanner *scanner = fz_scanner_take(pool);
    FzText *text = fz_scanner_text(scanner);
    uint32_t flags = 0;

    fz_signals_reset(signals);
    if (fz_decode(message, text) == FZ_OK) {
        FzStatus built =
            fz_views_build(text, FZ_VIEWS_ALL, fz_scanner_views(scanner));

        assert(built == FZ_OK || built == FZ_E_LIMIT);
        if (text->chars > 4)
            fz_tokens_add(fz_scanner_tokens(scanner), FZ_ENTITY_URL,
                          (FzSpan){1, 3});
        fz_ruleset_look(ruleset, scanner);
        flags = fz_ruleset_scan(ruleset, NULL, message, scanner, signals);
        assert(!(flags & FZ_SCAN_FAILED));
    }
    for (uint16_t i = 0; i < signals->count; i++) {
        const FzSignal *signal = &signals->item[i];

        assert(signal->span_count <= FZ_SIGNAL_SPANS);
        for (int s = 0; s < signal->span_count; s++) {
            assert(signal->spans[s].cp_from < signal->spans[s].cp_to);
            assert(signal->spans[s].cp_to <= text->chars);
            assert(s == 0 ||
                   signal->spans[s - 1].cp_from <= signal->spans[s].cp_from);
        }
    }
    fz_scanner_give(pool, scanner);
    return flags;
}

static void expect(const FzMessage *message, uint32_t flags,
                   const FzSignals *once)
{
    static FzSignals again;
    uint32_t flags_again = judge(message, &again);

    /* what the work of one way is too much for may be little for the other */
    if (((flags | flags_again) & FZ_SCAN_WORK_LIMIT) != 0)
        return;
    assert(once->count == again.count);
    for (uint16_t i = 0; i < once->count; i++) {
        assert(once->item[i].rule == again.item[i].rule);
        assert(memcmp(once->item[i].spans, again.item[i].spans,
                      sizeof once->item[i].spans) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    static FzSignals once;
    FzMessage message = {.coding = FZ_CODING_7BIT};
    bool wide = fz_cpu_is_wide;
    uint32_t flags;

    if (ruleset == NULL)
        load();
    if (octets == 0)
        return 0;
    message.coding = (FzCoding)(data[0] % 4 - 1);
    message.octets = fz_slice(data + 1, octets - 1);
    flags = judge(&message, &once);
    fz_cpu_is_wide = false;
    expect(&message, flags, &once);
    sieve_off = true;
    expect(&message, flags, &once);
    sieve_off = false;
    fz_cpu_is_wide = wide;
    return 0;
}
