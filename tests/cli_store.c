/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cli_store.c - a store with something in it, for the tests of fanzhactl
 *
 *     cli_store DATABASE KEYFILE
 *     cli_store --tamper DATABASE     changes an entry of the audit trail
 */
#include "config.h"

#include "store/store.h"

#include <sqlite3.h>
#include <string.h>

static void done(void *ctx, FzStatus status, int64_t row)
{
    (void)row;
    if (status != FZ_OK)
        *(FzStatus *)ctx = status;
}

/* As someone with the file and no key would. */
static int tamper(const char *path)
{
    static const char sql[] =
        "PRAGMA writable_schema = ON;"
        "DELETE FROM sqlite_master WHERE type = 'trigger';"
        "PRAGMA writable_schema = RESET;"
        "UPDATE audit SET act = 'nothing' WHERE act = 'bypass-on';";
    sqlite3 *db;
    int changed = 0;

    if (sqlite3_open(path, &db) == SQLITE_OK &&
        sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
        changed = sqlite3_changes(db);
    sqlite3_close(db);
    return changed == 1 ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const uint8_t id[16] = {1};
    FzStoreConfig config = {.create = true, .queue_records = 10};
    FzHeld held = {
        .received_ms = 1795300350123,
        .state = FZ_HELD_HELD,
        .message_id = {id, sizeof id},
        .node = {(const uint8_t *)"gw1", 3},
        .score = 1100,
    };
    FzStatus status = FZ_OK;
    FzStore *store;

    if (argc != 3)
        return 2;
    if (strcmp(argv[1], "--tamper") == 0)
        return tamper(argv[2]);
    config.path = argv[1];
    config.key_file = argv[2];
    if (fz_store_open(&config, NULL, &store) != FZ_OK)
        return 1;
    held.verdict = fz_slice_of("quarantine");
    held.reason = fz_slice_of("parcel");
    held.rule = fz_slice_of("cli.fee");
    held.profile = fz_slice_of("default");
    held.generation = fz_slice_of("00ff");
    held.sender = fz_slice_of("+999100200300");
    held.receiver = fz_slice_of("+999400500600");
    held.identity = fz_slice_of("shop");
    held.text = fz_slice_of("您的快递需补缴清关费");
    held.packed = fz_slice_of("packed");
    held.record = fz_slice_of("{}");
    if (fz_store_submit(store, &held, done, &status) != FZ_OK)
        return 1;
    held.state = FZ_HELD_EVIDENCE;
    held.direction = 1;
    held.received_ms += 60000;
    held.verdict = fz_slice_of("reject");
    held.reason = (FzSlice){NULL, 0};
    held.score = 0;
    held.sender = fz_slice_of("95000");
    if (fz_store_submit(store, &held, done, &status) != FZ_OK ||
        fz_store_audit(store, 1795300350123, "uid:0 root", "reload", "{}",
                       NULL) != FZ_OK ||
        fz_store_audit(store, 1795300350124, "uid:0 root", "bypass-on", NULL,
                       NULL) != FZ_OK)
        return 1;
    fz_store_close(store); /* every `done' was called */
    return status == FZ_OK ? 0 : 1;
}
