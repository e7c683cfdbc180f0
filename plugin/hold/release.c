/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/hold/release.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "plugin/hold/packed.h"
#include "plugin/msg.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define FIRST_WAIT_MS 250
#define LONGEST_WAIT_MS 2000
#define LAST_CALLS_MS 1000

typedef enum Stage {
    STAGE_WAITS = 0,  /* to be sent when it is due */
    STAGE_SENT = 1,   /* not acknowledged yet */
    STAGE_SETTLES = 2 /* its row is to say how that ended */
} Stage;

typedef struct Item {
    struct Item *next; /* in the order of release */
    FzRelease *release;
    int64_t row;
    Msg *msg[FZ_LIMIT_PARTS]; /* one, or its parts in order */
    size_t count, at;         /* `at` is the one on its way */
    int emulate;
    Octstr *sender, *receiver;
    Stage stage;
    FzHeldState end; /* SETTLES: what the row will be; RELEASED: it was not
                        sent after all, and is tried again */
    bool moving;     /* its row is being changed */
    bool in_doubt;   /* so its row says: it may be sent */
    int64_t due_ms, wait_ms;
    struct Item *behind; /* the next one between the same numbers */
    bool blocked;        /* one of them is before it */
} Item;

struct FzRelease {
    FzPlugin *plugin;
    long thread;
    pthread_mutex_t turn; /* of all below */
    pthread_cond_t news;
    Item *first, **last;
    size_t sent;   /* that the host has in hand */
    size_t moving; /* whose row is being changed */
    bool stopping;
};

/* ------------------------------------------------------------------- items */
static bool same_pair(const Item *a, const Item *b)
{
    return a->emulate == b->emulate &&
           octstr_compare(a->sender, b->sender) == 0 &&
           octstr_compare(a->receiver, b->receiver) == 0;
}

static void item_destroy(Item *item)
{
    for (size_t i = 0; i < item->count; i++)
        msg_destroy(item->msg[i]);
    octstr_destroy(item->sender);
    octstr_destroy(item->receiver);
    fz_free(item);
}

static Msg *unpack(FzSlice packed)
{
    Octstr *octets =
        octstr_create_from_data((const char *)packed.data, (long)packed.octets);
    Msg *msg = packed.octets == 0 ? NULL : msg_unpack(octets);

    octstr_destroy(octets);
    if (msg == NULL || msg_type(msg) == sms)
        return msg;
    msg_destroy(msg);
    return NULL;
}

/* All of it or nothing. */
static bool read_messages(Item *item, FzSlice packed)
{
    FzPackedReader reader = fz_packed_reader(packed);
    FzSlice one;

    while (fz_packed_next(&reader, &one)) {
        if (item->count == FZ_LIMIT_PARTS)
            return false;
        item->msg[item->count] = unpack(one);
        if (item->msg[item->count] == NULL)
            return false;
        item->count++;
    }
    return !reader.bad && item->count > 0;
}

static Item *item_of(FzRelease *release, const FzHeldRow *row)
{
    Item *item = fz_calloc(1, sizeof *item);

    if (!read_messages(item, row->held.packed)) {
        item_destroy(item);
        return NULL;
    }
    item->release = release;
    item->row = row->row;
    item->sender = octstr_duplicate(item->msg[0]->sms.sender);
    item->receiver = octstr_duplicate(item->msg[0]->sms.receiver);
    item->emulate = row->held.direction == FZ_DIRECTION_MT
                        ? PLUGINBOX_MESSAGE_FROM_SMSBOX
                        : PLUGINBOX_MESSAGE_FROM_BEARERBOX;
    item->wait_ms = FIRST_WAIT_MS;
    return item;
}

/* With `turn` held, as all below up to the thread. */
static void add(FzRelease *release, Item *item)
{
    for (Item *it = release->first; it != NULL; it = it->next)
        if (it->behind == NULL && same_pair(it, item)) {
            it->behind = item;
            item->blocked = true;
            break;
        }
    *release->last = item;
    release->last = &item->next;
    pthread_cond_signal(&release->news);
}

