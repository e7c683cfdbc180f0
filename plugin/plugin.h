/* SPDX-License-Identifier: BSD-2-Clause
 *
 * plugin.h - one loaded fanzha.so: what its rooms share
 *
 * Private to plugin/. Built by adapter.c in init, taken down by it in
 * shutdown; in between only what is atomic, locked inside, or belongs to one
 * thread changes.
 */
#ifndef FZ_PLUGIN_PLUGIN_H
#define FZ_PLUGIN_PLUGIN_H

#include "base/generation.h"
#include "config/config.h"
#include "control/control.h"
#include "plugin/live/brake.h"
#include "plugin/live/bypass.h"
#include "plugin/live/counters.h"
#include "plugin/live/entries.h"
#include "plugin/live/listing.h"
#include "plugin/live/record_log.h"
#include "plugin/live/recorder.h"
#include "plugin/live/samples.h"
#include "plugin/live/tally.h"
#include "store/store.h"

#include "abi/fanzhabox_host.h"

typedef struct FzAsk FzAsk;
typedef struct FzAssembly FzAssembly;
typedef struct FzEvidence FzEvidence;
typedef struct FzAwait FzAwait;
typedef struct FzHold FzHold;
typedef struct FzRelease FzRelease;
typedef struct FzWarnTurns FzWarnTurns;

/** What the host can do for us; decided once, at init. */
typedef struct FzHostLink {
    const FzHost *extension; /* NULL in a classic host */
    uint32_t can;            /* FZ_HOST_CAN_* */
    const char *name;        /* "fanzhabox 0.1.0" or "a classic plugin host" */
} FzHostLink;

typedef struct FzPlugin {
    FzConfig *config; /* process keys, read at start */
    FzHostLink host;
    FzGenerationSlot live; /* FzLive of live/live.h: the generation in force */
    FzBypass *bypass;
    FzBrake *brake;
    long brake_thread; /* gwlib's number; -1 none */
    FzEntries *entries; /* live entries of lists */
    FzListing listing;
    FzStore *store;
    FzRecorder *recorder;                 /* NULL: none */
    FzRecordLog *records;                 /* NULL: none wanted */
    uint8_t record_key[FZ_DIGEST_OCTETS]; /* numbers in records are hashes */
    FzTallies *tallies; /* what each rule did */
    FzSamples *samples; /* of rules in shadow */
    FzEvidence *evidence;
    FzHold *hold;
    FzRelease *release; /* NULL: the host cannot inject */
    FzAssembly *assembly; /* NULL: the host cannot inject */
    FzWarnTurns *warn_turns;
    FzAsk *ask;     /* DNS lists */
    FzAwait *await; /* messages that wait for them */
    FzControlServer *control;
    long control_thread; /* gwlib's number; -1 none */
    FzCounters counters;
    int64_t started_ms;
    /* of the control thread, once it runs */
    const char *in_force; /* "current"; "previous" or "none" when it is not */
    json_t *damaged;      /* generations that could not be put in force at the
                             start, and why; NULL once something is promoted */
    int64_t promoted_ms; /* when the generation in force came into force */
    uint64_t reloads_ok, reloads_refused;
} FzPlugin;

/** A sink that ends in Kannel's log: error for errors, warning for the rest.
 *  For threads that gwlib knows only. */
extern const FzDiagSink fz_plugin_log;

#endif
