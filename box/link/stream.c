/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/link/stream.h"

#include <errno.h>
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gwlib/gwlib.h"

/* A cut frame up to this size is copied in front of the next read; a longer
 * one is read where it will lie, so that a peer that trickles a large frame
 * does not have it copied for each octet. */
#define COPY_OCTETS 4096

/* A Kannel box that writes more than one TLS record (16,384 octets) writes the
 * first and forgets the rest until its socket becomes readable or it has
 * something else to say: 30 seconds with its heartbeats, a record each. So when
 * the rest of a frame does not come, its socket is made readable. */
#define NUDGE_MS 20
#define NUDGES 8 /* for one frame, each after twice the time */

/* A buffer up to this size is kept for the next message. */
#define KEEP_OCTETS (64u << 10)

/* --- buffers ------------------------------------------------------------- */
static uint8_t *make_room(uint8_t *block, size_t *from, size_t *to,
                          size_t *room, size_t more)
{
    size_t held = *to - *from;

    if (*room - *to >= more)
        return block;
    if (*from > 0) {
        memmove(block, block + *from, held);
        *from = 0;
        *to = held;
    }
    if (*room - held < more) {
        size_t want = *room == 0 ? 2048 : *room;

        while (want - held < more)
            want *= 2;
        block = gw_realloc(block, want);
        *room = want;
    }
    return block;
}

static uint8_t *forget(uint8_t *block, size_t *from, size_t *to, size_t *room,
                       size_t keep)
{
    *from = *to = 0;
    if (*room > keep) {
        gw_free(block);
        *room = 0;
        return NULL;
    }
    return block;
}

static void forget_in(FzStream *s)
{
    s->in = forget(s->in, &s->in_from, &s->in_to, &s->in_room, 0);
}

static void forget_out(FzStream *s, size_t keep)
{
    s->out = forget(s->out, &s->out_from, &s->out_to, &s->out_room, keep);
}

size_t fz_stream_unwritten(const FzStream *s)
{
    return s->out_to - s->out_from;
}

size_t fz_stream_unread(const FzStream *s)
{
    return s->in_to - s->in_from;
}

uint8_t *fz_stream_put(FzStream *s, size_t octets)
{
    uint8_t *at;

    s->out = make_room(s->out, &s->out_from, &s->out_to, &s->out_room, octets);
    at = s->out + s->out_to;
    s->out_to += octets;
    return at;
}

/* --- what is waited for -------------------------------------------------- */
static void update_watch(FzStream *s)
{
    uint32_t events = 0;

    if (!fz_stream_is_open(s))
        return;
    if (s->shaking && !s->connecting) {
        fz_loop_watch(s->loop, &s->watch, s->shake_wants);
        return;
    }
    if (s->connecting || s->write_blocked || s->read_wants_out)
        events |= EPOLLOUT;
    if (!s->connecting && s->reading && !s->ended)
        events |= EPOLLIN;
    fz_loop_watch(s->loop, &s->watch, events);
}

void fz_stream_set_reading(FzStream *s, bool reading)
{
    s->reading = reading;
    update_watch(s);
}

static void end(FzStream *s, FzStreamEnd how, int sys_errno, const char *why)
{
    if (s->ended)
        return;
    s->ended = true;
    update_watch(s);
    s->user->ended(s, how, sys_errno, why);
}

/* It broke; `sys_errno` says how, but for TLS's own reasons. */
static void end_broken(FzStream *s, int sys_errno)
{
    if (sys_errno == EPROTO && s->session != NULL)
        end(s, FZ_STREAM_BROKEN, 0, fz_tls_why());
    else
        end(s, FZ_STREAM_BROKEN, sys_errno, "it broke");
}

/* --- the socket ---------------------------------------------------------- */
static ssize_t get(FzStream *s, void *data, size_t room)
{
    ssize_t got;

    if (s->session == NULL)
        return recv(s->watch.fd, data, room, 0);
    got = fz_tls_read(s->session, data, room, &s->read_wants_out);
    if (s->read_wants_out) {
        update_watch(s);
        errno = EAGAIN;
    }
    return got;
}

static ssize_t put(FzStream *s, const void *data, size_t octets)
{
    if (s->session == NULL)
        return send(s->watch.fd, data, octets, MSG_NOSIGNAL);
    return fz_tls_write(s->session, data, octets);
}

/* --- reading ------------------------------------------------------------- */
/* Octets that are no frame, but the beginning of a TLS connection? */
static bool is_tls(const uint8_t *data, size_t octets)
{
    return octets >= 2 && (data[0] == 0x16 || data[0] == 0x15) &&
           data[1] == 0x03;
}