static void drop(FzRelease *release, Item *item)
{
    Item **place = &release->first;

    while (*place != item)
        place = &(*place)->next;
    *place = item->next;
    if (release->last == &item->next)
        release->last = place;
    if (item->behind != NULL)
        item->behind->blocked = false;
    item_destroy(item);
}

static void put_off(Item *item)
{
    item->stage = STAGE_WAITS;
    item->due_ms = fz_clock_monotonic_ms() + item->wait_ms;
    if (item->wait_ms < LONGEST_WAIT_MS)
        item->wait_ms *= 2;
}

/* ------------------------------------------------------------------- its row
 */
/* With the lock held. False: the store does not take it now. */
static bool move(FzRelease *release, Item *item, FzHeldState to,
                 FzPartsDone done)
{
    FzHeldState from = item->in_doubt ? FZ_HELD_IN_DOUBT : FZ_HELD_RELEASED;

    item->moving = true;
    release->moving++;
    if (fz_store_move(release->plugin->store, item->row, from, to, done,
                      item) == FZ_OK)
        return true;
    item->moving = false;
    release->moving--;
    item->due_ms = fz_clock_monotonic_ms() + LONGEST_WAIT_MS;
    return false;
}

/* True: it went through, and the item is still there. FZ_E_STATE: somebody
 * changed the row meanwhile, and knows better. */
static bool has_moved(FzRelease *release, Item *item, FzStatus status)
{
    item->moving = false;
    release->moving--;
    if (status == FZ_OK)
        return true;
    if (status == FZ_E_STATE)
        drop(release, item);
    else
        item->due_ms = fz_clock_monotonic_ms() + LONGEST_WAIT_MS;
    return false;
}

static void settled(void *ctx, FzStatus status, const int64_t *part_rows,
                    int64_t held_row)
{
    Item *item = ctx;
    FzRelease *release = item->release;

    (void)part_rows, (void)held_row;
    pthread_mutex_lock(&release->turn);
    if (has_moved(release, item, status)) {
        if (item->end != FZ_HELD_RELEASED) {
            drop(release, item);
        } else {
            item->in_doubt = false;
            put_off(item);
        }
    }
    pthread_cond_signal(&release->news);
    pthread_mutex_unlock(&release->turn);
}

static void settle(FzRelease *release, Item *item)
{
    (void)move(release, item, item->end, settled);
}

/* It was not taken, and what its row says goes back to that. With a part there
 * already it is in doubt all the same. */
static void not_taken(Item *item)
{
    if (item->at > 0) {
        put_off(item);
        return;
    }
    item->stage = STAGE_SETTLES;
    item->end = FZ_HELD_RELEASED;
    item->due_ms = 0;
}

static void noted(void *ctx, FzStatus status, const int64_t *part_rows,
                  int64_t held_row)
{
    Item *item = ctx;
    FzRelease *release = item->release;

    (void)part_rows, (void)held_row;
    pthread_mutex_lock(&release->turn);
    if (has_moved(release, item, status)) {
        item->in_doubt = true;
        if (release->stopping)
            not_taken(item);
    }
    pthread_cond_signal(&release->news);
    pthread_mutex_unlock(&release->turn);
}

/* ----------------------------------------------------------------- sending */
/* Whoever it is for has answered for good. Parts follow one another; where one
 * is refused the others are of no use. */
static void taken(Item *item, bool accepted)
{
    item->due_ms = 0;
    if (accepted && item->at + 1 < item->count) {
        item->at++;
        item->wait_ms = FIRST_WAIT_MS;
        item->stage = STAGE_WAITS;
        return;
    }
    item->stage = STAGE_SETTLES;
    item->end = accepted ? FZ_HELD_DELIVERED : FZ_HELD_RELEASE_FAILED;
}

