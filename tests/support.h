/* SPDX-License-Identifier: BSD-2-Clause
 *
 * support.h - what every test program uses
 */
#ifndef FZ_TESTS_SUPPORT_H
#define FZ_TESTS_SUPPORT_H

#include "base/status.h"

#include <check.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/** A text has this part, or must not have it. */
#define HAS(text, part)                                                        \
    ck_assert_msg(strstr((text), (part)) != NULL, "no \"%s\" in:\n%s", (part), \
                  (text))
#define HAS_NOT(text, part)                                                    \
    ck_assert_msg(strstr((text), (part)) == NULL, "\"%s\" in:\n%s", (part),    \
                  (text))

/** Run the suite as CK_* in the environment say; the exit status for main. */
int fz_test_run(Suite *suite);

/** A file of the sources ("tests/data/x"), wherever the build is. Static
 *  storage, overwritten by the next call. */
const char *fz_test_source(const char *path);

/** A fresh folder below the build; removed at exit of the test's process.
 *  Static storage. */
const char *fz_test_folder(void);

/** Write a file (its folders are made); path is below fz_test_folder() when it
 *  is relative. Returns the whole path, static storage. */
const char *fz_test_write(const char *path, const char *content);

/** A sink that keeps what it is given. */
typedef struct FzTestDiag {
    FzStatus code;
    FzSeverity severity;
    unsigned line;
    char file[256], rule[128], text[512];
} FzTestDiag;
typedef struct FzTestSink {
    FzDiagSink sink; /* hand this on */
    FzTestDiag diag[64];
    size_t count;
} FzTestSink;
void fz_test_sink_init(FzTestSink *sink);

/** The first diag whose text contains `part`; NULL. */
const FzTestDiag *fz_test_sink_find(const FzTestSink *sink, const char *part);

#endif
