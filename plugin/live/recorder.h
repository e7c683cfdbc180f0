/* SPDX-License-Identifier: BSD-2-Clause
 *
 * recorder.h - the flight recorder: one short line about every message
 *
 * Passed messages too, so that "where is message X?" has an answer. Mapped
 * rings of fixed records without any text; numbers are keyed hashes. Writing
 * takes no lock and makes no system call: the file is the kernel's to write, so
 * what was recorded survives the death of the process (not that of the
 * machine).
 */
#ifndef FZ_PLUGIN_LIVE_RECORDER_H
#define FZ_PLUGIN_LIVE_RECORDER_H

#include "base/slice.h"
#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct FzRecorder FzRecorder;

/** One message as it is recorded: 64 octets, in the machine's order. */
typedef struct FzFlight {
    int64_t time_ms; /* when it was judged; wall clock */
    uint8_t id[16];  /* the gateway's; what a sender's log may have */
    uint64_t sender; /* fz_recorder_hash */
    uint64_t receiver;
    uint64_t identity;
    uint32_t generation; /* the first eight digits of its digest */
    int32_t score;       /* hundredths of a point */
    uint32_t micros;     /* judging took */
    uint8_t direction;   /* FzDirection */
    uint8_t would;       /* FzAction */
    uint8_t acted;       /* FzAction */
    uint8_t disposition; /* FzDisposition */
} FzFlight;

#define FZ_RECORDER_RECORDS_LEAST 1024
#define FZ_RECORDER_RECORDS_MOST (1u << 26)

/**
 * Map the rings, going on where they were left. A file of another shape (more
 * or fewer records, another version, cut) is begun anew; the sink hears of it.
 *
 * @param records  kept in all; the oldest give way
 * @param key      32 octets, for the hashes; another key finds nothing of
 *                 before
 */
FzStatus fz_recorder_open(const char *path, uint64_t records,
                          const uint8_t *key, const FzDiagSink *sink,
                          FzRecorder **recorder_out) FZ_MUST_CHECK;
void fz_recorder_close(FzRecorder *recorder); /* NULL is allowed */

/** What a number or identity is called in records; 0 for an absent one. */
uint64_t fz_recorder_hash(const FzRecorder *recorder, FzSlice text);

/** From any thread. NULL is allowed: nothing is recorded. */
void fz_recorder_add(FzRecorder *recorder, const FzFlight *flight);

/** Which flights; what is 0 or NULL is not asked for. */
typedef struct FzFlightQuery {
    const uint8_t *id; /* 16 octets */
    uint64_t sender, receiver, identity;
    int64_t since_ms, until_ms; /* inclusive */
    uint8_t would_bits;         /* 1 << FzAction of those wanted */
} FzFlightQuery;

/**
 * The newest that match, newest first. Reads all rings: some hundredths of a
 * second for a million records. Records being written meanwhile are left out.
 *
 * @return how many were found, which may be more than `most`
 */
uint64_t fz_recorder_find(const FzRecorder *recorder,
                          const FzFlightQuery *query, FzFlight *out,
                          size_t most);

/** Records kept now, and the oldest one's time (0: none). */
void fz_recorder_span(const FzRecorder *recorder, uint64_t *kept_out,
                      int64_t *oldest_ms_out);

#endif
