/* SPDX-License-Identifier: BSD-2-Clause
 *
 * admin.h - the administrator's HTTP pages of fanzhabox
 *
 * GET only; passwords by HTTP Basic, any user name:
 *     /status /status.txt .html .xml .json /metrics   status-password
 *     /suspend /isolate /resume
 *     /log-level?level=N /reopen-logs /shutdown       admin-password
 *     /healthy /ready                                 open
 * Threads: one of its own (http/ serves on it), and the loops answer surveys.
 */
#ifndef FZ_BOX_ADMIN_ADMIN_H
#define FZ_BOX_ADMIN_ADMIN_H

#include "box/link/hub.h"

typedef struct FzAdmin FzAdmin;

/** Listen where the configuration says; FZ_OK with NULL when it names no
 *  admin-port. */
FzStatus fz_admin_start(const FzBoxConfig *config, FzHub *hub,
                        const FzChain *chain, const FzDiagSink *sink,
                        FzAdmin **admin_out) FZ_MUST_CHECK;
void fz_admin_stop(FzAdmin *admin); /* before the hub goes; NULL allowed */

#endif
