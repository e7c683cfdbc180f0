/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* the build's; "config.h" is this folder's */

#include "base/alloc.h"
#include "base/clock.h"
#include "base/buf.h"
#include "config/archive.h"
#include "config/history.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME "history"
#define LIMIT_OCTETS (4u << 20)
#define LEAST_DIGITS 8

/* --- as text --------------------------------------------------------------
 *
 * A line each, the oldest first: milliseconds, act, digest, the one before (or
 * -), rules, actor. */

static void put_line(FzBuf *out, const FzPromotion *it)
{
    fz_buf_printf(out, "%lld\t%s\t%s\t%s\t%u\t%s\n", (long long)it->at_ms,
                  it->act, it->digest, *it->before == '\0' ? "-" : it->before,
                  (unsigned)it->rules, it->actor);
}

static bool take_digest(char *out, const char *text)
{
    if (strcmp(text, "-") == 0) {
        out[0] = '\0';
        return true;
    }
    if (!fz_archive_is_digest(text))
        return false;
    memcpy(out, text, FZ_DIGEST_TEXT);
    return true;
}

static bool read_line(char *line, FzPromotion *it)
{
    char *cell[6] = {NULL}, *rest = line;
    size_t cells = 0;

    memset(it, 0, sizeof *it);
    while (cells < 6 && (cell[cells] = strsep(&rest, "\t")) != NULL)
        cells++;
    if (cells != 6 || rest != NULL || !take_digest(it->digest, cell[2]) ||
        it->digest[0] == '\0' || !take_digest(it->before, cell[3]))
        return false;
    it->at_ms = strtoll(cell[0], NULL, 10);
    it->rules = (uint32_t)strtoul(cell[4], NULL, 10);
    snprintf(it->act, sizeof it->act, "%s", cell[1]);
    snprintf(it->actor, sizeof it->actor, "%s", cell[5]);
    return it->at_ms > 0;
}

/* What cannot be read is left out: it is a memory aid, no proof. */
static FzPromotion *read_all(const char *generations, size_t *count_out)
{
    char *path = fz_archive_path(generations, NAME), *text, *line, *rest;
    FzBuf file = FZ_BUF_INIT;
    FzPromotion *all = NULL, one;
    size_t count = 0;

    if (access(path, F_OK) == 0 &&
        fz_buf_read_file(&file, path, LIMIT_OCTETS, NULL) == FZ_OK) {
        text = rest = fz_buf_take_text(&file);
        while ((line = strsep(&rest, "\n")) != NULL) {
            if (!read_line(line, &one))
                continue;
            all = fz_realloc_array(all, count + 1, sizeof *all);
            all[count++] = one;
        }
        fz_free(text);
    }
    fz_buf_clear(&file);
    fz_free(path);
    *count_out = count;
    return all;
}

FzStatus fz_history_add(const char *generations, const FzPromotion *promotion,
                        const FzDiagSink *sink)
{
    size_t count;
    FzPromotion *all = read_all(generations, &count);
    char *path = fz_archive_path(generations, NAME);
    FzBuf text = FZ_BUF_INIT;
    FzStatus status;

    for (size_t i = count < FZ_HISTORY_KEPT ? 0 : count - FZ_HISTORY_KEPT + 1;
         i < count; i++)
        put_line(&text, &all[i]);
    put_line(&text, promotion);
    status = fz_archive_replace(path, fz_buf_slice(&text), sink);
    fz_buf_clear(&text);
    fz_free(path);
    fz_free(all);
    return status;
}

/* --- the generations that are there ----------------------------------------
 */

static int latest_first(const void *a, const void *b)
{
    const FzArchived *x = a, *y = b;

    if (x->last.at_ms != y->last.at_ms)
        return x->last.at_ms < y->last.at_ms ? 1 : -1;
    return strcmp(x->last.digest, y->last.digest);
}

