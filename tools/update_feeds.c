/* SPDX-License-Identifier: BSD-2-Clause
 *
 * update_feeds.c - the feeds of an update: which there are, fetched, kept
 */
#include "config.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "tools/update.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *fz_update_path(const FzUpdate *it, const char *name, const char *ending)
{
    FzBuf path = FZ_BUF_INIT;

    fz_buf_printf(&path, "%s/%s%s", it->config->lists.feeds_folder, name,
                  ending);
    return fz_buf_take_text(&path);
}

static bool is_name(const char *name)
{
    size_t octets = name == NULL ? 0 : strlen(name);

    return octets > 0 && octets <= FZ_LIMIT_NAME_OCTETS &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789-_") == octets;
}

static const FzListFile *list_of(const FzUpdate *it, const char *name)
{
    for (uint32_t i = 0; name != NULL && i < it->policy->list_count; i++)
        if (strcmp(it->policy->lists[i].name, name) == 0)
            return &it->policy->lists[i];
    return NULL;
}

static FzStatus check_feed(FzUpdate *it, const FzFeed *feed)
{
    const FzDiagSink *sink = &it->sink.sink;
    const char *file = it->config->file;

    if (!is_name(feed->name))
        return fz_diag(sink, FZ_E_RULE, file, feed->line, NULL,
                       "a feed's `name' wants letters, digits, - and _");
    if (feed->url == NULL ||
        (feed->url[0] != '/' && strncmp(feed->url, "https://", 8) != 0))
        return fz_diag(sink, FZ_E_RULE, file, feed->line, NULL,
                       "`url' of feed `%s' wants https:// or a path",
                       feed->name);
    if (list_of(it, feed->list) == NULL)
        return fz_diag(sink, FZ_E_RULE, file, feed->line, NULL,
                       "feed `%s' goes into the list `%s', which `files' has "
                       "not",
                       feed->name, feed->list == NULL ? "" : feed->list);
    for (uint32_t i = 0; i < it->feed_count; i++)
        if (strcmp(it->feed[i].is->name, feed->name) == 0)
            return fz_diag(sink, FZ_E_RULE, file, feed->line, NULL,
                           "feed `%s' is there already", feed->name);
    return FZ_OK;
}

static void read_meta(FzUpdateFeed *feed)
{
    FzBuf text = FZ_BUF_INIT;

    memset(&feed->meta, 0, sizeof feed->meta);
    if (feed->have &&
        fz_buf_read_file(&text, feed->meta_path, 64 << 10, NULL) == FZ_OK)
        fz_fetch_meta_read(fz_buf_slice(&text), &feed->meta);
    /* what another place said is not about this one */
    if (strcmp(feed->meta.url, feed->is->url) != 0)
        memset(&feed->meta, 0, sizeof feed->meta);
    fz_buf_clear(&text);
}

FzStatus fz_update_take_feeds(FzUpdate *it)
{
    const FzFeed *feeds = it->config->lists.feeds.item;
    FzStatus status = FZ_OK;

    it->feed = fz_calloc(it->config->lists.feeds.count + 1, sizeof *it->feed);
    for (uint32_t i = 0; i < it->config->lists.feeds.count; i++) {
        FzUpdateFeed *made = &it->feed[it->feed_count];
        FzStatus one = check_feed(it, &feeds[i]);

        if (one != FZ_OK) {
            status = one;
            continue;
        }
        made->is = &feeds[i];
        made->kept = fz_update_path(it, feeds[i].name, ".feed");
        made->next = fz_update_path(it, feeds[i].name, ".next");
        made->meta_path = fz_update_path(it, feeds[i].name, ".meta");
        made->have = access(made->kept, R_OK) == 0;
        read_meta(made);
        it->feed_count++;
    }
    return status;
}

void fz_update_clear_feeds(FzUpdate *it)
{
    for (uint32_t i = 0; i < it->feed_count; i++) {
        fz_free(it->feed[i].kept);
        fz_free(it->feed[i].next);
        fz_free(it->feed[i].meta_path);
    }
    fz_free(it->feed);
}

