/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tools/fetch_meta.h"

#include <stdlib.h>
#include <strings.h>

static FzSlice trim(FzSlice text)
{
    while (text.octets > 0 && text.data[0] <= ' ')
        text = fz_slice(text.data + 1, text.octets - 1);
    while (text.octets > 0 && text.data[text.octets - 1] <= ' ')
        text.octets--;
    return text;
}

/* Empty when it does not fit or is nothing that may be sent back. */
static void keep(FzSlice value, char *out)
{
    out[0] = '\0';
    value = trim(value);
    if (value.octets == 0 || value.octets >= FZ_FETCH_HEADER_OCTETS)
        return;
    for (size_t i = 0; i < value.octets; i++)
        if (value.data[i] < ' ' || value.data[i] > '~')
            return;
    memcpy(out, value.data, value.octets);
    out[value.octets] = '\0';
}

static bool is_named(FzSlice line, const char *name, FzSlice *value_out)
{
    size_t octets = strlen(name);

    if (line.octets <= octets || line.data[octets] != ':' ||
        strncasecmp((const char *)line.data, name, octets) != 0)
        return false;
    *value_out = fz_slice(line.data + octets + 1, line.octets - octets - 1);
    return true;
}

void fz_fetch_meta_header(FzFetchMeta *meta, FzSlice line)
{
    FzSlice value;

    if (line.octets >= 5 && memcmp(line.data, "HTTP/", 5) == 0)
        meta->etag[0] = meta->modified[0] = '\0';
    else if (is_named(line, "etag", &value))
        keep(value, meta->etag);
    else if (is_named(line, "last-modified", &value))
        keep(value, meta->modified);
}

/* --- the file beside the feed ------------------------------------------------
 */
static bool is_key(FzSlice line, const char *key, FzSlice *value_out)
{
    size_t octets = strlen(key);

    if (line.octets <= octets || memcmp(line.data, key, octets) != 0 ||
        line.data[octets] != ' ')
        return false;
    *value_out = fz_slice(line.data + octets + 1, line.octets - octets - 1);
    return true;
}

static void read_line(FzSlice line, FzFetchMeta *meta)
{
    char number[24];
    FzSlice value;

    if (is_key(line, "etag", &value)) {
        keep(value, meta->etag);
    } else if (is_key(line, "modified", &value)) {
        keep(value, meta->modified);
    } else if (is_key(line, "url", &value)) {
        keep(value, meta->url);
    } else if (is_key(line, "fetched", &value) &&
               value.octets < sizeof number - 4) {
        memcpy(number, value.data, value.octets);
        number[value.octets] = '\0';
        meta->fetched_ms = strtoll(number, NULL, 10);
        if (meta->fetched_ms < 0)
            meta->fetched_ms = 0;
    }
}

void fz_fetch_meta_read(FzSlice text, FzFetchMeta *meta)
{
    memset(meta, 0, sizeof *meta);
    while (text.octets > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.octets);
        size_t octets = end == NULL ? text.octets : (size_t)(end - text.data);

        read_line(fz_slice(text.data, octets), meta);
        octets += end != NULL;
        text = fz_slice(text.data + octets, text.octets - octets);
    }
}

void fz_fetch_meta_write(const FzFetchMeta *meta, FzBuf *out)
{
    if (meta->url[0] != '\0')
        fz_buf_printf(out, "url %s\n", meta->url);
    if (meta->etag[0] != '\0')
        fz_buf_printf(out, "etag %s\n", meta->etag);
    if (meta->modified[0] != '\0')
        fz_buf_printf(out, "modified %s\n", meta->modified);
    fz_buf_printf(out, "fetched %lld\n", (long long)meta->fetched_ms);
}
