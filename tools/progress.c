/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tools/progress.h"

#include <stdio.h>
#include <unistd.h>

#define BAR_CHARS 30

FzProgressStyle fz_progress_style(const char *word, struct argp_state *state)
{
    if (strcmp(word, "auto") == 0)
        return FZ_PROGRESS_AUTO;
    if (strcmp(word, "none") == 0)
        return FZ_PROGRESS_NONE;
    if (strcmp(word, "json") == 0)
        return FZ_PROGRESS_JSON;
    argp_error(state, "--progress is one of auto, none, json, not `%s'", word);
    return FZ_PROGRESS_AUTO;
}

static void show_json(const char *what, uint64_t done, uint64_t total)
{
    json_t *it = json_pack("{s:s,s:I,s:I}", "progress", what, "done",
                           (json_int_t)done, "total", (json_int_t)total);

    json_dumpf(it, stderr, JSON_COMPACT);
    fputc('\n', stderr);
    json_decref(it);
}

static void show_bar(const char *what, uint64_t done, uint64_t total)
{
    unsigned full =
        total == 0 ? BAR_CHARS : (unsigned)(done * BAR_CHARS / total);
    char bar[BAR_CHARS + 1];

    memset(bar, '-', BAR_CHARS);
    memset(bar, '#', full);
    bar[BAR_CHARS] = '\0';
    fprintf(stderr, "\r%-24.24s [%s] %3u%%%s", what, bar,
            total == 0 ? 100 : (unsigned)(done * 100 / total),
            done == total ? "\n" : "");
    fflush(stderr);
}

void fz_progress_show(FzProgressStyle style, const char *what, uint64_t done,
                      uint64_t total)
{
    switch (style) {
    case FZ_PROGRESS_AUTO:
        if (isatty(STDERR_FILENO))
            show_bar(what, done, total);
        break;
    case FZ_PROGRESS_NONE:
        break;
    case FZ_PROGRESS_JSON:
        show_json(what, done, total);
        break;
    }
}

static void write_over(const char *what, uint64_t done, uint64_t total)
{
    char bar[BAR_CHARS + 1];
    unsigned full;

    if (total == 0) {
        fprintf(stderr, "\r\033[K%s", what);
        return;
    }
    full = (unsigned)((done < total ? done : total) * BAR_CHARS / total);
    memset(bar, '-', BAR_CHARS);
    memset(bar, '#', full);
    bar[BAR_CHARS] = '\0';
    fprintf(stderr, "\r\033[K%-28.28s [%s] %3u%%", what, bar,
            (unsigned)(done * 100 / total));
}

void fz_progress_line_tell(void *ctx, uint64_t done, uint64_t total,
                           const char *what)
{
    FzProgressLine *line = ctx;

    if (line->told && line->done == done && line->total == total &&
        strncmp(line->what, what, sizeof line->what - 1) == 0)
        return;
    line->told = true;
    line->done = done;
    line->total = total;
    snprintf(line->what, sizeof line->what, "%s", what);
    if (line->style == FZ_PROGRESS_JSON) {
        show_json(what, done, total);
    } else if (line->style == FZ_PROGRESS_AUTO && isatty(STDERR_FILENO)) {
        write_over(what, done, total);
        fflush(stderr);
        line->open = true;
    }
}

void fz_progress_line_end(FzProgressLine *line)
{
    if (line->open)
        fputs("\r\033[K", stderr);
    line->open = false;
}
