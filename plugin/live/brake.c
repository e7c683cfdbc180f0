/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/live/brake.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "plugin/live/brake_file.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sources that are counted at a time; a window that is over gives its place
 * away. Beyond, what is new is not counted until one is free. */
enum { SLOTS = 1 << 14, PROBES = 16, STOPPED_MOST = 1000 };

/* One source within its window. */
typedef struct Slot {
    _Atomic uint64_t source;   /* 0: free */
    _Atomic int64_t window_ms; /* when it began */
    _Atomic uint32_t acted;
    _Atomic uint32_t judged;  /* PROFILE, IDENTITY, TOTAL: all messages */
    _Atomic uint32_t usual;   /* acted a window, averaged over the past */
    _Atomic int64_t first_ms; /* when it first acted */
} Slot;

typedef struct Trip {
    FzBraked braked;
    char *name;
} Trip;

struct FzBrake {
    const FzConfigBrake *conf;
    char *path;
    Slot *slot;
    FzGenerationSlot muted; /* FzMutedNow */
    _Atomic uint64_t trips;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t tripped;
    FzBrakeFile file; /* what is stopped, and when rules first acted */
    unsigned told;    /* of file.stopped, by fz_brake_run */
    bool ended;
};

const char *fz_brake_kind_name(FzBrakeKind kind)
{
    static const char *const names[FZ_BRAKE_KINDS] = {
        "rule", "list", "entry", "signal", "profile", "identity", "total"};

    return names[kind];
}

/* --- muted sources ---------------------------------------------------------
 */
static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static bool is_muted_kind(FzBrakeKind kind)
{
    return kind == FZ_BRAKE_LIST || kind == FZ_BRAKE_ENTRY ||
           kind == FZ_BRAKE_SIGNAL || kind == FZ_BRAKE_PROFILE;
}

static void release_muted(FzGeneration *generation)
{
    FzMutedNow *it = (FzMutedNow *)(void *)generation;

    fz_free(it->muted);
    fz_free(it);
}

/* With the lock held. */
static void publish_muted(FzBrake *brake)
{
    FzMutedNow *it = fz_calloc(1, sizeof *it);
    FzMuted *muted = fz_calloc(1, sizeof *muted + brake->file.stopped_count *
                                                      sizeof muted->source[0]);

    for (unsigned i = 0; i < brake->file.stopped_count; i++)
        if (is_muted_kind(brake->file.stopped[i].kind))
            muted->source[muted->count++] = brake->file.stopped[i].source;
    qsort(muted->source, muted->count, sizeof muted->source[0], compare);
    it->generation.release = release_muted;
    it->muted = muted;
    fz_generation_publish(&brake->muted, &it->generation);
}

FzMutedNow *fz_brake_take(FzBrake *brake)
{
    return brake == NULL
               ? NULL
               : (FzMutedNow *)(void *)fz_generation_take(&brake->muted);
}

void fz_brake_give(FzBrake *brake, FzMutedNow *taken)
{
    if (taken != NULL)
        fz_generation_give(&brake->muted, &taken->generation);
}

/* --- open, close ------------------------------------------------------------
 */
FzBrake *fz_brake_open(const char *path, const FzConfigBrake *conf,
                       const FzDiagSink *sink)
{
    FzBrake *brake = fz_calloc(1, sizeof *brake);

    brake->conf = conf;
    brake->path = fz_strdup(path);
    brake->slot = fz_calloc(SLOTS, sizeof *brake->slot);
    pthread_mutex_init(&brake->lock, NULL);
    pthread_cond_init(&brake->tripped, NULL);
    fz_brake_file_read(path, &brake->file, sink);
    brake->told = brake->file.stopped_count;
    publish_muted(brake);
    return brake;
}

void fz_brake_close(FzBrake *brake)
{
    if (brake == NULL)
        return;
    fz_brake_file_clear(&brake->file);
    fz_generation_publish(&brake->muted, NULL);
    pthread_mutex_destroy(&brake->lock);
    pthread_cond_destroy(&brake->tripped);
    fz_free(brake->slot);
    fz_free(brake->path);
    fz_free(brake);
}

/* --- states of rules --------------------------------------------------------
 */
