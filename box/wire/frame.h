/* SPDX-License-Identifier: BSD-2-Clause
 *
 * frame.h - where one frame of the box protocol ends and the next begins
 *
 * A frame is a 4-octet big-endian length and that many octets of a packed Msg.
 * The length is judged before anything is kept for it: a negative one (as
 * Kannel's conn_read_withlen reads 0xFFFFFFFF) or one beyond
 * FZ_LIMIT_FRAME_OCTETS can never be in step again, so it ends the connection.
 * Pure: no allocation, no gwlib.
 * Source: docs/kannel.md "The box protocol"
 */
#ifndef FZ_BOX_WIRE_FRAME_H
#define FZ_BOX_WIRE_FRAME_H

#include "base/slice.h"

#define FZ_FRAME_HEAD_OCTETS 4

typedef enum FzFrameSeen {
    FZ_FRAME_WHOLE = 0,
    FZ_FRAME_PART = 1, /* the rest has yet to come */
    FZ_FRAME_BAD = 2,  /* out of step for good */
} FzFrameSeen;

/** One whole frame, borrowed from where it was read. */
typedef struct FzFrame {
    const uint8_t *data; /* begins with the length */
    size_t octets;       /* with the length */
} FzFrame;

/** The packed Msg in it. */
static inline FzSlice fz_frame_payload(const FzFrame *frame)
{
    return fz_slice(frame->data + FZ_FRAME_HEAD_OCTETS,
                    frame->octets - FZ_FRAME_HEAD_OCTETS);
}

/**
 * Look at the first frame in `octets` octets at `data`.
 *
 * @param frame_out  set when WHOLE
 * @param why_out    set when BAD: a clause for the log
 */
FzFrameSeen fz_frame_next(const uint8_t *data, size_t octets,
                          FzFrame *frame_out, const char **why_out);

#endif
