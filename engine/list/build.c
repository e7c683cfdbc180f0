/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/list/build.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "engine/list/build_internal.h"
#include "engine/list/mapped.h"

#include <sodium.h>
#include <stdlib.h>

#define SAMPLE_OCTETS 120
#define RECENT_MS (8 * FZL_DAY_MS) /* ages are kept to the hour so long */

FzListBuilder *fz_list_builder_create(const FzListBuild *build)
{
    FzListBuilder *b = fz_calloc(1, sizeof *b);

    b->how = *build;
    b->built_day = build->now_ms / FZL_DAY_MS;
    if (build->previous != NULL)
        memcpy(b->hash_key, build->previous->head.hash_key, sizeof b->hash_key);
    else
        randombytes_buf(b->hash_key, sizeof b->hash_key);
    b->key = fz_sip_key(b->hash_key);
    build_kinds_init(&b->kinds);
    build_guard_init(b);
    return b;
}

void fz_list_builder_destroy(FzListBuilder *b)
{
    if (b == NULL)
        return;
    for (size_t i = 0; i < b->source_count; i++) {
        fz_free((char *)(uintptr_t)b->source[i].is.name);
        fz_free((char *)(uintptr_t)b->source[i].is.category);
    }
    build_kinds_clear(&b->kinds);
    build_guard_clear(b);
    fz_free(b->source);
    fz_free(b->entry);
    fz_free(b->ranges4.item);
    fz_free(b->ranges6.item);
    fz_free(b);
}

/* --- what is said ------------------------------------------------------------
 */
static FzSlice cut_sample(FzSlice sample)
{
    if (sample.octets > SAMPLE_OCTETS) {
        sample.octets = SAMPLE_OCTETS;
        /* not within a character */
        while (sample.octets > 0 && (sample.data[sample.octets] & 0xC0) == 0x80)
            sample.octets--;
    }
    return sample;
}

void build_report(FzListBuilder *b, uint16_t source, uint32_t line,
                  FzFinding finding, FzSlice sample)
{
    FzListReport report = {.finding = finding,
                           .source = b->source[source].is.name,
                           .line = line,
                           .sample = cut_sample(sample)};

    b->source[source].counts.finding[finding]++;
    if (b->how.report != NULL)
        b->how.report(b->how.ctx, &report);
}

void build_report_pair(FzListBuilder *b, FzFinding finding, uint16_t source,
                       uint32_t line, uint16_t other_source,
                       uint32_t other_line)
{
    FzListReport report = {.finding = finding,
                           .source = b->source[source].is.name,
                           .line = line,
                           .other_source = b->source[other_source].is.name,
                           .other_line = other_line};

    b->source[source].counts.finding[finding]++;
    if (b->how.report != NULL)
        b->how.report(b->how.ctx, &report);
}

void build_progress(FzListBuilder *b, FzBuildPhase phase, uint64_t done,
                    uint64_t total)
{
    if (b->how.progress != NULL)
        b->how.progress(b->how.ctx, phase, done, total);
}

/* --- sources
 * ------------------------------------------------------------------- */
FzStatus fz_list_builder_source(FzListBuilder *b, const FzListSource *source,
                                const FzDiagSink *sink)
{
    BuildSource *made;

    if (b->source_count == FZ_LIMIT_LIST_SOURCES)
        return fz_diag(sink, FZ_E_LIMIT, NULL, 0, NULL,
                       "a list has at most %d sources", FZ_LIMIT_LIST_SOURCES);
    if (source->name == NULL || source->name[0] == '\0' ||
        strlen(source->name) > FZ_LIMIT_NAME_OCTETS)
        return fz_diag(sink, FZ_E_RULE, NULL, 0, NULL,
                       "a source needs a name of at most %d octets",
                       FZ_LIMIT_NAME_OCTETS);
    for (size_t i = 0; i < b->source_count; i++)
        if (strcmp(b->source[i].is.name, source->name) == 0)
            return fz_diag(sink, FZ_E_RULE, NULL, 0, NULL,
                           "two sources are called `%s': name one of them "
                           "with name=path",
                           source->name);
    b->source =
        fz_realloc_array(b->source, b->source_count + 1, sizeof *b->source);
    made = &b->source[b->source_count++];
    memset(made, 0, sizeof *made);
    made->is = *source;
    made->is.name = fz_strdup(source->name);
    made->is.category =
        fz_strdup(source->category == NULL ? "listed" : source->category);
    if (made->is.action == FZ_ITEM_DEFAULT)
        made->is.action = FZ_ITEM_BLOCK;
    made->name = build_string(&b->kinds, fz_slice_of(source->name));
    return FZ_OK;
}

