/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/hold/leave.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "plugin/warn.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

/* Back-off: each step twice the one before. Every step has a list of its own,
 * in which what comes later is due later. */
#define FIRST_WAIT_MS 250
#define STEPS 6 /* up to 8 s */
#define REPORT_KEEP_MS (3ll * 86400 * 1000)
#define REMOVE_AGAIN_MS 1000
#define LAST_CALLS_MS 1000 /* for acknowledgements, at the end */

typedef struct Item {
    int64_t row;
    Msg *msg;
    Octstr *box;
} Item;

struct FzLeaving {
    FzLeave *leave;
    FzLeaving *next;
    FzLeavingKind kind;
    int64_t since_ms, due_ms;
    unsigned step;
    size_t count, at; /* `at` is the one on its way */
    Item *item;
    Msg *warning;
};

typedef struct Queue {
    FzLeaving *first, **last;
} Queue;

/* A row whose removal failed: what it holds is gone. */
typedef struct Row {
    struct Row *next;
    FzLeave *leave;
    int64_t row;
} Row;

struct FzLeave {
    FzPlugin *plugin;
    long thread;
    pthread_mutex_t turn; /* of all below */
    pthread_cond_t news;
    Queue ready;
    Queue waiting[STEPS];
    Row *unremoved;
    int64_t remove_ms;
    size_t flying;
    FzLeaveFigures figures;
    bool stopping;
};

/* ----------------------------------------------------------------- leaving */
FzLeaving *fz_leaving_create(FzLeavingKind kind, int64_t since_ms)
{
    FzLeaving *leaving = fz_calloc(1, sizeof *leaving);

    leaving->kind = kind;
    leaving->since_ms = since_ms;
    return leaving;
}

void fz_leaving_add(FzLeaving *leaving, int64_t row, Msg *msg, const char *box)
{
    leaving->item = fz_realloc_array(leaving->item, leaving->count + 1,
                                     sizeof *leaving->item);
    leaving->item[leaving->count++] =
        (Item){row, msg, box == NULL ? NULL : octstr_create(box)};
}

void fz_leaving_warn(FzLeaving *leaving, Msg *warning)
{
    leaving->warning = warning;
}

bool fz_leaving_is_empty(const FzLeaving *leaving)
{
    return leaving->count == 0;
}

static void item_clear(Item *item)
{
    msg_destroy(item->msg);
    octstr_destroy(item->box);
}

void fz_leaving_destroy(FzLeaving *leaving)
{
    if (leaving == NULL)
        return;
    for (size_t i = leaving->at; i < leaving->count; i++)
        item_clear(&leaving->item[i]);
    msg_destroy(leaving->warning);
    fz_free(leaving->item);
    fz_free(leaving);
}

/* ------------------------------------------------------------------ queues */
static void queue_init(Queue *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
}

static void queue_add(Queue *queue, FzLeaving *leaving)
{
    leaving->next = NULL;
    *queue->last = leaving;
    queue->last = &leaving->next;
}

static FzLeaving *queue_take(Queue *queue)
{
    FzLeaving *leaving = queue->first;

    if (leaving == NULL)
        return NULL;
    queue->first = leaving->next;
    if (queue->first == NULL)
        queue->last = &queue->first;
    return leaving;
}

/* With `turn` held, as all below. */
static uint64_t *figure_of(FzLeave *leave, const FzLeaving *leaving)
{
    return leaving->kind == FZ_LEAVING_REPORT ? &leave->figures.reporting
                                              : &leave->figures.leaving;
}

static void put_off(FzLeave *leave, FzLeaving *leaving, int64_t now_ms)
{
    leaving->due_ms = now_ms + ((int64_t)FIRST_WAIT_MS << leaving->step);
    queue_add(&leave->waiting[leaving->step], leaving);
    if (leaving->step < STEPS - 1)
        leaving->step++;
}

/* ---------------------------------------------------------------- removing */
static void removed(void *ctx, FzStatus status, const int64_t *part_rows,
                    int64_t held_row)
{
    Row *row = ctx;
    FzLeave *leave = row->leave;

    (void)part_rows, (void)held_row;
    if (status == FZ_OK) {
        fz_free(row);
        return;
    }
    pthread_mutex_lock(&leave->turn);
    row->next = leave->unremoved;
    leave->unremoved = row;
    leave->remove_ms = fz_clock_monotonic_ms() + REMOVE_AGAIN_MS;
    pthread_cond_signal(&leave->news);
    pthread_mutex_unlock(&leave->turn);
}

static void remove_row(FzLeave *leave, int64_t number)
{
    Row *row = fz_calloc(1, sizeof *row);
    FzPartsChange change = {.remove = &number, .remove_count = 1};
    FzStatus status;

    row->leave = leave;
    row->row = number;
    status = fz_store_change_parts(leave->plugin->store, &change, removed, row);
    if (status != FZ_OK)
        removed(row, status, NULL, 0);
}

