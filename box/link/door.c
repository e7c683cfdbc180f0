/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/link/door.h"

#include "box/link/link.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gwlib/gwlib.h"

#define BACKLOG 512
#define ACCEPTS_A_TURN 64
#define SELDOM_MS 10000      /* between two lines of the log about the same */
#define LISTEN_AGAIN_MS 1000 /* after descriptors ran out */

/* --- accepting ----------------------------------------------------------- */
/* A connection on its way to its shard's thread. */
typedef struct Arrival {
    FzPost post; /* first */
    FzPort *port;
    FzShard *shard;
    int fd;
    char peer[FZ_ADDRESS_TEXT_OCTETS];
} Arrival;

static void arrive(FzPost *post)
{
    Arrival *arrival = (Arrival *)post;

    fz_link_open(arrival->port, arrival->shard, arrival->fd, arrival->peer);
    gw_free(arrival);
}

FzShard *fz_hub_least_loaded(FzHub *hub)
{
    FzShard *least = &hub->shard[0];

    for (size_t i = 1; i < hub->shards; i++)
        if (atomic_load(&hub->shard[i].link_count) <
            atomic_load(&least->link_count))
            least = &hub->shard[i];
    return least;
}

static void accept_one(FzPort *port, int fd, FzAddress *from)
{
    FzShard *shard = fz_hub_least_loaded(port->hub);
    Arrival *arrival = gw_malloc(sizeof *arrival);

    fz_stream_tune(fd);
    *arrival = (Arrival){
        .post = {.run = arrive}, .port = port, .shard = shard, .fd = fd};
    fz_address_text(from, arrival->peer);
    atomic_fetch_add(&shard->link_count, 1);
    fz_loop_post(shard->loop, &arrival->post);
}

static void turn_away(FzPort *port, int fd, const FzAddress *from)
{
    FzShard *shard = &port->hub->shard[0]; /* whose thread this is */
    int64_t now = fz_loop_now_ms(shard->loop);

    close(fd);
    FZ_BOX_COUNT(shard->counters.denied);
    port->denied++;
    if (port->told_ms == 0 || now - port->told_ms >= SELDOM_MS) {
        char peer[FZ_ADDRESS_TEXT_OCTETS];

        fz_address_text(from, peer);
        warning(0,
                "fanzhabox: A connection from %s is refused by box-allow-ip "
                "and box-deny-ip (%zu like it since this was last said).",
                peer, port->denied - 1);
        port->told_ms = now;
        port->denied = 0;
    }
}

static void listen_again(FzTimer *timer)
{
    FzPort *port = (FzPort *)((char *)timer - offsetof(FzPort, listen_again));

    if (port->listener.fd >= 0 && !port->hub->shard[0].holding)
        fz_loop_watch(port->hub->shard[0].loop, &port->listener, EPOLLIN);
}

static void accept_some(FzWatch *watch, uint32_t events)
{
    FzPort *port = (FzPort *)((char *)watch - offsetof(FzPort, listener));
    FzLoop *loop = port->hub->shard[0].loop;

    (void)events;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        FzAddress from = {.any.sa_family = AF_UNSPEC};
        socklen_t octets = sizeof from;
        int fd = accept4(watch->fd, &from.any, &octets,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            fz_address_unmap(&from);
            if (fz_access_admits(port->hub->config->box_access, &from.any))
                accept_one(port, fd, &from);
            else
                turn_away(port, fd, &from);
            continue;
        }
        if (fz_stream_is_shortage(errno)) {
            /* it would be ready again at once: those who are connected are
             * served, those who wait are looked at later */
            error(errno, "fanzhabox: A connection cannot be accepted.");
            fz_loop_watch(loop, watch, 0);
            fz_loop_timer_set(loop, &port->listen_again,
                              fz_loop_now_ms(loop) + LISTEN_AGAIN_MS);
        }
        return;
    }
}

/* --- listening ----------------------------------------------------------- */
/* Both families where the system has both: an IPv6 socket that takes IPv4
 * too. */
static int every_interface(uint16_t number, FzAddress *at)
{
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int no = 0;

    memset(at, 0, sizeof *at);
    if (fd >= 0 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no) == 0) {
        at->v6.sin6_family = AF_INET6;
    } else {
        if (fd >= 0)
            close(fd);
        fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        at->v4.sin_family = AF_INET;
    }
    fz_address_set_port(at, number);
    return fd;
}