/* Hand over the whole frames in `octets` at `data`; the count of octets dealt
 * with. The user may close the stream: then nothing is left to keep. */
static size_t hand_over(FzStream *s, const uint8_t *data, size_t octets)
{
    const char *why = NULL;
    size_t done = 0;
    FzFrame frame;

    while (s->reading) {
        FzFrameSeen seen =
            fz_frame_next(data + done, octets - done, &frame, &why);

        if (seen == FZ_FRAME_PART)
            break;
        if (seen == FZ_FRAME_BAD) {
            if (s->session == NULL && is_tls(data + done, octets - done))
                why = "it speaks TLS, and has to speak plainly here";
            end(s, FZ_STREAM_NONSENSE, 0, why);
            return octets;
        }
        done += frame.octets;
        if (s->user->frame(s, &frame) == FZ_STREAM_PAUSE)
            fz_stream_set_reading(s, false);
        if (!fz_stream_is_open(s) || s->ended)
            return octets;
    }
    return done;
}

static void keep(FzStream *s, const uint8_t *data, size_t octets)
{
    if (octets == 0)
        return;
    s->in = make_room(s->in, &s->in_from, &s->in_to, &s->in_room, octets);
    memcpy(s->in + s->in_to, data, octets);
    s->in_to += octets;
}

static void nudge(FzTimer *timer)
{
    FzStream *s = (FzStream *)((char *)timer - offsetof(FzStream, nudge));

    if (!s->reading || s->session == NULL || s->ended || s->shaking ||
        s->nudges == NUDGES)
        return;
    fz_tls_nudge(s->session);
    s->nudges++;
    fz_loop_timer_set(s->loop, timer,
                      fz_loop_now_ms(s->loop) +
                          ((int64_t)NUDGE_MS << s->nudges));
}

/* Called when what could be handed over was. */
static void expect_rest(FzStream *s)
{
    if (s->session == NULL)
        return;
    s->nudges = 0;
    if (fz_stream_unread(s) > 0 && s->reading && !s->ended)
        fz_loop_timer_set(s->loop, &s->nudge,
                          fz_loop_now_ms(s->loop) + NUDGE_MS);
    else
        fz_loop_timer_stop(s->loop, &s->nudge);
}

void fz_stream_resume(FzStream *s)
{
    uint8_t *block = s->in;
    size_t from = s->in_from, to = s->in_to, done;

    if (!fz_stream_is_open(s) || !s->reading || from == to)
        return;
    /* taken out of the stream, so that a close meanwhile does not free it */
    s->in = NULL;
    s->in_from = s->in_to = 0;
    done = hand_over(s, block + from, to - from);
    if (!fz_stream_is_open(s) || from + done == to) {
        gw_free(block);
        s->in_room = 0;
        return;
    }
    s->in = block;
    s->in_from = from + done;
    s->in_to = to;
    expect_rest(s);
}

static void receive(FzStream *s)
{
    size_t held = fz_stream_unread(s), room;
    uint8_t *data;
    ssize_t got;

    if (held <= COPY_OCTETS) {
        data = fz_loop_scratch(s->loop);
        if (held > 0)
            memcpy(data, s->in + s->in_from, held);
        room = FZ_LOOP_SCRATCH_OCTETS - held;
        got = get(s, data + held, room);
    } else {
        s->in = make_room(s->in, &s->in_from, &s->in_to, &s->in_room,
                          held < FZ_TLS_RECORD_OCTETS ? FZ_TLS_RECORD_OCTETS
                                                      : held);
        room = s->in_room - s->in_to;
        if (room > FZ_LOOP_SCRATCH_OCTETS)
            room = FZ_LOOP_SCRATCH_OCTETS;
        got = get(s, s->in + s->in_to, room);
    }
    if (got == 0) {
        end(s, FZ_STREAM_EOF, 0, "it was closed");
        return;
    }
    if (got < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            end_broken(s, errno);
        return;
    }
    s->heard = true;
    if (held > COPY_OCTETS) {
        s->in_to += (size_t)got;
        fz_stream_resume(s);
    } else {
        size_t octets = held + (size_t)got, done;

        forget_in(s);
        done = hand_over(s, data, octets);
        if (fz_stream_is_open(s)) {
            keep(s, data + done, octets - done);
            expect_rest(s);
        }
    }
}

