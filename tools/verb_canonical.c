/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_canonical.c - fanzhactl canonical: the one way to write a URL
 */
#include "config.h"

#include "engine/url/canonical.h"
#include "engine/verdict/links.h"
#include "engine/verdict/record.h"
#include "tools/ctl.h"
#include "tools/each.h"

#include <stdio.h>

typedef struct Room {
    uint8_t octets[FZ_CANONICAL_ROOM];
    FzCanonical canonical;
    FzSlice expression[FZ_LIMIT_URL_EXPRESSIONS];
    size_t count;
} Room;

/* What is wrong with it, or NULL. */
static const char *look(Room *room, FzSlice url)
{
    switch (fz_canonical_url(url, room->octets, &room->canonical, NULL)) {
    case FZ_OK:
        room->count =
            fz_canonical_expressions(&room->canonical, room->expression);
        return NULL;
    case FZ_E_LIMIT:
        return "the URL is longer than 2048 octets";
    default:
        return "no host can be found in it, or its port or address is none";
    }
}

static json_t *text_or_null(FzSlice text)
{
    return text.data == NULL ? json_null() : fz_record_text(text);
}

static void print_object(const Room *room)
{
    const FzCanonical *canonical = &room->canonical;
    json_t *it = json_object();

    json_object_set_new(it, "canonical", fz_record_text(canonical->url));
    json_object_set_new(it, "host", fz_record_text(canonical->host));
    json_object_set_new(it, "path", fz_record_text(canonical->path));
    json_object_set_new(it, "query", text_or_null(canonical->query));
    json_object_set_new(it, "expressions",
                        fz_links_slices_json(room->expression, room->count));
    fz_ctl_print_json(it);
}

static void print_text(const Room *room)
{
    printf("%-10s %.*s\n", "canonical", (int)room->canonical.url.octets,
           (const char *)room->canonical.url.data);
    for (size_t i = 0; i < room->count; i++)
        printf("%-10s %.*s\n", i == 0 ? "lists" : "",
               (int)room->expression[i].octets,
               (const char *)room->expression[i].data);
}

/* That there is no such form is an answer too. */
static void answer(void *ctx, FzSlice url)
{
    const char *fault = look(ctx, url);

    if (fault == NULL)
        print_object(ctx);
    else
        fz_ctl_print_json(json_pack("{s:s}", "error", fault));
}

int fz_ctl_canonical(int argc, char **argv)
{
    static const FzEach each = {
        .key = "url",
        .noun = "URL",
        .args_doc = "[URL]",
        .doc =
            "Write a URL in its canonical form, and show the expressions that "
            "lists are asked about it.\v"
            "jsonl in:  {\"url\":\"...\"}\n"
            "jsonl out: {\"canonical\":\"...\",\"host\":\"...\","
            "\"path\":\"...\",\"query\":\"...\",\"expressions\":[...]}; the "
            "query is null when there is none; {\"error\":\"...\"} when the "
            "URL has no canonical form, which in text is exit status 1",
    };
    static Room room;
    const char *url = fz_each_parse(&each, argc, argv), *fault;

    if (url == NULL)
        return fz_each_line(&each, answer, &room);
    fault = look(&room, fz_slice_of(url));
    if (fault != NULL) {
        fprintf(stderr, "fanzhactl: %s.\n", fault);
        return FZ_CTL_FINDINGS;
    }
    print_text(&room);
    return FZ_CTL_FINE;
}