static bool is_every(const char *interface)
{
    return interface == NULL || strcmp(interface, "*") == 0;
}

static FzStatus find_interface(const FzPort *port, const FzDiagSink *sink,
                               FzAddress *at)
{
    FzAddresses found;
    int failed = fz_addresses_find(port->interface, port->wanted, &found);

    if (failed != 0)
        return fz_diag(sink, FZ_E_RULE, port->hub->config->path, 0, NULL,
                       "`%s-interface' is `%s', which is no address that can "
                       "be used (%s)",
                       port->name, port->interface, gai_strerror(failed));
    *at = found.at[0];
    return FZ_OK;
}

/* The address that the port is to have, and a socket for it. */
static FzStatus make_socket(const FzPort *port, const FzDiagSink *sink,
                            FzAddress *at, int *fd_out)
{
    FzStatus status;
    int fd, one = 1;

    if (is_every(port->interface)) {
        fd = every_interface(port->wanted, at);
    } else {
        status = find_interface(port, sink, at);
        if (status != FZ_OK)
            return status;
        fd = socket(at->any.sa_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    }
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    *fd_out = fd;
    return FZ_OK;
}

/* The socket that the process before had for this port, when it is where it
 * should be now; -1. A copy: until all is well here, that program may have to
 * come back, and everything must be as it left it. */
static int taken_socket(const FzPort *port, const FzState *taken,
                        const FzAddress *wanted)
{
    FzSlice list = taken == NULL ? (FzSlice){NULL, 0} : taken->listeners;
    FzStateFile file;

    while (fz_state_next_file(&list, &file)) {
        FzAddress at = {.any.sa_family = AF_UNSPEC}, where = *wanted;
        char has[FZ_ADDRESS_TEXT_OCTETS], wants[FZ_ADDRESS_TEXT_OCTETS];
        socklen_t octets = sizeof at;

        if (!fz_slice_is(file.name, port->name) ||
            getsockname(file.fd, &at.any, &octets) != 0)
            continue;
        if (port->wanted == 0)
            fz_address_set_port(&where, fz_address_port(&at));
        fz_address_text(&at, has);
        fz_address_text(&where, wants);
        if (at.any.sa_family == where.any.sa_family && strcmp(has, wants) == 0)
            return fcntl(file.fd, F_DUPFD_CLOEXEC, 0);
    }
    return -1;
}

FzStatus fz_door_open(FzPort *port, const FzState *taken,
                      const FzDiagSink *sink)
{
    FzStatus status;
    socklen_t octets;
    FzAddress at;
    bool bound;
    int fd, had;

    if (!port->fronted)
        return FZ_OK;
    status = make_socket(port, sink, &at, &fd);
    if (status != FZ_OK)
        return status;
    had = taken_socket(port, taken, &at);
    bound = had >= 0;
    if (bound) {
        if (fd >= 0)
            close(fd);
        fd = had;
    }
    octets = fz_address_octets(&at);
    if (fd < 0 || (!bound && bind(fd, &at.any, octets) != 0) ||
        listen(fd, BACKLOG) != 0 || getsockname(fd, &at.any, &octets) != 0) {
        status = fz_diag_errno(
            sink, port->hub->config->path,
            "port %u on %s cannot be listened on", port->wanted,
            is_every(port->interface) ? "every interface" : port->interface);

        if (fd >= 0)
            close(fd);
        return status;
    }
    port->listener = (FzWatch){.fd = fd, .ready = accept_some};
    port->listen_again.fire = listen_again;
    port->number = fz_address_port(&at);
    return FZ_OK;
}

void fz_door_start(FzPort *port)
{
    if (port->listener.fd >= 0)
        fz_loop_watch(port->hub->shard[0].loop, &port->listener, EPOLLIN);
}

void fz_door_pause(FzPort *port)
{
    if (port->listener.fd >= 0)
        fz_loop_watch(port->hub->shard[0].loop, &port->listener, 0);
}

void fz_door_close(FzPort *port)
{
    int fd = port->listener.fd;

    if (fd < 0)
        return;
    fz_loop_timer_stop(port->hub->shard[0].loop, &port->listen_again);
    fz_loop_unwatch(port->hub->shard[0].loop, &port->listener);
    close(fd);
}