/* --- writing ------------------------------------------------------------- */
void fz_stream_flush(FzStream *s)
{
    if (!fz_stream_is_open(s) || s->connecting || s->shaking ||
        s->write_blocked)
        return;
    while (s->out_from < s->out_to) {
        ssize_t taken = put(s, s->out + s->out_from, s->out_to - s->out_from);

        if (taken < 0 && errno == EINTR)
            continue;
        if (taken < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            s->write_blocked = true;
            update_watch(s);
            return;
        }
        if (taken < 0) {
            int sys_errno = errno;

            /* what the peer sent before it went may still be read; without
             * a reader the user hears of it here */
            forget_out(s, 0);
            end_broken(s, sys_errno);
            return;
        }
        s->out_from += (size_t)taken;
    }
    forget_out(s, KEEP_OCTETS);
    if (s->finishing && !s->write_closed) {
        s->write_closed = true;
        if (s->session != NULL)
            fz_tls_finish(s->session);
        shutdown(s->watch.fd, SHUT_WR);
    }
}

void fz_stream_finish(FzStream *s)
{
    s->finishing = true;
    fz_stream_flush(s);
}

/* --- TLS ----------------------------------------------------------------- */
/* Agree on it, as far as it goes. The session is made when the peer has said
 * something, or we have to: one that is silent costs its descriptor. */
static void shake(FzStream *s)
{
    const char *why = "there is no memory for TLS";
    FzTlsShaken shaken = FZ_TLS_FAILED;

    if (s->session == NULL)
        s->session = fz_tls_begin(s->tls, s->watch.fd);
    if (s->session != NULL)
        shaken = fz_tls_shake(s->session, &why);
    switch (shaken) {
    case FZ_TLS_WANTS_READ:
    case FZ_TLS_WANTS_WRITE:
        s->shake_wants = shaken == FZ_TLS_WANTS_READ ? EPOLLIN : EPOLLOUT;
        update_watch(s);
        return;
    case FZ_TLS_FAILED:
        s->shake_wants = 0;
        end(s, FZ_STREAM_NO_TLS, 0, why);
        return;
    case FZ_TLS_DONE:
        s->shaking = false;
        update_watch(s);
        if (s->user->connected != NULL)
            s->user->connected(s, 0);
        fz_stream_flush(s);
        return;
    }
}

/* --- events -------------------------------------------------------------- */
/* Where nobody listens on a port that connections get theirs from, the kernel
 * may give a connection the very port that it is to, and TCP connects that to
 * itself: what is sent would come back, and whoever wants to listen there
 * could not. */
static bool is_to_itself(int fd)
{
    FzAddress ours = {.any.sa_family = AF_UNSPEC}, theirs = ours;
    socklen_t octets = sizeof ours, their_octets = sizeof theirs;

    return getsockname(fd, &ours.any, &octets) == 0 &&
           getpeername(fd, &theirs.any, &their_octets) == 0 &&
           octets == their_octets && memcmp(&ours, &theirs, octets) == 0;
}

static void finish_connect(FzStream *s)
{
    struct linger at_once = {.l_onoff = 1}; /* and no trace on that port */
    int sys_errno = 0;
    socklen_t octets = sizeof sys_errno;

    if (getsockopt(s->watch.fd, SOL_SOCKET, SO_ERROR, &sys_errno, &octets) != 0)
        sys_errno = errno;
    if (sys_errno == 0 && is_to_itself(s->watch.fd)) {
        setsockopt(s->watch.fd, SOL_SOCKET, SO_LINGER, &at_once,
                   sizeof at_once);
        sys_errno = ECONNREFUSED;
    }
    s->connecting = false;
    if (s->shaking && sys_errno == 0) {
        shake(s);
        return;
    }
    update_watch(s);
    s->user->connected(s, sys_errno);
}

