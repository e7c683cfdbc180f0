/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tools/junit.h"

#include "base/utf8.h"

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

/* XML 1.0, 2.2: Char. */
static bool is_char(uint32_t cp)
{
    return cp == '\t' || cp == '\n' || (cp >= 0x20 && cp < 0xFFFE) ||
           cp > 0xFFFF;
}

static void put_char(FzBuf *out, uint32_t cp)
{
    uint8_t octets[FZ_UTF8_MAX_OCTETS];

    switch (cp) {
    case '&':
        fz_buf_append_text(out, "&amp;");
        break;
    case '<':
        fz_buf_append_text(out, "&lt;");
        break;
    case '>':
        fz_buf_append_text(out, "&gt;");
        break;
    case '"':
        fz_buf_append_text(out, "&quot;");
        break;
    default:
        fz_buf_append(out, octets, fz_utf8_encode(cp, octets));
    }
}

/* Line ends of an attribute are kept only when they are written by number. */
static void put(FzBuf *out, const char *text, bool attribute)
{
    FzSlice octets = fz_slice_of(text);

    for (size_t at = 0; at < octets.octets;) {
        uint32_t cp = FZ_REPLACEMENT_CHAR;
        size_t used = fz_utf8_decode(octets.data + at, octets.octets - at, &cp);

        at += used == 0 ? 1 : used;
        if (used == 0)
            cp = FZ_REPLACEMENT_CHAR;
        if (!is_char(cp))
            continue;
        if (attribute && cp < 0x20)
            fz_buf_printf(out, "&#%u;", (unsigned)cp);
        else
            put_char(out, cp);
    }
}

static void put_attribute(FzBuf *out, const char *name, const char *value)
{
    fz_buf_printf(out, " %s=\"", name);
    put(out, value, true);
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
    put(out, it->details, false);
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
