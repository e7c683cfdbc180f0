/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_boxconf.c - a fanzhabox.conf is refused with a diag, or it is whole
 */
#include "config.h"

#include "box/boxconf.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static void count(void *ctx, const FzDiag *diag)
{
    if (diag->text == NULL || diag->text[0] == '\0' ||
        strcmp(diag->file, "fuzz.conf") != 0)
        abort();
    ++*(size_t *)ctx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    FzBoxConfig *config = NULL;
    size_t diags = 0;
    FzDiagSink sink = {count, &diags};
    FzStatus status = fz_box_config_parse("fuzz.conf", (const char *)data,
                                          octets, &sink, &config);

    if ((status == FZ_OK) != (config != NULL) ||
        (status == FZ_OK) != (diags == 0))
        abort();
    if (config != NULL &&
        (config->bearerbox_port == 0 || config->bearerbox_host == NULL))
        abort();
    for (size_t i = 0; config != NULL && i < config->plugins; i++)
        if (config->plugin[i].path == NULL || config->plugin[i].init == NULL ||
            config->plugin[i].id == NULL)
            abort();
    fz_box_config_destroy(config);
    return 0;
}
