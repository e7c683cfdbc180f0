/* SPDX-License-Identifier: BSD-2-Clause
 *
 * live.h - which generation is in force, and how the next one gets there
 */
#ifndef FZ_PLUGIN_LIVE_LIVE_H
#define FZ_PLUGIN_LIVE_LIVE_H

#include "config/bundle.h"
#include "control/control.h"
#include "plugin/plugin.h"

#define FZ_ACTOR_OCTETS 128

/**
 * Put the promoted generation in force. With none promoted yet: no rules,
 * observe. One that cannot be loaded any more is reported, here and in every
 * status until something is promoted, and the one before it serves instead;
 * with that gone too, none.
 */
void fz_live_start(FzPlugin *plugin, const FzDiagSink *sink);

/** What is to be put in force. */
typedef struct FzLiveChange {
    const char *act;   /* for the audit trail: "reload", "rollback" */
    const char *actor; /* likewise */
    const char *to;    /* the digest of an archived generation; FZ_LIVE_LISTS
                          or FZ_LIVE_OVERRIDES (build.h); NULL: the working files,
                          staged and tested */
    bool dry_run;      /* all but that */
    json_t *detail;    /* more for the audit trail, borrowed; NULL: nothing */
} FzLiveChange;

/**
 * Build it, promote it and put it in force: when the call returns FZ_OK, the
 * next message is judged by it. On any failure what was in force stays.
 *
 * @param call  who asked: is told what is wrong, how far it is, and what came
 *              of it
 */
FzStatus fz_live_change(FzPlugin *plugin, const FzLiveChange *change,
                        FzControlCall *call) FZ_MUST_CHECK;

/** A bundle as status shows it; the caller decrefs. */
json_t *fz_live_bundle_json(const FzBundle *bundle);

/** Borrow the bundle in force around one use; never NULL after start. */
static inline FzBundle *fz_live_take(FzPlugin *plugin)
{
    return (FzBundle *)fz_generation_take(&plugin->live);
}

static inline void fz_live_give(FzPlugin *plugin, FzBundle *bundle)
{
    fz_generation_give(&plugin->live, &bundle->generation);
}

/** "uid:0 root pid:123": who asks, as the kernel says. */
void fz_live_actor(const FzControlPeer *peer, char actor[FZ_ACTOR_OCTETS]);

/** The verbs of the control socket; ctx is the FzPlugin. */
extern const FzControlVerb fz_live_verbs[];
extern const size_t fz_live_verb_count;

/* those of verbs_generation.c */
FzStatus fz_live_verb_generations(void *ctx, FzControlCall *call);
FzStatus fz_live_verb_reload(void *ctx, FzControlCall *call);
FzStatus fz_live_verb_rollback(void *ctx, FzControlCall *call);

#endif
