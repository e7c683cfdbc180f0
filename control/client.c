/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "control/control.h"

#include "base/limits.h"
#include "control/request.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct Asking {
    const char *path;
    const FzDiagSink *sink;
    int64_t timeout_ms;
    int fd;
    FzBuf in;
    size_t taken; /* octets of `in` that were lines already */
    bool sent;    /* the request, to its newline */
} Asking;

static FzStatus fail_connect(const Asking *a)
{
    const char *why = "cannot reach the gateway";

    if (errno == ENOENT)
        why = "there is no control socket: is the gateway running, with this "
              "path?";
    else if (errno == ECONNREFUSED)
        why = "nobody listens on the control socket: the gateway has ended";
    else if (errno == EACCES || errno == EPERM)
        why = "the control socket is not for you: join its group";
    else if (errno == EAGAIN)
        why = "the gateway does not take up the connection";
    return fz_diag_errno(a->sink, a->path, "%s", why);
}

static FzStatus connect_to(Asking *a)
{
    struct timeval limit = {.tv_sec = a->timeout_ms / 1000,
                            .tv_usec = a->timeout_ms % 1000 * 1000};
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(a->path) >= sizeof address.sun_path)
        return fz_diag(a->sink, FZ_E_LIMIT, a->path, 0, NULL,
                       "the path of a socket has %zu octets at most",
                       sizeof address.sun_path - 1);
    memcpy(address.sun_path, a->path, strlen(a->path));
    a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (a->fd < 0)
        return fz_diag_errno(a->sink, a->path, "cannot make a socket");
    if (a->timeout_ms > 0) {
        setsockopt(a->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        setsockopt(a->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    }
    while (connect(a->fd, (struct sockaddr *)&address, sizeof address) != 0)
        if (errno != EINTR)
            return fail_connect(a);
    return FZ_OK;
}

/* A server that will not read on has answered why: then reading tells more than
 * the failed write does. */
static FzStatus send_request(Asking *a, const FzBuf *line)
{
    size_t sent = 0;

    while (sent < line->octets) {
        ssize_t n =
            send(a->fd, line->data + sent, line->octets - sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
            return FZ_OK;
        if (n < 0)
            return fz_diag_errno(a->sink, a->path, "cannot send the request");
        sent += (size_t)n;
    }
    a->sent = true;
    return FZ_OK;
}

static FzStatus read_line(Asking *a, FzSlice *line_out)
{
    size_t searched;

    if (a->taken > 0) {
        memmove(a->in.data, a->in.data + a->taken, a->in.octets - a->taken);
        a->in.octets -= a->taken;
        a->taken = 0;
    }
    for (searched = 0;;) {
        const uint8_t *end =
            a->in.octets == searched
                ? NULL
                : memchr(a->in.data + searched, '\n', a->in.octets - searched);
        ssize_t got;

        if (end != NULL) {
            a->taken = (size_t)(end - a->in.data) + 1;
            *line_out = fz_slice(a->in.data, a->taken - 1);
            return FZ_OK;
        }
        searched = a->in.octets;
        /* a little more: the newline, and what stands around the result */
        if (a->in.octets > FZ_LIMIT_CONTROL_ANSWER_OCTETS + 4096)
            return fz_diag(a->sink, FZ_E_LIMIT, a->path, 0, NULL,
                           "the answer is longer than %u octets",
                           FZ_LIMIT_CONTROL_ANSWER_OCTETS);
        fz_buf_reserve(&a->in, 65536);
        got = recv(a->fd, a->in.data + a->in.octets, 65536, 0);
        if (got > 0)
            a->in.octets += (size_t)got;
        else if (got == 0)
            return fz_diag(a->sink, FZ_E_IO, a->path, 0, NULL,
                           "the gateway closed the connection before its "
                           "answer");
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return fz_diag(a->sink, FZ_E_IO, a->path, 0, NULL,
                           "no answer from the gateway for %lld ms",
                           (long long)a->timeout_ms);
        else if (errno != EINTR)
            return fz_diag_errno(a->sink, a->path, "cannot read the answer");
    }
}

static FzStatus read_answer(Asking *a,
                            void (*progress)(void *ctx, uint64_t done,
                                             uint64_t total, const char *what),
                            void *ctx, json_t **answer_out)
{
    for (;;) {
        json_t *root, *step;
        json_error_t error;
        const char *what;
        FzStatus status;
        FzSlice line = {NULL, 0};

        status = read_line(a, &line);
        if (status != FZ_OK)
            return status;
        root = json_loadb((const char *)line.data, line.octets, 0, &error);
        step = json_object_get(root, "progress");
        if (step == NULL) {
            if (json_is_boolean(json_object_get(root, "ok"))) {
                *answer_out = root;
                return FZ_OK;
            }
            json_decref(root);
            return fz_diag(a->sink, FZ_E_SYNTAX, a->path, 0, NULL,
                           "the answer makes no sense: is this the socket of a "
                           "gateway?");
        }
        what = json_string_value(json_object_get(step, "what"));
        if (progress != NULL)
            progress(
                ctx,
                (uint64_t)json_integer_value(json_object_get(step, "done")),
                (uint64_t)json_integer_value(json_object_get(step, "total")),
                what == NULL ? "" : what);
        json_decref(root);
    }
}

FzStatus fz_control_ask(const char *path, const char *verb, const json_t *args,
                        void (*progress)(void *ctx, uint64_t done,
                                         uint64_t total, const char *what),
                        void *ctx, int64_t timeout_ms, const FzDiagSink *sink,
                        json_t **answer_out)
{
    bool sent;

    return fz_control_ask_sent(path, verb, args, progress, ctx, timeout_ms,
                               sink, &sent, answer_out);
}

FzStatus fz_control_ask_sent(const char *path, const char *verb,
                             const json_t *args,
                             void (*progress)(void *ctx, uint64_t done,
                                              uint64_t total, const char *what),
                             void *ctx, int64_t timeout_ms,
                             const FzDiagSink *sink, bool *sent_out,
                             json_t **answer_out)
{
    Asking asking = {
        .path = path, .sink = sink, .timeout_ms = timeout_ms, .fd = -1};
    json_t *request = json_object();
    FzBuf line = FZ_BUF_INIT;
    FzStatus status;

    json_object_set_new(request, "verb", json_string(verb));
    if (args != NULL)
        json_object_set(request, "args", (json_t *)args);
    fz_control_write_line(&line, request);
    status = connect_to(&asking);
    if (status == FZ_OK)
        status = send_request(&asking, &line);
    if (status == FZ_OK)
        status = read_answer(&asking, progress, ctx, answer_out);
    *sent_out = asking.sent;
    if (asking.fd >= 0)
        close(asking.fd);
    json_decref(request);
    fz_buf_clear(&line);
    fz_buf_clear(&asking.in);
    return status;
}
