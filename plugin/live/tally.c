/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/live/tally.h"
#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY_MS INT64_C(86400000)

/* What hangs on a bundle. */
typedef struct Beside {
    FzBundleBeside head; /* first: cast what the bundle has */
    FzTallies *all;
    FzBundle *bundle;
    _Atomic uint64_t judged;
    uint32_t count;
    /* under the lock: up to where `judged' was divided up, and each state then
     */
    uint64_t settled;
    uint8_t *state;
    FzTally *rule[];
} Beside;

struct FzTallies {
    char *path;
    pthread_mutex_t lock;
    FzTally **item; /* sorted */
    size_t count;
    Beside *live; /* the last that was applied; NULL: none */
    bool changed; /* since it was written */
};

/* --- finding ------------------------------------------------------------- */

static int compare_to(const char *id, uint32_t rev, const FzTally *tally)
{
    int order = strcmp(id, tally->id);

    return order != 0 ? order : (rev > tally->rev) - (rev < tally->rev);
}

static int compare(const void *a, const void *b)
{
    const FzTally *one = *(FzTally *const *)a;

    return compare_to(one->id, one->rev, *(FzTally *const *)b);
}

static FzTally *find(const FzTallies *all, const char *id, uint32_t rev)
{
    size_t from = 0, to = all->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = compare_to(id, rev, all->item[middle]);

        if (order == 0)
            return all->item[middle];
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return NULL;
}

/* Behind the others: whoever adds sorts when all are there. */
static FzTally *add(FzTallies *all, const char *id, uint32_t rev)
{
    FzTally *tally = fz_calloc(1, sizeof *tally);

    tally->id = fz_strdup(id);
    tally->rev = rev;
    all->item = fz_realloc_array(all->item, all->count + 1, sizeof *all->item);
    all->item[all->count++] = tally;
    return tally;
}

static void sort(FzTallies *all)
{
    if (all->count > 1)
        qsort(all->item, all->count, sizeof *all->item, compare);
}

/* --- the file ------------------------------------------------------------ */

static uint64_t number(const json_t *it, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(it, key));

    return value < 0 ? 0 : (uint64_t)value;
}

static bool read_rules(FzTallies *all, const json_t *list)
{
    size_t i;
    json_t *it;

    if (!json_is_array(list))
        return false;
    json_array_foreach((json_t *)(uintptr_t)list, i, it)
    {
        const char *id = json_string_value(json_object_get(it, "id"));
        FzTally *tally;

        if (id == NULL || all->count >= FZ_TALLIES_MOST)
            continue;
        tally = add(all, id, (uint32_t)number(it, "rev"));
        tally->since_ms = (int64_t)number(it, "since_ms");
        tally->gone_ms = (int64_t)number(it, "gone_ms");
        tally->judged_active = number(it, "judged_active");
        tally->judged_shadow = number(it, "judged_shadow");
        tally->wrong = number(it, "wrong");
        atomic_init(&tally->last_ms, (int64_t)number(it, "last_ms"));
        atomic_init(&tally->active, number(it, "active"));
        atomic_init(&tally->shadow, number(it, "shadow"));
        atomic_init(&tally->would, number(it, "would"));
        atomic_init(&tally->decided, number(it, "decided"));
        atomic_init(&tally->held, number(it, "held"));
        atomic_init(&tally->rejected, number(it, "rejected"));
    }
    sort(all);
    return true;
}

static void put_aside(const char *path, const char *why, const FzDiagSink *sink)
{
    FzBuf bad = FZ_BUF_INIT;

    fz_buf_printf(&bad, "%s.bad", path);
    if (rename(path, fz_buf_text(&bad)) != 0)
        fz_diag_errno(sink, path,
                      "the statistics of rules cannot be put "
                      "aside");
    fz_diag_warn(sink, FZ_E_SYNTAX, path, 0, NULL,
                 "the statistics of rules cannot be read (%s): they begin "
                 "anew, what was there is %s.bad",
                 why, path);
    fz_buf_clear(&bad);
}

FzTallies *fz_tallies_open(const char *path, const FzDiagSink *sink)
{
    FzTallies *all = fz_calloc(1, sizeof *all);
    json_error_t trouble = {.text = "no list of rules"};
    json_t *root;

    all->path = fz_strdup(path);
    pthread_mutex_init(&all->lock, NULL);
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return all;
    root = json_load_file(path, JSON_REJECT_DUPLICATES, &trouble);
    if (!read_rules(all, json_object_get(root, "rules")))
        put_aside(path, root == NULL ? trouble.text : "no list of rules", sink);
    json_decref(root);
    return all;
}

