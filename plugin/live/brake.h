/* SPDX-License-Identifier: BSD-2-Clause
 *
 * brake.h - who acts on more messages than is to be believed is stopped
 *
 * Counted in messages: every rule, list, entry of a list and built-in signal,
 * every profile and identity, and all together have a cap on the messages they
 * act on within a window. Tripping puts the source in shadow at once: it goes
 * on to be evaluated and recorded, and no longer acts, until somebody releases
 * it or, for a rule, promotes another revision. Survives a restart.
 */
#ifndef FZ_PLUGIN_LIVE_BRAKE_H
#define FZ_PLUGIN_LIVE_BRAKE_H

#include "base/generation.h"
#include "config/bundle.h"
#include "config/config.h"

#include <jansson.h>

typedef struct FzBrake FzBrake;

typedef enum FzBrakeKind {
    FZ_BRAKE_RULE = 0,
    FZ_BRAKE_LIST = 1,
    FZ_BRAKE_ENTRY = 2,  /* of a list */
    FZ_BRAKE_SIGNAL = 3, /* a built-in one: a brand, a contradiction */
    FZ_BRAKE_PROFILE = 4,
    FZ_BRAKE_IDENTITY = 5, /* trips into a bypass of its own */
    FZ_BRAKE_TOTAL = 6,    /* into the bypass of everybody */
} FzBrakeKind;
#define FZ_BRAKE_KINDS 7

/** One source that was stopped; borrowed for the call. */
typedef struct FzBraked {
    FzBrakeKind kind;
    const char *name; /* rule id, list, "list: entry", identity ... */
    uint32_t rev;     /* of a rule; else 0 */
    uint64_t source;
    int64_t at_ms;
    uint32_t messages; /* acted on within the window */
    uint32_t window_s;
} FzBraked;

/** What has to be done about a trip beside stopping it, in a thread that may
 *  take its time: audit, log, bypass, alert-command. */
typedef void (*FzBrakeTold)(void *ctx, const FzBraked *braked);

/**
 * @param path  where what is stopped is kept
 * @param conf  borrowed for its life
 */
FzBrake *fz_brake_open(const char *path, const FzConfigBrake *conf,
                       const FzDiagSink *sink);
void fz_brake_close(FzBrake *brake); /* NULL is allowed */

/** Stop what is stopped in a generation that is about to be in force. */
void fz_brake_apply(FzBrake *brake, const FzBundle *bundle);

/** An operator has put the rule in shadow, until the next generation: letting
 *  it go from the brake does not make it act. */
void fz_brake_demoted(FzBrake *brake, const char *id);

/** What is no rule and is stopped now. */
typedef struct FzMutedNow {
    FzGeneration generation;
    FzMuted *muted; /* for FzJudgeEnv.muted */
} FzMutedNow;

/** To be given back; NULL without a brake, which may be given back, too. From
 *  any thread. */
FzMutedNow *fz_brake_take(FzBrake *brake);
void fz_brake_give(FzBrake *brake, FzMutedNow *taken);

/**
 * Count a verdict that is carried out; trips what passes its cap, with effect
 * for the next message. From any thread; allocates only when something trips.
 *
 * @return false when what acts here passed its cap in another thread since the
 *         message was judged: it is to be judged again
 */
bool fz_brake_see(FzBrake *brake, const FzBundle *bundle,
                  const FzMessage *message, const FzVerdict *verdict);

/** Wait for trips and tell each; returns when fz_brake_stop was called. For a
 *  thread of its own. */
void fz_brake_run(FzBrake *brake, FzBrakeTold told, void *ctx);
void fz_brake_stop(FzBrake *brake);

/**
 * Let a source act again, in the bundle in force too.
 *
 * @param name  as FzBraked.name; NULL: all
 * @return how many were released
 */
unsigned fz_brake_release(FzBrake *brake, const FzBundle *bundle,
                          const char *name, const FzDiagSink *sink);

/** [{"kind":"rule","name":"...",...}]; the caller decrefs. */
json_t *fz_brake_json(FzBrake *brake);
uint64_t fz_brake_trips(const FzBrake *brake); /* since the start */

const char *fz_brake_kind_name(FzBrakeKind kind); /* "rule" */

#endif
