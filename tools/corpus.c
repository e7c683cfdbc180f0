/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tools/corpus.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Beyond, bad lines are counted and no longer told one by one. */
#define BAD_LINES_TOLD 20

FzStatus fz_corpus_open(FzCorpus *corpus, const char *path,
                        const FzDiagSink *sink)
{
    struct stat info;
    int fd = STDIN_FILENO;

    memset(corpus, 0, sizeof *corpus);
    if (strcmp(path, "-") != 0)
        fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fz_diag_errno(sink, path, "this file cannot be read");
    corpus->path = path;
    corpus->now_ms = fz_clock_wall_ms();
    fz_lines_init(&corpus->lines, fd);
    fz_message_in_init(&corpus->in);
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        corpus->total = (uint64_t)info.st_size;
    return FZ_OK;
}

void fz_corpus_close(FzCorpus *corpus)
{
    if (corpus->path == NULL)
        return;
    if (corpus->lines.fd != STDIN_FILENO)
        close(corpus->lines.fd);
    fz_lines_clear(&corpus->lines);
    fz_message_in_clear(&corpus->in);
    json_decref(corpus->object);
    memset(corpus, 0, sizeof *corpus);
}

static bool refuse(FzCorpus *corpus, const FzDiagSink *sink, const char *why)
{
    if (corpus->bad++ < BAD_LINES_TOLD)
        (void)fz_diag(sink, FZ_E_SYNTAX, corpus->path, corpus->lines.number,
                      NULL, "%s%s", why,
                      corpus->bad == BAD_LINES_TOLD
                          ? "; further lines of the kind are only counted"
                          : "");
    return false;
}

static bool take_object(FzCorpus *corpus, FzSlice line, const FzDiagSink *sink)
{
    const json_t *text;
    json_error_t error;

    json_decref(corpus->object);
    corpus->object = json_loadb((const char *)line.data, line.octets,
                                JSON_ALLOW_NUL, &error);
    if (corpus->object == NULL)
        return refuse(corpus, sink, error.text);
    if (fz_message_in_read(&corpus->in, corpus->object, corpus->now_ms) !=
        FZ_OK)
        return refuse(corpus, sink, corpus->in.fault);
    text = json_object_get(corpus->object, "text");
    corpus->text = text == NULL ? (FzSlice){0}
                                : fz_slice(json_string_value(text),
                                           json_string_length(text));
    return true;
}

static bool take_text(FzCorpus *corpus, FzSlice line, const FzDiagSink *sink)
{
    if (!fz_utf8_valid(line.data, line.octets))
        return refuse(corpus, sink, "the line is not UTF-8");
    memset(&corpus->in.message, 0, sizeof corpus->in.message);
    corpus->in.message.now_ms = corpus->now_ms;
    fz_message_in_set_text(&corpus->in, line);
    corpus->text = line;
    return true;
}

bool fz_corpus_next(FzCorpus *corpus, const FzDiagSink *sink)
{
    FzSlice line;
    bool taken = false;

    while (!taken && fz_lines_next(&corpus->lines, &line)) {
        corpus->octets += line.octets + 1;
        if (line.octets == 0)
            continue;
        if (corpus->lines.too_long)
            taken = refuse(corpus, sink, "the line is too long");
        else if (line.data[0] == '{')
            taken = take_object(corpus, line, sink);
        else
            taken = take_text(corpus, line, sink);
    }
    return taken;
}