static json_t *tally_json(const FzTally *it)
{
    return json_pack(
        "{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "id",
        it->id, "rev", (json_int_t)it->rev, "since_ms",
        (json_int_t)it->since_ms, "gone_ms", (json_int_t)it->gone_ms, "last_ms",
        (json_int_t)it->last_ms, "active", (json_int_t)it->active, "shadow",
        (json_int_t)it->shadow, "would", (json_int_t)it->would, "decided",
        (json_int_t)it->decided, "held", (json_int_t)it->held, "rejected",
        (json_int_t)it->rejected, "judged_active",
        (json_int_t)it->judged_active, "judged_shadow",
        (json_int_t)it->judged_shadow, "wrong", (json_int_t)it->wrong);
}

static FzStatus replace(const char *path, const char *text,
                        const FzDiagSink *sink)
{
    FzBuf part = FZ_BUF_INIT;
    size_t octets = strlen(text);
    FzStatus status = FZ_OK;
    int fd;

    fz_buf_printf(&part, "%s.part", path);
    fd = open(fz_buf_text(&part), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
              0640);
    if (fd < 0 || write(fd, text, octets) != (ssize_t)octets ||
        fsync(fd) != 0 || rename(fz_buf_text(&part), path) != 0)
        status =
            fz_diag_errno(sink, path, "cannot write the statistics of rules");
    if (fd >= 0)
        close(fd);
    fz_buf_clear(&part);
    return status;
}

/* With the lock. */
static void settle(Beside *it)
{
    uint64_t judged = atomic_load_explicit(&it->judged, memory_order_relaxed);
    uint64_t more = judged - it->settled;

    for (uint32_t i = 0; i < it->count; i++) {
        if (it->state[i] == FZ_RULE_ACTIVE)
            it->rule[i]->judged_active += more;
        else if (it->state[i] == FZ_RULE_SHADOW)
            it->rule[i]->judged_shadow += more;
        it->state[i] = atomic_load(&it->bundle->controls.state[i]);
    }
    it->settled = judged;
    it->all->changed |= more != 0;
}

FzStatus fz_tallies_write(FzTallies *all, int64_t now_ms,
                          const FzDiagSink *sink)
{
    json_t *rules, *root;
    FzStatus status;
    char *text;

    pthread_mutex_lock(&all->lock);
    if (all->live != NULL)
        settle(all->live);
    if (!all->changed) {
        pthread_mutex_unlock(&all->lock);
        return FZ_OK;
    }
    rules = json_array();
    for (size_t i = 0; i < all->count; i++)
        if (all->item[i]->gone_ms == 0 ||
            now_ms - all->item[i]->gone_ms < FZ_TALLY_DAYS * DAY_MS)
            json_array_append_new(rules, tally_json(all->item[i]));
    all->changed = false;
    pthread_mutex_unlock(&all->lock);
    root = json_pack("{s:o}", "rules", rules);
    text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    status = replace(all->path, text, sink);
    fz_free(text);
    if (status != FZ_OK) {
        pthread_mutex_lock(&all->lock);
        all->changed = true;
        pthread_mutex_unlock(&all->lock);
    }
    return status;
}

void fz_tallies_close(FzTallies *all, int64_t now_ms, const FzDiagSink *sink)
{
    FzStatus status;

    if (all == NULL)
        return;
    status = fz_tallies_write(all, now_ms, sink);
    (void)status; /* said to the sink */
    for (size_t i = 0; i < all->count; i++) {
        fz_free(all->item[i]->id);
        fz_free(all->item[i]);
    }
    fz_free(all->item);
    fz_free(all->path);
    pthread_mutex_destroy(&all->lock);
    fz_free(all);
}

/* --- beside a bundle ----------------------------------------------------- */

/* With the last message that it judged: those that a swap overtook count. */
static void beside_destroy(FzBundleBeside *head)
{
    Beside *it = (Beside *)(void *)head;

    pthread_mutex_lock(&it->all->lock);
    settle(it);
    if (it->all->live == it)
        it->all->live = NULL;
    pthread_mutex_unlock(&it->all->lock);
    fz_free(it->state);
    fz_free(it);
}

