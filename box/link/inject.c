/* SPDX-License-Identifier: BSD-2-Clause
 *
 * inject.c - messages of a plugin's own, and who can be given them
 *
 * The registry is what every thread may ask: which boxes are known, and which
 * sides of them are open. The message then goes to the shard's thread, which
 * looks for the link again: one that ended meanwhile does not take it. Towards
 * bearerbox there is a link of our own (own.c) when no box's can take it.
 */
#include "config.h"

#include "box/link/link.h"

#include "box/wire/pack.h"

#include <pthread.h>
#include <string.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

typedef struct Known {
    uint64_t number;
    FzShard *shard;
    char *boxc_id;
    bool box_open, up_open;
    struct Known *next;
} Known;

struct FzRegistry {
    pthread_mutex_t lock;
    Known *known; /* newest first */
    uint64_t own; /* number of our own link; 0: there is none */
    bool ends;    /* and there will be none */
    bool holds;   /* nothing is injected for now */
};

struct FzInjection {
    FzPost post; /* first */
    FzHub *hub;
    FzShard *shard;
    uint64_t number;
    FzSide as_from;
    uint8_t id[FZ_UUID_OCTETS];
    int32_t time;
    uint8_t *frame;
    size_t octets;
    void (*done)(void *context, FzHostInjected how, ack_status_t nack);
    void *context;
};

/* --- registry ------------------------------------------------------------ */
struct FzRegistry *fz_registry_create(void)
{
    struct FzRegistry *registry = gw_malloc(sizeof *registry);

    pthread_mutex_init(&registry->lock, NULL);
    registry->known = NULL;
    registry->own = 0;
    registry->ends = registry->holds = false;
    return registry;
}

static void known_destroy(Known *known)
{
    gw_free(known->boxc_id);
    gw_free(known);
}

void fz_registry_destroy(struct FzRegistry *registry)
{
    if (registry == NULL)
        return;
    while (registry->known != NULL) {
        Known *known = registry->known;

        registry->known = known->next;
        known_destroy(known);
    }
    pthread_mutex_destroy(&registry->lock);
    gw_free(registry);
}

static Known **find(struct FzRegistry *registry, uint64_t number)
{
    Known **place = &registry->known;

    while (*place != NULL && (*place)->number != number)
        place = &(*place)->next;
    return place;
}

void fz_registry_set(FzHub *hub, uint64_t number, FzShard *shard,
                     const char *boxc_id, bool box_open, bool up_open)
{
    struct FzRegistry *registry = hub->registry;
    Known *known;

    pthread_mutex_lock(&registry->lock);
    known = *find(registry, number);
    if (known == NULL) {
        known = gw_malloc(sizeof *known);
        *known =
            (Known){.number = number, .shard = shard, .next = registry->known};
        registry->known = known;
    }
    gw_free(known->boxc_id);
    known->boxc_id = boxc_id == NULL ? NULL : gw_strdup(boxc_id);
    known->box_open = box_open;
    known->up_open = up_open;
    pthread_mutex_unlock(&registry->lock);
}

void fz_registry_end(FzHub *hub)
{
    pthread_mutex_lock(&hub->registry->lock);
    hub->registry->ends = true;
    pthread_mutex_unlock(&hub->registry->lock);
}

void fz_registry_hold(FzHub *hub, bool holds)
{
    pthread_mutex_lock(&hub->registry->lock);
    hub->registry->holds = holds;
    pthread_mutex_unlock(&hub->registry->lock);
}

void fz_registry_remove(FzHub *hub, uint64_t number)
{
    Known **place, *known;

    pthread_mutex_lock(&hub->registry->lock);
    if (hub->registry->own == number)
        hub->registry->own = 0;
    place = find(hub->registry, number);
    known = *place;
    if (known != NULL)
        *place = known->next;
    pthread_mutex_unlock(&hub->registry->lock);
    if (known != NULL)
        known_destroy(known);
}

/* --- injecting ----------------------------------------------------------- */
void fz_injection_end(FzInjection *injection, FzHostInjected how,
                      ack_status_t status)
{
    if (injection->done != NULL)
        injection->done(injection->context, how, status);
    gw_free(injection->frame);
    gw_free(injection);
}

static void deliver(FzPost *post)
{
    FzInjection *injection = (FzInjection *)post;
    FzLink *link = injection->shard->links;

    while (link != NULL && link->number != injection->number)
        link = link->next;
    if (link == NULL || !fz_link_inject(link, injection->as_from, injection->id,
                                        injection->time, injection->frame,
                                        injection->octets, injection)) {
        fz_injection_end(injection, FZ_HOST_INJECTED_UNSENT, ack_failed_tmp);
        return;
    }
    gw_free(injection->frame);
    injection->frame = NULL;
}

typedef struct Opening {
    FzPost post; /* first */
    FzHub *hub;
    uint64_t number;
} Opening;

static void open_own(FzPost *post)
{
    Opening *opening = (Opening *)post;

    fz_own_open(opening->hub, opening->number);
    gw_free(opening);
}

