/* SPDX-License-Identifier: BSD-2-Clause
 *
 * assembly.h - parts of longer messages, until all of them are judged as one
 *
 * A part is judged alone at once. One that alone is to be rejected is refused;
 * any other is committed and acknowledged as buffered at once, since who sends
 * one part at a time sends the next only then. When all are there they are
 * judged as the text a phone shows, and the verdict is carried out on all of
 * them: they go on in order, each with its own fields; or changed, as one
 * message; or into the quarantine, as one; or nowhere, and each sender who
 * asked for reports gets a failing one.
 *
 * What the store has is loaded at the start; deadlines go on. Where nothing
 * may act (observe, bypass, no active rule) parts leave at once and the whole
 * is judged from copies.
 *
 * Needs a host that can inject: fz_assembly_open leaves NULL otherwise.
 * Threads: every function from any thread of gwlib's.
 */
#ifndef FZ_PLUGIN_HOLD_ASSEMBLY_H
#define FZ_PLUGIN_HOLD_ASSEMBLY_H

#include "engine/message/message.h"
#include "plugin/plugin.h"

/** After the generation in force is there, before the first message. */
FzStatus fz_assembly_open(FzPlugin *plugin, const FzDiagSink *sink,
                          FzAssembly **assembly_out) FZ_MUST_CHECK;

/** Nothing is decided any more. Then close the store, then destroy. NULL is
 *  allowed. */
void fz_assembly_stop(FzAssembly *assembly);
void fz_assembly_destroy(FzAssembly *assembly);

/**
 * A part has come: `m` is answered, now or later.
 *
 * @param message  of `m`, borrowed
 * @param box      what the host calls its box; NULL: no name
 */
void fz_assembly_take(FzAssembly *assembly, PluginBoxMsg *m,
                      const FzMessage *message, FzPartRef part,
                      const char *box);

/** A delivery report of bearerbox's has come. False: it is on no message of
 *  ours, and the caller's still; else `m` is answered, now or later. */
bool fz_assembly_report(FzPlugin *plugin, PluginBoxMsg *m);

typedef struct FzAssemblyFigures {
    uint64_t pending;   /* messages that wait for parts, or copies of them */
    uint64_t parts;     /* of these */
    uint64_t octets;    /* in memory */
    uint64_t leaving;   /* decided, not yet taken by whoever they are for */
    uint64_t reporting; /* reports that no box has taken yet */
    uint64_t awaiting;  /* parts that left within a rewritten message, and
                           whose senders wait for its report */
} FzAssemblyFigures;
FzAssemblyFigures fz_assembly_figures(FzAssembly *assembly); /* NULL: zeros */

#endif
