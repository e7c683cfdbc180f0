/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "control/control.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "control/request.h"
#include "control/server_impl.h"
#include "control/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICK_MS 1000       /* how often idle clients are looked for */
#define READ_OCTETS 4096   /* at once from one client */
#define TOLD_AGAIN_MS 1000 /* between two lines to one who waits */

/* Progress lines that nobody reads are left out beyond this. */
#define PROGRESS_OCTETS (64u << 10)

#define TOO_LONG "the request is longer than a line may be"

typedef struct Client {
    int fd;
    FzControlPeer peer;
    FzBuf in;
    size_t searched; /* octets of `in` that hold no newline */
    FzBuf out;
    size_t sent;      /* of `out` */
    bool eof;         /* no more will come */
    bool closing;     /* close when `out` is sent */
    bool gone;        /* the other end is no more */
    int64_t moved_ms; /* last time anything went through */
    int64_t told_ms;  /* last time it was told what it waits for */
    bool slow;        /* its line is known to be no quick verb's */
} Client;

typedef struct Handed {
    struct Handed *next;
    int fd;
    FzControlPeer peer;
} Handed;

struct FzControlServer {
    FzControlConfig config;
    FzControlSocket socket;
    const FzControlVerb *verbs;
    size_t verb_count;
    void *ctx;
    int64_t idle_ms;
    int wake_fd;
    _Atomic bool stop;
    pthread_mutex_t lock; /* of `handed` */
    Handed *handed;

    /* of the thread in run */
    Client *client[FZ_LIMIT_CONTROL_CLIENTS];
    size_t clients;
    size_t next;       /* whose turn it is */
    Client *served;    /* whose verb is at work */
    const char *verb;  /* which */
    int64_t accept_ms; /* before this time nobody is accepted */
};

/* A call, and where its words go. */
typedef struct Work {
    FzControlCall call; /* first: what the verb sees */
    FzControlServer *server;
    Client *client;
    FzControlDiags diags;
} Work;

/* ----------------------------------------------------------------- clients */
static void client_destroy(Client *c)
{
    close(c->fd);
    fz_buf_clear(&c->in);
    fz_buf_clear(&c->out);
    fz_free(c);
}

static size_t pending(const Client *c)
{
    return c->out.octets - c->sent;
}

static void send_pending(Client *c)
{
    while (pending(c) > 0 && !c->gone) {
        ssize_t sent = send(c->fd, c->out.data + c->sent, pending(c),
                            MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0) {
            c->gone = errno != EAGAIN && errno != EWOULDBLOCK;
            return;
        }
        c->sent += (size_t)sent;
        c->moved_ms = fz_clock_monotonic_ms();
    }
    if (pending(c) == 0) {
        /* an answer may have been large: do not keep its room */
        if (c->out.capacity > PROGRESS_OCTETS)
            fz_buf_clear(&c->out);
        c->out.octets = c->sent = 0;
    }
}

static bool has_line(Client *c)
{
    const uint8_t *found;

    if (c->in.octets == c->searched)
        return false;
    found = memchr(c->in.data + c->searched, '\n', c->in.octets - c->searched);
    if (found != NULL)
        return true;
    c->searched = c->in.octets;
    return false;
}

static bool is_ready(Client *c)
{
    return !c->gone && !c->closing && pending(c) == 0 && has_line(c);
}

static void fail_client(Client *c, const char *error)
{
    FzControlDiags diags;
    FzDiagSink sink;

    fz_control_diags_init(&diags);
    sink = fz_control_diags_sink(&diags);
    fz_diag(&sink, FZ_E_LIMIT, NULL, 0, NULL, "%s", error);
    fz_control_write_answer(&c->out, FZ_E_LIMIT, &diags, NULL);
    fz_control_diags_clear(&diags);
    c->closing = true;
    send_pending(c);
}

