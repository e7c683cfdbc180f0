/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "store/writer.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "store/audit.h"
#include "store/held.h"
#include "store/part.h"
#include "store/pending.h"
#include "store/shadow.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#define QUEUE_RECORDS 4096

/* Why a commit failed, kept past the call that said so. */
typedef struct Trouble {
    FzStatus code;
    int sys_errno;
    char text[sizeof((FzStoreStats *)0)->trouble];
} Trouble;

/* An audit entry, or a change of shadow hits, whose owner waits for it; lives
 * on that one's stack. */
struct FzWaited {
    int64_t at_ms;
    const char *actor, *act, *detail;
    FzShadowChange *shadow; /* then no audit entry */
    FzStatus status;
    Trouble trouble;
    bool ready;
};

struct FzWriter {
    const FzStoreConfig *config;
    const FzBackendOps *ops;
    const FzSeal *seal;

    pthread_mutex_t lock;      /* of the next block */
    pthread_cond_t wake;       /* something waits, or closing */
    pthread_cond_t answered; /* some FzWaited is ready */
    FzPending *first, **last;
    uint32_t waiting;
    size_t waiting_octets;
    bool closing;
    FzStoreStats stats;

    /* of the writer thread alone, once it runs */
    FzBackend *backend;
    bool adopted; /* it is the connection that the next lines speak of */
    FzHeldScratch scratch;
    FzPartScratch part_scratch;
    FzAuditHead head;
    int64_t next_row, next_part, next_shadow;
    Trouble trouble; /* code FZ_OK while commits go through */

    long hosted; /* thread of config->thread_start */
    pthread_t thread;
};

static _Thread_local FzWriter *running_here; /* this is that writer's thread */

/* ----------------------------------------------------------------- trouble */
static void keep_first(void *ctx, const FzDiag *diag)
{
    Trouble *trouble = ctx;

    if (trouble->code != FZ_OK || diag->severity != FZ_SEVERITY_ERROR)
        return;
    trouble->code = diag->code;
    trouble->sys_errno = diag->sys_errno;
    snprintf(trouble->text, sizeof trouble->text, "%s", diag->text);
}

static void report(FzWriter *w, FzSeverity severity, const Trouble *trouble)
{
    FzDiag diag = {.code = trouble->code,
                   .severity = severity,
                   .sys_errno = trouble->sys_errno,
                   .file = w->config->path,
                   .text = trouble->text};

    if (w->config->report.emit != NULL)
        w->config->report.emit(w->config->report.ctx, &diag);
}

/* Say a change, not every failure: there may be thousands a second. */
static void note_outcome(FzWriter *w, const Trouble *outcome)
{
    bool was_fine = w->trouble.code == FZ_OK, fine = outcome->code == FZ_OK;

    if (fine ? was_fine : strcmp(outcome->text, w->trouble.text) == 0)
        return;
    w->trouble = *outcome;
    pthread_mutex_lock(&w->lock);
    w->stats.writable = fine;
    snprintf(w->stats.trouble, sizeof w->stats.trouble, "%s", outcome->text);
    pthread_mutex_unlock(&w->lock);
    if (fine) {
        Trouble again = {.text = "commits go through again"};

        report(w, FZ_SEVERITY_NOTE, &again);
    } else {
        report(w, FZ_SEVERITY_ERROR, outcome);
    }
}

/* -------------------------------------------------------------- connection */
static FzStatus check_store_id(FzWriter *w, const FzDiagSink *sink)
{
    FzBuf id = FZ_BUF_INIT;
    FzStatus status;
    bool found = false;

    status = w->ops->meta_get(w->backend, "store-id", &id, &found, sink);
    if (status == FZ_OK &&
        (!found ||
         !fz_slice_equal(fz_buf_slice(&id),
                         fz_slice(w->seal->store_id, FZ_STORE_ID_OCTETS))))
        status = fz_diag(sink, FZ_E_IO, w->config->path, 0, NULL,
                         "another database stands under this name than the one "
                         "that was opened: put that back, or start anew");
    fz_buf_clear(&id);
    return status;
}

