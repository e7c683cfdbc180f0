/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* the build's; "config.h" is this folder's */

#include "base/alloc.h"
#include "config/archive.h"
#include "config/bundle.h"
#include "config/firsts.h"
#include "config/lists.h"
#include "engine/list/overlay.h"
#include "config/override.h"
#include "config/senders.h"
#include "config/tree.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- a bundle ----------------------------------------------------------------
 */
void fz_bundle_destroy(FzBundle *bundle)
{
    if (bundle == NULL)
        return;
    if (bundle->beside != NULL)
        bundle->beside->destroy(bundle->beside);
    fz_scanner_pool_destroy(bundle->pool);
    if (bundle->ruleset != NULL)
        fz_rule_controls_clear(&bundle->controls);
    fz_ruleset_destroy(bundle->ruleset);
    fz_list_set_destroy(bundle->lists);
    fz_overlay_destroy(bundle->overlay);
    fz_senders_destroy(bundle->senders);
    fz_url_tables_destroy(bundle->urls);
    fz_policy_file_destroy(bundle->file);
    fz_firsts_destroy(bundle->firsts);
    fz_override_ends_destroy(bundle->ends);
    fz_free(bundle->demoted);
    fz_free(bundle);
}

void fz_bundle_mind_time(FzBundle *bundle, int64_t now_ms)
{
    if (bundle->ends != NULL)
        fz_override_ends_mind(bundle->ends, &bundle->controls, now_ms);
}

void fz_bundle_note_demoted(FzBundle *bundle, uint32_t rule)
{
    bool would_act =
        atomic_load(&bundle->controls.state[rule]) == FZ_RULE_ACTIVE;

    if (bundle->ends != NULL)
        would_act |= fz_override_ends_let_go(bundle->ends, rule);
    if (!would_act)
        return;
    for (uint32_t i = 0; i < bundle->demoted_count; i++)
        if (bundle->demoted[i] == rule)
            return;
    bundle->demoted = fz_realloc_array(
        bundle->demoted, bundle->demoted_count + 1, sizeof *bundle->demoted);
    bundle->demoted[bundle->demoted_count++] = rule;
}

static void release(FzGeneration *generation)
{
    fz_bundle_destroy((FzBundle *)(void *)generation);
}

FzBundle *fz_bundle_create_empty(void)
{
    FzBundle *bundle = fz_calloc(1, sizeof *bundle);

    bundle->generation.release = release;
    bundle->policy = fz_policy_default();
    return bundle;
}

static bool knows_reason(const void *policy, const char *name)
{
    return fz_policy_reason(policy, name) != NULL;
}

/* Rules, states and scanners of a bundle whose policy is there. */
static FzStatus load_rules(FzBundle *bundle, const char *const *folders,
                           size_t count, FzRulesetTrust trust,
                           const FzTree *tree, const FzBundleLoad *load,
                           const FzDiagSink *sink)
{
    FzRulesetOptions options = {.folders = folders,
                                .folder_count = count,
                                .trust = trust,
                                .known_reason = knows_reason,
                                .reason_ctx = bundle->policy};
    FzOverrides *overrides = NULL;
    FzStatus status = FZ_OK;

    if (load != NULL) {
        options.cache_dir = load->cache_dir;
        options.hook = load->hook;
        options.progress = load->progress;
    }
    if (bundle->firsts != NULL) {
        options.promoted_ms = fz_firsts_of;
        options.promoted_ctx = bundle->firsts;
    }
    if (count == 0)
        return FZ_OK; /* the condition no-rules */
    if (tree != NULL && (load == NULL || !load->as_written))
        status = fz_overrides_read(tree, bundle->firsts, sink, &overrides);
    if (status == FZ_OK && overrides != NULL) {
        /* states are the controls' */
        fz_overrides_give(overrides, &options);
        bundle->overridden = fz_overrides_change_rules(overrides);
    }
    if (status == FZ_OK)
        status = fz_ruleset_load_with(&options, sink, &bundle->ruleset);
    if (status == FZ_OK) {
        fz_rule_controls_init(&bundle->controls, bundle->ruleset);
        if (overrides != NULL)
            bundle->ends = fz_overrides_apply(overrides, bundle->ruleset,
                                              &bundle->controls, sink);
    }
    fz_overrides_destroy(overrides);
    if (status == FZ_OK)
        bundle->pool = fz_scanner_pool_create(bundle->ruleset);
    return status;
}

