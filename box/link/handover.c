/* SPDX-License-Identifier: BSD-2-Clause
 *
 * handover.c - every connection as it stands, for the process that comes, and
 * what that one makes of it
 *
 * A message in flight needs no waiting for: its acknowledgement comes to
 * whoever reads the connection then, and finds the entry that goes with it.
 * Only what a plugin has in its hands, or waits for, cannot be written down.
 * docs/upgrade.md tells the whole.
 */
#include "config.h"

#include "box/link/link.h"

#include "base/clock.h"
#include "box/link/door.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gwlib/gwlib.h"

#define LOOK_MS 2            /* between two looks whether plugins are done */
#define RESTORED_END_MS 2000 /* for a link that ends, when none was told */

/* --- holding ------------------------------------------------------------- */
static void hold_shard(FzPost *post)
{
    FzShard *shard = ((FzOrder *)post)->shard;

    gw_free(post);
    shard->holding = true;
    for (size_t i = 0; shard == &shard->hub->shard[0] && i < FZ_PORTS; i++)
        fz_door_pause(&shard->hub->port[i]);
    for (FzLink *link = shard->links; link != NULL; link = link->next)
        fz_link_regulate(link);
}

static void release_shard(FzPost *post)
{
    FzShard *shard = ((FzOrder *)post)->shard;

    gw_free(post);
    shard->holding = false;
    for (size_t i = 0; shard == &shard->hub->shard[0] && i < FZ_PORTS; i++)
        fz_door_start(&shard->hub->port[i]);
    for (FzLink *link = shard->links; link != NULL; link = link->next) {
        fz_judge_go_on(link);
        fz_link_stir(link);
    }
}

static void look(FzPost *post)
{
    FzShard *shard = ((FzOrder *)post)->shard;
    size_t in_hand = 0, injected = 0;

    gw_free(post);
    for (const FzLink *link = shard->links; link != NULL; link = link->next) {
        in_hand += fz_judge_in_hand(link);
        for (int side = 0; side < FZ_SIDES; side++)
            injected += link->flight[side].injected;
    }
    atomic_store(&shard->in_hand, in_hand);
    atomic_store(&shard->injected, injected);
    atomic_fetch_add(&shard->looks, 1);
}

static void forget_injections_of(FzLink *link)
{
    FzFlying flying;

    for (int side = 0; side < FZ_SIDES; side++)
        while (fz_flight_take_oldest(&link->flight[side], true, &flying))
            fz_injection_end(flying.injection, FZ_HOST_INJECTED_LOST,
                             ack_failed_tmp);
}

static void forget_injections(FzPost *post)
{
    FzShard *shard = ((FzOrder *)post)->shard;

    gw_free(post);
    for (FzLink *link = shard->links; link != NULL; link = link->next) {
        forget_injections_of(link);
        fz_link_regulate(link);
    }
}

/* Have every shard look in this way; false when one does not in time. */
static bool order_look(FzHub *hub, void (*run)(FzPost *post), int64_t until_ms)
{
    for (size_t i = 0; i < hub->shards; i++)
        hub->shard[i].looked = atomic_load(&hub->shard[i].looks);
    fz_hub_order(hub, run);
    for (size_t i = 0; i < hub->shards; i++)
        while (atomic_load(&hub->shard[i].looks) == hub->shard[i].looked) {
            if (fz_clock_monotonic_ms() >= until_ms)
                return false;
            usleep(LOOK_MS * 1000 / 4);
        }
    return true;
}

static bool look_at_all(FzHub *hub, int64_t until_ms, size_t *in_hand_out,
                        size_t *injected_out)
{
    if (!order_look(hub, look, until_ms))
        return false;
    *in_hand_out = *injected_out = 0;
    for (size_t i = 0; i < hub->shards; i++) {
        *in_hand_out += atomic_load(&hub->shard[i].in_hand);
        *injected_out += atomic_load(&hub->shard[i].injected);
    }
    return true;
}

