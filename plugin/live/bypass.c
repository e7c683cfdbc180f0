/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/live/bypass.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/generation.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct Entry {
    char *identity; /* NULL: everybody */
    int64_t until_ms;
} Entry;

/* one immutable state of the switch */
typedef struct Table {
    FzGeneration generation;
    size_t count;
    Entry entry[];
} Table;

struct FzBypass {
    char *path;
    FzGenerationSlot slot;
    pthread_mutex_t change; /* one change at a time; judging never takes it */
};

static void table_release(FzGeneration *generation)
{
    Table *table = (Table *)generation;

    for (size_t i = 0; i < table->count; i++)
        fz_free(table->entry[i].identity);
    fz_free(table);
}

static Table *table_create(size_t room)
{
    Table *table = fz_calloc(1, sizeof *table + room * sizeof(Entry));

    table->generation.release = table_release;
    return table;
}

static void table_add(Table *table, const char *identity, int64_t until_ms)
{
    table->entry[table->count++] =
        (Entry){identity == NULL ? NULL : fz_strdup(identity), until_ms};
}

static bool same_identity(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static Table *table_read(const char *path, const FzDiagSink *sink)
{
    json_error_t trouble = {0};
    json_t *root, *list;
    Table *table;

    if (access(path, F_OK) != 0 && errno == ENOENT)
        return table_create(0);
    root = json_load_file(path, JSON_REJECT_DUPLICATES, &trouble);
    list = json_object_get(root, "bypass");
    if (!json_is_array(list)) {
        fz_diag(sink, FZ_E_SYNTAX, path,
                trouble.line > 0 ? (unsigned)trouble.line : 0, NULL,
                "the bypass file cannot be read (%s): bypass is off; switch "
                "it on again if it is wanted",
                root == NULL ? trouble.text : "no \"bypass\" list");
        json_decref(root);
        return table_create(0);
    }
    table = table_create(json_array_size(list));
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *item = json_array_get(list, i);
        json_t *until = json_object_get(item, "until_ms");

        table_add(table, json_string_value(json_object_get(item, "identity")),
                  json_is_integer(until) ? json_integer_value(until)
                                         : FZ_BYPASS_FOREVER);
    }
    json_decref(root);
    return table;
}

static char *table_text(const Table *table)
{
    json_t *list = json_array(), *root;
    char *text;

    for (size_t i = 0; i < table->count; i++) {
        json_t *item = json_object();

        if (table->entry[i].identity != NULL)
            json_object_set_new(item, "identity",
                                json_string(table->entry[i].identity));
        if (table->entry[i].until_ms != FZ_BYPASS_FOREVER)
            json_object_set_new(item, "until_ms",
                                json_integer(table->entry[i].until_ms));
        json_array_append_new(list, item);
    }
    root = json_pack("{s:o}", "bypass", list);
    text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    return text;
}

static FzStatus table_write(const Table *table, const char *path,
                            const FzDiagSink *sink)
{
    FzStatus status = FZ_OK;
    FzBuf part = FZ_BUF_INIT;
    char *text = table_text(table);
    size_t octets = strlen(text);
    int fd;

    fz_buf_printf(&part, "%s.part", path);
    fd = open(fz_buf_text(&part), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
              0640);
    if (fd < 0 || write(fd, text, octets) != (ssize_t)octets ||
        fsync(fd) != 0 || rename(fz_buf_text(&part), path) != 0)
        status = fz_diag_errno(sink, path,
                               "cannot write the bypass file: the change is "
                               "in effect but a restart forgets it");
    if (fd >= 0)
        close(fd);
    free(text);
    fz_buf_clear(&part);
    return status;
}

FzBypass *fz_bypass_open(const char *path, const FzDiagSink *sink)
{
    FzBypass *bypass = fz_calloc(1, sizeof *bypass);

    bypass->path = fz_strdup(path);
    pthread_mutex_init(&bypass->change, NULL);
    fz_generation_publish(&bypass->slot, &table_read(path, sink)->generation);
    return bypass;
}

void fz_bypass_close(FzBypass *bypass)
{
    if (bypass == NULL)
        return;
    fz_generation_publish(&bypass->slot, NULL);
    pthread_mutex_destroy(&bypass->change);
    fz_free(bypass->path);
    fz_free(bypass);
}

bool fz_bypass_applies(FzBypass *bypass, FzSlice identity, int64_t now_ms)
{
    FzGeneration *held = fz_generation_take(&bypass->slot);
    const Table *table = (const Table *)held;
    bool applies = false;

    for (size_t i = 0; table != NULL && i < table->count && !applies; i++)
        applies = now_ms < table->entry[i].until_ms &&
                  (table->entry[i].identity == NULL ||
                   fz_slice_is(identity, table->entry[i].identity));
    fz_generation_give(&bypass->slot, held);
    return applies;
}

FzStatus fz_bypass_set(FzBypass *bypass, const char *identity, int64_t until_ms,
                       int64_t now_ms, const FzDiagSink *sink)
{
    FzGeneration *held;
    const Table *before;
    FzStatus status;
    Table *after;

    pthread_mutex_lock(&bypass->change);
    held = fz_generation_take(&bypass->slot);
    before = (const Table *)held;
    after = table_create(before->count + 1);
    for (size_t i = 0; i < before->count; i++) {
        const Entry *entry = &before->entry[i];

        /* "off" for everybody takes back what stands for single identities
         * too: whoever says off means that the filter acts again */
        if (entry->until_ms <= now_ms ||
            same_identity(entry->identity, identity) ||
            (identity == NULL && until_ms == 0))
            continue;
        table_add(after, entry->identity, entry->until_ms);
    }
    fz_generation_give(&bypass->slot, held);
    if (until_ms > now_ms)
        table_add(after, identity, until_ms);
    status = table_write(after, bypass->path, sink);
    fz_generation_publish(&bypass->slot, &after->generation);
    pthread_mutex_unlock(&bypass->change);
    return status;
}

json_t *fz_bypass_json(FzBypass *bypass, int64_t now_ms)
{
    FzGeneration *held = fz_generation_take(&bypass->slot);
    const Table *table = (const Table *)held;
    json_t *list = json_array();

    for (size_t i = 0; table != NULL && i < table->count; i++) {
        const Entry *entry = &table->entry[i];
        char until[FZ_CLOCK_TEXT];

        if (entry->until_ms <= now_ms)
            continue;
        if (entry->until_ms != FZ_BYPASS_FOREVER)
            fz_clock_format(entry->until_ms, until);
        json_array_append_new(
            list,
            json_pack("{s:s?,s:s?}", "identity", entry->identity, "until",
                      entry->until_ms == FZ_BYPASS_FOREVER ? NULL : until));
    }
    fz_generation_give(&bypass->slot, held);
    return list;
}
