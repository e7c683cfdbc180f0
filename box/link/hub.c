/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/link/hub.h"

#include "base/clock.h"
#include "box/link/door.h"
#include "box/link/jobs.h"
#include "box/link/link.h"

#include <netdb.h>
#include <string.h>
#include <unistd.h>

#include "gwlib/gwlib.h"

#define LAST_CALLS_MS 2000 /* for plugins' answers when all is closed */

/* --- starting ------------------------------------------------------------ */
static void init_port(FzHub *hub, FzPortKind kind, const char *name,
                      bool fronted, const char *interface, uint16_t wanted)
{
    hub->port[kind] = (FzPort){.hub = hub,
                               .kind = kind,
                               .name = name,
                               .fronted = fronted,
                               .interface = interface,
                               .wanted = wanted,
                               .listener = {.fd = -1}};
    fz_pace_init(&hub->port[kind].pace, hub->config->connect_pause_ms);
    fz_farewell_init(&hub->port[kind].farewell);
}

static FzStatus find_bearerbox(FzHub *hub, const FzDiagSink *sink)
{
    const FzBoxConfig *config = hub->config;
    int failed = fz_resolver_create(config->bearerbox_host, fz_addresses_find,
                                    &hub->bearerbox);

    if (failed != 0)
        return fz_diag(sink, FZ_E_RULE, config->path, 0, NULL,
                       "`bearerbox-host' is `%s', which is no address that "
                       "can be used (%s)",
                       config->bearerbox_host, gai_strerror(failed));
    hub->port[FZ_PORT_SMSBOX].bearerbox_port = config->bearerbox_port;
    hub->port[FZ_PORT_WAPBOX].bearerbox_port = config->bearerbox_wapbox_port;
    return FZ_OK;
}

static FzStatus load_tls(FzHub *hub, const FzDiagSink *sink)
{
    const FzBoxConfig *config = hub->config;
    FzTlsConfig server = {.server = true,
                          .cert_file = config->ssl_server_cert_file,
                          .key_file = config->ssl_server_key_file,
                          .ca_file = config->ssl_box_ca_file};
    FzTlsConfig client = {.cert_file = config->ssl_client_certkey_file,
                          .key_file = config->ssl_client_certkey_file,
                          .ca_file = config->ssl_trusted_ca_file,
                          .peer_name = config->bearerbox_ssl_name != NULL
                                           ? config->bearerbox_ssl_name
                                           : config->bearerbox_host};
    FzStatus status = FZ_OK;

    if (config->smsbox_port_ssl || config->wapbox_port_ssl)
        status = fz_tls_create(&server, config->path, sink, &hub->server_tls);
    if (status == FZ_OK &&
        (config->bearerbox_port_ssl || config->bearerbox_wapbox_port_ssl))
        status = fz_tls_create(&client, config->path, sink, &hub->client_tls);
    if (status != FZ_OK)
        return status;
    if (hub->client_tls != NULL && config->ssl_trusted_ca_file == NULL)
        warning(0, "fanzhabox: Whoever answers as bearerbox is believed: set "
                   "`ssl-trusted-ca-file' to have its certificate looked at.");
    if (config->smsbox_port_ssl)
        hub->port[FZ_PORT_SMSBOX].tls = hub->server_tls;
    if (config->wapbox_port_ssl)
        hub->port[FZ_PORT_WAPBOX].tls = hub->server_tls;
    if (config->bearerbox_port_ssl)
        hub->port[FZ_PORT_SMSBOX].up_tls = hub->client_tls;
    if (config->bearerbox_wapbox_port_ssl)
        hub->port[FZ_PORT_WAPBOX].up_tls = hub->client_tls;
    return FZ_OK;
}

static FzStatus open_ports(FzHub *hub, const FzState *taken,
                           const FzDiagSink *sink)
{
    const FzBoxConfig *config = hub->config;
    FzStatus status;

    init_port(hub, FZ_PORT_SMSBOX, "smsbox", true, config->smsbox_interface,
              config->smsbox_port);
    init_port(hub, FZ_PORT_WAPBOX, "wapbox", config->has_wapbox_port,
              config->wapbox_interface, config->wapbox_port);
    status = load_tls(hub, sink);
    if (status == FZ_OK)
        status = find_bearerbox(hub, sink);
    for (size_t i = 0; status == FZ_OK && i < FZ_PORTS; i++)
        status = fz_door_open(&hub->port[i], taken, sink);
    return status;
}

static void adopt_state(FzShard *shard)
{
    FzHubState state = fz_hub_state(shard->hub);

    if (state == FZ_HUB_DRAINING || shard->state == FZ_HUB_DRAINING)
        return; /* it has an order of its own */
    shard->state = state;
    for (FzLink *link = shard->links; link != NULL; link = link->next)
        fz_link_follow_state(link);
}