/* Take over a connection: where the rows and the trail stand. */
static FzStatus adopt(FzWriter *w, const FzDiagSink *sink)
{
    FzBackendTotals totals;
    FzAuditHead head;
    FzStatus status;
    uint64_t parts = 0, shadow = 0;
    int64_t last_shadow = 0;

    status = check_store_id(w, sink);
    if (status == FZ_OK)
        status = w->ops->totals(w->backend, &totals, sink);
    if (status == FZ_OK)
        status = w->ops->count_parts(w->backend, &parts, sink);
    if (status == FZ_OK)
        status = w->ops->count_shadow(w->backend, &shadow, &last_shadow, sink);
    if (status == FZ_OK)
        status = fz_audit_head_get(w->ops, w->backend, w->seal, w->config->path,
                                   &head, sink);
    if (status == FZ_OK && head.count != totals.last_audit)
        status = fz_diag(sink, FZ_E_SYNTAX, w->config->path, 0, NULL,
                         "the audit trail was altered: it ends at entry %lld, "
                         "%lld were written; keep this database as evidence "
                         "and start a new one",
                         (long long)totals.last_audit, (long long)head.count);
    if (status != FZ_OK)
        return status;

    w->head = head;
    /* a number is never given twice, not even to a record that failed */
    if (w->next_row <= totals.last_row)
        w->next_row = totals.last_row + 1;
    if (w->next_part <= totals.last_part)
        w->next_part = totals.last_part + 1;
    if (w->next_shadow <= last_shadow)
        w->next_shadow = last_shadow + 1;
    pthread_mutex_lock(&w->lock);
    memcpy(w->stats.by_state, totals.by_state, sizeof w->stats.by_state);
    w->stats.oldest_held_ms = totals.oldest_held_ms;
    w->stats.audit_entries = (uint64_t)totals.last_audit;
    w->stats.parts = parts;
    w->stats.shadow = shadow;
    w->stats.octets = totals.octets;
    pthread_mutex_unlock(&w->lock);
    w->adopted = true;
    return FZ_OK;
}

static FzStatus reconnect(FzWriter *w, const FzDiagSink *sink)
{
    FzStatus status = FZ_OK;

    if (w->adopted && !w->ops->broken(w->backend))
        return FZ_OK;
    w->adopted = false;
    status = w->ops->reconnect(w->backend, sink);
    return status == FZ_OK ? adopt(w, sink) : status;
}

/* ------------------------------------------------------------------ groups */
/* What a group does to the figures, once it is committed. */
typedef struct Tally {
    uint64_t by_state[FZ_HELD_STATES];
    int64_t parts;
    bool held_moved; /* the oldest of them may be another one now */
} Tally;

static FzStatus write_held(FzWriter *w, FzPending *it, Tally *tally,
                           const FzDiagSink *sink)
{
    const FzHeld *held = it->change.held;
    FzRecord record;

    it->held_row = w->next_row++;
    fz_held_seal(w->seal, held, it->held_row, &w->scratch, &record);
    tally->by_state[held->state]++;
    return w->ops->add_held(w->backend, &record, sink);
}

static FzStatus write_parts(FzWriter *w, FzPending *it, Tally *tally,
                            const FzDiagSink *sink)
{
    const FzPartsChange *change = &it->change;
    FzStatus status = FZ_OK;

    for (size_t i = 0; status == FZ_OK && i < change->remove_count; i++) {
        bool removed = false;

        status =
            w->ops->remove_part(w->backend, change->remove[i], &removed, sink);
        tally->parts -= removed;
    }
    for (size_t i = 0; status == FZ_OK && i < change->add_count; i++) {
        FzPartRecord record;

        it->part_rows[i] = w->next_part++;
        fz_part_seal(w->seal, &change->add[i], it->part_rows[i],
                     &w->part_scratch, &record);
        status = w->ops->add_part(w->backend, &record, sink);
        tally->parts++;
    }
    return status;
}

static FzStatus move_held(FzWriter *w, FzPending *it, Tally *tally,
                          const FzDiagSink *sink)
{
    const FzPartsChange *change = &it->change;
    bool moved = false;
    FzStatus status =
        w->ops->move_held(w->backend, change->moved, (int)change->from,
                          (int)change->to, &moved, sink);

    it->refused = status == FZ_OK && !moved;
    if (moved) {
        tally->by_state[change->from]--; /* they wrap, and come round again */
        tally->by_state[change->to]++;
        tally->held_moved |=
            change->from == FZ_HELD_HELD || change->to == FZ_HELD_HELD;
    }
    return status;
}

/* Asked for when the commit is done: where that fails the old one stays until
 * the next connection. */
