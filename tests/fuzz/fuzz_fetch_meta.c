/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a server of feeds says in the head of its answer, and the file that
 * keeps it: what is sent back is printable, bounded, and reads as it was
 * written.
 */
#include "config.h"

#include "tools/fetch_meta.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static void check_value(const char *value)
{
    if (strlen(value) >= FZ_FETCH_HEADER_OCTETS)
        abort();
    for (; *value != '\0'; value++)
        if (*value < ' ' || *value > '~')
            abort();
}

static void check(const FzFetchMeta *meta)
{
    FzBuf text = FZ_BUF_INIT;
    FzFetchMeta again;

    check_value(meta->etag);
    check_value(meta->modified);
    check_value(meta->url);
    fz_fetch_meta_write(meta, &text);
    fz_fetch_meta_read(fz_buf_slice(&text), &again);
    if (strcmp(again.etag, meta->etag) != 0 ||
        strcmp(again.modified, meta->modified) != 0 ||
        strcmp(again.url, meta->url) != 0 ||
        again.fetched_ms != meta->fetched_ms)
        abort();
    fz_buf_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    FzFetchMeta meta = {0};
    size_t from = 0;

    for (size_t i = 0; i <= octets; i++) {
        if (i < octets && data[i] != '\n')
            continue;
        fz_fetch_meta_header(&meta, fz_slice(data + from, i - from));
        from = i + 1;
    }
    check(&meta);
    fz_fetch_meta_read(fz_slice(data, octets), &meta);
    check(&meta);
    return 0;
}
