/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/ask/await.h"
#include "base/alloc.h"
#include "plugin/ask/ask.h"
#include "plugin/carry.h"
#include "plugin/host.h"
#include "plugin/live/brake.h"

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#include <pthread.h>

#define LANES 4096 /* a power of two */

/* Whose order is kept. */
typedef struct Pair {
    long type; /* PLUGINBOX_MESSAGE_FROM_* */
    Octstr *sender, *receiver;
    uint64_t hash;
} Pair;

/* One that waits behind. */
typedef struct Behind {
    struct Behind *next;
    PluginBoxMsg *m;
    Octstr *box; /* NULL: no name */
} Behind;

/* Messages of one pair of which the first waits, or is at work. */
typedef struct Lane {
    struct Lane *next; /* of its bucket */
    Pair pair;
    PluginBoxMsg *first; /* at work here; NULL: it has gone */
    bool waits;          /* ... for answers */
    uint64_t serial;     /* of the one at work */
    Behind *behind, **behind_end;
} Lane;

/* A message that waits. */
typedef struct Waiter {
    FzAwait *await;
    PluginBoxMsg *m;
    FzJudged judged;
    /* its keys: those of the verdict were the scanner's */
    FzDnsKey key[FZ_LIMIT_DNS_KEYS];
    size_t count;
    FzBuf text;
} Waiter;

struct FzAwait {
    FzPlugin *plugin;
    FzAwaitJudge *judge;
    pthread_mutex_t turn; /* of the lanes; never held while judging */
    Lane *lane[LANES];
    size_t lanes;
    size_t behind;
    uint64_t serials;
};

/* --- lanes, with the lock held ----------------------------------------------
 */
static uint64_t hash_text(uint64_t hash, const Octstr *text)
{
    long octets = text == NULL ? 0 : octstr_len(text);

    for (long i = 0; i < octets; i++)
        hash = (hash ^ (uint64_t)octstr_get_char(text, i)) * 0x100000001b3u;
    return (hash ^ 0xff) * 0x100000001b3u;
}

/* Borrows the addresses. */
static Pair pair_of(const PluginBoxMsg *m)
{
    Pair pair = {m->type, m->msg->sms.sender, m->msg->sms.receiver, 0};

    pair.hash =
        hash_text(hash_text(0xcbf29ce484222325u, pair.sender), pair.receiver) +
        (uint64_t)pair.type;
    return pair;
}

static Pair copy_pair(const Pair *from)
{
    Pair pair = *from;

    pair.sender = octstr_duplicate(from->sender);
    pair.receiver = octstr_duplicate(from->receiver);
    return pair;
}

static void clear_pair(Pair *pair)
{
    octstr_destroy(pair->sender);
    octstr_destroy(pair->receiver);
}

static bool same_text(const Octstr *a, const Octstr *b)
{
    return a == b || (a != NULL && b != NULL && octstr_compare(a, b) == 0);
}

static Lane **place_of(FzAwait *await, const Pair *pair)
{
    Lane **at = &await->lane[pair->hash & (LANES - 1)];

    while (*at != NULL &&
           ((*at)->pair.hash != pair->hash || (*at)->pair.type != pair->type ||
            !same_text((*at)->pair.sender, pair->sender) ||
            !same_text((*at)->pair.receiver, pair->receiver)))
        at = &(*at)->next;
    return at;
}

static Lane *add_lane(FzAwait *await, const Pair *pair)
{
    Lane *lane = fz_calloc(1, sizeof *lane);
    Lane **at = &await->lane[pair->hash & (LANES - 1)];

    lane->pair = copy_pair(pair);
    lane->behind_end = &lane->behind;
    lane->next = *at;
    *at = lane;
    await->lanes++;
    return lane;
}

static void remove_lane(FzAwait *await, Lane **at)
{
    Lane *lane = *at;

    *at = lane->next;
    clear_pair(&lane->pair);
    fz_free(lane);
    await->lanes--;
}

/* The host says a message's box while it is with process alone. */
static void name_box(PluginBoxMsg *m, const char *box)
{
    if (box == NULL || m->type != PLUGINBOX_MESSAGE_FROM_BEARERBOX ||
        octstr_len(m->msg->sms.boxc_id) > 0)
        return;
    octstr_destroy(m->msg->sms.boxc_id);
    m->msg->sms.boxc_id = octstr_create(box);
}

static void push(FzAwait *await, Lane *lane, PluginBoxMsg *m, const char *box)
{
    Behind *behind = fz_calloc(1, sizeof *behind);

    name_box(m, box);
    behind->m = m;
    behind->box = box == NULL ? NULL : octstr_create(box);
    *lane->behind_end = behind;
    lane->behind_end = &behind->next;
    await->behind++;
}

static Behind *pop(FzAwait *await, Lane *lane)
{
    Behind *behind = lane->behind;

    if (behind == NULL)
        return NULL;
    lane->behind = behind->next;
    if (lane->behind == NULL)
        lane->behind_end = &lane->behind;
    await->behind--;
    return behind;
}

