/* SPDX-License-Identifier: BSD-2-Clause
 *
 * source_json.c - objects, however they are strung together
 *
 * Takes one object a line, an array of objects (PhishTank), or an object whose
 * members are arrays of objects (URLhaus). Objects are cut out by their
 * brackets and read one by one, so a feed of any size needs the memory of one
 * record, and one broken object is dirt and no more.
 */
#include "config.h"

#include "engine/list/source_internal.h"

#include <jansson.h>

typedef struct Cursor {
    const uint8_t *p, *end;
} Cursor;

/* A line end is never inside a string (RFC 8259 7): a lost quote costs a line,
 * not the rest of the feed. */
static void skip_string(Cursor *c)
{
    for (c->p++; c->p != c->end && *c->p != '\n'; c->p++) {
        if (*c->p == '\\' && c->p + 1 != c->end && c->p[1] != '\n')
            c->p++;
        else if (*c->p == '"') {
            c->p++;
            return;
        }
    }
}

static void skip_blanks(Cursor *c)
{
    while (c->p != c->end &&
           (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r'))
        c->p++;
}

/* At `{': a container is an object whose first member is an array or object,
 * its records lie inside. */
static bool is_container(Cursor c)
{
    c.p++;
    skip_blanks(&c);
    if (c.p == c.end || *c.p != '"')
        return false;
    skip_string(&c);
    skip_blanks(&c);
    if (c.p == c.end || *c.p != ':')
        return false;
    c.p++;
    skip_blanks(&c);
    return c.p != c.end && (*c.p == '[' || *c.p == '{');
}

/* At `{': to behind its `}'. False when it has no end within the bound; then
 * the cursor stands at the end of its line, where a next one may begin. */
static bool skip_object(Cursor *c)
{
    const uint8_t *begin = c->p;
    size_t depth = 0;
    Cursor at = *c;

    if ((size_t)(at.end - at.p) > FZ_LIMIT_FEED_RECORD_OCTETS)
        at.end = at.p + FZ_LIMIT_FEED_RECORD_OCTETS;
    while (at.p != at.end) {
        uint8_t octet = *at.p;

        if (octet == '"') {
            skip_string(&at);
            continue;
        }
        at.p++;
        if (octet == '{' || octet == '[')
            depth++;
        else if ((octet == '}' || octet == ']') && --depth == 0) {
            c->p = at.p;
            return true;
        }
    }
    while (c->p != c->end && *c->p != '\n')
        c->p++;
    if (c->p == begin)
        c->p++;
    return false;
}

/* --- one object
 * ------------------------------------------------------------------ */
static FzSlice text_of(json_t *value, char *room, size_t room_octets)
{
    size_t octets = 0, index;
    json_t *item;

    if (json_is_string(value))
        return fz_slice(json_string_value(value), json_string_length(value));
    if (json_is_integer(value))
        octets = (size_t)snprintf(room, room_octets, "%lld",
                                  (long long)json_integer_value(value));
    else if (json_is_real(value))
        octets =
            (size_t)snprintf(room, room_octets, "%.2f", json_real_value(value));
    else if (json_is_boolean(value))
        return fz_slice_of(json_is_true(value) ? "true" : "false");
    else if (json_is_array(value)) { /* tags */
        json_array_foreach(value, index, item)
        {
            size_t length = json_string_length(item);

            if (!json_is_string(item) || octets + length + 1 > room_octets)
                continue;
            if (octets != 0)
                room[octets++] = ',';
            memcpy(room + octets, json_string_value(item), length);
            octets += length;
        }
    }
    if (octets >= room_octets)
        octets = room_octets - 1;
    return octets == 0 ? fz_slice(NULL, 0) : fz_slice(room, octets);
}

static void give_object(FzSlice text, uint32_t number, const FzSourceSink *sink)
{
    FzSlice fields[FZ_FIELDS_NAMED];
    unsigned rank[FZ_FIELDS_NAMED];
    char room[FZ_FIELDS_NAMED][256];
    json_error_t error;
    const char *name;
    json_t *object, *value;

    for (size_t i = 0; i < FZ_FIELDS_NAMED; i++) {
        fields[i] = fz_slice(NULL, 0);
        rank[i] = UINT32_MAX;
    }
    object = json_loadb((const char *)text.data, text.octets, 0, &error);
    if (!json_is_object(object)) {
        json_decref(object);
        sink->dirt(sink->ctx, number, FZ_FOUND_JSON, text);
        return;
    }
    json_object_foreach(object, name, value)
    {
        FzSlice called = fz_slice_of(name);
        int field = fz_source_field(called);
        FzSlice found;

        if (field < 0 || fz_source_field_rank(called) >= rank[field])
            continue;
        found = text_of(value, room[field], sizeof room[field]);
        if (found.octets == 0)
            continue;
        fields[field] = found;
        rank[field] = fz_source_field_rank(called);
    }
    fz_source_record(fields, number, text, sink);
    json_decref(object);
}

void fz_source_json(FzSlice content, const FzSourceSink *sink)
{
    Cursor c = {content.data, content.data + content.octets};
    uint32_t number = 0;

    while (c.p != c.end) {
        const uint8_t *begin = c.p;

        if (*c.p == '"') { /* the name of an array, or text astray */
            skip_string(&c);
            continue;
        }
        if (*c.p != '{') {
            c.p++;
            continue;
        }
        if (is_container(c)) {
            c.p++;
            continue;
        }
        number++;
        fz_source_at(sink, (size_t)(c.end - c.p));
        if (skip_object(&c))
            give_object(fz_slice(begin, (size_t)(c.p - begin)), number, sink);
        else
            sink->dirt(sink->ctx, number, FZ_FOUND_JSON,
                       fz_slice(begin, (size_t)(c.p - begin)));
    }
}
