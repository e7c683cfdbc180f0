/* SPDX-License-Identifier: BSD-2-Clause
 *
 * urlkit.h - the links of a text, for tests
 */
#ifndef FZ_TESTS_URLKIT_H
#define FZ_TESTS_URLKIT_H

#include "engine/text/text.h"
#include "engine/url/url.h"

/** Of the text that was last looked through; .example and .test are last
 *  labels. */
typedef struct FzUrlKit {
    FzText text;
    FzViews views;
    FzUrls urls;
    FzUrlTables *tables;
} FzUrlKit;

void fz_url_kit_init(FzUrlKit *kit);
void fz_url_kit_clear(FzUrlKit *kit);

/** Look through UTF-8; the glance must not spare what is found. */
void fz_url_kit_extract(FzUrlKit *kit, const char *octets, size_t count);

#endif
