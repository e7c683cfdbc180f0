/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_state.c - what one fanzhabox leaves to the next, damaged at will
 *
 * The input is a body, for which the head is made here: a mutation would never
 * find the digest. One that is taken must be, octet for octet, what writing
 * down what was read gives; one that is refused has its reason told, once. The
 * input as a whole is read, too, head and all.
 */
#include "config.h"

#include "base/digest.h"
#include "box/upgrade/state.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static void count(void *ctx, const FzDiag *diag)
{
    (void)diag;
    (*(unsigned *)ctx)++;
}

#define COPY_LIST(list, type, next, put)                                       \
    do {                                                                       \
        FzBuf listed = FZ_BUF_INIT;                                            \
        FzSlice unseen = (list);                                               \
        type item;                                                             \
        while (next(&unseen, &item))                                           \
            put(&listed, &item);                                               \
        if (unseen.octets != 0 ||                                              \
            !fz_slice_equal(fz_buf_slice(&listed), (list)))                    \
            abort();                                                           \
        fz_buf_clear(&listed);                                                 \
    } while (0)

/* Everything that is lent, and what writing it again gives. */
static void walk(const FzState *state, FzBuf *again)
{
    FzState copy = *state;
    FzSlice left = state->rest;
    FzBuf links = FZ_BUF_INIT;
    FzStateLink link;
    uint32_t seen = 0;

    COPY_LIST(state->listeners, FzStateFile, fz_state_next_file,
              fz_state_put_file);
    COPY_LIST(state->plugins, FzStateFile, fz_state_next_file,
              fz_state_put_file);
    while (fz_state_next_link(&left, &link)) {
        for (int side = 0; side < 2; side++) {
            COPY_LIST(link.flying[side], FzStateFlying, fz_state_next_flying,
                      fz_state_put_flying);
            COPY_LIST(link.jobs[side], FzStateJob, fz_state_next_job,
                      fz_state_put_job);
        }
        COPY_LIST(link.paced, FzStatePaced, fz_state_next_paced,
                  fz_state_put_paced);
        fz_state_put_link(&links, &link);
        seen++;
    }
    if (seen != state->links)
        abort();
    copy.rest = fz_buf_slice(&links);
    fz_state_write(&copy, again);
    fz_buf_clear(&links);
}

static void read_one(FzSlice octets)
{
    FzBuf again = FZ_BUF_INIT;
    unsigned told = 0;
    FzDiagSink sink = {count, &told};
    FzState state;
    FzStatus status = fz_state_read(octets, &sink, &state);

    if ((status == FZ_OK) != (told == 0) || told > 1)
        abort();
    if (status == FZ_OK) {
        walk(&state, &again);
        if (!fz_slice_equal(fz_buf_slice(&again), octets))
            abort();
    }
    fz_buf_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    static const uint8_t head[] = "FZBOXST1\0\0\0\1";
    FzSlice body = fz_slice(data, octets);
    FzDigest digest = fz_digest((FzSlice){NULL, 0}, &body, 1);
    FzBuf whole = FZ_BUF_INIT;

    read_one(body);
    fz_buf_append(&whole, head, sizeof head - 1);
    for (int shift = 56; shift >= 0; shift -= 8)
        fz_buf_append_octet(&whole, (uint8_t)((uint64_t)octets >> shift));
    fz_buf_append(&whole, digest.octets, sizeof digest.octets);
    fz_buf_append(&whole, data, octets);
    read_one(fz_buf_slice(&whole));
    fz_buf_clear(&whole);
    return 0;
}
