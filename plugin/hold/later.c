/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/hold/later.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "plugin/hold/mark.h"
#include "plugin/hold/report.h"
#include "plugin/msg.h"

#include <pthread.h>
#include <string.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define CHAINS 16384
#define TELL_MS                                                                \
    60000 /* the log of those that are given up, at most so often              \
           */
/* One commit tells so many parts, and no more once the reports for them are so
 * large: with one more, as large as can be, it is still one that the store
 * takes. Those behind are told with the next. */
#define BATCH FZ_LIMIT_PARTS
#define BATCH_OCTETS (FZ_LIMIT_HELD_OCTETS / 4)

typedef struct Waiting {
    int64_t row;
    FzBuf packed; /* the part, without its text */
    char *box;    /* NULL: no name */
    long mask;
    bool told; /* this report; or its commit is under way */
    bool over; /* once it has been told: nothing follows for it */
} Waiting;

typedef struct After {
    struct After *next;
    PluginBoxMsg *m;
} After;

/* One rewritten message. */
struct FzAwaited {
    FzAwaited *next_in_chain;
    FzAwaited *older, *newer;
    uint8_t id[FZ_MARK_ID_OCTETS];
    int64_t since_ms;
    Waiting *part;
    size_t count;
    bool busy;            /* a report on it is being committed: it stays */
    After *after, **last; /* reports that came meanwhile */
};

struct FzLater {
    FzPlugin *plugin;
    FzLeave *leave;
    int64_t wait_ms;
    size_t most;
    pthread_mutex_t turn; /* of all below */
    FzAwaited *chain[CHAINS];
    FzAwaited *oldest, *newest; /* by since_ms */
    size_t parts;
    size_t octets; /* of these, packed */
    size_t untold; /* given up, not yet in the log */
    int64_t told_ms;
};

/* A report on its way through a commit. */
typedef struct Telling {
    FzLater *await;
    FzAwaited *whole;
    PluginBoxMsg *m;
    size_t count, octets;
    Msg *msg[BATCH]; /* the copies; owned */
    char *box[BATCH];
    Octstr *packed[BATCH];
    int64_t over[BATCH]; /* rows */
    size_t over_count;
    bool more; /* parts are left for the next commit */
} Telling;

/* ------------------------------------------------------------------- wholes */
FzAwaited *fz_awaited_create(const Msg *whole, int64_t now_ms)
{
    FzAwaited *it = fz_calloc(1, sizeof *it);
    int64_t deferred_ms = (int64_t)whole->sms.deferred * 1000;

    fz_mark_make_id(it->id);
    /* it is not sent before */
    it->since_ms = deferred_ms > now_ms ? deferred_ms : now_ms;
    it->last = &it->after;
    return it;
}

static void waiting_clear(Waiting *part)
{
    fz_buf_clear(&part->packed);
    fz_free(part->box);
}

void fz_awaited_destroy(FzAwaited *it)
{
    if (it == NULL)
        return;
    for (size_t i = 0; i < it->count; i++)
        waiting_clear(&it->part[i]);
    fz_free(it->part);
    fz_free(it);
}

static Waiting *one_more(FzAwaited *it)
{
    it->part = fz_realloc_array(it->part, it->count + 1, sizeof *it->part);
    it->part[it->count] = (Waiting){.packed = FZ_BUF_INIT};
    return &it->part[it->count++];
}

void fz_awaited_add(FzAwaited *it, const Msg *part, const char *box)
{
    Msg *copy = msg_duplicate((Msg *)part);
    Waiting *waiting = one_more(it);
    Octstr *packed;

    octstr_destroy(copy->sms.msgdata);
    octstr_destroy(copy->sms.udhdata);
    copy->sms.msgdata = copy->sms.udhdata = NULL;
    packed = msg_pack(copy);
    msg_destroy(copy);
    fz_buf_append_slice(&waiting->packed, fz_msg_slice(packed));
    octstr_destroy(packed);
    box = fz_report_box(part, box);
    waiting->box = box == NULL ? NULL : fz_strdup(box);
    waiting->mask = part->sms.dlr_mask;
}

