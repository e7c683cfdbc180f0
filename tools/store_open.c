/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tools/source.h"
#include "tools/store_open.h"

int fz_ctl_store_open(const char *config_path, const FzDiagSink *sink,
                      FzStore **store_out)
{
    FzConfig *config = NULL;
    FzStoreConfig store = {0};
    int exit_status = FZ_CTL_CONFIG;

    if (fz_ctl_config_load(config_path, sink, &config) != FZ_OK)
        return FZ_CTL_CONFIG;
    store.path = config->store.path;
    store.key_file = config->store.key_file;
    store.busy_ms = (uint32_t)config->store.busy_ms;
    if (store.path == NULL || store.key_file == NULL)
        fz_diag(sink, FZ_E_RULE, config->file, 0, NULL,
                "the configuration names no store");
    else if (fz_store_open_reader(&store, sink, store_out) == FZ_OK)
        exit_status = FZ_CTL_FINE;
    else
        exit_status = FZ_CTL_UNREACHABLE;
    fz_config_destroy(config);
    return exit_status;
}
