/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bypass.h - the switch that lets everything pass
 *
 * Needs no rule set, no store and no reload, is in effect with the next
 * message, and survives a restart (one small file, replaced atomically) until
 * it runs out or is taken back. Judging asks it without a lock.
 */
#ifndef FZ_PLUGIN_LIVE_BYPASS_H
#define FZ_PLUGIN_LIVE_BYPASS_H

#include "base/slice.h"
#include "base/status.h"

#include <jansson.h>

typedef struct FzBypass FzBypass;

#define FZ_BYPASS_FOREVER INT64_MAX

/** Read the switch as it was left. A missing file is "off"; one that cannot be
 *  read is reported and taken for "off": the filter then acts. */
FzBypass *fz_bypass_open(const char *path, const FzDiagSink *sink);
void fz_bypass_close(FzBypass *bypass); /* NULL is allowed; keeps the file */

/** Does it apply to a message of this identity at this time? */
bool fz_bypass_applies(FzBypass *bypass, FzSlice identity, int64_t now_ms);

/**
 * Switch it.
 *
 * @param identity  NULL: for everybody
 * @param until_ms  wall clock; FZ_BYPASS_FOREVER; 0 takes it back
 * @return FZ_E_IO when it is in effect but could not be written down
 */
FzStatus fz_bypass_set(FzBypass *bypass, const char *identity, int64_t until_ms,
                       int64_t now_ms, const FzDiagSink *sink) FZ_MUST_CHECK;

/** [{"identity":null|"x","until":"..."|null}], what still applies at
 *  `now_ms`; the caller decrefs. */
json_t *fz_bypass_json(FzBypass *bypass, int64_t now_ms);

#endif
