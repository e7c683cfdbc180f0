/* SPDX-License-Identifier: BSD-2-Clause
 *
 * links.h - the links and contacts of a message, and what lists say of one,
 * told to a program or a person
 *
 * For tools and consoles: it shows the text, so nothing of it belongs into a
 * log.
 */
#ifndef FZ_ENGINE_VERDICT_LINKS_H
#define FZ_ENGINE_VERDICT_LINKS_H

#include "base/buf.h"
#include "engine/list/list.h"
#include "engine/url/url.h"

#include <jansson.h>

/** [{"text","start","end","host","canonical","flags","expressions"}...]: the
 *  links that stand in the text; those within them are not there. The caller
 *  decrefs. */
json_t *fz_links_json(const FzUrls *urls);

/** [{"kind","key","start","end"}...] */
json_t *fz_links_contacts_json(const FzUrls *urls);

/** The strings of some slices: expressions. */
json_t *fz_links_slices_json(const FzSlice *slices, size_t count);

/** {"answer","category","list","entry","level"} and, where known, "score",
 *  "note", "age_s", "stale": as `list query' prints it. */
json_t *fz_links_answer_json(const FzAnswer *answer);

/** The flags of one link, in words: "schemeless, ip"; nothing without any. */
void fz_links_flags(uint32_t flags, FzBuf *out);

#endif
