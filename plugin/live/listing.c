/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/live/listing.h"

#include "base/clock.h"

#include <string.h>

#define LIVE 0
#define OTHER 1
#define ALARM_MS 60000

static const char *const results[FZ_LIST_RESULTS] = {
    [FZ_LIST_RESULT_BLOCK] = "block",
    [FZ_LIST_RESULT_ALLOW] = "allow",
    [FZ_LIST_RESULT_STALE] = "stale",
};

static uint32_t lists_of(const FzBundle *bundle)
{
    return bundle->file == NULL || bundle->lists == NULL
               ? 0
               : bundle->file->list_count;
}

/* --- counting
 * ------------------------------------------------------------------ */
static FzListCounts *find(FzListing *it, const char *name)
{
    uint32_t count = atomic_load_explicit(&it->count, memory_order_acquire);

    for (uint32_t i = 0; i < count; i++)
        if (strcmp(it->of[2 + i].name, name) == 0)
            return &it->of[2 + i];
    return NULL;
}

/* Once a list and process. NULL when there are too many, or just now another
 * thread adds one. */
static FzListCounts *add_name(FzListing *it, const char *name)
{
    FzListCounts *made = NULL;
    uint32_t count;

    if (atomic_flag_test_and_set(&it->adding))
        return NULL;
    count = atomic_load(&it->count);
    made = find(it, name);
    if (made == NULL && count < FZ_LISTINGS) {
        made = &it->of[2 + count];
        strncpy(made->name, name, FZ_LIMIT_NAME_OCTETS);
        atomic_store_explicit(&it->count, count + 1, memory_order_release);
    }
    atomic_flag_clear(&it->adding);
    return made;
}

static FzListCounts *counts_of(FzListing *it, const FzBundle *bundle,
                               const FzSignal *signal)
{
    FzListCounts *found = NULL;
    const char *name;

    if (signal->use < 0)
        return &it->of[LIVE];
    if ((uint32_t)signal->use < lists_of(bundle)) {
        name = bundle->file->lists[signal->use].name;
        found = find(it, name);
        if (found == NULL)
            found = add_name(it, name);
    }
    return found == NULL ? &it->of[OTHER] : found;
}

