/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "engine/text/plain.h"

#define DIGITS_WORTH 5 /* shorter numbers are no contact */

/* What fz_views_begin makes at least. */
#define LEAN_VIEWS                                                             \
    (FZ_VIEW_BIT(FZ_VIEW_RAW) | FZ_VIEW_BIT(FZ_VIEW_FOLDED) |                  \
     FZ_VIEW_BIT(FZ_VIEW_SKELETON))

/* The room behind the views. */
typedef struct Room {
    FzViewRoom views;
    uint8_t octets[FZ_VIEWS - 1][FZ_LIMIT_VIEW_OCTETS];
    uint16_t map[FZ_VIEWS - 1][FZ_LIMIT_VIEW_OCTETS];
} Room;

void fz_views_init(FzViews *views)
{
    Room *room = fz_malloc(sizeof *room);

    memset(views, 0, sizeof *views);
    views->room = room;
    room->views.limit = FZ_LIMIT_VIEW_OCTETS - FZ_VIEW_SLACK_OCTETS;
    for (int i = FZ_VIEW_FOLDED; i < FZ_VIEWS; i++) {
        room->views.octets[i] = room->octets[i - 1];
        room->views.map[i] = room->map[i - 1];
        views->view[i].octets = room->octets[i - 1];
        views->view[i].map = room->map[i - 1];
    }
}

void fz_views_clear(FzViews *views)
{
    fz_free(views->room);
    memset(views, 0, sizeof *views);
}

/* The views are those of `text`, and as much of them is made. */
static FzStatus settle(const FzText *text, FzViews *views, bool lean)
{
    views->view[FZ_VIEW_RAW].octets = text->raw;
    views->view[FZ_VIEW_RAW].length = text->octets;
    views->built = lean ? LEAN_VIEWS : FZ_VIEWS_ALL;
    views->lean = lean;
    return views->view[FZ_VIEW_FOLDED].cut ? FZ_E_LIMIT : FZ_OK;
}

/* All four are made whatever is wanted: features need most of the work, and
 * one of them less saves a tenth of it. */
static FzStatus build(const FzText *text, FzViews *views)
{
    const Room *room = views->room;

    fz_pass(text->raw, text->octets, &room->views, FZ_PACE_RUNS, views);
    return settle(text, views, false);
}

FzStatus fz_views_build(const FzText *text, uint32_t wanted, FzViews *views)
{
    const Room *room = views->room;

    (void)wanted;
    if (fz_plain(text->raw, text->octets, &room->views, views))
        return settle(text, views, false);
    return build(text, views);
}

FzStatus fz_views_begin(const FzText *text, uint32_t wanted, FzViews *views)
{
    const Room *room = views->room;

    if (fz_plain(text->raw, text->octets, &room->views, views))
        return settle(text, views, false);
    if (!fz_pass_lean(text->raw, text->octets, &room->views, views) ||
        (fz_views_worth(&views->features) & wanted & ~LEAN_VIEWS) != 0)
        return build(text, views);
    return settle(text, views, true);
}

void fz_views_complete(const FzText *text, FzViews *views)
{
    /* what was not cut is not cut now */
    if (views->lean && build(text, views) != FZ_OK)
        views->view[FZ_VIEW_FOLDED].cut = true;
}

uint32_t fz_views_worth(const FzFeatures *features)
{
    uint32_t worth = FZ_VIEW_BIT(FZ_VIEW_FOLDED);

    if (features->confusable > 0 || features->leet > 0 || features->picture > 0)
        worth |= FZ_VIEW_BIT(FZ_VIEW_SKELETON);
    if (features->split > 0)
        worth |= FZ_VIEW_BIT(FZ_VIEW_DESPACED);
    if (features->digits >= DIGITS_WORTH)
        worth |= FZ_VIEW_BIT(FZ_VIEW_DIGITS);
    return worth;
}

/* --- words -----------------------------------------------------------------
 */
/* Does anything of a word stand in a view of it? */
static bool is_something(FzViewKind kind, const FzView *view)
{
    for (uint32_t i = 0; i < view->length; i++)
        if (kind != FZ_VIEW_DIGITS || view->octets[i] != '|')
            return true;
    return false;
}

FzStatus fz_fold_word(FzViewKind kind, FzSlice word, FzBuf *out)
{
    /* one code point folds to 63 octets at most; tokens to nine readings */
    size_t each = 64 * word.octets + 2 * FZ_VIEW_SLACK_OCTETS;
    FzViewRoom room = {.limit = (uint32_t)(each - FZ_VIEW_SLACK_OCTETS)};
    FzStatus status = FZ_E_RULE;
    FzViews views;
    uint8_t *octets;
    uint16_t *map;

    if (word.octets > FZ_LIMIT_WORD_OCTETS ||
        !fz_utf8_valid(word.data, word.octets))
        return FZ_E_RULE;
    if (kind == FZ_VIEW_RAW) {
        fz_buf_append_slice(out, word);
        return word.octets == 0 ? FZ_E_RULE : FZ_OK;
    }
    octets = fz_malloc(FZ_VIEWS * each);
    map = fz_malloc(FZ_VIEWS * each * sizeof *map);
    for (int i = FZ_VIEW_FOLDED; i < FZ_VIEWS; i++) {
        room.octets[i] = octets + (size_t)i * each;
        room.map[i] = map + (size_t)i * each;
    }
    /* the pass reads beyond a word's end, as beyond a text's */
    for (size_t i = 0; i < word.octets; i++) {
        uint8_t octet = word.data[i];

        /* in a word as its author writes it a capital I is no disguised l */
        octets[i] = octet >= 'A' && octet <= 'Z' ? octet | 0x20 : octet;
    }
    memset(octets + word.octets, 0, FZ_VIEW_READABLE_OCTETS);
    fz_pass(octets, (uint32_t)word.octets, &room, FZ_PACE_RUNS, &views);
    if (is_something(kind, &views.view[kind])) {
        fz_buf_append(out, views.view[kind].octets, views.view[kind].length);
        status = FZ_OK;
    }
    fz_free(octets);
    fz_free(map);
    return status;
}
