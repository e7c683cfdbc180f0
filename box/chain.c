/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/chain_impl.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define ALL_TYPES                                                              \
    (FZ_HOST_TYPE_HEARTBEAT | FZ_HOST_TYPE_ADMIN | FZ_HOST_TYPE_SMS |          \
     FZ_HOST_TYPE_ACK | FZ_HOST_TYPE_WDP)
/* Whose init is running: want() is taken from that one alone. */
static FzPlugin *being_loaded;

int fz_chain_want(PluginBoxPlugin *plugin, uint32_t types)
{
    if (being_loaded == NULL || plugin != &being_loaded->abi ||
        (types & ~(uint32_t)(ALL_TYPES | FZ_HOST_TYPE_REPORT)) != 0)
        return -1;
    being_loaded->types &= types;
    being_loaded->types |= types & FZ_HOST_TYPE_REPORT;
    return 0;
}

/* --- loading ------------------------------------------------------------- */
static void plugin_free(FzPlugin *plugin)
{
    if (plugin->file >= 0)
        close(plugin->file);
    octstr_destroy(plugin->abi.args);
    octstr_destroy(plugin->abi.path);
    octstr_destroy(plugin->abi.id);
    gw_free(plugin->why);
    gw_free(plugin);
}

static void plugin_destroy(FzPlugin *plugin)
{
    if (atomic_load(&plugin->kept) > 0)
        return; /* it is at work on them still: it stays as it is */
    fz_plugin_thread_stop(plugin->own);
    if (plugin->abi.shutdown != NULL)
        plugin->abi.shutdown(&plugin->abi);
    plugin_free(plugin);
}

static FzOnTimeout on_timeout_of(const FzBoxPlugin *entry)
{
    if (strcmp(entry->on_timeout, "pass") == 0)
        return FZ_ON_TIMEOUT_PASS;
    return strcmp(entry->on_timeout, "refuse") == 0 ? FZ_ON_TIMEOUT_REFUSE
                                                    : FZ_ON_TIMEOUT_DEFER;
}

static FzPlugin *plugin_make(const FzBoxConfig *config,
                             const FzBoxPlugin *entry, Cfg *running)
{
    FzPlugin *plugin = gw_malloc(sizeof *plugin);

    memset(plugin, 0, sizeof *plugin);
    plugin->abi.args = entry->args == NULL ? NULL : octstr_create(entry->args);
    plugin->abi.path = octstr_create(entry->path);
    plugin->abi.id = octstr_create(entry->id);
    plugin->abi.priority = entry->priority;
    plugin->abi.direction = FZ_CHAIN_BOTH_SIDES;
    plugin->abi.running_configuration = running;
    plugin->file = -1;
    plugin->types = entry->sms_only ? FZ_HOST_TYPE_SMS : ALL_TYPES;
    plugin->order = (size_t)(entry - config->plugin);
    plugin->answer_timeout_ms = entry->answer_timeout_s * 1000;
    plugin->on_timeout = on_timeout_of(entry);
    return plugin;
}

static FzStatus refuse(const FzDiagSink *sink, const FzBoxConfig *config,
                       const FzBoxPlugin *entry, FzStatus code,
                       const char *what)
{
    return fz_diag(sink, code, config->path, entry->line, NULL,
                   "plugin `%s' (%s) %s", entry->id, entry->path, what);
}

static const FzStateFile *kept_file(const char *path, FzSlice files,
                                    FzStateFile *file)
{
    while (fz_state_next_file(&files, file))
        if (fz_slice_is(file->name, path))
            return file;
    return NULL;
}

/* The plugin's file: that which `files' has for its path, else what the path
 * names now. */
static int open_file(const char *path, FzSlice files)
{
    FzStateFile file;

    return kept_file(path, files, &file) != NULL
               ? fcntl(file.fd, F_DUPFD_CLOEXEC, 0)
               : open(path, O_RDONLY | O_CLOEXEC);
}

/* What to load for it: its path wherever that is the file, since debuggers and
 * the plugin itself ask for it. */
typedef struct ObjectName {
    char text[32];
} ObjectName;