static void add(_Atomic uint64_t *counter, uint64_t more)
{
    atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

void fz_listing_count(FzListing *it, const FzBundle *bundle,
                      const FzVerdict *verdict)
{
    uint64_t left = verdict->asked;

    for (uint16_t i = 0; left > 0 && i < verdict->signals.count; i++) {
        const FzSignal *signal = &verdict->signals.item[i];
        FzListResult result = FZ_LIST_RESULT_BLOCK;

        if (signal->list == NULL || signal->use == FZ_LIST_USE_DNS)
            continue;
        if (signal->stale)
            result = FZ_LIST_RESULT_STALE;
        else if (strncmp(signal->name, "list.allow.", 11) == 0)
            result = FZ_LIST_RESULT_ALLOW;
        add(&counts_of(it, bundle, signal)->result[result], 1);
        left--;
    }
    if (verdict->ask_errors > 0)
        add(&it->errors, verdict->ask_errors);
    left -= verdict->ask_errors > left ? left : verdict->ask_errors;
    if (left > 0)
        add(&it->none, left);
}

/* --- staleness
 * ----------------------------------------------------------------- */
typedef struct Stale {
    const FzDiagSink *sink;
    const FzList *list;
    size_t count;
    json_t *names; /* NULL: not wanted */
} Stale;

static void warn_stale(void *ctx, const FzList *list,
                       const FzListSourceInfo *source)
{
    const Stale *stale = ctx;
    char fetched[FZ_CLOCK_TEXT];
    FzListInfo info;

    fz_list_info(list, &info);
    fz_clock_format(source->fetched_ms, fetched);
    fz_diag_warn(stale->sink, FZ_OK, info.path, 0, NULL,
                 "source `%s' is stale (fetched %s): its entries are worth "
                 "nothing until a newer list is put in force",
                 source->name, fetched);
}

void fz_listing_alarm(FzListing *it, const FzBundle *bundle, int64_t now_ms,
                      const FzDiagSink *sink)
{
    int64_t looked_ms =
        atomic_load_explicit(&it->looked_ms, memory_order_relaxed);
    Stale stale = {.sink = sink};

    if (bundle->lists == NULL || now_ms - looked_ms < ALARM_MS ||
        !atomic_compare_exchange_strong(&it->looked_ms, &looked_ms, now_ms))
        return;
    fz_list_set_stale(bundle->lists, now_ms, warn_stale, &stale);
}

static void note_stale(void *ctx, const FzList *list,
                       const FzListSourceInfo *source)
{
    Stale *stale = ctx;

    if (list != stale->list)
        return;
    stale->count++;
    if (stale->names != NULL)
        json_array_append_new(stale->names, json_string(source->name));
}

/* --- status
 * -------------------------------------------------------------------- */
static json_t *file_json(const FzBundle *bundle, uint32_t index, int64_t now_ms)
{
    const FzListFile *file = &bundle->file->lists[index];
    Stale stale = {.list = fz_list_set_list(bundle->lists, index),
                   .names = json_array()};
    FzListInfo info;

    fz_list_info(stale.list, &info);
    fz_list_set_stale(bundle->lists, now_ms, note_stale, &stale);
    return json_pack(
        "{s:s,s:s,s:I,s:I,s:I,s:I,s:b,s:s,s:o}", "name", file->name, "owner",
        file->owner == FZ_OWNER_OPERATOR ? "operator" : "feed", "blocks",
        (json_int_t)info.block, "allows", (json_int_t)info.allow, "octets",
        (json_int_t)info.octets, "built_ms", (json_int_t)info.built_ms,
        "signed", info.is_signed, "digest", info.digest, "stale", stale.names);
}

json_t *fz_listing_json(const FzBundle *bundle, const FzEntries *entries,
                        const FzOverlay *overlay, int64_t now_ms)
{
    json_t *files = json_array();

    for (uint32_t i = 0; i < lists_of(bundle); i++)
        json_array_append_new(files, file_json(bundle, i, now_ms));
    return json_pack(
        "{s:o,s:{s:I,s:I,s:b,s:s?,s:s?}}", "files", files, "live", "entries",
        (json_int_t)(overlay == NULL ? 0 : fz_overlay_count(overlay)),
        "waiting",
        (json_int_t)(overlay == NULL ? 0 : fz_overlay_waiting(overlay)),
        "second_person",
        fz_entries_allow(entries) == FZ_OVERLAY_ALLOW_CONFIRMED, "log",
        fz_entries_path(entries), "trouble", fz_entries_trouble(entries));
}

/* --- metrics
 * ------------------------------------------------------------------- */
static unsigned long long value(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void family(FzBuf *out, const char *name, const char *type,
                   const char *help)
{
    fz_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void lookups(const FzListing *it, FzBuf *out)
{
    uint32_t count = atomic_load_explicit(&it->count, memory_order_acquire);

    family(out, "fanzha_list_lookups_total", "counter",
           "Keys that lists were asked for, by who answered and what.");
    for (uint32_t i = 0; i < count + 2; i++)
        for (int r = 0; r < FZ_LIST_RESULTS; r++)
            if (i != OTHER || value(&it->of[i].result[r]) > 0)
                fz_buf_printf(out,
                              "fanzha_list_lookups_total{list=\"%s\","
                              "result=\"%s\"} %llu\n",
                              i == LIVE    ? "(live)"
                              : i == OTHER ? "(other)"
                                           : it->of[i].name,
                              results[r], value(&it->of[i].result[r]));
    fz_buf_printf(out,
                  "fanzha_list_lookups_total{list=\"\",result=\"none\"} %llu\n"
                  "fanzha_list_lookups_total{list=\"\",result=\"error\"} "
                  "%llu\n",
                  value(&it->none), value(&it->errors));
}

void fz_listing_metrics(const FzListing *it, const FzBundle *bundle,
                        const FzOverlay *overlay, int64_t now_ms, FzBuf *out)
{
    lookups(it, out);
    if (lists_of(bundle) > 0)
        family(out, "fanzha_list_stale", "gauge",
               "Sources of a list in force that are past their age.");
    for (uint32_t i = 0; i < lists_of(bundle); i++) {
        Stale stale = {.list = fz_list_set_list(bundle->lists, i)};

        fz_list_set_stale(bundle->lists, now_ms, note_stale, &stale);
        fz_buf_printf(out, "fanzha_list_stale{list=\"%s\"} %zu\n",
                      bundle->file->lists[i].name, stale.count);
    }
    if (lists_of(bundle) > 0)
        family(out, "fanzha_list_built_timestamp_seconds", "gauge",
               "When a list in force was built.");
    for (uint32_t i = 0; i < lists_of(bundle); i++) {
        FzListInfo info;

        fz_list_info(fz_list_set_list(bundle->lists, i), &info);
        fz_buf_printf(out,
                      "fanzha_list_built_timestamp_seconds{list=\"%s\"} "
                      "%.3f\n",
                      bundle->file->lists[i].name,
                      (double)info.built_ms / 1000.0);
    }
    family(out, "fanzha_list_live_entries", "gauge",
           "Live entries, in force or waiting for a second person.");
    fz_buf_printf(out,
                  "fanzha_list_live_entries{state=\"in-force\"} %zu\n"
                  "fanzha_list_live_entries{state=\"waiting\"} %zu\n",
                  overlay == NULL ? 0 : fz_overlay_count(overlay),
                  overlay == NULL ? 0 : fz_overlay_waiting(overlay));
}
