/* SPDX-License-Identifier: BSD-2-Clause
 *
 * door.h - the ports that boxes come in by, and who is let in
 *
 * Connections are accepted on the first event loop and handed to the loop
 * with the fewest.
 */
#ifndef FZ_BOX_LINK_DOOR_H
#define FZ_BOX_LINK_DOOR_H

#include "box/link/hub.h"

/** Listen; whoever connects waits until fz_door_start. A port that is not
 *  fronted stays closed, and that is no mistake. `taken` may have the socket,
 *  which is copied then; NULL: it does not. */
FzStatus fz_door_open(FzPort *port, const FzState *taken,
                      const FzDiagSink *sink) FZ_MUST_CHECK;

/** Let nobody in for now; fz_door_start goes on. */
void fz_door_pause(FzPort *port);

/** Let in who waits and who comes; before the loops run or on the first. */
void fz_door_start(FzPort *port);

/** Listen no more; on the first loop's thread, or when none runs. */
void fz_door_close(FzPort *port);

#endif
