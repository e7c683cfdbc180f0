/* SPDX-License-Identifier: BSD-2-Clause
 *
 * socket.h - the file that clients connect to, and who they are
 */
#ifndef FZ_CONTROL_SOCKET_H
#define FZ_CONTROL_SOCKET_H

#include "control/control.h"

/** A listening socket and the lock that makes its name ours. */
typedef struct FzControlSocket {
    const char *path; /* borrowed */
    int fd;
    int lock_fd;
    dev_t device; /* of the socket file */
    ino_t inode;
} FzControlSocket;

/** Nobody can connect before owner, group and mode are set. */
FzStatus fz_control_socket_open(const FzControlConfig *config,
                                const FzDiagSink *sink,
                                FzControlSocket *socket_out) FZ_MUST_CHECK;

/** Removes the file if it is still ours. */
void fz_control_socket_close(FzControlSocket *socket);

/** Who is at the other end. */
FzStatus fz_control_peer_of(int fd, const FzControlConfig *config,
                            FzControlPeer *peer_out) FZ_MUST_CHECK;

/** What the configuration gives to a user with these groups. */
FzControlRole fz_control_role_of(const FzControlConfig *config, uid_t uid,
                                 const gid_t *groups, size_t group_count);

const char *fz_control_role_name(FzControlRole role);

#endif