static void remove_again(FzLeave *leave)
{
    Row *row = leave->unremoved;

    leave->unremoved = NULL;
    pthread_mutex_unlock(&leave->turn);
    while (row != NULL) {
        Row *next = row->next;

        remove_row(leave, row->row);
        fz_free(row);
        row = next;
    }
    pthread_mutex_lock(&leave->turn);
}

/* ----------------------------------------------------------------- sending */
/* The one on its way is there, or never will be. */
static void end_item(FzLeave *leave, FzLeaving *leaving)
{
    --*figure_of(leave, leaving);
    item_clear(&leaving->item[leaving->at++]);
    leaving->step = 0;
    if (leaving->at < leaving->count)
        queue_add(&leave->ready, leaving);
}

/* What an acknowledgement says: is that the end of it? */
static bool is_final(ack_status_t nack)
{
    return nack != ack_failed_tmp;
}

static void sent(void *context, FzHostInjected how, ack_status_t nack)
{
    FzLeaving *leaving = context;
    FzLeave *leave = leaving->leave;
    FzCounters *counters = &leave->plugin->counters;
    bool final = how == FZ_HOST_INJECTED_ACKED && is_final(nack);
    bool taken = nack == ack_success || nack == ack_buffered;
    bool report = leaving->kind == FZ_LEAVING_REPORT;
    Msg *warning = NULL;
    int64_t row = 0;

    pthread_mutex_lock(&leave->turn);
    leave->flying--;
    if (final) {
        row = leaving->item[leaving->at].row;
        end_item(leave, leaving);
        if (leaving->at == leaving->count) {
            warning = leaving->warning;
            leaving->warning = NULL;
            fz_leaving_destroy(leaving);
        }
    } else {
        put_off(leave, leaving, fz_clock_monotonic_ms());
    }
    pthread_cond_signal(&leave->news);
    pthread_mutex_unlock(&leave->turn);
    if (how == FZ_HOST_INJECTED_LOST && !report)
        fz_count(&counters->parts_again); /* it may be there */
    if (!final)
        return;
    if (report)
        fz_count(taken ? &counters->reports_sent : &counters->reports_lost);
    else if (!taken)
        fz_count(&counters->parts_refused);
    remove_row(leave, row);
    fz_warn_send(leave->plugin, warning);
}

static bool inject(FzLeave *leave, FzLeaving *leaving)
{
    const FzHost *host = leave->plugin->host.extension;
    const Item *item = &leaving->item[leaving->at];
    int emulate = leaving->kind == FZ_LEAVING_TO_BEARERBOX
                      ? PLUGINBOX_MESSAGE_FROM_SMSBOX
                      : PLUGINBOX_MESSAGE_FROM_BEARERBOX;
    Msg *copy = msg_duplicate(item->msg);

    if (host->inject(emulate, item->box, copy, sent, leaving) == 0)
        return true;
    if (leaving->kind == FZ_LEAVING_TO_BEARERBOX && item->box != NULL &&
        (leave->plugin->host.can & FZ_HOST_CAN_INJECT_AWAY) == 0) {
        /* any box's link will do, as long as the reports find theirs */
        if (octstr_len(copy->sms.boxc_id) == 0) {
            octstr_destroy(copy->sms.boxc_id);
            copy->sms.boxc_id = octstr_duplicate(item->box);
        }
        if (host->inject(emulate, NULL, copy, sent, leaving) == 0)
            return true;
    }
    msg_destroy(copy);
    return false;
}

static bool is_given_up(const FzLeaving *leaving)
{
    return leaving->kind == FZ_LEAVING_REPORT &&
           fz_clock_wall_ms() - leaving->since_ms > REPORT_KEEP_MS;
}

/* The lock is given back while the host is asked: it may call `sent` at once.
 */
static void send_one(FzLeave *leave, FzLeaving *leaving)
{
    int64_t row = leaving->item[leaving->at].row;
    bool on_its_way;

    if (is_given_up(leaving)) {
        end_item(leave, leaving);
        if (leaving->at == leaving->count)
            fz_leaving_destroy(leaving);
        pthread_mutex_unlock(&leave->turn);
        fz_count(&leave->plugin->counters.reports_lost);
        remove_row(leave, row);
        pthread_mutex_lock(&leave->turn);
        return;
    }
    leave->flying++;
    pthread_mutex_unlock(&leave->turn);
    on_its_way = inject(leave, leaving);
    pthread_mutex_lock(&leave->turn);
    if (on_its_way)
        return; /* `leaving` is sent()'s now */
    leave->flying--;
    put_off(leave, leaving, fz_clock_monotonic_ms());
}

