/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "config/compile_child.h"
#include "engine/list/overlay.h"
#include "tools/source.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

static const struct argp_option options[] = {
    {"config", 'c', "FILE", 0,
     "work with FILE and the rules it names (default " FZ_CTL_CONFIG_PATH ")",
     0},
    {"patterns", 'p', "DIR", 0,
     "work with the rule sets in DIR alone, as if all were active; may be "
     "given several times",
     0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    FzCtlSource *source = state->input;

    switch (key) {
    case 'c':
        source->config = arg;
        return 0;
    case 'p':
        fz_ctl_source_add_folder(source, arg);
        return 0;
    case ARGP_KEY_END:
        if (source->config != NULL && source->folder_count > 0)
            argp_error(state, "--config and --patterns exclude each other");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp fz_ctl_source_argp = {.options = options, .parser = parse};

/* For verbs that judge messages as they would come. */
static const struct argp_option lists_options[] = {
    {"lists", 'l', "DIR", 0,
     "ask the compiled lists in DIR (*.fzl, in order of names; those whose "
     "name "
     "begins with `operator' are an operator's), instead of those of FILE",
     0},
    {0},
};

static error_t parse_lists(int key, char *arg, struct argp_state *state)
{
    FzCtlSource *source = state->input;

    if (key != 'l')
        return ARGP_ERR_UNKNOWN;
    source->lists = arg;
    return 0;
}

const struct argp fz_ctl_lists_argp = {.options = lists_options,
                                       .parser = parse_lists};

void fz_ctl_source_add_folder(FzCtlSource *source, const char *folder)
{
    source->folder = fz_realloc_array(source->folder, source->folder_count + 1,
                                      sizeof source->folder[0]);
    source->folder[source->folder_count++] = folder;
}

void fz_ctl_source_clear(FzCtlSource *source)
{
    fz_free(source->folder);
    memset(source, 0, sizeof *source);
}

FzStatus fz_ctl_config_load(const char *path, const FzDiagSink *sink,
                            FzConfig **config_out)
{
    if (path == NULL && access(FZ_CTL_CONFIG_PATH, F_OK) != 0)
        return fz_config_load(NULL, sink, config_out);
    return fz_config_load(path == NULL ? FZ_CTL_CONFIG_PATH : path, sink,
                          config_out);
}

/* --- lists ------------------------------------------------------------------
 */
static int is_list_name(const struct dirent *entry)
{
    size_t octets = strlen(entry->d_name);

    return entry->d_name[0] != '.' && octets > 4 &&
           strcmp(entry->d_name + octets - 4, ".fzl") == 0;
}

static FzStatus open_list(const char *folder, const char *name,
                          const FzDiagSink *sink, FzListUse *use)
{
    FzBuf path = FZ_BUF_INIT;
    FzStatus status;

    fz_buf_printf(&path, "%s/%s", folder, name);
    use->owner =
        strncmp(name, "operator", 8) == 0 ? FZ_OWNER_OPERATOR : FZ_OWNER_FEED;
    status = fz_list_open(fz_buf_text(&path), NULL, sink, &use->list);
    if (status == FZ_OK) {
        status = fz_list_verify(use->list, sink);
        if (status != FZ_OK)
            fz_list_close(use->list);
    }
    fz_buf_clear(&path);
    return status;
}

static FzStatus open_lists(const char *folder, const FzDiagSink *sink,
                           FzListSet **set_out)
{
    FzListUse use[FZ_LIMIT_LISTS] = {{0}};
    struct dirent **entry = NULL;
    int found = scandir(folder, &entry, is_list_name, alphasort), count = 0;
    FzStatus status = FZ_OK;

    if (found < 0)
        return fz_diag_errno(sink, folder, "this folder cannot be read");
    if (found == 0)
        status = fz_diag(sink, FZ_E_IO, folder, 0, NULL,
                         "there is no list (*.fzl) in it; `fanzhactl list "
                         "build' makes one");
    if (found > FZ_LIMIT_LISTS)
        status = fz_diag(sink, FZ_E_LIMIT, folder, 0, NULL,
                         "%d lists are more than %d", found, FZ_LIMIT_LISTS);
    for (int i = 0; status == FZ_OK && i < found; i++) {
        status = open_list(folder, entry[i]->d_name, sink, &use[i]);
        count += status == FZ_OK;
    }
    if (status == FZ_OK)
        *set_out = fz_list_set_create(use, (size_t)count);
    for (int i = 0; status != FZ_OK && i < count; i++)
        fz_list_close(use[i].list);
    for (int i = 0; i < found; i++)
        free(entry[i]); /* scandir's */
    free(entry);
    return status;
}

/* --- loading ---------------------------------------------------------------
 */
/* A tool serves nobody: where the child that compiles is not installed, it
 * compiles itself. One that is named must be there. */
static bool has_child(const FzConfigCompile *limits)
{
    char *program = fz_compile_child_program(limits);
    bool has = limits->program != NULL || access(program, X_OK) == 0;

    fz_free(program);
    return has;
}

/* What an operator added to the gateway of this configuration, where its log
 * can be read: messages fare as they do there. */
static FzOverlay *open_live(const FzConfig *config, const FzDiagSink *sink)
{
    FzBuf log = FZ_BUF_INIT;
    FzOverlay *overlay = NULL;

    if (config->lists.live_log != NULL &&
        access(config->lists.live_log, R_OK) == 0 &&
        fz_buf_read_file(&log, config->lists.live_log,
                         FZ_LIMIT_OVERLAY_LOG_OCTETS, sink) == FZ_OK &&
        fz_overlay_create(fz_buf_slice(&log), config->lists.live_log,
                          config->lists.second_person
                              ? FZ_OVERLAY_ALLOW_CONFIRMED
                              : FZ_OVERLAY_ALLOW_AT_ONCE,
                          fz_clock_wall_ms(), sink, &overlay) != FZ_OK)
        overlay = NULL;
    fz_buf_clear(&log);
    return overlay;
}

static FzStatus open_bundle(const FzCtlSource *source, const FzDiagSink *sink,
                            FzBundle **bundle_out)
{
    static const FzConfigCompile default_limits = FZ_CONFIG_COMPILE_DEFAULT;
    const char *path =
        source->config == NULL ? FZ_CTL_CONFIG_PATH : source->config;
    FzProgressLine line = {.style = source->progress};
    FzProgress told = {fz_progress_line_tell, &line};
    FzBundleLoad load = {NULL, NULL, NULL, false};
    FzCompileChild child;
    FzConfig *config = NULL;
    FzStatus status = FZ_OK;

    if (source->folder_count == 0)
        status = fz_config_load(path, sink, &config);
    if (status != FZ_OK)
        return status;
    fz_compile_child_init(&child,
                          config == NULL ? &default_limits : &config->compile,
                          source->shows_progress ? &told : NULL);
    load.progress = &child.progress;
    load.as_written = source->as_written;
    if (has_child(&child.limits))
        load.hook = &child.hook;
    if (config == NULL) {
        status = fz_bundle_open_patterns(source->folder, source->folder_count,
                                         &load, sink, bundle_out);
    } else {
        load.cache_dir = config->cache;
        status = fz_bundle_open_working(path, &load, sink, bundle_out);
        if (status == FZ_OK)
            (*bundle_out)->overlay = open_live(config, sink);
    }
    if (status == FZ_OK)
        fz_bundle_mind_time(*bundle_out, fz_clock_wall_ms());
    fz_progress_line_end(&line);
    fz_config_destroy(config);
    return status;
}

FzStatus fz_ctl_source_open(const FzCtlSource *source, const FzDiagSink *sink,
                            FzBundle **bundle_out)
{
    FzListSet *lists = NULL;
    FzStatus status = FZ_OK;

    if (source->lists != NULL)
        status = open_lists(source->lists, sink, &lists);
    if (status == FZ_OK)
        status = open_bundle(source, sink, bundle_out);
    if (status == FZ_OK && source->lists != NULL) {
        fz_list_set_destroy((*bundle_out)->lists);
        (*bundle_out)->lists = lists;
        lists = NULL;
    }
    fz_list_set_destroy(lists);
    return status;
}

FzStatus fz_ctl_source_open_as_of(const FzCtlSource *source, int64_t at_ms,
                                  const FzDiagSink *sink,
                                  FzPromotion *promotion_out,
                                  FzBundle **bundle_out)
{
    FzBundleLoad load = {NULL, NULL, NULL, false};
    char since[FZ_CLOCK_TEXT];
    FzCompileChild child;
    FzConfig *config = NULL;
    FzStatus status = fz_ctl_config_load(source->config, sink, &config);

    if (status == FZ_OK)
        status = fz_history_at(config->generations, at_ms, promotion_out, sink);
    if (status == FZ_OK &&
        !fz_history_keeps(config->generations, promotion_out->digest)) {
        fz_clock_format(promotion_out->at_ms, since);
        status = fz_diag(sink, FZ_E_RULE, config->generations, 0, NULL,
                         "generation %.16s, in force since %s, is no longer "
                         "kept: the message's verdict record is what is left",
                         promotion_out->digest, since);
    }
    if (status == FZ_OK) {
        fz_compile_child_init(&child, &config->compile, NULL);
        if (has_child(&child.limits))
            load.hook = &child.hook;
        load.cache_dir = config->cache;
        status =
            fz_bundle_open_promoted(config->generations, promotion_out->digest,
                                    &load, sink, bundle_out);
    }
    if (status == FZ_OK)
        fz_bundle_mind_time(*bundle_out, at_ms);
    fz_config_destroy(config);
    return status;
}