static void take_item(void *ctx, uint32_t line, const FzListItem *item)
{
    fz_list_builder_add(ctx, line, item);
}

static void take_dirt(void *ctx, uint32_t line, FzFinding finding,
                      FzSlice sample)
{
    fz_list_builder_dirt(ctx, line, finding, sample);
}

static void take_place(void *ctx, size_t octets_left)
{
    FzListBuilder *b = ctx;
    size_t done = b->progress_total - octets_left;

    if (done < b->progress_at)
        return;
    b->progress_at = done + b->progress_total / 100 + 1;
    build_progress(b, FZ_BUILD_READ, done, b->progress_total);
}

void fz_list_builder_read(FzListBuilder *b, FzSlice content, const char *name,
                          FzSourceFormat format)
{
    FzSourceSink sink = {take_item, take_dirt, take_place, b};

    b->progress_total = content.octets;
    b->progress_at = 0;
    fz_source_parse(content, name, format, &sink);
    build_progress(b, FZ_BUILD_READ, content.octets, content.octets);
}

/* --- items
 * --------------------------------------------------------------------- */
void fz_list_builder_dirt(FzListBuilder *b, uint32_t line, FzFinding finding,
                          FzSlice sample)
{
    uint16_t source = (uint16_t)(b->source_count - 1);

    b->source[source].counts.lines++;
    build_report(b, source, line, finding, sample);
}

/* Days from the build on; the entry lives through the day of its expiry. */
static uint16_t expiry_day(const FzListBuilder *b, int64_t expires_ms)
{
    int64_t day;

    if (expires_ms == 0)
        return 0;
    day = expires_ms / FZL_DAY_MS - b->built_day + 1;
    return day > (int64_t)FZL_LAST_DAY ? FZL_LAST_DAY : (uint16_t)day;
}

static int64_t expiry_of(const FzListBuilder *b, const FzListItem *item,
                         const FzListSource *source)
{
    int64_t lives_s = item->lives_s != 0 ? item->lives_s : source->lives_s;

    if (item->expires_ms != 0)
        return item->expires_ms;
    return lives_s == 0 ? 0 : b->how.now_ms + lives_s * 1000;
}

static uint32_t hour_of(const FzListBuilder *b, int64_t first_seen_ms)
{
    if (first_seen_ms <= 0)
        return 0;
    if (first_seen_ms > b->how.now_ms)
        first_seen_ms = b->how.now_ms;
    if (b->how.now_ms - first_seen_ms > RECENT_MS)
        first_seen_ms -= first_seen_ms % FZL_DAY_MS;
    return (uint32_t)(first_seen_ms / FZL_HOUR_MS);
}

/* The note as one line of text, cut where it is too long. */
static uint32_t note_of(FzListBuilder *b, FzSlice note, bool *cut)
{
    char text[FZ_LIMIT_NOTE_OCTETS];
    size_t octets = 0;

    *cut = !fz_utf8_valid(note.data, note.octets);
    if (*cut)
        return 0;
    for (size_t i = 0; i < note.octets && octets < sizeof text; i++)
        text[octets++] = note.data[i] < ' ' ? ' ' : (char)note.data[i];
    if (octets < note.octets) {
        *cut = true;
        while (octets > 0 && (note.data[octets] & 0xC0) == 0x80)
            octets--;
    }
    return build_string(&b->kinds, fz_slice(text, octets));
}

static bool find_kind(FzListBuilder *b, FzlKind *kind, bool *cut,
                      uint32_t *index_out)
{
    if (build_kind(&b->kinds, kind, index_out))
        return true;
    *cut = true;
    kind->note = 0;
    if (build_kind(&b->kinds, kind, index_out))
        return true;
    kind->first_hour = 0;
    return build_kind(&b->kinds, kind, index_out);
}

static void add_range(FzListBuilder *b, const FzListKey *key,
                      const BuildRange *range)
{
    BuildRanges *ranges = key->address_octets == 4 ? &b->ranges4 : &b->ranges6;
    unsigned free_bits = 8u * key->address_octets - key->bits;
    BuildRange *made;

    if (ranges->count == ranges->capacity) {
        ranges->capacity = 2 * ranges->capacity + 64;
        ranges->item = fz_realloc_array(ranges->item, ranges->capacity,
                                        sizeof *ranges->item);
    }
    made = &ranges->item[ranges->count++];
    *made = *range;
    made->from = 0;
    for (unsigned i = 0; i < key->address_octets; i++)
        made->from = made->from << 8 | key->address[i];
    made->to = free_bits == 128
                   ? ~(BuildAddress)0
                   : made->from | (((BuildAddress)1 << free_bits) - 1);
}

