/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_urls.c - fanzhactl urls: which links and contacts stand in a text
 */
#include "config.h"

#include "base/utf8.h"
#include "engine/decode/decode.h"
#include "engine/verdict/links.h"
#include "tools/ctl.h"
#include "tools/each.h"

#include <stdio.h>

typedef struct Room {
    FzText text;
    FzViews views;
    FzUrls urls;
    FzUrlTables *tables;
} Room;

static void look(Room *room, FzSlice utf8)
{
    FzMessage message = {.coding = FZ_CODING_7BIT, .octets = utf8};
    FzStatus status = fz_decode(&message, &room->text);

    if (status == FZ_OK)
        status = fz_views_build(&room->text, FZ_VIEW_BIT(FZ_VIEW_FOLDED),
                                &room->views);
    (void)status; /* what did not fit is not looked at */
    fz_urls_extract(&room->text, &room->views, room->tables, &room->urls);
}

/* Canonical forms are ASCII without control characters: fit for a terminal. */
static void print_text(const Room *room)
{
    const FzUrls *urls = &room->urls;
    FzBuf flags = FZ_BUF_INIT;

    for (uint16_t i = 0; i < urls->url_count; i++) {
        const FzUrl *url = &urls->url[i];

        flags.octets = 0;
        fz_links_flags(url->flags, &flags);
        printf("%u-%u\t%.*s\t%s\n", url->span.cp_from, url->span.cp_to,
               (int)url->canonical.octets, (const char *)url->canonical.data,
               flags.octets == 0 ? "-" : fz_buf_text(&flags));
    }
    for (uint16_t i = 0; i < urls->contact_count; i++) {
        const FzContact *contact = &urls->contact[i];

        printf("%u-%u\t%.*s\t-\n", contact->span.cp_from, contact->span.cp_to,
               (int)contact->key.octets, (const char *)contact->key.data);
    }
    fz_buf_clear(&flags);
}

static void print_object(const Room *room)
{
    json_t *it = json_object();

    json_object_set_new(it, "urls", fz_links_json(&room->urls));
    json_object_set_new(it, "contacts", fz_links_contacts_json(&room->urls));
    fz_ctl_print_json(it);
}

static void answer(void *ctx, FzSlice text)
{
    look(ctx, text);
    print_object(ctx);
}

int fz_ctl_urls(int argc, char **argv)
{
    static const FzEach each = {
        .key = "text",
        .noun = "text",
        .args_doc = "[TEXT]",
        .doc =
            "Show the links and contacts that stand in a text, and what lists "
            "are asked about them. The last labels `example' and `test' count "
            "as real ones.\v"
            "jsonl in:  {\"text\":\"...\"}\n"
            "jsonl out: {\"urls\":[{\"text\":\"...\",\"start\":0,\"end\":9,"
            "\"host\":\"...\",\"canonical\":\"...\",\"flags\":[...],"
            "\"expressions\":[...]}],\"contacts\":[{\"kind\":\"tel\","
            "\"key\":\"tel:+86...\",\"start\":0,\"end\":11}]}\n"
            "text out:  place, canonical form or key, flags, separated by "
            "tabs; links within links too",
    };
    static Room room;
    const char *text = fz_each_parse(&each, argc, argv);
    int exit_status = FZ_CTL_FINE;
    FzCtlSink sink;

    fz_ctl_sink_init(&sink);
    if (fz_url_tables_create(fz_url_config_samples(), &sink.sink,
                             &room.tables) != FZ_OK)
        return FZ_CTL_CONFIG;
    fz_text_init(&room.text);
    fz_views_init(&room.views);
    fz_urls_init(&room.urls);
    if (text == NULL) {
        exit_status = fz_each_line(&each, answer, &room);
    } else if (!fz_utf8_valid((const uint8_t *)text, strlen(text))) {
        fprintf(stderr, "fanzhactl: the text is not UTF-8.\n");
        exit_status = FZ_CTL_USAGE;
    } else {
        look(&room, fz_slice_of(text));
        print_text(&room);
    }
    fz_urls_clear(&room.urls);
    fz_views_clear(&room.views);
    fz_text_clear(&room.text);
    fz_url_tables_destroy(room.tables);
    return exit_status;
}
