/* SPDX-License-Identifier: BSD-2-Clause
 *
 * server_impl.h - ways into the server that only its tests take
 */
#ifndef FZ_CONTROL_SERVER_IMPL_H
#define FZ_CONTROL_SERVER_IMPL_H

#include "control/control.h"

/** Serve a connection that came another way (`fd` is the server's from now on),
 *  as `peer`. From any thread. */
void fz_control_server_adopt(FzControlServer *server, int fd,
                             const FzControlPeer *peer);

/** Before run: another FZ_LIMIT_CONTROL_IDLE_MS. */
void fz_control_server_set_idle(FzControlServer *server, int64_t idle_ms);

#endif
