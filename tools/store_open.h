/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_open.h - the store of a configuration, to read
 */
#ifndef FZ_TOOLS_STORE_OPEN_H
#define FZ_TOOLS_STORE_OPEN_H

#include "store/store.h"
#include "tools/ctl.h"

/** Open beside its writer; FZ_CTL_FINE, FZ_CTL_CONFIG or FZ_CTL_UNREACHABLE,
 *  told on stderr. `config_path` as --config gives it, NULL for none. */
int fz_ctl_store_open(const char *config_path, const FzDiagSink *sink,
                      FzStore **store_out);

#endif
