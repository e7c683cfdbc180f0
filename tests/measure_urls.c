/* SPDX-License-Identifier: BSD-2-Clause
 *
 * measure_urls.c - how links are found in suites that others wrote
 *
 * Usage: measure_urls [--tld LABEL]... FILE.jsonl... FILE.tsv...
 *
 * Each line of a .jsonl has "text" and either "expected", the links as they
 * stand in it, or "hosts", their canonical hosts; what differs is printed, and
 * a pass rate a file. Of a .tsv (label, category, language, text) each link and
 * contact is printed with its label, and how many messages have some.
 */
#include "config.h"

#include "base/clock.h"
#include "engine/decode/decode.h"
#include "engine/url/url.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static FzText text;
static FzViews views;
static FzUrls urls;
static FzUrlTables *tables;

static void extract(const json_t *it)
{
    FzMessage message = {
        .coding = FZ_CODING_7BIT, /* UTF-8 */
        .octets = fz_slice(json_string_value(it), json_string_length(it))};

    if (fz_decode(&message, &text) != FZ_OK ||
        fz_views_build(&text, FZ_VIEW_BIT(FZ_VIEW_FOLDED), &views) != FZ_OK)
        fprintf(stderr, "a text could not be decoded\n");
    fz_urls_extract(&text, &views, tables, &urls);
}

static json_t *found(bool hosts)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < urls.url_count; i++) {
        const FzUrl *url = &urls.url[i];
        FzSlice part = hosts ? url->host : url->raw;

        if ((url->flags & FZ_URL_INNER) == 0)
            json_array_append_new(
                list, json_stringn((const char *)part.data, part.octets));
    }
    return list;
}

static void measure(const char *path)
{
    int passed = 0, seen = 0;
    char line[65536];
    FILE *file = fopen(path, "r");

    if (file == NULL) {
        perror(path);
        exit(2);
    }
    while (fgets(line, sizeof line, file) != NULL) {
        json_t *it = json_loads(line, 0, NULL), *got, *want;
        bool hosts = json_object_get(it, "hosts") != NULL;

        if (it == NULL)
            continue;
        want = json_object_get(it, hosts ? "hosts" : "expected");
        extract(json_object_get(it, "text"));
        got = found(hosts);
        seen++;
        if (json_equal(got, want)) {
            passed++;
        } else {
            char *g = json_dumps(got, 0), *w = json_dumps(want, 0);
            char *t = json_dumps(json_object_get(it, "text"), JSON_ENCODE_ANY);

            printf("%.300s\n   got %s\n  want %s\n", t, g, w);
            free(g), free(w), free(t);
        }
        json_decref(got);
        json_decref(it);
    }
    fclose(file);
    printf("%s: %d of %d\n", path, passed, seen);
}

static void unescape(char *line)
{
    char *to = line;

    for (const char *at = line; *at != '\0' && *at != '\n'; at++) {
        if (*at == '\\' && (at[1] == 'n' || at[1] == 't'))
            *to++ = *++at == 'n' ? '\n' : '\t';
        else
            *to++ = *at;
    }
    *to = '\0';
}

static void print_slice(FzSlice slice)
{
    printf("\t%.*s", (int)slice.octets, (const char *)slice.data);
}

static void survey(const char *path)
{
    unsigned seen = 0, strong = 0, weak = 0, contacts = 0;
    static char line[1 << 20];
    FILE *file = fopen(path, "r");
    int64_t spent = 0;

    if (file == NULL) {
        perror(path);
        exit(2);
    }
    while (fgets(line, sizeof line, file) != NULL) {
        char *at = line, *label = strsep(&at, "\t");
        bool has_strong = false, has_weak = false;
        int64_t from;
        json_t *it;

        strsep(&at, "\t");
        strsep(&at, "\t");
        if (at == NULL)
            continue;
        unescape(at);
        it = json_string(at);
        if (it == NULL)
            continue;
        from = fz_clock_monotonic_us();
        extract(it);
        spent += fz_clock_monotonic_us() - from;
        json_decref(it);
        seen++;
        for (uint32_t i = 0; i < urls.url_count; i++) {
            bool is_weak = (urls.url[i].flags & FZ_URL_WEAK) != 0;

            has_weak |= is_weak;
            has_strong |= !is_weak;
            printf("%s\t%s", label, is_weak ? "weak" : "link");
            print_slice(urls.url[i].raw);
            print_slice(urls.url[i].canonical);
            printf("\n");
        }
        for (uint32_t i = 0; i < urls.contact_count; i++) {
            printf("%s\tcontact", label);
            print_slice(fz_text_slice(&text, urls.contact[i].span));
            print_slice(urls.contact[i].key);
            printf("\n");
        }
        strong += has_strong;
        weak += has_weak && !has_strong;
        contacts += urls.contact_count > 0;
    }
    fclose(file);
    printf("%s: %u messages, %u with links, %u with weak ones alone, %u with "
           "contacts; decoding, folding and finding %.2f us a message\n",
           path, seen, strong, weak, contacts, (double)spent / seen);
}

int main(int argc, char **argv)
{
    const char *tlds[16];
    FzUrlConfig config = {.extra_tlds = tlds};
    int first = 1;

    for (; first + 1 < argc && strcmp(argv[first], "--tld") == 0; first += 2)
        tlds[config.extra_tld_count++ % 16] = argv[first + 1];
    if (fz_url_tables_create(&config, NULL, &tables) != FZ_OK)
        return 2;
    fz_text_init(&text);
    fz_views_init(&views);
    fz_urls_init(&urls);
    for (int i = first; i < argc; i++)
        if (strstr(argv[i], ".tsv") != NULL)
            survey(argv[i]);
        else
            measure(argv[i]);
    fz_urls_clear(&urls);
    fz_views_clear(&views);
    fz_text_clear(&text);
    fz_url_tables_destroy(tables);
    return 0;
}
