/* SPDX-License-Identifier: BSD-2-Clause
 *
 * inject.c - messages of a plugin's own, and who can be given them
 *
 * The registry is what every thread may ask: which boxes are known, and which
 * sides of them are open. The message then goes to the shard's thread, which
 * looks for the link again: a link that ended meanwhile loses it.
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

void fz_registry_remove(FzHub *hub, uint64_t number)
{
    Known **place, *known;

    pthread_mutex_lock(&hub->registry->lock);
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
        fz_injection_end(injection, FZ_HOST_INJECTED_LOST, ack_failed_tmp);
        return;
    }
    gw_free(injection->frame);
    injection->frame = NULL;
}

int fz_hub_inject(FzHub *hub, int emulate, Octstr *boxc_id, Msg *msg,
                  void (*done)(void *context, FzHostInjected how,
                               ack_status_t nack),
                  void *context)
{
    FzInjection *injection;
    bool any = octstr_len(boxc_id) == 0, mt;
    size_t octets;
    Known *known;

    if (emulate != PLUGINBOX_MESSAGE_FROM_SMSBOX &&
        emulate != PLUGINBOX_MESSAGE_FROM_BEARERBOX)
        return -1;
    if (fz_hub_state(hub) == FZ_HUB_SUSPENDED)
        return -1;
    octets = msg != NULL && msg->type == sms ? fz_pack_octets(msg) : 0;
    if (octets == 0)
        return -1;
    mt = emulate == PLUGINBOX_MESSAGE_FROM_SMSBOX;

    pthread_mutex_lock(&hub->registry->lock);
    for (known = hub->registry->known; known != NULL; known = known->next)
        if ((mt ? known->up_open : known->box_open) &&
            (any || (known->boxc_id != NULL &&
                     octstr_str_compare(boxc_id, known->boxc_id) == 0)))
            break;
    if (known == NULL) {
        pthread_mutex_unlock(&hub->registry->lock);
        return -1;
    }
    injection = gw_malloc(sizeof *injection);
    *injection = (FzInjection){
        .post = {.run = deliver},
        .hub = hub,
        .shard = known->shard,
        .number = known->number,
        .as_from = mt ? FZ_SIDE_BOX : FZ_SIDE_UP,
        .time = (int32_t)msg->sms.time,
        .octets = octets,
        .done = done,
        .context = context,
    };
    pthread_mutex_unlock(&hub->registry->lock);

    memcpy(injection->id, msg->sms.id, FZ_UUID_OCTETS);
    injection->frame = gw_malloc(octets);
    fz_pack(msg, injection->frame);
    msg_destroy(msg);
    fz_loop_post(injection->shard->loop, &injection->post);
    return 0;
}
