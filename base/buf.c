/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/buf.h"
#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

void fz_buf_init(FzBuf *buf)
{
    *buf = (FzBuf)FZ_BUF_INIT;
}

void fz_buf_clear(FzBuf *buf)
{
    fz_free(buf->data);
    fz_buf_init(buf);
}

void fz_buf_reserve(FzBuf *buf, size_t more)
{
    size_t wanted = buf->octets + more + 1; /* + NUL */

    if (wanted <= buf->capacity)
        return;
    if (wanted < buf->capacity * 2)
        wanted = buf->capacity * 2;
    buf->data = fz_realloc(buf->data, wanted);
    buf->capacity = wanted;
}

void fz_buf_append(FzBuf *buf, const void *data, size_t octets)
{
    fz_buf_reserve(buf, octets);
    if (octets != 0)
        memcpy(buf->data + buf->octets, data, octets);
    buf->octets += octets;
    buf->data[buf->octets] = '\0';
}

void fz_buf_append_slice(FzBuf *buf, FzSlice slice)
{
    fz_buf_append(buf, slice.data, slice.octets);
}

void fz_buf_append_text(FzBuf *buf, const char *text)
{
    fz_buf_append(buf, text, strlen(text));
}

void fz_buf_append_octet(FzBuf *buf, uint8_t octet)
{
    fz_buf_append(buf, &octet, 1);
}

void fz_buf_printf(FzBuf *buf, const char *format, ...)
{
    va_list ap;
    int octets;

    va_start(ap, format);
    octets = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    if (octets < 0)
        return;
    fz_buf_reserve(buf, (size_t)octets);
    va_start(ap, format);
    vsnprintf((char *)buf->data + buf->octets, (size_t)octets + 1, format, ap);
    va_end(ap);
    buf->octets += (size_t)octets;
}

const char *fz_buf_text(const FzBuf *buf)
{
    return buf->data == NULL ? "" : (const char *)buf->data;
}

char *fz_buf_take_text(FzBuf *buf)
{
    char *text;

    fz_buf_append(buf, NULL, 0);
    text = (char *)buf->data;
    fz_buf_init(buf);
    return text;
}

FzStatus fz_buf_read_file(FzBuf *buf, const char *path, size_t limit,
                          const FzDiagSink *sink)
{
    FzStatus status = FZ_OK;
    size_t total = 0;
    int fd;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fz_diag_errno(sink, path, "cannot open the file");
    for (;;) {
        ssize_t got;

        fz_buf_reserve(buf, 65536);
        got = read(fd, buf->data + buf->octets, 65536);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            status = fz_diag_errno(sink, path, "cannot read the file");
            break;
        }
        if (got == 0)
            break;
        total += (size_t)got;
        buf->octets += (size_t)got;
        if (total > limit) {
            status = fz_diag(sink, FZ_E_LIMIT, path, 0, NULL,
                             "the file is larger than %zu octets", limit);
            break;
        }
    }
    close(fd);
    if (buf->data != NULL)
        buf->data[buf->octets] = '\0';
    return status;
}