const uint8_t *fz_awaited_id(const FzAwaited *it)
{
    return it->id;
}

size_t fz_awaited_count(const FzAwaited *it)
{
    return it == NULL ? 0 : it->count;
}

FzPart fz_awaited_part(const FzAwaited *it, size_t at)
{
    return (FzPart){
        .received_ms = it->since_ms,
        .state = FZ_PART_AWAITING,
        .box = fz_slice_of(it->part[at].box),
        .packed = fz_buf_slice(&it->part[at].packed),
        .note = fz_slice(it->id, sizeof it->id),
    };
}

/* -------------------------------------------------------------------- index */
/* With the lock held, as all here. */
static FzAwaited **place_of(FzLater *await, const uint8_t *id)
{
    uint32_t hash;
    FzAwaited **place;

    memcpy(&hash, id, sizeof hash); /* ids are random */
    place = &await->chain[hash % CHAINS];
    while (*place != NULL && memcmp((*place)->id, id, FZ_MARK_ID_OCTETS) != 0)
        place = &(*place)->next_in_chain;
    return place;
}

static void list_in(FzLater *await, FzAwaited *it)
{
    FzAwaited *before = await->newest;

    while (before != NULL && before->since_ms > it->since_ms)
        before = before->older;
    it->older = before;
    it->newer = before == NULL ? await->oldest : before->newer;
    *(it->older == NULL ? &await->oldest : &it->older->newer) = it;
    *(it->newer == NULL ? &await->newest : &it->newer->older) = it;
}

static void take_out(FzLater *await, FzAwaited *it)
{
    *place_of(await, it->id) = it->next_in_chain;
    *(it->older == NULL ? &await->oldest : &it->older->newer) = it->newer;
    *(it->newer == NULL ? &await->newest : &it->newer->older) = it->older;
}

static size_t octets_of(const FzAwaited *it)
{
    size_t octets = 0;

    for (size_t i = 0; i < it->count; i++)
        octets += fz_buf_slice(&it->part[i].packed).octets;
    return octets;
}

static void put_in(FzLater *await, FzAwaited *it)
{
    FzAwaited **place = place_of(await, it->id);

    it->next_in_chain = NULL;
    *place = it;
    list_in(await, it);
}

static void forgotten(void *ctx, FzStatus status, const int64_t *part_rows,
                      int64_t held_row)
{
    /* rows that stay are given up anew after a restart */
    (void)ctx, (void)status, (void)part_rows, (void)held_row;
}

static void give_up(FzLater *await, FzAwaited *it)
{
    FzPlugin *plugin = await->plugin;
    int64_t rows[FZ_LIMIT_STORE_CHANGE_PARTS];
    FzPartsChange change = {.remove = rows};

    take_out(await, it);
    await->parts -= it->count;
    await->octets -= octets_of(it);
    await->untold += it->count;
    for (size_t i = 0; i < it->count; i++) {
        fz_count(&plugin->counters.reports_unheard);
        rows[change.remove_count++] = it->part[i].row;
        if (change.remove_count < FZ_LIMIT_STORE_CHANGE_PARTS &&
            i + 1 < it->count)
            continue;
        if (fz_store_change_parts(plugin->store, &change, forgotten, NULL) !=
            FZ_OK)
            forgotten(NULL, FZ_E_LIMIT, NULL, 0);
        change.remove_count = 0;
    }
    fz_awaited_destroy(it);
}

/* The oldest make room; one whose report is being committed is over anyway. */
static void make_room(FzLater *await)
{
    FzAwaited *it = await->oldest;

    while (it != NULL && (await->parts > await->most ||
                          await->octets > FZ_LIMIT_AWAITED_OCTETS)) {
        FzAwaited *newer = it->newer;

        if (!it->busy)
            give_up(await, it);
        it = newer;
    }
}

