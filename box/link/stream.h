/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stream.h - one connection that carries frames, without blocking
 *
 * What was read and could not be dealt with yet, and what waits to be written,
 * are the stream's own buffers; both are bounded by their user, who stops
 * reading when somebody downstream is full. A connection that never spoke
 * owns no buffer, and with TLS no session either. The only place that reads or
 * writes a socket.
 * Threads: the loop's.
 */
#ifndef FZ_BOX_LINK_STREAM_H
#define FZ_BOX_LINK_STREAM_H

#include "box/link/address.h"
#include "box/link/loop.h"
#include "box/link/tls.h"
#include "box/upgrade/state.h"
#include "box/wire/frame.h"

typedef enum FzStreamNext {
    FZ_STREAM_GO_ON = 0,
    FZ_STREAM_PAUSE = 1, /* keep what follows; fz_stream_resume goes on */
} FzStreamNext;

typedef enum FzStreamEnd {
    FZ_STREAM_EOF = 0,    /* the peer sends no more; it may still read */
    FZ_STREAM_BROKEN = 1, /* errno in `sys_errno` */
    FZ_STREAM_NONSENSE = 2,
    FZ_STREAM_NO_TLS = 3, /* no agreement, or not the peer that it should be */
} FzStreamEnd;

typedef struct FzStream FzStream;

/** What a stream's user is told; each may close the stream. */
typedef struct FzStreamUser {
    /** A whole frame, valid for the call. */
    FzStreamNext (*frame)(FzStream *stream, const FzFrame *frame);
    /** Nothing further will come; told once. `why` is a clause. */
    void (*ended)(FzStream *stream, FzStreamEnd end, int sys_errno,
                  const char *why);
    /** A connect that was under way is through (sys_errno 0) or failed. With
     *  TLS this comes when that is agreed on, for a stream that was accepted
     *  too; NULL when it does not matter. */
    void (*connected)(FzStream *stream, int sys_errno);
    /** Something happened on it in this turn, whatever it was. */
    void (*stirred)(FzStream *stream);
} FzStreamUser;

struct FzStream {
    FzWatch watch; /* first; watch.fd is -1 when closed */
    FzLoop *loop;
    const FzStreamUser *user;
    const FzTls *tls; /* NULL: plain */
    FzTlsSession *session;
    bool shaking;         /* TLS is being agreed on */
    uint32_t shake_wants; /* EPOLL* */
    bool read_wants_out;  /* TLS writes before it reads on */
    FzTimer nudge;        /* the rest of a frame does not come; stream.c */
    unsigned nudges;      /* for this frame */
    bool heard;           /* the peer has sent anything */
    bool connecting;
    bool reading;       /* the user wants frames */
    bool ended;         /* user->ended was called */
    bool write_blocked; /* the socket took no more */
    bool write_closed;  /* fz_stream_finish got through */
    bool finishing;     /* close the write side once `out` is empty */
    uint8_t *in;        /* read, not dealt with: in_from .. in_to */
    size_t in_from, in_to, in_room;
    uint8_t *out; /* to be written: out_from .. out_to */
    size_t out_from, out_to, out_room;
};

void fz_stream_init(FzStream *stream, FzLoop *loop, const FzStreamUser *user);

/** What every socket here is set to: nothing waits for more to send, and a
 *  peer that is gone without a word, or takes nothing for two minutes, is lost
 *  to its own connection. */
void fz_stream_tune(int fd);

/** Speak TLS on every connection that is opened from now on; `tls` lives as
 *  long. NULL: plain. */
static inline void fz_stream_use_tls(FzStream *stream, const FzTls *tls)
{
    stream->tls = tls;
}

/** Take over a connected, non-blocking descriptor; reading starts. */
void fz_stream_open(FzStream *stream, int fd);
/** Connect to there; `connected` follows. What was open is closed once the new
 *  connection has been asked for. @return 0, or an errno: the stream is as it
 *  was then */
int fz_stream_connect(FzStream *stream, const FzAddress *to);
/** Does this errno say that we lack descriptors or memory, and nothing about
 *  the other side? */
bool fz_stream_is_shortage(int sys_errno);
/** The same for one that another process served: what it had read and not
 *  dealt with, and what it had still to write, are copied. Nothing is read
 *  before fz_stream_set_reading. */
void fz_stream_take_up(FzStream *stream, int fd, const FzStateStream *state);
/** Tell what fz_stream_take_up wants; borrows the stream's buffers. */
void fz_stream_describe(const FzStream *stream, FzStateStream *state_out);
/** Close at once and forget both buffers; a closed stream may be closed. */
void fz_stream_close(FzStream *stream);

static inline bool fz_stream_is_open(const FzStream *stream)
{
    return stream->watch.fd >= 0;
}

/** Room for `octets` at the end of what will be written; they count as written
 *  by the caller. Nothing leaves before fz_stream_flush. Valid until the next
 *  call. */
uint8_t *fz_stream_put(FzStream *stream, size_t octets);
size_t fz_stream_unwritten(const FzStream *stream);

/** Write what the socket takes; the rest follows when it can. */
void fz_stream_flush(FzStream *stream);

/** Close the write side once all is written. */
void fz_stream_finish(FzStream *stream);

/** Ask for frames or for none; frames that were read already follow with
 *  fz_stream_resume. */
void fz_stream_set_reading(FzStream *stream, bool reading);

/** Hand over frames kept from an earlier read; calls the user. */
void fz_stream_resume(FzStream *stream);

/** Octets read and not yet handed over. */
size_t fz_stream_unread(const FzStream *stream);

#endif