static const char *object_name(const char *path, FzSlice files,
                               ObjectName *name)
{
    FzStateFile file;

    if (kept_file(path, files, &file) == NULL)
        return path;
    snprintf(name->text, sizeof name->text, "/proc/self/fd/%d", file.fd);
    return name->text;
}

static FzStatus load_object(const FzBoxConfig *config, const FzBoxPlugin *entry,
                            FzSlice files, const FzDiagSink *sink,
                            void **object_out, int *file_out)
{
    int file = open_file(entry->path, files);
    ObjectName name;
    void *object;

    if (file < 0)
        return fz_diag_errno(sink, config->path,
                             "plugin `%s' cannot be read at %s (line %u)",
                             entry->id, entry->path, entry->line);
    object =
        dlopen(object_name(entry->path, files, &name), RTLD_NOW | RTLD_GLOBAL);
    if (object == NULL) {
        close(file);
        return fz_diag(sink, FZ_E_IO, config->path, entry->line, NULL,
                       "plugin `%s' cannot be loaded: %s", entry->id,
                       dlerror());
    }
    *object_out = object;
    *file_out = file;
    return FZ_OK;
}

static FzStatus no_init(const FzBoxConfig *config, const FzBoxPlugin *entry,
                        const FzDiagSink *sink)
{
    return fz_diag(sink, FZ_E_RULE, config->path, entry->line, NULL,
                   "plugin `%s' (%s) has no function `%s'", entry->id,
                   entry->path, entry->init);
}

static FzStatus load_plugin(const FzBoxConfig *config, const FzBoxPlugin *entry,
                            Cfg *running, FzSlice files, const FzDiagSink *sink,
                            FzPlugin **plugin_out)
{
    FzStatus status;
    FzPlugin *plugin;
    void *object;
    int fine = 0, file, signal_number;

    status = load_object(config, entry, files, sink, &object, &file);
    if (status != FZ_OK)
        return status;
    plugin = plugin_make(config, entry, running);
    plugin->file = file;
    *(void **)&plugin->abi.init = dlsym(object, entry->init);
    if (plugin->abi.init == NULL) {
        plugin_destroy(plugin);
        return no_init(config, entry, sink);
    }

    being_loaded = plugin;
    signal_number = fz_chain_guarded_init(&plugin->abi, &fine);
    being_loaded = NULL;
    if (signal_number != 0)
        fz_chain_end_process(config, entry, signal_number);
    if (!fine) {
        plugin_destroy(plugin);
        return refuse(sink, config, entry, FZ_E_STATE,
                      "refused to start: its init function failed");
    }
    if (plugin->abi.process == NULL) {
        plugin_destroy(plugin);
        return refuse(sink, config, entry, FZ_E_RULE,
                      "has set no process function in its init");
    }
    if (entry->thread && fz_plugin_thread_start(plugin) == NULL) {
        plugin_destroy(plugin);
        return refuse(sink, config, entry, FZ_E_LIMIT,
                      "cannot be given a thread of its own: none is left");
    }
    *plugin_out = plugin;
    return FZ_OK;
}

