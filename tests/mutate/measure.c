/* SPDX-License-Identifier: BSD-2-Clause
 *
 * measure.c - what the views make of many texts
 *
 *     measure features < texts    how many of them have each feature
 *     measure words < cases       in how many the word is found again
 *
 * A text is a line; \n, \t and \\ are escaped. A case is a line of four
 * tab-separated columns: row of evasion, views allowed ("any", or names with
 * commas), word, text in which it was hidden. A word is found when, folded as
 * rules are, it stands in one of the views. Exit status 1 when of some row
 * less than the share given by --share (default 0.95) is found.
 */
#include "config.h"

#include "base/alloc.h"
#include "engine/decode/decode.h"
#include "engine/text/text.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 64
#define MISSES_SHOWN 5

static FzText text;
static FzViews views, later;

static void unescape(char *line)
{
    char *out = line;

    for (const char *at = line; *at != '\0'; at++) {
        if (at[0] == '\\' && strchr("nt\\", at[1]) != NULL && at[1] != '\0') {
            at++;
            *out++ = (char)(*at == 'n' ? '\n' : *at == 't' ? '\t' : '\\');
        } else {
            *out++ = *at;
        }
    }
    *out = '\0';
}

/* Maps and views that are made only for a hit are those made at once. */
static bool later_is_now(void)
{
    bool same = fz_views_begin(&text, FZ_VIEWS_ALL, &later) == FZ_OK;

    same = same &&
           memcmp(&later.features, &views.features, sizeof later.features) == 0;
    fz_views_complete(&text, &later);
    for (int i = FZ_VIEW_FOLDED; same && i < FZ_VIEWS; i++) {
        const FzView *a = &views.view[i], *b = &later.view[i];

        same = a->length == b->length &&
               memcmp(a->octets, b->octets, a->length) == 0 &&
               memcmp(a->map, b->map, a->length * sizeof *a->map) == 0;
    }
    if (!same)
        fprintf(stderr, "made later, views differ: %.*s\n", (int)text.octets,
                (const char *)text.raw);
    return same;
}

static bool build(const char *raw)
{
    FzMessage message = {.coding = FZ_CODING_7BIT, .octets = fz_slice_of(raw)};

    return fz_decode(&message, &text) == FZ_OK &&
           fz_views_build(&text, FZ_VIEWS_ALL, &views) == FZ_OK &&
           later_is_now();
}

