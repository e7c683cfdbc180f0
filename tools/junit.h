/* SPDX-License-Identifier: BSD-2-Clause
 *
 * junit.h - results in the XML that CI systems read
 *
 * One test suite a report. Texts may hold anything: what XML has no character
 * for is left out, what is no UTF-8 becomes U+FFFD.
 */
#ifndef FZ_TOOLS_JUNIT_H
#define FZ_TOOLS_JUNIT_H

#include "base/buf.h"

typedef struct FzJunit {
    FzBuf cases;
    size_t tests, failures;
} FzJunit;

/** All borrowed. */
typedef struct FzJunitCase {
    const char *classname;
    const char *name;
    const char *file;  /* where it is written; NULL: not told */
    unsigned line;     /* 0: not told */
    const char *fault; /* what failed, in a line; NULL: it passed */
    const char *kind;  /* of the fault; NULL: not told */
    const char *details;
} FzJunitCase;

void fz_junit_init(FzJunit *junit);
void fz_junit_clear(FzJunit *junit);
void fz_junit_add(FzJunit *junit, const FzJunitCase *it);

/** The whole document, to stdout. */
void fz_junit_print(const FzJunit *junit, const char *suite);

#endif
