/* SPDX-License-Identifier: BSD-2-Clause
 *
 * conf.h - a libconfig file, without what libconfig takes in silence
 *
 * libconfig 1.5 accepts invalid UTF-8, joins adjacent strings (a forgotten
 * comma makes one word of two), eats \n \t \f \r \xNN inside strings, reads a
 * file whose last string or comment never ends as if that part were not there,
 * wraps whole numbers beyond 32 bits, includes other files, and takes seconds
 * for 20,000 names in one group. Each of these is an error here, with its line.
 */
#ifndef FZ_BASE_CONF_H
#define FZ_BASE_CONF_H

#include "base/slice.h"
#include "base/status.h"

#include <libconfig.h>

/* Names in one group: libconfig compares each new one with all before. */
#define FZ_LIMIT_CONF_NAMES 4000
/* Groups within groups: libconfig frees them by recursion. */
#define FZ_LIMIT_CONF_DEPTH 16

/**
 * Parse `content` (NUL-terminated at content.octets).
 *
 * @param path  for messages
 * @param cfg   config_init was called; the caller destroys it
 * @return FZ_E_SYNTAX; FZ_E_LIMIT. All problems found before libconfig itself
 *         gives up are told.
 */
FzStatus fz_conf_parse(const char *path, FzSlice content,
                       const FzDiagSink *sink, config_t *cfg) FZ_MUST_CHECK;

/** The gate alone: what stands in the way before libconfig is asked. */
FzStatus fz_conf_check(const char *path, FzSlice content,
                       const FzDiagSink *sink) FZ_MUST_CHECK;

#endif