/* Which link takes it, with the registry locked; 0: none does. */
static uint64_t link_of_box(FzHub *hub, bool mt, Octstr *boxc_id,
                            FzShard **shard_out)
{
    for (const Known *k = hub->registry->known; k != NULL; k = k->next) {
        if (k->number == hub->registry->own || !(mt ? k->up_open : k->box_open))
            continue;
        if (octstr_len(boxc_id) != 0 &&
            (k->boxc_id == NULL ||
             octstr_str_compare(boxc_id, k->boxc_id) != 0))
            continue;
        *shard_out = k->shard;
        return k->number;
    }
    return 0;
}

/* Our own link, opened when there is none; 0 while bearerbox is away. */
static uint64_t own_link(FzHub *hub, FzShard **shard_out)
{
    struct FzRegistry *registry = hub->registry;
    const Known *known;
    Opening *opening;

    *shard_out = &hub->shard[0];
    if (registry->own != 0) {
        known = *find(registry, registry->own);
        /* unknown: it is being opened */
        return known == NULL || known->up_open ? registry->own : 0;
    }
    if (registry->ends)
        return 0;
    registry->own = atomic_fetch_add(&hub->last_number, 1) + 1;
    opening = gw_malloc(sizeof *opening);
    *opening = (Opening){
        .post = {.run = open_own}, .hub = hub, .number = registry->own};
    fz_loop_post(hub->shard[0].loop, &opening->post);
    return registry->own;
}

bool fz_hub_has_way(FzHub *hub, int emulate, Octstr *boxc_id)
{
    struct FzRegistry *registry = hub->registry;
    bool mt = emulate == PLUGINBOX_MESSAGE_FROM_SMSBOX, has;
    const Known *own;
    FzShard *shard;

    if (fz_hub_state(hub) == FZ_HUB_SUSPENDED)
        return false;
    pthread_mutex_lock(&registry->lock);
    has = link_of_box(hub, mt, boxc_id, &shard) != 0;
    if (!has && mt) { /* as own_link decides */
        own = registry->own == 0 ? NULL : *find(registry, registry->own);
        has =
            registry->own == 0 ? !registry->ends : own == NULL || own->up_open;
    }
    has = has && !registry->holds;
    pthread_mutex_unlock(&registry->lock);
    return has;
}

/* The way is chosen and the message posted under one lock: what is posted
 * before the registry ends is in its loop before the order to end. */
static int post_injection(FzInjection *injection, Octstr *boxc_id, Msg *msg)
{
    FzHub *hub = injection->hub;
    bool mt = injection->as_from == FZ_SIDE_BOX;

    pthread_mutex_lock(&hub->registry->lock);
    if (hub->registry->holds) {
        /* the program that comes would not know of it */
        pthread_mutex_unlock(&hub->registry->lock);
        return -1;
    }
    injection->number = link_of_box(hub, mt, boxc_id, &injection->shard);
    if (injection->number == 0 && mt) {
        injection->number = own_link(hub, &injection->shard);
        /* its reports are the box's, not our link's */
        if (injection->number != 0 && octstr_len(msg->sms.boxc_id) == 0 &&
            octstr_len(boxc_id) != 0) {
            octstr_destroy(msg->sms.boxc_id);
            msg->sms.boxc_id = octstr_duplicate(boxc_id);
        }
    }
    injection->octets = injection->number == 0 ? 0 : fz_pack_octets(msg);
    if (injection->octets == 0) {
        pthread_mutex_unlock(&hub->registry->lock);
        return -1;
    }
    injection->frame = gw_malloc(injection->octets);
    fz_pack(msg, injection->frame);
    fz_loop_post(injection->shard->loop, &injection->post);
    pthread_mutex_unlock(&hub->registry->lock);
    return 0;
}

int fz_hub_inject(FzHub *hub, int emulate, Octstr *boxc_id, Msg *msg,
                  void (*done)(void *context, FzHostInjected how,
                               ack_status_t nack),
                  void *context)
{
    FzInjection *injection;

    if (emulate != PLUGINBOX_MESSAGE_FROM_SMSBOX &&
        emulate != PLUGINBOX_MESSAGE_FROM_BEARERBOX)
        return -1;
    if (fz_hub_state(hub) == FZ_HUB_SUSPENDED)
        return -1;
    if (msg == NULL || msg->type != sms || fz_pack_octets(msg) == 0)
        return -1;
    injection = gw_malloc(sizeof *injection);
    *injection = (FzInjection){
        .post = {.run = deliver},
        .hub = hub,
        .as_from =
            emulate == PLUGINBOX_MESSAGE_FROM_SMSBOX ? FZ_SIDE_BOX : FZ_SIDE_UP,
        .time = (int32_t)msg->sms.time,
        .done = done,
        .context = context,
    };
    memcpy(injection->id, msg->sms.id, FZ_UUID_OCTETS);
    if (post_injection(injection, boxc_id, msg) != 0) {
        gw_free(injection);
        return -1;
    }
    msg_destroy(msg);
    return 0;
}