FzHeld fz_hub_hold(FzHub *hub, int64_t patience_ms)
{
    int64_t until = fz_clock_monotonic_ms() + patience_ms;
    size_t in_hand = 1, injected = 1;

    fz_registry_hold(hub, true);
    fz_hub_order(hub, hold_shard);
    for (;;) {
        if (!look_at_all(hub, until, &in_hand, &injected))
            return FZ_HELD_BY_PLUGIN;
        if (in_hand == 0 && injected == 0)
            return FZ_HELD;
        if (fz_clock_monotonic_ms() >= until)
            break;
        usleep(LOOK_MS * 1000);
    }
    if (in_hand > 0)
        return FZ_HELD_BY_PLUGIN;
    /* as when a connection is lost: the plugin sends them again */
    fz_hub_order(hub, forget_injections);
    return FZ_HELD;
}

void fz_hub_release(FzHub *hub)
{
    fz_registry_hold(hub, false);
    fz_hub_order(hub, release_shard);
}

void fz_hub_freeze(FzHub *hub)
{
    fz_hub_stop(hub);
    for (size_t i = 0; i < hub->shards; i++)
        fz_loop_finish(hub->shard[i].loop);
}

/* --- writing down -------------------------------------------------------- */
static int64_t due_of(const FzTimer *timer)
{
    return timer->slot == 0 ? FZ_STATE_NO_TIME : timer->due_ms;
}

static void save_flight(const FzFlight *flight, FzBuf *list)
{
    for (const FzFlying *f = fz_flight_next(flight, NULL); f != NULL;
         f = fz_flight_next(flight, f)) {
        FzStateFlying state = {.time = f->time, .its_time = f->its_time};

        memcpy(state.id, f->id, sizeof state.id);
        memcpy(state.its_id, f->its_id, sizeof state.its_id);
        fz_state_put_flying(list, &state);
    }
}

static void save_link(const FzLink *link, FzBuf *links)
{
    FzBuf flying[FZ_SIDES] = {FZ_BUF_INIT, FZ_BUF_INIT};
    FzBuf jobs[FZ_SIDES] = {FZ_BUF_INIT, FZ_BUF_INIT};
    FzBuf paced = FZ_BUF_INIT;
    FzStateLink state = {
        .peer = fz_slice_of(link->peer),
        .boxc_id = fz_slice_of(link->boxc_id),
        .identify = {link->identify,
                     link->identify == NULL ? 0 : link->identify_octets},
        .flags = (link->identified ? FZ_STATE_IDENTIFIED : 0) |
                 (link->ending ? FZ_STATE_ENDING : 0) |
                 (link->closing ? FZ_STATE_CLOSING : 0) |
                 (link->up_lost ? FZ_STATE_UP_LOST : 0) |
                 (fz_up_has_farewell(link) ? FZ_STATE_FAREWELL : 0),
        .port = (uint32_t)link->port->kind,
        .box_state = (uint32_t)link->box_state,
        .up_state = (uint32_t)link->up_state,
        .up_tries = link->up_tries,
        .up_since_ms = link->up_since_ms,
        .up_due_ms = due_of(&link->up_timer),
        .end_due_ms = due_of(&link->end_timer),
    };

    if (link->up_state == FZ_UP_WAITING) {
        /* turns are given out anew */
        state.up_state = FZ_UP_AWAY;
        state.up_due_ms = fz_clock_monotonic_ms();
    }
    fz_stream_describe(&link->box, &state.box);
    fz_stream_describe(&link->up, &state.up);
    for (int side = 0; side < FZ_SIDES; side++) {
        save_flight(&link->flight[side], &flying[side]);
        fz_judge_save(link, (FzSide)side, &jobs[side]);
        state.flying[side] = fz_buf_slice(&flying[side]);
        state.jobs[side] = fz_buf_slice(&jobs[side]);
    }
    fz_relay_save_paced(link, &paced);
    state.paced = fz_buf_slice(&paced);
    fz_state_put_link(links, &state);
    for (int side = 0; side < FZ_SIDES; side++) {
        fz_buf_clear(&flying[side]);
        fz_buf_clear(&jobs[side]);
    }
    fz_buf_clear(&paced);
}

static void measure(FzPost *post)
{
    FzShard *shard = ((FzOrder *)post)->shard;
    FzBuf one = FZ_BUF_INIT;
    size_t octets = 0;

    gw_free(post);
    for (const FzLink *link = shard->links; link != NULL; link = link->next) {
        save_link(link, &one);
        octets += one.octets;
        one.octets = 0;
    }
    fz_buf_clear(&one);
    atomic_store(&shard->state_octets, octets);
    atomic_fetch_add(&shard->looks, 1);
}

