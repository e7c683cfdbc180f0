/* SPDX-License-Identifier: BSD-2-Clause
 *
 * brake_file.h - what the brake remembers over a restart (inside plugin/live)
 *
 * One JSON file beside the generations, replaced as a whole: what is stopped,
 * and when each rule, list and built-in signal first acted.
 */
#ifndef FZ_PLUGIN_LIVE_BRAKE_FILE_H
#define FZ_PLUGIN_LIVE_BRAKE_FILE_H

#include "base/status.h"
#include "plugin/live/brake.h"

typedef struct FzBrakeEntry {
    FzBrakeKind kind;
    char *name;
    uint32_t rev;
    uint64_t source;
    int64_t at_ms;
    uint32_t messages;
    bool demoted; /* a rule: without the brake it would not act either */
} FzBrakeEntry;

typedef struct FzBrakeFile {
    FzBrakeEntry *stopped; /* in the order of tripping; names are owned */
    unsigned stopped_count;
    json_t *firsts; /* "name rev" -> milliseconds */
    bool changed;   /* since it was written */
} FzBrakeFile;

/** Never fails: what cannot be read is told, and nothing is stopped. */
void fz_brake_file_read(const char *path, FzBrakeFile *file,
                        const FzDiagSink *sink);
void fz_brake_file_clear(FzBrakeFile *file);

/** False when the source is stopped already. Copies the name. */
bool fz_brake_file_add(FzBrakeFile *file, const FzBrakeEntry *entry);
void fz_brake_file_remove(FzBrakeFile *file, unsigned index);

/** When it first acted; that is now when it never did. */
int64_t fz_brake_file_first(FzBrakeFile *file, const char *name, uint32_t rev,
                            int64_t now_ms);

/** Replace it; what cannot be written stays `changed`. */
void fz_brake_file_write(const char *path, FzBrakeFile *file,
                         const FzDiagSink *sink);

json_t *fz_brake_entry_json(const FzBrakeEntry *entry);

#endif
