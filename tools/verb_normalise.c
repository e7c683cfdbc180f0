/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_normalise.c - fanzhactl normalise: what rules see of a text
 */
#include "config.h"

#include "base/utf8.h"
#include "engine/decode/decode.h"
#include "engine/text/text.h"
#include "engine/verdict/record.h"
#include "tools/ctl.h"
#include "tools/each.h"

#include <stddef.h>
#include <stdio.h>

static const struct {
    const char *name;
    size_t offset;
} features[] = {
#define FEATURE(member)                                                        \
    {                                                                          \
#member, offsetof(FzFeatures, member)                                  \
    }
    FEATURE(ignorable),    FEATURE(bidi),       FEATURE(tag),
    FEATURE(combining),    FEATURE(confusable), FEATURE(enclosed),
    FEATURE(math),         FEATURE(fullwidth),  FEATURE(traditional),
    FEATURE(han),          FEATURE(latin),      FEATURE(cyrillic),
    FEATURE(greek),        FEATURE(digits),     FEATURE(digits_other),
    FEATURE(emoji),        FEATURE(leet),       FEATURE(split),
    FEATURE(mixed_script),
#undef FEATURE
};

static unsigned feature(const FzViews *views, size_t i)
{
    uint16_t value;

    memcpy(&value, (const char *)&views->features + features[i].offset,
           sizeof value);
    return value;
}

typedef struct Room {
    FzText text;
    FzViews views;
} Room;

static void look(Room *room, FzSlice utf8)
{
    FzMessage message = {.coding = FZ_CODING_7BIT, .octets = utf8};
    FzStatus status = fz_decode(&message, &room->text);

    if (status == FZ_OK)
        status = fz_views_build(&room->text, FZ_VIEWS_ALL, &room->views);
    (void)status; /* a view that is cut says so itself */
}

static bool has_view(const Room *room, int kind)
{
    return kind == FZ_VIEW_RAW || (room->views.built & FZ_VIEW_BIT(kind)) != 0;
}

static FzSlice view_slice(const Room *room, int kind)
{
    if (kind == FZ_VIEW_RAW)
        return fz_slice(room->text.raw, room->text.octets);
    return fz_slice(room->views.view[kind].octets,
                    room->views.view[kind].length);
}

static void print_text(const Room *room)
{
    for (int i = 0; i < FZ_VIEWS; i++) {
        FzSlice view = view_slice(room, i);

        if (has_view(room, i))
            printf("%-9s %.*s\n", fz_view_name((FzViewKind)i), (int)view.octets,
                   (const char *)view.data);
    }
    printf("features ");
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++)
        if (feature(&room->views, i) > 0)
            printf(" %s=%u", features[i].name, feature(&room->views, i));
    putchar('\n');
}

static void print_object(const Room *room)
{
    json_t *it = json_object(), *maps = json_object(), *counts = json_object();

    for (int i = 0; i < FZ_VIEWS; i++) {
        const FzView *view = &room->views.view[i];
        json_t *map;

        if (!has_view(room, i))
            continue;
        json_object_set_new(it, fz_view_name((FzViewKind)i),
                            fz_record_text(view_slice(room, i)));
        if (i == FZ_VIEW_RAW)
            continue;
        map = json_array();
        for (uint32_t j = 0; j < view->length; j++)
            json_array_append_new(map, json_integer(view->map[j]));
        json_object_set_new(maps, fz_view_name((FzViewKind)i), map);
    }
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++)
        json_object_set_new(counts, features[i].name,
                            json_integer(feature(&room->views, i)));
    json_object_set_new(it, "map", maps);
    json_object_set_new(it, "features", counts);
    fz_ctl_print_json(it);
}

static void answer(void *ctx, FzSlice text)
{
    look(ctx, text);
    print_object(ctx);
}

int fz_ctl_normalise(int argc, char **argv)
{
    static const FzEach each = {
        .key = "text",
        .noun = "text",
        .args_doc = "[TEXT]",
        .doc =
            "Show the views of a text that rules are matched in, and what "
            "was noticed while they were made.\v"
            "jsonl in:  {\"text\":\"...\"}\n"
            "jsonl out: {\"raw\":\"...\",\"folded\":\"...\",...,\"map\":"
            "{\"folded\":[0,1,...]},\"features\":{...}}; map: the code point "
            "of the text that each octet of the view came from",
    };
    const char *text = fz_each_parse(&each, argc, argv);
    int exit_status = FZ_CTL_FINE;
    Room room;

    fz_text_init(&room.text);
    fz_views_init(&room.views);
    if (text == NULL) {
        exit_status = fz_each_line(&each, answer, &room);
    } else if (!fz_utf8_valid((const uint8_t *)text, strlen(text))) {
        fprintf(stderr, "fanzhactl: the text is not UTF-8.\n");
        exit_status = FZ_CTL_USAGE;
    } else {
        look(&room, fz_slice_of(text));
        print_text(&room);
    }
    fz_views_clear(&room.views);
    fz_text_clear(&room.text);
    return exit_status;
}