/* Whether it was in `from'. */
static bool set_rule(const FzBundle *bundle, const char *id, uint32_t rev,
                     FzRuleState from, FzRuleState to)
{
    bool was = false;

    for (uint32_t i = 0;
         bundle->ruleset != NULL && i < fz_ruleset_count(bundle->ruleset);
         i++) {
        const FzRuleInfo *rule = fz_ruleset_rule(bundle->ruleset, i);
        uint8_t state = (uint8_t)from;

        if (strcmp(rule->id, id) == 0 && rule->rev == rev)
            was |= atomic_compare_exchange_strong(&bundle->controls.state[i],
                                                  &state, (uint8_t)to);
    }
    return was;
}

/* Another revision has never been stopped: with it the entry is over. */
static bool is_replaced(const FzBundle *bundle, const FzBrakeEntry *entry)
{
    const FzRuleInfo *rule =
        bundle->ruleset == NULL || entry->kind != FZ_BRAKE_RULE
            ? NULL
            : fz_ruleset_find(bundle->ruleset, entry->name);

    return rule != NULL && rule->rev > entry->rev;
}

void fz_brake_apply(FzBrake *brake, const FzBundle *bundle)
{
    bool changed = false;

    pthread_mutex_lock(&brake->lock);
    for (unsigned i = 0; i < brake->file.stopped_count;) {
        FzBrakeEntry *entry = &brake->file.stopped[i];

        if (is_replaced(bundle, entry)) {
            fz_brake_file_remove(&brake->file, i);
            brake->told -= i < brake->told;
            changed = true;
            continue;
        }
        if (entry->kind == FZ_BRAKE_RULE)
            entry->demoted = !set_rule(bundle, entry->name, entry->rev,
                                       FZ_RULE_ACTIVE, FZ_RULE_SHADOW);
        i++;
    }
    if (changed)
        fz_brake_file_write(brake->path, &brake->file, NULL);
    pthread_mutex_unlock(&brake->lock);
}

void fz_brake_demoted(FzBrake *brake, const char *id)
{
    pthread_mutex_lock(&brake->lock);
    for (unsigned i = 0; i < brake->file.stopped_count; i++) {
        FzBrakeEntry *entry = &brake->file.stopped[i];

        if (entry->kind == FZ_BRAKE_RULE && strcmp(entry->name, id) == 0)
            entry->demoted = true;
    }
    pthread_mutex_unlock(&brake->lock);
}

static uint64_t rule_source(const char *id, uint32_t rev)
{
    return fz_source_id("rule", id) + rev;
}

/* --- counting ---------------------------------------------------------------
 */
/* The window is over: what it had becomes part of what is usual. */
static void turn_window(Slot *slot, int64_t began_ms, int64_t now_ms)
{
    int64_t before = began_ms;

    if (!atomic_compare_exchange_strong(&slot->window_ms, &before, now_ms))
        return; /* another thread does it */
    if (began_ms != 0)
        atomic_store(&slot->usual, (7 * atomic_load(&slot->usual) +
                                    atomic_load(&slot->acted) + 7) /
                                       8);
    atomic_store(&slot->acted, 0);
    atomic_store(&slot->judged, 0);
}

/* A source that has been quiet for a day is forgotten. */
static bool is_free(const FzBrake *brake, Slot *slot, uint64_t there,
                    int64_t now_ms)
{
    return there == 0 || now_ms - atomic_load(&slot->window_ms) >=
                             144 * brake->conf->window_s * 1000;
}

static bool claim(Slot *slot, uint64_t there, uint64_t source, int64_t now_ms)
{
    if (!atomic_compare_exchange_strong(&slot->source, &there, source))
        return false;
    atomic_store(&slot->window_ms, now_ms);
    atomic_store(&slot->acted, 0);
    atomic_store(&slot->judged, 0);
    atomic_store(&slot->usual, 0);
    atomic_store(&slot->first_ms, 0);
    return true;
}

/* All places are looked at for the source before a free one is taken: it may
 * stand behind one that has come free since. */
static Slot *find_slot(FzBrake *brake, uint64_t source, int64_t now_ms)
{
    Slot *place;

    do {
        uint64_t there = 0;

        place = NULL;
        for (unsigned i = 0; i < PROBES; i++) {
            Slot *slot = &brake->slot[(source + i) % SLOTS];
            uint64_t now_there = atomic_load(&slot->source);

            if (now_there == source)
                return slot;
            if (place == NULL && is_free(brake, slot, now_there, now_ms)) {
                place = slot;
                there = now_there;
            }
        }
        if (place != NULL && claim(place, there, source, now_ms))
            return place;
    } while (place != NULL); /* somebody was quicker: look again */
    return NULL;
}

