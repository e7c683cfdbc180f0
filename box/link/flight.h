/* SPDX-License-Identifier: BSD-2-Clause
 *
 * flight.h - messages that were passed on and not acknowledged yet
 *
 * An acknowledgement belongs to a message when id and time are the same;
 * smsbox looks at the id alone, so one that answers nothing in flight must
 * not reach it. The same id and time may be in flight more than once (nobody
 * deduplicates): then the oldest is answered first.
 * Threads: the loop's.
 */
#ifndef FZ_BOX_LINK_FLIGHT_H
#define FZ_BOX_LINK_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FZ_FLIGHT_ID_OCTETS 16

/** Who is told of the acknowledgement of a message of our own; NULL for one
 *  that was relayed. Opaque here. */
typedef struct FzInjection FzInjection;

typedef struct FzFlying {
    uint8_t id[FZ_FLIGHT_ID_OCTETS]; /* as it was sent on */
    int32_t time;
    uint8_t its_id[FZ_FLIGHT_ID_OCTETS]; /* as its sender knows it: a plugin
                                            may have changed both */
    int32_t its_time;
    FzInjection *injection;
    uint32_t next_in_chain; /* all of these: index plus one */
    uint32_t older, newer;
} FzFlying;

/** All flights that share it. */
typedef struct FzCrowd {
    size_t now;    /* their counts together */
    uint64_t gone; /* taken out again, ever */
} FzCrowd;

typedef struct FzFlight {
    FzFlying *slots;
    uint32_t *chains;
    uint32_t room, count, free, oldest, newest;
    uint32_t injected; /* of `count`: messages of our own */
    FzCrowd *crowd;    /* NULL: nobody counts them all */
} FzFlight;

void fz_flight_init(FzFlight *flight, FzCrowd *crowd);
void fz_flight_clear(FzFlight *flight); /* forgets all of them, frees */

/** Note one as sent; the ids are borrowed, 16 octets each. */
void fz_flight_add(FzFlight *flight, const uint8_t *id, int32_t time,
                   const uint8_t *its_id, int32_t its_time,
                   FzInjection *injection);

/** Take the oldest with this id and time out; false when there is none. */
bool fz_flight_take(FzFlight *flight, const uint8_t *id, int32_t time,
                    FzFlying *flying_out);

/** Take the oldest of all that is (`injected`) or is not an injection of ours;
 *  false when there is none. */
bool fz_flight_take_oldest(FzFlight *flight, bool injected,
                           FzFlying *flying_out);

/** The one that was sent after `flying`, or the oldest for NULL; NULL at the
 *  end. Borrowed until the next change. */
const FzFlying *fz_flight_next(const FzFlight *flight, const FzFlying *flying);

#endif
