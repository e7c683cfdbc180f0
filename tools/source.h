/* SPDX-License-Identifier: BSD-2-Clause
 *
 * source.h - which rules and policy a verb works with
 *
 * --config FILE: the working files of a gateway, as they are written.
 * --patterns DIR: rules alone, every one as if active, enforcing.
 * --lists DIR:    besides, the compiled lists in DIR, instead of those of the
 *                 configuration.
 */
#ifndef FZ_TOOLS_SOURCE_H
#define FZ_TOOLS_SOURCE_H

#include "config/bundle.h"
#include "config/config.h"
#include "config/history.h"
#include "tools/ctl.h"
#include "tools/progress.h"

typedef struct FzCtlSource {
    const char *config;
    const char **folder; /* --patterns, in order */
    size_t folder_count;
    const char *lists;   /* --lists; NULL: those of the configuration */
    bool as_written;     /* without the operator's overrides */
    bool shows_progress; /* the verb has the option --progress */
    FzProgressStyle progress;
} FzCtlSource;

/** Options --config and --patterns, as a child of a verb's argp; its input is
 *  an FzCtlSource. */
extern const struct argp fz_ctl_source_argp;

/** Likewise --lists, for verbs that judge messages. */
extern const struct argp fz_ctl_lists_argp;

void fz_ctl_source_add_folder(FzCtlSource *source, const char *folder);
void fz_ctl_source_clear(FzCtlSource *source);

/** Load; every problem to the sink. */
FzStatus fz_ctl_source_open(const FzCtlSource *source, const FzDiagSink *sink,
                            FzBundle **bundle_out) FZ_MUST_CHECK;

/** What was in force at a time, of the generations that the configuration
 *  names; `promotion_out' says what that is. */
FzStatus fz_ctl_source_open_as_of(const FzCtlSource *source, int64_t at_ms,
                                  const FzDiagSink *sink,
                                  FzPromotion *promotion_out,
                                  FzBundle **bundle_out) FZ_MUST_CHECK;

/** fanzha.conf for verbs that need its process keys: the default path may be
 *  absent, one that is given may not. */
FzStatus fz_ctl_config_load(const char *path, const FzDiagSink *sink,
                            FzConfig **config_out) FZ_MUST_CHECK;

#endif
