/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tally.h - what each rule did: the evidence for promoting it
 *
 * One tally a rule and revision, carried over reloads and restarts. Judging
 * counts without locks in an array beside the bundle; how many messages a rule
 * was there for is one count a bundle, divided up when somebody asks.
 */
#ifndef FZ_PLUGIN_LIVE_TALLY_H
#define FZ_PLUGIN_LIVE_TALLY_H

#include "config/bundle.h"

#include <jansson.h>
#include <stdatomic.h>

/* Tallies of rules that are in force no longer, and the oldest of them. */
#define FZ_TALLIES_MOST 200000
#define FZ_TALLY_DAYS 400

typedef struct FzTallies FzTallies;

/** Of one rule in one revision; lives until fz_tallies_close. */
typedef struct FzTally {
    char *id;
    uint32_t rev;
    int64_t since_ms;         /* first in force */
    _Atomic int64_t last_ms;  /* last matched; 0 never */
    _Atomic uint64_t active;  /* messages matched while active */
    _Atomic uint64_t shadow;  /* ... while in shadow */
    _Atomic uint64_t would;   /* of these: it would have made it stricter */
    _Atomic uint64_t decided; /* other than pass, and this rule decided */
    _Atomic uint64_t held;    /* of these: held, rejected */
    _Atomic uint64_t rejected;
    /* for plugin/live/samples.c */
    _Atomic int64_t sample_after_ms; /* none is kept before */
    _Atomic uint32_t sampled;        /* since the start */
    /* under the lock of the tallies */
    uint64_t judged_active; /* messages judged while it was active */
    uint64_t judged_shadow; /* ... in shadow */
    uint64_t wrong;         /* hits that a curator marked */
    int64_t gone_ms;        /* no longer in force since; 0: it is */
} FzTally;

/** A copy to read. */
typedef struct FzTallyFigures {
    const char *id;
    uint32_t rev;
    FzRuleState state; /* in force; RETIRED when it is not */
    int64_t since_ms, last_ms;
    uint64_t active, shadow, would, decided, held, rejected;
    uint64_t judged_active, judged_shadow, wrong;
} FzTallyFigures;

/** Read the file; one that cannot be read is put aside (.bad), and told. */
FzTallies *fz_tallies_open(const char *path, const FzDiagSink *sink);

/** Write it, when something changed since. */
FzStatus fz_tallies_write(FzTallies *tallies, int64_t now_ms,
                          const FzDiagSink *sink) FZ_MUST_CHECK;

/** Writes it; after the last bundle is gone. NULL is allowed. */
void fz_tallies_close(FzTallies *tallies, int64_t now_ms,
                      const FzDiagSink *sink);

/** Give a bundle that is about to be in force its array. */
void fz_tallies_apply(FzTallies *tallies, FzBundle *bundle, int64_t now_ms);

/** Count one judged message. From any thread; no lock, no system call. */
void fz_tallies_see(const FzBundle *bundle, const FzVerdict *verdict,
                    int64_t now_ms);

/** The tally behind a rule of a bundle; NULL without. */
FzTally *fz_tally_of(const FzBundle *bundle, int32_t rule);

/** Call before a state in the controls is changed: what was judged until now
 *  was judged in the old one. */
void fz_tallies_settle(FzTallies *tallies);

/** Figures of all rules of a bundle, the most matched first (fz_free); there is
 *  room for one more. */
size_t fz_tallies_figures(FzTallies *tallies, const FzBundle *bundle,
                          FzTallyFigures **figures_out);

/** `fanzha_rule_...` of the rules that matched most, and of all others
 * together.
 *  @param top  0: nothing */
void fz_tallies_metrics(FzTallies *tallies, const FzBundle *bundle, int64_t top,
                        FzBuf *out);

/** A hit of that rule was marked (+1) or the mark taken back (-1). */
void fz_tallies_mark(FzTallies *tallies, const char *id, uint32_t rev,
                     int change);

#endif
