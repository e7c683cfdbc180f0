/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "tools/source.h"

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

FzStatus fz_ctl_source_open(const FzCtlSource *source, const FzDiagSink *sink,
                            FzBundle **bundle_out)
{
    const char *path =
        source->config == NULL ? FZ_CTL_CONFIG_PATH : source->config;
    FzConfig *config = NULL;
    FzStatus status;

    if (source->folder_count > 0)
        return fz_bundle_open_patterns(source->folder, source->folder_count,
                                       NULL, sink, bundle_out);
    status = fz_config_load(path, sink, &config);
    if (status == FZ_OK)
        status = fz_bundle_open_working(path, config->cache, sink, bundle_out);
    fz_config_destroy(config);
    return status;
}