FzStatus fz_history_list(const char *generations, const FzDiagSink *sink,
                         FzArchived **list_out, size_t *count_out)
{
    char current[FZ_DIGEST_TEXT] = "", previous[FZ_DIGEST_TEXT] = "";
    FzArchiveEntry *entry;
    FzPromotion *all;
    FzArchived *list;
    size_t count, said;
    /* a link that is damaged marks nothing; a start tells it */
    FzStatus status = fz_archive_find(generations, "current", current, NULL);

    status = fz_archive_find(generations, "previous", previous, NULL);
    status = fz_archive_list(generations, sink, &entry, &count);
    if (status != FZ_OK)
        return status;
    all = read_all(generations, &said);
    list = fz_calloc(count + 1, sizeof *list);
    for (size_t i = 0; i < count; i++) {
        FzArchived *it = &list[i];

        memcpy(it->last.digest, entry[i].digest, FZ_DIGEST_TEXT);
        it->last.at_ms = entry[i].promoted_ms;
        for (size_t j = said; j > 0; j--) {
            if (strcmp(all[j - 1].digest, it->last.digest) != 0)
                continue;
            it->last = all[j - 1];
            break;
        }
        it->current = strcmp(it->last.digest, current) == 0;
        it->previous = strcmp(it->last.digest, previous) == 0;
    }
    if (count > 1)
        qsort(list, count, sizeof *list, latest_first);
    fz_free(all);
    fz_free(entry);
    *list_out = list;
    *count_out = count;
    return FZ_OK;
}

FzStatus fz_history_at(const char *generations, int64_t at_ms,
                       FzPromotion *promotion_out, const FzDiagSink *sink)
{
    char at[FZ_CLOCK_TEXT], first[FZ_CLOCK_TEXT];
    size_t count;
    FzPromotion *all = read_all(generations, &count);
    bool found = false;

    for (size_t i = count; i > 0 && !found; i--) {
        found = all[i - 1].at_ms <= at_ms;
        if (found)
            *promotion_out = all[i - 1];
    }
    if (count > 0)
        fz_clock_format(all[0].at_ms, first);
    fz_free(all);
    if (found)
        return FZ_OK;
    fz_clock_format(at_ms, at);
    if (count == 0)
        return fz_diag(sink, FZ_E_RULE, generations, 0, NULL,
                       "it is not known what was in force at %s: nothing was "
                       "promoted here",
                       at);
    return fz_diag(sink, FZ_E_RULE, generations, 0, NULL,
                   "it is not known what was in force at %s: the first "
                   "generation that is remembered came into force at %s",
                   at, first);
}

bool fz_history_keeps(const char *generations, const char *digest)
{
    char *path = fz_archive_path(generations, "%s", digest);
    bool kept = access(path, F_OK) == 0;

    fz_free(path);
    return kept;
}

FzStatus fz_history_find(const char *generations, const char *which,
                         char digest_out[FZ_DIGEST_TEXT],
                         const FzDiagSink *sink)
{
    size_t count = 0, found = 0, octets = strlen(which);
    FzArchiveEntry *entry = NULL;
    FzStatus status;

    if (strcmp(which, "previous") == 0) {
        status = fz_archive_find(generations, which, digest_out, sink);
        if (status == FZ_OK && digest_out[0] == '\0')
            status = fz_diag(sink, FZ_E_RULE, generations, 0, NULL,
                             "there is no generation before the one in force");
        return status;
    }
    if (octets < LEAST_DIGITS || octets >= FZ_DIGEST_TEXT)
        return fz_diag(sink, FZ_E_RULE, NULL, 0, NULL,
                       "`%.64s' names no generation: give %d to %d digits of "
                       "its digest (fanzhactl generations lists them)",
                       which, LEAST_DIGITS, FZ_DIGEST_TEXT - 1);
    status = fz_archive_list(generations, sink, &entry, &count);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(entry[i].digest, which, octets) != 0)
            continue;
        memcpy(digest_out, entry[i].digest, FZ_DIGEST_TEXT);
        found++;
    }
    fz_free(entry);
    if (status != FZ_OK || found == 1)
        return status;
    return fz_diag(sink, FZ_E_RULE, generations, 0, NULL,
                   found == 0 ? "no generation `%.64s' is kept (fanzhactl "
                                "generations lists those that are)"
                              : "`%.64s' may be more than one generation: give "
                                "more digits",
                   which);
}