static void look_for_oldest(FzWriter *w, const FzDiagSink *sink)
{
    FzBackendTotals totals;

    if (w->ops->totals(w->backend, &totals, sink) != FZ_OK)
        return;
    pthread_mutex_lock(&w->lock);
    w->stats.oldest_held_ms = totals.oldest_held_ms;
    pthread_mutex_unlock(&w->lock);
}

static FzStatus fill_group(FzWriter *w, FzPending *first, const FzPending *end,
                           Tally *tally, const FzDiagSink *sink)
{
    FzStatus status = FZ_OK;

    for (FzPending *it = first; status == FZ_OK && it != end; it = it->next) {
        it->refused = false;
        if (it->change.moved != 0)
            status = move_held(w, it, tally, sink);
        if (it->refused)
            continue;
        if (status == FZ_OK && it->change.held != NULL)
            status = write_held(w, it, tally, sink);
        if (status == FZ_OK)
            status = write_parts(w, it, tally, sink);
    }
    for (int i = 0; status == FZ_OK && i < FZ_HELD_STATES; i++)
        if (tally->by_state[i] != 0)
            status =
                w->ops->count(w->backend, i, (int64_t)tally->by_state[i], sink);
    return status;
}

/* One transaction: all of [first, end) or nothing. */
static FzStatus commit_group(FzWriter *w, FzPending *first,
                             const FzPending *end, const FzDiagSink *sink)
{
    Tally tally = {.parts = 0};
    FzStatus status;

    status = reconnect(w, sink);
    if (status != FZ_OK)
        return status;
    status = w->ops->begin(w->backend, FZ_BACKEND_ROOM_HELD, sink);
    if (status == FZ_OK)
        status = fill_group(w, first, end, &tally, sink);
    if (status == FZ_OK)
        status = w->ops->commit(w->backend, sink);
    if (status != FZ_OK) {
        w->ops->rollback(w->backend);
        return status;
    }

    pthread_mutex_lock(&w->lock);
    for (int i = 0; i < FZ_HELD_STATES; i++)
        w->stats.by_state[i] += tally.by_state[i];
    w->stats.parts += (uint64_t)tally.parts;
    for (FzPending *it = first; it != end; it = it->next) {
        const FzHeld *held = it->change.held;

        if (it->refused)
            continue;
        w->stats.committed++;
        if (held != NULL && held->state == FZ_HELD_HELD &&
            w->stats.oldest_held_ms == 0)
            w->stats.oldest_held_ms = held->received_ms;
    }
    w->stats.commits++;
    w->stats.octets = w->ops->octets(w->backend);
    pthread_mutex_unlock(&w->lock);
    if (tally.held_moved)
        look_for_oldest(w, sink);
    return FZ_OK;
}

static void set_status(FzPending *first, const FzPending *end, FzStatus status)
{
    for (FzPending *it = first; it != end; it = it->next) {
        it->status = status == FZ_OK && it->refused ? FZ_E_STATE : status;
        if (status != FZ_OK) {
            it->held_row = 0;
            memset(it->part_rows, 0,
                   it->change.add_count * sizeof *it->part_rows);
        }
    }
}

static void write_group(FzWriter *w, FzPending *first, const FzPending *end)
{
    Trouble outcome = {.code = FZ_OK};
    FzDiagSink sink = {keep_first, &outcome};
    FzStatus status = commit_group(w, first, end, &sink);

    set_status(first, end, status);
    if (status == FZ_E_LIMIT && first->next != end) {
        /* what fits is kept */
        for (FzPending *it = first; it != end; it = it->next)
            set_status(it, it->next, commit_group(w, it, it->next, &sink));
    }
    note_outcome(w, &outcome);
}

static void answer_group(FzWriter *w, FzPending *first, const FzPending *end)
{
    uint32_t records = 0;
    size_t octets = 0;
    uint64_t failed = 0;

    for (FzPending *it = first; it != end; it = it->next) {
        records++;
        octets += it->octets;
        failed += it->status != FZ_OK;
    }
    /* before the answers: who is answered may submit again */
    pthread_mutex_lock(&w->lock);
    w->waiting -= records;
    w->waiting_octets -= octets;
    w->stats.failed += failed;
    pthread_mutex_unlock(&w->lock);

    while (first != end) {
        FzPending *next = first->next;

        if (first->done != NULL)
            first->done(first->ctx, first->status, first->held_row);
        else
            first->parts_done(first->ctx, first->status, first->part_rows,
                              first->held_row);
        fz_free(first);
        first = next;
    }
}

