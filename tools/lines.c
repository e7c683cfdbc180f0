/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tools/ctl.h"
#include "tools/lines.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { READ_OCTETS = 64 << 10 };

void fz_lines_init(FzLines *lines, int fd)
{
    memset(lines, 0, sizeof *lines);
    lines->fd = fd;
}

void fz_lines_clear(FzLines *lines)
{
    fz_buf_clear(&lines->room);
}

static bool read_more(FzLines *lines)
{
    FzBuf *room = &lines->room;
    ssize_t got;

    if (lines->at > 0) {
        memmove(room->data, room->data + lines->at, room->octets - lines->at);
        room->octets -= lines->at;
        lines->at = 0;
    }
    fflush(stdout);
    fz_buf_reserve(room, READ_OCTETS);
    do
        got = read(lines->fd, room->data + room->octets, READ_OCTETS);
    while (got < 0 && errno == EINTR);
    if (got <= 0) {
        lines->ended = true;
        return false;
    }
    room->octets += (size_t)got;
    return true;
}

/* Drop what is left of a line that is too long. */
static void skip_rest(FzLines *lines)
{
    for (;;) {
        uint8_t *data = lines->room.data + lines->at;
        size_t left = lines->room.octets - lines->at;
        uint8_t *newline = left == 0 ? NULL : memchr(data, '\n', left);

        if (newline != NULL) {
            lines->at += (size_t)(newline - data) + 1;
            return;
        }
        lines->at = lines->room.octets;
        if (!read_more(lines))
            return;
    }
}

bool fz_lines_next(FzLines *lines, FzSlice *line_out)
{
    size_t seen = 0; /* octets of the line that hold no newline */

    if (lines->too_long)
        skip_rest(lines);
    lines->too_long = false;
    for (;;) {
        uint8_t *data = lines->room.data + lines->at;
        size_t left = lines->room.octets - lines->at;
        uint8_t *newline =
            left == seen ? NULL : memchr(data + seen, '\n', left - seen);

        if (newline == NULL && left > FZ_LIMIT_LINE_OCTETS) {
            lines->too_long = true;
            lines->number++;
            *line_out = fz_slice(data, FZ_LIMIT_LINE_OCTETS);
            return true;
        }
        if (newline != NULL || (lines->ended && left > 0)) {
            size_t octets = newline == NULL ? left : (size_t)(newline - data);

            lines->number++;
            lines->at += octets + (newline != NULL);
            *line_out = fz_slice(data, octets);
            return true;
        }
        if (lines->ended)
            return false;
        seen = left;
        read_more(lines);
    }
}

json_t *fz_lines_object(const FzLines *lines, FzSlice line, const char *key,
                        json_error_t *error)
{
    json_t *object;

    snprintf(error->text, sizeof error->text, "the line is too long");
    if (lines->too_long)
        return NULL;
    object =
        json_loadb((const char *)line.data, line.octets, JSON_ALLOW_NUL, error);
    if (object == NULL || json_is_string(json_object_get(object, key)))
        return object;
    snprintf(error->text, sizeof error->text, "there is no `%s'", key);
    json_decref(object);
    return NULL;
}

void fz_lines_print_fault(const FzLines *lines, const char *fault)
{
    fz_ctl_print_json(
        json_pack("{s:i,s:s}", "line", (int)lines->number, "error", fault));
}
