/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rulekit.h - rules from a string, messages through them
 */
#ifndef FZ_TESTS_RULEKIT_H
#define FZ_TESTS_RULEKIT_H

#include "engine/rules/ruleset.h"
#include "tests/support.h"

typedef struct FzKit {
    FzRuleset *ruleset;
    FzScannerPool *pool;
    FzScanner *scanner;
    FzRuleControls *controls; /* NULL: states as written */
    FzMessage message;        /* what the next scan is about, without text */
    FzSignals signals;
    uint32_t flags; /* of the last scan */
    FzTestSink sink;
} FzKit;

/** Write a set's file ("rules.conf") below fz_test_folder()/name. */
void fz_kit_write(const char *set, const char *file, const char *content);

/** Load the set of that name; diags are in kit->sink. */
FzStatus fz_kit_open(FzKit *kit, const char *set, FzRulesetTrust trust);

/** A set of its own from the text after `set = {...};'; must load. */
void fz_kit_init(FzKit *kit, const char *rules);
void fz_kit_clear(FzKit *kit);

/** Decode, views, look, scan, as a verdict does; returns the flags. */
uint32_t fz_kit_scan(FzKit *kit, const char *text);
uint32_t fz_kit_scan_octets(FzKit *kit, const void *text, size_t octets);

/** The signal of a rule of the last scan; NULL. */
const FzSignal *fz_kit_hit(const FzKit *kit, const char *id);

#endif
