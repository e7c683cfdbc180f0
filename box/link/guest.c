/* SPDX-License-Identifier: BSD-2-Clause
 *
 * guest.c - connections that have not said who they are, and how many boxes
 * there may be
 *
 * bearerbox spends two of its 1,024 threads on a box, so boxes are counted. A
 * connection that is none yet costs little and has a time to become one; when
 * there are too many of these the oldest goes, so that a flood of them never
 * keeps a box out, which says who it is at once.
 */
#include "config.h"

#include "box/link/link.h"

#include "gwlib/gwlib.h"

/* The log is told of the first, then at most once in this time. */
#define SELDOM_MS 10000

static void forget(FzLink *link)
{
    FzShard *shard = link->shard;

    if (!link->is_guest)
        return;
    link->is_guest = false;
    atomic_fetch_sub(&link->hub->guests, 1);
    if (link->guest_before != NULL)
        link->guest_before->guest_behind = link->guest_behind;
    else
        shard->first_guest = link->guest_behind;
    if (link->guest_behind != NULL)
        link->guest_behind->guest_before = link->guest_before;
    else
        shard->last_guest = link->guest_before;
    link->guest_before = link->guest_behind = NULL;
}

/* "the oldest of too many", or its time was up. */
static void turn_out(FzLink *link, const char *why)
{
    FzShard *shard = link->shard;
    int64_t now = fz_loop_now_ms(shard->loop);

    FZ_BOX_COUNT(shard->counters.denied);
    shard->turned_out++;
    if (shard->told_ms == 0 || now - shard->told_ms >= SELDOM_MS) {
        warning(0,
                "fanzhabox: A connection from %s is closed: %s (%zu like it "
                "since this was last said).",
                link->peer, why, shard->turned_out - 1);
        shard->told_ms = now;
        shard->turned_out = 0;
    }
    forget(link);
    fz_link_abort(link);
}

static int64_t due_of(const FzLink *link)
{
    return link->came_ms + link->hub->config->identify_timeout * 1000;
}

static void time_is_up(FzTimer *timer)
{
    FzShard *shard =
        (FzShard *)((char *)timer - offsetof(FzShard, guest_timer));
    int64_t now = fz_loop_now_ms(shard->loop);

    while (shard->first_guest != NULL && due_of(shard->first_guest) <= now)
        turn_out(shard->first_guest,
                 "it has not identified itself within identify-timeout");
    if (shard->first_guest != NULL)
        fz_loop_timer_set(shard->loop, timer, due_of(shard->first_guest));
}

void fz_guest_init(FzShard *shard)
{
    shard->guest_timer.fire = time_is_up;
}

void fz_guest_came(FzLink *link)
{
    FzShard *shard = link->shard;
    size_t most = (size_t)link->hub->config->max_unidentified;

    link->is_guest = true;
    link->came_ms = fz_loop_now_ms(shard->loop);
    link->guest_before = shard->last_guest;
    if (shard->last_guest != NULL)
        shard->last_guest->guest_behind = link;
    else
        shard->first_guest = link;
    shard->last_guest = link;
    /* the oldest of this loop's: connections are dealt out evenly */
    if (atomic_fetch_add(&link->hub->guests, 1) >= most)
        turn_out(shard->first_guest,
                 "it is the oldest of more than max-unidentified that have "
                 "not identified themselves");
    if (shard->guest_timer.slot == 0 && shard->first_guest != NULL)
        fz_loop_timer_set(shard->loop, &shard->guest_timer,
                          due_of(shard->first_guest));
}

bool fz_guest_is_box(FzLink *link)
{
    size_t most = (size_t)link->hub->config->max_boxes;

    if (link->is_box)
        return true;
    forget(link);
    if (atomic_fetch_add(&link->hub->boxes, 1) >= most) {
        atomic_fetch_sub(&link->hub->boxes, 1);
        FZ_BOX_COUNT(link->shard->counters.denied);
        warning(0,
                "fanzhabox: A box at %s is turned away: there are %zu already "
                "(max-boxes).",
                link->peer, most);
        fz_link_abort(link);
        return false;
    }
    link->is_box = true;
    return true;
}

void fz_guest_taken_up(FzLink *link)
{
    if (link->identified || link->up_state != FZ_UP_NONE) {
        link->is_box = true;
        atomic_fetch_add(&link->hub->boxes, 1);
    } else {
        fz_guest_came(link);
    }
}

void fz_guest_left(FzLink *link)
{
    forget(link);
    if (link->is_box)
        atomic_fetch_sub(&link->hub->boxes, 1);
    link->is_box = false;
}
