/* SPDX-License-Identifier: BSD-2-Clause
 *
 * record_log.h - the file of verdict records, one JSON object a line
 *
 * A line is written whole by one write call on a file opened for appending, so
 * lines of several threads never mix. The file may be moved away (logrotate):
 * within a second a new one is begun under the same name, in any host and
 * without a signal.
 */
#ifndef FZ_PLUGIN_LIVE_RECORD_LOG_H
#define FZ_PLUGIN_LIVE_RECORD_LOG_H

#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct FzRecordLog FzRecordLog;

FzStatus fz_record_log_open(const char *path, const FzDiagSink *sink,
                            FzRecordLog **log_out) FZ_MUST_CHECK;
void fz_record_log_close(FzRecordLog *log); /* NULL is allowed */

/** A line, with its newline. False when it could not be written whole. */
bool fz_record_log_write(FzRecordLog *log, FzSlice line, int64_t now_ms);

#endif
