/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_list_source.c - a feed of any octets, through parser and builder
 *
 * The first octet chooses the parser. What the builder makes of it must open
 * and verify.
 */
#include "config.h"

#include "base/alloc.h"
#include "engine/list/build.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static const char *const tlds[] = {"example", "test", NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    FzListBuild how = {.now_ms = INT64_C(1773144000000),
                       .extra_tlds = tlds,
                       .may_be_empty = true};
    FzListSource source = {.name = "fuzz", .score = FZ_LIST_SCORE_UNSET};
    FzListBuilder *builder;
    uint8_t *file;
    size_t file_octets;
    FzList *list;

    if (octets == 0)
        return 0;
    builder = fz_list_builder_create(&how);
    if (fz_list_builder_source(builder, &source, NULL) != FZ_OK)
        abort();
    fz_list_builder_read(builder, fz_slice(data + 1, octets - 1), NULL,
                         (FzSourceFormat)(data[0] % (FZ_SOURCE_JSON + 1)));
    if (fz_list_builder_make(builder, NULL, &file, &file_octets) == FZ_OK) {
        if (fz_list_open_memory(file, file_octets, "fuzz", NULL, NULL, &list) !=
                FZ_OK ||
            fz_list_verify(list, NULL) != FZ_OK)
            abort();
        fz_list_close(list);
        fz_free(file);
    }
    fz_list_builder_destroy(builder);
    return 0;
}
