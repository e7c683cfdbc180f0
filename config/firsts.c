/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* the build's; "config.h" is this folder's */

#include "base/alloc.h"
#include "base/buf.h"
#include "config/archive.h"
#include "config/firsts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME "first-promoted"
/* 100,000 rules of which each had a dozen revisions. */
#define LIMIT_OCTETS (128u << 20)

typedef struct First {
    char *name;
    uint32_t rev;
    int64_t at_ms;
} First;

struct FzFirsts {
    First *first; /* the `sorted' ones by name and revision, then new ones */
    size_t count, sorted;
    int64_t now_ms;
};

static int order_of(const First *first, const char *name, uint32_t rev)
{
    int order = strcmp(first->name, name);

    return order != 0 ? order : first->rev < rev ? -1 : first->rev > rev;
}

static int by_name(const void *a, const void *b)
{
    const First *y = b;

    return order_of(a, y->name, y->rev);
}

static void add(FzFirsts *firsts, const char *name, size_t octets, uint32_t rev,
                int64_t at_ms)
{
    if ((firsts->count & (firsts->count + 1)) == 0) /* full: double it */
        firsts->first = fz_realloc_array(firsts->first, 2 * firsts->count + 2,
                                         sizeof *firsts->first);
    firsts->first[firsts->count++] =
        (First){fz_strndup(name, octets), rev, at_ms};
}

/* "name\trev\tms" */
static bool read_line(FzFirsts *firsts, const char *line)
{
    const char *tab = strchr(line, '\t');
    unsigned long rev;
    long long at_ms;
    char *end;

    if (tab == NULL || tab == line)
        return false;
    rev = strtoul(tab + 1, &end, 10);
    if (*end != '\t')
        return false;
    at_ms = strtoll(end + 1, &end, 10);
    if (*end != '\0' || at_ms <= 0)
        return false;
    add(firsts, line, (size_t)(tab - line), (uint32_t)rev, at_ms);
    return true;
}

FzFirsts *fz_firsts_read(const char *generations, int64_t now_ms,
                         const FzDiagSink *sink)
{
    FzFirsts *firsts = fz_calloc(1, sizeof *firsts);
    char *path = fz_archive_path(generations, NAME);
    FzBuf file = FZ_BUF_INIT;
    char *text, *line, *rest = NULL;
    unsigned number = 0;

    firsts->now_ms = now_ms;
    if ((access(path, F_OK) != 0 && errno == ENOENT) ||
        fz_buf_read_file(&file, path, LIMIT_OCTETS, sink) != FZ_OK)
        goto out;
    text = fz_buf_take_text(&file);
    for (line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        number++;
        if (!read_line(firsts, line))
            fz_diag_warn(sink, FZ_E_SYNTAX, path, number, NULL,
                         "the line cannot be read: days of what it named run "
                         "from the next promotion");
    }
    fz_free(text);
    if (firsts->count > 1)
        qsort(firsts->first, firsts->count, sizeof *firsts->first, by_name);
    firsts->sorted = firsts->count;
out:
    fz_buf_clear(&file);
    fz_free(path);
    return firsts;
}

void fz_firsts_destroy(FzFirsts *firsts)
{
    if (firsts == NULL)
        return;
    for (size_t i = 0; i < firsts->count; i++)
        fz_free(firsts->first[i].name);
    fz_free(firsts->first);
    fz_free(firsts);
}

int64_t fz_firsts_of(const void *ctx, const char *name, uint32_t rev)
{
    FzFirsts *firsts = (FzFirsts *)(uintptr_t)ctx;
    size_t low = 0, high = firsts->sorted;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = order_of(&firsts->first[middle], name, rev);

        if (order == 0)
            return firsts->first[middle].at_ms;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (firsts->now_ms != 0)
        add(firsts, name, strlen(name), rev, firsts->now_ms);
    return firsts->now_ms;
}

FzStatus fz_firsts_write(FzFirsts *firsts, const char *generations,
                         const FzDiagSink *sink)
{
    FzBuf text = FZ_BUF_INIT;
    FzStatus status;
    char *path;

    if (firsts == NULL || firsts->count == firsts->sorted)
        return FZ_OK;
    qsort(firsts->first, firsts->count, sizeof *firsts->first, by_name);
    firsts->sorted = firsts->count;
    for (size_t i = 0; i < firsts->count; i++)
        fz_buf_printf(&text, "%s\t%u\t%lld\n", firsts->first[i].name,
                      (unsigned)firsts->first[i].rev,
                      (long long)firsts->first[i].at_ms);
    path = fz_archive_path(generations, NAME);
    status = fz_archive_replace(path, fz_buf_slice(&text), sink);
    fz_free(path);
    fz_buf_clear(&text);
    return status;
}
