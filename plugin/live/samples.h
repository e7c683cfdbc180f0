/* SPDX-License-Identifier: BSD-2-Clause
 *
 * samples.h - messages that rules in shadow matched, for their curators
 *
 * A judging thread copies what it has into one of a few rooms and goes on;
 * another thread hands them to the store, which seals them. With no room free
 * a sample is dropped, and counted. Of a rule the first FZ_SHADOW_HITS after a
 * start are taken, then one in ten minutes.
 *
 * Never of one-time codes: nothing is kept of a sender of the class `code' or
 * of a registered sender's code, and in other texts the digits of a code are
 * not kept.
 */
#ifndef FZ_PLUGIN_LIVE_SAMPLES_H
#define FZ_PLUGIN_LIVE_SAMPLES_H

#include "plugin/live/tally.h"
#include "store/store.h"

typedef struct FzSamples FzSamples;

FzSamples *fz_samples_create(void);
void fz_samples_destroy(FzSamples *samples); /* NULL is allowed */

/** Take what is worth keeping. From any thread; no lock, no system call.
 *  @param text  NULL: could not be decoded; nothing is kept */
void fz_samples_see(FzSamples *samples, const FzBundle *bundle,
                    const FzMessage *message, const FzText *text,
                    const FzVerdict *verdict);

/** Hand what waits to the store. One thread at a time. */
FzStatus fz_samples_store(FzSamples *samples, FzStore *store, int64_t now_ms,
                          const FzDiagSink *sink) FZ_MUST_CHECK;

typedef struct FzSamplesFigures {
    uint64_t kept;    /* since the start */
    uint64_t dropped; /* no room, or the store failed */
    uint64_t codes;   /* one-time codes, of which none is kept */
} FzSamplesFigures;
FzSamplesFigures fz_samples_figures(const FzSamples *samples);

/** A text as a curator may see it: digits, what follows a link's host, and
 *  names before an @ are stars. */
void fz_samples_mask(FzSlice text, FzBuf *out);

/** "+8613800001234" is "+86*********34"; of a short number nothing. */
void fz_samples_mask_number(FzSlice number, FzBuf *out);

#endif
