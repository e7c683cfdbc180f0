/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_frame.c - a stream of frames, however it is cut
 *
 * The first octet says in which pieces the rest arrives. Whatever the pieces,
 * the walker must find the same frames, or the same end.
 */
#include "config.h"

#include "base/limits.h"
#include "box/wire/frame.h"
#include "box/wire/packed.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    size_t piece, arrived = 0, from = 0;
    const char *why = NULL;
    FzFrame frame;

    if (octets == 0)
        return 0;
    piece = (size_t)data[0] + 1;
    data++;
    octets--;
    while (arrived < octets) {
        arrived += octets - arrived < piece ? octets - arrived : piece;
        for (;;) {
            FzFrameSeen seen =
                fz_frame_next(data + from, arrived - from, &frame, &why);
            FzPackedFault fault = {NULL, NULL};
            FzPacked packed;

            if (seen == FZ_FRAME_BAD) {
                if (why == NULL)
                    abort();
                return 0;
            }
            if (seen == FZ_FRAME_PART) {
                if (arrived - from >= 4 + FZ_LIMIT_FRAME_OCTETS)
                    abort(); /* it would wait for ever */
                break;
            }
            if (frame.data != data + from || frame.octets < 8 ||
                frame.octets > arrived - from)
                abort();
            if (fz_packed_read(fz_frame_payload(&frame), &packed, &fault) !=
                    FZ_OK &&
                (fault.field == NULL || fault.what == NULL))
                abort();
            from += frame.octets;
        }
    }
    return 0;
}
