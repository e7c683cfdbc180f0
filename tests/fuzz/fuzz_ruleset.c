/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A set of rules as anybody may write it: rules.conf, and behind an octet 0x1E
 * each the table t.tsv and cases.tsv. Whatever it is, it loads or every reason
 * why not has a sentence; what loads can be scanned with.
 */
#include "config.h"

#include "engine/decode/decode.h"
#include "engine/rules/ruleset.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 forgets 64 octets of a string when a syntax error follows it.
 */
const char *__lsan_default_suppressions(void)
{
    return "leak:strbuf_append\nleak:libconfig";
}

static char folder[64];

static void remove_folder(void)
{
    static const char *const names[] = {"rules.conf", "t.tsv", "cases.tsv"};
    char path[128];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

static void write_file(const char *name, const uint8_t *data, size_t octets)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    assert(file != NULL);
    if (octets != 0)
        assert(fwrite(data, 1, octets, file) == octets);
    assert(fclose(file) == 0);
}

static void emit(void *ctx, const FzDiag *diag)
{
    assert(diag->text[0] != '\0' && diag->code != FZ_OK);
    *(unsigned *)ctx += diag->severity == FZ_SEVERITY_ERROR;
}

static void scan(const FzRuleset *ruleset, const uint8_t *data, size_t octets)
{
    FzScannerPool *pool = fz_scanner_pool_create(ruleset);
    FzScanner *scanner = fz_scanner_take(pool);
    FzMessage message = {.coding = FZ_CODING_7BIT,
                         .octets = fz_slice(data, octets)};
    static FzSignals signals;

    /* the file itself is a message that has many of its words */
    if (fz_decode(&message, fz_scanner_text(scanner)) == FZ_OK &&
        fz_views_build(fz_scanner_text(scanner), fz_ruleset_views(ruleset),
                       fz_scanner_views(scanner)) == FZ_OK) {
        fz_signals_reset(&signals);
        assert(!(fz_ruleset_scan(ruleset, NULL, &message, scanner, &signals) &
                 FZ_SCAN_FAILED));
    }
    fz_scanner_give(pool, scanner);
    fz_scanner_pool_destroy(pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    static const char *const names[] = {"rules.conf", "t.tsv", "cases.tsv"};
    const char *where = folder;
    FzRuleset *ruleset = NULL;
    unsigned told = 0;
    FzDiagSink sink = {emit, &told};
    const uint8_t *at = data, *end = data + octets;

    if (folder[0] == '\0') {
        snprintf(folder, sizeof folder, "/tmp/fz-ruleset-XXXXXX");
        assert(mkdtemp(folder) != NULL);
        atexit(remove_folder);
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const uint8_t *stop =
            at < end ? memchr(at, 0x1E, (size_t)(end - at)) : NULL;

        if (stop == NULL)
            stop = end;
        write_file(names[i], at, (size_t)(stop - at));
        at = stop < end ? stop + 1 : end;
        if (i == 2 || at == end) {
            char path[128];

            for (size_t rest = i + 1; rest < 3; rest++) {
                snprintf(path, sizeof path, "%s/%s", folder, names[rest]);
                unlink(path);
            }
            break;
        }
    }
    if (fz_ruleset_load(&where, 1, FZ_RULESET_ALL_ACTIVE, NULL, NULL, NULL,
                        &sink, &ruleset) != FZ_OK) {
        assert(told > 0);
        return 0;
    }
    assert(told == 0);
    scan(ruleset, data, octets);
    fz_ruleset_destroy(ruleset);
    return 0;
}