/* Nobody knows, and nobody in a gateway looks for the same message twice: a
 * person decides whether it goes once more. */
static void leave_in_doubt(FzRelease *release, Item *item)
{
    warning(0,
            "fanzha: Row %lld was released and sent, and its connection closed "
            "before the answer: it may be there already. It stays in doubt "
            "until somebody decides (fanzhactl held --state in-doubt).",
            (long long)item->row);
    drop(release, item);
}

static void acknowledged(void *context, FzHostInjected how, ack_status_t nack)
{
    Item *item = context;
    FzRelease *release = item->release;

    pthread_mutex_lock(&release->turn);
    release->sent--;
    if (how == FZ_HOST_INJECTED_LOST)
        leave_in_doubt(release, item);
    else if (how == FZ_HOST_INJECTED_ACKED && nack != ack_failed_tmp)
        taken(item, nack != ack_failed);
    else
        not_taken(item);
    pthread_cond_signal(&release->news);
    pthread_mutex_unlock(&release->turn);
}

static bool has_way(const FzRelease *release, const Item *item)
{
    const FzHostLink *host = &release->plugin->host;

    return (host->can & FZ_HOST_CAN_SAY_WAY) == 0 ||
           host->extension->has_way(item->emulate,
                                    item->msg[item->at]->sms.boxc_id) != 0;
}

/* The lock is given back while the host is asked: it may call at once. */
static void send_one(FzRelease *release, Item *item)
{
    const FzHost *host = release->plugin->host.extension;
    const Msg *msg = item->msg[item->at];
    Msg *copy = msg_duplicate((Msg *)msg);

    item->stage = STAGE_SENT;
    release->sent++;
    pthread_mutex_unlock(&release->turn);
    if (host->inject(item->emulate, msg->sms.boxc_id, copy, acknowledged,
                     item) == 0) {
        pthread_mutex_lock(&release->turn);
        return; /* `item` is acknowledged()'s now */
    }
    msg_destroy(copy);
    pthread_mutex_lock(&release->turn);
    release->sent--;
    not_taken(item);
}

/* Its row is in doubt before anybody can have it: a death at any instant after
 * is told. */
static void send_or_note(FzRelease *release, Item *item)
{
    if (item->in_doubt)
        send_one(release, item);
    else if (has_way(release, item))
        (void)move(release, item, FZ_HELD_IN_DOUBT, noted);
    else
        put_off(item);
}

/* ------------------------------------------------------------------ thread */
static Item *due_now(const FzRelease *release, int64_t now_ms, int64_t *next_ms)
{
    *next_ms = INT64_MAX;
    for (Item *item = release->first; item != NULL; item = item->next) {
        if (item->stage == STAGE_SENT || item->moving ||
            (item->stage == STAGE_WAITS && item->blocked))
            continue;
        if (item->due_ms <= now_ms)
            return item;
        if (item->due_ms < *next_ms)
            *next_ms = item->due_ms;
    }
    return NULL;
}

static void sleep_until(FzRelease *release, int64_t until_ms)
{
    struct timespec at = {.tv_sec = until_ms / 1000,
                          .tv_nsec = until_ms % 1000 * 1000000};

    if (until_ms == INT64_MAX)
        pthread_cond_wait(&release->news, &release->turn);
    else
        pthread_cond_timedwait(&release->news, &release->turn, &at);
}

static void run(void *arg)
{
    FzRelease *release = arg;

    pthread_mutex_lock(&release->turn);
    while (!release->stopping) {
        int64_t next_ms;
        Item *item = due_now(release, fz_clock_monotonic_ms(), &next_ms);

        if (item == NULL)
            sleep_until(release, next_ms);
        else if (item->stage == STAGE_SETTLES)
            settle(release, item);
        else
            send_or_note(release, item);
    }
    pthread_mutex_unlock(&release->turn);
}

