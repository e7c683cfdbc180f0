/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/link/resolver.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <pthread.h>
#include <string.h>

/* Many boxes connect at once: one question is enough for them. */
#define ASK_AGAIN_MS 200

struct FzResolver {
    pthread_mutex_t lock;
    unsigned owners; /* the hub, and a thread that asks */
    bool asking, is_address, lost;
    int64_t asked_ms;
    FzResolverNews news;
    FzResolverFind find;
    FzAddresses last;
    char *name;
};

static void let_go(FzResolver *r) /* with the lock held; gives it back */
{
    bool last = --r->owners == 0;

    pthread_mutex_unlock(&r->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&r->lock);
    fz_free(r->name);
    fz_free(r);
}

int fz_resolver_create(const char *name, FzResolverFind find,
                       FzResolver **resolver_out)
{
    FzAddresses first;
    FzResolver *r;
    int failed;
    bool is_address = fz_addresses_read(name, 0, &first) == 0;

    if (!is_address && (failed = find(name, 0, &first)) != 0)
        return failed;
    r = fz_calloc(1, sizeof *r);
    pthread_mutex_init(&r->lock, NULL);
    r->owners = 1;
    r->is_address = is_address;
    r->find = find;
    r->last = first;
    r->name = fz_strdup(name);
    *resolver_out = r;
    return 0;
}

void fz_resolver_destroy(FzResolver *r)
{
    if (r == NULL)
        return;
    pthread_mutex_lock(&r->lock);
    let_go(r);
}

/* In any order: name servers turn their answers round. */
static bool same(const FzAddresses *a, const FzAddresses *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        bool found = false;

        for (size_t j = 0; j < b->count && !found; j++)
            found = memcmp(&a->at[i], &b->at[j], sizeof a->at[i]) == 0;
        if (!found)
            return false;
    }
    return true;
}

/* No log here: gwlib has no number for this thread. */
static void *ask(void *arg)
{
    FzResolver *r = arg;
    FzAddresses now;
    int failed;

    memset(&now, 0, sizeof now);
    failed = r->find(r->name, 0, &now);
    pthread_mutex_lock(&r->lock);
    r->asking = false;
    if (failed != 0) {
        if (!r->lost)
            r->news = FZ_RESOLVER_LOST;
        r->lost = true;
    } else {
        if (!same(&now, &r->last))
            r->news = FZ_RESOLVER_MOVED;
        r->lost = false;
        r->last = now;
    }
    let_go(r);
    return NULL;
}

FzResolverNews fz_resolver_get(FzResolver *r, uint16_t port,
                               FzAddresses *addresses_out)
{
    int64_t now = fz_clock_monotonic_ms();
    FzResolverNews news;
    pthread_t thread;

    pthread_mutex_lock(&r->lock);
    *addresses_out = r->last;
    news = r->news;
    r->news = FZ_RESOLVER_SAME;
    if (!r->is_address && !r->asking &&
        (r->asked_ms == 0 || now - r->asked_ms >= ASK_AGAIN_MS)) {
        r->owners++;
        r->asking = true;
        r->asked_ms = now;
        if (pthread_create(&thread, NULL, ask, r) == 0) {
            pthread_detach(thread);
        } else {
            r->owners--;
            r->asking = false;
        }
    }
    pthread_mutex_unlock(&r->lock);
    for (size_t i = 0; i < addresses_out->count; i++)
        fz_address_set_port(&addresses_out->at[i], port);
    return news;
}
