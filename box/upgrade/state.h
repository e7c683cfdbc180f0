/* SPDX-License-Identifier: BSD-2-Clause
 *
 * state.h - what one fanzhabox leaves to the next, as octets
 *
 * At an upgrade the running process writes down every connection that it
 * keeps open, with all that is known of it, and the program that takes its
 * place reads it (docs/upgrade.md). Other programs may have been given the
 * descriptor by mistake, and the next version may expect another shape: so
 * the octets name their format, their length and their digest, and nothing of
 * them is used before all of them have been walked once.
 *
 * Reading allocates nothing: what is handed out borrows the octets. Pure: no
 * system call, no gwlib.
 *
 *     head    "FZBOXST1" format:u32 octets:u64 digest:32
 *     body    what FzState holds, then one FzStateLink after another
 */
#ifndef FZ_BOX_UPGRADE_STATE_H
#define FZ_BOX_UPGRADE_STATE_H

#include "base/buf.h"
#include "base/slice.h"
#include "base/status.h"

#define FZ_STATE_FORMAT 1u
#define FZ_STATE_ID_OCTETS 16

/** Descriptors with a name: listening sockets by their key in the
 *  configuration, plugins' files by their path there. */
typedef struct FzStateFile {
    FzSlice name;
    int32_t fd;
} FzStateFile;

typedef struct FzState {
    FzSlice version;  /* who wrote it: "0.1.0" */
    int64_t since_ms; /* of the monotonic clock: messages are held */
    uint32_t attempt; /* which upgrade of this process it is */
    uint32_t done;    /* how many of them went well so far */
    FzSlice config;   /* the configuration as the writer had read it */
    FzStateFile self; /* the writer's own program, to go back to */
    FzSlice listeners, plugins; /* lists of FzStateFile */
    uint32_t hub;               /* FzHubState: running, isolated or suspended */
    uint32_t links;
    FzSlice rest; /* the links, see fz_state_next_link */
} FzState;

#define FZ_STATE_CONNECTING 1u
#define FZ_STATE_ENDED 2u
#define FZ_STATE_FINISHING 4u
#define FZ_STATE_WRITE_CLOSED 8u
#define FZ_STATE_STREAM_FLAGS 15u
typedef struct FzStateStream {
    int32_t fd; /* -1: closed */
    uint32_t flags;
    FzSlice unread, unwritten;
} FzStateStream;

#define FZ_STATE_HUB_STATES 3u

#define FZ_STATE_IDENTIFIED 1u
#define FZ_STATE_ENDING 2u
#define FZ_STATE_CLOSING 4u
#define FZ_STATE_UP_LOST 8u   /* which was told */
#define FZ_STATE_FAREWELL 16u /* bearerbox has said that it ends */
#define FZ_STATE_LINK_FLAGS 31u

#define FZ_STATE_PORTS 2u
#define FZ_STATE_BOX_STATES 3u /* of FzBoxState */
#define FZ_STATE_UP_STATES 6u  /* of FzUpState, without WAITING */

#define FZ_STATE_NO_TIME (-1)
typedef struct FzStateLink {
    FzSlice peer, boxc_id, identify; /* the latter two may be absent */
    uint32_t port;                   /* FzPortKind */
    uint32_t flags, box_state, up_state, up_tries;
    /* of the monotonic clock; FZ_STATE_NO_TIME: the timer does not run */
    int64_t up_since_ms, up_due_ms, end_due_ms;
    FzStateStream box, up;
    FzSlice flying[2], jobs[2]; /* by FzSide: lists of the next two */
    FzSlice paced;              /* list of FzStatePaced */
} FzStateLink;

/** A message that was passed on and is not acknowledged. */
typedef struct FzStateFlying {
    uint8_t id[FZ_STATE_ID_OCTETS], its_id[FZ_STATE_ID_OCTETS];
    int32_t time, its_time;
} FzStateFlying;

#define FZ_STATE_JUDGED 1u  /* `status` is the chain's */
#define FZ_STATE_TOUCHED 2u /* and `changed` is to be sent instead */
#define FZ_STATE_KEPT 4u    /* until the host is not isolated */
#define FZ_STATE_JOB_FLAGS 7u
/** A message that waits for its turn. */
typedef struct FzStateJob {
    uint32_t flags;
    int32_t status;
    FzSlice frame;
    FzSlice changed; /* a frame; absent: the plugin took the message away */
} FzStateJob;

/** An answer that is held back. */
typedef struct FzStatePaced {
    uint8_t id[FZ_STATE_ID_OCTETS];
    int32_t time;
    int64_t due_ms;
} FzStatePaced;

/* --- writing ------------------------------------------------------------- */
void fz_state_put_file(FzBuf *list, const FzStateFile *file);
void fz_state_put_flying(FzBuf *list, const FzStateFlying *flying);
void fz_state_put_job(FzBuf *list, const FzStateJob *job);
void fz_state_put_paced(FzBuf *list, const FzStatePaced *paced);
void fz_state_put_link(FzBuf *links, const FzStateLink *link);

/** The whole: `state` with its lists, and its links in `state->rest`. */
void fz_state_write(const FzState *state, FzBuf *out);

/* --- reading ------------------------------------------------------------- */
/**
 * Walk the whole and fill in `state_out`, which borrows `octets`.
 *
 * @return FZ_OK; FZ_E_SYNTAX for what is no state, cut, damaged or strays from
 *         the format; FZ_E_RULE for one of another format; FZ_E_LIMIT beyond
 *         FZ_LIMIT_HANDOVER_*. The diag says which.
 */
FzStatus fz_state_read(FzSlice octets, const FzDiagSink *sink,
                       FzState *state_out) FZ_MUST_CHECK;

/** Take the first of a list; false at its end. The list was walked by
 *  fz_state_read, so nothing else can be wrong with it. */
bool fz_state_next_link(FzSlice *links, FzStateLink *link_out);
bool fz_state_next_file(FzSlice *list, FzStateFile *file_out);
bool fz_state_next_flying(FzSlice *list, FzStateFlying *flying_out);
bool fz_state_next_job(FzSlice *list, FzStateJob *job_out);
bool fz_state_next_paced(FzSlice *list, FzStatePaced *paced_out);

#endif