/* --- features ------------------------------------------------------------- */
static const struct {
    const char *name;
    size_t offset;
    uint16_t from; /* counts from here on */
    bool act;
} features[] = {
#define FEATURE(member, from, act)                                             \
    {                                                                          \
#member, offsetof(FzFeatures, member), from, act                       \
    }
    FEATURE(ignorable, 1, true),
    FEATURE(bidi, 1, true),
    FEATURE(tag, 1, true),
    FEATURE(combining, 1, true),
    FEATURE(math, 1, true),
    FEATURE(mixed_script, 1, true),
    FEATURE(disguised_numbers, 1, true),
    FEATURE(split_run, FZ_SPLIT_RUN_ACT, true),
    FEATURE(confusable, 1, false),
    FEATURE(enclosed, 1, false),
    FEATURE(fullwidth, 1, false),
    FEATURE(traditional, 1, false),
    FEATURE(leet, 1, false),
    FEATURE(picture, 1, false),
    FEATURE(split, 1, false),
    FEATURE(digits_other, 1, false),
    FEATURE(emoji, 1, false),
    FEATURE(split_run, 4, false),
    FEATURE(split_run, 5, false),
    FEATURE(split_run, 6, false),
    FEATURE(split_run, 7, false),
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint16_t value_of(size_t i)
{
    uint16_t value;

    memcpy(&value, (const char *)&views.features + features[i].offset,
           sizeof value);
    return value;
}

static int measure_features(void)
{
    size_t count[COUNT(features)] = {0}, texts = 0, room = 0, acts = 0;
    size_t worth[FZ_VIEWS] = {0};
    char *line = NULL;
    bool show = getenv("SHOW") != NULL;

    while (getline(&line, &room, stdin) > 0) {
        bool act = false;

        line[strcspn(line, "\n")] = '\0';
        unescape(line);
        if (!build(line))
            continue;
        texts++;
        for (size_t i = 0; i < COUNT(features); i++) {
            if (value_of(i) < features[i].from)
                continue;
            count[i]++;
            act |= features[i].act;
            if (show && features[i].act)
                printf("%s %u: %s\n", features[i].name, value_of(i), line);
        }
        acts += act;
        for (int i = 0; i < FZ_VIEWS; i++)
            worth[i] += fz_views_worth(&views.features) >> i & 1;
    }
    free(line);
    printf("%zu texts\n", texts);
    for (size_t i = 0; i < COUNT(features); i++)
        printf("%-18s >= %u %s %7zu  %.5f\n", features[i].name,
               features[i].from, features[i].act ? "act" : "   ", count[i],
               texts == 0 ? 0 : (double)count[i] / (double)texts);
    printf("any act             %12zu  %.5f\n", acts,
           texts == 0 ? 0 : (double)acts / (double)texts);
    for (int i = FZ_VIEW_SKELETON; i < FZ_VIEWS; i++)
        printf("worth scanning: %-10s %6zu  %.5f\n",
               fz_view_name((FzViewKind)i), worth[i],
               texts == 0 ? 0 : (double)worth[i] / (double)texts);
    return 0;
}

/* --- words ---------------------------------------------------------------- */
typedef struct Row {
    char name[32];
    size_t cases, found;
    size_t in_view[FZ_VIEWS];
    size_t gated; /* found in views worth scanning */
    char missed[MISSES_SHOWN][256];
} Row;

static Row rows[ROWS];
static size_t row_count;

static Row *row_of(const char *name)
{
    for (size_t i = 0; i < row_count; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    if (row_count == ROWS)
        exit(2);
    snprintf(rows[row_count].name, sizeof rows[row_count].name, "%s", name);
    return &rows[row_count++];
}

static bool stands_in(FzViewKind kind, const char *word)
{
    const FzView *view = &views.view[kind];
    FzBuf folded = FZ_BUF_INIT;
    bool found =
        fz_fold_word(kind, fz_slice_of(word), &folded) == FZ_OK &&
        memmem(view->octets, view->length, folded.data, folded.octets) != NULL;

    fz_buf_clear(&folded);
    return found;
}

static void take_case(char *name, const char *allowed, const char *word,
                      char *hidden)
{
    Row *row = row_of(name);
    bool found = false, gated = false;

    row->cases++;
    unescape(hidden);
    if (build(hidden)) {
        for (int i = FZ_VIEW_FOLDED; i < FZ_VIEWS; i++) {
            if (strcmp(allowed, "any") != 0 &&
                strstr(allowed, fz_view_name((FzViewKind)i)) == NULL)
                continue;
            if (!stands_in((FzViewKind)i, word))
                continue;
            row->in_view[i]++;
            found = true;
            gated |= (fz_views_worth(&views.features) >> i & 1) != 0;
        }
    }
    if (!found && row->cases - row->found <= MISSES_SHOWN)
        snprintf(row->missed[row->cases - row->found - 1],
                 sizeof row->missed[0], "%s <- %s", word, hidden);
    row->found += found;
    row->gated += gated;
}

static int measure_words(double share)
{
    size_t room = 0;
    char *line = NULL;
    int bad = 0;

    while (getline(&line, &room, stdin) > 0) {
        char *cell[4], *at = line;
        int n = 0;

        line[strcspn(line, "\n")] = '\0';
        while (n < 4 && at != NULL)
            cell[n++] = strsep(&at, "\t");
        if (n == 4)
            take_case(cell[0], cell[1], cell[2], cell[3]);
    }
    free(line);
    printf("row                  cases   found  share  folded skelet despac "
           "digits  in views worth scanning\n");
    for (size_t i = 0; i < row_count; i++) {
        Row *row = &rows[i];
        double got = (double)row->found / (double)row->cases;

        printf("%-18s %7zu %7zu %6.4f %7zu %6zu %6zu %6zu  %6.4f%s\n",
               row->name, row->cases, row->found, got,
               row->in_view[FZ_VIEW_FOLDED], row->in_view[FZ_VIEW_SKELETON],
               row->in_view[FZ_VIEW_DESPACED], row->in_view[FZ_VIEW_DIGITS],
               (double)row->gated / (double)row->cases,
               got < share ? "  TOO FEW" : "");
        bad += got < share;
        for (size_t j = 0; j < MISSES_SHOWN && row->missed[j][0]; j++)
            printf("    missed: %s\n", row->missed[j]);
    }
    return bad != 0 || row_count == 0;
}

int main(int argc, char **argv)
{
    double share = 0.95;
    int status = 2;

    fz_text_init(&text);
    fz_views_init(&views);
    fz_views_init(&later);
    if (argc == 4 && strcmp(argv[2], "--share") == 0)
        share = atof(argv[3]);
    if (argc >= 2 && strcmp(argv[1], "features") == 0)
        status = measure_features();
    else if (argc >= 2 && strcmp(argv[1], "words") == 0)
        status = measure_words(share);
    else
        fprintf(stderr, "usage: measure features|words [--share X]\n");
    fz_views_clear(&views);
    fz_text_clear(&text);
    return status;
}
