/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bundle.h - one generation: policy, rules, overrides, under one digest
 *
 * Working files are what people edit; a generation is what serves. Staging
 * copies the working files into generations/<digest>/ and loads the copy, so
 * that what was tested is what serves, and what serves is there at the next
 * start; promoting points the link `current` at it. Nothing else goes live.
 *
 *     generations/<digest>/fanzha.conf, patterns/<n>/..., override/...
 *     generations/current -> <digest>      previous -> <digest>
 *
 * A bundle is immutable but for the states in `controls`, and counted by its
 * FzGeneration: publish it in a slot, or destroy it if it never was.
 */
#ifndef FZ_CONFIG_BUNDLE_H
#define FZ_CONFIG_BUNDLE_H

#include "base/digest.h"
#include "base/generation.h"
#include "config/policy.h"
#include "engine/rules/ruleset.h"
#include "engine/verdict/cases.h"
#include "engine/verdict/verdict.h"

/* Archived generations kept beside current and previous. */
#define FZ_GENERATIONS_KEPT 20

/** What whoever serves with a bundle hangs on it; destroyed with it, first. */
typedef struct FzBundleBeside {
    void (*destroy)(struct FzBundleBeside *beside);
} FzBundleBeside;

typedef struct FzBundle {
    FzGeneration generation;     /* first member: cast what a slot gives */
    const FzPolicy *policy;      /* never NULL */
    FzUrlTables *urls;           /* of rules alone; NULL: those of the file */
    FzRuleset *ruleset;          /* NULL: nothing promoted yet */
    FzRuleControls controls;     /* states in force: written, then overridden */
    FzScannerPool *pool;         /* NULL without rules */
    FzListSet *lists;            /* NULL: none */
    FzOverlay *overlay;          /* of tools: the live entries of a log; a
                                    gateway has its own */
    FzSenders *senders;          /* NULL: nothing is known of any */
    char digest[FZ_DIGEST_TEXT]; /* "" for the empty bundle */
    FzCaseCounts cases;          /* of the tests that staging ran */
    FzPolicyFile *file;          /* owned; NULL for built-in policies */
    struct FzFirsts *firsts;     /* owned; NULL: nothing counts days */
    struct FzOverrideEnds *ends; /* owned; overrides that run out */
    FzBundleBeside *beside;      /* NULL: nothing */
    uint32_t *demoted;           /* owned; rules, since it is in force */
    uint32_t demoted_count;
    bool overridden; /* scores or exceptions of the operator's are in it */
    bool fresh;      /* staging wrote it: it was not in the archive */
} FzBundle;

/** How rules are loaded; NULL and what is NULL in it: not. */
typedef struct FzBundleLoad {
    const char *cache_dir;      /* where compiled ones are kept */
    const FzCompileHook *hook;  /* who compiles; NULL: this process */
    const FzProgress *progress; /* who wants to know */
    bool as_written;            /* without the overrides: for samples */
} FzBundleLoad;

/** No rules, observe: what serves while nothing was promoted. Never fails. */
FzBundle *fz_bundle_create_empty(void);

/** For a bundle that is in no slot (a slot releases by itself). NULL allowed.
 */
void fz_bundle_destroy(FzBundle *bundle);

/**
 * Load working files as they are: to scan, lint and test, never to serve.
 *
 * @param config_path  fanzha.conf; its patterns and overrides
 */
FzStatus fz_bundle_open_working(const char *config_path,
                                const FzBundleLoad *load,
                                const FzDiagSink *sink,
                                FzBundle **bundle_out) FZ_MUST_CHECK;

/** Rules alone, every one as if active, under fz_policy_patterns(). */
FzStatus fz_bundle_open_patterns(const char *const *folders, size_t count,
                                 const FzBundleLoad *load,
                                 const FzDiagSink *sink,
                                 FzBundle **bundle_out) FZ_MUST_CHECK;

/**
 * Copy the working files into generations/<digest>/, load the copy, run every
 * sample. Nothing is in force yet; diags name the working files. A refused
 * copy is removed again.
 *
 * @param now_ms  the time the samples are judged at
 * @return as loading; FZ_E_RULE too when a sample fails; FZ_E_IO when the copy
 *         cannot be written and synced
 */
FzStatus fz_bundle_stage(const char *config_path, const char *generations,
                         const FzBundleLoad *load, int64_t now_ms,
                         const FzDiagSink *sink,
                         FzBundle **bundle_out) FZ_MUST_CHECK;

/**
 * The same for the current generation with the working files of its lists: a
 * feed goes live without what a curator has begun to write. Paths of lists
 * count from the folder of `config_path`; nothing else is read there.
 */
FzStatus fz_bundle_stage_lists(const char *config_path, const char *generations,
                               const FzBundleLoad *load, int64_t now_ms,
                               const FzDiagSink *sink,
                               FzBundle **bundle_out) FZ_MUST_CHECK;

/** Likewise with the working files of the operator's overrides. */
FzStatus fz_bundle_stage_overrides(const char *config_path,
                                   const char *generations,
                                   const FzBundleLoad *load, int64_t now_ms,
                                   const FzDiagSink *sink,
                                   FzBundle **bundle_out) FZ_MUST_CHECK;

/**
 * Make a staged (or archived) bundle the one that a start loads: `previous`
 * takes what `current` was, then `current` changes, atomically and synced.
 * Archived copies beyond FZ_GENERATIONS_KEPT are removed.
 */
FzStatus fz_bundle_promote(const FzBundle *bundle, const char *generations,
                           const FzDiagSink *sink) FZ_MUST_CHECK;

/** Give up a staged bundle: its copy goes too, unless the archive had it.
 *  Destroys it. */
void fz_bundle_discard(FzBundle *bundle, const char *generations);

/** Overrides that ran out by now no longer count. From any thread; costs one
 *  comparison when there is nothing to do. */
void fz_bundle_mind_time(FzBundle *bundle, int64_t now_ms);

/** Somebody is about to put this rule in shadow until the next generation: no
 *  end of an override changes that. It counts as demoted where it would have
 *  acted, now or after such an end. For the thread that serves the control
 *  socket, as `demoted' is. */
void fz_bundle_note_demoted(FzBundle *bundle, uint32_t rule);

/**
 * Load a generation: "current", "previous" or a digest.
 *
 * @param bundle_out  NULL with FZ_OK: nothing was promoted yet ("current" or
 *                    "previous" does not exist)
 * @return FZ_E_SYNTAX when its files no longer have its digest
 */
FzStatus fz_bundle_open_promoted(const char *generations, const char *which,
                                 const FzBundleLoad *load,
                                 const FzDiagSink *sink,
                                 FzBundle **bundle_out) FZ_MUST_CHECK;

/** What judging with this bundle depends on. */
static inline FzJudgeEnv fz_bundle_env(const FzBundle *bundle, bool bypass)
{
    FzJudgeEnv env = {0};

    env.ruleset = bundle->ruleset;
    env.controls = bundle->ruleset == NULL ? NULL : &bundle->controls;
    env.lists = bundle->lists;
    env.overlay = bundle->overlay;
    env.urls = bundle->file == NULL ? bundle->urls : bundle->file->urls;
    env.senders = bundle->senders;
    env.policy = bundle->policy;
    env.bypass = bypass;
    return env;
}

#endif
