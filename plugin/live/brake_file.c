/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/live/brake_file.h"

#include "base/alloc.h"
#include "config/archive.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Rules that ever acted; beyond, the file begins anew. */
#define FIRSTS_MOST 200000

static bool read_kind(const char *name, FzBrakeKind *kind_out)
{
    for (int i = 0; i < FZ_BRAKE_KINDS; i++) {
        if (name != NULL &&
            strcmp(fz_brake_kind_name((FzBrakeKind)i), name) == 0) {
            *kind_out = (FzBrakeKind)i;
            return true;
        }
    }
    return false;
}

static bool read_entry(const json_t *it, FzBrakeEntry *entry)
{
    const char *source = json_string_value(json_object_get(it, "source"));
    const char *name = json_string_value(json_object_get(it, "name"));

    *entry = (FzBrakeEntry){
        .rev = (uint32_t)json_integer_value(json_object_get(it, "rev")),
        .at_ms = json_integer_value(json_object_get(it, "at_ms")),
        .messages =
            (uint32_t)json_integer_value(json_object_get(it, "messages")),
        .name = (char *)(uintptr_t)name,
    };
    if (source == NULL || name == NULL ||
        !read_kind(json_string_value(json_object_get(it, "kind")),
                   &entry->kind))
        return false;
    entry->source = strtoull(source, NULL, 16);
    return true;
}

void fz_brake_file_read(const char *path, FzBrakeFile *file,
                        const FzDiagSink *sink)
{
    json_error_t error = {0};
    json_t *root, *it;
    size_t i;

    memset(file, 0, sizeof *file);
    root = access(path, F_OK) != 0 && errno == ENOENT
               ? json_object()
               : json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        fz_diag_warn(sink, FZ_E_SYNTAX, path, 0, NULL,
                     "what the brake had stopped cannot be read (%s): nothing "
                     "is stopped",
                     error.text);
    json_array_foreach(json_object_get(root, "stopped"), i, it)
    {
        FzBrakeEntry entry;

        if (read_entry(it, &entry))
            fz_brake_file_add(file, &entry);
    }
    file->firsts = json_incref(json_object_get(root, "firsts"));
    if (!json_is_object(file->firsts)) {
        json_decref(file->firsts);
        file->firsts = json_object();
    }
    file->changed = false;
    json_decref(root);
}

void fz_brake_file_clear(FzBrakeFile *file)
{
    while (file->stopped_count > 0)
        fz_brake_file_remove(file, file->stopped_count - 1);
    fz_free(file->stopped);
    json_decref(file->firsts);
    memset(file, 0, sizeof *file);
}

bool fz_brake_file_add(FzBrakeFile *file, const FzBrakeEntry *entry)
{
    for (unsigned i = 0; i < file->stopped_count; i++)
        if (file->stopped[i].kind == entry->kind &&
            file->stopped[i].source == entry->source)
            return false;
    file->stopped = fz_realloc_array(file->stopped, file->stopped_count + 1,
                                     sizeof file->stopped[0]);
    file->stopped[file->stopped_count] = *entry;
    file->stopped[file->stopped_count++].name = fz_strdup(entry->name);
    file->changed = true;
    return true;
}

void fz_brake_file_remove(FzBrakeFile *file, unsigned index)
{
    fz_free(file->stopped[index].name);
    memmove(&file->stopped[index], &file->stopped[index + 1],
            (file->stopped_count - index - 1) * sizeof file->stopped[0]);
    file->stopped_count--;
    file->changed = true;
}

int64_t fz_brake_file_first(FzBrakeFile *file, const char *name, uint32_t rev,
                            int64_t now_ms)
{
    char key[2 * FZ_LIMIT_NAME_OCTETS + 16];
    json_t *first;

    snprintf(key, sizeof key, "%s %u", name, rev);
    first = json_object_get(file->firsts, key);
    if (first != NULL)
        return json_integer_value(first);
    if (json_object_size(file->firsts) >= FIRSTS_MOST)
        json_object_clear(file->firsts);
    json_object_set_new(file->firsts, key, json_integer(now_ms));
    file->changed = true;
    return now_ms;
}

json_t *fz_brake_entry_json(const FzBrakeEntry *entry)
{
    char source[17];
    json_t *it;

    snprintf(source, sizeof source, "%016llx",
             (unsigned long long)entry->source);
    it = json_pack("{s:s,s:s,s:s,s:I,s:i}", "kind",
                   fz_brake_kind_name(entry->kind), "name", entry->name,
                   "source", source, "at_ms", (json_int_t)entry->at_ms,
                   "messages", (int)entry->messages);
    if (entry->kind == FZ_BRAKE_RULE)
        json_object_set_new(it, "rev", json_integer(entry->rev));
    return it;
}

void fz_brake_file_write(const char *path, FzBrakeFile *file,
                         const FzDiagSink *sink)
{
    json_t *root = json_object(), *stopped = json_array();
    char *text;

    for (unsigned i = 0; i < file->stopped_count; i++)
        json_array_append_new(stopped, fz_brake_entry_json(&file->stopped[i]));
    json_object_set_new(root, "stopped", stopped);
    json_object_set(root, "firsts", file->firsts);
    text = json_dumps(root, JSON_INDENT(1));
    if (fz_archive_replace(path, fz_slice_of(text), sink) == FZ_OK)
        file->changed = false;
    fz_free(text);
    json_decref(root);
}