/* Called when it is readable and no line of it waits to be served. */
static void read_from(Client *c)
{
    ssize_t got;

    fz_buf_reserve(&c->in, READ_OCTETS);
    got = recv(c->fd, c->in.data + c->in.octets, READ_OCTETS, MSG_DONTWAIT);
    if (got < 0) {
        c->gone = errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK;
        return;
    }
    c->in.octets += (size_t)got;
    if (got > 0)
        c->moved_ms = fz_clock_monotonic_ms();
    else
        c->eof = true;
    if (has_line(c))
        return;
    if (c->in.octets > FZ_LIMIT_CONTROL_LINE_OCTETS)
        fail_client(c, TOO_LONG);
    else if (c->eof && c->in.octets > 0)
        fail_client(c, "the request broke off before the end of its line");
    else if (c->eof)
        c->closing = true;
}

static size_t room_for(const FzControlServer *s, const FzControlPeer *peer)
{
    size_t limit = FZ_LIMIT_CONTROL_CLIENTS;

    if (peer->role != FZ_ROLE_ADMIN)
        limit -= FZ_LIMIT_CONTROL_CLIENTS_ADMIN;
    return s->clients < limit ? limit - s->clients : 0;
}

static void add_client(FzControlServer *s, int fd, const FzControlPeer *peer)
{
    Client *c = fz_calloc(1, sizeof *c);

    c->fd = fd;
    c->peer = *peer;
    c->moved_ms = fz_clock_monotonic_ms();
    if (room_for(s, peer) == 0) {
        fail_client(c, "there are too many clients of the control socket");
        client_destroy(c);
        return;
    }
    s->client[s->clients++] = c;
}

static void accept_clients(FzControlServer *s)
{
    for (int i = 0; i < FZ_LIMIT_CONTROL_CLIENTS; i++) {
        FzControlPeer peer;
        int fd =
            accept4(s->socket.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd < 0) {
            /* no descriptors left: the one who waits would wake us for ever */
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
                errno == ENOMEM)
                s->accept_ms = fz_clock_monotonic_ms() + TICK_MS;
            return;
        }
        if (fz_control_peer_of(fd, &s->config, &peer) == FZ_OK)
            add_client(s, fd, &peer);
        else
            close(fd);
    }
}

static void take_handed(FzControlServer *s)
{
    uint64_t count;
    Handed *list;

    if (read(s->wake_fd, &count, sizeof count) < 0)
        count = 0; /* it was only to wake us */
    pthread_mutex_lock(&s->lock);
    list = s->handed;
    s->handed = NULL;
    pthread_mutex_unlock(&s->lock);
    while (list != NULL) {
        Handed *it = list;

        list = it->next;
        add_client(s, it->fd, &it->peer);
        fz_free(it);
    }
}

/* Idle: nothing went through for long, and it is not we who keep it waiting. */
static void drop_finished(FzControlServer *s)
{
    int64_t now = fz_clock_monotonic_ms();

    for (size_t i = 0; i < s->clients;) {
        Client *c = s->client[i];
        bool idle = now - c->moved_ms > s->idle_ms && !is_ready(c);

        if (c != s->served &&
            (c->gone || idle || (c->closing && pending(c) == 0))) {
            client_destroy(c);
            s->client[i] = s->client[--s->clients];
        } else {
            i++;
        }
    }
}

/* ----------------------------------------------------------------- pumping */
/* Everything but verbs: wait at most so long, then read, write, accept. */
static void pump(FzControlServer *s, int timeout_ms)
{
    struct pollfd fds[FZ_LIMIT_CONTROL_CLIENTS + 2] = {
        {.fd = s->wake_fd, .events = POLLIN},
        {.fd = s->socket.fd, .events = POLLIN},
    };
    size_t polled = s->clients;

    if (fz_clock_monotonic_ms() < s->accept_ms)
        fds[1].fd = -1;
    for (size_t i = 0; i < polled; i++) {
        Client *c = s->client[i];

        fds[i + 2].fd = c->fd;
        /* who has a line waiting, or does not read, is not read from */
        if (!c->eof && !c->closing && c != s->served && pending(c) == 0 &&
            !has_line(c))
            fds[i + 2].events |= POLLIN;
        if (pending(c) > 0)
            fds[i + 2].events |= POLLOUT;
        /* a dead one would be reported again and again until it is dropped */
        if (c->gone)
            fds[i + 2].fd = -1;
    }
    if (poll(fds, polled + 2, timeout_ms) > 0) {
        for (size_t i = 0; i < polled; i++) {
            Client *c = s->client[i];
            short seen = fds[i + 2].revents;

            if ((seen & POLLOUT) != 0)
                send_pending(c);
            if ((seen & POLLIN) != 0)
                read_from(c);
            else if ((seen & (POLLERR | POLLNVAL)) != 0 ||
                     ((seen & POLLHUP) != 0 && !has_line(c)))
                c->gone = true;
        }
        if (fds[1].revents != 0)
            accept_clients(s);
        if (fds[0].revents != 0)
            take_handed(s);
    }
    drop_finished(s);
}