bool fz_hub_measure(FzHub *hub, int64_t patience_ms, size_t *links_out,
                    size_t *octets_out)
{
    if (!order_look(hub, measure, fz_clock_monotonic_ms() + patience_ms))
        return false;
    *links_out = *octets_out = 0;
    for (size_t i = 0; i < hub->shards; i++) {
        *links_out += atomic_load(&hub->shard[i].link_count);
        *octets_out += atomic_load(&hub->shard[i].state_octets);
    }
    return true;
}

/* Without a connection there is nothing to hand over; but a wapbox does not
 * send again what it has sent: that is seen through, as when it ends. */
static bool goes_on(FzLink *link)
{
    if (link->port->tls == NULL)
        return fz_stream_is_open(&link->box) || fz_stream_is_open(&link->up);
    if (!fz_link_is_wap(link) || link->queue[FZ_SIDE_BOX].jobs == 0)
        return false;
    fz_stream_close(&link->box);
    link->box_state = FZ_BOX_GONE;
    link->ending = true;
    return true;
}

void fz_hub_save(FzHub *hub, FzState *state, FzBuf *listeners, FzBuf *links)
{
    state->hub = (uint32_t)fz_hub_state(hub);
    for (size_t i = 0; i < FZ_PORTS; i++) {
        const FzPort *port = &hub->port[i];
        FzStateFile file = {fz_slice_of(port->name), port->listener.fd};

        if (port->fronted && file.fd >= 0)
            fz_state_put_file(listeners, &file);
    }
    for (size_t i = 0; i < hub->shards; i++)
        for (FzLink *link = hub->shard[i].links; link != NULL;
             link = link->next) {
            if (link->port->up_tls != NULL && fz_stream_is_open(&link->up))
                fz_up_lose(link, 0, "TLS cannot be handed over");
            if (link->port->tls != NULL && fz_stream_is_open(&link->box))
                info(0,
                     "fanzhabox: The connection of box `%s' at %s ends with "
                     "the upgrade: TLS cannot be handed over.",
                     fz_link_name(link), link->peer);
            /* what our own one carried has ended: it ends with us */
            if (link->own || !goes_on(link))
                continue;
            save_link(link, links);
            state->links++;
        }
    state->listeners = fz_buf_slice(listeners);
    state->rest = fz_buf_slice(links);
}

/* --- taking up ----------------------------------------------------------- */
typedef struct Restore {
    FzPost post; /* first */
    FzHub *hub;
    FzShard *shard;
    const FzStateLink *state;
    _Atomic size_t *done;
} Restore;

static void restore_flight(FzFlight *flight, FzSlice list)
{
    FzStateFlying state;

    while (fz_state_next_flying(&list, &state))
        fz_flight_add(flight, state.id, state.time, state.its_id,
                      state.its_time, NULL);
}

static void restore_timer(FzLoop *loop, FzTimer *timer, int64_t due_ms)
{
    if (due_ms != FZ_STATE_NO_TIME)
        fz_loop_timer_set(loop, timer, due_ms);
}

