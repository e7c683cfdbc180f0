/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "bench/icu.h"

#include <dlfcn.h>
#include <stdlib.h>

bool fz_icu_open(FzIcu *icu)
{
    void *library = dlopen("libicui18n.so.72", RTLD_NOW);
    void *(*open_checker)(int *status_out);
    int status = 0;

    if (library == NULL)
        return false;
    *(void **)&open_checker = dlsym(library, "uspoof_open_72");
    *(void **)&icu->skeleton = dlsym(library, "uspoof_getSkeletonUTF8_72");
    if (open_checker == NULL || icu->skeleton == NULL)
        return false;
    icu->checker = open_checker(&status);
    return status <= 0;
}

void fz_icu_skeleton(const FzIcu *icu, const void *text, uint32_t octets)
{
    char skeleton[4096];
    int status = 0;

    icu->skeleton(icu->checker, 0, text, (int32_t)octets, skeleton,
                  sizeof skeleton, &status);
    if (status > 0)
        abort(); /* what was measured is no skeleton */
}