/* --- what the working files are
 * ------------------------------------------------ */
typedef struct Working {
    FzPolicyFile *file;
    const char **folder; /* those that are there, in the file's order */
    size_t folder_count;
    FzTree tree;
} Working;

static void working_clear(Working *working)
{
    fz_free(working->folder);
    fz_tree_clear(&working->tree);
    fz_policy_file_destroy(working->file);
}

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static FzStatus find_folders(Working *working, const char *config_path,
                             const FzDiagSink *sink)
{
    const FzPolicyFile *file = working->file;

    working->folder =
        fz_malloc((file->patterns.count + 1) * sizeof *working->folder);
    for (uint32_t i = 0; i < file->patterns.count; i++) {
        const char *path = file->patterns.item[i];

        if (is_folder(path))
            working->folder[working->folder_count++] = path;
        else if (file->patterns_are_set)
            return fz_diag(sink, FZ_E_IO, config_path, 0, NULL,
                           "`patterns': %s is no folder that can be read",
                           path);
    }
    return FZ_OK;
}

static FzStatus read_working(const char *config_path, Working *working,
                             const FzDiagSink *sink)
{
    char name[32];
    FzStatus status;

    memset(working, 0, sizeof *working);
    fz_tree_init(&working->tree);
    status = fz_tree_add_file(&working->tree, "fanzha.conf", config_path, sink);
    if (status == FZ_OK)
        status = fz_policy_file_parse(
            config_path, fz_buf_slice(&working->tree.file[0].content), sink,
            &working->file);
    if (status == FZ_OK)
        status = find_folders(working, config_path, sink);
    for (size_t i = 0; status == FZ_OK && i < working->folder_count; i++) {
        snprintf(name, sizeof name, "patterns/%zu", i);
        status = fz_tree_add_folder(&working->tree, name, working->folder[i],
                                    NULL, sink);
    }
    if (status == FZ_OK)
        status = fz_senders_add_files(working->file, &working->tree, sink);
    if (status == FZ_OK && working->file->override != NULL &&
        is_folder(working->file->override))
        status = fz_tree_add_folder(&working->tree, "override",
                                    working->file->override, ".conf", sink);
    return status;
}

FzStatus fz_bundle_open_working(const char *config_path,
                                const FzBundleLoad *load,
                                const FzDiagSink *sink, FzBundle **bundle_out)
{
    FzBundle *bundle = fz_bundle_create_empty();
    Working working;
    FzStatus status = read_working(config_path, &working, sink);

    if (status != FZ_OK)
        goto out;
    fz_tree_digest(&working.tree, bundle->digest);
    bundle->file = working.file;
    working.file = NULL;
    bundle->policy = &bundle->file->policy;
    status =
        fz_senders_load(bundle->file, &working.tree, sink, &bundle->senders);
    if (status != FZ_OK)
        goto out;
    status = load_rules(bundle, working.folder, working.folder_count,
                        FZ_RULESET_AS_WRITTEN, &working.tree, load, sink);
    if (status == FZ_OK)
        status = fz_list_files_open(bundle->file, sink, &bundle->lists);
    if (status == FZ_OK) {
        *bundle_out = bundle;
        bundle = NULL;
    }
out:
    working_clear(&working);
    fz_bundle_destroy(bundle);
    return status;
}

