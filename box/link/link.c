/* SPDX-License-Identifier: BSD-2-Clause
 *
 * link.c - a link's life, and when it may read
 *
 * The end of a link: when the box sends no more, or the host drains and
 * nothing is in flight, it is `ending`: what plugins have in hand and what
 * bearerbox has not acknowledged is waited for. Then it is `closing`: both
 * write sides are closed and both ends read until they close theirs, so that
 * no unread octet makes the system reset a connection with answers on it.
 * The memory goes when both are closed and the last plugin called back.
 */
#include "config.h"

#include "box/link/link.h"

#include "base/limits.h"

#include <string.h>
#include <unistd.h>

#include "gwlib/gwlib.h"

#define END_MS 10000  /* for what is in flight when a box ends */
#define CLOSE_MS 2000 /* for the peers' closes after ours */

/* --- names --------------------------------------------------------------- */
const char *fz_link_name(const FzLink *link)
{
    return link->name[0] != '\0' ? link->name : link->peer;
}

void fz_link_set_name(FzLink *link, FzSlice boxc_id)
{
    size_t shown = boxc_id.octets < sizeof link->name - 1
                       ? boxc_id.octets
                       : sizeof link->name - 1;

    gw_free(link->boxc_id);
    link->boxc_id = NULL;
    link->name[0] = '\0';
    if (boxc_id.data == NULL)
        return;
    link->boxc_id = gw_malloc(boxc_id.octets + 1);
    memcpy(link->boxc_id, boxc_id.data, boxc_id.octets);
    link->boxc_id[boxc_id.octets] = '\0';
    /* a line break in a name would write log lines of the box's own */
    for (size_t i = 0; i < shown; i++)
        link->name[i] = boxc_id.data[i] > ' ' && boxc_id.data[i] < 0x7F
                            ? (char)boxc_id.data[i]
                            : '?';
    link->name[shown] = '\0';
}

/* Who may be injected to: a box that has made itself known, by name or by a
 * message. */
void fz_link_register(FzLink *link)
{
    if (link->ending || fz_link_is_wap(link))
        return;
    fz_registry_set(link->hub, link->number, link->shard, link->boxc_id,
                    link->box_state == FZ_BOX_OPEN &&
                        link->up_state != FZ_UP_NONE,
                    fz_up_takes_messages(link));
}

/* --- back-pressure ------------------------------------------------------- */
bool fz_link_is_suspended(const FzLink *link)
{
    return link->shard->state == FZ_HUB_SUSPENDED && !link->ending &&
           !link->draining;
}

bool fz_link_is_full(const FzLink *link, FzSide from)
{
    /* Once stopped, reading goes on when half of it is gone, not after each
     * message. */
    bool reads = from == FZ_SIDE_BOX ? link->box.reading : link->up.reading;
    size_t part = reads ? 1 : 2;

    if (fz_link_is_suspended(link))
        return true;
    if (fz_stream_unwritten(&link->box) >
            FZ_LIMIT_BOX_UNWRITTEN_OCTETS / part ||
        fz_stream_unwritten(&link->up) > FZ_LIMIT_BOX_UNWRITTEN_OCTETS / part)
        return true;
    if (link->flight[from].count >= FZ_LIMIT_BOX_FLYING / part ||
        link->queue[from].jobs >= FZ_LIMIT_BOX_WAITING / part)
        return true;
    if (from == FZ_SIDE_BOX && fz_link_is_wap(link) &&
        !fz_up_takes_messages(link))
        return true; /* nobody to pass it to, no way to say so */
    return from == FZ_SIDE_BOX &&
           (link->paced.count >= FZ_LIMIT_BOX_PACED / part ||
            link->identifying > 0);
}

/* While the host holds its breath for an upgrade nothing is read, but for
 * acknowledgements of a plugin's own messages: no other process can tell that
 * plugin of them. */
static bool must_wait(const FzLink *link, FzSide from)
{
    FzSide sent_by = from == FZ_SIDE_BOX ? FZ_SIDE_UP : FZ_SIDE_BOX;

    if (link->shard->holding && link->flight[sent_by].injected == 0)
        return true;
    return !link->closing && fz_link_is_full(link, from);
}

static void regulate(FzLink *link, FzStream *stream, FzSide from)
{
    if (!fz_stream_is_open(stream) || stream->connecting)
        return;
    if (must_wait(link, from)) {
        if (stream->reading)
            fz_stream_set_reading(stream, false);
        return;
    }
    if (stream->reading)
        return;
    fz_stream_set_reading(stream, true);
    if (fz_stream_unread(stream) > 0) {
        fz_stream_resume(stream);
        fz_link_stir(link);
    }
}

void fz_link_regulate(FzLink *link)
{
    regulate(link, &link->box, FZ_SIDE_BOX);
    regulate(link, &link->up, FZ_SIDE_UP);
}

/* --- ending -------------------------------------------------------------- */
/* A bearerbox that takes its time to connect is waited for when messages are
 * in flight to it; a wapbox's are not noted. */
