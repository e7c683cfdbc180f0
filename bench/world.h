/* SPDX-License-Identifier: BSD-2-Clause
 *
 * world.h - rules, lists and messages that bench-engine measures with
 */
#ifndef FZ_BENCH_WORLD_H
#define FZ_BENCH_WORLD_H

#include "bench/generate.h"
#include "engine/verdict/verdict.h"

#include <hs/hs.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

typedef struct FzBenchOptions {
    long rules, octets, list, messages, pairs, seed, regex_rules;
    double hit_share;
    bool json;
} FzBenchOptions;

/** What making it took, in seconds of processor time. */
typedef struct FzMade {
    double load;         /* rules.conf to a rule set, nothing cached */
    double bare_compile; /* hs_compile_multi of the same words */
    double edit;         /* gaps, scores and states changed, words cached */
    long edit_compiles;  /* of Hyperscan's, meanwhile */
    double list, regex;
    size_t words, database_octets, bare_octets, list_octets, regex_octets;
} FzMade;

typedef struct FzWorld {
    FzBenchOptions options;
    FzMade made;
    FzRandom random;
    FzMadeRule *rule;
    FzRuleset *ruleset;
    FzScannerPool *pool;
    FzUrlTables *urls;
    FzListSet *lists;   /* NULL without */
    FzBuf *text;        /* UTF-8 of each message */
    FzBuf *folded;      /* its folded view, 64 octets more behind it */
    FzMessage *message; /* the same, as the gateway has it */
    FzBuf *octets;
    hs_database_t *regex; /* NULL: too many rules */
    hs_scratch_t *regex_scratch;
    hs_scratch_t *scratch; /* for the words alone */
    pcre2_code **pcre2;
    pcre2_match_data *match;
    long hits; /* messages that were made to match, and do */
} FzWorld;

/** The size of everything is in `options`; ends the program when something
 *  cannot be made. */
void fz_world_make(FzWorld *world);
void fz_world_clear(FzWorld *world);

FzJudgeEnv fz_world_env(const FzWorld *world);

#endif
