/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "tests/support.h"
#include "tests/tsv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cut a line at its tabs; returns how many columns it has. */
static size_t cut(char *line, char **cell)
{
    size_t n = 0;

    for (;;) {
        char *tab = strchr(line, '\t');

        if (n == TSV_COLUMNS)
            return n + 1;
        cell[n++] = line;
        if (tab == NULL)
            return n;
        *tab = '\0';
        line = tab + 1;
    }
}

void tsv_open(Tsv *tsv, const char *path)
{
    FzBuf buf = FZ_BUF_INIT;
    size_t columns = 0, room = 0;
    unsigned line = 0;
    char *at, *next;

    memset(tsv, 0, sizeof *tsv);
    if (fz_buf_read_file(&buf, fz_test_source(path), 64u << 20, NULL) !=
        FZ_OK) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    tsv->room = fz_buf_take_text(&buf);
    for (at = tsv->room; *at != '\0'; at = next) {
        char *cell[TSV_COLUMNS] = {NULL};
        char *end = strchr(at, '\n');
        size_t n;

        next = end == NULL ? at + strlen(at) : end + 1;
        if (end != NULL)
            *end = '\0';
        line++;
        if (*at == '#' || *at == '\0')
            continue;
        n = cut(at, cell);
        if (columns == 0) {
            columns = n;
            continue;
        }
        if (n != columns) {
            fprintf(stderr, "%s:%u: %zu columns, not %zu\n", path, line, n,
                    columns);
            exit(1);
        }
        if (tsv->count == room) {
            room = room == 0 ? 256 : 2 * room;
            tsv->row = fz_realloc_array(tsv->row, room, sizeof *tsv->row);
        }
        tsv->row[tsv->count].line = line;
        memcpy(tsv->row[tsv->count].cell, cell, sizeof cell);
        tsv->count++;
    }
}

void tsv_close(Tsv *tsv)
{
    fz_free(tsv->row);
    fz_free(tsv->room);
    memset(tsv, 0, sizeof *tsv);
}

size_t tsv_unescape(char *cell)
{
    char *out = cell;

    for (const char *at = cell; *at != '\0'; at++) {
        char *end;
        unsigned long cp;

        if (*at != '\\') {
            *out++ = *at;
            continue;
        }
        at++;
        switch (*at) {
        case 'n':
            *out++ = '\n';
            break;
        case 'r':
            *out++ = '\r';
            break;
        case 't':
            *out++ = '\t';
            break;
        case 'f':
            *out++ = '\f';
            break;
        case 'u':
            cp = strtoul(at + 2, &end, 16); /* behind "u{" */
            out += fz_utf8_encode((uint32_t)cp, (uint8_t *)out);
            at = end; /* on the "}" */
            break;
        default:
            *out++ = *at;
            break;
        }
    }
    *out = '\0';
    return (size_t)(out - cell);
}
