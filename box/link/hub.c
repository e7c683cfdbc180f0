/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/link/hub.h"

#include "base/clock.h"
#include "box/link/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gwlib/gwlib.h"

#define BACKLOG 512
#define ACCEPTS_A_TURN 64
#define LISTEN_AGAIN_MS 1000 /* after descriptors ran out */
#define LAST_CALLS_MS 2000   /* for plugins' answers when all is closed */

/* --- accepting ----------------------------------------------------------- */
/* A connection on its way to its shard's thread. */
typedef struct Arrival {
    FzPost post; /* first */
    FzHub *hub;
    FzShard *shard;
    int fd;
    char peer[64];
} Arrival;

static void arrive(FzPost *post)
{
    Arrival *arrival = (Arrival *)post;

    fz_link_open(arrival->hub, arrival->shard, arrival->fd, arrival->peer);
    gw_free(arrival);
}

static FzShard *least_loaded(FzHub *hub)
{
    FzShard *least = &hub->shard[0];

    for (size_t i = 1; i < hub->shards; i++)
        if (atomic_load(&hub->shard[i].link_count) <
            atomic_load(&least->link_count))
            least = &hub->shard[i];
    return least;
}

static void accept_one(FzHub *hub, int fd, const struct sockaddr_in *from)
{
    FzShard *shard = least_loaded(hub);
    Arrival *arrival = gw_malloc(sizeof *arrival);
    char address[INET_ADDRSTRLEN] = "?";
    int one = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    *arrival = (Arrival){
        .post = {.run = arrive}, .hub = hub, .shard = shard, .fd = fd};
    inet_ntop(AF_INET, &from->sin_addr, address, sizeof address);
    snprintf(arrival->peer, sizeof arrival->peer, "%s:%u", address,
             ntohs(from->sin_port));
    atomic_fetch_add(&shard->link_count, 1);
    fz_loop_post(shard->loop, &arrival->post);
}

static void listen_again(FzTimer *timer)
{
    FzHub *hub = (FzHub *)((char *)timer - offsetof(FzHub, listen_again));

    if (hub->listener.fd >= 0)
        fz_loop_watch(hub->shard[0].loop, &hub->listener, EPOLLIN);
}

static void accept_some(FzWatch *watch, uint32_t events)
{
    FzHub *hub = (FzHub *)((char *)watch - offsetof(FzHub, listener));
    FzLoop *loop = hub->shard[0].loop;

    (void)events;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        struct sockaddr_in from = {0};
        socklen_t octets = sizeof from;
        int fd = accept4(watch->fd, (struct sockaddr *)&from, &octets,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            accept_one(hub, fd, &from);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
            errno == ENOMEM) {
            /* it would be ready again at once: those who are connected are
             * served, those who wait are looked at later */
            error(errno, "fanzhabox: A connection cannot be accepted.");
            fz_loop_watch(loop, watch, 0);
            fz_loop_timer_set(loop, &hub->listen_again,
                              fz_loop_now_ms(loop) + LISTEN_AGAIN_MS);
        }
        return;
    }
}

/* --- starting ------------------------------------------------------------ */
static FzStatus resolve(const FzBoxConfig *config, const FzDiagSink *sink,
                        const char *name, const char *key, uint16_t port,
                        struct sockaddr_in *address_out)
{
    struct addrinfo wanted = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(name, NULL, &wanted, &found);

    if (failed != 0)
        return fz_diag(sink, FZ_E_RULE, config->path, 0, NULL,
                       "`%s' is `%s', which is no address that can be used "
                       "(%s)",
                       key, name, gai_strerror(failed));
    memcpy(address_out, found->ai_addr, sizeof *address_out);
    address_out->sin_port = htons(port);
    freeaddrinfo(found);
    return FZ_OK;
}

