/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tools/csv.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <string.h>

/* What parts the cells of the first line most often, outside of quotes. */
static char find_separator(const char *text)
{
    static const char candidates[] = {'\t', ',', ';'};
    unsigned seen[sizeof candidates] = {0}, best = 1;
    bool quoted = false;

    for (; *text != '\0' && (quoted || *text != '\n'); text++) {
        quoted ^= *text == '"';
        for (unsigned i = 0; i < sizeof candidates; i++)
            seen[i] += !quoted && *text == candidates[i];
    }
    for (unsigned i = 0; i < sizeof candidates; i++)
        if (seen[i] > seen[best])
            best = i;
    return candidates[best];
}

FzStatus fz_csv_open(FzCsv *sheet, const char *path, const FzDiagSink *sink)
{
    FzStatus status;

    memset(sheet, 0, sizeof *sheet);
    sheet->path = path;
    sheet->next_line = 1;
    status =
        fz_buf_read_file(&sheet->content, path, FZ_LIMIT_SHEET_OCTETS, sink);
    if (status == FZ_OK &&
        !fz_utf8_valid(sheet->content.data, sheet->content.octets))
        status = fz_diag(sink, FZ_E_SYNTAX, path, 0, NULL,
                         "the sheet is not UTF-8: save it as `CSV UTF-8'");
    if (status != FZ_OK) {
        fz_csv_close(sheet);
        return status;
    }
    sheet->at = fz_utf8_mark(sheet->content.data, sheet->content.octets);
    sheet->separator = find_separator(fz_buf_text(&sheet->content) + sheet->at);
    return FZ_OK;
}

void fz_csv_close(FzCsv *sheet)
{
    fz_buf_clear(&sheet->content);
    fz_buf_clear(&sheet->room);
}

/* One cell into the room, with its NUL; returns where it begins there. */
static size_t read_cell(FzCsv *sheet)
{
    const char *text = fz_buf_text(&sheet->content);
    size_t begin = sheet->room.octets;
    bool quoted = false;

    uint32_t line = sheet->next_line;

    while (text[sheet->at] == ' ')
        sheet->at++;
    if (text[sheet->at] == '"') {
        quoted = true;
        sheet->at++;
    }
    for (;; sheet->at++) {
        char c = text[sheet->at];

        if (c == '\0' || (!quoted && (c == '\n' || c == sheet->separator)))
            break;
        if (quoted && c == '"') {
            if (text[sheet->at + 1] != '"') {
                quoted = false;
                continue;
            }
            sheet->at++;
        }
        sheet->next_line += c == '\n';
        if (c != '\r')
            fz_buf_append_octet(&sheet->room,
                                (uint8_t)(c == '\n' || c == '\t' ? ' ' : c));
    }
    if (quoted)
        sheet->open_line = line;
    while (sheet->room.octets > begin &&
           sheet->room.data[sheet->room.octets - 1] == ' ')
        sheet->room.octets--;
    fz_buf_append_octet(&sheet->room, '\0');
    return begin;
}

bool fz_csv_next(FzCsv *sheet)
{
    const char *text = fz_buf_text(&sheet->content);
    size_t begin[FZ_CSV_COLUMNS];

    if (sheet->at >= sheet->content.octets)
        return false;
    sheet->line = sheet->next_line;
    sheet->room.octets = 0;
    sheet->count = 0;
    for (;;) {
        size_t cell = read_cell(sheet);

        if (sheet->count < FZ_CSV_COLUMNS)
            begin[sheet->count++] = cell;
        if (text[sheet->at] != sheet->separator)
            break;
        sheet->at++;
    }
    sheet->at++; /* the line's end, or that of the file */
    sheet->next_line++;
    for (uint32_t i = 0; i < sheet->count; i++)
        sheet->cell[i] = (const char *)sheet->room.data + begin[i];
    return true;
}
