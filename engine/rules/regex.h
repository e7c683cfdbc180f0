/* SPDX-License-Identifier: BSD-2-Clause
 *
 * regex.h - the few rules that no phrase can say
 *
 * Hyperscan says that a pattern matches; where, PCRE2 finds on the hit alone,
 * in its interpreter (no memory is made executable at run time), within limits
 * of its own. A place that is not found within them is left out of the report;
 * the match stands.
 */
#ifndef FZ_ENGINE_RULES_REGEX_H
#define FZ_ENGINE_RULES_REGEX_H

#include "engine/rules/matchdb.h"

/** One pattern and, for messages, where it is written. */
typedef struct FzRegexSource {
    const char *pattern;
    const char *file, *rule_id;
    uint32_t line;
    uint32_t rule; /* what a hit reports */
} FzRegexSource;

typedef struct FzRegexDb FzRegexDb;
typedef struct FzRegexRoom FzRegexRoom; /* of one scanner */

/** Whether a pattern can be one of a rule: it is a regular expression and does
 *  not unfold to more than is good for the others. Tells what not. */
FzStatus fz_regex_check(const FzRegexSource *source,
                        const FzDiagSink *sink) FZ_MUST_CHECK;

/** The characters of the shortest text that it can match, or fewer. */
uint32_t fz_regex_least(const char *pattern);

/** Whether Hyperscan takes them, each by itself. Costs as much as compiling
 *  them. */
FzStatus fz_regex_try(const FzRegexSource *sources, uint32_t count,
                      const FzCompileHook *hook,
                      const FzDiagSink *sink) FZ_MUST_CHECK;

/**
 * All patterns together, from the cache if they are there; each passed
 * fz_regex_check. Those that Hyperscan refuses are told one by one.
 */
FzStatus fz_regexdb_create(const FzRegexSource *sources, uint32_t count,
                           FzCache *cache, FzRegexDb **db_out) FZ_MUST_CHECK;
void fz_regexdb_destroy(FzRegexDb *db); /* NULL is allowed */

FzStatus fz_regexdb_scratch(const FzRegexDb *db,
                            hs_scratch_t **scratch) FZ_MUST_CHECK;

/** Each pattern that matches is reported once, with its number in `sources`. */
FzMatchEnd fz_regexdb_scan(const FzRegexDb *db, const uint8_t *octets,
                           uint32_t length, hs_scratch_t *scratch,
                           FzMatchHit hit, void *ctx);

uint32_t fz_regexdb_rule(const FzRegexDb *db, uint32_t number);

/** Where the leftmost match stands; false when that took too long. */
bool fz_regexdb_place(const FzRegexDb *db, uint32_t number,
                      const uint8_t *octets, uint32_t length, FzRegexRoom *room,
                      uint32_t *from_out, uint32_t *to_out);

FzRegexRoom *fz_regex_room_create(void);
void fz_regex_room_destroy(FzRegexRoom *room); /* NULL is allowed */

#endif
