/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* A diag is one sentence on a terminal; longer text is cut. */
#define DIAG_TEXT_OCTETS 1024

static void emit(const FzDiagSink *sink, FzDiag diag, const char *format,
                 va_list ap) FZ_PRINTF(3, 0);

static void emit(const FzDiagSink *sink, FzDiag diag, const char *format,
                 va_list ap)
{
    char text[DIAG_TEXT_OCTETS];

    if (sink == NULL || sink->emit == NULL)
        return;
    vsnprintf(text, sizeof text, format, ap);
    diag.text = text;
    sink->emit(sink->ctx, &diag);
}

FzStatus fz_diag(const FzDiagSink *sink, FzStatus code, const char *file,
                 unsigned line, const char *rule_id, const char *text, ...)
{
    va_list ap;

    va_start(ap, text);
    emit(sink,
         (FzDiag){.code = code,
                  .severity = FZ_SEVERITY_ERROR,
                  .file = file,
                  .line = line,
                  .rule_id = rule_id},
         text, ap);
    va_end(ap);
    return code;
}

void fz_diag_warn(const FzDiagSink *sink, FzStatus code, const char *file,
                  unsigned line, const char *rule_id, const char *text, ...)
{
    va_list ap;

    va_start(ap, text);
    emit(sink,
         (FzDiag){.code = code,
                  .severity = FZ_SEVERITY_WARNING,
                  .file = file,
                  .line = line,
                  .rule_id = rule_id},
         text, ap);
    va_end(ap);
}

FzStatus fz_diag_errno(const FzDiagSink *sink, const char *file,
                       const char *text, ...)
{
    int sys_errno = errno;
    va_list ap;

    va_start(ap, text);
    emit(sink, (FzDiag){.code = FZ_E_IO, .sys_errno = sys_errno, .file = file},
         text, ap);
    va_end(ap);
    return FZ_E_IO;
}

const char *fz_status_name(FzStatus status)
{
    switch (status) {
    case FZ_OK:
        return "ok";
    case FZ_E_IO:
        return "io";
    case FZ_E_SYNTAX:
        return "syntax";
    case FZ_E_RULE:
        return "rule";
    case FZ_E_LIMIT:
        return "limit";
    case FZ_E_STATE:
        return "state";
    }
    return "unknown";
}