void fz_later_take(FzLater *await, FzAwaited *it, const int64_t *rows)
{
    FzAwaited *known;

    if (it == NULL)
        return;
    for (size_t i = 0; i < it->count; i++)
        it->part[i].row = rows[i];
    pthread_mutex_lock(&await->turn);
    await->parts += it->count;
    await->octets += octets_of(it);
    known = *place_of(await, it->id);
    if (known == NULL) {
        put_in(await, it);
    } else {
        for (size_t i = 0; i < it->count; i++)
            *one_more(known) = it->part[i];
        it->count = 0;
        fz_awaited_destroy(it);
    }
    make_room(await);
    pthread_mutex_unlock(&await->turn);
}

/* ------------------------------------------------------------------ answers */
static void pass_on(FzPlugin *plugin, PluginBoxMsg *m)
{
    long type = m->msg->sms.dlr_mask;
    FzMark mark;

    fz_count(&plugin->counters.reports);
    m->status = PLUGINBOX_MESSAGE_OK;
    if (fz_mark_read(m->msg, &mark)) {
        fz_mark_remove(m->msg, &mark);
        /* others asked for it, the first part did not */
        if ((type & mark.mask) == 0)
            m->status = PLUGINBOX_MESSAGE_DROP;
    }
    m->callback(m);
}

/* Not committed: it comes again. */
static void put_off(FzPlugin *plugin, PluginBoxMsg *m)
{
    fz_count(
        &plugin->counters.failure[FZ_FAILURE_STORE_FAILED][FZ_DIRECTION_MO]);
    if ((plugin->host.can & FZ_HOST_CAN_DEFER) == 0) {
        pass_on(plugin, m);
        return;
    }
    m->status = FZBOX_STATUS_DEFER;
    m->callback(m);
}

/* --- one report ------------------------------------------------------------
 */
static void telling_destroy(Telling *it)
{
    for (size_t i = 0; i < it->count; i++) {
        msg_destroy(it->msg[i]);
        octstr_destroy(it->packed[i]);
        fz_free(it->box[i]);
    }
    fz_free(it);
}

static Msg *unpack(FzSlice packed)
{
    Octstr *octets =
        octstr_create_from_data((const char *)packed.data, (long)packed.octets);
    Msg *msg = msg_unpack(octets);

    octstr_destroy(octets);
    if (msg == NULL || msg_type(msg) == sms)
        return msg;
    msg_destroy(msg);
    return NULL;
}

static void copy_for(Telling *it, const Waiting *waiting)
{
    Msg *part = unpack(fz_buf_slice(&waiting->packed));

    if (part == NULL)
        return;
    it->msg[it->count] = fz_mark_copy(it->m->msg, part);
    it->packed[it->count] = msg_pack(it->msg[it->count]);
    it->octets += (size_t)octstr_len(it->packed[it->count]);
    it->box[it->count] = waiting->box == NULL ? NULL : fz_strdup(waiting->box);
    it->count++;
    msg_destroy(part);
}

static bool is_full(const Telling *it)
{
    return it->count == BATCH || it->over_count == BATCH ||
           it->octets >= BATCH_OCTETS;
}

static void plan(Telling *it)
{
    const FzAwaited *whole = it->whole;
    long type = it->m->msg->sms.dlr_mask;

    for (size_t i = 0; i < whole->count; i++) {
        Waiting *waiting = &whole->part[i];

        if (waiting->told)
            continue;
        if (is_full(it)) {
            it->more = true;
            return;
        }
        waiting->told = true;
        if ((waiting->mask & type) != 0)
            copy_for(it, waiting);
        /* it has heard all that it asked for, or will hear nothing more */
        waiting->over = fz_mark_is_final(type) || (waiting->mask & ~type) == 0;
        if (waiting->over)
            it->over[it->over_count++] = waiting->row;
    }
}

/* With the lock held: a report on `whole` comes, and nobody has heard it. */
static void begin(FzAwaited *whole)
{
    whole->busy = true;
    for (size_t i = 0; i < whole->count; i++)
        whole->part[i].told = whole->part[i].over = false;
}