static Slot *slot_now(FzBrake *brake, uint64_t source, int64_t now_ms)
{
    Slot *slot = find_slot(brake, source, now_ms);
    int64_t began_ms = slot == NULL ? 0 : atomic_load(&slot->window_ms);

    if (slot != NULL && now_ms - began_ms >= brake->conf->window_s * 1000)
        turn_window(slot, began_ms, now_ms);
    return slot;
}

static bool is_young(const FzBrake *brake, const Slot *slot, int64_t now_ms)
{
    return now_ms - atomic_load(&slot->first_ms) <
           brake->conf->young_h * 3600 * 1000;
}

/* What the source may act on within a window: little as long as it is young,
 * then some times of what it usually does. */
static uint32_t cap_of(const FzBrake *brake, FzBrakeKind kind, const Slot *slot,
                       int64_t now_ms)
{
    uint64_t young = (uint64_t)brake->conf->cap, old;

    /* one bad entry is to be stopped before its whole list is */
    if (kind == FZ_BRAKE_LIST)
        young *= (uint64_t)brake->conf->factor;

    if (is_young(brake, slot, now_ms))
        return (uint32_t)young;
    old = (uint64_t)brake->conf->factor * atomic_load(&slot->usual);
    if (old < young * (uint64_t)brake->conf->factor)
        old = young * (uint64_t)brake->conf->factor;
    return old > UINT32_MAX ? UINT32_MAX : (uint32_t)old;
}

/* A rule that is stopped already may act in this bundle all the same: it was
 * stopped in the one before while this one was put in force. */
static void stop(FzBrake *brake, const FzBundle *bundle, FzBrakeKind kind,
                 const char *name, uint32_t rev, uint64_t source,
                 int64_t now_ms, uint32_t messages)
{
    FzBrakeEntry entry = {.kind = kind,
                          .name = (char *)(uintptr_t)name,
                          .rev = rev,
                          .source = source,
                          .at_ms = now_ms,
                          .messages = messages};

    pthread_mutex_lock(&brake->lock);
    if (brake->file.stopped_count < STOPPED_MOST &&
        fz_brake_file_add(&brake->file, &entry)) {
        atomic_fetch_add(&brake->trips, 1);
        if (is_muted_kind(kind))
            publish_muted(brake);
        pthread_cond_signal(&brake->tripped);
    }
    if (kind == FZ_BRAKE_RULE)
        set_rule(bundle, name, rev, FZ_RULE_ACTIVE, FZ_RULE_SHADOW);
    pthread_mutex_unlock(&brake->lock);
}

/* When a rule first acted is remembered over restarts: one that is known must
 * not be taken for a young one. */
static void begin_life(FzBrake *brake, Slot *slot, FzBrakeKind kind,
                       const char *name, uint32_t rev, int64_t since_ms,
                       int64_t now_ms)
{
    int64_t none = 0, first_ms = since_ms != 0 ? since_ms : now_ms;

    if (kind == FZ_BRAKE_RULE || kind == FZ_BRAKE_LIST ||
        kind == FZ_BRAKE_SIGNAL) {
        pthread_mutex_lock(&brake->lock);
        first_ms = fz_brake_file_first(&brake->file, name, rev, now_ms);
        pthread_cond_signal(&brake->tripped); /* it is to be written */
        pthread_mutex_unlock(&brake->lock);
    }
    atomic_compare_exchange_strong(&slot->first_ms, &none, first_ms);
}

/* Whether the source is young still. `over`: it has been stopped since this was
 * judged. */
static bool count(FzBrake *brake, const FzBundle *bundle, FzBrakeKind kind,
                  const char *name, uint32_t rev, uint64_t source,
                  int64_t since_ms, int64_t now_ms, bool *over)
{
    Slot *slot = slot_now(brake, source, now_ms);
    uint32_t acted, cap;

    if (slot == NULL)
        return true;
    if (atomic_load(&slot->first_ms) == 0)
        begin_life(brake, slot, kind, name, rev, since_ms, now_ms);
    acted = atomic_fetch_add(&slot->acted, 1) + 1;
    cap = cap_of(brake, kind, slot, now_ms);
    if (acted > cap)
        *over = true;
    if (acted >= cap)
        stop(brake, bundle, kind, name, rev, source, now_ms, acted);
    return is_young(brake, slot, now_ms);
}