static FzStatus open_listener(FzHub *hub, const FzDiagSink *sink)
{
    const FzBoxConfig *config = hub->config;
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_ANY),
                             .sin_port = htons(config->smsbox_port)};
    socklen_t octets = sizeof at;
    FzStatus status;
    int one = 1;
    int fd;

    if (config->smsbox_interface != NULL &&
        strcmp(config->smsbox_interface, "*") != 0) {
        status = resolve(config, sink, config->smsbox_interface,
                         "smsbox-interface", config->smsbox_port, &at);
        if (status != FZ_OK)
            return status;
    }
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &octets) != 0) {
        status = fz_diag_errno(
            sink, config->path, "port %u on %s cannot be listened on",
            config->smsbox_port,
            config->smsbox_interface == NULL ? "every interface"
                                             : config->smsbox_interface);
        if (fd >= 0)
            close(fd);
        return status;
    }
    hub->listener.fd = fd;
    hub->port = ntohs(at.sin_port);
    return FZ_OK;
}

static void serve(void *arg)
{
    FzShard *shard = arg;

    fz_loop_run(shard->loop);
}

static size_t count_loops(const FzBoxConfig *config)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (config->event_loops > 0)
        return (size_t)config->event_loops;
    if (processors < 1)
        return 1;
    return processors > FZ_BOX_LOOPS_MAX ? FZ_BOX_LOOPS_MAX
                                         : (size_t)processors;
}

void fz_hub_destroy(FzHub *hub)
{
    if (hub == NULL)
        return;
    if (hub->listener.fd >= 0)
        close(hub->listener.fd);
    for (size_t i = 0; i < hub->shards; i++) {
        fz_judge_free_spares(&hub->shard[i]);
        fz_loop_destroy(hub->shard[i].loop);
    }
    fz_registry_destroy(hub->registry);
    gw_free(hub->shard);
    gw_free(hub);
}

FzStatus fz_hub_open(const FzBoxConfig *config, const FzDiagSink *sink,
                     FzHub **hub_out)
{
    FzHub *hub = gw_malloc(sizeof *hub);
    size_t shards = count_loops(config);
    FzStatus status;

    memset(hub, 0, sizeof *hub);
    hub->config = config;
    hub->listener = (FzWatch){.fd = -1, .ready = accept_some};
    hub->listen_again.fire = listen_again;
    hub->registry = fz_registry_create();
    hub->shard = gw_malloc(shards * sizeof *hub->shard);
    memset(hub->shard, 0, shards * sizeof *hub->shard);
    status = resolve(config, sink, config->bearerbox_host, "bearerbox-host",
                     config->bearerbox_port, &hub->bearerbox);
    if (status == FZ_OK)
        status = open_listener(hub, sink);
    while (status == FZ_OK && hub->shards < shards) {
        FzShard *shard = &hub->shard[hub->shards];

        shard->hub = hub;
        shard->loop = fz_loop_create();
        if (shard->loop == NULL)
            status = fz_diag_errno(sink, NULL, "an event loop cannot be made");
        else
            hub->shards++;
    }
    if (status != FZ_OK) {
        fz_hub_destroy(hub);
        return status;
    }
    *hub_out = hub;
    return FZ_OK;
}

FzStatus fz_hub_start(FzHub *hub, const FzChain *chain, const FzDiagSink *sink)
{
    hub->chain = chain;
    fz_loop_watch(hub->shard[0].loop, &hub->listener, EPOLLIN);
    for (size_t i = 0; i < hub->shards; i++) {
        FzShard *shard = &hub->shard[i];

        shard->thread = gwthread_create(serve, shard);
        shard->running = shard->thread >= 0;
        if (!shard->running)
            return fz_diag(sink, FZ_E_IO, NULL, 0, NULL,
                           "a thread for an event loop cannot be made");
    }
    return FZ_OK;
}

uint16_t fz_hub_port(const FzHub *hub)
{
    return hub->port;
}

/* --- orders to the loops --------------------------------------------------*/
typedef struct Order {
    FzPost post; /* first */
    FzShard *shard;
} Order;

static void order_all(FzHub *hub, void (*run)(FzPost *post))
{
    for (size_t i = 0; i < hub->shards; i++) {
        FzShard *shard = &hub->shard[i];
        Order *order;

        if (!shard->running)
            continue;
        order = gw_malloc(sizeof *order);
        *order = (Order){.post = {.run = run}, .shard = shard};
        fz_loop_post(shard->loop, &order->post);
    }
}

