/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/link/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gwlib/gwlib.h"

/* A cut frame up to this size is copied in front of the next read; a longer
 * one is read where it will lie, so that a peer that trickles a large frame
 * does not have it copied for each octet. */
#define COPY_OCTETS 4096

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
    if (s->connecting || s->write_blocked)
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

/* --- reading ------------------------------------------------------------- */
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
        got = recv(s->watch.fd, data + held, room, 0);
    } else {
        s->in = make_room(s->in, &s->in_from, &s->in_to, &s->in_room, held);
        room = s->in_room - s->in_to;
        if (room > FZ_LOOP_SCRATCH_OCTETS)
            room = FZ_LOOP_SCRATCH_OCTETS;
        got = recv(s->watch.fd, s->in + s->in_to, room, 0);
    }
    if (got == 0) {
        end(s, FZ_STREAM_EOF, 0, "it was closed");
        return;
    }
    if (got < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            end(s, FZ_STREAM_BROKEN, errno, "it broke");
        return;
    }
    if (held > COPY_OCTETS) {
        s->in_to += (size_t)got;
        fz_stream_resume(s);
    } else {
        size_t octets = held + (size_t)got, done;

        forget_in(s);
        done = hand_over(s, data, octets);
        if (fz_stream_is_open(s))
            keep(s, data + done, octets - done);
    }
}

/* --- writing ------------------------------------------------------------- */
void fz_stream_flush(FzStream *s)
{
    if (!fz_stream_is_open(s) || s->connecting || s->write_blocked)
        return;
    while (s->out_from < s->out_to) {
        ssize_t put = send(s->watch.fd, s->out + s->out_from,
                           s->out_to - s->out_from, MSG_NOSIGNAL);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            s->write_blocked = true;
            update_watch(s);
            return;
        }
        if (put < 0) {
            int sys_errno = errno;

            /* what the peer sent before it went may still be read; without
             * a reader the user hears of it here */
            forget_out(s, 0);
            end(s, FZ_STREAM_BROKEN, sys_errno, "it broke");
            return;
        }
        s->out_from += (size_t)put;
    }
    forget_out(s, KEEP_OCTETS);
    if (s->finishing && !s->write_closed) {
        s->write_closed = true;
        shutdown(s->watch.fd, SHUT_WR);
    }
}

void fz_stream_finish(FzStream *s)
{
    s->finishing = true;
    fz_stream_flush(s);
}

/* --- events -------------------------------------------------------------- */
static void finish_connect(FzStream *s)
{
    int sys_errno = 0;
    socklen_t octets = sizeof sys_errno;

    if (getsockopt(s->watch.fd, SOL_SOCKET, SO_ERROR, &sys_errno, &octets) != 0)
        sys_errno = errno;
    s->connecting = false;
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

/* --- life ---------------------------------------------------------------- */
void fz_stream_init(FzStream *s, FzLoop *loop, const FzStreamUser *user)
{
    memset(s, 0, sizeof *s);
    s->watch.fd = -1;
    s->watch.ready = ready;
    s->loop = loop;
    s->user = user;
}

static void start(FzStream *s, int fd, bool connecting)
{
    fz_stream_close(s);
    s->watch.fd = fd;
    s->connecting = connecting;
    s->reading = true;
    s->ended = s->write_blocked = s->write_closed = s->finishing = false;
    update_watch(s);
}

void fz_stream_open(FzStream *s, int fd)
{
    start(s, fd, false);
}

void fz_stream_open_connecting(FzStream *s, int fd)
{
    start(s, fd, true);
}

void fz_stream_take_up(FzStream *s, int fd, const FzStateStream *state)
{
    start(s, fd, (state->flags & FZ_STATE_CONNECTING) != 0);
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
        close(fd);
    }
    s->reading = false;
    forget_in(s);
    forget_out(s, 0);
}