/* A share of all messages, beside the number that young sources have. */
static void count_share(FzBrake *brake, const FzBundle *bundle,
                        FzBrakeKind kind, const char *name, uint64_t source,
                        int64_t percent, bool acted, int64_t now_ms)
{
    Slot *slot = percent == 0 ? NULL : slot_now(brake, source, now_ms);
    uint64_t all, some;

    if (slot == NULL)
        return;
    all = atomic_fetch_add(&slot->judged, 1) + 1;
    if (!acted)
        return;
    some = atomic_fetch_add(&slot->acted, 1) + 1;
    if (some >= (uint64_t)brake->conf->cap &&
        some * 100 > all * (uint64_t)percent)
        stop(brake, bundle, kind, name, 0, source, now_ms, (uint32_t)some);
}

/* --- who is behind a verdict ------------------------------------------------
 */
static bool acts(const FzSignal *signal)
{
    return signal->state == FZ_RULE_ACTIVE &&
           (signal->weight > 0 || signal->action > FZ_RULE_PASS ||
            signal->word == FZ_WORD_CONTRADICTION ||
            signal->word == FZ_WORD_LIST_BLOCK ||
            signal->word == FZ_WORD_OPERATOR_BLOCK);
}

static bool count_entry(FzBrake *brake, const FzBundle *bundle,
                        const FzSignal *signal, int64_t now_ms, bool *over)
{
    char name[2 * FZ_LIMIT_NAME_OCTETS + 8];
    int64_t since_ms =
        signal->age_s < 0 ? 0 : now_ms - (int64_t)signal->age_s * 1000;
    bool young = count(brake, bundle, FZ_BRAKE_LIST, signal->list, 0,
                       fz_source_id("list", signal->list), 0, now_ms, over);

    snprintf(name, sizeof name, "%s: %s", signal->list,
             signal->entry == NULL ? "" : signal->entry);
    return count(brake, bundle, FZ_BRAKE_ENTRY, name, 0, signal->entry_id,
                 since_ms, now_ms, over) ||
           young;
}

static bool count_signal(FzBrake *brake, const FzBundle *bundle,
                         const FzSignal *signal, int64_t now_ms, bool *over)
{
    const FzRuleInfo *rule;

    if (signal->list != NULL)
        return count_entry(brake, bundle, signal, now_ms, over);
    if (signal->rule < 0)
        return count(brake, bundle, FZ_BRAKE_SIGNAL, signal->name, 0,
                     fz_source_id("signal", signal->name), 0, now_ms, over);
    rule = fz_ruleset_rule(bundle->ruleset, (uint32_t)signal->rule);
    return count(brake, bundle, FZ_BRAKE_RULE, rule->id, rule->rev,
                 rule_source(rule->id, rule->rev), 0, now_ms, over);
}

/* Whether all that act here are young: then what they do is new. */
static bool count_signals(FzBrake *brake, const FzBundle *bundle,
                          const FzVerdict *verdict, int64_t now_ms, bool *over)
{
    bool by_score =
        verdict->by == FZ_DECIDED_BY_SCORE || verdict->decider == NULL;
    bool newly = true;

    for (uint16_t i = 0; i < verdict->signals.count; i++) {
        const FzSignal *signal = &verdict->signals.item[i];

        if (acts(signal) &&
            (by_score || strcmp(signal->name, verdict->decider) == 0))
            newly = count_signal(brake, bundle, signal, now_ms, over) && newly;
    }
    return newly;
}

