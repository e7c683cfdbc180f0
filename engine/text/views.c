/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "engine/text/fold.h"
#include "engine/text/text.h"

#define SLACK_OCTETS 64 /* readable behind a view: vector loads */

/* The room behind the views: octets and map of each that is not RAW. */
typedef struct Room {
    uint8_t octets[FZ_VIEWS - 1][FZ_LIMIT_VIEW_OCTETS + SLACK_OCTETS];
    uint16_t map[FZ_VIEWS - 1][FZ_LIMIT_VIEW_OCTETS];
} Room;

void fz_views_init(FzViews *views)
{
    Room *room = fz_malloc(sizeof *room);

    memset(views, 0, sizeof *views);
    views->room = room;
    for (int i = 1; i < FZ_VIEWS; i++) {
        views->view[i].octets = room->octets[i - 1];
        views->view[i].map = room->map[i - 1];
    }
}

void fz_views_clear(FzViews *views)
{
    fz_free(views->room);
    memset(views, 0, sizeof *views);
}

static bool put(FzView *view, uint32_t cp, uint16_t from)
{
    uint8_t octets[FZ_UTF8_MAX_OCTETS];
    size_t n = fz_utf8_encode(cp, octets);

    if (view->length + n > FZ_LIMIT_VIEW_OCTETS) {
        view->cut = true;
        return false;
    }
    memcpy(view->octets + view->length, octets, n);
    for (size_t i = 0; i < n; i++)
        view->map[view->length + i] = from;
    view->length += (uint32_t)n;
    return true;
}

/* White space runs become one space, and none at either end. */
static void build_folded(const uint8_t *raw, uint32_t octets, FzView *view)
{
    uint32_t at = 0, cp, space_at = 0;
    bool space = false;

    for (uint32_t i = 0; at < octets; i++) {
        at += (uint32_t)fz_utf8_decode(raw + at, octets - at, &cp);
        if (fz_fold_is_ignorable(cp))
            continue;
        if (fz_fold_is_space(cp)) {
            if (!space)
                space_at = i;
            space = true;
            continue;
        }
        if (space && view->length > 0 && !put(view, ' ', (uint16_t)space_at))
            return;
        space = false;
        if (!put(view, fz_fold_char(cp), (uint16_t)i))
            return;
    }
}

FzStatus fz_views_build(const FzText *text, uint32_t wanted, FzViews *views)
{
    FzStatus status = FZ_OK;

    views->built = FZ_VIEW_BIT(FZ_VIEW_RAW);
    memset(&views->features, 0, sizeof views->features);
    views->view[FZ_VIEW_RAW].octets = text->raw;
    views->view[FZ_VIEW_RAW].length = text->octets;
    if (wanted & FZ_VIEW_BIT(FZ_VIEW_FOLDED)) {
        FzView *folded = &views->view[FZ_VIEW_FOLDED];

        folded->length = 0;
        folded->cut = false;
        build_folded(text->raw, text->octets, folded);
        memset(folded->octets + folded->length, 0, SLACK_OCTETS);
        views->built |= FZ_VIEW_BIT(FZ_VIEW_FOLDED);
        if (folded->cut)
            status = FZ_E_LIMIT;
    }
    return status;
}

FzStatus fz_fold_word(FzViewKind kind, FzSlice word, FzBuf *out)
{
    uint8_t room[FZ_LIMIT_WORD_OCTETS];
    uint16_t map[FZ_LIMIT_WORD_OCTETS];
    FzView view = {.octets = room, .map = map};

    if (word.octets > FZ_LIMIT_WORD_OCTETS / 2 ||
        !fz_utf8_valid(word.data, word.octets))
        return FZ_E_RULE;
    if (kind == FZ_VIEW_RAW) {
        fz_buf_append_slice(out, word);
        return word.octets == 0 ? FZ_E_RULE : FZ_OK;
    }
    build_folded(word.data, (uint32_t)word.octets, &view);
    if (view.length == 0)
        return FZ_E_RULE;
    fz_buf_append(out, view.octets, view.length);
    return FZ_OK;
}