static void serve(void *arg)
{
    FzShard *shard = arg;

    /* a verb that came before there was a loop to be told */
    adopt_state(shard);
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
    for (size_t i = 0; i < FZ_PORTS; i++) {
        if (hub->port[i].fronted && hub->port[i].listener.fd >= 0)
            close(hub->port[i].listener.fd);
        fz_knock_stop(&hub->port[i]);
    }
    for (size_t i = 0; i < hub->shards; i++) {
        fz_job_free_spares(&hub->shard[i]);
        fz_loop_destroy(hub->shard[i].loop);
    }
    fz_registry_destroy(hub->registry);
    for (size_t i = 0; i < FZ_PORTS; i++) {
        fz_pace_clear(&hub->port[i].pace);
        fz_farewell_clear(&hub->port[i].farewell);
    }
    fz_resolver_destroy(hub->bearerbox);
    fz_tls_destroy(hub->server_tls);
    fz_tls_destroy(hub->client_tls);
    gw_free(hub->shard);
    gw_free(hub);
}

FzStatus fz_hub_open(const FzBoxConfig *config, const FzState *taken,
                     const FzDiagSink *sink, FzHub **hub_out)
{
    FzHub *hub = gw_malloc(sizeof *hub);
    size_t shards = count_loops(config);
    FzStatus status;

    memset(hub, 0, sizeof *hub);
    hub->config = config;
    if (taken != NULL) /* before anybody is accepted or asks for another */
        atomic_store(&hub->state, (int)taken->hub);
    hub->registry = fz_registry_create();
    hub->shard = gw_malloc(shards * sizeof *hub->shard);
    memset(hub->shard, 0, shards * sizeof *hub->shard);
    status = open_ports(hub, taken, sink);
    while (status == FZ_OK && hub->shards < shards) {
        FzShard *shard = &hub->shard[hub->shards];

        shard->hub = hub;
        fz_guest_init(shard);
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
    for (size_t i = 0; i < FZ_PORTS; i++)
        fz_door_start(&hub->port[i]);
    for (size_t i = 0; i < hub->shards; i++) {
        FzShard *shard = &hub->shard[i];

        /* before the thread: the admin port is open already, and a verb either
         * sees it running or has set the state that the thread begins with */
        shard->running = true;
        shard->thread = gwthread_create(serve, shard);
        shard->running = shard->thread >= 0;
        if (!shard->running)
            return fz_diag(sink, FZ_E_IO, NULL, 0, NULL,
                           "a thread for an event loop cannot be made");
    }
    return FZ_OK;
}

uint16_t fz_hub_port(const FzHub *hub, FzPortKind kind)
{
    return hub->port[kind].number;
}

/* --- orders to the loops --------------------------------------------------*/
void fz_hub_order(FzHub *hub, void (*run)(FzPost *post))
{
    for (size_t i = 0; i < hub->shards; i++) {
        FzShard *shard = &hub->shard[i];
        FzOrder *order;

        if (!shard->running)
            continue;
        order = gw_malloc(sizeof *order);
        *order = (FzOrder){.post = {.run = run}, .shard = shard};
        fz_loop_post(shard->loop, &order->post);
    }
}

static void follow_state(FzPost *post)
{
    FzShard *shard = ((FzOrder *)post)->shard;

    gw_free(post);
    adopt_state(shard);
}

bool fz_hub_set_state(FzHub *hub, FzHubState state)
{
    int before = atomic_load(&hub->state);

    do {
        if (before == (int)state || before == FZ_HUB_DRAINING)
            return false;
    } while (!atomic_compare_exchange_weak(&hub->state, &before, (int)state));
    fz_hub_order(hub, follow_state);
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
static void close_port(FzPort *port)
{
    fz_door_close(port);
    fz_knock_stop(port);
}

static void drain_shard(FzPost *post)
{
    FzShard *shard = ((FzOrder *)post)->shard;
    FzHub *hub = shard->hub;

    gw_free(post);
    for (size_t i = 0; shard == &hub->shard[0] && i < FZ_PORTS; i++)
        close_port(&hub->port[i]);
    shard->state = FZ_HUB_DRAINING;
    for (FzLink *link = shard->links; link != NULL; link = link->next)
        fz_link_drain(link);
}

static void abort_shard(FzPost *post)
{
    FzShard *shard = ((FzOrder *)post)->shard;

    gw_free(post);
    for (FzLink *link = shard->links; link != NULL; link = link->next)
        fz_link_abort(link);
}

static void stop_shard(FzPost *post)
{
    FzShard *shard = ((FzOrder *)post)->shard;

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

void fz_hub_stop(FzHub *hub)
{
    fz_hub_order(hub, stop_shard);
    for (size_t i = 0; i < hub->shards; i++) {
        if (hub->shard[i].running)
            gwthread_join(hub->shard[i].thread);
        hub->shard[i].running = false;
    }
}

bool fz_hub_drain(FzHub *hub, int64_t patience_ms)
{
    atomic_store(&hub->state, FZ_HUB_DRAINING);
    fz_registry_end(hub);
    fz_hub_order(hub, drain_shard);
    if (!wait_for_links(hub, patience_ms)) {
        fz_hub_order(hub, abort_shard);
        if (!wait_for_links(hub, LAST_CALLS_MS))
            return false;
    }
    fz_hub_stop(hub);
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
        ADD(denied);
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