static FzStatus write_shadow(FzWriter *w, FzShadowChange *change,
                             const FzDiagSink *sink)
{
    uint64_t hits = 0;
    int64_t last_row;
    FzStatus status = fz_shadow_write(w->ops, w->backend, w->seal, change,
                                      &w->next_shadow, sink);

    if (status == FZ_OK &&
        w->ops->count_shadow(w->backend, &hits, &last_row, NULL) == FZ_OK) {
        pthread_mutex_lock(&w->lock);
        w->stats.shadow = hits;
        pthread_mutex_unlock(&w->lock);
    }
    return status;
}

static void write_waited(FzWriter *w, FzWaited *request)
{
    FzDiagSink sink = {keep_first, &request->trouble};
    FzStatus status = reconnect(w, &sink);

    if (status == FZ_OK && request->shadow != NULL)
        status = write_shadow(w, request->shadow, &sink);
    else if (status == FZ_OK)
        status = fz_audit_append(w->ops, w->backend, w->seal, &w->head,
                                 request->at_ms, request->actor, request->act,
                                 request->detail, &sink);
    note_outcome(w, &request->trouble);
    pthread_mutex_lock(&w->lock);
    if (status == FZ_OK) {
        w->stats.audit_entries = (uint64_t)w->head.count;
        w->stats.octets = w->ops->octets(w->backend);
    }
    request->status = status;
    request->ready = true;
    pthread_cond_broadcast(&w->answered);
    pthread_mutex_unlock(&w->lock);
}

/* In order of submission: audit entries alone, records together. */
static void write_all(FzWriter *w, FzPending *it)
{
    while (it != NULL) {
        FzPending *end = it;
        size_t records = 0, octets = 0;

        if (it->waited != NULL) {
            end = it->next;
            write_waited(w, it->waited);
            fz_free(it);
        } else {
            while (end != NULL && end->waited == NULL &&
                   records < FZ_LIMIT_STORE_GROUP_RECORDS &&
                   octets < FZ_LIMIT_STORE_GROUP_OCTETS) {
                records++;
                octets += end->octets;
                end = end->next;
            }
            write_group(w, it, end);
            answer_group(w, it, end);
        }
        it = end;
    }
}

/* ------------------------------------------------------------------ thread */
static void run(void *arg)
{
    FzWriter *w = arg;

    running_here = w;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        FzPending *taken = w->first;

        if (taken == NULL && w->closing)
            break;
        if (taken == NULL) {
            pthread_cond_wait(&w->wake, &w->lock);
            continue;
        }
        w->first = NULL;
        w->last = &w->first;
        pthread_mutex_unlock(&w->lock);
        write_all(w, taken);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    running_here = NULL;
}

static void *run_posix(void *arg)
{
    run(arg);
    return NULL;
}

static FzStatus start(FzWriter *w, const FzDiagSink *sink)
{
    sigset_t all, before;
    int failed;

    if (w->config->thread_start != NULL) {
        w->hosted = w->config->thread_start(run, w);
        failed = w->hosted < 0;
    } else {
        /* signals are for the threads of the program */
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        failed = pthread_create(&w->thread, NULL, run_posix, w);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    if (failed != 0)
        return fz_diag(sink, FZ_E_IO, w->config->path, 0, NULL,
                       "the writer's thread cannot be made");
    return FZ_OK;
}

static void release(FzWriter *w)
{
    w->ops->close(w->backend);
    fz_held_scratch_clear(&w->scratch);
    fz_part_scratch_clear(&w->part_scratch);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->wake);
    pthread_cond_destroy(&w->answered);
    fz_free(w);
}

FzStatus fz_writer_create(const FzStoreConfig *config, const FzBackendOps *ops,
                          const FzSeal *seal, FzBackend *backend,
                          const FzDiagSink *sink, FzWriter **writer_out)
{
    FzWriter *w = fz_calloc(1, sizeof *w);
    FzStatus status;

    w->config = config;
    w->ops = ops;
    w->seal = seal;
    w->last = &w->first;
    w->next_row = 1;
    w->next_part = 1;
    w->next_shadow = 1;
    w->stats.writable = true;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    pthread_cond_init(&w->answered, NULL);
    fz_held_scratch_init(&w->scratch);
    w->backend = backend;
    status = adopt(w, sink);
    if (status == FZ_OK)
        status = start(w, sink);
    if (status != FZ_OK) {
        release(w);
        return status;
    }
    *writer_out = w;
    return FZ_OK;
}

