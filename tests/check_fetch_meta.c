/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is kept of an answer's head, to ask only for news.
 */
#include "config.h"

#include "tests/support.h"
#include "tools/fetch_meta.h"

#include <string.h>

static void take(FzFetchMeta *meta, const char *line)
{
    fz_fetch_meta_header(meta, fz_slice_of(line));
}

START_TEST(what_tells_of_news_is_kept)
{
    FzFetchMeta meta = {0};

    take(&meta, "HTTP/1.1 200 OK\r\n");
    take(&meta, "ETag: W/\"a b\"\r\n");
    take(&meta, "LAST-MODIFIED:Tue, 10 Mar 2026 12:00:00 GMT\r\n");
    take(&meta, "X-ETag: \"no\"\r\n");
    ck_assert_str_eq(meta.etag, "W/\"a b\"");
    ck_assert_str_eq(meta.modified, "Tue, 10 Mar 2026 12:00:00 GMT");
}
END_TEST

START_TEST(a_redirect_does_not_speak_for_its_target)
{
    FzFetchMeta meta = {0};

    take(&meta, "HTTP/1.1 302 Found\r\n");
    take(&meta, "ETag: \"of the redirect\"\r\n");
    take(&meta, "HTTP/1.1 200 OK\r\n");
    ck_assert_str_eq(meta.etag, "");
}
END_TEST

static const char *const odd[] = {
    "ETag: \"a\x01\"",
    "ETag: \"\xC3\xA9\"",
    "ETag:",
    "ETag",
};

START_TEST(what_may_not_be_sent_back_is_not_kept)
{
    char large[2 * FZ_FETCH_HEADER_OCTETS];
    FzFetchMeta meta = {0};

    take(&meta, odd[_i]);
    ck_assert_str_eq(meta.etag, "");
    memset(large, 'a', sizeof large);
    memcpy(large, "ETag: ", 6);
    fz_fetch_meta_header(&meta, fz_slice(large, sizeof large));
    ck_assert_str_eq(meta.etag, "");
}
END_TEST

START_TEST(what_is_kept_reads_as_it_was)
{
    FzFetchMeta meta = {.etag = "\"a b\"",
                        .url = "https://feeds.example/f.txt",
                        .fetched_ms = 1773144000000},
                again;
    FzBuf text = FZ_BUF_INIT;

    fz_fetch_meta_write(&meta, &text);
    fz_fetch_meta_read(fz_buf_slice(&text), &again);
    ck_assert_str_eq(again.etag, meta.etag);
    ck_assert_str_eq(again.url, meta.url);
    ck_assert_str_eq(again.modified, "");
    ck_assert_int_eq(again.fetched_ms, meta.fetched_ms);
    fz_buf_clear(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fetch-meta");
    TCase *tcase = tcase_create("meta");

    tcase_add_test(tcase, what_tells_of_news_is_kept);
    tcase_add_test(tcase, a_redirect_does_not_speak_for_its_target);
    tcase_add_loop_test(tcase, what_may_not_be_sent_back_is_not_kept, 0,
                        COUNT(odd));
    tcase_add_test(tcase, what_is_kept_reads_as_it_was);
    suite_add_tcase(suite, tcase);
    return fz_test_run(suite);
}
