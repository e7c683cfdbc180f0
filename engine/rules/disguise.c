/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "engine/rules/chars.h"
#include "engine/rules/disguise.h"
#include "engine/text/text.h"

typedef struct Entry {
    const char *what, *items; /* items parted by blanks */
} Entry;

static const Entry alike[] = {
#define FZ_ALIKE(character, items) {character, items},
#define FZ_FORMS(word, items)
#define FZ_PLAIN(items)
#include "engine/rules/disguises.def"
#undef FZ_ALIKE
#undef FZ_FORMS
#undef FZ_PLAIN
    {NULL, NULL}};

static const Entry forms[] = {
#define FZ_ALIKE(character, items)
#define FZ_FORMS(word, items) {word, items},
#define FZ_PLAIN(items)
#include "engine/rules/disguises.def"
#undef FZ_ALIKE
#undef FZ_FORMS
#undef FZ_PLAIN
    {NULL, NULL}};

static const char *const plain[] = {
#define FZ_ALIKE(character, items)
#define FZ_FORMS(word, items)
#define FZ_PLAIN(items) items,
#include "engine/rules/disguises.def"
#undef FZ_ALIKE
#undef FZ_FORMS
#undef FZ_PLAIN
    NULL};

/* What pulls the characters of a word apart. */
static const char *const separators[] = {" ", ".", "-", "_", "*", "/",
                                         "|", "+", "~", "·", NULL};

/* Words of so many characters are varied; two at a time in the shorter. */
#define CHARS_MAX 8
#define PAIR_CHARS_MAX 4

typedef struct Maker {
    FzSlice word;
    FzSlice piece[CHARS_MAX]; /* its characters */
    uint32_t pieces;
    void (*each)(void *ctx, FzSlice form);
    void *ctx;
    uint32_t count;
} Maker;

/* The next item of a list; false at its end. */
static bool next_item(const char **at, FzSlice *item)
{
    while (**at == ' ')
        (*at)++;
    *item = fz_slice(*at, strcspn(*at, " "));
    *at += item->octets;
    return item->octets != 0;
}

static const char *find(const Entry *entries, FzSlice what)
{
    for (; entries->what != NULL; entries++)
        if (fz_slice_is(what, entries->what))
            return entries->items;
    return "";
}

static bool is_plain(FzSlice form)
{
    FzSlice item;

    for (size_t i = 0; plain[i] != NULL; i++)
        for (const char *at = plain[i]; next_item(&at, &item);)
            if (fz_slice_equal(item, form))
                return true;
    return false;
}

static void give(Maker *maker, FzSlice form)
{
    FzBuf folded = FZ_BUF_INIT;

    /* compared as a message would be: a traditional character is the same */
    if (maker->count < FZ_LIMIT_DISGUISES &&
        fz_fold_word(FZ_VIEW_FOLDED, form, &folded) == FZ_OK &&
        folded.octets > 1 &&
        !fz_slice_equal(fz_buf_slice(&folded), maker->word) &&
        !is_plain(form) && !is_plain(fz_buf_slice(&folded))) {
        maker->each(maker->ctx, fz_buf_slice(&folded));
        maker->count++;
    }
    fz_buf_clear(&folded);
}

/* The word with piece `one` (and `two`, unless it is the same) replaced. */
static void give_replaced(Maker *maker, uint32_t one, FzSlice for_one,
                          uint32_t two, FzSlice for_two)
{
    FzBuf form = FZ_BUF_INIT;

    for (uint32_t i = 0; i < maker->pieces; i++)
        fz_buf_append_slice(&form, i == one   ? for_one
                                   : i == two ? for_two
                                              : maker->piece[i]);
    give(maker, fz_buf_slice(&form));
    fz_buf_clear(&form);
}

static void vary_one(Maker *maker)
{
    FzSlice item;

    for (uint32_t i = 0; i < maker->pieces; i++)
        for (const char *at = find(alike, maker->piece[i]);
             next_item(&at, &item);)
            give_replaced(maker, i, item, i, item);
}

static void vary_two(Maker *maker)
{
    FzSlice first, second;

    for (uint32_t i = 0; i < maker->pieces; i++)
        for (uint32_t j = i + 1; j < maker->pieces; j++)
            for (const char *a = find(alike, maker->piece[i]);
                 next_item(&a, &first);)
                for (const char *b = find(alike, maker->piece[j]);
                     next_item(&b, &second);)
                    give_replaced(maker, i, first, j, second);
}

static void pull_apart(Maker *maker)
{
    for (size_t s = 0; separators[s] != NULL; s++) {
        FzBuf form = FZ_BUF_INIT;

        for (uint32_t i = 0; i < maker->pieces; i++) {
            if (i > 0)
                fz_buf_append_text(&form, separators[s]);
            fz_buf_append_slice(&form, maker->piece[i]);
        }
        give(maker, fz_buf_slice(&form));
        fz_buf_clear(&form);
    }
}

/* Its characters; false when it is no short word of Han. */
static bool take_apart(Maker *maker)
{
    for (size_t at = 0; at < maker->word.octets;) {
        uint32_t cp;
        size_t used =
            fz_utf8_decode(maker->word.data + at, maker->word.octets - at, &cp);

        if (used == 0 || maker->pieces == CHARS_MAX || !fz_char_is_han(cp))
            return false;
        maker->piece[maker->pieces++] = fz_slice(maker->word.data + at, used);
        at += used;
    }
    return maker->pieces > 1;
}

uint32_t fz_disguise_each(FzSlice word, void (*each)(void *ctx, FzSlice form),
                          void *ctx)
{
    Maker maker = {.word = word, .each = each, .ctx = ctx};
    FzSlice item;

    for (const char *at = find(forms, word); next_item(&at, &item);)
        give(&maker, item);
    if (!take_apart(&maker))
        return maker.count;
    vary_one(&maker);
    if (maker.count == 0)
        return 0; /* nothing is known of it: signs alone are no disguise */
    pull_apart(&maker);
    if (maker.pieces <= PAIR_CHARS_MAX)
        vary_two(&maker);
    return maker.count;
}
