/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_views.c - the views of any text, and the way back from each octet
 */
#include "config.h"

#include "base/cpu.h"
#include "base/utf8.h"
#include "engine/decode/decode.h"
#include "engine/text/pass.h"
#include "engine/text/text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static FzText text;
static FzViews views, again, slow, begun;

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static bool is_start(const FzView *view, uint32_t at)
{
    return at == view->length || (view->octets[at] & 0xC0) != 0x80;
}

/* Valid, and every octet came from a code point, in order (the skeleton has
 * readings of a token more than once: it steps back there, at a space). */
static void check_view(FzViewKind kind, const FzView *view)
{
    demand(fz_utf8_valid(view->octets, view->length));
    demand(view->length <= FZ_LIMIT_VIEW_OCTETS);
    for (uint32_t i = 0; i < view->length; i++) {
        demand(view->map[i] < text.chars);
        demand(i == 0 || view->map[i] >= view->map[i - 1] ||
               (kind == FZ_VIEW_SKELETON && view->octets[i] == ' '));
    }
}

/* Any stretch of a view has a stretch of the text. */
static void check_spans(const FzView *view)
{
    uint32_t step = view->length / 16 + 1;

    for (uint32_t from = 0; from < view->length; from += step) {
        if (!is_start(view, from))
            continue;
        for (uint32_t to = from + 1; to <= view->length; to += step) {
            FzSpan span = fz_view_span(&text, view, from, to);

            if (view->map[to - 1] < view->map[from])
                continue; /* over the border of two readings */
            demand(span.cp_from < span.cp_to);
            demand(span.cp_to <= text.chars);
            demand(span.cp_from == view->map[from]);
            demand(span.cp_to > view->map[to - 1]);
        }
    }
}

/* Folding what a stretch of the folded view came from gives that stretch,
 * where it begins and ends with whole code points and no dot or space. */
static void check_round_trip(void)
{
    const FzView *folded = &views.view[FZ_VIEW_FOLDED];
    uint32_t from = 0;

    for (uint32_t to = 1; to <= folded->length; to++) {
        FzBuf word = FZ_BUF_INIT;
        FzSpan span;
        FzSlice raw;

        if (to < folded->length && folded->octets[to] != ' ')
            continue;
        span = fz_view_span(&text, folded, from, to);
        raw = fz_text_slice(&text, span);
        if (from < to && (folded->octets[from] & 0x80) == 0 &&
            (folded->octets[to - 1] & 0x80) == 0 &&
            folded->octets[from] != '.' && folded->octets[to - 1] != '.' &&
            (from == 0 || folded->map[from - 1] != folded->map[from]) &&
            (to == folded->length || folded->map[to - 1] != folded->map[to]) &&
            raw.octets <= FZ_LIMIT_WORD_OCTETS) {
            demand(fz_fold_word(FZ_VIEW_FOLDED, raw, &word) == FZ_OK);
            demand(fz_slice_equal(fz_buf_slice(&word),
                                  fz_slice(folded->octets + from, to - from)));
        }
        fz_buf_clear(&word);
        from = to + 1;
    }
}

static void check_folded_is_a_fixed_point(void)
{
    const FzView *folded = &views.view[FZ_VIEW_FOLDED];
    static FzText once;
    FzMessage message = {.coding = FZ_CODING_7BIT,
                         .octets = fz_slice(folded->octets, folded->length)};

    if (once.raw == NULL)
        fz_text_init(&once);
    if (fz_utf8_chars(folded->octets, folded->length) > FZ_LIMIT_TEXT_CHARS)
        return;
    demand(fz_decode(&message, &once) == FZ_OK);
    demand(fz_views_build(&once, FZ_VIEW_BIT(FZ_VIEW_FOLDED), &again) == FZ_OK);
    demand(fz_slice_equal(fz_slice(again.view[FZ_VIEW_FOLDED].octets,
                                   again.view[FZ_VIEW_FOLDED].length),
                          message.octets));
}

/* Runs make what one by one makes. */
static void check_runs(void)
{
    static uint8_t octets[FZ_VIEWS][FZ_LIMIT_VIEW_OCTETS];
    static uint16_t map[FZ_VIEWS][FZ_LIMIT_VIEW_OCTETS];
    FzViewRoom room = {.limit = FZ_LIMIT_VIEW_OCTETS - FZ_VIEW_SLACK_OCTETS};

    for (int i = FZ_VIEW_FOLDED; i < FZ_VIEWS; i++) {
        room.octets[i] = octets[i];
        room.map[i] = map[i];
    }
    fz_pass(text.raw, text.octets, &room, FZ_PACE_ONE_BY_ONE, &slow);
    for (int i = FZ_VIEW_FOLDED; i < FZ_VIEWS; i++) {
        const FzView *one = &slow.view[i], *run = &views.view[i];

        demand(fz_slice_equal(fz_slice(one->octets, one->length),
                              fz_slice(run->octets, run->length)));
        demand(memcmp(one->map, run->map, run->length * sizeof *run->map) == 0);
    }
    demand(memcmp(&slow.features, &views.features, sizeof slow.features) == 0);
}

/* What is made first, and what is made of it later, is what is made at once. */
static void check_begun(void)
{
    const FzView *folded = &begun.view[FZ_VIEW_FOLDED];

    demand(fz_views_begin(&text, FZ_VIEWS_ALL, &begun) == FZ_OK);
    demand(fz_slice_equal(fz_slice(folded->octets, folded->length),
                          fz_slice(views.view[FZ_VIEW_FOLDED].octets,
                                   views.view[FZ_VIEW_FOLDED].length)));
    demand(memcmp(&begun.features, &views.features, sizeof views.features) ==
           0);
    for (int i = 0; i < FZ_VIEWS; i++)
        demand((begun.built & FZ_VIEW_BIT(i)) != 0 ||
               (fz_views_worth(&views.features) & FZ_VIEW_BIT(i)) == 0);
    fz_views_complete(&text, &begun);
    demand(begun.built == FZ_VIEWS_ALL && !begun.lean);
    for (int i = FZ_VIEW_FOLDED; i < FZ_VIEWS; i++) {
        const FzView *first = &views.view[i], *later = &begun.view[i];

        demand(fz_slice_equal(fz_slice(first->octets, first->length),
                              fz_slice(later->octets, later->length)));
        demand(memcmp(first->map, later->map,
                      first->length * sizeof *first->map) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    FzMessage message = {.coding = FZ_CODING_7BIT,
                         .octets = fz_slice(data, octets)};
    bool wide = fz_cpu_is_wide;
    FzStatus status;

    if (text.raw == NULL) {
        fz_text_init(&text);
        fz_views_init(&views);
        fz_views_init(&again);
        fz_views_init(&begun);
    }
    if (fz_decode(&message, &text) != FZ_OK)
        return 0;
    status = fz_views_build(&text, FZ_VIEWS_ALL, &views);
    demand((status == FZ_E_LIMIT) == views.view[FZ_VIEW_FOLDED].cut);
    for (int i = FZ_VIEW_FOLDED; i < FZ_VIEWS; i++) {
        check_view((FzViewKind)i, &views.view[i]);
        check_spans(&views.view[i]);
    }
    if (status != FZ_OK)
        return 0;
    check_round_trip();
    check_runs();
    check_begun();
    /* and in the form of machines that look at fewer octets at once */
    fz_cpu_is_wide = false;
    demand(fz_views_build(&text, FZ_VIEWS_ALL, &views) == FZ_OK);
    check_runs();
    check_begun();
    fz_cpu_is_wide = wide;
    check_folded_is_a_fixed_point();
    return 0;
}
