/* SPDX-License-Identifier: BSD-2-Clause
 *
 * source_csv.c - columns by name (RFC 4180; URLhaus, PhishTank)
 *
 * The header line may stand behind `#' (abuse.ch). Without a header the
 * columns are those of URLhaus when there are eight or nine, else the first
 * is the key. A quoted field may hold line ends, within one record's bound.
 */
#include "config.h"

#include "engine/list/source_internal.h"

#include "base/alloc.h"

#define COLUMNS 64

typedef struct Row {
    FzSlice column[COLUMNS]; /* into `room' where quotes were doubled */
    size_t count;
} Row;

typedef struct Reader {
    FzSlice rest;
    uint32_t line;
    uint8_t *room; /* FZ_LIMIT_FEED_RECORD_OCTETS */
} Reader;

typedef enum Step {
    STEP_ROW,
    STEP_BROKEN, /* the record was skipped */
    STEP_END,
} Step;

/* One field; *p behind it afterwards, at its comma, line end or the end. */
static bool read_field(const uint8_t **p, const uint8_t *end, uint8_t **room,
                       FzSlice *field, uint32_t *lines)
{
    const uint8_t *at = *p;

    while (at != end && (*at == ' ' || *at == '\t'))
        at++;
    if (at == end || *at != '"') {
        const uint8_t *begin = at;

        while (at != end && *at != ',' && *at != '\n' && *at != '\r')
            at++;
        *field = fz_source_trim(fz_slice(begin, (size_t)(at - begin)));
        *p = at;
        return true;
    }
    *field = fz_slice(*room, 0);
    for (at++; at != end; at++) {
        if (*at == '"') {
            if (at + 1 == end || at[1] != '"')
                break;
            at++; /* two stand for one */
        }
        *lines += *at == '\n';
        *(*room)++ = *at;
        field->octets++;
    }
    if (at == end)
        return false; /* the quote never ends */
    at++;
    while (at != end && (*at == ' ' || *at == '\t'))
        at++;
    *p = at;
    return at == end || *at == ',' || *at == '\n' || *at == '\r';
}

/* A record that breaks the rules ends with its line. */
static void skip_line(Reader *reader)
{
    FzSlice line;

    fz_source_next_line(&reader->rest, &line);
}

static Step read_row(Reader *reader, Row *row, FzSlice *sample)
{
    const uint8_t *begin = reader->rest.data, *p = begin;
    size_t octets = reader->rest.octets;
    uint8_t *room = reader->room;
    uint32_t lines = 1;
    const uint8_t *end;

    if (octets == 0)
        return STEP_END;
    if (octets > FZ_LIMIT_FEED_RECORD_OCTETS)
        octets = FZ_LIMIT_FEED_RECORD_OCTETS;
    end = begin + octets;
    row->count = 0;
    for (;;) {
        FzSlice field;

        if (!read_field(&p, end, &room, &field, &lines) ||
            (p == end && octets != reader->rest.octets)) {
            FzSlice rest = reader->rest;

            fz_source_next_line(&rest, sample);
            reader->line++;
            skip_line(reader);
            return STEP_BROKEN;
        }
        if (row->count < COLUMNS)
            row->column[row->count++] = field;
        if (p == end || *p != ',')
            break;
        p++;
    }
    *sample = fz_slice(begin, (size_t)(p - begin));
    if (p != end && *p == '\r')
        p++;
    if (p != end && *p == '\n')
        p++;
    reader->rest = fz_slice(p, reader->rest.octets - (size_t)(p - begin));
    reader->line += lines;
    return STEP_ROW;
}

/* --- columns
 * --------------------------------------------------------------------- */
typedef struct Columns {
    int place[FZ_FIELDS_NAMED]; /* -1: not there */
    unsigned rank[FZ_FIELDS_NAMED];
    size_t known;
} Columns;

