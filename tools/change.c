/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tools/change.h"

#include <stdio.h>

static long long number(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

void fz_change_print(const json_t *result)
{
    const char *digest = json_string_value(json_object_get(result, "digest"));
    const json_t *changes = json_object_get(result, "changes");

    printf("generation %.16s %s", digest == NULL ? "?" : digest,
           json_is_true(json_object_get(result, "dry_run"))
               ? "could be put in force"
               : "is in force");
    if (json_object_get(result, "rules") != NULL)
        printf(": %lld rules", number(result, "rules"));
    if (changes != NULL)
        printf(" (%lld new, %lld gone, %lld changed)", number(changes, "added"),
               number(changes, "removed"), number(changes, "changed"));
    if (json_object_get(result, "ms") != NULL)
        printf(", loaded in %lld ms", number(result, "ms"));
    putchar('\n');
}