FzStatus fz_bundle_open_patterns(const char *const *folders, size_t count,
                                 const FzBundleLoad *load,
                                 const FzDiagSink *sink, FzBundle **bundle_out)
{
    FzBundle *bundle = fz_bundle_create_empty();
    FzStatus status;

    bundle->policy = fz_policy_patterns();
    status = fz_url_tables_create(fz_url_config_samples(), sink, &bundle->urls);
    if (status == FZ_OK)
        status = load_rules(bundle, folders, count, FZ_RULESET_ALL_ACTIVE, NULL,
                            load, sink);
    if (status == FZ_OK)
        *bundle_out = bundle;
    else
        fz_bundle_destroy(bundle);
    return status;
}

/* --- a generation on disk
 * --------------------------------------------------------- */
/* Folders patterns/0, patterns/1, ... of a generation, as many as there are. */
static size_t count_folders(const char *folder)
{
    size_t count = 0;
    bool more = true;

    while (more) {
        char *path = fz_archive_path(folder, "patterns/%zu", count);

        more = is_folder(path);
        count += more;
        fz_free(path);
    }
    return count;
}

/* Beside the folder of the generation, where they are once for all. */
static FzStatus load_lists(FzBundle *bundle, const char *folder,
                           const FzTree *tree, const FzDiagSink *sink)
{
    char *generations =
        fz_strndup(folder, (size_t)(strrchr(folder, '/') - folder));
    FzStatus status = fz_list_files_load(bundle->file, generations, tree, sink,
                                         &bundle->lists);

    fz_free(generations);
    return status;
}

/* `firsts' is the bundle's from now on. */
static FzStatus open_generation(const char *folder, FzTree *tree,
                                const char *digest, const FzBundleLoad *load,
                                FzFirsts *firsts, const FzDiagSink *sink,
                                FzBundle **bundle_out)
{
    FzBundle *bundle = fz_bundle_create_empty();
    const FzTreeFile *conf = fz_tree_find(tree, "fanzha.conf");
    size_t count = count_folders(folder);
    char **folders = fz_calloc(count + 1, sizeof *folders);
    FzStatus status;

    bundle->firsts = firsts;
    memcpy(bundle->digest, digest, FZ_DIGEST_TEXT);
    for (size_t i = 0; i < count; i++)
        folders[i] = fz_archive_path(folder, "patterns/%zu", i);
    if (conf == NULL)
        status = fz_diag(sink, FZ_E_SYNTAX, folder, 0, NULL,
                         "the generation has no fanzha.conf");
    else
        status = fz_policy_file_parse(
            conf->source, fz_buf_slice(&conf->content), sink, &bundle->file);
    if (status == FZ_OK) {
        bundle->policy = &bundle->file->policy;
        status = fz_senders_load(bundle->file, tree, sink, &bundle->senders);
    }
    if (status == FZ_OK) {
        status = load_rules(bundle, (const char *const *)folders, count,
                            FZ_RULESET_AS_WRITTEN, tree, load, sink);
    }
    if (status == FZ_OK)
        status = load_lists(bundle, folder, tree, sink);
    for (size_t i = 0; i < count; i++)
        fz_free(folders[i]);
    fz_free(folders);
    if (status == FZ_OK)
        *bundle_out = bundle;
    else
        fz_bundle_destroy(bundle);
    return status;
}

FzStatus fz_bundle_open_promoted(const char *generations, const char *which,
                                 const FzBundleLoad *load,
                                 const FzDiagSink *sink, FzBundle **bundle_out)
{
    char digest[FZ_DIGEST_TEXT];
    char *folder = NULL;
    FzStatus status = fz_archive_find(generations, which, digest, sink);
    FzTree tree;

    if (status != FZ_OK)
        return status;
    if (digest[0] == '\0') {
        *bundle_out = NULL;
        return FZ_OK;
    }
    fz_tree_init(&tree);
    status = fz_archive_read(generations, digest, &tree, sink);
    if (status == FZ_OK) {
        folder = fz_archive_path(generations, "%s", digest);
        status = open_generation(folder, &tree, digest, load,
                                 fz_firsts_read(generations, 0, sink), sink,
                                 bundle_out);
    }
    fz_free(folder);
    fz_tree_clear(&tree);
    return status;
}

