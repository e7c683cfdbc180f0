/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tools/junit.h"

#include "base/markup.h"

#include <stdio.h>
#include <string.h>

void fz_junit_init(FzJunit *junit)
{
    memset(junit, 0, sizeof *junit);
}

void fz_junit_clear(FzJunit *junit)
{
    fz_buf_clear(&junit->cases);
    memset(junit, 0, sizeof *junit);
}

static void put_attribute(FzBuf *out, const char *name, const char *value)
{
    fz_buf_printf(out, " %s=\"", name);
    fz_markup_attribute(out, value);
    fz_buf_append_octet(out, '"');
}

void fz_junit_add(FzJunit *junit, const FzJunitCase *it)
{
    FzBuf *out = &junit->cases;

    junit->tests++;
    fz_buf_append_text(out, "    <testcase");
    put_attribute(out, "classname", it->classname);
    put_attribute(out, "name", it->name);
    if (it->file != NULL)
        put_attribute(out, "file", it->file);
    if (it->line != 0)
        fz_buf_printf(out, " line=\"%u\"", it->line);
    if (it->fault == NULL) {
        fz_buf_append_text(out, "/>\n");
        return;
    }
    junit->failures++;
    fz_buf_append_text(out, ">\n      <failure");
    put_attribute(out, "message", it->fault);
    if (it->kind != NULL)
        put_attribute(out, "type", it->kind);
    fz_buf_append_octet(out, '>');
    fz_markup_text(out, it->details);
    fz_buf_append_text(out, "</failure>\n    </testcase>\n");
}

void fz_junit_print(const FzJunit *junit, const char *suite)
{
    FzBuf name = FZ_BUF_INIT;

    put_attribute(&name, "name", suite);
    printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
           "  <testsuite%s tests=\"%zu\" failures=\"%zu\">\n%s"
           "  </testsuite>\n</testsuites>\n",
           fz_buf_text(&name), junit->tests, junit->failures,
           fz_buf_text(&junit->cases));
    fz_buf_clear(&name);
}
