/* SPDX-License-Identifier: BSD-2-Clause
 *
 * knock.h - seeing that a bearerbox that ends (farewell.h) is gone
 *
 * A port of ours keeps a connection to it that says nothing: when it is closed,
 * or the next one refused, bearerbox was gone, if only for a moment. It must
 * not stay, since bearerbox ends when the last has left, so after a second
 * another takes its place; and that one is asked for before this one leaves,
 * for a bearerbox may be back within twenty milliseconds, and nothing tells a
 * new one from one that ends. What bearerbox does not accept any more lies in
 * its port's queue, and ends with the port.
 * Threads: the first loop's.
 */
#ifndef FZ_BOX_LINK_KNOCK_H
#define FZ_BOX_LINK_KNOCK_H

#include "box/link/address.h"
#include "box/link/stream.h"

struct FzPort;

typedef struct FzKnock {
    struct FzPort *port; /* NULL: it does not knock */
    FzStream stream;
    FzAddresses addresses; /* of bearerbox, when this one was asked for */
    size_t address;        /* of them, tried now */
    size_t refused;        /* of them, by this one */
    FzTimer timer;         /* how long this one stays */
} FzKnock;

/** Bearerbox said that it ends: knock until that is over, say so, and have
 *  every link connect. Nothing happens where it knocks already. */
void fz_knock_begin(struct FzPort *port);

/** Knock no more; or when no loop runs. Nothing happens where it does not. */
void fz_knock_stop(struct FzPort *port);

#endif