static void ready(FzWatch *watch, uint32_t events)
{
    FzStream *s = (FzStream *)watch;

    s->user->stirred(s);
    if (s->connecting) {
        finish_connect(s);
        return;
    }
    if (s->shaking) {
        if (!s->ended)
            shake(s);
        return;
    }
    if (events & EPOLLOUT && s->read_wants_out) {
        s->read_wants_out = false;
        events |= EPOLLIN;
    }
    if (events & EPOLLOUT) {
        s->write_blocked = false;
        update_watch(s);
        fz_stream_flush(s);
        if (!fz_stream_is_open(s))
            return;
    }
    if (s->reading && !s->ended && (events & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
        receive(s);
        return;
    }
    if (!(events & (EPOLLHUP | EPOLLERR)))
        return;
    /* Nobody reads now, and this event would come again at once and for ever:
     * not waited for until reading resumes. An error ends it. */
    if (events & EPOLLERR) {
        int sys_errno = 0;
        socklen_t octets = sizeof sys_errno;

        getsockopt(s->watch.fd, SOL_SOCKET, SO_ERROR, &sys_errno, &octets);
        if (!s->ended)
            end(s, FZ_STREAM_BROKEN, sys_errno, "it broke");
    }
    if (fz_stream_is_open(s)) {
        int fd = s->watch.fd;

        fz_loop_unwatch(s->loop, &s->watch);
        s->watch.fd = fd;
    }
}

/* --- sockets ------------------------------------------------------------- */
#define GONE_S 120 /* without an acknowledgement, or with a closed window */
#define KEEPALIVE_IDLE_S 60
#define KEEPALIVE_EACH_S 20
#define KEEPALIVES 3

void fz_stream_tune(int fd)
{
    static const struct {
        int level, option, value;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S},
        {IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EACH_S},
        {IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVES},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, GONE_S * 1000},
    };

    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        setsockopt(fd, options[i].level, options[i].option, &options[i].value,
                   sizeof options[i].value);
}

/* --- life ---------------------------------------------------------------- */
void fz_stream_init(FzStream *s, FzLoop *loop, const FzStreamUser *user)
{
    memset(s, 0, sizeof *s);
    s->watch.fd = -1;
    s->watch.ready = ready;
    s->nudge.fire = nudge;
    s->loop = loop;
    s->user = user;
}

static void start(FzStream *s, int fd, bool connecting)
{
    fz_stream_close(s);
    s->watch.fd = fd;
    s->connecting = connecting;
    s->shaking = s->tls != NULL;
    s->shake_wants = EPOLLIN;
    s->read_wants_out = false;
    s->heard = false;
    s->reading = true;
    s->ended = s->write_blocked = s->write_closed = s->finishing = false;
    update_watch(s);
}

void fz_stream_open(FzStream *s, int fd)
{
    start(s, fd, false);
}

bool fz_stream_is_shortage(int sys_errno)
{
    return sys_errno == EMFILE || sys_errno == ENFILE || sys_errno == ENOBUFS ||
           sys_errno == ENOMEM;
}

int fz_stream_connect(FzStream *s, const FzAddress *to)
{
    int fd = socket(to->any.sa_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int sys_errno;

    if (fd < 0)
        return errno;
    fz_stream_tune(fd);
    if (connect(fd, &to->any, fz_address_octets(to)) != 0 &&
        errno != EINPROGRESS) {
        sys_errno = errno;
        close(fd);
        return sys_errno;
    }
    start(s, fd, true);
    return 0;
}

void fz_stream_take_up(FzStream *s, int fd, const FzStateStream *state)
{
    start(s, fd, (state->flags & FZ_STATE_CONNECTING) != 0);
    s->shaking = false; /* what TLS knows of a connection cannot be told */
    s->reading = false;
    s->ended = (state->flags & FZ_STATE_ENDED) != 0;
    s->finishing = (state->flags & FZ_STATE_FINISHING) != 0;
    s->write_closed = (state->flags & FZ_STATE_WRITE_CLOSED) != 0;
    keep(s, state->unread.data, state->unread.octets);
    if (state->unwritten.octets > 0)
        memcpy(fz_stream_put(s, state->unwritten.octets), state->unwritten.data,
               state->unwritten.octets);
    update_watch(s);
}

void fz_stream_describe(const FzStream *s, FzStateStream *state_out)
{
    *state_out = (FzStateStream){
        .fd = s->watch.fd,
        .flags = (s->connecting ? FZ_STATE_CONNECTING : 0) |
                 (s->ended ? FZ_STATE_ENDED : 0) |
                 (s->finishing ? FZ_STATE_FINISHING : 0) |
                 (s->write_closed ? FZ_STATE_WRITE_CLOSED : 0),
        .unread = fz_slice(s->in + s->in_from, fz_stream_unread(s)),
        .unwritten = fz_slice(s->out + s->out_from, fz_stream_unwritten(s)),
    };
}

void fz_stream_close(FzStream *s)
{
    int fd = s->watch.fd;

    if (fd >= 0) {
        fz_loop_unwatch(s->loop, &s->watch);
        fz_tls_end(s->session);
        s->session = NULL;
        fz_loop_timer_stop(s->loop, &s->nudge);
        close(fd);
    }
    s->reading = false;
    forget_in(s);
    forget_out(s, 0);
}
