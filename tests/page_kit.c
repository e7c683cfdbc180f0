/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "tests/page_kit.h"
#include "tests/support.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

char *page_section(const char *path, const char *heading)
{
    FzBuf page = FZ_BUF_INIT;
    char *found, *end;

    ck_assert_int_eq(
        fz_buf_read_file(&page, fz_test_source(path), 1u << 20, NULL), FZ_OK);
    found = strstr((char *)page.data, heading);
    ck_assert_msg(found != NULL, "%s has no %s", path, heading);
    end = strstr(found + strlen(heading), "\n## ");
    if (end != NULL)
        *end = '\0';
    found = fz_strdup(found);
    fz_buf_clear(&page);
    return found;
}

unsigned page_rows(const char *text)
{
    unsigned count = 0;

    for (; (text = strstr(text, "\n| `")) != NULL; text++)
        count++;
    return count;
}

/* The row of the page that begins with this name says this kind. */
static bool has_row(const char *page, const char *name, const char *kind)
{
    size_t octets = strlen(kind);
    char cell[160];
    const char *at;

    snprintf(cell, sizeof cell, "`%s`", name);
    at = strstr(page, cell);
    while (at != NULL && strncmp(at, " | ", 3) != 0 && *at != '\n')
        at++;
    return at != NULL && strncmp(at + 3, kind, octets) == 0 &&
           strncmp(at + 3 + octets, " |", 2) == 0;
}

void page_expect_figures(const char *heading, const char *text)
{
    char *page = page_section("docs/metrics.md", heading);
    char name[128], kind[32];
    unsigned written = 0, shown = 0;

    for (const char *at = text; (at = strstr(at, "# TYPE ")) != NULL; at++) {
        ck_assert_int_eq(sscanf(at, "# TYPE %127s %31s", name, kind), 2);
        ck_assert_msg(has_row(page, name, kind),
                      "docs/metrics.md does not show the %s %s", kind, name);
        written++;
    }
    for (const char *at = page; (at = strstr(at, "`fanzha_")) != NULL; at++)
        shown++;
    ck_assert_msg(shown == written, "%u figures are written, %u shown", written,
                  shown);
    fz_free(page);
}