static void restore_link(FzLink *link, const FzStateLink *state)
{
    FzSlice jobs;
    FzStateJob job;

    fz_link_set_name(link, state->boxc_id);
    if (state->identify.data != NULL) {
        link->identify_octets = state->identify.octets;
        link->identify = gw_malloc(link->identify_octets + 1);
        memcpy(link->identify, state->identify.data, link->identify_octets);
    }
    link->identified = (state->flags & FZ_STATE_IDENTIFIED) != 0;
    link->ending = (state->flags & FZ_STATE_ENDING) != 0;
    link->closing = (state->flags & FZ_STATE_CLOSING) != 0;
    if (fz_link_is_wap(link))
        strcpy(link->name, "wapbox");
    link->box_state = (FzBoxState)state->box_state;
    link->up_state = (FzUpState)state->up_state;
    if ((state->flags & FZ_STATE_FAREWELL) != 0)
        fz_up_hear_farewell(link);
    link->up_tries = state->up_tries;
    link->up_lost = (state->flags & FZ_STATE_UP_LOST) != 0;
    link->up_since_ms = state->up_since_ms;
    if (state->box.fd >= 0)
        fz_stream_take_up(&link->box, state->box.fd, &state->box);
    if (state->up.fd >= 0)
        fz_stream_take_up(&link->up, state->up.fd, &state->up);
    for (int side = 0; side < FZ_SIDES; side++) {
        restore_flight(&link->flight[side], state->flying[side]);
        jobs = state->jobs[side];
        while (fz_state_next_job(&jobs, &job))
            fz_judge_restore(link, (FzSide)side, &job);
    }
    fz_relay_restore_paced(link, state->paced);
    restore_timer(link->loop, &link->up_timer, state->up_due_ms);
    restore_timer(link->loop, &link->end_timer, state->end_due_ms);
    if (link->up_state == FZ_UP_AWAY && !link->ending &&
        link->up_timer.slot == 0)
        fz_loop_timer_set(link->loop, &link->up_timer,
                          fz_loop_now_ms(link->loop));
    if (link->ending && link->end_timer.slot == 0)
        fz_loop_timer_set(link->loop, &link->end_timer,
                          fz_loop_now_ms(link->loop) + RESTORED_END_MS);
    fz_guest_taken_up(link);
    fz_link_register(link);
    fz_judge_go_on(link);
    fz_link_stir(link);
}

static void restore(FzPost *post)
{
    Restore *order = (Restore *)post;

    char peer[sizeof((FzLink *)0)->peer];

    snprintf(peer, sizeof peer, "%.*s", (int)order->state->peer.octets,
             (const char *)order->state->peer.data);
    restore_link(
        fz_link_make(&order->hub->port[order->state->port], order->shard,
                     atomic_fetch_add(&order->hub->last_number, 1) + 1, peer),
        order->state);
    atomic_fetch_add(order->done, 1);
    gw_free(order);
}

/* The descriptors that were meant for us. */
typedef struct Inherited {
    bool *is;
    size_t most;
} Inherited;

/* One of them, and not taken by another link before. */
static bool take_descriptor(Inherited *inherited, int fd)
{
    struct stat about;

    if ((size_t)fd >= inherited->most || !inherited->is[fd])
        return false;
    inherited->is[fd] = false;
    return fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode);
}

/* Each state goes with a connection or with none. */
static bool is_whole(const FzStateLink *link)
{
    bool has_up = link->up_state != FZ_UP_NONE && link->up_state != FZ_UP_AWAY;

    return (link->box.fd >= 0) == (link->box_state != FZ_BOX_GONE) &&
           (link->up.fd >= 0) == has_up &&
           (link->box_state == FZ_BOX_OPEN ||
            (link->flags & FZ_STATE_ENDING) != 0);
}

static bool take_up(const FzStateLink *link, Inherited *inherited)
{
    bool box = link->box.fd < 0 || take_descriptor(inherited, link->box.fd);
    bool up = link->up.fd < 0 || take_descriptor(inherited, link->up.fd);

    if (box && up && is_whole(link))
        return true;
    if (box && link->box.fd >= 0)
        close(link->box.fd);
    if (up && link->up.fd >= 0)
        close(link->up.fd);
    return false;
}

FzHubTaken fz_hub_restore(FzHub *hub, const FzState *state, bool *is_inherited,
                          size_t most)
{
    Inherited inherited = {is_inherited, most};
    FzStateLink *links = gw_malloc((state->links + 1) * sizeof *links);
    _Atomic size_t done = 0;
    FzSlice rest = state->rest;
    FzHubTaken taken = {0, 0};
    FzStateLink *link = links;

    while (fz_state_next_link(&rest, link)) {
        FzShard *shard;
        Restore *order;

        if (!take_up(link, &inherited)) {
            taken.lost++;
            continue;
        }
        shard = fz_hub_least_loaded(hub);
        order = gw_malloc(sizeof *order);
        *order = (Restore){.post = {.run = restore},
                           .hub = hub,
                           .shard = shard,
                           .state = link,
                           .done = &done};
        atomic_fetch_add(&shard->link_count, 1);
        fz_loop_post(shard->loop, &order->post);
        taken.kept++;
        link++;
    }
    /* they read what the state lends */
    while (atomic_load(&done) < taken.kept)
        usleep(LOOK_MS * 1000 / 4);
    gw_free(links);
    return taken;
}