static void drop_those_over(FzLater *await, FzAwaited *whole)
{
    size_t left = 0;

    for (size_t i = 0; i < whole->count; i++) {
        Waiting *part = &whole->part[i];

        if (part->over) {
            await->octets -= fz_buf_slice(&part->packed).octets;
            waiting_clear(part);
        } else {
            whole->part[left++] = *part;
        }
    }
    await->parts -= whole->count - left;
    whole->count = left;
}

static void send_copies(Telling *it, const int64_t *rows)
{
    FzLater *await = it->await;
    int64_t now_ms = fz_clock_wall_ms();

    for (size_t i = 0; i < it->count; i++) {
        FzLeaving *leaving = fz_leaving_create(FZ_LEAVING_REPORT, now_ms);

        fz_leaving_add(leaving, rows[i], it->msg[i], it->box[i]);
        it->msg[i] = NULL;
        fz_leave_go(await->leave, leaving);
        fz_count(&await->plugin->counters.reports_shared);
    }
}

/* The next one that came meanwhile; NULL: `whole` is nobody's again, and may be
 * gone. */
static PluginBoxMsg *next_of(FzLater *await, FzAwaited *whole)
{
    PluginBoxMsg *m = NULL;
    After *after;

    pthread_mutex_lock(&await->turn);
    after = whole->after;
    if (after != NULL) {
        m = after->m;
        whole->after = after->next;
        if (whole->after == NULL)
            whole->last = &whole->after;
        fz_free(after);
        begin(whole);
    } else {
        whole->busy = false;
        if (whole->count == 0) {
            take_out(await, whole);
            fz_awaited_destroy(whole);
        }
    }
    pthread_mutex_unlock(&await->turn);
    return m;
}

static void told(void *ctx, FzStatus status, const int64_t *part_rows,
                 int64_t held_row);

/* `whole` is busy, and ours. True: the store has it, and told() goes on. */
static bool tell(FzLater *await, FzAwaited *whole, PluginBoxMsg *m)
{
    FzPart add[BATCH];
    FzPartsChange change = {.add = add};
    Telling *it = fz_calloc(1, sizeof *it);
    FzStatus status;

    it->await = await;
    it->whole = whole;
    it->m = m;
    pthread_mutex_lock(&await->turn);
    plan(it);
    pthread_mutex_unlock(&await->turn);
    for (size_t i = 0; i < it->count; i++)
        add[i] = (FzPart){
            .received_ms = fz_clock_wall_ms(),
            .state = FZ_PART_REPORT,
            .box = fz_slice_of(it->box[i]),
            .packed = fz_msg_slice(it->packed[i]),
        };
    change.add_count = it->count;
    change.remove = it->over;
    change.remove_count = it->over_count;
    if (it->count == 0 && it->over_count == 0) {
        telling_destroy(it);
        pass_on(await->plugin, m);
        return false;
    }
    status = fz_store_change_parts(await->plugin->store, &change, told, it);
    if (status == FZ_OK)
        return true;
    telling_destroy(it);
    put_off(await->plugin, m);
    return false;
}

static void serve(FzLater *await, FzAwaited *whole, PluginBoxMsg *m)
{
    while (m != NULL && !tell(await, whole, m))
        m = next_of(await, whole);
}

/* On the store's writer thread. */
static void told(void *ctx, FzStatus status, const int64_t *part_rows,
                 int64_t held_row)
{
    Telling *it = ctx;
    FzLater *await = it->await;
    FzAwaited *whole = it->whole;
    PluginBoxMsg *m = it->m;
    bool more = it->more;

    (void)held_row;
    if (status == FZ_OK) {
        send_copies(it, part_rows);
        pthread_mutex_lock(&await->turn);
        drop_those_over(await, whole);
        pthread_mutex_unlock(&await->turn);
    }
    telling_destroy(it);
    if (status == FZ_OK && more) {
        serve(await, whole, m);
        return;
    }
    if (status == FZ_OK)
        pass_on(await->plugin, m);
    else
        put_off(await->plugin, m);
    serve(await, whole, next_of(await, whole));
}