/* A file of this machine: copied when it changed. */
static FzStatus copy_local(FzUpdateFeed *feed, const FzDiagSink *sink,
                           FzFetched *fetched)
{
    const char *path = feed->is->url;
    FzBuf content = FZ_BUF_INIT;
    FzFetchMeta meta = {0};
    FzStatus status;
    struct stat st;
    FILE *out;

    if (stat(path, &st) != 0)
        return fz_diag_errno(sink, path, "feed `%s' cannot be read",
                             feed->is->name);
    snprintf(meta.modified, sizeof meta.modified, "%lld.%09ld %lld",
             (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
             (long long)st.st_size);
    *fetched = strcmp(meta.modified, feed->meta.modified) == 0 ? FZ_FETCHED_SAME
                                                               : FZ_FETCHED_NEW;
    snprintf(meta.url, sizeof meta.url, "%s", path);
    meta.fetched_ms = fz_clock_wall_ms();
    status =
        fz_buf_read_file(&content, path, (size_t)feed->is->max_octets, sink);
    if (status == FZ_OK) {
        out = fopen(feed->next, "we");
        if (out == NULL ||
            fwrite(content.data, 1, content.octets, out) != content.octets ||
            fflush(out) != 0)
            status =
                fz_diag_errno(sink, feed->next, "the feed cannot be written");
        if (out != NULL)
            fclose(out);
    }
    if (status == FZ_OK)
        feed->meta = meta;
    fz_buf_clear(&content);
    return status;
}

void fz_update_fetch(FzUpdate *it, FzUpdateFeed *feed)
{
    FzFetched fetched = FZ_FETCHED_NEW;
    int64_t age_ms = fz_clock_wall_ms() - feed->meta.fetched_ms;
    FzStatus status;

    if (feed->have && feed->is->every_s > 0 && age_ms >= 0 &&
        age_ms < feed->is->every_s * 1000) {
        printf("%s: fetched %lld minutes ago, not asked for yet\n",
               feed->is->name, (long long)(age_ms / 60000));
        return;
    }
    if (feed->is->url[0] == '/')
        status = copy_local(feed, &it->sink.sink, &fetched);
    else
        status = fz_fetch(feed->is, feed->next, &feed->meta, it->args->progress,
                          &it->sink.sink, &fetched);
    if (status != FZ_OK) {
        unlink(feed->next);
        read_meta(feed);
        feed->failed = it->failed = true;
        return;
    }
    feed->same = fetched == FZ_FETCHED_SAME;
    feed->fresh = !feed->same;
    feed->have = true;
    if (feed->same)
        unlink(feed->next);
    printf("%s: %s\n", feed->is->name, feed->same ? "nothing new" : "fetched");
}

static FzStatus write_meta(const FzUpdateFeed *feed, const FzDiagSink *sink)
{
    FzBuf text = FZ_BUF_INIT, path = FZ_BUF_INIT;
    FzStatus status = FZ_OK;
    FILE *out;

    fz_fetch_meta_write(&feed->meta, &text);
    fz_buf_printf(&path, "%s.new", feed->meta_path);
    out = fopen(fz_buf_text(&path), "we");
    if (out == NULL || fwrite(text.data, 1, text.octets, out) != text.octets ||
        fclose(out) != 0 || rename(fz_buf_text(&path), feed->meta_path) != 0)
        status = fz_diag_errno(sink, feed->meta_path,
                               "what is known of the feed cannot be kept");
    fz_buf_clear(&path);
    fz_buf_clear(&text);
    return status;
}

void fz_update_keep(FzUpdate *it, FzUpdateFeed *feed)
{
    if (feed->fresh && rename(feed->next, feed->kept) != 0) {
        fz_diag_errno(&it->sink.sink, feed->kept, "the feed cannot be kept");
        it->broken = true;
        return;
    }
    if (!feed->fresh && !feed->same)
        return;
    /* a list takes the age of a source from its file */
    utimensat(AT_FDCWD, feed->kept, NULL, 0);
    if (write_meta(feed, &it->sink.sink) != FZ_OK)
        it->broken = true;
}
