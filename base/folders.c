/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/folders.h"

#include "base/alloc.h"

#include <string.h>
#include <sys/stat.h>

void fz_make_folders(const char *file)
{
    char *at = fz_strdup(file);

    for (char *slash = *at == '\0' ? NULL : strchr(at + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(at, 0750);
        *slash = '/';
    }
    fz_free(at);
}