void fz_later_report(FzPlugin *plugin, FzLater *await, PluginBoxMsg *m)
{
    FzAwaited *whole = NULL;
    FzMark mark;
    bool waits = false;

    if (await != NULL && fz_mark_read(m->msg, &mark)) {
        pthread_mutex_lock(&await->turn);
        whole = *place_of(await, mark.id);
        waits = whole != NULL && whole->busy;
        if (waits) {
            After *after = fz_calloc(1, sizeof *after);

            after->m = m;
            *whole->last = after;
            whole->last = &after->next;
        } else if (whole != NULL) {
            begin(whole);
        }
        pthread_mutex_unlock(&await->turn);
    }
    if (whole == NULL)
        pass_on(plugin, m);
    else if (!waits)
        serve(await, whole, m);
}

/* --------------------------------------------------------------------- life */
bool fz_later_load(FzLater *await, int64_t row, const FzPart *part)
{
    Msg *msg = unpack(part->packed);
    FzAwaited *it;
    Waiting *waiting;

    if (msg == NULL || part->note.octets != FZ_MARK_ID_OCTETS) {
        msg_destroy(msg);
        return false;
    }
    pthread_mutex_lock(&await->turn);
    it = *place_of(await, part->note.data);
    if (it == NULL) {
        it = fz_calloc(1, sizeof *it);
        memcpy(it->id, part->note.data, sizeof it->id);
        it->since_ms = part->received_ms;
        it->last = &it->after;
        put_in(await, it);
    }
    waiting = one_more(it);
    waiting->row = row;
    waiting->mask = msg->sms.dlr_mask;
    fz_buf_append_slice(&waiting->packed, part->packed);
    waiting->box = part->box.data == NULL
                       ? NULL
                       : fz_strndup(part->box.data, part->box.octets);
    await->parts++;
    await->octets += part->packed.octets;
    pthread_mutex_unlock(&await->turn);
    msg_destroy(msg);
    return true;
}

void fz_later_look(FzLater *await, int64_t now_ms)
{
    size_t untold = 0;

    pthread_mutex_lock(&await->turn);
    make_room(await);
    for (FzAwaited *it = await->oldest, *newer;
         it != NULL && it->since_ms + await->wait_ms <= now_ms; it = newer) {
        newer = it->newer;
        if (!it->busy)
            give_up(await, it);
    }
    if (await->untold > 0 &&
        (now_ms >= await->told_ms + TELL_MS || now_ms < await->told_ms)) {
        untold = await->untold;
        await->untold = 0;
        await->told_ms = now_ms;
    }
    pthread_mutex_unlock(&await->turn);
    if (untold > 0)
        warning(0,
                "fanzha: No report came for the messages that %lu parts left "
                "in, or more parts waited for one than may: their senders "
                "hear nothing more.",
                (unsigned long)untold);
}

size_t fz_later_parts(FzLater *await)
{
    size_t parts;

    pthread_mutex_lock(&await->turn);
    parts = await->parts;
    pthread_mutex_unlock(&await->turn);
    return parts;
}

FzLater *fz_later_create(FzPlugin *plugin, FzLeave *leave)
{
    FzLater *await = fz_calloc(1, sizeof *await);

    await->plugin = plugin;
    await->leave = leave;
    await->wait_ms = plugin->config->assembly.report_wait_ms;
    await->most = (size_t)plugin->config->assembly.max_reports;
    pthread_mutex_init(&await->turn, NULL);
    return await;
}

void fz_later_destroy(FzLater *await)
{
    if (await == NULL)
        return;
    while (await->oldest != NULL) {
        FzAwaited *it = await->oldest;

        take_out(await, it);
        fz_awaited_destroy(it);
    }
    pthread_mutex_destroy(&await->turn);
    fz_free(await);
}
