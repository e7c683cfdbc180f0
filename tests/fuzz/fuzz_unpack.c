/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_unpack.c - a payload is refused, or is to us what it is to Kannel
 *
 * What we take, Kannel's msg_unpack must take as well and read the same from
 * it, and what we pack of it must be read back the same.
 */
#include "config.h"

#include "box/wire/pack.h"
#include "box/wire/packed.h"
#include "tests/box_messages.h"

#include "gwlib/gwlib.h"
#include "gw/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static Msg *read_back(const Msg *msg)
{
    size_t octets = fz_pack_octets(msg);
    uint8_t *frame = gw_malloc(octets);
    FzPackedFault fault;
    FzPacked packed;
    Msg *back;

    fz_pack(msg, frame);
    if (fz_packed_read(fz_slice(frame + 4, octets - 4), &packed, &fault) !=
        FZ_OK)
        abort();
    back = fz_packed_unpack(&packed);
    gw_free(frame);
    return back;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    Msg *ours, *theirs, *back;
    FzPackedFault fault;
    FzPacked packed;
    Octstr *os;

    if (!gwlib_initialized()) {
        gwlib_init();
        log_set_output_level(GW_PANIC);
    }
    if (fz_packed_read(fz_slice(data, octets), &packed, &fault) != FZ_OK)
        return 0;
    ours = fz_packed_unpack(&packed);
    os = octstr_create_from_data((const char *)data, (long)octets);
    theirs = msg_unpack(os);
    back = read_back(ours);
    if (theirs == NULL || fz_test_difference(ours, theirs) != NULL ||
        fz_test_difference(ours, back) != NULL)
        abort();
    octstr_destroy(os);
    msg_destroy(ours);
    msg_destroy(theirs);
    msg_destroy(back);
    return 0;
}
