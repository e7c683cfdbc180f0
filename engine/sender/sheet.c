/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "engine/sender/sheet.h"

#include <stdarg.h>
#include <stdio.h>

void fz_sheet_fail(FzSheet *sheet, FzStatus code, const char *format, ...)
{
    char what[512];
    va_list ap;

    va_start(ap, format);
    vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    fz_diag(sheet->sink, code, sheet->path, sheet->line, NULL, "%s", what);
    if (sheet->status == FZ_OK)
        sheet->status = code;
}

static FzSlice trim(FzSlice text)
{
    while (text.octets > 0 && (text.data[0] == ' ' || text.data[0] == '\r')) {
        text.data++;
        text.octets--;
    }
    while (text.octets > 0 && (text.data[text.octets - 1] == ' ' ||
                               text.data[text.octets - 1] == '\r'))
        text.octets--;
    return text;
}

static bool next_line(FzSheet *sheet, FzSlice *line_out)
{
    const uint8_t *end;
    size_t octets;

    if (sheet->rest.octets == 0)
        return false;
    end = memchr(sheet->rest.data, '\n', sheet->rest.octets);
    octets =
        end == NULL ? sheet->rest.octets : (size_t)(end - sheet->rest.data) + 1;
    *line_out = trim(fz_slice(sheet->rest.data, octets - (end != NULL)));
    sheet->rest.data += octets;
    sheet->rest.octets -= octets;
    sheet->line++;
    return true;
}

/* A cell in quotes, two of which stand for one; false when they do not end. */
static bool read_quoted(FzSheet *sheet, FzSlice *line, FzSlice *cell_out)
{
    char *out = fz_arena_alloc(sheet->arena, line->octets);
    size_t used = 0, at = 1;

    for (; at < line->octets; at++) {
        if (line->data[at] == '"') {
            if (at + 1 >= line->octets || line->data[at + 1] != '"')
                break;
            at++;
        }
        out[used++] = (char)line->data[at];
    }
    if (at >= line->octets)
        return false;
    *cell_out = fz_slice(out, used);
    *line = trim(fz_slice(line->data + at + 1, line->octets - at - 1));
    return line->octets == 0 || line->data[0] == ',';
}

/* Cut the next cell off; the separator behind it stays. */
static bool read_cell(FzSheet *sheet, FzSlice *line, FzSlice *cell_out)
{
    char separator = sheet->kind == FZ_SHEET_CSV ? ',' : '\t';
    const uint8_t *end;
    size_t octets;

    if (sheet->kind == FZ_SHEET_CSV) {
        *line = trim(*line);
        if (line->octets > 0 && line->data[0] == '"')
            return read_quoted(sheet, line, cell_out);
    }
    end =
        line->octets == 0 ? NULL : memchr(line->data, separator, line->octets);
    octets = end == NULL ? line->octets : (size_t)(end - line->data);
    *cell_out = trim(fz_slice(line->data, octets));
    *line = fz_slice(line->data + octets, line->octets - octets);
    return true;
}

/* All cells of a line; how many, or 0 when it is none. */
static uint32_t split(FzSheet *sheet, FzSlice line, FzSlice *cell)
{
    uint32_t count = 0;

    for (;;) {
        FzSlice it;

        if (!read_cell(sheet, &line, &it)) {
            fz_sheet_fail(sheet, FZ_E_SYNTAX,
                          "a cell that begins with a quote does not end with "
                          "one");
            return 0;
        }
        if (count == FZ_LIMIT_SHEET_COLUMNS) {
            fz_sheet_fail(sheet, FZ_E_LIMIT, "a row has at most %d cells",
                          FZ_LIMIT_SHEET_COLUMNS);
            return 0;
        }
        cell[count++] = it;
        if (line.octets == 0)
            return count;
        line = fz_slice(line.data + 1, line.octets - 1);
    }
}

static bool is_text(FzSheet *sheet)
{
    unsigned line;
    size_t at = fz_utf8_find_fault(sheet->rest.data, sheet->rest.octets, &line);

    if (at == sheet->rest.octets)
        return true;
    sheet->line = line;
    fz_sheet_fail(sheet, FZ_E_SYNTAX,
                  "the octet 0x%02x is no UTF-8 text: save the table as UTF-8",
                  sheet->rest.data[at]);
    return false;
}

