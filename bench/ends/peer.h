/* SPDX-License-Identifier: BSD-2-Clause
 *
 * peer.h - one TCP connection of a bench's far end, on an event loop of one
 * thread
 *
 * What a bench measures stands between two such ends, so they must cost little
 * beside it: many frames a read, many frames a write, no allocation a frame.
 */
#ifndef FZ_BENCH_ENDS_PEER_H
#define FZ_BENCH_ENDS_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Peer {
    int fd;
    int loop; /* epoll */
    void *owner;
    uint8_t *in; /* received, not yet taken */
    size_t in_octets, in_room;
    uint8_t *out; /* put, not yet written */
    size_t out_at, out_octets, out_room;
    bool watches_out;
} Peer;

/** Listen on loopback; port 0 takes a free one. Returns the socket, or -1. */
int peer_listen(int port, int *port_out);

/** Connect to a port of loopback; -1 when nobody listens. */
int peer_connect(int port);

/** A connection that the loop watches; `owner` is the caller's. */
Peer *peer_create(int loop, int fd, void *owner);
void peer_destroy(Peer *peer);

/** Read what is there. False when the other side closed. */
bool peer_read(Peer *peer);

/** Drop the first octets of `in`. */
void peer_take(Peer *peer, size_t octets);

/** Room for octets to send; what is put there goes with peer_flush. */
uint8_t *peer_put(Peer *peer, size_t octets);

/** Write what the socket takes; the loop tells when it takes the rest. */
void peer_flush(Peer *peer);

/**
 * The whole of a server that answers what comes: prints its port, serves until
 * SIGTERM, prints `*count`.
 *
 * @param argv   [--port N]; 0, the default, takes a free one
 * @param serve  called when octets came; false ends the connection
 * @return exit status
 */
int peer_serve(int argc, char **argv, bool (*serve)(Peer *peer),
               const unsigned long *count);

static inline uint32_t peer_get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
           (uint32_t)at[2] << 8 | at[3];
}

static inline void peer_put32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

#endif