bool fz_brake_see(FzBrake *brake, const FzBundle *bundle,
                  const FzMessage *message, const FzVerdict *verdict)
{
    int64_t now_ms = message->now_ms;
    bool newly = false, over = false;
    char identity[FZ_LIMIT_NAME_OCTETS + 1];

    if (brake == NULL || brake->conf->cap == 0)
        return !over;
    if (verdict->acted != FZ_ACTION_PASS)
        newly = count_signals(brake, bundle, verdict, now_ms, &over);
    count_share(brake, bundle, FZ_BRAKE_TOTAL, "all messages",
                fz_source_id("total", ""), brake->conf->total_percent, newly,
                now_ms);
    if (verdict->profile != NULL)
        count_share(brake, bundle, FZ_BRAKE_PROFILE, verdict->profile->name,
                    fz_source_id("profile", verdict->profile->name),
                    brake->conf->profile_percent, newly, now_ms);
    if (brake->conf->identity_percent == 0 || message->identity.octets == 0 ||
        message->identity.octets > FZ_LIMIT_NAME_OCTETS)
        return !over;
    memcpy(identity, message->identity.data, message->identity.octets);
    identity[message->identity.octets] = '\0';
    count_share(brake, bundle, FZ_BRAKE_IDENTITY, identity,
                fz_source_id("identity", identity),
                brake->conf->identity_percent,
                verdict->acted >= FZ_ACTION_QUARANTINE, now_ms);
    return !over;
}

/* --- telling ----------------------------------------------------------------
 */
void fz_brake_run(FzBrake *brake, FzBrakeTold told, void *ctx)
{
    pthread_mutex_lock(&brake->lock);
    while (!brake->ended) {
        if (brake->file.changed)
            fz_brake_file_write(brake->path, &brake->file, NULL);
        if (brake->told < brake->file.stopped_count) {
            FzBrakeEntry entry = brake->file.stopped[brake->told++];
            char *name = fz_strdup(entry.name);
            FzBraked braked = {.kind = entry.kind,
                               .name = name,
                               .rev = entry.rev,
                               .source = entry.source,
                               .at_ms = entry.at_ms,
                               .messages = entry.messages,
                               .window_s = (uint32_t)brake->conf->window_s};

            pthread_mutex_unlock(&brake->lock);
            told(ctx, &braked);
            fz_free(name);
            pthread_mutex_lock(&brake->lock);
            continue;
        }
        pthread_cond_wait(&brake->tripped, &brake->lock);
    }
    if (brake->file.changed)
        fz_brake_file_write(brake->path, &brake->file, NULL);
    pthread_mutex_unlock(&brake->lock);
}

void fz_brake_stop(FzBrake *brake)
{
    pthread_mutex_lock(&brake->lock);
    brake->ended = true;
    pthread_cond_signal(&brake->tripped);
    pthread_mutex_unlock(&brake->lock);
}

/* --- letting go -------------------------------------------------------------
 */
/* Counting begins anew, or the next message would trip it again. */
static void forget_window(FzBrake *brake, const FzBrakeEntry *entry)
{
    for (unsigned i = 0; i < PROBES; i++) {
        Slot *slot = &brake->slot[(entry->source + i) % SLOTS];

        if (atomic_load(&slot->source) == entry->source)
            atomic_store(&slot->acted, 0);
    }
}

unsigned fz_brake_release(FzBrake *brake, const FzBundle *bundle,
                          const char *name, const FzDiagSink *sink)
{
    unsigned released = 0;

    pthread_mutex_lock(&brake->lock);
    for (unsigned i = 0; i < brake->file.stopped_count;) {
        const FzBrakeEntry *entry = &brake->file.stopped[i];

        if (name != NULL && strcmp(entry->name, name) != 0) {
            i++;
            continue;
        }
        forget_window(brake, entry);
        if (entry->kind == FZ_BRAKE_RULE && !entry->demoted)
            set_rule(bundle, entry->name, entry->rev, FZ_RULE_SHADOW,
                     FZ_RULE_ACTIVE);
        fz_brake_file_remove(&brake->file, i);
        brake->told -= i < brake->told;
        released++;
    }
    if (released > 0) {
        publish_muted(brake);
        fz_brake_file_write(brake->path, &brake->file, sink);
    }
    pthread_mutex_unlock(&brake->lock);
    return released;
}

json_t *fz_brake_json(FzBrake *brake)
{
    json_t *all = json_array();

    pthread_mutex_lock(&brake->lock);
    for (unsigned i = 0; i < brake->file.stopped_count; i++)
        json_array_append_new(all,
                              fz_brake_entry_json(&brake->file.stopped[i]));
    pthread_mutex_unlock(&brake->lock);
    return all;
}

uint64_t fz_brake_trips(const FzBrake *brake)
{
    return brake == NULL ? 0 : atomic_load(&brake->trips);
}
