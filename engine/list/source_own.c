/* SPDX-License-Identifier: BSD-2-Clause
 *
 * source_own.c - our own format: a line says all there is to say
 *
 *     action category key [expiry] [score] [force] [#reference,note]
 *
 * What stands behind the key may come in any order: a date or "30d" or "never"
 * is an expiry, a number a score.
 */
#include "config.h"

#include "engine/list/source_internal.h"

#include "base/clock.h"

#include <stdlib.h>

static bool is_number(FzSlice word)
{
    size_t dots = 0;

    for (size_t i = 0; i < word.octets; i++) {
        if (word.data[i] == '.')
            dots++;
        else if (word.data[i] < '0' || word.data[i] > '9')
            return false;
    }
    return word.octets > dots && dots <= 1;
}

static bool read_number(FzSlice word, double *number_out)
{
    char text[16];

    if (!is_number(word) || word.octets >= sizeof text)
        return false;
    memcpy(text, word.data, word.octets);
    text[word.octets] = '\0';
    *number_out = strtod(text, NULL);
    return true;
}

/* "30d", "12h" */
static bool read_lifetime(FzSlice word, int64_t *seconds_out)
{
    FzSlice digits = fz_slice(word.data, word.octets - (word.octets != 0));
    int64_t unit;
    double number;

    if (digits.octets == 0 || digits.octets > 5 ||
        !read_number(digits, &number))
        return false;
    if (word.data[digits.octets] == 'd')
        unit = 86400;
    else if (word.data[digits.octets] == 'h')
        unit = 3600;
    else
        return false;
    *seconds_out = (int64_t)(number * (double)unit);
    return *seconds_out > 0;
}

static FzFinding read_more(FzSlice word, FzListItem *item)
{
    double number;

    if (fz_slice_is(word, "-") || fz_slice_is(word, "never"))
        return FZ_FOUND_FINE;
    if (fz_slice_is(word, "force")) {
        item->force = true;
        return FZ_FOUND_FINE;
    }
    if (is_number(word)) {
        if (!read_number(word, &number) || number > 100)
            return FZ_FOUND_SCORE;
        item->score = FZ_POINTS(number);
        return FZ_FOUND_FINE;
    }
    if (read_lifetime(word, &item->lives_s) ||
        fz_source_time(word, &item->expires_ms))
        return FZ_FOUND_FINE;
    if (word.data[0] >= '0' && word.data[0] <= '9')
        return FZ_FOUND_EXPIRY;
    return FZ_FOUND_FIELDS;
}

static bool is_name(FzSlice word)
{
    for (size_t i = 0; i < word.octets; i++) {
        uint8_t c = word.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
              c == '_' || c == '.'))
            return false;
    }
    return word.octets != 0 && word.octets <= FZ_LIMIT_NAME_OCTETS;
}

static FzFinding read_action(FzSlice word, FzItemAction *action_out)
{
    if (fz_slice_is(word, "allow"))
        *action_out = FZ_ITEM_ALLOW;
    else if (fz_slice_is(word, "block"))
        *action_out = FZ_ITEM_BLOCK;
    else if (fz_slice_is(word, "shared"))
        *action_out = FZ_ITEM_SHARED;
    else
        return FZ_FOUND_ACTION;
    return FZ_FOUND_FINE;
}

FzFinding fz_source_own_line(FzSlice line, FzListItem *item_out)
{
    FzListItem item = fz_source_item();
    FzSlice rest = fz_source_trim(line), word;
    FzFinding found;

    *item_out = item;
    if (rest.octets == 0 || rest.data[0] == '#')
        return FZ_FOUND_FINE;
    if (line.octets > 2 * FZ_LIMIT_KEY_OCTETS)
        return FZ_FOUND_LONG;
    found = read_action(fz_source_next_word(&rest), &item.action);
    if (found != FZ_FOUND_FINE)
        return found;
    item.category = fz_source_next_word(&rest);
    item.key = fz_source_next_word(&rest);
    if (!is_name(item.category) || item.key.octets == 0)
        return FZ_FOUND_FIELDS;
    if (fz_slice_is(item.category, "-"))
        item.category = fz_slice(NULL, 0);
    for (;;) {
        FzSlice before = fz_source_trim(rest);

        word = fz_source_next_word(&rest);
        if (word.octets == 0)
            break;
        if (word.data[0] == '#') {
            item.note =
                fz_source_trim(fz_slice(before.data + 1, before.octets - 1));
            break;
        }
        found = read_more(word, &item);
        if (found != FZ_FOUND_FINE)
            return found;
    }
    *item_out = item;
    return FZ_FOUND_FINE;
}

void fz_source_own(FzSlice content, const FzSourceSink *sink)
{
    uint32_t number = 0;
    FzSlice line;

    while (fz_source_next_line(&content, &line)) {
        FzListItem item;
        FzFinding found = fz_source_own_line(line, &item);

        number++;
        fz_source_at(sink, content.octets);
        if (found != FZ_FOUND_FINE)
            sink->dirt(sink->ctx, number, found, line);
        else if (item.key.octets != 0)
            sink->item(sink->ctx, number, &item);
    }
}
