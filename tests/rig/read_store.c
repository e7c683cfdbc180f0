/* SPDX-License-Identifier: BSD-2-Clause
 *
 * read_store.c - every row of a quarantine, unsealed, one JSON object a line
 *
 *     read_store quarantine.db quarantine.key
 *
 * For the rig alone: it checks what was kept against what was sent. Reads
 * beside a running writer. Exit status 1 when a row could not be read.
 */
#include "config.h"

#include "base/digest.h"
#include "store/store.h"

#include <jansson.h>
#include <stdio.h>

/* Text as a string; octets that are no UTF-8 as {"hex": ...}. */
static json_t *text_json(FzSlice slice)
{
    char hex[2 * 512 + 1];
    json_t *text;

    if (slice.data == NULL)
        return json_null();
    text = json_stringn((const char *)slice.data, slice.octets);
    if (text != NULL)
        return text;
    fz_hex_encode(slice.data, slice.octets < 512 ? slice.octets : 512, hex);
    return json_pack("{s:s}", "hex", hex);
}

static json_t *id_json(FzSlice id)
{
    char hex[2 * 16 + 1];

    if (id.octets != 16)
        return json_null();
    fz_hex_encode(id.data, id.octets, hex);
    return json_sprintf("%.8s-%.4s-%.4s-%.4s-%s", hex, hex + 8, hex + 12,
                        hex + 16, hex + 20);
}

static bool print_row(void *ctx, const FzHeldRow *row)
{
    const FzHeld *held = &row->held;
    json_t *line = json_pack(
        "{s:I,s:s,s:s,s:o,s:o,s:o,s:o,s:f,s:o,s:o,s:o,s:o,s:i}", "row",
        (json_int_t)row->row, "state", fz_held_state_name(held->state),
        "direction", held->direction == 0 ? "mt" : "mo", "id",
        id_json(held->message_id), "verdict", text_json(held->verdict),
        "reason", text_json(held->reason), "rule", text_json(held->rule),
        "score", held->score / 100.0, "text", text_json(held->text), "sender",
        text_json(held->sender), "receiver", text_json(held->receiver),
        "identity", text_json(held->identity), "packed_octets",
        (int)held->packed.octets);

    (void)ctx;
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
    return true;
}

static void complain(void *ctx, const FzDiag *diag)
{
    (void)ctx;
    fprintf(stderr, "read_store: %s\n", diag->text);
}

int main(int argc, char **argv)
{
    static const FzDiagSink sink = {complain, NULL};
    FzHeldQuery query = {.state = -1, .limit = UINT32_MAX};
    FzStore *store = NULL;
    FzStatus status;

    if (argc != 3) {
        fprintf(stderr, "usage: read_store DATABASE KEY-FILE\n");
        return 2;
    }
    status = fz_store_open_reader(
        &(FzStoreConfig){.path = argv[1], .key_file = argv[2]}, &sink, &store);
    if (status == FZ_OK)
        status = fz_store_query(store, &query, print_row, NULL, &sink);
    fz_store_close(store);
    return status == FZ_OK ? 0 : 1;
}
