/* SPDX-License-Identifier: BSD-2-Clause
 *
 * box_stub.c - the place of bearerbox: takes every sms at once
 *
 *     box-stub [--port N]
 *
 * Prints the port it listens on; at SIGTERM how many messages it took.
 * Source: docs/kannel.md "The box protocol"
 */
#include "config.h"

#include "bench/ends/peer.h"

#include <string.h>

enum {
    TYPE_SMS = 2,
    TYPE_ACK = 3,
    UUID_OCTETS = 36,
    ACK_OCTETS = 4 + 4 + 4 + 4 + 4 + UUID_OCTETS,
    LARGEST = 1 << 20,
};

static unsigned long taken;

/* Skip a string of the packed message. NULL when it is not whole. */
static const uint8_t *skip(const uint8_t *at, const uint8_t *over)
{
    uint32_t octets;

    if (at == NULL || over - at < 4)
        return NULL;
    octets = peer_get32(at);
    if (octets == UINT32_MAX) /* absent */
        return at + 4;
    return (size_t)(over - at) - 4 < octets ? NULL : at + 4 + octets;
}

/* sender receiver udhdata msgdata time smsc_id smsc_number foreign_id service
 * account id ... */
static bool acknowledge(Peer *peer, const uint8_t *at, const uint8_t *over)
{
    const uint8_t *time;
    uint8_t *ack;

    for (int i = 0; i < 4; i++)
        at = skip(at, over);
    if (at == NULL || over - at < 4)
        return false;
    time = at;
    at += 4;
    for (int i = 0; i < 5; i++)
        at = skip(at, over);
    if (at == NULL || over - at < 4 + UUID_OCTETS ||
        peer_get32(at) != UUID_OCTETS)
        return false;
    ack = peer_put(peer, ACK_OCTETS);
    peer_put32(ack, ACK_OCTETS - 4);
    peer_put32(ack + 4, TYPE_ACK);
    peer_put32(ack + 8, 0);
    memcpy(ack + 12, time, 4);
    memcpy(ack + 16, at, 4 + UUID_OCTETS);
    taken++;
    return true;
}

static bool serve(Peer *peer)
{
    size_t at = 0;

    while (peer->in_octets - at >= 8) {
        const uint8_t *frame = peer->in + at;
        uint32_t octets = peer_get32(frame);

        if (octets < 4 || octets > LARGEST)
            return false;
        if (peer->in_octets - at < 4 + (size_t)octets)
            break;
        if (peer_get32(frame + 4) == TYPE_SMS &&
            !acknowledge(peer, frame + 8, frame + 4 + octets))
            return false;
        at += 4 + (size_t)octets;
    }
    peer_take(peer, at);
    return true;
}

int main(int argc, char **argv)
{
    return peer_serve(argc, argv, serve, &taken);
}