/* The next line that is no comment; false at the end. */
static bool next_row(FzSheet *sheet, FzSlice *line_out)
{
    while (next_line(sheet, line_out))
        if (line_out->octets > 0 && line_out->data[0] != '#')
            return true;
    return false;
}

static void tell_unknown(FzSheet *sheet, FzSlice name)
{
    FzBuf all = FZ_BUF_INIT;

    for (size_t i = 0; sheet->name[i] != NULL; i++)
        fz_buf_printf(&all, "%s%s", i == 0 ? "" : ", ",
                      sheet->name[i] + (sheet->name[i][0] == '!'));
    fz_sheet_fail(sheet, FZ_E_RULE, "unknown column `%.*s': there are %s",
                  (int)(name.octets > 40 ? 40 : name.octets),
                  (const char *)name.data, fz_buf_text(&all));
    fz_buf_clear(&all);
}

static bool read_names(FzSheet *sheet)
{
    FzSlice cell[FZ_LIMIT_SHEET_COLUMNS], line;
    bool there[FZ_LIMIT_SHEET_COLUMNS] = {false};

    if (!next_row(sheet, &line)) {
        fz_sheet_fail(sheet, FZ_E_SYNTAX,
                      "the table has no line that names its columns");
        return false;
    }
    sheet->cells = split(sheet, line, cell);
    for (uint32_t i = 0; i < sheet->cells; i++) {
        sheet->place[i] = -1;
        for (size_t n = 0; sheet->name[n] != NULL; n++) {
            if (!fz_slice_is(cell[i],
                             sheet->name[n] + (sheet->name[n][0] == '!')))
                continue;
            if (there[n])
                fz_sheet_fail(sheet, FZ_E_SYNTAX,
                              "the column `%s' is there twice",
                              sheet->name[n] + (sheet->name[n][0] == '!'));
            there[n] = true;
            sheet->place[i] = (int8_t)n;
        }
        if (sheet->place[i] < 0)
            tell_unknown(sheet, cell[i]);
    }
    for (size_t n = 0; sheet->name[n] != NULL; n++)
        if (sheet->name[n][0] == '!' && !there[n])
            fz_sheet_fail(sheet, FZ_E_RULE, "the column `%s' is missing",
                          sheet->name[n] + 1);
    return sheet->status == FZ_OK;
}

bool fz_sheet_open(FzSheet *sheet, FzSheetKind kind, FzSlice content,
                   const char *path, const char *const *names, FzArena *arena,
                   const FzDiagSink *sink)
{
    size_t mark;

    *sheet = (FzSheet){.kind = kind,
                       .path = path,
                       .sink = sink,
                       .rest = content,
                       .name = names,
                       .arena = arena};
    if (content.octets > FZ_LIMIT_SHEET_OCTETS) {
        fz_sheet_fail(sheet, FZ_E_LIMIT, "the table is larger than %u octets",
                      FZ_LIMIT_SHEET_OCTETS);
        return false;
    }
    mark = fz_utf8_mark(content.data, content.octets);
    sheet->rest = fz_slice(content.data + mark, content.octets - mark);
    return is_text(sheet) && read_names(sheet);
}

bool fz_sheet_next(FzSheet *sheet)
{
    FzSlice cell[FZ_LIMIT_SHEET_COLUMNS], line;

    while (next_row(sheet, &line)) {
        uint32_t count = split(sheet, line, cell);

        if (count == 0)
            continue;
        if (count != sheet->cells) {
            fz_sheet_fail(sheet, FZ_E_SYNTAX,
                          "the row has %u cells, the first line %u", count,
                          sheet->cells);
            continue;
        }
        memset(sheet->cell, 0, sizeof sheet->cell);
        for (uint32_t i = 0; i < count; i++)
            if (cell[i].octets > 0)
                sheet->cell[sheet->place[i]] = cell[i];
        return true;
    }
    return false;
}

bool fz_sheet_item(FzSlice *cell, FzSlice *item_out)
{
    while (cell->octets > 0) {
        const uint8_t *end = memchr(cell->data, ';', cell->octets);
        size_t octets = end == NULL ? cell->octets : (size_t)(end - cell->data);

        *item_out = trim(fz_slice(cell->data, octets));
        octets += end != NULL;
        *cell = fz_slice(cell->data + octets, cell->octets - octets);
        if (item_out->octets > 0)
            return true;
    }
    return false;
}
