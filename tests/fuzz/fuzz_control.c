/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_control.c - whatever a client sends, one line of JSON goes back
 */
#include "config.h"

#include "control/request.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static FzStatus nothing(void *ctx, FzControlCall *call)
{
    (void)ctx, (void)call;
    return FZ_OK;
}

static const FzControlVerb verbs[] = {
    {"status", FZ_ROLE_READ, nothing, .quick = false},
    {"reload", FZ_ROLE_ADMIN, nothing, .quick = false},
    {"bypass", FZ_ROLE_ADMIN, nothing, .quick = false},
    {"version", FZ_ROLE_READ, nothing, .quick = false},
};

static void demand(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    FzControlRequest request = {0};
    FzControlDiags diags;
    FzBuf out = FZ_BUF_INIT;
    FzDiagSink sink;
    FzStatus status;
    json_t *answer;
    bool ok;

    fz_control_diags_init(&diags);
    sink = fz_control_diags_sink(&diags);
    status = fz_control_request_parse(fz_slice(data, octets), &sink, &request);
    if (status == FZ_OK) {
        demand(json_is_object(request.args));
        if (fz_control_verb_find(verbs, 4, request.verb, &sink) == NULL)
            status = FZ_E_SYNTAX;
    }
    ok = status == FZ_OK;
    fz_control_write_answer(&out, status, &diags, request.args);
    demand(out.octets > 0 &&
           memchr(out.data, '\n', out.octets) == out.data + out.octets - 1);
    answer = json_loadb((const char *)out.data, out.octets, 0, NULL);
    demand(answer != NULL);
    demand(json_is_true(json_object_get(answer, "ok")) == ok);
    demand(ok || json_string_length(json_object_get(answer, "error")) > 0);
    json_decref(answer);
    fz_control_request_clear(&request);
    fz_control_diags_clear(&diags);
    fz_buf_clear(&out);
    return 0;
}
