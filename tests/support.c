/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/support.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[512];

/* A test may change folders, and a path it wrote may be joined to another: the
 * two roots are absolute, however the program was started. */
static void make_absolute(const char *name)
{
    const char *top = getenv(name);
    char path[PATH_MAX];

    if (realpath(top == NULL ? "." : top, path) != NULL)
        setenv(name, path, 1);
}

/* The child that compiles is the one of this build. */
static void find_compiler(void)
{
    char whole[PATH_MAX + 32];
    const char *top = getenv("top_builddir");

    snprintf(whole, sizeof whole, "%s/tools/fanzha-compile",
             top == NULL ? "." : top);
    setenv("FANZHA_COMPILE", whole, 0);
}

int fz_test_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    make_absolute("top_srcdir");
    make_absolute("top_builddir");
    find_compiler();
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

const char *fz_test_source(const char *path)
{
    static char whole[1024];
    const char *top = getenv("top_srcdir");

    snprintf(whole, sizeof whole, "%s/%s", top == NULL ? "." : top, path);
    return whole;
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void remove_folder(void)
{
    if (folder[0] != '\0')
        nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *fz_test_folder(void)
{
    const char *top = getenv("top_builddir");

    if (folder[0] == '\0') {
        snprintf(folder, sizeof folder, "%s/tests/tmp-XXXXXX",
                 top == NULL ? "." : top);
        if (mkdtemp(folder) == NULL)
            abort();
        atexit(remove_folder);
    }
    return folder;
}

const char *fz_test_write(const char *path, const char *content)
{
    static char whole[1024];
    FILE *file;

    if (path[0] == '/')
        snprintf(whole, sizeof whole, "%s", path);
    else
        snprintf(whole, sizeof whole, "%s/%s", fz_test_folder(), path);
    for (char *slash = strchr(whole + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(whole, 0755);
        *slash = '/';
    }
    file = fopen(whole, "w");
    if (file == NULL || fputs(content, file) < 0 || fclose(file) != 0)
        abort();
    return whole;
}

static void keep(void *ctx, const FzDiag *diag)
{
    FzTestSink *sink = ctx;
    FzTestDiag *kept;

    if (sink->count == COUNT(sink->diag))
        return;
    kept = &sink->diag[sink->count++];
    kept->code = diag->code;
    kept->severity = diag->severity;
    kept->line = diag->line;
    snprintf(kept->file, sizeof kept->file, "%s",
             diag->file == NULL ? "" : diag->file);
    snprintf(kept->rule, sizeof kept->rule, "%s",
             diag->rule_id == NULL ? "" : diag->rule_id);
    snprintf(kept->text, sizeof kept->text, "%s", diag->text);
}

void fz_test_sink_init(FzTestSink *sink)
{
    memset(sink, 0, sizeof *sink);
    sink->sink = (FzDiagSink){keep, sink};
}

const FzTestDiag *fz_test_sink_find(const FzTestSink *sink, const char *part)
{
    for (size_t i = 0; i < sink->count; i++)
        if (strstr(sink->diag[i].text, part) != NULL)
            return &sink->diag[i];
    return NULL;
}