/* --- staging
 * --------------------------------------------------------------------- */
/* The copy's paths, told as the working files that a person edits. */
typedef struct Renamer {
    const FzDiagSink *sink;
    const char *folder; /* of the copy */
    const FzTree *tree; /* of the working files: same names, other source */
} Renamer;

static void rename_file(void *ctx, const FzDiag *diag)
{
    const Renamer *it = ctx;
    FzDiag renamed = *diag;
    size_t octets = strlen(it->folder);
    const FzTreeFile *file;

    if (diag->file != NULL && strncmp(diag->file, it->folder, octets) == 0 &&
        diag->file[octets] == '/') {
        file = fz_tree_find(it->tree, diag->file + octets + 1);
        if (file != NULL)
            renamed.file = file->source;
    }
    if (it->sink != NULL)
        it->sink->emit(it->sink->ctx, &renamed);
}

/* Samples are about rules as their authors wrote them: an operator's score or
 * exception is no fault of theirs. */
static FzStatus check_samples(FzBundle *bundle, const char *folder,
                              FzTree *copy, const FzBundleLoad *load,
                              int64_t now_ms, const FzDiagSink *sink)
{
    FzBundleLoad as_written = {NULL, NULL, NULL, true};
    FzBundle *written = NULL;
    FzStatus status = FZ_OK;

    if (bundle->ruleset == NULL)
        return FZ_OK;
    fz_progress_tell(load == NULL ? NULL : load->progress, 0, 1,
                     "testing samples");
    if (!bundle->overridden)
        return fz_cases_check(bundle->ruleset, now_ms, sink, &bundle->cases);
    if (load != NULL)
        as_written = *load;
    as_written.as_written = true;
    status = open_generation(folder, copy, bundle->digest, &as_written, NULL,
                             sink, &written);
    if (status == FZ_OK)
        status = fz_cases_check(written->ruleset, now_ms, sink, &bundle->cases);
    fz_bundle_destroy(written);
    return status;
}

/* The copy of a tree that is whole, loaded, and its samples run. */
static FzStatus stage_tree(FzTree *tree, const char *generations,
                           const FzBundleLoad *load, int64_t now_ms,
                           const FzDiagSink *sink, FzBundle **bundle_out)
{
    char digest[FZ_DIGEST_TEXT];
    char *folder = NULL;
    bool made = false;
    FzBundle *bundle = NULL;
    Renamer renamer = {sink, NULL, tree};
    FzDiagSink renaming = {rename_file, &renamer};
    FzTree copy;
    FzStatus status;

    fz_tree_init(&copy);
    fz_tree_digest(tree, digest);
    folder = fz_archive_path(generations, "%s", digest);
    renamer.folder = folder;
    status = fz_archive_write(generations, digest, tree, sink, &made);
    if (status == FZ_OK)
        status = fz_archive_read(generations, digest, &copy, sink);
    if (status == FZ_OK)
        status = open_generation(folder, &copy, digest, load,
                                 fz_firsts_read(generations, now_ms, sink),
                                 &renaming, &bundle);
    if (status == FZ_OK)
        status = check_samples(bundle, folder, &copy, load, now_ms, &renaming);
    if (status == FZ_OK) {
        bundle->fresh = made;
        *bundle_out = bundle;
        bundle = NULL;
    } else if (made) {
        /* what was refused leaves nothing behind; it was nobody's yet */
        FzStatus removed = fz_remove_folder(folder, NULL);

        (void)removed;
    }
    fz_bundle_destroy(bundle);
    fz_tree_clear(&copy);
    fz_free(folder);
    return status;
}

