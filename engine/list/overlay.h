/* SPDX-License-Identifier: BSD-2-Clause
 *
 * overlay.h - live entries: what operators add between two builds
 *
 * Kept as an append-only log of text lines; a snapshot is built from it and is
 * immutable. Who owns the log (plugin/live) appends a line, syncs it, builds
 * the next snapshot and swaps; the next `list build' folds the entries in and
 * the log begins anew.
 *
 * A line is one record, fields parted by tabs, "-" for none:
 *     time verb action category key expiry score by reference note check
 * `verb' is add, confirm or remove; times are RFC 3339; `check' is the first 8
 * hexadecimal digits of the BLAKE2b of what stands before it (FzDigest). A
 * last line that a crash has cut is left out; any other damaged line is left
 * out too and said. An entry that was added again replaces the former.
 */
#ifndef FZ_ENGINE_LIST_OVERLAY_H
#define FZ_ENGINE_LIST_OVERLAY_H

#include "base/buf.h"
#include "engine/list/list.h"

typedef enum FzOverlayVerb {
    FZ_OVERLAY_ADD = 0,
    FZ_OVERLAY_CONFIRM = 1, /* of an entry that waits for a second person */
    FZ_OVERLAY_REMOVE = 2,
} FzOverlayVerb;

/** One record, and one live entry. Texts may not hold control characters. */
typedef struct FzOverlayRecord {
    int64_t at_ms;
    FzOverlayVerb verb;
    FzAnswerKind action;   /* ALLOW or BLOCK */
    const char *key;       /* as in a source: "host:a.example" */
    const char *category;  /* NULL for none, as are those below */
    const char *by;        /* who asked for it */
    const char *reference; /* ticket, order, report */
    const char *note;
    int64_t expires_ms; /* 0: until removed */
    FzPoints score;     /* FZ_LIST_SCORE_UNSET */
} FzOverlayRecord;

/** Append the record as a line of the log. FZ_E_SYNTAX when its key is none or
 *  a text has a control character: nothing is appended then. */
FzStatus fz_overlay_log_append(FzBuf *log, const FzOverlayRecord *record,
                               const FzDiagSink *sink) FZ_MUST_CHECK;

typedef enum FzOverlayAllow {
    FZ_OVERLAY_ALLOW_AT_ONCE = 0,
    FZ_OVERLAY_ALLOW_CONFIRMED = 1, /* waits until another person confirms */
} FzOverlayAllow;

/**
 * Build the snapshot that the log describes at `now_ms`: entries past their
 * expiry and entries that wait are not in it.
 *
 * @param log   octets of the whole log; may be empty
 * @param name  for diags
 * @return FZ_OK also when lines were left out (a warning each, FZ_E_SYNTAX);
 *         FZ_E_LIMIT beyond FZ_LIMIT_OVERLAY_ENTRIES
 */
FzStatus fz_overlay_create(FzSlice log, const char *name, FzOverlayAllow allow,
                           int64_t now_ms, const FzDiagSink *sink,
                           FzOverlay **overlay_out) FZ_MUST_CHECK;
void fz_overlay_destroy(FzOverlay *overlay); /* NULL is allowed */

size_t fz_overlay_count(const FzOverlay *overlay);
size_t fz_overlay_waiting(const FzOverlay *overlay); /* for a second person */

/** Entries in force and (with `waiting`) those that wait, in the order they
 *  were added. The record lives as long as the overlay. */
void fz_overlay_each(const FzOverlay *overlay,
                     void (*each)(void *ctx, const FzOverlayRecord *record,
                                  bool waiting),
                     void *ctx);

/** A log that gives the same entries and no more: to begin anew with. */
void fz_overlay_write(const FzOverlay *overlay, FzBuf *log);

/* --- for lookup.c --------------------------------------------------------- */
typedef struct FzOverlayHit {
    const FzOverlayRecord *record;
    FzListLevel level;
    uint8_t bits; /* of a range */
} FzOverlayHit;

/** The entry after *place (begin with 0) whose canonical text is `text`;
 *  false when there is none left. */
bool fz_overlay_find(const FzOverlay *overlay, FzSlice text, uint32_t *place,
                     FzOverlayHit *hit_out);

/** Likewise for the ranges that hold an address (4 or 16 octets). */
bool fz_overlay_find_range(const FzOverlay *overlay, const uint8_t *address,
                           size_t octets, uint32_t *place,
                           FzOverlayHit *hit_out);

#endif
