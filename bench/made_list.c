/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "bench/made_list.h"

#include "bench/measure.h"
#include "engine/list/build.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void die(const char *what)
{
    fprintf(stderr, "bench-engine: %s\n", what);
    exit(EXIT_FAILURE);
}

FzListSet *fz_made_list(FzRandom *random, long entries, int64_t now_ms,
                        double *seconds_out, size_t *octets_out)
{
    FzListBuild how = {.now_ms = now_ms, .extra_tlds = fz_any_tld};
    FzListSource source = {.name = "bench",
                           .category = "phishing",
                           .score = FZ_LIST_SCORE_UNSET,
                           .force = true};
    FzListItem item = {.score = FZ_LIST_SCORE_UNSET, .guess = true};
    FzListBuilder *builder = fz_list_builder_create(&how);
    FzListUse use = {.owner = FZ_OWNER_FEED};
    char path[] = "/tmp/fanzha-bench-list-XXXXXX";
    double began = fz_cpu_ns();
    int fd = mkstemp(path);
    struct stat made;

    if (fd < 0 || fz_list_builder_source(builder, &source, NULL) != FZ_OK)
        die("no list");
    for (long i = 0; i < entries; i++) {
        char key[64];

        snprintf(key, sizeof key, "host%lx-%08lx.top", (unsigned long)i,
                 (unsigned long)(fz_random_next(random) & 0xFFFFFFFF));
        item.key = fz_slice_of(key);
        fz_list_builder_add(builder, (uint32_t)i + 1, &item);
    }
    if (fz_list_builder_write(builder, path, NULL) != FZ_OK ||
        fz_list_open(path, NULL, NULL, &use.list) != FZ_OK ||
        stat(path, &made) != 0)
        die("the list cannot be made");
    *seconds_out = (fz_cpu_ns() - began) / 1e9;
    *octets_out = (size_t)made.st_size;
    fz_list_builder_destroy(builder);
    close(fd);
    unlink(path); /* the mapping keeps it */
    return fz_list_set_create(&use, 1);
}