static bool is_idle(const FzLink *link)
{
    return link->queue[FZ_SIDE_BOX].jobs == 0 &&
           link->queue[FZ_SIDE_UP].jobs == 0 &&
           link->flight[FZ_SIDE_BOX].count == 0 &&
           link->flight[FZ_SIDE_UP].count == 0 &&
           !(link->up_state == FZ_UP_CONNECTING && fz_link_is_wap(link));
}

static void forget_mo(FzLink *link)
{
    FzFlying flying;

    fz_judge_forget_waiting(link, FZ_SIDE_UP);
    /* bearerbox gives them to another box when this connection closes */
    while (fz_flight_take_oldest(&link->flight[FZ_SIDE_UP], false, &flying))
        continue;
    while (fz_flight_take_oldest(&link->flight[FZ_SIDE_UP], true, &flying))
        fz_injection_end(flying.injection, FZ_HOST_INJECTED_LOST,
                         ack_failed_tmp);
}

void fz_link_end(FzLink *link)
{
    if (link->ending)
        return;
    link->ending = true;
    fz_registry_remove(link->hub, link->number);
    forget_mo(link);
    fz_relay_flush_paced(link);
    fz_up_give_up(link);
    fz_loop_timer_set(link->loop, &link->end_timer,
                      fz_loop_now_ms(link->loop) + END_MS);
    fz_link_stir(link);
}

static void close_box(FzLink *link)
{
    fz_stream_close(&link->box);
    link->box_state = FZ_BOX_GONE;
    fz_link_stir(link);
}

static void close_up(FzLink *link)
{
    if (!fz_stream_is_open(&link->up))
        return;
    fz_loop_timer_stop(link->loop, &link->up_timer);
    fz_up_lose(link, 0, "the box ended");
}

void fz_link_abort(FzLink *link)
{
    fz_link_end(link);
    link->closing = true;
    if (fz_link_is_wap(link)) {
        if (link->lost == 0)
            link->lost = link->queue[FZ_SIDE_BOX].jobs;
        fz_judge_forget(link, FZ_SIDE_BOX);
    }
    close_box(link);
    close_up(link);
    fz_loop_timer_stop(link->loop, &link->end_timer);
}

static void end_is_due(FzTimer *timer)
{
    FzLink *link = (FzLink *)((char *)timer - offsetof(FzLink, end_timer));

    fz_link_abort(link);
}

static void begin_closing(FzLink *link)
{
    link->closing = true;
    fz_loop_timer_set(link->loop, &link->end_timer,
                      fz_loop_now_ms(link->loop) + CLOSE_MS);
    if (link->up_state == FZ_UP_CONNECTING)
        close_up(link);
    fz_stream_finish(&link->up);
    fz_stream_finish(&link->box);
}

static void settle_ending(FzLink *link)
{
    if (!link->closing && is_idle(link))
        begin_closing(link);
    if (!link->closing)
        return;
    if (link->box_state == FZ_BOX_ENDED && fz_stream_unwritten(&link->box) == 0)
        close_box(link);
}

static void destroy(FzLink *link)
{
    fz_guest_left(link);
    fz_loop_timer_stop(link->loop, &link->end_timer);
    fz_loop_timer_stop(link->loop, &link->up_timer);
    fz_loop_timer_stop(link->loop, &link->idle_timer);
    fz_relay_flush_paced(link);
    if (link->lost > 0)
        warning(0,
                "fanzhabox: %zu messages of the wapbox at %s are lost: "
                "bearerbox was away, or they were deferred, to the end.",
                link->lost, link->peer);
    if (link->unmatched > 0)
        warning(0,
                "fanzhabox: %llu acknowledgements on the connection of box "
                "`%s' answered nothing in flight.",
                (unsigned long long)link->unmatched, fz_link_name(link));
    if (link->previous != NULL)
        link->previous->next = link->next;
    else
        link->shard->links = link->next;
    if (link->next != NULL)
        link->next->previous = link->previous;
    atomic_fetch_sub(&link->shard->link_count, 1);
    for (int side = 0; side < FZ_SIDES; side++)
        fz_flight_clear(&link->flight[side]);
    fz_judge_clear(link);
    gw_free(link->identify);
    gw_free(link->boxc_id);
    gw_free(link);
}

/* --- each turn ----------------------------------------------------------- */
static void settle(FzTask *task)
{
    FzLink *link = (FzLink *)((char *)task - offsetof(FzLink, settle));

    fz_stream_flush(&link->box);
    fz_stream_flush(&link->up);
    fz_up_settle(link);
    if (link->own)
        fz_own_settle(link);
    if (link->draining && !link->ending && is_idle(link))
        fz_link_end(link);
    if (link->ending)
        settle_ending(link);
    if (link->ending && link->box_state == FZ_BOX_GONE &&
        !fz_stream_is_open(&link->up) && link->queue[FZ_SIDE_BOX].jobs == 0 &&
        link->queue[FZ_SIDE_UP].jobs == 0 && !task->queued) {
        destroy(link);
        return;
    }
    fz_link_regulate(link);
}

