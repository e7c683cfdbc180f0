/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/utf8.h"
#include "engine/rules/tsv.h"

static FzStatus check_octets(const FzTsv *tsv)
{
    unsigned line;
    size_t at =
        fz_utf8_find_fault(tsv->content.data, tsv->content.octets, &line);

    if (at == tsv->content.octets)
        return FZ_OK;
    return fz_diag(tsv->sink, FZ_E_SYNTAX, tsv->path, line, NULL,
                   "the octet 0x%02x is no UTF-8 text: save the table as UTF-8",
                   tsv->content.data[at]);
}

FzStatus fz_tsv_open(FzTsv *tsv, const char *path, const FzDiagSink *sink)
{
    FzStatus status;

    *tsv = (FzTsv){.content = FZ_BUF_INIT, .path = path, .sink = sink};
    status =
        fz_buf_read_file(&tsv->content, path, FZ_LIMIT_RULE_FILE_OCTETS, sink);
    if (status == FZ_OK)
        status = check_octets(tsv);
    if (status != FZ_OK) {
        fz_tsv_close(tsv);
        return status;
    }
    tsv->at = fz_utf8_mark(tsv->content.data, tsv->content.octets);
    return FZ_OK;
}

void fz_tsv_close(FzTsv *tsv)
{
    fz_buf_clear(&tsv->content);
}

static void split(FzTsv *tsv, char *row)
{
    char *tab;

    tsv->count = 0;
    do {
        tab = strchr(row, '\t');
        if (tab != NULL)
            *tab = '\0';
        if (tsv->count < FZ_LIMIT_TSV_COLUMNS)
            tsv->cell[tsv->count] = row;
        tsv->count++;
        row = tab == NULL ? NULL : tab + 1;
    } while (row != NULL);
}

bool fz_tsv_next(FzTsv *tsv)
{
    while (tsv->at < tsv->content.octets) {
        char *row = (char *)tsv->content.data + tsv->at;
        size_t octets = strcspn(row, "\n");

        tsv->at += octets + 1;
        tsv->line++;
        row[octets] = '\0';
        if (octets > 0 && row[octets - 1] == '\r')
            row[octets - 1] = '\0';
        if (row[0] == '\0' || row[0] == '#')
            continue;
        split(tsv, row);
        return true;
    }
    return false;
}