void fz_tallies_apply(FzTallies *all, FzBundle *bundle, int64_t now_ms)
{
    uint32_t count =
        bundle->ruleset == NULL ? 0 : fz_ruleset_count(bundle->ruleset);
    Beside *it = fz_calloc(1, sizeof *it + count * sizeof *it->rule);
    size_t added = 0, known;

    it->head.destroy = beside_destroy;
    it->all = all;
    it->bundle = bundle;
    it->count = count;
    it->state = fz_malloc(count + 1);
    pthread_mutex_lock(&all->lock);
    if (all->live != NULL)
        settle(all->live);
    known = all->count;
    for (size_t i = 0; i < known; i++)
        if (all->item[i]->gone_ms == 0)
            all->item[i]->gone_ms = now_ms;
    for (uint32_t i = 0; i < count; i++) {
        const FzRuleInfo *info = fz_ruleset_rule(bundle->ruleset, i);
        size_t all_of_them = all->count;

        all->count = known; /* what was added is not sorted yet */
        it->rule[i] = find(all, info->id, info->rev);
        all->count = all_of_them;
        if (it->rule[i] == NULL) {
            it->rule[i] = add(all, info->id, info->rev);
            it->rule[i]->since_ms = now_ms;
            added++;
        }
        it->rule[i]->gone_ms = 0;
        it->state[i] = atomic_load(&bundle->controls.state[i]);
    }
    if (added > 0)
        sort(all);
    all->changed = true;
    all->live = it;
    pthread_mutex_unlock(&all->lock);
    bundle->beside = &it->head;
}

FzTally *fz_tally_of(const FzBundle *bundle, int32_t rule)
{
    const Beside *it = (const Beside *)(const void *)bundle->beside;

    return it == NULL || rule < 0 || (uint32_t)rule >= it->count
               ? NULL
               : it->rule[rule];
}

static void count_one(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

void fz_tallies_see(const FzBundle *bundle, const FzVerdict *verdict,
                    int64_t now_ms)
{
    Beside *it = (Beside *)(void *)bundle->beside;

    if (it == NULL)
        return;
    count_one(&it->judged);
    for (uint16_t i = 0; i < verdict->signals.count; i++) {
        const FzSignal *signal = &verdict->signals.item[i];
        FzTally *tally = fz_tally_of(bundle, signal->rule);

        if (tally == NULL)
            continue;
        atomic_store_explicit(&tally->last_ms, now_ms, memory_order_relaxed);
        if (signal->state != FZ_RULE_ACTIVE) {
            count_one(&tally->shadow);
            if (verdict->shadow_would > verdict->would)
                count_one(&tally->would);
            continue;
        }
        count_one(&tally->active);
        if (verdict->would == FZ_ACTION_PASS ||
            signal->name != verdict->decider)
            continue;
        count_one(&tally->decided);
        if (verdict->acted == FZ_ACTION_QUARANTINE)
            count_one(&tally->held);
        else if (verdict->acted == FZ_ACTION_REJECT)
            count_one(&tally->rejected);
    }
}

/* --- asking -------------------------------------------------------------- */

void fz_tallies_settle(FzTallies *all)
{
    pthread_mutex_lock(&all->lock);
    if (all->live != NULL)
        settle(all->live);
    pthread_mutex_unlock(&all->lock);
}

/* The most matched first; then by id, so that two answers compare. */
static int by_matches(const void *a, const void *b)
{
    const FzTallyFigures *one = a, *two = b;
    uint64_t left = one->active + one->shadow,
             right = two->active + two->shadow;

    return left != right ? (left < right) - (left > right)
                         : strcmp(one->id, two->id);
}

size_t fz_tallies_figures(FzTallies *all, const FzBundle *bundle,
                          FzTallyFigures **figures_out)
{
    const Beside *it = (const Beside *)(const void *)bundle->beside;
    uint32_t count = it == NULL ? 0 : it->count;
    FzTallyFigures *figures = fz_calloc(count + 1, sizeof *figures);

    pthread_mutex_lock(&all->lock);
    if (all->live != NULL)
        settle(all->live);
    for (uint32_t i = 0; i < count; i++) {
        const FzTally *tally = it->rule[i];

        figures[i] = (FzTallyFigures){
            .id = tally->id,
            .rev = tally->rev,
            .state = (FzRuleState)atomic_load(&bundle->controls.state[i]),
            .since_ms = tally->since_ms,
            .last_ms = tally->last_ms,
            .active = tally->active,
            .shadow = tally->shadow,
            .would = tally->would,
            .decided = tally->decided,
            .held = tally->held,
            .rejected = tally->rejected,
            .judged_active = tally->judged_active,
            .judged_shadow = tally->judged_shadow,
            .wrong = tally->wrong,
        };
    }
    pthread_mutex_unlock(&all->lock);
    if (count > 1)
        qsort(figures, count, sizeof *figures, by_matches);
    *figures_out = figures;
    return count;
}

void fz_tallies_mark(FzTallies *all, const char *id, uint32_t rev, int change)
{
    FzTally *tally;

    pthread_mutex_lock(&all->lock);
    tally = find(all, id, rev);
    if (tally != NULL && (change > 0 || tally->wrong > 0)) {
        tally->wrong = change > 0 ? tally->wrong + 1 : tally->wrong - 1;
        all->changed = true;
    }
    pthread_mutex_unlock(&all->lock);
}
