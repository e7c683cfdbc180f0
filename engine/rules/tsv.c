/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/utf8.h"
#include "engine/rules/tsv.h"

static const uint8_t byte_order_mark[3] = {0xEF, 0xBB, 0xBF};

static FzStatus check_octets(const FzTsv *tsv)
{
    uint32_t line = 1, cp;

    for (size_t at = 0; at < tsv->content.octets;) {
        size_t used = fz_utf8_decode(tsv->content.data + at,
                                     tsv->content.octets - at, &cp);

        if (used == 0 || cp == 0)
            return fz_diag(tsv->sink, FZ_E_SYNTAX, tsv->path, line, NULL,
                           "the octet 0x%02x is no UTF-8 text: save the table "
                           "as UTF-8",
                           tsv->content.data[at]);
        line += cp == '\n';
        at += used;
    }
    return FZ_OK;
}

FzStatus fz_tsv_open(FzTsv *tsv, const char *path, const FzDiagSink *sink)
{
    FzStatus status;

    *tsv = (FzTsv){.content = FZ_BUF_INIT, .path = path, .sink = sink};
    status = fz_buf_read_file(&tsv->content, path, FZ_LIMIT_TSV_OCTETS, sink);
    if (status == FZ_OK)
        status = check_octets(tsv);
    if (status != FZ_OK) {
        fz_tsv_close(tsv);
        return status;
    }
    /* spreadsheets put a byte order mark in front */
    if (tsv->content.octets >= sizeof byte_order_mark &&
        memcmp(tsv->content.data, byte_order_mark, sizeof byte_order_mark) == 0)
        tsv->at = sizeof byte_order_mark;
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
