/* SPDX-License-Identifier: BSD-2-Clause
 *
 * record.h - the one writer of the verdict record
 *
 * A record says what was decided about one message and why, without a word of
 * its text: numbers are keyed hashes, signals are rule ids and spans. One JSON
 * object, keys in a fixed order, stable from the first release: fields may be
 * added, none renamed. Schema: docs/records.md, which a test compares.
 */
#ifndef FZ_ENGINE_VERDICT_RECORD_H
#define FZ_ENGINE_VERDICT_RECORD_H

#include "base/buf.h"
#include "engine/message/message.h"
#include "engine/verdict/verdict.h"

#include <jansson.h>

/** All borrowed for the call. */
typedef struct FzRecord {
    const FzMessage *message;
    const FzVerdict *verdict;
    const char *id;          /* the gateway's message id; NULL leaves it out */
    const char *node;        /* which gateway; NULL leaves it out */
    const char *ruleset;     /* fz_ruleset_digest; NULL without rules */
    const char *generation;  /* the bundle's digest; NULL without one */
    const char *disposition; /* what the host did: "deliver", "deliver-changed",
                                "hold", "refuse", "defer"; NULL leaves it out */
    bool bypass;             /* on when this was judged */
    int64_t micros;          /* of the judgement; < 0 leaves it out */
    FzSlice hash_key;        /* for sender, receiver; absent leaves them out */
} FzRecord;

/** What a number is called in records: the first 16 octets of its keyed hash,
 *  hexadecimal. Two records with the same hash speak of the same number. */
#define FZ_RECORD_HASH_TEXT 33
void fz_record_hash(FzSlice key, FzSlice number, char *text);

/** The same of two, faster by far; either may be absent. */
void fz_record_hashes(FzSlice key, const FzSlice number[2],
                      char text[2][FZ_RECORD_HASH_TEXT]);

/* How JSON of ours is written: points with their two decimals, no more. */
#define FZ_RECORD_DUMP (JSON_COMPACT | JSON_REAL_PRECISION(12))

/** What a line of fz_record_write holds, as an object: what tests read and
 *  compare. The caller decrefs. Never NULL. */
json_t *fz_record_json(const FzRecord *record);

/** Appended as one line, with its newline: the object as FZ_RECORD_DUMP has it,
 *  at a tenth of the cost. */
void fz_record_write(const FzRecord *record, FzBuf *out);

/** The same without the brace that closes it and the newline: fields may be
 *  appended, each with a comma in front. */
void fz_record_begin(const FzRecord *record, FzBuf *out);

/** [{"id","rev","state","weight","view","spans"}...]: as in a record, in scan
 *  output and on the control socket. */
json_t *fz_record_signals(const FzVerdict *verdict);

/** A JSON string of octets from outside: what is not UTF-8 becomes U+FFFD. */
json_t *fz_record_text(FzSlice octets);

/** The name of one bit of text_flags; NULL for none. */
const char *fz_record_flag_name(uint32_t flag);

/** Names of the bits of text_flags: ["opaque",...]. */
json_t *fz_record_flags(uint32_t text_flags);

/** Points as JSON: hundredths become a real with at most two decimals. */
json_t *fz_record_points(FzPoints points);

#endif
