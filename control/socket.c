/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "control/socket.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16
#define MAX_GROUPS 256 /* of one peer that are looked at */

const char *fz_control_role_name(FzControlRole role)
{
    switch (role) {
    case FZ_ROLE_READ:
        return "read";
    case FZ_ROLE_ADMIN:
        return "admin";
    }
    return "unknown";
}

/* -------------------------------------------------------------------- peer */
/* Name services are asked only while the socket is opened and when a client of
 * a group comes: never on the message path. */
static bool find_group(const char *name, gid_t *gid_out)
{
    char room[16384];
    struct group entry, *found = NULL;

    if (getgrnam_r(name, &entry, room, sizeof room, &found) != 0 ||
        found == NULL)
        return false;
    *gid_out = found->gr_gid;
    return true;
}

static bool find_user(const char *name, uid_t *uid_out)
{
    char room[16384];
    struct passwd entry, *found = NULL;

    if (getpwnam_r(name, &entry, room, sizeof room, &found) != 0 ||
        found == NULL)
        return false;
    *uid_out = found->pw_uid;
    return true;
}

FzControlRole fz_control_role_of(const FzControlConfig *config, uid_t uid,
                                 const gid_t *groups, size_t group_count)
{
    gid_t admins;

    if (uid == 0 || uid == geteuid())
        return FZ_ROLE_ADMIN;
    if (!config->group_admin || config->group == NULL ||
        !find_group(config->group, &admins))
        return FZ_ROLE_READ;
    for (size_t i = 0; i < group_count; i++)
        if (groups[i] == admins)
            return FZ_ROLE_ADMIN;
    return FZ_ROLE_READ;
}

FzStatus fz_control_peer_of(int fd, const FzControlConfig *config,
                            FzControlPeer *peer_out)
{
    gid_t groups[MAX_GROUPS + 1];
    struct ucred cred;
    socklen_t octets = sizeof cred;
    size_t count;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &octets) != 0)
        return FZ_E_IO;
    octets = sizeof(gid_t) * MAX_GROUPS;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &octets) != 0)
        octets = 0; /* an old kernel, or more groups: the first one counts */
    count = octets / sizeof(gid_t);
    groups[count++] = cred.gid;
    *peer_out = (FzControlPeer){
        .pid = cred.pid,
        .uid = cred.uid,
        .gid = cred.gid,
        .role = fz_control_role_of(config, cred.uid, groups, count)};
    return FZ_OK;
}

/* -------------------------------------------------------------------- open */
static FzStatus address_of(const char *path, struct sockaddr_un *address_out,
                           const FzDiagSink *sink)
{
    memset(address_out, 0, sizeof *address_out);
    address_out->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address_out->sun_path)
        return fz_diag(sink, FZ_E_LIMIT, path, 0, NULL,
                       "the path of a socket has %zu octets at most",
                       sizeof address_out->sun_path - 1);
    memcpy(address_out->sun_path, path, strlen(path));
    return FZ_OK;
}

/* Two gateways that start at once may both find a dead socket, and one would
 * remove what the other has just made: the lock decides who looks. */
static FzStatus take_lock(FzControlSocket *it, const FzDiagSink *sink)
{
    FzBuf path = FZ_BUF_INIT;
    FzStatus status = FZ_OK;

    fz_buf_printf(&path, "%s.lock", it->path);
    it->lock_fd = open(fz_buf_text(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (it->lock_fd < 0)
        status = fz_diag_errno(sink, fz_buf_text(&path),
                               "cannot make the control socket's lock");
    else if (flock(it->lock_fd, LOCK_EX | LOCK_NB) != 0)
        status = fz_diag(sink, FZ_E_IO, it->path, 0, NULL,
                         "the control socket is in use by another gateway");
    fz_buf_clear(&path);
    return status;
}

static FzStatus remove_dead(const char *path, const struct sockaddr_un *address,
                            const FzDiagSink *sink)
{
    struct stat st;
    int fd, connected, reason;

    if (lstat(path, &st) != 0)
        return FZ_OK; /* nothing is there; bind will say what else is wrong */
    if (!S_ISSOCK(st.st_mode))
        return fz_diag(sink, FZ_E_IO, path, 0, NULL,
                       "there is something in the place of the control socket "
                       "that is no socket: remove it, or set another path");
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fz_diag_errno(sink, path, "cannot make a socket");
    connected = connect(fd, (const struct sockaddr *)address, sizeof *address);
    reason = errno;
    close(fd);
    /* EAGAIN: somebody listens, and has much to do */
    if (connected == 0 || reason == EAGAIN)
        return fz_diag(sink, FZ_E_IO, path, 0, NULL,
                       "the control socket is in use by another process");
    if (unlink(path) != 0)
        return fz_diag_errno(sink, path,
                             "cannot remove the socket of a dead process");
    return FZ_OK;
}

static FzStatus set_access(const FzControlConfig *config,
                           const FzDiagSink *sink)
{
    const char *path = config->path;
    uid_t uid = (uid_t)-1;
    gid_t gid = (gid_t)-1;

    if (config->owner != NULL && !find_user(config->owner, &uid))
        return fz_diag(sink, FZ_E_RULE, path, 0, NULL, "there is no user `%s'",
                       config->owner);
    if (config->group != NULL && !find_group(config->group, &gid))
        return fz_diag(sink, FZ_E_RULE, path, 0, NULL, "there is no group `%s'",
                       config->group);
    if ((config->owner != NULL || config->group != NULL) &&
        chown(path, uid, gid) != 0)
        return fz_diag_errno(sink, path,
                             "cannot give the control socket to %s:%s",
                             config->owner == NULL ? "" : config->owner,
                             config->group == NULL ? "" : config->group);
    if (chmod(path, config->mode & 07777) != 0)
        return fz_diag_errno(sink, path,
                             "cannot set the mode of the control socket");
    return FZ_OK;
}

FzStatus fz_control_socket_open(const FzControlConfig *config,
                                const FzDiagSink *sink,
                                FzControlSocket *socket_out)
{
    FzControlSocket it = {.path = config->path, .fd = -1, .lock_fd = -1};
    struct sockaddr_un address;
    struct stat st;
    FzStatus status;

    status = address_of(config->path, &address, sink);
    if (status == FZ_OK)
        status = take_lock(&it, sink);
    if (status == FZ_OK)
        status = remove_dead(config->path, &address, sink);
    if (status != FZ_OK)
        goto out;
    it.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (it.fd < 0 ||
        bind(it.fd, (struct sockaddr *)&address, sizeof address) != 0) {
        status =
            fz_diag_errno(sink, config->path, "cannot make the control socket");
        goto out;
    }
    if (lstat(config->path, &st) == 0) {
        it.device = st.st_dev;
        it.inode = st.st_ino;
    }
    /* connecting is refused until listen, so nobody slips in before this */
    status = set_access(config, sink);
    if (status == FZ_OK && listen(it.fd, BACKLOG) != 0)
        status = fz_diag_errno(sink, config->path,
                               "cannot listen on the control socket");
out:
    if (status == FZ_OK)
        *socket_out = it;
    else
        fz_control_socket_close(&it);
    return status;
}

void fz_control_socket_close(FzControlSocket *it)
{
    struct stat st;

    if (it->fd >= 0) {
        if (lstat(it->path, &st) == 0 && st.st_dev == it->device &&
            st.st_ino == it->inode)
            unlink(it->path);
        close(it->fd);
    }
    if (it->lock_fd >= 0)
        close(it->lock_fd);
    it->fd = it->lock_fd = -1;
}
