/* SPDX-License-Identifier: BSD-2-Clause
 *
 * smsc_stub.c - an SMPP SMSC that takes every submit_sm at once
 *
 *     smsc-stub [--port N]
 *
 * Prints the port it listens on; at SIGTERM how many messages it took.
 * Source: SMPP 3.4, 3.2 (header), 4.1 to 4.4, 4.11
 */
#include "config.h"

#include "bench/ends/peer.h"

#include <stdio.h>
#include <string.h>

enum {
    HEAD = 16,
    BIND_RECEIVER = 1,
    BIND_TRANSMITTER = 2,
    SUBMIT_SM = 4,
    UNBIND = 6,
    BIND_TRANSCEIVER = 9,
    ENQUIRE_LINK = 0x15,
    LARGEST = 1 << 20,
};

static unsigned long taken;

static void respond(Peer *peer, const uint8_t *pdu, const char *body)
{
    size_t octets = HEAD + (body == NULL ? 0 : strlen(body) + 1);
    uint8_t *at = peer_put(peer, octets);

    peer_put32(at, (uint32_t)octets);
    peer_put32(at + 4, peer_get32(pdu + 4) | 0x80000000u);
    peer_put32(at + 8, 0);
    memcpy(at + 12, pdu + 12, 4);
    if (body != NULL)
        memcpy(at + HEAD, body, octets - HEAD);
}

static void answer(Peer *peer, const uint8_t *pdu)
{
    char id[16];

    switch (peer_get32(pdu + 4)) {
    case SUBMIT_SM:
        snprintf(id, sizeof id, "%lx", ++taken);
        respond(peer, pdu, id);
        break;
    case BIND_RECEIVER:
    case BIND_TRANSMITTER:
    case BIND_TRANSCEIVER:
        respond(peer, pdu, "bench");
        break;
    case ENQUIRE_LINK:
    case UNBIND:
        respond(peer, pdu, NULL);
        break;
    default:
        break;
    }
}

static bool serve(Peer *peer)
{
    size_t at = 0;

    while (peer->in_octets - at >= HEAD) {
        uint32_t octets = peer_get32(peer->in + at);

        if (octets < HEAD || octets > LARGEST)
            return false;
        if (peer->in_octets - at < octets)
            break;
        answer(peer, peer->in + at);
        at += octets;
    }
    peer_take(peer, at);
    return true;
}

int main(int argc, char **argv)
{
    return peer_serve(argc, argv, serve, &taken);
}
