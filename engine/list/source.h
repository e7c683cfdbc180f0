/* SPDX-License-Identifier: BSD-2-Clause
 *
 * source.h - reading feeds: octets in, items and dirt out
 *
 * A parser knows one way of writing and nothing else: it neither judges what
 * an item says (the builder does) nor stops at dirt. Every line or record ends
 * in one call: item, or dirt. Formats (docs/lists.md shows each):
 *   own     ours: action category key [expiry] [score] [force] [#ref,note]
 *   plain   one link, host or address a line (OpenPhish, Phishing.Database)
 *   hosts   "0.0.0.0 a.example b.example"
 *   csv     columns by the names of the header line, also behind `#'
 *           (URLhaus, PhishTank)
 *   json    one object a line, or an array of objects, or objects in the
 *           arrays of one object (PhishTank, URLhaus)
 */
#ifndef FZ_ENGINE_LIST_SOURCE_H
#define FZ_ENGINE_LIST_SOURCE_H

#include "engine/list/finding.h"
#include "engine/list/list.h"

typedef enum FzSourceFormat {
    FZ_SOURCE_AUTO = 0, /* by the name's ending, else by the first lines */
    FZ_SOURCE_OWN = 1,
    FZ_SOURCE_PLAIN = 2,
    FZ_SOURCE_HOSTS = 3,
    FZ_SOURCE_CSV = 4,
    FZ_SOURCE_JSON = 5,
} FzSourceFormat;

typedef enum FzItemAction {
    FZ_ITEM_DEFAULT = 0, /* whatever the source is declared to be */
    FZ_ITEM_ALLOW = 1,
    FZ_ITEM_BLOCK = 2,
    FZ_ITEM_SHARED = 3, /* others' content lives at this host */
} FzItemAction;

/** One entry as its source tells it. Slices are borrowed for the call. */
typedef struct FzListItem {
    FzItemAction action;
    FzSlice key;
    bool guess;         /* `key' is in a feed's way of writing, not in ours */
    FzSlice category;   /* absent: the source's */
    FzSlice note;       /* reference and note; absent for none */
    int64_t expires_ms; /* absolute; 0 not stated */
    int64_t lives_s;    /* "30d": from the build on; 0 not stated */
    int64_t first_seen_ms; /* 0 not stated */
    FzPoints score;        /* FZ_LIST_SCORE_UNSET */
    bool force;
} FzListItem;

typedef struct FzSourceSink {
    /* `line' counts lines from 1; in JSON, records */
    void (*item)(void *ctx, uint32_t line, const FzListItem *item);
    void (*dirt)(void *ctx, uint32_t line, FzFinding finding, FzSlice sample);
    void (*at)(void *ctx, size_t octets_left); /* before each record; or NULL */
    void *ctx;
} FzSourceSink;

/** Read all of `content`; `name` helps FZ_SOURCE_AUTO alone. */
void fz_source_parse(FzSlice content, const char *name, FzSourceFormat format,
                     const FzSourceSink *sink);

FzSourceFormat fz_source_detect(FzSlice content, const char *name);
const char *fz_source_format_name(FzSourceFormat format); /* "csv" */
FzStatus fz_source_format_parse(const char *name,
                                FzSourceFormat *format_out) FZ_MUST_CHECK;

/** The items of one line of our own format; for tools that take a single
 *  entry. FZ_FOUND_FINE also for a comment (then item_out->key is absent). */
FzFinding fz_source_own_line(FzSlice line, FzListItem *item_out);

/** "2026-12-31" (through that day, UTC), RFC 3339, "2026-12-31 10:00:05" as
 *  abuse.ch writes. False for anything else. */
bool fz_source_time(FzSlice text, int64_t *wall_ms_out);

#endif
