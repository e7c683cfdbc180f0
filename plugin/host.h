/* SPDX-License-Identifier: BSD-2-Clause
 *
 * host.h - the two kinds of host: ours, and the classic one
 */
#ifndef FZ_PLUGIN_HOST_H
#define FZ_PLUGIN_HOST_H

#include "plugin/plugin.h"

/**
 * Look at the host that loaded us and fill in `link`.
 *
 * @return FZ_E_STATE when it speaks another extension ABI or was built for
 *         another Kannel, whose Msg is laid out differently: we must not load
 */
FzStatus fz_host_find(PluginBoxPlugin *p, const FzDiagSink *sink,
                      FzHostLink *link_out) FZ_MUST_CHECK;

/** What the host calls the box of a message: where it came from or is on its
 *  way to. NULL: no name, or a host that does not say. To be asked for while
 *  the host is in process, and borrowed until then. */
const char *fz_host_box(const FzPlugin *plugin, const PluginBoxMsg *m);

/** What a classic host cannot do for us, a clause each; NULL-terminated. */
extern const char *const fz_host_classic_lacks[];

/** What the host calls the box of a message: where it came from or is on its
 *  way to. NULL: no name, or a host that does not say. To be asked for while
 *  the host is in process, and borrowed until then. */
const char *fz_host_box(const FzPlugin *plugin, const PluginBoxMsg *m);

/**
 * End a message's stay with us: exactly once a message; nothing of `m` may be
 * touched afterwards.
 *
 * In a classic host an MO cannot be stopped, so one that is to be held or
 * refused goes on with an empty text; DEFER is REFUSE there for MT and must
 * not be asked for MO (fz_hold_defer knows).
 */
void fz_host_finish(FzPlugin *plugin, PluginBoxMsg *m,
                    FzDisposition disposition);

#endif