bool fz_await_behind(FzAwait *await, PluginBoxMsg *m, const char *box)
{
    Lane *lane = NULL;
    bool many = false;

    pthread_mutex_lock(&await->turn);
    if (await->lanes > 0) {
        Pair pair = pair_of(m);

        lane = *place_of(await, &pair);
        if (lane != NULL)
            push(await, lane, m, box);
        many = await->behind >= FZ_LIMIT_DNS_BEHIND;
    }
    pthread_mutex_unlock(&await->turn);
    if (many)
        fz_ask_hurry(await->plugin->ask);
    return lane != NULL;
}

/* --- taking turns -----------------------------------------------------------
 */
typedef enum Turn {
    TURN_MINE,   /* a lane was made for it */
    TURN_AGAIN,  /* it is the first of its lane, which somebody empties */
    TURN_BEHIND, /* another one is: it waits behind that */
} Turn;

static Turn take_turn(FzAwait *await, PluginBoxMsg *m, const char *box)
{
    Pair pair = pair_of(m);
    Turn turn = TURN_AGAIN;
    Lane *lane;

    pthread_mutex_lock(&await->turn);
    lane = *place_of(await, &pair);
    if (lane == NULL) {
        lane = add_lane(await, &pair);
        lane->first = m;
        lane->serial = ++await->serials;
        turn = TURN_MINE;
    }
    if (lane->first == m)
        lane->waits = true;
    else
        push(await, lane, m, box);
    if (lane->first != m)
        turn = TURN_BEHIND;
    pthread_mutex_unlock(&await->turn);
    return turn;
}

/* It waits no longer. 0: nobody is behind it, and its lane is gone. */
static uint64_t end_wait(FzAwait *await, const Pair *pair, bool may_remove)
{
    Lane **at;
    uint64_t serial = 0;

    pthread_mutex_lock(&await->turn);
    at = place_of(await, pair);
    if (may_remove && (*at)->behind == NULL) {
        remove_lane(await, at);
    } else {
        (*at)->waits = false;
        (*at)->first = NULL;
        serial = (*at)->serial;
    }
    pthread_mutex_unlock(&await->turn);
    return serial;
}

/* Whoever is behind, one after the other, until one of them waits. */
static void empty_lane(FzAwait *await, const Pair *pair, uint64_t serial)
{
    for (;;) {
        Lane **at;
        Behind *behind = NULL;

        pthread_mutex_lock(&await->turn);
        at = place_of(await, pair);
        if (*at != NULL && (*at)->serial == serial && !(*at)->waits) {
            behind = pop(await, *at);
            if (behind == NULL) {
                remove_lane(await, at);
            } else {
                (*at)->first = behind->m;
                (*at)->serial = serial = ++await->serials;
            }
        }
        pthread_mutex_unlock(&await->turn);
        if (behind == NULL)
            return;
        await->judge(await->plugin, behind->m,
                     behind->box == NULL ? NULL : octstr_get_cstr(behind->box));
        octstr_destroy(behind->box);
        fz_free(behind);
    }
}

/* --- keys and answers -------------------------------------------------------
 */
/* The verdict's own are gone with the next use of its scanner. */
static size_t copy_keys(const FzVerdict *verdict, FzDnsKey *keys, FzBuf *text)
{
    size_t at[FZ_LIMIT_DNS_KEYS];

    for (uint16_t i = 0; i < verdict->dns_count; i++) {
        at[i] = fz_buf_slice(text).octets;
        fz_buf_append_slice(text, verdict->dns[i].text);
    }
    for (uint16_t i = 0; i < verdict->dns_count; i++) {
        keys[i] = verdict->dns[i];
        keys[i].text.data = fz_buf_slice(text).data + at[i];
    }
    return verdict->dns_count;
}

static size_t leave_out_unknown(FzDnsAnswer *answers, size_t count)
{
    size_t left = 0;

    for (size_t i = 0; i < count; i++)
        if (answers[i].kind != FZ_ANSWER_LATE)
            answers[left++] = answers[i];
    return left;
}

static const FzDnsPolicy *policy_of(const FzJudged *judged)
{
    return &judged->bundle->policy->dns;
}

static void resume(Waiter *it)
{
    FzPlugin *plugin = it->await->plugin;
    FzDnsAnswer answers[FZ_LIMIT_DNS_KEYS];
    FzDnsAnswers all = {answers, it->count};

    fz_ask_look(plugin->ask, policy_of(&it->judged), it->key, it->count,
                answers);
    fz_judged_resume(plugin, &it->judged, all);
}

static void waiter_destroy(Waiter *it)
{
    fz_buf_clear(&it->text);
    fz_free(it);
}

/* --- one message ------------------------------------------------------------
 */
static void carry_out(Waiter *it)
{
    FzPlugin *plugin = it->await->plugin;

    if (!fz_judged_brake(plugin, &it->judged)) {
        /* what acts here was stopped since: it does not act any more */
        fz_judged_look_again(plugin, &it->judged);
        resume(it);
    }
    fz_judged_count(plugin, &it->judged);
    fz_carry_out(plugin, it->m, &it->judged, NULL);
    fz_judged_clear(plugin, &it->judged);
}