/* ---------------------------------------------------------------- deciding */
/* Waits on its caller's stack for the commit. */
typedef struct Decision {
    pthread_mutex_t lock;
    pthread_cond_t made;
    bool ready;
    FzStatus status;
} Decision;

static void decided(void *ctx, FzStatus status, const int64_t *part_rows,
                    int64_t held_row)
{
    Decision *decision = ctx;

    (void)part_rows, (void)held_row;
    pthread_mutex_lock(&decision->lock);
    decision->status = status;
    decision->ready = true;
    pthread_cond_signal(&decision->made);
    pthread_mutex_unlock(&decision->lock);
}

static FzStatus decide(FzRelease *release, int64_t row, FzHeldState from)
{
    Decision decision = {.lock = PTHREAD_MUTEX_INITIALIZER,
                         .made = PTHREAD_COND_INITIALIZER};
    FzStatus status = fz_store_move(release->plugin->store, row, from,
                                    FZ_HELD_RELEASED, decided, &decision);

    if (status != FZ_OK)
        return status;
    pthread_mutex_lock(&decision.lock);
    while (!decision.ready)
        pthread_cond_wait(&decision.made, &decision.lock);
    pthread_mutex_unlock(&decision.lock);
    return decision.status;
}

typedef struct Found {
    FzRelease *release;
    int64_t row;
    Item *item;
    FzHeldState state;
    bool there;
} Found;

static bool find(void *ctx, const FzHeldRow *row)
{
    Found *found = ctx;

    if (row->row == found->row) {
        found->there = true;
        found->state = row->held.state;
        found->item = item_of(found->release, row);
    }
    return false;
}

static bool may_be_released(FzHeldState state)
{
    return state == FZ_HELD_HELD || state == FZ_HELD_CLAIMED ||
           state == FZ_HELD_IN_DOUBT || state == FZ_HELD_RELEASE_FAILED;
}

/* In doubt, and not because it is on its way this moment. */
static bool is_at_work(FzRelease *release, int64_t row)
{
    bool at_work = false;

    pthread_mutex_lock(&release->turn);
    for (const Item *it = release->first; it != NULL; it = it->next)
        at_work |= it->row == row;
    pthread_mutex_unlock(&release->turn);
    return at_work;
}

static FzStatus may_go(FzRelease *release, const Found *found, bool again,
                       const FzDiagSink *sink)
{
    long long row = (long long)found->row;
    const char *state = fz_held_state_name(found->state);

    if (!found->there)
        return fz_diag(sink, FZ_E_STATE, NULL, 0, NULL, "there is no row %lld",
                       row);
    if (is_at_work(release, found->row))
        return fz_diag(sink, FZ_E_STATE, NULL, 0, NULL,
                       "row %lld is on its way", row);
    if (!may_be_released(found->state))
        return fz_diag(sink, FZ_E_STATE, NULL, 0, NULL,
                       "row %lld is `%s': there is nothing to release", row,
                       state);
    if (found->state == FZ_HELD_IN_DOUBT && !again)
        return fz_diag(sink, FZ_E_STATE, NULL, 0, NULL,
                       "row %lld is `%s': it was sent, and nobody knows "
                       "whether it was taken; `release --again' sends it once "
                       "more",
                       row, state);
    if (found->item == NULL)
        return fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "row %lld holds no message", row);
    return FZ_OK;
}