void fz_link_stir(FzLink *link)
{
    fz_loop_task(link->loop, &link->settle);
}

/* --- the box's connection ------------------------------------------------ */
static void box_ended(FzStream *box, FzStreamEnd end, int sys_errno,
                      const char *why)
{
    FzLink *link = (FzLink *)((char *)box - offsetof(FzLink, box));

    switch (end) {
    case FZ_STREAM_EOF:
        link->box_state = FZ_BOX_ENDED;
        break;
    case FZ_STREAM_NONSENSE:
        FZ_BOX_COUNT(link->shard->counters.nonsense);
        warning(0, "fanzhabox: Box `%s': %s; its connection is closed.",
                fz_link_name(link), why);
        close_box(link);
        break;
    case FZ_STREAM_NO_TLS:
        FZ_BOX_COUNT(link->shard->counters.nonsense);
        warning(0, "fanzhabox: Box at %s: %s; its connection is closed.",
                link->peer, why);
        close_box(link);
        break;
    case FZ_STREAM_BROKEN:
        close_box(link);
        break;
    }
    if (!link->ending && link->identified)
        info(sys_errno, "fanzhabox: The connection of box `%s' has ended: %s.",
             fz_link_name(link), why);
    fz_link_end(link);
}

static void box_stirred(FzStream *box)
{
    fz_link_stir((FzLink *)((char *)box - offsetof(FzLink, box)));
}

/* It is there, with TLS when that is wanted. */
static void box_connected(FzStream *box, int sys_errno)
{
    FzLink *link = (FzLink *)((char *)box - offsetof(FzLink, box));

    (void)sys_errno; /* 0: it came by itself */
    if (!fz_link_is_wap(link))
        return; /* an smsbox says who it is */
    if (!fz_guest_is_box(link))
        return;
    strcpy(link->name, "wapbox");
    link->identified = true;
    info(0, "fanzhabox: A wapbox has connected from %s.", link->peer);
    fz_up_open(link);
}

static const FzStreamUser box_user = {
    .frame = fz_relay_from_box,
    .ended = box_ended,
    .connected = box_connected,
    .stirred = box_stirred,
};

FzLink *fz_link_make(const FzPort *port, FzShard *shard, uint64_t number,
                     const char *peer)
{
    FzLink *link = gw_malloc(sizeof *link);
    FzHub *hub = port->hub;

    memset(link, 0, sizeof *link);
    link->hub = hub;
    link->port = port;
    link->shard = shard;
    link->loop = shard->loop;
    link->number = number;
    strncpy(link->peer, peer, sizeof link->peer - 1);
    link->settle.run = settle;
    link->end_timer.fire = end_is_due;
    fz_relay_init_paced(link);
    for (int side = 0; side < FZ_SIDES; side++)
        fz_flight_init(&link->flight[side], fz_loop_crowd(link->loop));
    fz_stream_init(&link->box, link->loop, &box_user);
    fz_stream_use_tls(&link->box, port->tls);
    fz_up_init(link);
    link->next = shard->links;
    if (link->next != NULL)
        link->next->previous = link;
    shard->links = link;
    return link;
}

void fz_link_open(const FzPort *port, FzShard *shard, int fd, const char *peer)
{
    FzLink *link = fz_link_make(
        port, shard, atomic_fetch_add(&port->hub->last_number, 1) + 1, peer);

    FZ_BOX_COUNT(shard->counters.accepted);
    fz_stream_open(&link->box, fd);
    debug("fanzha.box", 0, "fanzhabox: A box has connected from %s.", peer);
    fz_guest_came(link);
    if (port->tls == NULL && !link->ending)
        box_connected(&link->box, 0);
    if (shard->state == FZ_HUB_DRAINING)
        fz_link_drain(link);
    fz_link_regulate(link); /* a suspended host does not read it yet */
}

bool fz_link_inject(FzLink *link, FzSide as_from, const uint8_t *id,
                    int32_t time, const uint8_t *frame, size_t octets,
                    FzInjection *injection)
{
    if (link->ending || fz_link_is_suspended(link) ||
        (as_from == FZ_SIDE_BOX ? !fz_up_takes_messages(link)
                                : link->box_state != FZ_BOX_OPEN))
        return false;
    memcpy(
        fz_stream_put(as_from == FZ_SIDE_BOX ? &link->up : &link->box, octets),
        frame, octets);
    fz_flight_add(&link->flight[as_from], id, time, id, time, injection);
    fz_link_stir(link);
    return true;
}

void fz_link_follow_state(FzLink *link)
{
    if (link->shard->state != FZ_HUB_SUSPENDED) {
        fz_judge_go_on(link);
        fz_relay_go_on_paced(link);
    }
    fz_link_stir(link);
}

void fz_link_drain(FzLink *link)
{
    if (link->draining)
        return;
    link->draining = true;
    fz_relay_flush_paced(link);
    fz_judge_forget_waiting(link, FZ_SIDE_UP);
    fz_judge_go_on(link); /* what a suspension had stopped */
    fz_up_give_up(link);
    fz_link_stir(link);
}
