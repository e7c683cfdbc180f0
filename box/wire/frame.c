/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/wire/frame.h"

#include "base/limits.h"

/* Every message begins with its 4-octet type. */
#define LEAST_PAYLOAD_OCTETS 4

FzFrameSeen fz_frame_next(const uint8_t *data, size_t octets,
                          FzFrame *frame_out, const char **why_out)
{
    uint32_t length;

    if (octets < FZ_FRAME_HEAD_OCTETS)
        return FZ_FRAME_PART;
    length = (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 |
             (uint32_t)data[2] << 8 | (uint32_t)data[3];
    if (length < LEAST_PAYLOAD_OCTETS) {
        *why_out = "a frame is too short to hold a message type";
        return FZ_FRAME_BAD;
    }
    if (length > FZ_LIMIT_FRAME_OCTETS) {
        *why_out = "a frame claims to be longer than any message";
        return FZ_FRAME_BAD;
    }
    if (octets - FZ_FRAME_HEAD_OCTETS < length)
        return FZ_FRAME_PART;
    frame_out->data = data;
    frame_out->octets = FZ_FRAME_HEAD_OCTETS + (size_t)length;
    return FZ_FRAME_WHOLE;
}
