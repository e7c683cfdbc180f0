/* SPDX-License-Identifier: BSD-2-Clause
 *
 * schema.h - one table says what a configuration file may hold
 *
 * Parser, range checks, errors for unknown keys (with "did you mean") and the
 * manual page all come from the same rows. A key that is not in the table is an
 * error, so every key that is taken is also obeyed: reading fills a struct
 * through the row's offset, there is no other way to a value.
 *
 * The syntax is libconfig's behind the gate of base/conf.h. What libconfig
 * takes in silence is refused: unknown keys, a key of the wrong type, invalid
 * UTF-8,
 * @include (a promoted copy must hold everything itself).
 */
#ifndef FZ_CONFIG_SCHEMA_H
#define FZ_CONFIG_SCHEMA_H

#include "base/buf.h"
#include "base/nearest.h"
#include "base/slice.h"
#include "base/status.h"

/* A configuration file beyond is refused: no one writes so much. */
#define FZ_LIMIT_CONFIG_OCTETS (256u << 10)

typedef enum FzConfType {
    FZ_CONF_TEXT = 0,   /* const char *; NULL when absent and no default */
    FZ_CONF_PATH = 1,   /* const char *; relative: to the file's folder */
    FZ_CONF_PATHS = 2,  /* FzConfTexts of paths */
    FZ_CONF_TEXTS = 3,  /* FzConfTexts */
    FZ_CONF_BOOL = 4,   /* bool */
    FZ_CONF_INT = 5,    /* int64_t, within min..max */
    FZ_CONF_POINTS = 6, /* int32_t hundredths; written 5.0 or 5 */
    FZ_CONF_MODE = 7,   /* unsigned; written "0660" */
    FZ_CONF_ENUM = 8,   /* int: index into `choices` */
    FZ_CONF_GROUP = 9,  /* a struct in place, filled in through `members` */
    FZ_CONF_LIST = 10,  /* FzConfList of structs, each through `members` */
} FzConfType;

typedef struct FzConfTexts {
    const char **item;
    uint32_t count;
} FzConfTexts;

typedef struct FzConfList {
    void *item; /* count structs of the row's `item_octets` */
    uint32_t count;
} FzConfList;

typedef struct FzConfKey {
    const char *name; /* NULL ends a table */
    FzConfType type;
    size_t offset;      /* in the struct that is filled in */
    const char *unit;   /* "ms", "MB"; NULL for none */
    int64_t min, max;   /* INT, POINTS (in hundredths); both 0: any */
    const char *preset; /* the default, as it would be written; NULL: absent */
    const char *const *choices; /* ENUM: names, NULL at the end; "" leaves a
                                   number of the enumeration out */
    const struct FzConfKey *members; /* GROUP, LIST */
    size_t item_octets;              /* LIST */
    size_t line_offset;  /* LIST: where the item's line (uint32_t) goes; 0 no */
    size_t given_offset; /* bool: the file names the key; 0 no */
    bool required;       /* inside a LIST's item */
    const char *help;    /* one line, no period */
} FzConfKey;

/** Memory of what was read; everything in the struct lives as long as it. */
typedef struct FzConfRoom FzConfRoom;
void fz_conf_room_destroy(FzConfRoom *room);               /* NULL is allowed */
void *fz_conf_room_alloc(FzConfRoom *room, size_t octets); /* zeroed */
char *fz_conf_room_text(FzConfRoom *room, const char *text);

/**
 * Read one file into a struct.
 *
 * Defaults are set first; then every key of the file. Every problem goes to
 * the sink with file:line, not the first alone.
 *
 * @param path    for messages and relative paths
 * @param text    the file's content
 * @param keys    the table
 * @param out     zeroed struct that the table's offsets are about
 * @param room_out  owns what `out` points to; also set when it fails
 * @return FZ_OK, FZ_E_SYNTAX (libconfig's grammar, UTF-8), FZ_E_RULE (unknown
 *         key, wrong type, out of range), FZ_E_LIMIT (too long)
 */
FzStatus fz_conf_read(const char *path, FzSlice text, const FzConfKey *keys,
                      const FzDiagSink *sink, void *out,
                      FzConfRoom **room_out) FZ_MUST_CHECK;

/** Call `each` for every key, depth first, with its dotted path
 *  ("store.path", "profiles[].scale"). For manual pages and their test. */
void fz_conf_each(const FzConfKey *keys,
                  void (*each)(void *ctx, const char *path,
                               const FzConfKey *key),
                  void *ctx);

/** The table as Markdown rows "| `path` | type | default | help |". */
void fz_conf_describe(const FzConfKey *keys, FzBuf *out);

#endif