static int by_priority(const void *left, const void *right)
{
    const FzPlugin *a = *(FzPlugin *const *)left;
    const FzPlugin *b = *(FzPlugin *const *)right;

    if (a->abi.priority != b->abi.priority)
        return a->abi.priority < b->abi.priority ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* In the configuration and not in the chain; `why` (owned from here on) is NULL
 * for one that is not to be started. */
static void add_absent(FzChain *chain, const FzBoxConfig *config,
                       const FzBoxPlugin *entry, Cfg *running, char *why)
{
    FzPlugin *plugin = plugin_make(config, entry, running);

    plugin->state = why == NULL ? FZ_PLUGIN_DEAD : FZ_PLUGIN_FAILED;
    plugin->why = why;
    chain->absent[chain->absents++] = plugin;
    if (why == NULL)
        info(0, "fanzhabox: Plugin `%s' is not started (dead-start).",
             entry->id);
    else
        error(0,
              "fanzhabox: Plugin `%s' from %s is left out, messages go by "
              "without it: %s.",
              entry->id, entry->path, why);
}

/* All that may be are tried before the first is loaded, while the process has
 * one thread. */
static void leave_out(FzChain *chain, const FzBoxConfig *config, Cfg *running,
                      FzSlice files, bool *left_out)
{
    for (size_t i = 0; i < config->plugins; i++) {
        const FzBoxPlugin *entry = &config->plugin[i];
        ObjectName name;
        char *why = NULL;

        left_out[i] =
            entry->dead_start ||
            (!entry->needed &&
             !fz_chain_try_plugin(entry, object_name(entry->path, files, &name),
                                  running, &why));
        if (left_out[i])
            add_absent(chain, config, entry, running, why);
    }
}

FzStatus fz_chain_load(const FzBoxConfig *config, Cfg *running, FzSlice files,
                       const FzDiagSink *sink, FzChain **chain_out)
{
    FzChain *chain = gw_malloc(sizeof *chain);
    bool left_out[FZ_BOX_PLUGINS_MAX];

    memset(chain, 0, sizeof *chain);
    pthread_mutex_init(&chain->lock, NULL);
    chain->plugin = gw_malloc((config->plugins + 1) * sizeof *chain->plugin);
    chain->absent = gw_malloc((config->plugins + 1) * sizeof *chain->absent);
    leave_out(chain, config, running, files, left_out);
    for (size_t i = 0; i < config->plugins; i++) {
        const FzBoxPlugin *entry = &config->plugin[i];
        FzPlugin *plugin = NULL;
        FzStatus status;

        if (left_out[i])
            continue;
        status = load_plugin(config, entry, running, files, sink, &plugin);
        if (status != FZ_OK && !entry->needed) {
            add_absent(
                chain, config, entry, running,
                gw_strdup("it did well when it was tried, and failed then"));
            continue;
        }
        if (status != FZ_OK) {
            fz_chain_unload(chain);
            return status;
        }
        chain->plugin[chain->plugins++] = plugin;
        info(0, "fanzhabox: Plugin `%s' from %s is loaded, priority %ld%s.",
             entry->id, entry->path, plugin->abi.priority,
             plugin->own != NULL ? ", on a thread of its own" : "");
    }
    qsort(chain->plugin, chain->plugins, sizeof *chain->plugin, by_priority);
    for (size_t i = 0; i < chain->plugins; i++)
        for (long side = 1; side <= FZ_CHAIN_BOTH_SIDES; side++)
            if (chain->plugin[i]->abi.direction & side)
                chain->wants[side] |= chain->plugin[i]->types;
    *chain_out = chain;
    return FZ_OK;
}

/* What a plugin says of its own files. */
typedef struct Said {
    const FzBoxConfig *config;
    const FzBoxPlugin *entry;
    const FzDiagSink *sink;
    bool any;
} Said;

static void say(void *context, const char *text)
{
    Said *said = context;

    said->any = true;
    fz_diag(said->sink, FZ_E_RULE, said->config->path, said->entry->line, NULL,
            "plugin `%s' would not start: %s", said->entry->id, text);
}

static FzStatus ask_object(const FzBoxConfig *config, const FzBoxPlugin *entry,
                           void *object, const FzDiagSink *sink)
{
    Said said = {config, entry, sink, false};
    char name[256];
    FzHostCheck *ask;

    if (dlsym(object, entry->init) == NULL)
        return no_init(config, entry, sink);
    snprintf(name, sizeof name, "%s" FZ_HOST_CHECK_SUFFIX, entry->init);
    *(void **)&ask = dlsym(object, name);
    if (ask == NULL || ask(entry->args, say, &said))
        return FZ_OK;
    if (!said.any)
        say(&said, "it does not say why");
    return FZ_E_RULE;
}

FzStatus fz_chain_check(const FzBoxConfig *config, const FzDiagSink *sink)
{
    FzStatus status = FZ_OK, one;

    for (size_t i = 0; i < config->plugins; i++) {
        const FzBoxPlugin *entry = &config->plugin[i];
        void *object;
        int file;

        if (entry->dead_start || !entry->needed)
            continue;
        one = load_object(config, entry, (FzSlice){NULL, 0}, sink, &object,
                          &file);
        if (one == FZ_OK) {
            one = ask_object(config, entry, object, sink);
            close(file);
        }
        if (status == FZ_OK)
            status = one;
    }
    return status;
}

void fz_chain_take_files(FzChain *chain, FzBuf *files)
{
    for (size_t i = 0; i < chain->plugins; i++) {
        FzPlugin *plugin = chain->plugin[i];
        FzStateFile file = {fz_slice_of(octstr_get_cstr(plugin->abi.path)),
                            plugin->file};

        fz_state_put_file(files, &file);
        plugin->file = -1;
    }
}

void fz_chain_unload(FzChain *chain)
{
    if (chain == NULL)
        return;
    while (chain->plugins > 0)
        plugin_destroy(chain->plugin[--chain->plugins]);
    while (chain->absents > 0)
        plugin_free(chain->absent[--chain->absents]);
    fz_callers_destroy(chain);
    pthread_mutex_destroy(&chain->lock);
    gw_free(chain->plugin);
    gw_free(chain->absent);
    gw_free(chain);
}

/* --- what the pages are told --------------------------------------------- */
size_t fz_chain_plugins(const FzChain *chain)
{
    return chain->plugins;
}

size_t fz_chain_entries(const FzChain *chain)
{
    return chain->plugins + chain->absents;
}

const char *fz_plugin_state_name(FzPluginState state)
{
    switch (state) {
    case FZ_PLUGIN_RUNNING:
        return "running";
    case FZ_PLUGIN_ASIDE:
        return "aside";
    case FZ_PLUGIN_DEAD:
        return "dead-start";
    case FZ_PLUGIN_FAILED:
        return "failed";
    }
    return "?";
}

static FzPlugin *entry_of(const FzChain *chain, size_t entry)
{
    return entry < chain->plugins ? chain->plugin[entry]
                                  : chain->absent[entry - chain->plugins];
}

void fz_chain_report(const FzChain *chain, size_t entry,
                     FzPluginReport *report_out)
{
    FzPlugin *plugin = entry_of(chain, entry);

    *report_out = (FzPluginReport){
        .id = octstr_get_cstr(plugin->abi.id),
        .path = octstr_get_cstr(plugin->abi.path),
        .why = plugin->why,
        .priority = plugin->abi.priority,
        .direction = plugin->abi.direction & FZ_CHAIN_BOTH_SIDES,
        .thread = plugin->own != NULL,
        .state = atomic_load(&plugin->aside) ? FZ_PLUGIN_ASIDE : plugin->state,
        .given = atomic_load(&plugin->given),
        .overdue = atomic_load(&plugin->overdue),
        .kept = atomic_load(&plugin->kept),
        .blocked = atomic_load(&plugin->blocked),
    };
}

void fz_chain_tell_left_out(const FzChain *chain, FzBuf *out)
{
    for (size_t i = 0; i < chain->absents; i++)
        if (chain->absent[i]->state == FZ_PLUGIN_FAILED)
            fz_buf_printf(out, "; plugin `%s' is left out: %s",
                          octstr_get_cstr(chain->absent[i]->abi.id),
                          chain->absent[i]->why);
}

Octstr *fz_chain_status(const FzChain *chain, size_t entry, int status_type)
{
    FzPlugin *plugin = entry_of(chain, entry);
    List *cgivars;
    Octstr *text;

    if (plugin->state != FZ_PLUGIN_RUNNING || plugin->abi.status == NULL)
        return NULL;
    cgivars = gwlist_create();
    text = plugin->abi.status(&plugin->abi, cgivars, status_type);
    gwlist_destroy(cgivars, NULL);
    return text;
}

size_t fz_chain_kept(const FzChain *chain)
{
    size_t kept = 0;

    for (size_t i = 0; i < chain->plugins; i++)
        kept += atomic_load(&chain->plugin[i]->kept);
    return kept;
}
