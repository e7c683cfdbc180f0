/* SPDX-License-Identifier: BSD-2-Clause
 *
 * source_plain.c - one link, host or address a line; and hosts files
 */
#include "config.h"

#include "engine/list/source_internal.h"

/* A comment begins the line, or stands behind a blank: in the middle of a link
 * # is its fragment. */
static FzSlice without_comment(FzSlice line)
{
    if (line.octets > 0 &&
        (line.data[0] == '#' || line.data[0] == ';' || line.data[0] == '!'))
        return fz_slice(line.data, 0);
    if (line.octets > 1 && line.data[0] == '/' && line.data[1] == '/')
        return fz_slice(line.data, 0);
    for (size_t i = 1; i < line.octets; i++)
        if (line.data[i] == '#' &&
            (line.data[i - 1] == ' ' || line.data[i - 1] == '\t')) {
            line.octets = i;
            break;
        }
    return fz_source_trim(line);
}

static void give(const FzSourceSink *sink, uint32_t number, FzSlice text)
{
    FzListItem item = fz_source_item();

    item.key = text;
    item.guess = true;
    if (text.octets > FZ_LIMIT_KEY_OCTETS)
        sink->dirt(sink->ctx, number, FZ_FOUND_LONG, text);
    else
        sink->item(sink->ctx, number, &item);
}

void fz_source_plain(FzSlice content, const FzSourceSink *sink)
{
    uint32_t number = 0;
    FzSlice line;

    while (fz_source_next_line(&content, &line)) {
        number++;
        fz_source_at(sink, content.octets);
        line = without_comment(fz_source_trim(line));
        if (line.octets != 0)
            give(sink, number, line);
    }
}

static bool is_local_name(FzSlice name)
{
    static const char *const local[] = {
        "localhost",      "localhost.localdomain", "local",
        "broadcasthost",  "ip6-localhost",         "ip6-loopback",
        "ip6-localnet",   "ip6-mcastprefix",       "ip6-allnodes",
        "ip6-allrouters", "ip6-allhosts",          "0.0.0.0",
    };

    for (size_t i = 0; i < sizeof local / sizeof local[0]; i++)
        if (fz_source_same_word(name, local[i]))
            return true;
    return false;
}

void fz_source_hosts(FzSlice content, const FzSourceSink *sink)
{
    uint32_t number = 0;
    FzSlice line, name;

    while (fz_source_next_line(&content, &line)) {
        FzSlice rest;
        size_t names = 0;

        number++;
        fz_source_at(sink, content.octets);
        rest = without_comment(fz_source_trim(line));
        if (rest.octets == 0)
            continue;
        fz_source_next_word(&rest); /* where the names are sent: any sink */
        while ((name = fz_source_next_word(&rest)).octets != 0) {
            names++;
            if (!is_local_name(name))
                give(sink, number, name);
        }
        if (names == 0)
            sink->dirt(sink->ctx, number, FZ_FOUND_FIELDS, line);
    }
}