/* On the thread of ask.c. */
static void ready(void *ctx)
{
    Waiter *it = ctx;
    FzAwait *await = it->await;
    Pair own = pair_of(it->m), pair = copy_pair(&own);
    uint64_t serial;

    fz_judged_wake(&it->judged);
    resume(it);
    serial = end_wait(await, &pair, false);
    carry_out(it);
    waiter_destroy(it);
    empty_lane(await, &pair, serial);
    clear_pair(&pair);
}

static Waiter *waiter_create(FzAwait *await, PluginBoxMsg *m,
                             const FzJudged *judged)
{
    Waiter *it = fz_calloc(1, sizeof *it);

    it->await = await;
    it->m = m;
    it->judged = *judged;
    it->count = copy_keys(&judged->verdict, it->key, &it->text);
    return it;
}

/* Nothing to wait for after all, or no room to. */
static bool go_on(Waiter *it, Turn turn, FzJudged *judged)
{
    FzAwait *await = it->await;
    Pair own = pair_of(it->m), pair = copy_pair(&own);
    uint64_t serial = end_wait(await, &pair, turn == TURN_MINE);
    bool done = turn == TURN_MINE && serial != 0;

    fz_judged_wake(&it->judged);
    resume(it);
    if (done) { /* somebody has come behind it meanwhile */
        carry_out(it);
        empty_lane(await, &pair, serial);
    } else {
        *judged = it->judged;
    }
    waiter_destroy(it);
    clear_pair(&pair);
    return done;
}

static bool is_known(FzAwait *await, FzJudged *judged)
{
    FzPlugin *plugin = await->plugin;
    FzDnsKey keys[FZ_LIMIT_DNS_KEYS];
    FzDnsAnswer answers[FZ_LIMIT_DNS_KEYS];
    FzBuf text = FZ_BUF_INIT;
    size_t count = copy_keys(&judged->verdict, keys, &text);
    size_t unknown =
        fz_ask_look(plugin->ask, policy_of(judged), keys, count, answers);
    bool known = unknown == 0 || !fz_judged_may_act(judged);

    if (unknown > 0 && known) {
        fz_ask_send(plugin->ask, policy_of(judged), keys, count);
        count = leave_out_unknown(answers, count);
    }
    if (known)
        fz_judged_resume(plugin, judged, (FzDnsAnswers){answers, count});
    fz_buf_clear(&text);
    return known;
}

bool fz_await_answers(FzAwait *await, PluginBoxMsg *m, FzJudged *judged)
{
    FzPlugin *plugin = await->plugin;
    const char *box;
    Waiter *it;
    Turn turn;

    if (is_known(await, judged))
        return false;
    box = octstr_len(m->msg->sms.boxc_id) > 0 ? NULL : fz_host_box(plugin, m);
    it = waiter_create(await, m, judged);
    name_box(m, box);
    turn = take_turn(await, m, box);
    if (turn == TURN_BEHIND) { /* it is judged anew when that has gone */
        fz_judged_clear(plugin, &it->judged);
        waiter_destroy(it);
        return true;
    }
    fz_judged_rest(&it->judged);
    if (fz_ask_wait(plugin->ask, policy_of(&it->judged), it->key, it->count,
                    ready, it))
        return true;
    return go_on(it, turn, judged);
}

/* --- parts ------------------------------------------------------------------
 */
bool fz_await_parts(FzAwait *await, const FzJudged *judged,
                    void (*again)(void *ctx), void *ctx)
{
    return fz_judged_may_act(judged) &&
           fz_ask_wait(await->plugin->ask, policy_of(judged),
                       judged->verdict.dns, judged->verdict.dns_count, again,
                       ctx);
}

FzDnsAnswers fz_await_known(FzAwait *await, const FzJudged *judged,
                            FzAwaitRoom *room)
{
    FzPlugin *plugin = await->plugin;
    size_t count = copy_keys(&judged->verdict, room->key, &room->text);

    fz_ask_look(plugin->ask, policy_of(judged), room->key, count, room->answer);
    if (!fz_judged_may_act(judged)) {
        fz_ask_send(plugin->ask, policy_of(judged), room->key, count);
        count = leave_out_unknown(room->answer, count);
    }
    return (FzDnsAnswers){room->answer, count};
}

/* --- life -------------------------------------------------------------------
 */
FzAwait *fz_await_create(FzPlugin *plugin, FzAwaitJudge *judge)
{
    FzAwait *await = fz_calloc(1, sizeof *await);

    await->plugin = plugin;
    await->judge = judge;
    pthread_mutex_init(&await->turn, NULL);
    return await;
}

void fz_await_destroy(FzAwait *await)
{
    if (await == NULL)
        return;
    pthread_mutex_destroy(&await->turn);
    fz_free(await);
}
