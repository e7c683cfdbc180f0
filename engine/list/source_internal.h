/* SPDX-License-Identifier: BSD-2-Clause
 *
 * source_internal.h - what the parsers of sources share
 */
#ifndef FZ_ENGINE_LIST_SOURCE_INTERNAL_H
#define FZ_ENGINE_LIST_SOURCE_INTERNAL_H

#include "base/limits.h"
#include "engine/list/source.h"

void fz_source_own(FzSlice content, const FzSourceSink *sink);
void fz_source_plain(FzSlice content, const FzSourceSink *sink);
void fz_source_hosts(FzSlice content, const FzSourceSink *sink);
void fz_source_csv(FzSlice content, const FzSourceSink *sink);
void fz_source_json(FzSlice content, const FzSourceSink *sink);

/** Cuts the next line off *rest, without its end; false when none is left. */
bool fz_source_next_line(FzSlice *rest, FzSlice *line_out);

/** Without blanks at both ends. */
FzSlice fz_source_trim(FzSlice text);

/** Cuts the next run of non-blanks off *rest; absent when none is left. */
FzSlice fz_source_next_word(FzSlice *rest);

bool fz_source_same_word(FzSlice text, const char *word); /* ASCII case */

FzListItem fz_source_item(void); /* nothing stated */

static inline void fz_source_at(const FzSourceSink *sink, size_t octets_left)
{
    if (sink->at != NULL)
        sink->at(sink->ctx, octets_left);
}

/* --- records with named fields (CSV, JSON) -------------------------------- */
typedef enum FzField {
    FZ_FIELD_KEY = 0, /* url, domain, host, ip, ioc ...: see source.c */
    FZ_FIELD_CATEGORY,
    FZ_FIELD_TAGS,
    FZ_FIELD_FIRST_SEEN,
    FZ_FIELD_EXPIRES,
    FZ_FIELD_SCORE,
    FZ_FIELD_ACTION,
    FZ_FIELD_NOTE,
    FZ_FIELD_VERIFIED,
    FZ_FIELD_ONLINE,
    FZ_FIELDS_NAMED,
} FzField;

/** -1 for a name that says nothing to us. */
int fz_source_field(FzSlice name);

/** Of several names for one field the better known wins: the smaller rank. */
unsigned fz_source_field_rank(FzSlice name);

/** Turn the fields of one record into an item or dirt. Absent fields were not
 *  there. */
void fz_source_record(const FzSlice fields[FZ_FIELDS_NAMED], uint32_t line,
                      FzSlice sample, const FzSourceSink *sink);

#endif