/* Those in line hear what they wait for, so that none takes us for dead. */
static void tell_waiting(FzControlServer *s)
{
    int64_t now = fz_clock_monotonic_ms();
    char what[96];

    snprintf(what, sizeof what, "waiting for `%.64s'", s->verb);
    for (size_t i = 0; i < s->clients; i++) {
        Client *c = s->client[i];

        if (c == s->served || !is_ready(c) ||
            (c->told_ms != 0 && now - c->told_ms < TOLD_AGAIN_MS))
            continue;
        c->told_ms = now;
        fz_control_write_progress(&c->out, 0, 0, what);
        send_pending(c);
    }
}

static void serve_quick(FzControlServer *s);

static void progress(FzControlCall *call, uint64_t done, uint64_t total,
                     const char *what)
{
    Work *work = (Work *)call;
    Client *c = work->client;

    if (!c->gone && pending(c) < PROGRESS_OCTETS) {
        fz_control_write_progress(&c->out, done, total, what);
        send_pending(c);
    }
    pump(work->server, 0);
    serve_quick(work->server);
    tell_waiting(work->server);
}

/* ----------------------------------------------------------------- serving */
static FzStatus run_verb(FzControlServer *s, FzSlice line, Work *work)
{
    FzControlRequest request;
    const FzControlVerb *verb;
    FzStatus status;

    if (line.octets > FZ_LIMIT_CONTROL_LINE_OCTETS)
        return fz_diag(&work->call.sink, FZ_E_LIMIT, NULL, 0, NULL, TOO_LONG);
    status = fz_control_request_parse(line, &work->call.sink, &request);
    if (status != FZ_OK)
        return status;
    verb = fz_control_verb_find(s->verbs, s->verb_count, request.verb,
                                &work->call.sink);
    if (verb == NULL) {
        status = FZ_E_SYNTAX;
    } else if (verb->role > work->call.peer.role) {
        status = fz_diag(&work->call.sink, FZ_E_STATE, NULL, 0, NULL,
                         "`%s' is for administrators (user %ld may only ask)",
                         verb->name, (long)work->call.peer.uid);
    } else {
        work->call.verb = verb->name;
        work->call.args = request.args;
        s->verb = verb->name;
        status =
            fz_control_verb_check_args(verb, request.args, &work->call.sink);
        if (status == FZ_OK)
            status = verb->run(s->ctx, &work->call);
    }
    fz_control_request_clear(&request);
    return status;
}

static void serve_one(FzControlServer *s, Client *c)
{
    const uint8_t *end = memchr(c->in.data, '\n', c->in.octets);
    size_t octets = (size_t)(end - c->in.data);
    Work work = {.server = s, .client = c};
    FzStatus status;

    work.call.peer = c->peer;
    work.call.progress = progress;
    fz_control_diags_init(&work.diags);
    work.call.sink = fz_control_diags_sink(&work.diags);
    s->served = c;
    status = run_verb(s, fz_slice(c->in.data, octets), &work);
    s->served = NULL;
    fz_control_write_answer(&c->out, status, &work.diags, work.call.result);
    json_decref(work.call.result);
    fz_control_diags_clear(&work.diags);

    memmove(c->in.data, end + 1, c->in.octets - octets - 1);
    c->in.octets -= octets + 1;
    c->searched = 0;
    c->slow = false;
    c->told_ms = 0;
    c->moved_ms = fz_clock_monotonic_ms();
    if (c->eof && !has_line(c))
        c->closing = true;
    send_pending(c);
}

