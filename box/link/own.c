/* SPDX-License-Identifier: BSD-2-Clause
 *
 * own.c - a link of our own to bearerbox, for messages whose box is away
 *
 * Opened when something is injected towards bearerbox and no link of the box
 * can take it; closed when nothing was injected for a while. It has no box. To
 * bearerbox it is one more, under a name that no route has, so that no phone's
 * message is meant for it: one that sent without a name would be given some.
 */
#include "config.h"

#include "box/link/link.h"

#include "box/wire/pack.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gwlib/gwlib.h"

#define IDLE_MS 30000

static void idle_is_due(FzTimer *timer)
{
    FzLink *link = (FzLink *)((char *)timer - offsetof(FzLink, idle_timer));

    fz_link_end(link);
}

void fz_own_open(FzHub *hub, uint64_t number)
{
    FzShard *shard = &hub->shard[0];
    FzLink *link;
    char name[32];

    if (shard->state == FZ_HUB_DRAINING) {
        fz_registry_remove(hub, number);
        return;
    }
    atomic_fetch_add(&shard->link_count, 1);
    link = fz_link_make(&hub->port[FZ_PORT_SMSBOX], shard, number, "-");
    link->own = true;
    link->box_state = FZ_BOX_GONE;
    link->idle_timer.fire = idle_is_due;
    snprintf(name, sizeof name, "fanzhabox-%ld", (long)getpid());
    fz_link_set_name(link, fz_slice_of(name));
    link->identify_octets = fz_pack_admin_octets(fz_slice_of(name));
    link->identify = gw_malloc(link->identify_octets);
    fz_pack_admin(cmd_identify, fz_slice_of(name), link->identify);
    link->identified = true;
    info(0,
         "fanzhabox: A connection of our own to bearerbox is opened, as "
         "`%s'.",
         name);
    fz_up_open(link);
}

void fz_own_settle(FzLink *link)
{
    bool idle = link->flight[FZ_SIDE_BOX].count == 0;

    if (link->ending)
        return;
    if (!idle)
        fz_loop_timer_stop(link->loop, &link->idle_timer);
    else if (link->idle_timer.slot == 0)
        fz_loop_timer_set(link->loop, &link->idle_timer,
                          fz_loop_now_ms(link->loop) + IDLE_MS);
}

void fz_own_refuse(FzLink *link, const FzPacked *packed)
{
    bool report =
        packed->sms.sms_type == report_mo || packed->sms.sms_type == report_mt;

    warning(0,
            "fanzhabox: bearerbox sent our own connection `%s' a %s, which is "
            "for no box: %s.",
            fz_link_name(link), report ? "report" : "message",
            report ? "it is refused" : "it is left unanswered");
    /* a phone's message is bearerbox's again when this connection closes */
    if (report)
        fz_relay_answer_up(link, packed->sms.id, packed->sms.time, ack_failed);
}
