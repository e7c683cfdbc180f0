/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/chain.h"

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
#define BOTH_SIDES                                                             \
    (PLUGINBOX_MESSAGE_FROM_SMSBOX | PLUGINBOX_MESSAGE_FROM_BEARERBOX)

typedef struct Plugin {
    PluginBoxPlugin abi; /* first: FzHost.want is given a pointer to it */
    uint32_t types;
    size_t order; /* place in the configuration, among equal priorities */
    int file;     /* that it was loaded from, open; -1 */
} Plugin;

struct FzChain {
    Plugin **plugin; /* ascending priority */
    size_t plugins;
    uint32_t wants[BOTH_SIDES + 1]; /* by side: types somebody asks for */
};

/* Whose init is running: want() is taken from that one alone. */
static Plugin *being_loaded;

static uint32_t type_bit(enum msg_type type)
{
    switch (type) {
    case heartbeat:
        return FZ_HOST_TYPE_HEARTBEAT;
    case admin:
        return FZ_HOST_TYPE_ADMIN;
    case sms:
        return FZ_HOST_TYPE_SMS;
    case ack:
        return FZ_HOST_TYPE_ACK;
    case wdp_datagram:
        return FZ_HOST_TYPE_WDP;
    case msg_type_count:
        break;
    }
    return 0;
}

int fz_chain_want(PluginBoxPlugin *plugin, uint32_t types)
{
    if (being_loaded == NULL || plugin != &being_loaded->abi ||
        (types & ~(uint32_t)ALL_TYPES) != 0)
        return -1;
    being_loaded->types = types;
    return 0;
}

/* --- loading ------------------------------------------------------------- */
static void plugin_destroy(Plugin *plugin)
{
    if (plugin->abi.shutdown != NULL)
        plugin->abi.shutdown(&plugin->abi);
    if (plugin->file >= 0)
        close(plugin->file);
    octstr_destroy(plugin->abi.args);
    octstr_destroy(plugin->abi.path);
    octstr_destroy(plugin->abi.id);
    gw_free(plugin);
}

static FzStatus refuse(const FzDiagSink *sink, const FzBoxConfig *config,
                       const FzBoxPlugin *entry, FzStatus code,
                       const char *what)
{
    return fz_diag(sink, code, config->path, entry->line, NULL,
                   "plugin `%s' (%s) %s", entry->id, entry->path, what);
}

/* The plugin's file: that which `files' has for its path, else what the path
 * names now. */
