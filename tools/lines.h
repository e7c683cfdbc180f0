/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lines.h - lines from a pipe, within bounds
 */
#ifndef FZ_TOOLS_LINES_H
#define FZ_TOOLS_LINES_H

#include "base/buf.h"

#include <jansson.h>
#include <stdbool.h>

/* The longest message, 39,015 code points, as escapes in JSON stays below. */
#define FZ_LIMIT_LINE_OCTETS (1u << 20)

typedef struct FzLines {
    int fd;
    FzBuf room;
    size_t at;       /* in the room */
    unsigned number; /* of the line that was handed out last; 1-based */
    bool ended;
    bool too_long; /* the line handed out was: its beginning is all there is */
} FzLines;

void fz_lines_init(FzLines *lines, int fd);
void fz_lines_clear(FzLines *lines);

/**
 * The next line, without its newline; borrowed until the next call. False at
 * the end. Flushes stdout before it waits for more, so that whoever writes a
 * line at a time gets each answer.
 */
bool fz_lines_next(FzLines *lines, FzSlice *line_out);

/**
 * The object of a line of JSON in which `key` is a string; the caller decrefs.
 * NULL with the reason in error->text when it is none.
 */
json_t *fz_lines_object(const FzLines *lines, FzSlice line, const char *key,
                        json_error_t *error);

/** Answer a bad line: {"line":n,"error":"..."}. */
void fz_lines_print_fault(const FzLines *lines, const char *fault);

#endif
