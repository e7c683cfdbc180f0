/* SPDX-License-Identifier: BSD-2-Clause
 *
 * generate.h - rules and messages out of nothing, the same for the same seed
 *
 * The mix of kinds is printed by bench-engine with its figures. Words are
 * drawn from invented vocabularies: two to four common Han, or syllables.
 */
#ifndef FZ_BENCH_GENERATE_H
#define FZ_BENCH_GENERATE_H

#include "base/buf.h"

#include <stdint.h>

typedef struct FzRandom {
    uint64_t state;
} FzRandom;

uint64_t fz_random_next(FzRandom *random);
uint32_t fz_random_below(FzRandom *random, uint32_t bound);

typedef enum FzRuleKind {
    FZ_KIND_WORD_ZH = 0,
    FZ_KIND_WORD_EN,
    FZ_KIND_GAP_ZH,
    FZ_KIND_GAP_EN,
    FZ_KIND_HOST,
    FZ_KIND_AMOUNT,
    FZ_KIND_CONTACT,
    FZ_KIND_DESPACED,
} FzRuleKind;
#define FZ_RULE_KINDS 8

typedef struct FzKindShare {
    const char *name;
    uint32_t percent;
} FzKindShare;
extern const FzKindShare fz_rule_mix[FZ_RULE_KINDS];

/** One rule in four tongues: ours, a regular expression over the same folded
 *  text (UTF8|DOTALL) as one would write it for Hyperscan, the one that means
 *  exactly what the phrase does (PCRE2), and a message that it matches. */
typedef struct FzMadeRule {
    FzRuleKind kind;
    FzBuf phrase;
    FzBuf regex;
    FzBuf exact;
    FzBuf sample;
} FzMadeRule;

FzMadeRule *fz_rules_make(FzRandom *random, size_t count);
void fz_rules_free(FzMadeRule *rules, size_t count);

/** The set as rules.conf, every rule active with so many points. */
void fz_rules_write(const FzMadeRule *rules, size_t count, double score,
                    FzBuf *out);

/** A message of about `octets` octets of UTF-8: three in five Chinese, one in
 *  five English, one mixed; `with` (may be NULL) stands somewhere in it. */
void fz_message_make(FzRandom *random, size_t octets, const FzMadeRule *with,
                     FzBuf *out);

#endif