FzStatus fz_bundle_stage(const char *config_path, const char *generations,
                         const FzBundleLoad *load, int64_t now_ms,
                         const FzDiagSink *sink, FzBundle **bundle_out)
{
    Working working;
    FzStatus status = read_working(config_path, &working, sink);

    if (status == FZ_OK)
        status =
            fz_list_files_stage(working.file, generations, &working.tree, sink);
    if (status == FZ_OK)
        status = stage_tree(&working.tree, generations, load, now_ms, sink,
                            bundle_out);
    working_clear(&working);
    return status;
}

/* The current generation's files, and its policy with paths that count from
 * where it was written. */
static FzStatus read_current(const char *config_path, const char *generations,
                             const FzDiagSink *sink, FzTree *tree,
                             FzPolicyFile **file_out)
{
    char digest[FZ_DIGEST_TEXT];
    const FzTreeFile *conf;
    FzStatus status = fz_archive_find(generations, "current", digest, sink);

    if (status == FZ_OK && digest[0] == '\0')
        status = fz_diag(sink, FZ_E_RULE, generations, 0, NULL,
                         "nothing was promoted yet: there is no generation "
                         "that could change");
    if (status == FZ_OK)
        status = fz_archive_read(generations, digest, tree, sink);
    if (status != FZ_OK)
        return status;
    conf = fz_tree_find(tree, "fanzha.conf");
    return conf == NULL
               ? fz_diag(sink, FZ_E_SYNTAX, generations, 0, NULL,
                         "the generation has no fanzha.conf")
               : fz_policy_file_parse(config_path, fz_buf_slice(&conf->content),
                                      sink, file_out);
}

FzStatus fz_bundle_stage_lists(const char *config_path, const char *generations,
                               const FzBundleLoad *load, int64_t now_ms,
                               const FzDiagSink *sink, FzBundle **bundle_out)
{
    FzPolicyFile *file = NULL;
    FzStatus status;
    FzTree tree;

    fz_tree_init(&tree);
    status = read_current(config_path, generations, sink, &tree, &file);
    if (status == FZ_OK) {
        fz_tree_drop(&tree, "lists/");
        status = fz_list_files_stage(file, generations, &tree, sink);
    }
    if (status == FZ_OK)
        status = stage_tree(&tree, generations, load, now_ms, sink, bundle_out);
    fz_policy_file_destroy(file);
    fz_tree_clear(&tree);
    return status;
}

FzStatus fz_bundle_stage_overrides(const char *config_path,
                                   const char *generations,
                                   const FzBundleLoad *load, int64_t now_ms,
                                   const FzDiagSink *sink,
                                   FzBundle **bundle_out)
{
    FzPolicyFile *file = NULL;
    FzStatus status;
    FzTree tree;

    fz_tree_init(&tree);
    status = read_current(config_path, generations, sink, &tree, &file);
    if (status == FZ_OK) {
        fz_tree_drop(&tree, "override/");
        if (file->override != NULL && is_folder(file->override))
            status = fz_tree_add_folder(&tree, "override", file->override,
                                        ".conf", sink);
    }
    if (status == FZ_OK)
        status = stage_tree(&tree, generations, load, now_ms, sink, bundle_out);
    fz_policy_file_destroy(file);
    fz_tree_clear(&tree);
    return status;
}

FzStatus fz_bundle_promote(const FzBundle *bundle, const char *generations,
                           const FzDiagSink *sink)
{
    /* first: what is in force without it would never end */
    FzStatus status = fz_firsts_write(bundle->firsts, generations, sink);

    if (status == FZ_OK)
        status = fz_archive_promote(generations, bundle->digest,
                                    FZ_GENERATIONS_KEPT, sink);
    if (status == FZ_OK)
        fz_list_files_prune(generations);
    return status;
}

void fz_bundle_discard(FzBundle *bundle, const char *generations)
{
    char *folder = fz_archive_path(generations, "%s", bundle->digest);

    if (bundle->fresh) {
        FzStatus removed = fz_remove_folder(folder, NULL);

        (void)removed; /* what is left is nobody's */
    }
    fz_free(folder);
    fz_bundle_destroy(bundle);
}