static int open_file(const char *path, FzSlice files)
{
    FzStateFile file;

    while (fz_state_next_file(&files, &file))
        if (fz_slice_is(file.name, path))
            return fcntl(file.fd, F_DUPFD_CLOEXEC, 0);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static bool is_kept_file(const char *path, FzSlice files)
{
    FzStateFile file;

    while (fz_state_next_file(&files, &file))
        if (fz_slice_is(file.name, path))
            return true;
    return false;
}

static FzStatus load_object(const FzBoxConfig *config, const FzBoxPlugin *entry,
                            FzSlice files, const FzDiagSink *sink,
                            void **object_out, int *file_out)
{
    int file = open_file(entry->path, files);
    char kept[32];
    void *object;

    if (file < 0)
        return fz_diag_errno(sink, config->path,
                             "plugin `%s' cannot be read at %s (line %u)",
                             entry->id, entry->path, entry->line);
    /* by its path wherever that is the file: debuggers and the plugin itself
     * ask for it */
    snprintf(kept, sizeof kept, "/proc/self/fd/%d", file);
    object = dlopen(is_kept_file(entry->path, files) ? kept : entry->path,
                    RTLD_NOW | RTLD_GLOBAL);
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
                            Plugin **plugin_out)
{
    FzStatus status;
    Plugin *plugin;
    void *object;
    int fine, file;

    status = load_object(config, entry, files, sink, &object, &file);
    if (status != FZ_OK)
        return status;
    plugin = gw_malloc(sizeof *plugin);
    memset(plugin, 0, sizeof *plugin);
    plugin->file = file;
    *(void **)&plugin->abi.init = dlsym(object, entry->init);
    plugin->abi.args = entry->args == NULL ? NULL : octstr_create(entry->args);
    plugin->abi.path = octstr_create(entry->path);
    plugin->abi.id = octstr_create(entry->id);
    plugin->abi.priority = entry->priority;
    plugin->abi.direction = BOTH_SIDES;
    plugin->abi.running_configuration = running;
    plugin->types = ALL_TYPES;
    if (plugin->abi.init == NULL) {
        plugin_destroy(plugin);
        return no_init(config, entry, sink);
    }

    being_loaded = plugin;
    fine = plugin->abi.init(&plugin->abi);
    being_loaded = NULL;
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
    *plugin_out = plugin;
    return FZ_OK;
}

static int by_priority(const void *left, const void *right)
{
    const Plugin *a = *(Plugin *const *)left, *b = *(Plugin *const *)right;

    if (a->abi.priority != b->abi.priority)
        return a->abi.priority < b->abi.priority ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

FzStatus fz_chain_load(const FzBoxConfig *config, Cfg *running, FzSlice files,
                       const FzDiagSink *sink, FzChain **chain_out)
{
    FzChain *chain = gw_malloc(sizeof *chain);

    memset(chain, 0, sizeof *chain);
    chain->plugin = gw_malloc((config->plugins + 1) * sizeof *chain->plugin);
    for (size_t i = 0; i < config->plugins; i++) {
        const FzBoxPlugin *entry = &config->plugin[i];
        Plugin *plugin = NULL;
        FzStatus status;

        if (entry->dead_start) {
            info(0, "fanzhabox: Plugin `%s' is not started (dead-start).",
                 entry->id);
            continue;
        }
        status = load_plugin(config, entry, running, files, sink, &plugin);
        if (status != FZ_OK) {
            fz_chain_unload(chain);
            return status;
        }
        plugin->order = i;
        chain->plugin[chain->plugins++] = plugin;
        info(0, "fanzhabox: Plugin `%s' from %s is loaded, priority %ld.",
             entry->id, entry->path, plugin->abi.priority);
    }
    qsort(chain->plugin, chain->plugins, sizeof *chain->plugin, by_priority);
    for (size_t i = 0; i < chain->plugins; i++)
        for (long side = 1; side <= BOTH_SIDES; side++)
            if (chain->plugin[i]->abi.direction & side)
                chain->wants[side] |= chain->plugin[i]->types;
    *chain_out = chain;
    return FZ_OK;
}

FzStatus fz_chain_check(const FzBoxConfig *config, const FzDiagSink *sink)
{
    FzStatus status = FZ_OK, one;

    for (size_t i = 0; i < config->plugins; i++) {
        const FzBoxPlugin *entry = &config->plugin[i];
        void *object;
        int file;

        if (entry->dead_start)
            continue;
        one = load_object(config, entry, (FzSlice){NULL, 0}, sink, &object,
                          &file);
        if (one == FZ_OK) {
            if (dlsym(object, entry->init) == NULL)
                one = no_init(config, entry, sink);
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
        Plugin *plugin = chain->plugin[i];
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
    gw_free(chain->plugin);
    gw_free(chain);
}

size_t fz_chain_plugins(const FzChain *chain)
{
    return chain->plugins;
}

bool fz_chain_wants(const FzChain *chain, long from, enum msg_type type)
{
    return (chain->wants[from & BOTH_SIDES] & type_bit(type)) != 0;
}

/* --- running ------------------------------------------------------------- */
/* The plugin's answer, on whatever thread; gwlib's log is not called here, it
 * knows its own threads only. */
static void answered(PluginBoxMsg *message)
{
    FzRun *run = (FzRun *)message;

    if (atomic_exchange(&run->state, FZ_RUN_ANSWERED) == FZ_RUN_RETURNED)
        run->wake(run);
}

static bool stops(int status)
{
    switch (status) {
    case PLUGINBOX_MESSAGE_REJECT:
    case PLUGINBOX_MESSAGE_DROP:
    case FZBOX_STATUS_BUFFERED:
    case FZBOX_STATUS_DEFER:
        return true;
    default: /* OK, UNCHANGED, and what the classic host takes for OK */
        return false;
    }
}

/* What plugin `chain - 1` said. */
static bool take_answer(FzRun *run)
{
    PluginBoxMsg *m = &run->message;

    if (m->status == FZBOX_STATUS_UNCHANGED) {
        m->status = PLUGINBOX_MESSAGE_OK;
        return false;
    }
    run->touched = true;
    if (m->msg == NULL) {
        /* it took the message away: nothing is left to go on with */
        if (!stops(m->status))
            m->status = PLUGINBOX_MESSAGE_REJECT;
        return true;
    }
    if (stops(m->status))
        return true;
    m->status = PLUGINBOX_MESSAGE_OK;
    return false;
}

static bool go_on(FzRun *run)
{
    const FzChain *chain = run->chain;
    PluginBoxMsg *m = &run->message;

    while ((size_t)m->chain < chain->plugins) {
        Plugin *plugin = chain->plugin[m->chain++];

        if (!(plugin->abi.direction & m->type) ||
            !(plugin->types & type_bit(m->msg->type)))
            continue;
        atomic_store_explicit(&run->state, FZ_RUN_CALLING,
                              memory_order_relaxed);
        plugin->abi.process(&plugin->abi, m);
        /* from here on the run is ours only if the answer is in */
        if (atomic_exchange(&run->state, FZ_RUN_RETURNED) != FZ_RUN_ANSWERED)
            return false;
        if (take_answer(run))
            return true;
    }
    return true;
}

bool fz_run_start(FzRun *run, const FzChain *chain, Msg *msg, long from,
                  void (*wake)(FzRun *run))
{
    run->message = (PluginBoxMsg){
        .msg = msg,
        .status = PLUGINBOX_MESSAGE_OK,
        .callback = answered,
        .type = from,
    };
    run->chain = chain;
    run->wake = wake;
    run->touched = false;
    return go_on(run);
}

void fz_run_judged(FzRun *run, const FzChain *chain, Msg *msg, long from,
                   int status, bool touched)
{
    run->message = (PluginBoxMsg){.chain = (long)chain->plugins,
                                  .msg = msg,
                                  .status = status,
                                  .callback = answered,
                                  .type = from};
    run->chain = chain;
    run->wake = NULL;
    run->touched = touched;
}

bool fz_run_resume(FzRun *run)
{
    if (take_answer(run))
        return true;
    return go_on(run);
}