static void follow_state(FzPost *post)
{
    FzShard *shard = ((Order *)post)->shard;
    FzHubState state = fz_hub_state(shard->hub);

    gw_free(post);
    if (state == FZ_HUB_DRAINING || shard->state == FZ_HUB_DRAINING)
        return; /* it has an order of its own */
    shard->state = state;
    for (FzLink *link = shard->links; link != NULL; link = link->next)
        fz_link_follow_state(link);
}

bool fz_hub_set_state(FzHub *hub, FzHubState state)
{
    int before = atomic_load(&hub->state);

    do {
        if (before == (int)state || before == FZ_HUB_DRAINING)
            return false;
    } while (!atomic_compare_exchange_weak(&hub->state, &before, (int)state));
    order_all(hub, follow_state);
    return true;
}

FzHubState fz_hub_state(const FzHub *hub)
{
    return (FzHubState)atomic_load(&hub->state);
}

const char *fz_hub_state_name(FzHubState state)
{
    switch (state) {
    case FZ_HUB_RUNNING:
        return "running";
    case FZ_HUB_ISOLATED:
        return "isolated";
    case FZ_HUB_SUSPENDED:
        return "suspended";
    case FZ_HUB_DRAINING:
        return "draining";
    }
    return "?";
}

/* --- ending -------------------------------------------------------------- */
static void drain_shard(FzPost *post)
{
    FzShard *shard = ((Order *)post)->shard;
    FzHub *hub = shard->hub;

    gw_free(post);
    if (shard == &hub->shard[0] && hub->listener.fd >= 0) {
        int fd = hub->listener.fd;

        fz_loop_timer_stop(shard->loop, &hub->listen_again);
        fz_loop_unwatch(shard->loop, &hub->listener);
        close(fd);
    }
    shard->state = FZ_HUB_DRAINING;
    for (FzLink *link = shard->links; link != NULL; link = link->next)
        fz_link_drain(link);
}

static void abort_shard(FzPost *post)
{
    FzShard *shard = ((Order *)post)->shard;

    gw_free(post);
    for (FzLink *link = shard->links; link != NULL; link = link->next)
        fz_link_abort(link);
}

static void stop_shard(FzPost *post)
{
    FzShard *shard = ((Order *)post)->shard;

    gw_free(post);
    fz_loop_stop(shard->loop);
}

static size_t links_of(const FzHub *hub)
{
    size_t links = 0;

    for (size_t i = 0; i < hub->shards; i++)
        links += atomic_load(&hub->shard[i].link_count);
    return links;
}

/* True when every link is gone within that time. */
static bool wait_for_links(const FzHub *hub, int64_t ms)
{
    int64_t until = fz_clock_monotonic_ms() + ms;

    while (links_of(hub) > 0) {
        if (fz_clock_monotonic_ms() >= until)
            return false;
        usleep(5000);
    }
    return true;
}

bool fz_hub_drain(FzHub *hub, int64_t patience_ms)
{
    atomic_store(&hub->state, FZ_HUB_DRAINING);
    order_all(hub, drain_shard);
    if (!wait_for_links(hub, patience_ms)) {
        order_all(hub, abort_shard);
        if (!wait_for_links(hub, LAST_CALLS_MS))
            return false;
    }
    order_all(hub, stop_shard);
    for (size_t i = 0; i < hub->shards; i++)
        if (hub->shard[i].running)
            gwthread_join(hub->shard[i].thread);
    return true;
}

/* --- counting ------------------------------------------------------------ */
FzBoxTotals fz_hub_totals(const FzHub *hub)
{
    FzBoxTotals totals = {.links = links_of(hub)};

    for (size_t i = 0; i < hub->shards; i++) {
        const FzBoxCounters *c = &hub->shard[i].counters;

#define ADD(name) totals.name += atomic_load(&c->name)
        ADD(accepted);
        ADD(nonsense);
        ADD(mt);
        ADD(mo);
        ADD(passed);
        ADD(changed);
        ADD(refused);
        ADD(dropped);
        ADD(buffered);
        ADD(deferred);
        ADD(away);
        ADD(isolated);
        ADD(unmatched);
        ADD(faults);
#undef ADD
    }
    return totals;
}