static bool is_quick(const FzControlServer *s, const Client *c)
{
    const uint8_t *end = memchr(c->in.data, '\n', c->in.octets);
    FzSlice line = fz_slice(c->in.data, (size_t)(end - c->in.data));
    const FzControlVerb *verb = NULL;
    FzControlRequest request;

    if (line.octets > FZ_LIMIT_CONTROL_LINE_OCTETS ||
        fz_control_request_parse(line, NULL, &request) != FZ_OK)
        return false;
    verb = fz_control_verb_find(s->verbs, s->verb_count, request.verb, NULL);
    fz_control_request_clear(&request);
    return verb != NULL && verb->quick;
}

/* Within another verb's progress: bypass and status wait for no reload. */
static void serve_quick(FzControlServer *s)
{
    Client *served = s->served;
    const char *verb = s->verb;

    for (size_t i = 0; i < s->clients; i++) {
        Client *c = s->client[i];

        if (c == served || c->slow || !is_ready(c))
            continue;
        if (is_quick(s, c))
            serve_one(s, c);
        else
            c->slow = true;
    }
    s->served = served;
    s->verb = verb;
}

/* One request of the next client that has one; false when none has. */
static bool serve_next(FzControlServer *s)
{
    for (size_t i = 0; i < s->clients; i++) {
        size_t at = (s->next + i) % s->clients;

        if (!is_ready(s->client[at]))
            continue;
        s->next = at + 1;
        serve_one(s, s->client[at]);
        return true;
    }
    return false;
}

void fz_control_server_run(FzControlServer *s)
{
    while (!atomic_load(&s->stop)) {
        bool worked = serve_next(s);

        pump(s, worked ? 0 : s->clients > 0 || s->accept_ms > 0 ? TICK_MS : -1);
    }
}

static void wake(FzControlServer *s)
{
    uint64_t one = 1;

    while (write(s->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
        continue;
}

void fz_control_server_stop(FzControlServer *s)
{
    atomic_store(&s->stop, true);
    wake(s);
}

void fz_control_server_adopt(FzControlServer *s, int fd,
                             const FzControlPeer *peer)
{
    Handed *it = fz_calloc(1, sizeof *it);

    it->fd = fd;
    it->peer = *peer;
    pthread_mutex_lock(&s->lock);
    it->next = s->handed;
    s->handed = it;
    pthread_mutex_unlock(&s->lock);
    wake(s);
}

void fz_control_server_set_idle(FzControlServer *s, int64_t idle_ms)
{
    s->idle_ms = idle_ms;
}

/* -------------------------------------------------------------------- open */
FzStatus fz_control_server_open(const FzControlConfig *config,
                                const FzControlVerb *verbs, size_t verb_count,
                                void *ctx, const FzDiagSink *sink,
                                FzControlServer **server_out)
{
    FzControlServer *s = fz_calloc(1, sizeof *s);
    FzStatus status;

    s->config = *config;
    s->config.path = fz_strdup(config->path);
    s->config.owner = config->owner == NULL ? NULL : fz_strdup(config->owner);
    s->config.group = config->group == NULL ? NULL : fz_strdup(config->group);
    s->socket.fd = s->socket.lock_fd = -1;
    s->verbs = verbs;
    s->verb_count = verb_count;
    s->ctx = ctx;
    s->idle_ms = FZ_LIMIT_CONTROL_IDLE_MS;
    pthread_mutex_init(&s->lock, NULL);
    s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->wake_fd < 0)
        status = fz_diag_errno(sink, config->path,
                               "cannot make what wakes the control server");
    else
        status = fz_control_socket_open(&s->config, sink, &s->socket);
    if (status != FZ_OK) {
        fz_control_server_close(s);
        return status;
    }
    *server_out = s;
    return FZ_OK;
}

void fz_control_server_close(FzControlServer *s)
{
    if (s == NULL)
        return;
    while (s->handed != NULL) {
        Handed *it = s->handed;

        s->handed = it->next;
        close(it->fd);
        fz_free(it);
    }
    for (size_t i = 0; i < s->clients; i++)
        client_destroy(s->client[i]);
    fz_control_socket_close(&s->socket);
    if (s->wake_fd >= 0)
        close(s->wake_fd);
    pthread_mutex_destroy(&s->lock);
    fz_free((char *)s->config.path);
    fz_free((char *)s->config.owner);
    fz_free((char *)s->config.group);
    fz_free(s);
}