/* ------------------------------------------------------------------ thread */
/* Move what is due to `ready`; when the next will be. */
static int64_t look(FzLeave *leave, int64_t now_ms)
{
    int64_t next_ms = INT64_MAX;

    for (int i = 0; i < STEPS; i++) {
        Queue *queue = &leave->waiting[i];

        while (queue->first != NULL && queue->first->due_ms <= now_ms)
            queue_add(&leave->ready, queue_take(queue));
        if (queue->first != NULL && queue->first->due_ms < next_ms)
            next_ms = queue->first->due_ms;
    }
    if (leave->unremoved != NULL && leave->remove_ms < next_ms)
        next_ms = leave->remove_ms;
    return next_ms;
}

static void sleep_until(FzLeave *leave, int64_t until_ms)
{
    struct timespec at;

    if (until_ms == INT64_MAX) {
        pthread_cond_wait(&leave->news, &leave->turn);
        return;
    }
    at = (struct timespec){.tv_sec = until_ms / 1000,
                           .tv_nsec = until_ms % 1000 * 1000000};
    pthread_cond_timedwait(&leave->news, &leave->turn, &at);
}

static void run(void *arg)
{
    FzLeave *leave = arg;

    pthread_mutex_lock(&leave->turn);
    while (!leave->stopping) {
        int64_t now_ms = fz_clock_monotonic_ms();
        int64_t next_ms = look(leave, now_ms);
        FzLeaving *leaving = queue_take(&leave->ready);

        if (leaving != NULL)
            send_one(leave, leaving);
        else if (leave->unremoved != NULL && leave->remove_ms <= now_ms)
            remove_again(leave);
        else
            sleep_until(leave, next_ms);
    }
    pthread_mutex_unlock(&leave->turn);
}

FzLeave *fz_leave_create(FzPlugin *plugin)
{
    FzLeave *leave = fz_calloc(1, sizeof *leave);
    pthread_condattr_t attr;

    leave->plugin = plugin;
    pthread_mutex_init(&leave->turn, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&leave->news, &attr);
    pthread_condattr_destroy(&attr);
    queue_init(&leave->ready);
    for (int i = 0; i < STEPS; i++)
        queue_init(&leave->waiting[i]);
    leave->thread = gwthread_create(run, leave);
    if (leave->thread < 0) {
        leave->stopping = true;
        fz_leave_destroy(leave);
        return NULL;
    }
    return leave;
}

void fz_leave_go(FzLeave *leave, FzLeaving *leaving)
{
    leaving->leave = leave;
    pthread_mutex_lock(&leave->turn);
    *figure_of(leave, leaving) += leaving->count - leaving->at;
    queue_add(&leave->ready, leaving);
    pthread_cond_signal(&leave->news);
    pthread_mutex_unlock(&leave->turn);
}

FzLeaveFigures fz_leave_figures(FzLeave *leave)
{
    FzLeaveFigures figures;

    pthread_mutex_lock(&leave->turn);
    figures = leave->figures;
    pthread_mutex_unlock(&leave->turn);
    return figures;
}

/* --------------------------------------------------------------------- end */
void fz_leave_stop(FzLeave *leave)
{
    int64_t until_ms = fz_clock_monotonic_ms() + LAST_CALLS_MS;

    if (leave == NULL)
        return;
    pthread_mutex_lock(&leave->turn);
    leave->stopping = true;
    pthread_cond_signal(&leave->news);
    pthread_mutex_unlock(&leave->turn);
    gwthread_join(leave->thread);
    /* the host has closed its links by now and told of all of them */
    pthread_mutex_lock(&leave->turn);
    while (leave->flying > 0 && fz_clock_monotonic_ms() < until_ms) {
        pthread_mutex_unlock(&leave->turn);
        usleep(5000);
        pthread_mutex_lock(&leave->turn);
    }
    pthread_mutex_unlock(&leave->turn);
}

static void queue_clear(Queue *queue)
{
    FzLeaving *leaving;

    while ((leaving = queue_take(queue)) != NULL)
        fz_leaving_destroy(leaving);
}

void fz_leave_destroy(FzLeave *leave)
{
    if (leave == NULL || leave->flying > 0)
        return; /* a host that forgot one may still remember it */
    queue_clear(&leave->ready);
    for (int i = 0; i < STEPS; i++)
        queue_clear(&leave->waiting[i]);
    while (leave->unremoved != NULL) {
        Row *next = leave->unremoved->next;

        fz_free(leave->unremoved);
        leave->unremoved = next;
    }
    pthread_mutex_destroy(&leave->turn);
    pthread_cond_destroy(&leave->news);
    fz_free(leave);
}
