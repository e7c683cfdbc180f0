/* SPDX-License-Identifier: BSD-2-Clause
 *
 * history.h - which generation was put in force when, and by whom
 *
 * Beside the generations, so that it is there without the store; the audit
 * trail is what nobody can change.
 */
#ifndef FZ_CONFIG_HISTORY_H
#define FZ_CONFIG_HISTORY_H

#include "base/digest.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Changes that are remembered. */
#define FZ_HISTORY_KEPT 1000

/** One change of what is in force. */
typedef struct FzPromotion {
    int64_t at_ms;
    char act[16]; /* "reload", "rollback" */
    char actor[128];
    char digest[FZ_DIGEST_TEXT];
    char before[FZ_DIGEST_TEXT]; /* "" for none */
    uint32_t rules;
} FzPromotion;

/** A generation that can be gone back to. */
typedef struct FzArchived {
    FzPromotion last; /* by which it came into force the last time; without a
                         word on it, `actor' is "" */
    bool current;     /* what a start loads */
    bool previous;    /* what it loads when that is damaged */
} FzArchived;

/** Write one down. */
FzStatus fz_history_add(const char *generations, const FzPromotion *promotion,
                        const FzDiagSink *sink) FZ_MUST_CHECK;

/** The generations that are there, the last promoted first (fz_free). */
FzStatus fz_history_list(const char *generations, const FzDiagSink *sink,
                         FzArchived **list_out,
                         size_t *count_out) FZ_MUST_CHECK;

/**
 * What was in force at a time, whether it is still kept or not.
 *
 * @return FZ_E_RULE when nothing is known of that time
 */
FzStatus fz_history_at(const char *generations, int64_t at_ms,
                       FzPromotion *promotion_out,
                       const FzDiagSink *sink) FZ_MUST_CHECK;

/** Is that generation still there? */
bool fz_history_keeps(const char *generations, const char *digest);

/**
 * The one generation that is meant.
 *
 * @param which  "previous", a digest, or the first eight or more digits of one
 * @return FZ_E_RULE when there is none or more than one
 */
FzStatus fz_history_find(const char *generations, const char *which,
                         char digest_out[FZ_DIGEST_TEXT],
                         const FzDiagSink *sink) FZ_MUST_CHECK;

#endif
