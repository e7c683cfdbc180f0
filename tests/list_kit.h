/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list_kit.h - lists made in a test, from lines of text
 */
#ifndef FZ_TESTS_LIST_KIT_H
#define FZ_TESTS_LIST_KIT_H

#include "engine/list/build.h"
#include "tests/support.h"

/* 2026-03-10T12:00:00Z: "now" of the tests. */
#define KIT_NOW_MS INT64_C(1773144000000)
#define KIT_DAY_MS INT64_C(86400000)

extern const char *const kit_tlds[]; /* example, test */

/** What a builder reported, as "name:line finding" a line, in order. */
typedef struct KitReport {
    char text[8192];
    size_t octets;
} KitReport;
void kit_report(void *ctx, const FzListReport *report);

/** The usual way to build: now, our top levels, reporting to `report`. */
FzListBuild kit_build(KitReport *report);

/** A source that blocks, of category "listed", called `name`. */
FzListSource kit_source(const char *name);

/** Add a source with its content; FZ_SOURCE_OWN unless it says otherwise. */
void kit_add(FzListBuilder *builder, const FzListSource *source,
             const char *content, FzSourceFormat format);

/** A list of one source of our own format, called `name`; in memory that
 *  lives as long as the test's process. */
FzList *kit_list(const char *name, const char *content);

/** The same, with a builder of the caller's. */
FzList *kit_open(FzListBuilder *builder);

/** What a set says of a key written as in a source, or of a link. */
FzAnswer kit_ask(const FzListSet *set, const FzOverlay *overlay,
                 const char *what, int64_t now_ms);

/** "block host host:a.example", "none": kind, level and entry. Static. */
const char *kit_words(const FzAnswer *answer);

#endif