static void no_columns(Columns *columns)
{
    columns->known = 0;
    for (size_t i = 0; i < FZ_FIELDS_NAMED; i++) {
        columns->place[i] = -1;
        columns->rank[i] = UINT32_MAX;
    }
}

/* Whether the row is a header: it names a key and something else. */
static bool read_header(const Row *row, Columns *columns)
{
    Columns found;

    no_columns(&found);
    for (size_t i = 0; i < row->count; i++) {
        FzSlice name = row->column[i];
        unsigned rank;
        int field;

        if (i == 0 && name.octets > 0 && name.data[0] == '#')
            name = fz_source_trim(fz_slice(name.data + 1, name.octets - 1));
        field = fz_source_field(name);
        rank = fz_source_field_rank(name);
        if (field < 0 || rank >= found.rank[field])
            continue;
        found.known += found.place[field] < 0;
        found.place[field] = (int)i;
        found.rank[field] = rank;
    }
    if (found.place[FZ_FIELD_KEY] < 0 || (found.known < 2 && row->count > 1))
        return false;
    *columns = found;
    return true;
}

/* id, dateadded, url, url_status, last_online, threat, tags, link, reporter */
static void guess_columns(const Row *row, Columns *columns)
{
    no_columns(columns);
    if (row->count == 8 || row->count == 9) {
        columns->place[FZ_FIELD_FIRST_SEEN] = 1;
        columns->place[FZ_FIELD_KEY] = 2;
        columns->place[FZ_FIELD_CATEGORY] = row->count == 9 ? 5 : 4;
        columns->place[FZ_FIELD_TAGS] = row->count == 9 ? 6 : 5;
    } else {
        columns->place[FZ_FIELD_KEY] = 0;
    }
    columns->known = 1;
}

static void give_row(const Row *row, const Columns *columns, uint32_t line,
                     FzSlice sample, const FzSourceSink *sink)
{
    FzSlice fields[FZ_FIELDS_NAMED];

    for (size_t i = 0; i < FZ_FIELDS_NAMED; i++) {
        int place = columns->place[i];

        fields[i] = place >= 0 && (size_t)place < row->count
                        ? row->column[place]
                        : fz_slice(NULL, 0);
    }
    fz_source_record(fields, line, sample, sink);
}

void fz_source_csv(FzSlice content, const FzSourceSink *sink)
{
    Reader reader = {content, 0, fz_malloc(FZ_LIMIT_FEED_RECORD_OCTETS)};
    Columns columns;
    FzSlice sample;
    Step step;
    Row row;

    no_columns(&columns);
    for (;;) {
        uint32_t line = reader.line + 1;
        bool comment;

        while (reader.rest.octets > 0 &&
               (reader.rest.data[0] == '\n' || reader.rest.data[0] == '\r')) {
            line = reader.line += reader.rest.data[0] == '\n';
            line++;
            reader.rest =
                fz_slice(reader.rest.data + 1, reader.rest.octets - 1);
        }
        comment = reader.rest.octets > 0 && reader.rest.data[0] == '#';
        if (comment) { /* its quotes mean nothing: read it alone */
            Reader alone = reader;
            FzSlice rest = reader.rest, text;

            fz_source_next_line(&rest, &text);
            alone.rest = text;
            if (columns.known == 0 &&
                read_row(&alone, &row, &sample) == STEP_ROW && row.count > 1)
                read_header(&row, &columns);
            reader.rest = rest;
            reader.line++;
            continue;
        }
        fz_source_at(sink, reader.rest.octets);
        step = read_row(&reader, &row, &sample);
        if (step == STEP_END)
            break;
        if (step == STEP_BROKEN) {
            sink->dirt(sink->ctx, line, FZ_FOUND_CSV, sample);
            continue;
        }
        if (columns.known == 0) {
            if (read_header(&row, &columns))
                continue;
            guess_columns(&row, &columns);
        }
        give_row(&row, &columns, line, sample, sink);
    }
    fz_free(reader.room);
}
