/* SPDX-License-Identifier: BSD-2-Clause
 *
 * warn.h - the message of our own that tells a receiver to be careful
 *
 * The doubtful message goes on untouched; the warning follows it over the same
 * box's link, past the plugins, at most once in a while for each receiver.
 * Only towards phones: an application is not warned.
 */
#ifndef FZ_PLUGIN_WARN_H
#define FZ_PLUGIN_WARN_H

#include "plugin/plugin.h"

/** Text of the warning about a message, UTF-8, appended. */
void fz_warn_text(const FzWarning *warning, FzSlice sender, bool han,
                  FzBuf *out);

/** The warning for `msg`, to be sent once that is on its way; NULL when none is
 *  to be sent (its turn is not there, MO, a host that cannot inject). */
Msg *fz_warn_prepare(FzPlugin *plugin, const Msg *msg, const FzMessage *message,
                     const FzWarning *warning, bool han);

/** Send what was prepared (owned from now on; NULL does nothing). */
void fz_warn_send(FzPlugin *plugin, Msg *warning);

#endif
