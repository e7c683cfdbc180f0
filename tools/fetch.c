/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tools/fetch.h"

#include "base/clock.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REDIRECTS 5L
#define CONNECT_S 30L
#define SLOW_S 30L /* so long below SLOW_OCTETS a second: given up */
#define SLOW_OCTETS 1024L

typedef struct Fetch {
    const FzFeed *feed;
    CURL *curl;
    FILE *out;
    uint64_t octets;
    bool too_large;
    FzFetchMeta head; /* of this answer */
    FzProgressLine line;
} Fetch;

static size_t take_header(char *data, size_t size, size_t count, void *ctx)
{
    Fetch *fetch = ctx;

    fz_fetch_meta_header(&fetch->head, fz_slice(data, size * count));
    return size * count;
}

static size_t take_body(char *data, size_t size, size_t count, void *ctx)
{
    Fetch *fetch = ctx;
    size_t octets = size * count;

    fetch->octets += octets; /* unpacked: a small answer may be a large one */
    if (fetch->octets > (uint64_t)fetch->feed->max_octets) {
        fetch->too_large = true;
        return 0;
    }
    return fwrite(data, 1, octets, fetch->out);
}

static int tell(void *ctx, curl_off_t total, curl_off_t done,
                curl_off_t up_total, curl_off_t up_done)
{
    Fetch *fetch = ctx;

    (void)up_total;
    (void)up_done;
    if (done > 0)
        fz_progress_line_tell(&fetch->line, (uint64_t)done,
                              total > 0 ? (uint64_t)total : 0,
                              fetch->feed->name);
    return 0;
}

static struct curl_slist *ask_for_news(const FzFetchMeta *meta)
{
    char line[FZ_FETCH_HEADER_OCTETS + 32];
    struct curl_slist *headers = NULL;

    if (meta->etag[0] != '\0') {
        snprintf(line, sizeof line, "If-None-Match: %s", meta->etag);
        headers = curl_slist_append(headers, line);
    }
    if (meta->modified[0] != '\0') {
        snprintf(line, sizeof line, "If-Modified-Since: %s", meta->modified);
        headers = curl_slist_append(headers, line);
    }
    return headers;
}

static void set_up(Fetch *fetch, struct curl_slist *headers, char *why)
{
    CURL *curl = fetch->curl;
    const FzFeed *feed = fetch->feed;

    curl_easy_setopt(curl, CURLOPT_URL, feed->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, REDIRECTS);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (feed->ca_file != NULL) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, feed->ca_file);
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    }
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)feed->timeout_s);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, SLOW_S);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, SLOW_OCTETS);
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "fanzhactl/" FZ_VERSION);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, fetch);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, tell);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, fetch);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
}

static FzStatus judge_answer(Fetch *fetch, CURLcode code, const char *why,
                             const FzDiagSink *sink, FzFetched *fetched_out)
{
    const FzFeed *feed = fetch->feed;
    long status = 0;

    curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &status);
    if (fetch->too_large)
        return fz_diag(sink, FZ_E_LIMIT, feed->url, 0, NULL,
                       "feed `%s' is larger than max-mb (%lld MiB)", feed->name,
                       (long long)(feed->max_octets >> 20));
    if (code != CURLE_OK)
        return fz_diag(sink, FZ_E_IO, feed->url, 0, NULL,
                       "feed `%s' cannot be fetched: %s", feed->name,
                       why[0] != '\0' ? why : curl_easy_strerror(code));
    if (status == 304) {
        *fetched_out = FZ_FETCHED_SAME;
        return FZ_OK;
    }
    if (status != 200)
        return fz_diag(sink, FZ_E_IO, feed->url, 0, NULL,
                       "feed `%s': the server says %ld", feed->name, status);
    *fetched_out = FZ_FETCHED_NEW;
    return FZ_OK;
}

FzStatus fz_fetch(const FzFeed *feed, const char *path, FzFetchMeta *meta,
                  FzProgressStyle progress, const FzDiagSink *sink,
                  FzFetched *fetched_out)
{
    Fetch fetch = {.feed = feed, .line = {.style = progress}};
    char why[CURL_ERROR_SIZE] = "";
    struct curl_slist *headers = ask_for_news(meta);
    FzStatus status;
    CURLcode code;

    fetch.out = fopen(path, "we");
    fetch.curl = curl_easy_init();
    if (fetch.out == NULL || fetch.curl == NULL) {
        status = fz_diag_errno(sink, path, "the feed cannot be written");
        goto out;
    }
    set_up(&fetch, headers, why);
    code = curl_easy_perform(fetch.curl);
    fz_progress_line_end(&fetch.line);
    status = judge_answer(&fetch, code, why, sink, fetched_out);
    if (status == FZ_OK &&
        (fflush(fetch.out) != 0 || fsync(fileno(fetch.out)) != 0))
        status = fz_diag_errno(sink, path, "the feed cannot be written");
    if (status == FZ_OK) {
        /* a server that says "not modified" need not repeat them */
        if (*fetched_out == FZ_FETCHED_NEW) {
            memcpy(meta->etag, fetch.head.etag, sizeof meta->etag);
            memcpy(meta->modified, fetch.head.modified, sizeof meta->modified);
            snprintf(meta->url, sizeof meta->url, "%s", feed->url);
        }
        meta->fetched_ms = fz_clock_wall_ms();
    }
out:
    if (fetch.out != NULL)
        fclose(fetch.out);
    curl_slist_free_all(headers);
    curl_easy_cleanup(fetch.curl);
    return status;
}
