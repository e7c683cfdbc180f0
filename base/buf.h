/* SPDX-License-Identifier: BSD-2-Clause
 *
 * buf.h - octets that grow
 *
 * For loaders, tools and records; the message path has fixed rooms instead.
 * Always NUL-terminated behind `octets` once something was appended.
 */
#ifndef FZ_BASE_BUF_H
#define FZ_BASE_BUF_H

#include "base/slice.h"
#include "base/status.h"

#include <stdarg.h>

typedef struct FzBuf {
    uint8_t *data; /* owned; NULL while nothing was appended */
    size_t octets;
    size_t capacity;
} FzBuf;

#define FZ_BUF_INIT                                                            \
    {                                                                          \
        NULL, 0, 0                                                             \
    }

void fz_buf_init(FzBuf *buf);
void fz_buf_clear(FzBuf *buf); /* frees; the buf can be used again */
void fz_buf_reserve(FzBuf *buf, size_t more);
void fz_buf_append(FzBuf *buf, const void *data, size_t octets);
void fz_buf_append_slice(FzBuf *buf, FzSlice slice);
void fz_buf_append_text(FzBuf *buf, const char *text);
void fz_buf_append_octet(FzBuf *buf, uint8_t octet);
void fz_buf_printf(FzBuf *buf, const char *format, ...) FZ_PRINTF(2, 3);

/** Borrowed C string, "" while empty; valid until the next change. */
const char *fz_buf_text(const FzBuf *buf);

static inline FzSlice fz_buf_slice(const FzBuf *buf)
{
    return fz_slice(buf->data, buf->octets);
}

/** Hand the octets over as a C string (free with fz_free); buf is empty
 *  afterwards. */
char *fz_buf_take_text(FzBuf *buf);

/** Append the whole file; a file beyond `limit` octets is FZ_E_LIMIT. */
FzStatus fz_buf_read_file(FzBuf *buf, const char *path, size_t limit,
                          const FzDiagSink *sink) FZ_MUST_CHECK;

#endif