static void add_entry(FzListBuilder *b, const BuildEntry *entry)
{
    if (b->count == b->capacity) {
        b->capacity = b->capacity + b->capacity / 2 + 1024;
        b->entry = fz_realloc_array(b->entry, b->capacity, sizeof *b->entry);
    }
    b->entry[b->count++] = *entry;
}

/* Whether a finding of the guard may be overridden: an allow for a shared host
 * would not be heeded by look-ups anyway. */
static bool can_force(const FzListKey *key, FzItemAction action)
{
    return action == FZ_ITEM_BLOCK || key->level == FZ_LEVEL_IP;
}

static FzFinding judge(FzListBuilder *b, const FzListItem *item,
                       const FzListSource *source, FzItemAction action,
                       FzListKey *key, bool *forced)
{
    FzFinding found =
        item->guess ? fz_list_key_guess(item->key, source->host_form,
                                        b->how.extra_tlds, key)
                    : fz_list_key_parse(item->key, b->how.extra_tlds, key);

    *forced = false;
    if (found != FZ_FOUND_FINE)
        return found;
    if (action == FZ_ITEM_SHARED)
        return key->level == FZ_LEVEL_HOST || key->level == FZ_LEVEL_DOMAIN
                   ? FZ_FOUND_FINE
                   : FZ_FOUND_KEY;
    found = build_guard(b, key, action);
    if (found != FZ_FOUND_FINE && (item->force || source->force) &&
        can_force(key, action)) {
        *forced = true;
        return FZ_FOUND_FINE;
    }
    return found;
}

void fz_list_builder_add(FzListBuilder *b, uint32_t line,
                         const FzListItem *item)
{
    uint16_t at = (uint16_t)(b->source_count - 1);
    BuildSource *source = &b->source[at];
    FzItemAction action =
        item->action == FZ_ITEM_DEFAULT ? source->is.action : item->action;
    FzlKind kind = {.source = at, .action = (uint8_t)action};
    FzPoints score =
        item->score != FZ_LIST_SCORE_UNSET ? item->score : source->is.score;
    int64_t expires_ms = expiry_of(b, item, &source->is);
    bool forced, cut = false;
    FzListKey key;
    FzFinding found;
    uint32_t index;

    source->counts.lines++;
    found = judge(b, item, &source->is, action, &key, &forced);
    if (found == FZ_FOUND_FINE && expires_ms != 0 &&
        expires_ms <= b->how.now_ms)
        found = FZ_FOUND_EXPIRED;
    if (found != FZ_FOUND_FINE) {
        build_report(b, at, line, found, item->key);
        return;
    }
    if (forced)
        build_report(b, at, line, FZ_FOUND_FORCED, item->key);

    kind.level = (uint8_t)key.level;
    kind.score = score == FZ_LIST_SCORE_UNSET || score >= FZL_SCORE_UNSET
                     ? FZL_SCORE_UNSET
                     : (uint16_t)score;
    kind.first_hour = hour_of(b, item->first_seen_ms);
    kind.category =
        build_string(&b->kinds, item->category.octets != 0
                                    ? item->category
                                    : fz_slice_of(source->is.category));
    if (item->note.octets != 0)
        kind.note = note_of(b, item->note, &cut);
    if (b->count + b->ranges4.count + b->ranges6.count >=
            FZ_LIMIT_LIST_ENTRIES ||
        !find_kind(b, &kind, &cut, &index)) {
        b->overflow = true;
        return;
    }
    if (cut)
        build_report(b, at, line, FZ_FOUND_NOTE, item->note);
    if (key.octets == 0)
        add_range(b, &key,
                  &(BuildRange){.kind = index,
                                .line = line,
                                .day = expiry_day(b, expires_ms),
                                .source = at,
                                .bits = key.bits,
                                .action = kind.action});
    else
        add_entry(b, &(BuildEntry){.hash = fz_siphash(
                                       b->key, (uint8_t *)key.text, key.octets),
                                   .kind = index,
                                   .line = line,
                                   .day = expiry_day(b, expires_ms),
                                   .source = at,
                                   .level = kind.level,
                                   .action = kind.action,
                                   .force = item->force || source->is.force});
}

void fz_list_builder_counts(const FzListBuilder *b, size_t index,
                            FzListSourceCounts *counts_out)
{
    *counts_out = b->source[index].counts;
}
