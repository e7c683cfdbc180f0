/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "bench/ends/peer.h"

#include "base/alloc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_ROOM = 256 * 1024 };

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

int peer_listen(int port, int *port_out)
{
    struct sockaddr_in address = loopback(port);
    socklen_t octets = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&address, octets) != 0 ||
        listen(fd, 1024) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &octets) != 0) {
        close(fd);
        return -1;
    }
    *port_out = ntohs(address.sin_port);
    return fd;
}

int peer_connect(int port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

Peer *peer_create(int loop, int fd, void *owner)
{
    Peer *peer = fz_calloc(1, sizeof *peer);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    int yes = 1;

    peer->fd = fd;
    peer->loop = loop;
    peer->owner = owner;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
    return peer;
}

void peer_destroy(Peer *peer)
{
    if (peer == NULL)
        return;
    close(peer->fd);
    fz_free(peer->in);
    fz_free(peer->out);
    fz_free(peer);
}

bool peer_read(Peer *peer)
{
    ssize_t got;

    if (peer->in_room - peer->in_octets < READ_ROOM / 2) {
        peer->in_room += READ_ROOM;
        peer->in = fz_realloc(peer->in, peer->in_room);
    }
    got = read(peer->fd, peer->in + peer->in_octets,
               peer->in_room - peer->in_octets);
    if (got > 0)
        peer->in_octets += (size_t)got;
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

void peer_take(Peer *peer, size_t octets)
{
    peer->in_octets -= octets;
    if (peer->in_octets > 0)
        memmove(peer->in, peer->in + octets, peer->in_octets);
}

uint8_t *peer_put(Peer *peer, size_t octets)
{
    uint8_t *at;

    if (peer->out_at == peer->out_octets)
        peer->out_at = peer->out_octets = 0;
    if (peer->out_octets + octets > peer->out_room) {
        peer->out_room = 2 * (peer->out_octets + octets);
        peer->out = fz_realloc(peer->out, peer->out_room);
    }
    at = peer->out + peer->out_octets;
    peer->out_octets += octets;
    return at;
}

static void watch_out(Peer *peer, bool watch)
{
    struct epoll_event event = {.events = watch ? EPOLLIN | EPOLLOUT : EPOLLIN,
                                .data.ptr = peer};

    if (watch == peer->watches_out)
        return;
    peer->watches_out = watch;
    epoll_ctl(peer->loop, EPOLL_CTL_MOD, peer->fd, &event);
}

void peer_flush(Peer *peer)
{
    while (peer->out_at < peer->out_octets) {
        ssize_t put = send(peer->fd, peer->out + peer->out_at,
                           peer->out_octets - peer->out_at, MSG_NOSIGNAL);

        if (put < 0)
            break;
        peer->out_at += (size_t)put;
    }
    watch_out(peer, peer->out_at < peer->out_octets);
}

/* --- a server ---------------------------------------------------------------
 */
static volatile sig_atomic_t ended;

static void end(int signal)
{
    (void)signal;
    ended = 1;
}

static void serve_one(int fd, const struct epoll_event *event,
                      bool (*serve)(Peer *peer))
{
    Peer *peer = event->data.ptr;

    if (peer->fd == fd) { /* the listening one */
        int one = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

        if (one >= 0)
            peer_create(peer->loop, one, NULL);
        return;
    }
    if (peer_read(peer) && serve(peer))
        peer_flush(peer);
    else
        peer_destroy(peer);
}

int peer_serve(int argc, char **argv, bool (*serve)(Peer *peer),
               const unsigned long *count)
{
    static const struct option options[] = {{"port", 1, NULL, 'p'}, {0}};
    struct epoll_event events[64];
    int loop = epoll_create1(EPOLL_CLOEXEC), port = 0, fd, found, c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c != 'p')
            return 2;
        port = atoi(optarg);
    }
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = end}, NULL);
    fd = peer_listen(port, &port);
    if (fd < 0) {
        fprintf(stderr, "%s: port %d: %s\n", argv[0], port, strerror(errno));
        return 1;
    }
    peer_create(loop, fd, NULL);
    printf("%d\n", port);
    fflush(stdout);
    while (!ended) {
        found = epoll_wait(loop, events, 64, -1);
        for (int i = 0; i < found; i++)
            serve_one(fd, &events[i], serve);
    }
    printf("%lu\n", *count);
    return 0;
}