FzStatus fz_release_row(FzRelease *release, int64_t row, bool again,
                        FzHeldState *was_out, const FzDiagSink *sink)
{
    FzHeldQuery query = {.state = -1, .after = row - 1, .limit = 1};
    Found found = {.release = release, .row = row};
    FzStatus status;

    if (release == NULL)
        return fz_diag(sink, FZ_E_STATE, NULL, 0, NULL,
                       "this host cannot send what was held: release it where "
                       "fanzhabox is");
    status = fz_store_query(release->plugin->store, &query, find, &found, sink);
    if (status != FZ_OK)
        return status;
    status = may_go(release, &found, again, sink);
    if (status != FZ_OK) {
        if (found.item != NULL)
            item_destroy(found.item);
        return status;
    }
    status = decide(release, row, found.state);
    if (status != FZ_OK) {
        item_destroy(found.item);
        return fz_diag(sink, status, NULL, 0, NULL,
                       "row %lld stays as it is: the decision could not be "
                       "committed",
                       (long long)row);
    }
    *was_out = found.state;
    pthread_mutex_lock(&release->turn);
    add(release, found.item);
    pthread_mutex_unlock(&release->turn);
    return FZ_OK;
}

/* -------------------------------------------------------------------- life */
static bool take_up(void *ctx, const FzHeldRow *row)
{
    FzRelease *release = ctx;
    Item *item = item_of(release, row);

    if (item == NULL)
        return true;
    pthread_mutex_lock(&release->turn);
    add(release, item);
    pthread_mutex_unlock(&release->turn);
    return true;
}

void fz_release_load(FzRelease *release)
{
    FzHeldQuery query = {.state = FZ_HELD_RELEASED, .limit = UINT32_MAX};
    FzStoreStats stats;

    if (release == NULL)
        return;
    if (fz_store_query(release->plugin->store, &query, take_up, release,
                       &fz_plugin_log) != FZ_OK)
        error(0, "fanzha: Not every released message could be read.");
    fz_store_stats(release->plugin->store, &stats);
    if (stats.by_state[FZ_HELD_IN_DOUBT] > 0)
        warning(0,
                "fanzha: %llu released messages are in doubt: they were sent, "
                "and nobody noted the answer (fanzhactl held --state "
                "in-doubt).",
                (unsigned long long)stats.by_state[FZ_HELD_IN_DOUBT]);
}

FzRelease *fz_release_create(FzPlugin *plugin)
{
    pthread_condattr_t attr;
    FzRelease *release;

    if ((plugin->host.can & FZ_HOST_CAN_INJECT) == 0)
        return NULL;
    release = fz_calloc(1, sizeof *release);
    release->plugin = plugin;
    release->last = &release->first;
    pthread_mutex_init(&release->turn, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&release->news, &attr);
    pthread_condattr_destroy(&attr);
    release->thread = gwthread_create(run, release);
    if (release->thread < 0) {
        fz_release_destroy(release);
        return NULL;
    }
    return release;
}

void fz_release_stop(FzRelease *release)
{
    int64_t until_ms = fz_clock_monotonic_ms() + LAST_CALLS_MS;

    if (release == NULL)
        return;
    pthread_mutex_lock(&release->turn);
    release->stopping = true;
    pthread_cond_signal(&release->news);
    pthread_mutex_unlock(&release->turn);
    gwthread_join(release->thread);
    /* the host has closed its links by now and told of all of them */
    pthread_mutex_lock(&release->turn);
    while (release->sent + release->moving > 0 &&
           fz_clock_monotonic_ms() < until_ms) {
        pthread_mutex_unlock(&release->turn);
        usleep(5000);
        pthread_mutex_lock(&release->turn);
    }
    /* answers whose row does not say so yet, and what was about to be sent */
    for (Item *item = release->first; item != NULL; item = item->next) {
        if (item->stage == STAGE_WAITS && item->in_doubt)
            not_taken(item);
        if (item->stage == STAGE_SETTLES && !item->moving)
            settle(release, item);
    }
    pthread_mutex_unlock(&release->turn);
}

void fz_release_destroy(FzRelease *release)
{
    if (release == NULL || release->sent > 0)
        return; /* a host that forgot one may still remember it */
    while (release->first != NULL) {
        Item *next = release->first->next;

        item_destroy(release->first);
        release->first = next;
    }
    pthread_mutex_destroy(&release->turn);
    pthread_cond_destroy(&release->news);
    fz_free(release);
}
