/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/list/source_internal.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const char *const format_names[] = {
    [FZ_SOURCE_AUTO] = "auto",   [FZ_SOURCE_OWN] = "own",
    [FZ_SOURCE_PLAIN] = "plain", [FZ_SOURCE_HOSTS] = "hosts",
    [FZ_SOURCE_CSV] = "csv",     [FZ_SOURCE_JSON] = "json",
};
#define FORMATS (sizeof format_names / sizeof format_names[0])

const char *fz_source_format_name(FzSourceFormat format)
{
    return format_names[format];
}

FzStatus fz_source_format_parse(const char *name, FzSourceFormat *format_out)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (strcmp(name, format_names[i]) == 0) {
            *format_out = (FzSourceFormat)i;
            return FZ_OK;
        }
    return FZ_E_SYNTAX;
}

/* --- pieces of text
 * ----------------------------------------------------------- */
bool fz_source_next_line(FzSlice *rest, FzSlice *line_out)
{
    const uint8_t *end;

    if (rest->octets == 0)
        return false;
    end = memchr(rest->data, '\n', rest->octets);
    if (end == NULL) {
        *line_out = *rest;
        *rest = fz_slice(rest->data + rest->octets, 0);
    } else {
        *line_out = fz_slice(rest->data, (size_t)(end - rest->data));
        *rest = fz_slice(end + 1, rest->octets - line_out->octets - 1);
    }
    if (line_out->octets > 0 && line_out->data[line_out->octets - 1] == '\r')
        line_out->octets--;
    return true;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

FzSlice fz_source_trim(FzSlice text)
{
    while (text.octets > 0 && is_blank(text.data[0]))
        text = fz_slice(text.data + 1, text.octets - 1);
    while (text.octets > 0 && is_blank(text.data[text.octets - 1]))
        text.octets--;
    return text;
}

FzSlice fz_source_next_word(FzSlice *rest)
{
    FzSlice word;

    while (rest->octets > 0 && is_blank(rest->data[0]))
        *rest = fz_slice(rest->data + 1, rest->octets - 1);
    word = fz_slice(rest->data, 0);
    while (word.octets < rest->octets && !is_blank(rest->data[word.octets]))
        word.octets++;
    *rest = fz_slice(rest->data + word.octets, rest->octets - word.octets);
    return word.octets == 0 ? fz_slice(NULL, 0) : word;
}

bool fz_source_same_word(FzSlice text, const char *word)
{
    return text.octets == strlen(word) &&
           strncasecmp((const char *)text.data, word, text.octets) == 0;
}

FzListItem fz_source_item(void)
{
    return (FzListItem){.score = FZ_LIST_SCORE_UNSET};
}

bool fz_source_time(FzSlice text, int64_t *wall_ms_out)
{
    char buf[48];
    int64_t wall_ms;
    bool day_only, seconds;

    text = fz_source_trim(text);
    if (text.octets < 10 || text.octets > 35)
        return false;
    memcpy(buf, text.data, text.octets);
    buf[text.octets] = '\0';
    if (strspn(buf, "0123456789-:+.TtZ UC") != text.octets)
        return false; /* no exponents, no words */
    seconds = strspn(buf, "0123456789") == text.octets;
    day_only = text.octets == 10 && !seconds;
    if (day_only) {
        strcpy(buf + 10, "T00:00:00Z");
    } else if (!seconds && buf[10] == ' ') { /* "2026-12-31 10:00:05 UTC" */
        buf[10] = 'T';
        if (text.octets < 19)
            return false;
        if (text.octets == 19 || strcmp(buf + 19, " UTC") == 0)
            strcpy(buf + 19, "Z");
    } else if (!seconds && text.octets == 19) {
        strcpy(buf + 19, "Z");
    }
    if (fz_clock_parse(buf, &wall_ms) != FZ_OK || wall_ms < 0)
        return false;
    *wall_ms_out = day_only ? wall_ms + INT64_C(86400000) - 1 : wall_ms;
    return true;
}

/* --- records
 * ------------------------------------------------------------------- */
static const struct {
    const char *name;
    FzField field;
} names[] = {
    /* the better known first: a record may have several */
    {"url", FZ_FIELD_KEY},
    {"key", FZ_FIELD_KEY},
    {"ioc", FZ_FIELD_KEY},
    {"ioc_value", FZ_FIELD_KEY},
    {"indicator", FZ_FIELD_KEY},
    {"domain", FZ_FIELD_KEY},
    {"host", FZ_FIELD_KEY},
    {"hostname", FZ_FIELD_KEY},
    {"ip", FZ_FIELD_KEY},
    {"ip_address", FZ_FIELD_KEY},
    {"category", FZ_FIELD_CATEGORY},
    {"threat", FZ_FIELD_CATEGORY},
    {"threat_type", FZ_FIELD_CATEGORY},
    {"type", FZ_FIELD_CATEGORY},
    {"tags", FZ_FIELD_TAGS},
    {"target", FZ_FIELD_TAGS},
    {"brand", FZ_FIELD_TAGS},
    {"first_seen", FZ_FIELD_FIRST_SEEN},
    {"firstseen", FZ_FIELD_FIRST_SEEN},
    {"first_seen_utc", FZ_FIELD_FIRST_SEEN},
    {"dateadded", FZ_FIELD_FIRST_SEEN},
    {"date_added", FZ_FIELD_FIRST_SEEN},
    {"submission_time", FZ_FIELD_FIRST_SEEN},
    {"date", FZ_FIELD_FIRST_SEEN},
    {"expiry", FZ_FIELD_EXPIRES},
    {"expires", FZ_FIELD_EXPIRES},
    {"score", FZ_FIELD_SCORE},
    {"action", FZ_FIELD_ACTION},
    {"note", FZ_FIELD_NOTE},
    {"reference", FZ_FIELD_NOTE},
    {"verified", FZ_FIELD_VERIFIED},
    {"online", FZ_FIELD_ONLINE},
};
#define NAMES (sizeof names / sizeof names[0])

unsigned fz_source_field_rank(FzSlice name)
{
    for (unsigned i = 0; i < NAMES; i++)
        if (fz_source_same_word(name, names[i].name))
            return i;
    return NAMES;
}

int fz_source_field(FzSlice name)
{
    unsigned rank = fz_source_field_rank(name);

    return rank == NAMES ? -1 : (int)names[rank].field;
}

static bool says_no(FzSlice value)
{
    return fz_source_same_word(value, "no") ||
           fz_source_same_word(value, "false") || fz_slice_is(value, "0");
}

/* "malware_download" and "Banking Trojan" become names that rules can use. */
static FzSlice as_name(FzSlice text, char *room, size_t room_octets)
{
    size_t octets = 0;

    text = fz_source_trim(text);
    for (size_t i = 0; i < text.octets && octets < room_octets; i++) {
        uint8_t c = text.data[i];

        if (c >= 'A' && c <= 'Z')
            c = (uint8_t)(c + ('a' - 'A'));
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
            c = '-';
        room[octets++] = (char)c;
    }
    return octets == 0 ? fz_slice(NULL, 0) : fz_slice(room, octets);
}

static FzFinding read_action(FzSlice text, FzItemAction *action_out)
{
    if (text.octets == 0)
        return FZ_FOUND_FINE;
    if (fz_source_same_word(text, "allow"))
        *action_out = FZ_ITEM_ALLOW;
    else if (fz_source_same_word(text, "block"))
        *action_out = FZ_ITEM_BLOCK;
    else
        return FZ_FOUND_ACTION;
    return FZ_FOUND_FINE;
}

static FzFinding read_record(const FzSlice *fields, char *room,
                             size_t room_octets, FzListItem *item)
{
    FzFinding found;
    char number[16];
    char *end;

    item->key = fz_source_trim(fields[FZ_FIELD_KEY]);
    item->guess = true;
    if (item->key.octets == 0)
        return FZ_FOUND_FIELDS;
    if (says_no(fields[FZ_FIELD_VERIFIED]) || says_no(fields[FZ_FIELD_ONLINE]))
        return FZ_FOUND_UNVERIFIED;
    found = read_action(fields[FZ_FIELD_ACTION], &item->action);
    if (found != FZ_FOUND_FINE)
        return found;
    item->category = as_name(fields[FZ_FIELD_CATEGORY], room, room_octets);
    item->note = fields[FZ_FIELD_NOTE].octets != 0 ? fields[FZ_FIELD_NOTE]
                                                   : fields[FZ_FIELD_TAGS];
    /* a time that cannot be read only leaves the entry without age */
    if (!fz_source_time(fields[FZ_FIELD_FIRST_SEEN], &item->first_seen_ms))
        item->first_seen_ms = 0;
    if (fields[FZ_FIELD_EXPIRES].octets != 0 &&
        !fz_source_time(fields[FZ_FIELD_EXPIRES], &item->expires_ms))
        return FZ_FOUND_EXPIRY;
    if (fields[FZ_FIELD_SCORE].octets != 0) {
        double score;

        if (fields[FZ_FIELD_SCORE].octets >= sizeof number)
            return FZ_FOUND_SCORE;
        memcpy(number, fields[FZ_FIELD_SCORE].data,
               fields[FZ_FIELD_SCORE].octets);
        number[fields[FZ_FIELD_SCORE].octets] = '\0';
        score = strtod(number, &end);
        if (*end != '\0' || end == number || !(score >= 0 && score <= 100))
            return FZ_FOUND_SCORE;
        item->score = FZ_POINTS(score);
    }
    return FZ_FOUND_FINE;
}

void fz_source_record(const FzSlice fields[FZ_FIELDS_NAMED], uint32_t line,
                      FzSlice sample, const FzSourceSink *sink)
{
    FzListItem item = fz_source_item();
    char category[FZ_LIMIT_NAME_OCTETS];
    FzFinding found = read_record(fields, category, sizeof category, &item);

    if (found != FZ_FOUND_FINE)
        sink->dirt(sink->ctx, line, found, sample);
    else
        sink->item(sink->ctx, line, &item);
}

/* --- which format
 * ---------------------------------------------------------------- */
static bool ends(const char *name, const char *with)
{
    size_t octets = strlen(name), tail = strlen(with);

    return octets >= tail && strcasecmp(name + octets - tail, with) == 0;
}

static bool is_action(FzSlice word)
{
    return fz_slice_is(word, "allow") || fz_slice_is(word, "block") ||
           fz_slice_is(word, "shared");
}

static FzSourceFormat detect_line(FzSlice line)
{
    FzSlice rest = line, first = fz_source_next_word(&rest);
    size_t commas = 0;

    if (first.octets == 0)
        return FZ_SOURCE_AUTO;
    if (first.data[0] == '{' || first.data[0] == '[')
        return FZ_SOURCE_JSON;
    if (is_action(first))
        return FZ_SOURCE_OWN;
    if (rest.octets != 0 &&
        (fz_slice_is(first, "0.0.0.0") || fz_slice_is(first, "127.0.0.1") ||
         fz_slice_is(first, "::1") || fz_slice_is(first, "::")))
        return FZ_SOURCE_HOSTS;
    for (size_t i = 0; i < line.octets; i++)
        commas += line.data[i] == ',';
    if (first.data[0] == '"' || commas >= 3)
        return FZ_SOURCE_CSV;
    return FZ_SOURCE_PLAIN;
}

FzSourceFormat fz_source_detect(FzSlice content, const char *name)
{
    FzSlice rest = content, line;

    if (name != NULL) {
        if (ends(name, ".csv"))
            return FZ_SOURCE_CSV;
        if (ends(name, ".json") || ends(name, ".jsonl"))
            return FZ_SOURCE_JSON;
        if (ends(name, ".hosts"))
            return FZ_SOURCE_HOSTS;
        if (ends(name, ".list"))
            return FZ_SOURCE_OWN;
    }
    for (size_t i = 0; i < 200 && fz_source_next_line(&rest, &line); i++) {
        FzSourceFormat format;

        line = fz_source_trim(line);
        if (line.octets == 0 || line.data[0] == '#' || line.data[0] == ';')
            continue;
        format = detect_line(line);
        if (format != FZ_SOURCE_AUTO)
            return format;
    }
    return FZ_SOURCE_PLAIN;
}

void fz_source_parse(FzSlice content, const char *name, FzSourceFormat format,
                     const FzSourceSink *sink)
{
    size_t mark = fz_utf8_mark(content.data, content.octets);

    content = fz_slice(content.data + mark, content.octets - mark);
    if (content.octets == 0)
        return;
    if (format == FZ_SOURCE_AUTO)
        format = fz_source_detect(content, name);
    switch (format) {
    case FZ_SOURCE_AUTO:
    case FZ_SOURCE_PLAIN:
        fz_source_plain(content, sink);
        break;
    case FZ_SOURCE_OWN:
        fz_source_own(content, sink);
        break;
    case FZ_SOURCE_HOSTS:
        fz_source_hosts(content, sink);
        break;
    case FZ_SOURCE_CSV:
        fz_source_csv(content, sink);
        break;
    case FZ_SOURCE_JSON:
        fz_source_json(content, sink);
        break;
    }
}
