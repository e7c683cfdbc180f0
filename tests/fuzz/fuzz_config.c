/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_config.c - fanzha.conf of any octets
 *
 * Held to: no fault, an error always says so to the sink, and what is taken by
 * one reader of the file is taken by the other unless it says why not.
 */
#include "config.h"

#include "config/config.h"
#include "config/policy.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

/* libconfig 1.5 loses the string it held when the next token is an error: 64
 * octets for each refused file, which nobody can give back. */
const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *
__lsan_default_suppressions(void)
{
    return "leak:libconfig.so\n";
}

static void count(void *ctx, const FzDiag *diag)
{
    unsigned *seen = ctx;

    if (diag->text == NULL || diag->text[0] == '\0' || diag->code == FZ_OK)
        abort();
    (*seen)++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    unsigned seen = 0, seen_by_policy = 0;
    FzDiagSink sink = {count, &seen}, policy_sink = {count, &seen_by_policy};
    FzConfig *config = NULL;
    FzPolicyFile *file = NULL;
    FzStatus status = fz_config_parse("fuzz/fanzha.conf",
                                      fz_slice(data, octets), &sink, &config);

    if ((status == FZ_OK) != (seen == 0) ||
        (status == FZ_OK) != (config != NULL))
        abort();
    status = fz_policy_file_parse("fuzz/fanzha.conf", fz_slice(data, octets),
                                  &policy_sink, &file);
    if ((status == FZ_OK) != (seen_by_policy == 0) ||
        (status == FZ_OK) != (file != NULL))
        abort();
    if (file != NULL && config == NULL)
        abort();
    if (file != NULL) {
        /* what a policy promises to the engine */
        if (file->policy.profile_count == 0)
            abort();
        for (uint32_t i = 0; i < file->policy.route_count; i++)
            if (file->policy.routes[i].profile >= file->policy.profile_count)
                abort();
    }
    fz_config_destroy(config);
    fz_policy_file_destroy(file);
    return 0;
}
