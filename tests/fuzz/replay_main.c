/* SPDX-License-Identifier: BSD-2-Clause
 *
 * replay_main.c - run a fuzz target over its corpus, with any compiler
 *
 * Linked in place of libFuzzer. Arguments are files; without any, every file
 * of tests/fuzz/corpus/<target>/ is run, <target> being the program's name
 * without "fuzz_".
 */
#include "config.h"

#include "base/buf.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static int run_file(const char *path)
{
    FzBuf buf = FZ_BUF_INIT;
    uint8_t *exact;

    if (fz_buf_read_file(&buf, path, 64u << 20, NULL) != FZ_OK) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return 1;
    }
    /* a block of exactly this size: a read beyond its end is seen */
    exact = malloc(buf.octets == 0 ? 1 : buf.octets);
    memcpy(exact, buf.data, buf.octets);
    LLVMFuzzerTestOneInput(exact, buf.octets);
    free(exact);
    fz_buf_clear(&buf);
    return 0;
}

int main(int argc, char **argv)
{
    const char *top = getenv("top_srcdir"), *name = strrchr(argv[0], '/');
    char folder[1024], path[2048];
    struct dirent *entry;
    int failed = 0, seen = 0;
    DIR *dir;

    for (int i = 1; i < argc; i++)
        failed += run_file(argv[i]);
    if (argc > 1)
        return failed != 0;

    name = name == NULL ? argv[0] : name + 1;
    if (strncmp(name, "lt-", 3) == 0)
        name += 3;
    if (strncmp(name, "fuzz_", 5) == 0)
        name += 5;
    snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%s",
             top == NULL ? "." : top, name);
    dir = opendir(folder);
    if (dir == NULL) {
        fprintf(stderr, "%s: no corpus\n", folder);
        return 1;
    }
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        failed += run_file(path);
        seen++;
    }
    closedir(dir);
    printf("%s: %d inputs replayed\n", name, seen);
    return failed != 0 || seen == 0;
}