void fz_writer_destroy(FzWriter *w)
{
    if (w == NULL)
        return;
    pthread_mutex_lock(&w->lock);
    w->closing = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    if (w->config->thread_start != NULL)
        w->config->thread_join(w->hosted);
    else
        pthread_join(w->thread, NULL);
    release(w);
}

/* ------------------------------------------------------------------- queue */
/* With the lock held. */
static void enqueue(FzWriter *w, FzPending *it)
{
    it->next = NULL;
    *w->last = it;
    w->last = &it->next;
    pthread_cond_signal(&w->wake);
}

static FzStatus submit(FzWriter *w, const FzPartsChange *change,
                       FzStoreDone done, FzPartsDone parts_done, void *ctx)
{
    uint32_t bound = w->config->queue_records == 0 ? QUEUE_RECORDS
                                                   : w->config->queue_records;
    size_t octets = 0;
    FzStatus status = fz_pending_check(change, &octets);
    FzPending *it;

    if (status != FZ_OK)
        return status;
    it = fz_pending_copy(change, octets);
    it->done = done;
    it->parts_done = parts_done;
    it->ctx = ctx;
    pthread_mutex_lock(&w->lock);
    if (w->closing)
        status = FZ_E_STATE;
    else if (w->waiting >= bound ||
             w->waiting_octets + octets > FZ_LIMIT_STORE_QUEUE_OCTETS)
        status = FZ_E_LIMIT;
    if (status == FZ_OK) {
        w->waiting++;
        w->waiting_octets += octets;
        enqueue(w, it);
    }
    pthread_mutex_unlock(&w->lock);
    if (status != FZ_OK)
        fz_free(it);
    return status;
}

FzStatus fz_writer_submit(FzWriter *w, const FzHeld *held, FzStoreDone done,
                          void *ctx)
{
    return submit(w, &(FzPartsChange){.held = held}, done, NULL, ctx);
}

FzStatus fz_writer_change_parts(FzWriter *w, const FzPartsChange *change,
                                FzPartsDone done, void *ctx)
{
    return submit(w, change, NULL, done, ctx);
}

static FzStatus wait_for(FzWriter *w, FzWaited *request, const FzDiagSink *sink)
{
    FzDiag diag;

    if (running_here == w) { /* from a `done`: nobody else would write it */
        write_waited(w, request);
    } else {
        FzPending *it = fz_calloc(1, sizeof *it);

        it->waited = request;
        pthread_mutex_lock(&w->lock);
        if (w->closing) {
            pthread_mutex_unlock(&w->lock);
            fz_free(it);
            return fz_diag(sink, FZ_E_STATE, w->config->path, 0, NULL,
                           "the store is closing");
        }
        enqueue(w, it);
        while (!request->ready)
            pthread_cond_wait(&w->answered, &w->lock);
        pthread_mutex_unlock(&w->lock);
    }
    if (request->status == FZ_OK)
        return FZ_OK;
    diag = (FzDiag){.code = request->status,
                    .sys_errno = request->trouble.sys_errno,
                    .file = w->config->path,
                    .text = request->trouble.text};
    if (sink != NULL && sink->emit != NULL)
        sink->emit(sink->ctx, &diag);
    return request->status;
}

FzStatus fz_writer_audit(FzWriter *w, int64_t at_ms, const char *actor,
                         const char *act, const char *detail,
                         const FzDiagSink *sink)
{
    FzWaited request = {
        .at_ms = at_ms, .actor = actor, .act = act, .detail = detail};
    size_t octets =
        strlen(actor) + strlen(act) + (detail == NULL ? 0 : strlen(detail));

    if (octets > FZ_LIMIT_AUDIT_OCTETS)
        return fz_diag(sink, FZ_E_LIMIT, w->config->path, 0, NULL,
                       "an audit entry has %u octets at most",
                       FZ_LIMIT_AUDIT_OCTETS);
    return wait_for(w, &request, sink);
}

FzStatus fz_writer_shadow(FzWriter *w, FzShadowChange *change,
                          const FzDiagSink *sink)
{
    FzWaited request = {.shadow = change};

    return wait_for(w, &request, sink);
}

void fz_writer_stats(FzWriter *w, FzStoreStats *stats_out)
{
    pthread_mutex_lock(&w->lock);
    *stats_out = w->stats;
    pthread_mutex_unlock(&w->lock);
}
